/*
 * Access tokens: JWT (RFC 7519), HS256 only, over libjwt with every guard it does not have itself: length
 * and shape before decoding, the algorithm pinned, the key by kid from SECRET_KEYS and never empty,
 * typ, iss, aud, sub, sid, jti, role, iat, nbf, exp present with the right types, leeway 30 s
 * (for nbf and iat only: an expired token is expired).
 */
#ifndef WEB_TOKEN_H
#define WEB_TOKEN_H

#include "base/arena.h"
#include "base/conf.h"
#include "web/route.h"

struct token {
	const char *user_id; /* sub */
	const char *login_id; /* sid */
	enum role role;
	int64_t expires_at_s;
};

/* Sign a token for conf->access_token_s seconds. */
char *token_make(
    struct arena *, const struct conf *, const char *user_id, const char *login_id, enum role role);
/*
 * Check a token's form, signature and claims. Revocation is the caller's to look up (revoke.h).
 *	ERR_UNAUTHORIZED	anything but a token of ours
 *	ERR_TOKEN_EXPIRED	ours, but its time is over
 */
MUST_CHECK enum err token_check(
    struct arena *, const struct conf *, const char *text, struct token *token);
/* "USER" to ROLE_USER; 0 for anything else. */
enum role token_role_parse(const char *text);
/* The other way round. */
const char *token_role_text(enum role);

#endif
