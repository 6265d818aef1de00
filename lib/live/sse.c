#include "live/sse.h"
#include "live/answer.h"
#include "live/client.h"
#include "live/out.h"
#include "live/seat.h"
#include "web/cors.h"
#include "web/fcgi.h"
#include "web/metrics.h"

enum { BEAT_US = 14000000 };

void
sse_begin(struct client *client)
{
	out_begin(client);
	client->deadline_us = client->out->moved_us + BEAT_US;
}

static void
ready(void *owner, uint32_t events)
{
	out_ready(owner, events);
}

/* Text of the stream, in frames of FastCGI. */
static void
send_text(struct client *client, const struct buf *text)
{
	struct buf frames = buf_new(client->live->arena, text->len + 64);
	size_t at, len;

	if (client_gone(client))
		return;
	for (at = 0; at < text->len; at += len) {
		uint8_t head[HTTP_FRAME_HEAD_SIZE];

		len = text->len - at < HTTP_FRAME_MAX ? text->len - at : HTTP_FRAME_MAX;
		http_frame_head(client->http, len, head);
		buf_add(&frames, (const char *)head, sizeof(head));
		buf_add(&frames, text->data + at, len);
	}
	out_send(client, frames.data, frames.len);
}

/* The head of the reply, if it was not sent. */
static void
open_reply(struct client *client)
{
	struct buf text = buf_new(client->live->arena, 512);
	struct req *req;

	if (client->out->open)
		return;
	client->out->open = true;
	req = answer_revive(client);
	req->reply.status = 200;
	cors_headers(req);
	buf_puts(&text,
	    "Status: 200 OK\r\nContent-Type: text/event-stream\r\n"
	    "Cache-Control: no-store\r\nX-Accel-Buffering: no\r\n");
	buf_add(&text, req->reply.headers.data, req->reply.headers.len);
	req_tell(req, ERR_OK, &text);
	buf_puts(&text, "\r\nretry: 2000\n\n");
	req_done(req, ERR_OK);
	send_text(client, &text);
}

/* "event: TYPE" with {"cursor": …} as its data, and the cursor as its id. */
static void
send_cursor(struct client *client, const char *type)
{
	struct buf text = buf_new(client->live->arena, 128);
	char cursor[EVENT_CURSOR_SIZE];

	event_cursor_format(client->waiter.cursor, cursor);
	buf_printf(&text, "id: %s\nevent: %s\ndata: {\"cursor\":\"%s\"}\n\n", cursor, type, cursor);
	send_text(client, &text);
}

/* The first word: the head, then the cursor to begin with. */
static void
parked(struct client *client)
{
	if (client->out->open)
		return;
	open_reply(client);
	send_cursor(client, "cursor");
}

/* An envelope is one line: nothing PostgreSQL or json-c print as JSON has a line break in it. */
static void
put_event(struct buf *text, const struct batch *batch, size_t i, int64_t epoch)
{
	size_t len;
	const char *part = batch_type(batch, i, &len);

	if (batch->items[i].seq > 0) {
		struct event_cursor at = { epoch, batch->items[i].seq };
		char cursor[EVENT_CURSOR_SIZE];

		event_cursor_format(at, cursor);
		buf_printf(text, "id: %s\n", cursor);
	}
	buf_printf(text, "event: %.*s\ndata: ", (int)len, part);
	part = batch_item(batch, i, &len);
	buf_add(text, part, len);
	buf_puts(text, "\n\n");
}

static void
send_events(struct client *client, const struct batch *batch, struct event_cursor cursor)
{
	struct buf text = buf_new(client->live->arena, batch->text.len + batch->count * 64 + 1);
	size_t i;

	if (!client->waiter.has_cursor)
		client->waiter.cursor = cursor;
	parked(client);
	if (client_gone(client))
		return;
	core_told(&client->waiter, cursor);
	for (i = 0; i < batch->count; i++)
		put_event(&text, batch, i, cursor.epoch);
	if (batch->count > 0) {
		metrics_add(
		    client->live->worker->metrics, METRIC_EVENTS_DELIVERED, (int64_t)batch->count);
		send_text(client, &text);
	}
	out_settle(client);
}

static void
resync(struct client *client, struct event_cursor fresh)
{
	open_reply(client);
	if (client_gone(client))
		return;
	client->waiter.cursor = fresh;
	client->waiter.has_cursor = true;
	send_cursor(client, "resync");
	if (!client_gone(client))
		core_park(&client->live->core, &client->waiter);
}

/* --- the end --- */

static void
end(struct client *client)
{
	uint8_t bytes[HTTP_FRAME_END_SIZE];

	if (client_gone(client) || client->waiter.state == WAITER_CLOSING)
		return;
	if (!client->out->open) { /* nothing was said yet */
		answer_error(client, ERR_UNAVAILABLE);
		return;
	}
	out_close(client);
	http_frame_end(client->http, bytes);
	out_send(client, (const char *)bytes, sizeof(bytes));
	out_settle(client);
}

/* An EventSource comes again after a stream that ended, and never after a 503. */
static void
end_politely(struct client *client)
{
	if (client->waiter.user != NULL)
		open_reply(client);
	end(client);
}

static void
nothing(struct client *client)
{
	if (client->live->core.leaving)
		end_politely(client);
	else
		end(client);
}

/* A stream's client comes again by itself, when it was told to: not at once, or it would push out the next. */
static void
yield(struct client *client)
{
	struct buf text = buf_new(client->live->arena, 32);

	if (client->out->open) {
		buf_printf(&text, "retry: %d\n\n", SEAT_LIVE_TURN_S * 1000);
		send_text(client, &text);
	}
	end(client);
}

static void
fail(struct client *client, enum err err)
{
	if (client->out->open)
		end(client);
	else
		answer_error(client, err);
}

static void
beat(struct client *client)
{
	struct core *core = &client->live->core;
	struct buf comment = buf_new(client->live->arena, 8);

	core_deadline(core, &client->waiter, core->now_us + BEAT_US);
	if (client->out->bytes != NULL || !client->out->open)
		return;
	buf_puts(&comment, ":\n\n");
	send_text(client, &comment);
}

static void
due(struct client *client)
{
	enum out_due state = out_due(client);

	if (state == OUT_DEAD)
		client_drop(client);
	else if (state == OUT_OLD)
		end_politely(client);
	else
		beat(client);
}

const struct transport sse_transport = {
	.name = "sse",
	.ready = ready,
	.parked = parked,
	.events = send_events,
	.resync = resync,
	.nothing = nothing,
	.yield = yield,
	.error = fail,
	.due = due,
	.sent = client_drop,
	.free = out_free,
};
