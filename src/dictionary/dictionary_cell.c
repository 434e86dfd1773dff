#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "hmis/dictionary.h"

/* Digits of the scripts of India (and of Urdu, Sindhi, Kashmiri): the code point of each zero. */
static const uint32_t script_zeros[] = {
    0x0660, /* Arabic-Indic */
    0x06F0, /* extended Arabic-Indic */
    0x0966, /* Devanagari */
    0x09E6, /* Bengali, Assamese */
    0x0A66, /* Gurmukhi */
    0x0AE6, /* Gujarati */
    0x0B66, /* Odia */
    0x0BE6, /* Tamil */
    0x0C66, /* Telugu */
    0x0CE6, /* Kannada */
    0x0D66, /* Malayalam */
    0x1C50, /* Ol Chiki */
    0xABF0, /* Meetei Mayek */
};
#define NUMBER_LIMIT (INT64_C(1) << 40) /* past every figure: more digits change nothing */
#define OTHER        '\x01'             /* stands for a character that no figure has */

struct span {
    const char *at, *end;
};

static char digit_of(uint32_t code_point) {
    for (size_t i = 0; i < COUNT(script_zeros); i++)
        if (code_point >= script_zeros[i] && code_point <= script_zeros[i] + 9)
            return (char)('0' + (code_point - script_zeros[i]));
    return OTHER;
}

