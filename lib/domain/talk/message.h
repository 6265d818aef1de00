/*
 * Messages. They are numbered without gaps in each conversation, in order of commit, and stored once:
 * the same client_id from the same sender gives the first message again. The work is done by two
 * functions in sql/, so that sending costs one round trip and cannot be half done.
 */
#ifndef DOMAIN_TALK_MESSAGE_H
#define DOMAIN_TALK_MESSAGE_H

#include "db/db.h"

extern const struct stmt_set message_stmts;

enum { MESSAGE_CHARACTERS_MAX = 4000 };

/* What a member sends. */
struct message_draft {
	const char *conversation_id, *sender_id;
	const char *client_id; /* 1 to 64 of [A-Za-z0-9._-] */
	const char *type;      /* "text" */
	const char *body;      /* 1 to MESSAGE_CHARACTERS_MAX characters */
};

/*
 * Send as a member: one statement, which is sent again when the connection is lost. *json is the
 * message; *created is false when it had been sent before.
 *	ERR_NOT_FOUND	no such conversation, or the sender is not in it
 *	ERR_BAD_STATE	the conversation is closed
 *	ERR_BLOCKED	a member and the sender have one blocked the other
 */
MUST_CHECK enum err message_send(struct db *, const struct message_draft *, bool *created,
    const char **json);
/*
 * Say something as "AI" or "SYSTEM". client_id makes it repeatable like a member's. Needs no
 * transaction of the caller's but joins it.
 *	ERR_NOT_FOUND	no such conversation
 *	ERR_BAD_STATE	the conversation is closed
 */
MUST_CHECK enum err message_post(struct db *, const char *conversation_id, const char *as_type,
    const char *client_id, const char *body);

/* Which messages: the newest limit before a number, or the oldest limit after one. */
struct message_window {
	int64_t before; /* 0: from the newest */
	int64_t after;	/* negative: not used; else before is not looked at */
	int64_t limit;
};
/*
 * Messages of a conversation in ascending order, as {"items": [...], "has_more": ...} in *json.
 *	ERR_NOT_FOUND	no such conversation, or user_id is not in it
 */
MUST_CHECK enum err message_list(struct db *, const char *conversation_id, const char *user_id,
    const struct message_window *, const char **json);
/* The same by the id of the session the conversation belongs to. */
MUST_CHECK enum err message_list_session(struct db *, const char *session_id, const char *user_id,
    const struct message_window *, const char **json);

#endif
