/*
 * Time. Wall time is microseconds since 1970 UTC (int64_t, good past the year 290000); durations are
 * measured with the monotonic clock. What is stored or charged is timed by the database (SQL function
 * app_now()), not by this clock.
 *
 * Test builds (CONFAB_TEST): when the environment variable CONFAB_TEST_CLOCK names a file of eight
 * bytes, they are mapped and added to the wall clock as microseconds (native byte order), so that a
 * test moves the time of running programs without waiting.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "base/base.h"

#define SECOND_US INT64_C(1000000)

enum { CLOCK_TEXT_SIZE = 32 }; /* "2026-11-21T03:04:05.678901Z" and NUL */

int64_t clock_now_us(void);	  /* wall time */
int64_t clock_now_s(void);	  /* wall time in seconds */
int64_t clock_monotonic_us(void); /* only differences mean something */
/* RFC 3339 in UTC with microseconds. */
void clock_format(int64_t us, char text[CLOCK_TEXT_SIZE]);

#endif
