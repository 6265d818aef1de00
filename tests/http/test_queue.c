/* Queue mode: one item with its evidence; what is decided there can be undone, and the next comes at once. */
#include "base/arena.h"
#include "base/clock.h"
#include "domain/system/acts.h"
#include "harness/browser.h"
#include "harness/cunit.h"
#include "harness/private.h"
#include "harness/stack.h"
#include "harness/subject.h"
#include "harness/talk.h"
#include "harness/testdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MANY = 40, REQUESTS_EACH = 2, LATER_S = 11, WAIT_US = 30000000 };

static struct arena *arena;
static struct browser *browser, *colleague;
static int requests; /* of browser, so far */
static const char *page; /* what it shows */

#define text(...) arena_printf(arena, __VA_ARGS__)

static bool
shows(const char *what)
{
	if (strstr(page, what) != NULL)
		return true;
	(void)fprintf(stderr, "not on the page: %s\n", what);
	return false;
}

static const char *
keep_page(struct browser *from)
{
	return arena_strdup(arena, browser_body(from));
}

static int
get(const char *path)
{
	int status = browser_get(browser, path);

	requests++;
	page = keep_page(browser);
	return status;
}

/* Post a form and go where it leads, which is one page. */
static int
post(const char *path, const char *more)
{
	int status =
	    browser_post(browser, path, text("csrf=%s%s", browser_csrf(browser), more), NULL);

	requests++;
	page = keep_page(browser);
	if (status != 303)
		return status;
	return get(arena_strdup(arena, browser_header(browser, "Location")));
}

/* What follows a text on a page, up to a quote. */
static const char *
after(const char *in, const char *mark)
{
	const char *at = strstr(in, mark);

	if (at == NULL)
		return "";
	at += strlen(mark);
	return arena_strndup(arena, at, strcspn(at, "\""));
}

/* The address of the page's first decision. */
static const char *
decision(void)
{
	return after(page, "class=\"decide\" method=\"post\" action=\"");
}

/* The id in an address like /admin/KINDS/ID/VERB. */
static const char *
id_in(const char *path)
{
	const char *at = strchr(path + strlen("/admin/"), '/');

	return at == NULL ? "" : arena_strndup(arena, at + 1, strcspn(at + 1, "/"));
}

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

static const char report_state[] = "SELECT state FROM report WHERE id = $1";
static const char advisor_state[] = "SELECT state FROM advisor WHERE id = $1";

static const char *
applicant(const char *hours)
{
	const char *id = subject_make(act_find("advisor.approve"));

	testdb_run("UPDATE advisor SET applied_at = app_now() - $2::int * interval '1 hour'"
		   " WHERE id = $1",
	    id, hours);
	return id;
}

static const char *
raised(const char *type, const char *target, const char *about, const char *by)
{
	return testdb_text(
	    "INSERT INTO report (id, reporter_id, target_type, target_id, target_user_id, reason,"
	    " detail) VALUES (gen_random_uuid(), $1, $2, $3, $4, 'FRAUD', 'Look <here>') RETURNING id",
	    by, type, target, about);
}

static void
nothing_waits_at_first(void)
{
	static const char *const settings[] = { NULL };

	private_start("queue", settings);
	browser = browser_new();
	browser_sign_in(browser);
	testdb_run("UPDATE advisor SET state = 'REJECTED' WHERE state = 'PENDING'");
	testdb_run(
	    "UPDATE report SET state = 'DISMISSED', resolved_at = app_now() WHERE state = 'OPEN'");
	CU_ASSERT_EQUAL(get("/admin/queue/advisors"), 200);
	CU_ASSERT(shows("Nothing waits for you"));
	CU_ASSERT_EQUAL(get("/admin/queue/reports"), 200);
	CU_ASSERT(shows("Nothing waits for you"));
	CU_ASSERT_EQUAL(get("/admin/queue/refunds"), 404);
	CU_ASSERT_EQUAL(get("/admin/queue/reports/00000000-0000-7000-8000-000000000000"), 404);
	CU_ASSERT_EQUAL(get("/admin/reports?state=OPEN"), 200);
	CU_ASSERT(shows("href=\"/admin/queue/reports\">Work through them"));
}

