/* URI, query, cookies, entity tags, Accept lists, media types, file names: the first byte chooses.
 */
#include <stdlib.h>
#include <string.h>

#include "../../src/http/gate.h"
#include "../../src/http/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void query(struct arena *arena, const char *text) {
    struct text_pair *pairs;
    size_t count;
    if (!query_parse(arena, text, &pairs, &count)) return;
    for (size_t i = 0; i < count; i++) {
        ENSURE(*pairs[i].name, "a name");
        ENSURE(text_is_utf8(pairs[i].value, strlen(pairs[i].value)), "text");
        for (size_t k = 0; k < i; k++)
            ENSURE(strcmp(pairs[i].name, pairs[k].name), "once each");
    }
}

static void uri(struct arena *arena, const char *text) {
    if (!uri_is_clean(text)) return;
    char *decoded = percent_decode(arena, text, strlen(text), false);
    ENSURE(decoded, "a clean URI decodes");
    for (; *decoded; decoded++)
        ENSURE((unsigned char)*decoded >= 0x20 && *decoded != 0x7f, "no control bytes");
}

static void disposition(struct arena *arena, const char *text) {
    const char *value = attachment_name(arena, text);
    for (; *value; value++)
        ENSURE((unsigned char)*value >= 0x20 && (unsigned char)*value < 0x7f, "one clean line");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) return 0;
    struct arena *arena = arena_new();
    const char *text = arena_strndup(arena, (const char *)data + 1, size - 1);
    switch (data[0] % 8) {
    case 0:
        query(arena, text);
        break;
    case 1:
        uri(arena, text);
        break;
    case 2:
        (void)cookie_find(arena, text, "a");
        break;
    case 3:
        (void)etag_matches(text, "a");
        break;
    case 4:
        ENSURE(accept_encoding(text, 1u << ENCODING_IDENTITY) == ENCODING_IDENTITY, "only what is");
        (void)accept_encoding(text, 7);
        break;
    case 5:
        (void)accept_names(text, "text/html");
        (void)media_type_is(text, "application/json");
        break;
    case 6:
        disposition(arena, text);
        break;
    default:
        (void)gate_same_origin(NULL, text, "h.example", size % 2);
        break;
    }
    arena_free(arena);
    return 0;
}
