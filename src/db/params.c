#include "db_internal.h"

#include <arpa/inet.h>
#include <endian.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define OID_INT2 21
#define OID_INT4 23
#define OID_INT8 20
#define OID_TEXT 25

#define DAY_US         INT64_C(86400000000)
#define POSTGRES_DAY   10957 /* 2000-01-01 in days since 1970 */
#define POSTGRES_EPOCH (POSTGRES_DAY * DAY_US)
#define LENGTH_OF_NULL UINT32_C(0xFFFFFFFF)

static void put16(struct buffer *out, int64_t value) {
    uint16_t wire = htons((uint16_t)value);
    buffer_add(out, &wire, sizeof wire);
}

static void put32(struct buffer *out, int64_t value) {
    uint32_t wire = htonl((uint32_t)value);
    buffer_add(out, &wire, sizeof wire);
}

static void put64(struct buffer *out, int64_t value) {
    uint64_t wire = htobe64((uint64_t)value);
    buffer_add(out, &wire, sizeof wire);
}

static void put_text(struct buffer *out, const char *text) {
    size_t length = strlen(text);
    ENSURE(length <= INT32_MAX, "a parameter is smaller than 2 GiB");
    put32(out, (int64_t)length);
    buffer_add(out, text, length);
}

/* ---- Arrays: dimensions, has-nulls, element type, size, lower bound, elements. ----------------
 */

static void put_element(struct buffer *out, const struct db_param *param, size_t i) {
    switch (param->kind) {
    case DB_P_INT2S:
        put32(out, 2);
        put16(out, ((const int16_t *)param->data)[i]);
        return;
    case DB_P_INT4S: {
        int32_t value = ((const int32_t *)param->data)[i];
        put32(out, value == BLANK ? LENGTH_OF_NULL : 4);
        if (value != BLANK) put32(out, value);
        return;
    }
    case DB_P_INT8S:
        put32(out, 8);
        put64(out, ((const int64_t *)param->data)[i]);
        return;
    default: {
        const char *text = ((const char *const *)param->data)[i];
        if (text)
            put_text(out, text);
        else
            put32(out, LENGTH_OF_NULL);
    }
    }
}

static bool has_null(const struct db_param *param) {
    for (size_t i = 0; i < param->count; i++) {
        if (param->kind == DB_P_INT4S && ((const int32_t *)param->data)[i] == BLANK) return true;
        if (param->kind == DB_P_TEXTS && !((const char *const *)param->data)[i]) return true;
    }
    return false;
}

static void put_array(struct buffer *out, const struct db_param *param) {
    static const int element[] = { [DB_P_INT2S] = OID_INT2,
                                   [DB_P_INT4S] = OID_INT4,
                                   [DB_P_INT8S] = OID_INT8,
                                   [DB_P_TEXTS] = OID_TEXT };
    put32(out, param->count > 0);
    put32(out, has_null(param));
    put32(out, element[param->kind]);
    if (param->count == 0) return;
    put32(out, (int64_t)param->count);
    put32(out, 1);
    for (size_t i = 0; i < param->count; i++)
        put_element(out, param, i);
}

static bool is_array(const struct db_param *param) {
    return param->kind >= DB_P_INT2S;
}

static bool is_null(const struct db_param *param) {
    switch (param->kind) {
    case DB_P_NULL:
        return true;
    case DB_P_TEXT:
    case DB_P_JSONB:
        return !param->data;
    case DB_P_BYTEA:
        return !param->data && param->count == 0;
    default:
        return false;
    }
}

/* ---- COPY: length and value of the column's own type. -----------------------------------------
 */

