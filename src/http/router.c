#include "router.h"

#include <stdlib.h>
#include <string.h>

#include "screen.h"

struct segment {
    const char *text; /* literal, or the name between the braces */
    size_t length;
    bool named;
};
/* One path with the methods it has. */
struct pattern {
    const char *path;
    struct segment segments[ROUTE_SEGMENTS_MAX];
    size_t segment_count;
    const struct router_route **routes;
    size_t route_count;
    char *allow;
};
struct router {
    struct router_route *routes;
    int route_count;
    struct pattern *patterns; /* by segment count, literals first */
    size_t pattern_count;
    size_t first[ROUTE_SEGMENTS_MAX + 2]; /* patterns of n segments: first[n] .. first[n + 1] - 1 */
};

/* ---- Checking rows. ---------------------------------------------------------------------------
 */
static bool path_split(const char *path, struct segment *segments, size_t *count) {
    *count = 0;
    if (*path != '/') return false;
    while (*path == '/') {
        const char *text = path + 1;
        size_t length = strcspn(text, "/");
        if (*count == ROUTE_SEGMENTS_MAX || length == 0) return false;
        bool named = text[0] == '{' && length > 2 && text[length - 1] == '}';
        segments[(*count)++] =
            (struct segment){ named ? text + 1 : text, named ? length - 2 : length, named };
        path = text + length;
    }
    return true;
}

static bool method_known(const char *method) {
    /* HEAD and OPTIONS are derived. */
    static const char *const known[] = { "GET", "POST", "PUT", "PATCH", "DELETE" };
    for (size_t i = 0; i < COUNT(known); i++)
        if (method && !strcmp(known[i], method)) return true;
    return false;
}

static bool enums_out_of_range(const struct route *row) {
    return row->auth > AUTH_SESSION || row->permission >= PERM__MAX || row->scope > RSCOPE_OWN ||
           row->lane >= LANE__MAX || row->rate >= RATE__MAX || row->body > BODY_SPOOL;
}

/* What is missing or contradictory in a row; NULL when nothing is. */
static const char *row_fault(const struct route *row) {
    struct segment segments[ROUTE_SEGMENTS_MAX];
    size_t count;
    const struct {
        bool wrong;
        const char *what;
    } faults[] = {
        { !method_known(row->method), "method is not one of GET, POST, PUT, PATCH, DELETE" },
        { !row->path || !path_split(row->path, segments, &count), "path is not /a/b/{name}" },
        { !row->handler, "handler is unset" },
        { enums_out_of_range(row), "an enum is out of range" },
        { row->auth == AUTH_UNSET, "auth is unset" },
        { row->permission == PERM_UNSET, "permission is unset" },
        { row->scope == RSCOPE_UNSET, "scope is unset" },
        { row->lane == LANE_UNSET, "lane is unset" },
        { row->rate == RATE_UNSET, "rate is unset" },
        { !row->doc || !*row->doc, "doc is missing" },
        { row->body != BODY_NONE && row->body_max == 0, "body without body_max" },
        { row->body == BODY_NONE && (row->body_max || row->media),
          "body_max or media without body" },
        { row->body == BODY_SPOOL && !row->media, "BODY_SPOOL without media" },
        { (row->permission == PERM_PUBLIC) != (row->auth == AUTH_NONE),
          "PERM_PUBLIC goes with AUTH_NONE and only with it" },
        { row->auth == AUTH_NONE && row->scope == RSCOPE_OWN, "RSCOPE_OWN without a session" },
        { row->auth == AUTH_NONE && row->activity, "activity without a session" },
        { row->lane == LANE_LOOP && (row->body != BODY_NONE || row->auth != AUTH_NONE),
          "LANE_LOOP must not wait: no body, no session" },
        { row->method && !strcmp(row->method, "GET") && row->body != BODY_NONE, "GET with a body" },
    };
    for (size_t i = 0; i < COUNT(faults); i++)
        if (faults[i].wrong) return faults[i].what;
    return NULL;
}

