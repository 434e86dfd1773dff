/* What counts as a report: what is due, what has to be confirmed, who sees what is typed. By role,
 * and what must not be in an answer. */
#include <stdio.h>
#include <stdlib.h>

#include "hmis/calendar.h"
#include "hmis/roles.h"
#include "hmis/routes.h"
#include "hmis/services.h"

#include "http_client.h"
#include "http_server.h"
#include "test.h"
#include "test_people.h"
#include "test_pg.h"
#include "test_state.h"

static const char *conninfo;
static struct settings settings = { .today = "2022-09-15",
                                    .due_month_day = 1,
                                    .report_due_day = 5,
                                    .running_month = "ask",
                                    .far_months = 12 };
static struct services services = { .settings = &settings };
static struct http *http;

static const int32_t mine[] = { TS_PHC1, TS_SHUT, TS_NEW };
static const struct test_person people[] = {
    { "operator", ROLE_DATA_ENTRY, { SCOPE_FACILITY, 0, 1, 1, mine, COUNT(mine) } },
    { "doctor", ROLE_MEDICAL_OFFICER, { SCOPE_FACILITY, 0, 3, 3, mine, 1 } },
    { "block", ROLE_BLOCK, { SCOPE_BLOCK, TS_B1, 4, 4, NULL, 0 } },
    { "district", ROLE_DISTRICT, { SCOPE_DISTRICT, TS_EAST, 5, 5, NULL, 0 } },
    { "west", ROLE_DISTRICT, { SCOPE_DISTRICT, TS_WEST, 6, 6, NULL, 0 } },
    { "state", ROLE_STATE, { SCOPE_STATE, TS_STATE, 7, 7, NULL, 0 } },
    { "national", ROLE_NATIONAL, { SCOPE_NATION, TS_NATION, 8, 8, NULL, 0 } },
    { "viewer", ROLE_VIEWER, { SCOPE_DISTRICT, TS_EAST, 9, 9, NULL, 0 } },
};

#define AT(month)   "/api/v1/reports/PHC1/PHC/" month
#define PHC1        AT("2022-08")
#define PHC1_DRAFT  PHC1 "/draft"
#define PHC1_SUBMIT PHC1 "/submit"

/* A member deep inside, by a path of names: "submitted.no_services"; numbers are places of a list.
 */
static const json_t *at(const json_t *json, const char *path) {
    char *copy = xstrdup(path), *rest = copy, *name;
    while ((name = strsep(&rest, ".")))
        json = json_is_array(json) ? json_array_get(json, (size_t)atoi(name))
                                   : json_object_get(json, name);
    free(copy);
    return json;
}

static void assert_at(const json_t *json, const char *path, const char *want) {
    char *got = json_dumps(at(json, path), JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS);
    if (!text_equal(got ? got : "(none)", want)) {
        char *all = json_dumps(json, 0);
        fail_msg("%s is %s, not %s, in %s", path, got ? got : "(none)", want, all);
    }
    free(got);
}

/* Asks, holds members against what is wanted, forgets the answer. */
static void assert_answer(const char *who, const char *path, const char *member, const char *want) {
    json_t *answer = ask(who, "GET", path, NULL, 200);
    assert_at(answer, member, want);
    json_decref(answer);
}

/* The fields of a refusal, comma by comma. */
static void assert_refused(const char *path, const char *body, const char *code,
                           const char *fields) {
    json_t *answer = ask("operator", "POST", path, body, 422), *row;
    char got[500] = "";
    size_t i;
    json_array_foreach(json_object_get(answer, "errors"), i, row)
        snprintf(got + strlen(got), sizeof got - strlen(got), "%s%s", i ? "," : "",
                 json_string_value(json_object_get(row, "field")));
    assert_string_equal(json_string_value(json_object_get(answer, "code")), code);
    assert_string_equal(got, fields);
    json_decref(answer);
}

static void today_is(const char *day) {
    settings.today = day;
    calendar_set(&settings);
}

static int reset(void **state) {
    (void)state;
    test_sql(conninfo, "truncate report, report_version, report_draft, report_draft_gone,"
                       " rollup_queue, item_peak, audit");
    settings.running_month = "ask";
    today_is("2022-09-15");
    return 0;
}

/* ---- What is due. ------------------------------------------------------------------------------
 */
