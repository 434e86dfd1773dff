/* Totals and the item-wise report on a synthetic state of full size, in this process: 26 districts,
 * 676 blocks, 12,000 facilities, 568 items, 12 months.
 *
 *   bench_itemwise CONNINFO [FACILITIES]   an empty database, as its owner; it is filled, left, and
 * used again the next time
 *
 * Prints how long a year takes to be added, one submission to be seen above, and the report to be
 * read and written (p50, p95), beside a base: reading the same rows and doing nothing with them. */
#include "hmis/clock.h"
#include "hmis/itemwise.h"
#include "hmis/log.h"
#include "hmis/period.h"
#include "hmis/report_pack.h"
#include "hmis/rollup.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ITEMS = 568, MONTHS = 12, FIRST = 202204, RUNS = 200, SUBMISSIONS = 100 };

static PGconn *conn;
static struct db_pool *pool;
static struct db *db;
static const struct dictionary_set *set;
static int facilities = 12000;

static void fail(const char *why) {
    fprintf(stderr, "%s\n", why);
    exit(1);
}

static void sql(const char *text) {
    PGresult *result = PQexec(conn, text);
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) fail(PQerrorMessage(conn));
    PQclear(result);
}

/* ---- A state. -------------------------------------------------------------------------------- */
/* Of 18 facilities in a block: 13 sub-centres, 3 PHCs, 2 CHCs; every fifth private, every fourth
 * urban: twelve kinds a district. */
static int type_of(int facility) {
    int place = facility % 18;
    return place < 13 ? FACILITY_SC : place < 16 ? FACILITY_PHC : FACILITY_CHC;
}

static void make_areas(void) {
    char text[2000];
    sql("insert into area (id, level, name) values (1, 'nation', 'India');"
        "insert into area (id, level, lgd_code, name) values (2, 'state', 28, 'State');"
        "insert into area (id, level, lgd_code, name)"
        " select 100 + d, 'district', d, 'District ' || d from generate_series(1, 26) d;"
        "insert into area (id, level, lgd_code, name)"
        " select 1000 + b, 'block', b, 'Block ' || b from generate_series(0, 675) b;"
        "insert into area_parent (area_id, parent_id) values (2, 1);"
        "insert into area_parent (area_id, parent_id) select 100 + d, 2 from generate_series(1, "
        "26) d;"
        "insert into area_parent (area_id, parent_id)"
        " select 1000 + b, 101 + b / 26 from generate_series(0, 675) b");
    snprintf(text, sizeof text,
             "insert into facility (id, code, name, facility_type, ownership, locality, state_id,"
             " district_id, block_id)"
             " select n, 'F' || n, 'Facility ' || n, case when n %% 18 < 13 then 1 when n %% 18 < "
             "16 then 2"
             "        else 3 end, case when n %% 5 = 0 then 2 else 1 end,"
             "        case when n %% 4 = 0 then 2 else 1 end, 2, 101 + b / 26, 1000 + b"
             "   from generate_series(1, %d) n, lateral (select n / 18 %% 676 as b) x",
             facilities);
    sql(text);
}

static void make_dictionary(void) {
    char text[1500];
    snprintf(
        text, sizeof text,
        "insert into dictionary (id, code, title, valid_from) values (1, 'BENCH', 'Bench', 201704);"
        "insert into section select 1, s, 'M' || s, 'Section ' || s, false from generate_series(1, "
        "25) s;"
        "insert into item (dictionary_id, slot, section_id, number, name, data_type, aggregation)"
        " select 1, i, 1 + i * 25 / %d, (1 + i * 25 / %d) || '.' || i, 'Number of what was counted "
        "' || i,"
        "        'count', 'sum' from generate_series(0, %d - 1) i;"
        "insert into form (id, dictionary_id, code, title, facility_types)"
        " select f, 1, 'FORM' || f, 'Form ' || f, array[f]::smallint[] from generate_series(1, 6) "
        "f;"
        "insert into form_item select f, 1, i, i, '1.' || i from generate_series(1, 6) f,"
        " generate_series(0, %d - 1) i",
        ITEMS, ITEMS, ITEMS, ITEMS);
    sql(text);
}

/* Which of the items a type fills, of ten: a third of the cells, some of them zero. */
static void make_cells(int facility, int month, int32_t *cells) {
    static const int filled_of_ten[] = {
        [FACILITY_SC] = 2, [FACILITY_PHC] = 4, [FACILITY_CHC] = 6
    };
    unsigned seed = (unsigned)(facility * 31 + month);
    for (int i = 0; i < ITEMS; i++) {
        seed = seed * 1103515245 + 12345;
        bool has = (i * 7 + type_of(facility)) % 10 < filled_of_ten[type_of(facility)];
        cells[i] = !has ? BLANK : (seed >> 16) % 3 == 0 ? 0 : (int32_t)((seed >> 16) % 400);
    }
}

