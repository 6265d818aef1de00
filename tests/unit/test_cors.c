/* Which origins may call: those of the list, whole, and no others. */
#include "harness/cunit.h"
#include "web/cors.h"

static const char list[] = "https://app.example,http://localhost:3000,https://b.example";

static void
each_of_the_list_may_call(void)
{
	CU_ASSERT(cors_is_listed(list, "https://app.example"));
	CU_ASSERT(cors_is_listed(list, "http://localhost:3000"));
	CU_ASSERT(cors_is_listed(list, "https://b.example"));
}

static void
part_of_one_or_more_than_one_may_not(void)
{
	static const char *const others[] = { "", "https://app.exampl",
		"https://app.example.evil.test", "https://app.example/", "ttps://app.example",
		"http://app.example", "https://app.example,",
		"https://app.example,http://localhost:3000", "http://localhost:300",
		"http://localhost:30001", "https://B.example", "null", "*" };
	size_t i;

	for (i = 0; i < COUNT_OF(others); i++)
		CU_ASSERT(!cors_is_listed(list, others[i]));
	CU_ASSERT(!cors_is_listed("", "https://app.example"));
	CU_ASSERT(!cors_is_listed("", ""));
}

static const struct cunit_test tests[] = {
	{ "each of the list may call", each_of_the_list_may_call },
	{ "part of one, or more than one, may not", part_of_one_or_more_than_one_may_not },
	{ NULL, NULL },
};

int
main(void)
{
	return cunit_run("cors", tests);
}
