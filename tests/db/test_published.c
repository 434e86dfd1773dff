/* The main job, on real figures: the small demonstration goes through the import, and the item-wise
 * report gives back every one of the published rows. */
#include "hmis/area.h"
#include "hmis/demo.h"
#include "hmis/import.h"
#include "hmis/itemwise.h"
#include "hmis/period.h"
#include "hmis/rollup.h"

#include "test.h"
#include "test_pg.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#define PUBLISHED HMIS_SOURCE_DIR "/data/demonstration/ap_item_monthly_2022-23.csv.gz"
#define GEOGRAPHY HMIS_SOURCE_DIR "/data/geography"
#define LIST      HMIS_SOURCE_DIR "/data/dictionary/HMIS-2017"

static const char *url;
static struct db_pool *pool;
static struct db *db;
static struct dictionary_store *store;
static const struct dictionary_set *set;
static struct arena *arena;
static struct demo_result demo;
static char folder[] = "/tmp/hmis-published-XXXXXX";

static void must(bool done, const struct problem *p) {
    if (!done) fail_msg("%s: %s", error_code_name(p->code), p->detail);
}

/* ---- Loading. -------------------------------------------------------------------------------- */
static void owner_loads(void) {
    struct db_settings settings = { .conninfo = url,
                                    .connections = 1,
                                    .wait_ms = 2000,
                                    .statement_timeout_ms = 60000,
                                    .lock_timeout_ms = 2000 };
    struct db_pool *owner = db_pool_new(&settings);
    struct problem p = { 0 };
    struct db *mine = db_take(owner, &p);
    must(mine && area_load(mine, GEOGRAPHY, &p) && dictionary_load(mine, LIST, arena, &p), &p);
    db_give(mine);
    db_pool_free(owner);
}

static void file_import(const struct demo_file *file, int64_t *reports) {
    struct problem p = { 0 };
    struct import_result result;
    int64_t job;
    const char *path = arena_printf(arena, "%s/%s", folder, file->name);
    struct import_options options = { .period = file->period,
                                      .create_facilities = true,
                                      .file_name = file->name };
    assert_true(import_format_parse(file->format, &options.format));
    if (options.format == IMPORT_LONG) options.period = 0;
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    must(import_job_new(db, &scope_system, &options, "running", &job, &p), &p);
    must(import_run(job, &options, fd, db, set, &scope_system, NULL, NULL, &result, &p), &p);
    close(fd);
    unlink(path);
    if (result.refusals) {
        struct buffer csv = { 0 };
        must(import_refused_csv(db, &scope_system, job, &csv, &p), &p);
        fail_msg("%s: %.*s", file->name, (int)(csv.length < 600 ? csv.length : 600), csv.data);
    }
    *reports += result.reports_new;
}

static void the_demonstration_is_imported(void **state) {
    (void)state;
    struct problem p = { 0 };
    struct demo_request request = { .source = PUBLISHED,
                                    .geography = GEOGRAPHY,
                                    .dictionary = dictionary_for(set, 202204),
                                    .size = DEMO_SMALL,
                                    .directory = folder };
    must(demo_write(&request, &demo, arena, &p), &p);
    int64_t reports = 0;
    for (int i = 0; i < demo.file_count; i++)
        file_import(&demo.files[i], &reports);
    assert_int_equal(reports, demo.reports);
    assert_int_equal(test_sql_int(url, "select count(*) from report"), demo.reports);
    assert_int_equal(test_sql_int(url, "select count(*) from facility"), demo.facilities);
    int64_t done;
    must(rollup_pass(db, set, &done, &p), &p);
    assert_true(done > 0);
    assert_int_equal(test_sql_int(url, "select count(*) from rollup_queue"), 0);
}

/* ---- Comparing. ------------------------------------------------------------------------------ */
struct row {
    char text[300], *fields[12];
    int period;
};

static bool row_read(gzFile in, struct row *row) {
    if (!gzgets(in, row->text, sizeof row->text)) return false;
    row->text[strcspn(row->text, "\r\n")] = '\0';
    char *rest = row->text;
    for (int i = 0; i < 12; i++)
        assert_non_null(row->fields[i] = strsep(&rest, ","));
    row->period = (int)(strtol(row->fields[0], NULL, 10) * 100 + strtol(row->fields[1], NULL, 10));
    return true;
}

static const struct geography *geography(void) {
    static struct geography india;
    struct problem p = { 0 };
    if (!india.area_count) must(geography_read(&india, GEOGRAPHY, arena, &p), &p);
    return &india;
}

/* The LGD code of the row's area, as the column of the report names it. */
static int32_t area_code(const struct row *row) {
    const struct geography *g = geography();
    int state = geography_find(g, AREA_STATE, 28);
    if (text_equal(row->fields[4], "state")) return 28;
    int area = geography_find_child(g, state, AREA_DISTRICT, 20220430, row->fields[3]);
    assert_true(area >= 0);
    return g->areas[area].code;
}

