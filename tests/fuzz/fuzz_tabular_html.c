/* The tables of a page, whatever else is in it. */
#include "tabular_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct tabular_options options = { .columns_most = 64, .cell_most = 100 };
    static const char begin[] = "<html><table>";
    size_t length = sizeof begin - 1;
    char *page = xmalloc(length + size);
    memcpy(page, begin, length);
    if (size > 0) memcpy(page + length, data, size);
    check_file(page, length + size, &options);
    free(page);
    return 0;
}
