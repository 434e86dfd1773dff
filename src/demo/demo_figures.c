#include "demo_internal.h"

#include <string.h>

#include "hmis/period.h"

/* How much a facility of a type does, beside a sub-centre: at outreach (antenatal care,
 * immunisation) and in the clinic. */
enum profile { OUTREACH, CLINIC, PROFILE__MAX };
static const uint32_t base_weights[PROFILE__MAX][FACILITY_TYPE__MAX] = {
    [OUTREACH] = { [FACILITY_SC] = 8,
                   [FACILITY_PHC] = 40,
                   [FACILITY_CHC] = 80,
                   [FACILITY_SDH] = 100,
                   [FACILITY_DH] = 150 },
    [CLINIC] = { [FACILITY_SC] = 1,
                 [FACILITY_PHC] = 25,
                 [FACILITY_CHC] = 120,
                 [FACILITY_SDH] = 300,
                 [FACILITY_DH] = 600 },
};
static const char *const outreach_sections[] = { "M1", "M9" };

/* Of a hundred items that came to nothing in a month, how many a facility fills with zero: it
 * offers the service. The others it leaves blank, always the same. */
static const unsigned zeros[OWNERSHIP__MAX][FACILITY_TYPE__MAX] = {
    [PUBLIC] = { [FACILITY_SC] = 60,
                 [FACILITY_PHC] = 65,
                 [FACILITY_CHC] = 70,
                 [FACILITY_SDH] = 75,
                 [FACILITY_DH] = 80 },
    [PRIVATE] = { [FACILITY_SC] = 5,
                  [FACILITY_PHC] = 8,
                  [FACILITY_CHC] = 10,
                  [FACILITY_SDH] = 25,
                  [FACILITY_DH] = 30 },
};
/* Of a hundred months, how many a facility that no figure needs does not report at all. */
static const unsigned silences[OWNERSHIP__MAX] = { [PUBLIC] = 2, [PRIVATE] = 10 };

struct figures_maker {
    const struct roster *roster;
    int *groups; /* of each section: sections tied by a rule share their offsets */
    struct figures figures;
    const struct demo_district *district;
    bool *present;               /* of each facility: reports this month */
    uint32_t *weights, *offsets; /* [profile][facility], [section][facility] */
    int *chosen;                 /* the facilities that share a figure ... */
    uint32_t *chosen_weights, *chosen_offsets;
    int32_t *shares;
    struct mender *mender;
    int largest, sections;
};

static int section_index(const struct dictionary *dictionary, const struct section *section) {
    return (int)(section - dictionary->sections);
}

/* ---- Groups of sections. ----------------------------------------------------------------- */
static void tie(struct figures_maker *maker, const struct rule *rule) {
    const struct dictionary *dictionary = maker->roster->published->dictionary;
    const int16_t *sides[] = { rule->left, rule->right };
    const int counts[] = { rule->left_count, rule->right_count };
    int first = -1;
    for (int side = 0; side < 2; side++)
        for (int i = 0; i < counts[side]; i++) {
            const struct item *item = dictionary->by_slot[sides[side][i]];
            int group = maker->groups[section_index(dictionary, item->section)];
            if (first < 0) first = group;
            for (int s = 0; s < maker->sections; s++)
                if (maker->groups[s] == group) maker->groups[s] = first;
        }
}

static void groups_find(struct figures_maker *maker) {
    const struct dictionary *dictionary = maker->roster->published->dictionary;
    for (int s = 0; s < maker->sections; s++)
        maker->groups[s] = s;
    for (int f = 0; f < dictionary->form_count; f++)
        for (int r = 0; r < dictionary->forms[f].rule_count; r++)
            tie(maker, &dictionary->forms[f].rules[r]);
}

