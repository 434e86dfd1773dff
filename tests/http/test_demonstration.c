/* The main job, end to end, on real figures: the binary loads the small demonstration and serves
 * it; a state officer signs in and reads the item-wise report; every one of the 133,682 published
 * rows comes back, and nothing that is not published. */
#include <csv.h>
#include <dirent.h>
#include <ftw.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#include "hmis/area.h"
#include "hmis/demo.h"
#include "hmis/period.h"

#include "http_client.h"
#include "test.h"
#include "test_daemon.h"
#include "test_pg.h"

#define PUBLISHED  HMIS_SOURCE_DIR "/data/demonstration/ap_item_monthly_2022-23.csv.gz"
#define CUMULATIVE HMIS_SOURCE_DIR "/data/demonstration/ap_item_cumulative_2022-23_to_march.csv.gz"
#define GEOGRAPHY  HMIS_SOURCE_DIR "/data/geography"
#define LIST       HMIS_SOURCE_DIR "/data/dictionary/HMIS-2017"
#define REPORT     "/api/v1/itemwise?area=lgd-state-28"

enum { FIRST = 202204, MONTHS = 12, COLUMNS = 27, PARTS = 5, ITEMS_MAX = 640 };
enum { ROWS = 133682, CUMULATIVE_ROWS = 12963 };

/* ---- What the report answers, as numbers. ---------------------------------------------------- */
struct cell {
    int8_t count; /* 0: null; 1: a total only; 5: with its parts */
    bool published;
    int64_t parts[PARTS]; /* total, public, private, urban, rural; in hundredths */
};
static struct line {
    char key[16], ref[16], section[8];
    bool added;   /* no "reason" to leave it blank */
    bool balance; /* of the first or last month: single months of it are not published */
    bool share;   /* answers: not published */
} items[ITEMS_MAX];
static struct column {
    int64_t id, lgd_code;
    char name[80];
} columns[COLUMNS];
static struct cell cells[MONTHS][COLUMNS][ITEMS_MAX];
static int item_count;

static const char *conninfo;
static struct test_daemon *server;
static struct http_client *officer;
static struct arena *arena;
static char folder[] = "/tmp/hmis-demonstration-XXXXXX";

static const char *text_of(const json_t *json, const char *key) {
    return json_string_value(json_object_get(json, key));
}

static json_t *get(const char *path) {
    return http_expect(officer, "GET", path, NULL, 200);
}

static void read_item(struct line *item, const json_t *json, const char *section) {
    const char *key = text_of(json, "number"), *ref = text_of(json, "ref");
    assert_true(key && ref && strlen(key) < sizeof item->key && strlen(ref) < sizeof item->ref);
    strcpy(item->key, key);
    strcpy(item->ref, ref);
    snprintf(item->section, sizeof item->section, "%s", section);
    const char *way = text_of(json, "aggregation");
    item->added = json_is_null(json_object_get(json, "reason"));
    item->balance = strcmp(way, "first") == 0 || strcmp(way, "last") == 0;
    item->share = strcmp(way, "share") == 0;
}

/* Percentages have decimal places, counts have none. */
static int64_t hundredths(const json_t *number, bool added) {
    if (json_is_integer(number)) return json_integer_value(number) * 100;
    assert_true(json_is_real(number) && !added);
    return llround(json_real_value(number) * 100);
}

static void read_cell(struct cell *cell, const json_t *json, bool added) {
    size_t part;
    json_t *number;
    if (json_is_null(json) || json_is_object(json)) return;
    cell->count = (int8_t)json_array_size(json);
    assert_true(cell->count == 1 || cell->count == PARTS);
    json_array_foreach(json, part, number) cell->parts[part] = hundredths(number, added);
}

/* One answer into a table of cells[column][item]; the first names the items, the others must have
 * the same in the same order. */
static void read_table(const json_t *report, struct cell (*table)[ITEMS_MAX]) {
    size_t s, i, column;
    json_t *section, *json, *cell;
    int n = 0;
    json_array_foreach(json_object_get(report, "sections"), s, section) {
        json_array_foreach(json_object_get(section, "items"), i, json) {
            struct line item;
            assert_true(n < ITEMS_MAX);
            read_item(&item, json, text_of(section, "code"));
            if (n == item_count) items[item_count++] = item;
            assert_string_equal(item.key, items[n].key);
            json_array_foreach(json_object_get(json, "cells"), column, cell)
                read_cell(&table[column][n], cell, item.added);
            n++;
        }
    }
    assert_int_equal(n, item_count);
}

