/* From an accepted connection to a client: the same stages as every request, then live_wait or live_stream. */
#ifndef LIVE_REQUEST_H
#define LIVE_REQUEST_H

#include "live/parts.h"

/* Take what waits at the listener. */
void request_accept(struct live *, int listener);

#endif
