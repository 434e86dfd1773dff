/* Saving what is typed: cells and remarks of a draft, one round trip a save. */
#include "hmis/period.h"
#include "report_http.h"

enum { ITEMS_A_SAVE = 400 };

struct draft_body {
    int64_t version;
    json_t *items, *remarks;
};
static const struct field_spec draft_fields[] = {
    { "version", FIELD_INT, offsetof(struct draft_body, version), true, 0, INT32_MAX },
    { "items", FIELD_OBJECT, offsetof(struct draft_body, items), false, 0, 0 },
    { "remarks", FIELD_OBJECT, offsetof(struct draft_body, remarks), false, 0, 0 },
};

/* What is good of a save, and what is refused: each wrong figure or text alone. */
struct change {
    int32_t slots[ITEMS_A_SAVE], figures[ITEMS_A_SAVE];
    size_t count, texts;
    const char *remarks; /* patch, or NULL */
    struct problem refused;
};

/* What is not certain names its readings; otherwise NULL. */
static const char *asked(const struct item *item, const json_t *value, enum error_code error,
                         struct arena *arena) {
    struct cell_readings readings;
    char text[CELL_ASKED];
    int32_t cell;
    if (error != ERR_VALUE_ASK || !json_is_string(value)) return NULL;
    if (cell_parse_readings(item, json_string_value(value), json_string_length(value), &cell,
                            &error, &readings))
        return NULL;
    return arena_strdup(arena, cell_readings_text(&readings, text));
}

static void read_item(struct change *change, const struct form *form, const char *key,
                      const json_t *value, struct arena *arena) {
    const struct form_item *item = form_find(form, key);
    enum error_code error = ERR_ITEM_UNKNOWN;
    int32_t cell = BLANK;
    if (item == NULL || !cell_from_json(item->item, value, &cell, &error)) {
        const char *text = item == NULL ? NULL : asked(item->item, value, error, arena);
        problem_field(&change->refused, arena, arena_printf(arena, "items.%.40s", key), error,
                      text ? "%s" : NULL, text);
        return;
    }
    change->slots[change->count] = item->item->slot;
    change->figures[change->count++] = cell;
}

static void read_items(struct change *change, const struct form *form, const json_t *items,
                       struct arena *arena, struct problem *p) {
    if (json_object_size(items) > ITEMS_A_SAVE) {
        problem_field(p, arena, "items", ERR_INVALID, "At most %d items in one save", ITEMS_A_SAVE);
        return;
    }
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)items, key, value) read_item(change, form, key, value, arena);
}

static void read_remarks(struct change *change, const struct form *form, const json_t *remarks,
                         struct arena *arena, struct problem *p) {
    struct json_out patch;
    json_out_init(&patch);
    change->texts = remarks_patch(remarks, form, &patch, arena, &change->refused, p);
    change->remarks = arena_strndup(arena, patch.buffer.data, patch.buffer.length);
    buffer_free(&patch.buffer);
}

static bool read_change(struct request *r, const struct form *form, const struct draft_body *body,
                        struct change *change) {
    struct problem p = { 0 };
    struct arena *arena = req_arena(r);
    if (body->items != NULL) read_items(change, form, body->items, arena, &p);
    if (body->remarks != NULL) read_remarks(change, form, body->remarks, arena, &p);
    if (p.field_count == 0 && json_object_size(body->items) == 0 && change->remarks == NULL)
        problem_field(&p, arena, "items", ERR_MISSING_FIELD, "Name at least one item or remark");
    if (p.field_count == 0) return true;
    problem_set(&p, ERR_INVALID, "Nothing was saved: %zu of the fields are wrong", p.field_count);
    reply_problem(r, &p);
    return false;
}

/* ---- The answer of draft_save.
 * -------------------------------------------------------------------- */
enum { COL_OUTCOME, COL_VERSION, COL_CELLS, COL_REMARKS, COL_AT, COL_BY, COL_OTHER };

static void write_refused(struct json_out *out, const struct problem *refused) {
    if (refused->field_count == 0) return;
    out_object(out, "refused");
    for (size_t i = 0; i < refused->field_count; i++) {
        const struct field_problem *field = &refused->fields[i];
        out_object(out, field->field);
        out_string(out, "code", error_code_name(field->code));
        out_string(out, "detail", field->detail != NULL ? field->detail : error_text(field->code));
        out_object_end(out);
    }
    out_object_end(out);
}

static void reply_saved(struct request *r, int64_t version, int64_t at,
                        const struct problem *refused) {
    struct json_out *out = reply_json(r, 200);
    out_object(out, NULL);
    out_int(out, "version", version);
    out_time(out, "updated_at", at);
    write_refused(out, refused);
    out_object_end(out);
}

static void reply_conflict(struct request *r, const struct report_key *key,
                           const struct db_rows *rows) {
    int32_t cells[CELLS_MAX];
    db_cells(rows, 0, COL_CELLS, cells, key->dictionary->width);
    const struct report_current current = {
        .version = (int)db_int(rows, 0, COL_VERSION),
        .cells = cells,
        .remarks = db_text(rows, 0, COL_REMARKS),
        .saved = { db_time_us(rows, 0, COL_AT), db_text(rows, 0, COL_BY) },
    };
    struct problem p = { 0 };
    conflict_problem(&p, req_arena(r), key->form, &current);
    reply_problem(r, &p);
}

