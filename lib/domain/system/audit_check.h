/*
 * Checking the whole audit log, as a job: it takes as long as the log is long. The worker does a slice a
 * job, notes how far it came in the transaction that ends the job, and asks for the next; so no lease is
 * outlived, and a check goes on where a worker died. One check runs at a time.
 *
 * Every row given here: id, asked_by (null when that account is gone), asked_by_name, asked_at, state
 * (RUNNING, GOOD, BROKEN, FAILED), checked (rows so far), broken_id (the first row that does not fit, or
 * null), done_at (null while it runs).
 */
#ifndef DOMAIN_SYSTEM_AUDIT_CHECK_H
#define DOMAIN_SYSTEM_AUDIT_CHECK_H

#include "domain/system/audit.h"
#include "domain/system/job.h"
#include "shape/field.h"

extern const struct stmt_set audit_check_stmts;
extern const char *const audit_check_states[];
extern const struct field audit_check_fields[];

#define AUDIT_CHECK_JOB "audit.check"
enum { AUDIT_CHECK_SLICE = 50000 }; /* rows of one job: a few seconds */

/* Ask for a check; while one runs, that one is given. One whose job was given up is FAILED by this. An entry
 * in the log tells who asked. Needs the caller's transaction. */
MUST_CHECK enum err audit_check_start(struct db *, const struct audit_by *by, struct rows **rows);
/* The newest check. ERR_NOT_FOUND when there was none. */
MUST_CHECK enum err audit_check_latest(struct db *, struct rows **rows);

/* AUDIT_CHECK_JOB: one slice. */
extern const struct job_kind audit_check_job;

#endif
