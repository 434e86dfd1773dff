/* The validation summary: of a form and month, how the rules came out, by rule or by facility. */
#include "itemwise_internal.h"

#include "hmis/area_ref.h"
#include "hmis/itemwise.h"
#include "hmis/params.h"

#include "hmis/calendar.h"
#include "hmis/clock.h"
#include "hmis/period.h"
#include "hmis/routes.h"
#include "hmis/services.h"
#include "hmis/validation.h"
#include "hmis/words.h"

#include <stdlib.h>
#include <string.h>

#define PAGE_SIZE 100

enum by { BY_RULE, BY_FACILITY };

struct counts {
    int64_t of[OUTCOME__MAX];
};
struct facility_line {
    int32_t id;
    const char *code, *name; /* of the page only */
    struct counts counts;
};
struct summary {
    /* the question */
    const struct scope *scope;
    const struct dictionary_set *set;
    const char *area_text, *form_text, *language;
    int period, page;
    enum by by;
    bool all_pages;
    struct arena *arena;
    /* the answer */
    struct area_ref area;
    const struct form *form;
    int64_t as_on_us, reports, not_reported;
    struct counts rules[RULES_MAX];
    struct facility_line *facilities;
    int facility_count, capacity;
};

/* ---- Shares and colours. --------------------------------------------------------------------- */
static int64_t errors(const struct counts *c) {
    return c->of[OUTCOME_INCONSISTENT] + c->of[OUTCOME_PROBABLE];
}

/* Errors in a thousand of what was answered; -1 when all is blank. */
static int64_t error_share(const struct counts *c) {
    int64_t answered = errors(c) + c->of[OUTCOME_CONSISTENT];
    return answered ? (errors(c) * 1000 + answered / 2) / answered : -1;
}

/* By the exact share, not the rounded one; NULL when all is blank. */
static const char *band(const struct counts *c) {
    static const struct {
        int64_t below;
        const char *name;
    } bands[] = { { 5, "dark_green" }, { 10, "light_green" }, { 25, "yellow" }, { 50, "orange" } };
    int64_t answered = errors(c) + c->of[OUTCOME_CONSISTENT];
    if (!answered) return NULL;
    for (size_t i = 0; i < COUNT(bands); i++)
        if (errors(c) * 100 < bands[i].below * answered) return bands[i].name;
    return "red";
}

/* ---- Reading. -------------------------------------------------------------------------------- */
static struct facility_line *add_facility(struct summary *s, int32_t id) {
    if (s->facility_count == s->capacity) {
        s->capacity = s->capacity ? s->capacity * 2 : 256;
        struct facility_line *lines = arena_array(s->arena, (size_t)s->capacity, sizeof *lines);
        if (s->facility_count)
            memcpy(lines, s->facilities, (size_t)s->facility_count * sizeof *lines);
        s->facilities = lines;
    }
    s->facilities[s->facility_count] = (struct facility_line){ .id = id };
    return &s->facilities[s->facility_count++];
}

static bool add_outcomes(const struct db_rows *rows, void *arg) {
    struct summary *s = arg;
    for (int row = 0; row < db_count(rows); row++) {
        size_t size = 0;
        const uint8_t *outcomes = db_is_null(rows, row, 1) ? NULL : db_bytes(rows, row, 1, &size);
        struct facility_line *line =
            s->by == BY_FACILITY ? add_facility(s, (int32_t)db_int(rows, row, 0)) : NULL;
        s->reports++;
        for (int i = 0; i < s->form->rule_count; i++) {
            const struct rule *rule = &s->form->rules[i];
            enum outcome outcome = outcomes_get(outcomes, size, rule->ordinal);
            s->rules[rule->ordinal].of[outcome]++;
            if (line && !rule->retired) line->counts.of[outcome]++;
        }
    }
    return true;
}

