/* event_emit: each person is told once, and inboxes are locked in the order of ids, whatever order was given. */
#include "harness/cunit.h"
#include "harness/testdb.h"

#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

static const char *low, *high;

/* Two accounts, the one with the lower id first. */
static void
people_make(void)
{
	const char *other;

	low = testdb_user("USER");
	high = testdb_user("USER");
	if (strcmp(low, high) > 0) {
		other = low;
		low = high;
		high = other;
	}
}

static PGconn *
connection(void)
{
	PGconn *conn = PQconnectdb(getenv("DATABASE_URL"));

	CU_ASSERT_EQUAL_FATAL(PQstatus(conn), CONNECTION_OK);
	return conn;
}

/* Run with one id; "" or the SQLSTATE. */
static const char *
run(PGconn *conn, const char *sql, const char *id)
{
	static char state[8];
	PGresult *result = PQexecParams(conn, sql, id != NULL ? 1 : 0, NULL, &id, NULL, NULL, 0);
	const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	(void)snprintf(state, sizeof(state), "%s", code != NULL ? code : "");
	PQclear(result);
	return state;
}

static void
whoever_is_named_twice_is_told_once(void)
{
	people_make();
	testdb_run("SELECT event_emit(ARRAY[$1, $2, $1, NULL, $2]::uuid[], 'test.twice', '{}')",
	    high, low);
	CU_ASSERT_STRING_EQUAL(testdb_text("SELECT string_agg(seq::text, ',') FROM event"
					   " WHERE user_id = $1::uuid",
				   low),
	    "1");
	CU_ASSERT_STRING_EQUAL(testdb_text("SELECT string_agg(seq::text, ',') FROM event"
					   " WHERE user_id = $1::uuid",
				   high),
	    "1");
	CU_ASSERT_EQUAL(testdb_i64("SELECT last_seq FROM inbox WHERE user_id = $1", low), 1);
}

/* While the first inbox is held, who tells both has not locked the second: two that tell the same people in
 * different orders wait for each other, and neither for the other's. */
static void
inboxes_are_locked_in_the_order_of_ids(void)
{
	PGconn *holder = connection(), *teller = connection();
	const char *waits = "SELECT count(*) FROM pg_stat_activity WHERE pid = $1::int AND"
			    " wait_event_type = 'Lock'";
	char pid[16], sql[256];

	people_make();
	(void)snprintf(pid, sizeof(pid), "%d", PQbackendPID(teller));
	CU_ASSERT_STRING_EQUAL(run(holder, "BEGIN", NULL), "");
	CU_ASSERT_STRING_EQUAL(
	    run(holder, "SELECT FROM inbox WHERE user_id = $1 FOR UPDATE", low), "");
	(void)snprintf(sql, sizeof(sql),
	    "SELECT event_emit(ARRAY['%s', '%s']::uuid[], 'test.order', '{}')", high, low);
	CU_ASSERT_EQUAL_FATAL(PQsendQuery(teller, sql), 1);
	while (testdb_i64(waits, pid) == 0)
		CU_ASSERT_EQUAL_FATAL(PQstatus(teller), CONNECTION_OK);
	CU_ASSERT_STRING_EQUAL(
	    run(holder, "SELECT FROM inbox WHERE user_id = $1 FOR UPDATE NOWAIT", high), "");
	CU_ASSERT_STRING_EQUAL(run(holder, "COMMIT", NULL), "");
	PQclear(PQgetResult(teller));
	CU_ASSERT_STRING_EQUAL(PQerrorMessage(teller), "");
	CU_ASSERT_EQUAL(testdb_i64("SELECT last_seq FROM inbox WHERE user_id = $1", high), 1);
	PQfinish(holder);
	PQfinish(teller);
}

static const struct cunit_test tests[] = {
	{ "whoever is named twice is told once", whoever_is_named_twice_is_told_once },
	{ "inboxes are locked in the order of ids", inboxes_are_locked_in_the_order_of_ids },
	{ NULL, NULL },
};

int
main(void)
{
	return cunit_run("event", tests);
}
