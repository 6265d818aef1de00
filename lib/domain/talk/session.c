#include "domain/talk/session.h"
#include "base/buf.h"
#include "base/uuid.h"
#include "domain/talk/conversation.h"
#include "domain/talk/message.h"
#include "domain/talk/session_money.h"

#include <string.h>

enum {
	HOLD_PEOPLE,
	CHECK,
	INSERT,
	INSERT_AI,
	LIVE,
	LOCK,
	MOVE,
	JOIN,
	COUNT,
	CLOSE,
	EMIT,
	HEARTBEAT,
	GET
};

#define SESSION_COLUMNS                                                                            \
	"s.id, s.type, s.state, s.user_id, s.advisor_id, s.conversation_id,"                       \
	" s.expires_at <= app_now(), s.rate_minor, s.currency"

static const struct stmt stmts[] = {
	/* A block, by an admin or by one of them, waits for us, or we for it and then see it. */
	[HOLD_PEOPLE] = { "session_hold_people", 2,
	    "SELECT id FROM user_account WHERE id IN ($1, $2) ORDER BY id FOR SHARE" },
	[CHECK] = { "session_check", 2,
	    "SELECT u.state = 'ACTIVE', a.id IS NOT NULL, coalesce(a.online, false),"
	    " a.id IS NOT NULL AND block_between(u.id, a.id), session_waiting(u.id, $2)"
	    " FROM user_account u LEFT JOIN (SELECT v.id, v.online FROM advisor v"
	    " JOIN user_account p ON p.id = v.id AND p.state = 'ACTIVE'"
	    " WHERE v.id = $2 AND v.state = 'APPROVED') a ON true WHERE u.id = $1" },
	/* No row when the advisor has a live session: the unique index decides, and waits for who is
	 * before us. */
	[INSERT] = { "session_insert", 6,
	    "WITH made AS (INSERT INTO session AS s (id, type, user_id, advisor_id,"
	    " conversation_id, topic, rate_minor, currency, expires_at)"
	    " SELECT $1, 'CHAT', $2, a.id, $4, $5, a.rate_minor, a.currency,"
	    " app_now() + make_interval(secs => $6::int)"
	    " FROM advisor a WHERE a.id = $3 AND a.online"
	    " ON CONFLICT (advisor_id) WHERE state IN ('REQUESTED', 'ACCEPTED', 'ONGOING')"
	    " DO NOTHING RETURNING s.*),"
	    " place AS (INSERT INTO conversation (id, kind)"
	    " SELECT conversation_id, 'SESSION' FROM made),"
	    " seats AS (INSERT INTO member (conversation_id, user_id, role)"
	    " SELECT conversation_id, user_id, 'USER' FROM made UNION ALL"
	    " SELECT conversation_id, advisor_id, 'ADVISOR' FROM made)"
	    " SELECT " SESSION_COLUMNS " FROM made s" },
	[INSERT_AI] = { "session_insert_ai", 4,
	    "WITH made AS (INSERT INTO session AS s (id, type, user_id, conversation_id, topic,"
	    " expires_at) SELECT $1, 'AI_CHAT', u.id, $3, $4, app_now() FROM user_account u"
	    " WHERE u.id = $2 AND u.state = 'ACTIVE' FOR SHARE OF u RETURNING s.*),"
	    " place AS (INSERT INTO conversation (id, kind, ai)"
	    " SELECT conversation_id, 'SESSION', true FROM made),"
	    " seats AS (INSERT INTO member (conversation_id, user_id, role)"
	    " SELECT conversation_id, user_id, 'USER' FROM made),"
	    " came AS (INSERT INTO session_presence (session_id, user_id)"
	    " SELECT id, user_id FROM made)"
	    " SELECT " SESSION_COLUMNS " FROM made s" },
	[LIVE] = { "session_live", 2,
	    "SELECT id FROM session WHERE user_id = $1 AND advisor_id = $2"
	    " AND state IN ('REQUESTED', 'ACCEPTED', 'ONGOING')" },
	[LOCK] = { "session_lock", 2,
	    "SELECT " SESSION_COLUMNS " FROM session s WHERE s.id = $1"
	    " AND ($2::uuid IS NULL OR $2 IN (s.user_id, s.advisor_id)) FOR UPDATE" },
	[MOVE] = { "session_move", 6,
	    "UPDATE session SET state = $3,"
	    " accepted_at = CASE WHEN $3 = 'ACCEPTED' THEN app_now() ELSE accepted_at END,"
	    " expires_at = CASE WHEN $3 = 'ACCEPTED'"
	    " THEN app_now() + make_interval(secs => $6::int) ELSE expires_at END,"
	    " started_at = CASE WHEN $3 = 'ONGOING' THEN app_now() ELSE started_at END,"
	    " ended_at = CASE WHEN $3 IN ('ACCEPTED', 'ONGOING') THEN NULL ELSE app_now() END,"
	    " ended_by = CASE WHEN $3 IN ('ACCEPTED', 'ONGOING') THEN NULL ELSE $4::uuid END,"
	    " end_reason = coalesce($5, end_reason) WHERE id = $1 AND state = $2" },
	/* The row just made is not seen by the count, so it is added. */
	[JOIN] = { "session_join", 2,
	    "WITH came AS (INSERT INTO session_presence (session_id, user_id) VALUES ($1, $2)"
	    " ON CONFLICT (session_id, user_id) DO UPDATE SET seen_at = app_now()"
	    " RETURNING user_id)"
	    " SELECT count(*) + 1 FROM session_presence p, came"
	    " WHERE p.session_id = $1 AND p.user_id <> came.user_id" },
	[COUNT] = { "session_count", 1,
	    "UPDATE advisor SET session_count = session_count + 1 WHERE id = $1" },
	[CLOSE] = { "session_close", 1,
	    "UPDATE conversation SET closed_at = app_now() WHERE id = $1 AND closed_at IS NULL" },
	[EMIT] = { "session_emit", 2,
	    "SELECT event_emit(ARRAY[s.user_id, s.advisor_id], $2, session_json(s))"
	    " FROM session s WHERE s.id = $1" },
	[HEARTBEAT] = { "session_heartbeat", 2,
	    "WITH beat AS (UPDATE session_presence p SET seen_at = app_now() FROM session s"
	    " WHERE s.id = $1 AND s.state IN ('ACCEPTED', 'ONGOING')"
	    " AND p.session_id = s.id AND p.user_id = $2)"
	    " SELECT j ->> 'state' AS state, app_now() AS server_time,"
	    " (j ->> 'seconds_left')::bigint AS seconds_left,"
	    " (j ->> 'elapsed_s')::bigint AS elapsed_s"
	    " FROM session s, session_json(s) j"
	    " WHERE s.id = $1 AND $2 IN (s.user_id, s.advisor_id)",
	    true },
	[GET] = { "session_get", 2,
	    "SELECT session_json(s) || jsonb_build_object('unread', " CONVERSATION_UNREAD ")"
	    " FROM session s JOIN conversation c ON c.id = s.conversation_id"
	    " JOIN member k ON k.conversation_id = c.id AND k.user_id = $2 WHERE s.id = $1",
	    true },
};
STMT_SET(session_stmts, stmts);

