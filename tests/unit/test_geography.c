#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "hmis/area.h"

#include "test.h"

#define GEOGRAPHY HMIS_SOURCE_DIR "/data/geography"

static struct arena *arena;
static struct geography india;

static int set_up(void **state) {
    (void)state;
    arena = arena_new();
    struct problem p = { 0 };
    if (geography_read(&india, GEOGRAPHY, arena, &p)) return 0;
    fprintf(stderr, "%s\n", p.detail);
    return 1;
}

static int tear_down(void **state) {
    (void)state;
    arena_free(arena);
    return 0;
}

static int count(enum area_level level, bool with_code) {
    int n = 0;
    for (int i = 0; i < india.area_count; i++)
        n += india.areas[i].level == level && (india.areas[i].code != 0) == with_code;
    return n;
}

static void every_area_is_read(void **state) {
    (void)state;
    assert_int_equal(count(AREA_NATION, false), 1);
    assert_int_equal(count(AREA_STATE, true), 36);
    assert_int_equal(count(AREA_STATE, false), 2); /* the ministries of Defence and Railways */
    assert_int_equal(count(AREA_DISTRICT, true), 787);
    assert_int_equal(count(AREA_SUBDISTRICT, true), 7327);
    assert_int_equal(count(AREA_BLOCK, true), 7223); /* 7,233 rows: ten lie in two districts */
    for (int i = 1; i < india.area_count; i++)
        assert_true(geography_parent(&india, i, DAY_NEVER - 1) >= 0);
}

static int district_of(int block, int day) {
    int parent = geography_parent(&india, geography_find(&india, AREA_BLOCK, block), day);
    return parent < 0 ? -1 : india.areas[parent].code;
}

static int blocks_of(int district, int day) {
    int parent = geography_find(&india, AREA_DISTRICT, district), n = 0;
    for (int i = 0; i < india.area_count; i++)
        n += india.areas[i].level == AREA_BLOCK && geography_parent(&india, i, day) == parent;
    return n;
}

/* Mandals of the districts in the gazette of 2 April 2022 (some towns are two mandals, one block).
 */
static void guntur_is_split_in_april_2022(void **state) {
    (void)state;
    enum { GUNTUR = 506, BAPATLA = 750, PALNADU = 751, PRAKASAM = 517, MARKAPURAM = 790 };
    int march = area_tree_day(202203), april = area_tree_day(202204), now = 20261101;
    assert_int_equal(blocks_of(GUNTUR, march), 57);
    assert_int_equal(blocks_of(PALNADU, march), 0);
    assert_int_equal(blocks_of(BAPATLA, march), 0);
    assert_int_equal(blocks_of(GUNTUR, april), 17);
    assert_int_equal(blocks_of(PALNADU, april), 28);
    assert_int_equal(blocks_of(BAPATLA, april), 25);
    assert_int_equal(blocks_of(PRAKASAM, april), 38);
    assert_int_equal(blocks_of(MARKAPURAM, april), 0);
    assert_int_equal(blocks_of(MARKAPURAM, now), 21);
    int palnadu = geography_find(&india, AREA_DISTRICT, PALNADU);
    assert_int_equal(geography_parent(&india, palnadu, 20220403), -1);
    int state_area = geography_parent(&india, palnadu, 20220404);
    assert_string_equal(india.areas[state_area].name, "Andhra Pradesh");
}

static void younger_districts_know_what_they_were_made_of(void **state) {
    (void)state;
    static const struct {
        int code, predecessors[3];
    } cases[] = {
        { 751, { 506 } }, { 750, { 506, 517 } }, { 744, { 520 } }, { 789, { 441 } }, { 506, { 0 } }
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int found = 0, area = geography_find(&india, AREA_DISTRICT, cases[i].code);
        for (int s = 0; s < india.succession_count; s++) {
            if (india.successions[s].area != area) continue;
            int code = india.areas[india.successions[s].predecessor].code;
            bool wanted = false;
            for (int p = 0; p < 3; p++)
                wanted |= cases[i].predecessors[p] == code;
            if (!wanted) fail_msg("%d is made of %d", cases[i].code, code);
            found++;
        }
        int want = 0;
        for (int p = 0; p < 3; p++)
            want += cases[i].predecessors[p] != 0;
        assert_int_equal(found, want);
    }
}

static void no_block_is_lost_in_the_split(void **state) {
    (void)state;
    int ap = geography_find(&india, AREA_STATE, 28), n[2] = { 0 };
    int days[2] = { area_tree_day(202203), area_tree_day(202204) };
    for (int i = 0; i < india.area_count; i++)
        for (int d = 0; d < 2; d++) {
            if (india.areas[i].level != AREA_BLOCK) continue;
            int district = geography_parent(&india, i, days[d]);
            n[d] += district >= 0 && geography_parent(&india, district, days[d]) == ap;
        }
    assert_int_equal(n[0], 668);
    assert_int_equal(n[1], 668);
    assert_int_equal(district_of(5142, days[1]), 510); /* Unguturu: one in Eluru, this in Krishna */
}

