/* The operator's command: the API's description, gathered from the programs themselves. */
#include "confab.h"
#include "base/json.h"
#include "shape/event_type.h"
#include "web/openapi.h"
#include "web/program.h"
#include "panel/tmpl.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PART_BYTES_MAX = 8 * 1024 * 1024 };

/* What a program that serves says of itself. */
struct part {
	const struct program *program;
	struct json_object *json;
};

/* Run DIR/program --openapi and read what it prints. */
static struct json_object *
part_read(struct arena *arena, const char *dir, const char *program)
{
	char *path = arena_printf(arena, "%s/%s", dir, program);
	char *text = arena_alloc(arena, PART_BYTES_MAX);
	size_t len = 0;
	int ends[2], status;
	ssize_t got;
	pid_t pid;
	struct json_object *part;

	if (pipe(ends) != 0 || (pid = fork()) < 0)
		return NULL;
	if (pid == 0) {
		(void)dup2(ends[1], STDOUT_FILENO);
		(void)close(ends[0]);
		(void)execl(path, path, "--openapi", (char *)NULL);
		perror(path);
		_exit(127);
	}
	(void)close(ends[1]);
	while ((got = read(ends[0], text + len, PART_BYTES_MAX - 1 - len)) > 0)
		len += (size_t)got;
	(void)close(ends[0]);
	if (waitpid(pid, &status, 0) != pid || status != 0)
		return NULL;
	part = json_tokener_parse(text);
	if (part != NULL)
		(void)json_keep(arena, part);
	return part;
}

/* How many there are; 0 when one does not describe itself, which was said. */
static size_t
parts_read(struct arena *arena, const char *dir, struct part parts[PROGRAM__COUNT])
{
	size_t i, count = 0;

	for (i = 0; i < PROGRAM__COUNT; i++) {
		if (!program_serves(&programs[i]))
			continue;
		parts[count] =
		    (struct part){ &programs[i], part_read(arena, dir, programs[i].name) };
		if (parts[count++].json == NULL) {
			(void)fprintf(stderr, "confab: %s/%s does not describe itself\n", dir,
			    programs[i].name);
			return 0;
		}
	}
	return count;
}

int
confab_openapi(struct arena *arena, const char *dir)
{
	struct part parts[PROGRAM__COUNT];
	struct json_object *list[PROGRAM__COUNT];
	struct buf out = buf_new(arena, 1024 * 1024);
	size_t i, count = parts_read(arena, dir, parts);

	if (count == 0)
		return 1;
	for (i = 0; i < count; i++)
		list[i] = parts[i].json;
	openapi_document(list, count, &out);
	return fputs(out.data, stdout) < 0;
}

int
confab_routes(struct arena *arena, const char *dir)
{
	struct part parts[PROGRAM__COUNT];
	struct json_object *routes;
	size_t i, j, count = parts_read(arena, dir, parts);

	if (count == 0)
		return 1;
	for (i = 0; i < count; i++) {
		if (!json_object_object_get_ex(parts[i].json, "routes", &routes))
			return 1;
		for (j = 0; j < json_object_array_length(routes); j++)
			(void)puts(json_object_to_json_string_ext(
			    json_object_array_get_idx(routes, j), JSON_C_TO_STRING_PLAIN));
	}
	return 0;
}

static struct json_object *
get(struct json_object *object, const char *name)
{
	struct json_object *value = NULL;

	if (object != NULL)
		(void)json_object_object_get_ex(object, name, &value);
	return value;
}

static void
add_text(struct json_object *to, const char *name, const char *text)
{
	(void)json_object_object_add(to, name, json_object_new_string(text));
}

/* The example of a content object, indented. */
static void
add_example(struct json_object *to, const char *name, struct json_object *holder)
{
	struct json_object *json = get(get(holder, "content"), "application/json");
	struct json_object *example = get(json, "example");

	if (example != NULL)
		add_text(to, name,
		    json_object_to_json_string_ext(example,
			JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
			    JSON_C_TO_STRING_NOSLASHESCAPE));
}

/* A type in words, as "string", "Amount", "A | B". */
static char *
type_words(struct arena *arena, struct json_object *schema)
{
	struct json_object *type = get(schema, "type"), *list = get(schema, "enum");
	struct json_object *format = get(schema, "format"), *component = get(schema, "$ref");
	struct buf words = buf_new(arena, 64);
	size_t i;

	if (component != NULL)
		return arena_strdup(arena, strrchr(json_object_get_string(component), '/') + 1);
	if (list != NULL) {
		for (i = 0; i < json_object_array_length(list); i++)
			buf_printf(&words, "%s%s", i > 0 ? " | " : "",
			    json_object_get_string(json_object_array_get_idx(list, i)));
		return words.data;
	}
	if (json_object_is_type(type, json_type_array))
		type = json_object_array_get_idx(type, 0);
	buf_puts(&words, json_object_get_string(format != NULL ? format : type));
	return words.data;
}

static void
add_members(
    struct arena *arena, struct json_object *to, const char *name, struct json_object *schema)
{
	struct json_object *list = json_object_new_array(), *required = get(schema, "required");
	struct json_object *properties = get(schema, "properties");

	if (properties == NULL) {
		(void)json_object_put(list);
		return;
	}
	json_object_object_foreach (properties, member, value) {
		struct json_object *row = json_object_new_object();
		struct json_object *doc = get(value, "description");
		size_t i;

		add_text(row, "name", member);
		add_text(row, "type", type_words(arena, value));
		if (doc != NULL)
			add_text(row, "doc", json_object_get_string(doc));
		for (i = 0; i < json_object_array_length(required); i++)
			if (strcmp(json_object_get_string(json_object_array_get_idx(required, i)),
				member) == 0)
				(void)json_object_object_add(
				    row, "required", json_object_new_boolean(1));
		(void)json_object_array_add(list, row);
	}
	(void)json_object_object_add(to, name, list);
	(void)json_object_object_add(
	    to, "has_members", json_object_new_boolean(json_object_array_length(list) > 0));
}

