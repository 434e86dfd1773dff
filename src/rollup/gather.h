/* gather: adds what areas are made of, for a handful of areas and one month at a time, and keeps
 * the packed rows that come of it. Used by the pass, by the check and by nothing else. */
#ifndef ROLLUP_GATHER_H
#define ROLLUP_GATHER_H

#include "hmis/aggregate.h"
#include "hmis/facility.h"
#include "hmis/rollup.h"

enum level { LEVEL_BLOCK = SCOPE_BLOCK, LEVEL_DISTRICT, LEVEL_STATE, LEVEL_NATION };

/* Where something lies; 0 above its level. */
struct place {
    int32_t area, state, district, block;
};
struct places {
    struct place *rows;
    int count, capacity;
};
/* The area of `level` (block, district or state) in which `place` lies; area 0 is not added. */
void places_add(struct places *places, struct arena *arena, struct place place, enum level level);
/* By area, each once. */
void places_unique(struct places *places);
int32_t *places_areas(const struct places *places, struct arena *arena);

/* Facility type, ownership and locality as one number. Type NONE stands for all types together:
 * such rows are kept from the district up, where most readers want no types, and are made here
 * only. */
#define KINDS        (FACILITY_TYPE__MAX * 4)
#define KINDS_OF_ALL 4 /* the first so many kinds */
struct kind {
    int type, ownership, locality;
};
struct kind kind_of(int index);
int kind_index(int64_t type, int64_t ownership, int64_t locality); /* -1: no such kind */

/* At most so many areas are added at a time: 64 areas of 6 kinds are 3.5 MB of totals. */
#define GATHER_AREAS 64

/* The two largest figures of each item, of different reports; 0: none above zero. */
struct peaks {
    int32_t largest[CELLS_MAX], second[CELLS_MAX];
};
/* Figures of one report, or the largest or second ones of a part. */
void peaks_add(struct peaks *peaks, const int32_t *figures, int width);

struct gather {
    const struct dictionary *dictionary;
    struct arena *arena;  /* of the totals */
    const int32_t *areas; /* ascending */
    int count;
    struct place
        *places; /* [count]; state and district as the last row said, 0 if there was none */
    struct total **totals; /* [count * KINDS], NULL where there is nothing */
    struct peaks *peaks;   /* [count]; NULL: not wanted */
    const char *wrong;     /* what the rows broke; NULL: nothing */
};

void gather_begin(struct gather *gather, const struct dictionary *dictionary, struct arena *arena,
                  const int32_t *areas, int count, bool peaks);
/* Index of an area; -1: it was not asked for. */
int gather_index(const struct gather *gather, int32_t area);
/* Row functions for db_stream; the columns stand at the queries. */
bool gather_report(const struct db_rows *rows, void *gather);
bool gather_total(const struct db_rows *rows, void *gather);
/* From memory. */
bool gather_packed(struct gather *gather, struct place place, int kind, const uint8_t *data,
                   size_t length);

/* Rows of the table rollup, column by column, as rollup_put takes them. */
struct rollup_rows {
    int count;
    int32_t *area, *state, *district, *block, *reports, *start, *length; /* absent: BLANK */
    int16_t *type, *ownership, *locality;
    struct buffer packed; /* start counts from 1 */
};
struct rollup_rows *gather_rows(struct gather *gather, enum level level);

#endif
