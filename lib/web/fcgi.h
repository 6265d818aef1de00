/*
 * The FastCGI side of a request and of a worker, over libfcgi's FCGX_*_r functions. This is the only
 * file that looks inside FCGX_Request (ipcFd, keepConnection: checked against libfcgi 2.4.2).
 *
 * A worker serves one request at a time over many kept connections: epoll on the listener
 * (EPOLLEXCLUSIVE, so that one idle worker wakes) and on every kept socket; FCGX_Accept_r is called
 * only on what is readable. See the design, decision 11.
 */
#ifndef WEB_FCGI_H
#define WEB_FCGI_H

#include "web/param.h"
#include <fcgiapp.h>

/* One connection from nginx and the request it carries now. */
struct http {
	FCGX_Request fcgi;
	int fd; /* the connection; -1 when there is none */
	const char *params[PARAM__COUNT]; /* of the request; NULL: absent */
};

/* Set up libfcgi once per process: its close timeout, and our signal handlers after its own. */
void http_init(void);
/* Make c ready to accept from listener. */
void http_prepare(struct http *c, int listener);
/* Take a new connection and its request. 0, or -EAGAIN when a sibling was faster, or another error. */
int http_accept(struct http *c);
/* Read the next request on a kept connection. 0, or negative when the peer has gone (c is closed). */
int http_next(struct http *c);
/* End the request. close: also end the connection, kept or not. True when it stays open. */
bool http_finish(struct http *c, bool close);
/* Drop the connection without an answer. */
void http_drop(struct http *c);
/* NULL when absent; good until http_finish. */
static inline const char *
http_param(const struct http *c, enum param param)
{
	return c->params[param];
}
/* Read up to size bytes of the body; the count read. */
size_t http_read(struct http *c, char *bytes, size_t size);
/* Queue reply bytes; false when the peer has gone. */
bool http_write(struct http *c, const char *bytes, size_t len);

/* What libfcgi keeps to read and write with, 17 KB, is given back: from then on only http_param, http_reply,
 * the frames below, http_leave and http_drop may be used. For a request that is held long. */
void http_shrink(struct http *c);
/* Send a whole reply and close; waits until nginx has taken it. */
void http_reply(struct http *c, const char *bytes, size_t len);

/*
 * For a reply that is sent bit by bit, by a loop that must not wait: FastCGI's own frames, to be written
 * to fd by the caller instead of http_write. A frame is its head and len bytes; what ends the reply goes
 * behind the last. Then close with http_leave.
 */
enum { HTTP_FRAME_MAX = 65528, HTTP_FRAME_HEAD_SIZE = 8, HTTP_FRAME_END_SIZE = 24 };
void http_frame_head(const struct http *c, size_t len, uint8_t head[HTTP_FRAME_HEAD_SIZE]);
void http_frame_end(const struct http *c, uint8_t bytes[HTTP_FRAME_END_SIZE]);
/* Close at once: what was written still arrives. */
void http_leave(struct http *c);

/* A listening unix socket (mode 0660), non-blocking; -1 with a message on stderr. An old socket file
 * that nobody listens on is replaced. */
int http_listen(const char *path);
/* The listener systemd passed (the first by LISTEN_FDS, else fd 0), made non-blocking; -1 if none. name:
 * the one of this name (FileDescriptorName); NULL: the first that is not called HTTP_SECOND_NAME. */
#define HTTP_SECOND_NAME "second"
int http_listener_inherited(const char *name);

#endif
