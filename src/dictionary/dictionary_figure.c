/* Figures as people write them: 1,234 and 1,23,456; 12.0 for 12; and what has to be asked about. */
#include "dictionary_cell.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define NUMBER_LIMIT (INT64_C(1) << 40) /* past every figure: more digits change nothing */
#define GROUPS       16
#define DIGITS       (2 * CELL_TEXT)

/* A figure taken apart: runs of digits and what stands between them. */
struct run {
    const char *at;
    int length;
};
struct figure {
    const char *text;
    char sign; /* '+', '-' or '\0' */
    struct run runs[GROUPS];
    char separators[GROUPS]; /* before each run but the first: , . or a space */
    int count;
    bool has_exponent, exponent_signed;
    int exponent;
    struct run exponent_digits;
};

/* Digits with the place of the point: 12.5 is "125" with two before the point. */
struct number {
    bool negative;
    char digits[DIGITS];
    int length, whole;
};

static enum error_code not_number(const struct item *item) {
    return item->type == DATA_COUNT ? ERR_VALUE_NOT_WHOLE : ERR_VALUE_NOT_DECIMAL;
}

static int scale_of(const struct item *item) {
    return item->type == DATA_COUNT ? 0 : item->scale;
}

/* ---- Taking apart. --------------------------------------------------------------------------- */
static struct run scan_run(const char **at) {
    struct run run = { *at, 0 };
    while (is_digit(**at))
        (*at)++;
    run.length = (int)(*at - run.at);
    return run;
}

static bool is_separator(char c) {
    return c == ',' || c == '.' || c == ' ' || c == JOINING_SPACE;
}

static bool scan_exponent(struct figure *f, const char **at) {
    if (**at != 'e' && **at != 'E') return true;
    (*at)++;
    bool negative = **at == '-';
    f->exponent_signed = negative || **at == '+';
    *at += f->exponent_signed;
    f->exponent_digits = scan_run(at);
    if (f->exponent_digits.length < 1 || f->exponent_digits.length > 3) return false;
    for (int i = 0; i < f->exponent_digits.length; i++)
        f->exponent = f->exponent * 10 + (f->exponent_digits.at[i] - '0');
    f->exponent = negative ? -f->exponent : f->exponent;
    return f->has_exponent = true;
}

/* A per cent sign belongs to a percentage. */
static void scan_percent(const struct item *item, const char **at) {
    const char *sign = *at;
    while (*sign == ' ' || *sign == JOINING_SPACE)
        sign++;
    if (item->type == DATA_PERCENTAGE && sign[0] == '%' && sign[1] == '\0') *at = sign + 1;
}

static bool scan(const struct item *item, const char *text, struct figure *f) {
    *f = (struct figure){ .text = text };
    if (*text == '+' || *text == '-') f->sign = *text++;
    while (f->sign && (*text == ' ' || *text == JOINING_SPACE))
        text++;
    for (;;) {
        if (f->count == GROUPS) return false;
        f->runs[f->count] = scan_run(&text);
        if (f->runs[f->count++].length == 0) return false;
        if (!is_separator(text[0]) || !is_digit(text[1])) break;
        f->separators[f->count < GROUPS ? f->count : 0] = *text++;
    }
    if (!scan_exponent(f, &text)) return false;
    scan_percent(item, &text);
    return *text == '\0';
}

/* ---- Putting together. ----------------------------------------------------------------------- */
/* 1,234,567 or 12,34,567: the last group has three digits, those before it all three or all two. */
static bool is_grouped(const struct figure *f, int count, char separator) {
    const struct run *runs = f->runs;
    int inner = count > 2 ? runs[1].length : 3;
    if (count < 2 || runs[0].at[0] == '0' || runs[count - 1].length != 3) return false;
    if ((inner != 2 && inner != 3) || runs[0].length > 3) return false;
    if (count > 2 && runs[0].length > inner) return false;
    for (int i = 1; i < count; i++)
        if (f->separators[i] != separator || (i < count - 1 && runs[i].length != inner))
            return false;
    return true;
}

static struct number join(const struct figure *f, int whole_runs) {
    struct number n = { .negative = f->sign == '-' };
    for (int i = 0; i < f->count; i++) {
        memcpy(n.digits + n.length, f->runs[i].at, (size_t)f->runs[i].length);
        n.length += f->runs[i].length;
        if (i < whole_runs) n.whole = n.length;
    }
    return n;
}

static bool has_decimals(const struct figure *f) {
    if (f->count < 2 || f->separators[f->count - 1] != '.') return false;
    return f->count == 2 || f->separators[f->count - 2] != '.';
}

/* One run, or groups, before the point: nothing to ask about. */
static bool is_plain(const struct figure *f, struct number *n) {
    int whole = f->count - has_decimals(f);
    if (whole > 1 && !is_grouped(f, whole, ',') && !is_grouped(f, whole, JOINING_SPACE))
        return false;
    *n = join(f, whole);
    return true;
}

static int64_t times_ten(int64_t value, int digit) {
    return value >= NUMBER_LIMIT ? NUMBER_LIMIT : value * 10 + digit;
}

