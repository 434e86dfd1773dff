#include "db_internal.h"

#include "hmis/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LIFETIME_US  (INT64_C(30) * 60 * 1000000)
#define DOWN_REST_US INT64_C(200000) /* after a failed connection nobody tries for so long */

struct db_pool *db_pool_new(const struct db_settings *settings) {
    struct db_pool *pool = xcalloc(1, sizeof *pool);
    pool->settings = *settings;
    ENSURE(settings->connections >= 1 && settings->connections <= 256,
           "a pool has 1 to 256 connections");
    pool->conninfo = xstrdup(settings->conninfo ? settings->conninfo : "");
    pool->role = xstrdup(settings->role ? settings->role : "");
    pool->application_name =
        xstrdup(settings->application_name ? settings->application_name : "hmis");
    pthread_mutex_init(&pool->lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&pool->freed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pool->slots = xcalloc((size_t)settings->connections, sizeof *pool->slots);
    for (int i = settings->connections - 1; i >= 0; i--) {
        pool->slots[i].pool = pool;
        pool->slots[i].next_free = pool->free;
        pool->free = &pool->slots[i];
    }
    return pool;
}

void db_pool_free(struct db_pool *pool) {
    if (!pool) return;
    ENSURE(pool->state.busy == 0, "every connection is given back before its pool is freed");
    for (int i = 0; i < pool->settings.connections; i++)
        db_disconnect(&pool->slots[i]);
    pthread_cond_destroy(&pool->freed);
    pthread_mutex_destroy(&pool->lock);
    free(pool->slots);
    free(pool->conninfo);
    free(pool->role);
    free(pool->application_name);
    free(pool);
}

static struct timespec in_ms(int ms) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += ms / 1000;
    at.tv_nsec += ms % 1000 * 1000000L;
    if (at.tv_nsec >= 1000000000L) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000L;
    }
    return at;
}

/* A slot, waiting if need be; NULL when the wait was in vain. */
static struct db *slot_take(struct db_pool *pool) {
    struct timespec deadline = in_ms(pool->settings.wait_ms);
    pthread_mutex_lock(&pool->lock);
    pool->state.waiting++;
    int waited = 0;
    while (!pool->free && waited != ETIMEDOUT)
        waited = pthread_cond_timedwait(&pool->freed, &pool->lock, &deadline);
    pool->state.waiting--;
    struct db *db = pool->free;
    if (db) {
        pool->free = db->next_free;
        pool->state.busy++;
        pool->state.taken++;
    } else {
        pool->state.timeouts++;
    }
    pthread_mutex_unlock(&pool->lock);
    return db;
}

static void slot_give(struct db *db) {
    struct db_pool *pool = db->pool;
    pthread_mutex_lock(&pool->lock);
    db->next_free = pool->free;
    pool->free = db;
    pool->state.busy--;
    pthread_cond_signal(&pool->freed);
    pthread_mutex_unlock(&pool->lock);
}

static bool resting(struct db_pool *pool) {
    pthread_mutex_lock(&pool->lock);
    bool down = clock_monotonic_us() < pool->down_until_us;
    pthread_mutex_unlock(&pool->lock);
    return down;
}

/* Counts open connections and remembers a failure, so that not everybody tries at once. */
static void note(struct db_pool *pool, int opened, bool failed) {
    pthread_mutex_lock(&pool->lock);
    pool->state.open += opened;
    pool->state.failures += failed;
    if (failed) pool->down_until_us = clock_monotonic_us() + DOWN_REST_US;
    pthread_mutex_unlock(&pool->lock);
}

void db_close(struct db *db) {
    if (!db->conn) return;
    db_disconnect(db);
    note(db->pool, -1, false);
}

bool db_ready(struct db *db, struct problem *p) {
    if (db_alive(db)) return true;
    db_close(db);
    if (resting(db->pool)) {
        p->retry_after = DB_RETRY_AFTER;
        return problem_set(p, ERR_UNAVAILABLE, NULL);
    }
    bool connected = db_connect(db, p);
    note(db->pool, connected, !connected);
    return connected;
}

struct db *db_take(struct db_pool *pool, struct problem *p) {
    struct db *db = slot_take(pool);
    if (!db) {
        p->retry_after = 1;
        problem_set(p, ERR_BUSY, NULL);
        return NULL;
    }
    if (db->conn && clock_monotonic_us() - db->opened_us > LIFETIME_US) db_close(db);
    db->timeout_ms = pool->settings.statement_timeout_ms;
    if (db_ready(db, p)) return db;
    slot_give(db);
    return NULL;
}

void db_give(struct db *db) {
    if (!db) return;
    if (db->conn &&
        (PQstatus(db->conn) != CONNECTION_OK || PQtransactionStatus(db->conn) != PQTRANS_IDLE))
        db_close(db);
    slot_give(db);
}

void db_pool_state(struct db_pool *pool, struct db_pool_state *state) {
    pthread_mutex_lock(&pool->lock);
    *state = pool->state;
    pthread_mutex_unlock(&pool->lock);
}

void db_pool_failure(struct db_pool *pool, char failure[300]) {
    pthread_mutex_lock(&pool->lock);
    memcpy(failure, pool->failure, sizeof pool->failure);
    pthread_mutex_unlock(&pool->lock);
}

void db_statement_timeout(struct db *db, int milliseconds) {
    ENSURE(milliseconds > 0, "a statement timeout is positive");
    db->timeout_ms = milliseconds;
}
