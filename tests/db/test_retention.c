/* The event log by days: made ahead, dropped whole, without gaps for readers and without a wait for
 * writers. */
#include "base/clock.h"
#include "domain/talk/event.h"
#include "domain/talk/retention.h"
#include "harness/cunit.h"
#include "harness/testdb.h"

#include <libpq-fe.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { KEPT_DAYS = 7, PEOPLE = 20, WRITERS = 4 };

static const struct stmt_set *const sets[] = { &retention_stmts, &event_stmts, NULL };

/* The partition of so many days ago, with nothing in the way. */
static void
day_make(const char *days_ago)
{
	testdb_run("DELETE FROM event_default");
	testdb_run(
	    "SELECT event_day_make((app_now() AT TIME ZONE 'UTC')::date - $1::int)", days_ago);
}

static int64_t
day_exists(const char *days_ago)
{
	return testdb_i64("SELECT count(*) FROM pg_inherits WHERE inhparent = 'event'::regclass AND"
			  " inhrelid = to_regclass('event_' || to_char(app_now() AT TIME ZONE 'UTC'"
			  " - make_interval(days => $1::int), 'YYYYMMDD'))",
	    days_ago);
}

/* Days of the past, which other tests know nothing of. */
static void
past_drop(void)
{
	testdb_run("SET client_min_messages = warning");
	testdb_run(
	    "DO $$ DECLARE d date; BEGIN FOR d IN SELECT (app_now() AT TIME ZONE 'UTC')::date - n"
	    " FROM generate_series(1, 30) n LOOP EXECUTE format('DROP TABLE IF EXISTS %I',"
	    " 'event_' || to_char(d, 'YYYYMMDD')); END LOOP; END $$");
}

/* A user whose log has one event at noon of each of the last days + 1 days. */
static const char *
log_make(const char *days)
{
	const char *user_id = testdb_user("USER");

	testdb_run(
	    "INSERT INTO event SELECT $1, $2::int + 1 - n, 'test.day', '{}', (date_trunc('day',"
	    " app_now(), 'UTC') - make_interval(days => n)) FROM generate_series(0, $2::int) n",
	    user_id, days);
	testdb_run("UPDATE inbox SET last_seq = $2::int + 1, day_seq = $2::int + 1,"
		   " last_at = date_trunc('day', app_now(), 'UTC') WHERE user_id = $1",
	    user_id, days);
	return user_id;
}

static struct event_page
page_read(struct db *db, const char *user_id, int64_t after_seq)
{
	struct event_page page = { 0 };
	struct rows *rows;

	CU_ASSERT_EQUAL_FATAL(db_rows(db, &rows, &event_stmts.stmts[0], db_text(user_id),
				  db_i64(after_seq), db_i64(EVENT_PAGE)),
	    ERR_OK);
	CU_ASSERT_EQUAL_FATAL(event_page_take(rows, &page), ERR_OK);
	return page;
}

static void
days_are_made_ahead_once(void)
{
	struct db *db = testdb_open(sets);
	int64_t made, dropped;

	testdb_run("DELETE FROM event_default");
	CU_ASSERT_EQUAL(retention_run(db, KEPT_DAYS, &made, &dropped), ERR_OK);
	CU_ASSERT_EQUAL(day_exists("0"), 1);
	CU_ASSERT_EQUAL(day_exists("-1"), 1);
	CU_ASSERT_EQUAL(day_exists("-2"), 1);
	CU_ASSERT_EQUAL(retention_run(db, KEPT_DAYS, &made, &dropped), ERR_OK);
	CU_ASSERT_EQUAL(made, 0);
	CU_ASSERT_EQUAL(dropped, 0);
	testdb_close(db);
}

static void
whole_days_go_when_all_of_them_is_old(void)
{
	struct db *db = testdb_open(sets);
	int64_t made, dropped;

	day_make("30");
	day_make("8");
	day_make("7");
	day_make("1");
	CU_ASSERT_EQUAL(retention_run(db, KEPT_DAYS, &made, &dropped), ERR_OK);
	CU_ASSERT_EQUAL(dropped, 2);
	CU_ASSERT_EQUAL(day_exists("30") + day_exists("8"), 0);
	CU_ASSERT_EQUAL(day_exists("7") + day_exists("1"), 2);
	past_drop();
	testdb_close(db);
}

