#include "http_internal.h"

static void live(struct request *r) {
    struct json_out *out = reply_json(r, 200);
    out_object(out, NULL);
    out_string(out, "status", "live");
    out_object_end(out);
}

static void ready(struct request *r) {
    const struct http_settings *s = &r->http->settings;
    char detail[200] = "";
    if (atomic_load(&r->http->stopping)) {
        reply_error(r, ERR_STOPPING, NULL);
        return;
    }
    if (s->ready && !s->ready(s->app, detail)) {
        reply_error(r, ERR_UNAVAILABLE, "%s", *detail ? detail : error_text(ERR_UNAVAILABLE));
        return;
    }
    struct json_out *out = reply_json(r, 200);
    out_object(out, NULL);
    out_string(out, "status", "ready");
    out_string(out, "version", HMIS_VERSION);
    out_object_end(out);
}

static void metrics(struct request *r) {
    const struct http_settings *s = &r->http->settings;
    struct buffer text = { 0 };
    metrics_write(r->http, &text);
    if (s->metrics) s->metrics(s->app, &text);
    reply_buffer(r, 200, "text/plain; version=0.0.4; charset=utf-8", &text, NULL);
}

#define OPEN(address, function, in_lane, text)                                                     \
    {                                                                                              \
        .method = "GET", .path = address, .handler = function, .auth = AUTH_NONE,                  \
        .permission = PERM_PUBLIC, .scope = RSCOPE_NONE, .lane = in_lane, .rate = RATE_NONE,       \
        .doc = text                                                                                \
    }

static const struct route routes[] = {
    OPEN("/health/live", live, LANE_LOOP, "The daemon runs"),
    OPEN("/health/ready", ready, LANE_INTERACTIVE,
         "The schema fits and the database answers; 503 otherwise and while stopping"),
    OPEN("/metrics", metrics, LANE_INTERACTIVE, "Counters in Prometheus text"),
};
const struct route_table http_routes = { "http", routes, COUNT(routes) };
