/*
 * The users of the hub: a hash table by id. A user stays for a minute after the last waiter left, so
 * that the highest number it was told is remembered: its next request may carry a cursor that a new
 * snapshot of the database does not show yet.
 */
#include "base/clock.h"
#include "web/hub_int.h"

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

/* FNV-1a over the id's characters. */
static struct hub_user **
bucket(const struct hub *hub, const char *id)
{
	uint32_t hash = UINT32_C(2166136261);

	for (; *id != '\0'; id++)
		hash = (hash ^ (uint8_t)*id) * UINT32_C(16777619);
	return &hub->users[(hash ^ hash >> 16) & (BUCKETS - 1)];
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
	hub->user_count++;
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
	hub->user_count--;
	hub_user_forget(user);
	free(user);
}

void
hub_user_attach(struct hub *hub, struct hub_user *user, struct waiter *waiter)
{
	if (user->waiter_count++ == 0)
		idle_remove(hub, user);
	waiter->user = user;
	waiter->user_next = NULL;
	waiter->user_prev = user->last;
	if (user->last != NULL)
		user->last->user_next = waiter;
	else
		user->first = waiter;
	user->last = waiter;
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
	waiter->user = NULL;
	if (--user->waiter_count == 0) {
		hub_user_forget(user);
		idle_add(hub, user);
	}
}

void
hub_user_known(struct hub_user *user, int64_t seq)
{
	if (seq > user->known_seq)
		user->known_seq = seq;
}

void
hub_user_forget(struct hub_user *user)
{
	while (user->recent_count > 0)
		free(user->recent[--user->recent_count]);
	user->recent_bytes = 0;
}

static void
forget_oldest(struct hub_user *user)
{
	user->recent_bytes -= user->recent[0]->len;
	free(user->recent[0]);
	user->recent_count--;
	memmove(user->recent, user->recent + 1, user->recent_count * sizeof(*user->recent));
}

void
hub_user_keep(struct hub_user *user, int64_t seq, const char *text, size_t len)
{
	int64_t last = user->recent_count == 0 ? 0 : user->recent[user->recent_count - 1]->seq;
	struct recent *recent;

	if (user->recent_count > 0 && seq <= last)
		return; /* known */
	if (user->recent_count > 0 && seq != last + 1)
		hub_user_forget(user);
	recent = malloc(sizeof(*recent) + len + 1);
	if (recent == NULL)
		abort();
	recent->seq = seq;
	recent->len = len;
	memcpy(recent->text, text, len);
	recent->text[len] = '\0';
	if (user->recent_count == RECENT_MAX)
		forget_oldest(user);
	user->recent[user->recent_count++] = recent;
	user->recent_bytes += len;
	while (user->recent_bytes > RECENT_BYTES_MAX && user->recent_count > 1)
		forget_oldest(user);
}

size_t
hub_user_recent(const struct hub_user *user, int64_t seq)
{
	int64_t first = user->recent_count == 0 ? 0 : user->recent[0]->seq;

	if (user->recent_count == 0 || seq < first || seq >= first + (int64_t)user->recent_count)
		return RECENT_MAX;
	return (size_t)(seq - first);
}

void
hub_users_expire(struct hub *hub)
{
	int64_t before = clock_monotonic_us() - USER_IDLE_US;

	while (hub->idle_first != NULL && hub->idle_first->idle_us < before) {
		struct hub_user *user = hub->idle_first;

		idle_remove(hub, user);
		user_free(hub, user);
	}
}

void
hub_users_each(struct hub *hub, void (*fn)(struct hub *, struct hub_user *, void *), void *arg)
{
	size_t i;

	for (i = 0; i < BUCKETS; i++) {
		struct hub_user *user, *next;

		for (user = hub->users[i]; user != NULL; user = next) {
			next = user->hash_next;
			if (user->waiter_count > 0)
				fn(hub, user, arg);
		}
	}
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
