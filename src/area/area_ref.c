#include "hmis/area_ref.h"

#include "hmis/period.h"

#include <stdio.h>
#include <string.h>

static const char *const levels[SCOPE__MAX] = {
    [SCOPE_BLOCK] = "block",
    [SCOPE_DISTRICT] = "district",
    [SCOPE_STATE] = "state",
    [SCOPE_NATION] = "nation",
};

static enum scope_level level_parse(const char *name) {
    for (int level = SCOPE_BLOCK; level <= SCOPE_NATION; level++)
        if (text_equal(levels[level], name)) return (enum scope_level)level;
    return SCOPE_NOTHING;
}

const char *area_level_below(enum scope_level level) {
    return level > SCOPE_BLOCK && level <= SCOPE_NATION ? levels[level - 1] : NULL;
}

struct area_filter area_ref_filter(const struct area_ref *area) {
    struct area_filter filter = { 0 };
    int32_t *of[SCOPE__MAX] = { [SCOPE_FACILITY] = &filter.facility,
                                [SCOPE_BLOCK] = &filter.block,
                                [SCOPE_DISTRICT] = &filter.district,
                                [SCOPE_STATE] = &filter.state };
    if (of[area->level]) *of[area->level] = area->id;
    return filter;
}

/* id is what `area=` takes: a number, of a facility "facility-" and its code. */
void area_ref_write_members(const struct area_ref *area, struct json_out *out) {
    if (area->level == SCOPE_FACILITY) {
        char id[64];
        snprintf(id, sizeof id, "facility-%.50s", area->code ? area->code : "");
        out_string(out, "id", area->code ? id : NULL);
        out_string(out, "facility", area->code);
    } else {
        out_int(out, "id", area->id);
        if (area->lgd_code) out_int(out, "lgd_code", area->lgd_code);
    }
    out_string(out, "level", area->level == SCOPE_FACILITY ? "facility" : levels[area->level]);
    out_string(out, "name", area->name);
}

void area_ref_write(const struct area_ref *area, const char *key, struct json_out *out) {
    out_object(out, key);
    area_ref_write_members(area, out);
    out_object_end(out);
}

/* ---- Names. ---------------------------------------------------------------------------------- */
/* What `area=` says: one of the two is set. */
struct named {
    int32_t id;
    const char *level;
    int32_t lgd_code;
    const char *facility;
};

static bool not_a_name(struct problem *p) {
    return problem_set(p, ERR_BAD_QUERY,
                       "area: write an area's id, \"lgd-district-502\" or \"facility-\" and the "
                       "code of a facility");
}

static bool parse_lgd(const char *text, struct arena *arena, struct named *named,
                      struct problem *p) {
    char *level = arena_strdup(arena, text + strlen("lgd-"));
    char *code = strchr(level, '-');
    int64_t number;
    if (!code) return not_a_name(p);
    *code++ = '\0';
    if (!text_to_int(code, 1, INT32_MAX, &number)) return not_a_name(p);
    if (text_equal(level, "subdistrict"))
        return problem_set(p, ERR_BAD_QUERY,
                           "area: totals are kept for blocks, districts, states and the nation");
    if (!level_parse(level)) return not_a_name(p);
    *named = (struct named){ .level = level, .lgd_code = (int32_t)number };
    return true;
}

static bool parse(const char *text, struct arena *arena, struct named *named, struct problem *p) {
    int64_t number;
    *named = (struct named){ 0 };
    if (text_starts(text, "facility-"))
        named->facility = text + strlen("facility-");
    else if (text_starts(text, "lgd-"))
        return parse_lgd(text, arena, named, p);
    else if (text_to_int(text, 1, INT32_MAX, &number))
        named->id = (int32_t)number;
    else
        return not_a_name(p);
    return true;
}

static const char *own(const struct scope *scope, struct arena *arena) {
    return scope->area_id ? arena_printf(arena, "%d", scope->area_id) : NULL;
}

