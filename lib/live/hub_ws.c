/*
 * WebSockets: the handshake by ws.c, the frames by libwslay, which reads from the socket and whose output
 * goes through hub_live.c like all the rest. Control frames, fragments, masks, UTF-8 and sizes are
 * libwslay's to judge; it closes with 1002, 1007 or 1009.
 *
 * A context of libwslay has 8 KiB of buffers, and most sockets say nothing most of the time. So one is
 * held only while it knows something: part of a frame, of a fragmented message, or a close. Between whole
 * messages it is like a new one, so it is given back, and a new one is made for the next bytes.
 */
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "web/cors.h"
#include "live/hub_int.h"
#include "web/reply.h"
#include "live/ws.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <wslay/wslay.h>

enum {
	ACCEPTS_MAX = 64,
	GREETING_US = 5000000,
	FRAME_BYTES_MAX = MESSAGE_BODY_BYTES_MAX + 1024, /* what is data here is the body there */
	TURN_BYTES_MAX = 64 * 1024, /* of one socket, then the others have their turn */
	FRAGMENTS_MAX = 64 /* of one message: libwslay keeps each by itself, however short */
};

struct ws {
	struct hub *hub;
	struct waiter *waiter;
	wslay_event_context_ptr frames; /* NULL: between messages, or before the handshake is done */
	bool reading; /* libwslay runs: frames must stay */
	char *head; /* of the request, as far as it came; NULL after a good handshake */
	size_t head_len;
	size_t turn_bytes; /* that may still be read in this turn */
	size_t frame_len; /* of the frame that comes: head and payload */
	size_t unread_bytes; /* given to libwslay, of frames that have not ended */
	bool message_begun; /* and its last fragment has not */
	unsigned fragments; /* so far, of the message that comes */
	struct buf *out; /* while libwslay writes */
};

void
hub_ws_free(struct ws *ws)
{
	if (ws == NULL)
		return;
	if (ws->frames != NULL)
		wslay_event_context_free(ws->frames);
	free(ws->head);
	free(ws);
}

/* --- what libwslay calls --- */

static ssize_t
on_recv(wslay_event_context_ptr frames, uint8_t *bytes, size_t len, int flags, void *arg)
{
	struct ws *ws = arg;
	ssize_t n;

	(void)flags;
	if (len > ws->turn_bytes)
		len = ws->turn_bytes;
	/* One that closes is read on: its client's goodbye is to come, and what is left in the socket would
	 * make it readable for ever. */
	if (len == 0 || ws->waiter->state == WAITER_GONE) {
		wslay_event_set_error(frames, WSLAY_ERR_WOULDBLOCK);
		return -1;
	}
	do
		n = recv(ws->waiter->source.fd, bytes, len, MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n > 0) {
		ws->turn_bytes -= (size_t)n;
		ws->unread_bytes += (size_t)n;
		return n;
	}
	wslay_event_set_error(
	    frames, n < 0 && errno == EAGAIN ? WSLAY_ERR_WOULDBLOCK : WSLAY_ERR_CALLBACK_FAILURE);
	return -1;
}

static ssize_t
on_send(wslay_event_context_ptr frames, const uint8_t *bytes, size_t len, int flags, void *arg)
{
	struct ws *ws = arg;

	(void)frames;
	(void)flags;
	buf_add(ws->out, (const char *)bytes, len);
	return (ssize_t)len;
}

/* RFC 6455, section 5.2: the length in as few bytes as it can be, else libwslay refuses it; a mask, too. */
static size_t
frame_head_len(uint64_t payload_len)
{
	return payload_len < 126 ? 6 : payload_len <= UINT16_MAX ? 8 : 14;
}

