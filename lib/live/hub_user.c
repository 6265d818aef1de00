/*
 * The users of the hub: a hash table by id. A user stays for a minute after the last waiter left, so
 * that the highest number it was told is remembered: its next request may carry a cursor that a new
 * snapshot of the database does not show yet, or may be answered without one.
 */
#include "base/clock.h"
#include "base/str.h"
#include "live/hub_int.h"

#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 16384 }; /* a power of two */

void
hub_users_open(struct hub *hub)
{
	hub->users = calloc(BUCKETS, sizeof(struct hub_user *));
	if (hub->users == NULL)
		abort();
}

static struct hub_user **
bucket(const struct hub *hub, const char *id)
{
	uint64_t hash = str_hash(id);

	return &hub->users[(hash ^ hash >> 32) & (BUCKETS - 1)];
}

struct hub_user *
hub_user_find(struct hub *hub, const char *id)
{
	struct hub_user *user = *bucket(hub, id);

	while (user != NULL && strcmp(user->id, id) != 0)
		user = user->hash_next;
	return user;
}

static void
idle_add(struct hub *hub, struct hub_user *user)
{
	user->idle_us = clock_monotonic_us();
	user->idle_next = NULL;
	user->idle_prev = hub->idle_last;
	if (hub->idle_last != NULL)
		hub->idle_last->idle_next = user;
	else
		hub->idle_first = user;
	hub->idle_last = user;
}

static void
idle_remove(struct hub *hub, struct hub_user *user)
{
	if (user->idle_prev != NULL)
		user->idle_prev->idle_next = user->idle_next;
	else
		hub->idle_first = user->idle_next;
	if (user->idle_next != NULL)
		user->idle_next->idle_prev = user->idle_prev;
	else
		hub->idle_last = user->idle_prev;
}

struct hub_user *
hub_user_make(struct hub *hub, const char *id)
{
	struct hub_user *user = hub_user_find(hub, id), **head;

	if (user != NULL)
		return user;
	user = calloc(1, sizeof(*user));
	if (user == NULL)
		abort();
	memcpy(user->id, id, UUID_TEXT_SIZE);
	head = bucket(hub, id);
	user->hash_next = *head;
	*head = user;
	idle_add(hub, user);
	return user;
}

static void
user_free(struct hub *hub, struct hub_user *user)
{
	struct hub_user **link = bucket(hub, user->id);

	while (*link != user)
		link = &(*link)->hash_next;
	*link = user->hash_next;
	hub_user_forget(hub, user);
	hub_passing_forget(user);
	free(user);
}

void
hub_user_attach(struct hub *hub, struct hub_user *user, struct waiter *waiter)
{
	if (user->waiter_count++ == 0)
		idle_remove(hub, user);
	user->seats[waiter->seat]++;
	waiter->user = user;
	waiter->user_next = NULL;
	waiter->user_prev = user->last;
	if (user->last != NULL)
		user->last->user_next = waiter;
	else
		user->first = waiter;
	user->last = waiter;
	hub_presence_arrive(hub, waiter);
}

void
hub_user_detach(struct hub *hub, struct waiter *waiter)
{
	struct hub_user *user = waiter->user;

	if (waiter->user_prev != NULL)
		waiter->user_prev->user_next = waiter->user_next;
	else
		user->first = waiter->user_next;
	if (waiter->user_next != NULL)
		waiter->user_next->user_prev = waiter->user_prev;
	else
		user->last = waiter->user_prev;
	user->seats[waiter->seat]--;
	waiter->user = NULL;
	hub_presence_leave(hub, waiter);
	if (--user->waiter_count == 0)
		idle_add(hub, user);
}

bool
hub_user_active(const struct hub_user *user)
{
	return user->waiter_count > 0 || user->idle_us > clock_monotonic_us() - USER_ACTIVE_US;
}

void
hub_users_expire(struct hub *hub)
{
	int64_t now = clock_monotonic_us();
	struct hub_user *user;

	/* One with events of a commit that is still being read stands in the list of those: the next time. */
	while (hub->idle_first != NULL && hub->idle_first->idle_us < now - USER_IDLE_US &&
	    !hub->idle_first->dirty) {
		user = hub->idle_first;
		idle_remove(hub, user);
		user_free(hub, user);
	}
	for (user = hub->idle_first; user != NULL && !hub_user_active(user); user = user->idle_next)
		hub_user_forget(hub, user);
}

void
hub_users_all(struct hub *hub, void (*fn)(struct hub *, struct hub_user *, void *), void *arg)
{
	struct hub_user *user, *next;
	size_t i;

	for (i = 0; i < BUCKETS; i++)
		for (user = hub->users[i]; user != NULL; user = next) {
			next = user->hash_next;
			fn(hub, user, arg);
		}
}

struct visit {
	void (*fn)(struct hub *, struct hub_user *, void *);
	void *arg;
};

static void
visit_waiting(struct hub *hub, struct hub_user *user, void *arg)
{
	const struct visit *visit = arg;

	if (user->waiter_count > 0)
		visit->fn(hub, user, visit->arg);
}

void
hub_users_each(struct hub *hub, void (*fn)(struct hub *, struct hub_user *, void *), void *arg)
{
	struct visit visit = { fn, arg };

	hub_users_all(hub, visit_waiting, &visit);
}

void
hub_users_close(struct hub *hub)
{
	size_t i;

	for (i = 0; i < BUCKETS; i++)
		while (hub->users[i] != NULL)
			user_free(hub, hub->users[i]);
	free(hub->users);
}
