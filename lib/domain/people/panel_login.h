/*
 * Sign-ins of the admin panel: rows of kind PANEL in table login. The browser holds a 256-bit secret,
 * we its SHA-256. A sign-in ends after PANEL_IDLE_S without use, after PANEL_LIFE_S in any case, and at
 * once when the account is no longer an ACTIVE ADMIN.
 */
#ifndef DOMAIN_PEOPLE_PANEL_LOGIN_H
#define DOMAIN_PEOPLE_PANEL_LOGIN_H

#include "db/db.h"

enum {
	PANEL_IDLE_S = 15 * 60,
	PANEL_LIFE_S = 8 * 3600,
	PANEL_TOUCH_S = 60, /* last_used_at is written at most this often */
	PANEL_LOGINS_MAX = 50 /* that are listed */
};

/* A sign-in to be stored. */
struct panel_login {
	const char *id; /* UUID version 7 */
	const char *user_id; /* an ACTIVE ADMIN */
	const char *secret_hash; /* SHA-256 of the cookie, hex */
	const char *ip;
	const char *user_agent; /* cut to what the column takes */
};

extern const struct stmt_set panel_login_stmts;

/*
 * Store a sign-in.
 *	ERR_BAD_CREDENTIALS	the account is not an ACTIVE ADMIN
 */
MUST_CHECK enum err panel_login_create(struct db *, const struct panel_login *);
/*
 * The sign-in whose cookie has this hash, if it is still good; notes the use. *rows: login id, user id,
 * display_name, email, timezone, left_s (seconds until it ends without further use).
 *	ERR_NOT_FOUND	none, or it is over
 */
MUST_CHECK enum err panel_login_find(struct db *, const char *secret_hash, struct rows **rows);
/* End a sign-in; one that is over or unknown is left as it is. */
MUST_CHECK enum err panel_login_end(struct db *, const char *login_id);
/* End those of user_id but login_id. */
MUST_CHECK enum err panel_login_end_others(struct db *, const char *user_id, const char *login_id);
/* Those of user_id that are good, the newest first, at most PANEL_LOGINS_MAX: user_agent, ip, created_at, last_used_at,
 * current (it is login_id). */
MUST_CHECK enum err panel_login_list(
    struct db *, const char *user_id, const char *login_id, struct rows **rows);

#endif
