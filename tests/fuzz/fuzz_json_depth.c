/* The scan for depth never lets deeper JSON through than jansson then builds; what holds numbers
 * leaves none that jansson refuses. */
#include <jansson.h>

#include "../../src/http/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned depth_of(const json_t *json) {
    unsigned deepest = 0;
    const char *key;
    json_t *value;
    size_t index;
    if (json_is_object(json))
        json_object_foreach((json_t *)json, key, value) deepest =
            depth_of(value) > deepest ? depth_of(value) : deepest;
    if (json_is_array(json))
        json_array_foreach(json, index, value) deepest =
            depth_of(value) > deepest ? depth_of(value) : deepest;
    return deepest + (json_is_object(json) || json_is_array(json));
}

static void hold(const char *text, size_t size) {
    struct buffer whole = { 0 }, held = { 0 };
    json_error_t error = { 0 };
    buffer_add(&whole, text, size);
    buffer_add_char(&whole, '\0');
    json_hold_numbers(&held, whole.data, size);
    json_t *json = json_loadb(held.length ? held.data : "", held.length, 0, &error);
    ENSURE(json || json_error_code(&error) != json_error_numeric_overflow, "numbers are held");
    json_decref(json);
    buffer_free(&whole);
    buffer_free(&held);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *text = size ? (const char *)data : "";
    if (!json_depth_fits(text, size, 8)) return 0;
    json_t *json = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
    ENSURE(!json || depth_of(json) <= 8, "no deeper than the scan says");
    json_decref(json);
    hold(text, size);
    return 0;
}
