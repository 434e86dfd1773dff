/* Facilities over time: dated rows from observations, what holds today, who reads what lay where;
 * and a database of before, carried over. */
#include "hmis/facility.h"
#include "hmis/migrations.h"
#include "hmis/rollup.h"

#include "test.h"
#include "test_pg.h"
#include "test_state.h"
#include "test_totals.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *url;

static void text_is(const char *sql, const char *want) {
    char have[2000];
    test_sql_value(url, sql, have, sizeof have);
    assert_string_equal(have, want);
}

static int64_t value(const char *sql) {
    return test_sql_int(url, sql);
}

/* The same as somebody of hmis_app whose scope is this one. */
static void text_as(const char *level, int area, const char *sql, const char *want) {
    char text[2000];
    snprintf(text, sizeof text,
             "set role hmis_app; select set_config('hmis.level', '%s', false),"
             " set_config('hmis.area', '%d', false); %s",
             level, area, sql);
    text_is(text, want);
}

#define KINDS(facility)                                                                            \
    "select string_agg(valid_from || ' ' || facility_type, ', ' order by valid_from)"              \
    " from facility_kind where facility_id = " facility
#define OPENS(facility)                                                                            \
    "select string_agg(valid_from || ' ' || open, ', ' order by valid_from)"                       \
    " from facility_status where facility_id = " facility
#define PLACES(facility)                                                                           \
    "select string_agg(valid_from || ' ' || block_id, ', ' order by valid_from)"                   \
    " from facility_place where facility_id = " facility

/* Every test makes its facilities anew, in block 5 of district 3 of state 2. */
static int fresh(void **state) {
    (void)state;
    test_sql(url, "truncate report, report_version, report_draft, report_draft_gone, rollup_queue;"
                  "delete from facility_kind; delete from facility_status;"
                  "delete from facility_place; delete from facility;"
                  "insert into facility (id, code, name, facility_type, ownership, locality,"
                  " state_id, district_id, block_id) values (1, 'F1', 'One', 2, 1, 1, 2, 3, 5),"
                  " (2, 'F2', 'Two', 2, 1, 1, 2, 3, 6), (3, 'F3', 'Three', 2, 1, 1, 2, 4, 7)");
    return 0;
}

/* ---- Observations. --------------------------------------------------------------------------- */
enum { MONTHS = 14, WALKS = 60 };

static void add_put(struct buffer *sql, int month, int type) {
    buffer_printf(sql,
                  "select facility_kind_put('{1}', '{One}', '{%d}', '{1}', '{1}', d::date,"
                  " (d + interval '1 month - 1 day')::date)"
                  " from (select date '2022-01-01' + interval '%d month' as d) x;",
                  type, month);
}

/* What holds in every month when the last word before it holds, or the first one. */
static void model(const int *types, char *text, size_t size) {
    int now = 0;
    for (int m = MONTHS - 1; m >= 0; m--)
        if (types[m]) now = types[m];
    size_t at = 0;
    for (int m = 0; m < MONTHS; m++) {
        if (types[m]) now = types[m];
        at += (size_t)snprintf(text + at, size - at, "%s%d", m ? " " : "", now);
    }
}

