/* db: the only door to PostgreSQL. No other floor includes libpq-fe.h.
 *
 * Owns the pool of connections, transactions, the closed set of queries and the readers of rows.
 * A connection found dead is replaced; a statement is sent again only if it cannot have taken
 * effect (a read, or a transaction whose COMMIT was not sent).
 *
 * Threads: a pool is shared; a `struct db` (one connection) belongs to the thread that took it
 * until it gives it back. Waiting happens inside these calls, bounded by the timeouts of the pool.
 * Memory: rows live in the arena given and are released with it.
 *
 * Every statement runs in a transaction that begins with the scope (scope.h); BEGIN, the scope,
 * the first statement and, for the one-shot calls, COMMIT travel in one round trip. Errors of
 * PostgreSQL are mapped by SQLSTATE and constraint name (src/db/db_error.c) to a problem; SQL text
 * goes to the log only. */
#ifndef HMIS_DB_H
#define HMIS_DB_H

#include "hmis/problem.h"
#include "hmis/scope.h"
#include "queries.h" /* generated: enum query_id from the named blocks of src/<module>/<module>.sql */

/* ---- Pool. --------------------------------------------------------------------------------- */
struct db_settings {
    const char *conninfo; /* URL or key=value; libpq reads PG* variables and ~/.pgpass too */
    const char *role;     /* role taken at connection, "hmis_app"; NULL or "": stay who we are */
    const char *application_name; /* "hmis" */
    int connections;              /* most at a time, 1..256 */
    int wait_ms;                  /* how long db_take waits for a free one */
    int statement_timeout_ms;
    int lock_timeout_ms;
    bool named_statements; /* false behind PgBouncer in transaction mode */
};
struct db_pool;
struct db;

/* Does not connect yet: a database that is down is no reason not to start. */
struct db_pool *db_pool_new(const struct db_settings *settings);
void db_pool_free(struct db_pool *pool);
/* A connection, made or repaired if need be. NULL with BUSY (none free within wait_ms) or
 * UNAVAILABLE (PostgreSQL does not answer; retry_after is set). */
MUST_USE struct db *db_take(struct db_pool *pool, struct problem *p);
void db_give(struct db *db); /* NULL is allowed; a broken connection is dropped here */
struct db_pool_state {
    int open, busy, waiting;
    int64_t taken, timeouts, failures; /* since start */
};
void db_pool_state(struct db_pool *pool, struct db_pool_state *state);
/* What PostgreSQL said when a connection failed last, on one line; "" when none has. For the log
 * and the command line: it names hosts and users, so it never goes into an answer. */
void db_pool_failure(struct db_pool *pool, char failure[300]);

/* ---- Parameters. ---------------------------------------------------------------------------- */
/* Types are what the statement infers: a scalar may be given to any type that reads its text (an
 * INT4 to int8, a TEXT to jsonb or date). An array's kind must be the type's. In COPY, which infers
 * nothing, every kind must be the column's type. */
enum db_param_kind {
    DB_P_NULL,
    DB_P_BOOL,
    DB_P_INT2,
    DB_P_INT4,
    DB_P_INT8,
    DB_P_TEXT,
    DB_P_JSONB,
    DB_P_TIME,
    DB_P_DATE,
    DB_P_BYTEA,
    DB_P_INT2S,
    DB_P_INT4S,
    DB_P_INT8S,
    DB_P_TEXTS
};
struct db_param {
    enum db_param_kind kind;
    int64_t number;
    const void *data; /* text, bytes, or the elements of an array */
    size_t count;     /* bytes or elements */
};
#define DB_NULL     ((struct db_param){ .kind = DB_P_NULL })
#define DB_BOOL(v)  ((struct db_param){ .kind = DB_P_BOOL, .number = (v) })
#define DB_INT2(v)  ((struct db_param){ .kind = DB_P_INT2, .number = (v) })
#define DB_INT4(v)  ((struct db_param){ .kind = DB_P_INT4, .number = (v) })
#define DB_INT8(v)  ((struct db_param){ .kind = DB_P_INT8, .number = (v) })
#define DB_TEXT(v)  ((struct db_param){ .kind = DB_P_TEXT, .data = (v) })  /* NULL is SQL NULL */
#define DB_JSONB(v) ((struct db_param){ .kind = DB_P_JSONB, .data = (v) }) /* NULL is SQL NULL */
#define DB_TIME(us)                                                                                \
    ((struct db_param){ .kind = DB_P_TIME, .number = (us) }) /* timestamptz: us since 1970 */
#define DB_DATE(days)                                                                              \
    ((struct db_param){ .kind = DB_P_DATE, .number = (days) }) /* date: days since 1970 */
#define DB_BYTES(v, n) ((struct db_param){ .kind = DB_P_BYTEA, .data = (v), .count = (n) })
#define DB_INT2S(v, n)                                                                             \
    ((struct db_param){ .kind = DB_P_INT2S, .data = (v), .count = (n) }) /* int16_t */
#define DB_INT4S(v, n)                                                                             \
    ((struct db_param){                                                                            \
        .kind = DB_P_INT4S, .data = (v), .count = (n) }) /* int32_t, BLANK is NULL */
#define DB_INT8S(v, n)                                                                             \
    ((struct db_param){ .kind = DB_P_INT8S, .data = (v), .count = (n) }) /* int64_t */