static void who_is_told_what_is_due(void **state) {
    (void)state;
    static const int statuses[] = { 200, 200, 403, 200, 200, 403, 403, 403 };
    for (size_t i = 0; i < COUNT(people); i++)
        done(people[i].name, "GET", "/api/v1/due", NULL, statuses[i]);
    done("nobody", "GET", "/api/v1/due", NULL, 401);
    done("operator", "GET", "/api/v1/due?page=0", NULL, 400);
    done("operator", "GET", "/api/v1/due?area=2", NULL, 400);
    assert_answer(
        "district", "/api/v1/due", "items",
        "[{\"deadline\":\"2022-09-05\",\"facility\":{\"code\":\"DHQ1\",\"name\":\"East "
        "District Headquarters\",\"type\":\"DHQ\"},\"filled\":0,\"form\":\"DHQ\",\"late\":"
        "true,\"of\":250,\"period\":\"2022-08\",\"status\":\"none\"}]");
    assert_answer("west", "/api/v1/due", "total", "0");
}

/* "2022-06 NEW,2022-07 NEW" */
static void assert_due(const char *who, const char *want) {
    json_t *answer = ask(who, "GET", "/api/v1/due", NULL, 200), *row;
    char got[1000] = "";
    size_t i;
    json_array_foreach(json_object_get(answer, "items"), i, row)
        snprintf(got + strlen(got), sizeof got - strlen(got), "%s%s %s", i ? "," : "",
                 json_string_value(at(row, "period")), json_string_value(at(row, "facility.code")));
    assert_string_equal(got, want);
    assert_int_equal(json_integer_value(json_object_get(answer, "total")), i);
    json_decref(answer);
}

static void what_is_due(void **state) {
    (void)state;
    /* NEW since it opened; PHC1, of which nothing is known, the due month; SHUT nothing any more;
     * the due month first */
    assert_due("operator", "2022-08 NEW,2022-08 PHC1,2022-06 NEW,2022-07 NEW");
    assert_due("doctor", "2022-08 PHC1");
    today_is("2022-08-31");
    assert_due("operator", "2022-07 NEW,2022-07 PHC1,2022-06 NEW");
    settings.due_month_day = 20;
    today_is("2022-08-19");
    assert_due("operator", "2022-06 NEW,2022-06 PHC1");
    settings.due_month_day = 1;
    today_is("2022-09-05");
    /* from its first report on; a draft is none */
    done("operator", "PATCH", AT("2022-05") "/draft", "{\"version\":0,\"items\":{\"1.2.1\":5}}",
         200);
    done("operator", "POST", AT("2022-05") "/submit", "{\"version\":1}", 200);
    done("operator", "PATCH", AT("2022-07") "/draft",
         "{\"version\":0,\"items\":{\"1.1\":5,\"1.2.1\":5}}", 200);
    assert_due("doctor", "2022-08 PHC1,2022-06 PHC1,2022-07 PHC1");
    assert_answer("doctor", "/api/v1/due", "items.2.status", "\"draft\"");
    assert_answer("doctor", "/api/v1/due", "items.2.filled", "2");
    assert_answer("doctor", "/api/v1/due", "items.2.late", "true");
    assert_answer("doctor", "/api/v1/due", "items.0.late", "false");
    /* a stray month far ahead of the others changes nothing */
    today_is("2022-12-10");
    done("operator", "PATCH", AT("2022-12") "/draft", "{\"version\":0,\"items\":{\"1.2.1\":5}}",
         200);
    done("operator", "POST", AT("2022-12") "/submit",
         "{\"version\":1,\"confirm\":[\"running_month\"]}", 200);
    today_is("2022-09-05");
    assert_answer("doctor", "/api/v1/facilities/PHC1/months", "suggested", "\"2022-06\"");
    assert_answer("state", "/api/v1/facilities/PHC1/months", "suggested", "\"2022-06\"");
    assert_answer("doctor", "/api/v1/facilities/PHC1/months", "year", "\"2022-23\"");
}

static void pages_of_what_is_due(void **state) {
    (void)state;
    today_is("2027-03-10");
    json_t *answer = ask("operator", "GET", "/api/v1/due?page=2", NULL, 200);
    assert_at(answer, "total", "58"); /* NEW since June 2022, and PHC1's due month */
    assert_int_equal(json_array_size(json_object_get(answer, "items")), 8);
    assert_at(answer, "more", "false");
    json_decref(answer);
    assert_answer("operator", "/api/v1/due?page=3", "items", "[]");
    assert_answer("operator", "/api/v1/due?page=3", "total", "58");
}

