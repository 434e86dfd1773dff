#include <sys/stat.h>
#include <unistd.h>

#include "hmis/dictionary.h"
#include "hmis/facility.h"

#include "test.h"
#include "test_dictionary.h"

#define DATA HMIS_SOURCE_DIR "/data/dictionary/"

static const struct dictionary *read_good(struct arena *arena, const char *name) {
    struct problem p = { 0 };
    const struct dictionary *d =
        dictionary_read(arena_printf(arena, "%s%s", DATA, name), arena, &p);
    if (d == NULL) fail_msg("%s", p.detail);
    return d;
}

static void official_2017(void **state) {
    (void)state;
    static const struct {
        const char *form;
        int items, rules;
        enum facility_type type;
    } forms[] = {
        { "SC", 183, 31, FACILITY_SC },   { "PHC", 288, 78, FACILITY_PHC },
        { "CHC", 301, 83, FACILITY_CHC }, { "SDH", 305, 85, FACILITY_SDH },
        { "DH", 310, 87, FACILITY_DH },   { "DHQ", 250, 42, FACILITY_DHQ },
    };
    struct arena *arena = arena_new();
    const struct dictionary *d = read_good(arena, "HMIS-2017");
    assert_string_equal(d->code, "HMIS-2017");
    assert_int_equal(d->valid_from, 201704);
    assert_int_equal(d->valid_to, 0);
    assert_int_equal(d->item_count, 568);
    assert_int_equal(d->width, 568);
    assert_int_equal(d->form_count, COUNT(forms));
    assert_int_equal(d->section_count, 26);
    for (size_t i = 0; i < COUNT(forms); i++) {
        const struct form *form = form_by_code(d, forms[i].form);
        assert_non_null(form);
        assert_int_equal(form->item_count, forms[i].items);
        assert_int_equal(form->rule_count, forms[i].rules);
        assert_int_equal(form->rule_width, forms[i].rules);
        assert_int_equal(form->facility_types, 1u << forms[i].type);
    }
    arena_free(arena);
}

static void official_2026(void **state) {
    (void)state;
    struct arena *arena = arena_new();
    const struct dictionary *d = read_good(arena, "HMIS-2026");
    assert_int_equal(d->item_count, 525);
    assert_int_equal(d->form_count, 1);
    assert_int_equal(d->valid_from, 202604);
    const struct form *form = form_by_code(d, "ALL");
    assert_int_equal(form->item_count, 525);
    assert_int_equal(form->rule_count, 82);
    assert_int_equal(form->facility_types, 1u << FACILITY_SC | 1u << FACILITY_PHC |
                                               1u << FACILITY_CHC | 1u << FACILITY_SDH |
                                               1u << FACILITY_DH);
    for (int i = 0; i < form->item_count; i++)
        assert_string_equal(form->items[i].key, form->items[i].item->key);
    arena_free(arena);
}

