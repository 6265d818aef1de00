#include "panel/tmpl_node.h"
#include "base/str.h"

#include <stdarg.h>
#include <string.h>

/* A section that is open, and where its next child goes. */
struct open {
	struct tmpl_node *section; /* NULL: the template itself */
	struct tmpl_node **tail;
};

struct parser {
	struct tmpl_set *set;
	struct tmpl *tmpl;
	const char *at, *end;
	const char *line_start; /* of the line of at */
	int line; /* of at, from 1 */
	bool fresh; /* nothing of the present line is in the tree yet */
	bool failed;
	struct open open[TMPL_DEPTH_MAX + 1];
	size_t depth; /* open sections */
};

/* A tag as found: what stands between the braces, trimmed. */
struct tag {
	const char *from, *after; /* the first brace; past the last */
	char sigil; /* 0 for a value */
	const char *body;
	size_t len;
	int line;
};

void
tmpl_fault_add(struct tmpl_set *set, const char *name, int line, const char *fmt, ...)
{
	struct tmpl_fault *fault = arena_alloc(set->arena, sizeof(*fault));
	va_list ap;

	va_start(ap, fmt);
	fault->name = name;
	fault->line = line;
	fault->what = arena_vprintf(set->arena, fmt, ap);
	va_end(ap);
	*set->faults_end = fault;
	set->faults_end = &fault->next;
}

#define FAULT(parser, line, ...)                                                                   \
	do {                                                                                       \
		(parser)->failed = true;                                                           \
		tmpl_fault_add((parser)->set, (parser)->tmpl->name, line, __VA_ARGS__);            \
	} while (0)

static struct tmpl_node *
node_add(struct parser *parser, enum tmpl_kind kind)
{
	struct open *open = &parser->open[parser->depth];
	struct tmpl_node *node = arena_alloc(parser->set->arena, sizeof(*node));

	node->kind = kind;
	*open->tail = node;
	open->tail = &node->next;
	return node;
}

static void
text_add(struct parser *parser, const char *from, const char *to)
{
	while (from < to) {
		const char *newline = memchr(from, '\n', (size_t)(to - from));
		const char *stop = newline == NULL ? to : newline + 1;
		struct tmpl_node *node = node_add(parser, TMPL_TEXT);

		node->starts_line = parser->fresh;
		node->text = from;
		node->len = (size_t)(stop - from);
		parser->fresh = newline != NULL;
		from = stop;
	}
}

/* Move on to a later place, counting lines. */
static void
advance(struct parser *parser, const char *to)
{
	for (; parser->at < to; parser->at++)
		if (*parser->at == '\n') {
			parser->line++;
			parser->line_start = parser->at + 1;
		}
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool
is_space(char c)
{
	return is_blank(c) || c == '\n' || c == '\r';
}

static bool
is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	    c == '_' || c == '-';
}

/* Names between single dots; count is how many. */
static bool
name_valid(const char *name, size_t *count)
{
	size_t i;

	*count = 1;
	for (i = 0; name[i] != '\0'; i++) {
		if (name[i] == '.' && i > 0 && name[i - 1] != '.' && name[i + 1] != '\0')
			(*count)++;
		else if (!is_name_char(name[i]))
			return false;
	}
	return i > 0;
}

static void
name_cut(struct parser *parser, struct tmpl_node *node, size_t count)
{
	char *at = arena_strdup(parser->set->arena, node->name);

	node->parts = arena_calloc(parser->set->arena, count, sizeof(*node->parts));
	while (node->part_count < count) {
		char *dot = strchr(at, '.');

		node->parts[node->part_count++] = at;
		if (dot != NULL) {
			*dot = '\0';
			at = dot + 1;
		}
	}
}

/* A node for the tag; NULL after a fault in its name. */
static struct tmpl_node *
tag_add(struct parser *parser, const struct tag *tag, enum tmpl_kind kind)
{
	const char *name = arena_strndup(parser->set->arena, tag->body, tag->len);
	struct tmpl_node *node;
	size_t count = 0;

	if (kind == TMPL_PARTIAL && strchr(name, '.') != NULL) {
		FAULT(parser, tag->line, "\"%s\" is not a template's name", name);
		return NULL;
	}
	if (strcmp(name, ".") != 0 && !name_valid(name, &count)) {
		FAULT(parser, tag->line, "\"%s\" is not a name", name);
		return NULL;
	}
	node = node_add(parser, kind);
	node->name = name;
	node->line = tag->line;
	name_cut(parser, node, count);
	return node;
}

static void
section_open(struct parser *parser, const struct tag *tag)
{
	enum tmpl_kind kind = tag->sigil == '#' ? TMPL_SECTION : TMPL_INVERTED;
	struct tmpl_node *node = tag_add(parser, tag, kind);

	if (node == NULL) { /* keep the balance, so that its end is no second fault */
		node = node_add(parser, kind);
		node->name = arena_strndup(parser->set->arena, tag->body, tag->len);
		node->line = tag->line;
	}
	if (parser->depth == TMPL_DEPTH_MAX) {
		FAULT(parser, tag->line, "sections are nested too deep");
		parser->at = parser->end;
		return;
	}
	parser->open[++parser->depth] = (struct open){ node, &node->children };
}

