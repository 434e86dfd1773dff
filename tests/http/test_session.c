/* Signing in, staying, leaving: by scenario, through HTTP, on PostgreSQL. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include <sodium.h>

#include "hmis/account.h"
#include "hmis/captcha.h"
#include "hmis/clock.h"
#include "hmis/log.h"
#include "hmis/routes.h"
#include "hmis/services.h"
#include "hmis/session.h"
#include "hmis/settings.h"
#include "http_client.h"
#include "http_server.h"
#include "test.h"
#include "test_pg.h"

#define GOOD  "kettle umbrella trombone"
#define WRONG "kettle umbrella trombones"

/* ---- The server, with two routes more that show who acts. --------------------------------------
 */

static void echo(struct request *r) {
    const struct actor *actor = req_actor(r);
    struct json_out *out = reply_json(r, 200);
    out_object(out, NULL);
    out_string(out, "username", actor->username);
    out_string(out, "role", role_name(actor->role));
    out_string(out, "level", scope_level_name(actor->scope.level));
    out_int(out, "area", actor->scope.area_id);
    out_int(out, "account", actor->scope.user_id);
    out_int(out, "assignment", actor->scope.assignment_id);
    out_array(out, "facilities");
    for (size_t i = 0; i < actor->scope.facility_count; i++)
        out_int(out, NULL, actor->scope.facilities[i]);
    out_array_end(out);
    out_object_end(out);
}

#define ECHO(name, what, moves)                                                                    \
    {                                                                                              \
        .method = "GET", .path = "/test/" name, .handler = echo, .auth = AUTH_SESSION,             \
        .permission = what, .scope = RSCOPE_OWN, .lane = LANE_INTERACTIVE, .rate = RATE_NONE,      \
        .activity = moves, .doc = "test"                                                           \
    }
static const struct route test_rows[] = {
    ECHO("work", PERM_SIGNED_IN, true),
    ECHO("poll", PERM_SIGNED_IN, false),
    ECHO("import", PERM_IMPORT, true),
    ECHO("submit", PERM_REPORT_SUBMIT, true),
};
static const struct route_table test_routes = { "test", test_rows, COUNT(test_rows) };

static const char *conninfo;
static struct settings settings = {
    .address = "127.0.0.1",
    .environment = "test",
    .captcha_test = true,
    .session_idle_minutes = 15,
    .session_warning_minutes = 2,
    .session_hours = 8,
    .notice = "",
};
static struct services services = { .settings = &settings };
static struct http *http;
static int port;

/* Everything the server logs, for the test that looks for secrets. */
static struct buffer logged;
static pthread_mutex_t logged_lock = PTHREAD_MUTEX_INITIALIZER;

static void keep_line(const char *line, void *arg) {
    (void)arg;
    pthread_mutex_lock(&logged_lock);
    buffer_add_text(&logged, line);
    buffer_add_char(&logged, '\n');
    pthread_mutex_unlock(&logged_lock);
}

static const char places[] =
    "insert into area (id, level, lgd_code, name) values (1, 'nation', null, 'India'),"
    " (2, 'state', 28, 'Andhra Pradesh'), (3, 'district', 745, 'Guntur'), (4, 'block', 9001, "
    "'Tadikonda');"
    "insert into facility (id, code, name, facility_type, ownership, locality, state_id, "
    "district_id, block_id)"
    " values (11, 'AP1', 'PHC Lam', 2, 1, 1, 2, 3, 4), (12, 'AP2', 'SC Ponnekallu', 1, 1, 1, 2, 3, "
    "4),"
    " (13, 'AP3', 'SC Elsewhere', 1, 1, 1, 2, 3, 4)";

static void make_accounts(void) {
    static const char *const facilities[] = { "AP2", "AP1" };
    static const struct {
        const char *username;
        enum role role;
        const char *area;
    } accounts[] = {
        { "operator", ROLE_DATA_ENTRY, NULL }, { "doctor", ROLE_MEDICAL_OFFICER, NULL },
        { "block", ROLE_BLOCK, "4" },          { "district", ROLE_DISTRICT, "3" },
        { "state", ROLE_STATE, "2" },          { "nation", ROLE_NATIONAL, NULL },
        { "viewer", ROLE_VIEWER, "3" },        { "disabled", ROLE_NATIONAL, NULL },
        { "guessed", ROLE_NATIONAL, NULL },    { "owner", ROLE_NATIONAL, NULL },
        { "changer", ROLE_NATIONAL, NULL },    { "leaver", ROLE_NATIONAL, NULL },
    };
    struct problem p = { 0 };
    struct arena *arena = arena_new();
    struct db *db = db_take(services.pool, &p);
    assert_non_null(db);
    for (size_t i = 0; i < COUNT(accounts); i++) {
        bool placed = role_scope(accounts[i].role, NULL) == SCOPE_FACILITY;
        struct account_new account = { .username = accounts[i].username,
                                       .full_name = "Asha Rani",
                                       .password = GOOD,
                                       .role = accounts[i].role,
                                       .area = accounts[i].area,
                                       .facilities = facilities,
                                       .facility_count = placed ? COUNT(facilities) : 0 };
        int64_t id;
        if (!account_create(db, &account, &id, arena, &p))
            fail_msg("%s: %s", account.username, p.detail);
    }
    db_give(db);
    arena_free(arena);
    test_sql(conninfo, "update account set active = false where username = 'disabled'");
}

static int start(void **state) {
    (void)state;
    static const struct route_table *const wanted[] = { &captcha_routes, &session_routes,
                                                        &account_routes, &test_routes };
    static struct route_table tables[COUNT(wanted)];
    base_start();
    conninfo = test_database("session");
    test_sql(conninfo, places);
    services.pool = test_pool(conninfo, 8);
    make_accounts();
    for (size_t i = 0; i < COUNT(wanted); i++)
        tables[i] = *wanted[i];
    struct http_settings http_settings = http_test_settings(tables, COUNT(tables));
    http_settings.pool = services.pool;
    http_settings.app = &services;
    http_settings.authenticate = session_authenticate;
    http_settings.permit = role_permits;
    http_settings.password = 2;
    log_set_sink(keep_line, NULL);
    http = http_test_start(&http_settings);
    log_set_level(LOG_DEBUG);
    port = http_port(http);
    return 0;
}

static int stop(void **state) {
    (void)state;
    http_stop(http, 2000);
    log_set_sink(NULL, NULL);
    db_pool_free(services.pool);
    test_database_drop(conninfo);
    buffer_free(&logged);
    return 0;
}

/* ---- What a browser does.
 * ------------------------------------------------------------------------ */

struct challenge {
    char id[CAPTCHA_ID_HEX + 1], answer[CAPTCHA_DIGITS + 1];
};

static struct challenge ask(struct http_client *browser) {
    struct challenge c;
    json_t *json = http_expect(browser, "POST", "/api/v1/captcha", NULL, 201);
    snprintf(c.id, sizeof c.id, "%s", json_string_value(json_object_get(json, "id")));
    snprintf(c.answer, sizeof c.answer, "%s",
             json_string_value(json_object_get(json, "test_answer")));
    assert_int_equal(strlen(c.id), CAPTCHA_ID_HEX);
    assert_int_equal(strlen(c.answer), CAPTCHA_DIGITS);
    json_decref(json);
    return c;
}

