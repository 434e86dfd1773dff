/* Who may pass: session, permission, CSRF, rate limits, trusted proxies; nothing gets through that
 * is not let through, and the handler of a refused request never runs. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "http_client.h"
#include "http_server.h"
#include "test.h"

static atomic_int handled, last_activity;

static void handler(struct request *r) {
    const struct actor *actor = req_actor(r);
    atomic_fetch_add(&handled, 1);
    struct json_out *out = reply_json(r, 200);
    out_object(out, NULL);
    out_int(out, "user", actor ? actor->user_id : 0);
    out_string(out, "client", req_client(r));
    out_bool(out, "secure", req_is_secure(r));
    out_int(out, "level", req_scope(r)->level);
    out_int(out, "size", req_body_size(r));
    out_object_end(out);
}

/* The cookie says the role; the token is the role's name. */
static bool authenticate(struct request *r, bool activity, struct actor *actor, struct problem *p) {
    static const struct {
        const char *cookie;
        enum role role;
    } sessions[] = { { "entry", ROLE_DATA_ENTRY }, { "state", ROLE_STATE } };
    const char *cookie = req_cookie(r, "sid");
    atomic_store(&last_activity, activity);
    for (size_t i = 0; cookie && i < COUNT(sessions); i++) {
        if (strcmp(cookie, sessions[i].cookie) != 0) continue;
        actor->user_id = 7 + (int64_t)i;
        actor->role = sessions[i].role;
        actor->scope.level = SCOPE_STATE;
        actor->csrf_token = "token-of-this-session";
        return true;
    }
    return cookie && !strcmp(cookie, "broken") ? problem_set(p, ERR_UNAVAILABLE, NULL) : false;
}
static bool permit(enum role role, enum permission permission) {
    return role == ROLE_STATE && permission == PERM_IMPORT;
}

#define IN .lane = LANE_INTERACTIVE, .doc = "test"
static const struct route rows[] = {
    { "GET", "/open", handler, AUTH_NONE, PERM_PUBLIC, RSCOPE_NONE, .rate = RATE_NONE, IN },
    { "POST", "/sign-in", handler, AUTH_NONE, PERM_PUBLIC, RSCOPE_NONE, .rate = RATE_SIGN_IN, IN,
      .body = BODY_JSON, .body_max = 100 },
    { "GET", "/me", handler, AUTH_SESSION, PERM_SIGNED_IN, RSCOPE_OWN, .rate = RATE_READ, IN },
    { "DELETE", "/me", handler, AUTH_SESSION, PERM_SIGNED_IN, RSCOPE_OWN, .rate = RATE_WRITE, IN,
      .activity = true },
    { "GET", "/import", handler, AUTH_SESSION, PERM_IMPORT, RSCOPE_OWN, .rate = RATE_READ, IN },
    { "POST", "/import", handler, AUTH_SESSION, PERM_IMPORT, RSCOPE_OWN, .rate = RATE_UPLOAD, IN,
      .body = BODY_SPOOL, .body_max = 100, .media = "text/csv" },
    { "PATCH", "/draft", handler, AUTH_SESSION, PERM_IMPORT, RSCOPE_OWN, .rate = RATE_WRITE, IN,
      .body = BODY_JSON, .body_max = 100 },
};
static const struct route_table table = { "test", rows, COUNT(rows) };

static struct http_settings settings_of_test(void) {
    struct http_settings settings = http_test_settings(&table, 1);
    settings.authenticate = authenticate;
    settings.permit = permit;
    return settings;
}

static int status_of(int port, const char *method, const char *path, const char *lines,
                     const char *body) {
    char text[2048];
    snprintf(text, sizeof(text),
             "%s %s HTTP/1.1\r\nHost: h.example\r\n%sContent-Length: %zu\r\n\r\n%s", method, path,
             lines, strlen(body), body);
    struct http_answer answer = http_exchange(port, text);
    int status = answer.status;
    if (status >= 400 && strcmp(method, "HEAD") && !strstr(answer.body, "\"code\":\""))
        fail_msg("%s %s: no problem: %s", method, path, answer.body);
    http_answer_free(&answer);
    return status;
}

