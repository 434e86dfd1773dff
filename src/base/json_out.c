#include "hmis/json_out.h"

#include "hmis/clock.h"

#include <stdio.h>
#include <string.h>

#define DEEPEST 16

void json_out_init(struct json_out *out) {
    *out = (struct json_out){ 0 };
}

static void add_escaped(struct buffer *b, const char *text, size_t length) {
    static const char *const short_form[128] = {
        ['"'] = "\\\"", ['\\'] = "\\\\",   ['\n'] = "\\n",    ['\r'] = "\\r",
        ['\t'] = "\\t", ['<'] = "\\u003c", ['>'] = "\\u003e", ['&'] = "\\u0026",
    };
    buffer_reserve(b, length + 2);
    buffer_add_char(b, '"');
    size_t plain = 0; /* where the run of characters that stand for themselves begins */
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        bool line_separator = c == 0xE2 && i + 2 < length && (unsigned char)text[i + 1] == 0x80 &&
                              ((unsigned char)text[i + 2] & 0xFE) == 0xA8;
        if (!line_separator && c >= 0x20 && c != 0x7F && (c >= 0x80 || !short_form[c])) continue;
        buffer_add(b, text + plain, i - plain);
        if (line_separator) {
            buffer_add_text(b, (unsigned char)text[i + 2] == 0xA8 ? "\\u2028" : "\\u2029");
            i += 2;
        } else if (short_form[c]) {
            buffer_add_text(b, short_form[c]);
        } else {
            buffer_printf(b, "\\u%04x", c);
        }
        plain = i + 1;
    }
    buffer_add(b, text + plain, length - plain);
    buffer_add_char(b, '"');
}

static void before_value(struct json_out *out, const char *key) {
    if (out->comma) buffer_add_char(&out->buffer, ',');
    out->comma = true;
    if (!key) return;
    add_escaped(&out->buffer, key, strlen(key));
    buffer_add_char(&out->buffer, ':');
}

static void begin(struct json_out *out, const char *key, char bracket) {
    ENSURE(out->depth < DEEPEST, "JSON is not nested deeper than 16");
    before_value(out, key);
    buffer_add_char(&out->buffer, bracket);
    out->depth++;
    out->comma = false;
}

static void end(struct json_out *out, char bracket) {
    ENSURE(out->depth > 0, "a JSON object or array that ends has begun");
    buffer_add_char(&out->buffer, bracket);
    out->depth--;
    out->comma = true;
}

void out_object(struct json_out *out, const char *key) {
    begin(out, key, '{');
}

void out_object_end(struct json_out *out) {
    end(out, '}');
}

void out_array(struct json_out *out, const char *key) {
    begin(out, key, '[');
}

void out_array_end(struct json_out *out) {
    end(out, ']');
}

void out_int(struct json_out *out, const char *key, int64_t value) {
    before_value(out, key);
    buffer_add_int(&out->buffer, value);
}

void out_raw(struct json_out *out, const char *key, const char *json) {
    before_value(out, key);
    buffer_add_text(&out->buffer, json);
}

void out_bool(struct json_out *out, const char *key, bool value) {
    out_raw(out, key, value ? "true" : "false");
}

void out_null(struct json_out *out, const char *key) {
    out_raw(out, key, "null");
}

void out_string_n(struct json_out *out, const char *key, const char *value, size_t length) {
    before_value(out, key);
    add_escaped(&out->buffer, value, length);
}

void out_string(struct json_out *out, const char *key, const char *value) {
    if (!value)
        out_null(out, key);
    else
        out_string_n(out, key, value, strlen(value));
}

void out_cell(struct json_out *out, const char *key, int32_t value) {
    if (value == BLANK)
        out_null(out, key);
    else
        out_int(out, key, value);
}

void out_decimal(struct json_out *out, const char *key, int64_t value, int scale) {
    ENSURE(scale >= 0 && scale <= 18, "a decimal has 0 to 18 places");
    if (scale == 0) {
        out_int(out, key, value);
        return;
    }
    uint64_t unit = 1;
    for (int i = 0; i < scale; i++)
        unit *= 10;
    uint64_t size = value < 0 ? -(uint64_t)value : (uint64_t)value;
    before_value(out, key);
    buffer_printf(&out->buffer, "%s%llu.%0*llu", value < 0 ? "-" : "",
                  (unsigned long long)(size / unit), scale, (unsigned long long)(size % unit));
}

void out_time(struct json_out *out, const char *key, int64_t wall_us) {
    if (wall_us == 0) {
        out_null(out, key);
        return;
    }
    char text[25];
    clock_format_utc(text, wall_us);
    out_string(out, key, text);
}
