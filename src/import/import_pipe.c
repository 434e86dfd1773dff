/* Batches go round between the parser's thread and the caller's: an empty one is filled, a full one
 * stored. */
#include "import_pipe.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct import_pipe {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct import_batch batches[BATCHES];
    struct import_batch *empty[BATCHES], *full[BATCHES];
    int empties, fulls;
    struct import_batch *filling; /* the parser's own */
    bool stopped, ended;
};

struct import_pipe *pipe_new(int stride) {
    struct import_pipe *pipe = xcalloc(1, sizeof *pipe);
    pthread_mutex_init(&pipe->lock, NULL);
    pthread_cond_init(&pipe->changed, NULL);
    for (int i = 0; i < BATCHES; i++) {
        struct import_batch *batch = &pipe->batches[i];
        batch->stride = stride;
        batch->cells = xmalloc((size_t)REPORT_BATCH * (size_t)stride * sizeof(int32_t));
        batch->arena = arena_new();
        pipe->empty[pipe->empties++] = batch;
    }
    return pipe;
}

void pipe_free(struct import_pipe *pipe) {
    if (pipe == NULL) return;
    for (int i = 0; i < BATCHES; i++) {
        free(pipe->batches[i].cells);
        import_lines_free(&pipe->batches[i].lines);
        arena_free(pipe->batches[i].arena);
    }
    pthread_cond_destroy(&pipe->changed);
    pthread_mutex_destroy(&pipe->lock);
    free(pipe);
}

static void clear(struct import_batch *batch) {
    batch->count = 0;
    batch->lines.count = 0;
    batch->counts = (struct import_result){ 0 };
    arena_free(batch->arena);
    batch->arena = arena_new();
}

struct import_batch *pipe_batch(struct import_pipe *pipe) {
    if (pipe->filling != NULL) return pipe->filling;
    pthread_mutex_lock(&pipe->lock);
    while (pipe->empties == 0 && !pipe->stopped)
        pthread_cond_wait(&pipe->changed, &pipe->lock);
    if (!pipe->stopped) pipe->filling = pipe->empty[--pipe->empties];
    pthread_mutex_unlock(&pipe->lock);
    if (pipe->filling != NULL) clear(pipe->filling);
    return pipe->filling;
}

bool pipe_flush(struct import_pipe *pipe) {
    pthread_mutex_lock(&pipe->lock);
    if (pipe->filling != NULL) pipe->full[pipe->fulls++] = pipe->filling;
    pipe->filling = NULL;
    bool going = !pipe->stopped;
    pthread_cond_broadcast(&pipe->changed);
    pthread_mutex_unlock(&pipe->lock);
    return going;
}

bool pipe_need(struct import_pipe *pipe, int reports) {
    struct import_batch *batch = pipe_batch(pipe);
    if (batch == NULL) return false;
    if (batch->count + reports > REPORT_BATCH && !pipe_flush(pipe)) return false;
    return pipe_batch(pipe) != NULL;
}

void pipe_end(struct import_pipe *pipe) {
    pthread_mutex_lock(&pipe->lock);
    if (pipe->filling != NULL) pipe->full[pipe->fulls++] = pipe->filling;
    pipe->filling = NULL;
    pipe->ended = true;
    pthread_cond_broadcast(&pipe->changed);
    pthread_mutex_unlock(&pipe->lock);
}

struct import_batch *pipe_take(struct import_pipe *pipe) {
    struct import_batch *batch = NULL;
    pthread_mutex_lock(&pipe->lock);
    while (pipe->fulls == 0 && !pipe->ended)
        pthread_cond_wait(&pipe->changed, &pipe->lock);
    if (pipe->fulls > 0) {
        batch = pipe->full[0];
        memmove(pipe->full, pipe->full + 1, sizeof pipe->full - sizeof pipe->full[0]);
        pipe->fulls--;
    }
    pthread_mutex_unlock(&pipe->lock);
    return batch;
}

void pipe_give(struct import_pipe *pipe, struct import_batch *batch) {
    pthread_mutex_lock(&pipe->lock);
    pipe->empty[pipe->empties++] = batch;
    pthread_cond_broadcast(&pipe->changed);
    pthread_mutex_unlock(&pipe->lock);
}

void pipe_stop(struct import_pipe *pipe) {
    pthread_mutex_lock(&pipe->lock);
    pipe->stopped = true;
    pthread_cond_broadcast(&pipe->changed);
    pthread_mutex_unlock(&pipe->lock);
}

struct report_new *batch_add(struct import_batch *batch, int32_t facility_id, int period,
                             const struct form *form, int64_t line, const char *code) {
    int at = batch->count++;
    struct report_new *report = &batch->reports[at];
    struct import_origin *origin = &batch->origins[at];
    *report = (struct report_new){
        .facility_id = facility_id,
        .period = period,
        .form = form,
        .cells = batch->cells + (size_t)at * (size_t)batch->stride,
        .given = batch->given[at],
    };
    for (int slot = 0; slot < batch->stride; slot++)
        report->cells[slot] = BLANK;
    memset(batch->filled[at], 0, GIVEN_BYTES);
    memset(batch->empty[at], 0, GIVEN_BYTES);
    *origin = (struct import_origin){ .line = line, .id = facility_id };
    memcpy(origin->code, code, strnlen(code, sizeof origin->code - 1));
    return report;
}
