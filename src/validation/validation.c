#include "hmis/validation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Rules: the truth table of docs/validation.md, section 1. ----------------------------- */
static const char *const outcome_names[OUTCOME__MAX] = {
    [OUTCOME_BLANK] = "blank",
    [OUTCOME_CONSISTENT] = "consistent",
    [OUTCOME_INCONSISTENT] = "inconsistent",
    [OUTCOME_PROBABLE] = "probable",
};
static const struct {
    enum outcome left_blank, right_blank, fails;
} outcomes_by_class[] = {
    [RULE_A] = { OUTCOME_PROBABLE, OUTCOME_PROBABLE, OUTCOME_PROBABLE },
    [RULE_B] = { OUTCOME_PROBABLE, OUTCOME_INCONSISTENT, OUTCOME_INCONSISTENT },
    [RULE_C] = { OUTCOME_INCONSISTENT, OUTCOME_PROBABLE, OUTCOME_INCONSISTENT },
};

const char *outcome_name(enum outcome outcome) {
    return outcome_names[outcome];
}

bool rule_side(const int16_t *slots, int count, const int32_t *cells, int64_t *sum) {
    bool filled = false;
    *sum = 0;
    for (int i = 0; i < count; i++) {
        int32_t cell = cells[slots[i]];
        if (cell == BLANK) continue;
        *sum += cell;
        filled = true;
    }
    return filled;
}

static bool holds(enum rule_operator op, int64_t left, int64_t right) {
    if (op == RULE_EQ) return left == right;
    return op == RULE_LE ? left <= right : left >= right;
}

enum outcome rule_evaluate(const struct rule *rule, const int32_t *cells) {
    int64_t left, right;
    bool has_left = rule_side(rule->left, rule->left_count, cells, &left);
    bool has_right = rule_side(rule->right, rule->right_count, cells, &right);
    if (!has_left && !has_right) return OUTCOME_BLANK;
    if (!has_left) return outcomes_by_class[rule->class].left_blank;
    if (!has_right) return outcomes_by_class[rule->class].right_blank;
    if (!holds(rule->operator, left, right)) return outcomes_by_class[rule->class].fails;
    if (rule->class == RULE_A && 2 * left < right) return OUTCOME_PROBABLE;
    return OUTCOME_CONSISTENT;
}

size_t outcomes_size(const struct form *form) {
    return ((size_t)form->rule_width + 3) / 4;
}

void outcomes_evaluate(const struct form *form, const int32_t *cells, uint8_t *outcomes) {
    memset(outcomes, 0, outcomes_size(form));
    for (int i = 0; i < form->rule_count; i++) {
        const struct rule *rule = &form->rules[i];
        if (rule->retired) continue;
        unsigned outcome = rule_evaluate(rule, cells);
        outcomes[rule->ordinal / 4] |= (uint8_t)(outcome << (rule->ordinal % 4 * 2));
    }
}

enum outcome outcomes_get(const uint8_t *outcomes, size_t size, int ordinal) {
    if (ordinal < 0 || (size_t)ordinal / 4 >= size) return OUTCOME_BLANK;
    return (enum outcome)(outcomes[ordinal / 4] >> (ordinal % 4 * 2) & 3);
}

/* ---- Checks against the facility's own past: docs/validation.md, section 2. --------------- */
#define ENOUGH_MONTHS 4  /* from so many on, median and MAD say something */
#define SMALL_COUNT   10 /* so far from the median is never asked about */
#define SHORT_FACTOR  5  /* 1-3 months: up to so many times the largest */
#define SHORT_LEAST   50 /* ... and never below this */
#define TENFOLD_LEAST 100
#define REPEAT_LEAST  5 /* figures other than zero before a repeat means something */

static void sort_figures(int32_t *figures, int count) {
    for (int i = 1; i < count; i++) {
        int32_t figure = figures[i];
        int j = i;
        for (; j > 0 && figures[j - 1] > figure; j--)
            figures[j] = figures[j - 1];
        figures[j] = figure;
    }
}

