/*
 * Orders to the programs of a stack while they run: its clock, its failpoints, its stand-ins for the
 * outside world. They go through the stack's map (base/test_map.h) at STACK_DIR/test.map, which
 * stack.sh gives to all its programs, so nothing is restarted and nothing is waited for.
 *
 * What is ordered stays until it is taken back, and a clock never goes back: a test that moves it, or arms what
 * others pass too, has a stack of its own (private.h). Cannot be: a fatal CUnit assert; of a release build
 * exit 77, skipped. order.sh is the same for shells and scripts.
 */
#ifndef HARNESS_STACK_H
#define HARNESS_STACK_H

#include "base/base.h"

/* Without a stack, as in unit tests: shift the clock of this process to so many microseconds. */
void stack_own_shift(int64_t us);
/* From now on the orders are for this process and those it forks, not for a stack. */
void stack_own(void);

/*
 * Move the wall clock and the deadlines of all programs and the database's app_now() on by seconds, at once.
 * To the programs it is as if the machine had slept; they notice within 100 ms.
 */
void stack_clock_advance(int64_t seconds);

/* Arm a failpoint, as in fail_arm("tx.before_commit", "error=busy nth=2"); the orders stand in base/fail.h. */
void fail_arm(const char *name, const char *order);
/* It does nothing any more, and who waits there goes on. */
void fail_release(const char *name);
/* How often it acted since it was armed. */
int64_t fail_acted(const char *name);
/* Wait until somebody is held there by pause or sleep. */
void fail_wait_held(const char *name);
/* The process that was held there last. */
int64_t fail_holder(const char *name);

/* How many calls the stand-ins have had so far: the number of the newest. */
int64_t stack_calls(void);
/* Call number (one of the last 64) as "who: what"; "" when there is none. Until the next call of this. */
const char *stack_call(int64_t number);

#endif
