#include "hmis/account.h"
#include "hmis/captcha.h"
#include "session_internal.h"

void throttle_key(uint8_t key[32], const char *username, const char *client,
                  const char *last_network) {
    char network[64];
    client_network(client, network);
    bool at_home = last_network && text_equal(last_network, network);
    account_name_key(username, at_home ? network : NULL, key);
}

bool throttle_try(struct db *db, const uint8_t key[32], struct arena *arena, struct problem *p) {
    struct db_rows *rows;
    if (!db_once(db, &scope_sign_in, DB_WRITE, Q_SIGN_IN_TRY,
                 DB_ARGS(DB_BYTES(key, 32), DB_INT4(SIGN_IN_FREE_TRIES), DB_INT4(SIGN_IN_WAIT_MAX)),
                 arena, &rows, p))
        return false;
    if (db_count(rows) == 1) return true;
    if (!db_once(db, &scope_sign_in, DB_READ, Q_SIGN_IN_WAIT, DB_ARGS(DB_BYTES(key, 32)), arena,
                 &rows, p))
        return false;
    int64_t wait = db_count(rows) ? db_int(rows, 0, 0) : 0;
    p->retry_after = wait > 1 ? (int)wait : 1;
    return problem_set(p, ERR_THROTTLED, NULL);
}
