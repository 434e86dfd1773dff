/* XML Spreadsheet 2003, which reporting programs (SAS) name .xls: one XML file with all sheets.
 *
 * It is read once to find its sheets, and again for the rows of one. */
#include "sheet.h"
#include "xml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_MOST = 1 << 20, COLUMNS_MOST = 1 << 14, STYLES = 2000 };

struct book {
    struct tabular *tabular;
    struct bytes *bytes;
    struct xml *xml;
    bool looking;   /* first reading */
    int at, wanted; /* worksheets: begun so far, and the one that is read */
    struct {
        char id[40];
        bool percent;
    } styles[STYLES];
    int style_count;

    int64_t line;
    bool in_row, in_cell, in_data;
    int columns; /* that the cell at hand covers */
    bool percent;
    char type[12], formula[200]; /* "": it has none */
    struct buffer text;
    char piece[TABULAR_PIECE / 2];
};

static void stop(struct book *book, const char *why) {
    struct problem problem = { 0 };
    problem_set(&problem, ERR_FILE_FORMAT,
                "Row %lld of the sheet: %s; open the workbook in a spreadsheet program and save it "
                "as .xlsx",
                (long long)book->line, why);
    xml_stop(book->xml, &problem);
}

/* A number in an attribute, or another one when it is not there; -1: it is none. */
static int64_t number_in(const struct xml_attributes *attributes, const char *name, int64_t low,
                         int64_t high, int64_t otherwise) {
    char value[16];
    int64_t number = otherwise;
    if (xml_attribute(attributes, name, value, sizeof value) &&
        !text_to_int(value, low, high, &number))
        return -1;
    return number;
}

/* ---- Styles and sheets. -------------------------------------------------------------------------
 */

static void begin_style(struct book *book, const char *name,
                        const struct xml_attributes *attributes) {
    char format[80];
    if (strcmp(name, "Style") == 0 && book->style_count < STYLES) {
        xml_attribute(attributes, "ID", book->styles[book->style_count].id,
                      sizeof book->styles[0].id);
        book->styles[book->style_count++].percent = false;
    }
    if (strcmp(name, "NumberFormat") != 0 || book->style_count == 0) return;
    xml_attribute(attributes, "Format", format, sizeof format);
    book->styles[book->style_count - 1].percent =
        strcmp(format, "Percent") == 0 || sheet_shown_by_code(format) == SHOWN_PERCENT;
}

static bool is_percent(const struct book *book, const char *id) {
    for (int i = 0; i < book->style_count; i++)
        if (strcmp(book->styles[i].id, id) == 0) return book->styles[i].percent;
    return false;
}

static void begin_sheet(struct book *book, const struct xml_attributes *attributes) {
    char name[256];
    book->at++;
    book->line = 0;
    if (!book->looking) return;
    xml_attribute(attributes, "Name", name, sizeof name);
    if (!tabular_sheet(book->tabular, name, false))
        tabular_note(book->tabular, "sheets_left", "More sheets than %d were not looked at",
                     TABULAR_SHEETS);
}

/* ---- Rows and cells. ----------------------------------------------------------------------------
 */

static void begin_row(struct book *book, const struct xml_attributes *attributes) {
    int64_t line = number_in(attributes, "Index", book->line + 1, ROWS_MOST, book->line + 1);
    if (line < 0 || book->in_row) {
        stop(book, "the row after it is out of order");
        return;
    }
    book->line = line;
    book->in_row = true;
    row_begin(book->tabular, line);
}

static void begin_cell(struct book *book, const struct xml_attributes *attributes) {
    int next = row_columns(book->tabular);
    int64_t column = number_in(attributes, "Index", next + 1, COLUMNS_MOST, next + 1) - 1;
    int64_t across = number_in(attributes, "MergeAcross", 0, COLUMNS_MOST, 0);
    char style[40];
    if (column < 0 || across < 0 || column + across >= COLUMNS_MOST || book->in_cell) {
        stop(book, "its cells are out of order");
        return;
    }
    row_skip(book->tabular, (int)column - next);
    xml_attribute(attributes, "StyleID", style, sizeof style);
    book->percent = is_percent(book, style);
    book->columns = 1 + (int)across;
    book->in_cell = true;
    book->text.length = 0;
    *book->type = '\0';
    xml_attribute(attributes, "Formula", book->formula, sizeof book->formula);
    if (across > 0 || number_in(attributes, "MergeDown", 0, ROWS_MOST, 0) != 0)
        tabular_note(book->tabular, "merged",
                     "Cells are merged; what they hold counts for the first of them");
}

static void on_start(void *arg, const char *name, const struct xml_attributes *attributes) {
    struct book *book = arg;
    if (strcmp(name, "Worksheet") == 0) begin_sheet(book, attributes);
    if (book->at < 0) begin_style(book, name, attributes);
    if (book->looking || book->at != book->wanted) return;
    if (strcmp(name, "Row") == 0) begin_row(book, attributes);
    if (strcmp(name, "Cell") == 0 && book->in_row) begin_cell(book, attributes);
    if (strcmp(name, "Data") == 0 && book->in_cell) {
        xml_attribute(attributes, "Type", book->type, sizeof book->type);
        book->in_data = true;
    }
}

