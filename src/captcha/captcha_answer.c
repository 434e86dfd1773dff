#include <arpa/inet.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "hmis/captcha.h"
#include "hmis/settings.h"

void captcha_draw_lots(char answer[CAPTCHA_DIGITS + 1]) {
    static const char digits[] = "023456789";
    for (int i = 0; i < CAPTCHA_DIGITS; i++)
        answer[i] = digits[randombytes_uniform(sizeof digits - 1)];
    answer[CAPTCHA_DIGITS] = '\0';
}

/* The digit at *at, which moves past it; -1: no digit. Nine Indian scripts, Devanagari to
 * Malayalam, have their digits 0x80 apart from U+0966 on: three bytes E0 A4..B5 xx in UTF-8. */
static int read_digit(const unsigned char **at) {
    const unsigned char *c = *at;
    if (c[0] >= '0' && c[0] <= '9') {
        *at = c + 1;
        return c[0] - '0';
    }
    if (c[0] != 0xe0 || (c[1] & 0xc0) != 0x80 || (c[2] & 0xc0) != 0x80) return -1;
    int point = (c[1] & 0x3f) << 6 | (c[2] & 0x3f);
    if (point < 0x966 || point > 0xd6f || (point - 0x966) % 0x80 > 9) return -1;
    *at = c + 3;
    return (point - 0x966) % 0x80;
}

bool captcha_normalise(const char *typed, char answer[CAPTCHA_DIGITS + 1]) {
    const unsigned char *at = (const unsigned char *)typed;
    int count = 0;
    while (*at) {
        if (*at == ' ' || *at == '-') {
            at++;
            continue;
        }
        int digit = read_digit(&at);
        if (digit < 0 || count == CAPTCHA_DIGITS) return false;
        answer[count++] = (char)('0' + digit);
    }
    answer[CAPTCHA_DIGITS] = '\0';
    return count == CAPTCHA_DIGITS;
}

void client_network(const char *client, char network[64]) {
    struct in6_addr address;
    if (inet_pton(AF_INET6, client, &address) != 1 || IN6_IS_ADDR_V4MAPPED(&address)) {
        snprintf(network, 64, "%s", client);
        return;
    }
    memset(address.s6_addr + 8, 0, 8);
    char prefix[INET6_ADDRSTRLEN];
    inet_ntop(AF_INET6, &address, prefix, sizeof prefix);
    snprintf(network, 64, "%s/64", prefix);
}

static bool is_loopback(const char *address) {
    struct in_addr v4;
    if (inet_pton(AF_INET, address, &v4) == 1) return ntohl(v4.s_addr) >> 24 == 127;
    return text_equal(address, "::1") || text_equal(address, "localhost");
}

bool captcha_test_allowed(const struct settings *settings, struct problem *p) {
    if (!settings->captcha_test) return true;
    if (!text_equal(settings->environment, "test"))
        return problem_set(p, ERR_INVALID,
                           "captcha_test tells the answers of captchas and works only where "
                           "environment is \"test\" (it is \"%s\"): take captcha_test out",
                           settings->environment);
    if (!settings->address || !is_loopback(settings->address))
        return problem_set(
            p, ERR_INVALID,
            "captcha_test tells the answers of captchas and works only on a loopback "
            "address such as 127.0.0.1 (address is \"%s\")",
            settings->address ? settings->address : "");
    return true;
}