static struct http_answer send_sign_in(struct http_client *browser, const char *username,
                                       const char *password, const char *role, const char *id,
                                       const char *answer) {
    json_t *body = json_pack("{ssssssssss}", "username", username, "password", password, "role",
                             role, "captcha_id", id, "captcha_answer", answer);
    char *text = json_dumps(body, 0);
    struct http_answer got = http_request(browser, "POST", "/api/v1/session", text);
    free(text);
    json_decref(body);
    return got;
}

static struct http_answer try_sign_in(struct http_client *browser, const char *username,
                                      const char *password, const char *role) {
    struct challenge c = ask(browser);
    return send_sign_in(browser, username, password, role, c.id, c.answer);
}

static int status_of(struct http_answer answer) {
    int status = answer.status;
    http_answer_free(&answer);
    return status;
}

/* A browser that is signed in; its session's JSON in *session when wanted. */
static struct http_client *signed_in(const char *username, const char *role, json_t **session) {
    struct http_client *browser = http_client_new(port);
    struct http_answer answer = try_sign_in(browser, username, GOOD, role);
    if (answer.status != 201) fail_msg("%s: %d %s", username, answer.status, answer.body);
    json_t *json = http_json(&answer);
    http_client_csrf(browser, json_string_value(json_object_get(json, "csrf_token")));
    http_answer_free(&answer);
    if (session)
        *session = json;
    else
        json_decref(json);
    return browser;
}

static int get(struct http_client *browser, const char *path) {
    return status_of(http_request(browser, "GET", path, NULL));
}

static int act(struct http_client *browser, const char *method, const char *path) {
    return status_of(http_request(browser, method, path, NULL));
}

static int64_t seconds_left(struct http_client *browser, const char *which) {
    json_t *json = http_expect(browser, "GET", "/api/v1/session", NULL, 200);
    int64_t left = json_integer_value(json_object_get(json, which));
    json_decref(json);
    return left;
}

static void forget_throttle(void) {
    test_sql(conninfo, "truncate sign_in_throttle; update account set last_network = null");
}

static int fresh(void **state) {
    (void)state;
    test_sql(conninfo, "truncate sign_in_throttle, session, captcha");
    return 0;
}

/* ---- Signing in.
 * --------------------------------------------------------------------------------- */

static void every_role_signs_in_and_is_shown_its_place(void **state) {
    (void)state;
    static const struct {
        const char *username, *role, *level;
        int area;
        size_t facilities;
        int import, submit;
    } cases[] = {
        { "operator", "data_entry", "facility", 0, 2, 403, 200 },
        { "doctor", "medical_officer", "facility", 0, 2, 403, 200 },
        { "block", "block", "block", 4, 0, 403, 403 },
        { "district", "district", "district", 3, 0, 200, 200 },
        { "state", "state", "state", 2, 0, 200, 403 },
        { "nation", "national", "nation", 1, 0, 200, 403 },
        { "viewer", "viewer", "district", 3, 0, 403, 403 },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        json_t *session;
        struct http_client *browser = signed_in(cases[i].username, cases[i].role, &session);
        assert_string_equal(json_string_value(json_object_get(session, "username")),
                            cases[i].username);
        json_t *role = json_object_get(session, "role"), *area = json_object_get(session, "area");
        assert_string_equal(json_string_value(json_object_get(role, "name")), cases[i].role);
        assert_int_equal(json_integer_value(json_object_get(area, "id")), cases[i].area);
        assert_int_equal(json_array_size(json_object_get(session, "facilities")),
                         cases[i].facilities);
        assert_int_equal(json_integer_value(json_object_get(session, "warn_seconds")), 120);
        if (cases[i].facilities)
            assert_string_equal(
                json_string_value(json_object_get(
                    json_array_get(json_object_get(session, "facilities"), 0), "code")),
                "AP1");
        json_decref(session);
        json_t *echoed = http_expect(browser, "GET", "/test/work", NULL, 200);
        assert_string_equal(json_string_value(json_object_get(echoed, "level")), cases[i].level);
        assert_string_equal(json_string_value(json_object_get(echoed, "role")), cases[i].role);
        assert_int_equal(json_integer_value(json_object_get(echoed, "area")), cases[i].area);
        assert_int_equal(json_array_size(json_object_get(echoed, "facilities")),
                         cases[i].facilities);
        json_decref(echoed);
        assert_int_equal(get(browser, "/test/import"), cases[i].import);
        assert_int_equal(get(browser, "/test/submit"), cases[i].submit);
        http_client_free(browser);
    }
}

static void the_user_name_may_be_typed_in_capitals(void **state) {
    (void)state;
    struct http_client *browser = http_client_new(port);
    assert_int_equal(status_of(try_sign_in(browser, "Operator", GOOD, "data_entry")), 201);
    http_client_free(browser);
}

/* Set-Cookie line of a name; fails when there is none. */
static const char *cookie_line(const struct http_answer *answer, const char *name) {
    static char line[600];
    char begin[80];
    snprintf(begin, sizeof begin, "\r\nSet-Cookie: %s=", name);
    const char *at = strcasestr(answer->head, begin);
    if (!at) fail_msg("no cookie %s in %s", name, answer->head);
    snprintf(line, sizeof line, "%.*s", (int)strcspn(at + 2, "\r"), at + 2);
    return line;
}

static void cookies_have_every_attribute(void **state) {
    (void)state;
    struct http_client *browser = http_client_new(port);
    struct http_answer answer = http_request(browser, "POST", "/api/v1/captcha", NULL);
    assert_int_equal(answer.status, 201);
    const char *pre = cookie_line(&answer, "__Host-pre");
    for (const char *const *want = (const char *const[]){ "; Secure", "; HttpOnly",
                                                          "; SameSite=Strict", "; Path=/", NULL };
         *want; want++)
        assert_non_null(strstr(pre, *want));
    assert_null(strcasestr(pre, "domain"));
    http_answer_free(&answer);
    answer = try_sign_in(browser, "operator", GOOD, "data_entry");
    assert_int_equal(answer.status, 201);
    const char *line = cookie_line(&answer, "__Host-session");
    assert_int_equal(strcspn(strchr(line, '=') + 1, ";"), SESSION_TOKEN_HEX);
    for (const char *const *want = (const char *const[]){ "; Secure", "; HttpOnly",
                                                          "; SameSite=Strict", "; Path=/", NULL };
         *want; want++)
        assert_non_null(strstr(line, *want));
    assert_null(strcasestr(line, "domain"));
    assert_null(strcasestr(line, "max-age"));
    assert_null(strcasestr(line, "expires"));
    assert_non_null(strstr(cookie_line(&answer, "__Host-pre"), "Max-Age=0"));
    assert_non_null(strstr(http_header(&answer, "Cache-Control"), "no-store"));
    const char *token = http_client_cookie(browser, "__Host-session");
    assert_null(strstr(answer.body, token));
    http_answer_free(&answer);
    http_client_free(browser);
}

