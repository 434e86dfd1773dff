#include "test_pg.h"

#include "hmis/migrations.h"

#include <libpq-fe.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOCK_KEY "select pg_advisory_lock(7306951402)"

static void fail(const char *what, const char *why) __attribute__((noreturn));
static void fail(const char *what, const char *why) {
    fprintf(stderr, "[  FAILED  ] %s: %s\n", what, why);
    exit(1);
}

static const char *server(void) {
    const char *url = getenv("HMIS_TEST_DATABASE_URL");
    if (!url || !*url)
        fail("HMIS_TEST_DATABASE_URL is not set",
             "give it what `script/cluster start DIR test` prints: a throw-away PostgreSQL and its "
             "superuser");
    return url;
}

static PGconn *open_database(const char *conninfo) {
    PGconn *conn = PQconnectdb(conninfo);
    if (PQstatus(conn) != CONNECTION_OK)
        fail("connecting to the test database", PQerrorMessage(conn));
    PQclear(PQexec(conn, "set client_min_messages = warning"));
    return conn;
}

static PGresult *run(PGconn *conn, const char *sql) {
    PGresult *result = PQexec(conn, sql);
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) fail(sql, PQerrorMessage(conn));
    return result;
}

static void runf(PGconn *conn, const char *format, ...) PRINTF(2, 3);
static void runf(PGconn *conn, const char *format, ...) {
    char sql[500];
    va_list args;
    va_start(args, format);
    vsnprintf(sql, sizeof sql, format, args);
    va_end(args);
    PQclear(run(conn, sql));
}

static void add_pair(struct buffer *out, const char *key, const char *value) {
    buffer_printf(out, "%s%s='", out->length ? " " : "", key);
    for (; *value; value++) {
        if (*value == '\'' || *value == '\\') buffer_add_char(out, '\\');
        buffer_add_char(out, *value);
    }
    buffer_add_char(out, '\'');
}

char *test_conninfo_with(const char *conninfo, const char *key, const char *value) {
    char *error = NULL;
    PQconninfoOption *options = PQconninfoParse(conninfo, &error);
    if (!options) fail("HMIS_TEST_DATABASE_URL", error ? error : "not valid");
    struct buffer out = { 0 };
    for (PQconninfoOption *o = options; o->keyword; o++)
        if (o->val && strcmp(o->keyword, key) != 0) add_pair(&out, o->keyword, o->val);
    add_pair(&out, key, value);
    buffer_add_char(&out, '\0');
    PQconninfoFree(options);
    return out.data;
}

static void template_name(char name[40]) {
    crypto_generichash_state state;
    crypto_generichash_init(&state, NULL, 0, 8);
    for (int i = 0; i < migration_count; i++)
        crypto_generichash_update(&state, (const unsigned char *)migrations[i].sha256, 64);
    unsigned char hash[8];
    crypto_generichash_final(&state, hash, sizeof hash);
    char hex[17];
    hex_encode(hex, hash, sizeof hash);
    snprintf(name, 40, "hmis_template_%s", hex);
}

/* Migrated under another name and then renamed: a template that exists is complete. */
static void template_make(PGconn *conn, const char *name) {
    runf(conn, "drop database if exists hmis_template_new");
    runf(conn,
         "create database hmis_template_new template template0 encoding 'UTF8' locale 'C.UTF-8'");
    char *conninfo = test_conninfo_with(server(), "dbname", "hmis_template_new");
    struct problem p = { 0 };
    if (!db_migrate(conninfo, NULL, &p)) fail("migrating the template", p.detail);
    free(conninfo);
    runf(conn, "alter database hmis_template_new rename to %s", name);
}

static void template_need(PGconn *conn, char name[40]) {
    template_name(name);
    PQclear(run(conn, LOCK_KEY));
    char sql[200];
    snprintf(sql, sizeof sql, "select from pg_database where datname = '%s'", name);
    PGresult *found = run(conn, sql);
    if (PQntuples(found) == 0) template_make(conn, name);
    PQclear(found);
}

/* ---- Databases made by this program. ----------------------------------------------------------
 */

static struct made {
    char name[64];
    char *conninfo;
} made[32];
static int made_count;

static void drop(struct made *m) {
    PGconn *conn = open_database(server());
    runf(conn, "drop database if exists %s with (force)", m->name);
    PQfinish(conn);
    free(m->conninfo);
    m->conninfo = NULL;
}

static void drop_all(void) {
    for (int i = 0; i < made_count; i++)
        if (made[i].conninfo) drop(&made[i]);
}

static const char *create(PGconn *conn, const char *label, const char *template) {
    if (made_count == COUNT(made)) fail(label, "a test program makes at most 32 databases");
    if (made_count == 0) atexit(drop_all);
    struct made *m = &made[made_count];
    snprintf(m->name, sizeof m->name, "hmis_test_%.30s_%d_%d", label, (int)getpid(), made_count++);
    runf(conn, "create database %s template %s", m->name, template);
    PQfinish(conn);
    m->conninfo = test_conninfo_with(server(), "dbname", m->name);
    return m->conninfo;
}

const char *test_database(const char *label) {
    PGconn *conn = open_database(server());
    char template[40];
    template_need(conn, template); /* the lock is held until the clone is made */
    return create(conn, label, template);
}

const char *test_database_empty(const char *label) {
    return create(open_database(server()), label, "template0");
}

void test_database_drop(const char *conninfo) {
    for (int i = 0; i < made_count; i++)
        if (made[i].conninfo == conninfo) drop(&made[i]);
}

void test_sql(const char *conninfo, const char *sql) {
    PGconn *conn = open_database(conninfo);
    PQclear(run(conn, sql));
    PQfinish(conn);
}

void test_sql_value(const char *conninfo, const char *sql, char *out, size_t size) {
    PGconn *conn = open_database(conninfo);
    PGresult *result = run(conn, sql);
    snprintf(out, size, "%s", PQntuples(result) ? PQgetvalue(result, 0, 0) : "");
    PQclear(result);
    PQfinish(conn);
}

int64_t test_sql_int(const char *conninfo, const char *sql) {
    char text[40];
    test_sql_value(conninfo, sql, text, sizeof text);
    int64_t value;
    if (!text_to_int(text, INT64_MIN, INT64_MAX, &value)) fail(sql, "does not give a whole number");
    return value;
}

struct db_pool *test_pool(const char *conninfo, int connections) {
    return db_pool_new(&(struct db_settings){
        .conninfo = conninfo,
        .role = "hmis_app",
        .application_name = "hmis test",
        .connections = connections,
        .wait_ms = 2000,
        .statement_timeout_ms = 10000,
        .lock_timeout_ms = 2000,
        .named_statements = true,
    });
}
