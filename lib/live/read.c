#include "live/read.h"
#include "db/outage.h"
#include "db/pipeline.h"
#include "domain/talk/event.h"
#include "live/life.h"
#include "live/settle.h"
#include "web/metrics.h"
#include "web/revoke.h"

static_assert((int)EVENT_PAGE <= (int)BATCH_EVENTS, "what is read fits into a batch");

/* The events read, and behind them what the stream has told since, on one page. Numbers have no gaps; what is too long
 * for one page comes with the next. */
static void
tell_page(struct client *client, const struct rows *rows, const struct settle_page *page)
{
	struct arena *arena = client->live->arena;
	size_t bytes_max = client->waiter.page_bytes, i;
	struct batch *batch = batch_new(arena);
	struct buf row = buf_new(arena, 1024);
	struct event_cursor cursor = { page->epoch, 0 };

	for (i = 0; i < page->count && !batch_full(batch, bytes_max); i++) {
		buf_clear(&row);
		rows_json(rows, i, &row);
		batch_add(batch, row.data, row.len, page->first_seq + (int64_t)i);
	}
	cursor.seq = page->first_seq - 1 + (int64_t)batch->count;
	if (batch->count == page->count)
		cursor.seq = settle_append(&client->waiter, cursor.seq, batch);
	client->transport->events(client, batch, cursor);
}

static void
settle(struct client *client, const struct rows *rows, const struct event_page *read)
{
	const struct settle_page page = { read->epoch, read->last_seq, read->count,
		read->first_seq };
	const struct event_cursor fresh = { read->epoch, read->last_seq };
	enum verdict verdict = settle_read(&client->live->core, &client->waiter, &page);

	if (verdict == VERDICT_PAGE)
		tell_page(client, rows, &page);
	else if (verdict == VERDICT_PRESENT)
		client->transport->events(client, batch_new(client->live->arena), fresh);
	else if (verdict == VERDICT_RESYNC)
		client->transport->resync(client, fresh);
}

/* The database is being connected, or looked at, or has not been away for long. */
static bool
may_come_soon(const struct live *live)
{
	enum pipeline_state state = pipeline_state(live->pipeline);

	return state == PIPELINE_CONNECTING || outage_young() ||
	    (state == PIPELINE_READY && life_unclear(live));
}

static void
failed(struct client *client, enum err err)
{
	struct live *live = client->live;

	settle_failed(&live->core, &client->waiter, err, may_come_soon(live));
}

static void
done(void *arg, enum err err, struct rows *rows)
{
	struct client *client = arg;
	struct live *live = client->live;
	struct arena_mark mark = arena_mark(live->arena);
	struct event_page page;

	client->asked--;
	if (client->waiter.user == NULL)
		return; /* it left meanwhile */
	if (err == ERR_OK && event_page_take(rows, &page) != ERR_OK)
		err = ERR_UNAUTHORIZED; /* no such account */
	if (err == ERR_OK && revoke_listed(live->worker->revoke, client->waiter.login_id))
		err = ERR_UNAUTHORIZED;
	if (err != ERR_OK) {
		failed(client, err);
		return;
	}
	life_told(live);
	core_epoch(&live->core, page.epoch);
	settle(client, rows, &page);
	arena_rewind(live->arena, mark);
}

void
read_start(struct client *client)
{
	struct live *live = client->live;
	struct waiter *waiter = &client->waiter;
	int64_t after = waiter->has_cursor ? waiter->cursor.seq : INT64_MAX;
	enum err err = ERR_UNAVAILABLE;

	if (live->core.good)
		err = pipeline_send(
		    live->pipeline, db_ref(event_read_bind(waiter->user->id, after)), done, client);
	metrics_add(live->worker->metrics, METRIC_CATCH_UP_READS, 1);
	if (err == ERR_OK) {
		waiter->state = WAITER_READING;
		waiter->read_run = live->core.run;
		client->asked++;
	} else {
		failed(client, err);
	}
}
