/* The one shape of errors: it names the fields at fault, and survives whoever forgot to set one. */
#include "base/limits.h"
#include "harness/cunit.h"
#include "web/reply.h"

#include <string.h>

static struct arena *arena;

static const char *
printed(enum err err, const struct field_errors *errors, const char *details, const char *request_id)
{
	struct buf out = buf_new(arena, 64);

	reply_error_json(err, errors, details, request_id, &out);
	return out.data;
}

static void
names_the_first_field_and_all(void)
{
	struct field_errors errors = { .count = 2,
		.list = { { "latitude", "must be a number" }, { "bio", "is missing" } } };

	arena = arena_new(REQUEST_BYTES_MAX);
	CU_ASSERT_STRING_EQUAL(printed(ERR_VALIDATION, &errors, NULL, "r1"),
	    "{\"error\":\"validation_error\",\"message\":\"One or more fields are wrong\","
	    "\"details\":{\"field\":\"latitude\",\"message\":\"must be a number\"},"
	    "\"errors\":[{\"field\":\"latitude\",\"message\":\"must be a number\"},"
	    "{\"field\":\"bio\",\"message\":\"is missing\"}],\"request_id\":\"r1\"}");
	arena_free(arena);
}

static void
survives_what_is_unset(void)
{
	struct field_errors errors = { .count = 1, .list = { { NULL, NULL } } };
	const struct fault none = FAULT_NONE;

	arena = arena_new(REQUEST_BYTES_MAX);
	CU_ASSERT_PTR_NOT_NULL(strstr(printed(ERR_VALIDATION, &errors, NULL, NULL),
	    "\"details\":{\"field\":\"body\",\"message\":\"is not accepted\"},\"errors\":[{"));
	CU_ASSERT_PTR_NOT_NULL(strstr(printed(ERR_VALIDATION, NULL, NULL, NULL),
	    "\"errors\":[{\"field\":\"body\",\"message\":\"is not accepted\"}],\"request_id\":\"none\"}"));
	errors = (struct field_errors){ .arena = arena };
	CU_ASSERT_EQUAL(field_fault(&errors, ERR_STALE, &none), ERR_STALE);
	CU_ASSERT_EQUAL(errors.count, 0);
	arena_free(arena);
}

static void
an_error_without_a_field_has_none(void)
{
	arena = arena_new(REQUEST_BYTES_MAX);
	CU_ASSERT_PTR_NULL(strstr(printed(ERR_NOT_FOUND, NULL, NULL, "r1"), "details"));
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(printed(ERR_NOT_FOUND, NULL, "{\"a\":1}", "r1"), "\"details\":{\"a\":1}"));
	arena_free(arena);
}

static const struct cunit_test tests[] = {
	{ "the first field and all of them are named", names_the_first_field_and_all },
	{ "what nobody set is answered all the same", survives_what_is_unset },
	{ "an error without a field names none", an_error_without_a_field_has_none },
	{ NULL, NULL },
};

int
main(void)
{
	return cunit_run("error_json", tests);
}
