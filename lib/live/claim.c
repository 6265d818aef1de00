#include "live/claim.h"
#include "base/log.h"
#include "db/pipeline.h"
#include "domain/talk/ticket.h"
#include "live/enter.h"
#include "live/live.h"
#include "live/reply_thread.h"
#include "web/reply.h"
#include "web/revoke.h"
#include "web/token.h"

#include <stdlib.h>
#include <string.h>

/* --- issuing --- */

/* A request whose ticket is being stored. */
struct issuing {
	struct live *live;
	struct http *http;
	const struct route *route;
	enum role role;
	int64_t began_us;
	char user_id[UUID_TEXT_SIZE], login_id[UUID_TEXT_SIZE];
	char ticket[TICKET_TEXT_MAX];
};

static struct req *
revive(const struct issuing *issuing)
{
	struct req *req = req_begin(issuing->live->worker, issuing->http);

	req->method = METHOD_POST;
	req->route = issuing->route;
	req->began_us = issuing->began_us;
	req->caller = (struct caller){
		.role = issuing->role, .user_id = issuing->user_id, .login_id = issuing->login_id
	};
	return req;
}

static void
issued(void *arg, enum err err, struct rows *rows)
{
	struct issuing *issuing = arg;
	struct live *live = issuing->live;
	struct arena_mark mark = arena_mark(live->arena);
	struct req *req = revive(issuing);
	struct buf whole;

	(void)rows;
	if (err == ERR_OK)
		err = reply_json(req,
		    arena_printf(live->arena, "{\"ticket\":\"%s\",\"expires_in\":%d}",
			issuing->ticket, TICKET_S));
	whole = req_render(req, err);
	req_done(req, err);
	reply_thread_send(live->replies, issuing->http, whole.data, whole.len);
	free(issuing);
	live->pending--;
	arena_rewind(live->arena, mark);
}

/* What is needed of the request when it is answered. */
static void
hold(struct issuing *issuing, struct req *req, const char *ticket)
{
	issuing->live = req->worker->live;
	issuing->http = req->http;
	issuing->route = req->route;
	issuing->role = req->caller.role;
	issuing->began_us = req->began_us;
	(void)memccpy(issuing->user_id, req->caller.user_id, '\0', UUID_TEXT_SIZE - 1);
	(void)memccpy(issuing->login_id, req->caller.login_id, '\0', UUID_TEXT_SIZE - 1);
	(void)memccpy(issuing->ticket, ticket, '\0', TICKET_TEXT_MAX - 1);
	issuing->live->pending++;
	req->later = true;
}

enum err
live_ticket(struct req *req)
{
	struct live *live = req->worker->live;
	struct ticket_holder holder = { req->caller.user_id, req->caller.login_id,
		token_role_text(req->caller.role) };
	struct issuing *issuing = calloc(1, sizeof(*issuing));
	const char *ticket;
	enum err err;

	if (issuing == NULL)
		abort();
	err = pipeline_send(live->pipeline,
	    db_ref(ticket_issue_bind(live->arena, &holder, &ticket)), issued, issuing);
	if (err == ERR_OK)
		hold(issuing, req, ticket);
	else
		free(issuing);
	return err;
}

/* --- claiming --- */

static void
claimed(void *arg, enum err err, struct rows *rows)
{
	struct client *client = arg;
	struct ticket_holder holder;

	client->asked--;
	if (client->waiter.state != WAITER_NEW)
		return; /* left meanwhile */
	if (err == ERR_OK)
		err = ticket_take(rows, &holder);
	if (err == ERR_OK && revoke_listed(client->live->worker->revoke, holder.login_id))
		err = ERR_UNAUTHORIZED;
	log_info("ticket claimed", LOG_STR("user_id", err == ERR_OK ? holder.user_id : ""),
	    LOG_STR("login_id", err == ERR_OK ? holder.login_id : ""),
	    LOG_STR("error", err == ERR_OK ? "" : err_code(err)));
	if (err != ERR_OK) {
		client->transport->error(client, err);
		return;
	}
	client->role = token_role_parse(holder.role);
	(void)memccpy(client->waiter.login_id, holder.login_id, '\0', UUID_TEXT_SIZE - 1);
	enter(client, holder.user_id);
}

void
claim_ticket(struct client *client, const char *ticket)
{
	struct live *live = client->live;
	enum err err = pipeline_send(
	    live->pipeline, db_ref(ticket_claim_bind(live->arena, ticket)), claimed, client);

	if (err == ERR_OK)
		client->asked++;
	else
		client->transport->error(client, err);
}