static void reply_outcome(struct request *r, const struct report_key *key,
                          const struct db_rows *rows, const struct problem *refused) {
    static const struct {
        const char *outcome;
        enum error_code code;
    } refusals[] = {
        { "unknown", ERR_NOT_FOUND },
        { "closed", ERR_FACILITY_CLOSED },
        { "not_reported", ERR_FORM_NOT_REPORTED },
    };
    const char *outcome = db_text(rows, 0, COL_OUTCOME);
    for (size_t i = 0; i < COUNT(refusals); i++)
        if (text_equal(outcome, refusals[i].outcome)) {
            reply_error(r, refusals[i].code, NULL);
            return;
        }
    struct problem p = { 0 };
    if (text_equal(outcome, "conflict"))
        reply_conflict(r, key, rows);
    else if (text_equal(outcome, "saved"))
        reply_saved(r, db_int(rows, 0, COL_VERSION), db_time_us(rows, 0, COL_AT), refused);
    else if (!other_form_problem(key, (int)db_int(rows, 0, COL_OTHER), &p))
        reply_problem(r, &p);
}

/* ---- Nothing of the save was good: what stands there stays, and no draft is begun.
 * ---------------- */
struct refusal {
    struct report_key key;
    struct arena *arena;
    struct report_state *state;
};

static bool refusal_work(struct db *db, void *arg, struct problem *p) {
    struct refusal *refusal = arg;
    return report_state_read(db, &refusal->key, refusal->arena, &refusal->state, p);
}

static void reply_refused(struct request *r, struct db *db, const struct report_key *key,
                          int64_t version, const struct problem *refused) {
    struct refusal refusal = { *key, req_arena(r), NULL };
    struct problem p = { 0 };
    if (!db_transaction(db, req_scope(r), DB_READ_SNAPSHOT, refusal_work, &refusal, &p)) {
        reply_problem(r, &p);
        return;
    }
    const struct report_version *now = report_state_shown(refusal.state);
    const struct report_current current = { report_state_version(refusal.state), now->cells,
                                            now->remarks, now->saved };
    if (current.version == version) {
        reply_saved(r, version, now->saved.at, refused);
        return;
    }
    (void)!conflict_problem(&p, req_arena(r), key->form, &current);
    reply_problem(r, &p);
}

void draft_patch(struct request *r) {
    struct report_key key;
    struct draft_body body = { 0 };
    struct change change = { 0 };
    if (!report_key_to_enter(r, &key) || !req_read(r, draft_fields, COUNT(draft_fields), &body) ||
        !read_change(r, key.form, &body, &change))
        return;
    struct db *db = req_db(r);
    if (db == NULL) return;
    if (change.count + change.texts == 0) {
        reply_refused(r, db, &key, body.version, &change.refused);
        return;
    }
    const struct scope *scope = req_scope(r);
    int last_day = period_last_day(key.period);
    int first_day = period_last_day(period_add(key.period, -1)) + 1;
    struct problem p = { 0 };
    struct db_rows *rows;
    if (!db_once(db, scope, DB_WRITE, Q_DRAFT_SAVE,
                 DB_ARGS(DB_TEXT(key.facility), DB_INT4(key.period), DB_INT2(key.form->id),
                         DB_INT4((int32_t)key.form->facility_types), DB_DATE(first_day),
                         DB_DATE(last_day), DB_INT4(key.dictionary->width), DB_INT4(body.version),
                         DB_INT4S(change.slots, change.count),
                         DB_INT4S(change.figures, change.count), DB_JSONB(change.remarks),
                         DB_INT8(scope->user_id)),
                 req_arena(r), &rows, &p))
        reply_problem(r, &p);
    else
        reply_outcome(r, &key, rows, &change.refused);
}

void draft_delete(struct request *r) {
    static const char *const known[] = { "version" };
    struct report_key key;
    int64_t version = 0;
    if (!req_only_query(r, known, COUNT(known)) || !report_key_to_enter(r, &key)) return;
    const char *text = req_query(r, "version");
    if (text != NULL && !text_to_int(text, 1, INT32_MAX, &version)) {
        reply_error(r, ERR_BAD_QUERY, "version is the number of the draft");
        return;
    }
    struct db *db = req_db(r);
    if (db == NULL) return;
    struct problem p = { 0 };
    struct db_rows *rows;
    if (!db_once(db, req_scope(r), DB_WRITE, Q_DRAFT_DELETE,
                 DB_ARGS(DB_TEXT(key.facility), DB_INT4(key.period), DB_INT2(key.form->id),
                         text != NULL ? DB_INT4(version) : DB_NULL),
                 req_arena(r), &rows, &p))
        reply_problem(r, &p);
    else if (db_count(rows) == 0)
        reply_error(r, ERR_NOT_FOUND, NULL);
    else if (!db_bool(rows, 0, 0))
        reply_error(r, ERR_VERSION_CONFLICT,
                    "The draft has been changed since; nothing was deleted");
    else
        reply_empty(r, 204);
}
