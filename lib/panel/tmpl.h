/*
 * Templates of the admin panel: the part of mustache that cannot write unescaped text.
 *
 *	{{name}} {{a.b.c}} {{.}}	the value, always escaped for HTML text and quoted attributes
 *	{{#name}} … {{/name}}		once per element of a list; once for another true value
 *	{{^name}} … {{/name}}		when the value is missing, false, null, 0, "" or an empty list
 *	{{> name}}			the template name.html, indented as its tag when alone on a line
 *	{{! text }}			nothing
 *
 * Refused when read: {{{x}}}, {{&x}} and changed delimiters. A name is letters, digits, "_" and "-".
 * Tags but {{name}} that stand alone on a line take the line with them. A string or number shows as
 * it is, true and false as words; null, lists, objects and what is missing show as nothing.
 *
 * All templates live in a set, which belongs to an arena (for a program: one of the process).
 * Templates are judged when they are loaded, so that --check can refuse them; rendering a set without
 * faults never fails. Partials may recurse over data; TMPL_DEPTH_MAX, TMPL_STEPS_MAX and
 * TMPL_OUT_BYTES_MAX hold any rendering: past them the output is cut and over, and an error logged, once.
 * A set is only read after tmpl_link; threads may share it.
 */
#ifndef PANEL_TMPL_H
#define PANEL_TMPL_H

#include "base/buf.h"
#include "base/json.h"

enum {
	TMPL_FILES_MAX = 256, /* templates in a directory */
	TMPL_FILE_BYTES_MAX = 262144, /* one template's text */
	TMPL_DEPTH_MAX = 64, /* sections and partials within each other */
	TMPL_STEPS_MAX = 100000, /* pieces of text, tags and turns of sections in one rendering */
	TMPL_OUT_BYTES_MAX = 2097152, /* checked at each piece, so one value may pass it */
};

struct tmpl;
struct tmpl_set;

/* One thing wrong with a template. */
struct tmpl_fault {
	struct tmpl_fault *next; /* in the order found; NULL at the end */
	const char *name; /* of the template */
	int line; /* from 1 */
	const char *what; /* as "{{#user}} is not closed" */
};

/* An empty set; it and all that is put in it belong to the arena. */
struct tmpl_set *tmpl_set_new(struct arena *);
/*
 * Compile len bytes (copied) as the template name.
 *	ERR_BAD_REQUEST	one or more faults, now in tmpl_faults; the set is not to be rendered
 */
MUST_CHECK enum err tmpl_add(struct tmpl_set *, const char *name, const char *text, size_t len);
/*
 * Tie partials to their templates; call it once, after the last tmpl_add.
 *	ERR_BAD_REQUEST	a partial is unknown (it would render as nothing), or a template includes
 *			itself outside of any section
 */
MUST_CHECK enum err tmpl_link(struct tmpl_set *);
/* What was found wrong so far; NULL when nothing. */
const struct tmpl_fault *tmpl_faults(const struct tmpl_set *);
/*
 * Load and link all *.html of dir as a new set. Every fault is written to standard error as
 * "dir/name.html:line: what".
 *	ERR_BAD_REQUEST	a fault, or the directory or a file cannot be read
 */
MUST_CHECK enum err tmpl_dir_load(struct arena *, const char *dir, struct tmpl_set **set);
/* The template of that name (without .html); NULL when there is none. */
const struct tmpl *tmpl_find(const struct tmpl_set *, const char *name);
/* Add the rendering over context (any JSON value; NULL is null) to out. */
void tmpl_render(const struct tmpl *, struct json_object *context, struct buf *out);

#endif
