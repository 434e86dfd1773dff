/* One pass: what is queued, block by block from the reports, then upwards, in one snapshot. */
#include "gather.h"

#include "hmis/log.h"

#include <stdlib.h>
#include <string.h>

#include "peaks.h"
#include "rollup_internal.h"

/* What one pass has marked in one month: the areas of each level, filled from below. */
struct month {
    struct db *db;
    struct arena *arena;
    const struct dictionary *dictionary;
    int period;
    int32_t nation; /* 0: none is loaded */
    int16_t *forms;
    size_t form_count;
    struct places dirty[SCOPE__MAX]; /* by level */
};

/* ---- Adding one level. ----------------------------------------------------------------------- */
static const enum query_id sources[SCOPE__MAX] = {
    [LEVEL_BLOCK] = Q_ROLLUP_REPORTS,
    [LEVEL_DISTRICT] = Q_ROLLUP_BELOW_DISTRICT,
    [LEVEL_STATE] = Q_ROLLUP_BELOW_STATE,
    [LEVEL_NATION] = Q_ROLLUP_BELOW_NATION,
};

bool gather_read(struct db *db, struct gather *gather, enum level level, int period,
                 const int16_t *forms, size_t form_count, struct problem *p) {
    const struct db_param of =
        level == LEVEL_BLOCK ? DB_INT2S(forms, form_count) : DB_INT2(gather->dictionary->id);
    struct db_param params[] = { DB_INT4(period), of,
                                 DB_INT4S(gather->areas, (size_t)gather->count) };
    if (!db_stream(db, sources[level], params, COUNT(params),
                   level == LEVEL_BLOCK ? gather_report : gather_total, gather, p))
        return false;
    if (gather->wrong)
        return problem_set(p, ERR_INTERNAL, "The totals of %d cannot be added: %s", period,
                           gather->wrong);
    return true;
}

static bool put(struct month *m, struct arena *arena, struct gather *gather, enum level level,
                struct problem *p) {
    const struct rollup_rows *r = gather_rows(gather, level);
    size_t n = (size_t)r->count;
    return db_query(m->db, Q_ROLLUP_PUT,
                    DB_ARGS(DB_INT4(m->period), DB_INT2(m->dictionary->id), DB_INT2(level),
                            DB_INT4S(gather->areas, (size_t)gather->count), DB_INT4S(r->area, n),
                            DB_INT2S(r->type, n), DB_INT2S(r->ownership, n),
                            DB_INT2S(r->locality, n), DB_INT4S(r->state, n),
                            DB_INT4S(r->district, n), DB_INT4S(r->block, n),
                            DB_INT4S(r->reports, n), DB_INT4S(r->start, n), DB_INT4S(r->length, n),
                            DB_BYTES(r->packed.data, r->packed.length)),
                    arena, NULL, p);
}

/* An area that was counted elsewhere until now is missing there: that is to be added again too. */
static bool mark_before(struct month *m, struct arena *arena, const int32_t *areas, int count,
                        enum level level, struct problem *p) {
    struct db_rows *rows;
    if (!db_query(
            m->db, Q_ROLLUP_PLACES_BEFORE,
            DB_ARGS(DB_INT4(m->period), DB_INT2(m->dictionary->id), DB_INT4S(areas, (size_t)count)),
            arena, &rows, p))
        return false;
    for (int i = 0; i < db_count(rows); i++) {
        struct place place = { .state = (int32_t)db_int(rows, i, 1),
                               .district = (int32_t)db_int(rows, i, 2) };
        places_add(&m->dirty[level + 1], m->arena, place, level + 1);
    }
    return true;
}

/* Adds areas dirty[level][from .. from + count) again and marks what they lie in. */
static bool add_areas(struct month *m, struct arena *arena, enum level level, int from, int count,
                      struct problem *p) {
    struct place *dirty = m->dirty[level].rows + from;
    int32_t areas[GATHER_AREAS];
    for (int i = 0; i < count; i++)
        areas[i] = dirty[i].area;
    struct gather gather;
    gather_begin(&gather, m->dictionary, arena, areas, count, true);
    if (level < LEVEL_STATE && !mark_before(m, arena, areas, count, level, p)) return false;
    if (!gather_read(m->db, &gather, level, m->period, m->forms, m->form_count, p) ||
        (level > LEVEL_BLOCK && !peaks_read(m->db, &gather, level, m->period, p)))
        return false;
    for (int i = 0; i < count; i++) {
        if (gather.places[i].area) {
            dirty[i].state = gather.places[i].state;
            dirty[i].district = gather.places[i].district;
        }
        if (level < LEVEL_STATE) places_add(&m->dirty[level + 1], m->arena, dirty[i], level + 1);
    }
    return put(m, arena, &gather, level, p) && peaks_put(m->db, &gather, level, m->period, p);
}

