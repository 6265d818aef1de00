/* Jobs: none is lost and each takes effect once, whatever ends the workers. */
#include "domain/system/job.h"
#include "harness/cunit.h"
#include "harness/race.h"
#include "harness/stack.h"
#include "harness/testdb.h"

#include <stdio.h>

enum { JOBS = 60, CLAIMERS = 4, KILLED = 137, TRIES = 8 };

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

static const struct job_kind kind_effect = { "test.effect", LANE_FAST, 45, TRIES, 2, 3600, NULL,
	NULL, do_effect };
static const struct job_kind kind_fail = { "test.fail", LANE_FAST, 45, TRIES, 2, 3600, NULL, NULL,
	fail };
static const struct job_kind kind_away = { "test.away", LANE_AI, 45, TRIES, 2, 3600, NULL,
	prepare_fails, do_effect };
static const struct job_kind kind_capped = { "test.capped", LANE_FAST, 45, 5, 10, 25, NULL, NULL,
	fail };
/* Who was asked said when to come again: after as many seconds as the job's payload says. */
static enum err
prepare_told(struct db *own, const struct job *job, void **work)
{
	(void)own;
	(void)work;
	*job->wait_s =
	    testdb_i64("SELECT (payload ->> 'wait')::int FROM job WHERE id = $1", job->id);
	return ERR_UNAVAILABLE;
}

static const struct job_kind kind_told = { "test.told", LANE_FAST, 45, 5, 10, 25, NULL,
	prepare_told, do_effect };
static const struct job_kind *const kinds[] = { &kind_effect, &kind_fail, &kind_away, &kind_capped,
	&kind_told, NULL };

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

/* Nobody who had a lease is heard of again, and it has run out; who waits has waited. */
static void
leases_end(void)
{
	int64_t count;

	testdb_run(
	    "UPDATE job SET lease_until = app_now() - interval '1 second' WHERE state = 'RUNNING'");
	CU_ASSERT_EQUAL(job_lost(door(), &count), ERR_OK);
	testdb_run("UPDATE job SET run_at = app_now() - interval '1 second' WHERE state = 'READY'");
}

static enum err
claim(struct db *own, struct job *job)
{
	return job_claim(own, kinds, job);
}

static enum err
run(struct db *own, const struct job *job)
{
	return job_run(own, job, job_kind_find(kinds, job->kind));
}

static int
drain(struct db *own, int racer, void *arg)
{
	struct job job;
	enum err err;

	(void)racer;
	(void)arg;
	while ((err = claim(own, &job)) == ERR_OK)
		if (run(own, &job) != ERR_OK)
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
	CU_ASSERT_EQUAL(claim(door(), &job), ERR_OK);
	CU_ASSERT_STRING_NOT_EQUAL(job.id, first);
	CU_ASSERT_EQUAL(claim(door(), &job), ERR_NOT_FOUND);
	testdb_run("COMMIT");
	CU_ASSERT_EQUAL(claim(door(), &job), ERR_OK);
	CU_ASSERT_STRING_EQUAL(job.id, first);
}

static void
a_lost_lease_cannot_finish_the_job(void)
{
	const char *user_id = jobs_make("test.effect", "1");
	struct job slow, fast;

	CU_ASSERT_EQUAL_FATAL(claim(door(), &slow), ERR_OK);
	CU_ASSERT_EQUAL(claim(door(), &fast), ERR_NOT_FOUND); /* leased */
	leases_end();
	CU_ASSERT_EQUAL_FATAL(claim(door(), &fast), ERR_OK);
	CU_ASSERT_EQUAL(run(door(), &slow), ERR_STALE);
	CU_ASSERT_EQUAL(effects(user_id), 0);
	CU_ASSERT_EQUAL(run(door(), &fast), ERR_OK);
	CU_ASSERT_EQUAL(run(door(), &fast), ERR_STALE);
	CU_ASSERT_EQUAL(effects(user_id), 1);
}

