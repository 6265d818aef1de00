/* The growing buffer and its escapers. */
#include "base/buf.h"
#include "harness/cunit.h"

#include <stdio.h>
#include <string.h>

enum { ARENA_BYTES = 4 * 1024 * 1024 };

static void
grows_and_stays_terminated(void)
{
	struct arena *arena = arena_new(ARENA_BYTES);
	struct buf buf = buf_new(arena, 0);
	int i;

	CU_ASSERT_STRING_EQUAL(buf.data, "");
	for (i = 0; i < 100000; i++) {
		buf_putc(&buf, (char)('a' + i % 26));
		if (buf.data[buf.len] != '\0')
			CU_FAIL("not terminated");
	}
	CU_ASSERT_EQUAL(buf.len, 100000);
	CU_ASSERT_EQUAL(strlen(buf.data), 100000);
	CU_ASSERT_EQUAL(buf.data[27], 'b');
	buf_clear(&buf);
	CU_ASSERT_EQUAL(buf.len, 0);
	CU_ASSERT_STRING_EQUAL(buf.data, "");
	arena_free(arena);
}

static void
adds_bytes_text_and_numbers(void)
{
	struct arena *arena = arena_new(ARENA_BYTES);
	struct buf buf = buf_new(arena, 1);

	buf_puts(&buf, "a");
	buf_add(&buf, "bcd", 2);
	buf_printf(&buf, "[%s %d]", "a longer text than the room left", 5);
	CU_ASSERT_STRING_EQUAL(buf.data, "abc[a longer text than the room left 5]");
	buf_clear(&buf);
	buf_int(&buf, 0);
	buf_putc(&buf, ' ');
	buf_int(&buf, INT64_MIN);
	buf_putc(&buf, ' ');
	buf_int(&buf, INT64_MAX);
	CU_ASSERT_STRING_EQUAL(buf.data, "0 -9223372036854775808 9223372036854775807");
	buf_clear(&buf);
	buf_uint(&buf, UINT64_MAX);
	buf_join(&buf, " ", "a", "", "b", NULL);
	CU_ASSERT_STRING_EQUAL(buf.data, "18446744073709551615 ab");
	CU_ASSERT(buf_room(&buf, 3));
	memcpy(buf.data + buf.len, "xyz", 3);
	buf_filled(&buf, 3);
	CU_ASSERT_STRING_EQUAL(buf.data, "18446744073709551615 abxyz");
	arena_free(arena);
}

/* Beside printf, at each power of ten and of two, and one to either side. */
static void
numbers_are_as_printf_writes_them(void)
{
	struct arena *arena = arena_new(ARENA_BYTES);
	struct buf buf = buf_new(arena, 64);
	char expected[64];
	uint64_t ten, two;
	int near;

	for (ten = 1, two = 1; two != 0; two *= 2, ten *= 10)
		for (near = -1; near <= 1; near++) {
			uint64_t both[] = { ten + (uint64_t)near, two + (uint64_t)near };
			size_t i;

			for (i = 0; i < COUNT_OF(both); i++) {
				buf_clear(&buf);
				buf_uint(&buf, both[i]);
				buf_putc(&buf, ' ');
				buf_int(&buf, (int64_t)both[i]);
				(void)snprintf(expected, sizeof(expected), "%llu %lld",
				    (unsigned long long)both[i], (long long)both[i]);
				CU_ASSERT_STRING_EQUAL(buf.data, expected);
			}
		}
	arena_free(arena);
}

/* Every byte at each place of longer texts, between others and beside itself. */
static void
json_escapes_what_must_be_and_nothing_else(void)
{
	struct arena *arena = arena_new(ARENA_BYTES);
	struct buf buf = buf_new(arena, 64);
	char text[40], expected[80];
	int c, at_byte;

	for (c = 1; c < 256; c++) {
		const char *shorts = "\"\"\\\\\bb\ff\nn\rr\tt", *at;
		char one[8];

		for (at = shorts; *at != '\0' && (unsigned char)*at != c; at += 2)
			;
		if (*at != '\0')
			(void)snprintf(one, sizeof(one), "\\%c", at[1]);
		else if (c < 0x20 || c == 0x7f || c == '<' || c == '>' || c == '&')
			(void)snprintf(one, sizeof(one), "\\u%04X", (unsigned)c);
		else
			(void)snprintf(one, sizeof(one), "%c", c);
		for (at_byte = 0; at_byte < 20; at_byte++) {
			(void)snprintf(text, sizeof(text), "%.*s%c%c%s", at_byte,
			    "~!#;=?]A0123456789abcdefgh", c, c, "~z #%;=?]^");
			(void)snprintf(expected, sizeof(expected), "\"%.*s%s%s%s\"", at_byte,
			    "~!#;=?]A0123456789abcdefgh", one, one, "~z #%;=?]^");
			buf_clear(&buf);
			buf_json(&buf, text);
			CU_ASSERT_STRING_EQUAL(buf.data, expected);
		}
	}
	arena_free(arena);
}

