#include "demo_internal.h"
#include "hmis/validation.h"

/* Shares are dealt item by item, and what is dealt so breaks rules that the district's own figures
 * keep: vaccines given where nobody was born, and a hundred more. Here whole numbers go from one
 * facility to another of the same kind, one item at a time, wherever that leaves fewer rules broken
 * in the two together. A sum never changes, so every published cell still comes back.
 *
 * What cannot be mended stays: a rule that the district breaks as a whole is broken somewhere. */

#define PASSES       8
#define TRIES        48 /* other facilities asked for one figure of one broken rule */
#define SIDE_SLOTS   8  /* figures of a side that are tried */
#define BROKEN       1000000
#define RULES_A_SLOT 64

struct touching { /* the rules that hold a slot, of one form */
    uint16_t rules[RULES_A_SLOT];
    int count;
};
struct mender {
    const struct roster *roster;
    struct touching *touching[FACILITY_TYPE__MAX]; /* [type][slot]; types share a form's */
};
struct group { /* those of one kind that report this month */
    const struct mender *mender;
    const struct demo_month *month;
    const int *members;
    int count;
    uint64_t seed;
};

/* ---- Which rules hold a slot. ------------------------------------------------------------ */
static void touch(struct touching *slots, const int16_t *side, int count, int rule) {
    for (int i = 0; i < count; i++) {
        struct touching *t = &slots[side[i]];
        bool known = t->count && t->rules[t->count - 1] == rule;
        if (!known && t->count < RULES_A_SLOT) t->rules[t->count++] = (uint16_t)rule;
    }
}

struct mender *mender_new(const struct roster *roster, struct arena *arena) {
    struct mender *mender = arena_alloc(arena, sizeof *mender);
    mender->roster = roster;
    for (int type = 0; type < FACILITY_TYPE__MAX; type++) {
        const struct form *form = roster->forms[type];
        if (!form) continue;
        struct touching *slots = arena_array(arena, (size_t)form->dictionary->width, sizeof *slots);
        for (int r = 0; r < form->rule_count; r++) {
            touch(slots, form->rules[r].left, form->rules[r].left_count, r);
            touch(slots, form->rules[r].right, form->rules[r].right_count, r);
        }
        mender->touching[type] = slots;
    }
    return mender;
}

/* ---- What is broken. --------------------------------------------------------------------- */
static int64_t absent_as_zero(const int16_t *slots, int count, const int32_t *cells) {
    int64_t sum = 0;
    return rule_side(slots, count, cells, &sum) ? sum : 0;
}

/* By how much the left side has to grow (or to shrink: below zero) before the rule holds. */
static int64_t shortfall(const struct rule *rule, const int32_t *cells) {
    int64_t left = absent_as_zero(rule->left, rule->left_count, cells);
    int64_t right = absent_as_zero(rule->right, rule->right_count, cells);
    if (left > right && rule->operator!= RULE_GE) return right - left;
    if (left < right && rule->operator!= RULE_LE) return right - left;
    if (rule->class == RULE_A && left * 2 < right) return (right + 1) / 2 - left;
    return 0;
}

static bool is_broken(const struct rule *rule, const int32_t *cells) {
    enum outcome outcome = rule_evaluate(rule, cells);
    return outcome == OUTCOME_INCONSISTENT || outcome == OUTCOME_PROBABLE;
}

/* A broken rule first, then how far it is from holding. */
static int64_t cost(const struct group *g, int facility, int slot) {
    enum facility_type type = g->month->district->facilities[facility].type;
    const struct form *form = g->mender->roster->forms[type];
    const struct touching *touching = &g->mender->touching[type][slot];
    const int32_t *cells = month_cells(g->month, facility);
    int64_t sum = 0;
    for (int i = 0; i < touching->count; i++) {
        const struct rule *rule = &form->rules[touching->rules[i]];
        if (!is_broken(rule, cells)) continue;
        int64_t far = shortfall(rule, cells);
        far = far < 0 ? -far : far;
        sum += BROKEN + (far < BROKEN ? far : BROKEN - 1);
    }
    return sum;
}

/* ---- A figure moves. --------------------------------------------------------------------- */
static bool has_item(const struct group *g, int facility, int slot) {
    return roster_reports(g->mender->roster, g->month->district->facilities[facility].type, slot);
}

static bool move_helps(const struct group *g, int from, int to, int slot, int32_t amount) {
    int32_t *giver = &month_cells(g->month, from)[slot], *taker = &month_cells(g->month, to)[slot];
    int32_t before = *taker;
    int64_t cost_before = cost(g, from, slot) + cost(g, to, slot);
    *giver -= amount;
    *taker = (before == BLANK ? 0 : before) + amount;
    if (cost(g, from, slot) + cost(g, to, slot) < cost_before) return true;
    *giver += amount;
    *taker = before;
    return false;
}

