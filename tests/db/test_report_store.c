#include "hmis/report.h"

#include "test.h"
#include "test_pg.h"
#include "test_state.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "hmis/period.h"

static const char *conninfo;
static struct db_pool *pool;
static struct dictionary_store *dictionaries;
static const struct form *phc, *chc;
static struct db *db;
static struct arena *arena;

static int set_up(void **state) {
    (void)state;
    struct problem p = { 0 };
    test_sql(conninfo, "truncate report, report_version, report_draft, rollup_queue, item_peak");
    arena = arena_new();
    db = db_take(pool, &p);
    return db != NULL ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    db_give(db);
    arena_free(arena);
    return 0;
}

/* ---- Storing what a list of cases says.
 * ------------------------------------------------------------ */
struct store_work {
    const struct report_new *reports;
    int count;
    enum report_source source;
    struct report_result *results;
    struct arena *arena;
};

static bool store_work(struct db *on, void *arg, struct problem *p) {
    struct store_work *work = arg;
    return report_store(on, work->reports, work->count, work->source, 42, work->results,
                        work->arena, p);
}

static bool try_store(const struct scope *scope, const struct report_new *reports, int count,
                      struct report_result *results, struct problem *p) {
    struct store_work work = { reports, count, SOURCE_IMPORTED, results, arena };
    return db_transaction(db, scope, DB_WRITE, store_work, &work, p);
}

static void store(const struct report_new *reports, int count, struct report_result *results) {
    struct problem p = { 0 };
    if (!try_store(&scope_system, reports, count, results, &p)) fail_msg("%s", p.detail);
}

static int32_t *blank_cells(void) {
    int32_t *cells = arena_array(arena, CELLS_MAX, sizeof(int32_t));
    for (int i = 0; i < CELLS_MAX; i++)
        cells[i] = BLANK;
    return cells;
}

static int slot(const char *key) {
    const struct form_item *item = form_find(phc, key);
    if (item == NULL) fail_msg("no item %s", key);
    return item->item->slot;
}

static struct report_new report(int32_t facility, int period, int32_t anc) {
    struct report_new new = {
        .facility_id = facility, .period = period, .form = phc, .cells = blank_cells()
    };
    new.cells[slot("1.1")] = anc;
    return new;
}

static int64_t value(const char *sql) {
    return test_sql_int(conninfo, sql);
}

/* ---- Tests.
 * ------------------------------------------------------------------------------------------ */
static void new_report_is_placed_and_queued(void **state) {
    (void)state;
    struct report_new new = report(TS_PHC1, 202204, 31);
    new.cells[slot("1.1.1")] = 0;
    struct report_result result;
    store(&new, 1, &result);
    assert_int_equal(result.change, REPORT_NEW);
    assert_int_equal(result.version, 1);
    assert_int_equal(result.filled, 2);
    assert_int_equal(
        value("select count(*) from report where facility_id = 2 and period = 202204 and "
              "state_id = 2 and district_id = 3 and block_id = 5 and version = 1 and "
              "filled = 2 and submitted_by = 42 and source = 2 and facility_type = 2"),
        1);
    char sql[200];
    snprintf(sql, sizeof sql, "select cells[%d] * 10 + cells[%d] from report", slot("1.1") + 1,
             slot("1.1.1") + 1);
    assert_int_equal(value(sql), 310);
    assert_int_equal(value("select count(*) from report, unnest(cells) c where c is not null"), 2);
    assert_int_equal(
        value("select count(*) from rollup_queue where period = 202204 and block_id = 5 and "
              "district_id = 3 and state_id = 2"),
        1);
}

static void outcomes_are_stored(void **state) {
    (void)state;
    struct report_new new = report(TS_PHC1, 202204, 10);
    new.cells[slot("1.1.1")] = 11; /* more than all */
    struct report_result result;
    store(&new, 1, &result);
    int inconsistent = 0;
    for (int i = 0; i < phc->rule_count; i++)
        inconsistent += outcomes_get(result.outcomes, sizeof result.outcomes,
                                     phc->rules[i].ordinal) == OUTCOME_INCONSISTENT;
    assert_true(inconsistent >= 1);
    assert_int_equal(value("select octet_length(outcomes) from report"), outcomes_size(phc));
}

static void equal_figures_write_nothing(void **state) {
    (void)state;
    struct report_new new = report(TS_PHC1, 202204, 31);
    struct report_result result;
    store(&new, 1, &result);
    test_sql(conninfo, "delete from rollup_queue");
    store(&new, 1, &result);
    assert_int_equal(result.change, REPORT_SAME);
    assert_int_equal(result.version, 1);
    assert_int_equal(value("select count(*) from report_version"), 0);
    assert_int_equal(value("select count(*) from rollup_queue"), 0);
}

