#include <sodium.h>
#include <string.h>

#include "hmis/account.h"
#include "hmis/audit.h"
#include "hmis/captcha.h"
#include "hmis/log.h"
#include "hmis/services.h"
#include "hmis/settings.h"
#include "session_internal.h"

struct body {
    const char *username, *password, *role, *captcha_id, *captcha_answer;
};
static const struct field_spec fields[] = {
    { "username", FIELD_TEXT, offsetof(struct body, username), true, 1, 200 },
    { "password", FIELD_TEXT, offsetof(struct body, password), true, 1, PASSWORD_MAX_BYTES },
    { "role", FIELD_TEXT, offsetof(struct body, role), true, 1, 40 },
    { "captcha_id", FIELD_TEXT, offsetof(struct body, captcha_id), true, 1, 64 },
    { "captcha_answer", FIELD_TEXT, offsetof(struct body, captcha_answer), true, 1, 64 },
};

/* One try to sign in. */
struct attempt {
    struct request *r;
    struct db *db;
    struct arena *arena;
    struct body body;
    const char *username; /* in small letters */
    bool known, active;
    int64_t account_id;
    int32_t assignment_id; /* 0: the account has no active assignment of the role */
    enum role role;
    const char *stored; /* password; NULL: no such account */
    const char *last_network;
    uint8_t throttle[32];
    struct token token, replaced;
    bool replaces;
    char fresh_hash[PASSWORD_HASH_ROOM]; /* empty: the stored one is at today's cost */
};

static const char *small_letters(struct arena *arena, const char *text) {
    char *copy = arena_strdup(arena, text);
    for (char *c = copy; *c; c++)
        if (*c >= 'A' && *c <= 'Z') *c = (char)(*c + 'a' - 'A');
    return copy;
}

static bool look_up(struct attempt *a, struct problem *p) {
    struct db_rows *rows;
    a->username = small_letters(a->arena, a->body.username);
    a->role = role_parse(a->body.role);
    if (!db_once(a->db, &scope_sign_in, DB_READ, Q_SIGN_IN_ACCOUNT,
                 DB_ARGS(DB_TEXT(a->username), DB_TEXT(a->body.role)), a->arena, &rows, p))
        return false;
    a->known = db_count(rows) == 1;
    if (a->known) {
        a->account_id = db_int(rows, 0, 0);
        a->stored = db_text(rows, 0, 1);
        a->active = db_bool(rows, 0, 2);
        a->last_network = db_text(rows, 0, 3);
        bool fits = role_scope(a->role, db_text(rows, 0, 5)) != SCOPE_NOTHING;
        a->assignment_id = fits ? (int32_t)db_int(rows, 0, 4) : 0;
    }
    throttle_key(a->throttle, a->username, req_client(a->r), a->last_network);
    return true;
}

/* What was wrong stays here and in the audit trail. A name that is no account is not kept as typed.
 */
static struct audit_entry audit_of(const struct attempt *a, const char *refused) {
    struct audit_entry entry = audit_entry_of(a->r, "session.begin");
    char hint[17];
    hex_encode(hint, a->throttle, 8);
    entry.object = a->known ? a->username : NULL;
    entry.account_id = a->account_id;
    entry.assignment_id = a->assignment_id;
    entry.role = role_name(a->role);
    entry.refused = refused != NULL;
    entry.detail =
        refused ? arena_printf(a->arena, "{\"reason\":\"%s\",\"name_key\":\"%s\"}", refused, hint)
                : NULL;
    return entry;
}

static void refuse(const struct attempt *a, struct problem *p, const char *reason) {
    struct problem failed = { 0 };
    struct audit_entry entry = audit_of(a, reason);
    if (!audit_write_once(a->db, &scope_sign_in, &entry, a->arena, &failed)) p = &failed;
    reply_problem(a->r, p);
}

static const char *what_is_wrong(const struct attempt *a, bool password) {
    if (!a->known) return "unknown";
    if (!password) return "password";
    if (!a->active) return "disabled";
    return a->assignment_id ? NULL : "role";
}

static bool begin(struct db *db, void *arg, struct problem *p) {
    struct attempt *a = arg;
    const struct settings *settings = ((const struct services *)req_app(a->r))->settings;
    char network[64];
    client_network(req_client(a->r), network);
    struct audit_entry entry = audit_of(a, NULL);
    return db_query(db, Q_SESSION_BEGIN,
                    DB_ARGS(DB_BYTES(a->token.id, 32), DB_INT8(a->account_id),
                            DB_INT4(a->assignment_id), DB_INT4(settings->session_hours),
                            DB_TEXT(req_client(a->r)), DB_TEXT(session_user_agent(a->r)),
                            a->replaces ? DB_BYTES(a->replaced.id, 32) : DB_NULL),
                    a->arena, NULL, p) &&
           db_query(db, Q_SIGN_IN_CLEAR, DB_ARGS(DB_BYTES(a->throttle, 32)), a->arena, NULL, p) &&
           db_query(db, Q_SIGN_IN_SETTLE,
                    DB_ARGS(DB_INT8(a->account_id), DB_TEXT(network),
                            DB_TEXT(*a->fresh_hash ? a->fresh_hash : NULL)),
                    a->arena, NULL, p) &&
           audit_write(db, &entry, a->arena, p);
}

static void succeed(struct attempt *a) {
    struct problem p = { 0 };
    a->replaces = token_read(&a->replaced, req_cookie(a->r, SESSION_COOKIE));
    if (password_outdated(a->stored)) password_hash(a->body.password, a->fresh_hash);
    token_new(&a->token);
    if (!db_transaction(a->db, &scope_sign_in, DB_WRITE, begin, a, &p)) {
        reply_problem(a->r, &p);
        return;
    }
    if (!session_answer(a->r, 201, &a->token)) return;
    session_set_cookie(a->r, &a->token);
    session_drop_cookie(a->r, CAPTCHA_COOKIE);
}

static void judge(struct attempt *a) {
    struct problem p = { 0 };
    if (!look_up(a, &p)) {
        reply_problem(a->r, &p);
        return;
    }
    if (!throttle_try(a->db, a->throttle, a->arena, &p)) {
        if (p.code == ERR_THROTTLED)
            refuse(a, &p, "throttled");
        else
            reply_problem(a->r, &p);
        return;
    }
    const char *wrong = what_is_wrong(a, password_matches(a->stored, a->body.password));
    if (!wrong) {
        succeed(a);
        return;
    }
    problem_set(&p, ERR_SIGN_IN_FAILED, NULL);
    refuse(a, &p, wrong);
}

void sign_in(struct request *r) {
    struct attempt a = { .r = r, .arena = req_arena(r) };
    struct problem p = { 0 };
    bool right;
    if (!req_read(r, fields, COUNT(fields), &a.body)) return;
    a.db = req_db(r);
    if (!a.db) return;
    if (!captcha_consume(a.db, a.body.captcha_id, req_cookie(r, CAPTCHA_COOKIE),
                         a.body.captcha_answer, &right, a.arena, &p)) {
        reply_problem(r, &p);
        return;
    }
    if (right) {
        judge(&a);
        return;
    }
    log_event(LOG_INFO, "captcha_failed", "request_id", req_id(r), "client", req_client(r), NULL);
    reply_error(r, ERR_SIGN_IN_FAILED, NULL);
}