static void the_table_holds_hashes_only(void **state) {
    (void)state;
    json_t *session;
    struct http_client *browser = signed_in("operator", "data_entry", &session);
    char sql[400];
    snprintf(sql, sizeof sql,
             "select count(*) from session where id = '\\x%s' or session::text like '%%%s%%' or "
             "session::text like '%%%s%%'",
             http_client_cookie(browser, "__Host-session"),
             http_client_cookie(browser, "__Host-session"),
             json_string_value(json_object_get(session, "csrf_token")));
    assert_int_equal(test_sql_int(conninfo, "select count(*) from session"), 1);
    assert_int_equal(test_sql_int(conninfo, sql), 0);
    json_decref(session);
    http_client_free(browser);
}

/* The headers without what differs between any two answers. */
static void normalise(char *head) {
    static const char *const moving[] = { "\r\nDate: ", "\r\nX-Request-Id: " };
    for (size_t i = 0; i < COUNT(moving); i++) {
        char *at = strcasestr(head, moving[i]);
        if (!at) continue;
        char *end = strstr(at + 2, "\r\n");
        memmove(at, end, strlen(end) + 1);
    }
}

static char *body_without_ids(const struct http_answer *answer) {
    json_t *json = http_json(answer);
    json_object_del(json, "request_id");
    json_object_del(json, "instance");
    char *text = json_dumps(json, JSON_SORT_KEYS);
    json_decref(json);
    return text;
}

static void every_refusal_is_the_same(void **state) {
    (void)state;
    static const struct {
        const char *what, *username, *password, *role;
        bool wrong_captcha;
        int hashes;
    } cases[] = {
        { "password", "operator", WRONG, "data_entry", false, 1 },
        { "unknown user", "nobody.here", GOOD, "data_entry", false, 1 },
        { "no name at all", "' or 1=1 --", GOOD, "data_entry", false, 1 },
        { "role of another", "operator", GOOD, "state", false, 1 },
        { "no such role", "operator", GOOD, "superuser", false, 1 },
        { "disabled", "disabled", GOOD, "national", false, 1 },
        { "captcha", "operator", GOOD, "data_entry", true, 0 },
    };
    char *head = NULL, *body = NULL;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct http_client *browser = http_client_new(port);
        struct challenge c = ask(browser);
        if (cases[i].wrong_captcha)
            c.answer[0] = c.answer[0] == '9' ? '0' : (char)(c.answer[0] + 1);
        int64_t before = password_checks();
        struct http_answer answer = send_sign_in(browser, cases[i].username, cases[i].password,
                                                 cases[i].role, c.id, c.answer);
        if (password_checks() - before != cases[i].hashes)
            fail_msg("%s: another number of hashes", cases[i].what);
        if (answer.status != 401) fail_msg("%s: %d", cases[i].what, answer.status);
        char *text = body_without_ids(&answer);
        normalise(answer.head);
        if (body && strcmp(body, text) != 0)
            fail_msg("%s: %s instead of %s", cases[i].what, text, body);
        if (head && strcmp(head, answer.head) != 0)
            fail_msg("%s: %s instead of %s", cases[i].what, answer.head, head);
        if (!body) {
            body = strdup(text);
            head = strdup(answer.head);
        }
        free(text);
        assert_null(http_client_cookie(browser, "__Host-session"));
        http_answer_free(&answer);
        http_client_free(browser);
    }
    assert_non_null(strstr(body, "session.sign_in_failed"));
    free(head);
    free(body);
    assert_int_equal(test_sql_int(conninfo, "select count(*) from session"), 0);
}

static int64_t refusal_time(struct http_client *browser, const char *username, const char *password,
                            const char *role) {
    forget_throttle();
    struct challenge c = ask(browser);
    int64_t begin = clock_monotonic_us();
    assert_int_equal(status_of(send_sign_in(browser, username, password, role, c.id, c.answer)),
                     401);
    return clock_monotonic_us() - begin;
}

/* The shortest times of refusals taken in turn: a busy machine can only make them longer, and all
 * of them alike. A round that a burst of load has spoilt is repeated; a real difference stays. */
static void every_refusal_takes_as_long(void **state) {
    (void)state;
    static const struct {
        const char *username, *password, *role;
    } cases[] = {
        { "operator", WRONG, "data_entry" },
        { "nobody.here", GOOD, "data_entry" },
        { "operator", GOOD, "state" },
        { "disabled", GOOD, "national" },
    };
    struct http_client *browser = http_client_new(port);
    double ratio = 0;
    for (int round = 0; round < 4; round++) {
        int64_t least = INT64_MAX, most = 0, best[COUNT(cases)];
        memset(best, 0x7f, sizeof best);
        for (int sample = 0; sample < 15; sample++)
            for (size_t i = 0; i < COUNT(cases); i++) {
                int64_t took =
                    refusal_time(browser, cases[i].username, cases[i].password, cases[i].role);
                if (took < best[i]) best[i] = took;
            }
        for (size_t i = 0; i < COUNT(cases); i++) {
            if (best[i] < least) least = best[i];
            if (best[i] > most) most = best[i];
        }
        ratio = (double)most / (double)least;
        if (ratio < 1.5) break;
    }
    http_client_free(browser);
    if (ratio >= 1.5)
        fail_msg("the slowest refusal takes %.2f times as long as the fastest", ratio);
}

static void an_old_hash_is_made_anew(void **state) {
    (void)state;
    /* Argon2id of GOOD at a lower cost, made here. */
    char weak[128], sql[300], stored[200];

    assert_int_equal(crypto_pwhash_str(weak, GOOD, strlen(GOOD), 1, 8192 * 1024UL), 0);
    snprintf(sql, sizeof sql, "update account set password = '%s' where username = 'operator'",
             weak);
    test_sql(conninfo, sql);
    http_client_free(signed_in("operator", "data_entry", NULL));
    test_sql_value(conninfo, "select password from account where username = 'operator'", stored,
                   sizeof stored);
    assert_memory_equal(stored, "$argon2id$v=19$m=19456,t=2,p=1$", 31);
    http_client_free(signed_in("operator", "data_entry", NULL));
}

/* ---- Captcha.
 * ------------------------------------------------------------------------------------ */

