/* Every query of the closed set is understood by the migrated schema, may be run by hmis_app (or is
 * one of the owner's, which hmis_app may not) and gives columns that there are getters for. */
#include "test.h"
#include "test_pg.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>

static PGconn *conn;
static int refused;

static void complain(int query, const char *why) {
    print_error("query %s: %s\n", query_texts[query].name, why);
    refused++;
}

static bool is_copy(const char *text) {
    return strncasecmp(text, "copy ", 5) == 0;
}

static void try_copy(int query) {
    PQclear(PQexec(conn, "begin"));
    PGresult *result = PQexec(conn, query_texts[query].text);
    if (PQresultStatus(result) == PGRES_COPY_IN) {
        PQputCopyEnd(conn, "only tried");
        PQclear(PQgetResult(conn));
    } else {
        complain(query, PQresultErrorMessage(result));
    }
    PQclear(result);
    while ((result = PQgetResult(conn)))
        PQclear(result);
    PQclear(PQexec(conn, "rollback"));
}

/* Dictionaries and the geography are loaded by the owner. */
static bool is_owners(const char *name) {
    static const char *const prefixes[] = { "dictionary_put",       "dictionary_retire",
                                            "dictionary_clear",     "area_load_coded",
                                            "area_load_member",     "area_load_names",
                                            "area_load_successors", "area_load_notional",
                                            "area_load_uncoded" };
    for (size_t i = 0; i < COUNT(prefixes); i++)
        if (text_starts(name, prefixes[i])) return true;
    return false;
}

static void check_plan(int query, const PGresult *result, bool owner) {
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    if (!owner && PQresultStatus(result) != PGRES_TUPLES_OK)
        complain(query, PQresultErrorMessage(result));
    if (owner && !text_equal(state, "42501"))
        complain(query,
                 state ? PQresultErrorMessage(result) : "hmis_app may run what is the owner's");
}

/* ANALYZE has no plan; of tables that are another's it only warns. */
static bool is_analyze(const char *text) {
    return strncasecmp(text, "analyze ", 8) == 0;
}

/* Planning does not ask for privileges, EXPLAIN does. */
static void try_plan(int query, int params) {
    char sql[1000] = "explain execute tried";
    for (int i = 0; i < params; i++)
        strcat(sql, i == 0 ? "(null" : ", null");
    if (params) strcat(sql, ")");
    PGresult *result = PQexec(conn, sql);
    check_plan(query, result, is_owners(query_texts[query].name));
    PQclear(result);
}

/* OIDs of the types the getters of db.h read; void is what a function gives that gives nothing. */
static bool has_getter(Oid type) {
    static const Oid known[] = { 16,  17,   19,   20,   21,   23,   25,   26,
                                 114, 1005, 1007, 1042, 1043, 1184, 2278, 3802 };
    for (size_t i = 0; i < COUNT(known); i++)
        if (known[i] == type) return true;
    return false;
}

static void try_columns(int query, const PGresult *about) {
    for (int i = 0; i < PQnfields(about); i++) {
        char why[200];
        snprintf(why, sizeof why,
                 "column %d (%s) is of a type (OID %u) without a getter: cast it\n", i,
                 PQfname(about, i), PQftype(about, i));
        if (!has_getter(PQftype(about, i))) complain(query, why);
    }
}

static void try_query(int query) {
    PGresult *result = PQprepare(conn, "tried", query_texts[query].text, 0, NULL);
    bool prepared = PQresultStatus(result) == PGRES_COMMAND_OK;
    if (!prepared) complain(query, PQresultErrorMessage(result));
    PQclear(result);
    if (!prepared) return;
    result = PQdescribePrepared(conn, "tried");
    try_columns(query, result);
    if (!is_analyze(query_texts[query].text)) try_plan(query, PQnparams(result));
    PQclear(result);
    PQclear(PQexec(conn, "deallocate tried"));
}

static void every_query_fits_the_schema(void **state) {
    (void)state;
    for (int query = 0; query < Q__MAX; query++)
        if (is_copy(query_texts[query].text))
            try_copy(query);
        else
            try_query(query);
    assert_true(Q__MAX > 0);
    assert_int_equal(refused, 0);
}

int main(void) {
    base_start();
    const char *conninfo = test_database("queries");
    char *app = test_conninfo_with(conninfo, "options", "-c role=hmis_app");
    conn = PQconnectdb(app);
    free(app);
    const struct CMUnitTest tests[] = { cmocka_unit_test(every_query_fits_the_schema) };
    int failed = cmocka_run_group_tests_name("queries", tests, NULL, NULL);
    PQfinish(conn);
    return failed;
}