static void copy_row(int facility, int month, struct buffer *line) {
    int32_t cells[ITEMS];
    struct buffer packed = { 0 };
    make_cells(facility, month, cells);
    report_pack(cells, ITEMS, &packed);
    int block = facility / 18 % 676;
    line->length = 0;
    buffer_printf(line, "%d\t%d\t%d\t%d\t%d\t%d\t2\t2\t%d\t%d\t1\tnow\t{}\t\\\\x", facility,
                  period_add(FIRST, month), type_of(facility), type_of(facility),
                  facility % 5 == 0 ? 2 : 1, facility % 4 == 0 ? 2 : 1, 101 + block / 26,
                  1000 + block);
    for (size_t i = 0; i < packed.length; i++)
        buffer_printf(line, "%02x", (unsigned char)packed.data[i]);
    buffer_add_char(line, '\n');
    buffer_free(&packed);
}

static void make_reports(void) {
    struct buffer line = { 0 };
    PGresult *result =
        PQexec(conn, "copy report (facility_id, period, form_id, facility_type, ownership,"
                     " locality, source, state_id, district_id, block_id, version, submitted_at,"
                     " cells, packed) from stdin");
    if (PQresultStatus(result) != PGRES_COPY_IN) fail(PQerrorMessage(conn));
    PQclear(result);
    for (int month = 0; month < MONTHS; month++)
        for (int facility = 1; facility <= facilities; facility++) {
            copy_row(facility, month, &line);
            if (PQputCopyData(conn, line.data, (int)line.length) != 1) fail(PQerrorMessage(conn));
        }
    PQputCopyEnd(conn, NULL);
    result = PQgetResult(conn);
    if (PQresultStatus(result) != PGRES_COMMAND_OK) fail(PQerrorMessage(conn));
    while (result) {
        PQclear(result);
        result = PQgetResult(conn);
    }
    buffer_free(&line);
    sql("vacuum analyze");
}

static bool is_filled(void) {
    PGresult *result = PQexec(conn, "select from report limit 1");
    bool filled = PQntuples(result) > 0;
    PQclear(result);
    return filled;
}

