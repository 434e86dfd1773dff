/* Proves the stored totals against the reports, and makes them again. */
#include "rollup_internal.h"

#include "hmis/period.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { REBUILD_TRIES = 10 };

/* What must be stored for an area and kind. */
struct expected {
    struct place place;
    int kind;
    enum level level;
    const uint8_t *packed;
    size_t length;
    bool seen;
};

struct check {
    struct db *db;
    const struct dictionary_set *set;
    rollup_difference_fn *tell;
    void *tell_arg;
    int64_t *compared, *different;
    int32_t nation;
    struct db_rows *queued; /* places that wait for the pass: not compared */
    struct arena *arena;    /* of the whole check */
    /* the month at hand */
    struct arena *month;
    const struct dictionary *dictionary;
    int period;
    struct places waiting; /* areas of all levels that wait */
    struct expected *rows;
    size_t count, capacity;
};

static void tell(struct check *c, const char *format, ...) PRINTF(2, 3);
static void tell(struct check *c, const char *format, ...) {
    va_list args;
    va_start(args, format);
    c->tell(arena_vprintf(c->month, format, args), c->tell_arg);
    va_end(args);
    (*c->different)++;
}

/* ---- What the reports say. ------------------------------------------------------------------- */
static void expect(struct check *c, struct expected row) {
    if (c->count == c->capacity) {
        c->capacity = c->capacity ? c->capacity * 2 : 1024;
        struct expected *rows = arena_array(c->month, c->capacity, sizeof *rows);
        if (c->count) memcpy(rows, c->rows, c->count * sizeof *rows);
        c->rows = rows;
    }
    c->rows[c->count++] = row;
}

static void expect_rows(struct check *c, struct gather *gather, enum level level) {
    const struct rollup_rows *rows = gather_rows(gather, level);
    uint8_t *packed = arena_alloc(c->month, rows->packed.length + 1);
    if (rows->packed.length) memcpy(packed, rows->packed.data, rows->packed.length);
    for (int i = 0; i < rows->count; i++) {
        struct place place = { rows->area[i], rows->state[i], rows->district[i], rows->block[i] };
        expect(c, (struct expected){
                      .place = place,
                      .kind = kind_index(rows->type[i], rows->ownership[i], rows->locality[i]),
                      .level = level,
                      .packed = packed + rows->start[i] - 1,
                      .length = (size_t)rows->length[i] });
    }
}

static bool read_places(struct check *c, const int16_t *forms, struct places *blocks,
                        struct problem *p) {
    struct db_rows *rows;
    if (!db_query(c->db, Q_ROLLUP_REPORT_PLACES,
                  DB_ARGS(DB_INT4(c->period), DB_INT2S(forms, (size_t)c->dictionary->form_count)),
                  c->month, &rows, p))
        return false;
    for (int i = 0; i < db_count(rows); i++) {
        struct place place = { .state = (int32_t)db_int(rows, i, 0),
                               .district = (int32_t)db_int(rows, i, 1),
                               .block = (int32_t)db_int(rows, i, 2) };
        if (i > 0 && place.block == db_int(rows, i - 1, 2))
            tell(c,
                 "%d: reports of block %d lie in more than one district: `hmis check --rebuild` "
                 "places them",
                 c->period, place.block);
        places_add(blocks, c->month, place, LEVEL_BLOCK);
    }
    places_unique(blocks);
    return true;
}

static int chunk(const struct places *places, int from) {
    return places->count - from < GATHER_AREAS ? places->count - from : GATHER_AREAS;
}

static bool expect_blocks(struct check *c, struct problem *p) {
    struct places blocks = { 0 };
    int16_t *forms = dictionary_forms(c->dictionary, c->month);
    if (!read_places(c, forms, &blocks, p)) return false;
    int32_t *areas = places_areas(&blocks, c->month);
    for (int from = 0; from < blocks.count; from += GATHER_AREAS) {
        struct arena *arena = arena_new();
        struct gather gather;
        gather_begin(&gather, c->dictionary, arena, areas + from, chunk(&blocks, from), false);
        bool read = gather_read(c->db, &gather, LEVEL_BLOCK, c->period, forms,
                                (size_t)c->dictionary->form_count, p);
        if (read) expect_rows(c, &gather, LEVEL_BLOCK);
        arena_free(arena);
        if (!read) return false;
    }
    return true;
}

