/* Areas and facilities over HTTP, by role: what each sees, and what must not be in the answer.
 *
 * The small state of test_state.h, a second state 'Far' with a district, a block and a facility,
 * and a move: block B2 lies in East until the end of 2022, in West from 2023. */
#include "hmis/roles.h"
#include "hmis/routes.h"

#include "http_client.h"
#include "http_server.h"
#include "test.h"
#include "test_people.h"
#include "test_pg.h"
#include "test_state.h"

#include <stdio.h>
#include <string.h>

enum { FAR_STATE = 50, FAR_DISTRICT, FAR_BLOCK };

static const char more_sql[] =
    "insert into area (id, level, lgd_code, name) values (50, 'state', 98, 'Far State'),"
    " (51, 'district', 801, 'Distant'), (52, 'block', 8011, 'Remote'),"
    " (53, 'subdistrict', 777, 'First Tehsil');"
    "insert into area_parent (area_id, parent_id) values (50, 1), (51, 50), (52, 51), (53, 3);"
    "update area_parent set valid_to = '2023-01-01' where area_id = 6;"
    "insert into area_parent (area_id, parent_id, valid_from) values (6, 4, '2023-01-01');"
    "insert into area_text values (1, 'hi', 'भारत'), (3, 'hi', 'पूर्व');"
    "update facility set district_id = 4 where id = 3;"
    "insert into facility (id, code, nin, name, facility_type, ownership, locality, state_id,"
    " district_id, block_id, categories, beds, ulb) values (60, 'FAR1', '9000000060', 'PHC Remote',"
    " 2, 1, 1, 50, 51, 52, '{24X7}', 6, '</script>');"
    "insert into facility (code, name, facility_type, ownership, locality, state_id, district_id,"
    " block_id) select 'M' || n, 'Many ' || lpad(n::text, 3, '0'), 1, 1, 1, 50, 51, 52"
    " from generate_series(1, 250) n";

static const int32_t facilities[] = { TS_PHC1, TS_SC1 };
static const struct test_person people[] = {
    { "nation", ROLE_NATIONAL, { .level = SCOPE_NATION, .area_id = TS_NATION } },
    { "state", ROLE_STATE, { .level = SCOPE_STATE, .area_id = TS_STATE } },
    { "far", ROLE_STATE, { .level = SCOPE_STATE, .area_id = FAR_STATE } },
    { "east", ROLE_DISTRICT, { .level = SCOPE_DISTRICT, .area_id = TS_EAST } },
    { "west", ROLE_DISTRICT, { .level = SCOPE_DISTRICT, .area_id = TS_WEST } },
    { "block", ROLE_BLOCK, { .level = SCOPE_BLOCK, .area_id = TS_B1 } },
    { "viewer", ROLE_VIEWER, { .level = SCOPE_DISTRICT, .area_id = TS_EAST } },
    { "entry",
      ROLE_DATA_ENTRY,
      { .level = SCOPE_FACILITY, .facilities = facilities, .facility_count = 2 } },
    { "lost", ROLE_VIEWER, { .level = SCOPE_NOTHING } },
};

static const char *conninfo;
static struct db_pool *pool;
static struct http *http;

/* The member of each object of a list, comma by comma. */
static void names_of(const json_t *json, const char *list, const char *member, char out[500]) {
    size_t i;
    const json_t *object;
    out[0] = '\0';
    json_array_foreach(json_object_get(json, list), i, object) {
        const char *name = json_string_value(json_object_get(object, member));
        snprintf(out + strlen(out), 500 - strlen(out), "%s%s", i ? "," : "", name ? name : "-");
    }
}

