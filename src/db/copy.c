#include "db_internal.h"

#include <arpa/inet.h>
#include <string.h>

#define FLUSH_AT (64 * KIB)

/* With flags and length of the extension, both 0. */
static const char signature[19] = "PGCOPY\n\377\r\n";

/* Reads to the end of the command and goes back to pipelines. */
static enum db_outcome finish(struct db *db, const char *query, int64_t *rows, struct problem *p) {
    enum db_outcome outcome = DB_DONE;
    for (;;) {
        enum db_outcome waited = db_wait(db, true);
        if (waited != DB_DONE) return waited;
        PGresult *result = PQgetResult(db->conn);
        if (!result) break;
        if (PQresultStatus(result) != PGRES_COMMAND_OK)
            outcome = db_refused(db, result, query, p);
        else if (rows && !text_to_int(PQcmdTuples(result), 0, INT64_MAX, rows))
            *rows = 0;
        PQclear(result);
        if (PQstatus(db->conn) != CONNECTION_OK) return DB_LOST;
    }
    return PQenterPipelineMode(db->conn) ? outcome : DB_LOST;
}

static bool settle(struct db *db, enum db_outcome outcome, struct problem *p) {
    db->outcome = outcome;
    if (outcome == DB_DONE) return true;
    if (outcome == DB_LOST || outcome == DB_TIMED_OUT) db_unavailable(p, false);
    return false;
}

bool db_copy_begin(struct db *db, enum query_id query, struct db_copy **copy, struct problem *p) {
    if (!db_begin_now(db, p)) return false;
    if (!PQexitPipelineMode(db->conn) || !PQsendQuery(db->conn, query_texts[query].text))
        return settle(db, DB_LOST, p);
    enum db_outcome waited = db_wait(db, true);
    if (waited != DB_DONE) return settle(db, waited, p);
    PGresult *result = PQgetResult(db->conn);
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COPY_IN) {
        ENSURE(status == PGRES_FATAL_ERROR, "db_copy_begin is given a COPY ... FROM STDIN");
        enum db_outcome refused = db_refused(db, result, query_texts[query].name, p);
        PQclear(result);
        enum db_outcome finished = finish(db, query_texts[query].name, NULL, p);
        return settle(db, finished != DB_DONE ? finished : refused, p);
    }
    PQclear(result);
    db->copy = (struct db_copy){ .db = db, .query = query, .active = true };
    buffer_add(&db->copy.bytes, signature, sizeof signature);
    *copy = &db->copy;
    return true;
}

static void send_bytes(struct db_copy *copy) {
    PGconn *conn = copy->db->conn;
    int sent = 0;
    while (!copy->failed &&
           (sent = PQputCopyData(conn, copy->bytes.data, (int)copy->bytes.length)) == 0)
        copy->failed = db_wait(copy->db, false) != DB_DONE;
    if (sent < 0) copy->failed = true;
    copy->bytes.length = 0;
}

void db_copy_row(struct db_copy *copy, int columns) {
    ENSURE(copy->active && copy->columns_left == 0, "a row of a COPY has the columns it announced");
    if (copy->bytes.length >= FLUSH_AT) send_bytes(copy);
    uint16_t wire = htons((uint16_t)columns);
    buffer_add(&copy->bytes, &wire, sizeof wire);
    copy->columns_left = columns;
}

void db_copy_value(struct db_copy *copy, const struct db_param *value) {
    ENSURE(copy->columns_left > 0, "a row of a COPY has the columns it announced");
    copy->columns_left--;
    db_put_binary(&copy->bytes, value);
}

bool db_copy_end(struct db_copy *copy, int64_t *rows, struct problem *p) {
    struct db *db = copy->db;
    ENSURE(copy->active && copy->columns_left == 0, "a row of a COPY has the columns it announced");
    static const char trailer[2] = { '\377', '\377' };
    buffer_add(&copy->bytes, trailer, sizeof trailer);
    send_bytes(copy);
    int ended = 0;
    while (!copy->failed && (ended = PQputCopyEnd(db->conn, NULL)) == 0)
        copy->failed = db_wait(db, false) != DB_DONE;
    /* Where sending failed there is still an answer to read: why. */
    enum db_outcome outcome = finish(db, query_texts[copy->query].name, rows, p);
    bool broken = copy->failed || ended < 0;
    buffer_free(&copy->bytes);
    *copy = (struct db_copy){ 0 };
    return settle(db, outcome == DB_DONE && broken ? DB_LOST : outcome, p);
}
