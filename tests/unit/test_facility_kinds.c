#include "hmis/facility.h"

#include "test.h"

static void types(void **state) {
    (void)state;
    static const struct {
        const char *text;
        enum facility_type type;
    } cases[] = {
        { "SC", FACILITY_SC },
        { "phc", FACILITY_PHC },
        { "Sub Centre", FACILITY_SC },
        { "Primary Health Centre", FACILITY_PHC },
        { "Community Health Centre", FACILITY_CHC }, /* as the ministry's extract writes it */
        { "COMMUNITY HEALTH CENTRE", FACILITY_CHC },
        { "Sub-District Hospital", FACILITY_SDH },
        { "District Hospital", FACILITY_DH },
        { "DHQ", FACILITY_DHQ },
        { "", FACILITY_TYPE_NONE },
        { " SC", FACILITY_TYPE_NONE },
        { "Hospital", FACILITY_TYPE_NONE },
        { "Community Health Centre 2", FACILITY_TYPE_NONE },
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        if (facility_type_parse(cases[i].text) != cases[i].type) fail_msg("%s", cases[i].text);
    for (int type = FACILITY_SC; type < FACILITY_TYPE__MAX; type++) {
        enum facility_type kind = (enum facility_type)type;
        assert_int_equal(facility_type_parse(facility_type_code(kind)), kind);
        assert_int_equal(facility_type_parse(facility_type_title(kind)), kind);
    }
}

static void ownership_and_locality(void **state) {
    (void)state;
    assert_int_equal(ownership_parse("Public"), PUBLIC);
    assert_int_equal(ownership_parse("PRIVATE"), PRIVATE);
    assert_int_equal(ownership_parse(""), OWNERSHIP_NONE);
    assert_int_equal(ownership_parse("Trust"), OWNERSHIP_NONE);
    assert_int_equal(locality_parse("rural"), RURAL);
    assert_int_equal(locality_parse("Urban"), URBAN);
    assert_int_equal(locality_parse(""), LOCALITY_NONE);
    assert_int_equal(locality_parse("Urban "), LOCALITY_NONE);
    for (int i = PUBLIC; i < OWNERSHIP__MAX; i++)
        assert_int_equal(ownership_parse(ownership_name((enum ownership)i)), i);
    for (int i = RURAL; i < LOCALITY__MAX; i++)
        assert_int_equal(locality_parse(locality_name((enum locality)i)), i);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types),
        cmocka_unit_test(ownership_and_locality),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
