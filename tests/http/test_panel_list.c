/* Lists of the panel: what stands in the address is what the page and the file show, and nothing else. */
#include "base/arena.h"
#include "base/buf.h"
#include "harness/browser.h"
#include "harness/cunit.h"
#include "harness/require.h"
#include "harness/testdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PEOPLE = 60 };

static struct browser *browser;
static struct arena *arena;
static const char *mark; /* part of the names of this run's people */

static const char *
get(const char *path)
{
	CU_ASSERT_EQUAL(browser_get(browser, path), 200);
	return arena_strdup(arena, browser_body(browser));
}

static int
count(const char *text, const char *part)
{
	int found = 0;

	for (; (text = strstr(text, part)) != NULL; text++)
		found++;
	return found;
}

/* The address of the link with that rel, as a browser takes it; NULL when there is none. */
static const char *
link_of(const char *page, const char *rel)
{
	const char *at = strstr(page, arena_printf(arena, "\" rel=\"%s\"", rel)), *from = at;
	struct buf out = buf_new(arena, 256);

	if (at == NULL)
		return NULL;
	while (strncmp(from, "href=\"", 6) != 0)
		from--;
	for (from += 6; from < at; from++) {
		buf_putc(&out, *from);
		if (strncmp(from, "&amp;", 5) == 0)
			from += 4;
	}
	return out.data;
}

static const char *
users(const char *query)
{
	return arena_printf(arena, "/admin/users?q=%s&%s", mark, query);
}

static void
people_are_there(void)
{
	mark = arena_printf(arena, "walk%08x", (unsigned)testdb_random());
	testdb_run(
	    "INSERT INTO user_account (id, email, display_name, role, state, created_at)"
	    " SELECT gen_random_uuid(), $1 || n || '@example.test', $1 || ' ' || lpad(n::text, 3, '0'),"
	    " CASE WHEN n % 5 = 0 THEN 'ADVISOR' ELSE 'USER' END,"
	    " CASE WHEN n % 4 = 0 THEN 'BLOCKED' ELSE 'ACTIVE' END,"
	    " timestamptz '2025-03-01 12:00+00' + n * interval '1 hour'"
	    " FROM generate_series(1, $2::int) n",
	    mark, arena_printf(arena, "%d", PEOPLE));
	browser = browser_new();
	browser_sign_in(browser);
}

static void
a_walk_by_the_links_shows_each_once_while_others_come(void)
{
	const char *sorts[] = { "limit=25", "limit=25&sort=-joined", "limit=25&sort=name",
		"limit=25&sort=-name" };
	size_t i;

	for (i = 0; i < COUNT_OF(sorts); i++) {
		struct buf forth = buf_new(arena, 65536), back = buf_new(arena, 65536);
		const char *page = get(users(sorts[i])), *next;
		int n, pages = 1;

		CU_ASSERT_PTR_NULL(link_of(page, "prev"));
		for (; (next = link_of(page, "next")) != NULL && pages < 9; pages++) {
			buf_puts(&forth, page);
			page = get(next);
			testdb_run(
			    "INSERT INTO user_account (id, email, display_name, role)"
			    " VALUES (gen_random_uuid(), gen_random_uuid() || '@example.test', $1 || ' new', 'USER')",
			    mark);
		}
		CU_ASSERT(pages >= 3);
		buf_puts(&forth, page);
		buf_puts(&back, page);
		for (; (next = link_of(page, "prev")) != NULL && pages < 30; pages++)
			buf_puts(&back, page = get(next));
		for (n = 1; n <= PEOPLE; n++) {
			const char *cell = arena_printf(arena, ">%s %03d<", mark, n);

			CU_ASSERT_EQUAL(count(forth.data, cell), 1);
			CU_ASSERT_EQUAL(count(back.data, cell), 1);
		}
		testdb_run(
		    "UPDATE user_account SET display_name = 'gone' WHERE display_name = $1 || ' new'",
		    mark);
	}
}

