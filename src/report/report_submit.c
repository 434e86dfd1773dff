/* Checking and submitting a draft. Warns, asks for remarks, never refuses a figure. */
#include <string.h>

#include "hmis/audit.h"
#include "hmis/calendar.h"
#include "hmis/period.h"
#include "hmis/rollup.h"
#include "report_http.h"
#include "report_past.h"

struct submit_body {
    int64_t version;
    json_t *confirm;
    int64_t base_version;
};
static const struct field_spec submit_fields[] = {
    { "version", FIELD_INT, offsetof(struct submit_body, version), true, 0, INT32_MAX },
    { "confirm", FIELD_ARRAY, offsetof(struct submit_body, confirm), false, 0, 0 },
    { "base_version", FIELD_INT, offsetof(struct submit_body, base_version), false, 0, INT32_MAX },
};

/* One run of a check or a submission; filled inside the transaction, answered after it. */
struct submission {
    struct request *r;
    struct report_key key;
    int version;        /* asked for */
    int base_version;   /* submitted version the client has seen; 0: it says nothing */
    unsigned confirmed; /* bits of enum confirmation */
    struct arena *arena;
    struct report_state *state;
    struct report_new report;
    struct report_result result;
    struct remarks_needed needed;
    int64_t submitted_at;
    bool again; /* answered before: nothing was written now */
};

static bool conflict(struct submission *s, struct problem *p) {
    const struct report_state *state = s->state;
    const struct report_version *now = report_state_shown(state);
    const struct report_current current = { report_state_version(state), now->cells, now->remarks,
                                            now->saved };
    return conflict_problem(p, s->arena, s->key.form, &current);
}

/* Reads the draft of the version asked for; with none, whether it has been submitted already. */
static bool read_draft(struct db *db, struct submission *s, struct problem *p) {
    s->again = false;
    if (!report_state_read(db, &s->key, s->arena, &s->state, p)) return false;
    const struct report_state *state = s->state;
    if (state->draft.version == 0) {
        s->again =
            state->submitted.version > 0 && state->draft_version == s->version && s->version > 0;
        return s->again || problem_set(p, ERR_NOTHING_TO_SUBMIT, NULL);
    }
    if (state->draft.version != s->version) return conflict(s, p);
    if (!report_state_may_submit(state, &s->key, p)) return false;
    s->report = (struct report_new){
        .facility_id = state->facility_id,
        .period = s->key.period,
        .form = s->key.form,
        .cells = s->state->draft.cells,
        .remarks = state->draft.remarks,
        .draft_version = state->draft.version,
    };
    return true;
}

static bool begin(struct request *r, struct submission *s) {
    struct submit_body body = { 0 };
    *s = (struct submission){ .r = r, .arena = req_arena(r) };
    if (!report_key_to_enter(r, &s->key) ||
        !req_read(r, submit_fields, COUNT(submit_fields), &body))
        return false;
    s->version = (int)body.version;
    s->base_version = (int)body.base_version;
    struct problem p = { 0 };
    if (body.confirm == NULL || confirmations_read(body.confirm, &s->confirmed, s->arena, &p))
        return true;
    reply_problem(r, &p);
    return false;
}

/* What was submitted since the draft was begun is not overridden unseen. */
static bool base_seen(struct submission *s, struct problem *p) {
    const struct report_state *state = s->state;
    if (!state->base_changed || s->base_version == state->submitted.version) return true;
    struct json_out out;
    json_out_init(&out);
    out_object(&out, NULL);
    base_changed_to_json(&out, "base_changed", s->key.form, state);
    out_object_end(&out);
    p->extra_json = arena_strndup(s->arena, out.buffer.data + 1, out.buffer.length - 2);
    buffer_free(&out.buffer);
    return problem_set(
        p, ERR_BASE_CHANGED,
        "Version %d has been %s since this draft was begun. Look at what differs; to "
        "submit the draft in its place, send base_version %d",
        state->submitted.version, state->source == SOURCE_IMPORTED ? "imported" : "submitted",
        state->submitted.version);
}

/* ---- Check.
 * ---------------------------------------------------------------------------------------- */
struct check {
    struct submission s;
    struct past *past;
    struct past_peaks peaks;
};

static bool check_work(struct db *db, void *arg, struct problem *p) {
    struct check *check = arg;
    struct submission *s = &check->s;
    if (!read_draft(db, s, p)) return false;
    if (s->again) return problem_set(p, ERR_NOTHING_TO_SUBMIT, NULL);
    return report_check(db, &s->report, &s->result, s->arena, p) &&
           past_read(db, &s->report, 1, false, s->arena, &check->past, p) &&
           past_peaks(db, s->key.dictionary, s->arena, &check->peaks, p);
}

