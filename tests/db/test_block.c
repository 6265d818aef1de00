/* Blocks: made and ended any number of times, listed by page. */
#include "domain/people/block.h"
#include "domain/talk/message.h"
#include "domain/talk/session_leave.h"
#include "harness/cunit.h"
#include "harness/testdb.h"

#include <string.h>

static const struct stmt_set *const sets[] = { &block_stmts, &session_stmts, &session_leave_stmts,
	&message_stmts, NULL };
static struct db *db;

static void
blocking_twice_is_blocking_once(void)
{
	const char *a = testdb_user("USER"), *b = testdb_user("USER");

	CU_ASSERT_EQUAL(block_add(db, a, b), ERR_OK);
	CU_ASSERT_EQUAL(block_add(db, a, b), ERR_OK);
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM block WHERE user_id = $1", a), 1);
	CU_ASSERT_EQUAL(block_remove(db, a, b), ERR_OK);
	CU_ASSERT_EQUAL(block_remove(db, a, b), ERR_OK);
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM block WHERE user_id = $1", a), 0);
}

static void
ending_a_block_leaves_that_of_the_other_side(void)
{
	const char *a = testdb_user("USER"), *b = testdb_user("USER");

	CU_ASSERT_EQUAL(block_add(db, a, b), ERR_OK);
	CU_ASSERT_EQUAL(block_add(db, b, a), ERR_OK);
	CU_ASSERT_EQUAL(block_remove(db, a, b), ERR_OK);
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM block WHERE user_id = $1", b), 1);
}

static void
nobody_blocks_themselves_or_nobody(void)
{
	const char *a = testdb_user("USER"), *gone = testdb_user("USER");

	testdb_run("UPDATE user_account SET state = 'DELETED' WHERE id = $1", gone);
	CU_ASSERT_EQUAL(block_add(db, a, a), ERR_VALIDATION);
	CU_ASSERT_EQUAL(block_add(db, a, gone), ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(block_add(db, a, "0197aaaa-0000-7000-8000-000000000000"), ERR_NOT_FOUND);
}

static void
the_list_pages_without_gaps(void)
{
	const char *a = testdb_user("USER"), *key1 = NULL, *key2 = NULL;
	size_t total = 0, i;
	struct rows *page;

	for (i = 0; i < 7; i++)
		CU_ASSERT_EQUAL(block_add(db, a, testdb_user("USER")), ERR_OK);
	testdb_run("UPDATE block SET created_at = '2026-01-01' WHERE user_id = $1", a);
	do {
		CU_ASSERT_EQUAL_FATAL(block_list(db, a, 3, key1, key2, &page), ERR_OK);
		for (i = 0; i < rows_count(page); i++, total++) {
			CU_ASSERT(key2 == NULL || strcmp(rows_text(page, i, 0), key2) < 0);
			key1 = rows_text(page, i, 3);
			key2 = rows_text(page, i, 4);
		}
	} while (rows_count(page) == 3);
	CU_ASSERT_EQUAL(total, 7);
}

static const struct cunit_test tests[] = {
	{ "blocking twice is blocking once", blocking_twice_is_blocking_once },
	{ "ending a block leaves that of the other side",
	    ending_a_block_leaves_that_of_the_other_side },
	{ "nobody blocks themselves or nobody", nobody_blocks_themselves_or_nobody },
	{ "the list pages without gaps", the_list_pages_without_gaps },
	{ NULL, NULL },
};

int
main(void)
{
	int status;

	db = testdb_open(sets);
	status = cunit_run("block", tests);
	testdb_close(db);
	return status;
}
