/*
 * The worker's lanes: what hangs in one delays nothing in another, nor any sweep, and nobody takes the worker
 * for dead; what is over its time is ended and tried again; who dies over a job loses nothing and repeats nothing.
 */
#include "base/clock.h"
#include "harness/ai_talk.h"
#include "harness/client.h"
#include "harness/cunit.h"
#include "harness/private.h"
#include "harness/stack.h"
#include "harness/testdb.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LIMIT_S = 90, AI_CHILDREN = 2 };

static int64_t
age_us(int64_t since_us)
{
	return clock_steady_us() - since_us;
}

/* Ask for the value again and again until it is as wanted; false when it does not, in less time than what
 * hangs is left to hang. */
static bool
becomes(const char *wanted, const char *sql, const char *id)
{
	const struct timespec moment = { 0, 5000000 };
	int64_t began = clock_steady_us();

	while (strcmp(testdb_text(sql, id), wanted) != 0) {
		if (age_us(began) > HANG_US) {
			(void)fprintf(stderr, "not %s but %s\n", wanted, testdb_text(sql, id));
			return false;
		}
		(void)nanosleep(&moment, NULL);
	}
	return true;
}

static const char job_state[] = "SELECT state FROM job WHERE id = $1";

/* Ask for a job of the kind; is it done although something hangs? */
static bool
done(const char *kind)
{
	return becomes("DONE", job_state, testdb_text("SELECT job_add($1)", kind));
}

static bool
ready(void)
{
	struct client *c = client_new();
	int status = client_call(c, "GET", "//readyz", NULL);

	if (status != 200)
		(void)fprintf(stderr, "%s\n", client_body(c));
	client_free(c);
	return status == 200;
}

/* Has the worker said so often since now that all of it lives, and was /readyz 200 all the time? */
static bool
lives_on(int beats)
{
	const struct timespec moment = { 0, 50000000 };
	static const char beat[] = "SELECT beat_at::text FROM heartbeat WHERE lane = 'turn'";
	const char *last = testdb_text(beat), *now;
	int64_t began = clock_steady_us();

	while (beats > 0) {
		if (age_us(began) > HANG_US || !ready())
			return false;
		now = testdb_text(beat);
		beats -= strcmp(now, last) != 0;
		last = now;
		(void)nanosleep(&moment, NULL);
	}
	return true;
}

/* Has the worker logged it so often before the time is over? */
static bool
logged(const char *text, int count)
{
	const struct timespec moment = { 0, 20000000 };
	int64_t began = clock_steady_us();

	while (private_logged("worker", NULL, text) < count && age_us(began) < HANG_US)
		(void)nanosleep(&moment, NULL);
	return private_logged("worker", NULL, text) == count;
}

/* --- talks with the assistant --- */

static void
say(const struct ai_talk *talk, const char *text)
{
	CU_ASSERT_EQUAL_FATAL(ai_talk_say(talk, text), 201);
}

static const char answers[] = "SELECT count(*) FROM message WHERE sender_type = 'AI'"
			      " AND body LIKE '%you said%' AND conversation_id = $1";
static const char talk_job[] =
    "SELECT j.id FROM job j JOIN message m ON m.id = (j.payload ->> 'message_id')::uuid"
    " WHERE j.kind = 'ai.reply' AND m.conversation_id = $1";

/* Talks whose questions hold every child of the lane. */
static void
talks_hang(struct ai_talk talks[AI_CHILDREN], const char *order)
{
	int i;

	fail_arm("ai.echo", order);
	for (i = 0; i < AI_CHILDREN; i++) {
		talks[i] = ai_talk_open();
		say(&talks[i], "hang");
	}
	CU_ASSERT_FATAL(becomes(
	    "2", "SELECT count(*) FROM job WHERE kind = $1 AND state = 'RUNNING'", "ai.reply"));
	fail_wait_held("ai.echo");
}

static void
talks_answered(struct ai_talk talks[AI_CHILDREN])
{
	int i;

	for (i = 0; i < AI_CHILDREN; i++) {
		CU_ASSERT(becomes("1", answers, talks[i].conversation));
		client_free(talks[i].user);
	}
}

/* An hour-old request nobody came to; its id. */
static const char *
late_session(void)
{
	const char *user = testdb_user("USER"), *advisor = testdb_advisor();

	return testdb_text(
	    "WITH c AS (INSERT INTO conversation (id, kind) VALUES (gen_random_uuid(), 'SESSION')"
	    " RETURNING id) INSERT INTO session (id, type, state, user_id, advisor_id,"
	    " conversation_id, expires_at) SELECT gen_random_uuid(), 'CHAT', 'REQUESTED', $1, $2,"
	    " c.id, app_now() - interval '1 h' FROM c RETURNING id",
	    user, advisor);
}

