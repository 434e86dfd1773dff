/* A walk over every route of every module, on a running server: as nobody, as each role, with and
 * without the CSRF token, from another origin, with a body of another type or too large, to what
 * lies outside and to what does not exist. Every answer on the way must have the headers of
 * security and be no server error. A new route walks by itself; what it needs to be called rightly
 * (a body, a query, a new {name}) stands in the tables below, and the test fails until it does. */
#include <stdio.h>
#include <stdlib.h>

#include "../../src/app/app.h"
#include "hmis/account.h"
#include "hmis/import.h"
#include "hmis/rollup.h"
#include "hmis/routes.h"
#include "hmis/services.h"
#include "hmis/session.h"

#include "http_client.h"
#include "http_server.h"
#include "test.h"
#include "test_daemon.h"
#include "test_pg.h"
#include "test_state.h"

#define PASSWORD "kettle umbrella trombone"

static const char *conninfo;
static struct settings settings = {
    .address = "127.0.0.1",
    .environment = "test",
    .captcha_test = true,
    .session_idle_minutes = 15,
    .session_warning_minutes = 2,
    .session_hours = 8,
    .notice = "",
    .spool_directory = "/tmp",
    .import_file_mib = 1,
};
static struct services services = { .settings = &settings };
static struct http *http;
static int port;
static struct arena *arena;

/* ---- Who walks. ------------------------------------------------------------------------------ */
static const char *const all[] = { "PHC1", "PHC3", "FAR1" }, *const own[] = { "PHC1", "SC1" };
enum place { FAR, NEAR, PLACE__MAX }; /* outside: another state; another district of the own */
static struct person {
    const char *name;
    enum role role;
    const char *area;
    const char *const *facilities;
    size_t facility_count;
    bool walks, outside[PLACE__MAX];
    const char *job; /* one of his own, or one that does not exist */
    struct http_client *browser;
    char token[80], captcha[80];
} people[] = {
    { "operator", ROLE_DATA_ENTRY, NULL, own, 2, true, { true, true }, NULL, NULL, "", "" },
    { "doctor", ROLE_MEDICAL_OFFICER, NULL, own, 2, true, { true, true }, NULL, NULL, "", "" },
    { "block", ROLE_BLOCK, "5", NULL, 0, true, { true, true }, NULL, NULL, "", "" },
    { "district", ROLE_DISTRICT, "3", NULL, 0, true, { true, true }, NULL, NULL, "", "" },
    { "state", ROLE_STATE, "2", NULL, 0, true, { true, false }, NULL, NULL, "", "" },
    { "nation", ROLE_NATIONAL, NULL, NULL, 0, true, { false, false }, NULL, NULL, "", "" },
    { "viewer", ROLE_VIEWER, "3", NULL, 0, true, { true, true }, NULL, NULL, "", "" },
    /* not for walking: who fills the state, and whose import is nobody else's */
    { "filler", ROLE_DATA_ENTRY, NULL, all, 3, false, { false, false }, NULL, NULL, "", "" },
    { "west", ROLE_DISTRICT, "4", NULL, 0, false, { false, false }, NULL, NULL, "", "" },
};
static struct person *const filler = &people[7], *const west = &people[8];
static struct http_client *nobody, *stranger; /* the stranger has a forged session */
static char captcha_of_stranger[80];

static const char far_sql[] =
    "insert into area (id, level, lgd_code, name) values (50, 'state', 98, 'Far State'),"
    " (51, 'district', 801, 'Distant'), (52, 'block', 8011, 'Remote');"
    "insert into area_parent (area_id, parent_id) values (50, 1), (51, 50), (52, 51);"
    "insert into facility (id, code, name, facility_type, ownership, locality, state_id,"
    " district_id, block_id) values (60, 'FAR1', 'PHC Remote', 2, 1, 1, 50, 51, 52);";

static void sign_in(struct person *person) {
    http_client_free(person->browser);
    person->browser = test_sign_in(port, person->name, PASSWORD, role_name(person->role));
    json_t *session = http_expect(person->browser, "GET", "/api/v1/session", NULL, 200);
    snprintf(person->token, sizeof person->token, "%s",
             json_string_value(json_object_get(session, "csrf_token")));
    json_decref(session);
}

/* A challenge of this browser's own. */
static void take_captcha(struct http_client *browser, char id[80]) {
    json_t *captcha = http_expect(browser, "POST", "/api/v1/captcha", NULL, 201);
    snprintf(id, 80, "%s", json_string_value(json_object_get(captcha, "id")));
    json_decref(captcha);
}