static void order_does_not_matter(void **state) {
    srand(20221125);
    for (int walk = 0; walk < WALKS; walk++) {
        int types[MONTHS] = { 0 }, order[MONTHS], count = 0;
        for (int m = 0; m < MONTHS; m++) {
            if (rand() % 3 == 0) continue;
            types[m] = 1 + rand() % 3;
            order[count++] = m;
        }
        if (count == 0) continue;
        fresh(state);
        for (int i = count - 1; i > 0; i--) {
            int k = rand() % (i + 1), month = order[i];
            order[i] = order[k];
            order[k] = month;
        }
        struct buffer sql = { 0 };
        for (int i = 0; i < count; i++)
            add_put(&sql, order[i], types[order[i]]);
        buffer_add_char(&sql, '\0');
        test_sql(url, sql.data);
        buffer_free(&sql);
        char want[100];
        model(types, want, sizeof want);
        text_is(
            "select string_agg(h.facility_type::text, ' ' order by m)"
            " from generate_series(0, 13) m"
            " cross join lateral hmis_facility_at(1, (date '2022-01-01' + interval '1 month' * m"
            "                                         + interval '1 month - 1 day')::date) h",
            want);
        /* No equal neighbours, no gap, and every month that was told of is remembered. */
        assert_int_equal(value("select count(*) from (select facility_type = lead(facility_type)"
                               " over (order by valid_from) or valid_to is distinct from"
                               " lead(valid_from) over (order by valid_from) as wrong"
                               " from facility_kind where facility_id = 1) x where wrong"),
                         0);
        assert_int_equal(value("select sum(n) from (select count(distinct d) as n"
                               " from facility_kind k cross join lateral unnest(k.seen) r"
                               " cross join generate_series(lower(r), upper(r) - 1, '1 day') g"
                               " cross join lateral (select date_trunc('month', g) as d) x"
                               " where facility_id = 1 group by valid_from) y"),
                         count);
    }
}

static void what_is_said_of_a_month(void **state) {
    (void)state;
    test_sql(url, "select facility_kind_put('{1}', '{One}', '{2}', '{1}', '{1}', '2022-02-01',"
                  " '2022-02-28')");
    text_is(KINDS("1"), "1900-01-01 2");
    test_sql(url, "select facility_kind_put('{1}', '{One}', '{3}', '{1}', '{1}', '2022-05-01',"
                  " '2022-05-31')");
    text_is(KINDS("1"), "1900-01-01 2, 2022-05-01 3");
    text_is("select first_seen || ' ' || last_seen from facility_kind where facility_type = 3",
            "2022-05-01 2022-05-31");
    /* The last word of a month holds. */
    test_sql(url, "select facility_kind_put('{1}', '{One}', '{4}', '{1}', '{1}', '2022-05-01',"
                  " '2022-05-31')");
    text_is(KINDS("1"), "1900-01-01 2, 2022-05-01 4");
    /* An act of a day; then one from which on it holds, whatever was said of later days. */
    test_sql(url, "select facility_kind_put('{1}', '{One}', '{5}', '{1}', '{1}', '2022-05-15',"
                  " '2022-05-31')");
    text_is(KINDS("1"), "1900-01-01 2, 2022-05-01 4, 2022-05-15 5");
    test_sql(url,
             "select facility_kind_put('{1}', '{One}', '{3}', '{1}', '{1}', '2022-04-10', null)");
    text_is(KINDS("1"), "1900-01-01 2, 2022-04-10 3");
    text_is("select facility_type::text from facility where id = 1", "3");
}

static void opened_closed_and_opened_again(void **state) {
    (void)state;
    test_sql(url, "insert into facility (id, code, name, facility_type, ownership, locality,"
                  " opened_on, closed_on, state_id, district_id, block_id)"
                  " values (9, 'F9', 'Nine', 2, 1, 1, '2022-06-15', '2023-01-01', 2, 3, 5)");
    text_is(OPENS("9"), "1900-01-01 false, 2022-06-15 true, 2023-01-01 false");
    test_sql(url, "select facility_status_put('{9}', '{true}', '2023-04-01', '2023-04-30')");
    text_is(OPENS("9"), "1900-01-01 false, 2022-06-15 true, 2023-01-01 false, 2023-04-01 true");
    text_is("select opened_on || ' ' || coalesce(closed_on::text, '-') from facility where id = 9",
            "2022-06-15 -");
    /* Whatever comes later, what was expected in a past month stays. */
    static const char expected[] =
        "select string_agg(h.open::text, ' ' order by m) from generate_series(5, 16) m"
        " cross join lateral hmis_facility_at(9, (date '2022-01-01' + interval '1 month' * m"
        "                                         + interval '1 month - 1 day')::date) h";
    text_is(expected, "true true true true true true true false false false true true");
    test_sql(url, "select facility_status_put('{9}', '{false}', '2023-09-01', '2023-09-30')");
    text_is(expected, "true true true true true true true false false false true true");
    text_is("select hmis_facility_open(9, '2022-06-01', '2022-06-30') || ' ' ||"
            " hmis_facility_open(9, '2022-05-01', '2022-05-31') || ' ' ||"
            " hmis_facility_open(9, '2023-01-01', '2023-01-31')",
            "true false false");
}

