/* What an extract does to facilities. */
#include "test.h"
#include "test_import.h"
#include "test_pg.h"
#include "test_state.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void ministrys_extract(void **state) {
    (void)state;
    const char *path = HMIS_SOURCE_DIR "/tests/data/facilitywise_extract_chc_2020-06.csv";
    test_sql(ti.conninfo,
             "insert into area (id, level, lgd_code, name) values (50,'state',7,'Delhi'),"
             "(51,'district',77,'Central'),"
             "(52,'district',78,'East'),"
             "(53,'district',79,'New Delhi'),"
             "(54,'district',82,'North West'),"
             "(55,'district',670,'South East'),"
             "(56,'district',84,'South West'),"
             "(57,'district',83,'South'),"
             "(58,'district',85,'West');"
             "insert into area_parent (area_id, parent_id) values "
             "(50,1),(51,50),(52,50),(53,50),(54,50),(55,50),(56,50),(57,50),(58,50)");
    struct import_options options = { .format = IMPORT_EXTRACT, .period = 202006 };
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    ti_must(ti_run_fd(fd, options, &scope_system));
    assert_int_equal(ti.result.rows_read, 20);
    assert_int_equal(ti.result.rows_refused, 20);
    assert_int_equal(
        ti_value("select count(*) from import_line where code = 'import.facility_unknown'"), 20);
    options.create_facilities = true;
    ti_must(ti_run_fd(open(path, O_RDONLY), options, &scope_system));
    if (ti.result.refusals > 0) assert_non_null(strstr(ti_refused_csv(), "stays where it is"));
    assert_int_equal(ti.result.facilities_created, 20);
    assert_int_equal(ti.result.reports_new, 12);
    assert_int_equal(ti.result.rows_blank, 20 - 12);
    assert_int_equal(
        ti_value("select count(*) from facility where code = '900101' and beds = 25 and"
                 " ownership = 2 and locality = 2 and nin = '9000000001'"),
        1);
    assert_int_equal(
        ti_value(
            "select value from report_value where facility_code = '900101' and number = '1.1'"),
        45);
    assert_int_equal(ti_value("select value from report_value where facility_code = '900101' and"
                              " number = '16.1.2.h'"),
                     ADEQUATE);
    ti_must(ti_run_fd(open(path, O_RDONLY), options, &scope_system));
    assert_int_equal(ti.result.facilities_created, 0);
    assert_int_equal(ti.result.facilities_changed, 0);
    assert_int_equal(ti.result.reports_new, 0);
}

/* ---- Known facilities are brought up to date. ---------------------------------------------------
 */
static void master_row(struct buffer *csv, const char *code, const char *type, const char *district,
                       const char *block, const char *name, const char *beds, const char *status,
                       const char *figures) {
    buffer_printf(
        csv, "1,Test State(99),,%s,Other,,%s,,,,%s,%s,%s,24X7,%s,,Rural,Public,Physical,%s,%s\n",
        district, block, type, code, name, beds, status, figures);
}

static const char *answers; /* for the next file */

static void run_masters(struct buffer *csv, int period, bool create) {
    static const char head[] =
        "sno,state,zone,district,district_category,sub_district,block,health_block,sub_division,"
        "ulb,facility_type,facility_code,facility_name,category,bed_count,nin,rural_urban,"
        "ownership,"
        "physical_notional,status,1.1,1.1.1\n";
    struct buffer file = { 0 };
    buffer_add_text(&file, head);
    buffer_add(&file, csv->data, csv->length);
    ti_must(ti_run_bytes(file.data, file.length,
                         (struct import_options){ .format = IMPORT_EXTRACT,
                                                  .period = period,
                                                  .create_facilities = create,
                                                  .answers = answers }));
    buffer_free(&file);
    csv->length = 0;
}

#define EAST  "East(901)"
#define WEST  "West(902)"
#define FIRST "First(9011)"
#define THIRD "Third(9021)"

