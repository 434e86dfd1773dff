#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "hmis/log.h"
#include "http_internal.h"

static void answered(struct request *r) {
    reply_finish(r);
    r->stage = STAGE_ANSWER;
}

/* ---- Headers are in (epoll thread). -----------------------------------------------------------
 */
/* The last of the forwarding lines count: what stands before may be the client's own. */
static void identify(struct request *r) {
    const char *forwarded[16];
    size_t first = COUNT(forwarded);
    for (size_t i = r->header_count; i > 0 && first > 0; i--)
        if (!strcasecmp(r->headers[i - 1].name, "X-Forwarded-For"))
            forwarded[--first] = r->headers[i - 1].value;
    client_identify(r->http->proxies, (const struct sockaddr *)&r->conn->peer, r->http->tls != NULL,
                    forwarded + first, COUNT(forwarded) - first, req_header(r, "X-Forwarded-Proto"),
                    &r->client);
}

static bool screen(struct request *r, const char *version) {
    struct problem p = { 0 };
    struct screen_input in = { r->method,  r->uri,          version,
                               r->headers, r->header_count, r->http->settings.hosts };
    const char *query = strchr(r->uri, '?');
    if (screen_check(&in, &r->screened, &p)) {
        if (query_parse(r->arena, query ? query + 1 : NULL, &r->query, &r->query_count))
            return true;
        problem_set(&p, ERR_BAD_QUERY, "The query is malformed or names a parameter twice");
    }
    r->answer.close = true;
    if (p.code == ERR_METHOD)
        reply_header(r, "Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
    reply_problem(r, &p);
    return false;
}

/* A body that nobody will read ends the connection. */
static void refuse_body(struct request *r) {
    if (r->screened.content_length != 0) r->answer.close = true;
}

static bool find_route(struct request *r) {
    struct router_match match;
    router_find(r->http->router, r->arena, r->method, r->path, &match);
    if (!match.found) {
        r->metric = router_count(r->http->router);
        static_answer(r);
        if (r->answer.status == 404) r->metric++;
        return false;
    }
    if (!match.route) {
        reply_header(r, "Allow", match.allow);
        if (!strcmp(r->method, "OPTIONS"))
            reply_empty(r, 204);
        else
            reply_error(r, ERR_METHOD, "This address takes %s", match.allow);
        return false;
    }
    r->route = match.route;
    r->metric = match.route->index;
    r->parts = match.parts;
    r->part_count = match.part_count;
    return true;
}

static bool limits(struct request *r, struct problem *p) {
    const struct route *row = &r->route->row;
    if (!rate_take(r->http->rates, row->rate, &r->client, r->started_us, &p->retry_after))
        return problem_set(p, ERR_TOO_MANY, NULL);
    int64_t length = r->screened.content_length;
    if (row->body == BODY_NONE && length != 0)
        return problem_set(p, ERR_TOO_LARGE, "This address takes no body");
    if (row->body != BODY_NONE && length > (int64_t)row->body_max)
        return problem_set(p, ERR_TOO_LARGE, "The body may have at most %zu bytes", row->body_max);
    return true;
}

void dispatch_headers(struct request *r, const char *method, const char *version) {
    struct problem p = { 0 };
    r->method = method;
    r->head = !strcmp(method, "HEAD");
    identify(r);
    if (!screen(r, version) || !find_route(r)) {
        refuse_body(r);
        answered(r);
        return;
    }
    if (!limits(r, &p)) {
        reply_problem(r, &p);
        refuse_body(r);
        answered(r);
        return;
    }
    r->stage = r->route->row.body == BODY_SPOOL ? STAGE_GATE : STAGE_BODY;
}

/* ---- The body is in. --------------------------------------------------------------------------
 */
static void run_handler(struct request *r) {
    r->route->row.handler(r);
    if (r->answer.status / 100 == 2) rate_return(r->http->rates, r->route->row.rate, &r->client);
    if (r->answer.kind != ANSWER_NONE) return;
    log_event(LOG_ERROR, "no_answer", "request_id", r->id, "route", r->route->row.path, NULL);
    reply_error(r, ERR_INTERNAL, NULL);
}

bool dispatch_body(struct request *r) {
    if (r->route->row.lane != LANE_LOOP) {
        r->stage = STAGE_HANDLER;
        return true;
    }
    run_handler(r);
    answered(r);
    return false;
}

static json_t *load_json(const struct request *r, json_error_t *error) {
    size_t nul = r->route->row.nul ? JSON_ALLOW_NUL : 0;
    return json_loadb(r->body.length ? r->body.data : "", r->body.length,
                      JSON_REJECT_DUPLICATES | nul, error);
}

/* For whoever reads the field to refuse it alone. */
static void hold_numbers(struct request *r) {
    struct buffer held = { 0 };
    buffer_add_char(&r->body, '\0');
    json_hold_numbers(&held, r->body.data, r->body.length - 1);
    buffer_free(&r->body);
    r->body = held;
}

static bool parse_json(struct request *r) {
    json_error_t error;
    if (r->route->row.body != BODY_JSON) return true;
    if (!json_depth_fits(r->body.data, r->body.length, JSON_DEPTH_MAX)) {
        reply_error(r, ERR_BAD_JSON, "The body is nested deeper than %d levels", JSON_DEPTH_MAX);
        return false;
    }
    r->json = load_json(r, &error);
    if (!r->json && json_error_code(&error) == json_error_numeric_overflow) {
        hold_numbers(r);
        r->json = load_json(r, &error);
    }
    if (!r->json && json_error_code(&error) == json_error_duplicate_key)
        reply_error(r, ERR_BAD_JSON,
                    "An object of the body has a name twice, at line %d, column %d", error.line,
                    error.column);
    else if (!r->json)
        reply_error(r, ERR_BAD_JSON, "The body is not valid JSON at line %d, column %d", error.line,
                    error.column);
    else if (!json_is_object(r->json))
        reply_error(r, ERR_BAD_JSON, "The body must be a JSON object");
    buffer_free(&r->body);
    r->body = (struct buffer){ 0 };
    return json_is_object(r->json);
}

/* False: answered. A spooled upload is let through before its body is read: nobody fills the disk
 * unasked. */
static bool run_gate(struct request *r) {
    struct problem p = { 0 };
    if (!gate_pass(r)) {
        refuse_body(r);
        return false;
    }
    if (!body_open(r, &p)) {
        reply_problem(r, &p);
        refuse_body(r);
        return false;
    }
    return true;
}

static void run(struct request *r) {
    if (r->stage == STAGE_GATE) {
        if (run_gate(r)) r->stage = STAGE_GATED;
        return;
    }
    if (r->route->row.body == BODY_SPOOL) {
        if (lseek(r->body_fd, 0, SEEK_SET) == 0)
            run_handler(r);
        else
            reply_error(r, ERR_INTERNAL, NULL);
        return;
    }
    if (gate_pass(r) && parse_json(r)) run_handler(r);
}

void dispatch_busy(struct request *r) {
    if (atomic_load(&r->http->stopping))
        reply_error(r, ERR_STOPPING, NULL);
    else
        reply_error(r, ERR_BUSY, NULL);
    if (r->stage == STAGE_GATE) refuse_body(r);
    answered(r);
}

void dispatch_run(struct request *r, struct worker *worker, bool late) {
    r->worker = worker;
    if (late)
        dispatch_busy(r);
    else
        run(r);
    if (r->stage == STAGE_GATE || r->stage == STAGE_HANDLER) answered(r);
    request_give_db(r);
    r->worker = NULL;
    adapter_resume(r);
}
