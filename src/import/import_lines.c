/* Lines of a job's lists: what became of rows, figures, reports and facilities. */
#include <stdlib.h>
#include <string.h>

#include "hmis/csv_out.h"
#include "hmis/period.h"
#include "import_internal.h"
#include "import_words.h"

static const char *const kind_names[LINE__MAX] = {
    [LINE_ROW] = "row",           [LINE_FIGURE] = "figure",     [LINE_ASKED] = "asked",
    [LINE_EMPTY] = "empty",       [LINE_REPLACED] = "replaced", [LINE_REPORT] = "report",
    [LINE_FACILITY] = "facility", [LINE_FINDING] = "finding",
};

const char *import_line_name(enum import_line_kind kind) {
    return kind_names[kind];
}

bool import_line_parse(const char *name, enum import_line_kind *kind) {
    for (int i = 0; i < LINE__MAX; i++)
        if (text_equal(name, kind_names[i])) {
            *kind = (enum import_line_kind)i;
            return true;
        }
    return false;
}

void import_copy(char *out, size_t size, const char *text) {
    size_t length = text != NULL ? strnlen(text, size - 1) : 0;
    while (length > 0 && text[length] != '\0' && ((unsigned char)text[length] & 0xC0) == 0x80)
        length--;
    if (length > 0) memcpy(out, text, length);
    out[length] = '\0';
}

struct import_line *import_lines_add(struct import_lines *lines, enum import_line_kind kind,
                                     int64_t line, const char *code, const char *detail) {
    if (lines->count == lines->capacity) {
        lines->capacity = lines->capacity ? 2 * lines->capacity : 32;
        lines->list = xrealloc(lines->list, (size_t)lines->capacity * sizeof *lines->list);
    }
    struct import_line *added = &lines->list[lines->count++];
    *added = (struct import_line){ .kind = kind, .line = line, .code = code };
    import_copy(added->detail, sizeof added->detail, detail);
    text_mend(added->detail);
    return added;
}

void import_lines_free(struct import_lines *lines) {
    free(lines->list);
    *lines = (struct import_lines){ 0 };
}

struct import_line *import_tell(struct import *import, enum import_line_kind kind, int64_t line,
                                enum error_code code, const char *detail) {
    static _Thread_local struct import_line nowhere;
    struct import_batch *batch = pipe_batch(import->pipe);
    if (batch == NULL) return NULL;
    if (import->told[kind]++ >= IMPORT_LINES_MOST) return &nowhere;
    return import_lines_add(&batch->lines, kind, line, error_code_name(code),
                            detail != NULL && *detail != '\0' ? detail : error_text(code));
}

void import_line_cell(struct import_line *line, int column, const char *column_name,
                      const struct tabular_cell *cell) {
    line->column = column + 1;
    import_copy(line->column_name, sizeof line->column_name, column_name);
    import_copy(line->value, LINE_VALUE + 1, cell != NULL ? cell->text : "");
}

/* ---- As CSV.
 * --------------------------------------------------------------------------------------------------
 */
struct csv {
    int64_t job;
    const char *kind;
    const struct dictionary_set *set;
    const char *language;
    struct csv_out out;
};

static void csv_number(struct csv_out *out, const struct db_rows *rows, int row, int column) {
    if (db_is_null(rows, row, column))
        csv_blanks(out, 1);
    else
        csv_int(out, db_int(rows, row, column));
}

static bool add_rows(const struct db_rows *rows, void *arg) {
    struct csv *csv = arg;
    struct csv_out *out = &csv->out;
    for (int row = 0; row < db_count(rows); row++) {
        char period[8] = "";
        if (!db_is_null(rows, row, IL_PERIOD))
            period_format(period, (int)db_int(rows, row, IL_PERIOD));
        csv_number(out, rows, row, IL_LINE);
        csv_number(out, rows, row, IL_COLUMN);
        csv_text(out, db_text(rows, row, IL_NAME));
        csv_text(out, db_text(rows, row, IL_VALUE));
        csv_text(out, db_text(rows, row, IL_CODE));
        csv_text(out, import_line_words(rows, row, csv->set, csv->language));
        csv_text(out, db_text(rows, row, IL_KIND));
        csv_text(out, db_text(rows, row, IL_FACILITY));
        csv_text(out, period);
        csv_text(out, db_text(rows, row, IL_ITEM));
        csv_text(out, import_line_item(rows, row, csv->set, csv->language));
        csv_text(out, db_text(rows, row, IL_QUESTION));
        csv_row_end(out);
    }
    return true;
}

static bool csv_work(struct db *db, void *arg, struct problem *p) {
    static const char *const header[] = { "line",  "column", "column_name", "value",
                                          "code",  "reason", "list",        "facility_code",
                                          "month", "item",   "item_name",   "question" };
    struct csv *csv = arg;
    buffer_free(&csv->out.buffer);
    csv_out_init(&csv->out);
    for (size_t i = 0; i < COUNT(header); i++)
        csv_text(&csv->out, header[i]);
    csv_row_end(&csv->out);
    return db_stream(db, Q_IMPORT_LINES,
                     DB_ARGS(DB_INT8(csv->job), DB_TEXT(csv->kind), DB_NULL, DB_INT4(0)), add_rows,
                     csv, p);
}

bool import_lines_csv(struct db *db, const struct scope *scope, int64_t job,
                      enum import_line_kind kind, const struct dictionary_set *set,
                      const char *language, struct buffer *out, struct problem *p) {
    struct csv csv = { .job = job,
                       .kind = kind == LINE__MAX ? NULL : kind_names[kind],
                       .set = set,
                       .language = language };
    bool ok = db_transaction(db, scope, DB_READ, csv_work, &csv, p);
    if (ok)
        *out = csv.out.buffer;
    else
        buffer_free(&csv.out.buffer);
    return ok;
}