/* The same number is another item on another form: facts of the published formats. */
static void numbers_on_forms(void **state) {
    (void)state;
    static const struct {
        const char *form, *key, *consolidated;
    } cases[] = {
        { "SC", "6.1.2", "9.1.2" },
        { "PHC", "9.1.2", "9.1.2" },
        { "SC", "2.2", "2.2" },
        { "CHC", "2.1", "2.2" },
        { "PHC", "14.5.3", "14.8.4" },
        { "CHC", "14.8.3", "14.8.4" },
        { "DH", "14.8.3", "14.8.3" },
        { "DH", "14.8.4", "14.8.4" },
        { "SC", "1.5.1.a", "1.6.1.a" },
        { "PHC", "1.6.1.a", "1.6.2.a" },
        { "PHC", "16.1.1", "F16.1.1" },
        { "PHC", "17.1", "16.1" },
        { "SC", "F16.1.1", "F16.1.1" },
        { "SC", "12.1", "16.1" },
        { "DHQ", "17.1/2", "17.1/2" },
        { "DHQ", "17.1/5", "17.1/5" },
        { "DHQ", "25.1.1", "25.1.1" },
        { "SDH", "14.6.6", "14.6.7" },
        { "SC", "9.1.2", "14.1.2" },
        { "SC", "2.1", NULL },
        { "DHQ", "17.1", NULL },
        { "PHC", "F16.1.1", NULL },
        { "PHC", "", NULL },
        { "PHC", "9.1", NULL },
    };
    struct arena *arena = arena_new();
    const struct dictionary *d = read_good(arena, "HMIS-2017");
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct form *form = form_by_code(d, cases[i].form);
        const struct form_item *found = form_find(form, cases[i].key);
        if ((found == NULL) != (cases[i].consolidated == NULL))
            fail_msg("%s %s", cases[i].form, cases[i].key);
        if (found == NULL) continue;
        assert_string_equal(found->item->key, cases[i].consolidated);
        assert_string_equal(found->key, cases[i].key);
        assert_ptr_equal(form_find_slot(form, found->item->slot), found);
        assert_ptr_equal(dictionary_find(d, cases[i].consolidated), found->item);
    }
    assert_null(form_find_slot(form_by_code(d, "SC"), 567));
    assert_null(form_find_slot(form_by_code(d, "SC"), 568));
    assert_null(form_find_slot(form_by_code(d, "SC"), -1));
    assert_null(form_by_code(d, "HSC"));
    assert_null(dictionary_find(d, "99.9"));
    arena_free(arena);
}

static void kinds_of_items(void **state) {
    (void)state;
    static const struct {
        const char *key;
        enum data_type type;
        enum aggregation aggregation;
        int scale;
        int32_t low, high;
        bool total_only;
    } cases[] = {
        { "1.1", DATA_COUNT, AGG_SUM, 0, 0, NO_HIGH, false },
        { "14.10", DATA_COUNT, AGG_SUM, 0, 0, NO_HIGH, false }, /* midnight head count adds up */
        { "14.17", DATA_PERCENTAGE, AGG_NONE, 2, 0, 10000, false },
        { "14.20", DATA_PERCENTAGE, AGG_AVERAGE, 2, 0, 10000, false },
        { "F16.1.1", DATA_DATE, AGG_NONE, 0, 20000101, 20991231, false },
        { "F16.1.2.a", DATA_ADEQUACY, AGG_NONE, 0, 1, 2, false },
        { "17.1/1", DATA_COUNT, AGG_FIRST, 0, NO_LOW, NO_HIGH, true },
        { "17.1/2", DATA_COUNT, AGG_SUM, 0, 0, NO_HIGH, true },
        { "17.1/5", DATA_COUNT, AGG_LAST, 0, NO_LOW, NO_HIGH, true },
        { "16.1", DATA_COUNT, AGG_SUM, 0, 0, NO_HIGH, false },
        { "25.2.5", DATA_COUNT, AGG_SUM, 0, 0, NO_HIGH, true },
    };
    struct arena *arena = arena_new();
    const struct dictionary *d = read_good(arena, "HMIS-2017");
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct item *item = dictionary_find(d, cases[i].key);
        assert_non_null(item);
        assert_int_equal(item->type, cases[i].type);
        assert_int_equal(item->aggregation, cases[i].aggregation);
        assert_int_equal(item->scale, cases[i].scale);
        assert_int_equal(item->low, cases[i].low);
        assert_int_equal(item->high, cases[i].high);
        assert_int_equal(item->section->total_only, cases[i].total_only);
    }
    arena_free(arena);
}

