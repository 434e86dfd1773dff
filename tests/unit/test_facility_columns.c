/* The 20 facility columns of an extract. */
#include "hmis/facility_master.h"

#include "test.h"

#include <stdio.h>
#include <string.h>

/* As in the ministry's file. */
static const char *const good[FC__MAX] = {
    "1",
    "Delhi(7)",
    "",
    "East(78)",
    "High Priority",
    "Mayur Vihar(6084)",
    "",
    "",
    "",
    "EDMC",
    "Community Health Centre",
    "900101",
    "Sample Facility 01",
    "24X7,Delivery Point",
    "25",
    "9000000001",
    "Urban",
    "Private",
    "Physical",
    "Open",
};

static struct facility_master master;
static struct problem problem;

static bool read_with(enum facility_column column, const char *value, struct arena *arena) {
    const char *columns[FC__MAX];
    memcpy(columns, good, sizeof columns);
    if (column < FC__MAX) columns[column] = value;
    problem = (struct problem){ 0 };
    return facility_master_read(columns, &master, arena, &problem);
}

static void the_ministrys_row(void **state) {
    (void)state;
    struct arena *arena = arena_new();
    assert_true(read_with(FC__MAX, NULL, arena));
    assert_string_equal(master.code, "900101");
    assert_string_equal(master.state_name, "Delhi");
    assert_int_equal(master.state_code, 7);
    assert_int_equal(master.district_code, 78);
    assert_int_equal(master.subdistrict_code, 6084);
    assert_null(master.block_name);
    assert_int_equal(master.block_code, BLANK);
    assert_int_equal(master.type, FACILITY_CHC);
    assert_int_equal(master.ownership, PRIVATE);
    assert_int_equal(master.locality, URBAN);
    assert_int_equal(master.beds, 25);
    assert_false(master.notional || master.closed);
    assert_null(master.zone);
    assert_string_equal(master.categories, "24X7,Delivery Point");
    arena_free(arena);
}

static void single_columns(void **state) {
    (void)state;
    char long_name[300];
    memset(long_name, 'x', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = '\0';
    const struct {
        enum facility_column column;
        const char *value;
        enum error_code want; /* ERR_NONE: taken */
    } cases[] = {
        { FC_CODE, "", ERR_MISSING_FIELD },
        { FC_CODE, NULL, ERR_MISSING_FIELD },
        { FC_CODE, "90 01", ERR_INVALID },
        { FC_CODE, "९००", ERR_INVALID },
        { FC_CODE, "123456789012345678901", ERR_INVALID },
        { FC_CODE, " 900101 ", ERR_NONE },
        { FC_NAME, "   ", ERR_MISSING_FIELD },
        { FC_NAME, "two\nlines", ERR_NONE },
        { FC_NAME,
          "a\x01"
          "b",
          ERR_INVALID },
        { FC_NIN, "123456789", ERR_FACILITY_NIN },
        { FC_NIN, "1.23457E+09", ERR_FACILITY_NIN },
        { FC_NIN, " 1234567890 ", ERR_NONE },
        { FC_NIN, "'1234567890", ERR_NONE },
        { FC_NIN, "1234567890.0", ERR_NONE },
        { FC_NIN, "12 3456 7890", ERR_NONE },
        { FC_NAME, long_name, ERR_TOO_LONG },
        { FC_NAME, "प्रा. स्वा. केंद्र", ERR_NONE },
        { FC_STATE, "", ERR_MISSING_FIELD },
        { FC_STATE, "M/O Defence", ERR_NONE },
        { FC_DISTRICT, "", ERR_MISSING_FIELD },
        { FC_DISTRICT, "East", ERR_NONE },
        { FC_DISTRICT, "East (New) (78)", ERR_NONE },
        { FC_BLOCK, "Tirupati (Rural)", ERR_NONE },
        { FC_TYPE, "Spaceship", ERR_VALUE_NOT_CODE },
        { FC_TYPE, "", ERR_MISSING_FIELD },
        { FC_BEDS, "many", ERR_VALUE_NOT_WHOLE },
        { FC_BEDS, "-1", ERR_VALUE_NOT_WHOLE },
        { FC_BEDS, "", ERR_NONE },
        { FC_LOCALITY, "Suburban", ERR_VALUE_NOT_CODE },
        { FC_OWNERSHIP, "public", ERR_NONE },
        { FC_PHYSICAL, "NOTIONAL", ERR_NONE },
        { FC_PHYSICAL, "Ethereal", ERR_VALUE_NOT_CODE },
        { FC_STATUS, "Ajar", ERR_VALUE_NOT_CODE },
        { FC_STATUS, "", ERR_NONE },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena *arena = arena_new();
        bool row = read_with(cases[i].column, cases[i].value, arena), taken = !problem.field_count;
        if (row != (taken || cases[i].column != FC_CODE))
            fail_msg("%s '%s': only the code decides about the row",
                     facility_column_name(cases[i].column), cases[i].value ? cases[i].value : "");
        if (taken != (cases[i].want == ERR_NONE))
            fail_msg("%s '%s' is %s", facility_column_name(cases[i].column),
                     cases[i].value ? cases[i].value : "(none)", taken ? "taken" : "refused");
        if (!taken) {
            assert_int_equal(problem.field_count, 1);
            assert_string_equal(problem.fields[0].field, facility_column_name(cases[i].column));
            assert_int_equal(problem.fields[0].code, cases[i].want);
        }
        arena_free(arena);
    }
}

static void blocks_keep_their_brackets(void **state) {
    (void)state;
    struct arena *arena = arena_new();
    assert_true(read_with(FC_BLOCK, "Tirupati (Rural)", arena));
    assert_string_equal(master.block_name, "Tirupati (Rural)");
    assert_true(read_with(FC_BLOCK, "Tirupati (Rural)(5000)", arena));
    assert_string_equal(master.block_name, "Tirupati (Rural)");
    assert_int_equal(master.block_code, 5000);
    assert_true(read_with(FC_STATUS, "closed", arena));
    assert_true(master.closed);
    assert_true(read_with(FC_NAME, " PHC\r\n  Test ", arena));
    assert_string_equal(master.name, "PHC Test");
    arena_free(arena);
}

static void all_wrong_columns_are_told(void **state) {
    (void)state;
    struct arena *arena = arena_new();
    static const char *const nothing[FC__MAX] = { 0 };
    problem = (struct problem){ 0 };
    assert_false(facility_master_read(nothing, &master, arena, &problem));
    assert_int_equal(problem.field_count, 6);
    arena_free(arena);
}

static void headers_in_any_dress(void **state) {
    (void)state;
    assert_int_equal(facility_column_parse("Facility Code"), FC_CODE);
    assert_int_equal(facility_column_parse("facility_code"), FC_CODE);
    assert_int_equal(facility_column_parse("RURAL/URBAN"), FC_LOCALITY);
    assert_int_equal(facility_column_parse("1.1"), FC__MAX);
    assert_int_equal(facility_column_parse(""), FC__MAX);
    for (int c = 0; c < FC__MAX; c++)
        assert_int_equal(facility_column_parse(facility_column_name((enum facility_column)c)), c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_ministrys_row),          cmocka_unit_test(single_columns),
        cmocka_unit_test(blocks_keep_their_brackets), cmocka_unit_test(all_wrong_columns_are_told),
        cmocka_unit_test(headers_in_any_dress),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
