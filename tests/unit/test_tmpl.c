/* What our templates promise beyond the mustache cases: refusals with lines, escaping, bounds. */
#include "base/limits.h"
#include "harness/cunit.h"
#include "panel/tmpl.h"

#include <fcntl.h>
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

/* Text rendered over context, which is JSON. */
static const char *
render(const char *text, const char *context)
{
	struct tmpl_set *set = tmpl_set_new(arena);
	struct buf out = buf_new(arena, 16);

	CU_ASSERT_EQUAL_FATAL(tmpl_add(set, "t", text, strlen(text)), ERR_OK);
	CU_ASSERT_EQUAL_FATAL(tmpl_link(set), ERR_OK);
	tmpl_render(tmpl_find(set, "t"), json(context), &out);
	return out.data;
}

static void
names_the_fault_and_its_line(void)
{
	static const struct {
		const char *text;
		int line;
		const char *what;
	} cases[] = {
		{ "a\n{{{x}}}", 2, "unescaped output is not allowed" },
		{ "\n\n {{ & x }}\n", 3, "unescaped output is not allowed" },
		{ "{{ {x} }}", 1, "unescaped output is not allowed" },
		{ "{{={ }=}}", 1, "delimiters cannot be changed" },
		{ "a\nb {{x", 2, "a tag is not closed" },
		{ "\n{{#a}}\nb\n{{#c}}{{/c}}", 2, "{{#a}} is not closed" },
		{ "{{^a}}", 1, "{{^a}} is not closed" },
		{ "\n\n{{/a}}", 3, "{{/a}} closes nothing" },
		{ "{{#a}}\n{{/b}}", 2, "{{/b}} where {{/a}} of line 1 was expected" },
		{ "{{!\n\n}}{{}}", 3, "\"\" is not a name" },
		{ "{{a b}}", 1, "\"a b\" is not a name" },
		{ "{{.a}}", 1, "\".a\" is not a name" },
		{ "{{a.}}", 1, "\"a.\" is not a name" },
		{ "{{a..b}}", 1, "\"a..b\" is not a name" },
		{ "{{#a|b}}{{/a|b}}", 1, "\"a|b\" is not a name" },
		{ "{{> ../a}}", 1, "\"../a\" is not a template's name" },
		{ "{{> .}}", 1, "\".\" is not a template's name" },
		{ "\xff", 1, "the template is not UTF-8" },
	};
	size_t i;

	start();
	for (i = 0; i < COUNT_OF(cases); i++) {
		struct tmpl_set *set = tmpl_set_new(arena);
		const struct tmpl_fault *fault;

		CU_ASSERT_EQUAL(
		    tmpl_add(set, "page", cases[i].text, strlen(cases[i].text)), ERR_BAD_REQUEST);
		fault = tmpl_faults(set);
		CU_ASSERT_PTR_NOT_NULL_FATAL(fault);
		CU_ASSERT_STRING_EQUAL(fault->name, "page");
		CU_ASSERT_EQUAL(fault->line, cases[i].line);
		CU_ASSERT_STRING_EQUAL(fault->what, cases[i].what);
		CU_ASSERT_PTR_NULL(fault->next);
	}
	stop();
}

static void
reports_every_fault(void)
{
	static const char text[] = "{{{a}}}\n{{#b}}\n{{/c}}\n{{d e}}\n{{#f}}";
	static const int lines[] = { 1, 3, 4, 5 };
	const struct tmpl_fault *fault;
	struct tmpl_set *set;
	size_t i;

	start();
	set = tmpl_set_new(arena);
	CU_ASSERT_EQUAL(tmpl_add(set, "page", text, strlen(text)), ERR_BAD_REQUEST);
	fault = tmpl_faults(set);
	for (i = 0; i < COUNT_OF(lines); i++) {
		CU_ASSERT_PTR_NOT_NULL_FATAL(fault);
		CU_ASSERT_EQUAL(fault->line, lines[i]);
		fault = fault->next;
	}
	CU_ASSERT_PTR_NULL(fault);
	stop();
}

static void
escapes_every_value(void)
{
	static const char attack[] =
	    "{\"x\": \"'\\\"><script>alert(1)</script>&amp;{{y}}\", \"y\": \"secret\"}";

	start();
	CU_ASSERT_STRING_EQUAL(render("<p title=\"{{x}}\">", attack),
	    "<p title=\"&#39;&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;amp;{{y}}\">");
	CU_ASSERT_STRING_EQUAL(render("<p title='{{x}}'>", "{\"x\": \"' onload='a()\"}"),
	    "<p title='&#39; onload=&#39;a()'>");
	CU_ASSERT_STRING_EQUAL(render("{{#l}}{{.}}{{/l}}", "{\"l\": [\"<\", \"&\"]}"), "&lt;&amp;");
	CU_ASSERT_STRING_EQUAL(render("{{a.b}}", "{\"a\": {\"b\": \"<b>\"}}"), "&lt;b&gt;");
	stop();
}