static void
on_frame(wslay_event_context_ptr frames, const struct wslay_event_on_frame_recv_start_arg *frame,
    void *arg)
{
	struct ws *ws = arg;

	(void)frames;
	ws->frame_len = frame_head_len(frame->payload_length) + (size_t)frame->payload_length;
	if (!wslay_is_ctrl_frame(frame->opcode))
		ws->message_begun = frame->fin == 0;
	if (frame->opcode == WSLAY_CONTINUATION_FRAME)
		ws->fragments++;
	else if (!wslay_is_ctrl_frame(frame->opcode))
		ws->fragments = 1;
	if (ws->fragments > FRAGMENTS_MAX)
		hub_live_end(ws->hub, ws->waiter, CLOSE_POLICY);
}

static void
on_frame_end(wslay_event_context_ptr frames, void *arg)
{
	struct ws *ws = arg;

	(void)frames;
	ws->unread_bytes -= ws->frame_len;
}

static void
on_message(
    wslay_event_context_ptr frames, const struct wslay_event_on_msg_recv_arg *message, void *arg)
{
	struct ws *ws = arg;

	(void)frames;
	ws->waiter->live->unanswered = 0;
	if (ws->waiter->user == NULL)
		return; /* closing */
	if (message->opcode == WSLAY_TEXT_FRAME)
		hub_call_take(ws->hub, ws->waiter, (const char *)message->msg, message->msg_length);
	else if (message->opcode == WSLAY_BINARY_FRAME)
		hub_live_end(ws->hub, ws->waiter, CLOSE_KIND);
}

/* --- a context, while one is needed --- */

static void
frames_need(struct ws *ws)
{
	static const struct wslay_event_callbacks callbacks = { on_recv, on_send, NULL, on_frame,
		NULL, on_frame_end, on_message };

	if (ws->frames != NULL)
		return;
	if (wslay_event_context_server_init(&ws->frames, &callbacks, ws) != 0)
		abort();
	wslay_event_config_set_max_recv_msg_length(ws->frames, FRAME_BYTES_MAX);
}

/* Once a close came, was made or was sent, the context knows it and stays. */
static void
frames_rest(struct ws *ws)
{
	if (ws->frames == NULL || ws->reading || ws->unread_bytes > 0 || ws->message_begun ||
	    !wslay_event_get_read_enabled(ws->frames) ||
	    !wslay_event_get_write_enabled(ws->frames) || wslay_event_want_write(ws->frames))
		return;
	wslay_event_context_free(ws->frames);
	ws->frames = NULL;
}

/* --- writing --- */

/* Send what libwslay has to say. */
static void
push(struct ws *ws)
{
	struct buf out = buf_new(ws->hub->arena, 256);

	ws->out = &out;
	while (wslay_event_want_write(ws->frames) && wslay_event_send(ws->frames) == 0)
		;
	ws->out = NULL;
	if (out.len > 0)
		hub_live_send(ws->hub, ws->waiter, out.data, out.len);
}

static void
queue(struct ws *ws, uint8_t opcode, const char *text, size_t len)
{
	const struct wslay_event_msg message = { opcode, (const uint8_t *)text, len };

	frames_need(ws);
	/* Refused only when the connection closes already. */
	if (wslay_event_queue_msg(ws->frames, &message) == 0)
		push(ws);
	frames_rest(ws);
}

void
hub_ws_text(struct hub *hub, struct waiter *waiter, const char *text, size_t len)
{
	(void)hub;
	if (waiter->state != WAITER_GONE && waiter->state != WAITER_CLOSING)
		queue(waiter->live->ws, WSLAY_TEXT_FRAME, text, len);
}

void
hub_ws_ping(struct hub *hub, struct waiter *waiter)
{
	(void)hub;
	queue(waiter->live->ws, WSLAY_PING, "", 0);
}

void
hub_ws_close(struct hub *hub, struct waiter *waiter, enum hub_close code)
{
	struct ws *ws = waiter->live->ws;

	(void)hub;
	if (ws->head != NULL)
		return; /* the handshake was refused */
	frames_need(ws);
	(void)wslay_event_queue_close(ws->frames, (uint16_t)code, NULL, 0);
	push(ws);
}

