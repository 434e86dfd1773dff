#include "extract_row.h"

#include <string.h>

#include "hmis/period.h"
#include "hmis/report_pack.h"

/* Columns of extract_rows. */
enum column {
    ROW_CODE,
    ROW_NAME,
    ROW_TYPE,
    ROW_OWNERSHIP,
    ROW_LOCALITY,
    ROW_OPEN,
    ROW_STATE, /* and its code, and so on */
    ROW_STATE_CODE,
    ROW_DISTRICT,
    ROW_DISTRICT_CODE,
    ROW_SUBDISTRICT,
    ROW_SUBDISTRICT_CODE,
    ROW_BLOCK,
    ROW_BLOCK_CODE,
    ROW_ZONE,
    ROW_DISTRICT_CATEGORY,
    ROW_HEALTH_BLOCK,
    ROW_SUB_DIVISION,
    ROW_ULB,
    ROW_CATEGORIES,
    ROW_BEDS,
    ROW_NIN,
    ROW_NOTIONAL,
    ROW_REPORTED,
    ROW_PACKED,
    ROW_CELLS
};

static const struct {
    enum facility_column to;
    enum column from;
} texts[] = {
    { FC_ZONE, ROW_ZONE },
    { FC_DISTRICT_CATEGORY, ROW_DISTRICT_CATEGORY },
    { FC_HEALTH_BLOCK, ROW_HEALTH_BLOCK },
    { FC_SUB_DIVISION, ROW_SUB_DIVISION },
    { FC_ULB, ROW_ULB },
    { FC_CODE, ROW_CODE },
    { FC_NAME, ROW_NAME },
    { FC_CATEGORY, ROW_CATEGORIES },
    { FC_NIN, ROW_NIN },
};
static const struct {
    enum facility_column to;
    enum column from; /* the code stands beside it */
} areas[] = {
    { FC_STATE, ROW_STATE },
    { FC_DISTRICT, ROW_DISTRICT },
    { FC_SUB_DISTRICT, ROW_SUBDISTRICT },
    { FC_BLOCK, ROW_BLOCK },
};

struct reading {
    const struct extract_request *request;
    struct extract_row row;
    extract_row_fn *tell;
    void *arg;
    bool damaged;
};

static void put(struct extract_row *row, enum facility_column column, const char *text) {
    snprintf(row->columns[column], sizeof row->columns[column], "%s", text ? text : "");
}

/* "Guntur(506)". */
static void area_put(struct extract_row *row, enum facility_column column,
                     const struct db_rows *rows, enum column from) {
    const char *name = db_text(rows, 0, from);
    int64_t code = db_int(rows, 0, from + 1);
    put(row, column, name);
    size_t length = strlen(row->columns[column]);
    if (name && code)
        snprintf(row->columns[column] + length, sizeof row->columns[column] - length, "(%lld)",
                 (long long)code);
}

static void columns_read(struct extract_row *row, const struct db_rows *rows) {
    for (size_t i = 0; i < COUNT(texts); i++)
        put(row, texts[i].to, db_text(rows, 0, (int)texts[i].from));
    for (size_t i = 0; i < COUNT(areas); i++)
        area_put(row, areas[i].to, rows, areas[i].from);
    put(row, FC_TYPE, facility_type_title((enum facility_type)db_int(rows, 0, ROW_TYPE)));
    put(row, FC_OWNERSHIP, ownership_name((enum ownership)db_int(rows, 0, ROW_OWNERSHIP)));
    put(row, FC_LOCALITY, locality_name((enum locality)db_int(rows, 0, ROW_LOCALITY)));
    put(row, FC_PHYSICAL, db_bool(rows, 0, ROW_NOTIONAL) ? "Notional" : "Physical");
    put(row, FC_STATUS, db_bool(rows, 0, ROW_OPEN) ? "Open" : "Closed");
    if (!db_is_null(rows, 0, ROW_BEDS))
        snprintf(row->columns[FC_BEDS], sizeof row->columns[FC_BEDS], "%lld",
                 (long long)db_int(rows, 0, ROW_BEDS));
    else
        put(row, FC_BEDS, "");
    row->code = row->columns[FC_CODE];
    row->name = row->columns[FC_NAME];
}

static bool cells_read(struct reading *r, const struct db_rows *rows) {
    int width = r->request->form->dictionary->width;
    size_t length;
    for (int slot = 0; slot < width; slot++)
        r->row.cells[slot] = BLANK;
    if (!r->row.reported) return true;
    const void *packed = db_bytes(rows, 0, ROW_PACKED, &length);
    if (packed) return report_unpack(packed, length, r->row.cells, width);
    db_cells(rows, 0, ROW_CELLS, r->row.cells, width);
    return true;
}

static bool on_row(const struct db_rows *rows, void *arg) {
    struct reading *r = arg;
    r->row.reported = db_bool(rows, 0, ROW_REPORTED);
    columns_read(&r->row, rows);
    r->damaged = !cells_read(r, rows);
    return !r->damaged && r->tell(&r->row, r->arg);
}

static size_t types_of(const struct form *form, int16_t types[FACILITY_TYPE__MAX]) {
    size_t count = 0;
    for (int type = FACILITY_TYPE_NONE + 1; type < FACILITY_TYPE__MAX; type++)
        if (form->facility_types & 1u << type) types[count++] = (int16_t)type;
    return count;
}

bool extract_rows(struct db *db, const struct extract_request *request, extract_row_fn *row,
                  void *arg, struct problem *p) {
    struct reading r = { .request = request, .tell = row, .arg = arg };
    int16_t types[FACILITY_TYPE__MAX];
    size_t count = types_of(request->form, types);
    const struct area_filter *w = &request->where;
    int figures =
        request->which == EXTRACT_EXPECTED ? period_add(request->period, -1) : request->period;
    if (!db_stream(db, Q_EXTRACT_ROWS,
                   DB_ARGS(DB_INT4(figures), DB_INT4(period_last_day(request->period)),
                           DB_INT2(request->form->id), DB_INT2S(types, count), DB_INT4(w->state),
                           DB_INT4(w->district), DB_INT4(w->block), DB_INT4(w->facility),
                           DB_INT2(request->which)),
                   on_row, &r, p))
        return false;
    return !r.damaged || problem_set(p, ERR_INTERNAL,
                                     "The figures of facility %s are damaged or of a newer "
                                     "dictionary: hmis check tells more",
                                     r.row.code);
}
