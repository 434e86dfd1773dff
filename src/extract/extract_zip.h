/* extract_zip: extracts of several forms and months in one file. Private to src/extract/. */
#ifndef EXTRACT_ZIP_H
#define EXTRACT_ZIP_H

#include "hmis/extract.h"

/* Every form (or the one named) of every month from `from` to `to`, a CSV each; empty ones are left
 * out. `file` is empty. */
struct extract_span {
    struct area_filter where;
    const char *form; /* NULL: all */
    int from, to;
    enum extract_which which;
};
MUST_USE bool extract_zip(struct db *db, const struct dictionary_set *set,
                          const struct extract_span *span, FILE *file, struct problem *p);

/* Calls `one` for each form of each month of the span. */
typedef bool extract_one_fn(const struct extract_request *request, const char *name, void *arg,
                            struct problem *p);
MUST_USE bool extract_each(const struct dictionary_set *set, const struct extract_span *span,
                           extract_one_fn *one, void *arg, struct problem *p);

#endif
