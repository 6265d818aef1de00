#include "live/user.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 16384 }; /* a power of two */

void
user_open(struct users *users)
{
	users->table = calloc(BUCKETS, sizeof(*users->table));
	if (users->table == NULL)
		abort();
}

static size_t
bucket(const char *id)
{
	uint64_t hash = str_hash(id);

	return (hash ^ hash >> 32) & (BUCKETS - 1);
}

struct user *
user_among(const struct users *users, const char *id)
{
	struct user *user = users->table[bucket(id)];

	while (user != NULL && strcmp(user->id, id) != 0)
		user = user->hash_next;
	return user;
}

struct user *
user_next(const struct users *users, const struct user *user)
{
	size_t i = user == NULL ? 0 : bucket(user->id) + 1;

	if (user != NULL && user->hash_next != NULL)
		return user->hash_next;
	while (i < BUCKETS && users->table[i] == NULL)
		i++;
	return i < BUCKETS ? users->table[i] : NULL;
}

/* --- without waiters --- */

void
user_idle(struct users *users, struct user *user, int64_t now_us)
{
	user->idle_us = now_us;
	user->idle_next = NULL;
	user->idle_prev = users->idle_last;
	if (users->idle_last != NULL)
		users->idle_last->idle_next = user;
	else
		users->idle_first = user;
	users->idle_last = user;
}

void
user_busy(struct users *users, struct user *user)
{
	if (user->idle_prev != NULL)
		user->idle_prev->idle_next = user->idle_next;
	else
		users->idle_first = user->idle_next;
	if (user->idle_next != NULL)
		user->idle_next->idle_prev = user->idle_prev;
	else
		users->idle_last = user->idle_prev;
}

bool
user_active(const struct user *user, int64_t now_us)
{
	return user->waiter_count > 0 || user->idle_us > now_us - USER_ACTIVE_US;
}

/* --- coming and going --- */

struct user *
user_make(struct users *users, const char *id, int64_t now_us)
{
	struct user *user = user_among(users, id), **head;

	if (user != NULL)
		return user;
	user = calloc(1, sizeof(*user));
	if (user == NULL)
		abort();
	memcpy(user->id, id, UUID_TEXT_SIZE);
	head = &users->table[bucket(id)];
	user->hash_next = *head;
	*head = user;
	user_idle(users, user, now_us);
	return user;
}

static void
user_free(struct users *users, struct user *user)
{
	struct user **link = &users->table[bucket(user->id)];

	while (*link != user)
		link = &(*link)->hash_next;
	*link = user->hash_next;
	recent_forget(&user->recent, &users->recent_bytes);
	passing_forget(&user->passing);
	free(user);
}

void
user_expire(struct users *users, int64_t now_us)
{
	struct user *user;

	/* One with events of a commit or pass that goes on stands in the list of those: the next time. */
	while ((user = users->idle_first) != NULL && user->idle_us < now_us - USER_IDLE_US &&
	    !user->dirty && !user->brief) {
		user_busy(users, user);
		user_free(users, user);
	}
	for (user = users->idle_first; user != NULL && !user_active(user, now_us);
	     user = user->idle_next)
		recent_forget(&user->recent, &users->recent_bytes);
}

void
user_close(struct users *users)
{
	size_t i;

	for (i = 0; i < BUCKETS; i++)
		while (users->table[i] != NULL)
			user_free(users, users->table[i]);
	free(users->table);
}

/* --- what is known of its events --- */

void
user_known(struct user *user, int64_t seq)
{
	if (seq > user->known_seq)
		user->known_seq = seq;
}

void
user_unsay(struct users *users, struct user *user, int64_t seq)
{
	recent_forget(&user->recent, &users->recent_bytes);
	if (seq > user->unsaid_seq)
		user->unsaid_seq = seq;
}

bool
user_outdated(const struct user *user, int64_t last_seq)
{
	return last_seq < user->unsaid_seq;
}

void
user_reset(struct users *users, struct user *user)
{
	recent_forget(&user->recent, &users->recent_bytes);
	user->known_seq = user->unsaid_seq = user->synced_run = 0;
}

/* Room for len bytes more: of its own first, then of those who left longest ago. */
static bool
make_room(struct users *users, struct user *user, size_t len)
{
	struct user *idle;

	recent_make_room(&user->recent, len, &users->recent_bytes);
	for (idle = users->idle_first; idle != NULL && users->recent_bytes + len > RECENT_TOTAL_MAX;
	     idle = idle->idle_next)
		recent_forget(&idle->recent, &users->recent_bytes);
	return users->recent_bytes + len <= RECENT_TOTAL_MAX;
}

void
user_keep(struct users *users, struct user *user, int64_t seq, const char *text, size_t len)
{
	if (!recent_expects(&user->recent, seq, &users->recent_bytes))
		return;
	if (make_room(users, user, len))
		recent_add(&user->recent, seq, text, len, &users->recent_bytes);
	else
		recent_forget(&user->recent, &users->recent_bytes);
}
