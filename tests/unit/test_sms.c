/* SMS: as how many they are charged, and who signed what is told of them. */
#include "ext/sms.h"
#include "harness/cunit.h"

#include <string.h>

static struct arena *arena;

/* The text so many times. */
static const char *
times(const char *text, int count)
{
	char *out = arena_alloc(arena, strlen(text) * (size_t)count + 1), *at = out;

	for (; count > 0; count--, at += strlen(text))
		memcpy(at, text, strlen(text));
	return out;
}

static void
the_alphabet_of_gsm_has_160_characters_a_message(void)
{
	CU_ASSERT_EQUAL(sms_segments(""), 1);
	CU_ASSERT_EQUAL(sms_segments(times("a", 160)), 1);
	CU_ASSERT_EQUAL(sms_segments(times("a", 161)), 2);
	CU_ASSERT_EQUAL(sms_segments(times("a", 306)), 2);
	CU_ASSERT_EQUAL(sms_segments(times("a", 307)), 3);
	CU_ASSERT_EQUAL(sms_segments(times("é", 160)), 1);
	CU_ASSERT_EQUAL(sms_segments(times("€", 80)), 1);
	CU_ASSERT_EQUAL(sms_segments(times("€", 81)), 2);
	/* 76 of them in 152 places: the half of the next one does not go there. */
	CU_ASSERT_EQUAL(sms_segments(times("€", 152)), 2);
	CU_ASSERT_EQUAL(sms_segments(times("€", 153)), 3);
}

static void
any_other_character_makes_them_70(void)
{
	CU_ASSERT_EQUAL(sms_segments(times("क", 70)), 1);
	CU_ASSERT_EQUAL(sms_segments(times("क", 71)), 2);
	CU_ASSERT_EQUAL(sms_segments(times("क", 134)), 2);
	CU_ASSERT_EQUAL(sms_segments(times("क", 135)), 3);
	CU_ASSERT_EQUAL(sms_segments(times("😀", 35)), 1);
	CU_ASSERT_EQUAL(sms_segments(times("😀", 36)), 2);
	CU_ASSERT_EQUAL(sms_segments("`"), 1);
	CU_ASSERT_EQUAL(sms_segments(times("`", 71)), 2);
}

/* Made by Twilio's own client; tests/http/outbox.mjs asks that client itself. */
static const char url[] = "https://confab.example/api/v1/hooks/twilio?id=1";

static bool
is_signed(const char *token, const char *at, const char *state, const char *signature)
{
	struct pair pairs[] = { { "MessageStatus", state }, { "AccountSid", "AC1" },
		{ "MessageSid", "SM1" } };

	return twilio_signed(arena, token, at, pairs, COUNT_OF(pairs), signature);
}

static void
only_who_knows_the_token_signs(void)
{
	const char *good = "d+Lej3E9qJAFCvgUO+qfli9M3D0=";

	CU_ASSERT_TRUE(is_signed("token", url, "delivered", good));
	CU_ASSERT_FALSE(is_signed("other", url, "delivered", good));
	CU_ASSERT_FALSE(is_signed("token", url, "failed", good));
	CU_ASSERT_FALSE(is_signed(
	    "token", "https://confab.example/api/v1/hooks/twilio?id=2", "delivered", good));
	CU_ASSERT_FALSE(is_signed("token", url, "delivered", NULL));
	CU_ASSERT_FALSE(is_signed("token", url, "delivered", ""));
	CU_ASSERT_FALSE(is_signed("token", url, "delivered", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="));
	/* Without a token nobody can have signed, whatever an empty key would make. */
	CU_ASSERT_FALSE(is_signed("", url, "delivered", "hXAHEXKdFvM2yYMkf8f64yRNLpc="));
}

static const struct cunit_test tests[] = {
	{ "the alphabet of GSM has 160 characters a message",
	    the_alphabet_of_gsm_has_160_characters_a_message },
	{ "any other character makes them 70", any_other_character_makes_them_70 },
	{ "only who knows the token signs", only_who_knows_the_token_signs },
	{ 0 },
};

int
main(void)
{
	int status;

	arena = arena_new(1024 * 1024);
	status = cunit_run("sms", tests);
	arena_free(arena);
	return status;
}
