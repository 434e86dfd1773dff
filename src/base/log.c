#include "hmis/log.h"

#include "hmis/clock.h"
#include "hmis/json_out.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

static const char *const level_names[] = { "debug", "info", "warn", "error" };

static _Atomic int least = LOG_INFO;
static pthread_mutex_t sink_lock = PTHREAD_MUTEX_INITIALIZER;
static void (*sink_call)(const char *line, void *arg);
static void *sink_arg;

void log_set_level(enum log_level level) {
    atomic_store(&least, (int)level);
}

void log_set_sink(void (*sink)(const char *line, void *arg), void *arg) {
    pthread_mutex_lock(&sink_lock);
    sink_call = sink;
    sink_arg = arg;
    pthread_mutex_unlock(&sink_lock);
}

static void line_begin(struct json_out *out, enum log_level level, const char *event) {
    char at[25];
    clock_format_utc(at, clock_wall_us());
    json_out_init(out);
    out_object(out, NULL);
    out_string(out, "at", at);
    out_string(out, "level", level_names[level]);
    out_string(out, "event", event);
}

static void line_end(struct json_out *out) {
    out_object_end(out);
    buffer_add_char(&out->buffer, '\0');
    pthread_mutex_lock(&sink_lock);
    if (sink_call) sink_call(out->buffer.data, sink_arg);
    pthread_mutex_unlock(&sink_lock);
    out->buffer.data[out->buffer.length - 1] = '\n';
    /* A log that cannot be written is no reason to stop serving. */
    ssize_t written = write(STDERR_FILENO, out->buffer.data, out->buffer.length);
    (void)written;
    buffer_free(&out->buffer);
}

void log_event(enum log_level level, const char *event, ...) {
    if ((int)level < atomic_load(&least)) return;
    struct json_out out;
    line_begin(&out, level, event);
    va_list pairs;
    va_start(pairs, event);
    for (const char *key; (key = va_arg(pairs, const char *));)
        out_string(&out, key, va_arg(pairs, const char *));
    va_end(pairs);
    line_end(&out);
}

void log_message(enum log_level level, const char *event, const char *format, ...) {
    if ((int)level < atomic_load(&least)) return;
    char text[2000];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    struct json_out out;
    line_begin(&out, level, event);
    out_string(&out, "message", text);
    line_end(&out);
}
