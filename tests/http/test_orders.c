/*
 * Orders to a running system. What takes minutes or days happens in moments when its clock is moved on; what
 * hardly ever fails, fails when it is told to, and the stand-in for an assistant fails, hangs and is late.
 */
#include "base/clock.h"
#include "harness/ai_talk.h"
#include "harness/client.h"
#include "harness/cunit.h"
#include "harness/parked.h"
#include "harness/private.h"
#include "harness/stack.h"
#include "harness/testdb.h"
#include "web/program.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { REQUEST_S = 90, IDLE_S = 1800, TOKEN_S = 600, DAY_S = 86400, WAIT_S = 25 };

static int64_t
age_us(int64_t since_us)
{
	return clock_monotonic_us() - since_us;
}

/* Ask for the value again and again until it is as wanted; false when that takes longer than any of the
 * times that are made to pass here. */
static bool
becomes(const char *wanted, const char *sql, const char *id)
{
	int64_t began = clock_monotonic_us();

	while (strcmp(testdb_text(sql, id), wanted) != 0)
		if (age_us(began) > HANG_US)
			return false;
	return true;
}

/* --- failpoints --- */

/* No transaction of the assistant's is on its way any more. */
static void
talk_greeted(const struct ai_talk *talk)
{
	CU_ASSERT_FATAL(becomes("1",
	    "SELECT count(*) FROM message WHERE sender_type = 'AI'"
	    " AND conversation_id = $1",
	    talk->conversation));
}

/* Change one's account in a transaction; the status. */
static int
write_bio(struct client *user, const char *bio)
{
	char body[64];

	(void)snprintf(body, sizeof(body), "{\"bio\":\"%s\"}", bio);
	client_header(user, "If-Match: *");
	return client_call(user, "PATCH", "/users/me", body);
}

/* Its parent hears of a child's end when it does. */
static bool
logs_one(const char *program, const char *text)
{
	int64_t began = clock_monotonic_us();

	while (private_logged(program, "error", text) == 0 && age_us(began) < HANG_US)
		parked_turn(20);
	return private_logged(program, "error", text) == 1;
}

static void
a_crash_before_the_commit_costs_one_request(void)
{
	struct person me = person_register("USER");
	struct client *user = client_new();
	int status;

	client_token(user, me.token);
	fail_arm("tx.before_commit", "crash");
	status = write_bio(user, "crashed");
	CU_ASSERT(status == 502 || status == 503);
	CU_ASSERT_EQUAL(fail_acted("tx.before_commit"), 1);
	CU_ASSERT_STRING_EQUAL(testdb_text("SELECT bio FROM user_account WHERE id = $1", me.id), "");
	CU_ASSERT_EQUAL(write_bio(user, "as before"), 200);
	CU_ASSERT_STRING_EQUAL(client_text(user, "bio"), "as before");
	CU_ASSERT(logs_one("people", "worker ended"));
	client_free(user);
}

static void
an_error_before_the_commit_undoes_all(void)
{
	struct person me = person_register("USER");
	struct client *user = client_new();

	client_token(user, me.token);
	fail_arm("tx.before_commit", "error=timeout");
	CU_ASSERT_EQUAL(write_bio(user, "refused"), 503);
	CU_ASSERT_STRING_EQUAL(client_text(user, "error"), "timeout");
	CU_ASSERT_STRING_EQUAL(testdb_text("SELECT bio FROM user_account WHERE id = $1", me.id), "");
	CU_ASSERT_EQUAL(write_bio(user, "taken"), 200);
	client_free(user);
}

struct asking {
	const char *token;
	int status;
};

static void *
ask_held(void *arg)
{
	struct asking *asking = arg;
	struct client *c = client_new();

	client_token(c, asking->token);
	client_header(c, "X-Request-Id: held-here");
	asking->status = client_call(c, "GET", "/users/me", NULL);
	client_free(c);
	return NULL;
}

