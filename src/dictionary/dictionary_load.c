/* Writes a dictionary that was read from files: refuses what would change the meaning of figures or
 * outcomes already stored, then writes everything in one transaction. */
#include <string.h>

#include "dictionary_build.h"
#include "hmis/facility.h"
#include "hmis/period.h"

struct load {
    const struct dictionary *source; /* the files */
    struct dictionary stored;        /* the database, before */
    int id;                          /* of the dictionary in the database */
    int *form_ids;                   /* [source form id]: form's id in the database */
    struct db *db;
    struct arena *arena;
    struct problem *problem;
    bool refused;
};

static PRINTF(3, 4) void refuse(struct load *load, const char *file, const char *format, ...) {
    va_list args;
    va_start(args, format);
    const char *detail = arena_vprintf(load->arena, format, args);
    va_end(args);
    if (!load->refused) problem_set(load->problem, ERR_FILE_FORMAT, "%s: %s", file, detail);
    problem_field(load->problem, load->arena, file, ERR_FILE_FORMAT, "%s", detail);
    load->refused = true;
}

/* ---- What is stored keeps its meaning.
 * -------------------------------------------------------------- */
static void compare_section(struct load *load, const struct section *section) {
    for (int i = 0; i < load->stored.section_count; i++) {
        const struct section *stored = &load->stored.sections[i];
        if ((stored->id == section->id) != text_equal(stored->code, section->code))
            refuse(load, "sections.tsv",
                   "section %s has id %d, but in the database %s has id %d; ids are kept, a new "
                   "section takes a free one",
                   section->code, section->id, stored->code, stored->id);
    }
}

static void compare_item(struct load *load, const struct item *item) {
    const struct item *same_slot =
        item->slot < load->stored.width ? load->stored.by_slot[item->slot] : NULL;
    const struct item *same_key = dictionary_find(&load->stored, item->key);
    if (same_slot != NULL && !text_equal(same_slot->key, item->key)) {
        refuse(
            load, "items.tsv",
            "slot %d holds item %s in the database, not %s; a slot is given once: take a free one "
            "(%d and up)",
            item->slot, same_slot->key, item->key, load->stored.width);
        return;
    }
    if (same_key != NULL && same_key->slot != item->slot) {
        refuse(load, "items.tsv", "item %s has slot %d in the database, not %d; leave it there",
               item->key, same_key->slot, item->slot);
        return;
    }
    if (same_slot != NULL && (same_slot->type != item->type || same_slot->scale != item->scale))
        refuse(
            load, "items.tsv",
            "item %s is stored as %s with scale %d, which stored figures rely on; give the changed "
            "item another number and slot",
            item->key, data_type_name(same_slot->type), same_slot->scale);
}

static bool same_side(const int16_t *a, int a_count, const int16_t *b, int b_count) {
    return a_count == b_count && memcmp(a, b, (size_t)a_count * sizeof(*a)) == 0;
}

static bool same_rule(const struct rule *a, const struct rule *b) {
    return text_equal(a->code, b->code) && a->class == b->class &&
           a->operator== b->operator&& same_side(a->left, a->left_count, b->left, b->left_count) &&
           same_side(a->right, a->right_count, b->right, b->right_count);
}

static void compare_rule(struct load *load, const struct form *form, const struct form *stored_form,
                         const struct rule *rule) {
    for (int i = 0; i < stored_form->rule_count; i++) {
        const struct rule *stored = &stored_form->rules[i];
        bool related = stored->ordinal == rule->ordinal || text_equal(stored->code, rule->code);
        if (related && (stored->ordinal != rule->ordinal || !same_rule(stored, rule)))
            refuse(load, "rules.tsv",
                   "rule %s of form %s (ordinal %d) is another one than %s (ordinal %d) in the "
                   "database, on which stored outcomes rely; a changed rule takes a new code and "
                   "ordinal (%d and up)",
                   rule->code, form->code, rule->ordinal, stored->code, stored->ordinal,
                   stored_form->rule_width);
    }
}

