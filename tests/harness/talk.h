/* Sessions and conversations for tests, made by SQL, so that a test begins where it wants. */
#ifndef HARNESS_TALK_H
#define HARNESS_TALK_H

#include "base/base.h"

/* A chat session with fresh people, in the state given; their ids. */
struct talk {
	const char *session_id, *conversation_id, *user_id, *advisor_id;
};
struct talk talk_make(const char *state);
/* The state stored now. */
const char *talk_state(const struct talk *);
/* How many events of a type a user's log holds. */
int64_t talk_events(const char *user_id, const char *type);

#endif
