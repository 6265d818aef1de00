/*
 * What the events program remembers between two requests of one client: recent events, so that coming again needs
 * no read, and events that are not stored, told once to each login.
 */
#include "base/clock.h"
#include "harness/cunit.h"
#include "harness/parked.h"
#include "harness/testdb.h"

#include <stdlib.h>
#include <string.h>

static int64_t
reads(void)
{
	return events_metric("catch_up_reads_total");
}

/* A finished poll from seq on; the number of its events. */
static size_t
poll_once(const struct listener *a, int64_t seq, const char *wait)
{
	struct parked *p = parked_start(a->token, "cursor=%s&wait=%s", cursor_at(seq), wait);
	size_t count;

	CU_ASSERT_EQUAL(parked_wait(p), 200);
	count = parked_events(p);
	parked_free(p);
	return count;
}

static void
coming_again_needs_no_read(void)
{
	struct listener a = listener_make();
	int64_t before;
	int i;

	events_metric_wait("stream_connected", 1);
	CU_ASSERT_EQUAL(poll_once(&a, 0, "1"), 0);
	before = reads();
	for (i = 0; i < 20; i++) { /* now in the log before it comes, now after */
		struct parked *p;

		if (i % 2 == 0)
			listener_emit(&a, "test.again", "{}");
		p = parked_start(a.token, "cursor=%s&wait=20", cursor_at(i));
		if (i % 2 == 1)
			listener_emit(&a, "test.again", "{}");
		CU_ASSERT_EQUAL(parked_wait(p), 200);
		CU_ASSERT_EQUAL_FATAL(parked_events(p), 1);
		CU_ASSERT_EQUAL(parked_seq(p, 0), i + 1);
		parked_free(p);
	}
	CU_ASSERT_EQUAL(reads() - before, 0);
	CU_ASSERT_EQUAL(poll_once(&a, 10, "5"), 10); /* another device, further behind */
	CU_ASSERT_EQUAL(reads() - before, 0);
	CU_ASSERT_EQUAL(poll_once(&a, 0, "5"), 20); /* more than is remembered */
	CU_ASSERT_EQUAL(reads() - before, 1);
}

static void
what_asks_for_the_present_is_read(void)
{
	struct listener a = listener_make();
	int64_t before;

	CU_ASSERT_EQUAL(poll_once(&a, 0, "0"), 0);
	before = reads();
	CU_ASSERT_EQUAL(poll_once(&a, 0, "0"), 0);
	CU_ASSERT_EQUAL(reads() - before, 1);
}

static void
nothing_remembered_outlives_the_stream(void)
{
	struct listener a = listener_make();
	int64_t before;

	CU_ASSERT_EQUAL(poll_once(&a, 0, "1"), 0);
	testdb_run("SELECT pg_terminate_backend(pid) FROM pg_stat_replication"
		   " WHERE application_name = 'events-stream'");
	listener_emit(&a, "test.gap", "{}"); /* perhaps before the next slot */
	before = reads();
	CU_ASSERT_EQUAL(poll_once(&a, 0, "20"), 1);
	CU_ASSERT(reads() - before >= 1);
	events_metric_wait("stream_connected", 1);
}

static void
pass(const struct listener *a, int n)
{
	char data[32];

	(void)snprintf(data, sizeof(data), "{\"n\": %d}", n);
	testdb_run("SELECT pg_logical_emit_message(false, 'confab', jsonb_build_object("
		   "'type', 'test.typing', 'users', ARRAY[$1], 'data', $2::jsonb)::text)",
	    a->id, data);
}

/* Everything not stored has come: a stored event behind it was told to one who waited. Who comes after it
 * may read it before the stream has it. */
static void
settle(const struct listener *a, int64_t seq)
{
	struct parked *p = parked_start(a->token, "cursor=%s&wait=20", cursor_at(seq));

	events_metric_wait("polls_parked", 1);
	listener_emit(a, "test.after", "{}");
	CU_ASSERT_EQUAL(parked_wait(p), 200);
	CU_ASSERT(parked_events(p) >= 1);
	parked_free(p);
}