static bool compare(struct load *load) {
    const struct dictionary *source = load->source;
    for (int i = 0; i < source->section_count; i++)
        compare_section(load, &source->sections[i]);
    for (int i = 0; i < source->item_count; i++)
        compare_item(load, &source->items[i]);
    for (int i = 0; i < load->stored.form_count; i++) {
        const struct form *stored = &load->stored.forms[i];
        const struct form *form = form_by_code(source, stored->code);
        if (form == NULL)
            refuse(load, "forms.tsv", "form %s is in the database but not here; forms are kept",
                   stored->code);
        for (int j = 0; form != NULL && j < form->rule_count; j++)
            compare_rule(load, form, stored, &form->rules[j]);
    }
    return !load->refused;
}

/* ---- Columns of arrays for unnest().
 * ------------------------------------------------------------------ */
static int16_t *small_column(struct load *load, int count) {
    return arena_array(load->arena, (size_t)count + 1, sizeof(int16_t));
}

static const char **text_column(struct load *load, int count) {
    return arena_array(load->arena, (size_t)count + 1, sizeof(char *));
}

static bool run(struct load *load, enum query_id query, const struct db_param *params,
                size_t count) {
    return db_query(load->db, query, params, count, load->arena, NULL, load->problem);
}

static bool put_sections(struct load *load) {
    int n = load->source->section_count;
    int16_t *ids = small_column(load, n), *total_only = small_column(load, n);
    const char **codes = text_column(load, n), **names = text_column(load, n);
    for (int i = 0; i < n; i++) {
        const struct section *section = &load->source->sections[i];
        ids[i] = (int16_t)section->id;
        codes[i] = section->code;
        names[i] = section->name;
        total_only[i] = section->total_only;
    }
    return run(load, Q_DICTIONARY_PUT_SECTIONS,
               DB_ARGS(DB_INT2(load->id), DB_INT2S(ids, (size_t)n), DB_TEXTS(codes, (size_t)n),
                       DB_TEXTS(names, (size_t)n), DB_INT2S(total_only, (size_t)n)));
}

static bool put_items(struct load *load) {
    int n = load->source->item_count;
    size_t count = (size_t)n;
    int16_t *slots = small_column(load, n), *sections = small_column(load, n);
    int16_t *components = small_column(load, n), *scales = small_column(load, n);
    const char **numbers = text_column(load, n), **component_names = text_column(load, n);
    const char **names = text_column(load, n), **types = text_column(load, n);
    const char **aggregations = text_column(load, n);
    int32_t *lows = arena_array(load->arena, count, sizeof(*lows));
    int32_t *highs = arena_array(load->arena, count, sizeof(*highs));
    for (int i = 0; i < n; i++) {
        const struct item *item = &load->source->items[i];
        slots[i] = (int16_t)item->slot;
        sections[i] = (int16_t)item->section->id;
        numbers[i] = item->number;
        components[i] = (int16_t)item->component;
        component_names[i] = item->component_name;
        names[i] = item->name;
        types[i] = data_type_name(item->type);
        scales[i] = (int16_t)item->scale;
        aggregations[i] = aggregation_name(item->aggregation);
        lows[i] = item->low == NO_LOW ? BLANK : item->low;
        highs[i] = item->high == NO_HIGH ? BLANK : item->high;
    }
    return run(load, Q_DICTIONARY_PUT_ITEMS,
               DB_ARGS(DB_INT2(load->id), DB_INT2S(slots, count), DB_INT2S(sections, count),
                       DB_TEXTS(numbers, count), DB_INT2S(components, count),
                       DB_TEXTS(component_names, count), DB_TEXTS(names, count),
                       DB_TEXTS(types, count), DB_INT2S(scales, count),
                       DB_TEXTS(aggregations, count), DB_INT4S(lows, count),
                       DB_INT4S(highs, count))) &&
           run(load, Q_DICTIONARY_RETIRE_ITEMS, DB_ARGS(DB_INT2(load->id), DB_INT2S(slots, count)));
}

