/* http: libmicrohttpd, the request screen, worker lanes, the router. The only floor that includes
 * microhttpd.h (src/http/adapter.c).
 *
 * libmicrohttpd's epoll threads read requests, screen them and answer what needs no waiting
 * (assets, 304, health); the rest is suspended and handed to a lane, whose worker runs the handler
 * straight down with an arena and, if asked for, a connection of its own. Lanes are bulkheads with
 * bounded queues: a full one answers 503 with Retry-After.
 *
 * A route is a row; what a row does not say is denied: http_start fails on an incomplete row. The
 * dispatcher derives 404, 405 with Allow, HEAD, OPTIONS, limits, CSRF and rate limits from it.
 *
 * Threads: a request belongs to the worker that runs its handler. Memory: everything of a request
 * lives in its arena. */
#ifndef HMIS_HTTP_H
#define HMIS_HTTP_H

#include <jansson.h>

#include "hmis/db.h"
#include "hmis/json_out.h"
#include "hmis/problem.h"
#include "hmis/scope.h"

/* ---- Roles and permissions: the matrix is src/account/roles.c. ------------------------------- */
enum role {
    ROLE_NONE,
    ROLE_DATA_ENTRY,
    ROLE_MEDICAL_OFFICER,
    ROLE_BLOCK,
    ROLE_DISTRICT,
    ROLE_STATE,
    ROLE_NATIONAL,
    ROLE_VIEWER,
    ROLE__MAX
};
enum permission {
    PERM_UNSET,             /* a row that forgot: start-up fails */
    PERM_PUBLIC,            /* nobody in particular; only with AUTH_NONE */
    PERM_SIGNED_IN,         /* whoever is signed in */
    PERM_REPORT_READ,       /* facility reports, their history and checks */
    PERM_REPORT_ENTER,      /* type a draft */
    PERM_REPORT_SUBMIT,     /* submit it */
    PERM_TOTALS_READ,       /* item-wise report, validation summary */
    PERM_IMPORT,            /* load figures from a file */
    PERM_IMPORT_FACILITIES, /* ... and create the facilities it names */
    PERM_FACILITY_CHANGE,   /* rename, raise, move, close, correct a facility */
    PERM__MAX
};
enum auth { AUTH_UNSET, AUTH_NONE, AUTH_SESSION };
enum route_scope {
    RSCOPE_UNSET,
    RSCOPE_NONE, /* touches nothing that belongs to an area */
    RSCOPE_OWN,  /* runs in the actor's scope: row-level security decides */
};
enum lane {
    LANE_UNSET,
    LANE_LOOP,        /* in the epoll thread: must not wait */
    LANE_INTERACTIVE, /* short reads and saves */
    LANE_REPORT,      /* long reads, exports, imports' uploads */
    LANE_PASSWORD,    /* Argon2id: at most one a core */
    LANE__MAX
};
enum body_kind { BODY_NONE, BODY_JSON, BODY_SPOOL /* streamed to an unnamed file */ };
enum rate {
    RATE_UNSET,
    RATE_NONE,
    RATE_READ,
    RATE_WRITE,
    RATE_SIGN_IN,
    RATE_CAPTCHA,
    RATE_UPLOAD,
    RATE__MAX
};

struct request;
typedef void handler_fn(struct request *r);

struct route {
    const char *method; /* "GET" also serves HEAD */
    const char *path;   /* "/api/v1/facilities/{facility}/months": {name} is one segment */
    handler_fn *handler;
    enum auth auth;
    enum permission permission;
    enum route_scope scope;
    enum lane lane;
    enum rate rate;
    enum body_kind body;
    size_t body_max; /* bytes; needed when body is not BODY_NONE */
    /* A text of the JSON body may hold a NUL: the handler refuses it where it stands, and what
     * stands beside it is kept. Otherwise the body is refused. */
    bool nul;
    const char *media; /* media types the body may have, separated by blanks; NULL:
                          application/json for BODY_JSON */
    /* Counts against idleness: what a person did, never polling. A page that asks by a timer sends
     * the header HMIS-Background, and the request does not count. */
    bool activity;
    const char *doc; /* one line, printed by `hmis routes` and held against docs/api.md */
};
struct route_table {
    const char *module;
    const struct route *routes;
    size_t count;
};

/* Who acts; filled by the authenticator for AUTH_SESSION routes. */
struct actor {
    int64_t user_id;
    const char *username, *full_name;
    enum role role;
    struct scope scope;
    uint8_t session_id[32]; /* BLAKE2b of the cookie's token: the key of the session's row */
    const char *csrf_token; /* what X-CSRF-Token must hold on unsafe methods */
};
/* Told by app at wiring (http must not know the domain). Runs on the worker, with a connection
 * taken; fills r's actor or the problem (401). `activity` as in the route. */
typedef bool authenticate_fn(struct request *r, bool activity, struct actor *actor,
                             struct problem *p);
typedef bool permit_fn(enum role role, enum permission permission);

/* ---- The request, as a handler sees it. ------------------------------------------------------ */
struct arena *req_arena(struct request *r);
const char *req_id(const struct request *r);
const char *req_method(const struct request *r);
const char *req_path(const struct request *r);
const char *req_path_part(const struct request *r,
                          const char *name); /* never NULL for a {name} of the row */
