#include "harness/stack.h"

#ifdef CONFAB_TEST

#include "base/clock.h"
#include "base/fail.h"
#include "base/test_map.h"
#include "harness/require.h"
#include "harness/testdb.h"

#include <string.h>
#include <time.h>

static struct test_map *map;

/* The stack may be another one than in the last test: private_start comes before the first order. */
static struct test_map *
orders(void)
{
	const char *dir = getenv("STACK_DIR");
	char path[512];

	if (map != NULL)
		return map;
	require(dir != NULL);
	(void)snprintf(path, sizeof(path), "%s/test.map", dir);
	map = test_map_open(path);
	if (map == NULL)
		(void)fprintf(stderr, "%s: no programs of a test build run there\n", path);
	require(map != NULL);
	return map;
}

void
stack_own_shift(int64_t us)
{
	atomic_store(&test_map()->shift_us, us);
}

void
stack_own(void)
{
	map = test_map_own();
}

/* The database first: what a program then decides by its own clock finds a database that agrees. */
void
stack_clock_advance(int64_t seconds)
{
	char text[32];

	require(seconds >= 0);
	(void)snprintf(text, sizeof(text), "%lld", (long long)seconds);
	testdb_run("UPDATE test.clock SET shift = shift + make_interval(secs => $1::bigint)", text);
	(void)atomic_fetch_add(&orders()->shift_us, seconds * SECOND_US);
}

static enum fail_site
site_of(const char *name)
{
	enum fail_site site = fail_find(name);

	if (site == FAIL__COUNT)
		(void)fprintf(stderr, "%s: no such failpoint\n", name);
	require(site < FAIL__COUNT);
	return site;
}

void
fail_arm(const char *name, const char *order)
{
	bool armed = fail_order(orders(), site_of(name), order);

	if (!armed)
		(void)fprintf(stderr, "%s: not an order for %s\n", order, name);
	require(armed);
}

void
fail_release(const char *name)
{
	fail_off(orders(), site_of(name));
}

int64_t
fail_acted(const char *name)
{
	return atomic_load(&orders()->fails[site_of(name)].acted);
}

void
fail_wait_held(const char *name)
{
	const struct timespec moment = { 0, 2000000 };
	struct test_fail *fail = &orders()->fails[site_of(name)];
	int64_t end = clock_steady_us() + HANG_US;

	while ((atomic_load(&fail->acted) == 0 || atomic_load(&fail->held) == 0) &&
	    clock_steady_us() < end)
		(void)nanosleep(&moment, NULL);
	require(atomic_load(&fail->acted) > 0 && atomic_load(&fail->held) > 0);
}

int64_t
fail_holder(const char *name)
{
	return atomic_load(&orders()->fails[site_of(name)].holder);
}

int64_t
stack_calls(void)
{
	return atomic_load(&orders()->call_count);
}

const char *
stack_call(int64_t number)
{
	static char text[TEST_CALL_SIZE];
	struct test_call *call;

	require(number > 0);
	call = &orders()->calls[(number - 1) % TEST_CALLS_MAX];
	(void)memcpy(text, call->text, sizeof(text));
	return atomic_load(&call->number) == number ? text : "";
}

#else

#include <stdio.h>
#include <stdlib.h>

static _Noreturn void
refuse(void)
{
	(void)puts("only programs of a test build take orders");
	(void)fflush(stdout);
	_Exit(77);
}

void
stack_own_shift(int64_t us)
{
	(void)us;
	refuse();
}

void
stack_own(void)
{
	refuse();
}

void
stack_clock_advance(int64_t seconds)
{
	(void)seconds;
	refuse();
}

void
fail_arm(const char *name, const char *order)
{
	(void)name;
	(void)order;
	refuse();
}

void
fail_release(const char *name)
{
	(void)name;
	refuse();
}

int64_t
fail_acted(const char *name)
{
	(void)name;
	refuse();
}

void
fail_wait_held(const char *name)
{
	(void)name;
	refuse();
}

int64_t
fail_holder(const char *name)
{
	(void)name;
	refuse();
}

int64_t
stack_calls(void)
{
	refuse();
}

const char *
stack_call(int64_t number)
{
	(void)number;
	refuse();
}

#endif
