/* Rules and bands in the reader's language. */
#include "itemwise_internal.h"

#include "hmis/words.h"

#include <string.h>

static void add_side(struct buffer *out, const struct form *form, const char *language,
                     const int16_t *slots, int count) {
    const struct dictionary *dictionary = form->dictionary;
    for (int i = 0; i < count; i++) {
        const struct item *item = dictionary->by_slot[slots[i]];
        if (i > 0) buffer_add_text(out, " + ");
        if (item == NULL) continue;
        buffer_add_text(out,
                        dictionary_text(dictionary, language, TEXT_ITEM, item->slot, item->name));
        if (item->component_name == NULL || *item->component_name == '\0') continue;
        buffer_add_text(out, ": ");
        buffer_add_text(out, dictionary_text(dictionary, language, TEXT_COMPONENT, item->component,
                                             item->component_name));
    }
}

/* "{left} must not exceed {right}", the words between and around them as the language has them. */
static const char *say(const struct form *form, const struct rule *rule, const char *language,
                       const char *sentence, struct arena *arena) {
    struct buffer out = { 0 };
    while (*sentence != '\0') {
        if (strncmp(sentence, "{left}", 6) == 0) {
            add_side(&out, form, language, rule->left, rule->left_count);
            sentence += 6;
        } else if (strncmp(sentence, "{right}", 7) == 0) {
            add_side(&out, form, language, rule->right, rule->right_count);
            sentence += 7;
        } else {
            buffer_add_char(&out, *sentence++);
        }
    }
    buffer_add_char(&out, '\0');
    const char *text = arena_strdup(arena, out.data);
    buffer_free(&out);
    return text;
}

const char *validation_rule_text(const struct form *form, const struct rule *rule,
                                 const char *language, struct arena *arena) {
    static const char *const sentences[] = { [RULE_LE] = "{left} must not exceed {right}",
                                             [RULE_GE] = "{left} must be at least {right}",
                                             [RULE_EQ] = "{left} must equal {right}" };
    const char *own = dictionary_text(form->dictionary, language, TEXT_RULE,
                                      form->id * 1000 + rule->ordinal, rule->text);
    const char *sentence = word_in(language, sentences[rule->operator]);
    if (own != rule->text || sentence == sentences[rule->operator]) return own;
    return say(form, rule, language, sentence, arena);
}

const char *validation_band_text(const char *band, const char *language) {
    static const char *const names[][2] = { { "dark_green", "Dark green" },
                                            { "light_green", "Light green" },
                                            { "yellow", "Yellow" },
                                            { "orange", "Orange" },
                                            { "red", "Red" } };
    for (size_t i = 0; band != NULL && i < COUNT(names); i++) {
        const char *said = word_in(language, names[i][1]);
        if (text_equal(names[i][0], band) && said != names[i][1]) return said;
    }
    return band;
}
