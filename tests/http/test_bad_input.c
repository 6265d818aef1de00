/*
 * Bad input, for every field of every operation that the API's description lists: wrong types,
 * missing, too short, too long, too small, too large, NUL, bad UTF-8, unknown and repeated names, and
 * bodies that are none. All must be refused with 400, 413, 415 or 422 and the field's name, and
 * nothing stored.
 *
 * Each operation is tried with the first of user, advisor and admin that it lets in. A body starts
 * from the description's own example, with one member replaced by raw text.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "harness/client.h"
#include "harness/cunit.h"
#include "harness/testdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_MAX = 256 * 1024 * 1024 };

static const char some_id[] = "0197aaaa-0000-7000-8000-000000000000";
static const char mark[] = "@here@"; /* in an example: what the raw text replaces */

/* One operation, and where its field under test stands. */
struct op {
	const char *method, *path;
	struct json_object *parameters; /* list */
	struct json_object *schema; /* of the body; NULL without */
	struct json_object *example;
	bool body_required; /* no body at all is refused too */
};

static struct client *c;
static struct arena *arena;
static struct json_object *document;
static struct person people[3];
static int refused; /* requests that were refused as they must be */

static struct json_object *
get(struct json_object *object, const char *name)
{
	struct json_object *member = NULL;

	(void)json_object_object_get_ex(object, name, &member);
	return member;
}

static const char *
text(struct json_object *object, const char *name)
{
	struct json_object *member = get(object, name);

	return member != NULL ? json_object_get_string(member) : "";
}

/* The reply blames field, or an element of it. */
static bool
names(const char *field)
{
	size_t i, len = strlen(field);

	for (i = 0; i < client_count(c, "errors"); i++) {
		char path[40];
		const char *blamed;

		(void)snprintf(path, sizeof(path), "errors.%zu.field", i);
		blamed = client_text(c, path);
		if (strncmp(blamed, field, len) == 0 && (blamed[len] == '\0' || blamed[len] == '.'))
			return client_text(c, "details.field")[0] != '\0';
	}
	return false;
}

static void
headers(const struct op *op)
{
	size_t i;

	for (i = 0; i < json_object_array_length(op->parameters); i++) {
		const char *name = text(json_object_array_get_idx(op->parameters, i), "name");

		if (strcmp(name, "If-Match") == 0)
			client_header(c, "If-Match: *");
		if (strcmp(name, "Idempotency-Key") == 0)
			client_header(c,
			    arena_printf(arena, "Idempotency-Key: k%08x%08x", testdb_random(),
				testdb_random()));
	}
}

/* Send and expect a refusal; field NULL: no field is concerned. */
static void
refuse(const struct op *op, const char *query, const char *type, const struct buf *body,
    const char *field, const char *what)
{
	const char *path = arena_printf(arena, "/%s%s", op->path, query);
	int status;
	bool good;

	headers(op);
	status = client_send(c, op->method, path, type, body != NULL ? body->data : NULL,
	    body != NULL ? body->len : 0);
	good = status == 400 || status == 413 || status == 415 || status == 422;
	good = good && (field == NULL || names(field));
	if (good)
		refused++;
	else
		(void)fprintf(stderr, "%s %s: %s of %s: %d %.300s\n", op->method, path, what,
		    field != NULL ? field : "the body", status, client_body(c));
	CU_ASSERT_TRUE(good);
}

/* The example with field replaced by raw. */
static struct buf
body_with(const struct op *op, const char *field, const char *raw, size_t raw_len)
{
	struct json_object *copy = NULL;
	struct buf body = buf_new(arena, 256);
	const char *whole, *at;

	(void)json_object_deep_copy(op->example, &copy, NULL);
	json_object_object_add(copy, field, json_object_new_string(mark));
	whole = json_object_to_json_string_ext(copy, JSON_C_TO_STRING_NOSLASHESCAPE);
	at = strstr(whole, mark);
	buf_add(&body, whole, (size_t)(at - 1 - whole));
	buf_add(&body, raw, raw_len);
	buf_puts(&body, at + strlen(mark) + 1);
	json_object_put(copy);
	return body;
}

static void
refuse_value(const struct op *op, const char *field, const char *raw, const char *what)
{
	struct buf body = body_with(op, field, raw, strlen(raw));

	refuse(op, "", "application/json", &body, field, what);
}

