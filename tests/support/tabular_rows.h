/* tabular_rows: what a file is read as, as one text to compare. */
#ifndef TABULAR_ROWS_H
#define TABULAR_ROWS_H

#include "hmis/tabular.h"

struct read_in {
    bool good;
    struct problem problem;
    struct tabular_about about;
    char *rows; /* "1:a|b 2:1|2"; a cell that is no text bears its kind: n12 d2022-05-01 bTRUE */
    size_t row_count;
    struct arena *arena;
};
struct read_in read_bytes(const void *bytes, size_t length, const struct tabular_options *options);
/* A file of tests/data/. Fails the test when there is none. */
struct read_in read_data(const char *path, const struct tabular_options *options);
void read_free(struct read_in *read);
/* The text of the note with that code; NULL: there is none. */
const char *read_note(const struct read_in *read, const char *code);

#endif
