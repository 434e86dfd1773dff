#include "hmis/period.h"
#include "hmis/rollup.h"

#include "test.h"
#include "test_pg.h"
#include "test_totals.h"

#include <libpq-fe.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *url;
static struct db_pool *pool;
static struct dictionary_store *store;
static struct arena *arena;

static void put(const char *facility, int period, const char *cells) {
    test_report(url, facility, period, cells);
}

static int64_t pass(void) {
    struct problem p = { 0 };
    int64_t done = -1;
    struct db *db = db_take(pool, &p);
    assert_non_null(db);
    const struct dictionary_set *set = dictionary_hold(store);
    if (!rollup_pass(db, set, &done, &p)) fail_msg("%s", p.detail);
    dictionary_release(store, set);
    db_give(db);
    return done;
}

static char told[8000];
static void tell(const char *text, void *arg) {
    (void)arg;
    size_t used = strlen(told);
    snprintf(told + used, sizeof told - used, "%s\n", text);
}

/* Differences found; `compared` may be NULL. */
static int64_t check(int64_t *compared) {
    struct problem p = { 0 };
    int64_t rows = 0, different = 0;
    told[0] = '\0';
    struct db *db = db_take(pool, &p);
    assert_non_null(db);
    const struct dictionary_set *set = dictionary_hold(store);
    if (!rollup_check(db, set, tell, NULL, &rows, &different, &p)) fail_msg("%s", p.detail);
    dictionary_release(store, set);
    db_give(db);
    if (compared) *compared = rows;
    return different;
}

static void rebuild(void) {
    struct problem p = { 0 };
    struct db *db = db_take(pool, &p);
    assert_non_null(db);
    const struct dictionary_set *set = dictionary_hold(store);
    if (!rollup_rebuild(db, set, &p)) fail_msg("%s", p.detail);
    dictionary_release(store, set);
    db_give(db);
}

static int64_t sum(int area, int period, int slot) {
    return test_stored_total(url, area, period, arena)->sums[slot];
}

static int64_t number(const char *format, ...) PRINTF(1, 2);
static int64_t number(const char *format, ...) {
    char sql[300];
    va_list args;
    va_start(args, format);
    vsnprintf(sql, sizeof sql, format, args);
    va_end(args);
    return test_sql_int(url, sql);
}

static int64_t revision(int area, int period) {
    return number(
        "select coalesce(max(revision), 0) from rollup_state where area_id = %d and period = %d",
        area, period);
}

static int reset(void **state) {
    (void)state;
    arena = arena_new();
    test_sql(url, "truncate report, rollup, rollup_state, rollup_queue, rollup_peak,"
                  " item_peak");
    return 0;
}

static int drop_arena(void **state) {
    (void)state;
    arena_free(arena);
    return 0;
}

/* ---- Adding. --------------------------------------------------------------------------------- */
static void a_report_is_in_every_area_above(void **state) {
    (void)state;
    put("F1", 202204, "{10,5,1,null,25,null,null,0}");
    put("F2", 202204, "{7,null,2,null,null,null,null,null}");
    assert_int_equal(pass(), 2);
    static const int above[] = { 101, 11, 2, 1 };
    for (size_t i = 0; i < COUNT(above); i++) {
        struct total *total = test_stored_total(url, above[i], 202204, arena);
        assert_int_equal(total->reports, 2);
        assert_int_equal(total->sums[0], 17);
        assert_int_equal(total->filled[1], 1);
        assert_int_equal(total->zeros[7], 1);
        assert_int_equal(total->filled[3], 0);
        assert_int_equal(revision(above[i], 202204), 1);
    }
    assert_int_equal(number("select count(*) from rollup where area_id in (%d, %d)", 102, 12), 0);
    assert_int_equal(test_sql_int(url, "select count(*) from rollup_queue"), 0);
    int64_t compared;
    assert_int_equal(check(&compared), 0);
    assert_int_equal(compared, 14); /* two kinds, four levels; three times all types */
    assert_int_equal(pass(), 0);
}

