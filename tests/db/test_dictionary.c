#include "hmis/dictionary.h"

#include "test.h"
#include "test_dictionary.h"
#include "test_pg.h"

#include <pthread.h>
#include <stdatomic.h>

#define DATA HMIS_SOURCE_DIR "/data/dictionary/"

static struct arena *arena;
static struct db_pool *owner; /* may write the dictionary */
static const char *conninfo;

static struct db_pool *owner_pool(const char *info) {
    struct db_settings settings = { .conninfo = info,
                                    .application_name = "test",
                                    .connections = 2,
                                    .wait_ms = 2000,
                                    .statement_timeout_ms = 10000,
                                    .lock_timeout_ms = 2000,
                                    .named_statements = true };
    return db_pool_new(&settings);
}

static struct db *take(struct db_pool *pool) {
    struct problem p = { 0 };
    struct db *db = db_take(pool, &p);
    if (!db) fail_msg("%s", p.detail);
    return db;
}

static bool load(const char *directory, struct problem *p) {
    struct db *db = take(owner);
    memset(p, 0, sizeof(*p));
    bool loaded = dictionary_load(db, directory, arena, p);
    db_give(db);
    return loaded;
}

static void load_good(const char *directory) {
    struct problem p;
    if (!load(directory, &p)) fail_msg("%s: %s", directory, p.detail);
}

static struct dictionary_store *read_store(struct dictionary_store *store, struct db_pool *pool) {
    struct problem p = { 0 };
    struct db *db = take(pool);
    if (!store) store = dictionary_store_new();
    if (!dictionary_refresh(store, db, &p)) fail_msg("%s", p.detail);
    db_give(db);
    return store;
}

static int set_up(void **state) {
    (void)state;
    arena = arena_new();
    conninfo = test_database("dictionary");
    owner = owner_pool(conninfo);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    db_pool_free(owner);
    test_database_drop(conninfo);
    arena_free(arena);
    return 0;
}

/* Everything but the stamp, as one text. */
static void digest(char out[40]) {
    test_sql_value(
        conninfo,
        "select md5(concat_ws(';',"
        " (select string_agg(code || title || valid_from || coalesce(valid_to, 0), '|' order by id)"
        "    from dictionary),"
        " (select string_agg(s::text, '|' order by s::text) from section s),"
        " (select string_agg(i::text, '|' order by i::text) from item i),"
        " (select string_agg(f::text, '|' order by f::text) from form f),"
        " (select string_agg(f::text, '|' order by f::text) from form_item f),"
        " (select string_agg(r::text, '|' order by r::text) from rule r),"
        " (select string_agg(t::text, '|' order by t::text) from dictionary_text t)))",
        out, 40);
}

/* ---- The official lists. ------------------------------------------------------------------ */
static void same_item(const struct item *a, const struct item *b) {
    assert_int_equal(a->slot, b->slot);
    assert_string_equal(a->key, b->key);
    assert_string_equal(a->section->code, b->section->code);
    assert_string_equal(a->name, b->name);
    assert_string_equal(a->component_name, b->component_name);
    assert_int_equal(a->component, b->component);
    assert_int_equal(a->type, b->type);
    assert_int_equal(a->scale, b->scale);
    assert_int_equal(a->aggregation, b->aggregation);
    assert_int_equal(a->low, b->low);
    assert_int_equal(a->high, b->high);
    assert_false(b->retired);
}

static void same_rule(const struct rule *a, const struct rule *b) {
    assert_int_equal(a->ordinal, b->ordinal);
    assert_string_equal(a->code, b->code);
    assert_int_equal(a->class, b->class);
    assert_int_equal(a->operator, b->operator);
    assert_int_equal(a->left_count, b->left_count);
    assert_int_equal(a->right_count, b->right_count);
    assert_memory_equal(a->left, b->left, (size_t)a->left_count * sizeof(int16_t));
    assert_memory_equal(a->right, b->right, (size_t)a->right_count * sizeof(int16_t));
    assert_string_equal(a->text, b->text);
    assert_false(b->retired);
}

