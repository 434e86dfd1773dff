/* The table as JSON and as CSV. */
#include "hmis/area_ref.h"
#include "hmis/itemwise.h"

#include "hmis/clock.h"
#include "hmis/period.h"
#include "hmis/words.h"

#include <stdio.h>
#include <string.h>

/* ---- Cells. ---------------------------------------------------------------------------------- */
enum itemwise_way itemwise_way(const struct item *item) {
    static const enum itemwise_way by_aggregation[AGG__MAX] = {
        [AGG_SUM] = WAY_SUM, [AGG_FIRST] = WAY_FIRST, [AGG_LAST] = WAY_LAST
    };
    if (item->type == DATA_ADEQUACY) return WAY_SHARE;
    if (item->type == DATA_DATE || item->type == DATA_PERCENTAGE) return WAY_NONE;
    return by_aggregation[item->aggregation];
}

const char *itemwise_way_name(enum itemwise_way way) {
    static const char *const names[WAY__MAX] = { "none", "sum", "first", "last", "share" };
    return names[way];
}

const char *itemwise_reason(const struct item *item) {
    if (itemwise_way(item) != WAY_NONE) return NULL;
    if (item->type == DATA_DATE) return "date";
    if (item->type == DATA_PERCENTAGE) return "percentage";
    return item->aggregation == AGG_AVERAGE ? "average" : "not_added";
}

/* What the column of notes says; NULL for what is simply added. */
static const char *note(const struct item *item) {
    static const char *const by_way[WAY__MAX] = {
        [WAY_FIRST] = "Opening balance: of the first month",
        [WAY_LAST] = "Closing balance: of the last month",
        [WAY_SHARE] = "Answers: adequate of answered",
    };
    static const char *const texts[][2] = {
        { "date", "A date: not added" },
        { "percentage", "A percentage: not added" },
        { "average", "An average: not added" },
        { "not_added", "Not added" },
    };
    const char *reason = itemwise_reason(item);
    for (size_t i = 0; reason && i < COUNT(texts); i++)
        if (text_equal(texts[i][0], reason)) return texts[i][1];
    return by_way[itemwise_way(item)];
}

/* Dates are never added: nothing published does. */
static bool is_added(const struct itemwise_table *t, const struct item *item) {
    const char *reason = itemwise_reason(item);
    return !reason || (t->as_published && item->type == DATA_PERCENTAGE);
}

static struct itemwise_cell cell_of(const int64_t sums[ITEMWISE_KINDS]) {
    return (struct itemwise_cell){ .total = sums[0] + sums[1] + sums[2] + sums[3],
                                   .public = sums[0] + sums[1],
                                   .private = sums[2] + sums[3],
                                   .urban = sums[1] + sums[3],
                                   .rural = sums[0] + sums[2] };
}

static bool add_kinds(const struct itemwise_column *column, const struct item *item,
                      struct itemwise_cell *sum, struct itemwise_cell *filled) {
    int64_t sums[ITEMWISE_KINDS] = { 0 }, counts[ITEMWISE_KINDS] = { 0 };
    for (int kind = 0; kind < ITEMWISE_KINDS; kind++) {
        const struct total *total = column->kinds[kind];
        if (!total || !total->filled[item->slot]) continue;
        sums[kind] = total->sums[item->slot];
        counts[kind] = total->filled[item->slot];
    }
    *sum = cell_of(sums);
    *filled = cell_of(counts);
    return filled->total > 0;
}

bool itemwise_cell(const struct itemwise_column *column, const struct item *item,
                   struct itemwise_cell *cell) {
    struct itemwise_cell filled;
    enum itemwise_way way = itemwise_way(item);
    return add_kinds(column, item, cell, &filled) && way != WAY_NONE && way != WAY_SHARE;
}

/* Answers are stored as 1 (adequate) and 2 (inadequate): sum and count say how many of each. */
bool itemwise_share(const struct itemwise_column *column, const struct item *item,
                    struct itemwise_cell *adequate, struct itemwise_cell *answered) {
    struct itemwise_cell sum;
    if (itemwise_way(item) != WAY_SHARE || !add_kinds(column, item, &sum, answered)) return false;
    *adequate = (struct itemwise_cell){ .total = 2 * answered->total - sum.total,
                                        .public = 2 * answered->public - sum.public,
                                        .private = 2 * answered->private - sum.private,
                                        .urban = 2 * answered->urban - sum.urban,
                                        .rural = 2 * answered->rural - sum.rural };
    return true;
}

