/* The routes of the dictionary: who may read them, in which language, and that a browser asks for a
 * form again only when it has changed. */
#include "hmis/routes.h"
#include "hmis/services.h"

#include "http_client.h"
#include "http_server.h"
#include "test.h"
#include "test_dictionary.h"
#include "test_pg.h"

#include <stdio.h>

#define FORM "/api/v1/dictionaries/HMIS-2017/forms/PHC"

static const char *conninfo;
static struct services services;
static struct http *http;
static struct http_client *nobody, *someone;

/* Who has the cookie of this test is signed in. */
static bool authenticate(struct request *r, bool activity, struct actor *actor, struct problem *p) {
    (void)activity;
    if (!req_cookie(r, "test")) return problem_set(p, ERR_NOT_SIGNED_IN, NULL);
    actor->role = ROLE_VIEWER;
    actor->scope =
        (struct scope){ 0 }; /* no area at all: the dictionary belongs to nobody's area */
    return true;
}

static void load(const char *directory) {
    struct problem p = { 0 };
    struct arena *arena = arena_new();
    struct db_settings settings = { .conninfo = conninfo,
                                    .connections = 1,
                                    .wait_ms = 2000,
                                    .statement_timeout_ms = 10000,
                                    .lock_timeout_ms = 2000 };
    struct db_pool *pool = db_pool_new(&settings);
    struct db *db = db_take(pool, &p);
    if (!db || !dictionary_load(db, directory, arena, &p)) fail_msg("%s", p.detail);
    db_give(db);
    db_pool_free(pool);
    arena_free(arena);
}

static const char *text_of(const json_t *json, const char *key) {
    return json_string_value(json_object_get(json, key));
}

static void nobody_reads_nothing(void **state) {
    (void)state;
    static const char *const paths[] = { "/api/v1/dictionaries", FORM,
                                         "/api/v1/dictionaries/NONE/forms/PHC" };
    for (size_t i = 0; i < COUNT(paths); i++) {
        json_t *json = http_expect(nobody, "GET", paths[i], NULL, 401);
        assert_string_equal(text_of(json, "code"), "session.none");
        assert_null(json_object_get(json, "dictionaries"));
        json_decref(json);
    }
}

static void list(void **state) {
    (void)state;
    json_t *json = http_expect(someone, "GET", "/api/v1/dictionaries?language=hi", NULL, 200);
    const json_t *versions = json_object_get(json, "dictionaries");
    assert_int_equal(json_array_size(versions), 2);
    const json_t *first = json_array_get(versions, 0), *second = json_array_get(versions, 1);
    assert_string_equal(text_of(first, "code"), "HMIS-2017");
    assert_string_equal(text_of(first, "valid_from"), "2017-04");
    assert_string_equal(text_of(second, "code"), "HMIS-2026");
    const json_t *form = json_array_get(json_object_get(first, "forms"), 0);
    assert_string_equal(text_of(form, "title"), "उपकेंद्र मासिक प्रपत्र");
    assert_int_equal(json_integer_value(json_object_get(form, "items")), 183);
    json_decref(json);
}

