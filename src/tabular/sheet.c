#include "sheet.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STRINGS_MOST = 2000000, STRING_BYTES_MOST = 64 * 1024 * 1024, STYLES_MOST = 100000 };

/* ---- Formats. -----------------------------------------------------------------------------------
 */

enum sheet_shown sheet_shown_by_id(int id) {
    static const struct {
        int low, high;
        enum sheet_shown shown;
    } known[] = {
        { 9, 10, SHOWN_PERCENT }, { 14, 17, SHOWN_DATE }, { 18, 21, SHOWN_TIME },
        { 22, 22, SHOWN_DATE },   { 27, 31, SHOWN_DATE }, { 32, 35, SHOWN_TIME },
        { 36, 36, SHOWN_DATE },   { 45, 47, SHOWN_TIME }, { 50, 58, SHOWN_DATE },
    };
    for (size_t i = 0; i < COUNT(known); i++)
        if (id >= known[i].low && id <= known[i].high) return known[i].shown;
    return SHOWN_NUMBER;
}

/* Behind what stands in quotes, after a backslash, or in brackets; brackets of time count. */
static const char *skip_literal(const char *at, bool *elapsed) {
    if (*at == '"') {
        const char *end = strchr(at + 1, '"');
        return end != NULL ? end + 1 : at + strlen(at);
    }
    if (*at == '\\' || *at == '_' || *at == '*') return at[1] != '\0' ? at + 2 : at + 1;
    if (*at != '[') return at;
    const char *end = strchr(at, ']');
    *elapsed |= strchr("hmsHMS", at[1]) != NULL && at[1] != '\0';
    return end != NULL ? end + 1 : at + strlen(at);
}

enum sheet_shown sheet_shown_by_code(const char *code) {
    bool date = false, time = false, elapsed = false, percent = false, month = false;
    if (strncasecmp(code, "general", 7) == 0) return SHOWN_NUMBER;
    for (const char *at = code; *at != '\0' && *at != ';';) {
        const char *next = skip_literal(at, &elapsed);
        if (next != at) {
            at = next;
            continue;
        }
        date |= strchr("yYdD", *at) != NULL;
        time |= strchr("hHsS", *at) != NULL;
        month |= *at == 'm' || *at == 'M';
        percent |= *at == '%';
        at++;
    }
    if (date || (month && !time && !elapsed)) return SHOWN_DATE;
    if (time || elapsed) return SHOWN_TIME;
    return percent ? SHOWN_PERCENT : SHOWN_NUMBER;
}

void sheet_styles_add(struct sheet_styles *styles, enum sheet_shown shown) {
    if (styles->count == STYLES_MOST) return;
    if (styles->count == styles->capacity) {
        styles->capacity = styles->capacity == 0 ? 64 : styles->capacity * 2;
        styles->shown = xrealloc(styles->shown, styles->capacity * sizeof *styles->shown);
    }
    styles->shown[styles->count++] = shown;
}

enum sheet_shown sheet_styles_at(const struct sheet_styles *styles, size_t style) {
    return style < styles->count ? styles->shown[style] : SHOWN_NUMBER;
}

/* ---- Numbers. -----------------------------------------------------------------------------------
 */

/* "1.5e+20" as "150000000000000000000". */
static size_t without_exponent(const char *digits, char *out) {
    const char *e = strchr(digits, 'e'), *at = digits;
    int64_t power = 0;
    size_t length = 0;
    bool negative = *digits == '-';
    if (e == NULL || !text_to_int(e[1] == '+' ? e + 2 : e + 1, -21, 21, &power))
        return (size_t)snprintf(out, SHEET_NUMBER, "%s", digits);
    char plain[SHEET_NUMBER];
    size_t count = 0;
    for (at += negative; at < e; at++)
        if (*at != '.') plain[count++] = *at;
    if (negative) out[length++] = '-';
    if (power < 0) {
        length += (size_t)snprintf(out + length, SHEET_NUMBER - length, "0.%.*s%.*s",
                                   (int)(-power - 1), "00000000000000000000", (int)count, plain);
        return length;
    }
    for (int64_t i = 0; i <= power || i < (int64_t)count; i++) {
        if (i == power + 1) out[length++] = '.';
        out[length++] = i < (int64_t)count ? plain[i] : '0';
    }
    out[length] = '\0';
    return length;
}

