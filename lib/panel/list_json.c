/* A list's rows as JSON: the twin half of list.h, as routes that are made when the program starts. */
#include "panel/list_view.h"

#include "web/page_cursor.h"
#include "web/reply.h"

#include <string.h>

/* Of the list's query, those that say which rows, in what order, and where a page begins. */
static bool
is_asked(const struct list *list, const char *name)
{
	static const char *const also[] = { "sort", "limit", "cursor" };
	size_t i;

	for (i = 0; i < COUNT_OF(also); i++)
		if (strcmp(also[i], name) == 0)
			return true;
	return list_filter_find(list->source, name) >= 0;
}

static const struct field *
query_of(struct arena *arena, const struct list *list)
{
	size_t count = 0, made = 0, i;
	struct field *fields;

	while (list->query[count].name != NULL)
		count++;
	fields = arena_calloc(arena, count + 1, sizeof(*fields));
	for (i = 0; i < count; i++)
		if (is_asked(list, list->query[i].name))
			fields[made++] = list->query[i];
	return fields;
}

/* What JSON has of a column of that kind; any may be null. */
static struct field
field_of(const struct column *column)
{
	static const struct field text[] = { { "", FIELD_TEXT, .doc = "One" }, { 0 } };
	static const enum field_type types[] = { [COLUMN_NUMBER] = FIELD_NUMBER,
		[COLUMN_MONEY] = FIELD_AMOUNT,
		[COLUMN_TIME] = FIELD_TIME,
		[COLUMN_MOMENT] = FIELD_TIME,
		[COLUMN_TAGS] = FIELD_LIST,
		[COLUMN_DETAILS] = FIELD_OBJECT,
		[COLUMN_BOOL] = FIELD_BOOL };
	struct field field = { column->name, FIELD_TEXT, .nullable = true, .doc = column->label };

	if ((size_t)column->kind < COUNT_OF(types) && types[column->kind] != 0)
		field.type = types[column->kind];
	if (field.type == FIELD_LIST)
		field.sub = text;
	return field;
}

static const struct field *
reply_of(struct arena *arena, const struct list *list)
{
	size_t count = 0, i;
	struct field *fields;

	if (list->reply != NULL)
		return list->reply;
	while (list->columns[count].name != NULL)
		count++;
	fields = arena_calloc(arena, count + 1, sizeof(*fields));
	for (i = 0; i < count; i++)
		fields[i] = field_of(&list->columns[i]);
	return fields;
}

/* The members of a row that the reply has, in its order. */
static void
put_row(struct req *req, const struct rows *rows, size_t row, struct buf *out)
{
	const struct field *field = req->route->reply;
	struct buf text = buf_new(req->arena, 1024);
	struct json_object *object;
	const char *before = "{";

	rows_json(rows, row, &text);
	object = json_keep(req->arena, json_tokener_parse(text.data));
	for (; field->name != NULL; field++, before = ",") {
		struct json_object *value;
		bool there = json_object_object_get_ex(object, field->name, &value);

		assert(there); /* a column that the source has not */
		buf_puts(out, before);
		buf_json(out, field->name);
		buf_join(out, ":",
		    there ? json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN) : "null",
		    NULL);
	}
	buf_putc(out, '}');
}

static enum err
read_rows(struct req *req, const struct list *list, struct list_page *page)
{
	const char *cursor = query_text(req, "cursor"), *keys[PAGE_KEYS_MAX] = { NULL };
	struct list_view view;

	TRY(list_enter(req, list));
	if (req->reply.finished) { /* with a page, which is no answer here */
		reply_restart(req);
		return ERR_FORBIDDEN;
	}
	TRY(list_view_read(req, list, &view));
	if (cursor != NULL && page_cursor_read(req, cursor, keys) != ERR_OK)
		return req_blame(req, ERR_BAD_CURSOR, "cursor", err_text(ERR_BAD_CURSOR));
	view.wanted.keys = cursor != NULL ? keys : NULL;
	view.wanted.limit = query_int(req, "limit", PAGE_ITEMS_DEFAULT);
	return list_read(req->db, list->source, &view.wanted, page);
}

enum err
list_reply(struct req *req, const struct list_page *page)
{
	struct buf out = buf_new_bounded(req->arena, 65536, REPLY_BYTES_MAX);
	size_t i;

	buf_puts(&out, "{\"items\":[");
	for (i = 0; i < page->count && !out.over; i++) {
		buf_puts(&out, i > 0 ? "," : "");
		put_row(req, page->rows, list_row(page, i), &out);
	}
	buf_puts(&out, "],\"next_cursor\":");
	buf_json(&out,
	    page->after ? page_cursor_make(req, page->rows, list_row(page, page->count - 1)) : NULL);
	buf_putc(&out, '}');
	return out.over ? ERR_REPLY_TOO_LARGE : reply_json(req, out.data);
}

static enum err
get_twin(struct req *req)
{
	struct list_page page;

	TRY(read_rows(req, req->route->of, &page));
	return list_reply(req, &page);
}

/* "admin_user_list" of "users". */
static const char *
name_of(struct arena *arena, const struct list *list)
{
	size_t len = strlen(list->name);

	if (list->name[len - 1] == 's')
		len--;
	return arena_printf(arena, "admin_%.*s_list", (int)len, list->name);
}

const struct route *
list_routes(struct arena *arena, const struct list *const *lists, size_t count)
{
	static const enum err plain[] = { ERR_BAD_CURSOR, ERR_REPLY_TOO_LARGE, ERR_OK };
	static const enum err behind[] = { ERR_BAD_CURSOR, ERR_REPLY_TOO_LARGE, ERR_FORBIDDEN,
		ERR_OK };
	struct route *routes = arena_calloc(arena, count + 1, sizeof(*routes));
	size_t i;

	for (i = 0; i < count; i++)
		routes[i] = (struct route){ METHOD_GET,
			arena_printf(arena, "/api/v1%s", lists[i]->path), name_of(arena, lists[i]),
			.roles = ROLE_ADMIN, .rate = RATE_READ, .flags = ROUTE_LIST,
			.query = query_of(arena, lists[i]), .reply = reply_of(arena, lists[i]),
			.errors = lists[i]->enter != NULL ? behind : plain, .handle = get_twin,
			.of = lists[i],
			.summary = arena_printf(arena, "List the %s", lists[i]->many),
			.doc = arena_printf(arena,
			    "The rows of the panel's list, by its filters; sort is one of its orders, with -"
			    " before it turned round. First %s, if none is named.",
			    lists[i]->source->sorts->name) };
	return routes;
}
