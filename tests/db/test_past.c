/* Old months: extracts that name areas of today, a tree that is corrected afterwards, and the
 * ministry's tables of a year before a split, through demonstration, import and totals. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "hmis/aggregate.h"
#include "hmis/area.h"
#include "hmis/demo.h"
#include "hmis/facility.h"
#include "hmis/import.h"
#include "hmis/rollup.h"

#include "test.h"
#include "test_pg.h"
#include "test_state.h"

#define GEOGRAPHY HMIS_SOURCE_DIR "/data/geography"
#define PUBLISHED HMIS_SOURCE_DIR "/data/demonstration/ap_item_monthly_2022-23.csv.gz"
#define CASES     HMIS_SOURCE_DIR "/tests/data/cases/"

static const char *url;
static struct db_pool *pool;
static struct db *owner;
static struct dictionary_store *dictionaries;
static struct arena *arena;
static struct geography india;
static struct import_result result;

static void need(bool good, const struct problem *p) {
    if (!good) fail_msg("%s: %s", error_code_name(p->code), p->detail);
}

static void assert_text(const char *sql, const char *want) {
    char have[2000];
    test_sql_value(url, sql, have, sizeof have);
    if (!text_equal(have, want)) fail_msg("%s\n have %s\n want %s", sql, have, want);
}

static void import(const char *path, enum import_format format, int period) {
    struct problem p = { 0 };
    struct stat about;
    int64_t job;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0 && fstat(fd, &about) == 0);
    struct import_options options = { .format = format,
                                      .period = format == IMPORT_EXTRACT ? period : 0,
                                      .create_facilities = true,
                                      .file_name = "test",
                                      .file_size = about.st_size };
    struct db *db = db_take(pool, &p);
    const struct dictionary_set *set = dictionary_hold(dictionaries);
    need(import_job_new(db, &scope_system, &options, "running", &job, &p) &&
             import_run(job, &options, fd, db, set, &scope_system, NULL, NULL, &result, &p),
         &p);
    dictionary_release(dictionaries, set);
    db_give(db);
    close(fd);
}

static void totals_make(void) {
    struct problem p = { 0 };
    struct db *db = db_take(pool, &p);
    const struct dictionary_set *set = dictionary_hold(dictionaries);
    for (int64_t done = 1; done > 0;)
        need(rollup_pass(db, set, &done, &p), &p);
    dictionary_release(dictionaries, set);
    db_give(db);
}

/* ---- An extract of an old month that names a district of today. ------------------------------ */
static void a_younger_district_finds_its_place(void **state) {
    (void)state;
    import(CASES "60_backfill_new_district.csv", IMPORT_EXTRACT, 202110);
    assert_int_equal(result.facilities_created, 1);
    assert_int_equal(result.rows_refused, 0);
    assert_int_equal(result.reports_new, 1);
    assert_in_range(result.figures_read, 200, 300);
    assert_text(
        "select b.name || ', then ' || old.name || ', now ' || now.name || ', opened ' || f.opening"
        " from report r join facility f on f.id = r.facility_id join area b on b.id = r.block_id"
        " join area old on old.id = r.district_id join area now on now.id = f.district_id"
        " where r.period = 202110",
        "Directly under Anakapalli, then Visakhapatnam, now Anakapalli, opened 2021-10-01");
    import(CASES "60_backfill_new_district.csv", IMPORT_EXTRACT, 202108);
    assert_text("select string_agg(opening::text, ' ') from facility", "2021-08-01");
    import(CASES "60_backfill_new_district.csv", IMPORT_EXTRACT, 202206);
    assert_text(
        "select string_agg(a.name, ' ' order by r.period) from report r join area a on a.id ="
        " r.district_id",
        "Visakhapatnam Visakhapatnam Anakapalli");
    assert_text("select count(*) from facility_place", "1");
    totals_make();
    assert_text("select string_agg(a.name || s.period, ' ' order by s.period) from rollup_state s"
                " join area a on a.id = s.area_id where a.level = 'district'",
                "Visakhapatnam202108 Visakhapatnam202110 Anakapalli202206");
}

