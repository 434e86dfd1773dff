#include "db_internal.h"

#include <arpa/inet.h>
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POSTGRES_EPOCH_US INT64_C(946684800000000)

/* Types by their OID, as far as there are getters for them. */
enum {
    OID_BOOL = 16,
    OID_BYTEA = 17,
    OID_NAME = 19,
    OID_INT8 = 20,
    OID_INT2 = 21,
    OID_INT4 = 23,
    OID_TEXT = 25,
    OID_OID = 26,
    OID_JSON = 114,
    OID_INT2S = 1005,
    OID_INT4S = 1007,
    OID_BPCHAR = 1042,
    OID_VARCHAR = 1043,
    OID_TIMESTAMPTZ = 1184,
    OID_JSONB = 3802
};

static void wrong_type(const struct db_rows *rows, int column, const char *getter)
    __attribute__((noreturn));
static void wrong_type(const struct db_rows *rows, int column, const char *getter) {
    char what[200];
    snprintf(what, sizeof what, "%s reads column %d (%s) of query %s: its type has the OID %u",
             getter, column, PQfname(rows->result, column), query_texts[rows->query].name,
             PQftype(rows->result, column));
    base_abort(__FILE__, __LINE__, what);
}

static const unsigned char *value_at(const struct db_rows *rows, int row, int column) {
    ENSURE(row >= 0 && row < PQntuples(rows->result) && column >= 0 &&
               column < PQnfields(rows->result),
           "a row and column that are read exist");
    return (const unsigned char *)PQgetvalue(rows->result, row, column);
}

static int64_t get16(const unsigned char *at) {
    uint16_t wire;
    memcpy(&wire, at, sizeof wire);
    return (int16_t)ntohs(wire);
}

static int32_t get32(const unsigned char *at) {
    uint32_t wire;
    memcpy(&wire, at, sizeof wire);
    return (int32_t)ntohl(wire);
}

static int64_t get64(const unsigned char *at) {
    uint64_t wire;
    memcpy(&wire, at, sizeof wire);
    return (int64_t)be64toh(wire);
}

int db_count(const struct db_rows *rows) {
    return PQntuples(rows->result);
}

int64_t db_affected(const struct db_rows *rows) {
    int64_t count = 0;
    return text_to_int(PQcmdTuples(rows->result), 0, INT64_MAX, &count) ? count : 0;
}

bool db_is_null(const struct db_rows *rows, int row, int column) {
    value_at(rows, row, column);
    return PQgetisnull(rows->result, row, column);
}

bool db_bool(const struct db_rows *rows, int row, int column) {
    const unsigned char *value = value_at(rows, row, column);
    if (PQftype(rows->result, column) != OID_BOOL) wrong_type(rows, column, "db_bool");
    return !PQgetisnull(rows->result, row, column) && value[0];
}

int64_t db_int(const struct db_rows *rows, int row, int column) {
    const unsigned char *value = value_at(rows, row, column);
    bool null = PQgetisnull(rows->result, row, column);
    switch (PQftype(rows->result, column)) {
    case OID_INT2:
        return null ? 0 : get16(value);
    case OID_INT4:
        return null ? 0 : get32(value);
    case OID_INT8:
        return null ? 0 : get64(value);
    case OID_OID:
        return null ? 0 : (int64_t)(uint32_t)get32(value);
    default:
        wrong_type(rows, column, "db_int");
    }
}

const char *db_text(const struct db_rows *rows, int row, int column) {
    const char *value = (const char *)value_at(rows, row, column);
    if (PQgetisnull(rows->result, row, column)) return NULL;
    switch (PQftype(rows->result, column)) {
    case OID_TEXT:
    case OID_NAME:
    case OID_JSON:
    case OID_BPCHAR:
    case OID_VARCHAR:
        return value;
    case OID_JSONB:
        return value + 1; /* behind the version of the binary form */
    default:
        wrong_type(rows, column, "db_text");
    }
}

const void *db_bytes(const struct db_rows *rows, int row, int column, size_t *length) {
    const unsigned char *value = value_at(rows, row, column);
    *length = 0;
    if (PQftype(rows->result, column) != OID_BYTEA) wrong_type(rows, column, "db_bytes");
    if (PQgetisnull(rows->result, row, column)) return NULL;
    *length = (size_t)PQgetlength(rows->result, row, column);
    return value;
}

int64_t db_time_us(const struct db_rows *rows, int row, int column) {
    const unsigned char *value = value_at(rows, row, column);
    if (PQftype(rows->result, column) != OID_TIMESTAMPTZ) wrong_type(rows, column, "db_time_us");
    return PQgetisnull(rows->result, row, column) ? 0 : get64(value) + POSTGRES_EPOCH_US;
}

/* ---- Arrays: dimensions, has-nulls, element type, then size and lower bound, then elements. -----
 */

struct array {
    const unsigned char *at;
    int count;
};

static struct array array_open(const struct db_rows *rows, int row, int column) {
    const unsigned char *value = value_at(rows, row, column);
    if (PQgetisnull(rows->result, row, column) || get32(value) == 0)
        return (struct array){ NULL, 0 };
    ENSURE(get32(value) == 1, "an array that is read has one dimension");
    return (struct array){ value + 20, get32(value + 12) };
}

static int32_t array_next(struct array *array) {
    int32_t length = get32(array->at);
    array->at += 4;
    if (length < 0) return BLANK;
    int32_t value = length == 2 ? (int32_t)get16(array->at) : get32(array->at);
    array->at += length;
    return value;
}

int db_cells(const struct db_rows *rows, int row, int column, int32_t *cells, int width) {
    struct array array = array_open(rows, row, column);
    if (PQftype(rows->result, column) != OID_INT4S) wrong_type(rows, column, "db_cells");
    for (int i = 0; i < array.count && i < width; i++)
        cells[i] = array_next(&array);
    for (int i = array.count; i < width; i++)
        cells[i] = BLANK;
    return array.count;
}

int32_t *db_ints(const struct db_rows *rows, int row, int column, struct arena *arena,
                 size_t *count) {
    struct array array = array_open(rows, row, column);
    if (PQftype(rows->result, column) != OID_INT2S && PQftype(rows->result, column) != OID_INT4S)
        wrong_type(rows, column, "db_ints");
    *count = (size_t)array.count;
    int32_t *ints = arena_array(arena, *count, sizeof *ints);
    for (int i = 0; i < array.count; i++)
        ints[i] = array_next(&array);
    return ints;
}
