/*
 * Conversations: that they are there, and behind a door what was said in them. The list of messages is entered
 * only by who has said why (domain/talk/conversation_admin.h); whoever has not is led to the form that asks.
 */
#include "admin.h"

#include "base/buf.h"
#include "base/str.h"
#include "domain/talk/conversation.h"
#include "domain/talk/conversation_admin.h"
#include "domain/talk/message_admin.h"

/* --- conversations --- */

static const struct column conversation_facts[] = {
	{ "kind", "Kind", .kind = COLUMN_WORD },
	{ "session_type", "Session", COLUMN_WORD, .link = "/admin/sessions/{session_id}",
	    .badge = "session_state" },
	{ "messages", "Messages", .kind = COLUMN_NUMBER },
	{ "deleted", "Of these deleted", .kind = COLUMN_NUMBER },
	{ "versions", "Edits and deletions", .kind = COLUMN_NUMBER },
	{ "created_at", "Opened", .kind = COLUMN_MOMENT },
	{ "last_message_at", "Last message", COLUMN_TIME, .none = "none" },
	{ "closed_at", "Closed", .kind = COLUMN_MOMENT },
	{ "id", "Id", .kind = COLUMN_CODE },
	{ 0 },
};
static const struct column member_columns[] = {
	{ "display_name", "Who", COLUMN_TEXT, .link = "/admin/users/{user_id}", .badge = "state" },
	{ "role", "As", .kind = COLUMN_WORD },
	{ "sent", "Sent", .kind = COLUMN_NUMBER },
	{ "read_seq", "Read up to no.", .kind = COLUMN_NUMBER },
	{ "unread", "Unread", .kind = COLUMN_NUMBER },
	{ "muted", "Muted", .kind = COLUMN_BOOL },
	{ "joined_at", "Since", .kind = COLUMN_TIME },
	{ 0 },
};
static const struct record conversation_record = {
	.list = &admin_conversations,
	.title = "title",
	.badges = { "kind", "state" },
	.facts = conversation_facts,
	.timeline = timeline_conversation,
	.desk = "conversation",
};

static enum err
get_conversation(struct req *req)
{
	struct json_object *context = page_object(req);
	const char *id = req->params[0];
	struct rows *rows, *members;

	TRY(conversation_admin_get(req->db, id, &rows));
	TRY(conversation_admin_members(req->db, id, &members));
	list_table(req, context, "Members", member_columns, page_rows(req, members, LIST_ROWS));
	TRY(record_show(req, &conversation_record, id, page_row(req, rows, 0), context));
	TRY(act_bar(req, context, &conversation_kind, id));
	return panel_reply(req, "record", "conversations", context);
}

static const struct column list_columns[] = {
	{ "title", "Between", COLUMN_TEXT, .link = "/admin/conversations/{id}" },
	{ "kind", "Kind", .kind = COLUMN_WORD },
	{ "session_type", "Session", COLUMN_WORD, .link = "/admin/sessions/{session_id}",
	    .badge = "session_state" },
	{ "state", "State", .kind = COLUMN_STATE },
	{ "messages", "Messages", .kind = COLUMN_NUMBER },
	{ "created_at", "Opened", COLUMN_TIME, .sort = "opened" },
	{ "last_message_at", "Last message", COLUMN_TIME, .none = "none" },
	{ "closed_at", "Closed", COLUMN_TIME, .file_only = true },
	{ "session_id", "Session, id", COLUMN_CODE, .file_only = true },
	{ "id", "Id", COLUMN_CODE, .file_only = true },
	{ 0 },
};
static const struct field list_query[] = {
	PANEL_DONE,
	LIST_FIELDS,
	{ "q", FIELD_TEXT, .max = 100, .doc = "Name, e-mail, or the conversation's id" },
	{ "kind", FIELD_ENUM, .one_of = conversation_kinds, .doc = "Kind" },
	{ "state", FIELD_ENUM, .one_of = conversation_states, .doc = "State" },
	{ "person", FIELD_UUID, .doc = "With" },
	{ "from", FIELD_DATE, .doc = "Opened from" },
	{ "to", FIELD_DATE, .doc = "Opened until" },
	{ 0 },
};
const struct list admin_conversations = {
	.name = "conversations",
	.path = "/admin/conversations",
	.title = "Conversations",
	.one = "conversation",
	.many = "conversations",
	.source = &conversation_all,
	.columns = list_columns,
	.query = list_query,
	.tabs = "kind",
	.empty = "Where people talk appears here, the newest first. What they say is not shown.",
};

/* --- messages, behind the door --- */

/* The query of this page, without what was done just now, which is said once, there. */
static const char *
query_kept(struct req *req)
{
	struct buf kept = buf_new(req->arena, 128);
	const char *pair = req->query_text;

	for (; *pair != '\0'; pair += strspn(pair, "&")) {
		size_t len = strcspn(pair, "&");

		if (!str_starts(pair, "done=") && !str_starts(pair, "of=")) {
			buf_puts(&kept, kept.len > 0 ? "&" : "");
			buf_add(&kept, pair, len);
		}
		pair += len;
	}
	return kept.data;
}

