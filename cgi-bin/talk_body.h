/* What clients send in a conversation, over HTTP (chat.c) or a WebSocket (events_ws.c). */
#ifndef CGI_BIN_TALK_BODY_H
#define CGI_BIN_TALK_BODY_H

#include "base/fault.h"
#include "domain/talk/message.h"
#include "shape/field.h"

#include <string.h>

enum { CLIENT_ID_MAX = 64 };

/* Not "system": nobody speaks for the system. */
static const char *const sendable_types[] = { "text", "image", "voice", "video", "file", NULL };

static const struct field message_body[] = {
	{ "client_id", FIELD_TEXT, .required = true, .min = 1, .max = CLIENT_ID_MAX,
	    .doc = "Your own id for the message, of A-Z a-z 0-9 . _ -; sending it again gives the "
		   "same message",
	    .example = "\"m-1\"" },
	{ "type", FIELD_ENUM, .one_of = sendable_types,
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

static const struct field read_body[] = {
	{ "seq", FIELD_INT, .required = true, .min = 0, .max = INT64_MAX,
	    .doc =
		"Everything up to this number was read; a lower number than before changes nothing",
	    .example = "12" },
	{ 0 },
};

/* What goes together and what does not: ERR_VALIDATION with *fault. */
static inline enum err
draft_check(const struct message_draft *draft, struct fault *fault)
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

/* What a refusal by the database is about, as detail (db_detail, pipeline_detail; borrowed) names it;
 * FAULT_NONE when the error says it all. */
static inline struct fault
refusal_fault(enum err err, const char *detail)
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

#endif
