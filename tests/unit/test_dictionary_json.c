#include "../../src/dictionary/dictionary_build.h"

#include "test.h"

#include <jansson.h>
#include <zlib.h>

#define DATA HMIS_SOURCE_DIR "/data/dictionary/"

static struct arena *arena;
static const struct dictionary *lists[2];

static json_t *parsed(struct json_out *out) {
    json_error_t error;
    json_t *json = json_loadb(out->buffer.data, out->buffer.length, JSON_REJECT_DUPLICATES, &error);
    if (!json) fail_msg("%s at %d", error.text, error.position);
    return json;
}

static const char *text_of(const json_t *object, const char *key) {
    return json_string_value(json_object_get(object, key));
}

static void check_item(const json_t *json, const struct form_item *place, const char *language) {
    const struct item *item = place->item;
    assert_string_equal(text_of(json, "key"), place->key);
    assert_string_equal(text_of(json, "number"), place->number);
    assert_string_equal(text_of(json, "ref"), item->key);
    assert_string_equal(text_of(json, "type"), data_type_name(item->type));
    assert_string_equal(text_of(json, "aggregation"), aggregation_name(item->aggregation));
    assert_int_equal(json_integer_value(json_object_get(json, "scale")), item->scale);
    assert_int_equal(json_is_null(json_object_get(json, "low")), item->low == NO_LOW);
    assert_int_equal(json_is_null(json_object_get(json, "high")), item->high == NO_HIGH);
    assert_int_equal(json_integer_value(json_object_get(json, "component")), item->component);
    if (text_equal(language, "en")) assert_string_equal(text_of(json, "name"), item->name);
}

static void check_rules(const json_t *rules, const struct form *form) {
    assert_int_equal(json_array_size(rules), form->rule_count);
    for (int i = 0; i < form->rule_count; i++) {
        const json_t *json = json_array_get(rules, (size_t)i);
        const json_t *left = json_object_get(json, "left");
        assert_string_equal(text_of(json, "code"), form->rules[i].code);
        assert_string_equal(text_of(json, "class"), rule_class_name(form->rules[i].class));
        assert_int_equal(json_array_size(left), form->rules[i].left_count);
        for (int j = 0; j < form->rules[i].left_count; j++) {
            const char *key = json_string_value(json_array_get(left, (size_t)j));
            assert_int_equal(form_find(form, key)->item->slot, form->rules[i].left[j]);
        }
    }
}

/* Every item once, in order; every rule. */
static void check_form(const struct form *form, const char *language) {
    struct json_out out;
    json_out_init(&out);
    dictionary_write_form(&out, form, language);
    json_t *json = parsed(&out), *section, *item;
    size_t i, j;
    int at = 0;
    json_array_foreach(json_object_get(json, "sections"), i, section) {
        json_array_foreach(json_object_get(section, "items"), j, item) {
            assert_string_equal(text_of(section, "code"), form->items[at].item->section->code);
            check_item(item, &form->items[at++], language);
        }
        assert_true(j > 0);
    }
    assert_int_equal(at, form->item_count);
    check_rules(json_object_get(json, "rules"), form);
    json_decref(json);
    buffer_free(&out.buffer);
}

static void every_form(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(lists); i++)
        for (int j = 0; j < lists[i]->form_count; j++) {
            check_form(&lists[i]->forms[j], "en");
            check_form(&lists[i]->forms[j], "hi");
        }
}

/* What a phone on a slow line loads before the first figure can be typed. */
static void small_enough(void **state) {
    (void)state;
    static const char *const languages[] = { "en", "hi" };
    for (int i = 0; i < lists[0]->form_count; i++)
        for (size_t j = 0; j < COUNT(languages); j++) {
            struct json_out out;
            json_out_init(&out);
            dictionary_write_form(&out, &lists[0]->forms[i], languages[j]);
            uLongf size = compressBound(out.buffer.length);
            Bytef *packed = xmalloc(size);
            assert_int_equal(
                compress2(packed, &size, (const Bytef *)out.buffer.data, out.buffer.length, 6),
                Z_OK);
            printf("%s %s: %zu bytes, %lu packed\n", lists[0]->forms[i].code, languages[j],
                   out.buffer.length, size);
            assert_true(size <= 25 * KIB);
            free(packed);
            buffer_free(&out.buffer);
        }
}

