/* The register of facilities: finding, creating, updating, moving; what another's scope may not. */
#include "hmis/area.h"
#include "hmis/facility_master.h"
#include "hmis/period.h"

#include "test.h"
#include "test_pg.h"

#include <stdio.h>
#include <stdlib.h>

enum { BAPATLA = 750, PALNADU = 751, GUNTUR = 506, HYDERABAD = 507, AP = 28, TELANGANA = 36 };

static const char *url;
static struct db_pool *pool;
static struct arena *arena;

static int32_t area_id(const char *level, int code) {
    char sql[200];
    snprintf(sql, sizeof sql, "select id from area where level = '%s' and lgd_code = %d", level,
             code);
    return (int32_t)test_sql_int(url, sql);
}

static struct scope state_scope(int code) {
    return (struct scope){ .level = SCOPE_STATE, .area_id = area_id("state", code) };
}

/* ---- facility_put in a transaction of its own. ----------------------------------------------- */
struct call {
    const struct facility_master *masters;
    size_t count;
    int period;
    struct facility_put_result *results;
};

static bool put_work(struct db *db, void *arg, struct problem *p) {
    struct call *call = arg;
    return facility_put(db, call->masters, call->count, call->period, call->results, arena, p);
}

static void put(const struct scope *scope, const struct facility_master *masters, size_t count,
                int period, struct facility_put_result *results) {
    struct problem p = { 0 };
    struct db *db = db_take(pool, &p);
    assert_non_null(db);
    struct call call = { masters, count, period, results };
    if (!db_transaction(db, scope, DB_WRITE, put_work, &call, &p)) fail_msg("%s", p.detail);
    db_give(db);
}

static struct facility_put_result put_one(const struct scope *scope, struct facility_master master,
                                          int period) {
    struct facility_put_result result;
    put(scope, &master, 1, period, &result);
    return result;
}

static struct facility_master master_of(const char *code, int district, const char *block) {
    return (struct facility_master){ .code = code,
                                     .name = "PHC Test",
                                     .type = FACILITY_PHC,
                                     .ownership = PUBLIC,
                                     .locality = RURAL,
                                     .beds = BLANK,
                                     .state_code = district == HYDERABAD ? TELANGANA : AP,
                                     .state_name = "",
                                     .district_code = district,
                                     .subdistrict_code = BLANK,
                                     .block_code = BLANK,
                                     .block_name = block };
}

struct finding {
    const char *const *codes;
    size_t count;
    int period;
    struct facility_known *known;
};

static bool find_work(struct db *db, void *arg, struct problem *p) {
    struct finding *f = arg;
    return facility_find(db, f->codes, f->count, f->period, f->known, arena, p);
}

static void find(const struct scope *scope, const char *const *codes, size_t count, int period,
                 struct facility_known *known) {
    struct problem p = { 0 };
    struct db *db = db_take(pool, &p);
    assert_non_null(db);
    struct finding finding = { codes, count, period, known };
    if (!db_transaction(db, scope, DB_READ, find_work, &finding, &p)) fail_msg("%s", p.detail);
    db_give(db);
}

static void text_of(const char *code, const char *expression, char out[300]) {
    char sql[600];
    snprintf(sql, sizeof sql,
             "select (%s)::text from facility f join area b on b.id = f.block_id"
             " join area d on d.id = f.district_id where f.code = '%s'",
             expression, code);
    test_sql_value(url, sql, out, 300);
}

#define ASSERT_IS(code, expression, want)                                                          \
    do {                                                                                           \
        char have[300];                                                                            \
        text_of((code), (expression), have);                                                       \
        assert_string_equal(have, (want));                                                         \
    } while (0)

