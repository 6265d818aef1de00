/* Rooms of the panel that are about the system and those who look after it: own settings, programs, settings in force,
 * administrators; and what holds on every page: times in one's zone, words instead of codes. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "harness/browser.h"
#include "harness/cunit.h"
#include "harness/testdb.h"
#include "web/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct browser *browser;
static struct arena *arena;
static const char *admin;

#define text(...) arena_printf(arena, __VA_ARGS__)

static const char *
get(const char *path)
{
	int status = browser_get(browser, path);

	if (status != 200)
		(void)fprintf(stderr, "%s: %d\n", path, status);
	CU_ASSERT_EQUAL(status, 200);
	return arena_strdup(arena, browser_body(browser));
}

static bool
says(const char *page, const char *words)
{
	bool said = strstr(page, words) != NULL;

	if (!said)
		(void)fprintf(stderr, "not said: %s\n", words);
	return said;
}

/* Post to /admin/me from its own form; the status. */
static int
set_me(const char *name, const char *zone)
{
	(void)get("/admin/me");
	return browser_post(browser, "/admin/me",
	    text("csrf=%s&display_name=%s&timezone=%s", browser_csrf(browser), name, zone), NULL);
}

static void
an_admin_of_our_own_is_signed_in(void)
{
	const char *email = text("rooms-%08x@example.test", (unsigned)testdb_random());

	admin = testdb_user("ADMIN");
	testdb_run("UPDATE user_account SET email = $2, password_hash = (SELECT password_hash FROM"
		   " user_account WHERE email = $3) WHERE id = $1",
	    admin, email, getenv("ADMIN_EMAIL"));
	browser = browser_new();
	CU_ASSERT_EQUAL(browser_get(browser, "/admin/login"), 200);
	CU_ASSERT_EQUAL(browser_post(browser, "/admin/login",
			    text("csrf=%s&email=%s&password=%s&next=", browser_csrf(browser), email,
				getenv("ADMIN_PASSWORD")),
			    NULL),
	    303);
}

static void
times_are_those_of_ones_own_zone(void)
{
	const char *person = testdb_user("USER"), *page, *path = text("/admin/users/%s", person);

	testdb_run(
	    "UPDATE user_account SET created_at = '2026-07-01 20:00:30+00' WHERE id = $1", person);
	CU_ASSERT(says(get(path), "title=\"1 Jul 2026, 20:00 UTC, 2026-07-01T20:00:30Z\""));
	CU_ASSERT_EQUAL(set_me("Asha+Rao", "Asia%2FKolkata"), 303);
	CU_ASSERT_STRING_EQUAL(browser_header(browser, "Location"), "/admin/me?done=me");
	page = get("/admin/me?done=me");
	CU_ASSERT(says(page, "Your settings were kept."));
	CU_ASSERT(says(page, "value=\"Asia/Kolkata\""));
	CU_ASSERT(says(page, ">Asha Rao</a>"));
	CU_ASSERT(says(page, " IST now."));
	page = get(path);
	CU_ASSERT(says(
	    page, "title=\"2 Jul 2026, 01:30 IST, 2026-07-01T20:00:30Z\">2 Jul 2026, 01:30 IST<"));
	CU_ASSERT(says(page, "<time datetime=\"2026-07-01T20:00:30"));
	CU_ASSERT_EQUAL(set_me("Asha+Rao", "Europe%2FBerlin"), 303);
	CU_ASSERT(says(get(path), ">1 Jul 2026, 22:00 CEST<"));
	testdb_run(
	    "UPDATE user_account SET created_at = '2026-01-01 20:00+00' WHERE id = $1", person);
	CU_ASSERT(says(get(path), ">1 Jan 2026, 21:00 CET<"));
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM audit WHERE action = 'admin.settings'"
				   " AND target_id = $1 AND actor_id = $1",
			    admin),
	    2);
}

