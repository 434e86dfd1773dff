#include "hmis/area.h"

/* The geography as parallel arrays: what the queries of area.sql take. */
struct load {
    const struct geography *geography;
    struct arena *arena;
    const char **levels, **names;
    int32_t *codes;
    int16_t *notional;
    int32_t *ids;
    int32_t *changed; /* areas whose membership is another one now */
    size_t changed_count;
    struct area_load_result *result;
};

static void load_fill(struct load *load) {
    const struct geography *g = load->geography;
    size_t count = (size_t)g->area_count;
    load->levels = arena_array(load->arena, count, sizeof *load->levels);
    load->names = arena_array(load->arena, count, sizeof *load->names);
    load->codes = arena_array(load->arena, count, sizeof *load->codes);
    load->notional = arena_array(load->arena, count, sizeof *load->notional);
    load->ids = arena_array(load->arena, count, sizeof *load->ids);
    for (int i = 0; i < g->area_count; i++) {
        load->levels[i] = area_level_name(g->areas[i].level);
        load->names[i] = g->areas[i].name;
        load->codes[i] = g->areas[i].code ? g->areas[i].code : BLANK;
        load->notional[i] = g->areas[i].notional;
    }
}

static bool put_areas(struct db *db, struct load *load, struct problem *p) {
    size_t n = (size_t)load->geography->area_count;
    struct db_rows *rows;
    if (!db_query(
            db, Q_AREA_LOAD_CODED,
            DB_ARGS(DB_TEXTS(load->levels, n), DB_INT4S(load->codes, n), DB_TEXTS(load->names, n)),
            load->arena, NULL, p) ||
        !db_query(db, Q_AREA_LOAD_UNCODED,
                  DB_ARGS(DB_TEXTS(load->levels, n), DB_INT4S(load->codes, n),
                          DB_TEXTS(load->names, n), DB_INT2S(load->notional, n)),
                  load->arena, NULL, p) ||
        !db_query(
            db, Q_AREA_LOAD_IDS,
            DB_ARGS(DB_TEXTS(load->levels, n), DB_INT4S(load->codes, n), DB_TEXTS(load->names, n)),
            load->arena, &rows, p))
        return false;
    if ((size_t)db_count(rows) != n)
        return problem_set(p, ERR_INTERNAL, "two areas without a code bear the same name");
    for (int i = 0; i < db_count(rows); i++)
        load->ids[i] = (int32_t)db_int(rows, i, 1);
    return true;
}

static const char *day_text(struct arena *arena, int day) {
    if (day == DAY_NEVER) return NULL;
    return arena_printf(arena, "%04d-%02d-%02d", day / 10000, day / 100 % 100, day % 100);
}

static bool changed_add(struct load *load, const struct db_rows *rows) {
    for (int i = 0; i < db_count(rows); i++)
        load->changed[load->changed_count++] = (int32_t)db_int(rows, i, 0);
    return true;
}

static bool put_members(struct db *db, struct load *load, struct problem *p) {
    const struct geography *g = load->geography;
    size_t n = (size_t)g->membership_count;
    int32_t *areas = arena_array(load->arena, n, sizeof *areas);
    int32_t *parents = arena_array(load->arena, n, sizeof *parents);
    const char **from = arena_array(load->arena, n, sizeof *from);
    const char **to = arena_array(load->arena, n, sizeof *to);
    for (size_t i = 0; i < n; i++) {
        areas[i] = load->ids[g->memberships[i].area];
        parents[i] = load->ids[g->memberships[i].parent];
        from[i] = day_text(load->arena, g->memberships[i].from);
        to[i] = day_text(load->arena, g->memberships[i].to);
    }
    struct db_rows *removed, *put;
    if (!db_query(db, Q_AREA_LOAD_MEMBER_REMOVE, DB_ARGS(DB_INT4S(areas, n), DB_TEXTS(from, n)),
                  load->arena, &removed, p) ||
        !db_query(
            db, Q_AREA_LOAD_MEMBER_PUT,
            DB_ARGS(DB_INT4S(areas, n), DB_INT4S(parents, n), DB_TEXTS(from, n), DB_TEXTS(to, n)),
            load->arena, &put, p))
        return false;
    size_t most = (size_t)db_count(removed) + (size_t)db_count(put) + 1;
    load->changed = arena_array(load->arena, most, sizeof *load->changed);
    load->changed_count = 0;
    return changed_add(load, removed) && changed_add(load, put);
}

