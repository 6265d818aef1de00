#include "shape/event_type.h"
#include "base/log.h"
#include "base/str.h"
#include "web/talk_fields.h"

#include <ctype.h>
#include <string.h>

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
static const struct field typing_data[] = {
	{ "conversation_id", FIELD_UUID, .doc = "Where" },
	{ "user_id", FIELD_UUID, .doc = "Who is writing" },
	{ "at", FIELD_TIME, .doc = "When; show it for five seconds or so" },
	{ 0 },
};
static const char *const reviewed_states[] = { "APPROVED", "REJECTED", NULL };
static const struct field review_data[] = {
	{ "advisor_id", FIELD_UUID, .doc = "The advisor: you" },
	{ "state", FIELD_ENUM, .one_of = reviewed_states, .doc = "What was decided" },
	{ "reason", FIELD_TEXT, .nullable = true, .doc = "In words, if any were given" },
	{ 0 },
};

const struct event_type event_types[] = {
	{ "message.created",
	    "A message of a conversation of yours; its sender hears it too, and has read up to it",
	    .data = message_fields },
	{ "message.updated",
	    "A message was edited: this is what it is now; excerpts in replies to it change too. Events "
	    "before it that are told later have the new words, too: what was replaced is not told again",
	    .data = message_fields },
	{ "message.deleted",
	    "A message was taken back: its place stays, empty, as do excerpts in replies to it. Events "
	    "before it that are told later have no words of it either",
	    .data = message_fields },
	{ "message.reaction", "Somebody put an emoji on a message or took it back", .data = reaction_data },
	{ "message.read", "A member's read mark moved, perhaps your own by another device",
	    .data = read_data },
	{ "conversation.muted", "You muted or unmuted a conversation on one of your devices",
	    .data = mute_fields },
	{ "typing", "Another member is writing", .data = typing_data, .ephemeral = true },
	{ "presence",
	    "Somebody you have a conversation with came, went, or hides it. It is not stored: after a "
	    "pause of some seconds without a connection, read your conversations for how it is now",
	    .data = presence_data, .ephemeral = true },
	{ "session.requested", "A session was asked for; its conversation is there from now on",
	    .data = session_fields },
	{ "session.accepted", "The advisor accepted", .data = session_fields },
	{ "session.started", "Both sides are there", .data = session_fields },
	{ "session.ended", "A session that was ongoing has ended; its conversation is closed",
	    .data = session_fields },
	{ "session.declined", "The advisor declined; the conversation is closed", .data = session_fields },
	{ "session.cancelled", "A side called it off; the conversation is closed", .data = session_fields },
	{ "session.expired", "It was not accepted, or not begun, in time; the conversation is closed",
	    .data = session_fields },
	{ "advisor.approved", "Your application as an advisor was approved", .data = review_data },
	{ "advisor.rejected", "Your application as an advisor was rejected", .data = review_data },
	{ 0 },
};

const struct event_type *
event_type_find(const char *type)
{
	const struct event_type *at;

	for (at = event_types; at->type != NULL; at++)
		if (strcmp(at->type, type) == 0)
			return at;
	return NULL;
}

char *
event_schema_name(struct arena *arena, const char *type)
{
	struct buf name = buf_new(arena, 64);
	bool upper = true;

	buf_puts(&name, "Event");
	for (; *type != '\0'; type++) {
		if (*type == '.' || *type == '_') {
			upper = true;
			continue;
		}
		buf_putc(&name, (char)(upper ? toupper((unsigned char)*type) : *type));
		upper = false;
	}
	return name.data;
}

