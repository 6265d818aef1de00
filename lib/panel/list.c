#include "panel/list_view.h"

#include "base/str.h"
#include "domain/people/saved_view.h"
#include "domain/people/user_admin.h"
#include "web/page_cursor.h"
#include "web/reply.h"

#include <string.h>

enum { RELATED_ROWS = 5 };

/* --- the head: tabs, filters, chips, saved views --- */

static struct json_object *
choice(struct req *req, const char *value, const char *label, const char *selected)
{
	struct json_object *object = page_object(req);

	page_put(object, "value", value);
	page_put(object, "label", label);
	page_put_bool(object, "selected", strcmp(value, selected != NULL ? selected : "") == 0);
	return object;
}

static bool
is_tabs(const struct list_view *view, const struct field *filter)
{
	return view->list->tabs != NULL && strcmp(view->list->tabs, filter->name) == 0;
}

/* The filter without which there is no list: no chip, and every form keeps it. */
static bool
is_within(const struct list_view *view, const struct field *filter)
{
	const char *within = view->list->source->within;

	return within != NULL && strcmp(within, filter->name) == 0;
}

static void
put_tabs(const struct list_view *view, const struct field *filter, struct json_object *context)
{
	struct json_object *tabs = page_list(view->req), *tab;
	const char *const *value;

	tab = choice(view->req, "", "All", list_view_value(view, filter));
	page_put(tab, "url", list_view_url(view, filter->name, NULL, NULL));
	page_list_add(tabs, tab);
	for (value = filter->one_of; *value != NULL; value++) {
		tab = choice(view->req, *value, column_word(view->req->arena, *value),
		    list_view_value(view, filter));
		page_put(tab, "url", list_view_url(view, filter->name, filter->name, *value));
		page_list_add(tabs, tab);
	}
	page_put_object(context, "tabs", tabs);
	page_put(context, "tabs_label", filter->doc);
}

static void
put_choices(const struct list_view *view, const struct field *filter, struct json_object *control)
{
	struct json_object *choices = page_list(view->req);
	const char *selected = list_view_value(view, filter);
	const char *const *value;

	page_list_add(choices, choice(view->req, "", "Any", selected));
	for (value = filter->one_of; *value != NULL; value++)
		page_list_add(choices,
		    choice(view->req, *value, column_word(view->req->arena, *value), selected));
	page_put_object(control, "choices", choices);
}

/* The form's control of a filter. */
static struct json_object *
control_of(const struct list_view *view, const struct field *filter)
{
	struct json_object *control = page_object(view->req);

	page_put(control, "name", filter->name);
	page_put(control, "label", filter->doc);
	page_put(control, "value", list_view_value(view, filter));
	if (filter->type == FIELD_ENUM)
		put_choices(view, filter, control);
	else
		page_put(control, "type", filter->type == FIELD_DATE ? "date" : "text");
	return control;
}

