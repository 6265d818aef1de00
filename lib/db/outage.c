#include "db/outage.h"
#include "base/clock.h"
#include "base/log.h"
#include "db/db.h"

#include <stdatomic.h>
#include <sys/mman.h>

enum { PAUSE_FIRST_US = 100000, PAUSE_YOUNG_US = 200000, PAUSE_MAX_US = 2000000 };

/* Times are monotonic microseconds. */
struct outage {
	_Atomic int64_t began_us; /* 0: all is well */
	_Atomic int64_t failed_us; /* last failure */
	_Atomic int64_t answered_us; /* last success since it began */
	_Atomic int64_t failures; /* since it began */
	_Atomic int64_t told_us; /* last line about it */
	_Atomic int64_t told; /* failures at that time */
	_Atomic(const char *) what; /* the last failure */
};

static struct outage own;
static struct outage *state = &own;

void
outage_open(void)
{
	void *map =
	    mmap(NULL, sizeof(*state), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (map != MAP_FAILED)
		state = map;
}

void
outage_failed_at(int64_t now, const char *what, const char *error)
{
	int64_t well = 0;

	atomic_store(&state->failed_us, now);
	atomic_store(&state->what, what);
	(void)atomic_fetch_add(&state->failures, 1);
	if (atomic_compare_exchange_strong(&state->began_us, &well, now)) {
		atomic_store(&state->told_us, now);
		atomic_store(&state->told, 1);
		log_error(what, LOG_STR("error", error));
	} else {
		log_debug(what, LOG_STR("error", error));
	}
}

void
outage_failed(const char *what, const char *error)
{
	outage_failed_at(clock_steady_us(), what, error);
}

void
outage_answered_at(int64_t now)
{
	if (outage_lasts())
		atomic_store(&state->answered_us, now);
}

void
outage_answered(void)
{
	if (outage_lasts()) /* almost never: no clock is read then */
		outage_answered_at(clock_steady_us());
}

bool
outage_lasts(void)
{
	return atomic_load(&state->began_us) != 0;
}

int64_t
outage_since_us(void)
{
	bool answered = atomic_load(&state->answered_us) >= atomic_load(&state->failed_us);

	return answered ? 0 : atomic_load(&state->began_us);
}

bool
outage_young(void)
{
	int64_t since = outage_since_us();

	return since != 0 && clock_steady_us() < since + (int64_t)DB_WAIT_MS * 1000;
}

int64_t
outage_pause_us(int64_t before_us)
{
	int64_t most_us = outage_young() ? PAUSE_YOUNG_US : PAUSE_MAX_US;
	int64_t pause_us = before_us == 0 ? PAUSE_FIRST_US : before_us * 2;

	return pause_us < most_us ? pause_us : most_us;
}

void
outage_tick_at(int64_t now)
{
	int64_t began = atomic_load(&state->began_us);
	int64_t failed = atomic_load(&state->failed_us), failures = atomic_load(&state->failures);
	int64_t answered = atomic_load(&state->answered_us);

	if (began == 0)
		return;
	if (answered > failed + OUTAGE_CALM_S * SECOND_US) {
		atomic_store(&state->failures, 0);
		atomic_store(&state->began_us, 0);
		log_warn("the database answers again", LOG_INT("failures", failures),
		    LOG_INT("seconds", (failed - began + SECOND_US - 1) / SECOND_US));
	} else if (answered < failed &&
	    now - atomic_load(&state->told_us) >= OUTAGE_TELL_S * SECOND_US &&
	    failures > atomic_load(&state->told)) {
		atomic_store(&state->told_us, now);
		atomic_store(&state->told, failures);
		log_error("the database is still away", LOG_STR("last", atomic_load(&state->what)),
		    LOG_INT("failures", failures), LOG_INT("seconds", (failed - began) / SECOND_US));
	}
}

void
outage_tick(void)
{
	outage_tick_at(clock_steady_us());
}
