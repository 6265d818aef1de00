#include "web/routes.h"
#include "base/buf.h"
#include "base/str.h"
#include "base/uuid.h"

#include <string.h>

enum { UTF8_BYTES_MAX = 4 };

/* A route where its path ends. */
struct end {
	struct end *next; /* further down in the tables */
	const struct route *route;
	size_t number;
};

/* A segment of paths. */
struct node {
	struct node *next; /* sibling; literal ones first */
	struct node *children;
	struct end *ends;
	const char *text; /* a literal segment; NULL: a value */
	size_t len; /* of text */
	const struct field *field; /* what a value must be; NULL: a UUID */
};

struct table {
	const struct route *routes;
	size_t count;
};

struct routes {
	struct node root; /* no segment of its own */
	struct table *tables;
	size_t table_count;
};

/* The field of the parameter "{name}" of len bytes; NULL: a UUID. */
static const struct field *
field_of(const struct route *route, const char *parameter, size_t len)
{
	const struct field *field = route->path_fields;

	for (; field != NULL && field->name != NULL; field++)
		if (strlen(field->name) == len - 2 &&
		    memcmp(field->name, parameter + 1, len - 2) == 0)
			return field;
	return NULL;
}

static bool
same_segment(const struct node *node, const struct node *other)
{
	if (node->text == NULL || other->text == NULL)
		return node->text == other->text && node->field == other->field;
	return node->len == other->len && memcmp(node->text, other->text, node->len) == 0;
}

/* The child of parent that is like wanted, made if there is none. */
static struct node *
child_of(struct arena *arena, struct node *parent, const struct node *wanted)
{
	struct node **at = &parent->children, *made;

	for (; *at != NULL && ((*at)->text != NULL || wanted->text == NULL); at = &(*at)->next)
		if (same_segment(*at, wanted))
			return *at;
	made = arena_alloc(arena, sizeof(*made));
	*made = *wanted;
	made->next = *at;
	*at = made;
	return made;
}

static void
route_add(struct arena *arena, struct node *node, const struct route *route, size_t number)
{
	const char *at = route->path;
	struct end **end, *made = arena_alloc(arena, sizeof(*made));

	assert(*at == '/');
	while (*at == '/') {
		size_t len = strcspn(++at, "/");
		struct node segment = { .text = at, .len = len };

		if (*at == '{')
			segment = (struct node){ .field = field_of(route, at, len) };
		node = child_of(arena, node, &segment);
		at += len;
	}
	*made = (struct end){ NULL, route, number };
	for (end = &node->ends; *end != NULL; end = &(*end)->next)
		;
	*end = made;
}

struct routes *
routes_new(struct arena *arena, const struct route *const *tables)
{
	struct routes *routes = arena_alloc(arena, sizeof(*routes));
	const struct route *route;
	size_t i, number = 1;

	for (i = 0; tables != NULL && tables[i] != NULL; i++)
		;
	routes->tables = arena_calloc(arena, i, sizeof(*routes->tables));
	routes->table_count = i;
	for (i = 0; i < routes->table_count; i++) {
		routes->tables[i].routes = tables[i];
		for (route = tables[i]; route->method != 0; route++)
			route_add(arena, &routes->root, route, number++);
		routes->tables[i].count = (size_t)(route - tables[i]);
	}
	return routes;
}

size_t
route_number(const struct routes *routes, const struct route *route)
{
	size_t i, before = 1;

	for (i = 0; route != NULL && i < routes->table_count; i++) {
		uintptr_t at = (uintptr_t)route - (uintptr_t)routes->tables[i].routes;

		if (at / sizeof(*route) < routes->tables[i].count)
			return before + at / sizeof(*route);
		before += routes->tables[i].count;
	}
	return 0;
}

/* One walk through the tree. */
struct search {
	struct arena *arena;
	enum method method;
	const char *params[ROUTE_PARAMS_MAX]; /* on the way to where the walk is */
	size_t count; /* of params */
	const struct end *found; /* of method, the one highest in the tables */
	const char *found_params[ROUTE_PARAMS_MAX];
	struct end *others; /* of whatever method, in the tables' order; in the arena */
};

static void
other_add(struct search *search, const struct end *end)
{
	struct end **at = &search->others, *made = arena_alloc(search->arena, sizeof(*made));

	while (*at != NULL && (*at)->number < end->number)
		at = &(*at)->next;
	*made = *end;
	made->next = *at;
	*at = made;
}

static void
path_ends(struct search *search, const struct node *node)
{
	const struct end *end;

	for (end = node->ends; end != NULL; end = end->next) {
		if (end->route->method != search->method) {
			if (search->found == NULL)
				other_add(search, end);
		} else if (search->found == NULL || end->number < search->found->number) {
			search->found = end;
			memcpy(search->found_params, search->params, sizeof(search->params));
		}
	}
}

/* The len bytes at segment as the value of a parameter, in the arena; NULL when they are not fit for it. */
static const char *
value_of(struct search *search, const struct node *node, const char *segment, size_t len)
{
	const struct field *field = node->field;
	char *value;

	if (search->count == ROUTE_PARAMS_MAX || len == 0 ||
	    (field == NULL ? len != UUID_TEXT_SIZE - 1 : len / UTF8_BYTES_MAX > (size_t)field->max))
		return NULL;
	value = arena_strndup(search->arena, segment, len);
	if (field == NULL)
		return uuid_valid(value) ? value : NULL;
	return strpbrk(value, "\t\r\n") == NULL && !str_has_control(value) &&
		str_utf8_count(value) <= (size_t)field->max
	    ? value
	    : NULL;
}

static void
walk(struct search *search, const struct node *parent, const char *path)
{
	const char *segment = path + 1;
	const struct node *node;
	size_t len;

	if (*path == '\0')
		path_ends(search, parent);
	if (*path != '/')
		return;
	len = (size_t)(strchrnul(segment, '/') - segment);
	for (node = parent->children; node != NULL; node = node->next) {
		const char *value;

		if (node->text != NULL) {
			if (node->len == len && memcmp(node->text, segment, len) == 0)
				walk(search, node, segment + len);
		} else if ((value = value_of(search, node, segment, len)) != NULL) {
			search->params[search->count++] = value;
			walk(search, node, segment + len);
			search->params[--search->count] = NULL;
		}
	}
}

enum err
route_find(const struct routes *routes, struct arena *arena, enum method method, const char *path,
    const struct route **route, const char *params[ROUTE_PARAMS_MAX], const char **allow)
{
	struct search search = { .arena = arena, .method = method };
	const struct end *other;
	struct buf list;

	walk(&search, &routes->root, path);
	if (search.found != NULL) {
		memcpy(params, search.found_params, sizeof(search.found_params));
		*route = search.found->route;
		return ERR_OK;
	}
	list = buf_new(arena, 32);
	for (other = search.others; other != NULL; other = other->next)
		buf_join(&list, list.len > 0 ? ", " : "", method_name(other->route->method),
		    other->route->method == METHOD_GET ? ", HEAD" : "", NULL);
	*allow = list.data;
	return list.len > 0 ? ERR_METHOD : ERR_NOT_FOUND;
}
