#include <string.h>

#include "hmis/calendar.h"
#include "hmis/period.h"
#include "report_later.h"
#include "report_rows.h"

struct marks { /* blocks whose totals are to be added again */
    int32_t *periods, *dictionaries, *states, *districts, *blocks;
    size_t count;
};

struct batch {
    struct db *db;
    const struct report_new *reports;
    int count;
    enum report_source source;
    int64_t account_id;
    struct report_result *results;
    struct arena *arena;
    const struct db_rows *places;
    struct past *past;
    const struct dictionary *peaks_of;
    struct past_peaks peaks;
    struct report_rows added, replaced;
    struct marks marks;
    const struct report_new *last; /* not refused */
};

enum {
    COL_CODE,
    COL_TYPE,
    COL_OWNERSHIP,
    COL_LOCALITY,
    COL_STATE,
    COL_DISTRICT,
    COL_BLOCK,
    COL_OPEN,
    COL_OID
};

static bool read_places(struct batch *batch, struct problem *p) {
    size_t count = (size_t)batch->count;
    int32_t *facilities = arena_array(batch->arena, count, sizeof(int32_t));
    int32_t *days = arena_array(batch->arena, count, sizeof(int32_t));
    for (size_t i = 0; i < count; i++) {
        facilities[i] = batch->reports[i].facility_id;
        days[i] = period_last_day(batch->reports[i].period);
    }
    struct db_rows *rows;
    if (!db_query(batch->db, Q_REPORT_PLACES,
                  DB_ARGS(DB_INT4S(facilities, count), DB_INT4S(days, count)), batch->arena, &rows,
                  p))
        return false;
    ENSURE(db_count(rows) == batch->count, "a facility lies in two places on one day");
    batch->places = rows;
    return true;
}

static bool same_month(const struct report_new *a, const struct report_new *b) {
    return a && a->facility_id == b->facility_id && a->period == b->period &&
           a->form->dictionary->family == b->form->dictionary->family;
}

/* A month keeps its form, and what has been reported may always be corrected. */
static enum error_code refusal_of(const struct batch *batch, int i,
                                  const struct past_report *stored) {
    const struct db_rows *places = batch->places;
    const struct report_new *report = &batch->reports[i];
    if (db_is_null(places, i, COL_CODE)) return ERR_FACILITY_UNKNOWN;
    if (same_month(batch->last, report)) return ERR_OTHER_FORM;
    if (stored->version > 0) return stored->form_id == report->form->id ? ERR_NONE : ERR_OTHER_FORM;
    if (!db_bool(places, i, COL_OPEN)) return ERR_FACILITY_CLOSED;
    if (((report->form->facility_types >> db_int(places, i, COL_TYPE)) & 1) == 0)
        return ERR_FORM_NOT_REPORTED;
    if (db_is_null(places, i, COL_STATE)) return ERR_AREA_UNKNOWN;
    return ERR_NONE;
}

static int count_filled(const int32_t *cells, int width) {
    int filled = 0;
    for (int slot = 0; slot < width; slot++)
        filled += cells[slot] != BLANK;
    return filled;
}

/* What the file did not give stays as it is stored. */
static void merge(const struct report_new *report, const int32_t *stored) {
    if (report->given == NULL) return;
    for (int slot = 0; slot < report->form->dictionary->width; slot++)
        if (!GIVEN_TEST(report->given, slot)) report->cells[slot] = stored[slot];
}

static bool read_peaks(struct batch *batch, const struct dictionary *dictionary,
                       struct problem *p) {
    if (batch->peaks_of == dictionary) return true;
    batch->peaks_of = dictionary;
    return past_peaks(batch->db, dictionary, batch->arena, &batch->peaks, p);
}

/* stored: the cells of the version that stands; NULL: there is none. */
static bool examine(struct batch *batch, int i, const int32_t *stored, struct problem *p) {
    const struct report_new *report = &batch->reports[i];
    struct report_result *result = &batch->results[i];
    int32_t peaks[CELLS_MAX];
    if (!read_peaks(batch, report->form->dictionary, p)) return false;
    struct history history;
    past_history(batch->past, i, &history);
    memset(result->outcomes, 0, sizeof result->outcomes);
    outcomes_evaluate(report->form, report->cells, result->outcomes);
    past_peaks_of_others(&batch->peaks, stored, report->form->dictionary->width, peaks);
    struct checks checks = { &history, peaks, report->period, calendar_today() };
    result->finding_count =
        findings_evaluate(report->form, report->cells, &checks, result->findings, FINDINGS_MAX);
    result->filled = count_filled(report->cells, report->form->dictionary->width);
    return true;
}

static void mark(struct batch *batch, const struct report_new *report,
                 const struct report_row *row) {
    struct marks *marks = &batch->marks;
    size_t at = marks->count++;
    marks->periods[at] = report->period;
    marks->dictionaries[at] = report->form->dictionary->id;
    marks->states[at] = row->state_id;
    marks->districts[at] = row->district_id;
    marks->blocks[at] = row->block_id;
}

