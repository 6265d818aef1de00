/* Waiters: registering, parking, waking, ending. */
#include "base/clock.h"
#include "base/log.h"
#include "web/hub_int.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

/* --- deadlines: a wheel of slots, each a list --- */

static void
wheel_add(struct hub *hub, struct waiter *waiter)
{
	int64_t slot = waiter->deadline_us / WHEEL_SLOT_US + 1;
	struct waiter **head;

	if (slot < hub->wheel_slot)
		slot = hub->wheel_slot;
	if (slot >= hub->wheel_slot + WHEEL_SLOTS)
		slot = hub->wheel_slot + WHEEL_SLOTS - 1;
	head = &hub->wheel[slot % WHEEL_SLOTS];
	waiter->wheel_next = *head;
	if (*head != NULL)
		(*head)->wheel_link = &waiter->wheel_next;
	waiter->wheel_link = head;
	*head = waiter;
}

static void
wheel_remove(struct waiter *waiter)
{
	*waiter->wheel_link = waiter->wheel_next;
	if (waiter->wheel_next != NULL)
		waiter->wheel_next->wheel_link = waiter->wheel_link;
}

void
hub_wheel_turn(struct hub *hub)
{
	int64_t now = clock_monotonic_us() / WHEEL_SLOT_US;

	for (; hub->wheel_slot <= now; hub->wheel_slot++) {
		struct waiter **head = &hub->wheel[hub->wheel_slot % WHEEL_SLOTS];

		while (*head != NULL) /* answering takes it off the list */
			hub_answer_nothing(hub, *head);
	}
}

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

void
hub_register(struct hub *hub, struct waiter *waiter, const char *user_id)
{
	struct hub_user *user = hub_user_make(hub, user_id);

	if (user->waiter_count >= hub->conf->poll_per_user_max)
		hub_answer_nothing(hub, user->first);
	waiter->source = (struct source){client_left, waiter, -1, 0};
	hub_watch(hub, &waiter->source, waiter->http->fd, EPOLLRDHUP);
	hub_user_attach(hub, user, waiter);
	wheel_add(hub, waiter);
	hub->held++;
	metrics_set(hub->worker->metrics, METRIC_POLLS_PARKED, hub->held);
	hub_read(hub, waiter);
}

struct http *
hub_unregister(struct hub *hub, struct waiter *waiter)
{
	struct http *http = waiter->http;

	hub_watch(hub, &waiter->source, -1, 0);
	hub_user_detach(hub, waiter);
	wheel_remove(waiter);
	waiter->http = NULL;
	waiter->state = WAITER_GONE;
	waiter->dead_next = hub->dead;
	hub->dead = waiter;
	hub->held--;
	metrics_set(hub->worker->metrics, METRIC_POLLS_PARKED, hub->held);
	return http;
}

void
hub_bury(struct hub *hub)
{
	struct waiter **link = &hub->dead;

	while (*link != NULL) {
		struct waiter *waiter = *link;

		if (waiter->reading) { /* the pipeline still has its address */
			link = &waiter->dead_next;
			continue;
		}
		*link = waiter->dead_next;
		free(waiter);
	}
}

void
hub_park(struct hub *hub, struct waiter *waiter)
{
	waiter->reads = 0;
	waiter->settled = true;
	if (waiter->at_once || hub->leaving)
		hub_answer_nothing(hub, waiter);
	else
		waiter->state = WAITER_PARKED;
}

void
hub_deliver(struct hub *hub, struct waiter *waiter)
{
	const struct hub_user *user = waiter->user;
	size_t at = hub_user_recent(user, waiter->cursor.seq + 1), i;
	struct event_cursor cursor = waiter->cursor;
	struct buf events;

	if (at == RECENT_MAX) {
		hub_read(hub, waiter);
		return;
	}
	events = buf_new(hub->arena, 1024);
	for (i = at; i < user->recent_count; i++) {
		if (i > at)
			buf_putc(&events, ',');
		buf_add(&events, user->recent[i]->text, user->recent[i]->len);
	}
	cursor.seq += (int64_t)(user->recent_count - at);
	hub_answer_events(hub, waiter, &events, (int64_t)(user->recent_count - at), cursor);
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
	struct visit visit = {fn, arg};

	hub_users_each(hub, visit_user, &visit);
}
