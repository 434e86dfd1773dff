/* Reading reports: one with all a form needs, the months of a facility, lists, versions. */
#include <string.h>

#include "hmis/area.h"
#include "hmis/calendar.h"
#include "hmis/facility.h"
#include "hmis/period.h"
#include "hmis/roles.h"
#include "report_http.h"
#include "report_past.h"

/* ---- One report.
 * ----------------------------------------------------------------------------------- */
struct reading {
    struct report_key key;
    struct request *r;
    const char *language;
    bool enters; /* the actor's role */
    struct arena *arena;
    struct report_state *state;
    const struct db_rows *about; /* kind and place in that month */
    struct past *past;
    int32_t *peaks; /* the largest of all other reports */
};
enum { A_TYPE, A_OWNERSHIP, A_LOCALITY, A_STATE, A_DISTRICT, A_BLOCK };

static bool read_about(struct db *db, struct reading *reading, struct problem *p) {
    const struct report_key *key = &reading->key;
    struct db_rows *rows;
    if (!db_query(db, Q_REPORT_ABOUT,
                  DB_ARGS(DB_INT4(reading->state->facility_id), DB_INT4(key->period),
                          DB_INT2(key->form->id), DB_DATE(period_last_day(key->period)),
                          DB_TEXT(reading->language)),
                  reading->arena, &rows, p))
        return false;
    reading->about = rows;
    return true;
}

static bool read_work(struct db *db, void *arg, struct problem *p) {
    struct reading *reading = arg;
    if (!report_state_read(db, &reading->key, reading->arena, &reading->state, p) ||
        !read_about(db, reading, p))
        return false;
    if (!reading->enters) report_state_hide_draft(reading->state);
    struct report_new *report = arena_alloc(reading->arena, sizeof *report);
    *report = (struct report_new){ .facility_id = reading->state->facility_id,
                                   .period = reading->key.period,
                                   .form = reading->key.form };
    const struct report_version *submitted = &reading->state->submitted;
    int width = reading->key.dictionary->width;
    struct past_peaks peaks;
    if (!past_read(db, report, 1, false, reading->arena, &reading->past, p) ||
        !past_peaks(db, reading->key.dictionary, reading->arena, &peaks, p))
        return false;
    reading->peaks = arena_array(reading->arena, (size_t)width, sizeof(int32_t));
    past_peaks_of_others(&peaks, submitted->version > 0 ? submitted->cells : NULL, width,
                         reading->peaks);
    return true;
}

static void write_saved(struct json_out *out, const char *at, const char *by,
                        const struct report_person *saved) {
    out_time(out, at, saved->at);
    out_string(out, by, saved->by);
}

static const char *or_empty(const char *remarks) {
    return remarks != NULL ? remarks : "{}";
}

static void write_receipt(struct json_out *out, const struct report_key *key, int version) {
    char receipt[64];
    report_receipt(receipt, key->facility, key->period, key->form->code, version);
    out_string(out, "receipt", receipt);
}

/* Only "no services this month", with a remark, is submitted without a figure. */
static bool report_is_empty(const struct form *form, const int32_t *cells) {
    for (int slot = 0; slot < form->dictionary->width; slot++)
        if (cells[slot] != BLANK) return false;
    return true;
}

/* What the report was told, but for the largest figures: those are as they stand now, since figures
 * of other facilities have come and slips been corrected. */
static size_t findings_now(const struct reading *reading, const struct history *history,
                           int32_t findings[2 * FINDINGS_MAX]) {
    const struct report_state *state = reading->state;
    const struct checks checks = { history, reading->peaks, reading->key.period, calendar_today() };
    int32_t fresh[FINDINGS_MAX];
    int found =
        findings_evaluate(reading->key.form, state->submitted.cells, &checks, fresh, FINDINGS_MAX);
    size_t count = 0;
    for (size_t i = 0; i < state->finding_count && count < FINDINGS_MAX; i++)
        if (FINDING_KIND(state->findings[i]) != FINDING_DIGITS)
            findings[count++] = state->findings[i];
    for (int i = 0; i < found; i++)
        if (FINDING_KIND(fresh[i]) == FINDING_DIGITS) findings[count++] = fresh[i];
    return count;
}

