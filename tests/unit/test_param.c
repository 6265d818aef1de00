/* What a request is told of: each parameter by its number, whatever else a client sends. */
#include "harness/cunit.h"
#include "web/param.h"

#include <stdio.h>
#include <string.h>

static const char *const names[PARAM__COUNT] = {
#define PARAM(name, text) text,
#include "web/param.def"
#undef PARAM
};
static const char *values[PARAM__COUNT];

static void
each_is_found_by_its_number(void)
{
	char texts[PARAM__COUNT][64];
	const char *env[PARAM__COUNT + 1] = { NULL };
	size_t i, j;

	for (i = 0; i < PARAM__COUNT; i++) {
		(void)snprintf(texts[i], sizeof(texts[i]), "%s=value=%zu", names[i], i);
		env[PARAM__COUNT - 1 - i] = texts[i];
	}
	params_read(values, env);
	for (i = 0; i < PARAM__COUNT; i++)
		CU_ASSERT_PTR_EQUAL(values[i], texts[i] + strlen(names[i]) + 1);
	for (i = 0; i < PARAM__COUNT; i++) {
		const char *one[] = { texts[i], NULL };

		params_read(values, one);
		for (j = 0; j < PARAM__COUNT; j++)
			CU_ASSERT_EQUAL(values[j] != NULL, j == i);
	}
}

static void
the_first_of_two_counts_and_an_empty_one_is_there(void)
{
	static const char *const env[] = { "HTTP_ORIGIN=", "HTTP_ORIGIN=b", "HTTP_COOKIE=a",
		"HTTP_COOKIE=b", NULL };

	params_read(values, env);
	CU_ASSERT_STRING_EQUAL(values[HEADER_ORIGIN], "");
	CU_ASSERT_STRING_EQUAL(values[HEADER_COOKIE], "a");
	CU_ASSERT_PTR_NULL(values[HEADER_IF_MATCH]);
}

/* Of every length, the lengths of the names among them, and what is no parameter at all. */
static void
what_nobody_asks_for_is_passed_over(void)
{
	char texts[200][300];
	const char *env[COUNT_OF(texts) + 4] = { "", "=", "HTTP_ORIGIN" };
	size_t i, at = 3;

	for (i = 0; i < COUNT_OF(texts); i++) {
		memset(texts[i], 'H', i);
		(void)snprintf(texts[i] + i, sizeof(texts[i]) - i, "=x");
		env[at++] = texts[i];
	}
	params_read(values, env);
	for (i = 0; i < PARAM__COUNT; i++)
		CU_ASSERT_PTR_NULL(values[i]);
	params_read(values, NULL);
	CU_ASSERT_PTR_NULL(values[PARAM_PATH_INFO]);
}

int
main(void)
{
	static const struct cunit_test tests[] = { { "each is found by its number",
						       each_is_found_by_its_number },
		{ "the first of two counts, and an empty one is there",
		    the_first_of_two_counts_and_an_empty_one_is_there },
		{ "what nobody asks for is passed over", what_nobody_asks_for_is_passed_over },
		{ NULL, NULL } };

	return cunit_run("param", tests);
}
