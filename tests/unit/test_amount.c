/* Amounts: one shape in bodies and replies, and what people read of one. */
#include "harness/cunit.h"
#include "shape/amount.h"

#include <stdlib.h>
#include <string.h>

static struct arena *arena;

static const struct field price[] = {
	{ "price", FIELD_AMOUNT, .required = true, .min = 10, .max = 500 },
	{ 0 },
};
static const struct field shown[] = {
	{ "cost", FIELD_AMOUNT, .optional = true },
	{ "owed", FIELD_AMOUNT, .nullable = true, .min = INT64_MIN },
	{ 0 },
};

/* The path at fault; "" when the text is taken. */
static const char *
fault_of(const struct field *fields, bool reply, const char *text)
{
	struct field_errors errors = { .arena = arena };
	struct json_object *object = NULL;
	struct json_fault fault;

	CU_ASSERT_EQUAL_FATAL(json_parse(arena, text, strlen(text), &fault, &object), ERR_OK);
	if (reply ? field_check_reply(fields, object, &errors)
		  : field_check(fields, object, &errors))
		return "";
	return errors.list[0].path;
}

static void
a_body_names_the_member_at_fault(void)
{
	static const char *const samples[][2] = {
		{ "{\"price\":{\"amount_minor\":10,\"currency\":\"INR\"}}", "" },
		{ "{\"price\":{\"currency\":\"COIN\",\"amount_minor\":500}}", "" },
		{ "{\"price\":{\"amount_minor\":9,\"currency\":\"INR\"}}", "price.amount_minor" },
		{ "{\"price\":{\"amount_minor\":501,\"currency\":\"INR\"}}", "price.amount_minor" },
		{ "{\"price\":{\"amount_minor\":20.0,\"currency\":\"INR\"}}", "price.amount_minor" },
		{ "{\"price\":{\"currency\":\"INR\"}}", "price.amount_minor" },
		{ "{\"price\":{\"amount_minor\":10}}", "price.currency" },
		{ "{\"price\":{\"amount_minor\":10,\"currency\":\"Inr\"}}", "price.currency" },
		{ "{\"price\":{\"amount_minor\":10,\"currency\":\"INR\",\"x\":1}}", "price.x" },
		{ "{\"price\":10}", "price" },
		{ "{\"price\":null}", "price" },
		{ "{}", "price" },
	};
	size_t i;

	for (i = 0; i < COUNT_OF(samples); i++)
		CU_ASSERT_STRING_EQUAL(fault_of(price, false, samples[i][0]), samples[i][1]);
}

static void
a_reply_keeps_the_shape_and_its_bounds(void)
{
	CU_ASSERT_STRING_EQUAL(
	    fault_of(shown, true, "{\"owed\":{\"amount_minor\":-5,\"currency\":\"INR\"}}"), "");
	CU_ASSERT_STRING_EQUAL(fault_of(shown, true, "{\"owed\":null}"), "");
	CU_ASSERT_STRING_EQUAL(
	    fault_of(
		shown, true, "{\"owed\":null,\"cost\":{\"amount_minor\":-5,\"currency\":\"INR\"}}"),
	    "cost.amount_minor");
	CU_ASSERT_STRING_EQUAL(
	    fault_of(shown, true, "{\"owed\":null,\"cost\":{\"amount_minor\":5}}"), "cost.currency");
}

static void
an_example_is_within_its_bounds(void)
{
	struct buf out = buf_new(arena, 256);

	field_example(price, &out);
	CU_ASSERT_STRING_EQUAL(fault_of(price, false, out.data), "");
	buf_clear(&out);
	field_example(shown, &out);
	CU_ASSERT_STRING_EQUAL(fault_of(shown, true, out.data), "");
}

static void
people_read_it_in_the_units_they_know(void)
{
	static const struct {
		int64_t minor;
		const char *currency, *text;
	} samples[] = {
		{ 2500, "INR", "25.00 INR" },
		{ 5, "EUR", "0.05 EUR" },
		{ -5, "EUR", "-0.05 EUR" },
		{ 0, "USD", "0.00 USD" },
		{ 2500, "JPY", "2500 JPY" },
		{ 2500, "KWD", "2.500 KWD" },
		{ 1, "COIN", "1 coin" },
		{ 7, "COIN", "7 coins" },
		{ INT64_MIN, "INR", "-92233720368547758.08 INR" },
	};
	size_t i;

	for (i = 0; i < COUNT_OF(samples); i++)
		CU_ASSERT_STRING_EQUAL(
		    amount_text(arena, samples[i].minor, samples[i].currency), samples[i].text);
}

int
main(void)
{
	static const struct cunit_test tests[] = {
		{ "a body names the member at fault", a_body_names_the_member_at_fault },
		{ "a reply keeps the shape and its bounds", a_reply_keeps_the_shape_and_its_bounds },
		{ "an example is within its bounds", an_example_is_within_its_bounds },
		{ "people read it in the units they know", people_read_it_in_the_units_they_know },
		{ NULL, NULL },
	};
	int status;

	arena = arena_new(16 * 1024 * 1024);
	status = cunit_run("amount", tests);
	arena_free(arena);
	return status;
}
