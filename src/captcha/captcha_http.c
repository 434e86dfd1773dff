#include <string.h>

#include "hmis/captcha.h"
#include "hmis/routes.h"
#include "hmis/services.h"
#include "hmis/settings.h"

#define BROWSER_BYTES 16

static bool is_browser(const char *cookie) {
    uint8_t bytes[BROWSER_BYTES];
    return cookie && strlen(cookie) == 2 * BROWSER_BYTES && hex_decode(bytes, sizeof bytes, cookie);
}

/* The pre-sign-in cookie of this browser; made when it has none. */
static const char *browser_of(struct request *r) {
    const char *cookie = req_cookie(r, CAPTCHA_COOKIE);
    if (is_browser(cookie)) return cookie;
    uint8_t bytes[BROWSER_BYTES];
    char *fresh = arena_alloc(req_arena(r), 2 * BROWSER_BYTES + 1);
    random_bytes(bytes, sizeof bytes);
    hex_encode(fresh, bytes, sizeof bytes);
    reply_header(r, "Set-Cookie",
                 arena_printf(req_arena(r),
                              CAPTCHA_COOKIE "=%s; Path=/; Secure; HttpOnly; SameSite=Strict",
                              fresh));
    return fresh;
}

static bool tells_answers(const struct settings *settings) {
    struct problem ignored = { 0 };
    return settings->captcha_test && captcha_test_allowed(settings, &ignored);
}

static void post_captcha(struct request *r) {
    const struct services *services = req_app(r);
    struct captcha_challenge c;
    struct problem p = { 0 };
    struct db *db = req_db(r);
    if (!db) return;
    if (!captcha_issue(db, browser_of(r), req_client(r), &c, req_arena(r), &p)) {
        reply_problem(r, &p);
        return;
    }
    struct json_out *out = reply_json(r, 201);
    out_object(out, NULL);
    out_string(out, "id", c.id);
    out_int(out, "digits", CAPTCHA_DIGITS);
    out_time(out, "expires_at", c.expires_us);
    out_int(out, "seconds", CAPTCHA_SECONDS);
    out_string(out, "image", arena_printf(req_arena(r), "/api/v1/captcha/%s/image.png", c.id));
    out_string(out, "audio", arena_printf(req_arena(r), "/api/v1/captcha/%s/audio.wav", c.id));
    if (tells_answers(services->settings)) out_string(out, "test_answer", c.answer);
    out_object_end(out);
}

/* False: answered. */
static bool look(struct request *r, struct captcha_challenge *c) {
    struct problem p = { 0 };
    struct db *db = req_db(r);
    if (!db) return false;
    if (captcha_look(db, req_path_part(r, "id"), req_cookie(r, CAPTCHA_COOKIE), c, req_arena(r),
                     &p))
        return true;
    reply_problem(r, &p);
    return false;
}

static void get_image(struct request *r) {
    struct captcha_challenge c;
    struct buffer png = { 0 };
    if (!req_only_query(r, NULL, 0) || !look(r, &c)) return;
    captcha_image(c.answer, c.seed, &png);
    reply_buffer(r, 200, "image/png", &png, NULL);
}

static void get_audio(struct request *r) {
    static const char *const names[] = { "language" };
    struct captcha_challenge c;
    struct buffer wav = { 0 };
    if (!req_only_query(r, names, COUNT(names)) || !look(r, &c)) return;
    const char *language = req_query(r, "language");
    if (!captcha_audio(c.answer, c.seed, language ? language : "en", &wav)) {
        reply_error(r, ERR_BAD_QUERY, "There is no voice for this language; there are en and hi");
        return;
    }
    reply_buffer(r, 200, "audio/wav", &wav, NULL);
}

static const struct route routes[] = {
    { .method = "POST",
      .path = "/api/v1/captcha",
      .handler = post_captcha,
      .auth = AUTH_NONE,
      .permission = PERM_PUBLIC,
      .scope = RSCOPE_NONE,
      .lane = LANE_INTERACTIVE,
      .rate = RATE_CAPTCHA,
      .doc = "A new challenge to see or to hear, for signing in" },
    { .method = "GET",
      .path = "/api/v1/captcha/{id}/image.png",
      .handler = get_image,
      .auth = AUTH_NONE,
      .permission = PERM_PUBLIC,
      .scope = RSCOPE_NONE,
      .lane = LANE_INTERACTIVE,
      .rate = RATE_CAPTCHA,
      .doc = "The challenge as a picture, for the browser that asked for it" },
    { .method = "GET",
      .path = "/api/v1/captcha/{id}/audio.wav",
      .handler = get_audio,
      .auth = AUTH_NONE,
      .permission = PERM_PUBLIC,
      .scope = RSCOPE_NONE,
      .lane = LANE_INTERACTIVE,
      .rate = RATE_CAPTCHA,
      .doc = "The challenge spoken, in the language asked for (en, hi)" },
};
const struct route_table captcha_routes = { "captcha", routes, COUNT(routes) };
