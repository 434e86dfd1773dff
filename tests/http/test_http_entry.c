/* Data entry through HTTP, by role: what each may do, and what must not be in an answer. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "hmis/calendar.h"
#include "hmis/import.h"
#include "hmis/roles.h"
#include "hmis/routes.h"
#include "hmis/services.h"
#include "hmis/settings.h"

#include "http_client.h"
#include "http_server.h"
#include "test.h"
#include "test_people.h"
#include "test_pg.h"
#include "test_state.h"

static const char *conninfo;
static struct settings settings = { .import_file_mib = 1,
                                    .spool_directory = "/tmp",
                                    .today = "2022-09-15",
                                    .due_month_day = 1,
                                    .report_due_day = 5,
                                    .running_month = "ask",
                                    .far_months = 12 };
static struct services services = { .settings = &settings };
static struct http *http;
static const struct form *phc;

/* ---- Who asks. ---------------------------------------------------------------------------------
 */
static const int32_t first[] = { TS_PHC1 }, both[] = { TS_PHC1, TS_PHC2, TS_SHUT, TS_NEW };
static const struct test_person people[] = {
    { "operator", ROLE_DATA_ENTRY, { SCOPE_FACILITY, 0, 1, 1, both, COUNT(both) } },
    { "one", ROLE_DATA_ENTRY, { SCOPE_FACILITY, 0, 2, 2, first, COUNT(first) } },
    { "doctor", ROLE_MEDICAL_OFFICER, { SCOPE_FACILITY, 0, 3, 3, first, COUNT(first) } },
    { "block", ROLE_BLOCK, { SCOPE_BLOCK, TS_B1, 4, 4, NULL, 0 } },
    { "district", ROLE_DISTRICT, { SCOPE_DISTRICT, TS_EAST, 5, 5, NULL, 0 } },
    { "west", ROLE_DISTRICT, { SCOPE_DISTRICT, TS_WEST, 6, 6, NULL, 0 } },
    { "state", ROLE_STATE, { SCOPE_STATE, TS_STATE, 7, 7, NULL, 0 } },
    { "national", ROLE_NATIONAL, { SCOPE_NATION, TS_NATION, 8, 8, NULL, 0 } },
    { "viewer", ROLE_VIEWER, { SCOPE_DISTRICT, TS_EAST, 9, 9, NULL, 0 } },
};
#define PHC1  "/api/v1/reports/PHC1/PHC/2022-04"
#define PHC2  "/api/v1/reports/PHC2/PHC/2022-04"
#define DRAFT PHC1 "/draft"
#define DHQ1  "/api/v1/reports/DHQ1/DHQ/2022-04"

static const char *text_of(const json_t *json, const char *key) {
    return json_string_value(json_object_get(json, key));
}

static int64_t number_of(const json_t *json, const char *key) {
    const json_t *value = json_object_get(json, key);
    if (!json_is_integer(value)) fail_msg("%s is no number", key);
    return json_integer_value(value);
}

static void assert_json(const json_t *json, const char *key, const char *want) {
    char *got =
        json_dumps(json_object_get(json, key), JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS);
    assert_string_equal(got == NULL ? "(none)" : got, want);
    free(got);
}

/* The code told for one field that was refused alone. */
static void assert_refused(const json_t *answer, const char *field, const char *code) {
    const json_t *told = json_object_get(json_object_get(answer, "refused"), field);
    if (told == NULL) {
        char *all = json_dumps(answer, 0);
        fail_msg("%s is not refused in %s", field, all);
    }
    assert_string_equal(text_of(told, "code"), code);
    assert_non_null(text_of(told, "detail"));
}

/* The code told for one field. */
static void assert_field(const json_t *problem, const char *field, const char *code) {
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(problem, "errors"), i,
                       row) if (text_equal(text_of(row, "field"), field)) {
        assert_string_equal(text_of(row, "code"), code);
        return;
    }
    char *all = json_dumps(problem, 0);
    fail_msg("%s is not told in %s", field, all);
}

static int reset(void **state) {
    (void)state;
    test_sql(conninfo, "truncate report, report_version, report_draft, report_draft_gone, "
                       "rollup_queue, audit, import_job,"
                       " import_line");
    return 0;
}

/* ---- Who may.
 * ------------------------------------------------------------------------------------ */
