/* Jobs: none is lost and each takes effect once, whatever ends the workers. */
#include "domain/system/job.h"
#include "harness/cunit.h"
#include "harness/race.h"
#include "harness/stack.h"
#include "harness/testdb.h"

#include <stdio.h>

enum { JOBS = 60, CLAIMERS = 4, KILLED = 137 };

/* The effect of a test job: an event for the user the job names. Doing it twice would show. */
static const struct stmt effect_stmts_[] = {
	{ "test_effect", 1,
	    "SELECT event_emit(ARRAY[(payload ->> 'user_id')::uuid], 'test.effect', '{}')"
	    " FROM job WHERE id = $1",
	    false },
};
static STMT_SET(effect_stmts, effect_stmts_);
static const struct stmt_set *const sets[] = { &job_stmts, &effect_stmts, NULL };
static struct db *db;

/* Opened by the first test that needs it. */
static struct db *
door(void)
{
	if (db == NULL)
		db = testdb_open(sets);
	return db;
}

static enum err
do_effect(struct db *own, const struct job *job, void *work)
{
	(void)work;
	return db_exec_one(own, &effect_stmts_[0], db_text(job->id));
}

static enum err
fail(struct db *own, const struct job *job, void *work)
{
	TRY(do_effect(own, job, work));
	return ERR_BUSY;
}

/* The outside world is away. */
static enum err
prepare_fails(struct db *own, const struct job *job, void **work)
{
	(void)own;
	(void)job;
	(void)work;
	return ERR_UNAVAILABLE;
}

static const struct job_handler handlers[] = {
	{ "test.effect", NULL, do_effect },
	{ "test.fail", NULL, fail },
	{ "test.away", prepare_fails, do_effect },
	{ 0 },
};

/* A user and so many jobs for it, and no other job that is ready. */
static const char *
jobs_make(const char *kind, const char *count)
{
	const char *user_id = testdb_user("USER");

	testdb_run("DELETE FROM job");
	testdb_run("INSERT INTO job (id, kind, payload) SELECT gen_random_uuid(), $1,"
		   " jsonb_build_object('user_id', $2::text) FROM generate_series(1, $3::int)",
	    kind, user_id, count);
	return user_id;
}

static int64_t
effects(const char *user_id)
{
	return testdb_i64("SELECT last_seq FROM inbox WHERE user_id = $1", user_id);
}

/* As a lease that has run out. */
static void
leases_end(void)
{
	testdb_run("UPDATE job SET run_at = app_now() - interval '1 second' WHERE state = 'READY'");
}

static int
drain(struct db *own, int racer, void *arg)
{
	struct job job;
	enum err err;

	(void)racer;
	(void)arg;
	while ((err = job_claim(own, &job)) == ERR_OK)
		if (job_run(own, &job, handlers) != ERR_OK)
			return 2;
	return err == ERR_NOT_FOUND ? 0 : 3;
}

static void
four_workers_do_each_job_once(void)
{
	const char *user_id = jobs_make("test.effect", "60");
	struct race race = { sets, drain, NULL, NULL };
	int statuses[CLAIMERS];

	race_run(&race, CLAIMERS, statuses);
	CU_ASSERT_EQUAL(race_count(statuses, CLAIMERS, 0), CLAIMERS);
	CU_ASSERT_EQUAL(effects(user_id), JOBS);
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM job WHERE state = 'DONE'"
				   " AND attempts = 1 AND done_at IS NOT NULL"),
	    JOBS);
}

static void
killed_at(const char *name)
{
	const char *user_id = jobs_make("test.effect", "60");
	struct race race = { sets, drain, NULL, NULL };
	int statuses[CLAIMERS];

	fail_arm(name, "crash nth=4 times=4"); /* all of them, one after the other */
	race_run(&race, CLAIMERS, statuses);
	fail_release(name);
	CU_ASSERT_EQUAL(race_count(statuses, CLAIMERS, KILLED), CLAIMERS);
	CU_ASSERT(effects(user_id) < JOBS);
	leases_end();
	CU_ASSERT_EQUAL(drain(door(), 0, NULL), 0);
	if (effects(user_id) != JOBS)
		(void)fprintf(
		    stderr, "killed at %s: %lld effects\n", name, (long long)effects(user_id));
	CU_ASSERT_EQUAL(effects(user_id), JOBS);
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM job WHERE state = 'DONE'"), JOBS);
}

static void
a_worker_killed_anywhere_loses_and_repeats_nothing(void)
{
	stack_own();
	killed_at("job.claimed");
	killed_at("job.prepared");
	killed_at("job.applied");
	killed_at("tx.before_commit");
	killed_at("tx.after_commit");
	killed_at("job.done");
}

/* As while another claims it: who comes next takes the next job, and does not wait for that one. */
static void
a_job_in_other_hands_is_passed_over(void)
{
	struct job job;
	const char *first;

	(void)jobs_make("test.effect", "2");
	first = testdb_text("SELECT id FROM job ORDER BY run_at, id LIMIT 1");
	testdb_run("BEGIN");
	testdb_run("SELECT FROM job WHERE id = $1 FOR UPDATE", first);
	CU_ASSERT_EQUAL(job_claim(door(), &job), ERR_OK);
	CU_ASSERT_STRING_NOT_EQUAL(job.id, first);
	CU_ASSERT_EQUAL(job_claim(door(), &job), ERR_NOT_FOUND);
	testdb_run("COMMIT");
	CU_ASSERT_EQUAL(job_claim(door(), &job), ERR_OK);
	CU_ASSERT_STRING_EQUAL(job.id, first);
}