static void
one_request_waits_and_others_do_not(void)
{
	struct person me = person_register("USER");
	struct client *c = client_new();
	struct asking asking = { me.token, 0 };
	pthread_t thread;

	client_token(c, me.token);
	private_alone("people");
	fail_arm("request", "pause text=held-");
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, ask_held, &asking), 0);
	fail_wait_held("request");
	CU_ASSERT_EQUAL(client_call(c, "GET", "/users/me", NULL), 200);
	CU_ASSERT_EQUAL(*(volatile int *)&asking.status, 0);
	fail_release("request");
	(void)pthread_join(thread, NULL);
	CU_ASSERT_EQUAL(asking.status, 200);
	client_free(c);
}

/* --- the outside world --- */

static bool
answered(const struct ai_talk *talk, const char *text)
{
	char wanted[128];

	(void)snprintf(wanted, sizeof(wanted), "Automated echo: you said \"%s\"", text);
	return becomes(wanted,
	    "SELECT body FROM message WHERE sender_type = 'AI' AND conversation_id = $1"
	    " ORDER BY seq DESC LIMIT 1",
	    talk->conversation);
}

static void
an_assistant_that_fails_is_asked_again(void)
{
	struct ai_talk talk = ai_talk_open();
	int64_t before;

	talk_greeted(&talk);
	before = stack_calls();
	fail_arm("ai.echo", "error=unavailable");
	CU_ASSERT_EQUAL(ai_talk_say(&talk, "again"), 201);
	CU_ASSERT(becomes("unavailable",
	    "SELECT coalesce(max(split_part(last_error, ':', 1)), $1 || '') FROM job WHERE state = 'READY'",
	    "none"));
	CU_ASSERT_EQUAL(stack_calls(), before + 1);
	stack_clock_advance(30);
	CU_ASSERT(answered(&talk, "again"));
	CU_ASSERT_EQUAL(stack_calls(), before + 2);
	CU_ASSERT_STRING_EQUAL(stack_call(before + 1), "ai.echo: again");
	CU_ASSERT_STRING_EQUAL(stack_call(before + 2), "ai.echo: again");
	CU_ASSERT_STRING_EQUAL(stack_call(before + 3), "");
	client_free(talk.user);
}

static void
an_assistant_that_hangs_answers_when_it_is_let_go(void)
{
	struct ai_talk talk = ai_talk_open();

	talk_greeted(&talk);
	fail_arm("ai.echo", "pause");
	CU_ASSERT_EQUAL(ai_talk_say(&talk, "hung"), 201);
	fail_wait_held("ai.echo");
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM message WHERE sender_type = 'AI'"
				   " AND conversation_id = $1",
			    talk.conversation),
	    1);
	fail_release("ai.echo");
	CU_ASSERT(answered(&talk, "hung"));
	client_free(talk.user);
}

static void
an_assistant_may_be_late(void)
{
	struct ai_talk talk = ai_talk_open();

	talk_greeted(&talk);
	fail_arm("ai.echo", "sleep=20000");
	CU_ASSERT_EQUAL(ai_talk_say(&talk, "late"), 201);
	fail_wait_held("ai.echo");
	stack_clock_advance(20);
	CU_ASSERT(answered(&talk, "late"));
	client_free(talk.user);
}

/* --- the clock --- */

/* A session of new people, as far as the moves of this text go; its id. */
static void
session_make(struct client *user, struct client *advisor, bool joined, char id[37])
{
	struct person one = person_register("USER"), two = person_advisor();
	char body[64];

	client_token(user, one.token);
	client_token(advisor, two.token);
	(void)snprintf(body, sizeof(body), "{\"advisor_id\":\"%s\"}", two.id);
	CU_ASSERT_EQUAL_FATAL(client_call(user, "POST", "/sessions/chat", body), 201);
	(void)snprintf(id, 37, "%s", client_text(user, "id"));
	if (!joined)
		return;
	CU_ASSERT_EQUAL_FATAL(client_callf(advisor, "POST", NULL, "/sessions/%s/accept", id), 200);
	CU_ASSERT_EQUAL_FATAL(client_callf(user, "POST", NULL, "/sessions/%s/join", id), 200);
	CU_ASSERT_STRING_EQUAL(client_text(user, "state"), "ONGOING");
}

