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
    FINDING_DIGITS = 2,  /* ten times the largest figure that stands anywhere: a digit too many */
    FINDING_REPEAT = 3,  /* the whole report repeats another month: slot is months back, 1..12 */
    FINDING_DATE = 4,    /* a date after the month, or after the day of entry */
    FINDING_OPENING = 5, /* the opening balance is not last month's closing balance */
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
/* A figure ten times the largest or more; largest 0: none is known. */
bool is_tenfold(int32_t figure, int32_t largest);
/* Where a date of a report lies: what is not fine is asked about. today: yyyymmdd, 0: not asked. */
enum date_finding { DATE_FINE, DATE_AFTER_MONTH, DATE_AFTER_TODAY };
enum date_finding date_check(const struct item *item, int32_t value, int period, int32_t today);
/* The item whose figure of last month this opening balance continues; NULL for other items. */
const struct item *opening_continues(const struct form *form, int form_item);

/* What a report is held against. */
struct checks {
    const struct history *history;
    const int32_t *peaks; /* largest figure that stands anywhere, by slot; 0, or NULL: none known */
    int period;
    int32_t today; /* yyyymmdd */
};
/* Findings of a report, at most `room`; returns how many. */
int findings_evaluate(const struct form *form, const int32_t *cells, const struct checks *checks,
                      int32_t *findings, int room);

#endif
