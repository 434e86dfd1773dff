#include "hmis/scope.h"

const struct scope scope_system = { .level = SCOPE_NATION };
const struct scope scope_sign_in = { .level = SCOPE_SIGN_IN };

const char *scope_level_name(enum scope_level level) {
    static const char *const names[SCOPE__MAX] = {
        [SCOPE_NOTHING] = "nothing",   [SCOPE_FACILITY] = "facility", [SCOPE_BLOCK] = "block",
        [SCOPE_DISTRICT] = "district", [SCOPE_STATE] = "state",       [SCOPE_NATION] = "nation",
        [SCOPE_SIGN_IN] = "sign_in",
    };
    return names[level];
}
