#include "harness/race.h"

#include "base/limits.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CANNOT_CONNECT = 100 };

/* In the process: connect, say so, wait until the gate closes, run. */
static void
racer_main(const struct race *race, int racer, int ready, int gate)
{
	struct db *db;
	char byte = 0;

	/* On a busy machine the last of many gets a lock long after the first. */
	(void)setenv("CONFAB_PATIENCE", "10", 1);
	if (race->prepare != NULL)
		race->prepare(racer);
	db = db_open(getenv("DATABASE_URL"), "test race", race->sets);
	db_arena_set(db, arena_new(REQUEST_BYTES_MAX));
	if (db_connect(db) != ERR_OK)
		_exit(CANNOT_CONNECT);
	(void)!write(ready, &byte, 1);
	(void)!read(gate, &byte, 1);
	_exit(race->run(db, racer, race->arg));
}

void
race_run(const struct race *race, int count, int statuses[])
{
	int ready[2], gate[2], i, status;
	pid_t pids[RACERS_MAX];
	char byte;

	CU_ASSERT_FATAL(count <= RACERS_MAX && pipe(ready) == 0 && pipe(gate) == 0);
	for (i = 0; i < count; i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			(void)close(gate[1]);
			(void)close(ready[0]);
			racer_main(race, i, ready[1], gate[0]);
		}
	}
	(void)close(ready[1]);
	for (i = 0; i < count; i++)
		(void)!read(ready[0], &byte, 1); /* 0 bytes when all others have ended */
	(void)close(gate[0]);
	(void)close(gate[1]);
	for (i = 0; i < count; i++) {
		(void)waitpid(pids[i], &status, 0);
		statuses[i] = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	}
	(void)close(ready[0]);
}

int
race_count(const int statuses[], int count, int value)
{
	int i, found = 0;

	for (i = 0; i < count; i++)
		found += statuses[i] == value;
	return found;
}