static int32_t least(int64_t a, int64_t b) {
    return (int32_t)(a < b ? a : b);
}

/* As much of `wanted` as helps goes from one to the other: all, or a part. */
static bool move(const struct group *g, int from, int to, const struct item *item, int64_t wanted) {
    int32_t have = month_cells(g->month, from)[item->slot];
    int32_t there = month_cells(g->month, to)[item->slot];
    if (have == BLANK || have <= 0) return false;
    int32_t room = item->high - (there == BLANK ? 0 : there);
    for (int32_t amount = least(least(wanted, have), room); amount > 0; amount /= 3)
        if (move_helps(g, from, to, item->slot, amount)) return true;
    return false;
}

/* Asks others of the kind to give or take the figure until the rule holds. */
static bool slot_mend(const struct group *g, int facility, const struct rule *rule, int slot,
                      bool gives) {
    const struct item *item = g->mender->roster->published->dictionary->by_slot[slot];
    const struct published_cell *cell =
        published_at(g->mender->roster->published, g->month->index, g->month->month, slot);
    const int32_t *cells = month_cells(g->month, facility);
    if (item->aggregation != AGG_SUM || cell->total == BLANK || cell->public_ == BLANK)
        return false;
    uint64_t start = demo_hash(g->seed, (uint64_t)facility, (uint64_t)slot);
    bool helped = false;
    for (int t = 0; t < TRIES && t < g->count && is_broken(rule, cells); t++) {
        int other = g->members[(start + (uint64_t)t) % (unsigned)g->count];
        int64_t far = shortfall(rule, cells);
        if (other == facility || far == 0 || !has_item(g, other, slot)) continue;
        int64_t wanted = far < 0 ? -far : far;
        helped |=
            gives ? move(g, facility, other, item, wanted) : move(g, other, facility, item, wanted);
    }
    return helped;
}

static bool side_mend(const struct group *g, int facility, const struct rule *rule,
                      const int16_t *slots, int count, bool gives) {
    bool helped = false;
    for (int i = 0; i < count && i < SIDE_SLOTS; i++)
        if (is_broken(rule, month_cells(g->month, facility)))
            helped |= slot_mend(g, facility, rule, slots[i], gives);
    return helped;
}

static bool rule_mend(const struct group *g, int facility, const struct rule *rule) {
    bool left_gives = shortfall(rule, month_cells(g->month, facility)) < 0;
    bool left = side_mend(g, facility, rule, rule->left, rule->left_count, left_gives);
    bool right = side_mend(g, facility, rule, rule->right, rule->right_count, !left_gives);
    return left || right;
}

/* ---- Blank sides. ------------------------------------------------------------------------ */
/* Who answers one side of a rule offers the service of the other: zero, where a figure is
 * published. */
static bool side_zero(const struct group *g, int facility, const int16_t *slots, int count) {
    int32_t *cells = month_cells(g->month, facility);
    for (int i = 0; i < count; i++) {
        const struct published_cell *cell =
            published_at(g->mender->roster->published, g->month->index, g->month->month, slots[i]);
        if (cell->total == BLANK || cell->public_ == BLANK) continue;
        cells[slots[i]] = 0;
        return true;
    }
    return false;
}

static bool blanks_fill(const struct group *g, int facility, const struct form *form) {
    const int32_t *cells = month_cells(g->month, facility);
    bool filled = false;
    for (int r = 0; r < form->rule_count; r++) {
        const struct rule *rule = &form->rules[r];
        int64_t sum;
        bool left = rule_side(rule->left, rule->left_count, cells, &sum);
        bool right = rule_side(rule->right, rule->right_count, cells, &sum);
        if (left == right) continue;
        filled |= left ? side_zero(g, facility, rule->right, rule->right_count)
                       : side_zero(g, facility, rule->left, rule->left_count);
    }
    return filled;
}

/* ---- A kind in a month. ------------------------------------------------------------------ */
static bool pass(const struct group *g) {
    bool helped = false;
    for (int i = 0; i < g->count; i++) {
        int facility = g->members[i];
        const struct form *form =
            g->mender->roster->forms[g->month->district->facilities[facility].type];
        for (int r = 0; r < form->rule_count; r++)
            if (is_broken(&form->rules[r], month_cells(g->month, facility)))
                helped |= rule_mend(g, facility, &form->rules[r]);
    }
    return helped;
}

void figures_mend(const struct mender *mender, const struct demo_month *month, const int *members,
                  int count) {
    struct group g = { mender, month, members, count, 0 };
    for (int i = 0; i < count; i++) {
        const struct form *form =
            mender->roster->forms[month->district->facilities[members[i]].type];
        while (blanks_fill(&g, members[i], form))
            ;
    }
    for (int i = 0; i < PASSES; i++) {
        g.seed = (uint64_t)month->index * 1000 + (uint64_t)month->month * 10 + (uint64_t)i;
        if (!pass(&g)) return;
    }
}