/* On the facility forms the drugs (M16F) come before the deaths (M16), in the list after them. */
static void order_of_sections(void **state) {
    (void)state;
    struct arena *arena = arena_new();
    const struct dictionary *d = read_good(arena, "HMIS-2017");
    const struct form *phc = form_by_code(d, "PHC");
    assert_string_equal(phc->items[0].key, "1.1");
    assert_string_equal(phc->items[phc->item_count - 1].key, "17.7.6");
    int drugs = 0, deaths = 0;
    for (int i = 0; i < phc->item_count; i++) {
        if (text_equal(phc->items[i].key, "16.1.1")) drugs = i;
        if (text_equal(phc->items[i].key, "17.1")) deaths = i;
        if (i > 0) assert_true(phc->items[i].position > phc->items[i - 1].position);
    }
    assert_true(drugs > 0 && drugs < deaths);
    for (int i = 1; i < d->item_count; i++)
        assert_true(d->items[i].section->id >= d->items[i - 1].section->id);
    assert_string_equal(d->items[0].key, "1.1");
    assert_string_equal(d->items[567].key, "25.2.5");
    assert_true(dictionary_find(d, "9.1.2") < dictionary_find(d, "9.1.10"));
    assert_true(dictionary_find(d, "F16.1.1") > dictionary_find(d, "16.8.6"));
    for (int slot = 0; slot < d->width; slot++)
        assert_int_equal(d->by_slot[slot]->slot, slot);
    arena_free(arena);
}

static void texts(void **state) {
    (void)state;
    struct arena *arena = arena_new();
    const struct dictionary *d = read_good(arena, "HMIS-2017");
    const struct item *bcg = dictionary_find(d, "9.1.2");
    assert_true(dictionary_speaks(d, "en"));
    assert_true(dictionary_speaks(d, "hi"));
    assert_false(dictionary_speaks(d, "xx"));
    assert_string_equal(dictionary_text(d, "xx", TEXT_ITEM, bcg->slot, "fallback"), "fallback");
    assert_string_equal(dictionary_text(d, NULL, TEXT_ITEM, bcg->slot, "fallback"), "fallback");
    assert_string_not_equal(dictionary_text(d, "hi", TEXT_ITEM, bcg->slot, bcg->name), bcg->name);
    for (int i = 0; i < d->section_count; i++)
        assert_string_not_equal(
            dictionary_text(d, "hi", TEXT_SECTION, d->sections[i].id, d->sections[i].name),
            d->sections[i].name);
    for (int i = 0; i < d->form_count; i++)
        assert_string_not_equal(
            dictionary_text(d, "hi", TEXT_FORM, d->forms[i].id, d->forms[i].title),
            d->forms[i].title);
    for (int component = 1; component <= 5; component++)
        assert_string_not_equal(dictionary_text(d, "hi", TEXT_COMPONENT, component, ""), "");
    for (int i = 0; i < d->item_count; i++)
        if (text_equal(dictionary_text(d, "hi", TEXT_ITEM, d->items[i].slot, ""), ""))
            fail_msg("no Hindi name of %s", d->items[i].key);
    arena_free(arena);
}

static void validity(void **state) {
    (void)state;
    struct dictionary first = { .id = 1, .code = "a", .valid_from = 201704 };
    struct dictionary second = { .id = 2, .code = "b", .valid_from = 202604 };
    struct dictionary ended = { .id = 3, .code = "c", .valid_from = 202001, .valid_to = 202003 };
    const struct dictionary *list[] = { &first, &second, &ended };
    struct dictionary_set set = { list, 3 };
    assert_null(dictionary_for(&set, 201703));
    assert_ptr_equal(dictionary_for(&set, 201704), &first);
    assert_ptr_equal(dictionary_for(&set, 202002), &ended);
    assert_ptr_equal(dictionary_for(&set, 202004), &first);
    assert_ptr_equal(dictionary_for(&set, 202603), &first);
    assert_ptr_equal(dictionary_for(&set, 202604), &second);
    assert_ptr_equal(dictionary_by_id(&set, 2), &second);
    assert_null(dictionary_by_id(&set, 4));
    assert_ptr_equal(dictionary_by_code(&set, "c"), &ended);
    assert_null(dictionary_by_code(&set, "d"));
}

/* ---- Bad files: a small good dictionary, one thing changed at a time.
 * ------------------------------ */
static const char *directory;

static const struct dictionary *read_directory(struct arena *arena, struct problem *p) {
    memset(p, 0, sizeof(*p));
    return dictionary_read(directory, arena, p);
}

