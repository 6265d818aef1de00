/*
 * Which logins were ended while their access tokens are still good: a copy of table revocation, at
 * most REVOKE_FRESH_MS old when used, so that an ordinary request costs no round trip for it. When the
 * database cannot be asked for longer than REVOKE_STALE_MS, nobody is let in.
 */
#ifndef WEB_REVOKE_H
#define WEB_REVOKE_H

#include "base/err.h"
#include "db/db.h"

enum { REVOKE_FRESH_MS = 1500, REVOKE_STALE_MS = 5000 };

struct revoke; /* one per process */

extern const struct stmt_set revoke_stmts;
struct revoke *revoke_new(void);
void revoke_free(struct revoke *);
/*
 * ERR_OK when login_id was not revoked. Reads the table first when the copy is old.
 *	ERR_UNAUTHORIZED	revoked
 *	ERR_UNAVAILABLE		the copy is too old and the database does not answer
 */
MUST_CHECK enum err revoke_check(struct revoke *, struct db *, const char *login_id);
/* From now on the caller's loop runs revoke_stmts' first statement itself and hands the rows to
 * revoke_take; revoke_check then never asks the database. */
void revoke_by_loop(struct revoke *);
/* The same without a look at the age of the copy. */
bool revoke_listed(const struct revoke *, const char *login_id);
/* Take the answer of a statement that selected login_id (text), replacing the copy. */
void revoke_take(struct revoke *, const struct rows *);

#endif