static void each_role(void **state) {
    (void)state;
    static const struct {
        const char *method, *path, *body;
        const char *wanted; /* statuses for people[] in order */
    } cases[] = {
        { "GET", PHC1, NULL, "200 200 200 200 200 404 200 200 200" },
        { "GET", PHC2, NULL, "200 404 404 404 200 404 200 200 200" },
        { "GET", "/api/v1/facilities/PHC1/months", NULL, "200 200 200 200 200 404 200 200 200" },
        { "GET", "/api/v1/reports", NULL, "200 200 200 200 200 200 200 200 200" },
        { "PATCH", PHC2 "/draft", "{\"version\":99,\"items\":{\"1.1\":1}}",
          "409 404 404 403 403 403 403 403 403" },
        { "DELETE", PHC2 "/draft", NULL, "404 404 404 403 403 403 403 403 403" },
        { "POST", PHC2 "/check", "{\"version\":99}", "409 404 404 403 403 403 403 403 403" },
        { "POST", PHC2 "/submit", "{\"version\":99}", "409 404 404 403 403 403 403 403 403" },
        { "GET", DHQ1, NULL, "404 404 404 404 200 404 200 200 200" },
        { "PATCH", DHQ1 "/draft", "{\"version\":99,\"items\":{}}",
          "422 422 422 403 422 422 403 403 403" },
        { "DELETE", DHQ1 "/draft", NULL, "404 404 404 403 404 404 403 403 403" },
        { "POST", DHQ1 "/check", "{\"version\":99}", "404 404 404 403 409 404 403 403 403" },
        { "POST", DHQ1 "/submit", "{\"version\":99}", "404 404 404 403 409 404 403 403 403" },
        { "GET", PHC2 "/versions", NULL, "404 404 404 404 404 404 404 404 404" },
        { "GET", PHC2 "/versions/1", NULL, "404 404 404 404 404 404 404 404 404" },
        { "GET", "/api/v1/imports", NULL, "403 403 403 403 200 200 200 200 403" },
        { "GET", "/api/v1/imports/1", NULL, "403 403 403 403 404 404 404 404 403" },
        { "GET", "/api/v1/imports/1/refused.csv", NULL, "403 403 403 403 404 404 404 404 403" },
        { "GET", "/api/v1/imports/1/lines?kind=row", NULL, "403 403 403 403 404 404 404 404 403" },
        { "GET", "/api/v1/imports/1/lines.csv?kind=row", NULL,
          "403 403 403 403 404 404 404 404 403" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *at = cases[i].wanted;
        for (size_t who = 0; who < COUNT(people); who++) {
            int64_t status;
            char digits[4] = { at[0], at[1], at[2], '\0' };
            assert_true(text_to_int(digits, 100, 599, &status));
            at += 4;
            struct http_answer answer =
                http_request(as(people[who].name), cases[i].method, cases[i].path, cases[i].body);
            if (answer.status != status)
                fail_msg("%s: %s %s: %d, not %d: %s", people[who].name, cases[i].method,
                         cases[i].path, answer.status, (int)status, answer.body);
            http_answer_free(&answer);
        }
        struct http_answer answer =
            http_request(as("nobody"), cases[i].method, cases[i].path, cases[i].body);
        assert_int_equal(answer.status, 401);
        http_answer_free(&answer);
    }
}

/* The district types its headquarters' return, and no facility's. */
static void the_district_enters_its_own_form(void **state) {
    (void)state;
    json_t *answer = ask("district", "PATCH", DRAFT, "{\"version\":0,\"items\":{\"1.1\":1}}", 403);
    assert_string_equal(text_of(answer, "code"), "session.forbidden");
    assert_non_null(strstr(text_of(answer, "detail"), "DHQ"));
    json_decref(answer);
    char body[120];
    snprintf(body, sizeof body, "{\"version\":0,\"items\":{\"%s\":null}}",
             form_by_code(phc->dictionary, "DHQ")->items[0].key);
    done("district", "PATCH", DHQ1 "/draft", body, 200);
    done("west", "PATCH", DHQ1 "/draft", body, 404);
    assert_int_equal(test_sql_int(conninfo, "select count(*) from report_draft"), 1);
}

/* What is outside answers as what is not there: but for the request's id, to the byte. */
static void outside_is_as_if_it_were_not(void **state) {
    (void)state;
    static const char *const paths[][2] = {
        { "/api/v1/reports/PHC3/PHC/2022-04", "/api/v1/reports/QQQ9/PHC/2022-04" },
        { "/api/v1/facilities/PHC3/months", "/api/v1/facilities/QQQ9/months" },
        { "/api/v1/reports/PHC3/PHC/2022-04/versions",
          "/api/v1/reports/QQQ9/PHC/2022-04/versions" },
    };
    char sql[200];
    snprintf(sql, sizeof sql,
             "insert into report_draft (facility_id, period, form_id, version, cells, started_at,"
             " updated_at) values (%d, 202204, %d, 1, '{1}', now(), now())",
             TS_PHC3, phc->id);
    test_sql(conninfo, sql);
    for (size_t i = 0; i < COUNT(paths); i++) {
        json_t *there = ask("operator", "GET", paths[i][0], NULL, 404);
        json_t *nowhere = ask("operator", "GET", paths[i][1], NULL, 404);
        json_object_del(there, "request_id");
        json_object_del(nowhere, "request_id");
        json_object_del(there, "instance");
        json_object_del(nowhere, "instance");
        assert_true(json_equal(there, nowhere));
        json_decref(there);
        json_decref(nowhere);
    }
    json_t *list = ask("operator", "GET", "/api/v1/reports?year=2022-23", NULL, 200);
    assert_json(list, "reports", "[]");
    json_decref(list);
}

/* ---- Saving.
 * --------------------------------------------------------------------------------------- */
static void saved_figures_come_back(void **state) {
    (void)state;
    json_t *answer = ask("operator", "GET", PHC1, NULL, 200);
    assert_string_equal(text_of(answer, "status"), "none");
    assert_int_equal(number_of(answer, "version"), 0);
    assert_json(answer, "items", "{}");
    assert_json(answer, "submitted", "null");
    json_decref(answer);
    answer = ask("operator", "PATCH", DRAFT,
                 "{\"version\":0,\"items\":{\"1.1\":12,\"1.1.1\":0,\"2.2\":7}}", 200);
    assert_int_equal(number_of(answer, "version"), 1);
    json_decref(answer);
    done("doctor", "PATCH", DRAFT, "{\"version\":1,\"items\":{\"2.2\":null,\"1.2.1\":3}}", 200);
    answer = ask("one", "GET", PHC1, NULL, 200);
    assert_string_equal(text_of(answer, "status"), "draft");
    assert_int_equal(number_of(answer, "version"), 2);
    assert_json(answer, "items", "{\"1.1\":12,\"1.1.1\":0,\"1.2.1\":3}");
    assert_string_equal(text_of(answer, "updated_by"), "Dr Three");
    json_decref(answer);
}

static void a_conflict_shows_what_stands_there(void **state) {
    (void)state;
    done("operator", "PATCH", DRAFT,
         "{\"version\":0,\"items\":{\"1.1\":12},\"remarks\":{\"report\":\"mine\"}}", 200);
    json_t *answer = ask("one", "PATCH", DRAFT, "{\"version\":0,\"items\":{\"1.1\":99}}", 409);
    assert_string_equal(text_of(answer, "code"), "report.version_conflict");
    const json_t *current = json_object_get(answer, "current");
    assert_int_equal(number_of(current, "version"), 1);
    assert_json(current, "items", "{\"1.1\":12}");
    assert_json(current, "remarks", "{\"report\":\"mine\"}");
    assert_string_equal(text_of(current, "updated_by"), "Operator One");
    assert_true(strlen(text_of(current, "updated_at")) == 24);
    json_decref(answer);
    done("one", "PATCH", DRAFT, "{\"version\":5,\"items\":{\"1.1\":99}}", 409);
    answer = ask("one", "GET", PHC1, NULL, 200);
    assert_json(answer, "items", "{\"1.1\":12}");
    json_decref(answer);
}

/* What cannot be saved is told alone; what stands beside it is saved. */
static void what_is_no_count_is_refused_alone(void **state) {
    (void)state;
    static const struct {
        const char *value;
        int status;
        const char *code;
    } cases[] = {
        { "-1", 200, "value.negative" },
        { "1.5", 200, "value.not_whole" },
        { "1.0", 200, "value.not_whole" },
        { "1e3", 200, "value.not_whole" },
        { "\"5\"", 200, "value.not_whole" },
        { "true", 200, "value.not_whole" },
        { "[5]", 200, "value.not_whole" },
        { "{}", 200, "value.not_whole" },
        { "2147483648", 200, "value.too_large" },
        { "9223372036854775807", 200, "value.too_large" },
        { "-9223372036854775808", 200, "value.negative" },
        { "9223372036854775808", 200, "value.too_large" },
        { "-9223372036854775809", 200, "value.negative" },
        { "99999999999999999999", 200, "value.too_large" },
        { "1e400", 200, "value.too_large" },
        { "-1.5e400", 200, "value.negative" },
        { "\"9223372036854775808\"", 200, "value.not_whole" },
        { "NaN", 400, NULL },
        { "Infinity", 400, NULL },
        { "05", 400, NULL },
    };
    done("operator", "PATCH", DRAFT, "{\"version\":0,\"items\":{\"1.1\":12}}", 200);
    done("operator", "PATCH", DRAFT, "{\"version\":9223372036854775808,\"items\":{\"1.1\":5}}",
         422);
    int version = 1;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char body[200];
        snprintf(body, sizeof body, "{\"version\":%d,\"items\":{\"1.1\":%d,\"1.1.1\":%s}}", version,
                 100 + (int)i, cases[i].value);
        json_t *answer = ask("operator", "PATCH", DRAFT, body, cases[i].status);
        if (cases[i].code != NULL) assert_refused(answer, "items.1.1.1", cases[i].code);
        json_decref(answer);
        if (cases[i].status != 200) continue;
        version++;
        answer = ask("operator", "GET", PHC1, NULL, 200);
        snprintf(body, sizeof body, "{\"1.1\":%d}", 100 + (int)i);
        assert_json(answer, "items", body);
        assert_int_equal(number_of(answer, "version"), version);
        json_decref(answer);
    }
}

static void other_answers(void **state) {
    (void)state;
    static const struct {
        const char *item;
        const char *value, *back; /* back NULL: refused with code */
        const char *code;
    } cases[] = {
        { "adequacy", "\"adequate\"", "\"adequate\"", NULL },
        { "adequacy", "\"Inadequate\"", "\"inadequate\"", NULL },
        { "adequacy", "\"plenty\"", NULL, "value.not_code" },
        { "adequacy", "1", NULL, "value.not_code" },
        { "date", "\"2022-04-15\"", "\"2022-04-15\"", NULL },
        { "date", "\"15/04/2022\"", "\"2022-04-15\"", NULL },
        { "date", "\"2022-02-30\"", NULL, "value.not_date" },
        { "date", "20220415", NULL, "value.not_date" },
    };
    const char *keys[2] = { NULL, NULL };
    for (int i = 0; i < phc->item_count; i++)
        for (int kind = 0; kind < 2; kind++)
            if (phc->items[i].item->type == (kind == 0 ? DATA_ADEQUACY : DATA_DATE))
                keys[kind] = phc->items[i].key;
    assert_non_null(keys[0]);
    assert_non_null(keys[1]);
    int version = 0;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char body[200], field[80];
        const char *key = keys[text_equal(cases[i].item, "date")];
        snprintf(body, sizeof body, "{\"version\":%d,\"items\":{\"%s\":%s}}", version, key,
                 cases[i].value);
        json_t *answer = ask("operator", "PATCH", DRAFT, body, 200);
        snprintf(field, sizeof field, "items.%s", key);
        if (cases[i].back == NULL) assert_refused(answer, field, cases[i].code);
        json_decref(answer);
        if (cases[i].back == NULL) continue;
        version++;
        answer = ask("operator", "GET", PHC1, NULL, 200);
        assert_json(json_object_get(answer, "items"), key, cases[i].back);
        json_decref(answer);
    }
}

