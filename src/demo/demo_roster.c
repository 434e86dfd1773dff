#include "demo_internal.h"

#include <string.h>

#include "hmis/period.h"

/* Seven digits: what real files hold has six, so that a file tried on a demonstration never meets
 * one of its facilities by chance. */
#define FIRST_CODE     9900001
#define BLOCKS_MAX     500   /* of a district */
#define FACILITIES_MAX 10000 /* of a district */
#define TOWNS          3

/* The mix of a district: so many, and so many a thousand blocks. Larger kinds first: the first
 * facility of a kind that has an item is the one that always fills it. */
struct mix {
    enum facility_type type;
    enum ownership ownership;
    enum locality locality;
    struct {
        int district, thousand_blocks;
    } count[2]; /* enum demo_size */
};
static const struct mix mixes[] = {
    { FACILITY_DH, PUBLIC, URBAN, { { 1, 0 }, { 1, 0 } } },
    { FACILITY_SDH, PUBLIC, URBAN, { { 1, 0 }, { 2, 0 } } },
    { FACILITY_CHC, PUBLIC, URBAN, { { 1, 0 }, { 2, 0 } } },
    { FACILITY_CHC, PUBLIC, RURAL, { { 1, 0 }, { 1, 200 } } },
    { FACILITY_PHC, PUBLIC, URBAN, { { 1, 0 }, { 12, 0 } } },
    { FACILITY_PHC, PUBLIC, RURAL, { { 3, 0 }, { 0, 1700 } } },
    { FACILITY_SC, PUBLIC, URBAN, { { 1, 0 }, { 6, 0 } } },
    { FACILITY_SC, PUBLIC, RURAL, { { 3, 0 }, { 0, 14500 } } },
    { FACILITY_SDH, PRIVATE, URBAN, { { 1, 0 }, { 2, 0 } } },
    { FACILITY_CHC, PRIVATE, URBAN, { { 2, 0 }, { 16, 0 } } },
    { FACILITY_CHC, PRIVATE, RURAL, { { 1, 0 }, { 4, 0 } } },
};

struct making {
    struct roster *roster;
    struct arena *arena;
    int district; /* of published */
    int blocks[BLOCKS_MAX], block_count;
    int towns[TOWNS];
    int32_t next_code;
};

enum kind facility_kind(const struct demo_facility *f) {
    return f->ownership == PUBLIC ? f->locality == URBAN ? PUBLIC_URBAN : PUBLIC_RURAL
           : f->locality == URBAN ? PRIVATE_URBAN
                                  : PRIVATE_RURAL;
}

bool roster_reports(const struct roster *roster, enum facility_type type, int slot) {
    const struct form *form = roster->forms[type];
    return form && form_find_slot(form, slot);
}

static int tree_day(const struct roster *roster, int district) {
    return area_tree_day(roster->published->begin[district]);
}

/* ---- Where they lie. --------------------------------------------------------------------- */
/* The block that begins with the name's last word that any block begins with: "Nellore" of "Sri
 * Potti Sriramulu Nellore"; -1 if there is none. */
static int block_of_name(const struct making *m, const char *name) {
    const struct geography *g = m->roster->geography;
    for (const char *word = name + strlen(name); word-- > name;) {
        size_t length = strcspn(word, " ");
        if (length < 4 || (word > name && word[-1] != ' ')) continue;
        for (int i = 0; i < m->block_count; i++)
            if (strncmp(g->areas[m->blocks[i]].name, word, length) == 0) return m->blocks[i];
    }
    return -1;
}

/* The district's own town: the block that bears its name, else any. */
static int head_town(const struct making *m) {
    const struct geography *g = m->roster->geography;
    const struct geo_area *district = &g->areas[m->roster->published->districts[m->district]];
    int found = block_of_name(m, district->name);
    if (found < 0 && district->hmis_name) found = block_of_name(m, district->hmis_name);
    if (found >= 0) return found;
    return m->blocks[demo_hash((uint64_t)district->code, 1, 0) % (unsigned)m->block_count];
}

