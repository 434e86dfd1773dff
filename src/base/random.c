#include "hmis/base.h"

#include <signal.h>
#include <sodium.h>
#include <string.h>

void base_start(void) {
    ENSURE(sodium_init() >= 0, "libsodium starts");
    signal(SIGPIPE, SIG_IGN);
}

void random_bytes(void *data, size_t length) {
    randombytes_buf(data, length);
}

void hex_encode(char *out, const void *data, size_t length) {
    static const char digits[] = "0123456789abcdef";
    const unsigned char *bytes = data;
    for (size_t i = 0; i < length; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * length] = '\0';
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool hex_decode(void *out, size_t length, const char *hex) {
    if (strlen(hex) != 2 * length) return false;
    unsigned char *bytes = out;
    for (size_t i = 0; i < length; i++) {
        int high = hex_digit(hex[2 * i]), low = hex_digit(hex[2 * i + 1]);
        if (high < 0 || low < 0) return false;
        bytes[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}
