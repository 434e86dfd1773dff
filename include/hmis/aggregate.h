/* aggregate: the one function that adds, and the packed form in which totals are kept.
 *
 * PostgreSQL stores and selects; C adds. A total holds, for every slot, the sum, how many reports
 * had a figure (filled) and how many of these were zero. Pure functions; a total belongs to one
 * thread. A sum that leaves int64 cannot come from reports: it aborts, it never saturates.
 * Measured: docs/performance.md. */
#ifndef HMIS_AGGREGATE_H
#define HMIS_AGGREGATE_H

#include "hmis/dictionary.h"

struct total {
    int width; /* 1..CELLS_MAX */
    int32_t reports;
    int64_t *sums;   /* [width] */
    int32_t *filled; /* [width] */
    int32_t *zeros;  /* [width] */
};

struct total *total_new(struct arena *arena, int width);
void total_clear(struct total *total);
/* Adds one report. cells has at least `width` elements, BLANK where nothing was reported. */
void total_add_cells(struct total *total, const int32_t *cells);
/* The figures of a row of report: column `packed`, or column `array` where that is NULL (a query
 * reads `case when packed is null then cells end`). False when there are more than `width`, or the
 * bytes are damaged. cells has CELLS_MAX elements. */
MUST_USE bool report_row_cells(const struct db_rows *rows, int row, int packed, int array,
                               int32_t cells[CELLS_MAX], int width);
/* Adds another total of at most that width. */
void total_add(struct total *total, const struct total *other);
/* Over all slots. */
int64_t total_filled(const struct total *total);
int64_t total_zeros(const struct total *total);

/* Packed: varint count of reports; then slots in order as runs: varint n of blank slots, varint m
 * of filled slots (never 0), and for each of these varint filled, varint zeros, varint zigzag(sum).
 * Blank slots at the end are not written; a varint has no more bytes than it needs: a total has one
 * packed form, so that equal totals are equal bytes. */
void total_pack(const struct total *total, struct buffer *out);
/* Adds a packed total to `total`; false when the bytes are not a packed total of at most that width
 * or a sum would leave its range (a fuzz target: tests/fuzz/fuzz_total.c). On false, total is
 * unchanged. */
MUST_USE bool total_add_packed(struct total *total, const uint8_t *data, size_t length);

#endif