static void places_find(struct making *m) {
    const struct roster *roster = m->roster;
    const struct geography *g = roster->geography;
    int district = roster->published->districts[m->district];
    int day = tree_day(roster, m->district);
    m->block_count = 0;
    for (int i = 0; i < g->area_count && m->block_count < BLOCKS_MAX; i++)
        if (g->areas[i].level == AREA_BLOCK && geography_parent(g, i, day) == district)
            m->blocks[m->block_count++] = i;
    for (int t = 0; t < TOWNS; t++) {
        uint64_t any = demo_hash((uint64_t)g->areas[district].code, 2, (uint64_t)t);
        m->towns[t] = m->block_count ? m->blocks[any % (unsigned)m->block_count] : -1;
    }
    if (m->block_count) m->towns[0] = head_town(m);
}

/* Rural ones are spread evenly over the blocks, urban ones over the towns, most in the first. */
static int place_of(const struct making *m, const struct mix *mix, int i, int count) {
    if (!m->block_count) return -1;
    if (mix->locality == URBAN) return m->towns[i % 5 < 3 ? 0 : i % 5 - 2];
    const struct geography *g = m->roster->geography;
    int32_t district = g->areas[m->roster->published->districts[m->district]].code;
    uint64_t start = demo_hash((uint64_t)district, 3, mix->type * 4u + mix->ownership);
    int step = count < m->block_count ? i * m->block_count / count : i;
    return m->blocks[(start + (uint64_t)step) % (unsigned)m->block_count];
}

/* ---- What they are called. --------------------------------------------------------------- */
static const char *name_pattern(const struct mix *mix, uint64_t chance) {
    static const char *const private_hospitals[] = { "%s Nursing Home",
                                                     "%s Mother and Child Hospital",
                                                     "%s Multispeciality Hospital", "%s Hospital" };
    static const char *const public_names[FACILITY_TYPE__MAX] = {
        [FACILITY_SC] = "SC %s",
        [FACILITY_PHC] = "PHC %s",
        [FACILITY_CHC] = "CHC %s",
        [FACILITY_SDH] = "Area Hospital %s",
        [FACILITY_DH] = "District Hospital %s",
        [FACILITY_DHQ] = "District Headquarters %s",
    };
    if (mix->ownership == PRIVATE && mix->type == FACILITY_CHC)
        return private_hospitals[chance % COUNT(private_hospitals)];
    if (mix->ownership == PRIVATE)
        return mix->type < FACILITY_CHC ? "%s Clinic" : "%s General Hospital";
    if (mix->type == FACILITY_PHC && mix->locality == URBAN) return "UPHC %s";
    return public_names[mix->type];
}

static bool name_taken(const struct demo_district *district, const char *name) {
    for (int i = district->count; i-- > 0;)
        if (text_equal(district->facilities[i].name, name)) return true;
    return false;
}

/* "PHC Kuppam", then "PHC Kuppam 2", and so on. */
static const char *name_make(const struct making *m, const struct demo_district *district,
                             const char *pattern, const char *place) {
    const char *mark = strstr(pattern, "%s"), *hamlet = strstr(place, " H/O");
    int length = hamlet ? (int)(hamlet - place) : (int)strlen(place);
    const char *base = arena_printf(m->arena, "%.*s%.*s%s", (int)(mark - pattern), pattern, length,
                                    place, mark + 2);
    const char *name = base;
    for (int i = 2; name_taken(district, name); i++)
        name = arena_printf(m->arena, "%s %d", base, i);
    return name;
}

