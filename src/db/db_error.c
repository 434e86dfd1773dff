#include "db_internal.h"

#include "hmis/log.h"

#include <stdio.h>
#include <string.h>

/* What a broken constraint means to the user. */
static const struct {
    const char *constraint;
    struct field_problem field;
} constraints[] = {
    { "facility_code_key", { "code", ERR_EXISTS, "A facility with this code exists already" } },
    { "account_username_key", { "username", ERR_EXISTS, "This user name is taken" } },
};

/* By SQLSTATE, or its class; the first that fits. `routine` tells apart what PostgreSQL puts under
 * one state. Anything else is a mistake of ours: INTERNAL, with the details in the log. */
static const struct {
    const char *state, *routine;
    enum error_code code;
    int retry_after;
    enum db_outcome outcome;
    const char *detail;
} states[] = {
    { "40001", NULL, ERR_BUSY, 1, DB_CONFLICT, NULL },
    { "40P01", NULL, ERR_BUSY, 1, DB_CONFLICT, NULL },
    { "0A000", "RevalidateCachedQuery", ERR_BUSY, 1, DB_STALE, NULL },
    { "57014", NULL, ERR_BUSY, 5, DB_FAILED,
      "This takes longer than allowed; ask for less, or try again later" },
    { "55P03", NULL, ERR_BUSY, 1, DB_FAILED,
      "Somebody else is changing the same; try again in a moment" },
    { "57P", NULL, ERR_UNAVAILABLE, DB_RETRY_AFTER, DB_LOST, NULL },
    { "25P03", NULL, ERR_UNAVAILABLE, DB_RETRY_AFTER, DB_LOST, NULL },
    { "08", NULL, ERR_UNAVAILABLE, DB_RETRY_AFTER, DB_LOST, NULL },
    { "53", NULL, ERR_BUSY, DB_RETRY_AFTER, DB_FAILED, NULL },
    { "23505", NULL, ERR_EXISTS, 0, DB_FAILED, NULL },
    { "42501", "ExecWithCheckOptions", ERR_NOT_FOUND, 0, DB_FAILED, NULL },
    { "42501", NULL, ERR_FORBIDDEN, 0, DB_FAILED, NULL },
    { "22021", NULL, ERR_INVALID, 0, DB_FAILED, "A text is not valid UTF-8" },
    { "22P05", NULL, ERR_INVALID, 0, DB_FAILED, "A text holds a character that cannot be stored" },
};

static const char *part(const PGresult *result, int field) {
    const char *text = PQresultErrorField(result, field);
    return text ? text : "";
}

static void name_field(struct problem *p, const char *constraint) {
    for (size_t i = 0; i < COUNT(constraints); i++) {
        if (!text_equal(constraints[i].constraint, constraint)) continue;
        problem_set(p, ERR_EXISTS, "%s", constraints[i].field.detail);
        p->fields =
            (struct field_problem *)&constraints[i].field; /* never written: its capacity is 0 */
        p->field_count = 1;
        p->field_capacity = 0;
    }
}

static void write_log(enum error_code code, const PGresult *result, const char *query) {
    bool ours = code == ERR_INTERNAL || code == ERR_FORBIDDEN;
    const char *detail = part(result, PG_DIAG_MESSAGE_DETAIL);
    if (text_starts(detail, "Failing row")) /* may hold what must not be logged */
        detail = "";
    log_event(ours ? LOG_ERROR : LOG_INFO, "database_refused", "query", query, "sqlstate",
              part(result, PG_DIAG_SQLSTATE), "message", part(result, PG_DIAG_MESSAGE_PRIMARY),
              "detail", detail, "constraint", part(result, PG_DIAG_CONSTRAINT_NAME), "context",
              part(result, PG_DIAG_CONTEXT), NULL);
}

enum db_outcome db_refused(struct db *db, const PGresult *result, const char *query,
                           struct problem *p) {
    const char *state = part(result, PG_DIAG_SQLSTATE),
               *routine = part(result, PG_DIAG_SOURCE_FUNCTION);
    snprintf(db->sqlstate, sizeof db->sqlstate, "%s", state);
    if (!*state) /* libpq's own words: the connection broke */
        log_message(LOG_WARN, "database_lost", "%s", PQresultErrorMessage(result));
    for (size_t i = 0; i < COUNT(states); i++) {
        if (!text_starts(state, states[i].state) ||
            (states[i].routine && !text_equal(routine, states[i].routine)))
            continue;
        write_log(states[i].code, result, query);
        problem_set(p, states[i].code, states[i].detail ? "%s" : NULL, states[i].detail);
        p->retry_after = states[i].retry_after;
        name_field(p, part(result, PG_DIAG_CONSTRAINT_NAME));
        return states[i].outcome;
    }
    if (PQstatus(db->conn) != CONNECTION_OK) return DB_LOST;
    write_log(ERR_INTERNAL, result, query);
    problem_set(p, ERR_INTERNAL, NULL);
    return DB_FAILED;
}

bool db_unavailable(struct problem *p, bool may_be_done) {
    p->retry_after = DB_RETRY_AFTER;
    if (may_be_done)
        return problem_set(
            p, ERR_UNAVAILABLE,
            "The database stopped answering while saving: look whether it was saved before "
            "you send it again");
    return problem_set(p, ERR_UNAVAILABLE, NULL);
}