/* Kind and place: of a first report those of the month's last day, of a correction what the version
 * before carried. */
static void stamp(const struct batch *batch, int i, const struct past_report *stored,
                  struct report_row *row) {
    const struct db_rows *places = batch->places;
    bool first = stored->version == 0;
    row->facility_type = first ? (int)db_int(places, i, COL_TYPE) : stored->type;
    row->ownership = first ? (int)db_int(places, i, COL_OWNERSHIP) : stored->ownership;
    row->locality = first ? (int)db_int(places, i, COL_LOCALITY) : stored->locality;
    row->state_id = first ? (int32_t)db_int(places, i, COL_STATE) : stored->state_id;
    row->district_id = first ? (int32_t)db_int(places, i, COL_DISTRICT) : stored->district_id;
    row->block_id = first ? (int32_t)db_int(places, i, COL_BLOCK) : stored->block_id;
}

static void add_row(struct batch *batch, int i, const struct past_report *stored,
                    const struct buffer *packed) {
    const struct report_new *report = &batch->reports[i];
    const struct report_result *result = &batch->results[i];
    struct report_row row = {
        .facility_id = report->facility_id,
        .period = report->period,
        .form_id = report->form->id,
        .family = report->form->dictionary->family,
        .source = batch->source,
        .version = result->version,
        .submitted_by = batch->account_id,
        .cells = report->cells,
        .width = report->form->dictionary->width,
        .outcomes = result->outcomes,
        .outcomes_size = outcomes_size(report->form),
        .findings = result->findings,
        .finding_count = result->finding_count,
        .remarks = report->remarks != NULL || batch->source == SOURCE_ENTERED ? report->remarks
                                                                              : stored->remarks,
        .packed = packed,
        .filled = result->filled,
        .draft_version = report->draft_version,
    };
    stamp(batch, i, stored, &row);
    report_rows_add(result->change == REPORT_NEW ? &batch->added : &batch->replaced, &row);
    mark(batch, report, &row);
}

static bool is_same(const struct batch *batch, int i, const struct past_report *stored,
                    const int32_t *cells) {
    const struct report_new *report = &batch->reports[i];
    size_t size = (size_t)report->form->dictionary->width * sizeof(int32_t);
    if (stored->version == 0 || memcmp(report->cells, cells, size) != 0) return false;
    if (report->remarks == NULL && batch->source == SOURCE_IMPORTED) return true;
    return report->remarks == NULL || stored->remarks == NULL
               ? report->remarks == stored->remarks
               : text_equal(report->remarks, stored->remarks);
}

/* A report with nothing in it needs a remark, which a file cannot carry. The months after it are
 * checked against what stays. */
static void refuse_emptied(const struct report_new *report, struct report_result *result) {
    memcpy(report->cells, result->was, (size_t)report->form->dictionary->width * sizeof(int32_t));
    *result = (struct report_result){ .change = REPORT_REFUSED, .refusal = ERR_REPORT_EMPTIED };
}

static bool prepare_one(struct batch *batch, int i, struct buffer *packed, struct problem *p) {
    const struct report_new *report = &batch->reports[i];
    struct report_result *result = &batch->results[i];
    int32_t cells[CELLS_MAX];
    struct past_report stored;
    if (!past_stored(batch->past, i, cells, &stored, p)) return false;
    *result = (struct report_result){ .refusal = refusal_of(batch, i, &stored) };
    if (result->refusal != ERR_NONE) {
        result->change = REPORT_REFUSED;
        return true;
    }
    batch->last = report;
    if (stored.version > 0) {
        size_t size = (size_t)report->form->dictionary->width * sizeof(int32_t);
        result->was = memcpy(arena_alloc(batch->arena, size), cells, size);
        merge(report, cells);
    }
    if (!examine(batch, i, stored.version > 0 ? cells : NULL, p)) return false;
    if (stored.version == 0 && result->filled == 0 && batch->source == SOURCE_IMPORTED) {
        result->change = REPORT_SAME; /* nothing there, nothing given: no report is made of it */
        return true;
    }
    result->version = stored.version + 1;
    result->change = stored.version == 0 ? REPORT_NEW : REPORT_CHANGED;
    if (is_same(batch, i, &stored, cells)) {
        result->change = REPORT_SAME;
        result->version = stored.version;
        return true;
    }
    if (result->filled == 0 && batch->source == SOURCE_IMPORTED) {
        refuse_emptied(report, result);
        return true;
    }
    packed->length = 0;
    report_pack(report->cells, report->form->dictionary->width, packed);
    add_row(batch, i, &stored, packed);
    return true;
}

