#include <stdio.h>

#include "hmis/audit.h"
#include "test.h"
#include "test_pg.h"

static const char *conninfo;
static struct db_pool *pool;
static struct db *db;
static struct arena *arena;

static int start(void **state) {
    (void)state;
    base_start();
    conninfo = test_database("audit");
    pool = test_pool(conninfo, 1);
    struct problem p = { 0 };
    db = db_take(pool, &p);
    arena = arena_new();
    return db ? 0 : -1;
}

static int stop(void **state) {
    (void)state;
    db_give(db);
    db_pool_free(pool);
    arena_free(arena);
    test_database_drop(conninfo);
    return 0;
}

static int fresh(void **state) {
    (void)state;
    test_sql(conninfo, "truncate audit");
    return 0;
}

static int64_t rows(void) {
    return test_sql_int(conninfo, "select count(*) from audit");
}

static void a_row_says_who_what_and_how_it_went(void **state) {
    (void)state;
    struct audit_entry entry = { .action = "report.submit",
                                 .object = "AP1 2022-04",
                                 .refused = true,
                                 .detail = "{\"version\": 3}",
                                 .account_id = 7,
                                 .assignment_id = 9,
                                 .role = "district",
                                 .client = "10.0.0.1",
                                 .request_id = "abc" };
    struct problem p = { 0 };
    assert_true(audit_write_once(db, &scope_system, &entry, arena, &p));
    assert_int_equal(
        test_sql_int(conninfo,
                     "select count(*) from audit where action = 'report.submit' and object = "
                     "'AP1 2022-04' and outcome = 'refused' and detail ->> 'version' = '3' and "
                     "account_id = 7 and assignment_id = 9 and role = 'district' and client = "
                     "'10.0.0.1' and request_id = 'abc' and at > now() - interval '1 minute'"),
        1);
}

static void what_is_not_known_is_null(void **state) {
    (void)state;
    struct audit_entry entry = { .action = "account.create" };
    struct problem p = { 0 };
    assert_true(audit_write_once(db, &scope_sign_in, &entry, arena, &p));
    assert_int_equal(
        test_sql_int(conninfo,
                     "select count(*) from audit where outcome = 'done' and num_nonnulls("
                     "account_id, assignment_id, role, client, request_id, object, detail) = 0"),
        1);
}

static bool write_and_fail(struct db *connection, void *arg, struct problem *p) {
    struct audit_entry entry = { .action = "report.submit" };
    (void)arg;
    if (!audit_write(connection, &entry, arena, p)) return false;
    return problem_set(p, ERR_VERSION_CONFLICT, NULL);
}

static void a_row_goes_with_its_change(void **state) {
    (void)state;
    struct problem p = { 0 };
    assert_false(db_transaction(db, &scope_system, DB_WRITE, write_and_fail, NULL, &p));
    assert_int_equal(p.code, ERR_VERSION_CONFLICT);
    assert_int_equal(rows(), 0);
}

static void nobody_writes_without_a_scope(void **state) {
    (void)state;
    struct audit_entry entry = { .action = "report.submit" };
    struct scope nothing = { .level = SCOPE_NOTHING };
    struct problem p = { 0 };
    assert_false(audit_write_once(db, &nothing, &entry, arena, &p));
    assert_int_equal(rows(), 0);
}

static void the_application_can_only_add(void **state) {
    (void)state;
    static const char *const changes[] = { "update audit set action = ''forged''",
                                           "delete from audit", "truncate audit",
                                           "alter table audit disable row level security",
                                           "drop table audit" };
    struct audit_entry entry = { .action = "report.submit" };
    struct problem p = { 0 };
    assert_true(audit_write_once(db, &scope_system, &entry, arena, &p));
    for (size_t i = 0; i < COUNT(changes); i++) {
        char sql[500];
        snprintf(sql, sizeof sql,
                 "do $$ begin set local role hmis_app; perform set_config('hmis.level', 'nation', "
                 "true); "
                 "begin execute '%s'; raise exception 'it was let'; "
                 "exception when insufficient_privilege then null; end; end $$",
                 changes[i]);
        test_sql(conninfo, sql); /* ends the program when it was let */
    }
    assert_int_equal(
        test_sql_int(conninfo, "select count(*) from audit where action = 'report.submit'"), 1);
}

static void only_the_nation_reads_it(void **state) {
    (void)state;
    static const struct {
        const char *level;
        int seen;
    } cases[] = { { "nation", 1 },   { "state", 0 },   { "district", 0 },
                  { "facility", 0 }, { "sign_in", 0 }, { "", 0 } };
    struct audit_entry entry = { .action = "report.submit", .account_id = 7 };
    struct problem p = { 0 };
    assert_true(audit_write_once(db, &scope_system, &entry, arena, &p));
    for (size_t i = 0; i < COUNT(cases); i++) {
        char sql[500];
        snprintf(
            sql, sizeof sql,
            "do $$ begin set local role hmis_app; perform set_config('hmis.level', '%s', true); "
            "perform set_config('hmis.account', '7', true); "
            "if (select count(*) from audit) <> %d then raise exception 'another count'; end if; "
            "end $$",
            cases[i].level, cases[i].seen);
        test_sql(conninfo, sql);
    }
}

#define TEST(name) cmocka_unit_test_setup(name, fresh)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_row_says_who_what_and_how_it_went), TEST(what_is_not_known_is_null),
        TEST(a_row_goes_with_its_change),          TEST(nobody_writes_without_a_scope),
        TEST(the_application_can_only_add),        TEST(only_the_nation_reads_it),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
