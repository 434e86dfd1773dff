/* What files say of facilities: the parts. Private to src/facility/. */
#ifndef HMIS_FACILITY_PUT_H
#define HMIS_FACILITY_PUT_H

#include "hmis/facility_master.h"

enum { FACILITY_NAMES_SEPARATOR = 0x1F };
/* What the register has of a code on the last day of the month. */
struct facility_standing {
    int32_t id; /* 0: there is none in reach */
    bool mine;  /* may be written */
    const char *name;
    enum facility_type type;
    enum ownership ownership;
    enum locality locality;
    bool open, open_next,
        next_said; /* that day; the day after; something was said of the day after */
    int32_t state, district, block; /* that day; 0: it lay nowhere */
    int32_t state_today, district_today;
    bool notional; /* that block is no more than the district */
    const char *nin;
    const char *opening; /* NULL: not known */
    bool opening_told;   /* by an act, not assumed */
    /* Days within the month on which an act changed it: the file speaks of the days before. NULL:
     * none. */
    const char *kind_act, *status_act, *place_act;
    /* The report of the month: as it was counted; type 0: none. */
    struct {
        enum facility_type type;
        enum ownership ownership;
        enum locality locality;
        int32_t block, district, state;
        const char *place; /* "Block, District" */
    } report;
    /* Acts have told it of that day: a file that repeats the report of the month has no news. */
    bool told_type, told_ownership, told_locality, told_status, told_place;
    const char *names; /* all it has had, separated by 0x1F */
    const char *place; /* "Block, District" */
    const char *state_name;
};
/* The areas a row names, as they were on that day; 0: not found. */
struct facility_home {
    int32_t state, named, district, subdistrict, block, notional;
    bool in_scope;
    const int32_t *several; /* districts that come into question; NULL: one or none */
    size_t several_count;
    const char *several_names, *named_name, *begun, *state_name, *district_name, *block_name;
    /* The row is at odds with itself; NULL, false: it is not. */
    const char *other_state, *other_district; /* the name given is this one's, the code is not */
    bool other_block;       /* the block's name is that of another block of the district */
    const char *block_lies; /* "Block, District": the block's code is of a district never named */
};
/* What is made of a row. */
struct facility_saying {
    const char *name, *nin; /* nin NULL: none, or not taken */
    enum facility_type type;
    enum ownership ownership;
    enum locality locality;
    bool place, status; /* said at all */
    int16_t state;      /* 0 open, 1 closed, 2 closed after this month */
};
struct facility_case {
    const struct facility_master *master;
    const struct facility_standing *standing;
    const struct facility_home *home;
    int32_t nin_holder;   /* the facility that has the NIN; 0: none */
    const char *namesake; /* code of another facility of its district called so; NULL: none */
    bool holds;           /* nothing is written: what cannot be, is asked */
    const char *first;    /* day of the month */
    const char *next;     /* first day of the month after */
    struct facility_saying saying;
    struct facility_put_result *result;
    struct facility_note *notes; /* room for NOTES_MOST */
    struct arena *arena;
};
enum { FACILITY_NOTES_MOST = 16 };

/* Holds what the row says against the register: fills the saying, or refuses or asks, with notes.
 */
void facility_judge(struct facility_case *c);
/* Only what is asked: nothing is to be taken of the row. */
void facility_judge_held(struct facility_case *c);
void facility_note_add(struct facility_case *c, enum facility_note_kind kind,
                       enum facility_column column, const char *from, const char *to,
                       const char *text);

#endif
