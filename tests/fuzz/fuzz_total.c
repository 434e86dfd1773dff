/* Packed totals: whatever the bytes, nothing is read beyond them, a refusal changes nothing, and
 * what is accepted packs to the same bytes again. */
#include "hmis/aggregate.h"

#include <stdlib.h>
#include <string.h>

#define WIDTH 40

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *arena = arena_new();
    struct total *total = total_new(arena, WIDTH);
    struct buffer packed = { 0 };
    uint8_t *copy = xmalloc(size ? size : 1); /* the sanitizer sees one byte too many */
    memcpy(copy, data, size);
    if (total_add_packed(total, copy, size)) {
        total_pack(total, &packed);
        ENSURE(packed.length == size && memcmp(packed.data, data, size) == 0, "one packed form");
        if (!total_add_packed(total, copy, size)) {
            packed.length = 0;
            total_pack(total, &packed);
            ENSURE(packed.length == size && memcmp(packed.data, data, size) == 0,
                   "a refused second time changes nothing");
        }
    } else {
        ENSURE(total->reports == 0 && total_filled(total) == 0, "a refusal changes nothing");
    }
    free(copy);
    buffer_free(&packed);
    arena_free(arena);
    return 0;
}