static void wrong_bodies(void **state) {
    (void)state;
    static const struct {
        const char *body;
        int status;
        const char *field, *code;
    } cases[] = {
        { "{\"items\":{\"1.1\":1}}", 422, "version", "body.missing_field" },
        { "{\"version\":0}", 422, "items", "body.missing_field" },
        { "{\"version\":0,\"items\":{\"77.7\":1}}", 200, "items.77.7", "item.unknown" },
        { "{\"version\":0,\"items\":[]}", 422, NULL, NULL },
        { "{\"version\":\"0\",\"items\":{}}", 422, NULL, NULL },
        { "{\"version\":0,\"colour\":1,\"items\":{\"1.1\":1}}", 422, "colour",
          "body.unknown_field" },
        { "{\"version\":0,\"remarks\":{\"colour\":\"x\"}}", 422, "remarks.colour",
          "body.unknown_field" },
        { "{\"version\":0,\"remarks\":{\"items\":{\"77.7\":\"x\"}}}", 200, "remarks.items.77.7",
          "item.unknown" },
        { "{\"version\":0,\"remarks\":{\"rules\":{\"XX-1\":\"x\"}}}", 200, "remarks.rules.XX-1",
          "item.unknown" },
        { "{\"version\":0,\"remarks\":{\"report\":5}}", 200, "remarks.report", "body.invalid" },
        { "{\"version\":0,\"remarks\":{\"report\":\"a\\u0007b\"}}", 200, "remarks.report",
          "body.invalid" },
        { "{\"version\":0,\"remarks\":{\"report\":\"a\\u0000b\"}}", 200, "remarks.report",
          "body.invalid" },
        { "{\"version\":0,\"items\":{\"1.1\":1,\"1.1\":2}}", 400, NULL, NULL },
        { "[]", 400, NULL, NULL },
        { "{", 400, NULL, NULL },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct http_answer answer = http_request(as("operator"), "PATCH", DRAFT, cases[i].body);
        if (answer.status != cases[i].status && !(cases[i].status == 400 && answer.status == 422))
            fail_msg("%s: %d", cases[i].body, answer.status);
        json_t *json = http_json(&answer);
        if (cases[i].field != NULL && cases[i].status == 200)
            assert_refused(json, cases[i].field, cases[i].code);
        else if (cases[i].field != NULL)
            assert_field(json, cases[i].field, cases[i].code);
        json_decref(json);
        http_answer_free(&answer);
    }
    assert_int_equal(test_sql_int(conninfo, "select count(*) from report_draft"), 0);
}

static void wrong_places_and_months(void **state) {
    (void)state;
    static const struct {
        const char *path;
        int status;
        const char *code;
    } cases[] = {
        { "/api/v1/reports/PHC1/PHC/2099-01/draft", 422, "period.future" },
        { "/api/v1/reports/PHC1/PHC/2022-13/draft", 404, "not_found" },
        { "/api/v1/reports/PHC1/PHC/202204/draft", 404, "not_found" },
        { "/api/v1/reports/PHC1/PHC/2009-04/draft", 422, "dictionary.none" },
        { "/api/v1/reports/PHC1/CHC/2022-04/draft", 422, "form.not_reported" },
        { "/api/v1/reports/PHC1/NONE/2022-04/draft", 422, "form.not_reported" },
        { "/api/v1/reports/SHUT/PHC/2022-07/draft", 422, "facility.closed" },
        { "/api/v1/reports/NEW/PHC/2022-05/draft", 422, "facility.closed" },
        { "/api/v1/reports/SHUT/PHC/2022-06/draft", 200, NULL },
        { "/api/v1/reports/NEW/PHC/2022-06/draft", 200, NULL },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        json_t *answer = ask("operator", "PATCH", cases[i].path,
                             "{\"version\":0,\"items\":{\"1.1\":1}}", cases[i].status);
        if (cases[i].code != NULL) assert_string_equal(text_of(answer, "code"), cases[i].code);
        json_decref(answer);
    }
}

static void remarks_come_back_to_the_byte(void **state) {
    (void)state;
    static const char *const texts[] = {
        "plain",
        "स्टाफ़ छुट्टी पर था",
        "🧑🏽‍⚕️ two teams",
        "\xE2\x80\xAE"
        "bidi \xE2\x80\xAC",
        "a < b & c > \"d\" 'e'",
        "line\none\ttab",
        "</script><img src=x onerror=alert(1)>",
        "=1+1",
    };
    int version = 0;
    for (size_t i = 0; i < COUNT(texts); i++) {
        json_t *body = json_pack("{s:i,s:{s:s,s:{s:s}}}", "version", version++, "remarks", "report",
                                 texts[i], "items", "1.1", texts[COUNT(texts) - 1 - i]);
        char *text = json_dumps(body, 0);
        done("operator", "PATCH", DRAFT, text, 200);
        free(text);
        json_decref(body);
        json_t *answer = ask("operator", "GET", PHC1, NULL, 200);
        const json_t *remarks = json_object_get(answer, "remarks");
        assert_string_equal(text_of(remarks, "report"), texts[i]);
        assert_string_equal(text_of(json_object_get(remarks, "items"), "1.1"),
                            texts[COUNT(texts) - 1 - i]);
        json_decref(answer);
    }
    char long_text[1010 * 3 + 1] = "", body[4000];
    for (int i = 0; i < 1000; i++)
        memcpy(long_text + (size_t)i * 3, "अ", 4);
    snprintf(body, sizeof body, "{\"version\":%d,\"remarks\":{\"report\":\"%s\"}}", version++,
             long_text);
    done("operator", "PATCH", DRAFT, body, 200);
    snprintf(body, sizeof body, "{\"version\":%d,\"remarks\":{\"report\":\"%sx\"}}", version,
             long_text);
    json_t *refused = ask("operator", "PATCH", DRAFT, body, 200);
    assert_refused(refused, "remarks.report", "body.invalid");
    assert_int_equal(number_of(refused, "version"), version); /* nothing was saved */
    json_decref(refused);
    snprintf(body, sizeof body,
             "{\"version\":%d,\"remarks\":{\"report\":null,\"items\":{\"1.1\":\"\"}}}", version);
    done("operator", "PATCH", DRAFT, body, 200);
    json_t *answer = ask("operator", "GET", PHC1, NULL, 200);
    assert_json(answer, "remarks", "{}");
    json_decref(answer);
}

static void a_draft_can_be_thrown_away(void **state) {
    (void)state;
    done("operator", "PATCH", DRAFT, "{\"version\":0,\"items\":{\"1.1\":12}}", 200);
    done("operator", "DELETE", DRAFT "?version=7", NULL, 409);
    done("operator", "DELETE", DRAFT "?colour=7", NULL, 400);
    done("operator", "DELETE", DRAFT "?version=1", NULL, 204);
    done("operator", "DELETE", DRAFT, NULL, 404);
}

