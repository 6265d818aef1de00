/* Reads that go together: one round trip, and each has the answer that it would have had alone. */
#include "base/buf.h"
#include "harness/cunit.h"
#include "harness/testdb.h"

#include <string.h>

enum { READS = 20 };

enum { SIX, DIVIDE, LATER, CUT, PID, NAMED, NAMED_MANY, TWICE, TWICE_MANY };
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
	/* With a form for many, which counts its calls. Who is asked for by no name, or as nobody, is not there. */
	[NAMED] = { "reads_named", 2,
	    "SELECT $1::text AS name, 12 / $2::int AS share WHERE $1 <> 'nobody'", true },
	[NAMED_MANY] = { "reads_named_many", 2,
	    "SELECT q.name, 12 / q.parts AS share, q.n AS _n FROM unnest($1::text[], $2::int[])"
	    " WITH ORDINALITY AS q (name, parts, n), (SELECT nextval('t_reads_many')) c"
	    " WHERE q.name <> 'nobody' ORDER BY q.n DESC",
	    true },
	/* Whose form for many is wrong. */
	[TWICE] = { "reads_twice", 1, "SELECT $1::int", true },
	[TWICE_MANY] = { "reads_twice_many", 1, "SELECT 0, 1 AS _n FROM unnest($1::int[])", true },
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

	db_run_many(flight->db, flight->reads, flight->count);
	for (i = 0; i < flight->count; i++) {
		if (flight->reads[i].answered)
			continue;
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

static void
add_named(struct flight *flight, const char *name, int64_t parts)
{
	add(flight, db_bind_many(&stmts[NAMED], &stmts[NAMED_MANY], db_text(name), db_i64(parts)));
}

/* The row as JSON; "" when there is none. */
static const char *
shown(const struct flight *flight, size_t i)
{
	const struct db_read *read = &flight->reads[i];
	struct buf out = buf_new(read->arena, 64);

	CU_ASSERT_EQUAL_FATAL(read->err, ERR_OK);
	CU_ASSERT(rows_count(read->rows) <= 1);
	if (rows_count(read->rows) == 1)
		rows_json(read->rows, 0, &out);
	return out.data;
}

static void
those_of_one_statement_go_as_one(void)
{
	static const char odd[] = "a \"b\", {c} \\ NULL";
	struct flight flight = { .db = testdb_open(sets) };
	int round;

	for (round = 0; round < 2; round++) {
		int64_t before = testdb_i64("SELECT nextval('t_reads_many')");

		add_named(&flight, "NULL", 1);
		add(&flight, db_bind(&stmts[SIX]));
		add_named(&flight, "nobody", 2);
		add_named(&flight, odd, 3);
		add_named(&flight, NULL, 4);
		add_named(&flight, "NULL", 6); /* as another before: each has its own row */
		add_named(&flight, "", 12);
		fly(&flight);
		CU_ASSERT_EQUAL(flight.trips, 1);
		CU_ASSERT_EQUAL(testdb_i64("SELECT nextval('t_reads_many')"), before + 2);
		CU_ASSERT_STRING_EQUAL(shown(&flight, 0), "{\"name\":\"NULL\",\"share\":12}");
		CU_ASSERT_EQUAL(got(&flight, 1), 6);
		CU_ASSERT_STRING_EQUAL(shown(&flight, 2), "");
		CU_ASSERT_STRING_EQUAL(rows_text(flight.reads[3].rows, 0, 0), odd);
		CU_ASSERT_STRING_EQUAL(shown(&flight, 4), "");
		CU_ASSERT_STRING_EQUAL(shown(&flight, 5), "{\"name\":\"NULL\",\"share\":2}");
		arena_reset(flight.reads[0].arena); /* the others keep theirs */
		CU_ASSERT_STRING_EQUAL(shown(&flight, 6), "{\"name\":\"\",\"share\":1}");
		land(&flight);
	}
	testdb_close(flight.db);
}

static void
one_alone_takes_the_form_for_one(void)
{
	struct flight flight = { .db = testdb_open(sets) };
	int64_t before = testdb_i64("SELECT nextval('t_reads_many')");

	add_named(&flight, "a", 1);
	add(&flight, db_bind(&stmts[SIX]));
	fly(&flight);
	CU_ASSERT_EQUAL(flight.trips, 1);
	CU_ASSERT_EQUAL(testdb_i64("SELECT nextval('t_reads_many')"), before + 1);
	CU_ASSERT_STRING_EQUAL(shown(&flight, 0), "{\"name\":\"a\",\"share\":12}");
	land(&flight);
	testdb_close(flight.db);
}

static void
an_error_of_many_is_the_error_of_one(void)
{
	struct flight flight = { .db = testdb_open(sets) };

	add_named(&flight, "a", 1);
	add_named(&flight, "b", 0);
	add_named(&flight, "c", 3);
	add(&flight, db_bind(&stmts[SIX]));
	fly(&flight);
	CU_ASSERT_EQUAL(flight.trips, 1 + 4);
	CU_ASSERT_STRING_EQUAL(shown(&flight, 0), "{\"name\":\"a\",\"share\":12}");
	CU_ASSERT_EQUAL(got(&flight, 1), -(int64_t)ERR_VALIDATION);
	CU_ASSERT_STRING_EQUAL(shown(&flight, 2), "{\"name\":\"c\",\"share\":4}");
	CU_ASSERT_EQUAL(got(&flight, 3), 6);
	land(&flight);
	testdb_close(flight.db);
}

static void
two_rows_for_one_are_nobodys(void)
{
	struct flight flight = { .db = testdb_open(sets) };

	add(&flight, db_bind_many(&stmts[TWICE], &stmts[TWICE_MANY], db_i64(7)));
	add(&flight, db_bind_many(&stmts[TWICE], &stmts[TWICE_MANY], db_i64(8)));
	fly(&flight);
	CU_ASSERT_EQUAL(got(&flight, 0), 7);
	CU_ASSERT_EQUAL(got(&flight, 1), 8);
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
	{ "those of one statement go as one", those_of_one_statement_go_as_one },
	{ "one alone takes the form for one", one_alone_takes_the_form_for_one },
	{ "an error of many is the error of one", an_error_of_many_is_the_error_of_one },
	{ "two rows for one are nobody's", two_rows_for_one_are_nobodys },
	{ NULL, NULL },
};

int
main(void)
{
	int status;

	testdb_run("CREATE SEQUENCE t_reads_cuts");
	testdb_run("CREATE SEQUENCE t_reads_many");
	status = cunit_run("reads", tests);
	testdb_run("DROP SEQUENCE t_reads_cuts");
	testdb_run("DROP SEQUENCE t_reads_many");
	return status;
}
