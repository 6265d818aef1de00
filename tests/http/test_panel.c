/* Signing in to the panel, its cookies and headers, and that stored text stays text (P56, P63). */
#include "base/clock.h"
#include "harness/browser.h"
#include "harness/cunit.h"
#include "harness/testdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct browser *browser;

/* The panel headers of the reliability goals, word for word. */
static const char *const panel_headers[][2] = {
	{ "Content-Security-Policy",
	    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; "
	    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'" },
	{ "Strict-Transport-Security", "max-age=63072000; includeSubDomains" },
	{ "X-Content-Type-Options", "nosniff" },
	{ "X-Frame-Options", "DENY" },
	{ "Referrer-Policy", "no-referrer" },
	{ "Cross-Origin-Opener-Policy", "same-origin" },
	{ "Cross-Origin-Resource-Policy", "same-origin" },
	{ "Cross-Origin-Embedder-Policy", "require-corp" },
	{ "Permissions-Policy", "camera=(), microphone=(), geolocation=()" },
	{ "Cache-Control", "no-store" },
	{ "X-Robots-Tag", "noindex" },
};

static void
has_headers(const char *what)
{
	size_t i;

	for (i = 0; i < COUNT_OF(panel_headers); i++)
		if (strcmp(browser_header(browser, panel_headers[i][0]), panel_headers[i][1]) != 0)
			(void)fprintf(stderr, "%s: %s\n", what, panel_headers[i][0]);
	for (i = 0; i < COUNT_OF(panel_headers); i++)
		CU_ASSERT_STRING_EQUAL(
		    browser_header(browser, panel_headers[i][0]), panel_headers[i][1]);
}

static void
every_answer_has_the_strict_headers(void)
{
	static const struct {
		const char *method, *path;
		int status;
	} calls[] = {
		{ "GET", "/admin/login", 200 },
		{ "GET", "/admin", 200 },
		{ "GET", "/admin/advisors?state=PENDING", 200 },
		{ "GET", "/admin/users.csv", 200 },
		{ "GET", "/admin/users", 200 },
		{ "GET", "/admin/reports?sort=", 200 },
		{ "GET", "/admin/jobs?state=DEAD", 200 },
		{ "GET", "/admin/audit", 200 },
		{ "GET", "/admin/audit?check=all", 422 },
		{ "GET", "/admin/users?nothing=known", 422 },
		{ "GET", "/admin/users?q=%ff", 400 },
		{ "GET", "/admin/users/00000000-0000-7000-8000-000000000000", 404 },
		{ "GET", "/admin/nowhere", 404 },
		{ "PUT", "/admin/login", 405 },
		{ "POST", "/admin/logout", 415 },
	};
	size_t i;

	browser = browser_new();
	CU_ASSERT_EQUAL(browser_get(browser, "/admin"), 303);
	has_headers("redirect");
	for (i = 0; i < COUNT_OF(calls); i++) {
		if (i == 1)
			browser_sign_in(browser);
		CU_ASSERT_EQUAL(
		    browser_call(browser, calls[i].method, calls[i].path), calls[i].status);
		has_headers(calls[i].path);
		CU_ASSERT_STRING_EQUAL(browser_header(browser, "Content-Type"),
		    strstr(calls[i].path, ".csv") != NULL ? "text/csv; charset=utf-8; header=present"
							  : "text/html; charset=utf-8");
	}
	CU_ASSERT_EQUAL(browser_post(browser, "/admin/logout", "csrf=wrong", NULL), 403);
	has_headers("form token");
}

static void
without_a_sign_in_pages_lead_to_the_form(void)
{
	struct browser *stranger = browser_new();

	CU_ASSERT_EQUAL(browser_get(stranger, "/admin/reports?state=OPEN"), 303);
	CU_ASSERT_STRING_EQUAL(browser_header(stranger, "Location"),
	    "/admin/login?next=/admin/reports%3Fstate%3DOPEN");
	CU_ASSERT_EQUAL(browser_get(stranger, browser_header(stranger, "Location")), 200);
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(browser_body(stranger), "name=\"next\" value=\"/admin/reports?state=OPEN\""));
	CU_ASSERT_EQUAL(browser_get(stranger, "/admin"), 303);
	CU_ASSERT_STRING_EQUAL(browser_header(stranger, "Location"), "/admin/login");
	browser_free(stranger);
}

