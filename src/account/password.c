#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <string.h>

#include "hmis/account.h"
#include "password_words.h"

#define PASSES     2UL
#define MEMORY     ((size_t)19 * MIB)
#define OWN_POINTS 6 /* what must be left when everything guessable is taken away */
#define WORD_MIN   3

static char nobody[PASSWORD_HASH_ROOM];
static pthread_once_t nobody_once = PTHREAD_ONCE_INIT;
static _Atomic int64_t checks;

_Static_assert(PASSWORD_HASH_ROOM >= crypto_pwhash_STRBYTES, "a PHC string fits");

/* ---- Hashing. ---------------------------------------------------------------------------------
 */

void password_hash(const char *password, char out[PASSWORD_HASH_ROOM]) {
    int failed = crypto_pwhash_str_alg(out, password, strlen(password), PASSES, MEMORY,
                                       crypto_pwhash_ALG_ARGON2ID13);
    ENSURE(failed == 0, "19 MiB for a password hash");
}

static void make_nobody(void) {
    char password[PASSWORD_GENERATED];
    password_generate(password);
    password_hash(password, nobody);
    sodium_memzero(password, sizeof password);
}

bool password_matches(const char *stored, const char *password) {
    pthread_once(&nobody_once, make_nobody);
    atomic_fetch_add(&checks, 1);
    bool same = crypto_pwhash_str_verify(stored ? stored : nobody, password, strlen(password)) == 0;
    return same && stored;
}

bool password_outdated(const char *stored) {
    return crypto_pwhash_str_needs_rehash(stored, PASSES, MEMORY) != 0;
}

int64_t password_checks(void) {
    return atomic_load(&checks);
}

void password_generate(char out[PASSWORD_GENERATED]) {
    static const char letters[] = "abcdefghjkmnpqrstuvwxyz23456789";
    for (int i = 0; i < PASSWORD_GENERATED - 1; i++)
        out[i] = i % 5 == 4 ? '-' : letters[randombytes_uniform(sizeof letters - 1)];
    out[PASSWORD_GENERATED - 1] = '\0';
}

/* ---- What is guessed first. --------------------------------------------------------------------
 */

/* The password in small letters, once as typed and once with p@55w0rd read as password; `known`
 * marks the bytes a guesser gets for nothing. */
struct look {
    size_t length;
    char typed[PASSWORD_MAX_BYTES + 1], read[PASSWORD_MAX_BYTES + 1];
    bool known[PASSWORD_MAX_BYTES];
};

static char small(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

static char as_letter(char c) {
    static const char from[] = "@013457$!", to[] = "aoieastsi";
    const char *found = c ? strchr(from, c) : NULL;
    return found ? to[found - from] : c;
}

static void look_at(struct look *look, const char *password) {
    memset(look, 0, sizeof *look);
    look->length = strlen(password);
    for (size_t i = 0; i < look->length; i++) {
        look->typed[i] = small(password[i]);
        look->read[i] = as_letter(look->typed[i]);
    }
}

static void mark_in(struct look *look, const char *text, const char *word, size_t length) {
    for (const char *at = text; (at = memmem(at, look->length - (size_t)(at - text), word, length));
         at++)
        memset(look->known + (at - text), true, length);
}

static void mark_word(struct look *look, const char *word, size_t length) {
    char lower[PASSWORD_MAX_BYTES];
    if (length < WORD_MIN || length > look->length) return;
    for (size_t i = 0; i < length; i++)
        lower[i] = small(word[i]);
    mark_in(look, look->typed, lower, length);
    mark_in(look, look->read, lower, length);
}

static bool in_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c & 0x80);
}

/* Every word of a name or an address. */
static void mark_words(struct look *look, const char *text) {
    while (*text) {
        size_t length = 0;
        while (in_word(text[length]))
            length++;
        mark_word(look, text, length);
        text += length + (text[length] != '\0');
    }
}

static void mark_years(struct look *look) {
    const char *t = look->typed;
    for (size_t i = 0; i + 4 <= look->length; i++)
        if ((memcmp(t + i, "19", 2) == 0 || memcmp(t + i, "20", 2) == 0) && t[i + 2] >= '0' &&
            t[i + 2] <= '9' && t[i + 3] >= '0' && t[i + 3] <= '9')
            memset(look->known + i, true, 4);
}

/* -1, 0 or 1 when b follows a backwards, again or forwards in the alphabet or on the keyboard;
 * else 9. */
static int step(char a, char b) {
    static const char rows[] = "qwertyuiop asdfghjkl zxcvbnm 1234567890";
    if (a == b) return 0;
    if (in_word(a) && in_word(b) && !(a & 0x80) && (b - a == 1 || a - b == 1)) return b - a;
    const char *at = strchr(rows, a);
    if (!at || a == ' ' || b == ' ') return 9;
    if (at[1] == b) return 1;
    return at > rows && at[-1] == b ? -1 : 9;
}

/* From the third character of a run on: 12(34), aa(aa), qw(erty). */
static void mark_runs(struct look *look) {
    for (size_t i = 2; i < look->length; i++) {
        int before = step(look->typed[i - 2], look->typed[i - 1]);
        if (before != 9 && before == step(look->typed[i - 1], look->typed[i]))
            look->known[i] = true;
    }
}

/* What has stood there before: hm1xhm1x. */
static void mark_repeats(struct look *look) {
    for (size_t i = 4; i + 4 <= look->length; i++)
        if (memmem(look->typed, i, look->typed + i, 4)) memset(look->known + i, true, 4);
}

static size_t own_points(const struct look *look) {
    size_t count = 0;
    for (size_t i = 0; i < look->length; i++)
        count += !look->known[i] && (look->typed[i] & 0xc0) != 0x80;
    return count;
}

static bool is_guessable(const char *password, const char *const *context, size_t count) {
    struct look look;
    look_at(&look, password);
    for (size_t i = 0; password_words[i]; i++)
        mark_word(&look, password_words[i], strlen(password_words[i]));
    for (size_t i = 0; i < count; i++)
        if (context[i]) mark_words(&look, context[i]);
    mark_years(&look);
    mark_runs(&look);
    mark_repeats(&look);
    bool guessable = own_points(&look) < OWN_POINTS;
    sodium_memzero(&look, sizeof look);
    return guessable;
}

bool password_acceptable(const char *password, const char *const *context, size_t count,
                         struct problem *p) {
    size_t bytes = strlen(password);
    if (!text_is_utf8(password, bytes))
        return problem_set(p, ERR_INVALID, "The password is not valid UTF-8");
    size_t points = text_length_utf8(password);
    if (points < PASSWORD_MIN_POINTS)
        return problem_set(p, ERR_WEAK_PASSWORD,
                           "A password needs at least %d characters; this one has %zu",
                           PASSWORD_MIN_POINTS, points);
    if (points > PASSWORD_MAX_POINTS || bytes > PASSWORD_MAX_BYTES)
        return problem_set(p, ERR_INVALID, "A password has at most %d characters and %d bytes",
                           PASSWORD_MAX_POINTS, PASSWORD_MAX_BYTES);
    if (is_guessable(password, context, count))
        return problem_set(p, ERR_WEAK_PASSWORD,
                           "This password is made of what is guessed first: common words, names of "
                           "yours, years, runs like 1234. Add words of your own");
    return true;
}
