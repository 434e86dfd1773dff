/* The facility-wise extract: figures, rows, headers. */
#include "test.h"
#include "test_import.h"
#include "test_pg.h"
#include "test_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- Extract.
 * -------------------------------------------------------------------------------------------- */
static void extract_is_stored(void **state) {
    (void)state;
    ti_must(ti_run(HEAD "PHC,PHC1,31,0,\nPHC,PHC2,7,7,7\n", EXTRACT));
    assert_int_equal(ti.result.rows_read, 2);
    assert_int_equal(ti.result.reports_new, 2);
    assert_int_equal(ti.result.figures_read, 5);
    assert_int_equal(ti.result.refusals, 0);
    assert_int_equal(ti_cell("PHC1", 202204, "1.1"), 31);
    assert_int_equal(ti_cell("PHC1", 202204, "1.1.1"), 0);
    assert_int_equal(ti_cell("PHC1", 202204, "2.2"), -1);
    assert_int_equal(ti_value("select count(*) from rollup_queue"), 2);
    assert_int_equal(
        ti_value("select count(*) from report where source = 2 and outcomes is not null"), 2);
    assert_int_equal(
        ti_value("select count(*) from import_job where status = 'done' and reports_new = 2 and"
                 " rows_read = 2 and finished_at is not null"),
        1);
}

static void extract_again_changes_nothing(void **state) {
    (void)state;
    struct import_options erase = EXTRACT;
    erase.erase = true;
    ti_must(ti_run(HEAD "PHC,PHC1,31,0,\n", EXTRACT));
    assert_int_equal(ti.result.figures_stored, 2);
    ti_must(ti_run(HEAD "PHC,PHC1,31,0,\n", EXTRACT));
    assert_int_equal(ti.result.reports_unchanged, 1);
    assert_int_equal(ti.result.figures_unchanged, 2);
    assert_int_equal(ti.result.figures_stored, 0);
    assert_int_equal(ti_value("select count(*) from report_version"), 0);
    ti_must(ti_run("facility_type,facility_code,2.2\nPHC,PHC1,9\n", EXTRACT));
    assert_int_equal(ti_cell("PHC1", 202204, "1.1"), 31); /* other items stay */
    assert_int_equal(ti_cell("PHC1", 202204, "2.2"), 9);
    ti_must(ti_run(HEAD "PHC,PHC1,32,,\n", erase));
    assert_int_equal(ti.result.figures_replaced, 1);
    assert_int_equal(ti.result.figures_emptied, 2);
    assert_int_equal(ti_cell("PHC1", 202204, "1.1"), 32);
    assert_int_equal(ti_cell("PHC1", 202204, "1.1.1"), -1);
    assert_int_equal(ti_value("select count(*) from report_version"), 2);
}

/* An empty cell makes nothing blank unless that was asked for; either way it is listed. */
static void empty_cells(void **state) {
    (void)state;
    struct import_options options = EXTRACT;
    ti_must(ti_run(HEAD "PHC,PHC1,31,7,8\nPHC,PHC2,1,2,3\n", EXTRACT));
    for (int dry = 1; dry >= 0; dry--) {
        options.dry_run = dry;
        ti_must(ti_run(HEAD "PHC,PHC1,32,,8\nPHC,PHC2,,,\n", options));
        assert_int_equal(ti.result.figures_kept, 1);
        assert_int_equal(ti.result.figures_emptied, 0);
        assert_int_equal(ti_lines(LINE_EMPTY, "kept"), 1);
        assert_int_equal(ti_lines(LINE_REPLACED, "replaced"), 1);
        assert_int_equal(ti_cell("PHC1", 202204, "1.1.1"), 7);
    }
    options.erase = true;
    for (int dry = 1; dry >= 0; dry--) {
        options.dry_run = dry;
        ti_must(ti_run(HEAD "PHC,PHC1,32,,8\nPHC,PHC2,,,\n", options));
        assert_int_equal(ti.result.figures_kept, 0);
        assert_int_equal(ti.result.figures_emptied, 1);
        assert_int_equal(ti.result.figures_unchanged, 2);
        assert_int_equal(ti_lines(LINE_EMPTY, "emptied"), 1);
        assert_int_equal(ti_cell("PHC1", 202204, "1.1.1"), dry ? 7 : -1);
        ti_refused(3, 0, "PHC2", "report.emptied"); /* nothing would be left in it */
        assert_int_equal(ti_cell("PHC2", 202204, "1.1"), 1);
    }
    ti_text("select value || ' ' || detail || ' ' || item from import_line where kind = 'empty'"
            " order by job_id desc limit 1",
            "7 7 stood there 1.1.1");
    assert_int_equal(ti_cell("PHC2", 202204, "1.1"),
                     1); /* a row without a figure changes nothing */
}

