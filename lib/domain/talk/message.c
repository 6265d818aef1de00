#include "domain/talk/message.h"
#include "base/buf.h"
#include "base/uuid.h"
#include "domain/talk/conversation.h"

#include <string.h>

enum {
	SEND,
	SEND_BATCH,
	POST,
	EDIT,
	DELETE,
	REACT,
	GET,
	SEARCH,
	INDEX,
	LIST_BEFORE,
	LIST_AFTER,
	SESSION_BEFORE,
	SESSION_AFTER
};

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

/*
 * A search for a word that is said often would read all that the index has of it, in the whole table when the word may
 * be unfinished. Such a word is among what was said last: so the newest messages of the conversations where something
 * was said last are looked through first, and the index is asked only when they do not give a page. What they give is
 * whole from a time on, "since": nothing newer is elsewhere. (The times of messages may differ from their order by as
 * much as a statement may take, hence 5 s. Null: there is nothing else.)
 */
#define PLACES "50" /* conversations that are looked through */
#define NEWEST "200" /* messages, in each and in all */
#define SEARCH_AFTER "($4::timestamptz IS NULL OR (m.created_at, m.id) < ($4, $5::uuid))"
#define SEARCH_ORDER "ORDER BY (n.m).created_at DESC, (n.m).id DESC LIMIT "
#define SEARCH_NEWEST                                                                                      \
	"WITH place AS MATERIALIZED (SELECT c.id, c.last_seq, c.last_message_at FROM member k"             \
	" JOIN conversation c ON c.id = k.conversation_id WHERE k.user_id = $1"                            \
	" AND c.last_seq > 0 ORDER BY c.last_message_at DESC LIMIT " PLACES "),"                           \
	" newest AS MATERIALIZED (SELECT n.m FROM place, LATERAL (SELECT m FROM message m"                 \
	" WHERE m.conversation_id = place.id AND m.seq > place.last_seq - " NEWEST                         \
	" ORDER BY m.seq DESC LIMIT " NEWEST ") n " SEARCH_ORDER NEWEST "),"                               \
	" since AS MATERIALIZED (SELECT interval '5 s' + greatest("                                        \
	"(SELECT min(last_message_at) FROM place HAVING count(*) = " PLACES "),"                           \
	" (SELECT min((m).created_at) FROM newest"                                                         \
	" HAVING count(*) <> (SELECT sum(last_seq) FROM place))) AS at),"                                  \
	" among AS MATERIALIZED (SELECT m.it AS m FROM since, (SELECT n.m AS it, (n.m).* FROM newest n) m" \
	" WHERE m.type <> 'system' AND m.deleted_at IS NULL AND " SEARCH_AFTER                             \
	" AND (since.at IS NULL OR m.created_at > since.at)"                                               \
	" AND to_tsvector('confab', m.body) @@ (SELECT search_words($2))"                                  \
	" ORDER BY m.created_at DESC, m.id DESC LIMIT $3),"                                                \
	" verdict AS MATERIALIZED (SELECT at IS NULL OR (SELECT count(*) FROM among) >= $3"                \
	" AS enough FROM since) "
/* Each conversation gives its newest page by the index on words; of these the newest page. */
#define SEARCH_INDEX                                                                                   \
	"(SELECT n.m FROM member k, LATERAL (SELECT m FROM message m"                                  \
	" WHERE m.conversation_id = k.conversation_id AND m.type <> 'system' AND m.deleted_at IS NULL" \
	" AND to_tsvector('confab', m.body) @@ search_words($2) AND " SEARCH_AFTER                     \
	" ORDER BY m.created_at DESC, m.id DESC LIMIT $3) n WHERE k.user_id = $1 " SEARCH_ORDER        \
	"$3) indexed"

