/* What the description of a route tells a client that the route's table says in few words. */
#include "harness/cunit.h"
#include "web/openapi.h"

#include <json-c/json.h>
#include <string.h>

static const struct field body[] = {
	{ "name", FIELD_TEXT, .required = true, .max = 9, .doc = "A name" },
	{ 0 },
};
static const struct route routes[] = {
	{ METHOD_GET, "/api/v1/things", "thing_list", .roles = ROLE_ANON, .reply = body,
	    .rate = RATE_READ, .summary = "List" },
	{ METHOD_PUT, "/api/v1/things/{id}", "thing_put", .roles = ROLE_ADMIN, .rate = RATE_WRITE,
	    .flags = ROUTE_IF_MATCH, .body = body, .reply = body, .summary = "Change" },
	{ METHOD_POST, "/api/v1/things", "thing_make", .roles = ROLE_SIGNED_IN, .rate = RATE_WRITE,
	    .status = 201, .flags = ROUTE_IDEMPOTENT, .body = body, .reply = body,
	    .summary = "Make" },
	{ 0 },
};
static const struct route *const tables[] = { routes, NULL };
static struct json_object *root;

/* The operation of a path and a method in the whole that the program prints. */
static struct json_object *
operation(const char *path, const char *method)
{
	struct json_object *paths = NULL, *item = NULL, *found = NULL;

	CU_ASSERT_FATAL(json_object_object_get_ex(root, "paths", &paths) != 0);
	CU_ASSERT_FATAL(json_object_object_get_ex(paths, path, &item) != 0);
	CU_ASSERT_FATAL(json_object_object_get_ex(item, method, &found) != 0);
	return found;
}

static bool
answers(struct json_object *of, const char *status)
{
	return json_object_object_get_ex(json_object_object_get(of, "responses"), status, NULL) != 0;
}

static bool
takes_header(struct json_object *of, const char *name)
{
	struct json_object *list = json_object_object_get(of, "parameters"), *one;
	size_t i;

	for (i = 0; i < json_object_array_length(list); i++) {
		one = json_object_array_get_idx(list, i);
		if (strcmp(json_object_get_string(json_object_object_get(one, "name")), name) == 0)
			return strcmp(json_object_get_string(json_object_object_get(one, "in")),
				   "header") == 0;
	}
	return false;
}

static void
who_may_call_is_told_by_its_refusals(void)
{
	struct json_object *list = operation("/api/v1/things", "get");
	struct json_object *put = operation("/api/v1/things/{id}", "put");
	struct json_object *make = operation("/api/v1/things", "post");

	CU_ASSERT(!answers(list, "401") && !answers(list, "403"));
	CU_ASSERT(answers(put, "401") && answers(put, "403") && answers(put, "404"));
	CU_ASSERT(answers(make, "401") && !answers(make, "403") && !answers(make, "404"));
	CU_ASSERT_STRING_EQUAL(json_object_to_json_string_ext(
				   json_object_object_get(list, "security"), JSON_C_TO_STRING_PLAIN),
	    "[{}]");
	CU_ASSERT(json_object_object_length(
		      json_object_array_get_idx(json_object_object_get(put, "security"), 0)) == 1);
}

static void
what_a_body_and_its_headers_bring_is_told(void)
{
	struct json_object *list = operation("/api/v1/things", "get");
	struct json_object *put = operation("/api/v1/things/{id}", "put");
	struct json_object *make = operation("/api/v1/things", "post");

	CU_ASSERT(
	    answers(list, "413") && !answers(list, "415")); /* nginx refuses any body too large */
	CU_ASSERT(answers(put, "413") && answers(put, "415") && answers(put, "422"));
	CU_ASSERT(takes_header(put, "If-Match") && answers(put, "412") && answers(put, "428"));
	CU_ASSERT(!takes_header(put, "Idempotency-Key") && !takes_header(make, "If-Match"));
	CU_ASSERT(takes_header(make, "Idempotency-Key") && answers(make, "201"));
	CU_ASSERT(answers(list, "429") && answers(put, "429"));
}

static bool
lists(struct json_object *of, const char *name, const char *text)
{
	return strcmp(json_object_to_json_string_ext(
			  json_object_object_get(of, name), JSON_C_TO_STRING_PLAIN),
		   text) == 0;
}

static void
who_may_how_often_and_which_errors_are_told(void)
{
	struct json_object *list = operation("/api/v1/things", "get");
	struct json_object *put = operation("/api/v1/things/{id}", "put");
	struct json_object *make = operation("/api/v1/things", "post");
	const char *errors = json_object_get_string(json_object_object_get(put, "x-errors"));

	CU_ASSERT(lists(list, "x-roles", "[\"anon\"]") && lists(put, "x-roles", "[\"admin\"]"));
	CU_ASSERT(lists(make, "x-roles", "[\"user\",\"advisor\",\"admin\"]"));
	CU_ASSERT(
	    lists(list, "x-rate-limit", "{\"class\":\"read\",\"per_minute\":300,\"burst\":100}"));
	CU_ASSERT(strstr(errors, "\"stale\"") != NULL && strstr(errors, "\"forbidden\"") != NULL);
	CU_ASSERT(strstr(errors, "\"key_reused\"") == NULL);
}

static const struct cunit_test tests[] = {
	{ "who may call is told by its refusals", who_may_call_is_told_by_its_refusals },
	{ "what a body and its headers bring is told", what_a_body_and_its_headers_bring_is_told },
	{ "who may, how often and which errors are told",
	    who_may_how_often_and_which_errors_are_told },
	{ NULL, NULL },
};

int
main(void)
{
	struct arena *arena = arena_new(4 * 1024 * 1024);
	struct buf out = buf_new(arena, 4096);
	int status;

	openapi_part("test", tables, NULL, &out);
	root = json_tokener_parse(out.data);
	status = cunit_run("openapi", tests);
	(void)json_object_put(root);
	arena_free(arena);
	return status;
}
