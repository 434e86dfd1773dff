/* Balances over several months. What was there at the beginning is the opening balance of the first
 * month, what is left the closing balance of the last: not of the area as a whole but of each unit,
 * since one that began to report in August opened in August. A unit is the district, whose
 * headquarters report the stock, from the district up; below it a block, and a facility where the
 * figures come from reports. */
#include "itemwise_internal.h"

#include "hmis/area_ref.h"
#include "hmis/period.h"

#include <string.h>

enum column {
    COL_COLUMN,
    COL_UNIT,
    COL_OWNERSHIP,
    COL_LOCALITY,
    COL_PERIOD,
    COL_PACKED,
    COL_CELLS
};
enum into { INTO_AREA = 1, INTO_BELOW = 2 };

/* The figures of one unit in one month. */
struct unit_month {
    int64_t sums[ITEMWISE_KINDS];
    bool filled[ITEMWISE_KINDS], any;
};
struct balances {
    struct reading *r;
    const struct item *items[CELLS_MAX];
    int count, months;
    int16_t types[FACILITY_TYPE__MAX];
    size_t type_count;
    unsigned into;
    int32_t column, unit;        /* at hand; 0: none yet */
    struct unit_month *of_month; /* [months * count] */
    struct total *row;
};

static bool is_balance(const struct item *item) {
    enum itemwise_way way = itemwise_way(item);
    return way == WAY_FIRST || way == WAY_LAST;
}

static bool asks_balances(const struct form *form) {
    for (int i = 0; i < form->item_count; i++)
        if (is_balance(form->items[i].item)) return true;
    return false;
}

/* The items, and the types of facilities that report any. */
static void find_items(struct balances *b) {
    const struct dictionary *dictionary = b->r->table->dictionary;
    uint32_t types = 0;
    for (int i = 0; i < dictionary->item_count; i++)
        if (is_balance(&dictionary->items[i])) b->items[b->count++] = &dictionary->items[i];
    for (int i = 0; i < dictionary->form_count; i++)
        if (asks_balances(&dictionary->forms[i])) types |= dictionary->forms[i].facility_types;
    for (size_t i = 1; i <= b->r->type_count; i++)
        if (types >> b->r->types[i] & 1) b->types[b->type_count++] = b->r->types[i];
}

/* ---- Into the columns. ----------------------------------------------------------------------- */
static void clear_columns(struct balances *b) {
    for (int c = 0; c < b->r->table->column_count; c++)
        for (int kind = 0; kind < ITEMWISE_KINDS; kind++) {
            struct total *total = b->r->table->columns[c].kinds[kind];
            for (int i = 0; total && i < b->count; i++)
                total->sums[b->items[i]->slot] = total->filled[b->items[i]->slot] = 0;
        }
}

static const struct unit_month *month_of(const struct balances *b, int item, int month) {
    return &b->of_month[month * b->count + item];
}

/* The month whose balance it is, of those up to `last`; NULL: none has a figure. */
static const struct unit_month *find_month(const struct balances *b, int item, int last) {
    bool first = itemwise_way(b->items[item]) == WAY_FIRST;
    for (int i = 0; i <= last; i++) {
        const struct unit_month *found = month_of(b, item, first ? i : last - i);
        if (found->any) return found;
    }
    return NULL;
}

static void put(struct balances *b, struct itemwise_column *column, int item, int last_month) {
    const struct unit_month *found = column ? find_month(b, item, last_month) : NULL;
    int slot = b->items[item]->slot;
    for (int kind = 0; found && kind < ITEMWISE_KINDS; kind++) {
        if (!found->filled[kind]) continue;
        struct total *total = itemwise_total_in(b->r, column, kind);
        total->sums[slot] += found->sums[kind];
        total->filled[slot]++;
    }
}

/* What was gathered of a unit goes where it belongs. */
static void flush(struct balances *b) {
    struct itemwise_table *t = b->r->table;
    for (int item = 0; b->unit && item < b->count; item++) {
        for (int month = 0; by_month(t) && month < b->months; month++)
            put(b, &t->columns[month], item, month);
        if (by_month(t)) continue;
        if (b->into & INTO_AREA) put(b, &t->columns[0], item, b->months - 1);
        if (b->into & INTO_BELOW)
            put(b, itemwise_column_of(b->r, b->column, 0), item, b->months - 1);
    }
    memset(b->of_month, 0, (size_t)(b->months * b->count) * sizeof *b->of_month);
}

