/* Rate limits as configured: shared by all workers of a program, told in headers, per person. */
#include "harness/client.h"
#include "harness/cunit.h"
#include "harness/private.h"

#include <stdlib.h>
#include <string.h>

static struct client *c;

static long
header_number(const char *name)
{
	return strtol(client_reply_header(c, name), NULL, 10);
}

static void
the_eleventh_attempt_in_a_burst_waits(void)
{
	int i, status = 0;
	long left;

	for (i = 0; i < 10; i++) {
		status = client_call(c, "POST", "/auth/login",
		    "{\"identifier\":\"limits@example.test\",\"password\":\"wrong pw\"}");
		CU_ASSERT(status == 401 || status == 429); /* 429: five failures of one account */
		left = header_number("RateLimit-Remaining");
		CU_ASSERT_EQUAL(left, 9 - i);
		CU_ASSERT_STRING_EQUAL(client_reply_header(c, "RateLimit-Limit"), "10");
	}
	status = client_call(c, "POST", "/auth/register", "{}");
	CU_ASSERT_EQUAL(status, 429);
	CU_ASSERT_STRING_EQUAL(client_text(c, "error"), "rate_limited");
	CU_ASSERT_STRING_EQUAL(client_reply_header(c, "RateLimit-Remaining"), "0");
	CU_ASSERT(header_number("Retry-After") >= 1);
	CU_ASSERT(header_number("Retry-After") <= 7);
	CU_ASSERT(header_number("RateLimit-Reset") >= 50);
}

static void
health_checks_are_never_limited(void)
{
	int i, good = 0;

	for (i = 0; i < 300; i++)
		good += client_call(c, "GET", "//livez", NULL) == 200;
	CU_ASSERT_EQUAL(good, 300);
	CU_ASSERT_STRING_EQUAL(client_reply_header(c, "RateLimit-Limit"), "");
}

static void
reading_has_a_burst_for_all_workers_together(void)
{
	int i, good = 0, refused = 0;

	for (i = 0; i < 130; i++) {
		int status = client_call(c, "GET", "/specializations", NULL);

		good += status == 200;
		refused += status == 429;
	}
	CU_ASSERT_EQUAL(good + refused, 130);
	CU_ASSERT(good >= 100 && good <= 110); /* three workers with a burst each would give more */
}

/* The allow-list of origins, to the letter. */
static void
a_listed_origin_may_call(void)
{
	static const char *const others[] = { "Origin: https://app.test.evil.test",
		"Origin: https://APP.test", "Origin: http://app.test",
		"Origin: https://app.test:8443", "Origin: null", "Origin: https://app.test," };
	size_t i;

	client_header(c, "Origin: https://app.test");
	client_header(c, "Access-Control-Request-Method: PATCH");
	CU_ASSERT_EQUAL(client_call(c, "OPTIONS", "/users/me", NULL), 204);
	CU_ASSERT_STRING_EQUAL(
	    client_reply_header(c, "Access-Control-Allow-Origin"), "https://app.test");
	CU_ASSERT(strstr(client_reply_header(c, "Access-Control-Allow-Methods"), "PATCH") != NULL);
	CU_ASSERT(strstr(client_reply_header(c, "Access-Control-Allow-Headers"), "Authorization") !=
	    NULL);
	CU_ASSERT_STRING_EQUAL(client_reply_header(c, "Access-Control-Allow-Credentials"), "");
	CU_ASSERT(strstr(client_reply_header(c, "Vary"), "Origin") != NULL);
	client_header(c, "Origin: https://app.test"); /* the panel's pages are for no other origin */
	CU_ASSERT_EQUAL(client_call(c, "GET", "//admin/login", NULL), 200);
	CU_ASSERT_STRING_EQUAL(client_reply_header(c, "Access-Control-Allow-Origin"), "");
	client_header(c, "Origin: https://two.test");
	CU_ASSERT_EQUAL(client_call(c, "GET", "/users/me", NULL), 401);
	CU_ASSERT_STRING_EQUAL(
	    client_reply_header(c, "Access-Control-Allow-Origin"), "https://two.test");
	CU_ASSERT(strstr(client_reply_header(c, "Vary"), "Origin") != NULL);
	CU_ASSERT(
	    strstr(client_reply_header(c, "Access-Control-Expose-Headers"), "Retry-After") != NULL);
	for (i = 0; i < COUNT_OF(others); i++) {
		client_header(c, others[i]);
		CU_ASSERT_EQUAL(client_call(c, "GET", "/users/me", NULL), 401);
		CU_ASSERT_STRING_EQUAL(client_reply_header(c, "Access-Control-Allow-Origin"), "");
	}
}

int
main(void)
{
	static const struct cunit_test tests[] = { { "the eleventh attempt in a burst waits",
						       the_eleventh_attempt_in_a_burst_waits },
		{ "health checks are never limited", health_checks_are_never_limited },
		{ "reading has one burst for all workers together",
		    reading_has_a_burst_for_all_workers_together },
		{ "a listed origin may call, and no other", a_listed_origin_may_call },
		{ NULL, NULL } };
	static const char *const settings[] = { "RATE_PERCENT=100", "WORKERS=3",
		"CORS_ORIGINS=https://app.test,https://two.test", NULL };
	int status;

	private_start("limits", settings);
	c = client_new();
	status = cunit_run("limits", tests);
	client_free(c);
	return status;
}
