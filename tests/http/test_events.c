/* Long poll through nginx: backlog, parking and waking, cursors, limits, and who may listen. */
#include "base/clock.h"
#include "harness/client.h"
#include "harness/cunit.h"
#include "harness/parked.h"
#include "harness/testdb.h"

#include <stdlib.h>
#include <string.h>

enum { WAKES = 100 };

static void
the_backlog_is_answered_at_once(void)
{
	struct listener a = listener_make(), b = listener_make();
	struct parked *p, *other;

	listener_emit(&a, "test.one", "{\"n\":1}");
	listener_emit(&a, "test.two", "{\"n\":\"\\u00e9\"}");
	other = parked_start(
	    b.token, "cursor=%s&wait=5", cursor_at(0)); /* which has nothing to be told */
	p = parked_start(a.token, "cursor=%s&wait=20", cursor_at(0));
	CU_ASSERT_EQUAL(parked_wait(p), 200);
	CU_ASSERT(!parked_done(other));
	parked_free(other);
	CU_ASSERT_EQUAL_FATAL(parked_events(p), 2);
	CU_ASSERT_STRING_EQUAL(parked_text(p, "events.0.type"), "test.one");
	CU_ASSERT_STRING_EQUAL(parked_text(p, "events.1.data.n"), "\xc3\xa9");
	CU_ASSERT_EQUAL(parked_seq(p, 1), 2);
	CU_ASSERT_STRING_EQUAL(parked_text(p, "cursor"), cursor_at(2));
	parked_free(p);
}

static void
without_a_cursor_the_present_one_is_told(void)
{
	struct listener a = listener_make();
	struct parked *p;

	listener_emit(&a, "test.one", "{}");
	p = parked_start(a.token, "%s", "");
	CU_ASSERT_EQUAL(parked_wait(p), 200);
	CU_ASSERT_EQUAL(parked_events(p), 0);
	CU_ASSERT_STRING_EQUAL(parked_text(p, "cursor"), cursor_at(1));
	parked_free(p);
}

static void
a_long_backlog_comes_in_pages(void)
{
	struct listener a = listener_make();
	size_t sizes[] = { 200, 200, 50 }, i;
	char cursor[64];

	testdb_run("SELECT event_emit(ARRAY[$1::uuid], 'test.many', jsonb_build_object('n', n))"
		   " FROM generate_series(1, 450) n",
	    a.id);
	(void)snprintf(cursor, sizeof(cursor), "%s", cursor_at(0));
	for (i = 0; i < COUNT_OF(sizes); i++) {
		struct parked *p = parked_start(a.token, "cursor=%s", cursor);

		CU_ASSERT_EQUAL(parked_wait(p), 200);
		CU_ASSERT_EQUAL_FATAL(parked_events(p), sizes[i]);
		CU_ASSERT_EQUAL(parked_seq(p, 0), (int64_t)i * 200 + 1);
		(void)snprintf(cursor, sizeof(cursor), "%s", parked_text(p, "cursor"));
		parked_free(p);
	}
	CU_ASSERT_STRING_EQUAL(cursor, cursor_at(450));
}

static int
compare(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

	return (left > right) - (left < right);
}

/* The time from an event to the reply of a poll that comes for it, or that has waited for it. */
static int64_t
told_us(const struct listener *a, int seq, bool waited)
{
	struct parked *p = NULL;
	int64_t began;

	if (waited) {
		p = parked_start(a->token, "cursor=%s&wait=20", cursor_at(seq));
		events_metric_wait("polls_parked", 1);
	}
	began = clock_monotonic_us();
	listener_emit(a, "test.wake", "{}");
	if (!waited)
		p = parked_start(a->token, "cursor=%s&wait=20", cursor_at(seq));
	CU_ASSERT_EQUAL(parked_wait(p), 200);
	began = clock_monotonic_us() - began;
	CU_ASSERT_EQUAL_FATAL(parked_events(p), 1);
	CU_ASSERT_EQUAL(parked_seq(p, 0), seq + 1);
	parked_free(p);
	return began;
}

