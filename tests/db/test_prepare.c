/* Statements are prepared when they are first used, in the same round trip, and a failure on the way leaves the
 * connection knowing what it has. */
#include "harness/cunit.h"
#include "harness/require.h"
#include "harness/testdb.h"

#include <string.h>
#include <unistd.h>

enum { KNOWN, HAS, PID, DIVIDE, LATER, PUT };
static const struct stmt stmts[] = {
	[KNOWN] = { "prepare_known", 0, "SELECT count(*) FROM pg_prepared_statements", true },
	[HAS] = { "prepare_has", 1, "SELECT count(*) FROM pg_prepared_statements WHERE name = $1",
	    true },
	[PID] = { "prepare_pid", 0, "SELECT pg_backend_pid()", true },
	[DIVIDE] = { "prepare_divide", 1, "SELECT 6 / $1::int", true },
	[LATER] = { "prepare_later", 0, "SELECT n FROM t_later", true },
	[PUT] = { "prepare_put", 1, "INSERT INTO t_put (n) VALUES ($1)", false },
};
static STMT_SET(t_stmts, stmts);
static const struct stmt_set *const sets[] = { &t_stmts, NULL };
static const struct stmt elsewhere = { "prepare_elsewhere", 0, "SELECT 1", true };

static int64_t
number(struct db *db, const struct db_bound *bound)
{
	struct rows *rows;

	CU_ASSERT_EQUAL_FATAL(db_run_one(db, bound, &rows), ERR_OK);
	return rows_i64(rows, 0, 0);
}

static bool
has(struct db *db, const char *name)
{
	return number(db, &db_bind(&stmts[HAS], db_text(name))) == 1;
}

static void
cut(struct db *db)
{
	struct rows *rows;

	CU_ASSERT_EQUAL_FATAL(db_one(db, &rows, &stmts[PID]), ERR_OK);
	testdb_run("SELECT pg_terminate_backend($1, 5000)", rows_text(rows, 0, 0));
}

static void
connecting_prepares_nothing(void)
{
	struct db *db = testdb_open(sets);

	CU_ASSERT_EQUAL(number(db, &db_bind(&stmts[KNOWN])), 1); /* itself */
	CU_ASSERT_EQUAL(db_exec(db, &stmts[PID]), ERR_OK);
	CU_ASSERT_EQUAL(number(db, &db_bind(&stmts[KNOWN])), 2);
	CU_ASSERT_EQUAL(db_exec(db, &stmts[PID]), ERR_OK);
	CU_ASSERT_EQUAL(number(db, &db_bind(&stmts[KNOWN])), 2);
	testdb_close(db);
}

static enum err
put(struct db *db, void *arg)
{
	return db_exec(db, &stmts[PUT], db_i64(*(int64_t *)arg));
}

static void
the_first_use_is_one_round_trip(void)
{
	struct db *db = testdb_open(sets);
	unsigned long before = db_round_trips(db);
	int64_t n = 1;

	CU_ASSERT_EQUAL(db_exec(db, &stmts[PID]), ERR_OK);
	CU_ASSERT_EQUAL(db_round_trips(db) - before, 1);
	before = db_round_trips(db);
	CU_ASSERT_EQUAL(db_tx(db, put, &n), ERR_OK); /* and COMMIT */
	CU_ASSERT_EQUAL(db_round_trips(db) - before, 2);
	CU_ASSERT(has(db, "prepare_put"));
	testdb_close(db);
}

static void
an_error_at_the_first_use_is_that_use_alone(void)
{
	struct db *db = testdb_open(sets);

	CU_ASSERT_EQUAL(db_exec(db, &stmts[DIVIDE], db_i64(0)), ERR_VALIDATION);
	CU_ASSERT_EQUAL(number(db, &db_bind(&stmts[DIVIDE], db_i64(2))), 3);
	CU_ASSERT_EQUAL(db_exec(db, &stmts[DIVIDE], db_i64(0)), ERR_VALIDATION);
	CU_ASSERT_EQUAL(number(db, &db_bind(&stmts[DIVIDE], db_i64(3))), 2);
	testdb_close(db);
}

/* Standard error goes into the pipe until it is read. */
static char *
log_of(struct db *db, const struct db_bound *bound, enum err expected)
{
	static char text[8192];
	int ends[2], saved = dup(STDERR_FILENO);
	ssize_t len;

	require(saved >= 0 && pipe(ends) == 0 && dup2(ends[1], STDERR_FILENO) >= 0);
	CU_ASSERT_EQUAL(db_run(db, bound, NULL), expected);
	(void)dup2(saved, STDERR_FILENO);
	(void)close(saved);
	(void)close(ends[1]);
	len = read(ends[0], text, sizeof(text) - 1);
	(void)close(ends[0]);
	text[len > 0 ? len : 0] = '\0';
	return text;
}

static void
what_cannot_be_prepared_says_its_name_and_is_tried_again(void)
{
	struct db *db = testdb_open(sets);

	CU_ASSERT_PTR_NOT_NULL(
	    strstr(log_of(db, &db_bind(&stmts[LATER]), ERR_INTERNAL), "\"prepare_later\""));
	CU_ASSERT_FALSE(has(db, "prepare_later"));
	testdb_run("CREATE TABLE t_later AS SELECT 5 AS n");
	CU_ASSERT_EQUAL(number(db, &db_bind(&stmts[LATER])), 5);
	CU_ASSERT(has(db, "prepare_later"));
	testdb_run("DROP TABLE t_later");
	testdb_close(db);
}

