/* Lanes as bulkheads, and stopping: a full lane refuses at once, the others do not notice; nothing
 * that was accepted is lost. */
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hmis/clock.h"
#include "http_client.h"
#include "http_server.h"
#include "test.h"

static pthread_mutex_t gate_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t gate_opened = PTHREAD_COND_INITIALIZER;
static bool gate_open;
static atomic_int inside;

static void set_gate(bool open) {
    pthread_mutex_lock(&gate_mutex);
    gate_open = open;
    pthread_cond_broadcast(&gate_opened);
    pthread_mutex_unlock(&gate_mutex);
}
static void done(struct request *r) {
    reply_bytes(r, 200, "text/plain; charset=utf-8", "done", 4, NULL);
}
static void wait_at_gate(struct request *r) {
    atomic_fetch_add(&inside, 1);
    pthread_mutex_lock(&gate_mutex);
    while (!gate_open)
        pthread_cond_wait(&gate_opened, &gate_mutex);
    pthread_mutex_unlock(&gate_mutex);
    atomic_fetch_sub(&inside, 1);
    done(r);
}
static void nap(struct request *r) {
    usleep(10000);
    done(r);
}

enum { LARGE = 32 * 1024 * 1024 };
static void large(struct request *r) {
    struct buffer zeros = { .data = xcalloc(1, LARGE), .length = LARGE, .capacity = LARGE };
    reply_buffer(r, 200, "application/octet-stream", &zeros, NULL);
}

#define OPEN                                                                                       \
    .auth = AUTH_NONE, .permission = PERM_PUBLIC, .scope = RSCOPE_NONE, .rate = RATE_NONE,         \
    .doc = "test"
static const struct route rows[] = {
    { "GET", "/gate", wait_at_gate, OPEN, .lane = LANE_REPORT },
    { "GET", "/nap", nap, OPEN, .lane = LANE_INTERACTIVE },
    { "GET", "/large", large, OPEN, .lane = LANE_INTERACTIVE },
    { "GET", "/quick", done, OPEN, .lane = LANE_INTERACTIVE },
};
static const struct route_table table = { "test", rows, COUNT(rows) };
#define REQUEST(path)       "GET " path " HTTP/1.1\r\nHost: h\r\n\r\n"
#define REQUEST_CLOSE(path) "GET " path " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"

static int ask(struct http *http, const char *request) {
    int fd = http_connect(http_port(http));
    http_send_text(fd, request);
    return fd;
}
static int status_from(int fd) {
    struct http_answer answer = http_read(fd, false);
    int status = answer.status;
    if (status == 503) assert_true(atoi(http_header(&answer, "Retry-After")) > 0);
    http_answer_free(&answer);
    close(fd);
    return status;
}
static void await_inside(int count) {
    for (int i = 0; i < 1000 && atomic_load(&inside) != count; i++)
        usleep(5000);
    assert_int_equal(atomic_load(&inside), count);
}

/* Waits until a line of /metrics has this value. */
static void await_metric(struct http *http, const char *line) {
    for (bool there = false; !there;) {
        struct http_answer answer = http_exchange(http_port(http), REQUEST_CLOSE("/metrics"));
        there = answer.body && strstr(answer.body, line);
        http_answer_free(&answer);
    }
}

static void full_lane(void **state) {
    (void)state;
    int fds[8];
    struct http_settings settings = http_test_settings(&table, 1);
    settings.lane_queue = 2;
    settings.queue_wait_ms = 20000;
    struct http *http = http_test_start(&settings);
    set_gate(false);
    fds[0] = ask(http, REQUEST("/gate"));
    await_inside(1);
    fds[1] = ask(http, REQUEST("/gate"));
    fds[2] = ask(http, REQUEST("/gate"));
    await_metric(http, "hmis_lane_depth{lane=\"report\"} 2");
    for (int i = 0; i < 20; i++) {
        assert_int_equal(status_from(ask(http, REQUEST("/gate"))), 503);
        assert_int_equal(status_from(ask(http, REQUEST("/quick"))), 200);
        assert_int_equal(status_from(ask(http, REQUEST("/health/live"))), 200);
    }
    set_gate(true);
    for (int i = 0; i < 3; i++)
        assert_int_equal(status_from(fds[i]), 200);
    assert_int_equal(status_from(ask(http, REQUEST("/gate"))), 200);
    http_stop(http, 1000);
}

static void late_in_the_queue(void **state) {
    (void)state;
    struct http_settings settings = http_test_settings(&table, 1);
    settings.queue_wait_ms = 100;
    struct http *http = http_test_start(&settings);
    set_gate(false);
    int first = ask(http, REQUEST("/gate"));
    await_inside(1);
    int second = ask(http, REQUEST("/gate"));
    await_metric(http, "hmis_lane_depth{lane=\"report\"} 1");
    usleep(150000); /* longer than queue_wait_ms, however slow the machine */
    set_gate(true);
    assert_int_equal(status_from(first), 200);
    assert_int_equal(status_from(second), 503);
    assert_int_equal(status_from(ask(http, REQUEST("/gate"))), 200);
    http_stop(http, 1000);
}

/* ---- Stopping. --------------------------------------------------------------------------------
 */
struct stopper {
    struct http *http;
    int wait_ms;
    int64_t took_us;
};
static void *stop_it(void *arg) {
    struct stopper *stopper = arg;
    int64_t since = clock_monotonic_us();
    http_stop(stopper->http, stopper->wait_ms);
    stopper->took_us = clock_monotonic_us() - since;
    return NULL;
}

