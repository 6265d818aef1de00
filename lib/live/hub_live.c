/*
 * Live waiters: server-sent events (WHATWG HTML, section 9.2) here, WebSockets with hub_ws.c. The loop
 * writes to their sockets itself and never waits. What a socket does not take is kept, and no more
 * events are added before it is gone; one that takes nothing for STUCK_US is closed, and its client
 * goes on from its cursor.
 */
#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "web/cors.h"
#include "live/hub_int.h"
#include "web/reply.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	SSE_BEAT_US = 14000000,
	WS_BEAT_US = 20000000,
	UNANSWERED_MAX = 2, /* pings */
	STUCK_US = 30000000,
	CLOSE_US = 2000000, /* to take the goodbye */
	AGE_US = 1800000000, /* then half as much at random */
	KEPT_BYTES_MAX = 512 * 1024, /* beyond that something is wrong */
	READ_KEPT_BYTES = 64 * 1024, /* with so much to send nothing more is read from a WebSocket */
	ACK_WINDOW = 1000 /* events without an ack, for a client that sends acks */
};

void
hub_live_begin(struct hub *hub, struct waiter *waiter, struct ws *ws)
{
	struct live *live = calloc(1, sizeof(*live));
	uint32_t random;

	if (live == NULL)
		abort();
	crypto_random(&random, sizeof(random));
	live->ws = ws;
	live->moved_us = clock_monotonic_us();
	live->until_us = live->moved_us + AGE_US + (int64_t)(random % (AGE_US / 2));
	live->acked_seq = -1;
	waiter->live = live;
	waiter->deadline_us = live->moved_us + (ws != NULL ? WS_BEAT_US : SSE_BEAT_US);
	hub->live_count++;
}

void
hub_live_free(struct live *live)
{
	if (live == NULL)
		return;
	hub_ws_free(live->ws);
	free(live->bytes);
	free(live);
}

void
hub_live_drop(struct hub *hub, struct waiter *waiter)
{
	int fd = waiter->source.fd;
	struct http *http = hub_unregister(hub, waiter);

	if (http != NULL) {
		http_leave(http);
		free(http);
	} else if (fd >= 0) {
		(void)close(fd);
	}
}

/* --- sending --- */

static void
watch(struct hub *hub, struct waiter *waiter)
{
	const struct live *live = waiter->live;
	uint32_t events = EPOLLRDHUP;

	if (live->bytes != NULL)
		events |= EPOLLOUT;
	if (live->ws != NULL && waiter->state != WAITER_CLAIMING && live->len < READ_KEPT_BYTES)
		events |= EPOLLIN;
	if (events != waiter->source.events)
		hub_watch(hub, &waiter->source, waiter->source.fd, events);
}

/* How many bytes the socket takes now; negative: the client has gone. */
static ssize_t
push(const struct waiter *waiter, const char *bytes, size_t len)
{
	ssize_t done = 0, n = 1;

	while ((size_t)done < len && n > 0) {
		n = send(waiter->source.fd, bytes + done, len - (size_t)done,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n > 0)
			done += n;
		else if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -1;
	}
	if (done > 0)
		waiter->live->moved_us = clock_monotonic_us();
	return done;
}

static void
keep(struct live *live, const char *bytes, size_t len)
{
	if (live->bytes != NULL && live->start > 0) {
		memmove(live->bytes, live->bytes + live->start, live->len);
		live->start = 0;
	}
	if (live->len + len > live->size) {
		live->size = (live->len + len) * 2;
		live->bytes = realloc(live->bytes, live->size);
		if (live->bytes == NULL)
			abort();
	}
	memcpy(live->bytes + live->len, bytes, len);
	live->len += len;
}

static void
forget_sent(struct live *live)
{
	free(live->bytes);
	live->bytes = NULL;
	live->start = live->len = live->size = 0;
}

