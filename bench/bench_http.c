/* What our HTTP floor costs over a bare libmicrohttpd in the same run: /health/live from the epoll
 * thread, and a small JSON answer through a lane, each against a bare epoll server with as many
 * threads that answers the same number of bytes. One client thread, 32 kept connections over
 * loopback; the log at its usual level, into /dev/null. Ends with 1 when a limit is passed. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "hmis/clock.h"
#include "hmis/http.h"
#include "hmis/log.h"

enum { CONNECTIONS = 32, LOOPS = 2, ROUNDS = 5, ROUND_US = 350000 };

/* ---- The bare server. -------------------------------------------------------------------------
 */
static struct MHD_Response *bare_answer;

static enum MHD_Result on_bare(void *cls, struct MHD_Connection *connection, const char *url,
                               const char *method, const char *version, const char *data,
                               size_t *length, void **context) {
    static int seen;
    (void)cls, (void)url, (void)method, (void)version, (void)data, (void)length;
    if (!*context) {
        *context = &seen;
        return MHD_YES;
    }
    return MHD_queue_response(connection, 200, bare_answer);
}

static struct MHD_Daemon *bare_start(int *port) {
    static const char body[] = "{\"status\":\"live\"}";
    bare_answer =
        MHD_create_response_from_buffer(sizeof(body) - 1, (void *)body, MHD_RESPMEM_PERSISTENT);
    MHD_add_response_header(bare_answer, "Content-Type", "application/json; charset=utf-8");
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, on_bare, NULL, MHD_OPTION_SOCK_ADDR, &address,
        MHD_OPTION_THREAD_POOL_SIZE, (unsigned)LOOPS, MHD_OPTION_END);
    ENSURE(daemon, "a bare server");
    *port = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
    return daemon;
}

/* ---- Ours. ------------------------------------------------------------------------------------
 */
static void small_json(struct request *r) {
    struct json_out *out = reply_json(r, 200);
    out_object(out, NULL);
    out_string(out, "name", req_path_part(r, "name"));
    out_int(out, "figure", 42);
    out_object_end(out);
}
static const struct route rows[] = {
    { "GET", "/api/v1/things/{name}", small_json, AUTH_NONE, PERM_PUBLIC, RSCOPE_NONE,
      LANE_INTERACTIVE, RATE_NONE, .doc = "bench" },
};
static const struct route_table table = { "bench", rows, COUNT(rows) };

/* ---- The client: one request under way on each connection. ------------------------------------
 */
struct flow {
    int fd;
    char buffer[4096];
    size_t have;
};

static int open_connection(int port) {
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int on = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    ENSURE(fd >= 0 && !connect(fd, (struct sockaddr *)&address, sizeof(address)), "a connection");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return fd;
}

/* True when a whole answer (200, with Content-Length) has arrived. */
static bool answer_whole(struct flow *flow) {
    flow->buffer[flow->have] = 0;
    const char *end = strstr(flow->buffer, "\r\n\r\n");
    const char *length = strstr(flow->buffer, "Content-Length: ");
    if (!end || !length) return false;
    ENSURE(!strncmp(flow->buffer, "HTTP/1.1 200", 12), "every answer is 200");
    return flow->have >= (size_t)(end + 4 - flow->buffer) + strtoul(length + 16, NULL, 10);
}

/* Requests a second. */
static double load(int port, const char *path) {
    static struct flow flows[CONNECTIONS];
    struct epoll_event events[CONNECTIONS];
    char request[200];
    int64_t count = 0, begun, until;
    int poller = epoll_create1(0);
    int length =
        snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", path);
    for (int i = 0; i < CONNECTIONS; i++) {
        flows[i] = (struct flow){ .fd = open_connection(port) };
        epoll_ctl(poller, EPOLL_CTL_ADD, flows[i].fd,
                  &(struct epoll_event){ .events = EPOLLIN, .data.ptr = &flows[i] });
        ENSURE(send(flows[i].fd, request, (size_t)length, 0) == length, "sent");
    }
    begun = clock_monotonic_us();
    until = begun + ROUND_US;
    while (clock_monotonic_us() < until) {
        int ready = epoll_wait(poller, events, CONNECTIONS, 100);
        for (int i = 0; i < ready; i++) {
            struct flow *flow = events[i].data.ptr;
            ssize_t got =
                recv(flow->fd, flow->buffer + flow->have, sizeof(flow->buffer) - 1 - flow->have, 0);
            ENSURE(got > 0, "the server answers");
            flow->have += (size_t)got;
            if (!answer_whole(flow)) continue;
            flow->have = 0;
            count++;
            ENSURE(send(flow->fd, request, (size_t)length, 0) == length, "sent");
        }
    }
    double seconds = (double)(clock_monotonic_us() - begun) / 1e6;
    for (int i = 0; i < CONNECTIONS; i++)
        close(flows[i].fd);
    close(poller);
    return (double)count / seconds;
}

static int report(const char *name, double rate, double bare, double least) {
    bool good = rate / bare >= least;
    printf("%-28s %8.0f /s  %.2f of bare (limit %.2f)%s\n", name, rate, rate / bare, least,
           good ? "" : "  TOO SLOW");
    return good ? 0 : 1;
}

int main(void) {
    struct problem p = { 0 };
    const struct http_settings settings = {
        .address = "127.0.0.1", .loops = LOOPS, .interactive = 4, .tables = &table, .table_count = 1
    };
    double bare = 0, live = 0, lane = 0;
    int bare_port, null = open("/dev/null", O_WRONLY);
    dup2(null, STDERR_FILENO);
    base_start();
    struct MHD_Daemon *daemon = bare_start(&bare_port);
    struct http *http = http_start(&settings, &p);
    ENSURE(http, "our server");
    /* In turns, the best of each: the machine does other things too. */
    for (int i = 0; i < ROUNDS; i++) {
        double rate = load(bare_port, "/health/live");
        bare = rate > bare ? rate : bare;
        rate = load(http_port(http), "/health/live");
        live = rate > live ? rate : live;
        rate = load(http_port(http), "/api/v1/things/a%20b");
        lane = rate > lane ? rate : lane;
    }
    http_stop(http, 1000);
    MHD_stop_daemon(daemon);
    MHD_destroy_response(bare_answer);
    printf("%-28s %8.0f /s\n", "bare libmicrohttpd", bare);
    return report("epoll thread: /health/live", live, bare, 0.40) |
           report("lane: a small JSON answer", lane, bare, 0.25);
}