/* "{1,2,3}": arrays within arrays travel as text. */
static const char *array_text(struct load *load, const int16_t *values, int count) {
    struct buffer text = { 0 };
    buffer_add_char(&text, '{');
    for (int i = 0; i < count; i++) {
        if (i > 0) buffer_add_char(&text, ',');
        buffer_add_int(&text, values[i]);
    }
    buffer_add_char(&text, '}');
    const char *copy = arena_strndup(load->arena, text.data, text.length);
    buffer_free(&text);
    return copy;
}

static const char *types_text(struct load *load, uint32_t types) {
    int16_t list[FACILITY_TYPE__MAX];
    int count = 0;
    for (int type = 0; type < FACILITY_TYPE__MAX; type++)
        if ((types & 1u << type) != 0) list[count++] = (int16_t)type;
    return array_text(load, list, count);
}

static bool read_form_ids(struct load *load) {
    struct db_rows *rows;
    load->form_ids =
        arena_array(load->arena, (size_t)load->source->form_count + 1, sizeof(*load->form_ids));
    if (!db_query(load->db, Q_DICTIONARY_FORMS, DB_ARGS(DB_INT2(load->id)), load->arena, &rows,
                  load->problem))
        return false;
    for (int i = 0; i < db_count(rows); i++)
        load->form_ids[form_by_code(load->source, db_text(rows, i, 1))->id] =
            (int)db_int(rows, i, 0);
    return true;
}

static bool put_forms(struct load *load) {
    int n = load->source->form_count;
    const char **codes = text_column(load, n), **titles = text_column(load, n);
    const char **types = text_column(load, n);
    for (int i = 0; i < n; i++) {
        codes[i] = load->source->forms[i].code;
        titles[i] = load->source->forms[i].title;
        types[i] = types_text(load, load->source->forms[i].facility_types);
    }
    return run(load, Q_DICTIONARY_PUT_FORMS,
               DB_ARGS(DB_INT2(load->id), DB_TEXTS(codes, (size_t)n), DB_TEXTS(titles, (size_t)n),
                       DB_TEXTS(types, (size_t)n))) &&
           read_form_ids(load);
}

static bool put_form_items(struct load *load) {
    int n = 0, row = 0;
    for (int i = 0; i < load->source->form_count; i++)
        n += load->source->forms[i].item_count;
    size_t count = (size_t)n;
    int16_t *forms = small_column(load, n), *slots = small_column(load, n);
    int16_t *positions = small_column(load, n);
    const char **numbers = text_column(load, n);
    for (int i = 0; i < load->source->form_count; i++) {
        const struct form *form = &load->source->forms[i];
        for (int j = 0; j < form->item_count; j++, row++) {
            forms[row] = (int16_t)load->form_ids[form->id];
            slots[row] = (int16_t)form->items[j].item->slot;
            positions[row] = (int16_t)form->items[j].position;
            numbers[row] = form->items[j].number;
        }
    }
    return run(load, Q_DICTIONARY_CLEAR_FORM_ITEMS, DB_ARGS(DB_INT2(load->id))) &&
           run(load, Q_DICTIONARY_PUT_FORM_ITEMS,
               DB_ARGS(DB_INT2(load->id), DB_INT2S(forms, count), DB_INT2S(slots, count),
                       DB_INT2S(positions, count), DB_TEXTS(numbers, count)));
}

static bool put_rules(struct load *load) {
    int n = 0, row = 0;
    for (int i = 0; i < load->source->form_count; i++)
        n += load->source->forms[i].rule_count;
    size_t count = (size_t)n;
    int16_t *forms = small_column(load, n), *ordinals = small_column(load, n);
    const char **codes = text_column(load, n), **classes = text_column(load, n);
    const char **operators = text_column(load, n), **texts = text_column(load, n);
    const char **lefts = text_column(load, n), **rights = text_column(load, n);
    for (int i = 0; i < load->source->form_count; i++) {
        const struct form *form = &load->source->forms[i];
        for (int j = 0; j < form->rule_count; j++, row++) {
            const struct rule *rule = &form->rules[j];
            forms[row] = (int16_t)load->form_ids[form->id];
            ordinals[row] = (int16_t)rule->ordinal;
            codes[row] = rule->code;
            classes[row] = rule_class_name(rule->class);
            operators[row] = rule_operator_name(rule->operator);
            lefts[row] = array_text(load, rule->left, rule->left_count);
            rights[row] = array_text(load, rule->right, rule->right_count);
            texts[row] = rule->text;
        }
    }
    return run(load, Q_DICTIONARY_PUT_RULES,
               DB_ARGS(DB_INT2S(forms, count), DB_INT2S(ordinals, count), DB_TEXTS(codes, count),
                       DB_TEXTS(classes, count), DB_TEXTS(operators, count), DB_TEXTS(lefts, count),
                       DB_TEXTS(rights, count), DB_TEXTS(texts, count))) &&
           run(load, Q_DICTIONARY_RETIRE_RULES,
               DB_ARGS(DB_INT2(load->id), DB_INT2S(forms, count), DB_INT2S(ordinals, count)));
}