static void kinds_stay_apart(void **state) {
    (void)state;
    put("F1", 202204, "{10}");
    put("F2", 202204, "{7}");
    pass();
    assert_int_equal(test_sql_int(url, "select count(*) from rollup where area_id = 1 and level = 5"
                                       " and (facility_type, ownership, locality, reports)"
                                       "  in ((2, 1, 1, 1), (3, 2, 2, 1))"),
                     2);
    assert_int_equal(test_sql_int(url,
                                  "select count(*) from rollup where area_id = 101 and state_id = 2"
                                  " and district_id = 11 and block_id = 101"),
                     2);
    assert_int_equal(test_sql_int(url,
                                  "select count(*) from rollup where area_id = 11 and state_id = 2"
                                  " and district_id = 11 and block_id is null"),
                     4); /* and all types together, by ownership and locality */
}

static void a_new_version_replaces_the_old(void **state) {
    (void)state;
    put("F1", 202204, "{10,1}");
    put("F3", 202204, "{100}");
    pass();
    put("F1", 202204, "{4}");
    pass();
    assert_int_equal(sum(101, 202204, 0), 4);
    assert_int_equal(sum(11, 202204, 0), 104);
    assert_int_equal(sum(1, 202204, 0), 104);
    struct total *total = test_stored_total(url, 2, 202204, arena);
    assert_int_equal(total->filled[1], 0);
    assert_int_equal(total->reports, 2);
    assert_int_equal(revision(101, 202204), 2);
    assert_int_equal(revision(102, 202204), 1);
    assert_int_equal(check(NULL), 0);
}

static void the_last_report_of_a_kind_takes_its_row_along(void **state) {
    (void)state;
    put("F1", 202204, "{10}");
    put("F2", 202204, "{7}");
    pass();
    test_sql(url,
             "delete from report where facility_id = 2;"
             "insert into rollup_queue (period, dictionary_id, state_id, district_id, block_id)"
             " values (202204, 1, 2, 11, 101)");
    pass();
    assert_int_equal(test_sql_int(url, "select count(*) from rollup"), 7);
    assert_int_equal(sum(1, 202204, 0), 10);
    test_sql(url,
             "delete from report;"
             "insert into rollup_queue (period, dictionary_id, state_id, district_id, block_id)"
             " values (202204, 1, 2, 11, 101)");
    pass();
    assert_int_equal(test_sql_int(url, "select count(*) from rollup"), 0);
    assert_int_equal(revision(1, 202204), 3);
    assert_int_equal(check(NULL), 0);
}

static void packed_reports_and_arrays_add_alike(void **state) {
    (void)state;
    put("F1", 202204, "{10,null,1}");
    /* no blanks, two figures: 10 and 5 */
    test_sql(url,
             "update report set packed = '\\x0002140a', cells = '{10,5}' where facility_id = 1");
    put("F3", 202204, "{1,1}");
    pass();
    assert_int_equal(sum(11, 202204, 0), 11);
    assert_int_equal(sum(11, 202204, 1), 6);
    assert_int_equal(check(NULL), 0);
}

static void equal_totals_are_not_written_again(void **state) {
    (void)state;
    put("F1", 202204, "{10}");
    put("F2", 202204, "{7}");
    pass();
    char before[40], after[40];
    static const char *row =
        "select xmin::text || ctid::text from rollup where area_id = 101 and facility_type = 3";
    test_sql_value(url, row, before, sizeof before);
    put("F1", 202204, "{11}");
    pass();
    test_sql_value(url, row, after, sizeof after);
    assert_string_equal(before, after);
    assert_int_equal(sum(101, 202204, 0), 18);
}

static void months_and_states_are_apart(void **state) {
    (void)state;
    put("F1", 202204, "{1}");
    put("F1", 202205, "{2}");
    put("F11", 202204, "{4}");
    pass();
    assert_int_equal(sum(2, 202204, 0), 1);
    assert_int_equal(sum(3, 202204, 0), 4);
    assert_int_equal(sum(1, 202204, 0), 5);
    assert_int_equal(sum(1, 202205, 0), 2);
    assert_int_equal(revision(3, 202205), 0);
    assert_int_equal(check(NULL), 0);
}

