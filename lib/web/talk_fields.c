#include "web/talk_fields.h"

const char *const session_types[] = { "CHAT", "VOICE", "VIDEO", "AI_CHAT", NULL };
const char *const session_states[] = { "REQUESTED", "ACCEPTED", "ONGOING", "ENDED", "DECLINED",
	"CANCELLED", "EXPIRED", NULL };
const char *const message_types[] = { "text", "image", "voice", "video", "file", "system", NULL };
const char *const media_kinds[] = { "image", "voice", "video", "file", NULL };
const char *const member_roles[] = { "USER", "ADVISOR", NULL };
static const char *const sender_types[] = { "USER", "ADVISOR", "AI", "SYSTEM", NULL };
static const char *const participant_types[] = { "USER", "ADVISOR", "AI", NULL };
static const char *const enders[] = { "USER", "ADVISOR", "SYSTEM", NULL };

/* ---------------------------------------------------------------- presence */

const char *const presence_states[] = { "ONLINE", "AWAY", "OFFLINE", NULL };
#define LAST_SEEN_DOC "When they were here last, to the minute; null while they are, or never were"

const struct field presence_fields[] = {
	{ "status", FIELD_ENUM, .one_of = presence_states,
	    .doc = "ONLINE, AWAY when all their devices say so, OFFLINE" },
	{ "last_seen_at", FIELD_TIME, .nullable = true, .doc = LAST_SEEN_DOC },
	{ 0 },
};
const struct field presence_data[] = {
	{ "user_id", FIELD_UUID, .doc = "Who" },
	{ "status", FIELD_ENUM, .one_of = presence_states, .nullable = true,
	    .doc = "As the status in presence of that person; null: presence is null there from now on" },
	{ "last_seen_at", FIELD_TIME, .nullable = true, .doc = LAST_SEEN_DOC },
	{ 0 },
};

/* ---------------------------------------------------------------- messages */

static const struct field reply_fields[] = {
	{ "id", FIELD_UUID, .doc = "The message it answers" },
	{ "seq", FIELD_INT, .min = 1, .doc = "Its number", .example = "1" },
	{ "sender_id", FIELD_UUID, .nullable = true, .doc = "Who said it" },
	{ "excerpt", FIELD_TEXT,
	    .doc = "The first 120 characters of its body; changes when that is edited or deleted",
	    .example = "\"Hello!\"" },
	{ 0 },
};
static const struct field media_fields[] = {
	{ "id", FIELD_UUID, .doc = "The media" },
	{ "kind", FIELD_ENUM, .one_of = media_kinds, .doc = "As the message's type" },
	{ "mime", FIELD_TEXT, .doc = "Media type", .example = "\"image/jpeg\"" },
	{ "bytes", FIELD_INT, .min = 1, .doc = "Size", .example = "48213" },
	{ 0 },
};
static const struct field person = { "user_id", FIELD_UUID, .doc = "Who" };
static const struct field reaction_fields[] = {
	{ "emoji", FIELD_TEXT, .doc = "One emoji", .example = "\"\U0001F44D\"" },
	{ "user_ids", FIELD_LIST, .sub = &person, .min = 1, .doc = "Whose, the first first" },
	{ 0 },
};
const struct field reaction_item = { "reaction", FIELD_OBJECT, .sub = reaction_fields };