static bool filled_anywhere(const struct itemwise_table *table, int slot) {
    for (int i = 0; i < table->column_count; i++)
        for (int kind = 0; kind < ITEMWISE_KINDS; kind++) {
            const struct total *total = table->columns[i].kinds[kind];
            if (total && total->filled[slot]) return true;
        }
    return false;
}

/* Of the section, if one was asked for; an item that is on no form any more only with figures. */
static bool is_shown(const struct itemwise_table *table, const struct item *item) {
    if (table->section && item->section != table->section) return false;
    return !item->retired || filled_anywhere(table, item->slot);
}

/* ---- Words. ---------------------------------------------------------------------------------- */
static const char *item_name(const struct itemwise_table *t, const struct item *item) {
    return dictionary_text(t->dictionary, t->language, TEXT_ITEM, item->slot, item->name);
}

static const char *component_name(const struct itemwise_table *t, const struct item *item) {
    return dictionary_text(t->dictionary, t->language, TEXT_COMPONENT, item->component,
                           item->component_name);
}

static const char *section_name(const struct itemwise_table *t, const struct section *section) {
    return dictionary_text(t->dictionary, t->language, TEXT_SECTION, section->id, section->name);
}

enum { PERIOD_TEXT = 128 };
static void period_text(const char *language, char out[PERIOD_TEXT], int from, int to) {
    static const char *const months[] = { "January",   "February", "March",    "April",
                                          "May",       "June",     "July",     "August",
                                          "September", "October",  "November", "December" };
    int length =
        snprintf(out, PERIOD_TEXT, "%s %d", word_in(language, months[from % 100 - 1]), from / 100);
    if (from != to)
        snprintf(out + length, PERIOD_TEXT - (size_t)length, " - %s %d",
                 word_in(language, months[to % 100 - 1]), to / 100);
}

/* ---- JSON. ----------------------------------------------------------------------------------- */
static void out_month(struct json_out *out, const char *key, int period) {
    char text[8];
    period_format(text, period);
    out_string(out, key, text);
}

static void out_others(struct json_out *out, const char *key, const struct itemwise_break *at) {
    out_array(out, key);
    for (int i = 0; i < at->other_count; i++)
        if (at->others[i]) out_string(out, NULL, at->others[i]);
    out_array_end(out);
}

static void out_only(struct json_out *out, const char *key, const char *name) {
    out_array(out, key);
    out_string(out, NULL, name);
    out_array_end(out);
}

/* From whom to whom: parts came from others, or went to them. */
static void out_break(const struct itemwise_table *t, const struct itemwise_break *at,
                      struct json_out *out) {
    bool went = text_equal(at->what, "split") || text_equal(at->what, "moved");
    out_object(out, NULL);
    out_month(out, "period", at->period);
    out_string(out, "what", at->what);
    if (went) {
        out_only(out, "from", t->area.name);
        out_others(out, "to", at);
    } else {
        out_others(out, "from", at);
        out_only(out, "to", t->area.name);
    }
    out_object_end(out);
}

static void out_column(const struct itemwise_table *t, const struct itemwise_column *column,
                       struct json_out *out) {
    out_object(out, NULL);
    if (t->by == COLUMNS_MONTHS) {
        char id[8];
        period_format(id, column->period);
        out_string(out, "id", id);
        out_string(out, "period", id);
        out_string(out, "name", NULL);
        out_bool(out, "existed", column->before_it_began == NULL);
        if (column->before_it_began) out_others(out, "predecessors", column->before_it_began);
    } else {
        area_ref_write_members(&column->area, out);
    }
    out_int(out, "reports", column->reports);
    out_int(out, "filled", column->filled);
    out_int(out, "zeros", column->zeros);
    out_object_end(out);
}

/* total, public, private, urban, rural; of what is reported once a district the total only. */
static void out_numbers(struct json_out *out, const char *key, const struct itemwise_cell *c,
                        const struct item *item, int scale) {
    const int64_t numbers[] = { c->total, c->public, c->private, c->urban, c->rural };
    size_t count = item->section->total_only ? 1 : COUNT(numbers);
    out_array(out, key);
    for (size_t n = 0; n < count; n++)
        out_decimal(out, NULL, numbers[n], scale);
    out_array_end(out);
}

static void out_share(struct json_out *out, const struct item *item,
                      const struct itemwise_cell *adequate, const struct itemwise_cell *answered) {
    out_object(out, NULL);
    out_numbers(out, "adequate", adequate, item, 0);
    out_numbers(out, "answered", answered, item, 0);
    out_object_end(out);
}