static void
a_request_nobody_answers_expires(void)
{
	struct client *user = client_new(), *advisor = client_new();
	char id[37];

	session_make(user, advisor, false, id);
	stack_clock_advance(REQUEST_S - 30);
	CU_ASSERT_EQUAL(client_callf(user, "GET", NULL, "/sessions/%s", id), 200);
	CU_ASSERT_STRING_EQUAL(client_text(user, "state"), "REQUESTED");
	CU_ASSERT(client_i64(user, "seconds_left") <= 30);
	stack_clock_advance(60);
	CU_ASSERT(becomes("EXPIRED", "SELECT state FROM session WHERE id = $1", id));
	CU_ASSERT_EQUAL(client_callf(advisor, "POST", NULL, "/sessions/%s/accept", id), 409);
	CU_ASSERT_EQUAL(client_callf(user, "GET", NULL, "/sessions/%s", id), 200);
	CU_ASSERT_STRING_EQUAL(client_text(user, "state"), "EXPIRED");
	client_free(user);
	client_free(advisor);
}

static void
a_session_both_left_lapses_after_half_an_hour(void)
{
	struct client *user = client_new(), *advisor = client_new();
	int64_t began = clock_monotonic_us();
	char id[37], most[16];

	session_make(user, advisor, true, id);
	stack_clock_advance(IDLE_S - 60);
	CU_ASSERT_STRING_EQUAL(
	    testdb_text("SELECT state FROM session WHERE id = $1", id), "ONGOING");
	stack_clock_advance(61);
	CU_ASSERT(becomes("ENDED", "SELECT state FROM session WHERE id = $1", id));
	(void)snprintf(
	    most, sizeof(most), "%lld", (long long)(IDLE_S + 2 + age_us(began) / SECOND_US));
	CU_ASSERT_STRING_EQUAL(testdb_text("SELECT (ended_at - started_at BETWEEN '1799 s'"
					   " AND make_interval(secs => $2::int))::text"
					   " FROM session WHERE id = $1",
				   id, most),
	    "true");
	client_free(user);
	client_free(advisor);
}

/* A program a line, the events program too. */
static const char *const guarded[] = { "/users/me", "/advisors/me", "/conversations", "/auth/logins",
	"/sessions/0197aaaa-0000-7000-8000-000000000000", "/events?wait=0", "/admin/reports" };

static void
a_token_past_its_life_is_refused_by_every_program(void)
{
	struct person admin = person_admin();
	struct client *c = client_new();
	char body[640];
	size_t i;

	client_token(c, admin.token);
	for (i = 0; i < COUNT_OF(guarded); i++) {
		int status = client_call(c, "GET", guarded[i], NULL);

		CU_ASSERT(status == 200 || status == 403 || status == 404);
	}
	stack_clock_advance(TOKEN_S + 1);
	for (i = 0; i < COUNT_OF(guarded); i++) {
		CU_ASSERT_EQUAL(client_call(c, "GET", guarded[i], NULL), 401);
		CU_ASSERT_STRING_EQUAL(client_text(c, "error"), "token_expired");
	}
	client_token(c, NULL);
	(void)snprintf(body, sizeof(body), "{\"refresh_token\":\"%s\"}", admin.refresh);
	CU_ASSERT_EQUAL(client_call(c, "POST", "/auth/refresh", body), 200);
	(void)snprintf(admin.token, sizeof(admin.token), "%s", client_text(c, "access_token"));
	client_token(c, admin.token);
	CU_ASSERT_EQUAL(client_call(c, "GET", "/users/me", NULL), 200);
	client_free(c);
}

