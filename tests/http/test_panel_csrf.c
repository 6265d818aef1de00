/* Every form of the panel needs a sign-in, its token, and a browser that says it came from us (P62). */
#include "harness/browser.h"
#include "harness/cunit.h"
#include "harness/testdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FORMS_MAX = 8, FORM_BYTES = 512 };

/* A form and what it would do. */
struct form {
	char path[128];
	const char *fields; /* without the token */
};
static struct form forms[FORMS_MAX];
static size_t form_count;
static const char *advisor, *user, *blocked, *report;
static struct browser *browser;

static void
form_add(const char *path, const char *id, const char *tail, const char *fields)
{
	struct form *form = &forms[form_count++];

	(void)snprintf(form->path, sizeof(form->path), "%s%s%s", path, id, tail);
	form->fields = fields;
}

static void
things_to_act_upon_are_there(void)
{
	advisor = testdb_user("ADVISOR");
	user = testdb_user("USER");
	blocked = testdb_user("USER");
	testdb_advisor_state(advisor, "PENDING");
	testdb_run("UPDATE advisor SET applied_at = app_now() WHERE id = $1", advisor);
	testdb_run("UPDATE user_account SET state = 'BLOCKED' WHERE id = $1", blocked);
	report = testdb_text(
	    "INSERT INTO report (id, reporter_id, target_type, target_id, target_user_id,"
	    " reason) VALUES (gen_random_uuid(), $1, 'USER', $2, $2, 'SPAM') RETURNING id",
	    advisor, user);
	form_add("/admin/advisors/", advisor, "/approve", "x=");
	form_add("/admin/advisors/", advisor, "/reject", "reason=No");
	form_add("/admin/users/", user, "/block", "reason=Rude");
	form_add("/admin/users/", blocked, "/unblock", "x=");
	form_add("/admin/reports/", report, "/decide", "note=Yes&block=true");
	form_add("/admin/audit/check", "", "", "x=");
	form_add("/admin/logout", "", "", "x=");
	browser = browser_new();
	browser_sign_in(browser);
}

/* Everything the forms could change, in one text. */
static const char *
state_of_things(void)
{
	return testdb_text("SELECT a.state || u.state || b.state || r.state ||"
			   " (SELECT count(*) FROM audit WHERE target_id IN ($1, $2, $3, $4)) ||"
			   " (SELECT count(*) FROM login l JOIN user_account x ON x.id = l.user_id"
			   " WHERE l.kind = 'PANEL' AND l.ended_at IS NULL AND x.email = $5)"
			   " FROM advisor a, user_account u, user_account b, report r"
			   " WHERE a.id = $1 AND u.id = $2 AND b.id = $3 AND r.id = $4",
	    advisor, user, blocked, report, getenv("ADMIN_EMAIL"));
}

/* Post every form with this token and these headers; each must be refused and change nothing. */
static void
all_are_refused(struct browser *from, const char *token, const char *const *headers)
{
	const char *before = state_of_things();
	char text[FORM_BYTES];
	size_t i;

	for (i = 0; i < form_count; i++) {
		bool more = strcmp(forms[i].fields, "x=") != 0;

		(void)snprintf(text, sizeof(text), "%s%s%s%s", more ? forms[i].fields : "",
		    more && token != NULL ? "&" : "", token != NULL ? "csrf=" : "",
		    token != NULL ? token : "");
		CU_ASSERT_EQUAL(browser_post(from, forms[i].path, text, headers), 403);
		CU_ASSERT_PTR_NOT_NULL(strstr(browser_body(from), ", and nothing was done: "));
	}
	CU_ASSERT_STRING_EQUAL(state_of_things(), before);
}

static void
without_a_sign_in(void)
{
	struct browser *stranger = browser_new();

	all_are_refused(stranger, browser_csrf(browser), NULL);
	browser_free(stranger);
}

