/* http_server: starts the HTTP floor in this process, on a free port of 127.0.0.1, with the route
 * tables of a test. */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include "hmis/http.h"

/* Few threads, generous rate limits, no database; the test changes what it wants. */
struct http_settings http_test_settings(const struct route_table *tables, size_t count);
/* Fails the test with the problem's text when it does not start. */
struct http *http_test_start(const struct http_settings *settings);

#endif