static void
readers_get_what_is_left_or_see_the_gap(void)
{
	struct db *db = testdb_open(sets);
	int64_t made, dropped;
	struct event_page page;
	const char *user_id;
	char days_ago[16];
	int i;

	for (i = 1; i <= 8; i++) {
		(void)snprintf(days_ago, sizeof(days_ago), "%d", i);
		day_make(days_ago);
	}
	user_id = log_make("8");
	page = page_read(db, user_id, 0);
	CU_ASSERT_EQUAL(page.count, 9);
	CU_ASSERT_EQUAL(page.first_seq, 1);
	CU_ASSERT_EQUAL(retention_run(db, KEPT_DAYS, &made, &dropped), ERR_OK);
	CU_ASSERT_EQUAL(dropped, 1);
	page = page_read(db, user_id, 0); /* number 1 is gone: who asks is told to resync */
	CU_ASSERT_EQUAL(page.first_seq, 2);
	CU_ASSERT_EQUAL(page.last_seq, 9);
	page = page_read(db, user_id, 1);
	CU_ASSERT_EQUAL(page.count, 8);
	CU_ASSERT_EQUAL(page.first_seq, 2);
	page = page_read(db, user_id, 7); /* yesterday's and today's */
	CU_ASSERT_EQUAL(page.count, 2);
	page = page_read(db, user_id, 8);
	CU_ASSERT_EQUAL(page.count, 1);
	CU_ASSERT_EQUAL(page.first_seq, 9);
	page = page_read(db, user_id, 9);
	CU_ASSERT_EQUAL(page.count, 0);
	CU_ASSERT_EQUAL(page.last_seq, 9);
	testdb_run("DELETE FROM event WHERE user_id = $1 AND seq = 5", user_id);
	page = page_read(db, user_id, 2);
	CU_ASSERT_EQUAL(page.count, 2); /* 3 and 4, and no further */
	past_drop();
	testdb_close(db);
}

static void
emit(const char *user_id)
{
	testdb_run("SELECT event_emit(ARRAY[$1::uuid], 'test.emit', '{}')", user_id);
}

static int64_t
inbox_day_seq(const char *user_id)
{
	return testdb_i64("SELECT day_seq FROM inbox WHERE user_id = $1", user_id);
}

static void
times_never_go_back(void)
{
	const char *user_id = testdb_user("USER");

	emit(user_id);
	emit(user_id);
	CU_ASSERT_EQUAL(inbox_day_seq(user_id), 1);
	testdb_run(
	    "UPDATE inbox SET last_at = last_at - interval '1 day' WHERE user_id = $1", user_id);
	emit(user_id);
	CU_ASSERT_EQUAL(inbox_day_seq(user_id), 3);
	testdb_run(
	    "UPDATE inbox SET last_at = app_now() + interval '1 hour' WHERE user_id = $1", user_id);
	emit(user_id);
	CU_ASSERT_EQUAL(testdb_i64("SELECT (created_at = last_at)::int FROM event JOIN inbox"
				   " USING (user_id) WHERE user_id = $1 AND seq = last_seq",
			    user_id),
	    1);
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM event WHERE user_id = $1"
				   " AND created_at > app_now() + interval '59 minutes'",
			    user_id),
	    1);
	emit(user_id);
	CU_ASSERT_EQUAL(
	    testdb_i64("SELECT count(*) FROM (SELECT created_at < lag(created_at) OVER"
		       " (ORDER BY seq) AS back FROM event WHERE user_id = $1) x WHERE back",
		user_id),
	    0);
}

static void
a_day_that_began_in_the_default_stays_there(void)
{
	const char *user_id = testdb_user("USER");

	testdb_run("INSERT INTO event VALUES ($1, 1, 't', '{}', '2098-03-01 10:00+00')", user_id);
	CU_ASSERT_STRING_EQUAL(testdb_text("SELECT event_day_make('2098-03-01')"), "f");
	CU_ASSERT_STRING_EQUAL(testdb_text("SELECT event_day_make('2098-03-02')"), "t");
	CU_ASSERT_STRING_EQUAL(testdb_text("SELECT event_day_make('2098-03-02')"), "f");
	testdb_run("DELETE FROM event_default");
	testdb_run("DROP TABLE event_20980302");
}

/* --- the plan of a catch-up --- */

static PGresult *
ask(PGconn *conn, const char *sql)
{
	PGresult *result = PQexec(conn, sql);

	CU_ASSERT_FATAL(PQresultStatus(result) == PGRES_COMMAND_OK ||
	    PQresultStatus(result) == PGRES_TUPLES_OK);
	return result;
}

/* How many partitions the prepared read looks into after this number. */
static int
partitions_read(PGconn *conn, const char *user_id, int after_seq)
{
	char sql[256];
	PGresult *result;
	int i, count = 0;

	(void)snprintf(sql, sizeof(sql),
	    "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) EXECUTE r('%s', %d, 200)", user_id, after_seq);
	result = ask(conn, sql);
	for (i = 0; i < PQntuples(result); i++) {
		const char *line = PQgetvalue(result, i, 0);

		if (strstr(line, " on event_") == NULL || strstr(line, "never executed") != NULL)
			continue;
		CU_ASSERT_PTR_NOT_NULL(strstr(line, "Index Scan using"));
		count++;
	}
	PQclear(result);
	return count;
}

