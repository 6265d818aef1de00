/* Rate limits: bursts, refill, and one account for all processes. */
#include "base/clock.h"
#include "harness/cunit.h"
#include "web/rate.h"

#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int
taken(struct rate *rate, enum rate_class class, const char *subject, int calls)
{
	struct rate_state state;
	int i, good = 0;

	for (i = 0; i < calls; i++)
		good += rate_take(rate, class, subject, &state) == ERR_OK;
	return good;
}

static void
allows_a_burst_and_no_more(void)
{
	struct rate *rate = rate_open(100);

	CU_ASSERT_EQUAL(taken(rate, RATE_AUTH, "a", 50), 10);
	CU_ASSERT_EQUAL(taken(rate, RATE_MESSAGE, "a", 50), 20);
	CU_ASSERT_EQUAL(taken(rate, RATE_WRITE, "a", 50), 30);
	CU_ASSERT_EQUAL(taken(rate, RATE_PANEL, "a", 100), 60);
	CU_ASSERT_EQUAL(taken(rate, RATE_READ, "a", 150), 100);
}

static void
counts_each_subject_and_class_alone(void)
{
	struct rate *rate = rate_open(100);

	CU_ASSERT_EQUAL(taken(rate, RATE_AUTH, "a", 20), 10);
	CU_ASSERT_EQUAL(taken(rate, RATE_AUTH, "b", 20), 10);
	CU_ASSERT_EQUAL(taken(rate, RATE_WRITE, "a", 1), 1);
	CU_ASSERT_EQUAL(taken(rate, RATE_NONE, "a", 5000), 5000);
}

static void
says_what_is_left(void)
{
	struct rate *rate = rate_open(100);
	struct rate_state state;

	CU_ASSERT_EQUAL(rate_take(rate, RATE_AUTH, "a", &state), ERR_OK);
	CU_ASSERT_EQUAL(state.limit, 10);
	CU_ASSERT_EQUAL(state.remaining, 9);
	CU_ASSERT(state.reset_s >= 6 && state.reset_s <= 7);
	CU_ASSERT_EQUAL(taken(rate, RATE_AUTH, "a", 10), 9);
	CU_ASSERT_EQUAL(rate_take(rate, RATE_AUTH, "a", &state), ERR_RATE);
	CU_ASSERT_EQUAL(state.remaining, 0);
	CU_ASSERT(state.retry_after_s >= 5 && state.retry_after_s <= 7);
	CU_ASSERT(state.reset_s >= 59 && state.reset_s <= 61);
}

/* At 10,000 % the AUTH class refills a place in 60 ms; its burst is as long as ever. */
static void
refills_with_time(void)
{
	struct rate *rate = rate_open(10000);
	struct timespec moment = { 0, 5000000 };
	int64_t began = clock_monotonic_us(), full_us;
	struct rate_state state;

	CU_ASSERT(taken(rate, RATE_AUTH, "a", 3000) >= 1000);
	CU_ASSERT_EQUAL(rate_take(rate, RATE_AUTH, "a", &state), ERR_RATE);
	full_us = clock_monotonic_us();
	while (rate_take(rate, RATE_AUTH, "a", &state) == ERR_RATE &&
	    clock_monotonic_us() - began < 2 * SECOND_US)
		(void)nanosleep(&moment, NULL);
	CU_ASSERT(clock_monotonic_us() - full_us < SECOND_US);
	CU_ASSERT_EQUAL(state.limit, 1000);
}

static void
processes_share_one_account(void)
{
	struct rate *rate = rate_open(100);
	int i, status, sum = 0;

	for (i = 0; i < 8; i++)
		if (fork() == 0)
			_exit(taken(rate, RATE_READ, "a", 100));
	for (i = 0; i < 8; i++)
		if (wait(&status) > 0 && WIFEXITED(status))
			sum += WEXITSTATUS(status);
	CU_ASSERT(sum >= 100 && sum <= 102); /* at most what refills meanwhile */
}

static void
a_full_table_forgets_the_idle_ones(void)
{
	struct rate *rate = rate_open(100);
	struct rate_state state;
	char subject[24];
	int i;

	for (i = 0; i < 400000; i++) {
		(void)snprintf(subject, sizeof(subject), "subject %d", i);
		if (rate_take(rate, RATE_AUTH, subject, &state) != ERR_OK)
			break;
	}
	CU_ASSERT_EQUAL(i, 400000);
	CU_ASSERT_EQUAL(taken(rate, RATE_AUTH, "last", 20), 10);
}

static void
a_tiny_share_still_lets_one_through(void)
{
	struct rate *rate = rate_open(1);

	CU_ASSERT_EQUAL(taken(rate, RATE_AUTH, "a", 10), 1);
}

int
main(void)
{
	static const struct cunit_test tests[] = {
		{ "allows a burst and no more", allows_a_burst_and_no_more },
		{ "counts each subject and class alone", counts_each_subject_and_class_alone },
		{ "says what is left", says_what_is_left },
		{ "refills with time", refills_with_time },
		{ "processes share one account", processes_share_one_account },
		{ "a full table forgets the idle ones", a_full_table_forgets_the_idle_ones },
		{ "a tiny share still lets one through", a_tiny_share_still_lets_one_through },
		{ NULL, NULL }
	};

	return cunit_run("rate", tests);
}
