/*
 * Events: what a user's clients must hear of, by long poll. The one program that does not answer a
 * request before it takes the next; see lib/web/hub.h.
 */
#include "base/limits.h"
#include "web/app.h"
#include "web/hub.h"
#include "domain/talk/event.h"

static const struct field poll_query[] = {
	{ "cursor", FIELD_TEXT, .min = 1, .max = QUERY_BYTES_MAX,
	    .doc = "The cursor of the last reply; without it the present one is answered at once",
	    .example = "\"1763694000-42\"" },
	{ "wait", FIELD_INT, .min = 0, .max = HUB_WAIT_MAX_S,
	    .doc = "Seconds to wait when there is nothing; about 25 when not given", .example = "25" },
	{ 0 }
};

static const struct field event_fields[] = {
	{ "seq", FIELD_INT, .nullable = true, .min = 1, .max = INT64_MAX,
	    .doc = "Number in the user's log, without gaps; null for what is not stored, as typing",
	    .example = "43" },
	{ "type", FIELD_TEXT, .min = 1, .max = 64, .doc = "What happened",
	    .example = "\"message.created\"" },
	{ "created_at", FIELD_TIME, .doc = "Time of the change" },
	{ "data", FIELD_OBJECT, .doc = "What it is about, by type" },
	{ 0 }
};
static const struct field event_item[] = {
	{ "event", FIELD_OBJECT, .sub = event_fields, .schema = "Event",
	    .example = "{\"seq\":43,\"type\":\"message.read\","
		       "\"created_at\":\"2026-11-21T09:30:00Z\",\"data\":{"
		       "\"conversation_id\":\"0199a3c0-7d2e-7c1b-9f3a-2b1d5e6f7a80\","
		       "\"user_id\":\"0199a3c0-7d2e-7c1b-9f3a-2b1d5e6f7a81\",\"seq\":12}}" },
	{ 0 } };
static const struct field poll_reply[] = {
	{ "events", FIELD_LIST, .min = 0, .max = 2 * EVENT_PAGE, .sub = event_item,
	    .doc = "In order; events of one transaction come together. Drop a type you do not know: "
		   "more will come" },
	{ "cursor", FIELD_TEXT, .min = 3, .max = EVENT_CURSOR_SIZE,
	    .doc = "Where to go on: send it with the next request", .example = "\"1763694000-43\"" },
	{ 0 }
};

static const enum err poll_errors[] = { ERR_BAD_CURSOR, ERR_RESYNC, ERR_BUSY, ERR_OK };

static enum err
get_events(struct req *req)
{
	const char *text = query_text(req, "cursor");
	int64_t wait_s = query_int(req, "wait", -1);
	struct event_cursor cursor;

	if (text == NULL)
		return hub_wait(req, NULL, wait_s);
	if (event_cursor_parse(text, &cursor) != ERR_OK)
		return req_blame(req, ERR_BAD_CURSOR, "cursor", "is not of the form EPOCH-SEQ");
	return hub_wait(req, &cursor, wait_s);
}

static const struct route routes[] = {
	{ METHOD_GET, "/api/v1/events", "event_poll", .roles = ROLE_SIGNED_IN, .rate = RATE_POLL,
	    .query = poll_query, .reply = poll_reply, .errors = poll_errors, .handle = get_events,
	    .summary = "Wait for events",
	    .doc = "Answers at once when there are events behind the cursor, else when some come, or with "
		   "an empty list at the end of the wait. At least once: drop what you have by seq. On "
		   "resync read the state again and go on with details.cursor. A user may hold a few "
		   "polls; the oldest is answered when one more comes." },
	{ 0 }
};

static const struct route *const tables[] = { routes, NULL };
static const struct stmt_set *const sets[] = { &event_stmts, NULL };
static const struct app events = { "events", tables, sets, .serve = hub_serve };

int
main(int argc, char **argv)
{
	return app_main(&events, argc, argv);
}
