/* Tables of an HTML page, which portals name .xls. libxml2's push parser mends what is not closed.
 *
 * The page is read twice: once to find its tables, then for the rows of one. Text of a table within
 * a cell belongs to the cell too: a page may wrap its table in another, or each figure in one. */
#include "xml.h"

#include <libxml/HTMLparser.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    DEPTH = 32,
    TAGS = 1000,
    TABLES = 10000,
    PENDING_MOST = 4 * 1024 * 1024,
    SPAN_COLUMNS = 2048
};

struct table { /* one that is open */
    int number, rows;
    bool in_cell;
    int64_t filled;
};
struct html {
    struct tabular *tabular;
    struct text *text;
    htmlParserCtxtPtr context;
    bool looking; /* first reading */
    struct table open[DEPTH];
    int depth, tables, tags;
    int left_out; /* within script, style ... */
    bool stopped, has_text;

    int numbers[TABULAR_SHEETS]; /* of about.sheets: which table of the page */
    int64_t filled[TABULAR_SHEETS];

    int wanted;   /* number of the table whose rows are given */
    int at_depth; /* where it lies in `open`; 0: not open */
    bool in_row, cell_begun;
    int columns; /* that the cell at hand covers */
    struct buffer cell;
    int covered[SPAN_COLUMNS]; /* rows that a cell above still reaches down */
    int reach;                 /* of the cell at hand: rows below */
    char piece[TEXT_PIECE];
};

/* ---- Both readings. -----------------------------------------------------------------------------
 */

static bool is_one_of(const char *name, const char *const *names) {
    for (; *names != NULL; names++)
        if (strcmp(name, *names) == 0) return true;
    return false;
}

static bool is_left_out(const char *name) {
    static const char *const names[] = { "script", "style", "title", "noscript", NULL };
    return is_one_of(name, names);
}

static bool breaks_line(const char *name) {
    static const char *const names[] = { "br", "p", "div", "li", "table", "tr", "td", "th", NULL };
    return is_one_of(name, names);
}

static struct table *inner(struct html *html) {
    return html->depth > 0 ? &html->open[html->depth - 1] : NULL;
}

static bool is_wanted(const struct html *html) {
    return html->at_depth > 0 && html->at_depth == html->depth;
}

static int attribute(const xmlChar **attributes, const char *name) {
    int64_t value = 1;
    for (; attributes != NULL && *attributes != NULL; attributes += 2)
        if (strcmp((const char *)attributes[0], name) == 0 && attributes[1] != NULL &&
            !text_to_int((const char *)attributes[1], 1, 100000, &value))
            value = 1;
    return (int)value;
}

/* ---- Cells of the table wanted. -----------------------------------------------------------------
 */

static int covered(const struct html *html, int column) {
    return column < SPAN_COLUMNS ? html->covered[column] : 0;
}

static void skip_covered(struct html *html) {
    struct tabular *tabular = html->tabular;
    while (covered(html, row_columns(tabular)) > 0) {
        html->covered[row_columns(tabular)]--;
        row_skip(tabular, 1);
    }
}

static void end_cell(struct html *html) {
    struct tabular *tabular = html->tabular;
    if (!html->cell_begun) return;
    html->cell_begun = false;
    skip_covered(html);
    int first = row_columns(tabular);
    while (html->cell.length > 0 && html->cell.data[html->cell.length - 1] <= ' ' &&
           html->cell.data[html->cell.length - 1] >= 0)
        html->cell.length--;
    row_cell(tabular, html->cell.length > 0 ? html->cell.data : "", html->cell.length,
             TABULAR_TEXT);
    row_skip(tabular, html->columns - 1);
    for (int i = first; i < first + html->columns && i < SPAN_COLUMNS; i++)
        html->covered[i] = html->reach;
    html->cell.length = 0;
}

static void begin_cell(struct html *html, const xmlChar **attributes) {
    end_cell(html);
    html->cell_begun = true;
    html->columns = attribute(attributes, "colspan");
    html->reach = attribute(attributes, "rowspan") - 1;
    if (html->columns > 1 || html->reach > 0)
        tabular_note(html->tabular, "merged",
                     "Cells are merged; what they hold counts for the first of them");
}

