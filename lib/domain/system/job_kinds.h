/* Every kind of job, for the worker, which does them, and for the panel, which shows them. */
#ifndef DOMAIN_SYSTEM_JOB_KINDS_H
#define DOMAIN_SYSTEM_JOB_KINDS_H

#include "domain/system/job.h"

/* NULL-terminated. A kind stands beside its noun; it is listed in job_kinds.c. */
extern const struct job_kind *const job_kinds[];

/* Those of one lane, NULL-terminated, in the arena. */
const struct job_kind *const *job_kinds_of(struct arena *, enum lane_id);

#endif
