/* Text helpers: UTF-8, queries and forms, whole numbers. */
#include "base/limits.h"
#include "base/form.h"
#include "base/str.h"
#include "harness/cunit.h"

#include <string.h>

/* Behind that many letters, and with some after it. */
static bool
valid_within(const char *text, size_t before)
{
	char whole[80] = "";
	size_t len = strlen(text);

	memset(whole, 'a', before);
	memcpy(whole + before, text, len);
	memset(whole + before + len, 'z', 20);
	return str_utf8_valid(whole, before + len + 20);
}

static void
knows_utf8(void)
{
	static const char *const good[] = { "", "a", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80",
		"\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80",
		"\xf4\x8f\xbf\xbf" };
	static const char *const bad[] = { "\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2",
		"\xc2"
		"a",
		"\xe0\x9f\xbf", "\xe2\x82", "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf",
		"\xf0\x90\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xfe", "a\xc3" };
	size_t i;

	for (i = 0; i < COUNT_OF(good); i++)
		CU_ASSERT(str_utf8_valid(good[i], strlen(good[i])));
	for (i = 0; i < COUNT_OF(bad); i++)
		CU_ASSERT(!str_utf8_valid(bad[i], strlen(bad[i])));
	CU_ASSERT(!str_utf8_valid("a\0b", 3));
	for (i = 0; i < 40 * COUNT_OF(good); i++)
		CU_ASSERT(valid_within(good[i % COUNT_OF(good)], i / COUNT_OF(good)));
	for (i = 0; i < 40 * COUNT_OF(bad); i++)
		CU_ASSERT(!valid_within(bad[i % COUNT_OF(bad)], i / COUNT_OF(bad)));
	for (i = 0; i < 40; i++)
		CU_ASSERT(
		    !str_utf8_valid("0123456789abcdefghijklmnopqrstuvwxyzABCD\0x" + i, 42 - i));
	CU_ASSERT_EQUAL(str_utf8_count(""), 0);
	CU_ASSERT_EQUAL(str_utf8_count("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"), 4);
}

static void
finds_controls(void)
{
	static const char *const bad[] = { "\x01", "a\x1b[0m", "\x7f", "\xc2\x85", "\xe2\x80\xae",
		"\xe2\x80\xaa", "\xe2\x81\xa6", "\xe2\x81\xa9", "\xff" };
	static const char *const good[] = { "", "a\tb\r\n", "\xc2\xa0", "\xe2\x80\xa9",
		"\xe2\x80\xaf", "\xe2\x81\xa5", "\xe2\x81\xaa", "\xf0\x9f\x98\x80" };
	size_t i;

	for (i = 0; i < COUNT_OF(bad); i++)
		CU_ASSERT(str_has_control(bad[i]));
	for (i = 0; i < COUNT_OF(good); i++)
		CU_ASSERT(!str_has_control(good[i]));
}

static void
decodes_pairs(void)
{
	struct arena *arena = arena_new(REQUEST_BYTES_MAX);
	static const char text[] = "&a=1+2&&b=%26%3d%C3%A9&c&=d&a=x=y&";
	static const struct pair expected[] = { { "a", "1 2" }, { "b", "&=\xc3\xa9" }, { "c", "" },
		{ "", "d" }, { "a", "x=y" } };
	struct pair pairs[8];
	size_t count = 0, i;

	CU_ASSERT_EQUAL(form_decode(arena, text, strlen(text), pairs, 8, &count), ERR_OK);
	CU_ASSERT_EQUAL_FATAL(count, COUNT_OF(expected));
	for (i = 0; i < count; i++) {
		CU_ASSERT_STRING_EQUAL(pairs[i].name, expected[i].name);
		CU_ASSERT_STRING_EQUAL(pairs[i].value, expected[i].value);
	}
	CU_ASSERT_STRING_EQUAL(form_get(pairs, count, "a"), "1 2");
	CU_ASSERT_PTR_NULL(form_get(pairs, count, "z"));
	CU_ASSERT_EQUAL(form_decode(arena, "", 0, pairs, 0, &count), ERR_OK);
	CU_ASSERT_EQUAL(count, 0);
	arena_free(arena);
}

