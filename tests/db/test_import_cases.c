/* Files as people have them (tests/data/cases), each from end to end: what must become of it stands
 * in the table. Most are one month of the same four facilities in another dress: whatever the
 * dress, the same figures must be stored. */
#include "test.h"
#include "test_daemon.h"
#include "test_import.h"
#include "test_pg.h"
#include "test_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CASES "tests/data/cases/"

static int set_up(void **state) {
    test_sql(ti.conninfo, "truncate report, report_version, rollup_queue, import_job, import_line,"
                          " facility cascade");
    return ti_set_up(state);
}

static struct import_options month(int period) {
    return (struct import_options){ .format = IMPORT_EXTRACT,
                                    .period = period,
                                    .create_facilities = true };
}

static void load(const char *file, struct import_options options) {
    char path[200];
    snprintf(path, sizeof path, CASES "%s", file);
    options.file_name = file;
    if (!ti_run_path(path, options)) fail_msg("%s: %s", file, ti.problem.detail);
}

/* ---- The same month in other dresses.
 * --------------------------------------------------------------------------------- */
#define FIGURES                                                                                    \
    "select md5(string_agg(facility_code || ' ' || number || ' ' || value, ',' order by "          \
    "facility_code, number)) from report_value"

static void dresses(void **state) {
    (void)state;
    static const struct {
        const char *file, *note;
    } cases[] = {
        { "07_tab.csv", NULL },
        { "03_quoted_newline.csv", NULL },
        { "04_windows1252.csv", "WINDOWS-1252" },
        { "05_utf16le_bom.csv", NULL },
        { "06_semicolon.csv", NULL },
        { "55_sep_line.csv", NULL },
        { "22_gz.csv.gz", NULL },
        { "23_html_xls.xls", NULL },
        { "57_trailing_comma_header.csv", NULL },
        { "20e_commas_tail.csv", NULL },
        { "58_spaces_in_header.csv", NULL },
        { "25_title_rows.csv", "line 4" },
    };
    char first[40] = "", have[40];
    for (size_t i = 0; i < COUNT(cases); i++) {
        test_sql(ti.conninfo, "truncate report, report_version, facility cascade");
        load(cases[i].file, month(202006));
        if (ti.result.figures_stored != 571 || ti.result.facilities_created != 4 ||
            ti.result.rows_read != 4 || ti.result.refusals > 0 || ti.result.questions > 0)
            fail_msg("%s: %lld figures of %lld rows\n%s", cases[i].file,
                     (long long)ti.result.figures_stored, (long long)ti.result.rows_read,
                     ti_refused_csv());
        test_sql_value(ti.conninfo, FIGURES, have, sizeof have);
        if (i == 0) memcpy(first, have, sizeof first);
        if (strcmp(first, have) != 0) fail_msg("%s: other figures", cases[i].file);
        if (cases[i].note != NULL) ti_noted(cases[i].note);
        load(cases[i].file, month(202006)); /* and again: nothing new */
        assert_int_equal(ti.result.figures_unchanged, 571);
    }
    load("03_quoted_newline.csv", month(202006));
    assert_int_equal(
        ti_value("select count(*) from facility where name like '%' || chr(10) || '%'"), 0);
}

/* All or nothing is not stopped by rows of commas. */
static void an_empty_row_is_no_row(void **state) {
    (void)state;
    struct import_options options = month(202006);
    options.atomic = true;
    load("20e_commas_tail.csv", options);
    assert_false(ti.result.rolled_back);
    assert_int_equal(ti_value("select count(*) from report"), 4);
}

static void another_report_is_named(void **state) {
    (void)state;
    assert_false(ti_run_path(CASES "09_hmis_itemwise_report.xls", month(202204)));
    assert_int_equal(ti.problem.code, ERR_FILE_FORMAT);
    assert_non_null(strstr(ti.problem.detail, "item-wise report"));
    assert_int_equal(ti_value("select count(*) from report"), 0);
    assert_false(ti_run_path(CASES "10_offline_workbook.xlsx", month(202311)));
    assert_non_null(strstr(ti.problem.detail, "other layout"));
}