static void many_blocks_take_more_than_one_chunk(void **state) {
    (void)state;
    test_sql(url,
             "insert into report (facility_id, period, form_id, facility_type, ownership, locality,"
             " source, state_id, district_id, block_id, version, submitted_at, cells)"
             " select 1000 + n, 202204, 1, 2, 1, 1, 1, 2, 11 + n % 2, 1000 + n, 1, now(), array[n]"
             "   from generate_series(1, 300) n;"
             "insert into rollup_queue (period, dictionary_id, state_id, district_id, block_id)"
             " select period, 1, state_id, district_id, block_id from report");
    assert_int_equal(pass(), 300);
    assert_int_equal(sum(2, 202204, 0), 300 * 301 / 2);
    assert_int_equal(sum(11, 202204, 0), 150 * 151);
    assert_int_equal(check(NULL), 0);
}

static int64_t peak(int slot) {
    return number(
        "select coalesce(max(peak), 0) from item_peak where dictionary_id = 1 and slot = %d", slot);
}

static int64_t second(int slot) {
    return number(
        "select coalesce(max(second), 0) from item_peak where dictionary_id = 1 and slot = %d",
        slot);
}

static void peaks_follow_what_stands(void **state) {
    (void)state;
    put("F1", 202204, "{70,3,2,500,9,null,null,null}");
    put("F3", 202204, "{60}");
    pass();
    assert_int_equal(peak(0), 70); /* of a report, not of a total */
    assert_int_equal(second(0), 60);
    assert_int_equal(peak(4), 9);
    assert_int_equal(second(4), 0);
    assert_int_equal(peak(2), 0);      /* an answer has no peak */
    put("F2", 202205, "{2147483647}"); /* a slip */
    pass();
    assert_int_equal(peak(0), 2147483647);
    assert_int_equal(second(0), 70);
    put("F2", 202205, "{21}");
    pass();
    assert_int_equal(peak(0), 70);
    assert_int_equal(second(0), 60);
    put("F1", 202204, "{5}");
    pass();
    assert_int_equal(peak(0), 60);
    assert_int_equal(second(0), 21);
    assert_int_equal(peak(4), 0); /* nobody has a figure any more */
    rebuild();
    assert_int_equal(peak(0), 60);
    assert_int_equal(second(0), 21);
    test_sql(url, "delete from report where period = 202204");
    rebuild();
    assert_int_equal(peak(0), 21);
    assert_int_equal(second(0), 0);
}

/* Equal figures of two reports are two: the correction of one leaves the other. */
static void equal_peaks_are_two(void **state) {
    (void)state;
    put("F1", 202204, "{70}");
    put("F3", 202206, "{70}");
    pass();
    assert_int_equal(second(0), 70);
    put("F1", 202204, "{null}");
    pass();
    assert_int_equal(peak(0), 70);
    assert_int_equal(second(0), 0);
}

/* ---- Areas that change. ---------------------------------------------------------------------- */
static void a_facility_that_moves_is_counted_where_it_lay(void **state) {
    (void)state;
    put("F1", 202204, "{10}");
    pass();
    test_sql(url, "update facility_place set valid_to = '2022-05-10' where facility_id = 1;"
                  "insert into facility_place values (1, 201, '2022-05-10')");
    put("F1", 202205, "{20}");
    pass();
    assert_int_equal(sum(101, 202204, 0), 10);
    assert_int_equal(sum(101, 202205, 0), 0);
    assert_int_equal(sum(201, 202205, 0), 20);
    assert_int_equal(sum(12, 202205, 0), 20);
    /* The move is corrected to have been earlier: the report, sent again, leaves its old block. */
    test_sql(url, "update facility_place set valid_to = '2022-04-10' where facility_id = 1 and "
                  "block_id = 101;"
                  "update facility_place set valid_from = '2022-04-10' where facility_id = 1 and "
                  "block_id = 201");
    put("F1", 202204, "{10}");
    pass();
    assert_int_equal(sum(101, 202204, 0), 0);
    assert_int_equal(sum(11, 202204, 0), 0);
    assert_int_equal(sum(12, 202204, 0), 10);
    assert_int_equal(sum(2, 202204, 0), 10);
    assert_int_equal(check(NULL), 0);
    test_sql(url, "delete from facility_place where facility_id = 1;"
                  "insert into facility_place values (1, 101)");
}