static bool put_successors(struct db *db, const struct load *load, struct problem *p) {
    const struct geography *g = load->geography;
    size_t n = (size_t)g->succession_count;
    int32_t *areas = arena_array(load->arena, n + 1, sizeof *areas);
    int32_t *predecessors = arena_array(load->arena, n + 1, sizeof *predecessors);
    const char **from = arena_array(load->arena, n + 1, sizeof *from);
    for (size_t i = 0; i < n; i++) {
        areas[i] = load->ids[g->successions[i].area];
        predecessors[i] = load->ids[g->successions[i].predecessor];
        from[i] = day_text(load->arena, g->successions[i].from);
    }
    return db_query(db, Q_AREA_LOAD_SUCCESSORS,
                    DB_ARGS(DB_INT4S(areas, n), DB_INT4S(predecessors, n), DB_TEXTS(from, n)),
                    load->arena, NULL, p) &&
           db_query(db, Q_AREA_LOAD_NOTIONAL_BEGIN, DB_NO_ARGS, load->arena, NULL, p) &&
           db_query(db, Q_FACILITY_NOTIONAL_BEFORE, DB_NO_ARGS, load->arena, NULL, p);
}

/* Reports of old months follow the tree. */
static bool place_reports(struct db *db, struct load *load, struct problem *p) {
    struct area_load_result *result = load->result;
    struct db_rows *rows;
    if (!db_query(db, Q_AREA_LOAD_REPORTS, DB_ARGS(DB_INT4S(load->changed, load->changed_count)),
                  load->arena, &rows, p))
        return false;
    *result = (struct area_load_result){ .moved = (int64_t)load->changed_count,
                                         .reports = db_int(rows, 0, 0),
                                         .totals = db_int(rows, 0, 1),
                                         .first_period = (int)db_int(rows, 0, 2),
                                         .last_period = (int)db_int(rows, 0, 3) };
    return true;
}

static bool put_names(struct db *db, const struct load *load, struct problem *p) {
    const struct geography *g = load->geography;
    size_t n = (size_t)g->name_count;
    int32_t *areas = arena_array(load->arena, n, sizeof *areas);
    const char **languages = arena_array(load->arena, n, sizeof *languages);
    const char **names = arena_array(load->arena, n, sizeof *names);
    for (size_t i = 0; i < n; i++) {
        areas[i] = load->ids[g->names[i].area];
        languages[i] = g->names[i].language;
        names[i] = g->names[i].name;
    }
    return db_query(db, Q_AREA_LOAD_NAMES,
                    DB_ARGS(DB_INT4S(areas, n), DB_TEXTS(languages, n), DB_TEXTS(names, n)),
                    load->arena, NULL, p);
}

static bool load_all(struct db *db, void *arg, struct problem *p) {
    struct load *load = arg;
    return db_query(db, Q_AREA_LOAD_LOCK, DB_NO_ARGS, load->arena, NULL, p) &&
           put_areas(db, load, p) && put_members(db, load, p) && put_successors(db, load, p) &&
           put_names(db, load, p) && place_reports(db, load, p) &&
           db_query(db, Q_AREA_LOAD_FACILITIES, DB_NO_ARGS, load->arena, NULL, p) &&
           db_query(db, Q_AREA_LOAD_ANALYZE, DB_NO_ARGS, load->arena, NULL, p);
}

bool area_load_told(struct db *db, const char *directory, struct area_load_result *result,
                    struct problem *p) {
    struct arena *arena = arena_new();
    struct geography geography;
    struct load load = { .geography = &geography, .arena = arena, .result = result };
    bool done = geography_read(&geography, directory, arena, p);
    if (done) {
        load_fill(&load);
        done = db_transaction(db, &scope_system, DB_WRITE, load_all, &load, p);
    }
    arena_free(arena);
    return done;
}

bool area_load(struct db *db, const char *directory, struct problem *p) {
    struct area_load_result unused;
    return area_load_told(db, directory, &unused, p);
}
