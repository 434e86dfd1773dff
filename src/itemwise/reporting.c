/* The reporting status: of a month, how many facilities are expected, have reported, have begun. */
#include "hmis/area_ref.h"
#include "hmis/itemwise.h"
#include "hmis/params.h"

#include "hmis/calendar.h"
#include "hmis/period.h"
#include "hmis/routes.h"

#include <stdlib.h>

struct counts {
    int64_t expected, reported, drafts, no_services;
};
struct line {
    struct area_ref area;
    struct counts of[FACILITY_TYPE__MAX]; /* [FACILITY_TYPE_NONE]: all together */
};
struct status {
    const struct scope *scope;
    const char *area_text, *language;
    int period;
    int newest; /* month with reports up to the due one; 0: none */
    struct arena *arena;
    struct area_ref area;
    int64_t as_on_us;
    struct line total;
    struct line *lines;
    int count;
};

static void count(struct line *line, enum facility_type type, struct counts more) {
    struct counts *sums[] = { &line->of[type], &line->of[FACILITY_TYPE_NONE] };
    for (size_t i = 0; i < COUNT(sums); i++) {
        sums[i]->expected += more.expected;
        sums[i]->reported += more.reported;
        sums[i]->drafts += more.drafts;
        sums[i]->no_services += more.no_services;
    }
}

/* ---- Reading. -------------------------------------------------------------------------------- */
static bool read_counts(struct db *db, struct status *s, struct db_rows **rows, struct problem *p) {
    struct area_filter of = area_ref_filter(&s->area);
    return db_query(db, Q_REPORTING_STATUS,
                    DB_ARGS(DB_INT4(s->area.level), DB_INT4(period_last_day(s->period)),
                            DB_INT4(of.state), DB_INT4(of.district), DB_INT4(of.block),
                            DB_INT4(of.facility), DB_INT4(s->period)),
                    s->arena, rows, p);
}

/* Facilities are named by the list of those counted; areas by the tree and that list. */
static bool read_names(struct db *db, struct status *s, const int32_t *ids, size_t n,
                       struct db_rows *rows[2], struct problem *p) {
    rows[1] = NULL;
    if (s->area.level <= SCOPE_BLOCK)
        return db_query(db, Q_ITEMWISE_FACILITY_NAMES, DB_ARGS(DB_INT4S(ids, n)), s->arena,
                        &rows[0], p);
    int day = period_last_day(s->period);
    return db_query(db, Q_ITEMWISE_CHILDREN,
                    DB_ARGS(DB_INT4(s->area.id), DB_TEXT(area_level_below(s->area.level)),
                            DB_INT4(day), DB_INT4(day), DB_TEXT(s->language)),
                    s->arena, &rows[0], p) &&
           db_query(db, Q_ITEMWISE_AREA_NAMES, DB_ARGS(DB_INT4S(ids, n), DB_TEXT(s->language)),
                    s->arena, &rows[1], p);
}

static struct line *line_of(struct status *s, int32_t id) {
    for (int i = 0; i < s->count; i++)
        if (s->lines[i].area.id == id) return &s->lines[i];
    struct line *line = &s->lines[s->count++];
    line->area.id = id;
    line->area.level = s->area.level > SCOPE_BLOCK ? s->area.level - 1 : SCOPE_FACILITY;
    return line;
}

static void name_lines(struct status *s, const struct db_rows *rows) {
    for (int i = 0; rows && i < db_count(rows); i++) {
        struct line *line = line_of(s, (int32_t)db_int(rows, i, 0));
        line->area.code = db_text(rows, i, 1);
        line->area.name = db_text(rows, i, 2);
        line->area.lgd_code = (int32_t)db_int(rows, i, 3);
    }
}

static bool read_lines(struct db *db, struct status *s, struct problem *p) {
    struct db_rows *rows, *names[2];
    if (!read_counts(db, s, &rows, p)) return false;
    int n = db_count(rows);
    int32_t *ids = arena_array(s->arena, (size_t)n + 1, sizeof *ids);
    for (int i = 0; i < n; i++)
        ids[i] = (int32_t)db_int(rows, i, 0);
    if (!read_names(db, s, ids, (size_t)n, names, p)) return false;
    s->lines = arena_array(s->arena, (size_t)(n + db_count(names[0])) + 1, sizeof *s->lines);
    name_lines(s, names[0]);
    name_lines(s, names[1]);
    for (int i = 0; i < n; i++) {
        int64_t type = db_int(rows, i, 1);
        struct counts more = { db_int(rows, i, 2), db_int(rows, i, 3), db_int(rows, i, 4),
                               db_int(rows, i, 5) };
        if (type <= FACILITY_TYPE_NONE || type >= FACILITY_TYPE__MAX) continue;
        count(line_of(s, ids[i]), (enum facility_type)type, more);
        count(&s->total, (enum facility_type)type, more);
    }
    return true;
}

