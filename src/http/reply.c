#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "compress.h"
#include "http_internal.h"

/* ---- Headers of every answer. -----------------------------------------------------------------
 */
static const struct text_pair common_headers[] = {
    { "Content-Security-Policy",
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
      "font-src 'self'; connect-src 'self'; media-src 'self'; manifest-src 'self'; "
      "worker-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; "
      "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types sw" },
    { "X-Content-Type-Options", "nosniff" },
    { "Referrer-Policy", "no-referrer" },
    { "Cross-Origin-Opener-Policy", "same-origin" },
    { "Cross-Origin-Resource-Policy", "same-origin" },
    { "Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()" },
};

void reply_common_headers(const struct http *http,
                          void (*add)(void *to, const char *name, const char *value), void *to) {
    for (size_t i = 0; i < COUNT(common_headers); i++)
        add(to, common_headers[i].name, common_headers[i].value);
    if (http->hsts) add(to, "Strict-Transport-Security", "max-age=31536000; includeSubDomains");
}

static bool header_clean(const char *text) {
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f) return false;
    return true;
}

void reply_header(struct request *r, const char *name, const char *value) {
    struct answer *a = &r->answer;
    ENSURE(is_token(name, strlen(name)) && header_clean(value), "a header is one clean line");
    if (a->header_count == a->header_capacity) {
        size_t capacity = a->header_capacity ? a->header_capacity * 2 : 8;
        struct text_pair *grown = arena_array(r->arena, capacity, sizeof(*grown));
        if (a->header_count) memcpy(grown, a->headers, a->header_count * sizeof(*grown));
        a->headers = grown;
        a->header_capacity = capacity;
    }
    if (!strcasecmp(name, "Cache-Control")) a->own_caching = true;
    a->headers[a->header_count++] =
        (struct text_pair){ arena_strdup(r->arena, name), arena_strdup(r->arena, value) };
}

/* ---- Bodies. ----------------------------------------------------------------------------------
 */
void reply_release(struct request *r) {
    struct answer *a = &r->answer;
    buffer_free(&a->json.buffer);
    buffer_free(&a->buffer);
    if (a->fd >= 0) close(a->fd);
    a->json = (struct json_out){ 0 };
    a->buffer = (struct buffer){ 0 };
    a->fd = -1;
}

/* An error found while answering takes the place of what was begun; its headers (cookies) stay. */
static struct answer *begin(struct request *r, enum answer_kind kind, int status,
                            const char *type) {
    reply_release(r);
    r->answer.kind = kind;
    r->answer.status = status;
    r->answer.type = type;
    return &r->answer;
}

struct json_out *reply_json(struct request *r, int status) {
    struct answer *a = begin(r, ANSWER_JSON, status, "application/json; charset=utf-8");
    json_out_init(&a->json);
    return &a->json;
}

void reply_empty(struct request *r, int status) {
    begin(r, ANSWER_BUFFER, status, NULL);
}

static void disposition(struct request *r, const char *filename) {
    if (filename) reply_header(r, "Content-Disposition", attachment_name(r->arena, filename));
}

void reply_bytes(struct request *r, int status, const char *type, const void *data, size_t length,
                 const char *filename) {
    struct answer *a = begin(r, ANSWER_BUFFER, status, arena_strdup(r->arena, type));
    buffer_add(&a->buffer, data, length);
    disposition(r, filename);
}

void reply_buffer(struct request *r, int status, const char *type, struct buffer *buffer,
                  const char *filename) {
    struct answer *a = begin(r, ANSWER_BUFFER, status, arena_strdup(r->arena, type));
    a->buffer = *buffer;
    *buffer = (struct buffer){ 0 };
    disposition(r, filename);
}

void reply_fd(struct request *r, int status, const char *type, int fd, int64_t size,
              const char *filename) {
    struct answer *a = begin(r, ANSWER_FD, status, arena_strdup(r->arena, type));
    a->fd = fd;
    a->size = size;
    disposition(r, filename);
}

bool reply_etag(struct request *r, const char *tag) {
    bool reads = r->head || !strcmp(r->method, "GET");
    r->answer.tag = arena_strdup(r->arena, tag);
    if (!reads || !etag_matches(req_header(r, "If-None-Match"), tag)) return false;
    reply_empty(r, 304);
    return true;
}

/* ---- Problems (RFC 9457). ---------------------------------------------------------------------
 */
static void write_fields(struct json_out *out, const struct problem *p) {
    if (p->field_count == 0) return;
    out_array(out, "errors");
    for (size_t i = 0; i < p->field_count; i++) {
        const struct field_problem *field = &p->fields[i];
        out_object(out, NULL);
        out_string(out, "field", field->field);
        out_string(out, "code", error_code_name(field->code));
        out_string(out, "detail", field->detail ? field->detail : error_text(field->code));
        out_object_end(out);
    }
    out_array_end(out);
}

