/* account: passwords, accounts and how the command line keeps them.
 *
 * Threads: any. Checking or making a password takes about 25 ms and 19 MiB: on the password lane or
 * in a sub-command only. Memory: results live in the arena given. */
#ifndef HMIS_ACCOUNT_H
#define HMIS_ACCOUNT_H

#include "hmis/db.h"
#include "hmis/roles.h"

/* ---- Passwords. -------------------------------------------------------------------------------
 */
#define PASSWORD_MIN_POINTS 12
#define PASSWORD_MAX_POINTS 128
#define PASSWORD_MAX_BYTES  512
#define PASSWORD_HASH_ROOM  128 /* a PHC string of Argon2id fits */

/* Long enough and not made of what is guessed first: common words, years, runs, and `context`, the
 * words around the person (names, place, mobile number). Exact bytes count: nothing is trimmed or
 * folded. False: WEAK_PASSWORD (or INVALID) says why. */
MUST_USE bool password_acceptable(const char *password, const char *const *context, size_t count,
                                  struct problem *p);
/* Argon2id, 19 MiB, 2 passes; needs the sodium started by base_start. */
void password_hash(const char *password, char out[PASSWORD_HASH_ROOM]);
/* Costs one hash whatever is given: a NULL `stored` (no such account) is checked against a string
 * nobody has the password of. */
MUST_USE bool password_matches(const char *stored, const char *password);
/* True when the stored string was made at another cost and should be made anew at sign-in. */
bool password_outdated(const char *stored);
/* Five groups of four, about 99 bits; no letters that look alike. */
#define PASSWORD_GENERATED 25
void password_generate(char out[PASSWORD_GENERATED]);
/* Hashes done by password_matches since start: a test sees that a refusal costs what a success
 * does. */
int64_t password_checks(void);

/* ---- Accounts. --------------------------------------------------------------------------------
 */
#define USERNAME_MIN 3
#define USERNAME_MAX 40

struct account_new {
    const char *username;  /* [a-z0-9][a-z0-9._-]{2,39} */
    const char *full_name; /* at most 200 bytes */
    const char *password;
    enum role role;
    /* "nation", "lgd-district-745" or the number of an area; NULL: the nation for the national
     * administrator, nothing for the roles of facilities. */
    const char *area;
    const char *const *facilities; /* codes, for data entry operators and medical officers */
    size_t facility_count;
    const char *email, *mobile; /* NULL allowed */
    const char *language;       /* NULL: "en" */
    int64_t created_by;         /* account; 0: the command line */
};
/* Makes the account with its one assignment and writes the audit row, in one transaction of the
 * whole nation's scope; all wrong fields are told at once. EXISTS: the user name is taken. */
MUST_USE bool account_create(struct db *db, const struct account_new *account, int64_t *id,
                             struct arena *arena, struct problem *p);
/* Sets a password without the old one, ends the account's sessions, forgets failed tries. */
MUST_USE bool account_reset_password(struct db *db, const char *username, const char *password,
                                     struct arena *arena, struct problem *p);
/* A disabled account cannot sign in, and its sessions end at once. */
MUST_USE bool account_set_active(struct db *db, const char *username, bool active,
                                 struct arena *arena, struct problem *p);
/* The same for the throttle and the audit of signing in: hash of the name as looked up (ASCII
 * lower case), of name and network when network is not NULL. */
void account_name_key(const char *username, const char *network, uint8_t key[32]);

/* `hmis admin ...`: argv[0] is the verb (create-user, reset-password, disable, enable, list).
 * Prints what was done or what is wrong; returns the exit status. "--help" explains. */
int account_command(struct db_pool *pool, int argc, char **argv);

#endif