static void out_figures(const struct itemwise_table *t, const struct itemwise_column *column,
                        const struct item *item, struct json_out *out) {
    struct itemwise_cell c, filled;
    if (itemwise_share(column, item, &c, &filled))
        out_share(out, item, &c, &filled);
    else if (is_added(t, item) && add_kinds(column, item, &c, &filled))
        out_numbers(out, NULL, &c, item, item->scale);
    else
        out_null(out, NULL);
}

static void out_item(const struct itemwise_table *t, const struct item *item,
                     struct json_out *out) {
    out_object(out, NULL);
    out_string(out, "number", item->key);
    out_string(out, "ref", item->number);
    if (item->component) {
        out_int(out, "component", item->component);
        out_string(out, "component_name", component_name(t, item));
    }
    out_string(out, "name", item_name(t, item));
    out_string(out, "aggregation", itemwise_way_name(itemwise_way(item)));
    out_string(out, "reason", itemwise_reason(item));
    out_array(out, "cells");
    for (int i = 0; i < t->column_count; i++)
        out_figures(t, &t->columns[i], item, out);
    out_array_end(out);
    out_object_end(out);
}

static void out_section(const struct itemwise_table *t, const struct section *section,
                        struct json_out *out) {
    out_object(out, NULL);
    out_string(out, "code", section->code);
    out_string(out, "name", section_name(t, section));
    out_bool(out, "total_only", section->total_only);
    out_array(out, "items");
    for (int i = 0; i < t->dictionary->item_count; i++) {
        const struct item *item = &t->dictionary->items[i];
        if (item->section == section && is_shown(t, item)) out_item(t, item, out);
    }
    out_array_end(out);
    out_object_end(out);
}

static void out_head(const struct itemwise_table *t, struct json_out *out) {
    out_string(out, "status", "provisional");
    out_time(out, "status_as_on", t->as_on_us);
    area_ref_write(&t->area, "area", out);
    out_month(out, "from", t->from);
    out_month(out, "to", t->to);
    out_string(out, "mode", t->mode == MODE_CUMULATIVE ? "cumulative" : "month");
    out_string(out, "by", t->by == COLUMNS_MONTHS ? "months" : "areas");
    out_string(out, "figures", t->as_published ? "published" : "added");
    out_string(out, "boundaries", t->today_tree ? "today" : "then");
    out_array(out, "breaks");
    for (int i = 0; i < t->break_count; i++)
        out_break(t, &t->breaks[i], out);
    out_array_end(out);
    out_string(out, "dictionary", t->dictionary->code);
    out_string(out, "facility_type",
               t->facility_type ? facility_type_code(t->facility_type) : NULL);
}

void itemwise_write_json(const struct itemwise_table *t, struct json_out *out) {
    out_object(out, NULL);
    out_head(t, out);
    out_array(out, "columns");
    for (int i = 0; i < t->column_count; i++)
        out_column(t, &t->columns[i], out);
    out_array_end(out);
    out_array(out, "sections");
    for (int i = 0; i < t->dictionary->section_count; i++) {
        const struct section *section = &t->dictionary->sections[i];
        if (!t->section || t->section == section) out_section(t, section, out);
    }
    out_array_end(out);
    out_object_end(out);
}

/* ---- CSV. ------------------------------------------------------------------------------------ */
/* Label and value, both words where there are such. */
static void csv_pair(const struct itemwise_table *t, struct csv_out *out, const char *label,
                     const char *text) {
    csv_text(out, word_in(t->language, label));
    csv_text(out, word_in(t->language, text));
    csv_row_end(out);
}

/* "April 2022: split (Anakapalli, Alluri Sitharama Raju)" */
static void csv_break(const struct itemwise_table *t, const struct itemwise_break *at,
                      struct csv_out *out) {
    char period[PERIOD_TEXT];
    struct buffer text = { 0 };
    period_text(t->language, period, at->period, at->period);
    buffer_printf(&text, "%s: %s", period, word_in(t->language, at->what));
    for (int i = 0; i < at->other_count; i++)
        if (at->others[i]) buffer_printf(&text, "%s%s", i ? ", " : " (", at->others[i]);
    buffer_printf(&text, "%s", at->others[0] ? ")" : "");
    csv_pair(t, out, "Boundaries changed", text.data);
    buffer_free(&text);
}

