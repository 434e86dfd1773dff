/* test_daemon: the binary itself as a child process: commands that end, and the server.
 *
 * Children die with the test program. What they say (standard output and error) is kept in a file
 * without a name. Settings come from HMIS_* alone: those of the caller's environment are not handed
 * on. Not for several threads, but for test_daemon_kill and the reading functions. */
#ifndef TEST_DAEMON_H
#define TEST_DAEMON_H

#include <stdbool.h>
#include <sys/types.h>

#include "http_client.h"

/* ---- Commands. ---- */
struct test_run {
    int status; /* exit status; -1: ended by a signal */
    char *said; /* the caller frees it */
};
/* Runs `hmis` with the words (NULL-ended) on the database and waits for its end. */
struct test_run test_hmis(const char *conninfo, const char *const *words);
/* The same, and fails the test with what it said when it does not exit with 0. */
void test_hmis_done(const char *conninfo, const char *const *words);

/* The same with another program, named by its path. */
struct test_run test_program(const char *program, const char *const *words);

/* ---- The server. ---- */
struct test_daemon;
/* `hmis serve` on a free port of 127.0.0.1 that tells the answers of captchas; `settings`: more
 * lines "HMIS_NAME=value", NULL-ended, the later ones winning; NULL: none. Waits until it listens;
 * fails the test with what it said when it does not. */
struct test_daemon *test_daemon_start(const char *conninfo, const char *const *settings);
int test_daemon_port(const struct test_daemon *daemon);
pid_t test_daemon_pid(const struct test_daemon *daemon);
/* Waits for its end, at most so many seconds; -1: it still runs; 128 + the signal that ended it. */
int test_daemon_wait(struct test_daemon *daemon, int seconds);
/* What it has said until now; the caller frees it. */
char *test_daemon_said(const struct test_daemon *daemon);
/* SIGTERM, waits, frees. Fails the test, with what it said, unless it ended with exit status 0. */
void test_daemon_stop(struct test_daemon *daemon);
/* kill -9, waits, frees. */
void test_daemon_kill(struct test_daemon *daemon);

/* ---- Signing in, as a browser does it, with the captcha's answer as a test is told it. ---- */
/* Fails the test when it is refused. */
struct http_client *test_sign_in(int port, const char *username, const char *password,
                                 const char *role);

#endif