static void same_form(const struct form *a, const struct form *b) {
    assert_string_equal(a->code, b->code);
    assert_string_equal(a->title, b->title);
    assert_int_equal(a->facility_types, b->facility_types);
    assert_int_equal(a->item_count, b->item_count);
    assert_int_equal(a->rule_count, b->rule_count);
    assert_int_equal(a->rule_width, b->rule_width);
    for (int i = 0; i < a->item_count; i++) {
        assert_int_equal(a->items[i].item->slot, b->items[i].item->slot);
        assert_int_equal(a->items[i].position, b->items[i].position);
        assert_string_equal(a->items[i].key, b->items[i].key);
        assert_string_equal(a->items[i].number, b->items[i].number);
        assert_ptr_equal(form_find(b, a->items[i].key), &b->items[i]);
    }
    for (int i = 0; i < a->rule_count; i++)
        same_rule(&a->rules[i], &b->rules[i]);
}

/* What was read from the files comes out of the database, name by name. */
static void same_dictionary(const struct dictionary *a, const struct dictionary *b) {
    assert_string_equal(a->code, b->code);
    assert_string_equal(a->title, b->title);
    assert_int_equal(a->valid_from, b->valid_from);
    assert_int_equal(a->valid_to, b->valid_to);
    assert_int_equal(a->width, b->width);
    assert_int_equal(a->item_count, b->item_count);
    assert_int_equal(a->section_count, b->section_count);
    assert_int_equal(a->form_count, b->form_count);
    assert_int_equal(a->text_count, b->text_count);
    for (int i = 0; i < a->section_count; i++) {
        assert_int_equal(a->sections[i].id, b->sections[i].id);
        assert_string_equal(a->sections[i].name, b->sections[i].name);
        assert_int_equal(a->sections[i].total_only, b->sections[i].total_only);
        assert_string_equal(dictionary_text(a, "hi", TEXT_SECTION, a->sections[i].id, ""),
                            dictionary_text(b, "hi", TEXT_SECTION, b->sections[i].id, ""));
    }
    for (int i = 0; i < a->item_count; i++) {
        same_item(&a->items[i], &b->items[i]);
        assert_string_equal(dictionary_text(a, "hi", TEXT_ITEM, a->items[i].slot, ""),
                            dictionary_text(b, "hi", TEXT_ITEM, b->items[i].slot, ""));
    }
    for (int i = 0; i < a->form_count; i++) {
        same_form(&a->forms[i], &b->forms[i]);
        assert_string_equal(dictionary_text(a, "hi", TEXT_FORM, a->forms[i].id, ""),
                            dictionary_text(b, "hi", TEXT_FORM, b->forms[i].id, ""));
    }
}

static void official_lists(void **state) {
    (void)state;
    struct problem p = { 0 };
    load_good(DATA "HMIS-2017");
    load_good(DATA "HMIS-2026");
    assert_int_equal(test_sql_int(conninfo, "select count(*) from item i join dictionary d on "
                                            "d.id = i.dictionary_id where d.code = 'HMIS-2017'"),
                     568);
    assert_int_equal(test_sql_int(conninfo, "select count(*) from rule r join form f on "
                                            "f.id = r.form_id join dictionary d on "
                                            "d.id = f.dictionary_id where d.code = 'HMIS-2017'"),
                     364 + 42);
    char sizes[200];
    test_sql_value(conninfo,
                   "select string_agg(code || ' ' || n, ', ' order by n) from (select f.code, "
                   "count(*) n from form f join form_item using (dictionary_id) where "
                   "form_item.form_id = f.id group by f.id) x",
                   sizes, sizeof(sizes));
    assert_string_equal(sizes, "SC 183, DHQ 250, PHC 288, CHC 301, SDH 305, DH 310, ALL 525");

    struct db_pool *pool = test_pool(conninfo, 1); /* as the server: hmis_app may read it */
    struct dictionary_store *store = read_store(NULL, pool);
    const struct dictionary_set *set = dictionary_hold(store);
    assert_int_equal(set->count, 2);
    same_dictionary(dictionary_read(DATA "HMIS-2017", arena, &p),
                    dictionary_by_code(set, "HMIS-2017"));
    same_dictionary(dictionary_read(DATA "HMIS-2026", arena, &p),
                    dictionary_by_code(set, "HMIS-2026"));
    assert_string_equal(dictionary_for(set, 202203)->code, "HMIS-2017");
    assert_string_equal(dictionary_for(set, 202604)->code, "HMIS-2026");
    const struct form *phc = form_by_code(dictionary_by_code(set, "HMIS-2017"), "PHC");
    assert_ptr_equal(form_by_id(set, phc->id), phc);
    assert_null(form_by_id(set, 9999));
    dictionary_release(store, set);
    dictionary_store_free(store);
    db_pool_free(pool);
}