/* ---- Tests. ---------------------------------------------------------------------------------- */
static void blocks_are_found_or_notional(void **state) {
    (void)state;
    struct scope ap = state_scope(AP);
    struct facility_master masters[] = {
        master_of("P1", PALNADU, "MACHERLA"), master_of("P2", PALNADU, NULL),
        master_of("P3", PALNADU, "Nowhere"),  master_of("P4", PALNADU, "Tenali"),
        master_of("P5", GUNTUR, "tenali"),
    };
    struct facility_put_result results[COUNT(masters)];
    put(&ap, masters, COUNT(masters), 202204, results);
    for (size_t i = 0; i < COUNT(masters); i++) {
        assert_int_equal(results[i].change, FACILITY_NEW);
        assert_true(results[i].id > 0);
    }
    ASSERT_IS("P1", "b.name || '/' || d.name", "Macherla/Palnadu");
    ASSERT_IS("P2", "b.name || '/' || b.notional", "Directly under Palnadu/true");
    ASSERT_IS("P3", "b.name", "Directly under Palnadu");
    ASSERT_IS("P4", "b.name", "Directly under Palnadu"); /* Tenali is Guntur's */
    ASSERT_IS("P5", "b.name || '/' || d.name", "Tenali/Guntur");
    assert_int_equal(test_sql_int(url, "select count(*) from area where name = "
                                       "'Directly under Palnadu'"),
                     1);
    assert_int_equal(test_sql_int(url, "select count(*) from facility_place p join facility f"
                                       " on f.id = p.facility_id and f.block_id = p.block_id"),
                     5);
}

/* Before 4 April 2022 the same block is Guntur's. */
static void places_follow_the_month(void **state) {
    (void)state;
    static const char *const codes[] = { "P1", "P2", "NONE" };
    struct facility_known known[3];
    find(&scope_system, codes, 3, 202203, known);
    assert_int_equal(known[0].district_id, area_id("district", GUNTUR));
    assert_int_equal(known[0].state_id, area_id("state", AP));
    /* its district was Guntur's too, and so is what lies directly under it */
    assert_int_equal(known[1].district_id, area_id("district", GUNTUR));
    assert_true(known[1].id > 0);
    assert_int_equal(known[2].id, 0);
    find(&scope_system, codes, 3, 202204, known);
    assert_int_equal(known[0].district_id, area_id("district", PALNADU));
    assert_int_equal(known[0].type, FACILITY_PHC);
    assert_true(known[0].open);
}

static void what_cannot_be_placed_is_refused(void **state) {
    (void)state;
    struct scope ap = state_scope(AP);
    struct facility_master nowhere = master_of("R1", 999999, NULL);
    struct facility_master no_state = master_of("R2", PALNADU, NULL);
    no_state.state_code = 9999;
    static const struct {
        enum error_code error;
        enum facility_column column;
    } want[] = {
        { ERR_AREA_UNKNOWN, FC_DISTRICT }, /* no such district */
        { ERR_AREA_UNKNOWN, FC_STATE },    /* no such state */
        { ERR_AREA_UNKNOWN, FC_DISTRICT }, /* another state's */
    };
    struct facility_master masters[] = { nowhere, no_state, master_of("R3", HYDERABAD, NULL) };
    struct facility_put_result results[COUNT(masters)];
    put(&ap, masters, COUNT(masters), 202204, results);
    for (size_t i = 0; i < COUNT(masters); i++) {
        assert_int_equal(results[i].change, FACILITY_REFUSED);
        assert_int_equal(results[i].error, want[i].error);
        assert_int_equal(results[i].column, want[i].column);
    }
    struct facility_put_result early = put_one(&ap, master_of("R4", BAPATLA, NULL), 202203);
    assert_int_equal(early.error, ERR_AREA_SEVERAL); /* Bapatla was made of two */
    assert_string_equal(early.question,
                        "district Bapatla began on 2022-04-04; in this month it was part "
                        "of Guntur or Prakasam: name the block");
    assert_int_equal(test_sql_int(url, "select count(*) from facility where code like 'R%'"), 0);
}

static void other_scopes(void **state) {
    (void)state;
    struct scope telangana = state_scope(TELANGANA), ap = state_scope(AP);
    struct scope guntur = { .level = SCOPE_DISTRICT, .area_id = area_id("district", GUNTUR) };
    struct scope nothing = { 0 };
    struct facility_put_result made = put_one(&telangana, master_of("T1", HYDERABAD, NULL), 202204);
    assert_int_equal(made.change, FACILITY_NEW);
    struct facility_master taken = master_of("T1", PALNADU, NULL);
    struct facility_put_result stolen = put_one(&ap, taken, 202204);
    assert_int_equal(stolen.change, FACILITY_REFUSED);
    assert_int_equal(stolen.error, ERR_FACILITY_UNKNOWN);
    assert_int_equal(stolen.column, FC_CODE);
    ASSERT_IS("T1", "f.name || d.name", "PHC TestHyderabad");
    static const char *const codes[] = { "T1", "P1", "P5" };
    const struct {
        const struct scope *scope;
        bool sees[3];
    } cases[] = { { &telangana, { true, false, false } },
                  { &ap, { false, true, true } },
                  { &guntur, { false, false, true } },
                  { &nothing, { false, false, false } },
                  { &scope_system, { true, true, true } } };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct facility_known known[3];
        find(cases[i].scope, codes, 3, 202204, known);
        for (int c = 0; c < 3; c++)
            assert_int_equal(known[c].id > 0, cases[i].sees[c]);
    }
}

