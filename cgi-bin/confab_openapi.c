/* The operator's command: the API's description, gathered from the programs themselves. */
#include "confab.h"
#include "confab_docs.h"
#include "web/openapi.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PART_BYTES_MAX = 8 * 1024 * 1024 };

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

size_t
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

/* In the place of the example of a body or a reply; of one that has no content, or none recorded, there is none. */
static void
content_record(struct json_object *holder, struct json_object *recorded)
{
	struct json_object *content = docs_get(docs_get(holder, "content"), "application/json");

	if (content != NULL && recorded != NULL)
		(void)json_object_object_add(content, "example", json_object_get(recorded));
}

static void
operation_record(struct json_object *operation, struct json_object *recorded)
{
	const char *status = json_object_get_string(docs_get(recorded, "status"));

	if (status == NULL)
		return;
	content_record(docs_get(operation, "requestBody"), docs_get(recorded, "body"));
	content_record(
	    docs_get(docs_get(operation, "responses"), status), docs_get(recorded, "reply"));
}

static void
part_record(struct json_object *part, struct json_object *examples)
{
	struct json_object *types = docs_get(part, "events"), *seen = docs_get(examples, "events");
	size_t i;

	json_object_object_foreach (docs_get(part, "paths"), path, operations) {
		(void)path;
		json_object_object_foreach (operations, method, operation) {
			(void)method;
			operation_record(operation,
			    docs_get(examples,
				json_object_get_string(docs_get(operation, "operationId"))));
		}
	}
	for (i = 0; i < json_object_array_length(types); i++) {
		struct json_object *type = json_object_array_get_idx(types, i), *data;

		data = docs_get(seen, json_object_get_string(docs_get(type, "type")));
		if (data != NULL)
			(void)json_object_object_add(type, "example", json_object_get(data));
	}
}

struct json_object *
parts_record(struct arena *arena, const struct conf *conf, const struct part *parts, size_t count)
{
	const char *text = docs_read(arena, conf, "examples.json");
	struct json_object *examples = text == NULL ? NULL : json_tokener_parse(text);
	size_t i;

	if (examples == NULL) {
		if (text != NULL)
			(void)fputs("confab: examples.json is not JSON\n", stderr);
		return NULL;
	}
	for (i = 0; i < count; i++)
		part_record(parts[i].json, examples);
	return json_keep(arena, examples);
}

int
confab_openapi(struct arena *arena, const struct conf *conf, const char *dir)
{
	struct part parts[PROGRAM__COUNT];
	struct json_object *list[PROGRAM__COUNT];
	struct buf out = buf_new(arena, 1024 * 1024);
	size_t i, count = parts_read(arena, dir, parts);

	if (count == 0 || parts_record(arena, conf, parts, count) == NULL)
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