static void
each_filter_leaves_what_fits_and_its_chip_takes_it_away(void)
{
	static const struct {
		const char *query, *chip;
		int rows;
	} cases[] = {
		{ "role=ADVISOR", "<span class=\"muted\">Role</span> Advisor", 12 },
		{ "state=BLOCKED", "<span class=\"muted\">State</span> Blocked", 15 },
		{ "role=ADVISOR&state=BLOCKED", "<span class=\"muted\">State</span> Blocked", 3 },
		{ "from=2025-03-03", "<span class=\"muted\">Joined from</span> 2025-03-03", 25 },
		{ "to=2025-03-01", "<span class=\"muted\">Joined until</span> 2025-03-01", 11 },
		{ "from=2025-03-02&to=2025-03-02", "Joined until</span> 2025-03-02", 24 },
		{ "advisor=PENDING", "<span class=\"muted\">As advisor</span> Pending", 0 },
	};
	size_t i;

	for (i = 0; i < COUNT_OF(cases); i++) {
		const char *page = get(users(cases[i].query)), *rows;

		CU_ASSERT_PTR_NOT_NULL(strstr(page, cases[i].chip));
		CU_ASSERT_EQUAL(count(page, "data-label=\"Name\""), cases[i].rows);
		rows = arena_printf(arena, ">%d accounts<", cases[i].rows);
		CU_ASSERT_PTR_NOT_NULL(strstr(page, rows));
	}
	CU_ASSERT_PTR_NOT_NULL(strstr(get(users("advisor=PENDING")), "Nothing fits these filters"));
	CU_ASSERT_PTR_NOT_NULL(strstr(get(users("role=ADVISOR")),
	    arena_printf(arena, "href=\"/admin/users?q=%s\" aria-label=\"Without Role\"", mark)));
	CU_ASSERT_EQUAL(count(get(users("from=&role=&state=")), "data-label=\"Name\""), 50);
}

static void
what_the_list_does_not_know_is_refused(void)
{
	static const struct {
		const char *query;
		int status;
	} cases[] = {
		{ "sort=email", 422 },
		{ "sort=--name", 422 },
		{ "role=KING", 422 },
		{ "from=2025-02-30", 422 },
		{ "limit=0", 422 },
		{ "limit=1000", 422 },
		{ "cursor=AAAA", 400 },
		{ "back=maybe", 422 },
		{ "other=1", 422 },
	};
	const char *next = link_of(get(users("limit=25")), "next");
	size_t i;

	for (i = 0; i < COUNT_OF(cases); i++)
		CU_ASSERT_EQUAL(browser_get(browser, users(cases[i].query)), cases[i].status);
	CU_ASSERT_EQUAL(browser_get(browser, next), 200);
	CU_ASSERT_EQUAL(browser_get(browser, arena_printf(arena, "%s&role=USER", next)), 400);
	CU_ASSERT_EQUAL(browser_get(browser, arena_printf(arena, "%s&sort=name", next)), 400);
}

static void
the_file_is_the_view_byte_for_byte(void)
{
	char id[40];
	const char *query;

	(void)snprintf(id, sizeof(id), "%s",
	    testdb_text("INSERT INTO user_account (id, email, display_name, role, created_at) VALUES"
			" (gen_random_uuid(), $1 || '@example.test', $1 || ' \"x\", y', 'USER',"
			" '2024-12-31 23:30:00.25+00') RETURNING id",
		arena_printf(arena, "csv%s", mark)));
	query = arena_printf(arena,
	    "/admin/users.csv?q=%s&columns=display_name&columns=created_at"
	    "&columns=role&zone=Asia/Kolkata",
	    id);
	CU_ASSERT_STRING_EQUAL(get(query),
	    arena_printf(arena,
		"display_name,role,created_at\r\n\"csv%s \"\"x\"\", y\",USER,"
		"2025-01-01 05:00:00.25+05:30\r\n",
		mark));
	CU_ASSERT_STRING_EQUAL(
	    browser_header(browser, "Content-Type"), "text/csv; charset=utf-8; header=present");
	CU_ASSERT_STRING_EQUAL(
	    browser_header(browser, "Content-Disposition"), "attachment; filename=\"users.csv\"");
	CU_ASSERT_STRING_EQUAL(browser_header(browser, "Cache-Control"), "no-store");
	CU_ASSERT_STRING_EQUAL(get(arena_printf(arena, "/admin/users.csv?q=%s", id)),
	    arena_printf(arena,
		"display_name,email,role,state,created_at,id,advisor_state\r\n"
		"\"csv%s \"\"x\"\", y\",csv%s@example.test,USER,ACTIVE,2024-12-31 23:30:00.25+00,%s,\r\n",
		mark, mark, id));
	CU_ASSERT_EQUAL(
	    count(get(arena_printf(arena, "/admin/users.csv?q=%s&sort=name", mark)), "\r\n"),
	    PEOPLE + 2);
}

