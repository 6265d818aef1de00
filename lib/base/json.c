#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One decoded key of an object that is still open; the list ends where the outer object's begins. */
struct key {
	struct key *next;
	const char *text;
};

struct scan {
	struct arena *arena;
	const char *start, *at, *end;
	struct json_fault *fault;
	struct key *keys; /* keys of the object being read, newest first */
	int depth;
	int key_count; /* in the whole text */
};

static enum err
fail(struct scan *scan, const char *what)
{
	*scan->fault = (struct json_fault){ (size_t)(scan->at - scan->start), what, NULL };
	return ERR_BAD_JSON;
}

static void
skip_space(struct scan *scan)
{
	while (scan->at < scan->end &&
	    (*scan->at == ' ' || *scan->at == '\t' || *scan->at == '\n' || *scan->at == '\r'))
		scan->at++;
}

static int
peek(const struct scan *scan)
{
	return scan->at < scan->end ? (unsigned char)*scan->at : -1;
}

/* Four hex digits at scan->at + 2, after "\u"; -1 when they are not. */
static int32_t
unicode_escape(const struct scan *scan)
{
	int32_t code = 0;
	int i;

	if (scan->end - scan->at < 6 || scan->at[0] != '\\' || scan->at[1] != 'u')
		return -1;
	for (i = 2; i < 6; i++) {
		char c = (char)(scan->at[i] | 0x20);

		if (scan->at[i] >= '0' && scan->at[i] <= '9')
			code = code * 16 + scan->at[i] - '0';
		else if (c >= 'a' && c <= 'f')
			code = code * 16 + c - 'a' + 10;
		else
			return -1;
	}
	return code;
}