/* ---- Measuring. ------------------------------------------------------------------------------ */
static int by_size(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static double p50, p95;
static void sum_up(const char *what, int64_t *us, int runs) {
    qsort(us, (size_t)runs, sizeof *us, by_size);
    p50 = (double)us[runs / 2] / 1000;
    p95 = (double)us[runs * 95 / 100] / 1000;
    printf("%-48s p50 %8.2f ms   p95 %8.2f ms\n", what, p50, p95);
    fflush(stdout);
}

static int64_t pass(void) {
    struct problem p = { 0 };
    int64_t done;
    if (!rollup_pass(db, set, &done, &p)) fail(p.detail);
    return done;
}

static void measure_year(void) {
    sql("insert into rollup_queue (period, dictionary_id, state_id, district_id, block_id)"
        " select period, 1, state_id, district_id, block_id from report order by facility_id, "
        "period");
    int64_t began = clock_monotonic_us();
    int64_t marks = pass();
    double seconds = (double)(clock_monotonic_us() - began) / 1e6;
    printf("%-48s %.2f s, %.0f reports a second (%lld marks)\n", "a year added, by facility",
           seconds, facilities * MONTHS / seconds, (long long)marks);
    sql("vacuum analyze");
}

static void measure_submission(void) {
    int64_t us[SUBMISSIONS];
    for (int i = 0; i < SUBMISSIONS; i++) {
        char text[300];
        snprintf(text, sizeof text,
                 "update report set version = version + 1 where facility_id = %d and period = %d;"
                 "insert into rollup_queue (period, dictionary_id, state_id, district_id, block_id)"
                 " select period, 1, state_id, district_id, block_id from report"
                 "  where facility_id = %d and period = %d",
                 1 + i * 37, FIRST, 1 + i * 37, FIRST);
        sql(text);
        int64_t began = clock_monotonic_us();
        pass();
        us[i] = clock_monotonic_us() - began;
    }
    sum_up("one submission, to the nation", us, SUBMISSIONS);
}

/* ---- The base: the same rows read, and nothing done with them. ---- */
struct base {
    int from, to;
    int64_t rows, bytes;
};

static bool count_row(const struct db_rows *rows, void *arg) {
    struct base *base = arg;
    for (int i = 0; i < db_count(rows); i++) {
        size_t length;
        db_bytes(rows, i, 4, &length);
        base->rows++;
        base->bytes += (int64_t)length;
    }
    return true;
}

static bool base_work(struct db *with, void *arg, struct problem *p) {
    struct base *base = arg;
    int16_t types[] = { 0 };
    base->rows = base->bytes = 0;
    return db_stream(with, Q_ITEMWISE_TOTALS_BELOW_STATE,
                     DB_ARGS(DB_INT4(2), DB_INT4(base->from), DB_INT4(base->to), DB_INT2(1),
                             DB_INT2S(types, COUNT(types))),
                     count_row, base, p);
}

static const struct scope state_scope = { .level = SCOPE_STATE, .area_id = 2 };

static void measure_base(const char *what, int from, int to) {
    int64_t us[RUNS];
    struct base base = { .from = from, .to = to };
    for (int i = 0; i < RUNS; i++) {
        struct problem p = { 0 };
        int64_t began = clock_monotonic_us();
        if (!db_transaction(db, &state_scope, DB_READ_SNAPSHOT, base_work, &base, &p))
            fail(p.detail);
        us[i] = clock_monotonic_us() - began;
    }
    sum_up(what, us, RUNS);
    printf("%-48s %lld rows, %lld bytes\n", "", (long long)base.rows, (long long)base.bytes);
}

static void measure_report(const char *what, const struct itemwise_query *query) {
    int64_t us[RUNS];
    size_t bytes = 0;
    for (int i = 0; i < RUNS; i++) {
        struct problem p = { 0 };
        struct itemwise_table table;
        struct json_out out;
        struct arena *arena = arena_new();
        int64_t began = clock_monotonic_us();
        if (!itemwise_read(db, &state_scope, set, query, NULL, "json", arena, &table, &p))
            fail(p.detail);
        json_out_init(&out);
        itemwise_write_json(&table, &out);
        us[i] = clock_monotonic_us() - began;
        bytes = out.buffer.length;
        buffer_free(&out.buffer);
        arena_free(arena);
    }
    sum_up(what, us, RUNS);
    printf("%-48s %zu bytes of JSON\n", "", bytes);
}

static void measure_reports(void) {
    int last = period_add(FIRST, MONTHS - 1);
    double base;
    measure_base("base: a month's rows read", FIRST, FIRST);
    base = p50;
    measure_report("state, districts, a month",
                   &(struct itemwise_query){ .from = FIRST, .to = FIRST });
    printf("%-48s %.1f\n", "  times its base", p50 / base);
    measure_base("base: twelve months' rows read", FIRST, last);
    base = p50;
    measure_report("state, districts, twelve months cumulative",
                   &(struct itemwise_query){ .to = last, .mode = MODE_CUMULATIVE });
    printf("%-48s %.1f\n", "  times its base", p50 / base);
    measure_report(
        "state by months, cumulative",
        &(struct itemwise_query){ .to = last, .mode = MODE_CUMULATIVE, .columns = COLUMNS_MONTHS });
    measure_report("block by facilities, a month",
                   &(struct itemwise_query){ .area = "1010", .from = FIRST, .to = FIRST });
}

static void tell(const char *text, void *arg) {
    (void)arg;
    printf("different: %s\n", text);
}

static void measure_check(void) {
    struct problem p = { 0 };
    int64_t compared, different, began = clock_monotonic_us();
    db_statement_timeout(db, 600000);
    if (!rollup_check(db, set, tell, NULL, &compared, &different, &p)) fail(p.detail);
    printf("%-48s %.2f s, %lld totals compared, %lld different\n", "hmis check",
           (double)(clock_monotonic_us() - began) / 1e6, (long long)compared, (long long)different);
}

int main(int argc, char **argv) {
    int64_t wanted;
    if (argc < 2) fail("usage: bench_itemwise CONNINFO [FACILITIES]");
    if (argc > 2 && text_to_int(argv[2], 18, 1000000, &wanted)) facilities = (int)wanted;
    base_start();
    log_set_level(LOG_WARN);
    struct problem p = { 0 };
    if (!db_migrate(argv[1], NULL, &p)) fail(p.detail);
    conn = PQconnectdb(argv[1]);
    if (PQstatus(conn) != CONNECTION_OK) fail(PQerrorMessage(conn));
    bool filled = is_filled();
    if (!filled) {
        make_areas();
        make_dictionary();
        make_reports();
    }
    struct db_settings settings = { .conninfo = argv[1],
                                    .role = "hmis_app",
                                    .connections = 2,
                                    .wait_ms = 1000,
                                    .statement_timeout_ms = 60000,
                                    .lock_timeout_ms = 5000,
                                    .named_statements = true };
    pool = db_pool_new(&settings);
    db = db_take(pool, &p);
    struct dictionary_store *store = dictionary_store_new();
    if (!db || !dictionary_refresh(store, db, &p)) fail(p.detail);
    set = dictionary_hold(store);
    if (!filled) measure_year();
    measure_submission();
    measure_reports();
    measure_check();
    dictionary_release(store, set);
    dictionary_store_free(store);
    db_give(db);
    db_pool_free(pool);
    PQfinish(conn);
    return 0;
}
