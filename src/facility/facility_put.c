#include "facility_put.h"

#include <stdlib.h>
#include <string.h>

#include "hmis/area.h"
#include "hmis/calendar.h"
#include "hmis/period.h"

struct putting {
    struct db *db;
    const struct facility_master *masters;
    size_t count;
    const char *first, *last, *next, *today; /* days: of the month, after it, today */
    int period;
    struct facility_put_result *results;
    struct facility_standing *standings;
    struct facility_home *homes;
    struct facility_case *cases;
    bool holds;   /* nothing is written */
    bool *chosen; /* the last row of its code that is not refused */
    struct arena *arena;
    struct problem *p;
};

static const char *day_text(struct arena *arena, int day) {
    return arena_printf(arena, "%04d-%02d-%02d", day / 10000, day / 100 % 100, day % 100);
}

static const char *today_text(struct arena *arena) {
    return day_text(arena, calendar_today());
}

/* ---- What the register has. ------------------------------------------------------------------ */
enum {
    S_N,
    S_ID,
    S_MINE,
    S_NAME,
    S_TYPE,
    S_OWNERSHIP,
    S_LOCALITY,
    S_OPEN,
    S_STATE,
    S_DISTRICT,
    S_BLOCK,
    S_NIN,
    S_NEWEST,
    S_OPENING,
    S_OPENING_TOLD,
    S_STATE_TODAY,
    S_NAMES,
    S_PLACE,
    S_STATE_NAME,
    S_DISTRICT_TODAY,
    S_OPEN_NEXT,
    S_NEXT_SAID,
    S_NOTIONAL,
    S_KIND_ACT,
    S_STATUS_ACT,
    S_PLACE_ACT,
    S_REPORT_TYPE,
    S_REPORT_OWNERSHIP,
    S_REPORT_LOCALITY,
    S_REPORT_BLOCK,
    S_REPORT_DISTRICT,
    S_REPORT_STATE,
    S_REPORT_PLACE,
    S_TOLD_TYPE,
    S_TOLD_OWNERSHIP,
    S_TOLD_LOCALITY,
    S_TOLD_STATUS,
    S_TOLD_PLACE
};

/* The report of the month, and what acts have told. */
static void standing_report(struct facility_standing *s, const struct db_rows *rows, int i) {
    s->report.type = (enum facility_type)db_int(rows, i, S_REPORT_TYPE);
    s->report.ownership = (enum ownership)db_int(rows, i, S_REPORT_OWNERSHIP);
    s->report.locality = (enum locality)db_int(rows, i, S_REPORT_LOCALITY);
    s->report.block = (int32_t)db_int(rows, i, S_REPORT_BLOCK);
    s->report.district = (int32_t)db_int(rows, i, S_REPORT_DISTRICT);
    s->report.state = (int32_t)db_int(rows, i, S_REPORT_STATE);
    s->report.place = db_text(rows, i, S_REPORT_PLACE);
    s->told_type = db_bool(rows, i, S_TOLD_TYPE);
    s->told_ownership = db_bool(rows, i, S_TOLD_OWNERSHIP);
    s->told_locality = db_bool(rows, i, S_TOLD_LOCALITY);
    s->told_status = db_bool(rows, i, S_TOLD_STATUS);
    s->told_place = db_bool(rows, i, S_TOLD_PLACE);
}

static struct facility_standing standing_of(const struct db_rows *rows, int i) {
    return (struct facility_standing){ .id = (int32_t)db_int(rows, i, S_ID),
                                       .mine = db_bool(rows, i, S_MINE),
                                       .name = db_text(rows, i, S_NAME),
                                       .type = (enum facility_type)db_int(rows, i, S_TYPE),
                                       .ownership = (enum ownership)db_int(rows, i, S_OWNERSHIP),
                                       .locality = (enum locality)db_int(rows, i, S_LOCALITY),
                                       .open = db_bool(rows, i, S_OPEN),
                                       .open_next = db_bool(rows, i, S_OPEN_NEXT),
                                       .next_said = db_bool(rows, i, S_NEXT_SAID),
                                       .state = (int32_t)db_int(rows, i, S_STATE),
                                       .district = (int32_t)db_int(rows, i, S_DISTRICT),
                                       .block = (int32_t)db_int(rows, i, S_BLOCK),
                                       .notional = db_bool(rows, i, S_NOTIONAL),
                                       .state_today = (int32_t)db_int(rows, i, S_STATE_TODAY),
                                       .district_today = (int32_t)db_int(rows, i, S_DISTRICT_TODAY),
                                       .nin = db_text(rows, i, S_NIN),
                                       .opening = db_text(rows, i, S_OPENING),
                                       .opening_told = db_bool(rows, i, S_OPENING_TOLD),
                                       .kind_act = db_text(rows, i, S_KIND_ACT),
                                       .status_act = db_text(rows, i, S_STATUS_ACT),
                                       .place_act = db_text(rows, i, S_PLACE_ACT),
                                       .names = db_text(rows, i, S_NAMES),
                                       .place = db_text(rows, i, S_PLACE),
                                       .state_name = db_text(rows, i, S_STATE_NAME) };
}

