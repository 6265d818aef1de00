/*
 * Ended logins are read about once a second for the whole machine, by whoever is there to do it: access ends
 * with the next reading although the reader was killed or stands still, and without a database nobody is let in.
 */
#include "base/clock.h"
#include "harness/client.h"
#include "harness/cunit.h"
#include "harness/parked.h"
#include "harness/private.h"
#include "harness/testdb.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { BUSY_S = 5, CALLERS = 4 };

/* One of each program that looks at tokens. */
static const char *const paths[] = { "/users/me", "/advisors", "/conversations", "/auth/logins",
	"/events" };
static struct client *callers[CALLERS], *anon;
static struct listener people[CALLERS];

/* How often the database looked at the table. It hears of that from each connection a second late or two. */
static int64_t
scans(void)
{
	return testdb_i64("SELECT seq_scan + idx_scan FROM pg_stat_user_tables"
			  " WHERE relname = 'revocation'");
}

/* One call of each program. */
static void
call(size_t who, int status)
{
	size_t i;
	int got;

	for (i = 0; i < COUNT_OF(paths); i++) {
		got = client_call(callers[who], "GET", paths[i], NULL);
		if (got != status)
			(void)fprintf(stderr, "%s: %d\n", paths[i], got);
		CU_ASSERT_EQUAL_FATAL(got, status);
	}
}

static void
call_all(int status)
{
	size_t who;

	for (who = 0; who < CALLERS; who++)
		call(who, status);
}

/* For BUSY_S and for what the database is late; what it counted is at most one look a second and three. */
static void
busy_and_counted(void)
{
	int64_t begun = clock_monotonic_us(), scanned = scans(), seconds;
	long read = client_revoke_reads(anon);

	while (clock_monotonic_us() - begun < BUSY_S * SECOND_US)
		call_all(200);
	seconds = (clock_monotonic_us() - begun) / SECOND_US + 1;
	read = client_revoke_reads(anon) - read;
	scanned = scans() - scanned;
	if (read > seconds + 1 || scanned > seconds + 3)
		(void)fprintf(stderr, "%lld s: %ld readings, %lld scans\n", (long long)seconds,
		    read, (long long)scanned);
	CU_ASSERT(read >= 2 && read <= seconds + 1);
	CU_ASSERT(scanned <= seconds + 3);
}

/* Callers are told apart by login; the last one's is ended, and it gets another one. The second reading from then at
 * the latest has its end, and with it every program. */
static void
ends_in_time(void)
{
	size_t last = CALLERS - 1, refused = 0, i;
	int64_t end;
	long read;

	call_all(200);
	testdb_run("UPDATE login SET ended_at = now(), end_reason = 'BLOCKED' WHERE id = $1",
	    people[last].login);
	read = client_revoke_reads(anon) + 1; /* it may have begun before */
	end = clock_monotonic_us() + HANG_US;
	while (client_revoke_reads(anon) <= read && refused < COUNT_OF(paths) &&
	    clock_monotonic_us() < end)
		for (i = 0, refused = 0; i < COUNT_OF(paths); i++)
			refused += client_call(callers[last], "GET", paths[i], NULL) == 401;
	call(last, 401);
	people[last] = listener_make();
	client_token(callers[last], people[last].token);
	call_all(200);
}

static void
a_busy_machine_reads_about_once_a_second(void)
{
	size_t i;

	for (i = 0; i < CALLERS; i++) {
		people[i] = listener_make();
		callers[i] = client_new();
		client_token(callers[i], people[i].token);
	}
	call_all(200);
	busy_and_counted();
	ends_in_time();
}

/* Its commit comes long after readings that could not see it. */
static void
a_login_whose_end_is_committed_late_is_not_missed(void)
{
	struct listener late = listener_make();
	struct client *c = client_new();
	long seen = client_revoke_reads(anon);

	client_token(c, late.token);
	testdb_run("BEGIN");
	testdb_run(
	    "UPDATE login SET ended_at = now(), end_reason = 'BLOCKED' WHERE id = $1", late.login);
	while (client_revoke_reads(anon) < seen + 3)
		CU_ASSERT_EQUAL(client_call(c, "GET", "/users/me", NULL), 200);
	testdb_run("COMMIT");
	CU_ASSERT(client_becomes(c, "/users/me", 401));
	client_free(c);
}

static void
a_reader_that_stands_still_is_replaced(void)
{
	pid_t reader = private_child(private_pid("events"));
	struct client *c = client_new();
	struct listener a = listener_make();

	client_token(c, a.token);
	CU_ASSERT_EQUAL(client_call(c, "GET", "/users/me", NULL), 200);
	CU_ASSERT_EQUAL_FATAL(kill(reader, SIGSTOP), 0);
	testdb_run(
	    "UPDATE login SET ended_at = now(), end_reason = 'BLOCKED' WHERE id = $1", a.login);
	CU_ASSERT(client_becomes(c, "/users/me", 401));
	CU_ASSERT_EQUAL(kill(reader, SIGCONT), 0);
	CU_ASSERT_EQUAL(client_call(c, "GET", "/events", NULL), 401); /* of its own copy */
	client_free(c);
}

static void
a_reader_that_is_killed_is_replaced(void)
{
	int i;

	for (i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(kill(private_child(private_pid("events")), SIGKILL), 0);
		CU_ASSERT(client_becomes(callers[0], "/events", 200));
		ends_in_time();
	}
	busy_and_counted();
}

/* No answer is 200 once the copy is too old, though nothing else of this one needs the database. */
static void
without_a_database_nobody_is_let_in(void)
{
	int64_t begun;
	int status;

	CU_ASSERT_EQUAL(kill(private_pid("postgres"), SIGINT), 0);
	begun = clock_monotonic_us();
	do
		status = client_call(callers[0], "GET", "/events", NULL);
	while (status != 503 && clock_monotonic_us() - begun < HANG_US);
	CU_ASSERT_EQUAL(status, 503);
	CU_ASSERT(client_becomes(callers[0], "/users/me", 503));
	private_db_start();
	CU_ASSERT(client_becomes(callers[0], "//readyz", 200));
	CU_ASSERT(client_becomes(callers[0], "/users/me", 200));
	CU_ASSERT(client_becomes(callers[0], "/events", 200));
}

static const struct cunit_test tests[] = {
	{ "a busy machine reads about once a second", a_busy_machine_reads_about_once_a_second },
	{ "a login whose end is committed late is not missed",
	    a_login_whose_end_is_committed_late_is_not_missed },
	{ "a reader that stands still is replaced", a_reader_that_stands_still_is_replaced },
	{ "a reader that is killed is replaced", a_reader_that_is_killed_is_replaced },
	{ "without a database nobody is let in", without_a_database_nobody_is_let_in },
	{ NULL, NULL },
};

int
main(void)
{
	static const char *const settings[] = { "WORKERS=3", "COMMIT_WORKERS=3", NULL };
	int status;
	size_t i;

	private_start("once", settings);
	anon = client_new();
	status = cunit_run("revoked_once", tests);
	for (i = 0; i < CALLERS && callers[i] != NULL; i++)
		client_free(callers[i]);
	client_free(anon);
	return status;
}
