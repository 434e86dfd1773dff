/* Binary workbooks of Excel 5 to 2003 (BIFF5, BIFF8). */
#include "xls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum record_id {
    FORMULA = 0x06,
    END = 0x0A,
    DATEMODE = 0x22,
    FILEPASS = 0x2F,
    CODEPAGE = 0x42,
    BOUNDSHEET = 0x85,
    MULRK = 0xBD,
    RSTRING = 0xD6,
    XF = 0xE0,
    MERGED = 0xE5,
    SST = 0xFC,
    LABELSST = 0xFD,
    NUMBER = 0x203,
    LABEL = 0x204,
    ROW = 0x208,
    BOOLERR = 0x205,
    STRING = 0x207,
    RK = 0x27E,
    FORMAT = 0x41E,
    BEGIN = 0x809,
};
enum { FILE_MOST = 64 * 1024 * 1024, RECORDS_AT_ONCE = 2048, FORMATS = 2000, BIFF8 = 0x600 };

struct xls {
    struct tabular *tabular;
    struct buffer stream, text;
    bool wide, from_1904;
    int page;
    struct sheet_styles styles;
    struct sheet_strings strings;
    struct {
        uint32_t id;
        enum sheet_shown shown;
    } formats[FORMATS];
    int format_count;
    uint32_t starts[TABULAR_SHEETS];
    size_t at; /* the next record of the sheet */
    int depth; /* sheets within the sheet: charts */
    int64_t line;
    bool in_row, text_follows; /* the value of a formula comes in the next record */
    bool computed;             /* a spreadsheet program has computed its formulas */
    uint32_t style_of_formula;
};

static const char *text_of(struct xls *xls) {
    buffer_add_char(&xls->text, '\0');
    return xls->text.data;
}

/* ---- The workbook. ------------------------------------------------------------------------------
 */

static void add_sheet(struct xls *xls, const struct xls_record *record) {
    int at = xls->tabular->about.sheet_count;
    if (record->length < 8 || record->data[5] != 0) return; /* a chart, or macros */
    struct xls_text text = xls_text_of(&xls->stream, record, 6, xls->wide, xls->page);
    xls_text_read(&text, 1, &xls->text);
    if (tabular_sheet(xls->tabular, text_of(xls), (record->data[4] & 3) != 0))
        xls->starts[at] = xls_u32(record->data);
}

static void add_format(struct xls *xls, const struct xls_record *record) {
    struct xls_text text = xls_text_of(&xls->stream, record, 2, xls->wide, xls->page);
    if (xls->format_count == FORMATS || text.broken) return;
    xls_text_read(&text, xls->wide ? 2 : 1, &xls->text);
    xls->formats[xls->format_count].id = xls_u16(record->data);
    xls->formats[xls->format_count++].shown = sheet_shown_by_code(text_of(xls));
}

static void add_style(struct xls *xls, const struct xls_record *record) {
    if (record->length < 4) return;
    uint32_t id = xls_u16(record->data + 2);
    enum sheet_shown shown = sheet_shown_by_id((int)id);
    for (int i = 0; i < xls->format_count; i++)
        if (xls->formats[i].id == id) shown = xls->formats[i].shown;
    sheet_styles_add(&xls->styles, shown);
}

static bool add_strings(struct xls *xls, const struct xls_record *record, struct problem *p) {
    struct xls_text text = xls_text_of(&xls->stream, record, 8, true, 0);
    uint32_t count = record->length >= 8 ? xls_u32(record->data + 4) : 0;
    for (uint32_t i = 0; i < count; i++) {
        xls_text_read(&text, 2, &xls->text);
        if (text.broken) return xls_damaged(p);
        if (!sheet_strings_add(&xls->strings, xls->text.length > 0 ? xls->text.data : "",
                               xls->text.length, &xls->tabular->options, p))
            return false;
    }
    return true;
}