static void
shows_each_kind_of_value(void)
{
	static const struct {
		const char *text, *context, *expected;
	} cases[] = {
		{ "[{{a}}{{b.c}}{{.}}]", "{}", "[]" },
		{ "[{{a}}]", "null", "[]" },
		{ "{{a}}", "{\"a\": true}", "true" },
		{ "{{a}}", "{\"a\": false}", "false" },
		{ "{{a}}", "{\"a\": null}", "" },
		{ "{{a}}", "{\"a\": {\"b\": 1}}", "" },
		{ "{{a}}", "{\"a\": [1, 2]}", "" },
		{ "{{a}}", "{\"a\": -9223372036854775808}", "-9223372036854775808" },
		{ "{{a}}", "{\"a\": 0.1}", "0.1" },
		{ "{{a}}", "{\"a\": 4.50}", "4.5" },
		{ "{{a}}", "{\"a\": 0.30000000000000004}", "0.30000000000000004" },
		{ "{{#a}}y{{/a}}{{^a}}n{{/a}}", "{\"a\": 0}", "n" },
		{ "{{#a}}y{{/a}}{{^a}}n{{/a}}", "{\"a\": -1}", "y" },
		{ "{{#a}}y{{/a}}{{^a}}n{{/a}}", "{\"a\": 0.0}", "n" },
		{ "{{#a}}y{{/a}}{{^a}}n{{/a}}", "{\"a\": 0.5}", "y" },
		{ "{{#a}}y{{/a}}{{^a}}n{{/a}}", "{\"a\": \"\"}", "n" },
		{ "{{#a}}y{{/a}}{{^a}}n{{/a}}", "{\"a\": \"0\"}", "y" },
		{ "{{#a}}y{{/a}}{{^a}}n{{/a}}", "{\"a\": {}}", "y" },
		{ "{{#a}}y{{/a}}{{^a}}n{{/a}}", "{\"a\": null}", "n" },
		{ "{{#a}}{{^b}}n{{/b}}{{/a}}", "{\"a\": {\"b\": null}, \"b\": 1}", "n" },
		{ "{{#a}}<{{.}}>{{/a}}", "{\"a\": [null, 1, [2]]}", "<><1><>" },
		{ "{{a.b}}", "{\"a\": \"text\"}", "" },
		{ "{ {x} }} }", "{}", "{ {x} }} }" },
	};
	size_t i;

	start();
	for (i = 0; i < COUNT_OF(cases); i++)
		CU_ASSERT_STRING_EQUAL(render(cases[i].text, cases[i].context), cases[i].expected);
	stop();
}

static struct tmpl_set *
set_of(const char *const *names_and_texts, enum err expected)
{
	struct tmpl_set *set = tmpl_set_new(arena);

	for (; *names_and_texts != NULL; names_and_texts += 2)
		CU_ASSERT_EQUAL(tmpl_add(set, names_and_texts[0], names_and_texts[1],
				    strlen(names_and_texts[1])),
		    ERR_OK);
	CU_ASSERT_EQUAL(tmpl_link(set), expected);
	return set;
}

static void
indents_partials_within_partials(void)
{
	static const char *const texts[] = { "a", "<ul>\n  {{> b}}\n</ul>\n", "b",
		"{{#l}}\n<li>\n  {{> c}}\n\n</li>\n{{/l}}\n", "c", "{{.}}\n{{! nothing }}\n", NULL };
	struct buf out;

	start();
	out = buf_new(arena, 16);
	tmpl_render(
	    tmpl_find(set_of(texts, ERR_OK), "a"), json("{\"l\": [\"1\\n2\", \"3\"]}"), &out);
	CU_ASSERT_STRING_EQUAL(out.data,
	    "<ul>\n  <li>\n    1\n2\n\n  </li>\n"
	    "  <li>\n    3\n\n  </li>\n</ul>\n");
	stop();
}

static void
refuses_bad_partials(void)
{
	static const char *const unknown[] = { "a", "\n{{> b}}", NULL };
	static const char *const endless[] = { "a", "{{> b}}", "b", "{{> a}}", NULL };
	const struct tmpl_fault *fault;

	start();
	fault = tmpl_faults(set_of(unknown, ERR_BAD_REQUEST));
	CU_ASSERT_PTR_NOT_NULL_FATAL(fault);
	CU_ASSERT_EQUAL(fault->line, 2);
	CU_ASSERT_STRING_EQUAL(fault->what, "{{> b}} names no template");
	fault = tmpl_faults(set_of(endless, ERR_BAD_REQUEST));
	CU_ASSERT_PTR_NOT_NULL_FATAL(fault);
	CU_ASSERT_PTR_NOT_NULL(strstr(fault->what, "includes itself without end"));
	stop();
}

