/* The second wall: what hmis_app may touch is behind row-level security, or public on purpose. */
#include "test.h"
#include "test_pg.h"

#include <stdio.h>
#include <stdlib.h>

static const char *conninfo;

/* Names of places and of the form's items, and what the server keeps for itself. Whoever adds a
 * table here says that everybody who is signed in may read all of it. */
#define PUBLIC_TABLES                                                                              \
    "'area', 'area_parent', 'area_text', 'dictionary', 'section', 'item', 'form', 'form_item', "   \
    "'rule',"                                                                                      \
    " 'dictionary_text', 'job_lock', 'schema_migration', 'area_successor'"

/* What they tell of what lies outside the scope is all that anybody may know of it. */
#define OWNER_FUNCTIONS                                                                            \
    "'hmis_account_name', 'hmis_nin_holders', 'hmis_reported', 'hmis_notional_before',"            \
    " 'hmis_notional_add', 'report_areas', 'report_areas_moved', 'hmis_areas_put'"

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

int main(void) {
    base_start();
    conninfo = test_database("schema");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_wall_has_no_hole),
        cmocka_unit_test(a_hole_would_be_seen),
    };
    return cmocka_run_group_tests_name("schema", tests, NULL, NULL);
}