static void what_is_dated_ahead_waits(void **state) {
    (void)state;
    test_sql(url, "select facility_place_put('{1}', '{5}', '2022-04-01', '2022-04-30');"
                  "select facility_place_put('{1}', '{7}', '2090-04-01', '2090-04-30')");
    text_is(PLACES("1"), "1900-01-01 5, 2090-04-01 7");
    text_is("select block_id || ' ' || areas::text from facility where id = 1",
            "5 {2,3,4,5,7}"); /* whose it will be may know its name */
    text_is("select hmis_facility_refresh(day => '2090-03-31')::text", "0");
    text_is("select hmis_facility_refresh(day => '2090-04-01')::text", "1");
    text_is("select block_id || ' ' || district_id from facility where id = 1", "7 4");
    text_is("select hmis_facility_refresh()::text", "1");
    text_is("select block_id::text from facility where id = 1", "5");
}

static void nothing_overlaps(void **state) {
    (void)state;
    static const char *const tables[] = {
        "insert into facility_kind (facility_id, valid_from, name, facility_type, ownership,"
        " locality) values (1, '2022-04-01', 'x', 2, 1, 1)",
        "insert into facility_status (facility_id, valid_from, open) values (1, '2022-04-01', "
        "true)",
        "insert into facility_place (facility_id, valid_from, block_id) values (1, '2022-04-01', "
        "6)",
        "insert into area_parent (area_id, parent_id, valid_from) values (5, 4, '2022-04-01');"
        " set constraints all immediate",
    };
    for (size_t i = 0; i < COUNT(tables); i++) {
        char sql[500];
        snprintf(sql, sizeof sql,
                 "do $t$ begin %s; raise exception 'it was taken'; exception when"
                 " exclusion_violation then null; end $t$",
                 tables[i]);
        test_sql(url, sql);
    }
}

