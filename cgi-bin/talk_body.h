/* What clients send in a conversation, over HTTP (chat.c) or a WebSocket (events_ws.c). */
#ifndef CGI_BIN_TALK_BODY_H
#define CGI_BIN_TALK_BODY_H

#include "domain/talk/message.h"
#include "web/field.h"

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

/* What goes together and what does not: NULL when the draft is good, else what is wrong with *field. */
static inline const char *
draft_fault(const struct message_draft *draft, const char **field)
{
	static const char allowed[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
	bool is_text = strcmp(draft->type, "text") == 0;

	*field = "client_id";
	if (draft->client_id[strspn(draft->client_id, allowed)] != '\0')
		return "must be of A-Z a-z 0-9 . _ -";
	*field = "body";
	if (is_text && *draft->body == '\0')
		return "must have at least 1 characters";
	*field = "media_id";
	if (is_text && draft->media_id != NULL)
		return "cannot be given with type text";
	if (!is_text && draft->media_id == NULL)
		return "is missing: this type sends media";
	return NULL;
}

/*
 * What a refusal by the database is about, as detail (db_detail, pipeline_detail) names it: the message for
 * *field, or NULL when the error says it all.
 */
static inline const char *
refusal_fault(enum err err, const char *detail, const char **field)
{
	*field = detail;
	if (err == ERR_BAD_STATE && *detail != '\0') {
		*field = "state";
		return detail;
	}
	if (err != ERR_VALIDATION)
		return NULL;
	return strcmp(detail, "reply_to") == 0 ? "is no message of this conversation" :
	    strcmp(detail, "media_id") == 0    ? "is no finished upload of yours of that type" :
	    strcmp(detail, "until") == 0       ? "must be in the future" :
						 NULL;
}

#endif
