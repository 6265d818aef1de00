/* What the strict JSON reader makes, where it says it stopped, and its bounds. */
#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "harness/cunit.h"

#include <string.h>

static struct arena *arena;
static struct json_fault fault;

static struct json_object *
parse(const char *text, enum err expected)
{
	struct json_object *root = NULL;

	fault = (struct json_fault){ 0, NULL, NULL };
	CU_ASSERT_EQUAL(json_parse(arena, text, strlen(text), &fault, &root), expected);
	return root;
}

static void
makes_each_kind_of_value(void)
{
	struct json_object *root, *list;

	arena = arena_new(REQUEST_BYTES_MAX);
	root = parse("{\"t\":true,\"f\":false,\"n\":null,\"i\":-9223372036854775808,\"d\":1.5e2,"
		     "\"s\":\"\\ud83d\\ude00\\n\xc3\xa9\",\"l\":[1,[2]],\"o\":{\"\":0}}",
	    ERR_OK);
	CU_ASSERT_PTR_NOT_NULL_FATAL(root);
	CU_ASSERT_EQUAL(json_object_object_length(root), 8);
	CU_ASSERT(json_object_get_boolean(json_object_object_get(root, "t")) != 0);
	CU_ASSERT(json_object_is_type(json_object_object_get(root, "f"), json_type_boolean));
	CU_ASSERT_PTR_NULL(json_object_object_get(root, "n"));
	CU_ASSERT_EQUAL(json_object_get_int64(json_object_object_get(root, "i")), INT64_MIN);
	CU_ASSERT(json_object_is_type(json_object_object_get(root, "d"), json_type_double));
	CU_ASSERT_EQUAL(json_object_get_double(json_object_object_get(root, "d")), 150.0);
	CU_ASSERT_STRING_EQUAL(json_object_get_string(json_object_object_get(root, "s")),
	    "\xf0\x9f\x98\x80\n\xc3\xa9");
	list = json_object_object_get(root, "l");
	CU_ASSERT_EQUAL(json_object_array_length(list), 2);
	CU_ASSERT(json_object_object_get_ex(json_object_object_get(root, "o"), "", &list));
	arena_free(arena);
}

static void
makes_bare_values(void)
{
	arena = arena_new(REQUEST_BYTES_MAX);
	CU_ASSERT_EQUAL(json_object_get_int64(parse("42", ERR_OK)), 42);
	CU_ASSERT_EQUAL(json_object_get_int64(parse(" -7 ", ERR_OK)), -7);
	CU_ASSERT_STRING_EQUAL(json_object_get_string(parse("\"x\"", ERR_OK)), "x");
	CU_ASSERT_PTR_NULL(parse("null", ERR_OK));
	CU_ASSERT(json_object_is_type(parse("0", ERR_OK), json_type_int));
	CU_ASSERT(json_object_is_type(parse("0.0", ERR_OK), json_type_double));
	arena_free(arena);
}

static void
tells_where_it_stopped(void)
{
	arena = arena_new(REQUEST_BYTES_MAX);
	(void)parse("{\"a\": tru}", ERR_BAD_JSON);
	CU_ASSERT_EQUAL(fault.offset, 6);
	(void)parse("[1, 2", ERR_BAD_JSON);
	CU_ASSERT_EQUAL(fault.offset, 5);
	(void)parse("{\"name\": 1, \"na\\u006de\": 2}", ERR_BAD_JSON);
	CU_ASSERT_PTR_NOT_NULL_FATAL(fault.key);
	CU_ASSERT_STRING_EQUAL(fault.key, "name");
	CU_ASSERT_STRING_EQUAL(fault.what, "a repeated key");
	(void)parse("[9223372036854775808]", ERR_BAD_JSON);
	CU_ASSERT_STRING_EQUAL(fault.what, "a number out of range");
	CU_ASSERT_PTR_NULL(fault.key);
	arena_free(arena);
}

static void
tells_the_path_to_the_member(void)
{
	arena = arena_new(REQUEST_BYTES_MAX);
	(void)parse("{\"a\":1,\"b\":{\"c\":[\"x\\u0000\"]}}", ERR_BAD_JSON);
	CU_ASSERT_STRING_EQUAL(fault.key, "b.c");
	(void)parse("{\"a\":\"\xff\"}", ERR_BAD_JSON);
	CU_ASSERT_STRING_EQUAL(fault.what, "text that is not UTF-8");
	CU_ASSERT_STRING_EQUAL(fault.key, "a");
	(void)parse("{\"a\":1}\xff", ERR_BAD_JSON);
	CU_ASSERT_PTR_NULL(fault.key);
	arena_free(arena);
}

static const char *
nested(size_t depth, char open, const char *inner, char close)
{
	struct buf text = buf_new(arena, 64);
	size_t i;

	for (i = 0; i < depth; i++) {
		buf_putc(&text, open);
		if (open == '{')
			buf_puts(&text, "\"k\":");
	}
	buf_puts(&text, inner);
	for (i = 0; i < depth; i++)
		buf_putc(&text, close);
	return text.data;
}