static void loading_again_changes_nothing(void **state) {
    (void)state;
    char before[40], after[40];
    load_good(DATA "HMIS-2017");
    digest(before);
    assert_int_equal(test_sql_int(conninfo, "select stamp from dictionary"), 1);
    load_good(DATA "HMIS-2017");
    digest(after);
    assert_string_equal(before, after);
    assert_int_equal(test_sql_int(conninfo, "select stamp from dictionary"), 2);
}

/* The application's role may read the dictionary, not write it. */
static void application_may_not_load(void **state) {
    (void)state;
    struct problem p = { 0 };
    struct db_pool *pool = test_pool(conninfo, 1);
    struct db *db = take(pool);
    assert_false(dictionary_load(db, DATA "HMIS-2017", arena, &p));
    assert_int_not_equal(p.code, ERR_NONE);
    db_give(db);
    db_pool_free(pool);
    assert_int_equal(test_sql_int(conninfo, "select count(*) from dictionary"), 0);
}

/* ---- A version grows.
 * ---------------------------------------------------------------------------- */
static void a_version_grows(void **state) {
    (void)state;
    const char *directory = test_dictionary_directory();
    load_good(directory);
    const struct test_change changes[] = {
        { "items.tsv", "Women", "Women and girls" },
        { "items.tsv", "1\t1.2\t\tM1\tMen\t\tcount\t0\tsum\t0\t\n",
          "4\t1.5\t\tM1\tNew\t\tcount\t0\tsum\t0\t\n" },
        { "form_items.tsv", "BIG\t1\t2\t1.2", "BIG\t4\t2\t1.2" },
        { "rules.tsv", "BIG\t0\tB-1\tB\t<=\t1.1\t1.2\tWomen are no more than men\n", "" },
        { "rules.tsv", "BIG\t2\tB-3\tC\t=\t1.1 + 1.2\t1.3/1\tAll\n",
          "BIG\t3\tB-4\tA\t>=\t1.1\t1.2\tNew\n" },
        { "texts.hi.tsv", "rule\tBIG/B-1\tनियम\n", "" },
    };
    test_dictionary_write(directory, changes, COUNT(changes));
    load_good(directory);
    struct dictionary_store *store = read_store(NULL, owner);
    const struct dictionary_set *set = dictionary_hold(store);
    const struct dictionary *d = dictionary_by_code(set, "T-1");
    assert_int_equal(d->stamp, 2);
    assert_string_equal(dictionary_find(d, "1.1")->name, "Women and girls");
    /* gone from the files: retired, with its slot, on no form */
    assert_int_equal(d->width, 5);
    assert_true(dictionary_find(d, "1.2")->retired);
    assert_int_equal(dictionary_find(d, "1.2")->slot, 1);
    assert_null(form_find_slot(form_by_code(d, "BIG"), 1));
    /* its number on the form is another item now */
    assert_string_equal(form_find(form_by_code(d, "BIG"), "1.2")->item->key, "1.5");
    const struct form *big = form_by_code(d, "BIG");
    assert_int_equal(big->rule_count, 3);
    assert_int_equal(big->rule_width, 4);
    assert_true(big->rules[0].retired && big->rules[1].retired);
    assert_false(big->rules[2].retired);
    assert_int_equal(big->rules[2].left[0], 0);
    assert_int_equal(big->rules[2].right[0], 4);
    dictionary_release(store, set);

    /* and back again: nothing had been thrown away */
    test_dictionary_write(directory, NULL, 0);
    load_good(directory);
    read_store(store, owner);
    set = dictionary_hold(store);
    d = dictionary_by_code(set, "T-1");
    assert_false(dictionary_find(d, "1.2")->retired);
    assert_true(dictionary_find(d, "1.5")->retired);
    assert_false(form_by_code(d, "BIG")->rules[0].retired);
    dictionary_release(store, set);
    dictionary_store_free(store);
}

