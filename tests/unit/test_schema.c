/* The printing half of fields: schemas and examples are JSON, and an example passes its own table. */
#include "harness/cunit.h"
#include "shape/field.h"

#include <stdlib.h>
#include <string.h>

static struct arena *arena;

static const char *const colours[] = { "RED", "GR\"EEN", NULL };
static const struct field word = { .type = FIELD_TEXT, .min = 1, .max = 5 };
static const struct field inner[] = {
	{ "id", FIELD_UUID, .required = true },
	{ 0 },
};
static const struct field item = { .type = FIELD_OBJECT, .sub = inner };

static const struct field all[] = {
	{ "text", FIELD_TEXT, .required = true, .min = 1, .max = 9, .doc = "A \"quoted\" <text>" },
	{ "long", FIELD_TEXT, .min = 12, .max = 90 },
	{ "short", FIELD_TEXT, .max = 2 },
	{ "int", FIELD_INT, .min = 1, .max = 5, .example = "3" },
	{ "count", FIELD_INT, .required = false },
	{ "number", FIELD_NUMBER, .min = -1, .max = 1 },
	{ "share", FIELD_NUMBER, .max = 1 },
	{ "bool", FIELD_BOOL, .required = false },
	{ "enum", FIELD_ENUM, .one_of = colours, .nullable = true },
	{ "uuid", FIELD_UUID, .required = false },
	{ "time", FIELD_TIME, .nullable = true },
	{ "date", FIELD_DATE, .required = false },
	{ "email", FIELD_EMAIL, .required = false },
	{ "phone", FIELD_PHONE, .required = false },
	{ "secret", FIELD_SECRET, .min = 8, .max = 128 },
	{ "list", FIELD_LIST, .sub = &word, .min = 1, .max = 3 },
	{ "items", FIELD_LIST, .sub = &item, .max = 3, .optional = true },
	{ "pair", FIELD_LIST, .sub = &word, .min = 2, .max = 2 },
	{ "object", FIELD_OBJECT, .sub = inner },
	{ "free", FIELD_OBJECT, .required = false },
	{ "currency", FIELD_CURRENCY, .required = false },
	{ "amount", FIELD_AMOUNT, .doc = "Any" },
	{ "price", FIELD_AMOUNT, .nullable = true, .min = 3000, .max = 9000 },
	{ 0 },
};
static const struct field none[] = { { 0 } };

static struct json_object *
parse(const struct buf *text)
{
	struct json_object *object = NULL;
	struct json_fault fault = { 0, "", NULL };

	if (json_parse(arena, text->data, text->len, &fault, &object) != ERR_OK)
		(void)fprintf(stderr, "%s at %zu: %s\n", fault.what, fault.offset, text->data);
	CU_ASSERT_PTR_NOT_NULL_FATAL(object);
	return object;
}