static void
refuse_missing(const struct op *op, const char *field)
{
	struct json_object *copy = NULL;
	struct buf body = buf_new(arena, 256);

	(void)json_object_deep_copy(op->example, &copy, NULL);
	json_object_object_del(copy, field);
	buf_puts(&body, json_object_to_json_string(copy));
	json_object_put(copy);
	refuse(op, "", "application/json", &body, field, "absence");
}

/* count times "a" in quotes, or count elements in brackets. */
static const char *
many(const char *open, const char *each, const char *between, int64_t count, const char *close)
{
	struct buf raw = buf_new(arena, 256);

	buf_puts(&raw, open);
	while (count-- > 0) {
		buf_puts(&raw, each);
		if (count > 0)
			buf_puts(&raw, between);
	}
	buf_puts(&raw, close);
	return raw.data;
}

static bool
is_type(struct json_object *schema, const char *type)
{
	return strstr(text(schema, "type"), type) != NULL;
}

static void
refuse_texts(const struct op *op, const char *field, struct json_object *schema)
{
	static const char raw_nul[] = "\"a\0b\"";
	int64_t min = json_object_get_int64(get(schema, "minLength"));
	int64_t max = json_object_get_int64(get(schema, "maxLength"));
	struct buf body;

	refuse_value(op, field, "7", "number");
	refuse_value(op, field, "[\"a\"]", "list");
	refuse_value(op, field, "\"a\\u0000b\"", "escaped NUL");
	refuse_value(op, field, "\"\xff\"", "bad UTF-8");
	refuse_value(op, field, "\"\xc0\xaf\"", "overlong UTF-8");
	refuse_value(op, field, "\"\\ud800\"", "lone surrogate");
	refuse_value(op, field, "\"a\\u0001b\"", "control character");
	body = body_with(op, field, raw_nul, sizeof(raw_nul) - 1);
	refuse(op, "", "application/json", &body, field, "raw NUL");
	if (min > 0)
		refuse_value(op, field, many("\"", "a", "", min - 1, "\""), "too short text");
	if (max > 0)
		refuse_value(op, field, many("\"", "a", "", max + 1, "\""), "too long text");
	if (max == 0) /* an enum, a format or a pattern */
		refuse_value(op, field, "\"no such thing\"", "foreign text");
}

static int64_t
bound(struct json_object *schema, const char *name)
{
	return json_object_get_int64(get(schema, name));
}

/* The number beside a bound of the schema, as text. */
static const char *
next_to(struct json_object *schema, const char *name, int step)
{
	return arena_printf(arena, "%lld", (long long)bound(schema, name) + step);
}

static void
refuse_numbers(const struct op *op, const char *field, struct json_object *schema)
{
	bool whole = is_type(schema, "integer");

	refuse_value(op, field, "\"7\"", "text");
	refuse_value(op, field, "true", "boolean");
	refuse_value(op, field, whole ? "9223372036854775808" : "1e999", "number out of range");
	refuse_value(op, field, "NaN", "NaN");
	if (whole)
		refuse_value(op, field, "1.5", "fraction");
	if (whole || get(schema, "minimum") != NULL)
		refuse_value(op, field, next_to(schema, "minimum", -1), "too small");
	if (get(schema, "maximum") != NULL && bound(schema, "maximum") < INT64_MAX)
		refuse_value(op, field, next_to(schema, "maximum", 1), "too large");
}

static void
refuse_lists(const struct op *op, const char *field, struct json_object *schema)
{
	int64_t min = json_object_get_int64(get(schema, "minItems"));
	int64_t max = json_object_get_int64(get(schema, "maxItems"));
	bool texts = is_type(get(schema, "items"), "string");

	refuse_value(op, field, "\"a\"", "text");
	refuse_value(op, field, "{}", "object");
	refuse_value(op, field, texts ? "[7]" : "[\"a\"]", "element of another type");
	refuse_value(op, field, "[null]", "null element");
	if (min > 0)
		refuse_value(op, field, "[]", "too short list");
	if (max > 0)
		refuse_value(op, field, many("[", texts ? "\"en\"" : "1", ",", max + 1, "]"),
		    "too long list");
}

static bool
is_required(const struct op *op, const char *field)
{
	struct json_object *required = get(op->schema, "required");
	size_t i;

	for (i = 0; required != NULL && i < json_object_array_length(required); i++)
		if (strcmp(field, json_object_get_string(json_object_array_get_idx(required, i))) ==
		    0)
			return true;
	return false;
}

