/* report_later: a report belongs to the history of the months after it. What the checks find there
 * is found again when it is stored, so that a slip that was corrected leaves no trace. */
#ifndef HMIS_REPORT_LATER_H
#define HMIS_REPORT_LATER_H

#include "report_past.h"

struct later;
struct later *later_new(const struct past *past, struct arena *arena);
/* reports[index] of the batch is new or changed, and all of its results are known: looks at the
 * months after it that are stored. */
void later_examine(struct later *later, struct past *past, const struct report_new *reports,
                   const struct report_result *results, int index, const struct past_peaks *peaks);
/* Writes what differs now. */
MUST_USE bool later_write(struct db *db, const struct later *later, struct problem *p);

#endif
