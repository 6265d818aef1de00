/* Failpoints: what is ordered happens at the passings it is ordered for, and nothing else does. */
#include "base/clock.h"
#include "base/fail.h"
#include "harness/cunit.h"
#include "harness/stack.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { KILLED = 137 };

/* How a process that passes it ends: its exit status, or 128 + the signal. */
static int
status_of_passing(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		(void)signal(SIGSEGV, SIG_DFL); /* not the sanitizer's */
		FAILPOINT(TX_BEFORE_COMMIT);
		_exit(0);
	}
	(void)waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void
what_is_not_armed_does_nothing(void)
{
	CU_ASSERT_EQUAL(status_of_passing(), 0);
	fail_arm("tx.after_commit", "crash");
	CU_ASSERT_EQUAL(status_of_passing(), 0);
	fail_release("tx.after_commit");
}

static void
the_nth_passing_acts_and_so_many_times(void)
{
	int status;

	fail_arm("tx.before_commit", "crash nth=2 times=2");
	CU_ASSERT_EQUAL(status_of_passing(), 0);
	CU_ASSERT_EQUAL(status_of_passing(), KILLED);
	CU_ASSERT_EQUAL(status_of_passing(), KILLED);
	CU_ASSERT_EQUAL(status_of_passing(), 0);
	CU_ASSERT_EQUAL(fail_acted("tx.before_commit"), 2);
	fail_arm("tx.before_commit", "segv");
	status = status_of_passing();
	CU_ASSERT(status != 0 && status != KILLED); /* a sanitizer has its own way to end it */
}

static void
an_error_is_the_one_ordered(void)
{
	fail_arm("ai.echo", "error=unavailable times=0");
	CU_ASSERT_EQUAL(FAILPOINT_ERR(AI_ECHO), ERR_UNAVAILABLE);
	CU_ASSERT_EQUAL(FAILPOINT_ERR(AI_ECHO), ERR_UNAVAILABLE);
	fail_arm("ai.echo", "error=not_found");
	CU_ASSERT_EQUAL(FAILPOINT_ERR(AI_ECHO), ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(FAILPOINT_ERR(AI_ECHO), ERR_OK);
}

static void *
pass(void *arg)
{
	FAILPOINT(JOB_CLAIMED);
	*(enum err *)arg = ERR_OK;
	return NULL;
}

/* held, told goes on: whatever ends the wait. */
static void
is_held_until(const char *order, void (*end)(void))
{
	enum err passed = ERR_BUSY;
	pthread_t thread;

	fail_arm("job.claimed", order);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, pass, &passed), 0);
	fail_wait_held("job.claimed");
	CU_ASSERT_EQUAL(*(volatile enum err *)&passed, ERR_BUSY);
	end();
	(void)pthread_join(thread, NULL);
	CU_ASSERT_EQUAL(passed, ERR_OK);
}

static void
release(void)
{
	fail_release("job.claimed");
}

static void
arm_anew(void)
{
	fail_arm("job.claimed", "pause nth=9");
}

static void
an_hour_passes(void)
{
	stack_own_shift(INT64_C(3600) * SECOND_US);
}

static void
who_waits_goes_on_when_released(void)
{
	is_held_until("pause", release);
	is_held_until("pause", arm_anew);
	is_held_until("sleep=600000", release);
}

static void
a_sleep_goes_by_the_clock(void)
{
	is_held_until("sleep=3599000", an_hour_passes);
	fail_release("job.claimed");
}

static void
only_texts_that_begin_so_are_meant(void)
{
	fail_arm("request", "sleep=0 times=0 text=slow");
	FAILPOINT_OF(REQUEST, "fast");
	FAILPOINT_OF(REQUEST, "");
	CU_ASSERT_EQUAL(fail_acted("request"), 0);
	FAILPOINT_OF(REQUEST, "slow-1");
	CU_ASSERT_EQUAL(fail_acted("request"), 1);
	fail_release("request");
}

#ifdef CONFAB_TEST
#include "base/test_map.h"

static void
what_is_no_order_changes_nothing(void)
{
	static const char *const orders[] = { "", "crush", "nth=2", "crash nth=0",
		"crash nth=", "crash nth=x", "crash times=-1", "error=nonsense",
		"sleep=", "crash text=a", "crash 3", "error=" };
	struct test_map *map = test_map_own();
	size_t i;

	for (i = 0; i < COUNT_OF(orders); i++)
		CU_ASSERT_FALSE(fail_order(map, FAIL_TX_BEFORE_COMMIT, orders[i]));
	CU_ASSERT_FALSE(fail_order(map, FAIL_JOB_DONE, "error=busy")); /* it takes none */
	CU_ASSERT_EQUAL(map->fails[FAIL_TX_BEFORE_COMMIT].action, FAIL_OFF);
	CU_ASSERT_EQUAL(fail_find("tx.before_commit"), FAIL_TX_BEFORE_COMMIT);
	CU_ASSERT_EQUAL(fail_find("tx"), FAIL__COUNT);
}
#else
static void
what_is_no_order_changes_nothing(void)
{
}
#endif

static const struct cunit_test tests[] = {
	{ "what is not armed does nothing", what_is_not_armed_does_nothing },
	{ "the nth passing acts, and so many times", the_nth_passing_acts_and_so_many_times },
	{ "an error is the one ordered", an_error_is_the_one_ordered },
	{ "who waits goes on when released", who_waits_goes_on_when_released },
	{ "a sleep goes by the clock", a_sleep_goes_by_the_clock },
	{ "only texts that begin so are meant", only_texts_that_begin_so_are_meant },
	{ "what is no order changes nothing", what_is_no_order_changes_nothing },
	{ 0 },
};

int
main(void)
{
	stack_own();
	return cunit_run("fail", tests);
}
