/* Dead letters in the panel: only an administrator's own form decides, once, and the decision takes effect. */
#include "harness/browser.h"
#include "harness/client.h"
#include "harness/cunit.h"
#include "harness/testdb.h"

#include <stdio.h>
#include <string.h>

static struct browser *browser;

static const char *
dead(const char *key)
{
	return testdb_text(
	    "INSERT INTO job (kind, key, state, attempts, tries_max, done_at, last_error)"
	    " VALUES ('test.none', nullif($1, ''), 'DEAD', 3, 3, app_now(), 'busy: it was') RETURNING id",
	    key);
}

static const char *
state_of(const char *id)
{
	return testdb_text("SELECT state || ' ' || attempts FROM job WHERE id = $1", id);
}

/* Post the act for the job, with the form's token; the status. */
static int
act(const char *id, const char *what)
{
	char path[96], form[128];

	CU_ASSERT_EQUAL(browser_get(browser, "/admin/jobs?state=DEAD"), 200);
	(void)snprintf(path, sizeof(path), "/admin/jobs/%s/%s", id, what);
	(void)snprintf(form, sizeof(form), "csrf=%s", browser_csrf(browser));
	return browser_post(browser, path, form, NULL);
}

static const char *
location(void)
{
	return browser_header(browser, "Location");
}

static int64_t
audited(const char *id, const char *action)
{
	return testdb_i64("SELECT count(*) FROM audit WHERE target_id = $1 AND action = $2"
			  " AND detail @> '{\"kind\": \"test.none\", \"error\": \"busy: it was\"}'",
	    id, action);
}

static void
a_dead_job_is_retried_once_with_all_its_tries(void)
{
	const char *id = dead("");

	browser = browser_new();
	browser_sign_in(browser);
	CU_ASSERT_EQUAL(act(id, "retry"), 303);
	CU_ASSERT_PTR_NOT_NULL(strstr(location(), "done=job.retry&of="));
	CU_ASSERT_STRING_EQUAL(state_of(id), "READY 0");
	CU_ASSERT_EQUAL(audited(id, "job.retry"), 1);
	CU_ASSERT_EQUAL(act(id, "retry"), 409);
	CU_ASSERT_EQUAL(act(id, "discard"), 409);
	CU_ASSERT_STRING_EQUAL(state_of(id), "READY 0");
	CU_ASSERT_EQUAL(audited(id, "job.retry"), 1);
	testdb_run("DELETE FROM job WHERE kind = 'test.none'");
}

static void
a_discarded_job_leaves_an_entry(void)
{
	const char *id = dead("");

	CU_ASSERT_EQUAL(act(id, "discard"), 303);
	CU_ASSERT_STRING_EQUAL(location(), "/admin/jobs?done=job.discard");
	CU_ASSERT_STRING_EQUAL(state_of(id), "");
	CU_ASSERT_EQUAL(audited(id, "job.discard"), 1);
}

static void
a_younger_job_of_the_same_key_does_the_work(void)
{
	const char *id = dead("twin");

	testdb_run("SELECT job_add('test.none', '{}', 'twin')");
	CU_ASSERT_EQUAL(act(id, "retry"), 409);
	CU_ASSERT_PTR_NOT_NULL(strstr(browser_body(browser), "a younger test.none"));
	CU_ASSERT_STRING_EQUAL(state_of(id), "DEAD 3");
	testdb_run("DELETE FROM job WHERE kind = 'test.none'");
}

static void
all_of_a_kind_but_one_of_each_key(void)
{
	const char *old = dead("same"), *young = dead("same"), *live = dead("live"),
		   *none = dead(""), *other = dead("");
	char form[160];

	testdb_run("UPDATE job SET created_at = created_at - interval '1 h' WHERE id = $1", old);
	testdb_run("SELECT job_add('test.none', '{}', 'live')");
	testdb_run("UPDATE job SET kind = 'test.other' WHERE id = $1", other);
	CU_ASSERT_EQUAL(browser_get(browser, "/admin/jobs?state=DEAD"), 200);
	(void)snprintf(form, sizeof(form), "csrf=%s&kind=test.none", browser_csrf(browser));
	CU_ASSERT_EQUAL(browser_post(browser, "/admin/jobs/retry_all", form, NULL), 303);
	CU_ASSERT_STRING_EQUAL(location(), "/admin/jobs?done=job.retry_all");
	CU_ASSERT_STRING_EQUAL(state_of(old), "DEAD 3");
	CU_ASSERT_STRING_EQUAL(state_of(young), "READY 0");
	CU_ASSERT_STRING_EQUAL(state_of(live), "DEAD 3");
	CU_ASSERT_STRING_EQUAL(state_of(none), "READY 0");
	CU_ASSERT_STRING_EQUAL(state_of(other), "DEAD 3");
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM audit WHERE action = 'job.retry_all'"
				   " AND detail = '{\"kind\": \"test.none\", \"jobs\": 2}'"),
	    1);
	testdb_run("DELETE FROM job WHERE kind LIKE 'test.%'");
}

static void
without_the_forms_token_nothing_is_decided(void)
{
	static const char *const acts[] = { "retry", "discard" };
	const char *id = dead("");
	struct browser *stranger = browser_new();
	char path[96];
	size_t i;

	for (i = 0; i < COUNT_OF(acts); i++) {
		(void)snprintf(path, sizeof(path), "/admin/jobs/%s/%s", id, acts[i]);
		CU_ASSERT_EQUAL(browser_post(browser, path, "csrf=wrong", NULL), 403);
		CU_ASSERT_EQUAL(browser_post(stranger, path, "csrf=wrong", NULL), 403);
	}
	CU_ASSERT_EQUAL(
	    browser_post(browser, "/admin/jobs/retry_all", "csrf=wrong&kind=test.none", NULL), 403);
	CU_ASSERT_STRING_EQUAL(state_of(id), "DEAD 3");
	(void)snprintf(path, sizeof(path), "/admin/jobs/%s", id);
	CU_ASSERT_EQUAL(browser_get(stranger, path), 303);
	CU_ASSERT_EQUAL(browser_get(browser, path), 200);
	CU_ASSERT_PTR_NOT_NULL(strstr(browser_body(browser), "this release does not know the kind"));
	testdb_run("DELETE FROM job WHERE kind = 'test.none'");
	browser_free(stranger);
	browser_free(browser);
}

static const struct cunit_test tests[] = {
	{ "a dead job is retried once with all its tries",
	    a_dead_job_is_retried_once_with_all_its_tries },
	{ "a discarded job leaves an entry", a_discarded_job_leaves_an_entry },
	{ "a younger job of the same key does the work",
	    a_younger_job_of_the_same_key_does_the_work },
	{ "all of a kind but one of each key", all_of_a_kind_but_one_of_each_key },
	{ "without the form's token nothing is decided", without_the_forms_token_nothing_is_decided },
	{ 0 },
};

int
main(void)
{
	return cunit_run("panel_jobs", tests);
}
