/* Programs and schemas of two releases: new on old is refused, old on new goes on. */
#include "base/clock.h"
#include "base/version.h"
#include "domain/system/health.h"
#include "harness/cunit.h"
#include "harness/testdb.h"

#include <stdlib.h>
#include <time.h>

static const struct stmt_set *const sets[] = { &health_stmts, NULL };

/* A door that was not opened yet. */
static struct db *
door(void)
{
	struct db *db = db_open(getenv("DATABASE_URL"), "test", sets);

	db_arena_set(db, arena_new(1024 * 1024));
	return db;
}

/* Connect, also across the pause after a refusal. */
static enum err
connect_soon(struct db *db)
{
	const struct timespec moment = { 0, 20000000 };
	enum err err = db_connect(db);
	int i;

	for (i = 0; i < 200 && err != ERR_OK; i++) {
		(void)nanosleep(&moment, NULL);
		err = db_connect(db);
	}
	return err;
}

static void
knows_the_newest_migration(void)
{
	CU_ASSERT_EQUAL(confab_schema, testdb_i64("SELECT max(version) FROM migration"));
}

static void
refuses_an_older_schema_until_it_is_migrated(void)
{
	struct db *db = door();
	int64_t version = 0;

	CU_ASSERT_EQUAL(db_schema_refused(db), -1);
	testdb_run(
	    "CREATE TEMP TABLE kept AS SELECT * FROM migration ORDER BY version DESC LIMIT 1");
	testdb_run("DELETE FROM migration WHERE version = (SELECT version FROM kept)");
	CU_ASSERT_EQUAL(db_connect(db), ERR_UNAVAILABLE);
	CU_ASSERT_EQUAL(health_schema_version(db, &version), ERR_UNAVAILABLE);
	CU_ASSERT_EQUAL(db_schema_refused(db), confab_schema - 1);
	testdb_run("INSERT INTO migration SELECT * FROM kept");
	CU_ASSERT_EQUAL(connect_soon(db), ERR_OK);
	CU_ASSERT_EQUAL(db_schema_refused(db), -1);
	CU_ASSERT_EQUAL(health_schema_version(db, &version), ERR_OK);
	CU_ASSERT_EQUAL(version, confab_schema);
	testdb_close(db);
}

static void
refuses_a_database_without_any(void)
{
	struct db *db = door();

	testdb_run("ALTER TABLE migration RENAME TO migration_away");
	CU_ASSERT_EQUAL(db_connect(db), ERR_UNAVAILABLE);
	CU_ASSERT_EQUAL(db_schema_refused(db), 0);
	testdb_run("ALTER TABLE migration_away RENAME TO migration");
	CU_ASSERT_EQUAL(connect_soon(db), ERR_OK);
	testdb_close(db);
}

static void
takes_a_newer_schema(void)
{
	struct db *db = door();

	testdb_run(
	    "INSERT INTO migration (version, name, checksum) VALUES (9999, '9999_next', 'x')");
	CU_ASSERT_EQUAL(db_connect(db), ERR_OK);
	testdb_run("DELETE FROM migration WHERE version = 9999");
	testdb_close(db);
}

int
main(void)
{
	static const struct cunit_test tests[] = {
		{ "a program knows the newest migration of its release", knows_the_newest_migration },
		{ "an older schema is refused until it is migrated",
		    refuses_an_older_schema_until_it_is_migrated },
		{ "so is a database without any", refuses_a_database_without_any },
		{ "a newer schema is taken", takes_a_newer_schema }, { NULL, NULL }
	};

	return cunit_run("schema", tests);
}
