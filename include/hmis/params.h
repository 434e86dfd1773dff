/* params: what the handlers of reports share: parameters of an address, headers of their answers.
 */
#ifndef HMIS_PARAMS_H
#define HMIS_PARAMS_H

#include "hmis/csv_out.h"
#include "hmis/facility.h"
#include "hmis/http.h"

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
