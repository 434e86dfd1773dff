#include "compress.h"

#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

struct compressor {
    z_stream stream;
    bool ready;
};

struct compressor *compressor_new(void) {
    return xcalloc(1, sizeof(struct compressor));
}

void compressor_free(struct compressor *compressor) {
    if (compressor && compressor->ready) deflateEnd(&compressor->stream);
    free(compressor);
}

static bool prepare(struct compressor *compressor) {
    if (compressor->ready) return deflateReset(&compressor->stream) == Z_OK;
    compressor->ready =
        deflateInit2(&compressor->stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK;
    return compressor->ready;
}

bool compressor_shrink(struct compressor *compressor, struct buffer *buffer) {
    if (buffer->length > UINT_MAX || !prepare(compressor)) return false;
    struct buffer small = { 0 };
    buffer_reserve(&small, buffer->length);
    z_stream *stream = &compressor->stream;
    stream->next_in = (Bytef *)buffer->data;
    stream->avail_in = (uInt)buffer->length;
    stream->next_out = (Bytef *)small.data;
    stream->avail_out = (uInt)buffer->length;
    if (deflate(stream, Z_FINISH) != Z_STREAM_END) {
        buffer_free(&small);
        return false;
    }
    small.length = buffer->length - stream->avail_out;
    buffer_free(buffer);
    *buffer = small;
    return true;
}
