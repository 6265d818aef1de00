/*
 * What is too large to send is an error and not the end of a worker: of a row in the API and on a page,
 * and of a reported message that was edited many times, whose page shows a part.
 */
#include "harness/browser.h"
#include "harness/client.h"
#include "harness/cunit.h"
#include "harness/private.h"
#include "harness/testdb.h"

#include <stdio.h>
#include <string.h>

static struct client *c;
static struct browser *browser;

static int
page(const char *place, const char *id)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "/admin/%s/%s", place, id);
	return browser_get(browser, path);
}

static void
a_row_that_does_not_fit_is_an_error(void)
{
	struct person advisor = person_advisor();
	pid_t advisors = private_child(private_pid("advisors"));
	pid_t admin = private_child(private_pid("admin"));
	int i;

	browser = browser_new();
	browser_sign_in(browser);
	testdb_run("ALTER TABLE advisor DROP CONSTRAINT advisor_state_reason_check");
	testdb_run(
	    "UPDATE advisor SET state_reason = repeat('<', 1000000) WHERE id = $1", advisor.id);
	client_token(c, advisor.token);
	for (i = 0; i < 8; i++) {
		CU_ASSERT_EQUAL(client_call(c, "GET", "/advisors/me", NULL), 500);
		CU_ASSERT_STRING_EQUAL(client_text(c, "error"), "reply_too_large");
		CU_ASSERT_EQUAL(page("advisors", advisor.id), 500);
		CU_ASSERT_PTR_NOT_NULL(
		    strstr(browser_body(browser), "larger than this server sends"));
	}
	client_header(c, "If-Match: *");
	CU_ASSERT_EQUAL(client_call(c, "PATCH", "/advisors/me",
			    "{\"rate\":{\"amount_minor\":77,\"currency\":\"INR\"}}"),
	    500);
	CU_ASSERT_STRING_EQUAL(
	    testdb_text("SELECT rate_minor = 77 FROM advisor WHERE id = $1", advisor.id), "f");
	CU_ASSERT_EQUAL(private_child(private_pid("advisors")), advisors);
	CU_ASSERT_EQUAL(private_child(private_pid("admin")), admin);
	/* A row that fits, of which the page would be cut. */
	testdb_run(
	    "UPDATE advisor SET state_reason = repeat('<', 600000) WHERE id = $1", advisor.id);
	CU_ASSERT_EQUAL(page("advisors", advisor.id), 500);
	CU_ASSERT_EQUAL(client_call(c, "GET", "/advisors/me", NULL), 200);
	CU_ASSERT_EQUAL(private_child(private_pid("admin")), admin);
	testdb_run("UPDATE advisor SET state_reason = '' WHERE id = $1", advisor.id);
	CU_ASSERT_EQUAL(client_call(c, "GET", "/advisors/me", NULL), 200);
	CU_ASSERT_EQUAL(page("advisors", advisor.id), 200);
}

/* A conversation of both, 21 messages, each edited 100 times; the id of the one in the middle. */
static const char *
talk_edited(const char *user, const char *advisor)
{
	const char *conversation = testdb_text(
	    "INSERT INTO conversation (id, kind) VALUES (gen_random_uuid(), 'DIRECT') RETURNING id");

	testdb_run("INSERT INTO member (conversation_id, user_id, role) VALUES ($1, $2, 'USER'),"
		   " ($1, $3, 'ADVISOR')",
	    conversation, user, advisor);
	testdb_run("INSERT INTO message (conversation_id, seq, id, sender_id, sender_type, client_id,"
		   " body, edited_at) SELECT $1::uuid, n, gen_random_uuid(), $2::uuid, 'ADVISOR',"
		   " 'c' || n, repeat(U&'\\+01F600', 4000), now() FROM generate_series(1, 21) n",
	    conversation, advisor);
	testdb_run(
	    "INSERT INTO message_version (conversation_id, seq, version, body, said_at,"
	    " replaced_at) SELECT $1, s, v, 'v' || v || '.' || repeat('\"', 3990), now(), now()"
	    " FROM generate_series(1, 21) s, generate_series(1, 100) v",
	    conversation);
	return testdb_text(
	    "SELECT id FROM message WHERE conversation_id = $1 AND seq = 11", conversation);
}

