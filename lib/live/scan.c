#include "live/scan.h"
#include "db/outage.h"
#include "db/pipeline.h"
#include "db/wal.h"
#include "domain/talk/event.h"
#include "live/door.h"
#include "live/here.h"
#include "live/life.h"
#include "web/metrics.h"
#include "web/revoke.h"

#include <stdlib.h>

enum { SCAN_US = 1000000 };

struct scan {
	int64_t due_us; /* monotonic: the next */
	bool running; /* answers are to come */
	bool again; /* and it looked too early: another is wanted behind it */
};

struct scan *
scan_new(int64_t now_us)
{
	struct scan *scan = calloc(1, sizeof(*scan));

	if (scan == NULL)
		abort();
	scan->due_us = now_us + SCAN_US;
	return scan;
}

void
scan_free(struct scan *scan)
{
	free(scan);
}

int64_t
scan_due_us(const struct live *live)
{
	return live->scan->due_us;
}

/* --- logins that were ended --- */

/* All that wait are looked at, as often as somebody on this machine read who has to go. */
static void
end_revoked(struct live *live)
{
	struct waiter *waiter = NULL;

	if (!revoke_news(live->worker->revoke))
		return;
	while ((waiter = core_next(&live->core, waiter)) != NULL)
		if (revoke_listed(live->worker->revoke, waiter->login_id))
			core_fail(&live->core, waiter, ERR_UNAUTHORIZED);
	door_open(live);
}

static void
revoked_read(void *arg, enum err err, struct rows *rows)
{
	struct live *live = arg;

	revoke_take(live->worker->revoke, err == ERR_OK ? rows : NULL);
	end_revoked(live);
}

static void
read_revoked(struct live *live)
{
	struct db_bound list;

	if (revoke_due(live->worker->revoke, &list) &&
	    pipeline_send(live->pipeline, &list, revoked_read, live) != ERR_OK)
		revoke_take(live->worker->revoke, NULL);
}

/* --- all who wait --- */

static void
behind_done(void *arg, enum err err, struct rows *rows)
{
	struct live *live = arg;
	struct scan *scan = live->scan;
	size_t i;

	scan->running = false;
	if (scan->again) {
		scan->again = false;
		scan->due_us = 0;
	}
	for (i = 0; err == ERR_OK && i < rows_count(rows); i++) {
		struct user *user = user_among(&live->core.users, rows_text_of(rows, i, "user_id"));

		if (user != NULL)
			core_found(&live->core, user, rows_i64_of(rows, i, "last_seq"));
	}
}

/* Users and the lowest cursor of each, as arrays. */
struct lists {
	struct buf users, seqs;
};

static void
put_user(struct lists *lists, const struct user *user)
{
	const struct waiter *waiter;
	int64_t seq = INT64_MAX;

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

static void
read_behind(struct live *live)
{
	struct lists lists = { buf_new(live->arena, 4096), buf_new(live->arena, 1024) };
	struct user *user = NULL;

	while ((user = user_next(&live->core.users, user)) != NULL)
		put_user(&lists, user);
	if (lists.users.len == 0)
		return;
	buf_putc(&lists.users, '}');
	buf_putc(&lists.seqs, '}');
	live->scan->running = pipeline_send(live->pipeline,
				  db_ref(event_behind_bind(lists.users.data, lists.seqs.data)),
				  behind_done, live) == ERR_OK;
}

static void
start(struct live *live)
{
	live->scan->due_us = live->core.now_us + SCAN_US;
	if (pipeline_state(live->pipeline) != PIPELINE_READY)
		return;
	read_revoked(live);
	if (live->scan->running)
		return;
	life_look(live);
	read_behind(live);
}

void
scan_from_here(struct live *live)
{
	live->scan->again = live->scan->running;
	if (!live->scan->running)
		start(live);
}

void
scan_tick(struct live *live)
{
	if (live->core.now_us < live->scan->due_us)
		return;
	end_revoked(live);
	start(live);
	user_expire(&live->core.users, live->core.now_us);
	if (live->wal != NULL)
		metrics_set(
		    live->worker->metrics, METRIC_STREAM_LAG_BYTES, wal_lag_bytes(live->wal));
}

/* --- the connection --- */

void
scan_connected(void *arg)
{
	struct live *live = arg;

	/* It may be another server than before, or this one restored: everyone is read again when that is clear, and
	 * revocations are known before any answer. */
	life_connected(live);
	revoke_connected(live->worker->revoke);
	start(live);
}

void
scan_down(void *arg)
{
	struct live *live = arg;

	live->scan->running = live->scan->again = false;
	here_lost(live);
	if (pipeline_state(live->pipeline) != PIPELINE_DOWN || outage_young())
		return; /* who asks waits, for the tries to connect again */
	life_refuse(live);
}
