/* A talk of somebody new with the assistant, over HTTP. */
#ifndef HARNESS_AI_TALK_H
#define HARNESS_AI_TALK_H

#include "harness/client.h"

struct ai_talk {
	struct client *user; /* signed in; client_free is the caller's */
	char conversation[37];
};
struct ai_talk ai_talk_open(void);
/* Send the text, which is the message's client_id too; the status. */
int ai_talk_say(const struct ai_talk *, const char *text);

#endif