/* The form that asks why, and leads back here. */
static enum err
ask_why(struct req *req, const char *id)
{
	const char *done = query_text(req, "done"), *of = query_text(req, "of");
	struct buf to = buf_new(req->arena, 256);

	buf_join(&to, "/admin/conversations/", id, "/read?back=", NULL);
	buf_url(&to, arena_printf(req->arena, "/admin/messages?%s", query_kept(req)));
	if (done != NULL && of != NULL) {
		buf_puts(&to, "&done=");
		buf_url(&to, done);
		buf_join(&to, "&of=", of, NULL);
	}
	return reply_redirect(req, to.data);
}

static enum err
enter(struct req *req)
{
	const char *id = query_text(req, "conversation");
	bool open;

	if (id == NULL)
		return reply_redirect(req, "/admin/conversations");
	TRY(conversation_is_open(req->db, id, req->caller.user_id, &open));
	if (open)
		return ERR_OK;
	return req->route->flags & ROUTE_PAGE ? ask_why(req, id) : ERR_FORBIDDEN;
}

/* Between whom, and the reason that opened it. */
static enum err
above(struct req *req, struct json_object *context)
{
	const char *id = query_text(req, "conversation");
	struct json_object *notice, *row;
	struct rows *rows, *opening;

	TRY(conversation_admin_get(req->db, id, &rows));
	TRY(conversation_opening(req->db, id, req->caller.user_id, &opening));
	if (rows_count(opening) == 0)
		return ERR_FORBIDDEN;
	row = page_row(req, opening, 0);
	notice = list_notice(req, context, NOTICE_WARN,
	    arena_printf(req->arena, "%s. Open to you until %s, because: %s",
		rows_text_of(rows, 0, "title"), column_text(row, "until_at_text"),
		column_text(row, "reason")));
	page_put(notice, "more_url", arena_printf(req->arena, "/admin/conversations/%s", id));
	page_put(notice, "more_label", "The conversation");
	return ERR_OK;
}

static const struct column message_columns[] = {
	{ "seq", "No.", COLUMN_NUMBER, .sort = "number" },
	{ "sender_name", "Who", COLUMN_TEXT, .link = "/admin/users/{sender_id}" },
	{ "body", "Message", COLUMN_PROSE, .badge = "mark" },
	{ "before", "Said before", .kind = COLUMN_PROSE },
	{ "beside", "Beside", .kind = COLUMN_TEXT },
	{ "created_at", "Sent", .kind = COLUMN_MOMENT },
	{ "mark", "Mark", COLUMN_WORD, .file_only = true },
	{ "edited_at", "Edited", COLUMN_TIME, .file_only = true },
	{ "deleted_at", "Deleted", COLUMN_TIME, .file_only = true },
	{ "sender_id", "Who, id", COLUMN_CODE, .file_only = true },
	{ "id", "Id", COLUMN_CODE, .file_only = true },
	{ 0 },
};
static const struct field message_query[] = {
	PANEL_DONE,
	LIST_FIELDS_TO(MESSAGE_ADMIN_ROWS_MAX),
	{ "conversation", FIELD_UUID, .doc = "Conversation" },
	{ "at", FIELD_INT, .min = 0, .max = INT32_MAX, .doc = "Around no." },
	{ 0 },
};
const struct list admin_messages = {
	.name = "messages",
	.path = "/admin/messages",
	.title = "Messages",
	.one = "message",
	.many = "messages",
	.source = &message_all,
	.enter = enter,
	.acts = &message_kind,
	.columns = message_columns,
	.query = message_query,
	.empty = "Nothing was said in this conversation.",
	.above = above,
};

/* A message leads to its place in the conversation, and what was done to it with it. */
static enum err
get_message(struct req *req)
{
	const char *query = req->query_text;
	struct rows *rows;

	TRY(message_admin_place(req->db, req->params[0], &rows));
	return reply_redirect(req,
	    arena_printf(req->arena, "/admin/messages?conversation=%s&at=%s%s%s",
		rows_text_of(rows, 0, "conversation_id"), rows_text_of(rows, 0, "seq"),
		*query != '\0' ? "&" : "", query));
}

static const struct field done_query[] = {
	PANEL_DONE,
	{ 0 },
};
enum { PAGE = ROUTE_PAGE | ROUTE_HIDDEN };

const struct route admin_conversation_routes[] = {
	LIST_ROUTES(
	    "/admin/conversations", "panel_conversations", list_query, "Page of the conversations"),
	{ METHOD_GET, "/admin/conversations/{id}", "panel_conversation", .roles = ROLE_ADMIN,
	    .rate = RATE_PANEL, .flags = PAGE, .query = done_query, .handle = get_conversation,
	    .summary = "Page of one conversation" },
	LIST_ROUTES("/admin/messages", "panel_messages", message_query,
	    "Page of a conversation's messages"),
	{ METHOD_GET, "/admin/messages/{id}", "panel_message", .roles = ROLE_ADMIN,
	    .rate = RATE_PANEL, .flags = PAGE, .query = done_query, .handle = get_message,
	    .summary = "The place of a message in its conversation" },
	{ 0 },
};
