/*
 * Which texts the strict JSON reader takes: the kinds of cases that the public JSON test suites know,
 * and the refusals that lib/base/json.h promises. Each accepted text is also read by json-c.
 */
#include "base/json.h"
#include "base/limits.h"
#include "harness/cunit.h"

#include <string.h>

struct json_case {
	const char *name, *text;
	size_t len;
	bool accepted;
};
#define YES(name, text)                                                                            \
	{                                                                                          \
		name, text, sizeof(text) - 1, true                                                 \
	}
#define NO(name, text)                                                                             \
	{                                                                                          \
		name, text, sizeof(text) - 1, false                                                \
	}

static const struct json_case arrays[] = {
	YES("empty", "[]"),
	YES("with a blank inside", "[ ]"),
	YES("of arrays", "[[],[[]]]"),
	YES("with an empty string", "[\"\"]"),
	YES("ending with a newline", "[\"a\"]\n"),
	YES("of all kinds", "[null,1,\"1\",{},[],true,false,1.5]"),
	YES("with blanks before", " [1]"),
	YES("with blanks after", "[2] "),
	YES("with newlines inside", "[1\n,\r\t2]"),
	YES("of several nulls", "[1,null,null,null,2]"),
	NO("1 true without comma", "[1 true]"),
	NO("bad UTF-8 inside", "[a\xe5]"),
	NO("colon for comma", "[\"\": 1]"),
	NO("comma after the close", "[\"\"],"),
	NO("comma and number", "[,1]"),
	NO("two commas", "[1,,2]"),
	NO("two commas at the end", "[\"x\",,]"),
	NO("closed twice", "[\"x\"]]"),
	NO("comma at the end", "[\"\",]"),
	NO("not closed", "[\"x\""),
	NO("inner array without comma", "[3[4]]"),
	NO("just a comma", "[,]"),
	NO("just a minus", "[-]"),
	NO("missing value", "[   , \"\"]"),
	NO("newline and not closed", "[\"a\",\n4\n,1,"),
	NO("number and comma", "[1,]"),
	NO("star inside", "[*]"),
	NO("vertical tab in a text", "[\"\va\"\\f]"),
	NO("not closed after number", "[1,\n1\n,1"),
	NO("not closed, object inside", "[{}"),
	NO("closed by a brace", "[1}"),
	NO("open bracket alone", "["),
	NO("close bracket alone", "]"),
	NO("hash comment", "[1]#x"),
};

