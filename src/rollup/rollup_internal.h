/* What the files of the module share. */
#ifndef ROLLUP_INTERNAL_H
#define ROLLUP_INTERNAL_H

#include "gather.h"

/* Streams what the gather's areas are made of into it. */
MUST_USE bool gather_read(struct db *db, struct gather *gather, enum level level, int period,
                          const int16_t *forms, size_t form_count, struct problem *p);
int16_t *dictionary_forms(const struct dictionary *dictionary, struct arena *arena); /* ids */

/* Most blocks and months of a batch. */
#define ROLLUP_PLACES 1000
/* As rollup_some, inside the caller's snapshot transaction, which holds the job's lock. */
MUST_USE bool rollup_step(struct db *db, const struct dictionary_set *set, enum rollup_marks marks,
                          int places, int64_t *done, struct problem *p);

#endif
