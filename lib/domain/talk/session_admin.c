#include "domain/talk/session_admin.h"

#include "domain/people/desk_sql.h"
#include "domain/people/user_admin.h"
#include "domain/talk/session.h"

enum { GET, LOOK, LOCK };

/* Whole minutes, of one that goes on so far. */
#define MINUTES                                                                                    \
	"floor(extract(epoch FROM coalesce(s.ended_at, app_now()) - s.started_at) / 60)::bigint"   \
	" AS minutes"
#define SIDES                                                                                      \
	" LEFT JOIN user_account u ON u.id = s.user_id LEFT JOIN user_account a ON a.id = s.advisor_id"
#define TITLE "concat_ws(' with ', u.display_name, coalesce(a.display_name, 'the assistant'))"
#define SUBJECT                                                                                    \
	"SELECT 'The session of ' || " TITLE " AS name, s.state, " DESK_ASSIGNEE(                  \
	    "'session'", "s.id") " FROM session s" SIDES " WHERE s.id = $1"

static const struct stmt stmts[] = {
	[GET] = { "session_admin_get", 1,
	    "SELECT s.id, " TITLE
	    " AS title, s.type, s.state, s.user_id, u.display_name AS user_name, u.state AS user_state,"
	    " s.advisor_id, a.display_name AS advisor_name, a.state AS advisor_state,"
	    " s.conversation_id, c.last_seq AS messages, s.topic,"
	    " amount_json(s.rate_minor, s.currency) AS rate, s.requested_at, s.accepted_at,"
	    " s.started_at, s.ended_at, CASE WHEN s.state IN ('REQUESTED', 'ACCEPTED')"
	    " THEN s.expires_at END AS expires_at, CASE WHEN s.ended_at IS NULL THEN NULL"
	    " WHEN s.ended_by = s.user_id THEN 'USER' WHEN s.ended_by = s.advisor_id THEN 'ADVISOR'"
	    " ELSE 'SYSTEM' END AS ended_by, s.end_reason, " MINUTES
	    ", su.joined_at AS user_came_at, su.seen_at AS user_seen_at,"
	    " sa.joined_at AS advisor_came_at, sa.seen_at AS advisor_seen_at, r.stars, r.review"
	    " FROM session s JOIN conversation c ON c.id = s.conversation_id" SIDES
	    " LEFT JOIN session_presence su ON su.session_id = s.id AND su.user_id = s.user_id"
	    " LEFT JOIN session_presence sa ON sa.session_id = s.id AND sa.user_id = s.advisor_id"
	    " LEFT JOIN rating r ON r.session_id = s.id WHERE s.id = $1",
	    true },
	[LOOK] = { "session_admin_look", 1, SUBJECT, true },
	[LOCK] = { "session_admin_lock", 1, SUBJECT " FOR UPDATE OF s" },
};
STMT_SET(session_admin_stmts, stmts);

/* Of the first 500 people whose name or e-mail fits. */
#define OF_PERSON(side)                                                                            \
	"SELECT x.id FROM (SELECT u.id FROM user_account u WHERE " USER_SEARCH_WHERE               \
	" LIMIT 500) p JOIN session x ON x." side " = p.id"

static const struct list_filter filters[] = {
	{ "q", "s.id IN (" OF_PERSON("user_id") " UNION ALL " OF_PERSON("advisor_id") ")",
	    .where_id = "s.id = $?" },
	{ "state", "s.state = $?", NULL },
	{ "type", "s.type = $?", NULL },
	{ "user", "s.user_id = $?", NULL },
	{ "advisor", "s.advisor_id = $?", NULL },
	{ "from", LIST_DAY_FROM("s.requested_at"), NULL },
	{ "to", LIST_DAY_TO("s.requested_at"), NULL },
	{ 0 },
};
/* What never began, or has not ended, has no length. */
static const struct list_sort sorts[] = {
	{ "requested", { "s.requested_at", "s.id" }, .descending = true },
	{ "length", { "coalesce(s.ended_at - s.started_at, '0')", "s.id" }, .descending = true },
	{ 0 },
};
const struct list_source session_all = {
	.name = "session_all",
	.columns = "s.id, s.type, s.state, s.user_id, u.display_name AS user_name, s.advisor_id,"
		   " a.display_name AS advisor_name, " MINUTES
		   ", s.requested_at, s.accepted_at, s.started_at,"
		   " s.ended_at, s.end_reason, r.stars, s.conversation_id",
	.from = "session s" SIDES " LEFT JOIN rating r ON r.session_id = s.id",
	.filters = filters,
	.sorts = sorts,
};

enum err
session_admin_get(struct db *db, const char *id, struct rows **rows)
{
	return db_one(db, rows, &stmts[GET], db_text(id));
}

/* --- acts --- */

/* The system is done with it, whichever state it is in. */
static enum err
leave(struct db *db, struct act_call *call)
{
	struct session_step step = { .session_id = call->id,
		.move = session_move_leave(
		    session_state_parse(act_was(call, "state")), SESSION_BY_SYSTEM),
		.reason = act_text(call, "reason") };

	return session_move(db, &step);
}

const struct act_kind session_kind = { "session", "sessions", .look = &stmts[LOOK],
	.lock = &stmts[LOCK] };

static const struct field reason_fields[] = {
	{ "reason", FIELD_TEXT, .required = true, .min = 1, .max = 500, .doc = "Both sides read it",
	    .example = "\"We have to end this session for your safety.\"" },
	{ 0 },
};

const struct act session_acts[] = {
	{ "session.end", &session_kind, "talk.moderate", reason_fields, "ONGOING", "ENDED",
	    ACT_GRAVE | ACT_BULK, .label = "End",
	    .hint = "It ends now for both sides, and nobody can write in its conversation any more."
		    " Ended sessions are not begun again.",
	    .done = "{} was ended: both sides were told.", .bulk = "ended",
	    .summary = "End a session that goes on",
	    .doc = "At once, as if the system had ended it: both sides hear session.ended with the"
		   " reason, and the conversation is closed.",
	    .run = leave },
	{ "session.cancel", &session_kind, "talk.moderate", reason_fields, "REQUESTED ACCEPTED",
	    "CANCELLED", ACT_GRAVE | ACT_BULK, .label = "Call off",
	    .hint = "It will not take place. The advisor is free for others at once.",
	    .done = "{} was called off: both sides were told.", .bulk = "called off",
	    .summary = "Call off a session that has not begun",
	    .doc = "At once, as if the system had cancelled it: both sides hear session.cancelled with"
		   " the reason.",
	    .run = leave },
	{ 0 },
};
