/* How a dictionary is put together, from files or from the database: private to src/dictionary/.
 * The arrays are filled first; dictionary_finish then sorts them and makes the look-up tables. */
#ifndef HMIS_DICTIONARY_BUILD_H
#define HMIS_DICTIONARY_BUILD_H

#include "hmis/dictionary.h"
#include "hmis/json_out.h"

struct text {
    const char *language;
    enum text_kind kind;
    int ref;
    const char *text;
};

/* "17.1/2", or the number itself when component is 0. */
const char *dictionary_key(struct arena *arena, const char *number, int component);
/* Sorts items (pointers to them change: call before forms are filled) and makes by_slot, by_key. */
void dictionary_index_items(struct dictionary *dictionary, struct item *items, int count,
                            struct arena *arena);
/* Makes by_key and by_slot of a form whose items stand in order. */
void dictionary_index_form(struct form *form, struct arena *arena);
void dictionary_sort_texts(struct text *texts, int count);

/* All of one version as it stands in the database; id, code, title, validity and stamp are the
 * caller's. Inside a transaction. */
MUST_USE bool dictionary_fetch(struct db *db, struct dictionary *dictionary, struct arena *arena,
                               struct problem *p);

/* One object each: a version with its forms; a form with sections, items and rules. */
void dictionary_write(struct json_out *out, const struct dictionary *d, const char *language);
void dictionary_write_form(struct json_out *out, const struct form *form, const char *language);

#endif
