/* Reading the table: which columns, which figures, which moment. */
#include "itemwise_internal.h"

#include "hmis/area_ref.h"
#include "hmis/calendar.h"
#include "hmis/period.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* More facilities than that in one block: choose a type. */
#define COLUMNS_MAX 600

/* ---- The question. --------------------------------------------------------------------------- */
static bool choose_months(struct reading *r, struct problem *p) {
    struct itemwise_table *t = r->table;
    t->to = r->query->to;
    t->from = r->query->mode == MODE_CUMULATIVE ? financial_year_first(period_financial_year(t->to))
                                                : r->query->from;
    if (t->from > t->to) return problem_set(p, ERR_BAD_QUERY, "from: lies after to");
    if (period_diff(t->to, t->from) >= ITEMWISE_MONTHS)
        return problem_set(p, ERR_BAD_QUERY, "from: at most %d months at a time", ITEMWISE_MONTHS);
    return true;
}

static bool choose_dictionary(struct reading *r, struct problem *p) {
    struct itemwise_table *t = r->table;
    for (int month = t->from; month <= t->to; month = period_add(month, 1)) {
        char text[8];
        period_format(text, month);
        const struct dictionary *dictionary = dictionary_for(r->set, month);
        if (!dictionary)
            return problem_set(p, ERR_DICTIONARY_NONE, "No data dictionary is valid in %s", text);
        if (t->dictionary && dictionary != t->dictionary)
            return problem_set(p, ERR_DICTIONARY_MIXED,
                               "From %s on the items are those of %s, before those of %s: ask for "
                               "the months before and from then on apart",
                               text, dictionary->code, t->dictionary->code);
        t->dictionary = dictionary;
    }
    return true;
}

static bool choose_section(struct reading *r, struct problem *p) {
    if (!r->query->section) return true;
    for (int i = 0; i < r->table->dictionary->section_count; i++)
        if (text_equal(r->table->dictionary->sections[i].code, r->query->section))
            r->table->section = &r->table->dictionary->sections[i];
    return r->table->section ||
           problem_set(p, ERR_BAD_QUERY, "section: %s has no section of this code",
                       r->table->dictionary->code);
}

static void choose_types(struct reading *r) {
    r->types = arena_array(r->arena, FACILITY_TYPE__MAX + 1, sizeof *r->types);
    for (int type = FACILITY_TYPE_NONE + 1; type < FACILITY_TYPE__MAX; type++)
        if (r->query->facility_type == FACILITY_TYPE_NONE || (int)r->query->facility_type == type)
            r->types[++r->type_count] = (int16_t)type;
    const struct dictionary *dictionary = r->table->dictionary;
    r->forms = arena_array(r->arena, (size_t)dictionary->form_count + 1, sizeof *r->forms);
    for (int i = 0; i < dictionary->form_count; i++)
        r->forms[i] = (int16_t)dictionary->forms[i].id;
}

/* ---- Columns. -------------------------------------------------------------------------------- */
static struct itemwise_column *add_column(struct reading *r, struct area_ref area, int period) {
    struct itemwise_table *t = r->table;
    if (t->column_count == r->capacity) {
        r->capacity = r->capacity ? r->capacity * 2 : 64;
        struct itemwise_column *columns =
            arena_array(r->arena, (size_t)r->capacity, sizeof *columns);
        if (t->column_count) memcpy(columns, t->columns, (size_t)t->column_count * sizeof *columns);
        t->columns = columns;
    }
    t->columns[t->column_count] = (struct itemwise_column){ .area = area, .period = period };
    return &t->columns[t->column_count++];
}

static struct area_ref below_of_row(const struct reading *r, const struct db_rows *rows, int row) {
    return (struct area_ref){ .level = r->table->area.level - 1,
                              .id = (int32_t)db_int(rows, row, 0),
                              .code = db_text(rows, row, 1),
                              .name = db_text(rows, row, 2),
                              .lgd_code = (int32_t)db_int(rows, row, 3) };
}

