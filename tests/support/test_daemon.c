#include "test_daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "hmis/base.h"
#include "hmis/clock.h"
#include "test.h"

enum { WORDS_MAX = 20, LISTENS_WITHIN_S = 60, STOPS_WITHIN_S = 60 };

struct test_daemon {
    pid_t pid;
    int said, port, status; /* status -1: runs */
};

/* ---- A child. --------------------------------------------------------------------------------
 */
static bool same_name(const char *a, const char *b) {
    size_t length = strcspn(a, "=");
    return length == strcspn(b, "=") && memcmp(a, b, length) == 0;
}

static void set(char **list, const char *line) {
    int i = 0;
    while (list[i] && !same_name(list[i], line))
        i++;
    free(list[i]);
    list[i] = xstrdup(line);
}

/* Ours without HMIS_*, then the settings. */
static char **make_environment(const char *conninfo, const char *const *settings) {
    extern char **environ;
    size_t count = 0;
    while (environ[count])
        count++;
    char **list = xcalloc(count + 40, sizeof *list);
    for (size_t i = 0; i < count; i++)
        if (!text_starts(environ[i], "HMIS_")) set(list, environ[i]);
    struct buffer url = { 0 };
    buffer_printf(&url, "HMIS_DATABASE_URL=%s", conninfo);
    buffer_add_char(&url, '\0');
    set(list, url.data);
    buffer_free(&url);
    for (size_t i = 0; settings && settings[i]; i++)
        set(list, settings[i]);
    return list;
}

/* Only what is safe after a fork in a program of several threads. */
static void become(const char *program, pid_t parent, int out, char *const *words,
                   char *const *environment) __attribute__((noreturn));
static void become(const char *program, pid_t parent, int out, char *const *words,
                   char *const *environment) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127);
    int nothing = open("/dev/null", O_RDONLY);
    dup2(nothing, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    execve(program, words, environment);
    _exit(127);
}

static pid_t spawn(const char *program, const char *conninfo, const char *const *settings,
                   const char *const *words, int *said) {
    char *argv[WORDS_MAX + 2] = { xstrdup(program) };
    for (int i = 0; i < WORDS_MAX && words[i]; i++)
        argv[i + 1] = xstrdup(words[i]);
    char **environment = make_environment(conninfo, settings);
    *said = memfd_create("said", MFD_CLOEXEC);
    assert_true(*said >= 0 && fcntl(*said, F_SETFL, O_APPEND) == 0);
    pid_t parent = getpid(), pid = fork();
    if (pid == 0) become(program, parent, *said, argv, environment);
    assert_true(pid > 0);
    for (char **at = environment; *at; at++)
        free(*at);
    free(environment);
    for (char **at = argv; *at; at++)
        free(*at);
    return pid;
}

static char *read_said(int said) {
    off_t size = lseek(said, 0, SEEK_END);
    char *text = xcalloc((size_t)size + 1, 1);
    if (pread(said, text, (size_t)size, 0) < 0) text[0] = '\0';
    return text;
}

static int status_of(int status) {
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* ---- Commands. -------------------------------------------------------------------------------
 */
static struct test_run run(const char *program, const char *conninfo, const char *const *words) {
    int said, status;
    pid_t pid = spawn(program, conninfo, NULL, words, &said);
    while (waitpid(pid, &status, 0) < 0)
        assert_int_equal(errno, EINTR);
    struct test_run done = { .status = WIFEXITED(status) ? WEXITSTATUS(status) : -1,
                             .said = read_said(said) };
    close(said);
    return done;
}

struct test_run test_hmis(const char *conninfo, const char *const *words) {
    return run(HMIS_BINARY, conninfo, words);
}

struct test_run test_program(const char *program, const char *const *words) {
    return run(program, "", words);
}

void test_hmis_done(const char *conninfo, const char *const *words) {
    struct test_run done = test_hmis(conninfo, words);
    if (done.status != 0) fail_msg("hmis %s: exit status %d: %s", words[0], done.status, done.said);
    free(done.said);
}

/* ---- The server. -----------------------------------------------------------------------------
 */
static void pause_ms(int ms) {
    nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L }, NULL);
}