/* The figures stand in "items" unless a draft does. */
static void write_submitted(struct json_out *out, const struct reading *reading,
                            const struct history *history) {
    const struct report_state *state = reading->state;
    const struct form *form = reading->key.form;
    if (state->submitted.version == 0) {
        out_null(out, "submitted");
        return;
    }
    out_object(out, "submitted");
    out_int(out, "version", state->submitted.version);
    write_receipt(out, &reading->key, state->submitted.version);
    write_saved(out, "submitted_at", "submitted_by", &state->submitted.saved);
    out_string(out, "source", source_name(state->source));
    out_bool(out, "no_services", report_is_empty(form, state->submitted.cells));
    if (state->draft.version > 0) {
        items_to_json(out, "items", form, state->submitted.cells);
        out_raw(out, "remarks", or_empty(state->submitted.remarks));
    }
    outcomes_to_json(out, form, state->outcomes, state->outcomes_size);
    int32_t findings[2 * FINDINGS_MAX];
    size_t count = findings_now(reading, history, findings);
    findings_to_json(out, form, reading->key.period, state->submitted.cells, findings, count,
                     history, reading->peaks);
    out_object_end(out);
}

static void write_month(struct json_out *out, const char *name, const struct form *form, int period,
                        const int32_t *cells) {
    char text[8];
    if (cells == NULL) {
        out_null(out, name);
        return;
    }
    period_format(text, period);
    out_object(out, name);
    out_string(out, "period", text);
    items_to_json(out, "items", form, cells);
    out_object_end(out);
}

static void write_expected(struct json_out *out, const struct form *form,
                           const struct history *history) {
    out_object(out, "expected");
    for (int i = 0; i < form->item_count; i++) {
        const struct item *item = form->items[i].item;
        int32_t low, high;
        if (!item_has_range(item) || !expected_range(history, item->slot, &low, &high)) continue;
        out_array(out, form->items[i].key);
        out_int(out, NULL, low);
        out_int(out, NULL, high);
        out_array_end(out);
    }
    out_object_end(out);
}

static void write_peaks(struct json_out *out, const struct form *form, const int32_t *peaks) {
    out_object(out, "digits");
    for (int i = 0; i < form->item_count; i++) {
        int digits = 0;
        for (int32_t peak = peaks[form->items[i].item->slot]; peak > 0; peak /= 10)
            digits++;
        if (digits > 0 && form->items[i].item->type == DATA_COUNT)
            out_int(out, form->items[i].key, digits);
    }
    out_object_end(out);
}

/* The largest figure of each item anywhere, this report's own aside. */
static void write_largest(struct json_out *out, const struct form *form, const int32_t *peaks) {
    out_object(out, "largest");
    for (int i = 0; i < form->item_count; i++) {
        const struct item *item = form->items[i].item;
        if (item->type == DATA_COUNT && peaks[item->slot] > 0)
            out_int(out, form->items[i].key, peaks[item->slot]);
    }
    out_object_end(out);
}

static const char *form_code(const struct reading *reading, int id) {
    const struct form *form = id != 0 ? form_by_id(reading->key.set, id) : NULL;
    return form != NULL ? form->code : NULL;
}

/* A month that is not over can be refused; what was submitted of it can always be corrected. A
 * draft on a form that is not the month's can only be thrown away. */
static void write_may(struct json_out *out, const struct reading *reading) {
    const struct report_state *state = reading->state;
    bool mine = reading->enters && state->mine;
    bool enters = mine && state->refusal == ERR_NONE;
    bool refused = state->submitted.version == 0 && calendar_refuses_running() &&
                   calendar_nearness(reading->key.period) == MONTH_RUNNING;
    enum error_code reason = state->refusal != ERR_NONE ? state->refusal
                             : refused                  ? ERR_PERIOD_RUNNING
                                                        : ERR_NONE;
    out_object(out, "may");
    out_bool(out, "enter", enters);
    out_bool(out, "submit",
             enters && !refused && role_permits(req_actor(reading->r)->role, PERM_REPORT_SUBMIT));
    out_bool(out, "discard", mine && state->draft.version > 0);
    out_string(out, "reason", reason != ERR_NONE ? error_code_name(reason) : NULL);
    out_string(out, "form", form_code(reading, state->month_form));
    out_object_end(out);
    out_string(out, "other_draft", form_code(reading, state->other_draft));
}

