/* A facility over time, over HTTP: the same numbers for whoever asks, who reads what lay elsewhere,
 * and the form of a month.
 *
 * The state of test_totals.h. On 10 May 2022 block 102 (F3, F4) goes from district 11 to 12, from
 * May on F1 lies in block 201 of district 12, and F2, a CHC, is a PHC. */
#include "hmis/roles.h"
#include "hmis/rollup.h"
#include "hmis/routes.h"
#include "hmis/services.h"

#include "http_client.h"
#include "http_server.h"
#include "test.h"
#include "test_people.h"
#include "test_pg.h"
#include "test_state.h"
#include "test_totals.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *url;
static struct services services;
static struct http *http;

static const int32_t own[] = { 1, 2 };
static const struct test_person people[] = {
    { "nation", ROLE_NATIONAL, { SCOPE_NATION, 1, 1, 1, NULL, 0 } },
    { "state", ROLE_STATE, { SCOPE_STATE, 2, 2, 2, NULL, 0 } },
    { "old", ROLE_DISTRICT, { SCOPE_DISTRICT, 11, 3, 3, NULL, 0 } },
    { "new", ROLE_DISTRICT, { SCOPE_DISTRICT, 12, 4, 4, NULL, 0 } },
    { "block", ROLE_BLOCK, { SCOPE_BLOCK, 102, 5, 5, NULL, 0 } },
    { "operator", ROLE_DATA_ENTRY, { SCOPE_FACILITY, 0, 6, 6, own, COUNT(own) } },
};
static const char *text_of(const json_t *json, const char *key) {
    return json_string_value(json_object_get(json, key));
}

static int64_t number_of(const json_t *json, const char *key) {
    return json_integer_value(json_object_get(json, key));
}

static int reset(void **state) {
    (void)state;
    test_sql(url, "truncate report, report_version, report_draft, report_draft_gone, rollup,"
                  " rollup_state, rollup_queue");
    test_report(url, "F1", 202204, "{1}");
    test_report(url, "F2", 202204, "{2}");
    test_report(url, "F4", 202204, "{null,null,null,null,null,4}");
    test_report(url, "F1", 202206, "{10}");
    test_report(url, "F3", 202206, "{30}");
    struct problem p = { 0 };
    int64_t marks;
    struct db *db = db_take(services.pool, &p);
    const struct dictionary_set *set = dictionary_hold(services.dictionaries);
    if (!db || !rollup_pass(db, set, &marks, &p)) fail_msg("%s", p.detail);
    dictionary_release(services.dictionaries, set);
    db_give(db);
    return 0;
}

/* ---- The same numbers for whoever asks. ------------------------------------------------------ */
static void assert_status(const char *who, int area, const char *period, int expected,
                          int reported) {
    char path[100];
    snprintf(path, sizeof path, "/api/v1/reporting?area=%d&period=%s", area, period);
    json_t *status = get(who, path, 200);
    const json_t *total = json_object_get(status, "total");
    if (number_of(total, "expected") != expected || number_of(total, "reported") != reported)
        fail_msg("%s sees %lld of %lld in %d, %s, not %d of %d", who,
                 (long long)number_of(total, "reported"), (long long)number_of(total, "expected"),
                 area, period, reported, expected);
    json_decref(status);
}

