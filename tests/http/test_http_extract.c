/* Extracts and templates over HTTP: who gets which rows, what the files hold, what is refused. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <unistd.h>
#include <zip.h>

#include "http_client.h"
#include "test.h"
#include "test_daemon.h"
#include "test_pg.h"
#include "test_state.h"

#define PASSWORD "kettle umbrella trombone"

static const char *conninfo;
static char spool[] = "/tmp/hmis-test-extract-XXXXXX";
static struct test_daemon *server;
static struct http_client *nobody, *east, *operator_;

static void person(const char *name, const char *role, const char *flag, const char *where) {
    char command[600];
    snprintf(command, sizeof command,
             "echo '" PASSWORD
             "' | HMIS_DATABASE_URL='%s' '%s' admin create-user --username %s --name "
             "%s --role %s %s %s --password-stdin",
             conninfo, HMIS_BINARY, name, name, role, flag, where);
    if (system(command) != 0) fail_msg("%s", command);
}

static struct http_answer get(struct http_client *who, const char *path, int status) {
    struct http_answer answer = http_request(who, "GET", path, NULL);
    if (answer.status != status) fail_msg("%s: %d: %s", path, answer.status, answer.body);
    return answer;
}

static void refused(struct http_client *who, const char *path, int status) {
    struct http_answer answer = get(who, path, status);
    assert_null(strstr(answer.body, "PHC Three"));
    http_answer_free(&answer);
}

static void put(const char *facility, int form, const char *cells, const char *more) {
    char sql[600];
    snprintf(
        sql, sizeof sql,
        "insert into report (facility_id, period, form_id, facility_type, ownership, locality,"
        " source, state_id, district_id, block_id, version, submitted_at, cells)"
        " select f.id, 202204, %d, f.facility_type, f.ownership, f.locality, 1, f.state_id,"
        " f.district_id, f.block_id, 1, now(), '%s'::int4[] %s from facility f where code = '%s'",
        form, cells, more, facility);
    test_sql(conninfo, sql);
}

/* ---- Rows. ----------------------------------------------------------------------------------- */
static void a_district_gets_its_own_rows(void **state) {
    (void)state;
    struct http_answer answer = get(east, "/api/v1/extract.csv?period=2022-04&form=PHC", 200);
    assert_non_null(strstr(answer.body, "\xef\xbb\xbfsno,state,zone,district,"));
    assert_non_null(strstr(answer.body, ",status,1.1,1.1.1,"));
    assert_non_null(strstr(answer.body,
                           "1,Test State(99),,East(901),,,First(9011),,,,Primary Health "
                           "Centre,PHC1,PHC One,,,,Rural,Public,Physical,Open,12,0,,"));
    assert_non_null(strstr(answer.body, "PHC2,PHC Two,,,,Rural,Public,Physical,Open,,,,"));
    assert_non_null(strstr(answer.body, "SHUT")); /* it shut in June */
    assert_null(strstr(answer.body, "NEW"));      /* it opened in June */
    assert_null(strstr(answer.body, "PHC Three"));
    assert_null(strstr(answer.body, "CHC One")); /* another form */
    assert_string_equal(http_header(&answer, "Content-Disposition"),
                        "attachment; filename=\"extract_PHC_2022-04_East.csv\"");
    http_answer_free(&answer);
}

static void who_has_not_reported_can_be_left_out(void **state) {
    (void)state;
    struct http_answer answer =
        get(east, "/api/v1/extract.csv?period=2022-04&form=PHC&rows=reported", 200);
    assert_non_null(strstr(answer.body, "PHC1"));
    assert_null(strstr(answer.body, "PHC2"));
    http_answer_free(&answer);
}

static void facility_people_get_their_facilities(void **state) {
    (void)state;
    struct http_answer answer = get(operator_, "/api/v1/extract.csv?period=2022-04&form=PHC", 200);
    assert_non_null(strstr(answer.body, "PHC1"));
    assert_null(strstr(answer.body, "PHC2"));
    http_answer_free(&answer);
}

static void what_cannot_be_is_refused(void **state) {
    (void)state;
    refused(nobody, "/api/v1/extract.csv?period=2022-04&form=PHC", 401);
    refused(east, "/api/v1/extract.csv?period=2022-04&form=PHC&area=4", 404);
    refused(east, "/api/v1/extract.zip?from=2022-04&area=4", 404);
    refused(east, "/api/v1/template.xlsx?period=2022-04&form=PHC&area=lgd-district-902", 404);
    refused(east, "/api/v1/extract.csv?period=2022-04&form=DH", 404); /* there is none */
    refused(east, "/api/v1/template.xlsx?period=2022-04&form=DH", 404);
    refused(east, "/api/v1/extract.csv?period=2022-04&form=XYZ", 400);
    refused(east, "/api/v1/extract.csv?period=2022-04", 400);
    refused(east, "/api/v1/extract.csv?period=April&form=PHC", 400);
    refused(east, "/api/v1/extract.csv?period=2010-04&form=PHC", 422);
    refused(east, "/api/v1/extract.zip?from=2022-04&to=2024-04", 400);
    refused(east, "/api/v1/extract.zip?from=2022-04&to=2022-03", 400);
    refused(east, "/api/v1/extract.csv?period=2022-04&form=PHC&rows=some", 400);
}