static bool read_children(struct reading *r, struct db_rows **rows, struct problem *p) {
    const struct itemwise_table *t = r->table;
    int first = period_last_day(t->today_tree ? r->today : t->from);
    int last = period_last_day(t->today_tree ? r->today : t->to);
    if (t->area.level == SCOPE_BLOCK)
        return db_query(
            r->db, Q_ITEMWISE_FACILITIES_OF_BLOCK,
            DB_ARGS(DB_INT4(t->area.id), DB_INT4(last), DB_INT2S(r->types + 1, r->type_count)),
            r->arena, rows, p);
    return db_query(r->db, Q_ITEMWISE_CHILDREN,
                    DB_ARGS(DB_INT4(t->area.id), DB_TEXT(area_level_below(t->area.level)),
                            DB_INT4(first), DB_INT4(last), DB_TEXT(t->language)),
                    r->arena, rows, p);
}

static bool make_columns(struct reading *r, struct problem *p) {
    struct itemwise_table *t = r->table;
    if (t->area.level == SCOPE_FACILITY) t->by = COLUMNS_MONTHS;
    if (by_month(t)) {
        for (int month = t->from; month <= t->to; month = period_add(month, 1))
            add_column(r, t->area, month);
        return true;
    }
    struct db_rows *rows;
    if (!read_children(r, &rows, p)) return false;
    add_column(r, t->area, 0);
    for (int i = 0; i < db_count(rows); i++)
        add_column(r, below_of_row(r, rows, i), 0);
    r->named = t->column_count;
    return true;
}

/* ---- Moment and tag. ------------------------------------------------------------------------- */
/* The reports themselves are always up to date. */
static bool read_moment(struct reading *r, struct problem *p) {
    struct itemwise_table *t = r->table;
    struct area_filter of = area_ref_filter(&t->area);
    struct db_rows *rows;
    bool right = from_reports(t)
                     ? db_query(r->db, Q_ITEMWISE_NOW, DB_NO_ARGS, r->arena, &rows, p)
                     : db_query(r->db, Q_ITEMWISE_MOMENT,
                                DB_ARGS(DB_INT4(t->from), DB_INT4(t->to), DB_INT4(of.state),
                                        DB_INT4(of.district), DB_INT4(of.block)),
                                r->arena, &rows, p);
    if (right) t->as_on_us = db_time_us(rows, 0, 0);
    return right;
}

static bool read_revisions(struct reading *r, struct buffer *out, struct problem *p) {
    const struct itemwise_table *t = r->table;
    struct area_filter of = area_ref_filter(&t->area);
    struct db_rows *rows;
    bool right = true;
    if (!from_reports(t))
        right = db_query(r->db, Q_ITEMWISE_REVISIONS,
                         DB_ARGS(DB_INT4(t->area.id), DB_INT4(t->from), DB_INT4(t->to),
                                 DB_INT2(t->dictionary->id)),
                         r->arena, &rows, p);
    else if (t->today_tree)
        right = db_query(r->db, Q_ITEMWISE_REPORTS_STAMP_TODAY,
                         DB_ARGS(DB_INT4(t->area.id), DB_INT4(t->from), DB_INT4(t->to),
                                 DB_INT4(of.state), DB_INT4(of.district)),
                         r->arena, &rows, p);
    else
        right = db_query(r->db,
                         t->area.level == SCOPE_BLOCK ? Q_ITEMWISE_REPORTS_STAMP_OF_BLOCK
                                                      : Q_ITEMWISE_REPORTS_STAMP_OF_FACILITY,
                         DB_ARGS(DB_INT4(t->area.id), DB_INT4(t->from), DB_INT4(t->to)), r->arena,
                         &rows, p);
    for (int i = 0; right && i < db_count(rows); i++)
        buffer_printf(out, "%lld=%lld,%lld;", (long long)db_int(rows, i, 0),
                      (long long)db_int(rows, i, 1),
                      from_reports(t) ? (long long)db_int(rows, i, 2) : 0);
    return right;
}

