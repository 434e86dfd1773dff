/* Imports of the daemon: one at a time, in the order they came, on a thread of their own. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "hmis/clock.h"
#include "hmis/log.h"
#include "import_internal.h"

enum {
    BEAT_S = 10,          /* how often a job says that somebody works on it */
    DEAD_S = 60,          /* silence after which nobody does */
    RETRY_S = 1,          /* while the database does not answer */
    PROGRESS_US = 500000, /* how often progress is written */
    STATEMENT_MS = 120000,
};

struct queued {
    struct queued *next;
    int64_t job;
    struct import_options options; /* texts are owned */
    int fd;
    struct scope scope; /* the facilities are owned */
};

struct import_queue {
    struct db_pool *pool;
    struct dictionary_store *dictionaries;
    struct rollup_worker *rollup;
    pthread_t worker, keeper;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct queued *first, *running;
    bool stopping;
    _Atomic bool stop; /* the same, for the import at hand */
    int64_t written_us;
};

static void free_queued(struct queued *queued) {
    if (queued->fd >= 0) close(queued->fd);
    free((void *)queued->options.file_name);
    free((void *)queued->options.request_id);
    free((void *)queued->options.spool_directory);
    free((void *)queued->options.answers);
    free((void *)queued->options.sheet);
    free((void *)queued->scope.facilities);
    free(queued);
}

static char *copy(const char *text) {
    return text != NULL ? xstrdup(text) : NULL;
}

void import_queue_add(struct import_queue *queue, int64_t job, const struct import_options *options,
                      int fd, const struct scope *scope) {
    struct queued *queued = xcalloc(1, sizeof *queued);
    *queued = (struct queued){ .job = job, .options = *options, .fd = fd, .scope = *scope };
    queued->options.stop = &queue->stop;
    queued->options.file_name = copy(options->file_name);
    queued->options.request_id = copy(options->request_id);
    queued->options.spool_directory = copy(options->spool_directory);
    queued->options.answers = copy(options->answers);
    queued->options.sheet = copy(options->sheet);
    if (scope->facility_count > 0) {
        int32_t *facilities = xmalloc(scope->facility_count * sizeof *facilities);
        memcpy(facilities, scope->facilities, scope->facility_count * sizeof *facilities);
        queued->scope.facilities = facilities;
    }
    pthread_mutex_lock(&queue->lock);
    struct queued **end = &queue->first;
    while (*end != NULL)
        end = &(*end)->next;
    *end = queued;
    pthread_cond_broadcast(&queue->changed);
    pthread_mutex_unlock(&queue->lock);
}

/* ---- Jobs that were cut off.
 * ------------------------------------------------------------------------------ */
/* Job 0: those of which nobody has heard for so long. */
static bool sweep(struct db *db, int64_t job) {
    struct arena *arena = arena_new();
    struct problem p = { 0 };
    bool ok = db_once(db, &scope_system, DB_WRITE, Q_IMPORT_SWEEP,
                      DB_ARGS(DB_INT4(DEAD_S), DB_TEXT(import_cut_words(false)),
                              DB_TEXT(import_cut_words(true)), job > 0 ? DB_INT8(job) : DB_NULL),
                      arena, NULL, &p);
    if (!ok) log_message(LOG_WARN, "import_sweep", "%s", p.detail);
    arena_free(arena);
    return ok;
}

/* So many seconds; false, at once, when the queue is stopping. */
static bool rest(struct import_queue *queue, int seconds) {
    struct timespec until;
    int64_t at = clock_monotonic_us() + seconds * INT64_C(1000000);
    until.tv_sec = (time_t)(at / 1000000);
    until.tv_nsec = (long)(at % 1000000) * 1000;
    pthread_mutex_lock(&queue->lock);
    while (!queue->stopping && pthread_cond_timedwait(&queue->changed, &queue->lock, &until) == 0)
        continue;
    bool goes_on = !queue->stopping;
    pthread_mutex_unlock(&queue->lock);
    return goes_on;
}

/* A job that failed for want of the database could not say so; it does as soon as the database
 * answers again, with the counts it wrote last: those are of what the disk has. One that has said
 * how it ended is left as it is. */
static void tell_cut(struct import_queue *queue, int64_t job) {
    bool told = false;
    do {
        struct problem p = { 0 };
        struct db *db = db_take(queue->pool, &p);
        told = db != NULL && sweep(db, job);
        db_give(db);
    } while (!told && rest(queue, RETRY_S));
}

/* ---- One job.
 * ------------------------------------------------------------------------------------------------
 */
struct running {
    struct import_queue *queue;
    const struct queued *queued;
};

static bool write_state(struct db *db, const struct queued *queued, const char *status,
                        const struct import_result *r, const char *message) {
    struct problem p = { 0 };
    return import_job_state(db, &queued->scope, queued->job, status, r, message, &p);
}

/* For whoever reads how far it is. */
static const char *pending_words(const struct import_options *options) {
    if (options->dry_run) return "A dry run: nothing is stored";
    return options->atomic ? "All or nothing: nothing is stored before the end of the file" : NULL;
}

/* Progress goes over another connection: the import's own may be inside its transaction. */
static void on_progress(const struct import_result *result, void *arg) {
    struct running *running = arg;
    struct import_queue *queue = running->queue;
    struct problem p = { 0 };
    rollup_wake(queue->rollup);
    int64_t now = clock_monotonic_us();
    if (now - queue->written_us < PROGRESS_US) return;
    queue->written_us = now;
    struct db *db = db_take(queue->pool, &p);
    if (db == NULL) return;
    if (!write_state(db, running->queued, "running", result,
                     pending_words(&running->queued->options)))
        log_event(LOG_WARN, "import_progress_lost", NULL);
    db_give(db);
}

