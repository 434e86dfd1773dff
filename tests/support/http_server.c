#include "http_server.h"

#include <stdlib.h>

#include "hmis/log.h"
#include "test.h"

struct http_settings http_test_settings(const struct route_table *tables, size_t count) {
    return (struct http_settings){
        .address = "127.0.0.1",
        .tables = tables,
        .table_count = count,
        .loops = 2,
        .interactive = 4,
        .report = 1,
        .password = 1,
        .connection_limit = 2000,
        .connection_limit_per_ip = 2000,
        .rate_multiple = 1000,
    };
}

struct http *http_test_start(const struct http_settings *settings) {
    struct problem p = { 0 };
    base_start();
    log_set_level(getenv("HMIS_TEST_LOG") ? LOG_DEBUG : LOG_WARN);
    struct http *http = http_start(settings, &p);
    if (!http) fail_msg("http_start: %s", p.detail);
    return http;
}
