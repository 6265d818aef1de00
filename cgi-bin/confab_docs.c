/*
 * `confab docs`: the guide and the reference as static pages, which nginx serves below /docs. A guide page is a
 * template of templates/docs/ with a line here; a reference page is one of a program. templates/docs/examples.json is
 * what a run of the tests saw each operation take and answer.
 */
#include "confab.h"
#include "confab_docs.h"
#include "base/version.h"
#include "panel/tmpl.h"
#include "shape/event_type.h"
#include "web/openapi.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { PAGE_BYTES_MAX = 2 * 1024 * 1024 };

static const struct page {
	const char *name; /* of the template, and the page below /docs; "index" is /docs itself */
	const char *title, *summary;
} guide[] = {
	{ "quickstart", "Quickstart", "From nothing to a conversation, by pasting" },
	{ "client", "A client in 30 lines", "Registers, finds, chats, and goes on after a kill" },
	{ "signing-in", "Signing in", "Accounts, tokens, refreshing, devices" },
	{ "sessions", "Sessions", "The states of a session and who may move it" },
	{ "events", "Events", "Hearing of changes by poll, stream or WebSocket" },
	{ "lists", "Lists", "Pages, cursors, filters, and messages by number" },
	{ "retries", "Retries", "Sending again without doing twice" },
	{ "limits", "Limits", "How much and how often" },
	{ "errors", "Errors", "One shape, and every code" },
	{ "money-and-time", "Money and time", "Amounts, currencies, times and zones" },
	{ "testing", "Testing", "A private system whose clock you move" },
	{ "changelog", "Changelog", "What changed, and what will not" },
};

/* What the making of all pages needs. */
struct docs {
	struct arena *arena;
	struct tmpl_set *set;
	const char *to; /* the folder */
	struct json_object *view; /* common to all pages */
	struct json_object *groups; /* of the reference: {group, about, operations} each */
	struct json_object *index; /* of the search */
};

struct json_object *
docs_get(struct json_object *object, const char *name)
{
	struct json_object *value = NULL;

	if (object != NULL)
		(void)json_object_object_get_ex(object, name, &value);
	return value;
}

void
docs_add(struct json_object *to, const char *name, const char *text)
{
	(void)json_object_object_add(to, name, text == NULL ? NULL : json_object_new_string(text));
}

const char *
docs_pretty(struct json_object *object)
{
	return json_object_to_json_string_ext(object,
	    JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE);
}

char *
docs_read(struct arena *arena, const struct conf *conf, const char *name)
{
	char *path = arena_printf(arena, "%s/docs/%s", conf->template_dir, name);
	char *text = arena_alloc(arena, PAGE_BYTES_MAX);
	FILE *file = fopen(path, "re");
	size_t len;

	if (file == NULL) {
		perror(path);
		return NULL;
	}
	len = fread(text, 1, PAGE_BYTES_MAX - 1, file);
	text[len] = '\0';
	(void)fclose(file);
	return text;
}

static bool
write_file(const struct docs *docs, const char *name, const char *text)
{
	char *path = arena_printf(docs->arena, "%s/%s", docs->to, name);
	FILE *file = fopen(path, "we");
	bool good = file != NULL && fputs(text, file) >= 0;

	if (file != NULL && fclose(file) != 0)
		good = false;
	if (!good)
		perror(path);
	return good;
}

/* The guide in the navigation of a page. */
static struct json_object *
guide_list(const char *name)
{
	struct json_object *list = json_object_new_array();
	size_t i;

	for (i = 0; i < COUNT_OF(guide); i++) {
		struct json_object *row = json_object_new_object();

		docs_add(row, "page", guide[i].name);
		docs_add(row, "label", guide[i].title);
		docs_add(row, "about", guide[i].summary);
		(void)json_object_object_add(
		    row, "here", json_object_new_boolean(strcmp(guide[i].name, name) == 0));
		(void)json_object_array_add(list, row);
	}
	return list;
}