/* Who waits is told about as soon as who asks, by the stream and without a read. */
static void
a_parked_poll_wakes(void)
{
	struct listener a = listener_make(), b = listener_make();
	int64_t waited[WAKES], asked[WAKES], reads = 0;
	int i;

	for (i = 0; i < WAKES; i++) {
		asked[i] = told_us(&b, i, false);
		reads -= events_metric("catch_up_reads_total");
		waited[i] = told_us(&a, i, true);
		reads += events_metric("catch_up_reads_total");
	}
	qsort(waited, WAKES, sizeof(waited[0]), compare);
	qsort(asked, WAKES, sizeof(asked[0]), compare);
	(void)printf(
	    "told through nginx: %.1f ms after the event (median of those that waited), %.1f ms "
	    "(of those that asked)\n",
	    (double)waited[WAKES / 2] / 1000, (double)asked[WAKES / 2] / 1000);
	CU_ASSERT(waited[WAKES / 2] < 10 * asked[WAKES / 2]);
	CU_ASSERT(reads < WAKES / 4); /* the first has one, and whose answer was still on its way */
}

static void
events_of_one_commit_come_together(void)
{
	struct listener a = listener_make(), b = listener_make();
	struct parked *p = parked_start(a.token, "cursor=%s&wait=20", cursor_at(0));
	struct parked *other = parked_start(b.token, "cursor=%s&wait=20", cursor_at(0));

	events_metric_wait("polls_parked", 2);
	testdb_run("SELECT event_emit(ARRAY[$1::uuid], 'test.part', '{}')"
		   " FROM generate_series(1, 30)",
	    a.id);
	CU_ASSERT_EQUAL(parked_wait(p), 200);
	CU_ASSERT_EQUAL(parked_events(p), 30);
	CU_ASSERT(!parked_done(other));
	parked_free(p);
	parked_free(other);
	events_metric_wait("polls_parked", 0);
}

/* Waits of no time, one second and five, begun at once: each ends in its turn, and the second does not take half as
 * long as the third takes longer. */
static void
an_empty_wait_ends_with_its_cursor(void)
{
	static const int waits_s[] = { 0, 1, 5 };
	struct listener a = listener_make();
	struct parked *polls[COUNT_OF(waits_s)];
	int64_t began = clock_monotonic_us(), took[COUNT_OF(waits_s)] = { 0 };
	size_t i;

	for (i = 0; i < COUNT_OF(waits_s); i++)
		polls[i] = parked_start(a.token, "cursor=%s&wait=%d", cursor_at(0), waits_s[i]);
	while (took[2] == 0 && clock_monotonic_us() - began < HANG_US) {
		parked_turn(100);
		for (i = 0; i < COUNT_OF(waits_s); i++)
			if (took[i] == 0 && parked_done(polls[i]))
				took[i] = clock_monotonic_us() - began;
	}
	for (i = 0; i < COUNT_OF(waits_s); i++) {
		CU_ASSERT_EQUAL(parked_wait(polls[i]), 200);
		CU_ASSERT_EQUAL(parked_events(polls[i]), 0);
		CU_ASSERT_STRING_EQUAL(parked_text(polls[i], "cursor"), cursor_at(0));
		CU_ASSERT(took[i] > waits_s[i] * SECOND_US - 100000);
		parked_free(polls[i]);
	}
	CU_ASSERT(2 * (took[1] - took[0]) < took[2] - took[1]);
}

/* 409 with a cursor that works. */
static void
expect_resync(const struct listener *a, const char *cursor, int64_t fresh)
{
	struct parked *p = parked_start(a->token, "cursor=%s&wait=20", cursor), *next;

	CU_ASSERT_EQUAL(parked_wait(p), 409);
	CU_ASSERT_STRING_EQUAL(parked_text(p, "error"), "resync");
	CU_ASSERT_STRING_EQUAL(parked_text(p, "details.cursor"), cursor_at(fresh));
	next = parked_start(a->token, "cursor=%s&wait=0", parked_text(p, "details.cursor"));
	CU_ASSERT_EQUAL(parked_wait(next), 200);
	parked_free(next);
	parked_free(p);
}