/* The same address but for the names in braces. */
static bool same_shape(const char *a, const char *b) {
    struct segment left[ROUTE_SEGMENTS_MAX], right[ROUTE_SEGMENTS_MAX];
    size_t left_count, right_count;
    if (!path_split(a, left, &left_count) || !path_split(b, right, &right_count) ||
        left_count != right_count)
        return false;
    for (size_t i = 0; i < left_count; i++) {
        if (left[i].named != right[i].named) return false;
        if (!left[i].named && (left[i].length != right[i].length ||
                               memcmp(left[i].text, right[i].text, left[i].length) != 0))
            return false;
    }
    return true;
}

static bool row_check(const struct route_table *tables, size_t table, size_t index,
                      struct problem *p) {
    const struct route *row = &tables[table].routes[index];
    const char *fault = row_fault(row);
    if (fault)
        return problem_set(p, ERR_INTERNAL, "route %s[%zu] %s %s: %s", tables[table].module, index,
                           row->method ? row->method : "?", row->path ? row->path : "?", fault);
    for (size_t t = 0; t <= table; t++) {
        size_t end = t == table ? index : tables[t].count;
        for (size_t i = 0; i < end; i++) {
            const struct route *other = &tables[t].routes[i];
            if (!same_shape(row->path, other->path)) continue;
            if (!strcmp(row->method, other->method))
                return problem_set(p, ERR_INTERNAL, "route %s[%zu] %s %s: stands twice",
                                   tables[table].module, index, row->method, row->path);
            if (strcmp(row->path, other->path) != 0)
                return problem_set(p, ERR_INTERNAL, "route %s[%zu] %s %s: {names} differ from %s",
                                   tables[table].module, index, row->method, row->path,
                                   other->path);
        }
    }
    return true;
}

bool http_check_routes(const struct route_table *tables, size_t count, struct problem *p) {
    for (size_t table = 0; table < count; table++)
        for (size_t i = 0; i < tables[table].count; i++)
            if (!row_check(tables, table, i, p)) return false;
    return true;
}

/* ---- Building. --------------------------------------------------------------------------------
 */
static int pattern_compare(const void *a, const void *b) {
    const struct pattern *left = a, *right = b;
    if (left->segment_count != right->segment_count)
        return left->segment_count < right->segment_count ? -1 : 1;
    for (size_t i = 0; i < left->segment_count; i++)
        if (left->segments[i].named != right->segments[i].named)
            return left->segments[i].named ? 1 : -1;
    return strcmp(left->path, right->path);
}

static struct pattern *pattern_for(struct router *router, const char *path) {
    for (size_t i = 0; i < router->pattern_count; i++)
        if (!strcmp(router->patterns[i].path, path)) return &router->patterns[i];
    struct pattern *pattern = &router->patterns[router->pattern_count++];
    pattern->path = path;
    ENSURE(path_split(path, pattern->segments, &pattern->segment_count), "routes were checked");
    return pattern;
}

static bool pattern_has(const struct pattern *pattern, const char *method) {
    for (size_t i = 0; i < pattern->route_count; i++)
        if (!strcmp(pattern->routes[i]->row.method, method)) return true;
    return false;
}

static void pattern_allow(struct pattern *pattern) {
    struct buffer allow = { 0 };
    for (const char *const *method = screen_methods; *method; method++) {
        bool derived = !strcmp(*method, "OPTIONS") ||
                       (!strcmp(*method, "HEAD") && pattern_has(pattern, "GET"));
        if (!derived && !pattern_has(pattern, *method)) continue;
        buffer_add_text(&allow, allow.length ? ", " : "");
        buffer_add_text(&allow, *method);
    }
    buffer_add_char(&allow, 0);
    pattern->allow = allow.data;
}

static void add_route(struct router *router, const struct route *row) {
    struct router_route *route = &router->routes[router->route_count];
    route->row = *row;
    route->index = router->route_count++;
    struct pattern *pattern = pattern_for(router, row->path);
    pattern->routes = xrealloc(pattern->routes, (pattern->route_count + 1) * sizeof(void *));
    pattern->routes[pattern->route_count++] = route;
}