static void make_account(const struct person *person) {
    struct problem p = { 0 };
    int64_t id;
    struct account_new account = { .username = person->name,
                                   .full_name = person->name,
                                   .password = PASSWORD,
                                   .role = person->role,
                                   .area = person->area,
                                   .facilities = person->facilities,
                                   .facility_count = person->facility_count };
    struct db *db = db_take(services.pool, &p);
    assert_non_null(db);
    if (!account_create(db, &account, &id, arena, &p)) fail_msg("%s: %s", person->name, p.detail);
    db_give(db);
}

/* ---- How each route is called rightly. ------------------------------------------------------- */
#define DRAFT "/api/v1/reports/{facility}/{form}/{period}/"
static const struct example {
    const char *method, *path, *query, *type, *body;
    int status;
} examples[] = {
    { "GET", "/api/v1/areas", "?q=East", NULL, NULL, 200 },
    { "GET", "/api/v1/itemwise", "?area=facility-PHC1&from=2022-04", NULL, NULL, 200 },
    { "GET", "/api/v1/itemwise.csv", "?area=facility-PHC1&from=2022-04", NULL, NULL, 200 },
    { "POST", "/api/v1/facilities/{facility}/changes", "", NULL,
      "{\"act\":\"locality\",\"from\":\"2022-05-01\",\"locality\":\"Urban\",\"reason\":\"told\","
      "\"dry_run\":true}",
      200 },
    { "GET", "/api/v1/imports/{job}/lines", "?kind=row", NULL, NULL, 200 },
    { "GET", "/api/v1/imports/{job}/lines.csv", "?kind=row", NULL, NULL, 200 },
    { "GET", "/api/v1/extract.csv", "?area=facility-PHC1&period=2022-04&form=PHC", NULL, NULL,
      200 },
    { "GET", "/api/v1/extract.zip", "?area=facility-PHC1&from=2022-04", NULL, NULL, 200 },
    { "GET", "/api/v1/template.xlsx", "?area=facility-PHC1&period=2022-04&form=PHC", NULL, NULL,
      200 },
    { "GET", "/api/v1/reporting", "?area=facility-PHC1&period=2022-04", NULL, NULL, 200 },
    { "GET", "/api/v1/validation", "?area=facility-PHC1&period=2022-04&form=PHC", NULL, NULL, 200 },
    { "GET", "/api/v1/validation.csv", "?area=facility-PHC1&period=2022-04&form=PHC", NULL, NULL,
      200 },
    { "GET", "/api/v1/validation/{rule}", "?area=facility-PHC1&period=2022-04&form=PHC", NULL, NULL,
      200 },
    { "POST", "/api/v1/captcha", "", NULL, NULL, 201 },
    { "POST", "/api/v1/session", "", NULL,
      "{\"username\":\"nation\",\"password\":\"not that\",\"role\":\"national\","
      "\"captcha_id\":\"00000000000000000000000000000000\",\"captcha_answer\":\"123456\"}",
      401 },
    { "POST", "/api/v1/session/extend", "", NULL, NULL, 200 },
    { "DELETE", "/api/v1/session", "", NULL, NULL, 204 },
    { "DELETE", "/api/v1/sessions", "", NULL, NULL, 204 },
    { "POST", "/api/v1/account/password", "", NULL,
      "{\"old_password\":\"" PASSWORD "\",\"new_password\":\"1234567890\"}", 422 },
    { "PATCH", DRAFT "draft", "", NULL, "{\"version\":8,\"items\":{\"10.1\":5}}", 200 },
    { "DELETE", DRAFT "draft", "", NULL, NULL, 204 },
    { "POST", DRAFT "check", "", NULL, "{\"version\":8}", 200 },
    { "POST", DRAFT "submit", "", NULL, "{\"version\":8}", 200 },
    { "POST", "/api/v1/imports", "?format=long&dry_run=true", "text/csv",
      "facility_code,month,item,value\nPHC1,2022-04,10.1,5\n", 202 },
};

/* A GET without a row is asked for as it is, and answers 200. */
static struct example example_of(const struct route *route) {
    for (size_t i = 0; i < COUNT(examples); i++)
        if (strcmp(examples[i].method, route->method) == 0 &&
            strcmp(examples[i].path, route->path) == 0)
            return examples[i];
    if (strcmp(route->method, "GET") != 0)
        fail_msg("%s %s: say in examples[] how it is called and what it answers", route->method,
                 route->path);
    return (struct example){ .query = "", .status = 200 };
}

/* What {name} stands for: inside everybody's area; outside, in another state and in another
 * district; nowhere. NULL: nobody's area. */