static void log_end(const struct queued *queued, bool ok, const struct import_result *result,
                    const struct problem *p) {
    char job[24], reports[24], refused[24];
    snprintf(job, sizeof job, "%lld", (long long)queued->job);
    snprintf(reports, sizeof reports, "%lld",
             (long long)(result->reports_new + result->reports_changed));
    snprintf(refused, sizeof refused, "%lld", (long long)result->refusals);
    log_event(ok ? LOG_INFO : LOG_WARN, "import", "job", job, "reports", reports, "refused",
              refused, "detail", ok ? "" : p->detail, NULL);
}

static void run_queued(struct import_queue *queue, struct queued *queued) {
    struct running running = { queue, queued };
    struct import_result result = { 0 };
    struct problem p = { 0 };
    struct db *db = db_take(queue->pool, &p);
    bool ok = false, ready = db != NULL && dictionary_refresh(queue->dictionaries, db, &p);
    const struct dictionary_set *set = dictionary_hold(queue->dictionaries);
    if (ready) {
        db_statement_timeout(db, STATEMENT_MS);
        if (write_state(db, queued, "running", &result, pending_words(&queued->options)))
            ok = import_run(queued->job, &queued->options, queued->fd, db, set, &queued->scope,
                            on_progress, &running, &result, &p);
    }
    dictionary_release(queue->dictionaries, set);
    db_give(db);
    if (!ok) tell_cut(queue, queued->job);
    rollup_wake(queue->rollup);
    log_end(queued, ok, &result, &p);
}

static struct queued *next_job(struct import_queue *queue) {
    pthread_mutex_lock(&queue->lock);
    while (queue->first == NULL && !queue->stopping)
        pthread_cond_wait(&queue->changed, &queue->lock);
    struct queued *queued = queue->stopping ? NULL : queue->first;
    if (queued != NULL) queue->first = queued->next;
    queue->running = queued;
    pthread_mutex_unlock(&queue->lock);
    return queued;
}

static void end_job(struct import_queue *queue, struct queued *queued) {
    pthread_mutex_lock(&queue->lock);
    queue->running = NULL;
    pthread_mutex_unlock(&queue->lock);
    free_queued(queued);
}

static void *work(void *arg) {
    struct import_queue *queue = arg;
    struct queued *queued;
    while ((queued = next_job(queue)) != NULL) {
        run_queued(queue, queued);
        end_job(queue, queued);
    }
    return NULL;
}

/* ---- Heartbeats, and jobs whose process has died.
 * ----------------------------------------------------------- */
enum { JOBS_A_BEAT = 256 };

static size_t living_jobs(struct import_queue *queue, int64_t *jobs) {
    size_t count = 0;
    pthread_mutex_lock(&queue->lock);
    if (queue->running != NULL) jobs[count++] = queue->running->job;
    for (struct queued *q = queue->first; q != NULL && count < JOBS_A_BEAT; q = q->next)
        jobs[count++] = q->job;
    pthread_mutex_unlock(&queue->lock);
    return count;
}

static void beat(struct import_queue *queue) {
    int64_t jobs[JOBS_A_BEAT];
    size_t count = living_jobs(queue, jobs);
    struct problem p = { 0 };
    struct db *db = db_take(queue->pool, &p);
    if (db == NULL) return;
    struct arena *arena = arena_new();
    if (count == 0 || db_once(db, &scope_system, DB_WRITE, Q_IMPORT_HEARTBEAT,
                              DB_ARGS(DB_INT8S(jobs, count)), arena, NULL, &p))
        (void)sweep(db, 0);
    arena_free(arena);
    db_give(db);
}

static void *keep(void *arg) {
    struct import_queue *queue = arg;
    do
        beat(queue);
    while (rest(queue, BEAT_S));
    return NULL;
}

struct import_queue *import_queue_start(struct db_pool *pool, struct dictionary_store *dictionaries,
                                        struct rollup_worker *rollup) {
    struct import_queue *queue = xcalloc(1, sizeof *queue);
    queue->pool = pool;
    queue->dictionaries = dictionaries;
    queue->rollup = rollup;
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&queue->lock, NULL);
    pthread_cond_init(&queue->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    ENSURE(pthread_create(&queue->worker, NULL, work, queue) == 0, "no thread for imports");
    ENSURE(pthread_create(&queue->keeper, NULL, keep, queue) == 0, "no thread for imports");
    return queue;
}

static void fail_waiting(struct import_queue *queue, struct queued *queued) {
    const struct import_result nothing = { 0 };
    struct problem p = { 0 };
    struct db *db = db_take(queue->pool, &p);
    if (db == NULL || !write_state(db, queued, "failed", &nothing,
                                   "The server was stopped before it began; send the file again"))
        log_event(LOG_WARN, "import_unfinished", NULL);
    db_give(db);
}

void import_queue_stop(struct import_queue *queue) {
    if (queue == NULL) return;
    atomic_store(&queue->stop, true);
    pthread_mutex_lock(&queue->lock);
    queue->stopping = true;
    pthread_cond_broadcast(&queue->changed);
    pthread_mutex_unlock(&queue->lock);
    pthread_join(queue->worker, NULL);
    pthread_join(queue->keeper, NULL);
    while (queue->first != NULL) {
        struct queued *queued = queue->first;
        queue->first = queued->next;
        fail_waiting(queue, queued);
        free_queued(queued);
    }
    pthread_cond_destroy(&queue->changed);
    pthread_mutex_destroy(&queue->lock);
    free(queue);
}
