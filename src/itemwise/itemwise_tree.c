/* Where the area's tree changed within the months of the table. */
#include "itemwise_internal.h"

#include "hmis/period.h"

#include <string.h>

/* What a row says happened to the area: part of it came from, or went to, another. */
enum column { COL_PERIOD, COL_WHAT, COL_NAME };

static const struct itemwise_break *break_of(struct itemwise_table *t, int period,
                                             const char *what) {
    for (int i = 0; i < t->break_count; i++)
        if (t->breaks[i].period == period && text_equal(t->breaks[i].what, what))
            return &t->breaks[i];
    return NULL;
}

/* Rows come by month, kind and name. */
static void add_break(struct reading *r, const struct db_rows *rows, int row) {
    struct itemwise_table *t = r->table;
    int period = (int)db_int(rows, row, COL_PERIOD);
    const char *what = db_text(rows, row, COL_WHAT);
    if (!break_of(t, period, what))
        t->breaks[t->break_count++] = (struct itemwise_break){
            .period = period,
            .what = what,
            .others = arena_array(r->arena, (size_t)db_count(rows), sizeof(char *)),
        };
    struct itemwise_break *last = &t->breaks[t->break_count - 1];
    last->others[last->other_count++] = db_text(rows, row, COL_NAME);
}

/* Months before the area began show whose its parts were. */
static void mark_columns(struct itemwise_table *t) {
    for (int i = 0; i < t->break_count; i++) {
        if (!text_equal(t->breaks[i].what, "began")) continue;
        for (int c = 0; by_month(t) && c < t->column_count; c++)
            if (t->columns[c].period < t->breaks[i].period)
                t->columns[c].before_it_began = &t->breaks[i];
    }
}

bool itemwise_read_breaks(struct reading *r, struct problem *p) {
    struct itemwise_table *t = r->table;
    if (t->from == t->to || t->area.level == SCOPE_FACILITY || t->area.level == SCOPE_NATION)
        return true;
    struct db_rows *rows;
    if (!db_query(r->db, Q_ITEMWISE_BREAKS,
                  DB_ARGS(DB_INT4(t->area.id), DB_INT4(period_last_day(t->from)),
                          DB_INT4(period_last_day(t->to)), DB_TEXT(t->language)),
                  r->arena, &rows, p))
        return false;
    t->breaks = arena_array(r->arena, (size_t)db_count(rows) + 1, sizeof *t->breaks);
    for (int i = 0; i < db_count(rows); i++)
        add_break(r, rows, i);
    if (!t->today_tree) mark_columns(t);
    return true;
}