static void known_facilities_are_updated(void **state) {
    (void)state;
    static const char what[] = "select f.name || '/' || coalesce(f.beds::text, '') || '/' ||"
                               " f.facility_type || '/' || b.name from facility f"
                               " join area b on b.id = f.block_id where code = 'UP1'";
    struct buffer csv = { 0 };
    master_row(&csv, "UP1", "PHC", EAST, FIRST, "Old name", "6", "Open", "1,2");
    master_row(&csv, "UP2", "PHC", EAST, FIRST, "Stays", "6", "Open", "1,2");
    run_masters(&csv, 202204, true);
    assert_int_equal(ti.result.facilities_created, 2);
    assert_int_equal(ti.result.facilities_changed, 0);

    master_row(&csv, "UP1", "PHC", WEST, THIRD, "New name", "10", "Open", "1,2");
    master_row(&csv, "UP2", "PHC", EAST, FIRST, "Stays", "6", "Open", "1,2");
    run_masters(&csv, 202205, false); /* not asked for */
    assert_int_equal(ti.result.facilities_changed, 0);
    assert_int_equal(ti.result.rows_asked, 1); /* another district */
    ti_text(what, "Old name/6/2/First");

    master_row(&csv, "UP1", "PHC", WEST, THIRD, "New name", "10", "Open", "1,2");
    master_row(&csv, "UP2", "PHC", EAST, FIRST, "Stays", "6", "Open", "1,2");
    run_masters(&csv, 202206, true);
    assert_int_equal(ti.result.facilities_changed, 1);
    assert_int_equal(ti.result.facilities_created, 0);
    assert_int_equal(ti.result.reports_new, 2);
    assert_int_equal(ti.result.refusals, 0);
    ti_text(what, "New name/10/2/Third");
    ti_text("select string_agg(a.name, ',' order by r.period) from report r"
            " join facility f on f.id = r.facility_id join area a on a.id = r.district_id"
            " where f.code = 'UP1'",
            "East,West");

    master_row(&csv, "UP1", "PHC", EAST, FIRST, "Older name", "1", "Open", "1,2");
    run_masters(&csv, 202204, true); /* a file of the past: of April it is the last word */
    assert_int_equal(ti.result.facilities_changed, 1);
    ti_text(what, "New name/10/2/Third");

    master_row(&csv, "UP1", "CHC", WEST, "", "New name", "30", "Open", "3,4"); /* raised */
    run_masters(&csv, 202207, true);
    assert_int_equal(ti.result.refusals, 0);
    assert_int_equal(ti.result.facilities_changed, 1);
    assert_int_equal(ti.result.reports_new, 1);
    ti_text(what, "New name/30/3/Third");
    buffer_free(&csv);
}

static void a_district_without_a_block(void **state) {
    (void)state;
    struct buffer csv = { 0 };
    master_row(&csv, "UP3", "PHC", EAST, FIRST, "Mover", "6", "Open", "1,2");
    run_masters(&csv, 202204, true);
    master_row(&csv, "UP3", "PHC", WEST, "", "Mover", "6", "Open", "1,2");
    run_masters(&csv, 202205, true);
    assert_int_equal(ti.result.facilities_changed, 1);
    assert_int_equal(ti_value("select block_id from facility where code = 'UP3'"), TS_WEST_SELF);
    buffer_free(&csv);
}

static void closed_in_the_extract(void **state) {
    (void)state;
    static const char *const closed_on[] = {
        "select coalesce((select closed_on::text from facility where code = 'CL1'), 'open')",
        "select coalesce((select closed_on::text from facility where code = 'CL2'), 'open')",
    };
    static const struct {
        int period;
        const char *status, *figures;
        const char *want[2];
    } steps[] = {
        { 202204, "Open", "1,2", { "open", "open" } },
        /* CL1 has no figures in this month, CL2 has */
        { 202206, "Closed", ",", { "2022-06-01", "2022-07-01" } },
        { 202207, "Closed", ",", { "2022-06-01", "2022-08-01" } },
        /* files of the past, in any order, tell when */
        { 202205, "Closed", ",", { "2022-05-01", "2022-08-01" } },
        { 202205, "Open", "1,2", { "2022-06-01", "2022-08-01" } },
        { 202209, "Open", "1,2", { "open", "open" } },
        { 202206, "Closed", ",", { "open", "open" } },
    };
    struct buffer csv = { 0 };
    for (size_t i = 0; i < COUNT(steps); i++) {
        master_row(&csv, "CL1", "PHC", EAST, FIRST, "Closes", "6", steps[i].status,
                   steps[i].figures);
        master_row(&csv, "CL2", "PHC", EAST, FIRST, "Closes", "6", steps[i].status, "3,4");
        run_masters(&csv, steps[i].period, true);
        if (ti.result.refusals > 0) fail_msg("step %zu: %s", i, ti_refused_csv());
        for (int f = 0; f < 2; f++)
            ti_text(closed_on[f], steps[i].want[f]);
        if (text_equal(steps[i].figures, ",")) assert_int_equal(ti.result.rows_blank, 1);
    }
    assert_int_equal(
        ti_value("select count(*) from report r join facility f on f.id = r.facility_id"
                 " where f.code = 'CL2'"),
        5); /* what it reported counts, closed or not */
    buffer_free(&csv);
}

