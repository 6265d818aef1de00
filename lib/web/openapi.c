#include "web/openapi.h"
#include "shape/amount.h"
#include "shape/event_type.h"
#include "web/program.h"
#include "web/rate.h"

#include <string.h>

static void
member(struct buf *out, const char *before, const char *name, const char *text)
{
	buf_printf(out, "%s\"%s\":", before, name);
	buf_json(out, text);
}

static void
put_parameter(const struct field *field, const char *in, struct buf *out)
{
	buf_puts(out, "{");
	member(out, "", "name", field->name);
	member(out, ",", "in", in);
	if (field->required || strcmp(in, "path") == 0)
		buf_puts(out, ",\"required\":true");
	if (field->doc != NULL)
		member(out, ",", "description", field->doc);
	buf_puts(out, ",\"schema\":");
	field_schema_one(field, false, out);
	buf_puts(out, "}");
}

static const struct field *
path_field(const struct route *route, const char *name, size_t len)
{
	static const struct field uuid = { "id", FIELD_UUID, .doc = "Which one" };
	const struct field *field = route->path_fields;

	for (; field != NULL && field->name != NULL; field++)
		if (strlen(field->name) == len && memcmp(field->name, name, len) == 0)
			return field;
	return &uuid;
}

static void
header_parameter(const char *name, bool required, const char *doc, struct buf *out)
{
	buf_printf(out, "%s{\"name\":\"%s\",\"in\":\"header\",\"required\":%s,\"description\":",
	    out->data[out->len - 1] == '[' ? "" : ",", name, required ? "true" : "false");
	buf_json(out, doc);
	buf_puts(out, ",\"schema\":{\"type\":\"string\"}}");
}

static void
put_parameters(const struct route *route, struct buf *out)
{
	const char *at = route->path;
	const struct field *field;

	buf_puts(out, ",\"parameters\":[");
	while ((at = strchr(at, '{')) != NULL) {
		size_t len = strcspn(++at, "}");
		struct field named = *path_field(route, at, len);

		named.name = arena_strndup(out->arena, at, len);
		if (out->data[out->len - 1] != '[')
			buf_putc(out, ',');
		put_parameter(&named, "path", out);
	}
	for (field = route->query; field != NULL && field->name != NULL; field++) {
		if (out->data[out->len - 1] != '[')
			buf_putc(out, ',');
		put_parameter(field, "query", out);
	}
	if (route->flags & ROUTE_IDEMPOTENT)
		header_parameter("Idempotency-Key", (route->flags & ROUTE_KEY_REQUIRED) != 0,
		    "The same key again gets the first answer", out);
	if (route->flags & ROUTE_IF_MATCH)
		header_parameter("If-Match", true, "The ETag you read; * for any", out);
	if (route->flags & ROUTE_ETAG)
		header_parameter(
		    "If-None-Match", false, "The ETag you have: 304 when it is good", out);
	buf_putc(out, ']');
}

static void
put_content(const struct field *fields, bool reply, bool list, struct buf *out)
{
	buf_puts(out, "\"content\":{\"application/json\":{\"schema\":");
	if (list)
		buf_puts(out,
		    "{\"type\":\"object\",\"properties\":{\"items\":{\"type\":\"array\","
		    "\"items\":");
	field_schema(fields, reply, out);
	if (list)
		buf_puts(out,
		    "},\"next_cursor\":{\"type\":[\"string\",\"null\"]}},"
		    "\"required\":[\"items\",\"next_cursor\"],"
		    "\"additionalProperties\":false}");
	buf_puts(out, list ? ",\"example\":{\"items\":[" : ",\"example\":");
	field_example(fields, out);
	if (list)
		buf_puts(out, "],\"next_cursor\":null}");
	buf_puts(out, "}}");
}

static void
put_body(const struct route *route, struct buf *out)
{
	if (route->body == NULL)
		return;
	buf_printf(out, ",\"requestBody\":{\"required\":%s,",
	    route->flags & ROUTE_BODY_OPTIONAL ? "false" : "true");
	put_content(route->body, false, false, out);
	buf_putc(out, '}');
}

static int
status_of(const struct route *route)
{
	return route->status != 0 ? route->status : 200;
}

