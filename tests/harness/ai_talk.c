#include "harness/ai_talk.h"
#include "harness/cunit.h"

#include <stdio.h>

struct ai_talk
ai_talk_open(void)
{
	struct ai_talk talk = { .user = client_new() };
	struct person person = person_register("USER");

	client_token(talk.user, person.token);
	CU_ASSERT_EQUAL_FATAL(
	    client_call(talk.user, "POST", "/sessions/chat", "{\"ai\":true}"), 201);
	(void)snprintf(talk.conversation, sizeof(talk.conversation), "%s",
	    client_text(talk.user, "conversation_id"));
	return talk;
}

int
ai_talk_say(const struct ai_talk *talk, const char *text)
{
	char body[128];

	(void)snprintf(body, sizeof(body), "{\"client_id\":\"%s\",\"body\":\"%s\"}", text, text);
	return client_callf(
	    talk->user, "POST", body, "/conversations/%s/messages", talk->conversation);
}