static void
section_close(struct parser *parser, const struct tag *tag)
{
	const struct tmpl_node *section = parser->open[parser->depth].section;
	const char *name = arena_strndup(parser->set->arena, tag->body, tag->len);

	if (section == NULL) {
		FAULT(parser, tag->line, "{{/%s}} closes nothing", name);
		return;
	}
	if (strcmp(section->name, name) != 0)
		FAULT(parser, tag->line, "{{/%s}} where {{/%s}} of line %d was expected", name,
		    section->name, section->line);
	parser->depth--;
}

static void
partial_add(struct parser *parser, const struct tag *tag, bool alone)
{
	struct tmpl_node *node = tag_add(parser, tag, TMPL_PARTIAL);

	if (node == NULL)
		return;
	node->in_section = parser->depth > 0;
	node->next_partial = parser->tmpl->partials;
	parser->tmpl->partials = node;
	if (alone) {
		node->text = parser->line_start;
		node->len = (size_t)(tag->from - parser->line_start);
	}
}

static void
tag_take(struct parser *parser, const struct tag *tag, bool alone)
{
	switch (tag->sigil) {
	case '!':
		break;
	case '#':
	case '^':
		section_open(parser, tag);
		break;
	case '/':
		section_close(parser, tag);
		break;
	case '>':
		partial_add(parser, tag, alone);
		break;
	case '{':
	case '&':
		FAULT(parser, tag->line, "unescaped output is not allowed");
		break;
	case '=':
		FAULT(parser, tag->line, "delimiters cannot be changed");
		break;
	default:
		(void)tag_add(parser, tag, TMPL_VALUE);
	}
}

/* Read the tag whose first brace is at from; false when it has no end. */
static bool
tag_read(const struct parser *parser, const char *from, struct tag *tag)
{
	const char *body = from + 2, *close;

	close = memmem(body, (size_t)(parser->end - body), "}}", 2);
	if (close == NULL)
		return false;
	*tag = (struct tag){ .from = from, .after = close + 2, .line = parser->line };
	while (body < close && is_space(*body))
		body++;
	if (body < close && strchr("!#^/>{&=", *body) != NULL)
		tag->sigil = *body++;
	if (tag->sigil == '{' && tag->after < parser->end && *tag->after == '}')
		tag->after++;
	while (body < close && is_space(*body))
		body++;
	while (close > body && is_space(close[-1]))
		close--;
	tag->body = body;
	tag->len = (size_t)(close - body);
	return true;
}

/* The start of the next line when the tag has its lines to itself; else NULL. */
static const char *
alone_until(const struct parser *parser, const struct tag *tag)
{
	const char *at;

	if (tag->sigil == '\0' || strchr("!#^/>", tag->sigil) == NULL)
		return NULL;
	for (at = parser->line_start; at < tag->from; at++)
		if (!is_blank(*at))
			return NULL;
	for (at = tag->after; at < parser->end && is_blank(*at); at++)
		continue;
	if (parser->end - at >= 2 && at[0] == '\r' && at[1] == '\n')
		at++;
	if (at == parser->end)
		return at;
	return *at == '\n' ? at + 1 : NULL;
}

/* Take text up to the next tag, and the tag. */
static void
step(struct parser *parser)
{
	const char *from = parser->at;
	const char *brace = memmem(from, (size_t)(parser->end - from), "{{", 2);
	const char *next;
	struct tag tag;

	advance(parser, brace == NULL ? parser->end : brace);
	if (brace == NULL) {
		text_add(parser, from, parser->end);
		return;
	}
	if (!tag_read(parser, brace, &tag)) {
		FAULT(parser, parser->line, "a tag is not closed");
		parser->at = parser->end;
		return;
	}
	next = alone_until(parser, &tag);
	text_add(parser, from, next != NULL ? parser->line_start : brace);
	if (next == NULL && parser->fresh) {
		node_add(parser, TMPL_TEXT)->starts_line = true;
		parser->fresh = false;
	}
	tag_take(parser, &tag, next != NULL);
	advance(parser, next != NULL ? next : tag.after);
}

static void
parse(struct parser *parser)
{
	while (parser->at < parser->end)
		step(parser);
	for (; parser->depth > 0; parser->depth--) {
		const struct tmpl_node *section = parser->open[parser->depth].section;

		FAULT(parser, section->line, "{{%s%s}} is not closed",
		    section->kind == TMPL_SECTION ? "#" : "^", section->name);
	}
}

enum err
tmpl_add(struct tmpl_set *set, const char *name, const char *text, size_t len)
{
	struct tmpl *tmpl = arena_alloc(set->arena, sizeof(*tmpl));
	struct parser parser = { .set = set, .tmpl = tmpl, .line = 1, .fresh = true };

	tmpl->name = arena_strdup(set->arena, name);
	if (tmpl_find(set, name) != NULL)
		FAULT(&parser, 1, "there are two templates of this name");
	else if (len > TMPL_FILE_BYTES_MAX)
		FAULT(&parser, 1, "the template is larger than %d bytes", TMPL_FILE_BYTES_MAX);
	else if (!str_utf8_valid(text, len))
		FAULT(&parser, 1, "the template is not UTF-8");
	if (parser.failed)
		return ERR_BAD_REQUEST;
	parser.at = parser.line_start = arena_strndup(set->arena, text, len);
	parser.end = parser.at + len;
	parser.open[0].tail = &tmpl->nodes;
	parse(&parser);
	tmpl->next = set->templates;
	set->templates = tmpl;
	return parser.failed ? ERR_BAD_REQUEST : ERR_OK;
}
