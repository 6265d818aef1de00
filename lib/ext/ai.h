/*
 * The assistant's brain, behind one small interface. AI_PROVIDER chooses it; the built-in "echo" needs
 * no account and no network and always answers the same to the same.
 *
 * Care comes first: when somebody writes of wanting to die or of harming themselves, no provider is
 * asked. The answer is then a plain, kind text that points to people who can help, whatever the
 * provider or its state.
 */
#ifndef EXT_AI_H
#define EXT_AI_H

#include "base/arena.h"
#include "base/err.h"

enum { AI_REPLY_CHARACTERS_MAX = 4000 };

/* One thing said, oldest first in a request. */
struct ai_turn {
	bool assistant; /* by the assistant; else by the person */
	const char *text;
};
struct ai_request {
	const struct ai_turn *turns; /* the last one is answered */
	size_t count; /* 1 or more */
};

struct ai_provider {
	const char *name; /* value of AI_PROVIDER */
	/* May take seconds; never called inside a transaction. ERR_UNAVAILABLE: try again later. */
	enum err (*reply)(struct arena *, const struct ai_request *, char **text);
};

/* By the value of AI_PROVIDER; NULL when there is no such provider. */
const struct ai_provider *ai_provider_find(const char *name);
/*
 * The answer, in the arena, at most AI_REPLY_CHARACTERS_MAX characters: the text of care when the last
 * turn calls for it, else the provider's.
 *	ERR_UNAVAILABLE	the provider cannot answer now
 */
MUST_CHECK enum err ai_reply(
    const struct ai_provider *, struct arena *, const struct ai_request *, char **text);
/* Does the text speak of suicide or self-harm? A short list of English phrases; case, punctuation and
 * spacing do not matter. */
bool ai_is_crisis(struct arena *, const char *text);

#endif