static const char greeting[] =
    "Hello! I am an automated assistant, not a person. I can listen and answer, but I can be wrong,"
    " and I do not replace professional advice. If you or somebody else is in danger, please"
    " contact your local emergency services.";

/* What both sides hear, and the line the conversation closes with. */
static const struct {
	const char *event, *line;
} effects[] = {
	[SESSION_REQUESTED] = { "session.requested", NULL },
	[SESSION_ACCEPTED] = { "session.accepted", NULL },
	[SESSION_ONGOING] = { "session.started", NULL },
	[SESSION_ENDED] = { "session.ended", "The session has ended." },
	[SESSION_DECLINED] = { "session.declined", "The advisor has declined the request." },
	[SESSION_CANCELLED] = { "session.cancelled", "The session was cancelled." },
	[SESSION_EXPIRED] = { "session.expired", "The session was not begun in time." },
};

/* Columns in the order of SESSION_COLUMNS. */
static struct session
from_row(const struct rows *rows)
{
	return (struct session){
		.id = rows_text(rows, 0, 0),
		.type = rows_text(rows, 0, 1),
		.state = session_state_parse(rows_text(rows, 0, 2)),
		.user_id = rows_text(rows, 0, 3),
		.advisor_id = rows_text(rows, 0, 4),
		.conversation_id = rows_text(rows, 0, 5),
		.late = rows_bool(rows, 0, 6),
		.rate_minor = rows_i64(rows, 0, 7),
		.currency = rows_text(rows, 0, 8),
	};
}

static enum err
emit(struct db *db, const struct session *session)
{
	return db_exec(
	    db, &stmts[EMIT], db_text(session->id), db_text(effects[session->state].event));
}

