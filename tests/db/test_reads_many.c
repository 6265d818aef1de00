/* Statements that have a form for many: of several at once each gets what it would have had alone. */
#include "base/buf.h"
#include "domain/market/directory.h"
#include "domain/people/user.h"
#include "harness/cunit.h"
#include "harness/testdb.h"

#include <string.h>

static const struct stmt_set *const sets[] = { &directory_stmts, &user_stmts, NULL };

/* What a read gave, as JSON; "" for no row. */
static const char *
shown(struct arena *arena, enum err err, const struct rows *rows)
{
	struct buf out = buf_new(arena, 256);

	CU_ASSERT_EQUAL_FATAL(err, ERR_OK);
	if (rows_count(rows) > 0)
		rows_json(rows, 0, &out);
	return out.data;
}

/* Run together, each of the bounds gives what it gives alone. How many gave a row. */
static size_t
alike(const struct db_bound *bounds, size_t count)
{
	struct db *db = testdb_open(sets);
	struct db_read reads[8] = { 0 };
	struct rows *rows;
	size_t i, found = 0;

	CU_ASSERT_FATAL(count <= COUNT_OF(reads));
	for (i = 0; i < count; i++)
		reads[i] = (struct db_read){ .bound = &bounds[i], .arena = db_arena(db) };
	db_run_many(db, reads, count);
	for (i = 0; i < count; i++) {
		const char *alone, *together = shown(db_arena(db), reads[i].err, reads[i].rows);
		enum err err = db_run(db, &bounds[i], &rows);

		alone = shown(db_arena(db), err, rows);
		CU_ASSERT_STRING_EQUAL(together, alone);
		found += *alone != '\0';
	}
	testdb_close(db);
	return found;
}

static void
profiles(void)
{
	const char *user = testdb_user("USER"), *deleted = testdb_user("USER");
	const char *other = testdb_advisor();

	testdb_run("UPDATE user_account SET state = 'DELETED' WHERE id = $1", deleted);
	CU_ASSERT_EQUAL(alike((const struct db_bound[]){ user_get_bind(user), user_get_bind(deleted),
				  user_get_bind(other), user_get_bind(user) },
			    4),
	    3);
}

static void
advisors(void)
{
	const char *one = testdb_advisor(), *two = testdb_advisor(), *hidden = testdb_advisor();
	const char *viewer = testdb_user("USER"), *blocked = testdb_user("USER");

	testdb_run("UPDATE user_account SET state = 'BLOCKED' WHERE id = $1", hidden);
	testdb_run("INSERT INTO block (user_id, blocked_id) VALUES ($1, $2)", two, blocked);
	CU_ASSERT_EQUAL(
	    alike((const struct db_bound[]){ directory_get_bind(one, NULL),
		      directory_get_bind(one, viewer), directory_get_bind(hidden, NULL),
		      directory_get_bind(two, blocked), directory_get_bind(two, viewer),
		      directory_get_bind(two, NULL), directory_get_bind(hidden, viewer) },
		7),
	    4);
}

static const struct cunit_test tests[] = {
	{ "profiles", profiles },
	{ "advisors, and who may not see them", advisors },
	{ NULL, NULL },
};

int
main(void)
{
	return cunit_run("reads of many", tests);
}
