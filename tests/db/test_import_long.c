/* The long form. */
#include "test.h"
#include "test_import.h"
#include "test_pg.h"
#include "test_state.h"

#include "hmis/calendar.h"
#include "hmis/period.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- Long.
 * ------------------------------------------------------------------------------------------------
 */
static void long_is_stored(void **state) {
    (void)state;
    ti_must(ti_run("value,item,month,facility_code\n"
                   "31,1.1,2022-04,PHC1\n"
                   "9,1.1,2022-05,PHC1\n"
                   "4,2.2,2022-04,PHC2\n"
                   "0,1.1.1,2022-04,PHC1\n",
                   LONG));
    assert_int_equal(ti.result.rows_read, 4);
    assert_int_equal(ti.result.reports_new, 3);
    assert_int_equal(ti_cell("PHC1", 202204, "1.1"), 31);
    assert_int_equal(ti_cell("PHC1", 202204, "1.1.1"), 0);
    assert_int_equal(ti_cell("PHC1", 202205, "1.1"), 9);
    assert_int_equal(ti_cell("PHC2", 202204, "2.2"), 4);
    struct import_options options = LONG;
    options.erase = true;
    ti_must(
        ti_run("facility_code,month,item,value\nPHC1,2022-04,2.2,5\nPHC1,2022-04,1.1.1,\n", LONG));
    assert_int_equal(ti.result.figures_kept, 1);
    assert_int_equal(ti_cell("PHC1", 202204, "1.1.1"), 0);
    ti_must(ti_run("facility_code,month,item,value\nPHC1,2022-04,1.1.1,\nPHC3,2022-04,1.1,\n",
                   options));
    assert_int_equal(ti.result.figures_emptied, 1);
    assert_int_equal(ti.result.reports_changed, 1);
    assert_int_equal(ti_value("select count(*) from report"), 3); /* none of nothing */
    assert_int_equal(ti_cell("PHC1", 202204, "1.1"), 31);
    assert_int_equal(ti_cell("PHC1", 202204, "2.2"), 5);
    assert_int_equal(ti_cell("PHC1", 202204, "1.1.1"), -1);
}

/* Nothing in it is only stored with a remark, which a file has not. What stays is what the months
 * after are checked against. */
static void no_report_is_emptied(void **state) {
    (void)state;
    static const char *const items[] = { "1.1", "1.1.1", "1.2.1", "1.2.2", "1.2.3", "2.2" };
    struct buffer first = { 0 }, all = { 0 };
    struct import_options options = LONG;
    options.erase = true;
    buffer_add_text(&first, "facility_code,month,item,value\nPHC2,2022-04,2.2,1\n");
    buffer_add_text(&all, "facility_code,month,item,value\n");
    for (size_t i = 0; i < COUNT(items); i++) {
        buffer_printf(&first, "PHC1,2022-04,%s,%zu\nPHC2,2022-04,%s,7\n", items[i], 30 - i,
                      i == 0 ? "1.1" : "8.1.1");
        buffer_printf(&all, "PHC1,2022-04,%s,\nPHC1,2022-05,%s,%zu\n", items[i], items[i], 30 - i);
    }
    buffer_add_text(&all, "PHC2,2022-04,1.1,\nPHC3,2022-04,1.1,\n");
    ti_must(ti_run_bytes(first.data, first.length, LONG));
    for (int dry = 1; dry >= 0; dry--) {
        options.dry_run = dry;
        ti_must(ti_run_bytes(all.data, all.length, options));
        ti_refused(2, 0, "PHC1", "report.emptied");
        assert_int_equal(ti.result.rows_refused, 1);
        assert_int_equal(ti.result.refusals, 1);
        assert_int_equal(ti.result.figures_emptied, 1); /* of PHC2, where another stays */
        assert_int_equal(ti_lines(LINE_FINDING, "repeat"), 1);
        ti_text("select period::text from import_line where kind = 'row' order by job_id desc"
                " limit 1",
                "202204");
        assert_int_equal(ti_value("select count(*) from report where filled = 0"), 0);
        assert_int_equal(ti_cell("PHC1", 202204, "1.1"), 30);
    }
    assert_int_equal(ti_value("select count(*) from report"), 3); /* none of nothing */
    options.atomic = true;
    ti_must(ti_run_bytes(all.data, all.length, options));
    assert_true(ti.result.rolled_back);
    buffer_free(&first);
    buffer_free(&all);
}

