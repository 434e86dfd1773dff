/* import_store: the storing side of an import. */
#ifndef HMIS_IMPORT_STORE_H
#define HMIS_IMPORT_STORE_H

#include "import_internal.h"

struct import_store {
    struct db *db;
    const struct scope *scope;
    const struct import_options *options;
    int64_t job;
    struct import_result *result;
    bool dry_run;        /* asked for, or the second run of an atomic import that was refused */
    bool in_transaction; /* atomic: everything in one */
    int32_t refusal_seq;
    struct import_refusal late[2 * REPORT_BATCH]; /* refused while storing: facility and report */
    int late_count;
};

/* Stores one batch, in a transaction of its own unless in_transaction, and its refusals. */
MUST_USE bool import_store_batch(struct import_store *store, struct import_batch *batch,
                                 struct problem *p);

#endif