static void
put_schema(const struct event_type *type, struct buf *out)
{
	buf_printf(out, ",\"%s\":{\"type\":\"object\",\"description\":",
	    event_schema_name(out->arena, type->type));
	buf_json(out, type->doc);
	buf_printf(out, ",\"properties\":{\"seq\":{\"type\":\"%s\",\"description\":",
	    type->ephemeral ? "null" : "integer");
	buf_json(out, type->ephemeral ? "Null: it is stored nowhere" :
					"Number in your log, without gaps");
	buf_puts(out, "},\"type\":{\"type\":\"string\",\"const\":");
	buf_json(out, type->type);
	buf_puts(out, "},\"created_at\":{\"type\":\"string\",\"format\":\"date-time\"},\"data\":");
	field_schema(type->data, true, out);
	buf_puts(out, "},\"required\":[\"seq\",\"type\",\"created_at\",\"data\"],"
		      "\"additionalProperties\":false}");
}

void
event_schemas(struct buf *out)
{
	const struct event_type *at;
	const char *before = "";

	for (at = event_types; at->type != NULL; at++)
		put_schema(at, out);
	buf_puts(out, ",\"Event\":{\"description\":\"One event, by its type\",\"oneOf\":[");
	for (at = event_types; at->type != NULL; at++, before = ",")
		buf_printf(out, "%s{\"$ref\":\"#/components/schemas/%s\"}", before,
		    event_schema_name(out->arena, at->type));
	buf_puts(out, "],\"discriminator\":{\"propertyName\":\"type\",\"mapping\":{");
	for (at = event_types, before = ""; at->type != NULL; at++, before = ",")
		buf_printf(out, "%s\"%s\":\"#/components/schemas/%s\"", before, at->type,
		    event_schema_name(out->arena, at->type));
	buf_puts(out, "}}}");
}

#ifdef CONFAB_TEST

static const char *
text_of(struct json_object *object, const char *name)
{
	struct json_object *value = NULL;

	(void)json_object_object_get_ex(object, name, &value);
	return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
}

static bool
broken(const char *type, const char *field, const char *what, struct json_object *event)
{
	log_error("event breaks its contract", LOG_STR("type", type), LOG_STR("field", field),
	    LOG_STR("what", what), LOG_STR("event", json_object_to_json_string(event)));
	return false;
}

/* So that tests/http/contract.sh sees which came to somebody, those that are stored nowhere included. */
static void
note_delivered(const struct event_type *type)
{
	static bool noted[COUNT_OF(event_types)];

	if (!noted[type - event_types])
		log_info("event delivered", LOG_STR("type", type->type));
	noted[type - event_types] = true;
}

static bool
check_one(struct arena *arena, struct json_object *event)
{
	struct field_errors errors = { .arena = arena };
	const char *name = text_of(event, "type");
	const struct event_type *type = event_type_find(name);
	struct json_object *seq = NULL, *data = NULL;

	if (str_starts(name, "test."))
		return true;
	if (type == NULL)
		return broken(name, "type", "is not in the table", event);
	if (!json_object_object_get_ex(event, "seq", &seq) || (seq == NULL) != type->ephemeral)
		return broken(name, "seq", "is a number or null against the table", event);
	if (text_of(event, "created_at")[0] == '\0' || json_object_object_length(event) != 4)
		return broken(name, "", "is not an envelope", event);
	if (!json_object_object_get_ex(event, "data", &data) ||
	    !json_object_is_type(data, json_type_object))
		return broken(name, "data", "is not an object", event);
	if (!field_check_reply(type->data, data, &errors))
		return broken(name, errors.list[0].path, errors.list[0].message, event);
	note_delivered(type);
	return true;
}

static void
put_object(void *object)
{
	(void)json_object_put(object);
}

bool
event_check(struct arena *arena, const char *envelopes, size_t len)
{
	struct json_object *list =
	    json_tokener_parse(arena_printf(arena, "[%.*s]", (int)len, envelopes));
	bool good = true;
	size_t i;

	if (list == NULL) {
		log_error("event breaks its contract", LOG_STR("what", "is not JSON"));
		return false;
	}
	arena_defer(arena, put_object, list);
	for (i = 0; i < json_object_array_length(list); i++)
		good = check_one(arena, json_object_array_get_idx(list, i)) && good;
	return good;
}

#endif