/* Members ("\"a\":1") or an object of them, appended as they are. */
static void write_extra(struct json_out *out, const char *extra) {
    size_t length = extra ? strlen(extra) : 0;
    if (length >= 2 && extra[0] == '{') extra++, length -= 2;
    if (length == 0) return;
    buffer_add_char(&out->buffer, ',');
    buffer_add(&out->buffer, extra, length);
}

static void write_problem(struct json_out *out, const struct problem *p, const char *id) {
    out_object(out, NULL);
    out_string(out, "title", error_text(p->code));
    out_int(out, "status", error_status(p->code));
    out_string(out, "code", error_code_name(p->code));
    out_string(out, "detail", *p->detail ? p->detail : error_text(p->code));
    out_string(out, "request_id", id);
    write_fields(out, p);
    write_extra(out, p->extra_json);
    out_object_end(out);
}

void reply_problem(struct request *r, const struct problem *p) {
    struct answer *a =
        begin(r, ANSWER_JSON, error_status(p->code), "application/problem+json; charset=utf-8");
    a->tag = NULL;
    json_out_init(&a->json);
    write_problem(&a->json, p, r->id);
    int wait = p->retry_after ? p->retry_after : a->status == 503 ? 2 : 0;
    if (wait) reply_header(r, "Retry-After", arena_printf(r->arena, "%d", wait));
}

void reply_error(struct request *r, enum error_code code, const char *format, ...) {
    struct problem p = { .code = code };
    if (format) {
        va_list args;
        va_start(args, format);
        const char *text = arena_vprintf(r->arena, format, args);
        va_end(args);
        problem_set(&p, code, "%s", text);
    } else {
        problem_set(&p, code, NULL);
    }
    reply_problem(r, &p);
}

static void add_raw_header(void *to, const char *name, const char *value) {
    buffer_printf(to, "%s: %s\r\n", name, value);
}

char *reply_raw(struct request *r, const struct problem *p) {
    struct buffer text = { 0 };
    struct json_out body;
    json_out_init(&body);
    write_problem(&body, p, r->id);
    buffer_printf(&text, "HTTP/1.1 %d %s\r\nConnection: close\r\nCache-Control: no-store\r\n",
                  error_status(p->code),
                  error_status(p->code) == 413 ? "Content Too Large" : "Error");
    buffer_printf(&text,
                  "Content-Type: application/problem+json; charset=utf-8\r\n"
                  "X-Request-Id: %s\r\nContent-Length: %zu\r\n",
                  r->id, body.buffer.length);
    reply_common_headers(r->http, add_raw_header, &text);
    buffer_add_text(&text, "\r\n");
    buffer_add(&text, body.buffer.data, body.buffer.length);
    char *whole = arena_strndup(r->arena, text.data, text.length);
    buffer_free(&body.buffer);
    buffer_free(&text);
    return whole;
}

/* ---- The last touch. --------------------------------------------------------------------------
 */
static bool compressible(const struct answer *a) {
    static const char *const types[] = { "application/json", "application/problem+json", "text/" };
    if (a->kind != ANSWER_BUFFER || !a->type || a->buffer.length <= GZIP_FROM) return false;
    for (size_t i = 0; i < COUNT(types); i++)
        if (text_starts(a->type, types[i])) return true;
    return false;
}

static void compress_answer(struct request *r) {
    struct answer *a = &r->answer;
    unsigned available = 1u << ENCODING_IDENTITY | 1u << ENCODING_GZIP;
    reply_header(r, "Vary", "Accept-Encoding");
    if (accept_encoding(req_header(r, "Accept-Encoding"), available) != ENCODING_GZIP) return;
    if (!compressor_shrink(r->worker->compressor, &a->buffer)) return;
    reply_header(r, "Content-Encoding", "gzip");
    a->weak = true;
}

void reply_finish(struct request *r) {
    struct answer *a = &r->answer;
    if (a->kind == ANSWER_PREPARED) return;
    if (a->kind == ANSWER_JSON) {
        a->buffer = a->json.buffer;
        a->json = (struct json_out){ 0 };
        a->kind = ANSWER_BUFFER;
    }
    if (r->worker && compressible(a)) compress_answer(r);
    if (a->kind == ANSWER_BUFFER) a->size = (int64_t)a->buffer.length;
    if (a->tag)
        reply_header(r, "ETag", arena_printf(r->arena, "%s\"%s\"", a->weak ? "W/" : "", a->tag));
    if (!a->own_caching) reply_header(r, "Cache-Control", "no-store");
    if (a->type) reply_header(r, "Content-Type", a->type);
    reply_header(r, "X-Request-Id", r->id);
    if (a->close) reply_header(r, "Connection", "close");
}
