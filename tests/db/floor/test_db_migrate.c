/* Migrations of this test's own stand in for those built in: the symbols of migrations.h. */
#include "hmis/db.h"
#include "hmis/migrations.h"

#include "test.h"
#include "test_pg.h"

#include <libpq-fe.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define SHA(digit) digit digit digit digit digit digit digit digit
#define SHA64(digit)                                                                               \
    SHA(digit) SHA(digit) SHA(digit) SHA(digit) SHA(digit) SHA(digit) SHA(digit) SHA(digit)

const struct migration migrations[] = {
    { 1, "first", "create table one (id integer primary key); insert into one values (1), (2)",
      SHA64("a"), true },
    { 2, "slow",
      "create table two (id integer); select pg_advisory_xact_lock(77); insert into two select id "
      "from one",
      SHA64("b"), true },
    { 3, "bare",
      "-- no-transaction\ncreate index concurrently if not exists two_id on two (id)\n"
      "-- next\ncreate index concurrently if not exists one_id on one (id)",
      SHA64("c"), false },
    { 4, "last", "alter table one add column name text", SHA64("d"), true },
};
const int migration_count = 4;

static char applied[100];
static pthread_mutex_t applied_lock = PTHREAD_MUTEX_INITIALIZER;

static void note(int version, const char *name) {
    pthread_mutex_lock(&applied_lock);
    size_t at = strlen(applied);
    snprintf(applied + at, sizeof applied - at, "%d %s;", version, name);
    pthread_mutex_unlock(&applied_lock);
}

#define ALL "1 first;2 slow;3 bare;4 last;"

static void migrate(const char *conninfo) {
    struct problem p = { 0 };
    if (!db_migrate(conninfo, note, &p)) fail_msg("%s", p.detail);
}

static enum db_schema schema_of(const char *conninfo, char detail[200]) {
    struct db_pool *pool = test_pool(conninfo, 1);
    struct problem p = { 0 };
    struct db *db = db_take(pool, &p);
    enum db_schema schema = -1;
    if (!db || !db_schema_check(db, &schema, detail, &p)) fail_msg("%s", p.detail);
    db_give(db);
    db_pool_free(pool);
    return schema;
}

static void complete(const char *conninfo) {
    char detail[200];
    assert_int_equal(schema_of(conninfo, detail), DB_SCHEMA_FITS);
    assert_string_equal(detail, "");
    assert_int_equal(test_sql_int(conninfo, "select count(*) from two"), 2);
    assert_int_equal(test_sql_int(conninfo, "select count(*) from pg_index where not indisvalid"),
                     0);
    assert_int_equal(test_sql_int(conninfo,
                                  "select count(*) from schema_migration where app_version <> ''"
                                  " and applied_at <= now()"),
                     4);
}

static int set_up(void **state) {
    *state = (void *)test_database_empty("migrate");
    test_sql(*state,
             "do $$ begin create role hmis_app; exception when duplicate_object then end $$");
    applied[0] = '\0';
    return 0;
}

static int tear_down(void **state) {
    test_database_drop(*state);
    return 0;
}

static void all_are_applied_once_and_in_order(void **state) {
    char detail[200];
    assert_int_equal(schema_of(*state, detail), DB_SCHEMA_EMPTY);
    assert_non_null(strstr(detail, "hmis migrate"));
    migrate(*state);
    assert_string_equal(applied, ALL);
    complete(*state);
    migrate(*state);
    assert_string_equal(applied, ALL);
    assert_int_equal(db_schema_version(), 4);
}

static void *migrate_in_thread(void *arg) {
    struct problem p = { 0 };
    return db_migrate(arg, note, &p) ? arg : NULL;
}

static void of_several_starters_one_migrates(void **state) {
    pthread_t threads[4];
    for (size_t i = 0; i < COUNT(threads); i++)
        pthread_create(&threads[i], NULL, migrate_in_thread, *state);
    for (size_t i = 0; i < COUNT(threads); i++) {
        void *done;
        pthread_join(threads[i], &done);
        assert_non_null(done);
    }
    assert_string_equal(applied, ALL);
    complete(*state);
}

/* Kills a process that migrates as soon as the condition holds; it may take any time to come there.
 */
static void kill_when(const char *conninfo, const char *condition) {
    pid_t child = fork();
    if (child == 0) {
        struct problem p = { 0 };
        _exit(db_migrate(conninfo, NULL, &p) ? 0 : 1);
    }
    int ended = 0;
    while (test_sql_int(conninfo, condition) == 0 && !ended)
        ended = waitpid(child, NULL, WNOHANG);
    assert_int_equal(ended, 0);
    kill(child, SIGKILL);
    int status;
    waitpid(child, &status, 0);
    assert_true(WIFSIGNALED(status));
}

