/* The snapshot of all versions: read from the database, held by who uses it, swapped on change. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "dictionary_build.h"
#include "hmis/log.h"

struct snapshot {
    struct dictionary_set set; /* first: a set held is its snapshot */
    struct arena *arena;
    int holders; /* under the store's lock */
};
struct dictionary_store {
    pthread_mutex_t lock;    /* guards current and every holders */
    pthread_mutex_t refresh; /* one reads from the database at a time, so that none goes back */
    struct snapshot *current;
};

/* ---- From rows. --------------------------------------------------------------------------- */
struct fetch {
    struct db *db;
    struct dictionary *dictionary;
    struct arena *arena; /* of the snapshot: everything is copied there */
    struct arena *rows;
    struct problem *problem;
    struct form *forms;
};

static struct db_rows *fetch_rows(struct fetch *f, enum query_id query) {
    struct db_rows *rows = NULL;
    if (!db_query(f->db, query, DB_ARGS(DB_INT2(f->dictionary->id)), f->rows, &rows, f->problem))
        return NULL;
    return rows;
}

static const char *copy_text(struct fetch *f, const struct db_rows *rows, int row, int column) {
    return arena_strdup(f->arena, db_text(rows, row, column));
}

static bool fetch_sections(struct fetch *f) {
    struct db_rows *rows = fetch_rows(f, Q_DICTIONARY_SECTIONS);
    if (rows == NULL) return false;
    int count = db_count(rows);
    struct section *sections = arena_array(f->arena, (size_t)count + 1, sizeof(*sections));
    for (int i = 0; i < count; i++) {
        sections[i] = (struct section){ .id = (int)db_int(rows, i, 0),
                                        .code = copy_text(f, rows, i, 1),
                                        .name = copy_text(f, rows, i, 2),
                                        .total_only = db_bool(rows, i, 3) };
    }
    f->dictionary->sections = sections;
    f->dictionary->section_count = count;
    return true;
}

static const struct section *section_by_id(const struct dictionary *dictionary, int id) {
    for (int i = 0; i < dictionary->section_count; i++)
        if (dictionary->sections[i].id == id) return &dictionary->sections[i];
    base_abort(__FILE__, __LINE__, "an item's section exists (foreign key)");
}

static bool fetch_items(struct fetch *f) {
    struct db_rows *rows = fetch_rows(f, Q_DICTIONARY_ITEMS);
    if (rows == NULL) return false;
    int count = db_count(rows);
    struct item *items = arena_array(f->arena, (size_t)count + 1, sizeof(*items));
    for (int i = 0; i < count; i++) {
        struct item *item = &items[i];
        item->slot = (int)db_int(rows, i, 0);
        item->section = section_by_id(f->dictionary, (int)db_int(rows, i, 1));
        item->number = copy_text(f, rows, i, 2);
        item->component = (int)db_int(rows, i, 3);
        item->component_name = copy_text(f, rows, i, 4);
        item->name = copy_text(f, rows, i, 5);
        item->type = (enum data_type)data_type_parse(db_text(rows, i, 6));
        item->scale = (int)db_int(rows, i, 7);
        item->aggregation = (enum aggregation)aggregation_parse(db_text(rows, i, 8));
        item->low = db_is_null(rows, i, 9) ? NO_LOW : (int32_t)db_int(rows, i, 9);
        item->high = db_is_null(rows, i, 10) ? NO_HIGH : (int32_t)db_int(rows, i, 10);
        item->retired = db_bool(rows, i, 11);
        item->key = dictionary_key(f->arena, item->number, item->component);
    }
    dictionary_index_items(f->dictionary, items, count, f->arena);
    ENSURE(f->dictionary->width <= CELLS_MAX, "slots lie below CELLS_MAX (checked at the load)");
    return true;
}

static bool fetch_forms(struct fetch *f) {
    struct db_rows *rows = fetch_rows(f, Q_DICTIONARY_FORMS);
    if (rows == NULL) return false;
    int count = db_count(rows);
    f->forms = arena_array(f->arena, (size_t)count + 1, sizeof(*f->forms));
    for (int i = 0; i < count; i++) {
        size_t types;
        int32_t *list = db_ints(rows, i, 3, f->rows, &types);
        f->forms[i] = (struct form){ .id = (int)db_int(rows, i, 0),
                                     .dictionary = f->dictionary,
                                     .code = copy_text(f, rows, i, 1),
                                     .title = copy_text(f, rows, i, 2) };
        for (size_t j = 0; j < types; j++)
            f->forms[i].facility_types |= 1u << list[j];
    }
    f->dictionary->forms = f->forms;
    f->dictionary->form_count = count;
    return true;
}

