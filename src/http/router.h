/* router: from method and path to a row. Built once; matching allocates only in the request's
 * arena. Patterns match whole, segment by segment; nothing is normalised ("//", "." and ".." match
 * nothing). A literal segment goes before a {name}. */
#ifndef HMIS_HTTP_ROUTER_H
#define HMIS_HTTP_ROUTER_H

#include "hmis/http.h"
#include "parse.h"

enum { ROUTE_SEGMENTS_MAX = 16 };

struct router_route {
    struct route row;
    int index; /* 0 .. router_count - 1 */
};
struct router;

/* The tables must have passed http_check_routes. */
struct router *router_new(const struct route_table *tables, size_t count);
void router_free(struct router *router);
int router_count(const struct router *router);
const struct router_route *router_at(const struct router *router, int index);

struct router_match {
    bool found;                       /* some method of this path exists */
    const struct router_route *route; /* NULL: not with this method */
    const char *allow;                /* "GET, HEAD, OPTIONS", of this path */
    struct text_pair *parts;          /* decoded {name} segments */
    size_t part_count;
};
/* path: raw, without query, clean (uri_is_clean). */
void router_find(const struct router *router, struct arena *arena, const char *method,
                 const char *path, struct router_match *match);

#endif