#define DB_TEXTS(v, n)                                                                             \
    ((struct db_param){                                                                            \
        .kind = DB_P_TEXTS, .data = (v), .count = (n) }) /* const char *, NULL is NULL */
#define DB_PARAMS(...) ((const struct db_param[]){ __VA_ARGS__ })
#define DB_ARGS(...)                                                                               \
    DB_PARAMS(__VA_ARGS__), (sizeof(DB_PARAMS(__VA_ARGS__)) / sizeof(struct db_param))
#define DB_NO_ARGS NULL, 0

/* ---- Rows. Results travel in binary form; a getter of the wrong type aborts (programmer). -----
 */
struct db_rows;
int db_count(const struct db_rows *rows);
int64_t db_affected(const struct db_rows *rows); /* rows inserted, updated or deleted */
bool db_is_null(const struct db_rows *rows, int row, int column);
bool db_bool(const struct db_rows *rows, int row, int column);
int64_t db_int(const struct db_rows *rows, int row, int column); /* int2, int4, int8; NULL is 0 */
/* NUL-terminated, valid while the rows are; NULL for NULL. text, varchar, name, json, jsonb. */
const char *db_text(const struct db_rows *rows, int row, int column);
const void *db_bytes(const struct db_rows *rows, int row, int column, size_t *length);
int64_t db_time_us(const struct db_rows *rows, int row, int column); /* timestamptz; NULL is 0 */
/* int4[] into cells[width], BLANK for NULL and for what the array is too short for. Returns the
 * length of the array: more than width when it was written by a newer dictionary than the one at
 * hand; what is beyond is left out. */
int db_cells(const struct db_rows *rows, int row, int column, int32_t *cells, int width);
/* int2[] or int4[] as a fresh array in the arena; *count is 0 for NULL. */
int32_t *db_ints(const struct db_rows *rows, int row, int column, struct arena *arena,
                 size_t *count);

/* ---- Running queries. ---------------------------------------------------------------------- */
enum db_mode { DB_READ, DB_WRITE, DB_READ_SNAPSHOT, DB_WRITE_SNAPSHOT /* REPEATABLE READ */ };

/* One statement in a transaction of its own, one round trip. On success *rows (may be NULL when
 * they are not wanted) lives in the arena. */
MUST_USE bool db_once(struct db *db, const struct scope *scope, enum db_mode mode,
                      enum query_id query, const struct db_param *params, size_t count,
                      struct arena *arena, struct db_rows **rows, struct problem *p);

/* Several statements in one transaction. `work` is called again from the start after a
 * serialization failure or deadlock (40001, 40P01; at most 3 times), so it must not keep anything
 * from a failed run nor write an answer. It returns false with the problem set to roll back. */
MUST_USE bool db_transaction(struct db *db, const struct scope *scope, enum db_mode mode,
                             bool (*work)(struct db *db, void *arg, struct problem *p), void *arg,
                             struct problem *p);
/* Another statement timeout than the pool's, from the next transaction until the connection is
 * given back; for long reports and batches. More than 0. */
void db_statement_timeout(struct db *db, int milliseconds);
/* Inside db_transaction only. After an error the transaction can only be rolled back. */
MUST_USE bool db_query(struct db *db, enum query_id query, const struct db_param *params,
                       size_t count, struct arena *arena, struct db_rows **rows, struct problem *p);

/* COPY ... FROM STDIN (binary) with the named query (its text is the COPY statement); inside
 * db_transaction only. Rows are built with the db_copy_* calls in column order. */
struct db_copy;
MUST_USE bool db_copy_begin(struct db *db, enum query_id query, struct db_copy **copy,
                            struct problem *p);
void db_copy_row(struct db_copy *copy, int columns);
void db_copy_value(struct db_copy *copy, const struct db_param *value);
MUST_USE bool db_copy_end(struct db_copy *copy, int64_t *rows, struct problem *p);

/* Reads a large result a row at a time (single-row mode), inside db_transaction only: `row` is
 * called with the rows at hand (always reading row 0..db_count-1) and returns false to stop (the
 * rest is read and dropped, db_stream returns true). The rows are gone when it returns. */
MUST_USE bool db_stream(struct db *db, enum query_id query, const struct db_param *params,
                        size_t count, bool (*row)(const struct db_rows *rows, void *arg), void *arg,
                        struct problem *p);

/* ---- Schema. --------------------------------------------------------------------------------- */
enum db_schema {
    DB_SCHEMA_FITS,
    DB_SCHEMA_EMPTY,
    DB_SCHEMA_OLDER,
    DB_SCHEMA_NEWER,
    DB_SCHEMA_CHANGED /* an applied file has another checksum */
};
/* Compares schema_migration with the migrations built in. Cheap; used by readiness too. */
MUST_USE bool db_schema_check(struct db *db, enum db_schema *schema, char detail[200],
                              struct problem *p);
/* Applies what is missing, one transaction a file, under an advisory lock: of two starters one
 * migrates, the other waits. conninfo is the owner's. `progress` is told each version applied. */
MUST_USE bool db_migrate(const char *conninfo, void (*progress)(int version, const char *name),
                         struct problem *p);
int db_schema_version(void); /* newest migration built in */

#endif