static const struct json_case numbers[] = {
	YES("zero", "0"),
	YES("minus zero", "[-0]"),
	YES("minus one", "-1"),
	YES("integer", "[123]"),
	YES("space after", "[4 ]"),
	YES("0e+1", "[0e+1]"),
	YES("0e1", "[0e1]"),
	YES("exponent", "[1e5]"),
	YES("capital exponent", "[1E22]"),
	YES("capital negative exponent", "[1E-2]"),
	YES("capital positive exponent", "[1E+2]"),
	YES("fraction and exponent", "[123.456e78]"),
	YES("close to zero", "[-0.000000000000000000000000000000000000000000001]"),
	YES("simple fraction", "[123.456789]"),
	YES("greatest int64", "[9223372036854775807]"),
	YES("least int64", "[-9223372036854775808]"),
	YES("great double", "[1.7976931348623157e308]"),
	NO("double underflow", "[123e-10000000]"),
	NO("double just below", "[1e-400]"),
	NO("a denormal", "[-3e-320]"),
	NO("over int64", "[9223372036854775808]"),
	NO("below int64", "[-9223372036854775809]"),
	NO("very long integer", "[100000000000000000000]"),
	NO("huge exponent", "[0.4e00669999999999999999999999999999999999999999]"),
	NO("double overflow", "[1e309]"),
	NO("negative double overflow", "[-1e9999]"),
	NO("++", "[++1234]"),
	NO("+1", "[+1]"),
	NO("+Inf", "[+Inf]"),
	NO("-01", "[-01]"),
	NO("-1.0.", "[-1.0.]"),
	NO("-2.", "[-2.]"),
	NO("-NaN", "[-NaN]"),
	NO(".-1", "[.-1]"),
	NO(".2e-3", "[.2e-3]"),
	NO("0.1.2", "[0.1.2]"),
	NO("0.3e", "[0.3e]"),
	NO("0.3e+", "[0.3e+]"),
	NO("0.e1", "[0.e1]"),
	NO("0E", "[0E]"),
	NO("0e+", "[0e+]"),
	NO("1.0e", "[1.0e]"),
	NO("1.0e-", "[1.0e-]"),
	NO("1 000", "[1 000.0]"),
	NO("1eE2", "[1eE2]"),
	NO("2.e3", "[2.e3]"),
	NO("9.e+", "[9.e+]"),
	NO("Infinity", "[Infinity]"),
	NO("Inf", "[Inf]"),
	NO("NaN", "[NaN]"),
	NO("wide digit one", "[\xef\xbc\x91]"),
	NO("sum", "[1+2]"),
	NO("hex", "[0x1]"),
	NO("hex digits", "[0x42]"),
	NO("invalid -", "[0e-]"),
	NO("letter after", "[1.2a-3]"),
	NO("garbage after", "[-123.123foo]"),
	NO("minus infinity", "[-Infinity]"),
	NO("minus foo", "[-foo]"),
	NO("minus blank one", "[- 1]"),
	NO("leading zero", "[012]"),
	NO("negative leading zero", "[-012]"),
	NO("two zeros", "[00]"),
	NO("point without number", "[.123]"),
	NO("point alone", "[1.]"),
	NO("bad byte after", "[123\xe5]"),
	NO("exponent of bad byte", "[1e1\xe5]"),
	NO("1_000", "[1_000]"),
	NO("1f", "[1f]"),
};

static const struct json_case objects[] = {
	YES("empty", "{}"),
	YES("one pair", "{\"a\":1}"),
	YES("empty key", "{\"\":0}"),
	YES("blanks everywhere", " { \"a\" :\t1 ,\n\"b\" : [ ] } "),
	YES("escaped key", "{\"\\u0061b\":1}"),
	YES("same key in two objects", "{\"a\":{\"a\":{\"a\":1}},\"b\":{\"a\":2}}"),
	YES("same key in a list's objects", "[{\"a\":1},{\"a\":1}]"),
	YES("keys that differ in case", "{\"a\":1,\"A\":2}"),
	NO("repeated key", "{\"a\":1,\"a\":2}"),
	NO("repeated key and value", "{\"a\":1,\"a\":1}"),
	NO("repeated key, one escaped", "{\"a\":1,\"\\u0061\":2}"),
	NO("repeated key after an object", "{\"a\":1,\"b\":{\"a\":1},\"a\":2}"),
	NO("repeated empty key", "{\"\":1,\"\":2}"),
	NO("NUL in a key", "{\"a\\u0000b\":1}"),
	NO("bad value", "[\"x\", truth]"),
	NO("bracket for key", "{[: \"x\"}\n"),
	NO("comma for colon", "{\"x\", null}"),
	NO("double colon", "{\"x\"::\"b\"}"),
	NO("emoji key", "{\xf0\x9f\x87\xa8}"),
	NO("garbage at the end", "{\"a\":\"a\" 123}"),
	NO("single quotes", "{'a':0}"),
	NO("missing colon", "{\"a\" b}"),
	NO("missing key", "{:\"b\"}"),
	NO("missing second key", "{\"a\":1,:2}"),
	NO("missing value", "{\"a\":"),
	NO("missing colon and value", "{\"a\""),
	NO("number as key", "{1:1}"),
	NO("null as key", "{null:null}"),
	NO("two commas", "{\"id\":0,,\"b\":1}"),
	NO("comma at the end", "{\"id\":0,}"),
	NO("comma at the start", "{,\"id\":0}"),
	NO("comment at the end", "{\"a\":\"b\"}/**/"),
	NO("comment inside", "{\"a\":/*x*/\"b\"}"),
	NO("slash comment at the end", "{\"a\":\"b\"}//"),
	NO("key without quotes", "{a: \"b\"}"),
	NO("not closed text", "{\"a\":\"a"),
	NO("two values", "{\"a\":1 2}"),
	NO("hash after", "{\"a\":\"b\"}#"),
	NO("closed by bracket", "{\"a\":1]"),
	NO("open brace alone", "{"),
	NO("close brace alone", "}"),
	NO("key alone", "{\"a\"}"),
};

