/* Transactions and single statements: what is retried, what is said, how many messages it takes. */
#include "base/clock.h"
#include "harness/cunit.h"
#include "harness/testdb.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { PUT, ADD, READ, RAISE, REFUSE, CUT, CUT_ALWAYS, PID, SLOW, WRITE_ALWAYS, LOCK };
static const struct stmt stmts[] = {
	[PUT] = { "t_put", 2, "INSERT INTO t_tx (id, n) VALUES ($1, $2)", false },
	[ADD] = { "t_add", 2, "UPDATE t_tx SET n = n + $2 WHERE id = $1", false },
	[READ] = { "t_read", 1, "SELECT n FROM t_tx WHERE id = $1", true },
	[RAISE] = { "t_raise", 1, "SELECT t_raise($1)", false },
	[REFUSE] = { "t_refuse", 1, "SELECT refuse($1, 'why')", false },
	/* Ends its own connection, each other time. */
	[CUT] = { "t_cut", 0,
	    "SELECT CASE WHEN nextval('t_cuts') % 2 = 1 THEN"
	    " pg_terminate_backend(pg_backend_pid())::text || pg_sleep(5)::text END",
	    false },
	[CUT_ALWAYS] = { "t_cut_always", 0,
	    "SELECT CASE WHEN nextval('t_cuts') % 2 = 1 THEN"
	    " pg_terminate_backend(pg_backend_pid())::text || pg_sleep(5)::text END",
	    true },
	[PID] = { "t_pid", 0, "SELECT pg_backend_pid()", true },
	[SLOW] = { "t_slow", 0, "SELECT pg_sleep(30)", false },
	[WRITE_ALWAYS] = { "t_write_always", 1,
	    "INSERT INTO t_tx (id, n) VALUES ($1, 1) ON CONFLICT (id) DO UPDATE SET n = 1", true },
	[LOCK] = { "t_lock", 1, "SELECT n FROM t_tx WHERE id = $1 FOR UPDATE", false },
};
static STMT_SET(t_stmts, stmts);
static const struct stmt_set *const sets[] = { &t_stmts, NULL };

static void
tables_make(void)
{
	testdb_run("DROP TABLE IF EXISTS t_tx");
	testdb_run("CREATE TABLE t_tx (id int PRIMARY KEY, n int NOT NULL,"
		   " CONSTRAINT t_small CHECK (n < 1000))");
	testdb_run("CREATE SEQUENCE t_cuts");
	testdb_run("CREATE OR REPLACE FUNCTION t_raise(state text) RETURNS int LANGUAGE plpgsql AS"
		   " $$ BEGIN RAISE EXCEPTION USING ERRCODE = state; END $$");
}

static void
tables_drop(void)
{
	testdb_run("DROP TABLE IF EXISTS t_tx");
	testdb_run("DROP SEQUENCE IF EXISTS t_cuts");
	testdb_run("DROP FUNCTION IF EXISTS t_raise");
}

/* One transaction: put a row, then perhaps raise, for the first `failures` runs. */
struct work {
	int64_t id;
	const char *state; /* SQLSTATE to raise */
	int failures, runs;
	enum err result; /* of fn at the end */
	char *text; /* made in the arena by the last run */
};

static enum err
work(struct db *db, void *arg)
{
	struct work *w = arg;

	w->runs++;
	w->text = arena_printf(db_arena(db), "run %d", w->runs);
	TRY(db_exec(db, &stmts[PUT], db_i64(w->id), db_i64(1)));
	if (w->runs <= w->failures)
		TRY(db_exec(db, &stmts[RAISE], db_text(w->state)));
	return w->result;
}

static int64_t
stored(int64_t id)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%lld", (long long)id);
	return testdb_i64("SELECT count(*) FROM t_tx WHERE id = $1", text);
}

static void
commits_what_ended_well(void)
{
	struct db *db = testdb_open(sets);
	struct work w = { .id = 1 };

	CU_ASSERT_EQUAL(db_tx(db, work, &w), ERR_OK);
	CU_ASSERT_EQUAL(w.runs, 1);
	CU_ASSERT_EQUAL(stored(1), 1);
	testdb_close(db);
}

