/* What became of each figure of a report that was stored, against what stood there before. */
#include <stdio.h>
#include <string.h>

#include "hmis/period.h"
#include "import_store.h"

int import_bits(const uint8_t bits[GIVEN_BYTES]) {
    int count = 0;
    for (int i = 0; i < GIVEN_BYTES; i++)
        count += __builtin_popcount(bits[i]);
    return count;
}

/* Lines beyond those that are kept are written to nowhere. */
struct import_line *import_tell_late(struct storing *s, enum import_line_kind kind,
                                     const struct import_origin *origin, const char *code,
                                     const char *detail) {
    static _Thread_local struct import_line nowhere;
    if (s->told[kind]++ >= IMPORT_LINES_MOST) return &nowhere;
    struct import_line *line = import_lines_add(&s->lines, kind, origin->line, code, detail);
    import_copy(line->facility, sizeof line->facility, origin->code);
    return line;
}

struct tally {
    struct storing *s;
    const struct report_new *report;
    const struct report_result *result;
    const struct import_origin *origin;
    int64_t stored, same;
};

static struct import_line *tell(struct tally *t, enum import_line_kind kind, const char *code,
                                const char *item, const char *detail) {
    struct import_line *line = import_tell_late(t->s, kind, t->origin, code, detail);
    line->period = t->report->period;
    import_copy(line->form, sizeof line->form, t->report->form->code);
    import_copy(line->item, sizeof line->item, item);
    return line;
}

/* ---- Figures.
 * --------------------------------------------------------------------------------------------- */
static void tell_change(struct tally *t, int slot, enum import_line_kind kind, const char *code) {
    const struct item *item = t->report->form->dictionary->by_slot[slot];
    const struct form_item *on_form = form_find_slot(t->report->form, slot);
    char was[16], now[16], detail[80];
    cell_format(item, t->result->was[slot], was);
    cell_format(item, t->report->cells[slot], now);
    snprintf(detail, sizeof detail, "%s stood there%s%s", was, *now != '\0' ? ", now " : "", now);
    struct import_line *line =
        tell(t, kind, code, on_form != NULL ? on_form->key : item->key, detail);
    import_copy(line->value, sizeof line->value, was);
}

static void tally_filled(struct tally *t, int slot) {
    const int32_t *was = t->result->was;
    bool same = was != NULL && was[slot] == t->report->cells[slot];
    t->same += same;
    t->stored += !same;
    if (same || was == NULL || was[slot] == BLANK) return;
    t->s->counts.figures_replaced++;
    tell_change(t, slot, LINE_REPLACED, "replaced");
}

static void tally_empty(struct tally *t, int slot) {
    const int32_t *was = t->result->was;
    if (was == NULL || was[slot] == BLANK) return;
    bool erased = t->s->store->import->options.erase;
    *(erased ? &t->s->counts.figures_emptied : &t->s->counts.figures_kept) += 1;
    tell_change(t, slot, LINE_EMPTY, erased ? "emptied" : "kept");
}

static void tally_figures(struct tally *t, const uint8_t *filled, const uint8_t *empty) {
    for (int slot = 0; slot < t->report->form->dictionary->width; slot++) {
        if (GIVEN_TEST(filled, slot))
            tally_filled(t, slot);
        else if (GIVEN_TEST(empty, slot))
            tally_empty(t, slot);
    }
    t->s->counts.figures_stored += t->stored;
    t->s->counts.figures_unchanged += t->same;
}

/* ---- Checks.
 * -----------------------------------------------------------------------------------------------
 */
static void tell_rule(struct tally *t, const struct rule *rule, enum outcome outcome) {
    int64_t left = 0, right = 0;
    const int32_t *cells = t->report->cells;
    char sides[60];
    t->s->counts.findings++;
    if (!rule_side(rule->left, rule->left_count, cells, &left) ||
        !rule_side(rule->right, rule->right_count, cells, &right))
        sides[0] = '\0';
    else
        snprintf(sides, sizeof sides, "%lld : %lld", (long long)left, (long long)right);
    struct import_line *line = tell(t, LINE_FINDING, outcome_name(outcome), rule->code, rule->text);
    import_copy(line->value, sizeof line->value, sides);
}

