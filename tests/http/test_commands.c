/* The binary from the command line: what is wrong is named, exit statuses, `hmis import`. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "hmis/base.h"
#include "program.h"
#include "test.h"
#include "test_pg.h"
#include "test_state.h"

#define NO_DATABASE "host=/nowhere dbname=nothing"

static const char *conninfo, *empty;
static char said[PROGRAM_SAID];

static int hmis(const char *const words[]) {
    const char *argv[20] = { HMIS_BINARY };
    for (int i = 0; words[i]; i++)
        argv[i + 1] = words[i];
    return program_outcome(argv, said);
}
#define HMIS(...) hmis((const char *[]){ __VA_ARGS__, NULL })

static void expect(int status, int wanted_status, const char *wanted) {
    if (status != wanted_status || !strstr(said, wanted))
        fail_msg("status %d (%d wanted), \"%s\" wanted in: %s", status, wanted_status, wanted,
                 said);
}

static void every_command_explains_itself(void **state) {
    (void)state;
    static const char *const commands[] = { "serve",     "migrate",    "config", "routes",
                                            "geography", "dictionary", "import", "admin",
                                            "demo",      "check" };
    setenv("HMIS_DATABASE_URL", NO_DATABASE, 1);
    expect(HMIS("--help"), 0, "usage: hmis COMMAND");
    for (size_t i = 0; i < COUNT(commands); i++) {
        char line[100];
        expect(HMIS("--help"), 0, commands[i]);
        snprintf(line, sizeof line, "sage: hmis %s", commands[i]);
        expect(HMIS(commands[i], "--help"), 0, line);
        expect(HMIS(commands[i], "-h"), 0, line);
        assert_null(strstr(said, "HMIS_DATABASE_URL"));
    }
    expect(HMIS("sevre"), 2, "there is no command \"sevre\"");
}

/* A full disk under the output is no success: nothing that was done is undone, but it is said. */
static void what_cannot_be_printed_is_a_failure(void **state) {
    (void)state;
    setenv("HMIS_DATABASE_URL", NO_DATABASE, 1);
    const char *const full[] = { "/bin/sh", "-c", HMIS_BINARY " routes >/dev/full", NULL };
    expect(program_outcome(full, said), 1, "could not be written");
    const char *const empty_file[] = { "/bin/sh", "-c", HMIS_BINARY " routes >/dev/null", NULL };
    expect(program_outcome(empty_file, said), 0, "");
}

static void the_configuration_check_names_what_is_wrong(void **state) {
    (void)state;
    char file[] = "/tmp/hmis-test-XXXXXX";
    int fd = mkstemp(file);
    assert_true(fd >= 0 && write(fd, "port = 80\nportt = 1\n", 20) == 20);
    close(fd);
    const struct {
        const char *flag, *value;
        int status;
        const char *wanted;
    } cases[] = {
        { "--port", "99999", 2, "port (--port)" },
        { "--config", file, 2, ":2: there is no setting \"portt\"" },
        { "--config", "/nowhere.conf", 2, "/nowhere.conf" },
        { "--address", "localhost", 1, "address: \"localhost\"" },
        { "--trusted-proxies", "10.0.0.0/99", 1, "trusted_proxies: \"10.0.0.0/99\"" },
        { "--spool-directory", "/nowhere", 1, "spool_directory: /nowhere: No such" },
        { "--web-root", "/etc/passwd", 1, "web_root: /etc/passwd: Not a directory" },
        { "--tls-certificate", "/nowhere.pem", 2, "tls_key" },
        { "--database-url", NO_DATABASE, 1, "the database cannot be reached: " },
        { "--database-url", empty, 1, "run hmis migrate" },
        { "--database-role", "nobody_at_all", 1, "The role nobody_at_all" },
        { "--log-level", "warn", 0, "the configuration is good" },
    };
    setenv("HMIS_DATABASE_URL", conninfo, 1);
    for (size_t i = 0; i < COUNT(cases); i++)
        expect(HMIS("config", "check", cases[i].flag, cases[i].value), cases[i].status,
               cases[i].wanted);
    setenv("HMIS_PROT", "80", 1);
    expect(HMIS("config", "check"), 0, "HMIS_PROT");
    unsetenv("HMIS_PROT");
    unlink(file);
}

/* make_pair writes NAME.pem and NAME.key. */
static void make_pair(const char *name) {
    static const char script[] =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=t"
        " -keyout $0.key -out $0.pem 2>/dev/null";
    assert_int_equal(program_outcome((const char *[]){ "bash", "-c", script, name, NULL }, said),
                     0);
}

static void certificate_and_key_must_be_a_pair(void **state) {
    (void)state;
    char folder[] = "/tmp/hmis-tls-XXXXXX";
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chdir(folder), 0);
    make_pair("one");
    make_pair("two");
    setenv("HMIS_DATABASE_URL", conninfo, 1);