/* One response per status, naming all codes that come with it. */
static void
put_errors(const struct route *route, struct buf *out)
{
	enum err list[ROUTE_ERRORS_MAX];
	size_t i, count = route_errors(route, list);
	int status;

	for (status = 400; status < 600; status++) {
		struct buf codes = buf_new(out->arena, 128);

		for (i = 0; i < count; i++) {
			if (err_status(list[i]) != status)
				continue;
			buf_printf(&codes, "%s`%s`: %s", codes.len > 0 ? ". " : "",
			    err_code(list[i]), err_text(list[i]));
		}
		if (codes.len == 0)
			continue;
		buf_printf(out, ",\"%d\":{", status);
		member(out, "", "description", codes.data);
		buf_puts(out,
		    ",\"content\":{\"application/json\":{\"schema\":"
		    "{\"$ref\":\"#/components/schemas/Error\"}}}}");
	}
}

static void
put_success(const struct route *route, int status, const char *description, struct buf *out)
{
	buf_printf(out, "\"%d\":{", status);
	member(out, "", "description", description);
	if (route->reply != NULL && status != 204) {
		buf_putc(out, ',');
		put_content(route->reply, true, (route->flags & ROUTE_LIST) != 0, out);
	}
	if (route->flags & ROUTE_SSE)
		buf_puts(
		    out, ",\"content\":{\"text/event-stream\":{\"schema\":{\"type\":\"string\"}}}");
	buf_putc(out, '}');
}

static void
put_responses(const struct route *route, struct buf *out)
{
	buf_puts(out, ",\"responses\":{");
	if (route->flags & ROUTE_OR_200) {
		put_success(route, 200, "It was there already", out);
		buf_putc(out, ',');
	}
	put_success(route, status_of(route), "Success", out);
	if (route->flags & ROUTE_ETAG)
		buf_puts(out, ",\"304\":{\"description\":\"Not changed since the ETag you have\"}");
	put_errors(route, out);
	buf_putc(out, '}');
}

static const enum role all_roles[] = { ROLE_ANON, ROLE_USER, ROLE_ADVISOR, ROLE_ADMIN };

/* As a list of names. */
static void
put_roles(const struct route *route, struct buf *out)
{
	const char *before = "[";
	size_t i;

	for (i = 0; i < COUNT_OF(all_roles); i++)
		if (route->roles & all_roles[i]) {
			buf_puts(out, before);
			buf_json(out, role_name(all_roles[i]));
			before = ",";
		}
	buf_puts(out, *before == '[' ? "[]" : "]");
}

/* Who may, how often, and the codes of all errors: OpenAPI has no words for these. */
static void
put_extensions(const struct route *route, struct buf *out)
{
	const struct rate_class_row *rate = &rate_classes[route->rate];
	enum err list[ROUTE_ERRORS_MAX];
	size_t i, count = route_errors(route, list);

	buf_puts(out, ",\"x-roles\":");
	put_roles(route, out);
	for (i = 0; i < count; i++) {
		buf_puts(out, i > 0 ? "," : ",\"x-errors\":[");
		buf_json(out, err_code(list[i]));
	}
	buf_putc(out, ']');
	if (rate->per_minute == 0)
		return;
	member(out, ",\"x-rate-limit\":{", "class", rate->name);
	buf_printf(out, ",\"per_minute\":%lld,\"burst\":%lld}", (long long)rate->per_minute,
	    (long long)rate->burst);
}

static void
put_operation(const char *program, const struct route *route, struct buf *out)
{
	buf_putc(out, '{');
	member(out, "", "operationId", route->name);
	member(out, ",", "summary", route->summary);
	if (route->doc != NULL)
		member(out, ",", "description", route->doc);
	buf_puts(out, ",\"tags\":[");
	buf_json(out, program);
	buf_puts(out, "],\"security\":");
	buf_puts(out,
	    route->roles == ROLE_ANON	      ? "[{}]"
		: route->flags & ROUTE_TICKET ? "[{\"bearer\":[]},{\"ticket\":[]}]"
		: route->roles & ROLE_ANON    ? "[{},{\"bearer\":[]}]"
					      : "[{\"bearer\":[]}]");
	put_extensions(route, out);
	put_parameters(route, out);
	put_body(route, out);
	put_responses(route, out);
	buf_putc(out, '}');
}

