#include "ext/ai.h"
#include "base/fail.h"
#include "base/str.h"
#include "base/test_map.h"

#include <string.h>

static const char care_text[] =
    "I am an automated assistant, so I cannot help the way a person can, but what you wrote "
    "matters and you deserve support right now. If you might hurt yourself or are in danger, please call "
    "your local emergency number or a crisis help line in your country; they are there day and "
    "night. If you can, tell somebody you trust how you feel, and stay with them.";

/* Whole words, as ai_is_crisis normalises them: "I'm" is "im", "self-harm" is "self harm". */
static const char *const crisis_phrases[] = {
	"suicide",
	"suicidal",
	"kill myself",
	"killing myself",
	"end my life",
	"ending my life",
	"take my own life",
	"want to die",
	"wanna die",
	"wish i was dead",
	"wish i were dead",
	"better off dead",
	"dont want to live",
	"no reason to live",
	"self harm",
	"harm myself",
	"hurt myself",
	"hurting myself",
	"cut myself",
	"cutting myself",
};

/* Letters and digits in lower case, other runs as one space, apostrophes dropped, a space at both
 * ends. Characters beyond ASCII separate words, but for the typographic apostrophe. */
static char *
normalise(struct arena *arena, const char *text)
{
	static const char curly[] = "\xe2\x80\x99";
	char *out = arena_alloc(arena, strlen(text) + 3), *at = out;

	*at++ = ' ';
	while (*text != '\0') {
		char c = *text;
		bool word =
		    (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

		if (str_starts(text, curly)) {
			text += sizeof(curly) - 1;
			continue;
		}
		if (word)
			*at++ = c;
		else if (c != '\'' && at[-1] != ' ')
			*at++ = ' ';
		text++;
	}
	if (at[-1] != ' ')
		*at++ = ' ';
	*at = '\0';
	str_lower(out);
	return out;
}

bool
ai_is_crisis(struct arena *arena, const char *text)
{
	const char *words = normalise(arena, text);
	size_t i;

	for (i = 0; i < COUNT_OF(crisis_phrases); i++)
		if (strstr(words, arena_printf(arena, " %s ", crisis_phrases[i])) != NULL)
			return true;
	return false;
}

/* Cut at max characters, not inside one. */
static void
cut(char *text, size_t max)
{
	size_t count = 0;

	for (; *text != '\0'; text++)
		if (((unsigned char)*text & 0xc0) != 0x80 && count++ == max) {
			*text = '\0';
			return;
		}
}

static enum err
echo_reply(struct arena *arena, const struct ai_request *request, char **text)
{
	const char *said = request->turns[request->count - 1].text;

	TEST_RECORD("ai.echo", said);
	TRY(FAILPOINT_ERR(AI_ECHO));
	*text = arena_printf(arena, "Automated echo: you said \"%s\"", said);
	return ERR_OK;
}

static const struct ai_provider providers[] = {
	{ "echo", echo_reply },
};

const struct ai_provider *
ai_provider_find(const char *name)
{
	size_t i;

	for (i = 0; i < COUNT_OF(providers); i++)
		if (strcmp(providers[i].name, name) == 0)
			return &providers[i];
	return NULL;
}

enum err
ai_reply(const struct ai_provider *provider, struct arena *arena, const struct ai_request *request,
    char **text)
{
	assert(request->count > 0);
	if (ai_is_crisis(arena, request->turns[request->count - 1].text)) {
		*text = arena_strdup(arena, care_text);
		return ERR_OK;
	}
	TRY(provider->reply(arena, request, text));
	cut(*text, AI_REPLY_CHARACTERS_MAX);
	return ERR_OK;
}
