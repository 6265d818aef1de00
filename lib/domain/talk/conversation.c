#include "domain/talk/conversation.h"

enum { LIST, GET, READ, TYPING, MUTE, UNREAD };

#define COLUMNS                                                                                    \
	"SELECT c.id, c.kind, c.ai, c.closed_at IS NOT NULL AS closed, c.created_at,"              \
	" c.last_message_at, c.last_seq, k.read_seq, " CONVERSATION_UNREAD " AS unread,"           \
	" coalesce(k.muted_until > app_now(), false) AS muted,"                                    \
	" CASE WHEN k.muted_until > app_now() AND isfinite(k.muted_until) THEN k.muted_until END"  \
	" AS muted_until,"                                                                         \
	" (SELECT message_json(m) FROM message m WHERE m.conversation_id = c.id"                   \
	" AND m.seq = c.last_seq) AS last_message, " CONVERSATION_MEMBERS " AS members,"           \
	" (SELECT jsonb_build_object('id', s.id, 'type', s.type, 'state', s.state) FROM session s" \
	" WHERE s.conversation_id = c.id) AS session,"                                             \
	" coalesce(c.last_message_at, c.created_at) AS _k1, c.id AS _k2"                           \
	" FROM member k JOIN conversation c ON c.id = k.conversation_id WHERE k.user_id = $1"

static const struct stmt stmts[] = {
	[LIST] = { "conversation_list", 4,
	    COLUMNS " AND ($3::timestamptz IS NULL"
		    " OR (coalesce(c.last_message_at, c.created_at), c.id) < ($3, $4::uuid))"
		    " ORDER BY _k1 DESC, _k2 DESC LIMIT $2",
	    true },
	[GET] = { "conversation_get", 2, COLUMNS " AND c.id = $2", true },
	/* A statement does not see its own changes, nor those of another that it waited for: afterwards the mark
	 * is where it was or at $3, or higher than both by now. */
	[READ] = { "conversation_read", 3,
	    "WITH moved AS (UPDATE member k SET read_seq = $3 FROM conversation c"
	    " WHERE k.conversation_id = $1"
	    " AND k.user_id = $2 AND c.id = k.conversation_id AND k.read_seq < $3"
	    " AND c.last_seq >= $3 RETURNING 1),"
	    " told AS (SELECT event_emit(ARRAY(SELECT user_id FROM member WHERE conversation_id = $1),"
	    " 'message.read', jsonb_build_object('conversation_id', $1::uuid, 'user_id', $2::uuid,"
	    " 'seq', $3::bigint)) FROM moved)"
	    " SELECT c.id AS conversation_id, k.read_seq, " CONVERSATION_UNREAD " AS unread,"
	    " c.last_seq AS _newest, (SELECT count(*) FROM told) AS _told"
	    " FROM (SELECT conversation_id, user_id, greatest(read_seq, $3) AS read_seq FROM member"
	    " WHERE conversation_id = $1 AND user_id = $2) k"
	    " JOIN conversation c ON c.id = k.conversation_id",
	    true },
	[TYPING] = { "conversation_typing", 2,
	    "SELECT CASE WHEN o.users IS NOT NULL AND c.closed_at IS NULL THEN"
	    " pg_logical_emit_message(false, 'confab', jsonb_build_object('type', 'typing',"
	    " 'users', o.users, 'data', jsonb_build_object('conversation_id', c.id,"
	    " 'user_id', k.user_id, 'at', time_json(app_now())))::text) END"
	    " FROM member k JOIN conversation c ON c.id = k.conversation_id,"
	    " LATERAL (SELECT jsonb_agg(m.user_id) FILTER (WHERE NOT"
	    " block_between(m.user_id, k.user_id)) AS users FROM member m"
	    " WHERE m.conversation_id = c.id AND m.user_id <> k.user_id) o"
	    " WHERE k.conversation_id = $1 AND k.user_id = $2",
	    true },
	[MUTE] = { "conversation_mute", 3,
	    "SELECT conversation_id, muted, muted_until FROM conversation_mute($1, $2, $3)", true },
	[UNREAD] = { "conversation_unread", 1,
	    "SELECT coalesce(sum(n) FILTER (WHERE NOT muted), 0)::bigint AS unread,"
	    " count(*) FILTER (WHERE n > 0 AND NOT muted) AS conversations,"
	    " coalesce(sum(n) FILTER (WHERE muted), 0)::bigint AS muted"
	    " FROM (SELECT " CONVERSATION_UNREAD " AS n,"
	    " coalesce(k.muted_until > app_now(), false) AS muted"
	    " FROM member k JOIN conversation c ON c.id = k.conversation_id"
	    " WHERE k.user_id = $1 AND c.last_seq > k.read_seq) u",
	    true },
};
STMT_SET(conversation_stmts, stmts);

enum { READ_NEWEST = 3 };

enum err
conversation_list(struct db *db, const char *user_id, int64_t limit, const char *after_time,
    const char *after_id, struct rows **rows)
{
	return db_rows(db, rows, &stmts[LIST], db_text(user_id), db_i64(limit), db_text(after_time),
	    db_text(after_id));
}

struct db_bound
conversation_get_bind(const char *id, const char *user_id)
{
	return db_bind(&stmts[GET], db_text(user_id), db_text(id));
}

enum err
conversation_get(struct db *db, const char *id, const char *user_id, struct rows **rows)
{
	return db_run_one(db, db_ref(conversation_get_bind(id, user_id)), rows);
}

struct db_bound
conversation_read_bind(const char *id, const char *user_id, int64_t seq)
{
	return db_bind(&stmts[READ], db_text(id), db_text(user_id), db_i64(seq));
}

enum err
conversation_read_take(const struct rows *rows, int64_t seq, int64_t *newest)
{
	if (rows_count(rows) == 0)
		return ERR_NOT_FOUND;
	*newest = rows_i64(rows, 0, READ_NEWEST);
	return seq > *newest ? ERR_VALIDATION : ERR_OK;
}

enum err
conversation_read(struct db *db, const char *id, const char *user_id, int64_t seq, int64_t *newest,
    struct rows **rows)
{
	struct rows *got;

	*newest = 0;
	TRY(db_run(db, db_ref(conversation_read_bind(id, user_id, seq)), &got));
	TRY(conversation_read_take(got, seq, newest));
	*rows = got;
	return ERR_OK;
}

struct db_bound
conversation_typing_bind(const char *id, const char *user_id)
{
	return db_bind(&stmts[TYPING], db_text(id), db_text(user_id));
}

enum err
conversation_typing(struct db *db, const char *id, const char *user_id)
{
	return db_run_one(db, db_ref(conversation_typing_bind(id, user_id)), NULL);
}

enum err
conversation_mute(
    struct db *db, const char *id, const char *user_id, const char *until, struct rows **rows)
{
	return db_one(db, rows, &stmts[MUTE], db_text(id), db_text(user_id), db_text(until));
}

struct db_bound
conversation_unread_bind(const char *user_id)
{
	return db_bind(&stmts[UNREAD], db_text(user_id));
}

enum err
conversation_unread(struct db *db, const char *user_id, struct rows **rows)
{
	return db_run_one(db, db_ref(conversation_unread_bind(user_id)), rows);
}