/* Who asks, for what, in which texts, of which revision. */
static bool make_tag(struct reading *r, struct problem *p) {
    struct itemwise_table *t = r->table;
    struct buffer text = { 0 };
    buffer_printf(&text, "%s/%s/%d/%d/%lld/%d/%d/%d/%d/%s/%d/%s/%d/%lld/", HMIS_VERSION, r->format,
                  r->scope->level, r->scope->area_id, (long long)r->scope->user_id, t->area.id,
                  t->area.level, t->from, t->to, t->section ? t->section->code : "",
                  t->facility_type, t->language ? t->language : "",
                  t->by * 8 + (int)t->mode * 4 + t->as_published * 2 + t->today_tree,
                  (long long)t->dictionary->stamp);
    buffer_printf(&text, "%d/", t->dictionary->id);
    for (int i = 0; i < t->column_count; i++)
        buffer_printf(&text, "%d:%s/", t->columns[i].area.id,
                      t->columns[i].area.name ? t->columns[i].area.name : "");
    for (int i = 0; i < t->break_count; i++)
        buffer_printf(&text, "%d%s%d/", t->breaks[i].period, t->breaks[i].what,
                      t->breaks[i].other_count);
    bool right = read_revisions(r, &text, p);
    unsigned char hash[16];
    crypto_generichash(hash, sizeof hash, (const unsigned char *)text.data, text.length, NULL, 0);
    hex_encode(t->tag, hash, sizeof hash);
    buffer_free(&text);
    return right;
}

/* ---- Figures. -------------------------------------------------------------------------------- */
static int by_id(const void *a, const void *b) {
    int32_t x = ((const struct itemwise_column *)a)->area.id;
    int32_t y = ((const struct itemwise_column *)b)->area.id;
    return (x > y) - (x < y);
}

/* The column a row belongs to. What the tree does not tell (a notional block, a facility that has
 * moved since) gets a column when it has figures. */
struct itemwise_column *itemwise_column_of(struct reading *r, int32_t id, int period) {
    struct itemwise_table *t = r->table;
    if (by_month(t)) return &t->columns[period_diff(period, t->from)];
    for (int i = 0; i < t->column_count; i++)
        if (t->columns[i].area.id == id && (i > 0 || !from_reports(t))) return &t->columns[i];
    if (t->column_count == COLUMNS_MAX) return NULL;
    return add_column(r, (struct area_ref){ .level = t->area.level - 1, .id = id }, 0);
}

int itemwise_kind_of(int64_t ownership, int64_t locality) {
    bool known =
        (ownership == PUBLIC || ownership == PRIVATE) && (locality == RURAL || locality == URBAN);
    return known ? (int)((ownership - PUBLIC) * 2 + locality - RURAL) : -1;
}

struct total *itemwise_total_in(struct reading *r, struct itemwise_column *column, int kind) {
    if (!column->kinds[kind])
        column->kinds[kind] = total_new(r->arena, r->table->dictionary->width);
    return column->kinds[kind];
}

static bool row_wrong(struct reading *r, const char *why) {
    r->wrong = why;
    return false;
}

static struct total *total_of_row(struct reading *r, const struct db_rows *rows, int row) {
    int kind = itemwise_kind_of(db_int(rows, row, 2), db_int(rows, row, 3));
    struct itemwise_column *column =
        itemwise_column_of(r, (int32_t)db_int(rows, row, 0), (int)db_int(rows, row, 1));
    if (kind >= 0 && column) return itemwise_total_in(r, column, kind);
    row_wrong(r, column ? "of no known kind" : "too many");
    return NULL;
}

/* Damaged, or of a newer dictionary than the one at hand. */
static bool total_wrong(struct reading *r, const uint8_t *data, size_t length) {
    struct total *widest = total_new(r->arena, CELLS_MAX);
    return row_wrong(r, total_add_packed(widest, data, length) ? "newer" : "damaged");
}

static bool report_wrong(struct reading *r, const struct db_rows *rows, int row) {
    int32_t cells[CELLS_MAX];
    return row_wrong(r, report_row_cells(rows, row, 4, 5, cells, CELLS_MAX) ? "newer" : "damaged");
}

static bool add_total(const struct db_rows *rows, void *arg) {
    struct reading *r = arg;
    for (int row = 0; row < db_count(rows); row++) {
        struct total *total = total_of_row(r, rows, row);
        size_t length;
        const uint8_t *data = db_bytes(rows, row, 4, &length);
        if (!total) return false;
        if (!total_add_packed(total, data, length)) return total_wrong(r, data, length);
    }
    return true;
}