static bool standings_read(struct putting *w) {
    const char **codes = arena_array(w->arena, w->count, sizeof *codes);
    for (size_t i = 0; i < w->count; i++)
        codes[i] = w->masters[i].code;
    struct db_rows *rows;
    if ((!w->holds && (!db_query(w->db, Q_FACILITY_TREE, DB_NO_ARGS, w->arena, NULL, w->p) ||
                       !db_query(w->db, Q_FACILITY_LOCK, DB_ARGS(DB_TEXTS(codes, w->count)),
                                 w->arena, NULL, w->p))) ||
        !db_query(w->db, Q_FACILITY_STANDING,
                  DB_ARGS(DB_TEXTS(codes, w->count), DB_TEXT(w->last), DB_INT4(w->period)),
                  w->arena, &rows, w->p))
        return false;
    memset(w->standings, 0, w->count * sizeof *w->standings);
    for (int i = 0; i < db_count(rows); i++) {
        struct facility_standing *s = &w->standings[db_int(rows, i, S_N) - 1];
        *s = standing_of(rows, i);
        standing_report(s, rows, i);
    }
    return true;
}

/* ---- The areas the rows name. ---------------------------------------------------------------- */
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

enum {
    H_N,
    H_STATE,
    H_NAMED,
    H_DISTRICT,
    H_SUBDISTRICT,
    H_BLOCK,
    H_NOTIONAL,
    H_IN_SCOPE,
    H_SEVERAL,
    H_SEVERAL_NAMES,
    H_NAMED_NAME,
    H_BEGUN,
    H_STATE_NAME,
    H_DISTRICT_NAME,
    H_BLOCK_NAME,
    H_OTHER_STATE,
    H_OTHER_DISTRICT,
    H_OTHER_BLOCK,
    H_BLOCK_LIES
};

static struct facility_home home_of(struct putting *w, const struct db_rows *rows, int i) {
    struct facility_home home = { .state = (int32_t)db_int(rows, i, H_STATE),
                                  .named = (int32_t)db_int(rows, i, H_NAMED),
                                  .district = (int32_t)db_int(rows, i, H_DISTRICT),
                                  .subdistrict = (int32_t)db_int(rows, i, H_SUBDISTRICT),
                                  .block = (int32_t)db_int(rows, i, H_BLOCK),
                                  .notional = (int32_t)db_int(rows, i, H_NOTIONAL),
                                  .in_scope = db_bool(rows, i, H_IN_SCOPE),
                                  .several_names = db_text(rows, i, H_SEVERAL_NAMES),
                                  .named_name = db_text(rows, i, H_NAMED_NAME),
                                  .begun = db_text(rows, i, H_BEGUN),
                                  .state_name = db_text(rows, i, H_STATE_NAME),
                                  .district_name = db_text(rows, i, H_DISTRICT_NAME),
                                  .block_name = db_text(rows, i, H_BLOCK_NAME),
                                  .other_state = db_text(rows, i, H_OTHER_STATE),
                                  .other_district = db_text(rows, i, H_OTHER_DISTRICT),
                                  .other_block = db_bool(rows, i, H_OTHER_BLOCK),
                                  .block_lies = db_text(rows, i, H_BLOCK_LIES) };
    if (!db_is_null(rows, i, H_SEVERAL))
        home.several = db_ints(rows, i, H_SEVERAL, w->arena, &home.several_count);
    return home;
}

