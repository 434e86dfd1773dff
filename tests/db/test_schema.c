/* The second wall: what hmis_app may touch is behind row-level security, or public on purpose. */
#include "test.h"
#include "test_pg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *conninfo;

/* Names of places and of the form's items, and what the server keeps for itself. Whoever adds a
 * table here says that everybody who is signed in may read all of it. */
#define PUBLIC_TABLES                                                                              \
    "'area', 'area_parent', 'area_text', 'dictionary', 'section', 'item', 'form', 'form_item', "   \
    "'rule',"                                                                                      \
    " 'dictionary_text', 'schema_migration', 'area_successor'"

/* What they tell of what lies outside the scope is all that anybody may know of it. */
#define OWNER_FUNCTIONS                                                                            \
    "'hmis_account_name', 'hmis_nin_holders', 'hmis_reported', 'report_lock', "                    \
    "'hmis_notional_before', 'hmis_notional_add', 'report_areas', 'report_areas_moved', "          \
    "'hmis_areas_put'"

#define MAY_TOUCH(table)                                                                           \
    "has_table_privilege('hmis_app', " table                                                       \
    ", 'select, insert, update, delete, truncate, references, trigger')"

static const struct {
    const char *what, *sql; /* names of what should not be, separated by blanks */
} walls[] = {
    { "a table within reach of hmis_app without row-level security that is not public",
      "select string_agg(c.relname, ' ') from pg_class c where c.relnamespace = "
      "'public'::regnamespace"
      " and c.relkind in ('r', 'p', 'f') and not c.relrowsecurity and c.relname not in "
      "(" PUBLIC_TABLES ")"
      " and " MAY_TOUCH("c.oid") },
    { "a public table that is not there",
      "select string_agg(t, ' ') from unnest(array[" PUBLIC_TABLES
      "]) t where to_regclass(t) is null" },
    { "a public table that hmis_app may delete from",
      "select string_agg(t, ' ') from unnest(array[" PUBLIC_TABLES "]) t"
      " where has_table_privilege('hmis_app', t, 'delete, truncate')" },
    { "a table with row-level security but no policy, which nobody could read",
      "select string_agg(c.relname, ' ') from pg_class c where c.relnamespace = "
      "'public'::regnamespace"
      " and c.relrowsecurity and not exists (select from pg_policy p where p.polrelid = c.oid)" },
    { "a view that runs with the rights of its owner",
      "select string_agg(c.relname, ' ') from pg_class c where c.relnamespace = "
      "'public'::regnamespace"
      " and c.relkind = 'v' and not coalesce(c.reloptions @> '{security_invoker=true}', false)" },
    { "a materialised view, which row-level security does not reach",
      "select string_agg(c.relname, ' ') from pg_class c where c.relkind = 'm' and " MAY_TOUCH(
          "c.oid") },
    { "a function that runs with the rights of its owner",
      "select string_agg(p.proname, ' ') from pg_proc p where p.pronamespace = "
      "'public'::regnamespace"
      " and p.prosecdef and p.proname not in (" OWNER_FUNCTIONS ")" },
    { "a function that runs with the rights of its owner on a search path of the caller's",
      "select string_agg(p.proname, ' ') from pg_proc p where p.pronamespace = "
      "'public'::regnamespace"
      " and p.prosecdef and not exists (select from unnest(p.proconfig) c where c like "
      "'search_path=%')" },
    { "something owned by hmis_app",
      "select string_agg(c.relname, ' ') from pg_class c where c.relowner = 'hmis_app'::regrole" },
    { "a right of the role that it must not have",
      "select string_agg(rolname, ' ') from pg_roles where rolname = 'hmis_app'"
      " and (rolsuper or rolbypassrls or rolcreatedb or rolcreaterole or rolreplication or "
      "rolcanlogin)" },
    { "a role that hmis_app is a member of", "select string_agg(roleid::regrole::text, ' ') from "
                                             "pg_auth_members where member = 'hmis_app'::regrole" },
    { "a schema in which hmis_app may create",
      "select string_agg(nspname, ' ') from pg_namespace where nspname !~ '^pg_temp'"
      " and has_schema_privilege('hmis_app', oid, 'create')" },
    { "a table without a primary key",
      "select string_agg(c.relname, ' ') from pg_class c where c.relnamespace = "
      "'public'::regnamespace"
      " and c.relkind in ('r', 'p') and not exists"
      " (select from pg_constraint k where k.conrelid = c.oid and k.contype = 'p')" },
};

