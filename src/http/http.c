#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "hmis/clock.h"
#include "hmis/log.h"
#include "http_internal.h"

enum { BACKLOG = 1024, DESCRIPTORS_KEPT = 400 /* also one a connection of the pool */ };

/* ---- Settings. --------------------------------------------------------------------------------
 */
static int or_else(int value, int otherwise) {
    return value > 0 ? value : otherwise;
}

/* Descriptors are kept for the database, the log and files: at the limit accepting pauses, nothing
 * else fails. */
static void fit_descriptors(struct http_settings *s) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit)) return;
    rlim_t wanted = (rlim_t)s->connection_limit + DESCRIPTORS_KEPT;
    if (limit.rlim_cur < wanted && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    if (limit.rlim_cur >= wanted) return;
    rlim_t half = limit.rlim_cur / 2, rest = limit.rlim_cur - DESCRIPTORS_KEPT;
    s->connection_limit = (int)(limit.rlim_cur > 2 * DESCRIPTORS_KEPT ? rest : half);
    log_message(LOG_WARN, "descriptors",
                "only %llu file descriptors are allowed: at most %d connections",
                (unsigned long long)limit.rlim_cur, s->connection_limit);
}

static void fill_defaults(struct http_settings *s) {
    int cores = (int)sysconf(_SC_NPROCESSORS_ONLN);
    s->loops = or_else(s->loops, cores);
    s->interactive = or_else(s->interactive, cores * 4);
    s->report = or_else(s->report, cores > 2 ? cores : 2);
    s->password = or_else(s->password, cores);
    s->connection_limit = or_else(s->connection_limit, 4000);
    s->connection_limit_per_ip = or_else(s->connection_limit_per_ip, 256);
    fit_descriptors(s);
    if (s->trusted_proxies && s->trusted_proxies[0]) /* everybody comes from its address */
        s->connection_limit_per_ip = s->connection_limit;
    s->header_deadline_ms = or_else(s->header_deadline_ms, 10000);
    s->body_deadline_ms = or_else(s->body_deadline_ms, 30000);
    s->idle_ms = or_else(s->idle_ms, 30000);
    s->queue_wait_ms = or_else(s->queue_wait_ms, 2000);
}

static bool check_tables(const struct http_settings *s, struct route_table *all,
                         struct problem *p) {
    for (size_t i = 0; i < s->table_count; i++)
        all[i] = s->tables[i];
    all[s->table_count] = http_routes;
    return http_check_routes(all, s->table_count + 1, p);
}

/* ---- Checking. --------------------------------------------------------------------------------
 */
static bool check_folder(const char *name, const char *path, int access_mode, struct problem *p) {
    struct stat about;
    if (!path || !*path) return true;
    if (stat(path, &about) == 0 && !S_ISDIR(about.st_mode))
        errno = ENOTDIR;
    else if (stat(path, &about) == 0 && access(path, access_mode) == 0)
        return true;
    return problem_set(p, ERR_INVALID, "%s: %s: %s", name, path, strerror(errno));
}

static bool check_folders(const struct http_settings *s, struct problem *p) {
    return check_folder("web_root", s->web_root, R_OK | X_OK, p) &&
           check_folder("spool_directory", s->spool_directory, R_OK | W_OK | X_OK, p);
}

static bool find_address(const struct http_settings *s, struct addrinfo **found,
                         struct problem *p) {
    struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
                              .ai_socktype = SOCK_STREAM };
    char port[12];
    snprintf(port, sizeof(port), "%d", s->port);
    return getaddrinfo(s->address, port, &hints, found) == 0 ||
           problem_set(p, ERR_INVALID, "address: \"%s\" is not an IP address", s->address);
}

static bool make_tls(const struct http_settings *s, struct tls **tls, struct problem *p) {
    *tls = NULL;
    if (!s->tls_certificate != !s->tls_key)
        return problem_set(p, ERR_INVALID, "tls_certificate and tls_key go together");
    return !s->tls_certificate || (*tls = tls_new(s->tls_certificate, s->tls_key, p));
}

bool http_check_settings(const struct http_settings *s, struct problem *p) {
    struct route_table *all = xcalloc(s->table_count + 1, sizeof(*all));
    struct addrinfo *found = NULL;
    struct tls *tls = NULL;
    bool fine = check_tables(s, all, p) && check_folders(s, p) && find_address(s, &found, p) &&
                make_tls(s, &tls, p);
    struct trusted_proxies *proxies = fine ? client_proxies_new(s->trusted_proxies, p) : NULL;
    fine = fine && proxies;
    client_proxies_free(proxies);
    tls_free(tls);
    if (found) freeaddrinfo(found);
    free(all);
    return fine;
}

/* ---- Listening. -------------------------------------------------------------------------------
 */
