/* report_rows: rows of the table report in PostgreSQL's binary form of report[], so that any number
 * of reports is one parameter of one statement (faster than COPY, which row-level security
 * refuses). */
#ifndef HMIS_REPORT_ROWS_H
#define HMIS_REPORT_ROWS_H

#include "hmis/base.h"

struct report_row {
    int32_t facility_id;
    int period, form_id, facility_type, ownership, locality, source;
    int32_t state_id, district_id, block_id;
    int version;
    int64_t submitted_by; /* 0: null */
    const int32_t *cells;
    int width;
    const uint8_t *outcomes;
    size_t outcomes_size;
    const int32_t *findings;
    int finding_count;
    const char *remarks; /* JSON; NULL: null */
    const struct buffer *packed;
    int filled;
    int draft_version; /* 0: null */
    int family;
};

struct report_rows {
    struct buffer bytes;
    int count;
};

/* type_oid: 'report'::regtype. */
void report_rows_begin(struct report_rows *rows, uint32_t type_oid);
void report_rows_add(struct report_rows *rows, const struct report_row *row);
void report_rows_end(struct report_rows *rows); /* rows->bytes is the parameter then */
void report_rows_free(struct report_rows *rows);

#endif