static void the_wall_has_no_hole(void **state) {
    (void)state;
    int holes = 0;
    for (size_t i = 0; i < COUNT(walls); i++) {
        char found[2000];
        test_sql_value(conninfo, walls[i].sql, found, sizeof found);
        if (*found) print_error("%s: %s\n", walls[i].what, found);
        holes += *found != '\0';
    }
    assert_int_equal(holes, 0);
}

/* The test above would see a hole: dig one of each kind that matters. */
static void a_hole_would_be_seen(void **state) {
    (void)state;
    const char *dug = test_database("holes");
    test_sql(dug, "alter table report disable row level security;"
                  "create table open_to_all (id integer primary key); grant select on open_to_all "
                  "to hmis_app;"
                  "create view peep as select * from report; grant select on peep to hmis_app;"
                  "create function give() returns bigint language sql security definer"
                  " return (select count(*) from report)");
    char found[2000];
    test_sql_value(dug, walls[0].sql, found, sizeof found);
    assert_non_null(strstr(found, "report"));
    assert_non_null(strstr(found, "open_to_all"));
    test_sql_value(dug, walls[4].sql, found, sizeof found);
    assert_string_equal(found, "peep");
    test_sql_value(dug, walls[6].sql, found, sizeof found);
    assert_string_equal(found, "give");
    test_database_drop(dug);
}

/* ---- As hmis_app, in each scope. --------------------------------------------------------------
 */
#define NATION   1u
#define STATE    2u
#define DISTRICT 4u
#define BLOCK    8u
#define FACILITY 16u
#define NOTHING  32u

static const struct {
    const char *level;
    int area;
} scopes[] = { { "nation", 1 }, { "state", 2 },    { "district", 3 },
               { "block", 4 },  { "facility", 3 }, { "nothing", 3 } };

/* Facility 1 in block 4 of district 3 of state 2, with a report, totals and a mark. */
static const char stock[] =
    "insert into area (id, level, name) values (1, 'nation', 'N'), (2, 'state', 'S'),"
    " (3, 'district', 'D'), (4, 'block', 'B');"
    "alter table area alter id restart with 100;"
    "insert into area_parent (area_id, parent_id) values (2, 1), (3, 2), (4, 3);"
    "insert into facility (id, code, name, facility_type, ownership, locality, state_id,"
    " district_id, block_id) values (1, 'F1', 'One', 2, 1, 1, 2, 3, 4);"
    "insert into dictionary (id, code, title, valid_from) values (1, 'X', 'X', 201704);"
    "alter table item_peak drop constraint item_peak_dictionary_id_slot_fkey;"
    "insert into item_peak (dictionary_id, slot, peak) values (1, 1, 5);"
    "insert into rollup values (4, 202204, 1, 2, 1, 1, 2, 2, 3, 4, 1, '');"
    "insert into rollup_state values (4, 202204, 1, 1, now(), 2, 3, 4);"
    "insert into rollup_peak values (4, 202204, 1, 2, 2, 3, 4, '', '');"
    "insert into rollup_queue (period, dictionary_id, state_id, district_id, block_id)"
    " values (202204, 1, 2, 3, 4);";

