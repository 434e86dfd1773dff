#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hmis/period.h"
#include "report_http.h"

static bool in_range(const struct item *item, int64_t value, int32_t *cell,
                     enum error_code *error) {
    *error = value < item->low && value < 0 ? ERR_VALUE_NEGATIVE : ERR_VALUE_TOO_LARGE;
    if (value < item->low || value > item->high || value <= BLANK || value > INT32_MAX)
        return false;
    *cell = (int32_t)value;
    return true;
}

static bool count_from_json(const struct item *item, const json_t *value, int32_t *cell,
                            enum error_code *error) {
    *error = ERR_VALUE_NOT_WHOLE;
    double real = json_real_value(value); /* 0 of what is none */
    if (fabs(real) >= 0x1p63) *error = real < 0 ? ERR_VALUE_NEGATIVE : ERR_VALUE_TOO_LARGE;
    return json_is_integer(value) && in_range(item, json_integer_value(value), cell, error);
}

static bool text_from_json(const struct item *item, const json_t *value, int32_t *cell,
                           enum error_code *error) {
    *error = item->type == DATA_DATE ? ERR_VALUE_NOT_DATE : ERR_VALUE_NOT_CODE;
    return json_is_string(value) &&
           cell_parse(item, json_string_value(value), json_string_length(value), cell, error);
}

/* A number is taken when it is the double nearest to some decimal with as many places as the item
 * has: then that decimal is what was written. */
static bool decimal_from_json(const struct item *item, const json_t *value, int32_t *cell,
                              enum error_code *error) {
    *error = ERR_VALUE_NOT_DECIMAL;
    if (json_is_string(value) && json_string_length(value) > 0)
        return cell_parse(item, json_string_value(value), json_string_length(value), cell, error);
    if (!json_is_number(value)) return false;
    char text[64];
    double number = json_number_value(value);
    if (fabs(number) > 1e9) return (*error = ERR_VALUE_TOO_LARGE), false;
    int length = snprintf(text, sizeof text, "%.*f", item->scale, number);
    if (strtod(text, NULL) != number) return false;
    return cell_parse(item, text, (size_t)length, cell, error);
}

bool cell_from_json(const struct item *item, const json_t *value, int32_t *cell,
                    enum error_code *error) {
    static bool (*const readers[DATA__MAX])(const struct item *, const json_t *, int32_t *,
                                            enum error_code *) = {
        [DATA_COUNT] = count_from_json,     [DATA_ADEQUACY] = text_from_json,
        [DATA_DATE] = text_from_json,       [DATA_PERCENTAGE] = decimal_from_json,
        [DATA_DECIMAL] = decimal_from_json,
    };
    *cell = BLANK;
    return json_is_null(value) || readers[item->type](item, value, cell, error);
}

void cell_to_json(struct json_out *out, const char *key, const struct item *item, int32_t cell) {
    char text[16];
    if (cell == BLANK || item->type == DATA_COUNT)
        out_cell(out, key, cell);
    else if (item->type == DATA_ADEQUACY)
        out_string(out, key, cell == ADEQUATE ? "adequate" : "inadequate");
    else if (item->type == DATA_DATE) {
        snprintf(text, sizeof text, "%04d-%02d-%02d", cell / 10000 % 10000, cell / 100 % 100,
                 cell % 100);
        out_string(out, key, text);
    } else
        out_decimal(out, key, cell, item->scale);
}

void items_to_json(struct json_out *out, const char *name, const struct form *form,
                   const int32_t *cells) {
    out_object(out, name);
    for (int i = 0; i < form->item_count; i++) {
        const struct form_item *item = &form->items[i];
        if (cells[item->item->slot] != BLANK)
            cell_to_json(out, item->key, item->item, cells[item->item->slot]);
    }
    out_object_end(out);
}

const char *source_name(int source) {
    return source == SOURCE_IMPORTED ? "imported" : "entered";
}

void changes_to_json(struct json_out *out, const char *name, const struct form *form,
                     const int32_t *before, const int32_t *after) {
    out_object(out, name);
    for (int i = 0; i < form->item_count; i++) {
        const struct form_item *item = &form->items[i];
        int slot = item->item->slot;
        if (before[slot] == after[slot]) continue;
        out_array(out, item->key);
        cell_to_json(out, NULL, item->item, before[slot]);
        cell_to_json(out, NULL, item->item, after[slot]);
        out_array_end(out);
    }
    out_object_end(out);
}

void base_changed_to_json(struct json_out *out, const char *name, const struct form *form,
                          const struct report_state *state) {
    if (!state->base_changed) {
        out_null(out, name);
        return;
    }
    out_object(out, name);
    out_int(out, "version", state->submitted.version);
    out_time(out, "submitted_at", state->submitted.saved.at);
    out_string(out, "submitted_by", state->submitted.saved.by);
    out_string(out, "source", source_name(state->source));
    changes_to_json(out, "items", form, state->base, state->submitted.cells);
    out_object_end(out);
}

