#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hmis/log.h"
#include "http_internal.h"

static bool no_disk(struct problem *p) {
    log_message(LOG_ERROR, "spool", "the spool directory does not take uploads: %s",
                strerror(errno));
    p->retry_after = 60;
    return problem_set(p, ERR_BUSY, "Uploads cannot be stored at the moment; try again later");
}

bool body_open(struct request *r, struct problem *p) {
    const char *directory = r->http->settings.spool_directory;
    if (r->route->row.body != BODY_SPOOL) return true;
    r->body_fd =
        open(directory && *directory ? directory : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    return r->body_fd >= 0 || no_disk(p);
}

static bool spool(struct request *r, const char *data, size_t length, struct problem *p) {
    while (length > 0) {
        ssize_t written = write(r->body_fd, data, length);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return no_disk(p);
        data += written;
        length -= (size_t)written;
    }
    return true;
}

bool body_add(struct request *r, const char *data, size_t length, struct problem *p) {
    const struct route *row = &r->route->row;
    if (length > row->body_max - (size_t)r->body_size)
        return problem_set(p, ERR_TOO_LARGE, "The body may have at most %zu bytes", row->body_max);
    r->body_size += (int64_t)length;
    if (row->body == BODY_SPOOL) return spool(r, data, length, p);
    buffer_add(&r->body, data, length);
    return true;
}
