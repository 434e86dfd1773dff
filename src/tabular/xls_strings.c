/* Strings of a binary workbook. One that does not fit its record goes on in the next, where a byte
 * says anew how wide its characters are. */
#include "xls.h"

#include <iconv.h>
#include <stdio.h>
#include <string.h>

enum { CONTINUE = 0x3C };

bool xls_record_at(const struct buffer *stream, size_t at, struct xls_record *record) {
    const unsigned char *bytes = (const unsigned char *)stream->data + at;
    if (at > stream->length || stream->length - at < 4) return false;
    record->id = xls_u16(bytes);
    record->length = xls_u16(bytes + 2);
    record->data = bytes + 4;
    record->next = at + 4 + record->length;
    return record->next <= stream->length;
}

struct xls_text xls_text_of(const struct buffer *stream, const struct xls_record *record,
                            size_t skip, bool wide, int page) {
    struct xls_text text = {
        stream, record->data, record->length, record->next, wide, page, false
    };
    text.broken = skip > text.left;
    text.at += text.broken ? 0 : skip;
    text.left -= text.broken ? text.left : skip;
    return text;
}

static bool go_on(struct xls_text *text) {
    struct xls_record record;
    while (text->left == 0 && !text->broken) {
        text->broken = !xls_record_at(text->stream, text->next, &record) || record.id != CONTINUE;
        if (text->broken) break;
        text->at = record.data;
        text->left = record.length;
        text->next = record.next;
    }
    return !text->broken;
}

static unsigned take_byte(struct xls_text *text) {
    if (text->left == 0 && !go_on(text)) return 0;
    text->left--;
    return *text->at++;
}

static unsigned take_u16(struct xls_text *text) {
    unsigned low = take_byte(text);
    return low | take_byte(text) << 8;
}

static void skip(struct xls_text *text, uint64_t bytes) {
    while (bytes > 0 && (text->left > 0 || go_on(text))) {
        size_t part = bytes < text->left ? (size_t)bytes : text->left;
        text->at += part;
        text->left -= part;
        bytes -= part;
    }
}

static void add_code(struct buffer *out, uint32_t code) {
    if (code == 0) code = ' ';
    if (code < 0x80) {
        buffer_add_char(out, (char)code);
    } else if (code < 0x800) {
        buffer_add_char(out, (char)(0xC0 | code >> 6));
        buffer_add_char(out, (char)(0x80 | (code & 0x3F)));
    } else if (code < 0x10000) {
        buffer_add_char(out, (char)(0xE0 | code >> 12));
        buffer_add_char(out, (char)(0x80 | (code >> 6 & 0x3F)));
        buffer_add_char(out, (char)(0x80 | (code & 0x3F)));
    } else {
        buffer_add_char(out, (char)(0xF0 | code >> 18));
        buffer_add_char(out, (char)(0x80 | (code >> 12 & 0x3F)));
        buffer_add_char(out, (char)(0x80 | (code >> 6 & 0x3F)));
        buffer_add_char(out, (char)(0x80 | (code & 0x3F)));
    }
}

/* A half of a pair without the other is no character. */
static uint32_t pair(uint32_t high, uint32_t low) {
    return low >= 0xDC00 && low < 0xE000 ? 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)
                                         : 0xFFFD;
}

static void take_characters(struct xls_text *text, unsigned count, bool two, struct buffer *out) {
    uint32_t high = 0;
    for (; count > 0 && !text->broken; count--) {
        if (text->left == 0) {
            if (!go_on(text)) return;
            two = take_byte(text) & 1;
        }
        uint32_t unit = two ? take_u16(text) : take_byte(text);
        if (high != 0) {
            add_code(out, pair(high, unit));
            bool paired = unit >= 0xDC00 && unit < 0xE000;
            high = 0;
            if (paired) continue;
        }
        if (unit >= 0xD800 && unit < 0xDC00)
            high = unit;
        else
            add_code(out, unit >= 0xDC00 && unit < 0xE000 ? 0xFFFD : unit);
    }
    if (high != 0) add_code(out, 0xFFFD);
}

static void read_unicode(struct xls_text *text, unsigned count, struct buffer *out) {
    unsigned flags = take_byte(text);
    unsigned runs = flags & 8 ? take_u16(text) : 0;
    uint64_t extra = 0;
    if (flags & 4) {
        extra = take_u16(text);
        extra |= (uint64_t)take_u16(text) << 16;
    }
    take_characters(text, count, flags & 1, out);
    skip(text, (uint64_t)runs * 4 + extra);
}

/* Bytes of a code page; those that are none there become '?'. */
static void read_bytes(struct xls_text *text, unsigned count, struct buffer *out) {
    char name[16], in[256], converted[4 * sizeof in];
    snprintf(name, sizeof name, text->page == 0x8000 ? "MACINTOSH" : "CP%d", text->page);
    iconv_t converter = iconv_open("UTF-8", name);
    if (converter == (iconv_t)-1) converter = iconv_open("UTF-8", "CP1252");
    while (count > 0 && !text->broken) {
        size_t have = 0;
        while (have < sizeof in && count > 0 && !text->broken) {
            in[have++] = (char)take_byte(text);
            count--;
        }
        char *from = in, *to = converted;
        size_t room = sizeof converted;
        while (have > 0 && iconv(converter, &from, &have, &to, &room) == (size_t)-1) {
            *to++ = '?';
            room--;
            from++;
            have--;
        }
        buffer_add(out, converted, (size_t)(to - converted));
    }
    iconv_close(converter);
}

void xls_text_read(struct xls_text *text, int length_bytes, struct buffer *out) {
    unsigned count = length_bytes == 1 ? take_byte(text) : take_u16(text);
    out->length = 0;
    if (text->wide)
        read_unicode(text, count, out);
    else
        read_bytes(text, count, out);
    for (size_t i = 0; i < out->length; i++) {
        if (out->data[i] == '\r') out->data[i] = '\n';
        if (out->data[i] == '\0') out->data[i] = ' ';
    }
}