enum where { INSIDE, OUTSIDE_FAR, OUTSIDE_NEAR, NOWHERE, WHERE__MAX };
static const struct {
    const char *name, *value[WHERE__MAX];
} parts[] = {
    { "area", { "5", "52", "7", "999999" } },
    { "facility", { "PHC1", "FAR1", "PHC3", "QQQ9" } },
    { "form", { "PHC" } },
    { "period", { "2022-04" } },
    { "rule", { "PHC-01" } },
    { "version", { "1" } },
    { "dictionary", { "HMIS-2017" } },
    { "job", { NULL } }, /* job_of */
    { "id", { NULL } },  /* captcha_of */
};

static const char *job_of(const struct person *person, enum where where) {
    if (where == INSIDE) return person && person->job ? person->job : "1";
    return where == NOWHERE ? "999999" : west->job;
}

static const char *captcha_of(const struct person *person, enum where where) {
    if (where == NOWHERE) return "00000000000000000000000000000001";
    return where != INSIDE ? captcha_of_stranger : person ? person->captcha : "0";
}

static const char *part_value(const struct person *person, const char *name, size_t length,
                              enum where where) {
    for (size_t i = 0; i < COUNT(parts); i++) {
        if (strlen(parts[i].name) != length || memcmp(parts[i].name, name, length) != 0) continue;
        if (strcmp(parts[i].name, "job") == 0) return job_of(person, where);
        if (strcmp(parts[i].name, "id") == 0) return captcha_of(person, where);
        return parts[i].value[where] ? parts[i].value[where] : parts[i].value[INSIDE];
    }
    fail_msg("say in parts[] what {%.*s} stands for", (int)length, name);
    return NULL;
}

static const char *path_of(const struct route *route, const struct person *person,
                           enum where where) {
    struct buffer path = { 0 };
    for (const char *at = route->path; *at;) {
        if (*at != '{') {
            buffer_add_char(&path, *at++);
            continue;
        }
        size_t length = strcspn(at + 1, "}");
        buffer_add_text(&path, part_value(person, at + 1, length, where));
        at += length + 2;
    }
    char *text = arena_strndup(arena, path.data, path.length);
    buffer_free(&path);
    return text;
}

/* Has it a {name} that may lie outside? */
static bool has_places(const struct route *route) {
    return strstr(route->path, "{area}") || strstr(route->path, "{facility}") ||
           strstr(route->path, "{job}") || strstr(route->path, "{id}");
}

static bool is_unsafe(const struct route *route) {
    return strcmp(route->method, "GET") != 0;
}

/* ---- Asking. --------------------------------------------------------------------------------- */
/* Forms are no figures: a browser may keep them, and asks whether they are still the same. */
static bool kept(const struct http_answer *answer, const char *what) {
    return answer->status == 200 && strstr(what, "/api/v1/dictionaries/") != NULL;
}

static void check_headers(const struct http_answer *answer, const char *what) {
    const struct {
        const char *name, *value;
    } wanted[] = {
        { "X-Content-Type-Options", "nosniff" },
        { "Referrer-Policy", "no-referrer" },
        { "Cross-Origin-Opener-Policy", "same-origin" },
        { "Cross-Origin-Resource-Policy", "same-origin" },
        { "Cache-Control", kept(answer, what) ? "private, no-cache" : "no-store" },
    };
    for (size_t i = 0; i < COUNT(wanted); i++) {
        const char *have = http_header(answer, wanted[i].name);
        if (!have || strcmp(have, wanted[i].value) != 0)
            fail_msg("%s: %s: %s", what, wanted[i].name, have ? have : "(absent)");
    }
    const char *policy = http_header(answer, "Content-Security-Policy");
    if (!policy || !strstr(policy, "default-src 'none'") || strstr(policy, "unsafe-"))
        fail_msg("%s: Content-Security-Policy: %s", what, policy ? policy : "(absent)");
    if (!http_header(answer, "Permissions-Policy")) fail_msg("%s: no Permissions-Policy", what);
    const char *id = http_header(answer, "X-Request-Id");
    if (!id || strlen(id) != 16) fail_msg("%s: X-Request-Id: %s", what, id ? id : "(absent)");
    if (http_header(answer, "Server") || http_header(answer, "Access-Control-Allow-Origin"))
        fail_msg("%s: says too much: %s", what, answer->head);
}