/* How many of the rows from `row` on have the form's id in their first column. */
static int rows_of_form(const struct db_rows *rows, int row, int form_id) {
    int count = 0;
    while (row + count < db_count(rows) && db_int(rows, row + count, 0) == form_id)
        count++;
    return count;
}

static bool fetch_form_items(struct fetch *f) {
    struct db_rows *rows = fetch_rows(f, Q_DICTIONARY_FORM_ITEMS);
    if (rows == NULL) return false;
    for (int i = 0, row = 0; i < f->dictionary->form_count; i++) {
        struct form *form = &f->forms[i];
        int count = rows_of_form(rows, row, form->id);
        struct form_item *items = arena_array(f->arena, (size_t)count + 1, sizeof(*items));
        for (int j = 0; j < count; j++, row++) {
            items[j].item = f->dictionary->by_slot[db_int(rows, row, 1)];
            items[j].position = (int)db_int(rows, row, 2);
            items[j].number = copy_text(f, rows, row, 3);
            items[j].key = dictionary_key(f->arena, items[j].number, items[j].item->component);
        }
        form->items = items;
        form->item_count = count;
        dictionary_index_form(form, f->arena);
    }
    return true;
}

static const int16_t *copy_slots(struct fetch *f, const struct db_rows *rows, int row, int column,
                                 int *count) {
    size_t length;
    int32_t *list = db_ints(rows, row, column, f->rows, &length);
    int16_t *slots = arena_array(f->arena, length + 1, sizeof(*slots));
    for (size_t i = 0; i < length; i++)
        slots[i] = (int16_t)list[i];
    *count = (int)length;
    return slots;
}

static void fetch_rule(struct fetch *f, const struct db_rows *rows, int row, struct rule *rule) {
    rule->ordinal = (int)db_int(rows, row, 1);
    rule->code = copy_text(f, rows, row, 2);
    rule->class = (enum rule_class)rule_class_parse(db_text(rows, row, 3));
    rule->operator=(enum rule_operator) rule_operator_parse(db_text(rows, row, 4));
    rule->left = copy_slots(f, rows, row, 5, &rule->left_count);
    rule->right = copy_slots(f, rows, row, 6, &rule->right_count);
    rule->text = copy_text(f, rows, row, 7);
    rule->retired = db_bool(rows, row, 8);
}

static bool fetch_rules(struct fetch *f) {
    struct db_rows *rows = fetch_rows(f, Q_DICTIONARY_RULES);
    if (rows == NULL) return false;
    for (int i = 0, row = 0; i < f->dictionary->form_count; i++) {
        struct form *form = &f->forms[i];
        form->rule_count = rows_of_form(rows, row, form->id);
        struct rule *rules = arena_array(f->arena, (size_t)form->rule_count + 1, sizeof(*rules));
        for (int j = 0; j < form->rule_count; j++, row++) {
            fetch_rule(f, rows, row, &rules[j]);
            form->rule_width = rules[j].ordinal + 1;
        }
        form->rules = rules;
    }
    return true;
}

static bool fetch_texts(struct fetch *f) {
    struct db_rows *rows = fetch_rows(f, Q_DICTIONARY_TEXTS);
    if (rows == NULL) return false;
    int count = db_count(rows);
    struct text *texts = arena_array(f->arena, (size_t)count + 1, sizeof(*texts));
    for (int i = 0; i < count; i++)
        texts[i] = (struct text){ .language = copy_text(f, rows, i, 0),
                                  .kind = (enum text_kind)text_kind_parse(db_text(rows, i, 1)),
                                  .ref = (int)db_int(rows, i, 2),
                                  .text = copy_text(f, rows, i, 3) };
    dictionary_sort_texts(texts, count);
    f->dictionary->texts = texts;
    f->dictionary->text_count = count;
    return true;
}

bool dictionary_fetch(struct db *db, struct dictionary *dictionary, struct arena *arena,
                      struct problem *p) {
    struct fetch f = { .db = db, .dictionary = dictionary, .arena = arena, .problem = p };
    f.rows = arena_new();
    bool fetched = fetch_sections(&f) && fetch_items(&f) && fetch_forms(&f) &&
                   fetch_form_items(&f) && fetch_rules(&f) && fetch_texts(&f);
    arena_free(f.rows);
    return fetched;
}

/* ---- Snapshots.
 * ----------------------------------------------------------------------------------- */
static struct snapshot *snapshot_new(void) {
    struct snapshot *snapshot = xcalloc(1, sizeof(*snapshot));
    snapshot->arena = arena_new();
    snapshot->holders = 1;
    return snapshot;
}

static void snapshot_free(struct snapshot *snapshot) {
    arena_free(snapshot->arena);
    free(snapshot);
}

