/* Rows that say too little are refused by name; matching. */
#include <stdio.h>

#include "../../src/http/router.h"
#include "test.h"

static void handler(struct request *r) {
    (void)r;
}

static const struct route whole = {
    .method = "POST",
    .path = "/api/a/{b}",
    .handler = handler,
    .auth = AUTH_SESSION,
    .permission = PERM_SIGNED_IN,
    .scope = RSCOPE_OWN,
    .lane = LANE_INTERACTIVE,
    .rate = RATE_WRITE,
    .body = BODY_JSON,
    .body_max = 10,
    .doc = "whole",
};

static void expect_fault(struct route row, const char *what) {
    struct problem p = { 0 };
    const struct route_table table = { "subject", &row, 1 };
    if (http_check_routes(&table, 1, &p)) fail_msg("taken: %s", what);
    if (!strstr(p.detail, what) || !strstr(p.detail, "subject[0]"))
        fail_msg("\"%s\" is not in \"%s\"", what, p.detail);
}

#define FAULT(what, ...)                                                                           \
    do {                                                                                           \
        struct route row = whole;                                                                  \
        row.__VA_ARGS__;                                                                           \
        expect_fault(row, what);                                                                   \
    } while (0)

static void faults(void **state) {
    (void)state;
    struct problem p = { 0 };
    const struct route_table table = { "subject", &whole, 1 };
    assert_true(http_check_routes(&table, 1, &p));
    FAULT("method", method = NULL);
    FAULT("method", method = "HEAD");
    FAULT("method", method = "post");
    FAULT("path", path = NULL);
    FAULT("path", path = "api");
    FAULT("path", path = "/a//b");
    FAULT("path", path = "/a/");
    FAULT("handler", handler = NULL);
    FAULT("auth is unset", auth = AUTH_UNSET);
    FAULT("permission is unset", permission = PERM_UNSET);
    FAULT("scope is unset", scope = RSCOPE_UNSET);
    FAULT("lane is unset", lane = LANE_UNSET);
    FAULT("rate is unset", rate = RATE_UNSET);
    FAULT("doc", doc = NULL);
    FAULT("doc", doc = "");
    FAULT("body_max", body_max = 0);
    FAULT("without body", body = BODY_NONE);
    FAULT("media", body = BODY_SPOOL);
    FAULT("PERM_PUBLIC", permission = PERM_PUBLIC);
    FAULT("PERM_PUBLIC", auth = AUTH_NONE);
    FAULT("LANE_LOOP", lane = LANE_LOOP);
    FAULT("GET with a body", method = "GET");
    FAULT("out of range", lane = LANE__MAX);
    struct route open = whole;
    open.auth = AUTH_NONE;
    open.permission = PERM_PUBLIC;
    expect_fault(open, "RSCOPE_OWN without a session");
    open.scope = RSCOPE_NONE;
    open.activity = true;
    expect_fault(open, "activity without a session");
}

static void duplicates(void **state) {
    (void)state;
    struct problem p = { 0 };
    struct route one[2] = { whole, whole }, two[1] = { whole };
    one[0].path = "/api/other";
    const struct route_table tables[] = { { "one", one, 2 }, { "two", two, 1 } };
    assert_true(http_check_routes(tables, 1, &p));
    assert_false(http_check_routes(tables, 2, &p));
    assert_non_null(strstr(p.detail, "two[0] POST /api/a/{b}: stands twice"));
    two[0].path = "/api/a/{c}";
    assert_false(http_check_routes(tables, 2, &p));
    two[0].method = "PUT"; /* one address has one set of names */
    assert_false(http_check_routes(tables, 2, &p));
    assert_non_null(strstr(p.detail, "differ"));
    two[0].path = "/api/a/{b}";
    assert_true(http_check_routes(tables, 2, &p));
}

static void matching(void **state) {
    (void)state;
#define ROW(verb, address)                                                                         \
    { .method = verb, .path = address, .handler = handler }
    static const struct route rows[] = {
        ROW("GET", "/a/{x}"),       ROW("GET", "/a/b"),       ROW("DELETE", "/a/b"),
        ROW("PUT", "/a/{x}/c/{y}"), ROW("GET", "/{w}/b/c/d"), ROW("GET", "/a/{x}/c/d"),
    };
    static const struct {
        const char *method, *path, *pattern, *parts;
    } cases[] = {
        { "GET", "/a/b", "/a/b", "" },
        { "HEAD", "/a/b", "/a/b", "" },
        { "GET", "/a/x%2Fy", "/a/{x}", "x=x/y;" },
        { "GET", "/%61/%62", "/a/b", "" },
        { "PUT", "/a/1/c/2", "/a/{x}/c/{y}", "x=1;y=2;" },
        { "GET", "/a/1/c/d", "/a/{x}/c/d", "x=1;" },
        { "GET", "/z/b/c/d", "/{w}/b/c/d", "w=z;" },
        { "POST", "/a/b", NULL, "" },
        { "GET", "/a", NULL, "" },
        { "GET", "/a/", NULL, "" },
        { "GET", "/a/..", NULL, "" },
        { "GET", "/a/b/", NULL, "" },
        { "GET", "//a/b", NULL, "" },
        { "GET", "/A/b", NULL, "" },
        { "GET", "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18", NULL, "" },
    };
    const struct route_table table = { "test", rows, COUNT(rows) };
    struct router *router = router_new(&table, 1);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena *arena = arena_new();
        struct router_match match;
        char parts[100] = "";
        router_find(router, arena, cases[i].method, cases[i].path, &match);
        const char *pattern = match.route ? match.route->row.path : NULL;
        if (!pattern != !cases[i].pattern || (pattern && strcmp(pattern, cases[i].pattern) != 0))
            fail_msg("%s matched %s", cases[i].path, pattern ? pattern : "nothing");
        for (size_t k = 0; match.route && k < match.part_count; k++)
            snprintf(parts + strlen(parts), sizeof(parts) - strlen(parts), "%s=%s;",
                     match.parts[k].name, match.parts[k].value);
        assert_string_equal(parts, cases[i].parts);
        arena_free(arena);
    }
    router_free(router);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults),
        cmocka_unit_test(duplicates),
        cmocka_unit_test(matching),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
