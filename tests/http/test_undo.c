/* Undo in the panel is honest: what was decided happens later, or never, and once whoever dies over it. */
#include "base/arena.h"
#include "base/clock.h"
#include "domain/system/acts.h"
#include "harness/browser.h"
#include "harness/cunit.h"
#include "harness/private.h"
#include "harness/stack.h"
#include "harness/subject.h"
#include "harness/testdb.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { LATER_S = 11, LEASE_S = 60, WAIT_US = 30000000 };

static struct arena *arena;
static struct browser *browser;

/* Ask again and again until it is as wanted. */
static bool
becomes(const char *wanted, const char *sql, const char *id)
{
	const struct timespec moment = { 0, 10000000 };
	int64_t until = clock_steady_us() + WAIT_US;

	while (strcmp(testdb_text(sql, id), wanted) != 0) {
		if (clock_steady_us() > until) {
			(void)fprintf(stderr, "not %s but %s\n", wanted, testdb_text(sql, id));
			return false;
		}
		(void)nanosleep(&moment, NULL);
	}
	return true;
}

static const char state[] = "SELECT state FROM advisor WHERE id = $1";
static const char decided[] =
    "SELECT state FROM decision WHERE subject_id = $1 ORDER BY id DESC LIMIT 1";
static const char entries[] = "SELECT count(*) FROM audit WHERE target_id = $1";

static const char *
applicant(void)
{
	return subject_make(act_find("advisor.approve"));
}

static const char *
form(const char *more)
{
	return arena_printf(arena, "csrf=%s%s", browser_csrf(browser), more);
}

/* Approve in the way of the queue; the page that follows is there. */
static void
approve_later(const char *id)
{
	CU_ASSERT_EQUAL_FATAL(
	    browser_post(browser, arena_printf(arena, "/admin/advisors/%s/approve", id),
		form("&later=true&back=/admin/advisors"), NULL),
	    303);
	CU_ASSERT_NSTRING_EQUAL(browser_header(browser, "Location"),
	    "/admin/advisors?done=decision&of=", strlen("/admin/advisors?done=decision&of="));
	CU_ASSERT_EQUAL_FATAL(browser_follow(browser), 200);
}

static void
what_is_decided_happens_ten_seconds_later(void)
{
	static const char *const settings[] = { NULL };
	const char *id;

	private_start("undo", settings);
	arena = arena_new(4 * 1024 * 1024);
	browser = browser_new();
	browser_sign_in(browser);
	id = applicant();
	approve_later(id);
	CU_ASSERT_PTR_NOT_NULL(strstr(
	    browser_body(browser), "Approve Ada &lt;b&gt; Test: takes effect within 10 seconds."));
	CU_ASSERT_PTR_NOT_NULL(strstr(browser_body(browser), ">Undo <kbd"));
	CU_ASSERT_STRING_EQUAL(testdb_text(state, id), "PENDING");
	CU_ASSERT_STRING_EQUAL(testdb_text(entries, id), "0");
	CU_ASSERT_EQUAL(browser_post(browser, arena_printf(arena, "/admin/advisors/%s/approve", id),
			    form("&later=true"), NULL),
	    409);
	CU_ASSERT_PTR_NOT_NULL(strstr(browser_body(browser), "something is decided about Ada"));
	stack_clock_advance(LATER_S);
	CU_ASSERT(becomes("APPROVED", state, id));
	CU_ASSERT(becomes("DONE", decided, id));
	CU_ASSERT_STRING_EQUAL(testdb_text(entries, id), "1");
}

static void
what_is_undone_does_not_happen(void)
{
	const char *id = applicant(), *at;

	approve_later(id);
	/* The button leads back to where one is. */
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(browser_body(browser), "name=\"back\" value=\"/admin/advisors?state=PENDING\""));
	at = strstr(browser_body(browser), "/admin/decisions/");
	CU_ASSERT_PTR_NOT_NULL_FATAL(at);
	at = arena_strndup(arena, at, strcspn(at, "\""));
	CU_ASSERT_EQUAL(browser_post(browser, at, form(""), NULL), 303);
	CU_ASSERT_EQUAL(browser_follow(browser), 200);
	CU_ASSERT_PTR_NOT_NULL(strstr(browser_body(browser), "was undone: nothing has happened."));
	CU_ASSERT_EQUAL(browser_post(browser, at, form(""), NULL), 409);
	stack_clock_advance(LATER_S);
	CU_ASSERT(becomes("0",
	    "SELECT count(*) FROM job WHERE kind = 'act.decision'"
	    " AND state <> 'DONE' AND $1::uuid IS NOT NULL",
	    id));
	CU_ASSERT_STRING_EQUAL(testdb_text(state, id), "PENDING");
	CU_ASSERT_STRING_EQUAL(testdb_text(decided, id), "UNDONE");
	CU_ASSERT_STRING_EQUAL(testdb_text(entries, id), "0");
}

/* Before anything was done, and when all of it was but the job's end. */
static void
a_worker_that_dies_over_it_does_it_once(void)
{
	static const char *const places[] = { "job.claimed", "job.prepared" };
	size_t i;

	for (i = 0; i < COUNT_OF(places); i++) {
		const char *id = applicant();

		approve_later(id);
		fail_arm(places[i], "pause");
		stack_clock_advance(LATER_S);
		fail_wait_held(places[i]);
		CU_ASSERT_STRING_EQUAL(testdb_text(decided, id), i == 0 ? "PENDING" : "DONE");
		CU_ASSERT_EQUAL(kill((pid_t)fail_holder(places[i]), SIGKILL), 0);
		fail_release(places[i]);
		/* Who dies over the claim itself is missed when the lease is over. */
		stack_clock_advance(LEASE_S);
		CU_ASSERT(becomes("DONE after 2",
		    "SELECT j.state || ' after ' || j.attempts FROM job j JOIN decision d ON d.id::text = j.key"
		    " WHERE d.subject_id = $1",
		    id));
		CU_ASSERT_STRING_EQUAL(testdb_text(decided, id), "DONE");
		CU_ASSERT_STRING_EQUAL(testdb_text(state, id), "APPROVED");
		CU_ASSERT_STRING_EQUAL(testdb_text(entries, id), "1");
		CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM event WHERE user_id = $1", id), 1);
	}
	browser_free(browser);
	arena_free(arena);
	private_stop();
}

static const struct cunit_test tests[] = {
	{ "what is decided happens ten seconds later", what_is_decided_happens_ten_seconds_later },
	{ "what is undone does not happen", what_is_undone_does_not_happen },
	{ "a worker that dies over it does it once", a_worker_that_dies_over_it_does_it_once },
	{ NULL, NULL },
};

int
main(void)
{
	return cunit_run("undo", tests);
}