/* ---- Archives and workbooks. ----------------------------------------------------------------- */
/* The text of a member of an archive; "" when it is not there. */
static char *member(const struct http_answer *answer, const char *name) {
    zip_error_t error;
    zip_stat_t about;
    zip_source_t *source = zip_source_buffer_create(answer->body, answer->length, 0, &error);
    zip_t *zip = zip_open_from_source(source, ZIP_RDONLY, &error);
    assert_non_null(zip);
    char *text = NULL;
    if (zip_stat(zip, name, 0, &about) == 0) {
        text = calloc(1, about.size + 1);
        zip_file_t *file = zip_fopen(zip, name, 0);
        assert_int_equal(zip_fread(file, text, about.size), about.size);
        zip_fclose(file);
    }
    zip_discard(zip);
    return text ? text : calloc(1, 1);
}

static void an_archive_has_a_file_for_each_form(void **state) {
    (void)state;
    struct http_answer answer = get(east, "/api/v1/extract.zip?from=2022-04", 200);
    char *phc = member(&answer, "extract_PHC_2022-04.csv"),
         *chc = member(&answer, "extract_CHC_2022-04.csv");
    char *dh = member(&answer, "extract_DH_2022-04.csv"),
         *dhq = member(&answer, "extract_DHQ_2022-04.csv");
    assert_non_null(strstr(phc, "PHC One"));
    assert_null(strstr(phc, "PHC Three"));
    assert_non_null(strstr(chc, "CHC One"));
    assert_non_null(strstr(dhq, "District Headquarters"));
    assert_string_equal(dh, ""); /* there is none */
    free(phc), free(chc), free(dh), free(dhq);
    http_answer_free(&answer);
}

static void a_template_holds_texts_and_last_months_figures(void **state) {
    (void)state;
    struct http_answer answer = get(east, "/api/v1/template.xlsx?period=2022-05&form=PHC", 200);
    char *first = member(&answer, "xl/worksheets/sheet1.xml"),
         *second = member(&answer, "xl/worksheets/sheet2.xml");
    assert_non_null(strstr(first, "<t>10.10</t>")); /* a text, as it is written */
    assert_non_null(strstr(first, "<t>PHC1</t>"));
    assert_null(strstr(first, "<v>12</v>"));
    assert_non_null(strstr(second, "<v>12</v>"));
    assert_null(strstr(first, "PHC3"));
    free(first), free(second);
    http_answer_free(&answer);
    answer = get(east, "/api/v1/template.xlsx?period=2022-05&form=PHC&kind=long&language=hi", 200);
    first = member(&answer, "xl/worksheets/sheet1.xml");
    assert_non_null(strstr(first, "<t>last_month</t>"));
    assert_non_null(strstr(first, "<v>12</v>"));
    assert_non_null(strstr(first, "\xe0\xa4"));
    free(first);
    http_answer_free(&answer);
}

static int set_up(void **state) {
    (void)state;
    base_start();
    conninfo = test_database("extract");
    test_state_load(conninfo);
    int phc = (int)test_sql_int(conninfo, "select id from form where code = 'PHC'");
    put("PHC1", phc, "{12,0}", "");
    put("PHC3", phc, "{77,7}", "");
    person("east", "district", "--area", "3");
    person("operator", "data_entry", "--facility", "PHC1,SC1");
    char setting[80];
    if (!mkdtemp(spool)) return -1;
    snprintf(setting, sizeof setting, "HMIS_SPOOL_DIRECTORY=%s", spool);
    server = test_daemon_start(conninfo, (const char *const[]){ setting, NULL });
    nobody = http_client_new(test_daemon_port(server));
    east = test_sign_in(test_daemon_port(server), "east", PASSWORD, "district");
    operator_ = test_sign_in(test_daemon_port(server), "operator", PASSWORD, "data_entry");
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    http_client_free(nobody);
    http_client_free(east);
    http_client_free(operator_);
    test_daemon_stop(server);
    return rmdir(spool); /* nothing is left in it */
}

/* An act changes the register and leaves the report: the row is of the report. */
static void a_row_is_as_its_report_was_counted(void **state) {
    (void)state;
    test_sql(conninfo, "select facility_kind_act(id, '{\"locality\": 2, \"ownership\": 2}',"
                       " '2022-04-01', null) from facility where code = 'PHC1'");
    struct http_answer answer = get(east, "/api/v1/extract.csv?period=2022-04&form=PHC", 200);
    assert_non_null(strstr(answer.body, "PHC1,PHC One,,,,Rural,Public,Physical,Open,12,0,,"));
    http_answer_free(&answer);
    answer = get(east, "/api/v1/extract.csv?period=2022-05&form=PHC", 200);
    assert_non_null(strstr(answer.body, "PHC1,PHC One,,,,Urban,Private,Physical,Open,,,,"));
    http_answer_free(&answer);
}