static void replaced_versions_are_kept(void **state) {
    (void)state;
    struct report_result result;
    for (int i = 1; i <= 3; i++) {
        struct report_new new = report(TS_PHC1, 202204, 30 + i);
        store(&new, 1, &result);
        assert_int_equal(result.version, i);
        assert_int_equal(result.change, i == 1 ? REPORT_NEW : REPORT_CHANGED);
    }
    char sql[200];
    assert_int_equal(value("select count(*) from report"), 1);
    snprintf(sql, sizeof sql, "select sum(cells[%d] * version) from report_version",
             slot("1.1") + 1);
    assert_int_equal(value(sql), 31 * 1 + 32 * 2);
    snprintf(sql, sizeof sql, "select cells[%d] from report where version = 3", slot("1.1") + 1);
    assert_int_equal(value(sql), 33);
}

static void what_is_not_given_stays(void **state) {
    (void)state;
    struct report_new first = report(TS_PHC1, 202204, 31);
    first.cells[slot("1.1.1")] = 7;
    first.cells[slot("2.2")] = 9;
    struct report_result result;
    store(&first, 1, &result);
    uint8_t given[GIVEN_BYTES] = { 0 };
    GIVEN_SET(given, slot("1.1.1"));
    GIVEN_SET(given, slot("2.2"));
    struct report_new second =
        report(TS_PHC1, 202204, 99); /* 1.1 is not given: 99 does not count */
    second.given = given;
    second.cells[slot("1.1.1")] = 8;
    store(&second, 1, &result);
    assert_int_equal(result.change, REPORT_CHANGED);
    char sql[200];
    snprintf(sql, sizeof sql,
             "select cells[%d] * 100 + cells[%d] from report where cells[%d] is null",
             slot("1.1") + 1, slot("1.1.1") + 1, slot("2.2") + 1);
    assert_int_equal(value(sql), 3108);
}

/* Form, kind and place of a month are those of its first version, whatever is known since. */
static void a_correction_keeps_the_month(void **state) {
    (void)state;
    struct report_new new = report(TS_PHC2, 202204, 31);
    struct report_result result;
    store(&new, 1, &result);
    test_sql(conninfo, "delete from rollup_queue;"
                       "update facility_place set block_id = 7 where facility_id = 3;"
                       "update facility_kind set facility_type = 3, ownership = 2, locality = 2"
                       " where facility_id = 3;"
                       "delete from facility_status where facility_id = 3;"
                       "insert into facility_status (facility_id, open) values (3, false)");
    new = report(TS_PHC2, 202204, 32);
    store(&new, 1, &result);
    assert_int_equal(result.change, REPORT_CHANGED);
    assert_int_equal(value("select count(*) from rollup_queue"), 1);
    assert_int_equal(value("select sum(block_id) from rollup_queue"), 6);
    assert_int_equal(value("select facility_type * 100 + ownership * 10 + locality from report"),
                     211);
    assert_int_equal(value("select district_id from report"), TS_EAST);
    new = report(TS_PHC2, 202205, 33); /* another month is another matter */
    store(&new, 1, &result);
    assert_int_equal(result.refusal, ERR_FACILITY_CLOSED);
    test_sql(conninfo, "update facility_place set block_id = 6 where facility_id = 3;"
                       "update facility_kind set facility_type = 2, ownership = 1, locality = 1"
                       " where facility_id = 3;"
                       "update facility_status set open = true where facility_id = 3");
}

/* A month has one form: a second report under another one is refused, never added. */
static void a_month_keeps_its_form(void **state) {
    (void)state;
    struct report_new reports[2] = { report(TS_PHC2, 202204, 31), report(TS_PHC2, 202205, 31) };
    struct report_result results[2];
    store(reports, 1, results);
    test_sql(conninfo, "update facility_kind set facility_type = 3 where facility_id = 3");
    reports[0] = report(TS_PHC2, 202204, 5022);
    reports[0].form = chc;
    store(reports, 1, results);
    assert_int_equal(results[0].change, REPORT_REFUSED);
    assert_int_equal(results[0].refusal, ERR_OTHER_FORM);
    assert_int_equal(value("select count(*) from report"), 1);
    /* In one batch, too: the first one is the month's. */
    reports[0] = report(TS_PHC2, 202205, 1);
    reports[0].form = chc;
    store(reports, 2, results);
    assert_int_equal(results[0].change, REPORT_NEW);
    assert_int_equal(results[1].refusal, ERR_OTHER_FORM);
    test_sql(conninfo, "update facility_kind set facility_type = 2 where facility_id = 3");
    /* What was refused keeps no other from the month. */
    reports[0].period = reports[1].period = 202206;
    store(reports, 2, results);
    assert_int_equal(results[0].refusal, ERR_FORM_NOT_REPORTED);
    assert_int_equal(results[1].change, REPORT_NEW);
}

