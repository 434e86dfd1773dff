/* What has dates, proved: one form a month, one row a day, reports as the dated tables say. Each
 * line tells what to do. */
#include "rollup_internal.h"

#include "hmis/period.h"

struct dates {
    rollup_difference_fn *tell;
    void *tell_arg;
    int64_t different;
    struct arena *arena;
    char period[8]; /* at hand */
};

#define REBUILD "`hmis check --rebuild` gives reports and totals what is known now"

static void tell(struct dates *d, bool different, const char *format, ...) PRINTF(3, 4);
static void tell(struct dates *d, bool different, const char *format, ...) {
    va_list args;
    va_start(args, format);
    d->tell(arena_vprintf(d->arena, format, args), d->tell_arg);
    va_end(args);
    d->different += different;
}

/* ---- Dated rows. ----------------------------------------------------------------------------- */
enum { W_WHOSE, W_WHAT, W_FROM, W_WRONG };

static void tell_wrong_dates(struct dates *d, const struct db_rows *rows) {
    for (int row = 0; row < db_count(rows); row++)
        tell(d, true,
             "%s: the %s row from %s: %s; the facility's history has to be mended by an act (`hmis "
             "facility`), a tree by `hmis geography load`",
             db_text(rows, row, W_WHOSE), db_text(rows, row, W_WHAT), db_text(rows, row, W_FROM),
             db_text(rows, row, W_WRONG));
}

/* ---- One form a month. ----------------------------------------------------------------------- */
enum { T_FACILITY, T_PERIOD, T_ONE, T_OTHER, T_BOTH };

static void tell_two_forms(struct dates *d, const struct db_rows *rows) {
    for (int row = 0; row < db_count(rows); row++) {
        bool both = db_bool(rows, row, T_BOTH);
        period_format(d->period, (int)db_int(rows, row, T_PERIOD));
        tell(d, both, "facility %s, %s: reports under two forms, %s and %s; %s",
             db_text(rows, row, T_FACILITY), d->period, db_text(rows, row, T_ONE),
             db_text(rows, row, T_OTHER),
             both ? "both count: the key of the table report is missing, run `hmis migrate`"
                  : "one counts, the other is among its versions (a note, nothing is wrong)");
    }
}

/* ---- Kind and place of reports. -------------------------------------------------------------- */
enum { K_FACILITY, K_FORM, K_KIND, K_FORM_STAYS, K_BLOCK, K_TOLD, K_ELSEWHERE };

static const char *what_differs(const struct db_rows *rows, int row) {
    if (db_int(rows, row, K_BLOCK) == 0) return "it lay nowhere in that month";
    if (db_bool(rows, row, K_KIND) && db_bool(rows, row, K_ELSEWHERE))
        return "its kind and its block are others than the facility's in that month";
    return db_bool(rows, row, K_KIND) ? "its kind is another than the facility's in that month"
                                      : "it lies in another block than the facility did";
}

static const char *what_to_do(const struct db_rows *rows, int row) {
    if (db_bool(rows, row, K_TOLD) && db_bool(rows, row, K_FORM_STAYS))
        return "a dated act leaves it as it is (a note, nothing is wrong); `hmis facility correct` "
               "would stamp it anew, but leave its form and type";
    if (db_bool(rows, row, K_TOLD))
        return "a dated act leaves it as it is (a note, nothing is wrong); `hmis facility correct` "
               "would stamp it anew and make the totals again";
    if (db_bool(rows, row, K_FORM_STAYS) || db_int(rows, row, K_BLOCK) == 0)
        return "the month keeps its form: mend the facility's history by an act (`hmis facility`)";
    return REBUILD;
}

static void tell_other_kinds(struct dates *d, const struct db_rows *rows) {
    for (int row = 0; row < db_count(rows); row++)
        tell(d, !db_bool(rows, row, K_TOLD), "report %s %s %s: %s; %s",
             db_text(rows, row, K_FACILITY), db_text(rows, row, K_FORM), d->period,
             what_differs(rows, row), what_to_do(rows, row));
}

enum { P_AREA, P_NAME, P_WAS, P_NOW };

static void tell_other_tree(struct dates *d, const struct db_rows *rows) {
    for (int row = 0; row < db_count(rows); row++)
        tell(d, true, "%s, area %d (%s): its totals lie in %s, the tree says %s; " REBUILD,
             d->period, (int)db_int(rows, row, P_AREA), db_text(rows, row, P_NAME),
             db_text(rows, row, P_WAS), db_text(rows, row, P_NOW));
}

/* ---- The whole. ------------------------------------------------------------------------------ */
static bool ask(struct db *db, struct dates *d, enum query_id query, int period,
                void (*tell_rows)(struct dates *d, const struct db_rows *rows), struct problem *p) {
    struct db_rows *rows;
    struct db_param params[] = { DB_INT4(period), DB_INT4(period ? period_last_day(period) : 0) };
    d->arena = arena_new();
    bool right = db_query(db, query, params, period ? COUNT(params) : 0, d->arena, &rows, p);
    if (right) tell_rows(d, rows);
    arena_free(d->arena);
    return right;
}

static bool check_months(struct db *db, struct dates *d, struct problem *p) {
    struct arena *arena = arena_new();
    struct db_rows *months;
    bool right = db_query(db, Q_ROLLUP_MONTHS, DB_NO_ARGS, arena, &months, p);
    for (int i = 0, last = 0; right && i < db_count(months); i++) {
        int period = (int)db_int(months, i, 0);
        if (period == last) continue;
        last = period;
        period_format(d->period, period);
        right = ask(db, d, Q_ROLLUP_OTHER_KIND, period, tell_other_kinds, p) &&
                ask(db, d, Q_ROLLUP_OTHER_TREE, period, tell_other_tree, p);
    }
    arena_free(arena);
    return right;
}

static bool check_work(struct db *db, void *arg, struct problem *p) {
    struct dates *d = arg;
    d->different = 0;
    return ask(db, d, Q_ROLLUP_DATES_WRONG, 0, tell_wrong_dates, p) &&
           ask(db, d, Q_ROLLUP_TWO_FORMS, 0, tell_two_forms, p) && check_months(db, d, p);
}

bool rollup_check_dates(struct db *db, rollup_difference_fn *tell_fn, void *arg, int64_t *different,
                        struct problem *p) {
    struct dates dates = { .tell = tell_fn, .tell_arg = arg };
    if (!db_transaction(db, &scope_system, DB_READ_SNAPSHOT, check_work, &dates, p)) return false;
    *different = dates.different;
    return true;
}
