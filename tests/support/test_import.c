#include "test_import.h"

#include "test.h"
#include "test_pg.h"
#include "test_state.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct test_import ti;

void ti_begin(const char *label) {
    ti.conninfo = test_database(label);
    test_state_load(ti.conninfo);
    ti.pool = test_pool(ti.conninfo, 4);
    ti.dictionaries = test_state_dictionaries(ti.pool);
    ti.phc = test_state_form(ti.dictionaries, "PHC");
}

void ti_end(void) {
    db_pool_free(ti.pool);
}

int ti_set_up(void **state) {
    (void)state;
    struct problem p = { 0 };
    test_sql(ti.conninfo, "truncate report, report_version, rollup_queue, import_job, import_line");
    ti.arena = arena_new();
    ti.db = db_take(ti.pool, &p);
    return ti.db != NULL ? 0 : -1;
}

int ti_tear_down(void **state) {
    (void)state;
    db_give(ti.db);
    arena_free(ti.arena);
    return 0;
}

int ti_file(const void *data, size_t length) {
    char path[] = "/tmp/hmis-test-import-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    unlink(path);
    assert_int_equal(write(fd, data, length), (ssize_t)length);
    lseek(fd, 0, SEEK_SET);
    return fd;
}

static void hold_invariant(void) {
    const struct import_result *r = &ti.result;
    int64_t sum = r->figures_stored + r->figures_unchanged + r->figures_refused + r->figures_lost +
                  r->figures_asked;
    if (r->figures_read != sum)
        fail_msg("%lld figures read, %lld told of: %lld stored, %lld unchanged, %lld refused, %lld "
                 "lost, %lld asked",
                 (long long)r->figures_read, (long long)sum, (long long)r->figures_stored,
                 (long long)r->figures_unchanged, (long long)r->figures_refused,
                 (long long)r->figures_lost, (long long)r->figures_asked);
}

bool ti_run_fd(int fd, struct import_options options, const struct scope *scope) {
    const struct dictionary_set *set = dictionary_hold(ti.dictionaries);
    ti.problem = (struct problem){ 0 };
    if (options.file_name == NULL) options.file_name = "test.csv";
    options.account_id = scope->user_id;
    bool ok =
        import_job_new(ti.db, scope, &options, "running", &ti.job, &ti.problem) &&
        import_run(ti.job, &options, fd, ti.db, set, scope, NULL, NULL, &ti.result, &ti.problem);
    dictionary_release(ti.dictionaries, set);
    close(fd);
    if (ok) hold_invariant();
    return ok;
}

bool ti_run_bytes(const void *data, size_t length, struct import_options options) {
    return ti_run_fd(ti_file(data, length), options, &scope_system);
}

bool ti_run(const char *text, struct import_options options) {
    return ti_run_bytes(text, strlen(text), options);
}

bool ti_run_path(const char *path, struct import_options options) {
    char whole[500];
    snprintf(whole, sizeof whole, "%s/%s", HMIS_SOURCE_DIR, path);
    int fd = open(whole, O_RDONLY | O_CLOEXEC);
    if (fd < 0) fail_msg("%s is not there", whole);
    return ti_run_fd(fd, options, &scope_system);
}

void ti_must(bool ok) {
    if (!ok) fail_msg("%s", ti.problem.detail);
}

int64_t ti_value(const char *sql) {
    return test_sql_int(ti.conninfo, sql);
}

void ti_text(const char *sql, const char *want) {
    char have[600];
    test_sql_value(ti.conninfo, sql, have, sizeof have);
    assert_string_equal(have, want);
}

int64_t ti_cell(const char *facility, int period, const char *key) {
    char sql[300];
    const struct form_item *item = form_find(ti.phc, key);
    assert_non_null(item);
    snprintf(
        sql, sizeof sql,
        "select coalesce((select r.cells[%d] from report r join facility f on f.id = r.facility_id"
        " where f.code = '%s' and r.period = %d), -1)",
        item->item->slot + 1, facility, period);
    return ti_value(sql);
}

int64_t ti_figure(const char *facility, int period, const char *number) {
    char sql[300];
    snprintf(sql, sizeof sql,
             "select coalesce((select value from report_value where facility_code = '%s' and"
             " period = %d and number = '%s'), -1)",
             facility, period, number);
    return ti_value(sql);
}

void ti_refused(int64_t line, int column, const char *text, const char *code) {
    char sql[600];
    snprintf(sql, sizeof sql,
             "select count(*) from import_line where job_id = %lld and line = %lld and"
             " coalesce(column_number, 0) = %d and coalesce(value, '') = $t$%s$t$ and code = '%s'"
             " and kind in ('row', 'figure', 'facility')",
             (long long)ti.job, (long long)line, column, text, code);
    if (ti_value(sql) != 1)
        fail_msg("not refused: line %lld, column %d, '%s', %s in\n%s", (long long)line, column,
                 text, code, ti_refused_csv());
}

int ti_lines(enum import_line_kind kind, const char *code) {
    char sql[200];
    snprintf(sql, sizeof sql,
             "select count(*) from import_line where job_id = %lld and kind = '%s' and code like "
             "'%s'",
             (long long)ti.job, import_line_name(kind), code);
    return (int)ti_value(sql);
}

void ti_noted(const char *words) {
    char sql[400], notes[2000];
    snprintf(sql, sizeof sql, "select notes::text from import_job where id = %lld",
             (long long)ti.job);
    test_sql_value(ti.conninfo, sql, notes, sizeof notes);
    if (strstr(notes, words) == NULL) fail_msg("not noted: %s in %s", words, notes);
}

void ti_asked(const char *key, int64_t figures, const char *reading) {
    char sql[500], questions[3000];
    snprintf(sql, sizeof sql,
             "select count(*) from import_job j, jsonb_array_elements(j.questions) q where id = "
             "%lld and q->>'key' = $t$%s$t$ and (q->>'figures')::int = %lld and exists (select from"
             " jsonb_array_elements(q->'choices') c where c->>'value' = $t$%s$t$)",
             (long long)ti.job, key, (long long)figures, reading);
    if (ti_value(sql) == 1) return;
    snprintf(sql, sizeof sql, "select questions::text from import_job where id = %lld",
             (long long)ti.job);
    test_sql_value(ti.conninfo, sql, questions, sizeof questions);
    fail_msg("not asked: %s, %lld figures, %s in %s", key, (long long)figures, reading, questions);
}

const char *ti_refused_csv(void) {
    static struct buffer csv;
    struct problem p = { 0 };
    buffer_free(&csv);
    csv = (struct buffer){ 0 };
    assert_true(import_lines_csv(ti.db, &scope_system, ti.job, LINE__MAX, NULL, NULL, &csv, &p));
    buffer_add_char(&csv, '\0');
    return csv.data;
}