static void columns_are_brought_up_to_date(void **state) {
    (void)state;
    struct scope ap = state_scope(AP);
    struct facility_master m = master_of("P1", PALNADU, "Macherla");
    assert_int_equal(put_one(&ap, m, 202205).change, FACILITY_SAME);
    m.name = "CHC Macherla";
    m.settled = true; /* a name wholly other is asked about */
    m.type = FACILITY_CHC;
    m.beds = 30;
    m.nin = "9000000001";
    m.categories = "24X7,Delivery Point , MCH Centre Level 2";
    m.ulb = "Macherla Municipality";
    assert_int_equal(put_one(&ap, m, 202205).change, FACILITY_CHANGED);
    ASSERT_IS("P1", "f.name || f.facility_type || f.beds || f.nin || f.ulb",
              "CHC Macherla3309000000001Macherla Municipality");
    ASSERT_IS("P1", "array_to_string(f.categories, '|')", "24X7|Delivery Point|MCH Centre Level 2");
    assert_int_equal(put_one(&ap, m, 202205).change, FACILITY_SAME);
}

static void closing_and_opening_again(void **state) {
    (void)state;
    struct scope ap = state_scope(AP);
    struct facility_master m = master_of("P2", PALNADU, NULL);
    static const struct {
        bool closed;
        int period;
        const char *want;
    } steps[] = {
        { true, 202210, "2022-10-01" },  { true, 202211, "2022-10-01" },
        { false, 202205, "2022-10-01" }, /* an older file says nothing about October */
        { true, 202208, "2022-08-01" },  { false, 202301, "none" },
    };
    for (size_t i = 0; i < COUNT(steps); i++) {
        m.closed = steps[i].closed;
        assert_int_not_equal(put_one(&ap, m, steps[i].period).change, FACILITY_REFUSED);
        ASSERT_IS("P2", "coalesce(f.closed_on::text, 'none')", steps[i].want);
    }
}

static void moves_are_dated(void **state) {
    (void)state;
    struct scope ap = state_scope(AP);
    static const char *const codes[] = { "P5" };
    struct facility_known known;
    struct facility_master m = master_of("P5", GUNTUR, "Ponnur");
    assert_int_equal(put_one(&ap, m, 202207).change, FACILITY_CHANGED);
    ASSERT_IS("P5", "b.name", "Ponnur");
    find(&ap, codes, 1, 202206, &known);
    int32_t tenali = known.block_id;
    find(&ap, codes, 1, 202207, &known);
    assert_int_not_equal(known.block_id, tenali);
    m.block_name = "Tenali"; /* a file of an earlier month does not undo it */
    assert_int_equal(put_one(&ap, m, 202205).change, FACILITY_SAME);
    ASSERT_IS("P5", "b.name", "Ponnur");
    m.block_name = NULL; /* nor does one that does not say where it lies */
    assert_int_equal(put_one(&ap, m, 202208).change, FACILITY_SAME);
    m.block_name = "Macherla", m.district_code = PALNADU;
    assert_int_equal(put_one(&ap, m, 202209).change, FACILITY_CHANGED);
    ASSERT_IS("P5", "b.name || '/' || d.name", "Macherla/Palnadu");
    assert_int_equal(test_sql_int(url, "select count(*) from facility_place p join facility f"
                                       " on f.id = p.facility_id where f.code = 'P5'"),
                     3);
}

static void the_last_row_of_a_code_holds(void **state) {
    (void)state;
    struct scope ap = state_scope(AP);
    struct facility_master masters[] = { master_of("D1", PALNADU, NULL),
                                         master_of("D1", PALNADU, "Macherla"),
                                         master_of("D2", PALNADU, NULL) };
    masters[1].name = "The last one";
    struct facility_put_result results[3];
    put(&ap, masters, 3, 202204, results);
    assert_int_equal(results[0].change, FACILITY_NEW);
    assert_int_equal(results[0].id, results[1].id);
    assert_int_not_equal(results[1].id, results[2].id);
    ASSERT_IS("D1", "f.name || b.name", "The last oneMacherla");
}

