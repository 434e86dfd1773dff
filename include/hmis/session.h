/* session: signing in, staying signed in, leaving. Who asks is settled here before any handler
 * runs.
 *
 * Token: 256 random bits in the cookie __Host-session (HttpOnly, Secure, SameSite=Strict, Path=/,
 * no Domain, gone with the browser); the table holds its BLAKE2b-256 only. A token we did not make
 * is never adopted; sign-in and a new password give a new one, and the old one ends. The CSRF token
 * is a keyed hash of it, told in the answers of GET and POST /api/v1/session.
 *
 * Time is the database's: a session ends session_idle_minutes after the last request of a route
 * marked `activity` (noted at most every SESSION_TOUCH_SECONDS, so up to that much earlier) and
 * session_hours after sign-in in any case. Disabling the account or the assignment ends it at the
 * next request: every request joins both.
 *
 * A sign-in names a role; it narrows, it never adds: the session is tied to the first active
 * assignment (by id) of that role, and later requests have no say in it.
 *
 * Order of a sign-in: shape of the body, captcha (used up), throttle, one Argon2id hash whatever is
 * wrong, one audit row. Unknown user, wrong password, wrong role, disabled account: one answer,
 * the same cost. A wrong captcha has the same answer, without a hash.
 *
 * Throttle: by user name, known or not: five tries are free, then each failed one doubles the wait,
 * 2 seconds to 15 minutes; after the wait the right password works and clears it. From the network
 * of the owner's last sign-in a count of its own is kept, so that guessing elsewhere does not keep
 * him out. (Who shares the owner's address could tell a known name by that; nobody else can.)
 *
 * Log-out sends no Clear-Site-Data: "storage" would wipe drafts not yet sent, "cookies" would sign
 * the user out of every other application under the same registered domain, "cache" would fetch
 * the application anew over 2G; every answer with data is no-store anyway. */
#ifndef HMIS_SESSION_H
#define HMIS_SESSION_H

#include "hmis/http.h"

#define SESSION_COOKIE        "__Host-session"
#define SESSION_TOUCH_SECONDS 20
#define SESSION_TOKEN_HEX     64
#define SIGN_IN_FREE_TRIES    5
#define SIGN_IN_WAIT_MAX      900 /* seconds */

/* The authenticate_fn of the router. */
authenticate_fn session_authenticate;

#endif
