#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "dictionary_build.h"

static const char *const data_types[DATA__MAX] = {
    [DATA_COUNT] = "count",           [DATA_ADEQUACY] = "adequacy", [DATA_DATE] = "date",
    [DATA_PERCENTAGE] = "percentage", [DATA_DECIMAL] = "decimal",
};
static const char *const aggregations[AGG__MAX] = {
    [AGG_SUM] = "sum",         [AGG_FIRST] = "first", [AGG_LAST] = "last",
    [AGG_AVERAGE] = "average", [AGG_NONE] = "none",
};
static const char *const rule_classes[] = { [RULE_A] = "A", [RULE_B] = "B", [RULE_C] = "C" };
static const char *const rule_operators[] = { [RULE_LE] = "<=", [RULE_GE] = ">=", [RULE_EQ] = "=" };
static const char *const text_kinds[TEXT__MAX] = {
    [TEXT_SECTION] = "section", [TEXT_ITEM] = "item",           [TEXT_FORM] = "form",
    [TEXT_RULE] = "rule",       [TEXT_COMPONENT] = "component",
};

static int find_word(const char *word, const char *const *words, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(word, words[i]) == 0) return (int)i;
    return -1;
}

const char *data_type_name(enum data_type type) {
    return data_types[type];
}

const char *aggregation_name(enum aggregation aggregation) {
    return aggregations[aggregation];
}

const char *rule_class_name(enum rule_class class) {
    return rule_classes[class];
}

const char *rule_operator_name(enum rule_operator op) {
    return rule_operators[op];
}

const char *text_kind_name(enum text_kind kind) {
    return text_kinds[kind];
}

int data_type_parse(const char *word) {
    return find_word(word, data_types, COUNT(data_types));
}

int aggregation_parse(const char *word) {
    return find_word(word, aggregations, COUNT(aggregations));
}

int rule_class_parse(const char *word) {
    return find_word(word, rule_classes, COUNT(rule_classes));
}

int rule_operator_parse(const char *word) {
    return find_word(word, rule_operators, COUNT(rule_operators));
}

int text_kind_parse(const char *word) {
    return find_word(word, text_kinds, COUNT(text_kinds));
}

/* ---- Building. ---------------------------------------------------------------------------- */
const char *dictionary_key(struct arena *arena, const char *number, int component) {
    return component == 0 ? number : arena_printf(arena, "%s/%d", number, component);
}

/* One part of a number, up to the dot: letters come before figures ("1.1.a" before "1.1.1", as in
 * the published lists), figures by value ("9.1.2" before "9.1.10"). */
static int compare_part(const char *a, size_t a_length, const char *b, size_t b_length) {
    bool a_digit = isdigit((unsigned char)*a), b_digit = isdigit((unsigned char)*b);
    if (a_digit != b_digit) return a_digit ? 1 : -1;
    if (a_digit && a_length != b_length) return a_length < b_length ? -1 : 1;
    int order = strncmp(a, b, a_length < b_length ? a_length : b_length);
    return order != 0 ? order : (a_length > b_length) - (a_length < b_length);
}

static int compare_numbers(const char *a, const char *b) {
    while (*a != '\0' && *b != '\0') {
        size_t a_length = strcspn(a, "."), b_length = strcspn(b, ".");
        int order = compare_part(a, a_length, b, b_length);
        if (order != 0) return order;
        a += a_length + (a[a_length] == '.');
        b += b_length + (b[b_length] == '.');
    }
    return (*a != '\0') - (*b != '\0');
}

static int compare_items(const void *left, const void *right) {
    const struct item *a = left, *b = right;
    if (a->section->id != b->section->id) return a->section->id < b->section->id ? -1 : 1;
    int order = compare_numbers(a->number, b->number);
    return order != 0 ? order : a->component - b->component;
}

static int compare_item_keys(const void *left, const void *right) {
    const struct item *const *a = left, *const *b = right;
    return strcmp((*a)->key, (*b)->key);
}

void dictionary_index_items(struct dictionary *dictionary, struct item *items, int count,
                            struct arena *arena) {
    dictionary->items = items;
    dictionary->item_count = count;
    dictionary->width = 0;
    if (count > 0) qsort(items, (size_t)count, sizeof(*items), compare_items);
    for (int i = 0; i < count; i++)
        if (items[i].slot >= dictionary->width) dictionary->width = items[i].slot + 1;
    const struct item **by_slot =
        arena_array(arena, (size_t)dictionary->width + 1, sizeof(struct item *));
    const struct item **by_key = arena_array(arena, (size_t)count + 1, sizeof(struct item *));
    for (int i = 0; i < count; i++)
        by_slot[items[i].slot] = by_key[i] = &items[i];
    qsort(by_key, (size_t)count, sizeof(struct item *), compare_item_keys);
    dictionary->by_slot = by_slot;
    dictionary->by_key = by_key;
}