static bool add_report(const struct db_rows *rows, void *arg) {
    struct reading *r = arg;
    int32_t cells[CELLS_MAX];
    for (int row = 0; row < db_count(rows); row++) {
        struct total *total = total_of_row(r, rows, row);
        if (!total) return false;
        if (!report_row_cells(rows, row, 4, 5, cells, total->width))
            return report_wrong(r, rows, row);
        total_add_cells(total, cells);
    }
    return true;
}

bool itemwise_stream(struct reading *r, enum query_id query, const struct db_param *params,
                     size_t count, bool (*add)(const struct db_rows *rows, void *arg), void *arg,
                     struct problem *p) {
    if (!db_stream(r->db, query, params, count, add, arg, p)) return false;
    if (!r->wrong) return true;
    if (text_equal(r->wrong, "too many"))
        return problem_set(p, ERR_BAD_QUERY,
                           "More than %d facilities reported: choose a type of facility",
                           COLUMNS_MAX);
    if (text_equal(r->wrong, "newer")) {
        p->retry_after = 2; /* daemons look for a new dictionary every two seconds */
        return problem_set(p, ERR_BUSY,
                           "The data dictionary has just been renewed; try again in a moment");
    }
    return problem_set(p, ERR_INTERNAL, "A stored total is %s: run `hmis check`", r->wrong);
}

/* Rows of areas of `level`, or reports of facilities. */
static bool stream(struct reading *r, enum query_id query, enum scope_level level,
                   struct problem *p) {
    const struct itemwise_table *t = r->table;
    bool reports = from_reports(t);
    struct db_param of = reports ? DB_INT2S(r->forms, (size_t)t->dictionary->form_count)
                                 : DB_INT2(t->dictionary->id);
    bool together = level >= SCOPE_DISTRICT && t->facility_type == FACILITY_TYPE_NONE && !reports;
    struct area_filter area = area_ref_filter(&t->area);
    struct db_param params[] = { DB_INT4(t->area.id),
                                 DB_INT4(t->from),
                                 DB_INT4(t->to),
                                 of,
                                 together ? DB_INT2S(r->types, 1)
                                          : DB_INT2S(r->types + 1, r->type_count),
                                 DB_INT4(area.state),
                                 DB_INT4(area.district) };
    return itemwise_stream(r, query, params, t->today_tree ? COUNT(params) : 5,
                           reports ? add_report : add_total, r, p);
}

static bool read_figures(struct reading *r, struct problem *p) {
    static const enum query_id below[SCOPE__MAX] = {
        [SCOPE_FACILITY] = Q_ITEMWISE_REPORTS_OF_FACILITY,
        [SCOPE_BLOCK] = Q_ITEMWISE_REPORTS_OF_BLOCK,
        [SCOPE_DISTRICT] = Q_ITEMWISE_TOTALS_BELOW_DISTRICT,
        [SCOPE_STATE] = Q_ITEMWISE_TOTALS_BELOW_STATE,
        [SCOPE_NATION] = Q_ITEMWISE_TOTALS_BELOW_NATION,
    };
    const struct itemwise_table *t = r->table;
    if (t->today_tree) return stream(r, Q_ITEMWISE_REPORTS_TODAY, t->area.level - 1, p);
    if (!from_reports(t) && !stream(r, Q_ITEMWISE_TOTALS, t->area.level, p)) return false;
    if (by_month(t) && t->area.level != SCOPE_FACILITY) return true;
    return stream(r, below[t->area.level], t->area.level - 1, p);
}

static bool name_found_columns(struct reading *r, struct problem *p) {
    struct itemwise_table *t = r->table;
    int found = t->column_count - r->named;
    if (by_month(t) || found == 0) return true;
    int32_t *ids = arena_array(r->arena, (size_t)found, sizeof *ids);
    for (int i = 0; i < found; i++)
        ids[i] = t->columns[r->named + i].area.id;
    struct db_rows *rows;
    bool facilities = t->area.level == SCOPE_BLOCK;
    if (!db_query(r->db, facilities ? Q_ITEMWISE_FACILITY_NAMES : Q_ITEMWISE_AREA_NAMES,
                  facilities ? DB_PARAMS(DB_INT4S(ids, (size_t)found))
                             : DB_PARAMS(DB_INT4S(ids, (size_t)found), DB_TEXT(t->language)),
                  facilities ? 1 : 2, r->arena, &rows, p))
        return false;
    qsort(t->columns + r->named, (size_t)found, sizeof *t->columns, by_id);
    for (int i = 0; i < db_count(rows); i++) {
        struct itemwise_column key = { .area = below_of_row(r, rows, i) };
        struct itemwise_column *column =
            bsearch(&key, t->columns + r->named, (size_t)found, sizeof *t->columns, by_id);
        if (column) column->area = key.area;
    }
    return true;
}

