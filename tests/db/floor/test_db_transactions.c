#include "hmis/db.h"

#include "test.h"
#include "test_pg.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

static const char *conninfo;
static struct db_pool *pool;
static struct arena *arena;

static const struct scope nothing;
static const int32_t two_facilities[] = { 1, 3 };
static const struct scope facilities = {
    .level = SCOPE_FACILITY, .user_id = 7, .facilities = two_facilities, .facility_count = 2
};
static const struct scope district = { .level = SCOPE_DISTRICT,
                                       .area_id = 3,
                                       .user_id = INT64_C(1) << 40 };

static struct db *take(void) {
    struct problem p = { 0 };
    struct db *db = db_take(pool, &p);
    if (!db) fail_msg("%s", p.detail);
    return db;
}

static struct db_rows *get_as(const struct scope *scope, enum db_mode mode, enum query_id query) {
    struct db *db = take();
    struct problem p = { 0 };
    struct db_rows *rows = NULL;
    if (!db_once(db, scope, mode, query, DB_NO_ARGS, arena, &rows, &p)) fail_msg("%s", p.detail);
    db_give(db);
    return rows;
}

static bool set_note(struct db *db, int id, const char *text, struct problem *p) {
    return db_query(db, Q_NOTE_SET, DB_ARGS(DB_INT4(id), DB_TEXT(text)), NULL, NULL, p);
}

static void notes_are(const char *want) {
    char found[200];
    test_sql_value(conninfo, "select string_agg(id || '=' || text, ' ' order by id) from note",
                   found, sizeof found);
    assert_string_equal(found, want);
}

static int set_up(void **state) {
    (void)state;
    arena = arena_new();
    test_sql(conninfo, "truncate note; insert into note values (1, 'a'), (2, 'b')");
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    arena_free(arena);
    return 0;
}

/* ---- Scope. -----------------------------------------------------------------------------------
 */

