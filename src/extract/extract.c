#include "extract_row.h"

#include "hmis/csv_out.h"

#define FLUSH_AT (64 * KIB)

struct writing {
    const struct form *form;
    struct csv_out csv;
    FILE *file;
    int64_t rows;
    bool full; /* the file takes no more */
};

static void flush(struct writing *w) {
    struct buffer *buffer = &w->csv.buffer;
    w->full |= fwrite(buffer->data, 1, buffer->length, w->file) != buffer->length;
    buffer->length = 0;
}

static void heads_write(struct writing *w) {
    for (int column = 0; column < FC__MAX; column++)
        csv_text(&w->csv, facility_column_name((enum facility_column)column));
    for (int i = 0; i < w->form->item_count; i++)
        csv_text(&w->csv, w->form->items[i].key);
    csv_row_end(&w->csv);
}

static bool row_write(const struct extract_row *row, void *arg) {
    struct writing *w = arg;
    char text[16];
    csv_int(&w->csv, ++w->rows);
    for (int column = FC_SNO + 1; column < FC__MAX; column++)
        csv_text(&w->csv, row->columns[column]);
    for (int i = 0; i < w->form->item_count; i++) {
        const struct item *item = w->form->items[i].item;
        int32_t cell = row->cells[item->slot];
        bool number = item->type != DATA_ADEQUACY && item->type != DATA_DATE;
        if (number && cell != BLANK) {
            csv_decimal(&w->csv, cell, item->scale); /* a balance below zero is no formula */
            continue;
        }
        cell_format(item, cell, text);
        csv_text(&w->csv, text);
    }
    csv_row_end(&w->csv);
    if (w->csv.buffer.length > FLUSH_AT) flush(w);
    return !w->full;
}

bool extract_write(struct db *db, const struct extract_request *request, FILE *file, int64_t *rows,
                   struct problem *p) {
    struct writing w = { .form = request->form, .file = file };
    csv_out_init(&w.csv);
    heads_write(&w);
    bool read = extract_rows(db, request, row_write, &w, p);
    flush(&w);
    buffer_free(&w.csv.buffer);
    *rows = w.rows;
    if (!read) return false;
    if (w.full || fflush(file) != 0)
        return problem_set(p, ERR_BUSY, "The file cannot be written: there is no room");
    return true;
}