static void write_about(struct json_out *out, const struct db_rows *about) {
    out_object(out, "kind");
    out_string(out, "type", facility_type_code((enum facility_type)db_int(about, 0, A_TYPE)));
    out_string(out, "ownership", ownership_name((enum ownership)db_int(about, 0, A_OWNERSHIP)));
    out_string(out, "locality", locality_name((enum locality)db_int(about, 0, A_LOCALITY)));
    out_object_end(out);
    out_object(out, "place");
    out_string(out, "state", db_text(about, 0, A_STATE));
    out_string(out, "district", db_text(about, 0, A_DISTRICT));
    out_string(out, "block", db_text(about, 0, A_BLOCK));
    out_object_end(out);
}

static void write_report(struct json_out *out, struct reading *reading) {
    const struct report_key *key = &reading->key;
    const struct report_state *state = reading->state;
    const struct report_version *shown = report_state_shown(state);
    struct history history;
    char period[8];
    past_history(reading->past, 0, &history);
    period_format(period, key->period);
    out_object(out, NULL);
    out_string(out, "facility", key->facility);
    out_string(out, "facility_name", state->facility_name);
    out_string(out, "form", key->form->code);
    out_string(out, "dictionary", key->dictionary->code);
    out_string(out, "period", period);
    write_about(out, reading->about);
    out_bool(out, "open", state->open);
    write_may(out, reading);
    out_string(out, "status", report_state_name(state));
    out_int(out, "version", report_state_version(state));
    items_to_json(out, "items", key->form, shown->cells);
    out_raw(out, "remarks", or_empty(shown->remarks));
    write_saved(out, "updated_at", "updated_by", &shown->saved);
    write_submitted(out, reading, &history);
    base_changed_to_json(out, "base_changed", key->form, state);
    write_month(out, "previous", key->form, period_add(key->period, -1), history.months[0]);
    write_month(out, "last_year", key->form, period_add(key->period, -12), history.months[11]);
    write_expected(out, key->form, &history);
    write_peaks(out, key->form, reading->peaks);
    write_largest(out, key->form, reading->peaks);
    out_object_end(out);
}

void report_get(struct request *r) {
    static const char *const known[] = { "language" };
    struct reading reading = { .r = r,
                               .arena = req_arena(r),
                               .language = req_query(r, "language") };
    struct db *db;
    if (!req_only_query(r, known, COUNT(known)) || !report_key_read(r, &reading.key) ||
        (db = req_db(r)) == NULL)
        return;
    reading.enters = report_may_enter(r, reading.key.form);
    struct problem p = { 0 };
    if (db_transaction(db, req_scope(r), DB_READ_SNAPSHOT, read_work, &reading, &p))
        write_report(reply_json(r, 200), &reading);
    else
        reply_problem(r, &p);
}

/* ---- The months of a facility.
 * --------------------------------------------------------------------- */
struct months {
    const char *code;
    int year; /* -1: the suggested one */
    struct arena *arena;
    const struct dictionary_set *set;
    struct request *r;
    const struct db_rows *facility, *year_rows, *rows;
    int suggested; /* month: the oldest that is due, else the due one */
};
enum { F_CODE, F_NAME, F_TYPE, F_FIRST };
enum { Y_TYPE, Y_OPEN };
enum { M_PERIOD, M_FORM, M_VERSION, M_AT, M_FILLED, M_DRAFT, M_DRAFT_AT, M_DRAFT_FILLED };

