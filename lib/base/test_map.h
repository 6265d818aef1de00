/*
 * What a test orders of programs that run, and what they tell it: the shift of the clock, the armed
 * failpoints (fail.h), the calls of stand-ins for the outside world. All programs of a test's stack map one
 * file, which CONFAB_TEST_FILE in the environment names; without it the process has a map of its own. Every
 * number is atomic; what is not (texts) is written before the number that makes it count.
 *
 * Builds for tests only (CONFAB_TEST), and of it the clock in the build that `make run` shows (CONFAB_CLOCK): other
 * builds know neither the file nor the variable.
 */
#ifndef BASE_TEST_MAP_H
#define BASE_TEST_MAP_H

#include "base/base.h"

#if defined(CONFAB_TEST) && !defined(CONFAB_CLOCK)
#define CONFAB_CLOCK
#endif

#ifdef CONFAB_CLOCK
#include <stdatomic.h>

enum { TEST_FAILS_MAX = 32, TEST_CALLS_MAX = 64, TEST_TEXT_SIZE = 64, TEST_CALL_SIZE = 256 };

struct test_fail {
	_Atomic int32_t action; /* enum fail_action; it is set last, and cleared first */
	_Atomic int32_t round; /* one more each time it is armed or released */
	_Atomic int32_t skip; /* so many passings do nothing yet */
	_Atomic int32_t times; /* then so many act */
	_Atomic int32_t held; /* threads that wait there now, and those killed there */
	_Atomic int32_t holder; /* the process that came last to wait there */
	_Atomic int64_t acted; /* how often it acted since it was armed */
	int64_t value; /* milliseconds of a sleep, enum err of an error */
	char text[TEST_TEXT_SIZE]; /* what FAILPOINT_OF's text must begin with; "": any */
};

struct test_call {
	_Atomic int64_t number; /* of the call, from 1; 0 while the text is being written */
	char text[TEST_CALL_SIZE]; /* "who: what", cut */
};

struct test_map {
	_Atomic int64_t shift_us; /* added to the wall clock and to the monotonic one */
	_Atomic int64_t call_count;
	struct test_call calls[TEST_CALLS_MAX]; /* a ring: call n is calls[(n - 1) % TEST_CALLS_MAX] */
	struct test_fail fails[TEST_FAILS_MAX]; /* by enum fail_site */
};

/* The map in force; never NULL. */
struct test_map *test_map(void);
/* Is it a file's, so that others may change it? */
bool test_map_is_shared(void);
/* The file's map, which is made as long as needed; NULL when it cannot be. For who gives the orders. */
struct test_map *test_map_open(const char *path);
/* From now on this process and those it forks have a new map of their own in common. */
struct test_map *test_map_own(void);
#endif

#ifdef CONFAB_TEST
/* A stand-in was asked: "who: what" becomes the newest of the calls. */
void test_map_record(const char *who, const char *what);
#define TEST_RECORD(who, what) test_map_record(who, what)
#else
#define TEST_RECORD(who, what) ((void)(what))
#endif

#endif
