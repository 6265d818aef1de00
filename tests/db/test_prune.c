/* What has had its time goes, and nothing else. */
#include "domain/system/prune.h"
#include "harness/cunit.h"
#include "harness/testdb.h"

enum { EVENT_DAYS = 7 };

static const struct stmt_set *const sets[] = { &prune_stmts, NULL };

/* One row of each kind that is old enough by age_s seconds beyond its time, all named by mark. */
static void
rows_make(const char *mark, const char *age_s)
{
	const char *user_id = testdb_user("USER");

	testdb_run("INSERT INTO login (id, user_id, kind, ip, expires_at)"
		   " VALUES ($1, $2, 'APP', '::1', app_now())",
	    mark, user_id);
	testdb_run("INSERT INTO revocation (login_id, revoked_at) VALUES ($1,"
		   " app_now() - interval '2 hours' - make_interval(secs => $2::int))",
	    mark, age_s);
	testdb_run("INSERT INTO idempotency (user_id, key, request_hash, created_at) VALUES ($1, 'k',"
		   " '', app_now() - interval '72 hours' - make_interval(secs => $2::int))",
	    mark, age_s);
	testdb_run("INSERT INTO rate_bucket (key, count, ends_at)"
		   " VALUES ($1, 1, app_now() - make_interval(secs => $2::int))",
	    mark, age_s);
	testdb_run(
	    "INSERT INTO event (user_id, seq, type, payload, created_at) VALUES ($1, 1, 't', '{}',"
	    " app_now() - interval '7 days' - make_interval(secs => $2::int))",
	    mark, age_s);
	testdb_run("INSERT INTO job (id, kind, state, done_at) VALUES ($1, 'test.prune', 'DONE',"
		   " app_now() - interval '7 days' - make_interval(secs => $2::int))",
	    mark, age_s);
}

static int64_t
rows_left(const char *mark)
{
	return testdb_i64("SELECT (SELECT count(*) FROM revocation WHERE login_id = $1::uuid)"
			  " + (SELECT count(*) FROM idempotency WHERE user_id = $1::uuid)"
			  " + (SELECT count(*) FROM rate_bucket WHERE key = $1::uuid::text)"
			  " + (SELECT count(*) FROM event WHERE user_id = $1::uuid)"
			  " + (SELECT count(*) FROM job WHERE id = $1::uuid)",
	    mark);
}

static void
old_rows_go_and_young_ones_stay(void)
{
	struct db *db = testdb_open(sets);
	const char *old = testdb_text("SELECT gen_random_uuid()"),
		   *young = testdb_text("SELECT gen_random_uuid()");
	int64_t count;

	rows_make(old, "10");
	rows_make(young, "-60");
	CU_ASSERT_EQUAL(rows_left(old), 5);
	CU_ASSERT_EQUAL(prune_run(db, EVENT_DAYS, &count), ERR_OK);
	CU_ASSERT(count >= 5);
	CU_ASSERT_EQUAL(rows_left(old), 0);
	CU_ASSERT_EQUAL(rows_left(young), 5);
	testdb_close(db);
}

static void
unfinished_jobs_stay_and_dead_ones_for_a_month(void)
{
	struct db *db = testdb_open(sets);
	int64_t count;

	testdb_run("DELETE FROM job WHERE kind = 'test.prune'");
	testdb_run(
	    "INSERT INTO job (id, kind, state, created_at, run_at, done_at) SELECT"
	    " gen_random_uuid(), 'test.prune', CASE WHEN days > 0 THEN 'DEAD' ELSE 'READY' END,"
	    " app_now() - interval '1 year', app_now() + interval '1 day',"
	    " CASE WHEN days > 0 THEN app_now() - make_interval(days => days) END"
	    " FROM unnest(ARRAY[0, 29, 31]) days");
	CU_ASSERT_EQUAL(prune_run(db, EVENT_DAYS, &count), ERR_OK);
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM job WHERE kind = 'test.prune'"), 2);
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM job WHERE kind = 'test.prune'"
				   " AND done_at < app_now() - interval '30 days'"),
	    0);
	testdb_run("DELETE FROM job WHERE kind = 'test.prune'");
	testdb_close(db);
}

/* How it ended stays in the audit log; what has not ended stays. */
static void
decisions_go_a_month_after_their_end(void)
{
	struct db *db = testdb_open(sets);
	const char *by = testdb_user("ADMIN");
	int64_t count;

	testdb_run(
	    "INSERT INTO decision (id, act, subject_id, what, decided_by, state, decided_at,"
	    " effective_at, done_at) SELECT gen_random_uuid(), 'test.prune', gen_random_uuid(),"
	    " 'Test', $1, state, app_now() - interval '1 year', app_now() - interval '1 year',"
	    " CASE WHEN state <> 'PENDING' THEN app_now() - make_interval(days => days) END"
	    " FROM unnest(ARRAY['PENDING', 'DONE', 'UNDONE', 'FAILED']) state,"
	    " unnest(ARRAY[29, 31]) days",
	    by);
	CU_ASSERT_EQUAL(prune_run(db, EVENT_DAYS, &count), ERR_OK);
	CU_ASSERT_STRING_EQUAL(
	    testdb_text(
		"SELECT string_agg(state || coalesce((app_now()::date - done_at::date)::text, ''),"
		" ' ' ORDER BY state, done_at) FROM decision WHERE decided_by = $1",
		by),
	    "DONE29 FAILED29 PENDING PENDING UNDONE29");
	testdb_run("DELETE FROM decision WHERE decided_by = $1", by);
	testdb_close(db);
}

static void
more_than_a_batch_goes_in_one_round(void)
{
	struct db *db = testdb_open(sets);
	const char *mark = testdb_text("SELECT gen_random_uuid()");
	int64_t count;

	testdb_run(
	    "INSERT INTO event (user_id, seq, type, payload, created_at) SELECT $1, n, 't', '{}',"
	    " app_now() - interval '8 days' FROM generate_series(1, 12000) n",
	    mark);
	CU_ASSERT_EQUAL(prune_run(db, EVENT_DAYS, &count), ERR_OK);
	CU_ASSERT(count >= 12000);
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM event WHERE user_id = $1", mark), 0);
	testdb_close(db);
}

static const struct cunit_test tests[] = {
	{ "old rows go and young ones stay", old_rows_go_and_young_ones_stay },
	{ "unfinished jobs stay, and dead ones for a month",
	    unfinished_jobs_stay_and_dead_ones_for_a_month },
	{ "decisions go a month after their end", decisions_go_a_month_after_their_end },
	{ "more than a batch goes in one round", more_than_a_batch_goes_in_one_round },
	{ 0 },
};

int
main(void)
{
	return cunit_run("prune", tests);
}
