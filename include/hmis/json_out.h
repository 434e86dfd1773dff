/* json_out: writes JSON straight into a buffer, without a tree.
 *
 * Commas are placed by the writer; strings are escaped (also U+2028, U+2029, <, >, &, so that the
 * text is inert wherever it is put). One writer belongs to one thread. Nesting of at most 16.
 * The calls are named out_*, for libjansson, which reads, owns json_*. */
#ifndef HMIS_JSON_OUT_H
#define HMIS_JSON_OUT_H

#include "hmis/base.h"

struct json_out {
    struct buffer buffer;
    unsigned depth;
    bool comma; /* the next member needs a comma before it */
};

void json_out_init(struct json_out *out);
/* key NULL: inside an array or at the top. */
void out_object(struct json_out *out, const char *key);
void out_object_end(struct json_out *out);
void out_array(struct json_out *out, const char *key);
void out_array_end(struct json_out *out);
void out_int(struct json_out *out, const char *key, int64_t value);
void out_bool(struct json_out *out, const char *key, bool value);
void out_null(struct json_out *out, const char *key);
/* value NULL writes null. */
void out_string(struct json_out *out, const char *key, const char *value);
void out_string_n(struct json_out *out, const char *key, const char *value, size_t length);
/* BLANK writes null. */
void out_cell(struct json_out *out, const char *key, int32_t value);
/* value / 10^scale, as a JSON number without rounding: (1250, 2) writes 12.50. */
void out_decimal(struct json_out *out, const char *key, int64_t value, int scale);
/* A moment as "2026-11-23T06:10:52.123Z". 0 writes null. */
void out_time(struct json_out *out, const char *key, int64_t wall_us);
/* Already valid JSON, copied as it is. */
void out_raw(struct json_out *out, const char *key, const char *json);

#endif