static void area_by_scope(void **state) {
    (void)state;
    static const struct {
        const char *who, *path, *ancestors, *children; /* ancestors NULL: 404 */
    } cases[] = {
        { "nation", "nation", "", "Far State,Test State" },
        { "nation", "1", "", "Far State,Test State" },
        { "nation", "lgd-state-98", "India", "Distant" },
        { "state", "nation", "", "Test State" },
        { "state", "lgd-state-99", "India", "East,West" },
        { "state", "lgd-state-98", NULL, NULL },
        { "state", "51", NULL, NULL },
        { "state", "lgd-block-8011", NULL, NULL },
        { "far", "lgd-state-99", NULL, NULL },
        { "far", "51", "India,Far State", "Remote" },
        { "east", "nation", "", "Test State" },
        { "east", "lgd-state-99", "India", "East" },
        { "east", "lgd-district-901?period=2022-12", "India,Test State", "First,Second,East" },
        { "east", "lgd-district-901?period=2023-01", "India,Test State", "First,East" },
        { "east", "lgd-district-902", NULL, NULL },
        { "east", "lgd-block-9012?period=2022-12", "India,Test State,East", "" },
        { "east", "lgd-block-9012?period=2023-01", NULL, NULL },
        { "west", "lgd-block-9012?period=2022-12", NULL, NULL },
        { "west", "lgd-block-9012?period=2023-01", "India,Test State,West", "" },
        { "west", "lgd-district-902?period=2023-01", "India,Test State", "Second,Third,West" },
        { "block", "lgd-district-901", "India,Test State", "First" },
        { "block", "lgd-block-9011", "India,Test State,East", "" },
        { "block", "lgd-block-9012?period=2022-12", NULL, NULL },
        { "entry", "lgd-block-9011", "India,Test State,East", "" },
        { "entry", "lgd-district-901?period=2022-12", "India,Test State", "First" },
        { "entry", "nation", "", "Test State" },
        { "entry", "lgd-block-9012?period=2022-12", NULL, NULL },
        { "entry", "lgd-district-902", NULL, NULL },
        { "viewer", "lgd-subdistrict-777", "India,Test State,East", "" },
        { "lost", "nation", NULL, NULL },
        { "nation", "lgd-state-1", NULL, NULL },
        { "nation", "lgd-planet-1", NULL, NULL },
        { "nation", "lgd-state-", NULL, NULL },
        { "nation", "0", NULL, NULL },
        { "nation", "99999999999", NULL, NULL },
        { "nation", "1%20or%201=1", NULL, NULL },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char path[200], have[500];
        snprintf(path, sizeof path, "/api/v1/areas/%s", cases[i].path);
        json_t *json = get(cases[i].who, path, cases[i].ancestors ? 200 : 404);
        if (cases[i].ancestors) {
            names_of(json, "ancestors", "name", have);
            assert_string_equal(have, cases[i].ancestors);
            names_of(json, "children", "name", have);
            if (strcmp(have, cases[i].children) != 0)
                fail_msg("%s %s: children %s", cases[i].who, cases[i].path, have);
        } else {
            assert_null(json_object_get(json, "area"));
        }
        json_decref(json);
    }
}

static void area_in_a_language(void **state) {
    (void)state;
    char have[500];
    json_t *json = get("state", "/api/v1/areas/lgd-district-901?language=hi&period=2022-04", 200);
    const json_t *area = json_object_get(json, "area");
    assert_string_equal(json_string_value(json_object_get(area, "name")), "पूर्व");
    assert_string_equal(json_string_value(json_object_get(area, "level")), "district");
    assert_int_equal(json_integer_value(json_object_get(area, "code")), 901);
    assert_int_equal(json_integer_value(json_object_get(area, "id")), TS_EAST);
    assert_string_equal(json_string_value(json_object_get(json, "period")), "2022-04");
    names_of(json, "ancestors", "name", have);
    assert_string_equal(have, "भारत,Test State");
    json_decref(json);
}

/* The newest month with totals, not after the due one; of another's area nothing is told. */
static void the_newest_month_with_totals(void **state) {
    (void)state;
    test_sql(conninfo,
             "insert into rollup (area_id, period, dictionary_id, facility_type, ownership,"
             " locality, level, state_id, reports, packed)"
             " select 2, month, 1, 0, 1, 1, 4, 2, 1, '' from unnest(array[202204, 202205,"
             " 203803]) month");
    json_t *json = get("state", "/api/v1/areas/2", 200);
    assert_string_equal(json_string_value(json_object_get(json, "newest")), "2022-05");
    json_decref(json);
    /* one report of a far month beside forty leads nobody there */
    test_sql(conninfo, "update rollup set reports = 40 where period = 202204;"
                       "update rollup set reports = 3 where period = 202205");
    json = get("state", "/api/v1/areas/2", 200);
    assert_string_equal(json_string_value(json_object_get(json, "newest")), "2022-04");
    json_decref(json);
    json = get("east", "/api/v1/areas/2", 200);
    assert_true(json_is_null(json_object_get(json, "newest")));
    json_decref(json);
    test_sql(conninfo, "truncate rollup");
}

