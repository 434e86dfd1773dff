/* report: drafts, submission, versions. One report a facility, form and month, whoever enters it.
 *
 * The handlers and rules are in src/report/; this header is what other modules use of it: the
 * import writes many reports at a time through the same check and the same tables.
 * Threads: called on a worker with its connection. */
#ifndef HMIS_REPORT_H
#define HMIS_REPORT_H

#include "hmis/validation.h"

enum report_source { SOURCE_ENTERED = 1, SOURCE_IMPORTED = 2 };

/* One report about to be stored as submitted. */
struct report_new {
    int32_t facility_id;
    int period;
    const struct form *form;
    const int32_t *cells; /* [form->dictionary->width] */
};

enum report_change { REPORT_NEW, REPORT_CHANGED, REPORT_SAME };

/* Checks and stores up to REPORT_BATCH submitted reports in the caller's transaction: places them in
 * their areas of the month, evaluates rules and findings against the stored history (and against
 * earlier months of the same batch), moves replaced versions to report_version, queues the totals.
 * A report equal to the stored one is left as it is (REPORT_SAME). changes[i] tells what became of
 * reports[i]. Facilities must exist in the scope; what is not open or has no place that month is a
 * problem of the caller (facilities are checked before). */
#define REPORT_BATCH 500
MUST_USE bool report_store(struct db *db, const struct report_new *reports, int count,
                           enum report_source source, int64_t account_id,
                           enum report_change *changes, struct arena *arena, struct problem *p);

/* "AP1234-202304-PHC-2": what the submitter keeps; facility code, month, form, version. */
void report_receipt(char out[64], const char *facility_code, int period, const char *form,
                    int version);

#endif
