/* A PostgreSQL of its own that is stopped, killed and frozen while a pool uses it. */
#include "hmis/clock.h"
#include "hmis/db.h"

#include "test.h"
#include "test_pg.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/hmis-recovery-XXXXXX";
static char conninfo[300];

/* ---- The cluster. ------------------------------------------------------------------------------
 */

/* True when script/cluster did it; its conninfo is then known. */
static bool cluster(const char *verb) {
    char command[600], line[sizeof conninfo] = "";
    snprintf(command, sizeof command, "%s/script/cluster %s %s", HMIS_SOURCE_DIR, verb, folder);
    FILE *output = popen(command, "r");
    bool told = fgets(line, sizeof line, output) != NULL;
    bool done = pclose(output) == 0;
    line[strcspn(line, "\n")] = '\0';
    if (done && told) strcpy(conninfo, line);
    return done;
}

static int postmaster(void) {
    char path[200], line[20] = "";
    snprintf(path, sizeof path, "%s/pg/postmaster.pid", folder);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file));
    fclose(file);
    return atoi(line);
}

static void end_postmaster(int how) {
    int pid = postmaster();
    assert_int_equal(kill(pid, how), 0);
    for (int i = 0; i < 1000 && kill(pid, 0) == 0; i++)
        usleep(10000);
}

/* Children of a killed postmaster may need a moment to notice. */
static void start_again(void) {
    bool started = false;
    for (int i = 0; i < 10 && !(started = cluster("start")); i++)
        sleep(1);
    assert_true(started);
}

/* ---- Writers that note what they were told is saved. --------------------------------------------
 */

#define IDS 1000000
static struct db_pool *pool;
static _Atomic bool stop;
static _Atomic int next_id, saved, refused;
static enum {
    UNSURE,
    SAVED,
    REFUSED
} told[IDS]; /* each written by one thread, read when all have ended */

static bool add_two(struct db *db, void *arg, struct problem *p) {
    const int *id = arg;
    return db_query(db, Q_NOTE_ADD, DB_ARGS(DB_INT4(*id), DB_TEXT("x")), NULL, NULL, p) &&
           db_query(db, Q_NOTE_ADD, DB_ARGS(DB_INT4(*id + IDS), DB_TEXT("y")), NULL, NULL, p);
}

static void *write_on(void *arg) {
    (void)arg;
    while (!stop) {
        struct problem p = { 0 };
        int id = next_id++;
        struct db *db = db_take(pool, &p);
        bool done = db && db_transaction(db, &scope_system, DB_WRITE, add_two, &id, &p);
        db_give(db);
        bool not_sure = strstr(p.detail, "look whether it was saved") != NULL;
        told[id] = done ? SAVED : not_sure ? UNSURE : REFUSED;
        saved += done;
        refused += !done && !not_sure;
        if (!done && p.code != ERR_UNAVAILABLE && p.code != ERR_BUSY) abort();
        if (!done) usleep(20000);
    }
    return NULL;
}

static void wait_for(const _Atomic int *counter, int more) {
    int goal = *counter + more;
    for (int i = 0; i < 3000 && *counter < goal; i++)
        usleep(10000);
    assert_true(*counter >= goal);
}

static void nothing_is_lost_or_half_done(void) {
    char sql[300];
    snprintf(sql, sizeof sql,
             "select string_agg(case when n.id is null then '.' else 'x' end, '' order by g)"
             " from generate_series(0, %d) g left join note n on n.id = g",
             next_id - 1);
    char *found = xmalloc((size_t)next_id + 1);
    test_sql_value(conninfo, sql, found, (size_t)next_id + 1);
    for (int id = 0; id < next_id; id++)
        if (told[id] != UNSURE && (found[id] == 'x') != (told[id] == SAVED))
            fail_msg("note %d was told to be %s", id, told[id] == SAVED ? "saved" : "refused");
    free(found);
    snprintf(sql, sizeof sql,
             "select count(*) from note a where not exists (select from note b where b.id in (a.id "
             "+ %d, a.id - %d))",
             IDS, IDS);
    assert_int_equal(test_sql_int(conninfo, sql), 0);
}

