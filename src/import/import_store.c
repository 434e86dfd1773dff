#include "import_store.h"

#include <stdio.h>
#include <string.h>

#include "hmis/rollup.h"

/* ---- Facilities to be made or changed.
 * --------------------------------------------------------------------------- */
static void place_column(const struct storing *s, enum facility_column column,
                         struct import_line *line) {
    if (column == FC__MAX) return;
    line->column = s->store->import->header.facility[column] + 1;
    import_copy(line->column_name, sizeof line->column_name, facility_column_name(column));
}

/* What the row did to its facility. */
static void tell_notes(struct storing *s, const struct import_origin *origin,
                       const struct facility_put_result *put) {
    static const char *const codes[] = { [FACILITY_MADE] = "created",
                                         [FACILITY_TURNED] = "changed",
                                         [FACILITY_MOVED] = "moved",
                                         [FACILITY_ASSUMED] = "assumed",
                                         [FACILITY_NOT_TAKEN] = "not_taken" };
    bool moved = false, refused = false;
    for (size_t i = 0; i < put->note_count; i++) {
        const struct facility_note *note = &put->notes[i];
        struct import_line *line =
            import_tell_late(s, LINE_FACILITY, origin, codes[note->kind], note->text);
        place_column(s, note->column, line);
        import_copy(line->value, LINE_VALUE + 1, note->to);
        line->period = s->store->import->options.period;
        moved |= note->kind == FACILITY_MOVED;
        refused |= note->kind == FACILITY_NOT_TAKEN;
        s->counts.refusals += note->kind == FACILITY_NOT_TAKEN;
    }
    s->counts.facilities_moved += moved;
    s->counts.facilities_refused += refused;
}

/* What the row says there: "Guntur(506)". */
static const char *cell_said(const struct storing *s, const struct import_origin *origin,
                             enum facility_column column) {
    const struct facility_master *m = origin->master;
    bool district = column == FC_DISTRICT;
    if (!district && column != FC_STATE) return column == FC_TYPE ? "" : origin->code;
    const char *name = district ? m->district_name : m->state_name;
    int32_t code = district ? m->district_code : m->state_code;
    if (name == NULL) name = "";
    return code == BLANK ? name : arena_printf(s->arena, "%s(%d)", name, (int)code);
}

/* A known one stays as it is, and its figures count. */
static void refuse_facility(struct storing *s, int at, const struct facility_put_result *put) {
    const struct import_origin *origin = &s->batch->origins[at];
    bool known = origin->known && put->id != 0;
    if (!known) s->batch->reports[at].facility_id = 0;
    s->counts.rows_refused += !known;
    s->counts.figures_lost += known ? 0 : import_bits(s->batch->filled[at]);
    s->counts.facilities_refused++;
    s->counts.refusals++;
    const char *detail = arena_printf(
        s->arena, "%s%s", put->question != NULL ? put->question : error_text(put->error),
        known ? "; the facility stays as it is, its figures are kept" : "");
    struct import_line *line = import_tell_late(s, known ? LINE_FACILITY : LINE_ROW, origin,
                                                error_code_name(put->error), detail);
    import_copy(line->value, LINE_VALUE + 1, cell_said(s, origin, put->column));
    line->period = s->store->import->options.period;
    place_column(s, put->column, line);
}

/* The code may be another facility's: told when the batch is stored, for a transaction may be run
 * more than once. */
static void hold_row(struct storing *s, int at, const struct facility_put_result *put) {
    s->batch->reports[at].facility_id = 0;
    s->held[s->held_count++] =
        (struct held_row){ at, put->column, put->question, put->by_code, put->renamed };
}

static void take_put(struct storing *s, int at, const struct facility_put_result *put) {
    s->counts.facilities_created += put->change == FACILITY_NEW;
    s->counts.facilities_changed += put->change == FACILITY_CHANGED;
    tell_notes(s, &s->batch->origins[at], put);
    if (put->change == FACILITY_REFUSED && put->error == ERR_FACILITY_CONTRADICTS)
        hold_row(s, at, put);
    else if (put->change == FACILITY_REFUSED)
        refuse_facility(s, at, put);
    else
        s->batch->reports[at].facility_id = put->id;
}

/* "code": the figures are of the facility as it is registered, whatever else the row says; a new
 * one is made in spite of what was asked. "rename": the row is right. False: it is not put. */
