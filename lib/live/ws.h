/* WebSockets, after their handshake (ws_greet.h). */
#ifndef LIVE_WS_H
#define LIVE_WS_H

#include "live/transport.h"

enum ws_close { /* why one ends: the close codes */
	WS_CLOSE_GOOD = 1000,
	WS_CLOSE_LEAVING = 1001, /* the program ends, or the connection is old */
	WS_CLOSE_KIND = 1003, /* binary message */
	WS_CLOSE_POLICY = 1008,
	WS_CLOSE_FAILED = 1011,
	WS_CLOSE_AUTH = 4001,
	WS_CLOSE_FULL =
	    4008, /* the account has too many: not again before SEAT_LIVE_TURN_S are over */
	WS_CLOSE_RESYNC = 4009
};

extern const struct transport ws_transport;

/* The handshake is done: client, with out, is a WebSocket from now on. */
void ws_begin(struct client *);
void ws_text(struct client *, const char *text, size_t len);
/* Say goodbye and close when that is sent. */
void ws_end(struct client *, enum ws_close);

#endif
