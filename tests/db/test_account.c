#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "hmis/account.h"
#include "test.h"
#include "test_pg.h"

static const char *conninfo;
static struct db_pool *pool;
static struct db *db;
static struct arena *arena;

/* One state with a district, a block and two facilities. */
static const char places[] =
    "insert into area (id, level, lgd_code, name) values (1, 'nation', null, 'India'),"
    " (2, 'state', 28, 'Andhra Pradesh'), (3, 'district', 745, 'Guntur'),"
    " (4, 'block', 9001, 'Tadikonda'), (5, 'subdistrict', 77, 'Mangalagiri');"
    "insert into facility (id, code, name, facility_type, ownership, locality, state_id, "
    "district_id, block_id)"
    " values (11, 'AP1', 'PHC Lam', 2, 1, 1, 2, 3, 4), (12, 'AP2', 'SC Ponnekallu', 1, 1, 1, 2, 3, "
    "4)";

static int start(void **state) {
    (void)state;
    base_start();
    conninfo = test_database("account");
    test_sql(conninfo, places);
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

static int fresh_arena(void **state) {
    (void)state;
    arena = arena_new();
    return 0;
}

static int free_arena(void **state) {
    (void)state;
    arena_free(arena);
    return 0;
}

static const char *const one_facility[] = { "AP1" };
static const char *const both_facilities[] = { "AP1", "AP2", "AP1" };
static const char *const no_such_facility[] = { "AP1", "NOPE" };

#define GOOD "kettle umbrella trombone"
#define ACCOUNT(user, name, word, what, ...)                                                       \
    { .username = (user), .full_name = (name), .password = (word), .role = (what), ##__VA_ARGS__ }
#define ON(list) .facilities = (list), .facility_count = COUNT(list)

static void accounts_of_every_role_are_made(void **state) {
    (void)state;
    static const struct account_new cases[] = {
        ACCOUNT("deo.one", "Asha Rani", GOOD, ROLE_DATA_ENTRY, ON(both_facilities),
                .mobile = "+919800000001"),
        ACCOUNT("mo.one", "Dr Rao", GOOD, ROLE_MEDICAL_OFFICER, ON(one_facility),
                .email = "mo@example.org"),
        ACCOUNT("block.one", "बी. देवी", GOOD, ROLE_BLOCK, .area = "lgd-block-9001",
                .language = "hi"),
        ACCOUNT("district.one", "D", GOOD, ROLE_DISTRICT, .area = "lgd-district-745"),
        ACCOUNT("state.one", "S", GOOD, ROLE_STATE, .area = "2"),
        ACCOUNT("nation.one", "N", GOOD, ROLE_NATIONAL),
        ACCOUNT("viewer.one", "V", GOOD, ROLE_VIEWER, .area = "lgd-district-745"),
        ACCOUNT("viewer.two", "V", GOOD, ROLE_VIEWER, .area = "nation"),
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct problem p = { 0 };
        int64_t id = 0;
        if (!account_create(db, &cases[i], &id, arena, &p))
            fail_msg("%s: %s", cases[i].username, p.field_count ? p.fields[0].detail : p.detail);
        assert_true(id > 0);
    }
    assert_int_equal(test_sql_int(conninfo, "select count(*) from account where password like "
                                            "'$argon2id$v=19$m=19456,t=2,p=1$%' and active"),
                     COUNT(cases));
    assert_int_equal(test_sql_int(conninfo,
                                  "select count(*) from assignment_facility f join assignment g on "
                                  "g.id = f.assignment_id where g.role = 'data_entry'"),
                     2);
    assert_int_equal(
        test_sql_int(conninfo, "select area_id from assignment where role = 'national'"), 1);
    assert_int_equal(test_sql_int(conninfo,
                                  "select count(*) from audit where action = 'account.create' and "
                                  "outcome = 'done' and object is not null"),
                     COUNT(cases));
}

static void what_does_not_fit_is_told_field_by_field(void **state) {
    (void)state;
    static const struct {
        struct account_new account;
        const char *field;
        enum error_code code;
    } cases[] = {
        { ACCOUNT("Upper", "A", GOOD, ROLE_NATIONAL), "username", ERR_INVALID },
        { ACCOUNT("ab", "A", GOOD, ROLE_NATIONAL), "username", ERR_INVALID },
        { ACCOUNT(".dot", "A", GOOD, ROLE_NATIONAL), "username", ERR_INVALID },
        { ACCOUNT("o'brien", "A", GOOD, ROLE_NATIONAL), "username", ERR_INVALID },
        { ACCOUNT(NULL, "A", GOOD, ROLE_NATIONAL), "username", ERR_INVALID },
        { ACCOUNT("fine", "", GOOD, ROLE_NATIONAL), "full_name", ERR_INVALID },
        { ACCOUNT("fine", "line\nbreak", GOOD, ROLE_NATIONAL), "full_name", ERR_INVALID },
        { ACCOUNT("fine", "A", "hmis@2026#123", ROLE_NATIONAL), "password", ERR_WEAK_PASSWORD },
        { ACCOUNT("fine", "A", NULL, ROLE_NATIONAL), "password", ERR_MISSING_FIELD },
        { ACCOUNT("fine", "A", "guntur-745-guntur", ROLE_DISTRICT, .area = "lgd-district-745"),
          "password", ERR_WEAK_PASSWORD },
        { ACCOUNT("fine", "A", "Lam-fine-lam-x1", ROLE_DATA_ENTRY, ON(one_facility)), "password",
          ERR_WEAK_PASSWORD },
        { ACCOUNT("fine", "A", GOOD, ROLE_NONE), "role", ERR_INVALID },
        { ACCOUNT("fine", "A", GOOD, ROLE_BLOCK), "area", ERR_INVALID },
        { ACCOUNT("fine", "A", GOOD, ROLE_BLOCK, .area = "lgd-district-745"), "area", ERR_INVALID },
        { ACCOUNT("fine", "A", GOOD, ROLE_DISTRICT, .area = "lgd-district-1"), "area",
          ERR_AREA_UNKNOWN },
        { ACCOUNT("fine", "A", GOOD, ROLE_DISTRICT, .area = "guntur"), "area", ERR_INVALID },
        { ACCOUNT("fine", "A", GOOD, ROLE_DISTRICT, .area = "lgd-district-745 or 1=1"), "area",
          ERR_INVALID },
        { ACCOUNT("fine", "A", GOOD, ROLE_STATE, .area = "lgd-aVeryLongLevelName-2"), "area",
          ERR_INVALID },
        { ACCOUNT("fine", "A", GOOD, ROLE_VIEWER, .area = "lgd-subdistrict-77"), "area",
          ERR_INVALID },
        { ACCOUNT("fine", "A", GOOD, ROLE_NATIONAL, .area = "lgd-state-28"), "area", ERR_INVALID },
        { ACCOUNT("fine", "A", GOOD, ROLE_DATA_ENTRY), "facilities", ERR_INVALID },
        { ACCOUNT("fine", "A", GOOD, ROLE_DATA_ENTRY, .area = "lgd-block-9001", ON(one_facility)),
          "area", ERR_INVALID },
        { ACCOUNT("fine", "A", GOOD, ROLE_MEDICAL_OFFICER, ON(no_such_facility)), "facilities",
          ERR_FACILITY_UNKNOWN },
        { ACCOUNT("fine", "A", GOOD, ROLE_BLOCK, .area = "lgd-block-9001", ON(one_facility)),
          "facilities", ERR_INVALID },
        { ACCOUNT("fine", "A", GOOD, ROLE_NATIONAL, .email = "nobody"), "email", ERR_INVALID },
        { ACCOUNT("fine", "A", GOOD, ROLE_NATIONAL, .email = "a@b.c\r\nBcc: x@y.z"), "email",
          ERR_INVALID },
        { ACCOUNT("fine", "A", GOOD, ROLE_NATIONAL, .mobile = "12345"), "mobile", ERR_INVALID },
        { ACCOUNT("fine", "A", GOOD, ROLE_NATIONAL, .language = "en; drop"), "language",
          ERR_INVALID },
    };
    int64_t before = test_sql_int(conninfo, "select count(*) from account");
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct problem p = { 0 };
        int64_t id = 0;
        assert_false(account_create(db, &cases[i].account, &id, arena, &p));
        assert_int_equal(id, 0);
        if (p.field_count != 1) fail_msg("case %zu: %zu fields, %s", i, p.field_count, p.detail);
        assert_string_equal(p.fields[0].field, cases[i].field);
        assert_int_equal(p.fields[0].code, cases[i].code);
    }
    assert_int_equal(test_sql_int(conninfo, "select count(*) from account"), before);
}

static void all_wrong_fields_are_told_at_once(void **state) {
    (void)state;
    struct account_new account = ACCOUNT("X", "", "short", ROLE_BLOCK, .email = "nobody");
    struct problem p = { 0 };
    int64_t id;
    assert_false(account_create(db, &account, &id, arena, &p));
    assert_int_equal(p.field_count, 5);
    assert_int_equal(error_status(p.code), 422);
}

static void a_user_name_is_taken_once(void **state) {
    (void)state;
    struct account_new account = ACCOUNT("twice", "T", GOOD, ROLE_NATIONAL);
    struct problem p = { 0 };
    int64_t id;
    assert_true(account_create(db, &account, &id, arena, &p));
    assert_false(account_create(db, &account, &id, arena, &p));
    assert_int_equal(p.code, ERR_EXISTS);
    assert_int_equal(test_sql_int(conninfo, "select count(*) from audit where object = 'twice'"),
                     1);
}

static void a_reset_ends_sessions_and_waits(void **state) {
    (void)state;
    struct account_new account = ACCOUNT("forgetful", "F", GOOD, ROLE_NATIONAL);
    struct problem p = { 0 };
    int64_t id;
    assert_true(account_create(db, &account, &id, arena, &p));
    uint8_t key[32];
    char hex[65], sql[600];
    account_name_key("forgetful", NULL, key);
    hex_encode(hex, key, 32);
    snprintf(
        sql, sizeof sql,
        "insert into session (id, account_id, assignment_id, expires_at, client) select '\\x01', "
        "a.id, g.id, "
        "now() + interval '1 hour', 'x' from account a join assignment g on g.account_id = a.id "
        "where username = 'forgetful';"
        "insert into sign_in_throttle values ('\\x%s', 9, now(), now() + interval '10 minutes')",
        hex);
    test_sql(conninfo, sql);
    assert_false(account_reset_password(db, "forgetful", "forgetful@2026", arena, &p));
    assert_int_equal(p.code, ERR_WEAK_PASSWORD);
    assert_int_equal(test_sql_int(conninfo, "select count(*) from session"), 1);
    p = (struct problem){ 0 };
    assert_true(account_reset_password(db, "forgetful", "lantern bicycle oatmeal", arena, &p));
    assert_int_equal(test_sql_int(conninfo, "select count(*) from session"), 0);
    assert_int_equal(test_sql_int(conninfo, "select count(*) from sign_in_throttle"), 0);
    char stored[200];
    test_sql_value(conninfo, "select password from account where username = 'forgetful'", stored,
                   sizeof stored);
    assert_true(password_matches(stored, "lantern bicycle oatmeal"));
    assert_false(password_matches(stored, GOOD));
    assert_false(account_reset_password(db, "nobody.here", "lantern bicycle oatmeal", arena, &p));
    assert_int_equal(p.code, ERR_NOT_FOUND);
}

static void accounts_are_switched_off_and_on(void **state) {
    (void)state;
    struct account_new account = ACCOUNT("switch", "S", GOOD, ROLE_NATIONAL);
    struct problem p = { 0 };
    int64_t id;
    assert_true(account_create(db, &account, &id, arena, &p));
    assert_true(account_set_active(db, "switch", false, arena, &p));
    assert_int_equal(
        test_sql_int(conninfo, "select count(*) from account where username = 'switch' and active"),
        0);
    assert_true(account_set_active(db, "switch", true, arena, &p));
    assert_int_equal(
        test_sql_int(conninfo, "select count(*) from account where username = 'switch' and active"),
        1);
    assert_int_equal(test_sql_int(conninfo, "select count(*) from audit where object = 'switch'"),
                     3);
    assert_false(account_set_active(db, "nobody.here", true, arena, &p));
    assert_int_equal(p.code, ERR_NOT_FOUND);
}

/* Runs `hmis admin ...` with standard output and error in files; the exit status. */
static int command(const char *input, char *out, size_t size, int argc, char **argv) {
    FILE *in = tmpfile(), *to = tmpfile();
    fputs(input, in);
    rewind(in);
    fflush(stdout);
    int stdin_kept = dup(0), stdout_kept = dup(1), stderr_kept = dup(2);
    dup2(fileno(in), 0);
    dup2(fileno(to), 1);
    dup2(fileno(to), 2);
    int status = account_command(pool, argc, argv);
    fflush(stdout);
    dup2(stdin_kept, 0);
    dup2(stdout_kept, 1);
    dup2(stderr_kept, 2);
    close(stdin_kept);
    close(stdout_kept);
    close(stderr_kept);
    rewind(to);
    out[fread(out, 1, size - 1, to)] = '\0';
    fclose(in);
    fclose(to);
    return status;
}

#define RUN(input, ...)                                                                            \
    command(input, said, sizeof said, (int)COUNT(((char *[]){ __VA_ARGS__ })),                     \
            (char *[]){ __VA_ARGS__, NULL })

static void the_command_line_keeps_accounts(void **state) {
    (void)state;
    char said[4000];
    assert_int_equal(RUN("", "create-user", "--username", "cli.one", "--name", "C", "--role",
                         "data_entry", "--facility", "AP1,AP2", "--generate"),
                     0);
    char *password = strstr(said, "password: ");
    assert_non_null(password);
    password = strdup(password + 10);
    password[strcspn(password, "\n")] = '\0';
    char stored[200];
    test_sql_value(conninfo, "select password from account where username = 'cli.one'", stored,
                   sizeof stored);
    assert_true(password_matches(stored, password));
    assert_int_equal(
        test_sql_int(conninfo,
                     "select count(*) from assignment_facility f join assignment g on g.id = "
                     "f.assignment_id join account a on a.id = g.account_id where "
                     "username = 'cli.one'"),
        2);

    assert_int_equal(
        RUN("lantern bicycle oatmeal\n", "reset-password", "cli.one", "--password-stdin"), 0);
    assert_null(strstr(said, "lantern"));
    test_sql_value(conninfo, "select password from account where username = 'cli.one'", stored,
                   sizeof stored);
    assert_true(password_matches(stored, "lantern bicycle oatmeal"));
    free(password);

    assert_int_equal(RUN("", "disable", "cli.one"), 0);
    assert_int_equal(RUN("", "list"), 0);
    assert_non_null(strstr(said, "cli.one\tdisabled\tdata_entry\t2 facilities\tC\n"));
    assert_int_equal(RUN("", "enable", "cli.one"), 0);

    assert_int_equal(RUN("short\n", "create-user", "--username", "X", "--name", "C", "--role",
                         "boss", "--password-stdin"),
                     1);
    assert_non_null(strstr(said, "username: "));
    assert_non_null(strstr(said, "role: "));
    assert_non_null(strstr(said, "password: "));
    assert_int_equal(RUN("", "disable"), 2);
    assert_int_equal(RUN("", "disable", "nobody.here"), 1);
    assert_int_equal(RUN("", "delete", "cli.one"), 2);
    assert_int_equal(RUN("", "create-user", "--colour", "red"), 2);
    assert_int_equal(RUN("", "create-user", "--generate", "--password-stdin"), 1);
    assert_int_equal(RUN("", "--help"), 0);
    assert_non_null(strstr(said, "create-user"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(accounts_of_every_role_are_made, fresh_arena, free_arena),
        cmocka_unit_test_setup_teardown(what_does_not_fit_is_told_field_by_field, fresh_arena,
                                        free_arena),
        cmocka_unit_test_setup_teardown(all_wrong_fields_are_told_at_once, fresh_arena, free_arena),
        cmocka_unit_test_setup_teardown(a_user_name_is_taken_once, fresh_arena, free_arena),
        cmocka_unit_test_setup_teardown(a_reset_ends_sessions_and_waits, fresh_arena, free_arena),
        cmocka_unit_test_setup_teardown(accounts_are_switched_off_and_on, fresh_arena, free_arena),
        cmocka_unit_test_setup_teardown(the_command_line_keeps_accounts, fresh_arena, free_arena),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