static void the_challenge_can_be_seen_and_heard_by_its_browser_only(void **state) {
    (void)state;
    struct http_client *browser = http_client_new(port), *other = http_client_new(port);
    struct challenge c = ask(browser);
    ask(other);
    static const struct {
        const char *path, *type, *magic;
    } forms[] = {
        { "image.png", "image/png", "\x89PNG" },
        { "audio.wav", "audio/wav", "RIFF" },
        { "audio.wav?language=hi", "audio/wav", "RIFF" },
    };
    for (size_t i = 0; i < COUNT(forms); i++) {
        char path[120];
        snprintf(path, sizeof path, "/api/v1/captcha/%s/%s", c.id, forms[i].path);
        struct http_answer answer = http_request(browser, "GET", path, NULL);
        assert_int_equal(answer.status, 200);
        assert_string_equal(http_header(&answer, "Content-Type"), forms[i].type);
        assert_non_null(strstr(http_header(&answer, "Cache-Control"), "no-store"));
        assert_memory_equal(answer.body, forms[i].magic, 4);
        http_answer_free(&answer);
        assert_int_equal(get(other, path), 404);
    }
    char path[120];
    snprintf(path, sizeof path, "/api/v1/captcha/%s/audio.wav?language=xx", c.id);
    assert_int_equal(get(browser, path), 400);
    snprintf(path, sizeof path, "/api/v1/captcha/%s/image.png?size=9", c.id);
    assert_int_equal(get(browser, path), 400);
    assert_int_equal(get(browser, "/api/v1/captcha/xyz/image.png"), 404);
    http_client_free(browser);
    http_client_free(other);
}

static void a_challenge_is_for_one_try_in_one_browser(void **state) {
    (void)state;
    struct http_client *browser = http_client_new(port), *other = http_client_new(port);
    struct challenge c = ask(browser), stolen = ask(other);
    char path[120];
    /* a wrong password uses it up */
    assert_int_equal(
        status_of(send_sign_in(browser, "operator", WRONG, "data_entry", c.id, c.answer)), 401);
    snprintf(path, sizeof path, "/api/v1/captcha/%s/image.png", c.id);
    assert_int_equal(get(browser, path), 404);
    int64_t before = password_checks();
    assert_int_equal(
        status_of(send_sign_in(browser, "operator", GOOD, "data_entry", c.id, c.answer)), 401);
    /* another browser's */
    assert_int_equal(
        status_of(send_sign_in(browser, "operator", GOOD, "data_entry", stolen.id, stolen.answer)),
        401);
    /* expired */
    c = ask(browser);
    test_sql(conninfo, "update captcha set expires_at = now() - interval '1 second'");
    assert_int_equal(
        status_of(send_sign_in(browser, "operator", GOOD, "data_entry", c.id, c.answer)), 401);
    assert_int_equal(password_checks(), before);
    /* a new one works; two tabs of one browser do not spoil each other's */
    c = ask(browser);
    struct challenge second_tab = ask(browser);
    assert_int_equal(status_of(send_sign_in(browser, "operator", WRONG, "data_entry", second_tab.id,
                                            second_tab.answer)),
                     401);
    assert_int_equal(
        status_of(send_sign_in(browser, "operator", GOOD, "data_entry", c.id, c.answer)), 201);
    http_client_free(browser);
    http_client_free(other);
}

static void the_answer_is_told_in_the_test_mode_only(void **state) {
    (void)state;
    static const struct {
        const char *environment, *address;
        bool on;
    } modes[] = {
        { "production", "127.0.0.1", true },
        { "demonstration", "127.0.0.1", true },
        { "test", "0.0.0.0", true },
        { "test", "127.0.0.1", false },
    };
    struct http_client *browser = http_client_new(port);
    for (size_t i = 0; i < COUNT(modes); i++) {
        settings.environment = modes[i].environment;
        settings.address = modes[i].address;
        settings.captcha_test = modes[i].on;
        json_t *json = http_expect(browser, "POST", "/api/v1/captcha", NULL, 201);
        assert_null(json_object_get(json, "test_answer"));
        assert_int_equal(json_object_size(json), 6);
        json_decref(json);
    }
    settings.environment = "test";
    settings.address = "127.0.0.1";
    settings.captcha_test = true;
    http_client_free(browser);
}

/* ---- Throttle.
 * ----------------------------------------------------------------------------------- */

static void guessing_waits_for_known_and_unknown_names_alike(void **state) {
    (void)state;
    static const char *const names[] = { "guessed", "no.such.name" };
    forget_throttle();
    for (size_t n = 0; n < COUNT(names); n++) {
        struct http_client *browser = http_client_new(port);
        for (int i = 0; i < SIGN_IN_FREE_TRIES; i++)
            assert_int_equal(status_of(try_sign_in(browser, names[n], WRONG, "national")), 401);
        int64_t before = password_checks();
        struct http_answer answer = try_sign_in(browser, names[n], GOOD, "national");
        assert_int_equal(answer.status, 429);
        assert_int_equal(atoi(http_header(&answer, "Retry-After")), 2);
        assert_int_equal(password_checks(), before);
        http_answer_free(&answer);
        http_client_free(browser);
    }
    assert_int_equal(
        test_sql_int(conninfo, "select count(distinct failures) from sign_in_throttle"), 1);
}

static void the_wait_doubles_up_to_a_quarter_of_an_hour(void **state) {
    (void)state;
    static const int waits[] = { 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900 };
    struct http_client *browser = http_client_new(port);
    forget_throttle();
    for (int i = 0; i < SIGN_IN_FREE_TRIES - 1; i++)
        assert_int_equal(status_of(try_sign_in(browser, "guessed", WRONG, "national")), 401);
    for (size_t i = 0; i < COUNT(waits); i++) {
        assert_int_equal(status_of(try_sign_in(browser, "guessed", WRONG, "national")), 401);
        struct http_answer answer = try_sign_in(browser, "guessed", WRONG, "national");
        assert_int_equal(answer.status, 429);
        assert_in_range(atoi(http_header(&answer, "Retry-After")), waits[i] - 1, waits[i]);
        http_answer_free(&answer);
        test_sql(conninfo, "update sign_in_throttle set blocked_until = now()");
    }
    /* the owner gets in after the wait, and is free again */
    assert_int_equal(status_of(try_sign_in(browser, "guessed", GOOD, "national")), 201);
    assert_int_equal(test_sql_int(conninfo, "select count(*) from sign_in_throttle"), 0);
    assert_int_equal(status_of(try_sign_in(browser, "guessed", WRONG, "national")), 401);
    http_client_free(browser);
}

static void guessing_elsewhere_does_not_keep_the_owner_out(void **state) {
    (void)state;
    forget_throttle();
    http_client_free(signed_in("owner", "national", NULL)); /* from 127.0.0.1: that is home now */
    uint8_t key[32];
    char hex[65], sql[300];
    account_name_key("owner", NULL, key);
    hex_encode(hex, key, 32);
    snprintf(
        sql, sizeof sql,
        "insert into sign_in_throttle values ('\\x%s', 30, now(), now() + interval '15 minutes')",
        hex);
    test_sql(conninfo, sql);
    http_client_free(signed_in("owner", "national", NULL));
    /* to whom is not at home the wait holds */
    test_sql(conninfo, "update account set last_network = '10.9.9.9' where username = 'owner'");
    struct http_client *browser = http_client_new(port);
    assert_int_equal(status_of(try_sign_in(browser, "owner", GOOD, "national")), 429);
    http_client_free(browser);
    forget_throttle();
}

struct guess {
    pthread_t thread;
    struct http_client *browser;
    const char *password;
    struct challenge challenge;
    int status;
};

