/* Reads that go together: one round trip, and each has the answer that it would have had alone. */
#include "harness/cunit.h"
#include "harness/testdb.h"

#include <string.h>

enum { READS = 20 };

enum { SIX, DIVIDE, LATER, CUT, PID };
static const struct stmt stmts[] = {
	[SIX] = { "reads_six", 0, "SELECT 6", true },
	[DIVIDE] = { "reads_divide", 1, "SELECT 6 / $1::int", true },
	[LATER] = { "reads_later", 0, "SELECT n FROM t_reads", true },
	/* Ends its own connection, each other time. */
	[CUT] = { "reads_cut", 0,
	    "SELECT CASE WHEN nextval('t_reads_cuts') % 2 = 1 THEN"
	    " pg_terminate_backend(pg_backend_pid())::text || pg_sleep(5)::text ELSE '6' END",
	    true },
	[PID] = { "reads_pid", 0, "SELECT pg_backend_pid()", true },
};
static STMT_SET(t_stmts, stmts);
static const struct stmt_set *const sets[] = { &t_stmts, NULL };

struct flight {
	struct db *db;
	struct db_bound bounds[READS];
	struct db_read reads[READS];
	size_t count;
	unsigned long trips;
};

static void
add(struct flight *flight, struct db_bound bound)
{
	size_t i = flight->count++;

	flight->bounds[i] = bound;
	flight->reads[i] = (struct db_read){ .bound = &flight->bounds[i],
		.arena = arena_new(64 * 1024),
		.request_id = "r",
		.err = ERR__COUNT };
}

static void
fly(struct flight *flight)
{
	struct arena *arena = db_arena(flight->db);
	unsigned long before = db_round_trips(flight->db);
	size_t i;

	for (i = db_run_many(flight->db, flight->reads, flight->count); i < flight->count; i++) {
		db_arena_set(flight->db, flight->reads[i].arena);
		flight->reads[i].err =
		    db_run(flight->db, flight->reads[i].bound, &flight->reads[i].rows);
	}
	db_arena_set(flight->db, arena);
	flight->trips = db_round_trips(flight->db) - before;
}

/* The number that a read gave, -err for an error. */
static int64_t
got(const struct flight *flight, size_t i)
{
	return flight->reads[i].err != ERR_OK ? -(int64_t)flight->reads[i].err
					      : rows_i64(flight->reads[i].rows, 0, 0);
}

static void
land(struct flight *flight)
{
	size_t i;

	for (i = 0; i < flight->count; i++)
		arena_free(flight->reads[i].arena);
	flight->count = 0;
}

static void
many_are_one_round_trip(void)
{
	struct flight flight = { .db = testdb_open(sets) };
	int i, round;

	for (round = 0; round < 2; round++) { /* new to the connection, then known */
		for (i = 1; i <= READS / 2; i++) {
			add(&flight, db_bind(&stmts[DIVIDE], db_i64(i)));
			add(&flight, db_bind(&stmts[SIX]));
		}
		fly(&flight);
		CU_ASSERT_EQUAL(flight.trips, 1);
		for (i = 1; i <= READS / 2; i++) {
			CU_ASSERT_EQUAL(got(&flight, (size_t)(2 * i - 2)), 6 / i);
			CU_ASSERT_EQUAL(got(&flight, (size_t)(2 * i - 1)), 6);
		}
		land(&flight);
	}
	testdb_close(flight.db);
}

static void
an_error_is_one_answer_and_the_rest_run_again(void)
{
	struct flight flight = { .db = testdb_open(sets) };

	add(&flight, db_bind(&stmts[SIX]));
	add(&flight, db_bind(&stmts[DIVIDE], db_i64(0)));
	add(&flight, db_bind(&stmts[DIVIDE], db_i64(2)));
	add(&flight, db_bind(&stmts[LATER])); /* no such table */
	add(&flight, db_bind(&stmts[LATER]));
	add(&flight, db_bind(&stmts[DIVIDE], db_i64(3)));
	fly(&flight);
	CU_ASSERT_EQUAL(flight.trips, 1 + 4);
	CU_ASSERT_EQUAL(got(&flight, 0), 6);
	CU_ASSERT_EQUAL(got(&flight, 1), -(int64_t)ERR_VALIDATION);
	CU_ASSERT_EQUAL(got(&flight, 2), 3);
	CU_ASSERT_EQUAL(got(&flight, 3), -(int64_t)ERR_INTERNAL);
	CU_ASSERT_EQUAL(got(&flight, 4), -(int64_t)ERR_INTERNAL);
	CU_ASSERT_EQUAL(got(&flight, 5), 2);
	land(&flight);
	testdb_close(flight.db);
}

