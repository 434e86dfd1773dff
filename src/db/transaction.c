#include "db_internal.h"

#include "hmis/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CONFLICT_TRIES 3
#define LOST_TRIES     1

/* ---- A batch: what travels in one round trip. --------------------------------------------------
 */

enum step {
    STEP_BEGIN,
    STEP_PREPARE_SCOPE,
    STEP_SCOPE,
    STEP_PREPARE,
    STEP_QUERY,
    STEP_COMMIT,
    STEP_ROLLBACK
};

struct batch {
    struct db *db;
    enum step steps[8];
    int count;
    bool sent;
    enum query_id query;
    PGresult *rows; /* of STEP_QUERY */
    bool (*each)(const struct db_rows *rows, void *arg);
    void *arg;
    enum db_outcome outcome; /* of the first step that failed */
    enum step failed;
};

static void batch_add(struct batch *b, enum step step, int sent) {
    ENSURE(b->count < (int)COUNT(b->steps), "a batch holds at most eight steps");
    b->steps[b->count++] = step;
    b->sent = b->sent && sent == 1;
}

static void add_text(struct batch *b, enum step step, const char *text) {
    if (b->sent)
        batch_add(b, step, PQsendQueryParams(b->db->conn, text, 0, NULL, NULL, NULL, NULL, 1));
}

static void add_prepare(struct batch *b, enum step step, const char *name, const char *text) {
    if (b->sent) batch_add(b, step, PQsendPrepare(b->db->conn, name, text, 0, NULL));
}

static bool named(const struct db *db) {
    return db->pool->settings.named_statements;
}

/* Runs a statement by its name, or by its text where names do not last. */
static void add_statement(struct batch *b, enum step step, const char *name, const char *text,
                          const struct db_bound *bound, size_t count) {
    if (!b->sent) return;
    int sent = named(b->db) ? PQsendQueryPrepared(b->db->conn, name, (int)count, bound->values,
                                                  bound->lengths, bound->formats, 1)
                            : PQsendQueryParams(b->db->conn, text, (int)count, NULL, bound->values,
                                                bound->lengths, bound->formats, 1);
    batch_add(b, step, sent);
}

/* ---- BEGIN and the scope. ----------------------------------------------------------------------
 */

static const char *facilities_text(struct arena *arena, const struct scope *scope) {
    struct buffer text = { 0 };
    buffer_add_char(&text, '{');
    for (size_t i = 0; i < scope->facility_count; i++) {
        if (i) buffer_add_char(&text, ',');
        buffer_add_int(&text, scope->facilities[i]);
    }
    buffer_add_char(&text, '}');
    const char *copy = arena_strndup(arena, text.data, text.length);
    buffer_free(&text);
    return copy;
}

#define SCOPE_SQL                                                                                  \
    "select set_config('hmis.level', $1, true), set_config('hmis.area', $2, true),"                \
    " set_config('hmis.account', $3, true), set_config('hmis.facilities', $4, true),"              \
    " set_config('statement_timeout', $5, true)"
/* Behind PgBouncer nothing of a connection is ours to keep: its options are set here, too. */
#define POOLER_SQL                                                                                 \
    SCOPE_SQL ", set_config('lock_timeout', $6, true), set_config('timezone', 'UTC', true),"       \
              " set_config('idle_in_transaction_session_timeout', '15s', true)"
#define POOLER_ROLE_SQL POOLER_SQL ", set_config('role', $7, true)"

static void add_scope(struct batch *b, struct arena *arena) {
    struct db *db = b->db;
    const struct scope *scope = db->scope;
    const struct db_param params[] = {
        DB_TEXT(scope_level_name(scope->level)),
        DB_INT4(scope->area_id),
        DB_INT8(scope->user_id),
        DB_TEXT(facilities_text(arena, scope)),
        DB_INT4(db->timeout_ms),
        DB_INT4(db->pool->settings.lock_timeout_ms),
        DB_TEXT(db->pool->role),
    };
    struct db_bound bound;
    db_bind(&bound, arena, params, COUNT(params));
    bool role = *db->pool->role;
    size_t count = named(db) ? 5 : role ? 7 : 6;
    if (named(db) && !db->prepared_scope) add_prepare(b, STEP_PREPARE_SCOPE, "scope", SCOPE_SQL);
    add_statement(b, STEP_SCOPE, "scope", role ? POOLER_ROLE_SQL : POOLER_SQL, &bound, count);
}