static const struct route *
next_route(const struct route *const **tables, const struct route *at)
{
	if (at != NULL)
		at++;
	while (at == NULL || at->method == 0) {
		if (at != NULL)
			++*tables;
		if (**tables == NULL)
			return NULL;
		at = **tables;
	}
	return at;
}

static bool
is_documented(const struct route *route)
{
	return !(route->flags & (ROUTE_HIDDEN | ROUTE_PAGE));
}

/* All operations of one path; printed at its first route only. */
static void
put_path(const char *program, const struct route *const *tables, const struct route *first,
    struct buf *out)
{
	const struct route *const *in = tables;
	const struct route *at = NULL;
	const char *before = "{";

	while ((at = next_route(&in, at)) != NULL) {
		char method[8];
		size_t i;

		if (strcmp(at->path, first->path) != 0 || !is_documented(at))
			continue;
		if (*before == '{' && at != first)
			return; /* printed before */
		for (i = 0; method_name(at->method)[i] != '\0'; i++)
			method[i] = (char)(method_name(at->method)[i] | 0x20);
		method[i] = '\0';
		if (at == first) {
			buf_puts(out, out->data[out->len - 1] == '{' ? "" : ",");
			buf_json(out, at->path);
			buf_putc(out, ':');
		}
		buf_printf(out, "%s\"%s\":", before, method);
		before = ",";
		put_operation(program, at, out);
	}
	buf_putc(out, '}');
}

static void
put_route(const char *program, const struct route *route, struct buf *out)
{
	if (out->data[out->len - 1] != '[')
		buf_putc(out, ',');
	member(out, "{", "program", program);
	member(out, ",", "name", route->name);
	member(out, ",", "method", method_name(route->method));
	member(out, ",", "path", route->path);
	buf_printf(out, ",\"page\":%s,\"hidden\":%s,\"has_reply\":%s,\"roles\":",
	    route->flags & ROUTE_PAGE ? "true" : "false", is_documented(route) ? "false" : "true",
	    route->reply != NULL || status_of(route) == 204 ||
		    route->flags & (ROUTE_PAGE | ROUTE_TEXT | ROUTE_SSE)
		? "true"
		: "false");
	put_roles(route, out);
	buf_putc(out, '}');
}

void
openapi_part(const char *program, const struct route *const *tables,
    const struct event_type *const *events, struct buf *out)
{
	const struct route *const *in = tables;
	const struct route *at = NULL;

	buf_puts(out, "{\"paths\":{");
	while ((at = next_route(&in, at)) != NULL)
		if (is_documented(at))
			put_path(program, tables, at, out);
	buf_puts(out, "},\"routes\":[");
	in = tables;
	at = NULL;
	while ((at = next_route(&in, at)) != NULL)
		put_route(program, at, out);
	buf_puts(out, "],\"events\":");
	event_types_json(events, out);
	buf_putc(out, '}');
}

static void
put_tags(struct buf *out)
{
	size_t i;

	buf_puts(out, "\"tags\":[");
	for (i = 0; i < PROGRAM__COUNT; i++) {
		if (!program_serves(&programs[i]))
			continue;
		member(out, out->data[out->len - 1] == '[' ? "{" : ",{", "name", programs[i].name);
		member(out, ",", "description", programs[i].doc);
		buf_putc(out, '}');
	}
	buf_puts(out, "],");
}

static const char frame_info[] =
    "{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"Confab\",\"version\":\"1\","
    "\"summary\":\"People find each other, talk, and pay for each other's time\","
    "\"description\":\"Everything that apps and tools ask of a Confab server. Errors have one shape: branch"
    " on error, show message, and keep request_id for whoever runs the server.\","
    "\"contact\":{\"name\":\"Whoever runs this server\"},"
    "\"license\":{\"name\":\"MIT\",\"identifier\":\"MIT\"}},\"servers\":[{\"url\":\"/\"}],";