struct figures_maker *figures_maker_new(const struct roster *roster, struct arena *arena) {
    const struct dictionary *dictionary = roster->published->dictionary;
    struct figures_maker *maker = arena_alloc(arena, sizeof *maker);
    maker->roster = roster;
    maker->sections = dictionary->section_count;
    for (int d = 0; d < roster->published->district_count; d++)
        if (roster->districts[d].count > maker->largest)
            maker->largest = roster->districts[d].count;
    size_t n = (size_t)maker->largest, sections = (size_t)maker->sections;
    maker->groups = arena_array(arena, sections, sizeof(int));
    maker->figures.cells = arena_array(arena, n * (size_t)dictionary->width, sizeof(int32_t));
    maker->figures.reported = arena_array(arena, n, sizeof(bool));
    maker->present = arena_array(arena, n, sizeof(bool));
    maker->weights = arena_array(arena, PROFILE__MAX * n, sizeof(uint32_t));
    maker->offsets = arena_array(arena, sections * n, sizeof(uint32_t));
    maker->chosen = arena_array(arena, n, sizeof(int));
    maker->chosen_weights = arena_array(arena, n, sizeof(uint32_t));
    maker->chosen_offsets = arena_array(arena, n, sizeof(uint32_t));
    maker->shares = arena_array(arena, n, sizeof(int32_t));
    maker->mender = mender_new(roster, arena);
    groups_find(maker);
    return maker;
}

/* ---- A month of a district. -------------------------------------------------------------- */
static bool is_present(const struct demo_facility *f, int period) {
    if (f->closed_from && period >= f->closed_from) return false;
    return f->reliable ||
           demo_hash((uint64_t)f->code, 10, (uint64_t)period) % 100 >= silences[f->ownership];
}

static void month_begin(struct figures_maker *maker, int period) {
    size_t n = (size_t)maker->largest;
    for (int i = 0; i < maker->district->count; i++) {
        const struct demo_facility *f = &maker->district->facilities[i];
        uint32_t busy = 50 + (uint32_t)(demo_hash((uint64_t)f->code, 11, 0) % 101);
        maker->present[i] = is_present(f, period);
        for (size_t profile = 0; profile < PROFILE__MAX; profile++)
            maker->weights[profile * n + (size_t)i] = base_weights[profile][f->type] * busy;
        for (int s = 0; s < maker->sections; s++)
            maker->offsets[(size_t)s * n + (size_t)i] = (uint32_t)demo_hash(
                (uint64_t)f->code, 12 + (uint64_t)maker->groups[s], (uint64_t)period);
    }
}

static enum profile profile_of(const struct section *section) {
    for (size_t i = 0; i < COUNT(outreach_sections); i++)
        if (text_equal(section->code, outreach_sections[i])) return OUTREACH;
    return CLINIC;
}

static int choose(struct figures_maker *maker, const struct item *item, enum kind kind) {
    const struct dictionary *dictionary = maker->roster->published->dictionary;
    size_t n = (size_t)maker->largest;
    size_t weights = (size_t)profile_of(item->section) * n;
    size_t offsets = (size_t)section_index(dictionary, item->section) * n;
    int count = 0;
    for (int i = 0; i < maker->district->count; i++) {
        const struct demo_facility *f = &maker->district->facilities[i];
        if (!maker->present[i] || f->type == FACILITY_DHQ || facility_kind(f) != kind ||
            !roster_reports(maker->roster, f->type, item->slot))
            continue;
        maker->chosen[count] = i;
        maker->chosen_weights[count] = maker->weights[weights + (size_t)i];
        maker->chosen_offsets[count++] = maker->offsets[offsets + (size_t)i];
    }
    return count;
}

static int32_t *cell_of(struct figures_maker *maker, int facility, int slot) {
    int width = maker->roster->published->dictionary->width;
    return &maker->figures.cells[(size_t)facility * (size_t)width + (size_t)slot];
}

static bool offers(const struct demo_facility *f, int slot) {
    return demo_hash((uint64_t)f->code, 13, (uint64_t)slot) % 100 < zeros[f->ownership][f->type];
}

