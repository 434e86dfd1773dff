/* peaks: the two largest figures of each item, by area and month, kept beside the totals and in the
 * same way: always again from what lies below. Used by the pass only. */
#ifndef ROLLUP_PEAKS_H
#define ROLLUP_PEAKS_H

#include "gather.h"

/* Reads those of the areas below into the gather's. */
MUST_USE bool peaks_read(struct db *db, struct gather *gather, enum level level, int period,
                         struct problem *p);
MUST_USE bool peaks_put(struct db *db, const struct gather *gather, enum level level, int period,
                        struct problem *p);
/* item_peak from the nation's of all months. */
MUST_USE bool peaks_settle(struct db *db, const struct dictionary *dictionary, struct problem *p);

#endif
