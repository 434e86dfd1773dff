#include "hmis/calendar.h"

#include "hmis/clock.h"
#include "hmis/period.h"

#include <stdio.h>

static struct {
    int today; /* 0: the clock's */
    int due_month_day, report_due_day, far_months;
    bool refuses_running;
} rules = { .due_month_day = 1, .report_due_day = 5, .far_months = 12 };

void calendar_set(const struct settings *settings) {
    rules.today = 0;
    if (*settings->today)
        ENSURE(period_parse_day(settings->today, &rules.today), "settings_load checks it");
    rules.due_month_day = (int)settings->due_month_day;
    rules.report_due_day = (int)settings->report_due_day;
    rules.far_months = (int)settings->far_months;
    rules.refuses_running = text_equal(settings->running_month, "refuse");
}

int calendar_today(void) {
    if (rules.today) return rules.today;
    struct calendar_day day = clock_day_in_india(clock_wall_us());
    return day.year * 10000 + day.month * 100 + day.day;
}

int calendar_month(void) {
    return calendar_today() / 100;
}

int calendar_due(void) {
    int today = calendar_today();
    return period_add(today / 100, today % 100 >= rules.due_month_day ? -1 : -2);
}

int calendar_deadline(int period) {
    return period_add(period, 1) * 100 + rules.report_due_day;
}

bool calendar_is_late(int period) {
    return calendar_today() > calendar_deadline(period);
}

enum calendar_nearness calendar_nearness(int period) {
    int running = calendar_month();
    if (period >= running) return period == running ? MONTH_RUNNING : MONTH_FUTURE;
    return period_diff(calendar_due(), period) > rules.far_months ? MONTH_FAR : MONTH_NEAR;
}

bool calendar_refuses_running(void) {
    return rules.refuses_running;
}

void calendar_format_day(char out[11], int day) {
    snprintf(out, 11, "%04u-%02u-%02u", (unsigned)day / 10000 % 10000, (unsigned)day / 100 % 100,
             (unsigned)day % 100);
}

void calendar_to_json(struct json_out *out) {
    char day[11], month[8];
    int due = calendar_due();
    calendar_format_day(day, calendar_today());
    out_string(out, "today", day);
    period_format(month, due);
    out_string(out, "due_period", month);
    calendar_format_day(day, calendar_deadline(due));
    out_string(out, "due_date", day);
}
