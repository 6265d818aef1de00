#include "base/fail.h"
#include "base/base.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#ifdef CONFAB_TEST

static void
pause_while_exists(const char *path)
{
	const struct timespec moment = { 0, 2000000 };

	while (access(path, F_OK) == 0)
		(void)nanosleep(&moment, NULL);
}

/* What CONFAB_FAIL says of the point of this name; NULL: nothing. */
static const char *
spec_of(const char *name)
{
	const char *spec = getenv("CONFAB_FAIL");
	size_t len = strlen(name);

	if (spec == NULL || strncmp(spec, name, len) != 0 || spec[len] != ':')
		return NULL;
	return spec + len + 1;
}

void
fail_point_of(const char *name, const char *text)
{
	static volatile int *volatile nowhere;
	const char *spec = spec_of(name);

	if (spec == NULL || strcmp(spec, "told") != 0)
		return;
	if (strncmp(text, "crash-me", 8) == 0)
		*nowhere = 1;
	while (strncmp(text, "spin-me", 7) == 0)
		;
}

void
fail_point(const char *name)
{
	static long passed;
	const char *spec = spec_of(name);
	char *rest;

	if (spec == NULL)
		return;
	if (++passed != strtol(spec, &rest, 10))
		return;
	if (strncmp(rest, ":pause:", 7) == 0)
		pause_while_exists(rest + 7);
	else
		_exit(137);
}

#else
extern int fail_unused_; /* ISO C wants a declaration in every file */
#endif
