/*
 * Jobs: work written down in the transaction that wants it (SQL function job_add), done later by the worker. A
 * job runs at least once and takes effect once:
 *
 * - A claim is a lease: it counts the attempt, and no other may take the job before the kind's time limit and
 *   JOB_LEASE_MORE_S have passed. Within the limit the worker itself ends a child that has not finished
 *   (prefork.h), so nobody is at a job any more when it is taken up again. The attempt's number is the
 *   lease's name; who lost the lease cannot finish.
 * - A kind first prepares, outside any transaction (this may ask the outside world and may happen
 *   twice), then applies; what it applies commits together with the end of the job.
 * - A job that fails waits longer each time, with some jitter, and at least as long as its kind was told by who
 *   refused; it is DEAD after as many attempts as its kind has tries, those that killed their worker included. A
 *   DEAD job waits for an administrator (job_admin.h) for JOB_DEAD_DAYS; DONE ones are kept for JOB_DONE_DAYS.
 * - A job may have a key. Of one kind there is one job of that key that is READY or RUNNING: asking again gives
 *   that one. It may be RUNNING, and have read already what it needs; so a kind whose effect must be of
 *   later than the wish needs a key of its own for each wish.
 *
 * A kind that this release does not know is left alone: a newer worker, or an older one, will do it.
 */
#ifndef DOMAIN_SYSTEM_JOB_H
#define DOMAIN_SYSTEM_JOB_H

#include "db/db.h"
#include "domain/system/lane.h"

extern const struct stmt_set job_stmts;

enum { JOB_LEASE_MORE_S = 15, JOB_DEAD_DAYS = 30, JOB_DONE_DAYS = 7, JOB_KINDS_MAX = 64 };
enum { JOB_WAIT_MAX_S = 86400 }; /* however long a kind is told to wait */

struct job {
	const char *id, *kind;
	int64_t attempt; /* from 1 */
	int64_t *wait_s; /* while it is prepared: should that fail, no other try for so many seconds; from 0 */
};

/* A kind of job, beside the noun that does it; all of them are in job_kinds.h. */
struct job_kind {
	const char *name; /* as "ai.reply" */
	enum lane_id lane;
	int limit_s; /* one attempt is ended when it takes longer */
	int tries; /* attempts, 1 or more */
	int wait_s,
	    wait_max_s; /* after the first failure, doubled for each further one; and a quarter more by chance */
	const char *const *shown; /* members of the payload that the panel may show; NULL: none */
	/* Outside a transaction. *work goes to apply. NULL: nothing to prepare. */
	enum err (*prepare)(struct db *, const struct job *, void **work);
	/* Inside the transaction that ends the job; may run twice. */
	enum err (*apply)(struct db *, const struct job *, void *work);
};

/* The kind of that name; NULL when there is none. kinds is NULL-terminated, here and below. */
const struct job_kind *job_kind_find(const struct job_kind *const *kinds, const char *name);
/* Take the job of these kinds that has waited longest. ERR_NOT_FOUND when none is due. */
MUST_CHECK enum err job_claim(struct db *, const struct job_kind *const *kinds, struct job *job);
/*
 * Do a claimed job and end it, or note the failure.
 *	ERR_OK		done
 *	ERR_STALE	the lease was lost meanwhile; nothing was applied here
 *	another		what the kind returned; noted, the job runs again later or is DEAD
 *	ERR_UNAVAILABLE	also: the database is away; the lease ends by itself
 */
MUST_CHECK enum err job_run(struct db *, const struct job *, const struct job_kind *);
/* The attempt is no more, for that reason (what people read). kind may be NULL: unknown. Not an error when it
 * has ended otherwise. */
MUST_CHECK enum err job_failed(
    struct db *, const struct job *, const struct job_kind *, const char *reason);
/* Take back jobs whose lease is over: nobody is left who could say how they ended. *count is how many. */
MUST_CHECK enum err job_lost(struct db *, int64_t *count);

/* What a lane holds. */
struct job_tally {
	int64_t ready, running, dead;
	int64_t oldest_s; /* the READY job that has been due longest; 0 without */
};
/* By lane, of these kinds; others are not counted. */
MUST_CHECK enum err job_count(
    struct db *, const struct job_kind *const *kinds, struct job_tally tallies[LANE__COUNT]);

#endif
