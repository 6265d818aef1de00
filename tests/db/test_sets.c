/* --check of a program: it has as many sets of statements as it needs, and every list is read in every way. */
#include "base/arena.h"
#include "domain/system/list_sources.h"
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

/* --check of a program that has these lists. */
static int
check_lists(const struct list_source *const *lists)
{
	struct app app = { .name = "test", .lists = lists };
	char name[] = "test", option[] = "--check";
	char *argv[] = { name, option, NULL };

	optind = 1;
	return app_main(&app, 2, argv);
}

static const struct list_filter good_filters[] = {
	{ "state", "u.state = $?", .where_id = "u.id = $?" },
	{ "from", LIST_DAY_FROM("u.created_at"), NULL },
	{ 0 },
};
static const struct list_sort good_sorts[] = {
	{ "created", { "u.created_at", "u.id" }, true },
	{ "name", { "u.display_name", "u.id" }, false },
	{ 0 },
};
static const struct list_source good = { .name = "test_list",
	.columns = "u.id, u.display_name",
	.from = "user_account u",
	.filters = good_filters,
	.sorts = good_sorts };

static void
every_list_is_read_in_every_way(void)
{
	const struct list_source *const one[] = { &good, NULL };

	CU_ASSERT_EQUAL(check_lists(one), 0);
	CU_ASSERT_EQUAL(check_lists(list_sources), 0);
}

static void
a_list_with_a_broken_part_is_found(void)
{
	static const struct list_filter filters[][2] = {
		{ { "state", "u.nothing = $?", NULL }, { 0 } },
		{ { "state", "u.state = $?", .where_id = "u.id = $?::int" }, { 0 } },
		{ { "from", "u.created_at >= $? AND nowhere($@)", NULL }, { 0 } },
	};
	static const struct list_sort sorts[][3] = {
		{ { "created", { "u.created_at", "u.nothing" }, true }, { 0 } },
		{ { "name", { "u.id" }, false }, { "last", { "u.nothing" }, true }, { 0 } },
	};
	const struct list_source *lists[] = { &good, NULL, NULL };
	struct list_source broken;
	size_t i;

	lists[1] = &broken;
	for (i = 0; i < COUNT_OF(filters); i++) {
		broken = good;
		broken.filters = filters[i];
		CU_ASSERT_EQUAL(check_lists(lists), 1);
	}
	for (i = 0; i < COUNT_OF(sorts); i++) {
		broken = good;
		broken.sorts = sorts[i];
		CU_ASSERT_EQUAL(check_lists(lists), 1);
	}
	broken = good;
	broken.columns = "u.id, u.nothing";
	CU_ASSERT_EQUAL(check_lists(lists), 1);
	broken = good;
	broken.where = "u.state = 1";
	CU_ASSERT_EQUAL(check_lists(lists), 1);
}

static const struct cunit_test tests[] = {
	{ "a hundred sets are prepared", a_hundred_sets_are_prepared },
	{ "the last of them is looked at", the_last_of_them_is_looked_at },
	{ "every list is read in every way", every_list_is_read_in_every_way },
	{ "a list with a broken part is found", a_list_with_a_broken_part_is_found },
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
