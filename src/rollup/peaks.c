#include "peaks.h"

#include "hmis/report_pack.h"

#include <string.h>

/* ---- From below. ----------------------------------------------------------------------------- */
static const enum query_id below[SCOPE__MAX] = {
    [LEVEL_DISTRICT] = Q_ROLLUP_PEAKS_BELOW_DISTRICT,
    [LEVEL_STATE] = Q_ROLLUP_PEAKS_BELOW_STATE,
    [LEVEL_NATION] = Q_ROLLUP_PEAKS_BELOW_NATION,
};

static bool add_row(const struct db_rows *rows, int row, int column, struct peaks *peaks,
                    int width) {
    int32_t figures[CELLS_MAX];
    size_t length;
    const uint8_t *data = db_bytes(rows, row, column, &length);
    if (!report_unpack(data, length, figures, width)) return false;
    peaks_add(peaks, figures, width);
    return true;
}

static bool add_rows(const struct db_rows *rows, void *arg) {
    struct gather *gather = arg;
    for (int row = 0; row < db_count(rows); row++) {
        int index = gather_index(gather, (int32_t)db_int(rows, row, 0));
        if (index < 0) continue;
        for (int column = 1; column <= 2; column++)
            if (!add_row(rows, row, column, &gather->peaks[index], gather->dictionary->width)) {
                gather->wrong = "stored largest figures are damaged: run `hmis check --rebuild`";
                return false;
            }
    }
    return true;
}

bool peaks_read(struct db *db, struct gather *gather, enum level level, int period,
                struct problem *p) {
    const struct db_param params[] = { DB_INT4(period), DB_INT2(gather->dictionary->id),
                                       DB_INT4S(gather->areas, (size_t)gather->count) };
    if (!db_stream(db, below[level], params, COUNT(params), add_rows, gather, p)) return false;
    return !gather->wrong || problem_set(p, ERR_INTERNAL, "%d: %s", period, gather->wrong);
}

/* ---- Rows to be stored. ---------------------------------------------------------------------- */
struct rows {
    size_t count;
    int32_t *area, *state, *district, *block;
    int32_t *start[2], *length[2]; /* of the largest, of the second, in packed; from 1 */
    struct buffer packed;
};

static void rows_room(struct rows *rows, struct arena *arena, size_t room) {
    int32_t **columns[] = { &rows->area,     &rows->state,    &rows->district,  &rows->block,
                            &rows->start[0], &rows->start[1], &rows->length[0], &rows->length[1] };
    for (size_t i = 0; i < COUNT(columns); i++)
        *columns[i] = arena_array(arena, room + 1, sizeof(int32_t));
}

/* Figures above zero; blank where there is none. False: there is none at all. */
static bool pack(struct rows *rows, int which, const int32_t *figures, int width) {
    int32_t cells[CELLS_MAX];
    bool any = false;
    for (int slot = 0; slot < width; slot++) {
        cells[slot] = figures[slot] > 0 ? figures[slot] : BLANK;
        any |= figures[slot] > 0;
    }
    rows->start[which][rows->count] = (int32_t)rows->packed.length + 1;
    report_pack(cells, width, &rows->packed);
    rows->length[which][rows->count] =
        (int32_t)rows->packed.length + 1 - rows->start[which][rows->count];
    return any;
}

static int32_t or_null(int32_t area) {
    return area ? area : BLANK;
}

static void add_area(struct rows *rows, const struct gather *gather, int i, enum level level) {
    const struct place *place = &gather->places[i];
    const struct peaks *peaks = &gather->peaks[i];
    int width = gather->dictionary->width;
    size_t at = rows->count;
    if (!pack(rows, 0, peaks->largest, width)) return;
    (void)pack(rows, 1, peaks->second, width);
    rows->area[at] = gather->areas[i];
    rows->state[at] = or_null(place->state);
    rows->district[at] = or_null(place->district);
    rows->block[at] = level == LEVEL_BLOCK ? gather->areas[i] : BLANK;
    rows->count++;
}

bool peaks_put(struct db *db, const struct gather *gather, enum level level, int period,
               struct problem *p) {
    struct arena *arena = arena_new();
    struct rows rows = { 0 };
    rows_room(&rows, arena, (size_t)gather->count);
    for (int i = 0; i < gather->count; i++)
        add_area(&rows, gather, i, level);
    size_t n = rows.count;
    bool right = db_query(
        db, Q_ROLLUP_PEAKS_PUT,
        DB_ARGS(DB_INT4(period), DB_INT2(gather->dictionary->id), DB_INT2(level),
                DB_INT4S(gather->areas, (size_t)gather->count), DB_INT4S(rows.area, n),
                DB_INT4S(rows.state, n), DB_INT4S(rows.district, n), DB_INT4S(rows.block, n),
                DB_INT4S(rows.start[0], n), DB_INT4S(rows.length[0], n), DB_INT4S(rows.start[1], n),
                DB_INT4S(rows.length[1], n), DB_BYTES(rows.packed.data, rows.packed.length)),
        arena, NULL, p);
    buffer_free(&rows.packed);
    arena_free(arena);
    return right;
}

/* ---- Of all months. -------------------------------------------------------------------------- */
/* Largest figures are of counts and measures; a date or an answer has none. */
static bool has_peak(const struct item *item) {
    return item && (item->type == DATA_COUNT || item->type == DATA_DECIMAL);
}

static bool settle(struct db *db, const struct dictionary *dictionary, struct arena *arena,
                   struct problem *p) {
    struct peaks *peaks = arena_alloc(arena, sizeof *peaks);
    int16_t slots[CELLS_MAX];
    int32_t largest[CELLS_MAX], second[CELLS_MAX];
    struct db_rows *rows;
    size_t n = 0;
    if (!db_query(db, Q_ROLLUP_PEAKS_OF_NATION, DB_ARGS(DB_INT2(dictionary->id)), arena, &rows, p))
        return false;
    for (int row = 0; row < db_count(rows); row++)
        for (int column = 0; column < 2; column++)
            if (!add_row(rows, row, column, peaks, dictionary->width))
                return problem_set(p, ERR_INTERNAL,
                                   "stored largest figures are damaged: run "
                                   "`hmis check --rebuild`");
    for (int slot = 0; slot < dictionary->width; slot++) {
        if (peaks->largest[slot] <= 0 || !has_peak(dictionary->by_slot[slot])) continue;
        slots[n] = (int16_t)slot;
        largest[n] = peaks->largest[slot];
        second[n++] = peaks->second[slot];
    }
    return db_query(db, Q_ROLLUP_PEAKS_SETTLE,
                    DB_ARGS(DB_INT2(dictionary->id), DB_INT2S(slots, n), DB_INT4S(largest, n),
                            DB_INT4S(second, n)),
                    arena, NULL, p);
}

bool peaks_settle(struct db *db, const struct dictionary *dictionary, struct problem *p) {
    struct arena *arena = arena_new();
    bool right = settle(db, dictionary, arena, p);
    arena_free(arena);
    return right;
}