static void
escapes_for_each_place(void)
{
	static const struct {
		void (*escape)(struct buf *, const char *);
		const char *text, *expected;
	} cases[] = {
		{ buf_html, "", "" },
		{ buf_html, "&<>\"'a=`", "&amp;&lt;&gt;&quot;&#39;a=`" },
		{ buf_html, "\xc3\xa9", "\xc3\xa9" },
		{ buf_url, "AZaz09-._~", "AZaz09-._~" },
		{ buf_url, "a b+c/d?&=%#", "a%20b%2Bc%2Fd%3F%26%3D%25%23" },
		{ buf_url, "\xc3\xa9\n", "%C3%A9%0A" },
		{ buf_json, "", "\"\"" },
		{ buf_json, NULL, "null" },
		{ buf_json, "a\"\\\b\f\n\r\t", "\"a\\\"\\\\\\b\\f\\n\\r\\t\"" },
		{ buf_json, "\x01\x1f\x7f", "\"\\u0001\\u001F\\u007F\"" },
		{ buf_json, "</script>&", "\"\\u003C/script\\u003E\\u0026\"" },
		{ buf_json, "\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\"" },
	};
	struct arena *arena = arena_new(ARENA_BYTES);
	size_t i;

	for (i = 0; i < COUNT_OF(cases); i++) {
		struct buf buf = buf_new(arena, 1);

		cases[i].escape(&buf, cases[i].text);
		CU_ASSERT_STRING_EQUAL(buf.data, cases[i].expected);
	}
	arena_free(arena);
}

static void
escapes_a_length_with_nul(void)
{
	struct arena *arena = arena_new(ARENA_BYTES);
	struct buf buf = buf_new(arena, 1);

	buf_json_len(&buf, "a\0b", 3);
	CU_ASSERT_STRING_EQUAL(buf.data, "\"a\\u0000b\"");
	arena_free(arena);
}

static void
a_bounded_buffer_says_that_it_is_over(void)
{
	struct arena *arena = arena_new(ARENA_BYTES);
	struct buf buf = buf_new_bounded(arena, 1, 10);

	buf_puts(&buf, "0123456789");
	CU_ASSERT(!buf.over);
	CU_ASSERT_EQUAL(buf.len, 10);
	buf_putc(&buf, 'x');
	CU_ASSERT(buf.over);
	CU_ASSERT_STRING_EQUAL(buf.data, "0123456789");
	buf_clear(&buf);
	CU_ASSERT(!buf.over);
	buf_printf(&buf, "%s", "01234567890");
	CU_ASSERT(buf.over);
	buf_putc(&buf, 'x'); /* it stays over, though this one would fit */
	CU_ASSERT_STRING_EQUAL(buf.data, "");
	buf_clear(&buf);
	buf_puts(&buf, "0123456789"); /* and its room is there again */
	CU_ASSERT(!buf.over);
	CU_ASSERT_STRING_EQUAL(buf.data, "0123456789");
	arena_free(arena);
}

static const struct cunit_test tests[] = {
	{ "a bounded buffer says that it is over", a_bounded_buffer_says_that_it_is_over },
	{ "the buffer grows and stays terminated", grows_and_stays_terminated },
	{ "bytes, text and numbers are added", adds_bytes_text_and_numbers },
	{ "numbers are as printf writes them", numbers_are_as_printf_writes_them },
	{ "JSON escapes what must be, and nothing else", json_escapes_what_must_be_and_nothing_else },
	{ "HTML, URLs and JSON are each escaped in their way", escapes_for_each_place },
	{ "JSON text of a length may hold NUL", escapes_a_length_with_nul },
	{ NULL, NULL },
};

int
main(void)
{
	return cunit_run("buf", tests);
}