static void form_in_languages(void **state) {
    (void)state;
    static const struct {
        const char *path, *language, *title;
    } cases[] = {
        { FORM, "en", "Primary Health Centre Monthly Format" },
        { FORM "?language=en", "en", "Primary Health Centre Monthly Format" },
        { FORM "?language=hi", "hi", "प्राथमिक स्वास्थ्य केंद्र मासिक प्रपत्र" },
        { FORM "?language=ta", "ta", "Primary Health Centre Monthly Format" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        json_t *json = http_expect(someone, "GET", cases[i].path, NULL, 200);
        assert_string_equal(text_of(json, "language"), cases[i].language);
        assert_string_equal(text_of(json, "title"), cases[i].title);
        assert_int_equal(json_array_size(json_object_get(json, "rules")), 78);
        json_decref(json);
    }
}

static void what_is_not_there(void **state) {
    (void)state;
    static const struct {
        const char *path;
        int status;
        const char *code;
    } cases[] = {
        { "/api/v1/dictionaries/HMIS-2017/forms/HSC", 404, "not_found" },
        { "/api/v1/dictionaries/HMIS-2018/forms/PHC", 404, "not_found" },
        { "/api/v1/dictionaries/HMIS-2026/forms/PHC", 404, "not_found" },
        { "/api/v1/dictionaries/HMIS-2017", 404, "not_found" },
        { FORM "?language=", 400, "request.query" },
        { FORM "?language=h", 400, "request.query" },
        { FORM "?language=hi%22", 400, "request.query" },
        { FORM "?language=hihihihihihihi", 400, "request.query" },
        { FORM "?lang=hi", 400, "request.query" },
        { "/api/v1/dictionaries?x=1", 400, "request.query" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        json_t *json = http_expect(someone, "GET", cases[i].path, NULL, cases[i].status);
        assert_string_equal(text_of(json, "code"), cases[i].code);
        json_decref(json);
    }
    json_decref(http_expect(someone, "POST", FORM, "{}", 405));
}

/* Asks with the tag of an earlier answer; returns the status. */
static int status_with_tag(const char *path, const char *tag) {
    char line[200];
    snprintf(line, sizeof(line), "If-None-Match: %s\r\n", tag);
    http_client_headers(someone, line);
    struct http_answer answer = http_request(someone, "GET", path, NULL);
    int status = answer.status;
    if (status == 304) assert_int_equal(answer.length, 0);
    http_answer_free(&answer);
    return status;
}

static void tag_of(const char *path, char tag[100]) {
    struct http_answer answer = http_request(someone, "GET", path, NULL);
    assert_int_equal(answer.status, 200);
    assert_string_equal(http_header(&answer, "Cache-Control"), "private, no-cache");
    snprintf(tag, 100, "%s", http_header(&answer, "ETag"));
    http_answer_free(&answer);
}

static void asked_again_only_when_changed(void **state) {
    (void)state;
    char english[100], hindi[100], again[100];
    tag_of(FORM, english);
    tag_of(FORM "?language=hi", hindi);
    assert_string_not_equal(english, hindi);
    assert_int_equal(status_with_tag(FORM, english), 304);
    assert_int_equal(status_with_tag(FORM "?language=hi", english), 200);
    /* loaded again by another process: the next request sees it */
    load(HMIS_SOURCE_DIR "/data/dictionary/HMIS-2017");
    assert_int_equal(status_with_tag(FORM, english), 200);
    tag_of(FORM, again);
    assert_string_not_equal(english, again);
    json_t *json = http_expect(someone, "GET", FORM, NULL, 200);
    assert_int_equal(json_integer_value(json_object_get(json, "stamp")), 2);
    json_decref(json);
}

/* What stands in a dictionary is inert in the answer. */
static void hostile_texts(void **state) {
    (void)state;
    static const struct test_change change = { "items.tsv", "Women",
                                               "</script><img src=x> \"&' \xE2\x80\xA8" };
    const char *directory = test_dictionary_directory();
    test_dictionary_write(directory, &change, 1);
    load(directory);
    struct http_answer answer =
        http_request(someone, "GET", "/api/v1/dictionaries/T-1/forms/SC", NULL);
    assert_int_equal(answer.status, 200);
    assert_null(strstr(answer.body, "<"));
    assert_null(strstr(answer.body, "\xE2\x80\xA8"));
    json_t *json = http_json(&answer);
    const json_t *section = json_array_get(json_object_get(json, "sections"), 0);
    assert_string_equal(text_of(json_array_get(json_object_get(section, "items"), 0), "name"),
                        change.new);
    json_decref(json);
    http_answer_free(&answer);
}

static int set_up(void **state) {
    (void)state;
    conninfo = test_database("http_dictionary");
    load(HMIS_SOURCE_DIR "/data/dictionary/HMIS-2017");
    load(HMIS_SOURCE_DIR "/data/dictionary/HMIS-2026");
    services.pool = test_pool(conninfo, 2);
    services.dictionaries = dictionary_store_new();
    struct http_settings settings = http_test_settings(&dictionary_routes, 1);
    settings.pool = services.pool;
    settings.authenticate = authenticate;
    settings.app = &services;
    http = http_test_start(&settings);
    nobody = http_client_new(http_port(http));
    someone = http_client_new(http_port(http));
    http_client_set_cookie(someone, "test", "1");
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    http_client_free(nobody);
    http_client_free(someone);
    http_stop(http, 2000);
    dictionary_store_free(services.dictionaries);
    db_pool_free(services.pool);
    test_database_drop(conninfo);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_reads_nothing), cmocka_unit_test(list),
        cmocka_unit_test(form_in_languages),    cmocka_unit_test(what_is_not_there),
        cmocka_unit_test(hostile_texts),        cmocka_unit_test(asked_again_only_when_changed),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