static const char *listen_hint(int error) {
    if (error == EADDRINUSE) return " by another program: stop it, or choose another --port";
    if (error == EACCES) return "; ports below 1024 need root or CAP_NET_BIND_SERVICE";
    return error == EADDRNOTAVAIL ? ": no network interface here has this address" : "";
}

static int listen_on(const struct http_settings *s, struct problem *p) {
    struct addrinfo *found;
    int on = 1;
    if (!find_address(s, &found, p)) return -1;
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (fd < 0 || bind(fd, found->ai_addr, found->ai_addrlen) || listen(fd, BACKLOG)) {
        problem_set(p, ERR_INVALID, "cannot listen on %s port %d: %s%s", s->address, s->port,
                    strerror(errno), listen_hint(errno));
        if (fd >= 0) close(fd);
        fd = -1;
    }
    freeaddrinfo(found);
    return fd;
}

static int port_of(int fd) {
    struct sockaddr_in6 address = { 0 };
    socklen_t length = sizeof(address);
    if (getsockname(fd, (struct sockaddr *)&address, &length)) return 0;
    /* The port stands at the same place in both families. */
    return ntohs(address.sin6_port);
}

/* ---- Start. -----------------------------------------------------------------------------------
 */
static struct work_lane *make_lane(const struct http *http, const char *name, int workers,
                                   int queue) {
    const struct http_settings *s = &http->settings;
    return lane_new(&(struct lane_settings){ .name = name,
                                             .workers = workers,
                                             .queue = or_else(s->lane_queue, queue),
                                             .wait_ms = s->queue_wait_ms,
                                             .run = dispatch_run });
}

static void make_parts(struct http *http, const struct route_table *all) {
    const struct http_settings *s = &http->settings;
    struct conn_limits limits = { s->header_deadline_ms, s->body_deadline_ms, s->idle_ms };
    http->router = router_new(all, s->table_count + 1);
    http->rates = rate_new(s->rate_multiple);
    http->metrics = metrics_new(router_count(http->router) + 2);
    http->files = static_new(http);
    http->conns = conn_table_new(&limits);
    http->lanes[LANE_INTERACTIVE] = make_lane(http, "interactive", s->interactive, 256);
    http->lanes[LANE_REPORT] = make_lane(http, "report", s->report, 64);
    http->lanes[LANE_PASSWORD] = make_lane(http, "password", s->password, 32);
}

static void free_parts(struct http *http) {
    for (int i = 0; i < LANE__MAX; i++)
        lane_free(http->lanes[i]);
    conn_table_free(http->conns);
    static_free(http->files);
    metrics_free(http->metrics);
    rate_free(http->rates);
    router_free(http->router);
    tls_free(http->tls);
    client_proxies_free(http->proxies);
    free(http);
}

static bool start(struct http *http, const struct route_table *all, struct problem *p) {
    const struct http_settings *s = &http->settings;
    http->proxies = client_proxies_new(s->trusted_proxies, p);
    if (!http->proxies) return false;
    if (!check_folders(s, p) || !make_tls(s, &http->tls, p)) return false;
    http->hsts = s->hsts || http->tls;
    int fd = listen_on(s, p);
    if (fd < 0) return false;
    http->port = port_of(fd);
    make_parts(http, all);
    if (adapter_start(http, fd, p)) return true;
    close(fd);
    return false;
}

struct http *http_start(const struct http_settings *settings, struct problem *p) {
    struct route_table *all = xcalloc(settings->table_count + 1, sizeof(*all));
    struct http *http = xcalloc(1, sizeof(*http));
    http->settings = *settings;
    fill_defaults(&http->settings);
    /* sendfile raises it when a client goes; libmicrohttpd asks for it to be ignored. */
    signal(SIGPIPE, SIG_IGN);
    json_object_seed(0);
    bool started = check_tables(settings, all, p) && start(http, all, p);
    free(all);
    if (started) return http;
    free_parts(http);
    return NULL;
}

int http_port(const struct http *http) {
    return http->port;
}

bool http_reload_tls(struct http *http, struct problem *p) {
    return !http->tls || tls_reload(http->tls, p);
}

/* ---- Stop. ------------------------------------------------------------------------------------
 */
static void nap(void) {
    nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
}

static void wait_until_idle(struct http *http, int wait_ms) {
    int64_t until = clock_monotonic_us() + wait_ms * 1000LL;
    while (conn_table_count(http->conns) > 0 && clock_monotonic_us() < until)
        nap();
}

void http_stop(struct http *http, int wait_ms) {
    if (!http) return;
    atomic_store(&http->stopping, true);
    conn_table_drain(http->conns);
    conn_table_refuse_rest(http->conns, adapter_quiesce(http));
    wait_until_idle(http, wait_ms);
    for (int i = 0; i < LANE__MAX; i++)
        if (http->lanes[i])
            lane_end(http->lanes[i]); /* waits for a handler that runs: its own waits are bounded */
    wait_until_idle(http, 500);
    adapter_stop(http);
    free_parts(http);
}
