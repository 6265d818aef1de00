/* From an accepted connection to a waiter: the same stages as every request, then hub_wait. */
#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "live/hub_int.h"

#include <stdlib.h>
#include <string.h>

enum { ACCEPTS_MAX = 64 }; /* in one turn, so that parked ones get theirs */

/* Run the stages. The handler parks the request (it is a waiter's then), or there is a reply. */
static void
serve(struct hub *hub, struct http *http)
{
	struct arena_mark mark = arena_mark(hub->arena);
	struct req *req = req_begin(hub->worker, http);
	enum err err = req_run(req);
	struct buf whole;

	if (!req->later) {
		whole = req_render(req, err);
		req_done(req, err);
		replier_send(hub->replier, http, whole.data, whole.len);
	}
	log_request_set(NULL);
	arena_rewind(hub->arena, mark);
}

void
hub_accept(struct hub *hub)
{
	int i, status = 0;

	for (i = 0; i < ACCEPTS_MAX && status == 0; i++) {
		struct http *http = calloc(1, sizeof(*http));

		if (http == NULL)
			abort();
		http_prepare(http, hub->listener_fd);
		status = http_accept(http);
		if (status == 0)
			serve(hub, http);
		else
			free(http);
	}
	hub_accept_failed(hub, -status);
}

static int64_t
wait_us(const struct hub *hub, int64_t wait_s)
{
	int64_t span_us = 2 * WAIT_DEFAULT_JITTER_S * SECOND_US, us;
	uint64_t random;

	if (wait_s >= 0)
		return (wait_s < HUB_WAIT_MAX_S ? wait_s : HUB_WAIT_MAX_S) * SECOND_US;
	/* So that clients cut off together do not come back together. */
	crypto_random(&random, sizeof(random));
	us = hub->conf->poll_wait_s * SECOND_US - span_us / 2 +
	    (int64_t)(random % (uint64_t)span_us);
	return us > SECOND_US ? us : SECOND_US;
}

/* A waiter for the request, which is the hub's from now on; ERR_BUSY as in hub.h. */
static enum err
waiter_for(struct req *req, const struct event_cursor *cursor, struct waiter **made)
{
	struct waiter *waiter = hub_waiter_new(req->worker->hub);

	if (waiter == NULL)
		return ERR_BUSY;
	http_shrink(req->http);
	waiter->http = req->http;
	waiter->route = req->route;
	waiter->role = req->caller.role;
	waiter->began_us = req->began_us;
	waiter->has_cursor = cursor != NULL;
	if (cursor != NULL)
		waiter->cursor = *cursor;
	if (req->caller.login_id != NULL)
		(void)memccpy(waiter->login_id, req->caller.login_id, '\0', UUID_TEXT_SIZE - 1);
	req->later = true;
	*made = waiter;
	return ERR_OK;
}

enum err
hub_wait(struct req *req, const struct event_cursor *cursor, int64_t wait_s)
{
	struct hub *hub = req->worker->hub;
	struct waiter *waiter;

	TRY(waiter_for(req, cursor, &waiter));
	waiter->at_once = wait_s == 0;
	/* The deadline of one that does not wait is only a guard: its read ends sooner. */
	waiter->deadline_us =
	    req->began_us + (wait_s == 0 ? HUB_WAIT_MAX_S * SECOND_US : wait_us(hub, wait_s));
	hub_register(hub, waiter, arena_strdup(hub->arena, req->caller.user_id));
	return ERR_OK;
}

enum err
hub_stream(struct req *req, const struct event_cursor *cursor, const char *ticket)
{
	struct hub *hub = req->worker->hub;
	struct waiter *waiter;

	if (req->caller.user_id == NULL && ticket == NULL)
		return ERR_UNAUTHORIZED;
	TRY(waiter_for(req, cursor, &waiter));
	hub_live_begin(hub, waiter, NULL);
	if (req->caller.user_id != NULL)
		hub_register(hub, waiter, arena_strdup(hub->arena, req->caller.user_id));
	else
		hub_claim(hub, waiter, ticket);
	return ERR_OK;
}
