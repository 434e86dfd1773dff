/* What the files of src/http share. A request passes: adapter (reads, screens) → dispatch_headers
 * → body → lane → dispatch_run → adapter (answers). It belongs to its epoll thread, except between
 * lane_push and adapter_resume, when it belongs to the worker. */
#ifndef HMIS_HTTP_INTERNAL_H
#define HMIS_HTTP_INTERNAL_H

#include <stdatomic.h>
#include <sys/socket.h>

#include "hmis/http.h"

#include "client.h"
#include "conn.h"
#include "gate.h"
#include "lane.h"
#include "metrics.h"
#include "parse.h"
#include "rate.h"
#include "router.h"
#include "screen.h"
#include "static.h"
#include "tls.h"

enum { JSON_DEPTH_MAX = 8, GZIP_FROM = 1024 };

/* ---- The answer being made. -------------------------------------------------------------------
 */
enum answer_kind { ANSWER_NONE, ANSWER_JSON, ANSWER_BUFFER, ANSWER_FD, ANSWER_PREPARED };
struct answer {
    enum answer_kind kind;
    int status;
    const char *type; /* NULL: no body */
    struct json_out json;
    struct buffer buffer;
    int fd;
    int64_t size;
    void *prepared; /* adapter_prepare's */
    struct text_pair *headers;
    size_t header_count, header_capacity;
    bool close;       /* the connection ends with it */
    bool own_caching; /* the handler set Cache-Control */
    const char *tag;  /* of the entity, without quotes */
    bool weak;        /* compressed on the fly */
};

enum request_stage {
    STAGE_NEW,     /* request line seen */
    STAGE_GATE,    /* BODY_SPOOL: with a worker, before the body is read */
    STAGE_GATED,   /* ... and let through */
    STAGE_BODY,    /* headers accepted, the body comes */
    STAGE_HANDLER, /* in a lane */
    STAGE_ANSWER,  /* the answer is made */
    STAGE_SENT,    /* ... and queued */
    STAGE_REFUSED, /* answered in raw bytes in mid-body; the connection ends */
};

struct request {
    struct http *http;
    struct arena *arena;
    struct conn *conn;
    void *connection; /* the adapter's */
    enum request_stage stage;
    char id[17];
    int64_t started_us, queued_us;

    const char *method, *uri, *path;
    bool head;
    struct screen_header *headers;
    size_t header_count;
    struct screen_result screened;
    struct text_pair *query, *parts;
    size_t query_count, part_count;
    const struct router_route *route; /* NULL: a file, or nothing */
    int metric;

    struct client client;
    struct actor actor;
    bool has_actor, gated;

    struct buffer body;
    int body_fd;
    int64_t body_size;
    json_t *json;

    struct db *db;
    struct worker *worker;
    struct answer answer;
};

struct http {
    struct http_settings settings;
    struct router *router;
    struct work_lane *lanes[LANE__MAX];
    struct rate_table *rates;
    struct metrics *metrics;
    struct static_files *files;
    struct trusted_proxies *proxies;
    struct conn_table *conns;
    struct tls *tls; /* NULL: plain HTTP */
    void *adapter;
    int port;
    bool hsts;
    atomic_bool stopping;
    atomic_int active; /* requests between their first line and their end */
};

/* ---- request.c ---- */
struct request *request_new(struct http *http, struct conn *conn, void *connection,
                            const char *uri);
/* Logs, counts, frees. whole: its answer went out to the last byte. */
void request_end(struct request *r, bool whole);
bool request_unsafe(const struct request *r);
/* Gives the connection to the database back, if one was taken. */
void request_give_db(struct request *r);

/* ---- body.c ---- */
MUST_USE bool body_open(struct request *r, struct problem *p);
/* False: over the limit, or the disk does not take it. */
MUST_USE bool body_add(struct request *r, const char *data, size_t length, struct problem *p);

/* ---- dispatch.c ---- */
/* Headers are in: screen, route, early limits. Leaves the stage at BODY, GATE or ANSWER. */
void dispatch_headers(struct request *r, const char *method, const char *version);
/* The body is in: answers on the spot (LANE_LOOP). True when a lane is to run it. */
bool dispatch_body(struct request *r);
/* On the worker: gate, handler; leaves an answer (or STAGE_GATED), and gives the
 * request back to its epoll thread. */
void dispatch_run(struct request *r, struct worker *worker, bool late);
/* The lane is full, or did not come to it in time. */
void dispatch_busy(struct request *r);

/* ---- reply.c ---- */
/* Compresses, sets ETag, Cache-Control and Vary: the answer is ready to be sent. */
void reply_finish(struct request *r);
void reply_release(struct request *r);
/* The headers every answer has; calls add for each. */
void reply_common_headers(const struct http *http,
                          void (*add)(void *to, const char *name, const char *value), void *to);
/* A whole HTTP message for what libmicrohttpd cannot answer (in mid-body, or too late). */
char *reply_raw(struct request *r, const struct problem *p);

/* ---- adapter.c ---- */
MUST_USE bool adapter_start(struct http *http, int listen_fd, struct problem *p);
/* No more accepting; returns the listening socket, now the caller's. */
int adapter_quiesce(struct http *http);
void adapter_stop(struct http *http);
void adapter_resume(struct request *r);
/* A response made once and sent to many (static files). */
void *adapter_prepare(const struct http *http, const void *data, size_t length,
                      const struct text_pair *headers, size_t header_count);
void adapter_prepared_free(void *prepared);

#endif
