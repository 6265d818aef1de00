/* Which language tags people and advisors may have: a language, perhaps its script, perhaps a region. */
#include "domain/people/lang.h"
#include "harness/cunit.h"

static void
tags_in_their_usual_form_are_taken(void)
{
	static const char *const good[] = { "en", "hi", "fil", "pt-BR", "zh-Hant", "zh-Hant-TW",
		"sr-Latn-RS" };
	size_t i;

	for (i = 0; i < COUNT_OF(good); i++)
		CU_ASSERT(lang_valid(good[i]));
}

static void
everything_else_is_refused(void)
{
	static const char *const bad[] = { "", "e", "engl", "english", "EN", "En", "pt-br", "pt-B",
		"pt-BRA", "pt_BR", "zh-hant", "zh-Han", "zh-TW-Hant", "en-", "-US", "en-US-",
		"en-US-x", "en US", "en\n", "*", "en,de" };
	size_t i;

	for (i = 0; i < COUNT_OF(bad); i++)
		CU_ASSERT(!lang_valid(bad[i]));
}

static void
a_reader_understands_the_best_first_and_all_read_english(void)
{
	static const char *const cases[][2] = { { NULL, "" }, { "", "" }, { "de", "de" },
		{ "de-AT, fr;q=0.5", "de-AT de fr" }, { "fr;q=0.5,DE-at;q=0.8", "de-AT de fr" },
		{ "zh-hant-tw", "zh-Hant-TW zh" }, { "en-GB,en;q=0.9,de;q=0.8", "" },
		{ "de;q=0.1, en;q=0.2", "" }, { "hi, en, de", "hi" }, { "de;q=0, fr", "fr" },
		{ "de;q=x, fr;q=1.5, it; q=1.000", "it" }, { "*", "" }, { "de;", "" },
		{ " ,, de ,", "de" }, { "a'; DROP, fr", "fr" },
		{ "aa,ab,ac,ad,ae,af,ag,ah,ai,aj,ak;q=0.9", "aa ab ac ad ae af ag ah ai aj" } };
	struct arena *arena = arena_new(65536);
	size_t i;

	for (i = 0; i < COUNT_OF(cases); i++)
		CU_ASSERT_STRING_EQUAL(lang_accepted(arena, cases[i][0]), cases[i][1]);
	arena_free(arena);
}

static const struct cunit_test tests[] = {
	{ "tags in their usual form are taken", tags_in_their_usual_form_are_taken },
	{ "everything else is refused", everything_else_is_refused },
	{ "a reader understands the best first, and all read English",
	    a_reader_understands_the_best_first_and_all_read_english },
	{ NULL, NULL },
};

int
main(void)
{
	return cunit_run("lang", tests);
}
