/*
 * Messages. They are numbered without gaps in each conversation, in order of commit, and stored once:
 * the same client_id from the same sender gives the first message again. The work is done by
 * functions in sql/, so that sending, editing, deleting and reacting cost one round trip each and cannot
 * be half done.
 *
 * What a sender edits or deletes keeps its number and place. What it said before is kept in
 * message_version, for reports and disputes; clients never see it. A conversation that is closed is a
 * record: nothing in it is edited and nothing reacted to; deleting, which only takes away, is allowed.
 */
#ifndef DOMAIN_TALK_MESSAGE_H
#define DOMAIN_TALK_MESSAGE_H

#include "db/db.h"
#include "shape/event_type.h"

extern const struct stmt_set message_stmts;

enum { MESSAGE_CHARACTERS_MAX = 4000, MESSAGE_BATCH_MAX = 64 };

/* What a message may be, what of that a member may send (nobody speaks for the system), the kinds of its
 * media, and as what its sender speaks. */
extern const char *const message_types[],
    *const message_types_sent[], *const message_media_kinds[], *const message_sender_types[];
extern const struct field message_fields[];
extern const struct field message_reactions_fields[]; /* those of one message, after a change */
extern const struct field message_list_query[], message_list_fields[];
extern const struct field message_search_query[], message_search_fields[];
extern const struct field message_body[]; /* of a draft */
extern const struct field message_edit_body[];
extern const struct event_type message_events[];

/* What a member sends. */
struct message_draft {
	const char *conversation_id, *sender_id;
	const char *client_id; /* 1 to 64 of [A-Za-z0-9._-] */
	const char *type; /* "text", or the kind of the media */
	const char *body; /* at most MESSAGE_CHARACTERS_MAX characters; a text has one at least */
	const char *reply_to; /* id of the message it answers; NULL: none */
	const char *media_id; /* NULL: none, for text; what is sent otherwise */
	const char *id; /* of the new message, a fresh UUID; NULL: one is made */
};

/* What goes together and what does not: ERR_VALIDATION with *fault. */
MUST_CHECK enum err message_draft_check(const struct message_draft *, struct fault *fault);
/* What a refusal by the database is about, as detail (db_detail, pipeline_detail; borrowed) names it;
 * FAULT_NONE when the error says it all. */
struct fault message_refusal(enum err err, const char *detail);

/*
 * Send as a member: one statement, which is sent again when the connection is lost. *json is the
 * message; *created is false when it had been sent before, but true of this very draft by its id: when it
 * is sent again because the answer was lost.
 *	ERR_NOT_FOUND	no such conversation, or the sender is not in it
 *	ERR_BAD_STATE	the conversation is closed
 *	ERR_BLOCKED	a member and the sender have one blocked the other
 *	ERR_VALIDATION	db_detail() names the field: reply_to is no message of this conversation or was
 *			deleted, media_id is not READY media of the sender's and this type
 */
MUST_CHECK enum err message_send(
    struct db *, const struct message_draft *, bool *created, const char **json);
/* The statement, with an id of the arena unless draft has one; its answer is for message_send_take. */
struct db_bound message_send_bind(struct arena *, const struct message_draft *);
/* *json lives as long as rows. */
MUST_CHECK enum err message_send_take(const struct rows *, bool *created, const char **json);
/* What became of one draft of a batch. */
struct message_sent {
	enum err err; /* as of message_send; the others' go on */
	const char *detail; /* of err, for message_refusal; "" when it says it all */
	const char *json; /* the message; NULL unless err is ERR_OK */
	bool created; /* as of message_send */
};
/*
 * Send 1 to MESSAGE_BATCH_MAX drafts, each checked and of anybody to anywhere: one statement for all, which
 * is sent again when the connection is lost, and sent[i] for drafts[i]. All is as if message_send were called
 * with one after the other, but that drafts without a connection between them share a commit. An error is of
 * the batch and nothing is stored then: the caller sends them one by one. The unit of work of a program that
 * gathers what came while the last batch was under way: bind, fly, take; or message_send_batch here and now.
 */
MUST_CHECK enum err message_send_batch(struct db *, const struct message_draft *const drafts[],
    size_t count, struct message_sent sent[]);