/* The area of `level` that a row of the level below is counted in. */
static struct place above(const struct check *c, struct place place, enum level level) {
    place.area = level == LEVEL_DISTRICT ? place.district
                 : level == LEVEL_STATE  ? place.state
                                         : c->nation;
    place.block = 0;
    if (level > LEVEL_DISTRICT) place.district = 0;
    if (level > LEVEL_STATE) place.state = 0;
    return place;
}

static bool is_below(const struct check *c, const struct expected *row, enum level level) {
    return row->level == level - 1 && row->kind >= KINDS_OF_ALL &&
           above(c, row->place, level).area > 0;
}

static bool expect_chunk(struct check *c, enum level level, const int32_t *areas, int count,
                         size_t below, struct problem *p) {
    struct arena *arena = arena_new();
    struct gather gather;
    gather_begin(&gather, c->dictionary, arena, areas, count, false);
    for (size_t i = 0; i < below && !gather.wrong; i++) {
        const struct expected *row = &c->rows[i];
        struct place place = above(c, row->place, level);
        if (!is_below(c, row, level) || place.area < areas[0] || place.area > areas[count - 1])
            continue;
        if (!gather_packed(&gather, place, row->kind, row->packed, row->length)) break;
    }
    bool right = !gather.wrong || problem_set(p, ERR_INTERNAL, "%s", gather.wrong);
    if (right) expect_rows(c, &gather, level);
    arena_free(arena);
    return right;
}

static bool expect_level(struct check *c, enum level level, struct problem *p) {
    struct places areas = { 0 };
    size_t below = c->count;
    for (size_t i = 0; i < below; i++) {
        struct place place = above(c, c->rows[i].place, level);
        if (!is_below(c, &c->rows[i], level)) continue;
        if (level == LEVEL_NATION) place.state = place.area; /* places_add looks there */
        places_add(&areas, c->month, place, level == LEVEL_NATION ? LEVEL_STATE : level);
    }
    places_unique(&areas);
    const int32_t *ids = places_areas(&areas, c->month);
    for (int from = 0; from < areas.count; from += GATHER_AREAS)
        if (!expect_chunk(c, level, ids + from, chunk(&areas, from), below, p)) return false;
    return true;
}

/* ---- Comparing. ------------------------------------------------------------------------------ */
static int by_area_and_kind(const void *a, const void *b) {
    const struct expected *x = a, *y = b;
    if (x->place.area != y->place.area) return x->place.area < y->place.area ? -1 : 1;
    return (x->kind > y->kind) - (x->kind < y->kind);
}

static bool waits(const struct check *c, int32_t area) {
    for (int i = 0; i < c->waiting.count; i++)
        if (c->waiting.rows[i].area == area) return true;
    return false;
}

static const char *kind_name(struct check *c, int kind) {
    struct kind k = kind_of(kind);
    return arena_printf(
        c->month, "%s %s %s", k.type ? facility_type_code((enum facility_type)k.type) : "all types",
        ownership_name((enum ownership)k.ownership), locality_name((enum locality)k.locality));
}

static const char *where(struct check *c, int32_t area, int kind, const char *name) {
    char period[8];
    period_format(period, c->period);
    return arena_printf(c->month, "%s, area %d (%s), %s", period, area, name ? name : "unknown",
                        kind < 0 ? "unknown kind" : kind_name(c, kind));
}

static void tell_item(struct check *c, const char *at, const struct total *stored,
                      const struct total *right) {
    for (int slot = 0; slot < stored->width; slot++) {
        if (stored->sums[slot] == right->sums[slot] &&
            stored->filled[slot] == right->filled[slot] &&
            stored->zeros[slot] == right->zeros[slot])
            continue;
        const struct item *item = c->dictionary->by_slot[slot];
        tell(c,
             "%s: item %s is stored as %lld from %d filled cells (%d zero), the reports say %lld "
             "from %d (%d)",
             at, item ? item->key : "?", (long long)stored->sums[slot], stored->filled[slot],
             stored->zeros[slot], (long long)right->sums[slot], right->filled[slot],
             right->zeros[slot]);
        return;
    }
    tell(c, "%s: stored for %d reports, there are %d", at, stored->reports, right->reports);
}

