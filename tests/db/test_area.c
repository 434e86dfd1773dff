/* Loading the geography: counts, dated trees, once and again, and who may not. */
#include "hmis/area.h"

#include "test.h"
#include "test_pg.h"

#include <stdio.h>
#include <stdlib.h>

#define GEOGRAPHY HMIS_SOURCE_DIR "/data/geography"

static const char *url;

static bool load(const char *role, const char *directory, struct problem *p) {
    struct db_settings settings = { .conninfo = url,
                                    .role = role,
                                    .connections = 1,
                                    .wait_ms = 2000,
                                    .statement_timeout_ms = 60000,
                                    .lock_timeout_ms = 2000 };
    struct db_pool *pool = db_pool_new(&settings);
    struct db *db = db_take(pool, p);
    bool done = db && area_load(db, directory, p);
    db_give(db);
    db_pool_free(pool);
    return done;
}

static void must_load(void) {
    struct problem p = { 0 };
    if (!load(NULL, GEOGRAPHY, &p)) fail_msg("%s", p.detail);
}

/* Where every row lies in the tables: the same only if nothing was written. */
static void state_of(char out[200]) {
    test_sql_value(url,
                   "select md5(string_agg(t, ',' order by t)) from ("
                   " select 'a' || ctid || xmin || a::text as t from area a"
                   " union all select 'p' || ctid || xmin || p::text from area_parent p"
                   " union all select 't' || ctid || xmin || t::text from area_text t) x",
                   out, 200);
}

