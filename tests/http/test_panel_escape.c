/*
 * Stored text stays text in the panel (P56): a page with a payload in every field that people write has
 * exactly the markup it has with plain words there, character for character of what HTML is made of.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "harness/browser.h"
#include "harness/cunit.h"
#include "harness/testdb.h"

#include <stdio.h>
#include <string.h>

static const char *const payloads[] = {
	"<script>alert(1)</script>",
	"\"><script>alert(1)</script>",
	"'><img src=x onerror=alert(1)>",
	"\" onmouseover=\"alert(1)",
	"' autofocus onfocus='alert(1)",
	"</title><script>alert(1)</script>",
	"</textarea><svg onload=alert(1)>",
	"</script><script>alert(1)</script>",
	"--><script>alert(1)</script><!--",
	"<![CDATA[<script>alert(1)</script>]]>",
	"<iframe srcdoc='<script>alert(1)</script>'>",
	"<svg><animate onbegin=alert(1) attributeName=x>",
	"<math><mi xlink:href=\"javascript:alert(1)\">",
	"<a href=javascript:alert(1)>x</a>",
	"<base href=//evil.example>",
	"<meta http-equiv=refresh content=0>",
	"<link rel=stylesheet href=//evil.example>",
	"<style>@import '//evil.example'</style>",
	"<form action=//evil.example><input name=csrf>",
	"<<script>alert(1)//<</script>",
	"\xc2\xab<b>\xe2\x80\xae</b>",
	"{{csrf}} {{{csrf}}} {{#admin}} {{> head}}",
	"&lt;script&gt; &#60;script&#62; &amp;",
	"=1+1\t|calc",
	"%3Cscript%3E%22%27",
	"\\\"><\\script>",
};

/* What the pages show of these things. */
static const char *person, *report, *pages[5];
static struct browser *browser;

static void
a_person_with_everything_is_there(void)
{
	static char paths[5][200];

	person = testdb_user("ADVISOR");
	report = testdb_text(
	    "INSERT INTO report (id, reporter_id, target_type, target_id, target_user_id,"
	    " reason) VALUES (gen_random_uuid(), $1, 'USER', $2, $2, 'SPAM') RETURNING id",
	    testdb_user("USER"), person);
	testdb_run(
	    "INSERT INTO login (id, user_id, kind, ip, expires_at) VALUES (gen_random_uuid(), $1,"
	    " 'APP', '192.0.2.1', app_now() + interval '1 day')",
	    person);
	(void)snprintf(paths[0], sizeof(paths[0]), "/admin/users/%s", person);
	(void)snprintf(paths[1], sizeof(paths[1]), "/admin/users?q=%s", person);
	(void)snprintf(paths[2], sizeof(paths[2]), "/admin/advisors/%s", person);
	(void)snprintf(paths[3], sizeof(paths[3]), "/admin/reports/%s", report);
	(void)snprintf(paths[4], sizeof(paths[4]), "/admin/audit?target=%s", person);
	for (size_t i = 0; i < 5; i++)
		pages[i] = paths[i];
	browser = browser_new();
	browser_sign_in(browser);
}

/* text in every column that people can fill, and shown by the pages. */
static void
write_everywhere(const char *text)
{
	testdb_run(
	    "UPDATE user_account SET display_name = left($2, 80), bio = $2, locale = left($2, 35),"
	    " timezone = left($2, 64), block_reason = $2, state = 'BLOCKED' WHERE id = $1",
	    person, text);
	testdb_advisor_state(person, "REJECTED");
	testdb_run("UPDATE advisor SET headline = $2, bio = $2, state_reason = $2,"
		   " languages = ARRAY[$2], specializations = ARRAY[$2] WHERE id = $1",
	    person, text);
	testdb_run("UPDATE report SET detail = $2, resolution = $2, snapshot = "
		   "jsonb_build_object($2::text,"
		   " $2::text, 'nested', jsonb_build_array($2::text)) WHERE id = $1",
	    report, text);
	testdb_run("UPDATE login SET device_name = left($2, 80), user_agent = $2 WHERE user_id = $1",
	    person, text);
	testdb_run("ALTER TABLE audit DISABLE TRIGGER USER");
	testdb_run("DELETE FROM audit WHERE target_id = $1", person);
	testdb_run(
	    "INSERT INTO audit (id, action, target_type, target_id, detail, request_id,"
	    " previous_hash, hash) SELECT coalesce(max(id), 0) + 1, left($2, 64), $2, $1,"
	    " jsonb_build_object('reason', $2::text, $2::text, $2::text), $2, '', '' FROM audit",
	    person, text);
	testdb_run("ALTER TABLE audit ENABLE TRIGGER USER");
}

