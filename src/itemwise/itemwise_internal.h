/* The reading of an item-wise table at hand; private to src/itemwise/. */
#ifndef ITEMWISE_INTERNAL_H
#define ITEMWISE_INTERNAL_H

#include "hmis/itemwise.h"

struct reading {
    struct db *db;
    const struct scope *scope;
    const struct dictionary_set *set;
    const struct itemwise_query *query;
    const char *known, *format;
    struct arena *arena;
    struct itemwise_table *table;
    int today;              /* the running month */
    int16_t *types, *forms; /* types[0]: all together, kept from the district up */
    size_t type_count;      /* of the others */
    int capacity;           /* of the columns */
    int named;              /* columns that have their names */
    const char *wrong;
};

static inline bool by_month(const struct itemwise_table *t) {
    return t->by == COLUMNS_MONTHS;
}

/* The table's figures are read from reports, not from totals. */
static inline bool from_reports(const struct itemwise_table *t) {
    return t->today_tree || t->area.level == SCOPE_FACILITY ||
           (t->area.level == SCOPE_BLOCK && !by_month(t));
}

struct itemwise_column *itemwise_column_of(struct reading *r, int32_t id, int period);
struct total *itemwise_total_in(struct reading *r, struct itemwise_column *column, int kind);
int itemwise_kind_of(int64_t ownership, int64_t locality); /* -1: none */
/* Tells r->wrong. */
MUST_USE bool itemwise_stream(struct reading *r, enum query_id query, const struct db_param *params,
                              size_t count, bool (*add)(const struct db_rows *rows, void *arg),
                              void *arg, struct problem *p);

/* Balances over several months: they are not added but those of the first and the last month stand
 * in the columns' totals. After the columns have been summed up. */
MUST_USE bool itemwise_read_balances(struct reading *r, struct problem *p);
/* Breaks of the tree within the range, and in which months the area did not exist. */
MUST_USE bool itemwise_read_breaks(struct reading *r, struct problem *p);

/* The rule in the reader's language: where the dictionary has it in English alone, said with the
 * names of its items. The text lives as long as the arena and the dictionary. */
const char *validation_rule_text(const struct form *form, const struct rule *rule,
                                 const char *language, struct arena *arena);
/* "orange" as a word of the language; itself where there is none, NULL for NULL. */
const char *validation_band_text(const char *band, const char *language);

#endif
