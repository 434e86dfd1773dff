/* The first reading of a file: where its header is, which month it names, and what its cells are
 * evidence of: whether zeros were cut off numbers, whether days and months were swapped. */
#include <stdio.h>
#include <string.h>

#include "hmis/period.h"
#include "import_internal.h"

/* ---- Reports of the portal that are no facility figures.
 * ------------------------------------------------------ */
static const struct {
    const char *sign, *name; /* sign: letters and digits, in lower case */
} reports[] = {
    { "dataitemwisereport", "the item-wise report of areas" },
    { "total[(a+b)or(c+d)]", "the item-wise report of areas" },
    { "standardreport", "a standard report of areas" },
    { "keyhmisindicators", "the report of key indicators" },
    { "keyperformanceindicators", "the report of key indicators" },
    { "scorecard", "a score card" },
    { "reportingstatus", "the reporting status" },
    { "datastatus", "the reporting status" },
    { "validationerror", "a validation report" },
    { "dataqualityreport", "a report of data quality" },
    { "facilitymaster", "a list of facilities without figures" },
};

static void squeeze(const char *text, char out[200]) {
    size_t length = 0;
    for (; *text != '\0' && length < 199; text++)
        if (strchr(" \t\r\n-_", *text) == NULL)
            out[length++] = *text >= 'A' && *text <= 'Z' ? (char)(*text + 32) : *text;
    out[length] = '\0';
}

struct survey {
    struct import *import;
    bool (*watch)(void *arg);
    void *arg;
    struct problem *p;
    const char *report; /* of the portal, named by a title */
    char why[200];      /* what the row most like a header lacks */
    int likeness;
    int titled; /* a month that a title names; -1: several */
};

/* Titles name a report and its month. */
static void read_title(struct survey *s, const struct tabular_row *row) {
    for (int i = 0; i < row->count && i < IMPORT_COLUMNS; i++) {
        char squeezed[200];
        squeeze(row->cells[i].text, squeezed);
        for (size_t at = 0; s->report == NULL && at < COUNT(reports); at++)
            if (strstr(squeezed, reports[at].sign) != NULL) s->report = reports[at].name;
        int period = import_month_in(row->cells[i].text);
        if (period == 0 || period == s->titled) continue;
        s->titled = s->titled == 0 ? period : -1;
    }
}

/* How many of the columns of either format a row names: the likeliest tells what is missing. */
static int likeness(struct import *import, const struct tabular_row *row, enum import_format format,
                    char why[200], bool *is) {
    struct import_header header;
    struct import_options kept = import->options;
    import->options.format = format;
    *is = import_header_read(import, row, &header, why);
    import->options = kept;
    const int *columns = format == IMPORT_LONG ? header.where : header.facility;
    int count = format == IMPORT_LONG ? L__MAX : FC__MAX, found = 0;
    for (int i = 0; header.columns > 0 && i < count; i++)
        found += columns[i] >= 0;
    return found;
}

static void remember(struct survey *s, const struct tabular_row *row) {
    static const enum import_format other[IMPORT_FORMAT__MAX] = {
        [IMPORT_EXTRACT] = IMPORT_LONG, [IMPORT_LONG] = IMPORT_EXTRACT
    };
    enum import_format format = s->import->options.format;
    char why[200];
    bool is;
    int found = likeness(s->import, row, format, why, &is);
    if (found > s->likeness) {
        s->likeness = found;
        memcpy(s->why, why, sizeof s->why);
    }
    likeness(s->import, row, other[format], why, &is);
    if (!is) return;
    s->likeness = 1000;
    snprintf(s->why, sizeof s->why, "These are the columns of the other layout: choose %s",
             format == IMPORT_LONG ? "the facility-wise extract" : "the long one");
}

/* ---- Finding the header.
 * ------------------------------------------------------------------------------------------ */
static bool next_row(struct survey *s, struct tabular_row *row, bool *end) {
    return tabular_next(s->import->file, row, end, s->p);
}

/* In the sheet at hand. *found stays false where there is none; false: the file cannot be read. */
static bool find_in_sheet(struct survey *s, bool *found) {
    struct import *import = s->import;
    struct tabular_row row;
    char why[200];
    bool end = false;
    int titles = 0;
    for (; titles <= TITLES; titles++) {
        if (!next_row(s, &row, &end)) return false;
        if (end) return true;
        *found = import_header_read(import, &row, &import->header, why);
        if (*found) break;
        read_title(s, &row);
        remember(s, &row);
    }
    if (*found && titles > 0)
        import_note(import, "titles",
                    "The columns are named in %s %lld; what stands above was "
                    "taken for a title",
                    tabular_about(import->file)->rows_numbered ? "row" : "line",
                    (long long)import->header.line);
    return true;
}