static void read_columns(const json_t *report) {
    size_t i;
    json_t *json;
    const json_t *list = json_object_get(report, "columns");
    assert_int_equal(json_array_size(list), COLUMNS);
    json_array_foreach(list, i, json) {
        columns[i].id = json_integer_value(json_object_get(json, "id"));
        columns[i].lgd_code = json_integer_value(json_object_get(json, "lgd_code"));
        snprintf(columns[i].name, sizeof columns[i].name, "%s", text_of(json, "name"));
    }
    assert_int_equal(columns[0].lgd_code, 28);
}

static void month_text(char out[8], int month) {
    period_format(out, period_add(FIRST, month));
}

/* ---- Loading and reading. -------------------------------------------------------------------- */
/* The binary loads and serves it, the state officer signs in. */
static void load_and_serve(void) {
    const char *const commands[][13] = {
        { "migrate" },
        { "geography", "load", GEOGRAPHY },
        { "dictionary", "load", LIST },
        { "demo", "load", "--size", "small", "--source", PUBLISHED, "--balances", CUMULATIVE,
          "--geography", GEOGRAPHY, "--directory", folder },
    };
    for (size_t i = 0; i < COUNT(commands); i++)
        test_hmis_done(conninfo, commands[i]);
    server = test_daemon_start(conninfo, NULL);
    officer = test_sign_in(test_daemon_port(server), "state", DEMO_PASSWORD, "state");
}

static void the_state_officer_reads_each_month(void **state) {
    (void)state;
    for (int month = 0; month < MONTHS; month++) {
        char text[8];
        month_text(text, month);
        json_t *report =
            get(arena_printf(arena, REPORT "&columns=areas&figures=published&from=%s", text));
        assert_string_equal(text_of(report, "from"), text);
        assert_string_equal(text_of(report, "to"), text);
        read_columns(report);
        read_table(report, cells[month]);
        json_decref(report);
    }
}

/* ---- The published rows. --------------------------------------------------------------------- */
struct row {
    char text[300];
    int month, column;
    int count; /* of the numbers published: 1 or 5 */
    int64_t parts[PARTS];
    char key[24];
};

static const struct geography *geography(void) {
    static struct geography india;
    struct problem p = { 0 };
    if (!india.area_count && !geography_read(&india, GEOGRAPHY, arena, &p))
        fail_msg("%s", p.detail);
    return &india;
}

/* The district of that spelling in the tables of the HMIS, by its column. */
static int column_of(const char *level, const char *name) {
    const struct geography *g = geography();
    int32_t code = 28;
    if (strcmp(level, "state") != 0) {
        assert_string_equal(level, "district");
        int area = geography_find_child(g, geography_find(g, AREA_STATE, 28), AREA_DISTRICT,
                                        area_tree_day(FIRST), name);
        if (area < 0) fail_msg("no district is called %s", name);
        code = g->areas[area].code;
    }
    for (int c = 0; c < COLUMNS; c++)
        if (columns[c].lgd_code == code) return c;
    fail_msg("the report has no column of %s", name);
    return -1;
}

static int64_t number(const char *text) {
    int64_t value;
    if (!text_to_int(text, 0, INT64_MAX, &value)) fail_msg("\"%s\" is no number", text);
    return value;
}

/* year, month, fin_year, area, level, item_no, component, total, public, private, urban, rural */
static bool row_read(gzFile in, struct row *row) {
    char *fields[12];
    if (!gzgets(in, row->text, sizeof row->text)) return false;
    row->text[strcspn(row->text, "\r\n")] = '\0';
    char *rest = row->text;
    for (int i = 0; i < 12; i++)
        assert_non_null(fields[i] = strsep(&rest, ","));
    assert_null(rest);
    row->month = period_diff((int)(number(fields[0]) * 100 + number(fields[1])), FIRST);
    assert_in_range(row->month, 0, MONTHS - 1);
    row->column = column_of(fields[4], fields[3]);
    bool component = strcmp(fields[6], "TOTAL") != 0;
    snprintf(row->key, sizeof row->key, component ? "%s/%c" : "%s", fields[5], fields[6][0]);
    row->count = *fields[8] ? PARTS : 1;
    for (int i = 0; i < PARTS; i++)
        row->parts[i] = i < row->count ? number(fields[7 + i]) * 100 : 0;
    return true;
}

