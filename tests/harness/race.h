/*
 * Several processes that begin at the same moment, each with a door to the database of its own: what
 * the workers of a program are to each other.
 */
#ifndef HARNESS_RACE_H
#define HARNESS_RACE_H

#include "db/db.h"

enum { RACERS_MAX = 64 };

struct race {
	const struct stmt_set *const *sets; /* as for db_open */
	int (*run)(struct db *, int racer, void *arg); /* its result is the exit status, 0 to 99 */
	void *arg;
	void (*prepare)(int racer); /* in the process, before it connects; may be NULL */
};

/* Run count processes, racers 0 to count - 1, and wait for all. statuses gets each exit status, or
 * 128 + the signal. Asserts of CUnit do not work inside run. */
void race_run(const struct race *, int count, int statuses[]);
/* How many statuses are value. */
int race_count(const int statuses[], int count, int value);

#endif
