/* The machine's copy of ended logins: what is in it, who reads for it, and that nobody's death is in the way. */
#include "base/clock.h"
#include "harness/cunit.h"
#include "web/revoked.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PER_SET = 16, SET_COUNT = REVOKED_MAX / PER_SET };

static const int64_t now_us = 100000 * SECOND_US, life_us = REVOKED_LIFE_S * SECOND_US;
static char dir[] = "/tmp/confab-revoked-XXXXXX";

/* The n-th login of those that share one set. */
static const char *
crowded(unsigned n)
{
	static char id[40];

	(void)snprintf(id, sizeof(id), "0190a5b2-0000-7000-8000-%012llx",
	    (unsigned long long)n * SET_COUNT + 7);
	return id;
}

static const char *
spread(unsigned n)
{
	static char id[40];

	(void)snprintf(id, sizeof(id), "0190a5b2-%04x-7000-9000-%012x", n % 7, n * 7919U);
	return id;
}

static void
a_login_is_in_it_until_its_time_is_over(void)
{
	struct revoked *set = revoked_open(NULL);

	CU_ASSERT_FALSE(revoked_has(set, spread(1), now_us));
	CU_ASSERT(revoked_add(set, spread(1), now_us, 60 * SECOND_US));
	CU_ASSERT(revoked_has(set, spread(1), now_us));
	CU_ASSERT(revoked_has(set, spread(1), now_us + 60 * SECOND_US - 1));
	CU_ASSERT_FALSE(revoked_has(set, spread(1), now_us + 60 * SECOND_US));
	CU_ASSERT_FALSE(revoked_has(set, spread(2), now_us));
	CU_ASSERT(revoked_add(set, spread(3), now_us, life_us));
	CU_ASSERT(revoked_has(set, spread(3), now_us - SECOND_US)); /* by a clock read before */
	CU_ASSERT(revoked_add(set, "no uuid", now_us, life_us));
	CU_ASSERT_FALSE(revoked_has(set, "no uuid", now_us));
}

static void
a_full_set_says_so_until_there_is_room(void)
{
	struct revoked *set = revoked_open(NULL);
	unsigned i;

	for (i = 0; i < PER_SET; i++)
		CU_ASSERT(revoked_add(set, crowded(i), now_us, (int64_t)(i + 1) * SECOND_US));
	CU_ASSERT(revoked_add(set, crowded(3), now_us, life_us)); /* is there */
	CU_ASSERT(revoked_whole(set, now_us));
	CU_ASSERT_FALSE(revoked_add(set, crowded(99), now_us, 30 * SECOND_US));
	CU_ASSERT_FALSE(revoked_whole(set, now_us));
	CU_ASSERT(revoked_add(set, crowded(98), now_us + SECOND_US, life_us));
	CU_ASSERT(revoked_has(set, crowded(98), now_us + SECOND_US));
	CU_ASSERT_FALSE(revoked_has(set, crowded(0), now_us + SECOND_US));
	CU_ASSERT(revoked_has(set, crowded(15), now_us + SECOND_US));
	CU_ASSERT_FALSE(revoked_whole(set, now_us + 29 * SECOND_US));
	CU_ASSERT(revoked_whole(set, now_us + 30 * SECOND_US));
}

static void
seventy_thousand_find_room(void)
{
	struct revoked *set = revoked_open(NULL);
	unsigned i, in = 0, there = 0;

	for (i = 0; i < 70000; i++)
		in += revoked_add(set, spread(i), now_us, life_us);
	for (i = 0; i < 70000; i++)
		there += revoked_has(set, spread(i), now_us);
	CU_ASSERT_EQUAL(in, 70000);
	CU_ASSERT_EQUAL(there, 70000);
	CU_ASSERT_FALSE(revoked_has(set, spread(70001), now_us));
}

static void
one_reads_and_the_others_wait_for_it(void)
{
	struct revoked *set = revoked_open(NULL);
	struct revoked_ask ask, other;

	CU_ASSERT_EQUAL(revoked_read_us(set, now_us), 0);
	CU_ASSERT(revoked_claim(set, now_us, SECOND_US, &ask));
	CU_ASSERT_EQUAL(ask.since, 0);
	CU_ASSERT_FALSE(revoked_claim(set, now_us + SECOND_US - 1, SECOND_US, &other));
	revoked_done(set, &ask, now_us + 1000, 500);
	CU_ASSERT_EQUAL(revoked_read_us(set, now_us + 1000), now_us); /* as old as the question */
	CU_ASSERT_FALSE(revoked_claim(set, now_us + SECOND_US, SECOND_US, &other));
	CU_ASSERT(revoked_claim(set, now_us + SECOND_US + 1, SECOND_US, &other));
	CU_ASSERT_EQUAL(other.since, 500);
}

/* Whoever claimed it and is not heard of again. */
static void
a_lost_reading_is_claimed_again_after_a_second(void)
{
	struct revoked *set = revoked_open(NULL);
	struct revoked_ask lost, ask;

	CU_ASSERT(revoked_claim(set, now_us, SECOND_US, &lost));
	CU_ASSERT(revoked_claim(set, now_us + SECOND_US, SECOND_US, &ask));
	revoked_done(set, &ask, now_us + SECOND_US, 700);
	revoked_done(set, &lost, now_us + 3 * SECOND_US, 600); /* it stood still: nothing goes back */
	CU_ASSERT_EQUAL(revoked_read_us(set, now_us + 3 * SECOND_US), now_us + SECOND_US);
	CU_ASSERT(revoked_claim(set, now_us + 4 * SECOND_US, SECOND_US, &ask));
	CU_ASSERT_EQUAL(ask.since, 700);
}

