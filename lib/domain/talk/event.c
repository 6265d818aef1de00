#include "domain/talk/event.h"

#include <stdio.h>

enum { READ, BEHIND, LOOK, SETTLE, BUMP };
static const struct stmt stmts[] = {
	/* No event is older than the one before it, so what follows a cursor of the newest event's day is
     * of that day: all other partitions are pruned when the inbox is known, and all when it is empty. */
	[READ] = { "event_read", 3,
	    "SELECT e.epoch AS _epoch, i.last_seq AS _last_seq, v.seq, v.type, v.created_at,"
	    " v.payload AS data"
	    " FROM epoch e CROSS JOIN inbox i LEFT JOIN LATERAL ("
	    "SELECT seq, type, created_at, payload FROM event"
	    " WHERE user_id = i.user_id AND seq > $2::bigint AND i.last_seq > $2::bigint"
	    " AND created_at >= CASE WHEN $2::bigint >= i.day_seq - 1"
	    " THEN date_trunc('day', i.last_at, 'UTC') ELSE '-infinity' END AND created_at <= i.last_at"
	    " ORDER BY seq LIMIT $3::bigint) v ON true"
	    " WHERE i.user_id = $1::uuid ORDER BY v.seq",
	    true },
	[BEHIND] = { "event_behind", 2,
	    "SELECT i.user_id, i.last_seq FROM unnest($1::uuid[], $2::bigint[]) AS p(id, seq)"
	    " JOIN inbox i ON i.user_id = p.id WHERE i.last_seq > p.seq",
	    true },
	[LOOK] = { "epoch_look", 0,
	    "SELECT epoch, (system_id, timeline) IS NOT DISTINCT FROM (here, now_on) AS same, here, now_on,"
	    " CASE WHEN now_on IS NOT NULL THEN (pg_current_wal_lsn() - '0/0')::bigint END AS position"
	    " FROM epoch, log_system() here, log_timeline() now_on",
	    true },
	[SETTLE] = { "epoch_settle", 2, "SELECT epoch_settle($1, $2)" },
	[BUMP] = { "epoch_bump", 0, "SELECT epoch_bump()" },
};
STMT_SET(event_stmts, stmts);

static const char *const verdicts[] = {
	[EPOCH_UNKNOWN] = "UNKNOWN", [EPOCH_KEPT] = "KEPT", [EPOCH_LOST] = "LOST"
};

enum { COLUMN_EPOCH, COLUMN_LAST_SEQ, COLUMN_SEQ };

struct db_bound
event_read_bind(const char *user_id, int64_t after_seq)
{
	return db_bind(&stmts[READ], db_text(user_id), db_i64(after_seq), db_i64(EVENT_PAGE));
}

enum err
event_page_take(const struct rows *rows, struct event_page *page)
{
	size_t count = rows_count(rows), i = 1;

	if (count == 0)
		return ERR_NOT_FOUND;
	page->epoch = rows_i64(rows, 0, COLUMN_EPOCH);
	page->last_seq = rows_i64(rows, 0, COLUMN_LAST_SEQ);
	page->first_seq = rows_i64(rows, 0, COLUMN_SEQ);
	while (i < count && rows_i64(rows, i, COLUMN_SEQ) == page->first_seq + (int64_t)i)
		i++;
	page->count = rows_text(rows, 0, COLUMN_SEQ) == NULL ? 0 : i;
	return ERR_OK;
}

struct db_bound
event_behind_bind(const char *users, const char *seqs)
{
	return db_bind(&stmts[BEHIND], db_text(users), db_text(seqs));
}

/* --- epochs --- */

enum { LOOK_EPOCH, LOOK_SAME, LOOK_SYSTEM, LOOK_TIMELINE, LOOK_POSITION };

struct db_bound
epoch_look_bind(void)
{
	return db_bind(&stmts[LOOK]);
}

void
epoch_looked(const struct rows *rows, struct epoch_here *here)
{
	*here = (struct epoch_here){ .epoch = rows_i64(rows, 0, LOOK_EPOCH),
		.same = rows_bool(rows, 0, LOOK_SAME) };
	(void)snprintf(
	    here->life.system, sizeof(here->life.system), "%s", rows_text(rows, 0, LOOK_SYSTEM));
	here->life.timeline = rows_i64(rows, 0, LOOK_TIMELINE);
	here->life.position = (uint64_t)rows_i64(rows, 0, LOOK_POSITION);
}

struct db_bound
epoch_settle_bind(int64_t served, enum epoch_verdict verdict)
{
	return db_bind(&stmts[SETTLE], db_i64(served), db_text(verdicts[verdict]));
}

int64_t
epoch_settled(const struct rows *rows)
{
	return rows_i64(rows, 0, 0);
}

enum err
epoch_bump(struct db *db, int64_t *epoch)
{
	struct rows *rows;

	TRY(db_one(db, &rows, &stmts[BUMP]));
	*epoch = rows_i64(rows, 0, 0);
	return ERR_OK;
}
