/* scope: who acts and what lies in their reach.
 *
 * A person acts in one assignment at a time: a role tied to an area or to facilities. The scope
 * travels into every transaction as PostgreSQL settings, where row-level security reads it
 * (migrations/, functions hmis_scope_*): what lies outside is as if it did not exist. An empty
 * scope sees nothing: deny by default. */
#ifndef HMIS_SCOPE_H
#define HMIS_SCOPE_H

#include "hmis/base.h"

enum scope_level {
    SCOPE_NOTHING,  /* the zero value */
    SCOPE_FACILITY, /* the facilities listed */
    SCOPE_BLOCK,
    SCOPE_DISTRICT,
    SCOPE_STATE,
    SCOPE_NATION,
    SCOPE_SIGN_IN, /* only the tables of signing in: accounts, sessions, captchas */
    SCOPE__MAX
};

struct scope {
    enum scope_level level;
    int32_t area_id; /* of block, district, state or nation; else 0 */
    int64_t user_id; /* 0: nobody, or the system itself */
    int32_t assignment_id;
    const int32_t *facilities; /* SCOPE_FACILITY only */
    size_t facility_count;
};

/* What the system itself uses: totals, imports by the command line, checks. */
extern const struct scope scope_system;
extern const struct scope scope_sign_in;

const char *scope_level_name(enum scope_level level); /* "district" */

#endif