/* The figures count although something about the facility is wrong. */
static void wrong_masters_of_known_facilities(void **state) {
    (void)state;
    struct buffer csv = { 0 };
    master_row(&csv, "UP4", "PHC", EAST, FIRST, "Ponnur", "6", "Open", "1,2");
    run_masters(&csv, 202204, true);
    master_row(&csv, "UP4", "PHC", EAST, FIRST, "Ponnuru", "many", "Open", "1,2");
    run_masters(&csv, 202205, true);
    ti_refused(2, 15, "many", "value.not_whole");
    assert_int_equal(ti.result.rows_refused, 0);
    assert_int_equal(ti.result.reports_new, 1);
    master_row(&csv, "UP4", "PHC", "Nowhere(990)", "", "Ponnuru", "6", "Open", "1,2");
    run_masters(&csv, 202206, true);
    assert_int_equal(ti.result.rows_refused, 0);
    assert_int_equal(ti.result.refusals, 1);
    assert_int_equal(ti.result.reports_new, 1);
    assert_non_null(strstr(ti_refused_csv(), "stays where it is"));
    ti_text("select name from facility where code = 'UP4'", "Ponnuru");
    buffer_free(&csv);
}

/* A month has one report: a file that has the facility as another kind then is told, row by row. */
static void a_month_has_one_form(void **state) {
    (void)state;
    struct buffer csv = { 0 };
    master_row(&csv, "UP5", "PHC", EAST, FIRST, "Two kinds", "6", "Open", "1,2");
    run_masters(&csv, 202204, true);
    master_row(&csv, "UP5", "CHC", EAST, FIRST, "Two kinds", "6", "Open", "3,4");
    run_masters(&csv, 202204, true);
    assert_int_equal(ti.result.figures_stored, 0);
    assert_int_equal(ti.result.figures_lost, 2);
    assert_int_equal(ti_lines(LINE_ROW, "report.other_form"), 1);
    assert_int_equal(ti_figure("UP5", 202204, "1.1"), 1);
    assert_int_equal(ti.result.facilities_changed, 0); /* what is refused says nothing */
    ti_text("select facility_type::text from facility where code = 'UP5'", "2");
    buffer_free(&csv);
}

/* ---- What a row says of a month that has its report. -------------------------------------------
 */
#define ACT(act, call)                                                                             \
    "select " call " from facility where code = 'UP9';"                                            \
    "insert into facility_told (facility_id, act, first)"                                          \
    " select id, '" act "', '2022-04-01' from facility where code = 'UP9';"

static const char as_told[] =
    "select h.facility_type || '/' || h.ownership || '/' || h.locality || '/' || h.open || '/' || "
    "b.name"
    " from facility f cross join lateral hmis_facility_at(f.id, '2022-04-30') h"
    " join area b on b.id = h.block_id where f.code = 'UP9'";

/* Acts leave the report of a month as it was, and our own extract shows it so: sent again it undoes
 * none. */
static void a_row_that_repeats_its_report_is_no_news(void **state) {
    (void)state;
    static const char *const statuses[] = { "Open", "Closed" };
    struct buffer csv = { 0 };
    master_row(&csv, "UP9", "PHC", EAST, FIRST, "By acts", "6", "Open", "1,2");
    run_masters(&csv, 202204, true);
    test_sql(
        ti.conninfo,
        ACT("type", "facility_kind_act(id, '{\"facility_type\": 3}', '2022-04-01', null)") ACT(
            "ownership", "facility_kind_act(id, '{\"ownership\": 2}', '2022-04-01', null)")
            ACT("locality", "facility_kind_act(id, '{\"locality\": 2}', '2022-04-01', null)") ACT(
                "close",
                "facility_act_put('facility_status', id, '{\"open\": false}', '2022-04-01', null)")
                ACT("move", "facility_act_put('facility_place', id, jsonb_build_object('block_id',"
                            " (select id from area where level = 'block' and name = 'Third')),"
                            " '2022-04-01', null)"));
    ti_text(as_told, "3/2/2/false/Third");
    for (size_t i = 0; i < COUNT(statuses); i++) {
        master_row(&csv, "UP9", "PHC", EAST, FIRST, "By acts", "6", statuses[i], "1,2");
        run_masters(&csv, 202204, true);
        assert_int_equal(ti.result.facilities_changed, 0);
        assert_int_equal(ti.result.facilities_moved, 0);
        assert_int_equal(ti.result.figures_unchanged, 2);
        ti_text(as_told, "3/2/2/false/Third");
    }
    buffer_free(&csv);
}

