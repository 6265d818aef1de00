/*
 * The frames of one WebSocket, by libwslay. Control frames, fragments, masks, UTF-8 and sizes are libwslay's to judge;
 * it closes with 1002, 1007 or 1009. Bytes to be sent are put into a buffer of the caller's.
 *
 * A context of libwslay has 8 KiB of buffers, and most sockets say nothing most of the time. So one is held only while
 * it knows something: part of a frame, of a fragmented message, or a close. Between whole messages it is like a new
 * one, so it is given back, and a new one is made for the next bytes.
 */
#ifndef LIVE_WS_FRAME_H
#define LIVE_WS_FRAME_H

#include "base/buf.h"

struct ws_frames;

/* Called from ws_frame_read. */
struct ws_handler {
	void *arg;
	bool (*wanted)(void *arg); /* false: read nothing more */
	void (*life)(void *arg); /* something whole came, if only an answer to a ping */
	void (*text)(void *arg, const char *text, size_t len); /* a whole message */
	void (*binary)(void *arg);
	void (*pieces)(void *arg); /* a message comes in too many fragments */
};

/* text_bytes_max: of one message. */
struct ws_frames *ws_frame_new(struct ws_handler, size_t text_bytes_max);
void ws_frame_free(struct ws_frames *); /* NULL is allowed */
enum ws_read {
	WS_READ_BROKEN, /* the connection is of no use any more */
	WS_READ_GOOD,
	WS_READ_OVER /* as ws_frame_finished says it */
};
/* Read what fd has, so much that others have their turn; what is to be answered to it then is put into *out. */
enum ws_read ws_frame_read(struct ws_frames *, int fd, struct buf *out);
/* Nothing is put when it closes already. */
void ws_frame_text(struct ws_frames *, const char *text, size_t len, struct buf *out);
void ws_frame_ping(struct ws_frames *, struct buf *out);
void ws_frame_close(struct ws_frames *, unsigned code, struct buf *out);
/* Both sides have said goodbye, or what the client says is not understood any more. */
bool ws_frame_finished(const struct ws_frames *);

#endif
