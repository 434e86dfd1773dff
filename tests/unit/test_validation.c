#include "hmis/validation.h"

#include "hmis/period.h"

#include "test.h"
#include "test_cases.h"

#define SIDE_MAX 8

static int32_t cell_of(const json_t *value) {
    return json_is_null(value) ? BLANK : (int32_t)json_integer_value(value);
}

/* Puts the side's cells behind the others and its slots into `slots`. */
static int put_side(const json_t *side, int first, int16_t *slots, int32_t *cells) {
    size_t i;
    json_t *value;
    json_array_foreach(side, i, value) {
        slots[i] = (int16_t)(first + (int)i);
        cells[first + (int)i] = cell_of(value);
    }
    return (int)json_array_size(side);
}

static void rules(void **state) {
    (void)state;
    json_t *cases = test_cases("rules"), *c;
    size_t i;
    json_array_foreach(json_object_get(cases, "rules"), i, c) {
        int16_t left[SIDE_MAX], right[SIDE_MAX];
        int32_t cells[2 * SIDE_MAX];
        struct rule rule = { .left = left, .right = right };
        rule.class =
            (enum rule_class)rule_class_parse(json_string_value(json_object_get(c, "class")));
        rule.operator=(enum rule_operator)
            rule_operator_parse(json_string_value(json_object_get(c, "operator")));
        rule.left_count = put_side(json_object_get(c, "left"), 0, left, cells);
        rule.right_count = put_side(json_object_get(c, "right"), SIDE_MAX, right, cells);
        const char *outcome = outcome_name(rule_evaluate(&rule, cells));
        if (!text_equal(outcome, json_string_value(json_object_get(c, "outcome"))))
            fail_msg("%s: %s", json_string_value(json_object_get(c, "name")), outcome);
    }
    assert_true(i >= 40);
    json_decref(cases);
}

/* Four rules a byte, by ordinal; a retired rule and a missing ordinal are blank. */
static void packing(void **state) {
    (void)state;
    static const int16_t first[] = { 0 }, second[] = { 1 };
    struct rule list[5] = { 0 };
    static const int ordinals[] = { 0, 1, 3, 4, 9 };
    for (int i = 0; i < 5; i++)
        list[i] = (struct rule){ .ordinal = ordinals[i],
                                 .class = RULE_B,
                                 .operator= i == 1 ? RULE_GE : RULE_LE,
                                 .left = first,
                                 .right = second,
                                 .left_count = 1,
                                 .right_count = 1 };
    list[3].retired = true;
    struct form form = { .rules = list, .rule_count = 5, .rule_width = 10 };
    uint8_t outcomes[3];
    memset(outcomes, 0xFF, sizeof(outcomes));
    assert_int_equal(outcomes_size(&form), 3);
    outcomes_evaluate(&form, (const int32_t[]){ 3, 5 }, outcomes);
    static const enum outcome want[] = {
        OUTCOME_CONSISTENT, OUTCOME_INCONSISTENT, OUTCOME_BLANK, OUTCOME_CONSISTENT,
        OUTCOME_BLANK,      OUTCOME_BLANK,        OUTCOME_BLANK, OUTCOME_BLANK,
        OUTCOME_BLANK,      OUTCOME_CONSISTENT,   OUTCOME_BLANK, OUTCOME_BLANK,
        OUTCOME_BLANK,
    };
    for (int i = 0; i < (int)COUNT(want); i++)
        assert_int_equal(outcomes_get(outcomes, 3, i), want[i]);
    assert_int_equal(outcomes_get(outcomes, 3, -1), OUTCOME_BLANK);
    assert_int_equal(outcomes_get(NULL, 0, 0), OUTCOME_BLANK);
}