/* A report that came before the file of its month keeps what was known then; the job says so. */
static void a_report_that_stays_is_told(void **state) {
    (void)state;
    struct buffer csv = { 0 };
    master_row(&csv, "UP10", "PHC", EAST, FIRST, "Known early", "6", "Open", "1,2");
    run_masters(&csv, 202201, true);
    ti_must(ti_run("facility_code,month,item,value\nUP10,2022-02,1.1,50\n",
                   (struct import_options){ .format = IMPORT_LONG }));
    master_row(&csv, "UP10", "PHC", WEST, THIRD, "Known early", "6", "Open", "50,");
    run_masters(&csv, 202202, true);
    assert_int_equal(ti.result.facilities_moved, 1);
    ti_text("select b.name from report r join facility f on f.id = r.facility_id"
            " join area b on b.id = r.block_id where f.code = 'UP10' and r.period = 202202",
            "First");
    ti_text("select count(*)::text from import_line where code = 'assumed' and facility = 'UP10'"
            " and detail like '%stays as it was sent: PHC, Public, Rural in First, East%'",
            "1");
    buffer_free(&csv);
}

static void run_long(const char *text) {
    ti_must(ti_run(text, (struct import_options){ .format = IMPORT_LONG }));
    assert_int_equal(ti.result.refusals, 0);
}

/* What the register learns of a month later does not make another form of its report. */
static void a_list_goes_into_the_form_that_stands(void **state) {
    (void)state;
    static const char form[] = "select string_agg(fo.code || r.version, ' ' order by r.period)"
                               " from report r join form fo on fo.id = r.form_id"
                               " join facility f on f.id = r.facility_id where f.code = '%s'"
                               " and r.period <= 202203";
    char sql[400];
    struct buffer csv = { 0 };
    master_row(&csv, "UP7", "CHC", EAST, FIRST, "Raised", "6", "Open", "1,2");
    run_masters(&csv, 202211, true);
    run_long("facility_code,month,item,value\nUP7,2022-03,1.1,77\n");
    master_row(&csv, "UP7", "PHC", EAST, FIRST, "Raised", "6", "Open", "1,2");
    run_masters(&csv, 202206, true);
    run_long("facility_code,month,item,value\nUP7,2022-03,1.1,99\nUP7,2022-02,1.1,5\n");
    snprintf(sql, sizeof sql, form, "UP7");
    ti_text(sql, "PHC1 CHC2");
    assert_int_equal(ti_figure("UP7", 202203, "1.1"), 99);
    master_row(&csv, "UP8", "PHC", EAST, FIRST, "By an act", "6", "Open", "1,2");
    run_masters(&csv, 202202, true);
    run_long("facility_code,month,item,value\nUP8,2022-03,1.1,7\n");
    test_sql(ti.conninfo, "select facility_kind_act(id, '{\"facility_type\": 3}',"
                          " '2022-03-01', null) from facility where code = 'UP8'");
    run_long("facility_code,month,item,value\nUP8,2022-03,1.1,8\nUP8,2022-04,1.1,9\n");
    snprintf(sql, sizeof sql, form, "UP8");
    ti_text(sql, "PHC1 PHC2");
    assert_int_equal(ti_figure("UP8", 202204, "1.1"), 9);
    buffer_free(&csv);
}

