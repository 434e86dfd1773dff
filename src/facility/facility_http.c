#include <string.h>

#include "hmis/area.h"
#include "hmis/calendar.h"
#include "hmis/facility_act.h"
#include "hmis/http.h"
#include "hmis/period.h"
#include "hmis/routes.h"
#include "hmis/services.h"

#define PAGE_ROWS   100
#define PAGE_MOST   10000
#define QUERY_BYTES 100
#define WORDS_MOST  8

static const char *today(struct request *r) {
    char day[11];
    calendar_format_day(day, calendar_today());
    return arena_strdup(req_arena(r), day);
}

static const char *language(struct request *r) {
    const char *given = req_query(r, "language");
    return given ? given : "en";
}

/* ---- The list. ------------------------------------------------------------------------------- */
struct list_query {
    const char *q; /* NULL: all */
    const char *words[WORDS_MOST];
    size_t word_count;
    struct area_key area; /* all blank: any */
    enum facility_type type;
    const char *status;
    int64_t page;
};

static void words_cut(struct list_query *query, struct arena *arena) {
    char *rest = arena_strdup(arena, query->q), *word;
    while (query->word_count < WORDS_MOST && (word = strsep(&rest, " ")))
        if (*word) query->words[query->word_count++] = word;
}

/* False: answered with 400. */
static bool list_read(struct request *r, struct list_query *query) {
    static const char *const parameters[] = { "q", "area", "type", "status", "page", "language" };
    const char *area = req_query(r, "area"), *type = req_query(r, "type");
    const char *page = req_query(r, "page");
    if (!req_only_query(r, parameters, COUNT(parameters))) return false;
    *query = (struct list_query){ .q = req_query(r, "q"),
                                  .status = req_query(r, "status"),
                                  .area = { BLANK, NULL, BLANK },
                                  .page = 1 };
    const char *wrong = NULL;
    if (query->q && strlen(query->q) > QUERY_BYTES) wrong = "q has at most 100 bytes";
    if (area && *area && !area_key_parse(area, &query->area))
        wrong = "area is the number of an area, or like lgd-district-506";
    if (type && *type && !(query->type = facility_type_parse(type)))
        wrong = "type is SC, PHC, CHC, SDH, DH or DHQ";
    if (query->status && !*query->status) query->status = NULL;
    if (query->status && !text_equal(query->status, "open") && !text_equal(query->status, "closed"))
        wrong = "status is open or closed";
    if (page && *page && !text_to_int(page, 1, PAGE_MOST, &query->page))
        wrong = "page is a number from 1 to 10000";
    if (wrong) reply_error(r, ERR_BAD_QUERY, "%s", wrong);
    if (query->q) words_cut(query, req_arena(r));
    if (query->word_count == 0) query->q = NULL;
    return !wrong;
}

enum {
    L_TOTAL,
    L_CODE,
    L_NIN,
    L_NAME,
    L_TYPE,
    L_OWNERSHIP,
    L_LOCALITY,
    L_CLOSED,
    L_BLOCK,
    L_DISTRICT,
    L_STATE
};

static void list_row(struct json_out *out, const struct db_rows *rows, int i) {
    out_object(out, NULL);
    out_string(out, "code", db_text(rows, i, L_CODE));
    out_string(out, "name", db_text(rows, i, L_NAME));
    out_string(out, "nin", db_text(rows, i, L_NIN));
    out_string(out, "type", facility_type_code((enum facility_type)db_int(rows, i, L_TYPE)));
    out_string(out, "ownership", ownership_name((enum ownership)db_int(rows, i, L_OWNERSHIP)));
    out_string(out, "locality", locality_name((enum locality)db_int(rows, i, L_LOCALITY)));
    out_string(out, "status", db_bool(rows, i, L_CLOSED) ? "closed" : "open");
    out_string(out, "block", db_text(rows, i, L_BLOCK));
    out_string(out, "district", db_text(rows, i, L_DISTRICT));
    out_string(out, "state", db_text(rows, i, L_STATE));
    out_object_end(out);
}

