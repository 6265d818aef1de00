/* An operation as the reference shows it: who may, what goes in and comes out, and a command to try it with. */
#include "confab_docs.h"

#include <ctype.h>
#include <string.h>

static struct json_object *
content_of(struct json_object *holder)
{
	return docs_get(docs_get(holder, "content"), "application/json");
}

static void
add_parameters(struct arena *arena, struct json_object *view, struct json_object *operation)
{
	struct json_object *from = docs_get(operation, "parameters");
	struct json_object *list = json_object_new_array();
	size_t i;

	for (i = 0; i < json_object_array_length(from); i++) {
		struct json_object *parameter = json_object_array_get_idx(from, i);
		struct json_object *doc = docs_get(parameter, "description");
		struct json_object *row =
		    docs_field(arena, json_object_get_string(docs_get(parameter, "name")),
			docs_get(parameter, "schema"),
			json_object_get_boolean(docs_get(parameter, "required")));

		docs_add(row, "in", json_object_get_string(docs_get(parameter, "in")));
		if (doc != NULL)
			docs_add(row, "doc", json_object_get_string(doc));
		(void)json_object_array_add(list, row);
	}
	(void)json_object_object_add(view, "parameters", docs_table(list, true));
}

static void
add_responses(struct arena *arena, struct json_object *view, struct json_object *operation)
{
	struct json_object *responses = docs_get(operation, "responses"), *json = NULL, *example;
	const char *good = NULL;
	bool stream = false;

	json_object_object_foreach (responses, status, response) {
		if (status[0] != '2')
			continue;
		good = status;
		json = content_of(response);
		stream = docs_get(docs_get(response, "content"), "text/event-stream") != NULL;
	}
	docs_add(view, "status", good);
	(void)json_object_object_add(view, "stream", json_object_new_boolean(stream));
	(void)json_object_object_add(
	    view, "reply_fields", docs_table(docs_fields(arena, docs_get(json, "schema")), false));
	example = docs_get(json, "example");
	docs_add(view, "reply", example == NULL ? NULL : docs_pretty(example));
}

/* The codes of all errors, by status. */
static struct json_object *
errors_view(struct json_object *operation)
{
	struct json_object *codes = docs_get(operation, "x-errors"), *view = json_object_new_array();
	int status;
	size_t i;

	for (status = 400; status < 600; status++) {
		struct json_object *row = NULL, *list = NULL;

		for (i = 0; i < json_object_array_length(codes); i++) {
			struct json_object *code = json_object_array_get_idx(codes, i);

			if (err_status(err_of_code(json_object_get_string(code))) != status)
				continue;
			if (row == NULL) {
				row = json_object_new_object();
				list = json_object_new_array();
				(void)json_object_object_add(
				    row, "status", json_object_new_int(status));
				(void)json_object_object_add(row, "codes", list);
				(void)json_object_array_add(view, row);
			}
			(void)json_object_array_add(list, json_object_get(code));
		}
	}
	return view;
}

static void
add_roles(struct json_object *view, struct json_object *operation)
{
	struct json_object *from = docs_get(operation, "x-roles"), *list = json_object_new_array();
	struct json_object *rate = docs_get(operation, "x-rate-limit");
	size_t i;

	for (i = 0; i < json_object_array_length(from); i++) {
		const char *role = json_object_get_string(json_object_array_get_idx(from, i));

		(void)json_object_array_add(
		    list, json_object_new_string(strcmp(role, "anon") == 0 ? "anyone" : role));
	}
	(void)json_object_object_add(view, "roles", list);
	(void)json_object_object_add(view, "limit", json_object_get(rate));
}

/* Quoted for a shell. */
static void
put_quoted(struct buf *out, const char *text)
{
	buf_putc(out, '\'');
	for (; *text != '\0'; text++)
		if (*text == '\'')
			buf_puts(out, "'\\''");
		else
			buf_putc(out, *text);
	buf_putc(out, '\'');
}

/* The path with something for each {…}. */
static void
put_path(struct buf *out, const char *path)
{
	for (; *path != '\0'; path++) {
		if (*path != '{') {
			buf_putc(out, *path);
			continue;
		}
		buf_puts(out,
		    strncmp(path, "{emoji}", 7) == 0 ? "%F0%9F%91%8D"
						     : "0199a3c0-7d2e-7c1b-9f3a-2b1d5e6f7a80");
		path += strcspn(path, "}");
	}
}

