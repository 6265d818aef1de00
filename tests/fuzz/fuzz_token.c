/*
 * Access tokens. Text without a NUL is taken as a token; "header NUL claims" is signed with our key
 * first, so that the claims are reached. Either way token_check must answer as judge() does, which
 * shares no code with it: its own base64url and rules, over OpenSSL and json-c.
 */
#include "base/clock.h"
#include "base/crypto.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/test_map.h"
#include "web/token_cache.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SECRET "new-secret-new-secret-new-secret-2"
#define ISSUER "https://confab.test"

enum { NOW_S = 1763694000, HEAD_MAX = 4096 };

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct conf conf = { .base_url = ISSUER,
	.access_token_s = 600,
	.secret_keys = "new:" SECRET ",old:old-secret-old-secret-old-secret-1" };
static struct arena *process_arena; /* global, so that nothing in it is a leak */
static struct token_cache *cache;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	process_arena = arena_new(REQUEST_BYTES_MAX);
	cache = token_cache_new(process_arena);
	return 0;
}

/* A clock that stands still, so that an input means the same tomorrow. */
static void
stop_clock(void)
{
	test_map()->shift_us = 0;
	test_map()->shift_us = NOW_S * SECOND_US + SECOND_US / 2 - clock_now_us();
}

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static size_t
encode(const uint8_t *bytes, size_t len, char *out)
{
	size_t i, made = 0;
	uint32_t bits = 0;
	unsigned held = 0;

	for (i = 0; i < len; i++) {
		bits = bits << 8 | bytes[i];
		for (held += 8; held >= 6; held -= 6)
			out[made++] = alphabet[bits >> (held - 6) & 63];
	}
	if (held > 0)
		out[made++] = alphabet[bits << (6 - held) & 63];
	out[made] = '\0';
	return made;
}

/* A JSON object out of base64url that is written the one right way; NULL otherwise. */
static struct json_object *
decode(const char *text, size_t len)
{
	uint8_t bytes[TOKEN_BYTES_MAX + 1];
	char again[TOKEN_BYTES_MAX * 2];
	struct json_object *object = NULL;
	struct json_tokener *tokener;
	size_t i, made = 0;
	uint32_t bits = 0;
	unsigned held = 0;

	for (i = 0; i < len; i++) {
		const char *at = memchr(alphabet, text[i], 64);

		if (at == NULL)
			return NULL;
		bits = bits << 6 | (uint32_t)(at - alphabet);
		for (held += 6; held >= 8; held -= 8)
			bytes[made++] = (uint8_t)(bits >> (held - 8));
	}
	if (encode(bytes, made, again) != len || memcmp(again, text, len) != 0)
		return NULL;
	bytes[made] = '\0';
	tokener = json_tokener_new();
	object = json_tokener_parse_ex(tokener, (const char *)bytes, (int)made + 1);
	json_tokener_free(tokener);
	return object;
}

static void
sign(const char *head, size_t len, char *out)
{
	uint8_t mac[EVP_MAX_MD_SIZE];
	unsigned mac_len = 0;

	if (HMAC(EVP_sha256(), SECRET, (int)strlen(SECRET), (const uint8_t *)head, len, mac,
		&mac_len) == NULL)
		abort();
	(void)encode(mac, mac_len, out);
}

/* The member's text; "" when it is none. */
static const char *
text(struct json_object *object, const char *name)
{
	struct json_object *value = json_object_object_get(object, name);

	return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
}

/* The member's whole number; INT64_MIN when it is none. */
static int64_t
number(struct json_object *object, const char *name)
{
	struct json_object *value = json_object_object_get(object, name);

	return json_object_is_type(value, json_type_int) ? json_object_get_int64(value) : INT64_MIN;
}

static bool
is_id(const char *s)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
	size_t i;

	for (i = 0; form[i] != '\0'; i++)
		if (s[i] == '\0' ||
		    (form[i] == '-' ? s[i] != '-' : strchr("0123456789abcdef", s[i]) == NULL))
			return false;
	return s[i] == '\0';
}

static enum err
judge_claims(struct json_object *claims)
{
	const char *role = text(claims, "role");
	int64_t issued = number(claims, "iat"), not_before = number(claims, "nbf"),
		expires = number(claims, "exp");

	if (strcmp(text(claims, "iss"), ISSUER) != 0 || strcmp(text(claims, "aud"), "confab") != 0 ||
	    strcmp(text(claims, "typ"), "at") != 0 || !is_id(text(claims, "sub")) ||
	    !is_id(text(claims, "sid")) || !is_id(text(claims, "jti")))
		return ERR_UNAUTHORIZED;
	if (strcmp(role, "USER") != 0 && strcmp(role, "ADVISOR") != 0 && strcmp(role, "ADMIN") != 0)
		return ERR_UNAUTHORIZED;
	if (issued < 1 || not_before < 1 || expires < 1 || issued > NOW_S + 30 ||
	    not_before > NOW_S + 30)
		return ERR_UNAUTHORIZED;
	return expires > NOW_S ? ERR_OK : ERR_TOKEN_EXPIRED;
}

