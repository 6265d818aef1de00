/*
 * Sessions: asking an advisor or the assistant for a chat, the moves of both sides, what was said, and
 * the rating. How the answers look when a move is not allowed is decided here; which are allowed, in
 * domain/talk/session_state.
 */
#include "base/uuid.h"
#include "domain/market/rating.h"
#include "domain/talk/message.h"
#include "domain/talk/session.h"
#include "web/app.h"
#include "web/reply.h"
#include "web/req.h"

#include <string.h>

enum { TOPIC_MAX = 500, REASON_MAX = 500 };

static const struct field chat_body[] = {
	{ "advisor_id", FIELD_UUID, .doc = "The advisor to ask; not together with ai" },
	{ "ai", FIELD_BOOL, .doc = "True: talk to the automated assistant instead",
	    .example = "false" },
	{ "topic", FIELD_TEXT, .max = TOPIC_MAX, .doc = "What it is about, for the advisor",
	    .example = "\"How do I talk to her about moving?\"" },
	{ 0 },
};

static const struct field reason_body[] = {
	{ "reason", FIELD_TEXT, .max = REASON_MAX, .doc = "Why, for the other side",
	    .example = "\"We are done for today\"" },
	{ 0 },
};

/* The session as its participant sees it. */
static enum err
reply_session(struct req *req, const char *id)
{
	const char *json;

	TRY(session_get(req->db, id, req->caller.user_id, &json));
	return reply_json(req, json);
}

static enum err
reply_created(struct req *req, const char *id)
{
	reply_location(req, arena_printf(req->arena, "/api/v1/sessions/%s", id));
	return reply_session(req, id);
}

static enum err
post_chat(struct req *req)
{
	struct session_ask ask = {
		.user_id = req->caller.user_id,
		.advisor_id = req_text(req, "advisor_id"),
		.topic = req_text(req, "topic"),
		.answer_s = req->conf->session_request_s,
	};
	bool created = true;
	const char *id;

	if (req_bool(req, "ai")) {
		if (ask.advisor_id != NULL)
			return req_invalid(req, "advisor_id", "cannot be given together with ai");
		TRY(session_request_ai(req->db, &ask, &id));
		return reply_created(req, id);
	}
	if (ask.advisor_id == NULL)
		return req_invalid(req, "advisor_id", "is missing; or set ai to true");
	if (strcmp(ask.advisor_id, ask.user_id) == 0)
		return req_invalid(req, "advisor_id", "must be somebody else");
	TRY(session_request(req->db, &ask, &id, &created));
	if (!created)
		reply_status(req, 200);
	return reply_created(req, id);
}

/* Say in which state the session was found and what may be done there. */
static enum err
bad_state(struct req *req, enum session_state found)
{
	return req_blame(req, ERR_BAD_STATE, "state",
	    arena_printf(req->arena, "is %s; allowed now: %s", session_state_name(found),
		session_moves_text(req->arena, found)));
}

static enum err
make_move(struct req *req, enum session_move move, const char *reason)
{
	struct session_step step = {
		.session_id = req->params[0],
		.actor_id = req->caller.user_id,
		.move = move,
		.reason = reason,
		.answer_s = req->conf->session_request_s,
	};
	enum err err = session_move(req->db, &step);

	if (err == ERR_BAD_STATE)
		return bad_state(req, step.found);
	TRY(err);
	return reply_session(req, step.session_id);
}

static enum err
post_accept(struct req *req)
{
	return make_move(req, SESSION_ACCEPT, NULL);
}

static enum err
post_decline(struct req *req)
{
	return make_move(req, SESSION_DECLINE, req_text(req, "reason"));
}

static enum err
post_cancel(struct req *req)
{
	return make_move(req, SESSION_CANCEL, req_text(req, "reason"));
}

static enum err
post_end(struct req *req)
{
	return make_move(req, SESSION_END, req_text(req, "reason"));
}

static enum err
post_join(struct req *req)
{
	struct session_step step = {
		.session_id = req->params[0],
		.actor_id = req->caller.user_id,
	};
	enum err err = session_join(req->db, &step);

	if (err == ERR_BAD_STATE)
		return bad_state(req, step.found);
	TRY(err);
	return reply_session(req, step.session_id);
}

static enum err
post_heartbeat(struct req *req)
{
	struct rows *rows;

	TRY(session_heartbeat(req->db, req->params[0], req->caller.user_id, &rows));
	return reply_row(req, rows, 0);
}

static enum err
bind_session(struct req *req, struct db_bound *bound)
{
	*bound = session_get_bind(req->params[0], req->caller.user_id);
	return ERR_OK;
}

static enum err
bind_messages(struct req *req, struct db_bound *bound)
{
	struct message_window window = {
		.before = query_int(req, "before", 0),
		.after = query_int(req, "after", -1),
		.limit = query_int(req, "limit", PAGE_ITEMS_DEFAULT),
	};

	if (window.before > 0 && window.after >= 0)
		return req_invalid(req, "after", "cannot be given together with before");
	*bound = message_list_session_bind(req->params[0], req->caller.user_id, &window);
	return ERR_OK;
}

static enum err
post_rating(struct req *req)
{
	const char *review = req_text(req, "review");
	struct rows *rows;

	TRY(rating_create(req->db, uuid_new(req->arena), req->params[0], req->caller.user_id,
	    req_int(req, "stars"), review != NULL ? review : "", &rows));
	reply_location(req,
	    arena_printf(
		req->arena, "/api/v1/advisors/%s/ratings", rows_text_of(rows, 0, "advisor_id")));
	return reply_row(req, rows, 0);
}