static void
a_formula_becomes_text(void)
{
	static const char *const names[] = { "=1+1", "+1", "-1", "@SUM(A1)", "=\"a\",b" };
	size_t i;

	for (i = 0; i < COUNT_OF(names); i++) {
		const char *id = testdb_user("USER"), *file;

		testdb_run("UPDATE user_account SET display_name = $2 WHERE id = $1", id, names[i]);
		file = get(arena_printf(arena, "/admin/users.csv?q=%s&columns=display_name", id));
		CU_ASSERT_STRING_EQUAL(file,
		    i == 4 ? "display_name\r\n\"'=\"\"a\"\",b\"\r\n"
			   : arena_printf(arena, "display_name\r\n\"'%s\"\r\n", names[i]));
	}
}

static void
an_export_is_written_down(void)
{
	int64_t before = testdb_i64("SELECT coalesce(max(id), 0) FROM audit");

	(void)get(arena_printf(arena, "/admin/users.csv?q=%s&role=ADVISOR", mark));
	CU_ASSERT_STRING_EQUAL(
	    testdb_text(
		"SELECT p.email || ' ' || (a.detail->>'list') || ' ' || (a.detail->>'view')"
		" || ' ' || (a.detail->>'rows') FROM audit a JOIN user_account p ON p.id = a.actor_id"
		" WHERE a.id > $1 AND a.action = 'list.export'",
		arena_printf(arena, "%lld", (long long)before)),
	    arena_printf(arena, "%s users q=%s&role=ADVISOR 12", getenv("ADMIN_EMAIL"), mark));
	CU_ASSERT_EQUAL(browser_get(browser, "/admin/users.csv?columns=password_hash"), 422);
	CU_ASSERT_EQUAL(browser_get(browser, "/admin/users.csv?columns=email&columns=email"), 422);
	CU_ASSERT_EQUAL(browser_get(browser, "/admin/users.csv?zone=Middle/Earth"), 422);
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM audit WHERE action = 'list.export'"
				   " AND id > $1",
			    arena_printf(arena, "%lld", (long long)before)),
	    1);
}

static int
keep(const char *name, const char *list, const char *query)
{
	return browser_post(browser, "/admin/views",
	    arena_printf(arena, "csrf=%s&name=%s&list=%s&query=%s", browser_csrf(browser), name,
		list, query),
	    NULL);
}

