/* rollup: keeps the totals of block, district, state and nation true.
 *
 * One thread of its own, which takes a connection of the pool for each batch. A submission queues
 * its block in its own transaction and calls rollup_wake; the worker adds the block again from its
 * reports, the district from its blocks, and so up, in one REPEATABLE READ transaction: what it
 * deletes from the queue is what it has read. What was typed goes before what was imported: between
 * any two batches of a bulk load, which are kept short, the typed reports are added, and after them
 * a batch of the load, so that neither starves. Submissions of other daemons are seen within 300
 * ms. Several daemons: one works at a time (job_lock). A batch that is cut off changes nothing. */
#ifndef HMIS_ROLLUP_H
#define HMIS_ROLLUP_H

#include "hmis/db.h"
#include "hmis/dictionary.h"

struct rollup_worker;

/* Both must outlive the worker. What an earlier daemon left queued is added at once. */
struct rollup_worker *rollup_start(struct db_pool *pool, struct dictionary_store *dictionaries);
void rollup_stop(struct rollup_worker *worker); /* finishes the batch at hand; NULL is allowed */
void rollup_wake(struct rollup_worker *worker); /* any thread; cheap; NULL is allowed */

/* The queue holds marks of two kinds: of what a person submitted, and of what a file brought. */
enum rollup_marks { ROLLUP_TYPED, ROLLUP_BULK };
/* The oldest marks of a kind, of at most `places` blocks and months, in one transaction on the
 * caller's connection; *done counts the queue rows, 0 when there were none or another daemon is at
 * it. A mark of the other kind for the same block and month is done with it. */
MUST_USE bool rollup_some(struct db *db, const struct dictionary_set *set, enum rollup_marks marks,
                          int places, int64_t *done, struct problem *p);

/* Everything queued is added, in transactions of its own on the caller's connection; *done counts
 * the queue rows. Returns early (true) while another daemon is at it. Used by the command line and
 * tests. `set` must know every dictionary that is queued: others are left. */
MUST_USE bool rollup_pass(struct db *db, const struct dictionary_set *set, int64_t *done,
                          struct problem *p);

/* `hmis check`: adds every report again, in one snapshot, and compares; tells each difference in
 * one line (valid during the call). What waits in the queue is not compared. */
typedef void rollup_difference_fn(const char *text, void *arg);
MUST_USE bool rollup_check(struct db *db, const struct dictionary_set *set,
                           rollup_difference_fn *tell, void *arg, int64_t *compared,
                           int64_t *different, struct problem *p);
/* The same of what has dates: dated rows of facilities and areas without overlap or gap, one form a
 * facility and month, kind and place of reports as the dated tables have them, totals in the tree
 * of their month. Each line tells what to do. */
MUST_USE bool rollup_check_dates(struct db *db, rollup_difference_fn *tell, void *arg,
                                 int64_t *different, struct problem *p);
/* Gives every report the kind and place of its month as they are known now (a month keeps its
 * form), throws all totals away
 * and makes them again, in one transaction (after a boundary correction, or a restore). */
MUST_USE bool rollup_rebuild(struct db *db, const struct dictionary_set *set, struct problem *p);

#endif
