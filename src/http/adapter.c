/* The one file that speaks libmicrohttpd. Written to 0.9.75 (Debian 12); what differs in 1.0 stands
 * under MHD_VERSION here. What 0.9.75 gets wrong, and where it is mended:
 *   - framing it should refuse: screen.c, on the first call of a request;
 *   - inactivity timeouts only: conn.c watches absolute deadlines;
 *   - no answer can be queued in mid-body: refuse_in_body writes it itself;
 *   - %-decoding that cuts at %00: the raw URI is kept (URI_LOG_CALLBACK), parse.c decodes it.
 * Its own 400, 413, 414 and 431 pages (unreadable framing) bear none of our headers. */
#include <microhttpd.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hmis/clock.h"
#include "hmis/log.h"
#include "http_internal.h"

/* Slowest client that an answer, or an upload, is waited for. */
enum { SLOWEST_BYTES_A_SECOND = 4096, SLOWEST_UPLOAD_BYTES_A_SECOND = 32768 };
enum { HEADER_BYTES_MAX = 32 * 1024 }; /* also bounds how many headers there can be */

static struct conn *conn_of(struct MHD_Connection *connection) {
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

static int64_t after_ms(int64_t ms) {
    return clock_monotonic_us() + ms * 1000;
}

/* ---- Connections, request lines. --------------------------------------------------------------
 */
static void on_connection(void *cls, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode code) {
    struct http *http = cls;
    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        conn_closed(*context);
        return;
    }
    *context = conn_opened(
        http->conns,
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd,
        http->tls,
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr);
}

/* The request line is in; what this returns is the request's context from now on. */
static void *on_uri(void *cls, const char *uri, struct MHD_Connection *connection) {
    struct http *http = cls;
    struct conn *conn = conn_of(connection);
    int64_t deadline = after_ms(conn_table_limits(http->conns)->header_ms);
    int64_t former = atomic_load(&conn->deadline_us);
    bool first = !atomic_exchange(&conn->used, true);
    /* The clock of a connection's first request runs since it was opened. */
    (void)!conn_move(conn, CONN_HEAD, first && former < deadline ? former : deadline);
    return request_new(http, conn, connection, uri);
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **context,
                         enum MHD_RequestTerminationCode code) {
    struct http *http = cls;
    struct request *r = *context;
    (void)connection;
    if (!r) return;
    const struct conn_limits *limits = conn_table_limits(http->conns);
    (void)!conn_move(r->conn, CONN_WAIT, after_ms((int64_t)limits->idle_ms + limits->header_ms));
    request_end(r, code == MHD_REQUEST_TERMINATED_COMPLETED_OK);
    *context = NULL;
}

/* ---- Answers. ---------------------------------------------------------------------------------
 */
static void add_header(void *to, const char *name, const char *value) {
    MHD_add_response_header(to, name, value);
}

void *adapter_prepare(const struct http *http, const void *data, size_t length,
                      const struct text_pair *headers, size_t header_count) {
    struct MHD_Response *response =
        MHD_create_response_from_buffer(length, (void *)data, MHD_RESPMEM_PERSISTENT);
    ENSURE(response, "memory");
    reply_common_headers(http, add_header, response);
    for (size_t i = 0; i < header_count; i++)
        add_header(response, headers[i].name, headers[i].value);
    return response;
}

void adapter_prepared_free(void *prepared) {
    if (prepared) MHD_destroy_response(prepared);
}

static struct MHD_Response *make_response(struct request *r) {
    struct answer *a = &r->answer;
    struct MHD_Response *response;
    if (a->kind == ANSWER_FD) {
        response = MHD_create_response_from_fd64((uint64_t)a->size, a->fd);
        a->fd = -1;
    } else {
        /* The buffer lives until on_completed, which comes after the last byte. */
        response = MHD_create_response_from_buffer(a->buffer.length, a->buffer.data,
                                                   MHD_RESPMEM_PERSISTENT);
    }
    ENSURE(response, "memory");
    reply_common_headers(r->http, add_header, response);
    for (size_t i = 0; i < a->header_count; i++)
        add_header(response, a->headers[i].name, a->headers[i].value);
    return response;
}

