#include "panel/tmpl_node.h"
#include "base/log.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The values that names are looked up in, innermost first. */
struct frame {
	struct json_object *value;
	const struct frame *outer;
};

/* The blanks that go before each line of a partial, outermost written first. */
struct indent {
	const struct tmpl_node *partial;
	const struct indent *outer;
};

struct render {
	struct buf *out;
	size_t out_len_max; /* out->len not to pass */
	int steps;
	int depth;
	bool cut; /* a bound was passed */
};

struct tmpl_set *
tmpl_set_new(struct arena *arena)
{
	struct tmpl_set *set = arena_alloc(arena, sizeof(*set));

	set->arena = arena;
	set->faults_end = &set->faults;
	return set;
}

const struct tmpl_fault *
tmpl_faults(const struct tmpl_set *set)
{
	return set->faults;
}

static struct tmpl *
find(const struct tmpl_set *set, const char *name)
{
	struct tmpl *tmpl;

	for (tmpl = set->templates; tmpl != NULL; tmpl = tmpl->next)
		if (strcmp(tmpl->name, name) == 0)
			return tmpl;
	return NULL;
}

const struct tmpl *
tmpl_find(const struct tmpl_set *set, const char *name)
{
	return find(set, name);
}

/* Follow the partials outside of sections: to meet an open template again is to go on for ever. */
static void
visit(struct tmpl_set *set, struct tmpl *tmpl)
{
	const struct tmpl_node *node;

	tmpl->visit = TMPL_OPEN;
	for (node = tmpl->partials; node != NULL; node = node->next_partial) {
		struct tmpl *partial = find(set, node->name);

		if (partial == NULL || node->in_section)
			continue;
		if (partial->visit == TMPL_OPEN)
			tmpl_fault_add(set, tmpl->name, node->line,
			    "{{> %s}} includes itself without end", node->name);
		else if (partial->visit == TMPL_UNSEEN)
			visit(set, partial);
	}
	tmpl->visit = TMPL_DONE;
}