static void
a_parked_poll_ends_when_its_time_has_passed(void)
{
	struct person a = person_register("USER");
	int64_t began = clock_monotonic_us();
	struct parked *p = parked_start(a.token, "cursor=%s&wait=25", cursor_at(0));

	events_metric_wait("polls_parked", 1);
	stack_clock_advance(WAIT_S + 1);
	CU_ASSERT_EQUAL(parked_wait(p), 200);
	CU_ASSERT_EQUAL(parked_events(p), 0);
	CU_ASSERT(age_us(began) < WAIT_S * SECOND_US); /* which is not what has passed here */
	parked_free(p);
}

static void
days_of_events_come_and_go(void)
{
	static const char has_day[] =
	    "SELECT (to_regclass('event_' || to_char(app_now() AT TIME ZONE 'UTC'"
	    " + make_interval(days => $1::int), 'YYYYMMDD')) IS NOT NULL)::text";
	static const char event_day[] =
	    "SELECT (tableoid::regclass::text = 'event_' || to_char(app_now()"
	    " AT TIME ZONE 'UTC', 'YYYYMMDD'))::text FROM event WHERE user_id = $1 ORDER BY seq DESC LIMIT 1";
	struct listener a = listener_make();
	int64_t day;

	listener_emit(&a, "test.day", "{}");
	CU_ASSERT_STRING_EQUAL(testdb_text(event_day, a.id), "true");
	for (day = 1; day <= 3; day++) { /* EVENT_DAYS is 1 */
		stack_clock_advance(DAY_S);
		CU_ASSERT(becomes("true", has_day, "2")); /* the worker made it */
		listener_emit(&a, "test.day", "{}");
		CU_ASSERT_STRING_EQUAL(testdb_text(event_day, a.id), "true");
	}
	CU_ASSERT(becomes("false", has_day, "-3"));
	CU_ASSERT(becomes("false", has_day, "-2")); /* in another round, if it comes to that */
	CU_ASSERT_STRING_EQUAL(testdb_text(has_day, "-1"), "true");
	CU_ASSERT_EQUAL(testdb_i64("SELECT min(seq) FROM event WHERE user_id = $1", a.id), 3);
}

/* Months at once are no reason for anybody to be taken for dead. */
static void
nobody_falls_over_a_leap(void)
{
	struct client *c = client_new();
	int errors[PROGRAM__COUNT];
	size_t i;

	for (i = 0; i < PROGRAM__COUNT; i++)
		if (program_stays(&programs[i]))
			errors[i] = private_logged(programs[i].name, "error", "");
	stack_clock_advance(100 * DAY_S);
	CU_ASSERT(client_becomes(c, "//readyz", 200));
	for (i = 0; i < PROGRAM__COUNT; i++) {
		if (!program_stays(&programs[i]))
			continue;
		CU_ASSERT_EQUAL(private_logged(programs[i].name, NULL, "stands still"), 0);
		CU_ASSERT_EQUAL(private_logged(programs[i].name, "error", "") - errors[i], 0);
	}
	client_free(c);
}

static const struct cunit_test tests[] = {
	{ "a crash before the commit costs one request",
	    a_crash_before_the_commit_costs_one_request },
	{ "an error before the commit undoes all", an_error_before_the_commit_undoes_all },
	{ "one request waits and others do not", one_request_waits_and_others_do_not },
	{ "an assistant that fails is asked again", an_assistant_that_fails_is_asked_again },
	{ "an assistant that hangs answers when it is let go",
	    an_assistant_that_hangs_answers_when_it_is_let_go },
	{ "an assistant may be late", an_assistant_may_be_late },
	{ "a request nobody answers expires", a_request_nobody_answers_expires },
	{ "a session both left lapses after half an hour",
	    a_session_both_left_lapses_after_half_an_hour },
	{ "a token past its life is refused by every program",
	    a_token_past_its_life_is_refused_by_every_program },
	{ "a parked poll ends when its time has passed",
	    a_parked_poll_ends_when_its_time_has_passed },
	{ "days of events come and go", days_of_events_come_and_go },
	{ "nobody falls over a leap", nobody_falls_over_a_leap },
	{ 0 },
};

int
main(void)
{
	static const char *const settings[] = { "EVENT_DAYS=1", NULL };

	private_start("orders", settings);
	return cunit_run("orders", tests);
}