static void refusals(void **state) {
    (void)state;
    static const struct {
        int32_t facility;
        int period;
        enum error_code want;
    } cases[] = {
        { TS_SHUT, 202206, ERR_NONE },           { TS_SHUT, 202207, ERR_FACILITY_CLOSED },
        { TS_NEW, 202205, ERR_FACILITY_CLOSED }, { TS_NEW, 202206, ERR_NONE },
        { 999, 202206, ERR_FACILITY_UNKNOWN },   { TS_CHC1, 202206, ERR_FORM_NOT_REPORTED },
    };
    struct report_new reports[COUNT(cases)];
    struct report_result results[COUNT(cases)];
    for (size_t i = 0; i < COUNT(cases); i++)
        reports[i] = report(cases[i].facility, cases[i].period, 5);
    store(reports, COUNT(cases), results);
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(results[i].refusal, cases[i].want);
        assert_int_equal(results[i].change, cases[i].want ? REPORT_REFUSED : REPORT_NEW);
    }
    assert_int_equal(value("select count(*) from report"), 2);
}

/* Twelve months near 30, then 900: an outlier, whether the months are stored, in the batch, or
 * both. */
static void outlier_against_stored_and_batch(void **state) {
    (void)state;
    for (int stored = 0; stored <= 12; stored += 6) {
        struct report_new reports[13];
        struct report_result results[13];
        test_sql(conninfo, "truncate report");
        for (int i = 0; i < 13; i++)
            reports[12 - i] = report(TS_PHC1, period_add(202204, i), i == 12 ? 900 : 28 + i % 5);
        store(reports + 13 - stored, stored, results);
        store(reports, 13 - stored, results);
        bool found = false;
        for (int i = 0; i < results[0].finding_count; i++)
            found |= results[0].findings[i] == FINDING(FINDING_OUTLIER, slot("1.1"));
        assert_true(found);
        assert_int_equal(value("select count(*) from report where findings is not null"), 1);
    }
}

static void ten_times_the_largest(void **state) {
    (void)state;
    char sql[200];
    snprintf(sql, sizeof sql, "insert into item_peak values (%d, %d, 999, 99)", phc->dictionary->id,
             slot("1.1"));
    test_sql(conninfo, sql);
    struct report_new new = report(TS_PHC1, 202204, 9990);
    struct report_result result;
    store(&new, 1, &result);
    assert_int_equal(result.finding_count, 1);
    assert_int_equal(result.findings[0], FINDING(FINDING_DIGITS, slot("1.1")));
}

/* ---- A slip that was corrected leaves no trace. ------------------------------------------------
 */
static int64_t findings_of(int period) {
    char sql[120];
    snprintf(sql, sizeof sql,
             "select coalesce(cardinality(findings), 0) from report where period = %d", period);
    return value(sql);
}

/* The months after a slip were held against it; when it is corrected they are looked at again. */
static void a_corrected_slip_leaves_no_trace(void **state) {
    (void)state;
    struct report_new months[4], other, corrected;
    struct report_result results[4];
    for (int i = 0; i < 4; i++)
        months[i] = report(TS_PHC1, period_add(202204, i), i == 2 ? 900 : 28 + i);
    store(months, 4, results);
    assert_int_equal(findings_of(202206), 1);
    other = report(TS_PHC1, 202208, 600); /* beside 900 nothing strange */
    store(&other, 1, results);
    assert_int_equal(findings_of(202208), 0);
    corrected = report(TS_PHC1, 202206, 30);
    store(&corrected, 1, results);
    assert_int_equal(results[0].finding_count, 0);
    assert_int_equal(findings_of(202206), 0);
    assert_int_equal(findings_of(202208), 1);
    assert_int_equal(value("select version from report where period = 202208"), 1);
    other = report(TS_PHC1, 202208, 31);
    store(&other, 1, results);
    assert_int_equal(value("select count(*) from report where findings is not null"), 0);
}