static const struct itemwise_column *column_of(const struct itemwise_table *table, int32_t code) {
    for (int i = 0; i < table->column_count; i++)
        if (table->columns[i].area.lgd_code == code) return &table->columns[i];
    fail_msg("no column of area %d", code);
    return NULL;
}

static int64_t power10(int scale) {
    return scale ? 10 * power10(scale - 1) : 1;
}

/* Published tables add two percentages up (stock out rate, satisfaction score). The report does
 * not: what it adds up from is compared instead. */
static void unadded_compare(const struct row *row, const struct item *item, int64_t have[5]) {
    char sql[900], text[200];
    snprintf(sql, sizeof sql,
             "select concat_ws(' ', sum(c), coalesce(sum(c) filter (where ownership = 1), 0),"
             " coalesce(sum(c) filter (where ownership = 2), 0),"
             " coalesce(sum(c) filter (where locality = 2), 0),"
             " coalesce(sum(c) filter (where locality = 1), 0)) from"
             " (select r.cells[%d] as c, r.ownership, r.locality from report r"
             "   join area a on a.id in (r.district_id, r.state_id) and a.level = '%s'"
             "    and a.lgd_code = %d where r.period = %d) x",
             item->slot + 1, row->fields[4], area_code(row), row->period);
    test_sql_value(url, sql, text, sizeof text);
    int read = sscanf(text, "%" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64, &have[0],
                      &have[1], &have[2], &have[3], &have[4]);
    assert_int_equal(read, 5);
}

static const struct item *item_of(const struct itemwise_table *table, const struct row *row) {
    char key[40];
    bool component = !text_equal(row->fields[6], "TOTAL");
    snprintf(key, sizeof key, component ? "%s/%c" : "%s", row->fields[5], row->fields[6][0]);
    const struct item *item = dictionary_find(table->dictionary, key);
    assert_non_null(item);
    return item;
}

static void row_compare(const struct itemwise_table *table, const struct row *row, int64_t *unequal,
                        int64_t *unadded) {
    const struct item *item = item_of(table, row);
    struct itemwise_cell cell = { 0 };
    bool there = itemwise_cell(column_of(table, area_code(row)), item, &cell);
    int64_t have[] = { cell.total, cell.public, cell.private, cell.urban, cell.rural };
    if (itemwise_reason(item)) {
        assert_false(there);
        unadded_compare(row, item, have);
        there = true;
        ++*unadded;
    }
    for (int c = 0; c < (*row->fields[8] ? 5 : 1); c++) {
        int64_t want = strtoll(row->fields[7 + c], NULL, 10) * power10(item->scale);
        if (there && have[c] == want) continue;
        if (++*unequal < 20)
            print_error("%s %d item %s column %d: %" PRId64 ", published %" PRId64 "\n",
                        row->fields[3], row->period, item->key, c, there ? have[c] : -1, want);
        return;
    }
}

/* The file has its rows month by month in no particular order: a table for each month. */
static void every_published_row_comes_back(void **state) {
    (void)state;
    struct itemwise_table tables[12];
    struct problem p = { 0 };
    for (int month = 0; month < 12; month++) {
        int period = period_add(202204, month);
        struct itemwise_query query = { .area = "lgd-state-28", .from = period, .to = period };
        must(itemwise_read(db, &scope_system, set, &query, NULL, "test", arena, &tables[month], &p),
             &p);
        assert_int_equal(tables[month].column_count, 27);
    }
    gzFile in = gzopen(PUBLISHED, "rb");
    struct row row;
    int64_t rows = 0, unequal = 0, unadded = 0;
    assert_non_null(in);
    assert_non_null(gzgets(in, row.text, sizeof row.text));
    for (; row_read(in, &row); rows++)
        row_compare(&tables[period_diff(row.period, 202204)], &row, &unequal, &unadded);
    gzclose(in);
    assert_int_equal(rows, 133682);
    assert_int_equal(unequal, 0);
    print_message("%" PRId64 " rows are equal, %" PRId64 " of them percentages\n", rows, unadded);
}

static int set_up(void **state) {
    (void)state;
    base_start();
    arena = arena_new();
    url = test_database("published");
    owner_loads();
    pool = test_pool(url, 2);
    struct problem p = { 0 };
    db = db_take(pool, &p);
    store = dictionary_store_new();
    if (!db || !dictionary_refresh(store, db, &p) || !mkdtemp(folder)) return 1;
    set = dictionary_hold(store);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    rmdir(folder);
    dictionary_release(store, set);
    dictionary_store_free(store);
    db_give(db);
    db_pool_free(pool);
    arena_free(arena);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_demonstration_is_imported),
        cmocka_unit_test(every_published_row_comes_back),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
