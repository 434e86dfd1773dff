/* Acts on one facility: dated changes, corrections that stamp reports anew, what is refused. */
#include "hmis/facility_act.h"
#include "hmis/rollup.h"

#include "test.h"
#include "test_pg.h"
#include "test_state.h"

#include <pthread.h>
#include <stdio.h>

static const char *url;
static struct db_pool *pool;
static struct dictionary_store *dictionaries;
static struct arena *arena;
static struct facility_act_result result;
static struct problem problem;

static bool act_as(const struct scope *scope, struct facility_act act) {
    const struct audit_entry who = { .account_id = 7, .role = "state" };
    problem = (struct problem){ 0 };
    if (!act.reason) act.reason = "Order 12/2022";
    struct db *db = db_take(pool, &problem);
    assert_non_null(db);
    bool done = facility_act_run(db, scope, &act, &who, &result, arena, &problem);
    db_give(db);
    return done;
}

static void done(struct facility_act act) {
    if (!act_as(&scope_system, act))
        fail_msg("%s: %s %s", act.code, problem.field_count ? problem.fields[0].field : "",
                 problem.field_count ? problem.fields[0].detail : problem.detail);
}

static void assert_text(const char *sql, const char *want) {
    char have[2000];
    test_sql_value(url, sql, have, sizeof have);
    if (!text_equal(have, want)) fail_msg("%s\n have %s\n want %s", sql, have, want);
}

static const char *status_of(const char *code) {
    return arena_printf(
        arena,
        "select string_agg(concat_ws(' ', nullif(valid_from, '1900-01-01'), case when open"
        " then 'open' else 'closed' end), '; ' order by valid_from) from"
        " facility_status k join facility f on f.id = k.facility_id where f.code = '%s'",
        code);
}

/* A report of PHC1 as it was stamped, without the reader of figures. */
static void report_put(int period) {
    char sql[700];
    snprintf(
        sql, sizeof sql,
        "insert into report (facility_id, period, form_id, facility_type, ownership, locality,"
        " source, state_id, district_id, block_id, version, submitted_at, cells)"
        " select %d, %d, f.id, 2, 1, 1, 1, %d, %d, %d, 1, now(), '{1}' from form f where f.code ="
        " 'PHC' limit 1",
        TS_PHC1, period, TS_STATE, TS_EAST, TS_B1);
    test_sql(url, sql);
}

/* ---- Dated changes. -------------------------------------------------------------------------- */
static void a_change_begins_on_its_day(void **state) {
    (void)state;
    done((struct facility_act){
        .kind = FACILITY_ACT_NAME, .code = "PHC2", .from = "2022-09-01", .name = "New name" });
    assert_int_equal(result.change_count, 1);
    done((struct facility_act){
        .kind = FACILITY_ACT_TYPE, .code = "PHC2", .from = "2022-05-01", .type = "CHC" });
    assert_string_equal(result.changes[0].text, "facility_type: from PHC to CHC, since 2022-05-01");
    /* the later name stays, and nothing before May has changed */
    assert_text(
        "select string_agg(facility_type || (name = 'New name')::text, ' ' order by valid_from)"
        " from facility_kind where facility_id = 3",
        "2false 3false 3true");
    assert_text("select facility_type || name from facility where code = 'PHC2'", "3New name");
    done((struct facility_act){
        .kind = FACILITY_ACT_TYPE, .code = "PHC2", .from = "2022-05-01", .type = "CHC" });
    assert_int_equal(result.change_count, 0);
    assert_text(
        "select string_agg(action || (detail ->> 'reason'), ' ' order by id) from audit where"
        " object = 'PHC2'",
        "facility.nameOrder 12/2022 facility.typeOrder 12/2022 facility.typeOrder 12/2022");
}

static void a_change_of_the_future_waits(void **state) {
    (void)state;
    done((struct facility_act){ .kind = FACILITY_ACT_OWNERSHIP,
                                .code = "SC1",
                                .from = "2099-01-01",
                                .ownership = "Private" });
    assert_text("select ownership from facility where code = 'SC1'", "1");
    assert_text(
        "select string_agg(ownership::text, ' ' order by valid_from) from facility_kind where"
        " facility_id = 1",
        "1 2");
}