static void end_row(struct html *html) {
    end_cell(html);
    if (!html->in_row) return;
    skip_covered(html);
    for (int i = row_columns(html->tabular); i < SPAN_COLUMNS; i++)
        if (html->covered[i] > 0) html->covered[i]--;
    row_end(html->tabular);
    html->in_row = false;
}

static void add_space(struct html *html, char c) {
    if (html->cell.length > 0 && html->cell.data[html->cell.length - 1] != ' ' &&
        html->cell.data[html->cell.length - 1] != '\n')
        buffer_add_char(&html->cell, c);
}

/* White space of the source is one space; what comes after cell_most is not kept. */
static void add_text(struct html *html, const char *text, size_t length) {
    for (size_t i = 0; i < length; i++) {
        if (html->cell.length > html->tabular->options.cell_most + 8) return;
        if (text[i] == ' ' || text[i] == '\n' || text[i] == '\t' || text[i] == '\f')
            add_space(html, ' ');
        else
            buffer_add_char(&html->cell, text[i]);
    }
}

/* ---- Tables. ------------------------------------------------------------------------------------
 */

static void stop(struct html *html) {
    html->stopped = true;
    xmlStopParser(html->context);
}

static void begin_table(struct html *html) {
    if (html->depth == DEPTH || html->tables == TABLES) {
        stop(html);
        return;
    }
    html->open[html->depth++] = (struct table){ .number = html->tables++ };
    if (!html->looking && html->open[html->depth - 1].number == html->wanted)
        html->at_depth = html->depth;
}

static void end_table(struct html *html) {
    const struct table *table = inner(html);
    if (table == NULL) return;
    int at = html->tabular->about.sheet_count;
    char name[32];
    if (is_wanted(html)) {
        end_row(html);
        html->at_depth = 0;
    }
    snprintf(name, sizeof name, "table %d", table->number + 1);
    if (html->looking && table->filled > 0 && tabular_sheet(html->tabular, name, false)) {
        html->numbers[at] = table->number;
        html->filled[at] = table->filled;
    }
    html->depth--;
}

static void begin_table_row(struct html *html) {
    struct table *table = inner(html);
    table->rows++;
    table->in_cell = false;
    if (!is_wanted(html)) return;
    end_row(html);
    row_begin(html->tabular, table->rows);
    html->in_row = true;
}

static void begin_table_cell(struct html *html, const xmlChar **attributes) {
    struct table *table = inner(html);
    if (is_wanted(html) && !html->in_row) begin_table_row(html);
    table->in_cell = true;
    html->has_text = false;
    if (is_wanted(html)) begin_cell(html, attributes);
}

static void on_start(void *data, const xmlChar *tag, const xmlChar **attributes) {
    struct html *html = data;
    const char *name = (const char *)tag;
    if (html->stopped) return;
    if (++html->tags > TAGS) {
        stop(html);
        return;
    }
    if (is_left_out(name)) html->left_out++;
    if (html->cell_begun && breaks_line(name)) add_space(html, *name == 'b' ? '\n' : ' ');
    if (strcmp(name, "table") == 0) begin_table(html);
    if (inner(html) == NULL) return;
    if (strcmp(name, "tr") == 0) begin_table_row(html);
    if (strcmp(name, "td") == 0 || strcmp(name, "th") == 0) begin_table_cell(html, attributes);
}

static void on_end(void *data, const xmlChar *tag) {
    struct html *html = data;
    const char *name = (const char *)tag;
    if (html->stopped) return;
    html->tags--;
    if (is_left_out(name)) html->left_out--;
    if (strcmp(name, "table") == 0) end_table(html);
    if (inner(html) == NULL) return;
    bool cell = strcmp(name, "td") == 0 || strcmp(name, "th") == 0;
    if (cell || strcmp(name, "tr") == 0) inner(html)->in_cell = false;
    if (!is_wanted(html)) return;
    if (cell) end_cell(html);
    if (strcmp(name, "tr") == 0) end_row(html);
}

static void on_text(void *data, const xmlChar *text, int length) {
    struct html *html = data;
    struct table *table = inner(html);
    if (html->stopped || html->left_out > 0) return;
    if (table != NULL && table->in_cell && !html->has_text &&
        !text_is_white((const char *)text, (size_t)length)) {
        table->filled++;
        html->has_text = true;
    }
    if (html->cell_begun) add_text(html, (const char *)text, (size_t)length);
}

