/* A dictionary and a form as JSON: docs/dictionary.md, section 4. */
#include "dictionary_build.h"
#include "hmis/facility.h"
#include "hmis/period.h"

#include <string.h>

static void write_month(struct json_out *out, const char *key, int period) {
    char text[8];
    if (period) period_format(text, period);
    out_string(out, key, period ? text : NULL);
}

static void write_types(struct json_out *out, uint32_t types) {
    out_array(out, "facility_types");
    for (int type = FACILITY_SC; type < FACILITY_TYPE__MAX; type++)
        if (types & 1u << type) out_string(out, NULL, facility_type_code((enum facility_type)type));
    out_array_end(out);
}

static int live_rules(const struct form *form) {
    int count = 0;
    for (int i = 0; i < form->rule_count; i++)
        count += !form->rules[i].retired;
    return count;
}

static const char *title_of(const struct form *form, const char *language) {
    return dictionary_text(form->dictionary, language, TEXT_FORM, form->id, form->title);
}

void dictionary_write(struct json_out *out, const struct dictionary *d, const char *language) {
    out_object(out, NULL);
    out_string(out, "code", d->code);
    out_string(out, "title", d->title);
    write_month(out, "valid_from", d->valid_from);
    write_month(out, "valid_to", d->valid_to);
    out_int(out, "stamp", d->stamp);
    out_array(out, "languages");
    out_string(out, NULL, "en");
    for (int i = 0; i < d->text_count; i++) /* sorted by language */
        if (i == 0 || !text_equal(d->texts[i].language, d->texts[i - 1].language))
            out_string(out, NULL, d->texts[i].language);
    out_array_end(out);
    out_array(out, "forms");
    for (int i = 0; i < d->form_count; i++) {
        out_object(out, NULL);
        out_string(out, "code", d->forms[i].code);
        out_string(out, "title", title_of(&d->forms[i], language));
        write_types(out, d->forms[i].facility_types);
        out_int(out, "items", d->forms[i].item_count);
        out_int(out, "rules", live_rules(&d->forms[i]));
        out_object_end(out);
    }
    out_array_end(out);
    out_object_end(out);
}

static void write_limit(struct json_out *out, const char *key, int32_t limit, int32_t none) {
    if (limit == none)
        out_null(out, key);
    else
        out_int(out, key, limit);
}

static void write_item(struct json_out *out, const struct form *form, const struct form_item *place,
                       const char *language) {
    const struct dictionary *d = form->dictionary;
    const struct item *item = place->item;
    out_object(out, NULL);
    out_string(out, "key", place->key);
    out_string(out, "number", place->number);
    out_string(out, "ref", item->key);
    if (item->component) {
        out_int(out, "component", item->component);
        out_string(
            out, "component_name",
            dictionary_text(d, language, TEXT_COMPONENT, item->component, item->component_name));
    }
    out_string(out, "name", dictionary_text(d, language, TEXT_ITEM, item->slot, item->name));
    out_string(out, "type", data_type_name(item->type));
    out_int(out, "scale", item->scale);
    out_string(out, "aggregation", aggregation_name(item->aggregation));
    write_limit(out, "low", item->low, NO_LOW);
    write_limit(out, "high", item->high, NO_HIGH);
    out_object_end(out);
}

/* "17": what the form itself calls the section, from the first of its items; null where its numbers
 * do not tell ("F16.1.1"). */
static void write_section_number(struct json_out *out, const char *number) {
    size_t length = strspn(number, "0123456789");
    if (length > 0 && (number[length] == '.' || number[length] == '\0'))
        out_string_n(out, "number", number, length);
    else
        out_null(out, "number");
}

static void write_sections(struct json_out *out, const struct form *form, const char *language) {
    const struct section *open = NULL;
    out_array(out, "sections");
    for (int i = 0; i < form->item_count; i++) {
        const struct section *section = form->items[i].item->section;
        if (section != open) {
            if (open) out_array_end(out), out_object_end(out);
            open = section;
            out_object(out, NULL);
            out_string(out, "code", section->code);
            write_section_number(out, form->items[i].number);
            out_string(out, "name",
                       dictionary_text(form->dictionary, language, TEXT_SECTION, section->id,
                                       section->name));
            out_bool(out, "total_only", section->total_only);
            out_array(out, "items");
        }
        write_item(out, form, &form->items[i], language);
    }
    if (open) out_array_end(out), out_object_end(out);
    out_array_end(out);
}

static void write_side(struct json_out *out, const char *name, const struct form *form,
                       const int16_t *slots, int count) {
    out_array(out, name);
    for (int i = 0; i < count; i++)
        out_string(out, NULL, form_find_slot(form, slots[i])->key);
    out_array_end(out);
}

static void write_rules(struct json_out *out, const struct form *form, const char *language) {
    out_array(out, "rules");
    for (int i = 0; i < form->rule_count; i++) {
        const struct rule *rule = &form->rules[i];
        if (rule->retired) continue;
        out_object(out, NULL);
        out_string(out, "code", rule->code);
        out_int(out, "ordinal", rule->ordinal);
        out_string(out, "class", rule_class_name(rule->class));
        out_string(out, "operator", rule_operator_name(rule->operator));
        write_side(out, "left", form, rule->left, rule->left_count);
        write_side(out, "right", form, rule->right, rule->right_count);
        out_string(out, "text",
                   dictionary_text(form->dictionary, language, TEXT_RULE,
                                   form->id * 1000 + rule->ordinal, rule->text));
        out_object_end(out);
    }
    out_array_end(out);
}

void dictionary_write_form(struct json_out *out, const struct form *form, const char *language) {
    const struct dictionary *d = form->dictionary;
    out_object(out, NULL);
    out_string(out, "dictionary", d->code);
    out_string(out, "form", form->code);
    out_string(out, "title", title_of(form, language));
    out_string(out, "language", language);
    out_int(out, "stamp", d->stamp);
    write_month(out, "valid_from", d->valid_from);
    write_month(out, "valid_to", d->valid_to);
    write_types(out, form->facility_types);
    write_sections(out, form, language);
    write_rules(out, form, language);
    out_object_end(out);
}
