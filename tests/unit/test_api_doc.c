/* docs/api.md has a heading "### METHOD /path" for every route, and for nothing else;
 * docs/errors.md a row for every error. */
#include <stdio.h>
#include <stdlib.h>

#include "hmis/base.h"
#include "hmis/problem.h"
#include "hmis/roles.h"
#include "test.h"

#include "../../src/app/app.h"

enum { LINES_MAX = 2000, LINE_BYTES = 400 };

struct page {
    char lines[LINES_MAX][LINE_BYTES];
    int count;
};

static void read_page(struct page *page, const char *path) {
    FILE *in = fopen(path, "r");
    if (!in) fail_msg("%s cannot be read", path);
    page->count = 0;
    while (page->count < LINES_MAX && fgets(page->lines[page->count], LINE_BYTES, in)) {
        char *line = page->lines[page->count++];
        line[strcspn(line, "\n")] = '\0';
    }
    assert_true(page->count < LINES_MAX && feof(in));
    fclose(in);
}

static int times(const struct page *page, const char *line) {
    int found = 0;
    for (int i = 0; i < page->count; i++)
        found += strcmp(page->lines[i], line) == 0;
    return found;
}

/* Route by route, those of the http floor too. False after the last. */
static bool route_at(size_t index, const struct route **route) {
    size_t count;
    const struct route_table *tables = app_routes(&count);
    for (size_t t = 0; t <= count; t++) {
        const struct route_table *table = t < count ? &tables[t] : &http_routes;
        if (index < table->count) return *route = &table->routes[index], true;
        index -= table->count;
    }
    return false;
}

static bool is_route(const char *text) {
    const struct route *route;
    char line[LINE_BYTES];
    for (size_t i = 0; route_at(i, &route); i++) {
        snprintf(line, sizeof line, "%s %s", route->method, route->path);
        if (strcmp(line, text) == 0) return true;
    }
    return false;
}

static struct page api, errors;

static void every_route_has_its_heading(void **state) {
    (void)state;
    const struct route *route;
    char line[LINE_BYTES];
    size_t count = 0;
    for (; route_at(count, &route); count++) {
        snprintf(line, sizeof line, "### %s %s", route->method, route->path);
        if (times(&api, line) != 1) fail_msg("docs/api.md should hold once: %s", line);
    }
    assert_true(count > 30);
}

static void every_heading_is_a_route(void **state) {
    (void)state;
    for (int i = 0; i < api.count; i++)
        if (text_starts(api.lines[i], "### ") && !is_route(api.lines[i] + 4))
            fail_msg("docs/api.md, line %d: there is no route \"%s\"", i + 1, api.lines[i] + 4);
}

/* Under its heading a route says who may call it: the word that `hmis routes` has for it. */
static void every_section_says_who_may(void **state) {
    (void)state;
    const struct route *route;
    char heading[LINE_BYTES], word[100];
    for (size_t i = 0; route_at(i, &route); i++) {
        const char *permission = permission_name(route->permission);
        snprintf(heading, sizeof heading, "### %s %s", route->method, route->path);
        if (permission)
            snprintf(word, sizeof word, "`%s`.", permission);
        else
            snprintf(word, sizeof word, "Signed in.");
        for (int l = 0; l + 1 < api.count; l++)
            if (strcmp(api.lines[l], heading) == 0 && route->auth == AUTH_SESSION &&
                !text_starts(api.lines[l + 1], word))
                fail_msg("docs/api.md, line %d should begin with %s", l + 2, word);
    }
}

static void error_row(char line[LINE_BYTES], enum error_code code) {
    snprintf(line, LINE_BYTES, "| `%s` | %d | %s |", error_code_name(code), error_status(code),
             error_text(code));
}

static void every_error_has_its_row(void **state) {
    (void)state;
    char line[LINE_BYTES];
    bool complete = true;
    for (enum error_code code = ERR_NONE + 1; code < ERR__MAX; code++) {
        error_row(line, code);
        if (times(&errors, line) == 1) continue;
        fprintf(stderr, "docs/errors.md should hold once: %s\n", line);
        complete = false;
    }
    assert_true(complete);
}

static void every_row_is_an_error(void **state) {
    (void)state;
    char line[LINE_BYTES];
    for (int i = 0; i < errors.count; i++) {
        bool known = !text_starts(errors.lines[i], "| `");
        for (enum error_code code = ERR_NONE + 1; !known && code < ERR__MAX; code++) {
            error_row(line, code);
            known = strcmp(errors.lines[i], line) == 0;
        }
        if (!known) fail_msg("docs/errors.md, line %d: no such error", i + 1);
    }
}

int main(void) {
    base_start();
    read_page(&api, HMIS_SOURCE_DIR "/docs/api.md");
    read_page(&errors, HMIS_SOURCE_DIR "/docs/errors.md");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_route_has_its_heading), cmocka_unit_test(every_heading_is_a_route),
        cmocka_unit_test(every_section_says_who_may),  cmocka_unit_test(every_error_has_its_row),
        cmocka_unit_test(every_row_is_an_error),
    };
    return cmocka_run_group_tests_name("api_doc", tests, NULL, NULL);
}
