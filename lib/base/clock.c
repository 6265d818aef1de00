#include "base/clock.h"
#include "base/test_map.h"

#include <stdio.h>
#include <time.h>

static int64_t
read_clock(clockid_t id)
{
	struct timespec ts;

	(void)clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * SECOND_US + ts.tv_nsec / 1000;
}

#ifdef CONFAB_TEST
enum { NAP_MS = 100 }; /* how soon a moved clock is noticed */

static int64_t
shift_us(void)
{
	return atomic_load_explicit(&test_map()->shift_us, memory_order_relaxed);
}

int
clock_nap_ms(int ms)
{
	return ms > NAP_MS && test_map_is_shared() ? NAP_MS : ms;
}
#else
static int64_t
shift_us(void)
{
	return 0;
}

int
clock_nap_ms(int ms)
{
	return ms;
}
#endif

int64_t
clock_now_us(void)
{
	return read_clock(CLOCK_REALTIME) + shift_us();
}

int64_t
clock_now_s(void)
{
	return clock_now_us() / SECOND_US;
}

int64_t
clock_monotonic_us(void)
{
	return read_clock(CLOCK_MONOTONIC) + shift_us();
}

int64_t
clock_steady_us(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

void
clock_format(int64_t us, char text[CLOCK_TEXT_SIZE])
{
	time_t seconds = (time_t)(us / SECOND_US);
	struct tm tm;
	size_t len;

	(void)gmtime_r(&seconds, &tm);
	len = strftime(text, CLOCK_TEXT_SIZE, "%Y-%m-%dT%H:%M:%S", &tm);
	(void)snprintf(text + len, CLOCK_TEXT_SIZE - len, ".%06dZ", (int)(us % SECOND_US));
}
