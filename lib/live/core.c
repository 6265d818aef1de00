#include "live/core.h"

#include <stddef.h>

void
core_open(struct core *core, int64_t now_us)
{
	*core = (struct core){ .now_us = now_us };
	core->work_last = &core->work_first;
	user_open(&core->users);
	deadline_open(&core->deadlines, now_us);
}

void
core_close(struct core *core)
{
	user_close(&core->users);
}

/* --- work --- */

void
core_want(struct core *core, struct waiter *waiter, enum work work)
{
	if (work > waiter->work)
		waiter->work = work;
	if (waiter->queued)
		return;
	waiter->queued = true;
	waiter->work_next = NULL;
	*core->work_last = waiter;
	core->work_last = &waiter->work_next;
}

void
core_fail(struct core *core, struct waiter *waiter, enum err err)
{
	waiter->err = err;
	core_want(core, waiter, WORK_ERROR);
}

bool
core_busy(const struct core *core)
{
	return core->work_first != NULL;
}

void
core_turn(struct core *core)
{
	core->turn = core->work_first;
	core->work_first = NULL;
	core->work_last = &core->work_first;
}

/* A turn is also the end of what came in this pass. */
static void
trim_passing(struct core *core)
{
	while (core->brief != NULL) {
		struct user *user = core->brief;

		core->brief = user->brief_next;
		user->brief = false;
		passing_trim(&user->passing);
	}
}

struct waiter *
core_take(struct core *core)
{
	struct waiter *waiter = core->turn;

	if (waiter == NULL) {
		trim_passing(core);
		return NULL;
	}
	core->turn = waiter->work_next;
	waiter->queued = false;
	return waiter;
}

/* --- coming and going --- */

/* Known without a look at the database. What wants no waiting is read all the same: it may ask for what was committed
 * a moment ago. */
static enum work
first_work(const struct core *core, const struct waiter *waiter)
{
	const struct user *user = waiter->user;

	if (!waiter->has_cursor || core->run <= 0 || user->synced_run != core->run ||
	    waiter->cursor.epoch != core->epoch || waiter->cursor.seq > user->known_seq)
		return WORK_READ;
	if (waiter->cursor.seq == user->known_seq)
		return waiter->at_once ? WORK_READ : WORK_PARK;
	return recent_find(&user->recent, waiter->cursor.seq + 1) == RECENT_MAX ? WORK_READ
										: WORK_DELIVER;
}

static void
user_link(struct user *user, struct waiter *waiter)
{
	waiter->user_next = NULL;
	waiter->user_prev = user->last;
	if (user->last != NULL)
		user->last->user_next = waiter;
	else
		user->first = waiter;
	user->last = waiter;
}

static void
user_unlink(struct user *user, struct waiter *waiter)
{
	if (waiter->user_prev != NULL)
		waiter->user_prev->user_next = waiter->user_next;
	else
		user->first = waiter->user_next;
	if (waiter->user_next != NULL)
		waiter->user_next->user_prev = waiter->user_prev;
	else
		user->last = waiter->user_prev;
}

void
core_attach(struct core *core, struct user *user, struct waiter *waiter)
{
	enum work work;

	if (user->waiter_count++ == 0)
		user_busy(&core->users, user);
	user->seats[waiter->seat]++;
	user_link(user, waiter);
	waiter->user = user;
	waiter->told = passing_begin(&user->passing, waiter->login_id, core->passing_count);
	work = first_work(core, waiter);
	waiter->state = WAITER_ASKING;
	if (work == WORK_PARK)
		core_park(core, waiter);
	else if (work == WORK_DELIVER)
		core_told(waiter, waiter->cursor);
	core_want(core, waiter, work);
}

static void
detach(struct core *core, struct waiter *waiter)
{
	struct user *user = waiter->user;

	if (user == NULL)
		return;
	passing_end(&user->passing, waiter->login_id, waiter->told);
	user_unlink(user, waiter);
	user->seats[waiter->seat]--;
	waiter->user = NULL;
	if (--user->waiter_count == 0)
		user_idle(&core->users, user, core->now_us);
}

