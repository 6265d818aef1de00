/* Two thousand parked polls: what they cost in memory, that each is answered, and that those who leave
 * make room. */
#include "base/clock.h"
#include "harness/cunit.h"
#include "harness/parked.h"
#include "harness/testdb.h"

#include <string.h>
#include <sys/resource.h>

enum { PEOPLE = 400, EACH = 5, POLLS = PEOPLE * EACH, RESIDENT_KB_MAX = 30 * 1024, DROPPED = 1000 };

static struct listener people[PEOPLE];
static struct parked *polls[POLLS];

/* A process's own memory, without the pages it shares with others. */
static long
resident_kb(int pid)
{
	char path[64], line[256];
	long kb = -1;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "re");
	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	while (fgets(line, sizeof(line), file) != NULL)
		if (sscanf(line, "RssAnon: %ld", &kb) == 1)
			break;
	(void)fclose(file);
	return kb;
}

static void
park_all(const char *cursor)
{
	int i;

	for (i = 0; i < POLLS; i++) {
		polls[i] = parked_start(people[i / EACH].token, "cursor=%s&wait=30", cursor);
		if (i % 100 == 99)
			events_metric_wait("polls_parked", i + 1);
	}
}

static void
two_thousand_polls_are_small(void)
{
	long before = resident_kb(events_child()), kb;
	struct rlimit limit;
	int i;

	CU_ASSERT_EQUAL(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = limit.rlim_max;
	CU_ASSERT_EQUAL(setrlimit(RLIMIT_NOFILE, &limit), 0);
	events_metric_wait("polls_parked", 0);
	for (i = 0; i < PEOPLE; i++)
		people[i] = listener_make();
	park_all(cursor_at(0));
	kb = resident_kb(events_child());
	(void)printf("%d parked polls: events has %.1f MB of its own, %.1f KB each\n", POLLS,
	    (double)kb / 1024, (double)(kb - before) / POLLS);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	CU_ASSERT(kb < RESIDENT_KB_MAX);
#endif
}

static void
all_are_answered_when_events_come(void)
{
	int64_t began = clock_monotonic_us(), reads = events_metric("catch_up_reads_total");
	int i;

	testdb_run("SELECT event_emit((SELECT array_agg(user_id) FROM inbox), 'test.all', '{}')");
	for (i = 0; i < POLLS; i++) {
		CU_ASSERT_EQUAL_FATAL(parked_wait(polls[i]), 200);
		CU_ASSERT_EQUAL(parked_events(polls[i]), 1);
		parked_free(polls[i]);
	}
	(void)printf("%d polls answered in %.0f ms after one commit\n", POLLS,
	    (double)(clock_monotonic_us() - began) / 1000);
	/* The stream has them all: hardly a read was needed. */
	CU_ASSERT(events_metric("catch_up_reads_total") - reads < POLLS / 10);
	events_metric_wait("polls_parked", 0);
}

static void
clients_that_leave_make_room(void)
{
	int64_t began = clock_monotonic_us(), parked_us;
	int i;

	park_all(cursor_at(1));
	parked_us = clock_monotonic_us() - began;
	began = clock_monotonic_us();
	for (i = 0; i < DROPPED; i++)
		parked_free(polls[i]);
	events_metric_wait("polls_parked", POLLS - DROPPED);
	(void)printf("%d clients left: their places were free after %.0f ms\n", DROPPED,
	    (double)(clock_monotonic_us() - began) / 1000);
	CU_ASSERT(clock_monotonic_us() - began < parked_us); /* and not in the 30 s of their wait */
	for (; i < POLLS; i++)
		parked_free(polls[i]);
	events_metric_wait("polls_parked", 0);
}

static const struct cunit_test tests[] = {
	{ "two thousand parked polls take less than 30 MB", two_thousand_polls_are_small },
	{ "all are answered when events come", all_are_answered_when_events_come },
	{ "a thousand clients that leave make room", clients_that_leave_make_room },
	{ NULL, NULL },
};

int
main(void)
{
	return cunit_run("events_many", tests);
}
