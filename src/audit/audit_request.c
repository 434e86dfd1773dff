#include "hmis/audit.h"
#include "hmis/roles.h"

struct audit_entry audit_entry_of(const struct request *r, const char *action) {
    const struct actor *actor = req_actor(r);
    struct audit_entry entry = { .action = action,
                                 .client = req_client(r),
                                 .request_id = req_id(r) };
    if (!actor) return entry;
    entry.account_id = actor->user_id;
    entry.assignment_id = actor->scope.assignment_id;
    entry.role = role_name(actor->role);
    return entry;
}