void
hub_live_send(struct hub *hub, struct waiter *waiter, const char *bytes, size_t len)
{
	struct live *live = waiter->live;
	ssize_t done = 0;

	if (waiter->state == WAITER_GONE)
		return;
	if (live->bytes == NULL) {
		live->moved_us = clock_monotonic_us();
		done = push(waiter, bytes, len);
	}
	if (done < 0 || live->len + len > KEPT_BYTES_MAX) {
		hub_live_drop(hub, waiter);
		return;
	}
	if ((size_t)done < len)
		keep(live, bytes + done, len - (size_t)done);
	watch(hub, waiter);
}

/* All is sent: the end of one that closes, the next page for one that is behind. */
static void
sent(struct hub *hub, struct waiter *waiter)
{
	if (waiter->state == WAITER_CLOSING && waiter->live->ws != NULL) {
		/* nginx then closes, once it has all. Before the client has said goodbye, too, what it still
		 * sends would meet a closed socket, and the reset take our goodbye with it. */
		if (hub->leaving || hub_ws_finished(waiter->live->ws))
			(void)shutdown(waiter->source.fd, SHUT_WR);
	} else if (waiter->state == WAITER_CLOSING)
		hub_live_drop(hub, waiter);
	else if (waiter->state == WAITER_PARKED && waiter->cursor.seq < waiter->user->known_seq)
		hub_ready(hub, waiter);
	else if (waiter->state == WAITER_PARKED)
		(void)hub_passing_catch_up(
		    hub, waiter); /* came while it was read for or had no room */
}

static void
flush(struct hub *hub, struct waiter *waiter)
{
	struct live *live = waiter->live;
	ssize_t done = push(waiter, live->bytes + live->start, live->len);

	if (done < 0) {
		hub_live_drop(hub, waiter);
		return;
	}
	live->start += (size_t)done;
	live->len -= (size_t)done;
	if (live->len == 0)
		forget_sent(live);
	watch(hub, waiter);
	if (live->bytes == NULL)
		sent(hub, waiter);
}

