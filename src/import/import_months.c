/* Months and dates as people and spreadsheets write them. */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "hmis/period.h"
#include "import_internal.h"

static const char *const names[12][4] = {
    { "january", "जनवरी" },
    { "february", "फरवरी", "फ़रवरी", "फ़रवरी" },
    { "march", "मार्च" },
    { "april", "अप्रैल" },
    { "may", "मई" },
    { "june", "जून" },
    { "july", "जुलाई" },
    { "august", "अगस्त" },
    { "september", "सितंबर", "सितम्बर" },
    { "october", "अक्टूबर", "अक्तूबर" },
    { "november", "नवंबर", "नवम्बर" },
    { "december", "दिसंबर", "दिसम्बर" },
};

/* A text as its parts: numbers with their digits, and names of months. */
enum { PARTS = 7 };
struct parts {
    struct {
        int number, digits; /* digits 0: a month by name, number is it */
    } part[PARTS];
    int count;
    bool other;     /* something else is in it */
    char separator; /* behind the first part */
};

static bool is_letter(unsigned char c) {
    return (c | 32) >= 'a' && (c | 32) <= 'z';
}

/* "apr", "sept", "april"; how many bytes, 0: none. */
static size_t month_name(const char *text, int *month) {
    size_t letters = 0;
    while (is_letter((unsigned char)text[letters]))
        letters++;
    for (*month = 1; *month <= 12; ++*month) {
        const char *const *name = names[*month - 1];
        if (letters >= 3 && letters <= strlen(name[0]) && strncasecmp(text, name[0], letters) == 0)
            return letters;
        for (int i = 1; i < 4 && name[i] != NULL; i++)
            if (text_starts(text, name[i])) return strlen(name[i]);
    }
    return 0;
}

static size_t take_number(const char *text, int *number) {
    size_t digits = 0;
    *number = 0;
    for (; text[digits] >= '0' && text[digits] <= '9' && digits < 8; digits++)
        *number = *number * 10 + (text[digits] - '0');
    return digits;
}

static struct parts split(const char *text) {
    struct parts parts = { 0 };
    while (*text != '\0' && parts.count < PARTS) {
        int number;
        size_t length = take_number(text, &number), digits = length;
        if (length == 0) length = month_name(text, &number);
        if (length > 0) {
            parts.part[parts.count].number = number;
            parts.part[parts.count++].digits = (int)digits;
        } else {
            if (strchr(" -/.,':", *text) == NULL && *text != 'T') parts.other = true;
            if (parts.count == 1 && parts.separator == 0) parts.separator = *text;
            length = 1;
        }
        text += length;
    }
    parts.other |= *text != '\0';
    return parts;
}

static int year_of(int number, int digits) {
    return digits == 4 ? number : digits == 2 ? 2000 + number : 0;
}

static void add_month(struct import_months *months, int year, int month) {
    int period = year * 100 + month;
    if (!period_valid(period)) return;
    for (int i = 0; i < months->count; i++)
        if (months->period[i] == period) return;
    if (months->count < 2) months->period[months->count++] = period;
}

/* Two numbers: one is the year, the other the month; both short: "11/12" may be either. */
static void two_numbers(const struct parts *parts, struct import_months *months) {
    int a = parts->part[0].number, b = parts->part[1].number;
    int a_digits = parts->part[0].digits, b_digits = parts->part[1].digits;
    if (a_digits == 4 || b_digits == 4) {
        if (a_digits == 4 && b_digits <= 2) add_month(months, a, b);
        if (b_digits == 4 && a_digits <= 2) add_month(months, b, a);
        return;
    }
    if (b_digits == 2) add_month(months, 2000 + b, a);
    if (a_digits == 2) add_month(months, 2000 + a, b);
    months->ask = true;
}

/* A whole date: a day past twelve is the day, the first of a month is a month as a spreadsheet
 * keeps it; of the others day and month may have been taken for each other. */
static void whole_date(int year, int month, int day, struct import_months *months) {
    if (day >= 1 && day <= 31) add_month(months, year, month);
    if (day > 12 || day == 1 || day == month) return;
    add_month(months, year, day);
    months->ask = months->count == 2;
}

static void three_numbers(const struct parts *parts, struct import_months *months) {
    int a = parts->part[0].number, b = parts->part[1].number, c = parts->part[2].number;
    if (parts->part[0].digits == 4)
        whole_date(a, b, c, months);
    else if (b > 12)
        whole_date(year_of(c, parts->part[2].digits), a, b, months); /* month first */
    else
        whole_date(year_of(c, parts->part[2].digits), b, a, months);
}

/* "Apr-22", "April 2022", "2022 Apr", "1 April 2022". Alone with a day, "22-Apr", the year is not
 * there: a spreadsheet has taken it for a day. */
static void with_name(const struct parts *parts, struct import_months *months) {
    int month = 0, numbers = 0, last = -1, first = -1;
    for (int i = 0; i < parts->count; i++) {
        if (parts->part[i].digits == 0) {
            if (month != 0) return;
            month = parts->part[i].number;
            continue;
        }
        if (first < 0) first = i;
        last = i;
        numbers++;
    }
    if (numbers == 0 || numbers > 2) return;
    int digits = parts->part[last].digits;
    bool year_first = parts->part[first].digits == 4;
    add_month(months,
              year_first ? parts->part[first].number : year_of(parts->part[last].number, digits),
              month);
    bool day_only = numbers == 1 && !year_first && digits == 2 && parts->part[0].digits > 0;
    months->ask = months->count > 0 && day_only;
}

