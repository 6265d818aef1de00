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

#include "base/base.h"
#include <fcgiapp.h>

/* One connection from nginx and the request it carries now. */
struct http {
	FCGX_Request fcgi;
	int fd; /* the connection; -1 when there is none */
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
const char *http_param(const struct http *c, const char *name); /* NULL when absent */
/* Read up to size bytes of the body; the count read. */
size_t http_read(struct http *c, char *bytes, size_t size);
/* Queue reply bytes; false when the peer has gone. */
bool http_write(struct http *c, const char *bytes, size_t len);

/* A listening unix socket (mode 0660), non-blocking; -1 with a message on stderr. An old socket file
 * that nobody listens on is replaced. */
int http_listen(const char *path);
/* The listener systemd passed (fd 3 by LISTEN_FDS, else fd 0), made non-blocking; -1 if none. */
int http_listener_inherited(void);

#endif