/* What the query must have, by its examples. */
static void
put_query(struct buf *out, struct json_object *operation)
{
	struct json_object *list = docs_get(operation, "parameters");
	const char *before = "?";
	size_t i;

	for (i = 0; i < json_object_array_length(list); i++) {
		struct json_object *one = json_object_array_get_idx(list, i);
		struct json_object *examples = docs_get(docs_get(one, "schema"), "examples");

		if (strcmp(json_object_get_string(docs_get(one, "in")), "query") != 0 ||
		    !json_object_get_boolean(docs_get(one, "required")) || examples == NULL)
			continue;
		buf_join(out, before, json_object_get_string(docs_get(one, "name")), "=", NULL);
		buf_url(out, json_object_get_string(json_object_array_get_idx(examples, 0)));
		before = "&";
	}
}

static void
put_headers(struct buf *out, struct json_object *operation)
{
	struct json_object *list = docs_get(operation, "parameters");
	size_t i;

	for (i = 0; i < json_object_array_length(list); i++) {
		struct json_object *one = json_object_array_get_idx(list, i);
		const char *name = json_object_get_string(docs_get(one, "name"));

		if (strcmp(name, "Idempotency-Key") == 0)
			buf_puts(out, " \\\n  -H 'Idempotency-Key: a-name-of-your-own'");
		else if (strcmp(name, "If-Match") == 0)
			buf_puts(out, " \\\n  -H 'If-Match: *'");
	}
}

/* What does it in a shell that has $BASE and $TOKEN. */
static char *
curl_of(struct arena *arena, const char *path, const char *method, struct json_object *operation,
    struct json_object *body, struct json_object *recorded)
{
	struct json_object *security = json_object_array_get_idx(docs_get(operation, "security"), 0);
	struct json_object *seen = docs_get(recorded, "path");
	struct buf out = buf_new(arena, 512);
	const char *c;

	buf_puts(&out, strstr(path, "/stream") != NULL ? "curl -N " : "curl ");
	if (strcmp(method, "get") != 0) {
		buf_puts(&out, "-X ");
		for (c = method; *c != '\0'; c++)
			buf_putc(&out, (char)toupper((unsigned char)*c));
		buf_putc(&out, ' ');
	}
	buf_puts(&out, "\"$BASE");
	if (seen != NULL) {
		buf_puts(&out, json_object_get_string(seen));
	} else {
		put_path(&out, path);
		put_query(&out, operation);
	}
	buf_putc(&out, '"');
	if (json_object_object_length(security) > 0)
		buf_puts(&out, " \\\n  -H \"Authorization: Bearer $TOKEN\"");
	put_headers(&out, operation);
	if (body != NULL) {
		buf_puts(&out, " \\\n  -H 'Content-Type: application/json' \\\n  -d ");
		put_quoted(&out,
		    json_object_to_json_string_ext(
			body, JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE));
	}
	return out.data;
}

static void
add_words(struct json_object *view, struct json_object *operation, const char *path,
    const char *method, bool recorded)
{
	struct json_object *doc = docs_get(operation, "description");

	docs_add(view, "id", json_object_get_string(docs_get(operation, "operationId")));
	docs_add(view, "summary", json_object_get_string(docs_get(operation, "summary")));
	docs_add(view, "doc", doc == NULL ? NULL : json_object_get_string(doc));
	docs_add(view, "path", path);
	docs_add(view, "method", method);
	(void)json_object_object_add(view, "recorded", json_object_new_boolean(recorded));
}

struct json_object *
docs_operation(struct arena *arena, const char *path, const char *method,
    struct json_object *operation, struct json_object *recorded)
{
	struct json_object *view = json_object_new_object(), *body = NULL;
	struct json_object *content = content_of(docs_get(operation, "requestBody"));

	add_words(view, operation, path, method, docs_get(recorded, "reply") != NULL);
	add_roles(view, operation);
	add_parameters(arena, view, operation);
	if (content != NULL)
		body = docs_get(content, "example");
	(void)json_object_object_add(
	    view, "members", docs_table(docs_fields(arena, docs_get(content, "schema")), true));
	(void)json_object_object_add(view, "errors", errors_view(operation));
	docs_add(view, "curl", curl_of(arena, path, method, operation, body, recorded));
	add_responses(arena, view, operation);
	return view;
}