static bool homes_find(struct putting *w) {
    int32_t *codes[4];
    const char **names[3];
    for (size_t c = 0; c < COUNT(codes); c++)
        codes[c] = arena_array(w->arena, w->count, sizeof(int32_t));
    for (size_t c = 0; c < COUNT(names); c++)
        names[c] = arena_array(w->arena, w->count, sizeof(char *));
    for (size_t i = 0; i < w->count; i++) {
        const struct facility_master *m = &w->masters[i];
        const int32_t given[] = { m->state_code, m->district_code, m->subdistrict_code,
                                  m->block_code };
        const char *const said[] = { m->state_name, m->district_name, m->block_name };
        for (size_t c = 0; c < COUNT(codes); c++)
            codes[c][i] = given[c];
        for (size_t c = 0; c < COUNT(names); c++)
            names[c][i] = area_key(w->arena, said[c]);
    }
    size_t n = w->count;
    struct db_rows *rows;
    if (!db_query(w->db, Q_FACILITY_HOMES,
                  DB_ARGS(DB_INT4S(codes[0], n), DB_TEXTS(names[0], n), DB_INT4S(codes[1], n),
                          DB_TEXTS(names[1], n), DB_INT4S(codes[2], n), DB_INT4S(codes[3], n),
                          DB_TEXTS(names[2], n), DB_TEXT(w->last), DB_TEXT(w->today)),
                  w->arena, &rows, w->p))
        return false;
    memset(w->homes, 0, n * sizeof *w->homes);
    for (int i = 0; i < db_count(rows); i++)
        w->homes[db_int(rows, i, H_N) - 1] = home_of(w, rows, i);
    return true;
}

/* The row names a district, and the facility is known to lie in a block of it: no news. */
static bool keeps_block(const struct putting *w, size_t i) {
    const struct facility_standing *s = &w->standings[i];
    return s->block && !s->notional && !w->homes[i].block && s->district == w->homes[i].district;
}

static bool needs_notional(const struct putting *w, size_t i) {
    const struct facility_home *home = &w->homes[i];
    return w->chosen[i] && w->cases[i].saying.place && !home->block && !home->notional &&
           !keeps_block(w, i);
}

/* The notional blocks that facilities need and their districts lack. */
static bool notional_blocks_make(struct putting *w) {
    bool made = false;
    for (size_t i = 0; i < w->count; i++) {
        int32_t named = w->homes[i].named;
        if (!needs_notional(w, i)) continue;
        if (!db_query(w->db, Q_FACILITY_NOTIONAL_LOCK, DB_ARGS(DB_INT4(named)), w->arena, NULL,
                      w->p) ||
            !db_query(w->db, Q_FACILITY_NOTIONAL_ADD, DB_ARGS(DB_INT4(named)), w->arena, NULL,
                      w->p))
            return false;
        made = true;
        for (size_t j = i; j < w->count; j++)
            if (w->homes[j].named == named) w->homes[j].notional = -1; /* read again below */
    }
    if (!made) return true;
    return db_query(w->db, Q_FACILITY_NOTIONAL_BEFORE, DB_NO_ARGS, w->arena, NULL, w->p) &&
           homes_find(w);
}

/* ---- Judging. -------------------------------------------------------------------------------- */
static bool nin_holders_find(struct putting *w) {
    const char **nins = arena_array(w->arena, w->count, sizeof *nins);
    struct db_rows *rows;
    for (size_t i = 0; i < w->count; i++)
        nins[i] = w->masters[i].nin;
    if (!db_query(w->db, Q_FACILITY_NIN_HOLDERS, DB_ARGS(DB_TEXTS(nins, w->count)), w->arena, &rows,
                  w->p))
        return false;
    for (int r = 0; r < db_count(rows); r++)
        for (size_t i = 0; i < w->count; i++)
            if (nins[i] && text_equal(nins[i], db_text(rows, r, 0)))
                w->cases[i].nin_holder = (int32_t)db_int(rows, r, 1);
    return true;
}

/* Has it ever been called exactly so? */
static bool bears(struct putting *w, const struct facility_standing *s, const char *name) {
    static const char separators[] = { FACILITY_NAMES_SEPARATOR, '\0' };
    char *rest = arena_strdup(w->arena, s->names ? s->names : ""), *had;
    while ((had = strsep(&rest, separators)))
        if (area_name_equal(had, name)) return true;
    return false;
}

