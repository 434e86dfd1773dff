#include "gather.h"

#include <stdlib.h>
#include <string.h>

/* ---- Places. --------------------------------------------------------------------------------- */
static struct place place_at(struct place place, enum level level) {
    if (level > LEVEL_BLOCK) place.block = 0;
    if (level > LEVEL_DISTRICT) place.district = 0;
    place.area = level == LEVEL_BLOCK      ? place.block
                 : level == LEVEL_DISTRICT ? place.district
                                           : place.state;
    return place;
}

void places_add(struct places *places, struct arena *arena, struct place place, enum level level) {
    place = place_at(place, level);
    if (place.area == 0) return;
    if (places->count == places->capacity) {
        places->capacity = places->capacity ? places->capacity * 2 : 64;
        struct place *rows = arena_array(arena, (size_t)places->capacity, sizeof *rows);
        if (places->count) memcpy(rows, places->rows, (size_t)places->count * sizeof *rows);
        places->rows = rows;
    }
    places->rows[places->count++] = place;
}

static int by_area(const void *a, const void *b) {
    int32_t x = ((const struct place *)a)->area, y = ((const struct place *)b)->area;
    return (x > y) - (x < y);
}

void places_unique(struct places *places) {
    if (places->count == 0) return;
    qsort(places->rows, (size_t)places->count, sizeof *places->rows, by_area);
    int last = 0;
    for (int i = 1; i < places->count; i++) {
        if (places->rows[i].area != places->rows[last].area) last++;
        places->rows[last] = places->rows[i];
    }
    places->count = last + 1;
}

int32_t *places_areas(const struct places *places, struct arena *arena) {
    int32_t *areas = arena_array(arena, (size_t)places->count + 1, sizeof *areas);
    for (int i = 0; i < places->count; i++)
        areas[i] = places->rows[i].area;
    return areas;
}

/* ---- Kinds. ---------------------------------------------------------------------------------- */
struct kind kind_of(int index) {
    return (struct kind){ index / 4, index / 2 % 2 + 1, index % 2 + 1 };
}

int kind_index(int64_t type, int64_t ownership, int64_t locality) {
    if (type < FACILITY_TYPE_NONE || type >= FACILITY_TYPE__MAX) return -1;
    if (ownership <= OWNERSHIP_NONE || ownership >= OWNERSHIP__MAX) return -1;
    if (locality <= LOCALITY_NONE || locality >= LOCALITY__MAX) return -1;
    return (int)(type * 4 + (ownership - 1) * 2 + locality - 1);
}

/* ---- Adding. --------------------------------------------------------------------------------- */
void gather_begin(struct gather *gather, const struct dictionary *dictionary, struct arena *arena,
                  const int32_t *areas, int count, bool peaks) {
    *gather =
        (struct gather){ .dictionary = dictionary, .arena = arena, .areas = areas, .count = count };
    if (peaks) gather->peaks = arena_array(arena, (size_t)count, sizeof *gather->peaks);
    gather->places = arena_array(arena, (size_t)count, sizeof *gather->places);
    gather->totals = arena_array(arena, (size_t)count * KINDS, sizeof *gather->totals);
}