/* An error is a problem+json of known members, nothing else. */
static void check_problem(const struct http_answer *answer, const char *what) {
    static const char *const known[] = { "type",   "title",      "status",  "code",        "detail",
                                         "errors", "request_id", "current", "base_changed" };
    const char *type = http_header(answer, "Content-Type");
    if (!type || !text_starts(type, "application/problem+json"))
        fail_msg("%s: %d as %s", what, answer->status, type ? type : "nothing");
    json_t *json = http_json(answer), *member;
    const char *key;
    json_object_foreach(json, key, member) {
        size_t i = 0;
        while (i < COUNT(known) && strcmp(known[i], key) != 0)
            i++;
        if (i == COUNT(known)) fail_msg("%s: an error with \"%s\": %s", what, key, answer->body);
    }
    assert_int_equal(json_integer_value(json_object_get(json, "status")), answer->status);
    assert_non_null(json_object_get(json, "code"));
    json_decref(json);
}

static const char *code_of(const struct http_answer *answer) {
    json_t *json = http_json(answer);
    const char *code = arena_strdup(arena, json_string_value(json_object_get(json, "code")));
    json_decref(json);
    return code;
}

/* Every answer of the walk comes through here. */
static struct http_answer ask(struct http_client *browser, const char *method, const char *path,
                              const char *headers, const char *body) {
    const char *what = arena_printf(arena, "%s %s", method, path);
    http_client_headers(browser, headers);
    struct http_answer answer = http_request(browser, method, path, body);
    if (answer.status < 200 || answer.status >= 500)
        fail_msg("%s: %d: %s", what, answer.status, answer.body);
    check_headers(&answer, what);
    if (answer.status >= 400 && strcmp(method, "HEAD") != 0) check_problem(&answer, what);
    return answer;
}

/* Calls the route rightly, with more headers. */
static struct http_answer call(const struct route *route, struct http_client *browser,
                               const struct person *person, enum where where, const char *headers) {
    struct example e = example_of(route);
    const char *path = arena_printf(arena, "%s%s", path_of(route, person, where), e.query);
    const char *type = e.type ? arena_printf(arena, "Content-Type: %s\r\n", e.type) : "";
    return ask(browser, route->method, path,
               arena_printf(arena, "%s%s", headers, strstr(headers, "Content-Type") ? "" : type),
               e.body);
}

static void expect(const struct http_answer *answer, int status, const char *code,
                   const struct route *route, const char *who, const char *how) {
    bool same = answer->status == status && (!code || strcmp(code_of(answer), code) == 0);
    if (!same)
        fail_msg("%s %s as %s%s: %d instead of %d %s: %s", route->method, route->path, who, how,
                 answer->status, status, code ? code : "", answer->body);
}

/* ---- The state before each call. ------------------------------------------------------------- */
/* A draft of version 8 on the submitted report of PHC1; a challenge; and a session, which some
 * routes end. */
static void prepare(const struct route *route, struct person *person) {
    static int figure = 10;
    if (text_starts(route->path, DRAFT) && is_unsafe(route)) {
        test_sql(conninfo, "delete from report_draft where facility_id = 2;"
                           "delete from report_draft_gone where facility_id = 2;"
                           "update report set draft_version = 7 where facility_id = 2");
        json_decref(http_expect(
            filler->browser, "PATCH", "/api/v1/reports/PHC1/PHC/2022-04/draft",
            arena_printf(arena, "{\"version\":7,\"items\":{\"10.1\":%d}}", figure++), 200));
    }
    if (person && strstr(route->path, "{id}")) take_captcha(person->browser, person->captcha);
    if (person && !http_client_cookie(person->browser, SESSION_COOKIE)) sign_in(person);
}

static void forget_throttle(void) {
    test_sql(conninfo, "truncate sign_in_throttle");
}

/* Those that end the session of whoever calls them. */
static bool ends_session(const struct route *route) {
    return strcmp(route->method, "DELETE") == 0 && text_starts(route->path, "/api/v1/session");
}

typedef void visit_fn(const struct route *route);

static void visit(visit_fn *visitor) {
    size_t count;
    const struct route_table *tables = app_routes(&count);
    int visited = 0;
    for (size_t t = 0; t < count; t++)
        for (size_t i = 0; i < tables[t].count; i++, visited++)
            visitor(&tables[t].routes[i]);
    for (size_t i = 0; i < http_routes.count; i++, visited++)
        visitor(&http_routes.routes[i]);
    assert_true(visited > 30);
}

/* ---- Nobody. --------------------------------------------------------------------------------- */
static char *without_ids(const struct http_answer *answer) {
    json_error_t error;
    json_t *json = json_loadb(answer->body, answer->length, 0, &error);
    if (!json) return arena_strndup(arena, answer->body, answer->length);
    json_object_del(json, "request_id");
    json_object_del(json, "status_as_on");
    char *text = json_dumps(json, JSON_SORT_KEYS), *copy = arena_strdup(arena, text);
    free(text);
    json_decref(json);
    return copy;
}

