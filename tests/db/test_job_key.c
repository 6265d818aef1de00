/* Keys of jobs: one live job of a kind and a key, whoever asks and however many at once. */
#include "domain/system/job.h"
#include "harness/cunit.h"
#include "harness/race.h"
#include "harness/testdb.h"

enum { ASKERS = 12 };

static const struct stmt ask_stmts_[] = {
	{ "test_ask", 1, "SELECT job_add('test.key', '{}', $1)", false },
};
static STMT_SET(ask_stmts, ask_stmts_);
static const struct stmt_set *const sets[] = { &job_stmts, &ask_stmts, NULL };

/* The id. */
static const char *
ask(const char *kind, const char *key, const char *payload)
{
	return testdb_text("SELECT job_add($1, $2::jsonb, $3)", kind, payload, key);
}

static void
the_first_of_a_key_is_given_while_it_lives(void)
{
	const char *first, *next;

	testdb_run("DELETE FROM job");
	first = ask("test.key", "one", "{\"n\": 1}");
	CU_ASSERT_STRING_EQUAL(ask("test.key", "one", "{\"n\": 2}"), first);
	testdb_run("UPDATE job SET state = 'RUNNING', lease_until = app_now() WHERE id = $1", first);
	CU_ASSERT_STRING_EQUAL(ask("test.key", "one", "{\"n\": 3}"), first);
	CU_ASSERT_STRING_EQUAL(
	    testdb_text("SELECT payload ->> 'n' FROM job WHERE id = $1", first), "1");
	testdb_run("UPDATE job SET state = 'DEAD', lease_until = NULL, done_at = app_now()");
	next = ask("test.key", "one", "{}");
	CU_ASSERT_STRING_NOT_EQUAL(next, first);
	testdb_run("UPDATE job SET state = 'DONE', done_at = app_now() WHERE id = $1", next);
	CU_ASSERT_STRING_NOT_EQUAL(ask("test.key", "one", "{}"), next);
}

static void
keys_of_two_kinds_never_meet(void)
{
	testdb_run("DELETE FROM job");
	CU_ASSERT_STRING_NOT_EQUAL(ask("test.key", "a", "{}"), ask("test.other", "a", "{}"));
	CU_ASSERT_STRING_NOT_EQUAL(ask("test.key", "a", "{}"), ask("test.key", "b", "{}"));
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM job"), 3);
}

static void
without_a_key_each_is_a_job(void)
{
	testdb_run("DELETE FROM job");
	testdb_run(
	    "SELECT job_add('test.key'), job_add('test.key'), job_add('test.key', wait => '1 h')");
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM job"), 3);
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM job WHERE run_at > app_now()"), 1);
}

static int
ask_too(struct db *db, int racer, void *arg)
{
	struct rows *rows;

	(void)racer;
	(void)arg;
	return db_one(db, &rows, &ask_stmts_[0], db_text("race")) == ERR_OK ? 0 : 1;
}

static void
a_race_makes_one_job(void)
{
	struct race race = { sets, ask_too, NULL, NULL };
	int statuses[ASKERS];

	testdb_run("DELETE FROM job");
	race_run(&race, ASKERS, statuses);
	CU_ASSERT_EQUAL(race_count(statuses, ASKERS, 0), ASKERS);
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM job"), 1);
}

static void
only_add(const char *key)
{
	struct db *db = testdb_open(sets);
	struct rows *rows;

	CU_ASSERT_EQUAL(db_one(db, &rows, &ask_stmts_[0], db_text(key)), ERR_TIMEOUT);
	testdb_close(db);
}

/* Who asks second waits for the first to commit, and is not told of a job that may never be. */
static void
an_open_transaction_is_waited_for(void)
{
	testdb_run("DELETE FROM job");
	testdb_run("BEGIN");
	(void)ask("test.key", "open", "{}");
	only_add("open");
	testdb_run("ROLLBACK");
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM job"), 0);
}

static const struct cunit_test tests[] = {
	{ "the first of a key is given while it lives", the_first_of_a_key_is_given_while_it_lives },
	{ "keys of two kinds never meet", keys_of_two_kinds_never_meet },
	{ "without a key each is a job", without_a_key_each_is_a_job },
	{ "a race makes one job", a_race_makes_one_job },
	{ "an open transaction is waited for", an_open_transaction_is_waited_for },
	{ 0 },
};

int
main(void)
{
	return cunit_run("job_key", tests);
}