/* The stream has told of what was committed until now: it comes in the order of commits. */
static void
stream_pass(void)
{
	struct listener other = listener_make();
	struct parked *p = parked_start(other.token, "cursor=%s&wait=20", cursor_at(0));

	events_metric_wait("polls_parked", 1);
	listener_emit(&other, "test.pass", "{}");
	CU_ASSERT_EQUAL(parked_wait(p), 200);
	parked_free(p);
}

static void
cursors_that_cannot_be_resumed_resync(void)
{
	struct listener a = listener_make();
	int i;

	for (i = 0; i < 4; i++)
		listener_emit(&a, "test.one", "{}");
	stream_pass(); /* or it would be remembered for who comes next */
	expect_resync(&a, cursor_at(5), 4);
	expect_resync(&a, cursor_at(INT64_MAX), 4);
	expect_resync(&a, "1-2", 4);
	expect_resync(&a, "0-0", 4);
	testdb_run("DELETE FROM event WHERE user_id = $1 AND seq <= 2", a.id);
	expect_resync(&a, cursor_at(0), 4);
	expect_resync(&a, cursor_at(1), 4);
	testdb_run("DELETE FROM event WHERE user_id = $1", a.id);
	expect_resync(&a, cursor_at(3), 4);
}

static void
malformed_cursors_are_refused_by_name(void)
{
	static const char *const bad[] = { "-1", "5", "1--2", "-5-1", "1-2-3", "x", "1-02",
		"1%2D2%20", "1-99999999999999999999" };
	struct listener a = listener_make();
	struct parked *p;
	char *huge = calloc(1, 10001);
	size_t i;

	for (i = 0; i < COUNT_OF(bad); i++) {
		p = parked_start(a.token, "cursor=%s", bad[i]);
		CU_ASSERT_EQUAL(parked_wait(p), 400);
		CU_ASSERT_STRING_EQUAL(parked_text(p, "error"), "bad_cursor");
		CU_ASSERT_STRING_EQUAL(parked_text(p, "details.field"), "cursor");
		parked_free(p);
	}
	p = parked_start(a.token, "cursor=1-%%002");
	CU_ASSERT_EQUAL(parked_wait(p), 400);
	parked_free(p);
	CU_ASSERT_PTR_NOT_NULL_FATAL(huge);
	memset(huge, '1', 3000);
	p = parked_start(a.token, "cursor=%s", huge);
	CU_ASSERT_EQUAL(parked_wait(p), 400);
	parked_free(p);
	memset(huge, '1', 10000);
	p = parked_start(a.token, "cursor=%s", huge);
	CU_ASSERT_EQUAL(parked_wait(p), 414);
	parked_free(p);
	free(huge);
}

static void
other_bad_requests_are_refused(void)
{
	static const struct {
		const char *query;
		int status;
	} cases[] = { { "wait=31", 422 }, { "wait=-1", 422 }, { "wait=x", 422 }, { "wait=1.5", 422 },
		{ "nothing=1", 422 }, { "cursor=1-1&cursor=1-1", 422 }, { "cursor=%zz", 400 } };
	struct listener a = listener_make();
	struct client *c = client_new();
	size_t i;

	client_token(c, a.token);
	for (i = 0; i < COUNT_OF(cases); i++)
		CU_ASSERT_EQUAL(
		    client_callf(c, "GET", NULL, "/events?%s", cases[i].query), cases[i].status);
	CU_ASSERT_EQUAL(client_call(c, "POST", "/events", "{}"), 405);
	CU_ASSERT_PTR_NOT_NULL(strstr(client_reply_header(c, "Allow"), "GET"));
	CU_ASSERT_EQUAL(client_call(c, "GET", "/events/nothing", NULL), 404);
	CU_ASSERT_EQUAL(client_call(c, "GET", "/events", NULL), 200);
	CU_ASSERT_STRING_EQUAL(client_reply_header(c, "Cache-Control"), "no-store");
	CU_ASSERT(strlen(client_reply_header(c, "X-Request-Id")) > 0);
	client_token(c, NULL);
	CU_ASSERT_EQUAL(client_call(c, "GET", "/events", NULL), 401);
	client_token(c, "e30.e30.e30");
	CU_ASSERT_EQUAL(client_call(c, "GET", "/events", NULL), 401);
	client_free(c);
}