static void
a_failing_job_waits_longer_each_time_and_is_dead_after_eight(void)
{
	const char *user_id = jobs_make("test.fail", "1");
	struct job job;
	int64_t wait, longest = 0;
	int i;

	for (i = 1; i <= TRIES; i++) {
		CU_ASSERT_EQUAL_FATAL(claim(door(), &job), ERR_OK);
		CU_ASSERT_EQUAL(job.attempt, i);
		CU_ASSERT_EQUAL(run(door(), &job), ERR_BUSY);
		wait = testdb_i64("SELECT extract(epoch FROM run_at - app_now())::bigint FROM job");
		CU_ASSERT(wait > longest && wait <= (INT64_C(5) << i) / 4 + 1);
		longest = wait;
		leases_end();
	}
	CU_ASSERT_EQUAL(claim(door(), &job), ERR_NOT_FOUND);
	CU_ASSERT_STRING_EQUAL(testdb_text("SELECT state || ' ' || last_error FROM job"),
	    "DEAD busy: The server is busy: try again");
	CU_ASSERT_EQUAL(effects(user_id), 0); /* rolled back each time */
}

static void
the_worlds_failure_is_noted_and_tried_again(void)
{
	const char *user_id = jobs_make("test.away", "1");
	struct job job;

	CU_ASSERT_EQUAL_FATAL(claim(door(), &job), ERR_OK);
	CU_ASSERT_EQUAL(run(door(), &job), ERR_UNAVAILABLE);
	CU_ASSERT_STRING_EQUAL(testdb_text("SELECT state || ' ' || last_error FROM job"),
	    "READY unavailable: A part of the system is not available: try again");
	CU_ASSERT_EQUAL(effects(user_id), 0);
}

static void
a_job_that_kills_its_workers_is_dead_after_its_tries(void)
{
	struct job job;
	int64_t count;

	(void)jobs_make("test.effect", "1");
	testdb_run("UPDATE job SET attempts = 7");
	CU_ASSERT_EQUAL_FATAL(claim(door(), &job), ERR_OK); /* and never heard of again */
	CU_ASSERT_EQUAL(job_lost(door(), &count), ERR_OK);
	CU_ASSERT_EQUAL(count, 0);
	CU_ASSERT_STRING_EQUAL(testdb_text("SELECT state FROM job"), "RUNNING");
	leases_end();
	CU_ASSERT_EQUAL(claim(door(), &job), ERR_NOT_FOUND);
	CU_ASSERT_STRING_EQUAL(testdb_text("SELECT state || ' ' || last_error FROM job"),
	    "DEAD lost: nothing was heard of it");
}

/* Its limit and what the worker needs to end it, and not before: who has it may still be at it. */
static void
a_lease_is_longer_than_the_limit(void)
{
	struct job job;

	(void)jobs_make("test.effect", "1");
	CU_ASSERT_EQUAL_FATAL(claim(door(), &job), ERR_OK);
	CU_ASSERT_EQUAL(
	    testdb_i64("SELECT extract(epoch FROM lease_until - began_at)::bigint FROM job"),
	    45 + JOB_LEASE_MORE_S);
}

/* As told by the parent of the one that died: no lease is waited for, the kind's wait is. */
static void
what_is_known_to_be_dead_is_tried_again_soon(void)
{
	const char *user_id = jobs_make("test.effect", "1");
	struct job job, late;

	CU_ASSERT_EQUAL_FATAL(claim(door(), &job), ERR_OK);
	CU_ASSERT_EQUAL(job_failed(door(), &job, &kind_effect, "killed: by a test"), ERR_OK);
	CU_ASSERT_STRING_EQUAL(
	    testdb_text("SELECT state || ' ' || last_error FROM job"), "READY killed: by a test");
	CU_ASSERT_EQUAL(
	    testdb_i64("SELECT (run_at - app_now() BETWEEN '1 s' AND '3 s')::int FROM job"), 1);
	leases_end();
	CU_ASSERT_EQUAL_FATAL(claim(door(), &late), ERR_OK);
	CU_ASSERT_EQUAL(job_failed(door(), &job, &kind_effect, "told twice"), ERR_OK);
	CU_ASSERT_EQUAL(run(door(), &late), ERR_OK);
	CU_ASSERT_EQUAL(effects(user_id), 1);
}

static void
the_wait_has_a_longest(void)
{
	static const int least[] = { 10, 20, 25, 25 };
	struct job job;
	size_t i;

	(void)jobs_make("test.capped", "1");
	for (i = 0; i < COUNT_OF(least); i++) {
		int64_t wait;

		CU_ASSERT_EQUAL_FATAL(claim(door(), &job), ERR_OK);
		CU_ASSERT_EQUAL(run(door(), &job), ERR_BUSY);
		wait = testdb_i64(
		    "SELECT ceil(extract(epoch FROM run_at - app_now()))::bigint FROM job");
		CU_ASSERT(wait >= least[i] - 1 && wait <= least[i] + least[i] / 4 + 1);
		leases_end();
	}
}