static void a_late_month_is_seen_by_those_after_it(void **state) {
    (void)state;
    struct report_new march = report(TS_PHC1, 202303, 600), earlier = report(TS_PHC1, 202302, 30);
    struct report_result result;
    store(&march, 1, &result);
    assert_int_equal(findings_of(202303), 0); /* nothing to hold it against */
    store(&earlier, 1, &result);
    assert_int_equal(findings_of(202303), 1);
    assert_int_equal(value("select version from report where period = 202303"), 1);
}

/* What a report said itself until now is no measure for what it says. */
static void its_own_figure_is_no_measure(void **state) {
    (void)state;
    char sql[200];
    struct report_new slip = report(TS_PHC1, 202204, 2147483647);
    struct report_result result;
    store(&slip, 1, &result);
    snprintf(sql, sizeof sql, "insert into item_peak values (%d, %d, 2147483647, 999)",
             phc->dictionary->id, slot("1.1"));
    test_sql(conninfo, sql);
    struct report_new again = report(TS_PHC1, 202204, 100000);
    struct report_new beside = report(TS_PHC2, 202204, 100000);
    store(&again, 1, &result);
    assert_int_equal(result.finding_count, 1);
    assert_int_equal(result.findings[0], FINDING(FINDING_DIGITS, slot("1.1")));
    store(&beside, 1, &result); /* the totals worker has not been there yet */
    assert_int_equal(result.finding_count, 0);
}

static void scope_decides(void **state) {
    (void)state;
    const int32_t own[] = { TS_PHC1 };
    const struct scope scopes[] = {
        { .level = SCOPE_FACILITY, .facilities = own, .facility_count = 1, .user_id = 42 },
        { .level = SCOPE_BLOCK, .area_id = TS_B1 },
        { .level = SCOPE_DISTRICT, .area_id = TS_EAST },
    };
    for (size_t i = 0; i < COUNT(scopes); i++) {
        struct report_new reports[] = { report(TS_PHC1, 202204, 10 + (int)i),
                                        report(TS_PHC3, 202204, 10 + (int)i) };
        struct report_result results[2];
        struct problem p = { 0 };
        if (!try_store(&scopes[i], reports, 2, results, &p)) fail_msg("%s", p.detail);
        assert_int_equal(results[0].refusal, ERR_NONE);
        assert_int_equal(results[1].refusal, ERR_FACILITY_UNKNOWN);
    }
    assert_int_equal(value("select count(*) from report where facility_id = 4"), 0);
    assert_int_equal(value("select version from report where facility_id = 2"), 3);
}

static void rows_without_packed_are_read(void **state) {
    (void)state;
    struct report_new new = report(TS_PHC1, 202204, 31);
    struct report_result result;
    store(&new, 1, &result);
    test_sql(conninfo, "update report set packed = null");
    store(&new, 1, &result);
    assert_int_equal(result.change, REPORT_SAME);
}

/* Another process may store items that this one's dictionary does not have yet: they are not lost.
 */
static void tell_into(const char *text, void *arg) {
    snprintf(arg, 200, "%s", text);
}

static void both_forms_of_figures_are_compared(void **state) {
    (void)state;
    struct report_new both[] = { report(TS_PHC1, 202204, 31), report(TS_PHC1, 202205, 32) };
    struct report_result results[2];
    struct problem p = { 0 };
    int64_t compared, different;
    char told[200] = "";
    store(both, 2, results);
    assert_true(report_verify(db, tell_into, told, &compared, &different, &p));
    assert_int_equal(compared, 2);
    assert_int_equal(different, 0);
    char sql[200];
    snprintf(sql, sizeof sql, "update report set cells[%d] = 33 where period = 202205",
             slot("1.1") + 1);
    test_sql(conninfo, sql);
    assert_true(report_verify(db, tell_into, told, &compared, &different, &p));
    assert_int_equal(different, 1);
    assert_non_null(strstr(told, "PHC 2022-05"));
}

static void items_of_a_newer_dictionary_stay(void **state) {
    (void)state;
    struct report_new new = report(TS_PHC1, 202204, 31);
    struct report_result result;
    store(&new, 1, &result);
    char sql[200];
    snprintf(sql, sizeof sql, "update report set packed = null, cells[%d] = 5",
             phc->dictionary->width + 1);
    test_sql(conninfo, sql);
    struct report_new again = report(TS_PHC1, 202204, 32);
    struct problem p = { 0 };
    assert_false(try_store(&scope_system, &again, 1, &result, &p));
    assert_int_equal(p.code, ERR_BUSY);
    assert_true(p.retry_after > 0);
    /* Other months do not wait for it. */
    struct report_new next = report(TS_PHC1, 202205, 33);
    store(&next, 1, &result);
    assert_int_equal(result.change, REPORT_NEW);
    assert_int_equal(value("select version from report where period = 202204"), 1);
}