static bool take_global(struct xls *xls, const struct xls_record *record, struct problem *p) {
    uint32_t number = record->length >= 2 ? xls_u16(record->data) : 0;
    switch (record->id) {
    case FILEPASS:
        return problem_set(p, ERR_FILE_FORMAT,
                           "The workbook has a password; save it without and send it again");
    case CODEPAGE:
        xls->page = number == 0x8001 ? 1252 : (int)number;
        return true;
    case DATEMODE:
        xls->from_1904 = number == 1;
        return true;
    case BOUNDSHEET:
        add_sheet(xls, record);
        return true;
    case FORMAT:
        add_format(xls, record);
        return true;
    case XF:
        add_style(xls, record);
        return true;
    case SST:
        return add_strings(xls, record, p);
    default:
        return true;
    }
}

static bool read_globals(struct xls *xls, struct problem *p) {
    struct xls_record record;
    if (!xls_record_at(&xls->stream, 0, &record) || record.id != BEGIN || record.length < 4)
        return problem_set(p, ERR_FILE_FORMAT,
                           "The workbook is of a version of Excel before 5; open it in a "
                           "spreadsheet program and save it as .xlsx");
    xls->wide = xls_u16(record.data) >= BIFF8;
    xls->page = 1252;
    do {
        if (!xls_record_at(&xls->stream, record.next, &record)) return xls_damaged(p);
        if (!take_global(xls, &record, p)) return false;
    } while (record.id != END);
    return xls->tabular->about.sheet_count > 0 ||
           problem_set(p, ERR_FILE_FORMAT, "The workbook has no sheet of cells");
}

/* ---- A sheet. -----------------------------------------------------------------------------------
 */

static void end_row(struct xls *xls) {
    if (xls->in_row) row_end(xls->tabular);
    xls->in_row = false;
}

/* Makes room for the cell at that row and column. */
static bool begin_cell(struct xls *xls, uint32_t row, uint32_t column, struct problem *p) {
    int64_t line = (int64_t)row + 1;
    if (line != xls->line || !xls->in_row) {
        end_row(xls);
        if (line > xls->line) row_begin(xls->tabular, line);
        xls->in_row = line > xls->line;
    }
    int have = xls->in_row ? row_columns(xls->tabular) : 0;
    if (!xls->in_row || (int)column < have)
        return problem_set(p, ERR_FILE_FORMAT,
                           "Row %lld of the sheet: its cells are out of order; open the workbook "
                           "in a spreadsheet program and save it as .xlsx",
                           (long long)line);
    xls->line = line;
    row_skip(xls->tabular, (int)column - have);
    return true;
}

static void number_cell(struct xls *xls, uint32_t style, double number) {
    if (number - number != 0)
        row_cell(xls->tabular, "#NUM!", 5, TABULAR_TEXT);
    else
        sheet_number_cell(xls->tabular, number, sheet_styles_at(&xls->styles, style),
                          xls->from_1904);
}

static double double_at(const unsigned char *at) {
    uint64_t bits = (uint64_t)xls_u32(at + 4) << 32 | xls_u32(at);
    double number;
    memcpy(&number, &bits, sizeof number);
    return number;
}

/* 30 bits: a whole number or the upper part of a double, perhaps a hundred times too large. */
static double short_number(uint32_t bits) {
    double number;
    uint64_t high = (uint64_t)(bits & 0xFFFFFFFCU) << 32;
    memcpy(&number, &high, sizeof number);
    if (bits & 2) number = (double)((int32_t)bits >> 2);
    return bits & 1 ? number / 100 : number;
}

static void truth_cell(struct xls *xls, unsigned value, bool error) {
    static const struct {
        unsigned code;
        const char *text;
    } errors[] = { { 0x00, "#NULL!" }, { 0x07, "#DIV/0!" }, { 0x0F, "#VALUE!" }, { 0x17, "#REF!" },
                   { 0x1D, "#NAME?" }, { 0x24, "#NUM!" },   { 0x2A, "#N/A" } };
    const char *text = error ? "#ERROR!" : value != 0 ? "TRUE" : "FALSE";
    for (size_t i = 0; error && i < COUNT(errors); i++)
        if (errors[i].code == value) text = errors[i].text;
    row_cell(xls->tabular, text, strlen(text), error ? TABULAR_TEXT : TABULAR_BOOLEAN);
}

