/* The thread that keeps totals true while the daemon runs. */
#include "rollup_internal.h"

#include "hmis/clock.h"
#include "hmis/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

/* Submissions of other daemons are seen by looking; our own wake us. */
#define LOOK_MS  300
#define RETRY_MS 5000 /* longest wait after failures */
/* Blocks and months of a batch, and how long a bulk one may take. */
#define TYPED_PLACES 200
#define BULK_LEAST   16
#define BULK_MS      250

struct rollup_worker {
    struct db_pool *pool;
    struct dictionary_store *dictionaries;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool woken, stopping; /* under the lock */
    /* of the thread: */
    int failures;    /* in a row */
    int bulk_places; /* of the next bulk batch */
    int day;         /* for which today's columns of facilities are right */
};

/* Waits until woken or the time is over; false: the worker is to stop. */
static bool wait_for_work(struct rollup_worker *worker, int wait_ms) {
    int64_t end = clock_monotonic_us() + wait_ms * 1000L;
    struct timespec until = { end / 1000000, end % 1000000 * 1000 };
    pthread_mutex_lock(&worker->lock);
    int timeout = 0;
    while (!worker->woken && !worker->stopping && timeout != ETIMEDOUT)
        timeout = pthread_cond_timedwait(&worker->changed, &worker->lock, &until);
    worker->woken = false;
    bool stopping = worker->stopping;
    pthread_mutex_unlock(&worker->lock);
    return !stopping;
}

static bool is_stopping(struct rollup_worker *worker) {
    pthread_mutex_lock(&worker->lock);
    bool stopping = worker->stopping;
    pthread_mutex_unlock(&worker->lock);
    return stopping;
}

static bool something_waits(struct db *db, bool *waits, struct problem *p) {
    struct arena *arena = arena_new();
    struct db_rows *rows;
    bool right = db_once(db, &scope_system, DB_READ, Q_ROLLUP_WAITING, DB_NO_ARGS, arena, &rows, p);
    *waits = right && db_bool(rows, 0, 0);
    arena_free(arena);
    return right;
}

static bool batch(const struct dictionary_set *set, struct db *db, enum rollup_marks marks,
                  int places, int64_t *done, int64_t *took_us, struct problem *p) {
    int64_t began = clock_monotonic_us();
    bool right = rollup_some(db, set, marks, places, done, p);
    *took_us = clock_monotonic_us() - began;
    if (*done > 0)
        log_message(LOG_DEBUG, "totals", "%lld marks added in %lld us", (long long)*done,
                    (long long)*took_us);
    return right;
}

/* So many that a batch takes about BULK_MS: a report that is typed meanwhile waits no longer. */
static int next_bulk(int places, int64_t took_us) {
    if (took_us > BULK_MS * 1000L) places /= 2;
    if (took_us < BULK_MS * 500L) places *= 2;
    return places < BULK_LEAST ? BULK_LEAST : places > ROLLUP_PLACES ? ROLLUP_PLACES : places;
}

/* First what was typed, then some of what was imported. */
static bool round_of(struct rollup_worker *worker, struct db *db, int64_t *done,
                     struct problem *p) {
    if (!dictionary_refresh(worker->dictionaries, db, p)) return false;
    const struct dictionary_set *set = dictionary_hold(worker->dictionaries);
    int64_t typed = 0, bulk = 0, took_us;
    bool right = batch(set, db, ROLLUP_TYPED, TYPED_PLACES, &typed, &took_us, p) &&
                 batch(set, db, ROLLUP_BULK, worker->bulk_places, &bulk, &took_us, p);
    if (bulk > 0) worker->bulk_places = next_bulk(worker->bulk_places, took_us);
    dictionary_release(worker->dictionaries, set);
    *done = typed + bulk;
    return right;
}

/* Round by round, each with a connection of its own, until nothing is left that is ours to do. */
static bool work_off(struct rollup_worker *worker, struct problem *p) {
    for (int64_t done = 1; done > 0 && !is_stopping(worker);) {
        struct db *db = db_take(worker->pool, p);
        if (!db) return false;
        bool waits;
        done = 0;
        bool right = something_waits(db, &waits, p);
        if (right && waits) right = round_of(worker, db, &done, p);
        db_give(db);
        if (!right) return false;
    }
    return true;
}

static int next_wait(struct rollup_worker *worker, bool right, const struct problem *p) {
    if (right) {
        if (worker->failures) log_message(LOG_INFO, "totals", "totals are kept again");
        worker->failures = 0;
        return LOOK_MS;
    }
    if (worker->failures++ == 0)
        log_message(LOG_ERROR, "totals", "totals cannot be kept: %s", p->detail);
    int wait_ms = LOOK_MS << (worker->failures < 5 ? worker->failures : 5);
    return wait_ms < RETRY_MS ? wait_ms : RETRY_MS;
}

/* A change of a facility or of the tree that was dated ahead holds from its day on. */
static bool begin_day(struct rollup_worker *worker, struct problem *p) {
    struct calendar_day today = clock_day_in_india(clock_wall_us());
    int day = (today.year * 100 + today.month) * 100 + today.day;
    if (day == worker->day) return true;
    struct db *db = db_take(worker->pool, p);
    if (!db) return false;
    struct arena *arena = arena_new();
    struct db_rows *rows;
    bool right = db_once(db, &scope_system, DB_WRITE, Q_ROLLUP_FACILITIES_REFRESH, DB_NO_ARGS,
                         arena, &rows, p);
    if (right) worker->day = day;
    arena_free(arena);
    db_give(db);
    return right;
}

static void *run(void *arg) {
    struct rollup_worker *worker = arg;
    int wait_ms = 0; /* what a daemon before us has left */
    while (wait_for_work(worker, wait_ms)) {
        struct problem p = { 0 };
        bool begun = begin_day(worker, &p);
        bool right = work_off(worker, &p) && begun;
        wait_ms = next_wait(worker, right, &p);
    }
    return NULL;
}

struct rollup_worker *rollup_start(struct db_pool *pool, struct dictionary_store *dictionaries) {
    struct rollup_worker *worker = xcalloc(1, sizeof *worker);
    worker->pool = pool;
    worker->dictionaries = dictionaries;
    worker->bulk_places = BULK_LEAST;
    pthread_mutex_init(&worker->lock, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&worker->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    ENSURE(pthread_create(&worker->thread, NULL, run, worker) == 0, "a thread for the totals");
    return worker;
}

void rollup_stop(struct rollup_worker *worker) {
    if (!worker) return;
    pthread_mutex_lock(&worker->lock);
    worker->stopping = true;
    pthread_cond_signal(&worker->changed);
    pthread_mutex_unlock(&worker->lock);
    pthread_join(worker->thread, NULL);
    pthread_cond_destroy(&worker->changed);
    pthread_mutex_destroy(&worker->lock);
    free(worker);
}

void rollup_wake(struct rollup_worker *worker) {
    if (!worker) return;
    pthread_mutex_lock(&worker->lock);
    worker->woken = true;
    pthread_cond_signal(&worker->changed);
    pthread_mutex_unlock(&worker->lock);
}
