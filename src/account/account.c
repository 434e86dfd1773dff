#include "hmis/account.h"

#include <stdio.h>
#include <string.h>

#include "hmis/audit.h"

#define NAME_MAX_BYTES 200
#define FACILITIES_MAX 1000

/* The account while it is checked: what was named, found. */
struct draft {
    const struct account_new *given;
    struct arena *arena;
    int32_t area_id; /* 0: none */
    const char *area_name;
    int32_t *facilities;
    size_t facility_count;
    const char **context; /* what the password must not be made of */
    size_t context_count;
    char hash[PASSWORD_HASH_ROOM];
    int64_t id;
};

/* ---- Checking a new account. --------------------------------------------------------------------
 */

static bool is_username(const char *name) {
    size_t length = strlen(name);
    return length >= USERNAME_MIN && length <= USERNAME_MAX && name[0] != '.' && name[0] != '_' &&
           name[0] != '-' && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-") == length;
}

/* Text of a person: UTF-8 without control characters. */
static bool is_plain(const char *text, size_t max) {
    size_t length = strlen(text);
    if (length == 0 || length > max || !text_is_utf8(text, length)) return false;
    for (const char *c = text; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f) return false;
    return true;
}

static bool is_email(const char *email) {
    const char *at = strchr(email, '@');
    return is_plain(email, 254) && at && at > email && strchr(at, '.') && !strchr(at + 1, '@') &&
           !strpbrk(email, " ,;<>\"()");
}

static bool is_mobile(const char *mobile) {
    size_t length = strlen(mobile);
    const char *digits = mobile + (*mobile == '+');
    return length >= 10 && length <= 16 && strspn(digits, "0123456789") == strlen(digits);
}

static void check_texts(const struct draft *d, struct problem *p) {
    const struct account_new *a = d->given;
    if (!a->username || !is_username(a->username))
        problem_field(
            p, d->arena, "username", ERR_INVALID,
            "A user name has %d to %d small letters, digits, dots, hyphens and underscores, "
            "and begins with a letter or digit",
            USERNAME_MIN, USERNAME_MAX);
    if (!a->full_name || !is_plain(a->full_name, NAME_MAX_BYTES))
        problem_field(p, d->arena, "full_name", ERR_INVALID,
                      "Give the person's name (at most %d bytes)", NAME_MAX_BYTES);
    if (a->email && !is_email(a->email))
        problem_field(p, d->arena, "email", ERR_INVALID, "This is not an e-mail address");
    if (a->mobile && !is_mobile(a->mobile))
        problem_field(
            p, d->arena, "mobile", ERR_INVALID,
            "A mobile number has 10 to 15 digits, with + in front if it has the country's");
    if (a->language && (strlen(a->language) < 2 || strlen(a->language) > 8 ||
                        strspn(a->language, "abcdefghijklmnopqrstuvwxyz") != strlen(a->language)))
        problem_field(p, d->arena, "language", ERR_INVALID,
                      "A language is a code such as en or hi");
}

/* "12", "nation" or "lgd-district-745" as parameters of account_area. */
static bool read_area(const char *text, char level[16], int64_t *id, int64_t *code) {
    *id = *code = 0;
    snprintf(level, 16, "nation");
    if (text_equal(text, "nation")) return true;
    if (text_to_int(text, 1, INT32_MAX, id)) return true;
    const char *dash = text_starts(text, "lgd-") ? strchr(text + 4, '-') : NULL;
    if (!dash || dash - (text + 4) > 15) return false;
    snprintf(level, 16, "%.*s", (int)(dash - (text + 4)), text + 4);
    return text_to_int(dash + 1, 1, INT32_MAX, code);
}

/* The field is told, and the check goes on. */
#define TOLD(...) (problem_field(__VA_ARGS__), true)

