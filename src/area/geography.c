#include "hmis/area.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "geography_table.h"
#include "hmis/period.h"

#define AREAS_MAX       40000
#define NAME_BYTES      120
#define CODE_HIGH       99999999
#define SUCCESSIONS_MAX 2000
#define ALIKE           50 /* area_name_likeness of two spellings of a name */

static const char *const level_names[AREA_LEVEL__MAX] = {
    [AREA_NATION] = "nation",           [AREA_STATE] = "state", [AREA_DISTRICT] = "district",
    [AREA_SUBDISTRICT] = "subdistrict", [AREA_BLOCK] = "block",
};

const char *area_level_name(enum area_level level) {
    return level_names[level];
}

enum area_level area_level_parse(const char *name) {
    enum area_level level = AREA_NATION;
    while (level < AREA_LEVEL__MAX && !text_equal(name, level_names[level]))
        level++;
    return level;
}

/* ---- Names and days. --------------------------------------------------------------------- */
/* The next byte that counts, lower case; bytes beyond ASCII count as they are. */
static int name_byte(const char **at) {
    for (; **at; (*at)++) {
        unsigned char c = (unsigned char)**at;
        bool upper = c >= 'A' && c <= 'Z';
        if (!upper && c < 0x80 && !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9')) continue;
        (*at)++;
        return upper ? c + 'a' - 'A' : c;
    }
    return 0;
}

bool area_name_equal(const char *a, const char *b) {
    for (;;) {
        int left = name_byte(&a), right = name_byte(&b);
        if (left != right) return false;
        if (!left) return true;
    }
}

static int month_days(int year, int month) {
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

int area_tree_day(int period) {
    return period * 100 + month_days(period / 100, period % 100);
}

static bool day_parse(const char *text, int *day) {
    int year, month, date, length = 0;
    /* NOLINTNEXTLINE(cert-err34-c): four digits do not overflow */
    if (sscanf(text, "%4d-%2d-%2d%n", &year, &month, &date, &length) != 3 || length != 10 ||
        text[length] || year < 1900 || month < 1 || month > 12 || date < 1 ||
        date > month_days(year, month))
        return false;
    *day = year * 10000 + month * 100 + date;
    return true;
}

bool area_key_parse(const char *text, struct area_key *ref) {
    int64_t number;
    *ref = (struct area_key){ BLANK, NULL, BLANK };
    if (text_to_int(text, 1, INT32_MAX, &number)) {
        ref->id = (int32_t)number;
        return true;
    }
    if (text_equal(text, level_names[AREA_NATION])) {
        ref->level = level_names[AREA_NATION];
        return true;
    }
    for (enum area_level level = AREA_STATE; level < AREA_LEVEL__MAX && text_starts(text, "lgd-");
         level++) {
        size_t length = strlen(level_names[level]);
        if (strncmp(text + 4, level_names[level], length) != 0 || text[4 + length] != '-') continue;
        if (!text_to_int(text + 5 + length, 1, CODE_HIGH, &number)) return false;
        *ref = (struct area_key){ BLANK, level_names[level], (int32_t)number };
        return true;
    }
    return false;
}

/* ---- Reading. ---------------------------------------------------------------------------- */
struct reading {
    struct geography *geography;
    struct arena *arena;
};

/* Index of areas that have been read so far: codes are looked up while the files are read. */
static int compare_keys(const struct geo_area *a, const struct geo_area *b) {
    if (a->level != b->level) return a->level < b->level ? -1 : 1;
    return a->code == b->code ? 0 : a->code < b->code ? -1 : 1;
}

static int compare_indices(const void *a, const void *b, void *areas) {
    const struct geo_area *all = areas;
    return compare_keys(&all[*(const int *)a], &all[*(const int *)b]);
}

static void index_codes(struct geography *g) {
    for (int i = 0; i < g->area_count; i++)
        g->by_code[i] = i;
    g->coded = g->area_count;
    qsort_r(g->by_code, (size_t)g->area_count, sizeof *g->by_code, compare_indices, g->areas);
}

int geography_find(const struct geography *g, enum area_level level, int32_t code) {
    struct geo_area key = { .level = level, .code = code };
    for (int low = 0, high = g->coded; low < high;) {
        int middle = (low + high) / 2;
        int order = compare_keys(&g->areas[g->by_code[middle]], &key);
        if (order == 0) return g->by_code[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return -1;
}

static bool code_read(const struct table_row *row, int column, const char *what, int32_t *code,
                      struct problem *p) {
    int64_t value;
    if (!text_to_int(row->fields[column], 1, CODE_HIGH, &value))
        return table_problem(row, p, "'%.40s' is not an LGD code of a %s", row->fields[column],
                             what);
    *code = (int32_t)value;
    return true;
}

static bool area_read_parent(struct reading *in, const struct table_row *row, int column,
                             enum area_level level, int *parent, struct problem *p) {
    int32_t code = 0;
    if (!code_read(row, column, level_names[level], &code, p)) return false;
    *parent = geography_find(in->geography, level, code);
    if (*parent < 0)
        return table_problem(row, p, "there is no %s with the code %d", level_names[level], code);
    return true;
}

static bool area_add(struct reading *in, const struct table_row *row, enum area_level level,
                     int32_t code, const char *name, const char *hmis_name, struct problem *p) {
    struct geography *g = in->geography;
    if (!*name || strlen(name) > NAME_BYTES)
        return table_problem(row, p, "a name has 1 to %d bytes", NAME_BYTES);
    if (g->area_count == AREAS_MAX) return table_problem(row, p, "more than %d areas", AREAS_MAX);
    g->areas[g->area_count++] = (struct geo_area){
        .level = level, .code = code, .name = name, .hmis_name = *hmis_name ? hmis_name : NULL
    };
    return true;
}

static void member_add(struct reading *in, int area, int parent, int from) {
    struct geography *g = in->geography;
    g->memberships[g->membership_count++] =
        (struct geo_membership){ area, parent, from, DAY_NEVER };
}

/* A ministry that reports like a state has no districts: one notional district and block hold its
 * facilities. */
static bool organisation_add(struct reading *in, const struct table_row *row, int state,
                             struct problem *p) {
    struct geography *g = in->geography;
    const char *name = arena_printf(in->arena, "Directly under %s", g->areas[state].name);
    static const enum area_level below[] = { AREA_DISTRICT, AREA_BLOCK };
    int parent = state;
    for (size_t i = 0; i < COUNT(below); i++) {
        int area = g->area_count;
        if (!area_add(in, row, below[i], 0, name, "", p)) return false;
        g->areas[area].notional = true;
        member_add(in, area, parent, DAY_ALWAYS);
        parent = area;
    }
    return true;
}

static bool state_row(void *into, const struct table_row *row, struct problem *p) {
    struct reading *in = into;
    int32_t code = 0;
    bool organisation = text_equal(row->fields[2], "organisation");
    if (!organisation && !text_equal(row->fields[2], "state") &&
        !text_equal(row->fields[2], "union territory"))
        return table_problem(row, p, "kind is state, union territory or organisation");
    if (organisation ? *row->fields[0] != '\0' : !code_read(row, 0, "state", &code, p))
        return p->code ? false : table_problem(row, p, "an organisation has no LGD code");
    int state = in->geography->area_count;
    if (!area_add(in, row, AREA_STATE, code, row->fields[1], row->fields[5], p)) return false;
    member_add(in, state, 0, DAY_ALWAYS);
    return !organisation || organisation_add(in, row, state, p);
}

static bool district_row(void *into, const struct table_row *row, struct problem *p) {
    struct reading *in = into;
    int32_t code = 0;
    int state = 0, from = DAY_ALWAYS;
    if (!code_read(row, 0, "district", &code, p) ||
        !area_read_parent(in, row, 1, AREA_STATE, &state, p))
        return false;
    if (*row->fields[4] && !day_parse(row->fields[4], &from))
        return table_problem(row, p, "'%.40s' is not a day like 2022-04-04", row->fields[4]);
    member_add(in, in->geography->area_count, state, from);
    return area_add(in, row, AREA_DISTRICT, code, row->fields[2], row->fields[5], p);
}

/* What lies in a district that began later lies in it since then: before, it is not known. */
static int began(const struct geography *g, int area) {
    for (int i = 0; i < g->membership_count; i++)
        if (g->memberships[i].area == area) return g->memberships[i].from;
    return DAY_ALWAYS;
}

static bool below_district(struct reading *in, const struct table_row *row, enum area_level level,
                           struct problem *p) {
    int32_t code = 0;
    int district = 0;
    if (!code_read(row, 0, level_names[level], &code, p) ||
        !area_read_parent(in, row, 1, AREA_DISTRICT, &district, p))
        return false;
    member_add(in, in->geography->area_count, district, began(in->geography, district));
    return area_add(in, row, level, code, row->fields[2], "", p);
}

static bool subdistrict_row(void *into, const struct table_row *row, struct problem *p) {
    return below_district(into, row, AREA_SUBDISTRICT, p);
}

static bool block_row(void *into, const struct table_row *row, struct problem *p) {
    return below_district(into, row, AREA_BLOCK, p);
}

/* The membership that still holds of an area, or NULL. */
static struct geo_membership *member_open(struct geography *g, int area) {
    for (int i = g->membership_count; i-- > 0;)
        if (g->memberships[i].area == area && g->memberships[i].to == DAY_NEVER)
            return &g->memberships[i];
    return NULL;
}

/* A district that begins on the day a block moves into it was made of the block's old one. */
static void succession_add(struct geography *g, int area, int predecessor, int from) {
    for (int i = 0; i < g->succession_count; i++)
        if (g->successions[i].area == area && g->successions[i].predecessor == predecessor) return;
    if (g->succession_count < SUCCESSIONS_MAX)
        g->successions[g->succession_count++] = (struct geo_succession){ area, predecessor, from };
}

static bool successor_row(void *into, const struct table_row *row, struct problem *p) {
    struct reading *in = into;
    int area = 0, predecessor = 0;
    if (!area_read_parent(in, row, 0, AREA_DISTRICT, &area, p) ||
        !area_read_parent(in, row, 1, AREA_DISTRICT, &predecessor, p))
        return false;
    int from = began(in->geography, area);
    if (from == DAY_ALWAYS || began(in->geography, predecessor) >= from)
        return table_problem(row, p, "a district is made of one that began before it");
    succession_add(in->geography, area, predecessor, from);
    return true;
}

static bool change_row(void *into, const struct table_row *row, struct problem *p) {
    struct reading *in = into;
    int from = 0, area = 0, parent = 0;
    enum area_level level = area_level_parse(row->fields[1]);
    if (!day_parse(row->fields[0], &from))
        return table_problem(row, p, "'%.40s' is not a day like 2022-04-04", row->fields[0]);
    if (level != AREA_DISTRICT && level != AREA_SUBDISTRICT && level != AREA_BLOCK)
        return table_problem(row, p, "level is district, subdistrict or block");
    enum area_level above = level == AREA_DISTRICT ? AREA_STATE : AREA_DISTRICT;
    if (!area_read_parent(in, row, 2, level, &area, p) ||
        !area_read_parent(in, row, 3, above, &parent, p))
        return false;
    if (in->geography->membership_count == 2 * AREAS_MAX)
        return table_problem(row, p, "too many changes");
    struct geo_membership *before = member_open(in->geography, area);
    if (!before || before->from >= from)
        return table_problem(row, p, "changes of an area stand in the order of their days");
    if (began(in->geography, parent) > from)
        return table_problem(row, p, "the %s %s begins later", level_names[above],
                             in->geography->areas[parent].name);
    before->to = from;
    if (level == AREA_BLOCK && began(in->geography, parent) == from)
        succession_add(in->geography, parent, before->parent, from);
    member_add(in, area, parent, from);
    return true;
}

static bool name_row(void *into, const struct table_row *row, struct problem *p) {
    struct reading *in = into;
    struct geography *g = in->geography;
    int area = 0;
    enum area_level level = area_level_parse(row->fields[0]);
    if (level == AREA_LEVEL__MAX)
        return table_problem(row, p, "'%.40s' is not a level", row->fields[0]);
    if (level != AREA_NATION && !area_read_parent(in, row, 1, level, &area, p)) return false;
    size_t language = strlen(row->fields[2]), name = strlen(row->fields[3]);
    if (language < 2 || language > 8 || name < 1 || name > NAME_BYTES)
        return table_problem(row, p, "a language of 2 to 8 letters and a name are needed");
    if (g->name_count == AREAS_MAX) return table_problem(row, p, "more than %d names", AREAS_MAX);
    g->names[g->name_count++] = (struct geo_name){ area, row->fields[2], row->fields[3] };
    return true;
}

/* ---- Checks of the whole. ---------------------------------------------------------------- */
static bool check_unique(const struct geography *g, struct problem *p) {
    for (int i = 1; i < g->area_count; i++) {
        const struct geo_area *a = &g->areas[g->by_code[i - 1]], *b = &g->areas[g->by_code[i]];
        if (b->code && compare_keys(a, b) == 0)
            return problem_set(p, ERR_FILE_FORMAT, "%ss.tsv: the code %d stands there twice",
                               level_names[b->level], b->code);
    }
    return true;
}

static int compare_memberships(const void *a, const void *b) {
    const struct geo_membership *x = a, *y = b;
    if (x->area != y->area) return x->area < y->area ? -1 : 1;
    return x->from < y->from ? -1 : x->from > y->from;
}

static void geography_new(struct geography *g, struct arena *arena) {
    *g = (struct geography){
        .areas = arena_array(arena, AREAS_MAX, sizeof *g->areas),
        .memberships = arena_array(arena, 2 * AREAS_MAX, sizeof *g->memberships),
        .names = arena_array(arena, AREAS_MAX, sizeof *g->names),
        .successions = arena_array(arena, SUCCESSIONS_MAX, sizeof *g->successions),
        .by_code = arena_array(arena, AREAS_MAX, sizeof *g->by_code),
        .area_count = 1,
    };
    g->areas[0] = (struct geo_area){ .level = AREA_NATION, .name = "India" };
}

bool geography_read(struct geography *g, const char *directory, struct arena *arena,
                    struct problem *p) {
    static const struct table_kind files[] = {
        { "states.tsv",
          { "lgd_code", "name", "kind", "iso", "census_2011", "hmis_name" },
          state_row },
        { "districts.tsv",
          { "lgd_code", "state_code", "name", "census_2011", "valid_from", "hmis_name" },
          district_row },
        { "subdistricts.tsv", { "lgd_code", "district_code", "name" }, subdistrict_row },
        { "blocks.tsv", { "lgd_code", "district_code", "name", "also_in" }, block_row },
        { "changes.tsv",
          { "valid_from", "level", "lgd_code", "parent_code", "how", "mandal" },
          change_row },
        { "successors.tsv", { "lgd_code", "predecessor_code" }, successor_row },
        { "names.tsv", { "level", "lgd_code", "language", "name" }, name_row },
    };
    geography_new(g, arena);
    struct reading in = { g, arena };
    for (size_t i = 0; i < COUNT(files); i++) {
        if (!table_read(&files[i], directory, &in, arena, p)) return false;
        index_codes(g);
        if (!check_unique(g, p)) return false;
    }
    qsort(g->memberships, (size_t)g->membership_count, sizeof *g->memberships, compare_memberships);
    return true;
}

/* ---- The tree of a day. ------------------------------------------------------------------ */
static bool holds(const struct geo_membership *m, int day) {
    return m->from <= day && day < m->to;
}

int geography_parent(const struct geography *g, int area, int day) {
    int low = 0, high = g->membership_count;
    while (low < high) {
        int middle = (low + high) / 2;
        if (g->memberships[middle].area < area)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < g->membership_count && g->memberships[low].area == area; low++)
        if (holds(&g->memberships[low], day)) return g->memberships[low].parent;
    return -1;
}

int geography_find_child(const struct geography *g, int parent, enum area_level level, int day,
                         const char *name) {
    for (int i = 0; i < g->membership_count; i++) {
        const struct geo_membership *m = &g->memberships[i];
        const struct geo_area *area = &g->areas[m->area];
        if (m->parent != parent || area->level != level || !holds(m, day)) continue;
        if (area_name_equal(area->name, name) ||
            (area->hmis_name && area_name_equal(area->hmis_name, name)))
            return m->area;
    }
    return -1;
}

int geography_find_alike(const struct geography *g, int parent, enum area_level level, int day,
                         const char *name) {
    int best = -1, most = 0, second = 0;
    for (int i = 0; i < g->membership_count; i++) {
        const struct geo_membership *m = &g->memberships[i];
        const struct geo_area *area = &g->areas[m->area];
        if (m->parent != parent || area->level != level || !holds(m, day)) continue;
        int like = area_name_likeness(area->name, name);
        int other = area->hmis_name ? area_name_likeness(area->hmis_name, name) : 0;
        like = other > like ? other : like;
        second = like > most ? most : like > second ? like : second;
        best = like > most ? m->area : best;
        most = like > most ? like : most;
    }
    return most >= ALIKE && second < most ? best : -1;
}
