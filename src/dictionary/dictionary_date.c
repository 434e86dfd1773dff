/* Dates as people write them, day before month. */
#include "dictionary_cell.h"

#include "hmis/period.h"

#include <string.h>
#include <strings.h>

#define CENTURY_TURNS 80 /* two digits below are of this century */

struct date {
    int year, month, day;
};

static bool exists(struct date d) {
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    if (d.year < 1 || d.month < 1 || d.month > 12 || d.day < 1) return false;
    bool leap = (d.year % 4 == 0 && d.year % 100 != 0) || d.year % 400 == 0;
    return d.day <= days[d.month - 1] + (d.month == 2 && leap);
}

static bool allowed(const struct item *item, struct date d, int32_t *cell) {
    int32_t value = d.year * 10000 + d.month * 100 + d.day;
    if (!exists(d) || value < item->low || value > item->high) return false;
    *cell = value;
    return true;
}

static int full_year(int year, int digits) {
    if (digits > 2) return year;
    return year < CENTURY_TURNS ? 2000 + year : 1900 + year;
}

/* ---- Parts. ---------------------------------------------------------------------------------- */
struct part {
    int value, digits; /* digits 0: a month by its name */
};

static int month_named(const char *name, size_t length) {
    static const char *const names[] = { "january",   "february", "march",    "april",
                                         "may",       "june",     "july",     "august",
                                         "september", "october",  "november", "december" };
    if (length == 4 && strncasecmp(name, "sept", 4) == 0) return 9;
    for (int i = 0; i < 12; i++)
        if ((length == 3 || length == strlen(names[i])) && strncasecmp(names[i], name, length) == 0)
            return i + 1;
    return 0;
}

static bool scan_part(const char **at, struct part *part) {
    const char *start = *at;
    *part = (struct part){ 0 };
    for (; is_digit(**at) && *at - start < 9; (*at)++)
        part->value = part->value * 10 + (**at - '0');
    part->digits = (int)(*at - start);
    if (part->digits > 0) return true;
    while ((**at >= 'a' && **at <= 'z') || (**at >= 'A' && **at <= 'Z'))
        (*at)++;
    part->value = month_named(start, (size_t)(*at - start));
    return part->value > 0;
}

static bool is_separator(char c) {
    return c == '/' || c == '-' || c == '.' || c == ' ' || c == JOINING_SPACE;
}

/* Three parts with the same separator between them; *rest is what follows. */
static bool scan_parts(const char *text, struct part parts[3], const char **rest) {
    if (!scan_part(&text, &parts[0])) return false;
    char separator = *text;
    if (!is_separator(separator)) return false;
    for (int i = 1; i < 3; i++) {
        if (*text++ != separator || !scan_part(&text, &parts[i])) return false;
    }
    *rest = text;
    return true;
}

/* The time of a spreadsheet's day. */
static bool is_midnight(const char *rest) {
    static const char *const times[] = { "", "00:00", "00:00:00", "00:00:00.000" };
    if (*rest == ' ' || *rest == 'T')
        rest++;
    else if (*rest)
        return false;
    for (size_t i = 0; i < COUNT(times); i++)
        if (text_equal(rest, times[i])) return true;
    return false;
}

static bool short_number(struct part part) {
    return part.digits == 1 || part.digits == 2;
}

/* 5/4/2023, 5.4.23, 5-Apr-2023; or 2023-04-05. */
static bool order_parts(const struct part parts[3], struct date *d) {
    const struct part *month = &parts[1];
    bool year_first = parts[0].digits == 4 && short_number(parts[2]);
    bool day_first = short_number(parts[0]) && (parts[2].digits == 4 || parts[2].digits == 2);
    if (month->digits > 2 || (!year_first && !day_first)) return false;
    struct part year = year_first ? parts[0] : parts[2], day = year_first ? parts[2] : parts[0];
    *d = (struct date){ full_year(year.value, year.digits), month->value, day.value };
    return true;
}

