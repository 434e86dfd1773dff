#include "db_internal.h"

#include "hmis/clock.h"
#include "hmis/log.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GUARD_MS 2000 /* the server's own timeouts act first */

/* In the options of a connection a blank or backslash in a value is escaped by a backslash. */
static void add_option(struct buffer *options, const char *name, const char *value) {
    buffer_printf(options, " -c %s=", name);
    for (; *value; value++) {
        if (*value == ' ' || *value == '\\') buffer_add_char(options, '\\');
        buffer_add_char(options, *value);
    }
}

static void add_number(struct buffer *options, const char *name, int value) {
    buffer_printf(options, " -c %s=%d", name, value);
}

/* Options the user's conninfo already names stay. */
static void add_own_options(struct buffer *options, const char *conninfo) {
    PQconninfoOption *all = PQconninfoParse(conninfo, NULL);
    for (PQconninfoOption *o = all; o && o->keyword; o++)
        if (text_equal(o->keyword, "options") && o->val) buffer_add_text(options, o->val);
    PQconninfoFree(all);
}

static void add_options(struct buffer *options, const struct db_pool *pool) {
    add_own_options(options, pool->conninfo);
    /* PgBouncer refuses options: what they say is then set in every transaction. */
    if (pool->settings.named_statements) {
        if (*pool->role) add_option(options, "role", pool->role);
        add_number(options, "statement_timeout", pool->settings.statement_timeout_ms);
        add_number(options, "lock_timeout", pool->settings.lock_timeout_ms);
        add_option(options, "idle_in_transaction_session_timeout", "15s");
        add_option(options, "timezone", "UTC");
    }
    buffer_add_char(options, '\0');
}

static void log_notice(void *arg, const char *message) {
    (void)arg;
    log_message(LOG_DEBUG, "postgresql", "%s", message);
}

void db_one_line(char *line, size_t size, const char *message) {
    snprintf(line, size, "%s", message);
    size_t length = strlen(line);
    while (length && strchr(" \n", line[length - 1]))
        line[--length] = '\0';
    for (char *c = line; *c; c++)
        if (*c == '\n' || *c == '\t') *c = ' ';
}

static void keep_failure(struct db_pool *pool, const char *message) {
    pthread_mutex_lock(&pool->lock);
    db_one_line(pool->failure, sizeof pool->failure, message);
    pthread_mutex_unlock(&pool->lock);
}

static bool refuse(struct db *db, struct problem *p) {
    const char *message = PQerrorMessage(db->conn);
    bool no_role =
        *db->pool->role && strstr(message, db->pool->role) && strstr(message, "does not exist");
    keep_failure(db->pool, message);
    log_message(LOG_ERROR, "database_connect", "%s", message);
    db_disconnect(db);
    p->retry_after = DB_RETRY_AFTER;
    if (no_role)
        return problem_set(p, ERR_UNAVAILABLE, "The role %.60s is not there yet: run hmis migrate",
                           db->pool->role);
    return problem_set(p, ERR_UNAVAILABLE, NULL);
}

bool db_connect(struct db *db, struct problem *p) {
    struct buffer options = { 0 };
    add_options(&options, db->pool);
    const char *const keys[] = { "dbname",
                                 "application_name",
                                 "client_encoding",
                                 "connect_timeout",
                                 "keepalives_idle",
                                 "tcp_user_timeout",
                                 options.length > 1 ? "options" : NULL,
                                 NULL };
    const char *const values[] = { db->pool->conninfo,
                                   db->pool->application_name,
                                   "UTF8",
                                   "3",
                                   "10",
                                   "10000",
                                   options.data,
                                   NULL };
    db->conn = PQconnectdbParams(keys, values, 1);
    buffer_free(&options);
    ENSURE(db->conn, "memory is left");
    if (PQstatus(db->conn) != CONNECTION_OK) return refuse(db, p);
    PQsetNoticeProcessor(db->conn, log_notice, NULL);
    if (PQsetnonblocking(db->conn, 1) != 0 || !PQenterPipelineMode(db->conn)) return refuse(db, p);
    db->opened_us = clock_monotonic_us();
    db->begun = false;
    return true;
}

void db_disconnect(struct db *db) {
    if (db->conn) PQfinish(db->conn);
    db->conn = NULL;
    db->begun = false;
    db->prepared_scope = false;
    memset(db->prepared, 0, sizeof db->prepared);
    buffer_free(&db->copy.bytes);
    db->copy = (struct db_copy){ 0 };
}

bool db_alive(struct db *db) {
    if (!db->conn || PQstatus(db->conn) != CONNECTION_OK) return false;
    struct pollfd fd = { PQsocket(db->conn), POLLIN, 0 };
    if (poll(&fd, 1, 0) == 0) return true;
    /* A notice may have come; or the end. A dying server says so in a message (57P01) before it
     * closes: an idle connection that has an error to tell is as good as closed. */
    if (!PQconsumeInput(db->conn)) return false;
    PGnotify *notify = PQnotifies(db->conn); /* parses what has come */
    PQfreemem(notify);
    return PQstatus(db->conn) == CONNECTION_OK && poll(&fd, 1, 0) == 0;
}

enum db_outcome db_wait(struct db *db, bool result) {
    int64_t deadline = clock_monotonic_us() + (int64_t)(db->timeout_ms + GUARD_MS) * 1000;
    for (;;) {
        int unsent = PQflush(db->conn);
        if (unsent < 0 && !result) return DB_LOST;
        /* After a failed write there may still be an error to read: why it was closed. */
        if (unsent <= 0 && (!result || !PQisBusy(db->conn))) return DB_DONE;
        int64_t left = deadline - clock_monotonic_us();
        struct pollfd fd = { PQsocket(db->conn), POLLIN, 0 };
        if (unsent > 0) fd.events |= POLLOUT;
        if (left <= 0) return DB_TIMED_OUT;
        poll(&fd, 1, (int)(left / 1000) + 1);
        if ((fd.revents & (POLLIN | POLLHUP | POLLERR)) && !PQconsumeInput(db->conn))
            return result ? DB_DONE : DB_LOST; /* PQgetResult tells what it was */
    }
}