/* ---- Sums across columns. -------------------------------------------------------------------- */
static void add_into(struct reading *r, struct itemwise_column *sum,
                     const struct itemwise_column *column) {
    for (int kind = 0; kind < ITEMWISE_KINDS; kind++)
        if (column->kinds[kind]) total_add(itemwise_total_in(r, sum, kind), column->kinds[kind]);
}

static void finish_columns(struct reading *r) {
    struct itemwise_table *t = r->table;
    for (int i = 1; i < t->column_count; i++) {
        if (from_reports(t) && !by_month(t)) add_into(r, &t->columns[0], &t->columns[i]);
        if (by_month(t) && t->mode == MODE_CUMULATIVE)
            add_into(r, &t->columns[i], &t->columns[i - 1]);
    }
    for (int i = 0; i < t->column_count; i++) {
        struct itemwise_column *column = &t->columns[i];
        for (int kind = 0; kind < ITEMWISE_KINDS; kind++) {
            if (!column->kinds[kind]) continue;
            column->reports += column->kinds[kind]->reports;
            column->filled += total_filled(column->kinds[kind]);
            column->zeros += total_zeros(column->kinds[kind]);
        }
    }
}

/* Under today's tree the area is one's own today. */
static bool find_area(struct reading *r, struct problem *p) {
    struct itemwise_table *t = r->table;
    int from = t->today_tree ? r->today : t->from, to = t->today_tree ? r->today : t->to;
    if (!area_ref_find(r->db, r->scope, r->query->area, r->query->language, from, to, r->arena,
                       &t->area, p))
        return false;
    if (t->today_tree && t->area.level == SCOPE_NATION)
        return problem_set(p, ERR_BAD_QUERY,
                           "boundaries: the nation's are those of each month; name a state, a "
                           "district or a block");
    if (t->area.level == SCOPE_FACILITY) t->today_tree = false; /* it has no parts */
    return true;
}

static bool is_known(const struct reading *r) {
    return r->known && strstr(r->known, r->table->tag);
}

static bool read_work(struct db *db, void *arg, struct problem *p) {
    struct reading *r = arg;
    struct itemwise_table *t = r->table;
    const struct itemwise_query *q = r->query;
    *t = (struct itemwise_table){ .by = q->columns,
                                  .mode = q->mode,
                                  .facility_type = q->facility_type,
                                  .language = q->language,
                                  .as_published = q->as_published,
                                  .today_tree = q->today_tree };
    r->today = calendar_month();
    r->db = db;
    r->type_count = 0;
    r->capacity = r->named = 0;
    r->wrong = NULL;
    if (!choose_months(r, p) || !choose_dictionary(r, p) || !choose_section(r, p)) return false;
    choose_types(r);
    if (!find_area(r, p) || !make_columns(r, p) || !itemwise_read_breaks(r, p) ||
        !read_moment(r, p) || !make_tag(r, p))
        return false;
    t->unchanged = is_known(r);
    if (t->unchanged) return true;
    if (!read_figures(r, p) || !name_found_columns(r, p)) return false;
    finish_columns(r);
    return itemwise_read_balances(r, p);
}

bool itemwise_read(struct db *db, const struct scope *scope, const struct dictionary_set *set,
                   const struct itemwise_query *query, const char *known, const char *format,
                   struct arena *arena, struct itemwise_table *table, struct problem *p) {
    struct reading reading = { .scope = scope,
                               .set = set,
                               .query = query,
                               .known = known,
                               .format = format,
                               .arena = arena,
                               .table = table };
    return db_transaction(db, scope, DB_READ_SNAPSHOT, read_work, &reading, p);
}