static void
all_is_read_at_times_and_when_it_may_be_another_server(void)
{
	struct revoked *set = revoked_open(NULL);
	struct revoked_ask ask;
	int64_t at = now_us;

	CU_ASSERT(revoked_claim(set, at, SECOND_US, &ask));
	revoked_done(set, &ask, at, 500);
	for (at += 2 * SECOND_US; at - now_us <= REVOKED_ALL_US; at += 2 * SECOND_US) {
		CU_ASSERT(revoked_claim(set, at, SECOND_US, &ask));
		CU_ASSERT_EQUAL(ask.since, 500);
		revoked_done(set, &ask, at, 500);
	}
	CU_ASSERT(revoked_claim(set, at, SECOND_US, &ask));
	CU_ASSERT_EQUAL(ask.since, 0); /* a minute is over */
	revoked_done(set, &ask, at, 500);
	CU_ASSERT(revoked_claim(set, at + 6 * SECOND_US, SECOND_US, &ask));
	CU_ASSERT_EQUAL(ask.since, 0); /* nobody was there for five seconds */
	revoked_done(set, &ask, at + 6 * SECOND_US, 500);
	CU_ASSERT(revoked_claim(set, at + 8 * SECOND_US, SECOND_US, &ask));
	CU_ASSERT_EQUAL(ask.since, 500);
	revoked_done(set, &ask, at + 8 * SECOND_US, 20); /* transactions count from the beginning */
	CU_ASSERT(revoked_claim(set, at + 10 * SECOND_US, SECOND_US, &ask));
	CU_ASSERT_EQUAL(ask.since, 0);
	revoked_done(set, &ask, at + 10 * SECOND_US, 21);
	revoked_ask(set, at + 11 * SECOND_US, false, &ask);
	CU_ASSERT_EQUAL(ask.since, 21);
	revoked_ask(set, at + 11 * SECOND_US, true, &ask);
	CU_ASSERT_EQUAL(ask.since, 0);
}

/* RUN_DIR outlived the machine's start, with which its clock began again. */
static void
what_is_from_before_the_machine_was_started_is_old(void)
{
	struct revoked *set = revoked_open(NULL);
	struct revoked_ask ask;

	CU_ASSERT(revoked_claim(set, now_us, SECOND_US, &ask));
	revoked_done(set, &ask, now_us, 500);
	CU_ASSERT_EQUAL(revoked_read_us(set, SECOND_US), 0);
	CU_ASSERT(revoked_claim(set, SECOND_US, SECOND_US, &ask));
	CU_ASSERT_EQUAL(ask.since, 0);
	revoked_done(set, &ask, SECOND_US, 600);
	CU_ASSERT_EQUAL(revoked_read_us(set, 2 * SECOND_US), SECOND_US);
}

/* Add logins and let their time pass, for ever. */
static void
churn(struct revoked *set, unsigned first)
{
	unsigned i;

	for (i = 0;; i++)
		(void)revoked_add(set, crowded(first + i % 40), now_us + i, 3);
}

static void
programs_killed_while_they_add_leave_a_good_set(void)
{
	struct revoked *set = revoked_open(dir), *same = revoked_open(dir);
	int round, child, status;
	unsigned i, there = 0;
	pid_t pids[4];

	for (round = 0; round < 5; round++) {
		for (child = 0; child < 4; child++)
			if ((pids[child] = fork()) == 0)
				churn(revoked_open(dir), 1000U * (unsigned)(child + 1));
		for (i = 0; i < 20000; i++)
			CU_ASSERT_FALSE(revoked_has(set, crowded(i % 900), now_us + i));
		for (child = 0; child < 4; child++) {
			(void)kill(pids[child], SIGKILL);
			CU_ASSERT_EQUAL(waitpid(pids[child], &status, 0), pids[child]);
		}
	}
	/* Their time is over; all places can be had, in every program. */
	for (i = 0; i < PER_SET; i++)
		CU_ASSERT(revoked_add(set, crowded(i), now_us + 3600 * SECOND_US, life_us));
	for (i = 0; i < PER_SET; i++)
		there += revoked_has(same, crowded(i), now_us + 3600 * SECOND_US);
	CU_ASSERT_EQUAL(there, PER_SET);
}

static const struct cunit_test tests[] = {
	{ "a login is in it until its time is over", a_login_is_in_it_until_its_time_is_over },
	{ "a full set says so until there is room", a_full_set_says_so_until_there_is_room },
	{ "seventy thousand find room", seventy_thousand_find_room },
	{ "one reads and the others wait for it", one_reads_and_the_others_wait_for_it },
	{ "a lost reading is claimed again after a second",
	    a_lost_reading_is_claimed_again_after_a_second },
	{ "all is read at times, and when it may be another server",
	    all_is_read_at_times_and_when_it_may_be_another_server },
	{ "what is from before the machine was started is old",
	    what_is_from_before_the_machine_was_started_is_old },
	{ "programs killed while they add leave a good set",
	    programs_killed_while_they_add_leave_a_good_set },
	{ NULL, NULL },
};

int
main(void)
{
	char path[64];
	int status;

	if (mkdtemp(dir) == NULL)
		return 1;
	status = cunit_run("revoked_set", tests);
	(void)snprintf(path, sizeof(path), "%s/shared/revoked", dir);
	(void)unlink(path);
	(void)snprintf(path, sizeof(path), "%s/shared", dir);
	(void)rmdir(path);
	(void)rmdir(dir);
	return status;
}
