/* The tables of event types, their schemas, and what the check of test builds refuses. */
#include "base/log.h"
#include "domain/market/advisor.h"
#include "domain/people/moderation.h"
#include "domain/people/report.h"
#include "domain/talk/conversation.h"
#include "domain/talk/message.h"
#include "domain/talk/presence.h"
#include "domain/talk/session.h"
#include "harness/cunit.h"
#include "shape/event_type.h"

#include <stdio.h>
#include <string.h>

enum { ARENA_MAX = 1024 * 1024 };

#define ID "0199a3c0-7d2e-7c1b-9f3a-2b1d5e6f7a80"
#define READ(seq, data)                                                                            \
	"{\"seq\":" seq                                                                            \
	",\"type\":\"message.read\",\"created_at\":\"2026-11-21T09:30:00Z\",\"data\":" data "}"
#define READ_DATA "{\"conversation_id\":\"" ID "\",\"user_id\":\"" ID "\",\"seq\":3}"

static struct arena *arena;
static const struct event_type *const tables[] = { message_events, conversation_events,
	presence_events, session_events, advisor_events, report_events, account_events, NULL };
static const struct event_type *const few[] = { conversation_events, NULL };

static bool
passes(const char *text)
{
	return event_check(arena, tables, text, strlen(text));
}

static void
an_event_must_be_as_its_table_says(void)
{
	CU_ASSERT(passes(""));
	CU_ASSERT(passes(READ("1", READ_DATA)));
	CU_ASSERT(passes(READ("1", READ_DATA) "," READ("2", READ_DATA)));
	CU_ASSERT(passes("{\"seq\":1,\"type\":\"test.any\",\"data\":{\"n\":1}}"));
	CU_ASSERT_FALSE(passes(READ("1", READ_DATA) "," READ("2", "{}")));
	CU_ASSERT_FALSE(passes(READ("null", READ_DATA))); /* it is stored */
	CU_ASSERT_FALSE(passes(READ("1", "null")));
	CU_ASSERT_FALSE(passes(
	    READ("1", "{\"conversation_id\":\"" ID "\",\"user_id\":\"" ID "\",\"seq\":\"3\"}")));
	CU_ASSERT_FALSE(passes(READ(
	    "1", "{\"conversation_id\":\"" ID "\",\"user_id\":\"" ID "\",\"seq\":3,\"more\":1}")));
	CU_ASSERT_FALSE(passes("{\"seq\":1,\"type\":\"message.red\",\"created_at\":"
			       "\"2026-11-21T09:30:00Z\",\"data\":" READ_DATA "}"));
	CU_ASSERT_FALSE(passes("{\"seq\":1"));
	CU_ASSERT_FALSE(event_check(arena, few, READ("1", READ_DATA), strlen(READ("1", READ_DATA))));
}

/* The text three members deep. */
static const char *
member(struct json_object *object, const char *one, const char *two, const char *three)
{
	return json_object_get_string(json_object_object_get(
	    json_object_object_get(json_object_object_get(object, one), two), three));
}

/* What a program prints of these, parsed. */
static struct json_object *
printed(const struct event_type *const *types)
{
	struct buf out = buf_new(arena, 65536);
	struct json_object *list;

	event_types_json(types, &out);
	list = json_tokener_parse(out.data);
	CU_ASSERT_PTR_NOT_NULL_FATAL(list);
	return list;
}

static void
every_type_has_a_schema_of_its_own(void)
{
	struct buf out = buf_new(arena, 65536);
	const struct event_type *const *table, *type;
	struct json_object *list = printed(tables), *whole, *schema;
	size_t count = 0;

	buf_puts(&out, "{\"x\":0");
	event_schemas(list, &out);
	buf_putc(&out, '}');
	whole = json_tokener_parse(out.data);
	CU_ASSERT_PTR_NOT_NULL_FATAL(whole);
	for (table = tables; *table != NULL; table++)
		for (type = *table; type->type != NULL; type++, count++) {
			CU_ASSERT(json_object_object_get_ex(
			    whole, event_schema_name(arena, type->type), &schema));
			CU_ASSERT_STRING_EQUAL(member(schema, "properties", "seq", "type"),
			    type->ephemeral ? "null" : "integer");
			CU_ASSERT_STRING_EQUAL(
			    member(schema, "properties", "type", "const"), type->type);
			CU_ASSERT_PTR_NOT_NULL(type->data);
			CU_ASSERT_PTR_NOT_NULL(type->doc);
			CU_ASSERT_PTR_EQUAL(event_type_find(tables, type->type), type);
		}
	CU_ASSERT_EQUAL(json_object_object_length(whole), (int)count + 2); /* x, Event; none twice */
	CU_ASSERT_STRING_EQUAL(event_schema_name(arena, "message.created"), "EventMessageCreated");
	CU_ASSERT_PTR_NULL(event_type_find(tables, "message"));
	CU_ASSERT_PTR_NULL(event_type_find(few, "message.created"));
	json_object_put(whole);
	json_object_put(list);
}

static void
a_program_prints_those_it_lists(void)
{
	struct json_object *list = printed(few), *none = printed(NULL), *row;

	CU_ASSERT_EQUAL(json_object_array_length(none), 0);
	CU_ASSERT_EQUAL_FATAL(json_object_array_length(list), 2);
	row = json_object_array_get_idx(list, 1);
	CU_ASSERT_STRING_EQUAL(
	    json_object_get_string(json_object_object_get(row, "type")), "typing");
	CU_ASSERT(json_object_get_boolean(json_object_object_get(row, "ephemeral")));
	CU_ASSERT(json_object_object_get_ex(json_object_object_get(row, "example"), "at", NULL));
	json_object_put(list);
	json_object_put(none);
}

static const struct cunit_test tests[] = {
	{ "an event must be as its table says", an_event_must_be_as_its_table_says },
	{ "every type has a schema of its own", every_type_has_a_schema_of_its_own },
	{ "a program prints those it lists", a_program_prints_those_it_lists },
	{ NULL, NULL },
};

int
main(void)
{
	int status;

	arena = arena_new(ARENA_MAX);
	status = cunit_run("event_type", tests);
	arena_free(arena);
	return status;
}
