#include "base/clock.h"
#include "base/test_map.h"

#include <time.h>

static int64_t
read_clock(clockid_t id)
{
	struct timespec ts;

	(void)clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * SECOND_US + ts.tv_nsec / 1000;
}

#ifdef CONFAB_CLOCK
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

/* number in just so many digits, and what stands behind them. Where the next begins. */
static char *
put(char *at, int64_t number, int digits, char behind)
{
	int i;

	for (i = digits - 1; i >= 0; i--, number /= 10)
		at[i] = (char)('0' + number % 10);
	at[digits] = behind;
	return at + digits + 1;
}

/* gmtime_r takes a lock. The calendar is counted in years that begin with March, eras of 400 years from the
 * year 0. */
void
clock_format(int64_t us, char text[CLOCK_TEXT_SIZE])
{
	int64_t seconds = us / SECOND_US, days = seconds / 86400 + 719468;
	int64_t era = days / 146097, of_era = days % 146097;
	int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	int64_t month = (5 * of_year + 2) / 153, day = of_year - (153 * month + 2) / 5 + 1;

	text = put(text, year + era * 400 + (month >= 10), 4, '-');
	text = put(text, month + (month < 10 ? 3 : -9), 2, '-');
	text = put(text, day, 2, 'T');
	text = put(text, seconds % 86400 / 3600, 2, ':');
	text = put(text, seconds % 3600 / 60, 2, ':');
	text = put(text, seconds % 60, 2, '.');
	*put(text, us % SECOND_US, 6, 'Z') = '\0';
}
