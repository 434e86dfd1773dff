/* The parts of the demonstration: published figures, facilities, shares. Private to src/demo/. */
#ifndef HMIS_DEMO_INTERNAL_H
#define HMIS_DEMO_INTERNAL_H

#include "hmis/demo.h"
#include "hmis/facility.h"

/* ---- Published figures (demo_source.c). -------------------------------------------------- */
struct published_cell {
    int32_t total;                           /* BLANK: not published */
    int32_t public_, private_, urban, rural; /* BLANK: a total only */
};
struct published {
    const struct dictionary *dictionary;
    int state;         /* area of the geography */
    int *districts;    /* areas of the geography, by LGD code */
    int *begin, *last; /* of each: first and last month of its rows */
    int district_count;
    int first_period, months;
    struct published_cell *cells; /* published_at */
    int64_t rows, state_differs;
    const char **notes; /* what was understood in another way, or left out */
    int note_count;
};

MUST_USE bool published_read(struct published *published, const struct demo_request *request,
                             const struct geography *geography, struct arena *arena,
                             struct problem *p);
struct published_cell *published_at(const struct published *published, int district, int month,
                                    int slot);
/* Puts the stock balances of a cumulative table into its months (demo_balance.c). Components of an
 * item stand one after the other. */
MUST_USE bool balances_read(struct published *published, const char *path,
                            const struct geography *geography, struct arena *arena,
                            struct problem *p);

/* ---- Whole numbers (demo_share.c). ------------------------------------------------------- */
enum kind { PUBLIC_URBAN, PUBLIC_RURAL, PRIVATE_URBAN, PRIVATE_RURAL, KIND__MAX };

/* A well-mixed number of its arguments: the demonstration's only source of chance. */
uint64_t demo_hash(uint64_t a, uint64_t b, uint64_t c);
/* A published number as cells hold it: times 10^scale. */
int64_t demo_stored(const struct item *item, int32_t published);
/* The 2 x 2 table with these margins that is nearest to independence. */
void demo_split(const struct published_cell *cell, int32_t parts[KIND__MAX]);
/* Shares a count among `count` facilities: shares[i] = min(cap, floor(weights[i] * x + offsets[i]))
 * for the one x at which they sum up to it (offsets are 32-bit fractions; ties go by order). A
 * larger count never gives anybody a smaller share, so that "a <= b" of a district's items holds in
 * each facility too. Weights are positive; count * cap must reach the total. */
void demo_share(int32_t total, const uint32_t *weights, const uint32_t *offsets, int count,
                int32_t cap, int32_t *shares);
/* For what does not add up (percentages): whole values, one facility after the other. */
void demo_deal(int32_t total, int count, int32_t cap, int32_t *shares);

/* ---- Facilities (demo_roster.c). --------------------------------------------------------- */
struct demo_facility {
    int32_t code;
    const char *name;
    enum facility_type type;
    enum ownership ownership;
    enum locality locality;
    int block;       /* area of the geography, -1: not stated */
    bool reliable;   /* reports every month: some published figure needs it */
    int closed_from; /* first month closed, 0: open */
};
struct demo_district {
    struct demo_facility *facilities; /* the last one is the headquarters' own return */
    int count;
};
struct roster {
    const struct geography *geography;
    const struct published *published;
    struct demo_district *districts;              /* as in published */
    const struct form *forms[FACILITY_TYPE__MAX]; /* what each type reports on */
};

MUST_USE bool roster_make(struct roster *roster, const struct published *published,
                          const struct geography *geography, enum demo_size size,
                          struct arena *arena, struct problem *p);
enum kind facility_kind(const struct demo_facility *facility);
bool roster_reports(const struct roster *roster, enum facility_type type, int slot);

/* ---- Accounts (demo_accounts.c). --------------------------------------------------------------
 */
void accounts_make(struct demo_result *result, const struct roster *roster, struct arena *arena);

/* ---- Figures of a district's month (demo_figures.c). ------------------------------------- */
struct figures {
    int32_t *cells; /* [facility][width] */
    bool *reported; /* [facility] */
};

/* A district's month at hand: the figures of its facilities, one row each. */
struct demo_month {
    const struct demo_district *district;
    int index, month; /* of the district in published; since the first month */
    int32_t *cells;   /* [facility][width] */
    int width;
};
static inline int32_t *month_cells(const struct demo_month *month, int facility) {
    return month->cells + (size_t)facility * (size_t)month->width;
}

/* ---- Rules that hold in most reports, as they do in real months (demo_mend.c). ------------ */
struct mender;
struct mender *mender_new(const struct roster *roster, struct arena *arena);
/* Of the facilities named, which are of one kind: moves figures between them until as many rules as
 * possible hold. No sum changes; blank becomes zero only where the item is published. */
void figures_mend(const struct mender *mender, const struct demo_month *month, const int *members,
                  int count);

/* Scratch of the largest district; reused for every month. */
struct figures_maker;
struct figures_maker *figures_maker_new(const struct roster *roster, struct arena *arena);
/* Valid until the next call. */
struct figures figures_make(struct figures_maker *maker, int district, int month);

#endif
