/* validation: the official rules with their four outcomes, and the checks of one facility against
 * its own past. Warns and asks; never refuses a figure (what cannot be a figure at all is refused
 * by cell_parse). Pure functions; any thread. Source: domain of the HMIS, workflow, section 5.
 *
 * The rules and the checks are also in web/src/rules/: tests/cases/rules.json and checks.json are
 * run by both. */
#ifndef HMIS_VALIDATION_H
#define HMIS_VALIDATION_H

#include "hmis/dictionary.h"

/* ---- Rules. ------------------------------------------------------------------------------- */
enum outcome {
    OUTCOME_BLANK = 0,
    OUTCOME_CONSISTENT = 1,
    OUTCOME_INCONSISTENT = 2,
    OUTCOME_PROBABLE = 3, /* probable reporting error */
    OUTCOME__MAX
};
const char *outcome_name(enum outcome outcome); /* "probable" */

/* A side is blank when all its items are; a blank item in a filled sum counts as absent. */
enum outcome rule_evaluate(const struct rule *rule, const int32_t *cells);
/* Sum of a side; false when it is blank. */
bool rule_side(const int16_t *slots, int count, const int32_t *cells, int64_t *sum);

/* All rules of a form, two bits each by ordinal: outcomes must hold outcomes_size(form) bytes. */
size_t outcomes_size(const struct form *form);
void outcomes_evaluate(const struct form *form, const int32_t *cells, uint8_t *outcomes);
enum outcome outcomes_get(const uint8_t *outcomes, size_t size, int ordinal);

/* ---- Checks of a facility against itself. ------------------------------------------------- */
enum finding_kind {
    FINDING_OUTLIER = 1, /* far outside the last twelve months (median and MAD) */
    FINDING_DIGITS = 2,  /* more digits than the item ever had anywhere */
    FINDING_REPEAT = 3,  /* the whole report repeats another month: slot is months back, 1..12 */
};
#define FINDING(kind, slot)   ((int32_t)(kind)*65536 + (slot))
#define FINDING_KIND(finding) ((enum finding_kind)((finding) / 65536))
#define FINDING_SLOT(finding) ((finding) % 65536)

#define HISTORY_MONTHS 12
/* The last twelve months, newest first: rows of cells, NULL where no report was submitted. */
struct history {
    const int32_t *months[HISTORY_MONTHS];
};
/* Items that are compared with the past: counts that are no balances. */
bool item_has_range(const struct item *item);
/* Range a figure is expected in; false when the history is too short to say. Bounds are inclusive
 * and never below 0. Rules for short history and small counts: docs/validation.md. */
bool expected_range(const struct history *history, int slot, int32_t *low, int32_t *high);
/* Findings of a report, at most `room`; returns how many. peaks: largest figure ever, by slot, 0
 * where none is known (then the check of digits says nothing); may be NULL. */
int findings_evaluate(const struct form *form, const int32_t *cells, const struct history *history,
                      const int32_t *peaks, int32_t *findings, int room);

#endif