/* Sign in as this person from a fresh form; the status. */
static int
sign_in(struct browser *as, const char *email, const char *password, const char *next)
{
	char form[600];

	browser_forget(as);
	CU_ASSERT_EQUAL_FATAL(browser_get(as, "/admin/login"), 200);
	(void)snprintf(form, sizeof(form), "email=%s&password=%s&next=%s&csrf=%s", email, password,
	    next, browser_csrf(as));
	return browser_post(as, "/admin/login", form, NULL);
}

/* An admin who can sign in with the administrator's own password; the e-mail. */
static const char *
another_admin(const char **id)
{
	*id = testdb_user("ADMIN");
	testdb_run("UPDATE user_account SET password_hash = (SELECT password_hash FROM user_account"
		   " WHERE email = $2) WHERE id = $1",
	    *id, getenv("ADMIN_EMAIL"));
	return testdb_text("SELECT email FROM user_account WHERE id = $1", *id);
}

static void
only_active_admins_come_in_and_nobody_learns_why(void)
{
	static const char wrong[] = "The e-mail address or the password is wrong.";
	const char *password = getenv("ADMIN_PASSWORD"), *id, *email = another_admin(&id);
	struct browser *one = browser_new();

	CU_ASSERT_EQUAL(sign_in(one, email, "not+the+password", ""), 401);
	CU_ASSERT_PTR_NOT_NULL(strstr(browser_body(one), wrong));
	CU_ASSERT_EQUAL(sign_in(one, "nobody%40example.test", password, ""), 401);
	CU_ASSERT_PTR_NOT_NULL(strstr(browser_body(one), wrong));
	testdb_run("UPDATE user_account SET role = 'USER' WHERE id = $1", id);
	CU_ASSERT_EQUAL(sign_in(one, email, password, ""), 401);
	CU_ASSERT_PTR_NOT_NULL(strstr(browser_body(one), wrong));
	testdb_run("UPDATE user_account SET role = 'ADMIN', state = 'BLOCKED' WHERE id = $1", id);
	CU_ASSERT_EQUAL(sign_in(one, email, password, ""), 401);
	CU_ASSERT_PTR_NOT_NULL(strstr(browser_body(one), wrong));
	CU_ASSERT_STRING_EQUAL(
	    testdb_text("SELECT count(*) FROM login WHERE user_id = $1", id), "0");
	testdb_run("UPDATE user_account SET state = 'ACTIVE' WHERE id = $1", id);
	CU_ASSERT_EQUAL(sign_in(one, email, password, ""), 303);
	CU_ASSERT_EQUAL(browser_get(one, "/admin"), 200);
	testdb_run("UPDATE user_account SET role = 'USER' WHERE id = $1", id);
	CU_ASSERT_EQUAL(browser_get(one, "/admin"), 303);
	browser_free(one);
}

static void
guesses_are_limited(void)
{
	const char *id, *email = another_admin(&id);
	struct browser *one = browser_new();
	int i;

	for (i = 0; i < 5; i++)
		CU_ASSERT_EQUAL(sign_in(one, email, "a+wrong+guess", ""), 401);
	/* The first wait is a second; nobody knows how slow this machine is. */
	testdb_run("UPDATE rate_bucket SET next_at = app_now() + interval '30 s'"
		   " WHERE key LIKE 'login:%' AND count >= 5");
	CU_ASSERT_EQUAL(sign_in(one, email, getenv("ADMIN_PASSWORD"), ""), 429);
	CU_ASSERT_TRUE(strtol(browser_header(one, "Retry-After"), NULL, 10) > 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(browser_body(one), "Too many sign-ins failed: try again in "));
	CU_ASSERT_PTR_NOT_NULL(strstr(browser_body(one), "name=\"password\""));
	CU_ASSERT_STRING_EQUAL(
	    testdb_text("SELECT count(*) FROM login WHERE user_id = $1", id), "0");
	browser_free(one);
}

