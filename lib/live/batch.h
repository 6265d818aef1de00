/*
 * Events on their way to one waiter: a page. Pure; lives in an arena.
 */
#ifndef LIVE_BATCH_H
#define LIVE_BATCH_H

#include "base/buf.h"

enum { BATCH_EVENTS = 200 }; /* of one page */

struct batch {
	struct buf text; /* envelopes joined by commas */
	size_t count;
	struct {
		size_t end; /* in text */
		int64_t seq; /* 0: not stored */
	} items[BATCH_EVENTS];
};

struct batch *batch_new(struct arena *);
/* It has BATCH_EVENTS, or bytes_max or more: nothing may be added. */
bool batch_full(const struct batch *, size_t bytes_max);
void batch_add(struct batch *, const char *text, size_t len, int64_t seq); /* seq 0: not stored */
/* The envelope at place i, and its type (letters, points, underscores), both not NUL-terminated. */
const char *batch_item(const struct batch *, size_t i, size_t *len);
const char *batch_type(const struct batch *, size_t i, size_t *len);

#endif