/* ---- What is stored keeps its meaning.
 * ------------------------------------------------------------ */
static void refused_loads_change_nothing(void **state) {
    (void)state;
    static const struct {
        struct test_change changes[2];
        const char *says;
    } cases[] = {
        { { { "items.tsv", "1\t1.2", "1\t1.9" }, { 0 } },
          "slot 1 holds item 1.2 in the database, not 1.9" },
        { { { "items.tsv", "1\t1.2", "7\t1.2" }, { "form_items.tsv", "BIG\t1\t2", "BIG\t7\t2" } },
          "item 1.2 has slot 1 in the database, not 7" },
        { { { "items.tsv", "percentage\t1", "percentage\t2" }, { 0 } },
          "item 2.2 is stored as percentage with scale 1" },
        { { { "items.tsv", "Women\t\tcount\t0", "Women\t\tdecimal\t0" }, { 0 } },
          "item 1.1 is stored as count with scale 0" },
        { { { "sections.tsv", "20\tM2", "30\tM2" }, { 0 } }, "section M2 has id 30" },
        { { { "rules.tsv", "\tB\t<=", "\tA\t<=" }, { 0 } }, "rule B-1 of form BIG (ordinal 0)" },
        { { { "rules.tsv", "1.1\t1.2\t", "1.2\t1.1\t" }, { 0 } },
          "rule B-1 of form BIG (ordinal 0)" },
        { { { "rules.tsv", "<=", ">=" }, { 0 } }, "on which stored outcomes rely" },
        { { { "rules.tsv", "BIG\t0\tB-1", "BIG\t0\tB-9" },
            { "texts.hi.tsv", "BIG/B-1", "BIG/B-9" } },
          "rule B-9 of form BIG (ordinal 0)" },
        { { { "rules.tsv", "BIG\t2\tB-3", "BIG\t3\tB-3" }, { 0 } },
          "a new code and ordinal (3 and up)" },
        { { { "items.tsv", "0\tsum", "0\ttotal" }, { 0 } },
          "items.tsv line 2: column 9 (aggregation)" },
    };
    char before[40], after[40];
    const char *directory = test_dictionary_directory();
    load_good(directory);
    digest(before);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct problem p;
        test_dictionary_write(directory, cases[i].changes, cases[i].changes[1].file ? 2 : 1);
        if (load(directory, &p)) fail_msg("loaded: %s", cases[i].changes[0].new);
        assert_int_equal(p.code, ERR_FILE_FORMAT);
        if (!strstr(p.detail, cases[i].says)) fail_msg("%s: %s", cases[i].says, p.detail);
        digest(after);
        assert_string_equal(before, after);
        assert_int_equal(test_sql_int(conninfo, "select stamp from dictionary"), 1);
    }
}

static void forms_are_kept(void **state) {
    (void)state;
    static const struct test_change changes[] = {
        { "forms.tsv", "SC\tSub-centre\tSC\n", "" },
        { "form_items.tsv", "SC\t0\t1\t1.1\n", "" },
        { "texts.hi.tsv", "form\tSC\tउपकेंद्र\n", "" },
    };
    struct problem p;
    const char *directory = test_dictionary_directory();
    load_good(directory);
    test_dictionary_write(directory, changes, COUNT(changes));
    assert_false(load(directory, &p));
    assert_string_equal(p.detail,
                        "forms.tsv: form SC is in the database but not here; forms are kept");
}