static bool no_header(struct survey *s) {
    const struct tabular_about *about = tabular_about(s->import->file);
    if (s->report != NULL)
        return problem_set(s->p, ERR_FILE_FORMAT,
                           "This is another report of the portal, %s; figures of facilities are "
                           "taken from the facility-wise extract or a long list",
                           s->report);
    if (about->bytes == 0 || s->why[0] == '\0')
        return problem_set(s->p, ERR_FILE_FORMAT, "The file is empty");
    return problem_set(s->p, ERR_FILE_FORMAT, "%s", s->why);
}

static bool find_header(struct survey *s) {
    struct import *import = s->import;
    int sheets = import->options.sheet != NULL ? 0 : tabular_about(import->file)->sheet_count;
    bool found = false;
    import->sheet = tabular_about(import->file)->sheet;
    if (!find_in_sheet(s, &found)) return false;
    for (int i = 0; !found && i < sheets; i++) {
        if (i == import->sheet) continue;
        s->titled = 0;
        if (!tabular_select(import->file, i, s->p) || !find_in_sheet(s, &found)) return false;
        if (found) import->sheet = i;
    }
    if (!found) return no_header(s);
    if (sheets > 1)
        import_note(import, "sheet", "The sheet read is '%s'",
                    tabular_about(import->file)->sheets[import->sheet]);
    return true;
}

/* ---- Evidence.
 * ----------------------------------------------------------------------------------------------------
 */
static void see_number(struct import *import, const char *text) {
    char number[32];
    import_item_words(text, number);
    const char *dot = strchr(number, '.');
    size_t length = strlen(number);
    if (dot == NULL || strspn(number, "0123456789.") != length) return;
    if (strchr(dot + 1, '.') == NULL && length > 2 && number[length - 1] == '0' && dot[1] != '0')
        import->evidence.zeros_kept = true;
}

static void see_date(struct import *import, const struct tabular_cell *cell) {
    struct import_evidence *e = &import->evidence;
    if (cell->length < 6) return;
    struct import_date date = import_date(cell);
    if (date.form == DATE_ISO) {
        e->iso_low += date.day <= 12;
        e->iso_high += date.day > 12;
    } else if (date.form == DATE_PARTS) {
        e->day_first += date.day > 12 && date.month <= 12;
        e->month_first += date.month > 12 && date.day <= 12;
        bool first = e->either[0] == '\0' && cell->length < (int)sizeof e->either;
        if (first && import_date_either(&date))
            import_copy(e->either, sizeof e->either, cell->text);
    }
}

/* Columns that may hold a date: of an item, on any form, that is one. */
static bool *date_columns(struct import *import) {
    const struct import_header *header = &import->header;
    bool *dates = arena_array(import->arena, (size_t)header->columns + 1, sizeof(bool));
    const struct dictionary *dictionary = dictionary_for(import->set, import->options.period);
    if (import->options.format == IMPORT_LONG) {
        dates[header->where[L_VALUE]] = true;
        return dates;
    }
    for (int column = 0; dictionary != NULL && column < header->columns; column++)
        for (int i = 0; header->is_item[column] && i < dictionary->form_count; i++) {
            char number[32];
            import_item_words(header->names[column], number);
            const struct form_item *item = import_item_find(&dictionary->forms[i], number);
            if (item != NULL && item->item->type == DATA_DATE) dates[column] = true;
        }
    return dates;
}

/* ---- Columns that are neither of the layout nor an item.
 * ----------------------------------------------------------- */
struct left_out {
    int columns;
    struct {
        bool out;
        int64_t cells, line; /* with something in them; the first of them */
    } at[IMPORT_COLUMNS];
};

static bool is_taken(const struct import *import, int column) {
    const struct import_header *header = &import->header;
    bool is_long = import->options.format == IMPORT_LONG;
    const int *known = is_long ? header->where : header->facility;
    bool taken = !is_long && column < header->columns && header->is_item[column];
    for (int i = 0; i < (is_long ? (int)L__MAX : (int)FC__MAX); i++)
        taken |= known[i] == column;
    return taken;
}

static struct left_out *left_out_new(struct import *import) {
    struct left_out *left = arena_array(import->arena, 1, sizeof *left);
    int full = import->header.full;
    left->columns = full < IMPORT_COLUMNS ? full : IMPORT_COLUMNS;
    for (int column = 0; column < left->columns; column++)
        left->at[column].out = !is_taken(import, column);
    return left;
}

static void see_left_out(struct left_out *left, const struct tabular_row *row) {
    for (int column = 0; column < left->columns && column < row->count; column++) {
        if (!left->at[column].out || row->cells[column].kind == TABULAR_BLANK) continue;
        if (left->at[column].cells++ == 0) left->at[column].line = row->line;
    }
}

static void note_left_out(struct import *import, const struct left_out *left) {
    for (int column = 0; column < left->columns; column++) {
        long long cells = left->at[column].cells, line = left->at[column].line;
        const char *name = column < import->header.columns ? import->header.names[column] : "";
        if (!left->at[column].out || (*name == '\0' && cells == 0)) continue;
        if (*name == '\0')
            import_note(import, "unnamed",
                        "Column %d has no name: what stands in it in %lld rows, first in line "
                        "%lld, was left out",
                        column + 1, cells, line);
        else if (cells == 0)
            import_note(import, "column",
                        "Column %d, '%.60s', is no column of the layout: it was left out; it is "
                        "empty",
                        column + 1, name);
        else
            import_note(import, "column",
                        "Column %d, '%.60s', is no column of the layout: what stands in it in "
                        "%lld rows, first in line %lld, was left out",
                        column + 1, name, cells, line);
    }
}

