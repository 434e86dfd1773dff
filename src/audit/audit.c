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

#define AUDIT_ARGS(e)                                                                              \
    DB_ARGS(DB_INT8((e)->account_id), DB_INT4((e)->assignment_id), DB_TEXT((e)->role),             \
            DB_TEXT((e)->client), DB_TEXT((e)->request_id), DB_TEXT((e)->action),                  \
            DB_TEXT((e)->object), DB_TEXT((e)->refused ? "refused" : "done"),                      \
            DB_TEXT((e)->detail))

bool audit_write(struct db *db, const struct audit_entry *entry, struct arena *arena,
                 struct problem *p) {
    return db_query(db, Q_AUDIT_WRITE, AUDIT_ARGS(entry), arena, NULL, p);
}

bool audit_write_once(struct db *db, const struct scope *scope, const struct audit_entry *entry,
                      struct arena *arena, struct problem *p) {
    return db_once(db, scope, DB_WRITE, Q_AUDIT_WRITE, AUDIT_ARGS(entry), arena, NULL, p);
}