static int item_of(const char *key) {
    static int last; /* rows of neighbours */
    for (int n = 0; n < item_count; n++, last = (last + 1) % item_count)
        if (strcmp(items[last].key, key) == 0) return last;
    fail_msg("the report has no item %s", key);
    return -1;
}

/* ---- Comparing. ------------------------------------------------------------------------------ */
static void compare(const struct row *row, int *unequal) {
    struct cell *cell = &cells[row->month][row->column][item_of(row->key)];
    assert_false(cell->published); /* no row twice */
    cell->published = true;
    if (cell->count == row->count && memcmp(cell->parts, row->parts, sizeof row->parts) == 0)
        return;
    if (++*unequal <= 20)
        print_error("month %d, column %s, item %s: %d numbers, total %.2f; published: %d, %.2f\n",
                    row->month, columns[row->column].name, row->key, cell->count,
                    (double)cell->parts[0] / 100, row->count, (double)row->parts[0] / 100);
}

static void every_published_row_comes_back(void **state) {
    (void)state;
    struct row row;
    int rows = 0, unequal = 0;
    gzFile in = gzopen(PUBLISHED, "rb");
    assert_non_null(in);
    assert_non_null(gzgets(in, row.text, sizeof row.text)); /* the heads */
    for (; row_read(in, &row); rows++)
        compare(&row, &unequal);
    assert_int_equal(gzclose(in), Z_OK);
    assert_int_equal(rows, ROWS);
    assert_int_equal(unequal, 0);
    print_message("%d published rows compared over the API, %d different\n", rows, unequal);
}

static void nothing_else_is_there(void **state) {
    (void)state;
    int invented = 0, there = 0;
    for (int month = 0; month < MONTHS; month++)
        for (int c = 0; c < COLUMNS; c++)
            for (int i = 0; i < item_count; i++) {
                const struct cell *cell = &cells[month][c][i];
                if (items[i].balance) continue;
                there += cell->count > 0;
                if (cell->count == 0 || cell->published) continue;
                if (++invented <= 20)
                    print_error("month %d, column %s, item %s: %" PRId64 " is not published\n",
                                month, columns[c].name, items[i].key, cell->parts[0]);
            }
    assert_int_equal(invented, 0);
    assert_int_equal(there, ROWS);
}

/* ---- The other ways to ask for the same figures. --------------------------------------------- */
/* What the report answers unless published figures are asked for. */
static const struct cell *added(int month, int column, int item) {
    static const struct cell null;
    return items[item].added ? &cells[month][column][item] : &null;
}

/* Adds the month to the sum: what is null there leaves it as it is. */
static void add_cell(struct cell *sum, const struct cell *cell) {
    if (cell->count > sum->count) sum->count = cell->count;
    for (int part = 0; part < PARTS; part++)
        sum->parts[part] += cell->parts[part];
}

static void assert_cell(const struct cell *have, const struct cell *want, int column, int item) {
    bool same =
        have->count == want->count && memcmp(have->parts, want->parts, sizeof have->parts) == 0;
    if (!same)
        fail_msg("column %d, item %s: %d numbers, total %" PRId64 ", not %d numbers, %" PRId64,
                 column, items[item].key, have->count, have->parts[0], want->count, want->parts[0]);
}

static void percentages_are_added_only_when_asked_for(void **state) {
    (void)state;
    static struct cell month[COLUMNS][ITEMS_MAX];
    json_t *report = get(REPORT "&columns=areas&from=2022-04");
    read_table(report, month);
    json_decref(report);
    int differ = 0;
    for (int c = 0; c < COLUMNS; c++)
        for (int i = 0; i < item_count; i++) {
            assert_cell(&month[c][i], added(0, c, i), c, i);
            differ += cells[0][c][i].count != month[c][i].count;
        }
    assert_true(differ > 0);
}

