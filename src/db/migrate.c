#include "db_internal.h"

#include "hmis/log.h"
#include "hmis/migrations.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LOCK_KEY "7306951401" /* any number that nobody else takes */

/* ---- Comparing the ledger with what is built in.
 * ------------------------------------------------- */

/* The row of the ledger at that place, from 0, against ours. */
static enum db_schema compare(int place, int64_t version, const char *name, const char *sha256,
                              char detail[200]) {
    if (version > migration_count) {
        snprintf(
            detail, 200,
            "the schema has migration %lld (%.60s), this program knows %d: use a newer program",
            (long long)version, name, migration_count);
        return DB_SCHEMA_NEWER;
    }
    const struct migration *ours = &migrations[place];
    if (version == ours->version && text_equal(ours->sha256, sha256) &&
        text_equal(ours->name, name))
        return DB_SCHEMA_FITS;
    snprintf(detail, 200,
             "migration %d (%.60s) is not what was applied in its place: a file once applied must "
             "not change",
             ours->version, ours->name);
    return DB_SCHEMA_CHANGED;
}

static enum db_schema count_says(int64_t applied, char detail[200]) {
    if (applied == migration_count) return DB_SCHEMA_FITS;
    if (applied == 0) {
        snprintf(detail, 200, "the database is empty: run hmis migrate");
        return DB_SCHEMA_EMPTY;
    }
    snprintf(detail, 200, "the schema is at migration %lld of %d: run hmis migrate",
             (long long)applied, migration_count);
    return DB_SCHEMA_OLDER;
}

int db_schema_version(void) {
    return migration_count;
}

bool db_schema_check(struct db *db, enum db_schema *schema, char detail[200], struct problem *p) {
    struct arena *arena = arena_new();
    struct db_rows *rows;
    detail[0] = '\0';
    bool read = db_once(db, &scope_system, DB_READ, Q_SCHEMA_VERSIONS, DB_NO_ARGS, arena, &rows, p);
    if (read) {
        *schema = DB_SCHEMA_FITS;
        for (int i = 0; i < db_count(rows) && *schema == DB_SCHEMA_FITS; i++)
            *schema =
                compare(i, db_int(rows, i, 0), db_text(rows, i, 1), db_text(rows, i, 2), detail);
        if (*schema == DB_SCHEMA_FITS) *schema = count_says(db_count(rows), detail);
    } else if (text_equal(db->sqlstate, "42P01")) { /* no ledger */
        *p = (struct problem){ 0 };
        *schema = count_says(0, detail);
        read = true;
    }
    arena_free(arena);
    return read;
}

/* ---- Applying. A connection of the owner, waited for as long as it takes.
 * ------------------------- */

static bool refused(PGconn *conn, const char *what, struct problem *p) {
    log_message(LOG_ERROR, "migration", "%s: %s", what, PQerrorMessage(conn));
    if (PQstatus(conn) != CONNECTION_OK) {
        p->retry_after = DB_RETRY_AFTER;
        char line[300];
        db_one_line(line, sizeof line, PQerrorMessage(conn));
        return problem_set(p, ERR_UNAVAILABLE, "the database cannot be reached: %s", line);
    }
    return problem_set(p, ERR_INTERNAL, "%s: %.300s", what, PQerrorMessage(conn));
}

static bool lock_timed_out(const PGresult *result) {
    return text_equal(PQresultErrorField(result, PG_DIAG_SQLSTATE), "55P03");
}

static bool run(PGconn *conn, const char *sql, const char *what, struct problem *p) {
    PGresult *result = PQexec(conn, sql);
    ExecStatusType status = PQresultStatus(result);
    bool done = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    if (!done && lock_timed_out(result))
        problem_set(p, ERR_BUSY, "%s: somebody is using the tables; stop the servers or try again",
                    what);
    else if (!done)
        refused(conn, what, p);
    PQclear(result);
    return done;
}

/* The number applied, which are the first so many, each as we have it. */
static bool read_ledger(PGconn *conn, int *applied, struct problem *p) {
    PGresult *result = PQexec(conn, query_texts[Q_SCHEMA_VERSIONS].text);
    if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        PQclear(result);
        return refused(conn, "reading schema_migration", p);
    }
    enum db_schema schema = DB_SCHEMA_FITS;
    char detail[200] = "";
    *applied = PQntuples(result);
    for (int i = 0; i < *applied && schema == DB_SCHEMA_FITS; i++) {
        int64_t version = 0;
        ENSURE(text_to_int(PQgetvalue(result, i, 0), INT32_MIN, INT32_MAX, &version),
               "a version is an integer");
        schema = compare(i, version, PQgetvalue(result, i, 1), PQgetvalue(result, i, 2), detail);
    }
    PQclear(result);
    return schema == DB_SCHEMA_FITS || problem_set(p, ERR_INTERNAL, "%s", detail);
}