void
core_leave(struct core *core, struct waiter *waiter, enum waiter_state state)
{
	detach(core, waiter);
	deadline_remove(&waiter->deadline);
	waiter->state = state;
	if (waiter->left)
		return;
	waiter->left = true;
	waiter->left_next = core->left;
	core->left = waiter;
}

struct waiter *
core_left(struct core *core)
{
	struct waiter *waiter = core->left;

	if (waiter != NULL) {
		core->left = waiter->left_next;
		waiter->left = false;
	}
	return waiter;
}

struct waiter *
core_next(const struct core *core, const struct waiter *waiter)
{
	const struct user *user = waiter == NULL ? NULL : waiter->user;

	if (waiter != NULL && waiter->user_next != NULL)
		return waiter->user_next;
	do
		user = user_next(&core->users, user);
	while (user != NULL && user->first == NULL);
	return user == NULL ? NULL : user->first;
}

/* --- deadlines --- */

void
core_deadline(struct core *core, struct waiter *waiter, int64_t due_us)
{
	deadline_set(&core->deadlines, &waiter->deadline, due_us);
}

static struct waiter *
waiter_of(struct deadline *deadline)
{
	return deadline == NULL
	    ? NULL
	    : (struct waiter *)(void *)((char *)deadline - offsetof(struct waiter, deadline));
}

struct waiter *
core_due(struct core *core)
{
	return waiter_of(deadline_take(&core->deadlines, core->now_us));
}

struct waiter *
core_any(struct core *core)
{
	return waiter_of(deadline_any(&core->deadlines));
}

/* --- waiting --- */

bool
core_behind(const struct waiter *waiter)
{
	return waiter->cursor.seq < waiter->user->known_seq;
}

bool
core_has_room(const struct waiter *waiter)
{
	return !waiter->full &&
	    (waiter->acked_seq < 0 || waiter->cursor.seq - waiter->acked_seq < CORE_ACK_WINDOW);
}

void
core_told(struct waiter *waiter, struct event_cursor cursor)
{
	waiter->cursor = cursor;
	waiter->has_cursor = true;
	waiter->reads = 0;
	waiter->settled = true;
	waiter->state = WAITER_PARKED;
}

void
core_park(struct core *core, struct waiter *waiter)
{
	waiter->reads = 0;
	waiter->settled = true;
	waiter->state = WAITER_PARKED;
	core_want(core, waiter, WORK_PARK);
}

void
core_room(struct core *core, struct waiter *waiter)
{
	waiter->full = false;
	if (waiter->state == WAITER_PARKED &&
	    (core_behind(waiter) || passing_news(&waiter->user->passing, waiter->told)))
		core_want(core, waiter, WORK_DELIVER);
}

/* --- what comes to pass --- */

static void
wake(struct core *core, struct user *user)
{
	struct waiter *waiter;

	for (waiter = user->first; waiter != NULL; waiter = waiter->user_next)
		if (waiter->state == WAITER_PARKED && core_behind(waiter))
			core_want(core, waiter, WORK_DELIVER);
}

void
core_insert(struct core *core, struct user *user, int64_t seq, bool unsaid)
{
	user_known(user, seq);
	if (unsaid)
		user_unsay(&core->users, user, seq);
	if (user->dirty)
		return;
	user->dirty = true;
	user->dirty_next = core->dirty;
	core->dirty = user;
}

void
core_commit(struct core *core)
{
	while (core->dirty != NULL) {
		struct user *user = core->dirty;

		core->dirty = user->dirty_next;
		user->dirty = false;
		wake(core, user);
	}
}