static void ministries_have_a_place_of_their_own(void **state) {
    (void)state;
    struct facility_master m = master_of("MO1", PALNADU, NULL);
    m.state_code = m.district_code = BLANK;
    m.state_name = "M/O DEFENCE";
    assert_int_equal(put_one(&scope_system, m, 202204).change, FACILITY_NEW);
    ASSERT_IS("MO1", "b.name", "Directly under M/O Defence");
    struct scope ap = state_scope(AP);
    m.code = "MO2";
    assert_int_equal(put_one(&ap, m, 202204).change, FACILITY_REFUSED);
}

static void hostile_names_are_names(void **state) {
    (void)state;
    static const char *const names[] = {
        "Robert'); drop table facility;--",
        "<script>alert(1)</script>",
        "%s%n%x",
        "\"quoted\", with 'commas'",
        "{a,b} \\N \\\\",
        "=cmd|' /C calc'!A0",
        "प्राथमिक स्वास्थ्य केंद्र",
        "\xE2\x80\xAE"
        "backwards",
    };
    struct scope ap = state_scope(AP);
    for (size_t i = 0; i < COUNT(names); i++) {
        char code[20];
        snprintf(code, sizeof code, "H%zu", i);
        struct facility_master m = master_of(code, PALNADU, names[i]);
        m.name = m.ulb = m.zone = m.categories = names[i];
        assert_int_equal(put_one(&ap, m, 202204).change, FACILITY_NEW);
        ASSERT_IS(code, "f.name", names[i]);
        ASSERT_IS(code, "f.ulb", names[i]);
        assert_int_equal(put_one(&ap, m, 202204).change, FACILITY_SAME);
    }
}

/* ---- Code, name, district, state and NIN held against each other. ---------------------------- */
static const struct facility_note *note_of(const struct facility_put_result *result,
                                           enum facility_note_kind kind) {
    for (size_t i = 0; i < result->note_count; i++)
        if (result->notes[i].kind == kind) return &result->notes[i];
    return NULL;
}

static void contradictions_are_asked(void **state) {
    (void)state;
    struct facility_master right = master_of("C1", GUNTUR, "Tenali");
    right.name = "PHC Kollipara";
    right.nin = "7000000001";
    struct facility_put_result made = put_one(&scope_system, right, 202205);
    assert_int_equal(made.change, FACILITY_NEW);
    assert_non_null(note_of(&made, FACILITY_MADE));
    struct facility_master other_state = right, name = right, name_district = right,
                           name_nin = right, held_nin = right;
    struct facility_master district = right, spelling = right;
    other_state.state_code = TELANGANA, other_state.district_code = HYDERABAD;
    other_state.block_name = NULL;
    name.name = "PHC Emani";
    name_district.name = "PHC Emani", name_district.district_code = PALNADU;
    name_district.block_name = "Macherla";
    name_nin.name = "PHC Emani", name_nin.nin = "7000000002";
    struct facility_master holder = master_of("C9", GUNTUR, "Tenali"), settled, odds = right;
    holder.name = "PHC Ponnur", holder.nin = "7000000009";
    assert_int_equal(put_one(&scope_system, holder, 202205).change, FACILITY_NEW);
    held_nin.nin = holder.nin;
    settled = name, settled.settled = true;
    odds.block_name = "Macherla", odds.district_code = GUNTUR, odds.district_name = "Palnadu";
    district.district_code = PALNADU, district.block_name = "Macherla";
    spelling.name = "P.H.C. Kolipara";
    const struct {
        const char *what;
        struct facility_master row;
        enum facility_change change;
        enum facility_note_kind note;
    } cases[] = {
        { "another state", other_state, FACILITY_REFUSED, FACILITY_NOT_TAKEN },
        { "another name and district", name_district, FACILITY_REFUSED, FACILITY_NOT_TAKEN },
        { "another name and NIN", name_nin, FACILITY_REFUSED, FACILITY_NOT_TAKEN },
        { "another spelling", spelling, FACILITY_CHANGED, FACILITY_TURNED },
        { "another district", district, FACILITY_CHANGED, FACILITY_MOVED },
        { "back", right, FACILITY_CHANGED, FACILITY_MOVED },
        { "another's NIN", held_nin, FACILITY_REFUSED, FACILITY_NOT_TAKEN },
        { "at odds with itself", odds, FACILITY_REFUSED, FACILITY_NOT_TAKEN },
        { "another name", name, FACILITY_REFUSED, FACILITY_NOT_TAKEN },
        { "another name, as answered", settled, FACILITY_CHANGED, FACILITY_TURNED },
        { "the old name", right, FACILITY_CHANGED, FACILITY_TURNED },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct facility_put_result have =
            put_one(&scope_system, cases[i].row, period_add(202206, (int)i));
        if (have.change != cases[i].change) fail_msg("%s: %d", cases[i].what, (int)have.change);
        if (have.change == FACILITY_REFUSED) {
            assert_int_equal(have.error, ERR_FACILITY_CONTRADICTS);
            assert_int_equal(have.id, 0); /* no figure of the row is kept */
            assert_non_null(strstr(have.question, "The r"));
            assert_true(have.by_code);
        } else if (!note_of(&have, cases[i].note)) {
            fail_msg("%s is not told", cases[i].what);
        }
    }
    ASSERT_IS("C1", "d.name", "Guntur");
}