static void
rolls_back_what_did_not(void)
{
	struct db *db = testdb_open(sets);
	struct work w = { .id = 2, .result = ERR_FORBIDDEN };

	CU_ASSERT_EQUAL(db_tx(db, work, &w), ERR_FORBIDDEN);
	CU_ASSERT_EQUAL(w.runs, 1);
	CU_ASSERT_EQUAL(stored(2), 0);
	w = (struct work){ .id = 2 };
	CU_ASSERT_EQUAL(db_tx(db, work, &w), ERR_OK);
	CU_ASSERT_EQUAL(stored(2), 1);
	testdb_close(db);
}

static void
runs_again_when_the_server_asks(void)
{
	static const char *const states[] = { "40001", "40P01" };
	struct db *db = testdb_open(sets);
	size_t i;

	for (i = 0; i < 2; i++) {
		struct work w = { .id = 10 + (int64_t)i, .state = states[i], .failures = 2 };

		CU_ASSERT_EQUAL(db_tx(db, work, &w), ERR_OK);
		CU_ASSERT_EQUAL(w.runs, 3);
		CU_ASSERT_STRING_EQUAL(w.text, "run 3");
		CU_ASSERT_EQUAL(stored(w.id), 1);
	}
	testdb_close(db);
}

static void
gives_up_after_three_runs(void)
{
	struct db *db = testdb_open(sets);
	struct work w = { .id = 20, .state = "40001", .failures = 99 };

	CU_ASSERT_EQUAL(db_tx(db, work, &w), ERR_TIMEOUT);
	CU_ASSERT_EQUAL(w.runs, DB_TX_TRIES);
	CU_ASSERT_EQUAL(stored(20), 0);
	testdb_close(db);
}

static enum err
outer(struct db *db, void *arg)
{
	struct work *w = arg;

	TRY(db_exec(db, &stmts[PUT], db_i64(w->id + 1), db_i64(1)));
	TRY(db_tx(db, work, w));
	return w->state == NULL ? ERR_OK : ERR_CONFLICT;
}

static void
joins_a_transaction_inside_of_another(void)
{
	struct db *db = testdb_open(sets);
	struct work w = { .id = 30, .state = "00000" }; /* the outer one fails after the inner */

	CU_ASSERT_EQUAL(db_tx(db, outer, &w), ERR_CONFLICT);
	CU_ASSERT_EQUAL(stored(30) + stored(31), 0);
	w = (struct work){ .id = 30 };
	CU_ASSERT_EQUAL(db_tx(db, outer, &w), ERR_OK);
	CU_ASSERT_EQUAL(stored(30) + stored(31), 2);
	w = (struct work){ .id = 32, .state = "40001", .failures = 1 };
	CU_ASSERT_EQUAL(db_tx(db, outer, &w), ERR_CONFLICT);
	CU_ASSERT_EQUAL(w.runs, 2); /* the whole ran again */
	testdb_close(db);
}

static enum err
swallows_a_failure(struct db *db, void *arg)
{
	TRY(db_exec(db, &stmts[PUT], db_i64(40), db_i64(1)));
	if (db_exec(db, &stmts[PUT], db_i64(40), db_i64(1)) != ERR_CONFLICT)
		return ERR_TIMEOUT;
	(void)arg;
	return ERR_OK;
}

static void
never_says_good_of_a_swallowed_failure(void)
{
	struct db *db = testdb_open(sets);

	CU_ASSERT_EQUAL(db_tx(db, swallows_a_failure, NULL), ERR_INTERNAL);
	CU_ASSERT_EQUAL(stored(40), 0);
	testdb_close(db);
}

