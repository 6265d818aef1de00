/* A record's page: its facts, the lists beside it, and one timeline of all that happened, newest first. */
#include "base/arena.h"
#include "harness/browser.h"
#include "harness/cunit.h"
#include "harness/testdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct browser *browser;
static struct arena *arena;
static const char *person, *other, *admin, *report, *pending;

static const char *
get(const char *path)
{
	CU_ASSERT_EQUAL(browser_get(browser, path), 200);
	return arena_strdup(arena, browser_body(browser));
}

#define text(...) arena_printf(arena, __VA_ARGS__)

/* One of everything that a timeline shows, an hour between two. */
static void
a_life_is_there(void)
{
	person = testdb_advisor();
	other = testdb_user("USER");
	admin = testdb_text("SELECT id FROM user_account WHERE email = $1", getenv("ADMIN_EMAIL"));
	testdb_run("UPDATE user_account SET display_name = 'The <Other>' WHERE id = $1", other);
	testdb_run(
	    "INSERT INTO login (id, user_id, kind, device_name, ip, created_at, expires_at) VALUES"
	    " (gen_random_uuid(), $1, 'APP', 'event one', '192.0.2.1',"
	    " '2026-01-01 01:00+00', '2026-01-02')",
	    person);
	testdb_run(
	    "INSERT INTO session (id, conversation_id, user_id, advisor_id, type, state, topic, rate_minor, currency,"
	    " requested_at, expires_at, ended_at) VALUES (gen_random_uuid(), $3, $1, $2, 'CHAT', 'DECLINED',"
	    " 'event two', 0, 'INR', '2026-01-01 02:00+00', '2026-01-01 02:01+00', '2026-01-01 02:01+00')",
	    other, person,
	    testdb_text(
		"INSERT INTO conversation (id, kind) VALUES (gen_random_uuid(), 'SESSION') RETURNING id"));
	report = testdb_text(
	    "INSERT INTO report (id, reporter_id, target_type, target_id, target_user_id, reason, detail,"
	    " created_at) VALUES (gen_random_uuid(), $1, 'USER', $2, $2, 'FRAUD', 'event three',"
	    " '2026-01-01 03:00:00.5+00') RETURNING id",
	    other, person);
	testdb_run(
	    "INSERT INTO report (id, reporter_id, target_type, target_id, target_user_id, reason,"
	    " detail, created_at) VALUES (gen_random_uuid(), $1, 'USER', $2, $2, 'SPAM',"
	    " 'event four', '2026-01-01 03:00:00.51+00')",
	    person, other);
	testdb_run(
	    "INSERT INTO audit (at, actor_id, action, target_type, target_id, detail, request_id,"
	    " previous_hash, hash) VALUES ('2026-01-01 04:00+00', $1, 'user.test', 'user', $2,"
	    " '{\"reason\": \"event five\"}', 'request-of-five', '', '')",
	    admin, person);
	testdb_run("INSERT INTO note (id, subject, subject_id, author_id, body, created_at) VALUES"
		   " (gen_random_uuid(), 'user', $1, $2, 'event six', '2026-01-01 05:00+00')",
	    person, admin);
	pending = testdb_text(
	    "INSERT INTO decision (id, act, subject_id, what, decided_by, state, error, decided_at,"
	    " effective_at, done_at) SELECT gen_random_uuid(), 'test.none', $1, 'event ' || n, $2, state,"
	    " error, '2026-01-01 06:00+00'::timestamptz + n * interval '1 hour', app_now(),"
	    " CASE WHEN state <> 'PENDING' THEN app_now() END FROM (VALUES (7, 'UNDONE', ''),"
	    " (8, 'DONE', ''), (9, 'FAILED', 'account_blocked'), (10, 'PENDING', '')) v (n, state, error)"
	    " ORDER BY n DESC RETURNING id",
	    person, admin);
	browser = browser_new();
	browser_sign_in(browser);
}

static void
the_timeline_is_of_all_sources_by_time(void)
{
	static const char *const order[] = { "event 10: takes effect in a moment",
		"event 9: refused in the end", "account blocked", "event 7: undone", "event six",
		"event five", "event four", "event three", "event two", "event one" };
	const char *at = strstr(get(text("/admin/users/%s", person)), "id=\"timeline\"");
	size_t i;

	CU_ASSERT_PTR_NOT_NULL_FATAL(at);
	for (i = 0; i < COUNT_OF(order); i++) {
		const char *next = strstr(at, order[i]);

		CU_ASSERT_PTR_NOT_NULL_FATAL(next);
		at = next;
	}
	CU_ASSERT_PTR_NULL(strstr(browser_body(browser), "event 8")); /* its entry says it */
}

