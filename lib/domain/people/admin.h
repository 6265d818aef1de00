/*
 * Administrators as others of them see them: accounts with the role ADMIN, and their sign-ins to the panel
 * (panel_login.h).
 */
#ifndef PEOPLE_ADMIN_H
#define PEOPLE_ADMIN_H

#include "db/list.h"
#include "domain/system/act.h"

extern const struct stmt_set admin_stmts;
/* Every row: id, display_name, email, state, created_at, last_seen_at and last_ip (of the panel; null: never), logins
 * (good now). */
extern const struct list_source admin_list;
extern const struct act_kind admin_kind;
extern const struct act admin_acts[];

/* One of them: a row of the list, and timezone. ERR_NOT_FOUND: no such account, or of another role. */
MUST_CHECK enum err admin_get(struct db *, const char *id, struct rows **rows);

#endif
