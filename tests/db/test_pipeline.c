/*
 * The pipeline on a real server. What it sends for the first time is prepared on the way. Its patience: answers
 * that come one after the other are waited for, however many; one that does not come (the backend is stopped)
 * ends the connection in time, and the next is good. Signals need the server's account or root, as the private server of a test run gives.
 */
#include "base/clock.h"
#include "db/pipeline.h"
#include "harness/cunit.h"
#include "harness/testdb.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { SLEEPS = 6, SLEEP_MS = 1600, WAITING_MAX = 16 };

enum { SLEEP, PID, DIVIDE, LATER };
static const struct stmt stmts[] = {
	[SLEEP] = { "pipeline_sleep", 1, "SELECT pg_sleep($1::bigint / 1000.0)", true },
	[PID] = { "pipeline_pid", 0, "SELECT pg_backend_pid()", true },
	[DIVIDE] = { "pipeline_divide", 1, "SELECT 6 / $1::int", true },
	[LATER] = { "pipeline_later", 0, "SELECT n FROM t_pipeline", true },
};
static STMT_SET(t_stmts, stmts);
static const struct stmt_set *const sets[] = { &t_stmts, NULL };

static struct {
	int ready, down, good, bad;
	pid_t pid;
	int64_t answered_us;
} seen;

static void
on_ready(void *arg)
{
	(void)arg;
	seen.ready++;
}

static void
on_down(void *arg)
{
	(void)arg;
	seen.down++;
}

static void
on_answer(void *arg, enum err err, struct rows *rows)
{
	(void)arg;
	(void)rows;
	seen.answered_us = clock_monotonic_us();
	if (err == ERR_OK)
		seen.good++;
	else
		seen.bad++;
}

static void
on_pid(void *arg, enum err err, struct rows *rows)
{
	(void)arg;
	CU_ASSERT_EQUAL_FATAL(err, ERR_OK);
	seen.pid = (pid_t)rows_i64(rows, 0, 0);
}

static struct pipeline *
start(void)
{
	struct pipeline_config config = { getenv("DATABASE_URL"), "test-pipeline", sets,
		WAITING_MAX, NULL, on_ready, on_down };

	memset(&seen, 0, sizeof(seen));
	return pipeline_open(&config);
}

static int
answers(void)
{
	return seen.good + seen.bad;
}

static int
connections(void)
{
	return seen.ready;
}

static int
known_pid(void)
{
	return seen.pid > 0;
}

/* Drive it until what is counted reaches count. */
static void
drive(struct pipeline *pipeline, int (*counted)(void), int count)
{
	int64_t end = clock_monotonic_us() + HANG_US, now;

	while (counted() < count && (now = clock_monotonic_us()) < end) {
		struct pollfd fd = { pipeline_fd(pipeline), pipeline_poll(pipeline), 0 };
		int64_t due = pipeline_due_us(pipeline) < end ? pipeline_due_us(pipeline) : end;

		if (poll(&fd, 1, due > now ? (int)((due - now) / 1000) + 1 : 0) > 0 ||
		    clock_monotonic_us() >= pipeline_due_us(pipeline))
			pipeline_step(pipeline);
	}
	CU_ASSERT_FATAL(counted() >= count);
}

static void
sleep_send(struct pipeline *pipeline, int64_t ms)
{
	CU_ASSERT_EQUAL(
	    pipeline_send(pipeline, &db_bind(&stmts[SLEEP], db_i64(ms)), on_answer, NULL), ERR_OK);
}

static void
many_answers_may_take_longer_together(void)
{
	struct pipeline *pipeline = start();
	int i;

	CU_ASSERT(SLEEPS * SLEEP_MS > DB_CALL_MS + SLEEP_MS);
	drive(pipeline, connections, 1);
	for (i = 0; i < SLEEPS; i++)
		sleep_send(pipeline, SLEEP_MS);
	drive(pipeline, answers, SLEEPS);
	CU_ASSERT_EQUAL(seen.good, SLEEPS);
	CU_ASSERT_EQUAL(seen.down, 0);
	pipeline_close(pipeline);
}

