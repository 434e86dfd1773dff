#include "hmis/itemwise.h"
#include "hmis/params.h"

#include "hmis/calendar.h"
#include "hmis/period.h"
#include "hmis/routes.h"
#include "hmis/services.h"

static const char *const parameters[] = { "area",    "from", "to",       "columns", "mode",
                                          "section", "type", "language", "figures", "boundaries" };

static bool read_query(struct request *r, struct itemwise_query *q, struct problem *p) {
    static const char *const columns[] = { [COLUMNS_AREAS] = "areas", [COLUMNS_MONTHS] = "months" };
    static const char *const modes[] = { [MODE_MONTH] = "month", [MODE_CUMULATIVE] = "cumulative" };
    static const char *const figures[] = { "added", "published" };
    static const char *const trees[] = { "then", "today" };
    int by, mode, as, tree;
    *q =
        (struct itemwise_query){ .area = req_query(r, "area"), .section = req_query(r, "section") };
    if (!query_word(r, "columns", columns, COUNT(columns), &by, p)) return false;
    if (!query_word(r, "mode", modes, COUNT(modes), &mode, p)) return false;
    if (!query_word(r, "figures", figures, COUNT(figures), &as, p)) return false;
    if (!query_word(r, "boundaries", trees, COUNT(trees), &tree, p)) return false;
    q->as_published = as == 1;
    q->today_tree = tree == 1;
    q->columns = (enum itemwise_columns)by;
    q->mode = (enum itemwise_mode)mode;
    bool one = !req_query(r, "to") && q->mode == MODE_MONTH; /* from alone is one month */
    if (!query_month(r, one ? "from" : "to", calendar_due(), &q->to, p)) return false;
    if (!query_month(r, "from", q->to, &q->from, p)) return false;
    return query_facility_type(r, &q->facility_type, p) && query_language(r, &q->language, p);
}

static void answer_json(struct request *r, const struct itemwise_table *table) {
    itemwise_write_json(table, reply_json(r, 200));
}

static void answer_csv(struct request *r, const struct itemwise_table *table) {
    char from[8], to[8];
    period_format(from, table->from);
    period_format(to, table->to);
    struct csv_out csv;
    csv_out_init(&csv);
    itemwise_write_csv(table, &csv);
    reply_csv(r, &csv,
              arena_printf(req_arena(r), "itemwise_%s_%s_%s.csv", from, to, table->area.name));
}

typedef void answer_fn(struct request *r, const struct itemwise_table *table);

/* The router has the last word on If-None-Match: where it sees no match, the figures are read. */
static bool read_and_answer(struct request *r, struct db *db, const struct dictionary_set *set,
                            const struct itemwise_query *query, const char *known,
                            const char *format, answer_fn *answer, struct problem *p) {
    struct itemwise_table table;
    if (!itemwise_read(db, req_scope(r), set, query, known, format, req_arena(r), &table, p))
        return false;
    if (reply_etag(r, table.tag)) {
        reply_as_on(r, table.as_on_us);
        return true;
    }
    if (table.unchanged) return read_and_answer(r, db, set, query, NULL, format, answer, p);
    answer(r, &table);
    reply_as_on(r, table.as_on_us);
    return true;
}

static void get_itemwise(struct request *r, const char *format, answer_fn *answer) {
    struct problem p = { 0 };
    struct itemwise_query query;
    if (!req_only_query(r, parameters, COUNT(parameters))) return;
    if (!read_query(r, &query, &p)) {
        reply_problem(r, &p);
        return;
    }
    struct db *db = req_db(r);
    if (!db) return;
    struct dictionary_store *store = ((const struct services *)req_app(r))->dictionaries;
    const struct dictionary_set *set = dictionary_hold(store);
    if (!read_and_answer(r, db, set, &query, req_header(r, "If-None-Match"), format, answer, &p))
        reply_problem(r, &p);
    dictionary_release(store, set);
}

static void get_json(struct request *r) {
    get_itemwise(r, "json", answer_json);
}

static void get_csv(struct request *r) {
    get_itemwise(r, "csv", answer_csv);
}

static const struct route rows[] = {
    { .method = "GET",
      .path = "/api/v1/itemwise",
      .handler = get_json,
      .auth = AUTH_SESSION,
      .permission = PERM_TOTALS_READ,
      .scope = RSCOPE_OWN,
      .lane = LANE_REPORT,
      .rate = RATE_READ,
      .activity = true,
      .doc = "The item-wise report of an area or facility, by areas below or by months" },
    { .method = "GET",
      .path = "/api/v1/itemwise.csv",
      .handler = get_csv,
      .auth = AUTH_SESSION,
      .permission = PERM_TOTALS_READ,
      .scope = RSCOPE_OWN,
      .lane = LANE_REPORT,
      .rate = RATE_READ,
      .activity = true,
      .doc = "The same as a file for spreadsheets" },
};

const struct route_table itemwise_routes = { "itemwise", rows, COUNT(rows) };
