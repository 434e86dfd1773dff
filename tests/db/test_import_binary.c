/* `hmis import` as a process of its own: standard input, all or nothing, kill -9 in the middle. */
#include "test.h"
#include "test_daemon.h"
#include "test_pg.h"
#include "test_state.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hmis/base.h"
#include "hmis/report.h"

enum { FACILITIES = 12000 };
#define HEAD "facility_type,facility_code,1.1,1.1.1\n"

static const char *conninfo;
static char file[] = "/tmp/hmis-test-import-XXXXXX";

static int64_t value(const char *sql) {
    return test_sql_int(conninfo, sql);
}

static void write_file(const char *text, size_t length) {
    int fd = open(file, O_WRONLY | O_TRUNC | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, length), (ssize_t)length);
    close(fd);
}

static int reset(void **state) {
    (void)state;
    test_sql(conninfo, "truncate report, report_version, rollup_queue, import_line, import_job");
    return 0;
}

static pid_t start(const char *const *words, int in) {
    pid_t pid = fork();
    if (pid == 0) {
        int nowhere = open("/dev/null", O_WRONLY);
        dup2(in >= 0 ? in : STDIN_FILENO, STDIN_FILENO);
        dup2(nowhere, STDOUT_FILENO);
        dup2(nowhere, STDERR_FILENO);
        execv(HMIS_BINARY, (char *const *)words);
        _exit(127);
    }
    assert_true(pid > 0);
    return pid;
}

static int end_of(pid_t pid) {
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* ---- Standard input, also where the file has to be read twice. ---------------------------------
 */
static int import_pipe(const char *csv, const char *option) {
    const char *words[] = { "hmis",    "import",  "-",    "--format", "extract",
                            "--month", "2022-04", option, NULL };
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid_t pid = start(words, ends[0]);
    close(ends[0]);
    assert_int_equal(write(ends[1], csv, strlen(csv)), (ssize_t)strlen(csv));
    close(ends[1]);
    return end_of(pid);
}

static void standard_input_and_exit_statuses(void **state) {
    (void)state;
    static const char good[] = HEAD "PHC,PHC1,31,3\nPHC,PHC2,4,5\n";
    static const char half[] = HEAD "PHC,PHC1,31,3\nPHC,PHC2,-4,5\n";
    static const struct {
        const char *csv, *option;
        int status, reports; /* stored by then */
    } cases[] = {
        { good, "--dry-run", 0, 0 }, { half, "--dry-run", 3, 0 },
        { half, "--atomic", 3, 0 },  { "no,such\nheader,1\n", "--quiet", 1, 0 },
        { good, "--colour", 2, 0 },  { half, "--quiet", 3, 2 },
        { good, "--atomic", 0, 2 },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int status = import_pipe(cases[i].csv, cases[i].option);
        if (status != cases[i].status || value("select count(*) from report") != cases[i].reports)
            fail_msg("case %zu: exit status %d, %d reports", i, status,
                     (int)value("select count(*) from report"));
    }
    assert_int_equal(value("select count(*) from import_job where status = 'running'"), 0);
    assert_int_equal(value("select count(*) from import_job where status = 'failed'"), 1);
}

/* ---- kill -9. ----------------------------------------------------------------------------------
 */
static void write_many(void) {
    char sql[700];
    snprintf(sql, sizeof sql,
             "insert into facility (id, code, name, facility_type, ownership, locality, state_id,"
             " district_id, block_id) select 10000 + i, 'M' || i, 'x', 2, 1, 1, 2, 3, 5 from"
             " generate_series(1, %d) i",
             FACILITIES);
    test_sql(conninfo, sql);
    struct buffer csv = { 0 };
    buffer_add_text(&csv, HEAD);
    for (int i = 1; i <= FACILITIES; i++)
        buffer_printf(&csv, "PHC,M%d,%d,%d\n", i, 1 + i % 90, i % 7);
    write_file(csv.data, csv.length);
    buffer_free(&csv);
}

static void wait_until(const char *sql) {
    for (int tries = 0; tries < 4000; tries++) {
        if (value(sql) != 0) return;
        usleep(5000);
    }
    fail_msg("never true: %s", sql);
}

static void killed_in_the_middle(void **state) {
    (void)state;
    const char *words[] = { "hmis",    "import",  file,      "--format", "extract",
                            "--month", "2022-04", "--quiet", NULL };
    write_many();
    pid_t pid = start(words, -1);
    wait_until("select count(*) from report");
    wait_until("select count(*) from import_job where heartbeat_at > started_at");
    kill(pid, SIGKILL);
    assert_int_equal(end_of(pid), 128 + SIGKILL);
    wait_until("select (count(*) = 0)::int from pg_stat_activity"
               " where datname = current_database() and application_name = 'hmis-tool'");

    int64_t stored = value("select count(*) from report");
    assert_true(stored > 0 && stored < FACILITIES);
    assert_int_equal(stored % REPORT_BATCH, 0); /* whole batches */
    assert_int_equal(value("select count(*) from report where version = 1 and filled = 2 and"
                           " outcomes is not null and packed is not null"),
                     stored);
    assert_true(value("select count(*) from rollup_queue") > 0);

    /* Nobody works on it any more: the next start tells. */
    assert_int_equal(value("select count(*) from import_job where status = 'running'"), 1);
    test_sql(conninfo, "update import_job set heartbeat_at = now() - interval '2 minutes'");
    struct test_daemon *daemon = test_daemon_start(conninfo, NULL);
    wait_until("select count(*) from import_job where status = 'failed' and finished_at is not null"
               " and message like '%send the file again%'");
    test_daemon_stop(daemon);

    /* The file again: what is there is left as it is, the rest comes. */
    const char *again[] = { "import",  file,      "--format", "extract",
                            "--month", "2022-04", "--quiet",  NULL };
    struct test_run run = test_hmis(conninfo, again);
    if (run.status != 0) fail_msg("%d: %s", run.status, run.said);
    const struct {
        const char *name;
        int64_t want;
    } lines[] = { { "reports new", FACILITIES - stored },
                  { "reports changed", 0 },
                  { "reports unchanged", stored } };
    for (size_t i = 0; i < COUNT(lines); i++) {
        char line[80];
        snprintf(line, sizeof line, "%-24s%12lld\n", lines[i].name, (long long)lines[i].want);
        if (strstr(run.said, line) == NULL) fail_msg("not told: %s in %s", line, run.said);
    }
    free(run.said);
    assert_int_equal(value("select count(*) from report"), FACILITIES);
    assert_int_equal(value("select max(version) from report"), 1);
}

static int set_up(void **state) {
    (void)state;
    conninfo = test_database("import_binary");
    test_state_load(conninfo);
    setenv("HMIS_DATABASE_URL", conninfo, 1);
    int fd = mkstemp(file);
    if (fd >= 0) close(fd);
    return fd < 0;
}

static int tear_down(void **state) {
    (void)state;
    unlink(file);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(standard_input_and_exit_statuses, reset),
        cmocka_unit_test_setup(killed_in_the_middle, reset),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