/* A page left open with an old number does not win, whatever happened since. */
static void numbers_never_come_again(void **state) {
    (void)state;
    done("operator", "PATCH", DRAFT, "{\"version\":0,\"items\":{\"1.1\":12}}", 200);
    done("operator", "PATCH", DRAFT, "{\"version\":1,\"items\":{\"1.1\":13}}", 200);
    done("operator", "DELETE", DRAFT, NULL, 204);
    for (int old = 0; old <= 2; old++) {
        char body[80];
        snprintf(body, sizeof body, "{\"version\":%d,\"items\":{\"1.1\":99}}", old);
        json_t *answer = ask("operator", "PATCH", DRAFT, body, 409);
        assert_int_equal(number_of(json_object_get(answer, "current"), "version"), 3);
        json_decref(answer);
    }
    json_t *answer = ask("operator", "GET", PHC1, NULL, 200);
    assert_int_equal(number_of(answer, "version"), 3);
    assert_string_equal(text_of(answer, "status"), "none");
    json_decref(answer);
    done("operator", "PATCH", DRAFT, "{\"version\":3,\"items\":{\"1.1\":14}}", 200);
    done("operator", "DELETE", DRAFT "?version=4", NULL, 204);
    done("operator", "PATCH", DRAFT, "{\"version\":3,\"items\":{\"1.1\":99}}", 409);
    done("operator", "PATCH", DRAFT, "{\"version\":5,\"items\":{\"1.1\":15}}", 200);
    /* others' numbers are not in reach */
    done("one", "DELETE", PHC2 "/draft", NULL, 404);
}

/* ---- Fifty who save at once.
 * -------------------------------------------------------------------------- */
enum { WRITERS = 50, SAVES = 4 };
static int accepted[WRITERS];

static void *save_often(void *arg) {
    int me = *(int *)arg;
    struct http_client *client = http_client_new(http_port(http));
    http_client_set_cookie(client, "test", "operator");
    http_client_csrf(client, "token");
    for (int version = 0, saved = 0; saved < SAVES;) {
        char body[100];
        snprintf(body, sizeof body, "{\"version\":%d,\"items\":{\"1.1\":%d}}", version, me);
        struct http_answer answer = http_request(client, "PATCH", DRAFT, body);
        json_t *json = http_json(&answer);
        const json_t *from = answer.status == 409 ? json_object_get(json, "current") : json;
        if (answer.status != 200 && answer.status != 409)
            saved = SAVES;
        else
            version = (int)json_integer_value(json_object_get(from, "version"));
        if (answer.status == 200) {
            saved++;
            accepted[me]++;
        }
        json_decref(json);
        http_answer_free(&answer);
    }
    http_client_free(client);
    return NULL;
}

static void no_save_is_lost(void **state) {
    (void)state;
    pthread_t threads[WRITERS];
    int numbers[WRITERS], sum = 0;
    for (int i = 0; i < WRITERS; i++) {
        numbers[i] = i;
        accepted[i] = 0;
        pthread_create(&threads[i], NULL, save_often, &numbers[i]);
    }
    for (int i = 0; i < WRITERS; i++) {
        pthread_join(threads[i], NULL);
        sum += accepted[i];
    }
    assert_int_equal(sum, WRITERS * SAVES);
    assert_int_equal(test_sql_int(conninfo, "select version from report_draft"), sum);
}

/* ---- Submitting.
 * ------------------------------------------------------------------------------------------ */
static void submit_asks_for_remarks_and_gives_a_receipt(void **state) {
    (void)state;
    done("operator", "POST", PHC1 "/submit", "{\"version\":0}", 409);
    done("operator", "PATCH", DRAFT, "{\"version\":0,\"items\":{\"1.1\":10,\"1.1.1\":11}}", 200);
    json_t *answer = ask("operator", "POST", PHC1 "/check", "{\"version\":1}", 200);
    assert_int_equal(number_of(answer, "filled"), 2);
    const json_t *needed = json_object_get(answer, "remarks_needed");
    assert_true(json_array_size(needed) >= 1);
    size_t count = json_array_size(needed);
    json_t *rules = json_object();
    json_t *other = json_object();
    size_t i;
    json_t *field;
    json_array_foreach(needed, i, field) {
        const char *name = json_string_value(field);
        if (text_starts(name, "remarks.rules."))
            json_object_set_new(rules, name + strlen("remarks.rules."),
                                json_string("counted twice"));
        else
            json_object_set_new(other, name + strlen("remarks.items."),
                                json_string("counted twice"));
    }
    json_decref(answer);
    answer = ask("operator", "POST", PHC1 "/submit", "{\"version\":1}", 422);
    assert_string_equal(text_of(answer, "code"), "report.remark_needed");
    assert_int_equal(json_array_size(json_object_get(answer, "errors")), count);
    json_decref(answer);
    assert_int_equal(test_sql_int(conninfo, "select count(*) from report"), 0);

    json_t *body =
        json_pack("{s:i,s:{s:o,s:o}}", "version", 1, "remarks", "rules", rules, "items", other);
    char *text = json_dumps(body, 0);
    done("operator", "PATCH", DRAFT, text, 200);
    free(text);
    json_decref(body);
    done("operator", "POST", PHC1 "/submit", "{\"version\":1}", 409); /* saved since */
    answer =
        ask("doctor", "POST", PHC1 "/submit", "{\"version\":2,\"confirm\":[\"far_month\"]}", 200);
    assert_string_equal(text_of(answer, "receipt"), "PHC1-202204-PHC-1");
    assert_int_equal(number_of(answer, "version"), 1);
    assert_true(json_is_true(json_object_get(answer, "changed")));
    json_decref(answer);
    assert_int_equal(test_sql_int(conninfo,
                                  "select count(*) from audit where action = 'report.submit' and"
                                  " account_id = 3 and object = 'PHC1-202204-PHC-1'"),
                     1);
    assert_int_equal(test_sql_int(conninfo, "select count(*) from rollup_queue"), 1);

    answer = ask("operator", "GET", PHC1, NULL, 200);
    assert_string_equal(text_of(answer, "status"), "submitted");
    assert_int_equal(number_of(answer, "version"), 2);
    const json_t *submitted = json_object_get(answer, "submitted");
    assert_string_equal(text_of(submitted, "receipt"), "PHC1-202204-PHC-1");
    assert_string_equal(text_of(submitted, "submitted_by"), "Dr Three");
    assert_true(json_object_size(json_object_get(submitted, "outcomes")) >= 1);
    json_decref(answer);
}

static const char fill[] = "{\"version\":%d,\"items\":{\"1.2.1\":%d}}";

static int save(int version, int figure) {
    char body[100];
    snprintf(body, sizeof body, fill, version, figure);
    json_t *answer = ask("operator", "PATCH", DRAFT, body, 200);
    int now = (int)number_of(answer, "version");
    json_decref(answer);
    return now;
}

/* Remarks on all items: whatever fires is explained. */
static int explain(int version) {
    json_t *items = json_object();
    for (int i = 0; i < phc->item_count; i++)
        json_object_set_new(items, phc->items[i].key, json_string("so it is"));
    json_t *body = json_pack("{s:i,s:{s:o,s:s}}", "version", version, "remarks", "items", items,
                             "report", "ok");
    char *text = json_dumps(body, 0);
    json_t *answer = ask("operator", "PATCH", DRAFT, text, 200);
    int now = (int)number_of(answer, "version");
    free(text);
    json_decref(body);
    json_decref(answer);
    return now;
}

static json_t *submit(int version, int status) {
    char body[60];
    snprintf(body, sizeof body, "{\"version\":%d}", version);
    return ask("operator", "POST", PHC1 "/submit", body, status);
}