static void
the_cookie_is_strict_and_new_at_each_sign_in(void)
{
	const char *id, *email = another_admin(&id), *password = getenv("ADMIN_PASSWORD");
	char first[200];

	CU_ASSERT_EQUAL(browser_get(browser, "/admin/login"), 303); /* signed in already */
	browser_forget(browser);
	CU_ASSERT_EQUAL(browser_get(browser, "/admin/login"), 200);
	CU_ASSERT_PTR_NOT_NULL(strstr(browser_header(browser, "Set-Cookie"), "confab_form="));
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(browser_header(browser, "Set-Cookie"), "; Path=/; HttpOnly; SameSite=Strict"));
	CU_ASSERT_EQUAL(sign_in(browser, email, password, ""), 303);
	CU_ASSERT_STRING_EQUAL(browser_cookie(browser, "confab_form"), ""); /* its work is done */
	CU_ASSERT_EQUAL(strlen(browser_cookie(browser, "confab_panel")), 43);
	(void)snprintf(first, sizeof(first), "%s",
	    testdb_text("SELECT id || secret_hash FROM login WHERE user_id = $1", id));
	CU_ASSERT_EQUAL(strlen(first), 36 + 64);
	CU_ASSERT_EQUAL(sign_in(browser, email, password, ""), 303);
	CU_ASSERT_STRING_NOT_EQUAL(
	    testdb_text("SELECT id || secret_hash FROM login WHERE user_id = $1"
			" ORDER BY created_at DESC LIMIT 1",
		id),
	    first);
}

static void
a_sign_in_leads_only_to_our_own_pages(void)
{
	static const char *const foreign[] = { "https%3A%2F%2Fevil.example", "%2F%2Fevil.example",
		"%2Fadmin%2F..%2F..%2Fx", "%2Fadmin%2F%2Fevil.example%3A80", "%2Fadmin%0d%0aX%3A+y",
		"%2Fadmin%2F%5Cevil.example", "%2Fadministrator", "%2Fadmin.evil.example",
		"%2Fadmin%40evil.example", "%2Fadmin%2Fusers%3Fq%3Da%0d%0ab",
		"%2Fadmin%2Fusers%3Fq%3D%22", "%2Fadmin%2Fusers%23x", "%2Fmetrics", "" };
	static const char *const ours[][2] = {
		{ "%2Fadmin%2Freports", "/admin/reports" },
		{ "%2Fadmin%2Fusers%3Fq%3Da%2520b%26state%3DACTIVE",
		    "/admin/users?q=a%20b&state=ACTIVE" },
		{ "%2Fadmin%3Fdone%3Dx", "/admin?done=x" },
	};
	const char *email = getenv("ADMIN_EMAIL"), *password = getenv("ADMIN_PASSWORD");
	size_t i;

	for (i = 0; i < COUNT_OF(foreign); i++) {
		CU_ASSERT_EQUAL(sign_in(browser, email, password, foreign[i]), 303);
		CU_ASSERT_STRING_EQUAL(browser_header(browser, "Location"), "/admin");
	}
	for (i = 0; i < COUNT_OF(ours); i++) {
		CU_ASSERT_EQUAL(sign_in(browser, email, password, ours[i][0]), 303);
		CU_ASSERT_STRING_EQUAL(browser_header(browser, "Location"), ours[i][1]);
	}
}

