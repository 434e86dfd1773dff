/* The server and its database: a schema that does not fit is refused, at the start and while
 * running; SIGTERM loses nothing that was accepted; SIGHUP brings a new certificate. All with the
 * binary itself. */
#include <libpq-fe.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "hmis/account.h"

#include "test.h"
#include "test_daemon.h"
#include "test_pg.h"
#include "test_state.h"

#define PASSWORD "kettle umbrella trombone"

static void pause_ms(int ms) {
    usleep((useconds_t)ms * 1000);
}

/* ---- A schema that does not fit. ------------------------------------------------------------- */
static const struct misfit {
    const char *how, *sql, *says;
} misfits[] = {
    { "older",
      "delete from schema_migration where version = (select max(version) from "
      "schema_migration)",
      "run hmis migrate" },
    { "newer", "insert into schema_migration values (9999, 'of_tomorrow', 'x', now(), '9.9')",
      "use a newer program" },
    { "changed", "update schema_migration set sha256 = 'another' where version = 2",
      "is not what was applied" },
};

static void assert_refused(const char *conninfo, const char *const *words,
                           const struct misfit *misfit) {
    struct test_run run = test_hmis(conninfo, words);
    if (run.status <= 0 || run.status > 2 || !strstr(run.said, misfit->says))
        fail_msg("hmis %s on %s schema: exit status %d: %s", words[0], misfit->how, run.status,
                 run.said);
    assert_null(strstr(run.said, "listening"));
    free(run.said);
}

static void no_command_works_on_a_schema_that_does_not_fit(void **state) {
    (void)state;
    static const char *const commands[][8] = {
        { "serve", "--port", "0" },
        { "geography", "load", HMIS_SOURCE_DIR "/data/geography" },
        { "dictionary", "load", HMIS_SOURCE_DIR "/data/dictionary/HMIS-2017" },
        { "import", HMIS_SOURCE_DIR "/tests/data/README.md", "--format", "long" },
        { "demo", "load", "--size", "small", "--directory", "/nowhere" },
        { "admin", "list" },
        { "check", "--rebuild" },
        { "config", "check" },
    };
    for (size_t m = 0; m < COUNT(misfits); m++) {
        const char *conninfo = test_database("misfit");
        test_sql(conninfo, misfits[m].sql);
        for (size_t c = 0; c < COUNT(commands); c++)
            assert_refused(conninfo, commands[c], &misfits[m]);
        test_sql(conninfo, "do $$ begin if exists (select from area) or exists (select from"
                           " dictionary) or exists (select from rollup) then"
                           " raise 'something was written'; end if; end $$");
        test_database_drop(conninfo);
    }
}

static void migrate_touches_neither_a_newer_nor_a_changed_schema(void **state) {
    (void)state;
    for (size_t m = 1; m < COUNT(misfits); m++) {
        const char *conninfo = test_database("misfit");
        test_sql(conninfo, misfits[m].sql);
        int64_t before = test_sql_int(conninfo, "select count(*) from schema_migration");
        assert_refused(conninfo, (const char *const[]){ "migrate", NULL }, &misfits[m]);
        assert_int_equal(test_sql_int(conninfo, "select count(*) from schema_migration"), before);
        test_database_drop(conninfo);
    }
}

static void an_empty_database_wants_to_be_migrated(void **state) {
    (void)state;
    static const struct misfit empty = { "an empty", "", "run hmis migrate" };
    const char *conninfo = test_database_empty("empty");
    assert_refused(conninfo, (const char *const[]){ "serve", "--port", "0", NULL }, &empty);
    test_hmis_done(conninfo, (const char *const[]){ "migrate", NULL });
    struct test_daemon *server = test_daemon_start(conninfo, NULL);
    struct http_client *client = http_client_new(test_daemon_port(server));
    json_decref(http_expect(client, "GET", "/health/ready", NULL, 200));
    http_client_free(client);
    test_daemon_stop(server);
    test_database_drop(conninfo);
}

/* Somebody migrates under a daemon that runs: it is not ready any more, and ends by itself. */
static void a_daemon_stops_when_the_schema_changes(void **state) {
    (void)state;
    for (size_t m = 0; m < COUNT(misfits); m++) {
        const char *conninfo = test_database("changes");
        struct test_daemon *server = test_daemon_start(conninfo, NULL);
        struct http_client *client = http_client_new(test_daemon_port(server));
        json_decref(http_expect(client, "GET", "/health/ready", NULL, 200));
        test_sql(conninfo, misfits[m].sql);
        int status = test_daemon_wait(server, 30);
        char *said = test_daemon_said(server);
        if (status != 1 || !strstr(said, misfits[m].says))
            fail_msg("%s: exit status %d: %s", misfits[m].how, status, said);
        free(said);
        http_client_free(client);
        test_daemon_kill(server);
        test_database_drop(conninfo);
    }
}

