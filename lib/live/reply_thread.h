/*
 * The threads that send replies: that may wait for nginx to take them, which the loop must not. A finished reply
 * passes to them whole, the connection included; nothing else is shared.
 */
#ifndef LIVE_REPLY_THREAD_H
#define LIVE_REPLY_THREAD_H

#include "web/fcgi.h"

enum { REPLY_THREADS = 2 };

struct reply_threads;

struct reply_threads *reply_thread_start(void);
void reply_thread_stop(struct reply_threads *); /* when everything queued is sent */
/* Queue a finished reply; http (from malloc) passes to the threads. */
void reply_thread_send(struct reply_threads *, struct http *, const char *bytes, size_t len);

#endif