static void submitting_again(void **state) {
    (void)state;
    int version = explain(save(0, 5));
    json_t *one = submit(version, 200), *again = submit(version, 200);
    assert_string_equal(text_of(one, "receipt"), text_of(again, "receipt"));
    assert_string_equal(text_of(one, "submitted_at"), text_of(again, "submitted_at"));
    assert_true(json_is_false(json_object_get(again, "changed")));
    json_decref(one);
    json_decref(again);
    json_decref(submit(version + 1, 409));
    json_decref(submit(version - 1, 409));
    assert_int_equal(test_sql_int(conninfo, "select count(*) from audit"), 1);
    assert_int_equal(test_sql_int(conninfo, "select count(*) from rollup_queue"), 1);

    /* a page left open since, with a number of before, does not win */
    done("one", "PATCH", DRAFT, "{\"version\":0,\"items\":{\"1.1\":99}}", 409);

    /* a draft like what was submitted: the same receipt, nothing new */
    int next = save(save(version, 6), 5);
    json_t *same = submit(next, 200);
    assert_string_equal(text_of(same, "receipt"), "PHC1-202204-PHC-1");
    assert_true(json_is_false(json_object_get(same, "changed")));
    json_decref(same);
    assert_int_equal(test_sql_int(conninfo, "select count(*) from report_draft"), 0);
    same = submit(next, 200); /* the answer was lost */
    assert_string_equal(text_of(same, "receipt"), "PHC1-202204-PHC-1");
    json_decref(same);
}

static void versions_are_kept(void **state) {
    (void)state;
    int version = explain(save(0, 5));
    json_decref(submit(version, 200));
    version = save(version, 8);
    json_t *answer = ask("operator", "GET", PHC1, NULL, 200);
    assert_string_equal(text_of(answer, "status"), "submitted_with_draft");
    assert_json(json_object_get(answer, "items"), "1.2.1", "8");
    assert_json(json_object_get(json_object_get(answer, "submitted"), "items"), "1.2.1", "5");
    json_decref(answer);
    json_decref(submit(version, 200));
    answer = ask("viewer", "GET", PHC1 "/versions", NULL, 200);
    const json_t *versions = json_object_get(answer, "versions");
    assert_int_equal(json_array_size(versions), 2);
    assert_int_equal(number_of(json_array_get(versions, 0), "version"), 2);
    assert_string_equal(text_of(json_array_get(versions, 1), "receipt"), "PHC1-202204-PHC-1");
    assert_string_equal(text_of(json_array_get(versions, 1), "submitted_by"), "Operator One");
    json_decref(answer);
    answer = ask("viewer", "GET", PHC1 "/versions/2", NULL, 200);
    assert_json(answer, "changed", "{\"1.2.1\":[5,8]}");
    json_decref(answer);
    answer = ask("viewer", "GET", PHC1 "/versions/1", NULL, 200);
    assert_json(json_object_get(answer, "items"), "1.2.1", "5");
    assert_json(answer, "changed", "(none)");
    json_decref(answer);
    done("viewer", "GET", PHC1 "/versions/3", NULL, 404);
    done("viewer", "GET", PHC1 "/versions/x", NULL, 404);
}

static void months_show_the_state(void **state) {
    (void)state;
    json_decref(submit(explain(save(0, 5)), 200));
    done("operator", "PATCH", "/api/v1/reports/PHC1/PHC/2022-05/draft",
         "{\"version\":0,\"items\":{\"1.1\":1,\"1.1.1\":0}}", 200);
    json_t *answer = ask("operator", "GET", "/api/v1/facilities/PHC1/months", NULL, 200);
    assert_string_equal(text_of(answer, "year"), "2022-23"); /* after April 2022 comes May */
    assert_string_equal(text_of(answer, "suggested_year"), "2022-23");
    const json_t *months = json_object_get(answer, "months");
    assert_int_equal(json_array_size(months), 12);
    const char *const want[] = { "submitted", "draft", "none" };
    for (size_t i = 0; i < COUNT(want); i++) {
        const json_t *form = json_array_get(json_object_get(json_array_get(months, i), "forms"), 0);
        assert_string_equal(text_of(form, "form"), "PHC");
        assert_string_equal(text_of(form, "status"), want[i]);
        assert_int_equal(number_of(form, "total"), phc->item_count);
        assert_int_equal(number_of(form, "filled"), i == 0 ? 1 : i == 1 ? 2 : 0);
    }
    json_decref(answer);
    done("operator", "GET", "/api/v1/facilities/PHC1/months?year=2022", NULL, 400);
    answer = ask("operator", "GET", "/api/v1/facilities/SHUT/months?year=2022-23", NULL, 200);
    months = json_object_get(answer, "months");
    assert_true(json_is_true(json_object_get(json_array_get(months, 2), "open")));
    assert_true(json_is_false(json_object_get(json_array_get(months, 3), "open")));
    json_decref(answer);
}

static void the_list_filters(void **state) {
    (void)state;
    json_decref(submit(explain(save(0, 5)), 200));
    done("operator", "PATCH", PHC2 "/draft", "{\"version\":0,\"items\":{\"1.1\":1}}", 200);
    static const struct {
        const char *who, *query;
        size_t count;
    } cases[] = {
        { "operator", "", 2 },
        { "one", "", 1 },
        { "block", "", 1 },
        { "state", "?year=2022-23", 2 },
        { "state", "?year=2021-22", 0 },
        { "state", "?status=draft", 1 },
        { "state", "?status=submitted", 1 },
        { "state", "?facility=PHC2", 1 },
        { "state", "?form=CHC", 0 },
        { "state", "?area=5", 1 },
        { "state", "?area=3", 2 },
        { "state", "?area=4", 0 },
        { "state", "?area=1", 2 },
        { "district", "?area=nation", 2 },
        { "state", "?area=lgd-state-999", 0 },
        { "state", "?period=2022-04", 2 },
        { "state", "?period=2099-12", 0 },
        { "state", "?period=2022-04&status=draft", 1 },
        { "west", "", 0 },
        { "state", "?period=2022-04&page=2", 0 },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char path[100];
        snprintf(path, sizeof path, "/api/v1/reports%s", cases[i].query);
        json_t *answer = ask(cases[i].who, "GET", path, NULL, 200);
        if (json_array_size(json_object_get(answer, "reports")) != cases[i].count)
            fail_msg("%s %s: %zu", cases[i].who, cases[i].query,
                     json_array_size(json_object_get(answer, "reports")));
        json_decref(answer);
    }
    done("state", "GET", "/api/v1/reports?year=22", NULL, 400);
    done("state", "GET", "/api/v1/reports?status=lost", NULL, 400);
    done("state", "GET", "/api/v1/reports?page=0", NULL, 400);
    done("state", "GET", "/api/v1/reports?page=10001", NULL, 400);
    done("state", "GET", "/api/v1/reports?form=PHX", NULL, 400);
    done("state", "GET", "/api/v1/reports?area=here", NULL, 400);
    done("state", "GET", "/api/v1/reports?year=2022-23&period=2022-04", NULL, 400);
    done("state", "GET", "/api/v1/reports?colour=red", NULL, 400);
}

/* Last month, last year and the expected ranges come with the form; an outlier asks for a remark.
 */
