#include "domain/talk/session_leave.h"

#include <string.h>

enum { LOCK_ALL, LOCK_ADVISORS, LOCK_PLACES, LOCK_BETWEEN };

#define LIVE "s.state IN ('REQUESTED', 'ACCEPTED', 'ONGOING')"

static const struct stmt stmts[] = {
	[LOCK_ALL] = { "session_leave_lock_all", 1,
	    "SELECT s.id, s.state, s.user_id FROM session s"
	    " WHERE (s.user_id = $1::uuid OR s.advisor_id = $1) AND " LIVE
	    " ORDER BY s.id FOR UPDATE" },
	/* With several sessions, all rows of a kind before any of the next: a move of one session takes
	 * an inbox last, and must not wait for us there with a conversation that we want next. */
	[LOCK_ADVISORS] = { "session_leave_lock_advisors", 1,
	    "SELECT a.id FROM advisor a WHERE a.id = $1 OR a.id IN (SELECT s.advisor_id"
	    " FROM session s WHERE s.user_id = $1 AND " LIVE ") ORDER BY a.id FOR NO KEY UPDATE" },
	[LOCK_PLACES] = { "session_leave_lock_places", 1,
	    "SELECT c.id FROM conversation c WHERE c.id IN (SELECT s.conversation_id FROM session s"
	    " WHERE (s.user_id = $1::uuid OR s.advisor_id = $1) AND " LIVE
	    ") ORDER BY c.id FOR NO KEY UPDATE" },
	[LOCK_BETWEEN] = { "session_leave_lock_between", 2,
	    "SELECT s.id, s.state, s.user_id FROM session s"
	    " WHERE ((s.user_id = $1 AND s.advisor_id = $2)"
	    " OR (s.user_id = $2 AND s.advisor_id = $1)) AND " LIVE " ORDER BY s.id FOR UPDATE" },
};
STMT_SET(session_leave_stmts, stmts);

/* Leave each of the locked rows id, state, user_id. leaver_id NULL is the system. */
static enum err
leave(struct db *db, const struct rows *live, const char *leaver_id, const char *reason)
{
	struct session_step step = { .actor_id = leaver_id, .reason = reason };
	enum session_actor actor = SESSION_BY_SYSTEM;
	size_t i;

	for (i = 0; i < rows_count(live); i++) {
		if (leaver_id != NULL)
			actor = strcmp(leaver_id, rows_text(live, i, 2)) == 0 ? SESSION_BY_USER
									      : SESSION_BY_ADVISOR;
		step.session_id = rows_text(live, i, 0);
		step.move = session_move_leave(session_state_parse(rows_text(live, i, 1)), actor);
		TRY(session_move(db, &step));
	}
	return ERR_OK;
}

enum err
session_leave_all(struct db *db, const char *user_id, const char *reason, size_t *count)
{
	struct rows *live;

	TRY(db_rows(db, &live, &stmts[LOCK_ALL], db_text(user_id)));
	TRY(db_exec(db, &stmts[LOCK_ADVISORS], db_text(user_id)));
	TRY(db_exec(db, &stmts[LOCK_PLACES], db_text(user_id)));
	TRY(leave(db, live, NULL, reason));
	*count = rows_count(live);
	return ERR_OK;
}

enum err
session_leave_between(struct db *db, const char *leaver_id, const char *other_id)
{
	struct rows *live;

	TRY(db_rows(db, &live, &stmts[LOCK_BETWEEN], db_text(leaver_id), db_text(other_id)));
	return leave(db, live, leaver_id, NULL);
}
