#include "hmis/audit.h"

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