/* ---- Figures.
 * --------------------------------------------------------------------------------------------- */
static void numbers(void **state) {
    (void)state;
    struct import_options options = month(202006);
    load("08_numbers.csv", options);
    assert_int_equal(ti.result.figures_stored, 570);
    assert_int_equal(ti.result.figures_asked, 1);
    ti_asked("number:1e3", 1, "1000");
    assert_int_equal(ti_lines(LINE_ASKED, "value.ask"), 1);
    options.answers = "number:1e3=1000";
    load("08_numbers.csv", options);
    assert_int_equal(ti.result.questions, 0);
    assert_int_equal(ti.result.figures_stored, 1);
    assert_int_equal(ti.result.figures_unchanged, 570);
    assert_int_equal(ti_value("select count(*) from report_value where value = 1000"), 1);
    options.answers = "number:1e3=omit";
    load("08_numbers.csv", options);
    assert_int_equal(ti.result.figures_refused, 1);
    options.answers = "number:1e3=77"; /* no reading of it */
    load("08_numbers.csv", options);
    assert_int_equal(ti.result.figures_asked, 1);
    load("09_numbers2.csv", month(202006));
    assert_int_equal(ti.result.figures_refused, 4);
    ti_refused(2, 82, "NA", "value.not_whole");
    ti_refused(2, 120, "99999999999", "value.too_large");
}

/* ---- Long files through spreadsheets.
 * ------------------------------------------------------------------------------------- */
static void make_phc(void) {
    ti_must(
        ti_run("facility_type,facility_code,facility_name,state,district,rural_urban,ownership,1.1"
               "\nPHC,900080,Saved By Excel,Delhi(7),Central(77),Rural,Public,1\n",
               month(201704)));
    assert_int_equal(ti.result.facilities_created, 1);
}

static void saved_by_excel(void **state) {
    (void)state;
    struct import_options options = LONG;
    make_phc();
    load("13_long_saved_by_excel_en-IN.csv", options);
    assert_int_equal(ti.result.rows_read, 2);
    assert_int_equal(ti_cell("900080", 202311, "1.1"), 137);
    ti_asked("item:10.1", 1, "10.10");
    ti_asked("item:10.1", 1, "10.1");
    assert_int_equal(ti_cell("900080", 202311, "10.1"), -1);
    options.answers = "item:10.1=10.10";
    load("13_long_saved_by_excel_en-IN.csv", options);
    assert_int_equal(ti.result.questions, 0);
    assert_int_equal(ti_cell("900080", 202311, "10.1"), -1);
    assert_int_equal(ti_cell("900080", 202311, "10.10"), 1);
}

/* The item is certain where the file's names or other numbers settle it. */
static void settled_items(void **state) {
    (void)state;
    const char *longer = form_find(ti.phc, "10.10")->item->name;
    const char *plain = form_find(ti.phc, "10.1")->item->name;
    struct buffer csv = { 0 };
    make_phc();
    ti_must(ti_run("facility_code,month,item,value\n900080,2023-11,10.1,4\n900080,2023-11,8.10,6\n",
                   LONG));
    assert_int_equal(ti.result.questions, 0);
    assert_int_equal(ti_cell("900080", 202311, "10.1"), 4);
    buffer_printf(&csv,
                  "facility_code,month,item,item_name,value\n900080,2023-11,10.1,\"%s\",7\n"
                  "900080,2023-11,10.1,\"%s\",8\n900080,2023-11,10.1,,9\n",
                  longer, plain);
    ti_must(ti_run_bytes(csv.data, csv.length, LONG));
    assert_int_equal(ti_cell("900080", 202311, "10.10"), 7);
    assert_int_equal(ti_cell("900080", 202311, "10.1"), 8);
    ti_asked("item:10.1", 1, "10.10");
    buffer_free(&csv);
}