bool
hub_ws_finished(const struct ws *ws)
{
	return ws->frames == NULL || !wslay_event_get_read_enabled(ws->frames) ||
	    wslay_event_get_close_received(ws->frames);
}

/* --- the handshake --- */

static void
refuse(struct ws *ws, enum err err, const char *request_id)
{
	struct hub *hub = ws->hub;
	struct buf body = buf_new(hub->arena, 256), text = buf_new(hub->arena, 512);

	reply_error_json(err, NULL, NULL, request_id, &body);
	buf_printf(&text,
	    "HTTP/1.1 %d Refused\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n"
	    "X-Confab-Route: websocket\r\nX-Confab-Error: %s\r\n%s%sConnection: close\r\n\r\n",
	    err_status(err), body.len, err_code(err),
	    err == ERR_UPGRADE ? "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" : "",
	    err_status(err) == 503 ? "Retry-After: 1\r\n" : "");
	buf_add(&text, body.data, body.len);
	log_info("websocket refused", LOG_STR("request_id", request_id),
	    LOG_STR("error", err_code(err)));
	hub_live_send(hub, ws->waiter, text.data, text.len);
	hub_live_end(hub, ws->waiter, CLOSE_GOOD);
}

static enum err
from_status(int status)
{
	return status == 405 ? ERR_METHOD
	    : status == 426  ? ERR_UPGRADE
	    : status == 431  ? ERR_URI_TOO_LONG
			     : ERR_BAD_REQUEST;
}

/* A browser tells the page's origin; it must be our own or one that may call us. */
static bool
origin_good(const struct conf *conf, const char *origin)
{
	const char *host = strstr(conf->base_url, "://");
	size_t len = host == NULL ? 0 : (size_t)(host + 3 - conf->base_url) + strcspn(host + 3, "/");

	return origin == NULL || cors_is_listed(conf->cors_origins, origin) ||
	    (strlen(origin) == len && strncmp(origin, conf->base_url, len) == 0);
}

/* Ticket and cursor of the query. */
static enum err
query_read(struct ws *ws, const struct ws_request *request, const char **ticket)
{
	struct arena *arena = ws->hub->arena;
	struct waiter *waiter = ws->waiter;
	struct pair pairs[2];
	const char *cursor;
	size_t count = 0;

	TRY(str_decode_pairs(arena, request->query, strlen(request->query), pairs, 2, &count));
	*ticket = str_pair_get(pairs, count, "ticket");
	cursor = str_pair_get(pairs, count, "cursor");
	if (*ticket == NULL)
		return ERR_UNAUTHORIZED;
	if (count != (cursor != NULL ? 2 : 1))
		return ERR_BAD_REQUEST;
	waiter->has_cursor = cursor != NULL;
	return cursor == NULL ? ERR_OK : event_cursor_parse(cursor, &waiter->cursor);
}

static void
agree(struct ws *ws, const struct ws_request *request)
{
	struct buf text = buf_new(ws->hub->arena, 256);
	char accept[WS_ACCEPT_SIZE];

	free(ws->head);
	ws->head = NULL;
	ws_accept(request->key, accept);
	buf_printf(&text,
	    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
	    "Sec-WebSocket-Accept: %s\r\nX-Confab-Route: websocket\r\n%s\r\n",
	    accept, request->protocol ? "Sec-WebSocket-Protocol: " WS_PROTOCOL "\r\n" : "");
	ws->waiter->state = WAITER_CLAIMING;
	hub_live_send(ws->hub, ws->waiter, text.data, text.len);
}

