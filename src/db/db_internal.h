/* db_internal: what the files of src/db share. Everything else sees include/hmis/db.h only. */
#ifndef DB_INTERNAL_H
#define DB_INTERNAL_H

#include "hmis/db.h"

#include <libpq-fe.h>
#include <pthread.h>

#define DB_RETRY_AFTER 5 /* seconds we ask a client to wait when PostgreSQL does not answer */

struct db_rows {
    PGresult *result;
    enum query_id query;
};

struct db_copy {
    struct db *db;
    enum query_id query;
    struct buffer bytes;
    int columns_left;
    bool active, failed;
};

/* What became of the last batch, in the words of who decides about trying again. */
enum db_outcome {
    DB_DONE,
    DB_FAILED,   /* PostgreSQL refused: problem set */
    DB_CONFLICT, /* serialization failure or deadlock */
    DB_STALE,    /* a prepared statement's result has another type since a migration */
    DB_LOST,     /* the connection broke */
    DB_TIMED_OUT /* no answer in time: the connection is dropped */
};

struct db {
    struct db_pool *pool;
    struct db *next_free;
    PGconn *conn; /* NULL: not connected */
    int64_t opened_us;
    int timeout_ms; /* statement timeout of this transaction */
    bool prepared[Q__MAX + 1];
    bool prepared_scope;
    /* the transaction at hand */
    const struct scope *scope;
    enum db_mode mode;
    bool begun;
    enum db_outcome outcome;
    char sqlstate[6];
    struct db_copy copy;
};

struct db_pool {
    struct db_settings settings;
    char *conninfo, *role, *application_name;
    pthread_mutex_t lock;
    pthread_cond_t freed;
    struct db *slots;
    struct db *free; /* the one given back last is taken first */
    int64_t down_until_us;
    struct db_pool_state state;
    char failure[300]; /* of the last connection, one line */
};

/* pool.c */
/* Connected and alive, made anew if need be. */
bool db_ready(struct db *db, struct problem *p);
/* Drops the connection, not the slot. */
void db_close(struct db *db);

/* connection.c */
bool db_connect(struct db *db, struct problem *p);
/* libpq writes several lines, with tabs. */
void db_one_line(char *line, size_t size, const char *message);
void db_disconnect(struct db *db);
/* False when the server has closed the connection, as far as can be told without asking it. */
bool db_alive(struct db *db);
/* Sends what is waiting to be sent; then, with `result`, waits until PQgetResult would not block.
 */
enum db_outcome db_wait(struct db *db, bool result);

/* params.c */
struct db_bound {
    const char **values;
    int *lengths, *formats;
};
void db_bind(struct db_bound *bound, struct arena *arena, const struct db_param *params,
             size_t count);
void db_put_binary(struct buffer *out,
                   const struct db_param *param); /* length and value, as COPY has it */

/* db_error.c */
/* Sets the problem, writes the log, remembers the SQLSTATE and classifies. */
enum db_outcome db_refused(struct db *db, const PGresult *result, const char *query,
                           struct problem *p);
bool db_unavailable(struct problem *p, bool may_be_done);

/* transaction.c */
bool db_begin_now(struct db *db, struct problem *p);

#endif