static bool take_answer(struct storing *s, const struct import_origin *origin,
                        struct facility_master *master) {
    const char *answer = import_answer(s->store->import->asks, "facility", origin->code);
    if (origin->known && text_equal(answer, ANSWER_CODE)) return false;
    master->settled = text_equal(answer, origin->known ? ANSWER_RENAME : ANSWER_CODE);
    return true;
}

/* The rows that change the register, or those that are only held against it. */
static bool put_rows(struct storing *s, struct db *db, bool holds, struct problem *p) {
    struct import_batch *batch = s->batch;
    struct facility_master *masters = arena_array(s->arena, REPORT_BATCH, sizeof *masters);
    struct facility_put_result *results = arena_array(s->arena, REPORT_BATCH, sizeof *results);
    int *from = arena_array(s->arena, REPORT_BATCH, sizeof *from);
    int period = s->store->import->options.period;
    size_t count = 0;
    for (int i = 0; i < batch->count; i++) {
        const struct import_origin *origin = &batch->origins[i];
        if (origin->master == NULL || origin->holds != holds || s->silent[i]) continue;
        masters[count] = *origin->master;
        if (!take_answer(s, origin, &masters[count])) continue;
        from[count++] = i;
    }
    if (count == 0) return true;
    if (!(holds ? facility_hold : facility_put)(db, masters, count, period, results, s->arena, p))
        return false;
    for (size_t i = 0; i < count; i++)
        take_put(s, from[i], &results[i]);
    return true;
}

/* A row that is refused, for its month has a report on another form, says nothing of its facility.
 */
static bool silence_other_forms(struct storing *s, struct db *db, struct problem *p) {
    struct import_batch *batch = s->batch;
    int32_t *ids = arena_array(s->arena, REPORT_BATCH, sizeof *ids);
    int16_t *forms = arena_array(s->arena, REPORT_BATCH, sizeof *forms);
    int *from = arena_array(s->arena, REPORT_BATCH, sizeof *from);
    struct db_rows *rows;
    size_t count = 0;
    for (int i = 0; i < batch->count; i++) {
        if (batch->origins[i].master == NULL || batch->origins[i].blank) continue;
        ids[count] = batch->origins[i].id;
        forms[count] = (int16_t)batch->reports[i].form->id;
        from[count++] = i;
    }
    if (count == 0) return true;
    if (!db_query(db, Q_IMPORT_OTHER_FORMS,
                  DB_ARGS(DB_INT4S(ids, count), DB_INT2S(forms, count),
                          DB_INT4(s->store->import->options.period)),
                  s->arena, &rows, p))
        return false;
    for (int r = 0; r < db_count(rows); r++)
        s->silent[from[db_int(rows, r, 0) - 1]] = true;
    return true;
}

static bool put_facilities(struct storing *s, struct db *db, struct problem *p) {
    struct import_batch *batch = s->batch;
    s->held_count = 0;
    memset(s->silent, 0, sizeof s->silent);
    if (!silence_other_forms(s, db, p)) return false;
    for (int i = 0; i < batch->count; i++)
        batch->reports[i].facility_id = batch->origins[i].id;
    return put_rows(s, db, true, p) && put_rows(s, db, false, p);
}

static struct import_line *tell_held(struct storing *s, const struct held_row *held, bool asked,
                                     const char *detail) {
    const struct import_origin *origin = &s->batch->origins[held->at];
    int figures = import_bits(s->batch->filled[held->at]);
    struct import_line *line = import_tell_late(s, asked ? LINE_ASKED : LINE_ROW, origin,
                                                error_code_name(ERR_FACILITY_CONTRADICTS), detail);
    place_column(s, held->column, line);
    line->period = s->store->import->options.period;
    s->counts.rows_asked += asked;
    s->counts.figures_asked += asked ? figures : 0;
    s->counts.rows_refused += !asked;
    s->counts.figures_lost += asked ? 0 : figures;
    s->counts.refusals += !asked;
    return line;
}