static void tell_repeat(struct tally *t, int months) {
    struct import_line *line =
        tell(t, LINE_FINDING, "repeat", NULL, "The whole report repeats another month");
    char period[8];
    period_format(period, period_add(t->report->period, -months));
    import_copy(line->value, sizeof line->value, period);
}

static void tell_finding(struct tally *t, int32_t finding) {
    static const struct {
        const char *code, *words;
    } kinds[] = {
        [FINDING_OUTLIER] = { "outlier", "Far from the last twelve months" },
        [FINDING_DIGITS] = { "digits", "Ten times the largest figure that stands anywhere" },
        [FINDING_DATE] = { "date", "The date lies after the month, or after today" },
        [FINDING_OPENING] = { "opening", "Not what last month's closing balance was" },
    };
    size_t kind = FINDING_KIND(finding);
    int slot = FINDING_SLOT(finding);
    t->s->counts.findings++;
    if (kind == FINDING_REPEAT) {
        tell_repeat(t, slot);
        return;
    }
    ENSURE(kind < COUNT(kinds) && kinds[kind].code != NULL, "a finding without a name");
    const struct form_item *item = form_find_slot(t->report->form, slot);
    struct import_line *line =
        tell(t, LINE_FINDING, kinds[kind].code, item != NULL ? item->key : NULL, kinds[kind].words);
    char value[16];
    cell_format(t->report->form->dictionary->by_slot[slot], t->report->cells[slot], value);
    import_copy(line->value, sizeof line->value, value);
}

static void tally_findings(struct tally *t) {
    const struct form *form = t->report->form;
    for (int i = 0; i < form->rule_count; i++) {
        const struct rule *rule = &form->rules[i];
        enum outcome outcome =
            rule->retired
                ? OUTCOME_BLANK
                : outcomes_get(t->result->outcomes, sizeof t->result->outcomes, rule->ordinal);
        if (outcome == OUTCOME_INCONSISTENT || outcome == OUTCOME_PROBABLE)
            tell_rule(t, rule, outcome);
    }
    for (int i = 0; i < t->result->finding_count; i++)
        tell_finding(t, t->result->findings[i]);
}

/* ---- Reports.
 * --------------------------------------------------------------------------------------------- */
static void tally_refused(struct tally *t, const uint8_t *filled) {
    t->s->counts.rows_refused++;
    t->s->counts.refusals++;
    t->s->counts.figures_lost += import_bits(filled);
    struct import_line *line = tell(t, LINE_ROW, error_code_name(t->result->refusal), NULL,
                                    error_text(t->result->refusal));
    import_copy(line->column_name, sizeof line->column_name, "facility_code");
    import_copy(line->value, sizeof line->value, t->origin->code);
}

static void tell_report(struct tally *t) {
    static const char *const codes[] = {
        [REPORT_NEW] = "new", [REPORT_CHANGED] = "changed", [REPORT_SAME] = "unchanged"
    };
    char detail[120];
    snprintf(detail, sizeof detail, "%lld figures stored, %lld unchanged; version %d",
             (long long)t->stored, (long long)t->same, t->result->version);
    char value[24];
    snprintf(value, sizeof value, "%lld", (long long)t->stored);
    import_copy(tell(t, LINE_REPORT, codes[t->result->change], NULL, detail)->value, sizeof value,
                value);
}

void import_tally(struct storing *s, int at) {
    struct tally t = { .s = s,
                       .report = &s->reports[at],
                       .result = &s->results[at],
                       .origin = &s->batch->origins[s->from[at]] };
    const uint8_t *filled = s->batch->filled[s->from[at]], *empty = s->batch->empty[s->from[at]];
    int64_t *counters[] = { [REPORT_NEW] = &s->counts.reports_new,
                            [REPORT_CHANGED] = &s->counts.reports_changed,
                            [REPORT_SAME] = &s->counts.reports_unchanged };
    if (t.origin->blank && t.result->refusal != ERR_REPORT_EMPTIED) return;
    if (t.result->change == REPORT_REFUSED) {
        tally_refused(&t, filled);
        return;
    }
    ++*counters[t.result->change];
    tally_figures(&t, filled, empty);
    tell_report(&t);
    if (t.result->change != REPORT_SAME) tally_findings(&t);
}