static bool find_area(struct db *db, struct draft *d, struct problem *p) {
    const struct account_new *a = d->given;
    const char *named = a->area ? a->area : a->role == ROLE_NATIONAL ? "nation" : NULL;
    bool needs_area = role_scope(a->role, NULL) != SCOPE_FACILITY;
    if (!needs_area && named)
        return TOLD(p, d->arena, "area", ERR_INVALID, "A %s is tied to facilities, not to an area",
                    role_title(a->role));
    if (!needs_area) return true;
    char level[16];
    int64_t id, code;
    if (!named || !read_area(named, level, &id, &code))
        return TOLD(p, d->arena, "area", ERR_INVALID,
                    "Name the area of a %s as lgd-<level>-<code>, e.g. lgd-district-745, or by "
                    "its number",
                    role_title(a->role));
    struct db_rows *rows;
    if (!db_once(db, &scope_system, DB_READ, Q_ACCOUNT_AREA,
                 DB_ARGS(id ? DB_INT4(id) : DB_NULL, DB_TEXT(level), DB_INT4(code)), d->arena,
                 &rows, p))
        return false;
    if (db_count(rows) == 0)
        return TOLD(p, d->arena, "area", ERR_AREA_UNKNOWN, "There is no area %s", named);
    if (role_scope(a->role, db_text(rows, 0, 1)) == SCOPE_NOTHING)
        return TOLD(p, d->arena, "area", ERR_INVALID, "A %s cannot be tied to %s, which is a %s",
                    role_title(a->role), db_text(rows, 0, 2), db_text(rows, 0, 1));
    d->area_id = (int32_t)db_int(rows, 0, 0);
    d->area_name = db_text(rows, 0, 2);
    return true;
}

static bool was_found(const struct db_rows *rows, const char *code) {
    for (int i = 0; i < db_count(rows); i++)
        if (text_equal(db_text(rows, i, 1), code)) return true;
    return false;
}

static bool find_facilities(struct db *db, struct draft *d, struct problem *p) {
    const struct account_new *a = d->given;
    bool needs = role_scope(a->role, NULL) == SCOPE_FACILITY;
    if (!needs && a->facility_count)
        problem_field(p, d->arena, "facilities", ERR_INVALID,
                      "A %s is tied to an area, not to facilities", role_title(a->role));
    if (needs && (a->facility_count == 0 || a->facility_count > FACILITIES_MAX))
        problem_field(p, d->arena, "facilities", ERR_INVALID,
                      "A %s needs 1 to %d facilities by their codes", role_title(a->role),
                      FACILITIES_MAX);
    if (!needs || a->facility_count == 0 || a->facility_count > FACILITIES_MAX) return true;
    struct db_rows *rows;
    if (!db_once(db, &scope_system, DB_READ, Q_ACCOUNT_FACILITIES,
                 DB_ARGS(DB_TEXTS(a->facilities, a->facility_count)), d->arena, &rows, p))
        return false;
    for (size_t i = 0; i < a->facility_count; i++)
        if (!was_found(rows, a->facilities[i]))
            problem_field(p, d->arena, "facilities", ERR_FACILITY_UNKNOWN,
                          "There is no facility %s", a->facilities[i]);
    d->facility_count = (size_t)db_count(rows);
    d->facilities = arena_array(d->arena, d->facility_count + 1, sizeof *d->facilities);
    d->context = arena_array(d->arena, d->facility_count + 6, sizeof *d->context);
    for (int i = 0; i < db_count(rows); i++) {
        d->facilities[i] = (int32_t)db_int(rows, i, 0);
        d->context[d->context_count++] = db_text(rows, i, 2);
    }
    return true;
}

static void check_password(struct draft *d, struct problem *p) {
    const struct account_new *a = d->given;
    const char *own[] = { a->username, a->full_name, a->email, a->mobile, d->area_name };
    if (!d->context) d->context = arena_array(d->arena, COUNT(own), sizeof *d->context);
    for (size_t i = 0; i < COUNT(own); i++)
        if (own[i]) d->context[d->context_count++] = own[i];
    struct problem weak = { 0 };
    if (!a->password || !password_acceptable(a->password, d->context, d->context_count, &weak))
        problem_field(p, d->arena, "password", a->password ? weak.code : ERR_MISSING_FIELD, "%s",
                      a->password ? weak.detail : "A password is needed");
}

/* ---- Writing.
 * ------------------------------------------------------------------------------------- */

static bool store(struct db *db, void *arg, struct problem *p) {
    struct draft *d = arg;
    const struct account_new *a = d->given;
    struct db_rows *rows;
    if (!db_query(db, Q_ACCOUNT_CREATE,
                  DB_ARGS(DB_TEXT(a->username), DB_TEXT(a->full_name), DB_TEXT(d->hash),
                          DB_TEXT(a->email), DB_TEXT(a->mobile),
                          DB_TEXT(a->language ? a->language : "en"), DB_INT8(a->created_by),
                          DB_TEXT(role_name(a->role)), d->area_id ? DB_INT4(d->area_id) : DB_NULL,
                          DB_INT4S(d->facilities, d->facility_count)),
                  d->arena, &rows, p))
        return false;
    d->id = db_int(rows, 0, 0);
    struct audit_entry entry = { .action = "account.create",
                                 .object = a->username,
                                 .account_id = a->created_by,
                                 .detail = arena_printf(
                                     d->arena, "{\"role\":\"%s\",\"area\":%d,\"facilities\":%zu}",
                                     role_name(a->role), d->area_id, d->facility_count) };
    return audit_write(db, &entry, d->arena, p);
}