int test_daemon_wait(struct test_daemon *daemon, int seconds) {
    int64_t until = clock_monotonic_us() + seconds * INT64_C(1000000);
    for (int status; daemon->status < 0; pause_ms(5)) {
        pid_t ended = waitpid(daemon->pid, &status, WNOHANG);
        assert_true(ended >= 0);
        if (ended > 0)
            daemon->status = status_of(status);
        else if (clock_monotonic_us() >= until)
            break;
    }
    return daemon->status;
}

static int port_told(const struct test_daemon *daemon) {
    char *said = read_said(daemon->said);
    const char *line = strstr(said, "listening http");
    int port = 0;
    if (line && strchr(line, '\n') && sscanf(strstr(line, "://") + 3, "%*[^:\n]:%d", &port) != 1)
        fail_msg("no port in: %s", said);
    free(said);
    return port;
}

struct test_daemon *test_daemon_start(const char *conninfo, const char *const *settings) {
    const char *lines[40] = { "HMIS_ADDRESS=127.0.0.1", "HMIS_PORT=0", "HMIS_ENVIRONMENT=test",
                              "HMIS_CAPTCHA_TEST=yes", "HMIS_LOG_LEVEL=warn" };
    for (int i = 0, n = 5; settings && settings[i]; i++)
        lines[n++] = settings[i];
    struct test_daemon *daemon = xcalloc(1, sizeof *daemon);
    daemon->status = -1;
    daemon->pid =
        spawn(HMIS_BINARY, conninfo, lines, (const char *const[]){ "serve", NULL }, &daemon->said);
    int64_t until = clock_monotonic_us() + LISTENS_WITHIN_S * INT64_C(1000000);
    while ((daemon->port = port_told(daemon)) == 0) {
        if (test_daemon_wait(daemon, 0) >= 0 || clock_monotonic_us() > until)
            fail_msg("hmis serve does not listen (%d): %s", daemon->status,
                     read_said(daemon->said));
        pause_ms(5);
    }
    return daemon;
}

int test_daemon_port(const struct test_daemon *daemon) {
    return daemon->port;
}

pid_t test_daemon_pid(const struct test_daemon *daemon) {
    return daemon->pid;
}

char *test_daemon_said(const struct test_daemon *daemon) {
    return read_said(daemon->said);
}

static void release(struct test_daemon *daemon) {
    close(daemon->said);
    free(daemon);
}

void test_daemon_stop(struct test_daemon *daemon) {
    kill(daemon->pid, SIGTERM);
    if (test_daemon_wait(daemon, STOPS_WITHIN_S) != 0)
        fail_msg("hmis serve ended with %d: %s", daemon->status, read_said(daemon->said));
    release(daemon);
}

void test_daemon_kill(struct test_daemon *daemon) {
    kill(daemon->pid, SIGKILL);
    test_daemon_wait(daemon, STOPS_WITHIN_S);
    release(daemon);
}

/* ---- Signing in. -----------------------------------------------------------------------------
 */
static char *sign_in_body(struct http_client *client, const char *username, const char *password,
                          const char *role) {
    json_t *captcha = http_expect(client, "POST", "/api/v1/captcha", NULL, 201);
    json_t *body =
        json_pack("{ssssssssss}", "username", username, "password", password, "role", role,
                  "captcha_id", json_string_value(json_object_get(captcha, "id")), "captcha_answer",
                  json_string_value(json_object_get(captcha, "test_answer")));
    assert_non_null(body);
    char *text = json_dumps(body, 0);
    json_decref(body);
    json_decref(captcha);
    return text;
}

struct http_client *test_sign_in(int port, const char *username, const char *password,
                                 const char *role) {
    struct http_client *client = http_client_new(port);
    char *body = sign_in_body(client, username, password, role);
    json_t *session = http_expect(client, "POST", "/api/v1/session", body, 201);
    http_client_csrf(client, json_string_value(json_object_get(session, "csrf_token")));
    json_decref(session);
    free(body);
    return client;
}
