/* What a message looks like from outside, what clients send, and the rules no field table can say. */
#include "base/limits.h"
#include "domain/talk/conversation.h"
#include "domain/talk/message.h"

#include <string.h>

enum {
	CLIENT_ID_MAX = 64,
	REACTION_KINDS_MAX = 20 /* sql/ holds to it too */,
	SEARCH_CHARACTERS_MAX = 100
};

const char *const message_types[] = { "text", "image", "voice", "video", "file", "system", NULL };
const char *const message_types_sent[] = { "text", "image", "voice", "video", "file", NULL };
const char *const message_media_kinds[] = { "image", "voice", "video", "file", NULL };
const char *const message_sender_types[] = { "USER", "ADVISOR", "AI", "SYSTEM", NULL };

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
	{ "kind", FIELD_ENUM, .one_of = message_media_kinds, .doc = "As the message's type" },
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
static const struct field reaction_item = { "reaction", FIELD_OBJECT, .sub = reaction_fields };
#define REACTIONS_FIELD                                                                            \
	{                                                                                          \
		"reactions", FIELD_LIST, .sub = &reaction_item, .max = REACTION_KINDS_MAX,         \
					 .doc = "Emoji on it, the first first"                     \
	}

const struct field message_fields[] = {
	{ "id", FIELD_UUID, .doc = "The message" },
	{ "conversation_id", FIELD_UUID, .doc = "Where it was said" },
	{ "seq", FIELD_INT, .min = 1, .doc = "Number in the conversation, without gaps",
	    .example = "1" },
	{ "sender_id", FIELD_UUID, .nullable = true, .doc = "Who; null for AI and SYSTEM" },
	{ "sender_type", FIELD_ENUM, .one_of = message_sender_types, .doc = "As what" },
	{ "client_id", FIELD_TEXT, .doc = "The sender's own id for it", .example = "\"m-1\"" },
	{ "type", FIELD_ENUM, .one_of = message_types,
	    .doc = "text, system, or the kind of its media" },
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

const struct field message_reactions_fields[] = {
	{ "conversation_id", FIELD_UUID, .doc = "Where" },
	{ "message_id", FIELD_UUID, .doc = "The message" },
	{ "seq", FIELD_INT, .min = 1, .doc = "Its number", .example = "1" },
	REACTIONS_FIELD,
	{ 0 },
};

static const struct field message_item = { "message", FIELD_OBJECT, .sub = message_fields };
const struct field message_list_fields[] = {
	{ "items", FIELD_LIST, .sub = &message_item, .max = PAGE_ITEMS_MAX,
	    .doc = "In ascending order of seq" },
	{ "has_more", FIELD_BOOL, .doc = "There are more in the direction asked for",
	    .example = "false" },
	{ 0 },
};

const struct field message_list_query[] = {
	{ "before", FIELD_INT, .min = 1, .max = INT64_MAX,
	    .doc = "Messages with a lower number, the newest of them", .example = "120" },
	{ "after", FIELD_INT, .min = 0, .max = INT64_MAX,
	    .doc = "Messages with a higher number, the oldest of them; not together with before",
	    .example = "0" },
	{ "limit", FIELD_INT, .min = 1, .max = PAGE_ITEMS_MAX, .doc = page_limit_doc,
	    .example = "20" },
	{ 0 },
};

const struct field message_search_query[] = {
	PAGE_FIELDS,
	{ "q", FIELD_TEXT, .required = true, .min = 1, .max = SEARCH_CHARACTERS_MAX,
	    .doc = "Words, without regard to case and accents; the last may be unfinished; "
		   "\"a phrase\", -not and or are understood",
	    .example = "\"moving to\"" },
	{ 0 },
};

const struct field message_search_fields[] = {
	{ "message", FIELD_OBJECT, .sub = message_fields, .doc = "What was found" },
	{ "conversation", FIELD_OBJECT, .sub = conversation_place_fields, .doc = "Where" },
	{ "excerpt", FIELD_TEXT, .doc = "The part of the body around the words",
	    .example = "\"How do I talk to her about moving to Pune\"" },
	{ 0 },
};

const struct field message_body[] = {
	{ "client_id", FIELD_TEXT, .required = true, .min = 1, .max = CLIENT_ID_MAX,
	    .doc = "Your own id for the message, of A-Z a-z 0-9 . _ -; sending it again gives the "
		   "same message",
	    .example = "\"m-1\"" },
	{ "type", FIELD_ENUM, .one_of = message_types_sent,
	    .doc = "text, also when left out; otherwise the kind of media_id",
	    .example = "\"text\"" },
	{ "body", FIELD_TEXT, .max = MESSAGE_CHARACTERS_MAX,
	    .doc = "What you say; with media a caption, which may be left out",
	    .example = "\"Hello!\"" },
	{ "media_id", FIELD_UUID, .nullable = true,
	    .doc = "A finished upload of yours; not with type text", .example = "null" },
	{ "reply_to", FIELD_UUID, .nullable = true,
	    .doc = "The message of this conversation that you answer", .example = "null" },
	{ 0 },
};

const struct field message_edit_body[] = {
	{ "body", FIELD_TEXT, .required = true, .min = 1, .max = MESSAGE_CHARACTERS_MAX,
	    .doc = "What you meant to say", .example = "\"Hello again!\"" },
	{ 0 },
};

static const struct field read_data[] = {
	{ "conversation_id", FIELD_UUID, .doc = "Where" },
	{ "user_id", FIELD_UUID, .doc = "Who has read" },
	{ "seq", FIELD_INT, .min = 1, .doc = "Up to this number", .example = "12" },
	{ 0 },
};
static const struct field reaction_data[] = {
	{ "conversation_id", FIELD_UUID, .doc = "Where" },
	{ "message_id", FIELD_UUID, .doc = "The message" },
	{ "seq", FIELD_INT, .min = 1, .doc = "Its number", .example = "1" },
	{ "user_id", FIELD_UUID, .doc = "Who reacted" },
	{ "emoji", FIELD_TEXT, .doc = "With what", .example = "\"\U0001F44D\"" },
	{ "added", FIELD_BOOL, .doc = "False: it was taken back", .example = "true" },
	REACTIONS_FIELD,
	{ 0 },
};
const struct event_type message_events[] = {
	{ "message.created",
	    "A message of a conversation of yours; its sender hears it too, and has read up to it",
	    .data = message_fields },
	{ "message.updated",
	    "A message was edited: this is what it is now; excerpts in replies to it change too. Events "
	    "before it that are told later have the new words, too: what was replaced is not told again",
	    .data = message_fields, .unsays = true },
	{ "message.deleted",
	    "A message was taken back: its place stays, empty, as do excerpts in replies to it. Events "
	    "before it that are told later have no words of it either",
	    .data = message_fields, .unsays = true },
	{ "message.reaction", "Somebody put an emoji on a message or took it back",
	    .data = reaction_data },
	{ "message.read", "A member's read mark moved, perhaps your own by another device",
	    .data = read_data },
	{ 0 },
};

enum err
message_draft_check(const struct message_draft *draft, struct fault *fault)
{
	static const char allowed[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
	bool is_text = strcmp(draft->type, "text") == 0;

	if (draft->client_id[strspn(draft->client_id, allowed)] != '\0')
		return fault_set(fault, "client_id", "must be of A-Z a-z 0-9 . _ -");
	if (is_text && *draft->body == '\0')
		return fault_set(fault, "body", "must have at least 1 characters");
	if (is_text && draft->media_id != NULL)
		return fault_set(fault, "media_id", "cannot be given with type text");
	if (!is_text && draft->media_id == NULL)
		return fault_set(fault, "media_id", "is missing: this type sends media");
	return ERR_OK;
}

struct fault
message_refusal(enum err err, const char *detail)
{
	static const struct fault rules[] = {
		{ "reply_to", "is no message of this conversation" },
		{ "media_id", "is no finished upload of yours of that type" },
		{ "until", "must be in the future" },
	};
	size_t i;

	if (err == ERR_BAD_STATE && *detail != '\0')
		return (struct fault){ "state", detail };
	for (i = 0; err == ERR_VALIDATION && i < COUNT_OF(rules); i++)
		if (strcmp(detail, rules[i].field) == 0)
			return rules[i];
	return FAULT_NONE;
}