static bool months_work(struct db *db, void *arg, struct problem *p) {
    struct months *months = arg;
    struct db_rows *rows;
    if (!db_query(db, Q_REPORT_FACILITY, DB_ARGS(DB_TEXT(months->code)), months->arena, &rows, p))
        return false;
    if (db_count(rows) == 0) return problem_set(p, ERR_NOT_FOUND, NULL);
    months->facility = rows;
    if (!report_due_oldest(db, months->code, &months->suggested, months->arena, p)) return false;
    if (months->year < 0) months->year = period_financial_year(months->suggested);
    int32_t days[12];
    for (int i = 0; i < 12; i++)
        days[i] = period_last_day(period_add(financial_year_first(months->year), i));
    if (!db_query(db, Q_REPORT_YEAR, DB_ARGS(DB_TEXT(months->code), DB_INT4S(days, COUNT(days))),
                  months->arena, &rows, p))
        return false;
    months->year_rows = rows;
    if (!db_query(db, Q_REPORT_MONTHS,
                  DB_ARGS(DB_TEXT(months->code), DB_INT4(financial_year_first(months->year)),
                          DB_INT4(financial_year_last(months->year))),
                  months->arena, &rows, p))
        return false;
    months->rows = rows;
    return true;
}

static int find_month(const struct db_rows *rows, int period, int form_id) {
    for (int row = 0; row < db_count(rows); row++)
        if (db_int(rows, row, M_PERIOD) == period && db_int(rows, row, M_FORM) == form_id)
            return row;
    return -1;
}

static void write_form_of_month(struct json_out *out, const struct months *months, int period,
                                const struct form *form) {
    const struct db_rows *rows = months->rows;
    int row = find_month(rows, period, form->id);
    bool submitted = row >= 0 && !db_is_null(rows, row, M_VERSION);
    bool draft = row >= 0 && !db_is_null(rows, row, M_DRAFT);
    bool of_draft = draft && report_may_enter(months->r, form);
    out_object(out, NULL);
    out_string(out, "form", form->code);
    out_string(out, "status",
               submitted ? (draft ? "submitted_with_draft" : "submitted")
                         : (draft ? "draft" : "none"));
    out_int(out, "filled", row < 0 ? 0 : db_int(rows, row, of_draft ? M_DRAFT_FILLED : M_FILLED));
    out_int(out, "total", form->item_count);
    if (submitted) {
        out_int(out, "version", db_int(rows, row, M_VERSION));
        out_time(out, "submitted_at", db_time_us(rows, row, M_AT));
        out_bool(out, "no_services", db_int(rows, row, M_FILLED) == 0);
    }
    if (draft) out_time(out, "updated_at", db_time_us(rows, row, M_DRAFT_AT));
    out_object_end(out);
}

static bool has_report(const struct months *months, int period) {
    for (int row = 0; row < db_count(months->rows); row++)
        if (db_int(months->rows, row, M_PERIOD) == period &&
            !db_is_null(months->rows, row, M_VERSION))
            return true;
    return false;
}

/* The forms of a month: that of its report, else what the facility's type of the month reports on;
 * and one that a draft was begun on. */
static bool has_form(const struct months *months, int i, int period, const struct form *form) {
    if (find_month(months->rows, period, form->id) >= 0) return true;
    return !has_report(months, period) && db_bool(months->year_rows, i, Y_OPEN) &&
           form_reported_by(form, (int)db_int(months->year_rows, i, Y_TYPE));
}

static void write_month_row(struct json_out *out, const struct months *months, int i) {
    char text[8];
    int period = period_add(financial_year_first(months->year), i);
    const struct dictionary *dictionary = dictionary_for(months->set, period);
    bool open = period <= calendar_month() && db_bool(months->year_rows, i, Y_OPEN);
    period_format(text, period);
    out_object(out, NULL);
    out_string(out, "period", text);
    out_bool(out, "open", open && dictionary != NULL);
    out_array(out, "forms");
    for (int f = 0; dictionary != NULL && f < dictionary->form_count; f++)
        if (has_form(months, i, period, &dictionary->forms[f]))
            write_form_of_month(out, months, period, &dictionary->forms[f]);
    out_array_end(out);
    out_object_end(out);
}

