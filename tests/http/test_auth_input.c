/* What comes with making an account and signing in, beside the password. */
#include "harness/client.h"
#include "harness/cunit.h"
#include "harness/testdb.h"

#include <stdlib.h>
#include <string.h>

static struct client *c;
static char email[64], body[2048];

static int
enrol(const char *more)
{
	(void)snprintf(
	    email, sizeof(email), "i%08x%08x@example.test", testdb_random(), testdb_random());
	(void)snprintf(body, sizeof(body), "{\"email\":\"%s\",\"password\":\"%s\"%s}", email,
	    person_password, more);
	return client_call(c, "POST", "/auth/register", body);
}

static void
a_new_account_obeys_the_rules_of_the_profile(void)
{
	static const struct {
		const char *more, *field;
	} cases[] = {
		{ ",\"display_name\":\"  \"", "display_name" },
		{ ",\"display_name\":\"Maya\",\"locale\":\"!!\"", "locale" },
		{ ",\"display_name\":\"Maya\",\"timezone\":\"Mars/Olympus\"", "timezone" },
	};
	size_t i;

	for (i = 0; i < COUNT_OF(cases); i++) {
		CU_ASSERT_EQUAL(enrol(cases[i].more), 422);
		CU_ASSERT_STRING_EQUAL(client_text(c, "details.field"), cases[i].field);
	}
	CU_ASSERT_EQUAL(
	    enrol(",\"display_name\":\"Maya\",\"locale\":\"en-IN\",\"timezone\":\"Asia/Kolkata\""),
	    201);
	CU_ASSERT_STRING_EQUAL(client_text(c, "user.timezone"), "Asia/Kolkata");
	CU_ASSERT_STRING_EQUAL(client_reply_header(c, "Location"), "/api/v1/users/me");
}

static void
an_agent_that_is_not_text_is_no_hindrance(void)
{
	char token[2049];

	CU_ASSERT_EQUAL(enrol(",\"display_name\":\"Maya\""), 201);
	(void)snprintf(body, sizeof(body), "{\"identifier\":\"%s\",\"password\":\"%s\"}", email,
	    person_password);
	client_header(c, "User-Agent: App\xff\xfe/1.0");
	CU_ASSERT_EQUAL(client_call(c, "POST", "/auth/login", body), 200);
	(void)snprintf(token, sizeof(token), "%s", client_text(c, "access_token"));
	client_token(c, token);
	CU_ASSERT_EQUAL(client_call(c, "GET", "/auth/logins", NULL), 200);
	CU_ASSERT_STRING_EQUAL(client_text(c, "items.0.user_agent"), "");
	client_token(c, NULL);
}

/* The limit's key once held the identifier, cut anywhere: also inside a letter. */
static void
a_long_identifier_is_only_wrong(void)
{
	char identifier[800];
	size_t lead, i;

	for (lead = 0; lead < 3; lead++) {
		memset(identifier, 'a', lead);
		for (i = 0; i < 250; i++)
			memcpy(identifier + lead + 3 * i, "\xe2\x82\xac", 3);
		identifier[lead + 3 * i] = '\0';
		(void)snprintf(body, sizeof(body),
		    "{\"identifier\":\"%s\",\"password\":\"wrong password\"}", identifier);
		CU_ASSERT_EQUAL(client_call(c, "POST", "/auth/login", body), 401);
		CU_ASSERT_STRING_EQUAL(client_text(c, "error"), "bad_credentials");
	}
}

static void
failures_are_counted_without_saying_whose(void)
{
	(void)client_call(c, "POST", "/auth/login",
	    "{\"identifier\":\"+919999900042\",\"password\":\"wrong password\"}");
	CU_ASSERT(testdb_i64("SELECT count(*) FROM rate_bucket WHERE key LIKE 'login:%'") > 0);
	CU_ASSERT_EQUAL(
	    testdb_i64("SELECT count(*) FROM rate_bucket WHERE key LIKE '%919999900042%'"), 0);
}

int
main(void)
{
	static const struct cunit_test tests[] = { { "a new account obeys the rules of the profile",
						       a_new_account_obeys_the_rules_of_the_profile },
		{ "an agent that is not text is no hindrance",
		    an_agent_that_is_not_text_is_no_hindrance },
		{ "a long identifier is only wrong", a_long_identifier_is_only_wrong },
		{ "failures are counted without saying whose",
		    failures_are_counted_without_saying_whose },
		{ NULL, NULL } };
	int status;

	c = client_new();
	status = cunit_run("auth input", tests);
	client_free(c);
	return status;
}