/* Only rows that call their facility something new are looked up. */
static bool namesakes_find(struct putting *w) {
    const char **codes = arena_array(w->arena, w->count, sizeof *codes);
    const char **keys = arena_array(w->arena, w->count, sizeof *keys);
    int32_t *districts = arena_array(w->arena, w->count, sizeof *districts);
    size_t *from = arena_array(w->arena, w->count, sizeof *from), n = 0;
    struct db_rows *rows;
    for (size_t i = 0; i < w->count; i++) {
        const struct facility_standing *s = &w->standings[i];
        const char *name = w->masters[i].name;
        if (!s->id || !name || bears(w, s, name)) continue;
        codes[n] = w->masters[i].code;
        keys[n] = area_key(w->arena, name);
        districts[n] = s->district_today;
        from[n++] = i;
    }
    if (n == 0) return true;
    if (!db_query(w->db, Q_FACILITY_NAMESAKES,
                  DB_ARGS(DB_TEXTS(codes, n), DB_TEXTS(keys, n), DB_INT4S(districts, n)), w->arena,
                  &rows, w->p))
        return false;
    for (int r = 0; r < db_count(rows); r++)
        w->cases[from[db_int(rows, r, 0) - 1]].namesake = db_text(rows, r, 1);
    return true;
}

/* Of two new holders of a NIN in one batch the first keeps it. */
static void nin_once(struct putting *w, size_t i) {
    struct facility_case *c = &w->cases[i];
    for (size_t earlier = 0; c->saying.nin && earlier < i; earlier++) {
        const char *other = w->cases[earlier].saying.nin;
        if (!other || !text_equal(other, c->saying.nin) ||
            text_equal(w->masters[earlier].code, c->master->code))
            continue;
        facility_note_add(c, FACILITY_NOT_TAKEN, FC_NIN, NULL, other,
                          arena_printf(w->arena, "this NIN is said of facility %s too",
                                       w->masters[earlier].code));
        c->saying.nin = NULL;
    }
}

static bool judge_all(struct putting *w) {
    struct facility_note *notes =
        arena_array(w->arena, w->count * FACILITY_NOTES_MOST, sizeof *notes);
    for (size_t i = 0; i < w->count; i++)
        w->cases[i] = (struct facility_case){ .master = &w->masters[i],
                                              .standing = &w->standings[i],
                                              .home = &w->homes[i],
                                              .first = w->first,
                                              .next = w->next,
                                              .holds = w->holds,
                                              .result = &w->results[i],
                                              .notes = notes + i * FACILITY_NOTES_MOST,
                                              .arena = w->arena };
    if (!nin_holders_find(w) || !namesakes_find(w)) return false;
    for (size_t i = 0; i < w->count; i++) {
        if (w->holds) {
            facility_judge_held(&w->cases[i]);
            continue;
        }
        facility_judge(&w->cases[i]);
        nin_once(w, i);
    }
    return true;
}

static int compare_codes(const void *a, const void *b, void *arg) {
    const struct putting *w = arg;
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    int order = strcmp(w->masters[x].code, w->masters[y].code);
    return order ? order : x < y ? -1 : 1;
}

/* The last row of each code that is not refused holds. */
static void rows_choose(struct putting *w) {
    size_t *order = arena_array(w->arena, w->count, sizeof *order), kept = 0;
    for (size_t i = 0; i < w->count; i++) {
        w->chosen[i] = false;
        if (w->results[i].change != FACILITY_REFUSED) order[kept++] = i;
    }
    qsort_r(order, kept, sizeof *order, compare_codes, w);
    for (size_t i = 0; i < kept; i++)
        w->chosen[order[i]] =
            i + 1 == kept || strcmp(w->masters[order[i]].code, w->masters[order[i + 1]].code) != 0;
}

/* ---- New ones. ------------------------------------------------------------------------------- */
struct made {
    const char **codes, **names;
    int16_t *kinds[3];
    int32_t *areas[3], *chosen;
};