static void tell_difference(struct check *c, const char *at, const struct expected *want,
                            const uint8_t *data, size_t length) {
    struct total *stored = total_new(c->month, c->dictionary->width);
    struct total *right = total_new(c->month, c->dictionary->width);
    if (!total_add_packed(stored, data, length) ||
        !total_add_packed(right, want->packed, want->length)) {
        tell(c, "%s: the stored total is damaged", at);
        return;
    }
    tell_item(c, at, stored, right);
}

static int32_t reports_of(const struct check *c, const struct expected *want) {
    struct arena *arena = arena_new();
    struct total *total = total_new(arena, c->dictionary->width);
    int32_t reports = total_add_packed(total, want->packed, want->length) ? total->reports : -1;
    arena_free(arena);
    return reports;
}

static bool same_path(const struct db_rows *rows, int row, const struct expected *want) {
    const int32_t path[] = { want->level, want->place.state, want->place.district,
                             want->place.block };
    for (int i = 0; i < (int)COUNT(path); i++)
        if (db_int(rows, row, 4 + i) != (path[i] == BLANK ? 0 : path[i])) return false;
    return true;
}

static bool compare_row(const struct db_rows *rows, int row, struct check *c) {
    struct expected key = { .place.area = (int32_t)db_int(rows, row, 0),
                            .kind = kind_index(db_int(rows, row, 1), db_int(rows, row, 2),
                                               db_int(rows, row, 3)) };
    if (waits(c, key.place.area)) return true;
    struct expected *want =
        c->count ? bsearch(&key, c->rows, c->count, sizeof *c->rows, by_area_and_kind) : NULL;
    const char *at = where(c, key.place.area, key.kind, db_text(rows, row, 10));
    size_t length;
    const uint8_t *data = db_bytes(rows, row, 9, &length);
    (*c->compared)++;
    if (!want) {
        tell(c, "%s: a total is stored, but nobody has reported", at);
        return true;
    }
    want->seen = true;
    if (length != want->length || memcmp(data, want->packed, length) != 0)
        tell_difference(c, at, want, data, length);
    else if (db_int(rows, row, 8) != reports_of(c, want))
        tell(c, "%s: stored for %d reports, there are %d", at, (int)db_int(rows, row, 8),
             reports_of(c, want));
    else if (!same_path(rows, row, want))
        tell(c, "%s: the total is counted in other areas than its reports", at);
    return true;
}

static bool compare_rows(const struct db_rows *rows, void *arg) {
    for (int row = 0; row < db_count(rows); row++)
        compare_row(rows, row, arg);
    return true;
}

static bool compare_month(struct check *c, struct problem *p) {
    if (c->count) qsort(c->rows, c->count, sizeof *c->rows, by_area_and_kind);
    if (!db_stream(c->db, Q_ROLLUP_STORED, DB_ARGS(DB_INT4(c->period), DB_INT2(c->dictionary->id)),
                   compare_rows, c, p))
        return false;
    for (size_t i = 0; i < c->count; i++) {
        const struct expected *want = &c->rows[i];
        if (want->seen || waits(c, want->place.area)) continue;
        (*c->compared)++;
        tell(c, "%s: there are reports, but no total is stored",
             where(c, want->place.area, want->kind, NULL));
    }
    return true;
}

/* ---- The months. ----------------------------------------------------------------------------- */
static void mark_waiting(struct check *c) {
    c->waiting = (struct places){ 0 };
    for (int i = 0; i < db_count(c->queued); i++) {
        if (db_int(c->queued, i, 0) != c->period || db_int(c->queued, i, 1) != c->dictionary->id)
            continue;
        struct place place = { .state = (int32_t)db_int(c->queued, i, 2),
                               .district = (int32_t)db_int(c->queued, i, 3),
                               .block = (int32_t)db_int(c->queued, i, 4) };
        for (int level = LEVEL_BLOCK; level <= LEVEL_STATE; level++)
            places_add(&c->waiting, c->month, place, (enum level)level);
        if (c->nation)
            places_add(&c->waiting, c->month, (struct place){ .state = c->nation }, LEVEL_STATE);
    }
    places_unique(&c->waiting);
}

static bool check_month(struct check *c, struct problem *p) {
    c->rows = NULL;
    c->count = c->capacity = 0;
    mark_waiting(c);
    if (!expect_blocks(c, p)) return false;
    for (int level = LEVEL_DISTRICT; level <= LEVEL_NATION; level++)
        if (!expect_level(c, (enum level)level, p)) return false;
    return compare_month(c, p);
}