size_t sheet_decimal(double number, char out[SHEET_NUMBER]) {
    char digits[SHEET_NUMBER];
    snprintf(digits, sizeof digits, "%.15g", number == 0 ? 0.0 : number);
    return without_exponent(digits, out);
}

/* Days since 1970-01-01 as a date of the Gregorian calendar. */
static void civil(int64_t days, int *year, int *month, int *day) {
    days += 719468;
    int64_t era = days / 146097, of_era = days % 146097;
    int64_t years = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * years + years / 4 - years / 100);
    int64_t shifted = (5 * of_year + 2) / 153;
    *day = (int)(of_year - (153 * shifted + 2) / 5 + 1);
    *month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
    *year = (int)(years + era * 400 + (*month <= 2));
}

size_t sheet_date(double serial, bool from_1904, bool time_alone, char out[SHEET_NUMBER]) {
    if (!(serial >= 0 && serial < 2958466)) return 0; /* the last day is 9999-12-31 */
    int64_t seconds = (int64_t)llround(serial * 86400), day = seconds / 86400;
    int clock = (int)(seconds % 86400), year, month, of_month;
    if (time_alone)
        return (size_t)snprintf(out, SHEET_NUMBER, "%02lld:%02d:%02d", (long long)(seconds / 3600),
                                clock / 60 % 60, clock % 60);
    if (!from_1904 && (day == 0 || day == 60)) return 0; /* 1900-02-29 never was */
    civil(from_1904 ? day - 24107 : day - (day > 60 ? 25569 : 25568), &year, &month, &of_month);
    int length = snprintf(out, SHEET_NUMBER, "%04d-%02d-%02d", year, month, of_month);
    if (clock != 0)
        length += snprintf(out + length, SHEET_NUMBER - (size_t)length, "T%02d:%02d:%02d",
                           clock / 3600, clock / 60 % 60, clock % 60);
    return (size_t)length;
}

void sheet_number_cell(struct tabular *tabular, double number, enum sheet_shown shown,
                       bool from_1904) {
    char text[SHEET_NUMBER];
    size_t length = 0;
    if (shown == SHOWN_DATE || shown == SHOWN_TIME)
        length = sheet_date(number, from_1904, shown == SHOWN_TIME, text);
    if (length > 0) {
        row_cell(tabular, text, length, TABULAR_DATE);
        return;
    }
    length = sheet_decimal(shown == SHOWN_PERCENT ? number * 100 : number, text);
    if (shown == SHOWN_PERCENT && length + 1 < sizeof text) text[length++] = '%';
    row_cell(tabular, text, length, TABULAR_NUMBER);
}

void sheet_formula_cell(struct tabular *tabular, const char *formula, size_t length, int64_t line) {
    struct buffer text = { 0 };
    buffer_add_char(&text, '=');
    buffer_add(&text, formula, length);
    row_cell(tabular, text.data, text.length, TABULAR_TEXT);
    buffer_free(&text);
    tabular_note(tabular, "formula",
                 "Formulas without a value, the first in row %lld; open the workbook in a "
                 "spreadsheet program and save it",
                 (long long)line);
}

/* ---- Shared strings. ----------------------------------------------------------------------------
 */

bool sheet_strings_add(struct sheet_strings *strings, const char *text, size_t length,
                       const struct tabular_options *options, struct problem *p) {
    size_t kept = length < options->cell_most + 4 ? length : options->cell_most + 4;
    if (strings->count == STRINGS_MOST || strings->text.length + kept > STRING_BYTES_MOST)
        return problem_set(
            p, ERR_FILE_FORMAT,
            "The workbook has more text than fits here; divide it, or save it as CSV");
    if (strings->count == strings->capacity) {
        strings->capacity = strings->capacity == 0 ? 256 : strings->capacity * 2;
        strings->ends = xrealloc(strings->ends, strings->capacity * sizeof *strings->ends);
    }
    buffer_add(&strings->text, text, kept);
    strings->ends[strings->count++] = strings->text.length;
    return true;
}

bool sheet_string_cell(struct tabular *tabular, const struct sheet_strings *strings,
                       uint64_t index) {
    if (index >= strings->count) return false;
    size_t at = index == 0 ? 0 : strings->ends[index - 1], length = strings->ends[index] - at;
    row_cell(tabular, length > 0 ? strings->text.data + at : "", length, TABULAR_TEXT);
    return true;
}

void sheet_strings_free(struct sheet_strings *strings) {
    buffer_free(&strings->text);
    free(strings->ends);
    *strings = (struct sheet_strings){ 0 };
}
