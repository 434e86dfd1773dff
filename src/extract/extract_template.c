/* Templates: workbooks that go out to be filled in and come back through any spreadsheet. Codes and
 * numbers of items are texts ("10.10" stays "10.10"), figures are numbers. */
#include <xlsxwriter.h>

#include "extract_row.h"
#include "hmis/period.h"

enum { SHEET_ROWS_MOST = 1000000, LONG_ROWS_MOST = 200000 };

struct filling {
    const struct extract_request *request;
    const char *language;
    lxw_workbook *book;
    lxw_worksheet *sheet;
    lxw_format *text, *head, *title;
    lxw_row_t row;
    bool figures;   /* the second sheet: last month's */
    lxw_row_t most; /* rows a sheet may have here */
    bool full;
};

static const char *item_name(const struct filling *f, const struct item *item) {
    return dictionary_text(f->request->form->dictionary, f->language, TEXT_ITEM, item->slot,
                           item->name);
}

static void text(struct filling *f, lxw_col_t column, const char *value, lxw_format *format) {
    if (value && *value)
        worksheet_write_string(f->sheet, f->row, column, value, format);
    else
        worksheet_write_blank(f->sheet, f->row, column, format);
}

/* A figure as its cell: a number, or a word or date as the import reads it. */
static void figure(struct filling *f, lxw_col_t column, const struct item *item, int32_t cell) {
    char written[16];
    if (cell == BLANK) return;
    if (item->type == DATA_COUNT) {
        worksheet_write_number(f->sheet, f->row, column, cell, NULL);
        return;
    }
    cell_format(item, cell, written);
    text(f, column, written, f->text);
}

/* ---- The extract's layout. --------------------------------------------------------------- */
static void extract_heads(struct filling *f) {
    const struct form *form = f->request->form;
    for (int i = 0; i < form->item_count; i++)
        text(f, (lxw_col_t)(FC__MAX + i), item_name(f, form->items[i].item), f->title);
    f->row++;
    for (int column = 0; column < FC__MAX; column++)
        text(f, (lxw_col_t)column, facility_column_name((enum facility_column)column), f->head);
    for (int i = 0; i < form->item_count; i++)
        text(f, (lxw_col_t)(FC__MAX + i), form->items[i].key, f->head);
    f->row++;
    worksheet_freeze_panes(f->sheet, f->row, FC_NAME + 1);
    worksheet_set_column(f->sheet, FC_SNO, FC_TYPE, 12, f->text);
    worksheet_set_column(f->sheet, FC_CODE, FC_CODE, 12, f->text);
    worksheet_set_column(f->sheet, FC_NAME, FC_NAME, 32, f->text);
}

static bool extract_fill(const struct extract_row *row, void *arg) {
    struct filling *f = arg;
    const struct form *form = f->request->form;
    if (f->row >= f->most) return !(f->full = true);
    for (int column = FC_SNO + 1; column < FC__MAX; column++)
        text(f, (lxw_col_t)column, row->columns[column], f->text);
    for (int i = 0; i < form->item_count && f->figures; i++)
        figure(f, (lxw_col_t)(FC__MAX + i), form->items[i].item,
               row->cells[form->items[i].item->slot]);
    f->row++;
    return true;
}

/* ---- The long layout. -------------------------------------------------------------------- */
static const char *const long_columns[] = { "facility_code", "facility_name", "month",     "item",
                                            "item_name",     "value",         "last_month" };

static void long_heads(struct filling *f) {
    for (size_t i = 0; i < COUNT(long_columns); i++)
        text(f, (lxw_col_t)i, long_columns[i], f->head);
    f->row++;
    worksheet_freeze_panes(f->sheet, f->row, 0);
    worksheet_set_column(f->sheet, 0, 3, 14, f->text);
    worksheet_set_column(f->sheet, 4, 4, 60, f->text);
}

static bool long_fill(const struct extract_row *row, void *arg) {
    struct filling *f = arg;
    const struct form *form = f->request->form;
    char month[8];
    period_format(month, f->request->period);
    for (int i = 0; i < form->item_count; i++) {
        const struct form_item *item = &form->items[i];
        if (f->row >= f->most) return !(f->full = true);
        text(f, 0, row->code, f->text);
        text(f, 1, row->name, f->text);
        text(f, 2, month, f->text);
        text(f, 3, item->key, f->text);
        text(f, 4, item_name(f, item->item), f->text);
        figure(f, 6, item->item, row->cells[item->item->slot]);
        f->row++;
    }
    return true;
}

/* ---- The workbook. ----------------------------------------------------------------------- */
static const struct {
    void (*heads)(struct filling *f);
    extract_row_fn *fill;
    lxw_row_t most;
} kinds[TEMPLATE_KIND__MAX] = {
    [TEMPLATE_EXTRACT] = { extract_heads, extract_fill, SHEET_ROWS_MOST },
    [TEMPLATE_LONG] = { long_heads, long_fill, LONG_ROWS_MOST },
};

static bool sheet_write(struct filling *f, struct db *db, const char *name, enum template_kind kind,
                        struct problem *p) {
    f->sheet = workbook_add_worksheet(f->book, name);
    f->row = 0;
    f->most = kinds[kind].most;
    kinds[kind].heads(f);
    lxw_row_t heads = f->row;
    if (!extract_rows(db, f->request, kinds[kind].fill, f, p)) return false;
    if (f->row == heads)
        return problem_set(p, ERR_NOT_FOUND, "Nobody is expected to report on this form");
    return !f->full || problem_set(p, ERR_TOO_LARGE,
                                   "A sheet of so many facilities is too long: choose a smaller "
                                   "area");
}

/* The extract's layout has last month's figures on a sheet of their own, the long one beside each.
 */
static bool sheets_write(struct filling *f, struct db *db, enum template_kind kind,
                         struct problem *p) {
    char month[8], last[8], name[32];
    period_format(month, f->request->period);
    period_format(last, period_add(f->request->period, -1));
    if (!sheet_write(f, db, month, kind, p)) return false;
    if (kind == TEMPLATE_LONG) return true;
    f->figures = true;
    snprintf(name, sizeof name, "last month %s", last);
    return sheet_write(f, db, name, kind, p);
}

static lxw_format *format_make(struct filling *f, bool bold, bool wrap) {
    lxw_format *format = workbook_add_format(f->book);
    format_set_num_format_index(format, 49); /* "@": text */
    if (bold) format_set_bold(format);
    if (wrap) format_set_text_wrap(format);
    return format;
}

bool extract_template(struct db *db, const struct extract_request *request, enum template_kind kind,
                      const char *language, const char *path, struct problem *p) {
    lxw_workbook_options options = { .constant_memory = LXW_TRUE };
    struct filling f = { .request = request, .language = language };
    f.book = workbook_new_opt(path, &options);
    if (!f.book) return problem_set(p, ERR_BUSY, "The workbook cannot be made");
    f.text = format_make(&f, false, false);
    f.head = format_make(&f, true, false);
    f.title = format_make(&f, false, true);
    bool fine = sheets_write(&f, db, kind, p);
    lxw_error closed = workbook_close(f.book);
    if (fine && closed != LXW_NO_ERROR)
        return problem_set(p, ERR_BUSY, "The workbook cannot be written: %s", lxw_strerror(closed));
    return fine;
}