static const struct stmt stmts[] = {
	[SEND] = { "message_send", 8,
	    "SELECT created, message::text FROM message_send($1, $2, $3, $4, $5, $6, $7, $8)", true },
	[SEND_BATCH] = { "message_send_batch", 8,
	    "SELECT created, message::text, refused, detail"
	    " FROM message_send_batch($1, $2, $3, $4, $5, $6, $7, $8) ORDER BY number",
	    true },
	[POST] = { "message_post", 5, "SELECT message_post($1, $2, $3, $4, $5)", true },
	[EDIT] = { "message_edit", 4, "SELECT message_edit($1, $2, $3, $4)", true },
	[DELETE] = { "message_delete", 3, "SELECT message_delete($1, $2, $3)", true },
	[REACT] = { "message_react", 4, "SELECT message_react($1, $2, $3, $4)", true },
	[GET] = { "message_get", 2,
	    "SELECT message_json(m) FROM message m"
	    " JOIN member k ON k.conversation_id = m.conversation_id AND k.user_id = $2"
	    " WHERE m.id = $1",
	    true },
	[SEARCH] = { "message_search", 5,
	    SEARCH_NEWEST
	    "SELECT message_json(hit.m) AS message,"
	    " jsonb_build_object('id', c.id, 'kind', c.kind, 'closed', c.closed_at IS NOT NULL,"
	    " 'members', " CONVERSATION_MEMBERS ") AS conversation,"
	    " ts_headline('confab', (hit.m).body, search_words($2),"
	    " 'StartSel=\"\", StopSel=\"\", MaxFragments=1, MinWords=8, MaxWords=24, ShortWord=0,"
	    " FragmentDelimiter=\" … \"') AS excerpt, (hit.m).created_at AS _k1, (hit.m).id AS _k2"
	    " FROM (SELECT m FROM among WHERE (SELECT enough FROM verdict)"
	    " UNION ALL SELECT m FROM " SEARCH_INDEX " WHERE NOT (SELECT enough FROM verdict)) hit"
	    " JOIN conversation c ON c.id = (hit.m).conversation_id"
	    " ORDER BY (hit.m).created_at DESC, (hit.m).id DESC",
	    true },
	[INDEX] = { "message_index", 0, "SELECT gin_clean_pending_list('message_words')", true },
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

struct db_bound
message_send_bind(struct arena *arena, const struct message_draft *draft)
{
	return db_bind(&stmts[SEND], db_text(draft->conversation_id), db_text(draft->sender_id),
	    db_text(draft->id != NULL ? draft->id : uuid_new(arena)), db_text(draft->client_id),
	    db_text(draft->type), db_text(draft->body), db_text(draft->reply_to),
	    db_text(draft->media_id));
}

enum err
message_send_take(const struct rows *rows, bool *created, const char **json)
{
	if (rows_count(rows) == 0)
		return ERR_NOT_FOUND;
	*created = rows_bool(rows, 0, 0);
	*json = rows_text(rows, 0, 1);
	return ERR_OK;
}

/* It has the id of the draft, which nobody knows yet: the answer of an earlier try was lost, not the message. */
static bool
is_own(const struct message_draft *draft, const char *json)
{
	return draft->id != NULL && json != NULL && strstr(json, draft->id) != NULL;
}

enum err
message_send(struct db *db, const struct message_draft *draft, bool *created, const char **json)
{
	struct rows *rows;

	TRY(db_run(db, db_ref(message_send_bind(db_arena(db), draft)), &rows));
	TRY(message_send_take(rows, created, json));
	*created = *created || is_own(draft, *json);
	return ERR_OK;
}

/* One more element of an array as PostgreSQL reads them; text NULL is null. */
static void
add_element(struct buf *list, const char *text)
{
	buf_putc(list, list->len == 0 ? '{' : ',');
	if (text == NULL) {
		buf_puts(list, "NULL");
		return;
	}
	buf_putc(list, '"');
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			buf_putc(list, '\\');
		buf_putc(list, *text);
	}
	buf_putc(list, '"');
}

struct db_bound
message_send_batch_bind(
    struct arena *arena, const struct message_draft *const drafts[], size_t count)
{
	enum { LISTS = 8 };
	struct buf lists[LISTS];
	size_t i, list;

	assert(count >= 1 && count <= MESSAGE_BATCH_MAX);
	for (list = 0; list < LISTS; list++)
		lists[list] = buf_new(arena, count * (UUID_TEXT_LEN + 3));
	for (i = 0; i < count; i++) {
		const struct message_draft *draft = drafts[i];
		const char *const values[LISTS] = { draft->conversation_id, draft->sender_id,
			draft->id != NULL ? draft->id : uuid_new(arena), draft->client_id,
			draft->type, draft->body, draft->reply_to, draft->media_id };

		for (list = 0; list < LISTS; list++)
			add_element(&lists[list], values[list]);
	}
	for (list = 0; list < LISTS; list++)
		buf_putc(&lists[list], '}');
	return db_bind(&stmts[SEND_BATCH], db_text(lists[0].data), db_text(lists[1].data),
	    db_text(lists[2].data), db_text(lists[3].data), db_text(lists[4].data),
	    db_text(lists[5].data), db_text(lists[6].data), db_text(lists[7].data));
}

enum err
message_send_batch_take(const struct rows *rows, struct message_sent sent[], size_t count)
{
	size_t i;

	if (rows_count(rows) != count)
		return ERR_INTERNAL;
	for (i = 0; i < count; i++) {
		const char *refused = rows_text(rows, i, 2), *detail = rows_text(rows, i, 3);

		sent[i] = (struct message_sent){
			.err = refused == NULL ? ERR_OK : err_of_code(refused),
			.detail = detail == NULL ? "" : detail,
			.json = rows_text(rows, i, 1),
			.created = rows_bool(rows, i, 0),
		};
	}
	return ERR_OK;
}

