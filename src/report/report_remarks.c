#include <string.h>

#include "report_http.h"

enum { REMARK_LENGTH = 1000 }; /* code points */

/* Line breaks and tabs may stand in a remark; no other control character. */
static bool has_control(const char *text) {
    for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++) {
        if ((*c < 0x20 && *c != '\n' && *c != '\t') || *c == 0x7F) return true;
        if (*c == 0xC2 && c[1] >= 0x80 && c[1] <= 0x9F) return true;
    }
    return false;
}

/* False: refused. */
static bool patch_text(struct json_out *patch, const char *key, const json_t *value,
                       const char *field, struct arena *arena, struct problem *refused) {
    if (json_is_null(value)) {
        out_null(patch, key);
        return true;
    }
    if (!json_is_string(value))
        return problem_field(refused, arena, field, ERR_INVALID,
                             "A remark is a text, or null to remove it");
    const char *text = json_string_value(value);
    size_t length = json_string_length(value);
    if (!text_is_utf8(text, length) || strlen(text) != length || has_control(text))
        return problem_field(refused, arena, field, ERR_INVALID,
                             "A remark holds no control characters");
    if (text_length_utf8(text) > REMARK_LENGTH)
        return problem_field(refused, arena, field, ERR_INVALID,
                             "A remark has at most %d characters", REMARK_LENGTH);
    out_string(patch, key, length > 0 ? text : NULL);
    return true;
}

static bool item_known(const struct form *form, const char *key) {
    return form_find(form, key) != NULL;
}

static const struct rule *find_rule(const struct form *form, const char *code) {
    for (int i = 0; i < form->rule_count; i++)
        if (text_equal(form->rules[i].code, code)) return &form->rules[i];
    return NULL;
}

static bool rule_known(const struct form *form, const char *code) {
    return find_rule(form, code) != NULL;
}

static size_t patch_texts(const json_t *texts, const char *name, const struct form *form,
                          bool (*known)(const struct form *, const char *), struct json_out *patch,
                          struct arena *arena, struct problem *refused, struct problem *p) {
    const char *field = arena_printf(arena, "remarks.%s", name);
    if (!json_is_object(texts)) {
        problem_field(p, arena, field, ERR_INVALID, "An object of texts is needed here");
        return 0;
    }
    size_t count = 0;
    const char *key;
    json_t *value;
    out_object(patch, name);
    json_object_foreach((json_t *)texts, key, value) {
        const char *at = arena_printf(arena, "%s.%.40s", field, key);
        if (known(form, key))
            count += patch_text(patch, key, value, at, arena, refused);
        else
            problem_field(refused, arena, at, ERR_ITEM_UNKNOWN, "The form has no such %s",
                          known == rule_known ? "rule" : "item");
    }
    out_object_end(patch);
    return count;
}

size_t remarks_patch(const json_t *body, const struct form *form, struct json_out *patch,
                     struct arena *arena, struct problem *refused, struct problem *p) {
    size_t texts = 0;
    const char *key;
    json_t *value;
    out_object(patch, NULL);
    json_object_foreach((json_t *)body, key, value) {
        if (text_equal(key, "report"))
            texts += patch_text(patch, "report", value, "remarks.report", arena, refused);
        else if (text_equal(key, "items"))
            texts += patch_texts(value, "items", form, item_known, patch, arena, refused, p);
        else if (text_equal(key, "rules"))
            texts += patch_texts(value, "rules", form, rule_known, patch, arena, refused, p);
        else
            problem_field(p, arena, arena_printf(arena, "remarks.%.40s", key), ERR_UNKNOWN_FIELD,
                          "Remarks are report, items or rules");
    }
    out_object_end(patch);
    return texts;
}

/* ---- What needs a remark.
 * ------------------------------------------------------------------------- */
struct needed {
    const struct form *form;
    json_t *report, *items, *rules; /* borrowed; NULL: none */
    struct arena *arena;
    struct remarks_needed list;
};

static bool has_text(const json_t *value) {
    const char *text = json_string_value(value);
    return text != NULL && text[strspn(text, " \t\n")] != '\0';
}

static void need(struct needed *needed, const char *kind, const char *name) {
    const char *field = arena_printf(needed->arena, "remarks.%s%s%s", kind, *name ? "." : "", name);
    for (size_t i = 0; i < needed->list.count; i++)
        if (text_equal(needed->list.fields[i], field)) return;
    needed->list.fields[needed->list.count++] = field;
}

static bool side_has_remark(const struct needed *needed, const int16_t *slots, int count) {
    for (int i = 0; i < count; i++) {
        const struct form_item *item = form_find_slot(needed->form, slots[i]);
        if (item != NULL && has_text(json_object_get(needed->items, item->key))) return true;
    }
    return false;
}

static void need_for_rule(struct needed *needed, const struct rule *rule, enum outcome outcome) {
    if (outcome != OUTCOME_INCONSISTENT && outcome != OUTCOME_PROBABLE) return;
    if (has_text(json_object_get(needed->rules, rule->code)) ||
        side_has_remark(needed, rule->left, rule->left_count) ||
        side_has_remark(needed, rule->right, rule->right_count))
        return;
    need(needed, "rules", rule->code);
}

static void need_for_finding(struct needed *needed, int32_t finding) {
    if (FINDING_KIND(finding) == FINDING_REPEAT) {
        if (!has_text(needed->report)) need(needed, "report", "");
        return;
    }
    const struct form_item *item = form_find_slot(needed->form, FINDING_SLOT(finding));
    if (item != NULL && !has_text(json_object_get(needed->items, item->key)))
        need(needed, "items", item->key);
}

struct remarks_needed remarks_needed(const struct form *form, const struct report_result *result,
                                     const char *remarks, struct arena *arena) {
    json_t *root = remarks != NULL ? json_loads(remarks, 0, NULL) : NULL;
    struct needed needed = {
        .form = form,
        .report = json_object_get(root, "report"),
        .items = json_object_get(root, "items"),
        .rules = json_object_get(root, "rules"),
        .arena = arena,
    };
    size_t room = (size_t)form->rule_count + (size_t)result->finding_count + 2;
    needed.list.fields = arena_array(arena, room, sizeof(char *));
    for (int i = 0; i < form->rule_count; i++)
        need_for_rule(
            &needed, &form->rules[i],
            outcomes_get(result->outcomes, sizeof result->outcomes, form->rules[i].ordinal));
    for (int i = 0; i < result->finding_count; i++)
        need_for_finding(&needed, result->findings[i]);
    if (result->filled == 0 && !has_text(needed.report)) need(&needed, "report", "");
    json_decref(root);
    return needed.list;
}