static void the_year_is_the_sum_of_its_months(void **state) {
    (void)state;
    static struct cell year[COLUMNS][ITEMS_MAX];
    json_t *report = get(REPORT "&columns=areas&mode=cumulative&to=2023-03");
    assert_string_equal(text_of(report, "from"), "2022-04");
    read_columns(report);
    read_table(report, year);
    json_decref(report);
    for (int c = 0; c < COLUMNS; c++)
        for (int i = 0; i < item_count; i++) {
            if (items[i].balance) continue;
            struct cell sum = { 0 };
            for (int month = 0; month < MONTHS; month++)
                add_cell(&sum, added(month, c, i));
            assert_cell(&year[c][i], &sum, c, i);
        }
}

static void read_by_month(const char *mode, struct cell (*table)[ITEMS_MAX]) {
    json_t *report =
        get(arena_printf(arena, REPORT "&columns=months&mode=%s&from=2022-04&to=2023-03", mode));
    assert_int_equal(json_array_size(json_object_get(report, "columns")), MONTHS);
    read_table(report, table);
    json_decref(report);
}

static void columns_of_months_are_the_states(void **state) {
    (void)state;
    static struct cell month[MONTHS][ITEMS_MAX], cumulative[MONTHS][ITEMS_MAX];
    read_by_month("month", month);
    read_by_month("cumulative", cumulative);
    for (int i = 0; i < item_count; i++) {
        struct cell sum = { 0 };
        for (int m = 0; m < MONTHS; m++) {
            add_cell(&sum, added(m, 0, i));
            assert_cell(&month[m][i], added(m, 0, i), m, i);
            if (!items[i].balance) assert_cell(&cumulative[m][i], &sum, m, i);
        }
    }
}

/* ---- The cumulative table: counts, percentages, receipts and balances to March. ---------------
 */
static int64_t signed_number(const char *text) {
    int64_t value;
    if (!text_to_int(text, INT32_MIN, INT64_MAX, &value)) fail_msg("\"%s\" is no number", text);
    return value;
}

/* fin_year, upto_month, area, level, item_no, component, total, public, private, urban, rural */
static bool cumulative_row_read(gzFile in, struct row *row) {
    char *fields[11];
    if (!gzgets(in, row->text, sizeof row->text)) return false;
    row->text[strcspn(row->text, "\r\n")] = '\0';
    char *rest = row->text;
    for (int i = 0; i < 11; i++)
        assert_non_null(fields[i] = strsep(&rest, ","));
    assert_null(rest);
    assert_string_equal(fields[0], "2022-23");
    assert_string_equal(fields[1], "Mar");
    row->column = column_of(fields[3], fields[2]);
    bool component = strcmp(fields[5], "TOTAL") != 0;
    snprintf(row->key, sizeof row->key, component ? "%s/%c" : "%s", fields[4], fields[5][0]);
    row->count = *fields[7] ? PARTS : 1;
    for (int i = 0; i < PARTS; i++)
        row->parts[i] = i < row->count ? signed_number(fields[6 + i]) * 100 : 0;
    return true;
}

static struct cell year_to_march[COLUMNS][ITEMS_MAX];

static void every_row_of_the_cumulative_table_comes_back(void **state) {
    (void)state;
    struct row row;
    int rows = 0, unequal = 0, there = 0;
    json_t *report = get(REPORT "&columns=areas&mode=cumulative&figures=published&to=2023-03");
    read_columns(report);
    read_table(report, year_to_march);
    json_decref(report);
    gzFile in = gzopen(CUMULATIVE, "rb");
    assert_non_null(in);
    assert_non_null(gzgets(in, row.text, sizeof row.text)); /* the heads */
    for (; cumulative_row_read(in, &row); rows++) {
        const struct cell *cell = &year_to_march[row.column][item_of(row.key)];
        if (cell->count == row.count && memcmp(cell->parts, row.parts, sizeof row.parts) == 0)
            continue;
        if (++unequal <= 20)
            print_error("column %s, item %s: %d numbers, %" PRId64 "; published: %d, %" PRId64 "\n",
                        columns[row.column].name, row.key, cell->count, cell->parts[0] / 100,
                        row.count, row.parts[0] / 100);
    }
    assert_int_equal(gzclose(in), Z_OK);
    for (int c = 0; c < COLUMNS; c++)
        for (int i = 0; i < item_count; i++)
            there += year_to_march[c][i].count > 0;
    assert_int_equal(rows, CUMULATIVE_ROWS);
    assert_int_equal(there, CUMULATIVE_ROWS); /* and nothing that is not published */
    assert_int_equal(unequal, 0);
    print_message("%d cumulative rows compared over the API, %d different\n", rows, unequal);
}