static void
add_parameters(struct arena *arena, struct json_object *to, struct json_object *operation)
{
	struct json_object *from = get(operation, "parameters"), *list = json_object_new_array();
	size_t i;

	for (i = 0; i < json_object_array_length(from); i++) {
		struct json_object *parameter = json_object_array_get_idx(from, i);
		struct json_object *row = json_object_new_object();
		struct json_object *doc = get(parameter, "description");

		add_text(row, "name", json_object_get_string(get(parameter, "name")));
		add_text(row, "in", json_object_get_string(get(parameter, "in")));
		add_text(row, "type", type_words(arena, get(parameter, "schema")));
		if (doc != NULL)
			add_text(row, "doc", json_object_get_string(doc));
		if (json_object_get_boolean(get(parameter, "required")))
			(void)json_object_object_add(row, "required", json_object_new_boolean(1));
		(void)json_object_array_add(list, row);
	}
	(void)json_object_object_add(to, "parameters", list);
	(void)json_object_object_add(
	    to, "has_parameters", json_object_new_boolean(json_object_array_length(list) > 0));
}

static void
add_responses(struct json_object *to, struct json_object *operation)
{
	struct json_object *responses = get(operation, "responses");
	struct json_object *errors = json_object_new_array();

	json_object_object_foreach (responses, status, response) {
		struct json_object *row;

		if (status[0] < '4') {
			if (status[0] == '2') {
				add_text(to, "status", status);
				add_example(to, "reply", response);
			}
			continue;
		}
		row = json_object_new_object();
		add_text(row, "status", status);
		add_text(row, "text", json_object_get_string(get(response, "description")));
		(void)json_object_array_add(errors, row);
	}
	(void)json_object_object_add(to, "errors", errors);
}

static struct json_object *
operation_view(
    struct arena *arena, const char *path, const char *method, struct json_object *operation)
{
	struct json_object *view = json_object_new_object(), *doc = get(operation, "description");
	struct json_object *body = get(operation, "requestBody");
	struct json_object *security = json_object_array_get_idx(get(operation, "security"), 0);

	add_text(view, "id", json_object_get_string(get(operation, "operationId")));
	add_text(view, "summary", json_object_get_string(get(operation, "summary")));
	if (doc != NULL)
		add_text(view, "doc", json_object_get_string(doc));
	add_text(view, "path", path);
	add_text(view, "method", method);
	(void)json_object_object_add(
	    view, "signed_in", json_object_new_boolean(json_object_object_length(security) > 0));
	add_parameters(arena, view, operation);
	if (body != NULL) {
		add_members(arena, view, "members",
		    get(get(get(body, "content"), "application/json"), "schema"));
		add_example(view, "body", body);
	}
	add_responses(view, operation);
	return view;
}

static struct json_object *
group_view(struct arena *arena, const struct part *part)
{
	struct json_object *group = json_object_new_object(), *list = json_object_new_array();
	struct json_object *paths = get(part->json, "paths");

	add_text(group, "name", part->program->name);
	add_text(group, "doc", part->program->doc);
	json_object_object_foreach (paths, path, operations) {
		json_object_object_foreach (operations, method, operation) {
			(void)json_object_array_add(
			    list, operation_view(arena, path, method, operation));
		}
	}
	(void)json_object_object_add(group, "operations", list);
	return group;
}

/* Every event type with the members of its data. */
static struct json_object *
events_view(struct arena *arena, struct json_object *types)
{
	struct json_object *list = json_object_new_array();
	size_t i;

	for (i = 0; i < json_object_array_length(types); i++) {
		struct json_object *type = json_object_array_get_idx(types, i);
		struct json_object *row = json_object_new_object();
		const char *name = json_object_get_string(get(type, "type"));

		add_text(row, "type", name);
		add_text(row, "schema", event_schema_name(arena, name));
		add_text(row, "doc", json_object_get_string(get(type, "doc")));
		add_members(
		    arena, row, "members", get(get(get(type, "schema"), "properties"), "data"));
		add_text(row, "example",
		    json_object_to_json_string_ext(get(type, "example"),
			JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
			    JSON_C_TO_STRING_NOSLASHESCAPE));
		(void)json_object_object_add(
		    row, "ephemeral", json_object_get(get(type, "ephemeral")));
		(void)json_object_array_add(list, row);
	}
	return list;
}

int
confab_docs(struct arena *arena, const struct conf *conf, const char *dir)
{
	struct part parts[PROGRAM__COUNT];
	struct json_object *list[PROGRAM__COUNT], *view, *groups, *types;
	struct buf out = buf_new(arena, 1024 * 1024);
	struct tmpl_set *set;
	size_t i, count = parts_read(arena, dir, parts);

	if (count == 0 || tmpl_dir_load(arena, conf->template_dir, &set) != ERR_OK)
		return 1;
	view = json_object_new_object();
	groups = json_object_new_array();
	(void)json_keep(arena, view);
	for (i = 0; i < count; i++) {
		list[i] = parts[i].json;
		(void)json_object_array_add(groups, group_view(arena, &parts[i]));
	}
	(void)json_object_object_add(view, "groups", groups);
	types = openapi_events(list, count);
	(void)json_keep(arena, types);
	(void)json_object_object_add(view, "events", events_view(arena, types));
	add_text(view, "site", conf->site_name);
	tmpl_render(tmpl_find(set, "docs"), view, &out);
	return fputs(out.data, stdout) < 0;
}