static void
maps_what_the_server_says(void)
{
	static const struct {
		const char *state;
		enum err err;
	} cases[] = { { "23505", ERR_CONFLICT }, { "23P01", ERR_CONFLICT },
		{ "23514", ERR_VALIDATION }, { "23502", ERR_VALIDATION },
		{ "23503", ERR_VALIDATION }, { "22P02", ERR_VALIDATION }, { "57014", ERR_TIMEOUT },
		{ "55P03", ERR_TIMEOUT }, { "40001", ERR_TIMEOUT }, { "25006", ERR_UNAVAILABLE },
		{ "53300", ERR_UNAVAILABLE }, { "57P03", ERR_UNAVAILABLE },
		{ "42501", ERR_INTERNAL }, { "XX000", ERR_INTERNAL } };
	struct db *db = testdb_open(sets);
	size_t i;

	for (i = 0; i < COUNT_OF(cases); i++)
		CU_ASSERT_EQUAL(db_exec(db, &stmts[RAISE], db_text(cases[i].state)), cases[i].err);
	CU_ASSERT_EQUAL(db_exec(db, &stmts[REFUSE], db_text("bad_state")), ERR_BAD_STATE);
	CU_ASSERT_STRING_EQUAL(db_detail(db), "why");
	CU_ASSERT_EQUAL(db_exec(db, &stmts[REFUSE], db_text("no such code")), ERR_INTERNAL);
	testdb_close(db);
}

static void
names_the_constraint(void)
{
	struct db *db = testdb_open(sets);

	CU_ASSERT_EQUAL(db_exec(db, &stmts[PUT], db_i64(50), db_i64(1)), ERR_OK);
	CU_ASSERT(!db_violated(db, "t_tx_pkey"));
	CU_ASSERT_EQUAL(db_exec(db, &stmts[PUT], db_i64(50), db_i64(1)), ERR_CONFLICT);
	CU_ASSERT(db_violated(db, "t_tx_pkey"));
	CU_ASSERT_EQUAL(db_exec(db, &stmts[PUT], db_i64(51), db_i64(1000)), ERR_VALIDATION);
	CU_ASSERT(db_violated(db, "t_small"));
	CU_ASSERT_EQUAL(db_exec(db, &stmts[PUT], db_i64(51), db_text(NULL)), ERR_VALIDATION);
	CU_ASSERT(!db_violated(db, "t_small"));
	CU_ASSERT_EQUAL(db_exec_one(db, &stmts[ADD], db_i64(404), db_i64(1)), ERR_NOT_FOUND);
	testdb_close(db);
}

static enum err
fails_with_a_constraint(struct db *db, void *arg)
{
	(void)arg;
	return db_exec(db, &stmts[PUT], db_i64(52), db_i64(5000));
}

static void
names_the_constraint_after_the_rollback(void)
{
	struct db *db = testdb_open(sets);

	CU_ASSERT_EQUAL(db_tx(db, fails_with_a_constraint, NULL), ERR_VALIDATION);
	CU_ASSERT(db_violated(db, "t_small"));
	testdb_close(db);
}

static enum err
nothing(struct db *db, void *arg)
{
	(void)db;
	(void)arg;
	return ERR_OK;
}

static void
counts_its_messages(void)
{
	struct db *db = testdb_open(sets);
	struct work w = { .id = 60 };
	struct rows *rows;
	unsigned long before = db_round_trips(db);

	CU_ASSERT_EQUAL(db_rows(db, &rows, &stmts[READ], db_i64(60)), ERR_OK);
	CU_ASSERT_EQUAL(db_round_trips(db) - before, 1);
	before = db_round_trips(db);
	CU_ASSERT_EQUAL(db_tx(db, work, &w), ERR_OK);
	CU_ASSERT_EQUAL(db_round_trips(db) - before, 2);
	before = db_round_trips(db);
	CU_ASSERT_EQUAL(db_tx(db, nothing, NULL), ERR_OK);
	CU_ASSERT_EQUAL(db_round_trips(db) - before, 0);
	testdb_close(db);
}

static void
ends_a_slow_statement(void)
{
	struct db *db = testdb_open(sets);
	int64_t began = clock_monotonic_us(), ms;
	struct rows *rows;

	CU_ASSERT_EQUAL(db_exec(db, &stmts[SLOW]), ERR_TIMEOUT);
	ms = (clock_monotonic_us() - began) / 1000;
	CU_ASSERT(ms >= DB_STATEMENT_MS - 100 && ms < 30000); /* and not when it is done */
	CU_ASSERT_EQUAL(db_rows(db, &rows, &stmts[READ], db_i64(1)), ERR_OK);
	testdb_close(db);
}