static bool text_cell(struct xls *xls, const struct xls_record *record, size_t skip,
                      struct problem *p) {
    struct xls_text text = xls_text_of(&xls->stream, record, skip, xls->wide, xls->page);
    xls_text_read(&text, 2, &xls->text);
    if (text.broken) return xls_damaged(p);
    row_cell(xls->tabular, xls->text.length > 0 ? xls->text.data : "", xls->text.length,
             TABULAR_TEXT);
    return true;
}

/* The value of a formula: 8 bytes, a double, or what it is else. */
enum value_kind { VALUE_TEXT, VALUE_TRUTH, VALUE_ERROR, VALUE_EMPTY, VALUE_NUMBER };
static enum value_kind value_kind(const unsigned char value[8]) {
    if (xls_u16(value + 6) != 0xFFFF) return VALUE_NUMBER;
    return value[0] < VALUE_EMPTY ? (enum value_kind)value[0] : VALUE_EMPTY;
}

/* A text of nothing is what a formula gives at times, and what libraries that compute nothing write
 * for every one: it is a value where another formula of the workbook has one. */
static bool any_computed(const struct buffer *stream) {
    struct xls_record record = { 0 };
    while (xls_record_at(stream, record.next, &record))
        if (record.id == FORMULA && record.length >= 14 &&
            value_kind(record.data + 6) != VALUE_EMPTY)
            return true;
    return false;
}

/* The value that the spreadsheet computed last. */
static bool formula_cell(struct xls *xls, const struct xls_record *record, uint32_t style) {
    const unsigned char *value = record->data + 6;
    enum value_kind kind = value_kind(value);
    if (kind == VALUE_NUMBER)
        number_cell(xls, style, double_at(value));
    else if (kind == VALUE_TEXT)
        xls->text_follows = true;
    else if (kind == VALUE_TRUTH || kind == VALUE_ERROR)
        truth_cell(xls, value[2], kind == VALUE_ERROR);
    else if (xls->computed)
        row_cell(xls->tabular, "", 0, TABULAR_BLANK);
    else
        sheet_formula_cell(xls->tabular, "", 0, xls->line);
    return true;
}

static bool short_numbers(struct xls *xls, const struct xls_record *record) {
    for (size_t at = 4; at + 8 <= record->length; at += 6)
        number_cell(xls, xls_u16(record->data + at), short_number(xls_u32(record->data + at + 2)));
    return true;
}

static bool is_cell(uint32_t id) {
    return id == FORMULA || id == MULRK || id == RSTRING || id == LABELSST || id == NUMBER ||
           id == LABEL || id == BOOLERR || id == RK;
}

/* Row and column lead every record of a cell, then its style, but for MULRK's. */
static bool take_cell(struct xls *xls, const struct xls_record *record, struct problem *p) {
    static const struct {
        uint32_t id;
        size_t least;
    } sizes[] = { { FORMULA, 14 }, { MULRK, 12 },  { LABELSST, 10 }, { NUMBER, 14 },
                  { BOOLERR, 8 },  { RSTRING, 8 }, { LABEL, 8 },     { RK, 10 } };
    const unsigned char *data = record->data;
    for (size_t i = 0; i < COUNT(sizes); i++)
        if (sizes[i].id == record->id && record->length < sizes[i].least) return xls_damaged(p);
    if (!begin_cell(xls, xls_u16(data), xls_u16(data + 2), p)) return false;
    uint32_t style = xls_u16(data + 4);
    switch (record->id) {
    case LABELSST:
        return sheet_string_cell(xls->tabular, &xls->strings, xls_u32(data + 6)) || xls_damaged(p);
    case NUMBER:
        number_cell(xls, style, double_at(data + 6));
        return true;
    case RK:
        number_cell(xls, style, short_number(xls_u32(data + 6)));
        return true;
    case BOOLERR:
        truth_cell(xls, data[6], data[7] != 0);
        return true;
    case FORMULA:
        return formula_cell(xls, record, style);
    case MULRK:
        return short_numbers(xls, record);
    default:
        return text_cell(xls, record, 6, p);
    }
}

