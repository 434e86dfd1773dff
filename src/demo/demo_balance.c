/* Stock balances: the tables of single months do not publish them, the cumulative table does. It
 * has the opening balance of the year's first month and the closing balance of its last; between
 * them the published receipts and issues carry the balance from month to month. */
#include "demo_internal.h"

#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "hmis/period.h"

enum column { B_YEAR, B_UPTO, B_AREA, B_LEVEL, B_ITEM, B_COMPONENT, B_TOTAL, B__MAX };
static const char heads[] = "fin_year,upto_month,area,level,item_no,component,total,";

struct balances {
    struct published *published;
    const struct geography *geography;
    int line;
    int from, to;    /* months since the first published one */
    int32_t *totals; /* [district][width]: as published, BLANK: not */
    struct problem *p;
};

static bool wrong(struct balances *b, const char *what, const char *value) {
    return problem_set(b->p, ERR_FILE_FORMAT, "balances, line %d: %s '%.60s'", b->line, what,
                       value);
}

static int32_t *total_at(struct balances *b, int district, int slot) {
    return &b->totals[district * b->published->dictionary->width + slot];
}

/* ---- Reading. ---------------------------------------------------------------------------- */
/* All rows are of one year, to one month. */
static bool months_find(struct balances *b, const char *year_text, const char *upto) {
    static const char *const months[] = { "Apr", "May", "Jun", "Jul", "Aug", "Sep",
                                          "Oct", "Nov", "Dec", "Jan", "Feb", "Mar" };
    int year, last = 0;
    if (!financial_year_parse(year_text, &year))
        return wrong(b, "not a financial year:", year_text);
    while (last < 12 && !text_equal(months[last], upto))
        last++;
    if (last == 12) return wrong(b, "not a month:", upto);
    int from = period_diff(financial_year_first(year), b->published->first_period);
    if (b->line > 2 && (from != b->from || from + last != b->to))
        return wrong(b, "of other months:", year_text);
    b->from = from;
    b->to = from + last;
    return (from >= 0 && b->to < b->published->months) ||
           wrong(b, "the published file has not the months of", year_text);
}

static int district_find(struct balances *b, const char *name) {
    const struct published *published = b->published;
    int area = geography_find_child(b->geography, published->state, AREA_DISTRICT,
                                    area_tree_day(published->first_period), name);
    for (int d = 0; d < published->district_count; d++)
        if (published->districts[d] == area) return d;
    return -1;
}

/* The state's rows are the sums of the districts'; what is no balance comes from the months. */
static bool row_read(struct balances *b, char *line) {
    char *fields[B__MAX], key[80];
    for (int i = 0; i < B__MAX; i++)
        if (!(fields[i] = strsep(&line, ","))) return wrong(b, "too few columns:", "");
    if (!months_find(b, fields[B_YEAR], fields[B_UPTO])) return false;
    int component = fields[B_COMPONENT][0] - '0';
    if (!text_equal(fields[B_LEVEL], "district") || (component != OPENING && component != CLOSING))
        return true;
    int64_t total;
    int district = district_find(b, fields[B_AREA]);
    snprintf(key, sizeof key, "%.60s/%d", fields[B_ITEM], component);
    const struct item *item = dictionary_find(b->published->dictionary, key);
    if (district < 0) return wrong(b, "no such district:", fields[B_AREA]);
    if (!item) return wrong(b, "the dictionary has no item", key);
    if (!text_to_int(fields[B_TOTAL], item->low, item->high, &total))
        return wrong(b, "not a balance:", fields[B_TOTAL]);
    *total_at(b, district, item->slot) = (int32_t)total;
    return true;
}

static bool rows_read(struct balances *b, const char *path) {
    char line[512];
    gzFile file = gzopen(path, "rb");
    if (!file) return problem_set(b->p, ERR_FILE_FORMAT, "the file of balances cannot be opened");
    bool right = true;
    for (b->line = 1; right && gzgets(file, line, sizeof line); b->line++) {
        line[strcspn(line, "\r\n")] = '\0';
        if (b->line > 1)
            right = row_read(b, line);
        else if (strncmp(line, heads, sizeof heads - 1) != 0)
            right = wrong(b, "the heads are not those of a cumulative table:", line);
    }
    gzclose(file);
    return right;
}

/* ---- From month to month. ---------------------------------------------------------------- */
static int32_t figure(const struct published *published, int district, int month, int slot) {
    int32_t total = published_at(published, district, month, slot)->total;
    return total == BLANK ? 0 : total;
}

/* The headquarters reported the item in that month. */
static bool is_reported(const struct published *published, int district, int month, int opening) {
    for (int component = RECEIVED; component <= ISSUED; component++)
        if (published_at(published, district, month, opening + component - OPENING)->total != BLANK)
            return true;
    return false;
}

static void put(struct balances *b, int district, int month, int slot, int32_t total) {
    *published_at(b->published, district, month, slot) =
        (struct published_cell){ total, BLANK, BLANK, BLANK, BLANK };
}

/* What the last month closed with is as published, also where a slip parts it from the sum. */
static void carry(struct balances *b, int district, int opening) {
    const struct published *published = b->published;
    int closing = opening + CLOSING - OPENING, last = b->to;
    int32_t balance = *total_at(b, district, opening), end = *total_at(b, district, closing);
    while (last > b->from && !is_reported(published, district, last, opening))
        last--;
    for (int month = b->from; balance != BLANK && month <= last; month++) {
        if (!is_reported(published, district, month, opening)) continue;
        put(b, district, month, opening, balance);
        balance += figure(published, district, month, opening + RECEIVED - OPENING) -
                   figure(published, district, month, opening + UNUSABLE - OPENING) -
                   figure(published, district, month, opening + ISSUED - OPENING);
        put(b, district, month, closing, month == last && end != BLANK ? end : balance);
    }
}

bool balances_read(struct published *published, const char *path, const struct geography *geography,
                   struct arena *arena, struct problem *p) {
    const struct dictionary *dictionary = published->dictionary;
    size_t count = (size_t)published->district_count * (size_t)dictionary->width;
    struct balances b = { .published = published, .geography = geography, .p = p };
    b.totals = arena_array(arena, count, sizeof *b.totals);
    for (size_t i = 0; i < count; i++)
        b.totals[i] = BLANK;
    if (!rows_read(&b, path)) return false;
    for (int d = 0; d < published->district_count; d++)
        for (int i = 0; i < dictionary->item_count; i++)
            if (dictionary->items[i].component == OPENING) carry(&b, d, dictionary->items[i].slot);
    return true;
}
