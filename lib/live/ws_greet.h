/*
 * The handshake of a WebSocket: a client of a transport of its own, which only knows how to end, until it is a WebSocket
 * whose ticket is being claimed.
 */
#ifndef LIVE_WS_GREET_H
#define LIVE_WS_GREET_H

#include "live/parts.h"

/* Take what waits at the listener. */
void ws_greet_accept(struct live *, int listener);

#endif
