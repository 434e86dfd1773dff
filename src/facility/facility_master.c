#include "hmis/facility_master.h"

#include <string.h>

#include "hmis/area.h"
#include "hmis/calendar.h"
#include "hmis/period.h"

static const char *day_text(struct arena *arena, int day) {
    return arena_printf(arena, "%04d-%02d-%02d", day / 10000, day / 100 % 100, day % 100);
}

static const char *today_text(struct arena *arena) {
    return day_text(arena, calendar_today());
}

/* ---- Finding. -------------------------------------------------------------------------------- */
bool facility_find(struct db *db, const char *const *codes, size_t count, int period,
                   struct facility_known *known, struct arena *arena, struct problem *p) {
    struct db_rows *rows;
    const char *last_day = day_text(arena, area_tree_day(period));
    if (!db_query(db, Q_FACILITY_FIND, DB_ARGS(DB_TEXTS(codes, count), DB_TEXT(last_day)), arena,
                  &rows, p))
        return false;
    memset(known, 0, count * sizeof *known);
    for (int i = 0; i < db_count(rows); i++) {
        known[db_int(rows, i, 0) - 1] =
            (struct facility_known){ .id = (int32_t)db_int(rows, i, 1),
                                     .type = (enum facility_type)db_int(rows, i, 2),
                                     .ownership = (enum ownership)db_int(rows, i, 3),
                                     .locality = (enum locality)db_int(rows, i, 4),
                                     .open = db_bool(rows, i, 5),
                                     .state_id = (int32_t)db_int(rows, i, 6),
                                     .district_id = (int32_t)db_int(rows, i, 7),
                                     .block_id = (int32_t)db_int(rows, i, 8),
                                     .newest = (int)db_int(rows, i, 9) };
    }
    return true;
}

/* ---- Creating and updating. ------------------------------------------------------------------ */
/* Areas of a row, as ids; 0: not found. */
struct home {
    int32_t state, district, subdistrict, block, notional;
    bool in_scope;
};
struct putting {
    struct db *db;
    const struct facility_master *masters;
    size_t count;
    int period;
    struct facility_put_result *results;
    struct facility_known *known;
    struct home *homes;
    struct arena *arena;
    struct problem *p;
};

static void refuse(struct facility_put_result *result, enum error_code error,
                   enum facility_column column) {
    *result = (struct facility_put_result){ FACILITY_REFUSED, 0, error, column };
}

/* Name without what does not count in a comparison: hmis_area_key of the database. */
static const char *area_key(struct arena *arena, const char *name) {
    char *key = name ? arena_strdup(arena, name) : NULL;
    if (!key) return NULL;
    char *to = key;
    for (const char *at = key; *at; at++) {
        unsigned char c = (unsigned char)*at;
        bool upper = c >= 'A' && c <= 'Z';
        if (upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80)
            *to++ = (char)(upper ? c + 'a' - 'A' : c);
    }
    *to = '\0';
    return key;
}

static bool homes_find(struct putting *w) {
    int32_t *codes[4];
    for (int c = 0; c < 4; c++)
        codes[c] = arena_array(w->arena, w->count, sizeof(int32_t));
    const char **states = arena_array(w->arena, w->count, sizeof *states);
    const char **blocks = arena_array(w->arena, w->count, sizeof *blocks);
    for (size_t i = 0; i < w->count; i++) {
        const struct facility_master *m = &w->masters[i];
        codes[0][i] = m->state_code;
        codes[1][i] = m->district_code;
        codes[2][i] = m->subdistrict_code;
        codes[3][i] = m->block_code;
        states[i] = area_key(w->arena, m->state_name);
        blocks[i] = area_key(w->arena, m->block_name);
    }
    struct db_rows *rows;
    if (!db_query(w->db, Q_FACILITY_AREAS,
                  DB_ARGS(DB_INT4S(codes[0], w->count), DB_TEXTS(states, w->count),
                          DB_INT4S(codes[1], w->count), DB_INT4S(codes[2], w->count),
                          DB_INT4S(codes[3], w->count), DB_TEXTS(blocks, w->count),
                          DB_TEXT(day_text(w->arena, area_tree_day(w->period)))),
                  w->arena, &rows, w->p))
        return false;
    memset(w->homes, 0, w->count * sizeof *w->homes);
    for (int i = 0; i < db_count(rows); i++)
        w->homes[db_int(rows, i, 0) - 1] =
            (struct home){ .state = (int32_t)db_int(rows, i, 1),
                           .district = (int32_t)db_int(rows, i, 2),
                           .subdistrict = (int32_t)db_int(rows, i, 3),
                           .block = (int32_t)db_int(rows, i, 4),
                           .notional = (int32_t)db_int(rows, i, 5),
                           .in_scope = db_bool(rows, i, 6) };
    return true;
}

