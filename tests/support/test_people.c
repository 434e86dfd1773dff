#include "test_people.h"

#include "hmis/base.h"
#include "http_server.h"
#include "test.h"

enum { PEOPLE_MAX = 16 };

static const struct test_person *list;
static size_t listed;
static struct http_client *clients[PEOPLE_MAX], *nobody;

/* What a session would tell of the person whom the test's own cookie names. */
static bool authenticate(struct request *r, bool activity, struct actor *actor, struct problem *p) {
    (void)activity;
    for (size_t i = 0; i < listed; i++)
        if (text_equal(req_cookie(r, "test"), list[i].name)) {
            actor->role = list[i].role;
            actor->scope = list[i].scope;
            actor->user_id = list[i].scope.user_id;
            actor->csrf_token = "token";
            return true;
        }
    return problem_set(p, ERR_NOT_SIGNED_IN, NULL);
}

struct http *test_people_start(struct http_settings *settings, const struct test_person *people,
                               size_t count) {
    assert_in_range(count, 1, PEOPLE_MAX);
    list = people;
    listed = count;
    settings->authenticate = authenticate;
    settings->permit = role_permits;
    struct http *http = http_test_start(settings);
    nobody = http_client_new(http_port(http));
    for (size_t i = 0; i < count; i++) {
        clients[i] = http_client_new(http_port(http));
        http_client_set_cookie(clients[i], "test", people[i].name);
        http_client_csrf(clients[i], "token");
    }
    return http;
}

void test_people_stop(struct http *http) {
    for (size_t i = 0; i < listed; i++)
        http_client_free(clients[i]);
    http_client_free(nobody);
    http_stop(http, 2000);
}

struct http_client *as(const char *name) {
    if (text_equal(name, "nobody")) return nobody;
    for (size_t i = 0; i < listed; i++)
        if (text_equal(list[i].name, name)) return clients[i];
    fail_msg("nobody is called %s", name);
    return NULL;
}

json_t *ask(const char *who, const char *method, const char *path, const char *body, int status) {
    return http_expect(as(who), method, path, body, status);
}

json_t *get(const char *who, const char *path, int status) {
    return ask(who, "GET", path, NULL, status);
}

void done(const char *who, const char *method, const char *path, const char *body, int status) {
    json_decref(ask(who, method, path, body, status));
}