static void facility_list(struct request *r) {
    struct list_query query;
    if (!list_read(r, &query)) return;
    struct problem p = { 0 };
    struct db_rows *rows;
    struct db *db = req_db(r);
    if (!db) return;
    const struct area_key *area = &query.area;
    const struct db_param params[] = {
        DB_TEXTS(query.words, query.word_count),
        DB_TEXT(query.q),
        area->id == BLANK ? DB_NULL : DB_INT4(area->id),
        DB_TEXT(area->level),
        area->code == BLANK ? DB_NULL : DB_INT4(area->code),
        query.type ? DB_INT2(query.type) : DB_NULL,
        DB_TEXT(query.status),
        DB_TEXT(today(r)),
        DB_INT4(PAGE_ROWS),
        DB_INT4((query.page - 1) * PAGE_ROWS),
        DB_TEXT(language(r)),
    };
    if (!db_once(db, req_scope(r), DB_READ, Q_FACILITY_LIST, params, COUNT(params), req_arena(r),
                 &rows, &p))
        return reply_problem(r, &p);
    int64_t total = db_int(rows, 0, L_TOTAL);
    struct json_out *out = reply_json(r, 200);
    out_object(out, NULL);
    out_int(out, "total", total);
    out_int(out, "page", query.page);
    out_bool(out, "more", total > query.page * PAGE_ROWS);
    out_array(out, "facilities");
    for (int i = 0; i < db_count(rows); i++)
        if (!db_is_null(rows, i, L_CODE)) list_row(out, rows, i);
    out_array_end(out);
    out_object_end(out);
}

/* ---- One facility. --------------------------------------------------------------------------- */
enum {
    G_CODE,
    G_NIN,
    G_NAME,
    G_TYPE,
    G_OWNERSHIP,
    G_LOCALITY,
    G_CLOSED,
    G_OPENED_ON,
    G_CLOSED_ON,
    G_BEDS,
    G_NOTIONAL,
    G_CATEGORIES,
    G_TEXTS,
    G_AREAS = G_TEXTS + 5,
    G_OPENED_ASSUMED = G_AREAS + 8
};

static void get_areas(struct json_out *out, const struct db_rows *rows) {
    static const char *const levels[] = { "state", "district", "block", "subdistrict" };
    for (int i = 0; i < (int)COUNT(levels); i++) {
        int column = G_AREAS + 2 * i;
        if (db_is_null(rows, 0, column)) continue;
        out_object(out, levels[i]);
        out_int(out, "id", db_int(rows, 0, column));
        out_string(out, "level", levels[i]);
        out_string(out, "name", db_text(rows, 0, column + 1));
        out_object_end(out);
    }
}

/* Stretches of days in which nothing changed, the oldest first. */
static void get_history(struct json_out *out, const struct db_rows *rows) {
    static const char *const levels[] = { "state", "district", "block" };
    out_array(out, "history");
    for (int i = 0; i < db_count(rows); i++) {
        out_object(out, NULL);
        out_string(out, "from", db_text(rows, i, 0));
        out_string(out, "to", db_text(rows, i, 1));
        out_string(out, "name", db_text(rows, i, 2));
        out_string(out, "type", facility_type_code((enum facility_type)db_int(rows, i, 3)));
        out_string(out, "ownership", ownership_name((enum ownership)db_int(rows, i, 4)));
        out_string(out, "locality", locality_name((enum locality)db_int(rows, i, 5)));
        out_bool(out, "open", db_bool(rows, i, 6));
        for (int a = 0; a < (int)COUNT(levels); a++)
            out_string(out, levels[a], db_text(rows, i, 7 + a));
        out_object_end(out);
    }
    out_array_end(out);
}