static void a_district_split_leaves_old_months(void **state) {
    (void)state;
    put("F1", 202203, "{10}");
    put("F3", 202203, "{1}");
    pass();
    test_sql(url, "insert into area (id, level, lgd_code, name) values (13, 'district', 790, 'Sri "
                  "Sathya Sai');"
                  "insert into area_parent values (13, 2, '2022-04-04');"
                  "update area_parent set valid_to = '2022-04-04' where area_id = 102;"
                  "insert into area_parent values (102, 13, '2022-04-04')");
    put("F1", 202204, "{20}");
    put("F3", 202204, "{2}");
    pass();
    assert_int_equal(sum(11, 202203, 0), 11);
    assert_int_equal(sum(13, 202203, 0), 0);
    assert_int_equal(sum(11, 202204, 0), 20);
    assert_int_equal(sum(13, 202204, 0), 2);
    assert_int_equal(sum(2, 202204, 0), 22);
    put("F3", 202203, "{5}"); /* late, into the month before the split */
    pass();
    assert_int_equal(sum(11, 202203, 0), 15);
    assert_int_equal(check(NULL), 0);
    test_sql(url, "delete from area_parent where parent_id = 13 or area_id = 13;"
                  "update area_parent set valid_to = null where area_id = 102;"
                  "delete from area where id = 13");
}

/* What others write crosses it more often than a transaction is tried again by itself. */
static void rebuild_waits_for_a_quieter_moment(void **state) {
    (void)state;
    test_sql(url, "create sequence crossing; grant usage on crossing to hmis_app;"
                  "create function cross_it() returns trigger language plpgsql as $$ begin"
                  " if nextval('crossing') <= 9 then"
                  " raise exception 'crossed' using errcode = 'serialization_failure'; end if;"
                  " return null; end $$;"
                  "create trigger crossing after insert on rollup_queue for each statement execute"
                  " function cross_it()");
    rebuild();
    test_sql(url, "drop trigger crossing on rollup_queue; drop function cross_it;"
                  "drop sequence crossing");
}

static void rebuild_follows_a_corrected_boundary(void **state) {
    (void)state;
    put("F1", 202204, "{10}");
    put("F3", 202204, "{1}");
    pass();
    test_sql(url, "update area_parent set parent_id = 12 where area_id = 102");
    rebuild();
    assert_int_equal(sum(11, 202204, 0), 10);
    assert_int_equal(sum(12, 202204, 0), 1);
    assert_int_equal(sum(102, 202204, 0), 1);
    assert_int_equal(check(NULL), 0);
    test_sql(url, "update area_parent set parent_id = 11 where area_id = 102");
    rebuild();
    assert_int_equal(sum(11, 202204, 0), 11);
    assert_int_equal(
        number("select count(*) from rollup where area_id = %d and period = %d", 12, 202204), 0);
    assert_int_equal(check(NULL), 0);
}

