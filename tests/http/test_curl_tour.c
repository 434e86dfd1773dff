/* What script writers read is run as they would run it, against the binary: script/curl-tour, and
 * the session of docs/api.md as it stands on the page. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "hmis/account.h"
#include "hmis/demo.h"
#include "program.h"
#include "test.h"
#include "test_pg.h"
#include "test_state.h"

/* ---- The server. ----------------------------------------------------------------------------- */
static struct program server;
static char url[100];

static void make_account(const char *conninfo) {
    struct db_pool *pool = test_pool(conninfo, 1);
    struct problem p = { 0 };
    struct arena *arena = arena_new();
    struct account_new account = { .username = "district",
                                   .full_name = "District officer, East",
                                   .role = ROLE_DISTRICT,
                                   .area = "lgd-district-901",
                                   .password = DEMO_PASSWORD };
    int64_t id;
    struct db *db = db_take(pool, &p);
    if (!db || !account_create(db, &account, &id, arena, &p)) fail_msg("%s", p.detail);
    db_give(db);
    arena_free(arena);
    db_pool_free(pool);
}

static void start(const char *conninfo, const char *environment) {
    char line[200];
    setenv("HMIS_DATABASE_URL", conninfo, 1);
    setenv("HMIS_ENVIRONMENT", environment, 1);
    setenv("HMIS_CAPTCHA_TEST", strcmp(environment, "test") == 0 ? "yes" : "no", 1);
    setenv("HMIS_LOG_LEVEL", "error", 1);
    server = program_run((const char *[]){ HMIS_BINARY, "serve", "--port=0", NULL }, false);
    if (!fgets(line, sizeof line, server.said) || sscanf(line, "listening %99s", url) != 1)
        fail_msg("the server does not start");
}

static void stop(void) {
    kill(server.pid, SIGTERM);
    assert_int_equal(program_end(&server), 0);
}

/* ---- Scenarios. ------------------------------------------------------------------------------ */
static const char *conninfo;

static void expect_words(const char *said, const char *const *words) {
    for (; *words; words++)
        if (!strstr(said, *words)) fail_msg("\"%s\" is not in:\n%s", *words, said);
}

static void the_tour_goes_round(void **state) {
    (void)state;
    static char said[PROGRAM_SAID];
    static const char *const words[] = {
        "signed in: District officer, East",
        "report: East District Headquarters",
        "refused: items.21.1: A count cannot be negative",
        "saved: draft version 2",
        "checked: 3 of 250 filled",
        "receipt: DHQ1-",
        "itemwise: East, 21.1 Number of newborn screened for defects at birth (as per RBSK): 137",
        "Area,East",
        "import: done, dry run true, 0 new, 1 changed, 2 refused",
        "import: done, dry run false, 0 new, 1 changed, 2 refused",
        "3,4,value,many,value.not_whole,",
        "4,1,facility_code,NOBODY,import.facility_unknown,",
        "version 2: imported by District officer, East, 3 figures",
        "version 1: entered by District officer, East, 3 figures",
        "logged out",
        NULL,
    };
    start(conninfo, "test");
    int status = program_outcome(
        (const char *[]){ HMIS_SOURCE_DIR "/script/curl-tour", "--url", url, NULL }, said);
    stop();
    expect_words(said, words);
    assert_int_equal(status, 0);
}

/* It submits figures that nobody counted. */
static void the_tour_stays_away_from_production(void **state) {
    (void)state;
    static char said[PROGRAM_SAID];
    static const char *const words[] = { "production", NULL };
    start(conninfo, "production");
    int status = program_outcome(
        (const char *[]){ HMIS_SOURCE_DIR "/script/curl-tour", "--url", url, NULL }, said);
    stop();
    expect_words(said, words);
    assert_int_equal(status, 1);
    assert_int_equal(test_sql_int(conninfo, "select count(*) from session"), 0);
}

/* Only the address, the facility, and who reads the picture differ. */
static void the_page_works_as_written(void **state) {
    (void)state;
    static char said[PROGRAM_SAID];
    static const char *const words[] = {
        "\"receipt\":\"DHQ1-202306-DHQ-1\"",
        "\"Child immunisation - BCG\"",
        "{\"status\":\"done\",\"reports_changed\":1,\"refusals\":1}",
        "3,4,value,many,value.not_whole,",
        NULL,
    };
    static const char script[] =
        "set -e; cd \"$(mktemp -d)\"; trap 'rm -rf \"$PWD\"' EXIT\n"
        "sed -n '/^<!-- session -->/,/^```$/p' \"$1\" | sed '1,2d;$d'"
        " | sed \"s|^U=.*|U=$2|; s|9900093|DHQ1|g"
        "; s|^read -rp.*|DIGITS=\\$(jq -r .test_answer captcha.json)|\" >session.sh\n"
        "bash -e session.sh";
    start(conninfo, "test");
    int status = program_outcome(
        (const char *[]){ "bash", "-c", script, "page", HMIS_SOURCE_DIR "/docs/api.md", url, NULL },
        said);
    stop();
    expect_words(said, words);
    assert_int_equal(status, 0);
}

/* Browser tests all come from one address; elsewhere thirty at once are enough. */
static void a_server_under_test_does_not_throttle(void **state) {
    (void)state;
    static char said[PROGRAM_SAID];
    static const char script[] = "for i in $(seq 45); do curl -sS -o /dev/null -w "
                                 "'%{http_code}\\n' -X POST -H \"Origin: $0\" "
                                 "$0/api/v1/captcha; done | sort | uniq -c";
    start(conninfo, "test");
    program_outcome((const char *[]){ "bash", "-c", script, url, NULL }, said);
    stop();
    expect_words(said, (const char *const[]){ "45 201", NULL });
    start(conninfo, "production");
    program_outcome((const char *[]){ "bash", "-c", script, url, NULL }, said);
    stop();
    expect_words(said, (const char *const[]){ " 201", " 429", NULL });
}

int main(void) {
    conninfo = test_database("curl_tour");
    test_state_load(conninfo);
    make_account(conninfo);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_tour_goes_round),
        cmocka_unit_test(the_tour_stays_away_from_production),
        cmocka_unit_test(the_page_works_as_written),
        cmocka_unit_test(a_server_under_test_does_not_throttle),
    };
    int failed = cmocka_run_group_tests_name("curl_tour", tests, NULL, NULL);
    test_database_drop(conninfo);
    return failed;
}