static void ask_held(struct storing *s, const struct held_row *held) {
    struct import_asks *asks = s->store->import->asks;
    const struct import_origin *origin = &s->batch->origins[held->at];
    char key[QUESTION_KEY];
    if (text_equal(import_answer(asks, "facility", origin->code), ANSWER_OMIT)) {
        tell_held(s, held, false, "Left out, as answered");
        return;
    }
    struct import_question question = {
        .kind = "facility",
        .value = origin->code,
        .example = origin->master->name != NULL ? origin->master->name : "",
        .detail = held->question,
    };
    if (held->by_code)
        question.choices[question.choice_count++] = (struct import_choice){ ANSWER_CODE, "" };
    if (held->renamed)
        question.choices[question.choice_count++] = (struct import_choice){ ANSWER_RENAME, "" };
    bool asked =
        import_ask(asks, &question, origin->line, 1, import_bits(s->batch->filled[held->at]), key);
    struct import_line *line = tell_held(s, held, asked, held->question);
    if (asked) import_copy(line->question, sizeof line->question, key);
}

/* ---- Reports.
 * --------------------------------------------------------------------------------------------- */
/* What is to be erased, also when the batch is run again: what was refused has had its stored
 * figures back. */
static void make_blank(struct report_new *report, const uint8_t *filled, const uint8_t *empty) {
    for (int slot = 0; slot < report->form->dictionary->width; slot++)
        if (GIVEN_TEST(empty, slot) && !GIVEN_TEST(filled, slot)) report->cells[slot] = BLANK;
}

/* What is empty in the file is given only where it is to erase. A row of nothing changes nothing:
 * where it is to erase it is given whole, and so refused where a figure stands. */
static void choose_reports(struct storing *s) {
    struct import_batch *batch = s->batch;
    bool erase = s->store->import->options.erase;
    s->count = 0;
    for (int i = 0; i < batch->count; i++) {
        bool blank = batch->origins[i].blank;
        if ((blank && !erase) || batch->reports[i].facility_id == 0) continue;
        if (blank) memset(batch->empty[i], 0xFF, GIVEN_BYTES);
        for (int at = 0; at < GIVEN_BYTES; at++)
            batch->given[i][at] =
                (uint8_t)(batch->filled[i][at] | (erase ? batch->empty[i][at] : 0));
        if (erase) make_blank(&batch->reports[i], batch->filled[i], batch->empty[i]);
        s->from[s->count] = i;
        s->reports[s->count++] = batch->reports[i];
    }
}

/* All that are known, at once and in one order: two imports do not wait for each other. */
static bool lock(struct storing *s, struct db *db, struct problem *p) {
    const struct import_batch *batch = s->batch;
    int32_t *ids = arena_array(s->arena, REPORT_BATCH, sizeof *ids);
    size_t count = 0;
    for (int i = 0; i < batch->count; i++)
        if (batch->origins[i].id != 0) ids[count++] = batch->origins[i].id;
    return report_lock(db, ids, count, s->arena, p);
}

static bool store_work(struct db *db, void *arg, struct problem *p) {
    struct storing *s = arg;
    s->counts = (struct import_result){ 0 };
    s->lines.count = 0;
    memcpy(s->told, s->store->kept, sizeof s->told);
    s->rolled_back = false;
    if (!db_query(db, Q_IMPORT_PLANS, DB_NO_ARGS, s->arena, NULL, p) || !lock(s, db, p) ||
        !put_facilities(s, db, p))
        return false;
    choose_reports(s);
    if (!report_store(db, s->reports, s->count, SOURCE_IMPORTED,
                      s->store->import->options.account_id, s->results, s->arena, p))
        return false;
    for (int i = 0; i < s->count; i++)
        import_tally(s, i);
    s->rolled_back = s->store->dry_run;
    return !s->rolled_back;
}

/* Somebody else may make one of the facilities in the same moment: then the batch is run again. */
static bool run_transaction(struct storing *s, struct problem *p) {
    struct import_store *store = s->store;
    if (store->in_transaction) return store_work(store->db, s, p);
    for (int tries = 0; tries < IMPORT_TRIES; tries++) {
        *p = (struct problem){ 0 };
        if (db_transaction(store->db, store->scope, DB_WRITE, store_work, s, p)) return true;
        if (s->rolled_back) {
            *p = (struct problem){ 0 };
            return true;
        }
        if (p->code != ERR_EXISTS) return false;
    }
    return false;
}

/* ---- Lines.
 * ---------------------------------------------------------------------------------------------- */
