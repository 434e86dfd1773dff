#include "tabular_internal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zip.h>

const char *tabular_format_name(enum tabular_format format) {
    static const char *const names[TABULAR_FORMAT__MAX] = {
        [TABULAR_CSV] = "CSV",   [TABULAR_XLSX] = "XLSX",
        [TABULAR_XLS] = "XLS",   [TABULAR_XML2003] = "XML Spreadsheet 2003",
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
    char *text = arena_vprintf(tabular->arena, format, args);
    va_end(args);
    text_mend(text);
    about->notes[about->note_count++] = (struct tabular_note){ code, text };
}

static struct tabular_options with_defaults(const struct tabular_options *options) {
    struct tabular_options all = options != NULL ? *options : (struct tabular_options){ 0 };
    if (all.cell_most == 0) all.cell_most = 1000;
    if (all.columns_most == 0) all.columns_most = 2048;
    if (all.unpacked_most == 0) all.unpacked_most = INT64_C(4) << 30;
    if (all.ratio_most == 0) all.ratio_most = 200;
    return all;
}

bool tabular_sheet(struct tabular *tabular, const char *name, bool hidden) {
    struct tabular_about *about = &tabular->about;
    if (about->sheet_count == TABULAR_SHEETS) return false;
    tabular->hidden[about->sheet_count] = hidden;
    about->sheets[about->sheet_count++] = arena_strdup(tabular->arena, name);
    return true;
}

void tabular_progress(struct tabular *tabular, const struct bytes *bytes) {
    int64_t size = bytes_size(bytes), done = bytes_done(bytes), all = tabular->about.bytes;
    tabular->about.bytes_read =
        size > 0 && done < size ? (int64_t)((double)done / (double)size * (double)all) : all;
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
    if (spans > 0) memmove(rows->spans, rows->spans + row.first, spans * sizeof *rows->spans);
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

/* Sees to it that there is a row to give, if any is left. */
static bool fetch(struct tabular *tabular, struct problem *p) {
    struct tabular_rows *rows = &tabular->rows;
    while (rows->next == rows->count && !tabular->ended) {
        make_room(rows);
        if (!tabular->reader->more(tabular, &tabular->ended, p)) return false;
    }
    return true;
}

bool tabular_next(struct tabular *tabular, struct tabular_row *row, bool *end, struct problem *p) {
    struct tabular_rows *rows = &tabular->rows;
    if (!fetch(tabular, p)) return false;
    *end = rows->next == rows->count;
    if (!*end) give(tabular, row);
    return true;
}

bool tabular_select(struct tabular *tabular, int sheet, struct problem *p) {
    struct tabular_about *about = &tabular->about;
    bool workbook = about->sheet_count > 0;
    if (workbook && (sheet < 0 || sheet >= about->sheet_count))
        return problem_set(p, ERR_FILE_FORMAT, "The file has no sheet %d", sheet + 1);
    forget_rows(&tabular->rows);
    about->blank_rows = 0;
    about->note_count = tabular->own_notes;
    about->sheet = workbook ? sheet : -1;
    tabular->ended = false;
    return tabular->reader->begin(tabular, sheet, p);
}

/* ---- Which sheet. -------------------------------------------------------------------------------
 */

static bool same_name(const char *a, const char *b) {
    char *tidy_a = xmalloc(strlen(a) + 1), *tidy_b = xmalloc(strlen(b) + 1);
    tabular_tidy(a, strlen(a), tidy_a);
    tabular_tidy(b, strlen(b), tidy_b);
    bool same = strcasecmp(tidy_a, tidy_b) == 0;
    free(tidy_a);
    free(tidy_b);
    return same;
}

static const char *sheet_names(const struct tabular *tabular) {
    struct buffer names = { 0 };
    for (int i = 0; i < tabular->about.sheet_count && names.length < 200; i++)
        buffer_printf(&names, "%s\"%.40s\"", i > 0 ? ", " : "", tabular->about.sheets[i]);
    const char *all = arena_strndup(tabular->arena, names.data, names.length);
    buffer_free(&names);
    return all;
}

static bool select_named(struct tabular *tabular, const char *name, struct problem *p) {
    for (int i = 0; i < tabular->about.sheet_count; i++)
        if (same_name(tabular->about.sheets[i], name)) return tabular_select(tabular, i, p);
    return problem_set(p, ERR_FILE_FORMAT, "There is no sheet \"%.60s\"; there are %s", name,
                       sheet_names(tabular));
}

/* The one that the format prefers, then those in sight, then the hidden ones: the first with rows.
 */
static bool select_first(struct tabular *tabular, struct problem *p) {
    struct tabular_about *about = &tabular->about;
    int preferred = about->sheet;
    for (int pass = 0; pass < 3; pass++)
        for (int i = 0; i < about->sheet_count; i++) {
            if (pass == 0 ? i != preferred : tabular->hidden[i] != (pass == 2)) continue;
            if (!tabular_select(tabular, i, p) || !fetch(tabular, p)) return false;
            if (tabular->rows.count == 0) continue;
            if (about->sheet_count > 1)
                tabular_note(tabular, "sheet", "\"%.60s\" was read, of %s", about->sheets[i],
                             sheet_names(tabular));
            return true;
        }
    return problem_set(p, ERR_FILE_FORMAT, "No sheet of the file has anything in a cell");
}

static bool select_sheet(struct tabular *tabular, struct problem *p) {
    const char *wanted = tabular->options.sheet;
    tabular->own_notes = tabular->about.note_count;
    if (tabular->about.sheet_count == 0) return tabular_select(tabular, 0, p);
    return wanted != NULL ? select_named(tabular, wanted, p) : select_first(tabular, p);
}

bool tabular_open(int fd, const struct tabular_options *options, struct tabular **tabular,
                  struct arena *arena, struct problem *p) {
    struct tabular *new = xcalloc(1, sizeof *new);
    *tabular = NULL;
    new->options = with_defaults(options);
    new->cells = xcalloc((size_t) new->options.columns_most, sizeof *new->cells);
    new->arena = arena;
    new->fd = -1;
    if (!bytes_rewindable(fd, &new->options, &new->fd, &new->start, &new->own_fd, p) ||
        !tabular_detect(new, p) || !select_sheet(new, p)) {
        tabular_close(new);
        return false;
    }
    *tabular = new;
    return true;
}

const struct tabular_about *tabular_about(const struct tabular *tabular) {
    return &tabular->about;
}

void tabular_close(struct tabular *tabular) {
    if (tabular == NULL) return;
    if (tabular->reader != NULL) tabular->reader->close(tabular);
    if (tabular->zip != NULL) zip_discard(tabular->zip);
    if (tabular->own_fd && tabular->fd >= 0) close(tabular->fd);
    buffer_free(&tabular->rows.text);
    free(tabular->rows.spans);
    free(tabular->rows.rows);
    free(tabular->cells);
    free(tabular);
}