struct router *router_new(const struct route_table *tables, size_t count) {
    struct router *router = xcalloc(1, sizeof(*router));
    size_t rows = 0;
    for (size_t t = 0; t < count; t++)
        rows += tables[t].count;
    router->routes = xcalloc(rows + 1, sizeof(*router->routes));
    router->patterns = xcalloc(rows + 1, sizeof(*router->patterns));
    for (size_t t = 0; t < count; t++)
        for (size_t i = 0; i < tables[t].count; i++)
            add_route(router, &tables[t].routes[i]);
    qsort(router->patterns, router->pattern_count, sizeof(*router->patterns), pattern_compare);
    for (size_t i = 0, n = 0; n < COUNT(router->first); n++) {
        while (i < router->pattern_count && router->patterns[i].segment_count < n)
            i++;
        router->first[n] = i;
    }
    for (size_t i = 0; i < router->pattern_count; i++)
        pattern_allow(&router->patterns[i]);
    return router;
}

void router_free(struct router *router) {
    if (!router) return;
    for (size_t i = 0; i < router->pattern_count; i++) {
        free(router->patterns[i].routes);
        free(router->patterns[i].allow);
    }
    free(router->patterns);
    free(router->routes);
    free(router);
}

int router_count(const struct router *router) {
    return router->route_count;
}

const struct router_route *router_at(const struct router *router, int index) {
    return &router->routes[index];
}

/* ---- Matching. --------------------------------------------------------------------------------
 */
static bool is_dots(const char *text) {
    return !strcmp(text, ".") || !strcmp(text, "..");
}

/* Decoded segments; 0 for a path no pattern can match. */
static size_t decode_segments(struct arena *arena, const char *path, char **decoded) {
    size_t count = 0;
    while (*path == '/') {
        const char *text = path + 1;
        size_t length = strcspn(text, "/");
        if (count == ROUTE_SEGMENTS_MAX || length == 0) return 0;
        decoded[count] = percent_decode(arena, text, length, false);
        if (!decoded[count] || is_dots(decoded[count])) return 0;
        count++;
        path = text + length;
    }
    return count;
}

static bool pattern_fits(const struct pattern *pattern, char *const *decoded) {
    for (size_t i = 0; i < pattern->segment_count; i++) {
        const struct segment *segment = &pattern->segments[i];
        if (segment->named) continue;
        if (!decoded[i] || strlen(decoded[i]) != segment->length ||
            memcmp(decoded[i], segment->text, segment->length) != 0)
            return false;
    }
    return true;
}

static void fill_parts(const struct pattern *pattern, struct arena *arena, char *const *decoded,
                       struct router_match *match) {
    match->parts = arena_array(arena, pattern->segment_count, sizeof(*match->parts));
    for (size_t i = 0; i < pattern->segment_count; i++) {
        const struct segment *segment = &pattern->segments[i];
        if (segment->named)
            match->parts[match->part_count++] =
                (struct text_pair){ arena_strndup(arena, segment->text, segment->length),
                                    decoded[i] };
    }
}

void router_find(const struct router *router, struct arena *arena, const char *method,
                 const char *path, struct router_match *match) {
    char *decoded[ROUTE_SEGMENTS_MAX] = { NULL };
    *match = (struct router_match){ 0 };
    size_t count = decode_segments(arena, path, decoded);
    if (count == 0) return;
    const char *wanted = !strcmp(method, "HEAD") ? "GET" : method;
    for (size_t i = router->first[count]; i < router->first[count + 1]; i++) {
        const struct pattern *pattern = &router->patterns[i];
        if (!pattern_fits(pattern, decoded)) continue;
        match->found = true;
        match->allow = pattern->allow;
        for (size_t k = 0; k < pattern->route_count; k++)
            if (!strcmp(pattern->routes[k]->row.method, wanted)) match->route = pattern->routes[k];
        fill_parts(pattern, arena, decoded, match);
        return;
    }
}