/* ---- What has to be confirmed. -----------------------------------------------------------------
 */
static void which_month_is_meant(void **state) {
    (void)state;
    static const struct {
        const char *month, *draft, *submit, *check, *name;
    } cases[] = {
        { AT("2022-09"), AT("2022-09") "/draft", AT("2022-09") "/submit", AT("2022-09") "/check",
          "running_month" },
        { AT("2021-06"), AT("2021-06") "/draft", AT("2021-06") "/submit", AT("2021-06") "/check",
          "far_month" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[100];
        done("operator", "PATCH", cases[i].draft, "{\"version\":0,\"items\":{\"1.2.1\":5}}", 200);
        json_t *check = ask("operator", "POST", cases[i].check, "{\"version\":1}", 200);
        snprintf(text, sizeof text, "[\"%s\"]", cases[i].name);
        assert_at(check, "confirm_needed", text);
        json_decref(check);
        snprintf(text, sizeof text, "confirm.%s", cases[i].name);
        assert_refused(cases[i].submit, "{\"version\":1}", "report.confirm_needed", text);
        assert_refused(cases[i].submit, "{\"version\":1,\"confirm\":[\"no_services\"]}",
                       "report.confirm_needed", text);
        snprintf(text, sizeof text, "{\"version\":1,\"confirm\":[\"%s\"]}", cases[i].name);
        done("operator", "POST", cases[i].submit, text, 200);
        /* a correction is not asked again */
        done("operator", "PATCH", cases[i].draft, "{\"version\":1,\"items\":{\"1.2.1\":6}}", 200);
        done("operator", "POST", cases[i].submit, "{\"version\":2}", 200);
        assert_answer("operator", cases[i].month, "submitted.receipt",
                      i == 0 ? "\"PHC1-202209-PHC-2\"" : "\"PHC1-202106-PHC-2\"");
    }
    done("operator", "POST", PHC1_SUBMIT, "{\"version\":1,\"confirm\":[\"all\"]}", 422);
    done("operator", "POST", PHC1_SUBMIT, "{\"version\":1,\"confirm\":true}", 422);
}

static void the_running_month_can_be_refused(void **state) {
    (void)state;
    settings.running_month = "refuse";
    today_is("2022-09-15");
    done("operator", "PATCH", AT("2022-09") "/draft", "{\"version\":0,\"items\":{\"1.2.1\":5}}",
         200);
    assert_refused(AT("2022-09") "/submit", "{\"version\":1,\"confirm\":[\"running_month\"]}",
                   "period.running", "");
    assert_answer("operator", AT("2022-09"), "may.submit", "false");
    assert_answer("operator", AT("2022-09"), "may.reason", "\"period.running\"");
    today_is("2022-10-01");
    assert_answer(
        "operator", AT("2022-09"), "may",
        "{\"discard\":true,\"enter\":true,\"form\":\"PHC\",\"reason\":null,\"submit\":true}");
    done("operator", "POST", AT("2022-09") "/submit", "{\"version\":1}", 200);
}

static void what_has_not_begun(void **state) {
    (void)state;
    static const char *const asked[][3] = {
        { "GET", AT("2022-10"), NULL },
        { "PATCH", AT("2022-10") "/draft", "{\"version\":0,\"items\":{\"1.1\":5}}" },
        { "POST", AT("2022-10") "/submit", "{\"version\":0}" },
    };
    for (size_t i = 0; i < COUNT(asked); i++) {
        json_t *answer = ask("operator", asked[i][0], asked[i][1], asked[i][2], 422);
        assert_at(answer, "code", "\"period.future\"");
        json_decref(answer);
    }
    today_is("2022-10-01");
    done("operator", "GET", AT("2022-10"), NULL, 200);
}

static void nothing_in_it(void **state) {
    (void)state;
    done("operator", "PATCH", PHC1_DRAFT, "{\"version\":0,\"items\":{\"1.1\":5}}", 200);
    done("operator", "PATCH", PHC1_DRAFT, "{\"version\":1,\"items\":{\"1.1\":null}}", 200);
    json_t *check = ask("operator", "POST", PHC1 "/check", "{\"version\":2}", 200);
    assert_at(check, "confirm_needed", "[\"no_services\"]");
    assert_at(check, "remarks_needed", "[\"remarks.report\"]");
    json_decref(check);
    assert_refused(PHC1_SUBMIT, "{\"version\":2}", "report.confirm_needed", "confirm.no_services");
    assert_refused(PHC1_SUBMIT, "{\"version\":2,\"confirm\":[\"no_services\"]}",
                   "report.remark_needed", "remarks.report");
    done("operator", "PATCH", PHC1_DRAFT,
         "{\"version\":2,\"remarks\":{\"report\":\"Flood: closed all month\"}}", 200);
    assert_int_equal(test_sql_int(conninfo, "select count(*) from report"), 0);
    done("operator", "POST", PHC1_SUBMIT, "{\"version\":3,\"confirm\":[\"no_services\"]}", 200);

    assert_answer("state", PHC1, "submitted.no_services", "true");
    assert_answer("state", "/api/v1/reports", "reports.0.no_services", "true");
    assert_answer("state", "/api/v1/facilities/PHC1/months", "months.4.forms.0.no_services",
                  "true");
    assert_answer("state", PHC1 "/versions", "versions.0.no_services", "true");
    json_t *status = ask("district", "GET", "/api/v1/reporting", NULL, 200);
    assert_at(status, "total.reported", "1");
    assert_at(status, "total.no_services", "1");
    json_decref(status);
    /* services were given after all */
    done("operator", "PATCH", PHC1_DRAFT, "{\"version\":3,\"items\":{\"1.2.1\":0}}", 200);
    done("operator", "POST", PHC1_SUBMIT, "{\"version\":4}", 200);
    assert_answer("state", PHC1, "submitted.no_services", "false");
    assert_answer("district", "/api/v1/reporting", "total.no_services", "0");
}

/* ---- What is typed is seen by the facility alone. ----------------------------------------------
 */
#define SECRET_FIGURE "74213"
#define SECRET_REMARK "not for officers"

static void assert_hidden(const char *path) {
    static const char *const officers[] = { "block", "district", "state", "national", "viewer" };
    for (size_t i = 0; i < COUNT(officers); i++) {
        struct http_answer answer = http_request(as(officers[i]), "GET", path, NULL);
        assert_int_equal(answer.status, 200);
        if (strstr(answer.body, SECRET_FIGURE) || strstr(answer.body, SECRET_REMARK) ||
            strstr(answer.body, "\"filled\":3"))
            fail_msg("%s is shown %s: %s", officers[i], path, answer.body);
        http_answer_free(&answer);
    }
}

static void what_is_typed_is_not_shown(void **state) {
    (void)state;
    static const char *const paths[] = { PHC1, "/api/v1/reports", "/api/v1/reports?facility=PHC1",
                                         "/api/v1/facilities/PHC1/months?year=2022-23",
                                         "/api/v1/reporting" };
    static const char draft[] =
        "{\"version\":%d,\"items\":{\"1.2.1\":" SECRET_FIGURE ",\"1.2.2\":1,\"1.2.3\":1},"
        "\"remarks\":{\"items\":{\"1.2.1\":\"" SECRET_REMARK "\"}}}";
    char body[400];
    snprintf(body, sizeof body, draft, 0);
    done("operator", "PATCH", PHC1_DRAFT, body, 200);
    for (size_t i = 0; i < COUNT(paths); i++)
        assert_hidden(paths[i]);
    json_t *answer = ask("district", "GET", PHC1, NULL, 200);
    assert_at(answer, "status", "\"none\"");
    assert_at(answer, "version", "0");
    assert_at(answer, "items", "{}");
    assert_at(answer, "remarks", "{}");
    assert_at(answer, "updated_at", "null");
    assert_at(answer, "updated_by", "null");
    assert_at(
        answer, "may",
        "{\"discard\":false,\"enter\":false,\"form\":\"PHC\",\"reason\":null,\"submit\":false}");
    json_decref(answer);
    assert_answer("doctor", PHC1, "items", "{\"1.2.1\":74213,\"1.2.2\":1,\"1.2.3\":1}");
    assert_answer("state", "/api/v1/reports", "reports.0.status", "\"draft\"");
    done("district", "POST", PHC1 "/check", "{\"version\":1}", 403);

    /* and of a correction: what was submitted is shown */
    done("operator", "PATCH", PHC1_DRAFT,
         "{\"version\":1,\"items\":{\"1.2.1\":7,\"1.2.2\":null,\"1.2.3\":null},"
         "\"remarks\":{\"items\":{\"1.2.1\":null}}}",
         200);
    done("operator", "POST", PHC1_SUBMIT, "{\"version\":2}", 200);
    snprintf(body, sizeof body, draft, 2);
    done("operator", "PATCH", PHC1_DRAFT, body, 200);
    for (size_t i = 0; i < COUNT(paths); i++)
        assert_hidden(paths[i]);
    answer = ask("state", "GET", PHC1, NULL, 200);
    assert_at(answer, "status", "\"submitted\"");
    assert_at(answer, "version", "2");
    assert_at(answer, "items", "{\"1.2.1\":7}");
    assert_at(answer, "submitted.version", "1");
    assert_at(answer, "submitted.receipt", "\"PHC1-202208-PHC-1\"");
    json_decref(answer);
    assert_answer("operator", PHC1, "status", "\"submitted_with_draft\"");
}

/* The district enters its headquarters' return and sees its own draft; those above do not. */
static void the_headquarters_draft(void **state) {
    (void)state;
    static const char dhq[] = "/api/v1/reports/DHQ1/DHQ/2022-08";
    json_t *body = json_pack("{s:i,s:{s:s}}", "version", 0, "remarks", "report", SECRET_REMARK);
    char *text = json_dumps(body, 0);
    done("district", "PATCH", "/api/v1/reports/DHQ1/DHQ/2022-08/draft", text, 200);
    free(text);
    json_decref(body);
    assert_answer("district", dhq, "status", "\"draft\"");
    assert_answer("district", dhq, "remarks.report", "\"" SECRET_REMARK "\"");
    assert_answer("district", dhq, "may.enter", "true");
    assert_answer("district", dhq, "may.submit", "true");
    static const char *const others[] = { "state", "national", "viewer" };
    for (size_t i = 0; i < COUNT(others); i++) {
        assert_answer(others[i], dhq, "status", "\"none\"");
        assert_answer(others[i], dhq, "remarks", "{}");
    }
}

/* ---- Remarks, one by one. ----------------------------------------------------------------------
 */
static void a_deleted_remark_stays_deleted(void **state) {
    (void)state;
    done("operator", "PATCH", PHC1_DRAFT,
         "{\"version\":0,\"items\":{\"1.2.1\":5},\"remarks\":{\"report\":\"r\",\"items\":{\"1.1\":"
         "\"a\","
         "\"1.1.1\":\"b\"},\"rules\":{\"PHC-03\":\"c\"}}}",
         200);
    done("operator", "POST", PHC1_SUBMIT, "{\"version\":1}", 200);
    done("operator", "PATCH", PHC1_DRAFT,
         "{\"version\":1,\"remarks\":{\"items\":{\"1.1\":null},\"rules\":{\"PHC-03\":\"\"}}}", 200);
    assert_answer("operator", PHC1, "remarks", "{\"items\":{\"1.1.1\":\"b\"},\"report\":\"r\"}");
    assert_answer("operator", PHC1, "submitted.remarks.items.1.1",
                  "(none)"); /* a path, not a key */
    json_t *answer = ask("operator", "GET", PHC1, NULL, 200);
    const json_t *old = at(answer, "submitted.remarks.items");
    assert_string_equal(json_string_value(json_object_get(old, "1.1")), "a");
    json_decref(answer);
    done("operator", "POST", PHC1_SUBMIT, "{\"version\":2}", 200);
    assert_answer("operator", PHC1, "remarks", "{\"items\":{\"1.1.1\":\"b\"},\"report\":\"r\"}");
    done("operator", "PATCH", PHC1_DRAFT,
         "{\"version\":2,\"remarks\":{\"report\":null,\"items\":{\"1.1.1\":null}}}", 200);
    done("operator", "POST", PHC1_SUBMIT, "{\"version\":3}", 200);
    assert_answer("operator", PHC1, "remarks", "{}");
    done("operator", "PATCH", PHC1_DRAFT, "{\"version\":3,\"items\":{\"1.2.1\":6}}", 200);
    assert_answer("operator", PHC1, "remarks", "{}");
    assert_answer("operator", PHC1 "/versions/1", "remarks.report", "\"r\"");
}

static void a_wrong_remark_stops_nothing_else(void **state) {
    (void)state;
    json_t *answer =
        ask("operator", "PATCH", PHC1_DRAFT,
            "{\"version\":0,\"items\":{\"1.1\":5,\"1.1.1\":-1},\"remarks\":{\"report\":"
            "\"kept\",\"items\":{\"1.1\":\"a\\u0007b\",\"1.1.1\":\"a\\u0000b\"}}}",
            200);
    const json_t *refused = json_object_get(answer, "refused");
    assert_int_equal(json_object_size(refused), 3);
    static const char *const codes[][2] = { { "items.1.1.1", "value.negative" },
                                            { "remarks.items.1.1", "body.invalid" },
                                            { "remarks.items.1.1.1", "body.invalid" } };
    for (size_t i = 0; i < COUNT(codes); i++) {
        const json_t *told = json_object_get(refused, codes[i][0]);
        assert_string_equal(json_string_value(json_object_get(told, "code")), codes[i][1]);
    }
    json_decref(answer);
    assert_answer("operator", PHC1, "items", "{\"1.1\":5}");
    assert_answer("operator", PHC1, "remarks", "{\"report\":\"kept\"}");
    /* nothing good in it: nothing is written, the number stays; an old number is a conflict still
     */
    answer = ask("operator", "PATCH", PHC1_DRAFT, "{\"version\":1,\"items\":{\"1.1\":1.5}}", 200);
    assert_at(answer, "version", "1");
    json_decref(answer);
    done("operator", "PATCH", PHC1_DRAFT, "{\"version\":0,\"items\":{\"1.1\":1.5}}", 409);
}

/* ---- What comes with the form. -----------------------------------------------------------------
 */
static void kind_place_and_the_largest(void **state) {
    (void)state;
    assert_answer("operator", PHC1, "kind",
                  "{\"locality\":\"Rural\",\"ownership\":\"Public\",\"type\":\"PHC\"}");
    assert_answer("operator", PHC1, "place",
                  "{\"block\":\"First\",\"district\":\"East\",\"state\":\"Test State\"}");
    assert_answer("operator", PHC1, "largest", "{}");
    done("operator", "PATCH", PHC1_DRAFT, "{\"version\":0,\"items\":{\"1.2.1\":900}}", 200);
    done("operator", "POST", PHC1_SUBMIT, "{\"version\":1}", 200);
    test_sql(conninfo, "insert into item_peak (dictionary_id, slot, peak, second)"
                       " select i.dictionary_id, i.slot, 900, 30 from form_item i join form f"
                       " on f.id = i.form_id where f.code = 'PHC' and i.number = '1.2.1'");
    /* its own 900 is no measure for itself */
    json_t *answer = ask("operator", "GET", PHC1, NULL, 200);
    const json_t *largest = json_object_get(answer, "largest");
    assert_int_equal(json_integer_value(json_object_get(largest, "1.2.1")), 30);
    json_decref(answer);
    answer = ask("operator", "GET", AT("2022-07"), NULL, 200);
    largest = json_object_get(answer, "largest");
    assert_int_equal(json_integer_value(json_object_get(largest, "1.2.1")), 900);
    json_decref(answer);
    /* what was, stays with the month */
    test_sql(conninfo, "update report set ownership = 2, locality = 2");
    assert_answer("operator", PHC1, "kind",
                  "{\"locality\":\"Urban\",\"ownership\":\"Private\",\"type\":\"PHC\"}");
}

/* ---- The server. -------------------------------------------------------------------------------
 */
static int start(void **state) {
    (void)state;
    static struct route_table tables[2];
    tables[0] = report_routes;
    tables[1] = reporting_routes;
    conninfo = test_database("conditions");
    test_state_load(conninfo);
    services.pool = test_pool(conninfo, 4);
    services.dictionaries = test_state_dictionaries(services.pool);
    struct http_settings http_settings = http_test_settings(tables, COUNT(tables));
    http_settings.pool = services.pool;
    http_settings.app = &services;
    http = test_people_start(&http_settings, people, COUNT(people));
    return 0;
}

static int stop(void **state) {
    (void)state;
    test_people_stop(http);
    db_pool_free(services.pool);
    return 0;
}

#define TEST(f) cmocka_unit_test_setup(f, reset)

int main(void) {
    base_start();
    const struct CMUnitTest tests[] = {
        TEST(who_is_told_what_is_due),
        TEST(what_is_due),
        TEST(pages_of_what_is_due),
        TEST(which_month_is_meant),
        TEST(the_running_month_can_be_refused),
        TEST(what_has_not_begun),
        TEST(nothing_in_it),
        TEST(what_is_typed_is_not_shown),
        TEST(the_headquarters_draft),
        TEST(a_deleted_remark_stays_deleted),
        TEST(a_wrong_remark_stops_nothing_else),
        TEST(kind_place_and_the_largest),
    };
    return cmocka_run_group_tests_name("http_conditions", tests, start, stop);
}