/* In a header the place among its neighbours settles it. */
static void settled_columns(void **state) {
    (void)state;
    make_phc();
    ti_must(
        ti_run("facility_type,facility_code,10.1,10.2,10.9,10.1,10.11\nPHC,900080,1,2,9,10,11\n",
               month(202311)));
    assert_int_equal(ti.result.questions, 0);
    assert_int_equal(ti_cell("900080", 202311, "10.1"), 1);
    assert_int_equal(ti_cell("900080", 202311, "10.10"), 10);
    ti_must(ti_run("facility_type,facility_code,1.1,10.1\nPHC,900080,1,2\n", month(202312)));
    ti_asked("item:10.1", 1, "10.10");
    assert_int_equal(ti_cell("900080", 202312, "1.1"), 1);
}

static void workbook(void **state) {
    (void)state;
    make_phc();
    load("10_offline_workbook.xlsx", LONG);
    assert_int_equal(ti.result.questions + ti.result.refusals, 0);
    assert_int_equal(ti_cell("900080", 202311, "1.1"), 137);
    assert_int_equal(ti_cell("900080", 202311, "10.10"), 1);
}

static void months(void **state) {
    (void)state;
    struct import_options options = LONG;
    make_phc();
    ti_must(
        ti_run("Facility Code,Period,Item No.,Figure\n"
               "900080,Apr-22,1.1,1\n900080,01-05-2022,1.1,2\n900080,2022-06-01 00:00:00,1.1,3\n"
               "900080,07/2022,1.1,4\n900080,August 2022,1.1,5\n900080,202209,1.1,6\n"
               "900080,11/12,1.1,7\n900080,05-04-2023,1.1,8\n900080,soon,1.1,9\n"
               "900080,2099-01,1.1,10\n",
               options));
    for (int i = 0; i < 6; i++)
        assert_int_equal(ti_cell("900080", 202204 + i, "1.1"), i + 1);
    ti_asked("month:11/12", 1, "2012-11");
    ti_asked("month:11/12", 1, "2011-12");
    ti_asked("month:05-04-2023", 1, "2023-04");
    ti_refused(10, 2, "soon", "body.invalid");
    ti_refused(11, 2, "2099-01", "period.future");
    options.answers = "month:11/12=2018-12\nmonth:05-04-2023=2023-04"; /* the first is no reading */
    ti_must(ti_run("Facility Code,Period,Item No.,Figure\n"
                   "900080,05-04-2023,1.1,8\n900080,11/12,1.1,7\n",
                   options));
    assert_int_equal(ti_cell("900080", 202304, "1.1"), 8);
    assert_int_equal(ti.result.figures_asked, 1);
}

/* ---- The header against the rows.
 * --------------------------------------------------------------------------------------- */
static void header_against_row(void **state) {
    (void)state;
    struct import_options options = month(202006);
    load("40_chc_file_row_typed_phc.csv", options);
    assert_int_equal(ti.result.reports_new, 1);
    assert_int_equal(ti.result.rows_asked, 1);
    ti_asked("row_form:PHC", ti.result.figures_asked, "row");
    ti_asked("row_form:PHC", ti.result.figures_asked, "header");
    assert_int_equal(ti_value("select count(*) from facility where code = '991002'"), 0);
    int64_t figures = ti.result.figures_asked;
    options.answers = "row_form:PHC=header";
    load("40_chc_file_row_typed_phc.csv", options);
    assert_int_equal(ti.result.questions, 0);
    assert_int_equal(ti.result.figures_stored, figures);
    ti_text("select facility_type::text from facility where code = '991002'", "3");
    test_sql(ti.conninfo, "truncate report, facility cascade");
    options.answers = "row_form:991002=row"; /* of this facility alone */
    load("40_chc_file_row_typed_phc.csv", options);
    assert_int_equal(ti.result.questions, 0);
    ti_text("select facility_type::text from facility where code = '991002'", "2");
}

