/* Somebody else changes a facility, makes it or changes the tree while an import stores: the import
 * waits for him and sees what he did. */
#include "test.h"
#include "test_import.h"
#include "test_pg.h"

#include <libpq-fe.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- The other: his transaction is under way when the import begins. ------------------------- */
struct other {
    PGconn *conn;
    pthread_t thread;
    bool waited; /* the import, for him */
};

static bool somebody_waits(void) {
    return ti_value("select count(*) from pg_locks l where not granted and (l.database is null or"
                    " l.database = (select oid from pg_database where datname ="
                    " current_database()))") > 0;
}

static void *commit_when_waited(void *arg) {
    struct other *other = arg;
    for (int i = 0; !other->waited && i < 3000; i++) {
        other->waited = somebody_waits();
        usleep(10000);
    }
    PQclear(PQexec(other->conn, "commit"));
    return NULL;
}

static void begin(struct other *other, const char *sql) {
    *other = (struct other){ .conn = PQconnectdb(ti.conninfo) };
    static const char *const first[] = { "begin", "set local hmis.level = 'system'" };
    for (size_t i = 0; i < COUNT(first); i++)
        PQclear(PQexec(other->conn, first[i]));
    PGresult *result = PQexec(other->conn, sql);
    if (PQresultStatus(result) != PGRES_TUPLES_OK && PQresultStatus(result) != PGRES_COMMAND_OK)
        fail_msg("%s", PQresultErrorMessage(result));
    PQclear(result);
    assert_int_equal(pthread_create(&other->thread, NULL, commit_when_waited, other), 0);
}

static void end(struct other *other) {
    pthread_join(other->thread, NULL);
    PQfinish(other->conn);
    assert_true(other->waited);
}

static int64_t of(const char *facility, const char *column) {
    char sql[200];
    snprintf(sql, sizeof sql,
             "select max(r.%s) from report r join facility f on f.id = r.facility_id where f.code ="
             " '%s'",
             column, facility);
    return ti_value(sql);
}

/* ---- Acts. ----------------------------------------------------------------------------------- */
static void a_report_has_what_the_act_made(void **state) {
    (void)state;
    struct other other;
    begin(&other, "select id from facility where code = 'PHC3' for no key update;"
                  "select facility_kind_act(id, '{\"ownership\": 2}', '2022-01-01',"
                  " null) from facility where code = 'PHC3'");
    bool ok = ti_run("facility_code,month,item,value\nPHC3,2022-04,1.1,5\n", LONG);
    end(&other);
    ti_must(ok);
    assert_int_equal(ti.result.reports_new, 1);
    assert_int_equal(of("PHC3", "ownership"), 2);
}

static void one_that_moved_away_is_refused_alone(void **state) {
    (void)state;
    struct other other;
    const struct scope east = { .level = SCOPE_DISTRICT, .area_id = 3, .user_id = 7 };
    static const char text[] = "facility_code,month,item,value\n"
                               "PHC1,2022-04,1.1,5\nPHC2,2022-04,1.1,7\n";
    begin(&other, "select id from facility where code = 'PHC2' for no key update;"
                  "select facility_act_put('facility_place', id, '{\"block_id\": 7}', '2022-01-01',"
                  " null) from facility where code = 'PHC2'");
    bool ok = ti_run_fd(ti_file(text, strlen(text)), LONG, &east);
    end(&other);
    ti_must(ok);
    assert_int_equal(ti_lines(LINE_ROW, "import.facility_unknown"), 1);
    assert_int_equal(ti_cell("PHC1", 202204, "1.1"), 5);
    assert_int_equal(ti_cell("PHC2", 202204, "1.1"), -1);
}

/* ---- The tree. ------------------------------------------------------------------------------- */
static void whoever_writes_waits_for_the_tree(void **state) {
    (void)state;
    struct other other;
    begin(&other, "select hmis_tree_lock(true)");
    bool ok = ti_run("facility_code,month,item,value\nPHC3,2022-05,1.1,5\n", LONG);
    end(&other);
    ti_must(ok);
    assert_int_equal(ti.result.reports_new, 1);
}

/* ---- Facilities that two make. --------------------------------------------------------------- */
static void make_with(struct import_options options, const char *code, int period) {
    struct other other;
    char sql[500], text[700];
    options.format = IMPORT_EXTRACT;
    options.period = period;
    options.create_facilities = true;
    snprintf(sql, sizeof sql,
             "insert into facility (code, name, facility_type, ownership, locality, state_id,"
             " district_id, block_id, opening) values ('%s', 'Made twice', 2, 1, 1, 2, 3, 5,"
             " '2022-01-01')",
             code);
    snprintf(text, sizeof text,
             "sno,state,zone,district,district_category,sub_district,block,health_block,"
             "sub_division,ulb,facility_type,facility_code,facility_name,category,bed_count,nin,"
             "rural_urban,ownership,physical_notional,status,1.1\n"
             "1,Test State(99),,East(901),Other,,First(9011),,,,PHC,%s,Made twice,24X7,6,,Rural,"
             "Public,Physical,Open,4\n",
             code);
    begin(&other, sql);
    bool ok = ti_run(text, options);
    end(&other);
    ti_must(ok);
    assert_int_equal(ti.result.rows_refused, 0);
    assert_int_equal(ti.result.facilities_created, 0);
    assert_int_equal(ti_cell(code, period, "1.1"), 4);
}

static void one_that_another_made_is_known(void **state) {
    (void)state;
    make_with((struct import_options){ 0 }, "TWICE1", 202204);
    make_with((struct import_options){ .atomic = true }, "TWICE2", 202204);
}

int main(void) {
    ti_begin("import_meanwhile");
    const struct CMUnitTest tests[] = {
        TI(a_report_has_what_the_act_made),
        TI(one_that_moved_away_is_refused_alone),
        TI(whoever_writes_waits_for_the_tree),
        TI(one_that_another_made_is_known),
    };
    int failed = cmocka_run_group_tests_name("import_meanwhile", tests, NULL, NULL);
    ti_end();
    return failed;
}