static void
a_view_is_kept_found_and_forgotten(void)
{
	const char *page, *id;
	int i;

	testdb_run("DELETE FROM saved_view");
	(void)get("/admin/users");
	CU_ASSERT_EQUAL(keep("Bad+%3Cb%3E", "users", "role%3DADVISOR%26state%3DBLOCKED"), 303);
	CU_ASSERT_STRING_EQUAL(
	    browser_header(browser, "Location"), "/admin/users?role=ADVISOR&state=BLOCKED");
	page = get("/admin/users?state=BLOCKED&role=ADVISOR");
	CU_ASSERT_PTR_NOT_NULL(strstr(page, ">Bad &lt;b&gt;</a>"));
	CU_ASSERT_EQUAL(keep("Bad+%3Cb%3E", "users", "role%3DUSER"), 303);
	CU_ASSERT_STRING_EQUAL(
	    testdb_text("SELECT string_agg(query, ' ') FROM saved_view"), "role=USER");
	CU_ASSERT_EQUAL(keep("x", "nothing", ""), 422);
	CU_ASSERT_EQUAL(keep("x", "users", "%0d%0aX%3A+y"), 422);
	CU_ASSERT_EQUAL(keep("x", "users", "%2F%2Fevil.example"), 422);
	for (i = 1; i < 20; i++)
		CU_ASSERT_EQUAL(keep(arena_printf(arena, "v%d", i), "users", ""), 303);
	CU_ASSERT_EQUAL(keep("v20", "users", ""), 422);
	id = testdb_text("SELECT id FROM saved_view WHERE name = 'v1'");
	testdb_run("UPDATE saved_view SET admin_id = gen_random_uuid() WHERE id = $1", id);
	page = arena_printf(arena, "csrf=%s", browser_csrf(browser));
	CU_ASSERT_EQUAL(
	    browser_post(browser, arena_printf(arena, "/admin/views/%s/remove", id), page, NULL),
	    404);
	id = testdb_text("SELECT id FROM saved_view WHERE name = 'v2'");
	CU_ASSERT_EQUAL(
	    browser_post(browser, arena_printf(arena, "/admin/views/%s/remove", id), page, NULL),
	    303);
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM saved_view"), 19);
	testdb_run("DELETE FROM saved_view");
}

/* Every address that a page links to with a sort, a tab, a page or a size, and its file. */
static void
every_list_goes_wherever_it_leads(void)
{
	static const char *const lists[] = { "users", "advisors", "reports", "jobs", "audit" };
	size_t i;

	for (i = 0; i < COUNT_OF(lists); i++) {
		const char *path = arena_printf(arena, "href=\"/admin/%s?", lists[i]), *at;
		const char *page = get(arena_printf(arena, "/admin/%s?sort=&limit=1", lists[i]));
		int links = 0;

		CU_ASSERT_EQUAL(count(page, "<h1"), 1);
		for (at = page; (at = strstr(at, path)) != NULL; at++, links++) {
			struct buf url = buf_new(arena, 256);
			const char *from = at + strlen("href=\"");

			for (; *from != '"'; from += strncmp(from, "&amp;", 5) == 0 ? 5 : 1)
				buf_putc(&url, *from);
			CU_ASSERT_EQUAL(count(get(url.data), "<main"), 1);
		}
		CU_ASSERT(links >= 3);
		CU_ASSERT(count(get(arena_printf(arena, "/admin/%s.csv", lists[i])), "\r\n") >= 1);
	}
}

static void
a_bare_path_leads_to_where_the_list_starts(void)
{
	CU_ASSERT_EQUAL(browser_get(browser, "/admin/reports"), 303);
	CU_ASSERT_STRING_EQUAL(browser_header(browser, "Location"), "/admin/reports?state=OPEN");
	CU_ASSERT_EQUAL(browser_get(browser, "/admin/advisors?done=out"), 303);
	CU_ASSERT_STRING_EQUAL(
	    browser_header(browser, "Location"), "/admin/advisors?state=PENDING&done=out");
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(get("/admin/advisors?state=PENDING&done=out"), "You have signed out"));
}

static const struct cunit_test tests[] = {
	{ "people are there", people_are_there },
	{ "a walk by the links shows each once while others come",
	    a_walk_by_the_links_shows_each_once_while_others_come },
	{ "each filter leaves what fits, and its chip takes it away",
	    each_filter_leaves_what_fits_and_its_chip_takes_it_away },
	{ "what the list does not know is refused", what_the_list_does_not_know_is_refused },
	{ "the file is the view, byte for byte", the_file_is_the_view_byte_for_byte },
	{ "a formula becomes text", a_formula_becomes_text },
	{ "an export is written down", an_export_is_written_down },
	{ "every list goes wherever it leads", every_list_goes_wherever_it_leads },
	{ "a bare path leads to where the list starts", a_bare_path_leads_to_where_the_list_starts },
	{ "a view is kept, found and forgotten", a_view_is_kept_found_and_forgotten },
	{ NULL, NULL },
};

int
main(void)
{
	int status;

	arena = arena_new(64 * 1024 * 1024);
	status = cunit_run("panel_list", tests);
	arena_free(arena);
	return status;
}
