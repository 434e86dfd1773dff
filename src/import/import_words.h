/* import_words: the words of a stored line in the reader's language. */
#ifndef HMIS_IMPORT_WORDS_H
#define HMIS_IMPORT_WORDS_H

#include "hmis/db.h"
#include "hmis/dictionary.h"

/* Columns of the query import_lines. */
enum {
    IL_KIND,
    IL_LINE,
    IL_COLUMN,
    IL_NAME,
    IL_FACILITY,
    IL_PERIOD,
    IL_FORM,
    IL_ITEM,
    IL_VALUE,
    IL_CODE,
    IL_DETAIL,
    IL_QUESTION
};
/* The detail; of a rule its text. */
const char *import_line_words(const struct db_rows *rows, int row, const struct dictionary_set *set,
                              const char *language);
/* Name of the line's item; NULL: it names none. */
const char *import_line_item(const struct db_rows *rows, int row, const struct dictionary_set *set,
                             const char *language);

#endif
