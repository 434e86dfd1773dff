#include <stdlib.h>
#include <string.h>

#include "import_internal.h"

static size_t hash(const char *code) {
    uint64_t h = 1469598103934665603U;
    for (; *code != '\0'; code++)
        h = (h ^ (uint8_t)*code) * 1099511628211U;
    return (size_t)(h ^ (h >> 29));
}

static void place(struct import_facilities *facilities, int index) {
    size_t at = hash(facilities->list[index].code) & facilities->mask;
    while (facilities->slots[at] != 0)
        at = (at + 1) & facilities->mask;
    facilities->slots[at] = index + 1;
}

static void grow(struct import_facilities *facilities) {
    facilities->capacity = facilities->capacity ? 2 * facilities->capacity : 256;
    size_t slots = 2 * (size_t)facilities->capacity;
    facilities->list =
        xrealloc(facilities->list, (size_t)facilities->capacity * sizeof *facilities->list);
    free(facilities->slots);
    facilities->slots = xcalloc(slots, sizeof(int32_t));
    facilities->mask = slots - 1;
    for (int i = 0; i < facilities->count; i++)
        place(facilities, i);
}

int import_facilities_find(const struct import_facilities *facilities, const char *code) {
    if (facilities->count == 0) return -1;
    for (size_t at = hash(code) & facilities->mask; facilities->slots[at] != 0;
         at = (at + 1) & facilities->mask) {
        int index = facilities->slots[at] - 1;
        if (text_equal(facilities->list[index].code, code)) return index;
    }
    return -1;
}

static void add_kind(struct import_facilities *facilities, struct import_facility *facility,
                     int32_t from, int type) {
    if (facilities->kind_count == facilities->kind_capacity) {
        facilities->kind_capacity = facilities->kind_capacity ? 2 * facilities->kind_capacity : 256;
        facilities->kinds = xrealloc(facilities->kinds,
                                     (size_t)facilities->kind_capacity * sizeof *facilities->kinds);
    }
    facilities->kinds[facilities->kind_count++] = (struct import_kind){ from, type };
    facility->kind_count++;
}

struct import_facility *import_facilities_add(struct import_facilities *facilities,
                                              const char *code, int32_t id, int type) {
    if (!facilities->list || facilities->count == facilities->capacity) grow(facilities);
    struct import_facility *facility = &facilities->list[facilities->count];
    *facility = (struct import_facility){ .id = id, .kinds = facilities->kind_count };
    import_copy(facility->code, sizeof facility->code, code);
    place(facilities, facilities->count++);
    add_kind(facilities, facility, 0, type);
    return facility;
}

int import_facilities_type(const struct import_facilities *facilities, int index, int period) {
    const struct import_facility *facility = &facilities->list[index];
    const struct import_kind *kind = &facilities->kinds[facility->kinds];
    for (int i = 1; i < facility->kind_count && kind[1].from / 100 <= period; i++)
        kind++;
    return kind->type;
}

void import_facilities_free(struct import_facilities *facilities) {
    free(facilities->list);
    free(facilities->kinds);
    free(facilities->slots);
    *facilities = (struct import_facilities){ 0 };
}

/* A facility's kinds come one after the other. */
static bool add_row(const struct db_rows *rows, void *arg) {
    struct import_facilities *facilities = arg;
    for (int row = 0; row < db_count(rows); row++) {
        int32_t id = (int32_t)db_int(rows, row, 1), from = (int32_t)db_int(rows, row, 3);
        int type = (int)db_int(rows, row, 2);
        struct import_facility *last =
            facilities->count > 0 ? &facilities->list[facilities->count - 1] : NULL;
        if (last != NULL && last->id == id)
            add_kind(facilities, last, from, type);
        else
            import_facilities_add(facilities, db_text(rows, row, 0), id, type);
    }
    return true;
}

static bool read_all(struct db *db, void *arg, struct problem *p) {
    import_facilities_free(arg);
    return db_stream(db, Q_IMPORT_FACILITIES, DB_NO_ARGS, add_row, arg, p);
}

bool import_facilities_read(struct db *db, const struct scope *scope,
                            struct import_facilities *facilities, struct problem *p) {
    return db_transaction(db, scope, DB_READ, read_all, facilities, p);
}
