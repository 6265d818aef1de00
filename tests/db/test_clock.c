/* The two clocks of SQL: both move with the clock of a test, one stands still within a transaction. */
#include "harness/cunit.h"
#include "harness/testdb.h"

#include <stdlib.h>

enum { DAY_S = 86400 };

/* In a transaction that is taken back, so that nobody else lives a day later. */
static void
begin_a_day_later(void)
{
	testdb_run("BEGIN");
	testdb_run("UPDATE test.clock SET shift = shift + interval '1 day'");
}

static int64_t
shift_s(void)
{
	return testdb_i64("SELECT extract(epoch FROM shift)::bigint FROM test.clock");
}

static void
one_stands_still_and_one_goes_on(void)
{
	testdb_run("BEGIN");
	CU_ASSERT_STRING_EQUAL(testdb_text("SELECT app_now() = now() + shift FROM test.clock"), "t");
	CU_ASSERT_STRING_EQUAL(testdb_text("SELECT app_now() < app_clock()"), "t");
	CU_ASSERT_STRING_EQUAL(
	    testdb_text("SELECT app_clock() - app_now() < interval '1 minute'"), "t");
	testdb_run("ROLLBACK");
}

static void
what_is_written_in_steps_is_moved_too(void)
{
	const char *user = testdb_user("USER"), *advisor = testdb_advisor();
	int64_t before = shift_s();

	testdb_run(
	    "INSERT INTO login (id, user_id, kind, ip, expires_at)"
	    " VALUES (gen_random_uuid(), $1, 'APP', '127.0.0.1', app_now() + interval '9 days')",
	    user);
	begin_a_day_later();
	CU_ASSERT_EQUAL(shift_s(), before + DAY_S);
	testdb_run(
	    "UPDATE login SET ended_at = app_now(), end_reason = 'BLOCKED' WHERE user_id = $1",
	    user);
	CU_ASSERT_STRING_EQUAL(
	    testdb_text("SELECT r.revoked_at BETWEEN app_now() AND app_clock() FROM revocation r"
			" JOIN login l ON l.id = r.login_id WHERE l.user_id = $1",
		user),
	    "t");
	testdb_run("UPDATE advisor SET rate_minor = rate_minor + 1 WHERE id = $1", advisor);
	testdb_run("UPDATE advisor SET rate_minor = rate_minor + 1 WHERE id = $1", advisor);
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM advisor_rate WHERE advisor_id = $1"
				   " AND valid_from BETWEEN app_now() AND app_clock()",
			    advisor),
	    2);
	testdb_run("ROLLBACK");
	CU_ASSERT_EQUAL(shift_s(), before);
}

int
main(void)
{
	static const struct cunit_test tests[] = {
		{ "one stands still and one goes on", one_stands_still_and_one_goes_on },
		{ "what is written in steps is moved too", what_is_written_in_steps_is_moved_too },
		{ NULL, NULL },
	};

	return cunit_run("clock", tests);
}