/* Facilities and months that the file names: import_stands_read. Neighbours name the same. */
struct naming {
    int code, month; /* columns; -1: the month is chosen */
    char codes[24], months[48];
};

static void tidy_text(const struct tabular_cell *cell, char *out, size_t size) {
    char tidy[128] = "";
    if (!cell->too_long && cell->length < (int)sizeof tidy)
        tabular_tidy(cell->text, (size_t)cell->length, tidy);
    import_copy(out, size, tidy[0] == '\'' ? tidy + 1 : tidy);
}

static void see_month(struct import_stands *stands, int period) {
    if (stands->first == 0 || period < stands->first) stands->first = period;
    if (period > stands->last) stands->last = period;
}

static void see_name(struct import *import, const struct tabular_row *row, struct naming *naming) {
    char text[sizeof naming->months];
    tidy_text(import_at(row, naming->code), text, sizeof naming->codes);
    if (!text_equal(text, naming->codes)) {
        import_copy(naming->codes, sizeof naming->codes, text);
        int index = import_facilities_find(&import->facilities, text);
        if (index >= 0) import->facilities.list[index].named = true;
    }
    if (naming->month < 0) return;
    tidy_text(import_at(row, naming->month), text, sizeof text);
    if (text_equal(text, naming->months)) return;
    import_copy(naming->months, sizeof naming->months, text);
    struct import_months months = import_month(text);
    for (int i = 0; i < months.count; i++)
        see_month(&import->stands, months.period[i]);
}

static struct naming naming_of(struct import *import) {
    const struct import_header *header = &import->header;
    if (import->options.format == IMPORT_LONG)
        return (struct naming){ .code = header->where[L_FACILITY],
                                .month = header->where[L_MONTH] };
    see_month(&import->stands, import->options.period);
    return (struct naming){ .code = header->facility[FC_CODE], .month = -1 };
}

static bool read_evidence(struct survey *s) {
    struct import *import = s->import;
    const struct import_header *header = &import->header;
    const bool *dates = date_columns(import);
    int item = import->options.format == IMPORT_LONG ? header->where[L_ITEM] : -1;
    struct naming naming = naming_of(import);
    struct left_out *left = left_out_new(import);
    struct tabular_row row;
    bool end = false;
    import->evidence.row_least = IMPORT_COLUMNS;
    for (int column = 0; item < 0 && column < header->columns; column++)
        if (header->is_item[column]) see_number(import, header->names[column]);
    for (int64_t rows = 0;; rows++) {
        if (!next_row(s, &row, &end)) return false;
        if (end) break;
        if (rows % 4096 == 4095 && !s->watch(s->arg)) return false;
        if (row.count >= header->columns && row.count < import->evidence.row_least)
            import->evidence.row_least = row.count;
        see_name(import, &row, &naming);
        see_left_out(left, &row);
        if (item >= 0) see_number(import, import_at(&row, item)->text);
        for (int column = 0; column < header->columns && column < row.count; column++)
            if (dates[column]) see_date(import, &row.cells[column]);
    }
    note_left_out(import, left);
    return true;
}

/* ---- The month of an extract.
 * ------------------------------------------------------------------------------------- */
static void take_month(struct survey *s) {
    struct import *import = s->import;
    int chosen = import->options.period, named = s->titled > 0 ? s->titled : 0;
    import->named_where = "A title of the file";
    if (s->titled == 0) {
        named = import->options.file_name == NULL ? 0 : import_month_in(import->options.file_name);
        import->named_where = "The name of the file";
    }
    if (import->options.format == IMPORT_LONG || named == 0 || named == chosen) return;
    char have[8], want[8];
    period_format(have, chosen);
    period_format(want, named);
    const char *answer = import_answer(import->asks, "file_month", want);
    if (text_equal(answer, have)) return;
    if (text_equal(answer, want)) {
        import->options.period = named;
        import_note(import, "month", "The figures are of %s, as answered", want);
        return;
    }
    import->named_period = named;
    import->held = true;
}

bool import_survey(struct import *import, int fd, bool (*watch)(void *arg), void *arg,
                   struct problem *p) {
    struct survey s = { .import = import, .watch = watch, .arg = arg, .p = p, .likeness = -1 };
    const struct tabular_options options = { .sheet = import->options.sheet,
                                             .columns_most = IMPORT_COLUMNS,
                                             .spool_directory = import->options.spool_directory };
    if (!tabular_open(fd, &options, &import->file, import->arena, p) || !find_header(&s))
        return false;
    take_month(&s);
    return read_evidence(&s);
}
