/* Of one rule, form and month: the reports in which it did not come out, with both sides and what
 * was said of it. The way from the validation summary to the cells. */
#include "hmis/area_ref.h"
#include "hmis/params.h"
#include "hmis/period.h"
#include "hmis/routes.h"
#include "hmis/services.h"
#include "hmis/validation.h"

#define PAGE_SIZE 100

enum { COL_CODE, COL_NAME, COL_OUTCOME, COL_LEFT, COL_RIGHT, COL_REMARK, COL_TOTAL };

struct question {
    const struct scope *scope;
    const struct dictionary_set *set;
    const char *area_text, *form_text, *rule_text, *language;
    int period, page;
    struct arena *arena;
    /* the answer */
    struct area_ref area;
    const struct form *form;
    const struct rule *rule;
    struct db_rows *rows;
};

static bool find_rule(struct question *q, struct problem *p) {
    const struct dictionary *dictionary = dictionary_for(q->set, q->period);
    if (!dictionary) return problem_set(p, ERR_DICTIONARY_NONE, NULL);
    q->form = q->form_text ? form_by_code(dictionary, q->form_text) : NULL;
    if (!q->form)
        return problem_set(p, ERR_BAD_QUERY, "form: write a form's code of %s, such as PHC",
                           dictionary->code);
    for (int i = 0; i < q->form->rule_count; i++)
        if (text_equal(q->form->rules[i].code, q->rule_text)) q->rule = &q->form->rules[i];
    return q->rule || problem_set(p, ERR_NOT_FOUND, NULL);
}

static bool read_rows(struct db *db, void *arg, struct problem *p) {
    struct question *q = arg;
    if (!find_rule(q, p) || !area_ref_find(db, q->scope, q->area_text, q->language, q->period,
                                           q->period, q->arena, &q->area, p))
        return false;
    const struct rule *rule = q->rule;
    struct area_filter of = area_ref_filter(&q->area);
    return db_query(db, Q_VALIDATION_RULE,
                    DB_ARGS(DB_INT4(q->period), DB_INT2(q->form->id), DB_INT4(of.state),
                            DB_INT4(of.district), DB_INT4(of.block), DB_INT4(of.facility),
                            DB_INT4(rule->ordinal), DB_TEXT(rule->code),
                            DB_INT2S(rule->left, (size_t)rule->left_count),
                            DB_INT2S(rule->right, (size_t)rule->right_count), DB_INT4(PAGE_SIZE),
                            DB_INT4((q->page - 1) * PAGE_SIZE)),
                    q->arena, &q->rows, p);
}

/* ---- The answer. ----------------------------------------------------------------------------- */
static void out_keys(const struct form *form, const char *name, const int16_t *slots, int count,
                     struct json_out *out) {
    out_array(out, name);
    for (int i = 0; i < count; i++) {
        const struct form_item *item = form_find_slot(form, slots[i]);
        if (item) out_string(out, NULL, item->key);
    }
    out_array_end(out);
}

static void out_rule(const struct question *q, struct json_out *out) {
    const struct rule *rule = q->rule;
    out_object(out, "rule");
    out_string(out, "code", rule->code);
    out_string(out, "class", rule_class_name(rule->class));
    out_string(out, "operator", rule_operator_name(rule->operator));
    out_string(out, "text",
               dictionary_text(q->form->dictionary, q->language, TEXT_RULE,
                               q->form->id * 1000 + rule->ordinal, rule->text));
    out_keys(q->form, "left", rule->left, rule->left_count, out);
    out_keys(q->form, "right", rule->right, rule->right_count, out);
    out_object_end(out);
}

static void out_side(struct json_out *out, const char *name, const struct db_rows *rows, int row,
                     int column) {
    if (db_is_null(rows, row, column))
        out_null(out, name);
    else
        out_int(out, name, db_int(rows, row, column));
}

static void out_row(struct json_out *out, const struct db_rows *rows, int row) {
    out_object(out, NULL);
    out_string(out, "facility", db_text(rows, row, COL_CODE));
    out_string(out, "name", db_text(rows, row, COL_NAME));
    out_string(out, "outcome", outcome_name((enum outcome)db_int(rows, row, COL_OUTCOME)));
    out_side(out, "left", rows, row, COL_LEFT);
    out_side(out, "right", rows, row, COL_RIGHT);
    out_string(out, "remark", db_text(rows, row, COL_REMARK));
    out_object_end(out);
}

static void answer(struct request *r, const struct question *q) {
    char period[8];
    period_format(period, q->period);
    int64_t total = db_count(q->rows) ? db_int(q->rows, 0, COL_TOTAL) : 0;
    struct json_out *out = reply_json(r, 200);
    out_object(out, NULL);
    out_string(out, "period", period);
    area_ref_write(&q->area, "area", out);
    out_string(out, "form", q->form->code);
    out_string(out, "dictionary", q->form->dictionary->code);
    out_rule(q, out);
    out_int(out, "total", total);
    out_int(out, "page", q->page);
    out_bool(out, "more", total > (int64_t)q->page * PAGE_SIZE);
    out_array(out, "rows");
    for (int row = 0; row < db_count(q->rows); row++)
        out_row(out, q->rows, row);
    out_array_end(out);
    out_object_end(out);
}

static bool read_question(struct request *r, struct question *q, struct problem *p) {
    const char *page = req_query(r, "page");
    int64_t number = 1;
    if (page && !text_to_int(page, 1, 100000, &number))
        return problem_set(p, ERR_BAD_QUERY, "page: write a number from 1 on");
    q->page = (int)number;
    q->area_text = req_query(r, "area");
    q->form_text = req_query(r, "form");
    q->rule_text = req_path_part(r, "rule");
    return query_month(r, "period", 0, &q->period, p) && query_language(r, &q->language, p);
}

static void get_rule(struct request *r) {
    static const char *const parameters[] = { "area", "period", "form", "page", "language" };
    struct problem p = { 0 };
    struct question q = { .arena = req_arena(r), .scope = req_scope(r) };
    if (!req_only_query(r, parameters, COUNT(parameters))) return;
    if (!read_question(r, &q, &p)) {
        reply_problem(r, &p);
        return;
    }
    struct db *db = req_db(r);
    if (!db) return;
    struct dictionary_store *store = ((const struct services *)req_app(r))->dictionaries;
    q.set = dictionary_hold(store);
    if (db_transaction(db, q.scope, DB_READ_SNAPSHOT, read_rows, &q, &p))
        answer(r, &q);
    else
        reply_problem(r, &p);
    dictionary_release(store, q.set);
}

static const struct route rows[] = {
    { .method = "GET",
      .path = "/api/v1/validation/{rule}",
      .handler = get_rule,
      .auth = AUTH_SESSION,
      .permission = PERM_TOTALS_READ,
      .scope = RSCOPE_OWN,
      .lane = LANE_REPORT,
      .rate = RATE_READ,
      .activity = true,
      .doc = "The reports of a month in which a rule did not come out: both sides, remark" },
};

const struct route_table validation_rule_routes = { "validation_rule", rows, COUNT(rows) };
