/* Long poll while things break: the responder killed, ended, without its stream, or with a late one. */
#include "base/clock.h"
#include "harness/cunit.h"
#include "harness/parked.h"
#include "harness/testdb.h"

#include <libpq-fe.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WRITTEN = 500, KILLS = 4, SLEEPERS = 100 };

/* --- SIGKILL --- */

/* 500 commits on a connection of its own, a few milliseconds apart. */
static void *
write_events(void *arg)
{
	const struct listener *a = arg;
	PGconn *conn = PQconnectdb(getenv("DATABASE_URL"));
	struct timespec gap = { 0, 3000000 };
	int i;

	for (i = 0; i < WRITTEN; i++) {
		const char *params[] = { a->id };

		PQclear(PQexecParams(conn, "SELECT event_emit(ARRAY[$1::uuid], 'test.w', '{}')", 1,
		    NULL, params, NULL, NULL, 0));
		(void)nanosleep(&gap, NULL);
	}
	PQfinish(conn);
	return NULL;
}

/* Count the events of a reply in; each must be the next. */
static int64_t
take(struct parked *p, int64_t last)
{
	size_t i, count = parked_events(p);

	for (i = 0; i < count; i++)
		CU_ASSERT_EQUAL_FATAL(parked_seq(p, i), ++last);
	return last;
}

static void
killing_the_responder_loses_and_repeats_nothing(void)
{
	struct listener a = listener_make();
	int64_t last = 0, end = clock_monotonic_us() + 2 * (int64_t)HANG_US;
	char cursor[64];
	pthread_t writer;
	int kills = 0, broken = 0;

	(void)snprintf(cursor, sizeof(cursor), "%s", cursor_at(0));
	CU_ASSERT_EQUAL_FATAL(pthread_create(&writer, NULL, write_events, &a), 0);
	while (last < WRITTEN && clock_monotonic_us() < end) {
		struct parked *p = parked_start(a.token, "cursor=%s&wait=20", cursor);

		if (kills < KILLS && last > (kills + 1) * (WRITTEN / (KILLS + 2)) &&
		    events_child() != 0) {
			(void)kill(events_child(), SIGKILL);
			kills++;
		}
		if (parked_wait(p) == 200) {
			last = take(p, last);
			(void)snprintf(cursor, sizeof(cursor), "%s", parked_text(p, "cursor"));
		} else {
			broken++; /* 502 of nginx: the same cursor again */
		}
		parked_free(p);
	}
	(void)pthread_join(writer, NULL);
	CU_ASSERT_EQUAL(last, WRITTEN);
	CU_ASSERT_EQUAL(kills, KILLS);
	(void)printf("%d kills, %d requests broken by them\n", kills, broken);
	CU_ASSERT_STRING_EQUAL(cursor, cursor_at(WRITTEN));
	events_metric_wait("stream_connected", 1);
}

/* --- SIGTERM --- */

/* Stop the backend that the events program asks, when it has been told that the account is there. Signals need
 * the server's account or root, as the private server of a test run gives. */
static pid_t
backend_stop(const char *user_id)
{
	int64_t end = clock_monotonic_us() + HANG_US;
	pid_t backend;

	while (testdb_i64("SELECT count(*) FROM presence_device WHERE user_id = $1", user_id) == 0 &&
	    clock_monotonic_us() < end)
		parked_turn(10);
	backend =
	    (pid_t)testdb_i64("SELECT pid FROM pg_stat_activity WHERE application_name = 'events'"
			      " ORDER BY backend_start DESC LIMIT 1");
	CU_ASSERT_FATAL(backend > 1);
	CU_ASSERT_EQUAL_FATAL(kill(backend, SIGSTOP), 0);
	return backend;
}

/* End the child while twenty polls wait: each is answered at once, and it leaves. The time is bounded by the
 * program (LEAVE_US for what the database has still to say) and not by us: a loaded machine takes longer. */
static void
end_while_polls_wait(bool silent)
{
	struct parked *polls[20];
	struct listener people[4];
	int64_t parked = clock_monotonic_us(), began, answered;
	int child = events_child();
	pid_t stopped = 0;
	size_t i;

	for (i = 0; i < COUNT_OF(people); i++)
		people[i] = listener_make();
	for (i = 0; i < COUNT_OF(polls); i++)
		polls[i] = parked_start(people[i / 5].token, "cursor=%s&wait=30", cursor_at(0));
	events_metric_wait("polls_parked", COUNT_OF(polls));
	CU_ASSERT_FATAL(child > 0);
	if (silent)
		stopped = backend_stop(people[0].id);
	began = clock_monotonic_us();
	(void)kill(child, SIGTERM);
	for (i = 0; i < COUNT_OF(polls); i++) {
		CU_ASSERT_EQUAL(parked_wait(polls[i]), 200);
		CU_ASSERT_EQUAL(parked_events(polls[i]), 0);
		CU_ASSERT_STRING_EQUAL(parked_text(polls[i], "cursor"), cursor_at(0));
		parked_free(polls[i]);
	}
	answered = clock_monotonic_us() - began;
	while (kill(child, 0) == 0 && clock_monotonic_us() < began + HANG_US)
		parked_turn(5);
	CU_ASSERT_EQUAL(kill(child, 0), -1);
	(void)printf("answered after %.0f ms, gone after %.0f ms\n", (double)answered / 1000,
	    (double)(clock_monotonic_us() - began) / 1000);
	CU_ASSERT(began + answered - parked < 30 * SECOND_US); /* and not when their wait is over */
	if (silent)
		(void)kill(stopped, SIGCONT);
	events_metric_wait("stream_connected", 1);
}

