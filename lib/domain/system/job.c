#include "domain/system/job.h"
#include "base/buf.h"
#include "base/fail.h"
#include "base/log.h"

#include <string.h>

enum { CLAIM, DONE, FAIL, LOST, TALLY };

static const struct stmt stmts[] = {
	/* By kind, so that each finds its oldest by the index however many of another kind wait. */
	[CLAIM] = { "job_claim", 3,
	    "WITH next AS MATERIALIZED (SELECT j.id, k.lease_s, k.tries"
	    " FROM unnest(string_to_array($1, ','), string_to_array($2, ',')::int[],"
	    " string_to_array($3, ',')::int[]) AS k (kind, lease_s, tries),"
	    " LATERAL (SELECT id, run_at FROM job WHERE kind = k.kind AND state = 'READY'"
	    " AND run_at <= app_now() ORDER BY run_at, id LIMIT 1 FOR UPDATE SKIP LOCKED) j"
	    " ORDER BY j.run_at, j.id LIMIT 1)"
	    " UPDATE job SET state = 'RUNNING', attempts = attempts + 1, tries_max = next.tries,"
	    " began_at = app_now(), lease_until = app_now() + make_interval(secs => next.lease_s)"
	    " FROM next WHERE job.id = next.id RETURNING job.id, job.kind, job.attempts" },
	[DONE] = { "job_done", 2,
	    "UPDATE job SET state = 'DONE', lease_until = NULL, done_at = app_now()"
	    " WHERE id = $1 AND state = 'RUNNING' AND attempts = $2" },
	[FAIL] = { "job_fail", 7,
	    "UPDATE job SET last_error = $3, lease_until = NULL,"
	    " state = CASE WHEN attempts >= $4::int THEN 'DEAD' ELSE 'READY' END,"
	    " done_at = CASE WHEN attempts >= $4::int THEN app_now() END,"
	    " run_at = app_now() + make_interval(secs => greatest($7::int,"
	    " least($5::int * power(2, attempts - 1), $6::int) * (1 + random() / 4)))"
	    " WHERE id = $1 AND state = 'RUNNING' AND attempts = $2" },
	/* The lease was wait enough. */
	[LOST] = { "job_lost", 0,
	    "UPDATE job SET lease_until = NULL, last_error = 'lost: nothing was heard of it',"
	    " state = CASE WHEN attempts >= tries_max THEN 'DEAD' ELSE 'READY' END,"
	    " done_at = CASE WHEN attempts >= tries_max THEN app_now() END"
	    " WHERE id IN (SELECT id FROM job WHERE state = 'RUNNING' AND lease_until <= app_now()"
	    " ORDER BY lease_until LIMIT 1000 FOR UPDATE SKIP LOCKED)",
	    true },
	[TALLY] = { "job_tally", 0,
	    "SELECT kind, count(*) FILTER (WHERE state = 'READY'),"
	    " count(*) FILTER (WHERE state = 'RUNNING'), count(*) FILTER (WHERE state = 'DEAD'),"
	    " greatest(extract(epoch FROM app_now() - min(run_at) FILTER (WHERE state = 'READY')), 0)"
	    "::bigint FROM job WHERE state IN ('READY', 'RUNNING', 'DEAD') GROUP BY kind LIMIT 1000",
	    true },
};
STMT_SET(job_stmts, stmts);

const struct job_kind *
job_kind_find(const struct job_kind *const *kinds, const char *name)
{
	for (; *kinds != NULL; kinds++)
		if (strcmp((*kinds)->name, name) == 0)
			return *kinds;
	return NULL;
}

enum err
job_claim(struct db *db, const struct job_kind *const *kinds, struct job *job)
{
	struct buf names = buf_new(db_arena(db), 256), leases = buf_new(db_arena(db), 64),
		   tries = buf_new(db_arena(db), 64);
	const char *comma = "";
	struct rows *rows;

	for (; *kinds != NULL; kinds++, comma = ",") {
		buf_printf(&names, "%s%s", comma, (*kinds)->name);
		buf_printf(&leases, "%s%d", comma, (*kinds)->limit_s + JOB_LEASE_MORE_S);
		buf_printf(&tries, "%s%d", comma, (*kinds)->tries);
	}
	TRY(db_one(db, &rows, &stmts[CLAIM], db_text(names.data), db_text(leases.data),
	    db_text(tries.data)));
	job->id = rows_text(rows, 0, 0);
	job->kind = rows_text(rows, 0, 1);
	job->attempt = rows_i64(rows, 0, 2);
	FAILPOINT(JOB_CLAIMED);
	return ERR_OK;
}

