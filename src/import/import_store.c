#include "import_store.h"

#include <stdio.h>
#include <string.h>

#include "hmis/rollup.h"

enum { TRIES = 5 };

/* ---- Facilities to be created or updated.
 * -------------------------------------------------------------------------- */
struct storing {
    struct import_store *store;
    struct import_batch *batch;
    struct arena *arena;
    struct report_result *results;
    struct report_new *reports; /* those that are stored: of the batch, without the refused */
    int *from;                  /* their places in the batch */
    int count;
    struct import_result counts; /* of this run of the transaction */
    bool rolled_back;            /* on purpose: a dry run */
};

static void refuse_late(struct import_store *store, const struct import_origin *origin,
                        const char *column, enum error_code code, const char *more) {
    struct import_refusal *refusal = &store->late[store->late_count++];
    *refusal = (struct import_refusal){ .line = origin->line, .code = code };
    snprintf(refusal->column_name, sizeof refusal->column_name, "%s", column);
    snprintf(refusal->value, sizeof refusal->value, "%s", origin->code);
    snprintf(refusal->detail, sizeof refusal->detail, "%s%s", error_text(code), more);
}

/* What of the row was refused alone. */
static void tell_not_taken(struct import_store *store, const struct import_origin *origin,
                           const struct facility_put_result *result) {
    for (size_t i = 0; i < result->note_count; i++) {
        const struct facility_note *note = &result->notes[i];
        if (note->kind != FACILITY_NOT_TAKEN || store->late_count >= REPORT_BATCH)
            continue;
        refuse_late(store, origin, facility_column_name(note->column), ERR_INVALID, "");
        struct import_refusal *told = &store->late[store->late_count - 1];
        snprintf(told->detail, sizeof told->detail, "%s", note->text);
    }
}

static bool put_facilities(struct storing *s, struct db *db, struct problem *p) {
    struct import_batch *batch = s->batch;
    struct facility_master *masters = arena_array(s->arena, REPORT_BATCH, sizeof *masters);
    struct facility_put_result *results = arena_array(s->arena, REPORT_BATCH, sizeof *results);
    int *from = arena_array(s->arena, REPORT_BATCH, sizeof *from);
    size_t count = 0;
    for (int i = 0; i < batch->count; i++)
        if (batch->origins[i].master != NULL) {
            from[count] = i;
            masters[count++] = *batch->origins[i].master;
        }
    if (count == 0) return true;
    if (!facility_put(db, masters, count, s->store->options->period, results, s->arena, p))
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct import_origin *origin = &batch->origins[from[i]];
        s->counts.facilities_created += results[i].change == FACILITY_NEW;
        s->counts.facilities_updated += results[i].change == FACILITY_CHANGED;
        if (results[i].change != FACILITY_REFUSED) {
            batch->reports[from[i]].facility_id = results[i].id;
            tell_not_taken(s->store, origin, &results[i]);
            continue;
        }
        /* A known one stays as it is, and its figures count, unless the code may be another's. */
        bool known = origin->known && results[i].id != 0;
        if (!known) batch->reports[from[i]].facility_id = 0;
        s->counts.rows_refused += !known;
        refuse_late(s->store, origin,
                    results[i].column == FC__MAX ? "" : facility_column_name(results[i].column),
                    results[i].error,
                    known ? "; the facility stays as it is, its figures are kept"
                    : results[i].question
                        ? arena_printf(s->arena, ". %s", results[i].question)
                        : "");
    }
    return true;
}

/* ---- Reports.
 * --------------------------------------------------------------------------------------------- */
static void choose_reports(struct storing *s) {
    struct import_batch *batch = s->batch;
    s->count = 0;
    for (int i = 0; i < batch->count; i++) {
        if (batch->origins[i].blank || batch->reports[i].facility_id == 0) continue;
        s->from[s->count] = i;
        s->reports[s->count++] = batch->reports[i];
    }
}

static void count_result(struct storing *s, int i) {
    const struct report_result *result = &s->results[i];
    int64_t *counters[] = {
        [REPORT_NEW] = &s->counts.reports_new,
        [REPORT_CHANGED] = &s->counts.reports_changed,
        [REPORT_SAME] = &s->counts.reports_unchanged,
        [REPORT_REFUSED] = &s->counts.rows_refused,
    };
    ++*counters[result->change];
    if (result->change == REPORT_REFUSED)
        refuse_late(s->store, &s->batch->origins[s->from[i]], "facility_code", result->refusal, "");
}

