/*
 * Access tokens: what is ours is taken, everything else is refused. The forgeries are made by hand
 * from base64url and HMAC, an implementation of JWS that is not the one under test.
 */
#include "base/clock.h"
#include "base/crypto.h"
#include "base/limits.h"
#include "base/uuid.h"
#include "harness/cunit.h"
#include "web/token.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define USER "0199a3c0-7d2e-7c1b-9f3a-2b1d5e6f7a80"
#define LOGIN "0199a3c0-7d2e-7c1b-9f3a-2b1d5e6f7a81"
#define JTI "0199a3c0-7d2e-7c1b-9f3a-2b1d5e6f7a82"
#define OLD_SECRET "old-secret-old-secret-old-secret-1"
#define NEW_SECRET "new-secret-new-secret-new-secret-2"
#define ISSUER "https://confab.test"

static struct arena *arena;
static const struct conf conf = { .base_url = ISSUER,
	.access_token_s = 600,
	.secret_keys = "new:" NEW_SECRET ",old:" OLD_SECRET };

static char *
signed_with(const EVP_MD *digest, const char *header, const char *claims, const char *secret)
{
	char *head = arena_printf(arena, "%s.%s", crypto_base64url(arena, header, strlen(header)),
	    crypto_base64url(arena, claims, strlen(claims)));
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	(void)HMAC(digest, secret, (int)strlen(secret), (const unsigned char *)head, strlen(head),
	    mac, &len);
	return arena_printf(arena, "%s.%s", head, crypto_base64url(arena, mac, len));
}

static const char good_header[] = "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"new\"}";

static char *
jws(const char *header, const char *claims)
{
	return signed_with(EVP_sha256(), header, claims, NEW_SECRET);
}

/* All claims of a good token, with one replaced or left out: name in quotes as "\"aud\"". */
static char *
claims_but(const char *name, const char *value)
{
	int64_t now = clock_now_s();
	struct {
		const char *name, *value;
	} all[] = { { "\"iss\"", "\"" ISSUER "\"" }, { "\"aud\"", "\"confab\"" },
		{ "\"sub\"", "\"" USER "\"" }, { "\"sid\"", "\"" LOGIN "\"" },
		{ "\"jti\"", "\"" JTI "\"" }, { "\"typ\"", "\"at\"" }, { "\"role\"", "\"USER\"" },
		{ "\"iat\"", arena_printf(arena, "%lld", (long long)now) },
		{ "\"nbf\"", arena_printf(arena, "%lld", (long long)now) },
		{ "\"exp\"", arena_printf(arena, "%lld", (long long)now + 600) } };
	struct buf out = buf_new(arena, 512);
	size_t i;

	buf_putc(&out, '{');
	for (i = 0; i < COUNT_OF(all); i++) {
		bool hit = name != NULL && strcmp(all[i].name, name) == 0;

		if (hit && value == NULL)
			continue;
		buf_printf(&out, "%s%s:%s", out.len > 1 ? "," : "", all[i].name,
		    hit ? value : all[i].value);
	}
	buf_putc(&out, '}');
	return out.data;
}

static enum err
check(const char *text)
{
	struct token token;

	return token_check(arena, &conf, text, &token);
}

static void
takes_its_own(void)
{
	static const enum role roles[] = { ROLE_USER, ROLE_ADVISOR, ROLE_ADMIN };
	struct token token;
	size_t i;

	for (i = 0; i < COUNT_OF(roles); i++) {
		char *text = token_make(arena, &conf, USER, LOGIN, roles[i]);

		CU_ASSERT(strlen(text) <= TOKEN_BYTES_MAX / 2);
		CU_ASSERT_EQUAL_FATAL(token_check(arena, &conf, text, &token), ERR_OK);
		CU_ASSERT_STRING_EQUAL(token.user_id, USER);
		CU_ASSERT_STRING_EQUAL(token.login_id, LOGIN);
		CU_ASSERT_EQUAL(token.role, roles[i]);
		CU_ASSERT(llabs(token.expires_at_s - clock_now_s() - 600) <= 2);
	}
}

static void
takes_one_made_elsewhere(void)
{
	CU_ASSERT_EQUAL(check(jws(good_header, claims_but(NULL, NULL))), ERR_OK);
	CU_ASSERT_EQUAL(
	    check(jws("{\"kid\":\"new\",\"alg\":\"HS256\"}", claims_but(NULL, NULL))), ERR_OK);
}