/* The month that a title or the name of the file names is held against the one chosen. */
static void another_month_is_named(void **state) {
    (void)state;
    struct import_options options = month(202305);
    static const char titled[] = "Facility wise data - Apr 2023 - as on 01 Jun 2024\n"
                                 "facility_type,facility_code,1.1\nPHC,900080,5\n";
    make_phc();
    ti_must(ti_run(titled, options));
    assert_int_equal(ti.result.figures_asked, 1);
    ti_asked("file_month:2023-04", 1, "2023-04");
    ti_asked("file_month:2023-04", 1, "2023-05");
    options.answers = "file_month:2023-04=2023-04";
    ti_must(ti_run(titled, options));
    assert_int_equal(ti_cell("900080", 202304, "1.1"), 5);
    assert_int_equal(ti_cell("900080", 202305, "1.1"), -1);
    ti_text("select period::text from import_job order by id desc limit 1", "202304");
    options.answers = "file_month:2023-04=2023-05";
    ti_must(ti_run(titled, options));
    assert_int_equal(ti_cell("900080", 202305, "1.1"), 5);
    options.answers = NULL;
    options.file_name = "phc_2023-07.csv";
    ti_must(ti_run("facility_type,facility_code,1.1\nPHC,900080,6\n", options));
    ti_asked("file_month:2023-07", 1, "2023-07");
    options.file_name = "phc downloaded 2023-07-15.csv"; /* a day is not a month */
    ti_must(ti_run("facility_type,facility_code,1.1\nPHC,900080,6\n", options));
    assert_int_equal(ti.result.questions, 0);
    options.period = 209901;
    assert_false(ti_run(titled + 50, options));
}

static void swapped_dates(void **state) {
    (void)state;
    struct import_options options = month(202311);
    const char *key = NULL;
    for (int i = 0; key == NULL && i < ti.phc->item_count; i++)
        if (ti.phc->items[i].item->type == DATA_DATE) key = ti.phc->items[i].key;
    assert_non_null(key);
    make_phc();
    struct buffer file = { 0 };
    buffer_printf(&file,
                  "facility_code,month,item,value\n900080,2023-10,%s,26/05/2020\n"
                  "900080,2023-11,%s,2020-02-06 00:00:00\n900080,2023-12,%s,2020-05-05 00:00:00\n",
                  key, key, key);
    options = LONG;
    ti_must(ti_run_bytes(file.data, file.length, options));
    ti_asked("dates", 1, "dmy");
    assert_int_equal(ti_cell("900080", 202310, key), 20200526);
    assert_int_equal(ti_cell("900080", 202311, key), -1);
    assert_int_equal(ti_cell("900080", 202312, key), 20200505); /* the same either way */
    options.answers = "dates=dmy";
    ti_must(ti_run_bytes(file.data, file.length, options));
    assert_int_equal(ti_cell("900080", 202311, key), 20200602);
    options.answers = "dates=mdy";
    ti_must(ti_run_bytes(file.data, file.length, options));
    assert_int_equal(ti_cell("900080", 202311, key), 20200206);
    buffer_free(&file);
}

static const char *date_item(void) {
    for (int i = 0; i < ti.phc->item_count; i++)
        if (ti.phc->items[i].item->type == DATA_DATE) return ti.phc->items[i].key;
    fail_msg("the form has no date");
    return NULL;
}

/* Two dates of one file, the first of which makes the second doubtful, however either is written:
 * digits, blanks and separators are understood as those of the values. */