static void *guess(void *arg) {
    struct guess *g = arg;
    struct http_answer answer = send_sign_in(g->browser, "guessed", g->password, "national",
                                             g->challenge.id, g->challenge.answer);
    g->status = answer.status;
    http_answer_free(&answer);
    return NULL;
}

/* All at once; how many got that status. */
static int run_guesses(struct guess *guesses, size_t count, int status) {
    int with_status = 0;
    for (size_t i = 0; i < count; i++)
        pthread_create(&guesses[i].thread, NULL, guess, &guesses[i]);
    for (size_t i = 0; i < count; i++) {
        pthread_join(guesses[i].thread, NULL);
        with_status += guesses[i].status == status;
        http_client_free(guesses[i].browser);
    }
    return with_status;
}

static void many_guesses_at_once_count_each(void **state) {
    (void)state;
    struct guess guesses[16];
    forget_throttle();
    for (size_t i = 0; i < COUNT(guesses); i++) {
        guesses[i].browser = http_client_new(port);
        guesses[i].password = WRONG;
        guesses[i].challenge = ask(guesses[i].browser);
    }
    assert_in_range(run_guesses(guesses, COUNT(guesses), 401), 1, SIGN_IN_FREE_TRIES);
    forget_throttle();
}

static void one_challenge_answered_by_many_lets_one_in(void **state) {
    (void)state;
    struct guess guesses[8];
    forget_throttle();
    struct http_client *browser = http_client_new(port);
    struct challenge c = ask(browser);
    for (size_t i = 0; i < COUNT(guesses); i++) {
        guesses[i] =
            (struct guess){ .browser = http_client_new(port), .password = GOOD, .challenge = c };
        http_client_set_cookie(guesses[i].browser, CAPTCHA_COOKIE,
                               http_client_cookie(browser, CAPTCHA_COOKIE));
    }
    int64_t before = password_checks();
    assert_int_equal(run_guesses(guesses, COUNT(guesses), 201), 1);
    assert_int_equal(password_checks(), before + 1);
    http_client_free(browser);
}

/* ---- Whose page this is.
 * ------------------------------------------------------------------------- */

/* What a page of `account` is answered, with its token or another's. */
static struct http_answer as_page_of(struct http_client *browser, const char *account,
                                     const char *method, const char *path) {
    char line[80];
    snprintf(line, sizeof line, "HMIS-Person: %s\r\n", account);
    http_client_headers(browser, line);
    return http_request(browser, method, path, NULL);
}

static void a_page_of_somebody_else_is_told_who_is_here(void **state) {
    (void)state;
    json_t *session, *first;
    char account[24], sql[120];
    http_client_free(signed_in("doctor", "medical_officer", &first));
    struct http_client *browser = signed_in("operator", "data_entry", &session);
    json_int_t own = json_integer_value(json_object_get(session, "account_id"));
    snprintf(sql, sizeof sql, "select id from account where username = 'operator'");
    assert_int_equal(own, test_sql_int(conninfo, sql));

    snprintf(account, sizeof account, "%lld", (long long)own);
    assert_int_equal(status_of(as_page_of(browser, account, "GET", "/test/work")), 200);
    snprintf(account, sizeof account, "%lld",
             (long long)json_integer_value(json_object_get(first, "account_id")));
    static const char *const calls[][2] = { { "GET", "/test/work" },
                                            { "GET", "/api/v1/session" },
                                            { "POST", "/api/v1/session/extend" },
                                            { "DELETE", "/api/v1/session" } };
    for (size_t i = 0; i < COUNT(calls); i++) {
        struct http_answer answer = as_page_of(browser, account, calls[i][0], calls[i][1]);
        assert_int_equal(answer.status, 409);
        json_t *json = http_json(&answer);
        json_t *person = json_object_get(json, "person");
        assert_string_equal(json_string_value(json_object_get(json, "code")),
                            "session.other_person");
        assert_int_equal(json_integer_value(json_object_get(person, "account_id")), own);
        assert_string_equal(json_string_value(json_object_get(person, "username")), "operator");
        assert_string_equal(json_string_value(json_object_get(person, "full_name")), "Asha Rani");
        json_decref(json);
        http_answer_free(&answer);
    }
    assert_int_equal(get(browser, "/test/work"), 200); /* nothing of it ended the session */
    assert_int_equal(status_of(as_page_of(browser, "me", "GET", "/test/work")), 400);
    /* what needs no session is not asked whose it is: signing in again from the same page */
    assert_int_equal(status_of(as_page_of(browser, account, "POST", "/api/v1/captcha")), 201);
    json_decref(session);
    json_decref(first);
    http_client_free(browser);
}

/* ---- Time.
 * --------------------------------------------------------------------------------------- */

static void idle_sessions_end(void **state) {
    (void)state;
    struct http_client *browser = signed_in("operator", "data_entry", NULL);
    test_sql(conninfo, "update session set seen_at = now() - interval '14 minutes 50 seconds'");
    assert_int_equal(get(browser, "/test/poll"), 200);
    test_sql(conninfo, "update session set seen_at = now() - interval '15 minutes 1 second'");
    assert_int_equal(get(browser, "/test/work"), 401);
    assert_int_equal(get(browser, "/api/v1/session"), 401);
    assert_int_equal(act(browser, "POST", "/api/v1/session/extend"), 401);
    http_client_free(browser);
}

static void polling_does_not_extend_and_work_does(void **state) {
    (void)state;
    struct http_client *browser = signed_in("operator", "data_entry", NULL);
    assert_in_range(seconds_left(browser, "idle_seconds_left"), 895, 900);
    test_sql(conninfo, "update session set seen_at = now() - interval '10 minutes'");
    for (int i = 0; i < 3; i++) {
        assert_int_equal(get(browser, "/test/poll"), 200);
        assert_int_equal(get(browser, "/test/poll?activity=true"), 200);
        assert_in_range(seconds_left(browser, "idle_seconds_left"), 290, 300);
    }
    assert_int_equal(get(browser, "/test/work"), 200);
    assert_in_range(seconds_left(browser, "idle_seconds_left"), 895, 900);
    test_sql(conninfo, "update session set seen_at = now() - interval '10 seconds'");
    assert_int_equal(get(browser, "/test/work"), 200); /* noted at most every 20 seconds */
    assert_in_range(seconds_left(browser, "idle_seconds_left"), 880, 891);
    test_sql(conninfo, "update session set seen_at = now() - interval '10 minutes'");
    json_t *extended = http_expect(browser, "POST", "/api/v1/session/extend", NULL, 200);
    assert_in_range(json_integer_value(json_object_get(extended, "idle_seconds_left")), 895, 900);
    json_decref(extended);
    http_client_free(browser);
}

