#include "hmis/dictionary.h"

#include "test.h"
#include "test_cases.h"

static json_t *cases;

static int32_t limit(const json_t *item, const char *name, int32_t none) {
    const json_t *value = json_object_get(item, name);
    return json_is_null(value) ? none : (int32_t)json_integer_value(value);
}

static struct item item_named(const char *name) {
    size_t i;
    json_t *entry;
    json_array_foreach(json_object_get(cases, "items"), i, entry) {
        if (!text_equal(json_string_value(json_object_get(entry, "name")), name)) continue;
        return (struct item){
            .type =
                (enum data_type)data_type_parse(json_string_value(json_object_get(entry, "type"))),
            .scale = (int)json_integer_value(json_object_get(entry, "scale")),
            .low = limit(entry, "low", NO_LOW),
            .high = limit(entry, "high", NO_HIGH),
        };
    }
    fail_msg("no item %s in cells.json", name);
    return (struct item){ 0 };
}

/* What holds is read back the same from its text. */
static void check_reading(const struct item *item, const struct cell_reading *reading) {
    enum error_code error;
    int32_t again = 4711;
    if (!reading->holds) return;
    const char *text = reading->cell == BLANK ? "" : reading->text;
    assert_true(cell_parse(item, text, strlen(text), &again, &error));
    assert_int_equal(again, reading->cell);
}

static void check_readings(const json_t *want, const struct item *item,
                           const struct cell_readings *readings) {
    assert_int_equal(readings->count, json_array_size(want));
    for (int i = 0; i < readings->count; i++) {
        assert_string_equal(readings->of[i].text,
                            json_string_value(json_array_get(want, (size_t)i)));
        check_reading(item, &readings->of[i]);
    }
}

static void check_refused(const json_t *c, const struct item *item) {
    const json_t *text = json_object_get(c, "text");
    enum error_code error = ERR_NONE;
    int32_t cell = 4711;
    struct cell_readings readings;
    if (cell_parse_readings(item, json_string_value(text), json_string_length(text), &cell, &error,
                            &readings))
        fail_msg("taken, but should not be: \"%s\"", json_string_value(text));
    if (!text_equal(error_code_name(error), json_string_value(json_object_get(c, "error"))))
        fail_msg("\"%s\": %s", json_string_value(text), error_code_name(error));
    assert_int_equal(cell, 4711);
    check_readings(json_object_get(c, "readings"), item, &readings);
}

static void check_taken(const json_t *c, const struct item *item) {
    const json_t *text = json_object_get(c, "text"), *want = json_object_get(c, "cell");
    enum error_code error = ERR_INTERNAL;
    int32_t cell = 4711, again = 4711;
    if (!cell_parse(item, json_string_value(text), json_string_length(text), &cell, &error))
        fail_msg("refused: \"%s\": %s", json_string_value(text), error_code_name(error));
    assert_int_equal(error, ERR_NONE);
    assert_int_equal(cell, json_is_null(want) ? BLANK : json_integer_value(want));
    char out[16];
    size_t length = cell_format(item, cell, out);
    assert_string_equal(out, json_string_value(json_object_get(c, "format")));
    assert_int_equal(length, strlen(out));
    assert_true(cell_parse(item, out, length, &again, &error));
    assert_int_equal(again, cell);
}

static void cells(void **state) {
    (void)state;
    size_t i;
    json_t *c;
    json_array_foreach(json_object_get(cases, "cells"), i, c) {
        struct item item = item_named(json_string_value(json_object_get(c, "item")));
        if (json_object_get(c, "error") != NULL)
            check_refused(c, &item);
        else
            check_taken(c, &item);
    }
    assert_true(i >= 60);
}

/* Broken bytes cannot stand in JSON. */
static void broken_bytes(void **state) {
    (void)state;
    static const char *const texts[] = { "\xC3", "\xE0\xA5",     "1\xE0\xA5", "\xFF\xFE",
                                         "\x80", "\xE0\xA5\x28", "5\xC2",     "\xF0\x9F\x98\x80",
                                         "\xC2" };
    struct item item = item_named("count");
    for (size_t i = 0; i < COUNT(texts); i++) {
        int32_t cell = 1;
        enum error_code error = ERR_NONE;
        assert_false(cell_parse(&item, texts[i], strlen(texts[i]), &cell, &error));
        assert_int_equal(error, ERR_VALUE_NOT_WHOLE);
        assert_int_equal(cell, 1);
    }
}

/* The length counts, not a NUL: what lies behind it is never read. */
static void length_bounds(void **state) {
    (void)state;
    struct item item = item_named("count");
    int32_t cell;
    enum error_code error;
    assert_true(cell_parse(&item, "123456", 3, &cell, &error));
    assert_int_equal(cell, 123);
    assert_true(cell_parse(&item, "123", 0, &cell, &error));
    assert_int_equal(cell, BLANK);
    assert_false(cell_parse(&item, "1\0", 2, &cell, &error));
    assert_int_equal(error, ERR_VALUE_NOT_WHOLE);
}

int main(void) {
    cases = test_cases("cells");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells),
        cmocka_unit_test(broken_bytes),
        cmocka_unit_test(length_bounds),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    json_decref(cases);
    return failed;
}