/* Of a month in which a facility lay elsewhere its old district gets no row of it. */
static void who_has_left_has_no_row(void **state) {
    (void)state;
    test_sql(
        conninfo,
        "select facility_place_put(array[f.id], array[f.block_id], '2022-04-01', '2022-04-30')"
        " from facility f where code = 'PHC1';"
        "select facility_place_put(array[f.id], array[(select min(ap.area_id) from area_parent ap"
        " join area b on b.id = ap.area_id where b.level = 'block' and ap.parent_id <>"
        " f.district_id)], '2022-06-01', '2022-06-30') from facility f where code = 'PHC1'");
    struct http_answer answer = get(east, "/api/v1/extract.csv?period=2022-04&form=PHC", 200);
    assert_non_null(strstr(answer.body, "PHC One"));
    http_answer_free(&answer);
    answer = get(east, "/api/v1/extract.csv?period=2022-06&form=PHC", 200);
    assert_null(strstr(answer.body, "PHC One"));
    http_answer_free(&answer);
}

/* What is learnt later of the register does not move a report: whose it is now does not show its
 * facility as one that has not reported. */
static void who_has_reported_elsewhere_has_no_empty_row(void **state) {
    (void)state;
    struct http_answer answer = get(east, "/api/v1/extract.csv?period=2022-08&form=PHC", 200);
    assert_non_null(strstr(answer.body, "PHC Two"));
    http_answer_free(&answer);
    test_sql(
        conninfo,
        "insert into report (facility_id, period, form_id, facility_type, ownership, locality,"
        " source, state_id, district_id, block_id, version, submitted_at, cells)"
        " select f.id, 202208, fo.id, f.facility_type, f.ownership, f.locality, 1, f.state_id,"
        " b.parent_id, b.area_id, 1, now(), '{5}' from form fo, facility f,"
        " (select ap.area_id, ap.parent_id from area_parent ap join area b on b.id = ap.area_id"
        "  where b.level = 'block') b where f.code = 'PHC2' and fo.code = 'PHC' and b.parent_id <> "
        "f.district_id limit 1");
    answer = get(east, "/api/v1/extract.csv?period=2022-08&form=PHC", 200);
    assert_null(strstr(answer.body, "PHC Two"));
    http_answer_free(&answer);
}

/* ---- A daemon that is killed leaves nothing behind: its files never had a name. ----------------
 */
static void no_file_has_a_name(void **state) {
    (void)state;
    static const char *const paths[] = {
        "/api/v1/extract.csv?period=2022-04&form=PHC",
        "/api/v1/extract.zip?from=2022-04&to=2022-06",
        "/api/v1/template.xlsx?period=2022-04&form=PHC&kind=extract",
        "/api/v1/template.xlsx?period=2022-04&form=PHC&kind=long",
    };
    char events[4096];
    int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    assert_true(inotify_add_watch(watch, spool, IN_CREATE | IN_MOVED_TO) >= 0);
    for (size_t i = 0; i < COUNT(paths); i++) {
        struct http_answer answer = get(east, paths[i], 200);
        assert_true(answer.length > 100);
        http_answer_free(&answer);
        if (read(watch, events, sizeof events) > 0)
            fail_msg("%s: a file stood in the spool directory", paths[i]);
    }
    close(watch);
}

/* A file that may not grow is a full disk, and no reason to end. */
static void a_file_that_may_not_grow_is_a_full_disk(void **state) {
    (void)state;
    enum { MOST = 300 * 1024, BODY = 1300 * 1024 };
    struct rlimit before, few;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    few = (struct rlimit){ MOST, before.rlim_max };
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &few), 0);
    struct test_daemon *small = test_daemon_start(conninfo, NULL);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    struct http_client *who = test_sign_in(test_daemon_port(small), "east", PASSWORD, "district");
    char *body = malloc(BODY + 1);
    memset(body, 'x', BODY);
    body[BODY] = '\0';
    http_client_headers(who, "Content-Type: text/csv\r\n");
    struct http_answer answer = http_request(who, "POST", "/api/v1/imports?format=long", body);
    assert_int_equal(answer.status, 503);
    assert_non_null(strstr(answer.body, "Uploads cannot be stored at the moment"));
    http_answer_free(&answer);
    http_client_free(who);
    free(body);
    test_daemon_stop(small);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_district_gets_its_own_rows),
        cmocka_unit_test(who_has_not_reported_can_be_left_out),
        cmocka_unit_test(facility_people_get_their_facilities),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(an_archive_has_a_file_for_each_form),
        cmocka_unit_test(a_template_holds_texts_and_last_months_figures),
        cmocka_unit_test(a_row_is_as_its_report_was_counted),
        cmocka_unit_test(no_file_has_a_name),
        cmocka_unit_test(a_file_that_may_not_grow_is_a_full_disk),
        cmocka_unit_test(who_has_left_has_no_row),
        cmocka_unit_test(who_has_reported_elsewhere_has_no_empty_row),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