#define SAME  "Sec-Fetch-Site: same-origin\r\n"
#define TOKEN "X-CSRF-Token: token-of-this-session\r\n"
#define JSON  "Content-Type: application/json\r\n"
#define CSV   "Content-Type: text/csv\r\n"
#define ENTRY "Cookie: sid=entry\r\n"
#define STATE "Cookie: sid=state\r\n"

static const struct gate_case {
    const char *method, *path, *lines, *body;
    int status;
} cases[] = {
    /* nobody, wrong role, right one */
    { "GET", "/open", "", "", 200 },
    { "GET", "/me", "", "", 401 },
    { "GET", "/me", "Cookie: sid=no\r\n", "", 401 },
    { "GET", "/me", "Cookie: sid=entry; sid=state\r\n", "", 401 },
    { "GET", "/me", "Cookie: sid=broken\r\n", "", 503 },
    { "GET", "/me", "Authorization: Bearer state\r\n", "", 401 },
    { "GET", "/me?sid=state", "", "", 401 },
    { "GET", "/me", ENTRY, "", 200 },
    { "HEAD", "/me", "", "", 401 },
    { "GET", "/import", ENTRY, "", 403 },
    { "GET", "/import", STATE, "", 200 },
    /* CSRF: the browser's word, or Origin, and the session's token */
    { "DELETE", "/me", ENTRY SAME TOKEN, "", 200 },
    { "DELETE", "/me", ENTRY "Sec-Fetch-Site: none\r\n" TOKEN, "", 200 },
    { "DELETE", "/me", ENTRY "Sec-Fetch-Site: cross-site\r\n" TOKEN, "", 403 },
    { "DELETE", "/me", ENTRY "Sec-Fetch-Site: same-site\r\n" TOKEN, "", 403 },
    { "DELETE", "/me", ENTRY "Sec-Fetch-Site: cross-site\r\nOrigin: http://h.example\r\n" TOKEN, "",
      403 },
    { "DELETE", "/me", ENTRY TOKEN, "", 403 },
    { "DELETE", "/me", ENTRY "Origin: http://h.example\r\n" TOKEN, "", 200 },
    { "DELETE", "/me", ENTRY "Origin: https://H.example:443\r\n" TOKEN, "", 200 },
    { "DELETE", "/me", ENTRY "Origin: http://evil.example\r\n" TOKEN, "", 403 },
    { "DELETE", "/me", ENTRY "Origin: http://h.example.evil\r\n" TOKEN, "", 403 },
    { "DELETE", "/me", ENTRY "Origin: http://h.example:81\r\n" TOKEN, "", 403 },
    { "DELETE", "/me", ENTRY "Origin: null\r\n" TOKEN, "", 403 },
    { "DELETE", "/me", ENTRY "Origin: ftp://h.example\r\n" TOKEN, "", 403 },
    { "DELETE", "/me", ENTRY SAME, "", 403 },
    { "DELETE", "/me", ENTRY SAME "X-CSRF-Token: token-of-this-sessioN\r\n", "", 403 },
    { "DELETE", "/me", ENTRY SAME "X-CSRF-Token: token\r\n", "", 403 },
    { "DELETE", "/me", ENTRY SAME "X-CSRF-Token: \r\n", "", 403 },
    { "DELETE", "/me", SAME TOKEN, "", 401 },
    { "POST", "/sign-in", SAME JSON, "{}", 200 },
    { "POST", "/sign-in", "Origin: http://h.example\r\n" JSON, "{}", 200 },
    { "POST", "/sign-in", "Origin: http://evil.example\r\n" JSON, "{}", 403 },
    { "POST", "/sign-in", "Sec-Fetch-Site: cross-site\r\n" JSON, "{}", 403 },
    { "POST", "/sign-in", JSON, "{}", 403 },
    /* media types: no form of another site's page can be a body */
    { "POST", "/sign-in", SAME, "{}", 415 },
    { "POST", "/sign-in", SAME "Content-Type: text/plain\r\n", "{}", 415 },
    { "POST", "/sign-in", SAME "Content-Type: application/x-www-form-urlencoded\r\n", "a=1", 415 },
    { "PATCH", "/draft", STATE SAME TOKEN JSON, "{}", 200 },
    { "PATCH", "/draft", ENTRY SAME TOKEN JSON, "{}", 403 },
    { "PATCH", "/draft", STATE SAME JSON, "{}", 403 },
    { "PATCH", "/draft", STATE SAME TOKEN CSV, "{}", 415 },
    { "PATCH", "/draft", STATE SAME TOKEN JSON, "nonsense", 400 },
    /* what comes first tells nothing about what comes later */
    { "PATCH", "/draft", JSON, "nonsense", 401 },
    /* uploads are let in before their body is read */
    { "POST", "/import", CSV, "a,b", 401 },
    { "POST", "/import", ENTRY SAME TOKEN CSV, "a,b", 403 },
    { "POST", "/import", STATE SAME CSV, "a,b", 403 },
    { "POST", "/import", STATE SAME TOKEN JSON, "a,b", 415 },
    { "POST", "/import", STATE SAME TOKEN CSV, "a,b", 200 },
    { "POST", "/import", STATE SAME TOKEN CSV, "", 200 },
};

