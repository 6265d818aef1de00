/* Field tables: which values each type takes, what is said of the others, and of which field. */
#include "base/form.h"
#include "base/str.h"
#include "harness/cunit.h"
#include "shape/field.h"

#include <stdlib.h>
#include <string.h>

static struct arena *arena;
static struct field_errors errors;

static const char *const colours[] = { "RED", "GREEN", NULL };

static struct json_object *
parse(const char *text)
{
	struct json_fault fault;
	struct json_object *object = NULL;

	CU_ASSERT_EQUAL_FATAL(json_parse(arena, text, strlen(text), &fault, &object), ERR_OK);
	return object;
}

static bool
check(const struct field *fields, const char *text)
{
	errors = (struct field_errors){ .arena = arena };
	return field_check(fields, parse(text), &errors);
}

/* One required field f of this kind with that JSON value. */
static bool
takes(struct field field, const char *value)
{
	struct field fields[2] = {
		field,
		{ 0 },
	};

	fields[0].name = "f";
	return check(fields, arena_printf(arena, "{\"f\":%s}", value));
}

struct sample {
	struct field field;
	const char *good[12], *bad[24];
};

static void
try_samples(const struct sample *samples, size_t count)
{
	size_t i, j;

	for (i = 0; i < count; i++) {
		for (j = 0; samples[i].good[j] != NULL; j++)
			if (!takes(samples[i].field, samples[i].good[j])) {
				(void)fprintf(stderr, "refused: %s: %s\n", samples[i].good[j],
				    errors.list[0].message);
				CU_FAIL("a good value was refused");
			}
		for (j = 0; samples[i].bad[j] != NULL; j++) {
			if (takes(samples[i].field, samples[i].bad[j])) {
				(void)fprintf(stderr, "taken: %s\n", samples[i].bad[j]);
				CU_FAIL("a bad value was taken");
			}
			CU_ASSERT_STRING_EQUAL(errors.list[0].path, "f");
		}
	}
}

static void
text_and_numbers(void)
{
	static const struct sample samples[] = {
		{ { .type = FIELD_TEXT, .min = 1, .max = 3 },
		    { "\"a\"", "\"abc\"", "\"äöü\"", "\"a\\nb\"", "\"\\ud83d\\ude00xy\"" },
		    { "\"\"", "\"abcd\"", "1", "true", "null", "[]", "{}", "\"a\\u0001\"",
			"\"a\\u202eb\"", "\"\\u007f\"" } },
		{ { .type = FIELD_SECRET, .min = 2, .max = 4 }, { "\"ab\"", "\"abcd\"" },
		    { "\"a\"", "\"abcde\"", "null", "1" } },
		{ { .type = FIELD_INT, .min = 1, .max = 5 }, { "1", "5", "3" },
		    { "0", "6", "-1", "1.0", "1e0", "\"1\"", "true", "null", "[1]" } },
		{ { .type = FIELD_INT }, { "0", "9223372036854775807" }, { "-1" } },
		{ { .type = FIELD_INT, .min = -5, .max = 5 }, { "-5", "0" }, { "-6" } },
		{ { .type = FIELD_NUMBER, .min = -1, .max = 1 }, { "0", "0.5", "-1", "1", "1e-3" },
		    { "1.01", "-1.01", "\"0\"", "null", "2" } },
		{ { .type = FIELD_BOOL }, { "true", "false" }, { "0", "1", "\"true\"", "null" } },
		{ { .type = FIELD_ENUM, .one_of = colours }, { "\"RED\"", "\"GREEN\"" },
		    { "\"red\"", "\"\"", "\"RED \"", "0", "null" } },
	};

	try_samples(samples, COUNT_OF(samples));
}

