#include "hmis/db.h"

#include "test.h"
#include "test_pg.h"

#include <stdio.h>
#include <stdlib.h>

static const char *conninfo;
static struct db_pool *pool;
static struct db *db;
static struct arena *arena;

static int set_up(void **state) {
    (void)state;
    struct problem p = { 0 };
    arena = arena_new();
    db = db_take(pool, &p);
    if (!db) fprintf(stderr, "%s\n", p.detail);
    return db ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    db_give(db);
    arena_free(arena);
    return 0;
}

static struct db_rows *get(enum query_id query, const struct db_param *params, size_t count) {
    struct problem p = { 0 };
    struct db_rows *rows = NULL;
    if (!db_once(db, &scope_system, DB_READ, query, params, count, arena, &rows, &p))
        fail_msg("%s", p.detail);
    return rows;
}

static void scalars_come_back(void **state) {
    (void)state;
    static const unsigned char bytes[] = { 0, 255, 1, 0 };
    struct db_rows *r =
        get(Q_ECHO_SCALARS,
            DB_ARGS(DB_BOOL(true), DB_INT2(-32768), DB_INT4(INT32_MIN), DB_INT8(INT64_MAX),
                    DB_TEXT("ज़िला अस्पताल \"x\\"), DB_JSONB("{\"अ\": [1, null]}"),
                    DB_TIME(INT64_C(1795414252123456)), DB_DATE(19112), DB_BYTES(bytes, 4)));
    assert_int_equal(db_count(r), 1);
    assert_true(db_bool(r, 0, 0));
    assert_int_equal(db_int(r, 0, 1), -32768);
    assert_int_equal(db_int(r, 0, 2), INT32_MIN);
    assert_true(db_int(r, 0, 3) == INT64_MAX);
    assert_string_equal(db_text(r, 0, 4), "ज़िला अस्पताल \"x\\");
    assert_string_equal(db_text(r, 0, 5), "{\"अ\": [1, null]}");
    assert_true(db_time_us(r, 0, 6) == INT64_C(1795414252123456));
    assert_string_equal(db_text(r, 0, 7), "2022-04-30");
    size_t length;
    assert_memory_equal(db_bytes(r, 0, 8, &length), bytes, 4);
    assert_int_equal(length, 4);
}

static void nulls_come_back(void **state) {
    (void)state;
    struct db_rows *r =
        get(Q_ECHO_SCALARS, DB_ARGS(DB_NULL, DB_NULL, DB_NULL, DB_NULL, DB_TEXT(NULL),
                                    DB_JSONB(NULL), DB_NULL, DB_NULL, DB_BYTES(NULL, 0)));
    for (int column = 0; column < 9; column++)
        assert_true(db_is_null(r, 0, column));
    size_t length = 9;
    assert_false(db_bool(r, 0, 0));
    assert_int_equal(db_int(r, 0, 2), 0);
    assert_null(db_text(r, 0, 4));
    assert_null(db_text(r, 0, 5));
    assert_int_equal(db_time_us(r, 0, 6), 0);
    assert_null(db_bytes(r, 0, 8, &length));
    assert_int_equal(length, 0);
}

static void edges_come_back(void **state) {
    (void)state;
    struct db_rows *r =
        get(Q_ECHO_SCALARS,
            DB_ARGS(DB_BOOL(false), DB_INT2(0), DB_INT4(0), DB_INT8(INT64_MIN), DB_TEXT(""),
                    DB_JSONB("null"), DB_TIME(-1), DB_DATE(-1), DB_BYTES("", 0)));
    assert_false(db_bool(r, 0, 0));
    assert_false(db_is_null(r, 0, 0));
    assert_true(db_int(r, 0, 3) == INT64_MIN);
    assert_string_equal(db_text(r, 0, 4), "");
    assert_string_equal(db_text(r, 0, 5), "null");
    assert_int_equal(db_time_us(r, 0, 6), -1);
    assert_string_equal(db_text(r, 0, 7), "1969-12-31");
    assert_false(db_is_null(r, 0, 8));
}