static const struct json_case strings[] = {
	YES("empty", "\"\""),
	YES("one letter", "\"a\""),
	YES("two-byte UTF-8", "\"\xd1\x8f\""),
	YES("three-byte UTF-8", "\"\xe2\x82\xac\""),
	YES("four-byte UTF-8", "\"\xf0\x9d\x84\x9e\""),
	YES("escapes", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""),
	YES("unicode escape", "\"\\u0060\\u012a\\u12AB\""),
	YES("surrogate pair", "\"\\uD801\\udc37\""),
	YES("two surrogate pairs", "\"\\ud83d\\ude39\\ud83d\\udc8d\""),
	YES("escaped control", "\"\\u0012\""),
	YES("escaped noncharacter", "\"\\uFFFF\""),
	YES("raw noncharacter", "\"\xef\xbf\xbf\""),
	YES("backslash and u", "\"\\\\u0000\""),
	YES("comment inside", "\"a/*b*/c\""),
	YES("DEL", "\"\x7f\""),
	YES("raw line separator", "\"\xe2\x80\xa8\""),
	YES("greatest code point", "\"\xf4\x8f\xbf\xbf\""),
	NO("NUL escaped", "\"\\u0000\""),
	NO("NUL raw", "\"\0\""),
	NO("NUL after the value", "1\0"),
	NO("lone high surrogate", "\"\\uD800\""),
	NO("lone low surrogate", "\"\\uDFAA\""),
	NO("high surrogate and letter", "\"\\uD800a\""),
	NO("high surrogate and newline", "\"\\uD800\\n\""),
	NO("two high surrogates", "\"\\uD800\\uD800\""),
	NO("swapped surrogates", "\"\\uDd1e\\uD834\""),
	NO("half a second surrogate", "\"\\uD800\\u1\""),
	NO("surrogate and x", "\"\\uD800\\u1x\""),
	NO("raw surrogate", "\"\xed\xa0\x80\""),
	NO("overlong slash", "\"\xc0\xaf\""),
	NO("overlong NUL", "\"\xc0\x80\""),
	NO("overlong, three bytes", "\"\xe0\x80\xaf\""),
	NO("overlong, six bytes", "\"\xfc\x83\xbf\xbf\xbf\xbf\""),
	NO("past the last code point", "\"\xf4\x90\x80\x80\""),
	NO("bare continuation", "\"\x81\""),
	NO("cut UTF-8", "\"\xe0\xff\""),
	NO("cut UTF-8 at the end", "\"\xe2\x82\""),
	NO("byte ff", "\"\xff\""),
	NO("UTF-16", "[\0\"\0\xe9\0\"\0]\0"),
	NO("raw tab", "\"\t\""),
	NO("raw newline", "\"new\nline\""),
	NO("raw escape character", "\"\x1b\""),
	NO("accents without quotes", "[\xc3\xa9]"),
	NO("backslash and NUL", "\"\\\0\""),
	NO("escape of x", "\"\\x00\""),
	NO("escape of a", "\"\\a\""),
	NO("escape of a quote", "\"\\'\""),
	NO("escaped emoji", "\"\\\xf0\x9f\x8c\x80\""),
	NO("escape at the end", "[\"\\\"]"),
	NO("three backslashes", "\"\\\\\\\""),
	NO("unfinished \\u", "\"\\u00A\""),
	NO("\\u alone", "\"\\u\""),
	NO("\\u and letters", "\"\\uqqqq\""),
	NO("\\U", "\"\\U0061\""),
	NO("\\u with blank", "\"\\u 061\""),
	NO("\\u with sign", "\"\\u+061\""),
	NO("single quotes", "['single quote']"),
	NO("quote alone", "\""),
	NO("single quote alone", "'"),
	NO("without quotes", "abc"),
	NO("text then garbage", "\"\"x"),
	NO("start not quoted", "[\\n]"),
};

