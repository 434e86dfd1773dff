/* What is due: the months for which a report is expected and has not been submitted. */
#include "hmis/calendar.h"
#include "hmis/facility.h"
#include "hmis/period.h"
#include "report_http.h"

enum { PAGE_ROWS = 50, PAGE_MAX = 10000 };
enum { COL_TOTAL, COL_CODE, COL_NAME, COL_TYPE, COL_FORM, COL_PERIOD, COL_DRAFT, COL_FILLED };

bool report_due_oldest(struct db *db, const char *facility, int *period, struct arena *arena,
                       struct problem *p) {
    struct db_rows *rows;
    if (!db_query(db, Q_REPORT_DUE,
                  DB_ARGS(DB_INT4(period_index(calendar_due())), DB_TEXT(facility), DB_NULL,
                          DB_INT4(1), DB_INT4(0), DB_BOOL(false)),
                  arena, &rows, p))
        return false;
    *period = db_is_null(rows, 0, COL_PERIOD) ? calendar_due() : (int)db_int(rows, 0, COL_PERIOD);
    return true;
}

static void write_facility(struct json_out *out, const struct db_rows *rows, int row) {
    out_object(out, "facility");
    out_string(out, "code", db_text(rows, row, COL_CODE));
    out_string(out, "name", db_text(rows, row, COL_NAME));
    out_string(out, "type", facility_type_code((enum facility_type)db_int(rows, row, COL_TYPE)));
    out_object_end(out);
}

static void write_row(struct json_out *out, const struct dictionary_set *set,
                      const struct db_rows *rows, int row) {
    char month[8], day[11];
    int period = (int)db_int(rows, row, COL_PERIOD);
    const struct form *form = form_by_id(set, (int)db_int(rows, row, COL_FORM));
    bool draft = !db_is_null(rows, row, COL_DRAFT);
    period_format(month, period);
    calendar_format_day(day, calendar_deadline(period));
    out_object(out, NULL);
    write_facility(out, rows, row);
    out_string(out, "form", form != NULL ? form->code : NULL);
    out_string(out, "period", month);
    out_string(out, "deadline", day);
    out_bool(out, "late", calendar_is_late(period));
    out_string(out, "status", draft ? "draft" : "none");
    out_int(out, "filled", draft ? db_int(rows, row, COL_FILLED) : 0);
    out_int(out, "of", form != NULL ? form->item_count : 0);
    out_object_end(out);
}

static void write_page(struct json_out *out, const struct dictionary_set *set,
                       const struct db_rows *rows, int64_t page) {
    out_object(out, NULL);
    out_int(out, "total", db_int(rows, 0, COL_TOTAL));
    out_int(out, "page", page);
    out_bool(out, "more", db_int(rows, 0, COL_TOTAL) > page * PAGE_ROWS);
    out_array(out, "items");
    for (int row = 0; row < db_count(rows); row++)
        if (!db_is_null(rows, row, COL_CODE)) write_row(out, set, rows, row);
    out_array_end(out);
    out_object_end(out);
}

/* Who acts for an area enters what its district headquarters report, and nothing else. */
void report_due(struct request *r) {
    static const char *const known[] = { "page" };
    int64_t page = 1;
    if (!req_only_query(r, known, COUNT(known))) return;
    if (req_query(r, "page") != NULL && !text_to_int(req_query(r, "page"), 1, PAGE_MAX, &page)) {
        reply_error(r, ERR_BAD_QUERY, "page is a number from 1 to 10000");
        return;
    }
    const struct dictionary_set *set = request_dictionaries(r);
    struct db *db = req_db(r);
    if (db == NULL) return;
    bool of_facilities = req_scope(r)->level == SCOPE_FACILITY;
    struct problem p = { 0 };
    struct db_rows *rows;
    if (db_once(db, req_scope(r), DB_READ, Q_REPORT_DUE,
                DB_ARGS(DB_INT4(period_index(calendar_due())), DB_NULL,
                        of_facilities ? DB_NULL : DB_INT2(FACILITY_DHQ), DB_INT4(PAGE_ROWS),
                        DB_INT4((page - 1) * PAGE_ROWS), DB_BOOL(true)),
                req_arena(r), &rows, &p))
        write_page(reply_json(r, 200), set, rows, page);
    else
        reply_problem(r, &p);
}