/* ---- The check. ------------------------------------------------------------------------------ */
static void check_finds_what_is_damaged(void **state) {
    (void)state;
    static const struct {
        const char *name, *damage, *want;
    } cases[] = {
        { "a figure",
          "update rollup set packed = '\\x010001010016' where area_id = 11 and facility_type = 2",
          "area 11 (Anantapur), PHC Public Rural: item 1.1 is stored as 11 from 1 filled cells (0 "
          "zero),"
          " the reports say 10 from 1 (0)" },
        { "bytes", "update rollup set packed = '\\xff' where area_id = 11 and facility_type = 2",
          "damaged" },
        { "a row too few", "delete from rollup where area_id = 1 and facility_type = 3",
          "no total is stored" },
        { "a row too many",
          "insert into rollup select 102, period, 1, 2, 1, 1, 2, 2, 11, 102, 1, packed from rollup"
          " where area_id = 101 and facility_type = 2",
          "nobody has reported" },
        { "the path",
          "update rollup set district_id = 12 where area_id = 101 and facility_type = 2",
          "counted in other areas" },
        { "the number of reports",
          "update rollup set reports = 2 where area_id = 101 and facility_type = 2",
          "stored for 2 reports, there are 1" },
    };
    put("F1", 202204, "{10}");
    put("F2", 202204, "{7}");
    pass();
    for (size_t i = 0; i < COUNT(cases); i++) {
        test_sql(url, cases[i].damage);
        assert_int_equal(check(NULL), 1);
        if (!strstr(told, cases[i].want)) fail_msg("%s: told: %s", cases[i].name, told);
        rebuild();
        if (check(NULL) != 0) fail_msg("%s: after making again: %s", cases[i].name, told);
    }
}

static void check_leaves_out_what_waits(void **state) {
    (void)state;
    put("F1", 202204, "{10}");
    put("F1", 202205, "{10}");
    pass();
    put("F1", 202204, "{11}");
    int64_t compared;
    assert_int_equal(check(&compared), 0);
    assert_int_equal(compared, 7); /* May only */
}

/* ---- Several at once. ------------------------------------------------------------------------ */
enum { SUBMITTERS = 3, SUBMISSIONS = 60 };

static void *submitter(void *arg) {
    int first = *(int *)arg;
    PGconn *conn = PQconnectdb(url);
    for (int i = 0; i < SUBMISSIONS; i++) {
        char sql[200];
        snprintf(sql, sizeof sql,
                 "begin; select test_report('F%d', %d, '{%d}'); select pg_sleep(0.002); commit",
                 first + i % 4, period_add(202204, i % 3), 1);
        PGresult *result = PQexec(conn, sql);
        if (PQresultStatus(result) != PGRES_COMMAND_OK) {
            fprintf(stderr, "%s", PQerrorMessage(conn));
            abort();
        }
        PQclear(result);
    }
    PQfinish(conn);
    return NULL;
}

static bool queue_is_empty(void) {
    return test_sql_int(url, "select count(*) from rollup_queue") == 0;
}

static void wait_until_empty(void) {
    for (int i = 0; i < 500 && !queue_is_empty(); i++)
        usleep(20000);
    assert_true(queue_is_empty());
}

static void two_workers_lose_nothing(void **state) {
    (void)state;
    struct rollup_worker *workers[2] = { rollup_start(pool, store), rollup_start(pool, store) };
    pthread_t threads[SUBMITTERS];
    int firsts[SUBMITTERS] = { 1, 5, 9 };
    for (int i = 0; i < SUBMITTERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, submitter, &firsts[i]), 0);
    for (int i = 0; i < 100; i++) {
        rollup_wake(workers[i % 2]);
        usleep(3000);
    }
    for (int i = 0; i < SUBMITTERS; i++)
        pthread_join(threads[i], NULL);
    rollup_wake(workers[0]);
    wait_until_empty();
    for (int i = 0; i < 2; i++)
        rollup_stop(workers[i]);
    if (check(NULL) != 0) fail_msg("%s", told);
    assert_int_equal(test_stored_total(url, 1, 202204, arena)->reports,
                     test_sql_int(url, "select count(*) from report where period = 202204"));
}

static void a_worker_sees_what_others_submit(void **state) {
    (void)state;
    struct rollup_worker *worker = rollup_start(pool, store);
    usleep(50000);
    put("F1", 202204, "{10}"); /* nobody wakes it */
    wait_until_empty();
    rollup_stop(worker);
    assert_int_equal(sum(1, 202204, 0), 10);
}

