/*
 * A strict JSON reader in front of json-c, and nothing lenient behind it. json-c in its strict mode
 * still takes repeated keys, NUL in text, numbers out of range, raw control characters, single-quoted
 * keys and overlong UTF-8; so a scanner checks the whole text first, by RFC 8259 and the bounds of
 * limits.h, and json-c then builds a tree from what is known to be good.
 *
 * Refused: anything but one value with optional white space; bad UTF-8 or NUL, raw or escaped; lone
 * surrogates; repeated keys in one object; depth over JSON_DEPTH_MAX; over JSON_KEYS_MAX keys; a key
 * over JSON_KEY_BYTES_MAX bytes; an integer outside int64; a number outside double, whether too large
 * or too small to be told from 0.
 *
 * The tree prints what it holds: a number with the fewest digits that read back as the same double, and
 * not as it was written; no minus before zero. What was checked can so be sent on as text.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/arena.h"
#include "base/err.h"
#include <json-c/json.h>

struct json_fault {
	size_t offset; /* byte where the scan stopped */
	const char *what; /* as "repeated key" */
	const char *key; /* path of the member concerned, as "place.name"; NULL when there is none */
};

/*
 * Parse len bytes. The tree belongs to the arena.
 *	ERR_BAD_JSON	as listed above; *fault tells where
 */
MUST_CHECK enum err json_parse(struct arena *, const char *text, size_t len,
    struct json_fault *fault, struct json_object **root);
/* A double that prints as those of json_parse; value must be finite. */
struct json_object *json_number(double value);
/* Give a reference to the arena, which puts it back when it is reset. Returns object; NULL is nothing to keep. */
struct json_object *json_keep(struct arena *, struct json_object *object);
/* Only check, as json_parse does. */
MUST_CHECK enum err json_scan(
    struct arena *, const char *text, size_t len, struct json_fault *fault);

#endif