static const json_t *section_of(const json_t *form, const char *code) {
    const json_t *section;
    size_t i;
    json_array_foreach(json_object_get(form, "sections"), i, section) {
        if (text_equal(text_of(section, "code"), code)) return section;
    }
    return NULL;
}

static json_t *form_json(const char *code, const char *language) {
    struct json_out out;
    json_out_init(&out);
    dictionary_write_form(&out, form_by_code(lists[0], code), language);
    json_t *json = parsed(&out);
    buffer_free(&out.buffer);
    return json;
}

static void in_words_of_the_user(void **state) {
    (void)state;
    json_t *hindi = form_json("PHC", "hi"), *tamil = form_json("PHC", "ta");
    assert_string_equal(text_of(hindi, "title"), "प्राथमिक स्वास्थ्य केंद्र मासिक प्रपत्र");
    assert_string_equal(text_of(hindi, "valid_from"), "2017-04");
    assert_true(json_is_null(json_object_get(hindi, "valid_to")));
    const json_t *deaths = section_of(hindi, "M16"), *drugs = section_of(hindi, "M16F");
    assert_string_equal(text_of(deaths, "number"), "17"); /* as the PHC form counts */
    assert_string_equal(text_of(drugs, "number"), "16");
    assert_string_equal(text_of(drugs, "name"), "दवाएँ");
    /* no Tamil texts yet: English, never nothing */
    assert_string_equal(text_of(tamil, "title"), "Primary Health Centre Monthly Format");
    assert_string_equal(text_of(section_of(tamil, "M16F"), "name"), "Drugs");
    json_decref(hindi);
    json_decref(tamil);
    json_t *sub_centre = form_json("SC", "en"), *stock = form_json("DHQ", "en");
    assert_true(json_is_null(json_object_get(section_of(sub_centre, "M16F"), "number")));
    assert_true(json_is_true(json_object_get(section_of(stock, "M17"), "total_only")));
    assert_true(json_is_false(json_object_get(section_of(sub_centre, "M1"), "total_only")));
    const json_t *item = json_array_get(json_object_get(section_of(stock, "M17"), "items"), 1);
    assert_string_equal(text_of(item, "key"), "17.1/2");
    assert_string_equal(text_of(item, "component_name"), "Stocks Received");
    json_decref(sub_centre);
    json_decref(stock);
}

static void list_of_forms(void **state) {
    (void)state;
    struct json_out out;
    json_out_init(&out);
    dictionary_write(&out, lists[0], "hi");
    json_t *json = parsed(&out), *forms = json_object_get(json, "forms");
    assert_string_equal(text_of(json, "code"), "HMIS-2017");
    assert_int_equal(json_array_size(json_object_get(json, "languages")), 2);
    assert_int_equal(json_array_size(forms), 6);
    const json_t *sc = json_array_get(forms, 0);
    assert_string_equal(text_of(sc, "title"), "उपकेंद्र मासिक प्रपत्र");
    assert_int_equal(json_integer_value(json_object_get(sc, "items")), 183);
    assert_int_equal(json_integer_value(json_object_get(sc, "rules")), 31);
    assert_string_equal(json_string_value(json_array_get(json_object_get(sc, "facility_types"), 0)),
                        "SC");
    json_decref(json);
    buffer_free(&out.buffer);
}

int main(void) {
    struct problem p = { 0 };
    arena = arena_new();
    lists[0] = dictionary_read(DATA "HMIS-2017", arena, &p);
    lists[1] = dictionary_read(DATA "HMIS-2026", arena, &p);
    ENSURE(lists[0] && lists[1], p.detail);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form),
        cmocka_unit_test(small_enough),
        cmocka_unit_test(in_words_of_the_user),
        cmocka_unit_test(list_of_forms),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(arena);
    return failed;
}
