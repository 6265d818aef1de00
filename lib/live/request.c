#include "live/request.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "live/claim.h"
#include "live/client.h"
#include "live/door.h"
#include "live/enter.h"
#include "live/live.h"
#include "live/poll.h"
#include "live/reply_thread.h"
#include "live/sse.h"

#include <stdlib.h>
#include <string.h>

enum {
	ACCEPTS_MAX = 64, /* in one turn, so that parked ones get theirs */
	WAIT_DEFAULT_JITTER_S = 3
};

/* Run the stages. The handler holds the request (it is a client's then), or there is a reply. */
static void
serve(struct live *live, struct http *http)
{
	struct arena_mark mark = arena_mark(live->arena);
	struct req *req = req_begin(live->worker, http);
	enum err err = req_run(req);
	struct buf whole;

	if (!req->later) {
		whole = req_render(req, err);
		req_done(req, err);
		reply_thread_send(live->replies, http, whole.data, whole.len);
	}
	log_request_set(NULL);
	arena_rewind(live->arena, mark);
}

void
request_accept(struct live *live, int listener)
{
	int i, status = 0;

	for (i = 0; i < ACCEPTS_MAX && status == 0; i++) {
		struct http *http = calloc(1, sizeof(*http));

		if (http == NULL)
			abort();
		http_prepare(http, listener);
		status = http_accept(http);
		if (status == 0)
			serve(live, http);
		else
			free(http);
	}
	door_failed(live, -status);
}

static int64_t
wait_us(const struct live *live, int64_t wait_s)
{
	int64_t span_us = 2 * WAIT_DEFAULT_JITTER_S * SECOND_US, us;
	uint64_t random;

	if (wait_s >= 0)
		return (wait_s < LIVE_WAIT_MAX_S ? wait_s : LIVE_WAIT_MAX_S) * SECOND_US;
	/* So that clients cut off together do not come back together. */
	crypto_random(&random, sizeof(random));
	us = live->conf->poll_wait_s * SECOND_US - span_us / 2 +
	    (int64_t)(random % (uint64_t)span_us);
	return us > SECOND_US ? us : SECOND_US;
}

/* A client for the request, which is its own from now on; ERR_BUSY as in live.h. */
static enum err
client_for(struct req *req, const struct transport *transport, const struct event_cursor *cursor,
    struct client **made)
{
	struct client *client = client_make(req->worker->live, transport);

	if (client == NULL)
		return ERR_BUSY;
	http_shrink(req->http);
	client->http = req->http;
	client->route = req->route;
	client->role = req->caller.role;
	client->began_us = req->began_us;
	client->waiter.has_cursor = cursor != NULL;
	if (cursor != NULL)
		client->waiter.cursor = *cursor;
	if (req->caller.login_id != NULL)
		(void)memccpy(
		    client->waiter.login_id, req->caller.login_id, '\0', UUID_TEXT_SIZE - 1);
	req->later = true;
	*made = client;
	return ERR_OK;
}

enum err
live_wait(struct req *req, const struct event_cursor *cursor, int64_t wait_s)
{
	struct live *live = req->worker->live;
	struct client *client;

	TRY(client_for(req, &poll_transport, cursor, &client));
	client->waiter.at_once = wait_s == 0;
	/* The deadline of one that does not wait is only a guard: its read ends sooner. */
	client->deadline_us =
	    req->began_us + (wait_s == 0 ? LIVE_WAIT_MAX_S * SECOND_US : wait_us(live, wait_s));
	enter(client, arena_strdup(live->arena, req->caller.user_id));
	return ERR_OK;
}

enum err
live_stream(struct req *req, const struct event_cursor *cursor, const char *ticket)
{
	struct live *live = req->worker->live;
	struct client *client;

	if (req->caller.user_id == NULL && ticket == NULL)
		return ERR_UNAUTHORIZED;
	TRY(client_for(req, &sse_transport, cursor, &client));
	sse_begin(client);
	if (req->caller.user_id != NULL)
		enter(client, arena_strdup(live->arena, req->caller.user_id));
	else
		claim_ticket(client, ticket);
	return ERR_OK;
}