/* ---- Rows. ----------------------------------------------------------------------------------- */
static bool read_row(struct balances *b, const struct db_rows *rows, int row) {
    int32_t cells[CELLS_MAX];
    total_clear(b->row);
    if (!from_reports(b->r->table)) {
        size_t length;
        const uint8_t *data = db_bytes(rows, row, COL_PACKED, &length);
        return total_add_packed(b->row, data, length);
    }
    if (!report_row_cells(rows, row, COL_PACKED, COL_CELLS, cells, b->row->width)) return false;
    total_add_cells(b->row, cells);
    return true;
}

static void gather(struct balances *b, int month, int kind) {
    for (int i = 0; i < b->count; i++) {
        int slot = b->items[i]->slot;
        struct unit_month *into = &b->of_month[month * b->count + i];
        if (!b->row->filled[slot]) continue;
        into->sums[kind] += b->row->sums[slot];
        into->filled[kind] = into->any = true;
    }
}

static bool add_rows(const struct db_rows *rows, void *arg) {
    struct balances *b = arg;
    for (int row = 0; row < db_count(rows); row++) {
        int32_t column = (int32_t)db_int(rows, row, COL_COLUMN);
        int32_t unit = (int32_t)db_int(rows, row, COL_UNIT);
        int kind =
            itemwise_kind_of(db_int(rows, row, COL_OWNERSHIP), db_int(rows, row, COL_LOCALITY));
        if (kind < 0 || !read_row(b, rows, row)) {
            b->r->wrong = "damaged";
            return false;
        }
        if (column != b->column || unit != b->unit) flush(b);
        b->column = column;
        b->unit = unit;
        gather(b, period_diff((int)db_int(rows, row, COL_PERIOD), b->r->table->from), kind);
    }
    return true;
}

static bool stream(struct balances *b, enum query_id query, unsigned into, struct problem *p) {
    const struct itemwise_table *t = b->r->table;
    struct db_param of = from_reports(t) ? DB_INT2S(b->r->forms, (size_t)t->dictionary->form_count)
                                         : DB_INT2(t->dictionary->id);
    struct area_filter area = area_ref_filter(&t->area);
    struct db_param params[] = { DB_INT4(t->area.id),
                                 DB_INT4(t->from),
                                 DB_INT4(t->to),
                                 of,
                                 DB_INT2S(b->types, b->type_count),
                                 DB_INT4(area.state),
                                 DB_INT4(area.district) };
    size_t count = t->today_tree ? COUNT(params) : 5;
    b->into = into;
    b->unit = b->column = 0;
    if (!itemwise_stream(b->r, query, params, count, add_rows, b, p)) return false;
    flush(b);
    return true;
}

static bool read_units(struct balances *b, struct problem *p) {
    const struct itemwise_table *t = b->r->table;
    static const enum query_id queries[SCOPE__MAX] = {
        [SCOPE_FACILITY] = Q_ITEMWISE_BALANCES_OF_FACILITY,
        [SCOPE_DISTRICT] = Q_ITEMWISE_BALANCES_OF_AREA,
        [SCOPE_STATE] = Q_ITEMWISE_BALANCES_OF_STATE,
        [SCOPE_NATION] = Q_ITEMWISE_BALANCES_OF_NATION,
    };
    if (t->today_tree) return stream(b, Q_ITEMWISE_BALANCES_TODAY, INTO_AREA | INTO_BELOW, p);
    if (t->area.level == SCOPE_BLOCK)
        return stream(b, by_month(t) ? Q_ITEMWISE_BALANCES_OF_AREA : Q_ITEMWISE_BALANCES_OF_BLOCK,
                      INTO_AREA | INTO_BELOW, p);
    if (t->area.level != SCOPE_DISTRICT)
        return stream(b, queries[t->area.level], INTO_AREA | INTO_BELOW, p);
    return stream(b, Q_ITEMWISE_BALANCES_OF_AREA, INTO_AREA, p) &&
           (by_month(t) || stream(b, Q_ITEMWISE_BALANCES_BELOW_DISTRICT, INTO_BELOW, p));
}

bool itemwise_read_balances(struct reading *r, struct problem *p) {
    const struct itemwise_table *t = r->table;
    bool one_month = by_month(t) ? t->mode == MODE_MONTH : t->from == t->to;
    if (one_month) return true; /* the month's own balances: the sums of the facilities are right */
    struct balances *b = arena_alloc(r->arena, sizeof *b);
    *b = (struct balances){ .r = r, .months = period_diff(t->to, t->from) + 1 };
    find_items(b);
    if (b->count == 0) return true;
    b->of_month = arena_array(r->arena, (size_t)(b->months * b->count), sizeof *b->of_month);
    b->row = total_new(r->arena, t->dictionary->width);
    clear_columns(b);
    return b->type_count == 0 || read_units(b, p);
}