/* The last column of the months is the year; the state's balances are the sums of its districts'.
 */
static void balances_of_the_state_by_months(void **state) {
    (void)state;
    static struct cell cumulative[MONTHS][ITEMS_MAX];
    read_by_month("cumulative", cumulative);
    int balances = 0;
    for (int i = 0; i < item_count; i++) {
        if (!items[i].balance) continue;
        int64_t sum = 0;
        for (int c = 1; c < COLUMNS; c++)
            sum += year_to_march[c][i].parts[0];
        assert_cell(&cumulative[MONTHS - 1][i], &year_to_march[0][i], MONTHS - 1, i);
        assert_true(year_to_march[0][i].parts[0] == sum);
        assert_cell(&cumulative[0][i], &cells[0][0][i], 0, i);
        balances++;
    }
    assert_int_equal(balances, 84);
}

/* ---- The CSV form. --------------------------------------------------------------------------- */
enum { CSV_FIELDS = 4 + COLUMNS * PARTS };
static struct {
    bool seen[ITEMS_MAX];
    char fields[CSV_FIELDS][400];
    int field, rows; /* rows: of items */
} csv;

static void on_field(void *data, size_t length, void *arg) {
    (void)arg;
    if (csv.field < CSV_FIELDS)
        snprintf(csv.fields[csv.field], sizeof csv.fields[0], "%.*s", (int)length,
                 length ? (const char *)data : "");
    csv.field++;
}

/* "10.10" stands there as "'10.10", so that a spreadsheet leaves it. */
static int csv_item(void) {
    const char *ref = csv.fields[1] + (csv.fields[1][0] == '\'');
    for (int i = 0; i < item_count; i++)
        if (!csv.seen[i] && strcmp(items[i].section, csv.fields[0]) == 0 &&
            strcmp(items[i].ref, ref) == 0)
            return i;
    return -1;
}

static void compare_csv_row(int item) {
    for (int c = 0; c < COLUMNS; c++)
        for (int part = 0; part < PARTS; part++) {
            const struct cell *cell = added(0, c, item);
            const char *have = csv.fields[4 + c * PARTS + part];
            char want[24] = "";
            if (part < cell->count)
                snprintf(want, sizeof want, "%" PRId64, cell->parts[part] / 100);
            if (strcmp(have, want) != 0 && !items[item].share)
                fail_msg("item %s, column %d, number %d: \"%s\", not \"%s\"", items[item].key, c,
                         part, have, want);
        }
    csv.seen[item] = true;
    csv.rows++;
}

/* A row of figures begins with section and number; heads and the lines above do not. */
static void on_row(int end, void *arg) {
    (void)end;
    (void)arg;
    int item = csv.field == CSV_FIELDS ? csv_item() : -1;
    if (item >= 0) compare_csv_row(item);
    csv.field = 0;
}

static void the_csv_holds_the_same(void **state) {
    (void)state;
    struct csv_parser parser;
    struct http_answer answer = http_request(
        officer, "GET", "/api/v1/itemwise.csv?area=lgd-state-28&columns=areas&from=2022-04", NULL);
    assert_int_equal(answer.status, 200);
    assert_non_null(strstr(http_header(&answer, "Content-Type"), "text/csv"));
    assert_non_null(strstr(answer.body, "Provisional"));
    assert_int_equal(csv_init(&parser, CSV_STRICT), 0);
    assert_int_equal(csv_parse(&parser, answer.body, answer.length, on_field, on_row, NULL),
                     answer.length);
    csv_fini(&parser, on_field, on_row, NULL);
    csv_free(&parser);
    assert_int_equal(csv.rows, item_count);
    http_answer_free(&answer);
}

