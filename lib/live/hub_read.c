/* Catching up from the database, and the scan that makes sure of everyone. */
#include "base/clock.h"
#include "db/outage.h"
#include "live/hub_int.h"
#include "web/revoke.h"

/* --- one waiter --- */

/* A restored database: what is known of numbers belongs to its former life, and so do the cursors of
 * those who wait, as their reads will tell them. */
static void
user_reset(struct hub *hub, struct hub_user *user, void *arg)
{
	struct waiter *waiter, *next;

	(void)arg;
	hub_user_forget(hub, user);
	user->known_seq = user->unsaid_seq = 0;
	user->synced_run = 0;
	for (waiter = user->first; waiter != NULL; waiter = next) {
		next = waiter->user_next;
		if (waiter->state == WAITER_PARKED)
			hub_read(hub, waiter);
	}
}

void
hub_epoch_take(struct hub *hub, int64_t epoch)
{
	bool other = hub->epoch != 0 && hub->epoch != epoch;

	hub->epoch = epoch;
	if (other)
		hub_users_all(hub, user_reset, NULL);
}

/* The events read, and behind them what the stream has told since, on one page. Numbers have no gaps;
 * what is too long for one page comes with the next. */
static void
answer_page(
    struct hub *hub, struct waiter *waiter, const struct rows *rows, const struct event_page *page)
{
	size_t bytes_max = waiter->live != NULL ? LIVE_PAGE_BYTES : POLL_PAGE_BYTES, i;
	struct batch *batch = batch_new(hub->arena);
	struct buf row = buf_new(hub->arena, 1024);
	struct event_cursor cursor = { page->epoch, page->first_seq - 1 };

	for (i = 0; i < page->count && !batch_full(batch, bytes_max); i++) {
		buf_clear(&row);
		rows_json(rows, i, &row);
		batch_add(batch, row.data, row.len, page->first_seq + (int64_t)i);
	}
	cursor.seq += (int64_t)batch->count;
	i = hub_user_recent(waiter->user, cursor.seq + 1);
	if (batch->count == page->count && i != RECENT_MAX) {
		hub_user_collect(waiter->user, i, bytes_max, batch);
		cursor.seq = page->first_seq - 1 + (int64_t)batch->count;
	}
	hub_answer_events(hub, waiter, batch, cursor);
}

/* What is behind the cursor was committed, or changed, after this snapshot. */
static void
read_later(struct hub *hub, struct waiter *waiter)
{
	if (++waiter->reads < READS_MAX)
		hub_read(hub, waiter);
	else
		hub_park(hub, waiter); /* the scan will see it */
}

/* Nothing behind the cursor in that snapshot. */
static void
settle_empty(struct hub *hub, struct waiter *waiter)
{
	if (waiter->user->known_seq <= waiter->cursor.seq) {
		hub_park(hub, waiter);
	} else if (hub_user_recent(waiter->user, waiter->cursor.seq + 1) != RECENT_MAX) {
		hub_deliver(hub, waiter);
	} else {
		read_later(hub, waiter);
	}
}

static void
settle(
    struct hub *hub, struct waiter *waiter, const struct rows *rows, const struct event_page *page)
{
	struct event_cursor fresh = { page->epoch, page->last_seq };
	bool in_future;

	hub_user_known(waiter->user, page->last_seq);
	if (waiter->read_run > 0 && waiter->read_run == hub->run)
		waiter->user->synced_run = hub->run;
	if (!waiter->has_cursor) {
		hub_answer_events(hub, waiter, batch_new(hub->arena), fresh);
		return;
	}
	/* The stream can be ahead of a new snapshot: a number it has told is not the future. */
	in_future = waiter->cursor.seq > waiter->user->known_seq;
	if (waiter->cursor.epoch != page->epoch || in_future)
		hub_answer_resync(hub, waiter, fresh);
	else if (waiter->live != NULL && !hub_live_has_room(waiter))
		hub_park(hub, waiter); /* all were read again; this one will be when it has room */
	else if (page->count > 0 && hub_user_outdated(waiter->user, page->last_seq))
		read_later(hub, waiter);
	else if (page->count > 0 && page->first_seq == waiter->cursor.seq + 1)
		answer_page(hub, waiter, rows, page);
	else if (page->last_seq > waiter->cursor.seq)
		hub_answer_resync(hub, waiter, fresh); /* the next event was pruned */
	else
		settle_empty(hub, waiter);
}

/* The database is being connected, or looked at, or has not been away for long. */
static bool
may_come_soon(const struct hub *hub)
{
	enum pipeline_state state = pipeline_state(hub->pipeline);

	return state == PIPELINE_CONNECTING || outage_young() ||
	    (state == PIPELINE_READY && hub->life == LIFE_UNKNOWN);
}

/* One that was parked stays so: it is read again when the database is back, or by the scan. */
static void
read_failed(struct hub *hub, struct waiter *waiter, enum err err)
{
	if (waiter->settled && err_status(err) >= 500)
		waiter->state = WAITER_PARKED;
	else if (err == ERR_UNAVAILABLE && may_come_soon(hub))
		waiter->state = WAITER_ASKING;
	else
		hub_answer_error(hub, waiter, err);
}

