/* What an administrator reads when something is wrong: a program that does not run, a request too many, a form too large,
 * the panel itself away. */
#include "base/arena.h"
#include "base/clock.h"
#include "harness/browser.h"
#include "harness/cunit.h"
#include "harness/private.h"
#include "harness/testdb.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HANG_S = 60, PANEL_BURST = 60 };

static struct browser *browser;
static struct arena *arena;

#define text(...) arena_printf(arena, __VA_ARGS__)

static bool
says(const char *words)
{
	bool said = strstr(browser_body(browser), words) != NULL;

	if (!said)
		(void)fprintf(stderr, "not said: %s\n", words);
	return said;
}

/* It is the panel's page, and not a document for programs. */
static bool
is_page(void)
{
	return strncmp(browser_header(browser, "Content-Type"), "text/html", 9) == 0 &&
	    says("/static/confab.css") && says("<html lang=\"en\">");
}

static void
wait_until_gone(pid_t pid)
{
	int64_t until = clock_steady_us() + HANG_S * SECOND_US;

	while (kill(pid, 0) == 0 && clock_steady_us() < until)
		;
	CU_ASSERT_NOT_EQUAL(kill(pid, 0), 0);
}

static void
a_program_that_was_stopped_is_told_of(void)
{
	pid_t worker = private_pid("worker");

	browser = browser_new();
	browser_sign_in(browser);
	CU_ASSERT_PTR_NULL(strstr(browser_body(browser), "was stopped on"));
	CU_ASSERT_EQUAL(kill(worker, SIGTERM), 0);
	wait_until_gone(worker);
	CU_ASSERT_EQUAL(browser_get(browser, "/admin"), 200);
	CU_ASSERT(says("The program worker was stopped on "));
	CU_ASSERT(says(" UTC. <a href=\"/admin/programs\">"));
	CU_ASSERT_EQUAL(browser_get(browser, "/admin/programs"), 200);
	CU_ASSERT(says("role=\"alert\">The program worker was stopped on "));
	CU_ASSERT(says("<span class=\"badge state-STOPPED\">Stopped</span>"));
	private_worker_start();
}

static void
a_request_too_many_is_told_how_long_to_wait(void)
{
	struct browser *other = browser;
	long wait_s;
	int i;

	browser = browser_new();
	for (i = 0; i <= PANEL_BURST && browser_get(browser, "/admin/login") == 200; i++)
		;
	CU_ASSERT_TRUE(i > 0);
	CU_ASSERT_EQUAL(browser_get(browser, "/admin/login"), 429);
	wait_s = strtol(browser_header(browser, "Retry-After"), NULL, 10);
	CU_ASSERT_TRUE(wait_s > 0);
	CU_ASSERT(is_page());
	CU_ASSERT(says(text("<h1>Too many requests: try again in %ld second%s</h1>", wait_s,
	    wait_s == 1 ? "" : "s")));
	browser_free(browser);
	browser = other;
}

static void
a_form_too_large_is_told_by_whoever_refuses_it(void)
{
	char *large = arena_alloc(arena, 70001);

	memset(large, 'x', 70000);
	large[70000] = '\0';
	CU_ASSERT_EQUAL(browser_post(browser, "/admin/me", large, NULL), 413); /* nginx */
	CU_ASSERT(is_page());
	CU_ASSERT(says("That is more than this form takes"));
	large[5000] = '\0';
	CU_ASSERT_EQUAL(browser_post(browser, "/admin/logout", large, NULL), 413); /* the program */
	CU_ASSERT(is_page());
	CU_ASSERT(says("That is more than this form takes, and nothing was done: shorten it"));
}

static void
a_form_after_the_sign_in_leads_back_to_itself(void)
{
	const char *path = text("/admin/users/%s/block", testdb_user("USER"));

	testdb_run("UPDATE login SET last_used_at = app_now() - interval '1 hour'");
	CU_ASSERT_EQUAL(browser_post(browser, path, "csrf=old&reason=X", NULL), 403);
	CU_ASSERT(says("You are signed out, and nothing was done: sign in and do it again"));
	CU_ASSERT(says(text("href=\"/admin/login?next=%s\"", path)));
	CU_ASSERT_EQUAL(browser_post(browser, "/admin/logout", "csrf=old", NULL), 403);
	CU_ASSERT(says("href=\"/admin/login\""));
}

static void
a_panel_that_is_away_is_told_by_nginx(void)
{
	pid_t admin = private_pid("admin");

	CU_ASSERT_EQUAL(kill(admin, SIGTERM), 0);
	wait_until_gone(admin);
	CU_ASSERT_EQUAL(browser_get(browser, "/admin"), 503);
	CU_ASSERT(is_page());
	CU_ASSERT(says("The panel is away: try again in 2 seconds"));
	CU_ASSERT_STRING_EQUAL(browser_header(browser, "Retry-After"), "2");
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(browser_header(browser, "Content-Security-Policy"), "style-src 'self'"));
	browser_free(browser);
}

static const struct cunit_test tests[] = {
	{ "a program that was stopped is told of", a_program_that_was_stopped_is_told_of },
	{ "a request too many is told how long to wait",
	    a_request_too_many_is_told_how_long_to_wait },
	{ "a form too large is told by whoever refuses it",
	    a_form_too_large_is_told_by_whoever_refuses_it },
	{ "a form after the sign-in leads back to itself",
	    a_form_after_the_sign_in_leads_back_to_itself },
	{ "a panel that is away is told by nginx", a_panel_that_is_away_is_told_by_nginx },
	{ NULL, NULL },
};

int
main(void)
{
	static const char *const settings[] = { "RATE_PERCENT=100", NULL };
	int status;

	arena = arena_new(4 * 1024 * 1024);
	private_start("panel_trouble", settings);
	status = cunit_run("panel_trouble", tests);
	private_stop();
	arena_free(arena);
	return status;
}
