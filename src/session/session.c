#include <sodium.h>
#include <string.h>

#include "hmis/account.h"
#include "hmis/calendar.h"
#include "hmis/captcha.h"
#include "hmis/services.h"
#include "hmis/settings.h"
#include "session_internal.h"

#define USER_AGENT_MAX 200

/* ---- Tokens. ----------------------------------------------------------------------------------
 */

static void derive(struct token *token, const uint8_t secret[TOKEN_BYTES]) {
    static const unsigned char purpose[] = "hmis: X-CSRF-Token of a session";
    uint8_t csrf[32];
    crypto_generichash(token->id, sizeof token->id, secret, TOKEN_BYTES, NULL, 0);
    crypto_generichash(csrf, sizeof csrf, secret, TOKEN_BYTES, purpose, sizeof purpose);
    hex_encode(token->csrf, csrf, sizeof csrf);
}

void token_new(struct token *token) {
    uint8_t secret[TOKEN_BYTES];
    random_bytes(secret, sizeof secret);
    hex_encode(token->text, secret, sizeof secret);
    derive(token, secret);
    sodium_memzero(secret, sizeof secret);
}

bool token_read(struct token *token, const char *cookie) {
    uint8_t secret[TOKEN_BYTES];
    if (!cookie || strlen(cookie) != SESSION_TOKEN_HEX ||
        !hex_decode(secret, sizeof secret, cookie))
        return false;
    memcpy(token->text, cookie, sizeof token->text);
    derive(token, secret);
    sodium_memzero(secret, sizeof secret);
    return true;
}

/* ---- The row. ---------------------------------------------------------------------------------
 */

static bool none(struct problem *p) {
    return problem_set(p, ERR_NOT_SIGNED_IN, NULL);
}

bool session_find(struct db *db, const uint8_t id[32], const struct settings *settings,
                  struct session_view *view, struct arena *arena, struct problem *p) {
    struct db_rows *rows;
    if (!db_once(db, &scope_sign_in, DB_READ, Q_SESSION_FIND,
                 DB_ARGS(DB_BYTES(id, 32), DB_INT4(settings->session_idle_minutes)), arena, &rows,
                 p))
        return false;
    if (db_count(rows) == 0) return none(p);
    *view = (struct session_view){
        .account_id = db_int(rows, 0, 0),
        .assignment_id = (int32_t)db_int(rows, 0, 1),
        .username = db_text(rows, 0, 2),
        .full_name = db_text(rows, 0, 3),
        .language = db_text(rows, 0, 4),
        .role = role_parse(db_text(rows, 0, 5)),
        .area_id = (int32_t)db_int(rows, 0, 6),
        .area_level = db_text(rows, 0, 7),
        .area_name = db_text(rows, 0, 8),
        .area_code = (int32_t)db_int(rows, 0, 9),
        .seen_seconds_ago = db_int(rows, 0, 11),
        .idle_seconds_left = db_int(rows, 0, 12),
        .absolute_seconds_left = db_int(rows, 0, 13),
    };
    view->facilities = db_ints(rows, 0, 10, arena, &view->facility_count);
    view->level = role_scope(view->role, view->area_level);
    return view->level == SCOPE_NOTHING ? none(p) : true;
}

struct scope session_scope(const struct session_view *view) {
    bool facilities = view->level == SCOPE_FACILITY;
    return (struct scope){
        .level = view->level,
        .area_id = view->area_id,
        .user_id = view->account_id,
        .assignment_id = view->assignment_id,
        .facilities = facilities ? view->facilities : NULL,
        .facility_count = facilities ? view->facility_count : 0,
    };
}

bool session_authenticate(struct request *r, bool activity, struct actor *actor,
                          struct problem *p) {
    const struct services *services = req_app(r);
    const char *cookie = req_cookie(r, SESSION_COOKIE);
    struct token token;
    struct session_view view = { 0 };
    if (cookie && req_header(r, "Authorization"))
        return problem_set(p, ERR_BAD_REQUEST,
                           "Send the session cookie or Authorization, not both");
    if (!token_read(&token, cookie)) return none(p);
    struct db *db = req_db(r);
    if (!db || !session_find(db, token.id, services->settings, &view, req_arena(r), p))
        return false;
    if (activity && view.seen_seconds_ago >= SESSION_TOUCH_SECONDS &&
        !db_once(db, &scope_sign_in, DB_WRITE, Q_SESSION_TOUCH, DB_ARGS(DB_BYTES(token.id, 32)),
                 req_arena(r), NULL, p))
        return false;
    *actor = (struct actor){ .user_id = view.account_id,
                             .username = view.username,
                             .full_name = view.full_name,
                             .role = view.role,
                             .scope = session_scope(&view),
                             .csrf_token = arena_strdup(req_arena(r), token.csrf) };
    memcpy(actor->session_id, token.id, sizeof actor->session_id);
    return true;
}

