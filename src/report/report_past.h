/* report_past: what the facilities of a batch submitted before, read in one round trip and unpacked
 * report by report, so that a batch needs no more memory than its packed rows. */
#ifndef HMIS_REPORT_PAST_H
#define HMIS_REPORT_PAST_H

#include "hmis/report.h"

struct past;

/* Reads the month itself and the HISTORY_MONTHS before it of every report. */
MUST_USE bool past_read(struct db *db, const struct report_new *reports, int count,
                        struct arena *arena, struct past **past, struct problem *p);

/* The report stored for that month: its form, kind and place are the month's for good. */
struct past_report {
    int version; /* 0: none */
    int form_id, type, ownership, locality;
    int32_t state_id, district_id, block_id;
    const char *remarks; /* JSON or NULL */
};
/* Fills cells[width of the report's dictionary] when there is one of the same form. ERR_BUSY: it
 * has items of a newer dictionary than the one at hand; writing over it would lose them. */
MUST_USE bool past_stored(const struct past *past, int report, int32_t *cells,
                          struct past_report *stored, struct problem *p);
/* The problem of the above. */
bool dictionary_has_grown(struct problem *p);

/* The months before reports[report], under whichever form of the same dictionary: those of the same
 * batch as they are now, so call it in the order past_order gives. The rows stay valid until the next call. */
void past_history(struct past *past, int report, struct history *history);
/* Reports by facility, family and month: order[count] of indices. */
const int *past_order(const struct past *past);

/* Largest figure ever, by slot: [width]. */
MUST_USE bool past_peaks(struct db *db, const struct dictionary *dictionary, struct arena *arena,
                         int32_t **peaks, struct problem *p);

#endif
