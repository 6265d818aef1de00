#include "domain/talk/message_admin.h"

enum { PLACE, LOOK, LOCK, REMOVE };

#define SENDER                                                                                     \
	"coalesce(u.display_name, CASE m.sender_type WHEN 'AI' THEN 'the assistant'"               \
	" ELSE 'the system' END)"
#define SUBJECT                                                                                    \
	"SELECT 'Message ' || m.seq || ' of ' || " SENDER                                          \
	" AS name, CASE WHEN m.deleted_at IS NOT NULL THEN 'DELETED'"                              \
	" WHEN m.sender_type = 'SYSTEM' THEN 'NOTICE' ELSE 'SENT' END AS state,"                   \
	" m.conversation_id, m.seq FROM message m JOIN conversation c ON c.id = m.conversation_id" \
	" LEFT JOIN user_account u ON u.id = m.sender_id WHERE m.id = $1"

static const struct stmt stmts[] = {
	[PLACE] = { "message_admin_place", 1,
	    "SELECT conversation_id, seq FROM message WHERE id = $1", true },
	[LOOK] = { "message_admin_look", 1, SUBJECT, true },
	/* As everything that changes a message does. */
	[LOCK] = { "message_admin_lock", 1, SUBJECT " FOR NO KEY UPDATE OF c" },
	[REMOVE] = { "message_admin_remove", 1, "SELECT message_remove($1)" },
};
STMT_SET(message_admin_stmts, stmts);

/* A page begins a little behind the message that is looked for. */
static const struct list_filter filters[] = {
	{ "conversation", "m.conversation_id = $?", NULL },
	{ "at", "m.seq <= $?::bigint + 10", NULL },
	{ 0 },
};
static const struct list_sort sorts[] = {
	{ "number", { "m.seq" }, .descending = true },
	{ 0 },
};
/* Of what was said before the newest three versions, the newest on top; all of what was deleted last. */
const struct list_source message_all = {
	.name = "message_all",
	.columns =
	    "m.id, m.seq, m.sender_id, " SENDER
	    " AS sender_name, nullif(concat_ws(', ', CASE WHEN m.type NOT IN ('text', 'system')"
	    " THEN m.type END, 'answers no. ' || m.reply_seq), '') AS beside, m.body,"
	    " CASE WHEN m.deleted_at IS NOT NULL THEN 'DELETED' WHEN m.edited_at IS NOT NULL"
	    " THEN 'EDITED' END AS mark, CASE WHEN coalesce(m.edited_at, m.deleted_at) IS NOT NULL THEN"
	    " (SELECT string_agg(left(v.body, CASE WHEN v.n = 1 AND m.deleted_at IS NOT NULL"
	    " THEN 4000 ELSE 1000 END), E'\\n\\n' ORDER BY v.n) FROM (SELECT x.body, row_number()"
	    " OVER (ORDER BY x.version DESC) AS n FROM message_version x"
	    " WHERE x.conversation_id = m.conversation_id AND x.seq = m.seq"
	    " ORDER BY x.version DESC LIMIT 3) v) END AS before, m.created_at, m.edited_at, m.deleted_at",
	.from = "message m LEFT JOIN user_account u ON u.id = m.sender_id",
	.within = "conversation",
	.filters = filters,
	.sorts = sorts,
};

enum err
message_admin_place(struct db *db, const char *id, struct rows **rows)
{
	return db_one(db, rows, &stmts[PLACE], db_text(id));
}

/* --- acts --- */

static enum err
take_away(struct db *db, struct act_call *call)
{
	act_note(call, "conversation_id", act_was(call, "conversation_id"));
	act_note(call, "seq", act_was(call, "seq"));
	return db_exec(db, &stmts[REMOVE], db_text(call->id));
}

const struct act_kind message_kind = { "message", "messages", .look = &stmts[LOOK],
	.lock = &stmts[LOCK] };

static const struct field remove_fields[] = {
	{ "reason", FIELD_TEXT, .required = true, .min = 1, .max = 500,
	    .doc = "For the other admins; the audit log keeps it",
	    .example = "\"Gives the address of a third person.\"" },
	{ 0 },
};

const struct act message_acts[] = {
	{ "message.remove", &message_kind, "talk.moderate", remove_fields, "SENT", "DELETED",
	    ACT_GRAVE | ACT_BULK, .label = "Remove",
	    .hint =
		"Its place stays, empty, for everybody in the conversation. What it said is kept for"
		" reports and disputes.",
	    .done = "{} was removed.", .bulk = "removed", .summary = "Remove a message",
	    .doc = "As if its author had deleted it, whenever it was said: its place stays, empty, and"
		   " the members hear message.deleted.",
	    .run = take_away },
	{ 0 },
};
