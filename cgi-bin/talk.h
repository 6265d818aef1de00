/* What the replies of sessions.c and chat.c have in common: messages, and the names of states. */
#ifndef CGI_BIN_TALK_H
#define CGI_BIN_TALK_H

#include "base/limits.h"
#include "web/route.h"

static const char *const session_types[] = { "CHAT", "VOICE", "VIDEO", "AI_CHAT", NULL };
static const char *const session_states[] = { "REQUESTED", "ACCEPTED", "ONGOING", "ENDED",
	"DECLINED", "CANCELLED", "EXPIRED", NULL };
static const char *const sender_types[] = { "USER", "ADVISOR", "AI", "SYSTEM", NULL };
static const char *const message_types[] = { "text", "image", "voice", "video", "file", "system",
	NULL };

static const struct field messages_query[] = {
	{ "before", FIELD_INT, .min = 1, .max = INT64_MAX,
	    .doc = "Messages with a lower number, the newest of them", .example = "120" },
	{ "after", FIELD_INT, .min = 0, .max = INT64_MAX,
	    .doc = "Messages with a higher number, the oldest of them; not together with before",
	    .example = "0" },
	{ "limit", FIELD_INT, .min = 1, .max = PAGE_ITEMS_MAX, .doc = page_limit_doc,
	    .example = "20" },
	{ 0 },
};

static const struct field message_fields[] = {
	{ "id", FIELD_UUID, .doc = "The message" },
	{ "conversation_id", FIELD_UUID, .doc = "Where it was said" },
	{ "seq", FIELD_INT, .min = 1, .doc = "Number in the conversation, without gaps",
	    .example = "1" },
	{ "sender_id", FIELD_UUID, .nullable = true, .doc = "Who; null for AI and SYSTEM" },
	{ "sender_type", FIELD_ENUM, .one_of = sender_types, .doc = "As what" },
	{ "client_id", FIELD_TEXT, .doc = "The sender's own id for it", .example = "\"m-1\"" },
	{ "type", FIELD_ENUM, .one_of = message_types, .doc = "What body is" },
	{ "body", FIELD_TEXT, .doc = "What was said", .example = "\"Hello!\"" },
	{ "created_at", FIELD_TIME, .doc = "When it was stored" },
	{ 0 },
};
static const struct field message_item = { "message", FIELD_OBJECT, .sub = message_fields };
static const struct field messages_reply[] = {
	{ "items", FIELD_LIST, .sub = &message_item, .max = PAGE_ITEMS_MAX,
	    .doc = "In ascending order of seq" },
	{ "has_more", FIELD_BOOL, .doc = "There are more in the direction asked for",
	    .example = "false" },
	{ 0 },
};

#endif