/* The statement; its parameters are in the arena, as are the ids of drafts without one. */
struct db_bound message_send_batch_bind(
    struct arena *, const struct message_draft *const drafts[], size_t count);
/* Fills sent, whose texts live as long as rows. ERR_INTERNAL when there are not count answers. */
MUST_CHECK enum err message_send_batch_take(
    const struct rows *, struct message_sent sent[], size_t count);
/*
 * Say something as "AI" or "SYSTEM". client_id makes it repeatable like a member's. Needs no
 * transaction of the caller's but joins it.
 *	ERR_NOT_FOUND	no such conversation
 *	ERR_BAD_STATE	the conversation is closed
 */
MUST_CHECK enum err message_post(struct db *, const char *conversation_id, const char *as_type,
    const char *client_id, const char *body);

/*
 * The sender says a text in other words, window_s seconds after it was sent at most. *json is the message
 * now. The same words again change nothing. Members hear message.updated, and what the message said before
 * from no event any more.
 *	ERR_NOT_FOUND	no such message, or user_id did not send it
 *	ERR_BAD_STATE	too late, deleted, no text, or the conversation is closed: db_detail() says which
 *	ERR_BLOCKED	as for sending
 */
MUST_CHECK enum err message_edit(struct db *, const char *id, const char *user_id, const char *body,
    int64_t window_s, const char **json);
/*
 * The sender takes a message back, window_s seconds after it was sent at most: its place stays, empty.
 * Again changes nothing. Members hear message.deleted.
 *	ERR_NOT_FOUND	as above
 *	ERR_BAD_STATE	too late
 */
MUST_CHECK enum err message_delete(
    struct db *, const char *id, const char *user_id, int64_t window_s, const char **json);
/*
 * Put (wanted) or take back one's own emoji, checked by the caller (base/emoji.h). *json is
 * conversation_id, message_id, seq and the reactions now. Again changes nothing. Members hear
 * message.reaction.
 *	ERR_NOT_FOUND	no such message, or user_id is not in its conversation
 *	ERR_BAD_STATE	wanted only: deleted, closed, or more than 20 different ones: db_detail()
 *	ERR_BLOCKED	wanted only: as for sending
 */
MUST_CHECK enum err message_react(struct db *, const char *id, const char *user_id,
    const char *emoji, bool wanted, const char **json);

/*
 * At most limit messages with these words in the user's conversations, the newest first, after the keys
 * (time and id of the last one seen; NULL for the first page), with _k1 and _k2: message, conversation,
 * excerpt. The last word may be unfinished; "a phrase", -not and or are understood.
 */
MUST_CHECK enum err message_search(struct db *, const char *user_id, const char *words,
    int64_t limit, const char *after_time, const char *after_id, struct rows **rows);
struct db_bound message_search_bind(const char *user_id, const char *words, int64_t limit,
    const char *after_time, const char *after_id);

/* Put the words of new messages into their places in the index, which a send leaves to the worker; searches find
 * them before, too. *pages: how much of the index (8 KiB each) had waited. */
MUST_CHECK enum err message_index(struct db *, int64_t *pages);

/*
 * A message by its id.
 *	ERR_NOT_FOUND	no such message, or user_id is not in its conversation
 */
MUST_CHECK enum err message_get(struct db *, const char *id, const char *user_id, const char **json);
struct db_bound message_get_bind(const char *id, const char *user_id);

/* Which messages: the newest limit before a number, or the oldest limit after one. */
struct message_window {
	int64_t before; /* 0: from the newest */
	int64_t after; /* negative: not used; else before is not looked at */
	int64_t limit;
};
/*
 * Messages of a conversation in ascending order, as {"items": [...], "has_more": ...} in *json.
 *	ERR_NOT_FOUND	no such conversation, or user_id is not in it
 */
MUST_CHECK enum err message_list(struct db *, const char *conversation_id, const char *user_id,
    const struct message_window *, const char **json);
struct db_bound message_list_bind(
    const char *conversation_id, const char *user_id, const struct message_window *);
/* The same by the id of the session the conversation belongs to. */
MUST_CHECK enum err message_list_session(struct db *, const char *session_id, const char *user_id,
    const struct message_window *, const char **json);
struct db_bound message_list_session_bind(
    const char *session_id, const char *user_id, const struct message_window *);

#endif