static void matrix(void **state) {
    (void)state;
    struct http_settings settings = settings_of_test();
    struct http *http = http_test_start(&settings);
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct gate_case *c = &cases[i];
        int before = atomic_load(&handled);
        int status = status_of(http_port(http), c->method, c->path, c->lines, c->body);
        if (status != c->status)
            fail_msg("%s %s %s: %d instead of %d", c->method, c->path, c->lines, status, c->status);
        if (atomic_load(&handled) - before != (c->status == 200))
            fail_msg("%s %s %s: the handler ran", c->method, c->path, c->lines);
    }
    http_stop(http, 1000);
}

static void activity(void **state) {
    (void)state;
    struct http_settings settings = settings_of_test();
    struct http *http = http_test_start(&settings);
    assert_int_equal(status_of(http_port(http), "DELETE", "/me", ENTRY SAME TOKEN, ""), 200);
    assert_true(atomic_load(&last_activity));
    assert_int_equal(
        status_of(http_port(http), "DELETE", "/me", ENTRY SAME TOKEN "HMIS-Background: 1\r\n", ""),
        200);
    assert_false(atomic_load(&last_activity));
    assert_int_equal(status_of(http_port(http), "GET", "/me", ENTRY, ""), 200);
    assert_false(atomic_load(&last_activity));
    http_stop(http, 1000);
}

/* Whoever forgets to give the hooks gets a server that denies. */
static void closed_by_default(void **state) {
    (void)state;
    struct http_settings settings = settings_of_test();
    settings.permit = NULL;
    struct http *http = http_test_start(&settings);
    assert_int_equal(status_of(http_port(http), "GET", "/import", STATE, ""), 403);
    http_stop(http, 1000);
    settings.authenticate = NULL;
    http = http_test_start(&settings);
    assert_int_equal(status_of(http_port(http), "GET", "/me", STATE, ""), 401);
    http_stop(http, 1000);
}

/* Without reading a byte of it. */
static void upload_unread(void **state) {
    (void)state;
    struct http_settings settings = settings_of_test();
    struct http *http = http_test_start(&settings);
    int fd = http_connect(http_port(http));
    http_send_text(fd, "POST /import HTTP/1.1\r\nHost: h.example\r\nExpect: 100-continue\r\n" CSV
                       "Content-Length: 100\r\n\r\n");
    struct http_answer answer = http_read(fd, false);
    assert_int_equal(answer.status, 401);
    assert_true(http_is_closed(fd));
    http_answer_free(&answer);
    close(fd);
    http_stop(http, 1000);
}

