/* Conversations and messages over HTTP. */
#include "harness/client.h"
#include "harness/cunit.h"
#include "harness/testdb.h"

#include <stdio.h>
#include <string.h>

static struct client *user, *advisor, *anon;
static char conversation[37];

/* Two people with an ongoing session, the same for all tests. */
static void
talk(void)
{
	struct person user_person, advisor_person;
	char body[128];

	if (user != NULL)
		return;
	user_person = person_register("USER");
	advisor_person = person_advisor();
	user = client_new();
	advisor = client_new();
	anon = client_new();
	client_token(user, user_person.token);
	client_token(advisor, advisor_person.token);
	(void)snprintf(body, sizeof(body), "{\"advisor_id\":\"%s\"}", advisor_person.id);
	CU_ASSERT_EQUAL_FATAL(client_call(user, "POST", "/sessions/chat", body), 201);
	(void)snprintf(
	    conversation, sizeof(conversation), "%s", client_text(user, "conversation_id"));
	CU_ASSERT_EQUAL_FATAL(
	    client_callf(advisor, "POST", NULL, "/sessions/%s/accept", client_text(user, "id")),
	    200);
	CU_ASSERT_EQUAL_FATAL(
	    client_callf(user, "POST", NULL, "/sessions/%s/join", client_text(user, "id")), 200);
}

static int
say(struct client *who, const char *client_id, const char *text)
{
	char body[512];

	(void)snprintf(
	    body, sizeof(body), "{\"client_id\":\"%s\",\"body\":\"%s\"}", client_id, text);
	return client_callf(who, "POST", body, "/conversations/%s/messages", conversation);
}

static void
a_message_is_stored_once_and_read_by_the_other(void)
{
	char first[4096];

	talk();
	CU_ASSERT_EQUAL(say(user, "m-1", "Hello \\\"you\\\" \\u2665 <b>"), 201);
	(void)snprintf(first, sizeof(first), "%s", client_body(user));
	CU_ASSERT_STRING_EQUAL(client_text(user, "sender_type"), "USER");
	CU_ASSERT_STRING_EQUAL(client_text(user, "body"), "Hello \"you\" \xe2\x99\xa5 <b>");
	CU_ASSERT_EQUAL(say(user, "m-1", "Hello again"), 200);
	CU_ASSERT_STRING_EQUAL(client_body(user), first);
	CU_ASSERT_EQUAL(say(advisor, "m-1", "Hello back"), 201);
	CU_ASSERT_EQUAL(client_i64(advisor, "seq"), 2);
	CU_ASSERT_EQUAL(
	    client_callf(advisor, "GET", NULL, "/conversations/%s/messages?limit=1", conversation),
	    200);
	CU_ASSERT_STRING_EQUAL(client_text(advisor, "items.0.body"), "Hello back");
	CU_ASSERT_STRING_EQUAL(client_text(advisor, "has_more"), "true");
	CU_ASSERT_EQUAL(
	    client_callf(advisor, "GET", NULL, "/conversations/%s/messages?before=2", conversation),
	    200);
	CU_ASSERT_EQUAL(client_count(advisor, "items"), 1);
	CU_ASSERT_STRING_EQUAL(client_text(advisor, "has_more"), "false");
	CU_ASSERT_EQUAL(client_callf(advisor, "GET", NULL,
			    "/conversations/%s/messages?before=2&after=0", conversation),
	    422);
	CU_ASSERT_STRING_EQUAL(client_text(advisor, "details.field"), "after");
}

static void
what_is_no_message_is_refused_by_name(void)
{
	static char body[4200];
	static const char *const wrong[][2] = {
		{ "{\"body\":\"x\"}", "client_id" },
		{ "{\"client_id\":\"\",\"body\":\"x\"}", "client_id" },
		{ "{\"client_id\":\"a b\",\"body\":\"x\"}", "client_id" },
		{ "{\"client_id\":\"caf\\u00e9\",\"body\":\"x\"}", "client_id" },
		{ "{\"client_id\":\"a\",\"body\":\"\"}", "body" },
		{ "{\"client_id\":\"a\",\"body\":7}", "body" },
		{ "{\"client_id\":\"a\"}", "body" },
		{ "{\"client_id\":\"a\",\"body\":\"x\",\"type\":\"image\"}", "media_id" },
		{ "{\"client_id\":\"a\",\"body\":\"x\",\"type\":\"image\",\"media_id\":"
		  "\"0197aaaa-0000-7000-8000-000000000000\"}",
		    "media_id" },
		{ "{\"client_id\":\"a\",\"body\":\"x\",\"media_id\":"
		  "\"0197aaaa-0000-7000-8000-000000000000\"}",
		    "media_id" },
		{ "{\"client_id\":\"a\",\"body\":\"x\",\"reply_to\":"
		  "\"0197aaaa-0000-7000-8000-000000000000\"}",
		    "reply_to" },
		{ "{\"client_id\":\"a\",\"body\":\"x\",\"type\":\"system\"}", "type" },
		{ "{\"client_id\":\"a\",\"body\":\"x\",\"sender_type\":\"AI\"}", "sender_type" },
	};
	size_t i, len;

	talk();
	for (i = 0; i < COUNT_OF(wrong); i++) {
		CU_ASSERT_EQUAL(client_callf(user, "POST", wrong[i][0],
				    "/conversations/%s/messages", conversation),
		    422);
		CU_ASSERT_STRING_EQUAL(client_text(user, "details.field"), wrong[i][1]);
	}
	len = (size_t)snprintf(body, sizeof(body), "{\"client_id\":\"long\",\"body\":\"");
	memset(body + len, 'x', 4001);
	(void)snprintf(body + len + 4001, sizeof(body) - len - 4001, "\"}");
	CU_ASSERT_EQUAL(
	    client_callf(user, "POST", body, "/conversations/%s/messages", conversation), 422);
	(void)snprintf(body + len + 4000, sizeof(body) - len - 4000, "\"}");
	CU_ASSERT_EQUAL(
	    client_callf(user, "POST", body, "/conversations/%s/messages", conversation), 201);
	CU_ASSERT_EQUAL(testdb_i64("SELECT count(*) FROM message WHERE conversation_id = $1"
				   " AND client_id IN ('', 'a', 'a b')",
			    conversation),
	    0);
}