static void add_begin(struct batch *b, struct arena *arena) {
    static const char *const begin[] = {
        [DB_READ] = "begin read only",
        [DB_WRITE] = "begin",
        [DB_READ_SNAPSHOT] = "begin isolation level repeatable read, read only",
        [DB_WRITE_SNAPSHOT] = "begin isolation level repeatable read",
    };
    add_text(b, STEP_BEGIN, begin[b->db->mode]);
    add_scope(b, arena);
}

static void add_query(struct batch *b, struct arena *arena, enum query_id query,
                      const struct db_param *params, size_t count) {
    char name[16];
    snprintf(name, sizeof name, "q%d", (int)query);
    b->query = query;
    if (named(b->db) && !b->db->prepared[query])
        add_prepare(b, STEP_PREPARE, name, query_texts[query].text);
    struct db_bound bound;
    db_bind(&bound, arena, params, count);
    add_statement(b, STEP_QUERY, name, query_texts[query].text, &bound, count);
}

/* ---- Reading what a batch brought. -------------------------------------------------------------
 */

static const char *step_name(const struct batch *b, enum step step) {
    static const char *const names[] = { [STEP_BEGIN] = "begin",
                                         [STEP_PREPARE_SCOPE] = "scope",
                                         [STEP_SCOPE] = "scope",
                                         [STEP_COMMIT] = "commit",
                                         [STEP_ROLLBACK] = "rollback" };
    return step == STEP_QUERY || step == STEP_PREPARE ? query_texts[b->query].name : names[step];
}

static void step_failed(struct batch *b, enum step step, enum db_outcome outcome) {
    if (b->outcome != DB_DONE) return;
    b->outcome = outcome;
    b->failed = step;
}

/* A COMMIT of a transaction that has failed answers ROLLBACK: somebody swallowed an error. */
static void check_commit(struct batch *b, PGresult *result, struct problem *p) {
    if (text_equal(PQcmdStatus(result), "COMMIT")) return;
    log_message(LOG_ERROR, "database_refused", "committing a transaction that had failed");
    problem_set(p, ERR_INTERNAL, NULL);
    step_failed(b, STEP_COMMIT, DB_FAILED);
}

static void step_done(struct batch *b, enum step step, PGresult *result, struct problem *p) {
    switch (step) {
    case STEP_PREPARE_SCOPE:
        b->db->prepared_scope = true;
        break;
    case STEP_PREPARE:
        b->db->prepared[b->query] = true;
        break;
    case STEP_COMMIT:
        check_commit(b, result, p);
        break;
    case STEP_QUERY:
        if (!b->each) {
            b->rows = result;
            return;
        }
        break;
    default:
        break;
    }
    PQclear(result);
}

static void give_rows(struct batch *b, PGresult *result) {
    if (b->each && !b->each(&(struct db_rows){ result, b->query }, b->arg)) b->each = NULL;
}

/* The last result of a stream is empty, unless libpq did not go into single-row mode. */
static void end_stream(struct batch *b, PGresult *result) {
    if (PQntuples(result) > 0) give_rows(b, result);
    PQclear(result);
}

static void take_result(struct batch *b, enum step step, PGresult *result, struct problem *p) {
    switch (PQresultStatus(result)) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
        step_done(b, step, result, p);
        return;
    case PGRES_SINGLE_TUPLE:
        give_rows(b, result);
        break;
    case PGRES_PIPELINE_ABORTED:
        break;
    default:
        if (b->outcome == DB_DONE)
            step_failed(b, step, db_refused(b->db, result, step_name(b, step), p));
    }
    PQclear(result);
}

static bool connected(const struct batch *b) {
    return PQstatus(b->db->conn) == CONNECTION_OK;
}

/* All results of one step; false when there is no use in reading on. */
static bool read_step(struct batch *b, enum step step, struct problem *p) {
    bool stream = step == STEP_QUERY && b->each;
    if (stream) PQsetSingleRowMode(b->db->conn);
    for (;;) {
        enum db_outcome waited = db_wait(b->db, true);
        if (waited != DB_DONE) {
            step_failed(b, step, waited);
            return false;
        }
        PGresult *result = PQgetResult(b->db->conn);
        if (!result) break;
        if (stream && PQresultStatus(result) == PGRES_TUPLES_OK)
            end_stream(b, result);
        else
            take_result(b, step, result, p);
    }
    if (connected(b)) return true;
    step_failed(b, step, DB_LOST);
    return false;
}

