/* lane: a bulkhead: some workers and a bounded queue in front of them. */
#ifndef HMIS_HTTP_LANE_H
#define HMIS_HTTP_LANE_H

#include "hmis/base.h"

struct request;
struct work_lane;
/* One thread of a lane, and what it keeps from request to request. */
struct worker {
    struct work_lane *lane;
    struct compressor *compressor;
};
struct lane_settings {
    const char *name;
    int workers, queue;
    int wait_ms; /* longest wait in the queue */
    /* Called on the worker; late: it has waited too long and is only to be refused. */
    void (*run)(struct request *r, struct worker *worker, bool late);
};
struct lane_state {
    int workers, busy, depth, most; /* most: the deepest the queue has been */
    int64_t run, refused, late;
};

struct work_lane *lane_new(const struct lane_settings *settings);
/* Waits for what runs, refuses what is queued (late) and what comes (lane_reserve), ends the
 * workers. */
void lane_end(struct work_lane *lane);
void lane_free(struct work_lane *lane); /* ends it too */
/* Keeps a place in the queue; false: it is full. A place kept is pushed to or
 * released. */
MUST_USE bool lane_reserve(struct work_lane *lane);
void lane_release(struct work_lane *lane);
void lane_push(struct work_lane *lane, struct request *r);
void lane_state(struct work_lane *lane, struct lane_state *state);

#endif
