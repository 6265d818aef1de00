/*
 * Events: what a user's clients must hear of, by long poll, server-sent events or WebSocket. The one
 * program that does not answer a request before it takes the next; see lib/live/live.h.
 */
#include "events.h"

#include "base/limits.h"
#include "web/app.h"
#include "live/live.h"
#include "domain/market/advisor.h"
#include "domain/people/moderation.h"
#include "domain/people/report.h"
#include "domain/talk/conversation.h"
#include "domain/talk/message.h"
#include "domain/talk/event.h"
#include "domain/talk/presence.h"
#include "domain/talk/session.h"
#include "domain/talk/ticket.h"

static const struct field poll_query[] = {
	{ "cursor", FIELD_TEXT, .min = 1, .max = QUERY_BYTES_MAX,
	    .doc = "The cursor of the last reply; without it the present one is answered at once",
	    .example = "\"1763694000-42\"" },
	{ "wait", FIELD_INT, .min = 0, .max = LIVE_WAIT_MAX_S,
	    .doc = "Seconds to wait when there is nothing; about 25 when not given",
	    .example = "25" },
	{ 0 },
};

static const struct field event_fields[] = {
	{ "seq", FIELD_INT, .nullable = true, .min = 1, .max = INT64_MAX,
	    .doc = "Number in the user's log, without gaps; null for what is not stored, as typing",
	    .example = "43" },
	{ "type", FIELD_TEXT, .min = 1, .max = 64, .doc = "What happened",
	    .example = "\"message.created\"" },
	{ "created_at", FIELD_TIME, .doc = "Time of the change" },
	{ "data", FIELD_OBJECT, .doc = "What it is about, by type" },
	{ 0 },
};
static const struct field event_item[] = {
	{ "event", FIELD_OBJECT, .sub = event_fields, .schema = "Event",
	    .example = "{\"seq\":43,\"type\":\"message.read\","
		       "\"created_at\":\"2026-11-21T09:30:00Z\",\"data\":{"
		       "\"conversation_id\":\"0199a3c0-7d2e-7c1b-9f3a-2b1d5e6f7a80\","
		       "\"user_id\":\"0199a3c0-7d2e-7c1b-9f3a-2b1d5e6f7a81\",\"seq\":12}}" },
	{ 0 },
};
static const struct field poll_reply[] = {
	{ "events", FIELD_LIST, .min = 0, .max = 2 * EVENT_PAGE, .sub = event_item,
	    .doc = "In order; events of one transaction come together. Drop a type you do not know: "
		   "more will come" },
	{ "cursor", FIELD_TEXT, .min = 3, .max = EVENT_CURSOR_SIZE,
	    .doc = "Where to go on: send it with the next request", .example = "\"1763694000-43\"" },
	{ 0 },
};

static const enum err poll_errors[] = { ERR_BAD_CURSOR, ERR_RESYNC, ERR_BUSY, ERR_OK };

static enum err
get_events(struct req *req)
{
	const char *text = query_text(req, "cursor");
	int64_t wait_s = query_int(req, "wait", -1);
	struct event_cursor cursor;

	if (text == NULL)
		return live_wait(req, NULL, wait_s);
	if (event_cursor_parse(text, &cursor) != ERR_OK)
		return req_blame(req, ERR_BAD_CURSOR, "cursor", "is not of the form EPOCH-SEQ");
	return live_wait(req, &cursor, wait_s);
}

/* --- server-sent events --- */

static const struct field stream_query[] = {
	{ "cursor", FIELD_TEXT, .min = 1, .max = QUERY_BYTES_MAX,
	    .doc =
		"Where to begin; a Last-Event-ID header goes before it, and without both it is now",
	    .example = "\"1763694000-42\"" },
	{ "ticket", FIELD_TEXT, .min = 1, .max = TICKET_TEXT_MAX,
	    .doc = "From POST /api/v1/events/ticket, for who cannot send Authorization" },
	{ 0 },
};

static const enum err stream_errors[] = { ERR_BAD_CURSOR, ERR_UNAUTHORIZED, ERR_BUSY, ERR_OK };

