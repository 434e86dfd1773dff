#include <string.h>

#include "hmis/calendar.h"
#include "hmis/facility.h"
#include "hmis/period.h"
#include "hmis/roles.h"
#include "report_http.h"
#include "report_past.h"

struct held {
    struct dictionary_store *store;
    const struct dictionary_set *set;
};

static void release_held(void *thing) {
    struct held *held = thing;
    dictionary_release(held->store, held->set);
}

const struct dictionary_set *request_dictionaries(struct request *r) {
    const struct services *services = req_app(r);
    struct held *held = arena_alloc(req_arena(r), sizeof *held);
    *held = (struct held){ services->dictionaries, dictionary_hold(services->dictionaries) };
    arena_defer(req_arena(r), release_held, held);
    return held->set;
}

static bool refuse(struct request *r, enum error_code code, const char *detail) {
    reply_error(r, code, "%s", detail ? detail : error_text(code));
    return false;
}

bool report_key_read(struct request *r, struct report_key *key) {
    *key = (struct report_key){ .facility = req_path_part(r, "facility") };
    if (!period_parse(req_path_part(r, "period"), &key->period))
        return refuse(r, ERR_NOT_FOUND, "A month is written like 2022-04, from 2008-04 on");
    if (key->period > calendar_month())
        return refuse(r, ERR_PERIOD_FUTURE, error_text(ERR_PERIOD_FUTURE));
    key->set = request_dictionaries(r);
    key->dictionary = dictionary_for(key->set, key->period);
    if (key->dictionary == NULL)
        return refuse(r, ERR_DICTIONARY_NONE, error_text(ERR_DICTIONARY_NONE));
    key->form = form_by_code(key->dictionary, req_path_part(r, "form"));
    if (key->form == NULL)
        return refuse(r, ERR_FORM_NOT_REPORTED, "The dictionary of this month has no such form");
    return true;
}

bool report_may_enter(struct request *r, const struct form *form) {
    return role_permits(req_actor(r)->role, PERM_REPORT_ENTER) &&
           (req_scope(r)->level == SCOPE_FACILITY || form_reported_by(form, FACILITY_DHQ));
}

bool report_key_to_enter(struct request *r, struct report_key *key) {
    if (!report_key_read(r, key)) return false;
    if (report_may_enter(r, key->form)) return true;
    reply_error(r, ERR_FORBIDDEN,
                "Form %s is entered by the facility itself; your role enters only the report of "
                "the district headquarters (form DHQ)",
                key->form->code);
    return false;
}

bool form_reported_by(const struct form *form, int facility_type) {
    return facility_type >= 0 && facility_type < 32 && (form->facility_types >> facility_type) & 1U;
}

bool other_form_problem(const struct report_key *key, int form_id, struct problem *p) {
    const struct form *form = form_by_id(key->set, form_id);
    return problem_set(p, ERR_OTHER_FORM,
                       "This month has a report under form %s; a month keeps its form",
                       form != NULL ? form->code : "of another list");
}

enum {
    COL_ID,
    COL_NAME,
    COL_TYPE,
    COL_OPEN,
    COL_D_VERSION,
    COL_D_CELLS,
    COL_D_REMARKS,
    COL_D_AT,
    COL_D_BY,
    COL_R_VERSION,
    COL_R_CELLS,
    COL_R_REMARKS,
    COL_R_AT,
    COL_R_BY,
    COL_SOURCE,
    COL_DRAFT_VERSION,
    COL_OUTCOMES,
    COL_FINDINGS,
    COL_NUMBER,
    COL_BASE_VERSION,
    COL_BASE,
    COL_OTHER,
    COL_MINE,
    COL_OTHER_DRAFT
};

/* A month keeps the form of its report; else it has that of the facility's type on its last day. */
static int form_of_month(const struct report_key *key, const struct report_state *state,
                         int other) {
    const struct dictionary *dictionary = key->dictionary;
    if (state->submitted.version > 0) return key->form->id;
    if (other != 0) return other;
    for (int i = 0; i < dictionary->form_count; i++)
        if (form_reported_by(&dictionary->forms[i], state->facility_type))
            return dictionary->forms[i].id;
    return 0;
}

/* As a submission would be refused. */
static enum error_code refusal_of(const struct report_key *key, const struct report_state *state,
                                  int other) {
    if (state->submitted.version > 0) return ERR_NONE;
    if (other != 0) return ERR_OTHER_FORM;
    if (!state->open) return ERR_FACILITY_CLOSED;
    return form_reported_by(key->form, state->facility_type) ? ERR_NONE : ERR_FORM_NOT_REPORTED;
}