/* A row that cannot be kept; a later row of the same code holds instead of an earlier one. */
static void rows_refuse(struct putting *w) {
    for (size_t i = 0; i < w->count; i++) {
        const struct home *home = &w->homes[i];
        w->results[i] =
            (struct facility_put_result){ FACILITY_SAME, w->known[i].id, ERR_NONE, FC_SNO };
        if (!home->state)
            refuse(&w->results[i], ERR_AREA_UNKNOWN, FC_STATE);
        else if (!home->district)
            refuse(&w->results[i], ERR_AREA_UNKNOWN, FC_DISTRICT);
        else if (!home->in_scope)
            refuse(&w->results[i], ERR_FACILITY_UNKNOWN, FC_DISTRICT);
    }
}

static bool last_of_code(const struct putting *w, size_t i) {
    for (size_t later = i + 1; later < w->count; later++)
        if (w->results[later].change != FACILITY_REFUSED &&
            text_equal(w->masters[later].code, w->masters[i].code))
            return false;
    return true;
}

static bool to_be_made(const struct putting *w, size_t i) {
    return w->results[i].change != FACILITY_REFUSED && !w->known[i].id;
}

/* A known facility the file places in another district, in no block of it. A block that is named
 * but not one of the district moves nothing: files name an old district for months after a split.
 */
static bool moves_to_district(const struct putting *w, size_t i) {
    const struct facility_known *known = &w->known[i];
    const struct facility_master *m = &w->masters[i];
    return w->results[i].change != FACILITY_REFUSED && known->id && known->newest <= w->period &&
           known->district_id && known->district_id != w->homes[i].district && !m->block_name &&
           m->block_code == BLANK;
}

/* The notional blocks that facilities need and their districts lack. */
static bool notional_blocks_make(struct putting *w) {
    bool made = false;
    for (size_t i = 0; i < w->count; i++) {
        const struct home *home = &w->homes[i];
        if (!to_be_made(w, i) && !moves_to_district(w, i)) continue;
        if (home->block || home->notional) continue;
        if (!db_query(w->db, Q_FACILITY_NOTIONAL_LOCK, DB_ARGS(DB_INT4(home->district)), w->arena,
                      NULL, w->p) ||
            !db_query(w->db, Q_FACILITY_NOTIONAL_ADD, DB_ARGS(DB_INT4(home->district)), w->arena,
                      NULL, w->p))
            return false;
        made = true;
        for (size_t j = i; j < w->count; j++)
            if (w->homes[j].district == home->district && !w->homes[j].notional)
                w->homes[j].notional = -1; /* made: read again below */
    }
    return !made || homes_find(w);
}

/* ---- The master columns as arrays. ----------------------------------------------------------- */
struct arrays {
    const char **texts[9]; /* code, nin, name, categories, zone, category, health block, .. */
    int16_t *kinds[4];     /* type, ownership, locality, notional */
    int32_t *ids[4];       /* state, district, block, sub-district */
    int32_t *beds, *chosen;
    int64_t *hashes;
};

static struct arrays arrays_make(const struct putting *w) {
    struct arrays a;
    for (size_t c = 0; c < COUNT(a.texts); c++)
        a.texts[c] = arena_array(w->arena, w->count, sizeof(char *));
    for (size_t c = 0; c < COUNT(a.kinds); c++)
        a.kinds[c] = arena_array(w->arena, w->count, sizeof(int16_t));
    for (size_t c = 0; c < COUNT(a.ids); c++)
        a.ids[c] = arena_array(w->arena, w->count, sizeof(int32_t));
    a.beds = arena_array(w->arena, w->count, sizeof(int32_t));
    a.chosen = arena_array(w->arena, w->count, sizeof(int32_t));
    a.hashes = arena_array(w->arena, w->count, sizeof(int64_t));
    for (size_t i = 0; i < w->count; i++) {
        const struct facility_master *m = &w->masters[i];
        const struct home *home = &w->homes[i];
        const char *texts[] = { m->code,         m->nin,          m->name,
                                m->categories,   m->zone,         m->district_category,
                                m->health_block, m->sub_division, m->ulb };
        int16_t kinds[] = { (int16_t)m->type, (int16_t)m->ownership, (int16_t)m->locality,
                            m->notional };
        int32_t ids[] = { home->state, home->district, home->block ? home->block : home->notional,
                          home->subdistrict ? home->subdistrict : BLANK };
        for (size_t c = 0; c < COUNT(texts); c++)
            a.texts[c][i] = texts[c];
        for (size_t c = 0; c < COUNT(kinds); c++)
            a.kinds[c][i] = kinds[c];
        for (size_t c = 0; c < COUNT(ids); c++)
            a.ids[c][i] = ids[c];
        a.beds[i] = m->beds;
        a.hashes[i] = m->hash;
    }
    return a;
}

