#include "hmis/validation.h"

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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules),
        cmocka_unit_test(packing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
