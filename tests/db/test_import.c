/* Jobs: dry run, all or nothing, stopped, memory, scope. */
#include "test_import.h"
#include "test.h"
#include "test_pg.h"
#include "test_state.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hmis/report.h"

/* What is freed is to be free: memory_does_not_grow looks. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) {
    return "quarantine_size_mb=1:thread_local_quarantine_size_kb=64";
}

/* ---- Dry run, atomic, killed.
 * ------------------------------------------------------------------------------- */
static void dry_run_changes_nothing(void **state) {
    (void)state;
    struct import_options options = EXTRACT;
    options.dry_run = true;
    ti_must(ti_run(HEAD "PHC,PHC1,31,x,\nPHC,PHC2,7,7,7\n", options));
    assert_int_equal(ti.result.reports_new, 2);
    assert_int_equal(ti.result.refusals, 1);
    ti_refused(2, 4, "x", "value.not_whole");
    assert_int_equal(ti_value("select count(*) from report"), 0);
    assert_int_equal(ti_value("select count(*) from rollup_queue"), 0);
    assert_int_equal(ti_value("select count(*) from import_job where dry_run and status = 'done'"),
                     1);
}

static void atomic_keeps_all_or_none(void **state) {
    (void)state;
    struct import_options options = EXTRACT;
    options.atomic = true;
    ti_must(ti_run(HEAD "PHC,PHC1,31,x,\nPHC,PHC2,7,7,y\nPHC,NEW,1,1,1\n", options));
    assert_true(ti.result.rolled_back);
    assert_int_equal(ti.result.refusals, 3);
    ti_refused(2, 4, "x", "value.not_whole");
    ti_refused(3, 5, "y", "value.not_whole");
    ti_refused(4, 0, "NEW", "facility.closed");
    assert_int_equal(ti_value("select count(*) from report"), 0);
    assert_int_equal(ti_value("select count(*) from rollup_queue"), 0);
    ti_must(ti_run(HEAD "PHC,PHC1,31,1,\nPHC,PHC2,7,7,5\n", options));
    assert_false(ti.result.rolled_back);
    assert_int_equal(ti_value("select count(*) from report"), 2);
    options.format = IMPORT_LONG;
    options.period = 0;
    ti_must(ti_run("facility_code,month,item,value\nPHC1,2022-05,1.1,5\nPHC1,2022-05,1.1,6\n",
                   options));
    assert_true(ti.result.rolled_back);
    assert_int_equal(ti_value("select count(*) from report"), 2);
}

/* A question holds everything back; with its answer all is stored, and its lists with it. */
static void atomic_waits_for_answers(void **state) {
    (void)state;
    struct import_options options = EXTRACT;
    options.atomic = true;
    ti_must(ti_run(HEAD "PHC,PHC1,31,1e3,\nPHC,PHC2,7,7,7\n", options));
    assert_true(ti.result.rolled_back);
    ti_asked("number:1e3", 1, "1000");
    assert_int_equal(ti_value("select count(*) from report"), 0);
    options.answers = "number:1e3=1000";
    ti_must(ti_run(HEAD "PHC,PHC1,31,1e3,\nPHC,PHC2,7,7,7\n", options));
    assert_false(ti.result.rolled_back);
    assert_int_equal(ti_cell("PHC1", 202204, "1.1.1"), 1000);
    assert_int_equal(ti_lines(LINE_REPORT, "new"), 2);
}

/* Ten thousand lines are kept of a list; the counts go on. */
static void lists_end_and_counts_go_on(void **state) {
    (void)state;
    struct buffer csv = { 0 };
    buffer_add_text(&csv, "facility_code,month,item,value\n");
    for (int i = 0; i < 12000; i++)
        buffer_printf(&csv, "PHC1,2022-04,1.1,x%d\nNOBODY%d,2022-04,1.1,3\n", i, i);
    ti_must(ti_run_bytes(csv.data, csv.length, LONG));
    buffer_free(&csv);
    assert_int_equal(ti.result.figures_refused, 12000);
    assert_int_equal(ti.result.figures_lost, 12000);
    assert_int_equal(ti_lines(LINE_FIGURE, "%"), IMPORT_LINES_MOST);
    assert_int_equal(ti_lines(LINE_ROW, "%"), IMPORT_LINES_MOST);
}

static void atomic_of_an_unreadable_file(void **state) {
    (void)state;
    struct import_options options = EXTRACT;
    options.atomic = true;
    assert_false(ti_run("facility_type,facility_code,1.1,1.1\n", options));
    assert_int_equal(ti.problem.code, ERR_FILE_FORMAT);
}

static void make_facilities(int count) {
    char sql[700];
    snprintf(sql, sizeof sql,
             "insert into facility (id, code, name, facility_type, ownership, locality, state_id,"
             " district_id, block_id) select 10000 + i, 'M' || i, 'x', 2, 1, 1, 2, 3, 5 from"
             " generate_series(1, %d) i on conflict do nothing",
             count);
    test_sql(ti.conninfo, sql);
}

static void add_rows(struct buffer *csv, int from, int to) {
    for (int i = from; i <= to; i++)
        buffer_printf(csv, "PHC,M%d,%d,0,1\n", i, i);
}

