#include "hmis/clock.h"
#include "hmis/db.h"

#include "test.h"
#include "test_pg.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *conninfo;

static struct db_pool *pool_as(const char *role, const char *where, int connections, int wait_ms) {
    return db_pool_new(&(struct db_settings){ .conninfo = where,
                                              .role = role,
                                              .connections = connections,
                                              .wait_ms = wait_ms,
                                              .statement_timeout_ms = 5000,
                                              .lock_timeout_ms = 1000,
                                              .named_statements = true });
}

static struct db_pool *small_pool(const char *where, int connections, int wait_ms) {
    return pool_as("hmis_app", where, connections, wait_ms);
}

static struct db_pool_state state_of(struct db_pool *pool) {
    struct db_pool_state state;
    db_pool_state(pool, &state);
    return state;
}

static void a_pool_opens_what_is_needed(void **state) {
    (void)state;
    struct db_pool *pool = small_pool(conninfo, 3, 100);
    assert_int_equal(state_of(pool).open, 0);
    struct problem p = { 0 };
    struct db *a = db_take(pool, &p), *b = db_take(pool, &p);
    assert_true(a && b && a != b);
    assert_int_equal(state_of(pool).open, 2);
    assert_int_equal(state_of(pool).busy, 2);
    db_give(a);
    db_give(b);
    db_give(NULL);
    for (int i = 0; i < 10; i++)
        db_give(db_take(pool, &p));
    assert_int_equal(state_of(pool).open, 2);
    assert_int_equal(state_of(pool).busy, 0);
    assert_int_equal(state_of(pool).taken, 12);
    db_pool_free(pool);
    db_pool_free(NULL);
}

static void an_exhausted_pool_is_busy_within_the_wait(void **state) {
    (void)state;
    struct db_pool *pool = small_pool(conninfo, 1, 300);
    struct problem p = { 0 };
    struct db *only = db_take(pool, &p);
    int64_t before = clock_monotonic_us();
    assert_null(db_take(pool, &p));
    int64_t waited = clock_monotonic_us() - before;
    assert_in_range(waited, 290000, 1500000);
    assert_int_equal(p.code, ERR_BUSY);
    assert_true(p.retry_after > 0);
    assert_int_equal(state_of(pool).timeouts, 1);
    assert_int_equal(state_of(pool).waiting, 0);
    db_give(only);
    p = (struct problem){ 0 };
    only = db_take(pool, &p);
    assert_non_null(only);
    db_give(only);
    db_pool_free(pool);
}

struct waiter {
    struct db_pool *pool;
    struct db *got;
    struct problem p;
};

static void *wait_for_one(void *arg) {
    struct waiter *w = arg;
    w->got = db_take(w->pool, &w->p);
    return NULL;
}

static void who_waits_gets_what_is_given_back(void **state) {
    (void)state;
    struct db_pool *pool = small_pool(conninfo, 1, 5000);
    struct waiter w = { .pool = pool };
    struct db *only = db_take(pool, &w.p);
    pthread_t thread;
    pthread_create(&thread, NULL, wait_for_one, &w);
    while (state_of(pool).waiting == 0)
        usleep(1000);
    db_give(only);
    pthread_join(thread, NULL);
    assert_ptr_equal(w.got, only);
    db_give(w.got);
    db_pool_free(pool);
}

/* ---- Many threads, few connections.
 * -------------------------------------------------------------- */

struct crowd {
    struct db_pool *pool;
    _Atomic int added, busy, other;
};

static bool add_two(struct db *db, void *arg, struct problem *p) {
    const int64_t *id = arg;
    return db_query(db, Q_NOTE_ADD, DB_ARGS(DB_INT8(*id), DB_TEXT("x")), NULL, NULL, p) &&
           db_query(db, Q_NOTE_ADD, DB_ARGS(DB_INT8(*id + 1), DB_TEXT("y")), NULL, NULL, p);
}

