/* Acts as rows: which states they fit, what they say, and that every row that there is can be used. */
#include "base/arena.h"
#include "domain/system/acts.h"
#include "harness/cunit.h"

#include <string.h>

static const struct act_kind kind = { "thing", "things", .look = NULL };
static const struct act_refusal refusals[] = {
	{ ERR_FORBIDDEN, "Not {}." },
	{ ERR_OK, NULL },
};
static const struct act act = { "thing.close", &kind, .from = "OPEN REOPENED", .to = "CLOSED",
	.refusals = refusals };
static struct arena *arena;

static void
an_act_fits_whole_names_of_states(void)
{
	const struct act any = { .name = "thing.note" };

	CU_ASSERT(act_fits(&act, "OPEN"));
	CU_ASSERT(act_fits(&act, "REOPENED"));
	CU_ASSERT_FALSE(act_fits(&act, "CLOSED"));
	CU_ASSERT_FALSE(act_fits(&act, "REOPEN"));
	CU_ASSERT_FALSE(act_fits(&act, "OPENED"));
	CU_ASSERT_FALSE(act_fits(&act, "OPE"));
	CU_ASSERT(act_fits(&any, "WHATEVER"));
	CU_ASSERT_STRING_EQUAL(act_verb(&act), "close");
}

static void
a_sentence_has_the_subjects_name(void)
{
	arena = arena_new(65536);
	CU_ASSERT_STRING_EQUAL(act_say(arena, "{} was {}", "A"), "A was {}");
	CU_ASSERT_STRING_EQUAL(act_say(arena, "Done.", "A"), "Done.");
	CU_ASSERT_STRING_EQUAL(act_refused(arena, &act, ERR_FORBIDDEN, "A", "OPEN"), "Not A.");
	CU_ASSERT_STRING_EQUAL(act_refused(arena, &act, ERR_BAD_STATE, "A", "CLOSED"),
	    "Nothing was done: A is already closed.");
	CU_ASSERT_STRING_EQUAL(
	    act_refused(arena, &act, ERR_BAD_STATE, "A", "GONE"), "Nothing was done: A is gone.");
	CU_ASSERT_PTR_NULL(act_refused(arena, &act, ERR_BUSY, "A", "OPEN"));
	arena_free(arena);
}

static void
what_it_may_come_to_is_listed(void)
{
	enum err list[ACT_ERRORS_MAX];

	act_errors(&act, list);
	CU_ASSERT_EQUAL(list[0], ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(list[1], ERR_BAD_STATE);
	CU_ASSERT_EQUAL(list[2], ERR_FORBIDDEN);
	CU_ASSERT_EQUAL(list[3], ERR_OK);
}

static void
every_row_is_whole(void)
{
	const struct act *row;
	size_t i;

	for (i = 0; (row = act_at(i)) != NULL; i++) {
		size_t len = strlen(row->kind->name);

		CU_ASSERT_PTR_EQUAL(act_find(row->name), row);
		CU_ASSERT_NSTRING_EQUAL(row->name, row->kind->name, len);
		CU_ASSERT_EQUAL(row->name[len], '.');
		CU_ASSERT_PTR_NOT_NULL(row->permission);
		CU_ASSERT_PTR_NOT_NULL(row->label);
		CU_ASSERT_PTR_NOT_NULL(row->done);
		CU_ASSERT_PTR_NOT_NULL(row->summary);
		CU_ASSERT_PTR_NOT_NULL(row->run);
		CU_ASSERT_EQUAL((row->flags & ACT_BULK) != 0, row->bulk != NULL);
		CU_ASSERT(row->to == NULL || row->from != NULL);
	}
	CU_ASSERT_PTR_NULL(act_find("thing.close"));
}

static const struct cunit_test tests[] = {
	{ "an act fits whole names of states", an_act_fits_whole_names_of_states },
	{ "a sentence has the subject's name", a_sentence_has_the_subjects_name },
	{ "what it may come to is listed", what_it_may_come_to_is_listed },
	{ "every row is whole", every_row_is_whole },
	{ NULL, NULL },
};

int
main(void)
{
	return cunit_run("act", tests);
}
