/* The life of a client: made, let go, given back. */
#ifndef LIVE_CLIENT_H
#define LIVE_CLIENT_H

#include "live/transport.h"

enum {
	CLIENT_POLL_BYTES = 1024 * 1024, /* of one page */
	CLIENT_STAY_BYTES =
	    64 * 1024 /* the same for one that stays, which gets more when that is sent */
};

/* A new client that nobody knows yet; NULL when too many are held. */
struct client *client_make(struct live *, const struct transport *);
/* It is gone, and nothing of it is watched; http is the caller's, who answers or drops it (NULL: it has none). */
struct http *client_release(struct client *);
/* The same, and its connection is closed: what was written still arrives. */
void client_drop(struct client *);
bool client_gone(const struct client *);
void client_forget(struct client *);

#endif