static void wrong_cells_alone_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *text, *code;
    } cases[] = {
        { "-1", "value.negative" },
        { "1.5", "value.not_whole" },
        { "x", "value.not_whole" },
        { "99999999999", "value.too_large" },
        { "0x10", "value.not_whole" },
        { "NaN", "value.not_whole" },
        { "9223372036854775808", "value.too_large" },
    };
    ti_must(ti_run(HEAD "PHC,PHC1,5,6,7\n", EXTRACT));
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[200];
        snprintf(text, sizeof text, HEAD "PHC,PHC1,%zu,%s,8\nPHC,PHC2,1,%s,2\n", i, cases[i].text,
                 cases[i].text);
        ti_must(ti_run(text, EXTRACT));
        if (ti.result.figures_refused != 2) fail_msg("not refused: %s", cases[i].text);
        assert_int_equal(ti.result.rows_refused, 0);
        ti_refused(2, 4, cases[i].text, cases[i].code);
        ti_refused(3, 4, cases[i].text, cases[i].code);
        assert_int_equal(ti_cell("PHC1", 202204, "1.1"), (int64_t)i);
        assert_int_equal(ti_cell("PHC1", 202204, "1.1.1"), 6);  /* stays */
        assert_int_equal(ti_cell("PHC2", 202204, "1.1.1"), -1); /* a new report: blank */
        assert_int_equal(ti_cell("PHC2", 202204, "2.2"), 2);
    }
}

static void wrong_rows_are_refused(void **state) {
    (void)state;
    ti_must(ti_run(HEAD "PHC,NOBODY,1,1,1\n"
                        "Palace,PHC1,1,1,1\n"
                        "CHC,PHC3,1,1,\n"
                        "PHC,PHC1,1,1\n"
                        "PHC,SHUT,3,1,1\n"
                        "PHC,NEW,4,1,1\n"
                        "PHC,PHC2,5,1,1\n"
                        "PHC,PHC2,5,1,1\n"
                        "PHC,PHC2,6,1,1\n"
                        "PHC,PHC3,,,\n",
                   EXTRACT));
    ti_refused(2, 2, "NOBODY", "import.facility_unknown");
    ti_refused(3, 1, "Palace", "form.not_reported");
    ti_asked("row_form:CHC", 2, "header"); /* 2.2 is an item of the PHC form alone */
    ti_refused(5, 0, "", "import.shape");
    ti_refused(7, 0, "NEW", "facility.closed");
    ti_refused(10, 2, "PHC2", "import.duplicate");
    assert_int_equal(ti.result.rows_refused, 4);
    assert_int_equal(ti.result.rows_asked, 1);
    assert_int_equal(ti.result.rows_blank, 1);
    assert_int_equal(ti.result.figures_lost, 3 + 2 + 3 + 3);
    assert_int_equal(ti_cell("PHC1", 202204, "1.1"), 1); /* the register knows what it is */
    assert_int_equal(ti.result.reports_new, 3);
    assert_int_equal(ti_cell("PHC2", 202204, "1.1"), 5);
    assert_int_equal(ti_value("select count(*) from report"), 3);
}

static void unknown_item_columns(void **state) {
    (void)state;
    ti_must(ti_run("facility_type,facility_code,1.1,88.8,Remarks,\n"
                   "PHC,PHC1,3,4,good,x\nPHC,PHC2,3,,,\n",
                   EXTRACT));
    assert_int_equal(ti.result.figures_refused, 1);
    ti_refused(2, 4, "4", "item.unknown");
    ti_noted("88.8");
    ti_noted("Remarks");
    ti_noted("Column 6 has no name");
    assert_int_equal(ti.result.reports_new, 2);
}

