/* Tokens that were checked before: their life is looked at each time, and a hit is the whole text. */
#include "base/base.h"
#include "base/clock.h"
#include "harness/cunit.h"
#include "harness/stack.h"
#include "web/token_cache.h"

#include <stdio.h>
#include <string.h>

#define USER "0199a3c0-7d2e-7c1b-9f3a-2b1d5e6f7a80"
#define LOGIN "0199a3c0-7d2e-7c1b-9f3a-2b1d5e6f7a81"
#define SECRET "new-secret-new-secret-new-secret-2"

enum { LIFE_S = 600 };

static struct arena *arena;
static const struct conf conf = {
	.base_url = "https://confab.test", .access_token_s = LIFE_S, .secret_keys = "new:" SECRET
};
/* Another site: whoever asks it, instead of the cache, hears that the token is none. */
static const struct conf other = {
	.base_url = "https://other.test", .access_token_s = LIFE_S, .secret_keys = "old:" SECRET
};

static enum err
check(struct token_cache *cache, const struct conf *site, const char *text)
{
	struct token token;

	return token_cache_check(cache, arena, site, text, &token);
}

static void
a_token_known_past_its_life_is_refused(void)
{
	struct token_cache *cache = token_cache_new(arena);
	const char *text = token_make(arena, &conf, USER, LOGIN, ROLE_USER);

	CU_ASSERT_EQUAL(check(cache, &conf, text), ERR_OK);
	stack_own_shift((LIFE_S - 5) * SECOND_US);
	CU_ASSERT_EQUAL(check(cache, &other, text), ERR_OK); /* it is the cache that answers */
	stack_own_shift((LIFE_S + 1) * SECOND_US);
	CU_ASSERT_EQUAL(check(cache, &other, text), ERR_TOKEN_EXPIRED);
	CU_ASSERT_EQUAL(check(cache, &conf, text), ERR_TOKEN_EXPIRED);
	stack_own_shift(0);
}

static void
what_is_refused_is_not_kept(void)
{
	struct token_cache *cache = token_cache_new(arena);
	const char *text = token_make(arena, &conf, USER, LOGIN, ROLE_USER);

	CU_ASSERT_EQUAL(check(cache, &other, text), ERR_UNAUTHORIZED);
	CU_ASSERT_EQUAL(check(cache, &other, text), ERR_UNAUTHORIZED);
	CU_ASSERT_EQUAL(check(cache, &conf, text), ERR_OK);
}

/* One character of it changed, wherever: it is another text, and no token of ours. */
static void
a_hit_is_the_whole_text(void)
{
	struct token_cache *cache = token_cache_new(arena);
	char *text = token_make(arena, &conf, USER, LOGIN, ROLE_USER);
	size_t len = strlen(text), i;

	CU_ASSERT_EQUAL(check(cache, &conf, text), ERR_OK);
	for (i = 0; i < len; i++) {
		char before = text[i];

		text[i] = before == 'A' ? 'E' : 'A';
		CU_ASSERT_EQUAL(check(cache, &conf, text), ERR_UNAUTHORIZED);
		text[i] = before;
	}
	text[len - 1] = '\0';
	CU_ASSERT_EQUAL(check(cache, &conf, text), ERR_UNAUTHORIZED);
}

static void
each_hit_has_its_own_claims(void)
{
	struct token_cache *cache = token_cache_new(arena);
	char *texts[2 * TOKEN_CACHE_SLOTS], id[37];
	struct token token;
	size_t i, round;

	for (i = 0; i < COUNT_OF(texts); i++) {
		(void)snprintf(id, sizeof(id), "0199a3c0-7d2e-7c1b-9f3a-2b1d5e6f%04zx", i);
		texts[i] = token_make(arena, &conf, id, LOGIN, i % 2 ? ROLE_ADMIN : ROLE_USER);
	}
	for (round = 0; round < 2; round++)
		for (i = 0; i < COUNT_OF(texts); i++) {
			(void)snprintf(id, sizeof(id), "0199a3c0-7d2e-7c1b-9f3a-2b1d5e6f%04zx", i);
			CU_ASSERT_EQUAL_FATAL(
			    token_cache_check(cache, arena, &conf, texts[i], &token), ERR_OK);
			CU_ASSERT_STRING_EQUAL(token.user_id, id);
			CU_ASSERT_EQUAL(token.role, i % 2 ? ROLE_ADMIN : ROLE_USER);
		}
}

int
main(void)
{
	static const struct cunit_test tests[] = { { "a token known past its life is refused",
						       a_token_known_past_its_life_is_refused },
		{ "what is refused is not kept", what_is_refused_is_not_kept },
		{ "a hit is the whole text", a_hit_is_the_whole_text },
		{ "each hit has its own claims", each_hit_has_its_own_claims }, { NULL, NULL } };
	int status;

	arena = arena_new(64 * 1024 * 1024);
	status = cunit_run("token_cache", tests);
	arena_free(arena);
	return status;
}