bool report_state_may_submit(const struct report_state *state, const struct report_key *key,
                             struct problem *p) {
    if (state->refusal == ERR_NONE) return true;
    if (state->refusal == ERR_OTHER_FORM) return other_form_problem(key, state->month_form, p);
    const struct form *form = form_by_id(key->set, state->month_form);
    if (state->refusal != ERR_FORM_NOT_REPORTED || form == NULL)
        return problem_set(p, state->refusal, NULL);
    return problem_set(p, ERR_FORM_NOT_REPORTED,
                       "In this month the facility does not report on form %s but on form %s",
                       key->form->code, form->code);
}

static bool read_version(const struct db_rows *rows, int column, int width,
                         struct report_version *version, struct problem *p) {
    version->version = (int)db_int(rows, 0, column);
    if (db_cells(rows, 0, column + 1, version->cells, width) > width)
        return dictionary_has_grown(p);
    version->remarks = db_text(rows, 0, column + 2);
    version->saved.at = db_time_us(rows, 0, column + 3);
    version->saved.by = db_text(rows, 0, column + 4);
    return true;
}

bool report_state_read(struct db *db, const struct report_key *key, struct arena *arena,
                       struct report_state **out, struct problem *p) {
    struct db_rows *rows;
    if (!db_query(db, Q_REPORT_STATE,
                  DB_ARGS(DB_TEXT(key->facility), DB_INT4(key->period), DB_INT2(key->form->id),
                          DB_DATE(period_last_day(key->period)), DB_INT2(key->dictionary->family)),
                  arena, &rows, p))
        return false;
    if (db_count(rows) == 0) return problem_set(p, ERR_NOT_FOUND, NULL);
    bool under_this = !db_is_null(rows, 0, COL_R_VERSION) || !db_is_null(rows, 0, COL_D_VERSION);
    if (!under_this && !db_is_null(rows, 0, COL_OTHER))
        return other_form_problem(key, (int)db_int(rows, 0, COL_OTHER), p);
    struct report_state *state = arena_alloc(arena, sizeof *state);
    state->facility_id = (int32_t)db_int(rows, 0, COL_ID);
    state->facility_name = db_text(rows, 0, COL_NAME);
    state->facility_type = (int)db_int(rows, 0, COL_TYPE);
    state->open = db_bool(rows, 0, COL_OPEN);
    state->mine = db_bool(rows, 0, COL_MINE);
    int width = key->dictionary->width;
    if (!read_version(rows, COL_D_VERSION, width, &state->draft, p) ||
        !read_version(rows, COL_R_VERSION, width, &state->submitted, p))
        return false;
    state->source = (int)db_int(rows, 0, COL_SOURCE);
    state->draft_version = (int)db_int(rows, 0, COL_DRAFT_VERSION);
    state->number = (int)db_int(rows, 0, COL_NUMBER);
    state->base_version = (int)db_int(rows, 0, COL_BASE_VERSION);
    state->base_changed =
        state->draft.version > 0 && state->base_version != state->submitted.version;
    if (state->base_changed) db_cells(rows, 0, COL_BASE, state->base, width);
    const void *outcomes = db_bytes(rows, 0, COL_OUTCOMES, &state->outcomes_size);
    if (state->outcomes_size > sizeof state->outcomes)
        state->outcomes_size = sizeof state->outcomes;
    if (outcomes != NULL) memcpy(state->outcomes, outcomes, state->outcomes_size);
    state->findings = db_ints(rows, 0, COL_FINDINGS, arena, &state->finding_count);
    int other = (int)db_int(rows, 0, COL_OTHER);
    state->other_draft = (int)db_int(rows, 0, COL_OTHER_DRAFT);
    state->month_form = form_of_month(key, state, other);
    state->refusal = refusal_of(key, state, other);
    if (!form_reported_by(key->form, state->facility_type) && !under_this)
        return problem_set(p, ERR_FORM_NOT_REPORTED, NULL);
    *out = state;
    return true;
}

void report_state_hide_draft(struct report_state *state) {
    state->draft = (struct report_version){ 0 };
    state->other_draft = 0;
    state->base_changed = false;
}

const struct report_version *report_state_shown(const struct report_state *state) {
    return state->draft.version > 0 ? &state->draft : &state->submitted;
}

int report_state_version(const struct report_state *state) {
    return state->draft.version > 0 ? state->draft.version : state->number;
}

const char *report_state_name(const struct report_state *state) {
    static const char *const names[2][2] = { { "none", "draft" },
                                             { "submitted", "submitted_with_draft" } };
    return names[state->submitted.version > 0][state->draft.version > 0];
}