/* What is right for this token, but for what only the strict reader refuses (repeated keys and such). */
static enum err
judge(const char *token, struct json_object **claims)
{
	const char *first = strchr(token, '.');
	const char *second = first == NULL ? NULL : strchr(first + 1, '.');
	struct json_object *header;
	enum err err = ERR_UNAUTHORIZED;
	char signature[128];

	*claims = NULL;
	if (second == NULL || strlen(token) > TOKEN_BYTES_MAX)
		return ERR_UNAUTHORIZED;
	sign(token, (size_t)(second - token), signature);
	if (strcmp(second + 1, signature) != 0)
		return ERR_UNAUTHORIZED;
	header = decode(token, (size_t)(first - token));
	*claims = decode(first + 1, (size_t)(second - first - 1));
	if (json_object_is_type(header, json_type_object) &&
	    json_object_is_type(*claims, json_type_object) &&
	    strcmp(text(header, "alg"), "HS256") == 0 && strcmp(text(header, "kid"), "new") == 0)
		err = judge_claims(*claims);
	json_object_put(header);
	return err;
}

static bool
part_strict(struct arena *arena, const char *part, size_t len)
{
	struct json_fault fault;
	uint8_t *bytes;
	size_t made;

	return crypto_base64url_decode(arena, part, len, &bytes, &made) == ERR_OK &&
	    json_scan(arena, (const char *)bytes, made, &fault) == ERR_OK;
}

/* Nothing but the claims speaks against this token, which judge() found good or expired: the strict
 * reader takes both parts, and the header's typ is one that libjwt takes. */
static bool
is_plain(struct arena *arena, const char *token)
{
	size_t len = strcspn(token, "."), rest = strcspn(token + len + 1, ".");
	struct json_object *header = decode(token, len), *typ;
	bool plain = part_strict(arena, token, len) && part_strict(arena, token + len + 1, rest);

	if (json_object_object_get_ex(header, "typ", &typ))
		plain = plain && strcasecmp(text(header, "typ"), "JWT") == 0;
	json_object_put(header);
	return plain;
}

static void
compare(struct arena *arena, const char *token, enum err err, const struct token *found)
{
	struct json_object *claims;
	enum err right = judge(token, &claims);

	if (err == ERR_OK) {
		const char *role = text(claims, "role");

		assert(right == ERR_OK);
		assert(strcmp(found->user_id, text(claims, "sub")) == 0);
		assert(strcmp(found->login_id, text(claims, "sid")) == 0);
		assert(found->expires_at_s == number(claims, "exp"));
		assert(found->role ==
		    (strcmp(role, "ADMIN") == 0		   ? ROLE_ADMIN
			    : strcmp(role, "ADVISOR") == 0 ? ROLE_ADVISOR
							   : ROLE_USER));
	} else {
		assert(err == ERR_UNAUTHORIZED || err == right);
		assert(err == right || !is_plain(arena, token));
	}
	json_object_put(claims);
}

/* "header NUL claims" as a token signed by us; other text as it is. */
static char *
token_of(struct arena *arena, const uint8_t *data, size_t size)
{
	const uint8_t *zero = size == 0 ? NULL : memchr(data, '\0', size);
	size_t len = zero == NULL ? size : (size_t)(zero - data);
	char head[HEAD_MAX], signature[128];
	size_t made;

	if (zero == NULL || size > HEAD_MAX / 2)
		return arena_strndup(arena, (const char *)data, len);
	made = encode(data, len, head);
	head[made++] = '.';
	made += encode(zero + 1, size - len - 1, head + made);
	sign(head, made, signature);
	return arena_printf(arena, "%s.%s", head, signature);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(REQUEST_BYTES_MAX);
	char *token = token_of(arena, data, size);
	struct token fresh = { 0 }, cached = { 0 };
	enum err err, again;
	int i;

	stop_clock();
	err = token_check(arena, &conf, token, &fresh);
	compare(arena, token, err, &fresh);
	for (i = 0; i < 2; i++) { /* the second may be a hit */
		again = token_cache_check(cache, arena, &conf, token, &cached);
		assert(again == err);
		if (err == ERR_OK)
			assert(strcmp(fresh.user_id, cached.user_id) == 0 &&
			    strcmp(fresh.login_id, cached.login_id) == 0 &&
			    fresh.role == cached.role && fresh.expires_at_s == cached.expires_at_s);
	}
	arena_free(arena);
	return 0;
}
