/* The demonstration's facilities in the register, and its accounts. The figures are loaded by the
 * import and compared there. */
#include "hmis/account.h"
#include "hmis/demo.h"
#include "hmis/facility_master.h"

#include "test.h"
#include "test_pg.h"

#include <csv.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *url;
static struct db_pool *pool;
static struct arena *arena;
static struct demo_result result;
static char folder[] = "/tmp/hmis-demo-accounts-XXXXXX";

/* ---- The facility columns of the first month's extracts. ------------------------------------- */
struct reading {
    int line, field;
    const char *columns[FC__MAX];
    struct facility_master masters[FACILITY_PUT_MOST];
    size_t count;
};

static void on_field(void *data, size_t length, void *arg) {
    struct reading *r = arg;
    if (r->field < FC__MAX) r->columns[r->field] = arena_strndup(arena, data ? data : "", length);
    if (r->field < FC__MAX && r->line == 1)
        assert_int_equal(facility_column_parse(r->columns[r->field]), r->field);
    r->field++;
}

static void on_row(int end, void *arg) {
    (void)end;
    struct reading *r = arg;
    struct problem p = { 0 };
    r->field = 0;
    if (r->line++ == 1) return;
    assert_true(r->count < FACILITY_PUT_MOST);
    if (!facility_master_read(r->columns, &r->masters[r->count++], arena, &p))
        fail_msg("line %d: %s", r->line, p.fields[0].field);
}

static void extract_read(struct reading *r, const char *name) {
    struct csv_parser parser;
    assert_int_equal(csv_init(&parser, CSV_STRICT), 0);
    FILE *in = fopen(arena_printf(arena, "%s/%s", folder, name), "rb");
    assert_non_null(in);
    char chunk[8192];
    size_t length;
    r->line = 1;
    while ((length = fread(chunk, 1, sizeof chunk, in)) > 0)
        assert_int_equal(csv_parse(&parser, chunk, length, on_field, on_row, r), length);
    csv_fini(&parser, on_field, on_row, r);
    csv_free(&parser);
    fclose(in);
}

static bool put_work(struct db *db, void *arg, struct problem *p) {
    struct reading *r = arg;
    struct facility_put_result *results = arena_array(arena, r->count, sizeof *results);
    if (!facility_put(db, r->masters, r->count, 202204, results, arena, p)) return false;
    for (size_t i = 0; i < r->count; i++)
        if (results[i].change != FACILITY_NEW)
            fail_msg("facility %s: %s", r->masters[i].code, error_code_name(results[i].error));
    return true;
}

static void every_facility_finds_its_place(void **state) {
    (void)state;
    struct reading *r = arena_alloc(arena, sizeof *r);
    for (int i = 0; i < result.file_count; i++)
        if (result.files[i].period == 202204 && text_equal(result.files[i].format, "extract"))
            extract_read(r, result.files[i].name);
    assert_int_equal(r->count, result.facilities);
    struct problem p = { 0 };
    struct db *db = db_take(pool, &p);
    assert_non_null(db);
    if (!db_transaction(db, &scope_system, DB_WRITE, put_work, r, &p)) fail_msg("%s", p.detail);
    db_give(db);
    assert_int_equal(test_sql_int(url, "select count(*) from facility"), result.facilities);
    /* the headquarters' returns alone lie in no block of the tree */
    assert_int_equal(test_sql_int(url, "select count(*) from facility f join area b"
                                       " on b.id = f.block_id where b.notional"),
                     26);
    assert_int_equal(test_sql_int(url, "select count(*) from hmis_place_on('2022-04-30')"),
                     result.facilities);
    assert_int_equal(test_sql_int(url, "select count(distinct district_id)"
                                       " from hmis_place_on('2022-04-30')"),
                     26);
}

static void each_role_has_an_account(void **state) {
    (void)state;
    struct problem p = { 0 };
    struct db *db = db_take(pool, &p);
    assert_non_null(db);
    for (int run = 0; run < 2; run++)
        if (!demo_accounts(db, &result, arena, &p)) fail_msg("%s", p.detail);
    db_give(db);
    static const struct {
        const char *username, *sql, *want;
    } cases[] = {
        { "national", "a.role || ' ' || r.name", "national India" },
        { "state", "a.role || ' ' || r.name", "state Andhra Pradesh" },
        { "district", "a.role || ' ' || r.name", "district Guntur" },
        { "district.second", "a.role || ' ' || r.name", "district Palnadu" },
        { "block", "a.role || ' ' || r.level", "block block" },
        { "doctor", "a.role || ' ' || count(f)", "medical_officer 1" },
        { "operator", "a.role || ' ' || count(f)", "data_entry 1" },
        { "operator.several", "a.role || ' ' || count(f)", "data_entry 5" },
        { "viewer", "a.role || ' ' || r.name", "viewer Andhra Pradesh" },
    };
    assert_int_equal(test_sql_int(url, "select count(*) from account"), COUNT(cases));
    for (size_t i = 0; i < COUNT(cases); i++) {
        char have[200];
        test_sql_value(url,
                       arena_printf(arena,
                                    "select %s from account c join assignment a on a.account_id = "
                                    "c.id left join area r on r.id = a.area_id left join "
                                    "assignment_facility f on f.assignment_id = a.id"
                                    " where c.username = '%s' group by a.role, r.name, r.level",
                                    cases[i].sql, cases[i].username),
                       have, sizeof have);
        assert_string_equal(have, cases[i].want);
    }
    char stored[200];
    test_sql_value(url, "select password from account where username = 'block'", stored,
                   sizeof stored);
    assert_true(password_matches(stored, DEMO_PASSWORD));
    /* the block officer's block holds the doctor's centre */
    assert_int_equal(
        test_sql_int(url, "select count(*) from account c join assignment a on a.account_id = c.id"
                          " join facility f on f.block_id = a.area_id"
                          " join assignment_facility x on x.facility_id = f.id"
                          " join assignment b on b.id = x.assignment_id"
                          " where c.username = 'block' and b.role = 'medical_officer'"),
        1);
}

static int set_up(void **state) {
    (void)state;
    base_start();
    arena = arena_new();
    url = test_database("demo_accounts");
    struct db_settings settings = { .conninfo = url,
                                    .connections = 1,
                                    .wait_ms = 2000,
                                    .statement_timeout_ms = 60000,
                                    .lock_timeout_ms = 2000 };
    struct db_pool *owner = db_pool_new(&settings);
    struct problem p = { 0 };
    struct db *db = db_take(owner, &p);
    struct demo_request request = {
        .source = HMIS_SOURCE_DIR "/data/demonstration/ap_item_monthly_2022-23.csv.gz",
        .geography = HMIS_SOURCE_DIR "/data/geography",
        .dictionary = dictionary_read(HMIS_SOURCE_DIR "/data/dictionary/HMIS-2017", arena, &p),
        .size = DEMO_SMALL,
        .directory = mkdtemp(folder),
    };
    bool done = db && request.dictionary && area_load(db, request.geography, &p) &&
                demo_write(&request, &result, arena, &p);
    db_give(db);
    db_pool_free(owner);
    pool = test_pool(url, 2);
    if (!done) fprintf(stderr, "%s\n", p.detail);
    return !done;
}

static int tear_down(void **state) {
    (void)state;
    for (int i = 0; i < result.file_count; i++)
        unlink(arena_printf(arena, "%s/%s", folder, result.files[i].name));
    rmdir(folder);
    arena_free(arena);
    db_pool_free(pool);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_facility_finds_its_place),
        cmocka_unit_test(each_role_has_an_account),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
