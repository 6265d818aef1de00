/* The log of an outage: a line at its beginning, one each half minute, one at its end, for all processes. */
#include "base/clock.h"
#include "base/log.h"
#include "db/outage.h"
#include "harness/cunit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char said[65536];
static int ends[2], saved;

static void
capture_start(void)
{
	memset(said, 0, sizeof(said));
	saved = dup(STDERR_FILENO);
	CU_ASSERT_FATAL(saved >= 0 && pipe(ends) == 0 && dup2(ends[1], STDERR_FILENO) >= 0);
}

/* How many lines were written since capture_start; their text is in said. */
static int
capture_end(void)
{
	const char *at;
	int lines = 0;

	(void)dup2(saved, STDERR_FILENO);
	(void)close(saved);
	(void)close(ends[1]);
	CU_ASSERT(read(ends[0], said, sizeof(said) - 1) >= 0);
	(void)close(ends[0]);
	for (at = said; (at = strchr(at, '\n')) != NULL; at++)
		lines++;
	return lines;
}

/* A minute of a failing program of three processes, from 1000 s on; a try each second in each. */
static void
fail_for_a_minute(void)
{
	int64_t second;
	int i;

	for (second = 1000; second < 1060; second++) {
		for (i = 0; i < 3; i++) {
			pid_t pid = fork();

			if (pid == 0) {
				outage_failed_at(second * SECOND_US, "it is away", "gone");
				_exit(0);
			}
			CU_ASSERT_EQUAL(waitpid(pid, NULL, 0), pid);
		}
		outage_tick_at(second * SECOND_US);
	}
}

static void
tells_of_a_minute_in_three_lines(void)
{
	capture_start();
	outage_open();
	log_open("test", LOG_LEVEL_INFO);
	CU_ASSERT_FALSE(outage_lasts());
	fail_for_a_minute();
	CU_ASSERT(outage_lasts());
	outage_answered_at(1060 * SECOND_US);
	outage_tick_at(1060 * SECOND_US);
	CU_ASSERT(outage_lasts()); /* too soon to say */
	outage_answered_at(1063 * SECOND_US);
	outage_tick_at(1063 * SECOND_US);
	CU_ASSERT_FALSE(outage_lasts());
	outage_tick_at(1064 * SECOND_US);
	CU_ASSERT_EQUAL(capture_end(), 3);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "\"level\":\"error\""));
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "\"msg\":\"it is away\",\"error\":\"gone\"}"));
	CU_ASSERT_PTR_NOT_NULL(strstr(said,
	    "\"msg\":\"the database is still away\","
	    "\"last\":\"it is away\",\"failures\":93,\"seconds\":30}"));
	CU_ASSERT_PTR_NOT_NULL(strstr(said,
	    "\"msg\":\"the database answers again\","
	    "\"failures\":180,\"seconds\":59}"));
}

/* A server that takes reads and refuses writes. */
static void
is_one_outage_while_some_calls_succeed(void)
{
	int64_t second;

	capture_start();
	for (second = 2000; second < 2020; second++) {
		outage_failed_at(second * SECOND_US, "it is away", "read-only");
		outage_answered_at(second * SECOND_US + SECOND_US / 2);
		outage_tick_at(second * SECOND_US + SECOND_US / 2);
	}
	CU_ASSERT_EQUAL(capture_end(), 1);
	capture_start();
	outage_answered_at(2030 * SECOND_US);
	outage_tick_at(2030 * SECOND_US);
	CU_ASSERT_EQUAL(capture_end(), 1);
}

/* Nobody asks: nothing is known, and nothing is said. */
static void
is_quiet_while_nobody_asks(void)
{
	capture_start();
	outage_failed_at(3000 * SECOND_US, "it is away", "gone");
	outage_tick_at(3031 * SECOND_US);
	outage_tick_at(3600 * SECOND_US);
	CU_ASSERT_EQUAL(capture_end(), 1);
	CU_ASSERT(outage_lasts());
	capture_start();
	outage_failed_at(3601 * SECOND_US, "it is away", "gone");
	outage_tick_at(3601 * SECOND_US);
	CU_ASSERT_EQUAL(capture_end(), 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "still away"));
}

int
main(void)
{
	static const struct cunit_test tests[] = { { "a minute of three processes is three lines",
						       tells_of_a_minute_in_three_lines },
		{ "it is one outage while some calls succeed",
		    is_one_outage_while_some_calls_succeed },
		{ "it is quiet while nobody asks", is_quiet_while_nobody_asks }, { NULL, NULL } };

	return cunit_run("outage", tests);
}
