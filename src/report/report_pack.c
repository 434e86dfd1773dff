#include <string.h>

#include "hmis/report.h"

static void add_varint(struct buffer *out, uint32_t value) {
    while (value >= 0x80) {
        buffer_add_char(out, (char)(value | 0x80));
        value >>= 7;
    }
    buffer_add_char(out, (char)value);
}

static uint32_t zigzag(int32_t value) {
    return ((uint32_t)value << 1) ^ (uint32_t)(value >> 31);
}
static int32_t unzigzag(uint32_t value) {
    return (int32_t)((value >> 1) ^ (~(value & 1) + 1));
}

void report_pack(const int32_t *cells, int width, struct buffer *out) {
    while (width > 0 && cells[width - 1] == BLANK)
        width--;
    for (int at = 0; at < width;) {
        int first = at;
        while (cells[first] == BLANK)
            first++;
        int end = first;
        while (end < width && cells[end] != BLANK)
            end++;
        add_varint(out, (uint32_t)(first - at));
        add_varint(out, (uint32_t)(end - first));
        for (int slot = first; slot < end; slot++)
            add_varint(out, zigzag(cells[slot]));
        at = end;
    }
}

struct reader {
    const uint8_t *at, *end;
};

static bool read_varint(struct reader *reader, uint32_t *value) {
    *value = 0;
    for (int shift = 0; shift < 35; shift += 7) {
        if (reader->at == reader->end) return false;
        uint8_t byte = *reader->at++;
        if ((shift == 28 && byte > 0x0F) || (shift > 0 && byte == 0)) return false;
        *value |= (uint32_t)(byte & 0x7F) << shift;
        if (byte < 0x80) return true;
    }
    return false;
}

bool report_unpack(const uint8_t *data, size_t length, int32_t *cells, int width) {
    for (int slot = 0; slot < width; slot++)
        cells[slot] = BLANK;
    struct reader reader = { data, data + length };
    uint32_t at = 0, room = (uint32_t)width;
    while (reader.at < reader.end) {
        uint32_t blank, filled, value;
        if (!read_varint(&reader, &blank) || !read_varint(&reader, &filled)) return false;
        if (filled == 0 || (blank == 0 && at > 0) || blank > room - at ||
            filled > room - at - blank)
            return false;
        at += blank;
        for (; filled > 0; filled--, at++) {
            if (!read_varint(&reader, &value)) return false;
            cells[at] = unzigzag(value);
            if (cells[at] == BLANK) return false;
        }
    }
    return true;
}

void report_receipt(char out[64], const char *facility_code, int period, const char *form,
                    int version) {
    struct buffer text = { 0 };
    buffer_printf(&text, "%.24s-%06d-%.16s-%d", facility_code, period, form, version);
    size_t length = text.length < 63 ? text.length : 63;
    memcpy(out, text.data, length);
    out[length] = '\0';
    buffer_free(&text);
}
