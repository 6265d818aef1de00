/* How many of one user's polls are held: six devices, many first polls at once, and one too many. */
#include "base/clock.h"
#include "harness/cunit.h"
#include "harness/parked.h"

#include <stdlib.h>
#include <string.h>

enum { DEVICES = 6, TOLD = 12, FIRST = 30, SEATS = 20 };

static void
six_devices_each_hear_everything_and_ask_no_more_than_needed(void)
{
	struct listener all[DEVICES];
	struct parked *polls[DEVICES];
	int64_t reads = 0;
	int i, n;

	all[0] = listener_make();
	for (i = 1; i < DEVICES; i++)
		all[i] = listener_device(all[0].id);
	for (n = 0; n < TOLD; n++) {
		for (i = 0; i < DEVICES; i++)
			polls[i] = parked_start(all[i].token, "cursor=%s&wait=20", cursor_at(n));
		events_metric_wait("polls_parked", DEVICES);
		if (n == 1)
			reads = events_metric("catch_up_reads_total");
		listener_emit(&all[0], "test.six", "{}");
		for (i = 0; i < DEVICES; i++) {
			CU_ASSERT_EQUAL_FATAL(parked_wait(polls[i]), 200);
			CU_ASSERT_EQUAL_FATAL(parked_events(polls[i]), 1); /* not pushed out empty */
			CU_ASSERT_EQUAL(parked_seq(polls[i], 0), n + 1);
			parked_free(polls[i]);
		}
	}
	CU_ASSERT_EQUAL(events_metric("catch_up_reads_total"), reads);
}

static void
many_polls_that_do_not_wait_are_all_answered(void)
{
	char with_cursor[96];
	const char *const queries[] = { with_cursor, "wait=0", "" };
	struct parked *polls[FIRST * COUNT_OF(queries)];
	struct listener a = listener_make();
	size_t i;

	(void)snprintf(with_cursor, sizeof(with_cursor), "cursor=%s&wait=0", cursor_at(0));
	listener_emit(&a, "test.one", "{}");
	for (i = 0; i < COUNT_OF(polls); i++)
		polls[i] = parked_start(a.token, "%s", queries[i / FIRST]);
	for (i = 0; i < COUNT_OF(polls); i++) {
		CU_ASSERT_EQUAL(parked_wait(polls[i]), 200);
		CU_ASSERT_EQUAL(parked_events(polls[i]), i < FIRST ? 1 : 0);
		CU_ASSERT_STRING_EQUAL(parked_text(polls[i], "cursor"), cursor_at(1));
		parked_free(polls[i]);
	}
}

/* One that comes while all seats are taken: the oldest goes, and then for a while nobody. */
static void
one_too_many_takes_the_oldest_seat_once_in_a_while(void)
{
	struct listener a = listener_make();
	struct parked *polls[SEATS + 1], *more;
	int64_t first = clock_monotonic_us(), began = 0;
	int i, refused = 0;

	for (i = 0; i < SEATS; i++) {
		polls[i] = parked_start(a.token, "cursor=%s&wait=30", cursor_at(0));
		events_metric_wait("polls_parked", i + 1);
	}
	polls[SEATS] = parked_start(a.token, "cursor=%s&wait=30", cursor_at(0));
	CU_ASSERT_EQUAL(parked_wait(polls[0]), 200);
	CU_ASSERT_EQUAL(parked_events(polls[0]), 0);
	CU_ASSERT_STRING_EQUAL(parked_text(polls[0], "cursor"), cursor_at(0));
	for (began = clock_monotonic_us();;
	     refused++) { /* its client comes again at once, and again */
		more = parked_start(a.token, "cursor=%s&wait=30", cursor_at(0));
		while (!parked_done(more) && !parked_done(polls[1]))
			parked_turn(20);
		if (!parked_done(more))
			break;
		CU_ASSERT_EQUAL_FATAL(parked_wait(more), 429);
		CU_ASSERT_STRING_EQUAL(parked_text(more, "error"), "rate_limited");
		CU_ASSERT_FATAL(clock_monotonic_us() - first < 30 * SECOND_US); /* no wait is over */
		parked_free(more);
	}
	CU_ASSERT(refused > 0);
	CU_ASSERT(clock_monotonic_us() - began > 4 * SECOND_US);
	for (i = 2; i <= SEATS; i++)
		CU_ASSERT(!parked_done(polls[i]));
	listener_emit(&a, "test.all", "{}");
	for (i = 2; i <= SEATS; i++) {
		CU_ASSERT_EQUAL(parked_wait(polls[i]), 200);
		CU_ASSERT_EQUAL(parked_events(polls[i]), 1);
	}
	for (i = 0; i <= SEATS; i++)
		parked_free(polls[i]);
	parked_free(more);
	events_metric_wait("polls_parked", 0);
}

static const struct cunit_test tests[] = {
	{ "six devices each hear everything, and ask no more than needed",
	    six_devices_each_hear_everything_and_ask_no_more_than_needed },
	{ "many polls that do not wait are all answered",
	    many_polls_that_do_not_wait_are_all_answered },
	{ "one too many takes the oldest seat, once in a while",
	    one_too_many_takes_the_oldest_seat_once_in_a_while },
	{ NULL, NULL },
};

int
main(void)
{
	return cunit_run("events_seats", tests);
}
