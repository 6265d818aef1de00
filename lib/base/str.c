#include "base/str.h"

#include <string.h>

/* Decode one code point; its length in bytes, or 0 when s is not well-formed. */
static size_t
utf8_next(const unsigned char *s, size_t len, uint32_t *code)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t need, i;

	if (len == 0)
		return 0;
	if (s[0] < 0x80) {
		*code = s[0];
		return 1;
	}
	need = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	if (s[0] < 0xc2 || s[0] > 0xf4 || need > len)
		return 0;
	*code = s[0] & (0x7fu >> need);
	for (i = 1; i < need; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (s[i] & 0x3f);
	}
	if (*code < least[need] || *code > 0x10ffff || (*code >= 0xd800 && *code <= 0xdfff))
		return 0;
	return need;
}

/* Eight bytes of ASCII, none of them NUL. */
static bool
is_ascii8(const unsigned char *s)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones * 0x80;
	uint64_t bytes;

	memcpy(&bytes, s, sizeof(bytes));
	return ((bytes | (bytes - ones)) & tops) == 0;
}

bool
str_utf8_valid(const char *s, size_t len)
{
	const unsigned char *at = (const unsigned char *)s;

	while (len > 0) {
		uint32_t code;
		size_t step;

		if (len >= 8 && is_ascii8(at)) {
			at += 8;
			len -= 8;
			continue;
		}
		step = utf8_next(at, len, &code);

		if (step == 0 || code == 0)
			return false;
		at += step;
		len -= step;
	}
	return true;
}

size_t
str_utf8_next(const char *s, uint32_t *code)
{
	return utf8_next((const unsigned char *)s, strlen(s), code);
}

size_t
str_utf8_count(const char *s)
{
	size_t count = 0;

	for (; *s != '\0'; s++)
		count += ((unsigned char)*s & 0xc0) != 0x80;
	return count;
}

bool
str_has_control(const char *s)
{
	const unsigned char *at = (const unsigned char *)s;
	size_t len = strlen(s);

	while (len > 0) {
		uint32_t code;
		size_t step = utf8_next(at, len, &code);

		if (step == 0)
			return true;
		if ((code < 0x20 && code != '\t' && code != '\n' && code != '\r') || code == 0x7f ||
		    (code >= 0x80 && code < 0xa0) || (code >= 0x202a && code <= 0x202e) ||
		    (code >= 0x2066 && code <= 0x2069))
			return true;
		at += step;
		len -= step;
	}
	return false;
}

bool
str_to_int(const char *s, int64_t min, int64_t max, int64_t *value)
{
	bool negative = *s == '-';
	int64_t sum = 0;

	s += negative;
	if (*s == '\0' || (*s == '0' && (s[1] != '\0' || negative)))
		return false;
	for (; *s != '\0'; s++) {
		if (*s < '0' || *s > '9' || __builtin_mul_overflow(sum, 10, &sum) ||
		    __builtin_sub_overflow(sum, *s - '0', &sum))
			return false;
	}
	/* The sum was built negative, so that INT64_MIN fits. */
	if (!negative && __builtin_sub_overflow((int64_t)0, sum, &sum))
		return false;
	if (sum < min || sum > max)
		return false;
	*value = sum;
	return true;
}

char *
str_digits(char *end, uint64_t value)
{
	do
		*--end = (char)('0' + value % 10);
	while ((value /= 10) != 0);
	return end;
}

bool
str_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

void
str_lower(char *s)
{
	for (; *s != '\0'; s++)
		if (*s >= 'A' && *s <= 'Z')
			*s = (char)(*s - 'A' + 'a');
}

bool
str_equal_nocase(const char *a, const char *b)
{
	for (; *a != '\0' && *b != '\0'; a++, b++) {
		unsigned char x = (unsigned char)*a, y = (unsigned char)*b;

		x = x >= 'A' && x <= 'Z' ? (unsigned char)(x | 0x20) : x;
		y = y >= 'A' && y <= 'Z' ? (unsigned char)(y | 0x20) : y;
		if (x != y)
			return false;
	}
	return *a == *b;
}

uint64_t
str_hash(const char *s)
{
	uint64_t hash = UINT64_C(14695981039346656037);

	for (; *s != '\0'; s++)
		hash = (hash ^ (uint8_t)*s) * UINT64_C(1099511628211);
	return hash != 0 ? hash : 1;
}
