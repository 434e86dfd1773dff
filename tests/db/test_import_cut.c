/* Imports that end before their file does: what they say they stored, and how soon. */
#include "test.h"
#include "test_import.h"
#include "test_pg.h"

#include <libpq-fe.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hmis/clock.h"
#include "hmis/report.h"

enum { FACILITIES = 3000 };

/* What is wanted of a plain import, one of all or nothing, and a dry run. */
static const struct {
    const char *name;
    bool atomic, dry_run, keeps;
} kinds[] = {
    { "plain", false, false, true },
    { "atomic", true, false, false },
    { "dry run", false, true, false },
    { "atomic dry run", true, true, false },
};

static struct import_options options_of(size_t kind) {
    struct import_options options = EXTRACT;
    options.atomic = kinds[kind].atomic;
    options.dry_run = kinds[kind].dry_run;
    options.file_name = "test.csv";
    return options;
}

#define CLAIMS                                                                                     \
    "select figures_stored + figures_replaced + figures_emptied + reports_new + reports_changed +" \
    " facilities_created + facilities_changed + facilities_moved + findings from import_job"
#define SAYS_NOTHING "select (message like '%othing% stored%')::int from import_job"
#define SAYS_STAYS   "select (message like '%What was stored stays%')::int from import_job"

static void hold(size_t kind, const char *when) {
    bool claims = ti_value(CLAIMS) > 0, nothing = ti_value(SAYS_NOTHING) == 1;
    if (claims != kinds[kind].keeps || nothing == kinds[kind].keeps)
        fail_msg("%s, %s: claims %lld", kinds[kind].name, when, (long long)ti_value(CLAIMS));
}

static void wait_for(const char *sql, int seconds) {
    for (int64_t end = clock_monotonic_us() + seconds * INT64_C(1000000);
         ti_value(sql) == 0 && clock_monotonic_us() < end;)
        usleep(20000);
    if (ti_value(sql) == 0) fail_msg("not within %d s: %s", seconds, sql);
}

/* ---- The process has died. ------------------------------------------------------------------- */
static void begin_job(size_t kind) {
    static const struct import_result half = {
        .rows_read = 500,
        .figures_read = 500,
        .figures_stored = 500,
        .figures_replaced = 3,
        .figures_emptied = 2,
        .reports_new = 400,
        .reports_changed = 100,
        .facilities_created = 5,
        .facilities_changed = 6,
        .facilities_moved = 7,
        .findings = 8,
    };
    struct import_options options = options_of(kind);
    test_sql(ti.conninfo, "truncate import_job, import_line");
    ti_must(import_job_new(ti.db, &scope_system, &options, "waiting", &ti.job, &ti.problem) &&
            import_job_state(ti.db, &scope_system, ti.job, "running", &half, NULL, &ti.problem));
    assert_int_equal(ti_value("select rows_read from import_job"), 500);
}

static void of_a_dead_process(void **state) {
    (void)state;
    for (size_t kind = 0; kind < COUNT(kinds); kind++) {
        begin_job(kind);
        assert_int_equal(ti_value(CLAIMS) > 0, kinds[kind].keeps);
        test_sql(ti.conninfo, "update import_job set heartbeat_at = now() - interval '2 minutes'");
        struct import_queue *queue = import_queue_start(ti.pool, ti.dictionaries, NULL);
        wait_for("select count(*) from import_job where status = 'failed'", 60);
        import_queue_stop(queue);
        hold(kind, "dead");
        assert_int_equal(ti_value(SAYS_STAYS), kinds[kind].keeps);
    }
}

/* The transaction that stores says that it is done: who has not heard of its end changes nothing.
 */
static void done_stays_done(void **state) {
    (void)state;
    static const struct import_result none = { 0 };
    struct import_options options = options_of(1);
    ti_must(ti_run(HEAD "PHC,PHC1,31,1,\nPHC,PHC2,7,7,5\n", options));
    ti_must(import_job_state(ti.db, &scope_system, ti.job, "failed", &none, "lost", &ti.problem));
    assert_int_equal(ti_value("select count(*) from import_job where status = 'done' and"
                              " figures_stored = 5 and message is null"),
                     1);
}

/* ---- Stopped between two batches. ------------------------------------------------------------ */
static void write_many(struct buffer *csv) {
    char sql[400];
    snprintf(sql, sizeof sql,
             "insert into facility (id, code, name,"
             " facility_type, ownership, locality, state_id, district_id, block_id)"
             " select 10000 + i, 'M' || i, 'x', 2, 1, 1, 2, 3, 5 from generate_series(1, %d) i"
             " on conflict do nothing",
             FACILITIES);
    test_sql(ti.conninfo, sql);
    buffer_add_text(csv, HEAD);
    for (int i = 1; i <= FACILITIES; i++)
        buffer_printf(csv, "PHC,M%d,%d,%d,\n", i, 1 + i % 90, i % 7);
}

