/* area_ref: which area a request names ("17", "lgd-district-502", "facility-AP1234"), and whether
 * it lies within the scope in the months asked for. Threads: the caller's connection, in its
 * transaction. Memory: the arena given. */
#ifndef HMIS_AREA_REF_H
#define HMIS_AREA_REF_H

#include "hmis/db.h"
#include "hmis/json_out.h"
#include "hmis/scope.h"

/* An area (block and above) or a facility, found within the scope. */
struct area_ref {
    enum scope_level level; /* SCOPE_FACILITY: a facility */
    int32_t id;
    int32_t lgd_code; /* 0: none */
    const char *code; /* of a facility; otherwise NULL */
    const char *name;
};

/* What lies outside is NOT_FOUND, as if it did not exist; an area that was outside in some of the
 * months is refused with the months that can be asked for. text NULL: the scope's own area or
 * facility. */
MUST_USE bool area_ref_find(struct db *db, const struct scope *scope, const char *text,
                            const char *language, int from, int to, struct arena *arena,
                            struct area_ref *area, struct problem *p);

/* The area as the parameters state, district, block, facility of a query, 0 for any. */
struct area_filter {
    int32_t state, district, block, facility;
};
struct area_filter area_ref_filter(const struct area_ref *area);

const char *area_level_below(enum scope_level level); /* "district" below a state; NULL: none */
void area_ref_write_members(const struct area_ref *area, struct json_out *out);
void area_ref_write(const struct area_ref *area, const char *key, struct json_out *out);

#endif