static void
greet(struct ws *ws)
{
	struct hub *hub = ws->hub;
	struct ws_request request = { .request_id = "none" };
	int status = ws_request_parse(hub->arena, ws->head, ws->head_len, &request);
	const char *ticket = NULL;
	enum err err = status == 101 ? ERR_OK : from_status(status);

	if (status == 0)
		return;
	if (err == ERR_OK && request.head_len != ws->head_len)
		err = ERR_BAD_REQUEST; /* it must wait for our answer */
	if (err == ERR_OK && strcmp(request.path, "/api/v1/ws") != 0)
		err = ERR_NOT_FOUND;
	if (err == ERR_OK && !origin_good(hub->conf, request.origin))
		err = ERR_FORBIDDEN;
	if (err == ERR_OK)
		err = query_read(ws, &request, &ticket);
	if (err == ERR_OK && pipeline_state(hub->pipeline) != PIPELINE_READY)
		err = ERR_UNAVAILABLE;
	if (err != ERR_OK) {
		refuse(ws, err, request.request_id);
		return;
	}
	log_info("websocket opened", LOG_STR("request_id", request.request_id),
	    LOG_STR("client", request.ip));
	agree(ws, &request);
	if (ws->waiter->state != WAITER_GONE)
		hub_claim(hub, ws->waiter, ticket);
}

static void
read_head(struct ws *ws)
{
	ssize_t n = recv(ws->waiter->source.fd, ws->head + ws->head_len,
	    WS_HEAD_BYTES_MAX - ws->head_len, MSG_DONTWAIT);

	if (n > 0) {
		ws->head_len += (size_t)n;
		greet(ws);
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		hub_live_drop(ws->hub, ws->waiter);
	}
}

/* --- reading --- */

/* What still comes from one that was told goodbye. */
static void
read_away(struct ws *ws)
{
	char bytes[4096];
	ssize_t n = recv(ws->waiter->source.fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		hub_live_drop(ws->hub, ws->waiter);
}

/* Non-zero: it is of no use any more. */
static int
read_frames(struct ws *ws)
{
	int error;

	frames_need(ws);
	ws->turn_bytes = TURN_BYTES_MAX;
	ws->reading = true;
	error = wslay_event_recv(ws->frames);
	ws->reading = false;
	return error;
}

void
hub_ws_readable(struct hub *hub, struct waiter *waiter)
{
	struct ws *ws = waiter->live->ws;

	if (waiter->state == WAITER_GREETING) {
		read_head(ws);
		return;
	}
	if (waiter->state == WAITER_CLOSING && hub_ws_finished(ws)) {
		read_away(ws);
		return;
	}
	if (read_frames(ws) != 0) {
		if (waiter->state != WAITER_GONE)
			hub_live_drop(hub, waiter);
		return;
	}
	if (waiter->state == WAITER_GONE)
		return;
	push(ws); /* answers to pings, a close of its own */
	if (waiter->state == WAITER_CLOSING && waiter->live->bytes == NULL && hub_ws_finished(ws))
		(void)shutdown(waiter->source.fd, SHUT_WR);
	else if (hub_ws_finished(ws))
		hub_live_end(hub, waiter, CLOSE_GOOD);
	frames_rest(ws);
}

/* --- new ones --- */

static void
take(struct hub *hub, int fd)
{
	static const char busy[] = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n"
				   "Content-Length: 0\r\nConnection: close\r\n\r\n";
	struct waiter *waiter = hub_waiter_new(hub);
	struct ws *ws;

	if (waiter == NULL) {
		(void)send(fd, busy, sizeof(busy) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
		(void)close(fd);
		return;
	}
	ws = calloc(1, sizeof(*ws));
	if (ws == NULL || (ws->head = malloc(WS_HEAD_BYTES_MAX)) == NULL)
		abort();
	ws->hub = hub;
	ws->waiter = waiter;
	waiter->state = WAITER_GREETING;
	hub_live_begin(hub, waiter, ws);
	waiter->source = (struct source){ hub_live_ready, waiter, -1, 0 };
	hub_watch(hub, &waiter->source, fd, EPOLLIN | EPOLLRDHUP);
	hub_wheel_set(hub, waiter, waiter->live->moved_us + GREETING_US);
}

void
hub_ws_accept(struct hub *hub)
{
	int i, fd;

	for (i = 0; i < ACCEPTS_MAX; i++) {
		fd = accept4(hub->ws_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0) {
			hub_accept_failed(hub, errno);
			return;
		}
		take(hub, fd);
	}
}
