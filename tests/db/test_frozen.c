/*
 * A server that is stopped (SIGSTOP) accepts bytes and says nothing. No call may wait for it longer
 * than DB_CALL_MS, and all is well again when it goes on. Signals need the server's account or root,
 * as the private server of a test run gives.
 */
#include "base/clock.h"
#include "harness/cunit.h"
#include "harness/testdb.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

enum { READ, WRITE, PID };
static const struct stmt stmts[] = {
	[READ] = { "frozen_read", 0, "SELECT 1", false },
	[WRITE] = { "frozen_write", 1, "INSERT INTO t_frozen (id) VALUES ($1)", false },
	[PID] = { "frozen_pid", 0, "SELECT pg_backend_pid()", true },
};
static STMT_SET(t_stmts, stmts);
static const struct stmt_set *const sets[] = { &t_stmts, NULL };

static pid_t
backend(struct db *db)
{
	struct rows *rows;

	CU_ASSERT_EQUAL_FATAL(db_one(db, &rows, &stmts[PID]), ERR_OK);
	return (pid_t)rows_i64(rows, 0, 0);
}

static void
signal_send(pid_t pid, int number)
{
	if (kill(pid, number) != 0)
		(void)fprintf(stderr, "kill %ld: %s\n", (long)pid, strerror(errno));
}

static void
a_read_ends_in_time_and_the_door_heals(void)
{
	struct db *db = testdb_open(sets);
	pid_t pid = backend(db);
	int64_t began = clock_monotonic_us(), ms;
	enum err err;

	signal_send(pid, SIGSTOP);
	err = db_exec(db, &stmts[READ]);
	ms = (clock_monotonic_us() - began) / 1000;
	signal_send(pid, SIGCONT);
	CU_ASSERT(err == ERR_UNAVAILABLE || err == ERR_TIMEOUT);
	CU_ASSERT(ms >= DB_CALL_MS - 100 && ms < 2 * DB_CALL_MS); /* a busy machine adds to it */
	CU_ASSERT_EQUAL(db_exec(db, &stmts[READ]), ERR_OK);
	testdb_close(db);
}

struct work {
	pid_t stopped;
	int64_t id;
	int runs;
	bool late; /* stop the backend before COMMIT instead of before the statement */
};

static enum err
put(struct db *db, void *arg)
{
	struct work *work = arg;
	enum err err;

	if (work->runs++ == 0 && !work->late)
		signal_send(work->stopped, SIGSTOP);
	err = db_exec(db, &stmts[WRITE], db_i64(work->id));
	if (work->runs == 1 && work->late)
		signal_send(work->stopped, SIGSTOP);
	return err;
}

static int64_t
stored(int64_t id)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%lld", (long long)id);
	return testdb_i64("SELECT count(*) FROM t_frozen WHERE id = $1", text);
}

static void
a_transaction_moves_to_another_connection(void)
{
	struct db *db = testdb_open(sets);
	struct work work = { .stopped = backend(db), .id = 1 };

	CU_ASSERT_EQUAL(db_tx(db, put, &work), ERR_OK);
	signal_send(work.stopped, SIGCONT);
	CU_ASSERT_EQUAL(work.runs, 2);
	testdb_run("SELECT pg_terminate_backend($1, 5000)",
	    arena_printf(db_arena(db), "%ld", (long)work.stopped));
	CU_ASSERT_EQUAL(stored(1), 1);
	testdb_close(db);
}

/* Nobody can know yet what becomes of the COMMIT: no claim is made, and the time is bounded. */
static void
an_unknown_commit_is_not_called_good(void)
{
	struct db *db = testdb_open(sets);
	struct work work = { .stopped = backend(db), .id = 2, .late = true };
	int64_t began = clock_monotonic_us(), ms;

	CU_ASSERT_EQUAL(db_tx(db, put, &work), ERR_UNAVAILABLE);
	ms = (clock_monotonic_us() - began) / 1000;
	signal_send(work.stopped, SIGCONT);
	CU_ASSERT(ms < 3 * DB_CALL_MS);
	CU_ASSERT_EQUAL(work.runs, 1);
	CU_ASSERT(stored(2) <= 1);
	testdb_close(db);
}

int
main(void)
{
	static const struct cunit_test tests[] = { { "a read ends in time and the door heals",
						       a_read_ends_in_time_and_the_door_heals },
		{ "a transaction moves to another connection",
		    a_transaction_moves_to_another_connection },
		{ "an unknown COMMIT is not called good", an_unknown_commit_is_not_called_good },
		{ NULL, NULL } };
	int status;

	testdb_run("CREATE TABLE t_frozen (id bigint NOT NULL)");
	status = cunit_run("frozen", tests);
	testdb_run("DROP TABLE t_frozen");
	return status;
}
