#include "conn.h"

#include <errno.h>
#include <linux/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "hmis/clock.h"

enum { TICK_MS = 50, LINGER_MAX = 64, LINGER_US = 2000000, DRAIN_GRACE_US = 500000 };

struct lingering {
    int fd;
    int64_t until_us;
};
struct conn_table {
    struct conn_limits limits;
    pthread_t watcher;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    struct conn *first;
    atomic_int count;
    bool ending;
    int64_t draining_us; /* since when; 0: not */
    struct lingering lingering[LINGER_MAX];
    int lingering_count;
};

static const char late_answer[] =
    "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nCache-Control: no-store\r\n"
    "X-Content-Type-Options: nosniff\r\nContent-Type: application/problem+json; charset=utf-8\r\n"
    "Content-Length: 96\r\n\r\n"
    "{\"title\":\"The request did not arrive in "
    "time\",\"status\":408,\"code\":\"request.timeout\",\"detail\":\"\"}";
static const char stopping_answer[] =
    "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nCache-Control: no-store\r\n"
    "X-Content-Type-Options: nosniff\r\nRetry-After: 5\r\n"
    "Content-Type: application/problem+json; charset=utf-8\r\nContent-Length: 84\r\n\r\n"
    "{\"title\":\"The server is "
    "stopping\",\"status\":503,\"code\":\"server.stopping\",\"detail\":\"\"}";

/* ---- Lingering sockets (mutex held). ----------------------------------------------------------
 */
static void linger_add(struct conn_table *table, int fd) {
    if (table->lingering_count == LINGER_MAX) {
        close(fd);
        return;
    }
    shutdown(fd, SHUT_WR);
    table->lingering[table->lingering_count++] =
        (struct lingering){ fd, clock_monotonic_us() + LINGER_US };
}

static bool linger_over(const struct lingering *one, int64_t now_us) {
    char waste[16384];
    ssize_t got = -1;
    /* Bounded, so that a fast sender cannot hold the watcher. */
    for (int i = 0; i < 64 && (got = recv(one->fd, waste, sizeof(waste), MSG_DONTWAIT)) > 0; i++)
        continue;
    return got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR) || now_us > one->until_us;
}

static void linger_turn(struct conn_table *table, int64_t now_us) {
    for (int i = 0; i < table->lingering_count;) {
        if (!linger_over(&table->lingering[i], now_us)) {
            i++;
            continue;
        }
        close(table->lingering[i].fd);
        table->lingering[i] = table->lingering[--table->lingering_count];
    }
}

/* ---- Deadlines (mutex held: no descriptor of the list can be closed meanwhile). ---------------
 */
static bool has_sent_something(const struct conn *conn) {
    struct tcp_info info;
    socklen_t length = sizeof(info);
    return !getsockopt(conn->fd, IPPROTO_TCP, TCP_INFO, &info, &length) &&
           info.tcpi_bytes_received > 0;
}

static bool cut(struct conn *conn, int phase) {
    return atomic_compare_exchange_strong(&conn->phase, &phase, CONN_CUT);
}

static void cut_late(struct conn *conn) {
    int phase = atomic_load(&conn->phase);
    if (phase == CONN_CUT) return;
    if (phase == CONN_BUSY) { /* a client that does not take its answer */
        shutdown(conn->fd, SHUT_RDWR);
        return;
    }
    if (!cut(conn, phase)) return;
    bool asked = phase != CONN_WAIT || (!atomic_load(&conn->used) && has_sent_something(conn));
    if (asked && !conn->tls)
        (void)!send(conn->fd, late_answer, sizeof(late_answer) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    shutdown(conn->fd, SHUT_RDWR);
}

static void cut_idle(struct conn *conn) {
    int waiting = 0;
    if (atomic_load(&conn->phase) != CONN_WAIT || ioctl(conn->fd, FIONREAD, &waiting) || waiting)
        return;
    if (!atomic_load(&conn->used) && has_sent_something(conn)) return;
    if (cut(conn, CONN_WAIT)) shutdown(conn->fd, SHUT_RDWR);
}

static void deadline_turn(struct conn_table *table, int64_t now_us) {
    bool drain = table->draining_us && now_us - table->draining_us > DRAIN_GRACE_US;
    for (struct conn *conn = table->first; conn; conn = conn->next) {
        int64_t deadline = atomic_load(&conn->deadline_us);
        if (deadline && now_us > deadline)
            cut_late(conn);
        else if (drain)
            cut_idle(conn);
    }
}

static void *watch(void *arg) {
    struct conn_table *table = arg;
    pthread_mutex_lock(&table->mutex);
    while (!table->ending) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += TICK_MS * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        if (!table->first && table->lingering_count == 0)
            pthread_cond_wait(&table->wake, &table->mutex);
        else
            pthread_cond_timedwait(&table->wake, &table->mutex, &until);
        int64_t now_us = clock_monotonic_us();
        deadline_turn(table, now_us);
        linger_turn(table, now_us);
    }
    pthread_mutex_unlock(&table->mutex);
    return NULL;
}

