/* Ids: their form, version, order and time. */
#include "base/clock.h"
#include "base/uuid.h"
#include "harness/cunit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
makes_version_7(void)
{
	struct arena *arena = arena_new(4 * 1024 * 1024);
	char last[UUID_TEXT_SIZE] = "";
	int i;

	for (i = 0; i < 10000; i++) {
		char *id = uuid_new(arena);

		if (!uuid_valid(id) || id[14] != '7' || strchr("89ab", id[19]) == NULL ||
		    strncmp(last, id, 13) > 0 || strcmp(last, id) == 0) {
			CU_FAIL("not a version 7 id, or out of order");
			break;
		}
		memcpy(last, id, sizeof(last));
	}
	CU_ASSERT_EQUAL(i, 10000);
	arena_free(arena);
}

static void
holds_the_time(void)
{
	struct arena *arena = arena_new(1024);
	int64_t before = clock_now_us() / 1000, after, ms;
	char *id = uuid_new(arena), digits[13];

	after = clock_now_us() / 1000;
	(void)snprintf(digits, sizeof(digits), "%.8s%.4s", id, id + 9);
	ms = strtoll(digits, NULL, 16);
	CU_ASSERT(before <= ms && ms <= after);
	arena_free(arena);
}

static void
judges_the_form(void)
{
	static const char *const bad[] = { "", "-", "01234567-89ab-cdef-0123-456789abcde",
		"01234567-89ab-cdef-0123-456789abcdef0", "01234567-89AB-cdef-0123-456789abcdef",
		"0123456789ab-cdef-0123-456789abcdef-", "01234567-89ab-cdef-0123-456789abcdeg",
		"{1234567-89ab-cdef-0123-456789abcde}", "01234567+89ab-cdef-0123-456789abcdef",
		"01234567-89ab-cdef-0123-456789abcde\n", " 1234567-89ab-cdef-0123-456789abcdef" };
	size_t i;

	CU_ASSERT(uuid_valid("01234567-89ab-cdef-0123-456789abcdef"));
	CU_ASSERT(uuid_valid("00000000-0000-0000-0000-000000000000"));
	for (i = 0; i < COUNT_OF(bad); i++)
		CU_ASSERT(!uuid_valid(bad[i]));
}

static const struct cunit_test tests[] = {
	{ "ids are version 7, ordered by time and differ", makes_version_7 },
	{ "an id starts with its time in milliseconds", holds_the_time },
	{ "only the lower-case text form is an id", judges_the_form },
	{ NULL, NULL },
};

int
main(void)
{
	return cunit_run("uuid", tests);
}
