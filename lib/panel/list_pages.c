/* The pages of a list: how many rows there are, how many a page has, and the way to the others. */
#include "panel/list_view.h"

#include "web/page_cursor.h"

#include <string.h>

static const int sizes[] = { 25, LIST_ROWS, 100 };

static const char *
page_url(const struct list_view *view, const struct list_page *page, bool back)
{
	size_t row = list_row(page, back ? 0 : page->count - 1);

	return list_view_url(view, NULL, back ? "back=true&cursor" : "cursor",
	    page_cursor_make(view->req, page->rows, row));
}

/* Of a page, as its query's limit says. */
static int64_t
rows_max(const struct list *list)
{
	const struct field *field = list->query;

	while (strcmp(field->name, "limit") != 0)
		field++;
	return field->max;
}

static void
put_pages(const struct list_view *view, const struct list_page *page, struct json_object *context)
{
	struct json_object *list = page_list(view->req), *item;
	size_t i;

	if (query_has(view->req, "cursor"))
		page_put(context, "first_url", list_view_url(view, NULL, NULL, NULL));
	if (page->before && page->count > 0)
		page_put(context, "previous_url", page_url(view, page, true));
	if (page->after && page->count > 0)
		page_put(context, "next_url", page_url(view, page, false));
	for (i = 0; i < COUNT_OF(sizes) && sizes[i] <= rows_max(view->list); i++) {
		const char *size = arena_printf(view->req->arena, "%d", sizes[i]);

		item = page_object(view->req);
		page_put(item, "size", size);
		page_put(item, "url", list_view_url(view, "limit", "limit", size));
		page_put_bool(item, "current", view->wanted.limit == sizes[i]);
		page_list_add(list, item);
	}
	page_put_object(context, "sizes", list);
}

/* "12,345 accounts", "1 account", "more than 10,000 accounts". */
static void
put_total(const struct list_view *view, int64_t total, struct json_object *context)
{
	const struct list *list = view->list;
	struct arena *arena = view->req->arena;

	if (total < 0)
		return;
	page_put(context, "total",
	    total > LIST_COUNT_MAX
		? arena_printf(arena, "%s+ %s", column_number(arena, LIST_COUNT_MAX), list->many)
		: arena_printf(arena, "%s %s", column_number(arena, total),
		      total == 1 ? list->one : list->many));
}

void
list_view_pages(
    const struct list_view *view, const struct list_page *page, struct json_object *context)
{
	put_pages(view, page, context);
	put_total(view, page->total, context);
}
