/* facility: kinds of facilities, and the words the ministry's files use for them. The handlers of
 * areas and facilities are in src/area/ and src/facility/. Pure; any thread. */
#ifndef HMIS_FACILITY_H
#define HMIS_FACILITY_H

#include "hmis/base.h"

enum facility_type {
    FACILITY_TYPE_NONE,
    FACILITY_SC,  /* sub-centre, health and wellness centre */
    FACILITY_PHC, /* primary health centre */
    FACILITY_CHC, /* community health centre; private facilities of that level too */
    FACILITY_SDH, /* sub-divisional hospital */
    FACILITY_DH,  /* district hospital */
    FACILITY_DHQ, /* the district headquarters' own return: stock, RBSK, WIFS, MDR, JSSK */
    FACILITY_TYPE__MAX
};
enum ownership { OWNERSHIP_NONE, PUBLIC, PRIVATE, OWNERSHIP__MAX };
enum locality { LOCALITY_NONE, RURAL, URBAN, LOCALITY__MAX };

const char *facility_type_code(enum facility_type type);  /* "SC" */
const char *facility_type_title(enum facility_type type); /* "Sub Centre" */
/* By code or title as extracts write it ("Community Health Centre"), in any case; NONE if unknown.
 */
enum facility_type facility_type_parse(const char *text);
const char *ownership_name(enum ownership ownership); /* "Public" */
enum ownership ownership_parse(const char *text);
const char *locality_name(enum locality locality); /* "Rural" */
enum locality locality_parse(const char *text);

/* Two names that cannot be spellings of one: what is left of them without the words of the kind
 * ("PHC", "Hospital") is not alike. False where that cannot be told: nothing is left, or the names
 * are in different scripts. */
bool facility_names_differ(const char *a, const char *b);

#endif
