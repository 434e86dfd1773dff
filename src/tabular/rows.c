/* Rows that a format has made, until they are given. */
#include "tabular_internal.h"

#include <stdlib.h>
#include <string.h>

static void *grown(void *list, size_t count, size_t *capacity, size_t size) {
    if (count < *capacity) return list;
    *capacity = *capacity == 0 ? 64 : *capacity * 2;
    return xrealloc(list, *capacity * size);
}

void row_begin(struct tabular *tabular, int64_t line) {
    struct tabular_rows *rows = &tabular->rows;
    rows->rows = grown(rows->rows, rows->count, &rows->capacity, sizeof *rows->rows);
    rows->rows[rows->count] = (struct tabular_made){ .line = line, .first = rows->span_count };
    rows->open = true;
}

static struct tabular_span *add_span(struct tabular *tabular) {
    struct tabular_rows *rows = &tabular->rows;
    struct tabular_made *row = &rows->rows[rows->count];
    if (row->count++ >= tabular->options.columns_most) return NULL;
    row->kept++;
    rows->spans = grown(rows->spans, rows->span_count, &rows->span_capacity, sizeof *rows->spans);
    return &rows->spans[rows->span_count++];
}

/* Not in the middle of a character. */
static size_t cut_at(const char *text, size_t length, size_t most) {
    if (length <= most) return length;
    while (most > 0 && ((unsigned char)text[most] & 0xC0) == 0x80)
        most--;
    return most;
}

void row_cell(struct tabular *tabular, const char *text, size_t length, enum tabular_kind kind) {
    struct tabular_rows *rows = &tabular->rows;
    bool blank = text_is_white(text, length);
    if (!blank) rows->rows[rows->count].filled = true;
    struct tabular_span *span = add_span(tabular);
    if (span == NULL) return;
    size_t kept = cut_at(text, length, tabular->options.cell_most);
    *span = (struct tabular_span){ .at = rows->text.length,
                                   .length = (int)kept,
                                   .kind = blank ? TABULAR_BLANK : kind,
                                   .too_long = kept < length };
    buffer_add(&rows->text, text, kept);
    buffer_add_char(&rows->text, '\0');
}

void row_skip(struct tabular *tabular, int columns) {
    struct tabular_made *row = &tabular->rows.rows[tabular->rows.count];
    while (columns > 0 && row->count < tabular->options.columns_most) {
        row_cell(tabular, "", 0, TABULAR_BLANK);
        columns--;
    }
    row->count += columns > 0 ? columns : 0;
}

int row_columns(const struct tabular *tabular) {
    return tabular->rows.rows[tabular->rows.count].count;
}

void row_end(struct tabular *tabular) {
    struct tabular_rows *rows = &tabular->rows;
    struct tabular_made *row = &rows->rows[rows->count];
    rows->open = false;
    if (row->filled) {
        rows->count++;
        return;
    }
    tabular->about.blank_rows++;
    rows->span_count = row->first;
}
