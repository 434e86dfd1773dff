#include "hmis/import.h"

#include "test.h"
#include "test_pg.h"
#include "test_state.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "hmis/report.h"

/* What is freed is to be free: memory_does_not_grow looks. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) {
    return "quarantine_size_mb=1:thread_local_quarantine_size_kb=64";
}

static const char *conninfo;
static struct db_pool *pool;
static struct dictionary_store *dictionaries;
static const struct form *phc;
static struct db *db;
static struct arena *arena;
static struct import_result result;
static struct problem problem;
static int64_t job;

static int set_up(void **state) {
    (void)state;
    struct problem p = { 0 };
    test_sql(conninfo, "truncate report, report_version, rollup_queue, import_job, import_refusal");
    arena = arena_new();
    db = db_take(pool, &p);
    return db != NULL ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    db_give(db);
    arena_free(arena);
    return 0;
}

/* ---- Running an import of some text.
 * ------------------------------------------------------------------ */
static int file_of(const void *data, size_t length) {
    char path[] = "/tmp/hmis-test-import-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    unlink(path);
    assert_int_equal(write(fd, data, length), (ssize_t)length);
    lseek(fd, 0, SEEK_SET);
    return fd;
}

static bool run_fd(int fd, struct import_options options, const struct scope *scope) {
    const struct dictionary_set *set = dictionary_hold(dictionaries);
    problem = (struct problem){ 0 };
    options.file_name = "test.csv";
    options.account_id = scope->user_id;
    bool ok = import_job_new(db, scope, &options, "running", &job, &problem) &&
              import_run(job, &options, fd, db, set, scope, NULL, NULL, &result, &problem);
    dictionary_release(dictionaries, set);
    close(fd);
    return ok;
}

static bool run_bytes(const void *data, size_t length, struct import_options options) {
    return run_fd(file_of(data, length), options, &scope_system);
}

static bool run(const char *text, struct import_options options) {
    return run_bytes(text, strlen(text), options);
}

#define EXTRACT ((struct import_options){ .format = IMPORT_EXTRACT, .period = 202204 })
#define LONG    ((struct import_options){ .format = IMPORT_LONG })

static void must(bool ok) {
    if (!ok) fail_msg("%s", problem.detail);
}

static int64_t value(const char *sql) {
    return test_sql_int(conninfo, sql);
}

/* The stored figure of an item, -1 for blank or no report. */
static int64_t cell(const char *facility, int period, const char *key) {
    char sql[300];
    const struct form_item *item = form_find(phc, key);
    snprintf(
        sql, sizeof sql,
        "select coalesce((select r.cells[%d] from report r join facility f on f.id = r.facility_id"
        " where f.code = '%s' and r.period = %d), -1)",
        item->item->slot + 1, facility, period);
    return value(sql);
}

/* One refusal must stand there: line, column, value and code. */
static void assert_refused(int64_t line, int column, const char *text, const char *code) {
    char sql[600];
    snprintf(sql, sizeof sql,
             "select count(*) from import_refusal where job_id = %lld and line = %lld and"
             " coalesce(column_number, 0) = %d and coalesce(value, '') = $t$%s$t$ and code = '%s'",
             (long long)job, (long long)line, column, text, code);
    if (value(sql) != 1)
        fail_msg("not refused: line %lld, column %d, '%s', %s", (long long)line, column, text,
                 code);
}

static const char *bytes_csv(void) {
    static struct buffer csv;
    struct problem p = { 0 };
    buffer_free(&csv);
    csv = (struct buffer){ 0 };
    assert_true(import_refused_csv(db, &scope_system, job, &csv, &p));
    buffer_add_char(&csv, '\0');
    return csv.data;
}

/* ---- Extract.
 * -------------------------------------------------------------------------------------------- */
#define HEAD "facility_type,facility_code,1.1,1.1.1,2.2\n"

static void extract_is_stored(void **state) {
    (void)state;
    must(run(HEAD "PHC,PHC1,31,0,\nPHC,PHC2,7,7,7\n", EXTRACT));
    assert_int_equal(result.rows_read, 2);
    assert_int_equal(result.reports_new, 2);
    assert_int_equal(result.cells_read, 5);
    assert_int_equal(result.refusals, 0);
    assert_int_equal(cell("PHC1", 202204, "1.1"), 31);
    assert_int_equal(cell("PHC1", 202204, "1.1.1"), 0);
    assert_int_equal(cell("PHC1", 202204, "2.2"), -1);
    assert_int_equal(value("select count(*) from rollup_queue"), 2);
    assert_int_equal(value("select count(*) from report where source = 2 and outcomes is not null"),
                     2);
    assert_int_equal(
        value("select count(*) from import_job where status = 'done' and reports_new = 2 and"
              " rows_read = 2 and finished_at is not null"),
        1);
}

