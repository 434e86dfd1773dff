/* report_past: what the facilities of a batch submitted before, read in one round trip and unpacked
 * report by report, so that a batch needs no more memory than its packed rows. */
#ifndef HMIS_REPORT_PAST_H
#define HMIS_REPORT_PAST_H

#include "hmis/report.h"

struct past;

/* Reads the month itself and the HISTORY_MONTHS before it of every report; with `later` those after
 * it too, whose own history the report belongs to. */
MUST_USE bool past_read(struct db *db, const struct report_new *reports, int count, bool later,
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
 * batch as they are now, so call it in the order past_order gives. The rows stay valid until the
 * next call. */
void past_history(struct past *past, int report, struct history *history);
/* Reports by facility, family and month: order[count] of indices. */
const int *past_order(const struct past *past);

/* A report that is stored for a month so many after reports[report] and is not written by this
 * batch, whose results are known; and its history with them. Valid until the next call. False:
 * there is none. */
struct past_later {
    int row; /* of all that were read: the same for the same report */
    int period, version;
    const struct form *form;
    const int32_t *cells;
    const int32_t *findings;
    size_t finding_count;
    struct history history;
};
bool past_later(struct past *past, int report, int months, const struct report_result *results,
                struct past_later *later);
int past_row_count(const struct past *past);

/* The two largest figures by slot, [width], of any report. */
struct past_peaks {
    int32_t *largest, *second;
};
MUST_USE bool past_peaks(struct db *db, const struct dictionary *dictionary, struct arena *arena,
                         struct past_peaks *peaks, struct problem *p);
/* The largest of all reports but one that is stored with these cells; NULL: of all. */
void past_peaks_of_others(const struct past_peaks *peaks, const int32_t *stored, int width,
                          int32_t *others);

#endif
