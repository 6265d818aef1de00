/*
 * What tmpl_parse.c makes and tmpl.c renders: each template is a tree of nodes in the set's arena.
 * Text is cut after each line end, so that a node that starts a line of the template (starts_line)
 * is where the indentation of a partial goes. Private to the two files.
 */
#ifndef PANEL_TMPL_NODE_H
#define PANEL_TMPL_NODE_H

#include "panel/tmpl.h"

enum tmpl_kind { TMPL_TEXT, TMPL_VALUE, TMPL_SECTION, TMPL_INVERTED, TMPL_PARTIAL };

struct tmpl_node {
	enum tmpl_kind kind;
	bool starts_line; /* text: the first of its line, even when empty */
	bool in_section; /* partial: inside of a section, which may stop a recursion */
	struct tmpl_node *next; /* sibling */
	const char *text; /* text: the bytes; partial: the blanks before it; not terminated */
	size_t len; /* of text */
	const char *name; /* as written, for messages and partials */
	const char **parts; /* the name cut at its dots; none for "." */
	size_t part_count;
	int line; /* of the tag, from 1 */
	struct tmpl_node *children; /* of a section */
	const struct tmpl *partial; /* set by tmpl_link; NULL is nothing */
	struct tmpl_node *next_partial; /* in this template */
};

struct tmpl {
	struct tmpl *next; /* in the set */
	const char *name;
	struct tmpl_node *nodes;
	struct tmpl_node *partials; /* all partial tags, newest first */
	enum { TMPL_UNSEEN, TMPL_OPEN, TMPL_DONE } visit; /* of the search for endless recursion */
};

struct tmpl_set {
	struct arena *arena;
	struct tmpl *templates; /* newest first */
	struct tmpl_fault *faults, **faults_end;
};

/* Note a fault of a template; the format makes tmpl_fault.what. */
void tmpl_fault_add(struct tmpl_set *, const char *name, int line, const char *fmt, ...)
    PRINTF_LIKE(4, 5);

#endif