static void the_past_comes_with_the_form(void **state) {
    (void)state;
    struct buffer csv = { 0 };
    buffer_add_text(&csv, "facility_code,month,item,value\n");
    for (int month = 0; month < 12; month++)
        buffer_printf(&csv, "PHC1,%d-%02d,1.2.1,%d\n", 2021 + (month + 3) / 12,
                      (month + 3) % 12 + 1, 30 + month % 5);
    buffer_add_char(&csv, '\0');
    http_client_headers(as("district"), "Content-Type: text/csv\r\n");
    json_t *answer =
        ask("district", "POST", "/api/v1/imports?format=long&file_name=past.csv", csv.data, 202);
    buffer_free(&csv);
    char path[80], *url = xstrdup(text_of(answer, "url"));
    snprintf(path, sizeof path, "%s", url);
    free(url);
    json_decref(answer);
    bool over = false;
    for (int tries = 0; !over && tries < 500; tries++) {
        usleep(10000);
        answer = ask("district", "GET", path, NULL, 200);
        over = text_equal(text_of(answer, "status"), "done");
        json_decref(answer);
    }
    assert_true(over);
    answer = ask("operator", "GET", PHC1, NULL, 200);
    assert_json(json_object_get(json_object_get(answer, "previous"), "items"), "1.2.1", "31");
    assert_string_equal(text_of(json_object_get(answer, "last_year"), "period"), "2021-04");
    assert_json(json_object_get(json_object_get(answer, "last_year"), "items"), "1.2.1", "30");
    assert_int_equal(json_array_size(json_object_get(json_object_get(answer, "expected"), "1.2.1")),
                     2);
    json_decref(answer);
    int version = save(0, 900);
    snprintf(path, sizeof path, "{\"version\":%d}", version);
    answer = ask("operator", "POST", PHC1 "/check", path, 200);
    bool found = false;
    size_t i;
    json_t *finding;
    json_array_foreach(json_object_get(answer, "findings"), i, finding) {
        found |=
            text_equal(text_of(finding, "kind"), "outlier") && number_of(finding, "high") < 900;
    }
    assert_true(found);
    json_decref(answer);
    answer = submit(version, 422);
    assert_field(answer, "remarks.items.1.2.1", "report.remark_needed");
    json_decref(answer);
}

/* ---- Imports.
 * -----------------------------------------------------------------------------------------------
 */
static int64_t send(const char *who, const char *query, const char *csv) {
    char path[200];
    snprintf(path, sizeof path, "/api/v1/imports?%s", query);
    http_client_headers(as(who), "Content-Type: text/csv\r\n");
    json_t *answer = ask(who, "POST", path, csv, 202);
    int64_t job = number_of(answer, "job");
    json_decref(answer);
    return job;
}

static json_t *wait_for(const char *who, int64_t job) {
    char path[80];
    snprintf(path, sizeof path, "/api/v1/imports/%lld", (long long)job);
    for (int tries = 0; tries < 500; tries++) {
        json_t *answer = ask(who, "GET", path, NULL, 200);
        const char *status = text_of(answer, "status");
        if (!text_equal(status, "waiting") && !text_equal(status, "running")) return answer;
        json_decref(answer);
        usleep(10000);
    }
    fail_msg("the import does not end");
    return NULL;
}

#define HEAD "facility_type,facility_code,1.1,1.1.1\n"

static const json_t *finding_of(const json_t *check, const char *kind, const char *item) {
    size_t i;
    json_t *finding;
    json_array_foreach(json_object_get(check, "findings"), i, finding) {
        if (text_equal(text_of(finding, "kind"), kind) &&
            text_equal(text_of(finding, "item"), item))
            return finding;
    }
    return NULL;
}

static void dates_lie_within_the_month(void **state) {
    (void)state;
    json_t *saved =
        ask("operator", "PATCH", DRAFT,
            "{\"version\":0,\"items\":{\"16.1.1\":\"2/5/22\",\"16.2.1\":\"30-Apr-2022\"}}", 200);
    int version = (int)number_of(saved, "version");
    json_decref(saved);
    char body[60];
    snprintf(body, sizeof body, "{\"version\":%d}", version);
    json_t *check = ask("operator", "POST", PHC1 "/check", body, 200);
    assert_non_null(finding_of(check, "date", "16.1.1"));
    assert_null(finding_of(check, "date", "16.2.1"));
    json_decref(check);
}

/* What is not certain is not stored, and told with its readings. */
static void what_is_not_certain_is_asked(void **state) {
    (void)state;
    json_t *saved = ask("operator", "PATCH", DRAFT,
                        "{\"version\":0,\"items\":{\"1.1\":4,\"16.1.1\":\"4/25/2022\"}}", 200);
    char *told = json_dumps(json_object_get(saved, "refused"), JSON_COMPACT);
    assert_non_null(strstr(told, "value.ask"));
    assert_non_null(strstr(told, "25/04/2022"));
    free(told);
    json_decref(saved);
    json_t *report = ask("operator", "GET", PHC1, NULL, 200);
    assert_null(json_object_get(json_object_get(report, "items"), "16.1.1"));
    assert_int_equal(number_of(json_object_get(report, "items"), "1.1"), 4);
    json_decref(report);
}

static json_t *check_stock(const char *month, const char *items) {
    char path[80], body[200];
    snprintf(path, sizeof path, "/api/v1/reports/DHQ1/DHQ/%s/draft", month);
    snprintf(body, sizeof body, "{\"version\":0,\"items\":{%s}}", items);
    json_t *saved = ask("district", "PATCH", path, body, 200);
    snprintf(body, sizeof body, "{\"version\":%d}", (int)number_of(saved, "version"));
    json_decref(saved);
    snprintf(path, sizeof path, "/api/v1/reports/DHQ1/DHQ/%s/check", month);
    json_t *check = ask("district", "POST", path, body, 200);
    snprintf(path, sizeof path, "/api/v1/reports/DHQ1/DHQ/%s/submit", month);
    if (json_array_size(json_object_get(check, "remarks_needed")) == 0)
        done("district", "POST", path, body, 200);
    return check;
}

/* Opening is last month's closing; opening + received = unusable + issued + closing. */
static void the_stock_goes_on(void **state) {
    (void)state;
    json_t *check = check_stock("2022-04", "\"17.1/1\":100,\"17.1/2\":40,\"17.1/3\":5,"
                                           "\"17.1/4\":55,\"17.1/5\":80");
    assert_null(json_object_get(json_object_get(check, "outcomes"), "STOCK-17.1"));
    json_decref(check);
    check = check_stock("2022-05", "\"17.1/1\":90,\"17.1/2\":0,\"17.1/4\":10,\"17.1/5\":70");
    const json_t *opening = finding_of(check, "opening", "17.1/1");
    assert_non_null(opening);
    assert_int_equal(number_of(opening, "value"), 90);
    assert_int_equal(number_of(opening, "closing"), 80);
    assert_string_equal(text_of(json_object_get(check, "outcomes"), "STOCK-17.1"), "inconsistent");
    json_decref(check);
}

static void a_file_is_loaded(void **state) {
    (void)state;
    int64_t job = send("district", "format=extract&month=2022-04&file_name=a.csv",
                       HEAD "PHC,PHC1,3,4\nPHC,PHC3,1,1\nPHC,PHC2,-5,=2\n");
    json_t *answer = wait_for("district", job);
    assert_string_equal(text_of(answer, "status"), "done");
    assert_string_equal(text_of(answer, "file_name"), "a.csv");
    assert_string_equal(text_of(answer, "started_by"), "District Five");
    assert_int_equal(number_of(answer, "rows_read"), 3);
    assert_int_equal(number_of(answer, "reports_new"), 1);
    assert_int_equal(number_of(answer, "refusals"), 3);
    json_decref(answer);
    char path[80];
    snprintf(path, sizeof path, "/api/v1/imports/%lld/refused.csv", (long long)job);
    struct http_answer csv = http_request(as("district"), "GET", path, NULL);
    assert_int_equal(csv.status, 200);
    assert_non_null(strstr(http_header(&csv, "Content-Disposition"), "\"a_refused.csv\""));
    assert_non_null(strstr(csv.body, "3,2,facility_code,PHC3,import.facility_unknown"));
    assert_non_null(strstr(csv.body, "'-5"));
    assert_non_null(strstr(csv.body, "'=2"));
    http_answer_free(&csv);
    /* what another sent is not there */
    static const char *const others[] = { "west", "state" };
    for (size_t i = 0; i < COUNT(others); i++) {
        done(others[i], "GET", path, NULL, 404);
        json_t *list = ask(others[i], "GET", "/api/v1/imports", NULL, 200);
        assert_json(list, "imports", "[]");
        json_decref(list);
    }
    assert_int_equal(
        test_sql_int(conninfo, "select count(*) from audit where action = 'import.send'"), 1);
}