static enum err
get_stream(struct req *req)
{
	const char *last = req_header(req, HEADER_LAST_EVENT_ID),
		   *ticket = query_text(req, "ticket");
	const char *text = last != NULL && *last != '\0' ? last : query_text(req, "cursor");
	struct event_cursor cursor;

	if (text == NULL)
		return live_stream(req, NULL, ticket);
	if (event_cursor_parse(text, &cursor) != ERR_OK)
		return req_blame(req, ERR_BAD_CURSOR, text == last ? "Last-Event-ID" : "cursor",
		    "is not of the form EPOCH-SEQ");
	return live_stream(req, &cursor, ticket);
}

/* --- tickets --- */

static const struct field ticket_reply[] = {
	{ "ticket", FIELD_TEXT, .min = 43, .max = TICKET_TEXT_MAX,
	    .doc = "Good once: ?ticket= of /api/v1/events/stream or of the WebSocket /api/v1/ws",
	    .example = "\"Zm9yLW9uZS11c2Utb25seS1hbmQtaGFsZi1hLW1pbnV0ZS0\"" },
	{ "expires_in", FIELD_INT, .min = 1, .max = TICKET_S, .doc = "Seconds it is good for",
	    .example = "30" },
	{ 0 },
};
static const enum err ticket_errors[] = { ERR_BUSY, ERR_OK };

static enum err
post_ticket(struct req *req)
{
	return live_ticket(req);
}

static const struct route routes[] = {
	{ METHOD_GET, "/api/v1/events", "event_poll", .roles = ROLE_SIGNED_IN, .rate = RATE_POLL,
	    .query = poll_query, .reply = poll_reply, .errors = poll_errors, .handle = get_events,
	    .summary = "Wait for events",
	    .doc =
		"Answers at once when there are events behind the cursor, else when some come, or with "
		"an empty list at the end of the wait. At least once: drop what you have by seq. On "
		"resync read the state again and go on with details.cursor. All of a user's devices may "
		"poll at once. Beyond 20 polls that wait, the oldest is answered, empty, when one more "
		"comes, but not again within 5 seconds: the newcomer then hears 429." },
	{ METHOD_GET, "/api/v1/events/stream", "event_stream", .roles = ROLE_SIGNED_IN,
	    .rate = RATE_POLL, .flags = ROUTE_TICKET | ROUTE_SSE, .query = stream_query,
	    .errors = stream_errors, .handle = get_stream, .summary = "Receive server-sent events",
	    .doc =
		"The events of the long poll as they happen: event is the type, data the envelope, id "
		"the cursor (none for what is not stored). The first is \"cursor\", with the place it "
		"begins at; \"resync\" says to read the state again, and goes on from its own id. A "
		"comment comes at least every 15 seconds. The stream ends now and then, and with its "
		"login: come again with the last id. Of more than 5 streams and WebSockets of a user "
		"the oldest ends, after \"retry: 60000\"; within the next minute newcomers hear 429." },
	{ METHOD_POST, "/api/v1/events/ticket", "event_ticket", .roles = ROLE_SIGNED_IN,
	    .rate = RATE_WRITE, .flags = ROUTE_NO_TX, .status = 201, .reply = ticket_reply,
	    .errors = ticket_errors, .handle = post_ticket,
	    .summary = "Get a ticket to open a stream or a WebSocket",
	    .doc =
		"Single use, 30 seconds, for your account and login. The WebSocket is "
		"/api/v1/ws?ticket=...&cursor=...: down come {\"type\": \"events\", \"events\", "
		"\"cursor\"} and the answers to what goes up, {\"id\", \"op\", \"conversation_id\", "
		"\"data\"} with op send, read, typing, presence, ack or ping, data as the body of the "
		"route of that name. Close codes: 4001 sign in again, 4009 the cursor cannot be resumed, 4008 the "
		"account has more than 5 connections and this one had to give way, or finds no place: come "
		"again when somebody uses the app, by itself not within a minute; 1008 too fast, 1001 come "
		"again." },
	{ 0 },
};

static const struct route *const tables[] = { routes, NULL };
static const struct stmt_set *const sets[] = { &event_stmts, &ticket_stmts, &message_stmts,
	&conversation_stmts, &presence_stmts, NULL };
static const struct event_type *const types[] = { message_events, conversation_events,
	presence_events, session_events, advisor_events, report_events, account_events, NULL };

static int
serve(struct worker *worker, int listener)
{
	return live_serve(worker, listener, &event_socket);
}

static const struct app events = { "events", tables, sets, .events = types, .second = true,
	.serve = serve };

int
main(int argc, char **argv)
{
	return app_main(&events, argc, argv);
}
