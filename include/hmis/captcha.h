/* captcha: six digits to be seen or heard, asked before a password is looked at.
 *
 * Digits only, so that the same challenge can be read aloud in any language without a speech
 * service, typed on a phone's number pad, and typed in the digits of an Indian script too. Half a
 * million answers are enough where each challenge takes one try, dies after three minutes and
 * can only be had at the rate the router allows. It slows machines down, it does not stop a
 * determined one: throttling and Argon2id stand behind it.
 *
 * Challenge: a random 128-bit id, known to the browser only. The table holds a hash of the id,
 * keyed hashes of the answer and of the browser's pre-sign-in cookie, and answer and seed of the
 * drawing encrypted under a key only the id gives: neither a copy of the database nor the program
 * and the id reveal the answer. The seed makes every look at one challenge the same picture.
 *
 * Cookie __Host-pre: HttpOnly, Secure, SameSite=Strict, no authority: only who asked for a
 * challenge can look at it and answer it. It is kept while it is well formed, so that two tabs do
 * not spoil each other's challenges, and goes away at sign-in. Browsers keep Secure cookies over
 * plain HTTP for 127.0.0.1 and localhost only (tried with Chromium 156 and Firefox 153); served
 * over plain HTTP at any other address nobody can sign in, on purpose: use HTTPS or a proxy.
 *
 * Threads: any; image and audio need no database. */
#ifndef HMIS_CAPTCHA_H
#define HMIS_CAPTCHA_H

#include "hmis/db.h"

struct settings;

#define CAPTCHA_DIGITS     6
#define CAPTCHA_SECONDS    180
#define CAPTCHA_PER_CLIENT 100   /* open challenges of one network: a clinic behind one address */
#define CAPTCHA_OPEN_MAX   50000 /* open challenges in all */
#define CAPTCHA_ID_HEX     32
#define CAPTCHA_COOKIE     "__Host-pre"
#define CAPTCHA_WIDTH      200
#define CAPTCHA_HEIGHT     70
#define CAPTCHA_SEED       32

/* ---- Pure. ------------------------------------------------------------------------------------
 */
/* Six random digits, NUL-terminated; none is a 1, which a crossed-out 7 is taken for. */
void captcha_draw_lots(char answer[CAPTCHA_DIGITS + 1]);
/* Appends a PNG of CAPTCHA_WIDTH x CAPTCHA_HEIGHT; the same answer and seed give the same bytes. */
void captcha_image(const char *answer, const uint8_t seed[CAPTCHA_SEED], struct buffer *png);
/* Appends a WAV (8 kHz, 8 bit, mono, 5 to 10 s). False: there is no voice of that language. */
MUST_USE bool captcha_audio(const char *answer, const uint8_t seed[CAPTCHA_SEED],
                            const char *language, struct buffer *wav);
/* What was typed, as six plain digits: spaces and hyphens dropped, digits of the Indian scripts
 * translated. False: it is anything else. */
MUST_USE bool captcha_normalise(const char *typed, char answer[CAPTCHA_DIGITS + 1]);
/* What the limits count by: an IPv4 address, the /64 of an IPv6 one. */
void client_network(const char *client, char network[64]);
/* captcha_test tells the answers over the API. Refused unless the environment is "test" and the
 * address is loopback; called by settings check and at start. */
MUST_USE bool captcha_test_allowed(const struct settings *settings, struct problem *p);

/* ---- With the database, in scope_sign_in. -----------------------------------------------------
 */
struct captcha_challenge {
    char id[CAPTCHA_ID_HEX + 1];
    char answer[CAPTCHA_DIGITS + 1];
    uint8_t seed[CAPTCHA_SEED];
    int64_t expires_us;
};
/* A new challenge for the holder of `browser` (value of the cookie). TOO_MANY or BUSY when the
 * limits are reached. Deletes some expired ones on the way. */
MUST_USE bool captcha_issue(struct db *db, const char *browser, const char *client,
                            struct captcha_challenge *challenge, struct arena *arena,
                            struct problem *p);
/* The challenge to be drawn; NOT_FOUND when unknown, used, expired or of another browser. */
MUST_USE bool captcha_look(struct db *db, const char *id, const char *browser,
                           struct captcha_challenge *challenge, struct arena *arena,
                           struct problem *p);
/* Uses the challenge up, right or wrong. id, browser, typed: as sent, browser may be NULL. False
 * only when the database failed; *right tells the rest. */
MUST_USE bool captcha_consume(struct db *db, const char *id, const char *browser, const char *typed,
                              bool *right, struct arena *arena, struct problem *p);

#endif