static void refuse_nobody(const struct route *route) {
    static char *first;
    struct http_client *const both[] = { nobody, stranger };
    if (route->auth != AUTH_SESSION) return;
    for (size_t i = 0; i < COUNT(both); i++)
        for (enum where where = INSIDE; where < WHERE__MAX; where++) {
            struct http_answer answer = call(route, both[i], NULL, where, "");
            expect(&answer, 401, "session.none", route, "nobody", "");
            char *body = without_ids(&answer);
            if (!first) first = body;
            assert_string_equal(body, first); /* the same for every route and object */
            http_answer_free(&answer);
        }
}

static void nobody_is_told_nothing(void **state) {
    (void)state;
    visit(refuse_nobody);
}

/* ---- Each role. ------------------------------------------------------------------------------ */
/* The walk is to facilities and their forms: those are not entered by whoever acts for an area, who
 * is told what his headquarters' return has due. */
static bool may(const struct route *route, const struct person *person) {
    bool enters = route->permission == PERM_REPORT_ENTER || route->permission == PERM_REPORT_SUBMIT;
    bool names_report = strstr(route->path, "{facility}") != NULL;
    if (enters && names_report && person->facility_count == 0) return false;
    return route->auth == AUTH_NONE || role_permits(person->role, route->permission);
}

static int status_inside(const struct route *route, const struct person *person) {
    bool own_job = person->job || !strstr(route->path, "{job}");
    return own_job ? example_of(route).status : 404;
}

static void let_each_role(const struct route *route) {
    for (size_t i = 0; i < COUNT(people); i++) {
        struct person *person = &people[i];
        if (!person->walks) continue;
        prepare(route, person);
        struct http_answer answer = call(route, person->browser, person, INSIDE, "");
        bool allowed = may(route, person);
        expect(&answer, allowed ? status_inside(route, person) : 403,
               allowed ? NULL : "session.forbidden", route, person->name, "");
        http_answer_free(&answer);
        if (ends_session(route)) sign_in(person);
    }
}

static void each_role_may_what_the_matrix_says(void **state) {
    (void)state;
    visit(let_each_role);
}

static void let_nobody_in(const struct route *route) {
    struct person visitor = { .name = "a visitor", .browser = http_client_new(port) };
    if (route->auth == AUTH_NONE) {
        if (strstr(route->path, "{id}")) take_captcha(visitor.browser, visitor.captcha);
        struct http_answer answer = call(route, visitor.browser, &visitor, INSIDE, "");
        expect(&answer, example_of(route).status, NULL, route, visitor.name, "");
        http_answer_free(&answer);
    }
    http_client_free(visitor.browser);
}

static void anyone_may_what_is_for_anyone(void **state) {
    (void)state;
    visit(let_nobody_in);
}

/* ---- Requests that another page might have made. --------------------------------------------- */
static struct person *allowed_person(const struct route *route) {
    for (size_t i = 0; i < COUNT(people); i++)
        if (people[i].walks && may(route, &people[i])) return &people[i];
    fail_msg("%s %s: no role may", route->method, route->path);
    return NULL;
}

#define NO_FETCH "X-Not: Sec-Fetch-Site: none\r\n" /* keeps the client from saying same-origin */
static void refuse_foreign(const struct route *route) {
    static const struct {
        const char *how, *headers;
        bool needs_session;
    } cases[] = {
        { " without the token", "X-CSRF-Token:\r\n", true },
        { " with another's token", "X-CSRF-Token: 0123456789abcdef0123456789abcdef\r\n", true },
        { " from another site", "Sec-Fetch-Site: cross-site\r\n", false },
        { " from a neighbour site", "Sec-Fetch-Site: same-site\r\n", false },
        { " from another origin", NO_FETCH "Origin: http://evil.example\r\n", false },
        { " from origin null", NO_FETCH "Origin: null\r\n", false },
        { " from no origin", NO_FETCH, false },
    };
    if (!is_unsafe(route)) return;
    struct person *person = allowed_person(route);
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (cases[i].needs_session && route->auth == AUTH_NONE) continue;
        prepare(route, person);
        struct http_answer answer = call(route, person->browser, person, INSIDE, cases[i].headers);
        expect(&answer, 403, "session.csrf", route, person->name, cases[i].how);
        assert_null(http_header(&answer, "Set-Cookie"));
        http_answer_free(&answer);
    }
}

