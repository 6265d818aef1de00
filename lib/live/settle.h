/*
 * What a read of the log means for the waiter it was made for: the core's other half. Pure; the core goes on with the
 * waiter, or the caller does what the verdict says.
 */
#ifndef LIVE_SETTLE_H
#define LIVE_SETTLE_H

#include "live/core.h"

/* What was found behind the waiter's cursor, all of one snapshot. */
struct settle_page {
	int64_t epoch;
	int64_t last_seq; /* of the user */
	size_t count; /* events, numbered without a gap */
	int64_t first_seq; /* of these */
};

enum verdict {
	VERDICT_NONE, /* the core goes on with it */
	VERDICT_PAGE, /* tell it these events, and what settle_append adds */
	VERDICT_PRESENT, /* it has no cursor: tell it the present one, { epoch, last_seq } */
	VERDICT_RESYNC /* its cursor is no good: the same, after reading the state again */
};
enum verdict settle_read(struct core *, struct waiter *, const struct settle_page *);
/* Behind a page that was told whole: what the stream has told since. seq: of the last one on the page; returned: the
 * same, then. */
int64_t settle_append(const struct waiter *, int64_t seq, struct batch *);
/* A read could not be made. may_come: it may work soon. Ends it with err, unless it can wait. */
void settle_failed(struct core *, struct waiter *, enum err, bool may_come);

#endif
