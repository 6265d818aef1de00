#include "panel/list_view.h"

#include <string.h>

const struct field list_name_element[] = {
	{ "", FIELD_TEXT, .max = 64, .doc = "One" },
	{ 0 },
};

const struct field *
list_view_next(const struct list_view *view, const struct field *field)
{
	for (field = field == NULL ? view->list->query : field + 1; field->name != NULL; field++)
		if (list_filter_find(view->list->source, field->name) >= 0)
			return field;
	return NULL;
}

const char *
list_view_value(const struct list_view *view, const struct field *filter)
{
	return view->wanted.values[list_filter_find(view->list->source, filter->name)];
}

enum err
list_view_read(struct req *req, const struct list *list, struct list_view *view)
{
	const char *sort = query_text(req, "sort");
	const struct field *field;

	*view = (struct list_view){ .req = req, .list = list, .sort = list->source->sorts };
	if (sort != NULL) {
		view->wanted.turned = *sort == '-';
		view->sort = list_sort_find(list->source, sort + (*sort == '-'));
		if (view->sort == NULL)
			return req_invalid(req, "sort", "is not a sort of this list");
	}
	view->wanted.sort = view->sort;
	view->wanted.zone = req->caller.zone;
	for (field = list_view_next(view, NULL); field != NULL; field = list_view_next(view, field))
		view->wanted.values[list_filter_find(list->source, field->name)] =
		    query_text(req, field->name);
	return ERR_OK;
}

static struct json_object *
columns_of(const struct list_view *view)
{
	struct json_object *columns = NULL;

	(void)json_object_object_get_ex(view->req->query, "columns", &columns);
	return columns;
}

bool
list_view_has(const struct list_view *view, const struct column *column, bool file)
{
	struct json_object *columns = columns_of(view);
	size_t i;

	if (columns == NULL || view->list->source == NULL) /* a table beside the list */
		return file || !column->file_only;
	for (i = 0; i < json_object_array_length(columns); i++)
		if (strcmp(json_object_get_string(json_object_array_get_idx(columns, i)),
			column->name) == 0)
			return true;
	return false;
}

static void
put(struct buf *out, const char *but, const char *name, const char *value)
{
	if (value == NULL || (but != NULL && strcmp(but, name) == 0))
		return;
	buf_join(out, out->len > 0 ? "&" : "", name, "=", NULL);
	buf_url(out, value);
}

const char *
list_view_query(const struct list_view *view, const char *but, const char *name, const char *value)
{
	struct buf out = buf_new(view->req->arena, 128);
	struct json_object *columns = columns_of(view);
	const struct field *field;
	size_t i;

	for (field = list_view_next(view, NULL); field != NULL; field = list_view_next(view, field))
		put(&out, but, field->name, list_view_value(view, field));
	put(&out, but, "sort", query_text(view->req, "sort"));
	put(&out, but, "limit", query_text(view->req, "limit"));
	for (i = 0; columns != NULL && i < json_object_array_length(columns); i++)
		put(&out, but, "columns",
		    json_object_get_string(json_object_array_get_idx(columns, i)));
	put(&out, but, "zone", query_text(view->req, "zone"));
	if (name != NULL)
		put(&out, NULL, name, value);
	return out.data;
}

const char *
list_view_url(const struct list_view *view, const char *but, const char *name, const char *value)
{
	const char *query = list_view_query(view, but, name, value);

	/* A query of its own, though it says nothing: the bare path leads to the start. */
	return arena_printf(view->req->arena, "%s?%s", view->list->path,
	    *query == '\0' && view->list->start != NULL ? "sort=" : query);
}

void
list_view_mine(const struct list_view *view, struct json_object *context)
{
	const char *filter = view->list->mine, *me = view->req->caller.user_id, *now;
	struct json_object *mine;

	if (filter == NULL)
		return;
	now = view->wanted.values[list_filter_find(view->list->source, filter)];
	mine = page_object(view->req);
	page_put_bool(mine, "on", now != NULL && strcmp(now, me) == 0);
	page_put(mine, "url",
	    list_view_url(view, filter, filter, now != NULL && strcmp(now, me) == 0 ? NULL : me));
	page_put_object(context, "mine", mine);
}
