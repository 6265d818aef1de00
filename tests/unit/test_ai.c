/* The assistant's brain: the built-in echo, and care before everything. */
#include "ext/ai.h"
#include "harness/cunit.h"

#include <string.h>

static struct arena *arena;

static const char *
reply_to(const char *text)
{
	struct ai_turn turns[] = { { true, "Hello!" }, { false, text } };
	struct ai_request request = { turns, COUNT_OF(turns) };
	char *reply;

	CU_ASSERT_EQUAL_FATAL(ai_reply(ai_provider_find("echo"), arena, &request, &reply), ERR_OK);
	return reply;
}

static void
providers_are_found_by_name(void)
{
	CU_ASSERT_PTR_NOT_NULL(ai_provider_find("echo"));
	CU_ASSERT_PTR_NULL(ai_provider_find("Echo"));
	CU_ASSERT_PTR_NULL(ai_provider_find(""));
}

static void
echo_answers_the_same_to_the_same_and_says_what_it_is(void)
{
	CU_ASSERT_STRING_EQUAL(
	    reply_to("Good morning"), "Automated echo: you said \"Good morning\"");
	CU_ASSERT_STRING_EQUAL(reply_to("Good morning"), reply_to("Good morning"));
}

static void
an_answer_is_never_longer_than_a_message_may_be(void)
{
	char text[2 * AI_REPLY_CHARACTERS_MAX + 1] = "";
	const char *reply;
	size_t i, characters = 0;

	for (i = 0; i < AI_REPLY_CHARACTERS_MAX; i++)
		memcpy(text + 2 * i, "\xc3\xa9", 2);
	reply = reply_to(text);
	for (i = 0; reply[i] != '\0'; i++)
		characters += ((unsigned char)reply[i] & 0xc0) != 0x80;
	CU_ASSERT_EQUAL(characters, AI_REPLY_CHARACTERS_MAX);
	CU_ASSERT_EQUAL((unsigned char)reply[i - 1], 0xa9); /* cut between characters */
}

static void
despair_is_heard_however_it_is_written(void)
{
	static const char *const heard[] = { "suicide", "I WANT TO DIE", "i want   to\ndie!",
		"Sometimes I think about self-harm.", "I don't want to live",
		"I don\xe2\x80\x99t want to live", "(kill myself)", "better off dead" };
	size_t i;

	for (i = 0; i < COUNT_OF(heard); i++) {
		CU_ASSERT_TRUE(ai_is_crisis(arena, heard[i]));
		CU_ASSERT_PTR_NOT_NULL(strstr(reply_to(heard[i]), "local emergency number"));
		CU_ASSERT_PTR_NULL(strstr(reply_to(heard[i]), heard[i]));
	}
}

static void
ordinary_talk_is_not_taken_for_despair(void)
{
	static const char *const ordinary[] = { "", "The battery died", "I want to diet",
		"suicides squad", "She cut my self esteem", "Do not kill my selfie" };
	size_t i;

	for (i = 0; i < COUNT_OF(ordinary); i++)
		CU_ASSERT_FALSE(ai_is_crisis(arena, ordinary[i]));
}

static const struct cunit_test tests[] = {
	{ "providers are found by name", providers_are_found_by_name },
	{ "echo answers the same to the same and says what it is",
	    echo_answers_the_same_to_the_same_and_says_what_it_is },
	{ "an answer is never longer than a message may be",
	    an_answer_is_never_longer_than_a_message_may_be },
	{ "despair is heard however it is written", despair_is_heard_however_it_is_written },
	{ "ordinary talk is not taken for despair", ordinary_talk_is_not_taken_for_despair },
	{ 0 },
};

int
main(void)
{
	int status;

	arena = arena_new((size_t)1024 * 1024);
	status = cunit_run("ai", tests);
	arena_free(arena);
	return status;
}
