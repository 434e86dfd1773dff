#include <string.h>

#include "hmis/roles.h"

#define CAN(permission) (1u << PERM_##permission)

/* A role may be tied to areas of these levels; none: to facilities. */
#define ON(level) (1u << SCOPE_##level)

static const struct {
    const char *name, *title;
    unsigned permissions, levels;
} roles[ROLE__MAX] = {
    /* Totals of their own facilities only: row-level security knows no others. */
    [ROLE_DATA_ENTRY] = { "data_entry", "Data entry operator",
                          CAN(REPORT_READ) | CAN(REPORT_ENTER) | CAN(REPORT_SUBMIT) |
                              CAN(TOTALS_READ),
                          0 },
    [ROLE_MEDICAL_OFFICER] = { "medical_officer", "Medical officer",
                               CAN(REPORT_READ) | CAN(REPORT_ENTER) | CAN(REPORT_SUBMIT) |
                                   CAN(TOTALS_READ),
                               0 },
    [ROLE_BLOCK] = { "block", "Block officer", CAN(REPORT_READ) | CAN(TOTALS_READ), ON(BLOCK) },
    /* The district headquarters' own return (form DHQ) is typed by the district. */
    [ROLE_DISTRICT] = { "district", "District officer",
                        CAN(REPORT_READ) | CAN(REPORT_ENTER) | CAN(REPORT_SUBMIT) |
                            CAN(TOTALS_READ) | CAN(IMPORT),
                        ON(DISTRICT) },
    [ROLE_STATE] = { "state", "State officer",
                     CAN(REPORT_READ) | CAN(TOTALS_READ) | CAN(IMPORT) | CAN(IMPORT_FACILITIES) |
                         CAN(FACILITY_CHANGE),
                     ON(STATE) },
    [ROLE_NATIONAL] = { "national", "National administrator",
                        CAN(REPORT_READ) | CAN(TOTALS_READ) | CAN(IMPORT) | CAN(IMPORT_FACILITIES) |
                            CAN(FACILITY_CHANGE),
                        ON(NATION) },
    [ROLE_VIEWER] = { "viewer", "Viewer", CAN(REPORT_READ) | CAN(TOTALS_READ),
                      ON(BLOCK) | ON(DISTRICT) | ON(STATE) | ON(NATION) },
};

static const char *const permissions[PERM__MAX] = {
    [PERM_REPORT_READ] = "report.read",
    [PERM_REPORT_ENTER] = "report.enter",
    [PERM_REPORT_SUBMIT] = "report.submit",
    [PERM_TOTALS_READ] = "totals.read",
    [PERM_IMPORT] = "import",
    [PERM_IMPORT_FACILITIES] = "import.facilities",
    [PERM_FACILITY_CHANGE] = "facility.change",
};

static bool is_role(enum role role) {
    return role > ROLE_NONE && role < ROLE__MAX;
}

const char *role_name(enum role role) {
    return is_role(role) ? roles[role].name : NULL;
}

const char *role_title(enum role role) {
    return is_role(role) ? roles[role].title : NULL;
}

enum role role_parse(const char *name) {
    for (enum role role = ROLE_NONE + 1; role < ROLE__MAX; role++)
        if (strcmp(roles[role].name, name) == 0) return role;
    return ROLE_NONE;
}

bool role_permits(enum role role, enum permission permission) {
    if (!is_role(role) || permission <= PERM_PUBLIC || permission >= PERM__MAX) return false;
    return permission == PERM_SIGNED_IN || (roles[role].permissions & 1u << permission) != 0;
}

const char *permission_name(enum permission permission) {
    return permission > PERM_UNSET && permission < PERM__MAX ? permissions[permission] : NULL;
}

enum scope_level role_scope(enum role role, const char *area_level) {
    if (!is_role(role)) return SCOPE_NOTHING;
    if (!area_level) return roles[role].levels == 0 ? SCOPE_FACILITY : SCOPE_NOTHING;
    for (enum scope_level level = SCOPE_BLOCK; level <= SCOPE_NATION; level++)
        if (strcmp(scope_level_name(level), area_level) == 0)
            return roles[role].levels & 1u << level ? level : SCOPE_NOTHING;
    return SCOPE_NOTHING;
}
