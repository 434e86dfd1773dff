/* import_csv: reads CSV row by row with libcsv, in bounded memory, and knows the line of every row.
 * Pure: a fuzz target (tests/fuzz/fuzz_import_csv.c). */
#ifndef HMIS_IMPORT_CSV_H
#define HMIS_IMPORT_CSV_H

#include "hmis/problem.h"

enum {
    CSV_COLUMNS = 2048, /* most columns of a row */
    CSV_CELL = 1000,    /* most bytes of a cell */
    CSV_QUOTED = 65536, /* a cell longer than this is a quote that was never closed */
};

struct csv_cell {
    const char
        *text; /* NUL-terminated, without an injection guard; valid until the row's call ends */
    int length;
    bool too_long; /* text has its first CSV_CELL bytes */
    bool not_utf8; /* or holds a NUL */
};
struct csv_row {
    int64_t line; /* of its first byte; the first line is 1 */
    int count;    /* columns, also of those beyond CSV_COLUMNS */
    const struct csv_cell *cells;
};
/* Returns false to stop. */
typedef bool csv_row_fn(const struct csv_row *row, void *arg);

struct csv_reader;
struct csv_reader *csv_reader_new(csv_row_fn *row, void *arg);
void csv_reader_free(struct csv_reader *reader);
/* False: stopped, or a problem (ERR_FILE_FORMAT) is set. */
MUST_USE bool csv_reader_feed(struct csv_reader *reader, const char *data, size_t length,
                              struct problem *p);
MUST_USE bool csv_reader_end(struct csv_reader *reader, struct problem *p);

#endif