/* ---- SIGTERM. -------------------------------------------------------------------------------- */
enum { IN_FLIGHT = 100, SUBMITS = 50, WORKERS = 8 };
static const char *busy_conninfo;

static void make_busy_state(void) {
    struct problem p = { 0 };
    struct arena *arena = arena_new();
    const char *codes[IN_FLIGHT];
    int64_t id;
    busy_conninfo = test_database("busy");
    test_state_load(busy_conninfo);
    test_sql(busy_conninfo,
             "insert into facility (code, name, facility_type, ownership, locality, state_id,"
             " district_id, block_id) select 'B' || n, 'PHC B' || n, 2, 1, 1, 2, 3, 5"
             " from generate_series(0, 99) n");
    for (int i = 0; i < IN_FLIGHT; i++)
        codes[i] = arena_printf(arena, "B%d", i);
    struct account_new account = { .username = "operator",
                                   .full_name = "Operator",
                                   .password = PASSWORD,
                                   .role = ROLE_DATA_ENTRY,
                                   .facilities = codes,
                                   .facility_count = IN_FLIGHT };
    struct db_pool *pool = test_pool(busy_conninfo, 1);
    struct db *db = db_take(pool, &p);
    assert_non_null(db);
    if (!account_create(db, &account, &id, arena, &p)) fail_msg("%s", p.detail);
    db_give(db);
    db_pool_free(pool);
    arena_free(arena);
}

#define BODY                                                                                       \
    "{\"version\":%d,\"items\":{\"10.1\":%d},\"remarks\":{\"report\":\"x\",\"items\":{\"10.1\":"   \
    "\"x\"}}}"

static void save_drafts(struct http_client *client) {
    for (int i = 0; i < SUBMITS; i++) {
        char path[100], body[200];
        snprintf(path, sizeof path, "/api/v1/reports/B%d/PHC/2022-04/draft", i);
        snprintf(body, sizeof body, BODY, 0, i);
        json_decref(http_expect(client, "PATCH", path, body, 200));
    }
}

/* The first half submits its drafts, the second saves. */
static int send_one(int port, const char *cookie, const char *token, int number) {
    char body[200], request[1200];
    bool submits = number < SUBMITS;
    snprintf(body, sizeof body, submits ? "{\"version\":1,\"confirm\":[\"far_month\"]}" : BODY, 0,
             number);
    snprintf(request, sizeof request,
             "%s /api/v1/reports/B%d/PHC/2022-04/%s HTTP/1.1\r\nHost: 127.0.0.1\r\n"
             "Sec-Fetch-Site: same-origin\r\nCookie: __Host-session=%s\r\nX-CSRF-Token: %s\r\n"
             "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
             submits ? "POST" : "PATCH", number, submits ? "submit" : "draft", cookie, token,
             strlen(body), body);
    int fd = http_connect(port);
    http_send_text(fd, request);
    return fd;
}

/* Keeps every save and submit waiting in the database until it is let go. */
static PGconn *hold_back(void) {
    PGconn *conn = PQconnectdb(busy_conninfo);
    PGresult *result = PQexec(conn, "begin; lock table report_draft in access exclusive mode");
    assert_int_equal(PQresultStatus(result), PGRES_COMMAND_OK);
    PQclear(result);
    return conn;
}

static void await_waiting(int64_t backends) {
    for (int waited = 0;
         test_sql_int(busy_conninfo, "select count(*) from pg_stat_activity where datname = "
                                     "current_database() and wait_event_type = 'Lock'") < backends;
         waited += 20) {
        if (waited > 20000) fail_msg("the requests do not reach the database");
        pause_ms(20);
    }
}

