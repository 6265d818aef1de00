#include "live/door.h"
#include "base/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

enum { PAUSE_US = 100000 };

/* A listener. */
struct leaf {
	struct live *live;
	door_accept *accept;
	struct source source;
	int fd; /* -1: there is none */
};

struct door {
	struct leaf first, second;
	bool open;
	int64_t open_us; /* monotonic: nobody is let in before; 0: they are */
};

static void
ready(void *owner, uint32_t events)
{
	const struct leaf *leaf = owner;

	(void)events;
	if (!leaf->live->core.leaving)
		leaf->accept(leaf->live, leaf->fd);
}

static void
leaf_set(struct leaf *leaf, struct live *live, int fd, door_accept *accept)
{
	*leaf = (struct leaf){ live, accept, { ready, leaf, -1, 0 }, fd };
}

struct door *
door_new(struct live *live, int listener, door_accept *take, int second, door_accept *take_second)
{
	struct door *door = calloc(1, sizeof(*door));

	if (door == NULL)
		abort();
	leaf_set(&door->first, live, listener, take);
	leaf_set(&door->second, live, second, take_second);
	return door;
}

void
door_free(struct door *door)
{
	free(door);
}

static void
watch_both(struct live *live, bool on)
{
	struct door *door = live->door;

	watch_set(&live->watch, &door->first.source, on ? door->first.fd : -1, EPOLLIN);
	watch_set(&live->watch, &door->second.source, on ? door->second.fd : -1, EPOLLIN);
}

void
door_open(struct live *live)
{
	if (live->door->open || live->core.leaving)
		return;
	live->door->open = true;
	watch_both(live, true);
}

void
door_shut(struct live *live)
{
	const struct leaf *first = &live->door->first;

	if (live->door->open)
		first->accept(live, first->fd);
	watch_both(live, false);
}

void
door_failed(struct live *live, int error)
{
	if (error != EMFILE && error != ENFILE && error != ENOBUFS && error != ENOMEM)
		return;
	if (live->door->open_us == 0)
		log_warn("cannot accept", LOG_STR("error", strerror(error)));
	live->door->open_us = live->core.now_us + PAUSE_US;
	watch_both(live, false);
}

void
door_tick(struct live *live)
{
	struct door *door = live->door;

	if (door->open_us == 0 || live->core.now_us < door->open_us || live->core.leaving)
		return;
	door->open_us = 0;
	watch_both(live, true);
}