static void a_killed_migration_completes_at_the_next_start(void **state) {
    /* The second one waits for this lock, in its middle, for as long as we want. */
    PGconn *holder = PQconnectdb(*state);
    PQclear(PQexec(holder, "select pg_advisory_lock(77)"));
    kill_when(*state, "select count(*) from pg_locks where locktype = 'advisory' and objid = 77"
                      " and not granted");
    PQfinish(holder);
    migrate(*state);
    complete(*state);
    assert_string_equal(applied, "2 slow;3 bare;4 last;");
}

static void a_statement_outside_transactions_bears_a_second_run(void **state) {
    migrate(*state);
    /* As if killed between the last statement and the ledger. */
    test_sql(*state, "delete from schema_migration where version > 2; drop index one_id; alter "
                     "table one drop column name");
    applied[0] = '\0';
    char detail[200];
    assert_int_equal(schema_of(*state, detail), DB_SCHEMA_OLDER);
    assert_non_null(strstr(detail, "2 of 4"));
    migrate(*state);
    assert_string_equal(applied, "3 bare;4 last;");
    complete(*state);
}

static void refused_with(const char *conninfo, enum db_schema schema, const char *word) {
    char detail[200];
    assert_int_equal(schema_of(conninfo, detail), schema);
    assert_non_null(strstr(detail, word));
    struct problem p = { 0 };
    applied[0] = '\0';
    assert_false(db_migrate(conninfo, note, &p));
    assert_non_null(strstr(p.detail, word));
    assert_string_equal(applied, "");
}

static void a_newer_schema_is_left_alone(void **state) {
    migrate(*state);
    test_sql(*state, "insert into schema_migration values (5, 'future', 'x', now(), '9')");
    refused_with(*state, DB_SCHEMA_NEWER, "future");
}

static void a_changed_file_is_noticed(void **state) {
    migrate(*state);
    test_sql(*state, "update schema_migration set sha256 = 'x' where version = 2");
    refused_with(*state, DB_SCHEMA_CHANGED, "slow");
    test_sql(*state, "update schema_migration set name = 'other' where version = 1");
    refused_with(*state, DB_SCHEMA_CHANGED, "first");
}

static void a_gap_in_the_ledger_is_noticed(void **state) {
    migrate(*state);
    test_sql(*state, "delete from schema_migration where version = 2");
    refused_with(*state, DB_SCHEMA_CHANGED, "2");
}

static void a_failed_migration_leaves_nothing(void **state) {
    test_sql(*state, "create table two (other text)"); /* in the way of the second */
    struct problem p = { 0 };
    assert_false(db_migrate(*state, note, &p));
    assert_non_null(strstr(p.detail, "0002_slow"));
    assert_string_equal(applied, "1 first;");
    test_sql(*state, "drop table two");
    migrate(*state);
    complete(*state);
}

static void a_table_in_use_is_not_waited_for_for_ever(void **state) {
    migrate(*state);
    test_sql(*state,
             "delete from schema_migration where version = 4; alter table one drop column name");
    char *options = test_conninfo_with(*state, "options", "-c lock_timeout=5s");
    PGconn *user = PQconnectdb(options);
    free(options);
    PQclear(PQexec(user, "begin; lock table one in access share mode"));
    struct problem p = { 0 };
    assert_false(db_migrate(*state, note, &p));
    assert_int_equal(p.code, ERR_BUSY);
    PQfinish(user);
    migrate(*state);
    complete(*state);
}

static void an_unreachable_server_is_said_to_be(void **state) {
    (void)state;
    struct problem p = { 0 };
    assert_false(db_migrate("host=/nonexistent dbname=x", NULL, &p));
    assert_int_equal(p.code, ERR_UNAVAILABLE);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void) {
    base_start();
    const struct CMUnitTest tests[] = {
        TEST(all_are_applied_once_and_in_order),
        TEST(of_several_starters_one_migrates),
        TEST(a_killed_migration_completes_at_the_next_start),
        TEST(a_statement_outside_transactions_bears_a_second_run),
        TEST(a_newer_schema_is_left_alone),
        TEST(a_changed_file_is_noticed),
        TEST(a_gap_in_the_ledger_is_noticed),
        TEST(a_failed_migration_leaves_nothing),
        TEST(a_table_in_use_is_not_waited_for_for_ever),
        cmocka_unit_test(an_unreachable_server_is_said_to_be),
    };
    return cmocka_run_group_tests_name("db migrate", tests, NULL, NULL);
}