static void small_good(void **state) {
    (void)state;
    struct arena *arena = arena_new();
    struct problem p;
    test_dictionary_write(directory, NULL, 0);
    const struct dictionary *d = read_directory(arena, &p);
    if (d == NULL) fail_msg("%s", p.detail);
    assert_int_equal(d->item_count, 4);
    assert_int_equal(d->width, 4);
    const struct form *big = form_by_code(d, "BIG");
    assert_int_equal(big->facility_types, 1u << FACILITY_PHC | 1u << FACILITY_CHC);
    assert_int_equal(big->rule_count, 2);
    assert_int_equal(big->rule_width, 3);
    assert_int_equal(big->rules[1].left_count, 2);
    assert_int_equal(big->rules[1].right[0], 3);
    assert_string_equal(dictionary_text(d, "hi", TEXT_RULE, big->id * 1000, ""), "नियम");
    assert_string_equal(dictionary_text(d, "hi", TEXT_RULE, big->id * 1000 + 2, "-"), "-");
    assert_string_equal(dictionary_text(d, "hi", TEXT_FORM, 1, ""), "उपकेंद्र");
    arena_free(arena);
}

/* CRLF and a byte order mark, as editors on other systems write them, are no fault. */
static void other_line_ends(void **state) {
    (void)state;
    struct arena *arena = arena_new();
    struct problem p;
    static const char text[] = "\xEF\xBB\xBF"
                               "code\ttitle\tfacility_types\r\nSC\tSub-centre\tSC\r\n"
                               "BIG\tBig\tPHC,CHC\r\n";
    test_dictionary_write(directory, NULL, 0);
    test_dictionary_write_file(directory, "forms.tsv", text, strlen(text));
    assert_non_null(read_directory(arena, &p));
    arena_free(arena);
}

