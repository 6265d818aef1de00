/* The job that does what was decided (decision.h). Who runs it also has act_sets. */
#ifndef DOMAIN_SYSTEM_DECISION_JOB_H
#define DOMAIN_SYSTEM_DECISION_JOB_H

#include "domain/system/job.h"

extern const struct stmt_set decision_job_stmts;
extern const struct job_kind decision_job; /* DECISION_JOB */

#endif
