/*
 * The decoding stream on a real server: commits of other connections in their order, nothing rolled
 * back, messages, a killed walsender, a slot that has to wait for an old transaction.
 */
#include "base/clock.h"
#include "db/pg.h"
#include "db/wal.h"
#include "harness/cunit.h"
#include "harness/testdb.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SEEN_MAX = 4096, DAYS = 30 };

static struct seen {
	int started, stopped, commits, count;
	char events[SEEN_MAX][64]; /* "type seq", "|" for a commit, "M text" for a message */
} seen;

static const char *person; /* whose events are looked at */

static void
note(const char *text)
{
	if (seen.count < SEEN_MAX)
		(void)snprintf(seen.events[seen.count++], sizeof(seen.events[0]), "%s", text);
}

static void
on_started(void *arg)
{
	(void)arg;
	seen.started++;
}

static void
on_stopped(void *arg)
{
	(void)arg;
	seen.stopped++;
}

static void
on_insert(void *arg, const char *table, const struct wal_row *row)
{
	struct pgoutput_value user = wal_column(row, "user_id"), type = wal_column(row, "type"),
			      seq = wal_column(row, "seq");
	char text[64];

	(void)arg;
	CU_ASSERT_STRING_EQUAL(table, "event");
	CU_ASSERT_PTR_NULL(wal_column(row, "no_such_column").data);
	if (user.data == NULL || memcmp(user.data, person, user.len) != 0)
		return;
	(void)snprintf(
	    text, sizeof(text), "%.*s %.*s", (int)type.len, type.data, (int)seq.len, seq.data);
	note(text);
}

static void
on_commit(void *arg)
{
	(void)arg;
	seen.commits++;
	if (seen.count > 0 && strcmp(seen.events[seen.count - 1], "|") != 0)
		note("|");
}

static void
on_message(void *arg, const char *text, size_t len)
{
	char copy[64];

	(void)arg;
	(void)snprintf(copy, sizeof(copy), "M %.*s", (int)len, text);
	note(copy);
}

static bool
streaming(struct wal *wal)
{
	return wal_state(wal) == WAL_STREAMING;
}

static bool
making_slot(struct wal *wal)
{
	return wal_state(wal) == WAL_MAKING_SLOT;
}

static bool
lost(struct wal *wal)
{
	(void)wal;
	return seen.stopped > 0;
}

static int wanted;

static bool
enough(struct wal *wal)
{
	(void)wal;
	return seen.count >= wanted;
}

static char position[32]; /* in the log */

/* The server may forget what was before the position. */
static bool
confirmed(struct wal *wal)
{
	char pattern[64];

	(void)wal;
	(void)snprintf(pattern, sizeof(pattern), "confab\\_%ld\\_%%", (long)getpid());
	return testdb_i64("SELECT count(*) FROM pg_replication_slots WHERE slot_name LIKE $1"
			  " AND confirmed_flush_lsn > $2::pg_lsn",
		   pattern, position) == 1;
}

/* Drive the stream until the condition holds. */
static void
drive(struct wal *wal, bool (*done)(struct wal *))
{
	int64_t end = clock_monotonic_us() + HANG_US, now;

	while (!done(wal) && (now = clock_monotonic_us()) < end) {
		struct pollfd fd = { wal_fd(wal), wal_poll(wal), 0 };
		int64_t due = wal_due_us(wal) < now + 50000 ? wal_due_us(wal) : now + 50000;

		if (poll(&fd, 1, due > now ? (int)((due - now) / 1000) + 1 : 0) > 0 ||
		    clock_monotonic_us() >= wal_due_us(wal))
			wal_step(wal);
	}
	CU_ASSERT(done(wal));
}

static void
drive_to(struct wal *wal, int count)
{
	wanted = count;
	drive(wal, enough);
	CU_ASSERT_EQUAL(seen.count, count);
}

static struct wal *
start(void)
{
	struct wal_config config = { getenv("DATABASE_URL"), "test-wal", "confab_event", "confab",
		{ NULL, NULL, on_started, on_stopped, on_insert, on_commit, on_message } };

	memset(&seen, 0, sizeof(seen));
	person = testdb_user("USER");
	return wal_open(&config);
}

