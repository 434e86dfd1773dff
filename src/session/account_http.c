/* The own account of who is signed in. Here and not in src/account/ because a new password is a new
 * session. */
#include <sodium.h>
#include <string.h>

#include "hmis/account.h"
#include "hmis/audit.h"
#include "hmis/routes.h"
#include "session_internal.h"

struct body {
    const char *old_password, *new_password;
};
static const struct field_spec fields[] = {
    { "old_password", FIELD_TEXT, offsetof(struct body, old_password), true, 1,
      PASSWORD_MAX_BYTES },
    { "new_password", FIELD_TEXT, offsetof(struct body, new_password), true, 1,
      PASSWORD_MAX_BYTES },
};

struct change {
    struct request *r;
    struct arena *arena;
    struct body body;
    const char *stored;
    uint8_t throttle[32];
    char hash[PASSWORD_HASH_ROOM];
    struct token token;
};

static bool find(struct change *c, struct db *db, struct problem *p) {
    const struct actor *actor = req_actor(c->r);
    struct db_rows *rows;
    if (!db_once(db, &scope_sign_in, DB_READ, Q_PASSWORD_ACCOUNT, DB_ARGS(DB_INT8(actor->user_id)),
                 c->arena, &rows, p))
        return false;
    if (db_count(rows) == 0) return problem_set(p, ERR_NOT_SIGNED_IN, NULL);
    const char *context[] = { actor->username, db_text(rows, 0, 1), db_text(rows, 0, 2),
                              db_text(rows, 0, 3), db_text(rows, 0, 4) };
    struct problem weak = { 0 };
    c->stored = db_text(rows, 0, 0);
    throttle_key(c->throttle, actor->username, req_client(c->r), db_text(rows, 0, 5));
    if (strcmp(c->body.old_password, c->body.new_password) == 0)
        return problem_field(p, c->arena, "new_password", ERR_INVALID,
                             "The new password is the old one");
    if (password_acceptable(c->body.new_password, context, COUNT(context), &weak)) return true;
    return problem_field(p, c->arena, "new_password", weak.code, "%s", weak.detail);
}

static bool check_old(struct change *c, struct db *db, struct problem *p) {
    if (!throttle_try(db, c->throttle, c->arena, p)) return false;
    if (password_matches(c->stored, c->body.old_password)) return true;
    struct audit_entry entry = audit_entry_of(c->r, "account.password");
    entry.refused = true;
    if (!audit_write_once(db, &scope_sign_in, &entry, c->arena, p)) return false;
    return problem_field(p, c->arena, "old_password", ERR_INVALID,
                         "This is not your present password");
}

static bool store(struct db *db, void *arg, struct problem *p) {
    struct change *c = arg;
    const struct actor *actor = req_actor(c->r);
    struct audit_entry entry = audit_entry_of(c->r, "account.password");
    struct db_rows *rows;
    if (!db_query(db, Q_ACCOUNT_SET_PASSWORD, DB_ARGS(DB_INT8(actor->user_id), DB_TEXT(c->hash)),
                  c->arena, NULL, p) ||
        !db_query(db, Q_SESSION_REPLACE,
                  DB_ARGS(DB_BYTES(actor->session_id, 32), DB_BYTES(c->token.id, 32),
                          DB_INT8(actor->user_id)),
                  c->arena, &rows, p))
        return false;
    if (db_affected(rows) != 1) return problem_set(p, ERR_NOT_SIGNED_IN, NULL);
    return db_query(db, Q_SIGN_IN_CLEAR, DB_ARGS(DB_BYTES(c->throttle, 32)), c->arena, NULL, p) &&
           audit_write(db, &entry, c->arena, p);
}

static void post_password(struct request *r) {
    struct change c = { .r = r, .arena = req_arena(r) };
    struct problem p = { 0 };
    if (!req_read(r, fields, COUNT(fields), &c.body)) return;
    struct db *db = req_db(r);
    if (!db) return;
    if (!find(&c, db, &p) || !check_old(&c, db, &p)) {
        reply_problem(r, &p);
        return;
    }
    password_hash(c.body.new_password, c.hash);
    token_new(&c.token);
    if (!db_transaction(db, &scope_sign_in, DB_WRITE, store, &c, &p)) {
        reply_problem(r, &p);
        return;
    }
    if (session_answer(r, 200, &c.token)) session_set_cookie(r, &c.token);
}

static const struct route routes[] = {
    { .method = "POST",
      .path = "/api/v1/account/password",
      .handler = post_password,
      .auth = AUTH_SESSION,
      .permission = PERM_SIGNED_IN,
      .scope = RSCOPE_OWN,
      .lane = LANE_PASSWORD,
      .rate = RATE_SIGN_IN,
      .body = BODY_JSON,
      .body_max = 4 * KIB,
      .activity = true,
      .doc = "Change the own password; other sessions end" },
};
const struct route_table account_routes = { "account", routes, COUNT(routes) };