static void extract_again_changes_nothing(void **state) {
    (void)state;
    must(run(HEAD "PHC,PHC1,31,0,\n", EXTRACT));
    must(run(HEAD "PHC,PHC1,31,0,\n", EXTRACT));
    assert_int_equal(result.reports_unchanged, 1);
    assert_int_equal(value("select count(*) from report_version"), 0);
    must(
        run(HEAD "PHC,PHC1,32,,\n", EXTRACT)); /* a blank cell of a column that is there is blank */
    assert_int_equal(result.reports_changed, 1);
    assert_int_equal(cell("PHC1", 202204, "1.1"), 32);
    assert_int_equal(cell("PHC1", 202204, "1.1.1"), -1);
    assert_int_equal(value("select count(*) from report_version"), 1);
    must(run("facility_type,facility_code,2.2\nPHC,PHC1,9\n", EXTRACT)); /* other items stay */
    assert_int_equal(cell("PHC1", 202204, "1.1"), 32);
    assert_int_equal(cell("PHC1", 202204, "2.2"), 9);
}

static void wrong_cells_alone_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *text, *code;
    } cases[] = {
        { "-1", "value.negative" },           { "1.5", "value.not_whole" },
        { "1e3", "value.not_whole" },         { "x", "value.not_whole" },
        { "99999999999", "value.too_large" }, { "0x10", "value.not_whole" },
        { "NaN", "value.not_whole" },         { "9223372036854775808", "value.too_large" },
        { "1 000", "value.not_whole" },
    };
    must(run(HEAD "PHC,PHC1,5,6,7\n", EXTRACT));
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[200];
        snprintf(text, sizeof text, HEAD "PHC,PHC1,%zu,%s,8\nPHC,PHC2,1,%s,2\n", i, cases[i].text,
                 cases[i].text);
        must(run(text, EXTRACT));
        assert_int_equal(result.cells_refused, 2);
        assert_int_equal(result.rows_refused, 0);
        assert_refused(2, 4, cases[i].text, cases[i].code);
        assert_refused(3, 4, cases[i].text, cases[i].code);
        assert_int_equal(cell("PHC1", 202204, "1.1"), (int64_t)i);
        assert_int_equal(cell("PHC1", 202204, "1.1.1"), 6);  /* stays */
        assert_int_equal(cell("PHC2", 202204, "1.1.1"), -1); /* a new report: blank */
        assert_int_equal(cell("PHC2", 202204, "2.2"), 2);
    }
}

static void wrong_rows_are_refused(void **state) {
    (void)state;
    must(run(HEAD "PHC,NOBODY,1,1,1\n"
                  "Palace,PHC1,1,1,1\n"
                  "CHC,PHC1,1,1,1\n"
                  "PHC,PHC1,1,1\n"
                  "PHC,SHUT,3,1,1\n"
                  "PHC,NEW,4,1,1\n"
                  "PHC,PHC2,5,1,1\n"
                  "PHC,PHC2,5,1,1\n"
                  "PHC,PHC2,6,1,1\n"
                  "PHC,PHC3,,,\n",
             EXTRACT));
    assert_refused(2, 2, "NOBODY", "import.facility_unknown");
    assert_refused(3, 1, "Palace", "form.not_reported");
    assert_refused(4, 1, "CHC", "form.not_reported");
    assert_refused(5, 0, "", "import.shape");
    assert_refused(7, 0, "NEW", "facility.closed");
    assert_refused(10, 2, "PHC2", "import.duplicate");
    assert_int_equal(result.rows_refused, 6);
    assert_int_equal(result.rows_blank, 1);
    assert_int_equal(result.reports_new, 2);
    assert_int_equal(cell("PHC2", 202204, "1.1"), 5);
    assert_int_equal(value("select count(*) from report"), 2);
}

