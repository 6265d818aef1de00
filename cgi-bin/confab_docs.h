/*
 * What `confab docs` is made of: what the programs say of themselves, turned into views for the templates of
 * templates/docs/. json-c objects are the caller's unless it is said that an arena keeps them.
 */
#ifndef CGI_BIN_CONFAB_DOCS_H
#define CGI_BIN_CONFAB_DOCS_H

#include "base/buf.h"
#include "base/conf.h"
#include "base/json.h"
#include "web/program.h"

/* What a program that serves says of itself. */
struct part {
	const struct program *program;
	struct json_object *json; /* as openapi_part prints it; the arena's */
};

/* Ask each program of dir that serves (confab_openapi.c). How many there are; 0 when one does not describe itself,
 * which was said on standard error. */
size_t parts_read(struct arena *, const char *dir, struct part parts[PROGRAM__COUNT]);
/* The text of a file of templates/docs; NULL when it cannot be read, which is said. */
char *docs_read(struct arena *, const struct conf *, const char *name);
/*
 * What was seen of operations and events, templates/docs/examples.json: {operationId: {status, path, body, reply},
 * "events": {type: data}}. In the parts it takes the place of the examples that the programs made up, so that the
 * pages and the API's description show the same (confab_openapi.c). The arena's; NULL when it cannot be read, which
 * was said.
 */
struct json_object *parts_record(
    struct arena *, const struct conf *, const struct part *parts, size_t count);
/* The member of that name; NULL when there is none or object is none. Borrowed. */
struct json_object *docs_get(struct json_object *object, const char *name);
/* Add a text; NULL adds null, so that a template does not find the name further out. */
void docs_add(struct json_object *to, const char *name, const char *text);
/* JSON as the pages show it. Borrowed, until the object is printed again. */
const char *docs_pretty(struct json_object *object);

/* The view of an operation (confab_docs_operation.c). recorded: what was seen of it, as of parts_record, or
 * NULL. */
struct json_object *docs_operation(struct arena *, const char *path, const char *method,
    struct json_object *operation, struct json_object *recorded);
/* The fields of a schema, those within others too, as "user.id" and "items[].id": rows with name, type, bounds,
 * choices, required, nullable, doc (confab_docs_field.c). */
struct json_object *docs_fields(struct arena *, struct json_object *schema);
/* One such row, of a schema that stands by itself. */
struct json_object *docs_field(
    struct arena *, const char *name, struct json_object *schema, bool required);

/* A table of such rows, which it takes over, of what is asked of a client or told to it; NULL when there are none. */
struct json_object *docs_table(struct json_object *rows, bool asked);

/* Tables of the guide: states, moves, rates, errors, settings, limits (confab_docs_tables.c). */
void docs_tables(struct arena *, const struct conf *, const struct part *parts, size_t count,
    struct json_object *to);

/* Add each section of a page, from one heading with an id to the next, to the index of the search
 * (confab_docs_search.c): {title, url, page, words}. Words within <pre> and <details> are left out. */
void docs_index(
    struct arena *, const char *url, const char *page, const char *html, struct json_object *list);

#endif