/* ---- A boundary that is corrected. ----------------------------------------------------------- */
static const char *geography_with(const char *line) {
    static const char *const names[] = { "states.tsv", "districts.tsv",  "subdistricts.tsv",
                                         "blocks.tsv", "successors.tsv", "names.tsv" };
    char *folder = arena_strdup(arena, "/tmp/hmis-geography-XXXXXX");
    assert_non_null(mkdtemp(folder));
    for (size_t i = 0; i < COUNT(names); i++)
        assert_int_equal(symlink(arena_printf(arena, GEOGRAPHY "/%s", names[i]),
                                 arena_printf(arena, "%s/%s", folder, names[i])),
                         0);
    FILE *in = fopen(GEOGRAPHY "/changes.tsv", "r");
    FILE *out = fopen(arena_printf(arena, "%s/changes.tsv", folder), "w");
    assert_true(in && out);
    char text[300];
    while (fgets(text, sizeof text, in))
        fputs(text, out);
    fputs(line, out);
    fclose(in);
    fclose(out);
    return folder;
}

static void folder_remove(const char *folder) {
    static const char *const names[] = { "states.tsv", "districts.tsv",  "subdistricts.tsv",
                                         "blocks.tsv", "successors.tsv", "names.tsv",
                                         "changes.tsv" };
    for (size_t i = 0; i < COUNT(names); i++)
        unlink(arena_printf(arena, "%s/%s", folder, names[i]));
    rmdir(folder);
}

/* A block of Guntur turns out to have lain in Krishna since September 2022. */
static void reports_follow_a_corrected_tree(void **state) {
    (void)state;
    const char *path = "/tmp/hmis-test-past.csv";
    for (int period = 202208; period <= 202209; period++) {
        FILE *out = fopen(path, "w");
        fprintf(
            out,
            "sno,state,zone,district,district_category,sub_district,block,health_block,"
            "sub_division,ulb,facility_type,facility_code,facility_name,category,bed_count,nin,"
            "rural_urban,ownership,physical_notional,status,1.1\n"
            "1,Andhra Pradesh(28),,Guntur(506),,,Tenali,,,,Primary Health Centre,T1,PHC Tenali,,"
            ",,Rural,Public,Physical,Open,7\n");
        fclose(out);
        import(path, IMPORT_EXTRACT, period);
        assert_int_equal(result.refusals, 0);
    }
    unlink(path);
    totals_make();
    int64_t tenali = test_sql_int(url, "select lgd_code from area where level = 'block' and name ="
                                       " 'Tenali'");
    const char *folder =
        geography_with(arena_printf(arena, "2022-09-01\tblock\t%d\t510\tnamed\t\n", (int)tenali));
    struct problem p = { 0 };
    struct area_load_result loaded;
    need(area_load_told(owner, folder, &loaded, &p), &p);
    folder_remove(folder);
    assert_int_equal(loaded.reports, 1);
    assert_int_equal(loaded.totals, 1);
    assert_int_equal(loaded.first_period, 202209);
    assert_text(
        "select string_agg(a.name, ' ' order by r.period) from report r join area a on a.id ="
        " r.district_id join facility f on f.id = r.facility_id where f.code = 'T1'",
        "Guntur Krishna");
    assert_text(
        "select d.name from facility f join area d on d.id = f.district_id where f.code = 'T1'",
        "Krishna");
    totals_make();
    assert_text(
        "select string_agg(a.name || r.period, ' ' order by r.period) from rollup r join area a"
        " on a.id = r.area_id where a.level = 'district' and a.name in ('Guntur', 'Krishna')"
        " and r.facility_type > 0",
        "Guntur202208 Krishna202209");
    need(area_load_told(owner, GEOGRAPHY, &loaded, &p), &p); /* and back */
    assert_int_equal(loaded.reports, 1);
    need(area_load_told(owner, GEOGRAPHY, &loaded, &p), &p); /* the same again */
    assert_int_equal(loaded.moved, 0);
    assert_int_equal(loaded.reports, 0);
    totals_make();
    assert_text(
        "select count(*) from rollup r join area a on a.id = r.area_id where a.name = 'Krishna'",
        "0");
}

/* ---- The ministry's table of 2021-22: thirteen districts, by its spellings. ------------------ */
enum { DISTRICTS = 13, MONTHS = 2, FIGURES = 5 };
static const int periods[MONTHS] = { 202104, 202203 };
struct figure {
    int64_t value[FIGURES]; /* total, public, private, urban, rural */
    bool there, split;
};
static struct figure *figures; /* [month][district][slot] */
static int old_districts[DISTRICTS], old_count;

static struct figure *figure_at(int month, int district, int slot) {
    return &figures[((size_t)month * DISTRICTS + (size_t)district) * CELLS_MAX + (size_t)slot];
}

