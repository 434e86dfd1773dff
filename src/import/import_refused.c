#include "hmis/csv_out.h"
#include "hmis/import.h"

enum { R_LINE, R_COLUMN, R_NAME, R_VALUE, R_CODE, R_DETAIL };

static bool add_rows(const struct db_rows *rows, void *arg) {
    struct csv_out *out = arg;
    for (int row = 0; row < db_count(rows); row++) {
        csv_int(out, db_int(rows, row, R_LINE));
        if (db_is_null(rows, row, R_COLUMN))
            csv_blanks(out, 1);
        else
            csv_int(out, db_int(rows, row, R_COLUMN));
        for (int column = R_NAME; column <= R_DETAIL; column++)
            csv_text(out, db_text(rows, row, column));
        csv_row_end(out);
    }
    return true;
}

struct refused {
    int64_t job;
    struct csv_out out;
};

static bool refused_work(struct db *db, void *arg, struct problem *p) {
    static const char *const header[] = {
        "line", "column", "column_name", "value", "code", "reason"
    };
    struct refused *refused = arg;
    buffer_free(&refused->out.buffer);
    csv_out_init(&refused->out);
    for (size_t i = 0; i < COUNT(header); i++)
        csv_text(&refused->out, header[i]);
    csv_row_end(&refused->out);
    return db_stream(db, Q_IMPORT_REFUSALS, DB_ARGS(DB_INT8(refused->job)), add_rows, &refused->out,
                     p);
}

bool import_refused_csv(struct db *db, const struct scope *scope, int64_t job, struct buffer *out,
                        struct problem *p) {
    struct refused refused = { .job = job };
    bool ok = db_transaction(db, scope, DB_READ, refused_work, &refused, p);
    if (ok)
        *out = refused.out.buffer;
    else
        buffer_free(&refused.out.buffer);
    return ok;
}
