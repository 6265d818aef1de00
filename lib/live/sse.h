/* Server-sent events (WHATWG HTML, section 9.2): a request whose reply goes on. */
#ifndef LIVE_SSE_H
#define LIVE_SSE_H

#include "live/transport.h"

extern const struct transport sse_transport;

/* Make a stream of a new client, which has its request. */
void sse_begin(struct client *);

#endif