static void arrays_come_back(void **state) {
    (void)state;
    static const int16_t small[] = { -1, 0, 32767 };
    static const int32_t cells[] = { 5, BLANK, 0, INT32_MAX, -7 };
    static const int64_t large[] = { INT64_MAX, -1 };
    static const char *const words[] = { "एक", NULL, "", "a,\"b\"" };
    struct db_rows *r = get(Q_ECHO_ARRAYS, DB_ARGS(DB_INT2S(small, 3), DB_INT4S(cells, 5),
                                                   DB_INT8S(large, 2), DB_TEXTS(words, 4)));
    size_t count;
    int32_t *ints = db_ints(r, 0, 0, arena, &count);
    assert_int_equal(count, 3);
    assert_int_equal(ints[0], -1);
    assert_int_equal(ints[2], 32767);
    int32_t back[8];
    assert_int_equal(db_cells(r, 0, 1, back, 8), 5);
    assert_memory_equal(back, cells, sizeof cells);
    for (int i = 5; i < 8; i++)
        assert_int_equal(back[i], BLANK);
    ints = db_ints(r, 0, 1, arena, &count);
    assert_int_equal(count, 5);
    assert_int_equal(ints[1], BLANK);
    assert_string_equal(db_text(r, 0, 2), "{9223372036854775807,-1}");
    assert_string_equal(db_text(r, 0, 3), "{एक,NULL,\"\",\"a,\\\"b\\\"\"}");
}

static void empty_and_null_arrays_come_back(void **state) {
    (void)state;
    struct db_rows *r = get(Q_ECHO_ARRAYS, DB_ARGS(DB_INT2S(NULL, 0), DB_INT4S(NULL, 0),
                                                   DB_INT8S(NULL, 0), DB_TEXTS(NULL, 0)));
    int32_t back[2] = { 1, 1 };
    size_t count = 9;
    assert_false(db_is_null(r, 0, 1));
    assert_int_equal(db_int(r, 0, 4), 0);
    assert_int_equal(db_cells(r, 0, 1, back, 2), 0);
    assert_int_equal(back[0], BLANK);
    db_ints(r, 0, 0, arena, &count);
    assert_int_equal(count, 0);
    assert_string_equal(db_text(r, 0, 3), "{}");
    r = get(Q_ECHO_ARRAYS, DB_ARGS(DB_NULL, DB_NULL, DB_NULL, DB_NULL));
    assert_true(db_is_null(r, 0, 1));
    assert_int_equal(db_cells(r, 0, 1, back, 2), 0);
    db_ints(r, 0, 0, arena, &count);
    assert_int_equal(count, 0);
}

static void a_number_takes_the_type_at_hand(void **state) {
    (void)state;
    test_sql(conninfo, "insert into note values (77, 'x')");
    /* First without a type, then with a narrower, then with a wider one: one prepared statement. */
    assert_int_equal(db_int(get(Q_UNTYPED, DB_ARGS(DB_NULL)), 0, 0), 0);
    assert_int_equal(db_int(get(Q_UNTYPED, DB_ARGS(DB_INT2(77))), 0, 0), 1);
    assert_int_equal(db_int(get(Q_UNTYPED, DB_ARGS(DB_INT8(77))), 0, 0), 1);
    test_sql(conninfo, "delete from note");
}

static void bad_text_is_refused(void **state) {
    (void)state;
    struct problem p = { 0 };
    assert_false(db_once(db, &scope_system, DB_READ, Q_ECHO_SCALARS,
                         DB_ARGS(DB_NULL, DB_NULL, DB_NULL, DB_NULL, DB_TEXT("\xC3("), DB_NULL,
                                 DB_NULL, DB_NULL, DB_NULL),
                         arena, NULL, &p));
    assert_int_equal(p.code, ERR_INVALID);
}

/* ---- COPY and streams. ---------------------------------------------------------------------- */

struct copy_job {
    int rows;
    bool wrong;
    int64_t copied;
};

