/*
 * Passwords: argon2id (RFC 9106) in PHC strings, with the parameters of the settings (OWASP password
 * storage cheat sheet) and never more than ARGON2_SLOTS computed at once by one program, so that a
 * flood of sign-ins cannot exhaust memory. Cost is stored in the hash; a hash of lower cost is renewed
 * at the next sign-in, and so is one of bcrypt ($2a$, $2b$, $2y$), which accounts bring along that were imported
 * from another system.
 */
#ifndef DOMAIN_PEOPLE_PASSWORD_H
#define DOMAIN_PEOPLE_PASSWORD_H

#include "base/arena.h"
#include "base/conf.h"
#include "base/err.h"

enum { PASSWORD_MIN = 8, PASSWORD_MAX = 128 }; /* characters; ASVS 6.2.1, 6.2.9 */
enum { PASSWORD_BCRYPT_COST_MAX = 14 }; /* a hash of higher cost fits nothing: it takes seconds */

/* In the parent, before fork: the slots that its children share. */
void password_prepare(const struct conf *);

/*
 * A reason why text must not be a password (one of the 10,000 most common ones, which are in
 * common_passwords.def, or holds the person's e-mail name), NULL when it is good. No composition rules (ASVS 6.2.5).
 */
const char *password_weakness(const char *text, const char *email);
/*
 *	ERR_BUSY	no slot became free within two seconds
 */
MUST_CHECK enum err password_hash(
    struct arena *, const struct conf *, const char *text, char **hash);
/*
 * Compare. What does not fit takes the same time whatever hash is, NULL (no such account, or none set) included; where
 * accounts were imported with hashes of bcrypt, BCRYPT_COST must say so for this to hold.
 * *renew: it fits, but was made with lower cost than now configured, or by bcrypt.
 *	ERR_BAD_CREDENTIALS	does not fit
 *	ERR_BUSY		as above
 */
MUST_CHECK enum err password_verify(
    struct arena *, const struct conf *, const char *hash, const char *text, bool *renew);

/* Is it a hash that password_verify can read, whole? */
bool password_importable(const char *hash);

#endif