const struct field message_fields[] = {
	{ "id", FIELD_UUID, .doc = "The message" },
	{ "conversation_id", FIELD_UUID, .doc = "Where it was said" },
	{ "seq", FIELD_INT, .min = 1, .doc = "Number in the conversation, without gaps",
	    .example = "1" },
	{ "sender_id", FIELD_UUID, .nullable = true, .doc = "Who; null for AI and SYSTEM" },
	{ "sender_type", FIELD_ENUM, .one_of = sender_types, .doc = "As what" },
	{ "client_id", FIELD_TEXT, .doc = "The sender's own id for it", .example = "\"m-1\"" },
	{ "type", FIELD_ENUM, .one_of = message_types, .doc = "text, system, or the kind of its media" },
	{ "body", FIELD_TEXT, .doc = "What was said", .example = "\"Hello!\"" },
	{ "reply_to", FIELD_OBJECT, .nullable = true, .sub = reply_fields,
	    .doc = "What it answers, of the same conversation" },
	{ "media", FIELD_OBJECT, .nullable = true, .sub = media_fields,
	    .doc = "What is sent with it; body is then its caption, and may be empty" },
	REACTIONS_FIELD,
	{ "created_at", FIELD_TIME, .doc = "When it was stored" },
	{ "edited_at", FIELD_TIME, .nullable = true, .doc = "Last edit" },
	{ "deleted_at", FIELD_TIME, .nullable = true,
	    .doc = "When its sender took it back: body is empty then, and only the place is left" },
	{ 0 },
};

const struct field reactions_fields[] = {
	{ "conversation_id", FIELD_UUID, .doc = "Where" },
	{ "message_id", FIELD_UUID, .doc = "The message" },
	{ "seq", FIELD_INT, .min = 1, .doc = "Its number", .example = "1" },
	REACTIONS_FIELD,
	{ 0 },
};

const struct field mute_fields[] = {
	{ "conversation_id", FIELD_UUID, .doc = "The conversation" },
	{ "muted", FIELD_BOOL, .doc = "You want no notices of it", .example = "true" },
	{ "muted_until", FIELD_TIME, .nullable = true,
	    .doc = "Until then; null when not muted, or until you unmute it" },
	{ 0 },
};

/* ---------------------------------------------------------------- sessions */

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

#define SESSION_ROWS \
	{ "id", FIELD_UUID, .doc = "The session" }, \
	{ "type", FIELD_ENUM, .one_of = session_types, \
	    .doc = "CHAT with an advisor, AI_CHAT with the assistant" }, \
	{ "state", FIELD_ENUM, .one_of = session_states, .doc = "Where it stands", \
	    .example = "\"ONGOING\"" }, \
	{ "conversation_id", FIELD_UUID, .doc = "Where messages are read and written" }, \
	{ "participants", FIELD_LIST, .sub = &participant_item, .min = 2, .max = 2, \
	    .doc = "The two sides" }, \
	{ "topic", FIELD_TEXT, .doc = "What the user wrote with the request" }, \
	{ "rate_minor", FIELD_INT, .doc = "Price of a minute when it was asked for, minor units", \
	    .example = "2500" }, \
	{ "currency", FIELD_TEXT, .doc = "Of rate_minor and cost_minor", .example = "\"INR\"" }, \
	{ "cost_minor", FIELD_INT, .doc = "Cost so far, minor units; sessions are free for now", \
	    .example = "0" }, \
	{ "requested_at", FIELD_TIME, .doc = "When it was asked for" }, \
	{ "accepted_at", FIELD_TIME, .nullable = true, .doc = "When the advisor accepted" }, \
	{ "started_at", FIELD_TIME, .nullable = true, .doc = "When both sides were there" }, \
	{ "ended_at", FIELD_TIME, .nullable = true, .doc = "When it reached a last state" }, \
	{ "ended_by", FIELD_ENUM, .one_of = enders, .nullable = true, \
	    .doc = "Which side made the last move" }, \
	{ "end_reason", FIELD_TEXT, .doc = "In words, if any were given" }, \
	{ "server_time", FIELD_TIME, .doc = "The server's clock at this reply" }, \
	{ "expires_at", FIELD_TIME, .nullable = true, \
	    .doc = "A request not accepted, or accepted and not begun, ends here; else null" }, \
	{ "seconds_left", FIELD_INT, .nullable = true, .doc = "Until expires_at; null when that is", \
	    .example = "87" }, \
	{ "elapsed_s", FIELD_INT, .doc = "Seconds since started_at, up to ended_at", \
	    .example = "420" }

const struct field session_fields[] = { SESSION_ROWS, { 0 } };
const struct field session_reply[] = {
	SESSION_ROWS,
	{ "unread", FIELD_INT, .doc = "Messages of others above your read mark", .example = "0" },
	{ 0 },
};
