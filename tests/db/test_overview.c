/* The figures of the home page: what the worker counts, once for a day that is over. */
#include "domain/system/overview.h"
#include "harness/cunit.h"
#include "harness/testdb.h"

#include <stdlib.h>
#include <string.h>

static const struct stmt_set *const sets[] = { &overview_stmts, NULL };
static struct db *db;

/* A number of the row of today. */
static int64_t
total(const char *name)
{
	struct rows *rows;

	CU_ASSERT_EQUAL_FATAL(overview_counts(db, &rows), ERR_OK);
	return rows_i64_of(rows, 0, name);
}

/* Of so many days ago. */
static int64_t
of_day(size_t days_ago, const char *name)
{
	struct rows *rows;

	CU_ASSERT_EQUAL_FATAL(overview_days(db, &rows), ERR_OK);
	CU_ASSERT_EQUAL_FATAL(rows_count(rows), OVERVIEW_DAYS);
	return rows_i64_of(rows, OVERVIEW_DAYS - 1 - days_ago, name);
}

static void
refresh(void)
{
	CU_ASSERT_EQUAL_FATAL(overview_refresh(db), ERR_OK);
}

static void
message(const char *days_ago)
{
	testdb_run(
	    "WITH c AS (INSERT INTO conversation (id, kind) VALUES (gen_random_uuid(), 'DIRECT')"
	    " RETURNING id) INSERT INTO message (conversation_id, seq, id, sender_type,"
	    " client_id, body, created_at) SELECT id, 1, gen_random_uuid(), 'AI', 'c', 'x',"
	    " app_now() - make_interval(days => $1::int) FROM c",
	    days_ago);
}

static void
totals_are_as_of_the_last_count(void)
{
	int64_t before;

	refresh();
	before = total("users");
	(void)testdb_user("USER");
	CU_ASSERT_EQUAL(total("users"), before);
	refresh();
	CU_ASSERT_EQUAL(total("users"), before + 1);
	CU_ASSERT_EQUAL(total("users"),
	    testdb_i64("SELECT count(*) FROM user_account WHERE state <> 'DELETED'"));
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM figure WHERE name = 'users'"
				   " AND counted_at > app_now() - interval '1 minute'"),
	    1);
}

static void
days_are_counted_each_in_its_place(void)
{
	int64_t today, before;

	testdb_run("DELETE FROM figure");
	refresh();
	today = of_day(0, "messages");
	before = of_day(3, "messages");
	message("0");
	message("3");
	testdb_run("DELETE FROM figure WHERE day < (app_now() AT TIME ZONE 'UTC')::date");
	refresh();
	CU_ASSERT_EQUAL(of_day(0, "messages"), today + 1);
	CU_ASSERT_EQUAL(of_day(3, "messages"), before + 1);
}

static void
a_day_that_is_over_is_counted_once(void)
{
	int64_t before;

	refresh();
	before = of_day(5, "messages");
	message("5");
	refresh();
	CU_ASSERT_EQUAL(of_day(5, "messages"), before);
	testdb_run("UPDATE figure SET counted_at = (day + 1) AT TIME ZONE 'UTC' - interval '1 second'"
		   " WHERE day = (app_now() AT TIME ZONE 'UTC')::date - 5");
	refresh(); /* it had been counted before its end */
	CU_ASSERT_EQUAL(of_day(5, "messages"), before + 1);
}

static void
without_a_count_there_is_no_time(void)
{
	struct rows *rows;

	testdb_run("DELETE FROM figure");
	CU_ASSERT_EQUAL_FATAL(overview_counts(db, &rows), ERR_OK);
	CU_ASSERT_PTR_NULL(rows_text_of(rows, 0, "counted_at"));
	CU_ASSERT_EQUAL(rows_i64_of(rows, 0, "users"), 0);
	CU_ASSERT_EQUAL(of_day(0, "messages"), 0);
	refresh();
	CU_ASSERT_EQUAL_FATAL(overview_counts(db, &rows), ERR_OK);
	CU_ASSERT_PTR_NOT_NULL(rows_text_of(rows, 0, "counted_at"));
}