/* The reference in the navigation of a page: its groups with their operations. */
static struct json_object *
reference_list(const struct docs *docs, const char *name)
{
	struct json_object *list = json_object_new_array();
	size_t i;

	for (i = 0; i < json_object_array_length(docs->groups); i++) {
		struct json_object *group = json_object_array_get_idx(docs->groups, i);
		struct json_object *row = json_object_new_object();
		const char *called = json_object_get_string(docs_get(group, "group"));

		docs_add(row, "group", called);
		(void)json_object_object_add(
		    row, "about", json_object_get(docs_get(group, "about")));
		(void)json_object_object_add(
		    row, "operations", json_object_get(docs_get(group, "operations")));
		(void)json_object_object_add(row, "here",
		    json_object_new_boolean(
			strncmp(name, "api-", 4) == 0 && strcmp(name + 4, called) == 0));
		(void)json_object_array_add(list, row);
	}
	return list;
}

static void
add_navigation(const struct docs *docs, struct json_object *page, const char *name)
{
	(void)json_object_object_add(page, "guide", guide_list(name));
	(void)json_object_object_add(page, "nav", reference_list(docs, name));
	(void)json_object_object_add(
	    page, "is_index", json_object_new_boolean(strcmp(name, "index") == 0));
	(void)json_object_object_add(
	    page, "is_types", json_object_new_boolean(strcmp(name, "event-types") == 0));
}

/* One page by the template of that name, and its sections into the index. page's members go before the common ones. */
static bool
make_page(const struct docs *docs, const char *template, const char *name, const char *title,
    struct json_object *page)
{
	struct buf out = buf_new(docs->arena, 64 * 1024);
	const char *url =
	    strcmp(name, "index") == 0 ? "/docs" : arena_printf(docs->arena, "/docs/%s", name);

	if (tmpl_find(docs->set, template) == NULL) {
		(void)fprintf(stderr, "confab: there is no template docs/%s.html\n", template);
		return false;
	}
	(void)json_keep(docs->arena, page);
	docs_add(page, "title", title);
	add_navigation(docs, page, name);
	json_object_object_foreach (docs->view, key, value) {
		if (!json_object_object_get_ex(page, key, NULL))
			(void)json_object_object_add(page, key, json_object_get(value));
	}
	tmpl_render(tmpl_find(docs->set, template), page, &out);
	docs_index(docs->arena, url, title, out.data, docs->index);
	return !out.over && write_file(docs, name, out.data);
}

static struct json_object *
operations_view(const struct docs *docs, const struct part *part, struct json_object *examples)
{
	struct json_object *list = json_object_new_array();
	struct json_object *paths = docs_get(part->json, "paths");

	json_object_object_foreach (paths, path, operations) {
		json_object_object_foreach (operations, method, operation) {
			const char *id = json_object_get_string(docs_get(operation, "operationId"));

			(void)json_object_array_add(list,
			    docs_operation(
				docs->arena, path, method, operation, docs_get(examples, id)));
		}
	}
	return list;
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
		const char *name = json_object_get_string(docs_get(type, "type"));

		docs_add(row, "type", name);
		docs_add(row, "schema", event_schema_name(arena, name));
		docs_add(row, "doc", json_object_get_string(docs_get(type, "doc")));
		(void)json_object_object_add(row, "fields",
		    docs_table(
			docs_fields(arena,
			    docs_get(docs_get(docs_get(type, "schema"), "properties"), "data")),
			false));
		docs_add(row, "example", docs_pretty(docs_get(type, "example")));
		(void)json_object_object_add(
		    row, "ephemeral", json_object_get(docs_get(type, "ephemeral")));
		(void)json_object_array_add(list, row);
	}
	return list;
}