static void unknown_item_column_is_told_once(void **state) {
    (void)state;
    must(run("facility_type,facility_code,1.1,88.8\nPHC,PHC1,3,4\nPHC,PHC2,3,4\n", EXTRACT));
    assert_int_equal(result.refusals, 1);
    assert_refused(1, 4, "", "item.unknown");
    assert_int_equal(result.reports_new, 2);
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
        "facility_type,facility_code,,1.1\n",
        "PK\3\4\n",
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_false(run(cases[i], EXTRACT));
        assert_int_equal(problem.code, ERR_FILE_FORMAT);
        assert_true(strlen(problem.detail) > 0);
    }
    assert_int_equal(value("select count(*) from report"), 0);
    assert_int_equal(
        value("select count(*) from import_job where status = 'failed' and message <> ''"),
        COUNT(cases));
}

static void spellings_are_taken(void **state) {
    (void)state;
    must(run("\xEF\xBB\xBF\"Facility Type\",\"Facility Code\",Category,1.1,1.1.1\r\n"
             "\"Primary Health Centre\",PHC1,\"24X7,Delivery\nPoint\",\"12\",' 3\r\n"
             "\r\n"
             "PHC,PHC2,\"'=1+1\",x,4\r\n",
             EXTRACT));
    assert_int_equal(cell("PHC1", 202204, "1.1"), 12);
    assert_int_equal(cell("PHC2", 202204, "1.1.1"), 4);
    assert_refused(2, 5, "' 3", "value.not_whole"); /* no guard: nothing a spreadsheet would run */
    assert_refused(5, 4, "x", "value.not_whole");   /* lines within quotes and empty ones count */
}

static void injection_comes_back_inert(void **state) {
    (void)state;
    must(run(HEAD "PHC,PHC1,=1+1,@SUM(A1),'-5\n", EXTRACT));
    assert_refused(2, 3, "=1+1", "value.not_whole");
    assert_refused(2, 5, "-5", "value.negative"); /* the guard is taken off */
    const char *csv = bytes_csv();
    assert_non_null(strstr(csv, "'=1+1"));
    assert_non_null(strstr(csv, "'@SUM(A1)"));
    assert_non_null(strstr(csv, "'-5"));
    assert_null(strstr(csv, ",=1+1"));
}

static void bytes_that_are_no_text(void **state) {
    (void)state;
    static const char csv[] =
        HEAD "PHC,PHC1,1\0002,\xFF\xFE,3\nPHC,\xC3\x28,1,1,1\nPHC,PHC2,4,5,6\n";
    must(run_bytes(csv, sizeof csv - 1, EXTRACT));
    assert_int_equal(result.cells_refused, 2);
    assert_int_equal(result.rows_refused, 1);
    assert_int_equal(value("select count(*) from import_refusal where code = 'import.not_utf8'"),
                     2);
    assert_int_equal(cell("PHC1", 202204, "2.2"), 3);
    assert_int_equal(cell("PHC2", 202204, "1.1"), 4);
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
    must(run_bytes(csv.data, csv.length, EXTRACT));
    assert_int_equal(value("select count(*) from import_refusal where code = 'import.too_long'"),
                     1);
    assert_int_equal(value("select max(length(value)) from import_refusal"), 100);
    assert_int_equal(value("select count(*) from import_refusal where code = 'import.shape'"), 1);
    assert_int_equal(cell("PHC3", 202204, "1.1"), 6);
    assert_int_equal(cell("PHC1", 202204, "1.1.1"), 1);
    csv.length = 0;
    buffer_add_text(&csv, HEAD "PHC,PHC1,8,8,8\nPHC,PHC2,\"");
    for (int i = 0; i < 50000; i++)
        buffer_add_text(&csv, "1,2\n");
    assert_false(run_bytes(csv.data, csv.length, EXTRACT));
    assert_int_equal(problem.code, ERR_FILE_FORMAT);
    assert_non_null(strstr(problem.detail, "Line 3"));
    assert_int_equal(cell("PHC1", 202204, "1.1"), 8); /* what stood before it is kept */
    buffer_free(&csv);
}

/* ---- Long.
 * ------------------------------------------------------------------------------------------------
 */