/* Of what is one district now: the old one that had most of its blocks. */
static int old_district_of(int district) {
    int best = -1, most = 0;
    for (int d = 0; d < old_count; d++) {
        int count = 0;
        for (int b = 0; b < india.area_count; b++)
            count += india.areas[b].level == AREA_BLOCK &&
                     geography_parent(&india, b, 20220430) == district &&
                     geography_parent(&india, b, 20220331) == old_districts[d];
        if (count > most) best = d;
        most = count > most ? count : most;
    }
    return best;
}

static void row_merge(char *line, const struct dictionary *dictionary, const int *old_of) {
    char *fields[12];
    for (int i = 0; i < 12; i++)
        fields[i] = strsep(&line, ",");
    int month = atoi(fields[1]) == 4 ? 0 : atoi(fields[1]) == 3 ? 1 : -1;
    if (month < 0 || !text_equal(fields[4], "district")) return;
    int state = geography_find(&india, AREA_STATE, 28);
    int district = geography_find_child(&india, state, AREA_DISTRICT, 20220430, fields[3]);
    assert_true(district >= 0);
    char key[40];
    if (text_equal(fields[6], "TOTAL"))
        snprintf(key, sizeof key, "%s", fields[5]);
    else
        snprintf(key, sizeof key, "%s/%c", fields[5], fields[6][0]);
    const struct item *item = dictionary_find(dictionary, key);
    struct figure *figure = figure_at(month, old_of[district], item->slot);
    figure->there = true;
    figure->split |= fields[8][0] != '\0';
    for (int c = 0; c < FIGURES; c++)
        figure->value[c] += strtoll(fields[7 + c], NULL, 10);
}

static void figures_merge(const struct dictionary *dictionary) {
    int state = geography_find(&india, AREA_STATE, 28);
    int *old_of = arena_array(arena, (size_t)india.area_count, sizeof *old_of);
    for (int i = 0; i < india.area_count; i++)
        if (india.areas[i].level == AREA_DISTRICT && geography_parent(&india, i, 20220331) == state)
            old_districts[old_count++] = i;
    assert_int_equal(old_count, DISTRICTS);
    for (int i = 0; i < india.area_count; i++)
        if (india.areas[i].level == AREA_DISTRICT && geography_parent(&india, i, 20220430) == state)
            old_of[i] = old_district_of(i);
    gzFile in = gzopen(PUBLISHED, "rb");
    char line[400];
    assert_non_null(in);
    assert_non_null(gzgets(in, line, sizeof line));
    while (gzgets(in, line, sizeof line)) {
        line[strcspn(line, "\r\n")] = '\0';
        row_merge(line, dictionary, old_of);
    }
    gzclose(in);
}

/* No column fin_year, names in capitals or another spelling, an item of another list. */
static void table_write(const char *path, const struct dictionary *dictionary) {
    FILE *out = fopen(path, "w");
    fputs("Year,Month,Area,Level,Item_No,Component,Total,Public,Private,Urban,Rural\n", out);
    fputs("2021,4,India,nation,1.1,TOTAL,5,5,0,0,5\n", out);
    fputs("2021,4,KRISHNA,district,99.9,TOTAL,5,5,0,0,5\n", out);
    for (int m = 0; m < MONTHS; m++)
        for (int d = 0; d < DISTRICTS; d++)
            for (int i = 0; i < dictionary->item_count; i++) {
                const struct item *item = &dictionary->items[i];
                const struct figure *f = figure_at(m, d, item->slot);
                const struct geo_area *area = &india.areas[old_districts[d]];
                const char *name = area->code == 502 ? "Ananthapur"
                                   : area->hmis_name ? area->hmis_name
                                                     : area->name;
                if (!f->there) continue;
                fprintf(out, "%d,%d,%s,district,%s,", periods[m] / 100, periods[m] % 100, name,
                        item->number);
                if (item->component)
                    fprintf(out, "%d. of the item,%lld", item->component, (long long)f->value[0]);
                else
                    fprintf(out, "TOTAL,%lld", (long long)f->value[0]);
                for (int c = 1; c < FIGURES; c++)
                    fprintf(out, f->split ? ",%lld" : ",", (long long)f->value[c]);
                fputc('\n', out);
            }
    fclose(out);
}

static int64_t scaled(const struct item *item, int64_t value) {
    for (int s = 0; s < item->scale; s++)
        value *= 10;
    return value;
}

