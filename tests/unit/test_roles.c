#include "hmis/roles.h"
#include "test.h"

/* docs/architecture.md, section 5, once more: what each role may do, and what it may be tied to. */
static const struct {
    enum role role;
    const char *name;
    const char *may; /* r read, e enter, s submit, t totals, i import, f facilities by import,
                      * c change facilities */
    const char *on;  /* f facilities, b block, d district, s state, n nation */
} roles[] = {
    { ROLE_DATA_ENTRY, "data_entry", "rest", "f" },
    { ROLE_MEDICAL_OFFICER, "medical_officer", "rest", "f" },
    { ROLE_BLOCK, "block", "rt", "b" },
    { ROLE_DISTRICT, "district", "resti", "d" },
    { ROLE_STATE, "state", "rtifc", "s" },
    { ROLE_NATIONAL, "national", "rtifc", "n" },
    { ROLE_VIEWER, "viewer", "rt", "bdsn" },
};

static void the_matrix_is_the_documented_one(void **state) {
    (void)state;
    static const struct {
        char letter;
        enum permission permission;
    } letters[] = {
        { 'r', PERM_REPORT_READ },     { 'e', PERM_REPORT_ENTER }, { 's', PERM_REPORT_SUBMIT },
        { 't', PERM_TOTALS_READ },     { 'i', PERM_IMPORT },       { 'f', PERM_IMPORT_FACILITIES },
        { 'c', PERM_FACILITY_CHANGE },
    };
    assert_int_equal(COUNT(roles), ROLE__MAX - 1);
    assert_int_equal(COUNT(letters), PERM__MAX - PERM_SIGNED_IN - 1);
    for (size_t i = 0; i < COUNT(roles); i++)
        for (size_t j = 0; j < COUNT(letters); j++)
            assert_int_equal(role_permits(roles[i].role, letters[j].permission),
                             strchr(roles[i].may, letters[j].letter) != NULL);
}

static void every_role_is_signed_in_and_none_is_public(void **state) {
    (void)state;
    for (enum role role = ROLE_NONE; role < ROLE__MAX; role++) {
        assert_int_equal(role_permits(role, PERM_SIGNED_IN), role != ROLE_NONE);
        assert_false(role_permits(role, PERM_UNSET));
        assert_false(role_permits(role, PERM_PUBLIC));
        assert_false(role_permits(role, PERM__MAX));
    }
    assert_false(role_permits(ROLE__MAX, PERM_REPORT_READ));
    assert_false(role_permits((enum role) - 1, PERM_SIGNED_IN));
}

static void names_come_back(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(roles); i++) {
        assert_string_equal(role_name(roles[i].role), roles[i].name);
        assert_int_equal(role_parse(roles[i].name), roles[i].role);
        assert_non_null(role_title(roles[i].role));
    }
    static const char *const unknown[] = {
        "", "none", "admin", "State", "state ", "data_entry'--"
    };
    for (size_t i = 0; i < COUNT(unknown); i++)
        assert_int_equal(role_parse(unknown[i]), ROLE_NONE);
    assert_null(role_name(ROLE_NONE));
}

static void a_role_fits_only_its_places(void **state) {
    (void)state;
    static const struct {
        char letter;
        const char *level;
        enum scope_level scope;
    } places[] = {
        { 'f', NULL, SCOPE_FACILITY },       { 'b', "block", SCOPE_BLOCK },
        { 'd', "district", SCOPE_DISTRICT }, { 's', "state", SCOPE_STATE },
        { 'n', "nation", SCOPE_NATION },     { '-', "subdistrict", SCOPE_NOTHING },
        { '-', "sign_in", SCOPE_NOTHING },   { '-', "", SCOPE_NOTHING },
    };
    for (size_t i = 0; i < COUNT(roles); i++)
        for (size_t j = 0; j < COUNT(places); j++) {
            bool fits = strchr(roles[i].on, places[j].letter) != NULL;
            assert_int_equal(role_scope(roles[i].role, places[j].level),
                             fits ? places[j].scope : SCOPE_NOTHING);
        }
    assert_int_equal(role_scope(ROLE_NONE, NULL), SCOPE_NOTHING);
    assert_int_equal(role_scope(ROLE_NONE, "nation"), SCOPE_NOTHING);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_matrix_is_the_documented_one),
        cmocka_unit_test(every_role_is_signed_in_and_none_is_public),
        cmocka_unit_test(names_come_back),
        cmocka_unit_test(a_role_fits_only_its_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