/* ---- Who reads and who writes. --------------------------------------------------------------- */
static void another_district_reads_what_was_its_own(void **state) {
    (void)state;
    test_sql(url,
             "select facility_place_put('{1,2}', '{5,6}', '2022-04-01', '2022-04-30');"
             "select facility_place_put('{1}', '{7}', '2022-07-01', '2022-07-31');"
             "insert into report (facility_id, period, form_id, facility_type, ownership,"
             " locality, source, state_id, district_id, block_id, version, submitted_at, cells)"
             " select 1, m, 1, 2, 1, 1, 1, 2, d, b, 1, now(), '{1}' from (values"
             " (202206, 3, 5), (202207, 4, 7)) x (m, d, b);"
             "insert into report_draft (facility_id, period, form_id, version, cells,"
             " started_at, updated_at) values (1, 202206, 1, 1, '{1}', now(), now())");
    static const struct {
        const char *level;
        int area;
        const char *names, *months, *drafts;
    } cases[] = {
        { "nation", 1, "One Two Three", "202206 202207", "1" },
        { "state", 2, "One Two Three", "202206 202207", "1" },
        { "district", 3, "One Two", "202206", "0" },
        { "district", 4, "One Three", "202206 202207", "1" },
        { "block", 5, "One", "202206", "0" },
        { "block", 7, "One Three", "202206 202207", "1" },
        { "block", 6, "Two", "-", "0" },
        { "nothing", 0, "-", "-", "0" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        text_as(cases[i].level, cases[i].area,
                "select coalesce(string_agg(name, ' ' order by id), '-') from facility",
                cases[i].names);
        text_as(cases[i].level, cases[i].area,
                "select coalesce(string_agg(period::text, ' ' order by period), '-') from report",
                cases[i].months);
        text_as(cases[i].level, cases[i].area, "select count(*)::text from report_draft",
                cases[i].drafts);
    }
    /* Writing is for whom it belongs to today: its rows are not there to be changed. */
    text_as("district", 3, "update report set cells = '{2}' where period = 202206 returning period",
            "");
    text_as("district", 3, "update facility set nin = '1234567890' where id = 1 returning id", "");
    text_as("state", 2, "select facility_status_put('{1,2}', '{f,f}', '2022-08-01', '2022-08-31')",
            "{1,2}");
    text_as("district", 4, "update report set cells = '{2}' where period = 202206 returning period",
            "202206");
}

/* A report of facility 1 in district 3, block 5. */
#define REPORT(month)                                                                              \
    "insert into report (facility_id, period, form_id, facility_type, ownership, locality,"        \
    " source, state_id, district_id, block_id, version, submitted_at, cells)"                      \
    " values (1, " month ", 1, 2, 1, 1, 1, 2, 3, 5, 1, now(), '{1}');"
#define LEFT "select facility_place_put('{1}', '{7}', '2022-01-01', '2022-12-31');"

/* Who has a report in his total reads whose it is, wherever the register says it ever lay. */
static void whose_a_report_is_can_be_read(void **state) {
    (void)state;
    static const struct {
        const char *before, *after; /* the report was stored */
    } cases[] = {
        { LEFT "update facility set areas = '{2,4,7}' where id = 1;"
               "update facility_kind set areas = '{2,4,7}' where facility_id = 1;",
          "" },
        { "", LEFT },
        { "", LEFT "select hmis_facility_refresh(tree => true);" },
    };
    static const char *const sees =
        "select f.name || ' ' || count(k) || ' ' || count(r) from facility f"
        " left join facility_kind k on k.facility_id = f.id"
        " left join report r on r.facility_id = f.id where f.id = 1 group by f.name";
    for (size_t i = 0; i < COUNT(cases); i++) {
        fresh(NULL);
        test_sql(url, cases[i].before[0] ? cases[i].before : "select 1");
        test_sql(url, REPORT("202203"));
        test_sql(url, cases[i].after[0] ? cases[i].after : "select 1");
        text_as("district", 3, sees, "One 1 1");
        text_as("block", 5, sees, "One 1 1");
        text_as("district", 4, sees, "One 1 1");
        text_as("block", 6, sees, "");
        /* Stamped anew it is no longer in that total. */
        test_sql(url, "update report set district_id = 4, block_id = 7");
        text_as("district", 3, sees, "");
        text_as("district", 4, sees, "One 1 1");
    }
}

/* A report lies where its facility lay; whoever it belongs to cannot put it elsewhere. */
static void a_report_lies_where_its_month_says(void **state) {
    (void)state;
    test_sql(url, REPORT("202203") "select facility_place_put('{1}', '{5}', '2022-03-01',"
                                   " '2022-05-31');"
                                   "select facility_place_put('{1}', '{7}', '2022-06-01', null);");
    static const struct {
        const char *level;
        int area;
        const char *sql;
        bool may;
    } cases[] = {
        { "district", 4, "update report set state_id = 9;", false },
        { "district", 4, "update report set district_id = 4, block_id = 7;", false },
        { "district", 4, "update report set period = 202207;", false },
        { "district", 4, "update report set cells = '{2}', version = 2;", true },
        { "district", 3, REPORT("202204"), false },
        { "district", 4, REPORT("202204"), true },
        { "district", 4, REPORT("202207"), false },
        { "state", 2, REPORT("202207"), false },
        { "nation", 1, REPORT("202207"), true },
        { "nothing", 0, REPORT("202204"), false },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char sql[1500];
        snprintf(
            sql, sizeof sql,
            "do $t$ begin set local role hmis_app; perform set_config('hmis.level', '%s', true),"
            " set_config('hmis.area', '%d', true); %s raise '%%', 'done' using errcode ="
            " 'ZZ001'; exception when insufficient_privilege then"
            " if %s then raise; end if; when sqlstate 'ZZ001' then if not %s then raise; end if;"
            " end $t$",
            cases[i].level, cases[i].area, cases[i].sql, cases[i].may ? "true" : "false",
            cases[i].may ? "true" : "false");
        test_sql(url, sql);
    }
}

/* A block goes to another district: what lay in it is read by both, written by the new one. */
static void areas_follow_the_tree(void **state) {
    (void)state;
    test_sql(url, "update area_parent set valid_to = '2022-05-10' where area_id = 6;"
                  "insert into area_parent (area_id, parent_id, valid_from)"
                  " values (6, 4, '2022-05-10');"
                  "select hmis_facility_refresh(tree => true)");
    text_is("select district_id || ' ' || areas::text from facility where id = 2", "4 {2,3,4,6}");
    text_as("district", 3, "select string_agg(name, ' ' order by id) from facility", "One Two");
    /* What opened later never lay in the old one. */
    test_sql(url, "insert into facility (id, code, name, facility_type, ownership, locality,"
                  " opened_on, state_id, district_id, block_id)"
                  " values (8, 'F8', 'Eight', 2, 1, 1, '2022-06-01', 2, 4, 6)");
    text_is("select areas::text from facility where id = 8", "{2,4,6}");
    test_sql(url, "delete from area_parent where area_id = 6;"
                  "insert into area_parent (area_id, parent_id) values (6, 3);"
                  "select hmis_facility_refresh(tree => true)");
}

/* ---- What the check finds. ------------------------------------------------------------------- */
static char told[4000];
static void tell(const char *text, void *arg) {
    (void)arg;
    size_t at = strlen(told);
    snprintf(told + at, sizeof told - at, "%s\n", text);
}

static int64_t contradictions(const char *database) {
    struct problem p = { 0 };
    int64_t different = 0;
    struct db_pool *pool = test_pool(database, 1);
    struct db *db = db_take(pool, &p);
    told[0] = '\0';
    if (!db || !rollup_check_dates(db, tell, NULL, &different, &p)) fail_msg("%s", p.detail);
    db_give(db);
    db_pool_free(pool);
    return different;
}

static void assert_told(const char *words) {
    if (!strstr(told, words)) fail_msg("\"%s\" is not in: %s", words, told);
}

static void contradictions_are_found(void **state) {
    (void)state;
    const char *bad = test_database("contradictions");
    test_totals(bad);
    test_report(bad, "F1", 202204, "{1}");
    test_report(bad, "F2", 202204, "{1}");
    test_report(bad, "F3", 202204, "{1}");
    assert_int_equal(contradictions(bad), 0);
    assert_string_equal(told, "");
    /* The history is known to be another since: kind, form, place. */
    test_sql(bad, "update facility_kind set ownership = 2 where facility_id = 1;"
                  "update facility_kind set facility_type = 2 where facility_id = 2;"
                  "update facility_place set block_id = 201 where facility_id = 3;"
                  "insert into rollup (area_id, period, dictionary_id, facility_type, ownership,"
                  " locality, level, state_id, district_id, block_id, reports, packed)"
                  " values (202, 202204, 1, 2, 1, 1, 2, 2, 11, 202, 1, '')");
    assert_int_equal(contradictions(bad), 4);
    assert_told("report F1 PHC 2022-04: its kind is another than the facility's in that month; "
                "`hmis check --rebuild`");
    assert_told("report F2 CHC 2022-04: its kind is another than the facility's in that month; the "
                "month keeps its form");
    assert_told("report F3 PHC 2022-04: it lies in another block than the facility did");
    assert_told("2022-04, area 202 (=Chandragiri): its totals lie in Anantapur, the tree says "
                "Chittoor");
    /* Dated acts have told it: a note. Of another attribute, or a later day: not. */
    test_sql(bad, "insert into facility_told values (1, 'ownership', '2022-04-30'),"
                  " (2, 'locality', '2022-04-01'), (3, 'move', '2022-05-01')");
    told[0] = '\0';
    assert_int_equal(contradictions(bad), 3);
    assert_told("report F1 PHC 2022-04: its kind is another than the facility's in that month; a "
                "dated act leaves it as it is (a note, nothing is wrong); `hmis facility correct`");
    test_sql(bad, "delete from facility_told");
    /* Where the keys and constraints are gone. */
    test_sql(bad, "alter table facility_status drop constraint facility_status_once;"
                  "alter table area_parent drop constraint area_parent_once;"
                  "insert into facility_status (facility_id, valid_from, open)"
                  " values (4, '2022-04-01', true);"
                  "update facility_kind set valid_to = '2022-05-01' where facility_id = 5;"
                  "delete from facility_place where facility_id = 6;"
                  "insert into area_parent values (101, 12, '2022-04-04');"
                  "alter table report drop constraint report_pkey;"
                  "insert into report select r.facility_id, r.period, 2, 3, 1, 1, 1, r.state_id,"
                  " r.district_id, r.block_id, 1, now(), null, '{1}' from report r"
                  " where r.facility_id = 3");
    assert_true(contradictions(bad) >= 9);
    assert_told("facility F4: the status row from 1900-01-01: overlaps");
    assert_told("facility F5: the kind row from 1900-01-01: ends");
    assert_told("facility F6: the place row from 1900-01-01: missing");
    assert_told("area 101 (Agali): the parent row from 1900-01-01: overlaps");
    assert_told("facility F3, 2022-04: reports under two forms, CHC and PHC; both count");
    test_database_drop(bad);
}

/* ---- A database of before. ------------------------------------------------------------------- */
/* F1: a report on each of two forms in February, two versions of one; drafts on both. F2: a
 * correction of February after it had become private. F3: opened, moved, closed. */
static const char before_sql[] =
    "insert into area (id, level, lgd_code, name) values (1,'nation',null,'India'),"
    " (2,'state',99,'S'), (3,'district',901,'East'), (4,'district',902,'West'),"
    " (5,'block',9011,'First'), (7,'block',9021,'Third');"
    "insert into area_parent (area_id, parent_id) values (2,1), (3,2), (4,2), (5,3), (7,4);"
    "insert into dictionary (id, code, title, valid_from) values (1, 'T', 'T', 201704);"
    "insert into form (id, dictionary_id, code, title, facility_types) values"
    " (1, 1, 'PHC', 'PHC', '{2}'), (2, 1, 'CHC', 'CHC', '{3}');"
    "insert into facility (id, code, name, facility_type, ownership, locality, opened_on,"
    " closed_on, master_period, state_id, district_id, block_id) values"
    " (1, 'F1', 'One', 3, 1, 1, '1900-01-01', null, 202205, 2, 3, 5),"
    " (2, 'F2', 'Two', 2, 2, 1, '1900-01-01', null, 202205, 2, 3, 5),"
    " (3, 'F3', 'Three', 2, 1, 1, '2020-03-15', '2023-01-01', null, 2, 4, 7);"
    "insert into facility_place values (1, 5, '1900-01-01', null), (2, 5, '1900-01-01', null),"
    " (3, 5, '1900-01-01', '2022-07-01'), (3, 7, '2022-07-01', null);"
    "insert into report_version (facility_id, period, form_id, facility_type, ownership, locality,"
    " source, state_id, district_id, block_id, version, submitted_at, cells, draft_version,"
    " replaced_at) values"
    " (1, 202202, 1, 2, 1, 1, 1, 2, 3, 5, 1, '2022-03-01', '{500}', 7, '2022-03-02'),"
    " (2, 202202, 1, 2, 1, 1, 1, 2, 3, 5, 1, '2022-03-01', '{600}', 1, '2022-06-02');"
    "insert into report (facility_id, period, form_id, facility_type, ownership, locality, source,"
    " state_id, district_id, block_id, version, submitted_at, cells, draft_version) values"
    " (1, 202202, 1, 2, 1, 1, 1, 2, 3, 5, 2, '2022-03-02', '{502}', 9),"
    " (1, 202202, 2, 3, 1, 1, 2, 2, 3, 5, 1, '2022-06-01', '{5022}', 1),"
    " (1, 202205, 2, 3, 1, 1, 2, 2, 3, 5, 1, '2022-06-01', '{505}', 1),"
    " (2, 202202, 1, 2, 2, 1, 2, 2, 3, 5, 2, '2022-06-02', '{602}', 2),"
    " (2, 202204, 1, 2, 1, 1, 2, 2, 3, 5, 1, '2022-05-02', '{604}', 2),"
    " (2, 202205, 1, 2, 2, 1, 2, 2, 3, 5, 1, '2022-06-02', '{605}', 2);"
    "insert into report_draft (facility_id, period, form_id, version, cells, started_at,"
    " updated_at, base_version) values (1, 202202, 1, 10, '{503}', now(), '2022-07-02', 2),"
    " (1, 202202, 2, 3, '{5023}', now(), '2022-07-01', 1);"
    "insert into report_draft_gone values (1, 202203, 1, 4), (1, 202203, 2, 6)";

static void old_databases_are_carried_over(void **state) {
    (void)state;
    const char *now = url, *old = test_database_empty("before_dates");
    for (int i = 0; i < migration_count && migrations[i].version < 12; i++)
        test_sql(old, migrations[i].sql);
    test_sql(old, before_sql);
    for (int i = 0; i < migration_count; i++)
        if (migrations[i].version == 12) test_sql(old, migrations[i].sql);
    url = old;
    /* One report a month; nothing is lost; numbers go on. */
    text_is("select string_agg(period || ' ' || form_id || ' ' || version || ' ' || cells[1] || ' '"
            " || draft_version, ', ' order by period) from report where facility_id = 1",
            "202202 2 3 5022 9, 202205 2 1 505 1");
    text_is("select string_agg(form_id || ' ' || version || ' ' || cells[1], ', ' order by version)"
            " from report_version where facility_id = 1",
            "1 1 500, 1 2 502");
    text_is("select string_agg(form_id || ' ' || base_version || ' ' || cells[1], ', ')"
            " from report_draft",
            "2 3 5023");
    text_is("select form_id || ' ' || cells[1] from report_draft_aside", "1 503");
    text_is("select version::text from report_draft_gone", "6");
    assert_true(value("select count(*) from rollup_queue where period = 202202 and block_id = 5") >
                0);
    /* The correction of February is public again; the kinds have their months. */
    text_is("select string_agg(ownership::text, ' ' order by period) from report"
            " where facility_id = 2",
            "1 1 2");
    text_is("select string_agg(valid_from || ' ' || ownership, ', ' order by valid_from)"
            " from facility_kind where facility_id = 2",
            "1900-01-01 1, 2022-05-01 2");
    text_is(KINDS("1"), "1900-01-01 3");
    text_is(OPENS("3"), "1900-01-01 false, 2020-03-15 true, 2023-01-01 false");
    text_is("select string_agg(last_seen || ' ' || block_id, ', ' order by valid_from)"
            " from facility_place where facility_id = 3",
            "2022-06-30 5, 2022-07-01 7");
    text_is("select areas::text from facility where id = 3", "{2,3,4,5,7}");
    assert_int_equal(contradictions(old), 0);
    assert_told("facility F1, 2022-02: reports under two forms, CHC and PHC; one counts");
    url = now;
    test_database_drop(old);
}

int main(void) {
    base_start();
    url = test_database("facility_time");
    test_state_load(url);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(order_does_not_matter, fresh),
        cmocka_unit_test_setup(what_is_said_of_a_month, fresh),
        cmocka_unit_test_setup(opened_closed_and_opened_again, fresh),
        cmocka_unit_test_setup(what_is_dated_ahead_waits, fresh),
        cmocka_unit_test_setup(nothing_overlaps, fresh),
        cmocka_unit_test_setup(another_district_reads_what_was_its_own, fresh),
        cmocka_unit_test_setup(whose_a_report_is_can_be_read, fresh),
        cmocka_unit_test_setup(a_report_lies_where_its_month_says, fresh),
        cmocka_unit_test_setup(areas_follow_the_tree, fresh),
        cmocka_unit_test(contradictions_are_found),
        cmocka_unit_test(old_databases_are_carried_over),
    };
    return cmocka_run_group_tests_name("facility_time", tests, NULL, NULL);
}