/* ---- Cookies. ---------------------------------------------------------------------------------
 */

void session_set_cookie(struct request *r, const struct token *token) {
    reply_header(r, "Set-Cookie",
                 arena_printf(req_arena(r),
                              SESSION_COOKIE "=%s; Path=/; Secure; HttpOnly; SameSite=Strict",
                              token->text));
}

void session_drop_cookie(struct request *r, const char *name) {
    reply_header(r, "Set-Cookie",
                 arena_printf(req_arena(r),
                              "%s=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0", name));
}

const char *session_user_agent(struct request *r) {
    const char *given = req_header(r, "User-Agent");
    if (!given || !text_is_utf8(given, strlen(given))) return NULL;
    size_t length = strnlen(given, USER_AGENT_MAX);
    while (length && ((unsigned char)given[length] & 0xc0) == 0x80)
        length--;
    return arena_strndup(req_arena(r), given, length);
}

/* ---- The answer. ------------------------------------------------------------------------------
 */

static void write_role(struct json_out *out, enum role role) {
    out_object(out, "role");
    out_string(out, "name", role_name(role));
    out_string(out, "title", role_title(role));
    out_object_end(out);
    out_array(out, "permissions");
    for (enum permission permission = PERM_SIGNED_IN + 1; permission < PERM__MAX; permission++)
        if (role_permits(role, permission)) out_string(out, NULL, permission_name(permission));
    out_array_end(out);
}

static void write_area(struct json_out *out, const struct session_view *view,
                       const struct db_rows *names) {
    if (!view->area_level) {
        out_null(out, "area");
        return;
    }
    out_object(out, "area");
    out_int(out, "id", view->area_id);
    out_string(out, "level", view->area_level);
    out_string(out, "name", view->area_name);
    if (view->area_code)
        out_int(out, "lgd_code", view->area_code);
    else
        out_null(out, "lgd_code");
    out_object(out, "names");
    for (int i = 0; i < db_count(names); i++)
        out_string(out, db_text(names, i, 0), db_text(names, i, 1));
    out_object_end(out);
    out_object_end(out);
}

static void write_facilities(struct json_out *out, const struct db_rows *rows) {
    out_array(out, "facilities");
    for (int i = 0; i < db_count(rows); i++) {
        out_object(out, NULL);
        out_string(out, "code", db_text(rows, i, 0));
        out_string(out, "name", db_text(rows, i, 1));
        out_object_end(out);
    }
    out_array_end(out);
}

/* Where the session lies: its facilities, and its area's names. */
struct session_reach {
    struct scope scope;
    struct arena *arena;
    struct db_rows *facilities, *names;
};

static bool read_reach(struct db *db, void *arg, struct problem *p) {
    struct session_reach *reach = arg;
    const struct scope *scope = &reach->scope;
    return db_query(db, Q_SESSION_FACILITIES,
                    DB_ARGS(DB_INT4S(scope->facilities, scope->facility_count)), reach->arena,
                    &reach->facilities, p) &&
           db_query(db, Q_SESSION_AREA_NAMES, DB_ARGS(DB_INT4(scope->area_id)), reach->arena,
                    &reach->names, p);
}

bool session_answer(struct request *r, int status, const struct token *token) {
    const struct settings *settings = ((const struct services *)req_app(r))->settings;
    struct session_view view = { 0 };
    struct problem p = { 0 };
    struct db *db = req_db(r);
    if (!db) return false;
    if (!session_find(db, token->id, settings, &view, req_arena(r), &p)) {
        reply_problem(r, &p);
        return false;
    }
    struct session_reach reach = { .scope = session_scope(&view), .arena = req_arena(r) };
    if (!db_transaction(db, &reach.scope, DB_READ, read_reach, &reach, &p)) {
        reply_problem(r, &p);
        return false;
    }
    struct json_out *out = reply_json(r, status);
    out_object(out, NULL);
    out_int(out, "account_id", view.account_id);
    out_string(out, "username", view.username);
    out_string(out, "full_name", view.full_name);
    out_string(out, "language", view.language);
    write_role(out, view.role);
    write_area(out, &view, reach.names);
    write_facilities(out, reach.facilities);
    calendar_to_json(out);
    out_string(out, "csrf_token", token->csrf);
    out_int(out, "idle_seconds_left", view.idle_seconds_left);
    out_int(out, "absolute_seconds_left", view.absolute_seconds_left);
    out_int(out, "warn_seconds", settings->session_warning_minutes * 60);
    out_object_end(out);
    return true;
}
