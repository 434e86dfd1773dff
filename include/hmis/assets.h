/* assets: files the binary carries (tools/gen_assets.py): the packed web application, whose paths
 * begin with "/" ("/index.html"), and the spoken digits of the captcha ("voice/en/7.pcm"), which
 * are not served over HTTP. Read-only, safe from any thread, never freed. */
#ifndef HMIS_ASSETS_H
#define HMIS_ASSETS_H

#include "hmis/base.h"

struct asset {
    const char *path;
    const char *type;                          /* media type, with charset where it has one */
    const char *tag;                           /* for the ETag: a digest of the bytes */
    const unsigned char *data, *gzip, *brotli; /* the packed forms: NULL if there is none */
    size_t length, gzip_length, brotli_length;
    bool immutable; /* its name holds a digest */
};
extern const struct asset assets[]; /* sorted by path */
extern const size_t asset_count;

/* NULL when there is no such file. */
const struct asset *asset_find(const char *path);

#endif
