/* Finding a route: any path, clean or not. */
#include <stdlib.h>
#include <string.h>

#include "../../src/http/router.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void handler(struct request *r) {
    (void)r;
}
#define ROW(verb, address)                                                                         \
    { .method = verb, .path = address, .handler = handler }
static const struct route rows[] = {
    ROW("GET", "/api/v1/reports/{facility}/{form}/{period}"),
    ROW("PATCH", "/api/v1/reports/{facility}/{form}/{period}/draft"),
    ROW("GET", "/api/v1/reports"),
    ROW("GET", "/api/v1/areas/{area}"),
    ROW("GET", "/api/v1/areas/all"),
    ROW("GET", "/{a}/{b}/{c}"),
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct router *router;
    const struct route_table table = { "fuzz", rows, COUNT(rows) };
    struct router_match match;
    if (!router) router = router_new(&table, 1);
    struct arena *arena = arena_new();
    const char *path = arena_strndup(arena, size ? (const char *)data : "", size);
    router_find(router, arena, size % 2 ? "GET" : "PATCH", path, &match);
    ENSURE(!match.route || match.found, "a route is found");
    for (size_t i = 0; i < match.part_count; i++) {
        const char *value = match.parts[i].value;
        ENSURE(*value && text_is_utf8(value, strlen(value)), "parts are text");
        ENSURE(strcmp(value, "..") && strcmp(value, "."), "parts lead nowhere else");
    }
    arena_free(arena);
    return 0;
}
