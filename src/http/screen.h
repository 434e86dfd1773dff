/* screen: what a request must look like before anything else reads it. libmicrohttpd 0.9.75 takes
 * framing that proxies and servers understand differently (two Content-Length, Content-Length with
 * Transfer-Encoding, a blank before the colon); each of these is one 4xx here and the connection is
 * closed. A pure function over a small struct: tested by table and by fuzzing. */
#ifndef HMIS_HTTP_SCREEN_H
#define HMIS_HTTP_SCREEN_H

#include "hmis/problem.h"

struct screen_header {
    const char *name, *value; /* NUL-terminated */
    size_t name_length, value_length;
};
struct screen_input {
    const char *method, *uri, *version; /* as received */
    const struct screen_header *headers;
    size_t header_count;
    const char *const *hosts; /* names Host may have, NULL-ended; NULL or empty: any */
};
struct screen_result {
    const char *host;       /* value of Host */
    int64_t content_length; /* 0: no body; -1: chunked */
};

/* False with the problem (a 4xx) when the request must not be believed. */
MUST_USE bool screen_check(const struct screen_input *in, struct screen_result *out,
                           struct problem *p);
/* The methods any route may have; NULL-ended. */
extern const char *const screen_methods[];

#endif