static void nothing_lost(void **state) {
    (void)state;
    enum { CLIENTS = 200 };
    int fds[CLIENTS], whole = 0;
    pthread_t thread;
    struct http_settings settings = http_test_settings(&table, 1);
    struct stopper stopper = { .http = http_test_start(&settings), .wait_ms = 10000 };
    int kept = ask(stopper.http, REQUEST("/quick"));
    struct http_answer first = http_read(kept, false);
    http_answer_free(&first);
    for (int i = 0; i < CLIENTS; i++)
        fds[i] = ask(stopper.http, REQUEST("/nap"));
    assert_int_equal(pthread_create(&thread, NULL, stop_it, &stopper), 0);
    for (int i = 0; i < CLIENTS; i++) {
        int status = status_from(fds[i]);
        if (status != 200 && status != 503) fail_msg("request %d of %d was lost", i, CLIENTS);
        whole += status == 200;
    }
    pthread_join(thread, NULL);
    assert_true(whole > CLIENTS / 2);
    assert_true(http_is_closed(kept));
    assert_true(stopper.took_us < 9000000);
    close(kept);
}

/* Waits until nobody listens any more. */
static void await_closed(int port) {
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    for (bool listens = true; listens;) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        listens = connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
        close(fd);
        usleep(2000);
    }
}

static void while_stopping(void **state) {
    (void)state;
    pthread_t thread;
    struct http_settings settings = http_test_settings(&table, 1);
    struct stopper stopper = { .http = http_test_start(&settings), .wait_ms = 10000 };
    int port = http_port(stopper.http), ready, live;
    set_gate(false);
    int held = ask(stopper.http, REQUEST("/gate"));
    await_inside(1);
    ready = http_connect(port);
    live = http_connect(port);
    http_send_text(ready, "GET /health/ready HT");
    http_send_text(live, "GET /health/live HT");
    /* Connections are taken in their order: who is answered on a later one knows of both. */
    assert_int_equal(status_from(ask(stopper.http, REQUEST("/health/live"))), 200);
    assert_int_equal(pthread_create(&thread, NULL, stop_it, &stopper), 0);
    await_closed(port);
    http_send_text(ready, "TP/1.1\r\nHost: h\r\n\r\n");
    http_send_text(live, "TP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(status_from(ready), 503);
    assert_int_equal(status_from(live), 200);
    set_gate(true);
    struct http_answer answer = http_read(held, false);
    assert_int_equal(answer.status, 200);
    assert_string_equal(http_header(&answer, "Connection"), "close");
    http_answer_free(&answer);
    assert_true(http_is_closed(held));
    close(held);
    pthread_join(thread, NULL);
}

/* Past its patience it refuses what is queued, and waits only for what runs. */
static void impatient(void **state) {
    (void)state;
    pthread_t thread;
    struct http_settings settings = http_test_settings(&table, 1);
    settings.queue_wait_ms = 20000;
    struct stopper stopper = { .http = http_test_start(&settings), .wait_ms = 100 };
    set_gate(false);
    int running = ask(stopper.http, REQUEST("/gate"));
    await_inside(1);
    int queued = ask(stopper.http, REQUEST("/gate"));
    await_metric(stopper.http, "hmis_lane_depth{lane=\"report\"} 1");
    int port = http_port(stopper.http);
    assert_int_equal(pthread_create(&thread, NULL, stop_it, &stopper), 0);
    await_closed(port);
    sleep(1); /* ten times wait_ms */
    set_gate(true);
    assert_int_equal(status_from(running), 200);
    assert_int_equal(status_from(queued), 503);
    pthread_join(thread, NULL);
}

static void idle_stop_is_quick(void **state) {
    (void)state;
    struct http_settings settings = http_test_settings(&table, 1);
    struct stopper stopper = { .http = http_test_start(&settings), .wait_ms = 10000 };
    int silent = http_connect(http_port(stopper.http));
    usleep(50000);
    stop_it(&stopper);
    assert_true(stopper.took_us < 9000000); /* not as long as it would wait */
    assert_true(http_is_closed(silent));
    close(silent);
}

static void cannot_listen(void **state) {
    (void)state;
    struct problem p = { 0 };
    struct http_settings settings = http_test_settings(&table, 1);
    struct http *http = http_test_start(&settings);
    settings.port = http_port(http);
    assert_null(http_start(&settings, &p));
    assert_non_null(strstr(p.detail, "in use"));
    http_stop(http, 1000);
    settings.address = "localhost";
    assert_null(http_start(&settings, &p));
    assert_non_null(strstr(p.detail, "localhost"));
}

/* Who asks for much and takes nothing does not hold the others, and is cut. */
static void slow_reader(void **state) {
    (void)state;
    struct http_settings settings = http_test_settings(&table, 1);
    settings.body_deadline_ms = settings.idle_ms = 1000;
    struct http *http = http_test_start(&settings);
    int fd = ask(http, REQUEST("/large"));
    usleep(100000);
    for (int i = 0; i < 50; i++)
        assert_int_equal(status_from(ask(http, REQUEST("/quick"))), 200);
    size_t got = 0;
    char waste[1024];
    ssize_t n;
    usleep(3500000);
    while ((n = recv(fd, waste, sizeof(waste), 0)) > 0)
        got += (size_t)n;
    assert_true(got < LARGE);
    close(fd);
    http_stop(http, 1000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_lane),     cmocka_unit_test(late_in_the_queue),
        cmocka_unit_test(nothing_lost),  cmocka_unit_test(while_stopping),
        cmocka_unit_test(cannot_listen), cmocka_unit_test(slow_reader),
        cmocka_unit_test(impatient),     cmocka_unit_test(idle_stop_is_quick),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