static struct made made_fill(const struct putting *w) {
    struct made m = { .codes = arena_array(w->arena, w->count, sizeof(char *)),
                      .names = arena_array(w->arena, w->count, sizeof(char *)),
                      .chosen = arena_array(w->arena, w->count, sizeof(int32_t)) };
    for (size_t c = 0; c < COUNT(m.kinds); c++)
        m.kinds[c] = arena_array(w->arena, w->count, sizeof(int16_t));
    for (size_t c = 0; c < COUNT(m.areas); c++)
        m.areas[c] = arena_array(w->arena, w->count, sizeof(int32_t));
    for (size_t i = 0; i < w->count; i++) {
        const struct facility_saying *says = &w->cases[i].saying;
        const struct facility_home *home = &w->homes[i];
        m.codes[i] = w->masters[i].code;
        m.names[i] = says->name;
        m.kinds[0][i] = (int16_t)says->type;
        m.kinds[1][i] = (int16_t)says->ownership;
        m.kinds[2][i] = (int16_t)says->locality;
        m.areas[0][i] = home->state;
        m.areas[1][i] = home->district;
        m.areas[2][i] = home->block ? home->block : home->notional;
        m.chosen[i] = w->chosen[i] && !w->standings[i].id;
    }
    return m;
}

/* The results of all rows that name this code. */
static void made_mark(struct putting *w, const char *code, int32_t id) {
    for (size_t i = 0; i < w->count; i++) {
        struct facility_put_result *result = &w->results[i];
        if (result->change == FACILITY_REFUSED || !text_equal(w->masters[i].code, code)) continue;
        result->change = FACILITY_NEW;
        result->id = id;
    }
}

/* A code that somebody else has made meanwhile is a known one when this is run again. */
static bool taken_look(struct putting *w) {
    const char **codes = arena_array(w->arena, w->count, sizeof *codes);
    size_t n = 0;
    struct db_rows *rows;
    for (size_t i = 0; i < w->count; i++)
        if (!w->results[i].id && w->results[i].change != FACILITY_REFUSED)
            codes[n++] = w->masters[i].code;
    if (n == 0) return true;
    if (!db_query(w->db, Q_FACILITY_TAKEN, DB_ARGS(DB_TEXTS(codes, n)), w->arena, &rows, w->p))
        return false;
    return db_int(rows, 0, 0) == 0 ||
           problem_set(w->p, ERR_EXISTS, "a facility was made in this moment; send it again");
}

static bool make(struct putting *w) {
    struct made m = made_fill(w);
    size_t n = w->count, news = 0;
    struct db_rows *rows;
    for (size_t i = 0; i < n; i++)
        news += m.chosen[i] != 0;
    if (news == 0) return true;
    if (!db_query(w->db, Q_FACILITY_MAKE,
                  DB_ARGS(DB_TEXTS(m.codes, n), DB_TEXTS(m.names, n), DB_INT2S(m.kinds[0], n),
                          DB_INT2S(m.kinds[1], n), DB_INT2S(m.kinds[2], n), DB_INT4S(m.areas[0], n),
                          DB_INT4S(m.areas[1], n), DB_TEXT(w->today), DB_INT4S(m.areas[2], n),
                          DB_INT4S(m.chosen, n)),
                  w->arena, &rows, w->p))
        return false;
    for (int i = 0; i < db_count(rows); i++)
        made_mark(w, db_text(rows, i, 0), (int32_t)db_int(rows, i, 1));
    if (!taken_look(w)) return false;
    for (size_t i = 0; i < n; i++) {
        if (w->results[i].id || w->results[i].change == FACILITY_REFUSED) continue;
        w->results[i] = (struct facility_put_result){ .change = FACILITY_REFUSED,
                                                      .error = ERR_FACILITY_UNKNOWN,
                                                      .column = FC_CODE };
        w->chosen[i] = false;
    }
    return true;
}

/* ---- What is said of the month. -------------------------------------------------------------- */
static bool say_kinds(struct putting *w) {
    int32_t *ids = arena_array(w->arena, w->count, sizeof *ids);
    const char **names = arena_array(w->arena, w->count, sizeof *names);
    int16_t *kinds[3];
    size_t n = 0;
    for (size_t c = 0; c < COUNT(kinds); c++)
        kinds[c] = arena_array(w->arena, w->count, sizeof(int16_t));
    for (size_t i = 0; i < w->count; i++) {
        const struct facility_saying *says = &w->cases[i].saying;
        if (!w->chosen[i]) continue;
        ids[n] = w->results[i].id;
        names[n] = says->name;
        kinds[0][n] = (int16_t)says->type;
        kinds[1][n] = (int16_t)says->ownership;
        kinds[2][n++] = (int16_t)says->locality;
    }
    return n == 0 || db_query(w->db, Q_FACILITY_SAY_KIND,
                              DB_ARGS(DB_INT4S(ids, n), DB_TEXTS(names, n), DB_INT2S(kinds[0], n),
                                      DB_INT2S(kinds[1], n), DB_INT2S(kinds[2], n),
                                      DB_TEXT(w->first), DB_TEXT(w->last)),
                              w->arena, NULL, w->p);
}