static void
a_message_edited_many_times_is_reported_with_its_first_and_last_words(void)
{
	struct person user = person_register("USER"), advisor = person_advisor();
	const char *message = talk_edited(user.id, advisor.id), *report;
	pid_t admin = private_child(private_pid("admin"));
	char body[200];

	client_token(c, user.token);
	(void)snprintf(body, sizeof(body),
	    "{\"target_type\":\"MESSAGE\",\"target_id\":\"%s\",\"reason\":\"ABUSE\"}", message);
	CU_ASSERT_EQUAL(client_call(c, "POST", "/reports", body), 201);
	report = testdb_text("SELECT $1", client_text(c, "id"));
	CU_ASSERT_STRING_EQUAL(
	    testdb_text("SELECT string_agg(split_part(v ->> 'body', '.', 1), ' ' ORDER BY n) || ' '"
			" || (snapshot ->> 'versions_left_out') FROM report,"
			" jsonb_array_elements(snapshot -> 'versions') WITH ORDINALITY x(v, n)"
			" WHERE id = $1 GROUP BY snapshot",
		report),
	    "v1 v92 v93 v94 v95 v96 v97 v98 v99 v100 90");
	CU_ASSERT_STRING_EQUAL(
	    testdb_text(
		"SELECT string_agg(split_part(v ->> 'body', '.', 1), ' ' ORDER BY n) FROM report,"
		" jsonb_array_elements(snapshot #> '{around,20,versions}') WITH ORDINALITY x(v, n)"
		" WHERE id = $1",
		report),
	    "v1 v99 v100");
	CU_ASSERT_EQUAL(page("reports", report), 200);
	CU_ASSERT_PTR_NOT_NULL(strstr(browser_body(browser), "versions left out"));
	CU_ASSERT_PTR_NOT_NULL(strstr(browser_body(browser), "v92."));
	CU_ASSERT_PTR_NOT_NULL(strstr(browser_body(browser), "What the messages around it said"));
	CU_ASSERT_PTR_NOT_NULL(strstr(browser_body(browser), "/decide\""));
	CU_ASSERT_EQUAL(private_child(private_pid("admin")), admin);
}

/* What was kept before there was a bound. */
static void
an_old_report_of_any_size_is_shown_in_part(void)
{
	struct person user = person_register("USER"), other = person_register("USER");
	pid_t admin = private_child(private_pid("admin"));
	const char *report =
	    testdb_text("INSERT INTO report (id, reporter_id, target_type, target_id,"
			" target_user_id, reason, detail, snapshot) VALUES"
			" (gen_random_uuid(), $1, 'USER', $2, $2::uuid, 'ABUSE', '',"
			" jsonb_build_object('message', 'these words', 'versions',"
			" repeat('x', 30000000))) RETURNING id",
		user.id, other.id);

	CU_ASSERT_EQUAL(page("reports", report), 200);
	CU_ASSERT_PTR_NOT_NULL(strstr(browser_body(browser), "these words"));
	CU_ASSERT_PTR_NOT_NULL(strstr(browser_body(browser), "too large for a page"));
	CU_ASSERT_PTR_NOT_NULL(strstr(browser_body(browser), "/decide\""));
	CU_ASSERT_EQUAL(private_child(private_pid("admin")), admin);
}

int
main(void)
{
	static const struct cunit_test tests[] = { { "a row that does not fit is an error",
						       a_row_that_does_not_fit_is_an_error },
		{ "a message edited many times is reported with its first and last words",
		    a_message_edited_many_times_is_reported_with_its_first_and_last_words },
		{ "an old report of any size is shown in part",
		    an_old_report_of_any_size_is_shown_in_part },
		{ NULL, NULL } };
	static const char *const settings[] = { "WORKERS=1", NULL };
	int status;

	private_start("reply-size", settings);
	c = client_new();
	status = cunit_run("reply_size", tests);
	browser_free(browser);
	client_free(c);
	private_stop();
	return status;
}
