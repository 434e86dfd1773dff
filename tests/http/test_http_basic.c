/* Routes, methods, statuses, headers, bodies, compression, entity tags: what a well-behaved client
 * sees. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#include "hmis/log.h"
#include "http_client.h"
#include "http_server.h"
#include "test.h"

/* ---- Handlers. --------------------------------------------------------------------------------
 */
static void say(struct request *r) {
    struct json_out *out = reply_json(r, 200);
    out_object(out, NULL);
    out_string(out, "name", req_path_part(r, "name"));
    out_string(out, "q", req_query(r, "q"));
    out_string(out, "client", req_client(r));
    out_bool(out, "secure", req_is_secure(r));
    out_object_end(out);
}
static void echo(struct request *r) {
    char *text = json_dumps(req_json(r), JSON_COMPACT | JSON_SORT_KEYS);
    reply_bytes(r, 200, "application/json; charset=utf-8", text, strlen(text), NULL);
    free(text);
}
static void fields(struct request *r) {
    struct {
        const char *name;
        int64_t count;
        bool flag;
        json_t *items;
    } in = { 0 };
    static const struct field_spec specs[] = {
        { "name", FIELD_TEXT, 0, true, 1, 8 },
        { "count", FIELD_INT, 8, true, 0, 10 },
        { "flag", FIELD_BOOL, 16, false, 0, 0 },
        { "items", FIELD_ARRAY, 24, false, 0, 0 },
    };
    if (!req_read(r, specs, COUNT(specs), &in)) return;
    struct json_out *out = reply_json(r, 200);
    out_object(out, NULL);
    out_string(out, "name", in.name);
    out_int(out, "count", in.count);
    out_bool(out, "flag", in.flag);
    out_int(out, "items", (int64_t)json_array_size(in.items));
    out_object_end(out);
}
static void large(struct request *r) {
    static const char *const known[] = { "n" };
    int64_t count = 500;
    if (!req_only_query(r, known, COUNT(known))) return;
    if (req_query(r, "n") && !text_to_int(req_query(r, "n"), 0, 100000, &count)) {
        reply_error(r, ERR_BAD_QUERY, "n is a number");
        return;
    }
    if (reply_etag(r, "v1")) return;
    struct json_out *out = reply_json(r, 200);
    out_array(out, NULL);
    for (int64_t i = 0; i < count; i++)
        out_int(out, NULL, i % 7);
    out_array_end(out);
}
static void upload(struct request *r) {
    char first[32] = "";
    ssize_t got = read(req_body_fd(r), first, sizeof(first) - 1);
    struct json_out *out = reply_json(r, 201);
    out_object(out, NULL);
    out_int(out, "size", req_body_size(r));
    out_string_n(out, "first", first, got > 0 ? (size_t)got : 0);
    out_object_end(out);
}
static void file(struct request *r) {
    char name[] = "/tmp/hmis-test-XXXXXX";
    int fd = mkstemp(name);
    unlink(name);
    assert_int_equal(write(fd, "a;b\n1;2\n", 8), 8);
    reply_fd(r, 200, "text/csv; charset=utf-8", fd, 8, "जिला \"1\".csv");
}
static void nothing(struct request *r) {
    (void)r; /* forgets to answer */
}
static void changed_mind(struct request *r) {
    struct problem p = { .extra_json = "\"current\":{\"version\":3}" };
    out_object(reply_json(r, 200), NULL);
    problem_set(&p, ERR_VERSION_CONFLICT, NULL);
    problem_field(&p, req_arena(r), "items.1.2", ERR_VALUE_NEGATIVE, NULL);
    reply_problem(r, &p);
}
static void teapot(struct request *r) {
    int64_t code = 0;
    assert_true(text_to_int(req_path_part(r, "code"), 0, ERR__MAX - 1, &code));
    reply_error(r, (enum error_code)code, NULL);
}
static void cookies(struct request *r) {
    reply_header(r, "Set-Cookie", "a=1; Path=/; HttpOnly");
    reply_header(r, "Set-Cookie", "b=2; Path=/; HttpOnly");
    const char *a = req_cookie(r, "a");
    reply_bytes(r, 200, "text/plain; charset=utf-8", a ? a : "-", a ? strlen(a) : 1, NULL);
}
static void no_database(struct request *r) {
    if (!req_db(r)) return;
    reply_empty(r, 204);
}

