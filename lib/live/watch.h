/*
 * What epoll watches. Each source is told when its descriptor is ready. libpq closes descriptors and opens others
 * within a step, and reply threads close theirs at any time: by the time a source hears of it, the number may be that
 * of another source's connection. So who has which is kept here.
 */
#ifndef LIVE_WATCH_H
#define LIVE_WATCH_H

#include "base/base.h"
#include <sys/epoll.h>

enum { WATCH_EVENTS_MAX = 256 }; /* told at once */

struct source {
	void (*ready)(void *owner, uint32_t events);
	void *owner;
	int fd; /* registered; -1: none */
	uint32_t events; /* registered */
};

struct watch {
	int epoll;
	struct source **sources; /* by descriptor: whose it is; NULL: nobody's */
	size_t size;
	struct epoll_event events[WATCH_EVENTS_MAX];
	int count; /* of these */
};

void watch_open(struct watch *);
void watch_close(struct watch *);
/* Register, change or drop what is watched for a source; fd -1: nothing. The descriptor that was watched may be closed
 * by now, and another source's. Whoever lets one be readable must read it, or watch it for something else meanwhile:
 * epoll tells it again and again. */
void watch_set(struct watch *, struct source *, int fd, uint32_t events);
/* As poll's flags say, which libpq speaks in. */
void watch_poll(struct watch *, struct source *, int fd, short events);
/* Wait for at most timeout_ms until some are ready; tell them. */
void watch_wait(struct watch *, int timeout_ms);
void watch_tell(struct watch *);

#endif
