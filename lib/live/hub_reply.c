/*
 * Answers of waiters. The request's parameters are still with its connection, so the reply is made by
 * the same functions as every other one: headers, error shape, cross-origin rules, log line.
 */
#include "base/log.h"
#include "shape/event_type.h"
#include "live/hub_int.h"
#include "web/reply.h"

#include <string.h>

struct req *
hub_revive(struct hub *hub, const struct waiter *waiter)
{
	struct req *req = req_begin(hub->worker, waiter->http);

	req->method = METHOD_GET;
	req->route = waiter->route;
	req->began_us = waiter->began_us;
	req->retry_after_s = waiter->retry_after_s;
	req->caller = (struct caller){ .role = waiter->role, .login_id = waiter->login_id };
	if (waiter->user != NULL)
		req->caller.user_id = arena_strdup(hub->arena, waiter->user->id);
	return req;
}

static void
finish(struct hub *hub, struct waiter *waiter, struct req *req, enum err err, size_t count)
{
	struct buf whole;

	whole = req_render(req, err);
	req_done(req, err);
	log_request_set(req->id);
	log_debug("poll answered", LOG_STR("user_id", req->caller.user_id),
	    LOG_INT("status", req->reply.status), LOG_INT("events", (int64_t)count),
	    LOG_INT("still_held", hub->held - 1));
	log_request_set(NULL);
	metrics_add(hub->worker->metrics, METRIC_EVENTS_DELIVERED, (int64_t)count);
	replier_send(hub->replier, hub_unregister(hub, waiter), whole.data, whole.len);
}

void
hub_answer_events(
    struct hub *hub, struct waiter *waiter, const struct batch *events, struct event_cursor cursor)
{
	struct arena_mark mark = arena_mark(hub->arena);
	char text[EVENT_CURSOR_SIZE];
	struct req *req;
	struct buf body;

	if (waiter->live != NULL) {
		hub_live_events(hub, waiter, events, cursor);
		return;
	}
	req = hub_revive(hub, waiter);
	body = buf_new(hub->arena, events->text.len + 128);
	event_cursor_format(cursor, text);
	buf_puts(&body, "{\"events\":[");
	buf_add(&body, events->text.data, events->text.len);
	buf_printf(&body, "],\"cursor\":\"%s\"}", text);
	(void)reply_json(req, body.data);
	finish(hub, waiter, req,
	    event_check(hub->arena, hub->worker->app->events, events->text.data, events->text.len)
		? ERR_OK
		: ERR_INTERNAL,
	    events->count);
	arena_rewind(hub->arena, mark);
}

void
hub_answer_nothing(struct hub *hub, struct waiter *waiter)
{
	struct arena_mark mark = arena_mark(hub->arena);

	if (waiter->live != NULL)
		hub_live_end(hub, waiter, hub->leaving ? CLOSE_LEAVING : CLOSE_POLICY);
	else if (waiter->has_cursor)
		hub_answer_events(hub, waiter, batch_new(hub->arena), waiter->cursor);
	else
		hub_answer_error(hub, waiter, ERR_TIMEOUT);
	arena_rewind(hub->arena, mark);
}

void
hub_answer_error(struct hub *hub, struct waiter *waiter, enum err err)
{
	struct arena_mark mark = arena_mark(hub->arena);

	if (waiter->live != NULL && (waiter->live->open || waiter->http == NULL))
		hub_live_end(hub, waiter,
		    err == ERR_UNAUTHORIZED ? CLOSE_AUTH
			: err == ERR_RATE   ? CLOSE_FULL
					    : CLOSE_FAILED);
	else
		finish(hub, waiter, hub_revive(hub, waiter), err, 0);
	arena_rewind(hub->arena, mark);
}

void
hub_answer_resync(struct hub *hub, struct waiter *waiter, struct event_cursor fresh)
{
	struct arena_mark mark = arena_mark(hub->arena);
	char text[EVENT_CURSOR_SIZE];
	struct req *req;

	if (waiter->live != NULL) {
		hub_live_resync(hub, waiter, fresh);
		return;
	}
	req = hub_revive(hub, waiter);
	event_cursor_format(fresh, text);
	req->details = arena_printf(hub->arena, "{\"cursor\":\"%s\"}", text);
	finish(hub, waiter, req, ERR_RESYNC, 0);
	arena_rewind(hub->arena, mark);
}