static void
waits_when_told(const char *told, int64_t least, int64_t most)
{
	struct job job;
	int64_t wait;

	(void)jobs_make("test.told", "1");
	testdb_run("UPDATE job SET payload = jsonb_build_object('wait', $1::int)", told);
	CU_ASSERT_EQUAL_FATAL(claim(door(), &job), ERR_OK);
	CU_ASSERT_EQUAL(run(door(), &job), ERR_UNAVAILABLE);
	wait = testdb_i64("SELECT ceil(extract(epoch FROM run_at - app_now()))::bigint FROM job");
	CU_ASSERT(wait >= least - 1 && wait <= most + 1);
}

static void
a_job_waits_as_long_as_it_was_told(void)
{
	waits_when_told("700", 700, 700);
	waits_when_told("3", 10, 13); /* sooner than its kind would: its kind's wait */
	waits_when_told("2000000000", JOB_WAIT_MAX_S, JOB_WAIT_MAX_S);
}

static void
a_job_of_an_unknown_kind_is_kept_for_a_newer_worker(void)
{
	struct job job;

	(void)jobs_make("test.newer", "1");
	CU_ASSERT_EQUAL(claim(door(), &job), ERR_NOT_FOUND);
	CU_ASSERT_STRING_EQUAL(testdb_text("SELECT state || attempts FROM job"), "READY0");
	testdb_run("DELETE FROM job");
}

/* However many of another kind wait, and for longer. */
static void
a_lane_takes_its_own_kinds_only(void)
{
	static const struct job_kind *const own[] = { &kind_effect, NULL };
	struct job job;

	(void)jobs_make("test.away", "30");
	testdb_run("INSERT INTO job (kind) VALUES ('test.effect')");
	CU_ASSERT_EQUAL_FATAL(job_claim(door(), own, &job), ERR_OK);
	CU_ASSERT_STRING_EQUAL(job.kind, "test.effect");
	CU_ASSERT_EQUAL(job_claim(door(), own, &job), ERR_NOT_FOUND);
}

static void
lanes_are_counted(void)
{
	struct job_tally tallies[LANE__COUNT];
	struct job job;

	(void)jobs_make("test.effect", "3");
	CU_ASSERT_EQUAL_FATAL(claim(door(), &job), ERR_OK);
	testdb_run("UPDATE job SET run_at = app_now() - interval '90 s' WHERE state = 'READY'");
	testdb_run("INSERT INTO job (kind, state, done_at) VALUES ('test.away', 'DEAD', app_now()),"
		   " ('test.away', 'DONE', app_now()), ('test.newer', 'DEAD', app_now())");
	CU_ASSERT_EQUAL_FATAL(job_count(door(), kinds, tallies), ERR_OK);
	CU_ASSERT_EQUAL(tallies[LANE_FAST].ready, 2);
	CU_ASSERT_EQUAL(tallies[LANE_FAST].running, 1);
	CU_ASSERT_EQUAL(tallies[LANE_FAST].dead, 0);
	CU_ASSERT(tallies[LANE_FAST].oldest_s >= 89 && tallies[LANE_FAST].oldest_s < 120);
	CU_ASSERT_EQUAL(tallies[LANE_AI].dead, 1);
	CU_ASSERT_EQUAL(tallies[LANE_AI].oldest_s, 0);
	CU_ASSERT_EQUAL(tallies[LANE_MAIL].ready, 0);
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
	{ "a job that kills its workers is dead after its tries",
	    a_job_that_kills_its_workers_is_dead_after_its_tries },
	{ "a lease is longer than the limit", a_lease_is_longer_than_the_limit },
	{ "what is known to be dead is tried again soon",
	    what_is_known_to_be_dead_is_tried_again_soon },
	{ "the wait has a longest", the_wait_has_a_longest },
	{ "a job waits as long as it was told", a_job_waits_as_long_as_it_was_told },
	{ "a job of an unknown kind is kept for a newer worker",
	    a_job_of_an_unknown_kind_is_kept_for_a_newer_worker },
	{ "a lane takes its own kinds only", a_lane_takes_its_own_kinds_only },
	{ "lanes are counted", lanes_are_counted },
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
