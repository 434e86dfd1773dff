/* A month keeps its form: where a report stands under another form than the register's kind of that
 * month has, a file is read as that form. Only of the facilities and months that it names. */
#include <stdlib.h>

#include "import_internal.h"

static bool add_rows(const struct db_rows *rows, void *arg) {
    struct import_stands *stands = arg;
    for (int row = 0; row < db_count(rows); row++) {
        if (stands->count == stands->capacity) {
            stands->capacity = stands->capacity ? 2 * stands->capacity : 64;
            stands->list = xrealloc(stands->list, (size_t)stands->capacity * sizeof *stands->list);
        }
        stands->list[stands->count++] =
            (struct import_stand){ (int32_t)db_int(rows, row, 0), (int)db_int(rows, row, 1),
                                   (int)db_int(rows, row, 2) };
    }
    return true;
}

struct reading {
    struct import_stands *stands;
    const int32_t *ids;
    size_t count;
};

static bool read_all(struct db *db, void *arg, struct problem *p) {
    struct reading *reading = arg;
    struct import_stands *stands = reading->stands;
    stands->count = 0;
    return db_stream(db, Q_IMPORT_FORMS,
                     DB_ARGS(DB_INT4S(reading->ids, reading->count), DB_INT4(stands->first),
                             DB_INT4(stands->last)),
                     add_rows, stands, p);
}

bool import_stands_read(struct db *db, const struct scope *scope, struct import *import,
                        struct problem *p) {
    const struct import_facilities *facilities = &import->facilities;
    int32_t *ids = xmalloc(((size_t)facilities->count + 1) * sizeof *ids);
    struct reading reading = { .stands = &import->stands, .ids = ids };
    for (int i = 0; i < facilities->count; i++)
        if (facilities->list[i].named) ids[reading.count++] = facilities->list[i].id;
    bool ok = reading.count == 0 || import->stands.first == 0 ||
              db_transaction(db, scope, DB_READ, read_all, &reading, p);
    free(ids);
    return ok;
}

const struct form *import_stands_form(const struct import_stands *stands, int32_t facility,
                                      int period, const struct dictionary *dictionary) {
    int low = 0, high = stands->count;
    while (low < high) {
        int middle = (low + high) / 2;
        const struct import_stand *stand = &stands->list[middle];
        if (stand->facility < facility || (stand->facility == facility && stand->period < period))
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < stands->count && stands->list[low].facility == facility &&
           stands->list[low].period == period;
         low++)
        for (int i = 0; i < dictionary->form_count; i++)
            if (dictionary->forms[i].id == stands->list[low].form) return &dictionary->forms[i];
    return NULL;
}