static enum MHD_Result send_answer(struct request *r) {
    struct answer *a = &r->answer;
    int64_t slowest_ms = a->size * 1000 / SLOWEST_BYTES_A_SECOND;
    int64_t deadline = after_ms(conn_table_limits(r->http->conns)->body_ms + slowest_ms);
    if (atomic_load(&r->http->stopping) && !a->close && a->kind != ANSWER_PREPARED) {
        a->close = true;
        reply_header(r, "Connection", "close");
    }
    r->conn->linger = a->close;
    if (!conn_move(r->conn, CONN_BUSY, deadline)) return MHD_NO;
    struct MHD_Response *response = a->kind == ANSWER_PREPARED ? a->prepared : make_response(r);
    enum MHD_Result sent = MHD_queue_response(r->connection, (unsigned)a->status, response);
    if (a->kind != ANSWER_PREPARED) MHD_destroy_response(response);
    r->stage = STAGE_SENT;
    return sent;
}

static void send_raw(struct request *r, const char *text) {
    size_t length = strlen(text);
    if (!r->conn->tls) {
        (void)!send(r->conn->fd, text, length, MSG_DONTWAIT | MSG_NOSIGNAL);
        return;
    }
    gnutls_session_t session =
        MHD_get_connection_info(r->connection, MHD_CONNECTION_INFO_GNUTLS_SESSION)->tls_session;
    (void)!gnutls_record_send(session, text, length);
}

/* libmicrohttpd takes no answer in mid-body, so we write it and end the connection. */
static enum MHD_Result refuse_in_body(struct request *r, const struct problem *p) {
    if (!conn_move(r->conn, CONN_BUSY, after_ms(1000))) return MHD_NO;
    send_raw(r, reply_raw(r, p));
    r->conn->linger = true;
    r->answer.status = error_status(p->code);
    r->stage = STAGE_REFUSED;
    return MHD_NO;
}

/* ---- Requests. --------------------------------------------------------------------------------
 */
static enum MHD_Result add_to_headers(void *cls, enum MHD_ValueKind kind, const char *name,
                                      size_t name_length, const char *value, size_t value_length) {
    struct request *r = cls;
    (void)kind;
    r->headers[r->header_count++] =
        (struct screen_header){ name, value ? value : "", name_length, value_length };
    return MHD_YES;
}

static enum MHD_Result hand_over(struct request *r) {
    struct work_lane *lane = r->http->lanes[r->route->row.lane];
    if (!lane_reserve(lane)) {
        dispatch_busy(r);
        return send_answer(r);
    }
    if (!conn_move(r->conn, CONN_BUSY, 0)) {
        lane_release(lane);
        return MHD_NO;
    }
    /* First suspend: the worker may be done before this function is. */
    MHD_suspend_connection(r->connection);
    lane_push(lane, r);
    return MHD_YES;
}

void adapter_resume(struct request *r) {
    MHD_resume_connection(r->connection);
}

static enum MHD_Result await_body(struct request *r) {
    int64_t ms = conn_table_limits(r->http->conns)->body_ms;
    if (r->route->row.body == BODY_SPOOL) {
        int64_t length = r->screened.content_length;
        if (length < 0) length = (int64_t)r->route->row.body_max;
        ms += length * 1000 / SLOWEST_UPLOAD_BYTES_A_SECOND;
    }
    r->stage = STAGE_BODY;
    return conn_move(r->conn, CONN_BODY, after_ms(ms)) ? MHD_YES : MHD_NO;
}

static enum MHD_Result first_call(struct request *r, const char *method, const char *version) {
    int count = MHD_get_connection_values(r->connection, MHD_HEADER_KIND, NULL, NULL);
    r->headers = arena_array(r->arena, (size_t)count + 1, sizeof(*r->headers));
    MHD_get_connection_values_n(r->connection, MHD_HEADER_KIND, add_to_headers, r);
    dispatch_headers(r, method, version);
    if (r->stage == STAGE_ANSWER) return send_answer(r);
    return r->stage == STAGE_GATE ? hand_over(r) : await_body(r);
}

static enum MHD_Result body_call(struct request *r, const char *data, size_t *length) {
    struct problem p = { 0 };
    if (*length > 0) {
        size_t taken = *length;
        *length = 0;
        return body_add(r, data, taken, &p) ? MHD_YES : refuse_in_body(r, &p);
    }
    return dispatch_body(r) ? hand_over(r) : send_answer(r);
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *length, void **context) {
    struct request *r = *context;
    (void)cls, (void)connection, (void)url;
    switch (r->stage) {
    case STAGE_NEW:
        return first_call(r, method, version);
    case STAGE_GATED:
        return await_body(r);
    case STAGE_BODY:
        return body_call(r, data, length);
    case STAGE_ANSWER:
        return send_answer(r);
    case STAGE_REFUSED:
        return MHD_NO;
    case STAGE_GATE:
    case STAGE_HANDLER:
    case STAGE_SENT:
        break;
    }
    *length = 0;
    return MHD_YES;
}