/* Another name under the code: it may be another facility's. */
static void a_contradiction_is_asked(void **state) {
    (void)state;
    struct buffer csv = { 0 };
    master_row(&csv, "UP6", "PHC", EAST, FIRST, "Ponnur", "6", "Open", "1,2");
    run_masters(&csv, 202204, true);
    master_row(&csv, "UP6", "PHC", WEST, THIRD, "Zirakpur", "6", "Open", "3,4");
    run_masters(&csv, 202205, true);
    ti_asked("facility:UP6", 2, "code");
    assert_int_equal(ti.result.rows_asked, 1);
    assert_int_equal(ti_figure("UP6", 202205, "1.1"), -1);
    answers = "facility:UP6=code";
    master_row(&csv, "UP6", "PHC", WEST, THIRD, "Zirakpur", "6", "Open", "3,4");
    run_masters(&csv, 202205, true);
    answers = NULL;
    assert_int_equal(ti.result.questions, 0);
    assert_int_equal(ti_figure("UP6", 202205, "1.1"), 3);
    ti_text("select name from facility where code = 'UP6'", "Ponnur");
    buffer_free(&csv);
}

/* Without create_facilities the register stays; what contradicts it is held all the same. */
static void a_row_is_held_against_the_register(void **state) {
    (void)state;
    static const struct {
        const char *name, *district, *block;
        int asked;
    } rows[] = { { "Tadikonda", EAST, FIRST, 0 },    { "Tadikonda ", "East", "", 0 },
                 { "Zirakpur", EAST, FIRST, 1 },     { "Tadikonda", WEST, THIRD, 1 },
                 { "Tadikonda", "West", "", 1 },     { "Tadikonda", "West(901)", FIRST, 1 },
                 { "Tadikonda", EAST, THIRD, 1 },    { "Tadikonda", EAST, "Zirakpur(9011)", 1 },
                 { "Tadikonda", EAST, "Nowhere", 0 } };
    struct buffer csv = { 0 };
    master_row(&csv, "UP11", "PHC", EAST, FIRST, "Tadikonda", "6", "Open", "1,2");
    run_masters(&csv, 202204, true);
    for (size_t i = 0; i < COUNT(rows); i++) {
        char figures[16];
        snprintf(figures, sizeof figures, "%zu,0", 10 + i);
        master_row(&csv, "UP11", "PHC", rows[i].district, rows[i].block, rows[i].name, "6", "Open",
                   figures);
        run_masters(&csv, 202204, false);
        if (ti.result.rows_asked != rows[i].asked) fail_msg("row %zu", i);
        assert_int_equal(ti.result.figures_stored > 0, !rows[i].asked);
    }
    buffer_free(&csv);
}

/* A name wholly other, alone: another facility, or a new name of this one. */
static void another_name_is_asked(void **state) {
    (void)state;
    struct buffer csv = { 0 };
    master_row(&csv, "UP8", "PHC", EAST, FIRST, "Kuderu", "6", "Open", "1,2");
    master_row(&csv, "UP9", "PHC", EAST, FIRST, "Kudere", "6", "Open", "1,2");
    run_masters(&csv, 202204, true);
    master_row(&csv, "UP8", "PHC", EAST, FIRST, "Kudere", "6", "Open", "3,4"); /* UP9's */
    run_masters(&csv, 202205, true);
    ti_asked("facility:UP8", 2, "code");
    master_row(&csv, "UP8", "PHC", EAST, FIRST, "Zirakpur", "6", "Open", "3,4");
    run_masters(&csv, 202205, true);
    ti_asked("facility:UP8", 2, "code");
    assert_int_equal(ti_figure("UP8", 202205, "1.1"), -1);
    answers = "facility:UP8=rename";
    master_row(&csv, "UP8", "PHC", EAST, FIRST, "Zirakpur", "6", "Open", "3,4");
    run_masters(&csv, 202205, true);
    answers = NULL;
    assert_int_equal(ti.result.questions, 0);
    assert_int_equal(ti_figure("UP8", 202205, "1.1"), 3);
    ti_text("select name from facility where code = 'UP8'", "Zirakpur");
    buffer_free(&csv);
}

int main(void) {
    ti_begin("import_facilities");
    const struct CMUnitTest tests[] = {
        TI(ministrys_extract),
        TI(known_facilities_are_updated),
        TI(a_district_without_a_block),
        TI(closed_in_the_extract),
        TI(wrong_masters_of_known_facilities),
        TI(a_month_has_one_form),
        TI(a_row_that_repeats_its_report_is_no_news),
        TI(a_report_that_stays_is_told),
        TI(a_list_goes_into_the_form_that_stands),
        TI(a_contradiction_is_asked),
        TI(a_row_is_held_against_the_register),
        TI(another_name_is_asked),
    };
    int failed = cmocka_run_group_tests_name("import_facilities", tests, NULL, NULL);
    ti_end();
    return failed;
}
