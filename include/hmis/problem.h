/* problem: what went wrong, in a form that reaches the user.
 *
 * A function that can fail returns bool and fills a struct problem; the HTTP floor turns it into
 * problem+json (RFC 9457), a sub-command into a line on standard error. Texts are safe to show:
 * no SQL, no paths, no secrets. A problem and its field list live in the arena given. */
#ifndef HMIS_PROBLEM_H
#define HMIS_PROBLEM_H

#include "hmis/base.h"

enum error_code {
#define E(name, code, status, text) ERR_##name,
#include "hmis/errors.def"
#undef E
    ERR__MAX
};

/* One wrong field, item or row: several can be told at once. */
struct field_problem {
    const char *field; /* "password", "items.1.2.4" (path in the body) or "line 7, column 22" */
    enum error_code code;
    const char *detail; /* what to do about it; NULL: the text of the code */
};

struct problem {
    enum error_code code;
    char detail[400];
    int retry_after; /* seconds, 0: no Retry-After */
    struct field_problem *fields;
    size_t field_count;
    size_t field_capacity;
    const char *extra_json; /* members added to the answer, e.g. the current report; or NULL */
};

const char *error_code_name(enum error_code code); /* "report.version_conflict" */
int error_status(enum error_code code);            /* HTTP status */
const char *error_text(enum error_code code);

/* Sets code and detail (NULL format: the text of the code). Returns false, so that a function
 * can say `return problem_set(p, ERR_..., ...)`. */
bool problem_set(struct problem *p, enum error_code code, const char *format, ...) PRINTF(3, 4);
/* Adds a wrong field; the first one sets the code to ERR_INVALID if none is set. Returns false. */
bool problem_field(struct problem *p, struct arena *arena, const char *field, enum error_code code,
                   const char *format, ...) PRINTF(5, 6);

#endif
