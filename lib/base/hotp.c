#include "base/hotp.h"
#include "base/crypto.h"

#include <liboath/oath.h>
#include <stdlib.h>
#include <string.h>

char *
hotp_base32(struct arena *arena, const void *bytes, size_t len)
{
	char *made = NULL, *text;

	if (oath_base32_encode(bytes, len, &made, NULL) != OATH_OK)
		abort();
	text = arena_strndup(arena, made, strcspn(made, "="));
	free(made);
	return text;
}

enum err
hotp_find(const char *base32_secret, int64_t first, int count, const char *code, int *place)
{
	char *secret = NULL, right[HOTP_DIGITS + 1];
	size_t len = 0;
	int i;

	*place = -1;
	if (oath_base32_decode(base32_secret, strlen(base32_secret), &secret, &len) != OATH_OK)
		return ERR_INTERNAL;
	for (i = 0; i < count; i++) {
		if (oath_hotp_generate(secret, len, (uint64_t)(first + i), HOTP_DIGITS, false,
			OATH_HOTP_DYNAMIC_TRUNCATION, right) != OATH_OK)
			abort();
		if (crypto_equal(right, code, HOTP_DIGITS))
			*place = i;
	}
	explicit_bzero(secret, len);
	free(secret);
	return ERR_OK;
}
