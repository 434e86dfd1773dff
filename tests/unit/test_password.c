#include "hmis/account.h"
#include "test.h"

static const char *const context[] = { "ravi.teja",     "Ravi Teja Konda", "ravi.t@example.org",
                                       "+919876543210", "PHC Tadikonda",   NULL };

static enum error_code judge(const char *password) {
    struct problem p = { 0 };
    return password_acceptable(password, context, COUNT(context), &p) ? ERR_NONE : p.code;
}

static void what_is_guessed_first_is_refused(void **state) {
    (void)state;
    static const char *const weak[] = {
        "",
        "short",
        "elevenchars", /* length */
        "password@123",
        "Password@1234",
        "P@ssw0rd@2026",
        "passwordpassword",
        "india@123india",
        "Hmis2026Hmis2026",
        "hmis@2026#123",
        "welcome@12345",
        "aaaaaaaaaaaaaaaa",
        "123456789012",
        "987654321098",
        "qwertyuiop12",
        "abcdefghijkl",
        "abababababab",
        "abcxyzabcxyz",
        "Admin@hmis2026",
        "jaishriram@108",
        "Sachin@Tendulkar",
        "raviteja@1234",
        "Tadikonda@2026",
        "ravi@9876543210",
        "phctadikonda12",
        "TejaRaviTeja!",
        "            ",
        "India@1947@2047",
        "letmein2026!!",
        "AndhraPradesh@1",
        "1990199119921993",
    };
    for (size_t i = 0; i < COUNT(weak); i++)
        if (judge(weak[i]) != ERR_WEAK_PASSWORD) fail_msg("accepted: %s", weak[i]);
}

static void what_is_long_and_own_is_taken(void **state) {
    (void)state;
    static const char *const good[] = {
        "kettle umbrella trombone", "x7f-qk2m-w9pz",    "Grüße aus Köln 7",
        "नदी किनारे बैठा बगुला",       "vf83kdpq02mz",     " leading and trailing ",
        "zebra-quilt-mango-91",     "கடலோர விளக்கு மரம்",
    };
    for (size_t i = 0; i < COUNT(good); i++)
        if (judge(good[i]) != ERR_NONE) fail_msg("refused: %s", good[i]);
}

static void lengths_are_code_points_and_bytes(void **state) {
    (void)state;
    char text[700];
    memset(text, 0, sizeof text);
    for (int i = 0; i < 128; i++)
        text[i] = (char)('a' + i * 7 % 26);
    text[40] = 'Q';
    assert_int_equal(judge(text), ERR_NONE);
    text[128] = 'x';
    assert_int_equal(judge(text), ERR_INVALID);
    /* 128 code points of four bytes are 512 bytes. */
    memset(text, 0, sizeof text);
    for (int i = 0; i < 128; i++)
        memcpy(text + 4 * i,
               (char[]){ '\xf0', '\x9f', (char)(0x90 + i % 3), (char)(0x80 + i * 11 % 64) }, 4);
    assert_int_equal(judge(text), ERR_NONE);
    memcpy(text + 512, "x", 2);
    assert_int_equal(judge(text), ERR_INVALID);
    assert_int_equal(judge("not utf-8 \xc3\x28 here"), ERR_INVALID);
}

static void the_reason_is_told_without_the_password(void **state) {
    (void)state;
    struct problem p = { 0 };
    assert_false(password_acceptable("raviteja@1234", context, COUNT(context), &p));
    assert_null(strstr(p.detail, "ravi"));
    assert_true(strlen(p.detail) > 40);
}

static void hashes_are_argon2id_at_the_agreed_cost(void **state) {
    (void)state;
    char first[PASSWORD_HASH_ROOM], second[PASSWORD_HASH_ROOM];
    password_hash("kettle umbrella trombone", first);
    password_hash("kettle umbrella trombone", second);
    assert_string_not_equal(first, second);
    assert_memory_equal(first, "$argon2id$v=19$m=19456,t=2,p=1$", 31);
    assert_true(password_matches(first, "kettle umbrella trombone"));
    assert_false(password_matches(first, "kettle umbrella trombone "));
    assert_false(password_matches(first, "Kettle umbrella trombone"));
    assert_false(password_outdated(first));
    assert_true(password_outdated("$argon2id$v=19$m=8192,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$"
                                  "iWh06vD8Fy27wf9npn6FXWiCX4K6pW6Ue1Bnzz07Z8A"));
}

static void nothing_is_cut_off(void **state) {
    (void)state;
    char a[101], b[101], hash[PASSWORD_HASH_ROOM];
    memset(a, 'k', 100);
    a[100] = '\0';
    memcpy(b, a, sizeof a);
    b[99] = 'l';
    password_hash(a, hash);
    assert_true(password_matches(hash, a));
    assert_false(password_matches(hash, b));
}

static void an_unknown_account_costs_one_hash_too(void **state) {
    (void)state;
    char hash[PASSWORD_HASH_ROOM];
    password_hash("kettle umbrella trombone", hash);
    int64_t before = password_checks();
    assert_false(password_matches(NULL, "kettle umbrella trombone"));
    assert_int_equal(password_checks(), before + 1);
    assert_true(password_matches(hash, "kettle umbrella trombone"));
    assert_int_equal(password_checks(), before + 2);
}

static void generated_passwords_are_good_and_never_the_same(void **state) {
    (void)state;
    char a[PASSWORD_GENERATED], b[PASSWORD_GENERATED];
    for (int i = 0; i < 200; i++) {
        password_generate(a);
        password_generate(b);
        assert_string_not_equal(a, b);
        assert_int_equal(strlen(a), PASSWORD_GENERATED - 1);
        assert_int_equal(judge(a), ERR_NONE);
    }
}

static void name_keys_are_the_same_for_any_case_only(void **state) {
    (void)state;
    uint8_t a[32], b[32];
    account_name_key("Ravi.Teja", NULL, a);
    account_name_key("ravi.teja", NULL, b);
    assert_memory_equal(a, b, 32);
    account_name_key("ravi.teja", "10.0.0.1", a);
    assert_memory_not_equal(a, b, 32);
    account_name_key("ravi.teja10.0.0.1", NULL, b);
    assert_memory_not_equal(a, b, 32);
}

int main(void) {
    base_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_guessed_first_is_refused),
        cmocka_unit_test(what_is_long_and_own_is_taken),
        cmocka_unit_test(lengths_are_code_points_and_bytes),
        cmocka_unit_test(the_reason_is_told_without_the_password),
        cmocka_unit_test(hashes_are_argon2id_at_the_agreed_cost),
        cmocka_unit_test(nothing_is_cut_off),
        cmocka_unit_test(an_unknown_account_costs_one_hash_too),
        cmocka_unit_test(generated_passwords_are_good_and_never_the_same),
        cmocka_unit_test(name_keys_are_the_same_for_any_case_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
