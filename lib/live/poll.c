#include "live/poll.h"
#include "live/answer.h"
#include "live/client.h"
#include "shape/event_type.h"
#include "web/fcgi.h"
#include "web/reply.h"

#include <stdlib.h>
#include <sys/epoll.h>

static void
client_left(void *owner, uint32_t events)
{
	struct client *client = owner;
	struct http *http;

	if (client_gone(client) || (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) == 0)
		return;
	http = client_release(client);
	http_drop(http);
	free(http);
}

static void
parked(struct client *client)
{
	(void)client;
}

static void
answer_events(struct client *client, const struct batch *batch, struct event_cursor cursor)
{
	struct arena *arena = client->live->arena;
	struct arena_mark mark = arena_mark(arena);
	struct req *req = answer_revive(client);
	struct buf body = buf_new(arena, batch->text.len + 128);
	char text[EVENT_CURSOR_SIZE];
	bool good;

	event_cursor_format(cursor, text);
	buf_puts(&body, "{\"events\":[");
	buf_add(&body, batch->text.data, batch->text.len);
	buf_printf(&body, "],\"cursor\":\"%s\"}", text);
	(void)reply_json(req, body.data);
	good = event_check(
	    arena, client->live->worker->app->events, batch->text.data, batch->text.len);
	answer_send(client, req, good ? ERR_OK : ERR_INTERNAL, batch->count);
	arena_rewind(arena, mark);
}

static void
answer_resync(struct client *client, struct event_cursor fresh)
{
	struct arena *arena = client->live->arena;
	struct arena_mark mark = arena_mark(arena);
	struct req *req = answer_revive(client);
	char text[EVENT_CURSOR_SIZE];

	event_cursor_format(fresh, text);
	req->details = arena_printf(arena, "{\"cursor\":\"%s\"}", text);
	answer_send(client, req, ERR_RESYNC, 0);
	arena_rewind(arena, mark);
}

/* 200 with no events and its own cursor; 503 when it has none yet. */
static void
answer_nothing(struct client *client)
{
	struct arena_mark mark = arena_mark(client->live->arena);

	if (client->waiter.has_cursor)
		answer_events(client, batch_new(client->live->arena), client->waiter.cursor);
	else
		answer_error(client, ERR_TIMEOUT);
	arena_rewind(client->live->arena, mark);
}

const struct transport poll_transport = {
	.name = "poll",
	.ready = client_left,
	.parked = parked,
	.events = answer_events,
	.resync = answer_resync,
	.nothing = answer_nothing,
	.yield = answer_nothing,
	.error = answer_error,
	.due = answer_nothing,
};