static void closing_opening_and_the_first_day(void **state) {
    (void)state;
    done((struct facility_act){ .kind = FACILITY_ACT_CLOSE, .code = "PHC3", .from = "2022-06-10" });
    assert_text(status_of("PHC3"), "open; 2022-06-10 closed");
    assert_false(act_as(
        &scope_system,
        (struct facility_act){ .kind = FACILITY_ACT_CLOSE, .code = "PHC3", .from = "2022-07-01" }));
    assert_string_equal(problem.fields[0].field, "from");
    done((struct facility_act){ .kind = FACILITY_ACT_OPEN, .code = "PHC3", .from = "2022-08-01" });
    assert_text(status_of("PHC3"), "open; 2022-06-10 closed; 2022-08-01 open");
    assert_false(act_as(
        &scope_system,
        (struct facility_act){ .kind = FACILITY_ACT_OPEN, .code = "PHC3", .from = "2022-09-01" }));
    done((struct facility_act){
        .kind = FACILITY_ACT_OPEN, .code = "PHC3", .from = "2022-08-15", .first = true });
    assert_text(status_of("PHC3"), "closed; 2022-08-15 open");
    assert_text(
        "select opened_on || ' ' || opening || opening_told from facility where code = 'PHC3'",
        "2022-08-15 2022-08-15true");
    assert_text("select hmis_facility_open(4, '2022-07-01', '2022-07-31')", "f");
}

static void moves_and_states(void **state) {
    (void)state;
    char block[40], district[40];
    snprintf(block, sizeof block, "%d", TS_B3);
    snprintf(district, sizeof district, "%d", TS_EAST);
    done((struct facility_act){
        .kind = FACILITY_ACT_MOVE, .code = "CHC1", .from = "2022-05-01", .block = block });
    assert_int_equal(result.changes[0].kind, FACILITY_MOVED);
    assert_text(
        "select string_agg(block_id::text, ' ' order by valid_from) from facility_place where"
        " facility_id = 5",
        "5 7");
    done((struct facility_act){
        .kind = FACILITY_ACT_MOVE, .code = "CHC1", .from = "2022-07-01", .block = district });
    assert_text(
        "select string_agg(block_id::text, ' ' order by valid_from) from facility_place where"
        " facility_id = 5",
        "5 7 8");
    test_sql(url,
             "insert into area (id, level, lgd_code, name) values (900, 'state', 77, 'Other'),"
             " (901, 'district', 778, 'Far'); insert into area_parent (area_id, parent_id) values"
             " (900, 1), (901, 900)");
    struct facility_act far = {
        .kind = FACILITY_ACT_MOVE, .code = "CHC1", .from = "2022-09-01", .block = "lgd-district-778"
    };
    assert_false(act_as(&scope_system, far));
    assert_int_equal(problem.fields[0].code, ERR_FACILITY_STATE);
    far.other_state = true;
    far.dry_run = true;
    done(far);
    assert_int_equal(result.change_count, 1);
    assert_text("select state_id from facility where code = 'CHC1'", "2");
    assert_text("select count(*) from audit where object = 'CHC1'", "2");
    far.dry_run = false;
    struct scope ts = { .level = SCOPE_STATE, .area_id = TS_STATE };
    assert_false(act_as(&ts, far)); /* the other state is not theirs to give to */
    done(far);
    assert_text("select state_id from facility where code = 'CHC1'", "900");
    assert_false(act_as(&ts, (struct facility_act){ .kind = FACILITY_ACT_NAME,
                                                    .code = "CHC1",
                                                    .from = "2022-10-01",
                                                    .name = "Mine again" }));
    assert_int_equal(problem.code, ERR_FORBIDDEN);
}

/* ---- An act says its attribute alone. ---------------------------------------------------------
 */
static const char *kinds_of(const char *code) {
    return arena_printf(
        arena,
        "select string_agg(concat_ws(' ', nullif(valid_from, '1900-01-01'), k.facility_type,"
        " k.ownership, k.locality), '; ' order by valid_from) from facility_kind k"
        " join facility f on f.id = k.facility_id where f.code = '%s'",
        code);
}

struct word { /* of a file: its month, type, ownership, locality; of an act: its day and the value
               */
    const char *file, *values;
    struct facility_act act;
};

static void say(int facility, const char *code, struct word word) {
    if (!word.file) {
        word.act.code = code;
        return done(word.act);
    }
    test_sql(url, arena_printf(arena,
                               "set hmis.level = 'nation'; select facility_kind_say('{%d}', '{%s}',"
                               " %s, '%s-01', (date '%s-01' + interval '1 month - 1 day')::date)",
                               facility, code, word.values, word.file, word.file));
}