static void
days_of_filters_begin_in_that_zone(void)
{
	const char *mark = text("zoned%08x", (unsigned)testdb_random()), *page;

	testdb_run(
	    "INSERT INTO user_account (id, email, display_name, role, created_at) SELECT gen_random_uuid(),"
	    " $1 || n || '@example.test', $1 || ' ' || n, 'USER', timestamptz '2026-03-29 00:00+00' + (n - 12) * interval '1 hour'"
	    " FROM generate_series(1, 48) n",
	    mark);
	CU_ASSERT(
	    says(get(text("/admin/users?q=%s&from=2026-03-29&to=2026-03-29", mark)), "23 accounts"));
	CU_ASSERT_EQUAL(set_me("Asha", "Asia%2FKathmandu"), 303);
	page = get(text("/admin/users?q=%s&from=2026-03-29&to=2026-03-29", mark));
	CU_ASSERT(says(page, "24 accounts"));
	CU_ASSERT(says(page, "value=\"Asia/Kathmandu\" maxlength=\"64\""));
	CU_ASSERT_EQUAL(set_me("Asha", "UTC"), 303);
}

static void
a_refused_setting_comes_back_filled(void)
{
	static const char *const wrong[] = { "Mars%2FBase", "IST", "..%2Fpasswd", "EST5EDT" };
	size_t i;

	for (i = 0; i < COUNT_OF(wrong); i++) {
		CU_ASSERT_EQUAL(set_me("Somebody+Else", wrong[i]), 422);
		CU_ASSERT(says(browser_body(browser), "The zone must be one of the IANA list"));
		CU_ASSERT(says(browser_body(browser), "value=\"Somebody Else\""));
	}
	CU_ASSERT_EQUAL(set_me("", "UTC"), 422);
	CU_ASSERT(says(browser_body(browser), "id=\"name-problem\""));
	CU_ASSERT_EQUAL(set_me("+++", "UTC"), 422);
	CU_ASSERT(says(browser_body(browser), "The name must not be blank."));
	CU_ASSERT_EQUAL(
	    browser_post(browser, "/admin/me", "csrf=wrong&display_name=X&timezone=UTC", NULL), 403);
	CU_ASSERT(says(browser_body(browser), "This form is too old, or not from here"));
	CU_ASSERT_STRING_EQUAL(
	    testdb_text("SELECT display_name FROM user_account WHERE id = $1", admin), "Asha");
}

static const char *
another_login(const char *of)
{
	return testdb_text(
	    "INSERT INTO login (id, user_id, kind, ip, secret_hash, user_agent, expires_at)"
	    " VALUES (gen_random_uuid(), $1, 'PANEL', '192.0.2.77', md5(random()::text),"
	    " 'Elsewhere/1', app_now() + interval '8 hours') RETURNING id",
	    of);
}

static const char *
end_of(const char *login)
{
	return testdb_text("SELECT coalesce(end_reason, 'none') FROM login WHERE id = $1", login);
}

static void
one_signs_out_everywhere_else(void)
{
	const char *login = another_login(admin), *stranger = another_login(testdb_user("ADMIN"));

	CU_ASSERT(says(get("/admin/me"), "Elsewhere/1"));
	CU_ASSERT_EQUAL(browser_post(browser, "/admin/me/sign_out_others",
			    text("csrf=%s", browser_csrf(browser)), NULL),
	    303);
	CU_ASSERT_STRING_EQUAL(end_of(login), "ENDED");
	CU_ASSERT_STRING_EQUAL(end_of(stranger), "none");
	CU_ASSERT_PTR_NULL(strstr(get("/admin/me"), "Sign out everywhere else"));
}

static void
an_admin_is_signed_out_by_another(void)
{
	const char *other = testdb_user("ADMIN"), *login = another_login(other), *page, *path;

	testdb_run("UPDATE user_account SET display_name = 'Other <Admin>' WHERE id = $1", other);
	page = get(text("/admin/admins?q=%s", other));
	CU_ASSERT(says(page, "1 administrator<"));
	CU_ASSERT(says(page, "Other &lt;Admin&gt;"));
	CU_ASSERT(says(page, "192.0.2.77"));
	CU_ASSERT(says(get(text("/admin/admins?q=%s", testdb_user("USER"))), "0 administrators"));
	path = text("/admin/admins/%s", other);
	CU_ASSERT(says(get(path), "Sign out"));
	CU_ASSERT_EQUAL(browser_post(browser, text("%s/sign_out", path),
			    text("csrf=%s", browser_csrf(browser)), NULL),
	    303);
	CU_ASSERT_EQUAL(browser_follow(browser), 200);
	CU_ASSERT(says(
	    browser_body(browser), "Other &lt;Admin&gt; is signed out of the panel everywhere."));
	CU_ASSERT_STRING_EQUAL(end_of(login), "ENDED");
	CU_ASSERT_EQUAL(browser_get(browser, text("/admin/admins/%s", testdb_user("USER"))), 404);
	CU_ASSERT(
	    says(browser_body(browser), "There is no such page, or what it was about is gone"));
}