static void
an_answer_that_does_not_come_ends_the_connection(void)
{
	struct pipeline *pipeline = start();
	int64_t began, ms;
	pid_t stopped;

	drive(pipeline, connections, 1);
	CU_ASSERT_EQUAL(pipeline_send(pipeline, &db_bind(&stmts[PID]), on_pid, NULL), ERR_OK);
	drive(pipeline, known_pid, 1);
	stopped = seen.pid;
	CU_ASSERT_EQUAL_FATAL(kill(stopped, SIGSTOP), 0);
	began = clock_monotonic_us();
	sleep_send(pipeline, 0);
	sleep_send(pipeline, 0);
	drive(pipeline, answers, 2);
	ms = (seen.answered_us - began) / 1000;
	(void)kill(stopped, SIGCONT);
	CU_ASSERT_EQUAL(seen.bad, 2);
	CU_ASSERT(ms >= DB_CALL_MS - 100 && ms < 2 * DB_CALL_MS);
	CU_ASSERT_EQUAL(seen.down, 1);
	drive(pipeline, connections, 2);
	sleep_send(pipeline, 0);
	drive(pipeline, answers, 3);
	CU_ASSERT_EQUAL(seen.good, 1);
	pipeline_close(pipeline);
}

static void
send(struct pipeline *pipeline, const struct db_bound *bound)
{
	CU_ASSERT_EQUAL(pipeline_send(pipeline, bound, on_answer, NULL), ERR_OK);
}

/* All are sent before the first is known to be prepared. */
static void
each_of_many_first_uses_has_its_own_answer(void)
{
	struct pipeline *pipeline = start();

	drive(pipeline, connections, 1);
	send(pipeline, &db_bind(&stmts[DIVIDE], db_i64(0)));
	send(pipeline, &db_bind(&stmts[LATER]));
	send(pipeline, &db_bind(&stmts[DIVIDE], db_i64(2)));
	send(pipeline, &db_bind(&stmts[LATER]));
	drive(pipeline, answers, 4);
	CU_ASSERT_EQUAL(seen.good, 1);
	testdb_run("CREATE TABLE t_pipeline AS SELECT 5 AS n");
	send(pipeline, &db_bind(&stmts[LATER]));
	drive(pipeline, answers, 5);
	send(pipeline, &db_bind(&stmts[DIVIDE], db_i64(3)));
	send(pipeline, &db_bind(&stmts[LATER]));
	drive(pipeline, answers, 7);
	CU_ASSERT_EQUAL(seen.good, 4);
	CU_ASSERT_EQUAL(seen.down, 0);
	testdb_run("DROP TABLE t_pipeline");
	pipeline_close(pipeline);
}

/* The table comes while a first use waits for it to be unlocked, behind which the second is sent. */
static void
what_a_first_use_waits_for_does_not_fail_the_next(void)
{
	struct pipeline *pipeline = start();

	drive(pipeline, connections, 1);
	testdb_run("CREATE TABLE t_pipeline AS SELECT 5 AS n");
	testdb_run("BEGIN");
	testdb_run("LOCK TABLE t_pipeline");
	send(pipeline, &db_bind(&stmts[LATER])); /* lock_timeout: cannot be prepared */
	send(pipeline, &db_bind(&stmts[DIVIDE], db_i64(1)));
	send(pipeline, &db_bind(&stmts[LATER]));
	drive(pipeline, answers, 2);
	testdb_run("COMMIT");
	drive(pipeline, answers, 3);
	CU_ASSERT_EQUAL(seen.good, 2);
	testdb_run("DROP TABLE t_pipeline");
	pipeline_close(pipeline);
}

static void
another_connection_prepares_again(void)
{
	struct pipeline *pipeline = start();
	char pid[24];

	drive(pipeline, connections, 1);
	CU_ASSERT_EQUAL(pipeline_send(pipeline, &db_bind(&stmts[PID]), on_pid, NULL), ERR_OK);
	drive(pipeline, known_pid, 1);
	(void)snprintf(pid, sizeof(pid), "%ld", (long)seen.pid);
	testdb_run("SELECT pg_terminate_backend($1, 5000)", pid);
	drive(pipeline, connections, 2);
	seen.pid = 0;
	CU_ASSERT_EQUAL(pipeline_send(pipeline, &db_bind(&stmts[PID]), on_pid, NULL), ERR_OK);
	drive(pipeline, known_pid, 1);
	pipeline_close(pipeline);
}

static const struct cunit_test tests[] = {
	{ "many answers may take longer together than one may",
	    many_answers_may_take_longer_together },
	{ "an answer that does not come ends the connection, and the next one is good",
	    an_answer_that_does_not_come_ends_the_connection },
	{ "each of many first uses has its own answer", each_of_many_first_uses_has_its_own_answer },
	{ "what a first use waits for does not fail the next",
	    what_a_first_use_waits_for_does_not_fail_the_next },
	{ "another connection prepares again", another_connection_prepares_again },
	{ NULL, NULL },
};

int
main(void)
{
	return cunit_run("pipeline", tests);
}