void draft_check(struct request *r) {
    struct check *check = arena_alloc(req_arena(r), sizeof *check);
    struct submission *s = &check->s;
    struct db *db;
    if (!begin(r, s) || (db = req_db(r)) == NULL) return;
    struct problem p = { 0 };
    if (!db_transaction(db, req_scope(r), DB_READ_SNAPSHOT, check_work, check, &p)) {
        reply_problem(r, &p);
        return;
    }
    struct history history;
    int32_t others[CELLS_MAX];
    past_history(check->past, 0, &history);
    past_peaks_of_others(&check->peaks,
                         s->state->submitted.version > 0 ? s->state->submitted.cells : NULL,
                         s->key.dictionary->width, others);
    s->needed = remarks_needed(s->key.form, &s->result, s->report.remarks, s->arena);
    struct json_out *out = reply_json(r, 200);
    out_object(out, NULL);
    out_int(out, "version", s->version);
    out_int(out, "filled", s->result.filled);
    out_int(out, "total", s->key.form->item_count);
    outcomes_to_json(out, s->key.form, s->result.outcomes, sizeof s->result.outcomes);
    findings_to_json(out, s->key.form, s->key.period, s->report.cells, s->result.findings,
                     (size_t)s->result.finding_count, &history, others);
    base_changed_to_json(out, "base_changed", s->key.form, s->state);
    confirmations_to_json(
        out, "confirm_needed",
        confirmations_needed(s->key.period, s->state->submitted.version, s->result.filled));
    out_array(out, "remarks_needed");
    for (size_t i = 0; i < s->needed.count; i++)
        out_string(out, NULL, s->needed.fields[i]);
    out_array_end(out);
    out_object_end(out);
}

/* ---- Submit.
 * ---------------------------------------------------------------------------------------- */
static bool refuse_without_remarks(struct submission *s, struct problem *p) {
    s->needed = remarks_needed(s->key.form, &s->result, s->report.remarks, s->arena);
    if (s->needed.count == 0) return true;
    for (size_t i = 0; i < s->needed.count; i++)
        problem_field(p, s->arena, s->needed.fields[i], ERR_REMARK_NEEDED, "Say why this is so");
    return problem_set(p, ERR_REMARK_NEEDED, NULL);
}

/* Which month is meant, and that nothing in the report is meant. */
static bool confirmed(struct submission *s, struct problem *p) {
    int period = s->key.period, version = s->state->submitted.version;
    if (version == 0 && calendar_nearness(period) == MONTH_RUNNING && calendar_refuses_running())
        return problem_set(p, ERR_PERIOD_RUNNING, NULL);
    return confirmations_refuse(
        confirmations_needed(period, version, s->result.filled) & ~s->confirmed, s->arena, p);
}

static bool write_audit(struct db *db, struct submission *s, struct problem *p) {
    char receipt[64];
    report_receipt(receipt, s->key.facility, s->key.period, s->key.form->code, s->result.version);
    struct audit_entry entry = audit_entry_of(s->r, "report.submit");
    entry.object = receipt;
    return audit_write(db, &entry, s->arena, p);
}

/* Removes the draft if it is still the one that was read, and tells when the report was submitted.
 */
static bool finish(struct db *db, struct submission *s, struct problem *p) {
    struct db_rows *rows;
    if (!db_query(db, Q_DRAFT_FINISH,
                  DB_ARGS(DB_INT4(s->state->facility_id), DB_INT4(s->key.period),
                          DB_INT2(s->key.form->id), DB_INT4(s->version)),
                  s->arena, &rows, p))
        return false;
    if (db_count(rows) == 0 || !db_bool(rows, 0, 1))
        return problem_set(p, ERR_EXISTS, "the draft was saved in this moment");
    s->submitted_at = db_time_us(rows, 0, 0);
    return true;
}

static bool submit_work(struct db *db, void *arg, struct problem *p) {
    struct submission *s = arg;
    if (!read_draft(db, s, p)) return false;
    if (s->again) {
        s->result.version = s->state->submitted.version;
        s->submitted_at = s->state->submitted.saved.at;
        return true;
    }
    if (!base_seen(s, p)) return false;
    if (!report_store(db, &s->report, 1, SOURCE_ENTERED, req_actor(s->r)->user_id, &s->result,
                      s->arena, p))
        return false;
    if (s->result.change == REPORT_REFUSED) return problem_set(p, s->result.refusal, NULL);
    int submitted = s->state->submitted.version;
    if (s->result.version != submitted + (s->result.change != REPORT_SAME))
        return problem_set(p, ERR_EXISTS, "another version was stored in this moment");
    if (s->result.change != REPORT_SAME &&
        (!confirmed(s, p) || !refuse_without_remarks(s, p) || !write_audit(db, s, p)))
        return false;
    return finish(db, s, p);
}

/* Somebody else may store the same report or save the draft in the same moment: then look again. */
static bool submit_try(struct db *db, struct submission *s, struct problem *p) {
    for (int tries = 0; tries < 3; tries++) {
        *p = (struct problem){ 0 };
        if (db_transaction(db, req_scope(s->r), DB_WRITE, submit_work, s, p)) return true;
        if (p->code != ERR_EXISTS) return false;
    }
    return problem_set(p, ERR_BUSY, NULL);
}

void draft_submit(struct request *r) {
    struct submission *s = arena_alloc(req_arena(r), sizeof *s);
    struct db *db;
    if (!begin(r, s) || (db = req_db(r)) == NULL) return;
    struct problem p = { 0 };
    if (!submit_try(db, s, &p)) {
        reply_problem(r, &p);
        return;
    }
    bool changed = !s->again && s->result.change != REPORT_SAME;
    if (changed) rollup_wake(((const struct services *)req_app(r))->rollup);
    char receipt[64];
    report_receipt(receipt, s->key.facility, s->key.period, s->key.form->code, s->result.version);
    struct json_out *out = reply_json(r, 200);
    out_object(out, NULL);
    out_string(out, "receipt", receipt);
    out_int(out, "version", s->result.version);
    out_time(out, "submitted_at", s->submitted_at);
    out_bool(out, "changed", changed);
    out_object_end(out);
}
