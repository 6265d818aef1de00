/*
 * Logins (signed-in devices) and their refresh tokens.
 *
 * A refresh token names its login and a counter under a 256-bit MAC; the database holds the counter that
 * is good now, and no secret. Using a token moves the counter and gives the next token. The parent works
 * for REFRESH_GRACE_S more and gives the same child again, so a lost reply or two tabs do no harm;
 * an older one, or the parent later, is reuse: the login ends and with it every token of its line
 * (RFC 9700 section 4.14). An ended login's access tokens are refused within seconds by a trigger on
 * the table (revocation).
 */
#ifndef DOMAIN_PEOPLE_LOGIN_H
#define DOMAIN_PEOPLE_LOGIN_H

#include "base/conf.h"
#include "db/db.h"
#include "shape/field.h"

extern const struct stmt_set login_stmts;
extern const struct field login_fields[]; /* of the list */

enum {
	REFRESH_GRACE_S = 10,
	LOGIN_PROOF_S = 5 * 60,
	LOGINS_MAX = 10, /* per user; one more ends the oldest */
};

/* What a sign-in brings; texts may be NULL. */
struct login_new {
	const char *user_id, *device_name, *user_agent, *ip;
};
/* A good login and its current refresh token. */
struct login {
	const char *id, *user_id, *role, *refresh_token;
};

/* Begin a login. In a transaction.
 *	ERR_ACCOUNT_BLOCKED	the account is not active (any more: it may be blocked while its password
 *				is checked) */
MUST_CHECK enum err login_create(
    struct db *, const struct conf *, const struct login_new *, struct login *login);
/*
 * Use a refresh token. Needs its own transaction committed whatever the outcome: on reuse the login is
 * ended and *outcome is ERR_REFRESH_INVALID while the function returns ERR_OK.
 * *outcome: ERR_OK, ERR_REFRESH_INVALID, or ERR_ACCOUNT_BLOCKED.
 */
MUST_CHECK enum err login_refresh(struct db *, const struct conf *, const char *refresh_token,
    const char *ip, struct login *login, enum err *outcome);
/* End one login of this user. ERR_NOT_FOUND when it is not theirs or has ended. */
MUST_CHECK enum err login_end(
    struct db *, const char *user_id, const char *login_id, const char *reason);
/* End all logins of the user. reason is one of login.end_reason. */
MUST_CHECK enum err login_end_all(struct db *, const char *user_id, const char *reason);
/* All but that one, with reason ENDED. */
MUST_CHECK enum err login_end_others(struct db *, const char *user_id, const char *login_id);
/* Its person has proved now who they are. */
MUST_CHECK enum err login_prove(struct db *, const char *login_id);
/* ERR_REAUTH unless that, or the sign-in, was in the last LOGIN_PROOF_S (ASVS 7.5.3). */
MUST_CHECK enum err login_proved(struct db *, const char *login_id);
/* The user's logins, newest first; current marks current_id. */
MUST_CHECK enum err login_list(
    struct db *, const char *user_id, const char *current_id, struct rows **rows);

#endif
