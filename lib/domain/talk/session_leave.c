#include "domain/talk/session_leave.h"

#include <string.h>

enum { LOCK_SESSIONS, LOCK_ADVISORS, LOCK_PLACES, LOCK_INBOXES };

/* Live sessions of $1, with $2 unless that is null. */
#define LEFT                                                                                       \
	"((s.user_id = $1::uuid AND ($2::uuid IS NULL OR s.advisor_id = $2))"                      \
	" OR (s.advisor_id = $1 AND ($2 IS NULL OR s.user_id = $2)))"                              \
	" AND s.state IN ('REQUESTED', 'ACCEPTED', 'ONGOING')"

/* With several sessions, all rows of a kind before any of the next: a move of one session takes inboxes
 * last, and must not wait there for who waits for a conversation, or an inbox, that the next one takes. */
static const struct stmt stmts[] = {
	[LOCK_SESSIONS] = { "session_leave_lock", 2,
	    "SELECT s.id, s.state, s.user_id FROM session s WHERE " LEFT
	    " ORDER BY s.id FOR UPDATE" },
	[LOCK_ADVISORS] = { "session_leave_lock_advisors", 2,
	    "SELECT a.id FROM advisor a WHERE a.id = ANY (ARRAY(SELECT s.advisor_id FROM session s WHERE " LEFT
	    " UNION SELECT $1)) ORDER BY a.id FOR NO KEY UPDATE" },
	[LOCK_PLACES] = { "session_leave_lock_places", 2,
	    "SELECT c.id FROM conversation c WHERE c.id = ANY (ARRAY(SELECT s.conversation_id FROM session s"
	    " WHERE " LEFT ")) ORDER BY c.id FOR NO KEY UPDATE" },
	[LOCK_INBOXES] = { "session_leave_lock_inboxes", 2,
	    "SELECT i.user_id FROM inbox i WHERE i.user_id = ANY (ARRAY(SELECT k.user_id FROM session s"
	    " JOIN member k ON k.conversation_id = s.conversation_id WHERE " LEFT
	    ")) ORDER BY i.user_id FOR NO KEY UPDATE" },
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

/* other_id NULL is everybody. */
static enum err
leave_with(struct db *db, const char *user_id, const char *other_id, const char *leaver_id,
    const char *reason, size_t *count)
{
	struct rows *live;
	int i;

	TRY(db_rows(db, &live, &stmts[LOCK_SESSIONS], db_text(user_id), db_text(other_id)));
	for (i = LOCK_ADVISORS; i <= LOCK_INBOXES; i++)
		TRY(db_exec(db, &stmts[i], db_text(user_id), db_text(other_id)));
	TRY(leave(db, live, leaver_id, reason));
	*count = rows_count(live);
	return ERR_OK;
}

enum err
session_leave_all(struct db *db, const char *user_id, const char *reason, size_t *count)
{
	return leave_with(db, user_id, NULL, NULL, reason, count);
}

enum err
session_leave_between(struct db *db, const char *leaver_id, const char *other_id)
{
	size_t count;

	return leave_with(db, leaver_id, other_id, leaver_id, NULL, &count);
}
