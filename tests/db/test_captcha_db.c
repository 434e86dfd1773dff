#include <stdio.h>
#include <stdlib.h>

#include "hmis/captcha.h"
#include "test.h"
#include "test_pg.h"

#define BROWSER "0123456789abcdef0123456789abcdef"
#define OTHER   "ffffffffffffffffffffffffffffffff"

static const char *conninfo;
static struct db_pool *pool;
static struct db *db;
static struct arena *arena;

static int start(void **state) {
    (void)state;
    base_start();
    conninfo = test_database("captcha");
    pool = test_pool(conninfo, 2);
    struct problem p = { 0 };
    db = db_take(pool, &p);
    return db ? 0 : -1;
}

static int stop(void **state) {
    (void)state;
    db_give(db);
    db_pool_free(pool);
    test_database_drop(conninfo);
    return 0;
}

static int fresh(void **state) {
    (void)state;
    arena = arena_new();
    test_sql(conninfo, "truncate captcha");
    return 0;
}

static int done(void **state) {
    (void)state;
    arena_free(arena);
    return 0;
}

static struct captcha_challenge issue(const char *browser) {
    struct captcha_challenge c = { .id = "" };
    struct problem p = { 0 };
    if (!captcha_issue(db, browser, "10.0.0.1", &c, arena, &p)) fail_msg("%s", p.detail);
    return c;
}

static bool answer(const char *id, const char *browser, const char *typed) {
    bool right = true;
    struct problem p = { 0 };
    assert_true(captcha_consume(db, id, browser, typed, &right, arena, &p));
    return right;
}

static bool seen(const char *id, const char *browser) {
    struct captcha_challenge c;
    struct problem p = { 0 };
    bool found = captcha_look(db, id, browser, &c, arena, &p);
    if (!found) assert_int_equal(p.code, ERR_NOT_FOUND);
    return found;
}

static int64_t open_count(void) {
    return test_sql_int(conninfo, "select count(*) from captcha");
}

static void a_right_answer_works_once(void **state) {
    (void)state;
    struct captcha_challenge c = issue(BROWSER), again;
    struct problem p = { 0 };
    assert_true(captcha_look(db, c.id, BROWSER, &again, arena, &p));
    assert_string_equal(again.answer, c.answer);
    assert_memory_equal(again.seed, c.seed, CAPTCHA_SEED);
    assert_true(answer(c.id, BROWSER, c.answer));
    assert_false(answer(c.id, BROWSER, c.answer));
    assert_false(seen(c.id, BROWSER));
    assert_int_equal(open_count(), 0);
}

static void a_wrong_answer_uses_it_up(void **state) {
    (void)state;
    struct captcha_challenge c = issue(BROWSER);
    char wrong[CAPTCHA_DIGITS + 1];
    memcpy(wrong, c.answer, sizeof wrong);
    wrong[5] = wrong[5] == '9' ? '0' : (char)(wrong[5] + 1);
    assert_false(answer(c.id, BROWSER, wrong));
    assert_false(answer(c.id, BROWSER, c.answer));
    c = issue(BROWSER);
    assert_false(answer(c.id, BROWSER, "not digits"));
    assert_false(answer(c.id, BROWSER, c.answer));
    c = issue(BROWSER);
    assert_false(answer(c.id, BROWSER, ""));
    assert_false(answer(c.id, BROWSER, c.answer));
}

static void it_is_bound_to_the_browser(void **state) {
    (void)state;
    struct captcha_challenge c = issue(BROWSER);
    assert_false(seen(c.id, OTHER));
    assert_false(seen(c.id, NULL));
    assert_true(seen(c.id, BROWSER));
    assert_false(answer(c.id, OTHER, c.answer));
    c = issue(BROWSER);
    assert_false(answer(c.id, NULL, c.answer));
    c = issue("");
    assert_false(answer(c.id, NULL, c.answer));
}

static void it_expires_by_the_database_clock(void **state) {
    (void)state;
    struct captcha_challenge c = issue(BROWSER);
    assert_int_equal(
        test_sql_int(conninfo,
                     "select extract(epoch from expires_at - created_at)::int from captcha"),
        CAPTCHA_SECONDS);
    test_sql(conninfo, "update captcha set expires_at = now() - interval '1 second'");
    assert_false(seen(c.id, BROWSER));
    assert_false(answer(c.id, BROWSER, c.answer));
}

