/* One-time codes of authenticator apps (HOTP, RFC 4226) and the base32 of their secrets (RFC 4648), by liboath. */
#ifndef BASE_HOTP_H
#define BASE_HOTP_H

#include "base/arena.h"
#include "base/err.h"

enum { HOTP_DIGITS = 6 };

/* Without padding. */
char *hotp_base32(struct arena *, const void *bytes, size_t len);
/*
 * The place of the code, HOTP_DIGITS characters, among those of count counters from first on; -1: it is none of them.
 * The time it takes does not depend on the code.
 *	ERR_INTERNAL	the secret is no base32
 */
MUST_CHECK enum err hotp_find(
    const char *base32_secret, int64_t first, int count, const char *code, int *place);

#endif