/* References to forms are those of the files until here. */
static int stored_ref(const struct load *load, const struct text *text) {
    if (text->kind == TEXT_FORM) return load->form_ids[text->ref];
    if (text->kind == TEXT_RULE) return load->form_ids[text->ref / 1000] * 1000 + text->ref % 1000;
    return text->ref;
}

static bool put_texts(struct load *load) {
    int n = load->source->text_count;
    size_t count = (size_t)n;
    const char **languages = text_column(load, n), **kinds = text_column(load, n);
    const char **texts = text_column(load, n);
    int32_t *refs = arena_array(load->arena, count + 1, sizeof(*refs));
    for (int i = 0; i < n; i++) {
        languages[i] = load->source->texts[i].language;
        kinds[i] = text_kind_name(load->source->texts[i].kind);
        refs[i] = stored_ref(load, &load->source->texts[i]);
        texts[i] = load->source->texts[i].text;
    }
    return run(load, Q_DICTIONARY_CLEAR_TEXTS, DB_ARGS(DB_INT2(load->id))) &&
           run(load, Q_DICTIONARY_PUT_TEXTS,
               DB_ARGS(DB_INT2(load->id), DB_TEXTS(languages, count), DB_TEXTS(kinds, count),
                       DB_INT4S(refs, count), DB_TEXTS(texts, count)));
}

/* The row of the version comes first: it also keeps a second load waiting. */
static bool put_dictionary(struct load *load) {
    const struct dictionary *source = load->source;
    struct db_rows *rows;
    if (!db_query(load->db, Q_DICTIONARY_PUT,
                  DB_ARGS(DB_TEXT(source->code), DB_TEXT(source->title),
                          DB_INT4(source->valid_from), DB_INT4(source->valid_to)),
                  load->arena, &rows, load->problem))
        return false;
    load->id = (int)db_int(rows, 0, 0);
    if (!db_query(load->db, Q_DICTIONARY_BEGINNING_IN,
                  DB_ARGS(DB_INT4(source->valid_from), DB_TEXT(source->code)), load->arena, &rows,
                  load->problem))
        return false;
    if (db_count(rows) == 0) return true;
    char month[8];
    period_format(month, source->valid_from);
    refuse(load, "dictionary.tsv",
           "dictionary %s begins in %s too; of two that begin together none could be chosen",
           db_text(rows, 0, 0), month);
    return false;
}

static bool write_all(struct db *db, void *arg, struct problem *p) {
    struct load *load = arg;
    load->db = db;
    load->problem = p;
    load->refused = false;
    load->stored = (struct dictionary){ 0 };
    if (!put_dictionary(load)) return false;
    load->stored.id = load->id;
    return dictionary_fetch(db, &load->stored, load->arena, p) && compare(load) &&
           put_sections(load) && put_items(load) && put_forms(load) && put_form_items(load) &&
           put_rules(load) && put_texts(load) && run(load, Q_DICTIONARY_PUT_ANALYZE, DB_NO_ARGS);
}

bool dictionary_load(struct db *db, const char *directory, struct arena *arena, struct problem *p) {
    struct load load = { .arena = arena };
    load.source = dictionary_read(directory, arena, p);
    return load.source != NULL && db_transaction(db, &scope_system, DB_WRITE, write_all, &load, p);
}
