/*
 * Jobs as an administrator sees them: those given up wait here for a decision, to be tried anew (with all tries
 * of their kind) or discarded; the others are shown. Every decision has an entry in the audit log, of the target
 * type "job". Those of a person's making need the caller's transaction.
 */
#ifndef DOMAIN_SYSTEM_JOB_ADMIN_H
#define DOMAIN_SYSTEM_JOB_ADMIN_H

#include "db/list.h"
#include "domain/system/act.h"
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
/* Acts on jobs: retry and discard a DEAD one; retry_all does it to at most JOB_RETRY_MAX DEAD jobs of a kind, of
 * those with one key to the youngest, and to none whose key is live. */
extern const struct act_kind job_kind_of_acts;
extern const struct act job_acts[];

#endif
