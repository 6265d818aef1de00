/*
 * Checking who somebody is by identifier and password, with the limits on guessing; used by every path
 * that takes a password (the API and the panel), so that no path is weaker than another.
 */
#ifndef DOMAIN_PEOPLE_SIGNIN_H
#define DOMAIN_PEOPLE_SIGNIN_H

#include "domain/people/user.h"

struct signin {
	const char *identifier, *password, *ip; /* identifier: e-mail in lower case, or E.164 */
	const char *code; /* of the second factor; NULL: none was given */
	struct user user; /* out: set when outcome is ERR_OK */
	enum err outcome; /* ERR_OK, ERR_BAD_CREDENTIALS, ERR_RATE; of totp_check */
	int retry_after_s; /* out: with ERR_RATE */
};

/*
 * In a transaction, which must be committed whatever the outcome (a failure is counted in it): returns
 * ERR_OK with signin->outcome set. Known and unknown accounts take the same time and get the same
 * answer (ASVS 6.3.8); whether there is a second factor is told to who knows the password. A hash of lower cost than
 * configured is renewed.
 *	ERR_BUSY	no argon2 slot; nothing was counted
 */
MUST_CHECK enum err signin_check(struct db *, const struct conf *, struct signin *);

/* The same for who is signed in and proves it once more: signin->identifier is not looked at. */
MUST_CHECK enum err signin_again(
    struct db *, const struct conf *, const char *user_id, struct signin *);

#endif