void
hub_live_ready(struct hub *hub, void *owner, uint32_t events)
{
	struct waiter *waiter = owner;

	if (waiter->state != WAITER_GONE && (events & EPOLLIN) != 0)
		hub_ws_readable(hub, waiter);
	if (waiter->state != WAITER_GONE && (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0)
		hub_live_drop(hub, waiter);
	if (waiter->state != WAITER_GONE && (events & EPOLLOUT) != 0 && waiter->live->bytes != NULL)
		flush(hub, waiter);
}

bool
hub_live_has_room(const struct waiter *waiter)
{
	const struct live *live = waiter->live;

	return live->bytes == NULL &&
	    (live->acked_seq < 0 || waiter->cursor.seq - live->acked_seq < ACK_WINDOW);
}

/* --- server-sent events --- */

/* Text of the stream, in frames of FastCGI. */
static void
sse_send(struct hub *hub, struct waiter *waiter, const struct buf *text)
{
	struct buf frames = buf_new(hub->arena, text->len + 64);
	size_t at, len;

	for (at = 0; at < text->len; at += len) {
		uint8_t head[HTTP_FRAME_HEAD_SIZE];

		len = text->len - at < HTTP_FRAME_MAX ? text->len - at : HTTP_FRAME_MAX;
		http_frame_head(waiter->http, len, head);
		buf_add(&frames, (const char *)head, sizeof(head));
		buf_add(&frames, text->data + at, len);
	}
	hub_live_send(hub, waiter, frames.data, frames.len);
}

static void
sse_open(struct hub *hub, struct waiter *waiter)
{
	struct req *req = hub_revive(hub, waiter);
	struct buf text = buf_new(hub->arena, 512);

	req->reply.status = 200;
	cors_headers(req);
	buf_puts(&text,
	    "Status: 200 OK\r\nContent-Type: text/event-stream\r\n"
	    "Cache-Control: no-store\r\nX-Accel-Buffering: no\r\n");
	buf_add(&text, req->reply.headers.data, req->reply.headers.len);
	req_tell(req, ERR_OK, &text);
	buf_puts(&text, "\r\nretry: 2000\n\n");
	req_done(req, ERR_OK);
	sse_send(hub, waiter, &text);
}

/* "event: TYPE" with {"cursor": …} as its data, and the cursor as its id. */
static void
sse_cursor(struct hub *hub, struct waiter *waiter, const char *type)
{
	struct buf text = buf_new(hub->arena, 128);
	char cursor[EVENT_CURSOR_SIZE];

	event_cursor_format(waiter->cursor, cursor);
	buf_printf(&text, "id: %s\nevent: %s\ndata: {\"cursor\":\"%s\"}\n\n", cursor, type, cursor);
	sse_send(hub, waiter, &text);
}

/* An envelope is one line: nothing PostgreSQL or json-c print as JSON has a line break in it. */
static void
sse_events(struct hub *hub, struct waiter *waiter, const struct batch *batch, int64_t epoch)
{
	struct buf text = buf_new(hub->arena, batch->text.len + batch->count * 96);
	size_t i, len;

	for (i = 0; i < batch->count; i++) {
		const char *part = batch_type(batch, i, &len);

		if (batch->items[i].seq > 0) {
			struct event_cursor at = { epoch, batch->items[i].seq };
			char cursor[EVENT_CURSOR_SIZE];

			event_cursor_format(at, cursor);
			buf_printf(&text, "id: %s\n", cursor);
		}
		buf_printf(&text, "event: %.*s\ndata: ", (int)len, part);
		part = batch_item(batch, i, &len);
		buf_add(&text, part, len);
		buf_puts(&text, "\n\n");
	}
	sse_send(hub, waiter, &text);
}

/* --- both kinds --- */

static void
ws_events(struct hub *hub, struct waiter *waiter, const struct batch *batch)
{
	struct buf text = buf_new(hub->arena, batch->text.len + 128);
	char cursor[EVENT_CURSOR_SIZE];

	event_cursor_format(waiter->cursor, cursor);
	buf_puts(&text, "{\"type\":\"events\",\"events\":[");
	buf_add(&text, batch->text.data, batch->text.len);
	buf_printf(&text, "],\"cursor\":\"%s\"}", cursor);
	hub_ws_text(hub, waiter, text.data, text.len);
}

/* The first word: for server-sent events the head of the reply, then for both the cursor to begin with. */
void
hub_live_open(struct hub *hub, struct waiter *waiter)
{
	struct arena_mark mark = arena_mark(hub->arena);

	if (!waiter->live->open) {
		waiter->live->open = true;
		if (waiter->live->ws != NULL) {
			ws_events(hub, waiter, batch_new(hub->arena));
		} else {
			sse_open(hub, waiter);
			if (waiter->state != WAITER_GONE)
				sse_cursor(hub, waiter, "cursor");
		}
	}
	arena_rewind(hub->arena, mark);
}

void
hub_live_events(
    struct hub *hub, struct waiter *waiter, const struct batch *batch, struct event_cursor cursor)
{
	struct arena_mark mark = arena_mark(hub->arena);

	if (!waiter->has_cursor) {
		waiter->has_cursor = true;
		waiter->cursor = cursor;
	}
	waiter->state = WAITER_PARKED;
	waiter->settled = true;
	waiter->reads = 0;
	hub_live_open(hub, waiter);
	waiter->cursor = cursor;
	if (waiter->state != WAITER_GONE && batch->count > 0) {
		metrics_add(hub->worker->metrics, METRIC_EVENTS_DELIVERED, (int64_t)batch->count);
		if (waiter->live->ws != NULL)
			ws_events(hub, waiter, batch);
		else
			sse_events(hub, waiter, batch, cursor.epoch);
	}
	if (waiter->state == WAITER_PARKED && waiter->live->bytes == NULL)
		sent(hub, waiter);
	arena_rewind(hub->arena, mark);
}

void
hub_live_resync(struct hub *hub, struct waiter *waiter, struct event_cursor fresh)
{
	struct arena_mark mark = arena_mark(hub->arena);
	char cursor[EVENT_CURSOR_SIZE];

	waiter->cursor = fresh;
	waiter->has_cursor = true;
	if (waiter->live->ws != NULL) {
		const char *text;

		event_cursor_format(fresh, cursor);
		text = arena_printf(hub->arena, "{\"type\":\"resync\",\"cursor\":\"%s\"}", cursor);
		hub_ws_text(hub, waiter, text, strlen(text));
		hub_live_end(hub, waiter, CLOSE_RESYNC);
	} else {
		if (!waiter->live->open)
			sse_open(hub, waiter);
		waiter->live->open = true;
		if (waiter->state != WAITER_GONE)
			sse_cursor(hub, waiter, "resync");
		if (waiter->state != WAITER_GONE)
			hub_park(hub, waiter);
	}
	arena_rewind(hub->arena, mark);
}

static void
beat(struct hub *hub, struct waiter *waiter)
{
	struct arena_mark mark = arena_mark(hub->arena);
	struct buf comment = buf_new(hub->arena, 8);
	int64_t now = clock_monotonic_us();

	hub_wheel_set(hub, waiter, now + (waiter->live->ws != NULL ? WS_BEAT_US : SSE_BEAT_US));
	if (waiter->live->bytes == NULL && waiter->live->ws != NULL) {
		waiter->live->unanswered++;
		hub_ws_ping(hub, waiter);
	} else if (waiter->live->bytes == NULL && waiter->live->open) {
		buf_puts(&comment, ":\n\n");
		sse_send(hub, waiter, &comment);
	}
	arena_rewind(hub->arena, mark);
}

void
hub_live_due(struct hub *hub, struct waiter *waiter)
{
	const struct live *live = waiter->live;
	int64_t now = clock_monotonic_us();
	bool stuck = live->bytes != NULL && now > live->moved_us + STUCK_US;

	if (waiter->user == NULL || stuck || live->unanswered > UNANSWERED_MAX)
		hub_live_drop(
		    hub, waiter); /* a greeting or a goodbye that took too long, or no life */
	else if (now > live->until_us)
		hub_live_end(hub, waiter, CLOSE_LEAVING);
	else
		beat(hub, waiter);
}

/* A stream's client comes again by itself, when it was told to: not at once, or it would push out the next. */
void
hub_live_give_way(struct hub *hub, struct waiter *waiter)
{
	struct arena_mark mark = arena_mark(hub->arena);
	struct buf text = buf_new(hub->arena, 32);

	if (waiter->live->ws == NULL && waiter->live->open) {
		buf_printf(&text, "retry: %d\n\n", LIVE_TURN_S * 1000);
		sse_send(hub, waiter, &text);
	}
	hub_live_end(hub, waiter, CLOSE_FULL);
	arena_rewind(hub->arena, mark);
}

void
hub_live_end(struct hub *hub, struct waiter *waiter, enum hub_close code)
{
	uint8_t end[HTTP_FRAME_END_SIZE];

	if (waiter->state == WAITER_GONE || waiter->state == WAITER_CLOSING)
		return;
	/* An EventSource comes again after a stream that ended, and never after a 503. */
	if (waiter->live->ws == NULL && !waiter->live->open && code == CLOSE_LEAVING &&
	    waiter->user != NULL) {
		waiter->live->open = true;
		sse_open(hub, waiter);
		if (waiter->state == WAITER_GONE)
			return;
	}
	if (waiter->live->ws == NULL && !waiter->live->open) { /* nothing was said yet */
		hub_answer_error(hub, waiter, ERR_UNAVAILABLE);
		return;
	}
	if (waiter->user != NULL) {
		hub_passing_end(waiter);
		hub_user_detach(hub, waiter);
	}
	waiter->state = WAITER_CLOSING;
	hub_wheel_set(hub, waiter, clock_monotonic_us() + CLOSE_US);
	if (waiter->live->ws != NULL) {
		hub_ws_close(hub, waiter, code);
	} else {
		http_frame_end(waiter->http, end);
		hub_live_send(hub, waiter, (const char *)end, sizeof(end));
	}
	if (waiter->state != WAITER_GONE && waiter->live->bytes == NULL)
		sent(hub, waiter);
}
