/* What is one emoji. */
#include "base/emoji.h"
#include "harness/cunit.h"

#include <string.h>

static void
one_emoji_is_one_whatever_it_is_made_of(void)
{
	static const char *const good[] = { "\U0001F44D", "\U0001F44D\U0001F3FD", "\u2764",
		"\u2764\uFE0F", "\u2764\uFE0F\u200D\U0001F525", "\U0001F1EE\U0001F1F3",
		"1\uFE0F\u20E3", "#\u20E3", "\U0001F9D1\u200D\U0001F680", "\u00A9", "\U0001FAE8",
		"\U0001F64B\u200D\u2640\uFE0F", "\u263A\uFE0F",
		"\U0001F469\u200D\u2764\u200D\u2764" /* 16 bytes */ };
	size_t i;

	for (i = 0; i < COUNT_OF(good); i++)
		CU_ASSERT(emoji_is_one(good[i]));
}

static void
anything_else_is_not(void)
{
	static const char *const bad[] = { "", "a", "1", "#", "ok", "\u00E9", "\u4E2D", "\u200D",
		"\uFE0F", "\u20E3", "1\uFE0F", "\U0001F44D\U0001F44D", "\U0001F44Dx", "x\U0001F44D",
		" \U0001F44D", "\U0001F44D ", "\U0001F44D\u200D", "\u200D\U0001F44D", "\U0001F1EE",
		"\U0001F1EE\U0001F1F3\U0001F1EE", "\U0001F44D\uFE0F\uFE0F", "\U0001F3FD\U0001F44D",
		"\u2764\uFE0E", "<", "\xff", "\xf0\x9f\x91",
		"\u2764\u200D\u2764\u200D\u2764\u200D\u2764",
		"\U0001F469\u200D\u2764\u200D\U0001F469" /* 17 bytes */ };
	size_t i;

	for (i = 0; i < COUNT_OF(bad); i++)
		CU_ASSERT(!emoji_is_one(bad[i]));
}

static const struct cunit_test tests[] = {
	{ "one emoji is one, whatever it is made of", one_emoji_is_one_whatever_it_is_made_of },
	{ "anything else is not", anything_else_is_not },
	{ NULL, NULL },
};

int
main(void)
{
	return cunit_run("emoji", tests);
}
