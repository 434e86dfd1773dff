/* test_people: who asks in a test of HTTP. Each has a role, a scope and a client of their own, as
 * in a browser that is signed in; "nobody" is a client that is not. The tests of sessions
 * themselves (test_session.c) do without it. One server at a time; one thread. */
#ifndef TEST_PEOPLE_H
#define TEST_PEOPLE_H

#include <jansson.h>

#include "hmis/http.h"
#include "hmis/roles.h"
#include "http_client.h"

struct test_person {
    const char *name;
    enum role role;
    struct scope scope;
};

/* Starts the server with the rights of the roles; the list outlives it. */
struct http *test_people_start(struct http_settings *settings, const struct test_person *people,
                               size_t count);
void test_people_stop(struct http *http);

/* Fails the test when nobody is called so. */
struct http_client *as(const char *name);
/* http_expect() by that person; the caller json_decrefs the answer. */
json_t *ask(const char *who, const char *method, const char *path, const char *body, int status);
json_t *get(const char *who, const char *path, int status);
/* The same, without a look at the answer. */
void done(const char *who, const char *method, const char *path, const char *body, int status);

#endif
