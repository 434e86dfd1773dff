#include "tabular_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>
#include <zlib.h>

enum { RATIO_FROM = 16 * 1024 * 1024 }; /* unpacked bytes, before which no ratio is looked at */

struct bytes {
    int fd;
    int64_t start, at; /* of the file; the next byte to be read, from start */
    int64_t size, out; /* packed; given so far */
    const struct tabular_options *limits;
    bool gzip, inflating, ended;
    z_stream z;
    unsigned char packed[TABULAR_PIECE];
    struct zip *zip;
    int64_t entry, unpacked;
    zip_file_t *open;
};

static struct bytes *bytes_new(int fd, int64_t start, const struct tabular_options *limits) {
    struct bytes *bytes = xcalloc(1, sizeof *bytes);
    struct stat about;
    bytes->fd = fd;
    bytes->start = start;
    bytes->limits = limits;
    if (fd >= 0 && fstat(fd, &about) == 0) bytes->size = about.st_size - start;
    return bytes;
}

struct bytes *bytes_file(int fd, int64_t start, const struct tabular_options *limits) {
    return bytes_new(fd, start, limits);
}

struct bytes *bytes_gzip(int fd, int64_t start, const struct tabular_options *limits) {
    struct bytes *bytes = bytes_new(fd, start, limits);
    bytes->gzip = true;
    return bytes;
}

struct bytes *bytes_zip(struct zip *zip, int64_t entry, const struct tabular_options *limits) {
    struct bytes *bytes = bytes_new(-1, 0, limits);
    zip_stat_t about;
    bytes->zip = zip;
    bytes->entry = entry;
    if (zip_stat_index(zip, (zip_uint64_t)entry, 0, &about) == 0) {
        bytes->size = (int64_t)about.comp_size;
        bytes->unpacked = (int64_t)about.size;
    }
    return bytes;
}

static bool read_file(struct bytes *bytes, void *out, size_t size, size_t *got, struct problem *p) {
    ssize_t n;
    do
        n = pread(bytes->fd, out, size, bytes->start + bytes->at);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return problem_set(p, ERR_FILE_FORMAT, "The file cannot be read: %s", strerror(errno));
    bytes->at += n;
    *got = (size_t)n;
    return true;
}

static bool too_much(const struct bytes *bytes, int64_t packed, struct problem *p) {
    const struct tabular_options *limits = bytes->limits;
    if (bytes->out > limits->unpacked_most)
        return !problem_set(p, ERR_FILE_FORMAT,
                            "Unpacked the file has more than %lld MB; divide it into smaller ones",
                            (long long)(limits->unpacked_most / 1000000));
    if (bytes->out > RATIO_FROM && bytes->out / limits->ratio_most > packed)
        return !problem_set(
            p, ERR_FILE_FORMAT,
            "Unpacked the file is more than %d times as large as packed: no file of "
            "figures is; send it unpacked",
            limits->ratio_most);
    return false;
}

/* The next member of the gzip file, or its first. False in *more: what follows is none. */
static bool next_member(struct bytes *bytes, bool *more, struct problem *p) {
    if (!bytes->inflating) {
        if (inflateInit2(&bytes->z, 15 + 16) != Z_OK) return problem_set(p, ERR_INTERNAL, NULL);
        bytes->inflating = true;
        return true;
    }
    *more = bytes->z.avail_in > 0 && bytes->z.next_in[0] == 0x1F;
    return !*more || inflateReset(&bytes->z) == Z_OK ||
           problem_set(p, ERR_FILE_FORMAT, "The gzip file is damaged");
}

static bool refill(struct bytes *bytes, struct problem *p) {
    size_t got = 0;
    if (bytes->z.avail_in > 0) return true;
    if (!read_file(bytes, bytes->packed, sizeof bytes->packed, &got, p)) return false;
    bytes->z.next_in = bytes->packed;
    bytes->z.avail_in = (uInt)got;
    return true;
}

/* Tapes and disks fill up with zeros behind the last member. Anything else would be dropped. */
static bool only_padding(struct bytes *bytes, struct problem *p) {
    while (refill(bytes, p) && bytes->z.avail_in > 0) {
        if (*bytes->z.next_in != 0)
            return problem_set(
                p, ERR_FILE_FORMAT,
                "Behind the end of the gzip file stands something that is no part of "
                "it. Send it again, or unpacked");
        bytes->z.next_in++;
        bytes->z.avail_in--;
    }
    return p->code == ERR_NONE;
}