static void the_scope_travels_and_does_not_stay(void **state) {
    (void)state;
    static const struct {
        const struct scope *scope;
        const char *level, *area, *account, *list;
    } cases[] = {
        { &district, "district", "3", "1099511627776", "{}" },
        { &facilities, "facility", "0", "7", "{1,3}" },
        { &nothing, "nothing", "0", "0", "{}" },
        { &scope_system, "nation", "0", "0", "{}" },
        { &scope_sign_in, "sign_in", "0", "0", "{}" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct db_rows *r = get_as(cases[i].scope, DB_READ, Q_SCOPE_NOW);
        assert_string_equal(db_text(r, 0, 0), cases[i].level);
        assert_string_equal(db_text(r, 0, 1), cases[i].area);
        assert_string_equal(db_text(r, 0, 2), cases[i].account);
        assert_string_equal(db_text(r, 0, 3), cases[i].list);
        assert_string_equal(db_text(r, 0, 4), "hmis_app");
        assert_string_equal(db_text(r, 0, 5), "10s");
        assert_string_equal(db_text(r, 0, 6), "2s");
        assert_string_equal(db_text(r, 0, 7), "UTC");
    }
}

static void the_mode_is_kept(void **state) {
    (void)state;
    static const struct {
        enum db_mode mode;
        const char *read_only, *isolation;
    } cases[] = {
        { DB_READ, "on", "read committed" },
        { DB_WRITE, "off", "read committed" },
        { DB_READ_SNAPSHOT, "on", "repeatable read" },
        { DB_WRITE_SNAPSHOT, "off", "repeatable read" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct db_rows *r = get_as(&scope_system, cases[i].mode, Q_SCOPE_NOW);
        assert_string_equal(db_text(r, 0, 8), cases[i].read_only);
        assert_string_equal(db_text(r, 0, 9), cases[i].isolation);
    }
}

static void rows_outside_the_scope_do_not_exist(void **state) {
    (void)state;
    static const struct scope block = { .level = SCOPE_BLOCK, .area_id = 5 };
    static const struct scope state_2 = { .level = SCOPE_STATE, .area_id = 2 };
    static const struct {
        const struct scope *scope;
        const char *codes;
    } cases[] = {
        { &nothing, "" },       { &scope_sign_in, "" },  { &scope_system, "F1F2F3" },
        { &district, "F1F2" },  { &facilities, "F1F3" }, { &block, "F1" },
        { &state_2, "F1F2F3" }, { &nothing, "" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct db_rows *r = get_as(cases[i].scope, DB_READ, Q_FACILITIES_SEEN);
        char codes[40] = "";
        for (int row = 0; row < db_count(r); row++)
            strcat(codes, db_text(r, row, 0));
        assert_string_equal(codes, cases[i].codes);
    }
}

static void writing_outside_the_scope_is_not_found(void **state) {
    (void)state;
    struct db *db = take();
    struct problem p = { 0 };
    assert_false(db_once(db, &district, DB_WRITE, Q_FACILITY_ADD,
                         DB_ARGS(DB_TEXT("F9"), DB_INT4(2), DB_INT4(4), DB_INT4(6)), NULL, NULL,
                         &p));
    assert_int_equal(p.code, ERR_NOT_FOUND);
    p = (struct problem){ 0 };
    const struct scope state_scope = { .level = SCOPE_STATE, .area_id = 2 };
    assert_false(db_once(db, &state_scope, DB_WRITE, Q_FACILITY_ADD,
                         DB_ARGS(DB_TEXT("F1"), DB_INT4(2), DB_INT4(3), DB_INT4(5)), NULL, NULL,
                         &p));
    assert_int_equal(p.code, ERR_EXISTS);
    assert_int_equal(p.field_count, 1);
    assert_string_equal(p.fields[0].field, "code");
    db_give(db);
}

static void hmis_app_cannot_get_out(void **state) {
    (void)state;
    static const enum query_id tries[] = { Q_MAKE_TABLE, Q_DROP_POLICY };
    struct db *db = take();
    for (size_t i = 0; i < COUNT(tries); i++) {
        struct problem p = { 0 };
        assert_false(db_once(db, &scope_system, DB_WRITE, tries[i], DB_NO_ARGS, NULL, NULL, &p));
        assert_int_equal(p.code, ERR_FORBIDDEN);
    }
    db_give(db);
}

/* ---- Errors. ----------------------------------------------------------------------------------
 */

static bool overlook_error(struct db *db, void *arg, struct problem *p) {
    (void)arg;
    if (!set_note(db, 1, "kept?", p)) return false;
    struct problem ignored = { 0 };
    if (db_query(db, Q_DIVIDE, DB_ARGS(DB_INT4(0)), NULL, NULL, &ignored)) return false;
    return true;
}

static bool refuse(struct db *db, void *arg, struct problem *p) {
    (void)arg;
    if (!set_note(db, 1, "kept?", p)) return false;
    return problem_set(p, ERR_VERSION_CONFLICT, NULL);
}

static void a_refused_transaction_leaves_nothing(void **state) {
    (void)state;
    struct db *db = take();
    struct problem p = { 0 };
    assert_false(db_transaction(db, &scope_system, DB_WRITE, refuse, NULL, &p));
    assert_int_equal(p.code, ERR_VERSION_CONFLICT);
    assert_false(db_transaction(db, &scope_system, DB_WRITE, overlook_error, NULL, &p));
    notes_are("1=a 2=b");
    /* The same connection works on. */
    p = (struct problem){ 0 };
    assert_true(db_once(db, &scope_system, DB_WRITE, Q_NOTE_SET, DB_ARGS(DB_INT4(1), DB_TEXT("c")),
                        NULL, NULL, &p));
    assert_int_equal(p.code, ERR_NONE);
    notes_are("1=c 2=b");
    db_give(db);
}

static void details_of_sql_do_not_reach_the_user(void **state) {
    (void)state;
    struct db *db = take();
    struct problem p = { 0 };
    assert_false(
        db_once(db, &scope_system, DB_READ, Q_DIVIDE, DB_ARGS(DB_INT4(0)), NULL, NULL, &p));
    assert_int_equal(p.code, ERR_INTERNAL);
    assert_string_equal(p.detail, error_text(ERR_INTERNAL));
    db_give(db);
}

static void affected_rows_are_counted(void **state) {
    (void)state;
    struct db *db = take();
    struct problem p = { 0 };
    struct db_rows *rows;
    assert_true(db_once(db, &scope_system, DB_WRITE, Q_NOTE_SET, DB_ARGS(DB_INT4(1), DB_TEXT("x")),
                        arena, &rows, &p));
    assert_int_equal(db_affected(rows), 1);
    assert_true(db_once(db, &scope_system, DB_WRITE, Q_NOTE_SET, DB_ARGS(DB_INT4(9), DB_TEXT("x")),
                        arena, &rows, &p));
    assert_int_equal(db_affected(rows), 0);
    db_give(db);
}

static bool nothing_at_all(struct db *db, void *arg, struct problem *p) {
    (void)db, (void)p;
    return arg == NULL;
}

static void a_transaction_without_statements_is_none(void **state) {
    (void)state;
    struct db *db = take();
    struct problem p = { 0 };
    assert_true(db_transaction(db, &scope_system, DB_WRITE, nothing_at_all, NULL, &p));
    assert_false(db_transaction(db, &scope_system, DB_WRITE, nothing_at_all, &p, &p));
    db_give(db);
}

/* ---- A schema that changes under a prepared statement. ------------------------------------------
 */

static void a_changed_table_is_read_anew(void **state) {
    (void)state;
    struct db *db = take();
    struct problem p = { 0 };
    struct db_rows *rows;
    assert_true(db_once(db, &scope_system, DB_READ, Q_NOTE_ALL, DB_NO_ARGS, arena, &rows, &p));
    test_sql(conninfo, "alter table note add column more integer");
    assert_true(db_once(db, &scope_system, DB_READ, Q_NOTE_ALL, DB_NO_ARGS, arena, &rows, &p));
    assert_int_equal(p.code, ERR_NONE);
    assert_true(db_is_null(rows, 0, 2));
    test_sql(conninfo, "alter table note drop column more");
    db_give(db);
}

/* ---- Conflicts. ---------------------------------------------------------------------------------
 */

struct fight {
    pthread_barrier_t both_read;
    _Atomic int runs;
    bool deadlock;
};
struct fighter {
    struct fight *fight;
    int first, second;
    const char *text;
    bool done, met;
    struct problem p;
};

static bool one_round(struct db *db, void *arg, struct problem *p) {
    struct fighter *f = arg;
    f->fight->runs++;
    enum query_id first = f->fight->deadlock ? Q_NOTE_LOCK : Q_NOTE_GET;
    struct arena *own = arena_new();
    struct db_rows *rows;
    bool read = db_query(db, first, DB_ARGS(DB_INT4(f->first)), own, &rows, p);
    char text[100];
    if (read) snprintf(text, sizeof text, "%.50s%s", db_text(rows, 0, 0), f->text);
    arena_free(own);
    if (!f->met) pthread_barrier_wait(&f->fight->both_read);
    f->met = true;
    return read && set_note(db, f->second, text, p);
}

static void *fight(void *arg) {
    struct fighter *f = arg;
    struct db *db = db_take(pool, &f->p);
    f->done = db && db_transaction(db, &scope_system, DB_WRITE_SNAPSHOT, one_round, f, &f->p);
    db_give(db);
    return NULL;
}

static void both_win(struct fighter *a, struct fighter *b) {
    pthread_barrier_init(&a->fight->both_read, NULL, 2);
    pthread_t threads[2];
    pthread_create(&threads[0], NULL, fight, a);
    pthread_create(&threads[1], NULL, fight, b);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    pthread_barrier_destroy(&a->fight->both_read);
    assert_true(a->done);
    assert_true(b->done);
    assert_int_equal(a->p.code, ERR_NONE);
    assert_int_equal(b->p.code, ERR_NONE);
    assert_true(a->fight->runs >= 3);
}

static void a_serialization_failure_is_tried_again(void **state) {
    (void)state;
    struct fight f = { .deadlock = false };
    both_win(&(struct fighter){ .fight = &f, .first = 1, .second = 1, .text = "+" },
             &(struct fighter){ .fight = &f, .first = 1, .second = 1, .text = "+" });
    notes_are("1=a++ 2=b");
}

static void a_deadlock_is_tried_again(void **state) {
    (void)state;
    struct fight f = { .deadlock = true };
    both_win(&(struct fighter){ .fight = &f, .first = 1, .second = 2, .text = "x" },
             &(struct fighter){ .fight = &f, .first = 2, .second = 1, .text = "y" });
    char found[200];
    test_sql_value(conninfo, "select string_agg(text, ' ' order by id) from note", found,
                   sizeof found);
    /* Whoever came second has read what the first wrote. */
    assert_true(text_equal(found, "axy ax") || text_equal(found, "by byx"));
}

static _Atomic int hopeless_runs;

static bool always_conflicts(struct db *db, void *arg, struct problem *p) {
    (void)arg;
    hopeless_runs++;
    if (!db_query(db, Q_NOTE_GET, DB_ARGS(DB_INT4(1)), NULL, NULL, p)) return false;
    test_sql(conninfo, "update note set text = 'elsewhere' where id = 1");
    return set_note(db, 1, "here", p);
}

static void the_third_repetition_is_the_last(void **state) {
    (void)state;
    struct db *db = take();
    struct problem p = { 0 };
    assert_false(db_transaction(db, &scope_system, DB_WRITE_SNAPSHOT, always_conflicts, NULL, &p));
    assert_int_equal(p.code, ERR_BUSY);
    assert_int_equal(hopeless_runs, 4);
    assert_true(p.retry_after > 0);
    notes_are("1=elsewhere 2=b");
    db_give(db);
}

/* ---- Waiting. -----------------------------------------------------------------------------------
 */

struct hold {
    pthread_barrier_t held, release;
};

static bool hold_lock(struct db *db, void *arg, struct problem *p) {
    struct hold *hold = arg;
    bool held = db_query(db, Q_NOTE_LOCK, DB_ARGS(DB_INT4(1)), NULL, NULL, p);
    pthread_barrier_wait(&hold->held);
    pthread_barrier_wait(&hold->release);
    return held;
}

static void *holder(void *arg) {
    struct problem p = { 0 };
    struct db *db = db_take(pool, &p);
    bool held = db_transaction(db, &scope_system, DB_WRITE, hold_lock, arg, &p);
    db_give(db);
    return held ? arg : NULL;
}

static void a_lock_held_by_another_is_busy(void **state) {
    (void)state;
    struct hold hold;
    pthread_barrier_init(&hold.held, NULL, 2);
    pthread_barrier_init(&hold.release, NULL, 2);
    pthread_t thread;
    pthread_create(&thread, NULL, holder, &hold);
    pthread_barrier_wait(&hold.held);
    struct db *db = take();
    struct problem p = { 0 };
    assert_false(db_once(db, &scope_system, DB_WRITE, Q_NOTE_SET, DB_ARGS(DB_INT4(1), DB_TEXT("z")),
                         NULL, NULL, &p));
    assert_int_equal(p.code, ERR_BUSY);
    assert_true(p.retry_after > 0);
    pthread_barrier_wait(&hold.release);
    void *held;
    pthread_join(thread, &held);
    assert_non_null(held);
    p = (struct problem){ 0 };
    assert_true(db_once(db, &scope_system, DB_WRITE, Q_NOTE_SET, DB_ARGS(DB_INT4(1), DB_TEXT("z")),
                        NULL, NULL, &p));
    db_give(db);
}

static bool sleep_long(struct db *db, void *arg, struct problem *p) {
    (void)arg;
    return db_query(db, Q_SLEEP, DB_ARGS(DB_INT4(20)), NULL, NULL, p);
}

static void a_long_statement_is_cut(void **state) {
    (void)state;
    struct db *db = take();
    struct problem p = { 0 };
    db_statement_timeout(db, 200);
    assert_false(
        db_once(db, &scope_system, DB_READ, Q_SLEEP, DB_ARGS(DB_INT4(20)), NULL, NULL, &p));
    assert_int_equal(p.code, ERR_BUSY);
    p = (struct problem){ 0 };
    assert_false(db_transaction(db, &scope_system, DB_READ, sleep_long, NULL, &p));
    assert_int_equal(p.code, ERR_BUSY);
    db_give(db);
    /* Given back, the connection is as the pool wants it. */
    assert_string_equal(db_text(get_as(&scope_system, DB_READ, Q_SCOPE_NOW), 0, 5), "10s");
}

/* ---- Behind a pooler: nothing is kept in the connection.
 * ----------------------------------------- */

static void without_named_statements_all_is_the_same(void **state) {
    (void)state;
    struct db_pool *bare = db_pool_new(&(struct db_settings){ .conninfo = conninfo,
                                                              .role = "hmis_app",
                                                              .connections = 1,
                                                              .wait_ms = 100,
                                                              .statement_timeout_ms = 3000,
                                                              .lock_timeout_ms = 1500 });
    struct problem p = { 0 };
    struct db *db = db_take(bare, &p);
    assert_non_null(db);
    for (int again = 0; again < 2; again++) {
        struct db_rows *r;
        assert_true(db_once(db, &facilities, DB_READ, Q_SCOPE_NOW, DB_NO_ARGS, arena, &r, &p));
        assert_string_equal(db_text(r, 0, 3), "{1,3}");
        assert_string_equal(db_text(r, 0, 4), "hmis_app");
        assert_string_equal(db_text(r, 0, 5), "3s");
        assert_string_equal(db_text(r, 0, 6), "1500ms");
        assert_string_equal(db_text(r, 0, 7), "UTC");
        assert_true(
            db_once(db, &facilities, DB_READ, Q_FACILITIES_SEEN, DB_NO_ARGS, arena, &r, &p));
        assert_int_equal(db_count(r), 2);
        assert_true(db_once(db, &facilities, DB_WRITE, Q_NOTE_SET,
                            DB_ARGS(DB_INT4(2), DB_TEXT("bare")), NULL, NULL, &p));
    }
    notes_are("1=a 2=bare");
    db_give(db);
    db_pool_free(bare);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void) {
    base_start();
    conninfo = test_database("transactions");
    test_sql(conninfo,
             "create table note (id bigint primary key, text text); grant all on note to hmis_app;"
             "insert into area (id, level, name) values (1, 'nation', 'N'), (2, 'state', 'S'), (3, "
             "'district', 'D3'),"
             " (4, 'district', 'D4'), (5, 'block', 'B5'), (6, 'block', 'B6'), (7, 'block', 'B7');"
             "insert into facility (code, name, facility_type, ownership, locality, state_id, "
             "district_id, block_id)"
             " values ('F1', 'x', 1, 1, 1, 2, 3, 5), ('F2', 'x', 1, 1, 1, 2, 3, 6), ('F3', 'x', 1, "
             "1, 1, 2, 4, 7)");
    pool = test_pool(conninfo, 4);
    const struct CMUnitTest tests[] = {
        TEST(the_scope_travels_and_does_not_stay),
        TEST(the_mode_is_kept),
        TEST(rows_outside_the_scope_do_not_exist),
        TEST(writing_outside_the_scope_is_not_found),
        TEST(hmis_app_cannot_get_out),
        TEST(a_refused_transaction_leaves_nothing),
        TEST(details_of_sql_do_not_reach_the_user),
        TEST(affected_rows_are_counted),
        TEST(a_transaction_without_statements_is_none),
        TEST(a_changed_table_is_read_anew),
        TEST(a_serialization_failure_is_tried_again),
        TEST(a_deadlock_is_tried_again),
        TEST(the_third_repetition_is_the_last),
        TEST(a_lock_held_by_another_is_busy),
        TEST(a_long_statement_is_cut),
        TEST(without_named_statements_all_is_the_same),
    };
    int failed = cmocka_run_group_tests_name("db transactions", tests, NULL, NULL);
    db_pool_free(pool);
    return failed;
}
