#include "live/ws_greet.h"
#include "base/log.h"
#include "base/form.h"
#include "base/str.h"
#include "db/pipeline.h"
#include "live/claim.h"
#include "live/client.h"
#include "live/door.h"
#include "live/live.h"
#include "live/out.h"
#include "live/ws.h"
#include "live/ws_head.h"
#include "web/cors.h"
#include "web/reply.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ACCEPTS_MAX = 64, GREETING_US = 5000000 };

/* What came of the head; a greeting's own. */
struct greeting {
	size_t len;
	char bytes[WS_HEAD_BYTES_MAX];
};

static void
refuse(struct client *client, enum err err, const char *request_id)
{
	struct arena *arena = client->live->arena;
	struct buf body = buf_new(arena, 256), text = buf_new(arena, 512);

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
	out_send(client, text.data, text.len);
	if (client_gone(client))
		return;
	out_close(client);
	out_settle(client);
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
query_read(struct client *client, const struct ws_head *head, const char **ticket)
{
	struct waiter *waiter = &client->waiter;
	struct pair pairs[2];
	const char *cursor;
	size_t count = 0;

	TRY(form_decode(client->live->arena, head->query, strlen(head->query), pairs, 2, &count));
	*ticket = form_get(pairs, count, "ticket");
	cursor = form_get(pairs, count, "cursor");
	if (*ticket == NULL)
		return ERR_UNAUTHORIZED;
	if (count != (cursor != NULL ? 2 : 1))
		return ERR_BAD_REQUEST;
	waiter->has_cursor = cursor != NULL;
	return cursor == NULL ? ERR_OK : event_cursor_parse(cursor, &waiter->cursor);
}

/* May this head, which is well-formed when status is 101, open one? */
static enum err
check(struct client *client, int status, const struct ws_head *head, const char **ticket)
{
	const struct live *live = client->live;
	const struct greeting *greeting = client->own;

	if (status != 101)
		return from_status(status);
	if (head->head_len != greeting->len)
		return ERR_BAD_REQUEST; /* it must wait for our answer */
	if (strcmp(head->path, live->socket->path) != 0)
		return ERR_NOT_FOUND;
	if (!origin_good(live->conf, head->origin))
		return ERR_FORBIDDEN;
	TRY(query_read(client, head, ticket));
	return pipeline_state(live->pipeline) == PIPELINE_READY ? ERR_OK : ERR_UNAVAILABLE;
}

static void
agree(struct client *client, const struct ws_head *head)
{
	struct buf text = buf_new(client->live->arena, 256);
	char accept[WS_ACCEPT_SIZE];

	log_info("websocket opened", LOG_STR("request_id", head->request_id),
	    LOG_STR("client", head->ip));
	ws_head_accept(head->key, accept);
	buf_printf(&text,
	    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
	    "Sec-WebSocket-Accept: %s\r\nX-Confab-Route: websocket\r\n%s\r\n",
	    accept, head->protocol ? "Sec-WebSocket-Protocol: " WS_PROTOCOL "\r\n" : "");
	free(client->own);
	ws_begin(client);
	out_send(client, text.data, text.len);
}

static void
greet(struct client *client)
{
	const struct greeting *greeting = client->own;
	struct ws_head head = { .request_id = "none" };
	int status = ws_head_parse(client->live->arena, greeting->bytes, greeting->len, &head);
	const char *ticket = NULL;
	enum err err;

	if (status == 0)
		return;
	err = check(client, status, &head, &ticket);
	if (err != ERR_OK) {
		refuse(client, err, head.request_id);
		return;
	}
	agree(client, &head);
	if (client_gone(client))
		return;
	claim_ticket(client, ticket);
	if (!client_gone(client))
		out_watch(client);
}

static void
read_head(struct client *client)
{
	struct greeting *greeting = client->own;
	ssize_t n = recv(client->source.fd, greeting->bytes + greeting->len,
	    WS_HEAD_BYTES_MAX - greeting->len, MSG_DONTWAIT);

	if (n > 0) {
		greeting->len += (size_t)n;
		greet(client);
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		client_drop(client);
	}
}

static void
ready(void *owner, uint32_t events)
{
	struct client *client = owner;

	if (!client_gone(client) && (events & EPOLLIN) != 0) {
		if (client->waiter.state == WAITER_CLOSING)
			out_read_away(client);
		else
			read_head(client);
	}
	out_ready(client, events);
}

static void
release(struct client *client)
{
	free(client->own);
	out_free(client);
}

/* It is attached to nobody: no events come. */
static const struct transport greeting_transport = {
	.name = "greeting",
	.hears = true,
	.ready = ready,
	.due = client_drop,
	.sent = out_shut,
	.free = release,
};

/* --- new ones --- */

static void
take(struct live *live, int fd)
{
	static const char busy[] = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n"
				   "Content-Length: 0\r\nConnection: close\r\n\r\n";
	struct client *client = client_make(live, &greeting_transport);

	if (client == NULL) {
		(void)send(fd, busy, sizeof(busy) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
		(void)close(fd);
		return;
	}
	client->own = calloc(1, sizeof(struct greeting));
	if (client->own == NULL)
		abort();
	out_begin(client);
	client->source = (struct source){ ready, client, -1, 0 };
	watch_set(&live->watch, &client->source, fd, EPOLLIN | EPOLLRDHUP);
	core_deadline(&live->core, &client->waiter, client->out->moved_us + GREETING_US);
}

void
ws_greet_accept(struct live *live, int listener)
{
	int i, fd;

	for (i = 0; i < ACCEPTS_MAX; i++) {
		fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0) {
			door_failed(live, errno);
			return;
		}
		take(live, fd);
	}
}