enum err
tmpl_link(struct tmpl_set *set)
{
	struct tmpl_fault **before = set->faults_end;
	struct tmpl *tmpl;
	struct tmpl_node *node;

	for (tmpl = set->templates; tmpl != NULL; tmpl = tmpl->next) {
		for (node = tmpl->partials; node != NULL; node = node->next_partial) {
			node->partial = find(set, node->name);
			if (node->partial == NULL)
				tmpl_fault_add(set, tmpl->name, node->line,
				    "{{> %s}} names no template", node->name);
		}
		if (tmpl->visit == TMPL_UNSEEN)
			visit(set, tmpl);
	}
	return set->faults_end == before ? ERR_OK : ERR_BAD_REQUEST;
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The *.html of a directory, sorted, without the suffix. ERR_BAD_REQUEST: it cannot be read, or holds
 * too many. */
static enum err
dir_names(struct arena *arena, const char *path, const char **names, size_t *count)
{
	DIR *dir = opendir(path);
	const struct dirent *entry;
	enum err err = ERR_OK;

	*count = 0;
	if (dir == NULL)
		return ERR_BAD_REQUEST;
	while (err == ERR_OK && (entry = readdir(dir)) != NULL) {
		size_t len = strlen(entry->d_name);

		if (len <= 5 || entry->d_name[0] == '.' ||
		    strcmp(entry->d_name + len - 5, ".html") != 0)
			continue;
		if (*count == TMPL_FILES_MAX)
			err = ERR_BAD_REQUEST;
		else
			names[(*count)++] = arena_strndup(arena, entry->d_name, len - 5);
	}
	(void)closedir(dir);
	qsort(names, *count, sizeof(*names), compare_names);
	return err;
}

static enum err
file_add(struct tmpl_set *set, const char *dir, const char *name)
{
	FILE *file = fopen(arena_printf(set->arena, "%s/%s.html", dir, name), "re");
	char *text;
	size_t len;
	bool bad;

	if (file == NULL) {
		tmpl_fault_add(set, name, 1, "the file cannot be read");
		return ERR_BAD_REQUEST;
	}
	text = arena_alloc(set->arena, TMPL_FILE_BYTES_MAX + 1);
	len = fread(text, 1, TMPL_FILE_BYTES_MAX + 1, file);
	bad = ferror(file) != 0;
	(void)fclose(file);
	if (bad) {
		tmpl_fault_add(set, name, 1, "the file cannot be read");
		return ERR_BAD_REQUEST;
	}
	return tmpl_add(set, name, text, len);
}

enum err
tmpl_dir_load(struct arena *arena, const char *dir, struct tmpl_set **out)
{
	struct tmpl_set *set = tmpl_set_new(arena);
	const char **names = arena_calloc(arena, TMPL_FILES_MAX, sizeof(*names));
	const struct tmpl_fault *fault;
	enum err err = ERR_OK;
	size_t count, i;

	if (dir_names(arena, dir, names, &count) != ERR_OK) {
		log_error("the templates cannot be read, or are too many", LOG_STR("dir", dir),
		    LOG_INT("max", TMPL_FILES_MAX));
		return ERR_BAD_REQUEST;
	}
	for (i = 0; i < count; i++)
		if (file_add(set, dir, names[i]) != ERR_OK)
			err = ERR_BAD_REQUEST;
	if (tmpl_link(set) != ERR_OK)
		err = ERR_BAD_REQUEST;
	for (fault = set->faults; fault != NULL; fault = fault->next)
		log_error(arena_printf(
		    arena, "%s/%s.html:%d: %s", dir, fault->name, fault->line, fault->what));
	if (err == ERR_OK)
		*out = set;
	return err;
}

/* The first part is looked up in all frames, the others only in what it gave. */
static struct json_object *
lookup(const struct frame *frame, const struct tmpl_node *node)
{
	struct json_object *value = NULL;
	size_t i;

	if (node->part_count == 0)
		return frame->value;
	for (; frame != NULL; frame = frame->outer)
		if (json_object_is_type(frame->value, json_type_object) &&
		    json_object_object_get_ex(frame->value, node->parts[0], &value))
			break;
	for (i = 1; i < node->part_count; i++)
		if (!json_object_is_type(value, json_type_object) ||
		    !json_object_object_get_ex(value, node->parts[i], &value))
			return NULL;
	return value;
}

static bool
is_true(struct json_object *value)
{
	switch (json_object_get_type(value)) {
	case json_type_null:
		return false;
	case json_type_boolean:
		return json_object_get_boolean(value) != 0;
	case json_type_int:
		return json_object_get_int64(value) != 0 || json_object_get_uint64(value) != 0;
	case json_type_double:
		return json_object_get_double(value) < 0 || json_object_get_double(value) > 0;
	case json_type_string:
		return json_object_get_string_len(value) > 0;
	case json_type_array:
		return json_object_array_length(value) > 0;
	case json_type_object:
		break;
	}
	return true;
}

/* The shortest decimal text that reads back as the same number. */
static void
put_double(struct buf *out, double number)
{
	char digits[40];
	int precision = 15;

	do
		(void)snprintf(digits, sizeof(digits), "%.*g", precision, number);
	while (precision++ < 17 &&
	    memcmp(&(double){ strtod(digits, NULL) }, &number, sizeof(number)) != 0);
	buf_puts(out, digits);
}

static void
put_value(struct buf *out, struct json_object *value)
{
	switch (json_object_get_type(value)) {
	case json_type_boolean:
	case json_type_int:
	case json_type_string:
		buf_html(out, json_object_get_string(value));
		break;
	case json_type_double:
		put_double(out, json_object_get_double(value));
		break;
	case json_type_null:
	case json_type_array:
	case json_type_object:
		break;
	}
}

static void
put_indent(struct render *render, const struct indent *indent)
{
	if (indent == NULL)
		return;
	put_indent(render, indent->outer);
	if (render->out->len <= render->out_len_max)
		buf_add(render->out, indent->partial->text, indent->partial->len);
}

/* Lines that are empty stay so: their ends are not indented. */
static void
put_text(struct render *render, const struct tmpl_node *node, const struct indent *indent)
{
	if (node->starts_line && (node->len == 0 || node->text[0] != '\n') &&
	    !(node->len == 2 && memcmp(node->text, "\r\n", 2) == 0))
		put_indent(render, indent);
	if (node->len > 0)
		buf_add(render->out, node->text, node->len);
}

static void render_nodes(
    struct render *, const struct tmpl_node *, const struct frame *, const struct indent *);

/* Once more inside; past a bound nothing is written any more. */
static void
render_inside(struct render *render, const struct tmpl_node *nodes, struct json_object *value,
    const struct frame *outer, const struct indent *indent)
{
	struct frame frame = { value, outer };

	/* A turn is a step of its own: an empty section over a long list has no other. */
	if (render->depth == TMPL_DEPTH_MAX || ++render->steps > TMPL_STEPS_MAX) {
		render->cut = true;
		return;
	}
	render->depth++;
	render_nodes(render, nodes, &frame, indent);
	render->depth--;
}

static void
render_section(struct render *render, const struct tmpl_node *node, const struct frame *frame,
    const struct indent *indent)
{
	struct json_object *value = lookup(frame, node);
	size_t i, count;

	if (!is_true(value))
		return;
	if (!json_object_is_type(value, json_type_array)) {
		render_inside(render, node->children, value, frame, indent);
		return;
	}
	count = json_object_array_length(value);
	for (i = 0; i < count && !render->cut; i++)
		render_inside(
		    render, node->children, json_object_array_get_idx(value, i), frame, indent);
}

/* A partial alone on its line adds its blanks to the indentation; within a line it starts anew. */
static void
render_partial(struct render *render, const struct tmpl_node *node, const struct frame *frame,
    const struct indent *outer)
{
	struct indent indent = { node, outer };

	if (node->partial == NULL)
		return;
	render_inside(render, node->partial->nodes, frame->value, frame->outer,
	    node->text != NULL ? &indent : NULL);
}

static void
render_nodes(struct render *render, const struct tmpl_node *node, const struct frame *frame,
    const struct indent *indent)
{
	for (; node != NULL && !render->cut; node = node->next) {
		if (++render->steps > TMPL_STEPS_MAX || render->out->len > render->out_len_max) {
			render->cut = true;
			return;
		}
		switch (node->kind) {
		case TMPL_TEXT:
			put_text(render, node, indent);
			break;
		case TMPL_VALUE:
			put_value(render->out, lookup(frame, node));
			break;
		case TMPL_SECTION:
			render_section(render, node, frame, indent);
			break;
		case TMPL_INVERTED:
			if (!is_true(lookup(frame, node)))
				render_inside(
				    render, node->children, frame->value, frame->outer, indent);
			break;
		case TMPL_PARTIAL:
			render_partial(render, node, frame, indent);
			break;
		}
	}
}

void
tmpl_render(const struct tmpl *tmpl, struct json_object *context, struct buf *out)
{
	struct render render = { .out = out, .out_len_max = out->len + TMPL_OUT_BYTES_MAX };
	struct frame frame = { context, NULL };

	render_nodes(&render, tmpl->nodes, &frame, NULL);
	if (!render.cut)
		return;
	out->over = true;
	log_error("template output was cut: a bound was passed", LOG_STR("template", tmpl->name),
	    LOG_INT("bytes", (int64_t)out->len));
}
