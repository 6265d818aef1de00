/*
 * Conversations and messages: the list, history both ways, sending, the read mark and the typing sign.
 * Sending is the busiest write of the system: one statement, one round trip.
 */
#include "talk.h"

#include "domain/talk/conversation.h"
#include "domain/talk/message.h"
#include "web/app.h"
#include "web/reply.h"
#include "web/req.h"

#include <string.h>

enum { CLIENT_ID_MAX = 64, MESSAGE_BODY_BYTES_MAX = 32 * 1024 };

static const char *const conversation_kinds[] = { "SESSION", "DIRECT", NULL };
static const char *const member_roles[] = { "USER", "ADVISOR", NULL };
/* The other types come with uploads. */
static const char *const sendable_types[] = { "text", NULL };

static const struct field list_query[] = { PAGE_FIELDS, { 0 } };

static const struct field message_body[] = {
	{ "client_id", FIELD_TEXT, .required = true, .min = 1, .max = CLIENT_ID_MAX,
	    .doc = "Your own id for the message, of A-Z a-z 0-9 . _ -; sending it again gives the "
		   "same message",
	    .example = "\"m-1\"" },
	{ "type", FIELD_ENUM, .one_of = sendable_types, .doc = "text, also when left out",
	    .example = "\"text\"" },
	{ "body", FIELD_TEXT, .required = true, .min = 1, .max = MESSAGE_CHARACTERS_MAX,
	    .doc = "What you say", .example = "\"Hello!\"" },
	{ 0 },
};

static const struct field read_body[] = {
	{ "seq", FIELD_INT, .required = true, .min = 0, .max = INT64_MAX,
	    .doc =
		"Everything up to this number was read; a lower number than before changes nothing",
	    .example = "12" },
	{ 0 },
};

static const struct field member_fields[] = {
	{ "user_id", FIELD_UUID, .doc = "Who" },
	{ "role", FIELD_ENUM, .one_of = member_roles, .doc = "As what" },
	{ "display_name", FIELD_TEXT, .doc = "Name to show", .example = "\"Maya\"" },
	{ "read_seq", FIELD_INT, .doc = "Has read up to this number", .example = "12" },
	{ 0 },
};
static const struct field member_item = { "member", FIELD_OBJECT, .sub = member_fields };
static const struct field session_fields[] = {
	{ "id", FIELD_UUID, .doc = "The session" },
	{ "type", FIELD_ENUM, .one_of = session_types, .doc = "Of the session" },
	{ "state", FIELD_ENUM, .one_of = session_states, .doc = "Of the session" },
	{ 0 },
};
static const struct field conversation_reply[] = {
	{ "id", FIELD_UUID, .doc = "The conversation" },
	{ "kind", FIELD_ENUM, .one_of = conversation_kinds, .doc = "SESSION or DIRECT" },
	{ "ai", FIELD_BOOL, .doc = "The automated assistant takes part", .example = "false" },
	{ "closed", FIELD_BOOL, .doc = "Nobody can write any more", .example = "false" },
	{ "created_at", FIELD_TIME, .doc = "When it was opened" },
	{ "last_message_at", FIELD_TIME, .nullable = true, .doc = "Time of the newest message" },
	{ "last_seq", FIELD_INT, .doc = "Number of the newest message; 0 when there is none",
	    .example = "12" },
	{ "read_seq", FIELD_INT, .doc = "Your read mark", .example = "11" },
	{ "unread", FIELD_INT, .doc = "Messages above your read mark", .example = "1" },
	{ "last_message", FIELD_OBJECT, .nullable = true, .sub = message_fields,
	    .doc = "The newest message" },
	{ "members", FIELD_LIST, .sub = &member_item, .doc = "The people in it, you included" },
	{ "session", FIELD_OBJECT, .nullable = true, .sub = session_fields,
	    .doc = "The session it belongs to" },
	{ 0 },
};

static const struct field read_reply[] = {
	{ "conversation_id", FIELD_UUID, .doc = "The conversation" },
	{ "read_seq", FIELD_INT, .doc = "Your read mark now", .example = "12" },
	{ "unread", FIELD_INT, .doc = "Messages above it", .example = "0" },
	{ 0 },
};

static enum err
get_conversations(struct req *req)
{
	struct page page;
	struct rows *rows;

	TRY(req_page(req, &page));
	TRY(conversation_list(
	    req->db, req->caller.user_id, page.limit + 1, page.keys[0], page.keys[1], &rows));
	return reply_page(req, rows, &page);
}

static enum err
get_conversation(struct req *req)
{
	struct rows *rows;

	TRY(conversation_get(req->db, req->params[0], req->caller.user_id, &rows));
	return reply_row(req, rows, 0);
}

