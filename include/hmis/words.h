/* words: words of the files that the server writes, in the reader's language (data/words/). What
 * the web application shows has its own catalogue; texts of items and rules are the dictionary's.
 * Pure; any thread. */
#ifndef HMIS_WORDS_H
#define HMIS_WORDS_H

#include "hmis/base.h"

/* The word in the language ("hi", "hi-IN"); the English one itself where there is none. */
const char *word_in(const char *language, const char *english);

struct word {
    const char *language, *english, *text;
};
extern const struct word word_list[]; /* generated */
extern const size_t word_count;

#endif
