/*
 * The few primitives we need, over OpenSSL 3 and getrandom(2): random bytes, SHA-256, HMAC-SHA-256,
 * constant-time compare, base64url (RFC 4648 section 5, without padding) and hex. No algorithm is
 * implemented here.
 */
#ifndef BASE_CRYPTO_H
#define BASE_CRYPTO_H

#include "base/arena.h"
#include "base/err.h"

enum { SHA256_SIZE = 32, SHA256_HEX_SIZE = 65 };

void crypto_random(void *bytes, size_t len);
void crypto_sha256(const void *bytes, size_t len, uint8_t digest[SHA256_SIZE]);
/* Lower-case hex of the digest, with NUL: how secrets of 128 bits or more are stored. */
void crypto_sha256_hex(const void *bytes, size_t len, char hex[SHA256_HEX_SIZE]);
void crypto_hmac_sha256(
    const void *key, size_t key_len, const void *bytes, size_t len, uint8_t mac[SHA256_SIZE]);
/* The SHA-1 digest as base64 with padding, and NUL: for the handshake of WebSockets, nothing else. */
enum { SHA1_BASE64_SIZE = 29 };
void crypto_sha1_base64(const void *bytes, size_t len, char text[SHA1_BASE64_SIZE]);
/* HMAC-SHA-1 as base64 with padding: for who signs so, as Twilio; nothing of ours. */
char *crypto_hmac_sha1_base64(struct arena *, const char *key, const void *bytes, size_t len);
/* With padding (RFC 4648 section 4). */
char *crypto_base64(struct arena *, const void *bytes, size_t len);
/* Equal content, in time that depends on len alone. */
bool crypto_equal(const void *a, const void *b, size_t len);
/* len random bytes as base64url text. */
char *crypto_random_token(struct arena *, size_t len);
char *crypto_base64url(struct arena *, const void *bytes, size_t len);
/* Strict: no padding, no foreign characters, no stray bits. ERR_BAD_REQUEST otherwise. */
MUST_CHECK enum err crypto_base64url_decode(
    struct arena *, const char *text, size_t text_len, uint8_t **bytes, size_t *len);
/* Writes 2 * len characters and a NUL. */
void crypto_hex(const void *bytes, size_t len, char *hex);

#endif