/* ---- Two writers of one report.
 * ------------------------------------------------------------------------ */
enum { WRITERS = 4, ROUNDS = 25 };

static void *write_rounds(void *arg) {
    int writer = *(int *)arg;
    struct problem p = { 0 };
    struct db *own = db_take(pool, &p);
    for (int round = 0; own != NULL && round < ROUNDS; round++) {
        int32_t cells[CELLS_MAX];
        for (int i = 0; i < CELLS_MAX; i++)
            cells[i] = BLANK;
        cells[slot("1.1")] = writer * ROUNDS + round;
        struct report_new new = {
            .facility_id = TS_PHC1, .period = 202204, .form = phc, .cells = cells
        };
        struct report_result result;
        struct store_work work = { &new, 1, SOURCE_IMPORTED, &result, arena_new() };
        do
            p = (struct problem){ 0 };
        while (!db_transaction(own, &scope_system, DB_WRITE, store_work, &work, &p) &&
               p.code == ERR_EXISTS);
        arena_free(work.arena);
        if (p.code != ERR_NONE) break;
    }
    db_give(own);
    return p.code == ERR_NONE ? NULL : "failed";
}

static void no_version_is_lost(void **state) {
    (void)state;
    pthread_t threads[WRITERS];
    int numbers[WRITERS];
    for (int i = 0; i < WRITERS; i++) {
        numbers[i] = i;
        pthread_create(&threads[i], NULL, write_rounds, &numbers[i]);
    }
    for (int i = 0; i < WRITERS; i++) {
        void *failed;
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    assert_int_equal(value("select version from report"), WRITERS * ROUNDS);
    assert_int_equal(value("select count(distinct cells) from report_version"),
                     WRITERS * ROUNDS - 1);
}

static void a_full_batch(void **state) {
    (void)state;
    test_sql(conninfo,
             "insert into facility (id, code, name, facility_type, ownership, locality, state_id,"
             " district_id, block_id) select 1000 + i, 'X' || i, 'x', 2, 1, 1, 2, 3, 5 from"
             " generate_series(1, 500) i on conflict do nothing");
    struct report_new reports[REPORT_BATCH];
    static struct report_result results[REPORT_BATCH];
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < REPORT_BATCH; i++)
            reports[i] = report(1001 + i, 202204, i + round);
        store(reports, REPORT_BATCH, results);
        for (int i = 0; i < REPORT_BATCH; i++)
            assert_int_equal(results[i].change, round == 0 ? REPORT_NEW : REPORT_CHANGED);
    }
    char sql[200];
    snprintf(sql, sizeof sql, "select count(*) from report where cells[%d] = facility_id - 1000",
             slot("1.1") + 1);
    assert_int_equal(value(sql), REPORT_BATCH);
    assert_int_equal(value("select count(*) from report_version"), REPORT_BATCH);
    assert_int_equal(value("select count(*) from rollup_queue"), 2);
}

int main(void) {
    conninfo = test_database("report_store");
    test_state_load(conninfo);
    pool = test_pool(conninfo, WRITERS + 2);
    dictionaries = test_state_dictionaries(pool);
    phc = test_state_form(dictionaries, "PHC");
    chc = test_state_form(dictionaries, "CHC");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(new_report_is_placed_and_queued, set_up, tear_down),
        cmocka_unit_test_setup_teardown(outcomes_are_stored, set_up, tear_down),
        cmocka_unit_test_setup_teardown(equal_figures_write_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(replaced_versions_are_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_not_given_stays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_correction_keeps_the_month, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_month_keeps_its_form, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refusals, set_up, tear_down),
        cmocka_unit_test_setup_teardown(outlier_against_stored_and_batch, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ten_times_the_largest, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_corrected_slip_leaves_no_trace, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_late_month_is_seen_by_those_after_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(its_own_figure_is_no_measure, set_up, tear_down),
        cmocka_unit_test_setup_teardown(scope_decides, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rows_without_packed_are_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(both_forms_of_figures_are_compared, set_up, tear_down),
        cmocka_unit_test_setup_teardown(items_of_a_newer_dictionary_stay, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_version_is_lost, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_full_batch, set_up, tear_down),
    };
    int failed = cmocka_run_group_tests_name("report_store", tests, NULL, NULL);
    db_pool_free(pool);
    return failed;
}
