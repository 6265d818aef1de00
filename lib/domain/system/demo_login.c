#include "domain/system/demo_login.h"

#include <string.h>

enum { LIST };
static const struct stmt stmts[] = {
	[LIST] = { "demo_login_list", 0,
	    "SELECT l.role, l.email, l.password FROM (VALUES"
	    " (1, 'user', '" DEMO_USER_EMAIL "', '" DEMO_USER_PASSWORD "'),"
	    " (2, 'advisor', '" DEMO_ADVISOR_EMAIL "', '" DEMO_ADVISOR_PASSWORD "'),"
	    " (3, 'admin', '" DEMO_ADMIN_EMAIL "', '" DEMO_ADMIN_PASSWORD "'))"
	    " l (place, role, email, password)"
	    " JOIN user_account u ON u.email = l.email AND u.state = 'ACTIVE' ORDER BY l.place",
	    .repeatable = true },
};
STMT_SET(demo_login_stmts, stmts);

enum err
demo_login_list(struct db *db, const struct conf *conf, struct rows **rows)
{
	if (strcmp(conf->environment, "development") != 0)
		return ERR_FORBIDDEN;
	return db_rows(db, rows, &stmts[LIST]);
}