static void
emit(const char *type)
{
	testdb_run("SELECT event_emit(ARRAY[$1::uuid], $2, '{}')", person, type);
}

static void
commits_come_in_order(void)
{
	struct wal *wal = start();
	char text[64];
	int i;

	emit("before"); /* committed before the slot: not in the stream */
	drive(wal, streaming);
	CU_ASSERT_EQUAL(seen.started, 1);
	for (i = 1; i <= 50; i++) {
		(void)snprintf(text, sizeof(text), "t%d", i);
		emit(text);
	}
	drive_to(wal, 100);
	for (i = 1; i <= 50; i++) {
		(void)snprintf(text, sizeof(text), "t%d %d", i, i + 1);
		CU_ASSERT_STRING_EQUAL(seen.events[2 * i - 2], text);
		CU_ASSERT_STRING_EQUAL(seen.events[2 * i - 1], "|");
	}
	CU_ASSERT(wal_lag_bytes(wal) >= 0);
	wal_close(wal);
}

/* A connection of its own, for transactions that stay open. */
static PGconn *
connection(void)
{
	PGconn *conn = PQconnectdb(getenv("DATABASE_URL"));

	CU_ASSERT_EQUAL_FATAL(PQstatus(conn), CONNECTION_OK);
	return conn;
}

static void
run(PGconn *conn, const char *sql)
{
	PGresult *result = PQexec(conn, sql);

	CU_ASSERT_FATAL(PQresultStatus(result) == PGRES_COMMAND_OK ||
	    PQresultStatus(result) == PGRES_TUPLES_OK);
	PQclear(result);
}

static void
emit_in(PGconn *conn, const char *type)
{
	char sql[160];

	(void)snprintf(
	    sql, sizeof(sql), "SELECT event_emit(ARRAY['%s'::uuid], '%s', '{}')", person, type);
	run(conn, sql);
}

static void
rolled_back_never_comes(void)
{
	struct wal *wal = start();
	PGconn *conn = connection();

	drive(wal, streaming);
	run(conn, "BEGIN");
	emit_in(conn, "gone");
	run(conn, "ROLLBACK");
	run(conn, "BEGIN");
	emit_in(conn, "a");
	run(conn, "SAVEPOINT s");
	emit_in(conn, "gone");
	run(conn, "ROLLBACK TO SAVEPOINT s");
	emit_in(conn, "b");
	run(conn, "COMMIT");
	drive_to(wal, 3); /* both rows and then the commit */
	CU_ASSERT_STRING_EQUAL(seen.events[0], "a 1");
	CU_ASSERT_STRING_EQUAL(seen.events[1], "b 2");
	CU_ASSERT_STRING_EQUAL(seen.events[2], "|");
	PQfinish(conn);
	wal_close(wal);
}

static void
messages_come_without_a_row(void)
{
	struct wal *wal = start();

	drive(wal, streaming);
	testdb_run("SELECT pg_logical_emit_message(false, 'other', 'no')");
	testdb_run("SELECT pg_logical_emit_message(false, 'confab', 'yes')");
	drive_to(wal, 1);
	CU_ASSERT_STRING_EQUAL(seen.events[0], "M yes");
	wal_close(wal);
}

static void
a_killed_walsender_is_replaced(void)
{
	struct wal *wal = start();

	drive(wal, streaming);
	emit("a");
	drive_to(wal, 2);
	testdb_run("SELECT pg_terminate_backend(pid) FROM pg_stat_replication"
		   " WHERE application_name = 'test-wal'");
	drive(wal, lost);
	drive(wal, streaming);
	CU_ASSERT_EQUAL(seen.started, 2);
	emit("b");
	drive_to(wal, 4);
	CU_ASSERT_STRING_EQUAL(seen.events[2], "b 2");
	wal_close(wal);
}