/* The middle of sorted figures; of two middles the mean, rounded down (all are >= 0). */
static int64_t middle(const int32_t *sorted, int count) {
    return ((int64_t)sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
}

/* Half the width of the range: five robust standard deviations (7.5 MAD), but no less than counting
 * at random around the median gives (five times its root), half the median, and SMALL_COUNT. */
static int64_t half_width(const int32_t *figures, int count, int64_t median) {
    int32_t deviations[HISTORY_MONTHS];
    for (int i = 0; i < count; i++)
        deviations[i] = (int32_t)llabs(figures[i] - median);
    sort_figures(deviations, count);
    int64_t width = middle(deviations, count) * 15 / 2;
    int64_t random = (int64_t)floor(5 * sqrt((double)median));
    width = width > random ? width : random;
    width = width > median / 2 ? width : median / 2;
    return width > SMALL_COUNT ? width : SMALL_COUNT;
}

static int32_t clamp_count(int64_t value) {
    return value < 0 ? 0 : value > INT32_MAX ? INT32_MAX : (int32_t)value;
}

bool expected_range(const struct history *history, int slot, int32_t *low, int32_t *high) {
    int32_t figures[HISTORY_MONTHS];
    int count = 0;
    for (int i = 0; i < HISTORY_MONTHS; i++)
        if (history->months[i] != NULL && history->months[i][slot] != BLANK)
            figures[count++] = history->months[i][slot] < 0 ? 0 : history->months[i][slot];
    if (count == 0) return false;
    sort_figures(figures, count);
    int32_t least = figures[0], most = figures[count - 1];
    if (count < ENOUGH_MONTHS) {
        int64_t loose = (int64_t)most * SHORT_FACTOR;
        *low = 0;
        *high = clamp_count(loose > SHORT_LEAST ? loose : SHORT_LEAST);
        return true;
    }
    int64_t median = middle(figures, count), width = half_width(figures, count, median);
    *low = clamp_count(median - width);
    *high = clamp_count(median + width);
    *low = *low < least ? *low : least;
    *high = *high > most ? *high : most;
    return true;
}

/* Filled counts of a report, one after the other: what the checks look at. */
struct filled {
    int count, nonzero;
    int16_t slots[CELLS_MAX];
    int32_t figures[CELLS_MAX], least[CELLS_MAX], most[CELLS_MAX];
};

static void collect(struct filled *filled, const struct form *form, const int32_t *cells) {
    filled->count = filled->nonzero = 0;
    for (int i = 0; i < form->item_count; i++) {
        const struct item *item = form->items[i].item;
        int32_t figure = cells[item->slot];
        if (figure == BLANK || item->type != DATA_COUNT) continue;
        int n = filled->count++;
        filled->slots[n] = (int16_t)item->slot;
        filled->figures[n] = figure;
        filled->least[n] = INT32_MAX;
        filled->most[n] = BLANK;
        filled->nonzero += figure != 0;
    }
}

/* Least and largest of each item over the months, a month at a time: rows lie together in memory.
 * Returns true when the month holds every figure of the report. */
static bool add_month(struct filled *filled, const int32_t *month) {
    int different = 0;
    for (int i = 0; i < filled->count; i++) {
        int32_t past = month[filled->slots[i]];
        int32_t low = past == BLANK ? INT32_MAX : past;
        filled->least[i] = low < filled->least[i] ? low : filled->least[i];
        filled->most[i] = past > filled->most[i] ? past : filled->most[i];
        different |= past != filled->figures[i];
    }
    return !different;
}

/* A balance (it may be negative) moves as deliveries come: its past says nothing. */
bool item_has_range(const struct item *item) {
    return item->type == DATA_COUNT && item->low >= 0;
}

static bool is_outlier(const struct form *form, const struct filled *filled, int i,
                       const struct history *history) {
    int32_t figure = filled->figures[i], low, high;
    if (figure >= filled->least[i] && figure <= filled->most[i]) return false;
    if (!item_has_range(form->dictionary->by_slot[filled->slots[i]])) return false;
    return expected_range(history, filled->slots[i], &low, &high) &&
           (figure < low || figure > high);
}

bool is_tenfold(int32_t figure, int32_t largest) {
    return largest > 0 && figure >= TENFOLD_LEAST && figure / 10 >= largest;
}

/* ---- Dates and balances. -------------------------------------------------------------------- */
enum date_finding date_check(const struct item *item, int32_t value, int period, int32_t today) {
    if (item->type != DATA_DATE || value == BLANK) return DATE_FINE;
    if (value / 100 > period) return DATE_AFTER_MONTH;
    return today > 0 && value > today ? DATE_AFTER_TODAY : DATE_FINE;
}

const struct item *opening_continues(const struct form *form, int form_item) {
    const struct item *opening = form->items[form_item].item;
    if (opening->component != OPENING) return NULL;
    for (int i = form_item + 1; i < form->item_count; i++) {
        const struct item *item = form->items[i].item;
        if (strcmp(item->number, opening->number) != 0) return NULL;
        if (item->component == CLOSING) return item;
    }
    return NULL;
}

static bool is_broken_opening(const struct form *form, int form_item, const int32_t *cells,
                              const int32_t *last_month) {
    const struct item *closing = last_month ? opening_continues(form, form_item) : NULL;
    int32_t opening = cells[form->items[form_item].item->slot];
    if (closing == NULL || opening == BLANK || last_month[closing->slot] == BLANK) return false;
    return opening != last_month[closing->slot];
}

/* ---- All findings of a report. --------------------------------------------------------------- */
struct found {
    int32_t *findings;
    int count, room;
};

static void add(struct found *found, bool is, enum finding_kind kind, int slot) {
    if (is && found->count < found->room) found->findings[found->count++] = FINDING(kind, slot);
}

static void check_items(struct found *found, const struct form *form, const int32_t *cells,
                        const struct checks *checks) {
    for (int i = 0; i < form->item_count; i++) {
        const struct item *item = form->items[i].item;
        add(found, date_check(item, cells[item->slot], checks->period, checks->today) != DATE_FINE,
            FINDING_DATE, item->slot);
        add(found, is_broken_opening(form, i, cells, checks->history->months[0]), FINDING_OPENING,
            item->slot);
    }
}

int findings_evaluate(const struct form *form, const int32_t *cells, const struct checks *checks,
                      int32_t *findings, int room) {
    const struct history *history = checks->history;
    struct found found = { findings, 0, room };
    struct filled filled;
    int repeats = 0;
    collect(&filled, form, cells);
    for (int i = 0; i < HISTORY_MONTHS; i++)
        if (history->months[i] != NULL && add_month(&filled, history->months[i]) && repeats == 0)
            repeats = i + 1;
    for (int i = 0; i < filled.count; i++) {
        int slot = filled.slots[i];
        int32_t largest = checks->peaks != NULL ? checks->peaks[slot] : 0;
        add(&found, is_outlier(form, &filled, i, history), FINDING_OUTLIER, slot);
        add(&found, is_tenfold(filled.figures[i], largest), FINDING_DIGITS, slot);
    }
    check_items(&found, form, cells, checks);
    add(&found, repeats > 0 && filled.nonzero >= REPEAT_LEAST, FINDING_REPEAT, repeats);
    return found.count;
}
