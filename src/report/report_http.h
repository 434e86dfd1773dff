/* report_http: what the handlers of reports share. */
#ifndef HMIS_REPORT_HTTP_H
#define HMIS_REPORT_HTTP_H

#include "hmis/http.h"
#include "hmis/report.h"
#include "hmis/services.h"

/* ---- Which report: {facility}/{form}/{period} of the path. -------------------------------------
 */
struct report_key {
    const char *facility; /* code, as asked for */
    int period;
    const struct dictionary_set *set; /* held until the request ends */
    const struct dictionary *dictionary;
    const struct form *form;
};
/* False: answered (a month that cannot be, a form the dictionary of that month does not have). */
MUST_USE bool report_key_read(struct request *r, struct report_key *key);
/* As report_key_read, of a report the actor may enter: who acts for an area enters only what the
 * district's headquarters reports. */
MUST_USE bool report_key_to_enter(struct request *r, struct report_key *key);
/* The snapshot of dictionaries, held until the request ends. */
const struct dictionary_set *request_dictionaries(struct request *r);
bool form_reported_by(const struct form *form, int facility_type);
/* ERR_OTHER_FORM, with the name of the form that the month has. */
bool other_form_problem(const struct report_key *key, int form_id, struct problem *p);
/* Whether the actor's role enters this form at all; what is typed is seen by nobody else. */
bool report_may_enter(struct request *r, const struct form *form);

/* ---- What stands there. -------------------------------------------------------------------------
 */
struct report_person {
    int64_t at; /* 0: never */
    const char *by;
};
struct report_version {
    int version; /* 0: none */
    struct report_person saved;
    int32_t cells[CELLS_MAX];
    const char *remarks; /* JSON or NULL */
};
struct report_state {
    int32_t facility_id;
    const char *facility_name;
    int facility_type;
    bool open; /* the facility, in that month */
    bool mine; /* it lies in the scope today: who had it before may read, not write */
    /* Why nothing can be submitted of the month on this form: OTHER_FORM, FACILITY_CLOSED,
     * FORM_NOT_REPORTED, or NONE. A draft of before may stand there all the same. */
    enum error_code refusal;
    int month_form;  /* id of the form of the month; 0: there is none */
    int other_draft; /* id of another form on which a draft of the month was begun; 0: none */
    struct report_version draft, submitted;
    int source;
    int draft_version; /* the submitted report was made from */
    int number;        /* the next save must name, where there is no draft */
    /* The draft was begun from another version than the one that is submitted now: a submission has
     * to say that it has been seen. */
    bool base_changed;
    int base_version; /* 0: there was none */
    int32_t base[CELLS_MAX];
    uint8_t outcomes[(RULES_MAX + 3) / 4];
    size_t outcomes_size;
    const int32_t *findings;
    size_t finding_count;
};
/* Inside a transaction. ERR_NOT_FOUND: no such facility in the scope. ERR_BUSY: it was written with
 * items of a newer dictionary than the one at hand, which is about to be read. */
MUST_USE bool report_state_read(struct db *db, const struct report_key *key, struct arena *arena,
                                struct report_state **state, struct problem *p);
/* The refusal in words; true: there is none. */
MUST_USE bool report_state_may_submit(const struct report_state *state,
                                      const struct report_key *key, struct problem *p);
/* As it is for who may not enter: without the draft and all that comes of it. */
void report_state_hide_draft(struct report_state *state);
/* What is shown: the draft if there is one, else what was submitted. */
const struct report_version *report_state_shown(const struct report_state *state);
/* The number the next save or submission must name. */
int report_state_version(const struct report_state *state);
const char *report_state_name(const struct report_state *state); /* "submitted_with_draft" */

/* ---- Cells in JSON.
 * ------------------------------------------------------------------------------ */
/* A figure as the API takes it: counts as whole numbers, percentages and decimals as numbers or
 * text, dates and adequacy as text, null for blank. */
MUST_USE bool cell_from_json(const struct item *item, const json_t *value, int32_t *cell,
                             enum error_code *error);
void cell_to_json(struct json_out *out, const char *key, const struct item *item, int32_t cell);
/* {"1.1":12,...}: what is filled, by the numbers of the form. */
void items_to_json(struct json_out *out, const char *name, const struct form *form,
                   const int32_t *cells);
/* {"version":2,"submitted_at":..,"submitted_by":..,"source":"imported","items":{"1.1":[3,4]}}: what
 * was submitted since the draft was begun and the items in which it differs; null: nothing. */
void base_changed_to_json(struct json_out *out, const char *name, const struct form *form,
                          const struct report_state *state);
/* "1.1":[3,4] for each item that differs. */
void changes_to_json(struct json_out *out, const char *name, const struct form *form,
                     const int32_t *before, const int32_t *after);
const char *source_name(int source); /* "imported" */
/* Members of the problem of a version conflict: what stands there now. Lives in the arena. */
struct report_current {
    int version;
    const int32_t *cells;
    const char *remarks;
    struct report_person saved;
};
bool conflict_problem(struct problem *p, struct arena *arena, const struct form *form,
                      const struct report_current *current);

/* ---- What has to be confirmed.
 * ---------------------------------------------------------------------- */
enum confirmation { CONFIRM_NO_SERVICES, CONFIRM_RUNNING_MONTH, CONFIRM_FAR_MONTH, CONFIRM__MAX };
/* Bits (1 << confirmation). Which month is meant is asked once: of the first version. */
unsigned confirmations_needed(int period, int submitted_version, int filled);
MUST_USE bool confirmations_read(const json_t *list, unsigned *given, struct arena *arena,
                                 struct problem *p);
/* True when nothing is missing; else names each as "confirm.far_month". */
MUST_USE bool confirmations_refuse(unsigned missing, struct arena *arena, struct problem *p);
void confirmations_to_json(struct json_out *out, const char *name, unsigned needed);

/* ---- What is due.
 * ----------------------------------------------------------------------------------- */
/* The oldest due month of a facility; the due one when none is open. */
MUST_USE bool report_due_oldest(struct db *db, const char *facility, int *period,
                                struct arena *arena, struct problem *p);

/* ---- Remarks.
 * ------------------------------------------------------------------------------------ */
/* Checks {"report":..,"items":{..},"rules":{..}} and writes the patch for remarks_merge; texts of
 * no length become null. Each wrong text is added to `refused` and left out; what is no remark at
 * all is added to the problem. Returns how many texts the patch has. */
size_t remarks_patch(const json_t *body, const struct form *form, struct json_out *patch,
                     struct arena *arena, struct problem *refused, struct problem *p);
/* What still needs a remark, as "remarks.rules.PHC-03", "remarks.items.1.1" or "remarks.report". */
struct remarks_needed {
    const char **fields;
    size_t count;
};
struct remarks_needed remarks_needed(const struct form *form, const struct report_result *result,
                                     const char *remarks, struct arena *arena);

/* ---- Outcomes and findings in JSON.
 * -------------------------------------------------------------- */
void outcomes_to_json(struct json_out *out, const struct form *form, const uint8_t *outcomes,
                      size_t size);
/* history, peaks: NULL leaves out the range and digits. */
void findings_to_json(struct json_out *out, const struct form *form, int period,
                      const int32_t *cells, const int32_t *findings, size_t count,
                      const struct history *history, const int32_t *peaks);

/* ---- Handlers.
 * ------------------------------------------------------------------------------------ */
handler_fn report_due, report_get, report_months, report_list, report_versions, report_version_get;
handler_fn draft_patch, draft_delete, draft_check, draft_submit;

#endif