static void
does_not_wait_long_for_a_lock(void)
{
	struct db *db = testdb_open(sets);
	int64_t began;

	CU_ASSERT_EQUAL(db_exec(db, &stmts[WRITE_ALWAYS], db_i64(70)), ERR_OK);
	testdb_run("BEGIN");
	testdb_run("SELECT FROM t_tx WHERE id = 70 FOR UPDATE");
	began = clock_monotonic_us();
	CU_ASSERT_EQUAL(db_exec(db, &stmts[ADD], db_i64(70), db_i64(1)), ERR_TIMEOUT);
	CU_ASSERT(clock_monotonic_us() - began <
	    DB_STATEMENT_MS * INT64_C(1000)); /* of two limits the first */
	testdb_run("ROLLBACK");
	testdb_close(db);
}

/* The server ends our connection. */
static void
cut(struct db *db)
{
	struct rows *rows;

	CU_ASSERT_EQUAL_FATAL(db_rows(db, &rows, &stmts[PID]), ERR_OK);
	testdb_run("SELECT pg_terminate_backend($1, 5000)", rows_text(rows, 0, 0));
}

static void
sends_a_repeatable_statement_again(void)
{
	struct db *db = testdb_open(sets);

	testdb_run("SELECT setval('t_cuts', 1, false)");
	CU_ASSERT_EQUAL(db_exec(db, &stmts[CUT_ALWAYS]), ERR_OK);
	CU_ASSERT_EQUAL(testdb_i64("SELECT last_value FROM t_cuts"), 2);
	testdb_close(db);
}

static void
does_not_send_another_one_again(void)
{
	struct db *db = testdb_open(sets);

	testdb_run("SELECT setval('t_cuts', 1, false)");
	CU_ASSERT_EQUAL(db_exec(db, &stmts[CUT]), ERR_UNAVAILABLE);
	CU_ASSERT_EQUAL(testdb_i64("SELECT last_value FROM t_cuts"), 1);
	CU_ASSERT_EQUAL(db_exec(db, &stmts[CUT]), ERR_OK);
	testdb_close(db);
}

static enum err
cut_in_the_middle(struct db *db, void *arg)
{
	struct work *w = arg;
	enum err err;

	if (w->runs++ == 0) {
		TRY(db_exec(db, &stmts[PUT], db_i64(w->id), db_i64(7)));
		cut(db);
	}
	err = db_exec(db, &stmts[PUT], db_i64(w->id), db_i64(8));
	return err != ERR_OK ? err : db_exec(db, &stmts[PUT], db_i64(w->id + 1), db_i64(8));
}

static void
runs_again_after_a_cut_in_the_middle(void)
{
	struct db *db = testdb_open(sets);
	struct work w = { .id = 90 };

	CU_ASSERT_EQUAL(db_tx(db, cut_in_the_middle, &w), ERR_OK);
	CU_ASSERT_EQUAL(w.runs, 2);
	CU_ASSERT_EQUAL(testdb_i64("SELECT sum(n) FROM t_tx WHERE id IN (90, 91)"), 16);
	testdb_close(db);
}

static enum err
cut_first(struct db *db, void *arg)
{
	struct work *w = arg;

	w->runs++;
	TRY(db_exec(db, &stmts[CUT]));
	return db_exec(db, &stmts[PUT], db_i64(w->id), db_i64(1));
}

static void
runs_again_after_a_cut_in_the_first_statement(void)
{
	struct db *db = testdb_open(sets);
	struct work w = { .id = 95 };

	testdb_run("SELECT setval('t_cuts', 1, false)");
	CU_ASSERT_EQUAL(db_tx(db, cut_first, &w), ERR_OK);
	CU_ASSERT_EQUAL(w.runs, 2);
	CU_ASSERT_EQUAL(stored(95), 1);
	testdb_close(db);
}