/* Heads that begin with a letter are items where a form knows them, however they are dressed. */
static void heads_with_letters(void **state) {
    (void)state;
    ti_must(ti_run("facility_type,facility_code,1.1,F16.1.2.a,f16.1.2.B,"
                   "F16.1.2.c IFA syrup with dispenser,'F16.1.2.d,F16.1.2.e.,F16.9.9,F16.1.1\n"
                   "Sub Centre,SC1,3,Adequate,Inadequate,Adequate,Inadequate,Perhaps,7,"
                   "05/04/2022\nSub Centre,SC1,3,Adequate,Inadequate,Adequate,Inadequate,"
                   "Perhaps,,05/04/2022\n",
                   EXTRACT));
    assert_int_equal(ti.result.figures_stored, 6);
    assert_int_equal(ti.result.figures_unchanged, 6);
    assert_int_equal(ti.result.figures_refused, 2);
    ti_refused(2, 8, "Perhaps", "value.not_code");
    ti_noted("'F16.9.9', is no column of the layout: what stands in it in 1 rows, first in line 2");
    ti_text("select concat_ws(' ', r.cells[291], r.cells[292], r.cells[293], r.cells[294],"
            " r.cells[295]) from report r",
            "20220405 1 2 1 2");
    /* Of another form they are no less items: refused, cell by cell. */
    ti_must(
        ti_run("facility_type,facility_code,1.3.2,1.4.4,1.5.1,F16.1.2.a\nPHC,PHC1,3,4,5,Adequate\n",
               EXTRACT));
    ti_refused(2, 6, "Adequate", "item.unknown");
    ti_must(ti_run("facility_code,month,item,value,more,\nSC1,2022-05,f16.1.2.B,Adequate,x,y\n"
                   "SC1,2022-05,1.1,4,,\n",
                   LONG));
    assert_int_equal(ti.result.figures_stored, 2);
    ti_noted("Column 5, 'more', is no column of the layout: what stands in it in 1 rows");
    ti_noted("Column 6 has no name");
}

/* Words of the file are cut at whole characters, wherever the cut falls. */
static void long_names_of_columns(void **state) {
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct buffer csv = { 0 };
        buffer_printf(&csv, "facility_type,facility_code,1.1,%.*s", i, "ab");
        for (int j = 0; j < 40; j++)
            buffer_add_text(&csv, "क");
        buffer_printf(&csv, ",88.8 %.*s", i, "ab");
        for (int j = 0; j < 40; j++)
            buffer_add_text(&csv, "क");
        buffer_add_text(&csv, "\nPHC,PHC1,3,8,9\n");
        ti_must(ti_run_bytes(csv.data, csv.length, EXTRACT));
        ti_noted("is no column of the layout: what stands in it in 1 rows");
        buffer_free(&csv);
    }
}

/* More columns than notes are kept: how many more there are is said. */
static void many_columns_left_out(void **state) {
    (void)state;
    struct buffer csv = { 0 };
    buffer_add_text(&csv, "facility_type,facility_code,1.1");
    for (int i = 0; i < 70; i++)
        buffer_printf(&csv, ",c%d", i);
    buffer_add_text(&csv, "\nPHC,PHC1,3");
    for (int i = 0; i < 70; i++)
        buffer_add_text(&csv, ",8");
    buffer_add_text(&csv, "\n");
    ti_must(ti_run_bytes(csv.data, csv.length, EXTRACT));
    assert_int_equal(ti_value("select count(*) from import_job, jsonb_array_elements(notes) n"
                              " where n->>'text' like 'And 6 more %'"),
                     1);
    buffer_free(&csv);
}

static void wrong_headers(void **state) {
    (void)state;
    static const char *const cases[] = {
        "",
        "\n\n",
        "facility_code,1.1\nPHC1,3\n",
        "facility_type,1.1\nPHC,3\n",
        "facility_type,facility_code,facility_code\n",
        "facility_type,facility_code,1.1,1.1\n",
        "PK\3\4\n",
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_false(ti_run(cases[i], EXTRACT));
        assert_int_equal(ti.problem.code, ERR_FILE_FORMAT);
        assert_true(strlen(ti.problem.detail) > 0);
    }
    assert_int_equal(ti_value("select count(*) from report"), 0);
    assert_int_equal(
        ti_value("select count(*) from import_job where status = 'failed' and message <> ''"),
        COUNT(cases));
}

