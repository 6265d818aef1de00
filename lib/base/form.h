/*
 * Queries and forms as they are sent.
 */
#ifndef BASE_FORM_H
#define BASE_FORM_H

#include "base/arena.h"
#include "base/err.h"

/* One name=value pair of a query or form. */
struct pair {
	const char *name, *value;
};
/*
 * Decode application/x-www-form-urlencoded (WHATWG URL standard) into at most max pairs.
 *	ERR_BAD_REQUEST	a bad %XX, NUL, bad UTF-8, or more than max pairs
 */
MUST_CHECK enum err form_decode(
    struct arena *, const char *text, size_t len, struct pair *pairs, size_t max, size_t *count);
/* The value of name; NULL when absent. */
const char *form_get(const struct pair *pairs, size_t count, const char *name);

#endif