static void
a_sign_in_ends_idle_or_old_or_by_hand(void)
{
	static const char *const ends[] = {
		"UPDATE login SET last_used_at = app_now() - interval '15 minutes 1 second'"
		" WHERE user_id = $1 AND ended_at IS NULL",
		"UPDATE login SET expires_at = app_now() - interval '1 second'"
		" WHERE user_id = $1 AND ended_at IS NULL",
		"UPDATE login SET ended_at = app_now(), end_reason = 'BLOCKED'"
		" WHERE user_id = $1 AND ended_at IS NULL",
	};
	const char *id, *email = another_admin(&id), *password = getenv("ADMIN_PASSWORD");
	char form[200];
	size_t i;

	for (i = 0; i < COUNT_OF(ends); i++) {
		CU_ASSERT_EQUAL(sign_in(browser, email, password, ""), 303);
		CU_ASSERT_EQUAL(browser_get(browser, "/admin/users"), 200);
		testdb_run(ends[i], id);
		CU_ASSERT_EQUAL(browser_get(browser, "/admin/users"), 303);
		CU_ASSERT_STRING_EQUAL(browser_header(browser, "Location"),
		    "/admin/login?done=expired&next=/admin/users");
		CU_ASSERT_PTR_NOT_NULL(strstr(browser_header(browser, "Set-Cookie"), "Max-Age=0"));
	}
	CU_ASSERT_EQUAL(
	    testdb_i64("SELECT extract(epoch FROM expires_at - created_at)::bigint FROM login"
		       " WHERE user_id = $1 ORDER BY created_at DESC LIMIT 1",
		id),
	    8 * 3600);
	CU_ASSERT_EQUAL(sign_in(browser, email, password, ""), 303);
	CU_ASSERT_EQUAL(browser_get(browser, "/admin"), 200);
	(void)snprintf(form, sizeof(form), "csrf=%s", browser_csrf(browser));
	CU_ASSERT_EQUAL(browser_post(browser, "/admin/logout", form, NULL), 303);
	CU_ASSERT_STRING_EQUAL(testdb_text("SELECT end_reason FROM login WHERE user_id = $1"
					   " ORDER BY created_at DESC LIMIT 1",
				   id),
	    "LOGOUT");
	CU_ASSERT_EQUAL(browser_get(browser, "/admin"), 303);
}

/* Asked for by the button, done by the worker, shown by the page. */
static void
the_whole_log_is_checked_by_a_button(void)
{
	const char *id, *email = another_admin(&id), *page;
	int64_t until = clock_monotonic_us() + HANG_US;
	char form[200];

	CU_ASSERT_EQUAL(sign_in(browser, email, getenv("ADMIN_PASSWORD"), ""), 303);
	CU_ASSERT_EQUAL(browser_get(browser, "/admin/audit"), 200);
	CU_ASSERT_PTR_NOT_NULL(strstr(browser_body(browser), "Check the whole log</button>"));
	(void)snprintf(form, sizeof(form), "csrf=%s", browser_csrf(browser));
	CU_ASSERT_EQUAL(browser_post(browser, "/admin/audit/check", form, NULL), 303);
	CU_ASSERT_STRING_EQUAL(browser_header(browser, "Location"), "/admin/audit?done=checking");
	do {
		CU_ASSERT_EQUAL_FATAL(browser_get(browser, "/admin/audit?done=checking"), 200);
		page = browser_body(browser);
	} while (strstr(page, "is being checked: ") != NULL && clock_monotonic_us() < until);
	/* Another test may have broken the chain of this database. */
	CU_ASSERT(strstr(page, "The whole log of ") != NULL ||
	    strstr(page, "The whole log was checked: it is broken at entry ") != NULL);
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM audit WHERE action = 'audit.check'"
				   " AND actor_id = $1",
			    id),
	    1);
}

static const struct cunit_test tests[] = {
	{ "every answer has the strict headers", every_answer_has_the_strict_headers },
	{ "without a sign-in pages lead to the form", without_a_sign_in_pages_lead_to_the_form },
	{ "only active admins come in, and nobody learns why",
	    only_active_admins_come_in_and_nobody_learns_why },
	{ "guesses are limited", guesses_are_limited },
	{ "the cookie is strict and new at each sign-in",
	    the_cookie_is_strict_and_new_at_each_sign_in },
	{ "a sign-in leads only to our own pages", a_sign_in_leads_only_to_our_own_pages },
	{ "a sign-in ends idle, or old, or by hand", a_sign_in_ends_idle_or_old_or_by_hand },
	{ "the whole log is checked by a button", the_whole_log_is_checked_by_a_button },
	{ NULL, NULL },
};

int
main(void)
{
	return cunit_run("panel", tests);
}
