#include "hmis/facility_master.h"

#include <string.h>

#include "hmis/area.h"

static const char *day_text(struct arena *arena, int day) {
    return arena_printf(arena, "%04d-%02d-%02d", day / 10000, day / 100 % 100, day % 100);
}

/* ---- Finding. -------------------------------------------------------------------------------- */
bool facility_find(struct db *db, const char *const *codes, size_t count, int period,
                   struct facility_known *known, struct arena *arena, struct problem *p) {
    struct db_rows *rows;
    const char *last_day = day_text(arena, area_tree_day(period));
    if (!db_query(db, Q_FACILITY_FIND, DB_ARGS(DB_TEXTS(codes, count), DB_TEXT(last_day)), arena,
                  &rows, p))
        return false;
    memset(known, 0, count * sizeof *known);
    for (int i = 0; i < db_count(rows); i++) {
        known[db_int(rows, i, 0) - 1] =
            (struct facility_known){ .id = (int32_t)db_int(rows, i, 1),
                                     .type = (enum facility_type)db_int(rows, i, 2),
                                     .ownership = (enum ownership)db_int(rows, i, 3),
                                     .locality = (enum locality)db_int(rows, i, 4),
                                     .open = db_bool(rows, i, 5),
                                     .state_id = (int32_t)db_int(rows, i, 6),
                                     .district_id = (int32_t)db_int(rows, i, 7),
                                     .block_id = (int32_t)db_int(rows, i, 8),
                                     .newest = (int)db_int(rows, i, 9) };
    }
    return true;
}
