/*
 * What a crash leaves behind: one line in the log, like those of log.h, with the signal, the address that
 * could not be used, the request and its route, and where the program was:
 *
 *	{"time":…,"level":"error","program":"advisors","pid":71,"msg":"crashed","signal":"SIGSEGV",
 *	 "address":"0x0","request_id":"…","route":"advisor_apply","backtrace":"advisors+0x1c2ef libc.so.6+0x3c04f …"}
 *
 * `addr2line -Cfpie /usr/lib/confab/advisors 0x1c2ef` tells function and line of a place. Then the signal takes
 * its course, so that status and core dump are those of the crash.
 *
 * The handler runs on a stack of its own, allocates nothing and takes no lock. With a sanitizer nothing is
 * caught: that has a handler of its own.
 */
#ifndef BASE_CRASH_H
#define BASE_CRASH_H

#include "base/base.h"

/* Catch fatal signals from now on, in this process and those it forks. program is borrowed. */
void crash_catch(const char *program);
/* What this thread works at; route is borrowed. NULL: nothing. */
void crash_doing(const char *request_id, const char *route);

#endif