/* ---- Out and in again. ----------------------------------------------------------------------- */
static void import_back(const char *name) {
    char path[200], form[8], month[8];
    assert_int_equal(sscanf(name, "extract_%7[A-Z]_%7[0-9-].csv", form, month), 2);
    snprintf(path, sizeof path, "%s/out/%s", folder, name);
    struct test_run run =
        test_hmis(conninfo, (const char *const[]){ "import", path, "--format", "extract", "--month",
                                                   month, "--create-facilities", NULL });
    if (run.status != 0) fail_msg("%s: %d: %s", name, run.status, run.said);
    free(run.said);
}

/* The extracts of every form and month, read by the import that reads the ministry's. */
static void extracts_come_back_and_change_nothing(void **state) {
    (void)state;
    char out[200];
    snprintf(out, sizeof out, "%s/out", folder);
    int64_t before = test_sql_int(conninfo, "select max(id) from import_job");
    int64_t reports = test_sql_int(conninfo, "select count(*) from report where period >= 202204");
    test_hmis_done(conninfo,
                   (const char *const[]){ "export", "--directory", out, "--from", "2022-04", "--to",
                                          "2023-03", "--area", "lgd-state-28", NULL });
    struct dirent **names;
    int files = scandir(out, &names, NULL, alphasort), read = 0;
    for (int i = 0; i < files; i++) {
        if (names[i]->d_name[0] == 'e' && ++read) import_back(names[i]->d_name);
        free(names[i]);
    }
    free(names);
    assert_int_equal(read, 72);
    char sql[300];
    snprintf(sql, sizeof sql,
             "select coalesce(sum(reports_new + reports_changed + rows_refused + rows_asked + "
             "figures_refused"
             " + figures_asked + facilities_created + facilities_changed + facilities_moved), -1) "
             "from import_job where id > %lld",
             (long long)before);
    assert_int_equal(test_sql_int(conninfo, sql), 0);
    snprintf(sql, sizeof sql, "select sum(reports_unchanged) from import_job where id > %lld",
             (long long)before);
    assert_int_equal(test_sql_int(conninfo, sql), reports);
}

/* No column of the demonstration's files, or of those that came back, was left out; and every form
 * has answers to each of its questions about drugs. */
static void nothing_was_left_out(void **state) {
    (void)state;
    assert_int_equal(test_sql_int(conninfo,
                                  "select count(*) from import_job, jsonb_array_elements(notes) n"
                                  " where n->>'code' in ('column', 'item', 'unnamed', 'twice')"),
                     0);
    assert_true(test_sql_int(conninfo, "select count(*) from import_job where notes is not null") >
                0);
    assert_int_equal(
        test_sql_int(conninfo,
                     "select count(*) from form_item fi join item i using (dictionary_id, slot)"
                     " join form f on f.id = fi.form_id"
                     " where i.data_type in ('adequacy', 'date') and f.code <> 'DHQ' and not exists"
                     " (select from report r where r.form_id = fi.form_id and"
                     "  r.cells[fi.slot + 1] is not null)"),
        0);
}

/* ---- The districts that were divided on 4 April 2022. ---------------------------------------- */
/* What lies in Anakapalli reports for March, too: then it lay in Visakhapatnam. */
static const char in_march[] =
    "insert into report (facility_id, period, form_id, facility_type, ownership, locality, source,"
    " state_id, district_id, block_id, version, submitted_at, cells, packed, filled)"
    " select r.facility_id, 202203, r.form_id, r.facility_type, r.ownership, r.locality, r.source,"
    "  p.state_id, p.district_id, p.block_id, 1, now(), r.cells, r.packed, r.filled"
    " from report r join hmis_place_on('2022-03-31') p on p.facility_id = r.facility_id"
    " where r.period = 202204 and r.district_id = (select id from area where lgd_code = 744 and"
    " level = 'district');"
    "insert into rollup_queue (period, dictionary_id, state_id, district_id, block_id)"
    " select distinct r.period, f.dictionary_id, r.state_id, r.district_id, r.block_id"
    " from report r join form f on f.id = r.form_id where r.period = 202203";

static void wait_for_totals(void) {
    for (int i = 0; i < 600 && test_sql_int(conninfo, "select count(*) from rollup_queue") > 0; i++)
        usleep(50000);
}

static const json_t *march_of(const json_t *report, const char *list, size_t index) {
    return json_array_get(json_object_get(report, list), index);
}