static void
a_slot_waits_without_blocking(void)
{
	struct wal *wal = start();
	PGconn *conn = connection();
	int i;

	run(conn, "BEGIN");
	emit_in(conn, "a"); /* has a transaction id: the slot must wait for its end */
	drive(wal, making_slot);
	for (i = 0; i < 20; i++) {
		struct pollfd fd = { wal_fd(wal), wal_poll(wal), 0 };

		(void)poll(&fd, 1, 10);
		wal_step(wal); /* or it would wait for the COMMIT that comes after it */
	}
	CU_ASSERT_EQUAL(wal_state(wal), WAL_MAKING_SLOT);
	run(conn, "COMMIT");
	drive(wal, streaming);
	PQfinish(conn);
	wal_close(wal);
}

/* Or the server would keep all of its log for us. */
static void
what_was_received_is_confirmed(void)
{
	struct wal *wal = start();

	drive(wal, streaming);
	(void)snprintf(
	    position, sizeof(position), "%s", testdb_text("SELECT pg_current_wal_lsn()::text"));
	emit("kept");
	drive(wal, confirmed); /* within STATUS_EVERY_US of wal.c */
	wal_close(wal);
}

/* More partitions than the stream knows tables: rows are told as rows of the whole table all the same. */
static void
rows_of_many_partitions_come(void)
{
	struct wal *wal = start();
	char day[32], seq[32], text[64];
	int i;

	drive(wal, streaming);
	for (i = 0; i < DAYS; i++) {
		(void)snprintf(day, sizeof(day), "2099-01-%02d", i + 1);
		(void)snprintf(seq, sizeof(seq), "%d", i + 1);
		testdb_run("SELECT event_day_make($1::date)", day);
		testdb_run("INSERT INTO event VALUES ($1, $2, 'day', '{}', $3)", person, seq, day);
		testdb_run("INSERT INTO event VALUES ($1, $2 + 100, 'first', '{}', '2099-01-01')",
		    person, seq);
	}
	drive_to(wal, 4 * DAYS);
	for (i = 0; i < DAYS; i++) {
		(void)snprintf(text, sizeof(text), "day %d", i + 1);
		CU_ASSERT_STRING_EQUAL(seen.events[4 * i], text);
		(void)snprintf(text, sizeof(text), "first %d", i + 101);
		CU_ASSERT_STRING_EQUAL(seen.events[4 * i + 2], text);
		(void)snprintf(text, sizeof(text), "DROP TABLE event_209901%02d", i + 1);
		testdb_run(text);
	}
	emit("after");
	drive_to(wal, 4 * DAYS + 2);
	CU_ASSERT_STRING_EQUAL(seen.events[4 * DAYS], "after 1");
	CU_ASSERT_EQUAL(seen.stopped, 0);
	wal_close(wal);
}

static void
the_slot_ends_with_the_stream(void)
{
	struct wal *wal = start();
	int64_t end = clock_monotonic_us() + HANG_US;
	char pattern[64];

	drive(wal, streaming);
	(void)snprintf(pattern, sizeof(pattern), "confab\\_%ld\\_%%", (long)getpid());
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM pg_replication_slots"
				   " WHERE slot_name LIKE $1",
			    pattern),
	    1);
	wal_close(wal);
	while (testdb_i64("SELECT count(*) FROM pg_replication_slots WHERE slot_name LIKE $1",
		   pattern) > 0 &&
	    clock_monotonic_us() < end)
		;
	CU_ASSERT(clock_monotonic_us() < end);
}

static const struct cunit_test tests[] = {
	{ "commits come in their order, each with its end", commits_come_in_order },
	{ "what was rolled back never comes", rolled_back_never_comes },
	{ "messages come without a row, of our prefix alone", messages_come_without_a_row },
	{ "a killed walsender is replaced by a new stream", a_killed_walsender_is_replaced },
	{ "making a slot waits for a transaction and not for us", a_slot_waits_without_blocking },
	{ "rows of many partitions come as rows of the table", rows_of_many_partitions_come },
	{ "what was received is confirmed", what_was_received_is_confirmed },
	{ "the slot ends with the stream", the_slot_ends_with_the_stream },
	{ NULL, NULL },
};

int
main(void)
{
	return cunit_run("wal", tests);
}