/* ---- Start and stop. --------------------------------------------------------------------------
 */
static size_t keep_escapes(void *cls, struct MHD_Connection *connection, char *text) {
    (void)cls, (void)connection;
    return strlen(text);
}

static void on_log(void *cls, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
static void on_log(void *cls, const char *format, va_list args) {
    char text[500];
    (void)cls;
    vsnprintf(text, sizeof(text), format, args);
    text[strcspn(text, "\n")] = 0;
    log_event(LOG_DEBUG, "libmicrohttpd", "message", text, NULL);
}

static void on_panic(void *cls, const char *file, unsigned line, const char *reason) {
    (void)cls;
    base_abort(file, (int)line, reason ? reason : "libmicrohttpd");
}

static int on_certificate(gnutls_session_t session, const struct gnutls_cert_retr_st *info,
                          gnutls_pcert_st **chain, unsigned *count, gnutls_ocsp_data_st **ocsp,
                          unsigned *ocsp_count, gnutls_privkey_t *key, unsigned *flags) {
    (void)info;
    /* libmicrohttpd sets this on every session. */
    struct conn *conn = conn_of(gnutls_session_get_ptr(session));
    struct tls_pair *pair = tls_current(conn->tls);
    *chain = pair->chain;
    *count = pair->count;
    *key = pair->key;
    *ocsp = NULL;
    *ocsp_count = 0;
    *flags = 0;
    return 0;
}

#define CALL(function) ((intptr_t)(function))

bool adapter_start(struct http *http, int listen_fd, struct problem *p) {
    const struct http_settings *s = &http->settings;
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC | MHD_ALLOW_SUSPEND_RESUME |
                     MHD_USE_ERROR_LOG | (http->tls ? MHD_USE_TLS : 0);
    struct MHD_OptionItem options[] = {
        { MHD_OPTION_EXTERNAL_LOGGER, CALL(on_log), NULL }, /* must be the first */
        { MHD_OPTION_LISTEN_SOCKET, listen_fd, NULL },
        { MHD_OPTION_THREAD_POOL_SIZE, s->loops > 1 ? s->loops : 0, NULL },
        { MHD_OPTION_CONNECTION_LIMIT, s->connection_limit, NULL },
        { MHD_OPTION_PER_IP_CONNECTION_LIMIT, s->connection_limit_per_ip, NULL },
        { MHD_OPTION_CONNECTION_TIMEOUT, (s->idle_ms + 999) / 1000, NULL },
        { MHD_OPTION_CONNECTION_MEMORY_LIMIT, HEADER_BYTES_MAX, NULL },
        { MHD_OPTION_NOTIFY_CONNECTION, CALL(on_connection), http },
        { MHD_OPTION_NOTIFY_COMPLETED, CALL(on_completed), http },
        { MHD_OPTION_URI_LOG_CALLBACK, CALL(on_uri), http },
        { MHD_OPTION_UNESCAPE_CALLBACK, CALL(keep_escapes), NULL },
        { MHD_OPTION_END, 0, NULL },
        { MHD_OPTION_END, 0, NULL },
        { MHD_OPTION_END, 0, NULL },
    };
    if (http->tls) {
        size_t last = COUNT(options) - 3;
        options[last++] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_CERT_CALLBACK2, 0,
                                                   (void *)CALL(on_certificate) };
        options[last] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_PRIORITIES, 0, TLS_PRIORITIES };
    }
    MHD_set_panic_func(on_panic, NULL);
    http->adapter = MHD_start_daemon(flags, 0, NULL, NULL, on_request, http, MHD_OPTION_ARRAY,
                                     options, MHD_OPTION_END);
    return http->adapter || problem_set(p, ERR_INTERNAL, "libmicrohttpd does not start");
}

int adapter_quiesce(struct http *http) {
    return MHD_quiesce_daemon(http->adapter);
}

void adapter_stop(struct http *http) {
    MHD_stop_daemon(http->adapter);
    http->adapter = NULL;
}
