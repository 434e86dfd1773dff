/* log: one JSON object a line on standard error.
 *
 * {"at":"...Z","level":"info","event":"request","request_id":"...",...}. Keys are fixed words,
 * values are escaped. Never log passwords, tokens, captcha answers, bodies or query strings.
 * Safe from any thread; a line is written with one write(2). */
#ifndef HMIS_LOG_H
#define HMIS_LOG_H

#include "hmis/base.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

void log_set_level(enum log_level level);
/* Pairs of "key", "value" (both strings), ended by NULL:
 *   log_event(LOG_INFO, "migrated", "version", "3", NULL); */
void log_event(enum log_level level, const char *event, ...) __attribute__((sentinel));
/* printf for the message of one event: {"event":event,"message":"..."}. */
void log_message(enum log_level level, const char *event, const char *format, ...) PRINTF(3, 4);
/* For tests: also hands every line to this function; NULL ends it. */
void log_set_sink(void (*sink)(const char *line, void *arg), void *arg);

#endif
