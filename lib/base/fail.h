/*
 * Named failpoints, compiled into test builds only. CONFAB_FAIL=name:n in the environment makes the
 * n-th passing of FAILPOINT("name") end the process at once with status 137, as SIGKILL would;
 * CONFAB_FAIL=name:n:pause:path instead waits there as long as the file path exists.
 * CONFAB_FAIL=name:told makes FAILPOINT_OF("name", s) do what s says: use an address that is none when it
 * begins with "crash-me", never go on with "spin-me".
 */
#ifndef BASE_FAIL_H
#define BASE_FAIL_H

#ifdef CONFAB_TEST
void fail_point(const char *name);
void fail_point_of(const char *name, const char *text);
#define FAILPOINT(name) fail_point(name)
#define FAILPOINT_OF(name, text) fail_point_of(name, text)
#else
#define FAILPOINT(name) ((void)0)
#define FAILPOINT_OF(name, text) ((void)0)
#endif

#endif
