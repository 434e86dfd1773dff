/* CSV: the delimiter is found from the first rows, libcsv does the rest. */
#include "tabular_internal.h"

#include <csv.h>
#include <stdlib.h>
#include <string.h>

enum {
    SNIFFED_ROWS = 32,
    SNIFFED_COLUMNS = 4096,
    QUOTED = 65536, /* a cell longer than this is a quotation mark that was never closed */
};

struct csv {
    struct text *text;
    struct csv_parser parser;
    struct tabular *tabular;
    int64_t line;
    bool sep_line, begun;
    char piece[TEXT_PIECE];
};

/* ---- Which delimiter. ---------------------------------------------------------------------------
 */

struct shape {
    int columns[SNIFFED_ROWS], rows;
};

/* The columns of the first rows under one delimiter; quotes count at the beginning of a cell. */
static struct shape shape_of(const char *text, size_t length, char delimiter) {
    struct shape shape = { .rows = 0 };
    bool quoted = false, fresh = true, filled = false;
    int columns = 1;
    for (size_t i = 0; i < length && shape.rows < SNIFFED_ROWS; i++) {
        char c = text[i];
        if (quoted) {
            quoted = c != '"';
        } else if (c == '"' && fresh) {
            quoted = filled = true;
        } else if (c == '\n') {
            if (filled) shape.columns[shape.rows++] = columns;
            columns = 1;
            filled = false;
        } else if (c == delimiter) {
            columns++;
        } else if (c != ' ') {
            filled = true;
        }
        fresh = c == '\n' || c == delimiter || (fresh && c == ' ');
    }
    if (filled && shape.rows < SNIFFED_ROWS) shape.columns[shape.rows++] = columns;
    return shape;
}

/* How many rows agree in a number of columns above one, then that number. */
static int agreement(const struct shape *shape) {
    int best = 0;
    for (int i = 0; i < shape->rows; i++) {
        int same = 0, columns = shape->columns[i];
        if (columns < 2) continue;
        for (int j = 0; j < shape->rows; j++)
            same += shape->columns[j] == columns;
        if (columns >= SNIFFED_COLUMNS) columns = SNIFFED_COLUMNS - 1;
        if (same * SNIFFED_COLUMNS + columns > best) best = same * SNIFFED_COLUMNS + columns;
    }
    return best;
}

static char find_delimiter(const char *text, size_t length) {
    static const char candidates[] = { ',', ';', '\t', '|' };
    char found = ',';
    int best = 0;
    for (size_t i = 0; i < sizeof candidates; i++) {
        struct shape shape = shape_of(text, length, candidates[i]);
        int score = agreement(&shape);
        if (score > best) {
            best = score;
            found = candidates[i];
        }
    }
    return found;
}

/* "sep=;" alone in the first line, as Excel writes and obeys it. */
static bool told_delimiter(const char *text, size_t length, char *delimiter) {
    bool quoted = length > 0 && text[0] == '"';
    const char *at = text + quoted;
    size_t size = quoted ? 7 : 5;
    if (length < size || strncasecmp(at, "sep=", 4) != 0) return false;
    if (quoted && at[5] != '"') return false;
    if (length > size && text[size] != '\n') return false;
    *delimiter = at[4];
    return *delimiter != '\n' && *delimiter != '"' && ((unsigned char)*delimiter & 0x80) == 0;
}

/* ---- Rows. --------------------------------------------------------------------------------------
 */

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
    while (at < length && (text[at] == ' ' || text[at] == '\t'))
        at++;
    return at < length && strchr("=+-@", text[at]) != NULL;
}

static void on_cell(void *data, size_t length, void *arg) {
    struct csv *csv = arg;
    const char *text = data != NULL ? data : "";
    if (!csv->begun) row_begin(csv->tabular, csv->line);
    csv->begun = true;
    csv->line += count_lines(text, length);
    size_t guard = is_guarded(text, length);
    row_cell(csv->tabular, text + guard, length - guard, TABULAR_TEXT);
}

static void on_end(int c, void *arg) {
    struct csv *csv = arg;
    if (csv->begun)
        row_end(csv->tabular);
    else if (c == '\n')
        csv->tabular->about.blank_rows++;
    csv->begun = false;
    csv->line++;
}

static bool unclosed(const struct csv *csv, struct problem *p) {
    const struct tabular_rows *rows = &csv->tabular->rows;
    return problem_set(p, ERR_FILE_FORMAT,
                       "Line %lld: a cell of more than %d bytes begins in this row; "
                       "is a quotation mark not closed?",
                       (long long)(csv->begun ? rows->rows[rows->count].line : csv->line), QUOTED);
}

static bool csv_more(struct tabular *tabular, bool *end, struct problem *p) {
    struct csv *csv = tabular->state;
    size_t got;
    if (!text_read(csv->text, csv->piece, &got, p)) return false;
    tabular_progress(tabular, text_bytes(csv->text));
    for (size_t at = 0, part; at < got; at += part) {
        part = got - at < TABULAR_PIECE ? got - at : TABULAR_PIECE;
        if (csv_parse(&csv->parser, csv->piece + at, part, on_cell, on_end, csv) != part)
            return problem_set(p, ERR_FILE_FORMAT, "Line %lld is no CSV", (long long)csv->line);
        if (csv_get_buffer_size(&csv->parser) > QUOTED) return unclosed(csv, p);
    }
    *end = got == 0;
    if (*end && csv_fini(&csv->parser, on_cell, on_end, csv) != 0)
        return problem_set(p, ERR_FILE_FORMAT, "The file ends within line %lld",
                           (long long)csv->line);
    return true;
}

/* Skips the line that names the delimiter: it is in the first piece, which text_read gives whole.
 */
static bool skip_sep_line(struct csv *csv, struct problem *p) {
    size_t got;
    if (!text_read(csv->text, csv->piece, &got, p)) return false;
    const char *line_end = memchr(csv->piece, '\n', got);
    size_t skip = line_end != NULL ? (size_t)(line_end - csv->piece) + 1 : got;
    csv->line = 2;
    return csv_parse(&csv->parser, csv->piece + skip, got - skip, on_cell, on_end, csv) ==
               got - skip ||
           problem_set(p, ERR_FILE_FORMAT, "Line 2 is no CSV");
}

static bool csv_begin(struct tabular *tabular, int sheet, struct problem *p) {
    struct csv *csv = tabular->state;
    (void)sheet;
    csv_free(&csv->parser);
    csv_init(&csv->parser, CSV_REPALL_NL);
    csv_set_delim(&csv->parser, (unsigned char)tabular->about.delimiter);
    csv->line = 1;
    csv->begun = false;
    return text_rewind(csv->text, p) && (!csv->sep_line || skip_sep_line(csv, p));
}

static void csv_close(struct tabular *tabular) {
    struct csv *csv = tabular->state;
    csv_free(&csv->parser);
    text_free(csv->text);
    free(csv);
}

bool csv_open(struct tabular *tabular, struct text *text, struct problem *p) {
    static const struct tabular_reader reader = { csv_more, csv_begin, csv_close };
    struct csv *csv = xcalloc(1, sizeof *csv);
    size_t got;
    csv_init(&csv->parser, CSV_REPALL_NL);
    csv->text = text;
    csv->tabular = tabular;
    tabular->reader = &reader;
    tabular->state = csv;
    tabular->about.format = TABULAR_CSV;
    if (!text_read(text, csv->piece, &got, p)) return false;
    csv->sep_line = told_delimiter(csv->piece, got, &tabular->about.delimiter);
    if (!csv->sep_line) tabular->about.delimiter = find_delimiter(csv->piece, got);
    return true;
}