static void get_answer(struct request *r, const struct db_rows *rows,
                       const struct db_rows *history) {
    static const char *const texts[] = { "zone", "district_category", "health_block",
                                         "sub_division", "ulb" };
    enum facility_type type = (enum facility_type)db_int(rows, 0, G_TYPE);
    struct json_out *out = reply_json(r, 200);
    out_object(out, NULL);
    out_string(out, "code", db_text(rows, 0, G_CODE));
    out_string(out, "name", db_text(rows, 0, G_NAME));
    out_string(out, "nin", db_text(rows, 0, G_NIN));
    out_string(out, "type", facility_type_code(type));
    out_string(out, "type_title", facility_type_title(type));
    out_string(out, "ownership", ownership_name((enum ownership)db_int(rows, 0, G_OWNERSHIP)));
    out_string(out, "locality", locality_name((enum locality)db_int(rows, 0, G_LOCALITY)));
    out_string(out, "status", db_bool(rows, 0, G_CLOSED) ? "closed" : "open");
    out_string(out, "opened_on", db_text(rows, 0, G_OPENED_ON));
    out_bool(out, "opened_assumed", db_bool(rows, 0, G_OPENED_ASSUMED));
    out_string(out, "closed_on", db_text(rows, 0, G_CLOSED_ON));
    if (db_is_null(rows, 0, G_BEDS))
        out_null(out, "beds");
    else
        out_int(out, "beds", db_int(rows, 0, G_BEDS));
    out_bool(out, "notional", db_bool(rows, 0, G_NOTIONAL));
    out_raw(out, "categories", db_text(rows, 0, G_CATEGORIES));
    for (int i = 0; i < (int)COUNT(texts); i++)
        out_string(out, texts[i], db_text(rows, 0, G_TEXTS + i));
    get_areas(out, rows);
    get_history(out, history);
    out_object_end(out);
}

static void facility_get(struct request *r) {
    static const char *const parameters[] = { "language" };
    if (!req_only_query(r, parameters, COUNT(parameters))) return;
    struct problem p = { 0 };
    struct db_rows *rows, *history;
    struct db *db = req_db(r);
    if (!db) return;
    if (!db_once(
            db, req_scope(r), DB_READ, Q_FACILITY_GET,
            DB_ARGS(DB_TEXT(req_path_part(r, "facility")), DB_TEXT(today(r)), DB_TEXT(language(r))),
            req_arena(r), &rows, &p))
        return reply_problem(r, &p);
    if (db_count(rows) == 0) return reply_error(r, ERR_NOT_FOUND, NULL);
    if (!db_once(db, req_scope(r), DB_READ, Q_FACILITY_HISTORY,
                 DB_ARGS(DB_TEXT(req_path_part(r, "facility")), DB_TEXT(language(r))), req_arena(r),
                 &history, &p))
        return reply_problem(r, &p);
    get_answer(r, rows, history);
}

