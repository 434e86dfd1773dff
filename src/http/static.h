/* static: the web application's files. Answered in the epoll thread from responses made once at
 * start, one a packed form. */
#ifndef HMIS_HTTP_STATIC_H
#define HMIS_HTTP_STATIC_H

#include "hmis/base.h"

struct static_files;
struct http;
struct request;

/* After the settings and TLS of http are known. */
struct static_files *static_new(const struct http *http);
void static_free(struct static_files *files);
/* Answers the path: a file, the application's page, 405 or 404. */
void static_answer(struct request *r);

#endif
