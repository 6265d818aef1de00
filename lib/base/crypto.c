#include "base/crypto.h"
#include "base/log.h"

#include <errno.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

void
crypto_random(void *bytes, size_t len)
{
	uint8_t *at = bytes;

	while (len > 0) {
		ssize_t got = getrandom(at, len, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			log_error("getrandom failed", LOG_STR("error", strerror(errno)));
			abort();
		}
		at += got;
		len -= (size_t)got;
	}
}

/* One a thread, for as long as it lives: to look the algorithm up and make this for a short text takes longer
 * than the text. */
static EVP_MD_CTX *
sha256_context(void)
{
	static _Thread_local EVP_MD_CTX *context;

	if (context == NULL) {
		EVP_MD *sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
		int ok;

		context = EVP_MD_CTX_new();
		assert(sha256 != NULL && context != NULL);
		ok = EVP_DigestInit_ex(context, sha256, NULL);
		assert(ok == 1);
		EVP_MD_free(sha256); /* the context holds it */
	}
	return context;
}

void
crypto_sha256(const void *bytes, size_t len, uint8_t digest[SHA256_SIZE])
{
	EVP_MD_CTX *context = sha256_context();
	int ok = EVP_DigestInit_ex(context, NULL, NULL);

	ok &= EVP_DigestUpdate(context, bytes, len) & EVP_DigestFinal_ex(context, digest, NULL);
	assert(ok == 1);
}

void
crypto_sha256_hex(const void *bytes, size_t len, char hex[SHA256_HEX_SIZE])
{
	uint8_t digest[SHA256_SIZE];

	crypto_sha256(bytes, len, digest);
	crypto_hex(digest, sizeof(digest), hex);
}

void
crypto_hmac_sha256(
    const void *key, size_t key_len, const void *bytes, size_t len, uint8_t mac[SHA256_SIZE])
{
	unsigned mac_len = SHA256_SIZE;
	unsigned char *made = HMAC(EVP_sha256(), key, (int)key_len, bytes, len, mac, &mac_len);

	assert(made != NULL && mac_len == SHA256_SIZE);
}

void
crypto_sha1_base64(const void *bytes, size_t len, char text[SHA1_BASE64_SIZE])
{
	unsigned char digest[EVP_MAX_MD_SIZE], base64[SHA1_BASE64_SIZE];
	unsigned digest_len = 0;
	int ok = EVP_Digest(bytes, len, digest, &digest_len, EVP_sha1(), NULL);

	assert(ok == 1 && EVP_EncodeBlock(base64, digest, (int)digest_len) == SHA1_BASE64_SIZE - 1);
	memcpy(text, base64, SHA1_BASE64_SIZE);
}

char *
crypto_base64(struct arena *arena, const void *bytes, size_t len)
{
	char *text = arena_alloc(arena, (len + 2) / 3 * 4 + 1);

	assert(len < INT_MAX);
	(void)EVP_EncodeBlock((unsigned char *)text, bytes, (int)len);
	return text;
}

char *
crypto_hmac_sha1_base64(struct arena *arena, const char *key, const void *bytes, size_t len)
{
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned mac_len = sizeof(mac);
	unsigned char *made = HMAC(EVP_sha1(), key, (int)strlen(key), bytes, len, mac, &mac_len);

	assert(made != NULL);
	return crypto_base64(arena, mac, mac_len);
}

/* Eight bytes a step: the compiler is kept from seeing what is known of differ, and so from leaving early. */
bool
crypto_equal(const void *a, const void *b, size_t len)
{
	const uint8_t *x = a, *y = b;
	uint64_t differ = 0, left, right;

	for (; len >= sizeof(left); len -= sizeof(left), x += sizeof(left), y += sizeof(left)) {
		memcpy(&left, x, sizeof(left));
		memcpy(&right, y, sizeof(right));
		differ |= left ^ right;
		__asm__("" : "+r"(differ));
	}
	for (; len > 0; len--) {
		differ |= *x++ ^ *y++;
		__asm__("" : "+r"(differ));
	}
	return differ == 0;
}

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

char *
crypto_base64url(struct arena *arena, const void *bytes, size_t len)
{
	const uint8_t *in = bytes;
	char *text = arena_alloc(arena, len * 4 / 3 + 4);
	char *out = text;
	size_t i;

	for (i = 0; i < len; i += 3) {
		size_t left = len - i;
		uint32_t group = (uint32_t)in[i] << 16;

		group |= left > 1 ? (uint32_t)in[i + 1] << 8 : 0;
		group |= left > 2 ? in[i + 2] : 0;
		*out++ = alphabet[group >> 18];
		*out++ = alphabet[group >> 12 & 63];
		if (left > 1)
			*out++ = alphabet[group >> 6 & 63];
		if (left > 2)
			*out++ = alphabet[group & 63];
	}
	*out = '\0';
	return text;
}

enum err
crypto_base64url_decode(
    struct arena *arena, const char *text, size_t text_len, uint8_t **bytes, size_t *len)
{
	uint8_t *out = arena_alloc(arena, text_len * 3 / 4 + 1);
	size_t i, made = 0;
	uint32_t bits = 0;
	unsigned count = 0;

	for (i = 0; i < text_len; i++) {
		const char *at = text[i] == '\0' ? NULL : strchr(alphabet, text[i]);

		if (at == NULL)
			return ERR_BAD_REQUEST;
		bits = bits << 6 | (uint32_t)(at - alphabet);
		count += 6;
		if (count >= 8) {
			count -= 8;
			out[made++] = (uint8_t)(bits >> count);
			bits &= (1u << count) - 1;
		}
	}
	if (count >= 6 || bits != 0)
		return ERR_BAD_REQUEST;
	*bytes = out;
	*len = made;
	return ERR_OK;
}

char *
crypto_random_token(struct arena *arena, size_t len)
{
	uint8_t *bytes = arena_alloc(arena, len);

	crypto_random(bytes, len);
	return crypto_base64url(arena, bytes, len);
}

void
crypto_hex(const void *bytes, size_t len, char *hex)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *in = bytes;
	size_t i;

	for (i = 0; i < len; i++) {
		hex[2 * i] = digits[in[i] >> 4];
		hex[2 * i + 1] = digits[in[i] & 15];
	}
	hex[2 * len] = '\0';
}