static void the_absolute_limit_holds_whatever_is_done(void **state) {
    (void)state;
    struct http_client *browser = signed_in("operator", "data_entry", NULL);
    assert_in_range(seconds_left(browser, "absolute_seconds_left"), 8 * 3600 - 5, 8 * 3600);
    test_sql(conninfo, "update session set expires_at = now() + interval '30 seconds'");
    assert_int_equal(act(browser, "POST", "/api/v1/session/extend"), 200);
    assert_in_range(seconds_left(browser, "absolute_seconds_left"), 20, 30);
    test_sql(conninfo, "update session set expires_at = now() - interval '1 second'");
    assert_int_equal(get(browser, "/test/work"), 401);
    http_client_free(browser);
    /* and the row goes away when somebody signs in */
    http_client_free(signed_in("doctor", "medical_officer", NULL));
    assert_int_equal(test_sql_int(conninfo, "select count(*) from session"), 1);
}

/* ---- Leaving.
 * ------------------------------------------------------------------------------------ */

static void logging_out_ends_this_session_only(void **state) {
    (void)state;
    struct http_client *here = signed_in("leaver", "national", NULL),
                       *there = signed_in("leaver", "national", NULL);
    char token[100];
    snprintf(token, sizeof token, "%s", http_client_cookie(here, "__Host-session"));
    assert_int_equal(act(here, "DELETE", "/api/v1/session"), 204);
    assert_null(http_client_cookie(here, "__Host-session"));
    http_client_set_cookie(here, "__Host-session", token);
    assert_int_equal(get(here, "/test/poll"), 401);
    assert_int_equal(get(there, "/test/poll"), 200);
    http_client_free(here);
    http_client_free(there);
}

static void logging_out_everywhere_ends_all_of_the_account(void **state) {
    (void)state;
    struct http_client *here = signed_in("leaver", "national", NULL),
                       *there = signed_in("leaver", "national", NULL),
                       *stranger = signed_in("nation", "national", NULL);
    assert_int_equal(act(here, "DELETE", "/api/v1/sessions"), 204);
    assert_int_equal(get(there, "/test/poll"), 401);
    assert_int_equal(get(stranger, "/test/poll"), 200);
    http_client_free(here);
    http_client_free(there);
    http_client_free(stranger);
}

static void switching_off_ends_sessions_at_once(void **state) {
    (void)state;
    static const char *const switches[][2] = {
        { "update account set active = false where username = 'leaver'",
          "update account set active = true where username = 'leaver'" },
        { "update assignment set active = false where account_id = (select id from account where "
          "username = 'leaver')",
          "update assignment set active = true where account_id = (select id from account where "
          "username = 'leaver')" },
        { "update assignment set role = 'state' where account_id = (select id from account where "
          "username = 'leaver')",
          "update assignment set role = 'national' where account_id = (select id from account "
          "where username = 'leaver')" },
    };
    for (size_t i = 0; i < COUNT(switches); i++) {
        struct http_client *browser = signed_in("leaver", "national", NULL);
        assert_int_equal(get(browser, "/test/work"), 200);
        test_sql(conninfo, switches[i][0]);
        assert_int_equal(get(browser, "/test/work"), 401);
        test_sql(conninfo, switches[i][1]);
        http_client_free(browser);
    }
}

static void a_facility_taken_away_is_gone_at_once(void **state) {
    (void)state;
    struct http_client *browser = signed_in("doctor", "medical_officer", NULL);
    test_sql(conninfo,
             "delete from assignment_facility where facility_id = 12 and assignment_id = (select "
             "g.id from "
             "assignment g join account a on a.id = g.account_id where username = 'doctor')");
    json_t *echoed = http_expect(browser, "GET", "/test/work", NULL, 200);
    assert_int_equal(json_array_size(json_object_get(echoed, "facilities")), 1);
    json_decref(echoed);
    http_client_free(browser);
}

/* ---- Tokens.
 * ------------------------------------------------------------------------------------- */

static void a_planted_token_is_never_adopted(void **state) {
    (void)state;
    static const char planted[] =
        "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    struct http_client *browser = http_client_new(port);
    http_client_set_cookie(browser, "__Host-session", planted);
    assert_int_equal(get(browser, "/test/poll"), 401);
    assert_int_equal(status_of(try_sign_in(browser, "operator", GOOD, "data_entry")), 201);
    assert_string_not_equal(http_client_cookie(browser, "__Host-session"), planted);
    struct http_client *attacker = http_client_new(port);
    http_client_set_cookie(attacker, "__Host-session", planted);
    assert_int_equal(get(attacker, "/test/poll"), 401);
    http_client_free(browser);
    http_client_free(attacker);
}

static void signing_in_again_ends_the_old_session(void **state) {
    (void)state;
    struct http_client *browser = signed_in("operator", "data_entry", NULL),
                       *copy = http_client_new(port);
    http_client_set_cookie(copy, "__Host-session", http_client_cookie(browser, "__Host-session"));
    assert_int_equal(get(copy, "/test/poll"), 200);
    assert_int_equal(status_of(try_sign_in(browser, "doctor", GOOD, "medical_officer")), 201);
    assert_int_equal(get(copy, "/test/poll"), 401);
    assert_int_equal(test_sql_int(conninfo, "select count(*) from session"), 1);
    http_client_free(browser);
    http_client_free(copy);
}

static void strange_cookies_are_nobody(void **state) {
    (void)state;
    static const char *const cookies[] = {
        "x", "zz112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", "00", "%00",
        "../../../etc/passwd"
    };
    struct http_client *browser = http_client_new(port);
    assert_int_equal(get(browser, "/test/poll"), 401);
    for (size_t i = 0; i < COUNT(cookies); i++) {
        http_client_set_cookie(browser, "__Host-session", cookies[i]);
        assert_int_equal(get(browser, "/test/poll"), 401);
        assert_int_equal(get(browser, "/api/v1/session"), 401);
    }
    http_client_free(browser);
}

static void a_cookie_beside_authorization_is_refused(void **state) {
    (void)state;
    struct http_client *browser = signed_in("operator", "data_entry", NULL);
    http_client_headers(browser, "Authorization: Bearer abc\r\n");
    assert_int_equal(get(browser, "/test/poll"), 400);
    assert_int_equal(get(browser, "/test/poll"), 200);
    http_client_free(browser);
    browser = http_client_new(port);
    http_client_headers(browser, "Authorization: Bearer abc\r\n");
    assert_int_equal(get(browser, "/test/poll"), 401);
    http_client_free(browser);
}