static void put_sized(struct buffer *out, const struct db_param *param) {
    switch (param->kind) {
    case DB_P_BOOL:
        put32(out, 1);
        buffer_add_char(out, param->number != 0);
        return;
    case DB_P_INT2:
        put32(out, 2);
        put16(out, param->number);
        return;
    case DB_P_INT4:
        put32(out, 4);
        put32(out, param->number);
        return;
    case DB_P_INT8:
        put32(out, 8);
        put64(out, param->number);
        return;
    case DB_P_TIME:
        put32(out, 8);
        put64(out, param->number - POSTGRES_EPOCH);
        return;
    case DB_P_DATE:
        put32(out, 4);
        put32(out, param->number - POSTGRES_DAY);
        return;
    case DB_P_TEXT:
        put_text(out, param->data);
        return;
    case DB_P_JSONB: {
        size_t length = strlen(param->data);
        put32(out, (int64_t)length + 1);
        buffer_add_char(out, 1); /* version of the binary form */
        buffer_add(out, param->data, length);
        return;
    }
    default:
        put32(out, (int64_t)param->count);
        buffer_add(out, param->data, param->count);
        return;
    }
}

void db_put_binary(struct buffer *out, const struct db_param *param) {
    if (is_null(param)) {
        put32(out, LENGTH_OF_NULL);
        return;
    }
    if (!is_array(param)) {
        put_sized(out, param);
        return;
    }
    size_t at = out->length;
    put32(out, 0);
    put_array(out, param);
    uint32_t wire = htonl((uint32_t)(out->length - at - 4));
    memcpy(out->data + at, &wire, sizeof wire);
}

/* ---- Parameters of a statement. ----------------------------------------------------------------
 */

/* A number as the text of its kind; range is the caller's promise, held here. */
static char *number_text(struct arena *arena, const struct db_param *param) {
    static const int64_t largest[] = {
        [DB_P_INT2] = INT16_MAX, [DB_P_INT4] = INT32_MAX, [DB_P_INT8] = INT64_MAX
    };
    int64_t most = largest[param->kind];
    ENSURE(param->number <= most && param->number >= -most - 1, "a number fits its parameter");
    return arena_printf(arena, "%lld", (long long)param->number);
}

static char *moment_text(struct arena *arena, int64_t us, bool day_only) {
    int64_t within = (us % 1000000 + 1000000) % 1000000;
    time_t seconds = (time_t)((us - within) / 1000000);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    char *day = arena_printf(arena, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
    if (day_only) return day;
    return arena_printf(arena, "%s %02d:%02d:%02d.%06d+00", day, tm.tm_hour, tm.tm_min, tm.tm_sec,
                        (int)within);
}

static const char *scalar_text(struct arena *arena, const struct db_param *param) {
    switch (param->kind) {
    case DB_P_BOOL:
        return param->number ? "t" : "f";
    case DB_P_TIME:
        return moment_text(arena, param->number, false);
    case DB_P_DATE:
        return moment_text(arena, param->number * DAY_US, true);
    case DB_P_TEXT:
    case DB_P_JSONB:
        return param->data;
    default:
        return number_text(arena, param);
    }
}

static const char *array_bytes(struct arena *arena, const struct db_param *param, int *length) {
    struct buffer bytes = { 0 };
    put_array(&bytes, param);
    ENSURE(bytes.length <= INT32_MAX, "a parameter is smaller than 2 GiB");
    *length = (int)bytes.length;
    char *copy = arena_strndup(arena, bytes.data, bytes.length);
    buffer_free(&bytes);
    return copy;
}

/* Scalars travel as text, so that they take whatever type the statement infers; arrays and bytes,
 * where the volume is, in binary. */
void db_bind(struct db_bound *bound, struct arena *arena, const struct db_param *params,
             size_t count) {
    bound->values = arena_array(arena, count + 1, sizeof *bound->values);
    bound->lengths = arena_array(arena, count + 1, sizeof *bound->lengths);
    bound->formats = arena_array(arena, count + 1, sizeof *bound->formats);
    for (size_t i = 0; i < count; i++) {
        const struct db_param *param = &params[i];
        if (is_null(param)) continue;
        bound->formats[i] = is_array(param) || param->kind == DB_P_BYTEA;
        if (is_array(param)) {
            bound->values[i] = array_bytes(arena, param, &bound->lengths[i]);
        } else if (param->kind == DB_P_BYTEA) {
            ENSURE(param->count <= INT32_MAX, "a parameter is smaller than 2 GiB");
            bound->values[i] = param->data ? param->data : "";
            bound->lengths[i] = (int)param->count;
        } else {
            bound->values[i] = scalar_text(arena, param);
        }
    }
}