static void write_years(struct json_out *out, const struct months *months) {
    char text[8];
    int last = period_financial_year(calendar_month()), first = last - 2;
    if (!db_is_null(months->facility, 0, F_FIRST)) {
        int begun = period_financial_year((int)db_int(months->facility, 0, F_FIRST));
        first = begun < first ? begun : first;
    }
    first = months->year < first ? months->year : first;
    out_array(out, "years");
    for (int year = last; year >= first; year--) {
        financial_year_format(text, year);
        out_string(out, NULL, text);
    }
    out_array_end(out);
}

static void write_months(struct json_out *out, const struct months *months) {
    char text[8];
    out_object(out, NULL);
    out_string(out, "facility", db_text(months->facility, 0, F_CODE));
    out_string(out, "facility_name", db_text(months->facility, 0, F_NAME));
    out_string(out, "type",
               facility_type_code((enum facility_type)db_int(months->facility, 0, F_TYPE)));
    financial_year_format(text, months->year);
    out_string(out, "year", text);
    period_format(text, months->suggested);
    out_string(out, "suggested", text);
    financial_year_format(text, period_financial_year(months->suggested));
    out_string(out, "suggested_year", text);
    write_years(out, months);
    out_array(out, "months");
    for (int i = 0; i < 12; i++)
        write_month_row(out, months, i);
    out_array_end(out);
    out_object_end(out);
}

void report_months(struct request *r) {
    static const char *const known[] = { "year" };
    struct months months = { .code = req_path_part(r, "facility"),
                             .year = -1,
                             .r = r,
                             .arena = req_arena(r),
                             .set = request_dictionaries(r) };
    if (!req_only_query(r, known, COUNT(known))) return;
    if (req_query(r, "year") != NULL && !financial_year_parse(req_query(r, "year"), &months.year)) {
        reply_error(r, ERR_BAD_QUERY, "year is a financial year like 2022-23");
        return;
    }
    struct db *db = req_db(r);
    if (db == NULL) return;
    struct problem p = { 0 };
    if (db_transaction(db, req_scope(r), DB_READ_SNAPSHOT, months_work, &months, &p))
        write_months(reply_json(r, 200), &months);
    else
        reply_problem(r, &p);
}

/* ---- Lists.
 * ------------------------------------------------------------------------------------------ */
enum { PAGE_ROWS = 50, PAGE_MAX = 10000 };
enum { L_CODE, L_NAME, L_PERIOD, L_FORM, L_VERSION, L_AT, L_FILLED, L_DRAFT_AT, L_FINDINGS, L_BY };

struct list_query {
    struct area_key area; /* all blank: any */
    int64_t page;
    int first, last; /* months */
    const char *facility, *form, *status;
};

static bool bad_query(struct request *r, const char *detail) {
    reply_error(r, ERR_BAD_QUERY, "%s", detail);
    return false;
}

static bool read_list_months(struct request *r, struct list_query *query) {
    const char *year = req_query(r, "year"), *period = req_query(r, "period");
    int number = 0;
    query->first = PERIOD_FIRST;
    query->last = PERIOD_LAST;
    if (year != NULL && period != NULL) return bad_query(r, "Give a year or a period, not both");
    if (year != NULL && !financial_year_parse(year, &number))
        return bad_query(r, "year is a financial year like 2022-23");
    if (year != NULL) {
        query->first = financial_year_first(number);
        query->last = financial_year_last(number);
    }
    if (period != NULL && !period_parse(period, &number))
        return bad_query(r, "period is a month from 2008-04 on, written like 2022-04");
    if (period != NULL) query->first = query->last = number;
    return true;
}

static bool read_list_query(struct request *r, struct list_query *query) {
    static const char *const known[] = { "area", "facility", "year", "period",
                                         "form", "status",   "page" };
    if (!req_only_query(r, known, COUNT(known)) || !read_list_months(r, query)) return false;
    const char *area = req_query(r, "area"), *page = req_query(r, "page");
    *query = (struct list_query){ .area = { BLANK, NULL, BLANK },
                                  .first = query->first,
                                  .last = query->last,
                                  .page = 1,
                                  .facility = req_query(r, "facility"),
                                  .form = req_query(r, "form"),
                                  .status = req_query(r, "status") };
    if (area != NULL && !area_key_parse(area, &query->area))
        return bad_query(r, "area is the number of an area, or like lgd-district-506");
    if (page != NULL && !text_to_int(page, 1, PAGE_MAX, &query->page))
        return bad_query(r, "page is a number from 1 to 10000");
    if (query->status != NULL && !text_equal(query->status, "submitted") &&
        !text_equal(query->status, "draft"))
        return bad_query(r, "status is submitted or draft");
    return true;
}