static const char session_state[] = "SELECT state FROM session WHERE id = $1";

static void
a_provider_that_hangs_delays_nothing_else(void)
{
	struct ai_talk talks[AI_CHILDREN];

	talks_hang(talks, "pause times=0");
	CU_ASSERT(done("test.fast"));
	CU_ASSERT(done("test.mail"));
	CU_ASSERT(becomes("EXPIRED", session_state, late_session()));
	/* Longer than WORKER_SILENT_S and CONFAB_STILL_S, 6 s here. */
	CU_ASSERT(lives_on(8));
	CU_ASSERT_STRING_EQUAL(testdb_text(answers, talks[0].conversation), "0");
	fail_release("ai.echo");
	talks_answered(talks);
	CU_ASSERT_EQUAL(testdb_i64("SELECT max(attempts) FROM job WHERE kind = 'ai.reply'"), 1);
	CU_ASSERT_EQUAL(private_logged("worker", NULL, "stands still"), 0);
	CU_ASSERT_EQUAL(private_logged("worker", NULL, "worker ended"), 0);
}

static void
a_sweep_that_hangs_delays_no_other(void)
{
	fail_arm("worker.sweep", "pause text=lapse");
	fail_wait_held("worker.sweep");
	CU_ASSERT(becomes("EXPIRED", session_state, late_session()));
	CU_ASSERT(done("test.fast"));
	CU_ASSERT(lives_on(8));
	fail_release("worker.sweep");
	CU_ASSERT_EQUAL(private_logged("worker", NULL, "stands still"), 0);
}

static void
a_sweep_over_its_time_is_ended(void)
{
	int ended = private_logged("worker", NULL, "worker ended");

	fail_arm("worker.sweep", "pause text=lapse");
	fail_wait_held("worker.sweep");
	testdb_run("DELETE FROM heartbeat WHERE lane = 'lapse'");
	stack_clock_advance(61);
	CU_ASSERT(becomes("1", "SELECT count(*) FROM heartbeat WHERE lane = $1", "lapse"));
	CU_ASSERT(logged("worker ended", ended + 1));
	fail_release("worker.sweep");
	CU_ASSERT(becomes("EXPIRED", session_state, late_session()));
	CU_ASSERT(ready());
}

static void
a_job_over_its_limit_is_ended_and_tried_again(void)
{
	struct ai_talk talks[AI_CHILDREN];
	const char *id;

	talks_hang(talks, "pause times=0");
	id = testdb_text(talk_job, talks[0].conversation);
	stack_clock_advance(LIMIT_S + 1);
	CU_ASSERT(becomes("READY timeout: ended after its 90 s",
	    "SELECT state || ' ' || last_error FROM job WHERE id = $1", id));
	fail_release("ai.echo");
	stack_clock_advance(5);
	talks_answered(talks);
	CU_ASSERT_STRING_EQUAL(testdb_text("SELECT attempts FROM job WHERE id = $1", id), "2");
	CU_ASSERT(ready());
}

/* The process that is at the job, of those of the worker. */
static void
kill_holder(void)
{
	pid_t child = (pid_t)fail_holder("ai.echo");

	CU_ASSERT_FATAL(child > 0);
	CU_ASSERT_EQUAL(kill(child, SIGKILL), 0);
}

static void
a_job_whose_child_is_killed_runs_again_once(void)
{
	struct ai_talk talk = ai_talk_open();
	const char *id;

	fail_arm("ai.echo", "pause");
	say(&talk, "killed");
	fail_wait_held("ai.echo");
	id = testdb_text(talk_job, talk.conversation);
	kill_holder();
	CU_ASSERT(becomes("READY killed: its process ended by signal 9",
	    "SELECT state || ' ' || last_error FROM job WHERE id = $1", id));
	fail_release("ai.echo");
	stack_clock_advance(3);
	CU_ASSERT(becomes("DONE", job_state, id));
	CU_ASSERT_STRING_EQUAL(testdb_text(answers, talk.conversation), "1");
	CU_ASSERT_STRING_EQUAL(testdb_text("SELECT attempts FROM job WHERE id = $1", id), "2");
	client_free(talk.user);
}

