/*
 * Conversations: the list, history both ways, sending, the read mark, mute and the typing sign. What is
 * done to single messages is in chat_message.c. Sending is the busiest write of the system: one
 * statement, one round trip.
 */
#include "chat.h"

#include "base/uuid.h"
#include "domain/talk/conversation.h"
#include "domain/talk/message.h"
#include "web/app.h"
#include "web/reply.h"

#include <string.h>

static const struct field list_query[] = {
	PAGE_FIELDS,
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
bind_conversation(struct req *req, struct db_bound *bound)
{
	*bound = conversation_get_bind(req->params[0], req->caller.user_id);
	return ERR_OK;
}

static enum err
bind_messages(struct req *req, struct db_bound *bound)
{
	struct message_window window = {
		.before = query_int(req, "before", 0),
		.after = query_int(req, "after", -1),
		.limit = query_int(req, "limit", PAGE_ITEMS_DEFAULT),
	};

	if (window.before > 0 && window.after >= 0)
		return req_invalid(req, "after", "cannot be given together with before");
	*bound = message_list_bind(req->params[0], req->caller.user_id, &window);
	return ERR_OK;
}

static enum err
draft_message(struct req *req, void **draft)
{
	const char *type = req_text(req, "type"), *body = req_text(req, "body");
	struct message_draft *message = arena_alloc(req->arena, sizeof(*message));
	struct fault fault = FAULT_NONE;

	*message = (struct message_draft){
		.conversation_id = req->params[0],
		.sender_id = req->caller.user_id,
		.client_id = req_text(req, "client_id"),
		.type = type != NULL ? type : "text",
		.body = body != NULL ? body : "",
		.reply_to = req_text(req, "reply_to"),
		.media_id = req_text(req, "media_id"),
		.id = uuid_new(req->arena),
	};
	*draft = message;
	return req_fault(req, message_draft_check(message, &fault), &fault);
}

static enum err
show_sent(struct req *req, const struct message_sent *sent)
{
	const struct message_draft *draft = req->draft;

	if (sent->err != ERR_OK)
		return chat_refusal(req, sent->err, sent->detail);
	if (sent->created)
		reply_location(req, arena_printf(req->arena, "/api/v1/messages/%s", draft->id));
	else
		reply_status(req, 200);
	return reply_json(req, sent->json);
}

static enum err
post_message(struct req *req)
{
	struct message_sent sent = { 0 };

	sent.err = message_send(req->db, req->draft, &sent.created, &sent.json);
	sent.detail = db_detail(req->db);
	return show_sent(req, &sent);
}

static enum err
post_messages(struct req *const reqs[], size_t count, enum err errs[])
{
	const struct message_draft *drafts[ROUTE_BATCH_MAX] = { NULL };
	struct message_sent sent[ROUTE_BATCH_MAX];
	size_t i;

	static_assert((int)ROUTE_BATCH_MAX <= (int)MESSAGE_BATCH_MAX, "one statement takes them");
	for (i = 0; i < count; i++)
		drafts[i] = reqs[i]->draft;
	TRY(message_send_batch(reqs[0]->db, drafts, count, sent));
	for (i = 0; i < count; i++)
		errs[i] = show_sent(reqs[i], &sent[i]);
	return ERR_OK;
}

static enum err
put_read(struct req *req)
{
	int64_t newest = 0;
	struct rows *rows;
	enum err err = conversation_read(
	    req->db, req->params[0], req->caller.user_id, req_int(req, "seq"), &newest, &rows);

	if (err == ERR_VALIDATION && newest < req_int(req, "seq"))
		return req_invalid(req, "seq",
		    arena_printf(
			req->arena, "must be at most %lld, the newest message", (long long)newest));
	TRY(err);
	return reply_row(req, rows, 0);
}

static enum err
mute(struct req *req, const char *until)
{
	struct rows *rows;
	enum err err = conversation_mute(req->db, req->params[0], req->caller.user_id, until, &rows);

	return err == ERR_OK ? reply_row(req, rows, 0) : chat_refusal(req, err, db_detail(req->db));
}

static enum err
put_mute(struct req *req)
{
	const char *until = req_text(req, "until");

	return mute(req, until != NULL ? until : "infinity");
}

static enum err
delete_mute(struct req *req)
{
	return mute(req, NULL);
}

static enum err
bind_unread(struct req *req, struct db_bound *bound)
{
	*bound = conversation_unread_bind(req->caller.user_id);
	return ERR_OK;
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
	    .reply = conversation_fields, .errors = list_errors, .handle = get_conversations,
	    .summary = "List your conversations, the newest activity first",
	    .doc = "With the last message and how many you have not read." },
	{ METHOD_GET, "/api/v1/conversations/{id}", "conversation_get", .roles = ROLE_SIGNED_IN,
	    .rate = RATE_READ, .reply = conversation_fields, .errors = read_errors,
	    .bind = bind_conversation, .show = reply_found,
	    .summary = "Read one of your conversations",
	    .doc = "With its members, their read marks and its last message." },
	{ METHOD_GET, "/api/v1/conversations/{id}/messages", "message_list",
	    .roles = ROLE_SIGNED_IN, .rate = RATE_READ, .query = message_list_query,
	    .reply = message_list_fields, .errors = read_errors, .bind = bind_messages,
	    .show = reply_found_json, .summary = "Read messages, backwards or forwards by number",
	    .doc = "Without before and after: the newest. To go back, send the lowest seq you have as "
		   "before; to catch up, the highest as after; while has_more is true." },
	{ METHOD_POST, "/api/v1/conversations/{id}/messages", "message_send",
	    .roles = ROLE_SIGNED_IN, .rate = RATE_MESSAGE, .flags = ROUTE_NO_TX | ROUTE_OR_200,
	    .status = 201, .body_max = MESSAGE_BODY_BYTES_MAX, .body = message_body,
	    .reply = message_fields, .errors = send_errors, .handle = post_message,
	    .draft = draft_message, .batch = post_messages, .summary = "Send a message",
	    .doc = "Repeat it with the same client_id when no answer came: 201 says that the message "
		   "was stored now, 200 that it was before. Both answers are the same message." },
	{ METHOD_PUT, "/api/v1/conversations/{id}/read", "conversation_read", .roles = ROLE_SIGNED_IN,
	    .rate = RATE_WRITE, .body = conversation_read_body, .reply = conversation_read_fields,
	    .errors = read_errors, .handle = put_read, .summary = "Move your read mark",
	    .doc = "It only moves forward; a lower number than before changes nothing." },
	{ METHOD_GET, "/api/v1/conversations/unread-count", "conversation_unread",
	    .roles = ROLE_SIGNED_IN, .rate = RATE_READ, .reply = conversation_unread_fields,
	    .bind = bind_unread, .show = reply_found, .summary = "Count what you have not read",
	    .doc = "Your own messages and deleted ones are not counted." },
	{ METHOD_PUT, "/api/v1/conversations/{id}/mute", "conversation_mute",
	    .roles = ROLE_SIGNED_IN, .rate = RATE_WRITE, .flags = ROUTE_NO_TX,
	    .body = conversation_mute_body, .reply = conversation_mute_fields,
	    .errors = read_errors, .handle = put_mute, .summary = "Mute a conversation for yourself",
	    .doc = "Its messages arrive as before, but are not in the count of what is unread." },
	{ METHOD_DELETE, "/api/v1/conversations/{id}/mute", "conversation_unmute",
	    .roles = ROLE_SIGNED_IN, .rate = RATE_WRITE, .flags = ROUTE_NO_TX,
	    .reply = conversation_mute_fields, .errors = read_errors, .handle = delete_mute,
	    .summary = "Unmute a conversation", .doc = "Also succeeds when it was not muted." },
	{ METHOD_POST, "/api/v1/conversations/{id}/typing", "conversation_typing",
	    .roles = ROLE_SIGNED_IN, .rate = RATE_WRITE, .flags = ROUTE_NO_TX, .status = 204,
	    .errors = read_errors, .handle = post_typing,
	    .summary = "Show the others that you are writing",
	    .doc = "Send it every few seconds while writing; it is stored nowhere." },
	{ 0 },
};

static const struct route *const tables[] = { routes, chat_message_routes, NULL };
static const struct stmt_set *const sets[] = { &conversation_stmts, &message_stmts, NULL };
static const struct app app = { .name = "chat", .routes = tables, .sets = sets, .commits = true };

int
main(int argc, char **argv)
{
	return app_main(&app, argc, argv);
}
