#include "hmis/area.h"
#include "hmis/facility.h"

#include "test.h"

static void spellings_are_alike(void **state) {
    (void)state;
    static const struct {
        const char *a, *b;
        int low, high;
    } cases[] = {
        { "Guntur", "GUNTUR", 100, 100 },
        { "Visakhapatnam", "Visakhapatanam", 80, 99 },
        { "Ananthapuramu", "Ananthapur", 70, 99 },
        { "Sri Potti Sriramulu Nellore", "Nellore", 100, 100 },
        { "Y.S.R. Kadapa", "Kadapa", 100, 100 },
        { "East Godavari", "West Godavari", 60, 99 },
        { "Guntur", "Krishna", 0, 20 },
        { "A", "B", 0, 0 },
        { "", "", 100, 100 },
        { "", "Guntur", 0, 0 },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int like = area_name_likeness(cases[i].a, cases[i].b);
        assert_int_equal(like, area_name_likeness(cases[i].b, cases[i].a));
        if (like < cases[i].low || like > cases[i].high)
            fail_msg("%s and %s: %d", cases[i].a, cases[i].b, like);
    }
}

static void names_of_two_facilities_differ(void **state) {
    (void)state;
    static const struct {
        const char *a, *b;
        bool differ;
    } cases[] = {
        { "PHC Kuppam", "PHC Kuppam", false },
        { "PHC Kuppam", "Primary Health Centre, KUPPAM", false },
        { "SC Gudupalle", "HWC-SHC Gudupalli", false },
        { "PHC Kuppam", "CHC Kuppam", false },
        { "PHC Kuppam", "PHC Nagari", true },
        { "Primary Health Centre Kuppam", "Primary Health Centre Nagari", true },
        { "PHC Kuppam", "प्राथमिक स्वास्थ्य केंद्र कुप्पम", false }, /* that cannot be told */
        { "Area Hospital", "PHC Nagari", false },           /* nothing of its own is left */
        { "Test Facility 1", "Test Facility 1 (New)", false },
        { "", "PHC Nagari", false },
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        if (facility_names_differ(cases[i].a, cases[i].b) != cases[i].differ)
            fail_msg("%s and %s", cases[i].a, cases[i].b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spellings_are_alike),
        cmocka_unit_test(names_of_two_facilities_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
