/* http_client: a small HTTP client of the tests, over a raw socket: sends any bytes, reads one
 * answer at a time. On top of it a client with a cookie jar and CSRF token, as a browser has.
 * Everything fails the running test when the network does; reads give up after 10 seconds. */
#ifndef HTTP_CLIENT_H
#define HTTP_CLIENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct http_answer {
    int status; /* 0: the connection was closed without an answer */
    char *head; /* status line and headers */
    char *body; /* NUL after its end */
    size_t length;
};

/* ---- Raw. ---- */
int http_connect(int port);
void http_send(int fd, const char *bytes, size_t length);
void http_send_text(int fd, const char *text);
/* Reads one answer; status 0 when the connection ended first. `head`: the request was HEAD. */
struct http_answer http_read(int fd, bool head);
/* Is the connection closed by the server, with nothing more on it? Waits 5 seconds at most. */
bool http_is_closed(int fd);
void http_answer_free(struct http_answer *answer);
/* Value of a header, in a buffer of its own that the next call overwrites; NULL if absent. */
const char *http_header(const struct http_answer *answer, const char *name);
/* The body as JSON; the caller json_decrefs it. */
json_t *http_json(const struct http_answer *answer);
/* Opens, sends, reads one answer, closes. */
struct http_answer http_exchange(int port, const char *bytes);

/* ---- As a browser. ---- */
struct http_client;
struct http_client *http_client_new(int port);
void http_client_free(struct http_client *client);
/* Sent as X-CSRF-Token from now on; NULL: none. */
void http_client_csrf(struct http_client *client, const char *token);
/* Its value in the jar, or NULL. */
const char *http_client_cookie(const struct http_client *client, const char *name);
void http_client_set_cookie(struct http_client *client, const char *name, const char *value);
/* Sent with the next request only: whole lines, "Name: value\r\n". */
void http_client_headers(struct http_client *client, const char *lines);
/* body NULL: none. It is sent as application/json unless http_client_headers names a type. The
 * connection is kept between calls. */
struct http_answer http_request(struct http_client *client, const char *method, const char *path,
                                const char *body);
/* The same, and fails the test when the status is another; frees the answer. Returns the body as
 * JSON (NULL when it is none), which the caller json_decrefs. */
json_t *http_expect(struct http_client *client, const char *method, const char *path,
                    const char *body, int status);

#endif
