/* Migrations: applied once and in order, refused when files and database do not belong together; files of
 * functions applied again when they changed; all of it or nothing. */
#include "base/clock.h"
#include "db/migrate.h"
#include "harness/cunit.h"
#include "harness/testdb.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* A folder of files and an empty database for one test. */
struct place {
	struct arena *arena;
	char dir[64], name[40];
	char heard[512]; /* "1 applied, 2 pending, code/a applied, " */
};

static void
place_open(struct place *place)
{
	memset(place, 0, sizeof(*place));
	place->arena = arena_new(64 * 1024 * 1024);
	(void)snprintf(place->dir, sizeof(place->dir), "/tmp/confab-migrate-XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(place->dir));
	CU_ASSERT_EQUAL_FATAL(mkdir(arena_printf(place->arena, "%s/code", place->dir), 0700), 0);
	(void)snprintf(place->name, sizeof(place->name), "t_migrate_%u", testdb_random());
	testdb_run(arena_printf(place->arena, "CREATE SCHEMA %s", place->name));
	/* A schema of its own stands for a database of its own. */
	testdb_run(arena_printf(place->arena,
	    "ALTER ROLE CURRENT_USER IN DATABASE %s"
	    " SET search_path = %s",
	    testdb_text("SELECT current_database()"), place->name));
}

static void
place_close(struct place *place)
{
	static const char *const code[] = { "a", "b", "base", NULL };
	int i;

	testdb_run(arena_printf(place->arena,
	    "ALTER ROLE CURRENT_USER IN DATABASE %s"
	    " RESET search_path",
	    testdb_text("SELECT current_database()")));
	testdb_run("SET client_min_messages = warning");
	testdb_run(arena_printf(place->arena, "DROP SCHEMA %s CASCADE", place->name));
	for (i = 1; i <= 9; i++)
		(void)unlink(arena_printf(place->arena, "%s/000%d_step.sql", place->dir, i));
	for (i = 0; code[i] != NULL; i++)
		(void)unlink(arena_printf(place->arena, "%s/code/%s.sql", place->dir, code[i]));
	(void)rmdir(arena_printf(place->arena, "%s/code", place->dir));
	(void)rmdir(place->dir);
	arena_free(place->arena);
}

static void
text_write(const char *path, const char *sql)
{
	FILE *file = fopen(path, "we");

	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	(void)fputs(sql, file);
	CU_ASSERT_EQUAL_FATAL(fclose(file), 0);
}

static void
file_write(struct place *place, int number, const char *sql)
{
	text_write(arena_printf(place->arena, "%s/000%d_step.sql", place->dir, number), sql);
}

/* name is one of those that place_close knows. */
static void
code_write(struct place *place, const char *name, const char *sql)
{
	text_write(arena_printf(place->arena, "%s/code/%s.sql", place->dir, name), sql);
}

static void
hear(void *arg, int version, const char *name, const char *state)
{
	struct place *place = arg;
	size_t len = strlen(place->heard);

	if (version > 0) {
		CU_ASSERT(strstr(name, "_step") != NULL);
		name = arena_printf(place->arena, "%d", version);
	}
	(void)snprintf(place->heard + len, sizeof(place->heard) - len, "%s %s, ", name, state);
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

/* What SQL says in the place of the test. */
static const char *
value(struct place *place, const char *sql)
{
	testdb_run(arena_printf(place->arena, "SET search_path = %s", place->name));
	sql = testdb_text(sql);
	testdb_run("RESET search_path");
	return sql;
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
	testdb_run(
	    arena_printf(place.arena, "DELETE FROM %s.migration WHERE version = 2", place.name));
	CU_ASSERT_EQUAL(run(&place), ERR_CONFLICT); /* the gap is in the database */
	place_close(&place);
}

static void
refuses_to_do_without_the_code(void)
{
	struct place place;

	place_open(&place);
	file_write(&place, 1, "CREATE TABLE one (id int)");
	(void)rmdir(arena_printf(place.arena, "%s/code", place.dir));
	CU_ASSERT_EQUAL(run(&place), ERR_CONFLICT);
	CU_ASSERT_EQUAL(count(&place, "one"), 0);
	place_close(&place);
}

static void
rolls_all_back_when_a_file_fails(void)
{
	struct place place;

	place_open(&place);
	file_write(&place, 1, "CREATE TABLE one (id int)");
	file_write(&place, 2, "CREATE TABLE two (id int); SELECT 1 / 0;");
	file_write(&place, 3, "CREATE TABLE three (id int)");
	CU_ASSERT_EQUAL(run(&place), ERR_INTERNAL);
	CU_ASSERT_STRING_EQUAL(place.heard, "");
	CU_ASSERT_EQUAL(count(&place, "one") + count(&place, "two") + count(&place, "three"), 0);
	file_write(&place, 2, "CREATE TABLE two (id int)");
	CU_ASSERT_EQUAL(run(&place), ERR_OK);
	CU_ASSERT_STRING_EQUAL(place.heard, "1 applied, 2 applied, 3 applied, ");
	place_close(&place);
}

#define FUNCTION "CREATE OR REPLACE FUNCTION "
#define SQL_INT " RETURNS int LANGUAGE sql AS "

static void
applies_code_again_when_it_changed(void)
{
	struct place place;

	place_open(&place);
	file_write(&place, 1, "CREATE TABLE one (id int); INSERT INTO one VALUES (7);");
	code_write(&place, "a", FUNCTION "f()" SQL_INT "'SELECT id FROM one'");
	code_write(&place, "b", FUNCTION "g()" SQL_INT "'SELECT 1'");
	CU_ASSERT_EQUAL(status(&place), ERR_OK);
	CU_ASSERT_STRING_EQUAL(place.heard, "1 pending, code/a pending, code/b pending, ");
	CU_ASSERT_EQUAL(run(&place), ERR_OK);
	CU_ASSERT_STRING_EQUAL(place.heard, "1 applied, code/a applied, code/b applied, ");
	CU_ASSERT_STRING_EQUAL(value(&place, "SELECT f() + g()"), "8");
	CU_ASSERT_EQUAL(run(&place), ERR_OK);
	CU_ASSERT_STRING_EQUAL(place.heard, "");
	code_write(&place, "b", FUNCTION "g()" SQL_INT "'SELECT 2'");
	CU_ASSERT_EQUAL(status(&place), ERR_OK);
	CU_ASSERT_STRING_EQUAL(place.heard, "1 applied, code/a applied, code/b changed, ");
	CU_ASSERT_EQUAL(run(&place), ERR_OK);
	CU_ASSERT_STRING_EQUAL(place.heard, "code/b applied, ");
	CU_ASSERT_STRING_EQUAL(value(&place, "SELECT f() + g()"), "9");
	place_close(&place);
}

/* Bodies in any order; what a trigger needs is in base, whatever comes before it by name. */
static void
needs_no_order_among_code(void)
{
	struct place place;

	place_open(&place);
	file_write(&place, 1, "CREATE TABLE one (id int)");
	code_write(&place, "a",
	    FUNCTION
	    "f()" SQL_INT "'SELECT g()';"
	    "CREATE OR REPLACE TRIGGER t BEFORE INSERT ON one FOR EACH ROW EXECUTE FUNCTION seven();");
	code_write(&place, "b", FUNCTION "g()" SQL_INT "'SELECT max(id) FROM one'");
	code_write(&place, "base",
	    FUNCTION "seven() RETURNS trigger LANGUAGE plpgsql AS"
		     " $$ BEGIN NEW.id := 7; RETURN NEW; END $$");
	CU_ASSERT_EQUAL(run(&place), ERR_OK);
	CU_ASSERT_STRING_EQUAL(
	    place.heard, "1 applied, code/base applied, code/a applied, code/b applied, ");
	CU_ASSERT_STRING_EQUAL(value(&place, "INSERT INTO one VALUES (1)"), "");
	CU_ASSERT_STRING_EQUAL(value(&place, "SELECT f()"), "7");
	place_close(&place);
}

static void
rolls_tables_back_with_the_code(void)
{
	static const char *const broken[] = { "SELECT 1 / 0",
		FUNCTION "f()" SQL_INT "'SELECT no FROM one'", FUNCTION "f()" SQL_INT "'SELECT g()'",
		FUNCTION "f()"
			 " RETURNS int LANGUAGE plpgsql AS 'BEGIN RETRUN 1; END'" };
	struct place place;
	size_t i;

	place_open(&place);
	file_write(&place, 1, "CREATE TABLE one (id int)");
	for (i = 0; i < COUNT_OF(broken); i++) {
		code_write(&place, "a", broken[i]);
		CU_ASSERT_EQUAL(run(&place), ERR_INTERNAL);
		CU_ASSERT_STRING_EQUAL(place.heard, "");
		CU_ASSERT_EQUAL(count(&place, "one"), 0);
		CU_ASSERT_EQUAL(status(&place), ERR_OK);
		CU_ASSERT_STRING_EQUAL(place.heard, "1 pending, code/a pending, ");
	}
	code_write(&place, "a", FUNCTION "f()" SQL_INT "'SELECT 1'");
	CU_ASSERT_EQUAL(run(&place), ERR_OK);
	code_write(&place, "a", broken[1]);
	CU_ASSERT_EQUAL(run(&place), ERR_INTERNAL);
	CU_ASSERT_STRING_EQUAL(value(&place, "SELECT f()"), "1");
	place_close(&place);
}

static void
refuses_to_take_what_code_needs(void)
{
	struct place place;

	place_open(&place);
	file_write(&place, 1, "CREATE TABLE one (id int)");
	code_write(&place, "a", FUNCTION "f()" SQL_INT "'SELECT id FROM one'");
	CU_ASSERT_EQUAL(run(&place), ERR_OK);
	file_write(&place, 2, "ALTER TABLE one RENAME id TO number");
	CU_ASSERT_EQUAL(run(&place), ERR_INTERNAL);
	CU_ASSERT_STRING_EQUAL(value(&place, "SELECT count(f())"), "0");
	code_write(&place, "a", FUNCTION "f()" SQL_INT "'SELECT number FROM one'");
	CU_ASSERT_EQUAL(run(&place), ERR_OK);
	CU_ASSERT_STRING_EQUAL(place.heard, "2 applied, code/a applied, ");
	place_close(&place);
}

static void
keeps_an_old_signature_until_it_is_dropped(void)
{
	struct place place;

	place_open(&place);
	file_write(&place, 1,
	    FUNCTION "fine(int) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT true';"
		     "CREATE TABLE one (id int CHECK (fine(id)))");
	code_write(&place, "a", FUNCTION "f(n int)" SQL_INT "'SELECT n'");
	code_write(&place, "b", FUNCTION "g()" SQL_INT "'SELECT 1'");
	CU_ASSERT_EQUAL(run(&place), ERR_OK);
	CU_ASSERT_STRING_EQUAL(place.heard, "1 applied, code/a applied, code/b applied, ");
	code_write(&place, "a", FUNCTION "f(n int, m int)" SQL_INT "'SELECT n + m'");
	CU_ASSERT_EQUAL(run(&place), ERR_OK);
	CU_ASSERT_STRING_EQUAL(place.heard, "code/a applied, f(integer) leftover, ");
	CU_ASSERT_STRING_EQUAL(value(&place, "SELECT f(1) + f(2, 3)"), "6");
	(void)unlink(arena_printf(place.arena, "%s/code/b.sql", place.dir));
	CU_ASSERT_EQUAL(run(&place), ERR_OK);
	CU_ASSERT_STRING_EQUAL(place.heard, "f(integer) leftover, g() leftover, ");
	code_write(&place, "a",
	    FUNCTION "f(n int, m int)" SQL_INT "'SELECT n + m';"
		     "DROP FUNCTION IF EXISTS f(int); DROP FUNCTION IF EXISTS g();");
	CU_ASSERT_EQUAL(status(&place), ERR_OK);
	CU_ASSERT_STRING_EQUAL(
	    place.heard, "1 applied, code/a changed, f(integer) leftover, g() leftover, ");
	CU_ASSERT_EQUAL(run(&place), ERR_OK);
	CU_ASSERT_STRING_EQUAL(place.heard, "code/a applied, ");
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

			_exit(migrate_run(arena, getenv("DATABASE_URL"), place.dir, NULL, NULL) ==
				    ERR_OK
				? 0
				: 1);
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
	CU_ASSERT_EQUAL(
	    migrate_run(place.arena, "host=/nowhere", place.dir, NULL, NULL), ERR_UNAVAILABLE);
	place_close(&place);
}

int
main(void)
{
	static const struct cunit_test tests[] = { { "applies what is missing, once",
						       applies_what_is_missing },
		{ "refuses a changed file", refuses_a_changed_file },
		{ "refuses a newer database", refuses_a_newer_database },
		{ "refuses a gap, in the files and in the database", refuses_a_gap },
		{ "refuses to do without the code", refuses_to_do_without_the_code },
		{ "rolls all back when a file fails", rolls_all_back_when_a_file_fails },
		{ "applies code again when it changed", applies_code_again_when_it_changed },
		{ "needs no order among code but base first", needs_no_order_among_code },
		{ "rolls tables back with the code that failed", rolls_tables_back_with_the_code },
		{ "refuses to take what unchanged code needs", refuses_to_take_what_code_needs },
		{ "keeps an old signature until it is dropped",
		    keeps_an_old_signature_until_it_is_dropped },
		{ "lets one at a time migrate, and the other wait", lets_one_at_a_time },
		{ "says when there is no server", says_when_there_is_no_server }, { NULL, NULL } };

	return cunit_run("migrate", tests);
}
