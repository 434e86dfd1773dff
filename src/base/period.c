#include "hmis/period.h"

#include <stdio.h>
#include <string.h>

#define APRIL 4

bool period_valid(int period) {
    int month = period % 100;
    return period >= PERIOD_FIRST && period <= PERIOD_LAST && month >= 1 && month <= 12;
}

int period_index(int period) {
    return period / 100 * 12 + period % 100 - 1;
}

int period_from_index(int index) {
    return index / 12 * 100 + index % 12 + 1;
}

int period_add(int period, int months) {
    return period_from_index(period_index(period) + months);
}

int period_diff(int later, int earlier) {
    return period_index(later) - period_index(earlier);
}

int period_financial_year(int period) {
    return period / 100 - (period % 100 < APRIL);
}

int period_month_of_year(int period) {
    return (period % 100 + 12 - APRIL) % 12;
}

int financial_year_first(int year) {
    return year * 100 + APRIL;
}

int financial_year_last(int year) {
    return (year + 1) * 100 + APRIL - 1;
}

/* "dddd-dd" and nothing else: the two numbers. */
static bool two_numbers(const char *text, int *first, int *second) {
    if (strlen(text) != 7 || text[4] != '-') return false;
    for (int i = 0; i < 7; i++)
        if (i != 4 && (text[i] < '0' || text[i] > '9')) return false;
    *first = (text[0] - '0') * 1000 + (text[1] - '0') * 100 + (text[2] - '0') * 10 + text[3] - '0';
    *second = (text[5] - '0') * 10 + text[6] - '0';
    return true;
}

bool period_parse(const char *text, int *period) {
    int year, month;
    if (!two_numbers(text, &year, &month) || !period_valid(year * 100 + month)) return false;
    *period = year * 100 + month;
    return true;
}

bool financial_year_parse(const char *text, int *year) {
    int first, next;
    if (!two_numbers(text, &first, &next) || (first + 1) % 100 != next) return false;
    if (!period_valid(financial_year_first(first)) || !period_valid(financial_year_last(first)))
        return false;
    *year = first;
    return true;
}

void period_format(char out[8], int period) {
    snprintf(out, 8, "%04u-%02u", (unsigned)period / 100 % 10000, (unsigned)period % 100);
}

void financial_year_format(char out[8], int year) {
    snprintf(out, 8, "%04u-%02u", (unsigned)year % 10000, (unsigned)(year + 1) % 100);
}

/* Days since 1970-01-01 of the first of a month (proleptic Gregorian calendar, after 1970). */
static int first_day(int period) {
    static const int before[12] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };
    int year = period / 100, month = period % 100;
    int leap_years_from = month > 2 ? year : year - 1; /* the leap day of this year lies before */
    int leap_days = leap_years_from / 4 - leap_years_from / 100 + leap_years_from / 400;
    const int leap_days_before_1970 = 477;
    return (year - 1970) * 365 + before[month - 1] + leap_days - leap_days_before_1970;
}

int period_last_day(int period) {
    return first_day(period_add(period, 1)) - 1;
}

bool period_parse_day(const char *text, int *day) {
    int period, number;
    if (strlen(text) != 10 || text[7] != '-') return false;
    char month[8] = { 0 };
    memcpy(month, text, 7);
    if (!period_parse(month, &period)) return false;
    for (int i = 8; i < 10; i++)
        if (text[i] < '0' || text[i] > '9') return false;
    number = (text[8] - '0') * 10 + text[9] - '0';
    *day = period * 100 + number;
    return number >= 1 && number <= period_last_day(period) - first_day(period) + 1;
}
