/* The reports, by role: what each may see, and what must not be in an answer. */
#include "hmis/calendar.h"
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

static const char *url;
static struct services services;
static struct http *http;

/* ---- Who asks. ------------------------------------------------------------------------------- */
static const int32_t own[] = { 1 };
static const struct test_person people[] = {
    { "national", ROLE_NATIONAL, { .level = SCOPE_NATION, .area_id = 1 } },
    { "state", ROLE_STATE, { .level = SCOPE_STATE, .area_id = 2 } },
    { "district", ROLE_DISTRICT, { .level = SCOPE_DISTRICT, .area_id = 11 } },
    { "neighbour", ROLE_DISTRICT, { .level = SCOPE_DISTRICT, .area_id = 12 } },
    { "viewer", ROLE_VIEWER, { .level = SCOPE_DISTRICT, .area_id = 11 } },
    { "block", ROLE_BLOCK, { .level = SCOPE_BLOCK, .area_id = 101 } },
    { "operator",
      ROLE_DATA_ENTRY,
      { .level = SCOPE_FACILITY, .facilities = own, .facility_count = COUNT(own) } },
    { "nowhere", ROLE_VIEWER, { 0 } },
};
/* ---- Asking. --------------------------------------------------------------------------------- */
static const char *text_of(const json_t *json, const char *key) {
    return json_string_value(json_object_get(json, key));
}

static int64_t number_of(const json_t *json, const char *key) {
    const json_t *value = json_object_get(json, key);
    assert_true(json_is_integer(value));
    return json_integer_value(value);
}

static const json_t *row_of(const json_t *table, const char *number) {
    size_t i, k;
    json_t *section, *item;
    json_array_foreach(json_object_get(table, "sections"), i, section) {
        json_array_foreach(json_object_get(section, "items"), k, item) {
            if (text_equal(text_of(item, "number"), number)) return item;
        }
    }
    fail_msg("no item %s", number);
    return NULL;
}

static size_t item_count(const json_t *table) {
    size_t i, count = 0;
    json_t *section;
    json_array_foreach(json_object_get(table, "sections"), i, section) {
        count += json_array_size(json_object_get(section, "items"));
    }
    return count;
}

/* The cells of a row as "[17,10,7,7,10] null ..." */
static void assert_cells(const json_t *table, const char *number, const char *want) {
    char *got = json_dumps(json_object_get(row_of(table, number), "cells"),
                           JSON_COMPACT | JSON_REAL_PRECISION(6));
    assert_string_equal(got, want);
    free(got);
}

static void pass(void) {
    struct problem p = { 0 };
    int64_t done;
    struct db *db = db_take(services.pool, &p);
    const struct dictionary_set *set = dictionary_hold(services.dictionaries);
    if (!db || !rollup_pass(db, set, &done, &p)) fail_msg("%s", p.detail);
    dictionary_release(services.dictionaries, set);
    db_give(db);
}

static void put(const char *facility, int period, const char *cells, const char *outcomes) {
    char sql[300];
    snprintf(sql, sizeof sql, "select test_report('%s', %d, '%s', %s%s%s)", facility, period, cells,
             outcomes ? "'\\x" : "", outcomes ? outcomes : "null", outcomes ? "'" : "");
    test_sql(url, sql);
}

static int reset(void **state) {
    (void)state;
    test_sql(url, "truncate report, report_draft, rollup, rollup_state, rollup_queue");
    put("F1", 202203, "{1}", NULL);
    put("F1", 202204, "{10,5,1,null,25,null,null,0}", "05");
    put("F2", 202204, "{7,9,2,855,null,null,null,null}", "02");
    put("F3", 202204, "{0}", "0b");
    put("F4", 202204, "{null,null,null,null,null,100,40,null}", NULL);
    put("F5", 202204, "{100,50}", "01");
    put("F11", 202204, "{1000}", NULL);
    put("F1", 202205, "{20,6,1,null,5}", NULL);
    pass();
    return 0;
}

/* ---- The item-wise report. ------------------------------------------------------------------- */
static void a_district_by_its_blocks(void **state) {
    (void)state;
    json_t *table = get("district", "/api/v1/itemwise?area=11&from=2022-04", 200);
    assert_string_equal(text_of(table, "status"), "provisional");
    assert_string_equal(text_of(table, "dictionary"), "T1");
    const json_t *columns = json_object_get(table, "columns");
    assert_int_equal(json_array_size(columns), 3);
    static const struct {
        const char *name;
        int reports, filled, zeros;
    } want[] = { { "Anantapur", 4, 12, 2 }, { "Agali", 2, 9, 1 }, { "Amadagur", 2, 3, 1 } };
    for (size_t i = 0; i < COUNT(want); i++) {
        const json_t *column = json_array_get(columns, i);
        assert_string_equal(text_of(column, "name"), want[i].name);
        assert_int_equal(number_of(column, "reports"), want[i].reports);
        assert_int_equal(number_of(column, "filled"), want[i].filled);
        assert_int_equal(number_of(column, "zeros"), want[i].zeros);
    }
    /* total, public, private, urban, rural; nobody of Amadagur gave 1.2: blank, not zero */
    assert_cells(table, "1.1", "[[17,10,7,7,10],[17,10,7,7,10],[0,0,0,0,0]]");
    assert_cells(table, "1.2", "[[14,5,9,9,5],[14,5,9,9,5],null]");
    assert_cells(table, "1.3", "[[0,0,0,0,0],[0,0,0,0,0],null]");
    assert_cells(table, "14.1",
                 "[{\"adequate\":[1,1,0,0,1],\"answered\":[2,1,1,1,1]},"
                 "{\"adequate\":[1,1,0,0,1],\"answered\":[2,1,1,1,1]},null]");
    assert_cells(table, "14.2", "[null,null,null]");
    assert_cells(table, "14.3", "[[2.5,2.5,0.0,0.0,2.5],[2.5,2.5,0.0,0.0,2.5],null]");
    assert_cells(table, "17.1/1", "[[100],null,[100]]");
    assert_cells(table, "17.1/2", "[[40],null,[40]]");
    static const char *const ways[][2] = {
        { "1.1", "sum" }, { "14.1", "share" }, { "14.2", "none" }, { "17.1/1", "first" }
    };
    for (size_t i = 0; i < COUNT(ways); i++)
        assert_string_equal(text_of(row_of(table, ways[i][0]), "aggregation"), ways[i][1]);
    assert_null(text_of(row_of(table, "14.1"), "reason"));
    assert_string_equal(text_of(row_of(table, "14.2"), "reason"), "percentage");
    assert_null(text_of(row_of(table, "17.1/1"), "reason"));
    assert_null(text_of(row_of(table, "1.1"), "reason"));
    assert_int_equal(item_count(table), 8);
    json_decref(table);
}

