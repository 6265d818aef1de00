#include "domain/talk/live.h"
#include "domain/talk/conversation.h"

#include <string.h>

enum { READ };
/* The three statements of conversation_read in one. The mark as it was before stands beside the one that
 * was moved, for a statement does not see its own changes. */
static const struct stmt stmts[] = {
	[READ] = { "live_read", 3,
	    "WITH moved AS (UPDATE member k SET read_seq = $3 FROM conversation c"
	    " WHERE k.conversation_id = $1 AND k.user_id = $2 AND c.id = k.conversation_id"
	    " AND k.read_seq < $3 AND c.last_seq >= $3 RETURNING k.read_seq),"
	    " told AS (SELECT event_emit(ARRAY(SELECT user_id FROM member WHERE conversation_id = $1),"
	    " 'message.read', jsonb_build_object('conversation_id', $1::uuid, 'user_id', $2::uuid,"
	    " 'seq', $3::bigint)) FROM moved)"
	    " SELECT c.id AS conversation_id, k.read_seq, " CONVERSATION_UNREAD " AS unread,"
	    " c.last_seq AS _newest, (SELECT count(*) FROM told) AS _told"
	    " FROM (SELECT o.conversation_id, o.user_id, coalesce(m.read_seq, o.read_seq) AS read_seq"
	    " FROM member o LEFT JOIN moved m ON true"
	    " WHERE o.conversation_id = $1 AND o.user_id = $2) k"
	    " JOIN conversation c ON c.id = k.conversation_id" },
};
STMT_SET(live_stmts, stmts);

enum { READ_NEWEST = 3 };

/* A statement of another module, by its name. */
static const struct stmt *
stmt_named(const struct stmt_set *set, const char *name)
{
	size_t i;

	for (i = 0; i < set->count; i++)
		if (strcmp(set->stmts[i].name, name) == 0)
			return &set->stmts[i];
	assert(!"the statement exists");
	return NULL;
}

enum err
live_send(struct pipeline *pipeline, const struct message_draft *draft, pipeline_answer *answer,
    void *arg)
{
	const struct db_param params[] = { db_text(draft->conversation_id),
		db_text(draft->sender_id), db_text(draft->id), db_text(draft->client_id),
		db_text(draft->type), db_text(draft->body), db_text(draft->reply_to),
		db_text(draft->media_id) };

	return pipeline_send(pipeline, stmt_named(&message_stmts, "message_send"), params,
	    COUNT_OF(params), answer, arg);
}

enum err
live_sent(const struct rows *rows, bool *created, const char **json)
{
	if (rows_count(rows) == 0)
		return ERR_NOT_FOUND;
	*created = rows_bool(rows, 0, 0);
	*json = rows_text(rows, 0, 1);
	return ERR_OK;
}

enum err
live_read(struct pipeline *pipeline, const char *conversation_id, const char *user_id, int64_t seq,
    pipeline_answer *answer, void *arg)
{
	const struct db_param params[] = { db_text(conversation_id), db_text(user_id), db_i64(seq) };

	return pipeline_send(pipeline, &stmts[READ], params, COUNT_OF(params), answer, arg);
}

enum err
live_read_done(const struct rows *rows, int64_t seq, int64_t *newest)
{
	if (rows_count(rows) == 0)
		return ERR_NOT_FOUND;
	*newest = rows_i64(rows, 0, READ_NEWEST);
	return seq > *newest ? ERR_VALIDATION : ERR_OK;
}

enum err
live_typing(struct pipeline *pipeline, const char *conversation_id, const char *user_id,
    pipeline_answer *answer, void *arg)
{
	const struct db_param params[] = { db_text(conversation_id), db_text(user_id) };

	return pipeline_send(pipeline, stmt_named(&conversation_stmts, "conversation_typing"),
	    params, COUNT_OF(params), answer, arg);
}