static void
refuses_other_algorithms(void)
{
	static const char *const headers[] = { "{\"alg\":\"none\",\"kid\":\"new\"}",
		"{\"alg\":\"None\",\"kid\":\"new\"}", "{\"alg\":\"NONE\",\"kid\":\"new\"}",
		"{\"alg\":\"HS384\",\"kid\":\"new\"}", "{\"alg\":\"HS512\",\"kid\":\"new\"}",
		"{\"alg\":\"RS256\",\"kid\":\"new\"}", "{\"alg\":\"ES256\",\"kid\":\"new\"}",
		"{\"alg\":\"hs256\",\"kid\":\"new\"}", "{\"alg\":null,\"kid\":\"new\"}",
		"{\"alg\":256,\"kid\":\"new\"}", "{\"alg\":[\"HS256\"],\"kid\":\"new\"}",
		"{\"kid\":\"new\"}", "{\"alg\":\"HS256\",\"alg\":\"none\",\"kid\":\"new\"}" };
	char *claims = claims_but(NULL, NULL), *none;
	size_t i;

	for (i = 0; i < COUNT_OF(headers); i++)
		CU_ASSERT_EQUAL(check(jws(headers[i], claims)), ERR_UNAUTHORIZED);
	CU_ASSERT_EQUAL(
	    check(signed_with(EVP_sha384(), headers[3], claims, NEW_SECRET)), ERR_UNAUTHORIZED);
	CU_ASSERT_EQUAL(
	    check(signed_with(EVP_sha512(), headers[4], claims, NEW_SECRET)), ERR_UNAUTHORIZED);
	none = arena_printf(arena, "%s.%s.", crypto_base64url(arena, headers[0], strlen(headers[0])),
	    crypto_base64url(arena, claims, strlen(claims)));
	CU_ASSERT_EQUAL(check(none), ERR_UNAUTHORIZED);
	none[strlen(none) - 1] = '\0';
	CU_ASSERT_EQUAL(check(none), ERR_UNAUTHORIZED);
}

static void
refuses_other_keys(void)
{
	static const char *const kids[] = { "\"other\"", "\"\"", "null", "1", "\"new:\"",
		"\"new\\u0000\"", "\"../new\"", "\"ne\"", "\"newer\"" };
	char *claims = claims_but(NULL, NULL);
	size_t i;

	for (i = 0; i < COUNT_OF(kids); i++)
		CU_ASSERT_EQUAL(
		    check(
			jws(arena_printf(arena, "{\"alg\":\"HS256\",\"kid\":%s}", kids[i]), claims)),
		    ERR_UNAUTHORIZED);
	CU_ASSERT_EQUAL(check(jws("{\"alg\":\"HS256\"}", claims)), ERR_UNAUTHORIZED);
	CU_ASSERT_EQUAL(check(signed_with(EVP_sha256(), good_header, claims, "")), ERR_UNAUTHORIZED);
	CU_ASSERT_EQUAL(
	    check(signed_with(EVP_sha256(), good_header, claims, OLD_SECRET)), ERR_UNAUTHORIZED);
	CU_ASSERT_EQUAL(check(signed_with(EVP_sha256(), good_header, claims, "new:" NEW_SECRET)),
	    ERR_UNAUTHORIZED);
}