static int worst_first(const void *a, const void *b) {
    const struct facility_line *x = a, *y = b;
    for (enum outcome o = OUTCOME_INCONSISTENT; o <= OUTCOME_PROBABLE; o++)
        if (x->counts.of[o] != y->counts.of[o]) return x->counts.of[o] > y->counts.of[o] ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

static int page_start(const struct summary *s) {
    int64_t start = s->all_pages ? 0 : (int64_t)(s->page - 1) * PAGE_SIZE;
    return start < s->facility_count ? (int)start : s->facility_count;
}

static int page_end(const struct summary *s) {
    int start = page_start(s);
    return s->all_pages || s->facility_count - start < PAGE_SIZE ? s->facility_count
                                                                 : start + PAGE_SIZE;
}

static int by_id(const void *a, const void *b) {
    const struct facility_line *const *x = a, *const *y = b;
    return ((*x)->id > (*y)->id) - ((*x)->id < (*y)->id);
}

static bool name_page(struct db *db, struct summary *s, struct problem *p) {
    int start = page_start(s), count = page_end(s) - start;
    if (count == 0) return true;
    int32_t *ids = arena_array(s->arena, (size_t)count, sizeof *ids);
    struct facility_line **lines = arena_array(s->arena, (size_t)count, sizeof(void *));
    for (int i = 0; i < count; i++) {
        lines[i] = &s->facilities[start + i];
        ids[i] = lines[i]->id;
    }
    struct db_rows *rows;
    if (!db_query(db, Q_ITEMWISE_FACILITY_NAMES, DB_ARGS(DB_INT4S(ids, (size_t)count)), s->arena,
                  &rows, p))
        return false;
    qsort(lines, (size_t)count, sizeof *lines, by_id);
    for (int i = 0; i < db_count(rows); i++) {
        const struct facility_line key = { .id = (int32_t)db_int(rows, i, 0) }, *of = &key;
        struct facility_line **line = bsearch(&of, lines, (size_t)count, sizeof *lines, by_id);
        if (!line) continue;
        (*line)->code = db_text(rows, i, 1);
        (*line)->name = db_text(rows, i, 2);
    }
    return true;
}

static bool read_not_reported(struct db *db, struct summary *s, struct area_filter of,
                              struct problem *p) {
    int16_t types[FACILITY_TYPE__MAX];
    size_t count = 0;
    for (int type = FACILITY_TYPE_NONE + 1; type < FACILITY_TYPE__MAX; type++)
        if (s->form->facility_types >> type & 1) types[count++] = (int16_t)type;
    struct db_rows *rows;
    if (!db_query(db, Q_VALIDATION_NOT_REPORTED,
                  DB_ARGS(DB_INT4(s->period), DB_INT4(of.state), DB_INT4(of.district),
                          DB_INT4(of.block), DB_INT4(of.facility),
                          DB_INT4(period_last_day(s->period)), DB_INT2S(types, count)),
                  s->arena, &rows, p))
        return false;
    s->not_reported = db_int(rows, 0, 0);
    s->as_on_us = db_time_us(rows, 0, 1);
    return true;
}

static bool choose_form(struct summary *s, struct problem *p) {
    const struct dictionary *dictionary = dictionary_for(s->set, s->period);
    if (!dictionary) return problem_set(p, ERR_DICTIONARY_NONE, NULL);
    if (!s->form_text)
        return problem_set(p, ERR_BAD_QUERY, "form: missing; write a form's code, such as PHC");
    s->form = form_by_code(dictionary, s->form_text);
    return s->form ||
           problem_set(p, ERR_BAD_QUERY, "form: %s has no form of this code", dictionary->code);
}

static bool read_summary(struct db *db, void *arg, struct problem *p) {
    struct summary *s = arg;
    s->reports = s->facility_count = 0;
    memset(s->rules, 0, sizeof s->rules);
    if (!choose_form(s, p)) return false;
    if (!area_ref_find(db, s->scope, s->area_text, s->language, s->period, s->period, s->arena,
                       &s->area, p))
        return false;
    struct area_filter of = area_ref_filter(&s->area);
    if (!db_stream(db, Q_VALIDATION_OUTCOMES,
                   DB_ARGS(DB_INT4(s->period), DB_INT2(s->form->id), DB_INT4(of.state),
                           DB_INT4(of.district), DB_INT4(of.block), DB_INT4(of.facility)),
                   add_outcomes, s, p))
        return false;
    if (s->facility_count)
        qsort(s->facilities, (size_t)s->facility_count, sizeof *s->facilities, worst_first);
    return read_not_reported(db, s, of, p) && name_page(db, s, p);
}

/* ---- JSON. ----------------------------------------------------------------------------------- */
/* A rule that is evaluated no more is shown where older reports were. */
static bool is_shown(const struct rule *rule, const struct counts *c) {
    return !rule->retired || error_share(c) >= 0;
}

static const char *rule_text(const struct summary *s, const struct rule *rule) {
    return dictionary_text(s->form->dictionary, s->language, TEXT_RULE,
                           s->form->id * 1000 + rule->ordinal, rule->text);
}

static void out_counts(const struct counts *c, struct json_out *out) {
    for (enum outcome o = 0; o < OUTCOME__MAX; o++)
        out_int(out, outcome_name(o), c->of[o]);
    if (error_share(c) < 0)
        out_null(out, "error_percent");
    else
        out_decimal(out, "error_percent", error_share(c), 1);
    out_string(out, "band", band(c));
}

static void out_rules(const struct summary *s, struct json_out *out) {
    out_array(out, "rules");
    for (int i = 0; i < s->form->rule_count; i++) {
        const struct rule *rule = &s->form->rules[i];
        const struct counts *c = &s->rules[rule->ordinal];
        if (!is_shown(rule, c)) continue;
        out_object(out, NULL);
        out_string(out, "code", rule->code);
        out_string(out, "class", rule_class_name(rule->class));
        out_string(out, "text", rule_text(s, rule));
        out_counts(c, out);
        out_object_end(out);
    }
    out_array_end(out);
}

/* Forms that have rules. */
static void out_forms(const struct dictionary *dictionary, struct json_out *out) {
    out_array(out, "forms");
    for (int i = 0; i < dictionary->form_count; i++)
        if (dictionary->forms[i].rule_count) out_string(out, NULL, dictionary->forms[i].code);
    out_array_end(out);
}

static void out_facilities(const struct summary *s, struct json_out *out) {
    out_int(out, "page", s->page);
    out_int(out, "pages", (s->facility_count + PAGE_SIZE - 1) / PAGE_SIZE);
    out_array(out, "rows");
    for (int i = page_start(s); i < page_end(s); i++) {
        out_object(out, NULL);
        out_string(out, "facility", s->facilities[i].code);
        out_string(out, "name", s->facilities[i].name);
        out_counts(&s->facilities[i].counts, out);
        out_object_end(out);
    }
    out_array_end(out);
}

static void answer_json(struct request *r, const struct summary *s) {
    char period[8];
    period_format(period, s->period);
    struct json_out *out = reply_json(r, 200);
    out_object(out, NULL);
    out_string(out, "period", period);
    area_ref_write(&s->area, "area", out);
    out_string(out, "form", s->form->code);
    out_string(out, "dictionary", s->form->dictionary->code);
    out_forms(s->form->dictionary, out);
    out_string(out, "status", "provisional");
    out_time(out, "status_as_on", s->as_on_us);
    out_int(out, "facilities", s->reports);
    out_int(out, "not_reported", s->not_reported);
    if (s->by == BY_FACILITY)
        out_facilities(s, out);
    else
        out_rules(s, out);
    out_object_end(out);
}

/* ---- CSV. ------------------------------------------------------------------------------------ */
static void csv_pair(const struct summary *s, struct csv_out *out, const char *label,
                     const char *text) {
    csv_text(out, word_in(s->language, label));
    csv_text(out, word_in(s->language, text));
    csv_row_end(out);
}

static void csv_number(const struct summary *s, struct csv_out *out, const char *label,
                       int64_t number) {
    csv_text(out, word_in(s->language, label));
    csv_int(out, number);
    csv_row_end(out);
}

static void csv_counts(const struct summary *s, struct csv_out *out, const struct counts *c) {
    static const enum outcome order[] = { OUTCOME_CONSISTENT, OUTCOME_INCONSISTENT,
                                          OUTCOME_PROBABLE, OUTCOME_BLANK };
    for (size_t i = 0; i < COUNT(order); i++)
        csv_int(out, c->of[order[i]]);
    if (error_share(c) < 0)
        csv_blanks(out, 1);
    else
        csv_decimal(out, error_share(c), 1);
    csv_text(out, validation_band_text(band(c), s->language));
    csv_row_end(out);
}

static void csv_heads(const struct summary *s, struct csv_out *out, const char *first,
                      const char *second) {
    const char *const heads[] = {
        first,   second,     "Consistent", "Inconsistent", "Probable reporting error",
        "Blank", "Errors %", "Band"
    };
    csv_row_end(out);
    for (size_t i = 0; i < COUNT(heads); i++)
        csv_text(out, word_in(s->language, heads[i]));
    csv_row_end(out);
}

static void write_csv(const struct summary *s, struct csv_out *out) {
    char period[8], moment[25];
    period_format(period, s->period);
    clock_format_india(moment, s->as_on_us);
    csv_pair(s, out, "HMIS validation summary", NULL);
    csv_pair(s, out, "Area", s->area.name);
    csv_pair(s, out, "Period", period);
    csv_pair(s, out, "Form", s->form->code);
    csv_pair(s, out, "Figures", "Provisional");
    csv_pair(s, out, "Status as on", moment);
    csv_number(s, out, "Reports", s->reports);
    csv_number(s, out, "Not reported", s->not_reported);
    if (s->by == BY_FACILITY) {
        csv_heads(s, out, "Facility", "Name");
        for (int i = 0; i < s->facility_count; i++) {
            csv_text(out, s->facilities[i].code);
            csv_text(out, s->facilities[i].name);
            csv_counts(s, out, &s->facilities[i].counts);
        }
        return;
    }
    csv_heads(s, out, "Rule", "Text");
    for (int i = 0; i < s->form->rule_count; i++) {
        const struct rule *rule = &s->form->rules[i];
        if (!is_shown(rule, &s->rules[rule->ordinal])) continue;
        csv_text(out, rule->code);
        csv_text(out, validation_rule_text(s->form, rule, s->language, s->arena));
        csv_counts(s, out, &s->rules[rule->ordinal]);
    }
}

static void answer_csv(struct request *r, const struct summary *s) {
    char period[8];
    struct csv_out csv;
    csv_out_init(&csv);
    period_format(period, s->period);
    write_csv(s, &csv);
    reply_csv(
        r, &csv,
        arena_printf(req_arena(r), "validation_%s_%s_%s.csv", s->form->code, period, s->area.name));
}

/* ---- Handlers. ------------------------------------------------------------------------------- */
static bool read_question(struct request *r, struct summary *s, struct problem *p) {
    static const char *const words[] = { [BY_RULE] = "rule", [BY_FACILITY] = "facility" };
    const char *page = req_query(r, "page");
    int64_t number = 1;
    int by;
    s->area_text = req_query(r, "area");
    s->form_text = req_query(r, "form");
    if (page && !text_to_int(page, 1, 100000, &number))
        return problem_set(p, ERR_BAD_QUERY, "page: write a number from 1 on");
    s->page = (int)number;
    if (!query_word(r, "by", words, COUNT(words), &by, p)) return false;
    s->by = (enum by)by;
    return query_month(r, "period", calendar_due(), &s->period, p) &&
           query_language(r, &s->language, p);
}

static void get_summary(struct request *r, bool all_pages,
                        void (*answer)(struct request *r, const struct summary *s)) {
    static const char *const parameters[] = { "area", "period", "form", "by", "page", "language" };
    struct problem p = { 0 };
    if (!req_only_query(r, parameters, COUNT(parameters))) return;
    struct summary *s = arena_alloc(req_arena(r), sizeof *s);
    *s = (struct summary){ .arena = req_arena(r), .scope = req_scope(r), .all_pages = all_pages };
    if (!read_question(r, s, &p)) {
        reply_problem(r, &p);
        return;
    }
    struct db *db = req_db(r);
    if (!db) return;
    struct dictionary_store *store = ((const struct services *)req_app(r))->dictionaries;
    s->set = dictionary_hold(store);
    if (db_transaction(db, s->scope, DB_READ_SNAPSHOT, read_summary, s, &p)) {
        answer(r, s);
        reply_as_on(r, s->as_on_us);
    } else {
        reply_problem(r, &p);
    }
    dictionary_release(store, s->set);
}

static void get_json(struct request *r) {
    get_summary(r, false, answer_json);
}

static void get_csv(struct request *r) {
    get_summary(r, true, answer_csv);
}

static const struct route rows[] = {
    { .method = "GET",
      .path = "/api/v1/validation",
      .handler = get_json,
      .auth = AUTH_SESSION,
      .permission = PERM_TOTALS_READ,
      .scope = RSCOPE_OWN,
      .lane = LANE_REPORT,
      .rate = RATE_READ,
      .activity = true,
      .doc = "Per rule of a form (or per facility) how many reports of a month have each outcome" },
    { .method = "GET",
      .path = "/api/v1/validation.csv",
      .handler = get_csv,
      .auth = AUTH_SESSION,
      .permission = PERM_TOTALS_READ,
      .scope = RSCOPE_OWN,
      .lane = LANE_REPORT,
      .rate = RATE_READ,
      .activity = true,
      .doc = "The same as a file for spreadsheets" },
};

const struct route_table validation_summary_routes = { "validation_summary", rows, COUNT(rows) };