static void stop_after_two(const struct import_result *now, void *arg) {
    if (now->rows_read >= 2 * REPORT_BATCH) atomic_store((_Atomic bool *)arg, true);
}

static void of_a_stopped_one(void **state) {
    (void)state;
    struct buffer csv = { 0 };
    write_many(&csv);
    for (size_t kind = 0; kind < COUNT(kinds); kind++) {
        _Atomic bool stop = false;
        struct import_options options = options_of(kind);
        options.stop = &stop;
        test_sql(ti.conninfo, "truncate report, report_version, rollup_queue, import_job,"
                              " import_line");
        const struct dictionary_set *set = dictionary_hold(ti.dictionaries);
        int fd = ti_file(csv.data, csv.length);
        ti_must(import_job_new(ti.db, &scope_system, &options, "running", &ti.job, &ti.problem));
        ti.problem = (struct problem){ 0 };
        assert_false(import_run(ti.job, &options, fd, ti.db, set, &scope_system, stop_after_two,
                                &stop, &ti.result, &ti.problem));
        close(fd);
        dictionary_release(ti.dictionaries, set);
        assert_int_equal(ti.problem.code, ERR_STOPPING);
        assert_int_equal(ti_value("select (count(*) > 0)::int from report"), kinds[kind].keeps);
        hold(kind, "stopped");
    }
    buffer_free(&csv);
}

/* ---- The database goes away for a while; the daemon stays. ----------------------------------- */
struct outage {
    char *elsewhere; /* conninfo of another database of the cluster */
    char name[80];
    PGconn *lock;
};

static void allow(const struct outage *outage, const char *allowed) {
    char sql[300];
    snprintf(sql, sizeof sql,
             "alter database %s allow_connections %s; select pg_terminate_backend(pid) from"
             " pg_stat_activity where datname = '%s' and not %s",
             outage->name, allowed, outage->name, allowed);
    test_sql(outage->elsewhere, sql);
}

/* The import waits for a table that somebody holds. */
static void hold_reports(struct outage *outage) {
    test_sql_value(ti.conninfo, "select current_database()", outage->name, sizeof outage->name);
    outage->elsewhere = test_conninfo_with(ti.conninfo, "dbname", "postgres");
    outage->lock = PQconnectdb(ti.conninfo);
    PQclear(PQexec(outage->lock, "begin; lock table report in access exclusive mode"));
}

static void go_away(struct outage *outage) {
    allow(outage, "false");
    usleep(2500000);
    allow(outage, "true");
    PQfinish(outage->lock);
    free(outage->elsewhere);
}

static void of_a_lost_database(void **state) {
    (void)state;
    static const char text[] = HEAD "PHC,PHC1,31,1,\nPHC,PHC2,7,7,5\n";
    for (size_t kind = 0; kind < COUNT(kinds); kind++) {
        struct outage outage;
        struct import_options options = options_of(kind);
        test_sql(ti.conninfo, "truncate import_job, import_line");
        ti_must(import_job_new(ti.db, &scope_system, &options, "waiting", &ti.job, &ti.problem));
        hold_reports(&outage);
        struct import_queue *queue = import_queue_start(ti.pool, ti.dictionaries, NULL);
        import_queue_add(queue, ti.job, &options, ti_file(text, strlen(text)), &scope_system);
        wait_for("select count(*) from pg_locks where not granted and database ="
                 " (select oid from pg_database where datname = current_database())",
                 60);
        go_away(&outage);
        wait_for("select count(*) from import_job where status = 'failed'", 30);
        assert_int_equal(ti_value(SAYS_STAYS), kinds[kind].keeps);
        assert_int_equal(ti_value("select (message like '%cut off%')::int from import_job"), 1);
        assert_int_equal(ti_value(CLAIMS), 0);
        import_queue_stop(queue);
    }
}

int main(void) {
    ti_begin("import_cut");
    const struct CMUnitTest tests[] = {
        TI(of_a_dead_process),
        TI(done_stays_done),
        TI(of_a_stopped_one),
        TI(of_a_lost_database),
    };
    int failed = cmocka_run_group_tests_name("import_cut", tests, NULL, NULL);
    ti_end();
    return failed;
}
