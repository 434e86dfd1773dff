/* A sheet of a workbook, and the strings that all its sheets share, as events of XML. */
#include "xlsx.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS_MOST = 1 << 20, COLUMNS_MOST = 1 << 14 };

struct sheet_feed {
    struct tabular *tabular;
    const struct sheet_strings *strings;
    const struct sheet_styles *styles;
    bool from_1904;
    struct xml *xml;
    int64_t line;
    bool in_row, in_cell, inlined, phonetic, has_value, has_formula;
    char type[12];
    int style;
    struct buffer *collecting; /* value, formula or NULL */
    struct buffer value, formula;
};

struct sheet_feed *sheet_feed_new(struct tabular *tabular, const struct sheet_strings *strings,
                                  const struct sheet_styles *styles, bool from_1904) {
    struct sheet_feed *feed = xcalloc(1, sizeof *feed);
    feed->tabular = tabular;
    feed->strings = strings;
    feed->styles = styles;
    feed->from_1904 = from_1904;
    return feed;
}

void sheet_feed_parser(struct sheet_feed *feed, struct xml *xml) {
    feed->xml = xml;
}

void sheet_feed_free(struct sheet_feed *feed) {
    if (feed == NULL) return;
    buffer_free(&feed->value);
    buffer_free(&feed->formula);
    free(feed);
}

static void stop(struct sheet_feed *feed, const char *why) {
    struct problem problem = { 0 };
    problem_set(&problem, ERR_FILE_FORMAT,
                "Row %lld of the sheet: %s; open the workbook in a spreadsheet program and save it "
                "again",
                (long long)feed->line, why);
    xml_stop(feed->xml, &problem);
}

/* What a cell can show and a little more, so that it is seen to be too long. */
static void collect(struct buffer *text, const char *more, size_t length,
                    const struct tabular_options *options) {
    size_t room = options->cell_most + 8 > text->length ? options->cell_most + 8 - text->length : 0;
    if (room > 0) buffer_add(text, more, length < room ? length : room);
}

size_t xlsx_unescape(char *text, size_t length) {
    size_t to = 0;
    for (size_t at = 0; at < length; to++) {
        unsigned char code[2];
        char digits[5] = "";
        bool escape =
            length - at >= 7 && text[at] == '_' && text[at + 1] == 'x' && text[at + 6] == '_';
        if (escape) memcpy(digits, text + at + 2, 4);
        if (escape && hex_decode(code, 2, digits) && code[0] == 0 && code[1] < 0x80) {
            text[to] = (char)(code[1] == '\r' || code[1] == 0 ? ' ' : code[1]);
            at += 7;
        } else {
            text[to] = text[at++];
        }
    }
    return to;
}

/* ---- Rows and cells. ----------------------------------------------------------------------------
 */

static void begin_row(struct sheet_feed *feed, const struct xml_attributes *attributes) {
    char value[16];
    int64_t line = feed->line + 1;
    if (feed->in_row) {
        stop(feed, "a row within a row");
        return;
    }
    if (xml_attribute(attributes, "r", value, sizeof value) &&
        !text_to_int(value, feed->line + 1, ROWS_MOST, &line)) {
        stop(feed, "the row after it is out of order");
        return;
    }
    feed->line = line;
    feed->in_row = true;
    if (xml_attribute(attributes, "hidden", value, sizeof value) && strcmp(value, "0") != 0)
        tabular_note(feed->tabular, "hidden",
                     "Rows are hidden, the first is row %lld; they were read", (long long)line);
    row_begin(feed->tabular, line);
}

/* "AB12" is 27. -1: it is no name of a cell. */
static int column_of(const char *name) {
    int column = 0;
    for (; *name >= 'A' && *name <= 'Z' && column <= COLUMNS_MOST; name++)
        column = column * 26 + *name - 'A' + 1;
    return *name >= '0' && *name <= '9' && column <= COLUMNS_MOST ? column - 1 : -1;
}