/* What stands as "no services this month" stays so, with its remark. */
static void an_empty_report_stays(void **state) {
    (void)state;
    struct import_options options = LONG;
    options.erase = true;
    ti_must(ti_run("facility_code,month,item,value\nPHC1,2022-04,1.1,31\n", LONG));
    test_sql(ti.conninfo,
             "update report set cells = array_fill(null::int4, array[cardinality(cells)]),"
             " packed = null, filled = 0, remarks = '{\"\": \"closed for repair\"}'");
    ti_must(ti_run("facility_code,month,item,value\nPHC1,2022-04,1.1,\n", options));
    assert_int_equal(ti.result.refusals, 0);
    assert_int_equal(ti.result.reports_unchanged, 1);
}

/* A sub-centre numbers BCG 6.1.2, the consolidated list 9.1.2. Stock items have components. */
static void long_by_consolidated_number(void **state) {
    (void)state;
    ti_must(ti_run("facility_code,month,ref_no,component,value\n"
                   "SC1,2022-04,9.1.2,,17\n"
                   "DHQ1,2022-04,17.1,2,250\n"
                   "DHQ1,2022-04,17.1/3,,3\n",
                   LONG));
    assert_int_equal(ti.result.refusals, 0);
    assert_int_equal(
        ti_value("select value from report_value where facility_code = 'SC1' and number = '6.1.2'"),
        17);
    assert_int_equal(ti_value("select sum(value) from report_value where facility_code = 'DHQ1'"),
                     253);
}

/* The name beside a number is exactly another item's; a day as a spreadsheet counts it. */
static void long_names_and_days(void **state) {
    (void)state;
    const char *other = "Number of Institutional Deliveries conducted (Including C-Sections)";
    char file[600];
    snprintf(file, sizeof file,
             "facility_code,month,item,item_name,value\n"
             "PHC2,44682,1.1,\"%s\",5\nPHC2,44682.0,1.1.1,anything,6\n",
             other);
    ti_must(ti_run(file, LONG));
    assert_int_equal(ti.result.rows_asked, 1);
    assert_int_equal(ti_cell("PHC2", 202205, "1.1"), -1);
    assert_int_equal(ti_cell("PHC2", 202205, "1.1.1"), 6);
}

static void long_refusals(void **state) {
    (void)state;
    ti_must(ti_run("facility_code,month,item,value\n"
                   "PHC1,2022-04,1.1,5\n"
                   "NOBODY,2022-04,1.1,5\n"
                   "PHC1,2022-13,1.1,5\n"
                   "PHC1,2098-01,1.1,5\n"
                   "PHC1,2022-04,77.7,5\n"
                   "PHC1,2022-04,2.2,many\n"
                   "PHC1,2022-04,1.1.1\n"
                   "PHC1,2022-04,1.1,5\n"
                   "PHC1,2022-04,1.1,6\n",
                   LONG));
    ti_refused(3, 1, "NOBODY", "import.facility_unknown");
    ti_refused(4, 2, "2022-13", "body.invalid");
    ti_refused(5, 2, "2098-01", "period.future");
    ti_refused(6, 3, "77.7", "item.unknown");
    ti_refused(7, 4, "many", "value.not_whole");
    ti_refused(8, 0, "", "import.shape");
    ti_refused(10, 4, "6", "import.duplicate");
    assert_int_equal(ti.result.rows_refused, 5);
    assert_int_equal(ti.result.figures_refused, 2);
    assert_int_equal(ti.result.figures_lost, 4);
    assert_int_equal(ti.result.figures_unchanged, 1);
    assert_int_equal(ti_cell("PHC1", 202204, "1.1"), 5);
}

/* A line bears the month that its own row names, whatever stood in the row before; none where that
 * is not certain. */
static void lines_bear_their_own_month(void **state) {
    (void)state;
    static const struct {
        int line;
        const char *month;
    } cases[] = { { 3, "" }, { 4, "" },       { 5, "202301" },  { 6, "202302" }, { 7, "" },
                  { 8, "" }, { 9, "202303" }, { 10, "202305" }, { 11, "" },      { 12, "202306" } };
    char sql[200];
    ti_must(ti_run("facility_code,month,item,ref_no,value\n"
                   "PHC1,2022-02,1.1,,8\n"
                   "PHC1,Febtober,1.1,,9\n"
                   "PHC1,2022-13,1.1,,9\n"
                   "NOBODY,2023-01,1.1,,9\n"
                   "PHC1,2023-02,77.7,,9\n"
                   "PHC1,,1.1,,9\n"
                   "NOBODY,11/12,1.1,,9\n"
                   "PHC1,2023-03,,99.9,9\n"
                   "PHC1,2023-05,1.1,,many\n"
                   "PHC1,11/12,1.1,,9\n"
                   "NOBODY,2023-06,1.1,,9\n",
                   LONG));
    for (size_t i = 0; i < COUNT(cases); i++) {
        snprintf(sql, sizeof sql,
                 "select coalesce(period::text, '') from import_line where line = %d and"
                 " kind in ('row', 'figure', 'asked')",
                 cases[i].line);
        ti_text(sql, cases[i].month);
    }
    ti_refused(6, 3, "77.7", "item.unknown");
    ti_refused(9, 4, "99.9", "item.unknown");
    ti_text("select item || ' ' || detail from import_line where line = 9 and kind = 'row'",
            "99.9 Form PHC has no item 99.9; the figure of this line is 9");
}

