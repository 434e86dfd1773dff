/* Packed reports: whatever the bytes, nothing is read beyond them, and what is accepted packs to
 * the same bytes again. */
#include "hmis/report.h"

#include <stdlib.h>
#include <string.h>

#define WIDTH 40

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    int32_t cells[WIDTH];
    struct buffer packed = { 0 };
    uint8_t *copy = xmalloc(size ? size : 1); /* the sanitizer sees one byte too many */
    for (size_t i = 0; i < size; i++)
        copy[i] = data[i];
    if (report_unpack(copy, size, cells, WIDTH)) {
        report_pack(cells, WIDTH, &packed);
        ENSURE(packed.length == size, "one packed form");
        ENSURE(size == 0 || memcmp(packed.data, data, size) == 0, "one packed form");
    }
    free(copy);
    buffer_free(&packed);
    return 0;
}