static bool read_gzip(struct bytes *bytes, void *out, size_t size, size_t *got, struct problem *p) {
    bool more = true;
    *got = 0;
    if (!bytes->inflating && !next_member(bytes, &more, p)) return false;
    while (*got == 0 && !bytes->ended) {
        if (!refill(bytes, p)) return false;
        bool at_end = bytes->z.avail_in == 0;
        bytes->z.next_out = out;
        bytes->z.avail_out = (uInt)size;
        int status = inflate(&bytes->z, Z_NO_FLUSH);
        *got = size - bytes->z.avail_out;
        if (status == Z_STREAM_END) {
            if (!refill(bytes, p) || !next_member(bytes, &more, p)) return false;
            if (!more && !only_padding(bytes, p)) return false;
            bytes->ended = !more;
        } else if (at_end && *got == 0) {
            return problem_set(p, ERR_FILE_FORMAT,
                               "The gzip file is cut off: its end is missing. Send it again");
        } else if (status != Z_OK && status != Z_BUF_ERROR) {
            return problem_set(p, ERR_FILE_FORMAT, "The gzip file is damaged. Send it again");
        }
    }
    bytes->out += (int64_t)*got;
    return !too_much(bytes, bytes->at, p);
}

static bool read_zip(struct bytes *bytes, void *out, size_t size, size_t *got, struct problem *p) {
    if (bytes->open == NULL)
        bytes->open = zip_fopen_index(bytes->zip, (zip_uint64_t)bytes->entry, 0);
    if (bytes->open == NULL)
        return problem_set(p, ERR_FILE_FORMAT,
                           "A part of the file cannot be unpacked (%s); if it has a password, save "
                           "it without",
                           zip_strerror(bytes->zip));
    zip_int64_t n = zip_fread(bytes->open, out, size);
    if (n < 0)
        return problem_set(p, ERR_FILE_FORMAT,
                           "The file is damaged: a part of it cannot be unpacked");
    *got = (size_t)n;
    bytes->out += n;
    return !too_much(bytes, bytes->size, p);
}

bool bytes_read(struct bytes *bytes, void *out, size_t size, size_t *got, struct problem *p) {
    if (bytes->zip != NULL) return read_zip(bytes, out, size, got, p);
    if (bytes->gzip) return read_gzip(bytes, out, size, got, p);
    return read_file(bytes, out, size, got, p);
}

bool bytes_fill(struct bytes *bytes, void *out, size_t size, size_t *got, struct problem *p) {
    size_t part = 1;
    for (*got = 0; *got < size && part > 0; *got += part)
        if (!bytes_read(bytes, (char *)out + *got, size - *got, &part, p)) return false;
    return true;
}

static void release(struct bytes *bytes) {
    if (bytes->inflating) inflateEnd(&bytes->z);
    if (bytes->open != NULL) zip_fclose(bytes->open);
    bytes->inflating = false;
    bytes->open = NULL;
}

bool bytes_rewind(struct bytes *bytes, struct problem *p) {
    (void)p;
    release(bytes);
    memset(&bytes->z, 0, sizeof bytes->z);
    bytes->at = bytes->out = 0;
    bytes->ended = false;
    return true;
}

int64_t bytes_done(const struct bytes *bytes) {
    if (bytes->zip == NULL) return bytes->at;
    return bytes->unpacked > 0
               ? (int64_t)((double)bytes->out / (double)bytes->unpacked * (double)bytes->size)
               : 0;
}

int64_t bytes_size(const struct bytes *bytes) {
    return bytes->size;
}

void bytes_free(struct bytes *bytes) {
    if (bytes == NULL) return;
    release(bytes);
    free(bytes);
}

/* ---- What cannot be rewound. --------------------------------------------------------------------
 */

static int unnamed(const struct tabular_options *options) {
    const char *folder = options->spool_directory;
    if (folder == NULL) folder = getenv("TMPDIR");
    if (folder == NULL || *folder == '\0') folder = "/tmp";
    return open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

static bool copy_rest(int from, int to) {
    char block[TABULAR_PIECE];
    for (;;) {
        ssize_t n = read(from, block, sizeof block);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return n == 0;
        for (ssize_t done = 0, wrote; done < n; done += wrote) {
            wrote = write(to, block + done, (size_t)(n - done));
            if (wrote < 0 && errno == EINTR) wrote = 0;
            if (wrote < 0) return false;
        }
    }
}

bool bytes_rewindable(int fd, const struct tabular_options *options, int *out, int64_t *start,
                      bool *own, struct problem *p) {
    off_t at = lseek(fd, 0, SEEK_CUR);
    *out = fd;
    *start = at;
    *own = false;
    if (at >= 0) return true;
    *start = 0;
    *out = unnamed(options);
    if (*out < 0)
        return problem_set(p, ERR_INTERNAL,
                           "There is no room to keep the file while it is read: %s",
                           strerror(errno));
    *own = true;
    return copy_rest(fd, *out) ||
           problem_set(p, ERR_FILE_FORMAT, "The file cannot be read: %s", strerror(errno));
}