static void a_nin_is_refused_alone(void **state) {
    (void)state;
    struct facility_master rows[] = { master_of("N1", GUNTUR, "Tenali"),
                                      master_of("N2", GUNTUR, "Tenali"),
                                      master_of("N3", GUNTUR, "Tenali"),
                                      master_of("N4", GUNTUR, "Tenali") };
    static const char *const nins[] = { "8000000001", "8000000001", "12345", "123" };
    struct facility_put_result results[COUNT(rows)];
    for (size_t i = 0; i < COUNT(rows); i++)
        rows[i].nin = nins[i];
    put(&scope_system, rows, COUNT(rows), 202205, results);
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(results[i].change, FACILITY_NEW);
        const struct facility_note *note = note_of(&results[i], FACILITY_NOT_TAKEN);
        assert_int_equal(note != NULL, i > 0);
        if (note) assert_int_equal(note->column, FC_NIN);
    }
    assert_int_equal(test_sql_int(url, "select count(nin) from facility where code like 'N_'"), 1);
    rows[0].nin = "8000000009";
    struct facility_put_result other = put_one(&scope_system, rows[0], 202206);
    assert_int_equal(other.change, FACILITY_SAME);
    assert_int_equal(note_of(&other, FACILITY_NOT_TAKEN)->column, FC_NIN);
    ASSERT_IS("N1", "f.nin", "8000000001");
}

/* What cannot be read of a row is left out; a new facility is made with what is assumed. */
static void odd_cells_lose_nothing(void **state) {
    (void)state;
    struct facility_master odd = master_of("O1", GUNTUR, "Tenali");
    odd.name = NULL, odd.ownership = OWNERSHIP_NONE, odd.locality = LOCALITY_NONE;
    struct facility_put_result made = put_one(&scope_system, odd, 202205);
    assert_int_equal(made.change, FACILITY_NEW);
    ASSERT_IS("O1", "f.name || f.ownership || f.locality", "PHC O111");
    struct facility_master full = odd;
    full.name = "PHC Duggirala", full.settled = true, full.ownership = PRIVATE,
    full.locality = URBAN;
    full.state_code = 9999;
    struct facility_put_result later = put_one(&scope_system, full, 202206);
    assert_int_equal(later.change, FACILITY_CHANGED);
    assert_non_null(note_of(&later, FACILITY_NOT_TAKEN));
    assert_int_equal(put_one(&scope_system, odd, 202207).change, FACILITY_SAME);
    ASSERT_IS("O1", "f.name || f.ownership || f.locality || d.name", "PHC Duggirala22Guntur");
    odd.code = "O2", odd.type = FACILITY_TYPE_NONE;
    assert_int_equal(put_one(&scope_system, odd, 202205).error, ERR_MISSING_FIELD);
}

