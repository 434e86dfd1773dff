/* import_internal: what the files of src/import share.
 *
 * One import: the parser's thread reads the file and fills batches (import_extract.c,
 * import_long.c); the caller's thread stores them (import_store.c). Batches go around between the
 * two through import_pipe.c. */
#ifndef HMIS_IMPORT_INTERNAL_H
#define HMIS_IMPORT_INTERNAL_H

#include <stdatomic.h>

#include "hmis/facility_master.h"
#include "hmis/import.h"
#include "hmis/report.h"
#include "import_csv.h"

/* ---- Facilities in reach, by code.
 * ---------------------------------------------------------------- */
struct import_facility {
    char code[24];
    int32_t id;     /* 0: to be created */
    int type;       /* enum facility_type */
    int closed_on;  /* yyyymmdd, first day closed; 0: open */
    int64_t master; /* hash of the facility columns last taken over (facility.master_hash) */
    uint64_t seen;  /* extract: hash of its row, 0: not yet met */
};
struct import_facilities {
    struct import_facility *list;
    int count, capacity;
    int32_t *slots; /* hash: index + 1 */
    size_t mask;
};
MUST_USE bool import_facilities_read(struct db *db, const struct scope *scope,
                                     struct import_facilities *facilities, struct problem *p);
int import_facilities_find(const struct import_facilities *facilities,
                           const char *code); /* or -1 */
struct import_facility *import_facilities_add(struct import_facilities *facilities,
                                              const char *code, int32_t id, int type);
void import_facilities_free(struct import_facilities *facilities);

/* ---- Refusals.
 * --------------------------------------------------------------------------------------- */
enum { REFUSAL_VALUE = 100 }; /* bytes shown of a value */
struct import_refusal {
    int64_t line;
    int column; /* from 1; 0: the whole row */
    char column_name[64];
    char value[REFUSAL_VALUE + 8];
    enum error_code code;
    char detail[160];
};

/* ---- Batches.
 * ------------------------------------------------------------------------------------------ */
enum {
    BATCH_REFUSALS = 512,
    BATCHES = 3,
};
struct import_origin {
    int64_t line;
    char code[24]; /* of the facility */
    const struct facility_master
        *master; /* to be created or updated; in the batch's arena, or NULL */
    bool known;  /* it was there before */
    bool blank;  /* only the facility is of interest */
};
struct import_batch {
    int count;
    struct report_new reports[REPORT_BATCH];
    struct import_origin origins[REPORT_BATCH];
    uint8_t given[REPORT_BATCH][GIVEN_BYTES];
    int32_t *cells; /* REPORT_BATCH rows of `stride` */
    int stride;
    struct arena *arena;
    struct import_refusal refusals[BATCH_REFUSALS];
    int refusal_count;
    struct import_result counts; /* what the parser counted for this batch */
};
/* A blank report in the batch: its cells and given bits cleared. The batch must have room. */
struct report_new *batch_add(struct import_batch *batch, int32_t facility_id, int period,
                             const struct form *form, int64_t line, const char *code);

/* ---- The pipe.
 * ------------------------------------------------------------------------------------------ */
struct import_pipe;
/* Parser's side. */
struct import_batch *pipe_batch(struct import_pipe *pipe);      /* being filled; NULL: stop */
MUST_USE bool pipe_flush(struct import_pipe *pipe);             /* hands it over; false: stop */
MUST_USE bool pipe_need(struct import_pipe *pipe, int reports); /* flushes if there is no room */

/* ---- One import.
 * ------------------------------------------------------------------------------------------ */
struct import {
    const struct import_options *options;
    const struct dictionary_set *set;
    struct import_facilities facilities; /* the parser's, once it runs */
    int fd;
    struct import_pipe *pipe;
    _Atomic int64_t bytes_read;
};

/* Adds a refusal to the batch at hand; cell NULL: the whole row (counted as such). False: stop. */
MUST_USE bool import_refuse(struct import *import, int64_t line, int column,
                            const char *column_name, const struct csv_cell *cell,
                            enum error_code code, const char *detail);
/* One cell to a figure: as cell_parse, and dates with a time of midnight. */
MUST_USE bool import_cell(const struct item *item, const struct csv_cell *cell, int32_t *figure,
                          enum error_code *error);
/* The form a kind of facility reports on in that dictionary; NULL: none. */
const struct form *import_form(const struct dictionary *dictionary, int facility_type);

/* The parsers: read import->fd to its end. False: stopped, or the problem says what is wrong with
 * the file. */
MUST_USE bool import_extract_parse(struct import *import, struct problem *p);
MUST_USE bool import_long_parse(struct import *import, struct problem *p);
/* Feeds import->fd to a reader. */
MUST_USE bool import_read_file(struct import *import, csv_row_fn *row, void *arg,
                               struct problem *p);

/* ---- Sorting more figures than fit memory.
 * ---------------------------------------------------------- */
struct import_figure {
    int64_t line;
    int32_t facility; /* index into import_facilities */
    int32_t period;
    int32_t value;
    int16_t form, slot; /* form: index into its dictionary's forms */
};
struct import_sort;
struct import_sort *import_sort_new(const char *directory);
void import_sort_free(struct import_sort *sort);
MUST_USE bool import_sort_add(struct import_sort *sort, const struct import_figure *figure,
                              struct problem *p);
/* Calls take() with all figures by facility, period, form, slot and line; false from it stops. */
MUST_USE bool import_sort_take(struct import_sort *sort,
                               bool (*take)(const struct import_figure *figure, void *arg),
                               void *arg, struct problem *p);
/* An unnamed file; -1: the problem says why. */
int import_spool(const char *directory, struct problem *p);

#endif
