/* The orders of harness/stack.h as a command, for order.sh; its lines tell what there is. */
#include "harness/require.h"
#include "harness/stack.h"

#include <string.h>

static void
clock_advance(char **words)
{
	char *end;
	int64_t seconds = strtoll(words[0], &end, 10);

	require(*end == '\0' && end != words[0]);
	stack_clock_advance(seconds);
}

static void
arm(char **words)
{
	fail_arm(words[0], words[1]);
}

static void
release(char **words)
{
	fail_release(words[0]);
}

static void
acted(char **words)
{
	(void)printf("%lld\n", (long long)fail_acted(words[0]));
}

static void
held(char **words)
{
	fail_wait_held(words[0]);
}

static void
calls(char **words)
{
	int64_t number = stack_calls(), last = number;

	(void)words;
	for (number = last > 64 ? last - 63 : 1; number <= last; number++)
		(void)puts(stack_call(number));
}

static const struct {
	const char *name;
	int count; /* of words behind it */
	void (*run)(char **words);
} orders[] = { { "clock", 1, clock_advance }, { "arm", 2, arm }, { "release", 1, release },
	{ "acted", 1, acted }, { "held", 1, held }, { "calls", 0, calls } };

int
main(int argc, char **argv)
{
	size_t i;

	for (i = 0; i < COUNT_OF(orders); i++)
		if (argc > 1 && strcmp(argv[1], orders[i].name) == 0 && argc - 2 == orders[i].count) {
			orders[i].run(argv + 2);
			return 0;
		}
	(void)fputs("usage: order.sh, see there\n", stderr);
	return 2;
}