/* ---- Changing it. ---------------------------------------------------------------------------- */
struct change_body {
    const char *act;
    struct facility_act given;
};
#define TEXT_MEMBER(name, most)                                                                    \
    { #name, FIELD_TEXT, offsetof(struct change_body, given.name), false, 0, most }
#define BOOL_MEMBER(name)                                                                          \
    { #name, FIELD_BOOL, offsetof(struct change_body, given.name), false, 0, 0 }
static const struct field_spec change_fields[] = {
    { "act", FIELD_TEXT, offsetof(struct change_body, act), true, 1, 20 },
    TEXT_MEMBER(from, 10),
    TEXT_MEMBER(until, 10),
    TEXT_MEMBER(type, 60),
    TEXT_MEMBER(ownership, 20),
    TEXT_MEMBER(locality, 20),
    TEXT_MEMBER(name, 800),
    TEXT_MEMBER(nin, 20),
    TEXT_MEMBER(status, 10),
    TEXT_MEMBER(block, 40),
    TEXT_MEMBER(reason, 4000),
    BOOL_MEMBER(first),
    BOOL_MEMBER(other_state),
    BOOL_MEMBER(dry_run),
};

static void change_report(struct json_out *out, const struct facility_act_report *report) {
    char month[8];
    period_format(month, report->period);
    out_object(out, NULL);
    out_string(out, "period", month);
    out_string(out, "form", report->form);
    out_string(out, "from", report->from);
    out_string(out, "to", report->to);
    out_bool(out, "stamped", report->stamped);
    if (report->note) out_string(out, "note", report->note);
    out_object_end(out);
}

static void change_answer(struct request *r, const struct facility_act *act,
                          const struct facility_act_result *result) {
    struct json_out *out = reply_json(r, 200);
    out_object(out, NULL);
    out_bool(out, "dry_run", act->dry_run);
    out_array(out, "changes");
    for (size_t i = 0; i < result->change_count; i++) {
        const struct facility_note *change = &result->changes[i];
        out_object(out, NULL);
        out_string(out, "what", facility_column_name(change->column));
        out_string(out, "from", change->from);
        out_string(out, "to", change->to);
        out_string(out, "since", change->since);
        out_object_end(out);
    }
    out_array_end(out);
    out_array(out, "reports");
    for (size_t i = 0; i < result->report_count; i++)
        change_report(out, &result->reports[i]);
    out_array_end(out);
    out_int(out, "totals", result->totals);
    out_object_end(out);
}

static void facility_change(struct request *r) {
    struct change_body body = { 0 };
    struct problem p = { 0 };
    struct facility_act_result result;
    if (!req_read(r, change_fields, COUNT(change_fields), &body)) return;
    body.given.kind = facility_act_parse(body.act);
    body.given.code = req_path_part(r, "facility");
    if (!body.given.kind) {
        problem_field(&p, req_arena(r), "act", ERR_VALUE_NOT_CODE,
                      "type, ownership, locality, name, open, close, move, nin or correct");
        return reply_problem(r, &p);
    }
    struct audit_entry who = audit_entry_of(r, "facility");
    struct db *db = req_db(r);
    if (!db) return;
    if (!facility_act_run(db, req_scope(r), &body.given, &who, &result, req_arena(r), &p))
        return reply_problem(r, &p);
    if (result.totals > 0 && !body.given.dry_run)
        rollup_wake(((const struct services *)req_app(r))->rollup);
    change_answer(r, &body.given, &result);
}

static const struct route routes[] = {
    { .method = "GET",
      .path = "/api/v1/facilities",
      .handler = facility_list,
      .auth = AUTH_SESSION,
      .permission = PERM_REPORT_READ,
      .scope = RSCOPE_OWN,
      .lane = LANE_REPORT,
      .rate = RATE_READ,
      .activity = true,
      .doc = "Facilities in scope by name, code or NIN, area, type and status; 100 a page" },
    { .method = "GET",
      .path = "/api/v1/facilities/{facility}",
      .handler = facility_get,
      .auth = AUTH_SESSION,
      .permission = PERM_REPORT_READ,
      .scope = RSCOPE_OWN,
      .lane = LANE_INTERACTIVE,
      .rate = RATE_READ,
      .activity = true,
      .doc = "A facility by its code, with all columns of the register and how it was over time" },
    { .method = "POST",
      .path = "/api/v1/facilities/{facility}/changes",
      .handler = facility_change,
      .auth = AUTH_SESSION,
      .permission = PERM_FACILITY_CHANGE,
      .scope = RSCOPE_OWN,
      .lane = LANE_INTERACTIVE,
      .rate = RATE_WRITE,
      .body = BODY_JSON,
      .body_max = 16384,
      .activity = true,
      .doc =
          "Rename, raise, move, close, open or correct a facility from a day on, or say what that "
          "would change" },
};

const struct route_table facility_routes = { "facility", routes, COUNT(routes) };