static bool read_sync(struct batch *b) {
    if (db_wait(b->db, true) != DB_DONE) return false;
    PGresult *result = PQgetResult(b->db->conn);
    bool synced = PQresultStatus(result) == PGRES_PIPELINE_SYNC;
    PQclear(result);
    return synced;
}

static enum db_outcome batch_run(struct batch *b, struct problem *p) {
    b->db->sqlstate[0] = '\0';
    if (!b->sent || PQpipelineSync(b->db->conn) != 1) {
        step_failed(b, STEP_BEGIN, DB_LOST);
        return b->outcome;
    }
    for (int i = 0; i < b->count; i++)
        if (!read_step(b, b->steps[i], p)) return b->outcome;
    if (!read_sync(b)) step_failed(b, b->steps[b->count - 1], DB_LOST);
    return b->outcome;
}

static struct batch batch_new(struct db *db) {
    return (struct batch){ .db = db, .sent = true };
}

/* ---- Ending, and trying again. ------------------------------------------------------------------
 */

static bool writes(const struct db *db) {
    return db->mode == DB_WRITE || db->mode == DB_WRITE_SNAPSHOT;
}

/* A COMMIT that was sent may have been done, unless PostgreSQL itself refused an earlier step. */
static bool may_be_done(const struct batch *b) {
    bool refused_before = b->db->sqlstate[0] && b->failed != STEP_COMMIT;
    return writes(b->db) && !refused_before;
}

/* What was refused stays known. */
static void roll_back(struct db *db) {
    if (!db->conn) return;
    char sqlstate[sizeof db->sqlstate];
    memcpy(sqlstate, db->sqlstate, sizeof sqlstate);
    bool clean = !db->copy.active && PQstatus(db->conn) == CONNECTION_OK;
    if (clean && PQtransactionStatus(db->conn) != PQTRANS_IDLE) {
        struct problem ignored = { 0 };
        struct batch b = batch_new(db);
        add_text(&b, STEP_ROLLBACK, "rollback");
        clean = batch_run(&b, &ignored) == DB_DONE;
    }
    if (!clean) db_close(db);
    memcpy(db->sqlstate, sqlstate, sizeof sqlstate);
}

struct tries {
    int conflicts, lost;
    struct problem before; /* the problem as it came: what a failed try wrote into it goes */
};

static void rest(int try) {
    uint16_t random;
    random_bytes(&random, sizeof random);
    long ms = (5L << try) + random % (10 << try);
    nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000L }, NULL);
}

static bool once_more(struct tries *t, int *counter, int most, struct problem *p) {
    if (*counter >= most) return false;
    ++*counter;
    *p = t->before;
    return true;
}

static void log_drop(enum db_outcome outcome, bool unknown) {
    log_event(LOG_WARN, outcome == DB_TIMED_OUT ? "database_silent" : "database_lost", "outcome",
              unknown ? "not known: COMMIT was sent" : "nothing was changed", NULL);
}

/* Cleans up after a try that failed; true: try again. */
static bool try_again(struct db *db, struct tries *t, enum db_outcome outcome, bool unknown,
                      struct problem *p) {
    if (outcome == DB_FAILED || outcome == DB_CONFLICT)
        roll_back(db);
    else
        db_close(db);
    if (outcome == DB_LOST || outcome == DB_TIMED_OUT) log_drop(outcome, unknown);
    switch (outcome) {
    case DB_CONFLICT:
        if (!once_more(t, &t->conflicts, CONFLICT_TRIES, p)) return false;
        rest(t->conflicts);
        return true;
    case DB_STALE:
        return once_more(t, &t->lost, LOST_TRIES, p);
    case DB_LOST:
        if (!unknown && once_more(t, &t->lost, LOST_TRIES, p)) return true;
        /* fall through */
    case DB_TIMED_OUT:
        return db_unavailable(p, unknown);
    default:
        return false;
    }
}

static void keep_rows(struct batch *b, struct arena *arena, struct db_rows **rows) {
    if (!rows) {
        PQclear(b->rows);
        return;
    }
    ENSURE(arena, "rows live in an arena");
    *rows = arena_alloc(arena, sizeof **rows);
    **rows = (struct db_rows){ b->rows, b->query };
    arena_defer(arena, (void (*)(void *))PQclear, b->rows);
}

/* ---- One statement. -----------------------------------------------------------------------------
 */

