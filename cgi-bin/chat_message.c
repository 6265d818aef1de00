/* Single messages: editing, deleting, reacting, and search. */
#include "chat.h"

#include "base/emoji.h"
#include "domain/talk/message.h"
#include "web/reply.h"

#include <string.h>

static const struct field reaction_path[] = {
	{ "emoji", FIELD_TEXT, .min = 1, .max = 64,
	    .doc = "One emoji, at most 16 bytes of UTF-8, percent-encoded",
	    .example = "\"\U0001F44D\"" },
	{ 0 },
};

enum err
chat_refusal(struct req *req, enum err err, const char *detail)
{
	struct fault fault = message_refusal(err, arena_strdup(req->arena, detail));

	return req_fault(req, err, &fault);
}

static enum err
bind_message(struct req *req, struct db_bound *bound)
{
	*bound = message_get_bind(req->params[0], req->caller.user_id);
	return ERR_OK;
}

static enum err
patch_message(struct req *req)
{
	const char *json;
	enum err err = message_edit(req->db, req->params[0], req->caller.user_id,
	    req_text(req, "body"), req->conf->message_edit_s, &json);

	return err == ERR_OK ? reply_json(req, json) : chat_refusal(req, err, db_detail(req->db));
}

static enum err
delete_message(struct req *req)
{
	const char *json;
	enum err err = message_delete(
	    req->db, req->params[0], req->caller.user_id, req->conf->message_delete_s, &json);

	return err == ERR_OK ? reply_json(req, json) : chat_refusal(req, err, db_detail(req->db));
}

static enum err
react(struct req *req, bool wanted)
{
	const char *json;
	enum err err;

	if (!emoji_is_one(req->params[1]))
		return req_invalid(req, "emoji", "must be one emoji of at most 16 bytes");
	err = message_react(
	    req->db, req->params[0], req->caller.user_id, req->params[1], wanted, &json);
	return err == ERR_OK ? reply_json(req, json) : chat_refusal(req, err, db_detail(req->db));
}

static enum err
put_reaction(struct req *req)
{
	return react(req, true);
}

static enum err
delete_reaction(struct req *req)
{
	return react(req, false);
}

static enum err
bind_search(struct req *req, struct db_bound *bound)
{
	struct page page;

	TRY(req_page(req, &page));
	*bound = message_search_bind(
	    req->caller.user_id, query_text(req, "q"), page.limit + 1, page.keys[0], page.keys[1]);
	return ERR_OK;
}

static const enum err get_errors[] = { ERR_NOT_FOUND, ERR_OK };
static const enum err edit_errors[] = { ERR_NOT_FOUND, ERR_BLOCKED, ERR_BAD_STATE, ERR_OK };
static const enum err delete_errors[] = { ERR_NOT_FOUND, ERR_BAD_STATE, ERR_OK };
static const enum err react_errors[] = { ERR_NOT_FOUND, ERR_BLOCKED, ERR_BAD_STATE, ERR_VALIDATION,
	ERR_OK };
static const enum err unreact_errors[] = { ERR_NOT_FOUND, ERR_VALIDATION, ERR_OK };
static const enum err search_errors[] = { ERR_BAD_CURSOR, ERR_OK };

const struct route chat_message_routes[] = {
	{ METHOD_GET, "/api/v1/messages/{id}", "message_get", .roles = ROLE_SIGNED_IN,
	    .rate = RATE_READ, .reply = message_fields, .errors = get_errors, .bind = bind_message,
	    .show = reply_found_json, .summary = "Read one message of a conversation of yours",
	    .doc = "As it is now; one that was taken back has its place and nothing else." },
	{ METHOD_PATCH, "/api/v1/messages/{id}", "message_edit", .roles = ROLE_SIGNED_IN,
	    .rate = RATE_WRITE, .flags = ROUTE_NO_TX, .body_max = MESSAGE_BODY_BYTES_MAX,
	    .body = message_edit_body, .reply = message_fields, .errors = edit_errors,
	    .handle = patch_message, .summary = "Say a text of yours in other words",
	    .doc =
		"For 15 minutes after you sent it (setting MESSAGE_EDIT_S), and only where you could "
		"still send: a closed conversation is a record and is not edited. What it said before "
		"is kept for moderators. The same words again change nothing." },
	{ METHOD_DELETE, "/api/v1/messages/{id}", "message_delete", .roles = ROLE_SIGNED_IN,
	    .rate = RATE_WRITE, .flags = ROUTE_NO_TX, .reply = message_fields,
	    .errors = delete_errors, .handle = delete_message,
	    .summary = "Take back a message of yours",
	    .doc = "For an hour after you sent it (setting MESSAGE_DELETE_S), also in a closed "
		   "conversation. Its place stays, with deleted_at and without body, media, reply and "
		   "reactions; what it said is kept for moderators. Again gives the same answer." },
	{ METHOD_PUT, "/api/v1/messages/{id}/reactions/{emoji}", "message_react",
	    .roles = ROLE_SIGNED_IN, .rate = RATE_WRITE, .flags = ROUTE_NO_TX,
	    .path_fields = reaction_path, .reply = message_reactions_fields, .errors = react_errors,
	    .handle = put_reaction, .summary = "React to a message with an emoji",
	    .doc = "Once each: again changes nothing. A message takes at most 20 different emoji; an emoji "
		   "with and without a skin tone or U+FE0F are different." },
	{ METHOD_DELETE, "/api/v1/messages/{id}/reactions/{emoji}", "message_unreact",
	    .roles = ROLE_SIGNED_IN, .rate = RATE_WRITE, .flags = ROUTE_NO_TX,
	    .path_fields = reaction_path, .reply = message_reactions_fields,
	    .errors = unreact_errors, .handle = delete_reaction,
	    .summary = "Take a reaction of yours back", .doc = "Also succeeds when there was none." },
	{ METHOD_GET, "/api/v1/conversations/search", "message_search", .roles = ROLE_SIGNED_IN,
	    .rate = RATE_READ, .flags = ROUTE_LIST | ROUTE_SLOW, .query = message_search_query,
	    .reply = message_search_fields, .errors = search_errors, .bind = bind_search,
	    .show = reply_found_page,
	    .summary = "Search the messages of your conversations, the newest first",
	    .doc = "Messages that were taken back are not found." },
	{ 0 },
};