static void
what_it_names_is_a_link(void)
{
	const char *page = get(text("/admin/users/%s", person));

	CU_ASSERT_PTR_NOT_NULL(strstr(page, text("href=\"/admin/reports/%s\"", report)));
	CU_ASSERT_PTR_NOT_NULL(strstr(page, "href=\"/admin/audit?request=request-of-five\""));
	CU_ASSERT_PTR_NOT_NULL(strstr(page, text("href=\"/admin/users/%s\"", other)));
	CU_ASSERT_PTR_NOT_NULL(strstr(page, text("href=\"/admin/users/%s\"", admin)));
	CU_ASSERT_PTR_NOT_NULL(strstr(page, text("href=\"/admin/audit?target=%s\"", person)));
	CU_ASSERT_PTR_NOT_NULL(strstr(page, text("href=\"/admin/reports?reporter=%s\"", person)));
	CU_ASSERT_PTR_NOT_NULL(strstr(page, text("href=\"/admin/advisors/%s\"", person)));
	CU_ASSERT_PTR_NOT_NULL(strstr(page, text("href=\"/admin/decisions/%s/undo\"", pending)));
	CU_ASSERT_PTR_NOT_NULL(strstr(page, "href=\"/admin/sessions/"));
	CU_ASSERT_PTR_NULL(strstr(page, "<Other>"));
	page = get("/admin/audit?request=request-of-five");
	CU_ASSERT_PTR_NOT_NULL(strstr(page, "user.test"));
	CU_ASSERT_PTR_NOT_NULL(strstr(
	    get(text("/admin/reports?target=%s", person)), "<span class=\"muted\">About</span> "));
}

static void
a_long_related_list_leads_to_all_of_it(void)
{
	const char *page, *all = text("href=\"/admin/reports?target=%s\">Show all", person);

	CU_ASSERT_PTR_NULL(strstr(get(text("/admin/users/%s", person)), all));
	testdb_run(
	    "INSERT INTO report (id, reporter_id, target_type, target_id, target_user_id, reason)"
	    " SELECT gen_random_uuid(), $1, 'USER', gen_random_uuid(), $2, 'OTHER'"
	    " FROM generate_series(1, 6)",
	    other, person);
	page = get(text("/admin/users/%s", person));
	CU_ASSERT_PTR_NOT_NULL(strstr(page, all));
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(get(text("/admin/reports?target=%s&state=OPEN", person)), ">7 reports<"));
}

static void
each_kind_of_record_has_its_page(void)
{
	const char *job = testdb_text(
		       "INSERT INTO job (kind, state, done_at, last_error, payload) VALUES"
		       " ('test.none', 'DEAD', app_now(), 'busy: <it>', '{\"secret\": \"word\"}')"
		       " RETURNING id"),
		   *page;

	page = get(text("/admin/advisors/%s", person));
	CU_ASSERT_PTR_NOT_NULL(strstr(page, "event two"));
	CU_ASSERT_PTR_NOT_NULL(strstr(page, text("href=\"/admin/users/%s\"", person)));
	page = get(text("/admin/reports/%s", report));
	CU_ASSERT_PTR_NOT_NULL(strstr(page, "event three"));
	CU_ASSERT_PTR_NOT_NULL(strstr(page, "Nothing was kept."));
	page = get(text("/admin/jobs/%s", job));
	CU_ASSERT_PTR_NOT_NULL(strstr(page, "Last error: busy: &lt;it&gt;"));
	CU_ASSERT_PTR_NOT_NULL(strstr(page, "not shown"));
	CU_ASSERT_PTR_NULL(strstr(page, "word<"));
	testdb_run("DELETE FROM job WHERE id = $1", job);
	CU_ASSERT_EQUAL(browser_get(browser, text("/admin/jobs/%s", job)), 404);
	browser_free(browser);
}

static const struct cunit_test tests[] = {
	{ "a life is there", a_life_is_there },
	{ "the timeline is of all sources, by time", the_timeline_is_of_all_sources_by_time },
	{ "what it names is a link", what_it_names_is_a_link },
	{ "a long related list leads to all of it", a_long_related_list_leads_to_all_of_it },
	{ "each kind of record has its page", each_kind_of_record_has_its_page },
	{ NULL, NULL },
};

int
main(void)
{
	int status;

	arena = arena_new(16 * 1024 * 1024);
	status = cunit_run("panel_record", tests);
	arena_free(arena);
	return status;
}
