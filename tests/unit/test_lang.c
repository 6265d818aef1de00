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

static const struct cunit_test tests[] = {
	{ "tags in their usual form are taken", tags_in_their_usual_form_are_taken },
	{ "everything else is refused", everything_else_is_refused },
	{ NULL, NULL },
};

int
main(void)
{
	return cunit_run("lang", tests);
}