static void
refuses_other_claims(void)
{
	static const struct {
		const char *name, *value;
	} cases[] = { { "\"iss\"", "\"https://other.test\"" }, { "\"iss\"", NULL },
		{ "\"iss\"", "\"" ISSUER "/\"" }, { "\"aud\"", "\"other\"" }, { "\"aud\"", NULL },
		{ "\"aud\"", "[\"confab\"]" }, { "\"typ\"", "\"rt\"" }, { "\"typ\"", NULL },
		{ "\"typ\"", "\"AT\"" }, { "\"sub\"", "\"\"" }, { "\"sub\"", NULL },
		{ "\"sub\"", "\"1\"" }, { "\"sub\"", "1" }, { "\"sub\"", "\"" USER "x\"" },
		{ "\"sid\"", NULL }, { "\"sid\"", "\"nobody\"" }, { "\"jti\"", NULL },
		{ "\"jti\"", "7" }, { "\"role\"", NULL }, { "\"role\"", "\"ROOT\"" },
		{ "\"role\"", "\"admin\"" }, { "\"role\"", "[\"ADMIN\"]" }, { "\"role\"", "8" },
		{ "\"iat\"", NULL }, { "\"iat\"", "\"1\"" }, { "\"iat\"", "4102444800" },
		{ "\"nbf\"", NULL }, { "\"nbf\"", "4102444800" }, { "\"nbf\"", "1.5" },
		{ "\"exp\"", NULL }, { "\"exp\"", "\"4102444800\"" }, { "\"exp\"", "4102444800.0" },
		{ "\"exp\"", "4.1e9" }, { "\"exp\"", "null" }, { "\"exp\"", "true" },
		{ "\"exp\"", "0" }, { "\"exp\"", "-1" }, { "\"exp\"", "99999999999999999999" },
		{ "\"role\"", "\"USER\",\"role\":\"ADMIN\"" },
		{ "\"exp\"", "1,\"exp\":4102444800" }, { "\"sub\"", "\"" USER "\\u0000\"" } };
	size_t i;

	for (i = 0; i < COUNT_OF(cases); i++) {
		enum err err = check(jws(good_header, claims_but(cases[i].name, cases[i].value)));

		if (err != ERR_UNAUTHORIZED)
			(void)fprintf(stderr, "%s %s: %s\n", cases[i].name,
			    cases[i].value != NULL ? cases[i].value : "(none)", err_code(err));
		CU_ASSERT_EQUAL(err, ERR_UNAUTHORIZED);
	}
}

static char *
at(const char *name, int64_t from_now_s)
{
	return jws(good_header,
	    claims_but(name, arena_printf(arena, "%lld", (long long)(clock_now_s() + from_now_s))));
}

static void
an_expired_one_is_told_from_a_forged_one(void)
{
	char *expired = at("\"exp\"", -1), *forged = arena_strdup(arena, expired);

	CU_ASSERT_EQUAL(check(expired), ERR_TOKEN_EXPIRED);
	CU_ASSERT_EQUAL(check(at("\"exp\"", 0)), ERR_TOKEN_EXPIRED);
	CU_ASSERT_EQUAL(check(at("\"exp\"", 5)), ERR_OK);
	forged[strlen(forged) - 5] = forged[strlen(forged) - 5] == 'A' ? 'B' : 'A';
	CU_ASSERT_EQUAL(check(forged), ERR_UNAUTHORIZED);
}

static void
clocks_may_differ_by_half_a_minute(void)
{
	CU_ASSERT_EQUAL(check(at("\"nbf\"", 25)), ERR_OK);
	CU_ASSERT_EQUAL(check(at("\"iat\"", 25)), ERR_OK);
	CU_ASSERT_EQUAL(check(at("\"nbf\"", 35)), ERR_UNAUTHORIZED);
	CU_ASSERT_EQUAL(check(at("\"iat\"", 35)), ERR_UNAUTHORIZED);
}

/* Every prefix, and every single changed byte. */
static void
refuses_a_token_cut_or_changed(void)
{
	char *text = token_make(arena, &conf, USER, LOGIN, ROLE_ADMIN);
	size_t len = strlen(text), i;
	int taken = 0;

	for (i = 0; i < len; i++) {
		char *cut = arena_strndup(arena, text, i), *changed = arena_strdup(arena, text);

		changed[i] = changed[i] == 'A' ? 'Q' : 'A';
		taken += check(cut) != ERR_UNAUTHORIZED;
		taken += check(changed) != ERR_UNAUTHORIZED;
		changed[i] = '\n';
		taken += check(changed) != ERR_UNAUTHORIZED;
	}
	CU_ASSERT_EQUAL(taken, 0);
	CU_ASSERT_EQUAL(check(arena_printf(arena, "%s.", text)), ERR_UNAUTHORIZED);
	CU_ASSERT_EQUAL(check(arena_printf(arena, "%s=", text)), ERR_UNAUTHORIZED);
	CU_ASSERT_EQUAL(check(arena_printf(arena, "%s ", text)), ERR_UNAUTHORIZED);
	CU_ASSERT_EQUAL(check(arena_printf(arena, " %s", text)), ERR_UNAUTHORIZED);
	CU_ASSERT_EQUAL(check(arena_printf(arena, "%s.%s", text, text)), ERR_UNAUTHORIZED);
	CU_ASSERT_EQUAL(check(arena_printf(arena, "..%s", text)), ERR_UNAUTHORIZED);
}

