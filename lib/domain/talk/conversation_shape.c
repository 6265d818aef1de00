/* What a conversation looks like from outside, and what its members send. */
#include "domain/talk/conversation.h"
#include "domain/talk/message.h"
#include "domain/talk/presence.h"
#include "domain/talk/session.h"

const char *const conversation_kinds[] = { "SESSION", "DIRECT", NULL };
const char *const conversation_roles[] = { "USER", "ADVISOR", NULL };

static const struct field member_fields[] = {
	{ "user_id", FIELD_UUID, .doc = "Who" },
	{ "role", FIELD_ENUM, .one_of = conversation_roles, .doc = "As what" },
	{ "display_name", FIELD_TEXT, .doc = "Name to show", .example = "\"Maya\"" },
	{ "read_seq", FIELD_INT,
	    .doc = "Has read up to this number; a member's own message moves it past itself",
	    .example = "12" },
	{ "presence", FIELD_OBJECT, .nullable = true, .sub = presence_fields,
	    .doc = "Whether they are here; null for yourself, for who hides it, and after a block" },
	{ 0 },
};
static const struct field member_item = { "member", FIELD_OBJECT, .sub = member_fields };
const struct field conversation_fields[] = {
	{ "id", FIELD_UUID, .doc = "The conversation" },
	{ "kind", FIELD_ENUM, .one_of = conversation_kinds, .doc = "SESSION or DIRECT" },
	{ "ai", FIELD_BOOL, .doc = "The automated assistant takes part", .example = "false" },
	{ "closed", FIELD_BOOL, .doc = "Nobody can write any more", .example = "false" },
	{ "created_at", FIELD_TIME, .doc = "When it was opened" },
	{ "last_message_at", FIELD_TIME, .nullable = true, .doc = "Time of the newest message" },
	{ "last_seq", FIELD_INT, .doc = "Number of the newest message; 0 when there is none",
	    .example = "12" },
	{ "read_seq", FIELD_INT, .doc = "Your read mark", .example = "11" },
	{ "unread", FIELD_INT, .doc = "Messages of others above your read mark, not deleted",
	    .example = "1" },
	{ "muted", FIELD_BOOL, .doc = "You want no notices of it", .example = "false" },
	{ "muted_until", FIELD_TIME, .nullable = true,
	    .doc = "Until then; null when not muted, or until you unmute it" },
	{ "last_message", FIELD_OBJECT, .nullable = true, .sub = message_fields,
	    .doc = "The newest message" },
	{ "members", FIELD_LIST, .sub = &member_item, .doc = "The people in it, you included" },
	{ "session", FIELD_OBJECT, .nullable = true, .sub = session_brief_fields,
	    .doc = "The session it belongs to" },
	{ 0 },
};

const struct field conversation_place_fields[] = {
	{ "id", FIELD_UUID, .doc = "The conversation" },
	{ "kind", FIELD_ENUM, .one_of = conversation_kinds, .doc = "SESSION or DIRECT" },
	{ "closed", FIELD_BOOL, .doc = "Nobody can write any more", .example = "false" },
	{ "members", FIELD_LIST, .sub = &member_item, .doc = "The people in it" },
	{ 0 },
};

const struct field conversation_read_body[] = {
	{ "seq", FIELD_INT, .required = true, .min = 0, .max = INT64_MAX,
	    .doc =
		"Everything up to this number was read; a lower number than before changes nothing",
	    .example = "12" },
	{ 0 },
};

const struct field conversation_read_fields[] = {
	{ "conversation_id", FIELD_UUID, .doc = "The conversation" },
	{ "read_seq", FIELD_INT, .doc = "Your read mark now", .example = "12" },
	{ "unread", FIELD_INT, .doc = "Messages of others above it, not deleted", .example = "0" },
	{ 0 },
};

const struct field conversation_mute_body[] = {
	{ "until", FIELD_TIME, .required = true, .nullable = true,
	    .doc = "Until when; null: until you unmute it", .example = "null" },
	{ 0 },
};

const struct field conversation_mute_fields[] = {
	{ "conversation_id", FIELD_UUID, .doc = "The conversation" },
	{ "muted", FIELD_BOOL, .doc = "You want no notices of it", .example = "true" },
	{ "muted_until", FIELD_TIME, .nullable = true,
	    .doc = "Until then; null when not muted, or until you unmute it" },
	{ 0 },
};

const struct field conversation_unread_fields[] = {
	{ "unread", FIELD_INT, .doc = "In all conversations that are not muted", .example = "3" },
	{ "conversations", FIELD_INT, .doc = "How many of them have any", .example = "2" },
	{ "muted", FIELD_INT, .doc = "In those that are muted", .example = "0" },
	{ 0 },
};

static const struct field typing_data[] = {
	{ "conversation_id", FIELD_UUID, .doc = "Where" },
	{ "user_id", FIELD_UUID, .doc = "Who is writing" },
	{ "at", FIELD_TIME, .doc = "When; show it for five seconds or so" },
	{ 0 },
};
const struct event_type conversation_events[] = {
	{ "conversation.muted", "You muted or unmuted a conversation on one of your devices",
	    .data = conversation_mute_fields },
	{ "typing", "Another member is writing", .data = typing_data, .ephemeral = true },
	{ 0 },
};
