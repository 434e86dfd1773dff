/* What the files of this module share. */
#ifndef HMIS_SESSION_INTERNAL_H
#define HMIS_SESSION_INTERNAL_H

#include "hmis/session.h"

#define TOKEN_BYTES 32

struct settings;

/* A token and what is derived from it. */
struct token {
    char text[SESSION_TOKEN_HEX + 1]; /* value of the cookie */
    uint8_t id[32];                   /* key of the session's row */
    char csrf[65];
};
void token_new(struct token *token);
/* False: not the shape of a token of ours. */
MUST_USE bool token_read(struct token *token, const char *cookie);

/* Who a session belongs to and how long it lives. */
struct session_view {
    int64_t account_id;
    int32_t assignment_id, area_id;
    const char *username, *full_name, *language;
    enum role role;
    enum scope_level level;
    const char *area_level, *area_name; /* NULL: facilities */
    int32_t area_code;                  /* LGD, 0: none */
    const int32_t *facilities;
    size_t facility_count;
    int64_t seen_seconds_ago, idle_seconds_left, absolute_seconds_left;
};
/* NOT_SIGNED_IN: there is no such session any more. */
MUST_USE bool session_find(struct db *db, const uint8_t id[32], const struct settings *settings,
                           struct session_view *view, struct arena *arena, struct problem *p);
struct scope session_scope(const struct session_view *view);
/* The answer of GET and POST /api/v1/session; takes the facilities from the database. False:
 * answered with the problem. */
bool session_answer(struct request *r, int status, const struct token *token);

void session_set_cookie(struct request *r, const struct token *token);
void session_drop_cookie(struct request *r, const char *name);
/* User-Agent cut to what the table keeps; NULL when it is not text. */
const char *session_user_agent(struct request *r);

/* ---- Throttle of a user name (or of a password asked for again). */
/* False: blocked (THROTTLED with retry_after) or the database failed. */
MUST_USE bool throttle_try(struct db *db, const uint8_t key[32], struct arena *arena,
                           struct problem *p);
/* Chooses the count: the owner's own network has one for itself. */
void throttle_key(uint8_t key[32], const char *username, const char *client,
                  const char *last_network);

handler_fn sign_in;

#endif