static void
the_list_counts_what_is_unread(void)
{
	int64_t newest;
	char body[64];

	talk();
	CU_ASSERT_EQUAL(say(advisor, "unread", "Are you there?"), 201);
	newest = client_i64(advisor, "seq");
	CU_ASSERT_EQUAL(client_call(user, "GET", "/conversations?limit=5", NULL), 200);
	CU_ASSERT_STRING_EQUAL(client_text(user, "items.0.id"), conversation);
	CU_ASSERT(client_i64(user, "items.0.unread") >= 1);
	CU_ASSERT_STRING_EQUAL(client_text(user, "items.0.last_message.body"), "Are you there?");
	CU_ASSERT_EQUAL(client_count(user, "items.0.members"), 2);
	CU_ASSERT_STRING_EQUAL(client_text(user, "items.0.session.state"), "ONGOING");
	(void)snprintf(body, sizeof(body), "{\"seq\":%lld}", (long long)newest);
	CU_ASSERT_EQUAL(
	    client_callf(user, "PUT", body, "/conversations/%s/read", conversation), 200);
	CU_ASSERT_EQUAL(client_i64(user, "read_seq"), newest);
	CU_ASSERT_EQUAL(
	    client_callf(user, "PUT", "{\"seq\":1}", "/conversations/%s/read", conversation), 200);
	CU_ASSERT_EQUAL(client_i64(user, "read_seq"), newest);
	CU_ASSERT_EQUAL(client_callf(user, "GET", NULL, "/conversations/%s", conversation), 200);
	CU_ASSERT_EQUAL(client_i64(user, "unread"), 0);
	(void)snprintf(body, sizeof(body), "{\"seq\":%lld}", (long long)newest + 1);
	CU_ASSERT_EQUAL(
	    client_callf(user, "PUT", body, "/conversations/%s/read", conversation), 422);
	CU_ASSERT_STRING_EQUAL(client_text(user, "details.field"), "seq");
}

static void
the_list_goes_on_where_a_page_ended(void)
{
	struct person person = person_register("USER");
	struct client *c = client_new();
	char path[700], seen[37];
	int i;

	client_token(c, person.token);
	for (i = 0; i < 3; i++)
		CU_ASSERT_EQUAL_FATAL(
		    client_call(c, "POST", "/sessions/chat", "{\"ai\":true}"), 201);
	CU_ASSERT_EQUAL(client_call(c, "GET", "/conversations?limit=2", NULL), 200);
	CU_ASSERT_EQUAL(client_count(c, "items"), 2);
	(void)snprintf(seen, sizeof(seen), "%s", client_text(c, "items.1.id"));
	(void)snprintf(
	    path, sizeof(path), "/conversations?limit=2&cursor=%s", client_text(c, "next_cursor"));
	CU_ASSERT_EQUAL(client_call(c, "GET", path, NULL), 200);
	CU_ASSERT_EQUAL(client_count(c, "items"), 1);
	CU_ASSERT_STRING_NOT_EQUAL(client_text(c, "items.0.id"), seen);
	CU_ASSERT_STRING_EQUAL(client_text(c, "next_cursor"), "null");
	CU_ASSERT_EQUAL(client_call(c, "GET", "/conversations?cursor=abcd", NULL), 400);
	client_free(c);
}

static void
others_are_kept_out(void)
{
	struct person other = person_register("USER");
	struct client *third = client_new();
	static const int status[] = { 401, 404 };
	size_t i;

	talk();
	client_token(third, other.token);
	for (i = 0; i < COUNT_OF(status); i++) {
		struct client *c = i == 0 ? anon : third;

		CU_ASSERT_EQUAL(
		    client_callf(c, "GET", NULL, "/conversations/%s", conversation), status[i]);
		CU_ASSERT_EQUAL(
		    client_callf(c, "GET", NULL, "/conversations/%s/messages", conversation),
		    status[i]);
		CU_ASSERT_EQUAL(say(c, "m-9", "Let me in"), status[i]);
		CU_ASSERT_EQUAL(
		    client_callf(c, "PUT", "{\"seq\":0}", "/conversations/%s/read", conversation),
		    status[i]);
		CU_ASSERT_EQUAL(
		    client_callf(c, "POST", NULL, "/conversations/%s/typing", conversation),
		    status[i]);
	}
	CU_ASSERT_EQUAL(client_call(anon, "GET", "/conversations", NULL), 401);
	CU_ASSERT_EQUAL(
	    client_callf(user, "POST", NULL, "/conversations/%s/typing", conversation), 204);
	client_free(third);
}

static const struct cunit_test tests[] = {
	{ "a message is stored once and read by the other",
	    a_message_is_stored_once_and_read_by_the_other },
	{ "what is no message is refused by name", what_is_no_message_is_refused_by_name },
	{ "the list counts what is unread", the_list_counts_what_is_unread },
	{ "the list goes on where a page ended", the_list_goes_on_where_a_page_ended },
	{ "others are kept out", others_are_kept_out },
	{ 0 },
};

int
main(void)
{
	int status = cunit_run("chat", tests);

	client_free(user);
	client_free(advisor);
	client_free(anon);
	return status;
}
