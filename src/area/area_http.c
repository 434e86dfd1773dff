#include "hmis/area.h"
#include "hmis/calendar.h"
#include "hmis/http.h"
#include "hmis/period.h"
#include "hmis/routes.h"

#include <string.h>

#define QUERY_BYTES 100

enum { COL_ID, COL_LEVEL, COL_CODE, COL_NAME, COL_NOTIONAL, COL_ABOVE, COL_NEWEST = COL_ABOVE };

/* ---- Parameters. ----------------------------------------------------------------------------- */
/* The month's last day as a date; false: answered. */
static bool tree_day(struct request *r, int *period, const char **day) {
    const char *text = req_query(r, "period");
    *period = calendar_month();
    if (text && !period_parse(text, period)) {
        reply_error(r, ERR_BAD_QUERY, "period is a month from 2008-04 on, written like 2022-04");
        return false;
    }
    int last = area_tree_day(*period);
    *day = arena_printf(req_arena(r), "%04d-%02d-%02d", last / 10000, last / 100 % 100, last % 100);
    return true;
}

static const char *language(struct request *r) {
    const char *given = req_query(r, "language");
    return given ? given : "en";
}

/* ---- Answers. -------------------------------------------------------------------------------- */
static void area_members(struct json_out *out, const struct db_rows *rows, int row) {
    out_int(out, "id", db_int(rows, row, COL_ID));
    out_string(out, "level", db_text(rows, row, COL_LEVEL));
    if (db_is_null(rows, row, COL_CODE))
        out_null(out, "code");
    else
        out_int(out, "code", db_int(rows, row, COL_CODE));
    out_string(out, "name", db_text(rows, row, COL_NAME));
    if (db_bool(rows, row, COL_NOTIONAL)) out_bool(out, "notional", true);
}

static void area_object(struct json_out *out, const char *key, const struct db_rows *rows,
                        int row) {
    out_object(out, key);
    area_members(out, rows, row);
    out_object_end(out);
}

static void area_answer(struct request *r, int period, const struct db_rows *path,
                        const struct db_rows *children) {
    char month[8];
    period_format(month, period);
    struct json_out *out = reply_json(r, 200);
    out_object(out, NULL);
    out_string(out, "period", month);
    if (!db_is_null(path, 0, COL_NEWEST)) period_format(month, (int)db_int(path, 0, COL_NEWEST));
    out_string(out, "newest", db_is_null(path, 0, COL_NEWEST) ? NULL : month);
    area_object(out, "area", path, 0);
    out_array(out, "ancestors");
    for (int i = db_count(path); i-- > 1;)
        area_object(out, NULL, path, i);
    out_array_end(out);
    out_array(out, "children");
    for (int i = 0; i < db_count(children); i++)
        area_object(out, NULL, children, i);
    out_array_end(out);
    out_object_end(out);
}

/* ---- Handlers. ------------------------------------------------------------------------------- */
static void area_get(struct request *r) {
    static const char *const parameters[] = { "period", "language" };
    struct area_key ref;
    int period;
    const char *day;
    if (!req_only_query(r, parameters, COUNT(parameters)) || !tree_day(r, &period, &day)) return;
    if (!area_key_parse(req_path_part(r, "area"), &ref)) return reply_error(r, ERR_NOT_FOUND, NULL);
    struct problem p = { 0 };
    struct db_rows *path, *children;
    struct db *db = req_db(r);
    if (!db) return;
    if (!db_once(db, req_scope(r), DB_READ, Q_AREA_GET,
                 DB_ARGS(ref.id == BLANK ? DB_NULL : DB_INT4(ref.id), DB_TEXT(ref.level),
                         ref.code == BLANK ? DB_NULL : DB_INT4(ref.code), DB_TEXT(day),
                         DB_TEXT(language(r)), DB_INT4(calendar_due())),
                 req_arena(r), &path, &p))
        return reply_problem(r, &p);
    if (db_count(path) == 0) return reply_error(r, ERR_NOT_FOUND, NULL);
    if (!db_once(db, req_scope(r), DB_READ, Q_AREA_CHILDREN,
                 DB_ARGS(DB_INT4(db_int(path, 0, COL_ID)), DB_TEXT(day), DB_TEXT(language(r))),
                 req_arena(r), &children, &p))
        return reply_problem(r, &p);
    area_answer(r, period, path, children);
}

static void area_search(struct request *r) {
    static const char *const parameters[] = { "q", "level", "period", "language" };
    const char *q = req_query(r, "q"), *level = req_query(r, "level"), *day;
    int period;
    if (!req_only_query(r, parameters, COUNT(parameters)) || !tree_day(r, &period, &day)) return;
    if (!q || !*q || strlen(q) > QUERY_BYTES)
        return reply_error(r, ERR_BAD_QUERY, "q is the beginning of a name, 1 to %d bytes",
                           QUERY_BYTES);
    if (level && area_level_parse(level) == AREA_LEVEL__MAX)
        return reply_error(r, ERR_BAD_QUERY,
                           "level is nation, state, district, subdistrict or block");
    struct problem p = { 0 };
    struct db_rows *rows;
    struct db *db = req_db(r);
    if (!db) return;
    if (!db_once(db, req_scope(r), DB_READ, Q_AREA_SEARCH,
                 DB_ARGS(DB_TEXT(q), DB_TEXT(level), DB_TEXT(day), DB_TEXT(language(r))),
                 req_arena(r), &rows, &p))
        return reply_problem(r, &p);
    struct json_out *out = reply_json(r, 200);
    out_object(out, NULL);
    out_array(out, "areas");
    for (int i = 0; i < db_count(rows); i++) {
        out_object(out, NULL);
        area_members(out, rows, i);
        out_string(out, "in", db_text(rows, i, COL_ABOVE));
        out_object_end(out);
    }
    out_array_end(out);
    out_object_end(out);
}

static const struct route routes[] = {
    { .method = "GET",
      .path = "/api/v1/areas",
      .handler = area_search,
      .auth = AUTH_SESSION,
      .permission = PERM_TOTALS_READ,
      .scope = RSCOPE_OWN,
      .lane = LANE_INTERACTIVE,
      .rate = RATE_READ,
      .activity = true,
      .doc = "Areas by the beginning of their names, at most 50" },
    { .method = "GET",
      .path = "/api/v1/areas/{area}",
      .handler = area_get,
      .auth = AUTH_SESSION,
      .permission = PERM_TOTALS_READ,
      .scope = RSCOPE_OWN,
      .lane = LANE_INTERACTIVE,
      .rate = RATE_READ,
      .activity = true,
      .doc = "An area, what it lies in and what lies in it in a month" },
};

const struct route_table area_routes = { "area", routes, COUNT(routes) };