/* The results of all rows that name this code. */
static void mark(struct putting *w, const char *code, enum facility_change change, int32_t id) {
    for (size_t i = 0; i < w->count; i++) {
        struct facility_put_result *result = &w->results[i];
        if (result->change == FACILITY_REFUSED || !text_equal(w->masters[i].code, code)) continue;
        result->change = change;
        result->id = id ? id : result->id;
    }
}

/* ---- New ones. ------------------------------------------------------------------------------- */
static bool insert(struct putting *w, const struct arrays *a) {
    size_t n = w->count;
    struct db_rows *rows;
    for (size_t i = 0; i < n; i++)
        a->chosen[i] = to_be_made(w, i) && last_of_code(w, i);
    if (!db_query(
            w->db, Q_FACILITY_INSERT,
            DB_ARGS(DB_TEXTS(a->texts[0], n), DB_TEXTS(a->texts[1], n), DB_TEXTS(a->texts[2], n),
                    DB_INT2S(a->kinds[0], n), DB_INT2S(a->kinds[1], n), DB_INT2S(a->kinds[2], n),
                    DB_TEXTS(a->texts[3], n), DB_INT4S(a->beds, n), DB_INT2S(a->kinds[3], n),
                    DB_TEXTS(a->texts[4], n), DB_TEXTS(a->texts[5], n), DB_TEXTS(a->texts[6], n),
                    DB_TEXTS(a->texts[7], n), DB_TEXTS(a->texts[8], n), DB_INT4S(a->ids[0], n),
                    DB_INT4S(a->ids[1], n), DB_INT4S(a->ids[2], n), DB_INT4S(a->ids[3], n),
                    DB_INT4S(a->chosen, n), DB_TEXT(today_text(w->arena)), DB_INT8S(a->hashes, n),
                    DB_INT4(w->period)),
            w->arena, &rows, w->p))
        return false;
    for (int i = 0; i < db_count(rows); i++)
        mark(w, db_text(rows, i, 0), FACILITY_NEW, (int32_t)db_int(rows, i, 1));
    for (size_t i = 0; i < n; i++)
        if (to_be_made(w, i) && !w->results[i].id)
            refuse(&w->results[i], ERR_FACILITY_UNKNOWN, FC_CODE);
    return true;
}

/* ---- Known ones. ----------------------------------------------------------------------------- */
/* Brings the columns that are not dated up to date where no newer file has. */
static bool update(struct putting *w, const struct arrays *a) {
    size_t n = w->count;
    struct db_rows *rows;
    for (size_t i = 0; i < n; i++)
        a->chosen[i] = w->results[i].change == FACILITY_SAME && w->known[i].id &&
                       w->known[i].newest <= w->period && last_of_code(w, i);
    if (!db_query(w->db, Q_FACILITY_UPDATE,
                  DB_ARGS(DB_TEXTS(a->texts[0], n), DB_TEXTS(a->texts[1], n),
                          DB_TEXTS(a->texts[3], n), DB_INT4S(a->beds, n), DB_INT2S(a->kinds[3], n),
                          DB_TEXTS(a->texts[4], n), DB_TEXTS(a->texts[5], n),
                          DB_TEXTS(a->texts[6], n), DB_TEXTS(a->texts[7], n),
                          DB_TEXTS(a->texts[8], n), DB_INT4S(a->ids[3], n), DB_INT4S(a->chosen, n),
                          DB_INT8S(a->hashes, n), DB_INT4(w->period)),
                  w->arena, &rows, w->p))
        return false;
    for (int i = 0; i < db_count(rows); i++)
        mark(w, db_text(rows, i, 0), FACILITY_CHANGED, 0);
    return true;
}

/* ---- What the file says of the month, as observations. --------------------------------------- */
struct observed { /* of the rows that hold, each facility once */
    int32_t *ids, *status_ids, *ending, *place_ids, *blocks;
    const char **names;
    int16_t *kinds[3], *open; /* type, ownership, locality */
    size_t count, statuses, endings, places;
};

static struct observed observed_new(const struct putting *w) {
    struct observed o = { .names = arena_array(w->arena, w->count, sizeof(char *)),
                          .open = arena_array(w->arena, w->count, sizeof(int16_t)) };
    int32_t **wide[] = { &o.ids, &o.status_ids, &o.ending, &o.place_ids, &o.blocks };
    for (size_t c = 0; c < COUNT(wide); c++)
        *wide[c] = arena_array(w->arena, w->count, sizeof(int32_t));
    for (size_t c = 0; c < COUNT(o.kinds); c++)
        o.kinds[c] = arena_array(w->arena, w->count, sizeof(int16_t));
    return o;
}