/* Not expected before it opened; that is assumed, and an older month moves it. */
static void an_opening_is_assumed(void **state) {
    (void)state;
    struct facility_master m = master_of("A1", GUNTUR, "Tenali");
    put_one(&scope_system, m, 202206);
    ASSERT_IS("A1", "f.opened_on || ' ' || f.opening || f.opening_told",
              "2022-06-01 2022-06-01false");
    ASSERT_IS("A1", "(select open from hmis_facility_at(f.id, '2022-05-31'))", "false");
    ASSERT_IS("A1", "hmis_facility_open(f.id, '2022-05-01', '2022-05-31')",
              "true"); /* may have been */
    struct facility_put_result earlier = put_one(&scope_system, m, 202202);
    assert_non_null(note_of(&earlier, FACILITY_ASSUMED));
    ASSERT_IS("A1", "f.opened_on || ' ' || f.opening", "2022-02-01 2022-02-01");
    ASSERT_IS("A1", "(select open from hmis_facility_at(f.id, '2022-05-31'))", "true");
    m.code = "A2", m.closed = true; /* first named when it was closed */
    put_one(&scope_system, m, 202206);
    ASSERT_IS("A2",
              "(select count(*) from facility_status s where s.facility_id = f.id and s.open)",
              "0");
    m.closed = false;
    put_one(&scope_system, m, 202203);
    ASSERT_IS("A2", "f.opened_on || ' ' || f.closed_on || ' ' || f.opening",
              "2022-03-01 2022-06-01 2022-03-01");
}

/* An act within a month stands against the file of that month, whichever comes first. */
static void an_act_within_a_month_stands(void **state) {
    (void)state;
    for (int act_first = 0; act_first < 2; act_first++) {
        const char *code = act_first ? "W1" : "W2";
        struct facility_master m = master_of(code, GUNTUR, "Tenali");
        struct facility_put_result made = put_one(&scope_system, m, 202204);
        const char *acts = arena_printf(
            arena,
            "select facility_act_put('facility_status', %d, '{\"open\": false}', '2022-05-17', "
            "null),"
            " facility_kind_act(%d, '{\"facility_type\": 3}', '2022-05-17', null)",
            made.id, made.id);
        if (act_first) test_sql(url, arena_printf(arena, "set hmis.level = 'nation'; %s", acts));
        struct facility_put_result may = put_one(&scope_system, m, 202205);
        if (!act_first) test_sql(url, arena_printf(arena, "set hmis.level = 'nation'; %s", acts));
        if (act_first) assert_non_null(note_of(&may, FACILITY_ASSUMED));
        assert_int_equal(may.change, FACILITY_SAME);
        ASSERT_IS(code, "f.facility_type || ' ' || f.closed_on", "3 2022-05-17");
        ASSERT_IS(code,
                  "(select string_agg(valid_from || ' ' || facility_type || seen, ' ' order by"
                  " valid_from) from facility_kind k where k.facility_id = f.id)",
                  "1900-01-01 2{[2022-04-01,2022-05-17)} 2022-05-17 3{[2022-05-17,2022-05-18)}");
    }
}

/* ---- The same months in any order. ----------------------------------------------------------- */
enum { MONTHS = 10, SORTS = 6, ORDERS = 4 };

static uint32_t chance_state = 7;
static unsigned chance(unsigned below) {
    chance_state = chance_state * 1664525u + 1013904223u;
    return (chance_state >> 8) % below;
}

/* What files of MONTHS months say of one facility: it stays as it is or changes in some way. */
static void months_make(struct facility_master months[MONTHS], unsigned sort) {
    static const struct {
        int district;
        const char *block;
    } places[] = { { GUNTUR, "Tenali" }, { GUNTUR, "Ponnur" }, { PALNADU, "Macherla" },
                   { GUNTUR, "Tenali" }, { GUNTUR, NULL },     { PALNADU, NULL } };
    /* blocks only; one block, or only its district; districts only */
    static const struct { unsigned from, count; } choices[] = { { 0, 3 }, { 3, 2 }, { 4, 2 } };
    unsigned choice = sort % COUNT(choices);
    struct facility_master now = master_of("", GUNTUR, places[choices[choice].from].block);
    now.settled = true; /* others are called so too */
    for (int m = 0; m < MONTHS; m++) {
        if (chance(4) == 0) now.name = chance(2) ? "PHC Testing" : "PHC Test";
        if (chance(4) == 0) now.type = chance(2) ? FACILITY_PHC : FACILITY_CHC;
        if (chance(5) == 0) now.ownership = chance(2) ? PUBLIC : PRIVATE;
        if (chance(5) == 0) now.locality = chance(2) ? URBAN : RURAL;
        if (chance(3) == 0) now.closed = chance(2);
        unsigned place = choices[choice].from + chance(choices[choice].count);
        if (chance(3) == 0) {
            now.block_name = places[place].block;
            now.district_code = places[place].district;
        }
        now.worked = chance(2);
        now.beds = (int32_t)chance(50);
        months[m] = now;
    }
}

