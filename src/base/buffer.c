#include "hmis/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buffer_free(struct buffer *buffer) {
    free(buffer->data);
    *buffer = (struct buffer){ 0 };
}

void buffer_reserve(struct buffer *buffer, size_t more) {
    ENSURE(more < SIZE_MAX / 4 && buffer->length < SIZE_MAX / 4, "a buffer has a sane size");
    size_t need = buffer->length + more;
    if (need <= buffer->capacity) return;
    size_t capacity = buffer->capacity ? buffer->capacity * 2 : 256;
    buffer->capacity = capacity > need ? capacity : need;
    buffer->data = xrealloc(buffer->data, buffer->capacity);
}

void buffer_add(struct buffer *buffer, const void *data, size_t length) {
    if (length == 0) return;
    buffer_reserve(buffer, length);
    memcpy(buffer->data + buffer->length, data, length);
    buffer->length += length;
}

void buffer_add_text(struct buffer *buffer, const char *text) {
    buffer_add(buffer, text, strlen(text));
}

void buffer_add_char(struct buffer *buffer, char c) {
    buffer_add(buffer, &c, 1);
}

void buffer_add_int(struct buffer *buffer, int64_t value) {
    char digits[20];
    char *at = digits + sizeof digits;
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
    do
        *--at = (char)('0' + rest % 10);
    while (rest /= 10);
    if (value < 0) *--at = '-';
    buffer_add(buffer, at, (size_t)(digits + sizeof digits - at));
}

void buffer_printf(struct buffer *buffer, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    ENSURE(length >= 0, "a format is valid");
    buffer_reserve(buffer, (size_t)length + 1);
    vsnprintf(buffer->data + buffer->length, (size_t)length + 1, format, again);
    va_end(again);
    buffer->length += (size_t)length;
}
