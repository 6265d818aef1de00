#include "base/uuid.h"
#include "base/clock.h"
#include "base/crypto.h"

#include <string.h>

static bool
is_dash_place(size_t i)
{
	return i == 8 || i == 13 || i == 18 || i == 23;
}

char *
uuid_new(struct arena *arena)
{
	uint64_t ms = (uint64_t)(clock_now_us() / 1000);
	char *text = arena_alloc(arena, UUID_TEXT_SIZE);
	uint8_t bytes[16];
	char hex[33];
	size_t i, from = 0;

	crypto_random(bytes, sizeof(bytes));
	for (i = 0; i < 6; i++)
		bytes[i] = (uint8_t)(ms >> (40 - 8 * i));
	bytes[6] = (uint8_t)(0x70 | (bytes[6] & 0x0f)); /* version 7 */
	bytes[8] = (uint8_t)(0x80 | (bytes[8] & 0x3f)); /* variant of RFC 9562 */
	crypto_hex(bytes, sizeof(bytes), hex);
	for (i = 0; i < UUID_TEXT_LEN; i++)
		text[i] = is_dash_place(i) ? '-' : hex[from++];
	text[UUID_TEXT_LEN] = '\0';
	return text;
}

bool
uuid_valid(const char *text)
{
	static const uint8_t groups[] = { 8, 4, 4, 4, 12 };
	size_t i;

	for (i = 0; i < COUNT_OF(groups); i++) {
		const char *end = text + groups[i];

		for (; text < end; text++)
			if (!((*text >= '0' && *text <= '9') || (*text >= 'a' && *text <= 'f')))
				return false;
		if (*text++ != (i + 1 < COUNT_OF(groups) ? '-' : '\0'))
			return false;
	}
	return true;
}