static void what_another_page_sends_is_refused(void **state) {
    (void)state;
    visit(refuse_foreign);
    /* and nobody was signed out by it */
    for (size_t i = 0; i < COUNT(people); i++)
        json_decref(http_expect(people[i].browser, "GET", "/api/v1/session", NULL, 200));
}

/* ---- Bodies of another type, bodies too large. ----------------------------------------------- */
static void refuse_media(const struct route *route) {
    static const char *const types[] = { "text/plain", "application/x-www-form-urlencoded",
                                         "multipart/form-data; boundary=x",
                                         "application/json; charset=utf-16",
                                         "text/csv; charset=latin1" };
    if (route->body == BODY_NONE) return;
    struct person *person = allowed_person(route);
    for (size_t i = 0; i < COUNT(types); i++) {
        prepare(route, person);
        struct http_answer answer = call(route, person->browser, person, INSIDE,
                                         arena_printf(arena, "Content-Type: %s\r\n", types[i]));
        expect(&answer, 415, "request.media_type", route, person->name, types[i]);
        http_answer_free(&answer);
    }
}

static void a_body_of_another_type_is_refused(void **state) {
    (void)state;
    visit(refuse_media);
}

/* By what the header says alone: the body is never sent. */
static void refuse_large(const struct route *route) {
    unsigned long long length = route->body == BODY_NONE ? 1 : route->body_max + 1ULL;
    const char *path = path_of(route, NULL, INSIDE);
    struct http_answer answer = http_exchange(
        port, arena_printf(arena,
                           "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nSec-Fetch-Site: same-origin\r\n"
                           "Content-Type: application/json\r\nContent-Length: %llu\r\n\r\n",
                           route->method, path, port, length));
    expect(&answer, 413, "request.too_large", route, "nobody", " with too large a body");
    check_headers(&answer, path);
    assert_string_equal(http_header(&answer, "Connection"), "close");
    http_answer_free(&answer);
}

static void a_body_too_large_is_refused(void **state) {
    (void)state;
    visit(refuse_large);
}

/* ---- Outside is as nowhere. ------------------------------------------------------------------ */
/* Status, headers and body but for what is new in each answer. */
static const char *essence(const struct http_answer *answer) {
    static const char *const own_lines[] = { "X-Request-Id:", "Date:", "ETag:",
                                             "HMIS-Status-As-On:", "Content-Disposition:" };
    struct buffer out = { 0 };
    for (const char *line = answer->head; *line; line += strcspn(line, "\n") + 1) {
        size_t i = 0;
        while (i < COUNT(own_lines) && strncasecmp(line, own_lines[i], strlen(own_lines[i])) != 0)
            i++;
        if (i == COUNT(own_lines)) buffer_add(&out, line, strcspn(line, "\n") + 1);
    }
    buffer_add_text(&out, without_ids(answer));
    char *text = arena_strndup(arena, out.data, out.length);
    buffer_free(&out);
    return text;
}

static void compare_places(const struct route *route, struct person *person, enum where outside) {
    const char *seen[2];
    const enum where places[] = { outside, NOWHERE };
    for (size_t i = 0; i < COUNT(places); i++) {
        prepare(route, person);
        struct http_answer answer = call(route, person->browser, person, places[i], "");
        expect(&answer, may(route, person) ? 404 : 403, NULL, route, person->name,
               i ? " nowhere" : " outside");
        seen[i] = essence(&answer);
        http_answer_free(&answer);
    }
    assert_string_equal(seen[0], seen[1]);
}

/* The national administrator sees everybody's imports; nobody sees another browser's captcha. */
static bool is_outside(const struct route *route, const struct person *person, enum where where) {
    if (strstr(route->path, "{job}")) return person->role != ROLE_NATIONAL;
    if (strstr(route->path, "{id}")) return true;
    return person->outside[where == OUTSIDE_FAR ? FAR : NEAR];
}

static void hide_what_is_outside(const struct route *route) {
    if (!has_places(route)) return;
    for (size_t i = 0; i < COUNT(people); i++)
        for (enum where where = OUTSIDE_FAR; where <= OUTSIDE_NEAR; where++)
            if (people[i].walks && is_outside(route, &people[i], where))
                compare_places(route, &people[i], where);
}

static void outside_is_as_nowhere(void **state) {
    (void)state;
    visit(hide_what_is_outside);
}