static bool store_work(struct db *db, void *arg, struct problem *p) {
    struct storing *s = arg;
    s->counts = (struct import_result){ 0 };
    s->store->late_count = 0;
    s->rolled_back = false;
    if (!db_query(db, Q_IMPORT_PLANS, DB_NO_ARGS, s->arena, NULL, p) || !put_facilities(s, db, p))
        return false;
    choose_reports(s);
    if (!report_store(db, s->reports, s->count, SOURCE_IMPORTED, s->store->options->account_id,
                      s->results, s->arena, p))
        return false;
    for (int i = 0; i < s->count; i++)
        count_result(s, i);
    s->rolled_back = s->store->dry_run;
    return !s->rolled_back;
}

/* Somebody else may store one of the reports in the same moment: then the batch is run again. */
static bool run_transaction(struct storing *s, struct problem *p) {
    struct import_store *store = s->store;
    if (store->in_transaction) return store_work(store->db, s, p);
    for (int tries = 0; tries < TRIES; tries++) {
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

/* ---- Refusals.
 * ---------------------------------------------------------------------------------------------- */
enum { REFUSALS = 2 * REPORT_BATCH + BATCH_REFUSALS };
struct refusal_columns {
    int32_t seqs[REFUSALS], columns[REFUSALS];
    int64_t lines[REFUSALS];
    const char *names[REFUSALS], *values[REFUSALS];
    const char *codes[REFUSALS], *details[REFUSALS];
    size_t count;
};

static const char *or_null(const char *text) {
    return *text != '\0' ? text : NULL;
}

static void add_refusal(struct refusal_columns *c, struct import_store *store,
                        const struct import_refusal *refusal) {
    size_t at = c->count++;
    c->seqs[at] = ++store->refusal_seq;
    c->columns[at] = refusal->column > 0 ? refusal->column : BLANK;
    c->lines[at] = refusal->line;
    c->names[at] = or_null(refusal->column_name);
    c->values[at] = or_null(refusal->value);
    c->codes[at] = error_code_name(refusal->code);
    c->details[at] = refusal->detail;
}

static bool write_refusals(struct import_store *store, const struct import_batch *batch,
                           struct arena *arena, struct problem *p) {
    struct refusal_columns *c = arena_alloc(arena, sizeof *c);
    for (int i = 0; i < batch->refusal_count; i++)
        add_refusal(c, store, &batch->refusals[i]);
    for (int i = 0; i < store->late_count; i++)
        add_refusal(c, store, &store->late[i]);
    store->result->refusals += (int64_t)c->count;
    if (c->count == 0 || store->in_transaction) return true;
    return db_once(store->db, store->scope, DB_WRITE, Q_IMPORT_REFUSE,
                   DB_ARGS(DB_INT8(store->job), DB_INT4S(c->seqs, c->count),
                           DB_INT8S(c->lines, c->count), DB_INT4S(c->columns, c->count),
                           DB_TEXTS(c->names, c->count), DB_TEXTS(c->values, c->count),
                           DB_TEXTS(c->codes, c->count), DB_TEXTS(c->details, c->count)),
                   arena, NULL, p);
}

static void add_counts(struct import_result *to, const struct import_result *from) {
    to->rows_read += from->rows_read;
    to->rows_refused += from->rows_refused;
    to->rows_blank += from->rows_blank;
    to->cells_read += from->cells_read;
    to->cells_refused += from->cells_refused;
    to->reports_new += from->reports_new;
    to->reports_changed += from->reports_changed;
    to->reports_unchanged += from->reports_unchanged;
    to->facilities_created += from->facilities_created;
    to->facilities_updated += from->facilities_updated;
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
    };
    store->late_count = 0;
    bool ok = batch->count == 0 || run_transaction(&s, p);
    if (ok) {
        add_counts(store->result, &batch->counts);
        add_counts(store->result, &s.counts);
        ok = write_refusals(store, batch, arena, p);
    }
    arena_free(arena);
    return ok;
}
