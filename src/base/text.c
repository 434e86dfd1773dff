#include "hmis/base.h"

#include <string.h>

bool text_equal(const char *a, const char *b) {
    return a == b || (a && b && strcmp(a, b) == 0);
}

bool text_starts(const char *text, const char *prefix) {
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool text_to_int(const char *text, int64_t low, int64_t high, int64_t *value) {
    bool negative = *text == '-';
    const char *at = text + negative;
    if (!*at) return false;
    int64_t sum = 0;
    for (; *at; at++) {
        if (*at < '0' || *at > '9') return false;
        int digit = *at - '0';
        if (__builtin_mul_overflow(sum, 10, &sum) ||
            __builtin_add_overflow(sum, negative ? -digit : digit, &sum))
            return false;
    }
    if (sum < low || sum > high) return false;
    *value = sum;
    return true;
}

size_t text_utf8_sequence(const char *text, size_t left) {
    const unsigned char *at = (const unsigned char *)text;
    static const struct {
        unsigned char low, high, second_low, second_high, length;
    } forms[] = {
        { 0x01, 0x7F, 0, 0, 1 },       { 0xC2, 0xDF, 0x80, 0xBF, 2 }, { 0xE0, 0xE0, 0xA0, 0xBF, 3 },
        { 0xE1, 0xEC, 0x80, 0xBF, 3 }, { 0xED, 0xED, 0x80, 0x9F, 3 }, { 0xEE, 0xEF, 0x80, 0xBF, 3 },
        { 0xF0, 0xF0, 0x90, 0xBF, 4 }, { 0xF1, 0xF3, 0x80, 0xBF, 4 }, { 0xF4, 0xF4, 0x80, 0x8F, 4 },
    };
    for (size_t f = 0; f < COUNT(forms); f++) {
        if (at[0] < forms[f].low || at[0] > forms[f].high) continue;
        size_t length = forms[f].length;
        if (length > left) return 0;
        if (length > 1 && (at[1] < forms[f].second_low || at[1] > forms[f].second_high)) return 0;
        for (size_t i = 2; i < length; i++)
            if ((at[i] & 0xC0) != 0x80) return 0;
        return length;
    }
    return 0;
}

bool text_is_utf8(const char *data, size_t length) {
    for (size_t i = 0; i < length;) {
        size_t step = text_utf8_sequence(data + i, length - i);
        if (step == 0) return false;
        i += step;
    }
    return true;
}

void text_mend(char *text) {
    size_t left = strlen(text);
    char *to = text;
    for (const char *at = text; left > 0;) {
        size_t step = text_utf8_sequence(at, left), taken = step > 0 ? step : 1;
        if (step > 0) memmove(to, at, step);
        to += step;
        at += taken;
        left -= taken;
    }
    *to = '\0';
}

size_t text_length_utf8(const char *text) {
    size_t count = 0;
    for (; *text; text++)
        count += ((unsigned char)*text & 0xC0) != 0x80;
    return count;
}