static void
holds_the_depth(void)
{
	arena = arena_new(REQUEST_BYTES_MAX);
	(void)parse(nested(JSON_DEPTH_MAX, '[', "1", ']'), ERR_OK);
	(void)parse(nested(JSON_DEPTH_MAX, '[', "", ']'), ERR_OK);
	(void)parse(nested(JSON_DEPTH_MAX, '{', "null", '}'), ERR_OK);
	(void)parse(nested(JSON_DEPTH_MAX - 1, '{', "[\"a\",{}]", '}'), ERR_BAD_JSON);
	(void)parse(nested(JSON_DEPTH_MAX + 1, '[', "", ']'), ERR_BAD_JSON);
	(void)parse(nested(JSON_DEPTH_MAX + 1, '{', "1", '}'), ERR_BAD_JSON);
	(void)parse(nested(30000, '[', "", ' '), ERR_BAD_JSON);
	CU_ASSERT_STRING_EQUAL(fault.what, "nesting that is too deep");
	(void)parse("[[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[]]", ERR_OK);
	arena_free(arena);
}

/* An object of count keys k0, k1 … */
static const char *
object_of(int count)
{
	struct buf text = buf_new(arena, 64);
	int i;

	for (i = 0; i < count; i++)
		buf_printf(&text, "%c\"k%d\":0", i == 0 ? '{' : ',', i);
	buf_putc(&text, '}');
	return text.data;
}

static void
holds_the_number_of_keys(void)
{
	struct buf two;

	arena = arena_new(REQUEST_BYTES_MAX);
	(void)parse(object_of(JSON_KEYS_MAX), ERR_OK);
	(void)parse(object_of(JSON_KEYS_MAX + 1), ERR_BAD_JSON);
	CU_ASSERT_STRING_EQUAL(fault.what, "too many keys");
	two = buf_new(arena, 64);
	buf_printf(&two, "[%s,", object_of(JSON_KEYS_MAX));
	buf_puts(&two, "{\"one\":1}]");
	(void)parse(two.data, ERR_BAD_JSON);
	arena_free(arena);
}

static void
holds_the_length_of_a_key(void)
{
	char key[JSON_KEY_BYTES_MAX + 2];

	arena = arena_new(REQUEST_BYTES_MAX);
	memset(key, 'k', sizeof(key));
	(void)parse(arena_printf(arena, "{\"%.*s\":1}", JSON_KEY_BYTES_MAX, key), ERR_OK);
	(void)parse(arena_printf(arena, "{\"%.*s\":1}", JSON_KEY_BYTES_MAX + 1, key), ERR_BAD_JSON);
	CU_ASSERT_STRING_EQUAL(fault.what, "a key that is too long");
	(void)parse(arena_printf(arena, "{\"%.*s\\u0061\":1}", JSON_KEY_BYTES_MAX - 1, key), ERR_OK);
	arena_free(arena);
}

static void
reads_the_largest_body(void)
{
	struct buf text;

	arena = arena_new(REQUEST_BYTES_MAX);
	text = buf_new(arena, BODY_BYTES_MAX);
	buf_putc(&text, '[');
	while (text.len < BODY_BYTES_MAX - 4)
		buf_puts(&text, "\"\",");
	buf_puts(&text, "0]");
	CU_ASSERT_PTR_NOT_NULL(parse(text.data, ERR_OK));
	arena_free(arena);
}

/* What is sent on is what was checked, and not the text it came from. */
static void
prints_numbers_as_it_holds_them(void)
{
	static const char *const pairs[][2] = {
		{ "12.97", "12.97" },
		{ "0.1e1", "1.0" },
		{ "-0.0", "0.0" },
		{ "-0", "0" },
		{ "0e400", "0.0" },
		{ "1e2", "100.0" },
		{ "1E+300", "1e+300" },
		{ "0.30000000000000004", "0.30000000000000004" },
		{ "3.00000000000000000000000000000000000000000000000000000000000000001", "3.0" },
		{ "9007199254740993.0", "9007199254740992.0" },
		{ "9007199254740993", "9007199254740993" },
	};
	size_t i;

	arena = arena_new(REQUEST_BYTES_MAX);
	for (i = 0; i < COUNT_OF(pairs); i++) {
		CU_ASSERT_STRING_EQUAL(
		    json_object_to_json_string_ext(
			parse(arena_printf(arena, "{\"a\":[%s]}", pairs[i][0]), ERR_OK),
			JSON_C_TO_STRING_PLAIN),
		    arena_printf(arena, "{\"a\":[%s]}", pairs[i][1]));
	}
	arena_free(arena);
}

static const struct cunit_test tests[] = {
	{ "each kind of value is made", makes_each_kind_of_value },
	{ "a value needs no object around it", makes_bare_values },
	{ "a refusal tells the place and the key", tells_where_it_stopped },
	{ "a fault in a member is told with its path", tells_the_path_to_the_member },
	{ "nesting is bounded", holds_the_depth },
	{ "the number of keys is bounded over all objects", holds_the_number_of_keys },
	{ "the length of a key is bounded, decoded", holds_the_length_of_a_key },
	{ "the largest body of small values fits", reads_the_largest_body },
	{ "a number is printed as it is held", prints_numbers_as_it_holds_them },
	{ NULL, NULL },
};

int
main(void)
{
	return cunit_run("json_tree", tests);
}