/* The address of the site, if it is known; when it is not, the pages' script puts in the one they come from. */
static void
site_view(const struct docs *docs, const struct conf *conf)
{
	struct json_object *view = docs->view;

	docs_add(view, "site", conf->site_name);
	docs_add(view, "base", conf->base_url);
	docs_add(view, "version", confab_version);
	(void)json_object_object_add(view, "development",
	    json_object_new_boolean(strcmp(conf->environment, "development") == 0));
}

/* The pages of the reference: {group, about, operations} each. */
static struct json_object *
groups_view(
    const struct docs *docs, const struct part *parts, size_t count, struct json_object *examples)
{
	struct json_object *list = json_object_new_array();
	size_t i;

	for (i = 0; i < count; i++) {
		struct json_object *row = json_object_new_object();

		docs_add(row, "group", parts[i].program->name);
		docs_add(row, "about", parts[i].program->doc);
		(void)json_object_object_add(
		    row, "operations", operations_view(docs, &parts[i], examples));
		(void)json_object_array_add(list, row);
	}
	return list;
}

static bool
make_guide(const struct docs *docs)
{
	bool good = make_page(docs, "index", "index", "Documentation", json_object_new_object());
	size_t i;

	for (i = 0; i < COUNT_OF(guide); i++) {
		struct json_object *page = json_object_new_object(), *next = NULL;

		if (i + 1 < COUNT_OF(guide)) {
			next = json_object_new_object();
			docs_add(next, "page", guide[i + 1].name);
			docs_add(next, "label", guide[i + 1].title);
		}
		(void)json_object_object_add(page, "next", next);
		docs_add(page, "summary", guide[i].summary);
		good = make_page(docs, guide[i].name, guide[i].name, guide[i].title, page) && good;
	}
	return good;
}

static bool
make_reference(const struct docs *docs)
{
	bool good =
	    make_page(docs, "_event-types", "event-types", "Event types", json_object_new_object());
	size_t i;

	for (i = 0; i < json_object_array_length(docs->groups); i++) {
		struct json_object *group = json_object_array_get_idx(docs->groups, i);
		struct json_object *page = json_object_new_object();
		const char *name = json_object_get_string(docs_get(group, "group"));

		(void)json_object_object_add(page, "shown", json_object_get(group));
		good = make_page(
			   docs, "_group", arena_printf(docs->arena, "api-%s", name), name, page) &&
		    good;
	}
	return good;
}

static bool
make_files(const struct docs *docs, const char *client)
{
	return make_guide(docs) && make_reference(docs) && write_file(docs, "client.py", client) &&
	    write_file(docs, "search.json",
		json_object_to_json_string_ext(docs->index, JSON_C_TO_STRING_PLAIN));
}

int
confab_docs(struct arena *arena, const struct conf *conf, const char *dir, const char *to)
{
	struct docs docs = { .arena = arena, .to = to };
	struct part parts[PROGRAM__COUNT];
	struct json_object *list[PROGRAM__COUNT], *examples, *types;
	size_t i, count = parts_read(arena, dir, parts);
	char *client;

	if (count == 0 ||
	    tmpl_dir_load(arena, arena_printf(arena, "%s/docs", conf->template_dir), &docs.set) !=
		ERR_OK)
		return 1;
	examples = parts_record(arena, conf, parts, count);
	client = docs_read(arena, conf, "client.py");
	if (examples == NULL || client == NULL)
		return 1;
	if (mkdir(to, 0755) != 0 && errno != EEXIST) {
		perror(to);
		return 1;
	}
	for (i = 0; i < count; i++)
		list[i] = parts[i].json;
	docs.view = json_keep(arena, json_object_new_object());
	docs.index = json_keep(arena, json_object_new_array());
	types = json_keep(arena, openapi_events(list, count));
	docs.groups = json_keep(arena, groups_view(&docs, parts, count, examples));
	site_view(&docs, conf);
	docs_tables(arena, conf, parts, count, docs.view);
	docs_add(docs.view, "client", client);
	(void)json_object_object_add(docs.view, "events", events_view(arena, types));
	return make_files(&docs, client) ? 0 : 1;
}
