/* area: organisation areas (nation, states, districts, sub-districts, blocks) by their LGD codes,
 * with dated membership: an area lies in one parent at a time, and the tree of a month is that of
 * its last day.
 *
 * Two things live here: the geography as files (data/geography/, docs/geography.md), read and
 * checked without a database, and the loading of it. The handlers are in src/area/area_http.c.
 * Threads: pure functions, or the caller's connection. Memory: the arena given. */
#ifndef HMIS_AREA_H
#define HMIS_AREA_H

#include "hmis/db.h"

enum area_level {
    AREA_NATION,
    AREA_STATE,
    AREA_DISTRICT,
    AREA_SUBDISTRICT,
    AREA_BLOCK,
    AREA_LEVEL__MAX
};

const char *area_level_name(enum area_level level); /* "district": as in table area and the API */
enum area_level area_level_parse(const char *name); /* AREA_LEVEL__MAX if unknown */

/* ---- The geography as files. ------------------------------------------------------------------
 */
/* Days are the number yyyymmdd. from DAY_ALWAYS: before the HMIS; to DAY_NEVER: still holds. */
enum { DAY_ALWAYS = 19000101, DAY_NEVER = 99991231 };

struct geo_area {
    enum area_level level;
    int32_t code; /* LGD; 0: the nation and the ministries that report like states */
    const char *name;
    const char *hmis_name; /* spelling in HMIS tables where it differs, or NULL */
    bool notional;         /* stands for what reports to its parent directly */
};
struct geo_membership {
    int area, parent; /* indices into areas */
    int from, to;     /* first day it holds, first day it no longer does */
};
struct geo_name {
    int area;
    const char *language, *name;
};
struct geo_succession { /* a district that began later, and one it was made of: indices into areas
                         */
    int area, predecessor;
    int from; /* the first day of area */
};
struct geography {
    struct geo_area *areas;             /* [0] is the nation */
    struct geo_membership *memberships; /* by area, then from */
    struct geo_name *names;
    struct geo_succession *successions;
    int area_count, membership_count, name_count, succession_count;
    int *by_code; /* indices of areas by level and code, `coded` of them: geography_find */
    int coded;
};

/* Reads and checks the files of a directory. The problem names file and line. */
MUST_USE bool geography_read(struct geography *geography, const char *directory,
                             struct arena *arena, struct problem *p);
int geography_find(const struct geography *geography, enum area_level level,
                   int32_t code); /* or -1 */
/* The child of `parent` on a day that bears the name (area_name_equal, or its HMIS spelling); -1.
 */
int geography_find_child(const struct geography *geography, int parent, enum area_level level,
                         int day, const char *name);
/* The child whose name is most like a spelling that bears none of the names; -1 where none is
 * alike, or two are. */
int geography_find_alike(const struct geography *geography, int parent, enum area_level level,
                         int day, const char *name);
/* The parent on a day; -1 if the area lies nowhere then. */
int geography_parent(const struct geography *geography, int area, int day);

/* Letters and digits alone count, in any case: "M/O Defence" is "M/O DEFENCE". */
bool area_name_equal(const char *a, const char *b);
/* How alike two names are, 0 to 100: the share of pairs of neighbouring letters and digits that
 * both have, and 100 where every word of one stands in the other ("Nellore", "Sri Potti Sriramulu
 * Nellore"). Two spellings of a name have 60 or more, two names of different things seldom 40. */
int area_name_likeness(const char *a, const char *b);
/* What names an area in the API: "12" (its id), "lgd-district-506", "nation". */
struct area_key {
    int32_t id;        /* BLANK: named by level and code */
    const char *level; /* NULL: named by its id */
    int32_t code;      /* BLANK: the nation */
};
MUST_USE bool area_key_parse(const char *text, struct area_key *ref);
/* Last day of a month (yyyymm) as yyyymmdd. */
int area_tree_day(int period);

/* ---- Loading. ----------------------------------------------------------------------------------
 */
/* Loads the files of a directory in one transaction: adds areas and names that are missing,
 * renames, and makes their memberships what the files say; then moves facilities to where they lie
 * today. A second load of the same files changes nothing. Needs the owner's connection: the
 * application may not change the tree. */
MUST_USE bool area_load(struct db *db, const char *directory, struct problem *p);
/* What a load did to months that are there: reports whose place on the last day of their month is
 * another one now are placed again, and the totals of both places are queued, in the transaction of
 * the load. The totals follow when a daemon or rollup_pass adds what is queued. */
struct area_load_result {
    int64_t moved;                 /* areas that begin, end or move on other days than before */
    int64_t reports;               /* placed again */
    int64_t totals;                /* blocks and months queued */
    int first_period, last_period; /* of those reports; 0: none */
};
MUST_USE bool area_load_told(struct db *db, const char *directory, struct area_load_result *result,
                             struct problem *p);

#endif