static void ranges(void **state) {
    (void)state;
    json_t *cases = test_cases("checks"), *c;
    size_t i;
    json_array_foreach(json_object_get(cases, "ranges"), i, c) {
        const json_t *history = json_object_get(c, "history"), *want = json_object_get(c, "range");
        int32_t cells[HISTORY_MONTHS], low = -1, high = -1;
        struct history past = { 0 };
        for (size_t m = 0; m < json_array_size(history); m++) {
            cells[m] = cell_of(json_array_get(history, m));
            past.months[m] = &cells[m];
        }
        if (expected_range(&past, 0, &low, &high) != json_is_array(want))
            fail_msg("%s", json_string_value(json_object_get(c, "name")));
        if (!json_is_array(want)) continue;
        if (low != json_integer_value(json_array_get(want, 0)) ||
            high != json_integer_value(json_array_get(want, 1)))
            fail_msg("%s: %d to %d", json_string_value(json_object_get(c, "name")), low, high);
    }
    assert_true(i >= 20);
    json_decref(cases);
}

static char numbers[SIDE_MAX][16];

/* A form of the case's items, slot by slot. */
struct small_form {
    struct item items[SIDE_MAX];
    const struct item *by_slot[SIDE_MAX];
    struct form_item form_items[SIDE_MAX];
    struct dictionary dictionary;
    struct form form;
};

/* "17.1/5": component 5 of 17.1; without a key each item has a number of its own. */
static void take_key(struct item *item, const char *key) {
    const char *slash = key ? strchr(key, '/') : NULL;
    item->component = slash ? slash[1] - '0' : 0;
    snprintf(numbers[item->slot], sizeof numbers[0], "%.*s", slash ? (int)(slash - key) : 7,
             key ? key : "");
    item->number = numbers[item->slot];
}

static void make_form(struct small_form *small, const json_t *items) {
    int count = (int)json_array_size(items);
    assert_true(count <= SIDE_MAX);
    memset(small, 0, sizeof(*small));
    for (int i = 0; i < count; i++) {
        const json_t *item = json_array_get(items, (size_t)i);
        const json_t *low = json_object_get(item, "low");
        small->items[i].slot = i;
        small->items[i].type =
            (enum data_type)data_type_parse(json_string_value(json_object_get(item, "type")));
        take_key(&small->items[i], json_string_value(json_object_get(item, "key")));
        small->items[i].low = json_is_null(low) ? NO_LOW : (int32_t)json_integer_value(low);
        small->by_slot[i] = small->form_items[i].item = &small->items[i];
    }
    small->dictionary.by_slot = small->by_slot;
    small->dictionary.width = count;
    small->form = (struct form){ .dictionary = &small->dictionary,
                                 .items = small->form_items,
                                 .item_count = count };
}

static void take_cells(const json_t *values, int32_t *cells) {
    for (size_t i = 0; i < json_array_size(values); i++)
        cells[i] = cell_of(json_array_get(values, i));
}

static int32_t finding_of(const json_t *pair) {
    static const char *const kinds[] = {
        [FINDING_OUTLIER] = "outlier", [FINDING_DIGITS] = "digits",   [FINDING_REPEAT] = "repeat",
        [FINDING_DATE] = "date",       [FINDING_OPENING] = "opening",
    };
    const char *kind = json_string_value(json_array_get(pair, 0));
    for (int i = FINDING_OUTLIER; i <= FINDING_OPENING; i++)
        if (text_equal(kinds[i], kind))
            return FINDING(i, (int)json_integer_value(json_array_get(pair, 1)));
    fail_msg("no finding is called %s", kind);
    return 0;
}