static const char frame_components[] =
    "\"components\":{\"securitySchemes\":{\"bearer\":{\"type\":\"http\",\"scheme\":\"bearer\","
    "\"bearerFormat\":\"JWT\"},\"ticket\":{\"type\":\"apiKey\",\"in\":\"query\","
    "\"name\":\"ticket\"}},\"schemas\":{\"Error\":{\"type\":\"object\",\"properties\":{"
    "\"error\":{\"type\":\"string\",\"description\":\"Stable code: branch on this\"},"
    "\"message\":{\"type\":\"string\"},"
    "\"details\":{\"type\":\"object\",\"properties\":{\"field\":{\"type\":\"string\"},"
    "\"message\":{\"type\":\"string\"}}},"
    "\"errors\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{"
    "\"field\":{\"type\":\"string\"},\"message\":{\"type\":\"string\"}}}},"
    "\"request_id\":{\"type\":\"string\"}},\"required\":[\"error\",\"message\",\"request_id\"]}";

static void
put_events(struct json_object *const *parts, size_t count, struct buf *out)
{
	struct json_object *all = openapi_events(parts, count);

	event_schemas(all, out);
	(void)json_object_put(all);
}

struct json_object *
openapi_events(struct json_object *const *parts, size_t count)
{
	struct json_object *all = json_object_new_array(), *list;
	size_t i, j;

	for (i = 0; i < count; i++)
		for (j = 0; json_object_object_get_ex(parts[i], "events", &list) &&
		     j < json_object_array_length(list);
		     j++)
			(void)json_object_array_add(
			    all, json_object_get(json_object_array_get_idx(list, j)));
	return all;
}

static const char webhook_doc[] =
    "Comes over a connection that you opened: GET /api/v1/events, GET /api/v1/events/stream or the WebSocket"
    " /api/v1/ws. OpenAPI describes what a server says by itself as a webhook; no request is made to you, and"
    " no answer is waited for.";

/* One event as OpenAPI describes what a server says by itself. */
static void
put_webhook(struct json_object *type, struct buf *out)
{
	const char *name = json_object_get_string(json_object_object_get(type, "type"));
	char *id = arena_strdup(out->arena, name);

	for (char *c = id; *c != '\0'; c++)
		*c = *c == '.' ? '_' : *c;
	buf_json(out, name);
	buf_printf(out,
	    ":{\"post\":{\"operationId\":\"on_%s\",\"tags\":[\"events\"],\"security\":[{}]", id);
	member(out, ",", "summary", json_object_get_string(json_object_object_get(type, "doc")));
	member(out, ",", "description", webhook_doc);
	buf_printf(out,
	    ",\"requestBody\":{\"required\":true,\"content\":{\"application/json\":{\"schema\":{\"$ref\":"
	    "\"#/components/schemas/%s\"},\"example\":{\"seq\":%s,\"type\":\"%s\",\"created_at\":"
	    "\"2026-11-21T09:30:00Z\",\"data\":%s}}}},\"responses\":{\"200\":{\"description\":\"Unused\"}}}}",
	    event_schema_name(out->arena, name),
	    json_object_get_boolean(json_object_object_get(type, "ephemeral")) ? "null" : "43", name,
	    json_object_to_json_string_ext(json_object_object_get(type, "example"),
		JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
}

static void
put_webhooks(struct json_object *const *parts, size_t count, struct buf *out)
{
	struct json_object *all = openapi_events(parts, count);
	size_t i;

	buf_puts(out, ",\"webhooks\":{");
	for (i = 0; i < json_object_array_length(all); i++) {
		buf_puts(out, i > 0 ? "," : "");
		put_webhook(json_object_array_get_idx(all, i), out);
	}
	buf_putc(out, '}');
	(void)json_object_put(all);
}

void
openapi_document(struct json_object *const *parts, size_t count, struct buf *out)
{
	struct json_object *paths;
	const char *before = "";
	size_t i;

	buf_puts(out, frame_info);
	put_tags(out);
	buf_puts(out, frame_components);
	buf_puts(out, ",\"Amount\":");
	field_schema(amount_fields, false, out);
	put_events(parts, count, out);
	buf_puts(out, "}},\"paths\":{");
	for (i = 0; i < count; i++) {
		if (!json_object_object_get_ex(parts[i], "paths", &paths))
			continue;
		json_object_object_foreach (paths, path, operations) {
			buf_puts(out, before);
			before = ",";
			buf_json(out, path);
			buf_putc(out, ':');
			buf_puts(out,
			    json_object_to_json_string_ext(operations, JSON_C_TO_STRING_PLAIN));
		}
	}
	buf_putc(out, '}');
	put_webhooks(parts, count, out);
	buf_puts(out, "}\n");
}
