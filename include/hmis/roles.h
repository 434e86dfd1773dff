/* roles: what each role is called, what it may do, what it can be tied to.
 *
 * The matrix is src/account/roles.c; docs/architecture.md, section 5, is its text. Pure, any
 * thread. */
#ifndef HMIS_ROLES_H
#define HMIS_ROLES_H

#include "hmis/http.h"

const char *role_name(enum role role);  /* "data_entry": in the database and the API */
const char *role_title(enum role role); /* "Data entry operator" */
enum role role_parse(const char *name); /* ROLE_NONE: no such role */
/* The permit_fn of the router. PERM_SIGNED_IN: every role; PERM_PUBLIC and PERM_UNSET: none. */
bool role_permits(enum role role, enum permission permission);
const char *
permission_name(enum permission permission); /* "report.read"; NULL: not one of a role */
/* The scope of a role tied to an area of that level ("district"; NULL: to facilities).
 * SCOPE_NOTHING: the role cannot be tied to such an area. */
enum scope_level role_scope(enum role role, const char *area_level);

#endif
