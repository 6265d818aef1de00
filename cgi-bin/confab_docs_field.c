/* A field as the reference shows it: type and bounds in words, from its JSON Schema. */
#include "confab_docs.h"

#include <string.h>

/* The member that says what it is when it may also be null. */
static struct json_object *
not_null(struct json_object *schema)
{
	struct json_object *any = docs_get(schema, "anyOf");

	return any != NULL ? json_object_array_get_idx(any, 0) : schema;
}

static bool
may_be_null(struct json_object *schema)
{
	return docs_get(schema, "anyOf") != NULL ||
	    json_object_is_type(docs_get(schema, "type"), json_type_array);
}

static const char *
component_of(struct json_object *schema)
{
	struct json_object *ref = docs_get(schema, "$ref");

	return ref == NULL ? NULL : strrchr(json_object_get_string(ref), '/') + 1;
}

static const char *
type_name(struct json_object *schema)
{
	static const struct {
		const char *format, *words;
	} formats[] = { { "uuid", "UUID" }, { "date-time", "time" }, { "date", "date" },
		{ "email", "e-mail address" }, { "int64", "integer" } };
	struct json_object *type = docs_get(schema, "type"), *format = docs_get(schema, "format");
	const char *text;
	size_t i;

	if (json_object_is_type(type, json_type_array))
		type = json_object_array_get_idx(type, 0);
	for (i = 0; format != NULL && i < COUNT_OF(formats); i++)
		if (strcmp(formats[i].format, json_object_get_string(format)) == 0)
			return formats[i].words;
	text = type == NULL ? "any" : json_object_get_string(type);
	return strcmp(text, "string") == 0 ? "text" : text;
}

/* "text", "list of UUID", "Amount". */
static char *
type_words(struct arena *arena, struct json_object *schema)
{
	const char *component = component_of(not_null(schema));
	struct json_object *items = docs_get(schema, "items");

	if (component != NULL)
		return arena_strdup(arena, component);
	if (docs_get(schema, "enum") != NULL)
		return arena_strdup(arena, "one of");
	if (items != NULL)
		return arena_printf(arena, "list of %s", type_words(arena, items));
	return arena_strdup(arena, type_name(schema));
}

/* "1 to 80 characters"; NULL when all is allowed. */
static char *
bounds_between(
    struct arena *arena, struct json_object *min, struct json_object *max, const char *unit)
{
	int64_t low = json_object_get_int64(min), high = json_object_get_int64(max);

	if (high == INT64_MAX)
		max = NULL;
	if (min != NULL && max != NULL && low == high)
		return arena_printf(arena, "exactly %lld%s", (long long)low, unit);
	if (min != NULL && max != NULL)
		return arena_printf(arena, "%lld to %lld%s", (long long)low, (long long)high, unit);
	if (max != NULL)
		return arena_printf(arena, "at most %lld%s", (long long)high, unit);
	if (min != NULL)
		return arena_printf(arena, "at least %lld%s", (long long)low, unit);
	return NULL;
}

static char *
bounds_words(struct arena *arena, struct json_object *schema)
{
	static const struct {
		const char *min, *max, *unit;
	} kinds[] = { { "minimum", "maximum", "" }, { "minLength", "maxLength", " characters" },
		{ "minItems", "maxItems", " elements" } };
	struct json_object *pattern = docs_get(schema, "pattern");
	char *words;
	size_t i;

	for (i = 0; i < COUNT_OF(kinds); i++) {
		words = bounds_between(arena, docs_get(schema, kinds[i].min),
		    docs_get(schema, kinds[i].max), kinds[i].unit);
		if (words != NULL)
			return words;
	}
	if (pattern != NULL)
		return arena_printf(arena, "like %s", json_object_get_string(pattern));
	if (docs_get(schema, "properties") != NULL && component_of(not_null(schema)) != NULL)
		return bounds_words(arena, docs_get(docs_get(schema, "properties"), "amount_minor"));
	return NULL;
}

static struct json_object *
choices_of(struct json_object *schema)
{
	struct json_object *from = docs_get(schema, "enum"), *list;
	size_t i;

	if (from == NULL)
		from = docs_get(docs_get(schema, "items"), "enum");
	if (from == NULL)
		return NULL;
	list = json_object_new_array();
	for (i = 0; i < json_object_array_length(from); i++)
		if (json_object_array_get_idx(from, i) != NULL)
			(void)json_object_array_add(
			    list, json_object_get(json_object_array_get_idx(from, i)));
	return list;
}

struct json_object *
docs_field(struct arena *arena, const char *name, struct json_object *schema, bool required)
{
	struct json_object *row = json_object_new_object();
	struct json_object *doc = docs_get(schema, "description");
	const char *component = component_of(not_null(schema));

	docs_add(row, "name", name);
	docs_add(row, "type", type_words(arena, schema));
	docs_add(row, "link",
	    component == NULL			   ? NULL
		: strcmp(component, "Amount") == 0 ? "/docs/money-and-time#amounts"
						   : "/docs/event-types");
	docs_add(row, "bounds", bounds_words(arena, schema));
	docs_add(row, "doc", doc == NULL ? NULL : json_object_get_string(doc));
	(void)json_object_object_add(row, "choices", choices_of(schema));
	(void)json_object_object_add(row, "required", json_object_new_boolean(required));
	(void)json_object_object_add(row, "nullable", json_object_new_boolean(may_be_null(schema)));
	return row;
}

static bool
is_required(struct json_object *schema, const char *name)
{
	struct json_object *list = docs_get(schema, "required");
	size_t i;

	for (i = 0; list != NULL && i < json_object_array_length(list); i++)
		if (strcmp(json_object_get_string(json_object_array_get_idx(list, i)), name) == 0)
			return true;
	return false;
}

/* Nesting is bounded by the tables it was printed from. */
static void
add_fields(
    struct arena *arena, const char *before, struct json_object *schema, struct json_object *list)
{
	struct json_object *properties = docs_get(schema, "properties");

	if (properties == NULL || component_of(not_null(schema)) != NULL)
		return;
	json_object_object_foreach (properties, name, value) {
		struct json_object *items = docs_get(value, "items");
		char *path = arena_printf(arena, "%s%s", before, name);

		(void)json_object_array_add(
		    list, docs_field(arena, path, value, is_required(schema, name)));
		if (items != NULL)
			add_fields(arena, arena_printf(arena, "%s[].", path), items, list);
		else
			add_fields(arena, arena_printf(arena, "%s.", path), value, list);
	}
}

struct json_object *
docs_table(struct json_object *rows, bool asked)
{
	struct json_object *table;

	if (json_object_array_length(rows) == 0) {
		(void)json_object_put(rows);
		return NULL;
	}
	table = json_object_new_object();
	(void)json_object_object_add(table, "rows", rows);
	(void)json_object_object_add(table, "asked", json_object_new_boolean(asked));
	(void)json_object_object_add(table, "told", json_object_new_boolean(!asked));
	return table;
}

struct json_object *
docs_fields(struct arena *arena, struct json_object *schema)
{
	struct json_object *list = json_object_new_array();

	add_fields(arena, "", schema, list);
	return list;
}
