/*
 * The demo accounts that a newcomer signs in with; demo.h makes them, the front page shows them.
 */
#ifndef DOMAIN_SYSTEM_DEMO_LOGIN_H
#define DOMAIN_SYSTEM_DEMO_LOGIN_H

#include "base/conf.h"
#include "db/db.h"

#define DEMO_USER_EMAIL "user@demo.test"
#define DEMO_USER_PASSWORD "demo-user-2468"
#define DEMO_ADVISOR_EMAIL "advisor@demo.test"
#define DEMO_ADVISOR_PASSWORD "demo-advisor-2468"
#define DEMO_ADMIN_EMAIL "admin@demo.test"
#define DEMO_ADMIN_PASSWORD "demo-admin-2468"

enum { DEMO_LOGINS = 3 };

extern const struct stmt_set demo_login_stmts;

/* Rows: role, email, password; of those that were loaded and may sign in. Never in production: ERR_FORBIDDEN. */
MUST_CHECK enum err demo_login_list(struct db *, const struct conf *, struct rows **rows);

#endif