static void begin_cell(struct sheet_feed *feed, const struct xml_attributes *attributes) {
    char name[16], style[16];
    int64_t number = 0;
    int next = row_columns(feed->tabular), column = next;
    if (xml_attribute(attributes, "r", name, sizeof name)) column = column_of(name);
    if (feed->in_cell || column < next || column >= COLUMNS_MOST) {
        stop(feed, "its cells are out of order");
        return;
    }
    row_skip(feed->tabular, column - next);
    xml_attribute(attributes, "t", feed->type, sizeof feed->type);
    if (xml_attribute(attributes, "s", style, sizeof style) &&
        !text_to_int(style, 0, INT32_MAX, &number))
        number = 0;
    feed->style = (int)number;
    feed->in_cell = true;
    feed->has_value = feed->has_formula = feed->inlined = false;
    feed->value.length = feed->formula.length = 0;
}

static void on_start(void *arg, const char *name, const struct xml_attributes *attributes) {
    struct sheet_feed *feed = arg;
    if (strcmp(name, "row") == 0)
        begin_row(feed, attributes);
    else if (strcmp(name, "c") == 0 && feed->in_row)
        begin_cell(feed, attributes);
    else if (strcmp(name, "mergeCell") == 0)
        tabular_note(feed->tabular, "merged",
                     "Cells are merged; what they hold counts for the first of them");
    if (!feed->in_cell) return;
    if (strcmp(name, "v") == 0) {
        feed->has_value = true;
        feed->collecting = &feed->value;
    } else if (strcmp(name, "f") == 0) {
        feed->has_formula = true;
        feed->collecting = &feed->formula;
    } else if (strcmp(name, "is") == 0) {
        feed->inlined = feed->has_value = true;
    } else if (strcmp(name, "rPh") == 0) {
        feed->phonetic = true;
    } else if (strcmp(name, "t") == 0 && feed->inlined && !feed->phonetic) {
        feed->collecting = &feed->value;
    }
}

static void on_text(void *arg, const char *text, size_t length) {
    struct sheet_feed *feed = arg;
    if (feed->collecting != NULL) collect(feed->collecting, text, length, &feed->tabular->options);
}

/* A whole number of any length is left as it is: more digits than a spreadsheet keeps are a code.
 */
static bool is_whole(const char *text) {
    const char *at = text + (*text == '-');
    size_t digits = strspn(at, "0123456789");
    return digits > 0 && at[digits] == '\0' && (at[0] != '0' || digits == 1) &&
           strcmp(text, "-0") != 0;
}

static void number_cell(struct sheet_feed *feed) {
    struct tabular *tabular = feed->tabular;
    enum sheet_shown shown = sheet_styles_at(feed->styles, (size_t)feed->style);
    size_t length = feed->value.length;
    char text[SHEET_NUMBER], *end;
    size_t kept = length < sizeof text - 1 ? length : sizeof text - 1;
    if (kept > 0) memcpy(text, feed->value.data, kept);
    text[kept] = '\0';
    if (shown == SHOWN_NUMBER && is_whole(text)) {
        row_cell(tabular, feed->value.data, length, TABULAR_NUMBER);
        return;
    }
    double number = strtod(text, &end);
    bool plain = end != text && *end == '\0' && strspn(text, "+-.0123456789eE") == kept;
    if (plain && kept == length && number - number == 0)
        sheet_number_cell(tabular, number, shown, feed->from_1904);
    else
        row_cell(tabular, length > 0 ? feed->value.data : "", length, TABULAR_TEXT);
}

static void shared_cell(struct sheet_feed *feed) {
    int64_t index;
    buffer_add_char(&feed->value, '\0');
    if (!text_to_int(feed->value.data, 0, INT32_MAX, &index) ||
        !sheet_string_cell(feed->tabular, feed->strings, (uint64_t)index))
        stop(feed, "a cell names a text that is not there");
}

