/*
 * Limits on guessing, counted in the database so that they hold over restarts, programs and machines.
 * A guess first locks its bucket (so parallel guesses on one account and address stand in line and
 * none slips past the limit), then is evaluated, then a failure is counted: all in one transaction. Valid
 * sign-ins never use the limit up. The buckets' keys are keyed hashes: the table names nobody.
 */
#ifndef DOMAIN_PEOPLE_ATTEMPT_H
#define DOMAIN_PEOPLE_ATTEMPT_H

#include "base/conf.h"
#include "db/db.h"

extern const struct stmt_set attempt_stmts;

/* A rule: failures allowed per window. */
struct attempt_rule {
	const char *name; /* begins the bucket's key */
	int64_t limit, window_s;
	/* Who has used it up may try again after 1 s, then 2, 4 and so on, at most 60, until a window has gone by
	 * without a failure; without, not before the window ends. So nobody is locked out from outside. */
	bool backoff;
};
/* Password sign-in: per account and address, and per address over all accounts. */
extern const struct attempt_rule attempt_login, attempt_login_ip;

/*
 * Lock the bucket of this rule and subject until the transaction ends.
 *	ERR_RATE	used up; *retry_after_s tells when the next try is good
 */
MUST_CHECK enum err attempt_begin(struct db *, const struct conf *, const struct attempt_rule *,
    const char *subject, int *retry_after_s);
/*
 * Look without locking, for a subject that many people share (an address): a few parallel guesses may
 * pass the limit together. RATE_PERCENT scales the limit.
 *	ERR_RATE	as above
 */
MUST_CHECK enum err attempt_look(struct db *, const struct conf *, const struct attempt_rule *,
    const char *subject, int *retry_after_s);
/* Count a failure. */
MUST_CHECK enum err attempt_failed(
    struct db *, const struct conf *, const struct attempt_rule *, const char *subject);
/* Forget the failures: the right person came. */
MUST_CHECK enum err attempt_succeeded(
    struct db *, const struct conf *, const struct attempt_rule *, const char *subject);

#endif
