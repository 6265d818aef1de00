#include "domain/system/job.h"
#include "base/fail.h"
#include "base/log.h"

#include <string.h>

enum { CLAIM, DONE, FAIL, BURY };

static const struct stmt stmts[] = {
	[CLAIM] = { "job_claim", 2,
	    "UPDATE job SET attempts = attempts + 1,"
	    " run_at = app_now() + make_interval(secs => $1::int) WHERE id = (SELECT id FROM job"
	    " WHERE state = 'READY' AND run_at <= app_now() AND attempts < $2::int"
	    " ORDER BY run_at, id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id, kind, attempts" },
	[DONE] = { "job_done", 2,
	    "UPDATE job SET state = 'DONE', done_at = app_now()"
	    " WHERE id = $1 AND state = 'READY' AND attempts = $2" },
	/* Waits 2, 4, 8 … seconds and up to a quarter more. */
	[FAIL] = { "job_fail", 5,
	    "UPDATE job SET last_error = $3,"
	    " state = CASE WHEN attempts >= $4::int THEN 'DEAD' ELSE 'READY' END,"
	    " done_at = CASE WHEN attempts >= $4::int THEN app_now() END,"
	    " run_at = app_now() + make_interval(secs =>"
	    " least(power(2, attempts), $5::int) * (1 + random() / 4))"
	    " WHERE id = $1 AND state = 'READY' AND attempts = $2" },
	[BURY] = { "job_bury", 1,
	    "UPDATE job SET state = 'DEAD', done_at = app_now(),"
	    " last_error = CASE last_error WHEN '' THEN 'lost' ELSE last_error END"
	    " WHERE state = 'READY' AND run_at <= app_now() AND attempts >= $1::int",
	    true },
};
STMT_SET(job_stmts, stmts);

enum err
job_claim(struct db *db, struct job *job)
{
	struct rows *rows;

	TRY(db_one(db, &rows, &stmts[CLAIM], db_i64(JOB_LEASE_S), db_i64(JOB_TRIES_MAX)));
	job->id = rows_text(rows, 0, 0);
	job->kind = rows_text(rows, 0, 1);
	job->attempt = rows_i64(rows, 0, 2);
	FAILPOINT(JOB_CLAIMED);
	return ERR_OK;
}

/* The last part of a job, in its transaction. */
struct finishing {
	const struct job *job;
	const struct job_handler *handler;
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
	TRY(finishing->handler->apply(db, finishing->job, finishing->work));
	FAILPOINT(JOB_APPLIED);
	return ERR_OK;
}

static enum err
attempt(struct db *db, const struct job *job, const struct job_handler *handler)
{
	struct finishing finishing = { job, handler, NULL };

	if (handler->prepare != NULL)
		TRY(handler->prepare(db, job, &finishing.work));
	FAILPOINT(JOB_PREPARED);
	TRY(db_tx(db, finish_in_tx, &finishing));
	FAILPOINT(JOB_DONE);
	return ERR_OK;
}

static const struct job_handler *
handler_find(const struct job_handler *handlers, const char *kind)
{
	for (; handlers->kind != NULL; handlers++)
		if (strcmp(handlers->kind, kind) == 0)
			return handlers;
	return NULL;
}

enum err
job_run(struct db *db, const struct job *job, const struct job_handler *handlers)
{
	const struct job_handler *handler = handler_find(handlers, job->kind);
	enum err err = handler == NULL ? ERR_NOT_FOUND : attempt(db, job, handler), noted;

	if (err == ERR_OK || err == ERR_STALE)
		return err;
	log_warn("job failed", LOG_STR("job", job->id), LOG_STR("kind", job->kind),
	    LOG_INT("attempt", job->attempt), LOG_STR("error", err_code(err)));
	noted = db_exec(db, &stmts[FAIL], db_text(job->id), db_i64(job->attempt),
	    db_text(err_code(err)), db_i64(JOB_TRIES_MAX), db_i64(JOB_WAIT_MAX_S));
	return noted != ERR_OK ? noted : err;
}

enum err
job_bury(struct db *db)
{
	return db_exec(db, &stmts[BURY], db_i64(JOB_TRIES_MAX));
}