/* Stopped in the middle: whole batches are there, and the file can be sent again. */
static void on_batch(const struct import_result *now, void *arg) {
    if (now->reports_new >= 2 * REPORT_BATCH) atomic_store((_Atomic bool *)arg, true);
}

static void stopped_import_leaves_whole_batches(void **state) {
    (void)state;
    make_facilities(3000);
    struct buffer csv = { 0 };
    buffer_add_text(&csv, HEAD);
    add_rows(&csv, 1, 3000);
    _Atomic bool stop = false;
    struct import_options options = EXTRACT;
    options.stop = &stop;
    options.file_name = "test.csv";
    const struct dictionary_set *set = dictionary_hold(ti.dictionaries);
    int fd = ti_file(csv.data, csv.length);
    ti_must(import_job_new(ti.db, &scope_system, &options, "running", &ti.job, &ti.problem));
    ti.problem = (struct problem){ 0 };
    assert_false(import_run(ti.job, &options, fd, ti.db, set, &scope_system, on_batch, &stop,
                            &ti.result, &ti.problem));
    close(fd);
    dictionary_release(ti.dictionaries, set);
    assert_int_equal(ti.problem.code, ERR_STOPPING);
    assert_int_equal(ti_value("select count(*) from report"), 2 * REPORT_BATCH);
    ti_must(ti_run_bytes(csv.data, csv.length, EXTRACT));
    assert_int_equal(ti.result.reports_unchanged, 2 * REPORT_BATCH);
    assert_int_equal(ti.result.reports_new, 3000 - 2 * REPORT_BATCH);
    buffer_free(&csv);
}

/* ---- Memory.
 * -------------------------------------------------------------------------------------------------
 */
static long resident_kib(void) {
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%*d %ld", &pages), 1);
    fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static long peak_kib;
static void watch_memory(const struct import_result *now, void *arg) {
    (void)now;
    (void)arg;
    long kib = resident_kib();
    peak_kib = kib > peak_kib ? kib : peak_kib;
}

/* The same figures again and again: nothing is refused, three reports are made. */
static long peak_of(int rows, struct import_options options) {
    char path[] = "/tmp/hmis-test-import-XXXXXX";
    int fd = mkstemp(path);
    unlink(path);
    FILE *file = fdopen(dup(fd), "w");
    fputs("facility_code,month,item,value\n", file);
    for (int i = 0; i < rows; i++)
        fprintf(file, "PHC%d,2022-04,1.1,5\n", i % 3 + 1);
    fclose(file);
    lseek(fd, 0, SEEK_SET);
    const struct dictionary_set *set = dictionary_hold(ti.dictionaries);
    options.file_name = "test.csv";
    ti_must(import_job_new(ti.db, &scope_system, &options, "running", &ti.job, &ti.problem));
    peak_kib = 0;
    ti_must(import_run(ti.job, &options, fd, ti.db, set, &scope_system, watch_memory, NULL,
                       &ti.result, &ti.problem));
    dictionary_release(ti.dictionaries, set);
    close(fd);
    return peak_kib;
}

static void memory_does_not_grow(void **state) {
    (void)state;
    peak_of(150000, LONG); /* warm */
    long some = peak_of(150000, LONG), many = peak_of(1000000, LONG);
    assert_int_equal(ti.result.rows_read, 1000000);
    assert_int_equal(ti.result.refusals, 0);
    if (many > some + 4096) fail_msg("%ld KiB for 150,000 rows, %ld KiB for a million", some, many);
}

/* ---- Facilities.
 * ------------------------------------------------------------------------------------------------
 */
static void scope_decides(void **state) {
    (void)state;
    const struct scope west = { .level = SCOPE_DISTRICT, .area_id = TS_WEST, .user_id = 7 };
    static const char text[] = HEAD "PHC,PHC1,31,0,\nPHC,PHC3,7,7,7\n";
    ti_must(ti_run_fd(ti_file(text, strlen(text)), EXTRACT, &west));
    ti_refused(2, 2, "PHC1", "import.facility_unknown");
    assert_int_equal(ti.result.reports_new, 1);
    assert_int_equal(ti_cell("PHC1", 202204, "1.1"), -1);
    struct buffer csv = { 0 };
    struct problem p = { 0 };
    const struct scope other = { .level = SCOPE_DISTRICT, .area_id = TS_EAST, .user_id = 8 };
    assert_true(import_lines_csv(ti.db, &other, ti.job, LINE__MAX, NULL, NULL, &csv, &p));
    buffer_add_char(&csv, '\0');
    assert_null(strstr(csv.data, "PHC1")); /* another's ti.job is not there for him */
    buffer_free(&csv);
}

int main(void) {
    ti_begin("import");
    const struct CMUnitTest tests[] = {
        TI(dry_run_changes_nothing),      TI(atomic_keeps_all_or_none),
        TI(atomic_waits_for_answers),     TI(lists_end_and_counts_go_on),
        TI(atomic_of_an_unreadable_file), TI(stopped_import_leaves_whole_batches),
        TI(memory_does_not_grow),         TI(scope_decides),
    };
    int failed = cmocka_run_group_tests_name("import", tests, NULL, NULL);
    ti_end();
    return failed;
}
