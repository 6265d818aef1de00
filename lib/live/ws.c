#include "live/ws.h"
#include "live/client.h"
#include "live/live.h"
#include "live/out.h"
#include "live/ws_frame.h"
#include "web/metrics.h"

#include <string.h>
#include <sys/epoll.h>

enum { BEAT_US = 20000000 };

static struct buf
out_buf(const struct client *client)
{
	return buf_new(client->live->arena, 256);
}

static void
send_buf(struct client *client, const struct buf *bytes)
{
	if (bytes->len > 0)
		out_send(client, bytes->data, bytes->len);
}

static bool
is_closing(const struct client *client)
{
	return client_gone(client) || client->waiter.state == WAITER_CLOSING;
}

void
ws_text(struct client *client, const char *text, size_t len)
{
	struct buf bytes = out_buf(client);

	if (is_closing(client))
		return;
	ws_frame_text(client->own, text, len, &bytes);
	send_buf(client, &bytes);
}

void
ws_end(struct client *client, enum ws_close code)
{
	struct buf bytes = out_buf(client);

	if (is_closing(client))
		return;
	out_close(client);
	ws_frame_close(client->own, code, &bytes);
	send_buf(client, &bytes);
	out_settle(client);
}

/* --- what it says --- */

static bool
on_wanted(void *arg)
{
	return !client_gone(arg);
}

static void
on_life(void *arg)
{
	struct client *client = arg;

	client->out->unanswered = 0;
	client->waiter.doubtful = false;
}

static void
on_text(void *arg, const char *text, size_t len)
{
	struct client *client = arg;

	if (client->waiter.user != NULL) /* else it closes */
		client->live->heard(client, text, len);
}

static void
on_binary(void *arg)
{
	ws_end(arg, WS_CLOSE_KIND);
}

static void
on_pieces(void *arg)
{
	ws_end(arg, WS_CLOSE_POLICY);
}

void
ws_begin(struct client *client)
{
	const struct ws_handler handler = { client, on_wanted, on_life, on_text, on_binary,
		on_pieces };

	client->own = ws_frame_new(handler, client->live->socket->text_bytes_max);
	client->deadline_us = client->out->moved_us + BEAT_US;
	client->transport = &ws_transport;
	client->source.ready = ws_transport.ready;
}

static void
release(struct client *client)
{
	ws_frame_free(client->own);
	out_free(client);
}

static void
read_frames(struct client *client)
{
	struct buf bytes = out_buf(client);
	enum ws_read result = ws_frame_read(client->own, client->source.fd, &bytes);

	if (client_gone(client))
		return;
	if (result == WS_READ_BROKEN) {
		client_drop(client);
		return;
	}
	send_buf(client, &bytes);
	if (result != WS_READ_OVER || client_gone(client))
		return;
	if (client->waiter.state != WAITER_CLOSING)
		ws_end(client, WS_CLOSE_GOOD);
	else if (client->out->bytes == NULL)
		out_shut(client);
}

static void
ready(void *owner, uint32_t events)
{
	struct client *client = owner;
	bool readable = (events & EPOLLIN) != 0 && !client_gone(client);

	if (readable && client->waiter.state == WAITER_CLOSING && ws_frame_finished(client->own))
		out_read_away(client);
	else if (readable)
		read_frames(client);
	out_ready(client, events);
}

/* Before the client has said goodbye, too, what it still sends would meet a closed socket, and the reset take our
 * goodbye with it. */
static void
sent(struct client *client)
{
	if (client->live->core.leaving || ws_frame_finished(client->own))
		out_shut(client);
}

/* --- events --- */

static void
tell(struct client *client, const char *text, size_t len, struct event_cursor at)
{
	struct buf message = buf_new(client->live->arena, len + 128);
	char cursor[EVENT_CURSOR_SIZE];

	event_cursor_format(at, cursor);
	buf_puts(&message, "{\"type\":\"events\",\"events\":[");
	buf_add(&message, text, len);
	buf_printf(&message, "],\"cursor\":\"%s\"}", cursor);
	ws_text(client, message.data, message.len);
}

/* The first word: the cursor to begin with. */
static void
parked(struct client *client)
{
	if (client->out->open)
		return;
	client->out->open = true;
	tell(client, "", 0, client->waiter.cursor);
}

static void
send_events(struct client *client, const struct batch *batch, struct event_cursor cursor)
{
	if (!client->waiter.has_cursor)
		client->waiter.cursor = cursor;
	parked(client);
	if (client_gone(client))
		return;
	core_told(&client->waiter, cursor);
	if (batch->count > 0) {
		metrics_add(
		    client->live->worker->metrics, METRIC_EVENTS_DELIVERED, (int64_t)batch->count);
		tell(client, batch->text.data, batch->text.len, cursor);
	}
	out_settle(client);
}

static void
resync(struct client *client, struct event_cursor fresh)
{
	char cursor[EVENT_CURSOR_SIZE];
	const char *text;

	event_cursor_format(fresh, cursor);
	text = arena_printf(client->live->arena, "{\"type\":\"resync\",\"cursor\":\"%s\"}", cursor);
	ws_text(client, text, strlen(text));
	ws_end(client, WS_CLOSE_RESYNC);
}

/* --- the end --- */

static void
nothing(struct client *client)
{
	ws_end(client, client->live->core.leaving ? WS_CLOSE_LEAVING : WS_CLOSE_POLICY);
}

static void
yield(struct client *client)
{
	ws_end(client, WS_CLOSE_FULL);
}

static void
fail(struct client *client, enum err err)
{
	ws_end(client,
	    err == ERR_UNAUTHORIZED ? WS_CLOSE_AUTH
		: err == ERR_RATE   ? WS_CLOSE_FULL
				    : WS_CLOSE_FAILED);
}

static void
beat(struct client *client)
{
	struct core *core = &client->live->core;
	struct buf bytes = out_buf(client);

	core_deadline(core, &client->waiter, core->now_us + BEAT_US);
	if (client->out->bytes != NULL)
		return;
	client->waiter.doubtful = ++client->out->unanswered > 1;
	ws_frame_ping(client->own, &bytes);
	send_buf(client, &bytes);
}

static void
due(struct client *client)
{
	enum out_due state = out_due(client);

	if (state == OUT_DEAD)
		client_drop(client);
	else if (state == OUT_OLD)
		ws_end(client, WS_CLOSE_LEAVING);
	else
		beat(client);
}

const struct transport ws_transport = {
	.name = "websocket",
	.hears = true,
	.ready = ready,
	.parked = parked,
	.events = send_events,
	.resync = resync,
	.nothing = nothing,
	.yield = yield,
	.error = fail,
	.due = due,
	.sent = sent,
	.free = release,
};
