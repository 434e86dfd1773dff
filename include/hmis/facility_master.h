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

struct facility_master {
    const char *code, *name;
    const char *nin; /* this and the texts below: NULL where the column is blank */
    const char *zone, *district_category, *health_block, *sub_division, *ulb;
    const char *categories; /* separated by commas */
    enum facility_type type;
    enum ownership ownership;
    enum locality locality;
    int32_t beds; /* BLANK: not stated */
    bool notional, closed;
    bool worked;  /* the row has figures: what is "Closed" was open in that month */
    int64_t hash; /* of the columns as the file has them; 0: none (facility.master_hash) */
    const char *state_name;                                          /* "M/O Defence" has no code */
    int32_t state_code, district_code, subdistrict_code, block_code; /* LGD; BLANK: none given */
    const char *block_name;                                          /* NULL: none given */
};
/* Reads the 20 columns (well-formed UTF-8, "" where blank; NULL: the file has no such column). All
 * wrong ones are told as fields named like the columns; false then. */
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
struct facility_put_result {
    enum facility_change change;
    int32_t id; /* 0 when refused */
    /* FACILITY_REFUSED: AREA_UNKNOWN (column: state or district) or FACILITY_UNKNOWN (the code
     * belongs to a facility, or the district to an area, that is not the caller's). */
    enum error_code error;
    enum facility_column column;
};
#define FACILITY_PUT_MOST 1000
/* Creates the facilities whose code is new and brings the others' columns to what the file says;
 * the file is one month's, and areas are looked up in that month's tree. A block that is not given,
 * or not one of the district, becomes the district's notional block. A facility whose file names
 * another block of the tree than it lies in moves there on the first day of that month, unless it
 * has been moved since. "Closed" closes it on the first day of the month, or of the next one when
 * the row has figures; "Open" in a later month opens it again. A file of a month before the newest
 * one taken over changes nothing but the day on which a closed facility closed. A code that stands
 * in `masters` twice: the last one holds. */
MUST_USE bool facility_put(struct db *db, const struct facility_master *masters, size_t count,
                           int period, struct facility_put_result *results, struct arena *arena,
                           struct problem *p);

#endif