static bool form_known(const struct dictionary_set *set, const char *code) {
    for (int i = 0; i < set->count; i++)
        if (form_by_code(set->dictionaries[i], code) != NULL) return true;
    return false;
}

/* Months that have begun, by their numbers. */
static bool read_list_page(struct request *r, struct db *db, const struct list_query *query,
                           struct db_rows **rows, struct problem *p) {
    const struct area_key *area = &query->area;
    int last = query->last < calendar_month() ? query->last : calendar_month();
    bool few = req_scope(r)->level == SCOPE_FACILITY || query->facility != NULL;
    return db_once(db, req_scope(r), DB_READ, few ? Q_REPORT_LIST_OF_FEW : Q_REPORT_LIST,
                   DB_ARGS(area->id == BLANK ? DB_NULL : DB_INT4(area->id), DB_TEXT(area->level),
                           area->code == BLANK ? DB_NULL : DB_INT4(area->code),
                           DB_TEXT(query->facility), DB_INT4(period_index(query->first)),
                           DB_INT4(period_index(last)), DB_TEXT(query->form),
                           DB_TEXT(query->status), DB_INT4(PAGE_ROWS + 1),
                           DB_INT4((query->page - 1) * PAGE_ROWS)),
                   req_arena(r), rows, p);
}

static void write_list_row(struct json_out *out, const struct dictionary_set *set,
                           const struct db_rows *rows, int row) {
    char text[8];
    bool submitted = !db_is_null(rows, row, L_VERSION), draft = !db_is_null(rows, row, L_DRAFT_AT);
    const struct form *form = form_by_id(set, (int)db_int(rows, row, L_FORM));
    period_format(text, (int)db_int(rows, row, L_PERIOD));
    out_object(out, NULL);
    out_string(out, "facility", db_text(rows, row, L_CODE));
    out_string(out, "facility_name", db_text(rows, row, L_NAME));
    out_string(out, "form", form != NULL ? form->code : NULL);
    out_string(out, "period", text);
    out_string(out, "status", submitted ? (draft ? "submitted_with_draft" : "submitted") : "draft");
    if (submitted) {
        out_int(out, "version", db_int(rows, row, L_VERSION));
        out_time(out, "submitted_at", db_time_us(rows, row, L_AT));
        out_string(out, "submitted_by", db_text(rows, row, L_BY));
        out_int(out, "filled", db_int(rows, row, L_FILLED));
        out_int(out, "findings", db_int(rows, row, L_FINDINGS));
        out_bool(out, "no_services", db_int(rows, row, L_FILLED) == 0);
    }
    if (draft) out_time(out, "updated_at", db_time_us(rows, row, L_DRAFT_AT));
    out_int(out, "total", form != NULL ? form->item_count : 0);
    out_object_end(out);
}

void report_list(struct request *r) {
    struct list_query query = { 0 };
    if (!read_list_query(r, &query)) return;
    const struct dictionary_set *set = request_dictionaries(r);
    if (query.form != NULL && !form_known(set, query.form)) {
        (void)!bad_query(r, "form: no dictionary has a form of this code; PHC is one");
        return;
    }
    struct db *db = req_db(r);
    if (db == NULL) return;
    struct problem p = { 0 };
    struct db_rows *rows;
    if (!read_list_page(r, db, &query, &rows, &p)) {
        reply_problem(r, &p);
        return;
    }
    int count = db_count(rows);
    struct json_out *out = reply_json(r, 200);
    out_object(out, NULL);
    out_int(out, "page", query.page);
    out_bool(out, "more", count > PAGE_ROWS);
    out_array(out, "reports");
    for (int row = 0; row < count && row < PAGE_ROWS; row++)
        write_list_row(out, set, rows, row);
    out_array_end(out);
    out_object_end(out);
}

