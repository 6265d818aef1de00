/*
 * Jobs: work written down in the transaction that wants it, done later by the worker. A job runs at
 * least once and takes effect once:
 *
 * - A claim is a lease: it counts the attempt and moves run_at JOB_LEASE_S ahead, so a job whose worker
 *   died is claimed again. The attempt's number is the lease's name; who lost the lease cannot finish.
 * - A handler first prepares, outside any transaction (this may ask the outside world and may happen
 *   twice), then applies; what it applies commits together with the end of the job.
 * - A job that fails waits longer each time, with some jitter, and is DEAD after JOB_TRIES_MAX attempts,
 *   those that killed their worker included.
 */
#ifndef DOMAIN_SYSTEM_JOB_H
#define DOMAIN_SYSTEM_JOB_H

#include "db/db.h"

extern const struct stmt_set job_stmts;

enum { JOB_LEASE_S = 60, JOB_TRIES_MAX = 8, JOB_WAIT_MAX_S = 3600 };

struct job {
	const char *id, *kind;
	int64_t attempt; /* from 1 */
};

/* What is done for one kind. */
struct job_handler {
	const char *kind; /* NULL ends a table */
	/* Outside a transaction. *work goes to apply. NULL: nothing to prepare. */
	enum err (*prepare)(struct db *, const struct job *, void **work);
	/* Inside the transaction that ends the job; may run twice. */
	enum err (*apply)(struct db *, const struct job *, void *work);
};

/* Take the job that has waited longest. ERR_NOT_FOUND when none is due. */
MUST_CHECK enum err job_claim(struct db *, struct job *job);
/*
 * Do a claimed job with its handler and end it, or note the failure.
 *	ERR_OK		done
 *	ERR_STALE	the lease was lost meanwhile; nothing was applied here
 *	another		what the handler returned; noted, the job runs again later or is DEAD
 *	ERR_UNAVAILABLE	the database is away; the lease ends by itself
 */
MUST_CHECK enum err job_run(struct db *, const struct job *, const struct job_handler *handlers);
/* Give up jobs whose last attempt never came back. */
MUST_CHECK enum err job_bury(struct db *);

#endif