static void on_error(void *data, xmlErrorPtr error) {
    (void)data, (void)error;
}

/* ---- Reading. -----------------------------------------------------------------------------------
 */

static void forget(struct html *html) {
    if (html->context != NULL) {
        xmlFreeDoc(html->context->myDoc);
        htmlFreeParserCtxt(html->context);
    }
    html->context = NULL;
    html->depth = html->tables = html->tags = html->left_out = html->at_depth = 0;
    html->stopped = html->in_row = html->cell_begun = false;
    html->cell.length = 0;
    memset(html->covered, 0, sizeof html->covered);
}

static bool rewind_page(struct html *html, struct problem *p) {
    static const struct _xmlSAXHandler events = {
        .initialized = XML_SAX2_MAGIC,
        .startElement = on_start,
        .endElement = on_end,
        .characters = on_text,
        .ignorableWhitespace = on_text,
        .serror = on_error,
    };
    xmlSAXHandler sax = events;
    forget(html);
    xml_start_library();
    html->context = htmlCreatePushParserCtxt(&sax, html, NULL, 0, NULL, XML_CHAR_ENCODING_UTF8);
    ENSURE(html->context != NULL, "memory for a parser");
    htmlCtxtUseOptions(html->context,
                       HTML_PARSE_RECOVER | HTML_PARSE_NONET | HTML_PARSE_IGNORE_ENC);
    return text_rewind(html->text, p);
}

static bool read_piece(struct html *html, bool *end, struct problem *p) {
    size_t got;
    if (!text_read(html->text, html->piece, &got, p)) return false;
    *end = got == 0;
    xml_start_library();
    for (size_t at = 0, part; at < got && !html->stopped; at += part) {
        part = got - at < TABULAR_PIECE ? got - at : TABULAR_PIECE;
        htmlParseChunk(html->context, html->piece + at, (int)part, 0);
        /* A comment that nothing closes is kept until its end. */
        const xmlParserInput *input = html->context->input;
        if (input != NULL && input->end - input->cur > PENDING_MOST) stop(html);
    }
    if (*end) htmlParseChunk(html->context, "", 0, 1);
    return !html->stopped ||
           problem_set(
               p, ERR_FILE_FORMAT,
               "The page has more tables, tags within tags, or longer parts than can be read; "
               "open it in a spreadsheet program and save it as .xlsx or CSV");
}

static bool html_more(struct tabular *tabular, bool *end, struct problem *p) {
    struct html *html = tabular->state;
    if (!read_piece(html, end, p)) return false;
    tabular_progress(tabular, text_bytes(html->text));
    return true;
}

static bool html_begin(struct tabular *tabular, int sheet, struct problem *p) {
    struct html *html = tabular->state;
    html->wanted = html->numbers[sheet];
    return rewind_page(html, p);
}

static void html_close(struct tabular *tabular) {
    struct html *html = tabular->state;
    forget(html);
    text_free(html->text);
    buffer_free(&html->cell);
    free(html);
}

/* Tables are listed as they end; the one with most cells is the one that is meant. */
static void list_tables(struct html *html) {
    struct tabular_about *about = &html->tabular->about;
    about->sheet = 0;
    for (int i = 1; i < about->sheet_count; i++)
        if (html->filled[i] > html->filled[about->sheet]) about->sheet = i;
}

bool html_open(struct tabular *tabular, struct text *text, struct problem *p) {
    static const struct tabular_reader reader = { html_more, html_begin, html_close };
    struct html *html = xcalloc(1, sizeof *html);
    bool end = false;
    html->tabular = tabular;
    html->text = text;
    html->looking = true;
    tabular->reader = &reader;
    tabular->state = html;
    tabular->about.format = TABULAR_HTML;
    tabular->about.rows_numbered = true;
    if (!rewind_page(html, p)) return false;
    while (!end)
        if (!read_piece(html, &end, p)) return false;
    while (html->depth > 0)
        end_table(html);
    html->looking = false;
    list_tables(html);
    return tabular->about.sheet_count > 0 ||
           problem_set(
               p, ERR_FILE_FORMAT,
               "The file is a web page without a table, such as a sign-in or error page of a "
               "portal; download the report again");
}
