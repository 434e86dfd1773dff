#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "hmis/clock.h"
#include "hmis/log.h"
#include "http_internal.h"

static void release(void *thing) {
    struct request *r = thing;
    request_give_db(r);
    reply_release(r);
    buffer_free(&r->body);
    json_decref(r->json);
    if (r->body_fd >= 0) close(r->body_fd);
}

struct request *request_new(struct http *http, struct conn *conn, void *connection,
                            const char *uri) {
    uint8_t id[8];
    struct arena *arena = arena_new();
    struct request *r = arena_alloc(arena, sizeof(*r));
    r->http = http;
    r->arena = arena;
    r->conn = conn;
    r->connection = connection;
    r->started_us = clock_monotonic_us();
    r->uri = arena_strdup(arena, uri);
    r->path = arena_strndup(arena, uri, strcspn(uri, "?"));
    r->body_fd = -1;
    r->answer.fd = -1;
    r->metric = router_count(http->router) + 1;
    random_bytes(id, sizeof(id));
    hex_encode(r->id, id, sizeof(id));
    arena_defer(arena, release, r);
    atomic_fetch_add(&http->active, 1);
    return r;
}

static const char *number_text(char out[24], int64_t value) {
    snprintf(out, 24, "%lld", (long long)value);
    return out;
}

static void log_request(const struct request *r, int64_t duration_us, int64_t bytes) {
    char status[24], duration[24], length[24], account[24];
    log_event(LOG_INFO, "request", "request_id", r->id, "method", r->method ? r->method : "-",
              "route", r->route ? r->route->row.path : "-", "status",
              number_text(status, r->answer.status), "us", number_text(duration, duration_us),
              "bytes", number_text(length, bytes), "client", r->client.text, "account",
              number_text(account, r->has_actor ? r->actor.user_id : 0), NULL);
}

void request_end(struct request *r, bool whole) {
    struct http *http = r->http;
    int64_t duration_us = clock_monotonic_us() - r->started_us;
    int64_t bytes = r->head ? 0 : r->answer.size;
    bool answered = (r->stage == STAGE_SENT && whole) || r->stage == STAGE_REFUSED;
    if (!answered) {
        r->answer.status = 0;
        bytes = 0;
        metrics_cut(http->metrics);
    } else {
        metrics_count(http->metrics, r->metric, r->answer.status, duration_us, bytes);
    }
    log_request(r, duration_us, bytes);
    arena_free(r->arena);
    atomic_fetch_sub(&http->active, 1);
}

bool request_unsafe(const struct request *r) {
    return !text_equal(r->method, "GET") && !text_equal(r->method, "HEAD") &&
           !text_equal(r->method, "OPTIONS");
}

void request_give_db(struct request *r) {
    if (r->db) db_give(r->db);
    r->db = NULL;
}

/* ---- What handlers see. -----------------------------------------------------------------------
 */
static const char *find_pair(const struct text_pair *pairs, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++)
        if (!strcmp(pairs[i].name, name)) return pairs[i].value;
    return NULL;
}

struct arena *req_arena(struct request *r) {
    return r->arena;
}
const char *req_id(const struct request *r) {
    return r->id;
}
const char *req_method(const struct request *r) {
    return r->method;
}
const char *req_path(const struct request *r) {
    return r->path;
}
const char *req_path_part(const struct request *r, const char *name) {
    const char *value = find_pair(r->parts, r->part_count, name);
    ENSURE(value, "the route has a {name} of this name");
    return value;
}
const char *req_query(const struct request *r, const char *name) {
    return find_pair(r->query, r->query_count, name);
}
const char *req_header(const struct request *r, const char *name) {
    for (size_t i = 0; i < r->header_count; i++)
        if (!strcasecmp(r->headers[i].name, name)) return r->headers[i].value;
    return NULL;
}
const char *req_cookie(const struct request *r, const char *name) {
    return cookie_find(r->arena, req_header(r, "Cookie"), name);
}
const char *req_client(const struct request *r) {
    return r->client.text;
}
bool req_is_secure(const struct request *r) {
    return r->client.secure;
}
const struct actor *req_actor(const struct request *r) {
    return r->has_actor ? &r->actor : NULL;
}
const struct scope *req_scope(const struct request *r) {
    return r->has_actor ? &r->actor.scope : &scope_sign_in;
}
void *req_app(const struct request *r) {
    return r->http->settings.app;
}
json_t *req_json(const struct request *r) {
    return r->json;
}
int req_body_fd(const struct request *r) {
    return r->body_fd;
}
int64_t req_body_size(const struct request *r) {
    return r->body_size;
}

struct db *req_db(struct request *r) {
    struct problem p = { 0 };
    if (r->db) return r->db;
    ENSURE(r->worker, "only a worker takes a connection");
    if (r->http->settings.pool)
        r->db = db_take(r->http->settings.pool, &p);
    else
        problem_set(&p, ERR_UNAVAILABLE, NULL);
    if (!r->db) reply_problem(r, &p);
    return r->db;
}
