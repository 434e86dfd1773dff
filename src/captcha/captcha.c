#include <sodium.h>
#include <string.h>

#include "hmis/captcha.h"

#define ID_BYTES (CAPTCHA_ID_HEX / 2)
#define PLAIN    (CAPTCHA_DIGITS + CAPTCHA_SEED)
#define DRAWING  (crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES + PLAIN)
#define HASH     32

/* What is derived from the challenge's id; each purpose its own. */
static void derive(uint8_t out[HASH], const uint8_t id[ID_BYTES], const char *purpose,
                   const char *text) {
    crypto_generichash_state state;
    crypto_generichash_init(&state, id, ID_BYTES, HASH);
    crypto_generichash_update(&state, (const unsigned char *)purpose, strlen(purpose) + 1);
    crypto_generichash_update(&state, (const unsigned char *)text, strlen(text));
    crypto_generichash_final(&state, out, HASH);
}

static void seal(uint8_t drawing[DRAWING], const uint8_t id[ID_BYTES],
                 const struct captcha_challenge *c) {
    uint8_t key[HASH], plain[PLAIN];
    derive(key, id, "drawing", "");
    memcpy(plain, c->answer, CAPTCHA_DIGITS);
    memcpy(plain + CAPTCHA_DIGITS, c->seed, CAPTCHA_SEED);
    random_bytes(drawing, crypto_secretbox_NONCEBYTES);
    crypto_secretbox_easy(drawing + crypto_secretbox_NONCEBYTES, plain, PLAIN, drawing, key);
    sodium_memzero(key, sizeof key);
}

static bool unseal(struct captcha_challenge *c, const uint8_t id[ID_BYTES], const uint8_t *drawing,
                   size_t length) {
    uint8_t key[HASH], plain[PLAIN];
    if (length != DRAWING) return false;
    derive(key, id, "drawing", "");
    if (crypto_secretbox_open_easy(plain, drawing + crypto_secretbox_NONCEBYTES,
                                   DRAWING - crypto_secretbox_NONCEBYTES, drawing, key) != 0)
        return false;
    memcpy(c->answer, plain, CAPTCHA_DIGITS);
    c->answer[CAPTCHA_DIGITS] = '\0';
    memcpy(c->seed, plain + CAPTCHA_DIGITS, CAPTCHA_SEED);
    return true;
}

static bool full(const struct db_rows *rows, struct problem *p) {
    p->retry_after = CAPTCHA_SECONDS / 6;
    if (db_bool(rows, 0, 0))
        return problem_set(p, ERR_TOO_MANY,
                           "Too many codes are open at your address; wait a little");
    return problem_set(p, ERR_BUSY, "Too many people are signing in; try again in a moment");
}

bool captcha_issue(struct db *db, const char *browser, const char *client,
                   struct captcha_challenge *c, struct arena *arena, struct problem *p) {
    uint8_t id[ID_BYTES], key[HASH], holder[HASH], answer[HASH], drawing[DRAWING];
    char network[64];
    random_bytes(id, sizeof id);
    random_bytes(c->seed, sizeof c->seed);
    captcha_draw_lots(c->answer);
    hex_encode(c->id, id, sizeof id);
    derive(key, id, "id", "");
    derive(holder, id, "browser", browser);
    derive(answer, id, "answer", c->answer);
    seal(drawing, id, c);
    client_network(client, network);
    struct db_rows *rows;
    if (!db_once(db, &scope_sign_in, DB_WRITE, Q_CAPTCHA_ISSUE,
                 DB_ARGS(DB_BYTES(key, HASH), DB_BYTES(holder, HASH), DB_BYTES(answer, HASH),
                         DB_BYTES(drawing, DRAWING), DB_TEXT(network), DB_INT4(CAPTCHA_SECONDS),
                         DB_INT4(CAPTCHA_PER_CLIENT), DB_INT4(CAPTCHA_OPEN_MAX)),
                 arena, &rows, p))
        return false;
    if (db_is_null(rows, 0, 2)) return full(rows, p);
    c->expires_us = db_time_us(rows, 0, 2);
    return true;
}

static bool same_bytes(const struct db_rows *rows, int column, const uint8_t want[HASH]) {
    size_t length;
    const void *stored = db_bytes(rows, 0, column, &length);
    return length == HASH && sodium_memcmp(stored, want, HASH) == 0;
}

static bool none_such(struct problem *p) {
    return problem_set(p, ERR_NOT_FOUND,
                       "This code has been used or has expired; ask for a new one");
}

bool captcha_look(struct db *db, const char *id_hex, const char *browser,
                  struct captcha_challenge *c, struct arena *arena, struct problem *p) {
    uint8_t id[ID_BYTES], key[HASH], holder[HASH];
    if (!browser || !hex_decode(id, sizeof id, id_hex)) return none_such(p);
    derive(key, id, "id", "");
    derive(holder, id, "browser", browser);
    struct db_rows *rows;
    if (!db_once(db, &scope_sign_in, DB_READ, Q_CAPTCHA_LOOK, DB_ARGS(DB_BYTES(key, HASH)), arena,
                 &rows, p))
        return false;
    if (db_count(rows) == 0 || !same_bytes(rows, 0, holder)) return none_such(p);
    size_t length;
    const uint8_t *drawing = db_bytes(rows, 0, 1, &length);
    if (!unseal(c, id, drawing, length)) return none_such(p);
    hex_encode(c->id, id, sizeof id);
    c->expires_us = db_time_us(rows, 0, 2);
    return true;
}

bool captcha_consume(struct db *db, const char *id_hex, const char *browser, const char *typed,
                     bool *right, struct arena *arena, struct problem *p) {
    uint8_t id[ID_BYTES], key[HASH], holder[HASH], answer[HASH];
    char digits[CAPTCHA_DIGITS + 1];
    *right = false;
    if (!hex_decode(id, sizeof id, id_hex)) return true;
    bool readable = captcha_normalise(typed, digits);
    derive(key, id, "id", "");
    derive(holder, id, "browser", browser ? browser : "");
    derive(answer, id, "answer", readable ? digits : "");
    struct db_rows *rows;
    if (!db_once(db, &scope_sign_in, DB_WRITE, Q_CAPTCHA_CONSUME, DB_ARGS(DB_BYTES(key, HASH)),
                 arena, &rows, p))
        return false;
    *right = db_count(rows) == 1 && browser && readable && db_bool(rows, 0, 2) &&
             same_bytes(rows, 0, holder) && same_bytes(rows, 1, answer);
    return true;
}