/* "Closed" in a row with figures: it was open in that month and is closed from the next one on. */
static void observe(const struct putting *w, size_t i, struct observed *o) {
    const struct facility_master *m = &w->masters[i];
    int32_t id = w->results[i].id;
    int32_t block = w->homes[i].block;
    if (!block && (w->results[i].change == FACILITY_NEW || moves_to_district(w, i)))
        block = w->homes[i].notional;
    int16_t kind[] = { (int16_t)m->type, (int16_t)m->ownership, (int16_t)m->locality };
    for (size_t c = 0; c < COUNT(kind); c++)
        o->kinds[c][o->count] = kind[c];
    o->names[o->count] = m->name;
    o->ids[o->count++] = id;
    o->open[o->statuses] = !m->closed || m->worked;
    o->status_ids[o->statuses++] = id;
    if (m->closed && m->worked) o->ending[o->endings++] = id;
    if (!block) return;
    o->blocks[o->places] = block;
    o->place_ids[o->places++] = id;
}

static void mark_changed(struct putting *w, const struct db_rows *rows) {
    for (int row = 0; row < db_count(rows); row++)
        for (size_t i = 0; i < w->count; i++)
            if (w->results[i].id == db_int(rows, row, 0) && w->results[i].change == FACILITY_SAME)
                w->results[i].change = FACILITY_CHANGED;
}

static bool observe_places(struct putting *w, struct observed *o, const char *first,
                           const char *last) {
    struct db_rows *rows;
    if (!db_query(w->db, Q_FACILITY_PLACES,
                  DB_ARGS(DB_INT4S(o->place_ids, o->places), DB_INT4S(o->blocks, o->places),
                          DB_TEXT(today_text(w->arena))),
                  w->arena, &rows, w->p))
        return false;
    o->places = (size_t)db_count(rows);
    for (size_t i = 0; i < o->places; i++) {
        o->place_ids[i] = (int32_t)db_int(rows, (int)i, 0);
        o->blocks[i] = (int32_t)db_int(rows, (int)i, 1);
    }
    if (!db_query(w->db, Q_FACILITY_PLACE,
                  DB_ARGS(DB_INT4S(o->place_ids, o->places), DB_INT4S(o->blocks, o->places),
                          DB_TEXT(first), DB_TEXT(last)),
                  w->arena, &rows, w->p))
        return false;
    mark_changed(w, rows);
    return true;
}

static bool observe_all(struct putting *w) {
    struct observed o = observed_new(w);
    for (size_t i = 0; i < w->count; i++)
        if (w->results[i].change != FACILITY_REFUSED && last_of_code(w, i)) observe(w, i, &o);
    if (o.count == 0) return true;
    const char *first = day_text(w->arena, w->period * 100 + 1);
    const char *last = day_text(w->arena, area_tree_day(w->period));
    const char *next = day_text(w->arena, period_add(w->period, 1) * 100 + 1);
    struct db_rows *rows;
    if (!db_query(w->db, Q_FACILITY_OBSERVE,
                  DB_ARGS(DB_INT4S(o.ids, o.count), DB_TEXTS(o.names, o.count),
                          DB_INT2S(o.kinds[0], o.count), DB_INT2S(o.kinds[1], o.count),
                          DB_INT2S(o.kinds[2], o.count), DB_TEXT(first), DB_TEXT(last),
                          DB_INT4S(o.status_ids, o.statuses), DB_INT2S(o.open, o.statuses),
                          DB_INT4S(o.ending, o.endings), DB_TEXT(next)),
                  w->arena, &rows, w->p))
        return false;
    mark_changed(w, rows);
    return observe_places(w, &o, first, last);
}

bool facility_put(struct db *db, const struct facility_master *masters, size_t count, int period,
                  struct facility_put_result *results, struct arena *arena, struct problem *p) {
    ENSURE(count <= FACILITY_PUT_MOST, "at most FACILITY_PUT_MOST facilities at a time");
    struct putting w = { .db = db,
                         .masters = masters,
                         .count = count,
                         .period = period,
                         .results = results,
                         .known = arena_array(arena, count + 1, sizeof(struct facility_known)),
                         .homes = arena_array(arena, count + 1, sizeof(struct home)),
                         .arena = arena,
                         .p = p };
    const char **codes = arena_array(arena, count + 1, sizeof *codes);
    for (size_t i = 0; i < count; i++)
        codes[i] = masters[i].code;
    if (count == 0) return true;
    if (!facility_find(db, codes, count, period, w.known, arena, p) || !homes_find(&w))
        return false;
    rows_refuse(&w);
    if (!notional_blocks_make(&w)) return false;
    struct arrays arrays = arrays_make(&w);
    return update(&w, &arrays) && insert(&w, &arrays) && observe_all(&w);
}