static json_t *lines_of(const char *who, int64_t job, const char *query) {
    char path[120];
    snprintf(path, sizeof path, "/api/v1/imports/%lld/lines?%s", (long long)job, query);
    return ask(who, "GET", path, NULL, 200);
}

/* What is not certain is asked, and answered by the same file. */
static void a_job_asks_and_tells(void **state) {
    (void)state;
    static const char csv[] = HEAD "PHC,PHC1,1e3,4\nPHC,PHC2,7,x\n";
    int64_t job = send("district", "format=extract&month=2022-04&dry_run=true", csv);
    json_t *answer = wait_for("district", job), *lists = json_object_get(answer, "lists");
    assert_int_equal(json_array_size(json_object_get(answer, "questions")), 1);
    assert_string_equal(text_of(json_array_get(json_object_get(answer, "questions"), 0), "key"),
                        "number:1e3");
    assert_int_equal(number_of(answer, "figures_read"), 4);
    assert_int_equal(number_of(answer, "figures_stored"), 2);
    assert_int_equal(number_of(lists, "asked"), 1);
    assert_int_equal(number_of(lists, "figure"), 1);
    json_decref(answer);
    json_t *list = lines_of("district", job, "kind=figure&language=hi");
    json_t *line = json_array_get(json_object_get(list, "lines"), 0);
    assert_int_equal(number_of(line, "line"), 3);
    assert_int_equal(number_of(line, "column"), 4);
    assert_string_equal(text_of(line, "facility"), "PHC2");
    assert_string_equal(text_of(line, "code"), "value.not_whole");
    assert_true(text_of(line, "item_name")[0] != '\0');
    json_decref(list);
    job =
        send("district", "format=extract&month=2022-04&answers=number:1e3%3D1000;dates%3Ddmy", csv);
    answer = wait_for("district", job);
    assert_int_equal(number_of(answer, "figures_stored"), 3);
    assert_json(answer, "questions", "[]");
    assert_string_equal(text_of(answer, "answers"), "number:1e3=1000\ndates=dmy");
    const json_t *notes = json_object_get(answer, "notes"); /* it asks for no dates, and says so */
    assert_int_equal(json_array_size(notes), 1);
    assert_string_equal(text_of(json_array_get(notes, 0), "code"), "unasked");
    assert_non_null(strstr(text_of(json_array_get(notes, 0), "text"), "'dates'"));
    json_decref(answer);
    answer = wait_for(
        "district", send("district", "format=extract&month=2022-04&atomic=true&answers=dates%3Ddmy",
                         HEAD "PHC,PHC1,1,2\n"));
    assert_int_equal(json_array_size(json_object_get(answer, "notes")), 1);
    json_decref(answer);
    char path[100];
    snprintf(path, sizeof path, "/api/v1/imports/%lld/lines.csv?kind=report", (long long)job);
    struct http_answer file = http_request(as("district"), "GET", path, NULL);
    assert_int_equal(file.status, 200);
    assert_non_null(strstr(http_header(&file, "Content-Disposition"), "_reports.csv\""));
    assert_non_null(strstr(file.body, "PHC1"));
    http_answer_free(&file);
    done("west", "GET", path, NULL, 404);
    snprintf(path, sizeof path, "/api/v1/imports/%lld/lines?kind=secrets", (long long)job);
    done("district", "GET", path, NULL, 400);
}

/* ---- What is imported while a page or a draft is open. ------------------------------------------
 */
static void import_one(const char *figures) {
    char csv[100];
    snprintf(csv, sizeof csv, HEAD "PHC,PHC1,%s\n", figures);
    json_t *answer = wait_for("state", send("state", "format=extract&month=2022-04", csv));
    assert_string_equal(text_of(answer, "status"), "done");
    json_decref(answer);
}

static void an_import_is_seen_by_open_pages(void **state) {
    (void)state;
    import_one("31,3"); /* a page had been opened before: nothing stood there, number 0 */
    json_t *answer =
        ask("operator", "PATCH", DRAFT, "{\"version\":0,\"items\":{\"1.2.1\":5}}", 409);
    assert_json(json_object_get(answer, "current"), "items", "{\"1.1\":31,\"1.1.1\":3}");
    json_decref(answer);
    answer = ask("operator", "GET", PHC1, NULL, 200);
    int version = (int)number_of(answer, "version");
    assert_json(answer, "base_changed", "null");
    json_decref(answer);
    import_one("32,3"); /* and again */
    char body[80];
    snprintf(body, sizeof body, "{\"version\":%d,\"items\":{\"1.2.1\":5}}", version);
    done("operator", "PATCH", DRAFT, body, 409);
}

static void an_import_under_a_draft_is_not_overridden_unseen(void **state) {
    (void)state;
    int version = explain(save(0, 5));
    import_one("31,3");
    json_t *answer = ask("operator", "GET", PHC1, NULL, 200), *base, *submitted;
    base = json_object_get(answer, "base_changed");
    assert_int_equal(number_of(base, "version"), 1);
    assert_string_equal(text_of(base, "source"), "imported");
    assert_string_equal(text_of(base, "submitted_by"), "State Seven");
    assert_json(base, "items", "{\"1.1\":[null,31],\"1.1.1\":[null,3]}");
    assert_int_equal(number_of(answer, "version"), version); /* the draft's */
    json_decref(answer);
    char body[100];
    snprintf(body, sizeof body, "{\"version\":%d}", version);
    answer = ask("operator", "POST", PHC1 "/check", body, 200);
    assert_int_equal(number_of(json_object_get(answer, "base_changed"), "version"), 1);
    json_decref(answer);

    answer = submit(version, 409);
    assert_string_equal(text_of(answer, "code"), "report.base_changed");
    assert_non_null(strstr(text_of(answer, "detail"), "base_version 1"));
    assert_json(json_object_get(answer, "base_changed"), "items",
                "{\"1.1\":[null,31],\"1.1.1\":[null,3]}");
    json_decref(answer);
    import_one("32,3"); /* what was seen is not what stands there now */
    snprintf(body, sizeof body, "{\"version\":%d,\"base_version\":1}", version);
    done("operator", "POST", PHC1 "/submit", body, 409);
    snprintf(body, sizeof body, "{\"version\":%d,\"base_version\":2}", version);
    answer = ask("operator", "POST", PHC1 "/submit", body, 200);
    assert_int_equal(number_of(answer, "version"), 3);
    json_decref(answer);
    submitted = ask("operator", "GET", PHC1, NULL, 200);
    assert_json(submitted, "base_changed", "null");
    json_decref(submitted);

    /* a draft begun from a submitted version */
    version = save(version, 6);
    import_one("33,3");
    answer = ask("operator", "GET", PHC1, NULL, 200);
    assert_json(json_object_get(answer, "base_changed"), "items",
                "{\"1.1\":[null,33],\"1.1.1\":[null,3]}");
    json_decref(answer);
}

/* The checks of imported figures stand in the summary and in the report itself. */
static void imported_figures_are_checked(void **state) {
    (void)state;
    import_one("3,31"); /* more in the first trimester than in all */
    json_t *answer = ask("state", "GET", PHC1, NULL, 200);
    const json_t *submitted = json_object_get(answer, "submitted"), *outcomes;
    outcomes = json_object_get(submitted, "outcomes");
    assert_string_equal(text_of(submitted, "source"), "imported");
    const char *code = json_object_iter_key(json_object_iter((json_t *)outcomes)), *outcome;
    assert_non_null(code);
    outcome = json_string_value(json_object_get(outcomes, code));
    const json_t *counts = json_object_get(submitted, "counts");
    assert_int_equal(number_of(counts, "inconsistent") + number_of(counts, "probable"),
                     json_object_size(outcomes));

    json_t *summary = ask("state", "GET", "/api/v1/validation?form=PHC&period=2022-04", NULL, 200);
    size_t i;
    const json_t *rule, *found = NULL;
    json_array_foreach(json_object_get(summary, "rules"), i,
                       rule) if (text_equal(text_of(rule, "code"), code)) found = rule;
    assert_non_null(found);
    assert_int_equal(number_of(found, outcome), 1);
    json_decref(summary);

    struct http_answer csv =
        http_request(as("state"), "GET", "/api/v1/validation.csv?form=PHC&period=2022-04", NULL);
    assert_int_equal(csv.status, 200);
    assert_non_null(strstr(csv.body, code));
    http_answer_free(&csv);
    json_decref(answer);
}