static void
read_done(void *arg, enum err err, struct rows *rows)
{
	struct waiter *waiter = arg;
	struct hub *hub = waiter->hub;
	struct arena_mark mark = arena_mark(hub->arena);
	struct event_page page;

	waiter->asked--;
	if (waiter->state == WAITER_GONE || waiter->state == WAITER_CLOSING)
		return; /* buried at the end of this pass, or soon */
	if (err == ERR_OK && event_page_take(rows, &page) != ERR_OK)
		err = ERR_UNAUTHORIZED; /* no such account */
	if (err == ERR_OK && revoke_listed(hub->worker->revoke, waiter->login_id))
		err = ERR_UNAUTHORIZED;
	if (err != ERR_OK) {
		read_failed(hub, waiter, err);
		return;
	}
	hub->told_blind = hub->told_blind || hub->run <= 0;
	hub_epoch_take(hub, page.epoch);
	settle(hub, waiter, rows, &page);
	arena_rewind(hub->arena, mark);
}

void
hub_read(struct hub *hub, struct waiter *waiter)
{
	int64_t after = waiter->has_cursor ? waiter->cursor.seq : INT64_MAX;
	enum err err = ERR_UNAVAILABLE;

	if (hub->life == LIFE_GOOD)
		err = pipeline_send(hub->pipeline, db_ref(event_read_bind(waiter->user->id, after)),
		    read_done, waiter);
	metrics_add(hub->worker->metrics, METRIC_CATCH_UP_READS, 1);
	if (err == ERR_OK) {
		waiter->state = WAITER_READING;
		waiter->asked++;
		waiter->read_run = hub->run;
	} else {
		read_failed(hub, waiter, err);
	}
}

/* --- all of them --- */

void
hub_database_ready(void *arg)
{
	struct hub *hub = arg;

	/* It may be another server than before, or this one restored: everyone is read again when that is
	 * clear, and revocations are known before any answer. */
	hub_life_connected(hub);
	revoke_connected(hub->worker->revoke);
	hub_scan(hub);
}

static void
refuse(struct hub *hub, struct waiter *waiter, void *arg)
{
	(void)arg;
	if (waiter->state == WAITER_ASKING)
		hub_answer_error(hub, waiter, ERR_UNAVAILABLE);
}

void
hub_refuse_asking(struct hub *hub)
{
	hub_each_waiter(hub, refuse, NULL);
	hub_listen(hub); /* to say 503 */
}

void
hub_database_down(void *arg)
{
	struct hub *hub = arg;

	hub->scanning = hub->scan_again = false;
	hub_presence_lost(hub);
	if (pipeline_state(hub->pipeline) != PIPELINE_DOWN || outage_young())
		return; /* who asks waits, for the tries to connect again */
	hub_refuse_asking(hub);
}

static void
end_revoked(struct hub *hub, struct waiter *waiter, void *arg)
{
	(void)arg;
	if (revoke_listed(hub->worker->revoke, waiter->login_id))
		hub_answer_error(hub, waiter, ERR_UNAUTHORIZED);
}

/* All that wait are looked at, as often as somebody on this machine read who has to go. */
static void
end_all_revoked(struct hub *hub)
{
	if (!revoke_news(hub->worker->revoke))
		return;
	hub_each_waiter(hub, end_revoked, NULL);
	hub_listen(hub);
}

static void
revoked_read(void *arg, enum err err, struct rows *rows)
{
	struct hub *hub = arg;

	revoke_take(hub->worker->revoke, err == ERR_OK ? rows : NULL);
	end_all_revoked(hub);
}

static void
read_revoked(struct hub *hub)
{
	struct db_bound list;

	if (revoke_due(hub->worker->revoke, &list) &&
	    pipeline_send(hub->pipeline, &list, revoked_read, hub) != ERR_OK)
		revoke_take(hub->worker->revoke, NULL);
}

void
hub_scan_regularly(struct hub *hub)
{
	end_all_revoked(hub);
	hub_scan(hub);
}

static void
behind_done(void *arg, enum err err, struct rows *rows)
{
	struct hub *hub = arg;
	size_t i;

	hub->scanning = false;
	if (hub->scan_again) {
		hub->scan_again = false;
		hub->scan_us = 0;
	}
	for (i = 0; err == ERR_OK && i < rows_count(rows); i++) {
		struct hub_user *user = hub_user_find(hub, rows_text_of(rows, i, "user_id"));

		if (user == NULL)
			continue;
		hub_user_known(user, rows_i64_of(rows, i, "last_seq"));
		hub_wake(hub, user);
	}
}

struct lists {
	struct buf users, seqs;
};

/* The user, and the lowest cursor of its waiters. */
static void
list_user(struct hub *hub, struct hub_user *user, void *arg)
{
	struct lists *lists = arg;
	const struct waiter *waiter;
	int64_t seq = INT64_MAX;

	(void)hub;
	for (waiter = user->first; waiter != NULL; waiter = waiter->user_next)
		if (waiter->has_cursor && waiter->cursor.seq < seq)
			seq = waiter->cursor.seq;
	if (seq == INT64_MAX)
		return;
	buf_putc(&lists->users, lists->users.len == 0 ? '{' : ',');
	buf_puts(&lists->users, user->id);
	buf_putc(&lists->seqs, lists->seqs.len == 0 ? '{' : ',');
	buf_int(&lists->seqs, seq);
}

void
hub_scan(struct hub *hub)
{
	struct lists lists = { buf_new(hub->arena, 4096), buf_new(hub->arena, 1024) };

	hub->scan_us = clock_monotonic_us() + SCAN_US;
	if (pipeline_state(hub->pipeline) != PIPELINE_READY)
		return;
	read_revoked(hub);
	if (hub->scanning)
		return;
	hub_life_look(hub);
	hub_users_each(hub, list_user, &lists);
	if (lists.users.len == 0)
		return;
	buf_putc(&lists.users, '}');
	buf_putc(&lists.seqs, '}');
	hub->scanning = pipeline_send(hub->pipeline,
			    db_ref(event_behind_bind(lists.users.data, lists.seqs.data)),
			    behind_done, hub) == ERR_OK;
}