const char *req_query(const struct request *r, const char *name);  /* decoded; NULL if absent */
const char *req_header(const struct request *r, const char *name); /* NULL if absent */
const char *req_cookie(const struct request *r, const char *name); /* NULL if absent */
const char *req_client(const struct request *r); /* address as text, through trusted proxies */
bool req_is_secure(const struct request *r);     /* TLS here, or a trusted proxy says https */
const struct actor *req_actor(const struct request *r); /* NULL on AUTH_NONE routes */
const struct scope *req_scope(const struct request *r); /* the actor's, or scope_sign_in */
void *req_app(const struct request *r);                 /* what http_settings.app pointed at */
/* Parsed body (BODY_JSON); a JSON object always. */
json_t *req_json(const struct request *r);
int req_body_fd(const struct request *r); /* BODY_SPOOL: at offset 0; closed with the request */
int64_t req_body_size(const struct request *r);
/* The worker's connection, taken at the first call and given back after the handler. NULL: the
 * problem (503) has already been answered; just return. */
MUST_USE struct db *req_db(struct request *r);

/* ---- The answer: one of these. A second one takes the place of the first (an error found while
 * writing JSON); none is a 500. Every answer gets the security headers, X-Request-Id and
 * "Cache-Control: no-store" unless reply_header sets another; JSON, CSV and text over 1 KiB are
 * gzipped for whoever takes it. A JSON body must be an object, nested 8 deep at most, without a
 * name twice. ---------------------------------------------------------------------------------- */
/* Begins a JSON answer; it is sent when the handler returns. */
struct json_out *reply_json(struct request *r, int status);
void reply_problem(struct request *r, const struct problem *p);
void reply_error(struct request *r, enum error_code code, const char *format, ...) PRINTF(3, 4);
void reply_empty(struct request *r, int status);
/* Copies the bytes. filename not NULL: Content-Disposition attachment. */
void reply_bytes(struct request *r, int status, const char *type, const void *data, size_t length,
                 const char *filename);
/* Takes over the buffer's memory. */
void reply_buffer(struct request *r, int status, const char *type, struct buffer *buffer,
                  const char *filename);
/* Sends an open file from its beginning and closes it. */
void reply_fd(struct request *r, int status, const char *type, int fd, int64_t size,
              const char *filename);
/* Aborts on a control character: names and values are ours, never the client's. */
void reply_header(struct request *r, const char *name, const char *value);
/* Sets the ETag ("\"...\"" is added around `tag`); true when If-None-Match has it and 304 has been
 * answered: just return. */
MUST_USE bool reply_etag(struct request *r, const char *tag);

/* ---- Bodies: declared field by field; unknown fields are refused, all wrong ones told at once. -
 */
enum field_kind { FIELD_TEXT, FIELD_INT, FIELD_BOOL, FIELD_OBJECT, FIELD_ARRAY };
struct field_spec {
    const char *name;
    enum field_kind kind;
    size_t offset; /* of const char *, int64_t, bool or json_t * in the target */
    bool needed;
    int64_t low, high; /* FIELD_INT: range; FIELD_TEXT: bytes */
};
/* Reads the body into *target (zeroed by the caller). False: answered with 422. */
MUST_USE bool req_read(struct request *r, const struct field_spec *fields, size_t count,
                       void *target);
/* Query parameters not in the list are a 400 (false: answered). */
MUST_USE bool req_only_query(struct request *r, const char *const *names, size_t count);

/* ---- The server. ------------------------------------------------------------------------------
 */
/* What it points at must outlive the server. */
struct http_settings {
    const char *address;                   /* "127.0.0.1" */
    int port;                              /* 0: any free one, see http_port */
    const char *tls_certificate, *tls_key; /* files, PEM; NULL: plain HTTP */
    const char *const *hosts;              /* names Host may have; NULL-ended; empty: any */
    const char *const *trusted_proxies; /* addresses or networks whose X-Forwarded-* is believed */
    /* Numbers that are 0 take the default: threads by the number of cores, the rest as in http.c.
     */
    int loops, interactive, report, password; /* threads */
    /* Cut down to what the process may open. Behind trusted proxies there is no limit per address.
     */
    int connection_limit, connection_limit_per_ip;
    int header_deadline_ms, body_deadline_ms, idle_ms;
    int queue_wait_ms;           /* longest wait in a lane */
    int lane_queue;              /* places in front of each lane; 0: by lane (256, 64, 32) */
    int rate_multiple;           /* rate limits times this; 0 is 1. For tests from one address */
    const char *spool_directory; /* uploads wait here, unnamed; NULL: /tmp */
    bool hsts;                   /* said anyway when TLS is ours */
    const char *web_root; /* development: serve web/dist from here instead of the embedded files */
    const struct route_table *tables;
    size_t table_count;
    struct db_pool *pool;
    authenticate_fn *authenticate;
    permit_fn *permit;
    bool (*ready)(void *app, char detail[200]); /* for /health/ready; called off the loop threads */
    void (*metrics)(void *app, struct buffer *out); /* more lines for /metrics */
    void *app;
};
struct http;

/* Health and metrics: always served, besides the tables given. */
extern const struct route_table http_routes;

/* What can be wrong with settings, without listening: route tables, address, trusted proxies, the
 * certificate and its key, folders. http_start looks at the same. */
MUST_USE bool http_check_settings(const struct http_settings *settings, struct problem *p);

/* Ignores SIGPIPE for the whole process. NULL with a problem: a bad row (named), the port taken, a
 * bad certificate. */
struct http *http_start(const struct http_settings *settings, struct problem *p);
int http_port(const struct http *http);
/* Reads certificate and key again; on failure the old ones stay. */
MUST_USE bool http_reload_tls(struct http *http, struct problem *p);
/* Stops accepting, answers 503 on /health/ready, lets what was accepted finish (at most wait_ms),
 * then ends. */
void http_stop(struct http *http, int wait_ms);
/* Checks the tables without starting; used by `hmis routes`, http_start and a test. */
MUST_USE bool http_check_routes(const struct route_table *tables, size_t count, struct problem *p);

#endif