static void every_officer_sees_the_same(void **state) {
    (void)state;
    static const struct {
        int area;
        const char *period;
        int expected, reported;
        const char *who[4];
    } cases[] = {
        { 11, "2022-04", 4, 3, { "nation", "state", "old" } },
        { 12, "2022-04", 4, 0, { "nation", "state", "new" } },
        { 11, "2022-06", 1, 0, { "nation", "state", "old" } },
        { 12, "2022-06", 7, 2, { "nation", "state", "new" } },
        { 2, "2022-04", 8, 3, { "nation", "state" } },
        { 2, "2022-06", 8, 2, { "nation", "state" } },
        { 102, "2022-04", 2, 1, { "nation", "state", "old", "block" } },
        { 102, "2022-06", 2, 1, { "nation", "state", "new", "block" } },
        { 201, "2022-06", 3, 1, { "nation", "state", "new" } },
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        for (size_t k = 0; k < COUNT(cases[i].who) && cases[i].who[k]; k++)
            assert_status(cases[i].who[k], cases[i].area, cases[i].period, cases[i].expected,
                          cases[i].reported);
    /* What happens later changes nothing of a month that is over. */
    test_sql(url, "select facility_status_put('{5}', '{t}', '2022-04-01', '2022-04-30'),"
                  " facility_status_put('{5}', '{f}', '2022-07-01', '2022-07-31'),"
                  " facility_kind_put('{6}', '{Facility 6}', '{3}', '{2}', '{2}', '2022-04-01',"
                  " '2022-04-30'),"
                  " facility_kind_put('{6}', '{Facility 6}', '{1}', '{2}', '{2}', '2022-08-01',"
                  " '2022-08-31')");
    assert_status("state", 12, "2022-04", 4, 0);
    assert_status("new", 12, "2022-06", 7, 2);
    assert_status("new", 12, "2022-07", 6, 0);
    assert_status("nation", 12, "2022-07", 6, 0);
    test_sql(url, "update facility_status set open = true where facility_id = 5");
}

static void who_has_not_reported_is_the_same(void **state) {
    (void)state;
    static const struct {
        const char *who, *question;
        int not_reported;
    } cases[] = {
        { "old", "area=11&period=2022-04", 1 },    { "state", "area=11&period=2022-04", 1 },
        { "nation", "area=11&period=2022-04", 1 }, { "new", "area=12&period=2022-04", 2 },
        { "state", "area=12&period=2022-04", 2 },  { "new", "area=12&period=2022-06", 2 },
        { "nation", "area=12&period=2022-06", 2 }, { "old", "area=11&period=2022-06", 1 },
        { "state", "area=11&period=2022-06", 1 },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char path[120];
        snprintf(path, sizeof path, "/api/v1/validation?%s&form=PHC", cases[i].question);
        json_t *summary = get(cases[i].who, path, 200);
        assert_int_equal(number_of(summary, "not_reported"), cases[i].not_reported);
        json_decref(summary);
    }
}

/* ---- Who reads what lay elsewhere. ----------------------------------------------------------- */
static void the_old_district_reads_its_months(void **state) {
    (void)state;
    test_sql(url, "insert into report_draft (facility_id, period, form_id, version, cells,"
                  " started_at, updated_at, base_version)"
                  " values (1, 202204, 1, 1, '{77}', now(), now(), 1)");
    json_t *report = get("old", "/api/v1/reports/F1/PHC/2022-04", 200);
    assert_string_equal(text_of(report, "facility_name"), "Facility 1");
    assert_string_equal(text_of(report, "status"), "submitted");
    assert_int_equal(number_of(json_object_get(report, "items"), "1.1"), 1);
    assert_string_equal(text_of(json_object_get(report, "place"), "district"), "Anantapur");
    assert_false(json_is_true(json_object_get(json_object_get(report, "may"), "enter")));
    json_decref(report);
    json_t *versions = get("old", "/api/v1/reports/F1/PHC/2022-04/versions", 200);
    assert_int_equal(json_array_size(json_object_get(versions, "versions")), 1);
    json_decref(versions);
    done("old", "GET", "/api/v1/reports/F1/PHC/2022-04/versions/1", NULL, 200);
    /* Its reports tell what it was; the register goes on elsewhere. */
    done("old", "GET", "/api/v1/facilities/F1", NULL, 404);
    done("new", "GET", "/api/v1/facilities/F1", NULL, 200);
    /* No later month, no list of another's facilities. */
    done("old", "GET", "/api/v1/reports/F1/PHC/2022-06", NULL, 404);
    done("old", "GET", "/api/v1/reports/F1/PHC/2022-06/versions", NULL, 404);
    json_t *list = get("old", "/api/v1/facilities?q=Facility", 200);
    assert_int_equal(json_array_size(json_object_get(list, "facilities")), 1);
    json_decref(list);
    list = get("old", "/api/v1/reports?area=11", 200);
    size_t i;
    json_t *row;
    int seen = 0;
    json_array_foreach(json_object_get(list, "reports"), i, row) {
        assert_string_equal(text_of(row, "period"), "2022-04");
        assert_non_null(json_object_get(row, "submitted_by"));
        seen += text_equal(text_of(row, "facility"), "F1");
    }
    assert_int_equal(seen, 1);
    json_decref(list);
    json_t *year = get("old", "/api/v1/facilities/F1/months?year=2022-23", 200);
    const json_t *months = json_object_get(year, "months");
    assert_int_equal(json_array_size(json_object_get(json_array_get(months, 0), "forms")), 1);
    assert_true(json_is_true(json_object_get(json_array_get(months, 0), "open")));
    assert_int_equal(json_array_size(json_object_get(json_array_get(months, 2), "forms")), 0);
    assert_false(json_is_true(json_object_get(json_array_get(months, 2), "open")));
    json_decref(year);
    /* The new one reads all of it. */
    done("new", "GET", "/api/v1/reports/F1/PHC/2022-04", NULL, 200);
    done("new", "GET", "/api/v1/reports/F1/PHC/2022-06", NULL, 200);
    done("nation", "GET", "/api/v1/reports/F1/PHC/2022-06", NULL, 200);
}

/* The headquarters' return is entered by the district in which it lies today, for old months too;
 * the total that changes is the one it was counted in. */
static void the_new_district_corrects(void **state) {
    (void)state;
    static const char path[] = "/api/v1/reports/F4/DHQ/2022-04";
    char draft[100], submit[100];
    snprintf(draft, sizeof draft, "%s/draft", path);
    snprintf(submit, sizeof submit, "%s/submit", path);
    static const char body[] = "{\"version\":0,\"items\":{\"17.1/1\":40},"
                               "\"remarks\":{\"report\":\"counted again\"}}";
    done("old", "PATCH", draft, body, 404);
    done("old", "POST", submit, "{\"version\":1}", 409);
    json_t *saved = ask("new", "PATCH", draft, body, 200);
    json_decref(saved);
    json_t *report = get("old", path, 200);
    assert_int_equal(number_of(json_object_get(report, "items"), "17.1/1"), 4);
    json_decref(report);
    done("new", "POST", submit, "{\"version\":1,\"confirm\":[\"far_month\"]}", 200);
    assert_int_equal(test_sql_int(url, "select district_id from report where facility_id = 4"), 11);
    assert_int_equal(test_sql_int(url, "select district_id from rollup_queue"), 11);
    /* The other district sees that it was corrected, when and by whom. */
    report = get("old", path, 200);
    const json_t *submitted = json_object_get(report, "submitted");
    assert_int_equal(number_of(submitted, "version"), 2);
    assert_non_null(text_of(submitted, "submitted_at"));
    assert_non_null(json_object_get(submitted, "submitted_by"));
    json_decref(report);
}

/* ---- The form of a month. -------------------------------------------------------------------- */
static void assert_forms(const json_t *year, int month, const char *want) {
    size_t i;
    json_t *form;
    char have[60] = "";
    const json_t *row = json_array_get(json_object_get(year, "months"), (size_t)month);
    json_array_foreach(json_object_get(row, "forms"), i, form)
        snprintf(have + strlen(have), sizeof have - strlen(have), "%s%s", i ? " " : "",
                 text_of(form, "form"));
    assert_string_equal(have, want);
}

/* Of June, on the form PHC: it says why it cannot be submitted, and can only be thrown away. */
static void the_draft_of_before(const char *reason) {
    static const char *const acts[] = { "check", "submit" };
    json_t *report = get("operator", "/api/v1/reports/F2/PHC/2022-06", 200);
    const json_t *may = json_object_get(report, "may");
    assert_true(json_is_false(json_object_get(may, "enter")));
    assert_true(json_is_false(json_object_get(may, "submit")));
    assert_true(json_is_true(json_object_get(may, "discard")));
    assert_string_equal(text_of(may, "reason"), reason);
    assert_string_equal(text_of(may, "form"), "CHC");
    assert_int_equal(number_of(json_object_get(report, "items"), "1.1"), 1);
    json_decref(report);
    for (size_t i = 0; i < COUNT(acts); i++) {
        char path[80];
        snprintf(path, sizeof path, "/api/v1/reports/F2/PHC/2022-06/%s", acts[i]);
        json_t *problem = ask("operator", "POST", path, "{\"version\":1}",
                              strcmp(reason, "form.not_reported") == 0 ? 422 : 409);
        assert_string_equal(text_of(problem, "code"), reason);
        assert_non_null(strstr(text_of(problem, "detail"), "CHC"));
        json_decref(problem);
    }
}

static void a_month_keeps_its_form(void **state) {
    (void)state;
    json_t *year = get("operator", "/api/v1/facilities/F2/months?year=2022-23", 200);
    assert_forms(year, 0, "CHC");
    assert_forms(year, 1, "PHC");
    assert_forms(year, 2, "PHC");
    json_decref(year);
    year = get("operator", "/api/v1/facilities/F2/months?year=2021-22", 200);
    assert_forms(year, 11, "CHC"); /* a late first report is of the kind of its month */
    json_decref(year);
    done("operator", "GET", "/api/v1/reports/F2/CHC/2022-03", NULL, 200);
    done("operator", "GET", "/api/v1/reports/F2/PHC/2022-03", NULL, 422);
    json_t *problem = ask("operator", "PATCH", "/api/v1/reports/F2/PHC/2022-04/draft",
                          "{\"version\":0,\"items\":{\"1.1\":1}}", 409);
    assert_string_equal(text_of(problem, "code"), "report.other_form");
    assert_non_null(strstr(text_of(problem, "detail"), "CHC"));
    json_decref(problem);
    problem = get("operator", "/api/v1/reports/F2/PHC/2022-04", 409);
    assert_string_equal(text_of(problem, "code"), "report.other_form");
    json_decref(problem);
    done("operator", "PATCH", "/api/v1/reports/F2/CHC/2022-04/draft",
         "{\"version\":0,\"items\":{\"1.1\":1}}", 200);
    done("operator", "PATCH", "/api/v1/reports/F2/CHC/2022-06/draft",
         "{\"version\":0,\"items\":{\"1.1\":1}}", 422);
    done("operator", "PATCH", "/api/v1/reports/F2/PHC/2022-06/draft",
         "{\"version\":0,\"items\":{\"1.1\":1}}", 200);
    /* A draft on a form that is no longer the month's is kept, and stops nothing. */
    test_sql(url, "update facility_kind set facility_type = 3 where facility_id = 2");
    the_draft_of_before("form.not_reported");
    json_t *begun = get("operator", "/api/v1/reports/F2/CHC/2022-06", 200);
    assert_true(json_is_true(json_object_get(json_object_get(begun, "may"), "submit")));
    assert_string_equal(text_of(begun, "other_draft"), "PHC");
    json_decref(begun);
    done("operator", "PATCH", "/api/v1/reports/F2/PHC/2022-06/draft",
         "{\"version\":1,\"items\":{\"1.1\":2}}", 422);
    done("operator", "PATCH", "/api/v1/reports/F2/CHC/2022-06/draft",
         "{\"version\":0,\"items\":{\"1.1\":5}}", 200);
    the_draft_of_before("form.not_reported");
    year = get("operator", "/api/v1/facilities/F2/months?year=2022-23", 200);
    assert_forms(year, 2, "PHC CHC");
    json_decref(year);
    test_report(url, "F2", 202206, "{5}");
    the_draft_of_before("report.other_form");
    done("operator", "GET", "/api/v1/reports/F2/PHC/2022-06", NULL, 200);
    done("operator", "DELETE", "/api/v1/reports/F2/PHC/2022-06/draft", NULL, 204);
    done("operator", "GET", "/api/v1/reports/F2/PHC/2022-06", NULL, 409);
    done("operator", "GET", "/api/v1/reports/F2/CHC/2022-06", NULL, 200);
    test_sql(url, "update facility_kind set facility_type = 2"
                  " where facility_id = 2 and valid_from > '1900-01-01'");
}

/* ---- Starting and ending. -------------------------------------------------------------------- */
static const char moves[] =
    "update area_parent set valid_to = '2022-05-10' where area_id = 102;"
    "insert into area_parent (area_id, parent_id, valid_from) values (102, 12, '2022-05-10');"
    "select hmis_facility_refresh(tree => true);"
    "select facility_place_put('{1}', '{101}', '2022-04-01', '2022-04-30'),"
    " facility_place_put('{1}', '{201}', '2022-05-01', '2022-05-31'),"
    " facility_kind_put('{2}', '{Facility 2}', '{3}', '{2}', '{2}', '2022-04-01', '2022-04-30'),"
    " facility_kind_put('{2}', '{Facility 2}', '{2}', '{2}', '{2}', '2022-05-01', '2022-05-31');";

/* test_report of test_totals.h knows today's kind only: F2 reported as a CHC. */
static const char chc_of_april[] =
    "create function chc_of_april() returns trigger language plpgsql as $$ begin"
    " if new.facility_id = 2 then new.form_id := 2; new.facility_type := 3; end if;"
    " return new; end $$;"
    "create trigger chc before insert on report for each row execute function chc_of_april()";

static int set_up(void **state) {
    (void)state;
    url = test_database("time");
    test_totals(url);
    test_sql(url, moves);
    test_sql(url, chc_of_april);
    services.pool = test_pool(url, 4);
    services.dictionaries = test_state_dictionaries(services.pool);
    static struct route_table tables[4];
    tables[0] = report_routes;
    tables[1] = reporting_routes;
    tables[2] = validation_summary_routes;
    tables[3] = facility_routes;
    struct http_settings settings = http_test_settings(tables, COUNT(tables));
    settings.pool = services.pool;
    settings.app = &services;
    http = test_people_start(&settings, people, COUNT(people));
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    test_people_stop(http);
    dictionary_store_free(services.dictionaries);
    db_pool_free(services.pool);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup(name, reset)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(every_officer_sees_the_same),
        TEST(who_has_not_reported_is_the_same),
        TEST(the_old_district_reads_its_months),
        TEST(the_new_district_corrects),
        TEST(a_month_keeps_its_form),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
