#include "import_csv.h"

#include <csv.h>
#include <stdlib.h>
#include <string.h>

enum { FEED = 16384 }; /* bytes between looks at the size of the cell at hand */

struct csv_reader {
    struct csv_parser parser;
    csv_row_fn *row;
    void *arg;
    bool stopped, begun, fed;
    int64_t line, row_line;
    int last_end; /* the character that ended the last row */
    int count;
    struct buffer text; /* of the row's cells, NUL after each */
    struct {
        size_t at;
        int length;
        bool too_long, not_utf8;
    } spans[CSV_COLUMNS];
    struct csv_cell cells[CSV_COLUMNS];
};

static int64_t count_lines(const char *text, size_t length) {
    int64_t lines = 0;
    for (const char *at = text; (at = memchr(at, '\n', (size_t)(text + length - at))) != NULL; at++)
        lines++;
    return lines;
}

/* Writers put an apostrophe before what a spreadsheet would take for a formula. */
static bool is_guarded(const char *text, size_t length) {
    size_t at = 1;
    if (length < 2 || text[0] != '\'') return false;
    while (at < length && (text[at] == ' ' || text[at] == '\t' || text[at] == '\r'))
        at++;
    return at < length && strchr("=+-@", text[at]) != NULL;
}

static void add_cell(struct csv_reader *reader, const char *text, size_t length) {
    int at = reader->count++;
    if (at >= CSV_COLUMNS) return;
    if (is_guarded(text, length)) {
        text++;
        length--;
    }
    bool too_long = length > CSV_CELL;
    size_t kept = too_long ? CSV_CELL : length;
    reader->spans[at].at = reader->text.length;
    reader->spans[at].length = (int)kept;
    reader->spans[at].too_long = too_long;
    reader->spans[at].not_utf8 = !text_is_utf8(text, length);
    buffer_add(&reader->text, text, kept);
    buffer_add_char(&reader->text, '\0');
}

static void on_cell(void *data, size_t length, void *arg) {
    struct csv_reader *reader = arg;
    if (reader->stopped) return;
    if (!reader->begun) {
        reader->begun = true;
        reader->row_line = reader->line;
    }
    const char *text = data != NULL ? data : "";
    reader->line += count_lines(text, length);
    add_cell(reader, text, length);
}

static void give_row(struct csv_reader *reader) {
    int count = reader->count < CSV_COLUMNS ? reader->count : CSV_COLUMNS;
    for (int i = 0; i < count; i++)
        reader->cells[i] = (struct csv_cell){
            .text = reader->text.data + reader->spans[i].at,
            .length = reader->spans[i].length,
            .too_long = reader->spans[i].too_long,
            .not_utf8 = reader->spans[i].not_utf8,
        };
    const struct csv_row row = { reader->row_line, reader->count, reader->cells };
    if (!reader->row(&row, reader->arg)) reader->stopped = true;
    reader->text.length = 0;
    reader->count = 0;
    reader->begun = false;
}

/* libcsv tells every CR and LF: the LF of a CRLF ends no second line. */
static void on_end(int c, void *arg) {
    struct csv_reader *reader = arg;
    if (reader->stopped) return;
    bool second_half = c == '\n' && reader->last_end == '\r' && !reader->begun;
    if (reader->begun) give_row(reader);
    if (!second_half) reader->line++;
    reader->last_end = c;
}

struct csv_reader *csv_reader_new(csv_row_fn *row, void *arg) {
    struct csv_reader *reader = xcalloc(1, sizeof *reader);
    csv_init(&reader->parser, CSV_REPALL_NL);
    reader->row = row;
    reader->arg = arg;
    reader->line = 1;
    return reader;
}

void csv_reader_free(struct csv_reader *reader) {
    if (reader == NULL) return;
    csv_free(&reader->parser);
    buffer_free(&reader->text);
    free(reader);
}

static bool unclosed(struct csv_reader *reader, struct problem *p) {
    reader->stopped = true;
    return problem_set(p, ERR_FILE_FORMAT,
                       "Line %lld: a cell of more than %d bytes begins in this row; "
                       "is a quotation mark not closed?",
                       (long long)(reader->begun ? reader->row_line : reader->line), CSV_QUOTED);
}

bool csv_reader_feed(struct csv_reader *reader, const char *data, size_t length,
                     struct problem *p) {
    if (!reader->fed && length >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0) {
        data += 3; /* byte order mark */
        length -= 3;
    }
    reader->fed = true;
    while (length > 0 && !reader->stopped) {
        size_t part = length < FEED ? length : FEED;
        if (csv_parse(&reader->parser, data, part, on_cell, on_end, reader) != part)
            return problem_set(p, ERR_FILE_FORMAT, "Line %lld is no CSV", (long long)reader->line);
        if (csv_get_buffer_size(&reader->parser) > CSV_QUOTED) return unclosed(reader, p);
        data += part;
        length -= part;
    }
    return !reader->stopped;
}

bool csv_reader_end(struct csv_reader *reader, struct problem *p) {
    if (reader->stopped) return false;
    if (csv_fini(&reader->parser, on_cell, on_end, reader) != 0)
        return problem_set(p, ERR_FILE_FORMAT, "The file ends within line %lld",
                           (long long)reader->line);
    return !reader->stopped;
}