#define OPEN .auth = AUTH_NONE, .permission = PERM_PUBLIC, .scope = RSCOPE_NONE, .doc = "test"
#define READ .lane = LANE_INTERACTIVE, .rate = RATE_READ
static const struct route rows[] = {
    { "GET", "/api/say/{name}", say, OPEN, READ },
    { "GET", "/api/say/plain", nothing, OPEN, READ },
    { "GET", "/api/large", large, OPEN, READ },
    { "GET", "/api/file", file, OPEN, .lane = LANE_REPORT, .rate = RATE_READ },
    { "GET", "/api/changed", changed_mind, OPEN, READ },
    { "GET", "/api/error/{code}", teapot, OPEN, .lane = LANE_LOOP, .rate = RATE_NONE },
    { "GET", "/api/cookies", cookies, OPEN, READ },
    { "GET", "/api/db", no_database, OPEN, READ },
    { "POST", "/api/echo", echo, OPEN, .lane = LANE_INTERACTIVE, .rate = RATE_WRITE,
      .body = BODY_JSON, .body_max = 4096 },
    { "PUT", "/api/fields", fields, OPEN, .lane = LANE_INTERACTIVE, .rate = RATE_WRITE,
      .body = BODY_JSON, .body_max = 4096 },
    { "POST", "/api/upload", upload, OPEN, .lane = LANE_REPORT, .rate = RATE_UPLOAD,
      .body = BODY_SPOOL, .body_max = 1 << 20, .media = "text/csv" },
};
static const struct route_table table = { "test", rows, COUNT(rows) };

static struct http *http;
static struct http_client *client;

static int start(void **state) {
    (void)state;
    struct http_settings settings = http_test_settings(&table, 1);
    http = http_test_start(&settings);
    client = http_client_new(http_port(http));
    return 0;
}
static int stop(void **state) {
    (void)state;
    http_client_free(client);
    http_stop(http, 2000);
    return 0;
}

static void expect_text(const json_t *json, const char *key, const char *want) {
    assert_string_equal(json_string_value(json_object_get(json, key)), want);
}
static void expect_code(const char *method, const char *path, const char *body, int status,
                        const char *code) {
    json_t *json = http_expect(client, method, path, body, status);
    expect_text(json, "code", code);
    assert_int_equal(json_integer_value(json_object_get(json, "status")), status);
    assert_int_equal(strlen(json_string_value(json_object_get(json, "request_id"))), 16);
    json_decref(json);
}

/* ---- Tests. -----------------------------------------------------------------------------------
 */
static void routing(void **state) {
    (void)state;
    json_t *json = http_expect(client, "GET", "/api/say/%E0%A4%85%2Fb?q=a+b%26c", NULL, 200);
    expect_text(json, "name", "अ/b");
    expect_text(json, "q", "a b&c");
    expect_text(json, "client", "127.0.0.1");
    assert_true(json_is_false(json_object_get(json, "secure")));
    json_decref(json);
    static const char *const missing[] = { "/api/say",          "/api/say/",   "/api/say/a/b",
                                           "/api//say/a",       "/api/say/..", "/api/say/%2e%2e",
                                           "/api/say/../large", "/api/Large",  "/api/say/%2E/",
                                           "/assets/none.js",   "/nothing",    "/api" };
    for (size_t i = 0; i < COUNT(missing); i++)
        expect_code("GET", missing[i], NULL, 404, "not_found");
    /* A literal goes before a {name}; and a handler that forgets to answer is our fault. */
    expect_code("GET", "/api/say/plain", NULL, 500, "server.internal");
}

static void methods(void **state) {
    (void)state;
    struct http_answer answer = http_request(client, "DELETE", "/api/say/x", NULL);
    assert_int_equal(answer.status, 405);
    assert_string_equal(http_header(&answer, "Allow"), "GET, HEAD, OPTIONS");
    http_answer_free(&answer);
    answer = http_request(client, "OPTIONS", "/api/echo", NULL);
    assert_int_equal(answer.status, 204);
    assert_string_equal(http_header(&answer, "Allow"), "POST, OPTIONS");
    assert_null(http_header(&answer, "Access-Control-Allow-Origin"));
    http_answer_free(&answer);
    answer = http_request(client, "HEAD", "/api/say/x", NULL);
    assert_int_equal(answer.status, 200);
    assert_true(atoi(http_header(&answer, "Content-Length")) > 10);
    http_answer_free(&answer);
    /* Nothing of a body came after HEAD: the connection still speaks. */
    json_decref(http_expect(client, "GET", "/api/say/x", NULL, 200));
    answer = http_request(client, "POST", "/", NULL);
    assert_int_equal(answer.status, 405);
    http_answer_free(&answer);
}

