/* What the files of the module share. */
#ifndef ROLLUP_INTERNAL_H
#define ROLLUP_INTERNAL_H

#include "gather.h"

/* Streams what the gather's areas are made of into it. */
MUST_USE bool gather_read(struct db *db, struct gather *gather, enum level level, int period,
                          const int16_t *forms, size_t form_count, struct problem *p);
int16_t *dictionary_forms(const struct dictionary *dictionary, struct arena *arena); /* ids */

/* The oldest of the queue, inside the caller's snapshot transaction, which holds the job's lock.
 * *done counts the queue rows handled, 0 when there were none. */
MUST_USE bool rollup_step(struct db *db, const struct dictionary_set *set, int64_t *done,
                          struct problem *p);
/* The same in a transaction of its own; does nothing while another daemon holds the lock. */
MUST_USE bool rollup_batch(struct db *db, const struct dictionary_set *set, int64_t *done,
                           struct problem *p);

#endif