/* A member by its dotted path, as JSON text; "" when absent. */
static const char *
at(struct json_object *object, const char *path)
{
	char *rest = arena_strdup(arena, path), *name;

	while ((name = strsep(&rest, ".")) != NULL)
		if (!json_object_object_get_ex(object, name, &object))
			return "";
	return json_object_to_json_string_ext(
	    object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}

static void
a_schema_says_the_rules(void)
{
	struct buf out = buf_new(arena, 4096);
	struct json_object *schema;

	field_schema(all, false, &out);
	schema = parse(&out);
	CU_ASSERT_STRING_EQUAL(at(schema, "type"), "\"object\"");
	CU_ASSERT_STRING_EQUAL(at(schema, "required"), "[\"text\"]");
	CU_ASSERT_STRING_EQUAL(at(schema, "additionalProperties"), "false");
	CU_ASSERT_STRING_EQUAL(at(schema, "properties.text.minLength"), "1");
	CU_ASSERT_STRING_EQUAL(at(schema, "properties.text.maxLength"), "9");
	CU_ASSERT_STRING_EQUAL(at(schema, "properties.int.minimum"), "1");
	CU_ASSERT_STRING_EQUAL(at(schema, "properties.int.maximum"), "5");
	CU_ASSERT_STRING_EQUAL(at(schema, "properties.int.examples"), "[3]");
	CU_ASSERT_STRING_EQUAL(at(schema, "properties.count.minimum"), "0"); /* as it is checked */
	CU_ASSERT_STRING_EQUAL(at(schema, "properties.share.minimum"), "0");
	CU_ASSERT_STRING_EQUAL(at(schema, "properties.number.minimum"), "-1");
	CU_ASSERT_STRING_EQUAL(at(schema, "properties.enum.enum"), "[\"RED\",\"GR\\\"EEN\",null]");
	CU_ASSERT_STRING_EQUAL(at(schema, "properties.enum.type"), "[\"string\",\"null\"]");
	CU_ASSERT_STRING_EQUAL(at(schema, "properties.time.format"), "\"date-time\"");
	CU_ASSERT_STRING_EQUAL(at(schema, "properties.email.format"), "\"email\"");
	CU_ASSERT_STRING_EQUAL(at(schema, "properties.list.minItems"), "1");
	CU_ASSERT_STRING_EQUAL(at(schema, "properties.list.items.maxLength"), "5");
	CU_ASSERT_STRING_EQUAL(at(schema, "properties.items.items.required"), "[\"id\"]");
	CU_ASSERT_STRING_EQUAL(at(schema, "properties.object.properties.id.format"), "\"uuid\"");
	CU_ASSERT_STRING_EQUAL(at(schema, "properties.free.properties"), "");
	CU_ASSERT_STRING_EQUAL(at(schema, "properties.currency.pattern"), "\"^[A-Z]{3,4}$\"");
}

static void
amounts_are_one_component(void)
{
	static const char ref[] = "{\"$ref\":\"#/components/schemas/Amount\"";
	struct buf out = buf_new(arena, 4096);
	struct json_object *schema;

	field_schema(all, false, &out);
	schema = parse(&out);
	CU_ASSERT_STRING_EQUAL(at(schema, "properties.amount"),
	    arena_printf(arena, "%s,\"description\":\"Any\"}", ref));
	CU_ASSERT_STRING_EQUAL(at(schema, "properties.price"),
	    arena_printf(arena,
		"{\"anyOf\":[%s},{\"type\":\"null\"}],\"properties\":{\"amount_minor\":{\"type\":"
		"\"integer\",\"minimum\":3000,\"maximum\":9000}}}",
		ref));
}

static void
a_reply_schema_requires_all_but_the_optional(void)
{
	struct buf out = buf_new(arena, 4096);
	struct json_object *schema, *required;

	field_schema(all, true, &out);
	schema = parse(&out);
	CU_ASSERT(json_object_object_get_ex(schema, "required", &required));
	CU_ASSERT_EQUAL(json_object_array_length(required), COUNT_OF(all) - 2);
	CU_ASSERT_PTR_NULL(strstr(at(schema, "required"), "\"items\""));
}

static void
an_example_passes_its_own_table(void)
{
	struct buf out = buf_new(arena, 4096);
	struct field_errors errors = { .arena = arena };
	struct json_object *example;
	size_t i;

	field_example(all, &out);
	example = parse(&out);
	(void)field_check(all, example, &errors);
	(void)field_check_reply(all, example, &errors);
	for (i = 0; i < errors.count; i++)
		(void)fprintf(stderr, "%s %s\n", errors.list[i].path, errors.list[i].message);
	CU_ASSERT_EQUAL(errors.count, 0);
}

static void
an_empty_table_is_an_empty_object(void)
{
	struct buf schema = buf_new(arena, 64), example = buf_new(arena, 64);

	field_schema(none, false, &schema);
	CU_ASSERT_STRING_EQUAL(at(parse(&schema), "properties"), "{}");
	field_example(none, &example);
	CU_ASSERT_STRING_EQUAL(example.data, "{}");
}

int
main(void)
{
	static const struct cunit_test tests[] = { { "a schema says the rules",
						       a_schema_says_the_rules },
		{ "amounts are one component", amounts_are_one_component },
		{ "a reply's schema requires all but the optional",
		    a_reply_schema_requires_all_but_the_optional },
		{ "an example passes its own table", an_example_passes_its_own_table },
		{ "an empty table is an empty object", an_empty_table_is_an_empty_object },
		{ NULL, NULL } };
	int status;

	arena = arena_new(16 * 1024 * 1024);
	status = cunit_run("schema", tests);
	arena_free(arena);
	return status;
}