static void long_is_stored(void **state) {
    (void)state;
    must(run("value,item,month,facility_code\n"
             "31,1.1,2022-04,PHC1\n"
             "9,1.1,2022-05,PHC1\n"
             "4,2.2,2022-04,PHC2\n"
             "0,1.1.1,2022-04,PHC1\n",
             LONG));
    assert_int_equal(result.rows_read, 4);
    assert_int_equal(result.reports_new, 3);
    assert_int_equal(cell("PHC1", 202204, "1.1"), 31);
    assert_int_equal(cell("PHC1", 202204, "1.1.1"), 0);
    assert_int_equal(cell("PHC1", 202205, "1.1"), 9);
    assert_int_equal(cell("PHC2", 202204, "2.2"), 4);
    must(run("facility_code,month,item,value\nPHC1,2022-04,2.2,5\nPHC1,2022-04,1.1.1,\n", LONG));
    assert_int_equal(result.reports_changed, 1);
    assert_int_equal(cell("PHC1", 202204, "1.1"), 31);
    assert_int_equal(cell("PHC1", 202204, "2.2"), 5);
    assert_int_equal(cell("PHC1", 202204, "1.1.1"), -1);
}

/* A sub-centre numbers BCG 6.1.2, the consolidated list 9.1.2. Stock items have components. */
static void long_by_consolidated_number(void **state) {
    (void)state;
    must(run("facility_code,month,ref_no,component,value\n"
             "SC1,2022-04,9.1.2,,17\n"
             "DHQ1,2022-04,17.1,2,250\n"
             "DHQ1,2022-04,17.1/3,,3\n",
             LONG));
    assert_int_equal(result.refusals, 0);
    assert_int_equal(
        value("select value from report_value where facility_code = 'SC1' and number = '6.1.2'"),
        17);
    assert_int_equal(value("select sum(value) from report_value where facility_code = 'DHQ1'"),
                     253);
}

