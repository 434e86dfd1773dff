/* What the handlers of the reports share: reading their parameters, running them, their headers. */
#ifndef ITEMWISE_REPORTS_HTTP_H
#define ITEMWISE_REPORTS_HTTP_H

#include "hmis/http.h"
#include "hmis/itemwise.h"

/* "2022-04"; absent: `absent` (0: needed). */
MUST_USE bool query_month(struct request *r, const char *name, int absent, int *period,
                          struct problem *p);
/* One of the words; its place in the list. Absent: 0. */
MUST_USE bool query_word(struct request *r, const char *name, const char *const *words,
                         size_t count, int *place, struct problem *p);
MUST_USE bool query_facility_type(struct request *r, enum facility_type *type, struct problem *p);
/* A language code ("hi", "en-IN") or NULL. */
MUST_USE bool query_language(struct request *r, const char **language, struct problem *p);

/* Header HMIS-Status-As-On. */
void reply_as_on(struct request *r, int64_t as_on_us);
/* The CSV as a file; takes over its memory. */
void reply_csv(struct request *r, struct csv_out *csv, const char *filename);

#endif
