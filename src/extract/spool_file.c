#include "spool_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hmis/log.h"

static bool no_disk(struct problem *p) {
    log_message(LOG_ERROR, "spool", "the spool directory takes no files: %s", strerror(errno));
    p->retry_after = 60;
    return problem_set(p, ERR_BUSY, "Files cannot be made at the moment; try again later");
}

bool spool_open(struct spool_file *spool, const char *directory, struct problem *p) {
    int fd =
        open(directory && *directory ? directory : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    spool->file = fd >= 0 ? fdopen(fd, "w+") : NULL;
    snprintf(spool->path, sizeof spool->path, "/proc/self/fd/%d", fd);
    if (spool->file) return true;
    if (fd >= 0) close(fd);
    return no_disk(p);
}

bool spool_empty(struct spool_file *spool, struct problem *p) {
    rewind(spool->file);
    return ftruncate(fileno(spool->file), 0) == 0 || no_disk(p);
}

int spool_take(struct spool_file *spool, int64_t *size, struct problem *p) {
    struct stat about;
    bool written = fflush(spool->file) == 0;
    int fd = written ? open(spool->path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0 || fstat(fd, &about) != 0) {
        (void)!no_disk(p);
        if (fd >= 0) close(fd);
        fd = -1;
    }
    *size = fd >= 0 ? about.st_size : 0;
    spool_drop(spool);
    return fd;
}

void spool_drop(struct spool_file *spool) {
    if (!spool->file) return;
    fclose(spool->file);
    spool->file = NULL;
}
