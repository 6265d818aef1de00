/* The home page of the panel: what waits for an administrator stands there as it is now. */
#include "harness/browser.h"
#include "harness/cunit.h"
#include "harness/testdb.h"

#include <stdlib.h>
#include <string.h>

static struct browser *browser;

/* The number that stands over these words; -1: they are not there. */
static int64_t
figure(const char *words)
{
	const char *at, *number = NULL, *label;

	CU_ASSERT_EQUAL_FATAL(browser_get(browser, "/admin"), 200);
	label = strstr(browser_body(browser), words);
	for (at = browser_body(browser);
	     label != NULL && (at = strstr(at, "class=\"figure\">")) != NULL && at < label;)
		number = at += strlen("class=\"figure\">");
	return number != NULL ? strtoll(number, NULL, 10) : -1;
}

static void
what_waits_is_as_it_is_now(void)
{
	const char *advisor = testdb_advisor(), *reporter = testdb_user("USER");
	int64_t pending, open;

	browser = browser_new();
	browser_sign_in(browser);
	pending = figure("applications to review");
	open = figure("open reports");
	CU_ASSERT(pending >= 0);
	CU_ASSERT(open >= 0);
	testdb_run("INSERT INTO advisor (id, state, applied_at) VALUES ($1, 'PENDING', app_now())",
	    reporter);
	testdb_run(
	    "INSERT INTO report (id, reporter_id, target_type, target_id, target_user_id, reason)"
	    " VALUES (gen_random_uuid(), $1, 'USER', $2, $2, 'SPAM')",
	    reporter, advisor);
	CU_ASSERT_EQUAL(figure("applications to review"), pending + 1);
	CU_ASSERT_EQUAL(figure("open reports"), open + 1);
	testdb_run(
	    "INSERT INTO report (id, reporter_id, target_type, target_id, target_user_id, reason, state)"
	    " VALUES (gen_random_uuid(), $1, 'USER', $2, $2, 'ABUSE', 'DISMISSED')",
	    reporter, advisor);
	CU_ASSERT_EQUAL(figure("open reports"), open + 1);
}

static const struct cunit_test tests[] = {
	{ "what waits is as it is now", what_waits_is_as_it_is_now },
	{ NULL, NULL },
};

int
main(void)
{
	int status;

	status = cunit_run("panel_home", tests);
	browser_free(browser);
	return status;
}
