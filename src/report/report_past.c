#include "report_past.h"

#include <stdlib.h>
#include <string.h>

#include "hmis/period.h"

/* Where the figures of a month stand: a row of the result, another report of the batch, or nowhere.
 */
enum where { NOWHERE, STORED, BATCH };
struct month {
    enum where where;
    int index;
};

struct past {
    const struct report_new *reports;
    int count;
    const struct db_rows *rows;
    int *order;                                 /* [count] */
    struct month (*months)[HISTORY_MONTHS + 1]; /* [count]; 0 is the month itself, as stored */
    int *stored;                                /* rows by facility, form and month */
    struct arena *arena;
    int32_t scratch[HISTORY_MONTHS][CELLS_MAX], later[CELLS_MAX];
};

enum {
    COL_FACILITY,
    COL_FORM,
    COL_PERIOD,
    COL_VERSION,
    COL_PACKED,
    COL_CELLS,
    COL_STATE,
    COL_DISTRICT,
    COL_BLOCK,
    COL_REMARKS,
    COL_FAMILY,
    COL_DICTIONARY,
    COL_TYPE,
    COL_OWNERSHIP,
    COL_LOCALITY,
    COL_FINDINGS
};

static int compare(const struct report_new *a, const struct report_new *b) {
    if (a->facility_id != b->facility_id) return a->facility_id < b->facility_id ? -1 : 1;
    int left = a->form->dictionary->family, right = b->form->dictionary->family;
    if (left != right) return left < right ? -1 : 1;
    return (a->period > b->period) - (a->period < b->period);
}

static int compare_indices(const void *a, const void *b, void *arg) {
    const struct report_new *reports = arg;
    int i = *(const int *)a, j = *(const int *)b;
    int order = compare(&reports[i], &reports[j]);
    return order ? order : (i > j) - (i < j);
}

static void sort_reports(struct past *past, struct arena *arena) {
    past->order = arena_array(arena, (size_t)past->count, sizeof(int));
    for (int i = 0; i < past->count; i++)
        past->order[i] = i;
    qsort_r(past->order, (size_t)past->count, sizeof(int), compare_indices, (void *)past->reports);
}

