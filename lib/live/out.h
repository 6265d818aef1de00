/*
 * Bytes to the socket of a client that stays. The loop writes to it itself and never waits. What the socket does not
 * take is kept, and no more events are added before it is gone (waiter.full); one that takes nothing for long is
 * closed, and its client goes on from its cursor. What a client cannot take at once waits in memory, at most a page of
 * events: more is read from the log when that is gone, so a slow client costs little and misses nothing.
 */
#ifndef LIVE_OUT_H
#define LIVE_OUT_H

#include "live/transport.h"

enum { OUT_CLOSE_US = 2000000 }; /* for a client to take the goodbye */

struct out {
	bool open; /* the first word was said */
	char *bytes; /* what the socket did not take yet, from start on; NULL: nothing */
	size_t start, len, size;
	int64_t moved_us; /* monotonic: when the socket took bytes last */
	int64_t until_us; /* monotonic: to be closed then, so that the client shows its token again */
	unsigned unanswered; /* pings */
};

/* Make a client of a new one that stays. */
void out_begin(struct client *);
void out_free(struct client *); /* of a transport */
/* Send, or keep what the socket does not take. The client may be gone afterwards; nothing is sent to one that is. */
void out_send(struct client *, const char *bytes, size_t len);
/* The same, with all that is sent then: it takes more events, or is closed. After the last bytes of a turn. */
void out_settle(struct client *);
/* Watch the socket for what is wanted of it now. */
void out_watch(struct client *);
/* The socket is ready: for anything but reading. */
void out_ready(struct client *, uint32_t events);
/* Let it go when what follows is sent, and all that was: it is of no user from now on. */
void out_close(struct client *);
/* Read and forget what still comes from one that was told goodbye. */
void out_read_away(struct client *);
/* No more is sent; nginx closes once it has all. */
void out_shut(struct client *);

enum out_due {
	OUT_DEAD, /* a greeting or a goodbye that took too long, or no life: drop it */
	OUT_OLD, /* end it */
	OUT_ALIVE /* show life */
};
/* What a client is whose deadline has come. */
enum out_due out_due(const struct client *);

#endif
