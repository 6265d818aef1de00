/* The counts of the panel's home page. */
#include "domain/system/overview.h"
#include "harness/cunit.h"
#include "harness/testdb.h"

enum { USERS, USERS_BLOCKED };

static const struct stmt_set *const sets[] = { &overview_stmts, NULL };
static struct db *db;

static int64_t
counted(size_t column)
{
	struct rows *rows;

	CU_ASSERT_EQUAL_FATAL(overview_counts(db, &rows), ERR_OK);
	return rows_i64(rows, 0, column);
}

static void
who_is_gone_is_not_counted(void)
{
	int64_t users = counted(USERS), blocked = counted(USERS_BLOCKED);
	const char *id = testdb_user("USER");

	CU_ASSERT_EQUAL(counted(USERS), users + 1);
	testdb_run("UPDATE user_account SET state = 'BLOCKED' WHERE id = $1", id);
	CU_ASSERT_EQUAL(counted(USERS), users + 1);
	CU_ASSERT_EQUAL(counted(USERS_BLOCKED), blocked + 1);
	testdb_run("UPDATE user_account SET state = 'DELETED' WHERE id = $1", id);
	CU_ASSERT_EQUAL(counted(USERS), users);
	CU_ASSERT_EQUAL(counted(USERS_BLOCKED), blocked);
}

static const struct cunit_test tests[] = {
	{ "who is gone is not counted", who_is_gone_is_not_counted },
	{ 0 },
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
