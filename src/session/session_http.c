#include "hmis/account.h"
#include "hmis/audit.h"
#include "hmis/calendar.h"
#include "hmis/captcha.h"
#include "hmis/routes.h"
#include "hmis/services.h"
#include "hmis/settings.h"
#include "session_internal.h"

/* ---- The session at hand. ----------------------------------------------------------------------
 */

static void get_session(struct request *r) {
    struct token token;
    if (!token_read(&token, req_cookie(r, SESSION_COOKIE))) {
        reply_error(r, ERR_NOT_SIGNED_IN, NULL);
        return;
    }
    session_answer(r, 200, &token);
}

static void extend_session(struct request *r) {
    struct problem p = { 0 };
    struct db *db = req_db(r);
    if (!db) return;
    if (!db_once(db, &scope_sign_in, DB_WRITE, Q_SESSION_TOUCH,
                 DB_ARGS(DB_BYTES(req_actor(r)->session_id, 32)), req_arena(r), NULL, &p)) {
        reply_problem(r, &p);
        return;
    }
    get_session(r);
}

/* ---- Leaving. ----------------------------------------------------------------------------------
 */

static bool end_one(struct db *db, void *arg, struct problem *p) {
    struct request *r = arg;
    struct audit_entry entry = audit_entry_of(r, "session.end");
    return db_query(db, Q_SESSION_END, DB_ARGS(DB_BYTES(req_actor(r)->session_id, 32)),
                    req_arena(r), NULL, p) &&
           audit_write(db, &entry, req_arena(r), p);
}

static bool end_all(struct db *db, void *arg, struct problem *p) {
    struct request *r = arg;
    struct audit_entry entry = audit_entry_of(r, "session.end_all");
    return db_query(db, Q_SESSION_END_ALL, DB_ARGS(DB_INT8(req_actor(r)->user_id)), req_arena(r),
                    NULL, p) &&
           audit_write(db, &entry, req_arena(r), p);
}

static void leave(struct request *r, bool (*work)(struct db *, void *, struct problem *)) {
    struct problem p = { 0 };
    struct db *db = req_db(r);
    if (!db) return;
    if (!db_transaction(db, &scope_sign_in, DB_WRITE, work, r, &p)) {
        reply_problem(r, &p);
        return;
    }
    session_drop_cookie(r, SESSION_COOKIE);
    reply_empty(r, 204);
}

static void delete_session(struct request *r) {
    leave(r, end_one);
}

static void delete_sessions(struct request *r) {
    leave(r, end_all);
}

/* ---- What the sign-in page needs to know.
 * -------------------------------------------------------- */

static void get_meta(struct request *r) {
    const struct settings *settings = ((const struct services *)req_app(r))->settings;
    struct json_out *out = reply_json(r, 200);
    out_object(out, NULL);
    out_string(out, "version", HMIS_VERSION);
    out_string(out, "environment", settings->environment);
    out_string(out, "notice", settings->notice && *settings->notice ? settings->notice : NULL);
    calendar_to_json(out);
    out_array(out, "languages");
    out_string(out, NULL, "en");
    out_string(out, NULL, "hi");
    out_array_end(out);
    out_array(out, "roles");
    for (enum role role = ROLE_NONE + 1; role < ROLE__MAX; role++) {
        out_object(out, NULL);
        out_string(out, "name", role_name(role));
        out_string(out, "title", role_title(role));
        out_object_end(out);
    }
    out_array_end(out);
    out_object(out, "session");
    out_int(out, "idle_minutes", settings->session_idle_minutes);
    out_int(out, "warning_minutes", settings->session_warning_minutes);
    out_int(out, "hours", settings->session_hours);
    out_object_end(out);
    out_object(out, "password");
    out_int(out, "min_characters", PASSWORD_MIN_POINTS);
    out_int(out, "max_characters", PASSWORD_MAX_POINTS);
    out_object_end(out);
    out_object_end(out);
}

static const struct route routes[] = {
    { .method = "GET",
      .path = "/api/v1/meta",
      .handler = get_meta,
      .auth = AUTH_NONE,
      .permission = PERM_PUBLIC,
      .scope = RSCOPE_NONE,
      .lane = LANE_LOOP,
      .rate = RATE_READ,
      .doc = "Roles, languages, version, notice, environment, session times" },
    { .method = "POST",
      .path = "/api/v1/session",
      .handler = sign_in,
      .auth = AUTH_NONE,
      .permission = PERM_PUBLIC,
      .scope = RSCOPE_NONE,
      .lane = LANE_PASSWORD,
      .rate = RATE_SIGN_IN,
      .body = BODY_JSON,
      .body_max = 4 * KIB,
      .doc = "Sign in" },
    { .method = "GET",
      .path = "/api/v1/session",
      .handler = get_session,
      .auth = AUTH_SESSION,
      .permission = PERM_SIGNED_IN,
      .scope = RSCOPE_OWN,
      .lane = LANE_INTERACTIVE,
      .rate = RATE_READ,
      .doc = "Who I am and how long the session lasts; does not extend it" },
    { .method = "POST",
      .path = "/api/v1/session/extend",
      .handler = extend_session,
      .auth = AUTH_SESSION,
      .permission = PERM_SIGNED_IN,
      .scope = RSCOPE_OWN,
      .lane = LANE_INTERACTIVE,
      .rate = RATE_WRITE,
      .activity = true,
      .doc = "I am still here: extends the session" },
    { .method = "DELETE",
      .path = "/api/v1/session",
      .handler = delete_session,
      .auth = AUTH_SESSION,
      .permission = PERM_SIGNED_IN,
      .scope = RSCOPE_OWN,
      .lane = LANE_INTERACTIVE,
      .rate = RATE_WRITE,
      .doc = "Log out" },
    { .method = "DELETE",
      .path = "/api/v1/sessions",
      .handler = delete_sessions,
      .auth = AUTH_SESSION,
      .permission = PERM_SIGNED_IN,
      .scope = RSCOPE_OWN,
      .lane = LANE_INTERACTIVE,
      .rate = RATE_WRITE,
      .doc = "Log out everywhere" },
};
const struct route_table session_routes = { "session", routes, COUNT(routes) };