void
core_pass(struct core *core, struct user *user, const char *text, size_t len)
{
	struct waiter *waiter;

	passing_add(&user->passing, ++core->passing_count, user->known_seq, core->now_us, text, len);
	if (!user->brief) {
		user->brief = true;
		user->brief_next = core->brief;
		core->brief = user;
	}
	for (waiter = user->first; waiter != NULL; waiter = waiter->user_next)
		if (waiter->state == WAITER_PARKED)
			core_want(core, waiter, WORK_DELIVER);
}

void
core_found(struct core *core, struct user *user, int64_t seq)
{
	user_known(user, seq);
	wake(core, user);
}

void
core_epoch(struct core *core, int64_t epoch)
{
	bool other = core->epoch != 0 && core->epoch != epoch;
	struct waiter *waiter = NULL;
	struct user *user = NULL;

	core->epoch = epoch;
	if (!other)
		return;
	while ((user = user_next(&core->users, user)) != NULL)
		user_reset(&core->users, user);
	while ((waiter = core_next(core, waiter)) != NULL)
		if (waiter->state == WAITER_PARKED)
			core_want(core, waiter, WORK_READ); /* their cursors are of its former life */
}

/* --- steps --- */

/* Recent events from place at on, and passing ones where they came. Returns the number of the last stored one. */
static int64_t
collect(struct waiter *waiter, size_t at, struct batch *batch)
{
	const struct user *user = waiter->user;
	int64_t seq = waiter->cursor.seq;

	for (; at < user->recent.count; at++) {
		const struct recent *recent = user->recent.items[at];

		passing_collect(
		    &user->passing, recent->seq - 1, &waiter->told, waiter->page_bytes, batch);
		if (batch_full(batch, waiter->page_bytes))
			break;
		batch_add(batch, recent->text, recent->len, recent->seq);
		seq = recent->seq;
	}
	return seq;
}

static enum step
idle_step(const struct core *core, const struct waiter *waiter)
{
	return waiter->at_once || core->leaving ? STEP_NOTHING : STEP_PARKED;
}

/* Stored events that are known, and what passes; only: the latter alone. */
static enum step
deliver_step(struct core *core, struct waiter *waiter, bool only, struct batch *batch,
    struct event_cursor *cursor)
{
	struct user *user = waiter->user;
	size_t at = recent_find(&user->recent, waiter->cursor.seq + 1);
	bool stored = !only && core_behind(waiter);

	passing_expire(&user->passing, core->now_us);
	*cursor = waiter->cursor;
	if (!core_has_room(waiter))
		return STEP_PARKED; /* it has its turn when it has room */
	if (stored && core->good && at != RECENT_MAX)
		cursor->seq = collect(waiter, at, batch);
	if (!stored || !core->good || cursor->seq == user->known_seq)
		passing_collect(&user->passing, INT64_MAX, &waiter->told, waiter->page_bytes, batch);
	else if (at == RECENT_MAX)
		passing_collect(
		    &user->passing, waiter->cursor.seq, &waiter->told, waiter->page_bytes, batch);
	if (batch->count > 0)
		return STEP_EVENTS;
	if (stored) /* while that is not clear it is parked, and read for again then */
		return core->good ? STEP_READ : STEP_PARKED;
	return idle_step(core, waiter);
}

enum step
core_step(struct core *core, struct waiter *waiter, struct arena *arena, struct batch **batch,
    struct event_cursor *cursor)
{
	enum work work = waiter->work;

	waiter->work = WORK_NONE;
	if (waiter->user == NULL)
		return STEP_NONE;
	if (work == WORK_ERROR)
		return STEP_ERROR;
	if (work == WORK_NOTHING)
		return STEP_NOTHING;
	if (work == WORK_READ)
		return waiter->state == WAITER_READING ? STEP_NONE : STEP_READ;
	if (waiter->state != WAITER_PARKED)
		return STEP_NONE;
	*batch = batch_new(arena);
	return deliver_step(core, waiter, work == WORK_PARK, *batch, cursor);
}
