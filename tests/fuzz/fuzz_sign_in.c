/* What strangers type before they are anybody: captcha answers, passwords, addresses. Two texts,
 * split at the first newline: the password (or answer), and a word of its owner's. */
#include <stdlib.h>
#include <string.h>

#include "hmis/account.h"
#include "hmis/captcha.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *copy(const uint8_t *data, size_t size) {
    char *text = xmalloc(size + 1); /* the sanitizer sees one byte too many */
    if (size) memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

static void check_answer(const char *typed) {
    char answer[CAPTCHA_DIGITS + 1], again[CAPTCHA_DIGITS + 1];
    if (!captcha_normalise(typed, answer)) return;
    ENSURE(strspn(answer, "0123456789") == CAPTCHA_DIGITS && !answer[CAPTCHA_DIGITS], "six digits");
    ENSURE(captcha_normalise(answer, again) && strcmp(answer, again) == 0, "digits stay");
}

static void check_password(const char *password, const char *word) {
    const char *context[] = { word };
    struct problem p = { 0 };
    if (password_acceptable(password, context, 1, &p)) {
        size_t points = text_length_utf8(password);
        ENSURE(points >= PASSWORD_MIN_POINTS && points <= PASSWORD_MAX_POINTS, "of a fair length");
    } else {
        ENSURE(p.code == ERR_WEAK_PASSWORD || p.code == ERR_INVALID, "told why");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size > 2000) return 0;
    const uint8_t *line = size ? memchr(data, '\n', size) : NULL;
    size_t first = line ? (size_t)(line - data) : size;
    char *password = copy(data, first);
    char *word = copy(line ? line + 1 : data, line ? size - first - 1 : 0);
    char network[64];
    check_answer(password);
    check_password(password, word);
    client_network(password, network);
    ENSURE(strlen(network) < sizeof network, "fits");
    free(password);
    free(word);
    return 0;
}
