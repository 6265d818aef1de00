#include "domain/talk/message.h"
#include "base/uuid.h"

enum { SEND, POST, LIST_BEFORE, LIST_AFTER, SESSION_BEFORE, SESSION_AFTER };

/* A member sees one row even when no message fits the window; who is no member sees none. Numbers have
 * no gaps, so the ends of the window tell whether there is more. */
#define WINDOW_HEAD                                                                                \
	"SELECT jsonb_build_object('items', coalesce(jsonb_agg(message_json(page.m)"               \
	" ORDER BY (page.m).seq) FILTER (WHERE (page.m).seq IS NOT NULL), '[]'), 'has_more', "
#define WINDOW_FROM ") FROM conversation c JOIN member k ON k.conversation_id = c.id "
#define BEFORE_PAGE                                                                                \
	"LEFT JOIN LATERAL (SELECT m FROM message m WHERE m.conversation_id = c.id"                \
	" AND m.seq < $3::bigint ORDER BY m.seq DESC LIMIT $4) page ON true "
#define AFTER_PAGE                                                                                 \
	"LEFT JOIN LATERAL (SELECT m FROM message m WHERE m.conversation_id = c.id"                \
	" AND m.seq > $3::bigint ORDER BY m.seq LIMIT $4) page ON true "
#define OF_CONVERSATION "WHERE c.id = $1 AND k.user_id = $2 GROUP BY c.id"
#define OF_SESSION                                                                                 \
	"WHERE c.id = (SELECT conversation_id FROM session WHERE id = $1) AND k.user_id = $2"      \
	" GROUP BY c.id"
#define MORE_BEFORE "coalesce(min((page.m).seq) > 1, false)"
#define MORE_AFTER "coalesce(max((page.m).seq) < c.last_seq, false)"

static const struct stmt stmts[] = {
	[SEND] = { "message_send", 6,
	    "SELECT created, message::text FROM message_send($1, $2, $3, $4, $5, $6)", true },
	[POST] = { "message_post", 5, "SELECT message_post($1, $2, $3, $4, $5)", true },
	[LIST_BEFORE] = { "message_list_before", 4,
	    WINDOW_HEAD MORE_BEFORE WINDOW_FROM BEFORE_PAGE OF_CONVERSATION, true },
	[LIST_AFTER] = { "message_list_after", 4,
	    WINDOW_HEAD MORE_AFTER WINDOW_FROM AFTER_PAGE OF_CONVERSATION, true },
	[SESSION_BEFORE] = { "message_session_before", 4,
	    WINDOW_HEAD MORE_BEFORE WINDOW_FROM BEFORE_PAGE OF_SESSION, true },
	[SESSION_AFTER] = { "message_session_after", 4,
	    WINDOW_HEAD MORE_AFTER WINDOW_FROM AFTER_PAGE OF_SESSION, true },
};
STMT_SET(message_stmts, stmts);

enum err
message_send(struct db *db, const struct message_draft *draft, bool *created, const char **json)
{
	struct rows *rows;

	TRY(db_one(db, &rows, &stmts[SEND], db_text(draft->conversation_id),
	    db_text(draft->sender_id), db_text(uuid_new(db_arena(db))), db_text(draft->client_id),
	    db_text(draft->type), db_text(draft->body)));
	*created = rows_bool(rows, 0, 0);
	*json = rows_text(rows, 0, 1);
	return ERR_OK;
}

enum err
message_post(struct db *db, const char *conversation_id, const char *as_type, const char *client_id,
    const char *body)
{
	return db_exec(db, &stmts[POST], db_text(conversation_id), db_text(as_type),
	    db_text(uuid_new(db_arena(db))), db_text(client_id), db_text(body));
}

static enum err
list(struct db *db, const struct stmt *stmt, const char *id, const char *user_id, int64_t edge,
    int64_t limit, const char **json)
{
	struct rows *rows;

	TRY(db_one(db, &rows, stmt, db_text(id), db_text(user_id), db_i64(edge), db_i64(limit)));
	*json = rows_text(rows, 0, 0);
	return ERR_OK;
}

/* The number to list from: no number means the newest. */
static int64_t
from(const struct message_window *window)
{
	if (window->after >= 0)
		return window->after;
	return window->before == 0 ? INT64_MAX : window->before;
}

enum err
message_list(struct db *db, const char *conversation_id, const char *user_id,
    const struct message_window *window, const char **json)
{
	bool after = window->after >= 0;

	return list(db, &stmts[after ? LIST_AFTER : LIST_BEFORE], conversation_id, user_id,
	    from(window), window->limit, json);
}

enum err
message_list_session(struct db *db, const char *session_id, const char *user_id,
    const struct message_window *window, const char **json)
{
	bool after = window->after >= 0;

	return list(db, &stmts[after ? SESSION_AFTER : SESSION_BEFORE], session_id, user_id,
	    from(window), window->limit, json);
}
