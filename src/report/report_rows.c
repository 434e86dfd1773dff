#include "report_rows.h"

#include <arpa/inet.h>
#include <endian.h>
#include <string.h>

/* OIDs of PostgreSQL's own types never change. */
enum {
    OID_BYTEA = 17,
    OID_INT8 = 20,
    OID_INT2 = 21,
    OID_INT4 = 23,
    OID_INT4S = 1007,
    OID_TIMESTAMPTZ = 1184,
    OID_JSONB = 3802
};
enum { ROW_COLUMNS = 21 };

static void add_u32(struct buffer *out, uint32_t value) {
    uint32_t wire = htonl(value);
    buffer_add(out, &wire, sizeof wire);
}

static void add_null(struct buffer *out, uint32_t oid) {
    add_u32(out, oid);
    add_u32(out, UINT32_MAX);
}

static void add_int2(struct buffer *out, int value) {
    uint16_t wire = htons((uint16_t)value);
    add_u32(out, OID_INT2);
    add_u32(out, sizeof wire);
    buffer_add(out, &wire, sizeof wire);
}

static void add_int4(struct buffer *out, int32_t value) {
    add_u32(out, OID_INT4);
    add_u32(out, 4);
    add_u32(out, (uint32_t)value);
}

static void add_account(struct buffer *out, int64_t account) {
    if (account == 0) {
        add_null(out, OID_INT8);
        return;
    }
    uint64_t wire = htobe64((uint64_t)account);
    add_u32(out, OID_INT8);
    add_u32(out, sizeof wire);
    buffer_add(out, &wire, sizeof wire);
}

static void add_bytes(struct buffer *out, uint32_t oid, const void *data, size_t length) {
    add_u32(out, oid);
    add_u32(out, (uint32_t)length);
    buffer_add(out, data, length);
}

static void patch_length(struct buffer *out, size_t at) {
    uint32_t wire = htonl((uint32_t)(out->length - at - 4));
    memcpy(out->data + at, &wire, sizeof wire);
}

/* An array of int4; BLANK is null. An empty one has no dimension. */
static void add_cells(struct buffer *out, const int32_t *cells, int count) {
    add_u32(out, OID_INT4S);
    size_t length_at = out->length;
    buffer_reserve(out, 24 + 8 * (size_t)count);
    const uint32_t head[] = {
        0, htonl(count > 0), htonl(1), htonl(OID_INT4), htonl((uint32_t)count), htonl(1)
    };
    buffer_add(out, head, count > 0 ? sizeof head : 4 * sizeof head[0]);
    char *at = out->data + out->length;
    for (int i = 0; i < count; i++) {
        uint32_t wire[2] = { htonl(cells[i] == BLANK ? UINT32_MAX : 4), htonl((uint32_t)cells[i]) };
        size_t length = cells[i] == BLANK ? 4 : 8;
        memcpy(at, wire, sizeof wire);
        at += length;
    }
    out->length = (size_t)(at - out->data);
    patch_length(out, length_at);
}

static void add_json(struct buffer *out, const char *json) {
    if (json == NULL) {
        add_null(out, OID_JSONB);
        return;
    }
    add_u32(out, OID_JSONB);
    add_u32(out, (uint32_t)strlen(json) + 1);
    buffer_add_char(out, 1); /* version of jsonb's binary form */
    buffer_add_text(out, json);
}

enum { COUNT_AT = 12 };

void report_rows_begin(struct report_rows *rows, uint32_t type_oid) {
    *rows = (struct report_rows){ 0 };
    add_u32(&rows->bytes, 1); /* dimensions */
    add_u32(&rows->bytes, 0); /* no null rows */
    add_u32(&rows->bytes, type_oid);
    add_u32(&rows->bytes, 0); /* how many: report_rows_end */
    add_u32(&rows->bytes, 1);
}

void report_rows_add(struct report_rows *rows, const struct report_row *row) {
    struct buffer *out = &rows->bytes;
    size_t length_at = out->length;
    add_u32(out, 0);
    add_u32(out, ROW_COLUMNS);
    add_int4(out, row->facility_id);
    add_int4(out, row->period);
    add_int2(out, row->form_id);
    add_int2(out, row->facility_type);
    add_int2(out, row->ownership);
    add_int2(out, row->locality);
    add_int2(out, row->source);
    add_int4(out, row->state_id);
    add_int4(out, row->district_id);
    add_int4(out, row->block_id);
    add_int4(out, row->version);
    add_null(out, OID_TIMESTAMPTZ); /* the database says when */
    add_account(out, row->submitted_by);
    add_cells(out, row->cells, row->width);
    add_bytes(out, OID_BYTEA, row->outcomes, row->outcomes_size);
    if (row->finding_count > 0)
        add_cells(out, row->findings, row->finding_count);
    else
        add_null(out, OID_INT4S);
    add_json(out, row->remarks);
    add_bytes(out, OID_BYTEA, row->packed->data, row->packed->length);
    add_int2(out, row->filled);
    if (row->draft_version > 0)
        add_int4(out, row->draft_version);
    else
        add_null(out, OID_INT4);
    add_int2(out, row->family);
    patch_length(out, length_at);
    rows->count++;
}

void report_rows_end(struct report_rows *rows) {
    uint32_t wire = htonl((uint32_t)rows->count);
    memcpy(rows->bytes.data + COUNT_AT, &wire, sizeof wire);
}

void report_rows_free(struct report_rows *rows) {
    buffer_free(&rows->bytes);
}
