#include "domain/talk/session_sweep.h"

#include "domain/talk/session.h"

enum { LATE, LATE_LOCK, QUIET, QUIET_LOCK };

#define IS_LATE                                                                                    \
	"s.state IN ('REQUESTED', 'ACCEPTED')"                                                     \
	" AND s.expires_at <= app_now() - make_interval(secs => $2::int)"
/* In the order of cost: most ongoing sessions are young or have a heartbeat. The newest message of a
 * person is near the end of its conversation, whatever the assistant said after it. */
#define IS_QUIET                                                                                   \
	"s.state = 'ONGOING' AND s.started_at <= app_now() - make_interval(secs => $2::int)"       \
	" AND NOT EXISTS (SELECT FROM session_presence p WHERE p.session_id = s.id"                \
	" AND p.seen_at > app_now() - make_interval(secs => $2::int))"                             \
	" AND NOT coalesce((SELECT m.created_at FROM message m"                                    \
	" WHERE m.conversation_id = s.conversation_id AND m.sender_id IS NOT NULL"                 \
	" ORDER BY m.seq DESC LIMIT 1) > app_now() - make_interval(secs => $2::int), false)"

static const struct stmt stmts[] = {
	[LATE] = { "session_sweep_late", 2,
	    "SELECT s.id FROM session s WHERE " IS_LATE " ORDER BY s.expires_at LIMIT $1", true },
	[LATE_LOCK] = { "session_sweep_late_lock", 2,
	    "SELECT s.id FROM session s WHERE s.id = $1 AND " IS_LATE
	    " FOR UPDATE OF s SKIP LOCKED" },
	[QUIET] = { "session_sweep_quiet", 2,
	    "SELECT s.id FROM session s WHERE " IS_QUIET " ORDER BY s.started_at LIMIT $1", true },
	[QUIET_LOCK] = { "session_sweep_quiet_lock", 2,
	    "SELECT s.id FROM session s WHERE s.id = $1 AND " IS_QUIET
	    " FOR UPDATE OF s SKIP LOCKED" },
};
STMT_SET(session_sweep_stmts, stmts);

/* One kind of sweep, and the session it is at. */
struct sweep {
	const struct stmt *find, *lock;
	enum session_move move;
	const char *reason;
	int64_t past_s; /* for so many seconds */
	const char *session_id;
};

/* ERR_NOT_FOUND: somebody moves it just now, or it is no longer to be ended. */
static enum err
end_in_tx(struct db *db, void *arg)
{
	const struct sweep *sweep = arg;
	struct session_step step = {
		.session_id = sweep->session_id,
		.move = sweep->move,
		.reason = sweep->reason,
	};

	TRY(db_exec_one(db, sweep->lock, db_text(sweep->session_id), db_i64(sweep->past_s)));
	return session_move(db, &step);
}

static enum err
run(struct db *db, struct sweep *sweep, size_t *count)
{
	struct rows *found;
	enum err err;
	size_t i;

	*count = 0;
	TRY(db_rows(db, &found, sweep->find, db_i64(SESSION_SWEEP_MAX), db_i64(sweep->past_s)));
	for (i = 0; i < rows_count(found); i++) {
		sweep->session_id = rows_text(found, i, 0);
		err = db_tx(db, end_in_tx, sweep);
		if (err == ERR_OK)
			(*count)++;
		else if (err == ERR_UNAVAILABLE)
			return err;
		/* Anything else concerns this session alone: the others go on, the next round tries. */
	}
	return ERR_OK;
}

enum err
session_expire_due(struct db *db, size_t *count)
{
	struct sweep sweep = {
		.find = &stmts[LATE],
		.lock = &stmts[LATE_LOCK],
		.move = SESSION_EXPIRE,
	};

	return run(db, &sweep, count);
}

enum err
session_lapse_due(struct db *db, int64_t idle_s, size_t *count)
{
	struct sweep sweep = {
		.find = &stmts[QUIET],
		.lock = &stmts[QUIET_LOCK],
		.move = SESSION_LAPSE,
		.reason = "Nobody was there any more",
		.past_s = idle_s,
	};

	return run(db, &sweep, count);
}