static void
what_is_undone_comes_back_and_stays_open(void)
{
	const char *first = applicant("9"), *second = applicant("5"), *undo;

	CU_ASSERT_EQUAL(get("/admin/queue/advisors"), 200);
	CU_ASSERT_STRING_EQUAL(decision(), text("/admin/advisors/%s/approve", first));
	CU_ASSERT_EQUAL(post(decision(), "&later=true&back=/admin/queue/advisors"), 200);
	CU_ASSERT_STRING_EQUAL(decision(), text("/admin/advisors/%s/approve", second));
	CU_ASSERT(shows("takes effect within 10 seconds."));
	undo = after(page, "class=\"undo\" method=\"post\" action=\"");
	CU_ASSERT(shows(text("name=\"back\" value=\"/admin/queue/advisors/%s\"", first)));
	CU_ASSERT_EQUAL(get(text("/admin/queue/advisors/%s", first)), 200);
	CU_ASSERT_STRING_EQUAL(decision(), "");
	CU_ASSERT(shows("was decided and takes effect within ten seconds."));
	CU_ASSERT_EQUAL(post(undo, text("&back=/admin/queue/advisors/%s", first)), 200);
	CU_ASSERT_STRING_EQUAL(decision(), text("/admin/advisors/%s/approve", first));
	CU_ASSERT(shows("was undone: nothing has happened."));
	stack_clock_advance(LATER_S);
	CU_ASSERT(becomes("0",
	    "SELECT count(*) FROM job WHERE kind = 'act.decision' AND state <> 'DONE'"
	    " AND $1::uuid IS NOT NULL",
	    first));
	CU_ASSERT_STRING_EQUAL(testdb_text(advisor_state, first), "PENDING");
	CU_ASSERT_EQUAL(get("/admin/queue/advisors"), 200);
	CU_ASSERT_STRING_EQUAL(decision(), text("/admin/advisors/%s/approve", first));
}

static void
what_is_skipped_comes_after_the_others(void)
{
	const char *first = id_in(decision()), *second;

	CU_ASSERT(shows(text("href=\"/admin/queue/advisors?skip=%s\"", first)));
	CU_ASSERT_EQUAL(get(text("/admin/queue/advisors?skip=%s", first)), 200);
	second = id_in(decision());
	CU_ASSERT_STRING_NOT_EQUAL(second, first);
	CU_ASSERT_EQUAL(get(text("/admin/queue/advisors?skip=%s", second)), 200);
	CU_ASSERT_STRING_EQUAL(id_in(decision()), first);
	CU_ASSERT(shows("You have skipped all that is left"));
}

static void
what_is_refused_keeps_the_queue(void)
{
	const char *id = id_in(decision());

	CU_ASSERT_EQUAL(
	    post(text("/admin/advisors/%s/reject", id), "&later=true&back=/admin/queue/advisors"),
	    422);
	CU_ASSERT(shows("Reason is missing."));
	CU_ASSERT(shows("name=\"back\" value=\"/admin/queue/advisors\""));
	CU_ASSERT(shows("name=\"later\" value=\"true\""));
	CU_ASSERT_EQUAL(post(text("/admin/advisors/%s/reject", id),
			    "&later=true&back=/admin/queue/advisors&canned=The+name+or+headline"
			    "+breaks+our+rules."),
	    200);
	CU_ASSERT_STRING_NOT_EQUAL(id_in(decision()), id);
	stack_clock_advance(LATER_S);
	CU_ASSERT(becomes("REJECTED", advisor_state, id));
}