struct line_columns {
    int32_t *seqs, *columns, *periods;
    int64_t *lines;
    const char **kinds, **names, **facilities, **forms, **items, **values, **codes, **details,
        **questions;
    size_t count;
};

static struct line_columns *columns_new(struct arena *arena, size_t room) {
    struct line_columns *c = arena_alloc(arena, sizeof *c);
    int32_t **numbers[] = { &c->seqs, &c->columns, &c->periods };
    const char ***texts[] = { &c->kinds,  &c->names, &c->facilities, &c->forms,    &c->items,
                              &c->values, &c->codes, &c->details,    &c->questions };
    for (size_t i = 0; i < COUNT(numbers); i++)
        *numbers[i] = arena_array(arena, room, sizeof(int32_t));
    for (size_t i = 0; i < COUNT(texts); i++)
        *texts[i] = arena_array(arena, room, sizeof(char *));
    c->lines = arena_array(arena, room, sizeof(int64_t));
    return c;
}

static const char *or_null(const char *text) {
    return *text != '\0' ? text : NULL;
}

static void add_line(struct line_columns *c, struct import_store *store,
                     const struct import_line *line) {
    if (store->kept[line->kind] >= IMPORT_LINES_MOST) return;
    size_t at = c->count++;
    c->kinds[at] = import_line_name(line->kind);
    c->seqs[at] = ++store->kept[line->kind];
    c->lines[at] = line->line;
    c->columns[at] = line->column > 0 ? line->column : BLANK;
    c->names[at] = or_null(line->column_name);
    c->facilities[at] = or_null(line->facility);
    c->periods[at] = line->period > 0 ? line->period : BLANK;
    c->forms[at] = or_null(line->form);
    c->items[at] = or_null(line->item);
    c->values[at] = or_null(line->value);
    c->codes[at] = line->code;
    c->details[at] = line->detail;
    c->questions[at] = or_null(line->question);
}

static bool write_lines(struct import_store *store, const struct import_lines *early,
                        const struct import_lines *late, struct arena *arena, struct problem *p) {
    size_t room = (size_t)early->count + (size_t)late->count;
    if (room == 0) return true;
    struct line_columns *c = columns_new(arena, room);
    for (int i = 0; i < early->count; i++)
        add_line(c, store, &early->list[i]);
    for (int i = 0; i < late->count; i++)
        add_line(c, store, &late->list[i]);
    size_t n = c->count;
    if (n == 0) return true;
    const struct db_param params[] = { DB_INT8(store->job),        DB_TEXTS(c->kinds, n),
                                       DB_INT4S(c->seqs, n),       DB_INT8S(c->lines, n),
                                       DB_INT4S(c->columns, n),    DB_TEXTS(c->names, n),
                                       DB_TEXTS(c->facilities, n), DB_INT4S(c->periods, n),
                                       DB_TEXTS(c->forms, n),      DB_TEXTS(c->items, n),
                                       DB_TEXTS(c->values, n),     DB_TEXTS(c->codes, n),
                                       DB_TEXTS(c->details, n),    DB_TEXTS(c->questions, n) };
    if (store->in_transaction)
        return db_query(store->db, Q_IMPORT_TELL, params, COUNT(params), arena, NULL, p);
    return db_once(store->db, store->scope, DB_WRITE, Q_IMPORT_TELL, params, COUNT(params), arena,
                   NULL, p);
}

bool import_store_batch(struct import_store *store, struct import_batch *batch, struct problem *p) {
    struct arena *arena = arena_new();
    struct storing s = {
        .store = store,
        .batch = batch,
        .arena = arena,
        .results = arena_array(arena, REPORT_BATCH, sizeof(struct report_result)),
        .reports = arena_array(arena, REPORT_BATCH, sizeof(struct report_new)),
        .from = arena_array(arena, REPORT_BATCH, sizeof(int)),
        .held = arena_array(arena, REPORT_BATCH, sizeof(struct held_row)),
    };
    bool ok = batch->count == 0 || run_transaction(&s, p);
    for (int i = 0; ok && i < s.held_count; i++)
        ask_held(&s, &s.held[i]);
    if (ok) {
        import_counts_add(store->result, &batch->counts);
        import_counts_add(store->result, &s.counts);
        ok = write_lines(store, &batch->lines, &s.lines, arena, p);
    }
    import_lines_free(&s.lines);
    arena_free(arena);
    return ok;
}