/* The same where the place is asked for in the query. */
static void outside_is_as_nowhere_in_queries(void **state) {
    (void)state;
    static const struct {
        const char *path, *name;
    } queries[] = {
        { "/api/v1/itemwise?from=2022-04&area=", "area" },
        { "/api/v1/itemwise.csv?from=2022-04&area=", "area" },
        { "/api/v1/extract.csv?period=2022-04&form=PHC&area=", "area" },
        { "/api/v1/extract.zip?from=2022-04&area=", "area" },
        { "/api/v1/template.xlsx?period=2022-04&form=PHC&area=", "area" },
        { "/api/v1/itemwise?from=2022-04&area=facility-", "facility" },
        { "/api/v1/itemwise.csv?from=2022-04&area=facility-", "facility" },
        { "/api/v1/extract.csv?period=2022-04&form=PHC&area=facility-", "facility" },
        { "/api/v1/extract.zip?from=2022-04&area=facility-", "facility" },
        { "/api/v1/template.xlsx?period=2022-04&form=PHC&area=facility-", "facility" },
        { "/api/v1/reporting?period=2022-04&area=", "area" },
        { "/api/v1/validation?period=2022-04&form=PHC&area=", "area" },
        { "/api/v1/validation.csv?period=2022-04&form=PHC&area=", "area" },
        { "/api/v1/facilities?area=", "area" },
        { "/api/v1/reports?area=", "area" },
        { "/api/v1/reports?facility=", "facility" },
    };
    for (size_t q = 0; q < COUNT(queries); q++)
        for (size_t i = 0; i < COUNT(people); i++)
            for (enum where where = OUTSIDE_FAR; where <= OUTSIDE_NEAR; where++) {
                struct person *person = &people[i];
                if (!person->walks || !person->outside[where == OUTSIDE_FAR ? FAR : NEAR]) continue;
                const char *seen[2];
                const enum where places[] = { where, NOWHERE };
                for (size_t n = 0; n < COUNT(places); n++) {
                    const char *value =
                        part_value(person, queries[q].name, strlen(queries[q].name), places[n]);
                    struct http_answer answer =
                        ask(person->browser, "GET",
                            arena_printf(arena, "%s%s", queries[q].path, value), "", NULL);
                    seen[n] = essence(&answer);
                    http_answer_free(&answer);
                }
                assert_string_equal(seen[0], seen[1]);
            }
}

/* What does lie there is seen by whom it belongs to: else the tests above would prove nothing. */
static void what_is_outside_exists(void **state) {
    (void)state;
    static const char *const paths[] = {
        "/api/v1/reports/FAR1/PHC/2022-04/versions/1",
        "/api/v1/reports/PHC3/PHC/2022-04/versions/1",
        "/api/v1/areas/52",
        "/api/v1/areas/7",
    };
    for (size_t i = 0; i < COUNT(paths); i++)
        json_decref(http_expect(people[5].browser, "GET", paths[i], NULL, 200));
    json_decref(http_expect(people[5].browser, "GET",
                            arena_printf(arena, "/api/v1/imports/%s", west->job), NULL, 200));
}

/* ---- Derived methods. ------------------------------------------------------------------------ */
static const char *const derived[] = { "GET", "POST", "PUT", "PATCH", "DELETE" };

static bool path_takes(const char *path, const char *method) {
    size_t count;
    const struct route_table *tables = app_routes(&count);
    for (size_t t = 0; t <= count; t++) {
        const struct route_table *table = t < count ? &tables[t] : &http_routes;
        for (size_t i = 0; i < table->count; i++)
            if (strcmp(table->routes[i].path, path) == 0 &&
                strcmp(table->routes[i].method, method) == 0)
                return true;
    }
    return false;
}

static void check_allow(const struct http_answer *answer, const struct route *route) {
    const char *allow = http_header(answer, "Allow");
    assert_non_null(allow);
    for (size_t i = 0; i < COUNT(derived); i++)
        if ((strstr(allow, derived[i]) != NULL) != path_takes(route->path, derived[i]))
            fail_msg("%s: Allow: %s", route->path, allow);
    assert_non_null(strstr(allow, "OPTIONS"));
    assert_int_equal(strstr(allow, "HEAD") != NULL, path_takes(route->path, "GET"));
}

static void ask_other_methods(const struct route *route) {
    const char *path = path_of(route, NULL, INSIDE);
    struct http_answer answer = ask(nobody, "OPTIONS", path, "", NULL);
    expect(&answer, 204, NULL, route, "nobody", " OPTIONS");
    check_allow(&answer, route);
    http_answer_free(&answer);
    for (size_t i = 0; i < COUNT(derived); i++) {
        if (path_takes(route->path, derived[i])) continue;
        answer = ask(nobody, derived[i], path, "", NULL);
        expect(&answer, 405, "request.method", route, "nobody", derived[i]);
        check_allow(&answer, route);
        http_answer_free(&answer);
    }
}