static bool add_level(struct month *m, enum level level, struct problem *p) {
    struct places *dirty = &m->dirty[level];
    if (level < LEVEL_STATE)
        for (int i = 0; i < dirty->count; i++)
            places_add(&m->dirty[level + 1], m->arena, dirty->rows[i], level + 1);
    places_unique(dirty);
    for (int from = 0; from < dirty->count; from += GATHER_AREAS) {
        int count = dirty->count - from < GATHER_AREAS ? dirty->count - from : GATHER_AREAS;
        struct arena *arena = arena_new();
        bool added = add_areas(m, arena, level, from, count, p);
        arena_free(arena);
        if (!added) return false;
    }
    return true;
}

/* ---- What goes with a month. ----------------------------------------------------------------- */
static bool revise(struct month *m, struct problem *p) {
    size_t n = 0, most = 0;
    for (int level = LEVEL_BLOCK; level <= LEVEL_NATION; level++)
        most += (size_t)m->dirty[level].count;
    int32_t *columns[4];
    for (size_t i = 0; i < COUNT(columns); i++)
        columns[i] = arena_array(m->arena, most + 1, sizeof *columns[i]);
    for (int level = LEVEL_BLOCK; level <= LEVEL_NATION; level++)
        for (int i = 0; i < m->dirty[level].count; i++, n++) {
            const struct place *place = &m->dirty[level].rows[i];
            const int32_t path[] = { place->area, place->state, place->district, place->block };
            for (size_t k = 0; k < COUNT(columns); k++)
                columns[k][n] = path[k] ? path[k] : BLANK;
        }
    return db_query(m->db, Q_ROLLUP_REVISE,
                    DB_ARGS(DB_INT4(m->period), DB_INT2(m->dictionary->id), DB_INT4S(columns[0], n),
                            DB_INT4S(columns[1], n), DB_INT4S(columns[2], n),
                            DB_INT4S(columns[3], n)),
                    m->arena, NULL, p);
}

int16_t *dictionary_forms(const struct dictionary *dictionary, struct arena *arena) {
    int16_t *forms = arena_array(arena, (size_t)dictionary->form_count + 1, sizeof *forms);
    for (int i = 0; i < dictionary->form_count; i++)
        forms[i] = (int16_t)dictionary->forms[i].id;
    return forms;
}

static bool add_month(struct month *m, struct problem *p) {
    m->forms = dictionary_forms(m->dictionary, m->arena);
    m->form_count = (size_t)m->dictionary->form_count;
    if (m->nation) {
        struct places *top = &m->dirty[LEVEL_NATION];
        top->rows = arena_alloc(m->arena, sizeof *top->rows);
        top->rows[0].area = m->nation;
        top->count = 1;
    }
    for (int level = LEVEL_BLOCK; level <= LEVEL_NATION; level++)
        if (!add_level(m, (enum level)level, p)) return false;
    return revise(m, p) && (!m->nation || peaks_settle(m->db, m->dictionary, p));
}

/* ---- The queue. ------------------------------------------------------------------------------ */
/* Places read from the queue, column by column, as they are deleted from it again. */
struct marks {
    size_t count;
    int32_t *period, *state, *district, *block;
    int16_t *dictionary;
};

static bool read_marks(struct db *db, struct arena *arena, const struct dictionary_set *set,
                       enum rollup_marks kind, int places, struct marks *marks, struct problem *p) {
    static const enum query_id queries[] = {
        [ROLLUP_TYPED] = Q_ROLLUP_QUEUE_READ, [ROLLUP_BULK] = Q_ROLLUP_QUEUE_READ_BULK
    };
    int16_t *known = arena_array(arena, (size_t)set->count + 1, sizeof *known);
    for (int i = 0; i < set->count; i++)
        known[i] = (int16_t)set->dictionaries[i]->id;
    struct db_rows *rows;
    if (!db_query(db, queries[kind], DB_ARGS(DB_INT4(places), DB_INT2S(known, (size_t)set->count)),
                  arena, &rows, p))
        return false;
    size_t n = marks->count = (size_t)db_count(rows);
    int32_t **wide[] = { &marks->period, &marks->state, &marks->district, &marks->block };
    for (size_t i = 0; i < COUNT(wide); i++)
        *wide[i] = arena_array(arena, n + 1, sizeof **wide[i]);
    marks->dictionary = arena_array(arena, n + 1, sizeof *marks->dictionary);
    for (int i = 0; i < (int)n; i++) {
        marks->period[i] = (int32_t)db_int(rows, i, 0);
        marks->dictionary[i] = (int16_t)db_int(rows, i, 1);
        marks->state[i] = (int32_t)db_int(rows, i, 2);
        marks->district[i] = (int32_t)db_int(rows, i, 3);
        marks->block[i] = (int32_t)db_int(rows, i, 4);
    }
    return true;
}