/* How often each character that makes markup occurs. */
struct marks {
	size_t less, greater, quote, apostrophe;
};

static struct marks
count(const char *html)
{
	struct marks marks = { 0, 0, 0, 0 };

	for (; *html != '\0'; html++) {
		marks.less += *html == '<';
		marks.greater += *html == '>';
		marks.quote += *html == '"';
		marks.apostrophe += *html == '\'';
	}
	return marks;
}

static void
payloads_add_no_markup(void)
{
	struct marks plain[5], now;
	size_t i, page;

	write_everywhere("plain");
	for (page = 0; page < 5; page++) {
		CU_ASSERT_EQUAL(browser_get(browser, pages[page]), 200);
		CU_ASSERT_PTR_NOT_NULL(strstr(browser_body(browser), "plain"));
		plain[page] = count(browser_body(browser));
	}
	for (i = 0; i < COUNT_OF(payloads); i++) {
		write_everywhere(payloads[i]);
		for (page = 0; page < 5; page++) {
			CU_ASSERT_EQUAL(browser_get(browser, pages[page]), 200);
			now = count(browser_body(browser));
			if (memcmp(&now, &plain[page], sizeof(now)) != 0)
				(void)fprintf(stderr, "%s: %s\n", pages[page], payloads[i]);
			CU_ASSERT_EQUAL(memcmp(&now, &plain[page], sizeof(now)), 0);
		}
	}
}

static void
queries_add_no_markup(void)
{
	struct arena *arena = arena_new(1 << 20);
	struct buf path = buf_new(arena, 1024);
	struct marks plain, now;
	size_t i;

	CU_ASSERT_EQUAL(browser_get(browser, "/admin/users?q=zzzznobody"), 200);
	plain = count(browser_body(browser));
	for (i = 0; i < COUNT_OF(payloads); i++) {
		buf_clear(&path);
		buf_puts(&path, "/admin/users?q=zzzz");
		buf_url(&path, payloads[i]);
		if (browser_get(browser, path.data) != 200) {
			CU_ASSERT_PTR_NOT_NULL(strstr(payloads[i], "\xe2\x80\xae"));
			continue;
		}
		now = count(browser_body(browser));
		CU_ASSERT_EQUAL(memcmp(&now, &plain, sizeof(now)), 0);
		buf_clear(&path);
		buf_puts(&path, "/admin/users?q=zzzznobody&done=");
		buf_url(&path, payloads[i]);
		if (browser_get(browser, path.data) == 200) {
			now = count(browser_body(browser));
			CU_ASSERT_EQUAL(memcmp(&now, &plain, sizeof(now)), 0);
		}
		CU_ASSERT_PTR_NULL(strstr(browser_body(browser), "<script>alert"));
	}
	arena_free(arena);
}

static void
the_database_is_left_whole(void)
{
	testdb_run("ALTER TABLE audit DISABLE TRIGGER USER");
	testdb_run("DELETE FROM audit WHERE target_id = $1", person);
	testdb_run("ALTER TABLE audit ENABLE TRIGGER USER");
	browser_free(browser);
}

static const struct cunit_test tests[] = {
	{ "a person with everything is there", a_person_with_everything_is_there },
	{ "payloads add no markup", payloads_add_no_markup },
	{ "queries add no markup", queries_add_no_markup },
	{ "the database is left whole", the_database_is_left_whole },
	{ NULL, NULL },
};

int
main(void)
{
	return cunit_run("panel_escape", tests);
}