bool account_create(struct db *db, const struct account_new *account, int64_t *id,
                    struct arena *arena, struct problem *p) {
    struct draft d = { .given = account, .arena = arena };
    check_texts(&d, p);
    if (!role_name(account->role)) {
        problem_field(p, arena, "role", ERR_INVALID, "There is no such role");
    } else if (!find_area(db, &d, p) || !find_facilities(db, &d, p)) {
        return false;
    }
    check_password(&d, p);
    if (p->code != ERR_NONE) return false;
    password_hash(account->password, d.hash);
    if (!db_transaction(db, &scope_system, DB_WRITE, store, &d, p)) {
        if (p->code == ERR_EXISTS)
            problem_set(p, ERR_EXISTS, "The user name %s is taken", account->username);
        return false;
    }
    *id = d.id;
    return true;
}

/* ---- Keeping.
 * --------------------------------------------------------------------------------------- */

struct change {
    struct arena *arena;
    const char *username, *hash;
    bool active;
    int64_t id;
};

static bool end_sessions(struct db *db, const struct change *c, const char *action,
                         struct problem *p) {
    struct audit_entry entry = { .action = action, .object = c->username };
    return db_query(db, Q_ACCOUNT_END_SESSIONS, DB_ARGS(DB_INT8(c->id)), c->arena, NULL, p) &&
           audit_write(db, &entry, c->arena, p);
}

static bool forget_failures(struct db *db, const struct change *c, struct problem *p) {
    struct db_rows *rows;
    if (!db_query(db, Q_ACCOUNT_NETWORK, DB_ARGS(DB_INT8(c->id)), c->arena, &rows, p)) return false;
    uint8_t everywhere[32], at_home[32];
    const char *network = db_count(rows) ? db_text(rows, 0, 0) : NULL;
    account_name_key(c->username, NULL, everywhere);
    account_name_key(c->username, network, at_home);
    return db_query(db, Q_ACCOUNT_FORGET_FAILURES,
                    DB_ARGS(DB_BYTES(everywhere, 32), DB_BYTES(at_home, 32)), c->arena, NULL, p);
}

static bool store_password(struct db *db, void *arg, struct problem *p) {
    struct change *c = arg;
    return db_query(db, Q_ACCOUNT_SET_PASSWORD, DB_ARGS(DB_INT8(c->id), DB_TEXT(c->hash)), c->arena,
                    NULL, p) &&
           forget_failures(db, c, p) && end_sessions(db, c, "account.reset_password", p);
}

static bool none_such(struct problem *p, const char *username) {
    return problem_set(p, ERR_NOT_FOUND, "There is no account %s", username);
}

bool account_reset_password(struct db *db, const char *username, const char *password,
                            struct arena *arena, struct problem *p) {
    struct db_rows *rows;
    if (!db_once(db, &scope_sign_in, DB_READ, Q_ACCOUNT_CONTEXT, DB_ARGS(DB_TEXT(username)), arena,
                 &rows, p))
        return false;
    if (db_count(rows) == 0) return none_such(p, username);
    const char *context[] = { username, db_text(rows, 0, 1), db_text(rows, 0, 2),
                              db_text(rows, 0, 3), db_text(rows, 0, 4) };
    if (!password_acceptable(password, context, COUNT(context), p)) return false;
    char hash[PASSWORD_HASH_ROOM];
    password_hash(password, hash);
    struct change c = {
        .arena = arena, .username = username, .hash = hash, .id = db_int(rows, 0, 0)
    };
    return db_transaction(db, &scope_sign_in, DB_WRITE, store_password, &c, p);
}

static bool store_active(struct db *db, void *arg, struct problem *p) {
    struct change *c = arg;
    struct db_rows *rows;
    if (!db_query(db, Q_ACCOUNT_SET_ACTIVE, DB_ARGS(DB_TEXT(c->username), DB_BOOL(c->active)),
                  c->arena, &rows, p))
        return false;
    if (db_count(rows) == 0) return none_such(p, c->username);
    c->id = db_int(rows, 0, 0);
    return end_sessions(db, c, c->active ? "account.enable" : "account.disable", p);
}

bool account_set_active(struct db *db, const char *username, bool active, struct arena *arena,
                        struct problem *p) {
    struct change c = { .arena = arena, .username = username, .active = active };
    return db_transaction(db, &scope_sign_in, DB_WRITE, store_active, &c, p);
}
