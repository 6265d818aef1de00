/* Waiters: registering, parking, waking, ending. */
#include "base/clock.h"
#include "base/log.h"
#include "live/hub_int.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

/* --- a waiter's life --- */

static void
client_left(struct hub *hub, void *owner, uint32_t events)
{
	struct waiter *waiter = owner;
	struct http *http;

	if (waiter->state == WAITER_GONE || (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) == 0)
		return;
	http = hub_unregister(hub, waiter);
	http_drop(http);
	free(http);
}

struct waiter *
hub_waiter_new(struct hub *hub)
{
	struct waiter *waiter;

	if (hub->held >= hub->held_max)
		return NULL;
	waiter = calloc(1, sizeof(*waiter));
	if (waiter == NULL)
		abort();
	waiter->hub = hub;
	waiter->source.fd = -1;
	hub->held++;
	return waiter;
}

static void
count(struct hub *hub)
{
	metrics_set(hub->worker->metrics, METRIC_POLLS_PARKED, hub->held - hub->live_count);
	metrics_set(hub->worker->metrics, METRIC_STREAMS_OPEN, hub->live_count);
}

/* Without a look at the database, when what is known of the user is the truth. An answer at once
 * (wait=0) is read all the same: it may ask for what was committed a moment ago. */
static bool
settle_known(struct hub *hub, struct waiter *waiter)
{
	const struct hub_user *user = waiter->user;

	if (!waiter->has_cursor || !hub_user_synced(hub, user) ||
	    waiter->cursor.epoch != hub->epoch || waiter->cursor.seq > user->known_seq)
		return false;
	if (waiter->cursor.seq < user->known_seq) {
		if (hub_user_recent(user, waiter->cursor.seq + 1) == RECENT_MAX)
			return false;
		hub_deliver(hub, waiter);
		return true;
	}
	if (waiter->at_once)
		return false;
	hub_park(hub, waiter);
	return true;
}

void
hub_register(struct hub *hub, struct waiter *waiter, const char *user_id)
{
	struct hub_user *user = hub_user_make(hub, user_id);

	waiter->retry_after_s = hub_seat_take(hub, user, waiter);
	if (waiter->retry_after_s > 0) {
		hub_answer_error(hub, waiter, ERR_RATE);
		return;
	}
	if (waiter->http != NULL) {
		waiter->source =
		    (struct source){ waiter->live != NULL ? hub_live_ready : client_left, waiter,
			    -1, 0 };
		hub_watch(hub, &waiter->source, waiter->http->fd, EPOLLRDHUP);
	}
	hub_user_attach(hub, user, waiter);
	hub_passing_begin(hub, waiter);
	hub_wheel_set(hub, waiter, waiter->deadline_us);
	count(hub);
	if (!settle_known(hub, waiter))
		hub_read(hub, waiter);
}

struct http *
hub_unregister(struct hub *hub, struct waiter *waiter)
{
	struct http *http = waiter->http;

	hub_watch(hub, &waiter->source, -1, 0);
	if (waiter->user != NULL) {
		hub_passing_end(waiter);
		hub_user_detach(hub, waiter);
	}
	hub_wheel_remove(waiter);
	waiter->http = NULL;
	waiter->state = WAITER_GONE;
	waiter->dead_next = hub->dead;
	hub->dead = waiter;
	hub->held--;
	if (waiter->live != NULL)
		hub->live_count--;
	count(hub);
	return http;
}

void
hub_bury(struct hub *hub)
{
	struct waiter **link = &hub->dead;

	while (*link != NULL) {
		struct waiter *waiter = *link;

		if (waiter->asked > 0 || waiter->ready) { /* its address is still held */
			link = &waiter->dead_next;
			continue;
		}
		*link = waiter->dead_next;
		hub_live_free(waiter->live);
		free(waiter);
	}
}

void
hub_park(struct hub *hub, struct waiter *waiter)
{
	waiter->reads = 0;
	waiter->settled = true;
	waiter->state = WAITER_PARKED;
	if (waiter->live != NULL)
		hub_live_open(hub, waiter);
	if (waiter->state != WAITER_PARKED || hub_passing_catch_up(hub, waiter))
		return;
	if (waiter->at_once || hub->leaving)
		hub_answer_nothing(hub, waiter);
}

void
hub_deliver(struct hub *hub, struct waiter *waiter)
{
	const struct hub_user *user = waiter->user;
	size_t at = hub_user_recent(user, waiter->cursor.seq + 1);
	struct event_cursor cursor = waiter->cursor;
	struct batch *batch;

	if (hub->life != LIFE_GOOD) {
		waiter->state = WAITER_PARKED; /* it is read again when that is clear */
		return;
	}
	if (waiter->live != NULL && !hub_live_has_room(waiter)) {
		waiter->state = WAITER_PARKED; /* it has its turn when it has room */
		return;
	}
	if (at == RECENT_MAX) {
		hub_read(hub, waiter);
		return;
	}
	batch = batch_new(hub->arena);
	hub_user_collect(user, at, waiter->live != NULL ? LIVE_PAGE_BYTES : POLL_PAGE_BYTES, batch);
	cursor.seq += (int64_t)batch->count;
	hub_answer_events(hub, waiter, batch, cursor);
}

/* --- turns: of many that are ready, each gets a page before one gets two --- */

void
hub_ready(struct hub *hub, struct waiter *waiter)
{
	if (waiter->ready)
		return;
	waiter->ready = true;
	waiter->ready_next = NULL;
	*hub->ready_last = waiter;
	hub->ready_last = &waiter->ready_next;
}

void
hub_ready_turn(struct hub *hub)
{
	struct waiter *waiter = hub->ready_first, *next;

	hub->ready_first = NULL;
	hub->ready_last = &hub->ready_first;
	for (; waiter != NULL; waiter = next) {
		struct arena_mark mark = arena_mark(hub->arena);

		next = waiter->ready_next;
		waiter->ready = false;
		if (waiter->state == WAITER_PARKED && waiter->cursor.seq < waiter->user->known_seq)
			hub_deliver(hub, waiter);
		arena_rewind(hub->arena, mark);
	}
}

void
hub_wake(struct hub *hub, struct hub_user *user)
{
	struct arena_mark mark = arena_mark(hub->arena);
	struct waiter *waiter, *next;

	for (waiter = user->first; waiter != NULL; waiter = next) {
		next = waiter->user_next;
		if (waiter->state == WAITER_PARKED && waiter->cursor.seq < user->known_seq)
			hub_deliver(hub, waiter);
	}
	arena_rewind(hub->arena, mark);
}

struct visit {
	void (*fn)(struct hub *, struct waiter *, void *);
	void *arg;
};

static void
visit_user(struct hub *hub, struct hub_user *user, void *arg)
{
	const struct visit *visit = arg;
	struct waiter *waiter, *next;

	for (waiter = user->first; waiter != NULL; waiter = next) {
		next = waiter->user_next;
		visit->fn(hub, waiter, visit->arg);
	}
}

void
hub_each_waiter(struct hub *hub, void (*fn)(struct hub *, struct waiter *, void *), void *arg)
{
	struct visit visit = { fn, arg };

	hub_users_each(hub, visit_user, &visit);
}
