/* How times are written: UTC, six digits behind the second. */
#include "base/clock.h"
#include "harness/cunit.h"
#include "harness/stack.h"

#include <string.h>
#include <time.h>

static void
a_time_has_all_its_digits(void)
{
	static const struct {
		int64_t us;
		const char *text;
	} times[] = { { 0, "1970-01-01T00:00:00.000000Z" }, { 7, "1970-01-01T00:00:00.000007Z" },
		{ INT64_C(951782400) * SECOND_US + 50000, "2000-02-29T00:00:00.050000Z" },
		{ INT64_C(1795253399) * SECOND_US + 999999, "2026-11-21T09:29:59.999999Z" } };
	char text[CLOCK_TEXT_SIZE];
	size_t i;

	for (i = 0; i < COUNT_OF(times); i++) {
		clock_format(times[i].us, text);
		CU_ASSERT_STRING_EQUAL(text, times[i].text);
	}
}

/* Every day of an era, 400 years and some, at another time of day each. */
static void
the_calendar_is_that_of_the_system(void)
{
	char text[CLOCK_TEXT_SIZE], expected[CLOCK_TEXT_SIZE];
	time_t at;

	for (at = 86399; at < INT64_C(13600000000); at += 86400 + 7) {
		struct tm tm;

		(void)gmtime_r(&at, &tm);
		(void)strftime(expected, sizeof(expected), "%Y-%m-%dT%H:%M:%S.000000Z", &tm);
		clock_format(at * SECOND_US, text);
		if (strcmp(text, expected) != 0)
			CU_FAIL_FATAL("another time");
	}
}

static void
one_clock_tells_the_time_and_one_only_grows(void)
{
	int64_t before = clock_monotonic_us(), now = clock_now_us();

	CU_ASSERT(now > INT64_C(1700000000) * SECOND_US);
	CU_ASSERT_EQUAL(clock_now_s() - now / SECOND_US, clock_now_s() > now / SECOND_US ? 1 : 0);
	CU_ASSERT(clock_monotonic_us() >= before);
}

static void
a_test_moves_both_clocks_and_not_the_steady_one(void)
{
	int64_t wall = clock_now_us(), monotonic = clock_monotonic_us(), steady = clock_steady_us();

	stack_own_shift(1800 * SECOND_US);
	CU_ASSERT(clock_now_us() - wall >= 1800 * SECOND_US);
	CU_ASSERT(clock_monotonic_us() - monotonic >= 1800 * SECOND_US);
	CU_ASSERT(clock_steady_us() - steady < 1800 * SECOND_US);
	stack_own_shift(0);
	CU_ASSERT_EQUAL(clock_nap_ms(500), 500); /* nobody else can move it */
}

static const struct cunit_test tests[] = {
	{ "a time has all its digits", a_time_has_all_its_digits },
	{ "the calendar is that of the system", the_calendar_is_that_of_the_system },
	{ "one clock tells the time, and one only grows",
	    one_clock_tells_the_time_and_one_only_grows },
	{ "a test moves both clocks, and not the steady one",
	    a_test_moves_both_clocks_and_not_the_steady_one },
	{ NULL, NULL },
};

int
main(void)
{
	return cunit_run("clock", tests);
}