/* The next character, a digit of any script as the ASCII one; never called at the end. */
static char span_next(struct span *span) {
    const unsigned char *s = (const unsigned char *)span->at;
    size_t left = (size_t)(span->end - span->at);
    if (s[0] < 0x80) {
        span->at++;
        return s[0] == '\0' ? OTHER : (char)s[0];
    }
    if ((s[0] & 0xE0) == 0xC0 && left >= 2 && (s[1] & 0xC0) == 0x80) {
        span->at += 2;
        return digit_of((s[0] & 0x1Fu) << 6 | (s[1] & 0x3Fu));
    }
    if ((s[0] & 0xF0) == 0xE0 && left >= 3 && (s[1] & 0xC0) == 0x80 && (s[2] & 0xC0) == 0x80) {
        span->at += 3;
        return digit_of((s[0] & 0x0Fu) << 12 | (s[1] & 0x3Fu) << 6 | (s[2] & 0x3Fu));
    }
    span->at = span->end;
    return OTHER;
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool starts_nbsp(const struct span *span) {
    return span->end - span->at >= 2 && memcmp(span->at, "\xC2\xA0", 2) == 0;
}

static bool ends_nbsp(const struct span *span) {
    return span->end - span->at >= 2 && memcmp(span->end - 2, "\xC2\xA0", 2) == 0;
}

/* Blanks around a figure are what spreadsheets leave, the no-break space too. */
static struct span trimmed(const char *text, size_t length) {
    struct span span = { text, text + length };
    while (span.at < span.end && (is_blank(*span.at) || starts_nbsp(&span)))
        span.at += is_blank(*span.at) ? 1 : 2;
    while (span.at < span.end && (is_blank(span.end[-1]) || ends_nbsp(&span)))
        span.end -= is_blank(span.end[-1]) ? 1 : 2;
    return span;
}

static int64_t times_ten(int64_t value, int digit) {
    return value >= NUMBER_LIMIT ? NUMBER_LIMIT : value * 10 + digit;
}

/* [-]digits[.digits], at most `scale` decimals: value * 10^scale. False: not a number. */
static bool scan_number(struct span span, int scale, bool *negative, int64_t *value) {
    int digits = 0, decimals = -1;
    *value = 0;
    *negative = *span.at == '-';
    span.at += *negative;
    while (span.at < span.end) {
        char c = span_next(&span);
        if (c == '.' && decimals < 0 && digits > 0 && scale > 0) {
            decimals = 0;
            continue;
        }
        if (!is_digit(c) || (decimals >= 0 && ++decimals > scale)) return false;
        digits++;
        *value = times_ten(*value, c - '0');
    }
    if (digits == 0 || decimals == 0) return false;
    for (int i = decimals < 0 ? 0 : decimals; i < scale; i++)
        *value = times_ten(*value, 0);
    return true;
}

static enum error_code parse_number(const struct item *item, struct span span, int32_t *cell) {
    bool percent = item->type == DATA_PERCENTAGE, negative;
    int64_t value;
    if (!scan_number(span, item->type == DATA_COUNT ? 0 : item->scale, &negative, &value))
        return item->type == DATA_COUNT ? ERR_VALUE_NOT_WHOLE : ERR_VALUE_NOT_DECIMAL;
    if (negative && item->low >= 0) return percent ? ERR_VALUE_NOT_PERCENT : ERR_VALUE_NEGATIVE;
    if (value > INT32_MAX || (!negative && value > item->high))
        return percent ? ERR_VALUE_NOT_PERCENT : ERR_VALUE_TOO_LARGE;
    value = negative ? -value : value;
    if (value < item->low) return percent ? ERR_VALUE_NOT_PERCENT : ERR_VALUE_TOO_SMALL;
    if (value > item->high) return percent ? ERR_VALUE_NOT_PERCENT : ERR_VALUE_TOO_LARGE;
    *cell = (int32_t)value;
    return ERR_NONE;
}

static enum error_code parse_adequacy(const struct item *item, struct span span, int32_t *cell) {
    static const char *const words[] = { [ADEQUATE] = "adequate", [INADEQUATE] = "inadequate" };
    size_t length = (size_t)(span.end - span.at);
    (void)item;
    for (int code = ADEQUATE; code <= INADEQUATE; code++) {
        if (length != strlen(words[code]) || strncasecmp(span.at, words[code], length) != 0)
            continue;
        *cell = code;
        return ERR_NONE;
    }
    return ERR_VALUE_NOT_CODE;
}

/* A run of at most `most` digits from *at on. Returns how many there were. */
static int scan_digits(const char **at, int most, int *value) {
    int count = 0;
    *value = 0;
    for (; count < most && is_digit(**at); count++, (*at)++)
        *value = *value * 10 + (**at - '0');
    return count;
}

static bool day_exists(int year, int month, int day) {
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    if (year < 1 || month < 1 || month > 12 || day < 1) return false;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return day <= days[month - 1] + (month == 2 && leap);
}

/* dd/mm/yyyy, dd-mm-yyyy or yyyy-mm-dd, the last also with the time 00:00:00 (spreadsheets). */
static bool scan_date(const char *text, int *year, int *month, int *day) {
    int first, second, third;
    int first_digits = scan_digits(&text, 4, &first);
    char separator = *text;
    if (first_digits == 0 || (separator != '/' && separator != '-')) return false;
    text++;
    int second_digits = scan_digits(&text, 2, &second);
    if (second_digits == 0 || *text != separator) return false;
    text++;
    int third_digits = scan_digits(&text, 4, &third);
    bool year_first =
        first_digits == 4 && separator == '-' && third_digits >= 1 && third_digits <= 2;
    bool year_last = first_digits <= 2 && third_digits == 4;
    if (year_first && (text_equal(text, " 00:00:00") || text_equal(text, "T00:00:00"))) text = "";
    *year = year_first ? first : third;
    *month = second;
    *day = year_first ? third : first;
    return (year_first || year_last) && *text == '\0';
}

static enum error_code parse_date(const struct item *item, struct span span, int32_t *cell) {
    char text[24];
    size_t length = 0;
    int year, month, day;
    while (span.at < span.end && length < sizeof(text) - 1)
        text[length++] = span_next(&span);
    text[length] = '\0';
    if (span.at < span.end || !scan_date(text, &year, &month, &day) ||
        !day_exists(year, month, day))
        return ERR_VALUE_NOT_DATE;
    int32_t value = year * 10000 + month * 100 + day;
    if (value < item->low || value > item->high) return ERR_VALUE_NOT_DATE;
    *cell = value;
    return ERR_NONE;
}

typedef enum error_code parse_fn(const struct item *item, struct span span, int32_t *cell);
static parse_fn *const parsers[DATA__MAX] = {
    [DATA_COUNT] = parse_number,      [DATA_ADEQUACY] = parse_adequacy, [DATA_DATE] = parse_date,
    [DATA_PERCENTAGE] = parse_number, [DATA_DECIMAL] = parse_number,
};

bool cell_parse(const struct item *item, const char *text, size_t length, int32_t *cell,
                enum error_code *error) {
    struct span span = trimmed(text, length);
    *error = ERR_NONE;
    if (span.at == span.end) {
        *cell = BLANK;
        return true;
    }
    *error = parsers[item->type](item, span, cell);
    return *error == ERR_NONE;
}

static size_t format_decimal(int32_t cell, int scale, char out[16]) {
    int64_t unit = 1, value = cell < 0 ? -(int64_t)cell : cell;
    for (int i = 0; i < scale; i++)
        unit *= 10;
    const char *sign = cell < 0 ? "-" : "";
    if (scale == 0) return (size_t)snprintf(out, 16, "%s%d", sign, (int)value);
    return (size_t)snprintf(out, 16, "%s%d.%0*d", sign, (int)(value / unit), scale,
                            (int)(value % unit));
}

size_t cell_format(const struct item *item, int32_t cell, char out[16]) {
    out[0] = '\0';
    if (cell == BLANK) return 0;
    switch (item->type) {
    case DATA_ADEQUACY:
        return (size_t)snprintf(out, 16, "%s", cell == ADEQUATE ? "Adequate" : "Inadequate");
    case DATA_DATE:
        return (size_t)snprintf(out, 16, "%02d/%02d/%04d", cell % 100, cell / 100 % 100,
                                cell / 10000);
    case DATA_PERCENTAGE:
    case DATA_DECIMAL:
        return format_decimal(cell, item->scale, out);
    default:
        return format_decimal(cell, 0, out);
    }
}