static void
without_a_token(void)
{
	all_are_refused(browser, NULL, NULL);
}

static void
with_a_wrong_token(void)
{
	struct browser *other = browser_new();
	char text[FORM_BYTES];

	all_are_refused(browser, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", NULL);
	all_are_refused(browser, "", NULL);
	(void)snprintf(text, sizeof(text), "%s", browser_csrf(browser));
	text[strlen(text) - 1] = '\0';
	all_are_refused(browser, text, NULL);
	text[1] = '\0';
	all_are_refused(browser, text, NULL);
	(void)snprintf(text, sizeof(text), "%sA", browser_csrf(browser));
	all_are_refused(browser, text, NULL);
	browser_sign_in(other);
	all_are_refused(browser, browser_csrf(other), NULL);
	(void)snprintf(text, sizeof(text), "csrf=%s", browser_csrf(other));
	CU_ASSERT_EQUAL(browser_post(other, "/admin/logout", text, NULL), 303);
	CU_ASSERT_EQUAL(browser_get(other, "/admin/login"), 200);
	all_are_refused(browser, browser_csrf(other), NULL);
	browser_free(other);
}

static void
from_another_site(void)
{
	static const char *const lines[][3] = {
		{ "Sec-Fetch-Site: cross-site", NULL, NULL },
		{ "Sec-Fetch-Site: same-site", NULL, NULL },
		{ "Sec-Fetch-Site: none", NULL, NULL },
		{ "Origin: https://evil.example", NULL, NULL },
		{ "Origin: null", NULL, NULL },
		{ "X-Neither: header", NULL, NULL },
	};
	char origin[300];
	const char *both[3] = { "Sec-Fetch-Site: cross-site", origin, NULL };
	size_t i;

	for (i = 0; i < COUNT_OF(lines); i++)
		all_are_refused(browser, browser_csrf(browser), lines[i]);
	(void)snprintf(origin, sizeof(origin), "Origin: %s", getenv("BASE_URL"));
	all_are_refused(browser, browser_csrf(browser), both);
	(void)snprintf(origin, sizeof(origin), "Origin: %s.evil.example", getenv("BASE_URL"));
	both[0] = "X-Old: browser";
	all_are_refused(browser, browser_csrf(browser), both);
}

static void
signing_in_needs_the_form_too(void)
{
	static const char fields[] = "email=admin%40demo.test&password=wrong";
	struct browser *one = browser_new(), *two = browser_new();
	static const char *const cross[] = { "Sec-Fetch-Site: cross-site", NULL };
	char text[FORM_BYTES];

	CU_ASSERT_EQUAL(browser_get(one, "/admin/login"), 200);
	CU_ASSERT_EQUAL(browser_get(two, "/admin/login"), 200);
	CU_ASSERT_EQUAL(browser_post(one, "/admin/login", fields, NULL), 403);
	(void)snprintf(text, sizeof(text), "%s&csrf=%s", fields, browser_csrf(two));
	CU_ASSERT_EQUAL(browser_post(one, "/admin/login", text, NULL), 403);
	(void)snprintf(text, sizeof(text), "%s&csrf=%s", fields, browser_csrf(one));
	CU_ASSERT_EQUAL(browser_post(one, "/admin/login", text, cross), 403);
	CU_ASSERT_EQUAL(browser_post(one, "/admin/login", text, NULL), 401);
	browser_forget(one);
	CU_ASSERT_EQUAL(browser_post(one, "/admin/login", text, NULL), 403);
	browser_free(one);
	browser_free(two);
}

/* Who can set a cookie, as another site of the same domain, gets no token for somebody's sign-in by it. */
static void
the_sign_in_form_makes_no_other_token(void)
{
	const char *login =
	    testdb_text("SELECT l.id FROM login l JOIN user_account u ON u.id = l.user_id"
			" WHERE l.kind = 'PANEL' AND l.ended_at IS NULL AND u.email = $1"
			" ORDER BY l.created_at DESC, l.id DESC LIMIT 1",
		getenv("ADMIN_EMAIL"));
	struct browser *stranger = browser_new();
	char cookie[200], token[200];
	const char *lines[] = { cookie, NULL };

	(void)snprintf(token, sizeof(token), "%s", browser_csrf(browser));
	(void)snprintf(cookie, sizeof(cookie), "Cookie: confab_form=%s", login);
	CU_ASSERT_EQUAL(browser_get_with(stranger, "/admin/login", lines), 200);
	CU_ASSERT_STRING_NOT_EQUAL(browser_csrf(stranger), token);
	all_are_refused(browser, browser_csrf(stranger), NULL);
	browser_free(stranger);
}

/* Of two cookies of one name nobody knows which one is ours. */
static void
a_cookie_that_came_twice_signs_nobody_in(void)
{
	struct browser *stranger = browser_new();
	const char *value = browser_cookie(browser, "confab_panel");
	char once[200], twice[300];
	const char *lines[] = { once, NULL };

	(void)snprintf(once, sizeof(once), "Cookie: confab_panel=%s", value);
	CU_ASSERT_EQUAL(browser_get_with(stranger, "/admin", lines), 200);
	(void)snprintf(twice, sizeof(twice), "Cookie: confab_panel=%s; confab_panel=x", value);
	lines[0] = twice;
	CU_ASSERT_EQUAL(browser_get_with(stranger, "/admin", lines), 303);
	(void)snprintf(twice, sizeof(twice), "Cookie: confab_panel=x; confab_panel=%s", value);
	CU_ASSERT_EQUAL(browser_get_with(stranger, "/admin", lines), 303);
	browser_free(stranger);
}

static void
a_dismissed_report_blocks_nobody(void)
{
	char path[128], text[FORM_BYTES];

	(void)snprintf(path, sizeof(path), "/admin/reports/%s/dismiss", report);
	(void)snprintf(text, sizeof(text), "block=true&csrf=%s", browser_csrf(browser));
	CU_ASSERT_EQUAL(browser_post(browser, path, text, NULL), 422);
	CU_ASSERT_STRING_EQUAL(testdb_text("SELECT u.state || r.state FROM user_account u, report r"
					   " WHERE u.id = $1 AND r.id = $2",
				   user, report),
	    "ACTIVEOPEN");
}

static void
an_old_browser_is_judged_by_its_origin(void)
{
	char origin[300], text[FORM_BYTES];
	const char *headers[] = { origin, NULL };

	(void)snprintf(origin, sizeof(origin), "Origin: %s", getenv("BASE_URL"));
	(void)snprintf(text, sizeof(text), "csrf=%s", browser_csrf(browser));
	CU_ASSERT_EQUAL(browser_post(browser, forms[3].path, text, headers), 303);
	CU_ASSERT_STRING_EQUAL(
	    testdb_text("SELECT state FROM user_account WHERE id = $1", blocked), "ACTIVE");
	browser_free(browser);
}

static const struct cunit_test tests[] = {
	{ "things to act upon are there", things_to_act_upon_are_there },
	{ "no form is taken without a sign-in", without_a_sign_in },
	{ "no form is taken without a token", without_a_token },
	{ "no form is taken with a wrong token", with_a_wrong_token },
	{ "no form is taken from another site", from_another_site },
	{ "signing in needs the form too", signing_in_needs_the_form_too },
	{ "the sign-in form makes no other token", the_sign_in_form_makes_no_other_token },
	{ "a cookie that came twice signs nobody in", a_cookie_that_came_twice_signs_nobody_in },
	{ "a dismissed report blocks nobody", a_dismissed_report_blocks_nobody },
	{ "an old browser is judged by its origin", an_old_browser_is_judged_by_its_origin },
	{ NULL, NULL },
};

int
main(void)
{
	return cunit_run("panel_csrf", tests);
}