static bool take_record(struct xls *xls, const struct xls_record *record, struct problem *p) {
    if (record->id == BEGIN) xls->depth++;
    if (record->id == END) xls->depth--;
    if (xls->depth != 1) return true;
    if (record->id == MERGED)
        tabular_note(xls->tabular, "merged",
                     "Cells are merged; what they hold counts for the first of them");
    if (record->id == ROW && record->length >= 16 && (record->data[12] & 0x20) != 0)
        tabular_note(xls->tabular, "hidden", "Rows are hidden, the first is row %u; they were read",
                     (unsigned)xls_u16(record->data) + 1);
    if (xls->text_follows && (record->id == STRING || is_cell(record->id))) {
        xls->text_follows = false;
        if (record->id == STRING) return text_cell(xls, record, 0, p);
        row_cell(xls->tabular, "", 0, TABULAR_BLANK);
    }
    return !is_cell(record->id) || take_cell(xls, record, p);
}

static bool xls_more(struct tabular *tabular, bool *end, struct problem *p) {
    struct xls *xls = tabular->state;
    struct xls_record record;
    for (int i = 0; i < RECORDS_AT_ONCE; i++) {
        if (!xls_record_at(&xls->stream, xls->at, &record)) return xls_damaged(p);
        xls->at = record.next;
        if (!take_record(xls, &record, p)) return false;
        if (xls->depth > 0) continue;
        end_row(xls);
        *end = true;
        break;
    }
    tabular->about.bytes_read =
        (int64_t)xls->at < tabular->about.bytes ? (int64_t)xls->at : tabular->about.bytes;
    return true;
}

static bool xls_begin(struct tabular *tabular, int sheet, struct problem *p) {
    struct xls *xls = tabular->state;
    struct xls_record record;
    xls->at = xls->starts[sheet];
    xls->depth = 0;
    xls->line = 0;
    xls->in_row = xls->text_follows = false;
    return (xls_record_at(&xls->stream, xls->at, &record) && record.id == BEGIN) || xls_damaged(p);
}

static void xls_close(struct tabular *tabular) {
    struct xls *xls = tabular->state;
    buffer_free(&xls->stream);
    buffer_free(&xls->text);
    sheet_strings_free(&xls->strings);
    free(xls->styles.shown);
    free(xls);
}

/* ---- Opening. -----------------------------------------------------------------------------------
 */

static bool read_stream(struct xls *xls, struct problem *p) {
    const struct tabular *tabular = xls->tabular;
    size_t size = (size_t)tabular->about.bytes, got = 0;
    if (tabular->about.bytes > FILE_MOST)
        return problem_set(
            p, ERR_FILE_FORMAT,
            "A workbook (.xls) of more than %d MB is not read; save it as .xlsx or CSV",
            FILE_MOST / 1024 / 1024);
    struct bytes *bytes = bytes_file(tabular->fd, tabular->start, &tabular->options);
    unsigned char *file = xmalloc(size);
    bool good = bytes_fill(bytes, file, size, &got, p) && xls_stream(file, got, &xls->stream, p);
    free(file);
    bytes_free(bytes);
    return good;
}

bool xls_open(struct tabular *tabular, struct problem *p) {
    static const struct tabular_reader reader = { xls_more, xls_begin, xls_close };
    struct xls *xls = xcalloc(1, sizeof *xls);
    xls->tabular = tabular;
    tabular->reader = &reader;
    tabular->state = xls;
    tabular->about.format = TABULAR_XLS;
    tabular->about.rows_numbered = true;
    tabular->about.sheet = -1;
    if (!read_stream(xls, p) || !read_globals(xls, p)) return false;
    xls->computed = any_computed(&xls->stream);
    return true;
}
