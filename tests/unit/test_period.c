#include "hmis/calendar.h"
#include "hmis/clock.h"
#include "hmis/period.h"

#include "test.h"
#include "test_cases.h"

static json_t *cases;

static int integer(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    assert_true(json_is_integer(value));
    return (int)json_integer_value(value);
}

static const char *text(const json_t *object) {
    return json_string_value(json_object_get(object, "text"));
}

static void months(void **state) {
    (void)state;
    size_t i;
    json_t *c;
    json_array_foreach(json_object_get(cases, "months"), i, c) {
        int period = -1;
        bool valid = period_parse(text(c), &period);
        if (json_is_null(json_object_get(c, "period"))) {
            assert_false(valid);
            assert_int_equal(period, -1);
            continue;
        }
        assert_true(valid);
        assert_int_equal(period, integer(c, "period"));
        assert_true(period_valid(period));
        assert_int_equal(period_financial_year(period), integer(c, "financial_year"));
        assert_int_equal(period_month_of_year(period), integer(c, "month_of_year"));
        assert_int_equal(period_last_day(period), integer(c, "last_day"));
        assert_int_equal(period_from_index(period_index(period)), period);
        char out[8];
        period_format(out, period);
        assert_string_equal(out, text(c));
    }
}

static void financial_years(void **state) {
    (void)state;
    size_t i;
    json_t *c;
    json_array_foreach(json_object_get(cases, "financial_years"), i, c) {
        int year = -1;
        bool valid = financial_year_parse(text(c), &year);
        if (json_is_null(json_object_get(c, "year"))) {
            assert_false(valid);
            continue;
        }
        assert_true(valid);
        assert_int_equal(year, integer(c, "year"));
        assert_int_equal(financial_year_first(year), integer(c, "first"));
        assert_int_equal(financial_year_last(year), integer(c, "last"));
        assert_int_equal(period_diff(financial_year_last(year), financial_year_first(year)), 11);
        char out[8];
        financial_year_format(out, year);
        assert_string_equal(out, text(c));
    }
}

static void adding(void **state) {
    (void)state;
    size_t i;
    json_t *c;
    json_array_foreach(json_object_get(cases, "add"), i, c) {
        int period = integer(c, "period"), n = integer(c, "months"), result = integer(c, "result");
        assert_int_equal(period_add(period, n), result);
        assert_int_equal(period_diff(result, period), n);
    }
}

static void today_in_india(void **state) {
    (void)state;
    size_t i;
    json_t *c;
    json_array_foreach(json_object_get(cases, "today"), i, c) {
        int64_t want = json_integer_value(json_object_get(c, "unix")) * 1000000;
        struct calendar_day day = clock_day_in_india(want);
        assert_int_equal(day.year * 100 + day.month, integer(c, "period"));
        clock_shift_us(0);
        clock_shift_us(want - clock_wall_us());
        /* At the last second of a month the clock may run over: that one was seen above. */
        if (json_integer_value(json_object_get(c, "unix")) % 60 == 0)
            assert_int_equal(calendar_month(), integer(c, "period"));
        clock_shift_us(0);
    }
}

static void every_month_follows(void **state) {
    (void)state;
    int days = 0;
    for (int period = PERIOD_FIRST; period < PERIOD_LAST; period = period_add(period, 1)) {
        assert_true(period_valid(period));
        int length = period_last_day(period_add(period, 1)) - period_last_day(period);
        assert_in_range(length, 28, 31);
        days += length;
        int year = period_financial_year(period);
        assert_in_range(period, financial_year_first(year), financial_year_last(year));
    }
    assert_int_equal(days, period_last_day(PERIOD_LAST) - period_last_day(PERIOD_FIRST));
}

int main(void) {
    cases = test_cases("periods");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(months),
        cmocka_unit_test(financial_years),
        cmocka_unit_test(adding),
        cmocka_unit_test(today_in_india),
        cmocka_unit_test(every_month_follows),
    };
    int failed = cmocka_run_group_tests_name("period", tests, NULL, NULL);
    json_decref(cases);
    return failed;
}
