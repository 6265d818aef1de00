/* Loading the directory of templates: what --check of a program sees. */
#include "base/limits.h"
#include "harness/cunit.h"
#include "panel/tmpl.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct arena *arena;

static void
start(void)
{
	arena = arena_new(REQUEST_BYTES_MAX);
}

static void
stop(void)
{
	arena_free(arena);
}

static struct json_object *
json(const char *text)
{
	struct json_object *root = NULL;
	struct json_fault fault;

	CU_ASSERT_EQUAL_FATAL(json_parse(arena, text, strlen(text), &fault, &root), ERR_OK);
	return root;
}

static void
file_write(const char *dir, const char *name, const char *text)
{
	FILE *file = fopen(arena_printf(arena, "%s/%s", dir, name), "we");

	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	(void)fputs(text, file);
	(void)fclose(file);
}

static char *
dir_new(void)
{
	char *dir = arena_strdup(arena, "/tmp/confab-tmpl-XXXXXX");

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
	return dir;
}

static void
dir_remove(const char *dir, const char *const *names)
{
	for (; *names != NULL; names++)
		CU_ASSERT_EQUAL(unlink(arena_printf(arena, "%s/%s", dir, *names)), 0);
	CU_ASSERT_EQUAL(rmdir(dir), 0);
}

static void
loads_a_directory(void)
{
	static const char *const names[] = { "head.html", "page.html", "notes.txt", NULL };
	struct tmpl_set *set = NULL;
	struct buf out;
	char *dir;

	start();
	out = buf_new(arena, 16);
	dir = dir_new();
	file_write(dir, "head.html", "<h1>{{title}}</h1>\n");
	file_write(dir, "page.html", "{{> head}}\n<p>{{text}}</p>\n");
	file_write(dir, "notes.txt", "{{{not read}}}");
	CU_ASSERT_EQUAL_FATAL(tmpl_dir_load(arena, dir, &set), ERR_OK);
	CU_ASSERT_PTR_NULL(tmpl_find(set, "notes"));
	CU_ASSERT_PTR_NOT_NULL_FATAL(tmpl_find(set, "page"));
	tmpl_render(tmpl_find(set, "page"), json("{\"title\": \"T\", \"text\": \"<\"}"), &out);
	CU_ASSERT_STRING_EQUAL(out.data, "<h1>T</h1>\n<p>&lt;</p>\n");
	dir_remove(dir, names);
	stop();
}

/* What tmpl_dir_load(dir) logs. */
static const char *
load_complaint(const char *dir)
{
	struct tmpl_set *set = NULL;
	char *text = arena_alloc(arena, 4096);
	int saved = dup(STDERR_FILENO), ends[2];

	CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
	(void)fflush(stderr);
	(void)dup2(ends[1], STDERR_FILENO);
	CU_ASSERT_EQUAL(tmpl_dir_load(arena, dir, &set), ERR_BAD_REQUEST);
	CU_ASSERT_PTR_NULL(set);
	(void)fflush(stderr);
	(void)dup2(saved, STDERR_FILENO);
	(void)close(saved);
	(void)close(ends[1]);
	CU_ASSERT(read(ends[0], text, 4095) > 0);
	(void)close(ends[0]);
	return text;
}

static void
names_file_and_line_of_what_it_refuses(void)
{
	static const char *const names[] = { "a.html", "b.html", NULL };
	const char *said;
	char *dir;

	start();
	dir = dir_new();
	file_write(dir, "a.html", "\n{{> c}}\n");
	file_write(dir, "b.html", "{{{x}}}");
	said = load_complaint(dir);
	CU_ASSERT_PTR_NOT_NULL(strstr(
	    said, arena_printf(arena, "\"%s/b.html:1: unescaped output is not allowed\"", dir)));
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(said, arena_printf(arena, "\"%s/a.html:2: {{> c}} names no template\"", dir)));
	dir_remove(dir, names);
	CU_ASSERT_PTR_NOT_NULL(strstr(load_complaint(dir), "cannot be read"));
	stop();
}

static const struct cunit_test tests[] = {
	{ "a directory is loaded with its partials", loads_a_directory },
	{ "a bad directory is refused by file and line", names_file_and_line_of_what_it_refuses },
	{ NULL, NULL },
};

int
main(void)
{
	return cunit_run("tmpl_dir", tests);
}