static void
a_job_that_fails_often_is_dead_and_counted(void)
{
	struct client *c = client_new();
	const char *id;
	int i;

	fail_arm("job.ordered", "error=busy times=0");
	id = testdb_text("SELECT job_add('test.fast')");
	for (i = 1; i <= 3; i++) {
		char text[12];

		(void)snprintf(text, sizeof(text), "%d", i);
		CU_ASSERT(becomes(
		    text, "SELECT attempts FROM job WHERE id = $1 AND state <> 'RUNNING'", id));
		stack_clock_advance(30);
	}
	CU_ASSERT(becomes("DEAD", job_state, id));
	fail_release("job.ordered");
	CU_ASSERT(client_becomes(c, "//readyz", 200));
	for (i = 0; i < 6000; i++) {
		const struct timespec moment = { 0, 10000000 };

		CU_ASSERT_EQUAL(client_call(c, "GET", "//metrics", NULL), 200);
		if (strstr(client_body(c), "confab_jobs_dead{program=\"worker\",lane=\"fast\"} 1"))
			break;
		(void)nanosleep(&moment, NULL);
	}
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(client_body(c), "confab_jobs_dead{program=\"worker\",lane=\"fast\"} 1"));
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(client_body(c), "confab_jobs_queued{program=\"worker\",lane=\"ai\"} 0"));
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(client_body(c), "confab_jobs_failed_total{program=\"worker\",lane=\"fast\"} 3"));
	client_free(c);
}

/* The children are well, and nobody would notice when they are not. */
static void
a_parent_that_stands_still_is_noticed(void)
{
	struct client *c = client_new();
	pid_t parent = private_pid("worker");

	CU_ASSERT_EQUAL(kill(parent, SIGSTOP), 0);
	CU_ASSERT(client_becomes(c, "//readyz", 503));
	CU_ASSERT(done("test.fast"));
	CU_ASSERT_EQUAL(kill(parent, SIGCONT), 0);
	CU_ASSERT(client_becomes(c, "//readyz", 200));
	client_free(c);
}

/* New settings do not wait for the provider, and do not end what is asked of it. */
static void
a_reload_lets_a_job_go_on(void)
{
	struct ai_talk talks[AI_CHILDREN];

	talks_hang(talks, "pause times=0");
	CU_ASSERT_EQUAL(kill(private_pid("worker"), SIGHUP), 0);
	CU_ASSERT(logged("\"reloaded\"", 1));
	CU_ASSERT(done("test.fast"));
	fail_release("ai.echo");
	talks_answered(talks);
	CU_ASSERT_EQUAL(testdb_i64("SELECT attempts FROM job WHERE id = $1",
			    testdb_text(talk_job, talks[1].conversation)),
	    1);
}

/* Longer than a job may take; the machine does not wait for a provider. */
static void
who_is_told_to_stop_does_not_wait_for_a_provider(void)
{
	struct ai_talk talks[AI_CHILDREN];
	const struct timespec moment = { 0, 20000000 };
	pid_t parent = private_pid("worker");
	int64_t began;

	talks_hang(talks, "pause times=0");
	began = clock_steady_us();
	CU_ASSERT_EQUAL(kill(parent, SIGTERM), 0);
	while (kill(parent, 0) == 0 && age_us(began) < HANG_US)
		(void)nanosleep(&moment, NULL);
	CU_ASSERT(age_us(began) < HANG_US); /* and the job has LIMIT_S */
	fail_release("ai.echo");
	private_worker_start();
	stack_clock_advance(LIMIT_S + 20);
	talks_answered(talks);
}

static const struct cunit_test tests[] = {
	{ "a provider that hangs delays nothing else", a_provider_that_hangs_delays_nothing_else },
	{ "a sweep that hangs delays no other", a_sweep_that_hangs_delays_no_other },
	{ "a sweep over its time is ended", a_sweep_over_its_time_is_ended },
	{ "a job over its limit is ended and tried again",
	    a_job_over_its_limit_is_ended_and_tried_again },
	{ "a job whose child is killed runs again once",
	    a_job_whose_child_is_killed_runs_again_once },
	{ "a job that fails often is dead and counted", a_job_that_fails_often_is_dead_and_counted },
	{ "a parent that stands still is noticed", a_parent_that_stands_still_is_noticed },
	{ "a reload lets a job go on", a_reload_lets_a_job_go_on },
	{ "who is told to stop does not wait for a provider",
	    who_is_told_to_stop_does_not_wait_for_a_provider },
	{ 0 },
};

int
main(void)
{
	static const char *const settings[] = { "WORKER_SILENT_S=6", NULL };

	if (setenv("CONFAB_STILL_S", "6", 1) != 0)
		return 1;
	private_start("lanes", settings);
	return cunit_run("lanes", tests);
}
