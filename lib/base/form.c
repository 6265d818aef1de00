#include "base/form.h"
#include "base/str.h"

#include <string.h>

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Decode one name or value of len bytes; NULL when it is malformed. */
static char *
decode_part(struct arena *arena, const char *text, size_t len)
{
	char *out = arena_alloc(arena, len + 1);
	size_t i, made = 0;

	for (i = 0; i < len; i++) {
		int high, low;

		if (text[i] != '%') {
			out[made++] = text[i] == '+' ? ' ' : text[i];
			continue;
		}
		if (len - i < 3)
			return NULL;
		high = hex_value(text[i + 1]);
		low = hex_value(text[i + 2]);
		if (high < 0 || low < 0)
			return NULL;
		out[made++] = (char)(high << 4 | low);
		i += 2;
	}
	out[made] = '\0';
	return str_utf8_valid(out, made) ? out : NULL;
}

enum err
form_decode(struct arena *arena, const char *text, size_t len, struct pair *pairs, size_t max,
    size_t *count)
{
	const char *end = text + len;
	size_t made = 0;

	while (text < end) {
		const char *stop = memchr(text, '&', (size_t)(end - text));
		const char *equals;

		if (stop == NULL)
			stop = end;
		if (stop > text) {
			if (made == max)
				return ERR_BAD_REQUEST;
			equals = memchr(text, '=', (size_t)(stop - text));
			pairs[made].name =
			    decode_part(arena, text, (size_t)((equals ? equals : stop) - text));
			pairs[made].value = equals == NULL
			    ? ""
			    : decode_part(arena, equals + 1, (size_t)(stop - equals - 1));
			if (pairs[made].name == NULL || pairs[made].value == NULL)
				return ERR_BAD_REQUEST;
			made++;
		}
		text = stop < end ? stop + 1 : end;
	}
	*count = made;
	return ERR_OK;
}

const char *
form_get(const struct pair *pairs, size_t count, const char *name)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (strcmp(pairs[i].name, name) == 0)
			return pairs[i].value;
	return NULL;
}