static void
typing_between_two_polls_is_told_once(void)
{
	struct listener a = listener_make(), other = listener_make();
	struct parked *p;

	CU_ASSERT_EQUAL(poll_once(&a, 0, "1"), 0); /* it is known from now on */
	pass(&a, 1);
	pass(&a, 2);
	settle(&other, 0);
	p = parked_start(a.token, "cursor=%s&wait=20", cursor_at(0));
	CU_ASSERT_EQUAL(parked_wait(p), 200);
	CU_ASSERT_EQUAL_FATAL(parked_events(p), 2);
	CU_ASSERT_STRING_EQUAL(parked_text(p, "events.0.data.n"), "1");
	CU_ASSERT_STRING_EQUAL(parked_text(p, "events.1.data.n"), "2");
	CU_ASSERT_STRING_EQUAL(parked_text(p, "cursor"), cursor_at(0));
	parked_free(p);
	CU_ASSERT_EQUAL(poll_once(&a, 0, "1"), 0);
}

static void
one_that_is_told_while_it_waits_is_not_told_again(void)
{
	struct listener a = listener_make(), other = listener_make();
	struct parked *p = parked_start(a.token, "cursor=%s&wait=20", cursor_at(0));

	events_metric_wait("polls_parked", 1);
	pass(&a, 1);
	CU_ASSERT_EQUAL(parked_wait(p), 200);
	CU_ASSERT_EQUAL(parked_events(p), 1);
	parked_free(p);
	CU_ASSERT_EQUAL(poll_once(&a, 0, "1"), 0);
	pass(&a, 2);
	settle(&other, 0);
	p = parked_start(a.token, "cursor=%s&wait=20", cursor_at(0));
	CU_ASSERT_EQUAL(parked_wait(p), 200);
	CU_ASSERT_EQUAL_FATAL(parked_events(p), 1);
	CU_ASSERT_STRING_EQUAL(parked_text(p, "events.0.data.n"), "2");
	parked_free(p);
}

static void
a_new_login_is_not_told_of_the_past(void)
{
	struct listener a = listener_make(), other = listener_make();

	pass(&a, 1); /* nobody of this account was here */
	settle(&other, 0);
	CU_ASSERT_EQUAL(poll_once(&a, 0, "1"), 0);
}

static void
only_so_many_are_kept_and_not_for_long(void)
{
	struct listener a = listener_make(), other = listener_make();
	int64_t began;
	int i;

	CU_ASSERT_EQUAL(poll_once(&a, 0, "1"), 0);
	for (i = 0; i < 20; i++)
		pass(&a, i);
	settle(&other, 0);
	CU_ASSERT_EQUAL(poll_once(&a, 0, "1"), 8);
	pass(&a, 1);
	settle(&other, 1);
	began = clock_monotonic_us();
	while (clock_monotonic_us() < began + 3200000)
		parked_turn(100);
	CU_ASSERT_EQUAL(poll_once(&a, 0, "1"), 0);
}

static const struct cunit_test tests[] = {
	{ "coming again needs no read", coming_again_needs_no_read },
	{ "what asks for the present is read", what_asks_for_the_present_is_read },
	{ "nothing remembered outlives the stream", nothing_remembered_outlives_the_stream },
	{ "typing between two polls is told once", typing_between_two_polls_is_told_once },
	{ "one told while it waits is not told again",
	    one_that_is_told_while_it_waits_is_not_told_again },
	{ "a new login is not told of the past", a_new_login_is_not_told_of_the_past },
	{ "only so many are kept, and not for long", only_so_many_are_kept_and_not_for_long },
	{ NULL, NULL },
};

int
main(void)
{
	return cunit_run("events_again", tests);
}
