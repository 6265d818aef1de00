#include "domain/talk/conversation_admin.h"

#include "domain/people/desk_sql.h"
#include "domain/people/user_admin.h"
#include "domain/talk/conversation.h"

enum { GET, MEMBERS, LOOK, LOCK, OPENING };

#define READ "conversation.read"
#define STATE "CASE WHEN c.closed_at IS NULL THEN 'OPEN' ELSE 'CLOSED' END"
/* "Ada, Bob"; the assistant is no member. */
#define TITLE                                                                                      \
	"concat_ws(', ', (SELECT string_agg(u.display_name, ', ' ORDER BY k.role DESC, u.id)"      \
	" FROM member k JOIN user_account u ON u.id = k.user_id WHERE k.conversation_id = c.id),"  \
	" CASE WHEN c.ai THEN 'the assistant' END)"
#define SUBJECT                                                                                    \
	"SELECT 'The conversation of ' || " TITLE " AS name, " STATE " AS state, " DESK_ASSIGNEE(  \
	    "'conversation'", "c.id") " FROM conversation c WHERE c.id = $1"

static const struct stmt stmts[] = {
	[GET] = { "conversation_admin_get", 1,
	    "SELECT c.id, " TITLE " AS title, c.kind, " STATE
	    " AS state, c.created_at, c.closed_at, c.last_message_at, c.last_seq AS messages,"
	    " (SELECT count(*) FROM message m WHERE m.conversation_id = c.id"
	    " AND m.deleted_at IS NOT NULL) AS deleted,"
	    " (SELECT count(*) FROM message_version v WHERE v.conversation_id = c.id) AS versions,"
	    " s.id AS session_id, s.type AS session_type, s.state AS session_state"
	    " FROM conversation c LEFT JOIN session s ON s.conversation_id = c.id WHERE c.id = $1",
	    true },
	[MEMBERS] = { "conversation_admin_members", 1,
	    "SELECT k.user_id, u.display_name, u.state, k.role, k.joined_at,"
	    " k.read_seq, " CONVERSATION_UNREAD
	    " AS unread, coalesce(k.muted_until > app_now(), false) AS muted,"
	    " (SELECT count(*) FROM (SELECT FROM message m WHERE m.conversation_id = c.id"
	    " AND m.sender_id = k.user_id LIMIT 10000) n) AS sent"
	    " FROM conversation c JOIN member k ON k.conversation_id = c.id"
	    " JOIN user_account u ON u.id = k.user_id WHERE c.id = $1"
	    " ORDER BY k.role DESC, k.user_id LIMIT 50",
	    true },
	[LOOK] = { "conversation_admin_look", 1, SUBJECT, true },
	/* Nothing is changed: those who write in it do not wait. */
	[LOCK] = { "conversation_admin_lock", 1, SUBJECT " FOR KEY SHARE OF c" },
	[OPENING] = { "conversation_opening", 3,
	    "SELECT a.detail->>'reason' AS reason,"
	    " a.at + make_interval(secs => $3::int) AS until_at FROM audit a"
	    " WHERE a.target_id = $1 AND a.actor_id = $2 AND a.action = '" READ "'"
	    " AND a.at > app_now() - make_interval(secs => $3) ORDER BY a.at DESC, a.id DESC LIMIT 1",
	    true },
};
STMT_SET(conversation_admin_stmts, stmts);

const char *const conversation_states[] = { "OPEN", "CLOSED", NULL };

static const struct list_filter filters[] = {
	{ "q",
	    "c.id IN (SELECT k.conversation_id FROM (SELECT u.id FROM user_account u WHERE " USER_SEARCH_WHERE
	    " LIMIT 500) p JOIN member k ON k.user_id = p.id)",
	    .where_id = "c.id = $?" },
	{ "kind", "c.kind = $?", NULL },
	{ "state", STATE " = $?", NULL },
	{ "person", "c.id IN (SELECT k.conversation_id FROM member k WHERE k.user_id = $?)", NULL },
	{ "from", LIST_DAY_FROM("c.created_at"), NULL },
	{ "to", LIST_DAY_TO("c.created_at"), NULL },
	{ 0 },
};
/* Ids are in the order of opening. By the last message there is no order: its index would have to follow each send. */
static const struct list_sort sorts[] = {
	{ "opened", { "c.id" }, .descending = true },
	{ 0 },
};
/* The session is looked up for each row shown: a join would be merged, and read from the first session on. */
#define SESSION(column)                                                                            \
	"(SELECT s." column " FROM session s WHERE s.conversation_id = c.id) AS session_" column
const struct list_source conversation_all = {
	.name = "conversation_all",
	.columns = "c.id, " TITLE " AS title, c.kind, " STATE
		   " AS state, c.last_seq AS messages, c.created_at, c.closed_at, c.last_message_at,"
		   " " SESSION("id") ", " SESSION("type") ", " SESSION("state"),
	.from = "conversation c",
	.filters = filters,
	.sorts = sorts,
};

enum err
conversation_admin_get(struct db *db, const char *id, struct rows **rows)
{
	return db_one(db, rows, &stmts[GET], db_text(id));
}

enum err
conversation_admin_members(struct db *db, const char *id, struct rows **rows)
{
	return db_rows(db, rows, &stmts[MEMBERS], db_text(id));
}

/* --- the door --- */

enum err
conversation_opening(struct db *db, const char *id, const char *admin_id, struct rows **rows)
{
	return db_rows(
	    db, rows, &stmts[OPENING], db_text(id), db_text(admin_id), db_i64(CONVERSATION_OPEN_S));
}

enum err
conversation_is_open(struct db *db, const char *id, const char *admin_id, bool *open)
{
	struct rows *rows;

	TRY(conversation_opening(db, id, admin_id, &rows));
	*open = rows_count(rows) > 0;
	return ERR_OK;
}

enum err
conversation_open(struct db *db, const struct audit_by *by, const char *id, const char *reason)
{
	struct act_call call = { .by = *by };

	return act_also(db, &call, &conversation_acts[0], id, "reason", reason);
}

/* The entry is all there is to it; the system reads nothing. */
static enum err
read_it(struct db *db, struct act_call *call)
{
	(void)db;
	return call->by.actor_id == NULL ? ERR_FORBIDDEN : ERR_OK;
}

const struct act_kind conversation_kind = { "conversation", "conversations", .look = &stmts[LOOK],
	.lock = &stmts[LOCK] };

static const struct field read_fields[] = {
	{ "reason", FIELD_TEXT, .required = true, .min = 1, .max = 500,
	    .doc = "Why you have to; the audit log keeps it",
	    .example = "\"A report says that payments were asked for.\"" },
	{ 0 },
};
static const struct act_refusal read_refusals[] = {
	{ ERR_FORBIDDEN, "Nothing was done: say which administrator reads it." },
	{ ERR_OK, NULL },
};

const struct act conversation_acts[] = {
	{ READ, &conversation_kind, "talk.read", read_fields, NULL, NULL, 0, .label = "Read",
	    .hint = "People talk in confidence. Your name and your reason go into the audit log, and"
		    " for 15 minutes you can read what was said.",
	    .done = "{} is open to you for 15 minutes; the audit log says why.",
	    .next = "/admin/messages?conversation={}", .refusals = read_refusals,
	    .summary = "Say why you read a conversation",
	    .doc = "For 15 minutes its messages are shown to you in the panel. The audit log keeps the"
		   " reason.",
	    .run = read_it },
	{ 0 },
};