static void
a_catch_up_reads_few_partitions(void)
{
	PGconn *conn = PQconnectdb(getenv("DATABASE_URL"));
	const char *user_id = NULL;
	char sql[2048], days_ago[16];
	int i;

	for (i = 1; i <= 8; i++) {
		(void)snprintf(days_ago, sizeof(days_ago), "%d", i);
		day_make(days_ago);
	}
	for (i = 0; i < PEOPLE; i++)
		user_id = log_make("8");
	testdb_run("INSERT INTO event SELECT gen_random_uuid(), n, 'test.fill', '{}',"
		   " date_trunc('day', app_now(), 'UTC') - make_interval(days => n % 9)"
		   " FROM generate_series(1, $1::int) n",
	    "20000");
	testdb_run("ANALYZE event");
	PQclear(ask(conn, "SET plan_cache_mode = force_generic_plan"));
	(void)snprintf(sql, sizeof(sql), "PREPARE r AS %s", event_stmts.stmts[0].sql);
	PQclear(ask(conn, sql));
	CU_ASSERT_EQUAL(partitions_read(conn, user_id, 9), 0); /* nothing new */
	CU_ASSERT_EQUAL(partitions_read(conn, user_id, 8), 1); /* today's */
	CU_ASSERT_EQUAL(partitions_read(conn, user_id, 100), 0);
	i = partitions_read(conn, user_id, 3);
	CU_ASSERT(i >= 8 && i <= 10); /* the days kept, at most */
	PQfinish(conn);
	past_drop();
}

/* --- writers meanwhile --- */

static atomic_bool ended;
static atomic_long longest_us, written;

static void *
write_on(void *arg)
{
	PGconn *conn = PQconnectdb(getenv("DATABASE_URL"));
	const char *params[] = { arg };

	while (!atomic_load(&ended)) {
		int64_t began = clock_monotonic_us(), took;
		PGresult *result =
		    PQexecParams(conn, "SELECT event_emit(ARRAY[$1::uuid], 'test.on', '{}')", 1,
			NULL, params, NULL, NULL, 0);

		CU_ASSERT_EQUAL(PQresultStatus(result), PGRES_TUPLES_OK);
		PQclear(result);
		took = clock_monotonic_us() - began;
		if (took > atomic_load(&longest_us))
			atomic_store(&longest_us, took);
		atomic_fetch_add(&written, 1);
	}
	PQfinish(conn);
	return NULL;
}

static void
writes_go_on(long count)
{
	long until = atomic_load(&written) + count;
	int64_t end = clock_monotonic_us() + HANG_US;

	while (atomic_load(&written) < until && clock_monotonic_us() < end)
		(void)testdb_i64("SELECT 1");
	CU_ASSERT(atomic_load(&written) >= until);
}

static void
writers_do_not_wait(void)
{
	struct db *db = testdb_open(sets);
	PGconn *holder = PQconnectdb(getenv("DATABASE_URL"));
	PGconn *sleeper = PQconnectdb(getenv("DATABASE_URL"));
	const char *people[WRITERS];
	pthread_t threads[WRITERS];
	int64_t made, dropped;
	int i;

	for (i = 0; i < WRITERS; i++)
		people[i] = testdb_user("USER");
	day_make("9");
	day_make("8");
	atomic_store(&ended, false);
	for (i = 0; i < WRITERS; i++) {
		union {
			const char *text;
			void *arg;
		} who = { people[i] };

		CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, write_on, who.arg), 0);
	}
	writes_go_on(100);
	PQclear(ask(holder, "BEGIN"));
	PQclear(ask(holder, "LOCK TABLE event IN ROW EXCLUSIVE MODE"));
	/* Whoever writes queues behind who waits to drop: that one gives up long before DB_LOCK_MS. */
	CU_ASSERT_EQUAL(PQsendQuery(sleeper, "SELECT pg_sleep(1.9)"), 1);
	CU_ASSERT_EQUAL(retention_run(db, KEPT_DAYS, &made, &dropped), ERR_TIMEOUT);
	CU_ASSERT(PQconsumeInput(sleeper) == 1 && PQisBusy(sleeper) == 1);
	CU_ASSERT_EQUAL(dropped, 0);
	writes_go_on(100);
	PQclear(ask(holder, "COMMIT"));
	CU_ASSERT_EQUAL(retention_run(db, KEPT_DAYS, &made, &dropped), ERR_OK);
	CU_ASSERT_EQUAL(dropped, 2);
	writes_go_on(100);
	atomic_store(&ended, true);
	for (i = 0; i < WRITERS; i++)
		(void)pthread_join(threads[i], NULL);
	(void)printf("%ld events written meanwhile, the longest wait %.0f ms\n",
	    atomic_load(&written), (double)atomic_load(&longest_us) / 1000);
	PQfinish(sleeper);
	PQfinish(holder);
	testdb_close(db);
}

static const struct cunit_test tests[] = {
	{ "days are made ahead, once", days_are_made_ahead_once },
	{ "whole days go when all of them is old", whole_days_go_when_all_of_them_is_old },
	{ "readers get what is left, or see the gap", readers_get_what_is_left_or_see_the_gap },
	{ "times never go back", times_never_go_back },
	{ "a day that began in the default stays there",
	    a_day_that_began_in_the_default_stays_there },
	{ "a catch-up reads few partitions", a_catch_up_reads_few_partitions },
	{ "writers do not wait", writers_do_not_wait },
	{ 0 },
};

int
main(void)
{
	return cunit_run("retention", tests);
}