static void swapped_dates_in_any_writing(void **state) {
    (void)state;
    static const struct {
        const char *evidence, *doubtful;
        int asked; /* of the two */
    } cases[] = {
        { "25/01/2022", "2022-01-05 00:00:00", 1 },
        { "२५/०१/२०२२", "2022-01-05 00:00:00", 1 },
        { "２５／０１／２０２２", "2022-01-05 00:00:00", 1 },
        { "25\u00a001\u00a02022", "2022-01-05 00:00:00", 1 },
        { "25−01−2022", "2022/01/05 00:00:00", 1 },
        { "25/01/2022 00:00", "२०२२-०१-०५ ००:००:००", 1 },
        { "01/25/2022", "1/5/2022", 2 },
        { "01/25/2022", "१/५/२०२२", 2 },
        { "01/25/2022", "１／５／２０２２", 2 },
        { "०१.२५.२०२२", "1/5/2022", 2 },
        { "'01/25/2022", "1\u202f5\u202f2022", 2 },
        { "25/01/2022", "१/५/२०२२", 0 },
    };
    struct import_options options = LONG;
    make_phc();
    for (size_t i = 0; i < COUNT(cases); i++) {
        char file[400];
        snprintf(file, sizeof file,
                 "facility_code,month,item,value\n900080,2022-10,%s,%s\n900080,2022-11,%s,%s\n",
                 date_item(), cases[i].evidence, date_item(), cases[i].doubtful);
        test_sql(ti.conninfo, "truncate report, report_version");
        options.answers = NULL;
        ti_must(ti_run(file, options));
        if (ti.result.figures_asked != cases[i].asked || ti.result.refusals > 0)
            fail_msg("%s beside %s: %lld asked about\n%s", cases[i].doubtful, cases[i].evidence,
                     (long long)ti.result.figures_asked, ti_refused_csv());
        if (cases[i].asked == 0) continue;
        ti_asked("dates", cases[i].asked, "dmy");
        options.answers = "dates=dmy";
        ti_must(ti_run(file, options));
        assert_int_equal(ti_cell("900080", 202211, date_item()), 20220501);
        options.answers = "dates=mdy";
        ti_must(ti_run(file, options));
        assert_int_equal(ti_cell("900080", 202211, date_item()), 20220105);
        assert_int_equal(ti_cell("900080", 202210, date_item()), 20220125);
    }
}

/* The question shows a date that there is both ways, whichever cell comes first; where the file has
 * none, each date is asked about for itself. */
static void choices_are_dates(void **state) {
    (void)state;
    char file[400];
    make_phc();
    snprintf(file, sizeof file,
             "facility_code,month,item,value\n900080,2022-10,%s,01/25/2022\n"
             "900080,2022-11,%s,1/5/2022\n",
             date_item(), date_item());
    ti_must(ti_run(file, LONG));
    ti_text("select string_agg(c->>'name', ' ' order by c->>'value') || ' ' || (q->>'example')"
            " from import_job j, jsonb_array_elements(j.questions) q,"
            " jsonb_array_elements(q->'choices') c"
            " where j.id = (select max(id) from import_job) group by q",
            "01/05/2022 05/01/2022 1/5/2022");
    ti_text("select detail from import_line where kind = 'asked' and value = '01/25/2022'",
            "'01/25/2022' is a date month first alone: are the dates of this file written so?");
    snprintf(file, sizeof file,
             "facility_code,month,item,value\n900080,2022-10,%s,01/25/2022\n"
             "900080,2022-11,%s,1/32/2022\n900080,2022-12,%s,00/05/2022\n",
             date_item(), date_item(), date_item());
    ti_must(ti_run(file, LONG));
    ti_asked("date:01/25/2022", 1, "25/01/2022");
    assert_int_equal(ti.result.questions, 1);
    assert_int_equal(ti.result.figures_refused, 2);
}

/* ---- Facilities.
 * ------------------------------------------------------------------------------------------- */
static void names_and_nin(void **state) {
    (void)state;
    load("16_names_nin.csv", month(202006));
    assert_int_equal(ti.result.figures_stored, 571);
    assert_int_equal(ti.result.rows_refused, 0);
    assert_true(ti.result.facilities_refused >= 2);
    assert_int_equal(ti_value("select count(*) from facility where nin is not null and"
                              " nin !~ '^[0-9]{10}$'"),
                     0);
    ti_refused(3, 16, "123456789", "facility.nin");
}

#define FACILITY_HEAD                                                                              \
    "sno,state,zone,district,district_category,sub_district,block,health_block,sub_division,ulb,"  \
    "facility_type,facility_code,facility_name,category,bed_count,nin,rural_urban,ownership,"      \
    "physical_notional,status,1.1\n"

static void a_file_of_a_month_before_its_district(void **state) {
    (void)state;
    load("60_backfill_new_district.csv", month(202110));
    assert_int_equal(ti.result.figures_stored, 221);
    assert_int_equal(ti.result.facilities_created, 1);
    assert_true(ti_lines(LINE_FACILITY, "assumed") > 0);
}

