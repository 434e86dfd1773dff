/* Which month is due, until when, and how near a month is. */
#include "hmis/calendar.h"

#include "test.h"

static struct settings settings_of(const char *today, int due_day) {
    return (struct settings){ .today = today,
                              .due_month_day = due_day,
                              .report_due_day = 5,
                              .running_month = "ask",
                              .far_months = 12 };
}

static void the_due_month(void **state) {
    (void)state;
    static const struct {
        const char *today;
        int due_day, due, deadline;
        bool late;
    } cases[] = {
        { "2026-11-25", 1, 202610, 20261105, true },  { "2026-11-05", 1, 202610, 20261105, false },
        { "2026-11-06", 1, 202610, 20261105, true },  { "2026-11-01", 1, 202610, 20261105, false },
        { "2026-10-31", 1, 202609, 20261005, true },  { "2026-11-24", 25, 202609, 20261005, true },
        { "2026-11-25", 25, 202610, 20261105, true }, { "2027-01-01", 1, 202612, 20270105, false },
        { "2027-01-14", 15, 202611, 20261205, true },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct settings settings = settings_of(cases[i].today, cases[i].due_day);
        calendar_set(&settings);
        assert_int_equal(calendar_due(), cases[i].due);
        assert_int_equal(calendar_deadline(calendar_due()), cases[i].deadline);
        assert_int_equal(calendar_is_late(calendar_due()), cases[i].late);
    }
}

static void how_near_a_month_is(void **state) {
    (void)state;
    static const struct {
        int period;
        enum calendar_nearness want;
    } cases[] = {
        { 202612, MONTH_FUTURE }, { 202701, MONTH_FUTURE }, { 202611, MONTH_RUNNING },
        { 202610, MONTH_NEAR },   { 202510, MONTH_NEAR },   { 202509, MONTH_FAR },
        { 200804, MONTH_FAR },
    };
    struct settings settings = settings_of("2026-11-25", 1);
    calendar_set(&settings);
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(calendar_nearness(cases[i].period), cases[i].want);
}

static void what_is_told(void **state) {
    (void)state;
    struct settings settings = settings_of("2026-11-25", 1);
    calendar_set(&settings);
    assert_false(calendar_refuses_running());
    struct json_out out;
    json_out_init(&out);
    out_object(&out, NULL);
    calendar_to_json(&out);
    out_object_end(&out);
    buffer_add_char(&out.buffer, '\0');
    assert_string_equal(
        out.buffer.data,
        "{\"today\":\"2026-11-25\",\"due_period\":\"2026-10\",\"due_date\":\"2026-11-05\"}");
    buffer_free(&out.buffer);
    settings.running_month = "refuse";
    calendar_set(&settings);
    assert_true(calendar_refuses_running());
}

int main(void) {
    base_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_due_month),
        cmocka_unit_test(how_near_a_month_is),
        cmocka_unit_test(what_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