static const struct {
    struct test_change change;
    const char *field, *says;
} bads[] = {
    { { "dictionary.tsv", "T-1", "T 1" },
      "dictionary.tsv line 4",
      "column 1 (code): \"T 1\" is not a code" },
    { { "dictionary.tsv", "2020-04", "April" },
      "dictionary.tsv line 4",
      "column 3 (valid_from): \"April\" is not a month" },
    { { "dictionary.tsv", "2020-04\t", "2020-04\t2019-03" },
      "dictionary.tsv line 4",
      "ends before it begins" },
    { { "dictionary.tsv", "T-1\tTest\t2020-04\t\n", "" }, "dictionary.tsv", "has 0 rows" },
    { { "dictionary.tsv", "title", "name" }, "dictionary.tsv line 3", "must name the columns" },
    { { "sections.tsv", "20\tM2", "10\tM2" }, "sections.tsv line 3", "10 does not come after 10" },
    { { "sections.tsv", "M2", "M1" }, "sections.tsv line 3", "section M1 stands here twice" },
    { { "sections.tsv", "yes", "maybe" },
      "sections.tsv line 3",
      "column 4 (total_only): \"maybe\"" },
    { { "sections.tsv", "First", "" }, "sections.tsv line 2", "column 3 (name): is empty" },
    { { "sections.tsv", "First", " First" }, "sections.tsv line 2", "begins or ends with a blank" },
    { { "sections.tsv", "\tno\n", "\n" }, "sections.tsv line 2", "has 3 columns instead of 4" },
    { { "sections.tsv", "\tno\n", "\tno\tmore\n" },
      "sections.tsv line 2",
      "has 5 columns instead of 4" },
    { { "items.tsv", "1\t1.2", "0\t1.2" }, "items.tsv line 3", "slot 0 is taken by line 2" },
    { { "items.tsv", "1\t1.2", "1024\t1.2" },
      "items.tsv line 3",
      "\"1024\" is not a whole number from 0 to 1023" },
    { { "items.tsv", "1\t1.2", "x\t1.2" }, "items.tsv line 3", "column 1 (slot): \"x\"" },
    { { "items.tsv", "1.2", "1.1" }, "items.tsv", "item 1.1 stands in it twice" },
    { { "items.tsv", "1.2", "1/2" }, "items.tsv line 3", "column 2 (number)" },
    { { "items.tsv", "\tM1\tMen", "\tM7\tMen" },
      "items.tsv line 3",
      "there is no section \"M7\" in sections.tsv" },
    { { "items.tsv", "Men\t\tcount", "Men\t\tnumber" },
      "items.tsv line 3",
      "column 7 (data_type): \"number\" is not one of count" },
    { { "items.tsv", "count\t0\tsum\t0\t\n1", "count\t2\tsum\t0\t\n1" },
      "items.tsv line 2",
      "only percentages and decimals" },
    { { "items.tsv", "first", "total" }, "items.tsv line 4", "column 9 (aggregation): \"total\"" },
    { { "items.tsv", "0\t1000", "0\t-1" }, "items.tsv line 5", "is smaller than low" },
    { { "items.tsv", "Before", "" }, "items.tsv line 4", "stands with a component" },
    { { "items.tsv", "\t1000", "\t99999999999" }, "items.tsv line 5", "column 11 (high)" },
    { { "forms.tsv", "PHC,CHC", "PHC;CHC" }, "forms.tsv line 3", "is not a type of facility" },
    { { "forms.tsv", "PHC,CHC", "PHC," }, "forms.tsv line 3", "\"\" is not a type of facility" },
    { { "forms.tsv", "BIG", "SC" }, "forms.tsv line 3", "form SC stands here twice" },
    { { "form_items.tsv", "SC\t0", "XX\t0" },
      "form_items.tsv line 2",
      "there is no form \"XX\" in forms.tsv" },
    { { "form_items.tsv", "SC\t0", "SC\t7" },
      "form_items.tsv line 2",
      "no item of items.tsv has slot 7" },
    { { "form_items.tsv", "BIG\t1\t2", "BIG\t1\t1" },
      "form_items.tsv line 4",
      "1 does not come after 1" },
    { { "form_items.tsv", "BIG\t1\t2\t1.2", "BIG\t0\t2\t1.2" },
      "form_items.tsv",
      "form BIG has slot 0 twice" },
    { { "form_items.tsv", "2\t1.2", "2\t1.1" },
      "form_items.tsv",
      "form BIG has the number 1.1 twice" },
    { { "form_items.tsv", "SC\t0\t1\t1.1\n", "" }, "form_items.tsv", "has no item for form SC" },
    { { "rules.tsv", "1.1\t1.2", "1.1\t9.9" }, "rules.tsv line 2", "form BIG has no item \"9.9\"" },
    { { "rules.tsv", "1.1\t1.2", "1.1\t" }, "rules.tsv line 2", "form BIG has no item \"\"" },
    { { "rules.tsv", "1.1\t1.2", "1.1+1.2\t1.2" }, "rules.tsv line 2", "joined by \" + \"" },
    { { "rules.tsv", "1.1\t1.2", "1.1 + 1.1\t1.2" }, "rules.tsv line 2", "item 1.1 stands twice" },
    { { "rules.tsv", "1.1\t1.2", "1.1\t1.4" },
      "rules.tsv line 2",
      "item 1.4 is no figure that can be added" },
    { { "rules.tsv", "\tB\t<=", "\tD\t<=" }, "rules.tsv line 2", "column 4 (class): \"D\"" },
    { { "rules.tsv", "<=", "<" }, "rules.tsv line 2", "column 5 (operator): \"<\"" },
    { { "rules.tsv", "BIG\t2", "BIG\t0" }, "rules.tsv line 3", "0 does not come after 0" },
    { { "rules.tsv", "B-3", "B-1" }, "rules.tsv line 3", "rule B-1 stands on form BIG twice" },
    { { "rules.tsv", "BIG\t2", "BIG\t256" }, "rules.tsv line 3", "from 0 to 255" },
    { { "texts.hi.tsv", "item\t1.1", "item\t7.7" },
      "texts.hi.tsv line 2",
      "there is no item \"7.7\"" },
    { { "texts.hi.tsv", "item\t1.1", "thing\t1.1" },
      "texts.hi.tsv line 2",
      "is not one of section, item" },
    { { "texts.hi.tsv", "BIG/B-1", "B-1" }, "texts.hi.tsv line 5", "rules are named form/code" },
    { { "texts.hi.tsv", "section\tM1", "item\t1.1" },
      "texts.hi.tsv",
      "two texts for the same item" },
    { { "texts.hi.tsv", "पहला", "\xFF" }, "texts.hi.tsv", "is not valid UTF-8" },
};

