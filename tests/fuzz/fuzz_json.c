/*
 * The strict reader against json-c: what it accepts, json-c must have read in full; written out again
 * it must be accepted again and be equal.
 */
#include "base/json.h"
#include "base/limits.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena;
	struct json_object *first = NULL, *second = NULL;
	struct json_fault fault = { 0, NULL, NULL };
	const char *text;

	if (size > BODY_BYTES_MAX)
		return 0;
	arena = arena_new(REQUEST_BYTES_MAX);
	if (json_parse(arena, (const char *)data, size, &fault, &first) != ERR_OK) {
		assert(fault.what != NULL && fault.offset <= size);
		/* The scanner alone decides: json-c has no more to refuse. */
		assert(json_scan(arena, (const char *)data, size, &fault) != ERR_OK);
	} else {
		enum err err;

		text = json_object_to_json_string_ext(first, JSON_C_TO_STRING_PLAIN);
		err = json_parse(arena, text, strlen(text), &fault, &second);
		assert(err == ERR_OK && json_object_equal(first, second) != 0);
	}
	arena_free(arena);
	return 0;
}
