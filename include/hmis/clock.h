/* clock: the one place that asks what time it is.
 *
 * Two clocks: the monotonic one for waiting and deadlines, the wall clock (UTC) for what people
 * read. Periods follow the calendar of India (UTC+5:30, no summer time). Expiry of sessions and
 * captchas is decided by the database's clock, not this one. Safe from any thread. */
#ifndef HMIS_CLOCK_H
#define HMIS_CLOCK_H

#include <stdint.h>

/* Microseconds of the monotonic clock; only differences mean anything. */
int64_t clock_monotonic_us(void);
/* Microseconds since 1970-01-01 UTC. */
int64_t clock_wall_us(void);
/* Tests only: shifts the wall clock by so many microseconds; 0 ends it. */
void clock_shift_us(int64_t shift);
/* "2026-11-23T06:10:52.123Z" into out[25]. */
void clock_format_utc(char out[25], int64_t wall_us);
/* "2026-11-23 13:13 IST": for people, in files. */
void clock_format_india(char out[25], int64_t wall_us);
/* Year, month and day in India at that moment. */
struct calendar_day {
    int year, month, day;
};
struct calendar_day clock_day_in_india(int64_t wall_us);

#endif
