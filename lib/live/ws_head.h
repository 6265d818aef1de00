/*
 * The opening handshake of a WebSocket (RFC 6455, section 4): pure, one head in, a struct out. Frames are
 * libwslay's. nginx has read the head before us and passes it on; we trust nothing of it all the same:
 * a strict subset of HTTP/1.1 is read, whatever is unusual is refused.
 */
#ifndef LIVE_WS_HEAD_H
#define LIVE_WS_HEAD_H

#include "base/arena.h"

enum { WS_HEAD_BYTES_MAX = 8 * 1024, WS_HEADERS_MAX = 64, WS_ACCEPT_SIZE = 29 };
#define WS_PROTOCOL "confab.v1"

/* Texts live in the arena. */
struct ws_head {
	size_t head_len; /* bytes up to the first frame */
	const char *path, *query; /* as sent; query "" without */
	const char *key;
	const char *origin; /* NULL: not a browser */
	const char *request_id, *ip; /* as nginx tells them; "" without */
	bool protocol; /* WS_PROTOCOL was offered */
};

/*
 * Read the head at the beginning of len bytes. 0: it has not ended yet; 101: *request is good; else the
 * HTTP status to refuse it with:
 * request_id is set whenever the head is well-formed.
 *	400	not a request head we take, or not a handshake
 *	405	another method than GET
 *	426	no upgrade to a WebSocket, or of another version than 13
 *	431	too long, or too many headers
 */
int ws_head_parse(struct arena *, const char *bytes, size_t len, struct ws_head *request);
/* Sec-WebSocket-Accept for a key. */
void ws_head_accept(const char *key, char accept[WS_ACCEPT_SIZE]);

#endif