static void long_refusals(void **state) {
    (void)state;
    must(run("facility_code,month,item,value\n"
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
    assert_refused(3, 1, "NOBODY", "import.facility_unknown");
    assert_refused(4, 2, "2022-13", "body.invalid");
    assert_refused(5, 2, "2098-01", "period.future");
    assert_refused(6, 3, "77.7", "item.unknown");
    assert_refused(7, 4, "many", "value.not_whole");
    assert_refused(8, 0, "", "import.shape");
    assert_refused(10, 4, "6", "import.duplicate");
    assert_int_equal(result.rows_refused, 7);
    assert_int_equal(cell("PHC1", 202204, "1.1"), 5);
}

static void long_headers(void **state) {
    (void)state;
    static const char *const cases[] = {
        "facility_code,month,item\n",
        "facility_code,month,item,value,colour\n",
        "facility_code,month,value\n",
        "facility_code,month,item,value,value\n",
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_false(run(cases[i], LONG));
        assert_int_equal(problem.code, ERR_FILE_FORMAT);
    }
}

/* More figures than are sorted at a time, the worst order for it: every report once all the same.
 */
static void long_of_many_rows(void **state) {
    (void)state;
    static const char *const codes[] = { "PHC1", "PHC2", "PHC3" };
    struct buffer csv = { 0 };
    buffer_add_text(&csv, "facility_code,month,item,value\n");
    int items = phc->item_count < 250 ? phc->item_count : 250, rows = 0;
    for (int i = 0; i < items; i++) {
        if (phc->items[i].item->type != DATA_COUNT) continue;
        for (int month = 0; month < 108; month++)
            for (int f = 0; f < 3; f++, rows++)
                buffer_printf(&csv, "%s,%d-%02d,%s,%d\n", codes[f], 2017 + (month + 3) / 12,
                              (month + 3) % 12 + 1, phc->items[i].key, i + f);
    }
    assert_true(rows > 70000);
    must(run_bytes(csv.data, csv.length, LONG));
    buffer_free(&csv);
    if (result.refusals > 0) fail_msg("%s", bytes_csv());
    assert_int_equal(result.cells_read, rows);
    assert_int_equal(result.reports_new, 324);
    assert_int_equal(value("select sum(filled) from report"), rows);
    assert_int_equal(value("select max(version) from report"), 1);
    assert_int_equal(cell("PHC3", 201907, phc->items[9].key), 9 + 2);
}

/* ---- Dry run, atomic, killed.
 * ------------------------------------------------------------------------------- */
static void dry_run_changes_nothing(void **state) {
    (void)state;
    struct import_options options = EXTRACT;
    options.dry_run = true;
    must(run(HEAD "PHC,PHC1,31,x,\nPHC,PHC2,7,7,7\n", options));
    assert_int_equal(result.reports_new, 2);
    assert_int_equal(result.refusals, 1);
    assert_refused(2, 4, "x", "value.not_whole");
    assert_int_equal(value("select count(*) from report"), 0);
    assert_int_equal(value("select count(*) from rollup_queue"), 0);
    assert_int_equal(value("select count(*) from import_job where dry_run and status = 'done'"), 1);
}

static void atomic_keeps_all_or_none(void **state) {
    (void)state;
    struct import_options options = EXTRACT;
    options.atomic = true;
    must(run(HEAD "PHC,PHC1,31,x,\nPHC,PHC2,7,7,y\nPHC,NEW,1,1,1\n", options));
    assert_true(result.rolled_back);
    assert_int_equal(result.refusals, 3);
    assert_refused(2, 4, "x", "value.not_whole");
    assert_refused(3, 5, "y", "value.not_whole");
    assert_refused(4, 0, "NEW", "facility.closed");
    assert_int_equal(value("select count(*) from report"), 0);
    assert_int_equal(value("select count(*) from rollup_queue"), 0);
    must(run(HEAD "PHC,PHC1,31,1,\nPHC,PHC2,7,7,5\n", options));
    assert_false(result.rolled_back);
    assert_int_equal(value("select count(*) from report"), 2);
    options.format = IMPORT_LONG;
    options.period = 0;
    must(run("facility_code,month,item,value\nPHC1,2022-05,1.1,5\nPHC1,2022-05,1.1,6\n", options));
    assert_true(result.rolled_back);
    assert_int_equal(value("select count(*) from report"), 2);
}

static void atomic_of_an_unreadable_file(void **state) {
    (void)state;
    struct import_options options = EXTRACT;
    options.atomic = true;
    assert_false(run("facility_type,facility_code,1.1,1.1\n", options));
    assert_int_equal(problem.code, ERR_FILE_FORMAT);
}

static void make_facilities(int count) {
    char sql[700];
    snprintf(sql, sizeof sql,
             "insert into facility (id, code, name, facility_type, ownership, locality, state_id,"
             " district_id, block_id) select 10000 + i, 'M' || i, 'x', 2, 1, 1, 2, 3, 5 from"
             " generate_series(1, %d) i on conflict do nothing",
             count);
    test_sql(conninfo, sql);
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
    const struct dictionary_set *set = dictionary_hold(dictionaries);
    int fd = file_of(csv.data, csv.length);
    must(import_job_new(db, &scope_system, &options, "running", &job, &problem));
    problem = (struct problem){ 0 };
    assert_false(
        import_run(job, &options, fd, db, set, &scope_system, on_batch, &stop, &result, &problem));
    close(fd);
    dictionary_release(dictionaries, set);
    assert_int_equal(problem.code, ERR_STOPPING);
    assert_int_equal(value("select count(*) from report"), 2 * REPORT_BATCH);
    must(run_bytes(csv.data, csv.length, EXTRACT));
    assert_int_equal(result.reports_unchanged, 2 * REPORT_BATCH);
    assert_int_equal(result.reports_new, 3000 - 2 * REPORT_BATCH);
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
    const struct dictionary_set *set = dictionary_hold(dictionaries);
    options.file_name = "test.csv";
    must(import_job_new(db, &scope_system, &options, "running", &job, &problem));
    peak_kib = 0;
    must(import_run(job, &options, fd, db, set, &scope_system, watch_memory, NULL, &result,
                    &problem));
    dictionary_release(dictionaries, set);
    close(fd);
    return peak_kib;
}

static void memory_does_not_grow(void **state) {
    (void)state;
    peak_of(150000, LONG); /* warm */
    long some = peak_of(150000, LONG), many = peak_of(1000000, LONG);
    assert_int_equal(result.rows_read, 1000000);
    assert_int_equal(result.refusals, 0);
    if (many > some + 4096) fail_msg("%ld KiB for 150,000 rows, %ld KiB for a million", some, many);
}

/* ---- Facilities.
 * ------------------------------------------------------------------------------------------------
 */
static void scope_decides(void **state) {
    (void)state;
    const struct scope west = { .level = SCOPE_DISTRICT, .area_id = TS_WEST, .user_id = 7 };
    static const char text[] = HEAD "PHC,PHC1,31,0,\nPHC,PHC3,7,7,7\n";
    must(run_fd(file_of(text, strlen(text)), EXTRACT, &west));
    assert_refused(2, 2, "PHC1", "import.facility_unknown");
    assert_int_equal(result.reports_new, 1);
    assert_int_equal(cell("PHC1", 202204, "1.1"), -1);
    struct buffer csv = { 0 };
    struct problem p = { 0 };
    const struct scope other = { .level = SCOPE_DISTRICT, .area_id = TS_EAST, .user_id = 8 };
    assert_true(import_refused_csv(db, &other, job, &csv, &p));
    buffer_add_char(&csv, '\0');
    assert_null(strstr(csv.data, "PHC1")); /* another's job is not there for him */
    buffer_free(&csv);
}

static void ministrys_extract(void **state) {
    (void)state;
    const char *path = HMIS_SOURCE_DIR "/tests/data/facilitywise_extract_chc_2020-06.csv";
    test_sql(conninfo, "insert into area (id, level, lgd_code, name) values (50,'state',7,'Delhi'),"
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
    must(run_fd(fd, options, &scope_system));
    assert_int_equal(result.rows_read, 20);
    assert_int_equal(result.rows_refused, 20);
    assert_int_equal(
        value("select count(*) from import_refusal where code = 'import.facility_unknown'"), 20);
    options.create_facilities = true;
    must(run_fd(open(path, O_RDONLY), options, &scope_system));
    if (result.refusals > 0) fail_msg("%s", bytes_csv());
    assert_int_equal(result.facilities_created, 20);
    assert_int_equal(result.reports_new, 12);
    assert_int_equal(result.rows_blank, 20 - 12);
    assert_int_equal(value("select count(*) from facility where code = '900101' and beds = 25 and"
                           " ownership = 2 and locality = 2 and nin = '9000000001'"),
                     1);
    assert_int_equal(
        value("select value from report_value where facility_code = '900101' and number = '1.1'"),
        45);
    assert_int_equal(value("select value from report_value where facility_code = '900101' and"
                           " number = '16.1.2.h'"),
                     ADEQUATE);
    must(run_fd(open(path, O_RDONLY), options, &scope_system));
    assert_int_equal(result.facilities_created, 0);
    assert_int_equal(result.facilities_updated, 0);
    assert_int_equal(result.reports_new, 0);
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

static void run_masters(struct buffer *csv, int period, bool create) {
    static const char head[] =
        "sno,state,zone,district,district_category,sub_district,block,health_block,sub_division,"
        "ulb,facility_type,facility_code,facility_name,category,bed_count,nin,rural_urban,"
        "ownership,"
        "physical_notional,status,1.1,1.1.1\n";
    struct buffer file = { 0 };
    buffer_add_text(&file, head);
    buffer_add(&file, csv->data, csv->length);
    must(run_bytes(file.data, file.length,
                   (struct import_options){
                       .format = IMPORT_EXTRACT, .period = period, .create_facilities = create }));
    buffer_free(&file);
    csv->length = 0;
}

static void assert_text(const char *sql, const char *want) {
    char have[200];
    test_sql_value(conninfo, sql, have, sizeof have);
    assert_string_equal(have, want);
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
    assert_int_equal(result.facilities_created, 2);
    assert_int_equal(result.facilities_updated, 0);
    int64_t version = value("select xmin::text::bigint from facility where code = 'UP2'");

    master_row(&csv, "UP1", "PHC", WEST, THIRD, "New name", "10", "Open", "1,2");
    master_row(&csv, "UP2", "PHC", EAST, FIRST, "Stays", "6", "Open", "1,2");
    run_masters(&csv, 202205, false); /* not asked for */
    assert_int_equal(result.facilities_updated, 0);
    assert_text(what, "Old name/6/2/First");

    master_row(&csv, "UP1", "PHC", WEST, THIRD, "New name", "10", "Open", "1,2");
    master_row(&csv, "UP2", "PHC", EAST, FIRST, "Stays", "6", "Open", "1,2");
    run_masters(&csv, 202206, true);
    assert_int_equal(result.facilities_updated, 1);
    assert_int_equal(result.facilities_created, 0);
    assert_int_equal(result.reports_new, 2);
    assert_int_equal(result.refusals, 0);
    assert_text(what, "New name/10/2/Third");
    assert_text("select string_agg(a.name, ',' order by r.period) from report r"
                " join facility f on f.id = r.facility_id join area a on a.id = r.district_id"
                " where f.code = 'UP1'",
                "East,East,West");
    assert_int_equal(value("select xmin::text::bigint from facility where code = 'UP2'"), version);

    master_row(&csv, "UP1", "PHC", EAST, FIRST, "Older still", "1", "Open", "1,2");
    run_masters(&csv, 202204, true); /* a file of the past: of April it is the last word */
    assert_int_equal(result.facilities_updated, 1);
    assert_text(what, "New name/10/2/Third");

    master_row(&csv, "UP1", "CHC", WEST, "", "New name", "30", "Open", "3,4"); /* raised */
    run_masters(&csv, 202207, true);
    assert_int_equal(result.refusals, 0);
    assert_int_equal(result.facilities_updated, 1);
    assert_int_equal(result.reports_new, 1);
    assert_text(what, "New name/30/3/Third");
    buffer_free(&csv);
}

static void a_district_without_a_block(void **state) {
    (void)state;
    struct buffer csv = { 0 };
    master_row(&csv, "UP3", "PHC", EAST, FIRST, "Mover", "6", "Open", "1,2");
    run_masters(&csv, 202204, true);
    master_row(&csv, "UP3", "PHC", WEST, "", "Mover", "6", "Open", "1,2");
    run_masters(&csv, 202205, true);
    assert_int_equal(result.facilities_updated, 1);
    assert_int_equal(value("select block_id from facility where code = 'UP3'"), TS_WEST_SELF);
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
        if (result.refusals > 0) fail_msg("step %zu: %s", i, bytes_csv());
        for (int f = 0; f < 2; f++)
            assert_text(closed_on[f], steps[i].want[f]);
        if (text_equal(steps[i].figures, ",")) assert_int_equal(result.rows_blank, 1);
    }
    assert_int_equal(value("select count(*) from report r join facility f on f.id = r.facility_id"
                           " where f.code = 'CL2'"),
                     5); /* what it reported counts, closed or not */
    buffer_free(&csv);
}

/* The figures count although something about the facility is wrong. */
static void wrong_masters_of_known_facilities(void **state) {
    (void)state;
    struct buffer csv = { 0 };
    master_row(&csv, "UP4", "PHC", EAST, FIRST, "Right", "6", "Open", "1,2");
    run_masters(&csv, 202204, true);
    master_row(&csv, "UP4", "PHC", EAST, FIRST, "Wrong", "many", "Open", "1,2");
    run_masters(&csv, 202205, true);
    assert_refused(2, 15, "many", "value.not_whole");
    assert_int_equal(result.rows_refused, 0);
    assert_int_equal(result.reports_new, 1);
    master_row(&csv, "UP4", "PHC", "Nowhere(990)", "", "Wrong", "6", "Open", "1,2");
    run_masters(&csv, 202206, true);
    assert_int_equal(result.rows_refused, 0);
    assert_int_equal(result.refusals, 1);
    assert_int_equal(result.reports_new, 1);
    assert_non_null(strstr(bytes_csv(), "stays as it is"));
    assert_text("select name from facility where code = 'UP4'", "Right");
    buffer_free(&csv);
}

int main(void) {
    conninfo = test_database("import");
    test_state_load(conninfo);
    pool = test_pool(conninfo, 4);
    dictionaries = test_state_dictionaries(pool);
    phc = test_state_form(dictionaries, "PHC");
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(extract_is_stored),
        T(extract_again_changes_nothing),
        T(wrong_cells_alone_are_refused),
        T(wrong_rows_are_refused),
        T(unknown_item_column_is_told_once),
        T(wrong_headers),
        T(spellings_are_taken),
        T(injection_comes_back_inert),
        T(bytes_that_are_no_text),
        T(long_cells_and_lines),
        T(long_is_stored),
        T(long_by_consolidated_number),
        T(long_refusals),
        T(long_headers),
        T(long_of_many_rows),
        T(dry_run_changes_nothing),
        T(atomic_keeps_all_or_none),
        T(atomic_of_an_unreadable_file),
        T(stopped_import_leaves_whole_batches),
        T(memory_does_not_grow),
        T(scope_decides),
        T(known_facilities_are_updated),
        T(a_district_without_a_block),
        T(closed_in_the_extract),
        T(wrong_masters_of_known_facilities),
        T(ministrys_extract),
    };
    int failed = cmocka_run_group_tests_name("import", tests, NULL, NULL);
    db_pool_free(pool);
    return failed;
}