static bool copy_rows(struct db *d, void *arg, struct problem *p) {
    struct copy_job *job = arg;
    static const int32_t cells[] = { 1, BLANK, 3 };
    static const char *const words[] = { "क", NULL };
    struct db_copy *copy;
    if (!db_copy_begin(d, Q_NOTE_COPY, &copy, p)) return false;
    for (int i = 0; i < job->rows; i++) {
        bool empty = i % 2;
        const struct db_param row[] = {
            DB_INT4(job->wrong ? 1 : i),
            empty ? DB_NULL : DB_INT2(-5),
            empty ? DB_NULL : DB_INT8(INT64_MIN),
            empty ? DB_NULL : DB_BOOL(true),
            DB_TEXT(empty ? NULL : "पाठ"),
            empty ? DB_BYTES(NULL, 0) : DB_BYTES("\0\1", 2),
            DB_JSONB(empty ? NULL : "{\"a\": 1}"),
            empty ? DB_NULL : DB_TIME(INT64_C(1795414252123456)),
            empty ? DB_NULL : DB_DATE(19112),
            empty ? DB_INT4S(NULL, 0) : DB_INT4S(cells, 3),
            empty ? DB_NULL : DB_TEXTS(words, 2),
        };
        db_copy_row(copy, COUNT(row));
        for (size_t c = 0; c < COUNT(row); c++)
            db_copy_value(copy, &row[c]);
    }
    return db_copy_end(copy, &job->copied, p);
}

static void copy_brings_every_kind(void **state) {
    (void)state;
    struct problem p = { 0 };
    struct copy_job job = { .rows = 20001 };
    assert_true(db_transaction(db, &scope_system, DB_WRITE, copy_rows, &job, &p));
    assert_int_equal(job.copied, 20001);
    struct db_rows *r = get(Q_NOTE_COPY_GET, DB_NO_ARGS);
    assert_int_equal(db_count(r), 20001);
    int32_t cells[3];
    size_t length;
    assert_int_equal(db_int(r, 20000, 0), 20000);
    assert_int_equal(db_int(r, 20000, 1), -5);
    assert_true(db_int(r, 20000, 2) == INT64_MIN);
    assert_true(db_bool(r, 20000, 3));
    assert_string_equal(db_text(r, 20000, 4), "पाठ");
    assert_memory_equal(db_bytes(r, 20000, 5, &length), "\0\1", 2);
    assert_string_equal(db_text(r, 20000, 6), "{\"a\": 1}");
    assert_true(db_time_us(r, 20000, 7) == INT64_C(1795414252123456));
    assert_string_equal(db_text(r, 20000, 8), "2022-04-30");
    assert_int_equal(db_cells(r, 20000, 9, cells, 3), 3);
    assert_int_equal(cells[1], BLANK);
    assert_string_equal(db_text(r, 20000, 10), "{क,NULL}");
    for (int column = 1; column < 11; column++)
        assert_int_equal(db_is_null(r, 1, column), column != 9);
    assert_int_equal(db_cells(r, 1, 9, cells, 3), 0);
    test_sql(conninfo, "truncate note_copy");
}

static void a_refused_copy_leaves_nothing(void **state) {
    (void)state;
    struct problem p = { 0 };
    struct copy_job job = { .rows = 30000, .wrong = true };
    assert_false(db_transaction(db, &scope_system, DB_WRITE, copy_rows, &job, &p));
    assert_int_equal(p.code, ERR_EXISTS);
    assert_int_equal(test_sql_int(conninfo, "select count(*) from note_copy"), 0);
    /* The connection is as good as before. */
    assert_int_equal(db_count(get(Q_ECHO_ARRAYS, DB_ARGS(DB_NULL, DB_NULL, DB_NULL, DB_NULL))), 1);
}

static bool abandon_copy(struct db *d, void *arg, struct problem *p) {
    (void)arg;
    struct db_copy *copy;
    if (!db_copy_begin(d, Q_NOTE_COPY, &copy, p)) return false;
    return problem_set(p, ERR_FILE_FORMAT, NULL);
}

