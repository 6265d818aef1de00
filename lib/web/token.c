#include "web/token.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/seal.h"
#include "base/uuid.h"
#include "domain/people/user.h"

#include <jwt.h>
#include <stdlib.h>
#include <string.h>

enum { LEEWAY_S = 30 };

static const char audience[] = "confab";

static const enum role roles[] = { ROLE_USER, ROLE_ADVISOR, ROLE_ADMIN }; /* as user_roles */

const char *
token_role_text(enum role role)
{
	size_t i;

	for (i = 0; i < COUNT_OF(roles); i++)
		if (roles[i] == role)
			return user_roles[i];
	return user_roles[0];
}

enum role
token_role_parse(const char *text)
{
	size_t i;

	for (i = 0; i < COUNT_OF(roles); i++)
		if (strcmp(user_roles[i], text) == 0)
			return roles[i];
	return 0;
}

static void
add_claims(struct arena *arena, jwt_t *jwt, const struct conf *conf, const char *user_id,
    const char *login_id, enum role role)
{
	int64_t now = clock_now_s();
	int failed = 0;

	failed |= jwt_add_grant(jwt, "iss", conf->base_url);
	failed |= jwt_add_grant(jwt, "aud", audience);
	failed |= jwt_add_grant(jwt, "sub", user_id);
	failed |= jwt_add_grant(jwt, "sid", login_id);
	failed |= jwt_add_grant(jwt, "jti", uuid_new(arena));
	failed |= jwt_add_grant(jwt, "typ", "at");
	failed |= jwt_add_grant(jwt, "role", token_role_text(role));
	failed |= jwt_add_grant_int(jwt, "iat", (long)now);
	failed |= jwt_add_grant_int(jwt, "nbf", (long)now);
	failed |= jwt_add_grant_int(jwt, "exp", (long)(now + conf->access_token_s));
	assert(failed == 0);
}

char *
token_make(struct arena *arena, const struct conf *conf, const char *user_id, const char *login_id,
    enum role role)
{
	const char *kid, *secret;
	bool found = seal_key_find(arena, conf->secret_keys, NULL, &kid, &secret);
	char *encoded;
	jwt_t *jwt;
	int failed;

	assert(found);
	failed = jwt_new(&jwt);
	assert(failed == 0);
	failed =
	    jwt_set_alg(jwt, JWT_ALG_HS256, (const unsigned char *)secret, (int)strlen(secret)) |
	    jwt_add_header(jwt, "kid", kid);
	assert(failed == 0);
	add_claims(arena, jwt, conf, user_id, login_id, role);
	encoded = jwt_encode_str(jwt);
	assert(encoded != NULL);
	arena_defer(arena, free, encoded); /* jwt_free_str is not in 1.10 */
	jwt_free(jwt);
	return encoded;
}

/* Split at exactly two dots; NULL parts never. */
static bool
split(struct arena *arena, const char *text, char *parts[3])
{
	size_t len = strnlen(text, TOKEN_BYTES_MAX + 1), i;

	if (len < 20 || len > TOKEN_BYTES_MAX)
		return false;
	for (i = 0; i < 3; i++) {
		size_t part = strcspn(text, ".");

		if (part == 0 || (i < 2) != (text[part] == '.'))
			return false;
		parts[i] = arena_strndup(arena, text, part);
		text += part + 1;
	}
	return true;
}

/* A base64url part as a JSON object, by our strict reader: repeated claims are refused here. */
static bool
part_parse(struct arena *arena, const char *part, struct json_object **object)
{
	struct json_fault fault;
	uint8_t *bytes;
	size_t len;

	return crypto_base64url_decode(arena, part, strlen(part), &bytes, &len) == ERR_OK &&
	    json_parse(arena, (const char *)bytes, len, &fault, object) == ERR_OK &&
	    json_object_is_type(*object, json_type_object);
}

/* A text member of exactly that type; NULL otherwise. */
static const char *
text_claim(struct json_object *object, const char *name)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, name, &value) ||
	    !json_object_is_type(value, json_type_string))
		return NULL;
	return json_object_get_string(value);
}

static bool
text_is(struct json_object *object, const char *name, const char *wanted)
{
	const char *value = text_claim(object, name);

	return value != NULL && strcmp(value, wanted) == 0;
}

static bool
time_claim(struct json_object *object, const char *name, int64_t *value)
{
	struct json_object *member;

	if (!json_object_object_get_ex(object, name, &member) ||
	    !json_object_is_type(member, json_type_int))
		return false;
	*value = json_object_get_int64(member);
	return *value > 0;
}

static bool
id_claim(struct json_object *object, const char *name, const char **id)
{
	*id = text_claim(object, name);
	return *id != NULL && uuid_valid(*id);
}

static bool
signature_good(
    struct arena *arena, const struct conf *conf, const char *text, struct json_object *header)
{
	const char *kid = text_claim(header, "kid"), *secret;
	jwt_t *jwt = NULL;
	bool good;

	if (kid == NULL || !text_is(header, "alg", "HS256") ||
	    !seal_key_find(arena, conf->secret_keys, kid, NULL, &secret) || strlen(secret) < 32)
		return false;
	good = jwt_decode(&jwt, text, (const unsigned char *)secret, (int)strlen(secret)) == 0 &&
	    jwt_get_alg(jwt) == JWT_ALG_HS256;
	jwt_free(jwt);
	return good;
}

enum err
token_check(struct arena *arena, const struct conf *conf, const char *text, struct token *token)
{
	struct json_object *header, *claims;
	int64_t now = clock_now_s(), issued, not_before;
	const char *role, *jti;
	char *parts[3];

	if (!split(arena, text, parts) || !part_parse(arena, parts[0], &header) ||
	    !part_parse(arena, parts[1], &claims) || !signature_good(arena, conf, text, header))
		return ERR_UNAUTHORIZED;
	role = text_claim(claims, "role");
	if (!text_is(claims, "iss", conf->base_url) || !text_is(claims, "aud", audience) ||
	    !text_is(claims, "typ", "at") || role == NULL ||
	    !id_claim(claims, "sub", &token->user_id) ||
	    !id_claim(claims, "sid", &token->login_id) || !id_claim(claims, "jti", &jti) ||
	    !time_claim(claims, "iat", &issued) || !time_claim(claims, "nbf", &not_before) ||
	    !time_claim(claims, "exp", &token->expires_at_s))
		return ERR_UNAUTHORIZED;
	token->role = token_role_parse(role);
	if (token->role == 0 || issued > now + LEEWAY_S || not_before > now + LEEWAY_S)
		return ERR_UNAUTHORIZED;
	return token->expires_at_s > now ? ERR_OK : ERR_TOKEN_EXPIRED;
}