/* ---- The table. -------------------------------------------------------------------------------
 */
struct conn_table *conn_table_new(const struct conn_limits *limits) {
    struct conn_table *table = xcalloc(1, sizeof(*table));
    pthread_condattr_t monotonic;
    table->limits = *limits;
    pthread_mutex_init(&table->mutex, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&table->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    ENSURE(!pthread_create(&table->watcher, NULL, watch, table), "a thread can be made");
    return table;
}

void conn_table_free(struct conn_table *table) {
    if (!table) return;
    pthread_mutex_lock(&table->mutex);
    table->ending = true;
    pthread_cond_signal(&table->wake);
    pthread_mutex_unlock(&table->mutex);
    pthread_join(table->watcher, NULL);
    for (int i = 0; i < table->lingering_count; i++)
        close(table->lingering[i].fd);
    pthread_cond_destroy(&table->wake);
    pthread_mutex_destroy(&table->mutex);
    free(table);
}

int conn_table_count(const struct conn_table *table) {
    return atomic_load((atomic_int *)&table->count);
}

const struct conn_limits *conn_table_limits(const struct conn_table *table) {
    return &table->limits;
}

void conn_table_drain(struct conn_table *table) {
    pthread_mutex_lock(&table->mutex);
    table->draining_us = clock_monotonic_us();
    pthread_cond_signal(&table->wake);
    pthread_mutex_unlock(&table->mutex);
}

void conn_table_refuse_rest(struct conn_table *table, int listen_fd) {
    int fd;
    pthread_mutex_lock(&table->mutex);
    while ((fd = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        (void)!send(fd, stopping_answer, sizeof(stopping_answer) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
        linger_add(table, fd);
    }
    pthread_cond_signal(&table->wake);
    pthread_mutex_unlock(&table->mutex);
    close(listen_fd);
}

static void copy_peer(struct conn *conn, const struct sockaddr *peer) {
    if (peer && peer->sa_family == AF_INET)
        memcpy(&conn->peer, peer, sizeof(struct sockaddr_in));
    else if (peer && peer->sa_family == AF_INET6)
        memcpy(&conn->peer, peer, sizeof(struct sockaddr_in6));
}

struct conn *conn_opened(struct conn_table *table, int fd, struct tls *tls,
                         const struct sockaddr *peer) {
    struct conn *conn = xcalloc(1, sizeof(*conn));
    conn->table = table;
    conn->fd = fd;
    conn->tls = tls;
    copy_peer(conn, peer);
    conn->deadline_us = clock_monotonic_us() + table->limits.header_ms * 1000LL;
    pthread_mutex_lock(&table->mutex);
    conn->next = table->first;
    if (table->first)
        table->first->previous = conn;
    else
        pthread_cond_signal(&table->wake);
    table->first = conn;
    table->count++;
    pthread_mutex_unlock(&table->mutex);
    return conn;
}

void conn_closed(struct conn *conn) {
    struct conn_table *table = conn->table;
    pthread_mutex_lock(&table->mutex);
    if (conn->previous)
        conn->previous->next = conn->next;
    else
        table->first = conn->next;
    if (conn->next) conn->next->previous = conn->previous;
    table->count--;
    int kept = conn->linger ? dup(conn->fd) : -1;
    if (kept >= 0) linger_add(table, kept);
    pthread_mutex_unlock(&table->mutex);
    free(conn);
}

bool conn_move(struct conn *conn, enum conn_phase phase, int64_t deadline_us) {
    int now = atomic_load(&conn->phase);
    do {
        if (now == CONN_CUT) return false;
    } while (!atomic_compare_exchange_weak(&conn->phase, &now, (int)phase));
    atomic_store(&conn->deadline_us, deadline_us);
    return true;
}