static void long_headers(void **state) {
    (void)state;
    static const char *const cases[] = {
        "facility_code,month,item\n",
        "facility_code,month,value\n",
        "facility_code,month,item,value,value\n",
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_false(ti_run(cases[i], LONG));
        assert_int_equal(ti.problem.code, ERR_FILE_FORMAT);
    }
}

/* More figures than are sorted at a time, the worst order for it: every report once all the same.
 */
static void long_of_many_rows(void **state) {
    (void)state;
    static const char *const codes[] = { "PHC1", "PHC2", "PHC3" };
    struct buffer csv = { 0 };
    buffer_add_text(&csv, "facility_code,month,item,value\n");
    int items = ti.phc->item_count < 250 ? ti.phc->item_count : 250, rows = 0;
    for (int i = 0; i < items; i++) {
        if (ti.phc->items[i].item->type != DATA_COUNT) continue;
        for (int month = 0; month < 108; month++)
            for (int f = 0; f < 3; f++, rows++)
                buffer_printf(&csv, "%s,%d-%02d,%s,%d\n", codes[f], 2017 + (month + 3) / 12,
                              (month + 3) % 12 + 1, ti.phc->items[i].key, i + f);
    }
    assert_true(rows > 70000);
    ti_must(ti_run_bytes(csv.data, csv.length, LONG));
    buffer_free(&csv);
    if (ti.result.refusals > 0) fail_msg("%s", ti_refused_csv());
    assert_int_equal(ti.result.figures_read, rows);
    assert_int_equal(ti.result.reports_new, 324);
    assert_int_equal(ti_value("select sum(filled) from report"), rows);
    assert_int_equal(ti_value("select max(version) from report"), 1);
    assert_int_equal(ti_cell("PHC3", 201907, ti.phc->items[9].key), 9 + 2);
}

/* A month that is not over is asked about, by both layouts, and refused where the state says so. */
static void the_running_month_is_asked_about(void **state) {
    (void)state;
    char month[8], text[200], key[40];
    period_format(month, calendar_month());
    snprintf(key, sizeof key, "running:%s", month);
    snprintf(text, sizeof text,
             "facility_code,month,item,value\nPHC1,%s,1.1,7\nPHC1,2022-04,1.1,8\n", month);
    ti_must(ti_run(text, LONG));
    ti_asked(key, 1, "store");
    assert_int_equal(ti_value("select count(*) from report"), 1);
    struct import_options options = LONG;
    char answer[60];
    snprintf(answer, sizeof answer, "%s=store", key);
    options.answers = answer;
    ti_must(ti_run(text, options));
    assert_int_equal(ti_cell("PHC1", calendar_month(), "1.1"), 7);
    options = EXTRACT;
    options.period = calendar_month();
    ti_must(ti_run(HEAD "PHC,PHC2,3,2,1\n", options));
    ti_asked(key, 3, "store");
    struct settings strict = { .today = "",
                               .due_month_day = 1,
                               .report_due_day = 5,
                               .far_months = 12,
                               .running_month = "refuse" };
    calendar_set(&strict);
    ti_must(ti_run(text, LONG));
    ti_refused(2, 2, month, "period.running");
    strict.running_month = "ask";
    calendar_set(&strict);
}

int main(void) {
    ti_begin("import_long");
    const struct CMUnitTest tests[] = {
        TI(long_is_stored),
        TI(no_report_is_emptied),
        TI(an_empty_report_stays),
        TI(long_by_consolidated_number),
        TI(long_refusals),
        TI(long_names_and_days),
        TI(lines_bear_their_own_month),
        TI(long_headers),
        TI(long_of_many_rows),
        TI(the_running_month_is_asked_about),
    };
    int failed = cmocka_run_group_tests_name("import_long", tests, NULL, NULL);
    ti_end();
    return failed;
}
