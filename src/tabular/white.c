/* White space, and characters that nobody sees. */
#include "tabular_internal.h"

#include <string.h>

static size_t three(const unsigned char *at, bool *seen) {
    unsigned code = (at[0] & 0x0FU) << 12 | (at[1] & 0x3FU) << 6 | (at[2] & 0x3FU);
    /* Not U+200C and U+200D: they belong to the words of Indian scripts. */
    bool hidden = code == 0x200B || code == 0x200E || code == 0x200F || code == 0x2060 ||
                  (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069) ||
                  code == 0xFEFF;
    bool wide = code == 0x1680 || (code >= 0x2000 && code <= 0x200A) || code == 0x2028 ||
                code == 0x2029 || code == 0x202F || code == 0x205F || code == 0x3000;
    *seen = wide;
    return hidden || wide ? 3 : 0;
}

size_t text_white(const char *text, size_t left, bool *seen) {
    const unsigned char *at = (const unsigned char *)text;
    *seen = true;
    if (left == 0) return 0;
    if (at[0] <= ' ' || at[0] == 0x7F) return 1;
    if (at[0] < 0xC2) return 0;
    if (at[0] == 0xC2) return left > 1 && (at[1] == 0xA0 || at[1] == 0x85) ? 2 : 0;
    if (left > 2 && (at[0] == 0xE1 || at[0] == 0xE2 || at[0] == 0xE3 || at[0] == 0xEF))
        return three(at, seen);
    return 0;
}

bool text_is_white(const char *text, size_t length) {
    bool seen;
    for (size_t at = 0, step; at < length; at += step)
        if ((step = text_white(text + at, length - at, &seen)) == 0) return false;
    return true;
}

size_t tabular_tidy(const char *text, size_t length, char *out) {
    size_t to = 0;
    bool space = false, seen;
    for (size_t at = 0; at < length;) {
        size_t step = text_white(text + at, length - at, &seen);
        if (step > 0) {
            space |= seen && to > 0;
            at += step;
            continue;
        }
        if (space) out[to++] = ' ';
        space = false;
        out[to++] = text[at++];
        while (at < length && ((unsigned char)text[at] & 0xC0) == 0x80)
            out[to++] = text[at++];
    }
    out[to] = '\0';
    return to;
}