static void
ids_and_times(void)
{
	static const struct sample samples[] = {
		{ { .type = FIELD_UUID }, { "\"0199a3c0-7d2e-7c1b-9f3a-2b1d5e6f7a80\"" },
		    { "\"0199A3C0-7d2e-7c1b-9f3a-2b1d5e6f7a80\"", "\"\"", "\"0199a3c0\"", "1",
			"\"{0199a3c0-7d2e-7c1b-9f3a-2b1d5e6f7a80}\"" } },
		{ { .type = FIELD_DATE },
		    { "\"2000-02-29\"", "\"2024-02-29\"", "\"1999-12-31\"", "\"0001-01-01\"" },
		    { "\"1900-02-29\"", "\"2023-02-29\"", "\"2000-00-01\"", "\"2000-13-01\"",
			"\"2000-04-31\"", "\"2000-01-00\"", "\"2000-1-1\"", "\"20000101\"",
			"\"0000-01-01\"", "\"2000-01-01T\"", "\"+200-01-01\"", "\"\"", "1" } },
		{ { .type = FIELD_TIME },
		    { "\"2026-11-21T09:30:00Z\"", "\"2026-11-21T09:30:00.123456789Z\"",
			"\"2026-11-21T09:30:00+05:30\"", "\"2026-11-21t09:30:00z\"",
			"\"2026-11-21T23:59:59-00:00\"", "\"2026-11-21T09:30:00-15:59\"",
			"\"9999-12-31T23:59:59Z\"", "\"9999-12-31T23:59:59.999999Z\"",
			"\"0001-01-01T00:00:00Z\"" },
		    { "\"2026-11-21T09:30:00\"", "\"2026-11-21 09:30:00Z\"",
			"\"2026-11-21T24:00:00Z\"", "\"2026-11-21T09:60:00Z\"",
			"\"2026-11-21T09:30:60Z\"", "\"2026-02-30T09:30:00Z\"",
			"\"2026-11-21T09:30Z\"", "\"2026-11-21T09:30:00.Z\"",
			"\"2026-11-21T09:30:00.1234567890Z\"", "\"2026-11-21T09:30:00+5:30\"",
			"\"2026-11-21T09:30:00+24:00\"", "\"2026-11-21T09:30:00ZZ\"",
			"\"2026-11-21T09:30:00+0530\"", "\"now\"", "1", "\"\"",
			"\"2026-11-21T09:30:00+16:00\"", "\"9999-12-31T23:59:59-00:01\"",
			"\"9999-12-31T23:59:59.9999995Z\"", "\"0001-01-01T00:00:00+00:01\"" } },
	};

	try_samples(samples, COUNT_OF(samples));
}

static void
addresses_and_phones(void)
{
	static const struct sample samples[] = {
		{ { .type = FIELD_EMAIL },
		    { "\"a@b.co\"", "\"first.last+tag@sub.example.org\"",
			"\"x!#$%&'*/=?^_`{|}~-@b.co\"", "\"1@1.1\"" },
		    { "\"a\"", "\"@b.co\"", "\"a@\"", "\"a@b\"", "\"a@b.\"", "\"a@.co\"",
			"\"a@b..co\"", "\"a b@b.co\"", "\"a@b co\"", "\"a@b_c.co\"", "\"a@-b.co\"",
			"\"a@b-.co\"", "\"a@b.co\\n\"", "\"ä@b.co\"", "\"a@bä.co\"", "\"a@@b.co\"",
			"\"\\\"a\\\"@b.co\"", "\"<a@b.co>\"", "1", "null", "\"\"",
			"\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@b.co\"" } },
		{ { .type = FIELD_CURRENCY }, { "\"INR\"", "\"COIN\"" },
		    { "\"inr\"", "\"IN\"", "\"COINS\"", "\"I R\"", "\"\"", "7", "null",
			"\"INR\\n\"" } },
		{ { .type = FIELD_PHONE },
		    { "\"+12345678\"", "\"+919876543210\"", "\"+123456789012345\"" },
		    { "\"12345678\"", "\"+1234567\"", "\"+1234567890123456\"", "\"+02345678\"",
			"\"+1 234 5678\"", "\"+1-2345678\"", "\"++12345678\"", "\"+12345678 \"",
			"1", "\"\"", "\"+\"" } },
	};
	struct json_object *object, *member;
	static const struct field fields[] = {
		{ "f", FIELD_EMAIL, .required = false },
		{ 0 },
	};

	try_samples(samples, COUNT_OF(samples));
	object = parse("{\"f\":\"Maya.K@Example.ORG\"}");
	errors = (struct field_errors){ .arena = arena };
	CU_ASSERT(field_check(fields, object, &errors));
	CU_ASSERT(json_object_object_get_ex(object, "f", &member));
	CU_ASSERT_STRING_EQUAL(json_object_get_string(member), "maya.k@example.org");
}

static const struct field word = { .type = FIELD_TEXT, .min = 1, .max = 5 };
static const struct field inner[] = {
	{ "id", FIELD_INT, .required = true },
	{ "words", FIELD_LIST, .sub = &word, .min = 1, .max = 2 },
	{ 0 },
};
static const struct field item = { .type = FIELD_OBJECT, .sub = inner };
static const struct field nested[] = {
	{ "name", FIELD_TEXT, .required = true, .max = 9 },
	{ "note", FIELD_TEXT, .nullable = true, .max = 9 },
	{ "inner", FIELD_OBJECT, .sub = inner },
	{ "all", FIELD_LIST, .sub = &item, .max = 3 },
	{ "free", FIELD_OBJECT, .required = false },
	{ 0 },
};

static bool
blamed(const char *path, const char *message)
{
	size_t i;

	for (i = 0; i < errors.count; i++)
		if (strcmp(errors.list[i].path, path) == 0 &&
		    strstr(errors.list[i].message, message) != NULL)
			return true;
	return false;
}