/* A district that was made of several, and no block: which one is the question. */
static void a_district_of_several_asks_for_the_block(void **state) {
    (void)state;
    static const struct {
        const char *district, *block, *code, *among; /* NULL: it is made */
    } cases[] = {
        { "Alluri Sitharama Raju(745)", "", "import.area_several",
          "East Godavari or Visakhapatnam" },
        { "Bapatla(750)", "", "import.area_several", "Guntur or Prakasam" },
        { "Annamayya(753)", "", "import.area_several", " or " },
        { "Annamayya(753)", "Pileru(4784)", NULL, NULL },
        { "Kakinada(746)", "", NULL, NULL },
        { "Nowhere(9999)", "", "import.area_unknown", "no such area" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char file[900];
        snprintf(file, sizeof file,
                 FACILITY_HEAD "1,Andhra Pradesh(28),,%s,,,%s,,,,"
                               "Primary Health Centre,99200%zu,Somewhere,,4,,Rural,Public,"
                               "Physical,Open,7\n",
                 cases[i].district, cases[i].block, i);
        ti_must(ti_run(file, month(202110)));
        assert_int_equal(ti.result.facilities_created, cases[i].code == NULL);
        if (cases[i].code == NULL) continue;
        ti_refused(2, 4, cases[i].district, cases[i].code);
        assert_non_null(strstr(ti_refused_csv(), cases[i].among));
        ti_text("select period::text from import_line where kind = 'row' order by job_id desc"
                " limit 1",
                "202110");
    }
}

/* Kinds change in May; corrections of the months before leave kind and place as they were. */
static void corrections_of_the_past(void **state) {
    (void)state;
    static const char *const files[] = { "agg_PHC_2022-02.csv", "agg_PHC_2022-03.csv",
                                         "agg_PHC_2022-04.csv", "agg_CHC_2022-05.csv",
                                         "agg_PHC_2022-05.csv" };
    static const int periods[] = { 202202, 202203, 202204, 202205, 202205 };
    for (size_t i = 0; i < COUNT(files); i++)
        load(files[i], month(periods[i]));
    load("agg_long_corr_type.csv", LONG);
    assert_int_equal(ti.result.refusals, 0);
    assert_int_equal(ti.result.figures_replaced, 3);
    ti_text("select string_agg(r.form_id || ' ' || r.facility_type || ' ' || cells[1], ',') from "
            "report r"
            " join facility f on f.id = r.facility_id where code = '992005' and period = 202202",
            "2 2 5022");
    load("agg_long_corr_own.csv", LONG);
    ti_text(
        "select string_agg(r.ownership || ' ' || r.locality || ' ' || cells[1], ',') from report r"
        " join facility f on f.id = r.facility_id where code = '992006' and period = 202202",
        "1 1 6022");
}

static void begin(void) {
    ti.conninfo = test_database("import_cases");
    const char *geography[] = { "geography", "load", HMIS_SOURCE_DIR "/data/geography", NULL };
    const char *dictionary[] = { "dictionary", "load", HMIS_SOURCE_DIR "/data/dictionary/HMIS-2017",
                                 NULL };
    test_hmis_done(ti.conninfo, geography);
    test_hmis_done(ti.conninfo, dictionary);
    ti.pool = test_pool(ti.conninfo, 4);
    ti.dictionaries = test_state_dictionaries(ti.pool);
    ti.phc = test_state_form(ti.dictionaries, "PHC");
}

int main(void) {
    begin();
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, ti_tear_down)
    const struct CMUnitTest tests[] = {
        T(dresses),
        T(an_empty_row_is_no_row),
        T(another_report_is_named),
        T(numbers),
        T(saved_by_excel),
        T(settled_items),
        T(settled_columns),
        T(workbook),
        T(months),
        T(header_against_row),
        T(another_month_is_named),
        T(swapped_dates),
        T(swapped_dates_in_any_writing),
        T(choices_are_dates),
        T(names_and_nin),
        T(a_file_of_a_month_before_its_district),
        T(a_district_of_several_asks_for_the_block),
        T(corrections_of_the_past),
    };
    int failed = cmocka_run_group_tests_name("import_cases", tests, NULL, NULL);
    ti_end();
    return failed;
}