static void strange_ids_are_nothing(void **state) {
    (void)state;
    static const char *const ids[] = { "",
                                       "00",
                                       "zz",
                                       "../../etc",
                                       "0123456789abcdef0123456789abcdeg",
                                       "0123456789abcdef0123456789abcdef",
                                       "0123456789abcdef0123456789abcdef00" };
    for (size_t i = 0; i < COUNT(ids); i++) {
        assert_false(seen(ids[i], BROWSER));
        assert_false(answer(ids[i], BROWSER, "123456"));
    }
}

static void the_table_tells_nothing(void **state) {
    (void)state;
    struct captcha_challenge c = issue(BROWSER);
    char sql[300];
    snprintf(sql, sizeof sql,
             "select count(*) from captcha where position('\\x%s'::bytea in id || browser || "
             "answer || drawing) > 0 "
             "or position('%s'::bytea in id || browser || answer || drawing) > 0 or captcha::text "
             "like '%%%s%%'",
             c.id, c.answer, BROWSER);
    assert_int_equal(test_sql_int(conninfo, sql), 0);
    assert_int_equal(test_sql_int(conninfo, "select length(id) from captcha"), 32);
}

static void what_expired_goes_away_on_the_way(void **state) {
    (void)state;
    test_sql(conninfo, "insert into captcha select sha256(i::text::bytea), '', '', '', 'x', now(), "
                       "now() - interval '1 minute' from generate_series(1, 250) i");
    issue(BROWSER);
    assert_int_equal(open_count(), 151);
    issue(BROWSER);
    issue(BROWSER);
    assert_int_equal(open_count(), 3);
}

static void one_network_holds_only_so_many(void **state) {
    (void)state;
    char sql[300];
    snprintf(sql, sizeof sql,
             "insert into captcha select sha256(i::text::bytea), '', '', '', '10.0.0.1', now(), "
             "now() + interval '1 minute' from generate_series(1, %d) i",
             CAPTCHA_PER_CLIENT - 1);
    test_sql(conninfo, sql);
    issue(BROWSER);
    struct captcha_challenge c;
    struct problem p = { 0 };
    assert_false(captcha_issue(db, BROWSER, "10.0.0.1", &c, arena, &p));
    assert_int_equal(p.code, ERR_TOO_MANY);
    assert_true(p.retry_after > 0);
    assert_true(captcha_issue(db, BROWSER, "10.0.0.2", &c, arena, &p));
    assert_int_equal(open_count(), CAPTCHA_PER_CLIENT + 1);
}

static void the_table_has_a_bound(void **state) {
    (void)state;
    char sql[300];
    snprintf(sql, sizeof sql,
             "insert into captcha select sha256(i::text::bytea), '', '', '', i::text, now(), "
             "now() + interval '1 minute' from generate_series(1, %d) i",
             CAPTCHA_OPEN_MAX);
    test_sql(conninfo, sql);
    struct captcha_challenge c;
    struct problem p = { 0 };
    assert_false(captcha_issue(db, BROWSER, "10.0.0.1", &c, arena, &p));
    assert_int_equal(p.code, ERR_BUSY);
    assert_int_equal(open_count(), CAPTCHA_OPEN_MAX);
}

static void no_other_scope_sees_challenges(void **state) {
    (void)state;
    struct captcha_challenge c = issue(BROWSER);
    struct problem p = { 0 };
    struct db_rows *rows;
    uint8_t any[32] = { 0 };
    assert_true(db_once(db, &scope_system, DB_WRITE, Q_CAPTCHA_CONSUME, DB_ARGS(DB_BYTES(any, 32)),
                        arena, &rows, &p));
    assert_int_equal(db_count(rows), 0);
    assert_true(seen(c.id, BROWSER));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh, done)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_right_answer_works_once),
        TEST(a_wrong_answer_uses_it_up),
        TEST(it_is_bound_to_the_browser),
        TEST(it_expires_by_the_database_clock),
        TEST(strange_ids_are_nothing),
        TEST(the_table_tells_nothing),
        TEST(what_expired_goes_away_on_the_way),
        TEST(one_network_holds_only_so_many),
        TEST(the_table_has_a_bound),
        TEST(no_other_scope_sees_challenges),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
