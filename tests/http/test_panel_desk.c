/* What administrators keep beside a record: its page shows notes and who looks after it, and a list finds one's own. */
#include "base/arena.h"
#include "domain/system/acts.h"
#include "harness/browser.h"
#include "harness/cunit.h"
#include "harness/subject.h"
#include "harness/testdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct browser *browser;
static struct arena *arena;
static const char *me, *other;

/* What can be looked after, and an act that makes a subject of it. */
static const struct {
	const char *plural, *of;
} kinds[] = {
	{ "users", "user.block" },
	{ "advisors", "advisor.approve" },
	{ "reports", "report.decide" },
};

#define text(...) arena_printf(arena, __VA_ARGS__)

static const char *
get(const char *path)
{
	CU_ASSERT_EQUAL(browser_get(browser, path), 200);
	return arena_strdup(arena, browser_body(browser));
}

/* Do it from the panel; the page that follows. */
static const char *
act(size_t kind, const char *id, const char *verb, const char *more)
{
	CU_ASSERT_EQUAL_FATAL(
	    browser_post(browser, text("/admin/%s/%s/%s", kinds[kind].plural, id, verb),
		text("csrf=%s%s", browser_csrf(browser), more), NULL),
	    303);
	CU_ASSERT_EQUAL(browser_follow(browser), 200);
	return arena_strdup(arena, browser_body(browser));
}

static bool
offers(const char *page, const char *verb)
{
	return strstr(page, text("/%s\">", verb)) != NULL;
}

static void
the_panel_is_open(void)
{
	arena = arena_new(32 * 1024 * 1024);
	me = testdb_text("SELECT id FROM user_account WHERE email = $1", getenv("ADMIN_EMAIL"));
	other = testdb_user("ADMIN");
	testdb_run("UPDATE user_account SET display_name = 'Other <Admin>' WHERE id = $1", other);
	browser = browser_new();
	browser_sign_in(browser);
}

static void
notes_stand_on_the_page_newest_first(void)
{
	const char *id, *page, *first, *second;
	size_t i;

	for (i = 0; i < COUNT_OF(kinds); i++) {
		id = subject_make(act_find(kinds[i].of));
		page = get(text("/admin/%s/%s", kinds[i].plural, id));
		CU_ASSERT_PTR_NOT_NULL(strstr(page, "No notes yet."));
		testdb_run("INSERT INTO note (id, subject, subject_id, author_id, body, created_at)"
			   " VALUES (gen_random_uuid(), 'x', $1, $2, 'the first <note>',"
			   " app_now() - interval '3 hours')",
		    id, other);
		page = act(i, id, "note", "&text=the+second");
		page = strstr(page, "aria-labelledby=\"desk\"");
		CU_ASSERT_PTR_NOT_NULL_FATAL(page);
		second = strstr(page, "the second");
		first = strstr(page, "the first &lt;note&gt;");
		CU_ASSERT_FATAL(first != NULL && second != NULL);
		CU_ASSERT(second < first && first < strstr(page, "</section>"));
		CU_ASSERT_PTR_NOT_NULL(strstr(second, ">Other &lt;Admin&gt;</a>"));
		CU_ASSERT_PTR_NOT_NULL(strstr(second, "3 h ago"));
	}
}

static void
of_many_notes_the_newest_are_shown(void)
{
	const char *id = subject_make(act_find("user.block")), *page;

	testdb_run("INSERT INTO note (id, subject, subject_id, author_id, body, created_at)"
		   " SELECT gen_random_uuid(), 'user', $1, $2, 'number ' || n || '.',"
		   " app_now() - n * interval '1 minute' FROM generate_series(1, 50) n",
	    id, other);
	page = strstr(get(text("/admin/users/%s", id)), "aria-labelledby=\"desk\"");
	CU_ASSERT_PTR_NOT_NULL_FATAL(page);
	page = arena_strndup(arena, page, (size_t)(strstr(page, "</section>") - page));
	CU_ASSERT_PTR_NOT_NULL(strstr(page, "number 1."));
	CU_ASSERT_PTR_NOT_NULL(strstr(page, "number 20."));
	CU_ASSERT_PTR_NULL(strstr(page, "number 21."));
	CU_ASSERT_PTR_NOT_NULL(strstr(page, "The newest 20 notes."));
}