/* ---- A bulk load and what is typed meanwhile. --------------------------------------------------
 */
/* 300 reports of as many blocks, and their marks as an import makes them. */
static void load_many(void) {
    test_sql(
        url,
        "insert into report (facility_id, period, form_id, facility_type, ownership, locality,"
        " source, state_id, district_id, block_id, version, submitted_at, cells)"
        " select 1000 + n, 202204, 1, 2, 1, 1, 2, 2, 11, 1000 + n, 1, now(), array[1]"
        "   from generate_series(1, 300) n;"
        "insert into rollup_queue (period, dictionary_id, state_id, district_id, block_id, bulk)"
        " select period, 1, state_id, district_id, block_id, true from report");
}

static int64_t some(enum rollup_marks marks, int places) {
    struct problem p = { 0 };
    int64_t done;
    struct db *db = db_take(pool, &p);
    const struct dictionary_set *set = dictionary_hold(store);
    if (!rollup_some(db, set, marks, places, &done, &p)) fail_msg("%s", p.detail);
    dictionary_release(store, set);
    db_give(db);
    return done;
}

static void what_is_typed_goes_first(void **state) {
    (void)state;
    load_many();
    put("F1", 202204, "{10}"); /* after all of them, in block 101 of district 11 */
    assert_int_equal(some(ROLLUP_TYPED, 200), 1);
    assert_int_equal(sum(101, 202204, 0), 10);
    assert_int_equal(sum(11, 202204, 0), 10);
    assert_int_equal(sum(1, 202204, 0), 10);
    assert_int_equal(number("select count(*) from rollup_queue where bulk"), 300);
    assert_int_equal(some(ROLLUP_TYPED, 200), 0);
    assert_int_equal(some(ROLLUP_BULK, 100), 100);
    assert_int_equal(sum(11, 202204, 0), 110);
    /* a typed mark takes the bulk one of its block with it: all its reports have been read */
    test_sql(url,
             "insert into rollup_queue (period, dictionary_id, state_id, district_id, block_id)"
             " select period, dictionary_id, state_id, district_id, block_id from rollup_queue"
             " order by id desc limit 1");
    assert_int_equal(some(ROLLUP_TYPED, 200), 2);
    assert_int_equal(sum(11, 202204, 0), 111);
    assert_int_equal(pass(), 199);
    assert_int_equal(sum(1, 202204, 0), 310);
    assert_int_equal(check(NULL), 0);
}

/* A file brings facility after facility, all months of each: it is added month by month. */
static void a_load_is_added_month_by_month(void **state) {
    (void)state;
    test_sql(
        url,
        "insert into rollup_queue (period, dictionary_id, state_id, district_id, block_id, bulk)"
        " select month, 1, 2, 11, 1000 + block, true from generate_series(1, 50) block,"
        " unnest(array[202205, 202204, 202206]) month order by block");
    int64_t first = number("select period from rollup_queue order by id limit 1");
    assert_int_equal(some(ROLLUP_BULK, 60), 50);
    assert_int_equal(number("select count(*) from rollup_queue where period = %d", (int)first), 0);
    assert_int_equal(some(ROLLUP_BULK, 40), 40);
    assert_int_equal(number("select count(distinct period) from rollup_queue"), 2);
    assert_int_equal(pass(), 60);
}

/* A report typed while the first batch of a load is added is in the second transaction that
 * follows, not after the load; the load goes on in between. */