static void
refuses_what_is_no_token(void)
{
	static const char *const texts[] = { "", ".", "..", "...", "a.b.c", "e30.e30.e30",
		"r1.0199a3c0-7d2e-7c1b-9f3a-2b1d5e6f7a80.1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"eyJhbGciOiJIUzI1NiJ9",
		"\xff\xfe\xfd.\xff\xff\xff.\xff\xff\xff\xff\xff\xff\xff\xff" };
	size_t i, huge_len = 12 * 1024 * 1024;
	clock_t began;
	char *huge;

	for (i = 0; i < COUNT_OF(texts); i++)
		CU_ASSERT_EQUAL(check(texts[i]), ERR_UNAUTHORIZED);
	CU_ASSERT_EQUAL(check(jws(good_header, "[]")), ERR_UNAUTHORIZED);
	CU_ASSERT_EQUAL(check(jws("[]", claims_but(NULL, NULL))), ERR_UNAUTHORIZED);
	huge = malloc(huge_len + 1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(huge);
	memset(huge, 'A', huge_len);
	huge[huge_len] = '\0';
	huge[huge_len / 3] = huge[huge_len / 2] = '.';
	began = clock(); /* of the processor: it is not looked through */
	CU_ASSERT_EQUAL(check(huge), ERR_UNAUTHORIZED);
	CU_ASSERT(clock() - began < CLOCKS_PER_SEC / 100);
	free(huge);
}

static void
both_keys_verify_while_they_are_rotated(void)
{
	struct conf before = conf, after = conf;
	char *old_token;
	struct token token;

	before.secret_keys = "old:" OLD_SECRET;
	after.secret_keys = "new:" NEW_SECRET;
	old_token = token_make(arena, &before, USER, LOGIN, ROLE_USER);
	CU_ASSERT_EQUAL(token_check(arena, &conf, old_token, &token), ERR_OK);
	CU_ASSERT_EQUAL(token_check(arena, &after, old_token, &token), ERR_UNAUTHORIZED);
	CU_ASSERT_EQUAL(
	    token_check(arena, &before, token_make(arena, &conf, USER, LOGIN, ROLE_USER), &token),
	    ERR_UNAUTHORIZED);
	before.secret_keys = "new:short";
	CU_ASSERT_EQUAL(
	    token_check(arena, &before,
		signed_with(EVP_sha256(), good_header, claims_but(NULL, NULL), "short"), &token),
	    ERR_UNAUTHORIZED);
}

static void
reads_the_names_of_roles(void)
{
	CU_ASSERT_EQUAL(token_role_parse("USER"), ROLE_USER);
	CU_ASSERT_EQUAL(token_role_parse("ADVISOR"), ROLE_ADVISOR);
	CU_ASSERT_EQUAL(token_role_parse("ADMIN"), ROLE_ADMIN);
	CU_ASSERT_EQUAL(token_role_parse("user"), 0);
	CU_ASSERT_EQUAL(token_role_parse(""), 0);
}

int
main(void)
{
	static const struct cunit_test tests[] = { { "takes its own", takes_its_own },
		{ "takes one made elsewhere with the key", takes_one_made_elsewhere },
		{ "refuses other algorithms", refuses_other_algorithms },
		{ "refuses other keys", refuses_other_keys },
		{ "refuses other claims", refuses_other_claims },
		{ "an expired one is told from a forged one",
		    an_expired_one_is_told_from_a_forged_one },
		{ "clocks may differ by half a minute", clocks_may_differ_by_half_a_minute },
		{ "refuses a token cut or changed", refuses_a_token_cut_or_changed },
		{ "refuses what is no token", refuses_what_is_no_token },
		{ "both keys verify while they are rotated",
		    both_keys_verify_while_they_are_rotated },
		{ "reads the names of roles", reads_the_names_of_roles }, { NULL, NULL } };
	int status;

	arena = arena_new(256 * 1024 * 1024);
	status = cunit_run("token", tests);
	arena_free(arena);
	return status;
}
