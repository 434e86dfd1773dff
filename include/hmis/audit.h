/* audit: who did what, when, from where, and whether it was let happen.
 *
 * The row is written in the transaction of the change itself, so that there is neither a change
 * without its row nor a row without its change. The application can add rows and nothing else.
 * Never in a row: passwords, tokens, captcha answers, user names that are not accounts (people
 * type passwords there). */
#ifndef HMIS_AUDIT_H
#define HMIS_AUDIT_H

#include "hmis/http.h"

struct audit_entry {
    const char *action; /* "session.begin", "report.submit": fixed words, subject and verb */
    const char *object; /* what it was done to, e.g. a facility code and month; NULL allowed */
    bool refused;
    const char *detail;              /* JSON object; NULL allowed */
    int64_t account_id;              /* 0: nobody, or the command line */
    int32_t assignment_id;           /* 0: none */
    const char *role;                /* NULL: none */
    const char *client, *request_id; /* NULL: the command line */
};

/* Fills actor, client and request id. */
struct audit_entry audit_entry_of(const struct request *r, const char *action);
/* Inside db_transaction. */
MUST_USE bool audit_write(struct db *db, const struct audit_entry *entry, struct arena *arena,
                          struct problem *p);
/* In a transaction of its own, for what changes nothing else (refusals). */
MUST_USE bool audit_write_once(struct db *db, const struct scope *scope,
                               const struct audit_entry *entry, struct arena *arena,
                               struct problem *p);

#endif