/* The effects of a last state, in the order of the locks. session->state is the new one. */
static enum err
finish(struct db *db, const struct session *session, enum session_state before)
{
	TRY(session_settle(db, session));
	if (before == SESSION_ONGOING && session->advisor_id != NULL)
		TRY(db_exec_one(db, &stmts[COUNT], db_text(session->advisor_id)));
	TRY(message_post(
	    db, session->conversation_id, "SYSTEM", "session-end", effects[session->state].line));
	return db_exec(db, &stmts[CLOSE], db_text(session->conversation_id));
}

/* Write the new state of a session whose row is locked, and all that follows from it. */
static enum err
change(
    struct db *db, struct session *session, enum session_state to, const struct session_step *step)
{
	enum session_state before = session->state;
	enum err err;

	err = db_exec_one(db, &stmts[MOVE], db_text(session->id),
	    db_text(session_state_name(before)), db_text(session_state_name(to)),
	    db_text(step->actor_id), db_text(step->reason), db_i64(step->answer_s));
	if (err == ERR_NOT_FOUND)
		return ERR_BAD_STATE;
	TRY(err);
	session->state = to;
	if (session_state_is_last(to))
		TRY(finish(db, session, before));
	return emit(db, session);
}

static enum err
session_lock(struct db *db, const struct session_step *step, struct session *session)
{
	struct rows *rows;

	TRY(db_one(db, &rows, &stmts[LOCK], db_text(step->session_id), db_text(step->actor_id)));
	*session = from_row(rows);
	return ERR_OK;
}

static enum session_actor
actor_of(const struct session *session, const char *actor_id)
{
	if (actor_id == NULL)
		return SESSION_BY_SYSTEM;
	return strcmp(actor_id, session->user_id) == 0 ? SESSION_BY_USER : SESSION_BY_ADVISOR;
}

/* The state as a caller should see it: what waited too long has expired, the worker will write it. */
static enum session_state
state_seen(const struct session *session, enum session_move move)
{
	bool forward = move == SESSION_ACCEPT || move == SESSION_START;

	if (forward && session->late &&
	    (session->state == SESSION_REQUESTED || session->state == SESSION_ACCEPTED))
		return SESSION_EXPIRED;
	return session->state;
}

/* The second to come starts the session. */
static enum err
arrive(struct db *db, struct session *session, const struct session_step *step)
{
	struct rows *rows;

	TRY(db_one(db, &rows, &stmts[JOIN], db_text(session->id), db_text(step->actor_id)));
	if (session->state != SESSION_ACCEPTED || rows_i64(rows, 0, 0) < 2)
		return ERR_OK;
	return change(db, session, SESSION_ONGOING, step);
}

static enum err
move_in_tx(struct db *db, void *arg)
{
	struct session_step *step = arg;
	const struct session_transition *row;
	struct session session;
	enum session_actor actor;

	TRY(session_lock(db, step, &session));
	actor = actor_of(&session, step->actor_id);
	if (!session_move_is_for(step->move, actor))
		return ERR_FORBIDDEN;
	step->found = session.state;
	if (session.state == session_move_target(step->move))
		return ERR_OK;
	step->found = state_seen(&session, step->move);
	row = session_transition_find(step->found, step->move);
	if (row == NULL || (row->actors & (unsigned)actor) == 0)
		return ERR_BAD_STATE;
	TRY(change(db, &session, row->to, step));
	if (step->move == SESSION_ACCEPT)
		TRY(arrive(db, &session, step));
	return ERR_OK;
}

enum err
session_move(struct db *db, struct session_step *step)
{
	return db_tx(db, move_in_tx, step);
}

static enum err
join_in_tx(struct db *db, void *arg)
{
	struct session_step *step = arg;
	struct session session;

	TRY(session_lock(db, step, &session));
	step->found = state_seen(&session, SESSION_START);
	if (step->found != SESSION_ACCEPTED && step->found != SESSION_ONGOING)
		return ERR_BAD_STATE;
	return arrive(db, &session, step);
}

enum err
session_join(struct db *db, struct session_step *step)
{
	assert(step->actor_id != NULL);
	return db_tx(db, join_in_tx, step);
}

/* A request in its transaction. */
struct asking {
	const struct session_ask *ask;
	const char *id; /* out */
	bool created; /* out */
};

static enum err
check(struct db *db, const struct session_ask *ask, bool *online)
{
	struct rows *rows;

	TRY(db_exec(db, &stmts[HOLD_PEOPLE], db_text(ask->user_id), db_text(ask->advisor_id)));
	TRY(db_one(db, &rows, &stmts[CHECK], db_text(ask->user_id), db_text(ask->advisor_id)));
	if (!rows_bool(rows, 0, 0))
		return ERR_ACCOUNT_BLOCKED;
	if (!rows_bool(rows, 0, 1))
		return ERR_NOT_FOUND;
	if (rows_bool(rows, 0, 3))
		return ERR_BLOCKED;
	if (rows_i64(rows, 0, 4) >= SESSION_WAITING_MAX)
		return ERR_TOO_MANY_OPEN;
	*online = rows_bool(rows, 0, 2);
	return ERR_OK;
}