static void *add_many(void *arg) {
    struct crowd *crowd = arg;
    static _Atomic int64_t next = 1;
    for (int i = 0; i < 60; i++) {
        struct problem p = { 0 };
        struct db *db = db_take(crowd->pool, &p);
        int64_t id = atomic_fetch_add(&next, 2);
        bool done = db && db_transaction(db, &scope_system, DB_WRITE, add_two, &id, &p);
        struct arena *arena = arena_new();
        struct db_rows *rows;
        if (done && (!db_once(db, &scope_system, DB_READ, Q_NOTE_GET, DB_ARGS(DB_INT8(id)), arena,
                              &rows, &p) ||
                     !text_equal(db_text(rows, 0, 0), "x")))
            crowd->other++;
        arena_free(arena);
        db_give(db);
        crowd->added += done ? 2 : 0;
        crowd->busy += !done && p.code == ERR_BUSY;
        crowd->other += !done && p.code != ERR_BUSY;
    }
    return NULL;
}

static void threads_share_a_pool(void **state) {
    (void)state;
    struct crowd crowd = { .pool = small_pool(conninfo, 3, 2000) };
    pthread_t threads[8];
    for (size_t i = 0; i < COUNT(threads); i++)
        pthread_create(&threads[i], NULL, add_many, &crowd);
    for (size_t i = 0; i < COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(crowd.other, 0);
    assert_int_equal(crowd.added + 2 * crowd.busy, 8 * 60 * 2);
    assert_int_equal(test_sql_int(conninfo, "select count(*) from note"), crowd.added);
    assert_in_range(state_of(crowd.pool).open, 1, 3);
    assert_int_equal(state_of(crowd.pool).busy, 0);
    db_pool_free(crowd.pool);
}

/* ---- Connections that break.
 * ----------------------------------------------------------------------- */

static int backend(struct db *db) {
    struct arena *arena = arena_new();
    struct db_rows *rows;
    struct problem p = { 0 };
    if (!db_once(db, &scope_system, DB_READ, Q_BACKEND, DB_NO_ARGS, arena, &rows, &p))
        fail_msg("%s", p.detail);
    int pid = (int)db_int(rows, 0, 0);
    arena_free(arena);
    return pid;
}

static void end_backend(int pid) {
    char sql[100];
    snprintf(sql, sizeof sql, "select pg_terminate_backend(%d, 5000)", pid);
    test_sql(conninfo, sql);
}

static void an_idle_connection_that_was_ended_is_replaced(void **state) {
    (void)state;
    struct db_pool *pool = small_pool(conninfo, 1, 100);
    struct problem p = { 0 };
    struct db *db = db_take(pool, &p);
    int pid = backend(db);
    db_give(db);
    end_backend(pid);
    db = db_take(pool, &p);
    assert_non_null(db);
    assert_int_not_equal(backend(db), pid);
    /* Ended while taken but idle: even a write goes through. */
    end_backend(backend(db));
    assert_true(db_once(db, &scope_system, DB_WRITE, Q_NOTE_SET, DB_ARGS(DB_INT4(0), DB_TEXT("")),
                        NULL, NULL, &p));
    db_give(db);
    assert_int_equal(state_of(pool).open, 1);
    db_pool_free(pool);
}

static int ended_runs;

static bool end_in_the_middle(struct db *db, void *arg, struct problem *p) {
    const int *times = arg;
    if (!db_query(db, Q_NOTE_ADD, DB_ARGS(DB_INT8(-100), DB_TEXT("once")), NULL, NULL, p))
        return false;
    struct arena *arena = arena_new();
    struct db_rows *rows;
    bool read = db_query(db, Q_BACKEND, DB_NO_ARGS, arena, &rows, p);
    int pid = read ? (int)db_int(rows, 0, 0) : 0;
    arena_free(arena);
    if (ended_runs++ < *times) end_backend(pid);
    return read && db_query(db, Q_NOTE_ADD, DB_ARGS(DB_INT8(-99), DB_TEXT("once")), NULL, NULL, p);
}

static void a_transaction_that_broke_before_commit_runs_again(void **state) {
    (void)state;
    struct db_pool *pool = small_pool(conninfo, 1, 100);
    struct problem p = { 0 };
    struct db *db = db_take(pool, &p);
    int once = 1, always = 9;
    assert_true(db_transaction(db, &scope_system, DB_WRITE, end_in_the_middle, &once, &p));
    assert_int_equal(ended_runs, 2);
    assert_int_equal(test_sql_int(conninfo, "select count(*) from note where id < -98"), 2);
    test_sql(conninfo, "delete from note where id < -98");
    ended_runs = 0;
    assert_false(db_transaction(db, &scope_system, DB_WRITE, end_in_the_middle, &always, &p));
    assert_int_equal(ended_runs, 2);
    assert_int_equal(p.code, ERR_UNAVAILABLE);
    assert_true(p.retry_after > 0);
    db_give(db);
    assert_int_equal(test_sql_int(conninfo, "select count(*) from note where id < -98"), 0);
    db_pool_free(pool);
}

static void a_read_that_breaks_is_sent_once_more(void **state) {
    (void)state;
    struct db_pool *pool = pool_as(NULL, conninfo, 1, 100);
    struct problem p = { 0 };
    struct db *db = db_take(pool, &p);
    /* It ends its own backend, every time: tried twice, then given up. */
    assert_false(db_once(db, &scope_system, DB_READ, Q_END_MYSELF, DB_NO_ARGS, NULL, NULL, &p));
    assert_int_equal(p.code, ERR_UNAVAILABLE);
    db_give(db);
    db = db_take(pool, &p);
    assert_non_null(db);
    db_give(db);
    db_pool_free(pool);
}

static void an_absent_server_is_unavailable(void **state) {
    (void)state;
    struct db_pool *pool = small_pool("host=/nonexistent/socket dbname=x", 2, 100);
    struct problem p = { 0 };
    int64_t before = clock_monotonic_us();
    for (int i = 0; i < 5; i++) {
        p = (struct problem){ 0 };
        assert_null(db_take(pool, &p));
        assert_int_equal(p.code, ERR_UNAVAILABLE);
        assert_true(p.retry_after > 0);
        assert_null(strstr(p.detail, "nonexistent"));
    }
    assert_true(clock_monotonic_us() - before < 60000000); /* not for ever */
    assert_int_equal(state_of(pool).open, 0);
    assert_int_equal(state_of(pool).busy, 0);
    assert_true(state_of(pool).failures >= 1);
    db_pool_free(pool);
}

static void a_database_without_the_role_says_what_to_do(void **state) {
    (void)state;
    struct db_pool *pool = pool_as("no_such_role", conninfo, 1, 100);
    struct problem p = { 0 };
    assert_null(db_take(pool, &p));
    assert_int_equal(p.code, ERR_UNAVAILABLE);
    assert_non_null(strstr(p.detail, "hmis migrate"));
    db_pool_free(pool);
}

static void options_of_the_user_stay(void **state) {
    (void)state;
    char *with = test_conninfo_with(conninfo, "options", "-c hmis.mine=kept -c work_mem=7MB");
    struct db_pool *pool = small_pool(with, 1, 100);
    struct problem p = { 0 };
    struct db *db = db_take(pool, &p);
    assert_non_null(db);
    struct arena *arena = arena_new();
    struct db_rows *rows;
    assert_true(db_once(db, &scope_system, DB_READ, Q_WORK_MEMORY, DB_NO_ARGS, arena, &rows, &p));
    assert_string_equal(db_text(rows, 0, 0), "7MB");
    assert_string_equal(db_text(rows, 0, 1), "hmis_app");
    arena_free(arena);
    db_give(db);
    db_pool_free(pool);
    free(with);
}

int main(void) {
    base_start();
    conninfo = test_database("pool");
    test_sql(conninfo,
             "create table note (id bigint primary key, text text); grant all on note to hmis_app");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pool_opens_what_is_needed),
        cmocka_unit_test(an_exhausted_pool_is_busy_within_the_wait),
        cmocka_unit_test(who_waits_gets_what_is_given_back),
        cmocka_unit_test(threads_share_a_pool),
        cmocka_unit_test(an_idle_connection_that_was_ended_is_replaced),
        cmocka_unit_test(a_transaction_that_broke_before_commit_runs_again),
        cmocka_unit_test(a_read_that_breaks_is_sent_once_more),
        cmocka_unit_test(an_absent_server_is_unavailable),
        cmocka_unit_test(a_database_without_the_role_says_what_to_do),
        cmocka_unit_test(options_of_the_user_stay),
    };
    return cmocka_run_group_tests_name("db pool", tests, NULL, NULL);
}