static void rate_limits(void **state) {
    (void)state;
    struct http_settings settings = settings_of_test();
    settings.rate_multiple = 1;
    struct http *http = http_test_start(&settings);
    /* Being let in costs nothing: a whole office may sign in from one address. */
    for (int i = 0; i < 30; i++)
        assert_int_equal(status_of(http_port(http), "POST", "/sign-in", SAME JSON, "{}"), 200);
    for (int i = 0; i < 10; i++)
        assert_int_equal(status_of(http_port(http), "POST", "/sign-in", SAME JSON, "-"), 400);
    struct http_answer answer =
        http_exchange(http_port(http), "POST /sign-in HTTP/1.1\r\nHost: h.example\r\n" SAME JSON
                                       "Content-Length: 2\r\n\r\n{}");
    assert_int_equal(answer.status, 429);
    int wait = atoi(http_header(&answer, "Retry-After"));
    assert_true(wait >= 1 && wait <= 6);
    http_answer_free(&answer);
    /* Other classes are not touched by it. */
    assert_int_equal(status_of(http_port(http), "GET", "/me", ENTRY, ""), 200);
    http_stop(http, 1000);
}

static void client_is(int port, const char *lines, const char *client, bool secure) {
    char text[1024];
    snprintf(text, sizeof(text), "GET /open HTTP/1.1\r\nHost: h.example\r\n%s\r\n", lines);
    struct http_answer answer = http_exchange(port, text);
    json_t *json = http_json(&answer);
    assert_string_equal(json_string_value(json_object_get(json, "client")), client);
    assert_int_equal(json_is_true(json_object_get(json, "secure")), secure);
    json_decref(json);
    http_answer_free(&answer);
}

static void proxies(void **state) {
    (void)state;
    static const char *const trusted[] = { "127.0.0.0/8", "10.1.1.1", NULL };
    static const char *const wrong[] = { "proxy.example", NULL };
#define FORWARDED "X-Forwarded-For: 203.0.113.9, 10.1.1.1\r\nX-Forwarded-Proto: https\r\n"
    struct http_settings settings = settings_of_test();
    struct http *http = http_test_start(&settings);
    client_is(http_port(http), FORWARDED, "127.0.0.1", false);
    client_is(http_port(http), "X-Real-IP: 203.0.113.9\r\n", "127.0.0.1", false);
    http_stop(http, 1000);
    settings.trusted_proxies = trusted;
    http = http_test_start(&settings);
    client_is(http_port(http), FORWARDED, "203.0.113.9", true);
    client_is(http_port(http), "X-Forwarded-For: 198.51.100.7, 203.0.113.9\r\n", "203.0.113.9",
              false);
    client_is(http_port(http), "X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-For: 2001:db8::1\r\n",
              "2001:db8::1", false);
    /* However many lines a client makes up, the proxy's comes last. */
#define FOUR_FORGED                                                                                \
    "X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-For: 1.1.1.1\r\n"                                     \
    "X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-For: 1.1.1.1\r\n"
    client_is(http_port(http),
              FOUR_FORGED FOUR_FORGED FOUR_FORGED FOUR_FORGED "X-Forwarded-For: 203.0.113.9\r\n",
              "203.0.113.9", false);
    client_is(http_port(http), "X-Forwarded-For: nonsense\r\n", "127.0.0.1", false);
    client_is(http_port(http), "X-Forwarded-For: \r\n", "127.0.0.1", false);
    http_stop(http, 1000);
    struct problem p = { 0 };
    settings.trusted_proxies = wrong;
    assert_null(http_start(&settings, &p));
    assert_non_null(strstr(p.detail, "proxy.example"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matrix),
        cmocka_unit_test(activity),
        cmocka_unit_test(closed_by_default),
        cmocka_unit_test(upload_unread),
        cmocka_unit_test(rate_limits),
        cmocka_unit_test(proxies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
