/* The row reader of imports: whatever the bytes and however they arrive, rows are the same, lines
 * do not go back, cells are bounded and NUL-terminated. */
#include "../../src/import/import_csv.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    uint64_t hash;
    int64_t line;
};

static bool on_row(const struct csv_row *row, void *arg) {
    struct seen *seen = arg;
    ENSURE(row->line > seen->line || seen->line == 0, "lines go on");
    ENSURE(row->count > 0, "a row has a column");
    seen->line = row->line;
    for (int i = 0; i < row->count && i < CSV_COLUMNS; i++) {
        const struct csv_cell *cell = &row->cells[i];
        ENSURE(cell->length <= CSV_CELL && cell->text[cell->length] == '\0', "cells are bounded");
        for (int at = 0; at < cell->length; at++)
            seen->hash = (seen->hash ^ (uint8_t)cell->text[at]) * 1099511628211U;
        seen->hash = (seen->hash ^ 0x100) * 1099511628211U;
    }
    seen->hash ^= (uint64_t)row->line << 32 ^ (uint64_t)row->count;
    return true;
}

static struct seen read_in(const uint8_t *data, size_t size, size_t part, bool *whole) {
    struct seen seen = { 0 };
    struct problem p = { 0 };
    struct csv_reader *reader = csv_reader_new(on_row, &seen);
    *whole = true;
    for (size_t at = 0; *whole && at < size; at += part)
        *whole = csv_reader_feed(reader, (const char *)data + at,
                                 size - at < part ? size - at : part, &p);
    *whole = *whole && csv_reader_end(reader, &p);
    csv_reader_free(reader);
    return seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 4) return 0;
    bool whole, parts;
    struct seen a = read_in(data, size, size, &whole);
    struct seen b = read_in(data, size, 3 + data[size - 1] % 97, &parts);
    if (whole && parts) ENSURE(a.hash == b.hash && a.line == b.line, "parts make no difference");
    return 0;
}