static bool read_newest(struct db *db, struct status *s, struct problem *p) {
    struct db_rows *rows;
    if (!db_query(db,
                  s->area.level == SCOPE_FACILITY ? Q_ITEMWISE_NEWEST_OF_FACILITY
                                                  : Q_ITEMWISE_NEWEST_OF_AREA,
                  DB_ARGS(DB_INT4(s->area.id), DB_INT4(calendar_due())), s->arena, &rows, p))
        return false;
    s->newest = (int)db_int(rows, 0, 0);
    return true;
}

static bool read_status(struct db *db, void *arg, struct problem *p) {
    struct status *s = arg;
    struct db_rows *rows;
    s->count = 0;
    s->total = (struct line){ 0 };
    if (!area_ref_find(db, s->scope, s->area_text, s->language, s->period, s->period, s->arena,
                       &s->area, p))
        return false;
    if (!read_newest(db, s, p)) return false;
    if (!db_query(db, Q_ITEMWISE_NOW, DB_NO_ARGS, s->arena, &rows, p)) return false;
    s->as_on_us = db_time_us(rows, 0, 0);
    return read_lines(db, s, p);
}

/* ---- Answering. ------------------------------------------------------------------------------ */
static void out_counts(const struct counts *of, struct json_out *out) {
    out_int(out, "expected", of->expected);
    out_int(out, "reported", of->reported);
    out_int(out, "drafts", of->drafts);
    out_int(out, "no_services", of->no_services);
}

static void out_line(const struct line *line, struct json_out *out) {
    out_counts(&line->of[FACILITY_TYPE_NONE], out);
    out_array(out, "types");
    for (int type = FACILITY_TYPE_NONE + 1; type < FACILITY_TYPE__MAX; type++) {
        if (line->of[type].expected == 0) continue;
        out_object(out, NULL);
        out_string(out, "type", facility_type_code((enum facility_type)type));
        out_counts(&line->of[type], out);
        out_object_end(out);
    }
    out_array_end(out);
}

static void answer(struct request *r, const struct status *s) {
    char period[8];
    period_format(period, s->period);
    struct json_out *out = reply_json(r, 200);
    reply_as_on(r, s->as_on_us);
    out_object(out, NULL);
    out_string(out, "period", period);
    if (s->newest) period_format(period, s->newest);
    out_string(out, "newest", s->newest ? period : NULL);
    area_ref_write(&s->area, "area", out);
    out_time(out, "status_as_on", s->as_on_us);
    out_object(out, "total");
    out_line(&s->total, out);
    out_object_end(out);
    out_array(out, "rows");
    for (int i = 0; i < s->count; i++) {
        out_object(out, NULL);
        area_ref_write(&s->lines[i].area, "area", out);
        out_line(&s->lines[i], out);
        out_object_end(out);
    }
    out_array_end(out);
    out_object_end(out);
}

static void get_reporting(struct request *r) {
    static const char *const parameters[] = { "area", "period", "language" };
    struct problem p = { 0 };
    struct status s = { .arena = req_arena(r) };
    if (!req_only_query(r, parameters, COUNT(parameters))) return;
    s.area_text = req_query(r, "area");
    if (!query_month(r, "period", calendar_due(), &s.period, &p) ||
        !query_language(r, &s.language, &p)) {
        reply_problem(r, &p);
        return;
    }
    struct db *db = req_db(r);
    if (!db) return;
    s.scope = req_scope(r);
    if (db_transaction(db, s.scope, DB_READ_SNAPSHOT, read_status, &s, &p))
        answer(r, &s);
    else
        reply_problem(r, &p);
}

static const struct route rows[] = {
    { .method = "GET",
      .path = "/api/v1/reporting",
      .handler = get_reporting,
      .auth = AUTH_SESSION,
      .permission = PERM_TOTALS_READ,
      .scope = RSCOPE_OWN,
      .lane = LANE_REPORT,
      .rate = RATE_READ,
      .activity = true,
      .doc = "Facilities expected and reported in a month, by area below and type" },
};

const struct route_table reporting_routes = { "reporting", rows, COUNT(rows) };
