/* The small parsers that read what a request says: numbers, months, years, UTF-8, hex. What they
 * accept must be what they would write. */
#include "hmis/period.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void promise(bool kept) {
    if (!kept) abort();
}

static void numbers(const char *text) {
    int64_t value = 0;
    if (!text_to_int(text, INT64_MIN, INT64_MAX, &value)) return;
    char back[24];
    snprintf(back, sizeof back, "%lld", (long long)value);
    const char *digits = text + (*text == '-');
    digits += strspn(digits, "0");
    promise(strcmp(digits, value == 0 ? "" : back + (value < 0)) == 0);
    int64_t again;
    promise(text_to_int(text, value, value, &again) && again == value);
}

static void periods(const char *text) {
    int period = 0, year = 0;
    char back[8];
    if (period_parse(text, &period)) {
        period_format(back, period);
        promise(strcmp(back, text) == 0 && period_valid(period));
    }
    if (financial_year_parse(text, &year)) {
        financial_year_format(back, year);
        promise(strcmp(back, text) == 0);
    }
}

static void hex(const char *text, size_t size) {
    unsigned char *bytes = xmalloc(size / 2);
    char *back = xmalloc(size + 2);
    if (hex_decode(bytes, size / 2, text)) {
        hex_encode(back, bytes, size / 2);
        promise(strcasecmp(back, text) == 0);
    }
    free(bytes);
    free(back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    bool utf8 = text_is_utf8((const char *)data, size);
    char *text = xmalloc(size + 1);
    if (size) memcpy(text, data, size);
    text[size] = '\0';
    promise(!utf8 || text_length_utf8(text) <= size);
    numbers(text);
    periods(text);
    hex(text, strlen(text));
    free(text);
    return 0;
}
