/* What a session looks like from outside. */
#include "domain/talk/conversation.h"
#include "domain/talk/session.h"

const char *const session_types[] = { "CHAT", "VOICE", "VIDEO", "AI_CHAT", NULL };
static const char *const participant_types[] = { "USER", "ADVISOR", "AI", NULL };
static const char *const enders[] = { "USER", "ADVISOR", "SYSTEM", NULL };

static const struct field participant_fields[] = {
	{ "type", FIELD_ENUM, .one_of = participant_types, .doc = "USER, ADVISOR or AI" },
	{ "id", FIELD_UUID, .nullable = true, .doc = "The account; null for the assistant" },
	{ "display_name", FIELD_TEXT, .doc = "Name to show", .example = "\"Maya\"" },
	{ "label", FIELD_TEXT,
	    .doc = "What the participant is, in words; an automated one is always named so",
	    .example = "\"Advisor\"" },
	{ 0 },
};
static const struct field participant_item = { "participant", FIELD_OBJECT,
	.sub = participant_fields };

#define SESSION_ROWS                                                                                 \
	{ "id", FIELD_UUID, .doc = "The session" },                                                  \
	    { "type", FIELD_ENUM, .one_of = session_types,                                           \
		    .doc = "CHAT with an advisor, AI_CHAT with the assistant" },                     \
	    { "state", FIELD_ENUM, .one_of = session_states, .doc = "Where it stands",               \
		    .example = "\"ONGOING\"" },                                                      \
	    { "conversation_id", FIELD_UUID, .doc = "Where messages are read and written" },         \
	    { "participants", FIELD_LIST, .sub = &participant_item, .min = 2, .max = 2,              \
		    .doc = "The two sides" },                                                        \
	    { "topic", FIELD_TEXT, .doc = "What the user wrote with the request" },                  \
	    { "rate", FIELD_AMOUNT, .doc = "Price of a minute when it was asked for" },              \
	    { "cost", FIELD_AMOUNT, .doc = "Cost so far; sessions are free for now",                 \
		    .example = "{\"amount_minor\":0,\"currency\":\"INR\"}" },                        \
	    { "requested_at", FIELD_TIME, .doc = "When it was asked for" },                          \
	    { "accepted_at", FIELD_TIME, .nullable = true, .doc = "When the advisor accepted" },     \
	    { "started_at", FIELD_TIME, .nullable = true, .doc = "When both sides were there" },     \
	    { "ended_at", FIELD_TIME, .nullable = true, .doc = "When it reached a last state" },     \
	    { "ended_by", FIELD_ENUM, .one_of = enders, .nullable = true,                            \
		    .doc = "Which side made the last move" },                                        \
	    { "end_reason", FIELD_TEXT, .doc = "In words, if any were given" },                      \
	    { "server_time", FIELD_TIME, .doc = "The server's clock at this reply" },                \
	    { "expires_at", FIELD_TIME, .nullable = true,                                            \
		    .doc =                                                                           \
			"A request not accepted, or accepted and not begun, ends here; else null" }, \
	    { "seconds_left", FIELD_INT, .nullable = true,                                           \
		    .doc = "Until expires_at; null when that is", .example = "87" },                 \
	{                                                                                            \
		"elapsed_s", FIELD_INT, .doc = "Seconds since started_at, up to ended_at",           \
					.example = "420"                                             \
	}

const struct field session_fields[] = {
	SESSION_ROWS,
	{ 0 },
};
const struct field session_own_fields[] = {
	SESSION_ROWS,
	{ "unread", FIELD_INT, .doc = "Messages of others above your read mark", .example = "0" },
	{ 0 },
};

const struct field session_brief_fields[] = {
	{ "id", FIELD_UUID, .doc = "The session" },
	{ "type", FIELD_ENUM, .one_of = session_types, .doc = "Of the session" },
	{ "state", FIELD_ENUM, .one_of = session_states, .doc = "Of the session" },
	{ 0 },
};

const struct field session_heartbeat_fields[] = {
	{ "state", FIELD_ENUM, .one_of = session_states, .doc = "Where it stands",
	    .example = "\"ONGOING\"" },
	{ "server_time", FIELD_TIME, .doc = "The server's clock" },
	{ "seconds_left", FIELD_INT, .nullable = true,
	    .doc = "Until the request ends; null when it does not", .example = "null" },
	{ "elapsed_s", FIELD_INT, .doc = "Seconds since it began", .example = "421" },
	{ 0 },
};

const struct field session_list_fields[] = {
	{ "id", FIELD_UUID, .doc = "The session" },
	{ "type", FIELD_ENUM, .one_of = session_types, .doc = "How the two talk" },
	{ "state", FIELD_ENUM, .one_of = session_states, .doc = "Where it stands" },
	{ "side", FIELD_ENUM, .one_of = conversation_roles, .doc = "As what the caller takes part" },
	{ "other_id", FIELD_UUID, .nullable = true, .doc = "The other side; null: the assistant" },
	{ "other_name", FIELD_TEXT, .nullable = true, .doc = "Name of the other side",
	    .example = "\"Asha\"" },
	{ "topic", FIELD_TEXT, .doc = "What was written with the request", .example = "\"\"" },
	{ "conversation_id", FIELD_UUID, .doc = "Where they talk" },
	{ "rate", FIELD_AMOUNT, .doc = "Price of a minute when it was asked for" },
	{ "rated", FIELD_BOOL, .doc = "The user has rated it" },
	{ "requested_at", FIELD_TIME, .doc = "When it was asked for" },
	{ "started_at", FIELD_TIME, .nullable = true, .doc = "When both sides were there" },
	{ "ended_at", FIELD_TIME, .nullable = true, .doc = "When it reached a last state" },
	{ 0 },
};

const struct event_type session_events[] = {
	{ "session.requested", "A session was asked for; its conversation is there from now on",
	    .data = session_fields },
	{ "session.accepted", "The advisor accepted", .data = session_fields },
	{ "session.started", "Both sides are there", .data = session_fields },
	{ "session.ended", "A session that was ongoing has ended; its conversation is closed",
	    .data = session_fields },
	{ "session.declined", "The advisor declined; the conversation is closed",
	    .data = session_fields },
	{ "session.cancelled", "A side called it off; the conversation is closed",
	    .data = session_fields },
	{ "session.expired", "It was not accepted, or not begun, in time; the conversation is closed",
	    .data = session_fields },
	{ 0 },
};
