/* Checking the whole audit log by jobs: slice after slice, one check at a time, and what is found is noted. */
#include "domain/system/audit_check.h"
#include "harness/cunit.h"
#include "harness/testdb.h"

static const struct stmt_set *const sets[] = { &job_stmts, &audit_stmts, &audit_check_stmts, NULL };
static const struct job_kind *const kinds[] = { &audit_check_job, NULL };
static struct db *db;
static const char *admin;

static enum err
start_fn(struct db *tx, void *arg)
{
	const struct audit_by by = { admin, "request-1" };

	return audit_check_start(tx, &by, arg);
}

static struct rows *
start(void)
{
	struct rows *rows = NULL;

	CU_ASSERT_EQUAL_FATAL(db_tx(db, start_fn, &rows), ERR_OK);
	return rows;
}

/* Do the jobs that are there; how many. */
static int
work(void)
{
	struct job job;
	int count = 0;

	for (; job_claim(db, kinds, &job) == ERR_OK; count++)
		CU_ASSERT_EQUAL_FATAL(job_run(db, &job, &audit_check_job), ERR_OK);
	return count;
}

/* state, checked and broken_id of the newest check. */
static const char *
latest(void)
{
	return testdb_text("SELECT state || ' ' || checked || ' ' || coalesce(broken_id::text, '-')"
			   " FROM audit_check ORDER BY id DESC LIMIT 1");
}

static void
nothing_was_checked_yet(void)
{
	struct rows *rows;

	db = testdb_open(sets);
	admin = testdb_user("ADMIN");
	testdb_run("DELETE FROM job");
	testdb_run("DELETE FROM audit_check");
	CU_ASSERT_EQUAL(audit_check_latest(db, &rows), ERR_NOT_FOUND);
}

static void
one_check_runs_at_a_time(void)
{
	const char *first = rows_text(start(), 0, 0);

	CU_ASSERT_STRING_EQUAL(rows_text(start(), 0, 0), first);
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM job WHERE kind = 'audit.check'"), 1);
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM audit WHERE action = 'audit.check'"
				   " AND actor_id = $1",
			    admin),
	    1);
	CU_ASSERT_EQUAL(work(), 1);
	CU_ASSERT_STRING_EQUAL(
	    latest(), testdb_text("SELECT 'GOOD ' || count(*) || ' -' FROM audit"));
	CU_ASSERT_STRING_NOT_EQUAL(rows_text(start(), 0, 0), first);
	CU_ASSERT_EQUAL(work(), 1);
}

static void
a_long_log_is_checked_in_slices_and_its_fault_found(void)
{
	const char *id, *all;

	testdb_run("INSERT INTO audit (action, target_type, previous_hash, hash) SELECT 'test.many',"
		   " 'test', '', '' FROM generate_series(1, $1::int)",
	    "51200");
	(void)start();
	all = testdb_text("SELECT 'GOOD ' || count(*) || ' -' FROM audit");
	CU_ASSERT_EQUAL(work(), 2);
	CU_ASSERT_STRING_EQUAL(latest(), all);
	id = testdb_text("SELECT id FROM audit ORDER BY id DESC OFFSET 5 LIMIT 1");
	testdb_run("ALTER TABLE audit DISABLE TRIGGER audit_append_only");
	testdb_run("UPDATE audit SET action = 'test.other' WHERE id = $1", id);
	(void)start();
	CU_ASSERT_EQUAL(work(), 2);
	CU_ASSERT_STRING_EQUAL(
	    testdb_text("SELECT state || broken_id FROM audit_check ORDER BY id DESC"
			" LIMIT 1"),
	    testdb_text("SELECT 'BROKEN' || $1::text", id));
	testdb_run("UPDATE audit SET action = 'test.many' WHERE id = $1", id);
	testdb_run("ALTER TABLE audit ENABLE TRIGGER audit_append_only");
}

static void
a_check_whose_job_was_given_up_makes_way(void)
{
	const char *first = rows_text(start(), 0, 0);

	testdb_run("UPDATE job SET state = 'DEAD', done_at = app_now() WHERE state = 'READY'");
	CU_ASSERT_STRING_NOT_EQUAL(rows_text(start(), 0, 0), first);
	CU_ASSERT_STRING_EQUAL(
	    testdb_text("SELECT state FROM audit_check WHERE id = $1", first), "FAILED");
	CU_ASSERT_EQUAL(work(), 2);
	testdb_close(db);
}

static const struct cunit_test tests[] = {
	{ "nothing was checked yet", nothing_was_checked_yet },
	{ "one check runs at a time", one_check_runs_at_a_time },
	{ "a long log is checked in slices and its fault found",
	    a_long_log_is_checked_in_slices_and_its_fault_found },
	{ "a check whose job was given up makes way", a_check_whose_job_was_given_up_makes_way },
	{ NULL, NULL },
};

int
main(void)
{
	return cunit_run("audit_check", tests);
}
