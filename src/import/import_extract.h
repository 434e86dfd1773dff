/* import_extract: what the two files of the extract share. Both run on the parser's thread. */
#ifndef HMIS_IMPORT_EXTRACT_H
#define HMIS_IMPORT_EXTRACT_H

#include "import_internal.h"

/* What a column is on one form, besides the slot of an item. */
enum { NO_ITEM = -1, ITEM_UNKNOWN = -2, ITEM_ASKED = -3, ITEM_OMITTED = -4 };
struct form_columns {
    const struct form *form;
    int16_t *slots; /* by column */
};

struct extract {
    struct import *import;
    const struct import_header *header;
    const struct dictionary *dictionary;
    bool updates;     /* known facilities too: all their columns are there */
    uint32_t fitting; /* bit a form (index): the header's numbers are its as well as any's */
    const struct form *named; /* the first of them */
    struct form_columns forms[32];
    int form_count;
};

/* The form a row is read by. */
struct row_form {
    const struct form *form;
    enum facility_type type;
    bool turned; /* the header was right, not the row's facility_type */
};

/* import_columns.c: which form the header's numbers are of; what each column is on a form. */
void extract_fit_forms(struct extract *x);
const struct form_columns *extract_columns_of(struct extract *x, const struct form *form);
/* Counts the figure of a column that is asked about; the line tells it. */
MUST_USE bool extract_ask_column(struct extract *x, const struct tabular_row *row, int column,
                                 const struct form *form);

/* import_master.c: the facility of a row. */
/* Index into the table, or -1 when the row was refused. *going: false stops. */
int extract_facility(struct extract *x, const struct tabular_row *row, const struct row_form *form,
                     bool *going);
/* What the row says about its facility, where that is new. False: the row ends here. */
MUST_USE bool extract_master(struct extract *x, const struct tabular_row *row,
                             const struct row_form *form, const struct import_facility *facility,
                             int filled, const struct facility_master **taken, bool *going);

/* Counts the row and its figures as lost; false only when the import is being stopped. */
MUST_USE bool extract_refuse(struct extract *x, const struct tabular_row *row,
                             enum facility_column column, enum error_code code, const char *detail);
void extract_code(const struct extract *x, const struct tabular_row *row, char code[24]);

#endif