static void names_are_found_as_hmis_spells_them(void **state) {
    (void)state;
    static const struct {
        const char *name;
        int code;
    } cases[] = {
        { "Anantapur", 502 },      { "ANANTHAPURAMU", 502 }, { "Ntr", 749 },     { "Y.S.R.", 504 },
        { "Visakhapatanam", 520 }, { "Konaseema", 747 },     { "Nowhere", 0 },   { "", 0 },
        { "Spsr Nellore", 515 },   { "Markapuram", 0 },      { "Hyderabad", 0 },
    };
    int ap = geography_find(&india, AREA_STATE, 28);
    for (size_t i = 0; i < COUNT(cases); i++) {
        int found = geography_find_child(&india, ap, AREA_DISTRICT, 20220430, cases[i].name);
        assert_int_equal(found < 0 ? 0 : india.areas[found].code, cases[i].code);
    }
}

/* ---- What is wrong in a file is told with its line. -------------------------------------- */
static char folder[] = "/tmp/hmis-geography-XXXXXX";

static void put(const char *file, const char *text) {
    char path[200];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs(text, out);
    fclose(out);
}

static const struct {
    const char *file, *head, *good;
} files[] = {
    { "states.tsv", "lgd_code\tname\tkind\tiso\tcensus_2011\thmis_name\n",
      "1\tA\tstate\tA\t1\t\n" },
    { "districts.tsv", "lgd_code\tstate_code\tname\tcensus_2011\tvalid_from\thmis_name\n",
      "7\t1\tB\t\t\t\n8\t1\tC\t\t2022-04-04\t\n" },
    { "subdistricts.tsv", "lgd_code\tdistrict_code\tname\n", "70\t7\tD\n" },
    { "blocks.tsv", "lgd_code\tdistrict_code\tname\talso_in\n", "700\t7\tE\t\n" },
    { "changes.tsv", "valid_from\tlevel\tlgd_code\tparent_code\thow\tmandal\n",
      "2022-04-04\tblock\t700\t8\texact\t\n" },
    { "successors.tsv", "lgd_code\tpredecessor_code\n", "8\t7\n" },
    { "names.tsv", "level\tlgd_code\tlanguage\tname\n", "nation\t\thi\tभारत\n" },
};

static void mistakes_name_file_and_line(void **state) {
    (void)state;
    static const struct {
        const char *file, *more, *want;
    } cases[] = {
        { "states.tsv", "", NULL },
        { "states.tsv", "2\tB\tkingdom\tB\t2\t\n", "states.tsv line 3: kind" },
        { "states.tsv", "x\tB\tstate\tB\t2\t\n", "states.tsv line 3: 'x' is not an LGD code" },
        { "states.tsv", "1\tB\tstate\tB\t2\t\n", "states.tsv: the code 1 stands there twice" },
        { "states.tsv", "2\tB\n", "states.tsv line 3: the row has another number" },
        { "districts.tsv", "9\t5\tX\t\t\t\n", "districts.tsv line 4: there is no state" },
        { "districts.tsv", "9\t1\t\t\t\t\n", "districts.tsv line 4: a name has" },
        { "districts.tsv", "9\t1\tX\t\t2022-02-30\t\n", "districts.tsv line 4: '2022-02-30'" },
        { "blocks.tsv", "701\t9\tX\t\n", "blocks.tsv line 3: there is no district" },
        { "changes.tsv", "2022-04-04\tblock\t700\t7\t\t\n",
          "changes.tsv line 3: changes of an area" },
        { "changes.tsv", "2022-04-05\tblock\t999\t7\t\t\n",
          "changes.tsv line 3: there is no block" },
        { "changes.tsv", "2022-04-05\tstate\t1\t7\t\t\n", "changes.tsv line 3: level is" },
        { "successors.tsv", "8\t9\n", "successors.tsv line 3: there is no district" },
        { "successors.tsv", "7\t8\n", "successors.tsv line 3: a district is made of one" },
        { "names.tsv", "state\t1\th\tX\n", "names.tsv line 3: a language" },
        { "names.tsv", "state\t1\thi\t\xff\n", "names.tsv is not a text file" },
    };
    assert_non_null(mkdtemp(folder));
    for (size_t i = 0; i < COUNT(cases); i++) {
        for (size_t f = 0; f < COUNT(files); f++) {
            char text[600];
            snprintf(text, sizeof text, "%s%s%s", files[f].head, files[f].good,
                     text_equal(files[f].file, cases[i].file) ? cases[i].more : "");
            put(files[f].file, text);
        }
        struct arena *mine = arena_new();
        struct geography g;
        struct problem p = { 0 };
        bool good = geography_read(&g, folder, mine, &p);
        assert_int_equal(good, cases[i].want == NULL);
        if (cases[i].want && strncmp(p.detail, cases[i].want, strlen(cases[i].want)) != 0)
            fail_msg("want '%s...', have '%s'", cases[i].want, p.detail);
        arena_free(mine);
    }
    put("states.tsv", "lgd_code\tnombre\n");
    struct arena *mine = arena_new();
    struct geography g;
    struct problem p = { 0 };
    assert_false(geography_read(&g, folder, mine, &p));
    assert_string_equal(p.detail, "states.tsv line 1: the column 'nombre' should be 'name'");
    arena_free(mine);
    for (size_t f = 0; f < COUNT(files); f++) {
        char path[200];
        snprintf(path, sizeof path, "%s/%s", folder, files[f].file);
        unlink(path);
    }
    rmdir(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_area_is_read),
        cmocka_unit_test(guntur_is_split_in_april_2022),
        cmocka_unit_test(no_block_is_lost_in_the_split),
        cmocka_unit_test(younger_districts_know_what_they_were_made_of),
        cmocka_unit_test(names_are_found_as_hmis_spells_them),
        cmocka_unit_test(mistakes_name_file_and_line),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