static void
objects_and_lists_name_the_member(void)
{
	CU_ASSERT(check(nested,
	    "{\"name\":\"a\",\"note\":null,\"inner\":{\"id\":1,\"words\":[\"x\"]},"
	    "\"all\":[{\"id\":2}],\"free\":{\"any\":[1,{}]}}"));
	CU_ASSERT(!check(nested,
	    "{\"inner\":{\"id\":\"1\",\"words\":[\"x\",\"\"],\"odd\":1},"
	    "\"all\":[{\"id\":1},{},7],\"extra\":1,\"note\":5,\"free\":[]}"));
	CU_ASSERT(blamed("name", "missing"));
	CU_ASSERT(blamed("inner.id", "whole number"));
	CU_ASSERT(blamed("inner.words.1", "at least 1"));
	CU_ASSERT(blamed("inner.odd", "not a field"));
	CU_ASSERT(blamed("all.1.id", "missing"));
	CU_ASSERT(blamed("all.2", "object"));
	CU_ASSERT(blamed("extra", "not a field"));
	CU_ASSERT(blamed("note", "text"));
	CU_ASSERT(blamed("free", "object"));
	CU_ASSERT_EQUAL(errors.count, 9);
	CU_ASSERT(!check(nested, "{\"name\":\"a\",\"inner\":{\"id\":1,\"words\":[]}}"));
	CU_ASSERT(blamed("inner.words", "at least 1 elements"));
	CU_ASSERT(
	    !check(nested, "{\"name\":\"a\",\"inner\":{\"id\":1,\"words\":[\"a\",\"b\",\"c\"]}}"));
	CU_ASSERT(blamed("inner.words", "at most 2 elements"));
	CU_ASSERT(!check(nested, "{\"name\":null}"));
	CU_ASSERT(blamed("name", "null"));
}

static void
collects_a_bounded_number_of_failures(void)
{
	struct buf body = buf_new(arena, 4096);
	int i;

	buf_putc(&body, '{');
	for (i = 0; i < 100; i++)
		buf_printf(&body, "%s\"x%d\":1", i > 0 ? "," : "", i);
	buf_putc(&body, '}');
	CU_ASSERT(!check(nested, body.data));
	CU_ASSERT_EQUAL(errors.count, COUNT_OF(errors.list));
}

static void
cuts_a_long_name_between_characters(void)
{
	struct buf name = buf_new(arena, 1024);
	struct json_object *object;
	struct pair pair;
	int i;

	buf_putc(&name, 'x'); /* so that the two-byte characters meet the limit unevenly */
	for (i = 0; i < 300; i++)
		buf_puts(&name, "é");
	pair = (struct pair){ name.data, "1" };
	errors = (struct field_errors){ .arena = arena };
	CU_ASSERT(!field_from_pairs(nested, &pair, 1, &object, &errors));
	CU_ASSERT(str_utf8_valid(errors.list[0].path, strlen(errors.list[0].path)));
	pair.name = name.data + 1;
	errors = (struct field_errors){ .arena = arena };
	CU_ASSERT(!field_from_pairs(nested, &pair, 1, &object, &errors));
	CU_ASSERT(str_utf8_valid(errors.list[0].path, strlen(errors.list[0].path)));
}

static void
a_reply_has_every_member(void)
{
	static const struct field reply[] = {
		{ "id", FIELD_INT, .required = false },
		{ "maybe", FIELD_TEXT, .optional = true, .max = 9 },
		{ "none", FIELD_TEXT, .nullable = true, .max = 9 },
		{ 0 },
	};

	errors = (struct field_errors){ .arena = arena };
	CU_ASSERT(field_check_reply(reply, parse("{\"id\":1,\"none\":null}"), &errors));
	CU_ASSERT(!field_check_reply(reply, parse("{\"id\":1}"), &errors));
	CU_ASSERT(blamed("none", "missing"));
	CU_ASSERT(!field_check_reply(reply, parse("{\"id\":null,\"none\":null}"), &errors));
	CU_ASSERT(!field_check_reply(reply, parse("{\"id\":1,\"none\":null,\"new\":1}"), &errors));
	CU_ASSERT(blamed("new", "not a field"));
}

static const struct field colour[] = {
	{ "", FIELD_ENUM, .one_of = colours },
	{ 0 },
};
static const struct field query[] = {
	{ "in", FIELD_LIST, .max = 2, .sub = colour },
	{ "limit", FIELD_INT, .min = 1, .max = 100 },
	{ "rate", FIELD_NUMBER, .min = 0, .max = 5 },
	{ "any", FIELD_NUMBER, .required = false },
	{ "on", FIELD_BOOL, .required = false },
	{ "sort", FIELD_ENUM, .one_of = colours },
	{ "q", FIELD_TEXT, .max = 5 },
	{ "must", FIELD_TEXT, .required = true, .min = 1, .max = 5 },
	{ 0 },
};

