/* conn: every open connection with the moment by which it must have got on. libmicrohttpd only
 * knows inactivity: one byte a second outlives it for ever. One watching thread looks at all of
 * them twenty times a second and shuts down what is late; it is told of a closing connection before
 * its descriptor is closed, so that it never touches a stranger's.
 *
 * After an early refusal the client may still be sending; closing at once would reset the
 * connection and lose the answer. conn_closed keeps such a socket open (a duplicate) for a moment,
 * reading and throwing away. */
#ifndef HMIS_HTTP_CONN_H
#define HMIS_HTTP_CONN_H

#include <netinet/in.h>
#include <stdatomic.h>

#include "hmis/base.h"

struct tls;

/* Who may answer is decided by moving the phase: the watcher cuts by WAIT/HEAD/BODY → CUT. */
enum conn_phase {
    CONN_WAIT, /* between requests, or nothing come yet */
    CONN_HEAD, /* request line seen */
    CONN_BODY, /* headers seen */
    CONN_BUSY, /* the request is complete; being worked on or answered */
    CONN_CUT,
};
struct conn {
    struct conn *next, *previous;
    struct conn_table *table;
    int fd;
    struct tls *tls; /* NULL: plain */
    bool linger;
    atomic_bool used; /* a request has come over it */
    _Atomic int phase;
    _Atomic int64_t deadline_us; /* 0: none */
    struct sockaddr_storage peer;
};
struct conn_limits {
    int header_ms, body_ms, idle_ms;
};
struct conn_table;

struct conn_table *conn_table_new(const struct conn_limits *limits);
void conn_table_free(struct conn_table *table); /* ends the watcher */
int conn_table_count(const struct conn_table *table);
const struct conn_limits *conn_table_limits(const struct conn_table *table);
/* Stopping: connections that wait for a next request are closed after a short grace. */
void conn_table_drain(struct conn_table *table);
/* Answers 503 to what the kernel accepted and we did not, then closes the listening socket. */
void conn_table_refuse_rest(struct conn_table *table, int listen_fd);

struct conn *conn_opened(struct conn_table *table, int fd, struct tls *tls,
                         const struct sockaddr *peer);
void conn_closed(struct conn *conn);
/* False: the watcher has cut it; do nothing more with it. */
MUST_USE bool conn_move(struct conn *conn, enum conn_phase phase, int64_t deadline_us);

#endif
