/* sheet: what XLSX and XLS have in common: numbers, dates, formats, shared strings. */
#ifndef TABULAR_SHEET_H
#define TABULAR_SHEET_H

#include "tabular_internal.h"

/* How a cell's format shows its number. */
enum sheet_shown { SHOWN_NUMBER, SHOWN_PERCENT, SHOWN_DATE, SHOWN_TIME };
enum sheet_shown sheet_shown_by_id(int format_id);      /* the built-in ones */
enum sheet_shown sheet_shown_by_code(const char *code); /* "dd/mm/yyyy" */

enum { SHEET_NUMBER = 64 };
/* The shortest decimal text with at most 15 digits, which is what a spreadsheet keeps. */
size_t sheet_decimal(double number, char out[SHEET_NUMBER]);
/* "2023-11-05", "2023-11-05T10:30:00", "10:30:00"; 0: no date has that number. */
size_t sheet_date(double serial, bool from_1904, bool time_alone, char out[SHEET_NUMBER]);
void sheet_number_cell(struct tabular *tabular, double number, enum sheet_shown shown,
                       bool from_1904);

/* A formula whose value nobody has computed: the figure is not known, so the formula itself is what
 * the cell says, and it is told. */
void sheet_formula_cell(struct tabular *tabular, const char *formula, size_t length, int64_t line);

/* A list of formats: of each style the way it shows. */
struct sheet_styles {
    enum sheet_shown *shown;
    size_t count, capacity;
};
void sheet_styles_add(struct sheet_styles *styles, enum sheet_shown shown);
enum sheet_shown sheet_styles_at(const struct sheet_styles *styles, size_t style);

struct sheet_strings {
    struct buffer text;
    size_t *ends;
    size_t count, capacity;
};
/* False: there are more than a workbook may have. Keeps what a cell can show. */
MUST_USE bool sheet_strings_add(struct sheet_strings *strings, const char *text, size_t length,
                                const struct tabular_options *options, struct problem *p);
/* False: there is no such string. */
MUST_USE bool sheet_string_cell(struct tabular *tabular, const struct sheet_strings *strings,
                                uint64_t index);
void sheet_strings_free(struct sheet_strings *strings);

#endif
