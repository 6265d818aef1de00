#include "base/fail.h"

#ifdef CONFAB_TEST

#include "base/clock.h"
#include "base/test_map.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

const struct fail_doc fail_docs[FAIL__COUNT] = {
#define FAIL(site, name, takes, doc) [FAIL_##site] = { name, doc, takes },
#include "base/fail.def"
#undef FAIL
};
_Static_assert((int)FAIL__COUNT <= (int)TEST_FAILS_MAX, "more failpoints than the map has room for");

enum fail_site
fail_find(const char *name)
{
	enum fail_site site = 0;

	while (site < FAIL__COUNT && strcmp(fail_docs[site].name, name) != 0)
		site++;
	return site;
}

/* --- orders --- */

struct order {
	enum fail_action action;
	int32_t skip, times;
	int64_t value;
	const char *text;
};

/* A whole number of 0 or more. */
static bool
number(const char *text, int64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoll(text, &end, 10);
	return *text >= '0' && *text <= '9' && *end == '\0' && errno == 0 && *value <= INT32_MAX;
}

static bool
error_find(const char *code, int64_t *value)
{
	int err = ERR_OK + 1;

	while (err < ERR__COUNT && strcmp(err_code((enum err)err), code) != 0)
		err++;
	*value = err;
	return err < ERR__COUNT;
}

static bool
take_action(struct order *order, const char *word, int takes)
{
	static const char *const plain[] = {
		[FAIL_CRASH] = "crash", [FAIL_SEGV] = "segv", [FAIL_SPIN] = "spin", [FAIL_PAUSE] = "pause"
	};
	int i;

	for (i = FAIL_CRASH; i <= FAIL_PAUSE; i++)
		if (strcmp(word, plain[i]) == 0)
			order->action = (enum fail_action)i;
	if (strncmp(word, "sleep=", 6) == 0 && number(word + 6, &order->value))
		order->action = FAIL_SLEEP;
	if (strncmp(word, "error=", 6) == 0 && (takes & FAIL_ERR) != 0 &&
	    error_find(word + 6, &order->value))
		order->action = FAIL_ERROR;
	return order->action != FAIL_OFF;
}

static bool
take_word(struct order *order, const char *word, int takes)
{
	int64_t count;

	if (order->action == FAIL_OFF)
		return take_action(order, word, takes);
	if (strncmp(word, "text=", 5) == 0) {
		order->text = word + 5;
		return (takes & FAIL_TEXT) != 0 && strlen(order->text) < TEST_TEXT_SIZE;
	}
	if (strncmp(word, "nth=", 4) == 0 && number(word + 4, &count) && count > 0)
		order->skip = (int32_t)count - 1;
	else if (strncmp(word, "times=", 6) == 0 && number(word + 6, &count))
		order->times = count == 0 ? INT32_MAX : (int32_t)count;
	else
		return false;
	return true;
}

void
fail_off(struct test_map *map, enum fail_site site)
{
	struct test_fail *fail = &map->fails[site];

	atomic_store(&fail->action, FAIL_OFF);
	atomic_fetch_add(&fail->round, 1);
}

bool
fail_order(struct test_map *map, enum fail_site site, const char *text)
{
	struct order order = { .times = 1, .text = "" };
	struct test_fail *fail = &map->fails[site];
	char words[256], *rest, *word;

	if (strlen(text) >= sizeof(words))
		return false;
	(void)memcpy(words, text, strlen(text) + 1);
	for (word = strtok_r(words, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest))
		if (!take_word(&order, word, fail_docs[site].takes))
			return false;
	if (order.action == FAIL_OFF)
		return false;
	fail_off(map, site);
	atomic_store(&fail->skip, order.skip);
	atomic_store(&fail->times, order.times);
	atomic_store(&fail->acted, 0);
	fail->value = order.value;
	(void)memcpy(fail->text, order.text, strlen(order.text) + 1);
	atomic_store(&fail->action, (int32_t)order.action);
	return true;
}

/* --- passing --- */

/* What the order says of this passing, which is one of those it counts. */
static enum fail_action
passing(struct test_fail *fail, const char *text)
{
	int32_t action = atomic_load(&fail->action);

	if (action == FAIL_OFF || strncmp(text, fail->text, strlen(fail->text)) != 0)
		return FAIL_OFF;
	if (atomic_load(&fail->skip) > 0 && atomic_fetch_sub(&fail->skip, 1) > 0)
		return FAIL_OFF;
	if (atomic_load(&fail->times) <= 0 || atomic_fetch_sub(&fail->times, 1) <= 0)
		return FAIL_OFF;
	atomic_fetch_add(&fail->acted, 1);
	return (enum fail_action)action;
}

static void
hold(struct test_fail *fail, int64_t until_us)
{
	const struct timespec moment = { 0, 2000000 };
	int32_t round = atomic_load(&fail->round);

	atomic_store(&fail->holder, (int32_t)getpid());
	atomic_fetch_add(&fail->held, 1);
	while (atomic_load(&fail->round) == round && clock_monotonic_us() < until_us)
		(void)nanosleep(&moment, NULL);
	atomic_fetch_sub(&fail->held, 1);
}

/* Not inlined: what a crash reports of itself names it. */
static __attribute__((noinline)) enum err
fail_act(struct test_fail *fail, enum fail_action action)
{
	static volatile int *volatile nowhere;

	switch (action) {
	case FAIL_OFF:
		break;
	case FAIL_CRASH:
		_exit(137);
	case FAIL_SEGV:
		*nowhere = 1;
		break;
	case FAIL_SPIN:
		for (;;)
			(void)*(volatile int32_t *)&action;
	case FAIL_PAUSE:
		hold(fail, INT64_MAX);
		break;
	case FAIL_SLEEP:
		hold(fail, clock_monotonic_us() + fail->value * 1000);
		break;
	case FAIL_ERROR:
		return (enum err)fail->value;
	}
	return ERR_OK;
}

enum err
fail_point(enum fail_site site)
{
	struct test_fail *fail = &test_map()->fails[site];

	return fail_act(fail, passing(fail, ""));
}

void
fail_point_of(enum fail_site site, const char *text)
{
	struct test_fail *fail = &test_map()->fails[site];

	(void)fail_act(fail, passing(fail, text));
}

#else
extern int fail_unused_; /* ISO C wants a declaration in every file */
#endif