/* A time of nothing behind a date. */
static bool cut_midnight(struct parts *parts) {
    int at = parts->count - 1;
    for (; at >= 3 && parts->part[at].number == 0 && parts->part[at].digits > 0; at--)
        continue;
    bool cut = parts->count >= 5 && at == 2;
    if (cut) parts->count = 3;
    return cut;
}

/* 44652 or 44652.0: how a spreadsheet counts the days, where the cell has lost its format. */
static bool day_number(const struct parts *parts, struct import_months *months) {
    enum { EPOCH = 25569, FIRST = 32874, LAST = 73050 }; /* 1970-01-01, 1990-01-01, 2099-12-31 */
    bool whole = parts->count == 1 || (parts->count == 2 && parts->separator == '.' &&
                                       parts->part[1].number == 0 && parts->part[1].digits > 0);
    int number = parts->part[0].number;
    if (!whole || parts->part[0].digits != 5 || number < FIRST || number > LAST) return false;
    time_t seconds = (time_t)(number - EPOCH) * 86400;
    struct tm day;
    if (gmtime_r(&seconds, &day) == NULL) return false;
    whole_date(day.tm_year + 1900, day.tm_mon + 1, day.tm_mday, months);
    return true;
}

struct import_months import_month(const char *text) {
    struct import_months months = { 0 };
    char tidy[48], plain[48];
    if (strlen(text) >= sizeof tidy) return months;
    tabular_tidy(text, strlen(text), tidy);
    import_copy(plain, sizeof plain, tidy[0] == '\'' ? tidy + 1 : tidy);
    struct parts parts = split(plain);
    if (parts.other || parts.count == 0) return months;
    cut_midnight(&parts);
    bool named = false;
    for (int i = 0; i < parts.count; i++)
        named |= parts.part[i].digits == 0;
    if (!named && day_number(&parts, &months)) return months;
    if (named)
        with_name(&parts, &months);
    else if (parts.count == 1 && parts.part[0].digits == 6)
        add_month(&months, parts.part[0].number / 100, parts.part[0].number % 100);
    else if (parts.count == 1 && parts.part[0].digits == 8)
        whole_date(parts.part[0].number / 10000, parts.part[0].number / 100 % 100,
                   parts.part[0].number % 100, &months);
    else if (parts.count == 2)
        two_numbers(&parts, &months);
    else if (parts.count == 3)
        three_numbers(&parts, &months);
    return months;
}

/* ---- A month in a sentence or a file's name.
 * ------------------------------------------------------------------ */
static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_joint(char c) {
    return c == '-' || c == '_' || c == '.';
}

/* "2022-04", "2022_04" with nothing of a day behind it. */
static int numbered_month(const char *at, const char *begin) {
    bool alone = at == begin || !is_digit(at[-1]);
    for (int i = 0; i < 7; i++)
        if (i == 4 ? !is_joint(at[4]) : !is_digit(at[i])) return 0;
    if (!alone || is_digit(at[7])) return 0;
    if (is_joint(at[7]) && is_digit(at[8])) return 0; /* a day */
    int period = ((at[0] - 48) * 1000 + (at[1] - 48) * 100 + (at[2] - 48) * 10 + at[3] - 48) * 100 +
                 (at[5] - 48) * 10 + at[6] - 48;
    return period_valid(period) ? period : 0;
}

/* "Apr 2022", "April-22", not "1 Apr 2022": days are of when it was printed. */
static int named_month(const char *at, const char *begin) {
    int month, year;
    if (at > begin && (is_letter((unsigned char)at[-1]) || is_digit(at[-1]))) return 0;
    if (at - begin >= 2 && strchr(" -./", at[-1]) != NULL && is_digit(at[-2])) return 0;
    size_t length = month_name(at, &month);
    if (length == 0) return 0;
    at += length;
    while (*at != '\0' && strchr(" -_.,'", *at) != NULL)
        at++;
    size_t digits = take_number(at, &year);
    if (digits != 4 && digits != 2) return 0;
    int period = year_of(year, (int)digits) * 100 + month;
    return period_valid(period) ? period : 0;
}

int import_month_in(const char *text) {
    int found = 0;
    for (const char *at = text; *at != '\0'; at++) {
        int period = is_digit(*at) ? numbered_month(at, text) : named_month(at, text);
        if (period == 0) continue;
        if (found != 0 && found != period) return 0;
        found = period;
    }
    return found;
}

/* ---- Dates.
 * -------------------------------------------------------------------------------------------------
 */
struct import_date import_date(const struct tabular_cell *cell) {
    struct import_date date = { 0 };
    struct date_written at;
    if (cell->too_long || !cell_date_written(cell->text, (size_t)cell->length, &at)) return date;
    if (at.year_first && !at.timed && cell->kind != TABULAR_DATE) return date;
    return (struct import_date){ at.year_first ? DATE_ISO : DATE_PARTS, at.year, at.month, at.day };
}

bool import_date_either(const struct import_date *date) {
    return date->form != DATE_NONE && date->day != date->month && date->day >= 1 &&
           date->day <= 12 && date->month >= 1 && date->month <= 12;
}
