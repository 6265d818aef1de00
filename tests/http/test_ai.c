/* A session with the assistant: it says what it is, and the worker answers for it. */
#include "base/clock.h"
#include "harness/client.h"
#include "harness/cunit.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static struct client *user;
static char session[37], conversation[37];

static void
open_session(void)
{
	struct person person;

	if (user != NULL)
		return;
	person = person_register("USER");
	user = client_new();
	client_token(user, person.token);
	CU_ASSERT_EQUAL_FATAL(client_call(user, "POST", "/sessions/chat", "{\"ai\":true}"), 201);
	(void)snprintf(session, sizeof(session), "%s", client_text(user, "id"));
	(void)snprintf(
	    conversation, sizeof(conversation), "%s", client_text(user, "conversation_id"));
}

/* Say something; its number. */
static int64_t
say(const char *client_id, const char *text)
{
	char body[512];

	(void)snprintf(
	    body, sizeof(body), "{\"client_id\":\"%s\",\"body\":\"%s\"}", client_id, text);
	CU_ASSERT_EQUAL_FATAL(
	    client_callf(user, "POST", body, "/conversations/%s/messages", conversation), 201);
	return client_i64(user, "seq");
}

/* Ask again and again until something came after the number, or the time is over. */
static bool
answered(int64_t seq)
{
	const struct timespec moment = { 0, 10000000 };
	int64_t end_us = clock_monotonic_us() + HANG_US;

	while (clock_monotonic_us() < end_us) {
		CU_ASSERT_EQUAL_FATAL(
		    client_callf(user, "GET", NULL, "/conversations/%s/messages?after=%lld",
			conversation, (long long)seq),
		    200);
		if (client_count(user, "items") > 0)
			return true;
		(void)nanosleep(&moment, NULL);
	}
	return false;
}

static void
the_assistant_is_labelled_and_greets(void)
{
	open_session();
	CU_ASSERT_EQUAL(client_callf(user, "GET", NULL, "/sessions/%s", session), 200);
	CU_ASSERT_STRING_EQUAL(client_text(user, "type"), "AI_CHAT");
	CU_ASSERT_STRING_EQUAL(client_text(user, "state"), "ONGOING");
	CU_ASSERT_STRING_EQUAL(client_text(user, "participants.1.type"), "AI");
	CU_ASSERT_STRING_EQUAL(client_text(user, "participants.1.id"), "null");
	CU_ASSERT_STRING_EQUAL(client_text(user, "participants.1.label"), "Automated assistant");
	CU_ASSERT_TRUE(answered(0));
	CU_ASSERT_STRING_EQUAL(client_text(user, "items.0.sender_type"), "AI");
	CU_ASSERT_PTR_NOT_NULL(strstr(client_text(user, "items.0.body"), "automated assistant"));
}

static void
a_message_is_answered(void)
{
	open_session();
	CU_ASSERT_TRUE_FATAL(answered(say("hello", "How are you?")));
	CU_ASSERT_STRING_EQUAL(client_text(user, "items.0.sender_type"), "AI");
	CU_ASSERT_PTR_NOT_NULL(strstr(client_text(user, "items.0.body"), "How are you?"));
	CU_ASSERT_EQUAL(client_count(user, "items"), 1);
}

static void
who_is_in_despair_is_pointed_to_help(void)
{
	open_session();
	CU_ASSERT_TRUE_FATAL(answered(say("dark", "I just want to die.")));
	CU_ASSERT_PTR_NOT_NULL(strstr(client_text(user, "items.0.body"), "emergency number"));
	CU_ASSERT_PTR_NULL(strstr(client_text(user, "items.0.body"), "you said"));
}

static void
after_the_end_nothing_is_answered(void)
{
	open_session();
	CU_ASSERT_EQUAL(client_callf(user, "POST", NULL, "/sessions/%s/end", session), 200);
	CU_ASSERT_EQUAL(
	    client_callf(user, "POST", "{\"client_id\":\"late\",\"body\":\"Still there?\"}",
		"/conversations/%s/messages", conversation),
	    409);
	CU_ASSERT_STRING_EQUAL(client_text(user, "error"), "bad_state");
}

static const struct cunit_test tests[] = {
	{ "the assistant is labelled and greets", the_assistant_is_labelled_and_greets },
	{ "a message is answered", a_message_is_answered },
	{ "who is in despair is pointed to help", who_is_in_despair_is_pointed_to_help },
	{ "after the end nothing is answered", after_the_end_nothing_is_answered },
	{ 0 },
};

int
main(void)
{
	int status = cunit_run("ai", tests);

	client_free(user);
	return status;
}