bool conflict_problem(struct problem *p, struct arena *arena, const struct form *form,
                      const struct report_current *current) {
    struct json_out out;
    json_out_init(&out);
    out_object(&out, NULL);
    out_int(&out, "version", current->version);
    items_to_json(&out, "items", form, current->cells);
    out_raw(&out, "remarks", current->remarks != NULL ? current->remarks : "{}");
    out_time(&out, "updated_at", current->saved.at);
    out_string(&out, "updated_by", current->saved.by);
    out_object_end(&out);
    p->extra_json =
        arena_printf(arena, "\"current\":%.*s", (int)out.buffer.length, out.buffer.data);
    buffer_free(&out.buffer);
    return problem_set(p, ERR_VERSION_CONFLICT,
                       "Somebody else has changed this report since you read it; "
                       "version %d stands there now",
                       current->version);
}

void outcomes_to_json(struct json_out *out, const struct form *form, const uint8_t *outcomes,
                      size_t size) {
    int counts[OUTCOME__MAX] = { 0 };
    out_object(out, "outcomes");
    for (int i = 0; i < form->rule_count; i++) {
        const struct rule *rule = &form->rules[i];
        enum outcome outcome = outcomes_get(outcomes, size, rule->ordinal);
        if (!rule->retired) counts[outcome]++;
        if (outcome == OUTCOME_INCONSISTENT || outcome == OUTCOME_PROBABLE)
            out_string(out, rule->code, outcome_name(outcome));
    }
    out_object_end(out);
    out_object(out, "counts");
    for (int i = 0; i < OUTCOME__MAX; i++)
        out_int(out, outcome_name(i), counts[i]);
    out_object_end(out);
}

static void repeat_to_json(struct json_out *out, int period, int months) {
    char text[8];
    period_format(text, period_add(period, -months));
    out_string(out, "kind", "repeat");
    out_string(out, "period", text);
}

static void opening_reason(struct json_out *out, const struct form *form, int slot,
                           const struct history *history) {
    if (history == NULL || history->months[0] == NULL) return;
    for (int i = 0; i < form->item_count; i++) {
        const struct item *closing =
            form->items[i].item->slot == slot ? opening_continues(form, i) : NULL;
        if (closing != NULL)
            cell_to_json(out, "closing", closing, history->months[0][closing->slot]);
    }
}

/* What a finding is held against: the largest figure, last month's closing, the usual range. */
static void finding_reason(struct json_out *out, const struct form *form, int32_t finding,
                           const struct history *history, const int32_t *peaks) {
    int slot = FINDING_SLOT(finding);
    int32_t low, high;
    switch (FINDING_KIND(finding)) {
    case FINDING_DIGITS:
        if (peaks != NULL) out_int(out, "largest", peaks[slot]);
        break;
    case FINDING_OPENING:
        opening_reason(out, form, slot, history);
        break;
    case FINDING_OUTLIER:
        if (history == NULL || !expected_range(history, slot, &low, &high)) break;
        out_int(out, "low", low);
        out_int(out, "high", high);
        break;
    default:
        break;
    }
}

static void item_finding_to_json(struct json_out *out, const struct form *form,
                                 const int32_t *cells, int32_t finding,
                                 const struct history *history, const int32_t *peaks) {
    static const char *const kinds[] = { [FINDING_OUTLIER] = "outlier",
                                         [FINDING_DIGITS] = "digits",
                                         [FINDING_DATE] = "date",
                                         [FINDING_OPENING] = "opening" };
    int slot = FINDING_SLOT(finding);
    const struct form_item *item = form_find_slot(form, slot);
    out_string(out, "kind", kinds[FINDING_KIND(finding)]);
    out_string(out, "item", item != NULL ? item->key : NULL);
    if (item == NULL) return;
    cell_to_json(out, "value", item->item, cells[slot]);
    finding_reason(out, form, finding, history, peaks);
}

void findings_to_json(struct json_out *out, const struct form *form, int period,
                      const int32_t *cells, const int32_t *findings, size_t count,
                      const struct history *history, const int32_t *peaks) {
    out_array(out, "findings");
    for (size_t i = 0; i < count; i++) {
        out_object(out, NULL);
        if (FINDING_KIND(findings[i]) == FINDING_REPEAT)
            repeat_to_json(out, period, FINDING_SLOT(findings[i]));
        else
            item_finding_to_json(out, form, cells, findings[i], history, peaks);
        out_object_end(out);
    }
    out_array_end(out);
}