static void on_text(void *arg, const char *text, size_t length) {
    struct book *book = arg;
    size_t most = book->tabular->options.cell_most + 8;
    size_t room = most > book->text.length ? most - book->text.length : 0;
    if (book->in_data) buffer_add(&book->text, text, length < room ? length : room);
}

/* "2023-11-05T00:00:00.000" is a day; a time alone stands on the day before 1900. */
static void date_cell(struct book *book, const char *text, size_t length) {
    const char *fraction = memchr(text, '.', length);
    if (fraction != NULL) length = (size_t)(fraction - text);
    bool whole = length == 19 && text[10] == 'T';
    if (whole && memcmp(text + 10, "T00:00:00", 9) == 0)
        length = 10;
    else if (whole && memcmp(text, "1899-12-31", 10) == 0)
        text += 11, length = 8;
    row_cell(book->tabular, text, length, TABULAR_DATE);
}

static void number_cell(struct book *book, const char *text, size_t length) {
    char number[SHEET_NUMBER], *end;
    size_t kept = length < sizeof number - 1 ? length : sizeof number - 1;
    memcpy(number, text, kept);
    number[kept] = '\0';
    double value = strtod(number, &end);
    bool plain = *end == '\0' && strspn(number, "+-.0123456789eE") == length;
    if (plain && value - value == 0)
        sheet_number_cell(book->tabular, value, book->percent ? SHOWN_PERCENT : SHOWN_NUMBER,
                          false);
    else
        row_cell(book->tabular, text, length, TABULAR_TEXT);
}

/* An empty text is a value; no other kind of value is empty. */
static bool is_computed(const struct book *book) {
    if (strcmp(book->type, "String") == 0) return true;
    return book->text.length > 0 && !text_is_white(book->text.data, book->text.length);
}

static void end_cell(struct book *book) {
    const char *text = book->text.length > 0 ? book->text.data : "";
    size_t length = book->text.length;
    const char *formula = book->formula + (*book->formula == '=');
    if (*book->formula != '\0' && !is_computed(book))
        sheet_formula_cell(book->tabular, formula, strlen(formula), book->line);
    else if (length > 0 && strcmp(book->type, "Number") == 0)
        number_cell(book, text, length);
    else if (length > 0 && strcmp(book->type, "DateTime") == 0)
        date_cell(book, text, length);
    else if (length > 0 && strcmp(book->type, "Boolean") == 0)
        row_cell(book->tabular, *text == '0' ? "FALSE" : "TRUE", *text == '0' ? 5 : 4,
                 TABULAR_BOOLEAN);
    else
        row_cell(book->tabular, text, length, TABULAR_TEXT);
    row_skip(book->tabular, book->columns - 1);
    book->in_cell = false;
}

static void on_end(void *arg, const char *name) {
    struct book *book = arg;
    if (strcmp(name, "Data") == 0) book->in_data = false;
    if (strcmp(name, "Cell") == 0 && book->in_cell) end_cell(book);
    if (strcmp(name, "Row") == 0 && book->in_row) {
        row_end(book->tabular);
        book->in_row = false;
    }
}

/* ---- Reading. -----------------------------------------------------------------------------------
 */

static const struct xml_events events = { on_start, on_text, on_end };

static bool rewind_book(struct book *book, struct problem *p) {
    xml_free(book->xml);
    book->xml = xml_new(&events, book);
    book->at = -1;
    book->style_count = 0;
    book->in_row = book->in_cell = book->in_data = false;
    return bytes_rewind(book->bytes, p);
}

static bool read_piece(struct book *book, bool *end, struct problem *p) {
    size_t got;
    if (!bytes_read(book->bytes, book->piece, sizeof book->piece, &got, p)) return false;
    *end = got == 0;
    return xml_feed(book->xml, book->piece, got, *end, "XML", p);
}

static bool xml2003_more(struct tabular *tabular, bool *end, struct problem *p) {
    struct book *book = tabular->state;
    tabular_progress(tabular, book->bytes);
    return read_piece(book, end, p);
}

static bool xml2003_begin(struct tabular *tabular, int sheet, struct problem *p) {
    struct book *book = tabular->state;
    book->wanted = sheet;
    return rewind_book(book, p);
}

static void xml2003_close(struct tabular *tabular) {
    struct book *book = tabular->state;
    xml_free(book->xml);
    bytes_free(book->bytes);
    buffer_free(&book->text);
    free(book);
}

bool xml2003_open(struct tabular *tabular, struct bytes *bytes, struct problem *p) {
    static const struct tabular_reader reader = { xml2003_more, xml2003_begin, xml2003_close };
    struct book *book = xcalloc(1, sizeof *book);
    bool end = false;
    book->tabular = tabular;
    book->bytes = bytes;
    book->looking = true;
    tabular->reader = &reader;
    tabular->state = book;
    tabular->about.format = TABULAR_XML2003;
    tabular->about.rows_numbered = true;
    tabular->about.sheet = -1;
    if (!rewind_book(book, p)) return false;
    while (!end)
        if (!read_piece(book, &end, p)) return false;
    book->looking = false;
    return tabular->about.sheet_count > 0 ||
           problem_set(p, ERR_FILE_FORMAT, "The workbook has no sheet of cells");
}
