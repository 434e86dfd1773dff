#include "hmis/clock.h"

#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#define SECOND_US     INT64_C(1000000)
#define INDIA_SECONDS (5 * 3600 + 1800)

static _Atomic int64_t shift_us;

static int64_t read_clock(clockid_t id) {
    struct timespec now;
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * SECOND_US + now.tv_nsec / 1000;
}

int64_t clock_monotonic_us(void) {
    return read_clock(CLOCK_MONOTONIC);
}

int64_t clock_wall_us(void) {
    return read_clock(CLOCK_REALTIME) + atomic_load(&shift_us);
}

void clock_shift_us(int64_t shift) {
    atomic_store(&shift_us, shift);
}

/* Whole seconds, rounded down also before 1970. */
static time_t seconds_of(int64_t wall_us) {
    return (time_t)(wall_us / SECOND_US - (wall_us % SECOND_US < 0));
}

void clock_format_utc(char out[25], int64_t wall_us) {
    time_t seconds = seconds_of(wall_us);
    int millis = (int)((wall_us - (int64_t)seconds * SECOND_US) / 1000);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    /* The remainders say to the compiler what the calendar promises: each part fits. */
    snprintf(out, 25, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", (unsigned)(tm.tm_year + 1900) % 10000,
             (unsigned)(tm.tm_mon + 1) % 100, (unsigned)tm.tm_mday % 100,
             (unsigned)tm.tm_hour % 100, (unsigned)tm.tm_min % 100, (unsigned)tm.tm_sec % 100,
             (unsigned)millis % 1000);
}

void clock_format_india(char out[25], int64_t wall_us) {
    time_t seconds = seconds_of(wall_us) + INDIA_SECONDS;
    struct tm tm;
    gmtime_r(&seconds, &tm);
    snprintf(out, 25, "%04u-%02u-%02u %02u:%02u IST", (unsigned)(tm.tm_year + 1900) % 10000,
             (unsigned)(tm.tm_mon + 1) % 100, (unsigned)tm.tm_mday % 100,
             (unsigned)tm.tm_hour % 100, (unsigned)tm.tm_min % 100);
}

struct calendar_day clock_day_in_india(int64_t wall_us) {
    time_t seconds = seconds_of(wall_us) + INDIA_SECONDS;
    struct tm tm;
    gmtime_r(&seconds, &tm);
    return (struct calendar_day){ tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday };
}