static void a_hundred_accepted_requests_outlive_sigterm(void **state) {
    (void)state;
    int fds[IN_FLIGHT];
    make_busy_state();
    struct test_daemon *server = test_daemon_start(
        busy_conninfo,
        (const char *const[]){ "HMIS_QUEUE_WAIT_MS=60000", "HMIS_STOP_WAIT_MS=60000",
                               "HMIS_LOCK_TIMEOUT_MS=60000", "HMIS_STATEMENT_TIMEOUT_MS=60000",
                               "HMIS_LANE_INTERACTIVE=8", NULL });
    int port = test_daemon_port(server);
    struct http_client *client = test_sign_in(port, "operator", PASSWORD, "data_entry");
    json_t *session = http_expect(client, "GET", "/api/v1/session", NULL, 200);
    const char *token = json_string_value(json_object_get(session, "csrf_token"));
    save_drafts(client);
    PGconn *lock = hold_back();
    for (int i = 0; i < IN_FLIGHT; i++)
        fds[i] = send_one(port, http_client_cookie(client, "__Host-session"), token, i);
    await_waiting(WORKERS);
    pause_ms(1000); /* the others have left the kernel's queue and stand behind them */
    kill(test_daemon_pid(server), SIGTERM);
    pause_ms(500);
    assert_int_equal(test_daemon_wait(server, 0), -1);
    PQfinish(lock);
    for (int i = 0; i < IN_FLIGHT; i++) {
        struct http_answer answer = http_read(fds[i], false);
        if (answer.status != 200) fail_msg("request %d: %d %s", i, answer.status, answer.body);
        http_answer_free(&answer);
        close(fds[i]);
    }
    test_daemon_stop(server);
    assert_int_equal(test_sql_int(busy_conninfo, "select count(*) from report"), SUBMITS);
    assert_int_equal(test_sql_int(busy_conninfo, "select count(*) from report_draft"),
                     IN_FLIGHT - SUBMITS);
    assert_int_equal(test_sql_int(busy_conninfo, "select count(*) from audit where action = "
                                                 "'report.submit'"),
                     SUBMITS);
    json_decref(session);
    http_client_free(client);
    test_database_drop(busy_conninfo);
}

/* ---- SIGHUP. --------------------------------------------------------------------------------- */
static char folder[] = "/tmp/hmis-guard-XXXXXX";
static char certificate[60], key[60];

static void make_certificate(const char *name) {
    char subject[40];
    snprintf(subject, sizeof subject, "/CN=%s", name);
    struct test_run run = test_program(
        "/usr/bin/openssl",
        (const char *const[]){ "req", "-x509", "-newkey", "ec", "-pkeyopt",
                               "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                               subject, "-keyout", key, "-out", certificate, NULL });
    if (run.status != 0) fail_msg("openssl req: %s", run.said);
    free(run.said);
}

static void assert_shown(int port, const char *name) {
    char address[40], subject[60];
    snprintf(address, sizeof address, "127.0.0.1:%d", port);
    snprintf(subject, sizeof subject, "subject=CN = %s", name);
    struct test_run run = test_program(
        "/usr/bin/openssl", (const char *const[]){ "s_client", "-connect", address, NULL });
    if (!strstr(run.said, subject)) fail_msg("not %s: %s", subject, run.said);
    free(run.said);
}

static void await_said(const struct test_daemon *server, const char *what) {
    for (int waited = 0;; waited += 20) {
        char *said = test_daemon_said(server);
        bool there = strstr(said, what) != NULL;
        if (!there && waited > 20000) fail_msg("no \"%s\" in: %s", what, said);
        free(said);
        if (there) return;
        pause_ms(20);
    }
}

static void sighup_brings_a_new_certificate(void **state) {
    (void)state;
    char settings[2][100];
    const char *conninfo = test_database("sighup");
    assert_non_null(mkdtemp(folder));
    snprintf(certificate, sizeof certificate, "%s/server.crt", folder);
    snprintf(key, sizeof key, "%s/server.key", folder);
    snprintf(settings[0], sizeof settings[0], "HMIS_TLS_CERTIFICATE=%s", certificate);
    snprintf(settings[1], sizeof settings[1], "HMIS_TLS_KEY=%s", key);
    make_certificate("first");
    struct test_daemon *server = test_daemon_start(
        conninfo, (const char *const[]){ settings[0], settings[1], "HMIS_LOG_LEVEL=info", NULL });
    assert_shown(test_daemon_port(server), "first");
    make_certificate("second");
    assert_shown(test_daemon_port(server), "first");
    kill(test_daemon_pid(server), SIGHUP);
    await_said(server, "certificate_reloaded");
    assert_shown(test_daemon_port(server), "second");
    assert_int_equal(truncate(certificate, 100), 0);
    kill(test_daemon_pid(server), SIGHUP);
    await_said(server, "certificate_kept");
    assert_shown(test_daemon_port(server), "second");
    test_daemon_stop(server);
    unlink(certificate);
    unlink(key);
    rmdir(folder);
    test_database_drop(conninfo);
}

static int set_up(void **state) {
    (void)state;
    base_start();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_command_works_on_a_schema_that_does_not_fit),
        cmocka_unit_test(migrate_touches_neither_a_newer_nor_a_changed_schema),
        cmocka_unit_test(an_empty_database_wants_to_be_migrated),
        cmocka_unit_test(a_daemon_stops_when_the_schema_changes),
        cmocka_unit_test(a_hundred_accepted_requests_outlive_sigterm),
        cmocka_unit_test(sighup_brings_a_new_certificate),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
