/*
 * One POST to an outside service, with the limits of transfer.h: https (or http to this machine), 10 s in all, an
 * answer of at most HTTP_ANSWER_MAX bytes, no redirects.
 */
#ifndef EXT_HTTP_CLIENT_H
#define EXT_HTTP_CLIENT_H

#include "base/arena.h"
#include "base/err.h"

enum { HTTP_ANSWER_MAX = 1024 * 1024, HTTP_TOTAL_MS = 10000 };

struct http_call {
	const char *url;
	const char *user, *password; /* basic authentication; NULL: none */
	const char *const *headers; /* "Name: value", each one line; NULL-terminated */
	const char *body;
};
struct http_answer {
	int status;
	const char *body;
	int64_t retry_after_s; /* what it asked for; 0: nothing */
};

/*
 * Ask, and wait for the answer, of whatever status. Never inside a transaction.
 *	ERR_UNAVAILABLE	there was none, or it was too long; *why says which, in a word or a few
 */
MUST_CHECK enum err http_post(
    struct arena *, const struct http_call *, struct http_answer *, const char **why);
/* A header line's value: control characters, line ends among them, become blanks. */
char *http_header_safe(struct arena *, const char *text);

#endif