/* ---- Finding. -------------------------------------------------------------------------------- */
static bool not_found(struct problem *p) {
    return problem_set(p, ERR_NOT_FOUND, "There is no such area, or it is not yours to see");
}

/* By its code, or, where that is NULL, by its id. */
static bool find_facility(struct db *db, const char *code, int32_t id, struct arena *arena,
                          struct area_ref *area, struct problem *p) {
    struct db_rows *rows;
    if (!db_query(db, Q_AREA_REF_FACILITY, DB_ARGS(DB_TEXT(code), DB_INT4(id)), arena, &rows, p))
        return false;
    if (db_count(rows) == 0)
        return problem_set(p, ERR_NOT_FOUND,
                           "There is no such facility, or it is not yours to see");
    *area = (struct area_ref){ .level = SCOPE_FACILITY,
                               .id = (int32_t)db_int(rows, 0, 0),
                               .code = db_text(rows, 0, 1),
                               .name = db_text(rows, 0, 2) };
    return true;
}

static bool find_area(struct db *db, const struct named *named, const char *language,
                      struct arena *arena, struct area_ref *area, struct problem *p) {
    struct db_rows *rows;
    if (!db_query(db, Q_AREA_REF_AREA,
                  DB_ARGS(DB_INT4(named->id), DB_TEXT(named->level), DB_INT4(named->lgd_code),
                          DB_TEXT(language)),
                  arena, &rows, p))
        return false;
    if (db_count(rows) == 0) return not_found(p);
    *area = (struct area_ref){ .level = level_parse(db_text(rows, 0, 1)),
                               .id = (int32_t)db_int(rows, 0, 0),
                               .lgd_code = (int32_t)db_int(rows, 0, 2),
                               .name = db_text(rows, 0, 3) };
    return area->level || not_found(p);
}

static bool refuse_months(int first, int last, struct problem *p) {
    char from[8], to[8];
    period_format(from, first);
    period_format(to, last);
    return problem_set(
        p, ERR_BAD_QUERY,
        "This area was not yours in all of these months: ask for months from %s to %s", from, to);
}

/* Within the scope by the tree of each month; months before the area existed have nothing to hide.
 */
static bool check_scope(struct db *db, const struct area_ref *area, int from, int to,
                        struct arena *arena, struct problem *p) {
    int months = period_diff(to, from) + 1, first = -1, last = -1, hidden = 0;
    int32_t *days = arena_array(arena, (size_t)months, sizeof *days);
    for (int i = 0; i < months; i++)
        days[i] = period_last_day(period_add(from, i));
    struct db_rows *rows;
    if (!db_query(db, Q_AREA_REF_SCOPE, DB_ARGS(DB_INT4(area->id), DB_INT4S(days, (size_t)months)),
                  arena, &rows, p))
        return false;
    for (int i = 0; i < db_count(rows); i++) {
        bool within = db_bool(rows, i, 1);
        hidden += db_bool(rows, i, 0) && !within;
        if (within && first < 0) first = i;
        if (within) last = i;
    }
    if (first < 0) return not_found(p);
    return hidden == 0 || refuse_months(period_add(from, first), period_add(from, last), p);
}

bool area_ref_find(struct db *db, const struct scope *scope, const char *text, const char *language,
                   int from, int to, struct arena *arena, struct area_ref *area,
                   struct problem *p) {
    struct named named;
    if (!text && scope->facility_count == 1)
        return find_facility(db, NULL, scope->facilities[0], arena, area, p);
    if (!text) text = own(scope, arena);
    if (!text)
        return problem_set(p, ERR_BAD_QUERY,
                           "area: name one of your facilities: \"facility-\" and its code");
    if (!parse(text, arena, &named, p)) return false;
    if (named.facility) return find_facility(db, named.facility, 0, arena, area, p);
    return find_area(db, &named, language, arena, area, p) &&
           check_scope(db, area, from, to, arena, p);
}
