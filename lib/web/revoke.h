/*
 * Which logins were ended while their access tokens are still good, so that an ordinary request costs no round
 * trip for it: the machine's copy of table revocation (revoked.h) and who reads the table for it. That is the
 * events program, each second; when none runs, whoever meets a copy older than REVOKE_FRESH_MS. When the
 * database cannot be asked for longer than REVOKE_STALE_MS, nobody is let in.
 */
#ifndef WEB_REVOKE_H
#define WEB_REVOKE_H

#include "base/err.h"
#include "db/db.h"
#include "web/revoked.h"

enum { REVOKE_FRESH_MS = 1500, REVOKE_STALE_MS = 5000 };

struct metrics;
struct revoke; /* one per process */

extern const struct stmt_set revoke_stmts;
/* Both are borrowed; they may be NULL in a process that asks for nobody. */
struct revoke *revoke_new(struct revoked *, struct metrics *);
void revoke_free(struct revoke *);
/*
 * ERR_OK when login_id was not revoked. Reads the table first when the copy is old.
 *	ERR_UNAUTHORIZED	revoked
 *	ERR_UNAVAILABLE		the copy is too old and the database does not answer
 */
MUST_CHECK enum err revoke_check(struct revoke *, struct db *, const char *login_id);
/* The same, asked of the database at once, in one round trip: for what may not be a second late.
 * Errors as of revoke_check, and those that all calls share (db.h). */
MUST_CHECK enum err revoke_check_now(struct revoke *, struct db *, const char *login_id);

/* --- for a loop that must not wait: revoke_check then never asks the database --- */

void revoke_by_loop(struct revoke *);
/* There is a new connection: the next reading is due, and reads all. */
void revoke_connected(struct revoke *);
/* The copy is to be read: run *list, and give the answer to revoke_take; NULL when none comes. It is not due
 * again before that. */
bool revoke_due(struct revoke *, struct db_bound *list);
void revoke_take(struct revoke *, const struct rows *);
/* Somebody has read the table since this was asked last, so more logins may have ended. */
bool revoke_news(struct revoke *);
/* Without a look at the age of the copy. */
bool revoke_listed(const struct revoke *, const char *login_id);

#endif
