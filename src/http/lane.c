#include "lane.h"

#include <pthread.h>
#include <stdlib.h>

#include "compress.h"
#include "hmis/clock.h"

struct place {
    struct request *request;
    int64_t since_us;
};
struct work_lane {
    struct lane_settings settings;
    pthread_mutex_t mutex;
    pthread_cond_t work;
    pthread_t *threads;
    struct place *ring;
    int head, depth, reserved, busy, most;
    bool ending, hurry;
    int64_t run, refused, late;
};

/* The oldest place; false when the lane ends. Mutex held. */
static bool next_place(struct work_lane *lane, struct place *place) {
    while (lane->depth == 0 && (!lane->ending || lane->reserved > 0))
        pthread_cond_wait(&lane->work, &lane->mutex);
    if (lane->depth == 0) return false;
    *place = lane->ring[lane->head];
    lane->head = (lane->head + 1) % lane->settings.queue;
    lane->depth--;
    return true;
}

static void *work(void *arg) {
    struct work_lane *lane = arg;
    struct worker worker = { .lane = lane, .compressor = compressor_new() };
    struct place place;
    pthread_mutex_lock(&lane->mutex);
    while (next_place(lane, &place)) {
        int64_t waited_us = clock_monotonic_us() - place.since_us;
        bool late = lane->hurry || waited_us > lane->settings.wait_ms * 1000LL;
        lane->busy++;
        lane->run += !late;
        lane->late += late;
        pthread_mutex_unlock(&lane->mutex);
        lane->settings.run(place.request, &worker, late);
        pthread_mutex_lock(&lane->mutex);
        lane->busy--;
    }
    pthread_mutex_unlock(&lane->mutex);
    compressor_free(worker.compressor);
    return NULL;
}

struct work_lane *lane_new(const struct lane_settings *settings) {
    struct work_lane *lane = xcalloc(1, sizeof(*lane));
    lane->settings = *settings;
    lane->ring = xcalloc((size_t)settings->queue, sizeof(*lane->ring));
    lane->threads = xcalloc((size_t)settings->workers, sizeof(*lane->threads));
    pthread_mutex_init(&lane->mutex, NULL);
    pthread_cond_init(&lane->work, NULL);
    for (int i = 0; i < settings->workers; i++)
        ENSURE(!pthread_create(&lane->threads[i], NULL, work, lane), "a thread can be made");
    return lane;
}

void lane_end(struct work_lane *lane) {
    pthread_mutex_lock(&lane->mutex);
    lane->ending = lane->hurry = true;
    pthread_cond_broadcast(&lane->work);
    pthread_mutex_unlock(&lane->mutex);
    for (int i = 0; i < lane->settings.workers; i++)
        pthread_join(lane->threads[i], NULL);
    lane->settings.workers = 0;
}

void lane_free(struct work_lane *lane) {
    if (!lane) return;
    lane_end(lane);
    pthread_cond_destroy(&lane->work);
    pthread_mutex_destroy(&lane->mutex);
    free(lane->threads);
    free(lane->ring);
    free(lane);
}

bool lane_reserve(struct work_lane *lane) {
    pthread_mutex_lock(&lane->mutex);
    bool free_place = !lane->ending && lane->depth + lane->reserved < lane->settings.queue;
    if (free_place)
        lane->reserved++;
    else
        lane->refused++;
    pthread_mutex_unlock(&lane->mutex);
    return free_place;
}

void lane_release(struct work_lane *lane) {
    pthread_mutex_lock(&lane->mutex);
    lane->reserved--;
    if (lane->ending) pthread_cond_broadcast(&lane->work);
    pthread_mutex_unlock(&lane->mutex);
}

void lane_push(struct work_lane *lane, struct request *r) {
    pthread_mutex_lock(&lane->mutex);
    int tail = (lane->head + lane->depth) % lane->settings.queue;
    lane->ring[tail] = (struct place){ r, clock_monotonic_us() };
    lane->reserved--;
    lane->depth++;
    if (lane->depth > lane->most) lane->most = lane->depth;
    if (lane->ending)
        pthread_cond_broadcast(&lane->work);
    else
        pthread_cond_signal(&lane->work);
    pthread_mutex_unlock(&lane->mutex);
}

void lane_state(struct work_lane *lane, struct lane_state *state) {
    pthread_mutex_lock(&lane->mutex);
    *state =
        (struct lane_state){ lane->settings.workers, lane->busy, lane->depth, lane->most, lane->run,
                             lane->refused,          lane->late };
    pthread_mutex_unlock(&lane->mutex);
}