static void
of_assign_and_unassign_the_one_that_fits_is_offered(void)
{
	const char *id, *page, *name;
	size_t i;

	name = testdb_text("SELECT display_name FROM user_account WHERE id = $1", me);
	for (i = 0; i < COUNT_OF(kinds); i++) {
		id = subject_make(act_find(kinds[i].of));
		page = get(text("/admin/%s/%s", kinds[i].plural, id));
		CU_ASSERT_PTR_NOT_NULL(strstr(page, "Nobody looks after it."));
		CU_ASSERT(offers(page, "assign") && !offers(page, "unassign"));
		page = act(i, id, "assign", "");
		CU_ASSERT_PTR_NOT_NULL(strstr(
		    page, text("Looked after by <a href=\"/admin/users/%s\">%s</a>", me, name)));
		CU_ASSERT(!offers(page, "assign") && offers(page, "unassign"));
		testdb_run("UPDATE assignment SET admin_id = $2, at = app_now() - interval '5 hours'"
			   " WHERE subject_id = $1",
		    id, other);
		page = get(text("/admin/%s/%s", kinds[i].plural, id));
		CU_ASSERT_PTR_NOT_NULL(strstr(page, ">Other &lt;Admin&gt;</a>"));
		CU_ASSERT_PTR_NOT_NULL(strstr(page, "since <time"));
		CU_ASSERT_PTR_NOT_NULL(strstr(page, ">5 h ago</time>"));
		CU_ASSERT(offers(page, "assign") && !offers(page, "unassign"));
		act(i, id, "assign", "");
		page = act(i, id, "unassign", "");
		CU_ASSERT_PTR_NOT_NULL(strstr(page, "Nobody looks after it."));
	}
}

/* Their buttons are outlines, and not among those of decisions. */
static void
what_is_kept_does_not_compete_with_decisions(void)
{
	const char *page, *at, *bar;
	size_t i;

	for (i = 0; i < COUNT_OF(kinds); i++) {
		page =
		    get(text("/admin/%s/%s", kinds[i].plural, subject_make(act_find(kinds[i].of))));
		bar = strstr(page, "aria-label=\"Acts\"");
		CU_ASSERT_PTR_NOT_NULL_FATAL(bar);
		CU_ASSERT_FALSE(offers(bar, "assign") || offers(bar, "note"));
		at = strstr(page, "/assign\">");
		CU_ASSERT_PTR_NOT_NULL_FATAL(at);
		at = strstr(at, "<button");
		CU_ASSERT_NSTRING_EQUAL(at, "<button class=\"btn btn-sm btn-outline-secondary\"",
		    strlen("<button class=\"btn btn-sm btn-outline-secondary\""));
	}
}

/* Of advisors and reports: what is mine, with a column that says whose each is. */
static void
a_list_finds_what_is_assigned_to_me(void)
{
	static const char *const queries[] = { "state=PENDING", "state=OPEN" };
	const char *mine, *theirs, *page, *url;
	size_t i;

	for (i = 1; i < COUNT_OF(kinds); i++) {
		mine = arena_strdup(arena, subject_make(act_find(kinds[i].of)));
		theirs = arena_strdup(arena, subject_make(act_find(kinds[i].of)));
		act(i, theirs, "assign", "");
		testdb_run(
		    "UPDATE assignment SET admin_id = $2 WHERE subject_id = $1", theirs, other);
		act(i, mine, "assign", "");
		page = get(text("/admin/%s?%s", kinds[i].plural, queries[i - 1]));
		url = text("href=\"/admin/%s?%s&amp;assignee=%s\">Assigned to me</a>",
		    kinds[i].plural, queries[i - 1], me);
		CU_ASSERT_PTR_NOT_NULL(strstr(page, url));
		page = get(text("/admin/%s?%s&assignee=%s", kinds[i].plural, queries[i - 1], me));
		CU_ASSERT_PTR_NOT_NULL(strstr(page, mine));
		CU_ASSERT_PTR_NULL(strstr(page, theirs));
		CU_ASSERT_PTR_NOT_NULL(strstr(page,
		    text("href=\"/admin/%s?%s\" aria-current=\"true\">Assigned to me</a>",
			kinds[i].plural, queries[i - 1])));
		page = get(text("/admin/%s?%s&assignee=%s", kinds[i].plural, queries[i - 1], other));
		CU_ASSERT_PTR_NOT_NULL(strstr(page, theirs));
		CU_ASSERT_PTR_NULL(strstr(page, mine));
		CU_ASSERT_PTR_NOT_NULL(strstr(page, ">Other &lt;Admin&gt;</a>"));
		testdb_run("DELETE FROM assignment WHERE subject_id IN ($1, $2)", mine, theirs);
	}
	browser_free(browser);
}

static const struct cunit_test tests[] = {
	{ "the panel is open", the_panel_is_open },
	{ "notes stand on the page, newest first", notes_stand_on_the_page_newest_first },
	{ "of many notes the newest are shown", of_many_notes_the_newest_are_shown },
	{ "of assign and unassign the one that fits is offered",
	    of_assign_and_unassign_the_one_that_fits_is_offered },
	{ "what is kept does not compete with decisions",
	    what_is_kept_does_not_compete_with_decisions },
	{ "a list finds what is assigned to me", a_list_finds_what_is_assigned_to_me },
	{ NULL, NULL },
};

int
main(void)
{
	int status = cunit_run("panel_desk", tests);

	arena_free(arena);
	return status;
}