/* Run in db_transaction: *arg is a struct snapshot *, made anew at every try. */
static bool read_snapshot(struct db *db, void *arg, struct problem *p) {
    struct snapshot **made = arg;
    if (*made != NULL) snapshot_free(*made);
    struct snapshot *snapshot = *made = snapshot_new();
    struct db_rows *rows;
    if (!db_query(db, Q_DICTIONARY_LIST, DB_NO_ARGS, snapshot->arena, &rows, p)) return false;
    int count = db_count(rows);
    const struct dictionary **list =
        arena_array(snapshot->arena, (size_t)count + 1, sizeof(struct dictionary *));
    for (int i = 0; i < count; i++) {
        struct dictionary *d = arena_alloc(snapshot->arena, sizeof(*d));
        d->id = (int)db_int(rows, i, 0);
        d->code = arena_strdup(snapshot->arena, db_text(rows, i, 1));
        d->title = arena_strdup(snapshot->arena, db_text(rows, i, 2));
        d->valid_from = (int)db_int(rows, i, 3);
        d->valid_to = (int)db_int(rows, i, 4);
        d->stamp = db_int(rows, i, 5);
        d->family = (int)db_int(rows, i, 6);
        if (!dictionary_fetch(db, d, snapshot->arena, p)) return false;
        list[i] = d;
    }
    snapshot->set = (struct dictionary_set){ .dictionaries = list, .count = count };
    return true;
}

static bool same_stamps(const struct dictionary_set *set, const struct db_rows *rows) {
    if (set->count != db_count(rows)) return false;
    for (int i = 0; i < set->count; i++) {
        const struct dictionary *d = dictionary_by_id(set, (int)db_int(rows, i, 0));
        if (d == NULL || d->stamp != db_int(rows, i, 1)) return false;
    }
    return true;
}

static bool is_current(struct dictionary_store *store, struct db *db, bool *current,
                       struct problem *p) {
    struct arena *arena = arena_new();
    struct db_rows *rows;
    bool asked =
        db_once(db, &scope_system, DB_READ, Q_DICTIONARY_STAMPS, DB_NO_ARGS, arena, &rows, p);
    if (asked) *current = same_stamps(&store->current->set, rows);
    arena_free(arena);
    return asked;
}

static void swap(struct dictionary_store *store, struct snapshot *snapshot) {
    pthread_mutex_lock(&store->lock);
    struct snapshot *old = store->current;
    store->current = snapshot;
    pthread_mutex_unlock(&store->lock);
    dictionary_release(store, &old->set);
}

static bool refresh_locked(struct dictionary_store *store, struct db *db, struct problem *p) {
    bool current;
    struct snapshot *snapshot = NULL;
    if (!is_current(store, db, &current, p)) return false;
    if (current) return true;
    if (!db_transaction(db, &scope_system, DB_READ_SNAPSHOT, read_snapshot, &snapshot, p)) {
        if (snapshot != NULL) snapshot_free(snapshot);
        return false;
    }
    log_message(LOG_INFO, "dictionary_read", "%d versions of the dictionary", snapshot->set.count);
    swap(store, snapshot);
    return true;
}

struct dictionary_store *dictionary_store_new(void) {
    struct dictionary_store *store = xcalloc(1, sizeof(*store));
    pthread_mutex_init(&store->lock, NULL);
    pthread_mutex_init(&store->refresh, NULL);
    store->current = snapshot_new();
    return store;
}

void dictionary_store_free(struct dictionary_store *store) {
    if (store == NULL) return;
    ENSURE(store->current->holders == 1, "nobody holds a dictionary when its store ends");
    snapshot_free(store->current);
    pthread_mutex_destroy(&store->lock);
    pthread_mutex_destroy(&store->refresh);
    free(store);
}

bool dictionary_refresh(struct dictionary_store *store, struct db *db, struct problem *p) {
    pthread_mutex_lock(&store->refresh);
    bool refreshed = refresh_locked(store, db, p);
    pthread_mutex_unlock(&store->refresh);
    return refreshed;
}

const struct dictionary_set *dictionary_hold(struct dictionary_store *store) {
    pthread_mutex_lock(&store->lock);
    struct snapshot *snapshot = store->current;
    snapshot->holders++;
    pthread_mutex_unlock(&store->lock);
    return &snapshot->set;
}

void dictionary_release(struct dictionary_store *store, const struct dictionary_set *set) {
    struct snapshot *snapshot = (struct snapshot *)set;
    pthread_mutex_lock(&store->lock);
    bool last = --snapshot->holders == 0;
    pthread_mutex_unlock(&store->lock);
    if (last) snapshot_free(snapshot);
}