static void
refuse_field(const struct op *op, const char *field, struct json_object *schema)
{
	const char *whole = json_object_to_json_string(op->example);
	struct buf twice = buf_new(arena, 256);

	if (is_required(op, field))
		refuse_missing(op, field);
	if (!is_type(schema, "null"))
		refuse_value(op, field, "null", "null");
	buf_printf(&twice, "{\"%s\":null,%s", field, strchr(whole, '{') + 1);
	if (get(op->example, field) != NULL)
		refuse(op, "", "application/json", &twice, field, "repetition");
	if (is_type(schema, "string"))
		refuse_texts(op, field, schema);
	else if (is_type(schema, "integer") || is_type(schema, "number"))
		refuse_numbers(op, field, schema);
	else if (is_type(schema, "array"))
		refuse_lists(op, field, schema);
	else
		refuse_value(op, field, "\"true\"", "text");
	if (strstr(text(schema, "$ref"), "/Amount") != NULL)
		refuse_value(op, field, "{\"amount_minor\":1,\"currency\":\"rupee\"}", "word");
}

static void
refuse_whole(const struct op *op)
{
	static const char *const bodies[] = { "", "{", "null", "[]", "[{}]", "7", "\"{}\"", "{} {}",
		"{'a':1}", "\xef\xbb\xbf{}", "{\"a\":1,}", "// {}" };
	struct buf body = buf_new(arena, 256);
	size_t i;

	for (i = op->body_required ? 0 : 1; i < COUNT_OF(bodies); i++) {
		buf_clear(&body);
		buf_puts(&body, bodies[i]);
		refuse(op, "", "application/json", &body, NULL, bodies[i]);
	}
	body = body_with(op, "no_such_field", "1", 1);
	refuse(op, "", "application/json", &body, "no_such_field", "unknown name");
	refuse(op, "", "text/plain", &body, NULL, "another type");
	refuse(op, "", NULL, &body, NULL, "no type");
	buf_clear(&body);
	buf_puts(&body, many("{\"a\":\"", "a", "", 2 * 1024 * 1024, "\"}"));
	refuse(op, "", "application/json", &body, NULL, "too large a body");
}

static void
refuse_query(const struct op *op, const char *name, const char *value, const char *what)
{
	/* Bytes that are no text cannot be told apart into fields. */
	bool bytes = strcmp(value, "%00") == 0 || strcmp(value, "%ff") == 0;

	refuse(op, arena_printf(arena, "?%s=%s", name, value), NULL, NULL, bytes ? "query" : name,
	    what);
}

static void
refuse_parameter(const struct op *op, struct json_object *parameter)
{
	struct json_object *schema = get(parameter, "schema");
	const char *name = text(parameter, "name");
	int64_t max = json_object_get_int64(get(schema, "maxLength"));
	bool whole = is_type(schema, "integer");

	refuse_query(op, name, "%00", "NUL");
	refuse_query(op, name, "%ff", "bad UTF-8");
	refuse(op, arena_printf(arena, "?%s=1&%s=1", name, name), NULL, NULL, name, "repetition");
	if (is_type(schema, "string")) {
		refuse_query(op, name, "%01", "control character");
		if (max > 0 && max < 3000)
			refuse_query(op, name, many("", "a", "", max + 1, ""), "too long text");
		if (max == 0)
			refuse_query(op, name, "no+such+thing", "foreign text");
		return;
	}
	refuse_query(op, name, "x", "text");
	refuse_query(op, name, "1x", "text after a number");
	if (whole)
		refuse_query(op, name, "1.5", "fraction");
	if (whole)
		refuse_query(op, name, "9223372036854775808", "number out of range");
	if (whole || get(schema, "minimum") != NULL)
		refuse_query(op, name, next_to(schema, "minimum", -1), "too small");
	if (get(schema, "maximum") != NULL && bound(schema, "maximum") < INT64_MAX)
		refuse_query(op, name, next_to(schema, "maximum", 1), "too large");
}

/* {…} in a path: any id, or the example of what is no id. */
static const char *
path_filled(const char *path, struct json_object *parameters)
{
	struct buf out = buf_new(arena, 128);
	size_t i;

	for (; *path != '\0'; path++) {
		const char *value = some_id;

		if (*path != '{') {
			buf_putc(&out, *path);
			continue;
		}
		for (i = 0; i < json_object_array_length(parameters); i++) {
			struct json_object *parameter = json_object_array_get_idx(parameters, i);
			struct json_object *schema = get(parameter, "schema");
			const char *name = text(parameter, "name");

			if (strncmp(name, path + 1, strlen(name)) == 0 &&
			    strcmp(text(schema, "format"), "uuid") != 0)
				value = json_object_get_string(
				    json_object_array_get_idx(get(schema, "examples"), 0));
		}
		buf_puts(&out, value);
		path = strchr(path, '}');
	}
	return out.data;
}

