#include "test_state.h"

#include <stdio.h>
#include <stdlib.h>

#include "test_pg.h"

static const char areas_sql[] =
    "insert into area (id, level, lgd_code, name, notional) values "
    "(1,'nation',null,'India',false), (2,'state',99,'Test State',false), "
    "(3,'district',901,'East',false), (4,'district',902,'West',false), "
    "(5,'block',9011,'First',false), (6,'block',9012,'Second',false), "
    "(7,'block',9021,'Third',false), "
    "(8,'block',null,'East',true), (9,'block',null,'West',true);"
    "insert into area_parent (area_id, parent_id) values "
    "(2,1), (3,2), (4,2), (5,3), (6,3), (7,4), (8,3), (9,4);"
    "select setval(pg_get_serial_sequence('area', 'id'), 100);";

static const char facilities_sql[] =
    "insert into facility (id, code, name, facility_type, ownership, locality, opened_on, "
    "closed_on,"
    " state_id, district_id, block_id) values "
    "(1,'SC1','Sub Centre One',1,1,1,'1900-01-01',null,2,3,5),"
    "(2,'PHC1','PHC One',2,1,1,'1900-01-01',null,2,3,5),"
    "(3,'PHC2','PHC Two',2,1,1,'1900-01-01',null,2,3,6),"
    "(4,'PHC3','PHC Three',2,1,1,'1900-01-01',null,2,4,7),"
    "(5,'CHC1','CHC One',3,2,2,'1900-01-01',null,2,3,5),"
    "(6,'SHUT','PHC Shut',2,1,1,'1900-01-01','2022-06-15',2,3,5),"
    "(7,'NEW','PHC New',2,1,1,'2022-06-15',null,2,3,5),"
    "(8,'DHQ1','East District Headquarters',6,1,2,'1900-01-01',null,2,3,8);"
    "select setval(pg_get_serial_sequence('facility', 'id'), 100);";

static void must(bool done, const struct problem *p) {
    if (done) return;
    fprintf(stderr, "test_state: %s\n", p->detail);
    exit(1);
}

static struct db *take(struct db_pool *pool) {
    struct problem p = { 0 };
    struct db *db = db_take(pool, &p);
    must(db != NULL, &p);
    return db;
}

static void load_dictionary(const char *conninfo) {
    const struct db_settings settings = { .conninfo = conninfo,
                                          .application_name = "hmis",
                                          .connections = 1,
                                          .wait_ms = 2000,
                                          .statement_timeout_ms = 30000,
                                          .lock_timeout_ms = 5000,
                                          .named_statements = true };
    struct db_pool *pool = db_pool_new(&settings);
    struct db *db = take(pool);
    struct arena *arena = arena_new();
    struct problem p = { 0 };
    must(dictionary_load(db, HMIS_SOURCE_DIR "/data/dictionary/HMIS-2017", arena, &p), &p);
    arena_free(arena);
    db_give(db);
    db_pool_free(pool);
}

void test_state_load(const char *conninfo) {
    test_sql(conninfo, areas_sql);
    test_sql(conninfo, facilities_sql);
    load_dictionary(conninfo);
}

struct dictionary_store *test_state_dictionaries(struct db_pool *pool) {
    struct dictionary_store *store = dictionary_store_new();
    struct db *db = take(pool);
    struct problem p = { 0 };
    must(dictionary_refresh(store, db, &p), &p);
    db_give(db);
    return store;
}

const struct form *test_state_form(struct dictionary_store *store, const char *code) {
    const struct dictionary *dictionary = dictionary_for(dictionary_hold(store), 202204);
    const struct form *form = dictionary != NULL ? form_by_code(dictionary, code) : NULL;
    if (form == NULL) {
        fprintf(stderr, "test_state: no form %s\n", code);
        exit(1);
    }
    return form;
}