/* "2023-11-05T00:00:00" is a day. */
static void date_cell(struct sheet_feed *feed) {
    static const char midnight[] = "T00:00:00";
    const char *text = feed->value.length > 0 ? feed->value.data : "";
    size_t length = feed->value.length, zone = length > 0 && text[length - 1] == 'Z';
    length -= zone;
    const char *fraction = memchr(text, '.', length);
    if (fraction != NULL) length = (size_t)(fraction - text);
    if (length == 19 && memcmp(text + 10, midnight, sizeof midnight - 1) == 0) length = 10;
    row_cell(feed->tabular, text, length, TABULAR_DATE);
}

static void text_cell(struct sheet_feed *feed) {
    size_t length = feed->value.length;
    if (length > 0) length = xlsx_unescape(feed->value.data, length);
    row_cell(feed->tabular, length > 0 ? feed->value.data : "", length, TABULAR_TEXT);
}

static void formula_cell(struct sheet_feed *feed) {
    const char *formula = feed->formula.length > 0 ? feed->formula.data : "";
    sheet_formula_cell(feed->tabular, formula, feed->formula.length, feed->line);
}

/* An empty text is a value ("str"); no other kind of value is empty. */
static bool is_computed(const struct sheet_feed *feed) {
    if (feed->has_value && strcmp(feed->type, "str") == 0) return true;
    return feed->value.length > 0 && !text_is_white(feed->value.data, feed->value.length);
}

static void end_cell(struct sheet_feed *feed) {
    const char *type = feed->type;
    feed->in_cell = false;
    if (feed->has_formula && !is_computed(feed))
        formula_cell(feed);
    else if (!feed->has_value || feed->value.length == 0)
        row_cell(feed->tabular, "", 0, TABULAR_BLANK);
    else if (strcmp(type, "s") == 0)
        shared_cell(feed);
    else if (strcmp(type, "b") == 0)
        row_cell(feed->tabular, feed->value.data[0] == '0' ? "FALSE" : "TRUE",
                 feed->value.data[0] == '0' ? 5 : 4, TABULAR_BOOLEAN);
    else if (strcmp(type, "d") == 0)
        date_cell(feed);
    else if (*type == '\0' || strcmp(type, "n") == 0)
        number_cell(feed);
    else
        text_cell(feed);
}

static void on_end(void *arg, const char *name) {
    struct sheet_feed *feed = arg;
    if (strcmp(name, "v") == 0 || strcmp(name, "f") == 0 || strcmp(name, "t") == 0)
        feed->collecting = NULL;
    else if (strcmp(name, "is") == 0)
        feed->inlined = false;
    else if (strcmp(name, "rPh") == 0)
        feed->phonetic = false;
    else if (strcmp(name, "c") == 0 && feed->in_cell)
        end_cell(feed);
    else if (strcmp(name, "row") == 0 && feed->in_row) {
        row_end(feed->tabular);
        feed->in_row = false;
    }
}

const struct xml_events xlsx_sheet_events = { on_start, on_text, on_end };

/* ---- Shared strings. ----------------------------------------------------------------------------
 */

static void on_strings_start(void *arg, const char *name, const struct xml_attributes *attributes) {
    struct strings_feed *feed = arg;
    (void)attributes;
    if (strcmp(name, "si") == 0) feed->text.length = 0;
    if (strcmp(name, "rPh") == 0) feed->phonetic = true;
    if (strcmp(name, "t") == 0) feed->collecting = !feed->phonetic;
}

static void on_strings_text(void *arg, const char *text, size_t length) {
    struct strings_feed *feed = arg;
    if (feed->collecting) collect(&feed->text, text, length, feed->options);
}

static void on_strings_end(void *arg, const char *name) {
    struct strings_feed *feed = arg;
    struct problem problem = { 0 };
    if (strcmp(name, "t") == 0) feed->collecting = false;
    if (strcmp(name, "rPh") == 0) feed->phonetic = false;
    if (strcmp(name, "si") != 0) return;
    size_t length = feed->text.length;
    if (length > 0) length = xlsx_unescape(feed->text.data, length);
    if (!sheet_strings_add(feed->strings, length > 0 ? feed->text.data : "", length, feed->options,
                           &problem))
        xml_stop(feed->xml, &problem);
}

const struct xml_events xlsx_strings_events = { on_strings_start, on_strings_text, on_strings_end };