static void csv_head(const struct itemwise_table *t, struct csv_out *out) {
    char period[PERIOD_TEXT], moment[25];
    period_text(t->language, period, t->from, t->to);
    clock_format_india(moment, t->as_on_us);
    csv_pair(t, out,
             t->mode == MODE_CUMULATIVE ? "HMIS data item-wise report (cumulative)"
                                        : "HMIS data item-wise report (monthly)",
             NULL);
    csv_pair(t, out, "Area", t->area.name);
    csv_pair(t, out, "Period", period);
    csv_pair(t, out, "Figures", "Provisional");
    csv_pair(t, out, "Status as on", moment);
    if (t->as_published)
        csv_pair(t, out, "Note",
                 "Percentages are added as in the ministry's tables: for comparison only");
    if (t->today_tree) csv_pair(t, out, "Note", "Every month under the boundaries of today");
    for (int i = 0; i < t->break_count; i++)
        csv_break(t, &t->breaks[i], out);
    csv_pair(t, out, "Data dictionary", t->dictionary->code);
    if (t->facility_type) csv_pair(t, out, "Facility type", facility_type_title(t->facility_type));
    csv_row_end(out);
}

static void csv_column_heads(const struct itemwise_table *t, struct csv_out *out) {
    static const char *const parts[] = { "Total [(A+B) or (C+D)]", "Public [A]", "Private [B]",
                                         "Urban [C]", "Rural [D]" };
    csv_blanks(out, 4);
    for (int i = 0; i < t->column_count; i++) {
        char period[PERIOD_TEXT];
        const struct itemwise_column *column = &t->columns[i];
        if (t->by == COLUMNS_MONTHS)
            period_text(t->language, period, column->period, column->period);
        csv_text(out, t->by == COLUMNS_MONTHS ? period
                      : column->area.name     ? column->area.name
                                              : word_in(t->language, "(no longer in this area)"));
        csv_blanks(out, 4);
    }
    csv_row_end(out);
    csv_text(out, word_in(t->language, "Section"));
    csv_text(out, word_in(t->language, "Ref No."));
    csv_text(out, word_in(t->language, "Data item"));
    csv_text(out, word_in(t->language, "Note"));
    for (int i = 0; i < t->column_count; i++)
        for (size_t n = 0; n < COUNT(parts); n++)
            csv_text(out, word_in(t->language, parts[n]));
    csv_row_end(out);
}

static void csv_share(const struct itemwise_table *t, const struct item *item,
                      const struct itemwise_cell *adequate, const struct itemwise_cell *answered,
                      struct csv_out *out) {
    const int64_t parts[][2] = { { adequate->total, answered->total },
                                 { adequate->public, answered->public },
                                 { adequate->private, answered->private },
                                 { adequate->urban, answered->urban },
                                 { adequate->rural, answered->rural } };
    int count = item->section->total_only ? 1 : 5;
    for (int i = 0; i < count; i++) {
        char text[48];
        snprintf(text, sizeof text, "%lld %s %lld", (long long)parts[i][0],
                 word_in(t->language, "of"), (long long)parts[i][1]);
        csv_text(out, text);
    }
    csv_blanks(out, 5 - count);
}

static void csv_cell(const struct itemwise_table *t, const struct itemwise_column *column,
                     const struct item *item, struct csv_out *out) {
    struct itemwise_cell c, filled;
    if (itemwise_share(column, item, &c, &filled)) {
        csv_share(t, item, &c, &filled, out);
        return;
    }
    if (!is_added(t, item) || !add_kinds(column, item, &c, &filled)) {
        csv_blanks(out, 5);
        return;
    }
    const int64_t numbers[] = { c.total, c.public, c.private, c.urban, c.rural };
    int count = item->section->total_only ? 1 : 5;
    for (int n = 0; n < count; n++)
        csv_decimal(out, numbers[n], item->scale);
    csv_blanks(out, 5 - count);
}

static void csv_row(const struct itemwise_table *t, const struct item *item, struct csv_out *out) {
    struct buffer name = { 0 };
    buffer_add_text(&name, item_name(t, item));
    if (item->component) {
        buffer_add_text(&name, ": ");
        buffer_add_text(&name, component_name(t, item));
    }
    buffer_add_char(&name, '\0');
    csv_text(out, item->section->code);
    csv_item_number(out, item->number);
    csv_text(out, name.data);
    csv_text(out, note(item));
    buffer_free(&name);
    for (int i = 0; i < t->column_count; i++)
        csv_cell(t, &t->columns[i], item, out);
    csv_row_end(out);
}

void itemwise_write_csv(const struct itemwise_table *t, struct csv_out *out) {
    csv_head(t, out);
    csv_column_heads(t, out);
    for (int i = 0; i < t->dictionary->item_count; i++)
        if (is_shown(t, &t->dictionary->items[i])) csv_row(t, &t->dictionary->items[i], out);
}