/* Call as the first person whom the operation lets in. */
static void
choose_caller(const struct op *op)
{
	const char *path = arena_printf(arena, "/%s?no_such_field=1", op->path);
	size_t i;

	for (i = 0; i < COUNT_OF(people); i++) {
		client_token(c, people[i].token);
		headers(op);
		if (client_send(c, op->method, path, "application/json", "{", 1) != 403)
			return;
	}
	(void)fprintf(stderr, "%s %s lets nobody in\n", op->method, op->path);
	CU_FAIL("an operation lets nobody in");
}

static void
try_operation(struct op *op)
{
	size_t i;

	choose_caller(op);
	refuse(op, "?no_such_field=1", NULL, NULL, "no_such_field", "unknown name");
	for (i = 0; i < json_object_array_length(op->parameters); i++) {
		struct json_object *parameter = json_object_array_get_idx(op->parameters, i);

		if (strcmp(text(parameter, "in"), "query") == 0)
			refuse_parameter(op, parameter);
	}
	if (op->schema == NULL)
		return;
	refuse_whole(op);
	json_object_object_foreach (get(op->schema, "properties"), field, schema)
		refuse_field(op, field, schema);
}

static struct op
operation(const char *path, const char *method, struct json_object *described)
{
	struct json_object *body = get(get(described, "requestBody"), "content");
	struct op op = { .parameters = get(described, "parameters") };
	char *upper = arena_strdup(arena, method);
	size_t i;

	for (i = 0; upper[i] != '\0'; i++)
		if (upper[i] >= 'a' && upper[i] <= 'z')
			upper[i] = (char)(upper[i] - 'a' + 'A');
	body = get(body, "application/json");
	op.method = upper;
	op.path = path_filled(path, op.parameters);
	op.schema = get(body, "schema");
	op.example = get(body, "example");
	op.body_required = json_object_get_boolean(get(get(described, "requestBody"), "required"));
	return op;
}

/* Every table with its number of rows, but for the books kept of requests themselves. */
static const char *
everything_stored(void)
{
	return testdb_text(
	    "SELECT string_agg(table_name || ' ' || (xpath('/row/n/text()', query_to_xml("
	    "'SELECT count(*) AS n FROM ' || quote_ident(table_name), false, true, '')))[1]::text,"
	    " ', ' ORDER BY table_name) FROM information_schema.tables"
	    " WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
	    " AND table_name NOT IN ('rate_bucket', 'idempotency', 'login', 'revocation')");
}

static void
bad_input_is_refused_by_name_everywhere(void)
{
	const char *before, *after;
	int operations = 0;

	people[0] = person_register("USER");
	people[1] = person_advisor();
	people[2] = person_admin();
	CU_ASSERT_EQUAL_FATAL(client_call(c, "GET", "//openapi.json", NULL), 200);
	document = json_object_get(client_json(c));
	before = everything_stored();
	json_object_object_foreach (get(document, "paths"), path, methods) {
		json_object_object_foreach (methods, method, described) {
			struct arena_mark start = arena_mark(arena);
			struct op op;

			if (strncmp(path, "/api/v1/", 8) != 0)
				continue;
			op = operation(path, method, described);
			try_operation(&op);
			operations++;
			arena_rewind(arena, start);
		}
	}
	after = everything_stored();
	CU_ASSERT_STRING_EQUAL(before, after);
	if (strcmp(before, after) != 0)
		(void)fprintf(stderr, "before: %s\nafter:  %s\n", before, after);
	(void)printf("%d bad requests to %d operations\n", refused, operations);
	CU_ASSERT(operations >= 15);
	CU_ASSERT(refused > 10 * operations);
}

static const struct cunit_test tests[] = {
	{ "bad input is refused by name everywhere", bad_input_is_refused_by_name_everywhere },
	{ NULL, NULL },
};

int
main(void)
{
	int status;

	arena = arena_new(ARENA_MAX);
	c = client_new();
	status = cunit_run("bad_input", tests);
	json_object_put(document);
	client_free(c);
	arena_free(arena);
	return status;
}
