/*
 * Named failpoints, compiled into test builds only. fail.def lists them all: one that is not listed does
 * not compile. A test arms them in the map of test_map.h while programs run (harness/stack.h,
 * tests/harness/order.sh); `confab failpoints` of a test build prints them.
 *
 * An order is words: what to do, then for which passings.
 *	crash		end the process at once with status 137, as SIGKILL would
 *	segv		use an address that is none
 *	spin		never go on
 *	pause		wait until the failpoint is released or armed anew
 *	sleep=MS	wait so long by clock_monotonic_us(), or until released
 *	error=CODE	return that error (err.def), where the failpoint takes one
 *	nth=N		the N-th passing from now is the first that acts (1)
 *	times=N		so many act (1); 0: all
 *	text=T		only passings whose text begins with T
 */
#ifndef BASE_FAIL_H
#define BASE_FAIL_H

#include "base/err.h"

#ifdef CONFAB_TEST
struct test_map;

enum fail_site {
#define FAIL(site, name, takes, doc) FAIL_##site,
#include "base/fail.def"
#undef FAIL
	FAIL__COUNT
};
enum { FAIL_ERR = 1, FAIL_TEXT = 2 }; /* what a failpoint takes */
enum fail_action { FAIL_OFF, FAIL_CRASH, FAIL_SEGV, FAIL_SPIN, FAIL_PAUSE, FAIL_SLEEP, FAIL_ERROR };

struct fail_doc {
	const char *name, *doc;
	int takes; /* FAIL_ERR | FAIL_TEXT */
};
extern const struct fail_doc fail_docs[FAIL__COUNT];

/* By its name; FAIL__COUNT when there is none. */
enum fail_site fail_find(const char *name);
/* Arm it anew. False: the order is none, or not one for this failpoint; nothing has changed then. */
MUST_CHECK bool fail_order(struct test_map *, enum fail_site, const char *order);
/* It does nothing any more; who waits there goes on. */
void fail_off(struct test_map *, enum fail_site);

enum err fail_point(enum fail_site);
void fail_point_of(enum fail_site, const char *text);
#define FAILPOINT(site) ((void)fail_point(FAIL_##site))
#define FAILPOINT_ERR(site) fail_point(FAIL_##site)
#define FAILPOINT_OF(site, text) fail_point_of(FAIL_##site, text)
#else
#define FAILPOINT(site) ((void)0)
#define FAILPOINT_ERR(site) ERR_OK
#define FAILPOINT_OF(site, text) ((void)0)
#endif

#endif