/* The live session these two have, else the advisor is busy. */
static enum err
find_live(struct db *db, struct asking *asking)
{
	struct rows *rows;
	enum err err = db_one(db, &rows, &stmts[LIVE], db_text(asking->ask->user_id),
	    db_text(asking->ask->advisor_id));

	if (err != ERR_OK)
		return err == ERR_NOT_FOUND ? ERR_ADVISOR_BUSY : err;
	asking->id = rows_text(rows, 0, 0);
	asking->created = false;
	return ERR_OK;
}

static enum err
request_in_tx(struct db *db, void *arg)
{
	struct asking *asking = arg;
	const struct session_ask *ask = asking->ask;
	const char *id = uuid_new(db_arena(db));
	struct session session;
	struct rows *rows;
	bool online;

	TRY(check(db, ask, &online));
	if (!online)
		return find_live(db, asking);
	TRY(db_rows(db, &rows, &stmts[INSERT], db_text(id), db_text(ask->user_id),
	    db_text(ask->advisor_id), db_text(uuid_new(db_arena(db))),
	    db_text(ask->topic != NULL ? ask->topic : ""), db_i64(ask->answer_s)));
	if (rows_count(rows) == 0)
		return find_live(db, asking);
	session = from_row(rows);
	TRY(session_reserve_funds(db, &session));
	asking->id = session.id;
	asking->created = true;
	return emit(db, &session);
}

/* What db_tx makes in the arena may be rewound when it runs again, never after its last run, so the
 * id handed out stays good. */
enum err
session_request(struct db *db, const struct session_ask *ask, const char **id, bool *created)
{
	struct asking asking = { .ask = ask };

	TRY(db_tx(db, request_in_tx, &asking));
	*id = asking.id;
	*created = asking.created;
	return ERR_OK;
}

static enum err
request_ai_in_tx(struct db *db, void *arg)
{
	struct asking *asking = arg;
	const struct session_ask *ask = asking->ask;
	struct session session;
	struct rows *rows;

	TRY(db_rows(db, &rows, &stmts[INSERT_AI], db_text(uuid_new(db_arena(db))),
	    db_text(ask->user_id), db_text(uuid_new(db_arena(db))),
	    db_text(ask->topic != NULL ? ask->topic : "")));
	if (rows_count(rows) == 0)
		return ERR_ACCOUNT_BLOCKED;
	session = from_row(rows);
	asking->id = session.id;
	TRY(session_reserve_funds(db, &session));
	TRY(message_post(db, session.conversation_id, "AI", "greeting", greeting));
	return change(db, &session, SESSION_ONGOING, &(struct session_step){ .answer_s = 0 });
}

enum err
session_request_ai(struct db *db, const struct session_ask *ask, const char **id)
{
	struct asking asking = { .ask = ask };

	TRY(db_tx(db, request_ai_in_tx, &asking));
	*id = asking.id;
	return ERR_OK;
}

enum err
session_heartbeat(struct db *db, const char *id, const char *user_id, struct rows **rows)
{
	return db_one(db, rows, &stmts[HEARTBEAT], db_text(id), db_text(user_id));
}

struct db_bound
session_get_bind(const char *id, const char *user_id)
{
	return db_bind(&stmts[GET], db_text(id), db_text(user_id));
}

enum err
session_get(struct db *db, const char *id, const char *user_id, const char **json)
{
	struct rows *rows;

	TRY(db_run_one(db, db_ref(session_get_bind(id, user_id)), &rows));
	*json = rows_text(rows, 0, 0);
	return ERR_OK;
}

const char *
session_moves_text(struct arena *arena, enum session_state state)
{
	struct buf out = buf_new(arena, 64);
	size_t i;

	for (i = 0; i < session_transition_count; i++)
		if (session_transitions[i].from == state &&
		    session_transitions[i].actors != SESSION_BY_SYSTEM) {
			buf_puts(&out, out.len == 0 ? "" : ", ");
			buf_puts(&out,
			    session_transitions[i].move == SESSION_START
				? "join"
				: session_move_name(session_transitions[i].move));
		}
	return out.len == 0 ? "nothing" : out.data;
}