static void two_may_not_begin_together(void **state) {
    (void)state;
    static const struct test_change change = { "dictionary.tsv", "T-1", "T-2" };
    struct problem p;
    const char *directory = test_dictionary_directory();
    load_good(directory);
    test_dictionary_write(directory, &change, 1);
    assert_false(load(directory, &p));
    assert_non_null(strstr(p.detail, "dictionary T-1 begins in 2020-04 too"));
    assert_int_equal(test_sql_int(conninfo, "select count(*) from dictionary"), 1);
}

/* ---- Snapshots.
 * -------------------------------------------------------------------------------------- */
static void refresh_reads_only_what_is_new(void **state) {
    (void)state;
    struct dictionary_store *store = dictionary_store_new();
    const struct dictionary_set *empty = dictionary_hold(store);
    assert_int_equal(empty->count, 0);
    read_store(store, owner); /* nothing is loaded: nothing changes */
    const struct dictionary_set *still = dictionary_hold(store);
    assert_ptr_equal(still, empty);
    dictionary_release(store, still);
    const char *directory = test_dictionary_directory();
    load_good(directory);
    read_store(store, owner);
    const struct dictionary_set *first = dictionary_hold(store);
    assert_int_equal(first->count, 1);
    assert_int_equal(empty->count, 0); /* who holds the old one keeps it */
    read_store(store, owner);
    const struct dictionary_set *same = dictionary_hold(store);
    assert_ptr_equal(same, first);
    load_good(directory);
    read_store(store, owner);
    const struct dictionary_set *second = dictionary_hold(store);
    assert_ptr_not_equal(second, first);
    assert_int_equal(first->dictionaries[0]->stamp, 1);
    assert_int_equal(second->dictionaries[0]->stamp, 2);
    dictionary_release(store, empty);
    dictionary_release(store, first);
    dictionary_release(store, same);
    dictionary_release(store, second);
    dictionary_store_free(store);
}

struct readers {
    struct dictionary_store *store;
    atomic_bool stop;
    atomic_long reads;
};

/* Reads all of a held snapshot: under TSan and ASan nothing may be swapped away beneath it. */
static void *read_on(void *arg) {
    struct readers *readers = arg;
    while (!atomic_load(&readers->stop)) {
        const struct dictionary_set *set = dictionary_hold(readers->store);
        const struct dictionary *d = dictionary_by_code(set, "T-1");
        size_t length = 0;
        for (int i = 0; i < d->item_count; i++)
            length += strlen(d->items[i].name);
        for (int i = 0; i < d->form_count; i++)
            length += strlen(form_find(&d->forms[i], "1.1")->item->key);
        atomic_fetch_add(&readers->reads, length > 0);
        dictionary_release(readers->store, set);
    }
    return NULL;
}

static void swapping_under_readers(void **state) {
    (void)state;
    const char *directory = test_dictionary_directory();
    load_good(directory);
    struct readers readers = { .store = read_store(NULL, owner) };
    pthread_t threads[3];
    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_on, &readers), 0);
    for (int i = 0; i < 20; i++) {
        load_good(directory);
        read_store(readers.store, owner);
    }
    while (atomic_load(&readers.reads) < 100)
        sched_yield();
    atomic_store(&readers.stop, true);
    for (size_t i = 0; i < COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    const struct dictionary_set *set = dictionary_hold(readers.store);
    assert_int_equal(set->dictionaries[0]->stamp, 21);
    dictionary_release(readers.store, set);
    dictionary_store_free(readers.store);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(official_lists, set_up, tear_down),
        cmocka_unit_test_setup_teardown(loading_again_changes_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(application_may_not_load, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_version_grows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refused_loads_change_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(forms_are_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(two_may_not_begin_together, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refresh_reads_only_what_is_new, set_up, tear_down),
        cmocka_unit_test_setup_teardown(swapping_under_readers, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