static int64_t part(const json_t *cell, size_t i) {
    return json_integer_value(json_array_get(cell, i));
}

/* How many cells there were. */
static int check_item(const json_t *item, bool total_only) {
    size_t n;
    json_t *cell;
    int64_t below = 0;
    int count = 0;
    const json_t *cells = json_object_get(item, "cells");
    json_array_foreach(cells, n, cell) {
        if (json_is_null(cell)) continue;
        count++;
        if (n > 0) below += part(cell, 0);
        assert_int_equal(json_array_size(cell), total_only ? 1 : 5);
        if (total_only) continue;
        assert_int_equal(part(cell, 0), part(cell, 1) + part(cell, 2));
        assert_int_equal(part(cell, 0), part(cell, 3) + part(cell, 4));
    }
    assert_int_equal(part(json_array_get(cells, 0), 0), below);
    return count;
}

static void parts_make_the_total_and_areas_make_the_one_above(void **state) {
    (void)state;
    json_t *table = get("national", "/api/v1/itemwise?from=2022-03&to=2022-05", 200);
    size_t i, k;
    json_t *section, *item;
    int cells = 0;
    json_array_foreach(json_object_get(table, "sections"), i, section) {
        json_array_foreach(json_object_get(section, "items"), k, item) {
            if (text_equal(text_of(item, "number"), "14.3")) continue; /* decimals */
            if (text_equal(text_of(item, "aggregation"), "share")) continue;
            cells += check_item(item, json_is_true(json_object_get(section, "total_only")));
        }
    }
    assert_in_range(cells, 5, 100);
    json_decref(table);
}

static void months_and_cumulative(void **state) {
    (void)state;
    json_t *months =
        get("state", "/api/v1/itemwise?area=11&columns=months&from=2022-03&to=2022-05", 200);
    assert_cells(months, "1.1", "[[1,1,0,0,1],[17,10,7,7,10],[20,20,0,0,20]]");
    json_t *column = json_array_get(json_object_get(months, "columns"), 1);
    assert_string_equal(text_of(column, "period"), "2022-04");
    json_decref(months);
    /* from April of the year of `to`: March is of the year before */
    json_t *grown =
        get("state", "/api/v1/itemwise?area=11&columns=months&mode=cumulative&to=2022-05", 200);
    assert_string_equal(text_of(grown, "from"), "2022-04");
    assert_cells(grown, "1.1", "[[17,10,7,7,10],[37,30,7,7,30]]");
    json_decref(grown);
    json_t *areas = get("state", "/api/v1/itemwise?area=11&mode=cumulative&to=2022-05", 200);
    assert_cells(areas, "1.1", "[[37,30,7,7,30],[37,30,7,7,30],[0,0,0,0,0]]");
    json_decref(areas);
    json_t *march = get("state", "/api/v1/itemwise?area=11&mode=cumulative&to=2022-03", 200);
    assert_string_equal(text_of(march, "from"), "2021-04");
    assert_cells(march, "1.1", "[[1,1,0,0,1],[1,1,0,0,1],null]");
    json_decref(march);
}

