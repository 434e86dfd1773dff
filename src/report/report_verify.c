/* The figures of a report stand twice in its row: as an array for people who write SQL, packed for
 * the totals. Here the two are held against each other. */
#include "hmis/report.h"

#include "hmis/period.h"

#include <stdio.h>
#include <string.h>

struct verify {
    void (*tell)(const char *text, void *arg);
    void *arg;
    int64_t compared, different;
};

enum { V_FACILITY, V_PERIOD, V_FORM, V_CELLS, V_PACKED };

static bool same(const struct db_rows *row) {
    int32_t cells[CELLS_MAX], unpacked[CELLS_MAX];
    size_t length;
    const uint8_t *packed = db_bytes(row, 0, V_PACKED, &length);
    db_cells(row, 0, V_CELLS, cells, CELLS_MAX);
    return report_unpack(packed, length, unpacked, CELLS_MAX) &&
           memcmp(cells, unpacked, sizeof cells) == 0;
}

static bool verify_row(const struct db_rows *row, void *arg) {
    struct verify *v = arg;
    v->compared++;
    if (same(row)) return true;
    char text[200], period[8];
    period_format(period, (int)db_int(row, 0, V_PERIOD));
    snprintf(text, sizeof text, "report %s %s %s: its array and its packed figures differ",
             db_text(row, 0, V_FACILITY), db_text(row, 0, V_FORM), period);
    v->different++;
    v->tell(text, v->arg);
    return true;
}

static bool verify_all(struct db *db, void *arg, struct problem *p) {
    struct verify *v = arg;
    v->compared = v->different = 0;
    return db_stream(db, Q_REPORT_BOTH_FORMS, DB_NO_ARGS, verify_row, v, p);
}

bool report_verify(struct db *db, void (*tell)(const char *text, void *arg), void *arg,
                   int64_t *compared, int64_t *different, struct problem *p) {
    struct verify v = { .tell = tell, .arg = arg };
    if (!db_transaction(db, &scope_system, DB_READ_SNAPSHOT, verify_all, &v, p)) return false;
    *compared = v.compared;
    *different = v.different;
    return true;
}
