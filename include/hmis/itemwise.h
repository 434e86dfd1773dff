/* itemwise: the item-wise report: rows are items, columns are the areas below one or months, a cell
 * is total, public, private, urban and rural as the HMIS publishes them.
 *
 * Read from the totals (rollup.h); the columns of facilities from their reports. All of a table is
 * of one snapshot. Threads: the caller's connection. Memory: the arena given; texts belong to the
 * dictionaries and the arena. docs/reports.md says what a reader sees. */
#ifndef HMIS_ITEMWISE_H
#define HMIS_ITEMWISE_H

#include "hmis/aggregate.h"
#include "hmis/area_ref.h"
#include "hmis/csv_out.h"
#include "hmis/facility.h"
#include "hmis/json_out.h"

enum itemwise_columns { COLUMNS_AREAS, COLUMNS_MONTHS };
enum itemwise_mode { MODE_MONTH, MODE_CUMULATIVE };

struct itemwise_query {
    const char *area; /* "17", "lgd-district-502", "facility-AP1234"; NULL: one's own */
    int from, to;     /* months; at most ITEMWISE_MONTHS; from is not read when cumulative */
    enum itemwise_columns columns;
    enum itemwise_mode mode;          /* cumulative: from April of the year of `to` */
    const char *section;              /* code, "M9"; NULL: all */
    enum facility_type facility_type; /* FACILITY_TYPE_NONE: all */
    const char *language;             /* NULL: English */
    /* Percentages and averages, too, are added, as the ministry's published tables do. The sums
     * mean nothing: this is for comparing with those tables cell by cell. */
    bool as_published;
    /* Every month under the tree of today: reports by where their facility lies now. */
    bool today_tree;
};
#define ITEMWISE_MONTHS 24

/* Figures by ownership and locality: 0 public rural, 1 public urban, 2 private rural, 3 private
 * urban. */
enum { ITEMWISE_KINDS = 4 };

/* Where the area's tree changed: "began", "joined" (parts of others came), "split" (parts went to
 * others), "moved" (the area lies elsewhere since). */
struct itemwise_break {
    int period; /* the first month under the new tree */
    const char *what;
    const char **others; /* names: whose the parts were, or are; NULL: unknown */
    int other_count;
};
struct itemwise_column {
    struct area_ref area;
    int period;                                   /* columns by month; otherwise 0 */
    const struct itemwise_break *before_it_began; /* the area did not exist in this month */
    struct total *kinds[ITEMWISE_KINDS];
    int64_t reports, filled, zeros;
};
struct itemwise_table {
    struct area_ref area;
    int from, to; /* what is added; from is April when cumulative */
    enum itemwise_columns by;
    enum itemwise_mode mode;
    const struct dictionary *dictionary;
    const struct section *section; /* NULL: all */
    enum facility_type facility_type;
    const char *language;
    bool as_published, today_tree;
    struct itemwise_break *breaks; /* by month */
    int break_count;
    int64_t as_on_us; /* the moment the figures show */
    char tag[33];     /* of this content: changes when a figure, a text or the question does */
    bool unchanged;   /* tag is what the caller has: no columns were read */
    struct itemwise_column *columns; /* by areas: the area itself first */
    int column_count;
};

/* `known` is an If-None-Match, or NULL. `format` goes into the tag. Problems: NOT_FOUND (no such
 * area in the scope), BAD_QUERY, DICTIONARY_NONE, DICTIONARY_MIXED. The dictionaries must outlive
 * the table. */
MUST_USE bool itemwise_read(struct db *db, const struct scope *scope,
                            const struct dictionary_set *set, const struct itemwise_query *query,
                            const char *known, const char *format, struct arena *arena,
                            struct itemwise_table *table, struct problem *p);

/* How figures of several facilities and months become one. Balances: of the first or last month
 * with figures, added over facilities. Share: how many answered "adequate", of how many. */
enum itemwise_way { WAY_NONE, WAY_SUM, WAY_FIRST, WAY_LAST, WAY_SHARE, WAY__MAX };
enum itemwise_way itemwise_way(const struct item *item);
const char *itemwise_way_name(enum itemwise_way way); /* "sum" */

/* One cell; false when nobody reported the item there or it is not added up. */
struct itemwise_cell {
    int64_t total, public, private, urban, rural;
};
bool itemwise_cell(const struct itemwise_column *column, const struct item *item,
                   struct itemwise_cell *cell);
/* Of an item that has shares: in `total` and the others how many answered; false: nobody did. */
bool itemwise_share(const struct itemwise_column *column, const struct item *item,
                    struct itemwise_cell *adequate, struct itemwise_cell *answered);
/* Why an item has no figure (WAY_NONE): date, percentage, average or not_added; otherwise NULL. */
const char *itemwise_reason(const struct item *item);

void itemwise_write_json(const struct itemwise_table *table, struct json_out *out);
void itemwise_write_csv(const struct itemwise_table *table, struct csv_out *out);

#endif
