/* External merge sort: runs of a fixed size in an unnamed file, merged through a heap. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "import_internal.h"

enum {
    RUN = 65536, /* figures sorted at a time: 1.5 MiB */
    WINDOW = 170 /* figures of a run held while merging: 4 KiB */
};

struct import_sort {
    int fd;
    const char *directory;
    int64_t count;
    int filled;
    struct import_figure run[RUN];
};

static int compare(const void *a, const void *b) {
    const struct import_figure *x = a, *y = b;
    if (x->facility != y->facility) return x->facility < y->facility ? -1 : 1;
    if (x->period != y->period) return x->period < y->period ? -1 : 1;
    if (x->form != y->form) return x->form < y->form ? -1 : 1;
    if (x->slot != y->slot) return x->slot < y->slot ? -1 : 1;
    return (x->line > y->line) - (x->line < y->line);
}

int import_spool(const char *directory, struct problem *p) {
    if (directory == NULL || *directory == '\0') directory = getenv("TMPDIR");
    if (directory == NULL) directory = "/tmp";
    int fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0) {
        char path[512];
        struct buffer text = { 0 };
        buffer_printf(&text, "%.480s/hmis-import-XXXXXX", directory);
        buffer_add_char(&text, '\0');
        memcpy(path, text.data, text.length);
        buffer_free(&text);
        fd = mkostemp(path, O_CLOEXEC);
        if (fd >= 0) unlink(path);
    }
    if (fd < 0)
        problem_set(p, ERR_INTERNAL, "No temporary file can be made in the spool directory: %s",
                    strerror(errno));
    return fd;
}

struct import_sort *import_sort_new(const char *directory) {
    struct import_sort *sort = xmalloc(sizeof *sort);
    sort->fd = -1;
    sort->directory = directory;
    sort->count = 0;
    sort->filled = 0;
    return sort;
}

void import_sort_free(struct import_sort *sort) {
    if (sort == NULL) return;
    if (sort->fd >= 0) close(sort->fd);
    free(sort);
}

static bool write_all(int fd, const void *data, size_t length, struct problem *p) {
    const char *at = data;
    while (length > 0) {
        ssize_t written = write(fd, at, length);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return problem_set(p, ERR_INTERNAL, "The spool directory is full");
        at += written;
        length -= (size_t)written;
    }
    return true;
}

static bool spill(struct import_sort *sort, struct problem *p) {
    if (sort->fd < 0 && (sort->fd = import_spool(sort->directory, p)) < 0) return false;
    qsort(sort->run, (size_t)sort->filled, sizeof sort->run[0], compare);
    if (!write_all(sort->fd, sort->run, (size_t)sort->filled * sizeof sort->run[0], p))
        return false;
    sort->filled = 0;
    return true;
}

bool import_sort_add(struct import_sort *sort, const struct import_figure *figure,
                     struct problem *p) {
    if (sort->filled == RUN && !spill(sort, p)) return false;
    sort->run[sort->filled++] = *figure;
    sort->count++;
    return true;
}

/* ---- Merging.
 * -------------------------------------------------------------------------------------- */
struct window {
    int64_t next, end; /* figures of the run still in the file */
    int at, filled;
    struct import_figure figures[WINDOW];
};

static bool refill(int fd, struct window *window, struct problem *p) {
    int64_t left = window->end - window->next;
    size_t count = left < WINDOW ? (size_t)left : WINDOW,
           length = count * sizeof window->figures[0];
    ssize_t got = count == 0 ? 0
                             : pread(fd, window->figures, length,
                                     (off_t)(window->next * (int64_t)sizeof window->figures[0]));
    if (got < 0 || (size_t)got != length)
        return problem_set(p, ERR_INTERNAL, "A temporary file cannot be read");
    window->next += (int64_t)count;
    window->filled = (int)count;
    window->at = 0;
    return true;
}

static const struct import_figure *head(const struct window *window) {
    return &window->figures[window->at];
}

static void sift_down(struct window **heap, int count, int at) {
    for (;;) {
        int least = at;
        for (int child = 2 * at + 1; child <= 2 * at + 2 && child < count; child++)
            if (compare(head(heap[child]), head(heap[least])) < 0) least = child;
        if (least == at) return;
        struct window *swap = heap[at];
        heap[at] = heap[least];
        heap[least] = swap;
        at = least;
    }
}

struct taker {
    bool (*take)(const struct import_figure *, void *);
    void *arg;
};

static bool merge(int fd, struct window **heap, int count, struct taker taker, struct problem *p) {
    for (int i = count / 2 - 1; i >= 0; i--)
        sift_down(heap, count, i);
    while (count > 0) {
        struct window *top = heap[0];
        if (!taker.take(head(top), taker.arg)) return false;
        if (++top->at == top->filled && !refill(fd, top, p)) return false;
        if (top->filled == 0) heap[0] = heap[--count];
        sift_down(heap, count, 0);
    }
    return true;
}

static bool merge_runs(struct import_sort *sort, struct taker taker, struct problem *p) {
    int runs = (int)((sort->count + RUN - 1) / RUN);
    struct window *windows = xcalloc((size_t)runs, sizeof *windows);
    struct window **heap = xcalloc((size_t)runs, sizeof *heap);
    bool ok = true;
    for (int i = 0; ok && i < runs; i++) {
        windows[i].next = (int64_t)i * RUN;
        windows[i].end = i == runs - 1 ? sort->count : (int64_t)(i + 1) * RUN;
        heap[i] = &windows[i];
        ok = refill(sort->fd, heap[i], p);
    }
    ok = ok && merge(sort->fd, heap, runs, taker, p);
    free(windows);
    free(heap);
    return ok;
}

bool import_sort_take(struct import_sort *sort, bool (*take)(const struct import_figure *, void *),
                      void *arg, struct problem *p) {
    if (sort->fd < 0) { /* all of it fits one run */
        qsort(sort->run, (size_t)sort->filled, sizeof sort->run[0], compare);
        for (int i = 0; i < sort->filled; i++)
            if (!take(&sort->run[i], arg)) return false;
        return true;
    }
    return spill(sort, p) && merge_runs(sort, (struct taker){ take, arg }, p);
}
