/*
 * Conversations as their members see them: the list with the newest activity first, what is unread,
 * the read mark and the typing sign. Who is not a member learns nothing, not even that it exists.
 */
#ifndef DOMAIN_TALK_CONVERSATION_H
#define DOMAIN_TALK_CONVERSATION_H

#include "db/db.h"

extern const struct stmt_set conversation_stmts;

/*
 * At most limit conversations of a user after the keys (time of activity and id of the last one seen;
 * NULL for the first page), with _k1 and _k2. One statement.
 */
MUST_CHECK enum err conversation_list(struct db *, const char *user_id, int64_t limit,
    const char *after_time, const char *after_id, struct rows **rows);
/* One conversation, the same columns. ERR_NOT_FOUND: none, or user_id is not in it. */
MUST_CHECK enum err conversation_get(struct db *, const char *id, const char *user_id,
    struct rows **rows);
/*
 * Move the read mark up to seq; a lower seq changes nothing. Members hear of it when it moved. One row:
 * conversation_id, read_seq, unread. In db_tx, its own or the caller's.
 *	ERR_NOT_FOUND	as above
 *	ERR_VALIDATION	seq is above the newest message; *newest is its number
 */
MUST_CHECK enum err conversation_read(struct db *, const char *id, const char *user_id, int64_t seq,
    int64_t *newest, struct rows **rows);
/*
 * Show the other members that user_id is writing: goes into the write-ahead log for the events
 * program, and is stored nowhere. Nothing happens in a closed conversation or when blocked.
 *	ERR_NOT_FOUND	as above
 */
MUST_CHECK enum err conversation_typing(struct db *, const char *id, const char *user_id);

#endif
