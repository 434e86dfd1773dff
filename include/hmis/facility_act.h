/* facility_act: changes of one facility by a person: what it is called, what it is, whose, where,
 * open or closed, each from a day on; its NIN; and the correction of the register for the past,
 * which stamps reports anew. docs/facilities.md says what each does. `hmis facility` and POST
 * /api/v1/facilities/{facility}/changes are its two doors.
 *
 * Threads: a worker with its connection. Memory: the arena given. */
#ifndef HMIS_FACILITY_ACT_H
#define HMIS_FACILITY_ACT_H

#include "hmis/area.h"
#include "hmis/audit.h"
#include "hmis/facility_master.h"

enum facility_act_kind {
    FACILITY_ACT_NONE,
    FACILITY_ACT_TYPE,
    FACILITY_ACT_OWNERSHIP,
    FACILITY_ACT_LOCALITY,
    FACILITY_ACT_NAME,
    FACILITY_ACT_OPEN,
    FACILITY_ACT_CLOSE,
    FACILITY_ACT_MOVE,
    FACILITY_ACT_NIN,
    FACILITY_ACT_CORRECT,
    FACILITY_ACT__MAX
};
const char *facility_act_name(enum facility_act_kind kind);
enum facility_act_kind facility_act_parse(const char *name); /* NONE: no such act */

/* As given, texts alone: they are read and held against the register in facility_act_run. NULL: not
 * given. */
struct facility_act {
    enum facility_act_kind kind;
    const char *code;
    const char *from,
        *until; /* days, "2022-05-01"; until (CORRECT): the first day it no longer holds */
    const char *type, *ownership, *locality, *name, *nin, *status, *reason;
    const char *block; /* MOVE, CORRECT: of area_key_parse; a district: directly under it */
    bool first;        /* OPEN: it opened on that day and was not there before */
    bool other_state;  /* MOVE, CORRECT: into another state is meant */
    bool dry_run;      /* everything is done and undone again: the result is what it would be */
};
/* A report whose kind or place is not what the register says of its month (any more). */
struct facility_act_report {
    int period;
    const char *form, *from, *to; /* "PHC, Public, Rural, Tenali, Guntur" */
    bool stamped;                 /* CORRECT: it carries `to` now; else it keeps `from` */
    const char *note;             /* why it keeps its type; NULL */
};
struct facility_act_result {
    struct facility_note *changes; /* none: nothing was other than the act says */
    size_t change_count;
    struct facility_act_report *reports;
    size_t report_count;
    int64_t totals; /* of blocks and months, queued to be made again */
};
/* In a transaction of its own, with the facility's row locked and an audit row. What is wrong is
 * told as fields named like the members above; NOT_FOUND: no such facility in the scope; FORBIDDEN:
 * it lies today in another's area. */
MUST_USE bool facility_act_run(struct db *db, const struct scope *scope,
                               const struct facility_act *act, const struct audit_entry *who,
                               struct facility_act_result *result, struct arena *arena,
                               struct problem *p);

/* `hmis facility VERB CODE ...`; returns the exit status. argv begins behind the sub-command;
 * without a pool only help and wrong arguments are answered. */
int facility_cli(int argc, char **argv, struct db_pool *pool);

#endif