static void wrong_uploads(void **state) {
    (void)state;
    static const struct {
        const char *who, *query;
        int status;
    } cases[] = {
        { "district", "", 400 },
        { "district", "format=excel", 400 },
        { "district", "format=extract", 400 },
        { "district", "format=extract&month=2022-4", 400 },
        { "district", "format=extract&month=2099-04", 422 },
        { "district", "format=long&month=2022-04", 400 },
        { "district", "format=long&dry_run=perhaps", 400 },
        { "district", "format=long&colour=red", 400 },
        { "district", "format=long&empty=wipe", 400 },
        { "district", "format=long&answers=%FF", 400 },
        { "district", "format=long&answers=item:10.1%3D10.10;dates", 400 },
        { "district", "format=long&answers=%3Ddmy", 400 },
        { "district", "format=extract&month=2022-04&create_facilities=true", 403 },
        { "operator", "format=long", 403 },
        { "viewer", "format=long", 403 },
        { "block", "format=long", 403 },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char path[200];
        snprintf(path, sizeof path, "/api/v1/imports?%s", cases[i].query);
        http_client_headers(as(cases[i].who), "Content-Type: text/csv\r\n");
        done(cases[i].who, "POST", path, "facility_code,month,item,value\n", cases[i].status);
    }
    done("district", "POST", "/api/v1/imports?format=long", "{}", 415); /* JSON */
    assert_int_equal(test_sql_int(conninfo, "select count(*) from import_job"), 0);
    json_t *answer =
        wait_for("district", send("district", "format=long", "not,a,known\nheader,1,2\n"));
    assert_string_equal(text_of(answer, "status"), "failed");
    assert_non_null(strstr(text_of(answer, "message"), "must name facility_code"));
    json_decref(answer);
}

static void dead_jobs_are_told(void **state) {
    (void)state;
    test_sql(
        conninfo,
        "insert into import_job (id, account_id, format, file_name, file_size, dry_run, atomic,"
        " create_facilities, status, heartbeat_at) values (9001, 5, 'long', 'x.csv', 1, false,"
        " false, false, 'running', now() - interval '5 minutes'), (9002, 5, 'long', 'y.csv', 1,"
        " false, false, false, 'running', now())");
    struct import_queue *queue = import_queue_start(services.pool, services.dictionaries, NULL);
    for (int tries = 0;
         tries < 300 &&
         test_sql_int(conninfo, "select count(*) from import_job where status = 'failed'") == 0;
         tries++)
        usleep(10000);
    import_queue_stop(queue);
    json_t *answer = ask("district", "GET", "/api/v1/imports/9001", NULL, 200);
    assert_string_equal(text_of(answer, "status"), "failed");
    assert_non_null(strstr(text_of(answer, "message"), "send the file again"));
    json_decref(answer);
    assert_int_equal(
        test_sql_int(conninfo, "select count(*) from import_job where status = 'running'"), 1);
}

/* ---- The server.
 * --------------------------------------------------------------------------------------------- */
static const char accounts_sql[] =
    "insert into account (id, username, full_name, password) values (1,'operator','Operator "
    "One','x'),"
    "(2,'two','Operator Two','x'),(3,'doctor','Dr Three','x'),(4,'block','Block Four','x'),"
    "(5,'district','District Five','x'),(6,'west','District Six','x'),(7,'state','State "
    "Seven','x'),"
    "(8,'national','National Eight','x'),(9,'viewer','Viewer Nine','x')";

static int start(void **state) {
    (void)state;
    static struct route_table tables[3];
    tables[0] = report_routes;
    tables[1] = import_routes;
    tables[2] = validation_summary_routes;
    conninfo = test_database("entry");
    test_state_load(conninfo);
    test_sql(conninfo, accounts_sql);
    services.pool = test_pool(conninfo, 8);
    services.dictionaries = test_state_dictionaries(services.pool);
    services.imports = import_queue_start(services.pool, services.dictionaries, NULL);
    phc = test_state_form(services.dictionaries, "PHC");
    struct http_settings http_settings = http_test_settings(tables, COUNT(tables));
    http_settings.pool = services.pool;
    http_settings.app = &services;
    http = test_people_start(&http_settings, people, COUNT(people));
    return 0;
}

static int stop(void **state) {
    (void)state;
    test_people_stop(http);
    import_queue_stop(services.imports);
    db_pool_free(services.pool);
    return 0;
}

/* Until this daemon has read a dictionary that has grown, what others wrote with it is neither
 * shown in part nor written over; nobody else is disturbed. */
static void items_of_a_newer_dictionary_wait(void **state) {
    (void)state;
    char sql[200];
    done("operator", "PATCH", DRAFT, "{\"version\":0,\"items\":{\"1.1\":3}}", 200);
    snprintf(sql, sizeof sql, "update report_draft set cells[%d] = 5", phc->dictionary->width + 1);
    test_sql(conninfo, sql);
    static const struct {
        const char *method, *path, *body;
        int status;
    } cases[] = {
        { "GET", PHC1, NULL, 503 },
        { "POST", PHC1 "/check", "{\"version\":1}", 503 },
        { "POST", PHC1 "/submit", "{\"version\":1}", 503 },
        { "PATCH", DRAFT, "{\"version\":0,\"items\":{\"1.1\":4}}", 409 },
        { "PATCH", DRAFT, "{\"version\":1,\"items\":{\"1.1\":4}}", 200 },
        { "GET", PHC2, NULL, 200 },
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        done("operator", cases[i].method, cases[i].path, cases[i].body, cases[i].status);
    snprintf(sql, sizeof sql, "select cells[%d] from report_draft", phc->dictionary->width + 1);
    assert_int_equal(test_sql_int(conninfo, sql), 5);
}

int main(void) {
    calendar_set(&settings);
#define T(f) cmocka_unit_test_setup(f, reset)
    const struct CMUnitTest tests[] = {
        T(each_role),
        T(the_district_enters_its_own_form),
        T(outside_is_as_if_it_were_not),
        T(saved_figures_come_back),
        T(a_conflict_shows_what_stands_there),
        T(what_is_no_count_is_refused_alone),
        T(other_answers),
        T(wrong_bodies),
        T(wrong_places_and_months),
        T(remarks_come_back_to_the_byte),
        T(a_draft_can_be_thrown_away),
        T(numbers_never_come_again),
        T(no_save_is_lost),
        T(submit_asks_for_remarks_and_gives_a_receipt),
        T(submitting_again),
        T(versions_are_kept),
        T(months_show_the_state),
        T(the_list_filters),
        T(the_past_comes_with_the_form),
        T(dates_lie_within_the_month),
        T(what_is_not_certain_is_asked),
        T(the_stock_goes_on),
        T(a_file_is_loaded),
        T(a_job_asks_and_tells),
        T(imported_figures_are_checked),
        T(an_import_is_seen_by_open_pages),
        T(an_import_under_a_draft_is_not_overridden_unseen),
        T(wrong_uploads),
        T(dead_jobs_are_told),
        T(items_of_a_newer_dictionary_wait),
    };
    return cmocka_run_group_tests_name("http_entry", tests, start, stop);
}
