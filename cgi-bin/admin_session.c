/* Sessions: all of them, and one with the states it went through. */
#include "admin.h"

#include "domain/talk/session.h"
#include "domain/talk/session_admin.h"

static const struct column session_facts[] = {
	{ "user_name", "User", COLUMN_TEXT, .link = "/admin/users/{user_id}" },
	{ "advisor_name", "Advisor", COLUMN_TEXT, .link = "/admin/advisors/{advisor_id}",
	    .none = "the assistant" },
	{ "messages", "Conversation", COLUMN_NUMBER,
	    .link = "/admin/conversations/{conversation_id}", .tail = "messages" },
	{ "minutes", "Length", COLUMN_NUMBER, .tail = "min" },
	{ "rate", "Price", .kind = COLUMN_MONEY },
	{ "requested_at", "Requested", .kind = COLUMN_MOMENT },
	{ "accepted_at", "Accepted", .kind = COLUMN_MOMENT },
	{ "started_at", "Started", .kind = COLUMN_MOMENT },
	{ "ended_at", "Ended", .kind = COLUMN_MOMENT },
	{ "ended_by", "Ended by", .kind = COLUMN_WORD },
	{ "expires_at", "Expires, unless it goes on", .kind = COLUMN_MOMENT },
	{ "user_came_at", "The user came", .kind = COLUMN_TIME },
	{ "user_seen_at", "Last heard of the user", .kind = COLUMN_TIME },
	{ "advisor_came_at", "The advisor came", .kind = COLUMN_TIME },
	{ "advisor_seen_at", "Last heard of the advisor", .kind = COLUMN_TIME },
	{ "stars", "Rating", COLUMN_NUMBER, .tail = "of 5" },
	{ "id", "Id", .kind = COLUMN_CODE },
	{ 0 },
};
static const struct column session_texts[] = {
	{ "topic", "What it was about, in the user's words", .kind = COLUMN_PROSE },
	{ "end_reason", "Why it ended", .kind = COLUMN_PROSE },
	{ "review", "The user's review", .kind = COLUMN_PROSE },
	{ 0 },
};
static const struct record_related session_related[] = {
	{ "Reports about it", &admin_reports, "about" },
	{ 0 },
};
static const struct record session_record = {
	.list = &admin_sessions,
	.title = "title",
	.badges = { "type", "state" },
	.facts = session_facts,
	.texts = session_texts,
	.related = session_related,
	.timeline = timeline_session,
	.desk = "session",
	.get = session_admin_get,
};

static const struct column list_columns[] = {
	{ "type", "What", COLUMN_WORD, .link = "/admin/sessions/{id}", .badge = "state" },
	{ "user_name", "User", COLUMN_TEXT, .link = "/admin/users/{user_id}" },
	{ "advisor_name", "Advisor", COLUMN_TEXT, .link = "/admin/advisors/{advisor_id}",
	    .none = "the assistant" },
	{ "minutes", "Min.", COLUMN_NUMBER, .sort = "length" },
	{ "requested_at", "Requested", COLUMN_TIME, .sort = "requested" },
	{ "started_at", "Started", .kind = COLUMN_TIME },
	{ "ended_at", "Ended", .kind = COLUMN_TIME },
	{ "stars", "Stars", .kind = COLUMN_NUMBER },
	{ "end_reason", "Why", .kind = COLUMN_PROSE },
	{ "state", "State", COLUMN_STATE, .file_only = true },
	{ "accepted_at", "Accepted", COLUMN_TIME, .file_only = true },
	{ "user_id", "User, id", COLUMN_CODE, .file_only = true },
	{ "advisor_id", "Advisor, id", COLUMN_CODE, .file_only = true },
	{ "conversation_id", "Conversation, id", COLUMN_CODE, .file_only = true },
	{ "id", "Id", COLUMN_CODE, .file_only = true },
	{ 0 },
};
static const struct field list_query[] = {
	PANEL_DONE,
	LIST_FIELDS,
	{ "q", FIELD_TEXT, .max = 100, .doc = "Name, e-mail, or the session's id" },
	{ "state", FIELD_ENUM, .one_of = session_states, .doc = "State" },
	{ "type", FIELD_ENUM, .one_of = session_types, .doc = "What" },
	{ "user", FIELD_UUID, .doc = "User" },
	{ "advisor", FIELD_UUID, .doc = "Advisor" },
	{ "from", FIELD_DATE, .doc = "Requested from" },
	{ "to", FIELD_DATE, .doc = "Requested until" },
	{ 0 },
};
const struct list admin_sessions = {
	.name = "sessions",
	.path = "/admin/sessions",
	.title = "Sessions",
	.one = "session",
	.many = "sessions",
	.source = &session_all,
	.acts = &session_kind,
	.columns = list_columns,
	.query = list_query,
	.tabs = "state",
	.empty = "What people ask advisors and the assistant for appears here, the newest first.",
	.record = &session_record,
};

const struct route admin_session_routes[] = {
	LIST_ROUTES("/admin/sessions", "panel_sessions", list_query, "Page of the sessions"),
	RECORD_ROUTE("/admin/sessions", "panel_session", "Page of one session"),
	{ 0 },
};