/* The log of a cut rendering is expected: keep it out of the test's output. */
static const char *
render_quietly(const struct tmpl_set *set, const char *context)
{
	struct buf out = buf_new(arena, 16);
	int saved = dup(STDERR_FILENO), null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	(void)dup2(null, STDERR_FILENO);
	tmpl_render(tmpl_find(set, "a"), json(context), &out);
	(void)dup2(saved, STDERR_FILENO);
	(void)close(saved);
	(void)close(null);
	return out.data;
}

static void
holds_a_recursion_at_its_depth(void)
{
	static const char *const texts[] = { "a", "<{{#a}}{{> a}}{{/a}}", NULL };
	const char *text;

	start();
	text = render_quietly(set_of(texts, ERR_OK), "{\"a\": true}");
	CU_ASSERT_EQUAL(strlen(text), TMPL_DEPTH_MAX / 2 + 1);
	stop();
}

/* {"l": [0, 0, …]} with 100 elements. */
static const char *
list_of_100(void)
{
	struct buf text = buf_new(arena, 256);
	int i;

	buf_puts(&text, "{\"l\": [");
	for (i = 0; i < 100; i++)
		buf_puts(&text, i == 0 ? "0" : ",0");
	buf_puts(&text, "]}");
	return text.data;
}

static void
holds_the_output_at_its_size(void)
{
	static const char *const texts[] = { "a",
		"{{#l}}{{#l}}{{#l}}0123456789012345678901234567890123456789"
		"0123456789012345678901234567890123456789{{/l}}{{/l}}{{/l}}",
		NULL };
	const char *text;

	start();
	text = render_quietly(set_of(texts, ERR_OK), list_of_100());
	CU_ASSERT(strlen(text) > TMPL_OUT_BYTES_MAX);
	CU_ASSERT(strlen(text) <= TMPL_OUT_BYTES_MAX + 80);
	stop();
}

static void
holds_the_work_without_output(void)
{
	static const char *const texts[] = { "a",
		"{{#l}}{{#l}}{{#l}}{{#l}}{{#l}}{{x}}{{/l}}{{/l}}{{/l}}{{/l}}{{/l}}end", NULL };

	start();
	CU_ASSERT_STRING_EQUAL(render_quietly(set_of(texts, ERR_OK), list_of_100()), "");
	stop();
}

/* No text and no tag is reached: the turns alone have to count. */
static void
holds_the_turns_of_empty_sections(void)
{
	static const char *const texts[] = { "a", "{{#l}}{{#l}}{{#l}}{{/l}}{{/l}}{{/l}}end", NULL };

	start();
	CU_ASSERT_STRING_EQUAL(render_quietly(set_of(texts, ERR_OK), list_of_100()), "");
	stop();
}

static void
refuses_sections_nested_too_deep(void)
{
	struct tmpl_set *set;
	struct buf text;
	int i;

	start();
	set = tmpl_set_new(arena);
	text = buf_new(arena, 16);
	for (i = 0; i <= TMPL_DEPTH_MAX; i++)
		buf_puts(&text, "{{#a}}");
	CU_ASSERT_EQUAL(tmpl_add(set, "deep", text.data, text.len), ERR_BAD_REQUEST);
	CU_ASSERT_STRING_EQUAL(tmpl_faults(set)->what, "sections are nested too deep");
	stop();
}

static const struct cunit_test tests[] = {
	{ "a refused template is named with its line", names_the_fault_and_its_line },
	{ "every fault of a template is reported", reports_every_fault },
	{ "values cannot leave text or attributes", escapes_every_value },
	{ "each kind of value shows as the header says", shows_each_kind_of_value },
	{ "partials in partials add their indentation", indents_partials_within_partials },
	{ "unknown and endless partials are refused", refuses_bad_partials },
	{ "a recursion over data ends at the greatest depth", holds_a_recursion_at_its_depth },
	{ "output ends at the greatest size", holds_the_output_at_its_size },
	{ "work without output ends too", holds_the_work_without_output },
	{ "empty sections end too", holds_the_turns_of_empty_sections },
	{ "sections nested too deep are refused", refuses_sections_nested_too_deep },
	{ NULL, NULL },
};

int
main(void)
{
	return cunit_run("tmpl", tests);
}