/* Two transactions that take two rows in opposite order. */
struct side {
	struct db *db;
	int64_t first, second;
	pthread_barrier_t *both;
	int runs;
	enum err err;
};

static enum err
cross(struct db *db, void *arg)
{
	struct side *side = arg;

	side->runs++;
	TRY(db_exec(db, &stmts[ADD], db_i64(side->first), db_i64(1)));
	if (side->runs == 1)
		(void)pthread_barrier_wait(side->both);
	return db_exec(db, &stmts[ADD], db_i64(side->second), db_i64(1));
}

static void *
side_run(void *arg)
{
	struct side *side = arg;

	side->err = db_tx(side->db, cross, side);
	return NULL;
}

static void
survives_a_real_deadlock(void)
{
	pthread_barrier_t both;
	struct side sides[2] = { { .first = 100, .second = 101 }, { .first = 101, .second = 100 } };
	pthread_t threads[2];
	size_t i;

	testdb_run("INSERT INTO t_tx VALUES (100, 0), (101, 0)");
	(void)pthread_barrier_init(&both, NULL, 2);
	for (i = 0; i < 2; i++) {
		sides[i].db = testdb_open(sets);
		sides[i].both = &both;
		(void)pthread_create(&threads[i], NULL, side_run, &sides[i]);
	}
	for (i = 0; i < 2; i++) {
		(void)pthread_join(threads[i], NULL);
		CU_ASSERT_EQUAL(sides[i].err, ERR_OK);
		testdb_close(sides[i].db);
	}
	CU_ASSERT(sides[0].runs + sides[1].runs >= 3);
	CU_ASSERT_EQUAL(testdb_i64("SELECT sum(n) FROM t_tx WHERE id IN (100, 101)"), 4);
	(void)pthread_barrier_destroy(&both);
}

static void
a_column_is_found_by_its_name(void)
{
	struct db *db = testdb_open(sets);
	struct rows *rows;

	testdb_run("INSERT INTO t_tx (id, n) VALUES (77, 5) ON CONFLICT (id) DO UPDATE SET n = 5");
	CU_ASSERT_EQUAL_FATAL(db_one(db, &rows, &stmts[READ], db_i64(77)), ERR_OK);
	CU_ASSERT_EQUAL(rows_i64_of(rows, 0, "n"), 5);
	CU_ASSERT_STRING_EQUAL(rows_text_of(rows, 0, "n"), "5");
	CU_ASSERT_FALSE(rows_bool_of(rows, 0, "n"));
	testdb_close(db);
}

int
main(void)
{
	static const struct cunit_test tests[] = { { "makes its tables", tables_make },
		{ "a column is found by its name", a_column_is_found_by_its_name },
		{ "commits what ended well", commits_what_ended_well },
		{ "rolls back what did not", rolls_back_what_did_not },
		{ "runs again when the server asks for it", runs_again_when_the_server_asks },
		{ "gives up after three runs", gives_up_after_three_runs },
		{ "joins a transaction inside of another", joins_a_transaction_inside_of_another },
		{ "never says good of a swallowed failure", never_says_good_of_a_swallowed_failure },
		{ "maps what the server says to our errors", maps_what_the_server_says },
		{ "names the constraint", names_the_constraint },
		{ "names the constraint after the rollback",
		    names_the_constraint_after_the_rollback },
		{ "a read is one message, a transaction of one statement two", counts_its_messages },
		{ "ends a slow statement", ends_a_slow_statement },
		{ "does not wait long for a lock", does_not_wait_long_for_a_lock },
		{ "sends a repeatable statement again", sends_a_repeatable_statement_again },
		{ "does not send another one again", does_not_send_another_one_again },
		{ "runs again after a cut in the middle", runs_again_after_a_cut_in_the_middle },
		{ "runs again after a cut in the first statement",
		    runs_again_after_a_cut_in_the_first_statement },
		{ "survives a real deadlock", survives_a_real_deadlock },
		{ "drops its tables", tables_drop }, { NULL, NULL } };

	return cunit_run("tx", tests);
}
