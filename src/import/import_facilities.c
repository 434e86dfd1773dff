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

struct import_facility *import_facilities_add(struct import_facilities *facilities,
                                              const char *code, int32_t id, int type) {
    if (facilities->count == facilities->capacity) grow(facilities);
    struct import_facility *facility = &facilities->list[facilities->count];
    *facility = (struct import_facility){ .id = id, .type = type };
    size_t length = strnlen(code, sizeof facility->code - 1);
    memcpy(facility->code, code, length);
    place(facilities, facilities->count++);
    return facility;
}

void import_facilities_free(struct import_facilities *facilities) {
    free(facilities->list);
    free(facilities->slots);
    *facilities = (struct import_facilities){ 0 };
}

static bool add_row(const struct db_rows *rows, void *arg) {
    for (int row = 0; row < db_count(rows); row++) {
        struct import_facility *facility = import_facilities_add(
            arg, db_text(rows, row, 0), (int32_t)db_int(rows, row, 1), (int)db_int(rows, row, 2));
        facility->master = db_int(rows, row, 3);
        facility->closed_on = (int)db_int(rows, row, 4);
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
