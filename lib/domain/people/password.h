/*
 * Passwords: argon2id (RFC 9106) in PHC strings, with the parameters of the settings (OWASP password
 * storage cheat sheet) and never more than ARGON2_SLOTS computed at once by one program, so that a
 * flood of sign-ins cannot exhaust memory. Cost is stored in the hash; a hash of lower cost is renewed
 * at the next sign-in.
 */
#ifndef DOMAIN_PEOPLE_PASSWORD_H
#define DOMAIN_PEOPLE_PASSWORD_H

#include "base/arena.h"
#include "base/conf.h"
#include "base/err.h"

enum { PASSWORD_MIN = 8, PASSWORD_MAX = 128 }; /* characters; ASVS 6.2.1, 6.2.9 */

/* In the parent, before fork: the slots that its children share. */
void password_prepare(const struct conf *);

/*
 * A reason why text must not be a password (one of the most common ones, or holds the person's
 * e-mail name), NULL when it is good. No composition rules (ASVS 6.2.5).
 */
const char *password_weakness(const char *text, const char *email);
/*
 *	ERR_BUSY	no slot became free within two seconds
 */
MUST_CHECK enum err password_hash(
    struct arena *, const struct conf *, const char *text, char **hash);
/*
 * Compare. hash NULL (no such account, or none set) takes as long as a real one and never fits.
 * *renew: it fits, but was made with lower cost than now configured.
 *	ERR_BAD_CREDENTIALS	does not fit
 *	ERR_BUSY		as above
 */
MUST_CHECK enum err password_verify(
    struct arena *, const struct conf *, const char *hash, const char *text, bool *renew);

#endif
