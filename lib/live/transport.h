/*
 * A client: a waiter and its connection; and the table of operations by which it is answered. Each operation may end
 * the client it is given (client_release, client_drop), and no other: it is of no user then and gets no more work, but
 * stays in memory until the pass of the loop is over.
 */
#ifndef LIVE_TRANSPORT_H
#define LIVE_TRANSPORT_H

#include "live/parts.h"

struct client;
struct device;
struct http;
struct out;

struct transport {
	const char *name; /* in the log */
	bool hears; /* what it says is read */
	/* Its socket is ready; a source's function. */
	void (*ready)(void *client, uint32_t events);
	/* It waits from now on: the first word to a client whose cursor is good, if it was not said. */
	void (*parked)(struct client *);
	/* Tell it these events (none: only where it stands), and that its cursor is cursor from now on. */
	void (*events)(struct client *, const struct batch *, struct event_cursor);
	/* Its cursor is no good: read the state again, and go on from fresh. */
	void (*resync)(struct client *, struct event_cursor fresh);
	/* End it: for want of events, for another one of the same user, or with an error. */
	void (*nothing)(struct client *);
	void (*yield)(struct client *);
	void (*error)(struct client *, enum err);
	/* Its deadline has come. */
	void (*due)(struct client *);
	/* It closes, and all was sent; only of one with out. */
	void (*sent)(struct client *);
	/* Give back out and own, at the very end; NULL: there is neither. */
	void (*free)(struct client *);
};

struct client {
	struct waiter waiter; /* first: a waiter is found as its client */
	struct live *live;
	const struct transport *transport;
	struct source source; /* the socket; of a poll only to notice that the client left */
	struct http *http; /* NULL when gone, and without FastCGI */
	struct out *out; /* of one that stays */
	void *own; /* the transport's */
	struct device *device; /* its login, present while it waits; NULL with waiter.user */
	const struct route *route;
	int64_t began_us, deadline_us;
	enum role role;
	int retry_after_s; /* told with an error; 0: not */
	unsigned asked; /* answers of the pipeline still to come: its address is held */
	unsigned calls; /* of these, what it asked for */
	unsigned refusals; /* in a row, for coming too fast */
};

static inline struct client *
client_of(struct waiter *waiter)
{
	return (struct client *)(void *)waiter;
}

#endif