static void
what_waits_is_counted_to_a_bound(void)
{
	struct rows *rows;
	int i;

	for (i = 0; i < 3; i++)
		testdb_run(
		    "INSERT INTO advisor (id, state, applied_at) VALUES ($1, 'PENDING', app_now())",
		    testdb_user("USER"));
	CU_ASSERT_EQUAL_FATAL(overview_waiting(db, 2, &rows), ERR_OK);
	CU_ASSERT_EQUAL(rows_i64_of(rows, 0, "pending"), 2);
}

static void
who_is_gone_is_not_counted(void)
{
	const char *id = testdb_user("USER");
	int64_t users, blocked;

	refresh();
	users = total("users");
	blocked = total("users_blocked");
	testdb_run("UPDATE user_account SET state = 'BLOCKED' WHERE id = $1", id);
	refresh();
	CU_ASSERT_EQUAL(total("users"), users);
	CU_ASSERT_EQUAL(total("users_blocked"), blocked + 1);
	testdb_run("UPDATE user_account SET state = 'DELETED' WHERE id = $1", id);
	refresh();
	CU_ASSERT_EQUAL(total("users"), users - 1);
	CU_ASSERT_EQUAL(total("users_blocked"), blocked);
}

static void
job(const char *state, const char *minutes)
{
	testdb_run("INSERT INTO job (kind, state, run_at, done_at) SELECT 'test.overview', $1,"
		   " app_now() - make_interval(mins => $2::int),"
		   " CASE WHEN $1 = 'DEAD' THEN app_now() END",
	    state, minutes);
}

static void
what_lives_and_what_is_late_is_counted_as_it_is(void)
{
	const char *advisor = testdb_advisor(), *other = testdb_advisor();
	int64_t online, live, ready, late, dead;

	testdb_run("UPDATE advisor SET online = false WHERE id IN ($1, $2)", advisor, other);
	online = total("advisors_online");
	live = total("sessions_live");
	ready = total("jobs_ready");
	late = total("jobs_late");
	dead = total("jobs_dead");
	testdb_run("UPDATE advisor SET online = true WHERE id = $1", advisor);
	testdb_run(
	    "WITH c AS (INSERT INTO conversation (id, kind) VALUES (gen_random_uuid(), 'SESSION')"
	    " RETURNING id) INSERT INTO session (id, type, state, user_id, advisor_id,"
	    " conversation_id, expires_at) SELECT gen_random_uuid(), 'CHAT', 'REQUESTED', $1, $2, id,"
	    " app_now() + interval '1 hour' FROM c",
	    testdb_user("USER"), advisor);
	job("READY", "-5");
	job("READY", "5");
	job("DEAD", "5");
	CU_ASSERT_EQUAL(total("advisors_online"), online + 1);
	CU_ASSERT_EQUAL(total("sessions_live"), live + 1);
	CU_ASSERT_EQUAL(total("jobs_ready"), ready + 2);
	CU_ASSERT_EQUAL(total("jobs_late"), late + 1);
	CU_ASSERT_EQUAL(total("jobs_dead"), dead + 1);
	testdb_run("DELETE FROM job WHERE kind = 'test.overview'");
}

static const struct cunit_test tests[] = {
	{ "who is gone is not counted", who_is_gone_is_not_counted },
	{ "totals are as of the last count", totals_are_as_of_the_last_count },
	{ "days are counted each in its place", days_are_counted_each_in_its_place },
	{ "a day that is over is counted once", a_day_that_is_over_is_counted_once },
	{ "without a count there is no time", without_a_count_there_is_no_time },
	{ "what lives and what is late is counted as it is",
	    what_lives_and_what_is_late_is_counted_as_it_is },
	{ "what waits is counted to a bound", what_waits_is_counted_to_a_bound },
	{ NULL, NULL },
};

int
main(void)
{
	int status;

	db = testdb_open(sets);
	status = cunit_run("overview", tests);
	testdb_close(db);
	return status;
}