#define CHECK(certificate, key)                                                                    \
    HMIS("config", "check", "--tls-certificate", certificate, "--tls-key", key)
    expect(CHECK("one.pem", "one.key"), 0, "the configuration is good");
    expect(CHECK("one.pem", "two.key"), 1, "do not match");
    expect(CHECK("one.key", "one.key"), 1, "tls_certificate");
    expect(CHECK("one.pem", "none.key"), 1, "tls_key: none.key cannot be read");
    static const char *const files[] = { "one.pem", "one.key", "two.pem", "two.key" };
    for (size_t i = 0; i < COUNT(files); i++)
        unlink(files[i]);
    assert_int_equal(chdir("/"), 0);
    rmdir(folder);
}

static void a_taken_port_is_named(void **state) {
    (void)state;
    char line[200], port[20];
    setenv("HMIS_DATABASE_URL", conninfo, 1);
    struct program server =
        program_run((const char *[]){ HMIS_BINARY, "serve", "--port=0", NULL }, false);
    assert_non_null(fgets(line, sizeof line, server.said));
    snprintf(port, sizeof port, "%.10s", strrchr(line, ':') + 1);
    port[strcspn(port, "\n")] = '\0';
    expect(HMIS("serve", "--port", port), 1, "Address already in use");
    kill(server.pid, SIGTERM);
    assert_int_equal(program_end(&server), 0);
}

/* Whoever waits for a database can be told to stop. */
static void waiting_for_the_database_ends_when_told(void **state) {
    (void)state;
    setenv("HMIS_DATABASE_URL", NO_DATABASE, 1);
    struct program server =
        program_run((const char *[]){ HMIS_BINARY, "serve", "--port=0", NULL }, true);
    char line[1000];
    do {
        assert_non_null(fgets(line, sizeof line, server.said));
    } while (!strstr(line, "waiting_for_database"));
    assert_non_null(strstr(line, "/nowhere"));
    kill(server.pid, SIGTERM);
    bool told = false;
    while (fgets(line, sizeof line, server.said))
        told = told || strstr(line, "stopped while waiting");
    assert_true(told);
    assert_int_equal(program_end(&server), 1);
}

static void figures_are_imported_from_the_command_line(void **state) {
    (void)state;
    static const char rows[] = "facility_code,month,item,value\nPHC1,2022-04,1.1,12\n"
                               "PHC1,2022-04,9.1.2,many\nNOBODY,2022-04,1.1,3\n";
    char file[] = "/tmp/hmis-figures-XXXXXX", refused[40];
    int fd = mkstemp(file);
    assert_true(fd >= 0 && write(fd, rows, sizeof rows - 1) == sizeof rows - 1);
    close(fd);
    snprintf(refused, sizeof refused, "%s.csv", file);
    setenv("HMIS_DATABASE_URL", conninfo, 1);
    expect(HMIS("import", file, "--format", "long", "--dry-run"), 3, "nothing was stored");
    assert_int_equal(test_sql_int(conninfo, "select count(*) from report"), 0);
    expect(HMIS("import", "--format", "long", "--refused", refused, file), 3, "rows refused");
    assert_int_equal(test_sql_int(conninfo, "select cells[1] from report"), 12);
    assert_int_equal(test_sql_int(conninfo, "select count(*) from rollup where level = 2"), 1);
    expect(program_outcome((const char *[]){ "cat", refused, NULL }, said), 0,
           "4,1,facility_code,NOBODY,import.facility_unknown");
    expect(HMIS("import", "/nowhere.csv", "--format", "long"), 1, "/nowhere.csv");
    expect(HMIS("import", file, "--format", "extract"), 2, "--month is needed");
    expect(program_outcome((const char *[]){ "sh", "-c",
                                             "yes | head -c 3000000 | (ulimit -f 100; '" HMIS_BINARY
                                             "' import - --format long --atomic)",
                                             NULL },
                           said),
           1, "Standard input cannot be copied");
    expect(HMIS("check"), 0, "0 different");
    test_sql(conninfo, "update rollup set reports = reports + 1 where level = 2");
    expect(HMIS("check"), 3, "1 different");
    expect(HMIS("check", "--database-url", "host=/nowhere"), 1, "");
    expect(HMIS("check", "--rebuild"), 0, "0 different");
    unlink(file);
    unlink(refused);
}

int main(void) {
    base_start();
    conninfo = test_database("commands");
    empty = test_database_empty("commands_empty");
    test_state_load(conninfo);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command_explains_itself),
        cmocka_unit_test(what_cannot_be_printed_is_a_failure),
        cmocka_unit_test(the_configuration_check_names_what_is_wrong),
        cmocka_unit_test(certificate_and_key_must_be_a_pair),
        cmocka_unit_test(a_taken_port_is_named),
        cmocka_unit_test(waiting_for_the_database_ends_when_told),
        cmocka_unit_test(figures_are_imported_from_the_command_line),
    };
    int failed = cmocka_run_group_tests_name("commands", tests, NULL, NULL);
    test_database_drop(empty);
    test_database_drop(conninfo);
    return failed;
}