static void writers_survive(int how) {
    test_sql(conninfo, "truncate note");
    next_id = saved = refused = 0;
    stop = false;
    pool = test_pool(conninfo, 3);
    pthread_t threads[4];
    for (size_t i = 0; i < COUNT(threads); i++)
        pthread_create(&threads[i], NULL, write_on, NULL);
    for (int round = 0; round < 2; round++) {
        wait_for(&saved, 50);
        end_postmaster(how);
        wait_for(&refused, 3);
        start_again();
        wait_for(&saved, 50); /* the same pool, nobody restarted anything */
    }
    stop = true;
    for (size_t i = 0; i < COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    db_pool_free(pool);
    nothing_is_lost_or_half_done();
}

static void a_pool_outlives_an_immediate_shutdown(void **state) {
    (void)state;
    writers_survive(SIGQUIT);
}

static void a_pool_outlives_a_killed_postmaster(void **state) {
    (void)state;
    writers_survive(SIGKILL);
}

/* ---- A server that is there and does not answer.
 * -------------------------------------------------- */

static void a_frozen_backend_is_given_up(void **state) {
    (void)state;
    struct db_pool *brisk = db_pool_new(&(struct db_settings){ .conninfo = conninfo,
                                                               .role = "hmis_app",
                                                               .connections = 1,
                                                               .wait_ms = 100,
                                                               .statement_timeout_ms = 300,
                                                               .lock_timeout_ms = 300,
                                                               .named_statements = true });
    struct problem p = { 0 };
    struct arena *arena = arena_new();
    struct db_rows *rows;
    struct db *db = db_take(brisk, &p);
    assert_true(db_once(db, &scope_system, DB_READ, Q_BACKEND, DB_NO_ARGS, arena, &rows, &p));
    int pid = (int)db_int(rows, 0, 0);
    assert_int_equal(kill(pid, SIGSTOP), 0);
    int64_t before = clock_monotonic_us();
    assert_false(db_once(db, &scope_system, DB_READ, Q_BACKEND, DB_NO_ARGS, arena, &rows, &p));
    assert_in_range(clock_monotonic_us() - before, 300000, 60000000);
    assert_int_equal(p.code, ERR_UNAVAILABLE);
    kill(pid, SIGCONT);
    p = (struct problem){ 0 };
    assert_true(db_once(db, &scope_system, DB_READ, Q_BACKEND, DB_NO_ARGS, arena, &rows, &p));
    assert_int_not_equal((int)db_int(rows, 0, 0), pid);
    db_give(db);
    arena_free(arena);
    db_pool_free(brisk);
}

static void a_frozen_server_is_given_up(void **state) {
    (void)state;
    struct db_pool *fresh = test_pool(conninfo, 1);
    struct problem p = { 0 };
    int pid = postmaster();
    assert_int_equal(kill(pid, SIGSTOP), 0);
    int64_t before = clock_monotonic_us();
    struct db *db = db_take(fresh, &p);
    int64_t waited = clock_monotonic_us() - before;
    kill(pid, SIGCONT);
    assert_null(db);
    assert_int_equal(p.code, ERR_UNAVAILABLE);
    assert_in_range(waited, 0, 5000000);
    db_pool_free(fresh);
}

static int start(void **state) {
    (void)state;
    if (!mkdtemp(folder) || chmod(folder, 0755) != 0 || !cluster("start")) return -1;
    test_sql(conninfo, "create role hmis_app; create table note (id bigint primary key, text text);"
                       "grant all on note to hmis_app");
    return 0;
}

static int finish(void **state) {
    (void)state;
    char command[100];
    bool stopped = cluster("stop");
    /* Where script/cluster put the data elsewhere, DIR/pg is a link. */
    snprintf(command, sizeof command, "rm -rf \"$(readlink -f %s/pg)\" %s", folder, folder);
    return stopped && system(command) == 0 ? 0 : -1;
}

int main(void) {
    base_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_frozen_backend_is_given_up),
        cmocka_unit_test(a_frozen_server_is_given_up),
        cmocka_unit_test(a_pool_outlives_an_immediate_shutdown),
        cmocka_unit_test(a_pool_outlives_a_killed_postmaster),
    };
    return cmocka_run_group_tests_name("db recovery", tests, start, finish);
}
