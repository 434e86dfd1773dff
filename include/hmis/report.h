/* report: drafts, submission, versions. One report a facility, month and family of forms, whoever
 * enters it.
 *
 * The handlers are in src/report/report_http*.c; this header is what other modules use: the import
 * writes many reports at a time through the same check and the same tables.
 * Threads: called on a worker with its connection. */
#ifndef HMIS_REPORT_H
#define HMIS_REPORT_H

#include "hmis/report_pack.h"
#include "hmis/validation.h"

enum report_source { SOURCE_ENTERED = 1, SOURCE_IMPORTED = 2 };

/* ---- Storing. ----------------------------------------------------------------------------------
 */
/* One report about to be stored as submitted. */
struct report_new {
    int32_t facility_id;
    int period;
    const struct form *form;
    int32_t
        *cells; /* [form->dictionary->width]; what is not given is filled in from the stored one */
    /* Bit a slot: given by the file. NULL: all are. Of a stored report the others stay. */
    const uint8_t *given;
    const char *remarks; /* JSON as in report.remarks, or NULL */
    int draft_version; /* of the draft it is submitted from; 0: imported, the database numbers it */
};
#define GIVEN_BYTES      ((CELLS_MAX + 7) / 8)
#define GIVEN_SET(g, s)  ((g)[(s) / 8] |= (uint8_t)(1U << ((s) % 8)))
#define GIVEN_TEST(g, s) (((g)[(s) / 8] >> ((s) % 8)) & 1U)

enum report_change {
    REPORT_NEW,
    REPORT_CHANGED,
    REPORT_SAME,    /* equal to the stored one: nothing written */
    REPORT_REFUSED, /* see refusal; nothing written */
};

enum { FINDINGS_MAX = 64 }; /* kept of one report */

/* What became of one report: its place, its checks, its version. */
struct report_result {
    enum report_change change;
    enum error_code refusal; /* ERR_FACILITY_UNKNOWN, ERR_FACILITY_CLOSED, ERR_FORM_NOT_REPORTED,
                              * ERR_AREA_UNKNOWN (no place), ERR_OTHER_FORM (the month has another
                              * form), ERR_REPORT_EMPTIED (imported: no figure would be left) */
    int version;
    int filled;
    uint8_t outcomes[(RULES_MAX + 3) / 4];
    int32_t findings[FINDINGS_MAX];
    int finding_count;
    const int32_t *was; /* figures of the version that stood there before, in the arena; or NULL */
};

/* Checks and stores up to REPORT_BATCH submitted reports in the caller's transaction: gives a first
 * report kind and place of the month's last day and a correction those of the version before,
 * evaluates rules and findings against the stored history (and against
 * earlier months of the same batch), moves replaced versions to report_version, queues the totals.
 * Few round trips, however many reports. A month keeps its form: a second report of a facility,
 * family and month under another one is refused, in the batch too.
 * ERR_EXISTS: somebody else stored one of them in this moment; roll back and run again. */
#define REPORT_BATCH 500
MUST_USE bool report_store(struct db *db, const struct report_new *reports, int count,
                           enum report_source source, int64_t account_id,
                           struct report_result *results, struct arena *arena, struct problem *p);

/* Until the transaction ends nobody else writes reports of these facilities or changes what they
 * are, and the tree stays. report_store does it for its own; who changes facilities first locks all
 * at once. */
MUST_USE bool report_lock(struct db *db, const int32_t *facilities, size_t count,
                          struct arena *arena, struct problem *p);

/* The same checks without storing: what a draft would be told. */
MUST_USE bool report_check(struct db *db, const struct report_new *report,
                           struct report_result *result, struct arena *arena, struct problem *p);

/* `hmis check`: every report's array of figures against its packed form; tells each difference. */
MUST_USE bool report_verify(struct db *db, void (*tell)(const char *text, void *arg), void *arg,
                            int64_t *compared, int64_t *different, struct problem *p);

/* "AP1234-202304-PHC-2": what the submitter keeps; facility code, month, form, version. */
void report_receipt(char out[64], const char *facility_code, int period, const char *form,
                    int version);

#endif
