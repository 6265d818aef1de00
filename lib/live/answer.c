#include "live/answer.h"
#include "base/log.h"
#include "live/client.h"
#include "live/reply_thread.h"
#include "web/metrics.h"

struct req *
answer_revive(const struct client *client)
{
	struct req *req = req_begin(client->live->worker, client->http);

	req->method = METHOD_GET;
	req->route = client->route;
	req->began_us = client->began_us;
	req->retry_after_s = client->retry_after_s;
	req->caller = (struct caller){ .role = client->role, .login_id = client->waiter.login_id };
	if (client->waiter.user != NULL)
		req->caller.user_id = arena_strdup(client->live->arena, client->waiter.user->id);
	return req;
}

void
answer_send(struct client *client, struct req *req, enum err err, size_t event_count)
{
	struct live *live = client->live;
	struct buf whole = req_render(req, err);

	req_done(req, err);
	log_request_set(req->id);
	log_debug("poll answered", LOG_STR("user_id", req->caller.user_id),
	    LOG_INT("status", req->reply.status), LOG_INT("events", (int64_t)event_count),
	    LOG_INT("still_held", live->held - 1));
	log_request_set(NULL);
	metrics_add(live->worker->metrics, METRIC_EVENTS_DELIVERED, (int64_t)event_count);
	reply_thread_send(live->replies, client_release(client), whole.data, whole.len);
}

void
answer_error(struct client *client, enum err err)
{
	struct arena_mark mark = arena_mark(client->live->arena);

	answer_send(client, answer_revive(client), err, 0);
	arena_rewind(client->live->arena, mark);
}