static bool delete_marks(struct db *db, struct arena *arena, const struct marks *marks, size_t from,
                         size_t count, int64_t *done, struct problem *p) {
    struct db_rows *rows;
    if (!db_query(
            db, Q_ROLLUP_QUEUE_DELETE,
            DB_ARGS(DB_INT4S(marks->period + from, count),
                    DB_INT2S(marks->dictionary + from, count), DB_INT4S(marks->state + from, count),
                    DB_INT4S(marks->district + from, count), DB_INT4S(marks->block + from, count)),
            arena, &rows, p))
        return false;
    *done += db_affected(rows);
    return true;
}

/* Marks [from, result) are of one dictionary and month. */
static size_t month_end(const struct marks *marks, size_t from) {
    size_t to = from;
    while (to < marks->count && marks->period[to] == marks->period[from] &&
           marks->dictionary[to] == marks->dictionary[from])
        to++;
    return to;
}

static bool add_marks(struct db *db, const struct dictionary *dictionary, int32_t nation,
                      const struct marks *marks, size_t from, size_t to, struct problem *p) {
    struct month m = { .db = db,
                       .arena = arena_new(),
                       .dictionary = dictionary,
                       .period = marks->period[from],
                       .nation = nation };
    for (size_t i = from; i < to; i++) {
        struct place place = { .state = marks->state[i],
                               .district = marks->district[i],
                               .block = marks->block[i] };
        places_add(&m.dirty[LEVEL_BLOCK], m.arena, place, LEVEL_BLOCK);
    }
    bool added = add_month(&m, p);
    arena_free(m.arena);
    return added;
}

static bool read_nation(struct db *db, struct arena *arena, int32_t *nation, struct problem *p) {
    struct db_rows *rows;
    if (!db_query(db, Q_ROLLUP_NATION, DB_NO_ARGS, arena, &rows, p)) return false;
    *nation = db_count(rows) ? (int32_t)db_int(rows, 0, 0) : 0;
    return true;
}

static bool step(struct db *db, const struct dictionary_set *set, enum rollup_marks kind,
                 int places, struct arena *arena, int64_t *done, struct problem *p) {
    struct marks marks;
    int32_t nation;
    if (!read_marks(db, arena, set, kind, places, &marks, p)) return false;
    if (marks.count == 0) return true;
    if (!read_nation(db, arena, &nation, p)) return false;
    for (size_t from = 0, to; from < marks.count; from = to) {
        to = month_end(&marks, from);
        const struct dictionary *dictionary = dictionary_by_id(set, marks.dictionary[from]);
        if (!add_marks(db, dictionary, nation, &marks, from, to, p)) return false;
        if (!delete_marks(db, arena, &marks, from, to - from, done, p)) return false;
    }
    return true;
}

bool rollup_step(struct db *db, const struct dictionary_set *set, enum rollup_marks marks,
                 int places, int64_t *done, struct problem *p) {
    struct arena *arena = arena_new();
    bool stepped = step(db, set, marks, places, arena, done, p);
    arena_free(arena);
    return stepped;
}

/* ---- A pass in its own transaction. ---------------------------------------------------------- */
struct batch {
    const struct dictionary_set *set;
    enum rollup_marks marks;
    int places;
    int64_t done;
};

static bool batch_work(struct db *db, void *arg, struct problem *p) {
    struct batch *batch = arg;
    batch->done = 0;
    struct arena *arena = arena_new();
    struct db_rows *rows;
    bool right = db_query(db, Q_ROLLUP_LOCK, DB_NO_ARGS, arena, &rows, p);
    bool locked = right && db_count(rows) == 1;
    arena_free(arena);
    return locked ? rollup_step(db, batch->set, batch->marks, batch->places, &batch->done, p)
                  : right;
}

bool rollup_some(struct db *db, const struct dictionary_set *set, enum rollup_marks marks,
                 int places, int64_t *done, struct problem *p) {
    struct batch batch = { .set = set, .marks = marks, .places = places };
    *done = 0;
    if (!db_transaction(db, &scope_system, DB_WRITE_SNAPSHOT, batch_work, &batch, p)) return false;
    *done = batch.done;
    return true;
}

bool rollup_pass(struct db *db, const struct dictionary_set *set, int64_t *done,
                 struct problem *p) {
    *done = 0;
    for (enum rollup_marks marks = ROLLUP_TYPED; marks <= ROLLUP_BULK; marks++)
        for (int64_t now = 1; now > 0; *done += now)
            if (!rollup_some(db, set, marks, ROLLUP_PLACES, &now, p)) return false;
    return true;
}