static void a_typed_report_does_not_wait_for_a_load(void **state) {
    (void)state;
    load_many();
    test_sql(
        url,
        "create table test_order (id serial, bulk boolean, transaction bigint);"
        "create function test_order() returns trigger language plpgsql security definer as $$"
        " begin"
        "  if not exists (select from test_order) then perform test_report('F1', 202204, '{10}');"
        "  end if;"
        "  insert into test_order (bulk, transaction) values (old.bulk, txid_current());"
        "  return null;"
        " end $$;"
        "create trigger test_order after delete on rollup_queue"
        " for each row execute function test_order()");
    struct rollup_worker *worker = rollup_start(pool, store);
    wait_until_empty();
    rollup_stop(worker);
    test_sql(url, "drop trigger test_order on rollup_queue; drop function test_order");
    int64_t place = number("select count(distinct transaction) from test_order"
                           " where id <= (select id from test_order where not bulk)");
    int64_t all = number("select count(distinct transaction) from test_order");
    test_sql(url, "drop table test_order");
    assert_int_equal(place, 2);
    assert_true(all > 3);
    assert_int_equal(sum(1, 202204, 0), 310);
}

static void a_locked_job_is_left_alone(void **state) {
    (void)state;
    put("F1", 202204, "{10}");
    PGconn *other = PQconnectdb(url);
    PQclear(PQexec(other, "begin; select from job_lock where name = 'rollup' for update"));
    assert_int_equal(pass(), 0);
    assert_false(queue_is_empty());
    PQclear(PQexec(other, "rollback"));
    PQfinish(other);
    assert_int_equal(pass(), 1);
}

static void a_killed_pass_changes_nothing(void **state) {
    (void)state;
    put("F1", 202204, "{10}");
    pass();
    put("F1", 202204, "{20}");
    /* The last thing a pass writes is refused and its connection is killed. */
    test_sql(
        url,
        "create function test_kill() returns trigger language plpgsql security definer as $$ begin"
        " perform pg_terminate_backend(pg_backend_pid()); return null; end $$;"
        "create trigger test_kill before delete on rollup_queue"
        " for each statement execute function test_kill()");
    struct problem p = { 0 };
    int64_t done;
    struct db *db = db_take(pool, &p);
    const struct dictionary_set *set = dictionary_hold(store);
    assert_false(rollup_pass(db, set, &done, &p));
    dictionary_release(store, set);
    db_give(db);
    test_sql(url, "drop trigger test_kill on rollup_queue; drop function test_kill");
    assert_int_equal(sum(1, 202204, 0), 10);
    assert_int_equal(revision(1, 202204), 1);
    assert_int_equal(pass(), 1);
    assert_int_equal(sum(1, 202204, 0), 20);
}

static int set_up(void **state) {
    (void)state;
    url = test_database("rollup");
    test_totals(url);
    pool = test_pool(url, 8);
    store = dictionary_store_new();
    struct problem p = { 0 };
    struct db *db = db_take(pool, &p);
    if (!db || !dictionary_refresh(store, db, &p)) fail_msg("%s", p.detail);
    db_give(db);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    dictionary_store_free(store);
    db_pool_free(pool);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, reset, drop_arena)
int main(void) {
    base_start();
    const struct CMUnitTest tests[] = {
        TEST(a_report_is_in_every_area_above),
        TEST(kinds_stay_apart),
        TEST(a_new_version_replaces_the_old),
        TEST(the_last_report_of_a_kind_takes_its_row_along),
        TEST(packed_reports_and_arrays_add_alike),
        TEST(equal_totals_are_not_written_again),
        TEST(months_and_states_are_apart),
        TEST(many_blocks_take_more_than_one_chunk),
        TEST(peaks_follow_what_stands),
        TEST(equal_peaks_are_two),
        TEST(what_is_typed_goes_first),
        TEST(a_load_is_added_month_by_month),
        TEST(a_typed_report_does_not_wait_for_a_load),
        TEST(a_facility_that_moves_is_counted_where_it_lay),
        TEST(a_district_split_leaves_old_months),
        TEST(rebuild_follows_a_corrected_boundary),
        TEST(rebuild_waits_for_a_quieter_moment),
        TEST(check_finds_what_is_damaged),
        TEST(check_leaves_out_what_waits),
        TEST(two_workers_lose_nothing),
        TEST(a_worker_sees_what_others_submit),
        TEST(a_locked_job_is_left_alone),
        TEST(a_killed_pass_changes_nothing),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