static void areas_by_name(void **state) {
    (void)state;
    static const struct {
        const char *who, *query, *names;
    } cases[] = {
        { "nation", "q=state", "Far State,Test State" },
        { "nation", "q=STATE&level=state", "Far State,Test State" },
        { "nation", "q=ea", "East,East" },
        { "nation", "q=ea&level=district", "East" },
        { "nation", "q=tat", "" },
        { "nation", "q=%25", "" },
        { "nation", "q=_", "" },
        { "nation", "q=%27%20or%201=1--", "" },
        { "nation", "q=%E0%A4%AA%E0%A5%82%E0%A4%B0%E0%A5%8D%E0%A4%B5&language=hi", "पूर्व" },
        { "state", "q=state", "Test State" },
        { "state", "q=re", "" },
        { "far", "q=re", "Remote" },
        { "east", "q=w", "" },
        { "west", "q=w", "West,West" },
        { "block", "q=s", "Test State" },
        { "entry", "q=s", "Test State" },
        { "entry", "q=w", "" },
        { "lost", "q=i", "" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char path[300], have[500];
        snprintf(path, sizeof path, "/api/v1/areas?period=2023-01&%s", cases[i].query);
        json_t *json = get(cases[i].who, path, 200);
        names_of(json, "areas", "name", have);
        if (strcmp(have, cases[i].names) != 0)
            fail_msg("%s %s: %s", cases[i].who, cases[i].query, have);
        json_decref(json);
    }
}

static void facilities_by_scope(void **state) {
    (void)state;
    static const struct {
        const char *who, *query, *codes;
    } cases[] = {
        { "entry", "", "PHC1,SC1" },
        { "block", "", "CHC1,NEW,PHC1,SHUT,SC1" },
        { "east", "", "CHC1,DHQ1,NEW,PHC1,SHUT,SC1" },
        { "viewer", "type=PHC", "NEW,PHC1,SHUT" },
        { "west", "", "PHC3,PHC2" },
        { "lost", "", "" },
        { "nation", "q=remote", "FAR1" },
        { "state", "q=remote", "" },
        { "state", "q=9000000060", "" },
        { "nation", "q=9000000060", "FAR1" },
        { "nation", "q=FAR", "FAR1" },
        { "state", "q=phc+t", "PHC3,PHC2" },
        { "state", "q=two+phc", "PHC2" },
        { "state", "q=hc", "" },
        { "state", "q=%25", "" },
        { "state", "q=%27%3B--", "" },
        { "state", "q=+", "CHC1,DHQ1,NEW,PHC1,SHUT,PHC3,PHC2,SC1" },
        { "state", "area=lgd-district-902", "PHC3,PHC2" },
        { "state", "area=3", "CHC1,DHQ1,NEW,PHC1,SHUT,SC1" },
        { "state", "area=lgd-block-9011&type=SC", "SC1" },
        { "state", "area=lgd-state-98", "" },
        { "state", "area=nation&type=CHC", "CHC1" },
        { "state", "area=lgd-block-1", "" },
        { "state", "status=closed", "SHUT" },
        { "state", "status=open&type=PHC", "NEW,PHC1,PHC3,PHC2" },
        { "state", "type=DHQ", "DHQ1" },
        { "entry", "q=two", "" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char path[300], have[500];
        snprintf(path, sizeof path, "/api/v1/facilities?%s", cases[i].query);
        json_t *json = get(cases[i].who, path, 200);
        names_of(json, "facilities", "code", have);
        if (strcmp(have, cases[i].codes) != 0)
            fail_msg("%s %s: %s", cases[i].who, cases[i].query, have);
        assert_int_equal(json_integer_value(json_object_get(json, "total")),
                         json_array_size(json_object_get(json, "facilities")));
        json_decref(json);
    }
}

static void pages_of_a_hundred(void **state) {
    (void)state;
    static const struct {
        int page, count;
        bool more;
    } cases[] = { { 1, 100, true }, { 2, 100, true }, { 3, 51, false }, { 4, 0, false } };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char path[100];
        snprintf(path, sizeof path, "/api/v1/facilities?page=%d", cases[i].page);
        json_t *json = get("far", path, 200);
        assert_int_equal(json_array_size(json_object_get(json, "facilities")), cases[i].count);
        assert_int_equal(json_integer_value(json_object_get(json, "total")), 251);
        assert_int_equal(json_is_true(json_object_get(json, "more")), cases[i].more);
        json_decref(json);
    }
}

static void one_facility(void **state) {
    (void)state;
    static const struct {
        const char *who, *code;
        int status;
    } cases[] = {
        { "nation", "FAR1", 200 }, { "far", "FAR1", 200 },    { "state", "FAR1", 404 },
        { "east", "FAR1", 404 },   { "lost", "FAR1", 404 },   { "entry", "PHC1", 200 },
        { "entry", "PHC2", 404 },  { "east", "PHC2", 404 },   { "west", "PHC2", 200 },
        { "block", "DHQ1", 404 },  { "nation", "far1", 404 }, { "nation", "%27", 404 },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char path[100];
        snprintf(path, sizeof path, "/api/v1/facilities/%s", cases[i].code);
        json_t *json = get(cases[i].who, path, cases[i].status);
        assert_int_equal(json_object_get(json, "name") != NULL, cases[i].status == 200);
        json_decref(json);
    }
    struct http_answer answer = http_request(as("far"), "GET", "/api/v1/facilities/FAR1", NULL);
    assert_null(strstr(answer.body, "</script>"));
    json_t *json = http_json(&answer);
    assert_string_equal(json_string_value(json_object_get(json, "ulb")), "</script>");
    assert_string_equal(json_string_value(json_object_get(json, "type")), "PHC");
    assert_string_equal(json_string_value(json_object_get(json, "ownership")), "Public");
    assert_int_equal(json_integer_value(json_object_get(json, "beds")), 6);
    assert_int_equal(json_array_size(json_object_get(json, "categories")), 1);
    const json_t *district = json_object_get(json, "district");
    assert_string_equal(json_string_value(json_object_get(district, "name")), "Distant");
    json_decref(json);
    http_answer_free(&answer);
}

static void who_may_ask_at_all(void **state) {
    (void)state;
    static const struct {
        const char *who, *path;
        int status;
    } cases[] = {
        { "nobody", "/api/v1/areas/1", 401 },
        { "nobody", "/api/v1/areas?q=a", 401 },
        { "nobody", "/api/v1/facilities", 401 },
        { "nobody", "/api/v1/facilities/PHC1", 401 },
        { "state", "/api/v1/areas", 400 },
        { "state", "/api/v1/areas?q=", 400 },
        { "state", "/api/v1/areas?q=a&level=planet", 400 },
        { "state", "/api/v1/areas?q=a&period=2022", 400 },
        { "state", "/api/v1/areas/2?period=2022-13", 400 },
        { "state", "/api/v1/areas/2?deep=1", 400 },
        { "state", "/api/v1/facilities?page=0", 400 },
        { "state", "/api/v1/facilities?page=x", 400 },
        { "state", "/api/v1/facilities?type=XYZ", 400 },
        { "state", "/api/v1/facilities?status=ajar", 400 },
        { "state", "/api/v1/facilities?area=here", 400 },
        { "state", "/api/v1/facilities?order=1", 400 },
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        json_decref(get(cases[i].who, cases[i].path, cases[i].status));
}

/* ---- Changing a facility. -------------------------------------------------------------------- */
static json_t *change(const char *who, const char *code, const char *body, int status) {
    char path[100];
    snprintf(path, sizeof path, "/api/v1/facilities/%s/changes", code);
    return ask(who, "POST", path, body, status);
}

static void who_may_change_a_facility(void **state) {
    (void)state;
    static const char name[] = "{\"act\":\"name\",\"name\":\"PHC Newname\",\"from\":\"2022-05-01\","
                               "\"reason\":\"Order 7\",\"dry_run\":true}";
    static const struct {
        const char *who, *code, *body;
        int status;
        const char *field; /* first wrong one, or NULL */
    } cases[] = {
        { "nobody", "PHC3", name, 401, NULL },
        { "entry", "PHC1", name, 403, NULL },
        { "block", "PHC1", name, 403, NULL },
        { "east", "PHC1", name, 403, NULL },
        { "viewer", "PHC1", name, 403, NULL },
        { "far", "PHC3", name, 404, NULL },
        { "state", "FAR1", name, 404, NULL },
        { "state", "NONE", name, 404, NULL },
        { "state", "PHC3", name, 200, NULL },
        { "nation", "FAR1", name, 200, NULL },
        { "state", "PHC3", "{\"act\":\"paint\"}", 422, "act" },
        { "state", "PHC3", "{}", 422, "act" },
        { "state", "PHC3", "{\"act\":\"name\",\"colour\":1}", 422, "colour" },
        { "state", "PHC3",
          "{\"act\":\"name\",\"name\":\"X\",\"from\":\"2022-13-01\","
          "\"reason\":\"r\"}",
          422, "from" },
        { "state", "PHC3",
          "{\"act\":\"move\",\"block\":\"lgd-block-8011\",\"from\":\"2022-05-01\","
          "\"reason\":\"r\",\"other_state\":true}",
          422, "block" },
        { "nation", "PHC3",
          "{\"act\":\"move\",\"block\":\"lgd-block-8011\",\"from\":\"2022-05-01\","
          "\"reason\":\"r\"}",
          422, "block" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        json_t *json = change(cases[i].who, cases[i].code, cases[i].body, cases[i].status);
        if (cases[i].field)
            assert_string_equal(json_string_value(json_object_get(
                                    json_array_get(json_object_get(json, "errors"), 0), "field")),
                                cases[i].field);
        json_decref(json);
    }
    assert_int_equal(test_sql_int(conninfo, "select count(*) from audit"), 0); /* dry runs alone */
}

static void a_change_is_told_and_seen(void **state) {
    (void)state;
    char have[500];
    json_decref(change("state", "PHC3",
                       "{\"act\":\"name\",\"name\":\"PHC Newname\",\"from\":"
                       "\"2022-05-01\",\"reason\":\"Order 7\"}",
                       200));
    json_t *json = change("state", "PHC3",
                          "{\"act\":\"close\",\"from\":\"2022-08-10\",\"reason\":"
                          "\"Order 8\"}",
                          200);
    names_of(json, "changes", "what", have);
    assert_string_equal(have, "status");
    names_of(json, "changes", "since", have);
    assert_string_equal(have, "2022-08-10");
    json_decref(json);
    json = get("state", "/api/v1/facilities/PHC3", 200);
    names_of(json, "history", "name", have);
    assert_string_equal(have, "PHC Three,PHC Newname,PHC Newname");
    names_of(json, "history", "from", have);
    assert_string_equal(have, "-,2022-05-01,2022-08-10");
    names_of(json, "history", "to", have);
    assert_string_equal(have, "2022-05-01,2022-08-10,-");
    assert_true(json_is_false(
        json_object_get(json_array_get(json_object_get(json, "history"), 2), "open")));
    assert_string_equal(json_string_value(json_object_get(json, "status")), "closed");
    json_decref(json);
    assert_int_equal(test_sql_int(conninfo,
                                  "select count(*) from audit where action in"
                                  " ('facility.name', 'facility.close') and role = 'state'"),
                     2);
}

static int set_up(void **state) {
    (void)state;
    conninfo = test_database("http_area");
    test_state_load(conninfo);
    test_sql(conninfo, more_sql);
    pool = test_pool(conninfo, 2);
    static struct route_table tables[3];
    tables[0] = area_routes;
    tables[1] = facility_routes;
    tables[2] = facility_act_routes;
    struct http_settings settings = http_test_settings(tables, 3);
    settings.pool = pool;
    http = test_people_start(&settings, people, COUNT(people));
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    test_people_stop(http);
    db_pool_free(pool);
    test_database_drop(conninfo);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(area_by_scope),
        cmocka_unit_test(area_in_a_language),
        cmocka_unit_test(the_newest_month_with_totals),
        cmocka_unit_test(facilities_by_scope),
        cmocka_unit_test(areas_by_name),
        cmocka_unit_test(facilities_by_scope),
        cmocka_unit_test(pages_of_a_hundred),
        cmocka_unit_test(one_facility),
        cmocka_unit_test(who_may_ask_at_all),
        cmocka_unit_test(who_may_change_a_facility),
        cmocka_unit_test(a_change_is_told_and_seen),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