static void
two_administrators_do_not_get_the_same(void)
{
	const char *was = getenv("ADMIN_EMAIL"), *mine, *theirs, *second = text("second-%s", was);

	testdb_run("INSERT INTO user_account (id, email, display_name, role, password_hash)"
		   " SELECT gen_random_uuid(), $2, 'Second', 'ADMIN', password_hash FROM user_account"
		   " WHERE email = $1",
	    was, second);
	(void)applicant("3");
	colleague = browser_new();
	(void)setenv("ADMIN_EMAIL", second, 1);
	browser_sign_in(colleague);
	CU_ASSERT_EQUAL(get("/admin/queue/advisors"), 200);
	mine = id_in(decision());
	CU_ASSERT_EQUAL(browser_get(colleague, "/admin/queue/advisors"), 200);
	theirs = id_in(after(browser_body(colleague), "class=\"decide\" method=\"post\" action=\""));
	CU_ASSERT_STRING_NOT_EQUAL(mine, "");
	CU_ASSERT_STRING_NOT_EQUAL(theirs, "");
	CU_ASSERT_STRING_NOT_EQUAL(theirs, mine);
	CU_ASSERT_EQUAL(browser_get(colleague, text("/admin/queue/advisors/%s", mine)), 200);
	page = keep_page(colleague);
	CU_ASSERT(shows("looks at this now."));
	browser_free(colleague);
	(void)setenv("ADMIN_EMAIL", text("%s", second + strlen("second-")), 1);
}

static void
forty_decisions_take_two_requests_each(void)
{
	int decided;

	testdb_run("UPDATE advisor SET state = 'REJECTED' WHERE state = 'PENDING'");
	for (decided = 0; decided < MANY; decided++)
		(void)applicant("2");
	CU_ASSERT_EQUAL_FATAL(get("/admin/queue/advisors"), 200);
	CU_ASSERT(shows(text("%d applications wait", MANY)));
	requests = 0;
	for (decided = 0; *decision() != '\0' && decided < MANY; decided++)
		CU_ASSERT_EQUAL_FATAL(
		    post(decision(), "&later=true&back=/admin/queue/advisors"), 200);
	CU_ASSERT_EQUAL(decided, MANY);
	CU_ASSERT_EQUAL(requests, MANY * REQUESTS_EACH);
	CU_ASSERT(shows("Nothing waits for you"));
	stack_clock_advance(LATER_S);
	CU_ASSERT(becomes("0",
	    "SELECT count(*) FROM decision WHERE state = 'PENDING' AND $1::text IS NOT NULL", ""));
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM advisor WHERE state = 'PENDING'"), 0);
	CU_ASSERT_EQUAL(
	    testdb_i64("SELECT count(*) FROM event WHERE type = 'advisor.approved'"), MANY);
}