static bool write_ledger(PGconn *conn, const struct migration *m, const char *what,
                         struct problem *p) {
    char version[12];
    snprintf(version, sizeof version, "%d", m->version);
    const char *const values[] = { version, m->name, m->sha256, HMIS_VERSION };
    PGresult *result =
        PQexecParams(conn,
                     "insert into schema_migration (version, name, sha256, app_version)"
                     " values ($1, $2, $3, $4)",
                     4, NULL, values, NULL, NULL, 0);
    bool done = PQresultStatus(result) == PGRES_COMMAND_OK;
    PQclear(result);
    /* The role is made by the first migration. */
    static const char grant[] =
        "do $$ begin if exists (select from pg_roles where rolname = 'hmis_app') then"
        " grant select on schema_migration to hmis_app; end if; end $$";
    return done ? run(conn, grant, what, p) : refused(conn, what, p);
}

static bool apply_in_transaction(PGconn *conn, const struct migration *m, const char *what,
                                 struct problem *p) {
    if (run(conn, "begin", what, p) && run(conn, m->sql, what, p) && write_ledger(conn, m, what, p))
        return run(conn, "commit", what, p);
    PQclear(PQexec(conn, "rollback"));
    return false;
}

/* Statement by statement, parted by lines `-- next`; the ledger is written when all are done. */
static bool apply_bare(PGconn *conn, const struct migration *m, const char *what,
                       struct problem *p) {
    struct arena *arena = arena_new();
    bool done = true;
    for (const char *at = m->sql, *next; done && at; at = next) {
        const char *end = strstr(at, "\n-- next\n");
        next = end ? end + strlen("\n-- next\n") : NULL;
        done = run(conn, end ? arena_strndup(arena, at, (size_t)(end - at)) : at, what, p);
    }
    arena_free(arena);
    return done && write_ledger(conn, m, what, p);
}

static bool apply(PGconn *conn, const struct migration *m, struct problem *p) {
    char what[100];
    snprintf(what, sizeof what, "migration %04d_%.80s", m->version, m->name);
    return m->transaction ? apply_in_transaction(conn, m, what, p) : apply_bare(conn, m, what, p);
}

/* Asked for again and again, not waited for in the server: a waiting statement holds a snapshot,
 * which whoever migrates would wait for in turn (create index concurrently). */
static bool lock(PGconn *conn, struct problem *p) {
    for (;;) {
        PGresult *result = PQexec(conn, "select pg_try_advisory_lock(" LOCK_KEY ")");
        bool asked = PQresultStatus(result) == PGRES_TUPLES_OK;
        bool locked = asked && *PQgetvalue(result, 0, 0) == 't';
        PQclear(result);
        if (locked) return true;
        if (!asked) return refused(conn, "preparing to migrate", p);
        nanosleep(&(struct timespec){ 0, 100 * 1000000L }, NULL);
    }
}

static bool apply_missing(PGconn *conn, void (*progress)(int, const char *), struct problem *p) {
    static const char prepare[] =
        "set statement_timeout = 0; set lock_timeout = '10s'; set client_min_messages = warning;"
        "set timezone = 'UTC';"
        "create table if not exists schema_migration ("
        " version integer primary key, name text not null, sha256 text not null,"
        " applied_at timestamptz not null default now(), app_version text not null)";
    int applied = 0;
    if (!lock(conn, p) || !run(conn, prepare, "preparing to migrate", p) ||
        !read_ledger(conn, &applied, p))
        return false;
    for (int i = applied; i < migration_count; i++) {
        if (!apply(conn, &migrations[i], p)) return false;
        log_event(LOG_INFO, "migrated", "name", migrations[i].name, NULL);
        if (progress) progress(migrations[i].version, migrations[i].name);
    }
    return true;
}

static void drop_notice(void *arg, const char *message) {
    (void)arg;
    log_message(LOG_DEBUG, "postgresql", "%s", message);
}

bool db_migrate(const char *conninfo, void (*progress)(int version, const char *name),
                struct problem *p) {
    const char *const keys[] = { "dbname", "application_name", "client_encoding", "connect_timeout",
                                 NULL };
    const char *const values[] = { conninfo ? conninfo : "", "hmis migrate", "UTF8", "3", NULL };
    PGconn *conn = PQconnectdbParams(keys, values, 1);
    PQsetNoticeProcessor(conn, drop_notice, NULL);
    bool done = PQstatus(conn) == CONNECTION_OK ? apply_missing(conn, progress, p)
                                                : refused(conn, "connecting as the owner", p);
    PQfinish(conn); /* gives the lock back, too */
    return done;
}