static int compare_form_keys(const void *left, const void *right) {
    const struct form_item *const *a = left, *const *b = right;
    return strcmp((*a)->key, (*b)->key);
}

void dictionary_index_form(struct form *form, struct arena *arena) {
    size_t width = (size_t)form->dictionary->width, count = (size_t)form->item_count;
    const struct form_item **by_slot = arena_array(arena, width + 1, sizeof(struct form_item *));
    const struct form_item **by_key = arena_array(arena, count + 1, sizeof(struct form_item *));
    for (size_t i = 0; i < count; i++)
        by_slot[form->items[i].item->slot] = by_key[i] = &form->items[i];
    qsort(by_key, count, sizeof(struct form_item *), compare_form_keys);
    form->by_slot = by_slot;
    form->by_key = by_key;
}

static int compare_texts(const void *left, const void *right) {
    const struct text *a = left, *b = right;
    int order = strcmp(a->language, b->language);
    if (order != 0) return order;
    if (a->kind != b->kind) return a->kind < b->kind ? -1 : 1;
    return (a->ref > b->ref) - (a->ref < b->ref);
}

void dictionary_sort_texts(struct text *texts, int count) {
    if (count > 0) qsort(texts, (size_t)count, sizeof(*texts), compare_texts);
}

/* ---- Looking up. -------------------------------------------------------------------------- */
const struct dictionary *dictionary_for(const struct dictionary_set *set, int period) {
    const struct dictionary *latest = NULL;
    for (int i = 0; i < set->count; i++) {
        const struct dictionary *d = set->dictionaries[i];
        if (d->valid_from > period || (d->valid_to != 0 && d->valid_to < period)) continue;
        if (latest == NULL || d->valid_from > latest->valid_from) latest = d;
    }
    return latest;
}

const struct dictionary *dictionary_by_id(const struct dictionary_set *set, int id) {
    for (int i = 0; i < set->count; i++)
        if (set->dictionaries[i]->id == id) return set->dictionaries[i];
    return NULL;
}

const struct dictionary *dictionary_by_code(const struct dictionary_set *set, const char *code) {
    for (int i = 0; i < set->count; i++)
        if (strcmp(set->dictionaries[i]->code, code) == 0) return set->dictionaries[i];
    return NULL;
}

const struct form *form_by_code(const struct dictionary *dictionary, const char *code) {
    for (int i = 0; i < dictionary->form_count; i++)
        if (strcmp(dictionary->forms[i].code, code) == 0) return &dictionary->forms[i];
    return NULL;
}

const struct form *form_by_id(const struct dictionary_set *set, int id) {
    for (int i = 0; i < set->count; i++)
        for (int j = 0; j < set->dictionaries[i]->form_count; j++)
            if (set->dictionaries[i]->forms[j].id == id) return &set->dictionaries[i]->forms[j];
    return NULL;
}

static int compare_key_to_form_item(const void *key, const void *element) {
    return strcmp(key, (*(const struct form_item *const *)element)->key);
}

const struct form_item *form_find(const struct form *form, const char *key) {
    const struct form_item *const *found =
        bsearch(key, form->by_key, (size_t)form->item_count, sizeof(struct form_item *),
                compare_key_to_form_item);
    return found == NULL ? NULL : *found;
}

const struct form_item *form_find_slot(const struct form *form, int slot) {
    return slot < 0 || slot >= form->dictionary->width ? NULL : form->by_slot[slot];
}

static int compare_key_to_item(const void *key, const void *element) {
    return strcmp(key, (*(const struct item *const *)element)->key);
}

const struct item *dictionary_find(const struct dictionary *dictionary, const char *key) {
    const struct item *const *found =
        bsearch(key, dictionary->by_key, (size_t)dictionary->item_count, sizeof(struct item *),
                compare_key_to_item);
    return found == NULL ? NULL : *found;
}

const char *dictionary_text(const struct dictionary *dictionary, const char *language,
                            enum text_kind kind, int ref, const char *english) {
    struct text wanted = { .language = language, .kind = kind, .ref = ref };
    if (!language || dictionary->text_count == 0) return english;
    const struct text *found = bsearch(&wanted, dictionary->texts, (size_t)dictionary->text_count,
                                       sizeof(wanted), compare_texts);
    return found == NULL ? english : found->text;
}

bool dictionary_speaks(const struct dictionary *dictionary, const char *language) {
    for (int i = 0; i < dictionary->text_count; i++)
        if (strcmp(dictionary->texts[i].language, language) == 0) return true;
    return strcmp(language, "en") == 0;
}