static void check_findings(const json_t *c) {
    const char *name = json_string_value(json_object_get(c, "name"));
    const json_t *months = json_object_get(c, "months"), *peaks = json_object_get(c, "peaks");
    const json_t *want = json_object_get(c, "findings");
    int32_t cells[SIDE_MAX], rows[HISTORY_MONTHS][SIDE_MAX], peak[SIDE_MAX], got[SIDE_MAX * 2];
    struct history history = { 0 };
    struct small_form small;
    make_form(&small, json_object_get(c, "items"));
    take_cells(json_object_get(c, "cells"), cells);
    if (json_is_array(peaks)) take_cells(peaks, peak);
    for (size_t m = 0; m < json_array_size(months); m++) {
        if (json_is_null(json_array_get(months, m))) continue;
        take_cells(json_array_get(months, m), rows[m]);
        history.months[m] = rows[m];
    }
    struct checks checks = {
        .history = &history,
        .peaks = json_is_array(peaks) ? peak : NULL,
        .period = json_object_get(c, "period")
                      ? (int)json_integer_value(json_object_get(c, "period"))
                      : PERIOD_LAST,
        .today = (int32_t)json_integer_value(json_object_get(c, "today")),
    };
    int count = findings_evaluate(&small.form, cells, &checks, got, (int)COUNT(got));
    if (count != (int)json_array_size(want)) fail_msg("%s: %d findings", name, count);
    for (int i = 0; i < count; i++)
        if (got[i] != finding_of(json_array_get(want, (size_t)i)))
            fail_msg("%s: kind %d slot %d", name, FINDING_KIND(got[i]), FINDING_SLOT(got[i]));
    /* no room: the first ones, nothing beyond */
    for (int room = 0; room < count; room++) {
        int32_t few[SIDE_MAX * 2];
        memset(few, 0x55, sizeof(few));
        assert_int_equal(findings_evaluate(&small.form, cells, &checks, few, room), room);
        assert_int_equal(few[room], 0x55555555);
    }
}

static void findings(void **state) {
    (void)state;
    json_t *cases = test_cases("checks"), *c;
    size_t i;
    json_array_foreach(json_object_get(cases, "findings"), i, c) check_findings(c);
    assert_true(i >= 30);
    json_decref(cases);
}

/* The range and the finding are one: whatever the past, a figure is asked about when it lies
 * outside the range, and never when the past has held less and more. */
static void range_and_finding_agree(void **state) {
    (void)state;
    uint32_t random = 12345;
    const json_int_t zero = 0;
    struct small_form small;
    json_t *items = json_pack("[{s:s,s:I}]", "type", "count", "low", zero);
    make_form(&small, items);
    json_decref(items);
    for (int round = 0; round < 20000; round++) {
        int32_t past[HISTORY_MONTHS], low, high, least = INT32_MAX, most = -1, found[2];
        struct history history = { 0 };
        for (int m = 0; m < HISTORY_MONTHS; m++) {
            random = random * 1664525u + 1013904223u;
            past[m] = random >> 28 < 5 ? BLANK : (int32_t)(random >> (8 + random % 20));
            if (past[m] == BLANK) continue;
            history.months[m] = &past[m];
            least = past[m] < least ? past[m] : least;
            most = past[m] > most ? past[m] : most;
        }
        random = random * 1664525u + 1013904223u;
        int32_t figure = (int32_t)(random >> (8 + random % 20));
        bool known = expected_range(&history, 0, &low, &high);
        int count = findings_evaluate(&small.form, &figure, &(struct checks){ .history = &history },
                                      found, 2);
        assert_int_equal(known, most >= 0);
        assert_int_equal(count, known && (figure < low || figure > high));
        if (figure >= least && figure <= most) assert_int_equal(count, 0);
    }
}

static void which_items_have_a_range(void **state) {
    (void)state;
    assert_true(item_has_range(&(struct item){ .type = DATA_COUNT, .low = 0 }));
    assert_true(item_has_range(&(struct item){ .type = DATA_COUNT, .low = 1 }));
    assert_false(item_has_range(&(struct item){ .type = DATA_COUNT, .low = NO_LOW }));
    assert_false(item_has_range(&(struct item){ .type = DATA_DATE, .low = 20000101 }));
    assert_false(item_has_range(&(struct item){ .type = DATA_ADEQUACY, .low = 1 }));
    assert_false(item_has_range(&(struct item){ .type = DATA_PERCENTAGE }));
    assert_false(item_has_range(&(struct item){ .type = DATA_DECIMAL }));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules),
        cmocka_unit_test(packing),
        cmocka_unit_test(ranges),
        cmocka_unit_test(findings),
        cmocka_unit_test(range_and_finding_agree),
        cmocka_unit_test(which_items_have_a_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
