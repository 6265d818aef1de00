/*
 * Named failpoints, compiled into test builds only. CONFAB_FAIL=name:n in the environment makes the
 * n-th passing of FAILPOINT("name") end the process at once with status 137, as SIGKILL would;
 * CONFAB_FAIL=name:n:pause:path instead waits there as long as the file path exists.
 */
#ifndef BASE_FAIL_H
#define BASE_FAIL_H

#ifdef CONFAB_TEST
void fail_point(const char *name);
#define FAILPOINT(name) fail_point(name)
#else
#define FAILPOINT(name) ((void)0)
#endif

#endif