/* Day and month the other way round can be, and this way cannot: 4/25/2023. */
static bool ask_swapped(const struct item *item, const struct part parts[3], struct date d,
                        struct cell_readings *readings) {
    int32_t cell;
    struct date swapped = { d.year, d.day, d.month };
    if (parts[1].digits == 0 || d.month <= 12 || !allowed(item, swapped, &cell)) return false;
    reading_add(item, cell, readings);
    return true;
}

/* ---- Without separators. --------------------------------------------------------------------- */
static bool all_digits(const char *text, int *digits, int *value) {
    struct part part;
    const char *at = text;
    if (!scan_part(&at, &part) || *at != '\0') return false;
    *digits = part.digits;
    *value = part.value;
    return part.digits > 0;
}

static struct date day_first(int value, int digits) {
    int unit = digits > 6 ? 10000 : 100;
    return (struct date){ full_year(value % unit, digits > 6 ? 4 : 2), value / unit % 100,
                          value / unit / 100 };
}

static struct date year_first(int value, int digits) {
    return (struct date){ full_year(value / 10000, digits > 6 ? 4 : 2), value / 100 % 100,
                          value % 100 };
}

/* The day of a spreadsheet's day number (1 January 1970 is 25569). */
static struct date serial_day(int serial) {
    int64_t days = serial - 25569;
    struct date d = { 1970, 1, 1 };
    int period = 197001;
    while (period_last_day(period) < days)
        period = period_add(period, 1);
    d.year = period / 100;
    d.month = period % 100;
    d.day = (int)(days - period_last_day(period_add(period, -1)));
    return d;
}

static void ask(const struct item *item, struct date d, struct cell_readings *readings) {
    int32_t cell;
    if (allowed(item, d, &cell)) reading_add(item, cell, readings);
}

/* 05042023 and 20230405 are certain; 5042023 (a zero lost), 050423 and 45021 are asked about. */
static enum error_code parse_digits(const struct item *item, int value, int digits, int32_t *cell,
                                    struct cell_readings *readings) {
    if (digits == 8 &&
        (allowed(item, day_first(value, 8), cell) || allowed(item, year_first(value, 8), cell)))
        return ERR_NONE;
    if (digits == 6 || digits == 7) ask(item, day_first(value, digits), readings);
    if (digits == 6) ask(item, year_first(value, digits), readings);
    if (digits == 5) ask(item, serial_day(value), readings);
    return readings->count > 0 ? ERR_VALUE_ASK : ERR_VALUE_NOT_DATE;
}

enum error_code date_parse(const struct item *item, const char *plain, int32_t *cell,
                           struct cell_readings *readings) {
    struct part parts[3];
    struct date d;
    const char *rest;
    int digits, value;
    if (all_digits(plain, &digits, &value))
        return parse_digits(item, value, digits, cell, readings);
    if (!scan_parts(plain, parts, &rest) || !is_midnight(rest) || !order_parts(parts, &d))
        return ERR_VALUE_NOT_DATE;
    if (allowed(item, d, cell)) return ERR_NONE;
    return ask_swapped(item, parts, d, readings) ? ERR_VALUE_ASK : ERR_VALUE_NOT_DATE;
}

bool cell_date_written(const char *text, size_t length, struct date_written *date) {
    char plain[CELL_TEXT];
    struct part parts[3];
    struct date d;
    const char *rest;
    if (!cell_plain_text(text, length, plain)) return false;
    if (!scan_parts(cell_unquoted(plain), parts, &rest) || !is_midnight(rest)) return false;
    if (parts[1].digits == 0 || !order_parts(parts, &d)) return false;
    *date = (struct date_written){ .year_first = parts[0].digits == 4,
                                   .timed = *rest != '\0',
                                   .year = d.year,
                                   .month = d.month,
                                   .day = d.day };
    return true;
}
