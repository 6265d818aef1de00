#include "base/seal.h"
#include "base/crypto.h"
#include "base/log.h"

#include <openssl/evp.h>
#include <string.h>

enum { NONCE_SIZE = 12, TAG_SIZE = 16 };

bool
seal_key_find(
    struct arena *arena, const char *keys, const char *id, const char **id_out, const char **secret)
{
	const char *at = keys;

	while (*at != '\0') {
		size_t len = strcspn(at, ",");
		const char *colon = memchr(at, ':', len);
		size_t id_len = colon == NULL ? 0 : (size_t)(colon - at);

		if (colon != NULL &&
		    (id == NULL || (strlen(id) == id_len && memcmp(id, at, id_len) == 0))) {
			if (id_out != NULL)
				*id_out = arena_strndup(arena, at, id_len);
			*secret = arena_strndup(arena, colon + 1, len - id_len - 1);
			return true;
		}
		at += len + (at[len] == ',');
	}
	return false;
}

/* The AES key is a hash of the secret, bound to this use. */
static void
derive(const char *secret, uint8_t key[SHA256_SIZE])
{
	static const char use[] = "field encryption";

	crypto_hmac_sha256(secret, strlen(secret), use, sizeof(use) - 1, key);
}

static EVP_CIPHER_CTX *
cipher_start(const uint8_t *key, const uint8_t *nonce, const char *context, int encrypt)
{
	EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
	int len, ok;

	assert(cipher != NULL);
	ok = EVP_CipherInit_ex(cipher, EVP_aes_256_gcm(), NULL, key, nonce, encrypt) == 1 &&
	    EVP_CipherUpdate(cipher, NULL, &len, (const uint8_t *)context, (int)strlen(context)) ==
		1;
	assert(ok);
	return cipher;
}

char *
seal_make(struct arena *arena, const char *keys, const char *context, const char *text)
{
	size_t len = strlen(text);
	uint8_t key[SHA256_SIZE], nonce[NONCE_SIZE];
	uint8_t *out = arena_alloc(arena, len + TAG_SIZE);
	const char *id, *secret;
	EVP_CIPHER_CTX *cipher;
	int made, rest, ok;
	bool found = seal_key_find(arena, keys, NULL, &id, &secret);

	assert(found);
	derive(secret, key);
	crypto_random(nonce, sizeof(nonce));
	cipher = cipher_start(key, nonce, context, 1);
	ok = EVP_CipherUpdate(cipher, out, &made, (const uint8_t *)text, (int)len) == 1 &&
	    EVP_CipherFinal_ex(cipher, out + made, &rest) == 1 &&
	    EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_GET_TAG, TAG_SIZE, out + len) == 1;
	assert(ok);
	EVP_CIPHER_CTX_free(cipher);
	return arena_printf(arena, "%s.%s.%s", id, crypto_base64url(arena, nonce, sizeof(nonce)),
	    crypto_base64url(arena, out, len + TAG_SIZE));
}

static bool
open_bytes(struct arena *arena, const char *secret, const char *context, const uint8_t *nonce,
    uint8_t *bytes, size_t len, char **text)
{
	char *out = arena_alloc(arena, len + 1);
	uint8_t key[SHA256_SIZE];
	EVP_CIPHER_CTX *cipher;
	int made = 0, rest = 0;
	bool ok;

	derive(secret, key);
	cipher = cipher_start(key, nonce, context, 0);
	ok = EVP_CipherUpdate(cipher, (uint8_t *)out, &made, bytes, (int)(len - TAG_SIZE)) == 1 &&
	    EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_SET_TAG, TAG_SIZE, bytes + len - TAG_SIZE) ==
		1 &&
	    EVP_CipherFinal_ex(cipher, (uint8_t *)out + made, &rest) == 1;
	EVP_CIPHER_CTX_free(cipher);
	*text = out;
	return ok;
}

enum err
seal_open(
    struct arena *arena, const char *keys, const char *context, const char *sealed, char **text)
{
	const char *first = strchr(sealed, '.');
	const char *second = first == NULL ? NULL : strchr(first + 1, '.');
	const char *secret;
	uint8_t *nonce, *bytes;
	size_t nonce_len, len;
	char *opened;

	if (second != NULL &&
	    seal_key_find(arena, keys, arena_strndup(arena, sealed, (size_t)(first - sealed)), NULL,
		&secret) &&
	    crypto_base64url_decode(
		arena, first + 1, (size_t)(second - first - 1), &nonce, &nonce_len) == ERR_OK &&
	    nonce_len == NONCE_SIZE &&
	    crypto_base64url_decode(arena, second + 1, strlen(second + 1), &bytes, &len) == ERR_OK &&
	    len >= TAG_SIZE && open_bytes(arena, secret, context, nonce, bytes, len, &opened)) {
		*text = opened;
		return ERR_OK;
	}
	log_error("a sealed field does not open", LOG_STR("context", context));
	return ERR_INTERNAL;
}

char *
seal_lookup(struct arena *arena, const char *lookup_key, const char *label, const char *text)
{
	char *whole = arena_printf(arena, "%s:%s", label, text);
	char *hex = arena_alloc(arena, SHA256_HEX_SIZE);
	uint8_t mac[SHA256_SIZE];

	crypto_hmac_sha256(lookup_key, strlen(lookup_key), whole, strlen(whole), mac);
	crypto_hex(mac, sizeof(mac), hex);
	return hex;
}
