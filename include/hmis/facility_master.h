/* facility_master: the register of facilities: looking facilities up by their codes, and creating
 * or updating them from the 20 facility columns of the ministry's extract. The list and lookup
 * handlers are in src/facility/facility_http.c.
 *
 * Threads: a worker with its connection; the db calls run inside the caller's transaction and
 * scope: what lies outside is as if it did not exist. Memory: the arena given. */
#ifndef HMIS_FACILITY_MASTER_H
#define HMIS_FACILITY_MASTER_H

#include "hmis/db.h"
#include "hmis/facility.h"

/* ---- The facility columns of an extract. ----------------------------------------------------- */
enum facility_column {
    FC_SNO,
    FC_STATE,
    FC_ZONE,
    FC_DISTRICT,
    FC_DISTRICT_CATEGORY,
    FC_SUB_DISTRICT,
    FC_BLOCK,
    FC_HEALTH_BLOCK,
    FC_SUB_DIVISION,
    FC_ULB,
    FC_TYPE,
    FC_CODE,
    FC_NAME,
    FC_CATEGORY,
    FC_BEDS,
    FC_NIN,
    FC_LOCALITY,
    FC_OWNERSHIP,
    FC_PHYSICAL,
    FC_STATUS,
    FC__MAX
};
const char *facility_column_name(enum facility_column column); /* "facility_code" */
/* By name, letters and digits alone, in any case ("Facility Code"); FC__MAX if it is none. */
enum facility_column facility_column_parse(const char *name);

bool facility_nin_good(const char *nin); /* 10 digits */

struct facility_master {
    const char *code;
    const char *name; /* this and all texts below: NULL where the column is blank or not readable */
    const char *nin;  /* 10 digits */
    const char *zone, *district_category, *health_block, *sub_division, *ulb;
    const char *categories; /* separated by commas */
    enum facility_type
        type; /* NONE here and in the next two: not said, a known facility keeps its own */
    enum ownership ownership;
    enum locality locality;
    int32_t beds; /* BLANK: not stated */
    bool notional, closed;
    bool settled; /* answered: the row is this facility's, whatever its name and NIN */
    bool worked;  /* the row has figures: what is "Closed" was open in that month */
    int64_t hash; /* of the columns as the file has them; 0: none (facility.master_hash) */
    const char *state_name, *district_name, *block_name;             /* without their codes */
    int32_t state_code, district_code, subdistrict_code, block_code; /* LGD; BLANK: none given */
};
/* Reads the 20 columns (well-formed UTF-8, "" where blank; NULL: the file has no such column). What
 * is wrong is told as fields of the problem named like the columns, and left out of the master: a
 * row is never lost for an odd cell. False only when the code cannot be read. */
MUST_USE bool facility_master_read(const char *const columns[FC__MAX],
                                   struct facility_master *master, struct arena *arena,
                                   struct problem *p);

/* ---- Finding. -------------------------------------------------------------------------------- */
struct facility_known {
    int32_t id; /* 0: no such facility here */
    enum facility_type type;
    enum ownership ownership;
    enum locality locality;
    bool open;  /* on some day of the month */
    int newest; /* month of the newest file whose columns were taken over; 0: none */
    int32_t state_id, district_id, block_id; /* on the month's last day; 0: it lay nowhere */
};
/* known[i] becomes what codes[i] names in that month. */
MUST_USE bool facility_find(struct db *db, const char *const *codes, size_t count, int period,
                            struct facility_known *known, struct arena *arena, struct problem *p);

/* ---- Creating and updating. ------------------------------------------------------------------ */
enum facility_change { FACILITY_NEW, FACILITY_CHANGED, FACILITY_SAME, FACILITY_REFUSED };
/* What a row did or did not do to its facility, one line each: for lists that people read. */
enum facility_note_kind {
    FACILITY_MADE,    /* to: type, name and place */
    FACILITY_TURNED,  /* a dated change: from one name, type, ownership, locality, status to another
                       */
    FACILITY_MOVED,   /* a dated change of place: from one "Block, District" to another */
    FACILITY_ASSUMED, /* the file does not say it: what was taken, and why */
    FACILITY_NOT_TAKEN /* what of the row was refused alone, and why; the rest was taken */
};
struct facility_note {
    enum facility_note_kind kind;
    enum facility_column column; /* FC_NAME, FC_NIN, FC_DISTRICT ..; FC__MAX: none of its own */
    const char *from, *to;       /* NULL where there is none */
    const char *since;           /* "2022-05-01": from which day on; NULL: not dated */
    const char *text;            /* the whole in words, a sentence */
};
struct facility_put_result {
    enum facility_change change;
    int32_t id; /* 0: there is none. A refused row of a known facility has it: its figures may be
                   kept */
    /* FACILITY_REFUSED: AREA_UNKNOWN (column: state or district), AREA_SEVERAL (the district was
     * made of several, the question asks for the block), FACILITY_UNKNOWN (the code
     * belongs to a facility, or the district to an area, that is not the caller's), MISSING_FIELD
     * (a new one without what it needs), or FACILITY_CONTRADICTS: code and name, district or state
     * do not fit together, the code may be another facility's. Then id is 0, the figures must not
     * be kept, and the question says both readings. */
    enum error_code error;
    enum facility_column column;
    const char *question;
    /* Answers to it: the code is right and the rest of the row is not; the name is a new one. */
    bool by_code, renamed;
    const struct facility_note *notes;
    size_t note_count;
};
#define FACILITY_PUT_MOST 1000
/* Takes what a file of one month says of facilities into the register; docs/facilities.md. Every
 * row is an observation of that month: name, type, ownership, locality, place and status are dated
 * by them, and the same files in any order give the same register. The other columns are those of
 * the newest month. A facility that is not there is made; it is assumed to have opened on the first
 * day of the earliest month that names it. An area that began later stands for where it lay in that
 * month. A code that stands in `masters` twice: the last one holds. Call it for every row, also for
 * those that have not changed: that this month says so is what counts. */
MUST_USE bool facility_put(struct db *db, const struct facility_master *masters, size_t count,
                           int period, struct facility_put_result *results, struct arena *arena,
                           struct problem *p);
/* Holds what rows say of facilities that are there against the register, in the same way, and takes
 * nothing of it: REFUSED as contradiction (another district too), or SAME. Columns that a file does
 * not have are NULL in the masters, and say nothing. */
MUST_USE bool facility_hold(struct db *db, const struct facility_master *masters, size_t count,
                            int period, struct facility_put_result *results, struct arena *arena,
                            struct problem *p);

#endif
