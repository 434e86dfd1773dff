#include "tabular_internal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *tabular_format_name(enum tabular_format format) {
    static const char *const names[TABULAR_FORMAT__MAX] = {
        [TABULAR_CSV] = "CSV",
        [TABULAR_XLSX] = "XLSX",
        [TABULAR_XLS] = "XLS",
        [TABULAR_HTML] = "HTML",
    };
    return names[format];
}

void tabular_note(struct tabular *tabular, const char *code, const char *format, ...) {
    struct tabular_about *about = &tabular->about;
    va_list args;
    if (about->note_count == TABULAR_NOTES) return;
    for (int i = 0; i < about->note_count; i++)
        if (strcmp(about->notes[i].code, code) == 0) return;
    va_start(args, format);
    about->notes[about->note_count++] =
        (struct tabular_note){ code, arena_vprintf(tabular->arena, format, args) };
    va_end(args);
}

static struct tabular_options with_defaults(const struct tabular_options *options) {
    struct tabular_options all = options != NULL ? *options : (struct tabular_options){ 0 };
    if (all.cell_most == 0) all.cell_most = 1000;
    if (all.columns_most == 0) all.columns_most = 2048;
    if (all.unpacked_most == 0) all.unpacked_most = INT64_C(4) << 30;
    if (all.ratio_most == 0) all.ratio_most = 200;
    return all;
}

bool tabular_open(int fd, const struct tabular_options *options, struct tabular **tabular,
                  struct arena *arena, struct problem *p) {
    struct tabular *new = xcalloc(1, sizeof *new);
    struct text *text = NULL;
    *tabular = NULL;
    new->options = with_defaults(options);
    new->arena = arena;
    new->fd = -1;
    if (!bytes_rewindable(fd, &new->options, &new->fd, &new->start, &new->own_fd, p) ||
        !text_open(bytes_file(new->fd, new->start, &new->options), new->options.encoding, &text,
                   p) ||
        !csv_open(new, text, p) || !tabular_select(new, 0, p)) {
        tabular_close(new);
        return false;
    }
    *tabular = new;
    return true;
}

static void forget_rows(struct tabular_rows *rows) {
    rows->text.length = 0;
    rows->span_count = rows->count = rows->next = 0;
    rows->open = false;
}

/* Those that were given make room; a row that is being made stays. */
static void make_room(struct tabular_rows *rows) {
    if (!rows->open) {
        forget_rows(rows);
        return;
    }
    struct tabular_made row = rows->rows[rows->count];
    size_t spans = rows->span_count - row.first;
    size_t text = spans > 0 ? rows->spans[row.first].at : rows->text.length;
    memmove(rows->spans, rows->spans + row.first, spans * sizeof *rows->spans);
    if (rows->text.length > text)
        memmove(rows->text.data, rows->text.data + text, rows->text.length - text);
    rows->text.length -= text;
    for (size_t i = 0; i < spans; i++)
        rows->spans[i].at -= text;
    row.first = 0;
    rows->rows[0] = row;
    rows->span_count = spans;
    rows->count = rows->next = 0;
}

static void give(struct tabular *tabular, struct tabular_row *row) {
    struct tabular_rows *rows = &tabular->rows;
    const struct tabular_made *made = &rows->rows[rows->next++];
    for (int i = 0; i < made->kept; i++) {
        const struct tabular_span *span = &rows->spans[made->first + (size_t)i];
        tabular->cells[i] = (struct tabular_cell){ .text = rows->text.data + span->at,
                                                   .length = span->length,
                                                   .kind = span->kind,
                                                   .too_long = span->too_long };
    }
    *row = (struct tabular_row){ made->line, made->count, tabular->cells };
}

bool tabular_next(struct tabular *tabular, struct tabular_row *row, bool *end, struct problem *p) {
    struct tabular_rows *rows = &tabular->rows;
    *end = false;
    while (rows->next == rows->count && !tabular->ended) {
        make_room(rows);
        if (!tabular->reader->more(tabular, &tabular->ended, p)) return false;
    }
    *end = rows->next == rows->count;
    if (!*end) give(tabular, row);
    return true;
}

bool tabular_select(struct tabular *tabular, int sheet, struct problem *p) {
    if (tabular->cells == NULL)
        tabular->cells = xcalloc((size_t)tabular->options.columns_most, sizeof *tabular->cells);
    forget_rows(&tabular->rows);
    tabular->about.blank_rows = 0;
    tabular->ended = false;
    return tabular->reader->begin(tabular, sheet, p);
}

const struct tabular_about *tabular_about(const struct tabular *tabular) {
    return &tabular->about;
}

void tabular_close(struct tabular *tabular) {
    if (tabular == NULL) return;
    if (tabular->reader != NULL) tabular->reader->close(tabular);
    if (tabular->own_fd) close(tabular->fd);
    buffer_free(&tabular->rows.text);
    free(tabular->rows.spans);
    free(tabular->rows.rows);
    free(tabular->cells);
    free(tabular);
}