static void facility_add(struct making *m, struct demo_district *district, const struct mix *mix,
                         int block) {
    const struct geography *g = m->roster->geography;
    int home = m->roster->published->districts[m->district];
    const char *place = g->areas[block < 0 || mix->type == FACILITY_DHQ ? home : block].name;
    const char *pattern = name_pattern(mix, demo_hash((uint64_t)m->next_code, 4, 0));
    struct demo_facility f = { .code = m->next_code++,
                               .name = name_make(m, district, pattern, place),
                               .type = mix->type,
                               .ownership = mix->ownership,
                               .locality = mix->locality,
                               .block = block };
    district->facilities[district->count++] = f;
}

/* ---- What the published figures need. ---------------------------------------------------- */
/* Facilities of each kind an item needs in a district: enough to hold its greatest figure, and one
 * wherever a split is published at all (it says zero). */
struct need {
    int figures[KIND__MAX];
    bool split, total; /* published with a split; as a total only, by the headquarters */
};

static int facilities_for(const struct item *item, int32_t published) {
    int64_t most = item->high > 0 ? item->high : 1;
    int64_t wanted = (demo_stored(item, published) + most - 1) / most;
    return wanted < FACILITIES_MAX ? (int)wanted : FACILITIES_MAX;
}

static struct need need_of(const struct making *m, const struct item *item) {
    const struct published *published = m->roster->published;
    struct need need = { 0 };
    for (int month = 0; month < published->months; month++) {
        const struct published_cell *cell = published_at(published, m->district, month, item->slot);
        need.total |= cell->total != BLANK && cell->public_ == BLANK;
        if (cell->total == BLANK || cell->public_ == BLANK) continue;
        int32_t parts[KIND__MAX];
        need.split = true;
        demo_split(cell, parts);
        for (int k = 0; k < KIND__MAX; k++) {
            int wanted = facilities_for(item, parts[k]);
            need.figures[k] = wanted > need.figures[k] ? wanted : need.figures[k];
        }
    }
    return need;
}

/* Marks the first `wanted` facilities of the kind that have the item; how many are missing. */
static int mark_reliable(const struct roster *roster, struct demo_district *district,
                         enum kind kind, int slot, int wanted) {
    for (int i = 0; i < district->count && wanted > 0; i++) {
        struct demo_facility *f = &district->facilities[i];
        if (facility_kind(f) != kind || !roster_reports(roster, f->type, slot)) continue;
        f->reliable = true;
        wanted--;
    }
    return wanted;
}

static bool missing_add(struct making *m, struct demo_district *district, enum kind kind,
                        const struct item *item, int missing, struct problem *p) {
    static const enum facility_type order[][5] = {
        { FACILITY_PHC, FACILITY_CHC, FACILITY_SDH, FACILITY_DH, FACILITY_SC },
        { FACILITY_CHC, FACILITY_SDH, FACILITY_DH, FACILITY_PHC, FACILITY_SC },
    };
    bool public_kind = kind == PUBLIC_URBAN || kind == PUBLIC_RURAL;
    struct mix mix = { .ownership = public_kind ? PUBLIC : PRIVATE,
                       .locality = kind == PUBLIC_URBAN || kind == PRIVATE_URBAN ? URBAN : RURAL };
    for (int i = 0; i < 5 && !mix.type; i++)
        if (roster_reports(m->roster, order[!public_kind][i], item->slot))
            mix.type = order[!public_kind][i];
    if (!mix.type)
        return problem_set(p, ERR_FILE_FORMAT, "item %s has a split, but no facility form has it",
                           item->key);
    for (int i = 0; i < missing; i++) {
        if (district->count == FACILITIES_MAX - 1)
            return problem_set(p, ERR_FILE_FORMAT, "item %s: its figure needs too many facilities",
                               item->key);
        facility_add(m, district, &mix, place_of(m, &mix, i, missing));
        district->facilities[district->count - 1].reliable = true;
    }
    return true;
}