static bool
from_query(const char *text, struct json_object **object)
{
	struct pair pairs[16];
	size_t count = 0;

	CU_ASSERT_EQUAL_FATAL(form_decode(arena, text, strlen(text), pairs, 16, &count), ERR_OK);
	errors = (struct field_errors){ .arena = arena };
	return field_from_pairs(query, pairs, count, object, &errors);
}

static void
a_query_becomes_typed_values(void)
{
	struct json_object *object;

	CU_ASSERT(from_query("limit=20&rate=4.5&on=true&sort=RED&q=a+b&must=x", &object));
	CU_ASSERT_STRING_EQUAL(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN),
	    "{\"limit\":20,\"rate\":4.5,\"on\":true,\"sort\":\"RED\",\"q\":\"a b\",\"must\":\"x\"}");
	CU_ASSERT(from_query("limit=&q=&must=x", &object)); /* an empty field of a form */
	CU_ASSERT_EQUAL(json_object_object_length(object), 1);
}

static void
a_list_takes_its_name_once_for_each_element(void)
{
	struct json_object *object;

	CU_ASSERT(from_query("in=RED&must=x&in=GREEN&q=a", &object));
	CU_ASSERT_STRING_EQUAL(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN),
	    "{\"in\":[\"RED\",\"GREEN\"],\"must\":\"x\",\"q\":\"a\"}");
	CU_ASSERT(from_query("in=RED&must=x&in=", &object));
	CU_ASSERT_STRING_EQUAL(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN),
	    "{\"in\":[\"RED\"],\"must\":\"x\"}");
	CU_ASSERT(!from_query("in=RED&in=red&must=x", &object));
	CU_ASSERT(blamed("in.1", "one of"));
	CU_ASSERT(!from_query("in=RED&in=RED&in=RED&must=x", &object));
	CU_ASSERT(blamed("in", "at most"));
}

static void
a_query_is_refused_by_name(void)
{
	static const char *const bad[][2] = { { "limit=0", "limit" }, { "limit=101", "limit" },
		{ "limit=1.0", "limit" }, { "limit=abc", "limit" }, { "limit=+1", "limit" },
		{ "limit=01", "limit" }, { "limit=0x10", "limit" }, { "limit=1e1", "limit" },
		{ "limit=99999999999999999999", "limit" }, { "rate=nan", "rate" },
		{ "rate=inf", "rate" }, { "rate=5.1", "rate" }, { "rate=1-2", "rate" },
		{ "rate=0x1p3", "rate" }, { "on=1", "on" }, { "on=TRUE", "on" },
		{ "sort=red", "sort" }, { "q=abcdef", "q" }, { "unknown=1", "unknown" },
		{ "=1", "\"\"" }, { "q=a&q=b", "q" }, { "limit=1&limit=2", "limit" },
		{ "Q=a", "Q" } };
	struct json_object *object;
	struct buf huge = buf_new(arena, 1024);
	size_t i;

	for (i = 0; i < COUNT_OF(bad); i++) {
		CU_ASSERT(!from_query(arena_printf(arena, "must=x&%s", bad[i][0]), &object));
		CU_ASSERT_EQUAL(errors.count, 1);
		CU_ASSERT_STRING_EQUAL(errors.list[0].path, bad[i][1]);
	}
	CU_ASSERT(!from_query("q=a", &object));
	CU_ASSERT(blamed("must", "missing"));
	CU_ASSERT(!from_query("must=", &object));
	buf_puts(&huge, "must=x&any=");
	for (i = 0; i < 400; i++)
		buf_putc(&huge, '9');
	CU_ASSERT(!from_query(huge.data, &object)); /* infinite as a double */
	CU_ASSERT(blamed("any", "number"));
}

int
main(void)
{
	static const struct cunit_test tests[] = { { "text, numbers, choices", text_and_numbers },
		{ "ids, dates and times", ids_and_times },
		{ "e-mail addresses and phone numbers", addresses_and_phones },
		{ "objects and lists name the member", objects_and_lists_name_the_member },
		{ "collects a bounded number of failures", collects_a_bounded_number_of_failures },
		{ "cuts a long name between characters", cuts_a_long_name_between_characters },
		{ "a reply has every member", a_reply_has_every_member },
		{ "a query becomes typed values", a_query_becomes_typed_values },
		{ "a query is refused by the name of its field", a_query_is_refused_by_name },
		{ "a list takes its name once for each element",
		    a_list_takes_its_name_once_for_each_element },
		{ NULL, NULL } };
	int status;

	arena = arena_new(64 * 1024 * 1024);
	status = cunit_run("field", tests);
	arena_free(arena);
	return status;
}
