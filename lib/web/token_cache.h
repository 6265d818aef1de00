/*
 * Tokens this process has checked lately, so that an ordinary request does not pay for the same signature
 * again. A hit is the whole text, byte for byte; its life is looked at every time, and revocation is the
 * caller's to look up every time. Bounded: TOKEN_CACHE_SLOTS entries, the newer one wins a slot.
 */
#ifndef WEB_TOKEN_CACHE_H
#define WEB_TOKEN_CACHE_H

#include "web/token.h"

enum { TOKEN_CACHE_SLOTS = 256, TOKEN_CACHE_TEXT_MAX = 900 };

struct token_cache;

/* Belongs to the arena, which must live as long as the process. */
struct token_cache *token_cache_new(struct arena *);
/* As token_check; *token points into the cache or the arena, good for this request. */
MUST_CHECK enum err token_cache_check(struct token_cache *, struct arena *, const struct conf *,
    const char *text, struct token *token);

#endif
