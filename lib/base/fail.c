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

void
fail_point(const char *name)
{
	static long passed;
	const char *spec = getenv("CONFAB_FAIL");
	size_t len = strlen(name);
	char *rest;

	if (spec == NULL || strncmp(spec, name, len) != 0 || spec[len] != ':')
		return;
	if (++passed != strtol(spec + len + 1, &rest, 10))
		return;
	if (strncmp(rest, ":pause:", 7) == 0)
		pause_while_exists(rest + 7);
	else
		_exit(137);
}

#else
extern int fail_unused_; /* ISO C wants a declaration in every file */
#endif
