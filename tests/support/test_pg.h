/* test_pg: a database for a test program.
 *
 * HMIS_TEST_DATABASE_URL names a throw-away cluster and its superuser (`script/cluster start DIR
 * test` prints one); without it the program ends with an error: nothing is skipped. The first
 * program that comes migrates a template, named by the checksums of the migrations; every
 * test_database is a clone of it. Failures end the program. Not for several threads. */
#ifndef TEST_PG_H
#define TEST_PG_H

#include "hmis/db.h"

/* conninfo of a fresh, migrated database, of its owner; dropped when the program ends at the
 * latest. */
const char *test_database(const char *label);
/* The same without any schema. */
const char *test_database_empty(const char *label);
void test_database_drop(const char *conninfo);

/* Runs statements as the owner, who sees everything. */
void test_sql(const char *conninfo, const char *sql);
/* The first column of the first row as text; "" for NULL or no row. */
void test_sql_value(const char *conninfo, const char *sql, char *out, size_t size);
int64_t test_sql_int(const char *conninfo, const char *sql);

/* A pool as the server has it: role hmis_app, 2 s of waiting, statement timeout 10 s, lock timeout
 * 2 s. */
struct db_pool *test_pool(const char *conninfo, int connections);
/* conninfo with another value for a key ("dbname", "options" ...); release it with free. */
char *test_conninfo_with(const char *conninfo, const char *key, const char *value);

#endif