static void
what_was_prepared_before_an_error_stays_so(void)
{
	struct flight flight = { .db = testdb_open(sets) };

	add(&flight, db_bind(&stmts[LATER])); /* fails first: DIVIDE is not prepared with it */
	add(&flight, db_bind(&stmts[DIVIDE], db_i64(1)));
	add(&flight, db_bind(&stmts[DIVIDE], db_i64(2)));
	fly(&flight);
	CU_ASSERT_EQUAL(got(&flight, 1), 6);
	CU_ASSERT_EQUAL(got(&flight, 2), 3);
	land(&flight);
	testdb_run("CREATE TABLE t_reads AS SELECT 5 AS n");
	add(&flight, db_bind(&stmts[DIVIDE], db_i64(3)));
	add(&flight, db_bind(&stmts[LATER]));
	fly(&flight);
	CU_ASSERT_EQUAL(flight.trips, 1);
	CU_ASSERT_EQUAL(got(&flight, 0), 2);
	CU_ASSERT_EQUAL(got(&flight, 1), 5);
	land(&flight);
	testdb_run("DROP TABLE t_reads");
	testdb_close(flight.db);
}

static void
a_connection_lost_on_the_way_is_nobodys_error(void)
{
	struct flight flight = { .db = testdb_open(sets) };
	struct rows *rows;
	int64_t pid;

	CU_ASSERT_EQUAL_FATAL(db_one(flight.db, &rows, &stmts[PID]), ERR_OK);
	pid = rows_i64(rows, 0, 0);
	testdb_run("SELECT setval('t_reads_cuts', 1, false)");
	add(&flight, db_bind(&stmts[SIX]));
	add(&flight, db_bind(&stmts[CUT]));
	add(&flight, db_bind(&stmts[DIVIDE], db_i64(2)));
	add(&flight, db_bind(&stmts[PID]));
	fly(&flight);
	CU_ASSERT_EQUAL(got(&flight, 0), 6);
	CU_ASSERT_EQUAL(got(&flight, 1), 6);
	CU_ASSERT_EQUAL(got(&flight, 2), 3);
	CU_ASSERT(got(&flight, 3) > 0 && got(&flight, 3) != pid);
	CU_ASSERT_EQUAL(testdb_i64("SELECT last_value FROM t_reads_cuts"), 2);
	land(&flight);
	testdb_close(flight.db);
}

static void
one_and_none_are_many_too(void)
{
	struct flight flight = { .db = testdb_open(sets) };

	fly(&flight);
	CU_ASSERT_EQUAL(flight.trips, 0);
	add(&flight, db_bind(&stmts[SIX]));
	fly(&flight);
	CU_ASSERT_EQUAL(got(&flight, 0), 6);
	CU_ASSERT_EQUAL(flight.trips, 1);
	land(&flight);
	testdb_close(flight.db);
}

static const struct cunit_test tests[] = {
	{ "many are one round trip", many_are_one_round_trip },
	{ "an error is one answer, and the rest run again",
	    an_error_is_one_answer_and_the_rest_run_again },
	{ "what was prepared before an error stays so", what_was_prepared_before_an_error_stays_so },
	{ "a connection lost on the way is nobody's error",
	    a_connection_lost_on_the_way_is_nobodys_error },
	{ "one and none are many too", one_and_none_are_many_too },
	{ NULL, NULL },
};

int
main(void)
{
	int status;

	testdb_run("CREATE SEQUENCE t_reads_cuts");
	status = cunit_run("reads", tests);
	testdb_run("DROP SEQUENCE t_reads_cuts");
	return status;
}