/* The opening balance of the range is that of its first month with one; what came is added. */
static void balances_over_months(void **state) {
    (void)state;
    put("F4", 202205, "{null,null,null,null,null,90,5,null}", NULL);
    put("F4", 202206, "{null,null,null,null,null,-7,1,null}", NULL);
    pass();
    static const struct {
        const char *who, *question, *opening, *received;
    } cases[] = {
        { "state", "area=11&from=2022-03&to=2022-06", "[[100],null,[100]]", "[[46],null,[46]]" },
        { "state", "area=11&from=2022-05&to=2022-06", "[[90],null,[90]]", "[[6],null,[6]]" },
        { "state", "area=2&from=2022-03&to=2022-06", "[[100],[100],null]", "[[46],[46],null]" },
        { "national", "from=2022-05&to=2022-06", "[[90],[90],null]", "[[6],[6],null]" },
        { "state", "area=102&from=2022-04&to=2022-06", "[[100],null,[100]]", "[[46],null,[46]]" },
        { "state", "area=102&type=PHC&from=2022-04&to=2022-06", "[null,null]", "[null,null]" },
        { "district", "columns=months&from=2022-03&to=2022-06", "[null,[100],[90],[-7]]",
          "[null,[40],[5],[1]]" },
        { "district", "columns=months&mode=cumulative&to=2022-06", "[[100],[100],[100]]",
          "[[40],[45],[46]]" },
        { "state", "area=facility-F4&mode=cumulative&to=2022-06", "[[100],[100],[100]]",
          "[[40],[45],[46]]" },
        { "state", "area=102&boundaries=today&from=2022-04&to=2022-06", "[[100],null,[100]]",
          "[[46],null,[46]]" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char path[200];
        snprintf(path, sizeof path, "/api/v1/itemwise?%s", cases[i].question);
        json_t *table = get(cases[i].who, path, 200);
        assert_cells(table, "17.1/1", cases[i].opening);
        assert_cells(table, "17.1/2", cases[i].received);
        json_decref(table);
    }
}

static void answers_over_months(void **state) {
    (void)state;
    put("F1", 202206, "{1,1,2}", NULL);
    pass();
    json_t *table =
        get("state", "/api/v1/itemwise?area=11&columns=months&from=2022-04&to=2022-07", 200);
    assert_cells(table, "14.1",
                 "[{\"adequate\":[1,1,0,0,1],\"answered\":[2,1,1,1,1]},"
                 "{\"adequate\":[1,1,0,0,1],\"answered\":[1,1,0,0,1]},"
                 "{\"adequate\":[0,0,0,0,0],\"answered\":[1,1,0,0,1]},null]");
    json_decref(table);
    struct http_answer csv = http_request(as("district"), "GET",
                                          "/api/v1/itemwise.csv?columns=months&from=2022-04", NULL);
    assert_int_equal(csv.status, 200);
    assert_non_null(strstr(csv.body, "Answers: adequate of answered,1 of 2,1 of 1,0 of 1"));
    http_answer_free(&csv);
}

static void facilities_of_a_block(void **state) {
    (void)state;
    json_t *table = get("block", "/api/v1/itemwise?from=2022-04", 200);
    const json_t *columns = json_object_get(table, "columns");
    assert_int_equal(json_array_size(columns), 3);
    assert_string_equal(text_of(json_array_get(columns, 0), "name"), "Agali");
    assert_string_equal(text_of(json_array_get(columns, 2), "facility"), "F2");
    assert_cells(table, "1.1", "[[17,10,7,7,10],[10,10,0,0,10],[7,0,7,7,0]]");
    json_decref(table);
    /* before the totals know: reports are read themselves */
    put("F1", 202204, "{11}", NULL);
    table = get("block", "/api/v1/itemwise?from=2022-04", 200);
    assert_cells(table, "1.1", "[[18,11,7,7,11],[11,11,0,0,11],[7,0,7,7,0]]");
    json_decref(table);
    table = get("block", "/api/v1/itemwise?area=facility-F1&from=2022-04&to=2022-05", 200);
    assert_string_equal(text_of(table, "by"), "months");
    assert_cells(table, "1.1", "[[11,11,0,0,11],[20,20,0,0,20]]");
    json_decref(table);
}

static void filters_and_languages(void **state) {
    (void)state;
    json_t *table =
        get("district", "/api/v1/itemwise?from=2022-04&type=CHC&section=M1&language=hi", 200);
    assert_cells(table, "1.1", "[[7,0,7,7,0],[7,0,7,7,0],null]");
    assert_int_equal(item_count(table), 3);
    assert_string_equal(text_of(json_object_get(table, "area"), "name"), "अनंतपुर");
    json_decref(table);
    table = get("national", "/api/v1/itemwise?area=lgd-district-502&from=2022-04", 200);
    assert_int_equal(number_of(json_object_get(table, "area"), "id"), 11);
    json_decref(table);
}

static void a_notional_block_shows_with_figures(void **state) {
    (void)state;
    test_sql(url, "update area set notional = true where id = 102");
    json_t *table = get("district", "/api/v1/itemwise?from=2022-04", 200);
    assert_cells(table, "1.1", "[[17,10,7,7,10],[17,10,7,7,10],[0,0,0,0,0]]");
    const json_t *last = json_array_get(json_object_get(table, "columns"), 2);
    assert_string_equal(text_of(last, "name"), "Amadagur");
    json_decref(table);
    table = get("district", "/api/v1/itemwise?from=2022-05", 200);
    assert_int_equal(json_array_size(json_object_get(table, "columns")), 2);
    json_decref(table);
    test_sql(url, "update area set notional = false where id = 102");
}

static void an_area_that_changed_hands(void **state) {
    (void)state;
    test_sql(url, "update area_parent set valid_to = '2022-05-01' where area_id = 102;"
                  "insert into area_parent values (102, 12, '2022-05-01')");
    put("F3", 202205, "{3}", NULL);
    pass();
    json_t *table = get("neighbour", "/api/v1/itemwise?area=102&from=2022-05", 200);
    json_decref(table);
    json_decref(get("neighbour", "/api/v1/itemwise?area=102&from=2022-04", 404));
    json_decref(get("district", "/api/v1/itemwise?area=102&from=2022-05", 404));
    json_t *refused = get("neighbour", "/api/v1/itemwise?area=102&from=2022-04&to=2022-05", 400);
    assert_non_null(strstr(text_of(refused, "detail"), "2022-05"));
    json_decref(refused);
    table = get("state", "/api/v1/itemwise?area=11&from=2022-04&to=2022-05", 200);
    assert_cells(table, "1.1", "[[37,30,7,7,30],[37,30,7,7,30],[0,0,0,0,0]]");
    json_decref(table);
    test_sql(url, "delete from area_parent where area_id = 102 and parent_id = 12;"
                  "update area_parent set valid_to = null where area_id = 102");
}

/* ---- Boundaries. ----------------------------------------------------------------------------- */
static const char split[] =
    "insert into area (id, level, lgd_code, name) values (13, 'district', 744, 'Sri Sathya Sai');"
    "insert into area_parent (area_id, parent_id, valid_from) values (13, 2, '2022-05-04');"
    "update area_parent set valid_to = '2022-05-04' where area_id = 102;"
    "insert into area_parent (area_id, parent_id, valid_from) values (102, 13, '2022-05-04');"
    "update facility set district_id = 13 where block_id = 102;";
static const char joined[] = "update facility set district_id = 11 where block_id = 102;"
                             "delete from area_parent where 13 in (area_id, parent_id);"
                             "update area_parent set valid_to = null where area_id = 102;"
                             "delete from rollup where 13 in (area_id, district_id);"
                             "delete from rollup_state where 13 in (area_id, district_id);"
                             "delete from report where district_id = 13;"
                             "delete from area where id = 13;";

static void assert_break(const json_t *table, const char *want) {
    char *got = json_dumps(json_object_get(table, "breaks"), JSON_COMPACT);
    assert_string_equal(got, want);
    free(got);
}

#define SPLIT_MONTHS "&columns=months&from=2022-03&to=2022-05"
static void a_district_that_was_split(void **state) {
    (void)state;
    test_sql(url, split);
    put("F3", 202203, "{7}", NULL);
    put("F3", 202205, "{8}", NULL);
    pass();
    json_t *table = get("state", "/api/v1/itemwise?area=11" SPLIT_MONTHS, 200);
    assert_string_equal(text_of(table, "boundaries"), "then");
    assert_break(table, "[{\"period\":\"2022-05\",\"what\":\"split\",\"from\":[\"Anantapur\"],"
                        "\"to\":[\"Sri Sathya Sai\"]}]");
    assert_cells(table, "1.1", "[[8,8,0,0,8],[17,10,7,7,10],[20,20,0,0,20]]");
    json_decref(table);
    table = get("state", "/api/v1/itemwise?area=13" SPLIT_MONTHS, 200);
    assert_break(table, "[{\"period\":\"2022-05\",\"what\":\"began\",\"from\":[\"Anantapur\"],"
                        "\"to\":[\"Sri Sathya Sai\"]}]");
    assert_cells(table, "1.1", "[null,null,[8,8,0,0,8]]");
    const json_t *april = json_array_get(json_object_get(table, "columns"), 1);
    const json_t *may = json_array_get(json_object_get(table, "columns"), 2);
    assert_true(json_is_false(json_object_get(april, "existed")));
    assert_string_equal(
        json_string_value(json_array_get(json_object_get(april, "predecessors"), 0)), "Anantapur");
    assert_true(json_is_true(json_object_get(may, "existed")));
    json_decref(table);
    table = get("state", "/api/v1/itemwise?area=11&from=2022-05", 200); /* one month: no break */
    assert_break(table, "[]");
    json_decref(table);
    test_sql(url, joined);
}

static void months_under_the_boundaries_of_today(void **state) {
    (void)state;
    test_sql(url, split);
    put("F3", 202203, "{7}", NULL);
    put("F3", 202205, "{8}", NULL);
    pass();
    static const struct {
        const char *question, *cells;
    } cases[] = {
        { "area=11" SPLIT_MONTHS, "[[1,1,0,0,1],[17,10,7,7,10],[20,20,0,0,20]]" },
        { "area=13" SPLIT_MONTHS, "[[7,7,0,0,7],[0,0,0,0,0],[8,8,0,0,8]]" },
        { "area=13&columns=months&mode=cumulative&to=2022-05", "[[0,0,0,0,0],[8,8,0,0,8]]" },
        { "area=13&from=2022-03&to=2022-05", "[[15,15,0,0,15],[15,15,0,0,15]]" },
        { "area=102" SPLIT_MONTHS, "[[7,7,0,0,7],[0,0,0,0,0],[8,8,0,0,8]]" },
        { "area=102&from=2022-03&to=2022-05", "[[15,15,0,0,15],[15,15,0,0,15],null]" },
        { "area=2&from=2022-03&to=2022-04",
          "[[125,118,7,7,118],[18,11,7,7,11],[100,100,0,0,100],[7,7,0,0,7]]" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char path[200];
        snprintf(path, sizeof path, "/api/v1/itemwise?boundaries=today&%s", cases[i].question);
        json_t *table = get("state", path, 200);
        assert_string_equal(text_of(table, "boundaries"), "today");
        assert_cells(table, "1.1", cases[i].cells);
        json_decref(table);
    }
    /* one's own today, and nothing else: the old district reads only what stayed */
    json_t *table = get("district", "/api/v1/itemwise?boundaries=today" SPLIT_MONTHS, 200);
    assert_cells(table, "1.1", "[[1,1,0,0,1],[17,10,7,7,10],[20,20,0,0,20]]");
    json_decref(table);
    json_decref(get("district", "/api/v1/itemwise?boundaries=today&area=13" SPLIT_MONTHS, 404));
    json_decref(get("district", "/api/v1/itemwise?boundaries=today&area=102" SPLIT_MONTHS, 404));
    json_decref(get("national", "/api/v1/itemwise?boundaries=today&from=2022-04", 400));
    json_decref(get("state", "/api/v1/itemwise?boundaries=tomorrow&from=2022-04", 400));
    test_sql(url, joined);
}

/* ---- Who may not. ---------------------------------------------------------------------------- */
static const char *const paths[] = { "/api/v1/itemwise?from=2022-04",
                                     "/api/v1/itemwise.csv?from=2022-04",
                                     "/api/v1/reporting?period=2022-04",
                                     "/api/v1/validation?form=PHC&period=2022-04",
                                     "/api/v1/validation.csv?form=PHC&period=2022-04" };

static void nobody_sees_anything(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(paths); i++) {
        struct http_answer answer = http_request(as("nobody"), "GET", paths[i], NULL);
        assert_int_equal(answer.status, 401);
        assert_null(strstr(answer.body, "Anantapur"));
        assert_null(http_header(&answer, "HMIS-Status-As-On"));
        http_answer_free(&answer);
    }
}

static void outside_does_not_exist(void **state) {
    (void)state;
    static const struct {
        const char *who, *area;
    } cases[] = {
        { "block", "1" },
        { "block", "2" },
        { "block", "11" },
        { "block", "102" },
        { "block", "201" },
        { "block", "lgd-district-502" },
        { "block", "facility-F3" },
        { "neighbour", "11" },
        { "neighbour", "101" },
        { "neighbour", "2" },
        { "neighbour", "facility-F1" },
        { "viewer", "12" },
        { "viewer", "2" },
        { "state", "3" },
        { "state", "1" },
        { "state", "301" },
        { "state", "facility-F11" },
        { "operator", "101" },
        { "operator", "11" },
        { "operator", "1" },
        { "operator", "facility-F2" },
        { "nowhere", "1" },
        { "nowhere", "101" },
        { "nowhere", "facility-F1" },
        { "national", "999" },
        { "national", "facility-F99" },
        { "national", "lgd-state-99" },
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        for (size_t k = 0; k < COUNT(paths); k++) {
            char path[200];
            snprintf(path, sizeof path, "%s&area=%s", paths[k], cases[i].area);
            struct http_answer answer = http_request(as(cases[i].who), "GET", path, NULL);
            if (answer.status != 404) fail_msg("%s as %s: %d", path, cases[i].who, answer.status);
            static const char *const secrets[] = { "Anantapur", "Agali", "Facility 1", "17" };
            for (size_t n = 0; n < 3; n++)
                assert_null(strstr(answer.body, secrets[n]));
            http_answer_free(&answer);
        }
}

static void own_answers_hold_nothing_of_others(void **state) {
    (void)state;
    static const struct {
        const char *who, *not [6];
    } cases[] = {
        { "block", { "Anantapur", "Amadagur", "Chittoor", "-PHC 3", "F3\"", "1000" } },
        { "neighbour", { "Anantapur", "Agali", "Adilabad", "Facility 1\"", "F1\"", "1000" } },
        { "viewer", { "Chittoor", "Bangarupalem", "Adilabad", "Facility 5", "F5\"", "1000" } },
        { "state", { "Telangana", "Adilabad", "Bazarhatnoor", "Facility 11", "F11\"", "1000" } },
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        for (size_t k = 0; k < COUNT(paths); k++) {
            struct http_answer answer = http_request(as(cases[i].who), "GET", paths[k], NULL);
            assert_int_equal(answer.status, 200);
            for (size_t n = 0; n < COUNT(cases[i].not ); n++)
                if (strstr(answer.body, cases[i].not [n]))
                    fail_msg("%s as %s tells %s", paths[k], cases[i].who, cases[i].not [n]);
            http_answer_free(&answer);
        }
}

static void an_operator_sees_his_facility(void **state) {
    (void)state;
    json_t *table = get("operator", "/api/v1/itemwise?area=facility-F1&from=2022-04", 200);
    assert_cells(table, "1.1", "[[10,10,0,0,10]]");
    json_decref(table);
    table = get("operator", "/api/v1/itemwise?from=2022-04", 200); /* the only one there is */
    assert_string_equal(text_of(json_object_get(table, "area"), "id"), "facility-F1");
    json_decref(table);
    json_decref(get("nowhere", "/api/v1/itemwise?from=2022-04", 400));
    json_t *status = get("operator", "/api/v1/reporting?area=facility-F1&period=2022-04", 200);
    assert_int_equal(number_of(json_object_get(status, "total"), "expected"), 1);
    json_decref(status);
}

static void questions_that_cannot_be_answered(void **state) {
    (void)state;
    static const struct {
        const char *path;
        int status;
        const char *code, *says;
    } cases[] = {
        { "/api/v1/itemwise?from=2022-13", 400, "request.query", "from" },
        { "/api/v1/itemwise?from=2022-05&to=2022-04", 400, "request.query", "after" },
        { "/api/v1/itemwise?from=2020-04&to=2022-04", 400, "request.query", "24" },
        { "/api/v1/itemwise?from=2022-04&columns=rows", 400, "request.query", "areas or months" },
        { "/api/v1/itemwise?from=2022-04&mode=year", 400, "request.query", "cumulative" },
        { "/api/v1/itemwise?from=2022-04&section=M99", 400, "request.query", "section" },
        { "/api/v1/itemwise?from=2022-04&type=XYZ", 400, "request.query", "type" },
        { "/api/v1/itemwise?from=2022-04&area=Agali", 400, "request.query", "area" },
        { "/api/v1/itemwise?from=2022-04&area=lgd-subdistrict-5", 400, "request.query", "blocks" },
        { "/api/v1/itemwise?from=2022-04&area=lgd-x", 400, "request.query", "area" },
        { "/api/v1/itemwise?from=2022-04&colums=months", 400, "request.query", "" },
        { "/api/v1/itemwise?from=2022-04&language=%22", 400, "request.query", "language" },
        { "/api/v1/itemwise?from=2016-04", 422, "dictionary.none", "2016-04" },
        { "/api/v1/itemwise?from=2026-03&to=2026-04", 422, "dictionary.mixed", "2026-04" },
        { "/api/v1/reporting?period=2022", 400, "request.query", "period" },
        { "/api/v1/validation?period=2022-04", 400, "request.query", "form" },
        { "/api/v1/validation?period=2022-04&form=SC", 400, "request.query", "form" },
        { "/api/v1/validation?period=2022-04&form=PHC&by=item", 400, "request.query", "facility" },
        { "/api/v1/validation?period=2022-04&form=PHC&page=0", 400, "request.query", "page" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        json_t *json = get("district", cases[i].path, cases[i].status);
        assert_string_equal(text_of(json, "code"), cases[i].code);
        if (!strstr(text_of(json, "detail"), cases[i].says))
            fail_msg("%s: %s", cases[i].path, text_of(json, "detail"));
        json_decref(json);
    }
}

/* ---- Tag and moment. ------------------------------------------------------------------------- */
static int ask_again(const char *who, const char *path, const char *tag, char moment[30]) {
    char line[200];
    snprintf(line, sizeof line, "If-None-Match: %s\r\n", tag);
    http_client_headers(as(who), line);
    struct http_answer answer = http_request(as(who), "GET", path, NULL);
    const char *told = http_header(&answer, "HMIS-Status-As-On");
    assert_non_null(told);
    snprintf(moment, 30, "%s", told);
    int status = answer.status;
    http_answer_free(&answer);
    return status;
}

static void tag_of(const char *who, const char *path, char tag[100]) {
    struct http_answer answer = http_request(as(who), "GET", path, NULL);
    assert_int_equal(answer.status, 200);
    assert_non_null(http_header(&answer, "HMIS-Status-As-On"));
    snprintf(tag, 100, "%s", http_header(&answer, "ETag"));
    http_answer_free(&answer);
}

static void asked_again_only_what_changed_is_sent(void **state) {
    (void)state;
    static const struct {
        const char *who, *path;
        int after; /* F1 sends April again */
    } cases[] = {
        { "district", "/api/v1/itemwise?from=2022-04", 200 },
        { "district", "/api/v1/itemwise?from=2022-05", 304 },
        { "district", "/api/v1/itemwise.csv?from=2022-04", 200 },
        { "national", "/api/v1/itemwise?from=2022-04", 200 },
        { "neighbour", "/api/v1/itemwise?from=2022-04", 304 },
        { "block", "/api/v1/itemwise?from=2022-04", 200 },
        { "block", "/api/v1/itemwise?columns=months&from=2022-04&to=2022-05", 200 },
        { "operator", "/api/v1/itemwise?area=facility-F1&from=2022-04", 200 },
        { "operator", "/api/v1/itemwise?area=facility-F1&from=2022-05", 304 },
    };
    char tags[COUNT(cases)][100], moment[30];
    for (size_t i = 0; i < COUNT(cases); i++) {
        tag_of(cases[i].who, cases[i].path, tags[i]);
        assert_int_equal(ask_again(cases[i].who, cases[i].path, tags[i], moment), 304);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(tags[i], tags[k]);
    }
    put("F1", 202204, "{12}", NULL);
    pass();
    for (size_t i = 0; i < COUNT(cases); i++)
        if (ask_again(cases[i].who, cases[i].path, tags[i], moment) != cases[i].after)
            fail_msg("%s as %s", cases[i].path, cases[i].who);
}

static void the_moment_is_that_of_the_oldest_that_waits(void **state) {
    (void)state;
    char waits[40], tag[100], moment[30];
    tag_of("district", "/api/v1/itemwise?from=2022-04", tag);
    put("F1", 202204, "{12}", NULL);
    test_sql(url, "update rollup_queue set marked_at = '2026-01-02 03:04:05+00'");
    snprintf(waits, sizeof waits, "2026-01-02T03:04:05.000Z");
    json_t *table = get("state", "/api/v1/itemwise?from=2022-04", 200);
    assert_string_equal(text_of(table, "status_as_on"), waits);
    assert_cells(table, "1.1", "[[117,110,7,7,110],[17,10,7,7,10],[100,100,0,0,100]]");
    json_decref(table);
    /* unchanged, and yet the moment is told */
    assert_int_equal(ask_again("district", "/api/v1/itemwise?from=2022-04", tag, moment), 304);
    assert_string_equal(moment, waits);
    table = get("state", "/api/v1/itemwise?from=2022-05", 200);
    assert_string_not_equal(text_of(table, "status_as_on"), waits);
    json_decref(table);
    table = get("neighbour", "/api/v1/itemwise?from=2022-04", 200);
    assert_string_not_equal(text_of(table, "status_as_on"), waits);
    json_decref(table);
    pass();
    table = get("state", "/api/v1/itemwise?from=2022-04", 200);
    assert_string_not_equal(text_of(table, "status_as_on"), waits);
    assert_cells(table, "1.1", "[[119,112,7,7,112],[19,12,7,7,12],[100,100,0,0,100]]");
    json_decref(table);
}

/* ---- CSV. ------------------------------------------------------------------------------------ */
static void assert_has(const struct http_answer *answer, const char *text) {
    if (!strstr(answer->body, text)) fail_msg("not in the file: %s\n%s", text, answer->body);
}

static void csv_as_published(void **state) {
    (void)state;
    struct http_answer answer = http_request(
        as("state"), "GET", "/api/v1/itemwise.csv?area=11&from=2022-04&to=2022-05", NULL);
    assert_int_equal(answer.status, 200);
    assert_string_equal(http_header(&answer, "Content-Type"), "text/csv; charset=utf-8");
    assert_non_null(strstr(http_header(&answer, "Content-Disposition"),
                           "itemwise_2022-04_2022-05_Anantapur.csv"));
    static const char *const lines[] = {
        "\xEF\xBB\xBFHMIS data item-wise report (monthly),\r\n",
        "\r\nArea,Anantapur\r\nPeriod,April 2022 - May 2022\r\nFigures,Provisional\r\nStatus as "
        "on,20",
        "\r\n,,,,Anantapur,,,,,Agali,,,,,Amadagur,,,,\r\n",
        "\r\nSection,Ref No.,Data item,Note,Total [(A+B) or (C+D)],Public [A],Private [B],Urban "
        "[C],Rural [D],Total",
        "\r\nM1,1.1,Women registered,,37,30,7,7,30,37,30,7,7,30,0,0,0,0,0\r\n",
        "\r\nM1,1.2,\"Given TT1, \"\"booster\"\" or both\",,20,11,9,9,11,20,11,9,9,11,,,,,\r\n",
        "\r\nM14,14.1,Stock of drugs,Answers: adequate of answered,2 of 3,2 of 2,0 of 1,0 of 1,2 "
        "of 2,"
        "2 of 3,2 of 2,0 of 1,0 of 1,2 of 2,,,,,\r\n",
        "\r\nM14,14.3,Distance travelled,,3.0,3.0,0.0,0.0,3.0,",
        "\r\nM17,17.1,BCG: Stocks Received,,40,,,,,,,,,,40,,,,\r\n",
    };
    for (size_t i = 0; i < COUNT(lines); i++)
        assert_has(&answer, lines[i]);
    assert_int_equal(strncmp(answer.body, lines[0], strlen(lines[0])), 0);
    for (const char *c = strchr(answer.body, '\n'); c; c = strchr(c + 1, '\n'))
        assert_int_equal(c[-1], '\r');
    http_answer_free(&answer);
}

static void csv_runs_nothing(void **state) {
    (void)state;
    struct http_answer answer =
        http_request(as("neighbour"), "GET", "/api/v1/itemwise.csv?from=2022-04", NULL);
    assert_has(&answer, ",\"'=Chandragiri\",");
    http_answer_free(&answer);
    answer = http_request(as("district"), "GET",
                          "/api/v1/validation.csv?by=facility&form=PHC&period=2022-04", NULL);
    assert_has(&answer, "\r\nF3,\"'-PHC 3\",0,1,1,0,100.0,red\r\n");
    http_answer_free(&answer);
}

/* ---- Reporting status. ----------------------------------------------------------------------- */
static void assert_counts(const json_t *of, int expected, int reported, int drafts) {
    assert_int_equal(number_of(of, "expected"), expected);
    assert_int_equal(number_of(of, "reported"), reported);
    assert_int_equal(number_of(of, "drafts"), drafts);
}

/* The month that is due by the calendar, whatever stray month has reports; and the newest with
 * reports that is not after it. */
static void the_due_month_is_shown(void **state) {
    (void)state;
    static const struct {
        const char *today, *who, *path, *due, *newest;
    } cases[] = {
        { "2022-06-10", "district", "/api/v1/reporting", "2022-05", "\"2022-05\"" },
        { "2022-06-10", "neighbour", "/api/v1/reporting", "2022-05", "\"2022-04\"" },
        { "2022-06-10", "operator", "/api/v1/reporting", "2022-05", "\"2022-05\"" },
        { "2022-06-10", "block", "/api/v1/reporting?area=facility-F2", "2022-05", "\"2022-04\"" },
        { "2022-05-10", "district", "/api/v1/reporting", "2022-04", "\"2022-04\"" },
        { "2021-02-10", "district", "/api/v1/reporting", "2021-01", "null" },
        { "2022-05-10", "district", "/api/v1/reporting?period=2022-05", "2022-05", "\"2022-04\"" },
    };
    struct settings settings = {
        .due_month_day = 1, .report_due_day = 5, .running_month = "ask", .far_months = 12
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        settings.today = cases[i].today;
        calendar_set(&settings);
        json_t *status = get(cases[i].who, cases[i].path, 200);
        assert_string_equal(text_of(status, "period"), cases[i].due);
        char *newest = json_dumps(json_object_get(status, "newest"), JSON_ENCODE_ANY);
        assert_string_equal(newest, cases[i].newest);
        free(newest);
        json_decref(status);
    }
    settings.today = "2022-05-10";
    calendar_set(&settings);
    json_t *table = get("district", "/api/v1/itemwise", 200);
    assert_string_equal(text_of(table, "from"), "2022-04");
    json_decref(table);
    table = get("district", "/api/v1/validation?form=PHC", 200);
    assert_string_equal(text_of(table, "period"), "2022-04");
    json_decref(table);
    settings.today = "";
    calendar_set(&settings);
}

static void who_has_reported(void **state) {
    (void)state;
    test_sql(url, "insert into report_draft (facility_id, period, form_id, version, cells, "
                  "started_at, updated_at)"
                  " select f, 202205, 1, 1, '{}', now(), now() from unnest(array[1, 3]) f;"
                  "delete from facility_status where facility_id in (2, 7);"
                  "insert into facility_status (facility_id, valid_from, valid_to, open) values"
                  " (2, '1900-01-01', '2022-05-01', true), (2, '2022-05-01', null, false),"
                  " (7, '1900-01-01', '2022-06-01', false), (7, '2022-06-01', null, true)");
    json_t *status = get("state", "/api/v1/reporting?period=2022-05", 200);
    assert_counts(json_object_get(status, "total"), 6, 1, 1);
    const json_t *first = json_array_get(json_object_get(status, "rows"), 0);
    assert_string_equal(text_of(json_object_get(first, "area"), "name"), "Anantapur");
    assert_counts(first, 3, 1, 1);
    const json_t *types = json_object_get(first, "types");
    assert_int_equal(json_array_size(types), 2);
    assert_string_equal(text_of(json_array_get(types, 0), "type"), "PHC");
    assert_counts(json_array_get(types, 0), 2, 1, 1);
    assert_counts(json_array_get(types, 1), 1, 0, 0);
    json_decref(status);
    status = get("block", "/api/v1/reporting?period=2022-04", 200);
    assert_counts(json_object_get(status, "total"), 2, 2, 0);
    const json_t *facility = json_array_get(json_object_get(status, "rows"), 1);
    assert_string_equal(text_of(json_object_get(facility, "area"), "facility"), "F2");
    assert_counts(facility, 1, 1, 0);
    json_decref(status);
    test_sql(url, "delete from facility_status where facility_id in (2, 7);"
                  "insert into facility_status (facility_id, open) values (2, true), (7, true)");
}

/* The next list has no form for the headquarters, and none for CHCs: nobody waits for them. */
static void who_has_no_form_is_not_expected(void **state) {
    (void)state;
    test_sql(url, "insert into form (id, dictionary_id, code, title, facility_types)"
                  " select 90, id, 'ALL', 'All', '{2}' from dictionary where valid_from = 202604");
    json_t *status = get("state", "/api/v1/reporting?period=2026-05", 200);
    const json_t *types = json_object_get(json_object_get(status, "total"), "types");
    assert_int_equal(json_array_size(types), 1);
    assert_string_equal(text_of(json_array_get(types, 0), "type"), "PHC");
    json_decref(status);
    test_sql(url, "delete from form where id = 90");
    status = get("state", "/api/v1/reporting?period=2012-04", 200);
    assert_counts(json_object_get(status, "total"), 0, 0, 0);
    json_decref(status);
}

/* ---- Validation summary. --------------------------------------------------------------------- */
static void assert_outcomes(const json_t *of, int consistent, int inconsistent, int probable,
                            int blank, const char *band) {
    assert_int_equal(number_of(of, "consistent"), consistent);
    assert_int_equal(number_of(of, "inconsistent"), inconsistent);
    assert_int_equal(number_of(of, "probable"), probable);
    assert_int_equal(number_of(of, "blank"), blank);
    if (band)
        assert_string_equal(text_of(of, "band"), band);
    else
        assert_true(json_is_null(json_object_get(of, "band")));
}

static void how_the_rules_came_out(void **state) {
    (void)state;
    json_t *json = get("district", "/api/v1/validation?form=PHC&period=2022-04", 200);
    assert_int_equal(number_of(json, "facilities"), 2);
    assert_int_equal(number_of(json, "not_reported"), 0);
    const json_t *rules = json_object_get(json, "rules");
    assert_int_equal(json_array_size(rules), 2);
    assert_string_equal(text_of(json_array_get(rules, 0), "code"), "PHC-01");
    assert_outcomes(json_array_get(rules, 0), 1, 0, 1, 0, "red");
    assert_outcomes(json_array_get(rules, 1), 1, 1, 0, 0, "red");
    json_decref(json);
    json = get("state", "/api/v1/validation?form=PHC&period=2022-04", 200);
    assert_int_equal(number_of(json, "facilities"), 3);
    assert_int_equal(number_of(json, "not_reported"), 1);
    assert_outcomes(json_array_get(json_object_get(json, "rules"), 0), 2, 0, 1, 0, "orange");
    assert_outcomes(json_array_get(json_object_get(json, "rules"), 1), 1, 1, 0, 1, "red");
    json_decref(json);
    json = get("district", "/api/v1/validation?form=PHC&period=2022-04&by=facility", 200);
    const json_t *facilities = json_object_get(json, "rows");
    assert_int_equal(json_array_size(facilities), 2);
    assert_string_equal(text_of(json_array_get(facilities, 0), "facility"), "F3");
    assert_outcomes(json_array_get(facilities, 0), 0, 1, 1, 0, "red");
    assert_outcomes(json_array_get(facilities, 1), 2, 0, 0, 0, "dark_green");
    json_decref(json);
    json = get("district", "/api/v1/validation?form=PHC&period=2022-05", 200);
    assert_outcomes(json_array_get(json_object_get(json, "rules"), 0), 0, 0, 0, 1, NULL);
    json_decref(json);
    struct http_answer answer =
        http_request(as("state"), "GET", "/api/v1/validation.csv?form=PHC&period=2022-04", NULL);
    assert_has(
        &answer,
        "\r\nRule,Text,Consistent,Inconsistent,Probable reporting error,Blank,Errors %,Band\r\n"
        "PHC-01,TT1 is at most the registrations,2,0,1,0,33.3,orange\r\n");
    http_answer_free(&answer);
    /* in Hindi the rule is said with the names of its items: the dictionary has it in English alone
     */
    answer = http_request(as("state"), "GET",
                          "/api/v1/validation.csv?form=PHC&period=2022-04&language=hi", NULL);
    assert_has(&answer, "से अधिक नहीं होना चाहिए\",2,0,1,0,33.3,नारंगी\r\n");
    assert_null(strstr(answer.body, "TT1 is at most"));
    http_answer_free(&answer);
}

static void a_rule_leads_to_its_reports(void **state) {
    (void)state;
    json_t *json = get("state", "/api/v1/validation/PHC-01?form=PHC&period=2022-04", 200);
    const json_t *rule = json_object_get(json, "rule"), *rows = json_object_get(json, "rows");
    assert_string_equal(text_of(rule, "code"), "PHC-01");
    assert_string_equal(text_of(rule, "operator"), "<=");
    assert_int_equal(json_array_size(json_object_get(rule, "left")), 1);
    assert_int_equal(number_of(json, "total"), 1);
    assert_true(json_is_false(json_object_get(json, "more")));
    const json_t *row = json_array_get(rows, 0);
    assert_string_equal(text_of(row, "facility"), "F3");
    assert_string_equal(text_of(row, "outcome"), "probable");
    assert_non_null(json_object_get(row, "left"));
    assert_true(json_is_null(json_object_get(row, "remark")));
    json_decref(json);
    json = get("state", "/api/v1/validation/PHC-02?form=PHC&period=2022-04", 200);
    row = json_array_get(json_object_get(json, "rows"), 0);
    assert_string_equal(text_of(row, "facility"), "F3");
    assert_string_equal(text_of(row, "outcome"), "inconsistent");
    json_decref(json);
    /* from elsewhere: nothing; a rule or form that is none: told */
    json = get("district", "/api/v1/validation/PHC-01?form=PHC&period=2022-05", 200);
    assert_int_equal(number_of(json, "total"), 0);
    json_decref(json);
    json_decref(get("state", "/api/v1/validation/PHC-99?form=PHC&period=2022-04", 404));
    json_decref(get("state", "/api/v1/validation/PHC-01?form=XYZ&period=2022-04", 400));
    json_decref(get("state", "/api/v1/validation/PHC-01?form=PHC", 400));
}

static void colours(void **state) {
    (void)state;
    static const struct {
        int wrong;
        const char *band;
    } cases[] = { { 0, "dark_green" },  { 4, "dark_green" }, { 5, "light_green" },
                  { 9, "light_green" }, { 10, "yellow" },    { 24, "yellow" },
                  { 25, "orange" },     { 49, "orange" },    { 50, "red" },
                  { 100, "red" } };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char sql[600];
        snprintf(sql, sizeof sql,
                 "delete from report where form_id = 2;"
                 "insert into report (facility_id, period, form_id, facility_type, ownership, "
                 "locality, source,"
                 " state_id, district_id, block_id, version, submitted_at, cells, outcomes)"
                 " select 1000 + n, 202204, 2, 3, 1, 1, 1, 2, 11, 101, 1, now(), '{}',"
                 "        case when n <= %d then '\\x02'::bytea else '\\x01' end"
                 "   from generate_series(1, 100) n",
                 cases[i].wrong);
        test_sql(url, sql);
        json_t *json = get("district", "/api/v1/validation?form=CHC&period=2022-04", 200);
        assert_outcomes(json_array_get(json_object_get(json, "rules"), 0), 100 - cases[i].wrong,
                        cases[i].wrong, 0, 0, cases[i].band);
        json_decref(json);
    }
    /* facilities that nobody knows any more have no name; pages end */
    json_t *json =
        get("district", "/api/v1/validation?form=CHC&period=2022-04&by=facility&page=2", 200);
    assert_int_equal(number_of(json, "pages"), 1);
    assert_int_equal(json_array_size(json_object_get(json, "rows")), 0);
    json_decref(json);
}

/* ---- A dictionary that grows while several daemons run. ----------------------------------------
 */
static bool pass_with(struct dictionary_store *store) {
    struct problem p = { 0 };
    int64_t done;
    struct db *db = db_take(services.pool, &p);
    assert_non_null(db);
    if (store != services.dictionaries && !dictionary_refresh(store, db, &p))
        fail_msg("%s", p.detail);
    const struct dictionary_set *set = dictionary_hold(store);
    bool passed = rollup_pass(db, set, &done, &p);
    dictionary_release(store, set);
    db_give(db);
    return passed;
}

/* What is wider than the dictionary at hand is neither left out of a total nor shown in part. */
static void a_dictionary_that_grows(void **state) {
    (void)state;
    static const char blocks[] = "/api/v1/itemwise?area=101&from=2022-04";
    static const char districts[] = "/api/v1/itemwise?area=11&from=2022-04";
    test_sql(url, "insert into item (dictionary_id, slot, section_id, number, name, data_type,"
                  " aggregation) values (1, 8, 1, '99', 'New', 'count', 'sum');"
                  "update dictionary set stamp = stamp + 1 where id = 1");
    put("F1", 202204, "{10,5,1,null,25,null,null,0,44}", NULL);
    assert_false(pass_with(services.dictionaries));
    assert_true(test_sql_int(url, "select count(*) from rollup_queue") > 0);
    json_t *answer = get("district", blocks, 503); /* read from reports */
    assert_string_equal(text_of(answer, "code"), "server.busy");
    json_decref(answer);
    struct dictionary_store *other = dictionary_store_new();
    assert_true(pass_with(other)); /* another daemon */
    dictionary_store_free(other);
    assert_int_equal(test_sql_int(url, "select count(*) from rollup_queue"), 0);
    answer = get("district", districts, 503); /* read from totals */
    assert_string_equal(text_of(answer, "code"), "server.busy");
    json_decref(answer);

    struct problem p = { 0 };
    struct db *db = db_take(services.pool, &p);
    assert_true(db && dictionary_refresh(services.dictionaries, db, &p));
    db_give(db);
    const char *const both[] = { blocks, districts };
    for (size_t i = 0; i < COUNT(both); i++) {
        answer = get("district", both[i], 200);
        json_t *cells = json_object_get(row_of(answer, "99"), "cells");
        char *text = json_dumps(json_array_get(cells, 0), JSON_COMPACT);
        assert_non_null(strstr(text, "44"));
        free(text);
        json_decref(answer);
    }
}

/* ---- All. ------------------------------------------------------------------------------------ */
static int set_up(void **state) {
    (void)state;
    url = test_database("reports");
    test_totals(url);
    test_sql(
        url,
        "insert into dictionary (id, code, title, valid_from) values (2, 'T2', 'Next list', "
        "202604);"
        "insert into section values (2, 1, 'A', 'A', false);"
        "insert into item (dictionary_id, slot, section_id, number, name, data_type, aggregation)"
        " values (2, 0, 1, '1', 'One', 'count', 'sum')");
    services.pool = test_pool(url, 6);
    services.dictionaries = test_state_dictionaries(services.pool);
    static struct route_table tables[4];
    tables[0] = itemwise_routes;
    tables[1] = reporting_routes;
    tables[2] = validation_summary_routes;
    tables[3] = validation_rule_routes;
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
        TEST(a_district_by_its_blocks),
        TEST(parts_make_the_total_and_areas_make_the_one_above),
        TEST(months_and_cumulative),
        TEST(balances_over_months),
        TEST(answers_over_months),
        TEST(facilities_of_a_block),
        TEST(filters_and_languages),
        TEST(a_notional_block_shows_with_figures),
        TEST(an_area_that_changed_hands),
        TEST(a_district_that_was_split),
        TEST(months_under_the_boundaries_of_today),
        TEST(nobody_sees_anything),
        TEST(outside_does_not_exist),
        TEST(own_answers_hold_nothing_of_others),
        TEST(an_operator_sees_his_facility),
        TEST(questions_that_cannot_be_answered),
        TEST(asked_again_only_what_changed_is_sent),
        TEST(the_moment_is_that_of_the_oldest_that_waits),
        TEST(csv_as_published),
        TEST(csv_runs_nothing),
        TEST(the_due_month_is_shown),
        TEST(who_has_reported),
        TEST(who_has_no_form_is_not_expected),
        TEST(how_the_rules_came_out),
        TEST(a_rule_leads_to_its_reports),
        TEST(colours),
        TEST(a_dictionary_that_grows), /* the last: it stays grown */
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
