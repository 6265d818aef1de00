/*
 * What the programs say and do while they cannot use the database: an outage is two lines of each program, and
 * a schema older than the program is one.
 */
#include "base/clock.h"
#include "harness/client.h"
#include "harness/cunit.h"
#include "harness/private.h"
#include "harness/testdb.h"
#include "web/program.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct client *c;
static struct person user;

/* One of each program that needs the database to answer a user. */
static const char *const paths[] = { "/users/me", "/advisors",
	"/sessions/00000000-0000-7000-8000-000000000000", "/conversations", "/auth/logins",
	"//readyz" };

/* Errors and warnings of a program so far; none of one that does not run all the time. */
static int
complaints(const struct program *program)
{
	return !program_stays(program)
	    ? 0
	    : private_logged(program->name, "error", "") + private_logged(program->name, "warn", "");
}

/* How often a program said that the database is there again. */
static int
ends_said(const char *program)
{
	return private_logged(program, "warn", "the database answers again");
}

/* Ask until every program with more complaints than before said that it ended, 20 s at most. */
static bool
all_say_it_ended(const int before[PROGRAM__COUNT])
{
	const struct timespec moment = { 0, 50000000 };
	size_t i = 0;
	int tries;

	for (tries = 0; tries < 400 && i < PROGRAM__COUNT; tries++) {
		for (i = 0; i < COUNT_OF(paths); i++)
			(void)client_call(c, "GET", paths[i], NULL);
		for (i = 0; i < PROGRAM__COUNT; i++)
			if (complaints(&programs[i]) > before[i] && ends_said(programs[i].name) == 0)
				break;
		(void)nanosleep(&moment, NULL);
	}
	if (i < PROGRAM__COUNT)
		(void)fprintf(stderr, "%s does not say that it ended\n", programs[i].name);
	return i == PROGRAM__COUNT;
}

/* How many of the paths answer 503. At once, for a program's first request of an outage waits some seconds. */
static size_t
refused_at_once(void)
{
	pid_t pids[COUNT_OF(paths)];
	size_t i, refused = 0;
	int status;

	for (i = 0; i < COUNT_OF(paths); i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			struct client *own = client_new();

			client_token(own, user.token);
			_exit(client_call(own, "GET", paths[i], NULL) == 503 ? 0 : 1);
		}
	}
	for (i = 0; i < COUNT_OF(paths); i++) {
		bool ended = waitpid(pids[i], &status, 0) == pids[i] && WIFEXITED(status);

		if (!ended || WEXITSTATUS(status) != 0)
			(void)fprintf(stderr, "%s is not refused\n", paths[i]);
		else
			refused++;
	}
	return refused;
}

/* 3 s of requests and more while the database is away: a line of each program when it begins, one when it ends, and
 * on a slow machine one for each half minute between. */
static void
logs_an_outage_once(void)
{
	int before[PROGRAM__COUNT], spoken = 0, asked, lines_max;
	int64_t until, began = clock_monotonic_us();
	size_t i;

	client_token(c, user.token);
	CU_ASSERT(client_becomes(c, "/users/me", 200));
	for (i = 0; i < PROGRAM__COUNT; i++)
		before[i] = complaints(&programs[i]);
	CU_ASSERT_EQUAL(kill(private_pid("postgres"), SIGINT), 0);
	CU_ASSERT(client_becomes(c, "/users/me", 503));
	until = clock_monotonic_us() + 3 * SECOND_US;
	for (asked = 0; asked <= 3 || clock_monotonic_us() < until; asked++) {
		CU_ASSERT_EQUAL(refused_at_once(), COUNT_OF(paths));
	}
	CU_ASSERT(asked > 3);
	private_db_start();
	CU_ASSERT(client_becomes(c, "//readyz", 200));
	CU_ASSERT(all_say_it_ended(before));
	lines_max = 2 + (int)((clock_monotonic_us() - began) / (30 * SECOND_US));
	for (i = 0; i < PROGRAM__COUNT; i++) {
		int lines = complaints(&programs[i]) - before[i];

		if (lines > lines_max)
			(void)fprintf(stderr, "%s: %d lines\n", programs[i].name, lines);
		CU_ASSERT(lines <= lines_max);
		spoken += lines > 0;
	}
	CU_ASSERT(spoken >= 5);
	CU_ASSERT_EQUAL(ends_said("people"), 1);
	CU_ASSERT_EQUAL(private_logged("people", "warn", "\"failures\":1,"), 0);
}

/* A new release on a schema that was not migrated serves nothing, and needs no restart after. */
static void
refuses_an_older_schema_and_heals(void)
{
	const char *last = testdb_text("SELECT max(version) FROM migration");

	testdb_run(
	    "CREATE TEMP TABLE kept AS SELECT * FROM migration WHERE version = $1::int", last);
	testdb_run("DELETE FROM migration WHERE version = $1::int", last);
	testdb_run("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
		   " WHERE usename = current_user AND pid <> pg_backend_pid()");
	CU_ASSERT(client_becomes(c, "/users/me", 503));
	CU_ASSERT(client_becomes(c, "/advisors", 503));
	CU_ASSERT(client_becomes(c, "//readyz", 503));
	CU_ASSERT(strstr(client_body(c), "{\"name\":\"database\",\"good\":true") != NULL);
	CU_ASSERT(strstr(client_body(c), "{\"name\":\"migrations\",\"good\":false") != NULL);
	CU_ASSERT_EQUAL(private_logged("people", "error", "run `confab migrate`"), 1);
	testdb_run("INSERT INTO migration SELECT * FROM kept");
	CU_ASSERT(client_becomes(c, "/users/me", 200));
	CU_ASSERT(client_becomes(c, "//readyz", 200));
}

/* What still runs when a newer release has migrated goes on. */
static void
goes_on_with_a_newer_schema(void)
{
	testdb_run(
	    "INSERT INTO migration (version, name, checksum) VALUES (9999, '9999_next', 'x')");
	testdb_run("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
		   " WHERE usename = current_user AND pid <> pg_backend_pid()");
	client_token(c, user.token);
	CU_ASSERT(client_becomes(c, "/users/me", 200));
	CU_ASSERT(client_becomes(c, "//readyz", 200));
	CU_ASSERT(strstr(client_body(c), "9999 of ") != NULL);
	testdb_run("DELETE FROM migration WHERE version = 9999");
}

int
main(void)
{
	static const struct cunit_test tests[] = {
		{ "logs an outage once a program, not once a try", logs_an_outage_once },
		{ "refuses a schema older than the program, and heals",
		    refuses_an_older_schema_and_heals },
		{ "goes on with a newer schema", goes_on_with_a_newer_schema }, { NULL, NULL }
	};
	int status;

	private_start("outage", NULL);
	c = client_new();
	user = person_register("USER");
	status = cunit_run("outage", tests);
	client_free(c);
	return status;
}
