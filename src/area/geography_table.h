/* Reads one tab-separated file of a geography: '#' lines are notes, the first other line must name
 * the columns. Private to src/area/. */
#ifndef HMIS_GEOGRAPHY_TABLE_H
#define HMIS_GEOGRAPHY_TABLE_H

#include "hmis/problem.h"

#define TABLE_COLUMNS_MAX 8

struct table_row {
    const char *file; /* base name, for messages */
    int line;
    char *fields[TABLE_COLUMNS_MAX]; /* live in the arena of table_read */
};
struct table_kind {
    const char *file;
    const char *columns[TABLE_COLUMNS_MAX + 1]; /* NULL-ended */
    bool (*row)(void *into, const struct table_row *row, struct problem *p);
    bool optional; /* a folder without it has no such rows */
};

MUST_USE bool table_read(const struct table_kind *kind, const char *directory, void *into,
                         struct arena *arena, struct problem *p);
/* "blocks.tsv line 12: <what>" with ERR_FILE_FORMAT; returns false. */
bool table_problem(const struct table_row *row, struct problem *p, const char *format, ...)
    PRINTF(3, 4);

#endif
