/* calendar: which day it is in India, which month is due and until when, and how near a month is.
 *
 * Everything that asks for "today" or "this month" asks here, so that the setting `today` (tests,
 * training) moves all of it. Days are ints yyyymmdd, months as in period.h.
 *
 * The due month is the one whose reports are wanted now: the month before the running one, from the
 * day `due_month_day` on; until then the one before it. Its reports are in time until the day
 * `report_due_day` of the month that follows it. Any thread after calendar_set. */
#ifndef HMIS_CALENDAR_H
#define HMIS_CALENDAR_H

#include "hmis/json_out.h"
#include "hmis/settings.h"

/* Once, before threads start. Without it the defaults of the settings hold. */
void calendar_set(const struct settings *settings);

int calendar_today(void);
int calendar_month(void); /* the running month */
int calendar_due(void);
int calendar_deadline(int period);
bool calendar_is_late(int period); /* its deadline has passed */

/* How near a month is to the due one. */
enum calendar_nearness {
    MONTH_NEAR,
    MONTH_FAR,     /* more than far_months before the due one: is it the month that is meant? */
    MONTH_RUNNING, /* not over yet */
    MONTH_FUTURE,  /* not begun */
};
enum calendar_nearness calendar_nearness(int period);
/* A running month may not be submitted (running_month = refuse); else it is asked about. */
bool calendar_refuses_running(void);

/* Members "today", "due_period", "due_date". */
void calendar_to_json(struct json_out *out);
void calendar_format_day(char out[11], int day); /* "2026-11-05" */

#endif