/* The first one chosen always fills its cell, so that a published zero stays a zero. */
static void kind_fill(struct figures_maker *maker, const struct item *item, enum kind kind,
                      int32_t part) {
    int count = choose(maker, item, kind);
    int64_t total = demo_stored(item, part);
    if (count == 0) return;
    ENSURE(total <= INT32_MAX, "a figure the cells can hold");
    if (item->aggregation == AGG_SUM)
        demo_share((int32_t)total, maker->chosen_weights, maker->chosen_offsets, count, item->high,
                   maker->shares);
    else
        demo_deal((int32_t)total, count, item->high, maker->shares);
    for (int i = 0; i < count; i++) {
        const struct demo_facility *f = &maker->district->facilities[maker->chosen[i]];
        bool filled =
            maker->shares[i] || i == 0 || (item->aggregation == AGG_SUM && offers(f, item->slot));
        if (filled) *cell_of(maker, maker->chosen[i], item->slot) = maker->shares[i];
    }
}

static void item_fill(struct figures_maker *maker, const struct item *item, int district,
                      int month) {
    const struct published_cell *cell =
        published_at(maker->roster->published, district, month, item->slot);
    if (cell->total == BLANK) return;
    if (cell->public_ == BLANK) {
        int64_t total = demo_stored(item, cell->total);
        ENSURE(total <= INT32_MAX, "a figure the cells can hold");
        *cell_of(maker, maker->district->count - 1, item->slot) = (int32_t)total;
        return;
    }
    int32_t parts[KIND__MAX];
    demo_split(cell, parts);
    for (int k = 0; k < KIND__MAX; k++)
        kind_fill(maker, item, (enum kind)k, parts[k]);
}

static void kinds_mend(struct figures_maker *maker, int district, int month) {
    struct demo_month at = { .district = maker->district,
                             .index = district,
                             .month = month,
                             .cells = maker->figures.cells,
                             .width = maker->roster->published->dictionary->width };
    for (int k = 0; k < KIND__MAX; k++) {
        int count = 0;
        for (int i = 0; i < maker->district->count; i++) {
            const struct demo_facility *f = &maker->district->facilities[i];
            if (maker->present[i] && f->type != FACILITY_DHQ && facility_kind(f) == (enum kind)k)
                maker->chosen[count++] = i;
        }
        figures_mend(maker->mender, &at, maker->chosen, count);
    }
}

/* Drug lines are not published: adequate as a rule, last supplied in the two months before. */
static void stock_fill(struct figures_maker *maker, int facility, int period) {
    const struct demo_facility *f = &maker->district->facilities[facility];
    const struct form *form = maker->roster->forms[f->type];
    for (int i = 0; i < form->item_count && f->ownership == PUBLIC; i++) {
        const struct item *item = form->items[i].item;
        uint64_t chance = demo_hash((uint64_t)f->code, 14 + (uint64_t)item->slot, (uint64_t)period);
        int32_t *cell = cell_of(maker, facility, item->slot);
        if (*cell != BLANK || chance % 100 < 5) continue;
        if (item->type == DATA_ADEQUACY) *cell = chance % 100 < 88 ? ADEQUATE : INADEQUATE;
        if (item->type == DATA_DATE)
            *cell = period_add(period, -(int)(chance / 100 % 2)) * 100 + 1 +
                    (int32_t)(chance / 1000 % 28);
    }
}

struct figures figures_make(struct figures_maker *maker, int district, int month) {
    const struct published *published = maker->roster->published;
    const struct dictionary *dictionary = published->dictionary;
    int period = period_add(published->first_period, month);
    maker->district = &maker->roster->districts[district];
    for (int i = 0; i < maker->district->count * dictionary->width; i++)
        maker->figures.cells[i] = BLANK;
    month_begin(maker, period);
    for (int i = 0; i < dictionary->item_count; i++)
        item_fill(maker, &dictionary->items[i], district, month);
    kinds_mend(maker, district, month);
    for (int i = 0; i < maker->district->count; i++) {
        if (maker->present[i]) stock_fill(maker, i, period);
        maker->figures.reported[i] = false;
        for (int slot = 0; slot < dictionary->width; slot++)
            maker->figures.reported[i] |= *cell_of(maker, i, slot) != BLANK;
    }
    return maker->figures;
}