/* In every order of the words, the first of which makes the facility. */
static void in_every_order(const struct word words[3], const char *want) {
    static const int orders[][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
                                     { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
    static int next = 7000;
    for (size_t i = 0; i < COUNT(orders); i++) {
        const char *code = arena_printf(arena, "O%d", next);
        if (!words[orders[i][0]].file) continue; /* there is no facility yet */
        test_sql(url,
                 arena_printf(
                     arena,
                     "insert into facility (id, code, name, facility_type, ownership, locality,"
                     " state_id, district_id, block_id) values (%d, '%s', '%s', 1, 1, 1, %d, %d,"
                     " %d)",
                     next, code, code, TS_STATE, TS_EAST, TS_B1));
        for (int n = 0; n < 3; n++)
            say(next, code, words[orders[i][n]]);
        assert_text(kinds_of(code), want);
        next++;
    }
}

static void an_act_says_its_attribute_alone(void **state) {
    (void)state;
    const struct word ownership[3] = {
        { "2022-01", "'{2}', '{2}', '{1}'", { 0 } },
        { .act = { .kind = FACILITY_ACT_OWNERSHIP, .from = "2022-07-22", .ownership = "Public" } },
        { "2022-02", "'{3}', '{2}', '{1}'", { 0 } },
    };
    in_every_order(ownership, "2 2 1; 2022-02-01 3 2 1; 2022-07-22 3 1 1");
    const struct word locality[3] = {
        { "2022-11", "'{2}', '{1}', '{2}'", { 0 } },
        { .act = { .kind = FACILITY_ACT_LOCALITY, .from = "2022-10-01", .locality = "Urban" } },
        { "2022-08", "'{2}', '{2}', '{1}'", { 0 } },
    };
    in_every_order(locality, "2 2 1; 2022-10-01 2 2 2; 2022-11-01 2 1 2");
    const struct word type[3] = {
        { "2022-03", "'{2}', '{1}', '{1}'", { 0 } },
        { .act = { .kind = FACILITY_ACT_TYPE, .from = "2022-05-01", .type = "CHC" } },
        { "2022-09", "'{3}', '{1}', '{2}'", { 0 } },
    };
    in_every_order(type, "2 1 1; 2022-05-01 3 1 1; 2022-09-01 3 1 2");
}

/* Nothing was said of its eve: a file that comes later may say it. */
static void the_eve_of_an_act_is_not_said(void **state) {
    (void)state;
    test_sql(url, arena_printf(arena,
                               "insert into facility (id, code, name, facility_type, ownership,"
                               " locality, state_id, district_id, block_id) values (6999, 'EVE',"
                               " 'EVE', 2, 1, 1, %d, %d, %d)",
                               TS_STATE, TS_EAST, TS_B1));
    say(6999, "EVE", (struct word){ "2022-11", "'{2}', '{1}', '{1}'", { 0 } });
    done((struct facility_act){
        .kind = FACILITY_ACT_LOCALITY, .code = "EVE", .from = "2022-10-01", .locality = "Urban" });
    assert_text(kinds_of("EVE"), "2 1 1; 2022-10-01 2 1 2"); /* the last word of November */
    say(6999, "EVE", (struct word){ "2022-08", "'{2}', '{2}', '{1}'", { 0 } });
    say(6999, "EVE", (struct word){ "2022-09", "'{2}', '{2}', '{1}'", { 0 } });
    assert_text("select ownership from hmis_facility_at(6999, '2022-09-30')", "2");
    assert_text(kinds_of("EVE"), "2 2 1; 2022-10-01 2 2 2; 2022-11-01 2 1 2");
}

/* ---- Corrections. ---------------------------------------------------------------------------- */
static void a_correction_stamps_reports_anew(void **state) {
    (void)state;
    for (int period = 202204; period <= 202207; period++)
        report_put(period);
    struct facility_act act = { .kind = FACILITY_ACT_CORRECT,
                                .code = "PHC1",
                                .from = "2022-05-01",
                                .until = "2022-07-01",
                                .ownership = "Private" };
    act.dry_run = true;
    done(act);
    assert_int_equal(result.report_count, 2);
    assert_int_equal(result.reports[0].period, 202205);
    assert_string_equal(result.reports[0].from, "PHC, Public, Rural, First, East");
    assert_string_equal(result.reports[0].to, "PHC, Private, Rural, First, East");
    assert_true(result.reports[0].stamped);
    assert_int_equal(result.totals, 2);
    assert_text("select count(*) from report where ownership = 2", "0");
    assert_text("select count(*) from rollup_queue", "0");
    act.dry_run = false;
    done(act);
    assert_text("select string_agg(ownership::text, '' order by period) from report", "1221");
    assert_text(
        "select string_agg(ownership::text, ' ' order by valid_from) from facility_kind where"
        " facility_id = 2",
        "1 2 1");
    assert_text("select count(*) from rollup_queue", "2");
    /* a type that the form is not for: the report keeps its own, and it is said */
    done((struct facility_act){ .kind = FACILITY_ACT_CORRECT,
                                .code = "PHC1",
                                .from = "2022-06-01",
                                .until = "2022-07-01",
                                .type = "CHC" });
    assert_int_equal(result.report_count, 1);
    assert_non_null(result.reports[0].note);
    assert_text("select string_agg(facility_type::text, '' order by period) from report", "2222");
    /* from the beginning: no day */
    done(
        (struct facility_act){ .kind = FACILITY_ACT_CORRECT, .code = "PHC1", .locality = "Urban" });
    assert_text("select string_agg(locality::text, '' order by period) from report", "2222");
    assert_text(
        "select string_agg(distinct locality::text, '') from facility_kind where facility_id = 2",
        "2");
}

/* A dated change of months that were reported: those reports stay, and are told. */
static void reports_stay_with_a_dated_change(void **state) {
    (void)state;
    done((struct facility_act){ .kind = FACILITY_ACT_OWNERSHIP,
                                .code = "PHC1",
                                .from = "2022-07-01",
                                .ownership = "Private" });
    assert_int_equal(result.report_count, 1);
    assert_int_equal(result.reports[result.report_count - 1].period, 202207);
    assert_false(result.reports[result.report_count - 1].stamped);
    assert_int_equal(result.totals, 0);
    assert_text("select ownership from report where period = 202207", "1");
}

/* ---- What is refused. ------------------------------------------------------------------------ */
static void what_is_wrong_is_named(void **state) {
    (void)state;
    static const struct {
        struct facility_act act;
        const char *field;
        enum error_code code;
    } cases[] = {
        { { .kind = FACILITY_ACT_TYPE, .code = "SC1", .type = "PHC" }, "from", ERR_MISSING_FIELD },
        { { .kind = FACILITY_ACT_TYPE, .code = "SC1", .from = "2022-02-30", .type = "PHC" },
          "from",
          ERR_VALUE_NOT_DATE },
        { { .kind = FACILITY_ACT_TYPE, .code = "SC1", .from = "1.5.2022", .type = "PHC" },
          "from",
          ERR_VALUE_NOT_DATE },
        { { .kind = FACILITY_ACT_TYPE, .code = "SC1", .from = "2022-05-01" },
          "type",
          ERR_MISSING_FIELD },
        { { .kind = FACILITY_ACT_TYPE, .code = "SC1", .from = "2022-05-01", .type = "Spaceship" },
          "type",
          ERR_VALUE_NOT_CODE },
        { { .kind = FACILITY_ACT_TYPE,
            .code = "SC1",
            .from = "2022-05-01",
            .type = "PHC",
            .name = "X" },
          "name",
          ERR_UNKNOWN_FIELD },
        { { .kind = FACILITY_ACT_TYPE,
            .code = "SC1",
            .from = "2022-05-01",
            .until = "2022-06-01",
            .type = "PHC" },
          "until",
          ERR_UNKNOWN_FIELD },
        { { .kind = FACILITY_ACT_CORRECT,
            .code = "SC1",
            .from = "2022-05-01",
            .until = "2022-05-01",
            .type = "PHC" },
          "until",
          ERR_INVALID },
        { { .kind = FACILITY_ACT_CORRECT, .code = "SC1", .from = "2022-05-01" },
          "act",
          ERR_INVALID },
        { { .kind = FACILITY_ACT_NAME, .code = "SC1", .from = "2022-05-01", .name = " " },
          "name",
          ERR_INVALID },
        { { .kind = FACILITY_ACT_NAME, .code = "SC1", .from = "2022-05-01", .name = "a\tb" },
          "name",
          ERR_INVALID },
#define DAY(text)                                                                                  \
    { { .kind = FACILITY_ACT_TYPE, .code = "SC1", .from = (text), .type = "PHC" },                 \
      "from",                                                                                      \
      ERR_VALUE_NOT_DATE }
        DAY("2022-+5-01"),
        DAY(" 2022-1-01"),
        DAY("2022-05- 1"),
        DAY("2022-05-+1"),
        { { .kind = FACILITY_ACT_OPEN, .code = "SC1", .from = "1900-01-01", .first = true },
          "from",
          ERR_INVALID },
        { { .kind = FACILITY_ACT_CORRECT,
            .code = "SC1",
            .from = "2022-05-01",
            .until = "2022-04-30",
            .type = "PHC" },
          "until",
          ERR_INVALID },
#define NAMED(text)                                                                                \
    { { .kind = FACILITY_ACT_NAME, .code = "SC1", .from = "2022-05-01", .name = (text) },          \
      "name",                                                                                      \
      ERR_INVALID }
        NAMED("\u00A0"),
        NAMED("\u200B\uFEFF"),
        NAMED("\xC2\x85"),
        NAMED("\u202E \u2066"),
        NAMED("\u200D \u200C"),
        { { .kind = FACILITY_ACT_NIN, .code = "SC1", .nin = "123" }, "nin", ERR_FACILITY_NIN },
        { { .kind = FACILITY_ACT_MOVE,
            .code = "SC1",
            .from = "2022-05-01",
            .block = "lgd-block-99999" },
          "block",
          ERR_AREA_UNKNOWN },
        { { .kind = FACILITY_ACT_MOVE, .code = "SC1", .from = "2022-05-01", .block = "Tenali" },
          "block",
          ERR_AREA_UNKNOWN },
        { { .kind = FACILITY_ACT_CLOSE, .code = "SC1", .from = "2022-05-01", .reason = "  " },
          "reason",
          ERR_INVALID },
        { { .kind = FACILITY_ACT_CLOSE, .code = "SC1", .from = "2022-05-01", .first = true },
          "first",
          ERR_UNKNOWN_FIELD },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (act_as(&scope_system, cases[i].act)) fail_msg("case %zu is taken", i);
        if (problem.field_count == 0 || !text_equal(problem.fields[0].field, cases[i].field) ||
            problem.fields[0].code != cases[i].code)
            fail_msg("case %zu: %s", i,
                     problem.field_count ? problem.fields[0].field : problem.detail);
    }
    assert_false(act_as(
        &scope_system,
        (struct facility_act){ .kind = FACILITY_ACT_CLOSE, .code = "NONE", .from = "2022-05-01" }));
    assert_int_equal(problem.code, ERR_NOT_FOUND);
}

static void a_nin_is_one_facilitys(void **state) {
    (void)state;
    done((struct facility_act){ .kind = FACILITY_ACT_NIN, .code = "SC1", .nin = "1234567890" });
    assert_false(act_as(
        &scope_system,
        (struct facility_act){ .kind = FACILITY_ACT_NIN, .code = "PHC1", .nin = "1234567890" }));
    assert_int_equal(problem.fields[0].code, ERR_FACILITY_NIN);
    done((struct facility_act){ .kind = FACILITY_ACT_NIN, .code = "SC1", .nin = "" });
    done((struct facility_act){ .kind = FACILITY_ACT_NIN, .code = "PHC1", .nin = "1234567890" });
    assert_text("select string_agg(code, '') from facility where nin = '1234567890'", "PHC1");
}

/* ---- Two at once. ---------------------------------------------------------------------------- */
static void *close_it(void *arg) {
    bool *won = arg;
    struct problem p = { 0 };
    struct arena *own = arena_new();
    struct facility_act_result told;
    const struct audit_entry who = { 0 };
    const struct facility_act act = {
        .kind = FACILITY_ACT_CLOSE, .code = "DHQ1", .from = "2022-05-01", .reason = "twice"
    };
    struct db *db = db_take(pool, &p);
    *won = db && facility_act_run(db, &scope_system, &act, &who, &told, own, &p);
    db_give(db);
    arena_free(own);
    return NULL;
}

static void of_two_at_once_one_wins(void **state) {
    (void)state;
    enum { MANY = 4 };
    pthread_t threads[MANY];
    bool won[MANY];
    int winners = 0;
    for (int i = 0; i < MANY; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, close_it, &won[i]), 0);
    for (int i = 0; i < MANY; i++) {
        pthread_join(threads[i], NULL);
        winners += won[i];
    }
    assert_int_equal(winners, 1);
    assert_text(status_of("DHQ1"), "open; 2022-05-01 closed");
    assert_text("select count(*) from audit where object = 'DHQ1'", "1");
}

static int set_up(void **state) {
    (void)state;
    base_start();
    arena = arena_new();
    url = test_database("facility_act");
    test_state_load(url);
    pool = test_pool(url, 4);
    dictionaries = test_state_dictionaries(pool);
    return 0;
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
        cmocka_unit_test(a_change_begins_on_its_day),
        cmocka_unit_test(a_change_of_the_future_waits),
        cmocka_unit_test(closing_opening_and_the_first_day),
        cmocka_unit_test(moves_and_states),
        cmocka_unit_test(an_act_says_its_attribute_alone),
        cmocka_unit_test(the_eve_of_an_act_is_not_said),
        cmocka_unit_test(a_correction_stamps_reports_anew),
        cmocka_unit_test(reports_stay_with_a_dated_change),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(a_nin_is_one_facilitys),
        cmocka_unit_test(of_two_at_once_one_wins),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