static void
a_statement_of_no_set_is_not_run(void)
{
	struct db *db = testdb_open(sets);
	unsigned long before = db_round_trips(db);

	CU_ASSERT_PTR_NOT_NULL(
	    strstr(log_of(db, &db_bind(&elsewhere), ERR_INTERNAL), "\"prepare_elsewhere\""));
	CU_ASSERT_EQUAL(db_round_trips(db), before);
	testdb_close(db);
}

/* What is used for the first time after an error of the same transaction, which the caller overlooks. */
static enum err
fails_and_goes_on(struct db *db, void *arg)
{
	CU_ASSERT_EQUAL(db_exec(db, (const struct stmt *)arg, db_i64(0)), ERR_VALIDATION);
	CU_ASSERT_EQUAL(db_exec(db, &stmts[PID]), ERR_INTERNAL); /* the transaction is over */
	return ERR_VALIDATION;
}

static enum err
divides(struct db *db, void *arg)
{
	return db_exec(db, &stmts[DIVIDE], db_i64(*(int64_t *)arg));
}

static void
a_transaction_that_failed_leaves_the_memory_right(void)
{
	struct db *db = testdb_open(sets);
	int64_t two = 2;

	CU_ASSERT_EQUAL(
	    db_tx(db, fails_and_goes_on, (void *)(uintptr_t)&stmts[DIVIDE]), ERR_VALIDATION);
	CU_ASSERT(has(db, "prepare_divide")); /* though its transaction was rolled back */
	CU_ASSERT_FALSE(has(db, "prepare_pid"));
	CU_ASSERT_EQUAL(number(db, &db_bind(&stmts[DIVIDE], db_i64(1))), 6);
	CU_ASSERT(number(db, &db_bind(&stmts[PID])) > 0);
	CU_ASSERT_EQUAL(db_tx(db, divides, &two), ERR_OK);
	testdb_close(db);
}

static enum err
reads_what_is_not_there(struct db *db, void *arg)
{
	(void)arg;
	return db_exec(db, &stmts[LATER]);
}

static void
a_first_statement_that_cannot_be_prepared_begins_nothing(void)
{
	struct db *db = testdb_open(sets);
	int64_t n = 2;

	CU_ASSERT_EQUAL(db_tx(db, reads_what_is_not_there, NULL), ERR_INTERNAL);
	CU_ASSERT_EQUAL(db_tx(db, put, &n), ERR_OK);
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM t_put WHERE n = 2"), 1);
	testdb_close(db);
}

static void
another_connection_prepares_again(void)
{
	struct db *db = testdb_open(sets);
	int64_t n = 3;

	CU_ASSERT_EQUAL(db_tx(db, put, &n), ERR_OK);
	cut(db);
	CU_ASSERT_EQUAL(db_tx(db, put, &n), ERR_OK);
	cut(db);
	CU_ASSERT_EQUAL(number(db, &db_bind(&stmts[DIVIDE], db_i64(1))), 6);
	CU_ASSERT_FALSE(has(db, "prepare_put"));
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM t_put WHERE n = 3"), 2);
	testdb_close(db);
}

static void
all_can_be_prepared_at_once(void)
{
	struct db *db = testdb_open(sets);

	CU_ASSERT_EQUAL(db_exec(db, &stmts[PID]), ERR_OK);
	CU_ASSERT_EQUAL(db_prepare_all(db), ERR_INTERNAL); /* there is no t_later */
	CU_ASSERT_EQUAL(number(db, &db_bind(&stmts[KNOWN])), 5 + 2); /* and two of lib/db */
	testdb_run("CREATE TABLE t_later AS SELECT 5 AS n");
	CU_ASSERT_EQUAL(db_prepare_all(db), ERR_OK);
	CU_ASSERT_EQUAL(number(db, &db_bind(&stmts[LATER])), 5);
	testdb_run("DROP TABLE t_later");
	testdb_close(db);
}

static const struct cunit_test tests[] = {
	{ "connecting prepares nothing", connecting_prepares_nothing },
	{ "the first use is one round trip", the_first_use_is_one_round_trip },
	{ "an error at the first use is that use alone",
	    an_error_at_the_first_use_is_that_use_alone },
	{ "what cannot be prepared says its name and is tried again",
	    what_cannot_be_prepared_says_its_name_and_is_tried_again },
	{ "a statement of no set is not run", a_statement_of_no_set_is_not_run },
	{ "a transaction that failed leaves the memory right",
	    a_transaction_that_failed_leaves_the_memory_right },
	{ "a first statement that cannot be prepared begins nothing",
	    a_first_statement_that_cannot_be_prepared_begins_nothing },
	{ "another connection prepares again", another_connection_prepares_again },
	{ "all can be prepared at once", all_can_be_prepared_at_once },
	{ NULL, NULL },
};

int
main(void)
{
	int status;

	testdb_run("CREATE TABLE t_put (n bigint NOT NULL)");
	status = cunit_run("prepare", tests);
	testdb_run("DROP TABLE t_put");
	return status;
}