static bool say_status(struct putting *w) {
    int32_t *ids = arena_array(w->arena, w->count, sizeof *ids);
    int16_t *states = arena_array(w->arena, w->count, sizeof *states);
    size_t n = 0;
    for (size_t i = 0; i < w->count; i++) {
        if (!w->chosen[i] || !w->cases[i].saying.status) continue;
        ids[n] = w->results[i].id;
        states[n++] = w->cases[i].saying.state;
    }
    return n == 0 || db_query(w->db, Q_FACILITY_SAY_STATUS,
                              DB_ARGS(DB_INT4S(ids, n), DB_INT2S(states, n), DB_TEXT(w->first),
                                      DB_TEXT(w->last)),
                              w->arena, NULL, w->p);
}

static bool say_places(struct putting *w) {
    int32_t *ids = arena_array(w->arena, w->count, sizeof *ids);
    int32_t *blocks = arena_array(w->arena, w->count, sizeof *blocks);
    size_t n = 0;
    for (size_t i = 0; i < w->count; i++) {
        const struct facility_home *home = &w->homes[i];
        const struct facility_standing *s = &w->standings[i];
        if (!w->chosen[i] || !w->cases[i].saying.place) continue;
        int32_t block = home->block ? home->block : home->notional;
        if (keeps_block(w, i)) block = s->block;
        ids[n] = w->results[i].id;
        blocks[n++] = block;
    }
    return n == 0 || db_query(w->db, Q_FACILITY_SAY_PLACE,
                              DB_ARGS(DB_INT4S(ids, n), DB_INT4S(blocks, n), DB_TEXT(w->first),
                                      DB_TEXT(w->last)),
                              w->arena, NULL, w->p);
}

/* ---- The columns that are not dated. --------------------------------------------------------- */
struct columns {
    int32_t *ids, *beds, *subdistricts;
    const char **texts[6], **nins; /* categories, zone, district category, health block, .. */
    int16_t *notional;
    int64_t *hashes;
    size_t count;
};

static struct columns columns_fill(const struct putting *w) {
    struct columns a = { .nins = arena_array(w->arena, w->count, sizeof(char *)),
                         .notional = arena_array(w->arena, w->count, sizeof(int16_t)),
                         .hashes = arena_array(w->arena, w->count, sizeof(int64_t)) };
    int32_t **numbers[] = { &a.ids, &a.beds, &a.subdistricts };
    for (size_t c = 0; c < COUNT(numbers); c++)
        *numbers[c] = arena_array(w->arena, w->count, sizeof(int32_t));
    for (size_t c = 0; c < COUNT(a.texts); c++)
        a.texts[c] = arena_array(w->arena, w->count, sizeof(char *));
    for (size_t i = 0; i < w->count; i++) {
        const struct facility_master *m = &w->masters[i];
        if (!w->chosen[i]) continue;
        const char *const texts[] = { m->categories,   m->zone,         m->district_category,
                                      m->health_block, m->sub_division, m->ulb };
        for (size_t c = 0; c < COUNT(texts); c++)
            a.texts[c][a.count] = texts[c];
        a.ids[a.count] = w->results[i].id;
        a.beds[a.count] = m->beds;
        a.subdistricts[a.count] = w->homes[i].subdistrict ? w->homes[i].subdistrict : BLANK;
        a.nins[a.count] = w->cases[i].saying.nin;
        a.notional[a.count] = m->notional;
        a.hashes[a.count++] = m->hash;
    }
    return a;
}

static void changed_mark(struct putting *w, const struct db_rows *rows) {
    for (int r = 0; r < db_count(rows); r++)
        for (size_t i = 0; i < w->count; i++)
            if (w->results[i].id == db_int(rows, r, 0) && w->results[i].change == FACILITY_SAME)
                w->results[i].change = FACILITY_CHANGED;
}