static void
a_client_that_left_frees_its_place(void)
{
	struct listener a = listener_make();
	struct parked *polls[4];
	int64_t began = clock_monotonic_us();
	size_t i;

	for (i = 0; i < 4; i++)
		polls[i] = parked_start(a.token, "cursor=%s&wait=30", cursor_at(0));
	events_metric_wait("polls_parked", 4);
	for (i = 0; i < 4; i++)
		parked_free(polls[i]);
	events_metric_wait("polls_parked", 0);
	CU_ASSERT(clock_monotonic_us() - began < 30 * SECOND_US); /* its wait is not over */
}

static void
an_ended_login_ends_its_poll(void)
{
	struct listener a = listener_make(), b = listener_make();
	struct parked *p = parked_start(a.token, "cursor=%s&wait=30", cursor_at(0));
	struct parked *other = parked_start(b.token, "cursor=%s&wait=30", cursor_at(0));

	events_metric_wait("polls_parked", 2);
	testdb_run(
	    "UPDATE login SET ended_at = now(), end_reason = 'BLOCKED' WHERE id = $1", a.login);
	CU_ASSERT_EQUAL(parked_wait(p), 401);
	CU_ASSERT(!parked_done(other));
	parked_free(p);
	p = parked_start(a.token, "cursor=%s&wait=30", cursor_at(0));
	CU_ASSERT_EQUAL(parked_wait(p), 401);
	parked_free(p);
	parked_free(other);
	events_metric_wait("polls_parked", 0);
}

static void
what_is_not_stored_reaches_those_who_wait(void)
{
	struct listener a = listener_make(), b = listener_make();
	struct parked *p = parked_start(a.token, "cursor=%s&wait=20", cursor_at(0));
	struct parked *other = parked_start(b.token, "cursor=%s&wait=20", cursor_at(0));

	events_metric_wait("polls_parked", 2);
	testdb_run("SELECT pg_logical_emit_message(false, 'confab', 'not json')");
	testdb_run(
	    "SELECT pg_logical_emit_message(false, 'confab', jsonb_build_object("
	    "'type', 'test.sign', 'users', ARRAY[$1], 'data', '{\"on\": true}'::jsonb)::text)",
	    a.id);
	CU_ASSERT_EQUAL(parked_wait(p), 200);
	CU_ASSERT_EQUAL(parked_events(p), 1);
	CU_ASSERT_STRING_EQUAL(parked_text(p, "events.0.type"), "test.sign");
	CU_ASSERT_STRING_EQUAL(parked_text(p, "events.0.data.on"), "true");
	CU_ASSERT_EQUAL(parked_seq(p, 0), 0);
	CU_ASSERT_STRING_EQUAL(parked_text(p, "cursor"), cursor_at(0));
	CU_ASSERT(!parked_done(other));
	parked_free(p);
	parked_free(other);
	events_metric_wait("polls_parked", 0);
}

static const struct cunit_test tests[] = {
	{ "a backlog is answered at once", the_backlog_is_answered_at_once },
	{ "without a cursor the present one is told", without_a_cursor_the_present_one_is_told },
	{ "a long backlog comes in pages of 200", a_long_backlog_comes_in_pages },
	{ "a parked poll wakes within milliseconds", a_parked_poll_wakes },
	{ "events of one commit come together", events_of_one_commit_come_together },
	{ "an empty wait ends with its cursor", an_empty_wait_ends_with_its_cursor },
	{ "future, foreign and pruned cursors resync", cursors_that_cannot_be_resumed_resync },
	{ "malformed cursors are refused by name", malformed_cursors_are_refused_by_name },
	{ "other bad requests are refused", other_bad_requests_are_refused },
	{ "a client that left frees its place", a_client_that_left_frees_its_place },
	{ "an ended login ends its poll", an_ended_login_ends_its_poll },
	{ "what is not stored reaches those who wait", what_is_not_stored_reaches_those_who_wait },
	{ NULL, NULL },
};

int
main(void)
{
	return cunit_run("events", tests);
}