static const enum err chat_errors[] = { ERR_ACCOUNT_BLOCKED, ERR_BLOCKED, ERR_NOT_FOUND,
	ERR_ADVISOR_BUSY, ERR_TOO_MANY_OPEN, ERR_OK };
static const enum err move_errors[] = { ERR_NOT_FOUND, ERR_FORBIDDEN, ERR_BAD_STATE, ERR_OK };
static const enum err join_errors[] = { ERR_NOT_FOUND, ERR_BAD_STATE, ERR_OK };
static const enum err read_errors[] = { ERR_NOT_FOUND, ERR_OK };
static const enum err rating_errors[] = { ERR_NOT_FOUND, ERR_BAD_STATE, ERR_ALREADY_RATED, ERR_OK };

static const struct route routes[] = {
	{ METHOD_POST, "/api/v1/sessions/chat", "session_chat_create", .roles = ROLE_SIGNED_IN,
	    .rate = RATE_WRITE, .flags = ROUTE_IDEMPOTENT | ROUTE_OR_200, .status = 201,
	    .body = chat_body, .reply = session_own_fields, .errors = chat_errors,
	    .handle = post_chat, .summary = "Ask an advisor, or the assistant, for a chat",
	    .doc =
		"An advisor has some seconds to accept (seconds_left). Asking an advisor with whom "
		"you have a live session already gives that session with status 200. At most " TEXT_OF(
		    SESSION_WAITING_MAX) " advisors can be waited for at once: those asked, and "
					 "those who accepted and whom you have not met yet. With ai the "
					 "session is ongoing at once and the assistant answers every message." },
	{ METHOD_GET, "/api/v1/sessions/{id}", "session_get", .roles = ROLE_SIGNED_IN,
	    .rate = RATE_READ, .reply = session_own_fields, .errors = read_errors,
	    .bind = bind_session, .show = reply_found_json,
	    .summary = "Read a session you take part in",
	    .doc = "unread counts the messages that you have not read." },
	{ METHOD_POST, "/api/v1/sessions/{id}/accept", "session_accept", .roles = ROLE_ADVISOR,
	    .rate = RATE_WRITE, .reply = session_own_fields, .errors = move_errors,
	    .handle = post_accept, .summary = "Accept a request",
	    .doc = "Counts as the advisor's join; the session begins when the user joins." },
	{ METHOD_POST, "/api/v1/sessions/{id}/decline", "session_decline", .roles = ROLE_ADVISOR,
	    .rate = RATE_WRITE, .flags = ROUTE_BODY_OPTIONAL, .body = reason_body,
	    .reply = session_own_fields, .errors = move_errors, .handle = post_decline,
	    .summary = "Decline a request", .doc = "The conversation of the request is closed." },
	{ METHOD_POST, "/api/v1/sessions/{id}/cancel", "session_cancel", .roles = ROLE_SIGNED_IN,
	    .rate = RATE_WRITE, .flags = ROUTE_BODY_OPTIONAL, .body = reason_body,
	    .reply = session_own_fields, .errors = move_errors, .handle = post_cancel,
	    .summary = "Take a request back, or call off an accepted session",
	    .doc = "The conversation of the session is closed." },
	{ METHOD_POST, "/api/v1/sessions/{id}/join", "session_join", .roles = ROLE_SIGNED_IN,
	    .rate = RATE_WRITE, .reply = session_own_fields, .errors = join_errors,
	    .handle = post_join,
	    .summary = "Come to an accepted session, or come back to an ongoing one",
	    .doc = "The session is ongoing when both sides have joined." },
	{ METHOD_POST, "/api/v1/sessions/{id}/heartbeat", "session_heartbeat",
	    .roles = ROLE_SIGNED_IN, .rate = RATE_WRITE, .flags = ROUTE_NO_TX,
	    .reply = session_heartbeat_fields, .errors = read_errors, .handle = post_heartbeat,
	    .summary = "Say that you are still there, every 15 seconds",
	    .doc = "A session from which both sides stay away ends by itself." },
	{ METHOD_POST, "/api/v1/sessions/{id}/end", "session_end", .roles = ROLE_SIGNED_IN,
	    .rate = RATE_WRITE, .flags = ROUTE_BODY_OPTIONAL, .body = reason_body,
	    .reply = session_own_fields, .errors = move_errors, .handle = post_end,
	    .summary = "End an ongoing session",
	    .doc = "Either side may; ending an ended session changes nothing and gives it again." },
	{ METHOD_GET, "/api/v1/sessions/{id}/messages", "session_messages", .roles = ROLE_SIGNED_IN,
	    .rate = RATE_READ, .query = message_list_query, .reply = message_list_fields,
	    .errors = read_errors, .bind = bind_messages, .show = reply_found_json,
	    .summary = "Read what was said in a session",
	    .doc = "Without before and after: the newest messages." },
	{ METHOD_POST, "/api/v1/sessions/{id}/rating", "session_rate", .roles = ROLE_SIGNED_IN,
	    .rate = RATE_WRITE, .status = 201, .body = rating_body, .reply = rating_own_fields,
	    .errors = rating_errors, .handle = post_rating,
	    .summary = "Rate an ended session with an advisor, once, as its user",
	    .doc = "It counts in the average of the advisor at once." },
	{ 0 },
};

static const struct route *const tables[] = { routes, NULL };
static const struct stmt_set *const sets[] = { &session_stmts, &message_stmts, &rating_stmts, NULL };
static const struct app app = { .name = "sessions", .routes = tables, .sets = sets };

int
main(int argc, char **argv)
{
	return app_main(&app, argc, argv);
}