static bool prepare(struct batch *batch, struct problem *p) {
    struct buffer packed = { 0 };
    bool ok = true;
    const int *order = past_order(batch->past);
    for (int at = 0; ok && at < batch->count; at++)
        ok = prepare_one(batch, order[at], &packed, p);
    buffer_free(&packed);
    return ok;
}

static bool write_later(struct batch *batch, struct problem *p) {
    struct later *later = later_new(batch->past, batch->arena);
    for (int i = 0; i < batch->count; i++) {
        enum report_change change = batch->results[i].change;
        if (change != REPORT_NEW && change != REPORT_CHANGED) continue;
        if (!read_peaks(batch, batch->reports[i].form->dictionary, p)) return false;
        later_examine(later, batch->past, batch->reports, batch->results, i, &batch->peaks);
    }
    return later_write(batch->db, later, p);
}

static bool write_rows(struct batch *batch, struct report_rows *rows, enum query_id query,
                       struct problem *p) {
    if (rows->count == 0) return true;
    report_rows_end(rows);
    struct db_rows *done;
    if (!db_query(batch->db, query, DB_ARGS(DB_BYTES(rows->bytes.data, rows->bytes.length)),
                  batch->arena, &done, p))
        return false;
    if (db_affected(done) != rows->count)
        return problem_set(p, ERR_EXISTS, "another version was stored in this moment");
    return true;
}

static bool write_marks(struct batch *batch, struct problem *p) {
    const struct marks *marks = &batch->marks;
    if (marks->count == 0) return true;
    return db_query(
        batch->db, Q_REPORT_MARK,
        DB_ARGS(DB_INT4S(marks->periods, marks->count), DB_INT4S(marks->dictionaries, marks->count),
                DB_INT4S(marks->states, marks->count), DB_INT4S(marks->districts, marks->count),
                DB_INT4S(marks->blocks, marks->count), DB_BOOL(batch->source == SOURCE_IMPORTED)),
        batch->arena, NULL, p);
}

static void marks_room(struct marks *marks, struct arena *arena, size_t room) {
    int32_t **columns[] = { &marks->periods, &marks->dictionaries, &marks->states,
                            &marks->districts, &marks->blocks };
    for (size_t i = 0; i < COUNT(columns); i++)
        *columns[i] = arena_array(arena, room, sizeof(int32_t));
}

bool report_lock(struct db *db, const int32_t *facilities, size_t count, struct arena *arena,
                 struct problem *p) {
    return db_query(db, Q_REPORT_LOCK, DB_ARGS(DB_INT4S(facilities, count)), arena, NULL, p);
}

/* Kind and place are read after the lock: an act or a move at this moment is over then. */
static bool lock(struct batch *batch, struct problem *p) {
    size_t count = (size_t)batch->count;
    int32_t *facilities = arena_array(batch->arena, count, sizeof(int32_t));
    for (size_t i = 0; i < count; i++)
        facilities[i] = batch->reports[i].facility_id;
    return report_lock(batch->db, facilities, count, batch->arena, p);
}

static bool store(struct batch *batch, struct problem *p) {
    if (!lock(batch, p) || !read_places(batch, p) ||
        !past_read(batch->db, batch->reports, batch->count, true, batch->arena, &batch->past, p))
        return false;
    uint32_t type_oid = (uint32_t)db_int(batch->places, 0, COL_OID);
    report_rows_begin(&batch->added, type_oid);
    report_rows_begin(&batch->replaced, type_oid);
    return prepare(batch, p) && write_rows(batch, &batch->added, Q_REPORT_INSERT, p) &&
           write_rows(batch, &batch->replaced, Q_REPORT_REPLACE, p) && write_later(batch, p) &&
           write_marks(batch, p);
}

bool report_store(struct db *db, const struct report_new *reports, int count,
                  enum report_source source, int64_t account_id, struct report_result *results,
                  struct arena *arena, struct problem *p) {
    ENSURE(count <= REPORT_BATCH, "more reports than a batch holds");
    if (count == 0) return true;
    struct batch batch = { .db = db,
                           .reports = reports,
                           .count = count,
                           .source = source,
                           .account_id = account_id,
                           .results = results,
                           .arena = arena };
    marks_room(&batch.marks, arena, (size_t)count);
    bool ok = store(&batch, p);
    report_rows_free(&batch.added);
    report_rows_free(&batch.replaced);
    return ok;
}

bool report_check(struct db *db, const struct report_new *report, struct report_result *result,
                  struct arena *arena, struct problem *p) {
    struct batch batch = {
        .db = db, .reports = report, .count = 1, .results = result, .arena = arena
    };
    *result = (struct report_result){ 0 };
    int32_t cells[CELLS_MAX];
    struct past_report stored;
    if (!past_read(db, report, 1, false, arena, &batch.past, p) ||
        !past_stored(batch.past, 0, cells, &stored, p))
        return false;
    bool corrects = stored.version > 0 && stored.form_id == report->form->id;
    return examine(&batch, 0, corrects ? cells : NULL, p);
}