static void
refuses_bad_pairs(void)
{
	struct arena *arena = arena_new(REQUEST_BYTES_MAX);
	static const char *const bad[] = { "a=%", "a=%4", "a=%4g", "a=%zz", "a=%00", "%00=a",
		"a=%ff", "a=%c3", "a=\xff", "a=1&b=2&c=3" };
	struct pair pairs[2];
	size_t count = 77, i;

	for (i = 0; i < COUNT_OF(bad); i++)
		CU_ASSERT_EQUAL(
		    form_decode(arena, bad[i], strlen(bad[i]), pairs, 2, &count), ERR_BAD_REQUEST);
	CU_ASSERT_EQUAL(form_decode(arena, "a=\0", 3, pairs, 2, &count), ERR_BAD_REQUEST);
	CU_ASSERT_EQUAL(count, 77);
	CU_ASSERT_EQUAL(form_decode(arena, "a=1&b=2&", 8, pairs, 2, &count), ERR_OK);
	arena_free(arena);
}

static void
reads_whole_numbers(void)
{
	static const char *const bad[] = { "", "-", "+1", " 1", "1 ", "01", "-0", "-01", "1.0",
		"1e1", "0x1", "9223372036854775808", "-9223372036854775809",
		"99999999999999999999" };
	int64_t value = 5;
	size_t i;

	for (i = 0; i < COUNT_OF(bad); i++)
		CU_ASSERT(!str_to_int(bad[i], INT64_MIN, INT64_MAX, &value));
	CU_ASSERT(!str_to_int("11", 0, 10, &value) && !str_to_int("-1", 0, 10, &value));
	CU_ASSERT_EQUAL(value, 5);
	CU_ASSERT(str_to_int("0", 0, 10, &value) && value == 0);
	CU_ASSERT(str_to_int("10", 0, 10, &value) && value == 10);
	CU_ASSERT(str_to_int("-9223372036854775808", INT64_MIN, 0, &value) && value == INT64_MIN);
	CU_ASSERT(str_to_int("9223372036854775807", 0, INT64_MAX, &value) && value == INT64_MAX);
}

/* The vectors of the FNV-1a draft. */
static void
hashes_are_those_of_fnv(void)
{
	CU_ASSERT_EQUAL(str_hash(""), UINT64_C(0xcbf29ce484222325));
	CU_ASSERT_EQUAL(str_hash("a"), UINT64_C(0xaf63dc4c8601ec8c));
	CU_ASSERT_EQUAL(str_hash("foobar"), UINT64_C(0x85944171f73967e8));
}

static void
compares_text(void)
{
	char text[] = "AbZ[@\xc3\x89";

	CU_ASSERT(str_starts("abc", "ab") && str_starts("a", "") && !str_starts("a", "ab"));
	str_lower(text);
	CU_ASSERT_STRING_EQUAL(text, "abz[@\xc3\x89");
	CU_ASSERT(str_equal_nocase("Bearer", "bEARER"));
	CU_ASSERT(!str_equal_nocase("a", "ab") && !str_equal_nocase("ab", "a"));
	CU_ASSERT(!str_equal_nocase("@", "`") && !str_equal_nocase("[", "{"));
}

static const struct cunit_test tests[] = {
	{ "UTF-8 is judged as Unicode table 3-7 says", knows_utf8 },
	{ "controls and bidirectional overrides are found", finds_controls },
	{ "queries and forms are decoded", decodes_pairs },
	{ "malformed and too many pairs are refused", refuses_bad_pairs },
	{ "only plain whole numbers in range are read", reads_whole_numbers },
	{ "text is compared as headers are", compares_text },
	{ "hashes are those of FNV-1a", hashes_are_those_of_fnv },
	{ NULL, NULL },
};

int
main(void)
{
	return cunit_run("str", tests);
}
