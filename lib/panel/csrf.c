#include "panel/csrf.h"

#include "base/crypto.h"
#include "base/seal.h"
#include "base/str.h"
#include "web/reply.h"

#include <string.h>

static bool
is_https(const struct req *req)
{
	return str_starts(req->conf->base_url, "https://");
}

const char *
csrf_cookie_name(const struct req *req, const char *name)
{
	return arena_printf(req->arena, "%sconfab_%s", is_https(req) ? "__Host-" : "", name);
}

const char *
csrf_cookie_get(struct req *req, const char *name)
{
	const char *at = req_header(req, HEADER_COOKIE), *full = csrf_cookie_name(req, name),
		   *value = NULL;
	size_t len, name_len = strlen(full);

	if (at == NULL)
		return NULL;
	for (;;) {
		at += strspn(at, "; ");
		if (*at == '\0')
			return value;
		len = strcspn(at, ";");
		if (len > name_len && strncmp(at, full, name_len) == 0 && at[name_len] == '=') {
			if (value != NULL)
				return NULL;
			value = arena_strndup(req->arena, at + name_len + 1, len - name_len - 1);
		}
		at += len;
	}
}

void
csrf_cookie_set(struct req *req, const char *name, const char *value)
{
	reply_header(req, "Set-Cookie",
	    arena_printf(req->arena, "%s=%s; Path=/; HttpOnly; SameSite=Strict%s%s",
		csrf_cookie_name(req, name), value, is_https(req) ? "; Secure" : "",
		value[0] == '\0' ? "; Max-Age=0" : ""));
}

static const char *
token_make(struct arena *arena, const char *secret, const char *label, const char *value)
{
	static const char purpose[] = "confab panel form token 1";
	const char *text = arena_printf(arena, "%s:%s", label, value);
	uint8_t key[SHA256_SIZE], mac[SHA256_SIZE];

	crypto_hmac_sha256(secret, strlen(secret), purpose, strlen(purpose), key);
	crypto_hmac_sha256(key, sizeof(key), text, strlen(text), mac);
	return crypto_base64url(arena, mac, sizeof(mac));
}

const char *
csrf_token(struct req *req, const char *label, const char *value)
{
	const char *secret = NULL;
	bool found = seal_key_find(req->arena, req->conf->secret_keys, NULL, NULL, &secret);

	assert(found);
	return token_make(req->arena, secret, label, value);
}

bool
csrf_token_good(struct req *req, const char *label, const char *value, const char *token)
{
	const char *keys = req->conf->secret_keys, *secret, *wanted;
	size_t len = strlen(token);
	bool good = false;

	/* Each tail of the list is a list that begins with the next key. */
	for (; keys != NULL; keys = strchr(keys, ',')) {
		keys += strspn(keys, ", ");
		if (!seal_key_find(req->arena, keys, NULL, NULL, &secret))
			break;
		wanted = token_make(req->arena, secret, label, value);
		good = good || (strlen(wanted) == len && crypto_equal(wanted, token, len));
	}
	return good;
}

bool
csrf_same_origin(const struct req *req)
{
	const char *site = req_header(req, HEADER_SEC_FETCH_SITE),
		   *origin = req_header(req, HEADER_ORIGIN);

	if (site != NULL)
		return strcmp(site, "same-origin") == 0;
	return origin != NULL && str_equal_nocase(origin, req->conf->base_url);
}