static void every_area_is_loaded(void **state) {
    (void)state;
    static const struct {
        const char *sql;
        int64_t want;
    } cases[] = {
        { "select count(*) from area where level = 'nation'", 1 },
        { "select count(*) from area where level = 'state' and lgd_code is not null", 36 },
        { "select count(*) from area where level = 'state' and lgd_code is null", 2 },
        { "select count(*) from area where level = 'district' and not notional", 787 },
        { "select count(*) from area where level = 'subdistrict'", 7327 },
        { "select count(*) from area where level = 'block' and not notional", 7223 },
        { "select count(*) from area a where level <> 'nation' and not exists"
          " (select from area_parent p where p.area_id = a.id and p.valid_to is null)",
          0 },
        { "select count(*) from area_text where language = 'hi'", 65 },
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(test_sql_int(url, cases[i].sql), cases[i].want);
}

static int64_t blocks_of(int district, const char *day) {
    char sql[500];
    snprintf(sql, sizeof sql,
             "select count(*) from area_parent p join area a on a.id = p.area_id"
             " join area d on d.id = p.parent_id"
             " where a.level = 'block' and d.level = 'district' and d.lgd_code = %d"
             " and p.valid_from <= '%s' and (p.valid_to is null or p.valid_to > '%s')",
             district, day, day);
    return test_sql_int(url, sql);
}

static void the_tree_of_a_day(void **state) {
    (void)state;
    enum { GUNTUR = 506, BAPATLA = 750, PALNADU = 751 };
    assert_int_equal(blocks_of(GUNTUR, "2022-03-31"), 57);
    assert_int_equal(blocks_of(PALNADU, "2022-03-31"), 0);
    assert_int_equal(blocks_of(GUNTUR, "2022-04-03"), 57);
    assert_int_equal(blocks_of(GUNTUR, "2022-04-04"), 17);
    assert_int_equal(blocks_of(BAPATLA, "2022-04-30"), 25);
    assert_int_equal(blocks_of(PALNADU, "2022-04-30"), 28);
    assert_int_equal(
        test_sql_int(url, "select count(*) from area_parent p join area a on a.id = p.area_id"
                          " where p.valid_to > p.valid_from and exists (select from area_parent q"
                          " where q.area_id = p.area_id and q.valid_from > p.valid_from"
                          " and q.valid_from < p.valid_to)"),
        0); /* nothing lies in two parents at a time */
}

static void a_second_load_changes_nothing(void **state) {
    (void)state;
    char before[200], after[200];
    state_of(before);
    must_load();
    state_of(after);
    assert_string_equal(before, after);
}

static void a_load_repairs_what_was_changed(void **state) {
    (void)state;
    test_sql(url,
             "update area set name = 'Elsewhere' where level = 'district' and lgd_code = 506;"
             "delete from area_parent where valid_from = '2022-04-04' and area_id in"
             " (select id from area where level = 'block' and lgd_code = 4686);"
             "update area_parent set valid_to = null where area_id in"
             " (select id from area where level = 'block' and lgd_code = 4686);"
             "update area_parent set valid_to = '2031-01-01' where valid_to is null and area_id in"
             " (select id from area where level = 'block' and lgd_code = 1);"
             "delete from area_parent where valid_from = '2026-05-25' and area_id in"
             " (select id from area where level = 'block');"
             "insert into area_parent (area_id, parent_id, valid_from) select a.id, d.id,"
             " '2031-01-01' from area a, area d where a.level = 'block' and a.lgd_code = 1"
             " and d.level = 'district' and d.lgd_code = 506");
    must_load();
    assert_int_equal(test_sql_int(url, "select count(*) from area where name = 'Elsewhere'"), 0);
    assert_int_equal(test_sql_int(url, "select count(*) from area_parent p join area a"
                                       " on a.id = p.area_id and a.level = 'block'"
                                       " where p.valid_from = '2026-05-25'"),
                     62);
    assert_int_equal(
        test_sql_int(url, "select count(*) from area_parent where valid_from = '2031-01-01'"), 0);
    assert_int_equal(blocks_of(506, "2022-04-30"), 17);
}

static void facilities_follow_the_tree(void **state) {
    (void)state;
    test_sql(url, "insert into facility (code, name, facility_type, ownership, locality, state_id,"
                  " district_id, block_id)"
                  " select '1', 'PHC', 2, 1, 1, s.id, d.id, b.id from area s, area d, area b"
                  " where s.level = 'state' and s.lgd_code = 28"
                  " and d.level = 'district' and d.lgd_code = 506"
                  " and b.level = 'block' and b.name = 'Macherla'");
    must_load();
    assert_int_equal(test_sql_int(url, "select d.lgd_code from facility f"
                                       " join area d on d.id = f.district_id"),
                     751);
}

static void the_application_may_not(void **state) {
    (void)state;
    struct problem p = { 0 };
    char before[200], after[200];
    state_of(before);
    assert_false(load("hmis_app", GEOGRAPHY, &p));
    state_of(after);
    assert_string_equal(before, after);
}

/* How many areas a district officer of Guntur finds; -1: the search failed. */
static int found_by_district(struct db_pool *pool, const char *q, struct arena *arena,
                             struct problem *p) {
    char id[20];
    test_sql_value(url, "select id from area where level = 'district' and lgd_code = 506", id,
                   sizeof id);
    struct scope scope = { .level = SCOPE_DISTRICT, .area_id = atoi(id) };
    struct db_rows *rows;
    struct db *db = db_take(pool, p);
    bool done = db && db_once(db, &scope, DB_READ, Q_AREA_SEARCH,
                              DB_ARGS(DB_TEXT(q), DB_NULL, DB_TEXT("2022-04-30"), DB_TEXT("en")),
                              arena, &rows, p);
    db_give(db);
    return done ? db_count(rows) : -1;
}

/* All of India's names are gone through, but only what is found is looked at twice. */
static void a_search_takes_no_second(void **state) {
    (void)state;
    static const struct {
        const char *q;
        int want; /* -1: some */
    } cases[] = {
        { "Guntur", -1 }, { "Andhra", 1 },  { "India", 1 },  { "a", -1 },
        { "e", -1 },      { "Krishna", 0 }, { "Jaipur", 0 }, { "nowhere", 0 },
    };
    struct db_settings settings = { .conninfo = url,
                                    .role = "hmis_app",
                                    .connections = 1,
                                    .wait_ms = 2000,
                                    .statement_timeout_ms = 2000,
                                    .lock_timeout_ms = 2000 };
    must_load();
    struct db_pool *pool = db_pool_new(&settings);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena *arena = arena_new();
        struct problem p = { 0 };
        int found = found_by_district(pool, cases[i].q, arena, &p);
        bool right = cases[i].want < 0 ? found > 0 : found == cases[i].want;
        if (!right) fail_msg("%s: %d found. %s", cases[i].q, found, p.detail);
        arena_free(arena);
    }
    db_pool_free(pool);
}

static void a_wrong_folder_changes_nothing(void **state) {
    (void)state;
    struct problem p = { 0 };
    assert_false(load(NULL, "/nowhere", &p));
    assert_int_equal(p.code, ERR_FILE_FORMAT);
    assert_null(strstr(p.detail, "/nowhere"));
}

static int set_up(void **state) {
    (void)state;
    url = test_database("area");
    must_load();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_area_is_loaded),
        cmocka_unit_test(the_tree_of_a_day),
        cmocka_unit_test(a_second_load_changes_nothing),
        cmocka_unit_test(a_load_repairs_what_was_changed),
        cmocka_unit_test(facilities_follow_the_tree),
        cmocka_unit_test(the_application_may_not),
        cmocka_unit_test(a_search_takes_no_second),
        cmocka_unit_test(a_wrong_folder_changes_nothing),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
