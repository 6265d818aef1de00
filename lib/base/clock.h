/*
 * Time. Wall time is microseconds since 1970 UTC (int64_t, good past the year 290000); durations are
 * measured with the monotonic clock. What is stored or charged is timed by the database (SQL function
 * app_now()), not by this clock.
 *
 * Test builds (CONFAB_TEST) and that of `make run` (CONFAB_CLOCK): the map of test_map.h shifts both clocks of all programs of a stack while they
 * run. To them it is as if the machine had slept: deadlines have passed, nobody had a turn in between.
 * Who watches another process or the database goes by clock_steady_us(), which no test moves: that time
 * was not given to them.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "base/base.h"

#define SECOND_US INT64_C(1000000)

enum { CLOCK_TEXT_SIZE = 32 }; /* "2026-11-21T03:04:05.678901Z" and NUL */

int64_t clock_now_us(void); /* wall time */
int64_t clock_now_s(void); /* wall time in seconds */
int64_t clock_monotonic_us(void); /* only differences mean something */
int64_t clock_steady_us(void); /* the same, and never moved: for how long others have been silent */
/* How long a loop that goes by the clock may sleep, of at most ms: a test may move the clock meanwhile. */
int clock_nap_ms(int ms);
/* RFC 3339 in UTC with microseconds, from 1970 to 9999. A signal handler may call it. */
void clock_format(int64_t us, char text[CLOCK_TEXT_SIZE]);

#endif