static void
ending_answers_all_that_wait(void)
{
	end_while_polls_wait(false);
}

/* The farewell of those who are present is not waited for without end. */
static void
ending_does_not_wait_for_a_silent_database(void)
{
	end_while_polls_wait(true);
}

/* --- the stream --- */

static void
stream_kill(void)
{
	testdb_run("SELECT pg_terminate_backend(pid) FROM pg_stat_replication"
		   " WHERE application_name = 'events-stream'");
}

static void
a_lost_stream_loses_no_event(void)
{
	struct listener a = listener_make();
	int i;

	for (i = 0; i < 10; i++) {
		struct parked *p = parked_start(a.token, "cursor=%s&wait=20", cursor_at(i));

		events_metric_wait("polls_parked", 1);
		stream_kill();
		listener_emit(&a, "test.lost", "{}");
		CU_ASSERT_EQUAL(parked_wait(p), 200);
		CU_ASSERT_EQUAL(parked_events(p), 1);
		CU_ASSERT_EQUAL(parked_seq(p, 0), i + 1);
		parked_free(p);
	}
	events_metric_wait("stream_connected", 1);
}

/* Run as the server's administrator: the programs' role may not. */
static void
administer(const char *sql)
{
	char url[1024];
	PGconn *conn;
	PGresult *result;

	(void)snprintf(url, sizeof(url), "%s&user=postgres", getenv("DATABASE_URL"));
	conn = PQconnectdb(url);
	result = PQexec(conn, sql);
	CU_ASSERT_EQUAL(PQresultStatus(result), PGRES_COMMAND_OK);
	PQclear(result);
	PQfinish(conn);
}

/* One of many who wait while the stream is off. */
struct sleeper {
	struct listener who;
	struct parked *poll;
	int64_t told_us, took_us; /* took_us 0: not heard yet */
};

/* Carry polls on for a while and note who has been answered. */
static void
sleepers_turn(struct sleeper *all, int64_t until_us)
{
	int i;

	do {
		parked_turn(2);
		for (i = 0; i < SLEEPERS; i++)
			if (all[i].took_us == 0 && parked_done(all[i].poll))
				all[i].took_us = clock_monotonic_us() - all[i].told_us;
	} while (clock_monotonic_us() < until_us);
}

/* Their events come spread over two rounds of the scan. */
static int64_t
sleepers_longest(struct sleeper *all)
{
	int64_t longest = 0;
	int i;

	for (i = 0; i < SLEEPERS; i++) {
		all[i].told_us = clock_monotonic_us();
		listener_emit(&all[i].who, "test.scan", "{}");
		sleepers_turn(all, all[i].told_us + 2 * SECOND_US / SLEEPERS);
	}
	for (i = 0; i < SLEEPERS; i++) {
		CU_ASSERT_EQUAL(parked_wait(all[i].poll), 200);
		CU_ASSERT_EQUAL(parked_events(all[i].poll), 1);
		sleepers_turn(all, clock_monotonic_us());
		if (all[i].took_us > longest)
			longest = all[i].took_us;
		parked_free(all[i].poll);
	}
	return longest;
}

static void
without_a_stream_the_scan_delivers(void)
{
	static struct sleeper all[SLEEPERS];
	int64_t longest;
	int i;

	for (i = 0; i < SLEEPERS; i++)
		all[i].who = listener_make();
	administer("ALTER ROLE confab NOREPLICATION");
	stream_kill();
	events_metric_wait("stream_connected", 0);
	for (i = 0; i < SLEEPERS; i++)
		all[i].poll = parked_start(all[i].who.token, "cursor=%s&wait=20", cursor_at(0));
	events_metric_wait("polls_parked", SLEEPERS);
	longest = sleepers_longest(all);
	CU_ASSERT_EQUAL(events_metric("stream_connected"), 0);
	administer("ALTER ROLE confab REPLICATION");
	events_metric_wait("stream_connected", 1);
	(void)printf("wake-up without a stream, %d times: at most %.0f ms\n", SLEEPERS,
	    (double)longest / 1000);
	CU_ASSERT(longest > 0 && longest < 1500000);
}

