/* compress: gzip at level 1, with a state kept by its worker (making one costs 256 KiB). */
#ifndef HMIS_HTTP_COMPRESS_H
#define HMIS_HTTP_COMPRESS_H

#include "hmis/base.h"

struct compressor;
struct compressor *compressor_new(void);
void compressor_free(struct compressor *compressor);
/* Replaces the bytes by their gzip form when that is smaller; false otherwise. */
bool compressor_shrink(struct compressor *compressor, struct buffer *buffer);

#endif