static void unsafe_requests_need_the_token_and_the_own_page(void **state) {
    (void)state;
    static const struct {
        const char *headers, *token;
        int status;
    } cases[] = {
        { NULL, NULL, 403 },
        { NULL, "0011", 403 },
        { "Sec-Fetch-Site: cross-site\r\n", "own", 403 },
        { "Sec-Fetch-Site: same-site\r\n", "own", 403 },
        { NULL, "own", 200 },
    };
    json_t *session;
    struct http_client *browser = signed_in("operator", "data_entry", &session),
                       *other = signed_in("doctor", "medical_officer", NULL);
    const char *own = json_string_value(json_object_get(session, "csrf_token"));
    for (size_t i = 0; i < COUNT(cases); i++) {
        http_client_csrf(
            browser, cases[i].token && text_equal(cases[i].token, "own") ? own : cases[i].token);
        if (cases[i].headers) http_client_headers(browser, cases[i].headers);
        assert_int_equal(act(browser, "POST", "/api/v1/session/extend"), cases[i].status);
    }
    /* another session's token is none */
    http_client_csrf(other, own);
    assert_int_equal(act(other, "DELETE", "/api/v1/session"), 403);
    /* signing in across sites is refused before anything is looked at */
    struct http_client *fresh_browser = http_client_new(port);
    struct challenge c = ask(fresh_browser);
    int64_t before = password_checks();
    http_client_headers(fresh_browser, "Sec-Fetch-Site: cross-site\r\n");
    assert_int_equal(
        status_of(send_sign_in(fresh_browser, "operator", GOOD, "data_entry", c.id, c.answer)),
        403);
    assert_int_equal(password_checks(), before);
    json_decref(session);
    http_client_free(browser);
    http_client_free(other);
    http_client_free(fresh_browser);
}

/* ---- Bodies.
 * ------------------------------------------------------------------------------------- */

static void hostile_bodies_are_refused_before_any_hash(void **state) {
    (void)state;
    static const struct {
        const char *body;
        int status;
    } cases[] = {
        { "", 400 },
        { "{", 400 },
        { "[]", 400 },
        { "null", 400 },
        { "{}", 422 },
        { "{\"username\":1,\"password\":true,\"role\":[],\"captcha_id\":{},\"captcha_answer\":"
          "null}",
          422 },
        { "{\"username\":\"operator\",\"password\":\"x\",\"role\":\"data_entry\",\"captcha_id\":"
          "\"x\","
          "\"captcha_answer\":\"x\",\"is_admin\":true}",
          422 },
        { "{\"username\":\"a\",\"username\":\"b\",\"password\":\"x\",\"role\":\"data_entry\","
          "\"captcha_id\":\"x\","
          "\"captcha_answer\":\"x\"}",
          400 },
        { "{\"username\":\"\xc3\x28\",\"password\":\"x\",\"role\":\"r\",\"captcha_id\":\"x\","
          "\"captcha_answer\":\"x\"}",
          400 },
        { "{\"username\":\"a\\u0000b\",\"password\":\"x\",\"role\":\"r\",\"captcha_id\":\"x\","
          "\"captcha_answer\":\"x\"}",
          400 },
        { "{\"username\":\"\",\"password\":\"x\",\"role\":\"r\",\"captcha_id\":\"x\",\"captcha_"
          "answer\":\"x\"}",
          422 },
        { "{\"username\":\"a\",\"password\":\"x\",\"role\":\"r\",\"captcha_id\":\"x\",\"captcha_"
          "answer\":\"x\"}",
          401 },
    };
    struct http_client *browser = http_client_new(port);
    int64_t before = password_checks();
    for (size_t i = 0; i < COUNT(cases); i++) {
        int status = status_of(http_request(browser, "POST", "/api/v1/session", cases[i].body));
        if (status != cases[i].status)
            fail_msg("body %zu: %d instead of %d", i, status, cases[i].status);
    }
    char *huge = malloc(200 * 1024);
    memset(huge, 'a', 200 * 1024 - 1);
    huge[200 * 1024 - 1] = '\0';
    assert_int_equal(status_of(http_request(browser, "POST", "/api/v1/session", huge)), 413);
    free(huge);
    char long_password[1200];
    snprintf(long_password, sizeof long_password,
             "{\"username\":\"a\",\"password\":\"%0600d\",\"role\":\"r\","
             "\"captcha_id\":\"x\",\"captcha_answer\":\"x\"}",
             0);
    assert_int_equal(status_of(http_request(browser, "POST", "/api/v1/session", long_password)),
                     422);
    http_client_headers(browser, "Content-Type: text/plain\r\n");
    assert_int_equal(status_of(http_request(browser, "POST", "/api/v1/session", "{}")), 415);
    assert_int_equal(password_checks(), before);
    http_client_free(browser);
}

/* ---- Password.
 * ----------------------------------------------------------------------------------- */

static struct http_answer send_password(struct http_client *browser, const char *old_password,
                                        const char *new_password) {
    json_t *body = json_pack("{ssss}", "old_password", old_password, "new_password", new_password);
    char *text = json_dumps(body, 0);
    struct http_answer answer = http_request(browser, "POST", "/api/v1/account/password", text);
    free(text);
    json_decref(body);
    return answer;
}

static void a_new_password_ends_the_other_sessions(void **state) {
    (void)state;
    struct http_client *here = signed_in("changer", "national", NULL),
                       *there = signed_in("changer", "national", NULL);
    char token[100];
    snprintf(token, sizeof token, "%s", http_client_cookie(here, "__Host-session"));
    assert_int_equal(status_of(send_password(here, WRONG, "lantern bicycle oatmeal")), 422);
    assert_int_equal(status_of(send_password(here, GOOD, GOOD)), 422);
    struct http_answer answer = send_password(here, GOOD, "changer@2026!");
    assert_int_equal(answer.status, 422);
    assert_non_null(strstr(answer.body, "new_password"));
    assert_non_null(strstr(answer.body, "account.weak_password"));
    http_answer_free(&answer);
    assert_int_equal(get(there, "/test/poll"), 200);

    answer = send_password(here, GOOD, "lantern bicycle oatmeal");
    assert_int_equal(answer.status, 200);
    json_t *session = http_json(&answer);
    http_client_csrf(here, json_string_value(json_object_get(session, "csrf_token")));
    json_decref(session);
    http_answer_free(&answer);
    assert_int_equal(get(there, "/test/poll"), 401);
    assert_string_not_equal(http_client_cookie(here, "__Host-session"), token);
    assert_int_equal(act(here, "POST", "/api/v1/session/extend"), 200);
    http_client_set_cookie(there, "__Host-session", token);
    assert_int_equal(get(there, "/test/poll"), 401);
    assert_int_equal(status_of(try_sign_in(there, "changer", GOOD, "national")), 401);
    assert_int_equal(
        status_of(try_sign_in(there, "changer", "lantern bicycle oatmeal", "national")), 201);
    http_client_free(here);
    http_client_free(there);
}

static void the_present_password_cannot_be_guessed_from_a_session(void **state) {
    (void)state;
    forget_throttle();
    struct http_client *browser = signed_in("nation", "national", NULL);
    for (int i = 0; i < SIGN_IN_FREE_TRIES; i++)
        assert_int_equal(status_of(send_password(browser, WRONG, "lantern bicycle oatmeal")), 422);
    struct http_answer answer = send_password(browser, GOOD, "lantern bicycle oatmeal");
    assert_int_equal(answer.status, 429);
    assert_non_null(http_header(&answer, "Retry-After"));
    http_answer_free(&answer);
    http_client_free(browser);
    forget_throttle();
}

/* ---- Meta, audit, log.
 * --------------------------------------------------------------------------- */

