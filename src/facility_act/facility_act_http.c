#include "hmis/facility_act.h"
#include "hmis/http.h"
#include "hmis/period.h"
#include "hmis/rollup.h"
#include "hmis/routes.h"
#include "hmis/services.h"

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

const struct route_table facility_act_routes = { "facility_act", routes, COUNT(routes) };
