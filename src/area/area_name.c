#include "hmis/area.h"

#include <string.h>

enum { NAME_MOST = 200 }; /* bytes compared of a name */

/* Lower case; 0 for what does not count. Bytes beyond ASCII count as they are. */
static char letter(char byte) {
    unsigned char c = (unsigned char)byte;
    if (c >= 'A' && c <= 'Z') return (char)(c + 'a' - 'A');
    return c >= 0x80 || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? byte : 0;
}

static size_t letters(char *to, const char *name) {
    size_t length = 0;
    for (; *name && length < NAME_MOST; name++)
        if (letter(*name)) to[length++] = letter(*name);
    to[length] = '\0';
    return length;
}

/* Pairs of neighbours that both have: each pair of b is taken once. */
static size_t common_pairs(const char *a, size_t a_length, const char *b, size_t b_length) {
    bool taken[NAME_MOST] = { false };
    size_t common = 0;
    for (size_t i = 0; i + 1 < a_length; i++)
        for (size_t j = 0; j + 1 < b_length; j++)
            if (!taken[j] && a[i] == b[j] && a[i + 1] == b[j + 1]) {
                taken[j] = true;
                common++;
                break;
            }
    return common;
}

static bool has_word(const char *text, const char *word, size_t length) {
    for (const char *at = text; *at;) {
        while (*at && !letter(*at))
            at++;
        size_t here = 0;
        while (letter(at[here]))
            here++;
        size_t same = 0;
        while (same < here && same < length && letter(at[same]) == letter(word[same]))
            same++;
        if (here == length && same == length && length > 0) return true;
        at += here;
    }
    return false;
}

/* Every word of `few` stands in `many`; initials alone are no words. */
static bool words_within(const char *few, const char *many) {
    size_t longest = 0;
    for (const char *at = few; *at;) {
        while (*at && !letter(*at))
            at++;
        size_t length = 0;
        while (letter(at[length]))
            length++;
        if (length && !has_word(many, at, length)) return false;
        longest = length > longest ? length : longest;
        at += length;
    }
    return longest > 2;
}

int area_name_likeness(const char *a, const char *b) {
    char left[NAME_MOST + 1], right[NAME_MOST + 1];
    size_t left_length = letters(left, a), right_length = letters(right, b);
    if (!left_length || !right_length) return left_length == right_length ? 100 : 0;
    if (strcmp(left, right) == 0 || words_within(a, b) || words_within(b, a)) return 100;
    size_t pairs = left_length + right_length - 2;
    if (!pairs) return 0;
    return (int)(200 * common_pairs(left, left_length, right, right_length) / pairs);
}