static void meta_is_for_everybody_and_names_nobody(void **state) {
    (void)state;
    struct http_client *browser = http_client_new(port);
    settings.notice = "Closed on Sunday from 02:00 to 04:00";
    json_t *meta = http_expect(browser, "GET", "/api/v1/meta", NULL, 200);
    assert_int_equal(json_array_size(json_object_get(meta, "roles")), ROLE__MAX - 1);
    assert_string_equal(json_string_value(json_object_get(meta, "environment")), "test");
    assert_string_equal(json_string_value(json_object_get(meta, "notice")), settings.notice);
    json_t *times = json_object_get(meta, "session");
    assert_int_equal(json_integer_value(json_object_get(times, "idle_minutes")), 15);
    assert_int_equal(json_integer_value(json_object_get(times, "warning_minutes")), 2);
    json_decref(meta);
    settings.notice = "";
    meta = http_expect(browser, "GET", "/api/v1/meta", NULL, 200);
    assert_true(json_is_null(json_object_get(meta, "notice")));
    json_decref(meta);
    http_client_free(browser);
}

static void a_day_of_signing_in_is_in_the_audit_trail(void **state) {
    (void)state;
    forget_throttle();
    test_sql(conninfo, "truncate audit");
    struct http_client *browser = http_client_new(port);
    assert_int_equal(status_of(try_sign_in(browser, "operator", WRONG, "data_entry")), 401);
    assert_int_equal(status_of(try_sign_in(browser, "operator", GOOD, "state")), 401);
    assert_int_equal(status_of(try_sign_in(browser, "disabled", GOOD, "national")), 401);
    assert_int_equal(status_of(try_sign_in(browser, "hunter2hunter2", GOOD, "national")), 401);
    http_client_free(browser);
    browser = signed_in("operator", "data_entry", NULL);
    assert_int_equal(act(browser, "DELETE", "/api/v1/session"), 204);
    http_client_free(browser);
    char trail[1000];
    test_sql_value(
        conninfo,
        "select string_agg(action || ' ' || outcome || ' ' || coalesce(object, '-') || ' ' || "
        "coalesce(detail ->> 'reason', '-'), ', ' order by id) from audit",
        trail, sizeof trail);
    assert_string_equal(
        trail, "session.begin refused operator password, session.begin refused operator role, "
               "session.begin refused disabled disabled, session.begin refused - unknown, "
               "session.begin done operator -, session.end done - -");
    assert_int_equal(test_sql_int(conninfo,
                                  "select count(*) from audit where client = '127.0.0.1' and "
                                  "request_id is not null"),
                     6);
    assert_int_equal(
        test_sql_int(conninfo, "select count(*) from audit where audit::text like '%hunter2%'"), 0);
    assert_int_equal(
        test_sql_int(conninfo,
                     "select count(*) from audit where action = 'session.end' and role = "
                     "'data_entry' and account_id is not null and assignment_id is not null"),
        1);
}

static bool was_logged(const char *secret) {
    pthread_mutex_lock(&logged_lock);
    bool found = memmem(logged.data, logged.length, secret, strlen(secret)) != NULL;
    pthread_mutex_unlock(&logged_lock);
    return found;
}

static void nothing_secret_is_logged(void **state) {
    (void)state;
    json_t *session;
    struct http_client *browser = http_client_new(port);
    struct challenge c = ask(browser);
    char answer[40], pre[80];
    snprintf(answer, sizeof answer, "\"%s\"", c.answer);
    snprintf(pre, sizeof pre, "%s", http_client_cookie(browser, "__Host-pre"));
    assert_int_equal(
        status_of(send_sign_in(browser, "hunter2hunter2", GOOD, "national", c.id, c.answer)), 401);
    http_client_free(browser);
    browser = signed_in("operator", "data_entry", &session);
    assert_int_equal(get(browser, "/test/work"), 200);
    assert_int_equal(status_of(send_password(browser, WRONG, "lantern bicycle oatmeal")), 422);
    assert_true(was_logged("/api/v1/session")); /* the sink hears the requests */
    const char *secrets[] = { GOOD,
                              "kettle",
                              "lantern",
                              "hunter2",
                              answer,
                              pre,
                              http_client_cookie(browser, "__Host-session"),
                              json_string_value(json_object_get(session, "csrf_token")) };
    for (size_t i = 0; i < COUNT(secrets); i++)
        if (was_logged(secrets[i])) fail_msg("secret %zu is in the log", i);
    json_decref(session);
    http_client_free(browser);
}

static void tokens_are_all_different(void **state) {
    (void)state;
    enum { TOKENS = 12 };
    char tokens[TOKENS][SESSION_TOKEN_HEX + 1];
    for (int i = 0; i < TOKENS; i++) {
        struct http_client *browser = signed_in("operator", "data_entry", NULL);
        snprintf(tokens[i], sizeof tokens[i], "%s", http_client_cookie(browser, "__Host-session"));
        for (int j = 0; j < i; j++)
            assert_string_not_equal(tokens[i], tokens[j]);
        http_client_free(browser);
    }
}

#define TEST(name) cmocka_unit_test_setup(name, fresh)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(every_role_signs_in_and_is_shown_its_place),
        TEST(the_user_name_may_be_typed_in_capitals),
        TEST(cookies_have_every_attribute),
        TEST(the_table_holds_hashes_only),
        TEST(every_refusal_is_the_same),
        TEST(every_refusal_takes_as_long),
        TEST(an_old_hash_is_made_anew),
        TEST(the_challenge_can_be_seen_and_heard_by_its_browser_only),
        TEST(a_challenge_is_for_one_try_in_one_browser),
        TEST(the_answer_is_told_in_the_test_mode_only),
        TEST(guessing_waits_for_known_and_unknown_names_alike),
        TEST(the_wait_doubles_up_to_a_quarter_of_an_hour),
        TEST(guessing_elsewhere_does_not_keep_the_owner_out),
        TEST(many_guesses_at_once_count_each),
        TEST(one_challenge_answered_by_many_lets_one_in),
        TEST(a_page_of_somebody_else_is_told_who_is_here),
        TEST(idle_sessions_end),
        TEST(polling_does_not_extend_and_work_does),
        TEST(the_absolute_limit_holds_whatever_is_done),
        TEST(logging_out_ends_this_session_only),
        TEST(logging_out_everywhere_ends_all_of_the_account),
        TEST(switching_off_ends_sessions_at_once),
        TEST(a_facility_taken_away_is_gone_at_once),
        TEST(a_planted_token_is_never_adopted),
        TEST(signing_in_again_ends_the_old_session),
        TEST(strange_cookies_are_nobody),
        TEST(a_cookie_beside_authorization_is_refused),
        TEST(unsafe_requests_need_the_token_and_the_own_page),
        TEST(hostile_bodies_are_refused_before_any_hash),
        TEST(a_new_password_ends_the_other_sessions),
        TEST(the_present_password_cannot_be_guessed_from_a_session),
        TEST(meta_is_for_everybody_and_names_nobody),
        TEST(a_day_of_signing_in_is_in_the_audit_trail),
        TEST(nothing_secret_is_logged),
        TEST(tokens_are_all_different),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