static size_t
utf8_put(char *out, uint32_t code)
{
	if (code < 0x80) {
		out[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		out[0] = (char)(0xc0 | code >> 6);
		out[1] = (char)(0x80 | (code & 0x3f));
		return 2;
	}
	if (code < 0x10000) {
		out[0] = (char)(0xe0 | code >> 12);
		out[1] = (char)(0x80 | (code >> 6 & 0x3f));
		out[2] = (char)(0x80 | (code & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | code >> 18);
	out[1] = (char)(0x80 | (code >> 12 & 0x3f));
	out[2] = (char)(0x80 | (code >> 6 & 0x3f));
	out[3] = (char)(0x80 | (code & 0x3f));
	return 4;
}

static enum err
scan_unicode(struct scan *scan, char *out, size_t *len)
{
	int32_t high = unicode_escape(scan), low;

	if (high < 0)
		return fail(scan, "a bad \\u escape");
	if (high == 0)
		return fail(scan, "a NUL character");
	if (high >= 0xdc00 && high <= 0xdfff)
		return fail(scan, "a lone surrogate");
	scan->at += 6;
	if (high < 0xd800 || high > 0xdbff) {
		*len += utf8_put(out + *len, (uint32_t)high);
		return ERR_OK;
	}
	low = unicode_escape(scan);
	if (low < 0xdc00 || low > 0xdfff)
		return fail(scan, "a lone surrogate");
	scan->at += 6;
	*len += utf8_put(
	    out + *len, 0x10000 + ((uint32_t)(high - 0xd800) << 10) + (uint32_t)(low - 0xdc00));
	return ERR_OK;
}

static enum err
scan_escape(struct scan *scan, char *out, size_t *len)
{
	static const char from[] = "\"\\/bfnrt";
	static const char to[] = "\"\\/\b\f\n\r\t";
	const char *found;

	if (scan->end - scan->at < 2)
		return fail(scan, "an unfinished escape");
	if (scan->at[1] == 'u')
		return scan_unicode(scan, out, len);
	found = scan->at[1] == '\0' ? NULL : strchr(from, scan->at[1]);
	if (found == NULL)
		return fail(scan, "an unknown escape");
	out[(*len)++] = to[found - from];
	scan->at += 2;
	return ERR_OK;
}

/* Read a string; its decoded form (never longer than the raw one) goes to *text. */
static enum err
scan_string(struct scan *scan, char **text, size_t *text_len)
{
	const char *stop;
	size_t len = 0;
	char *out;

	if (peek(scan) != '"')
		return fail(scan, "a string was expected");
	scan->at++;
	for (stop = scan->at; stop < scan->end && *stop != '"'; stop++)
		if (*stop == '\\' && stop + 1 < scan->end)
			stop++;
	if (!str_utf8_valid(scan->at, (size_t)(stop - scan->at)))
		return fail(scan, "text that is not UTF-8");
	out = arena_alloc(scan->arena, (size_t)(stop - scan->at) + 1);
	while (peek(scan) != '"') {
		int c = peek(scan);

		if (c < 0)
			return fail(scan, "an unfinished string");
		if (c < 0x20)
			return fail(scan, "a raw control character");
		if (c == '\\') {
			TRY(scan_escape(scan, out, &len));
			continue;
		}
		out[len++] = (char)c;
		scan->at++;
	}
	scan->at++;
	out[len] = '\0';
	*text = out;
	*text_len = len;
	return ERR_OK;
}

static size_t
skip_digits(struct scan *scan)
{
	size_t count = 0;

	while (peek(scan) >= '0' && peek(scan) <= '9') {
		scan->at++;
		count++;
	}
	return count;
}

static enum err
number_range(struct scan *scan, const char *from, bool integer)
{
	char *text = arena_strndup(scan->arena, from, (size_t)(scan->at - from));

	errno = 0;
	if (integer)
		(void)strtoll(text, NULL, 10);
	else
		(void)strtod(text, NULL); /* ERANGE of what is too large, and of what is too small */
	return errno == ERANGE ? fail(scan, "a number out of range") : ERR_OK;
}

static enum err
scan_number(struct scan *scan)
{
	const char *from = scan->at;
	bool integer = true;

	if (peek(scan) == '-')
		scan->at++;
	if (peek(scan) == '0')
		scan->at++;
	else if (skip_digits(scan) == 0)
		return fail(scan, "a value was expected");
	if (peek(scan) == '.') {
		integer = false;
		scan->at++;
		if (skip_digits(scan) == 0)
			return fail(scan, "digits must follow the point");
	}
	if (peek(scan) == 'e' || peek(scan) == 'E') {
		integer = false;
		scan->at++;
		if (peek(scan) == '+' || peek(scan) == '-')
			scan->at++;
		if (skip_digits(scan) == 0)
			return fail(scan, "digits must follow the exponent");
	}
	return number_range(scan, from, integer);
}

static enum err
scan_word(struct scan *scan, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(scan->end - scan->at) < len || memcmp(scan->at, word, len) != 0)
		return fail(scan, "a value was expected");
	scan->at += len;
	return ERR_OK;
}

static enum err scan_value(struct scan *);

static enum err
scan_key(struct scan *scan)
{
	struct key *key = arena_alloc(scan->arena, sizeof(*key));
	const struct key *other;
	char *text;
	size_t len;

	TRY(scan_string(scan, &text, &len));
	if (len > JSON_KEY_BYTES_MAX)
		return fail(scan, "a key that is too long");
	if (++scan->key_count > JSON_KEYS_MAX)
		return fail(scan, "too many keys");
	for (other = scan->keys; other != NULL; other = other->next)
		if (strcmp(other->text, text) == 0) {
			(void)fail(scan, "a repeated key");
			scan->fault->key = text;
			return ERR_BAD_JSON;
		}
	*key = (struct key){ scan->keys, text };
	scan->keys = key;
	return ERR_OK;
}

/* A fault inside a member is told with the path to it. */
static enum err
scan_pair(struct scan *scan)
{
	struct json_fault *fault = scan->fault;
	const char *key;
	enum err err;

	TRY(scan_key(scan));
	key = scan->keys->text;
	skip_space(scan);
	if (peek(scan) != ':')
		return fail(scan, "a colon was expected");
	scan->at++;
	err = scan_value(scan);
	if (err != ERR_OK)
		fault->key =
		    fault->key != NULL ? arena_printf(scan->arena, "%s.%s", key, fault->key) : key;
	return err;
}

/* The members of an object or array up to its closing character. */
static enum err
scan_members(struct scan *scan, char close, enum err (*member)(struct scan *))
{
	scan->at++;
	if (++scan->depth > JSON_DEPTH_MAX)
		return fail(scan, "nesting that is too deep");
	skip_space(scan);
	if (peek(scan) == close) {
		scan->at++;
		scan->depth--;
		return ERR_OK;
	}
	for (;;) {
		skip_space(scan);
		TRY(member(scan));
		skip_space(scan);
		if (peek(scan) == close)
			break;
		if (peek(scan) != ',')
			return fail(scan, "a comma or the end was expected");
		scan->at++;
	}
	scan->at++;
	scan->depth--;
	return ERR_OK;
}

static enum err
scan_object(struct scan *scan)
{
	struct key *outer = scan->keys;

	scan->keys = NULL;
	TRY(scan_members(scan, '}', scan_pair));
	scan->keys = outer;
	return ERR_OK;
}

static enum err
scan_value(struct scan *scan)
{
	char *text;
	size_t len;

	skip_space(scan);
	switch (peek(scan)) {
	case '{':
		return scan_object(scan);
	case '[':
		return scan_members(scan, ']', scan_value);
	case '"':
		return scan_string(scan, &text, &len);
	case 't':
		return scan_word(scan, "true");
	case 'f':
		return scan_word(scan, "false");
	case 'n':
		return scan_word(scan, "null");
	default:
		return scan_number(scan);
	}
}

enum err
json_scan(struct arena *arena, const char *text, size_t len, struct json_fault *fault)
{
	struct scan scan = { arena, text, text, text + len, fault, NULL, 0, 0 };

	/* UTF-8 is checked in strings; elsewhere such bytes are no syntax. */
	TRY(scan_value(&scan));
	skip_space(&scan);
	return scan.at == scan.end ? ERR_OK : fail(&scan, "something after the end");
}

static void
put_object(void *object)
{
	(void)json_object_put(object);
}

struct json_object *
json_keep(struct arena *arena, struct json_object *object)
{
	if (object != NULL)
		arena_defer(arena, put_object, object);
	return object;
}

/* The fewest digits that read back as value; a whole number keeps a point, so that it stays a double. */
static int
number_print(struct json_object *number, struct printbuf *out, int level, int flags)
{
	double value = json_object_get_double(number);
	char text[40];
	int digits;

	(void)level;
	(void)flags;
	for (digits = 15; digits <= 17; digits++) {
		(void)snprintf(text, sizeof(text), "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
	if (text[strspn(text, "-0123456789")] == '\0')
		(void)snprintf(text, sizeof(text), "%.1f", value);
	return printbuf_memappend(out, text, (int)strlen(text));
}

static struct json_object *
number_canonical(struct json_object *number)
{
	if (json_object_get_double(number) == 0)
		(void)json_object_set_double(number, 0.0); /* no minus */
	json_object_set_serializer(number, number_print, NULL, NULL);
	return number;
}

struct json_object *
json_number(double value)
{
	return number_canonical(json_object_new_double(value));
}

/* json-c keeps the text a double was read from and prints that: a second value beside the one that is
 * checked. */
static void
numbers_canonical(struct json_object *value)
{
	size_t i;

	if (json_object_is_type(value, json_type_double))
		(void)number_canonical(value);
	if (json_object_is_type(value, json_type_object)) {
		json_object_object_foreach (value, name, member) {
			(void)name;
			numbers_canonical(member);
		}
	}
	if (json_object_is_type(value, json_type_array))
		for (i = 0; i < json_object_array_length(value); i++)
			numbers_canonical(json_object_array_get_idx(value, i));
}

enum err
json_parse(struct arena *arena, const char *text, size_t len, struct json_fault *fault,
    struct json_object **root)
{
	struct json_tokener *tokener;
	struct json_object *made;
	enum json_tokener_error status;

	TRY(json_scan(arena, text, len, fault));
	tokener = json_tokener_new_ex(JSON_DEPTH_MAX + 1);
	assert(tokener != NULL);
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	made = json_tokener_parse_ex(tokener, text, (int)len);
	status = json_tokener_get_error(tokener);
	if (status == json_tokener_continue) { /* a bare number ends only at the end of input */
		made = json_tokener_parse_ex(tokener, "", 1);
		status = json_tokener_get_error(tokener);
	}
	json_tokener_free(tokener);
	if (made != NULL)
		(void)json_keep(arena, made);
	if (status != json_tokener_success) {
		*fault = (struct json_fault){ 0, json_tokener_error_desc(status), NULL };
		return ERR_BAD_JSON;
	}
	numbers_canonical(made);
	*root = made;
	return ERR_OK;
}
