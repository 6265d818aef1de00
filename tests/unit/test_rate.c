/* Rate limits: bursts, refill, and one account for all processes. */
#include "base/clock.h"
#include "harness/cunit.h"
#include "web/rate.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The time stands still unless a test lets it pass: how fast the machine is plays no part. */
static int64_t now_us = 1000 * SECOND_US;

static enum err
take(struct rate *rate, enum rate_class class, const char *subject, struct rate_state *state)
{
	return rate_take_at(rate, class, subject, now_us, state);
}

static int
taken(struct rate *rate, enum rate_class class, const char *subject, int calls)
{
	struct rate_state state;
	int i, good = 0;

	for (i = 0; i < calls; i++)
		good += take(rate, class, subject, &state) == ERR_OK;
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

	CU_ASSERT_EQUAL(take(rate, RATE_AUTH, "a", &state), ERR_OK);
	CU_ASSERT_EQUAL(state.limit, 10);
	CU_ASSERT_EQUAL(state.remaining, 9);
	CU_ASSERT_EQUAL(state.reset_s, 6);
	CU_ASSERT_EQUAL(taken(rate, RATE_AUTH, "a", 10), 9);
	CU_ASSERT_EQUAL(take(rate, RATE_AUTH, "a", &state), ERR_RATE);
	CU_ASSERT_EQUAL(state.remaining, 0);
	CU_ASSERT_EQUAL(state.retry_after_s, 7);
	CU_ASSERT_EQUAL(state.reset_s, 60);
}

/* A place of the AUTH class comes free every six seconds. */
static void
refills_with_time(void)
{
	struct rate *rate = rate_open(100);

	CU_ASSERT_EQUAL(taken(rate, RATE_AUTH, "a", 20), 10);
	now_us += 6 * SECOND_US - 1;
	CU_ASSERT_EQUAL(taken(rate, RATE_AUTH, "a", 2), 0);
	now_us += 1;
	CU_ASSERT_EQUAL(taken(rate, RATE_AUTH, "a", 2), 1);
	now_us += 3600 * SECOND_US;
	CU_ASSERT_EQUAL(taken(rate, RATE_AUTH, "a", 20), 10);
}

static void
a_new_scale_holds_from_then_on(void)
{
	struct rate *rate = rate_open(100);
	struct rate_state state;

	CU_ASSERT_EQUAL(take(rate, RATE_AUTH, "a", &state), ERR_OK);
	rate_scale(rate, 300);
	CU_ASSERT_EQUAL(take(rate, RATE_AUTH, "a", &state), ERR_OK);
	CU_ASSERT_EQUAL(state.limit, 30);
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
	CU_ASSERT_EQUAL(sum, 100);
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
		if (take(rate, RATE_AUTH, subject, &state) != ERR_OK)
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
		{ "a new scale holds from then on", a_new_scale_holds_from_then_on },
		{ "processes share one account", processes_share_one_account },
		{ "a full table forgets the idle ones", a_full_table_forgets_the_idle_ones },
		{ "a tiny share still lets one through", a_tiny_share_still_lets_one_through },
		{ NULL, NULL }
	};

	return cunit_run("rate", tests);
}