static void
settings_tell_who_said_them_and_no_secret(void)
{
	const char *page = get("/admin/settings");

	CU_ASSERT(says(page, "<code class=\"wrap\">SECRET_KEYS</code>"));
	CU_ASSERT(says(page, "confab.conf:"));
	CU_ASSERT(says(page, "must start with https:// in production"));
	CU_ASSERT(says(page, "AI_PROVIDER is the built-in echo."));
	CU_ASSERT(says(page, "Seconds an advisor has to answer a session request"));
	CU_ASSERT_PTR_NULL(strstr(page, "demo:"));
	CU_ASSERT_PTR_NULL(strstr(page, "postgresql://"));
}

static void
every_program_is_there_and_well(void)
{
	const char *page = get("/admin/programs"), *row, *end;
	size_t i;

	for (i = 0; i < PROGRAM__COUNT; i++) {
		if (!program_stays(&programs[i]))
			continue;
		row = strstr(page, text("data-label=\"Program\"><div>%s<", programs[i].name));
		CU_ASSERT_PTR_NOT_NULL_FATAL(row);
		end = strstr(row, "</tr>");
		row = arena_strndup(arena, row, (size_t)(end - row));
		CU_ASSERT(says(row, ">Running<"));
		CU_ASSERT(says(row, " MiB"));
	}
	CU_ASSERT(says(page, "connected, "));
	CU_ASSERT(says(page, "PostgreSQL 1"));
	CU_ASSERT(says(page, "lanes and rounds: "));
	CU_ASSERT(says(page, "Jobs given up"));
	CU_ASSERT(says(page, "echo, which is built in"));
	CU_ASSERT_PTR_NULL(strstr(page, "role=\"alert\">The program"));
}

/* --- on every page --- */

/* What people read of a page: its text without code, heads of style and the values of controls. */
static const char *
read_of(const char *page)
{
	struct buf out = buf_new(arena, 4096);
	const char *end;

	page = strstr(page, "<main");
	while (page != NULL && *page != '\0') {
		if (*page != '<') {
			buf_putc(&out, *page++);
			continue;
		}
		buf_putc(&out, ' ');
		end = strncmp(page, "<code", 5) == 0 ? strstr(page, "</code>") : page;
		page = end != NULL ? strchr(end, '>') : NULL;
		if (page != NULL)
			page++;
	}
	return out.data;
}