/* Who gets rows from what ends in "returning 1" or reads; anybody else an error or none. */
static const struct {
    const char *sql;
    unsigned may;
} acts[] = {
    { "delete from rollup returning 1", NATION },
    { "update rollup set reports = 9 returning 1", NATION },
    { "delete from rollup_state returning 1", NATION },
    { "update rollup_state set revision = 9 returning 1", NATION },
    { "delete from rollup_peak returning 1", NATION },
    { "delete from rollup_queue returning 1", NATION },
    { "update item_peak set peak = 0 returning 1", NATION },
    { "insert into item_peak (dictionary_id, slot, peak) values (1, 2, 5) returning 1", NATION },
    { "select 1 from item_peak", NATION | STATE | DISTRICT | BLOCK | FACILITY | NOTHING },
    { "select 1 from rollup", NATION | STATE | DISTRICT | BLOCK },
    { "select 1 from facility", NATION | STATE | DISTRICT | BLOCK | FACILITY },
    { "select 1 from facility_kind", NATION | STATE | DISTRICT | BLOCK | FACILITY },
    { "select 1 from facility_status", NATION | STATE | DISTRICT | BLOCK | FACILITY },
    { "select 1 from facility_place", NATION | STATE | DISTRICT | BLOCK | FACILITY },
    { "update facility set name = 'X' returning 1", NATION | STATE },
    { "update facility_kind set name = 'X' returning 1", NATION | STATE },
    { "update facility_status set open = false returning 1", NATION | STATE },
    { "update facility_place set block_id = 4 returning 1", NATION | STATE },
    { "delete from facility_kind returning 1", NATION | STATE },
    { "delete from facility_status returning 1", NATION | STATE },
    { "delete from facility_place returning 1", NATION | STATE },
    { "insert into facility (id, code, name, facility_type, ownership, locality, state_id,"
      " district_id, block_id) values (2, 'F2', 'Two', 2, 1, 1, 2, 3, 4) returning 1",
      NATION | STATE },
    { "select 1 from facility for no key update",
      NATION | STATE | DISTRICT | BLOCK | FACILITY }, /* may wait for another */
    { "select 1 from job_lock where name = 'rollup' for update skip locked", NATION },
    { "update job_lock set name = 'mine' returning 1", 0 },
    { "insert into area (level, name) values ('block', 'X') returning 1", 0 },
    { "insert into area_parent (area_id, parent_id) values (3, 4) returning 1", 0 },
};

static bool succeeds(const char *level, int area, const char *act) {
    char sql[1500], got[20];
    snprintf(sql, sizeof sql,
             "create or replace function pg_temp.attempt() returns bigint language plpgsql as $t$"
             " declare n bigint := 0; begin"
             " perform set_config('hmis.level', '%s', true), set_config('hmis.area', '%d', true),"
             " set_config('hmis.facilities', '{%s}', true);"
             " set local role hmis_app; begin execute $a$%s$a$; get diagnostics n = row_count;"
             " exception when insufficient_privilege then n := 0; end; reset role; return n;"
             " end $t$; begin; select pg_temp.attempt()::text",
             level, area, strcmp(level, "facility") == 0 ? "1" : "", act);
    /* The transaction is not committed. */
    test_sql_value(conninfo, sql, got, sizeof got);
    return strcmp(got, "0") != 0;
}

static void every_scope_does_what_it_may(void **state) {
    (void)state;
    test_sql(conninfo, stock);
    int wrong = 0;
    for (size_t a = 0; a < COUNT(acts); a++)
        for (size_t s = 0; s < COUNT(scopes); s++) {
            bool may = acts[a].may >> s & 1;
            if (succeeds(scopes[s].level, scopes[s].area, acts[a].sql) == may) continue;
            print_error("%s %s: %s\n", scopes[s].level, may ? "may not" : "may", acts[a].sql);
            wrong++;
        }
    assert_int_equal(wrong, 0);
}

/* The notional block of a district of the scope is made by whom an import or an act lets in. */
static void a_notional_block_is_made_by_a_function(void **state) {
    (void)state;
    static const struct {
        const char *level;
        int area;
        const char *blocks;
    } cases[] = { { "district", 3, "0" }, { "facility", 2, "0" }, { "state", 5, "0" },
                  { "state", 2, "1" },    { "state", 2, "1" },    { "nation", 1, "1" } };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char sql[400], got[20];
        snprintf(sql, sizeof sql,
                 "set role hmis_app; select set_config('hmis.level', '%s', false),"
                 " set_config('hmis.area', '%d', false); select hmis_notional_add(3);"
                 " select count(*)::text from area_parent ap join area a on a.id = ap.area_id"
                 " where a.notional and ap.parent_id = 3",
                 cases[i].level, cases[i].area);
        test_sql_value(conninfo, sql, got, sizeof got);
        assert_string_equal(got, cases[i].blocks);
    }
}

int main(void) {
    base_start();
    conninfo = test_database("schema");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_wall_has_no_hole),
        cmocka_unit_test(a_hole_would_be_seen),
        cmocka_unit_test(every_scope_does_what_it_may),
        cmocka_unit_test(a_notional_block_is_made_by_a_function),
    };
    return cmocka_run_group_tests_name("schema", tests, NULL, NULL);
}
