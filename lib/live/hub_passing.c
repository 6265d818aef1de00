/*
 * Events that are stored nowhere (typing, presence). They reach who waits; between two polls of one
 * client they would be lost, so each is kept for a few seconds, and a client that comes again is given
 * those it was not told. A client is a login here: the cursor says nothing of these events, so the last
 * one told is remembered by login, and none is told to a login twice but to connections it holds at once.
 */
#include "base/clock.h"
#include "base/str.h"
#include "live/hub_int.h"

#include <stdlib.h>
#include <string.h>

static struct mark *
mark_find(struct hub_user *user, uint64_t login)
{
	size_t i;

	for (i = 0; i < MARKS_MAX; i++)
		if (user->marks[i].login == login)
			return &user->marks[i];
	return NULL;
}

void
hub_passing_begin(struct hub *hub, struct waiter *waiter)
{
	const struct mark *mark = mark_find(waiter->user, str_hash(waiter->login_id));

	waiter->told = mark != NULL ? mark->told : hub->passing_count;
}

void
hub_passing_end(struct waiter *waiter)
{
	struct hub_user *user = waiter->user;
	uint64_t login = str_hash(waiter->login_id);
	struct mark *mark = mark_find(user, login);

	if (mark == NULL) {
		mark = &user->marks[user->mark_next];
		user->mark_next = (user->mark_next + 1) % MARKS_MAX;
		*mark = (struct mark){ login, 0 };
	}
	if (waiter->told > mark->told)
		mark->told = waiter->told;
}

static void
drop_oldest(struct hub_user *user)
{
	free(user->passing[0]);
	user->passing_count--;
	memmove(user->passing, user->passing + 1, user->passing_count * sizeof(*user->passing));
}

void
hub_passing_forget(struct hub_user *user)
{
	while (user->passing_count > 0)
		drop_oldest(user);
}

static void
drop_old(struct hub_user *user)
{
	int64_t before = clock_monotonic_us() - PASSING_US;

	while (user->passing_count > 0 && user->passing[0]->at_us < before)
		drop_oldest(user);
}

static void
keep(struct hub *hub, struct hub_user *user, const char *text, size_t len)
{
	struct passing *passing;

	drop_old(user);
	if (len > PASSING_BYTES_MAX)
		return;
	if (user->passing_count == PASSING_MAX)
		drop_oldest(user);
	passing = malloc(sizeof(*passing) + len);
	if (passing == NULL)
		abort();
	passing->number = hub->passing_count;
	passing->at_us = clock_monotonic_us();
	passing->len = len;
	memcpy(passing->text, text, len);
	user->passing[user->passing_count++] = passing;
}

void
hub_passing_tell(struct hub *hub, struct hub_user *user, const char *text, size_t len)
{
	struct waiter *waiter, *next;

	hub->passing_count++;
	keep(hub, user, text, len);
	for (waiter = user->first; waiter != NULL; waiter = next) {
		struct arena_mark mark = arena_mark(hub->arena);
		struct batch *batch;

		next = waiter->user_next;
		if (waiter->state != WAITER_PARKED ||
		    (waiter->live != NULL && !hub_live_has_room(waiter)))
			continue; /* when it parks, or has room */
		waiter->told = hub->passing_count;
		batch = batch_new(hub->arena);
		batch_add(batch, text, len, 0);
		hub_answer_events(hub, waiter, batch, waiter->cursor);
		arena_rewind(hub->arena, mark);
	}
}

bool
hub_passing_catch_up(struct hub *hub, struct waiter *waiter)
{
	struct hub_user *user = waiter->user;
	struct batch *batch;
	size_t i;

	drop_old(user);
	if (user->passing_count == 0 || (waiter->live != NULL && !hub_live_has_room(waiter)) ||
	    user->passing[user->passing_count - 1]->number <= waiter->told)
		return false;
	batch = batch_new(hub->arena);
	for (i = 0; i < user->passing_count; i++)
		if (user->passing[i]->number > waiter->told)
			batch_add(batch, user->passing[i]->text, user->passing[i]->len, 0);
	waiter->told = hub->passing_count;
	hub_answer_events(hub, waiter, batch, waiter->cursor);
	return true;
}