static bool check_months(struct check *c, struct problem *p) {
    struct db_rows *months, *nation;
    if (!db_query(c->db, Q_ROLLUP_NATION, DB_NO_ARGS, c->arena, &nation, p)) return false;
    c->nation = db_count(nation) ? (int32_t)db_int(nation, 0, 0) : 0;
    if (!db_query(c->db, Q_ROLLUP_QUEUE_PLACES, DB_NO_ARGS, c->arena, &c->queued, p)) return false;
    if (!db_query(c->db, Q_ROLLUP_MONTHS, DB_NO_ARGS, c->arena, &months, p)) return false;
    for (int i = 0; i < db_count(months); i++) {
        c->period = (int)db_int(months, i, 0);
        c->dictionary = dictionary_by_id(c->set, (int)db_int(months, i, 1));
        if (!c->dictionary)
            return problem_set(p, ERR_INTERNAL, "Dictionary %d is not loaded",
                               (int)db_int(months, i, 1));
        c->month = arena_new();
        bool right = check_month(c, p);
        arena_free(c->month);
        if (!right) return false;
    }
    return true;
}

static bool check_work(struct db *db, void *arg, struct problem *p) {
    struct check *c = arg;
    c->db = db;
    c->arena = arena_new();
    *c->compared = *c->different = 0;
    bool right = check_months(c, p);
    arena_free(c->arena);
    return right;
}

bool rollup_check(struct db *db, const struct dictionary_set *set, rollup_difference_fn *tell_fn,
                  void *arg, int64_t *compared, int64_t *different, struct problem *p) {
    struct check check = {
        .set = set, .tell = tell_fn, .tell_arg = arg, .compared = compared, .different = different
    };
    return db_transaction(db, &scope_system, DB_READ_SNAPSHOT, check_work, &check, p);
}

/* ---- Making again. --------------------------------------------------------------------------- */
static bool run(struct db *db, enum query_id query, struct problem *p) {
    struct arena *arena = arena_new();
    bool right = db_query(db, query, DB_NO_ARGS, arena, NULL, p);
    arena_free(arena);
    return right;
}

static bool place_reports(struct db *db, struct problem *p) {
    struct arena *arena = arena_new();
    struct db_rows *months;
    bool right = db_query(db, Q_ROLLUP_MONTHS, DB_NO_ARGS, arena, &months, p);
    for (int i = 0, last = 0; right && i < db_count(months); i++) {
        int period = (int)db_int(months, i, 0);
        if (period != last)
            right = db_query(db, Q_ROLLUP_REPLACE,
                             DB_ARGS(DB_INT4(period), DB_INT4(period_last_day(period))), arena,
                             NULL, p);
        last = period;
    }
    arena_free(arena);
    return right;
}

/* In one transaction: readers see the old totals until all the new ones are there. */
static bool rebuild_work(struct db *db, void *arg, struct problem *p) {
    const struct dictionary_set *set = arg;
    static const enum query_id begin[] = { Q_ROLLUP_CLEAR, Q_ROLLUP_REVISE_ALL,
                                           Q_ROLLUP_QUEUE_ALL };
    if (!run(db, Q_ROLLUP_TREE_LOCK, p) || !run(db, Q_ROLLUP_LOCK_WAIT, p) || !place_reports(db, p))
        return false;
    for (size_t i = 0; i < COUNT(begin); i++)
        if (!run(db, begin[i], p)) return false;
    for (enum rollup_marks marks = ROLLUP_TYPED; marks <= ROLLUP_BULK; marks++)
        for (int64_t done = 1; done > 0;) {
            done = 0;
            if (!rollup_step(db, set, marks, ROLLUP_PLACES, &done, p)) return false;
        }
    return true;
}

/* What is written while it works may cross it, again and again where much is written: then it waits
 * for a quieter moment. */
bool rollup_rebuild(struct db *db, const struct dictionary_set *set, struct problem *p) {
    bool done = false;
    for (int try = 0; !done && try < REBUILD_TRIES; try++) {
        if (try > 0) nanosleep(&(struct timespec){ .tv_nsec = 100000000L * try }, NULL);
        *p = (struct problem){ 0 };
        done = db_transaction(db, &scope_system, DB_WRITE_SNAPSHOT, rebuild_work, (void *)set, p);
        if (p->code != ERR_BUSY || p->retry_after > 1) break;
    }
    return done;
}