/* ---- Versions.
 * ---------------------------------------------------------------------------------------- */
enum { V_VERSION, V_AT, V_BY, V_SOURCE, V_FILLED, V_CELLS, V_REMARKS, V_OUTCOMES, V_FINDINGS };

static void write_version_head(struct json_out *out, const struct report_key *key,
                               const struct db_rows *rows, int row) {
    out_int(out, "version", db_int(rows, row, V_VERSION));
    write_receipt(out, key, (int)db_int(rows, row, V_VERSION));
    out_time(out, "submitted_at", db_time_us(rows, row, V_AT));
    out_string(out, "submitted_by", db_text(rows, row, V_BY));
    out_string(out, "source", source_name((int)db_int(rows, row, V_SOURCE)));
    out_int(out, "filled", db_int(rows, row, V_FILLED));
    out_bool(out, "no_services", db_int(rows, row, V_FILLED) == 0);
}

/* Versions from $4 to $5, newest first. NULL: answered. */
static const struct db_rows *read_versions(struct request *r, const struct report_key *key,
                                           int from, int to) {
    struct db *db = req_db(r);
    if (db == NULL) return NULL;
    struct problem p = { 0 };
    struct db_rows *rows;
    if (!db_once(db, req_scope(r), DB_READ, Q_REPORT_VERSIONS,
                 DB_ARGS(DB_TEXT(key->facility), DB_INT4(key->period), DB_INT2(key->form->id),
                         DB_INT4(from), DB_INT4(to)),
                 req_arena(r), &rows, &p)) {
        reply_problem(r, &p);
        return NULL;
    }
    if (db_count(rows) > 0 && db_int(rows, 0, V_VERSION) == to) return rows;
    if (to == INT32_MAX && db_count(rows) > 0) return rows;
    reply_error(r, ERR_NOT_FOUND, NULL);
    return NULL;
}

void report_versions(struct request *r) {
    struct report_key key;
    const struct db_rows *rows;
    if (!report_key_read(r, &key) || (rows = read_versions(r, &key, 1, INT32_MAX)) == NULL) return;
    struct json_out *out = reply_json(r, 200);
    out_object(out, NULL);
    out_array(out, "versions");
    for (int row = 0; row < db_count(rows); row++) {
        out_object(out, NULL);
        write_version_head(out, &key, rows, row);
        out_object_end(out);
    }
    out_array_end(out);
    out_object_end(out);
}

static void write_version(struct json_out *out, const struct report_key *key,
                          const struct db_rows *rows) {
    int32_t cells[CELLS_MAX], before[CELLS_MAX];
    size_t size, count;
    struct arena *arena = arena_new();
    db_cells(rows, 0, V_CELLS, cells, key->dictionary->width);
    const uint8_t *outcomes = db_bytes(rows, 0, V_OUTCOMES, &size);
    const int32_t *findings = db_ints(rows, 0, V_FINDINGS, arena, &count);
    out_object(out, NULL);
    write_version_head(out, key, rows, 0);
    items_to_json(out, "items", key->form, cells);
    out_raw(out, "remarks", or_empty(db_text(rows, 0, V_REMARKS)));
    if (outcomes != NULL) outcomes_to_json(out, key->form, outcomes, size);
    findings_to_json(out, key->form, key->period, cells, findings, count, NULL, NULL);
    if (db_count(rows) > 1) {
        db_cells(rows, 1, V_CELLS, before, key->dictionary->width);
        changes_to_json(out, "changed", key->form, before, cells);
    }
    out_object_end(out);
    arena_free(arena);
}

void report_version_get(struct request *r) {
    struct report_key key;
    int64_t version;
    if (!report_key_read(r, &key)) return;
    if (!text_to_int(req_path_part(r, "version"), 1, INT32_MAX - 1, &version)) {
        reply_error(r, ERR_NOT_FOUND, NULL);
        return;
    }
    const struct db_rows *rows = read_versions(r, &key, (int)version - 1, (int)version);
    if (rows != NULL) write_version(reply_json(r, 200), &key, rows);
}
