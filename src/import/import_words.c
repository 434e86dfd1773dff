#include "import_words.h"

static const struct form *form_of(const struct db_rows *rows, int row,
                                  const struct dictionary_set *set) {
    if (set == NULL || db_is_null(rows, row, IL_FORM) || db_is_null(rows, row, IL_PERIOD))
        return NULL;
    const struct dictionary *dictionary = dictionary_for(set, (int)db_int(rows, row, IL_PERIOD));
    return dictionary == NULL ? NULL : form_by_code(dictionary, db_text(rows, row, IL_FORM));
}

const char *import_line_words(const struct db_rows *rows, int row, const struct dictionary_set *set,
                              const char *language) {
    const char *detail = db_text(rows, row, IL_DETAIL), *item = db_text(rows, row, IL_ITEM);
    const struct form *form = form_of(rows, row, set);
    if (form == NULL || item == NULL || !text_equal(db_text(rows, row, IL_KIND), "finding"))
        return detail;
    for (int i = 0; i < form->rule_count; i++)
        if (text_equal(form->rules[i].code, item))
            return dictionary_text(form->dictionary, language, TEXT_RULE,
                                   form->id * 1000 + form->rules[i].ordinal, detail);
    return detail;
}

const char *import_line_item(const struct db_rows *rows, int row, const struct dictionary_set *set,
                             const char *language) {
    const struct form *form = form_of(rows, row, set);
    const char *key = db_text(rows, row, IL_ITEM);
    const struct form_item *item = form == NULL || key == NULL ? NULL : form_find(form, key);
    return item == NULL ? NULL
                        : dictionary_text(form->dictionary, language, TEXT_ITEM, item->item->slot,
                                          item->item->name);
}
