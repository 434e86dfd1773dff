#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "http_internal.h"

static const int64_t bounds_us[] = { 1000,   2500,   5000,   10000,   25000,   50000,
                                     100000, 250000, 500000, 1000000, 2500000, 10000000 };
enum { BOUNDS = COUNT(bounds_us), CLASSES = 6 };

struct row {
    atomic_llong by_class[CLASSES];
    atomic_llong by_bound[BOUNDS + 1];
    atomic_llong sum_us, bytes;
};
struct metrics {
    int count;
    atomic_llong cut;
    struct row rows[];
};

struct metrics *metrics_new(int rows) {
    struct metrics *metrics = xcalloc(1, sizeof(*metrics) + (size_t)rows * sizeof(struct row));
    metrics->count = rows;
    return metrics;
}

void metrics_free(struct metrics *metrics) {
    free(metrics);
}

static void add(atomic_llong *counter, int64_t value) {
    atomic_fetch_add_explicit(counter, value, memory_order_relaxed);
}

static int64_t get(const atomic_llong *counter) {
    return atomic_load_explicit((atomic_llong *)counter, memory_order_relaxed);
}

void metrics_count(struct metrics *metrics, int row, int status, int64_t duration_us,
                   int64_t bytes) {
    struct row *r = &metrics->rows[row];
    size_t bound = 0;
    while (bound < BOUNDS && duration_us > bounds_us[bound])
        bound++;
    int class = status / 100;
    add(&r->by_class[class > 0 && class < CLASSES ? class : 0], 1);
    add(&r->by_bound[bound], 1);
    add(&r->sum_us, duration_us);
    add(&r->bytes, bytes);
}

void metrics_cut(struct metrics *metrics) {
    add(&metrics->cut, 1);
}

/* ---- Prometheus text. -------------------------------------------------------------------------
 */
static const char *row_label(const struct http *http, int row, const char **method) {
    int routes = router_count(http->router);
    *method = row < routes ? router_at(http->router, row)->row.method : "";
    if (row < routes) return router_at(http->router, row)->row.path;
    return row == routes ? "(file)" : "(none)";
}

static int64_t row_total(const struct row *row) {
    int64_t total = 0;
    for (int c = 0; c < CLASSES; c++)
        total += get(&row->by_class[c]);
    return total;
}

static void write_requests(const struct http *http, struct buffer *out) {
    const char *method;
    buffer_add_text(out, "# HELP hmis_http_requests_total Answers by route and class of status\n"
                         "# TYPE hmis_http_requests_total counter\n");
    for (int i = 0; i < http->metrics->count; i++)
        for (int c = 0; c < CLASSES; c++) {
            int64_t count = get(&http->metrics->rows[i].by_class[c]);
            const char *route = row_label(http, i, &method);
            if (count)
                buffer_printf(
                    out,
                    "hmis_http_requests_total{method=\"%s\",route=\"%s\",status=\"%dxx\"} "
                    "%lld\n",
                    method, route, c, (long long)count);
        }
}

static void write_durations(const struct http *http, struct buffer *out) {
    const char *method, *name = "hmis_http_request_duration_seconds";
    buffer_printf(out, "# HELP %s From the request line to the answer\n# TYPE %s histogram\n", name,
                  name);
    for (int i = 0; i < http->metrics->count; i++) {
        const struct row *row = &http->metrics->rows[i];
        if (row_total(row) == 0) continue;
        const char *route = row_label(http, i, &method);
        int64_t total = 0;
        for (size_t b = 0; b <= BOUNDS; b++) {
            char bound[24] = "+Inf";
            if (b < BOUNDS) snprintf(bound, sizeof(bound), "%g", (double)bounds_us[b] / 1e6);
            total += get(&row->by_bound[b]);
            buffer_printf(out, "%s_bucket{method=\"%s\",route=\"%s\",le=\"%s\"} %lld\n", name,
                          method, route, bound, (long long)total);
        }
        buffer_printf(out, "%s_sum{method=\"%s\",route=\"%s\"} %.6f\n", name, method, route,
                      (double)get(&row->sum_us) / 1e6);
        buffer_printf(out, "%s_count{method=\"%s\",route=\"%s\"} %lld\n", name, method, route,
                      (long long)total);
    }
}

static void write_number(struct buffer *out, const char *name, const char *type, const char *label,
                         int64_t value) {
    buffer_printf(out, "# TYPE %s %s\n%s%s %lld\n", name, type, name, label, (long long)value);
}

static void write_lanes(const struct http *http, struct buffer *out) {
    static const char *const names[LANE__MAX] = {
        [LANE_INTERACTIVE] = "interactive", [LANE_REPORT] = "report", [LANE_PASSWORD] = "password"
    };
    buffer_add_text(out, "# TYPE hmis_lane_workers gauge\n# TYPE hmis_lane_busy gauge\n"
                         "# TYPE hmis_lane_depth gauge\n# TYPE hmis_lane_depth_most gauge\n"
                         "# TYPE hmis_lane_run_total counter\n"
                         "# TYPE hmis_lane_refused_total counter\n"
                         "# TYPE hmis_lane_late_total counter\n");
    for (int i = 0; i < LANE__MAX; i++) {
        if (!names[i] || !http->lanes[i]) continue;
        struct lane_state s;
        lane_state(http->lanes[i], &s);
        const struct {
            const char *name;
            int64_t value;
        } lines[] = { { "workers", s.workers }, { "busy", s.busy },
                      { "depth", s.depth },     { "depth_most", s.most },
                      { "run_total", s.run },   { "refused_total", s.refused },
                      { "late_total", s.late } };
        for (size_t k = 0; k < COUNT(lines); k++)
            buffer_printf(out, "hmis_lane_%s{lane=\"%s\"} %lld\n", lines[k].name, names[i],
                          (long long)lines[k].value);
    }
}

static void write_pool(const struct http *http, struct buffer *out) {
    struct db_pool_state pool;
    if (!http->settings.pool) return;
    db_pool_state(http->settings.pool, &pool);
    write_number(out, "hmis_db_connections", "gauge", "", pool.open);
    write_number(out, "hmis_db_busy", "gauge", "", pool.busy);
    write_number(out, "hmis_db_waiting", "gauge", "", pool.waiting);
    write_number(out, "hmis_db_taken_total", "counter", "", pool.taken);
    write_number(out, "hmis_db_timeouts_total", "counter", "", pool.timeouts);
    write_number(out, "hmis_db_failures_total", "counter", "", pool.failures);
}

static int64_t resident_bytes(void) {
    char line[128] = "";
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file) return 0;
    const char *second = fgets(line, sizeof(line), file) ? strchr(line, ' ') : NULL;
    fclose(file);
    return second ? strtoll(second, NULL, 10) * sysconf(_SC_PAGESIZE) : 0;
}

void metrics_write(struct http *http, struct buffer *out) {
    buffer_printf(out, "# TYPE hmis_build_info gauge\nhmis_build_info{version=\"%s\"} 1\n",
                  HMIS_VERSION);
    write_requests(http, out);
    write_durations(http, out);
    write_number(out, "hmis_http_cut_total", "counter", "", get(&http->metrics->cut));
    write_number(out, "hmis_http_connections", "gauge", "", conn_table_count(http->conns));
    write_number(out, "hmis_http_active", "gauge", "", atomic_load(&http->active));
    write_lanes(http, out);
    write_pool(http, out);
    write_number(out, "process_resident_memory_bytes", "gauge", "", resident_bytes());
}
