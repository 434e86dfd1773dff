#include "static.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hmis/assets.h"
#include "http_internal.h"

/* The answers of one file: by packed form, with the file and with 304. */
struct prepared {
    const struct asset *asset;
    unsigned available; /* bit set of enum encoding */
    void *whole[ENCODING__MAX], *unchanged[ENCODING__MAX];
    char *tags[ENCODING__MAX];
};
struct static_files {
    struct prepared *prepared;
    size_t count;
};

static const char *const encoding_suffix[ENCODING__MAX] = { "", "-gz", "-br" };
static const char *const encoding_name[ENCODING__MAX] = { NULL, "gzip", "br" };

const struct asset *asset_find(const char *path) {
    size_t low = 0, high = asset_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strcmp(path, assets[middle].path);
        if (order == 0) return &assets[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

/* ---- Making the answers. ----------------------------------------------------------------------
 */
static void prepare_one(const struct http *http, struct prepared *file, enum encoding encoding,
                        const void *data, size_t length) {
    struct text_pair headers[6];
    size_t count = 0;
    struct buffer tag = { 0 };
    buffer_printf(&tag, "\"%s%s\"", file->asset->tag, encoding_suffix[encoding]);
    buffer_add_char(&tag, 0);
    headers[count++] = (struct text_pair){ "ETag", tag.data };
    headers[count++] = (struct text_pair){ "Vary", "Accept-Encoding" };
    headers[count++] = (struct text_pair){
        "Cache-Control", file->asset->immutable ? "public, max-age=31536000, immutable" : "no-cache"
    };
    file->unchanged[encoding] = adapter_prepare(http, NULL, 0, headers, count);
    headers[count++] = (struct text_pair){ "Content-Type", file->asset->type };
    if (encoding_name[encoding])
        headers[count++] = (struct text_pair){ "Content-Encoding", encoding_name[encoding] };
    file->whole[encoding] = adapter_prepare(http, data, length, headers, count);
    file->available |= 1u << encoding;
    tag.data[tag.length - 2] = 0; /* kept without its quotes */
    file->tags[encoding] = xstrdup(tag.data + 1);
    buffer_free(&tag);
}

struct static_files *static_new(const struct http *http) {
    struct static_files *files = xcalloc(1, sizeof(*files));
    files->prepared = xcalloc(asset_count + 1, sizeof(*files->prepared));
    for (size_t i = 0; i < asset_count; i++) {
        const struct asset *asset = &assets[i];
        if (asset->path[0] != '/') continue;
        struct prepared *file = &files->prepared[files->count++];
        file->asset = asset;
        prepare_one(http, file, ENCODING_IDENTITY, asset->data, asset->length);
        if (asset->gzip) prepare_one(http, file, ENCODING_GZIP, asset->gzip, asset->gzip_length);
        if (asset->brotli)
            prepare_one(http, file, ENCODING_BR, asset->brotli, asset->brotli_length);
    }
    return files;
}

void static_free(struct static_files *files) {
    for (size_t i = 0; files && i < files->count; i++)
        for (int e = 0; e < ENCODING__MAX; e++) {
            adapter_prepared_free(files->prepared[i].whole[e]);
            adapter_prepared_free(files->prepared[i].unchanged[e]);
            free(files->prepared[i].tags[e]);
        }
    if (files) free(files->prepared);
    free(files);
}

/* ---- Answering. -------------------------------------------------------------------------------
 */
static int path_compare(const void *key, const void *element) {
    return strcmp(key, ((const struct prepared *)element)->asset->path);
}

static bool answer_embedded(struct request *r, const char *path) {
    const struct static_files *files = r->http->files;
    const struct prepared *file =
        bsearch(path, files->prepared, files->count, sizeof(*files->prepared), path_compare);
    if (!file) return false;
    enum encoding encoding = accept_encoding(req_header(r, "Accept-Encoding"), file->available);
    bool same = etag_matches(req_header(r, "If-None-Match"), file->tags[encoding]);
    r->answer.kind = ANSWER_PREPARED;
    r->answer.status = same ? 304 : 200;
    r->answer.prepared = same ? file->unchanged[encoding] : file->whole[encoding];
    r->answer.size = same                        ? 0
                     : encoding == ENCODING_BR   ? (int64_t)file->asset->brotli_length
                     : encoding == ENCODING_GZIP ? (int64_t)file->asset->gzip_length
                                                 : (int64_t)file->asset->length;
    return true;
}

/* Development: a file under web_root, opened segment by segment, no links, no hidden names. */
static int open_below(const char *root, const char *path, struct arena *arena) {
    int at = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    while (at >= 0 && *path == '/') {
        size_t length = strcspn(path + 1, "/");
        const char *name = percent_decode(arena, path + 1, length, false);
        bool last = path[1 + length] == 0;
        int next = -1;
        if (name && *name && *name != '.' && !strchr(name, '/'))
            next = openat(at, name,
                          O_CLOEXEC | O_NOFOLLOW |
                              (last ? O_RDONLY | O_NONBLOCK : O_PATH | O_DIRECTORY));
        close(at);
        at = next;
        path += 1 + length;
    }
    return at;
}

static const char *type_of(const char *path) {
    static const struct {
        const char *ending, *type;
    } types[] = {
        { ".html", "text/html; charset=utf-8" },
        { ".js", "text/javascript; charset=utf-8" },
        { ".css", "text/css; charset=utf-8" },
        { ".json", "application/json; charset=utf-8" },
        { ".webmanifest", "application/manifest+json; charset=utf-8" },
        { ".svg", "image/svg+xml; charset=utf-8" },
        { ".png", "image/png" },
        { ".ico", "image/x-icon" },
        { ".woff2", "font/woff2" },
        { ".txt", "text/plain; charset=utf-8" },
    };
    size_t length = strlen(path);
    for (size_t i = 0; i < COUNT(types); i++) {
        size_t ending = strlen(types[i].ending);
        if (length > ending && !strcmp(path + length - ending, types[i].ending))
            return types[i].type;
    }
    return "application/octet-stream";
}

static bool answer_from_disk(struct request *r, const char *path) {
    struct stat status;
    int fd = open_below(r->http->settings.web_root, path, r->arena);
    if (fd < 0) return false;
    if (fstat(fd, &status) || !S_ISREG(status.st_mode)) {
        close(fd);
        return false;
    }
    reply_fd(r, 200, type_of(path), fd, status.st_size, NULL);
    return true;
}

static bool answer_file(struct request *r, const char *path) {
    if (!strcmp(path, "/")) path = "/index.html";
    return r->http->settings.web_root ? answer_from_disk(r, path) : answer_embedded(r, path);
}

/* Addresses of the application's own screens; everything else that is unknown is a 404. */
static bool is_screen(const struct request *r) {
    static const char *const others[] = { "/api", "/assets", "/health", "/metrics" };
    for (size_t i = 0; i < COUNT(others); i++) {
        size_t length = strlen(others[i]);
        if (!strncmp(r->path, others[i], length) && (!r->path[length] || r->path[length] == '/'))
            return false;
    }
    return accept_names(req_header(r, "Accept"), "text/html");
}

static bool is_file(const struct request *r) {
    return r->http->settings.web_root || asset_find(strcmp(r->path, "/") ? r->path : "/index.html");
}

void static_answer(struct request *r) {
    bool reads = !strcmp(r->method, "GET") || r->head;
    if (reads && r->screened.content_length != 0) {
        reply_error(r, ERR_TOO_LARGE, "This address takes no body");
        return;
    }
    if (!reads && is_file(r)) {
        reply_header(r, "Allow", "GET, HEAD, OPTIONS");
        if (!strcmp(r->method, "OPTIONS"))
            reply_empty(r, 204);
        else
            reply_error(r, ERR_METHOD, NULL);
        return;
    }
    if (reads && (answer_file(r, r->path) || (is_screen(r) && answer_file(r, "/index.html"))))
        return;
    reply_error(r, ERR_NOT_FOUND, NULL);
}
