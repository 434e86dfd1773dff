/* rollup: keeps the totals of block, district, state and nation true.
 *
 * One thread of its own, with a connection of its own. A submission queues its block in its own
 * transaction and calls rollup_wake; the worker adds the block again from its reports, the district
 * from its blocks, and so up, in one transaction. Several daemons: one works at a time (job_lock). */
#ifndef HMIS_ROLLUP_H
#define HMIS_ROLLUP_H

#include "hmis/db.h"
#include "hmis/dictionary.h"

struct rollup_worker;

struct rollup_worker *rollup_start(struct db_pool *pool, struct dictionary_store *dictionaries);
void rollup_stop(struct rollup_worker *worker); /* finishes the pass at hand */
void rollup_wake(struct rollup_worker *worker); /* any thread; cheap; NULL is allowed */

/* One pass on the caller's connection: everything queued is added. *left says how many queue rows
 * came meanwhile. Used by the worker, the command line and tests. */
MUST_USE bool rollup_pass(struct db *db, const struct dictionary_set *set, int64_t *done,
                          struct problem *p);

/* `hmis check`: adds every report again and compares; tells each difference. */
typedef void rollup_difference_fn(const char *text, void *arg);
MUST_USE bool rollup_check(struct db *db, const struct dictionary_set *set,
                           rollup_difference_fn *tell, void *arg, int64_t *compared,
                           int64_t *different, struct problem *p);
/* Throws all totals away and makes them again (after a boundary correction, or a restore). */
MUST_USE bool rollup_rebuild(struct db *db, const struct dictionary_set *set, struct problem *p);

#endif