static const char *rows_of(const char *code) {
    static const char sql[] =
        "select concat_ws(E'\\n', (select string_agg(concat_ws('|', valid_from, valid_to, seen, "
        "name,"
        " facility_type, ownership, locality), ';' order by valid_from) from facility_kind where"
        " facility_id = f.id), (select string_agg(concat_ws('|', valid_from, valid_to, seen, "
        "open), ';'"
        " order by valid_from) from facility_status where facility_id = f.id), (select"
        " string_agg(concat_ws('|', valid_from, valid_to, seen, block_id), ';' order by "
        "valid_from) from"
        " facility_place where facility_id = f.id), f.opened_on, f.closed_on, f.opening, f.beds,"
        " f.name, f.facility_type, f.block_id, f.areas) from facility f where code = '%s'";
    char text[1200], out[6000];
    snprintf(text, sizeof text, sql, code);
    test_sql_value(url, text, out, sizeof out);
    return arena_strdup(arena, out);
}

static void order_make(int order[MONTHS], int kind) {
    for (int m = 0; m < MONTHS; m++)
        order[m] = kind == 1 ? MONTHS - 1 - m : m;
    for (int m = MONTHS; kind > 1 && m > 1; m--) {
        int other = (int)chance((unsigned)m), keep = order[m - 1];
        order[m - 1] = order[other];
        order[other] = keep;
    }
}

static void any_order_gives_the_same(void **state) {
    (void)state;
    struct scope ap = state_scope(AP);
    for (unsigned sort = 0; sort < SORTS; sort++) {
        struct facility_master months[MONTHS];
        const char *want = NULL;
        months_make(months, sort);
        for (int kind = 0; kind < ORDERS; kind++) {
            int order[MONTHS];
            order_make(order, kind);
            const char *code = arena_printf(arena, "S%u-%d", sort, kind);
            for (int m = 0; m < MONTHS; m++) {
                struct facility_master said = months[order[m]];
                said.code = code;
                int period = 202201 + order[m];
                if (put_one(&ap, said, period).change == FACILITY_REFUSED)
                    fail_msg("%s month %d is refused", code, period);
                if (chance(3) == 0) put_one(&ap, said, period); /* once more */
            }
            const char *have = rows_of(code);
            if (!want) want = have;
            if (!text_equal(have, want)) {
                print_error("%s\ninstead of\n%s\n", have, want);
                fail_msg("%s", code);
            }
        }
    }
}

static int set_up(void **state) {
    (void)state;
    url = test_database("facility");
    struct db_settings settings = { .conninfo = url,
                                    .connections = 1,
                                    .wait_ms = 2000,
                                    .statement_timeout_ms = 60000,
                                    .lock_timeout_ms = 2000 };
    struct db_pool *owner = db_pool_new(&settings);
    struct problem p = { 0 };
    struct db *db = db_take(owner, &p);
    bool done = db && area_load(db, HMIS_SOURCE_DIR "/data/geography", &p);
    db_give(db);
    db_pool_free(owner);
    pool = test_pool(url, 2);
    arena = arena_new();
    if (!done) fprintf(stderr, "%s\n", p.detail);
    return !done;
}

static int tear_down(void **state) {
    (void)state;
    arena_free(arena);
    db_pool_free(pool);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_found_or_notional),
        cmocka_unit_test(places_follow_the_month),
        cmocka_unit_test(what_cannot_be_placed_is_refused),
        cmocka_unit_test(other_scopes),
        cmocka_unit_test(columns_are_brought_up_to_date),
        cmocka_unit_test(closing_and_opening_again),
        cmocka_unit_test(moves_are_dated),
        cmocka_unit_test(the_last_row_of_a_code_holds),
        cmocka_unit_test(ministries_have_a_place_of_their_own),
        cmocka_unit_test(hostile_names_are_names),
        cmocka_unit_test(contradictions_are_asked),
        cmocka_unit_test(a_nin_is_refused_alone),
        cmocka_unit_test(odd_cells_lose_nothing),
        cmocka_unit_test(an_opening_is_assumed),
        cmocka_unit_test(an_act_within_a_month_stands),
        cmocka_unit_test(any_order_gives_the_same),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
