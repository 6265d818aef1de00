#include "domain/system/job_kinds.h"

#include "base/fail.h"
#include "base/test_map.h"
#include "domain/system/audit_check.h"
#include "domain/system/decision_job.h"
#include "domain/system/outbox.h"
#include "domain/talk/assistant.h"

#ifdef CONFAB_TEST
/* Stand-ins for kinds of lanes that have none in this flavour's release: they do what is ordered of them. */
static enum err
ordered(struct db *db, const struct job *job, void *work)
{
	(void)db;
	(void)work;
	TEST_RECORD(job->kind, job->id);
	return FAILPOINT_ERR(JOB_ORDERED);
}

static const struct job_kind test_fast = { "test.fast", LANE_FAST, 10, 3, 2, 60, NULL, NULL,
	ordered };
static const struct job_kind test_mail = { "test.mail", LANE_MAIL, 30, 3, 2, 60, NULL, NULL,
	ordered };
#endif

const struct job_kind *const job_kinds[] = {
	&assistant_job,
	&audit_check_job,
	&decision_job,
	&outbox_job,
#ifdef CONFAB_TEST
	&test_fast,
	&test_mail,
#endif
	NULL,
};

const struct job_kind *const *
job_kinds_of(struct arena *arena, enum lane_id lane)
{
	const struct job_kind **own = arena_calloc(arena, COUNT_OF(job_kinds), sizeof(*own));
	size_t i, count = 0;

	for (i = 0; job_kinds[i] != NULL; i++)
		if (job_kinds[i]->lane == lane)
			own[count++] = job_kinds[i];
	return own;
}