static void
a_lost_lease_cannot_finish_the_job(void)
{
	const char *user_id = jobs_make("test.effect", "1");
	struct job slow, fast;

	CU_ASSERT_EQUAL_FATAL(job_claim(door(), &slow), ERR_OK);
	CU_ASSERT_EQUAL(job_claim(door(), &fast), ERR_NOT_FOUND); /* leased */
	leases_end();
	CU_ASSERT_EQUAL_FATAL(job_claim(door(), &fast), ERR_OK);
	CU_ASSERT_EQUAL(job_run(door(), &slow, handlers), ERR_STALE);
	CU_ASSERT_EQUAL(effects(user_id), 0);
	CU_ASSERT_EQUAL(job_run(door(), &fast, handlers), ERR_OK);
	CU_ASSERT_EQUAL(job_run(door(), &fast, handlers), ERR_STALE);
	CU_ASSERT_EQUAL(effects(user_id), 1);
}

static void
a_failing_job_waits_longer_each_time_and_is_dead_after_eight(void)
{
	const char *user_id = jobs_make("test.fail", "1");
	struct job job;
	int64_t wait, longest = 0;
	int i;

	for (i = 1; i <= JOB_TRIES_MAX; i++) {
		CU_ASSERT_EQUAL_FATAL(job_claim(door(), &job), ERR_OK);
		CU_ASSERT_EQUAL(job.attempt, i);
		CU_ASSERT_EQUAL(job_run(door(), &job, handlers), ERR_BUSY);
		wait = testdb_i64("SELECT extract(epoch FROM run_at - app_now())::bigint FROM job");
		CU_ASSERT(wait > longest && wait <= (INT64_C(5) << i) / 4 + 1);
		longest = wait;
		leases_end();
	}
	CU_ASSERT_EQUAL(job_claim(door(), &job), ERR_NOT_FOUND);
	CU_ASSERT_STRING_EQUAL(
	    testdb_text("SELECT state || ' ' || last_error FROM job"), "DEAD busy");
	CU_ASSERT_EQUAL(effects(user_id), 0); /* rolled back each time */
}

static void
the_worlds_failure_is_noted_and_tried_again(void)
{
	const char *user_id = jobs_make("test.away", "1");
	struct job job;

	CU_ASSERT_EQUAL_FATAL(job_claim(door(), &job), ERR_OK);
	CU_ASSERT_EQUAL(job_run(door(), &job, handlers), ERR_UNAVAILABLE);
	CU_ASSERT_STRING_EQUAL(
	    testdb_text("SELECT state || ' ' || last_error FROM job"), "READY unavailable");
	CU_ASSERT_EQUAL(effects(user_id), 0);
}

static void
a_job_that_kills_its_workers_is_buried(void)
{
	struct job job;

	(void)jobs_make("test.effect", "1");
	testdb_run("UPDATE job SET attempts = 7");
	CU_ASSERT_EQUAL_FATAL(job_claim(door(), &job), ERR_OK); /* and never heard of again */
	CU_ASSERT_EQUAL(job_bury(door()), ERR_OK);
	CU_ASSERT_STRING_EQUAL(testdb_text("SELECT state FROM job"), "READY");
	leases_end();
	CU_ASSERT_EQUAL(job_claim(door(), &job), ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(job_bury(door()), ERR_OK);
	CU_ASSERT_STRING_EQUAL(
	    testdb_text("SELECT state || ' ' || last_error FROM job"), "DEAD lost");
}

static void
a_job_of_an_unknown_kind_is_kept_for_a_newer_worker(void)
{
	struct job job;

	(void)jobs_make("test.newer", "1");
	CU_ASSERT_EQUAL_FATAL(job_claim(door(), &job), ERR_OK);
	CU_ASSERT_EQUAL(job_run(door(), &job, handlers), ERR_NOT_FOUND);
	CU_ASSERT_STRING_EQUAL(
	    testdb_text("SELECT state || ' ' || last_error FROM job"), "READY not_found");
	testdb_run("DELETE FROM job");
}

static const struct cunit_test tests[] = {
	{ "four workers do each job once", four_workers_do_each_job_once },
	{ "a worker killed anywhere loses and repeats nothing",
	    a_worker_killed_anywhere_loses_and_repeats_nothing },
	{ "a job in other hands is passed over", a_job_in_other_hands_is_passed_over },
	{ "a lost lease cannot finish the job", a_lost_lease_cannot_finish_the_job },
	{ "a failing job waits longer each time and is dead after eight",
	    a_failing_job_waits_longer_each_time_and_is_dead_after_eight },
	{ "the world's failure is noted and tried again",
	    the_worlds_failure_is_noted_and_tried_again },
	{ "a job that kills its workers is buried", a_job_that_kills_its_workers_is_buried },
	{ "a job of an unknown kind is kept for a newer worker",
	    a_job_of_an_unknown_kind_is_kept_for_a_newer_worker },
	{ 0 },
};

int
main(void)
{
	int status = cunit_run("job", tests);

	if (db != NULL)
		testdb_close(db);
	return status;
}