/* The last part of a job, in its transaction. */
struct finishing {
	const struct job *job;
	const struct job_kind *kind;
	void *work;
};

static enum err
finish_in_tx(struct db *db, void *arg)
{
	const struct finishing *finishing = arg;
	enum err err;

	/* First, so that two workers with the same job do not both apply and wait for each other. */
	err = db_exec_one(
	    db, &stmts[DONE], db_text(finishing->job->id), db_i64(finishing->job->attempt));
	if (err != ERR_OK)
		return err == ERR_NOT_FOUND ? ERR_STALE : err;
	TRY(finishing->kind->apply(db, finishing->job, finishing->work));
	FAILPOINT(JOB_APPLIED);
	return ERR_OK;
}

static enum err
attempt(struct db *db, const struct job *job, const struct job_kind *kind)
{
	struct finishing finishing = { job, kind, NULL };

	if (kind->prepare != NULL)
		TRY(kind->prepare(db, job, &finishing.work));
	FAILPOINT(JOB_PREPARED);
	TRY(db_tx(db, finish_in_tx, &finishing));
	FAILPOINT(JOB_DONE);
	return ERR_OK;
}

enum err
job_failed(struct db *db, const struct job *job, const struct job_kind *kind, const char *reason)
{
	static const struct job_kind unknown = { .tries = 8, .wait_s = 60, .wait_max_s = 3600 };
	int64_t wait_s = job->wait_s != NULL ? *job->wait_s : 0;

	if (kind == NULL)
		kind = &unknown;
	log_warn("job failed", LOG_STR("job", job->id), LOG_STR("kind", job->kind),
	    LOG_INT("attempt", job->attempt), LOG_STR("error", reason));
	return db_exec(db, &stmts[FAIL], db_text(job->id), db_i64(job->attempt), db_text(reason),
	    db_i64(kind->tries), db_i64(kind->wait_s), db_i64(kind->wait_max_s),
	    db_i64(wait_s < JOB_WAIT_MAX_S ? wait_s : JOB_WAIT_MAX_S));
}

enum err
job_run(struct db *db, const struct job *claimed, const struct job_kind *kind)
{
	struct job own = *claimed, *job = &own;
	int64_t wait_s = 0;
	enum err err, noted;

	own.wait_s = &wait_s;
	err = attempt(db, job, kind);

	if (err == ERR_OK || err == ERR_STALE)
		return err;
	noted = job_failed(
	    db, job, kind, arena_printf(db_arena(db), "%s: %s", err_code(err), err_text(err)));
	return noted != ERR_OK ? noted : err;
}

enum err
job_lost(struct db *db, int64_t *count)
{
	struct rows *rows;

	TRY(db_rows(db, &rows, &stmts[LOST]));
	*count = (int64_t)rows_touched(rows);
	return ERR_OK;
}

enum err
job_count(struct db *db, const struct job_kind *const *kinds, struct job_tally tallies[LANE__COUNT])
{
	struct rows *rows;
	size_t i;

	TRY(db_rows(db, &rows, &stmts[TALLY]));
	memset(tallies, 0, LANE__COUNT * sizeof(tallies[0]));
	for (i = 0; i < rows_count(rows); i++) {
		const struct job_kind *kind = job_kind_find(kinds, rows_text(rows, i, 0));
		struct job_tally *tally = kind == NULL ? NULL : &tallies[kind->lane];

		if (tally == NULL)
			continue;
		tally->ready += rows_i64(rows, i, 1);
		tally->running += rows_i64(rows, i, 2);
		tally->dead += rows_i64(rows, i, 3);
		if (rows_i64(rows, i, 4) > tally->oldest_s)
			tally->oldest_s = rows_i64(rows, i, 4);
	}
	return ERR_OK;
}
