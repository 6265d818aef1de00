/* Migrations: applied once and in order, refused when files and database do not belong together. */
#include "base/clock.h"
#include "db/migrate.h"
#include "harness/cunit.h"
#include "harness/testdb.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A folder of files and an empty database for one test. */
struct place {
	struct arena *arena;
	char dir[64], name[40];
	char heard[512]; /* "1 applied, 2 pending, " */
};

static void
place_open(struct place *place)
{
	memset(place, 0, sizeof(*place));
	place->arena = arena_new(64 * 1024 * 1024);
	(void)snprintf(place->dir, sizeof(place->dir), "/tmp/confab-migrate-XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(place->dir));
	(void)snprintf(place->name, sizeof(place->name), "t_migrate_%u", testdb_random());
	testdb_run(arena_printf(place->arena, "CREATE SCHEMA %s", place->name));
	/* A schema of its own stands for a database of its own. */
	testdb_run(arena_printf(place->arena, "ALTER ROLE CURRENT_USER IN DATABASE %s"
	    " SET search_path = %s", testdb_text("SELECT current_database()"), place->name));
}

static void
place_close(struct place *place)
{
	char *command = arena_printf(place->arena, "%s/", place->dir);
	int i;

	testdb_run(arena_printf(place->arena, "ALTER ROLE CURRENT_USER IN DATABASE %s"
	    " RESET search_path", testdb_text("SELECT current_database()")));
	testdb_run("SET client_min_messages = warning");
	testdb_run(arena_printf(place->arena, "DROP SCHEMA %s CASCADE", place->name));
	for (i = 1; i <= 9; i++)
		(void)unlink(arena_printf(place->arena, "%s000%d_step.sql", command, i));
	(void)rmdir(place->dir);
	arena_free(place->arena);
}

static void
file_write(struct place *place, int number, const char *sql)
{
	FILE *file = fopen(arena_printf(place->arena, "%s/000%d_step.sql", place->dir, number), "we");

	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	(void)fputs(sql, file);
	CU_ASSERT_EQUAL_FATAL(fclose(file), 0);
}

static void
hear(void *arg, int version, const char *name, const char *state)
{
	struct place *place = arg;
	size_t len = strlen(place->heard);

	CU_ASSERT(strstr(name, "_step") != NULL);
	(void)snprintf(place->heard + len, sizeof(place->heard) - len, "%d %s, ", version, state);
}

static enum err
run(struct place *place)
{
	place->heard[0] = '\0';
	return migrate_run(place->arena, getenv("DATABASE_URL"), place->dir, hear, place);
}

static enum err
status(struct place *place)
{
	place->heard[0] = '\0';
	return migrate_status(place->arena, getenv("DATABASE_URL"), place->dir, hear, place);
}

static int64_t
count(struct place *place, const char *table)
{
	return testdb_i64(arena_printf(place->arena,
	    "SELECT count(*) FROM pg_tables WHERE schemaname = '%s' AND tablename = '%s'",
	    place->name, table));
}

static void
applies_what_is_missing(void)
{
	struct place place;

	place_open(&place);
	file_write(&place, 1, "CREATE TABLE one (id int); INSERT INTO one VALUES (1);");
	CU_ASSERT_EQUAL(status(&place), ERR_OK);
	CU_ASSERT_STRING_EQUAL(place.heard, "1 pending, ");
	CU_ASSERT_EQUAL(run(&place), ERR_OK);
	CU_ASSERT_STRING_EQUAL(place.heard, "1 applied, ");
	file_write(&place, 2, "CREATE TABLE two (id int)");
	CU_ASSERT_EQUAL(status(&place), ERR_OK);
	CU_ASSERT_STRING_EQUAL(place.heard, "1 applied, 2 pending, ");
	CU_ASSERT_EQUAL(run(&place), ERR_OK);
	CU_ASSERT_STRING_EQUAL(place.heard, "2 applied, ");
	CU_ASSERT_EQUAL(run(&place), ERR_OK);
	CU_ASSERT_STRING_EQUAL(place.heard, "");
	CU_ASSERT_EQUAL(count(&place, "one") + count(&place, "two"), 2);
	place_close(&place);
}

static void
refuses_a_changed_file(void)
{
	struct place place;

	place_open(&place);
	file_write(&place, 1, "CREATE TABLE one (id int)");
	CU_ASSERT_EQUAL(run(&place), ERR_OK);
	file_write(&place, 1, "CREATE TABLE one (id bigint)");
	file_write(&place, 2, "CREATE TABLE two (id int)");
	CU_ASSERT_EQUAL(run(&place), ERR_CONFLICT);
	CU_ASSERT_EQUAL(count(&place, "two"), 0);
	CU_ASSERT_EQUAL(status(&place), ERR_CONFLICT);
	CU_ASSERT_STRING_EQUAL(place.heard, "1 changed, 2 pending, ");
	place_close(&place);
}

static void
refuses_a_newer_database(void)
{
	struct place place;

	place_open(&place);
	file_write(&place, 1, "CREATE TABLE one (id int)");
	file_write(&place, 2, "CREATE TABLE two (id int)");
	CU_ASSERT_EQUAL(run(&place), ERR_OK);
	(void)unlink(arena_printf(place.arena, "%s/0002_step.sql", place.dir));
	CU_ASSERT_EQUAL(run(&place), ERR_CONFLICT);
	CU_ASSERT_EQUAL(status(&place), ERR_CONFLICT);
	place_close(&place);
}

static void
refuses_a_gap(void)
{
	struct place place;

	place_open(&place);
	CU_ASSERT_EQUAL(run(&place), ERR_CONFLICT); /* no files at all */
	file_write(&place, 1, "CREATE TABLE one (id int)");
	file_write(&place, 3, "CREATE TABLE three (id int)");
	CU_ASSERT_EQUAL(run(&place), ERR_CONFLICT);
	CU_ASSERT_EQUAL(count(&place, "one"), 0);
	file_write(&place, 2, "CREATE TABLE two (id int)");
	CU_ASSERT_EQUAL(run(&place), ERR_OK);
	testdb_run(arena_printf(place.arena, "DELETE FROM %s.migration WHERE version = 2",
	    place.name));
	CU_ASSERT_EQUAL(run(&place), ERR_CONFLICT); /* the gap is in the database */
	place_close(&place);
}

static void
rolls_a_failing_file_back(void)
{
	struct place place;

	place_open(&place);
	file_write(&place, 1, "CREATE TABLE one (id int)");
	file_write(&place, 2, "CREATE TABLE two (id int); SELECT 1 / 0;");
	file_write(&place, 3, "CREATE TABLE three (id int)");
	CU_ASSERT_EQUAL(run(&place), ERR_INTERNAL);
	CU_ASSERT_STRING_EQUAL(place.heard, "1 applied, ");
	CU_ASSERT_EQUAL(count(&place, "two") + count(&place, "three"), 0);
	file_write(&place, 2, "CREATE TABLE two (id int)");
	CU_ASSERT_EQUAL(run(&place), ERR_OK);
	CU_ASSERT_STRING_EQUAL(place.heard, "2 applied, 3 applied, ");
	place_close(&place);
}

/* Both begin at once; the file takes longer than the lock timeout of a connection. */
static void
lets_one_at_a_time(void)
{
	struct place place;
	int i, code, good = 0;

	place_open(&place);
	file_write(&place, 1, "CREATE TABLE one (id int); SELECT pg_sleep(2.5);");
	for (i = 0; i < 2; i++)
		if (fork() == 0) {
			struct arena *arena = arena_new(64 * 1024 * 1024);

			_exit(migrate_run(arena, getenv("DATABASE_URL"), place.dir, NULL, NULL) == ERR_OK ? 0 : 1);
		}
	for (i = 0; i < 2; i++)
		good += wait(&code) > 0 && WIFEXITED(code) && WEXITSTATUS(code) == 0;
	CU_ASSERT_EQUAL(good, 2);
	CU_ASSERT_EQUAL(count(&place, "one"), 1);
	CU_ASSERT_EQUAL(status(&place), ERR_OK);
	CU_ASSERT_STRING_EQUAL(place.heard, "1 applied, ");
	place_close(&place);
}

static void
says_when_there_is_no_server(void)
{
	struct place place;

	place_open(&place);
	file_write(&place, 1, "CREATE TABLE one (id int)");
	CU_ASSERT_EQUAL(migrate_run(place.arena, "host=/nowhere", place.dir, NULL, NULL),
	    ERR_UNAVAILABLE);
	place_close(&place);
}

int
main(void)
{
	static const struct cunit_test tests[] = {
		{ "applies what is missing, once", applies_what_is_missing },
		{ "refuses a changed file", refuses_a_changed_file },
		{ "refuses a newer database", refuses_a_newer_database },
		{ "refuses a gap, in the files and in the database", refuses_a_gap },
		{ "rolls a failing file back", rolls_a_failing_file_back },
		{ "lets one at a time migrate, and the other wait", lets_one_at_a_time },
		{ "says when there is no server", says_when_there_is_no_server },
		{ NULL, NULL }
	};

	return cunit_run("migrate", tests);
}
