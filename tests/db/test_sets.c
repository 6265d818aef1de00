/* A program has as many sets of statements as it needs. */
#include "base/arena.h"
#include "harness/cunit.h"
#include "harness/require.h"
#include "web/app.h"

#include <getopt.h>
#include <stdlib.h>

enum { SETS = 100 };

static struct arena *arena;

/* One that is refused shows that the hundredth is prepared too. */
static int
check_with(const char *last)
{
	static struct stmt stmts[SETS];
	static struct stmt_set sets[SETS];
	static const struct stmt_set *all[SETS + 1];
	struct app app = { .name = "test", .sets = all };
	char name[] = "test", option[] = "--check";
	char *argv[] = { name, option, NULL };
	size_t i;

	for (i = 0; i < SETS; i++) {
		stmts[i] = (struct stmt){ .name = arena_printf(arena, "test_%zu", i),
			.sql = i == SETS - 1 ? last : "SELECT 1" };
		sets[i] = (struct stmt_set){ &stmts[i], 1 };
		all[i] = &sets[i];
	}
	optind = 1;
	return app_main(&app, 2, argv);
}

static void
a_hundred_sets_are_prepared(void)
{
	CU_ASSERT_EQUAL(check_with("SELECT 1"), 0);
}

static void
the_last_of_them_is_looked_at(void)
{
	CU_ASSERT_EQUAL(check_with("SELECT nothing FROM nowhere"), 1);
}

static const struct cunit_test tests[] = {
	{ "a hundred sets are prepared", a_hundred_sets_are_prepared },
	{ "the last of them is looked at", the_last_of_them_is_looked_at },
	{ NULL, NULL },
};

int
main(void)
{
	const char *dir = getenv("STACK_DIR");
	int status;

	require(dir != NULL);
	arena = arena_new(1024 * 1024);
	require(setenv("CONFAB_CONF", arena_printf(arena, "%s/confab.conf", dir), 1) == 0);
	status = cunit_run("sets", tests);
	arena_free(arena);
	return status;
}
