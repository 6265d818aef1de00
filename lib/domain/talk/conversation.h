/*
 * Conversations as their members see them: the list with the newest activity first, what is unread,
 * the read mark and the typing sign. Who is not a member learns nothing, not even that it exists.
 */
#ifndef DOMAIN_TALK_CONVERSATION_H
#define DOMAIN_TALK_CONVERSATION_H

#include "db/db.h"
#include "shape/event_type.h"

extern const struct stmt_set conversation_stmts;

extern const char *const conversation_kinds[], *const conversation_roles[]; /* of members: as what */
extern const struct field conversation_fields[];
extern const struct field conversation_place_fields[]; /* where something found was said */
extern const struct field conversation_read_body[], conversation_read_fields[];
extern const struct field conversation_mute_body[], conversation_mute_fields[];
extern const struct field conversation_unread_fields[];
extern const struct event_type conversation_events[];

/*
 * For SELECT lists of this folder, with c the conversation and k the reader's member row. A member's own
 * message moves the read mark past itself (message_send), so what is above the mark was written by
 * others; numbers have no gaps, so only what was deleted there has to be counted.
 */
#define CONVERSATION_UNREAD                                                                        \
	"(c.last_seq - k.read_seq - (SELECT count(*) FROM message d"                               \
	" WHERE d.conversation_id = c.id AND d.seq > k.read_seq AND d.deleted_at IS NOT NULL))"
/*
 * With c the conversation and $1 the reader, who sees the presence of the others, but for blocks: these are
 * read once for the whole statement, and presence by its key of those only whose presence is shown.
 */
#define CONVERSATION_MEMBERS                                                                       \
	"(SELECT jsonb_agg(jsonb_build_object('user_id', o.user_id, 'role', o.role,"               \
	" 'display_name', u.display_name, 'read_seq', o.read_seq, 'presence',"                     \
	" CASE WHEN o.user_id <> $1 AND NOT u.presence_hidden AND o.user_id <> ALL (ARRAY("        \
	"SELECT blocked_id FROM block WHERE user_id = $1 UNION ALL"                                \
	" SELECT user_id FROM block WHERE blocked_id = $1)) THEN coalesce("                        \
	"(SELECT presence_json(false, p.status, p.last_seen_at) FROM presence p"                   \
	" WHERE p.user_id = o.user_id), presence_json(false, NULL, NULL)) END)"                    \
	" ORDER BY o.role DESC, o.user_id)"                                                        \
	" FROM member o JOIN user_account u ON u.id = o.user_id WHERE o.conversation_id = c.id)"

/*
 * At most limit conversations of a user after the keys (time of activity and id of the last one seen;
 * NULL for the first page), with _k1 and _k2. One statement.
 */
MUST_CHECK enum err conversation_list(struct db *, const char *user_id, int64_t limit,
    const char *after_time, const char *after_id, struct rows **rows);
/* One conversation, the same columns. ERR_NOT_FOUND: none, or user_id is not in it. */
MUST_CHECK enum err conversation_get(
    struct db *, const char *id, const char *user_id, struct rows **rows);
struct db_bound conversation_get_bind(const char *id, const char *user_id);
/*
 * Move the read mark up to seq; a lower seq changes nothing. Members hear of it when it moved. One row:
 * conversation_id, read_seq, unread.
 *	ERR_NOT_FOUND	as above
 *	ERR_VALIDATION	seq is above the newest message; *newest is its number
 */
MUST_CHECK enum err conversation_read(struct db *, const char *id, const char *user_id, int64_t seq,
    int64_t *newest, struct rows **rows);
struct db_bound conversation_read_bind(const char *id, const char *user_id, int64_t seq);
MUST_CHECK enum err conversation_read_take(const struct rows *, int64_t seq, int64_t *newest);
/*
 * Show the other members that user_id is writing: goes into the write-ahead log for the events
 * program, and is stored nowhere. Nothing happens in a closed conversation or when blocked.
 *	ERR_NOT_FOUND	as above
 */
MUST_CHECK enum err conversation_typing(struct db *, const char *id, const char *user_id);
struct db_bound conversation_typing_bind(
    const char *id, const char *user_id); /* no row: ERR_NOT_FOUND */
/*
 * No notices of this conversation until a time (RFC 3339), or with "infinity" until unmuted; NULL
 * unmutes. One row: conversation_id, muted, muted_until. The member's own clients hear
 * conversation.muted when it changed.
 *	ERR_NOT_FOUND	as above
 *	ERR_VALIDATION	until is not in the future
 */
MUST_CHECK enum err conversation_mute(
    struct db *, const char *id, const char *user_id, const char *until, struct rows **rows);
/* One row: unread and conversations (how many have any) of what is not muted, and muted (unread there). */
MUST_CHECK enum err conversation_unread(struct db *, const char *user_id, struct rows **rows);
struct db_bound conversation_unread_bind(const char *user_id);

#endif