static void spellings_are_taken(void **state) {
    (void)state;
    ti_must(ti_run("\xEF\xBB\xBF\"Facility Type\",\"Facility Code\",Category,1.1,1.1.1\r\n"
                   "\"Primary Health Centre\",PHC1,\"24X7,Delivery\nPoint\",\"12\",' 3\r\n"
                   "\r\n"
                   "PHC,PHC2,\"'=1+1\",x,4\r\n",
                   EXTRACT));
    assert_int_equal(ti_cell("PHC1", 202204, "1.1"), 12);
    assert_int_equal(ti_cell("PHC2", 202204, "1.1.1"), 4);
    ti_refused(2, 5, "' 3", "value.not_whole"); /* no guard: nothing a spreadsheet would run */
    ti_refused(5, 4, "x", "value.not_whole");   /* lines within quotes and empty ones count */
}

static void injection_comes_back_inert(void **state) {
    (void)state;
    ti_must(ti_run(HEAD "PHC,PHC1,=1+1,@SUM(A1),'-5\n", EXTRACT));
    ti_refused(2, 3, "=1+1", "value.not_whole");
    ti_refused(2, 5, "-5", "value.negative"); /* the guard is taken off */
    const char *csv = ti_refused_csv();
    assert_non_null(strstr(csv, "'=1+1"));
    assert_non_null(strstr(csv, "'@SUM(A1)"));
    assert_non_null(strstr(csv, "'-5"));
    assert_null(strstr(csv, ",=1+1"));
}

static void bytes_that_are_no_text(void **state) {
    (void)state;
    static const char csv[] = HEAD "PHC,PHC1,12,\xFF\xFE,3\nPHC,\xC3\x28,1,1,1\nPHC,PHC2,4,5,6\n";
    ti_must(ti_run_bytes(csv, sizeof csv - 1, EXTRACT));
    assert_int_equal(ti.result.figures_refused, 1);
    assert_int_equal(ti.result.rows_refused, 1);
    assert_int_equal(ti_cell("PHC1", 202204, "2.2"), 3);
    assert_int_equal(ti_cell("PHC2", 202204, "1.1"), 4);
}

static void long_cells_and_lines(void **state) {
    (void)state;
    struct buffer csv = { 0 };
    buffer_add_text(&csv, HEAD "PHC,PHC1,");
    for (int i = 0; i < 30000; i++)
        buffer_add_char(&csv, '7');
    buffer_add_text(&csv, ",1,1\nPHC,PHC2,4");
    for (int i = 0; i < 100000; i++)
        buffer_add_text(&csv, ",5");
    buffer_add_text(&csv, "\nPHC,PHC3,6,6,6\n");
    ti_must(ti_run_bytes(csv.data, csv.length, EXTRACT));
    assert_int_equal(ti_value("select count(*) from import_line where code = 'import.too_long'"),
                     1);
    assert_int_equal(ti_value("select max(length(value)) from import_line"), 100);
    assert_int_equal(ti_value("select count(*) from import_line where code = 'import.shape'"), 1);
    assert_int_equal(ti_cell("PHC3", 202204, "1.1"), 6);
    assert_int_equal(ti_cell("PHC1", 202204, "1.1.1"), 1);
    csv.length = 0;
    buffer_add_text(&csv, HEAD "PHC,PHC1,8,8,8\nPHC,PHC2,\"");
    for (int i = 0; i < 50000; i++)
        buffer_add_text(&csv, "1,2\n");
    assert_false(ti_run_bytes(csv.data, csv.length, EXTRACT));
    assert_int_equal(ti.problem.code, ERR_FILE_FORMAT);
    assert_non_null(strstr(ti.problem.detail, "3"));
    assert_int_equal(ti_cell("PHC1", 202204, "1.1.1"), 1); /* nothing of it was stored */
    buffer_free(&csv);
}

int main(void) {
    ti_begin("import_extract");
    const struct CMUnitTest tests[] = {
        TI(extract_is_stored),
        TI(extract_again_changes_nothing),
        TI(empty_cells),
        TI(wrong_cells_alone_are_refused),
        TI(wrong_rows_are_refused),
        TI(unknown_item_columns),
        TI(heads_with_letters),
        TI(long_names_of_columns),
        TI(many_columns_left_out),
        TI(wrong_headers),
        TI(spellings_are_taken),
        TI(injection_comes_back_inert),
        TI(bytes_that_are_no_text),
        TI(long_cells_and_lines),
    };
    int failed = cmocka_run_group_tests_name("import_extract", tests, NULL, NULL);
    ti_end();
    return failed;
}
