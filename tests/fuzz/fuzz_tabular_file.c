/* Any bytes as a file: what it is, its packing, encoding and delimiter; whole workbooks too. */
#include "tabular_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct tabular_options small = { .columns_most = 40, .cell_most = 20 };
    static const struct tabular_options usual = { .columns_most = 2048, .unpacked_most = 1 << 22 };
    check_file(data, size, size % 2 ? &small : &usual);
    return 0;
}