/* The total of item 1.1 in March; -1: blank. */
static int64_t registered_in_march(const json_t *report) {
    const json_t *section = march_of(report, "sections", 0);
    const json_t *cell = march_of(march_of(section, "items", 0), "cells", 0);
    return json_is_null(cell) ? -1 : json_integer_value(json_array_get(cell, 0));
}

static json_t *march_and_april(int district, const char *boundaries) {
    return get(arena_printf(arena,
                            "/api/v1/itemwise?area=lgd-district-%d&columns=months&from=2022-03"
                            "&to=2022-04&section=M1&boundaries=%s",
                            district, boundaries));
}

static bool names(const json_t *list, const char *name) {
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one) {
        if (strcmp(json_string_value(one), name) == 0) return true;
    }
    return false;
}

static void the_split_of_april_2022(void **state) {
    (void)state;
    test_sql(conninfo, in_march);
    wait_for_totals();
    int64_t registered =
        test_sql_int(conninfo, "select sum(cells[1]) from report where period = 202203");
    assert_true(registered > 0);

    json_t *old = march_and_april(520, "then");
    const json_t *split = march_of(old, "breaks", 0);
    assert_string_equal(text_of(split, "what"), "split");
    assert_string_equal(text_of(split, "period"), "2022-04");
    assert_true(names(json_object_get(split, "to"), "Anakapalli"));
    assert_true(names(json_object_get(split, "to"), "Alluri Sitharama Raju"));
    assert_true(registered_in_march(old) == registered);
    json_decref(old);

    json_t *young = march_and_april(744, "then");
    assert_string_equal(text_of(march_of(young, "breaks", 0), "what"), "began");
    const json_t *column = march_of(young, "columns", 0);
    assert_true(json_is_false(json_object_get(column, "existed")));
    assert_true(names(json_object_get(column, "predecessors"), "Visakhapatnam"));
    assert_true(registered_in_march(young) == -1);
    json_decref(young);

    old = march_and_april(520, "today");
    young = march_and_april(744, "today");
    assert_true(registered_in_march(old) == -1);
    assert_true(registered_in_march(young) == registered);
    json_decref(old);
    json_decref(young);
}

/* ---- The stored totals. ---------------------------------------------------------------------- */
static void check_finds_no_difference(void **state) {
    (void)state;
    struct test_run run = test_hmis(conninfo, (const char *const[]){ "check", NULL });
    if (run.status != 0 || !strstr(run.said, " totals compared, 0 different"))
        fail_msg("hmis check: %d: %s", run.status, run.said);
    assert_null(strstr(run.said, "\n0 totals compared"));
    assert_false(text_starts(run.said, "0 totals compared"));
    free(run.said);
}

static void the_server_stops_cleanly(void **state) {
    (void)state;
    test_daemon_stop(server);
    server = NULL;
}

/* ---------------------------------------------------------------------------------------------- */
static int set_up(void **state) {
    (void)state;
    base_start();
    arena = arena_new();
    conninfo = test_database_empty("demonstration");
    if (!mkdtemp(folder)) return 1;
    load_and_serve();
    return 0;
}

static int forget(const char *path, const struct stat *about, int kind, struct FTW *walk) {
    (void)about;
    (void)kind;
    (void)walk;
    return remove(path);
}

static int tear_down(void **state) {
    (void)state;
    http_client_free(officer);
    if (server) test_daemon_kill(server);
    nftw(folder, forget, 8, FTW_DEPTH | FTW_PHYS);
    arena_free(arena);
    test_database_drop(conninfo);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_state_officer_reads_each_month),
        cmocka_unit_test(every_published_row_comes_back),
        cmocka_unit_test(nothing_else_is_there),
        cmocka_unit_test(percentages_are_added_only_when_asked_for),
        cmocka_unit_test(the_year_is_the_sum_of_its_months),
        cmocka_unit_test(columns_of_months_are_the_states),
        cmocka_unit_test(every_row_of_the_cumulative_table_comes_back),
        cmocka_unit_test(balances_of_the_state_by_months),
        cmocka_unit_test(the_csv_holds_the_same),
        cmocka_unit_test(extracts_come_back_and_change_nothing),
        cmocka_unit_test(nothing_was_left_out),
        cmocka_unit_test(the_split_of_april_2022),
        cmocka_unit_test(check_finds_no_difference),
        cmocka_unit_test(the_server_stops_cleanly),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
