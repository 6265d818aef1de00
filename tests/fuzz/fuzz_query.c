/*
 * Decoding of queries and forms: what is accepted is UTF-8 without NUL, and encoded again it decodes
 * to the same pairs.
 */
#include "base/buf.h"
#include "base/limits.h"
#include "base/form.h"
#include "base/str.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
compare_again(struct arena *arena, const struct pair *pairs, size_t count)
{
	struct buf text = buf_new(arena, 256);
	struct pair again[QUERY_PAIRS_MAX];
	size_t i, made = 0;
	enum err err;

	for (i = 0; i < count; i++) {
		buf_putc(&text, '&');
		buf_url(&text, pairs[i].name);
		buf_putc(&text, '=');
		buf_url(&text, pairs[i].value);
	}
	err = form_decode(arena, text.data, text.len, again, COUNT_OF(again), &made);
	assert(err == ERR_OK && made == count);
	for (i = 0; i < count; i++) {
		assert(strcmp(pairs[i].name, again[i].name) == 0);
		assert(strcmp(pairs[i].value, again[i].value) == 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(REQUEST_BYTES_MAX);
	struct pair pairs[QUERY_PAIRS_MAX];
	size_t i, count = 0;

	if (size <= BODY_BYTES_MAX &&
	    form_decode(arena, (const char *)data, size, pairs, COUNT_OF(pairs), &count) == ERR_OK) {
		assert(count <= COUNT_OF(pairs));
		for (i = 0; i < count; i++) {
			assert(str_utf8_valid(pairs[i].name, strlen(pairs[i].name)));
			assert(str_utf8_valid(pairs[i].value, strlen(pairs[i].value)));
			assert(form_get(pairs, count, pairs[i].name) != NULL);
			(void)str_has_control(pairs[i].value);
		}
		compare_again(arena, pairs, count);
	}
	arena_free(arena);
	return 0;
}
