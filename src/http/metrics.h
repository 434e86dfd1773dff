/* metrics: counters by route; written without locks from any thread, read as Prometheus text. */
#ifndef HMIS_HTTP_METRICS_H
#define HMIS_HTTP_METRICS_H

#include "hmis/base.h"

struct metrics;
struct http;

/* rows: the routes, then one for files and one for what matched nothing. */
struct metrics *metrics_new(int rows);
void metrics_free(struct metrics *metrics);
void metrics_count(struct metrics *metrics, int row, int status, int64_t duration_us,
                   int64_t bytes);
void metrics_cut(struct metrics *metrics); /* a request that never got its answer */
/* Everything http knows; the caller adds its own. */
void metrics_write(struct http *http, struct buffer *out);

#endif
