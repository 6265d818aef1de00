/* Tickets: issued to a request, claimed by a waiter; both over the pipeline. */
#include "domain/talk/ticket.h"
#include "base/log.h"
#include "live/hub_int.h"
#include "web/reply.h"
#include "web/revoke.h"
#include "web/token.h"

#include <stdlib.h>
#include <string.h>

/* --- issuing --- */

/* A request whose ticket is being stored. */
struct issuing {
	struct hub *hub;
	struct http *http;
	const struct route *route;
	enum role role;
	int64_t began_us;
	char user_id[UUID_TEXT_SIZE], login_id[UUID_TEXT_SIZE];
	char ticket[TICKET_TEXT_MAX];
};

static void
issued(void *arg, enum err err, struct rows *rows)
{
	struct issuing *issuing = arg;
	struct hub *hub = issuing->hub;
	struct arena_mark mark = arena_mark(hub->arena);
	struct req *req = req_begin(hub->worker, issuing->http);
	struct buf whole;

	(void)rows;
	req->method = METHOD_POST;
	req->route = issuing->route;
	req->began_us = issuing->began_us;
	req->caller = (struct caller){
		.role = issuing->role, .user_id = issuing->user_id, .login_id = issuing->login_id
	};
	if (err == ERR_OK)
		err = reply_json(req,
		    arena_printf(hub->arena, "{\"ticket\":\"%s\",\"expires_in\":%d}",
			issuing->ticket, TICKET_S));
	whole = req_render(req, err);
	req_done(req, err);
	replier_send(hub->replier, issuing->http, whole.data, whole.len);
	free(issuing);
	hub->pending--;
	arena_rewind(hub->arena, mark);
}

enum err
hub_ticket(struct req *req)
{
	struct hub *hub = req->worker->hub;
	struct ticket_holder holder = { req->caller.user_id, req->caller.login_id,
		token_role_text(req->caller.role) };
	struct issuing *issuing = calloc(1, sizeof(*issuing));
	const char *ticket;
	enum err err;

	if (issuing == NULL)
		abort();
	err = pipeline_send(hub->pipeline, db_ref(ticket_issue_bind(hub->arena, &holder, &ticket)),
	    issued, issuing);
	if (err != ERR_OK) {
		free(issuing);
		return err;
	}
	issuing->hub = hub;
	issuing->http = req->http;
	issuing->route = req->route;
	issuing->role = req->caller.role;
	issuing->began_us = req->began_us;
	(void)memccpy(issuing->user_id, holder.user_id, '\0', UUID_TEXT_SIZE - 1);
	(void)memccpy(issuing->login_id, holder.login_id, '\0', UUID_TEXT_SIZE - 1);
	(void)memccpy(issuing->ticket, ticket, '\0', TICKET_TEXT_MAX - 1);
	hub->pending++;
	req->later = true;
	return ERR_OK;
}

/* --- claiming --- */

static void
claimed(void *arg, enum err err, struct rows *rows)
{
	struct waiter *waiter = arg;
	struct hub *hub = waiter->hub;
	struct ticket_holder holder;

	waiter->asked--;
	if (waiter->state != WAITER_CLAIMING)
		return; /* left meanwhile */
	if (err == ERR_OK)
		err = ticket_take(rows, &holder);
	if (err == ERR_OK && revoke_listed(hub->worker->revoke, holder.login_id))
		err = ERR_UNAUTHORIZED;
	log_info("ticket claimed", LOG_STR("user_id", err == ERR_OK ? holder.user_id : ""),
	    LOG_STR("login_id", err == ERR_OK ? holder.login_id : ""),
	    LOG_STR("error", err == ERR_OK ? "" : err_code(err)));
	if (err != ERR_OK) {
		hub_answer_error(hub, waiter, err);
		return;
	}
	waiter->role = token_role_parse(holder.role);
	(void)memccpy(waiter->login_id, holder.login_id, '\0', UUID_TEXT_SIZE - 1);
	hub_register(hub, waiter, holder.user_id);
}

void
hub_claim(struct hub *hub, struct waiter *waiter, const char *ticket)
{
	enum err err = pipeline_send(
	    hub->pipeline, db_ref(ticket_claim_bind(hub->arena, ticket)), claimed, waiter);

	waiter->state = WAITER_CLAIMING;
	if (err == ERR_OK)
		waiter->asked++;
	else
		hub_answer_error(hub, waiter, err);
}