static void
an_open_transaction_delays_only_the_stream(void)
{
	struct listener a = listener_make(), b = listener_make();
	PGconn *conn = PQconnectdb(getenv("DATABASE_URL"));
	struct parked *p;

	PQclear(PQexec(conn, "BEGIN"));
	PQclear(PQexec(conn, "SELECT pg_current_xact_id()"));
	stream_kill();
	events_metric_wait("stream_connected", 0);
	p = parked_start(a.token, "cursor=%s&wait=20", cursor_at(0));
	events_metric_wait("polls_parked", 1);
	listener_emit(&a, "test.meanwhile", "{}");
	CU_ASSERT_EQUAL(parked_wait(p), 200);
	CU_ASSERT_EQUAL(parked_events(p), 1);
	parked_free(p);
	p = parked_start(b.token, "%s", ""); /* the loop still serves */
	CU_ASSERT_EQUAL(parked_wait(p), 200);
	parked_free(p);
	CU_ASSERT_EQUAL(events_metric("stream_connected"), 0);
	PQclear(PQexec(conn, "ROLLBACK"));
	PQfinish(conn);
	events_metric_wait("stream_connected", 1);
}

static void
a_dead_responder_leaves_no_slot(void)
{
	int64_t end = clock_monotonic_us() + HANG_US;
	int child = events_child(), gone = 0;
	char pattern[64];
	PGconn *conn;

	CU_ASSERT_FATAL(child > 0);
	events_metric_wait("stream_connected", 1);
	conn = PQconnectdb(getenv("DATABASE_URL"));
	(void)snprintf(pattern, sizeof(pattern), "confab\\_%d\\_%%", child);
	while (gone < 2 && clock_monotonic_us() < end) {
		const char *params[] = { pattern };
		PGresult *result = PQexecParams(conn,
		    "SELECT count(*) FROM pg_replication_slots WHERE slot_name LIKE $1", 1, NULL,
		    params, NULL, NULL, 0);
		bool there = strcmp(PQgetvalue(result, 0, 0), "1") == 0;

		PQclear(result);
		if (gone == 0 && there && kill(child, SIGKILL) == 0)
			gone = 1;
		if (gone == 1 && !there)
			gone = 2;
		parked_turn(10);
	}
	PQfinish(conn);
	CU_ASSERT_EQUAL(gone, 2);
	events_metric_wait("stream_connected", 1);
}

static void
a_restored_database_resyncs(void)
{
	struct listener a = listener_make();
	char before[64];
	struct parked *p;

	events_metric_wait("polls_parked", 0);
	listener_emit(&a, "test.one", "{}");
	(void)snprintf(before, sizeof(before), "%s", cursor_at(1));
	p = parked_start(a.token, "cursor=%s&wait=20", before);
	events_metric_wait("polls_parked", 1);
	testdb_run("UPDATE epoch SET epoch = epoch + 1");
	testdb_run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
		   " WHERE application_name = 'events'");
	CU_ASSERT_EQUAL(parked_wait(p), 409);
	CU_ASSERT_STRING_EQUAL(parked_text(p, "details.cursor"), cursor_at(1));
	parked_free(p);
	/* The first may have been answered before its connection was cut: 503 until that is back. */
	while (parked_wait(p = parked_start(a.token, "cursor=%s&wait=0", before)) == 503) {
		parked_free(p);
		parked_turn(20);
	}
	CU_ASSERT_EQUAL(parked_wait(p), 409);
	CU_ASSERT_STRING_EQUAL(parked_text(p, "details.cursor"), cursor_at(1));
	parked_free(p);
}

static void
a_lost_database_connection_is_sat_out(void)
{
	struct listener a = listener_make();
	struct parked *p;
	int i;

	/* With what the first one leaves known the second is parked without a read that could be cut off. */
	events_metric_wait("stream_connected", 1);
	p = parked_start(a.token, "cursor=%s&wait=0", cursor_at(0));
	CU_ASSERT_EQUAL(parked_wait(p), 200);
	parked_free(p);
	p = parked_start(a.token, "cursor=%s&wait=20", cursor_at(0));
	events_metric_wait("polls_parked", 1);
	for (i = 0; i < 3; i++) {
		testdb_run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
			   " WHERE application_name IN ('events', 'events-stream')");
		parked_turn(20);
		CU_ASSERT(!parked_done(p));
	}
	listener_emit(&a, "test.back", "{}");
	CU_ASSERT_EQUAL(parked_wait(p), 200);
	CU_ASSERT_EQUAL(parked_events(p), 1);
	parked_free(p);
	events_metric_wait("stream_connected", 1);
}

static const struct cunit_test tests[] = {
	{ "killing the responder loses and repeats nothing",
	    killing_the_responder_loses_and_repeats_nothing },
	{ "ending answers all that wait", ending_answers_all_that_wait },
	{ "ending does not wait for a silent database", ending_does_not_wait_for_a_silent_database },
	{ "a lost stream loses no event", a_lost_stream_loses_no_event },
	{ "without a stream the scan delivers", without_a_stream_the_scan_delivers },
	{ "an open transaction delays only the stream", an_open_transaction_delays_only_the_stream },
	{ "a dead responder leaves no slot", a_dead_responder_leaves_no_slot },
	{ "a lost database connection is sat out", a_lost_database_connection_is_sat_out },
	{ "a restored database resyncs", a_restored_database_resyncs },
	{ NULL, NULL },
};

int
main(void)
{
	return cunit_run("events_faults", tests);
}