static const struct json_case structures[] = {
	YES("true", "true"),
	YES("false", "false"),
	YES("null", "null"),
	YES("number alone", "42"),
	YES("negative number alone", "-0.1"),
	YES("text alone", "\"asd\""),
	YES("null with blanks", " null\t\r\n"),
	NO("nothing", ""),
	NO("blank", " "),
	NO("newlines", "\n\n"),
	NO("byte order mark", "\xef\xbb\xbf{}"),
	NO("byte order mark alone", "\xef\xbb\xbf"),
	NO("cut byte order mark", "\xef\xbb{}"),
	NO("True", "[True]"),
	NO("TRUE", "TRUE"),
	NO("NULL", "NULL"),
	NO("tru", "[tru]"),
	NO("fals", "[fals]"),
	NO("nul", "[nul]"),
	NO("truex", "truex"),
	NO("<null>", "<null>"),
	NO("angle bracket", "[<null>]"),
	NO("two values", "1 2"),
	NO("two objects", "{}{}"),
	NO("value and comma", "1,"),
	NO("form feed as blank", "[\f]"),
	NO("no-break space as blank", "[\xc2\xa0]"),
	NO("word joiner as blank", "[\xe2\x81\xa0]"),
	NO("line separator as blank", "[1,\xe2\x80\xa8 2]"),
	NO("lone bad byte", "\xe5"),
	NO("backslash", "[\\"),
	NO("escaped brace", "{\\u007B}"),
	NO("undefined", "undefined"),
	NO("a comment", "/* x */ 1"),
	NO("unclosed mixture", "[{\"\":[{\"\":["),
	NO("crossed ends", "[{]}"),
};

static void
run(const struct json_case *cases, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		const struct json_case *one = &cases[i];
		struct arena *arena = arena_new(REQUEST_BYTES_MAX);
		struct json_object *root = NULL;
		struct json_fault fault = { 0, NULL, NULL };
		char *text = arena_strndup(arena, one->text, one->len);
		enum err scanned = json_scan(arena, text, one->len, &fault);
		enum err parsed = json_parse(arena, text, one->len, &fault, &root);

		if ((parsed == ERR_OK) != one->accepted)
			(void)fprintf(stderr, "\"%s\" was %s: %s\n", one->name,
			    parsed == ERR_OK ? "accepted" : "refused",
			    fault.what != NULL ? fault.what : "");
		CU_ASSERT_EQUAL(parsed, one->accepted ? ERR_OK : ERR_BAD_JSON);
		CU_ASSERT_EQUAL(scanned, parsed);
		CU_ASSERT(one->accepted || (fault.what != NULL && fault.offset <= one->len));
		arena_free(arena);
	}
}

static void
array_texts(void)
{
	run(arrays, COUNT_OF(arrays));
}

static void
number_texts(void)
{
	run(numbers, COUNT_OF(numbers));
}

static void
object_texts(void)
{
	run(objects, COUNT_OF(objects));
}

static void
string_texts(void)
{
	run(strings, COUNT_OF(strings));
}

static void
structure_texts(void)
{
	run(structures, COUNT_OF(structures));
}

static const struct cunit_test tests[] = {
	{ "arrays are taken or refused as RFC 8259 says", array_texts },
	{ "numbers are taken when exact and in range", number_texts },
	{ "objects are taken without repeated keys", object_texts },
	{ "strings are taken when they are whole Unicode without NUL", string_texts },
	{ "anything else is one value and blanks", structure_texts },
	{ NULL, NULL },
};

int
main(void)
{
	return cunit_run("json", tests);
}