bool db_once(struct db *db, const struct scope *scope, enum db_mode mode, enum query_id query,
             const struct db_param *params, size_t count, struct arena *arena,
             struct db_rows **rows, struct problem *p) {
    ENSURE(!db->scope, "db_once is not called inside a transaction");
    struct tries tries = { .before = *p };
    bool done = false;
    for (bool again = true; again;) {
        if (!db_ready(db, p)) break;
        db->scope = scope;
        db->mode = mode;
        struct arena *scratch = arena_new();
        struct batch b = batch_new(db);
        add_begin(&b, scratch);
        add_query(&b, scratch, query, params, count);
        add_text(&b, STEP_COMMIT, "commit");
        enum db_outcome outcome = batch_run(&b, p);
        arena_free(scratch);
        done = outcome == DB_DONE;
        if (done)
            keep_rows(&b, arena, rows);
        else
            PQclear(b.rows);
        again = !done && try_again(db, &tries, outcome, may_be_done(&b), p);
    }
    db->scope = NULL;
    return done;
}

/* ---- Several statements.
 * -------------------------------------------------------------------------- */

/* Runs a query of a transaction, beginning it if this is its first. */
static bool run_query(struct batch *b, const struct db_param *params, size_t count,
                      struct problem *p) {
    struct db *db = b->db;
    ENSURE(db->scope, "db_query, db_stream and db_copy are called inside db_transaction");
    if (db->outcome != DB_DONE || !db->conn)
        return problem_set(p, ERR_INTERNAL, NULL); /* the first error was overlooked */
    struct arena *scratch = arena_new();
    if (!db->begun) add_begin(b, scratch);
    if (b->query != Q__MAX) add_query(b, scratch, b->query, params, count);
    if (b->count > 0) db->outcome = batch_run(b, p);
    db->begun = true;
    arena_free(scratch);
    if (db->outcome == DB_DONE) return true;
    PQclear(b->rows);
    b->rows = NULL;
    if (db->outcome == DB_LOST || db->outcome == DB_TIMED_OUT) db_unavailable(p, false);
    return false;
}

bool db_begin_now(struct db *db, struct problem *p) {
    struct batch b = batch_new(db);
    b.query = Q__MAX;
    return run_query(&b, NULL, 0, p);
}

bool db_query(struct db *db, enum query_id query, const struct db_param *params, size_t count,
              struct arena *arena, struct db_rows **rows, struct problem *p) {
    struct batch b = batch_new(db);
    b.query = query;
    if (!run_query(&b, params, count, p)) return false;
    keep_rows(&b, arena, rows);
    return true;
}

bool db_stream(struct db *db, enum query_id query, const struct db_param *params, size_t count,
               bool (*row)(const struct db_rows *rows, void *arg), void *arg, struct problem *p) {
    struct batch b = batch_new(db);
    b.query = query;
    b.each = row;
    b.arg = arg;
    return run_query(&b, params, count, p);
}

/* The outcome of a whole run of `work`; *committing tells whether a COMMIT was sent. */
static enum db_outcome run_work(struct db *db, bool (*work)(struct db *, void *, struct problem *),
                                void *arg, bool *unknown, struct problem *p) {
    db->begun = false;
    db->outcome = DB_DONE;
    *unknown = false;
    bool willing = work(db, arg, p);
    ENSURE(!willing || !db->copy.active, "a COPY is ended before its transaction");
    if (db->outcome != DB_DONE) return db->outcome;
    if (!willing) return DB_FAILED;
    if (!db->begun) return DB_DONE;
    struct batch b = batch_new(db);
    add_text(&b, STEP_COMMIT, "commit");
    enum db_outcome outcome = batch_run(&b, p);
    *unknown = outcome != DB_DONE && writes(db);
    return outcome;
}

bool db_transaction(struct db *db, const struct scope *scope, enum db_mode mode,
                    bool (*work)(struct db *db, void *arg, struct problem *p), void *arg,
                    struct problem *p) {
    ENSURE(!db->scope, "transactions are not nested");
    struct tries tries = { .before = *p };
    bool done = false;
    for (bool again = true; again;) {
        if (!db_ready(db, p)) break;
        db->scope = scope;
        db->mode = mode;
        bool unknown;
        enum db_outcome outcome = run_work(db, work, arg, &unknown, p);
        done = outcome == DB_DONE;
        again = !done && try_again(db, &tries, outcome, unknown, p);
    }
    db->begun = false;
    db->scope = NULL;
    return done;
}