/* First place in the order whose facility, family and month are not before these. */
static int lower_bound(const struct past *past, int32_t facility_id, int family, int period) {
    struct dictionary dictionary = { .family = family };
    struct form form = { .dictionary = &dictionary };
    struct report_new wanted = { .facility_id = facility_id, .form = &form, .period = period };
    int low = 0, high = past->count;
    while (low < high) {
        int middle = (low + high) / 2;
        if (compare(&past->reports[past->order[middle]], &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Tells every report of the batch within reach of that month where its figures stand. */
static void place_month(struct past *past, int32_t facility_id, int family, int period,
                        struct month month) {
    for (int at = lower_bound(past, facility_id, family, period); at < past->count; at++) {
        int i = past->order[at];
        const struct report_new *report = &past->reports[i];
        if (report->facility_id != facility_id || report->form->dictionary->family != family)
            return;
        int back = period_diff(report->period, period);
        if (back > HISTORY_MONTHS) return;
        if (back > 0 || month.where == STORED) past->months[i][back] = month;
    }
}

static int compare_rows(const void *a, const void *b, void *arg) {
    const struct db_rows *rows = arg;
    static const int columns[] = { COL_FACILITY, COL_FAMILY, COL_PERIOD };
    for (size_t i = 0; i < COUNT(columns); i++) {
        int64_t x = db_int(rows, *(const int *)a, columns[i]);
        int64_t y = db_int(rows, *(const int *)b, columns[i]);
        if (x != y) return x < y ? -1 : 1;
    }
    return 0;
}

static void sort_rows(struct past *past) {
    past->stored = arena_array(past->arena, (size_t)db_count(past->rows) + 1, sizeof(int));
    for (int i = 0; i < db_count(past->rows); i++)
        past->stored[i] = i;
    qsort_r(past->stored, (size_t)db_count(past->rows), sizeof(int), compare_rows,
            (void *)past->rows);
}

/* The row of a month; -1: none is stored. */
static int find_row(const struct past *past, const struct report_new *like, int period) {
    const int64_t wanted[] = { like->facility_id, like->form->dictionary->family, period };
    static const int columns[] = { COL_FACILITY, COL_FAMILY, COL_PERIOD };
    int low = 0, high = db_count(past->rows) - 1;
    while (low <= high) {
        int middle = (low + high) / 2, order = 0, row = past->stored[middle];
        for (size_t i = 0; order == 0 && i < COUNT(columns); i++) {
            int64_t value = db_int(past->rows, row, columns[i]);
            order = (value > wanted[i]) - (value < wanted[i]);
        }
        if (order == 0) return row;
        if (order < 0)
            low = middle + 1;
        else
            high = middle - 1;
    }
    return -1;
}

static bool read_rows(struct db *db, struct past *past, bool later, struct arena *arena,
                      struct problem *p) {
    int32_t *facilities = arena_array(arena, (size_t)past->count, sizeof(int32_t));
    size_t distinct = 0;
    int first = PERIOD_LAST, last = PERIOD_FIRST;
    for (int at = 0; at < past->count; at++) {
        const struct report_new *report = &past->reports[past->order[at]];
        if (distinct == 0 || facilities[distinct - 1] != report->facility_id)
            facilities[distinct++] = report->facility_id;
        first = report->period < first ? report->period : first;
        last = report->period > last ? report->period : last;
    }
    struct db_rows *rows;
    if (!db_query(db, Q_REPORT_PAST,
                  DB_ARGS(DB_INT4S(facilities, distinct),
                          DB_INT4(period_add(first, -HISTORY_MONTHS)),
                          DB_INT4(period_add(last, later ? HISTORY_MONTHS : 0))),
                  arena, &rows, p))
        return false;
    past->rows = rows;
    if (later) sort_rows(past);
    return true;
}

bool past_read(struct db *db, const struct report_new *reports, int count, bool later,
               struct arena *arena, struct past **out, struct problem *p) {
    struct past *past = arena_alloc(arena, sizeof *past);
    *past = (struct past){ .reports = reports, .count = count, .arena = arena };
    past->months = arena_array(arena, (size_t)count, sizeof *past->months);
    sort_reports(past, arena);
    if (!read_rows(db, past, later, arena, p)) return false;
    for (int row = 0; row < db_count(past->rows); row++)
        place_month(past, (int32_t)db_int(past->rows, row, COL_FACILITY),
                    (int)db_int(past->rows, row, COL_FAMILY),
                    (int)db_int(past->rows, row, COL_PERIOD), (struct month){ STORED, row });
    for (int at = 0; at < count; at++) {
        const struct report_new *report = &reports[past->order[at]];
        place_month(past, report->facility_id, report->form->dictionary->family, report->period,
                    (struct month){ BATCH, past->order[at] });
    }
    *out = past;
    return true;
}

bool dictionary_has_grown(struct problem *p) {
    p->retry_after = 2; /* daemons look for a new dictionary every two seconds */
    return problem_set(p, ERR_BUSY,
                       "The data dictionary has just been renewed; try again in a moment");
}

/* False: the row is wider than the dictionary at hand. */
static bool unpack_row(const struct past *past, int row, int32_t *cells, int width) {
    size_t length;
    const void *packed = db_bytes(past->rows, row, COL_PACKED, &length);
    if (packed != NULL) return report_unpack(packed, length, cells, width);
    return db_cells(past->rows, row, COL_CELLS, cells, width) <= width;
}

bool past_stored(const struct past *past, int report, int32_t *cells, struct past_report *stored,
                 struct problem *p) {
    struct month month = past->months[report][0];
    *stored = (struct past_report){ 0 };
    if (month.where == NOWHERE) return true;
    *stored = (struct past_report){
        .version = (int)db_int(past->rows, month.index, COL_VERSION),
        .form_id = (int)db_int(past->rows, month.index, COL_FORM),
        .type = (int)db_int(past->rows, month.index, COL_TYPE),
        .ownership = (int)db_int(past->rows, month.index, COL_OWNERSHIP),
        .locality = (int)db_int(past->rows, month.index, COL_LOCALITY),
        .state_id = (int32_t)db_int(past->rows, month.index, COL_STATE),
        .district_id = (int32_t)db_int(past->rows, month.index, COL_DISTRICT),
        .block_id = (int32_t)db_int(past->rows, month.index, COL_BLOCK),
        .remarks = db_text(past->rows, month.index, COL_REMARKS),
    };
    const struct form *form = past->reports[report].form;
    if (stored->form_id != form->id) return true;
    return unpack_row(past, month.index, cells, form->dictionary->width) || dictionary_has_grown(p);
}

/* Whether the figures of that month are of this list of items. */
static bool of_dictionary(const struct past *past, struct month month, int dictionary_id) {
    if (month.where == BATCH)
        return past->reports[month.index].form->dictionary->id == dictionary_id;
    return month.where == STORED &&
           db_int(past->rows, month.index, COL_DICTIONARY) == dictionary_id;
}

void past_history(struct past *past, int report, struct history *history) {
    const struct dictionary *dictionary = past->reports[report].form->dictionary;
    for (int back = 1; back <= HISTORY_MONTHS; back++) {
        struct month month = past->months[report][back];
        const int32_t **cells = &history->months[back - 1];
        *cells = NULL;
        if (!of_dictionary(past, month, dictionary->id)) continue;
        if (month.where == BATCH) *cells = past->reports[month.index].cells;
        if (month.where == STORED &&
            unpack_row(past, month.index, past->scratch[back - 1], dictionary->width))
            *cells = past->scratch[back - 1];
    }
}

const int *past_order(const struct past *past) {
    return past->order;
}

/* The report of the batch for a month; -1: none, or it is refused. */
static int find_in_batch(const struct past *past, const struct report_new *like, int period,
                         const struct report_result *results) {
    int family = like->form->dictionary->family;
    for (int at = lower_bound(past, like->facility_id, family, period); at < past->count; at++) {
        int index = past->order[at];
        const struct report_new *report = &past->reports[index];
        if (report->facility_id != like->facility_id || report->period != period ||
            report->form->dictionary->family != family)
            return -1;
        if (results[index].change != REPORT_REFUSED) return index;
    }
    return -1;
}

/* As past_history, of a month that is stored, with what the batch makes of it. */
static void later_history(struct past *past, const struct report_new *report, int period,
                          const struct report_result *results, struct history *history) {
    const struct dictionary *dictionary = report->form->dictionary;
    for (int back = 1; back <= HISTORY_MONTHS; back++) {
        int month = period_add(period, -back);
        int other = find_in_batch(past, report, month, results);
        int row = find_row(past, report, month);
        struct month where = { other >= 0 ? BATCH
                               : row >= 0 ? STORED
                                          : NOWHERE,
                               other >= 0 ? other : row };
        const int32_t **cells = &history->months[back - 1];
        *cells = NULL;
        if (!of_dictionary(past, where, dictionary->id)) continue;
        if (where.where == BATCH)
            *cells = past->reports[other].cells;
        else if (unpack_row(past, row, past->scratch[back - 1], dictionary->width))
            *cells = past->scratch[back - 1];
    }
}

static const struct form *form_of_row(const struct past *past, int row,
                                      const struct dictionary *dictionary) {
    for (int i = 0; i < dictionary->form_count; i++)
        if (dictionary->forms[i].id == db_int(past->rows, row, COL_FORM))
            return &dictionary->forms[i];
    return NULL;
}

bool past_later(struct past *past, int index, int months, const struct report_result *results,
                struct past_later *later) {
    const struct report_new *report = &past->reports[index];
    const struct dictionary *dictionary = report->form->dictionary;
    int period = period_add(report->period, months);
    int row = find_row(past, report, period);
    int other = find_in_batch(past, report, period, results);
    if (row < 0 || (other >= 0 && results[other].change != REPORT_SAME)) return false;
    const struct form *form = form_of_row(past, row, dictionary);
    if (form == NULL || !unpack_row(past, row, past->later, dictionary->width)) return false;
    *later = (struct past_later){ .row = row,
                                  .period = period,
                                  .form = form,
                                  .version = (int)db_int(past->rows, row, COL_VERSION),
                                  .cells = past->later };
    later->findings = db_ints(past->rows, row, COL_FINDINGS, past->arena, &later->finding_count);
    later_history(past, report, period, results, &later->history);
    return true;
}

int past_row_count(const struct past *past) {
    return db_count(past->rows);
}

bool past_peaks(struct db *db, const struct dictionary *dictionary, struct arena *arena,
                struct past_peaks *peaks, struct problem *p) {
    struct db_rows *rows;
    if (!db_query(db, Q_REPORT_PEAKS, DB_ARGS(DB_INT2(dictionary->id)), arena, &rows, p))
        return false;
    peaks->largest = arena_array(arena, (size_t)dictionary->width, sizeof(int32_t));
    peaks->second = arena_array(arena, (size_t)dictionary->width, sizeof(int32_t));
    for (int row = 0; row < db_count(rows); row++) {
        int64_t slot = db_int(rows, row, 0);
        if (slot >= dictionary->width) continue;
        peaks->largest[slot] = (int32_t)db_int(rows, row, 1);
        peaks->second[slot] = (int32_t)db_int(rows, row, 2);
    }
    return true;
}

/* A stored figure larger than the largest has not been added yet: it is not in it. */
void past_peaks_of_others(const struct past_peaks *peaks, const int32_t *stored, int width,
                          int32_t *others) {
    for (int slot = 0; slot < width; slot++) {
        bool own = stored != NULL && stored[slot] == peaks->largest[slot];
        others[slot] = own ? peaks->second[slot] : peaks->largest[slot];
    }
}
