#include "hmis/words.h"

#include <string.h>

static bool speaks(const struct word *word, const char *language) {
    size_t length = strcspn(language, "-");
    return strlen(word->language) == length && strncmp(word->language, language, length) == 0;
}

const char *word_in(const char *language, const char *english) {
    for (size_t i = 0; language && english && i < word_count; i++)
        if (speaks(&word_list[i], language) && strcmp(word_list[i].english, english) == 0)
            return word_list[i].text;
    return english;
}
