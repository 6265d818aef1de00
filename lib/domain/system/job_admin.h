/*
 * Jobs as an administrator sees them: those given up wait here for a decision, to be tried anew (with all tries
 * of their kind) or discarded; the others are shown. Every decision has an entry in the audit log, of the target
 * type "job". Those of a person's making need the caller's transaction.
 */
#ifndef DOMAIN_SYSTEM_JOB_ADMIN_H
#define DOMAIN_SYSTEM_JOB_ADMIN_H

#include "db/list.h"
#include "domain/system/audit.h"
#include "domain/system/job.h"

extern const struct stmt_set job_admin_stmts; /* also list audit_stmts */
extern const char *const job_states[]; /* DEAD first */
extern const struct list_source job_all; /* of whatever state */

enum { JOB_RETRY_MAX = 10000 }; /* of one job_retry_all */

/* One job: id, kind, key, state, run_at, attempts, tries_max, began_at, last_error, created_at, done_at,
 * lease_until and payload (an object). ERR_NOT_FOUND when there is none. */
MUST_CHECK enum err job_get(struct db *, const char *id, struct rows **rows);
/* A row a kind that has DEAD jobs: kind, dead (how many), newest_at. */
MUST_CHECK enum err job_dead_kinds(struct db *, struct rows **rows);
/*
 * Have a DEAD job tried anew.
 *	ERR_BAD_STATE	it is none, or not DEAD any more
 *	ERR_STALE	another with its key is READY or RUNNING: that one does the work
 *	ERR_CONFLICT	the same, since this moment
 */
MUST_CHECK enum err job_retry(struct db *, const struct audit_by *by, const char *id);
/* The same for at most JOB_RETRY_MAX DEAD jobs of a kind; of those with one key the youngest, and none whose key
 * is live. *count is how many. ERR_CONFLICT when a key came to life meanwhile: nothing was done. */
MUST_CHECK enum err job_retry_all(
    struct db *, const struct audit_by *by, const char *kind, int64_t *count);
/* Forget a DEAD job; the audit log keeps its kind and its error.
 *	ERR_BAD_STATE	it is none, or not DEAD any more */
MUST_CHECK enum err job_discard(struct db *, const struct audit_by *by, const char *id);

#endif
