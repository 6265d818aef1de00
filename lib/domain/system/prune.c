#include "domain/system/prune.h"

#include "domain/system/decision.h"
#include "domain/system/job.h"
#include "domain/system/outbox.h"

enum {
	REVOCATION,
	IDEMPOTENCY,
	RATE_BUCKET,
	EVENT,
	JOB,
	JOB_DEAD,
	DECISION,
	OUTBOX_SEALED,
	OUTBOX
};

/* $1 is how many hours a row is kept. */
static const struct stmt stmts[] = {
	[REVOCATION] = { "prune_revocation", 2,
	    "DELETE FROM revocation WHERE ctid = ANY (ARRAY(SELECT ctid FROM revocation"
	    " WHERE revoked_at < app_now() - make_interval(hours => $1::int) LIMIT $2))",
	    true },
	[IDEMPOTENCY] = { "prune_idempotency", 2,
	    "DELETE FROM idempotency WHERE ctid = ANY (ARRAY(SELECT ctid FROM idempotency"
	    " WHERE created_at < app_now() - make_interval(hours => $1::int) LIMIT $2))",
	    true },
	[RATE_BUCKET] = { "prune_rate_bucket", 2,
	    "DELETE FROM rate_bucket WHERE ctid = ANY (ARRAY(SELECT ctid FROM rate_bucket"
	    " WHERE ends_at < app_now() - make_interval(hours => $1::int) LIMIT $2))",
	    true },
	/* Days are dropped whole (talk/retention.h); these are of days that were not made in time. In
	 * order, so that a log loses its oldest events first. */
	[EVENT] = { "prune_event", 2,
	    "DELETE FROM event_default WHERE ctid = ANY (ARRAY(SELECT ctid FROM event_default"
	    " WHERE created_at < app_now() - make_interval(hours => $1::int)"
	    " ORDER BY created_at, seq LIMIT $2))",
	    true },
	[JOB] = { "prune_job", 2,
	    "DELETE FROM job WHERE ctid = ANY (ARRAY(SELECT ctid FROM job WHERE state = 'DONE'"
	    " AND done_at < app_now() - make_interval(hours => $1::int) LIMIT $2))",
	    true },
	[JOB_DEAD] = { "prune_job_dead", 2,
	    "DELETE FROM job WHERE ctid = ANY (ARRAY(SELECT ctid FROM job WHERE state = 'DEAD'"
	    " AND done_at < app_now() - make_interval(hours => $1::int) LIMIT $2))",
	    true },
	[DECISION] = { "prune_decision", 2,
	    "DELETE FROM decision WHERE ctid = ANY (ARRAY(SELECT ctid FROM decision"
	    " WHERE done_at < app_now() - make_interval(hours => $1::int) LIMIT $2))",
	    true },
	/* Whom it went to, and of one that was given up what it would have said. */
	[OUTBOX_SEALED] = { "prune_outbox_sealed", 2,
	    "UPDATE outbox SET recipient_sealed = NULL, content_sealed = NULL"
	    " WHERE ctid = ANY (ARRAY(SELECT ctid FROM outbox WHERE recipient_sealed IS NOT NULL"
	    " AND created_at < app_now() - make_interval(hours => $1::int) LIMIT $2))",
	    true },
	[OUTBOX] = { "prune_outbox", 2,
	    "DELETE FROM outbox WHERE ctid = ANY (ARRAY(SELECT ctid FROM outbox"
	    " WHERE created_at < app_now() - make_interval(hours => $1::int) LIMIT $2))",
	    true },
};
STMT_SET(prune_stmts, stmts);

static enum err
prune_table(struct db *db, const struct stmt *stmt, int64_t hours, int64_t *count)
{
	int batches;

	for (batches = 0; batches < PRUNE_BATCHES_MAX; batches++) {
		struct arena_mark mark = arena_mark(db_arena(db));
		struct rows *rows;
		size_t gone;

		TRY(db_rows(db, &rows, stmt, db_i64(hours), db_i64(PRUNE_BATCH)));
		gone = rows_touched(rows);
		arena_rewind(db_arena(db), mark);
		*count += (int64_t)gone;
		if (gone < PRUNE_BATCH)
			break;
	}
	return ERR_OK;
}

enum err
prune_run(struct db *db, int64_t event_days, int64_t *count)
{
	const int64_t hours[COUNT_OF(stmts)] = {
		[REVOCATION] = 2, /* longer than revoke.c asks for */
		[IDEMPOTENCY] = PRUNE_IDEMPOTENCY_HOURS,
		[RATE_BUCKET] = 0,
		[EVENT] = event_days * 24,
		[JOB] = (int64_t)JOB_DONE_DAYS * 24,
		[JOB_DEAD] = (int64_t)JOB_DEAD_DAYS * 24,
		[DECISION] = (int64_t)DECISION_DAYS * 24,
		[OUTBOX_SEALED] = (int64_t)OUTBOX_SEALED_DAYS * 24,
		[OUTBOX] = (int64_t)OUTBOX_DAYS * 24,
	};
	size_t i;

	*count = 0;
	for (i = 0; i < COUNT_OF(stmts); i++)
		TRY(prune_table(db, &stmts[i], hours[i], count));
	return ERR_OK;
}
