#include "live/watch.h"
#include "base/log.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void
watch_open(struct watch *watch)
{
	*watch = (struct watch){ .epoll = epoll_create1(EPOLL_CLOEXEC) };
}

void
watch_close(struct watch *watch)
{
	(void)close(watch->epoll);
	free(watch->sources);
}

static struct source **
place(struct watch *watch, int fd)
{
	size_t size = watch->size > 0 ? watch->size : 256;

	while (size <= (size_t)fd)
		size *= 2;
	if (size > watch->size) {
		watch->sources = realloc(watch->sources, size * sizeof(struct source *));
		if (watch->sources == NULL)
			abort();
		memset(watch->sources + watch->size, 0,
		    (size - watch->size) * sizeof(struct source *));
		watch->size = size;
	}
	return &watch->sources[fd];
}

void
watch_set(struct watch *watch, struct source *source, int fd, uint32_t events)
{
	struct epoll_event event = { .events = events, .data = { .ptr = source } };

	if (source->fd >= 0 && source->fd != fd && *place(watch, source->fd) == source) {
		(void)epoll_ctl(watch->epoll, EPOLL_CTL_DEL, source->fd, NULL);
		*place(watch, source->fd) = NULL;
	}
	/* A new connection may have the number of a closed one: it must be added then. */
	if (fd >= 0 && epoll_ctl(watch->epoll, EPOLL_CTL_MOD, fd, &event) != 0 &&
	    (errno != ENOENT || epoll_ctl(watch->epoll, EPOLL_CTL_ADD, fd, &event) != 0))
		log_error("epoll_ctl", LOG_STR("error", strerror(errno)));
	if (fd >= 0)
		*place(watch, fd) = source;
	source->fd = fd;
	source->events = events;
}

void
watch_poll(struct watch *watch, struct source *source, int fd, short events)
{
	watch_set(watch, source, fd,
	    ((events & POLLIN) != 0 ? (uint32_t)EPOLLIN : 0) |
		((events & POLLOUT) != 0 ? (uint32_t)EPOLLOUT : 0));
}

void
watch_wait(struct watch *watch, int timeout_ms)
{
	watch->count = epoll_wait(watch->epoll, watch->events, WATCH_EVENTS_MAX, timeout_ms);
}

void
watch_tell(struct watch *watch)
{
	int i;

	for (i = 0; i < watch->count; i++) {
		struct source *source = watch->events[i].data.ptr;

		source->ready(source->owner, watch->events[i].events);
	}
}
