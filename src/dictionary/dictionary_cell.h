/* What somebody wrote into a cell, as plain characters, and the two readers of it. */
#ifndef DICTIONARY_CELL_H
#define DICTIONARY_CELL_H

#include "hmis/dictionary.h"

#define CELL_TEXT 64 /* no figure and no date is longer */

/* In a plain text: a space that joins the groups of one figure (no-break, thin, ideographic), and
 * any character that no figure has. */
#define JOINING_SPACE '\x02'
#define OTHER         '\x01'

/* Trimmed; digits of one script of India (or full-width ones), minus signs, commas and points as
 * the ASCII ones; Hindi months as the first three letters of the English ones. "" for a blank cell.
 * False: too long for any figure. */
bool cell_plain_text(const char *text, size_t length, char plain[CELL_TEXT]);
/* Behind a spreadsheet's sign that what follows is text. */
const char *cell_unquoted(const char *plain);

/* ERR_NONE sets *cell; ERR_VALUE_ASK fills the readings. */
enum error_code figure_parse(const struct item *item, const char *plain, int32_t *cell,
                             struct cell_readings *readings);
enum error_code date_parse(const struct item *item, const char *plain, int32_t *cell,
                           struct cell_readings *readings);
void reading_add(const struct item *item, int32_t cell, struct cell_readings *readings);

static inline bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

#endif