static struct total *stored(int period, int district_code, int ownership) {
    static char hex[4000000];
    char sql[400];
    snprintf(sql, sizeof sql,
             "select string_agg(encode(packed, 'hex'), ' ') from rollup r join area a on a.id = "
             "r.area_id"
             " where facility_type > 0 and a.level = 'district' and a.lgd_code = %d and period = %d"
             " and (%d = 0 or ownership = %d)",
             district_code, period, ownership, ownership);
    test_sql_value(url, sql, hex, sizeof hex);
    struct total *total = total_new(arena, CELLS_MAX);
    char *rest = hex;
    for (char *word; (word = strsep(&rest, " ")) && *word;) {
        size_t length = strlen(word) / 2;
        uint8_t *bytes = arena_alloc(arena, length + 1);
        assert_true(hex_decode(bytes, length, word));
        assert_true(total_add_packed(total, bytes, length));
    }
    return total;
}

static int district_compare(const struct dictionary *dictionary, int month, int d) {
    int code = india.areas[old_districts[d]].code, compared = 0;
    struct total *all = stored(periods[month], code, 0);
    struct total *public_ = stored(periods[month], code, PUBLIC);
    for (int i = 0; i < dictionary->item_count; i++) {
        const struct item *item = &dictionary->items[i];
        const struct figure *f = figure_at(month, d, item->slot);
        if (!f->there) continue;
        int64_t want = scaled(item, f->value[0]), want_public = scaled(item, f->value[1]);
        if (all->sums[item->slot] != want || (f->split && public_->sums[item->slot] != want_public))
            fail_msg("district %d, %d, item %s: %lld, published %lld", code, periods[month],
                     item->key, (long long)all->sums[item->slot], (long long)want);
        compared++;
    }
    return compared;
}

static void a_table_before_the_split_comes_back(void **state) {
    (void)state;
    static char folder[] = "/tmp/hmis-past-XXXXXX";
    struct problem p = { 0 };
    const struct dictionary_set *set = dictionary_hold(dictionaries);
    const struct dictionary *dictionary = dictionary_by_code(set, "HMIS-2017");
    assert_non_null(mkdtemp(folder));
    const char *path = arena_printf(arena, "%s/table.csv", folder);
    figures = calloc((size_t)MONTHS * DISTRICTS * CELLS_MAX, sizeof *figures);
    figures_merge(dictionary);
    table_write(path, dictionary);
    struct demo_request request = { .source = path,
                                    .geography = GEOGRAPHY,
                                    .dictionary = dictionary,
                                    .size = DEMO_SMALL,
                                    .directory = folder };
    struct demo_result demo;
    need(demo_write(&request, &demo, arena, &p), &p);
    assert_int_equal(demo.districts, DISTRICTS);
    assert_true(demo.note_count >= 3);
    for (int i = 0; i < demo.file_count; i++) {
        const char *file = arena_printf(arena, "%s/%s", folder, demo.files[i].name);
        enum import_format format;
        bool ours = demo.files[i].period == periods[0] || demo.files[i].period == periods[1];
        assert_true(import_format_parse(demo.files[i].format, &format));
        if (ours) import(file, format, demo.files[i].period);
        if (ours) assert_int_equal(result.refusals, 0);
        unlink(file);
    }
    totals_make();
    int compared = 0;
    for (int m = 0; m < MONTHS; m++)
        for (int d = 0; d < DISTRICTS; d++)
            compared += district_compare(dictionary, m, d);
    printf("%d published figures came back\n", compared);
    assert_in_range(compared, 9000, 14000);
    dictionary_release(dictionaries, set);
    unlink(path);
    rmdir(folder);
    free(figures);
}

static int set_up(void **state) {
    (void)state;
    base_start();
    arena = arena_new();
    url = test_database("past");
    struct db_settings settings = { .conninfo = url,
                                    .connections = 2,
                                    .wait_ms = 2000,
                                    .statement_timeout_ms = 120000,
                                    .lock_timeout_ms = 2000 };
    struct db_pool *owners = db_pool_new(&settings);
    struct problem p = { 0 };
    owner = db_take(owners, &p);
    bool fine = owner && geography_read(&india, GEOGRAPHY, arena, &p) &&
                area_load(owner, GEOGRAPHY, &p) &&
                dictionary_load(owner, HMIS_SOURCE_DIR "/data/dictionary/HMIS-2017", arena, &p);
    if (!fine) fprintf(stderr, "%s\n", p.detail);
    pool = test_pool(url, 3);
    dictionaries = test_state_dictionaries(pool);
    return !fine;
}

static int tear_down(void **state) {
    (void)state;
    dictionary_store_free(dictionaries);
    db_pool_free(pool);
    arena_free(arena);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_younger_district_finds_its_place),
        cmocka_unit_test(reports_follow_a_corrected_tree),
        cmocka_unit_test(a_table_before_the_split_comes_back),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
