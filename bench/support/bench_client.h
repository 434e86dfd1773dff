/* bench_client: a keep-alive HTTP client of the benches, just enough: loopback, Content-Length, a
 * cookie jar, the CSRF token. A client belongs to one thread. What goes wrong ends the program. */
#ifndef BENCH_CLIENT_H
#define BENCH_CLIENT_H

#include "hmis/base.h"

#include <jansson.h>

struct bench_server {
    char host[64];
    int port;
};
struct bench_client {
    const struct bench_server *server;
    int fd;
    char cookies[512], csrf[128];
    struct buffer in;
    int status;
    char *body; /* NUL-terminated, until the next call */
};

void bench_die(const char *what, const char *detail) __attribute__((noreturn));
/* Sends a request and reads the whole answer; body NULL: none. */
void bench_call(struct bench_client *c, const char *method, const char *path, const char *body);
/* Sends a file as the body. */
void bench_send_file(struct bench_client *c, const char *path, const char *type, const char *file);
/* The answer's body; ends the program when the status is another. The caller json_decrefs it. */
json_t *bench_answer(struct bench_client *c, int status, const char *what);
/* Connects and signs in; the daemon must run in test mode, where a captcha tells its answer. */
void bench_sign_in(struct bench_client *c, const struct bench_server *server, const char *username,
                   const char *password, const char *role);

/* Sorts the values. */
double bench_quantile(double *values, int count, double q);
/* One line: name, figure, limit (negative: at least so much), ok or over. */
void bench_row(const char *name, double figure, double limit);

#endif