static void queries(void **state) {
    (void)state;
    expect_code("GET", "/api/large?n=1&n=2", NULL, 400, "request.query");
    expect_code("GET", "/api/large?m=1", NULL, 400, "request.query");
    expect_code("GET", "/api/large?n=x", NULL, 400, "request.query");
    expect_code("GET", "/api/large?=1", NULL, 400, "request.query");
    json_decref(http_expect(client, "GET", "/api/large?n=3", NULL, 200));
}

static void json_bodies(void **state) {
    (void)state;
    static const struct {
        const char *body, *code;
        int status;
    } cases[] = {
        { "{\"a\":1}", NULL, 200 },
        { "", "request.json", 400 },
        { "[1]", "request.json", 400 },
        { "1", "request.json", 400 },
        { "{\"a\":1,\"a\":2}", "request.json", 400 },
        { "{\"a\":1} x", "request.json", 400 },
        { "{\"a\":\"\\u0000\"}", "request.json", 400 },
        { "{\"a\":\"\xff\"}", "request.json", 400 },
        { "{\"a\":NaN}", "request.json", 400 },
        { "{\"a\":01}", "request.json", 400 },
        { "{\"a\":9223372036854775808}", NULL, 200 }, /* whoever reads the field refuses it */
        { "{\"a\":9223372036854775808,\"a\":2}", "request.json", 400 },
        { "{\"a\":9223372036854775808} x", "request.json", 400 },
        { "{\"a\":[[[[[[[1]]]]]]]}", NULL, 200 },
        { "{\"a\":[[[[[[[[1]]]]]]]]}", "request.json", 400 },
        { "{\"a\":\"[[[[[[[[[[[[[[[[[[\"}", NULL, 200 },
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        if (cases[i].code)
            expect_code("POST", "/api/echo", cases[i].body, cases[i].status, cases[i].code);
        else
            json_decref(http_expect(client, "POST", "/api/echo", cases[i].body, 200));
    http_client_headers(client, "Content-Type: text/plain\r\n");
    expect_code("POST", "/api/echo", "{}", 415, "request.media_type");
    http_client_headers(client, "Content-Type: application/json; charset=latin1\r\n");
    expect_code("POST", "/api/echo", "{}", 415, "request.media_type");
    http_client_headers(client, "Content-Type: application/json; charset=UTF-8\r\n");
    json_decref(http_expect(client, "POST", "/api/echo", "{}", 200));
}

static void field_errors(void **state) {
    (void)state;
    json_t *json = http_expect(client, "PUT", "/api/fields",
                               "{\"name\":\"a\",\"count\":3,\"flag\":true,\"items\":[1,2]}", 200);
    assert_int_equal(json_integer_value(json_object_get(json, "items")), 2);
    json_decref(json);
    json = http_expect(client, "PUT", "/api/fields",
                       "{\"name\":\"too long a name\",\"count\":1.0,\"flag\":0,\"role\":1}", 422);
    json_t *errors = json_object_get(json, "errors");
    assert_int_equal(json_array_size(errors), 4);
    static const char *const names[] = { "role", "name", "count", "flag" };
    for (size_t i = 0; i < COUNT(names); i++)
        expect_text(json_array_get(errors, i), "field", names[i]);
    expect_text(json_array_get(errors, 0), "code", "body.unknown_field");
    json_decref(json);
    static const char *const wrong[] = { "{}",
                                         "{\"name\":null,\"count\":1}",
                                         "{\"name\":\"a\",\"count\":1,\"flag\":null}",
                                         "{\"name\":\"\",\"count\":1}",
                                         "{\"name\":\"a\",\"count\":\"5\"}",
                                         "{\"name\":\"a\",\"count\":11}",
                                         "{\"name\":\"a\",\"count\":1e0}",
                                         "{\"name\":\"a\",\"count\":[5]}",
                                         "{\"name\":\"a\",\"count\":true}" };
    for (size_t i = 0; i < COUNT(wrong); i++)
        expect_code("PUT", "/api/fields", wrong[i], 422, "body.invalid");
}

static void problems(void **state) {
    (void)state;
    json_t *json = http_expect(client, "GET", "/api/changed", NULL, 409);
    assert_int_equal(
        json_integer_value(json_object_get(json_object_get(json, "current"), "version")), 3);
    expect_text(json_array_get(json_object_get(json, "errors"), 0), "field", "items.1.2");
    json_decref(json);
    struct http_answer answer = http_request(client, "GET", "/api/db", NULL);
    assert_int_equal(answer.status, 503);
    assert_true(atoi(http_header(&answer, "Retry-After")) > 0);
    assert_string_equal(http_header(&answer, "Content-Type"),
                        "application/problem+json; charset=utf-8");
    http_answer_free(&answer);
}

static void expect_security(const char *method, const char *path, const char *body) {
    static const struct {
        const char *name, *want;
    } headers[] = {
        { "X-Content-Type-Options", "nosniff" },
        { "Referrer-Policy", "no-referrer" },
        { "Cross-Origin-Opener-Policy", "same-origin" },
        { "Content-Security-Policy", "object-src 'none'" },
        { "Content-Security-Policy", "base-uri 'none'" },
        { "Content-Security-Policy", "frame-ancestors 'none'" },
        { "Content-Security-Policy", "default-src 'none'; script-src 'self'" },
        { "Content-Security-Policy", "require-trusted-types-for 'script'" },
        { "Permissions-Policy", "geolocation=()" },
        { "Cache-Control", "no-" },
    };
    struct http_answer answer = http_request(client, method, path, body);
    for (size_t i = 0; i < COUNT(headers); i++) {
        const char *value = http_header(&answer, headers[i].name);
        if (!value || !strstr(value, headers[i].want))
            fail_msg("%s %s (%d): %s lacks %s", method, path, answer.status, headers[i].name,
                     headers[i].want);
    }
    assert_null(strcasestr(http_header(&answer, "Content-Security-Policy"), "unsafe"));
    assert_null(http_header(&answer, "Server"));
    if (answer.length > 0 && !strstr(http_header(&answer, "Content-Type"), "charset=utf-8"))
        fail_msg("%s %s: no charset", method, path);
    http_answer_free(&answer);
}

static void security_headers(void **state) {
    (void)state;
    char path[64];
    static const char *const paths[] = {
        "/",        "/index.html",        "/nothing",     "/assets/x.js",
        "/api/x",   "/api/large",         "/health/live", "/health/ready",
        "/metrics", "/api/say/a?x=1&x=2", "/api/file"
    };
    for (size_t i = 0; i < COUNT(paths); i++) {
        expect_security("GET", paths[i], NULL);
        expect_security("DELETE", paths[i], NULL);
        expect_security("OPTIONS", paths[i], NULL);
        expect_security("HEAD", paths[i], NULL);
    }
    for (int code = ERR_BAD_REQUEST; code < ERR__MAX; code++) {
        snprintf(path, sizeof(path), "/api/error/%d", code);
        expect_security("GET", path, NULL);
    }
    expect_security("POST", "/api/echo", "{");
    http_client_headers(client, "If-None-Match: \"v1\"\r\n");
    expect_security("GET", "/api/large", NULL);
}

static void etags(void **state) {
    (void)state;
    static const struct {
        const char *header;
        int status;
    } cases[] = {
        { "If-None-Match: \"v1\"\r\n", 304 },        { "If-None-Match: W/\"v1\"\r\n", 304 },
        { "If-None-Match: \"a\", \"v1\"\r\n", 304 }, { "If-None-Match: *\r\n", 304 },
        { "If-None-Match: \"v2\"\r\n", 200 },        { "If-None-Match: v1\r\n", 200 },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        http_client_headers(client, cases[i].header);
        struct http_answer answer = http_request(client, "GET", "/api/large", NULL);
        assert_int_equal(answer.status, cases[i].status);
        assert_string_equal(http_header(&answer, "ETag"), "\"v1\"");
        http_answer_free(&answer);
    }
}

static void compression(void **state) {
    (void)state;
    unsigned char plain[8192];
    http_client_headers(client, "Accept-Encoding: br;q=1, gzip;q=0.5\r\n");
    struct http_answer answer = http_request(client, "GET", "/api/large?n=2000", NULL);
    assert_string_equal(http_header(&answer, "Content-Encoding"), "gzip");
    assert_string_equal(http_header(&answer, "Vary"), "Accept-Encoding");
    assert_string_equal(http_header(&answer, "ETag"), "W/\"v1\"");
    z_stream stream = { .next_in = (Bytef *)answer.body,
                        .avail_in = (uInt)answer.length,
                        .next_out = plain,
                        .avail_out = sizeof(plain) };
    assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
    assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
    inflateEnd(&stream);
    assert_int_equal(stream.total_out, 4001);
    assert_memory_equal(plain, "[0,1,2,3,4,5,6,0,", 17);
    http_answer_free(&answer);
    static const char *const plain_wanted[] = { "Accept-Encoding: gzip;q=0\r\n",
                                                "Accept-Encoding: identity, gzip;q=0.2\r\n",
                                                "Accept-Encoding: br\r\n", NULL };
    for (size_t i = 0; i < COUNT(plain_wanted); i++) {
        http_client_headers(client, plain_wanted[i]);
        answer = http_request(client, "GET", "/api/large?n=2000", NULL);
        assert_null(http_header(&answer, "Content-Encoding"));
        assert_string_equal(http_header(&answer, "Vary"), "Accept-Encoding");
        assert_int_equal(answer.length, 4001);
        http_answer_free(&answer);
    }
    http_client_headers(client, "Accept-Encoding: gzip\r\n");
    answer = http_request(client, "GET", "/api/large?n=20", NULL);
    assert_null(http_header(&answer, "Content-Encoding")); /* too small to be worth it */
    http_answer_free(&answer);
}

static void files(void **state) {
    (void)state;
    struct http_answer answer = http_request(client, "GET", "/api/file", NULL);
    assert_string_equal(answer.body, "a;b\n1;2\n");
    assert_string_equal(http_header(&answer, "Content-Disposition"),
                        "attachment; filename=\"____________ _1_.csv\"; "
                        "filename*=UTF-8''%E0%A4%9C%E0%A4%BF%E0%A4%B2%E0%A4%BE%20%221%22.csv");
    http_answer_free(&answer);
    answer = http_request(client, "HEAD", "/api/file", NULL);
    assert_string_equal(http_header(&answer, "Content-Length"), "8");
    http_answer_free(&answer);
}

static void uploads(void **state) {
    (void)state;
    char *body = xcalloc(1, (1 << 20) + 2);
    memset(body, 'x', 1 << 20);
    http_client_headers(client, "Content-Type: text/csv\r\n");
    json_t *json = http_expect(client, "POST", "/api/upload", body, 201);
    assert_int_equal(json_integer_value(json_object_get(json, "size")), 1 << 20);
    expect_text(json, "first", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
    json_decref(json);
    body[1 << 20] = 'x';
    http_client_headers(client, "Content-Type: text/csv\r\n");
    expect_code("POST", "/api/upload", body, 413, "request.too_large");
    http_client_headers(client, "Content-Type: text/html\r\n");
    expect_code("POST", "/api/upload", "a", 415, "request.media_type");
    free(body);
}

static void the_jar(void **state) {
    (void)state;
    struct http_answer answer = http_request(client, "GET", "/api/cookies", NULL);
    assert_string_equal(answer.body, "-");
    http_answer_free(&answer);
    assert_string_equal(http_client_cookie(client, "b"), "2");
    answer = http_request(client, "GET", "/api/cookies", NULL);
    assert_string_equal(answer.body, "1");
    http_answer_free(&answer);
    http_client_set_cookie(client, "a", NULL);
    http_client_set_cookie(client, "b", NULL);
    http_client_headers(client, "Cookie: a=1; a=2\r\n"); /* which to believe? neither */
    answer = http_request(client, "GET", "/api/cookies", NULL);
    assert_string_equal(answer.body, "-");
    http_answer_free(&answer);
}

static void pages(void **state) {
    (void)state;
    static const struct {
        const char *path, *accept;
        int status;
    } cases[] = {
        { "/", "", 200 },
        { "/", "Accept: text/html\r\n", 200 },
        { "/reports/2022-04", "Accept: text/html,*/*;q=0.8\r\n", 200 },
        { "/reports/2022-04", "Accept: */*\r\n", 404 },
        { "/reports/2022-04", "Accept: text/html;q=0\r\n", 404 },
        { "/api/none", "Accept: text/html\r\n", 404 },
        { "/apinone", "Accept: text/html\r\n", 200 },
        { "/assets/none.js", "Accept: text/html\r\n", 404 },
        { "/health/none", "Accept: text/html\r\n", 404 },
        { "/voice/en/1.wav", "", 404 },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        http_client_headers(client, cases[i].accept);
        struct http_answer answer = http_request(client, "GET", cases[i].path, NULL);
        if (answer.status != cases[i].status)
            fail_msg("%s %s: %d", cases[i].path, cases[i].accept, answer.status);
        if (answer.status == 200) {
            assert_string_equal(http_header(&answer, "Content-Type"), "text/html; charset=utf-8");
            assert_string_equal(http_header(&answer, "Cache-Control"), "no-cache");
            assert_string_equal(http_header(&answer, "Vary"), "Accept-Encoding");
        }
        http_answer_free(&answer);
    }
    struct http_answer answer = http_request(client, "GET", "/", NULL);
    char line[128];
    snprintf(line, sizeof(line), "If-None-Match: %s\r\n", http_header(&answer, "ETag"));
    http_answer_free(&answer);
    http_client_headers(client, line);
    answer = http_request(client, "GET", "/", NULL);
    assert_int_equal(answer.status, 304);
    http_answer_free(&answer);
}

static void health(void **state) {
    (void)state;
    json_t *json = http_expect(client, "GET", "/health/live", NULL, 200);
    expect_text(json, "status", "live");
    json_decref(json);
    json = http_expect(client, "GET", "/health/ready", NULL, 200);
    expect_text(json, "status", "ready");
    json_decref(json);
    struct http_answer answer = http_request(client, "GET", "/metrics", NULL);
    static const char *const lines[] = {
        "hmis_http_requests_total{method=\"GET\",route=\"/health/live\",status=\"2xx\"} ",
        "hmis_http_request_duration_seconds_bucket{method=\"GET\",route=\"/health/"
        "live\",le=\"+Inf\"}",
        "hmis_lane_workers{lane=\"interactive\"} 4\n",
        "hmis_http_connections ",
        "process_resident_memory_bytes ",
        "route=\"(file)\"",
    };
    for (size_t i = 0; i < COUNT(lines); i++)
        if (!strstr(answer.body, lines[i])) fail_msg("no %s in %s", lines[i], answer.body);
    http_answer_free(&answer);
}

/* One line a request, with the pattern of the route: nothing of the path or query. */
static char logged[4096];
static void remember(const char *line, void *arg) {
    (void)arg;
    if (strstr(line, "\"event\":\"request\"") && strstr(line, "/api/say"))
        snprintf(logged, sizeof(logged), "%s", line);
}
static void log_lines(void **state) {
    (void)state;
    log_set_level(LOG_INFO);
    log_set_sink(remember, NULL);
    json_decref(http_expect(client, "GET", "/api/say/secret-part?q=secret-query", NULL, 200));
    json_decref(http_expect(client, "GET", "/health/live", NULL, 200));
    log_set_sink(NULL, NULL);
    log_set_level(LOG_WARN);
    json_t *line = json_loads(logged, 0, NULL);
    assert_non_null(line);
    expect_text(line, "route", "/api/say/{name}");
    expect_text(line, "status", "200");
    expect_text(line, "method", "GET");
    expect_text(line, "client", "127.0.0.1");
    assert_null(strstr(logged, "secret"));
    json_decref(line);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(routing),
        cmocka_unit_test(methods),
        cmocka_unit_test(queries),
        cmocka_unit_test(json_bodies),
        cmocka_unit_test(field_errors),
        cmocka_unit_test(problems),
        cmocka_unit_test(security_headers),
        cmocka_unit_test(etags),
        cmocka_unit_test(compression),
        cmocka_unit_test(files),
        cmocka_unit_test(uploads),
        cmocka_unit_test(the_jar),
        cmocka_unit_test(pages),
        cmocka_unit_test(health),
        cmocka_unit_test(log_lines),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