static bool columns_put(struct putting *w) {
    struct columns a = columns_fill(w);
    size_t n = a.count;
    struct db_rows *rows, *nins;
    if (n == 0) return true;
    if (!db_query(w->db, Q_FACILITY_COLUMNS_PUT,
                  DB_ARGS(DB_INT4S(a.ids, n), DB_TEXTS(a.texts[0], n), DB_INT4S(a.beds, n),
                          DB_INT2S(a.notional, n), DB_TEXTS(a.texts[1], n), DB_TEXTS(a.texts[2], n),
                          DB_TEXTS(a.texts[3], n), DB_TEXTS(a.texts[4], n), DB_TEXTS(a.texts[5], n),
                          DB_INT4S(a.subdistricts, n), DB_INT8S(a.hashes, n), DB_INT4(w->period)),
                  w->arena, &rows, w->p) ||
        !db_query(w->db, Q_FACILITY_NIN_PUT, DB_ARGS(DB_INT4S(a.ids, n), DB_TEXTS(a.nins, n)),
                  w->arena, &nins, w->p))
        return false;
    changed_mark(w, rows);
    changed_mark(w, nins);
    return true;
}

/* ---- The whole. ------------------------------------------------------------------------------ */
static void results_mark(struct putting *w) {
    for (size_t i = 0; i < w->count; i++) {
        struct facility_put_result *result = &w->results[i];
        for (size_t n = 0; n < result->note_count && result->change == FACILITY_SAME; n++)
            if (result->notes[n].kind == FACILITY_TURNED || result->notes[n].kind == FACILITY_MOVED)
                result->change = FACILITY_CHANGED;
    }
}

static struct putting begin(struct db *db, const struct facility_master *masters, size_t count,
                            int period, struct facility_put_result *results, struct arena *arena,
                            struct problem *p) {
    ENSURE(count <= FACILITY_PUT_MOST, "at most FACILITY_PUT_MOST facilities at a time");
    return (struct putting){ .db = db,
                             .masters = masters,
                             .count = count,
                             .first = day_text(arena, period * 100 + 1),
                             .last = day_text(arena, area_tree_day(period)),
                             .next = day_text(arena, period_add(period, 1) * 100 + 1),
                             .today = today_text(arena),
                             .period = period,
                             .results = results,
                             .standings =
                                 arena_array(arena, count, sizeof(struct facility_standing)),
                             .homes = arena_array(arena, count, sizeof(struct facility_home)),
                             .cases = arena_array(arena, count, sizeof(struct facility_case)),
                             .chosen = arena_array(arena, count, sizeof(bool)),
                             .arena = arena,
                             .p = p };
}

/* A file without the state means the facility's own; without the district, none at all. */
static bool homes_hold(struct putting *w) {
    struct facility_master *masters = arena_array(w->arena, w->count, sizeof *masters);
    for (size_t i = 0; i < w->count; i++) {
        masters[i] = w->masters[i];
        bool said = masters[i].state_name || masters[i].state_code != BLANK;
        if (!said) masters[i].state_name = w->standings[i].state_name;
    }
    w->masters = masters;
    if (!homes_find(w)) return false;
    for (size_t i = 0; i < w->count; i++) {
        struct facility_home *home = &w->homes[i];
        if (masters[i].district_name || masters[i].district_code != BLANK) continue;
        *home = (struct facility_home){ .state = home->state,
                                        .state_name = home->state_name,
                                        .other_state = home->other_state };
    }
    return true;
}

bool facility_hold(struct db *db, const struct facility_master *masters, size_t count, int period,
                   struct facility_put_result *results, struct arena *arena, struct problem *p) {
    if (count == 0) return true;
    struct putting w = begin(db, masters, count, period, results, arena, p);
    w.holds = true;
    return standings_read(&w) && homes_hold(&w) && judge_all(&w);
}

bool facility_put(struct db *db, const struct facility_master *masters, size_t count, int period,
                  struct facility_put_result *results, struct arena *arena, struct problem *p) {
    if (count == 0) return true;
    struct putting w = begin(db, masters, count, period, results, arena, p);
    if (!standings_read(&w) || !homes_find(&w) || !judge_all(&w)) return false;
    rows_choose(&w);
    if (!notional_blocks_make(&w) || !make(&w) || !say_kinds(&w) || !say_status(&w) ||
        !say_places(&w) || !columns_put(&w))
        return false;
    results_mark(&w);
    return true;
}
