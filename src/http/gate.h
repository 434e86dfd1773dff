/* gate: may this request pass? */
#ifndef HMIS_HTTP_GATE_H
#define HMIS_HTTP_GATE_H

#include "hmis/base.h"

struct request;

/* Authentication, the person the page belongs to, permission, CSRF, media type, in this order.
 * False: answered. */
MUST_USE bool gate_pass(struct request *r);
/* Did the browser say that our own page made this request? Any argument may be NULL. Pure. */
bool gate_same_origin(const char *fetch_site, const char *origin, const char *host, bool secure);

#endif