static void bad_files(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(bads); i++) {
        struct arena *arena = arena_new();
        struct problem p;
        test_dictionary_write(directory, &bads[i].change, 1);
        if (read_directory(arena, &p) != NULL)
            fail_msg("taken: %s with \"%s\"", bads[i].change.file, bads[i].change.new);
        assert_int_equal(p.code, ERR_FILE_FORMAT);
        assert_true(p.field_count >= 1);
        if (!text_equal(p.fields[0].field, bads[i].field) ||
            strstr(p.fields[0].detail, bads[i].says) == NULL ||
            strstr(p.detail, bads[i].field) == NULL)
            fail_msg("wanted %s: %s, got %s: %s", bads[i].field, bads[i].says, p.fields[0].field,
                     p.fields[0].detail);
        arena_free(arena);
    }
}

static void several_errors_at_once(void **state) {
    (void)state;
    struct arena *arena = arena_new();
    struct problem p;
    test_dictionary_write(directory, NULL, 0);
    struct buffer text = { 0 };
    buffer_add_text(&text, "id\tcode\tname\ttotal_only\n");
    for (int i = 0; i < 30; i++)
        buffer_printf(&text, "%d\tM%d\tName\tperhaps\n", i + 1, i);
    test_dictionary_write_file(directory, "sections.tsv", text.data, text.length);
    buffer_free(&text);
    assert_null(read_directory(arena, &p));
    assert_int_equal(p.field_count, 21);
    assert_string_equal(p.fields[19].field, "sections.tsv line 21");
    assert_string_equal(p.fields[20].detail, "and 10 more");
    arena_free(arena);
}

static void missing_files(void **state) {
    (void)state;
    struct arena *arena = arena_new();
    struct problem p = { 0 };
    assert_null(dictionary_read("/nowhere/at/all", arena, &p));
    assert_string_equal(p.fields[0].field, "dictionary.tsv");
    assert_non_null(strstr(p.fields[0].detail, "cannot be opened"));
    test_dictionary_write(directory, NULL, 0);
    test_dictionary_remove_file(directory, "texts.hi.tsv");
    const struct dictionary *d = read_directory(arena, &p); /* texts are optional */
    assert_non_null(d);
    assert_false(dictionary_speaks(d, "hi"));
    test_dictionary_remove_file(directory, "rules.tsv");
    assert_null(read_directory(arena, &p));
    assert_string_equal(p.fields[0].field, "rules.tsv");
    const char *path = arena_printf(arena, "%s/rules.tsv", directory);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_null(read_directory(arena, &p));
    assert_int_equal(rmdir(path), 0);
    test_dictionary_write(directory, NULL, 0);
    test_dictionary_write_file(directory, "texts.en.tsv", "kind\tref\ttext\n", 14);
    assert_null(read_directory(arena, &p));
    assert_non_null(strstr(p.detail, "English stands in the other files"));
    test_dictionary_remove_file(directory, "texts.en.tsv");
    arena_free(arena);
}

int main(void) {
    directory = test_dictionary_directory();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(official_2017),
        cmocka_unit_test(official_2026),
        cmocka_unit_test(numbers_on_forms),
        cmocka_unit_test(kinds_of_items),
        cmocka_unit_test(order_of_sections),
        cmocka_unit_test(texts),
        cmocka_unit_test(validity),
        cmocka_unit_test(small_good),
        cmocka_unit_test(other_line_ends),
        cmocka_unit_test(bad_files),
        cmocka_unit_test(several_errors_at_once),
        cmocka_unit_test(missing_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
