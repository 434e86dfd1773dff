/* The binary itself: answers of captchas cannot be switched on outside a test on loopback. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hmis/base.h"
#include "test.h"

struct run {
    int status; /* exit status; -1: it had to be ended */
    char said[8000];
};

static void child(const char *environment, const char *address, int out) {
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    setenv("HMIS_CAPTCHA_TEST", "yes", 1);
    setenv("HMIS_ENVIRONMENT", environment, 1);
    setenv("HMIS_ADDRESS", address, 1);
    setenv("HMIS_PORT", "0", 1);
    setenv("HMIS_DATABASE_URL", "host=/nowhere dbname=nothing", 1);
    alarm(20); /* it must end by itself long before */
    execl(HMIS_BINARY, HMIS_BINARY, "serve", (char *)NULL);
    _exit(127);
}

static struct run serve(const char *environment, const char *address) {
    struct run run = { .status = -1 };
    int ends[2], status;
    size_t length = 0;
    ssize_t got;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) child(environment, address, ends[1]);
    close(ends[1]);
    while (length < sizeof run.said - 1 &&
           (got = read(ends[0], run.said + length, sizeof run.said - 1 - length)) > 0)
        length += (size_t)got;
    close(ends[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFEXITED(status)) run.status = WEXITSTATUS(status);
    return run;
}

static void the_server_refuses_to_start(void **state) {
    (void)state;
    static const struct {
        const char *environment, *address;
    } cases[] = {
        { "production", "127.0.0.1" },
        { "demonstration", "127.0.0.1" },
        { "test", "0.0.0.0" },
        { "test", "::" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct run run = serve(cases[i].environment, cases[i].address);
        if (run.status <= 0 || run.status == 127 || !strstr(run.said, "captcha_test"))
            fail_msg("%s on %s: status %d: %s", cases[i].environment, cases[i].address, run.status,
                     run.said);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_server_refuses_to_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