static void ask_head(const struct route *route) {
    struct person *person = allowed_person(route);
    if (is_unsafe(route)) return;
    if (person->job == NULL && strstr(route->path, "{job}")) person = &people[3];
    prepare(route, person);
    struct example e = example_of(route);
    const char *path = arena_printf(arena, "%s%s", path_of(route, person, INSIDE), e.query);
    struct http_answer head = ask(person->browser, "HEAD", path, "", NULL);
    struct http_answer get = ask(person->browser, "GET", path, "", NULL);
    assert_int_equal(head.status, get.status);
    assert_int_equal(head.length, 0);
    const char *type = http_header(&get, "Content-Type");
    type = arena_strdup(arena, type ? type : "");
    assert_string_equal(http_header(&head, "Content-Type"), type);
    http_answer_free(&head);
    http_answer_free(&get);
}

static void other_methods_are_derived(void **state) {
    (void)state;
    visit(ask_other_methods);
    visit(ask_head);
}

/* ---- The state. ------------------------------------------------------------------------------ */
static void submit_report(const char *facility) {
    const char *path = arena_printf(arena, "/api/v1/reports/%s/PHC/2022-04", facility);
    json_decref(http_expect(filler->browser, "PATCH", arena_printf(arena, "%s/draft", path),
                            "{\"version\":0,\"items\":{\"10.1\":3}}", 200));
    json_decref(http_expect(filler->browser, "POST", arena_printf(arena, "%s/submit", path),
                            "{\"version\":1,\"confirm\":[\"far_month\"]}", 200));
}

static void start_import(struct person *person, const char *facility) {
    http_client_headers(person->browser, "Content-Type: text/csv\r\n");
    json_t *job = http_expect(
        person->browser, "POST", "/api/v1/imports?format=long&dry_run=true",
        arena_printf(arena, "facility_code,month,item,value\n%s,2022-04,10.1,5\n", facility), 202);
    person->job =
        arena_printf(arena, "%lld", (long long)json_integer_value(json_object_get(job, "job")));
    json_decref(job);
}

static void fill_state(void) {
    submit_report("PHC1");
    submit_report("PHC3");
    submit_report("FAR1");
    start_import(&people[3], "PHC1");
    start_import(&people[4], "PHC1");
    start_import(&people[5], "PHC1");
    start_import(west, "PHC3");
    nobody = http_client_new(port);
    stranger = http_client_new(port);
    take_captcha(stranger, captcha_of_stranger);
    http_client_set_cookie(stranger, SESSION_COOKIE,
                           "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
}

static int set_up(void **state) {
    (void)state;
    size_t count;
    base_start();
    arena = arena_new();
    conninfo = test_database("walk");
    test_state_load(conninfo);
    test_sql(conninfo, far_sql);
    services.pool = test_pool(conninfo, 10);
    services.dictionaries = test_state_dictionaries(services.pool);
    services.rollup = rollup_start(services.pool, services.dictionaries);
    services.imports = import_queue_start(services.pool, services.dictionaries, services.rollup);
    struct http_settings http_settings = http_test_settings(app_routes(&count), 0);
    http_settings.table_count = count;
    http_settings.pool = services.pool;
    http_settings.app = &services;
    http_settings.authenticate = session_authenticate;
    http_settings.permit = role_permits;
    http = http_test_start(&http_settings);
    port = http_port(http);
    for (size_t i = 0; i < COUNT(people); i++) {
        make_account(&people[i]);
        sign_in(&people[i]);
    }
    fill_state();
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(people); i++)
        http_client_free(people[i].browser);
    http_client_free(nobody);
    http_client_free(stranger);
    http_stop(http, 5000);
    import_queue_stop(services.imports);
    rollup_stop(services.rollup);
    dictionary_store_free(services.dictionaries);
    db_pool_free(services.pool);
    arena_free(arena);
    test_database_drop(conninfo);
    return 0;
}

static int fresh(void **state) {
    (void)state;
    forget_throttle();
    return 0;
}

#define WALK(test) cmocka_unit_test_setup(test, fresh)

int main(void) {
    const struct CMUnitTest tests[] = {
        WALK(nobody_is_told_nothing),
        WALK(anyone_may_what_is_for_anyone),
        WALK(each_role_may_what_the_matrix_says),
        WALK(what_another_page_sends_is_refused),
        WALK(a_body_of_another_type_is_refused),
        WALK(a_body_too_large_is_refused),
        WALK(what_is_outside_exists),
        WALK(outside_is_as_nowhere),
        WALK(outside_is_as_nowhere_in_queries),
        WALK(other_methods_are_derived),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