static bool need_meet(struct making *m, struct demo_district *district, const struct item *item,
                      struct problem *p) {
    struct need need = need_of(m, item);
    if (need.total && !roster_reports(m->roster, FACILITY_DHQ, item->slot))
        return problem_set(p, ERR_FILE_FORMAT,
                           "item %s has a total only, but the headquarters' form does not have it",
                           item->key);
    for (int k = 0; k < KIND__MAX && need.split; k++) {
        int wanted = need.figures[k] ? need.figures[k] : 1;
        int missing = mark_reliable(m->roster, district, (enum kind)k, item->slot, wanted);
        if (missing && need.figures[k] && !missing_add(m, district, (enum kind)k, item, missing, p))
            return false;
    }
    return true;
}

static bool needs_meet(struct making *m, struct demo_district *district, struct problem *p) {
    const struct dictionary *dictionary = m->roster->published->dictionary;
    for (int i = 0; i < dictionary->item_count; i++)
        if (!need_meet(m, district, &dictionary->items[i], p)) return false;
    return true;
}

/* ---- A district. ------------------------------------------------------------------------- */
static bool district_make(struct making *m, struct demo_district *district, enum demo_size size,
                          struct problem *p) {
    static const struct mix headquarters = { .type = FACILITY_DHQ,
                                             .ownership = PUBLIC,
                                             .locality = URBAN };
    places_find(m);
    district->facilities = arena_array(m->arena, FACILITIES_MAX, sizeof(struct demo_facility));
    for (size_t i = 0; i < COUNT(mixes); i++) {
        int count = mixes[i].count[size].district +
                    mixes[i].count[size].thousand_blocks * m->block_count / 1000;
        if (!m->roster->forms[mixes[i].type]) continue;
        for (int f = 0; f < count; f++)
            facility_add(m, district, &mixes[i], place_of(m, &mixes[i], f, count));
    }
    if (!needs_meet(m, district, p)) return false;
    facility_add(m, district, &headquarters, -1);
    district->facilities[district->count - 1].reliable = true;
    return true;
}

static void forms_find(struct roster *roster) {
    const struct dictionary *dictionary = roster->published->dictionary;
    for (int type = FACILITY_TYPE_NONE + 1; type < FACILITY_TYPE__MAX; type++)
        for (int i = dictionary->form_count; i-- > 0;)
            if (dictionary->forms[i].facility_types & (1u << type))
                roster->forms[type] = &dictionary->forms[i];
}

/* Two facilities close during the time: a public and a private one that no figure needs. */
static void close_some(struct roster *roster) {
    static const struct {
        enum ownership ownership;
        int third, months;
    } closings[] = { { PUBLIC, 1, 7 }, { PRIVATE, 2, 10 } };
    const struct published *published = roster->published;
    for (size_t c = 0; c < COUNT(closings); c++) {
        if (published->months <= closings[c].months) continue;
        for (int step = 0, closed = 0; step < published->district_count && !closed; step++) {
            int d = (published->district_count * closings[c].third / 3 + step) %
                    published->district_count;
            for (int i = 0; i < roster->districts[d].count && !closed; i++) {
                struct demo_facility *f = &roster->districts[d].facilities[i];
                if (f->reliable || f->ownership != closings[c].ownership) continue;
                f->closed_from = period_add(published->first_period, closings[c].months);
                closed = 1;
            }
        }
    }
}

bool roster_make(struct roster *roster, const struct published *published,
                 const struct geography *geography, enum demo_size size, struct arena *arena,
                 struct problem *p) {
    *roster = (struct roster){ .geography = geography, .published = published };
    roster->districts =
        arena_array(arena, (size_t)published->district_count, sizeof *roster->districts);
    forms_find(roster);
    if (!roster->forms[FACILITY_DHQ])
        return problem_set(p, ERR_FORM_NOT_REPORTED,
                           "the dictionary has no form for district headquarters");
    struct making *m = arena_alloc(arena, sizeof *m);
    *m = (struct making){ .roster = roster, .arena = arena, .next_code = FIRST_CODE };
    for (m->district = 0; m->district < published->district_count; m->district++)
        if (!district_make(m, &roster->districts[m->district], size, p)) return false;
    close_some(roster);
    return true;
}