/* Message 20 of 40 is reported: those from 10 to 30 are shown, and that they were read is kept. */
static void
a_conversation_is_read_with_an_entry_that_says_why(void)
{
	static const char reads[] =
	    "SELECT count(*) FROM audit WHERE action = 'conversation.read'"
	    " AND target_id = $1 AND detail ->> 'reason' LIKE '%' || $2 || '%'";
	struct talk talk = talk_make("ONGOING");
	const char *report;

	testdb_run("SELECT message_send($1, CASE WHEN n % 2 = 0 THEN $2::uuid ELSE $3::uuid END,"
		   " gen_random_uuid(), 'c' || n, 'text', 'Words number <' || n || '>', NULL, NULL)"
		   " FROM generate_series(1, 40) n",
	    talk.conversation_id, talk.user_id, talk.advisor_id);
	report = raised("MESSAGE",
	    testdb_text("SELECT id FROM message WHERE conversation_id = $1 AND seq = 20",
		talk.conversation_id),
	    talk.user_id, talk.advisor_id);
	CU_ASSERT_EQUAL(testdb_i64(reads, talk.conversation_id, report), 0);
	CU_ASSERT_EQUAL(get("/admin/queue/reports"), 200);
	CU_ASSERT_STRING_EQUAL(id_in(decision()), report);
	CU_ASSERT_EQUAL(testdb_i64(reads, talk.conversation_id, report), 1);
	CU_ASSERT_EQUAL(get(text("/admin/queue/reports/%s", report)), 200);
	CU_ASSERT_EQUAL(testdb_i64(reads, talk.conversation_id, report), 1);
	CU_ASSERT(shows("number &lt;10&gt;"));
	CU_ASSERT(shows("number &lt;30&gt;"));
	CU_ASSERT_PTR_NULL(strstr(page, "number &lt;9&gt;"));
	CU_ASSERT_PTR_NULL(strstr(page, "number &lt;31&gt;"));
	CU_ASSERT(shows("say-marked"));
	CU_ASSERT_EQUAL(get(text("%s", after(page, "class=\"hint\"><a href=\""))), 303);
	CU_ASSERT_EQUAL(browser_follow(browser), 200);
	CU_ASSERT_EQUAL(testdb_i64(reads, talk.conversation_id, report), 1);
	CU_ASSERT_EQUAL(get(text("/admin/queue/reports/%s", report)), 200);
	CU_ASSERT(shows("Look &lt;here&gt;"));
	CU_ASSERT_EQUAL(
	    post(text("/admin/reports/%s/dismiss", report), "&later=true&back=/admin/queue/reports"),
	    200);
	CU_ASSERT(shows("Nothing waits for you"));
}

static void
reports_about_one_person_are_decided_together(void)
{
	const char *rude = testdb_user("USER"),
		   *others[2] = { testdb_user("USER"), testdb_user("USER") }, *report, *more[2];
	size_t i;

	report = raised("USER", rude, rude, testdb_user("USER"));
	for (i = 0; i < COUNT_OF(others); i++)
		more[i] = raised("USER", rude, rude, others[i]);
	CU_ASSERT_EQUAL(get("/admin/queue/reports"), 200);
	CU_ASSERT_STRING_EQUAL(id_in(decision()), report);
	CU_ASSERT(shows("name=\"others\" value=\"true\" checked><label"));
	CU_ASSERT(shows("Also the 2 other open reports about the same person"));
	CU_ASSERT_EQUAL(
	    post(decision(), "&later=true&back=/admin/queue/reports&others=true&canned="), 200);
	CU_ASSERT(shows("Nothing waits for you"));
	stack_clock_advance(LATER_S);
	CU_ASSERT(becomes("ACTIONED", report_state, report));
	for (i = 0; i < COUNT_OF(others); i++) {
		CU_ASSERT_STRING_EQUAL(testdb_text(report_state, more[i]), "ACTIONED");
		CU_ASSERT_EQUAL(talk_events(others[i], "report.closed"), 1);
	}
	CU_ASSERT(talk_events(rude, "report.upheld") >= 1);
	browser_free(browser);
	private_stop();
}

static const struct cunit_test tests[] = {
	{ "nothing waits at first", nothing_waits_at_first },
	{ "what is undone comes back and stays open", what_is_undone_comes_back_and_stays_open },
	{ "what is skipped comes after the others", what_is_skipped_comes_after_the_others },
	{ "what is refused keeps the queue", what_is_refused_keeps_the_queue },
	{ "two administrators do not get the same", two_administrators_do_not_get_the_same },
	{ "forty decisions take two requests each", forty_decisions_take_two_requests_each },
	{ "a conversation is read with an entry that says why",
	    a_conversation_is_read_with_an_entry_that_says_why },
	{ "reports about one person are decided together",
	    reports_about_one_person_are_decided_together },
	{ NULL, NULL },
};

int
main(void)
{
	int status;

	arena = arena_new(64 * 1024 * 1024);
	status = cunit_run("queue", tests);
	arena_free(arena);
	return status;
}