static enum error_code in_range(const struct item *item, bool negative, int64_t value,
                                int32_t *cell) {
    bool percent = item->type == DATA_PERCENTAGE;
    if (negative && item->low >= 0) return percent ? ERR_VALUE_NOT_PERCENT : ERR_VALUE_NEGATIVE;
    if (value > INT32_MAX || (!negative && value > item->high))
        return percent ? ERR_VALUE_NOT_PERCENT : ERR_VALUE_TOO_LARGE;
    value = negative ? -value : value;
    if (value < item->low) return percent ? ERR_VALUE_NOT_PERCENT : ERR_VALUE_TOO_SMALL;
    if (value > item->high) return percent ? ERR_VALUE_NOT_PERCENT : ERR_VALUE_TOO_LARGE;
    *cell = (int32_t)value;
    return ERR_NONE;
}

/* Decimals beyond the item's scale must be zeros: 12.0 is 12, 12.5 is no count. */
static enum error_code number_value(const struct item *item, const struct number *n,
                                    int32_t *cell) {
    int64_t value = 0;
    int kept = n->whole + scale_of(item);
    for (int i = 0; i < kept; i++)
        value = times_ten(value, i < n->length ? n->digits[i] - '0' : 0);
    for (int i = kept > 0 ? kept : 0; i < n->length; i++)
        if (n->digits[i] != '0') return not_number(item);
    return in_range(item, n->negative, value, cell);
}

/* ---- What is asked about. -------------------------------------------------------------------- */
static enum error_code read_number(const struct item *item, const struct number *n,
                                   struct cell_readings *readings) {
    int32_t cell;
    enum error_code error = number_value(item, n, &cell);
    if (error == ERR_NONE) {
        reading_add(item, cell, readings);
        return error;
    }
    struct cell_reading *reading = &readings->of[readings->count++];
    *reading = (struct cell_reading){ .holds = false };
    int whole = n->whole < n->length ? n->whole : n->length;
    snprintf(reading->text, sizeof reading->text, "%s%.*s%s%.*s", n->negative ? "-" : "", whole,
             n->digits, whole < n->length ? "." : "", n->length - whole, n->digits + whole);
    return error;
}

/* Two readings of which one at least can be; otherwise why the first cannot. */
static enum error_code ask(const struct item *item, const struct number *first,
                           const struct number *second, struct cell_readings *readings) {
    enum error_code error = read_number(item, first, readings);
    if (second) read_number(item, second, readings);
    for (int i = 0; i < readings->count; i++)
        if (readings->of[i].holds) return ERR_VALUE_ASK;
    readings->count = 0;
    return error;
}

/* 1e3: a thousand, or a slip for 13. 1.5E+05: what a spreadsheet shows of a longer number. */
static enum error_code ask_exponent(const struct item *item, const struct figure *f,
                                    struct cell_readings *readings) {
    struct number n, slip;
    int32_t cell;
    if (!is_plain(f, &n)) return not_number(item);
    slip = n;
    n.whole += f->exponent;
    enum error_code error = number_value(item, &n, &cell);
    if (error != ERR_NONE) return error;
    if (f->exponent_signed || slip.whole < slip.length) {
        reading_add(item, cell, readings);
        readings->of[readings->count++] = (struct cell_reading){ .text = "a figure near it" };
        return ERR_VALUE_ASK;
    }
    memcpy(slip.digits + slip.length, f->exponent_digits.at, (size_t)f->exponent_digits.length);
    slip.length += f->exponent_digits.length;
    slip.whole = slip.length;
    return ask(item, &n, &slip, readings);
}

/* 1.234: points between thousands, or decimals. */
static enum error_code ask_points(const struct item *item, const struct figure *f,
                                  struct cell_readings *readings) {
    struct number grouped = join(f, f->count), decimal = join(f, f->count - 1);
    return ask(item, &grouped, f->count == 2 ? &decimal : NULL, readings);
}

/* 12,5: a comma for the point, or one too many. */
static enum error_code ask_comma(const struct item *item, const struct figure *f,
                                 struct cell_readings *readings) {
    struct number decimal = join(f, 1), grouped = join(f, 2);
    return ask(item, &decimal, &grouped, readings);
}

static enum error_code ask_nil(const struct item *item, struct cell_readings *readings) {
    static const struct number zero = { .digits = "0", .length = 1, .whole = 1 };
    enum error_code error = ask(item, &zero, NULL, readings);
    if (error == ERR_VALUE_ASK) reading_add(item, BLANK, readings);
    return error;
}

enum error_code figure_parse(const struct item *item, const char *plain, int32_t *cell,
                             struct cell_readings *readings) {
    struct figure f;
    struct number n;
    int scale = scale_of(item);
    if (strcasecmp(plain, "nil") == 0) return ask_nil(item, readings);
    if (!scan(item, plain, &f)) return not_number(item);
    if (f.has_exponent) return ask_exponent(item, &f, readings);
    if (is_grouped(&f, f.count, '.') && (scale == 0 || f.count > 2))
        return ask_points(item, &f, readings);
    if (f.count == 2 && f.separators[1] == ',' && scale > 0 && f.runs[1].length < 3)
        return ask_comma(item, &f, readings);
    int whole = f.count - has_decimals(&f);
    if (is_grouped(&f, whole, ' ')) {
        n = join(&f, whole);
        return ask(item, &n, NULL, readings);
    }
    if (!is_plain(&f, &n)) return not_number(item);
    return f.sign == '+' ? ask(item, &n, NULL, readings) : number_value(item, &n, cell);
}