/* word stands in page as a word of its own. */
static bool
has_word(const char *page, const char *word)
{
	static const char inside[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz0123456789";
	const char *at = page;
	size_t len = strlen(word);

	for (; (at = strstr(at, word)) != NULL; at += len)
		if ((at == page || strchr(inside, at[-1]) == NULL) &&
		    (at[len] == '\0' || strchr(inside, at[len]) == NULL))
			return true;
	return false;
}

/* Everything that a list or a record can show is there, in the states whose names are longest. */
static const char **
pages_of_all_kinds(void)
{
	const char **pages = arena_calloc(arena, 40, sizeof(*pages)), *person = testdb_advisor(),
		   *report, *job;
	size_t count = 0;

	report = testdb_text(
	    "INSERT INTO report (id, reporter_id, target_type, target_id, target_user_id, reason,"
	    " snapshot) VALUES (gen_random_uuid(), $1, 'ADVISOR', $1, $1, 'FRAUD',"
	    " '{\"role\": \"ADVISOR\", \"state\": \"APPROVED\"}') RETURNING id",
	    person);
	job = testdb_text(
	    "INSERT INTO job (kind, state, done_at) VALUES ('test.none', 'DEAD', app_now())"
	    " RETURNING id");
	testdb_run(
	    "INSERT INTO audit (action, target_type, target_id, request_id, detail, previous_hash, hash)"
	    " VALUES ('user.test', 'user', $1, 'rooms', '{\"from\": \"ACTIVE\", \"to\": \"BLOCKED\","
	    " \"role\": \"ADVISOR\", \"at\": \"2026-07-01T20:00:00.000000Z\", \"rows\": 1234567}', '', '')",
	    person);
	pages[count++] = "/admin";
	pages[count++] = "/admin/users";
	pages[count++] = text("/admin/users?state=ACTIVE&role=ADVISOR");
	pages[count++] = text("/admin/users/%s", person);
	pages[count++] = text("/admin/users/%s/block", person);
	pages[count++] = "/admin/advisors?state=APPROVED";
	pages[count++] = text("/admin/advisors/%s", person);
	pages[count++] = "/admin/reports?state=OPEN";
	pages[count++] = text("/admin/reports/%s", report);
	pages[count++] = text("/admin/queue/reports/%s", report);
	pages[count++] = text("/admin/queue/advisors/%s", person);
	pages[count++] = "/admin/jobs?state=DEAD";
	pages[count++] = "/admin/jobs?sort=";
	pages[count++] = text("/admin/jobs/%s", job);
	pages[count++] = "/admin/audit";
	pages[count++] = text("/admin/audit?target=%s", person);
	pages[count++] = text("/admin/search?q=%s", "example");
	pages[count++] = text("/admin/search?q=%s", "ad");
	pages[count++] = "/admin/admins";
	pages[count++] = text("/admin/admins/%s", admin);
	pages[count++] = "/admin/programs";
	pages[count++] = "/admin/me";
	return pages;
}

static void
no_page_shows_a_code_where_a_word_should_be(void)
{
	const char *words = testdb_text(
		       "SELECT string_agg(DISTINCT m[1], ' ') FROM pg_constraint, regexp_matches("
		       "pg_get_constraintdef(oid), '''([A-Z][A-Z_]+)''', 'g') m WHERE contype = 'c'"
		       " AND m[1] <> 'SMS'"), /* a word */
	    *const * page;
	size_t found = 0;

	CU_ASSERT(says(words, "ADVISOR"));
	for (page = pages_of_all_kinds(); *page != NULL; page++) {
		const char *shown = read_of(get(*page)), *at = words;

		for (; *at != '\0'; at += strspn(at, " ")) {
			size_t len = strcspn(at, " ");

			if (has_word(shown, arena_strndup(arena, at, len))) {
				(void)fprintf(stderr, "%s shows %.*s\n", *page, (int)len, at);
				found++;
			}
			at += len;
		}
	}
	CU_ASSERT_EQUAL(found, 0);
}

static void
every_time_tells_utc(void)
{
	const char *const *page;
	const char *at, *end;

	CU_ASSERT_EQUAL(set_me("Asha", "Asia%2FKolkata"), 303);
	for (page = pages_of_all_kinds(); *page != NULL; page++)
		for (at = get(*page); (at = strstr(at, "<time ")) != NULL; at = end) {
			end = strchr(at, '>');
			if (strstr(arena_strndup(arena, at, (size_t)(end - at)), " IST, 20") ==
			    NULL) {
				(void)fprintf(stderr, "%s: %.*s\n", *page, (int)(end - at), at);
				CU_FAIL("a time without its zone and UTC");
			}
		}
	CU_ASSERT(says(get("/admin/audit?request=rooms"), "2 Jul 2026, 01:30 IST"));
	CU_ASSERT(says(get("/admin/audit?request=rooms"), "1,234,567"));
	browser_free(browser);
}

static const struct cunit_test tests[] = {
	{ "an admin of our own is signed in", an_admin_of_our_own_is_signed_in },
	{ "times are those of one's own zone", times_are_those_of_ones_own_zone },
	{ "days of filters begin in that zone", days_of_filters_begin_in_that_zone },
	{ "a refused setting comes back filled", a_refused_setting_comes_back_filled },
	{ "one signs out everywhere else", one_signs_out_everywhere_else },
	{ "an admin is signed out by another", an_admin_is_signed_out_by_another },
	{ "settings tell who said them, and no secret", settings_tell_who_said_them_and_no_secret },
	{ "every program is there and well", every_program_is_there_and_well },
	{ "no page shows a code where a word should be",
	    no_page_shows_a_code_where_a_word_should_be },
	{ "every time tells UTC", every_time_tells_utc },
	{ NULL, NULL },
};

int
main(void)
{
	int status;

	arena = arena_new(256 * 1024 * 1024);
	status = cunit_run("panel rooms", tests);
	arena_free(arena);
	return status;
}