static enum err
get_messages(struct req *req)
{
	struct message_window window = {
		.before = query_int(req, "before", 0),
		.after = query_int(req, "after", -1),
		.limit = query_int(req, "limit", PAGE_ITEMS_DEFAULT),
	};
	const char *json;

	if (window.before > 0 && window.after >= 0)
		return req_invalid(req, "after", "cannot be given together with before");
	TRY(message_list(req->db, req->params[0], req->caller.user_id, &window, &json));
	return reply_json(req, json);
}

static bool
is_client_id(const char *text)
{
	static const char allowed[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

	return text[strspn(text, allowed)] == '\0';
}

static enum err
post_message(struct req *req)
{
	struct message_draft draft = {
		.conversation_id = req->params[0],
		.sender_id = req->caller.user_id,
		.client_id = req_text(req, "client_id"),
		.type = "text",
		.body = req_text(req, "body"),
	};
	const char *json;
	bool created;

	if (!is_client_id(draft.client_id))
		return req_invalid(req, "client_id", "must be of A-Z a-z 0-9 . _ -");
	TRY(message_send(req->db, &draft, &created, &json));
	if (!created)
		reply_status(req, 200);
	return reply_json(req, json);
}

static enum err
put_read(struct req *req)
{
	int64_t newest = 0;
	struct rows *rows;
	enum err err = conversation_read(
	    req->db, req->params[0], req->caller.user_id, req_int(req, "seq"), &newest, &rows);

	if (err == ERR_VALIDATION)
		return req_invalid(req, "seq",
		    arena_printf(
			req->arena, "must be at most %lld, the newest message", (long long)newest));
	TRY(err);
	return reply_row(req, rows, 0);
}

static enum err
post_typing(struct req *req)
{
	TRY(conversation_typing(req->db, req->params[0], req->caller.user_id));
	return reply_empty(req);
}

static const enum err read_errors[] = { ERR_NOT_FOUND, ERR_OK };
static const enum err list_errors[] = { ERR_BAD_CURSOR, ERR_OK };
static const enum err send_errors[] = { ERR_NOT_FOUND, ERR_BLOCKED, ERR_BAD_STATE, ERR_OK };

static const struct route routes[] = {
	{ METHOD_GET, "/api/v1/conversations", "conversation_list", .roles = ROLE_SIGNED_IN,
	    .rate = RATE_READ, .flags = ROUTE_LIST, .query = list_query,
	    .reply = conversation_reply, .errors = list_errors, .handle = get_conversations,
	    .summary = "List your conversations, the newest activity first" },
	{ METHOD_GET, "/api/v1/conversations/{id}", "conversation_get", .roles = ROLE_SIGNED_IN,
	    .rate = RATE_READ, .reply = conversation_reply, .errors = read_errors,
	    .handle = get_conversation, .summary = "Read one of your conversations" },
	{ METHOD_GET, "/api/v1/conversations/{id}/messages", "message_list",
	    .roles = ROLE_SIGNED_IN, .rate = RATE_READ, .query = messages_query,
	    .reply = messages_reply, .errors = read_errors, .handle = get_messages,
	    .summary = "Read messages, backwards or forwards by number",
	    .doc =
		"Without before and after: the newest. To go back, send the lowest seq you have as "
		"before; to catch up, the highest as after; while has_more is true." },
	{ METHOD_POST, "/api/v1/conversations/{id}/messages", "message_send",
	    .roles = ROLE_SIGNED_IN, .rate = RATE_MESSAGE, .flags = ROUTE_NO_TX | ROUTE_OR_200,
	    .status = 201,
	    .body_max = MESSAGE_BODY_BYTES_MAX, .body = message_body, .reply = message_fields,
	    .errors = send_errors, .handle = post_message, .summary = "Send a message",
	    .doc =
		"Repeat it with the same client_id when no answer came: 201 says that the message "
		"was stored now, 200 that it was before. Both answers are the same message." },
	{ METHOD_PUT, "/api/v1/conversations/{id}/read", "conversation_read",
	    .roles = ROLE_SIGNED_IN, .rate = RATE_WRITE, .body = read_body, .reply = read_reply,
	    .errors = read_errors, .handle = put_read, .summary = "Move your read mark" },
	{ METHOD_POST, "/api/v1/conversations/{id}/typing", "conversation_typing",
	    .roles = ROLE_SIGNED_IN, .rate = RATE_WRITE, .flags = ROUTE_NO_TX, .status = 204,
	    .errors = read_errors, .handle = post_typing,
	    .summary = "Show the others that you are writing",
	    .doc = "Send it every few seconds while writing; it is stored nowhere." },
	{ 0 },
};

static const struct route *const tables[] = { routes, NULL };
static const struct stmt_set *const sets[] = { &conversation_stmts, &message_stmts, NULL };
static const struct app app = { .name = "chat", .routes = tables, .sets = sets };

int
main(int argc, char **argv)
{
	return app_main(&app, argc, argv);
}
