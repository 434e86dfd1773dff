/* import_store: the storing side of an import. */
#ifndef HMIS_IMPORT_STORE_H
#define HMIS_IMPORT_STORE_H

#include "import_internal.h"

enum { IMPORT_TRIES = 20 }; /* of what somebody else crosses */

struct import_store {
    struct db *db;
    const struct scope *scope;
    struct import *import;
    int64_t job;
    struct import_result *result;
    bool dry_run;        /* asked for, or the second run of an atomic import that was refused */
    bool in_transaction; /* atomic: everything in one */
    int kept[LINE__MAX]; /* lines written of each kind */
};

struct held_row { /* by a question about its facility */
    int at;       /* place in the batch */
    enum facility_column column;
    const char *question;
    bool by_code, renamed; /* answers to it */
};

/* One batch being stored: anew in each run of its transaction. */
struct storing {
    struct import_store *store;
    struct import_batch *batch;
    struct arena *arena;
    struct report_result *results;
    struct report_new *reports; /* those that are stored: of the batch, without the refused */
    int *from;                  /* their places in the batch */
    int count;
    struct held_row *held;
    int held_count;
    bool silent[REPORT_BATCH]; /* rows that say nothing of their facility */
    struct import_result counts;
    struct import_lines lines;
    int told[LINE__MAX]; /* of each kind, with those of earlier batches */
    bool rolled_back;    /* on purpose: a dry run */
};

/* Stores one batch, in a transaction of its own unless in_transaction, and its lines. */
MUST_USE bool import_store_batch(struct import_store *store, struct import_batch *batch,
                                 struct problem *p);

/* import_tally.c: counts and lines of what became of report `at` of those stored. */
void import_tally(struct storing *s, int at);
struct import_line *import_tell_late(struct storing *s, enum import_line_kind kind,
                                     const struct import_origin *origin, const char *code,
                                     const char *detail);
int import_bits(const uint8_t bits[GIVEN_BYTES]); /* how many are set */

#endif