static void an_abandoned_copy_is_cleared_away(void **state) {
    (void)state;
    struct problem p = { 0 };
    assert_false(db_transaction(db, &scope_system, DB_WRITE, abandon_copy, NULL, &p));
    assert_int_equal(p.code, ERR_FILE_FORMAT);
    assert_int_equal(db_count(get(Q_ECHO_ARRAYS, DB_ARGS(DB_NULL, DB_NULL, DB_NULL, DB_NULL))), 1);
}

struct stream_job {
    enum query_id query;
    int stop_at, seen, after;
    int64_t sum;
    bool text_fits;
};

static bool take_row(const struct db_rows *rows, void *arg) {
    struct stream_job *job = arg;
    job->seen += db_count(rows);
    job->sum += db_int(rows, 0, 0);
    char want[20];
    snprintf(want, sizeof want, "row %lld", (long long)db_int(rows, 0, 0));
    job->text_fits = job->query != Q_SERIES || text_equal(db_text(rows, 0, 1), want);
    return job->seen != job->stop_at;
}

static bool stream(struct db *d, void *arg, struct problem *p) {
    struct stream_job *job = arg;
    job->seen = 0;
    job->sum = 0;
    if (!db_stream(d, job->query, DB_ARGS(DB_INT4(5000)), take_row, job, p)) return false;
    struct db_rows *rows;
    if (!db_query(d, Q_SERIES, DB_ARGS(DB_INT4(3)), arena, &rows, p)) return false;
    job->after = db_count(rows);
    return true;
}

static void streams_bring_every_row(void **state) {
    (void)state;
    struct problem p = { 0 };
    struct stream_job job = { .query = Q_SERIES };
    for (int again = 0; again < 2; again++) {
        assert_true(db_transaction(db, &scope_system, DB_READ, stream, &job, &p));
        assert_int_equal(job.seen, 5000);
        assert_int_equal(job.sum, 5000 * 5001 / 2);
        assert_true(job.text_fits);
        assert_int_equal(job.after, 3);
    }
}

static void a_stream_can_be_stopped(void **state) {
    (void)state;
    struct problem p = { 0 };
    struct stream_job job = { .query = Q_SERIES, .stop_at = 10 };
    assert_true(db_transaction(db, &scope_system, DB_READ, stream, &job, &p));
    assert_int_equal(job.seen, 10);
    assert_int_equal(job.after, 3);
}

static void a_stream_that_fails_in_the_middle_says_so(void **state) {
    (void)state;
    struct problem p = { 0 };
    struct stream_job job = { .query = Q_SERIES_FAILS };
    assert_false(db_transaction(db, &scope_system, DB_READ, stream, &job, &p));
    assert_int_equal(job.seen, 499);
    assert_int_equal(p.code, ERR_INTERNAL);
    assert_null(strstr(p.detail, "zero"));
}

int main(void) {
    base_start();
    conninfo = test_database("values");
    test_sql(
        conninfo,
        "create table note (id bigint primary key, text text);"
        "create table note_copy (id integer primary key, small smallint, large bigint, yes boolean,"
        " text text, bytes bytea, remarks jsonb, at timestamptz, day date, cells integer[], words "
        "text[]);"
        "grant all on note, note_copy to hmis_app");
    pool = test_pool(conninfo, 2);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(scalars_come_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nulls_come_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(edges_come_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(arrays_come_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(empty_and_null_arrays_come_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_number_takes_the_type_at_hand, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bad_text_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(copy_brings_every_kind, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_refused_copy_leaves_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_abandoned_copy_is_cleared_away, set_up, tear_down),
        cmocka_unit_test_setup_teardown(streams_bring_every_row, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_stream_can_be_stopped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_stream_that_fails_in_the_middle_says_so, set_up,
                                        tear_down),
    };
    int failed = cmocka_run_group_tests_name("db values", tests, NULL, NULL);
    db_pool_free(pool);
    return failed;
}