/* The value as the chip has it: a word, a person's name. */
static enum err
value_shown(const struct list_view *view, const struct field *filter, const char **shown)
{
	const char *value = list_view_value(view, filter);
	enum err err = ERR_OK;

	*shown = value;
	if (filter->type == FIELD_ENUM)
		*shown = column_word(view->req->arena, value);
	else if (filter->type == FIELD_UUID)
		err = user_admin_name(view->req->db, value, shown);
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static enum err
add_chip(const struct list_view *view, const struct field *filter, struct json_object *chips)
{
	struct json_object *chip = page_object(view->req);
	const char *shown;

	TRY(value_shown(view, filter, &shown));
	page_put(chip, "name", filter->doc);
	page_put(chip, "shown", shown);
	page_put(chip, "url", list_view_url(view, filter->name, NULL, NULL));
	page_list_add(chips, chip);
	return ERR_OK;
}

static void
put_search(const struct list_view *view, const struct field *filter, struct json_object *context)
{
	page_put_object(context, "search", control_of(view, filter));
}

/* The list without its filters. */
static const char *
clear_url(const struct list_view *view)
{
	const char *path = view->list->path, *within = view->list->source->within;

	if (within != NULL)
		return arena_printf(view->req->arena, "%s?%s=%s", path, within,
		    view->wanted.values[list_filter_find(view->list->source, within)]);
	return arena_printf(
	    view->req->arena, "%s%s", path, view->list->start != NULL ? "?sort=" : "");
}

/* The filters: one of them as tabs, the first text as the search field, the others behind a button. */
static enum err
put_filters(const struct list_view *view, struct json_object *context)
{
	struct json_object *controls = page_list(view->req), *chips = page_list(view->req);
	const struct field *filter = NULL, *search = NULL;

	while ((filter = list_view_next(view, filter)) != NULL) {
		if (is_within(view, filter))
			continue;
		if (is_tabs(view, filter)) {
			put_tabs(view, filter, context);
			continue;
		}
		if (filter->type == FIELD_TEXT && search == NULL)
			put_search(view, search = filter, context);
		else
			page_list_add(controls, control_of(view, filter));
		if (list_view_value(view, filter) != NULL)
			TRY(add_chip(view, filter, chips));
	}
	page_put_object(context, "controls", controls);
	page_put_object(context, "chips", chips);
	page_put_bool(context, "chips_shown", json_object_array_length(chips) > 0);
	page_put(context, "clear_url", clear_url(view));
	return ERR_OK;
}

/* What a form of the page sends beside its own fields: the view without them. */
static void
put_hidden(const struct list_view *view, struct json_object *context)
{
	struct json_object *all = page_list(view->req), *kept = page_list(view->req), *pair;
	const struct field *filter = NULL;
	const char *sort = query_text(view->req, "sort"), *limit = query_text(view->req, "limit");

	while ((filter = list_view_next(view, filter)) != NULL) {
		pair = page_object(view->req);
		page_put(pair, "name", filter->name);
		page_put(pair, "value", list_view_value(view, filter));
		if (list_view_value(view, filter) == NULL)
			continue;
		page_list_add(all, pair);
		if (is_tabs(view, filter) || is_within(view, filter))
			page_list_add(kept, pair);
	}
	pair = page_object(view->req);
	page_put(pair, "name", "sort");
	page_put(pair, "value", sort != NULL ? sort : "");
	page_list_add(all, pair);
	if (limit != NULL) {
		pair = page_object(view->req);
		page_put(pair, "name", "limit");
		page_put(pair, "value", limit);
		page_list_add(kept, pair);
	}
	page_put_object(context, "view_fields", all);
	page_put_object(context, "kept_fields", kept);
}

static enum err
put_saved(const struct list_view *view, struct json_object *context)
{
	struct json_object *list = page_list(view->req), *saved;
	struct rows *rows;
	size_t i;

	TRY(saved_view_list(view->req->db, view->req->caller.user_id, view->list->name, &rows));
	for (i = 0; i < rows_count(rows); i++) {
		const char *query = rows_text_of(rows, i, "query");

		saved = page_object(view->req);
		page_put(saved, "view_id", rows_text_of(rows, i, "id"));
		page_put(saved, "name", rows_text_of(rows, i, "name"));
		page_put(
		    saved, "url", arena_printf(view->req->arena, "%s?%s", view->list->path, query));
		page_put_bool(
		    saved, "current", strcmp(query, list_view_query(view, NULL, NULL, NULL)) == 0);
		page_list_add(list, saved);
	}
	page_put_object(context, "saved", list);
	page_put(context, "list_name", view->list->name);
	page_put(context, "view_query", list_view_query(view, NULL, NULL, NULL));
	return ERR_OK;
}

/* --- the table --- */

static struct json_object *
head_of(const struct list_view *view, const struct column *column, bool linked)
{
	struct json_object *head = page_object(view->req);
	const struct list_sort *sort;
	bool now, descends;

	page_put(head, "label", column->label);
	page_put_bool(head, "num", column->kind == COLUMN_NUMBER || column->kind == COLUMN_MONEY);
	if (!linked || column->sort == NULL)
		return head;
	sort = list_sort_find(view->list->source, column->sort);
	assert(sort != NULL);
	now = sort == view->sort;
	descends = sort->descending != view->wanted.turned;
	page_put(head, "sort_url",
	    list_view_url(view, "sort", "sort",
		arena_printf(
		    view->req->arena, "%s%s", now && !view->wanted.turned ? "-" : "", sort->name)));
	if (now)
		page_put(head, "order", descends ? "descending" : "ascending");
	return head;
}

static struct json_object *
heads_of(const struct list_view *view, bool linked)
{
	struct json_object *heads = page_list(view->req);
	const struct column *column;

	for (column = view->list->columns; column->name != NULL; column++)
		if (list_view_has(view, column, false))
			page_list_add(heads, head_of(view, column, linked));
	return heads;
}

static struct json_object *
row_of(const struct list_view *view, struct json_object *from)
{
	struct json_object *row = page_object(view->req), *cells = page_list(view->req);
	const struct column *column;

	for (column = view->list->columns; column->name != NULL; column++)
		if (list_view_has(view, column, false))
			page_list_add(cells, column_cell(view->req, column, from));
	page_put(row, "name", column_text(from, view->list->columns->name));
	page_put(row, "key", column_text(from, view->list->key != NULL ? view->list->key : "id"));
	page_put_object(row, "cells", cells);
	return row;
}

static void
put_table(const struct list_view *view, const struct list_page *page, bool linked,
    struct json_object *context)
{
	struct json_object *rows = page_list(view->req);
	size_t i;

	for (i = 0; i < page->count; i++)
		page_list_add(
		    rows, row_of(view, page_row(view->req, page->rows, list_row(page, i))));
	page_put_bool(context, "linked", linked);
	page_put_object(context, "heads", heads_of(view, linked));
	page_put_object(context, "rows", rows);
}

static const char *
order_words(const struct column *column, bool descends)
{
	if (column->kind == COLUMN_TIME || column->kind == COLUMN_MOMENT)
		return descends ? "newest first" : "oldest first";
	if (column->kind == COLUMN_NUMBER || column->kind == COLUMN_MONEY)
		return descends ? "highest first" : "lowest first";
	return descends ? "Z to A" : "A to Z";
}

/* Select of the sorts, both ways, for phones, where the heads do not show. */
static void
put_sorts(const struct list_view *view, struct json_object *context)
{
	struct json_object *list = page_list(view->req);
	const struct column *column;
	const char *now = query_text(view->req, "sort");
	int turned;

	for (column = view->list->columns; column->name != NULL; column++)
		for (turned = 0; column->sort != NULL && turned < 2; turned++) {
			const struct list_sort *sort =
			    list_sort_find(view->list->source, column->sort);
			const char *name =
			    arena_printf(view->req->arena, "%s%s", turned ? "-" : "", sort->name);

			page_list_add(list,
			    choice(view->req, name,
				arena_printf(view->req->arena, "%s, %s", column->label,
				    order_words(column, sort->descending != (turned != 0))),
				now != NULL ? now : view->sort->name));
		}
	page_put_object(context, "sorts", list);
}

/* --- the foot: the file; pages are in list_pages.c --- */

static void
put_file(const struct list_view *view, struct json_object *context)
{
	struct json_object *list = page_list(view->req), *item;
	const struct column *column;
	const char *zone = query_text(view->req, "zone");

	for (column = view->list->columns; column->name != NULL; column++) {
		item = page_object(view->req);
		page_put(item, "name", column->name);
		page_put(item, "label", column->label);
		page_put_bool(item, "checked", list_view_has(view, column, true));
		page_list_add(list, item);
	}
	page_put_object(context, "file_columns", list);
	page_put(context, "file_url", arena_printf(view->req->arena, "%s.csv", view->list->path));
	page_put(context, "file_zone",
	    zone != NULL			 ? zone
		: view->req->caller.zone != NULL ? view->req->caller.zone
						 : "UTC");
	page_put(context, "file_rows", column_number(view->req->arena, LIST_FILE_ROWS_MAX));
}

/* --- above the rows --- */

static struct json_object *
list_in(struct req *req, struct json_object *context, const char *name)
{
	struct json_object *list;

	if (json_object_object_get_ex(context, name, &list))
		return list;
	list = page_list(req);
	page_put_object(context, name, list);
	return list;
}

struct json_object *
list_notice(struct req *req, struct json_object *context, enum notice kind, const char *said)
{
	static const char *const dots[] = { "ok", "warn", "bad", NULL };
	struct json_object *notice = page_object(req);

	page_put(notice, "said", said);
	page_put(notice, "dot", dots[kind]);
	page_put(notice, "alert", kind == NOTICE_ALERT ? "danger" : NULL);
	page_list_add(list_in(req, context, "notices"), notice);
	return notice;
}

void
list_table(struct req *req, struct json_object *context, const char *name,
    const struct column *columns, struct json_object *rows)
{
	const struct list list = { .columns = columns };
	const struct list_view view = { .req = req, .list = &list };
	struct json_object *table = page_object(req), *shown = page_list(req);
	size_t i;

	for (i = 0; i < json_object_array_length(rows); i++)
		page_list_add(shown, row_of(&view, json_object_array_get_idx(rows, i)));
	page_put(table, "table", name);
	page_put_bool(table, "linked", false);
	page_put_object(table, "heads", heads_of(&view, false));
	page_put_object(table, "rows", shown);
	page_list_add(list_in(req, context, "tables"), table);
}

/* --- the whole --- */

/* The bare path, or one with but a message, leads to where the list starts. */
static bool
starts(struct req *req, const struct list *list)
{
	const char *query = req->query_text;

	if (list->start == NULL || (*query != '\0' && !str_starts(query, "done=")))
		return false;
	(void)reply_redirect(req,
	    arena_printf(req->arena, "%s?%s%s%s", list->path, list->start,
		*query != '\0' ? "&" : "", query));
	return true;
}

static enum err
read_page(struct req *req, struct list_view *view, struct list_page *page)
{
	const char *cursor = query_text(req, "cursor"), *back = query_text(req, "back"),
		   *keys[PAGE_KEYS_MAX] = { NULL };

	if (cursor != NULL && page_cursor_read(req, cursor, keys) != ERR_OK)
		return req_blame(req, ERR_BAD_CURSOR, "cursor", err_text(ERR_BAD_CURSOR));
	view->wanted.keys = cursor != NULL ? keys : NULL;
	view->wanted.back = cursor != NULL && back != NULL && strcmp(back, "true") == 0;
	view->wanted.limit = query_int(req, "limit", LIST_ROWS);
	view->wanted.count_max = LIST_COUNT_MAX;
	TRY(list_read(req->db, view->list->source, &view->wanted, page));
	view->wanted.keys = NULL;
	return ERR_OK;
}

enum err
list_enter(struct req *req, const struct list *list)
{
	return list->enter == NULL ? ERR_OK : list->enter(req);
}

enum err
list_show(struct req *req, const struct list *list, struct json_object *context)
{
	struct list_view view;
	struct list_page page;

	if (starts(req, list))
		return ERR_OK;
	TRY(list_enter(req, list));
	if (req->reply.finished)
		return ERR_OK;
	TRY(list_view_read(req, list, &view));
	TRY(read_page(req, &view, &page));
	page_put(context, "title", list->title);
	page_put(context, "list_path", list->path);
	page_put(context, "empty_text", list->empty);
	TRY(put_filters(&view, context));
	list_view_mine(&view, context);
	put_hidden(&view, context);
	TRY(put_saved(&view, context));
	put_table(&view, &page, true, context);
	page_put_bool(context, "any", page.count > 0);
	page_put_bool(context, "paged", query_has(req, "cursor"));
	put_sorts(&view, context);
	list_view_pages(&view, &page, context);
	put_file(&view, context);
	return list->above != NULL ? list->above(req, context) : ERR_OK;
}

enum err
list_related(struct req *req, const struct list *list, const char *filter, const char *value,
    struct json_object **related)
{
	struct list_view view = { .req = req, .list = list, .sort = list->source->sorts };
	struct list_page page;

	view.wanted.values[list_filter_find(list->source, filter)] = value;
	view.wanted.limit = RELATED_ROWS;
	TRY(list_read(req->db, list->source, &view.wanted, &page));
	*related = page_object(req);
	put_table(&view, &page, false, *related);
	page_put_bool(*related, "any", page.count > 0);
	if (page.after)
		page_put(*related, "all_url",
		    arena_printf(req->arena, "%s?%s=%s", list->path, filter, value));
	return ERR_OK;
}
