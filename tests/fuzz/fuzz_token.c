/*
 * Access tokens from strangers: whatever the bytes, a token is only taken when it was signed with our
 * key. The first byte chooses: the text as it is, or signed as header and claims at the first line end,
 * so that the claims behind the signature are reached too.
 */
#include "base/clock.h"
#include "base/crypto.h"
#include "base/limits.h"
#include "base/uuid.h"
#include "web/token.h"

#include <string.h>

#define SECRET "fuzz-secret-fuzz-secret-fuzz-secret"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct conf conf = { .base_url = "https://confab.test", .access_token_s = 600,
	.secret_keys = "k:" SECRET };

static char *
sign(struct arena *arena, const char *text)
{
	size_t cut = strcspn(text, "\n");
	const char *claims = text[cut] == '\n' ? text + cut + 1 : "";
	char *head = arena_printf(arena, "%s.%s", crypto_base64url(arena, text, cut),
	    crypto_base64url(arena, claims, strlen(claims)));
	uint8_t mac[SHA256_SIZE];

	crypto_hmac_sha256(SECRET, strlen(SECRET), head, strlen(head), mac);
	return arena_printf(arena, "%s.%s", head, crypto_base64url(arena, mac, sizeof(mac)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(REQUEST_BYTES_MAX);
	struct token token;
	enum err err;
	char *text;

	if (size > 0) {
		bool ours = data[0] == 's';

		text = arena_strndup(arena, (const char *)data + 1, size - 1);
		err = token_check(arena, &conf, ours ? sign(arena, text) : text, &token);
		assert(err == ERR_OK || err == ERR_UNAUTHORIZED || err == ERR_TOKEN_EXPIRED);
		if (err == ERR_OK) {
			assert(ours && token.role != 0 && token.expires_at_s > clock_now_s());
			assert(uuid_valid(token.user_id) && uuid_valid(token.login_id));
		}
	}
	arena_free(arena);
	return 0;
}
