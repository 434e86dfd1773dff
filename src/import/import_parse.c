/* What both formats share: reading the file, figures, refusals. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "import_internal.h"

enum { CHUNK = 65536 };

bool import_read_file(struct import *import, csv_row_fn *row, void *arg, struct problem *p) {
    struct csv_reader *reader = csv_reader_new(row, arg);
    char *chunk = xmalloc(CHUNK);
    bool going = true;
    ssize_t got = 1;
    while (going && got > 0) {
        got = read(import->fd, chunk, CHUNK);
        if (got < 0 && errno == EINTR)
            got = 1;
        else if (got < 0)
            going = problem_set(p, ERR_FILE_FORMAT, "The file cannot be read: %s", strerror(errno));
        else if (got > 0) {
            going = csv_reader_feed(reader, chunk, (size_t)got, p);
            atomic_fetch_add(&import->bytes_read, got);
        }
    }
    going = going && csv_reader_end(reader, p);
    free(chunk);
    csv_reader_free(reader);
    return going;
}

/* At most REFUSAL_VALUE bytes of whole characters; what is no UTF-8 becomes '?'. */
static void copy_value(char *out, const struct csv_cell *cell) {
    size_t length = 0;
    for (int at = 0; at < cell->length && length < REFUSAL_VALUE;) {
        unsigned char c = (unsigned char)cell->text[at];
        size_t size = c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
        bool whole = at + (int)size <= cell->length && text_is_utf8(cell->text + at, size);
        if (length + size > REFUSAL_VALUE) break;
        if (whole)
            memcpy(out + length, cell->text + at, size);
        else
            out[length] = '?';
        length += whole ? size : 1;
        at += whole ? (int)size : 1;
    }
    out[length] = '\0';
}

static void copy_text(char *out, size_t size, const char *text) {
    size_t length = text != NULL ? strnlen(text, size - 1) : 0;
    while (length > 0 && text[length] != '\0' && ((unsigned char)text[length] & 0xC0) == 0x80)
        length--;
    if (length > 0) memcpy(out, text, length);
    out[length] = '\0';
}

bool import_refuse(struct import *import, int64_t line, int column, const char *column_name,
                   const struct csv_cell *cell, enum error_code code, const char *detail) {
    struct import_batch *batch = pipe_batch(import->pipe);
    if (batch != NULL && batch->refusal_count == BATCH_REFUSALS)
        batch = pipe_flush(import->pipe) ? pipe_batch(import->pipe) : NULL;
    if (batch == NULL) return false;
    struct import_refusal *refusal = &batch->refusals[batch->refusal_count++];
    *refusal = (struct import_refusal){ .line = line, .column = column, .code = code };
    copy_text(refusal->column_name, sizeof refusal->column_name, column_name);
    copy_text(refusal->detail, sizeof refusal->detail, detail != NULL ? detail : error_text(code));
    if (cell != NULL) copy_value(refusal->value, cell);
    return true;
}

/* "2020-02-06 00:00:00": a spreadsheet's date. */
static int without_midnight(const struct csv_cell *cell) {
    static const char midnight[] = " 00:00:00";
    int length = (int)sizeof midnight - 1;
    if (cell->length > length &&
        memcmp(cell->text + cell->length - length, midnight, (size_t)length) == 0)
        return cell->length - length;
    return cell->length;
}

/* Nearly every cell of a file is a short row of digits. */
static bool quick_count(const struct item *item, const struct csv_cell *cell, int32_t *figure) {
    int32_t value = 0;
    if (item->type != DATA_COUNT || cell->length < 1 || cell->length > 9) return false;
    for (int i = 0; i < cell->length; i++) {
        unsigned digit = (unsigned char)cell->text[i] - (unsigned)'0';
        if (digit > 9) return false;
        value = value * 10 + (int32_t)digit;
    }
    *figure = value;
    return value >= item->low && value <= item->high;
}

bool import_cell(const struct item *item, const struct csv_cell *cell, int32_t *figure,
                 enum error_code *error) {
    if (quick_count(item, cell, figure)) return true;
    *error = cell->too_long ? ERR_TOO_LONG : ERR_NOT_UTF8;
    if (cell->too_long || cell->not_utf8) return false;
    int length = item->type == DATA_DATE ? without_midnight(cell) : cell->length;
    return cell_parse(item, cell->text, (size_t)length, figure, error);
}

const struct form *import_form(const struct dictionary *dictionary, int facility_type) {
    for (int i = 0; i < dictionary->form_count; i++)
        if ((dictionary->forms[i].facility_types >> facility_type) & 1U)
            return &dictionary->forms[i];
    return NULL;
}