static int by_number(const void *a, const void *b) {
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

int gather_index(const struct gather *gather, int32_t area) {
    const int32_t *found =
        bsearch(&area, gather->areas, (size_t)gather->count, sizeof *gather->areas, by_number);
    return found ? (int)(found - gather->areas) : -1;
}

/* The total of an area and kind, made at its first use; NULL: not one that was asked for. */
static struct total *total_of(struct gather *gather, struct place place, int kind) {
    int index = gather_index(gather, place.area);
    if (index < 0 || kind < KINDS_OF_ALL) return NULL;
    gather->places[index] = place;
    struct total **total = &gather->totals[index * KINDS + kind];
    if (!*total) *total = total_new(gather->arena, gather->dictionary->width);
    return *total;
}

static bool row_wrong(struct gather *gather, const char *why) {
    gather->wrong = why;
    return false;
}

static struct total *total_of_row(struct gather *gather, const struct db_rows *rows, int row) {
    struct place place = { .area = (int32_t)db_int(rows, row, 0),
                           .state = (int32_t)db_int(rows, row, 1),
                           .district = (int32_t)db_int(rows, row, 2) };
    int kind = kind_index(db_int(rows, row, 3), db_int(rows, row, 4), db_int(rows, row, 5));
    return total_of(gather, place, kind);
}

void peaks_add(struct peaks *peaks, const int32_t *figures, int width) {
    int32_t *restrict largest = peaks->largest, *restrict second = peaks->second;
    for (int i = 0; i < width; i++) {
        int32_t less = figures[i] < largest[i] ? figures[i] : largest[i];
        second[i] = less > second[i] ? less : second[i];
        largest[i] = figures[i] > largest[i] ? figures[i] : largest[i];
    }
}

bool gather_report(const struct db_rows *rows, void *arg) {
    struct gather *gather = arg;
    int32_t cells[CELLS_MAX];
    for (int row = 0; row < db_count(rows); row++) {
        struct total *total = total_of_row(gather, rows, row);
        if (!total) return row_wrong(gather, "a report is of no known kind");
        if (!report_row_cells(rows, row, 6, 7, cells, total->width))
            return row_wrong(gather, "a report has more items than its dictionary");
        total_add_cells(total, cells);
        if (gather->peaks)
            peaks_add(&gather->peaks[gather_index(gather, (int32_t)db_int(rows, row, 0))], cells,
                      total->width);
    }
    return true;
}

static bool add_packed(struct gather *gather, struct total *total, const uint8_t *data,
                       size_t length) {
    if (!total) return row_wrong(gather, "a total is of no known kind");
    if (!total_add_packed(total, data, length))
        return row_wrong(gather, "a stored total is damaged: run `hmis check --rebuild`");
    return true;
}

bool gather_packed(struct gather *gather, struct place place, int kind, const uint8_t *data,
                   size_t length) {
    return add_packed(gather, total_of(gather, place, kind), data, length);
}

bool gather_total(const struct db_rows *rows, void *arg) {
    struct gather *gather = arg;
    for (int row = 0; row < db_count(rows); row++) {
        size_t length;
        const uint8_t *data = db_bytes(rows, row, 6, &length);
        if (!add_packed(gather, total_of_row(gather, rows, row), data, length)) return false;
    }
    return true;
}

/* ---- Rows to be stored. ---------------------------------------------------------------------- */
static int32_t or_null(int32_t area) {
    return area ? area : BLANK;
}

static void add_row(struct rollup_rows *rows, struct place place, int index,
                    const struct total *total) {
    int i = rows->count++;
    struct kind kind = kind_of(index);
    rows->area[i] = place.area;
    rows->state[i] = or_null(place.state);
    rows->district[i] = or_null(place.district);
    rows->block[i] = or_null(place.block);
    rows->type[i] = (int16_t)kind.type;
    rows->ownership[i] = (int16_t)kind.ownership;
    rows->locality[i] = (int16_t)kind.locality;
    rows->reports[i] = total->reports;
    rows->start[i] = (int32_t)rows->packed.length + 1;
    total_pack(total, &rows->packed);
    rows->length[i] = (int32_t)rows->packed.length + 1 - rows->start[i];
}

static void release_buffer(void *buffer) {
    buffer_free(buffer);
}

static struct rollup_rows *rows_new(struct arena *arena, size_t most) {
    struct rollup_rows *rows = arena_alloc(arena, sizeof *rows);
    int32_t **wide[] = { &rows->area,  &rows->state,   &rows->district, &rows->block,
                         &rows->start, &rows->reports, &rows->length };
    int16_t **narrow[] = { &rows->type, &rows->ownership, &rows->locality };
    for (size_t i = 0; i < COUNT(wide); i++)
        *wide[i] = arena_array(arena, most + 1, sizeof **wide[i]);
    for (size_t i = 0; i < COUNT(narrow); i++)
        *narrow[i] = arena_array(arena, most + 1, sizeof **narrow[i]);
    arena_defer(arena, release_buffer, &rows->packed);
    return rows;
}

static void add_types_together(struct gather *gather) {
    for (int i = 0; i < gather->count; i++) {
        struct total **totals = &gather->totals[i * KINDS];
        for (int kind = KINDS_OF_ALL; kind < KINDS; kind++) {
            struct total **all = &totals[kind % KINDS_OF_ALL];
            if (!totals[kind]) continue;
            if (!*all) *all = total_new(gather->arena, gather->dictionary->width);
            total_add(*all, totals[kind]);
        }
    }
}

struct rollup_rows *gather_rows(struct gather *gather, enum level level) {
    if (level > LEVEL_BLOCK) add_types_together(gather);
    size_t most = 0, slots = (size_t)gather->count * KINDS;
    for (size_t i = 0; i < slots; i++)
        most += gather->totals[i] != NULL;
    struct rollup_rows *rows = rows_new(gather->arena, most);
    for (size_t i = 0; i < slots; i++) {
        if (!gather->totals[i]) continue;
        struct place place = gather->places[i / KINDS];
        if (level == LEVEL_BLOCK) place.block = place.area;
        add_row(rows, place, (int)(i % KINDS), gather->totals[i]);
    }
    return rows;
}
