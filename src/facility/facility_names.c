#include <ctype.h>
#include <string.h>

#include "hmis/area.h"
#include "hmis/facility.h"

enum { NAME_BYTES = 800, ALIKE = 40 };

/* Words that say what a facility is, not which. */
static const char *const kinds[] = {
    "sc",       "hsc",    "shc",        "phc",     "uphc",     "chc",      "uchc",       "sdh",
    "dh",       "dhq",    "hwc",        "health",  "primary",  "sub",      "community",  "urban",
    "rural",    "centre", "center",     "and",     "wellness", "district", "divisional", "hospital",
    "area",     "govt",   "government", "general", "civil",    "nursing",  "home",       "clinic",
    "ayushman", "arogya", "mandir",     "the",     "of",       "pvt",      "private",    "ltd",
};

static bool is_kind(const char *word, size_t length) {
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (strlen(kinds[i]) == length && strncasecmp(kinds[i], word, length) == 0) return true;
    return false;
}

static bool in_word(char c) {
    return isalnum((unsigned char)c) || (unsigned char)c >= 0x80;
}

/* The name without the words of its kind; *foreign: it has letters beyond ASCII. */
static void own_words(const char *name, char out[NAME_BYTES + 2], bool *foreign) {
    size_t used = 0;
    *foreign = false;
    for (const char *at = name; *at;) {
        while (*at && !in_word(*at))
            at++;
        size_t length = 0;
        while (at[length] && in_word(at[length]))
            *foreign |= (unsigned char)at[length++] >= 0x80;
        if (length && !is_kind(at, length) && used + length < NAME_BYTES) {
            memcpy(out + used, at, length);
            used += length;
            out[used++] = ' ';
        }
        at += length;
    }
    out[used] = '\0';
}

bool facility_names_differ(const char *a, const char *b) {
    char left[NAME_BYTES + 2], right[NAME_BYTES + 2];
    bool left_foreign, right_foreign;
    own_words(a, left, &left_foreign);
    own_words(b, right, &right_foreign);
    if (!*left || !*right || left_foreign != right_foreign) return false;
    return area_name_likeness(left, right) < ALIKE;
}