enum err
message_send_batch(struct db *db, const struct message_draft *const drafts[], size_t count,
    struct message_sent sent[])
{
	struct rows *rows;
	size_t i;

	TRY(db_run(db, db_ref(message_send_batch_bind(db_arena(db), drafts, count)), &rows));
	TRY(message_send_batch_take(rows, sent, count));
	for (i = 0; i < count; i++)
		sent[i].created = sent[i].created || is_own(drafts[i], sent[i].json);
	return ERR_OK;
}

enum err
message_post(struct db *db, const char *conversation_id, const char *as_type, const char *client_id,
    const char *body)
{
	return db_exec(db, &stmts[POST], db_text(conversation_id), db_text(as_type),
	    db_text(uuid_new(db_arena(db))), db_text(client_id), db_text(body));
}

enum err
message_edit(struct db *db, const char *id, const char *user_id, const char *body, int64_t window_s,
    const char **json)
{
	struct rows *rows;

	TRY(db_one(db, &rows, &stmts[EDIT], db_text(id), db_text(user_id), db_text(body),
	    db_i64(window_s)));
	*json = rows_text(rows, 0, 0);
	return ERR_OK;
}

enum err
message_delete(
    struct db *db, const char *id, const char *user_id, int64_t window_s, const char **json)
{
	struct rows *rows;

	TRY(db_one(db, &rows, &stmts[DELETE], db_text(id), db_text(user_id), db_i64(window_s)));
	*json = rows_text(rows, 0, 0);
	return ERR_OK;
}

enum err
message_react(struct db *db, const char *id, const char *user_id, const char *emoji, bool wanted,
    const char **json)
{
	struct rows *rows;

	TRY(db_one(db, &rows, &stmts[REACT], db_text(id), db_text(user_id), db_text(emoji),
	    db_bool(wanted)));
	*json = rows_text(rows, 0, 0);
	return ERR_OK;
}

struct db_bound
message_get_bind(const char *id, const char *user_id)
{
	return db_bind(&stmts[GET], db_text(id), db_text(user_id));
}

enum err
message_get(struct db *db, const char *id, const char *user_id, const char **json)
{
	struct rows *rows;

	TRY(db_run_one(db, db_ref(message_get_bind(id, user_id)), &rows));
	*json = rows_text(rows, 0, 0);
	return ERR_OK;
}

struct db_bound
message_search_bind(const char *user_id, const char *words, int64_t limit, const char *after_time,
    const char *after_id)
{
	return db_bind(&stmts[SEARCH], db_text(user_id), db_text(words), db_i64(limit),
	    db_text(after_time), db_text(after_id));
}

enum err
message_search(struct db *db, const char *user_id, const char *words, int64_t limit,
    const char *after_time, const char *after_id, struct rows **rows)
{
	return db_run(
	    db, db_ref(message_search_bind(user_id, words, limit, after_time, after_id)), rows);
}

enum err
message_index(struct db *db, int64_t *pages)
{
	struct rows *rows;

	TRY(db_one(db, &rows, &stmts[INDEX]));
	*pages = rows_i64(rows, 0, 0);
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

static struct db_bound
list_bind(const struct stmt *stmt, const char *id, const char *user_id,
    const struct message_window *window)
{
	return db_bind(
	    stmt, db_text(id), db_text(user_id), db_i64(from(window)), db_i64(window->limit));
}

struct db_bound
message_list_bind(
    const char *conversation_id, const char *user_id, const struct message_window *window)
{
	return list_bind(&stmts[window->after >= 0 ? LIST_AFTER : LIST_BEFORE], conversation_id,
	    user_id, window);
}

struct db_bound
message_list_session_bind(
    const char *session_id, const char *user_id, const struct message_window *window)
{
	return list_bind(&stmts[window->after >= 0 ? SESSION_AFTER : SESSION_BEFORE], session_id,
	    user_id, window);
}

static enum err
list(struct db *db, const struct db_bound *bound, const char **json)
{
	struct rows *rows;

	TRY(db_run_one(db, bound, &rows));
	*json = rows_text(rows, 0, 0);
	return ERR_OK;
}

enum err
message_list(struct db *db, const char *conversation_id, const char *user_id,
    const struct message_window *window, const char **json)
{
	return list(db, db_ref(message_list_bind(conversation_id, user_id, window)), json);
}

enum err
message_list_session(struct db *db, const char *session_id, const char *user_id,
    const struct message_window *window, const char **json)
{
	return list(db, db_ref(message_list_session_bind(session_id, user_id, window)), json);
}
